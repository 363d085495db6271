//! Accounts to which sellers had themselves paid.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::CabinetId;
use domain::anomaly::rules::Account;

use crate::schema::seller_accounts as accounts;
use crate::{Conn, Result, dialect};

/// Those of these sellers, each in the order in which they were first seen.
pub fn of_sellers(conn: &mut Conn, cabinet: CabinetId, sellers: &[String]) -> Result<HashMap<String, Vec<Account>>> {
    let mut found: HashMap<String, Vec<Account>> = HashMap::new();
    for chunk in sellers.chunks(500) {
        let rows: Vec<(String, String, bool)> = accounts::table
            .filter(accounts::cabinet_id.eq(cabinet.to_string()))
            .filter(accounts::seller.eq_any(chunk))
            .order((accounts::seller, accounts::place))
            .select((accounts::seller, accounts::account, accounts::verified))
            .load(conn)?;
        for (seller, account, verified) in rows {
            found.entry(seller).or_default().push(Account { account, verified });
        }
    }
    Ok(found)
}

/// Adds accounts: seller, account, place among those of the seller. Needs the cabinet's lock.
pub fn insert(conn: &mut Conn, cabinet: CabinetId, new: &[(String, String, i64)]) -> Result<()> {
    let rows: Vec<_> = new
        .iter()
        .map(|(seller, account, place)| {
            (
                accounts::cabinet_id.eq(cabinet.to_string()),
                accounts::seller.eq(seller),
                accounts::account.eq(account),
                accounts::place.eq(place),
                accounts::verified.eq(false),
            )
        })
        .collect();
    dialect::insert_many!(conn, accounts::table, &rows)
}

/// Somebody has verified an account, or takes that back. Needs the cabinet's lock.
pub fn verify(conn: &mut Conn, cabinet: CabinetId, seller: &str, account: &str, verified: bool) -> Result<()> {
    diesel::update(accounts::table.find((cabinet.to_string(), seller, account)))
        .set(accounts::verified.eq(verified))
        .execute(conn)?;
    Ok(())
}

//! Addresses that a server refused: nothing is sent there until the address changes or somebody tries again.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::CabinetId;

use crate::schema::refused_addresses;
use crate::time::to_db;
use crate::{Conn, Result};

/// Remembers that an address was refused, and how the server said it. Needs the cabinet's lock.
pub fn keep(conn: &mut Conn, cabinet: CabinetId, email: &str, error: &str, now: DateTime<Utc>) -> Result<()> {
    forget(conn, cabinet, email)?;
    diesel::insert_into(refused_addresses::table)
        .values((
            refused_addresses::cabinet_id.eq(cabinet.to_string()),
            refused_addresses::address.eq(email.to_lowercase()),
            refused_addresses::error.eq(error),
            refused_addresses::at.eq(to_db(now)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Those of the addresses that were refused, in lower case, with what the server said.
pub fn among(conn: &mut Conn, cabinet: CabinetId, emails: &[String]) -> Result<HashMap<String, String>> {
    let mut found = HashMap::new();
    let folded: Vec<String> = emails.iter().map(|e| e.to_lowercase()).collect();
    for chunk in folded.chunks(500) {
        let rows: Vec<(String, String)> = refused_addresses::table
            .filter(refused_addresses::cabinet_id.eq(cabinet.to_string()))
            .filter(refused_addresses::address.eq_any(chunk))
            .select((refused_addresses::address, refused_addresses::error))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

/// Gives an address another chance; tells whether it needed one.
pub fn forget(conn: &mut Conn, cabinet: CabinetId, email: &str) -> Result<bool> {
    let gone = diesel::delete(
        refused_addresses::table
            .filter(refused_addresses::cabinet_id.eq(cabinet.to_string()))
            .filter(refused_addresses::address.eq(email.to_lowercase())),
    )
    .execute(conn)?;
    Ok(gone > 0)
}

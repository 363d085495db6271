//! Whose is what arrives: clients by SIREN, flows by number.

use std::collections::HashSet;

use diesel::RunQueryDsl;
use diesel::sql_types::Text;
use domain::{CabinetId, Siren};

use crate::kept::Kept;
use crate::schema::cabinets;
use crate::{Conn, Result, dialect};

/// Those of the SIRENs that are dossiers of the cabinet.
pub fn clients(conn: &mut Conn, cabinet: CabinetId, sirens: &[Siren]) -> Result<HashSet<Siren>> {
    if sirens.is_empty() {
        return Ok(HashSet::new());
    }
    let sirens: Vec<String> = sirens.iter().map(ToString::to_string).collect();
    let query: Kept<(Text, Text)> = dialect::look_up(conn, "d.siren, d.id", "dossiers", cabinet, "siren", &sirens);
    let rows: Vec<(String, String)> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    Ok(rows.into_iter().filter_map(|(siren, _)| Siren::parse(&siren).ok()).collect())
}

/// A flow that is known already, as far as another message about it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub number: String,
    pub seller: String,
    pub owner: String,
    pub direction: String,
    pub counterparty: String,
    /// Day of issue; empty while no source told it.
    pub issued_on: String,
}

/// Flows of the cabinet that bear one of the numbers, of whatever seller.
pub fn flows_by_number(conn: &mut Conn, cabinet: CabinetId, numbers: &[String]) -> Result<Vec<Known>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let columns = "d.number, d.seller, d.owner, d.direction, d.counterparty, d.issued_on";
    let query: Kept<(Text, Text, Text, Text, Text, Text)> =
        dialect::look_up(conn, columns, "flows", cabinet, "number", numbers);
    let rows: Vec<(String, String, String, String, String, String)> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    Ok(rows
        .into_iter()
        .map(|(number, seller, owner, direction, counterparty, issued_on)| Known {
            number,
            seller,
            owner,
            direction,
            counterparty,
            issued_on,
        })
        .collect())
}

/// A cabinet by its name or its id, as an operator names it. Nothing when none or more than one is named so.
pub fn cabinet_named(conn: &mut Conn, name: &str) -> Result<Option<CabinetId>> {
    use diesel::prelude::*;
    let found: Vec<String> = cabinets::table
        .filter(cabinets::name.eq(name).or(cabinets::id.eq(name)))
        .select(cabinets::id)
        .limit(2)
        .load(conn)?;
    Ok(match found.as_slice() {
        [one] => one.parse().ok(),
        _ => None,
    })
}

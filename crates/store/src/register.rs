//! Registers of platforms that the operator loaded.

use diesel::prelude::*;

use crate::schema::registers;
use crate::{Conn, Result};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = registers)]
pub struct Row {
    /// From 1.
    pub version: i64,
    pub as_of: String,
    /// Day of the register that the program came with when this one was loaded.
    pub program_as_of: String,
    /// JSON.
    pub data: String,
    pub imported_at: i64,
}

/// Number of the latest; 0 while none was loaded.
pub fn version(conn: &mut Conn) -> Result<i64> {
    let latest: Option<i64> = registers::table.select(diesel::dsl::max(registers::version)).first(conn)?;
    Ok(latest.unwrap_or_default())
}

pub fn latest(conn: &mut Conn) -> Result<Option<Row>> {
    registers::table.order(registers::version.desc()).select(Row::as_select()).first(conn).optional()
}

/// Two at the same time: the second is refused by the number.
pub fn insert(conn: &mut Conn, row: &Row) -> Result<()> {
    diesel::insert_into(registers::table).values(row).execute(conn)?;
    Ok(())
}

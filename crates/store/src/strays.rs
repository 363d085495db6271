//! Files of the vault that no document names. Each is on this list before it is put, and leaves it in the transaction that
//! names it: what stays was cut off on the way. Nothing that is not on the list is ever taken away.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::schema::{documents, strays};
use crate::time::to_db;
use crate::{Conn, Result};

/// Notes files that no document names (any more).
pub fn note(conn: &mut Conn, keys: &[String], now: DateTime<Utc>) -> Result<()> {
    for key in keys {
        diesel::insert_into(strays::table)
            .values((strays::vault_key.eq(key), strays::at.eq(to_db(now)), strays::going.eq(false)))
            .execute(conn)?;
    }
    Ok(())
}

/// Notes files whose documents are about to be deleted: they may go at once.
pub(crate) fn leave(conn: &mut Conn, keys: &[String]) -> Result<()> {
    note(conn, keys, DateTime::UNIX_EPOCH)
}

/// Takes a file off the list, for the document that is about to name it. Not when it is being swept already.
pub fn claim(conn: &mut Conn, key: &str) -> Result<bool> {
    let there = strays::table.filter(strays::vault_key.eq(key)).filter(strays::going.eq(false));
    Ok(diesel::delete(there).execute(conn)? == 1)
}

/// Files that were noted before a moment, oldest first.
pub fn before(conn: &mut Conn, moment: DateTime<Utc>, limit: i64) -> Result<Vec<String>> {
    strays::table
        .filter(strays::at.lt(to_db(moment)))
        .order((strays::at, strays::vault_key))
        .limit(limit)
        .select(strays::vault_key)
        .load(conn)
}

/// Lets nobody name a file any more; tells whether it may be taken away. In a write transaction.
pub fn sweep(conn: &mut Conn, key: &str) -> Result<bool> {
    let named: bool =
        diesel::select(diesel::dsl::exists(documents::table.filter(documents::vault_key.eq(key)))).get_result(conn)?;
    if named {
        swept(conn, key)?;
        return Ok(false);
    }
    Ok(diesel::update(strays::table.find(key)).set(strays::going.eq(true)).execute(conn)? == 1)
}

/// The file is gone.
pub fn swept(conn: &mut Conn, key: &str) -> Result<()> {
    diesel::delete(strays::table.find(key)).execute(conn).map(drop)
}

//! Secrets of the installation.

use diesel::prelude::*;

use crate::schema::secrets;
use crate::{Conn, Result, dialect};

/// Reads a secret, or keeps the one offered: of two processes that start at the same time, both get the same.
pub fn get_or_keep(conn: &mut Conn, name: &str, offered: impl Fn() -> String) -> Result<String> {
    if let Some(value) = get(conn, name)? {
        return Ok(value);
    }
    let kept = conn.write(|conn| {
        if let Some(value) = get(conn, name)? {
            return Ok(value);
        }
        let value = offered();
        diesel::insert_into(secrets::table)
            .values((secrets::name.eq(name), secrets::value.eq(&value)))
            .execute(conn)?;
        Ok(value)
    });
    match kept {
        Err(e) if dialect::is_duplicate(&e) => get(conn, name)?.ok_or(crate::Error::NotFound),
        other => other,
    }
}

/// The same within a transaction, or before there is any other process.
pub fn get_or_add(conn: &mut Conn, name: &str, offered: impl Fn() -> String) -> Result<String> {
    if let Some(value) = get(conn, name)? {
        return Ok(value);
    }
    let value = offered();
    let added =
        diesel::insert_into(secrets::table).values((secrets::name.eq(name), secrets::value.eq(&value))).execute(conn);
    match added {
        Err(e) if dialect::is_duplicate(&e) => get(conn, name)?.ok_or(crate::Error::NotFound),
        Err(e) => Err(e),
        Ok(_) => Ok(value),
    }
}

fn get(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    secrets::table.find(name).select(secrets::value).first(conn).optional()
}

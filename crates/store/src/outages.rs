//! Ways out of the installation that do not work, while it lasts: what one process finds, every process tells.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::schema::outages;
use crate::time::to_db;
use crate::{Conn, Result, dialect};

/// Notes why a way does not work; it is told until a moment, unless it is noted again.
pub fn keep(conn: &mut Conn, way: &str, why: &str, until: DateTime<Utc>) -> Result<()> {
    let values = (outages::why.eq(why), outages::until.eq(to_db(until)));
    if diesel::update(outages::table.find(way)).set(values).execute(conn)? == 1 {
        return Ok(());
    }
    let added = diesel::insert_into(outages::table)
        .values((outages::way.eq(way), outages::why.eq(why), outages::until.eq(to_db(until))))
        .execute(conn);
    match added {
        // Another process has found the same at this moment.
        Err(error) if dialect::is_duplicate(&error) => Ok(()),
        other => other.map(drop),
    }
}

/// Why a way does not work, while it lasts.
pub fn find(conn: &mut Conn, way: &str, now: DateTime<Utc>) -> Result<Option<String>> {
    outages::table.find(way).filter(outages::until.gt(to_db(now))).select(outages::why).first(conn).optional()
}

/// The way works again; tells whether it was said not to.
pub fn forget(conn: &mut Conn, way: &str) -> Result<bool> {
    let there: bool = diesel::select(diesel::dsl::exists(outages::table.find(way))).get_result(conn)?;
    if !there {
        return Ok(false);
    }
    Ok(diesel::delete(outages::table.find(way)).execute(conn)? == 1)
}

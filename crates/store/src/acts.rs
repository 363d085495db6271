//! Bulk acts that can be taken back.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::ActId;

use crate::schema::acts;
use crate::time::to_db;
use crate::{Conn, Result, Scope};

pub fn insert(conn: &mut Conn, scope: &Scope, id: &str, kind: &str, now: DateTime<Utc>) -> Result<()> {
    diesel::insert_into(acts::table)
        .values((
            acts::id.eq(id),
            acts::cabinet_id.eq(scope.cabinet().to_string()),
            acts::kind.eq(kind),
            acts::user_id.eq(scope.user().to_string()),
            acts::created_at.eq(to_db(now)),
            acts::undone_at.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Kind of the act, who did it, and whether it was taken back already.
pub fn find(conn: &mut Conn, scope: &Scope, id: ActId) -> Result<(String, String, bool)> {
    let (kind, user, undone): (String, String, Option<i64>) = acts::table
        .filter(acts::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(acts::id.eq(id.to_string()))
        .select((acts::kind, acts::user_id, acts::undone_at))
        .first(conn)?;
    Ok((kind, user, undone.is_some()))
}

pub fn mark_undone(conn: &mut Conn, scope: &Scope, id: &str, now: DateTime<Utc>) -> Result<()> {
    diesel::update(acts::table.filter(acts::cabinet_id.eq(scope.cabinet().to_string())).filter(acts::id.eq(id)))
        .set(acts::undone_at.eq(to_db(now)))
        .execute(conn)?;
    Ok(())
}

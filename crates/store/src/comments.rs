//! Comments on anomalies. Texts before an edit stay.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{AnomalyId, CabinetId, CommentId, UserId};
use serde::{Deserialize, Serialize};

use crate::people::parsed;
use crate::schema::{anomalies, comments};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub id: CommentId,
    pub cabinet: CabinetId,
    pub anomaly: AnomalyId,
    pub user: UserId,
    pub by_name: String,
    pub body: String,
    /// Oldest first.
    pub edits: Vec<Edit>,
    pub at: DateTime<Utc>,
}

/// A text as it was until a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub body: String,
    pub at: DateTime<Utc>,
}

type Cols = (String, String, String, String, String, String, String, i64);
type Columns = (
    comments::id,
    comments::cabinet_id,
    comments::anomaly_id,
    comments::user_id,
    comments::by_name,
    comments::body,
    comments::edits,
    comments::at,
);
const COLUMNS: Columns = (
    comments::id,
    comments::cabinet_id,
    comments::anomaly_id,
    comments::user_id,
    comments::by_name,
    comments::body,
    comments::edits,
    comments::at,
);

fn comment((id, cabinet, anomaly, user, by_name, body, edits, at): Cols) -> Result<Comment> {
    Ok(Comment {
        id: parsed(&id)?,
        cabinet: parsed(&cabinet)?,
        anomaly: parsed(&anomaly)?,
        user: parsed(&user)?,
        by_name,
        body,
        edits: serde_json::from_str(&edits).map_err(|e| crate::Error::DeserializationError(Box::new(e)))?,
        at: from_db(at),
    })
}

fn written(edits: &[Edit]) -> Result<String> {
    serde_json::to_string(edits).map_err(|e| crate::Error::SerializationError(Box::new(e)))
}

/// Adds a comment to an anomaly that the caller has found. Needs the cabinet's lock.
pub fn insert(conn: &mut Conn, new: &Comment) -> Result<()> {
    diesel::insert_into(comments::table)
        .values((
            comments::id.eq(new.id.to_string()),
            comments::cabinet_id.eq(new.cabinet.to_string()),
            comments::anomaly_id.eq(new.anomaly.to_string()),
            comments::user_id.eq(new.user.to_string()),
            comments::by_name.eq(&new.by_name),
            comments::body.eq(&new.body),
            comments::edits.eq(written(&new.edits)?),
            comments::at.eq(to_db(new.at)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Writes the text of a comment and the texts before it.
pub fn update(conn: &mut Conn, changed: &Comment) -> Result<()> {
    diesel::update(
        comments::table
            .filter(comments::id.eq(changed.id.to_string()))
            .filter(comments::cabinet_id.eq(changed.cabinet.to_string())),
    )
    .set((comments::body.eq(&changed.body), comments::edits.eq(written(&changed.edits)?)))
    .execute(conn)?;
    Ok(())
}

/// A comment on an anomaly in sight.
pub fn find(conn: &mut Conn, scope: &Scope, id: CommentId) -> Result<Comment> {
    let of_cabinet = comments::table.filter(comments::cabinet_id.eq(scope.cabinet().to_string()));
    let found = comment(of_cabinet.filter(comments::id.eq(id.to_string())).select(COLUMNS).first(conn)?)?;
    crate::anomalies::find(conn, scope, found.anomaly)?;
    Ok(found)
}

/// The comments on an anomaly that the caller has found, oldest first; the latest so many.
pub fn of_anomaly(conn: &mut Conn, id: AnomalyId, most: i64) -> Result<Vec<Comment>> {
    let mut rows: Vec<Cols> = comments::table
        .filter(comments::anomaly_id.eq(id.to_string()))
        .order(comments::id.desc())
        .limit(most)
        .select(COLUMNS)
        .load(conn)?;
    rows.reverse();
    rows.into_iter().map(comment).collect()
}

/// Counts one more comment on an anomaly of the cabinet. Not a change of it: the version stays, so that nobody's act is
/// refused for a remark. Needs the cabinet's lock.
pub fn counted(conn: &mut Conn, cabinet: CabinetId, id: AnomalyId, now: DateTime<Utc>) -> Result<()> {
    diesel::update(
        anomalies::table.filter(anomalies::cabinet_id.eq(cabinet.to_string())).filter(anomalies::id.eq(id.to_string())),
    )
    .set((anomalies::comments.eq(anomalies::comments + 1), anomalies::updated_at.eq(to_db(now))))
    .execute(conn)?;
    Ok(())
}

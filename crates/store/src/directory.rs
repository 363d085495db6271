//! What the directory last answered of each dossier.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{CabinetId, DirectoryState, DossierId};

use crate::people::parsed;
use crate::schema::{directory_answers, dossiers};
use crate::time::{from_db, to_db};
use crate::{Conn, Result};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub dossier: DossierId,
    pub state: DirectoryState,
    /// JSON.
    pub addresses: String,
    /// Name of the connection that was asked.
    pub source: String,
    pub asked_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = directory_answers)]
struct Row {
    dossier_id: String,
    cabinet_id: String,
    state: String,
    addresses: String,
    source: String,
    asked_at: i64,
}

/// Keeps an answer in the place of the one before. The caller holds the cabinet's lock and has found the dossier.
pub fn keep(conn: &mut Conn, cabinet: CabinetId, answer: &Answer) -> Result<()> {
    let dossier_id = answer.dossier.to_string();
    diesel::delete(directory_answers::table.find(&dossier_id)).execute(conn)?;
    diesel::insert_into(directory_answers::table)
        .values(Row {
            dossier_id,
            cabinet_id: cabinet.to_string(),
            state: answer.state.to_string(),
            addresses: answer.addresses.clone(),
            source: answer.source.clone(),
            asked_at: to_db(answer.asked_at),
        })
        .execute(conn)?;
    Ok(())
}

/// The last answer of a dossier.
pub fn of_dossier(conn: &mut Conn, cabinet: CabinetId, dossier: DossierId) -> Result<Option<Answer>> {
    let row: Option<Row> = directory_answers::table
        .filter(directory_answers::cabinet_id.eq(cabinet.to_string()))
        .filter(directory_answers::dossier_id.eq(dossier.to_string()))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    row.map(|row| {
        Ok(Answer {
            dossier,
            state: parsed(&row.state)?,
            addresses: row.addresses,
            source: row.source,
            asked_at: from_db(row.asked_at),
        })
    })
    .transpose()
}

/// Dossiers of a cabinet that the directory was never asked about, then those whose answer is older than this.
pub fn aged(conn: &mut Conn, cabinet: CabinetId, before: DateTime<Utc>, limit: i64) -> Result<Vec<DossierId>> {
    let never: Vec<String> = dossiers::table
        .left_join(directory_answers::table.on(directory_answers::dossier_id.eq(dossiers::id)))
        .filter(dossiers::cabinet_id.eq(cabinet.to_string()))
        .filter(directory_answers::dossier_id.is_null())
        .order(dossiers::id)
        .limit(limit)
        .select(dossiers::id)
        .load(conn)?;
    let left = limit - i64::try_from(never.len()).unwrap_or(limit);
    let old: Vec<String> = directory_answers::table
        .filter(directory_answers::cabinet_id.eq(cabinet.to_string()))
        .filter(directory_answers::asked_at.lt(to_db(before)))
        .order(directory_answers::asked_at)
        .limit(left)
        .select(directory_answers::dossier_id)
        .load(conn)?;
    never.iter().chain(&old).map(|id| parsed(id)).collect()
}

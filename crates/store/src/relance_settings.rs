//! What a firm demands of everything that leaves, as one document; how far its planner has come; pauses of clients.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::relance::outcome::PauseReason;
use domain::{CabinetId, DossierId};

use crate::mandates::{optional, written};
use crate::people::parsed;
use crate::schema::{relance_pauses as pauses, relance_settings as settings};
use crate::time::{from_db, to_db};
use crate::{Conn, Result};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub version: i64,
    /// JSON.
    pub data: String,
    /// When the planner last ran to its end.
    pub ran_at: Option<DateTime<Utc>>,
    /// Changes of dossiers up to here were looked at.
    pub looked_at: DateTime<Utc>,
}

pub fn find(conn: &mut Conn, cabinet: CabinetId) -> Result<Option<Kept>> {
    let row: Option<(i64, String, Option<i64>, i64)> = settings::table
        .find(cabinet.to_string())
        .select((settings::version, settings::data, settings::ran_at, settings::looked_at))
        .first(conn)
        .optional()?;
    Ok(row.map(|(version, data, ran_at, looked_at)| Kept {
        version,
        data,
        ran_at: ran_at.map(from_db),
        looked_at: from_db(looked_at),
    }))
}

/// Needs the cabinet's lock.
pub fn put(conn: &mut Conn, cabinet: CabinetId, kept: &Kept, now: DateTime<Utc>) -> Result<()> {
    let id = cabinet.to_string();
    let values = (
        settings::version.eq(kept.version),
        settings::data.eq(&kept.data),
        settings::ran_at.eq(kept.ran_at.map(to_db)),
        settings::looked_at.eq(to_db(kept.looked_at)),
        settings::updated_at.eq(to_db(now)),
    );
    if diesel::update(settings::table.find(&id)).set(values).execute(conn)? == 0 {
        diesel::insert_into(settings::table).values((settings::cabinet_id.eq(id), values)).execute(conn)?;
    }
    Ok(())
}

/// Notes how far the planner has come. Needs the cabinet's lock.
pub fn ran(conn: &mut Conn, cabinet: CabinetId, at: DateTime<Utc>, looked_at: DateTime<Utc>) -> Result<()> {
    diesel::update(settings::table.find(cabinet.to_string()))
        .set((settings::ran_at.eq(Some(to_db(at))), settings::looked_at.eq(to_db(looked_at))))
        .execute(conn)?;
    Ok(())
}

/// A client whose relances rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    pub dossier: DossierId,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
    pub reason: PauseReason,
    pub note: String,
    pub by_name: String,
    pub at: DateTime<Utc>,
}

type PauseRow = (String, String, String, String, String, String, i64);

fn pause(row: PauseRow) -> Result<Pause> {
    let (dossier, from, to, reason, note, by_name, at) = row;
    Ok(Pause {
        dossier: parsed(&dossier)?,
        from: parsed(&from)?,
        to: optional(&to)?,
        reason: parsed(&reason)?,
        note,
        by_name,
        at: from_db(at),
    })
}

/// Pauses of a cabinet's dossiers: of these, or of all.
pub fn pauses_of(
    conn: &mut Conn,
    cabinet: CabinetId,
    ids: Option<&[DossierId]>,
) -> Result<HashMap<DossierId, Pause>> {
    let columns = (
        pauses::dossier_id,
        pauses::from_on,
        pauses::to_on,
        pauses::reason,
        pauses::note,
        pauses::by_name,
        pauses::at,
    );
    let mut rows: Vec<PauseRow> = Vec::new();
    match ids {
        None => {
            rows = pauses::table.filter(pauses::cabinet_id.eq(cabinet.to_string())).select(columns).load(conn)?;
        }
        Some(ids) => {
            for chunk in ids.chunks(500) {
                let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
                let found: Vec<PauseRow> = pauses::table
                    .filter(crate::dialect::and_of("relance_pauses.cabinet_id", cabinet))
                    .filter(pauses::dossier_id.eq_any(ids))
                    .select(columns)
                    .load(conn)?;
                rows.extend(found);
            }
        }
    }
    rows.into_iter().map(|row| pause(row).map(|p| (p.dossier, p))).collect()
}

/// Pauses a dossier, whatever its pause was before. Needs the cabinet's lock.
pub fn set_pause(conn: &mut Conn, cabinet: CabinetId, pause: &Pause) -> Result<()> {
    end_pause(conn, cabinet, pause.dossier)?;
    diesel::insert_into(pauses::table)
        .values((
            pauses::dossier_id.eq(pause.dossier.to_string()),
            pauses::cabinet_id.eq(cabinet.to_string()),
            pauses::from_on.eq(pause.from.to_string()),
            pauses::to_on.eq(written(pause.to)),
            pauses::reason.eq(pause.reason.as_str()),
            pauses::note.eq(&pause.note),
            pauses::by_name.eq(&pause.by_name),
            pauses::at.eq(to_db(pause.at)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Needs the cabinet's lock.
pub fn end_pause(conn: &mut Conn, cabinet: CabinetId, dossier: DossierId) -> Result<()> {
    let of = pauses::table.find(dossier.to_string()).filter(pauses::cabinet_id.eq(cabinet.to_string()));
    diesel::delete(of).execute(conn)?;
    Ok(())
}

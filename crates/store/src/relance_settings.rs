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
use crate::{Conn, Result, dialect};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub version: i64,
    /// JSON.
    pub data: String,
    /// When the planner last ran to its end.
    pub ran_at: Option<DateTime<Utc>>,
    /// Changes of dossiers up to here were looked at.
    pub looked_at: DateTime<Utc>,
    /// Times in which it did not run, JSON.
    pub silences: String,
}

pub fn find(conn: &mut Conn, cabinet: CabinetId) -> Result<Option<Kept>> {
    let row: Option<(i64, String, Option<i64>, i64, String)> = settings::table
        .find(cabinet.to_string())
        .select((settings::version, settings::data, settings::ran_at, settings::looked_at, settings::silences))
        .first(conn)
        .optional()?;
    Ok(row.map(|(version, data, ran_at, looked_at, silences)| Kept {
        version,
        data,
        ran_at: ran_at.map(from_db),
        looked_at: from_db(looked_at),
        silences,
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
        settings::silences.eq(&kept.silences),
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

/// Notes the times in which the planner did not run. Needs the cabinet's lock.
pub fn silent(conn: &mut Conn, cabinet: CabinetId, silences: &str) -> Result<()> {
    diesel::update(settings::table.find(cabinet.to_string())).set(settings::silences.eq(silences)).execute(conn)?;
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

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = pauses, treat_none_as_default_value = false)]
struct PauseRow {
    dossier_id: String,
    cabinet_id: String,
    from_on: String,
    to_on: String,
    reason: String,
    note: String,
    by_name: String,
    at: i64,
}

impl PauseRow {
    fn of(cabinet: CabinetId, pause: &Pause) -> Self {
        Self {
            dossier_id: pause.dossier.to_string(),
            cabinet_id: cabinet.to_string(),
            from_on: pause.from.to_string(),
            to_on: written(pause.to),
            reason: pause.reason.to_string(),
            note: pause.note.clone(),
            by_name: pause.by_name.clone(),
            at: to_db(pause.at),
        }
    }

    fn pause(self) -> Result<Pause> {
        Ok(Pause {
            dossier: parsed(&self.dossier_id)?,
            from: parsed(&self.from_on)?,
            to: optional(&self.to_on)?,
            reason: parsed(&self.reason)?,
            note: self.note,
            by_name: self.by_name,
            at: from_db(self.at),
        })
    }
}

/// Pauses of a cabinet's dossiers: of these, or of all.
pub fn pauses_of(conn: &mut Conn, cabinet: CabinetId, ids: Option<&[DossierId]>) -> Result<HashMap<DossierId, Pause>> {
    let mut rows: Vec<PauseRow> = Vec::new();
    match ids {
        None => {
            let of_cabinet = pauses::table.filter(pauses::cabinet_id.eq(cabinet.to_string()));
            rows = of_cabinet.select(PauseRow::as_select()).load(conn)?;
        }
        Some(ids) => {
            for chunk in ids.chunks(500) {
                let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
                let found: Vec<PauseRow> = pauses::table
                    .filter(dialect::and_of("relance_pauses.cabinet_id", cabinet))
                    .filter(pauses::dossier_id.eq_any(ids))
                    .select(PauseRow::as_select())
                    .load(conn)?;
                rows.extend(found);
            }
        }
    }
    rows.into_iter().map(|row| row.pause().map(|p| (p.dossier, p))).collect()
}

/// Pauses dossiers, whatever their pauses were before. Needs the cabinet's lock.
pub fn set_pauses(conn: &mut Conn, cabinet: CabinetId, new: &[Pause]) -> Result<()> {
    let ids: Vec<DossierId> = new.iter().map(|p| p.dossier).collect();
    end_pauses(conn, cabinet, &ids)?;
    let rows: Vec<PauseRow> = new.iter().map(|p| PauseRow::of(cabinet, p)).collect();
    dialect::insert_many!(conn, pauses::table, &rows)
}

/// Needs the cabinet's lock.
pub fn end_pauses(conn: &mut Conn, cabinet: CabinetId, ids: &[DossierId]) -> Result<()> {
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let of = pauses::table
            .filter(dialect::and_of("relance_pauses.cabinet_id", cabinet))
            .filter(pauses::dossier_id.eq_any(ids));
        diesel::delete(of).execute(conn)?;
    }
    Ok(())
}

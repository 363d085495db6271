//! Periods of the calendars that are settled, with their evidence.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::calendar::{DueKind, Settled, Settlement};
use domain::{DossierId, SettlementId, UserId};

use crate::people::parsed;
use crate::schema::settlements;
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

/// A settled period.
#[derive(Debug, Clone)]
pub struct Record {
    pub id: SettlementId,
    pub dossier: DossierId,
    pub kind: DueKind,
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub how: Settlement,
    pub what: String,
    pub source: String,
    pub on: NaiveDate,
    pub user: UserId,
    pub user_name: String,
    pub act: String,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = settlements, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    dossier_id: String,
    kind: String,
    from_day: String,
    to_day: String,
    how: String,
    what: String,
    source: String,
    on_day: String,
    user_id: String,
    user_name: String,
    act_id: String,
    created_at: i64,
}

fn record(row: Row) -> Result<Record> {
    Ok(Record {
        id: parsed(&row.id)?,
        dossier: parsed(&row.dossier_id)?,
        kind: parsed(&row.kind)?,
        from: parsed(&row.from_day)?,
        to: parsed(&row.to_day)?,
        how: parsed(&row.how)?,
        what: row.what,
        source: row.source,
        on: parsed(&row.on_day)?,
        user: parsed(&row.user_id)?,
        user_name: row.user_name,
        act: row.act_id,
        at: from_db(row.created_at),
    })
}

impl Record {
    /// Whether it touches the days of a period of its kind.
    pub fn touches(&self, kind: DueKind, from: NaiveDate, to: NaiveDate) -> bool {
        self.kind == kind && self.from <= to && from <= self.to
    }
}

/// What is settled, by records in the order of their making.
pub fn settled<'a>(records: impl IntoIterator<Item = &'a Record>) -> Settled {
    Settled::of_records(records.into_iter().map(|r| (r.kind, r.from, r.to, r.how)))
}

/// Adds records of dossiers that the caller has found in sight. Needs the cabinet's lock.
pub fn insert(conn: &mut Conn, scope: &Scope, records: &[Record]) -> Result<()> {
    let rows: Vec<Row> = records
        .iter()
        .map(|r| Row {
            id: r.id.to_string(),
            cabinet_id: scope.cabinet().to_string(),
            dossier_id: r.dossier.to_string(),
            kind: r.kind.to_string(),
            from_day: r.from.to_string(),
            to_day: r.to.to_string(),
            how: r.how.to_string(),
            what: r.what.clone(),
            source: r.source.clone(),
            on_day: r.on.to_string(),
            user_id: r.user.to_string(),
            user_name: r.user_name.clone(),
            act_id: r.act.clone(),
            created_at: to_db(r.at),
        })
        .collect();
    dialect::insert_many!(conn, settlements::table, &rows)
}

/// Takes records away. Needs the cabinet's lock.
pub fn delete(conn: &mut Conn, scope: &Scope, ids: &[SettlementId]) -> Result<()> {
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let of_cabinet = settlements::table.filter(settlements::cabinet_id.eq(scope.cabinet().to_string()));
        diesel::delete(of_cabinet.filter(settlements::id.eq_any(ids))).execute(conn)?;
    }
    Ok(())
}

/// Every record of dossiers that the caller has found in sight, in the order of their making.
pub fn of_dossiers(conn: &mut Conn, scope: &Scope, ids: &[DossierId]) -> Result<HashMap<DossierId, Vec<Record>>> {
    let mut found: HashMap<DossierId, Vec<Record>> = HashMap::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<Row> = settlements::table
            .filter(settlements::cabinet_id.eq(scope.cabinet().to_string()))
            .filter(settlements::dossier_id.eq_any(ids))
            .order((settlements::created_at, settlements::id))
            .select(Row::as_select())
            .load(conn)?;
        for row in rows {
            let record = record(row)?;
            found.entry(record.dossier).or_default().push(record);
        }
    }
    Ok(found)
}

/// What stands of an act. The caller still has to find the dossiers in sight.
pub fn of_act(conn: &mut Conn, scope: &Scope, act: &str) -> Result<Vec<Record>> {
    let rows: Vec<Row> = settlements::table
        .filter(settlements::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(settlements::act_id.eq(act))
        .order((settlements::created_at, settlements::id))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(record).collect()
}

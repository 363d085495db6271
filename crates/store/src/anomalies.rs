//! Anomalies: one row for each cause, its steps, and who watches it. An anomaly is in sight of whom one of its occurrences
//! is; what its row sums over all of them is counted anew for those who see only some.
//!
//! `closed_at` stands exactly while the state is over: the indexes of the queue rely on it.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::anomaly::{AnomalyDetail, AnomalyEvent, AnomalyRule, AnomalyState, Resolution, Severity};
use domain::{AnomalyId, CabinetId, UserId};
use serde::{Deserialize, Serialize};

use crate::dossiers::{all_in_sight, names_one_in_sight};
use crate::kept::Kept;
use crate::people::parsed;
use crate::schema::{anomalies, anomaly_steps, watchers};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

/// A ticked step of the playbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticked {
    pub key: String,
    pub user: UserId,
    pub name: String,
    pub at: DateTime<Utc>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    pub id: AnomalyId,
    pub cabinet: CabinetId,
    pub version: i64,
    pub rule: AnomalyRule,
    /// What it is about, within its rule.
    pub cause: String,
    /// New findings of its cause join it.
    pub main: bool,
    pub severity: Severity,
    pub state: AnomalyState,
    pub platform: Option<String>,
    /// Of its first occurrence.
    pub detail: AnomalyDetail,
    pub assignee: Option<UserId>,
    pub resolution: Option<Resolution>,
    pub note: Option<String>,
    /// Sums of its open occurrences.
    pub occurrences: i64,
    pub dossiers: i64,
    pub exposure_cents: i64,
    pub priority: i64,
    pub comments: i64,
    pub reopened: i64,
    pub steps: Vec<Ticked>,
    /// While its clock runs.
    pub due_at: Option<DateTime<Utc>>,
    pub warn_at: Option<DateTime<Utc>>,
    /// Minutes of work that are left, while it stands still.
    pub left_minutes: Option<i64>,
    pub snoozed_until: Option<DateTime<Utc>>,
    pub wakes_on_news: bool,
    /// Folded title, numbers and names.
    pub search: String,
    pub opened_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    /// How much of its deadline its people were told.
    pub told: Told,
}

/// How much of a deadline was told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    #[default]
    Nothing,
    Near,
    Overdue,
}

impl Told {
    fn of(column: i64) -> Self {
        match column {
            0 => Self::Nothing,
            1 => Self::Near,
            _ => Self::Overdue,
        }
    }
}

/// Something that happened to an anomaly. Never changed once it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub anomaly: AnomalyId,
    pub event: AnomalyEvent,
    /// Nothing when it happened by itself.
    pub by: Option<(UserId, String)>,
    /// What stands in its sentence.
    pub data: serde_json::Value,
    pub note: Option<String>,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = anomalies, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct Row {
    id: String,
    cabinet_id: String,
    version: i64,
    rule: String,
    cause: String,
    main: bool,
    severity: String,
    state: String,
    platform: String,
    detail: String,
    assignee_id: String,
    resolution: String,
    note: String,
    occurrences: i64,
    dossiers: i64,
    exposure_cents: i64,
    priority: i64,
    comments: i64,
    reopened: i64,
    steps: String,
    due_at: Option<i64>,
    warn_at: Option<i64>,
    left_minutes: Option<i64>,
    snoozed_until: Option<i64>,
    wakes_on_news: bool,
    search: String,
    opened_at: i64,
    updated_at: i64,
    closed_at: Option<i64>,
    told: i64,
}

/// A value of this crate's own columns as JSON.
fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| crate::Error::SerializationError(Box::new(e)))
}

fn read<'a, T: Deserialize<'a>>(column: &'a str) -> Result<T> {
    serde_json::from_str(column).map_err(|e| crate::Error::DeserializationError(Box::new(e)))
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|t| !t.is_empty())
}

impl Row {
    fn of(a: &Anomaly) -> Result<Self> {
        Ok(Self {
            id: a.id.to_string(),
            cabinet_id: a.cabinet.to_string(),
            version: a.version,
            rule: a.rule.to_string(),
            cause: a.cause.clone(),
            main: a.main,
            severity: a.severity.to_string(),
            state: a.state.to_string(),
            platform: a.platform.clone().unwrap_or_default(),
            detail: json(&a.detail)?,
            assignee_id: a.assignee.map(|u| u.to_string()).unwrap_or_default(),
            resolution: a.resolution.map(|r| r.to_string()).unwrap_or_default(),
            note: a.note.clone().unwrap_or_default(),
            occurrences: a.occurrences,
            dossiers: a.dossiers,
            exposure_cents: a.exposure_cents,
            priority: a.priority,
            comments: a.comments,
            reopened: a.reopened,
            steps: json(&a.steps)?,
            due_at: a.due_at.map(to_db),
            warn_at: a.warn_at.map(to_db),
            left_minutes: a.left_minutes,
            snoozed_until: a.snoozed_until.map(to_db),
            wakes_on_news: a.wakes_on_news,
            search: a.search.clone(),
            opened_at: to_db(a.opened_at),
            updated_at: to_db(a.updated_at),
            closed_at: a.closed_at.map(to_db),
            told: a.told as i64,
        })
    }

    pub(crate) fn anomaly(self) -> Result<Anomaly> {
        Ok(Anomaly {
            id: parsed(&self.id)?,
            cabinet: parsed(&self.cabinet_id)?,
            version: self.version,
            rule: parsed(&self.rule)?,
            cause: self.cause,
            main: self.main,
            severity: parsed(&self.severity)?,
            state: parsed(&self.state)?,
            platform: some(self.platform),
            detail: read(&self.detail)?,
            assignee: some(self.assignee_id).map(|id| parsed(&id)).transpose()?,
            resolution: some(self.resolution).map(|r| parsed(&r)).transpose()?,
            note: some(self.note),
            occurrences: self.occurrences,
            dossiers: self.dossiers,
            exposure_cents: self.exposure_cents,
            priority: self.priority,
            comments: self.comments,
            reopened: self.reopened,
            steps: read(&self.steps)?,
            due_at: self.due_at.map(from_db),
            warn_at: self.warn_at.map(from_db),
            left_minutes: self.left_minutes,
            snoozed_until: self.snoozed_until.map(from_db),
            wakes_on_news: self.wakes_on_news,
            search: self.search,
            opened_at: from_db(self.opened_at),
            updated_at: from_db(self.updated_at),
            closed_at: self.closed_at.map(from_db),
            told: Told::of(self.told),
        })
    }
}

pub(crate) fn all(rows: Vec<Row>) -> Result<Vec<Anomaly>> {
    rows.into_iter().map(Row::anomaly).collect()
}

/// Adds anomalies. Needs the cabinet's lock.
pub fn insert(conn: &mut Conn, new: &[Anomaly]) -> Result<()> {
    let rows = new.iter().map(Row::of).collect::<Result<Vec<_>>>()?;
    dialect::insert_many!(conn, anomalies::table, &rows)
}

/// Writes an anomaly over the version before its own; tells whether that one was still there. Needs the cabinet's lock.
pub fn update(conn: &mut Conn, anomaly: &Anomaly) -> Result<bool> {
    let row = Row::of(anomaly)?;
    let target = anomalies::table
        .filter(anomalies::id.eq(&row.id))
        .filter(anomalies::cabinet_id.eq(&row.cabinet_id))
        .filter(anomalies::version.eq(row.version - 1));
    Ok(diesel::update(target).set(&row).execute(conn)? == 1)
}

/// Anomalies of a cabinet by their ids, for the work that nobody asks for, in any order.
pub fn of_cabinet(conn: &mut Conn, cabinet: CabinetId, ids: &[AnomalyId]) -> Result<Vec<Anomaly>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<Row> = anomalies::table
            .filter(dialect::and_of("anomalies.cabinet_id", cabinet))
            .filter(anomalies::id.eq_any(ids))
            .select(Row::as_select())
            .load(conn)?;
        found.extend(all(rows)?);
    }
    Ok(found)
}

/// One of the occurrences that count lies in sight: an open one, or one that was open as the anomaly ended. Occurrences without a
/// dossier are for those who see every portfolio.
pub(crate) fn seen_by(scope: &Scope) -> Option<Kept> {
    if all_in_sight(scope) {
        return None;
    }
    const ONE: &str = "EXISTS (SELECT 1 FROM occurrences AS o WHERE o.anomaly_id = anomalies.id AND \
                       (o.closed_at IS NULL OR o.closed_at >= anomalies.closed_at) AND (";
    let without = if scope.sees_all() && scope.only().is_none() { "o.dossier_id IS NULL OR " } else { "" };
    Some(Kept::new(ONE).sql(without).then(names_one_in_sight(scope, "o.dossier_id", "))")))
}

type Backend = <Conn as diesel::Connection>::Backend;

pub(crate) fn in_sight<'a>(scope: &Scope) -> anomalies::BoxedQuery<'a, Backend> {
    seen_of(scope, anomalies::table.filter(anomalies::cabinet_id.eq(scope.cabinet().to_string())).into_boxed())
}

/// Of anomalies of the cabinet, those in sight.
fn seen_of<'a>(scope: &Scope, of_cabinet: anomalies::BoxedQuery<'a, Backend>) -> anomalies::BoxedQuery<'a, Backend> {
    match seen_by(scope) {
        Some(seen) => of_cabinet.filter(seen),
        None => of_cabinet,
    }
}

pub fn find(conn: &mut Conn, scope: &Scope, id: AnomalyId) -> Result<Anomaly> {
    in_sight(scope).filter(anomalies::id.eq(id.to_string())).select(Row::as_select()).first::<Row>(conn)?.anomaly()
}

/// Those in sight of the ids, in any order.
pub fn find_many(conn: &mut Conn, scope: &Scope, ids: &[AnomalyId]) -> Result<Vec<Anomaly>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let of_cabinet = anomalies::table.filter(dialect::and_of("anomalies.cabinet_id", scope.cabinet())).into_boxed();
        let found_now = seen_of(scope, of_cabinet).filter(anomalies::id.eq_any(ids));
        found.extend(all(found_now.select(Row::as_select()).load(conn)?)?);
    }
    Ok(found)
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = anomaly_steps, treat_none_as_default_value = false)]
struct StepRow {
    id: String,
    anomaly_id: String,
    event: String,
    by_name: String,
    user_id: String,
    data: String,
    note: String,
    at: i64,
}

/// Adds to the history.
pub fn add_steps(conn: &mut Conn, steps: &[Step]) -> Result<()> {
    let rows: Vec<StepRow> = steps
        .iter()
        .map(|s| StepRow {
            id: crate::ids::fresh().to_string(),
            anomaly_id: s.anomaly.to_string(),
            event: s.event.to_string(),
            by_name: s.by.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
            user_id: s.by.as_ref().map(|(id, _)| id.to_string()).unwrap_or_default(),
            data: s.data.to_string(),
            note: s.note.clone().unwrap_or_default(),
            at: to_db(s.at),
        })
        .collect();
    dialect::insert_many!(conn, anomaly_steps::table, &rows)
}

fn step_of(row: StepRow) -> Result<Step> {
    Ok(Step {
        anomaly: parsed(&row.anomaly_id)?,
        event: parsed(&row.event)?,
        by: match some(row.user_id) {
            Some(id) => Some((parsed(&id)?, row.by_name)),
            None => None,
        },
        data: read(&row.data)?,
        note: some(row.note),
        at: from_db(row.at),
    })
}

/// The history of an anomaly that the caller has found, oldest first; the latest so many.
pub fn history(conn: &mut Conn, id: AnomalyId, most: i64) -> Result<Vec<Step>> {
    let mut rows: Vec<StepRow> = anomaly_steps::table
        .filter(anomaly_steps::anomaly_id.eq(id.to_string()))
        .order(anomaly_steps::id.desc())
        .limit(most)
        .select(StepRow::as_select())
        .load(conn)?;
    rows.reverse();
    rows.into_iter().map(step_of).collect()
}

/// The latest thing that changed an anomaly; a comment does not.
pub fn latest_change(conn: &mut Conn, id: AnomalyId) -> Result<Option<Step>> {
    let row: Option<StepRow> = anomaly_steps::table
        .filter(anomaly_steps::anomaly_id.eq(id.to_string()))
        .filter(anomaly_steps::event.ne(AnomalyEvent::Comment.as_str()))
        .order(anomaly_steps::id.desc())
        .select(StepRow::as_select())
        .first(conn)
        .optional()?;
    row.map(step_of).transpose()
}

/// Lets people watch an anomaly, or no longer; tells how many of them it is new for.
pub fn watch(conn: &mut Conn, id: AnomalyId, people: &[UserId], on: bool) -> Result<usize> {
    let mut changed = 0;
    for user in people {
        let key = (id.to_string(), user.to_string());
        let there: bool =
            diesel::select(diesel::dsl::exists(watchers::table.find((&key.0, &key.1)))).get_result(conn)?;
        if there == on {
            continue;
        }
        if on {
            diesel::insert_into(watchers::table)
                .values((watchers::anomaly_id.eq(&key.0), watchers::user_id.eq(&key.1)))
                .execute(conn)?;
        } else {
            diesel::delete(watchers::table.find((&key.0, &key.1))).execute(conn)?;
        }
        changed += 1;
    }
    Ok(changed)
}

/// Who watches an anomaly, in the order of their ids.
pub fn watchers_of(conn: &mut Conn, id: AnomalyId) -> Result<Vec<UserId>> {
    let ids: Vec<String> = watchers::table
        .filter(watchers::anomaly_id.eq(id.to_string()))
        .order(watchers::user_id)
        .select(watchers::user_id)
        .load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

/// Who watches each of these anomalies.
pub fn watchers_of_many(conn: &mut Conn, ids: &[AnomalyId]) -> Result<Vec<(AnomalyId, UserId)>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<(String, String)> = watchers::table
            .filter(watchers::anomaly_id.eq_any(ids))
            .select((watchers::anomaly_id, watchers::user_id))
            .load(conn)?;
        for (anomaly, user) in rows {
            found.push((parsed(&anomaly)?, parsed(&user)?));
        }
    }
    Ok(found)
}

/// Of these anomalies, those in sight.
pub fn seen(conn: &mut Conn, scope: &Scope, ids: &[AnomalyId]) -> Result<HashSet<AnomalyId>> {
    let mut found = HashSet::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<String> = in_sight(scope).filter(anomalies::id.eq_any(ids)).select(anomalies::id).load(conn)?;
        for id in rows {
            found.insert(parsed(&id)?);
        }
    }
    Ok(found)
}

/// Notes how much of their deadline the people of these anomalies were told. Not a change of them: the version stays.
pub fn set_told(conn: &mut Conn, cabinet: CabinetId, ids: &[AnomalyId], told: Told) -> Result<()> {
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let of_cabinet = anomalies::table.filter(dialect::and_of("anomalies.cabinet_id", cabinet));
        diesel::update(of_cabinet.filter(anomalies::id.eq_any(ids)))
            .set(anomalies::told.eq(told as i64))
            .execute(conn)?;
    }
    Ok(())
}

/// Of these anomalies, those that a person watches.
pub fn watched_by(conn: &mut Conn, user: UserId, ids: &[AnomalyId]) -> Result<HashSet<AnomalyId>> {
    let mut found = HashSet::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<String> = watchers::table
            .filter(watchers::user_id.eq(user.to_string()))
            .filter(watchers::anomaly_id.eq_any(ids))
            .select(watchers::anomaly_id)
            .load(conn)?;
        for id in rows {
            found.insert(parsed(&id)?);
        }
    }
    Ok(found)
}

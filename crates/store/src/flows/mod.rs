//! Flows and their history. A flow is in sight of whom its dossier is in sight of; one without a dossier, of whoever sees
//! every portfolio.

mod list;
mod sums;
mod words;

pub use list::{Counts, Filter, InQueue, Place, SortKey, count, counts, ids, in_queue, list};
pub use sums::{
    ChannelKey, Month, MonthKey, Months, PlatformVolume, Recent, Steps, add_months, add_steps, forget_months,
    last_issued, later_channels, open_anomalies, steps, stored as stored_months, stuck_by_platform, volumes, widths,
};
pub use words::{Said, Word, WordState, count_flows_of_word, count_words, flows_of_word, set_word, words, words_of};

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::flow::{Flow, FlowDetails, FlowKey, FlowSource, Handling, StatusEvent};
use domain::{CabinetId, DossierId, FlowId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::dossiers::{all_in_sight, names_one_in_sight};
use crate::kept::Kept;
use crate::mandates::{optional, written};
use crate::people::parsed;
use crate::schema::{dossiers, flow_events, flow_sweeps, flows};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

/// The current status of a flow, as its row keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Nothing while nobody knows what the word means.
    pub code: Option<u32>,
    pub raw: String,
    pub reasons: Vec<String>,
    pub source: FlowSource,
    pub source_name: String,
    pub at: DateTime<Utc>,
}

impl From<&StatusEvent> for Status {
    fn from(event: &StatusEvent) -> Self {
        Self {
            code: event.code,
            raw: event.raw.clone(),
            reasons: event.reasons.clone(),
            source: event.source,
            source_name: event.source_name.clone(),
            at: event.at,
        }
    }
}

/// What the firm did about a flow, as its row keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handled {
    pub handling: Handling,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    pub by: String,
    pub at: DateTime<Utc>,
}

/// A flow as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub flow: Flow,
    pub version: i64,
    pub status: Option<Status>,
    /// Newest first.
    pub handled: Vec<Handled>,
    /// Open occurrences of anomalies.
    pub anomalies: i64,
    pub stuck_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = flows, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    dossier_id: Option<String>,
    version: i64,
    owner: String,
    kind: String,
    direction: String,
    platform: String,
    number: String,
    seller: String,
    counterparty: String,
    counterparty_name: String,
    issued_on: String,
    due_on: String,
    net_cents: Option<i64>,
    vat_cents: Option<i64>,
    gross_cents: Option<i64>,
    currency: String,
    details: String,
    status: i64,
    status_raw: String,
    reasons: String,
    status_source: String,
    source_name: String,
    status_at: Option<i64>,
    handling: String,
    handled: String,
    anomalies: i64,
    stuck_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = flow_events, treat_none_as_default_value = false)]
struct EventRow {
    flow_id: String,
    key: i64,
    status: i64,
    raw: String,
    reasons: String,
    comment: String,
    collected_cents: Option<i64>,
    source: String,
    source_name: String,
    at: i64,
    received_at: i64,
}

fn damaged(what: &str, id: &str) -> crate::Error {
    crate::Error::DeserializationError(format!("flow {id}: {what} cannot be read").into())
}

fn code(status: i64) -> Option<u32> {
    u32::try_from(status).ok().filter(|code| *code > 0)
}

/// `A B`, as it is kept: a code has no space.
fn reason_list(reasons: &[String]) -> String {
    reasons.join("\u{1f}")
}

fn read_reasons(kept: &str) -> Vec<String> {
    kept.split('\u{1f}').filter(|r| !r.is_empty()).map(str::to_owned).collect()
}

impl Row {
    fn of(cabinet: &str, s: &Stored) -> Self {
        let f = &s.flow;
        let status = s.status.as_ref();
        Self {
            id: f.id.to_string(),
            cabinet_id: cabinet.to_owned(),
            dossier_id: f.dossier.map(|d| d.to_string()),
            version: s.version,
            owner: f.key.owner.clone(),
            kind: f.kind.as_str().to_owned(),
            direction: f.direction.as_str().to_owned(),
            platform: f.platform.clone(),
            number: f.key.number.clone(),
            seller: f.key.seller.clone(),
            counterparty: f.counterparty.clone(),
            counterparty_name: f.counterparty_name.clone(),
            issued_on: written(f.issued_on),
            due_on: written(f.due_on),
            net_cents: f.net_cents,
            vat_cents: f.vat_cents,
            gross_cents: f.gross_cents,
            currency: f.currency.clone(),
            details: details_text(&f.details),
            status: status.and_then(|s| s.code).map_or(0, i64::from),
            status_raw: status.map(|s| s.raw.clone()).unwrap_or_default(),
            reasons: status.map(|s| reason_list(&s.reasons)).unwrap_or_default(),
            status_source: status.map(|s| s.source.as_str().to_owned()).unwrap_or_default(),
            source_name: status.map(|s| s.source_name.clone()).unwrap_or_default(),
            status_at: status.map(|s| to_db(s.at)),
            handling: f.handling.as_str().to_owned(),
            handled: handled_text(&s.handled),
            anomalies: s.anomalies,
            stuck_at: s.stuck_at.map(to_db),
            created_at: to_db(s.created_at),
            updated_at: to_db(s.updated_at),
        }
    }

    fn stored(self) -> Result<Stored> {
        let status = match self.status_at {
            Some(at) => Some(Status {
                code: code(self.status),
                raw: self.status_raw,
                reasons: read_reasons(&self.reasons),
                source: parsed(&self.status_source)?,
                source_name: self.source_name,
                at: from_db(at),
            }),
            None => None,
        };
        let json = |kept: &str| -> Option<FlowDetails> {
            if kept.is_empty() { Some(FlowDetails::default()) } else { serde_json::from_str(kept).ok() }
        };
        let handled = if self.handled.is_empty() { Some(Vec::new()) } else { serde_json::from_str(&self.handled).ok() };
        let issued_on: Option<NaiveDate> = optional(&self.issued_on)?;
        Ok(Stored {
            flow: Flow {
                id: parsed(&self.id)?,
                key: FlowKey {
                    owner: self.owner,
                    seller: self.seller,
                    number: self.number,
                    year: issued_on.map_or(0, |day| chrono::Datelike::year(&day)),
                },
                dossier: self.dossier_id.as_deref().map(parsed).transpose()?,
                kind: parsed(&self.kind)?,
                direction: parsed(&self.direction)?,
                platform: self.platform,
                counterparty: self.counterparty,
                counterparty_name: self.counterparty_name,
                issued_on,
                due_on: optional(&self.due_on)?,
                net_cents: self.net_cents,
                vat_cents: self.vat_cents,
                gross_cents: self.gross_cents,
                currency: self.currency,
                details: json(&self.details).ok_or_else(|| damaged("details", &self.id))?,
                handling: parsed(&self.handling)?,
            },
            version: self.version,
            status,
            handled: handled.ok_or_else(|| damaged("handling", &self.id))?,
            anomalies: self.anomalies,
            stuck_at: self.stuck_at.map(from_db),
            created_at: from_db(self.created_at),
            updated_at: from_db(self.updated_at),
        })
    }
}

fn details_text(details: &FlowDetails) -> String {
    if details.is_empty() { String::new() } else { serde_json::to_string(details).unwrap_or_default() }
}

fn handled_text(handled: &[Handled]) -> String {
    if handled.is_empty() { String::new() } else { serde_json::to_string(handled).unwrap_or_default() }
}

impl EventRow {
    fn of(flow: &str, key: i64, e: &StatusEvent) -> Self {
        Self {
            flow_id: flow.to_owned(),
            key,
            status: e.code.map_or(0, i64::from),
            raw: e.raw.clone(),
            reasons: reason_list(&e.reasons),
            comment: e.comment.clone(),
            collected_cents: e.collected_cents,
            source: e.source.as_str().to_owned(),
            source_name: e.source_name.clone(),
            at: to_db(e.at),
            received_at: to_db(e.received_at),
        }
    }

    fn event(self) -> Result<StatusEvent> {
        Ok(StatusEvent {
            code: code(self.status),
            raw: self.raw,
            reasons: read_reasons(&self.reasons),
            comment: self.comment,
            collected_cents: self.collected_cents,
            source: parsed(&self.source)?,
            source_name: self.source_name,
            at: from_db(self.at),
            received_at: from_db(self.received_at),
        })
    }
}

/// The flows that a scope sees, as conditions on the table of flows.
fn in_sight(scope: &Scope) -> Vec<Kept> {
    let mut conditions = vec![Kept::new("flows.cabinet_id = ").text(scope.cabinet().to_string())];
    if !all_in_sight(scope) {
        conditions.push(if scope.sees_all() && scope.only().is_none() {
            names_one_in_sight(scope, "(flows.dossier_id IS NULL OR flows.dossier_id", ")")
        } else {
            names_one_in_sight(scope, "flows.dossier_id", "")
        });
    }
    conditions
}

fn boxed<'a>(conditions: Vec<Kept>) -> flows::BoxedQuery<'a, crate::dossiers::Backend> {
    conditions.into_iter().fold(flows::table.into_boxed(), |query, condition| {
        let condition: Box<
            dyn BoxableExpression<flows::table, crate::dossiers::Backend, SqlType = diesel::sql_types::Bool>,
        > = Box::new(condition);
        query.filter(condition)
    })
}

/// A flow in sight.
pub fn find(conn: &mut Conn, scope: &Scope, id: FlowId) -> Result<Stored> {
    boxed(in_sight(scope)).filter(flows::id.eq(id.to_string())).select(Row::as_select()).first(conn)?.stored()
}

/// Those in sight of the ids, in any order.
pub fn find_many(conn: &mut Conn, scope: &Scope, ids: &[FlowId]) -> Result<Vec<Stored>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<Row> =
            boxed(in_sight(scope)).filter(flows::id.eq_any(ids)).select(Row::as_select()).load(conn)?;
        found.extend(rows.into_iter().map(Row::stored).collect::<Result<Vec<_>>>()?);
    }
    Ok(found)
}

/// Flows of a cabinet, for the work that nobody asks for; one that is gone is left out.
pub fn of_cabinet(conn: &mut Conn, cabinet: CabinetId, ids: &[FlowId]) -> Result<Vec<Stored>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(1_000) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        macro_rules! query {
            () => {
                flows::table
                    .filter(flows::id.eq_any(&ids))
                    .filter(dialect::and_of("flows.cabinet_id", cabinet))
                    .select(Row::as_select())
            };
        }
        let rows: Vec<Row> = match conn {
            Conn::Sqlite(c) => query!().load(c),
            Conn::Postgres(c) => query!().load(c),
        }?;
        found.extend(rows.into_iter().map(Row::stored).collect::<Result<Vec<_>>>()?);
    }
    Ok(found)
}

/// Flows of any year that bear the client, seller and number of one of the keys. Numbers of one import lie beside each other
/// in their index; a hash of the key would be somewhere else for each of them.
pub fn by_name<'k>(
    conn: &mut Conn,
    cabinet: CabinetId,
    keys: impl IntoIterator<Item = &'k FlowKey>,
) -> Result<Vec<Stored>> {
    let names: BTreeSet<[&str; 3]> =
        keys.into_iter().map(|key| [key.number.as_str(), key.owner.as_str(), key.seller.as_str()]).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let names = json!(names).to_string();
    let cabinet_id = cabinet.to_string();
    // As in `dialect::look_up`: each name is looked up once, by the index.
    let query: Kept<Text> = match conn {
        Conn::Sqlite(_) => Kept::new("SELECT f.id FROM json_each(")
            .text(names)
            .sql(
                ") AS wanted CROSS JOIN flows AS f ON f.number = wanted.value ->> 0 AND f.owner = wanted.value ->> 1 \
                 AND f.seller = wanted.value ->> 2 AND f.cabinet_id = ",
            )
            .text(cabinet_id),
        Conn::Postgres(_) => Kept::new("SELECT f.id FROM json_array_elements(")
            .fresh()
            .text(names)
            .sql(
                "::json) AS wanted(value) CROSS JOIN LATERAL (SELECT id FROM flows WHERE number = wanted.value ->> 0 \
                 AND owner = wanted.value ->> 1 AND seller = wanted.value ->> 2 AND cabinet_id = ",
            )
            .text(cabinet_id)
            .sql(" OFFSET 0) AS f"),
    };
    let ids: Vec<String> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    let ids = ids.iter().map(|id| parsed(id)).collect::<Result<Vec<FlowId>>>()?;
    of_cabinet(conn, cabinet, &ids)
}

/// Histories of flows that the caller has found, each oldest first by the source's time, every status with its key.
pub fn histories(conn: &mut Conn, ids: &[FlowId]) -> Result<HashMap<FlowId, Vec<(i64, StatusEvent)>>> {
    let mut found: HashMap<FlowId, Vec<(i64, StatusEvent)>> = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(1_000) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        macro_rules! query {
            () => {
                flow_events::table
                    .filter(flow_events::flow_id.eq_any(&ids))
                    .order((flow_events::flow_id, flow_events::at, flow_events::received_at, flow_events::key))
                    .select(EventRow::as_select())
            };
        }
        let rows: Vec<EventRow> = match conn {
            Conn::Sqlite(c) => query!().load(c),
            Conn::Postgres(c) => query!().load(c),
        }?;
        for row in rows {
            let (id, key) = (parsed(&row.flow_id)?, row.key);
            found.entry(id).or_default().push((key, row.event()?));
        }
    }
    Ok(found)
}

/// The same without keys.
pub fn events_of(conn: &mut Conn, ids: &[FlowId]) -> Result<HashMap<FlowId, Vec<StatusEvent>>> {
    let histories = histories(conn, ids)?;
    Ok(histories.into_iter().map(|(id, all)| (id, all.into_iter().map(|(_, event)| event).collect())).collect())
}

/// Dossiers of the cabinet by SIREN.
pub fn dossiers_of(conn: &mut Conn, cabinet: CabinetId, sirens: &[String]) -> Result<HashMap<String, DossierId>> {
    if sirens.is_empty() {
        return Ok(HashMap::new());
    }
    let query: Kept<(Text, Text)> = dialect::look_up(conn, "d.siren, d.id", "dossiers", cabinet, "siren", sirens);
    let rows: Vec<(String, String)> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    rows.into_iter().map(|(siren, id)| Ok((siren, parsed(&id)?))).collect()
}

/// Adds flows. Needs the cabinet's lock.
pub fn insert(conn: &mut Conn, cabinet: CabinetId, new: &[&Stored]) -> Result<()> {
    let cabinet_id = cabinet.to_string();
    let rows: Vec<Row> = new.iter().map(|s| Row::of(&cabinet_id, s)).collect();
    dialect::insert_many!(conn, flows::table, &rows)
}

/// Adds statuses to histories; the caller has seen that they are not there. Needs the cabinet's lock.
pub fn add_events(conn: &mut Conn, new: &[(FlowId, i64, &StatusEvent)]) -> Result<()> {
    let rows: Vec<EventRow> =
        new.iter().map(|(flow, key, event)| EventRow::of(&flow.to_string(), *key, event)).collect();
    dialect::insert_many!(conn, flow_events::table, &rows)
}

/// Deletes rows of histories that the caller has found. Needs the cabinet's lock.
pub fn remove_events(conn: &mut Conn, gone: &[(FlowId, i64)]) -> Result<()> {
    for (flow, key) in gone {
        diesel::delete(flow_events::table.find((flow.to_string(), *key))).execute(conn)?;
    }
    Ok(())
}

/// Says anew when flows came. Needs the cabinet's lock.
pub fn set_created(conn: &mut Conn, cabinet: CabinetId, came: &[(FlowId, DateTime<Utc>)]) -> Result<()> {
    for (id, at) in came {
        let target =
            flows::table.filter(flows::cabinet_id.eq(cabinet.to_string())).filter(flows::id.eq(id.to_string()));
        diesel::update(target).set(flows::created_at.eq(to_db(*at))).execute(conn)?;
    }
    Ok(())
}

/// Deletes flows of the cabinet. Needs its lock.
pub fn remove(conn: &mut Conn, cabinet: CabinetId, gone: &[FlowId]) -> Result<()> {
    for chunk in gone.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let of_cabinet = flows::table.filter(dialect::and_of("flows.cabinet_id", cabinet));
        diesel::delete(of_cabinet.filter(flows::id.eq_any(ids))).execute(conn)?;
    }
    Ok(())
}

/// Writes what may change of flows: a first list of those of which only the status moved, and one of those of which more
/// is known. Needs the cabinet's lock.
pub fn update(conn: &mut Conn, cabinet: CabinetId, moved: &[&Stored], more: &[&Stored]) -> Result<()> {
    let cabinet_id = cabinet.to_string();
    let of = |all: &[&Stored]| -> Vec<Row> { all.iter().map(|s| Row::of(&cabinet_id, s)).collect() };
    let (moved, more) = (of(moved), of(more));
    match conn {
        Conn::Sqlite(c) => {
            for r in &moved {
                diesel::update(flows::table.find(&r.id))
                    .set((
                        flows::version.eq(r.version),
                        flows::status.eq(r.status),
                        flows::status_raw.eq(&r.status_raw),
                        flows::reasons.eq(&r.reasons),
                        flows::status_source.eq(&r.status_source),
                        flows::source_name.eq(&r.source_name),
                        flows::status_at.eq(r.status_at),
                        flows::stuck_at.eq(r.stuck_at),
                        flows::updated_at.eq(r.updated_at),
                    ))
                    .execute(c)?;
            }
            for r in &more {
                diesel::update(flows::table.find(&r.id))
                    .set((
                        (
                            flows::dossier_id.eq(&r.dossier_id),
                            flows::version.eq(r.version),
                            flows::platform.eq(&r.platform),
                            flows::counterparty.eq(&r.counterparty),
                            flows::counterparty_name.eq(&r.counterparty_name),
                            flows::issued_on.eq(&r.issued_on),
                            flows::due_on.eq(&r.due_on),
                            flows::net_cents.eq(r.net_cents),
                            flows::vat_cents.eq(r.vat_cents),
                            flows::gross_cents.eq(r.gross_cents),
                            flows::currency.eq(&r.currency),
                            flows::details.eq(&r.details),
                        ),
                        (
                            flows::status.eq(r.status),
                            flows::status_raw.eq(&r.status_raw),
                            flows::reasons.eq(&r.reasons),
                            flows::status_source.eq(&r.status_source),
                            flows::source_name.eq(&r.source_name),
                            flows::status_at.eq(r.status_at),
                            flows::stuck_at.eq(r.stuck_at),
                            flows::updated_at.eq(r.updated_at),
                        ),
                    ))
                    .execute(c)?;
            }
        }
        // One statement for all of them: each would be a way to the server and back.
        Conn::Postgres(c) => {
            if !moved.is_empty() {
                let rows: Vec<Value> = moved.iter().map(status_values).collect();
                let sql = format!(
                    "UPDATE flows AS f SET {MOVED} FROM json_array_elements($1::json) AS row(value) WHERE f.id = row.value ->> 0"
                );
                diesel::sql_query(sql).bind::<Text, _>(json!(rows).to_string()).execute(c)?;
            }
            if !more.is_empty() {
                let rows: Vec<Value> = more.iter().map(whole_values).collect();
                let sql = format!(
                    "UPDATE flows AS f SET {MOVED}, {MORE} FROM json_array_elements($1::json) AS row(value) WHERE f.id = row.value ->> 0"
                );
                diesel::sql_query(sql).bind::<Text, _>(json!(rows).to_string()).execute(c)?;
            }
        }
    }
    Ok(())
}

const MOVED: &str = "version = (row.value ->> 1)::bigint, status = (row.value ->> 2)::bigint, status_raw = row.value ->> 3, \
     reasons = row.value ->> 4, status_source = row.value ->> 5, source_name = row.value ->> 6, \
     status_at = (row.value ->> 7)::bigint, stuck_at = (row.value ->> 8)::bigint, updated_at = (row.value ->> 9)::bigint";
const MORE: &str = "dossier_id = row.value ->> 10, platform = row.value ->> 11, counterparty = row.value ->> 12, \
     counterparty_name = row.value ->> 13, issued_on = row.value ->> 14, due_on = row.value ->> 15, \
     net_cents = (row.value ->> 16)::bigint, vat_cents = (row.value ->> 17)::bigint, \
     gross_cents = (row.value ->> 18)::bigint, currency = row.value ->> 19, details = row.value ->> 20";

fn status_values(r: &Row) -> Value {
    json!([
        r.id,
        r.version,
        r.status,
        r.status_raw,
        r.reasons,
        r.status_source,
        r.source_name,
        r.status_at,
        r.stuck_at,
        r.updated_at
    ])
}

fn whole_values(r: &Row) -> Value {
    let more = json!([
        r.dossier_id,
        r.platform,
        r.counterparty,
        r.counterparty_name,
        r.issued_on,
        r.due_on,
        r.net_cents,
        r.vat_cents,
        r.gross_cents,
        r.currency,
        r.details
    ]);
    match (status_values(r), more) {
        (Value::Array(mut all), Value::Array(more)) => {
            all.extend(more);
            Value::Array(all)
        }
        (all, _) => all,
    }
}

/// Writes what the firm did about flows. Needs the cabinet's lock.
pub fn handle<'a>(conn: &mut Conn, cabinet: CabinetId, handled: impl IntoIterator<Item = &'a Stored>) -> Result<()> {
    let cabinet = cabinet.to_string();
    for s in handled {
        let target = flows::table.filter(flows::id.eq(s.flow.id.to_string())).filter(flows::cabinet_id.eq(&cabinet));
        diesel::update(target)
            .set((
                flows::version.eq(s.version),
                flows::handling.eq(s.flow.handling.as_str()),
                flows::handled.eq(handled_text(&s.handled)),
                flows::updated_at.eq(to_db(s.updated_at)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Of these SIRENs, those of which flows stand without a dossier.
pub fn unadopted(conn: &mut Conn, cabinet: CabinetId, sirens: &[String]) -> Result<Vec<String>> {
    if sirens.is_empty() {
        return Ok(Vec::new());
    }
    let (list, cabinet) = (json!(sirens).to_string(), cabinet.to_string());
    let each = match conn {
        Conn::Sqlite(_) => ("SELECT wanted.value FROM json_each(", ") AS wanted"),
        Conn::Postgres(_) => ("SELECT wanted.value FROM json_array_elements_text(", "::json) AS wanted(value)"),
    };
    let query: Kept<Text> = Kept::new(each.0)
        .text(list)
        .sql(each.1)
        .sql(" WHERE EXISTS (SELECT 1 FROM flows AS f WHERE f.dossier_id IS NULL AND f.owner = wanted.value AND f.cabinet_id = ")
        .text(cabinet)
        .sql(")");
    match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }
}

/// Ids of flows of a client that stand without a dossier.
pub fn without_dossier(conn: &mut Conn, cabinet: CabinetId, owner: &str, limit: i64) -> Result<Vec<FlowId>> {
    ids_where(
        conn,
        flows::table
            .filter(flows::cabinet_id.eq(cabinet.to_string()))
            .filter(flows::owner.eq(owner.to_owned()))
            .filter(flows::dossier_id.is_null())
            .order(flows::id)
            .limit(limit)
            .into_boxed(),
    )
}

/// Ids of flows of a dossier whose client has another SIREN.
pub fn astray(conn: &mut Conn, cabinet: CabinetId, dossier: DossierId, siren: &str, limit: i64) -> Result<Vec<FlowId>> {
    ids_where(
        conn,
        flows::table
            .filter(flows::cabinet_id.eq(cabinet.to_string()))
            .filter(flows::dossier_id.eq(dossier.to_string()))
            .filter(flows::owner.ne(siren.to_owned()))
            .limit(limit)
            .into_boxed(),
    )
}

fn ids_where(conn: &mut Conn, query: flows::BoxedQuery<'_, crate::dossiers::Backend>) -> Result<Vec<FlowId>> {
    let ids: Vec<String> = query.select(flows::id).load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

/// Gives flows to a dossier, or to none. Needs the cabinet's lock.
pub fn set_dossier(conn: &mut Conn, cabinet: CabinetId, ids: &[FlowId], dossier: Option<DossierId>) -> Result<()> {
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let of_cabinet = flows::table.filter(dialect::and_of("flows.cabinet_id", cabinet));
        diesel::update(of_cabinet.filter(flows::id.eq_any(ids)))
            .set(flows::dossier_id.eq(dossier.map(|d| d.to_string())))
            .execute(conn)?;
    }
    Ok(())
}

/// Flows whose time came between two moments, the first of them first.
pub fn due(
    conn: &mut Conn,
    cabinet: CabinetId,
    after: (DateTime<Utc>, &str),
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Stored>> {
    let from = to_db(after.0);
    let rows: Vec<Row> = flows::table
        .filter(flows::cabinet_id.eq(cabinet.to_string()))
        .filter(flows::stuck_at.ge(from))
        .filter(flows::stuck_at.le(to_db(until)))
        .filter(flows::stuck_at.gt(from).or(flows::id.gt(after.1.to_owned())))
        .order((flows::stuck_at, flows::id))
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::stored).collect()
}

/// Up to when it was looked whose time has come.
pub fn swept_at(conn: &mut Conn, cabinet: CabinetId) -> Result<Option<DateTime<Utc>>> {
    let at: Option<i64> =
        flow_sweeps::table.find(cabinet.to_string()).select(flow_sweeps::swept_at).first(conn).optional()?;
    Ok(at.map(from_db))
}

/// Needs the cabinet's lock.
pub fn set_swept_at(conn: &mut Conn, cabinet: CabinetId, at: DateTime<Utc>) -> Result<()> {
    let sql = "INSERT INTO flow_sweeps (cabinet_id, swept_at) VALUES ($1, $2) \
               ON CONFLICT (cabinet_id) DO UPDATE SET swept_at = excluded.swept_at";
    let query = diesel::sql_query(sql).bind::<Text, _>(cabinet.to_string()).bind::<BigInt, _>(to_db(at));
    match conn {
        Conn::Sqlite(c) => query.execute(c),
        Conn::Postgres(c) => query.execute(c),
    }?;
    Ok(())
}

/// Whether the time of a flow of the cabinet came between two moments. Costs no lock.
pub fn any_due(conn: &mut Conn, cabinet: CabinetId, after: DateTime<Utc>, until: DateTime<Utc>) -> Result<bool> {
    diesel::select(exists(
        flows::table
            .filter(flows::cabinet_id.eq(cabinet.to_string()))
            .filter(flows::stuck_at.gt(to_db(after)))
            .filter(flows::stuck_at.le(to_db(until))),
    ))
    .get_result(conn)
}

/// What is proved of dossiers, without the rest of their facts.
pub fn proofs_of(
    conn: &mut Conn,
    cabinet: CabinetId,
    ids: &[DossierId],
) -> Result<Vec<(DossierId, Vec<domain::Evidence>)>> {
    #[derive(Deserialize)]
    struct Proved {
        #[serde(default)]
        proofs: Vec<domain::Evidence>,
    }
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let query: Kept<(Text, Text)> = dialect::look_up(conn, "d.id, d.facts", "dossiers", cabinet, "id", &ids);
    let rows: Vec<(String, String)> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    let proofs = |(id, facts): (String, String)| {
        let proved: Proved = serde_json::from_str(&facts).map_err(|_| damaged("facts of its dossier", &id))?;
        Ok((parsed(&id)?, proved.proofs))
    };
    rows.into_iter().map(proofs).collect()
}

/// Dossiers of the cabinet whose evidence comes from flows.
pub fn proved(conn: &mut Conn, cabinet: CabinetId) -> Result<Vec<DossierId>> {
    let ids: Vec<String> = dossiers::table
        .filter(dossiers::cabinet_id.eq(cabinet.to_string()))
        .filter(dossiers::facts.like("%\"source\":\"flow\"%"))
        .select(dossiers::id)
        .load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

/// The latest flows of a dossier by their day of issue.
pub fn latest_of(conn: &mut Conn, cabinet: CabinetId, dossier: DossierId, limit: i64) -> Result<Vec<FlowId>> {
    let ids: Vec<String> = flows::table
        .filter(flows::cabinet_id.eq(cabinet.to_string()))
        .filter(flows::dossier_id.eq(dossier.to_string()))
        .order((flows::issued_on.desc(), flows::id.desc()))
        .limit(limit)
        .select(flows::id)
        .load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

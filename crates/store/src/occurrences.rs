//! Where anomalies show. A row is one finding of one place for ever: it ends and comes again, and changes its anomaly when
//! its cause changes or a person splits and joins.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::anomaly::rules::Channel;
use domain::anomaly::volume::Month;
use domain::anomaly::{AnomalyDetail, AnomalyRule, Severity};
use domain::flow::{FlowDetails, FlowDirection, FlowKind};
use domain::{AnomalyId, CabinetId, DossierId, FlowId, UserId};

use crate::anomalies::{Anomaly, Row as AnomalyRow, all as all_anomalies};
use crate::kept::Kept;
use crate::mandates::optional;
use crate::people::parsed;
use crate::schema::{anomalies, dossiers, flow_months, flows, occurrences};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    pub fingerprint: String,
    pub anomaly: AnomalyId,
    /// That of the finding; the anomaly may have another when people have joined.
    pub cause: String,
    pub flow: Option<FlowId>,
    pub dossier: Option<DossierId>,
    pub detail: AnomalyDetail,
    pub opened_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub closed_because: Option<domain::Text>,
    /// Ended by a person while what was found still stands.
    pub settled: bool,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = occurrences, treat_none_as_default_value = false)]
struct Row {
    cabinet_id: String,
    fingerprint: String,
    anomaly_id: String,
    flow_id: Option<String>,
    dossier_id: Option<String>,
    detail: String,
    exposure_cents: i64,
    opened_at: i64,
    closed_at: Option<i64>,
    closed_because: String,
    cause: String,
    settled: bool,
}

impl Occurrence {
    /// The rule that found it.
    pub fn rule(&self) -> Option<AnomalyRule> {
        self.fingerprint.split(':').next()?.try_into().ok()
    }

    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}

fn damaged(fingerprint: &str) -> crate::Error {
    crate::Error::DeserializationError(format!("occurrence {fingerprint} cannot be read").into())
}

impl Row {
    fn of(cabinet: CabinetId, o: &Occurrence) -> Self {
        Self {
            cabinet_id: cabinet.to_string(),
            fingerprint: o.fingerprint.clone(),
            anomaly_id: o.anomaly.to_string(),
            flow_id: o.flow.map(|id| id.to_string()),
            dossier_id: o.dossier.map(|id| id.to_string()),
            detail: serde_json::to_string(&o.detail).unwrap_or_default(),
            exposure_cents: o.detail.exposure_cents,
            opened_at: to_db(o.opened_at),
            closed_at: o.closed_at.map(to_db),
            closed_because: o.closed_because.as_ref().and_then(|t| serde_json::to_string(t).ok()).unwrap_or_default(),
            cause: o.cause.clone(),
            settled: o.settled,
        }
    }

    fn occurrence(self) -> Result<Occurrence> {
        let because = match self.closed_because.as_str() {
            "" => None,
            text => Some(serde_json::from_str(text).map_err(|_| damaged(&self.fingerprint))?),
        };
        Ok(Occurrence {
            anomaly: parsed(&self.anomaly_id)?,
            flow: optional(self.flow_id.as_deref().unwrap_or_default())?,
            dossier: optional(self.dossier_id.as_deref().unwrap_or_default())?,
            detail: serde_json::from_str(&self.detail).map_err(|_| damaged(&self.fingerprint))?,
            opened_at: from_db(self.opened_at),
            closed_at: self.closed_at.map(from_db),
            closed_because: because,
            cause: self.cause,
            settled: self.settled,
            fingerprint: self.fingerprint,
        })
    }
}

fn all(rows: Vec<Row>) -> Result<Vec<Occurrence>> {
    rows.into_iter().map(Row::occurrence).collect()
}

fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

type Backend = <Conn as diesel::Connection>::Backend;

fn of_cabinet<'a>(cabinet: CabinetId) -> occurrences::BoxedQuery<'a, Backend> {
    occurrences::table.filter(occurrences::cabinet_id.eq(cabinet.to_string())).into_boxed()
}

/// The same, where they are looked up by flows or dossiers.
fn among<'a>(cabinet: CabinetId) -> occurrences::BoxedQuery<'a, Backend> {
    occurrences::table.filter(dialect::and_of("occurrences.cabinet_id", cabinet)).into_boxed()
}

/// Those of flows, ended ones included.
pub fn of_flows(conn: &mut Conn, cabinet: CabinetId, ids: &[FlowId]) -> Result<Vec<Occurrence>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(500) {
        let rows: Vec<Row> =
            among(cabinet).filter(occurrences::flow_id.eq_any(texts(chunk))).select(Row::as_select()).load(conn)?;
        found.extend(all(rows)?);
    }
    Ok(found)
}

/// Those of dossiers themselves, not of their flows, by one of these rules; ended ones included.
pub fn of_dossiers(
    conn: &mut Conn,
    cabinet: CabinetId,
    ids: &[DossierId],
    rules: &[AnomalyRule],
) -> Result<Vec<Occurrence>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(500) {
        let rows: Vec<Row> = among(cabinet)
            .filter(occurrences::dossier_id.eq_any(texts(chunk)))
            .filter(occurrences::flow_id.is_null())
            .select(Row::as_select())
            .load(conn)?;
        found.extend(all(rows)?.into_iter().filter(|o| o.rule().is_some_and(|rule| rules.contains(&rule))));
    }
    Ok(found)
}

/// Every open one of dossiers, of their flows too: what goes with them.
pub fn open_of_dossiers(conn: &mut Conn, cabinet: CabinetId, ids: &[DossierId]) -> Result<Vec<Occurrence>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(500) {
        let rows: Vec<Row> = among(cabinet)
            .filter(occurrences::dossier_id.eq_any(texts(chunk)))
            .filter(occurrences::closed_at.is_null())
            .select(Row::as_select())
            .load(conn)?;
        found.extend(all(rows)?);
    }
    Ok(found)
}

/// Flows of dossiers of which a rule has an open occurrence.
pub fn flows_of(conn: &mut Conn, cabinet: CabinetId, ids: &[DossierId], rule: AnomalyRule) -> Result<Vec<FlowId>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(500) {
        let rows: Vec<Option<String>> = among(cabinet)
            .filter(occurrences::dossier_id.eq_any(texts(chunk)))
            .filter(occurrences::closed_at.is_null())
            .filter(occurrences::fingerprint.like(format!("{rule}:%")))
            .select(occurrences::flow_id)
            .load(conn)?;
        for id in rows.into_iter().flatten() {
            found.push(parsed(&id)?);
        }
    }
    Ok(found)
}

/// Those of a rule and a cause whatever their anomaly, ended ones included.
pub fn of_fingerprints(conn: &mut Conn, cabinet: CabinetId, beginning: &str) -> Result<Vec<Occurrence>> {
    // The character after `:` ends what begins so.
    let end = format!("{}{}", beginning.strip_suffix(':').unwrap_or(beginning), ';');
    let rows: Vec<Row> = of_cabinet(cabinet)
        .filter(occurrences::fingerprint.ge(beginning.to_owned()).and(occurrences::fingerprint.lt(end)))
        .select(Row::as_select())
        .load(conn)?;
    all(rows)
}

/// Those of these places, ended ones included.
pub fn of_places(conn: &mut Conn, cabinet: CabinetId, fingerprints: &[String]) -> Result<Vec<Occurrence>> {
    let mut found = Vec::new();
    for chunk in fingerprints.chunks(500) {
        let rows: Vec<Row> =
            of_cabinet(cabinet).filter(occurrences::fingerprint.eq_any(chunk)).select(Row::as_select()).load(conn)?;
        found.extend(all(rows)?);
    }
    Ok(found)
}

/// Open ones of a rule, some at a time.
pub fn open_of_rule(conn: &mut Conn, cabinet: CabinetId, rule: AnomalyRule, limit: i64) -> Result<Vec<Occurrence>> {
    let of_rule = anomalies::table
        .filter(anomalies::cabinet_id.eq(cabinet.to_string()))
        .filter(anomalies::rule.eq(rule.as_str()))
        .filter(anomalies::closed_at.is_null())
        .select(anomalies::id);
    let rows: Vec<Row> = of_cabinet(cabinet)
        .filter(occurrences::anomaly_id.eq_any(of_rule))
        .filter(occurrences::closed_at.is_null())
        .order(occurrences::fingerprint)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    all(rows)
}

/// Open ones of an anomaly that the caller has found.
pub fn open_of_anomaly(conn: &mut Conn, id: AnomalyId) -> Result<Vec<Occurrence>> {
    let rows: Vec<Row> = occurrences::table
        .filter(occurrences::anomaly_id.eq(id.to_string()))
        .filter(occurrences::closed_at.is_null())
        .select(Row::as_select())
        .load(conn)?;
    all(rows)
}

/// Adds rows. Needs the cabinet's lock.
pub fn insert(conn: &mut Conn, cabinet: CabinetId, new: &[Occurrence]) -> Result<()> {
    let rows: Vec<Row> = new.iter().map(|o| Row::of(cabinet, o)).collect();
    dialect::insert_many!(conn, occurrences::table, &rows)
}

/// Writes rows over themselves. Needs the cabinet's lock.
pub fn update(conn: &mut Conn, cabinet: CabinetId, changed: &[Occurrence]) -> Result<()> {
    for row in changed.iter().map(|o| Row::of(cabinet, o)) {
        diesel::update(occurrences::table.find((&row.cabinet_id, &row.fingerprint)))
            .set((
                occurrences::anomaly_id.eq(&row.anomaly_id),
                occurrences::flow_id.eq(&row.flow_id),
                occurrences::dossier_id.eq(&row.dossier_id),
                occurrences::detail.eq(&row.detail),
                occurrences::exposure_cents.eq(row.exposure_cents),
                occurrences::opened_at.eq(row.opened_at),
                occurrences::closed_at.eq(row.closed_at),
                occurrences::closed_because.eq(&row.closed_because),
                occurrences::cause.eq(&row.cause),
                occurrences::settled.eq(row.settled),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Of these dossiers, those of which something is so: each is asked for one occurrence, however many it has.
fn those(conn: &mut Conn, ids: &[DossierId], has: impl Fn(Kept<Text>) -> Kept<Text>) -> Result<HashSet<DossierId>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let list = serde_json::json!(texts(ids)).to_string();
    let all = Kept::<Text>::new("SELECT wanted.value FROM ");
    let all = match conn {
        Conn::Sqlite(_) => all.sql("json_each(").text(list).sql(") AS wanted"),
        Conn::Postgres(_) => all.sql("json_array_elements_text(").text(list).sql("::json) AS wanted(value)"),
    };
    let query = has(all.sql(" WHERE EXISTS (SELECT 1 FROM occurrences AS o "));
    let found: Vec<String> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    found.iter().map(|id| parsed(id)).collect()
}

/// Of these dossiers, those in which an anomaly has an open occurrence.
pub fn shown_in(conn: &mut Conn, anomaly: AnomalyId, ids: &[DossierId]) -> Result<HashSet<DossierId>> {
    those(conn, ids, |query| {
        query
            .sql("WHERE o.anomaly_id = ")
            .text(anomaly.to_string())
            .sql(" AND o.dossier_id = wanted.value AND o.closed_at IS NULL)")
    })
}

/// Of these dossiers, those in which a critical anomaly is open.
pub fn critical(conn: &mut Conn, ids: &[DossierId]) -> Result<HashSet<DossierId>> {
    those(conn, ids, |query| {
        query
            .sql("JOIN anomalies AS a ON a.id = o.anomaly_id WHERE o.dossier_id = wanted.value AND o.closed_at IS NULL AND a.severity = ")
            .text(Severity::Critical.to_string())
            .sql(")")
    })
}

/// What the open occurrences of an anomaly sum up to: how many, in how many dossiers, exposure.
pub fn sums_of(conn: &mut Conn, id: AnomalyId) -> Result<(i64, i64, i64)> {
    let open = || {
        occurrences::table.filter(occurrences::anomaly_id.eq(id.to_string())).filter(occurrences::closed_at.is_null())
    };
    let n: i64 = open().count().get_result(conn)?;
    let dossiers: i64 = open().select(diesel::dsl::count(occurrences::dossier_id).aggregate_distinct()).first(conn)?;
    // The sum of whole numbers is a decimal to PostgreSQL.
    let exposure: Vec<i64> = if n == 0 {
        Vec::new()
    } else {
        open().select(Kept::<BigInt>::new("CAST(SUM(exposure_cents) AS BIGINT)")).load(conn)?
    };
    Ok((n, dossiers, exposure.into_iter().sum()))
}

/// Ends all open occurrences of an anomaly that a person has settled, or takes up again those that were so ended. Answers
/// the dossiers that they lie in. Needs the cabinet's lock.
pub fn settle(
    conn: &mut Conn,
    id: AnomalyId,
    at: DateTime<Utc>,
    because: &domain::Text,
    over: bool,
) -> Result<Vec<DossierId>> {
    macro_rules! these {
        () => {
            occurrences::table
                .filter(occurrences::anomaly_id.eq(id.to_string()))
                .filter(occurrences::settled.eq(!over))
                .filter(occurrences::closed_at.is_null().eq(over))
        };
    }
    let rows: Vec<(Option<String>, Option<String>)> =
        these!().select((occurrences::flow_id, occurrences::dossier_id)).load(conn)?;
    let because = serde_json::to_string(because).unwrap_or_default();
    let (closed_at, because) = if over { (Some(to_db(at)), because) } else { (None, String::new()) };
    diesel::update(these!())
        .set((
            occurrences::settled.eq(over),
            occurrences::closed_at.eq(closed_at),
            occurrences::closed_because.eq(because),
        ))
        .execute(conn)?;
    let mut in_flows = HashMap::new();
    let mut dossiers = HashSet::new();
    for (flow, dossier) in rows {
        if let Some(flow) = flow {
            *in_flows.entry(parsed(&flow)?).or_default() += if over { -1 } else { 1 };
        }
        if let Some(dossier) = dossier {
            dossiers.insert(parsed(&dossier)?);
        }
    }
    count_in_flows(conn, &in_flows)?;
    Ok(dossiers.into_iter().collect())
}

/// Gives open occurrences of one anomaly to another. Needs the cabinet's lock.
pub fn give(conn: &mut Conn, from: AnomalyId, to: AnomalyId, only: Option<&[String]>) -> Result<usize> {
    let Some(only) = only else {
        let all = occurrences::table
            .filter(occurrences::anomaly_id.eq(from.to_string()))
            .filter(occurrences::closed_at.is_null());
        return diesel::update(all).set(occurrences::anomaly_id.eq(to.to_string())).execute(conn);
    };
    let mut given = 0;
    for chunk in only.chunks(500) {
        let some = occurrences::table
            .filter(occurrences::anomaly_id.eq(from.to_string()))
            .filter(occurrences::closed_at.is_null())
            .filter(occurrences::fingerprint.eq_any(chunk));
        given += diesel::update(some).set(occurrences::anomaly_id.eq(to.to_string())).execute(conn)?;
    }
    Ok(given)
}

/// Counts open occurrences in flows up or down. Needs the cabinet's lock.
pub fn count_in_flows(conn: &mut Conn, by: &HashMap<FlowId, i64>) -> Result<()> {
    let mut groups: HashMap<i64, Vec<String>> = HashMap::new();
    for (id, difference) in by.iter().filter(|(_, n)| **n != 0) {
        groups.entry(*difference).or_default().push(id.to_string());
    }
    for (difference, ids) in groups {
        for chunk in ids.chunks(500) {
            diesel::update(flows::table.filter(flows::id.eq_any(chunk)))
                .set(flows::anomalies.eq(flows::anomalies + difference))
                .execute(conn)?;
        }
    }
    Ok(())
}

/// The main anomalies of these causes of a rule.
pub fn main_of(conn: &mut Conn, cabinet: CabinetId, rule: AnomalyRule, causes: &[String]) -> Result<Vec<Anomaly>> {
    let mut found = Vec::new();
    for chunk in causes.chunks(500) {
        let rows: Vec<AnomalyRow> = anomalies::table
            .filter(anomalies::cabinet_id.eq(cabinet.to_string()))
            .filter(anomalies::main)
            .filter(anomalies::rule.eq(rule.as_str()))
            .filter(anomalies::cause.eq_any(chunk))
            .select(AnomalyRow::as_select())
            .load(conn)?;
        found.extend(all_anomalies(rows)?);
    }
    Ok(found)
}

/// Anomalies of a rule that are not over, in the order of their ids, after one.
pub fn open_anomalies(
    conn: &mut Conn,
    cabinet: CabinetId,
    rule: AnomalyRule,
    after: Option<AnomalyId>,
    limit: i64,
) -> Result<Vec<Anomaly>> {
    let rows: Vec<AnomalyRow> = anomalies::table
        .filter(anomalies::cabinet_id.eq(cabinet.to_string()))
        .filter(anomalies::rule.eq(rule.as_str()))
        .filter(anomalies::closed_at.is_null())
        .filter(anomalies::id.gt(after.map(|id| id.to_string()).unwrap_or_default()))
        .order(anomalies::id)
        .limit(limit)
        .select(AnomalyRow::as_select())
        .load(conn)?;
    all_anomalies(rows)
}

/// How many anomalies that are not over each of these people has.
pub fn burdens(conn: &mut Conn, cabinet: CabinetId, people: &[UserId]) -> Result<HashMap<UserId, i64>> {
    let rows: Vec<(String, i64)> = anomalies::table
        .filter(anomalies::cabinet_id.eq(cabinet.to_string()))
        .filter(anomalies::assignee_id.eq_any(texts(people)))
        .filter(anomalies::closed_at.is_null())
        .group_by(anomalies::assignee_id)
        .select((anomalies::assignee_id, count_star()))
        .load(conn)?;
    rows.into_iter().map(|(id, n)| Ok((parsed(&id)?, n))).collect()
}

/// Occurrences of an anomaly in sight, the latest opened first, after a place. Open ones, or all.
pub fn page(
    conn: &mut Conn,
    scope: &Scope,
    anomaly: AnomalyId,
    closed: bool,
    after: Option<(DateTime<Utc>, String)>,
    limit: i64,
) -> Result<Vec<Occurrence>> {
    let mut query = of_cabinet(scope.cabinet()).filter(occurrences::anomaly_id.eq(anomaly.to_string()));
    if !closed {
        query = query.filter(occurrences::closed_at.is_null());
    }
    if let Some(seen) = seen_by(scope) {
        query = query.filter(seen);
    }
    if let Some((at, fingerprint)) = after {
        let at = to_db(at);
        query = query.filter(
            occurrences::opened_at
                .lt(at)
                .or(occurrences::opened_at.eq(at).and(occurrences::fingerprint.gt(fingerprint))),
        );
    }
    let rows: Vec<Row> = query
        .order((occurrences::opened_at.desc(), occurrences::fingerprint))
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    all(rows)
}

/// An occurrence lies in sight: in a dossier in sight, or without one for those who see every portfolio.
fn seen_by(scope: &Scope) -> Option<Kept> {
    if crate::dossiers::all_in_sight(scope) {
        return None;
    }
    let without = if scope.sees_all() && scope.only().is_none() { "(occurrences.dossier_id IS NULL OR " } else { "(" };
    Some(Kept::new(without).then(crate::dossiers::names_one_in_sight(scope, "occurrences.dossier_id", ")")))
}

/// Fingerprints of the open occurrences of an anomaly that are in sight.
pub fn in_sight(conn: &mut Conn, scope: &Scope, anomaly: AnomalyId) -> Result<HashSet<String>> {
    let mut query = of_cabinet(scope.cabinet())
        .filter(occurrences::anomaly_id.eq(anomaly.to_string()))
        .filter(occurrences::closed_at.is_null());
    if let Some(seen) = seen_by(scope) {
        query = query.filter(seen);
    }
    Ok(query.select(occurrences::fingerprint).load::<String>(conn)?.into_iter().collect())
}

/// On which platforms clients have flows, by their SIREN.
pub fn channels(conn: &mut Conn, cabinet: CabinetId, owners: &[String]) -> Result<HashMap<String, Vec<Channel>>> {
    let mut found: HashMap<String, Vec<Channel>> = HashMap::new();
    for chunk in owners.chunks(500) {
        let rows: Vec<(String, String, String, Option<String>)> = flow_months::table
            .filter(flow_months::cabinet_id.eq(cabinet.to_string()))
            .filter(flow_months::owner.eq_any(chunk))
            .filter(flow_months::flows.gt(0))
            .group_by((flow_months::owner, flow_months::platform, flow_months::direction))
            .select((
                flow_months::owner,
                flow_months::platform,
                flow_months::direction,
                diesel::dsl::max(flow_months::last_on),
            ))
            .load(conn)?;
        for (owner, platform, direction, last_on) in rows {
            // Flows of which nobody has told the day say nothing of when.
            let Some(last_on) = last_on.filter(|day| !day.is_empty()) else { continue };
            found.entry(owner).or_default().push(Channel {
                platform,
                direction: parsed(&direction)?,
                last_on: parsed(&last_on)?,
            });
        }
    }
    Ok(found)
}

/// Flows by month of issue: of these clients, or of the whole firm when none is named.
pub fn months(
    conn: &mut Conn,
    cabinet: CabinetId,
    owners: Option<&[String]>,
) -> Result<HashMap<(String, FlowDirection), Vec<Month>>> {
    let mut found: HashMap<(String, FlowDirection), Vec<Month>> = HashMap::new();
    let mut add = |owner: String, direction: &str, month: &str, flows: i64| -> Result<()> {
        if !month.is_empty() {
            let months = found.entry((owner, parsed(direction)?)).or_default();
            months.push(Month { month: parsed(month)?, flows });
        }
        Ok(())
    };
    let of_cabinet = || flow_months::table.filter(flow_months::cabinet_id.eq(cabinet.to_string()));
    let Some(owners) = owners else {
        let rows: Vec<(String, String, i64)> = of_cabinet()
            .group_by((flow_months::direction, flow_months::month))
            .select((flow_months::direction, flow_months::month, Kept::<BigInt>::new("CAST(SUM(flows) AS BIGINT)")))
            .load(conn)?;
        for (direction, month, flows) in rows {
            add(String::new(), &direction, &month, flows)?;
        }
        return Ok(found);
    };
    for chunk in owners.chunks(500) {
        let rows: Vec<(String, String, String, i64)> = of_cabinet()
            .filter(flow_months::owner.eq_any(chunk))
            .select((flow_months::owner, flow_months::direction, flow_months::month, flow_months::flows))
            .load(conn)?;
        for (owner, direction, month, flows) in rows {
            add(owner, &direction, &month, flows)?;
        }
    }
    Ok(found)
}

/// Dossiers that a platform of these names holds: those that receive on it, and those whose flows it has had since a day.
pub fn held_by(
    conn: &mut Conn,
    cabinet: CabinetId,
    names: &[String],
    since: chrono::NaiveDate,
) -> Result<Vec<DossierId>> {
    let receiving: Vec<String> = dossiers::table
        .filter(dossiers::cabinet_id.eq(cabinet.to_string()))
        .filter(dossiers::platform.eq_any(names))
        .select(dossiers::id)
        .load(conn)?;
    let owners: Vec<String> = flow_months::table
        .filter(flow_months::cabinet_id.eq(cabinet.to_string()))
        .filter(flow_months::platform.eq_any(names))
        .filter(flow_months::last_on.ge(since.to_string()))
        .filter(flow_months::flows.gt(0))
        .select(flow_months::owner)
        .distinct()
        .load(conn)?;
    let mut ids: HashSet<String> = receiving.into_iter().collect();
    for chunk in owners.chunks(500) {
        let of_owners: Vec<String> = dossiers::table
            .filter(dossiers::cabinet_id.eq(cabinet.to_string()))
            .filter(dossiers::siren.eq_any(chunk))
            .select(dossiers::id)
            .load(conn)?;
        ids.extend(of_owners);
    }
    let mut ids = ids.iter().map(|id| parsed(id)).collect::<Result<Vec<DossierId>>>()?;
    ids.sort_unstable();
    Ok(ids)
}

/// Flows at one of these statuses since before a moment that have no occurrence of a rule yet: those whose time may have
/// come.
pub fn waiting(
    conn: &mut Conn,
    cabinet: CabinetId,
    rule: AnomalyRule,
    statuses: &[u32],
    until: DateTime<Utc>,
    after: Option<FlowId>,
    limit: i64,
) -> Result<Vec<FlowId>> {
    let beginning = format!("{rule}:");
    let known = diesel::dsl::exists(
        occurrences::table
            .filter(occurrences::flow_id.eq(flows::id.nullable()))
            .filter(occurrences::fingerprint.like(format!("{beginning}%"))),
    );
    let statuses: Vec<i64> = statuses.iter().map(|s| i64::from(*s)).collect();
    let ids: Vec<String> = flows::table
        .filter(flows::cabinet_id.eq(cabinet.to_string()))
        .filter(flows::status.eq_any(statuses))
        .filter(flows::direction.eq(FlowDirection::Sale.as_str()))
        .filter(flows::status_at.le(to_db(until)))
        .filter(flows::id.gt(after.map(|id| id.to_string()).unwrap_or_default()))
        .filter(diesel::dsl::not(known))
        .order(flows::id)
        .limit(limit)
        .select(flows::id)
        .load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

/// A transmission of e-reporting: which way, and what it tells of its block and period.
pub type Transmission = (FlowDirection, FlowDetails);

/// Transmissions of dossiers at one of these statuses.
pub fn accepted_transmissions(
    conn: &mut Conn,
    cabinet: CabinetId,
    ids: &[DossierId],
    accepted: &[u32],
) -> Result<HashMap<DossierId, Vec<Transmission>>> {
    let mut found: HashMap<DossierId, Vec<Transmission>> = HashMap::new();
    let accepted: Vec<i64> = accepted.iter().map(|s| i64::from(*s)).collect();
    for chunk in ids.chunks(500) {
        let rows: Vec<(Option<String>, String, String)> = flows::table
            .filter(flows::cabinet_id.eq(cabinet.to_string()))
            .filter(flows::dossier_id.eq_any(texts(chunk)))
            .filter(flows::kind.eq(FlowKind::Transmission.as_str()))
            .filter(flows::status.eq_any(&accepted))
            .select((flows::dossier_id, flows::direction, flows::details))
            .load(conn)?;
        for (dossier, direction, details) in rows {
            let Some(dossier) = dossier else { continue };
            let details = match details.as_str() {
                "" => FlowDetails::default(),
                details => serde_json::from_str(details).map_err(|_| damaged(&dossier))?,
            };
            found.entry(parsed(&dossier)?).or_default().push((parsed(&direction)?, details));
        }
    }
    Ok(found)
}

/// Writes when flows should have moved on. Needs the cabinet's lock.
pub fn set_stuck(conn: &mut Conn, flows_changed: &[(FlowId, Option<DateTime<Utc>>)]) -> Result<()> {
    for (id, at) in flows_changed {
        diesel::update(flows::table.find(id.to_string())).set(flows::stuck_at.eq(at.map(to_db))).execute(conn)?;
    }
    Ok(())
}

/// Whether a cabinet has any flow or any anomaly.
pub fn any_flow(conn: &mut Conn, cabinet: CabinetId) -> Result<bool> {
    let flow = flows::table.filter(flows::cabinet_id.eq(cabinet.to_string()));
    let anomaly = anomalies::table.filter(anomalies::cabinet_id.eq(cabinet.to_string()));
    let any: bool = diesel::select(diesel::dsl::exists(flow)).get_result(conn)?;
    Ok(any || diesel::select(diesel::dsl::exists(anomaly)).get_result(conn)?)
}

/// Flows of a cabinet in the order of their ids, after one, some at a time.
pub fn flows_after(conn: &mut Conn, cabinet: CabinetId, after: Option<FlowId>, limit: i64) -> Result<Vec<FlowId>> {
    let ids: Vec<String> = flows::table
        .filter(flows::cabinet_id.eq(cabinet.to_string()))
        .filter(flows::id.gt(after.map(|id| id.to_string()).unwrap_or_default()))
        .order(flows::id)
        .limit(limit)
        .select(flows::id)
        .load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

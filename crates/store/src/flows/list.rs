//! The list of flows: filters, orders, counts.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use domain::flow::{FlowDirection, FlowKind, Handling};
use domain::{AnomalyId, DossierId, FlowId, PortfolioId};

use super::{Row, Stored, boxed, in_sight};
use crate::dossiers::all_in_sight;
use crate::kept::{Kept, one_of_numbers, one_of_texts};
use crate::people::parsed;
use crate::time::to_db;
use crate::{Conn, Result, Scope};

/// Which flows; the values of one filter are alternatives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    pub portfolios: Vec<Option<PortfolioId>>,
    pub dossier: Option<DossierId>,
    pub kinds: Vec<FlowKind>,
    pub direction: Option<FlowDirection>,
    pub platforms: Vec<String>,
    /// Nothing stands for a status that nobody could read.
    pub statuses: Vec<Option<u32>>,
    pub handlings: Vec<Handling>,
    pub anomaly: Option<bool>,
    pub anomaly_id: Option<AnomalyId>,
    /// Without news for longer than they should be at this moment, or not.
    pub stuck: Option<(bool, DateTime<Utc>)>,
    pub unknown_client: Option<bool>,
    pub issued_from: Option<NaiveDate>,
    pub issued_to: Option<NaiveDate>,
    /// Beginning of the number.
    pub number: Option<String>,
    /// Of the client or of the counterparty.
    pub siren: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    IssuedOn,
    StatusAt,
    Gross,
}

/// Place after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Text(String, String),
    Number(i64, String),
}

impl Stored {
    pub fn place(&self, key: SortKey) -> Place {
        let id = self.flow.id.to_string();
        match key {
            SortKey::IssuedOn => Place::Text(crate::mandates::written(self.flow.issued_on), id),
            SortKey::StatusAt => Place::Number(self.status.as_ref().map_or(0, |s| to_db(s.at)), id),
            SortKey::Gross => Place::Number(self.flow.gross_cents.unwrap_or_default(), id),
        }
    }
}

/// The beginning of what an index seeks by: every text that starts so is less than this.
fn beyond(prefix: &str) -> String {
    format!("{prefix}\u{10ffff}")
}

fn of_portfolios(scope: &Scope, portfolios: &[Option<PortfolioId>]) -> Kept {
    let mut condition = Kept::new("flows.dossier_id IN (SELECT p.id FROM dossiers AS p WHERE p.cabinet_id = ");
    condition = condition.text(scope.cabinet().to_string()).sql(" AND p.portfolio_id IN (");
    for (i, portfolio) in portfolios.iter().enumerate() {
        condition = condition.sql(if i == 0 { "" } else { ", " });
        condition = condition.text(portfolio.map(|p| p.to_string()).unwrap_or_default());
    }
    condition.sql("))").fresh()
}

fn conditions(scope: &Scope, filter: &Filter) -> Vec<Kept> {
    let mut all = in_sight(scope);
    if !filter.portfolios.is_empty() {
        all.push(of_portfolios(scope, &filter.portfolios));
    }
    if let Some(dossier) = filter.dossier {
        all.push(Kept::new("flows.dossier_id = ").text(dossier.to_string()));
    }
    if !filter.kinds.is_empty() {
        all.push(one_of_texts("flows.kind", filter.kinds.iter().map(ToString::to_string)));
    }
    if let Some(direction) = filter.direction {
        all.push(Kept::new("flows.direction = ").text(direction.as_str()));
    }
    if !filter.platforms.is_empty() {
        all.push(one_of_texts("flows.platform", filter.platforms.iter().cloned()));
    }
    if !filter.statuses.is_empty() {
        let codes = filter.statuses.iter().map(|code| code.map_or(0, i64::from));
        all.push(one_of_numbers("flows.status", codes));
        // Without any status nothing was to be read.
        all.push(Kept::new("flows.status_at IS NOT NULL"));
    }
    if !filter.handlings.is_empty() {
        all.push(one_of_texts("flows.handling", filter.handlings.iter().map(ToString::to_string)));
        if !filter.handlings.contains(&Handling::None) {
            // Few flows are: they have an index of their own.
            all.push(Kept::new("flows.handling <> 'none'"));
        }
    }
    match filter.anomaly {
        Some(true) => all.push(Kept::new("flows.anomalies > 0")),
        Some(false) => all.push(Kept::new("flows.anomalies = 0")),
        None => {}
    }
    if let Some(anomaly) = filter.anomaly_id {
        all.push(
            Kept::new("flows.id IN (SELECT o.flow_id FROM occurrences AS o WHERE o.closed_at IS NULL AND o.flow_id IS NOT NULL AND o.anomaly_id = ")
                .text(anomaly.to_string())
                .sql(")"),
        );
    }
    match filter.stuck {
        Some((true, now)) => all.push(stuck(now)),
        Some((false, now)) => {
            all.push(Kept::new("(flows.stuck_at IS NULL OR flows.stuck_at > ").number(to_db(now)).sql(")"));
        }
        None => {}
    }
    match filter.unknown_client {
        Some(true) => all.push(Kept::new("flows.dossier_id IS NULL")),
        Some(false) => all.push(Kept::new("flows.dossier_id IS NOT NULL")),
        None => {}
    }
    if let Some(day) = filter.issued_from {
        all.push(Kept::new("flows.issued_on >= ").text(day.to_string()));
    }
    if let Some(day) = filter.issued_to {
        all.push(Kept::new("flows.issued_on <> '' AND flows.issued_on <= ").text(day.to_string()));
    }
    match (&filter.siren, &filter.number) {
        (Some(siren), _) => all.push(named_by(scope, siren)),
        (None, Some(number)) => all.push(numbered(number)),
        (None, None) => {}
    }
    all
}

fn stuck(now: DateTime<Utc>) -> Kept {
    Kept::new("flows.stuck_at IS NOT NULL AND flows.stuck_at <= ").number(to_db(now))
}

fn numbered(number: &str) -> Kept {
    Kept::new("(flows.number >= ").text(number).sql(" AND flows.number < ").text(beyond(number)).sql(")")
}

/// Nine digits may be a SIREN or begin a number; each way has its index.
fn named_by(scope: &Scope, siren: &str) -> Kept {
    let cabinet = scope.cabinet().to_string();
    let flows_where = |from: &'static str| Kept::new(from).text(cabinet.clone());
    flows_where("flows.id IN (SELECT f.id FROM dossiers AS own JOIN flows AS f ON f.dossier_id = own.id WHERE own.cabinet_id = ")
        .sql(" AND own.siren = ")
        .text(siren)
        .then(flows_where(" UNION ALL SELECT f.id FROM flows AS f WHERE f.dossier_id IS NULL AND f.cabinet_id = "))
        .sql(" AND f.owner = ")
        .text(siren)
        .then(flows_where(" UNION ALL SELECT f.id FROM flows AS f WHERE f.cabinet_id = "))
        .sql(" AND f.counterparty = ")
        .text(siren)
        .then(flows_where(" UNION ALL SELECT f.id FROM flows AS f WHERE f.cabinet_id = "))
        .sql(" AND f.number >= ")
        .text(siren)
        .sql(" AND f.number < ")
        .text(beyond(siren))
        .sql(")")
}

const fn column(key: SortKey) -> &'static str {
    match key {
        SortKey::IssuedOn => "flows.issued_on",
        SortKey::StatusAt => "COALESCE(flows.status_at, 0)",
        SortKey::Gross => "COALESCE(flows.gross_cents, 0)",
    }
}

/// A page of the list.
pub fn list(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    (key, descending): (SortKey, bool),
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Stored>> {
    let (column, order, beyond) = match descending {
        true => (column(key), " DESC", "<"),
        false => (column(key), " ASC", ">"),
    };
    let mut conditions = conditions(scope, filter);
    let seek = |value: &dyn Fn(Kept) -> Kept, id: &str| {
        // The first comparison is what an index seeks by.
        let start = value(Kept::new(format!("({column} {beyond}= ")));
        let further = value(start.sql(format!(" AND ({column} {beyond} ")));
        further.sql(format!(" OR flows.id {beyond} ")).text(id).sql("))")
    };
    match after {
        Some(Place::Text(value, id)) => conditions.push(seek(&|k| k.text(value.clone()), id)),
        Some(Place::Number(value, id)) => conditions.push(seek(&|k| k.number(*value), id)),
        None => {}
    }
    let rows: Vec<Row> = boxed(conditions)
        .order((sql::<Text>(&format!("{column}{order}")), sql::<Text>(&format!("flows.id{order}"))))
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::stored).collect()
}

/// Ids of the flows that a filter takes, the latest issue first; one more than the most tells that there are more.
pub fn ids(conn: &mut Conn, scope: &Scope, filter: &Filter, most: i64) -> Result<Vec<FlowId>> {
    let ids: Vec<String> = boxed(conditions(scope, filter))
        .order((sql::<Text>("flows.issued_on DESC"), sql::<Text>("flows.id DESC")))
        .limit(most + 1)
        .select(crate::schema::flows::id)
        .load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

pub fn count(conn: &mut Conn, scope: &Scope, filter: &Filter) -> Result<i64> {
    boxed(conditions(scope, filter)).count().get_result(conn)
}

/// How the flows that a filter takes spread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: i64,
    /// Code (nothing for a word that nobody has read).
    pub by_status: BTreeMap<Option<u32>, i64>,
    pub by_platform: BTreeMap<String, i64>,
    pub unknown_client: i64,
    pub unread: i64,
    pub stuck: i64,
    /// Without any status.
    pub silent: i64,
}

/// Code, with a status, platform, without dossier, stuck, how many.
type Group = (i64, bool, String, bool, bool, i64);

fn where_all<ST>(mut query: Kept<ST>, conditions: Vec<Kept>) -> Kept<ST> {
    for (i, condition) in conditions.into_iter().enumerate() {
        query = query.sql(if i == 0 { " WHERE " } else { " AND " }).then(condition.retyped());
    }
    query
}

pub fn counts(conn: &mut Conn, scope: &Scope, filter: &Filter, now: DateTime<Utc>) -> Result<Counts> {
    if *filter == Filter::default() && all_in_sight(scope) {
        return all_counts(conn, scope, now);
    }
    let query: Kept<(BigInt, Bool, Text, Bool, Bool, BigInt)> = Kept::new(
        "SELECT flows.status, flows.status_at IS NOT NULL, flows.platform, flows.dossier_id IS NULL, \
         flows.stuck_at IS NOT NULL AND flows.stuck_at <= ",
    )
    .number(to_db(now))
    .sql(", COUNT(*) FROM flows");
    let query = where_all(query, conditions(scope, filter)).sql(" GROUP BY 1, 2, 3, 4, 5");
    let groups: Vec<Group> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    let mut counts = Counts::default();
    for (status, told, platform, orphan, stuck, n) in groups {
        counts.total += n;
        *counts.by_platform.entry(platform).or_default() += n;
        counts.of_status(status, told, n);
        counts.unknown_client += if orphan { n } else { 0 };
        counts.stuck += if stuck { n } else { 0 };
    }
    Ok(counts)
}

impl Counts {
    fn of_status(&mut self, status: i64, told: bool, n: i64) {
        let code = u32::try_from(status).ok().filter(|code| *code > 0);
        if code.is_none() && !told {
            self.silent += n;
            return;
        }
        self.unread += if code.is_none() { n } else { 0 };
        *self.by_status.entry(code).or_default() += n;
    }
}

/// The same over all flows of a cabinet: each count by an index that holds all that it needs.
fn all_counts(conn: &mut Conn, scope: &Scope, now: DateTime<Utc>) -> Result<Counts> {
    let mut counts = Counts::default();
    let all = || vec![Kept::new("flows.cabinet_id = ").text(scope.cabinet().to_string())];
    let with = |more: Kept| all().into_iter().chain([more]).collect::<Vec<_>>();
    let by_status: Kept<(BigInt, BigInt)> = Kept::new("SELECT flows.status, COUNT(*) FROM flows");
    let by_status = where_all(by_status, all()).sql(" GROUP BY flows.status");
    let by_platform: Kept<(Text, BigInt)> = Kept::new("SELECT flows.platform, COUNT(*) FROM flows");
    let by_platform = where_all(by_platform, all()).sql(" GROUP BY flows.platform");
    let number = |conditions| where_all(Kept::<BigInt>::new("SELECT COUNT(*) FROM flows"), conditions);
    let silent = number(with(Kept::new("flows.status = 0 AND flows.status_at IS NULL")));
    let orphans = number(with(Kept::new("flows.dossier_id IS NULL")));
    let late = number(with(stuck(now)));
    macro_rules! load {
        ($c:expr) => {{
            let statuses: Vec<(i64, i64)> = by_status.load($c)?;
            counts.silent = silent.get_result($c)?;
            for (status, n) in statuses {
                counts.total += n;
                let told = if status == 0 { n - counts.silent } else { n };
                if told > 0 {
                    counts.of_status(status, true, told);
                }
            }
            let platforms: Vec<(String, i64)> = by_platform.load($c)?;
            counts.by_platform = platforms.into_iter().collect();
            counts.unknown_client = orphans.get_result($c)?;
            counts.stuck = late.get_result($c)?;
        }};
    }
    match conn {
        Conn::Sqlite(c) => load!(c),
        Conn::Postgres(c) => load!(c),
    }
    Ok(counts)
}

/// Where a flow shows in the queue.
#[derive(Debug, Clone)]
pub struct InQueue {
    pub anomaly: AnomalyId,
    pub rule: domain::anomaly::AnomalyRule,
    pub severity: domain::anomaly::Severity,
    pub state: domain::anomaly::AnomalyState,
    pub platform: String,
    pub opened_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
}

/// Anomalies of a flow that the caller has found, those that stand first, each the latest first.
pub fn in_queue(conn: &mut Conn, flow: FlowId) -> Result<Vec<InQueue>> {
    use crate::schema::{anomalies, occurrences};
    type Found = (String, String, String, String, String, i64, Option<i64>);
    let rows: Vec<Found> = occurrences::table
        .inner_join(anomalies::table.on(anomalies::id.eq(occurrences::anomaly_id)))
        .filter(occurrences::flow_id.eq(flow.to_string()))
        .order((
            sql::<BigInt>("CASE WHEN occurrences.closed_at IS NULL THEN 0 ELSE 1 END"),
            occurrences::opened_at.desc(),
        ))
        .limit(50)
        .select((
            anomalies::id,
            anomalies::rule,
            anomalies::severity,
            anomalies::state,
            anomalies::platform,
            occurrences::opened_at,
            occurrences::closed_at,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, rule, severity, state, platform, opened, closed)| {
            Ok(InQueue {
                anomaly: parsed(&id)?,
                rule: parsed(&rule)?,
                severity: parsed(&severity)?,
                state: parsed(&state)?,
                platform,
                opened_at: crate::time::from_db(opened),
                closed_at: closed.map(crate::time::from_db),
            })
        })
        .collect()
}

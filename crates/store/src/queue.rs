//! The queue as a person sees it: which anomalies, in which order, and how much of each lies in sight. What an anomaly's
//! row sums stands for those who see everything; for others it is counted from the occurrences in sight.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use domain::anomaly::{AnomalyDetail, AnomalyRule, AnomalyState, Severity};
use domain::{AnomalyId, CabinetId, DossierId, UserId};

use crate::anomalies::{Anomaly, Row, all, in_sight};
use crate::dossiers::{self, all_in_sight, names_one_in_sight};
use crate::kept::{Kept, one_of_texts};
use crate::people::parsed;
use crate::schema::{anomalies, flow_words, occurrences};
use crate::time::to_db;
use crate::{Conn, Result, Scope};

/// Whose anomalies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Mine,
    Nobody,
    /// Those that the person watches.
    Watched,
}

/// A word of the search, as it is looked for.
#[derive(Debug, Clone)]
pub struct Word {
    /// Folded.
    pub folded: String,
    /// As it was typed, in small letters: what numbers of invoices are compared with.
    pub typed: String,
    /// Rules whose title has it.
    pub rules: Vec<AnomalyRule>,
}

/// Which anomalies; the values of one filter are alternatives.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Those that are not over, when none is named.
    pub states: Vec<AnomalyState>,
    pub rules: Vec<AnomalyRule>,
    pub severities: Vec<Severity>,
    pub whose: Option<Whose>,
    pub assignees: Vec<UserId>,
    pub portfolios: Vec<dossiers::Wanted>,
    pub dossier: Option<DossierId>,
    pub platforms: Vec<String>,
    /// Past the deadline at the moment, or not.
    pub overdue: Option<(bool, DateTime<Utc>)>,
    pub due_before: Option<DateTime<Utc>>,
    pub words: Vec<Word>,
}

/// Occurrences that count: open ones, and those that were open as the anomaly ended.
const COUNTS: &str = "EXISTS (SELECT 1 FROM occurrences AS o WHERE o.anomaly_id = anomalies.id AND \
                      (o.closed_at IS NULL OR o.closed_at >= anomalies.closed_at)";

/// One of the occurrences that count lies in sight and is as the condition says.
fn one_that(scope: &Scope, condition: Kept) -> Kept {
    let mut one = Kept::new(COUNTS);
    if !all_in_sight(scope) {
        let without = if scope.sees_all() { " AND (o.dossier_id IS NULL OR " } else { " AND (" };
        one = one.sql(without).then(names_one_in_sight(scope, "o.dossier_id", ")"));
    }
    one.sql(" AND ").then(condition).sql(")")
}

/// Every occurrence that counts lies in sight.
fn wholly_in_sight(scope: &Scope) -> Option<Kept> {
    if all_in_sight(scope) {
        return None;
    }
    let out =
        if scope.sees_all() { " AND o.dossier_id IS NOT NULL AND NOT " } else { " AND (o.dossier_id IS NULL OR NOT " };
    let end = if scope.sees_all() { ")" } else { "))" };
    Some(Kept::new("NOT ").sql(COUNTS).sql(out).then(names_one_in_sight(scope, "(o.dossier_id", ")")).sql(end))
}

/// A word stands in the title, or in the name or SIREN of a dossier, or in the number of an invoice, of what is in sight.
fn has_word(scope: &Scope, word: &Word) -> Kept {
    let like = format!("%{}%", word.folded);
    let mut any = Kept::new("(");
    if all_in_sight(scope) {
        any = any.sql("anomalies.search LIKE ").text(like.clone()).sql(" OR ");
    }
    if !word.rules.is_empty() {
        any = any.then(one_of_texts("anomalies.rule", word.rules.iter().map(ToString::to_string))).sql(" OR ");
    }
    any = any.sql("LOWER(anomalies.platform) LIKE ").text(format!("%{}%", word.typed)).sql(" OR ");
    let dossier = Kept::new("o.dossier_id IN (SELECT n.id FROM dossiers AS n WHERE n.cabinet_id = ")
        .text(scope.cabinet().to_string())
        .sql(" AND n.search LIKE ")
        .text(like)
        .sql(")");
    any = any.then(one_that(scope, dossier));
    if word.typed.chars().any(|c| c.is_ascii_digit()) {
        let number = serde_json::Value::from(word.typed.as_str()).to_string();
        let number = Kept::new("LOWER(o.detail) LIKE ").text(format!("%\"number\":%{}%", number.trim_matches('"')));
        any = any.sql(" OR ").then(one_that(scope, number));
    }
    any.sql(")")
}

fn conditions(scope: &Scope, wanted: &Wanted) -> Vec<Kept> {
    let mut all = Vec::new();
    if wanted.states.iter().all(|s| !s.is_over()) {
        all.push(Kept::new("anomalies.closed_at IS NULL"));
    }
    // As expressions: the list walks the index of its order, and the indexes of these columns would have every match
    // collected and sorted.
    let mut among = |column: &'static str, values: Vec<String>| {
        if !values.is_empty() {
            all.push(one_of_texts(column, values));
        }
    };
    among("(anomalies.state || '')", wanted.states.iter().map(ToString::to_string).collect());
    among("anomalies.rule", wanted.rules.iter().map(ToString::to_string).collect());
    among("anomalies.severity", wanted.severities.iter().map(ToString::to_string).collect());
    among("(anomalies.assignee_id || '')", wanted.assignees.iter().map(ToString::to_string).collect());
    among("anomalies.platform", wanted.platforms.clone());
    let me = scope.user().to_string();
    match wanted.whose {
        Some(Whose::Mine) => all.push(Kept::new("(anomalies.assignee_id || '') = ").text(me)),
        Some(Whose::Nobody) => all.push(Kept::new("(anomalies.assignee_id || '') = ''")),
        Some(Whose::Watched) => all.push(
            Kept::new("EXISTS (SELECT 1 FROM watchers AS w WHERE w.anomaly_id = anomalies.id AND w.user_id = ")
                .text(me)
                .sql(")"),
        ),
        None => {}
    }
    if !wanted.portfolios.is_empty() {
        let among = one_of_texts("(p.portfolio_id || '')", wanted.portfolios.iter().map(dossiers::Wanted::text));
        let of = Kept::new("o.dossier_id IN (SELECT p.id FROM dossiers AS p WHERE p.cabinet_id = ")
            .text(scope.cabinet().to_string())
            .sql(" AND ")
            .then(among)
            .sql(")");
        all.push(one_that(scope, of));
    }
    if let Some(dossier) = wanted.dossier {
        // Few of all: found by the index of the dossier.
        let of = "anomalies.id IN (SELECT f.anomaly_id FROM occurrences AS f WHERE f.dossier_id = ";
        all.push(Kept::new(of).text(dossier.to_string()).sql(")"));
        all.push(one_that(scope, Kept::new("o.dossier_id = ").text(dossier.to_string())));
    }
    match wanted.overdue {
        Some((true, now)) => all.push(Kept::new("anomalies.due_at <= ").number(to_db(now))),
        Some((false, now)) => {
            all.push(Kept::new("(anomalies.due_at IS NULL OR anomalies.due_at > ").number(to_db(now)).sql(")"));
        }
        None => {}
    }
    if let Some(before) = wanted.due_before {
        all.push(Kept::new("anomalies.due_at <= ").number(to_db(before)));
    }
    all.extend(wanted.words.iter().map(|word| has_word(scope, word)));
    all
}

macro_rules! wanted {
    ($scope:expr, $wanted:expr) => {{
        let mut query = in_sight($scope);
        for condition in conditions($scope, $wanted) {
            query = query.filter(condition);
        }
        query
    }};
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// The greatest first.
    Priority,
    /// The soonest first; those whose clock stands still come last.
    DueAt,
    OpenedAt,
    OpenedAtDesc,
    /// The latest first.
    UpdatedAt,
}

/// As the indexes of the queue have it.
const DUE_AT: &str = "COALESCE(anomalies.due_at, 9223372036854775807)";

impl SortKey {
    const fn column(self) -> (&'static str, bool) {
        match self {
            Self::Priority => ("anomalies.priority", true),
            Self::DueAt => (DUE_AT, false),
            Self::OpenedAt => ("anomalies.opened_at", false),
            Self::OpenedAtDesc => ("anomalies.opened_at", true),
            Self::UpdatedAt => ("anomalies.updated_at", true),
        }
    }
}

/// Place after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub key: i64,
    pub id: String,
}

/// An anomaly of the list.
#[derive(Debug, Clone)]
pub struct Listed {
    pub anomaly: Anomaly,
    /// The first dossiers in sight in which it shows.
    pub dossiers: Vec<DossierId>,
}

impl Listed {
    pub fn place(&self, key: SortKey) -> Place {
        let a = &self.anomaly;
        let value = match key {
            SortKey::Priority => a.priority,
            SortKey::DueAt => a.due_at.map_or(i64::MAX, to_db),
            SortKey::OpenedAt | SortKey::OpenedAtDesc => to_db(a.opened_at),
            SortKey::UpdatedAt => to_db(a.updated_at),
        };
        Place { key: value, id: a.id.to_string() }
    }
}

/// The first three dossiers in sight of an anomaly, one after the other. Each is one step down the index, however many
/// occurrences the one before has.
fn first_dossiers(scope: &Scope) -> Kept<Nullable<Text>> {
    let first = |after: &'static str| {
        let mut first = Kept::new(
            "(SELECT o.dossier_id FROM occurrences AS o WHERE o.anomaly_id = anomalies.id AND \
             (o.closed_at IS NULL OR o.closed_at >= anomalies.closed_at) AND o.dossier_id ",
        )
        .sql(after);
        if !all_in_sight(scope) {
            first = first.sql(" AND ").then(names_one_in_sight(scope, "o.dossier_id", "").retyped());
        }
        first.sql(" ORDER BY o.dossier_id LIMIT 1)")
    };
    Kept::new("(WITH RECURSIVE shown(place, id) AS (SELECT 1, ")
        .then(first("IS NOT NULL"))
        .sql(" UNION ALL SELECT shown.place + 1, ")
        .then(first("> shown.id"))
        .sql(" FROM shown WHERE shown.place < 3 AND shown.id IS NOT NULL) SELECT string_agg(t.id, ' ') FROM ")
        .sql("(SELECT shown.id FROM shown WHERE shown.id IS NOT NULL ORDER BY shown.place) AS t)")
}

fn listed((row, dossiers): (Row, Option<String>)) -> Result<Listed> {
    let dossiers = dossiers.unwrap_or_default().split_whitespace().map(parsed).collect::<Result<_>>()?;
    Ok(Listed { anomaly: row.anomaly()?, dossiers })
}

/// A page of the queue.
pub fn list(
    conn: &mut Conn,
    scope: &Scope,
    wanted: &Wanted,
    key: SortKey,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let (column, descending) = key.column();
    // Among equals the oldest comes first, save where the index is read backwards.
    let ids_descend = descending && key != SortKey::Priority;
    let word = |down: bool| if down { " DESC" } else { " ASC" };
    let mut query = wanted!(scope, wanted).limit(limit).order((
        sql::<BigInt>(&format!("{column}{}", word(descending))),
        sql::<Text>(&format!("anomalies.id{}", word(ids_descend))),
    ));
    if let Some(place) = after {
        let beyond = |down: bool| if down { " < " } else { " > " };
        // The first comparison is what an index seeks by.
        let start: Kept = Kept::new(format!("({column}{}= ", beyond(descending).trim_end())).number(place.key);
        query = query.filter(
            start
                .sql(format!(" AND ({column}{}", beyond(descending)))
                .number(place.key)
                .sql(format!(" OR anomalies.id{}", beyond(ids_descend)))
                .text(place.id.clone())
                .sql("))"),
        );
    }
    let rows: Vec<(Row, Option<String>)> = query.select((Row::as_select(), first_dossiers(scope))).load(conn)?;
    rows.into_iter().map(listed).collect()
}

/// One anomaly in sight, as the list has it.
pub fn find(conn: &mut Conn, scope: &Scope, id: AnomalyId) -> Result<Listed> {
    let row = in_sight(scope)
        .filter(anomalies::id.eq(id.to_string()))
        .select((Row::as_select(), first_dossiers(scope)))
        .first(conn)?;
    listed(row)
}

/// Ids of every anomaly that the filters take, in the order of the queue; one more than the most that may be.
pub fn ids(conn: &mut Conn, scope: &Scope, wanted: &Wanted, most: i64) -> Result<Vec<AnomalyId>> {
    let ids: Vec<String> = wanted!(scope, wanted)
        .order((anomalies::priority.desc(), anomalies::id))
        .limit(most + 1)
        .select(anomalies::id)
        .load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

/// Of these anomalies, those that lie wholly in sight.
pub fn wholly(conn: &mut Conn, scope: &Scope, ids: &[AnomalyId]) -> Result<HashSet<AnomalyId>> {
    let Some(wholly) = wholly_in_sight(scope) else { return Ok(ids.iter().copied().collect()) };
    let mut found = HashSet::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<String> = anomalies::table
            .filter(anomalies::cabinet_id.eq(scope.cabinet().to_string()))
            .filter(anomalies::id.eq_any(ids))
            .filter(wholly.clone())
            .select(anomalies::id)
            .load(conn)?;
        for id in rows {
            found.insert(parsed(&id)?);
        }
    }
    Ok(found)
}

/// Of these anomalies, which the caller has found, those of which something that was found still stands.
pub fn still_found(conn: &mut Conn, ids: &[AnomalyId]) -> Result<HashSet<AnomalyId>> {
    let mut found = HashSet::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<String> = occurrences::table
            .filter(occurrences::anomaly_id.eq_any(ids))
            .filter(occurrences::settled.eq(true).or(occurrences::closed_at.is_null()))
            .select(occurrences::anomaly_id)
            .distinct()
            .load(conn)?;
        for id in rows {
            found.insert(parsed(&id)?);
        }
    }
    Ok(found)
}

/// The first of the queue that nobody has, whose clock runs and that lies wholly in sight.
pub fn next(conn: &mut Conn, scope: &Scope) -> Result<Option<Anomaly>> {
    let mut query = in_sight(scope)
        .filter(Kept::<Bool>::new("anomalies.closed_at IS NULL AND (anomalies.assignee_id || '') = ''"))
        .filter(Kept::<Bool>::new("(anomalies.state || '') NOT IN ('waiting_client', 'snoozed')"));
    if let Some(wholly) = wholly_in_sight(scope) {
        query = query.filter(wholly);
    }
    let row: Option<Row> = query
        .order((anomalies::priority.desc(), anomalies::id))
        .limit(1)
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    row.map(Row::anomaly).transpose()
}

/// How much of an anomaly lies in sight, of its open occurrences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    pub occurrences: i64,
    pub dossiers: i64,
    pub exposure_cents: i64,
}

/// What of these anomalies, which the caller has found, lies in sight.
pub fn shares(conn: &mut Conn, scope: &Scope, found: &[&Anomaly]) -> Result<HashMap<AnomalyId, Share>> {
    if all_in_sight(scope) {
        let whole =
            |a: &Anomaly| Share { occurrences: a.occurrences, dossiers: a.dossiers, exposure_cents: a.exposure_cents };
        return Ok(found.iter().map(|a| (a.id, whole(a))).collect());
    }
    let mut shares: HashMap<AnomalyId, Share> = found.iter().map(|a| (a.id, Share::default())).collect();
    for chunk in found.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(|a| a.id.to_string()).collect();
        let rows: Vec<(String, i64, i64, i64)> = occurrences::table
            .inner_join(anomalies::table.on(anomalies::id.eq(occurrences::anomaly_id)))
            .filter(occurrences::cabinet_id.eq(scope.cabinet().to_string()))
            .filter(occurrences::anomaly_id.eq_any(ids))
            .filter(Kept::<Bool>::new(COUNTED))
            .filter(seen_occurrence(scope))
            .group_by(occurrences::anomaly_id)
            .select((
                occurrences::anomaly_id,
                count_star(),
                sql::<BigInt>("COUNT(DISTINCT occurrences.dossier_id)"),
                sql::<BigInt>("CAST(SUM(occurrences.exposure_cents) AS BIGINT)"),
            ))
            .load(conn)?;
        for (id, occurrences, dossiers, exposure_cents) in rows {
            shares.insert(parsed(&id)?, Share { occurrences, dossiers, exposure_cents });
        }
        // What has gone with its cause counts for nobody.
        for a in chunk {
            if let Some(share) = shares.get_mut(&a.id).filter(|s| s.occurrences > a.occurrences) {
                *share = Share::default();
            }
        }
    }
    Ok(shares)
}

/// As [`COUNTS`], of a join.
const COUNTED: &str = "(occurrences.closed_at IS NULL OR occurrences.closed_at >= anomalies.closed_at)";

/// An occurrence lies in sight, for those who do not see everything.
fn seen_occurrence(scope: &Scope) -> Kept {
    let without = if scope.sees_all() && scope.only().is_none() { "(occurrences.dossier_id IS NULL OR " } else { "(" };
    Kept::new(without).then(names_one_in_sight(scope, "occurrences.dossier_id", ")"))
}

/// Anomalies that are alike in all that the board tells apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub state: AnomalyState,
    pub severity: Severity,
    pub rule: AnomalyRule,
    pub assignee: Option<UserId>,
    pub count: u64,
    pub overdue: u64,
    /// Of all their open occurrences, in sight or not.
    pub exposure_cents: i64,
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

/// What the filters take, grouped.
pub fn groups(conn: &mut Conn, scope: &Scope, wanted: &Wanted, now: DateTime<Utc>) -> Result<Vec<Group>> {
    let overdue = format!("CAST(SUM(CASE WHEN anomalies.due_at <= {} THEN 1 ELSE 0 END) AS BIGINT)", to_db(now));
    let mut query = anomalies::table
        .group_by((anomalies::state, anomalies::severity, anomalies::rule, anomalies::assignee_id))
        .select((
            anomalies::state,
            anomalies::severity,
            anomalies::rule,
            anomalies::assignee_id,
            count_star(),
            sql::<BigInt>(&overdue),
            sql::<BigInt>("CAST(SUM(anomalies.exposure_cents) AS BIGINT)"),
        ))
        .filter(anomalies::cabinet_id.eq(scope.cabinet().to_string()))
        .into_boxed();
    for condition in crate::anomalies::seen_by(scope).into_iter().chain(conditions(scope, wanted)) {
        query = query.filter(condition);
    }
    type Found = (String, String, String, String, i64, i64, i64);
    let rows: Vec<Found> = query.load(conn)?;
    rows.into_iter()
        .map(|(state, severity, rule, assignee, n, overdue, exposure_cents)| {
            Ok(Group {
                state: parsed(&state)?,
                severity: parsed(&severity)?,
                rule: parsed(&rule)?,
                assignee: assignee.parse().ok(),
                count: count(n),
                overdue: count(overdue),
                exposure_cents,
            })
        })
        .collect()
}

/// Exposure of the open occurrences in sight of what the filters take; for those who do not see everything.
pub fn exposure_in_sight(conn: &mut Conn, scope: &Scope, wanted: &Wanted) -> Result<i64> {
    let mut query = occurrences::table
        .inner_join(anomalies::table.on(anomalies::id.eq(occurrences::anomaly_id)))
        .filter(occurrences::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(anomalies::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(Kept::<Bool>::new(COUNTED))
        .select(sql::<BigInt>("CAST(COALESCE(SUM(occurrences.exposure_cents), 0) AS BIGINT)"))
        .into_boxed();
    if !all_in_sight(scope) {
        query = query.filter(seen_occurrence(scope));
    }
    for condition in conditions(scope, wanted) {
        query = query.filter(condition);
    }
    query.first(conn)
}

/// What the first open occurrence in sight of an anomaly says; for those who do not see all of it.
pub fn first_detail(conn: &mut Conn, scope: &Scope, id: AnomalyId) -> Result<Option<AnomalyDetail>> {
    let detail: Option<String> = occurrences::table
        .filter(occurrences::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(occurrences::anomaly_id.eq(id.to_string()))
        .filter(seen_occurrence(scope))
        .order((occurrences::closed_at.is_not_null(), occurrences::opened_at, occurrences::fingerprint))
        .select(occurrences::detail)
        .first(conn)
        .optional()?;
    detail.map(|d| serde_json::from_str(&d).map_err(|e| crate::Error::DeserializationError(Box::new(e)))).transpose()
}

/// Words of platforms that nobody has read.
pub fn unread_words(conn: &mut Conn, scope: &Scope) -> Result<u64> {
    let n: i64 = flow_words::table
        .filter(flow_words::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(flow_words::state.eq("unread"))
        .count()
        .get_result(conn)?;
    Ok(count(n))
}

/// Open anomalies of a person, as far as they are in sight of who asks, in the order of the queue.
pub fn open_of(conn: &mut Conn, scope: &Scope, person: UserId) -> Result<Vec<Anomaly>> {
    let rows: Vec<Row> = in_sight(scope)
        .filter(anomalies::assignee_id.eq(person.to_string()))
        .filter(anomalies::closed_at.is_null())
        .order((anomalies::priority.desc(), anomalies::id))
        .select(Row::as_select())
        .load(conn)?;
    all(rows)
}

/// What the clock has to do with an anomaly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ring {
    /// Its snooze is over.
    Wake,
    /// It is near its deadline, and nobody was told.
    Near,
    /// It has passed its deadline, and nobody was told.
    Overdue,
}

/// Anomalies of any cabinet with which the clock has something to do, with the cabinet of each.
pub fn ringing(conn: &mut Conn, ring: Ring, now: DateTime<Utc>, most: i64) -> Result<Vec<(CabinetId, AnomalyId)>> {
    let at = to_db(now);
    let query = anomalies::table.select((anomalies::cabinet_id, anomalies::id)).limit(most).into_boxed();
    // The conditions without a value are those of the indexes.
    let rows: Vec<(String, String)> = match ring {
        Ring::Wake => query
            .filter(Kept::<Bool>::new("anomalies.snoozed_until IS NOT NULL AND anomalies.snoozed_until <= ").number(at))
            .load(conn),
        Ring::Near => query
            .filter(
                Kept::<Bool>::new("anomalies.warn_at IS NOT NULL AND anomalies.told < 1 AND anomalies.warn_at <= ")
                    .number(at),
            )
            .load(conn),
        Ring::Overdue => query
            .filter(
                Kept::<Bool>::new("anomalies.due_at IS NOT NULL AND anomalies.told < 2 AND anomalies.due_at <= ")
                    .number(at),
            )
            .load(conn),
    }?;
    rows.into_iter().map(|(cabinet, id)| Ok((parsed(&cabinet)?, parsed(&id)?))).collect()
}

//! Dossiers in sequences. What is over of each stands in its steps; here stands what is next, and why, so that lists and
//! counts need no plan.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::relance::outcome::{AnswerWay, OutcomeCode};
use domain::{CabinetId, DossierId, EnrolmentId, SequenceId};
use serde_json::{Value, json};

use crate::dossiers::{Filter, beside};
use crate::kept::Kept;
use crate::people::parsed;
use crate::schema::{dossiers, enrolments};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

/// A row. The planner's own words are JSON here: it alone reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    pub id: EnrolmentId,
    pub cabinet: CabinetId,
    pub sequence: SequenceId,
    pub dossier: DossierId,
    pub joined_at: DateTime<Utc>,
    /// Steps that are over.
    pub done: String,
    /// A person's consent to the open step; empty for none.
    pub consent: String,
    /// The client's answer that a person noted.
    pub answered: Option<(DateTime<Utc>, AnswerWay)>,
    /// Empty while it goes on.
    pub ended: String,
    pub ended_at: Option<DateTime<Utc>>,
    pub next: Next,
}

/// The open step of an enrolment, or its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// Empty once it has ended.
    pub step: String,
    pub code: OutcomeCode,
    /// JSON.
    pub outcome: String,
    pub at: Option<DateTime<Utc>>,
    /// When there is something to do; nothing while only a change can move it.
    pub look_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = enrolments, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    sequence_id: String,
    dossier_id: String,
    joined_at: i64,
    done: String,
    consent: String,
    answered_at: Option<i64>,
    answered_way: String,
    ended: String,
    ended_at: Option<i64>,
    step_id: String,
    code: String,
    outcome: String,
    at: Option<i64>,
    look_at: Option<i64>,
}

impl Row {
    fn of(e: &Enrolled) -> Self {
        Self {
            id: e.id.to_string(),
            cabinet_id: e.cabinet.to_string(),
            sequence_id: e.sequence.to_string(),
            dossier_id: e.dossier.to_string(),
            joined_at: to_db(e.joined_at),
            done: e.done.clone(),
            consent: e.consent.clone(),
            answered_at: e.answered.map(|(at, _)| to_db(at)),
            answered_way: e.answered.map(|(_, way)| way.to_string()).unwrap_or_default(),
            ended: e.ended.clone(),
            ended_at: e.ended_at.map(to_db),
            step_id: e.next.step.clone(),
            code: e.next.code.to_string(),
            outcome: e.next.outcome.clone(),
            at: e.next.at.map(to_db),
            look_at: e.next.look_at.map(to_db),
        }
    }

    fn enrolled(self) -> Result<Enrolled> {
        let answered = match self.answered_at {
            Some(at) => Some((from_db(at), parsed(&self.answered_way)?)),
            None => None,
        };
        Ok(Enrolled {
            id: parsed(&self.id)?,
            cabinet: parsed(&self.cabinet_id)?,
            sequence: parsed(&self.sequence_id)?,
            dossier: parsed(&self.dossier_id)?,
            joined_at: from_db(self.joined_at),
            done: self.done,
            consent: self.consent,
            answered,
            ended: self.ended,
            ended_at: self.ended_at.map(from_db),
            next: Next {
                step: self.step_id,
                code: parsed(&self.code)?,
                outcome: self.outcome,
                at: self.at.map(from_db),
                look_at: self.look_at.map(from_db),
            },
        })
    }
}

fn all(rows: Vec<Row>) -> Result<Vec<Enrolled>> {
    rows.into_iter().map(Row::enrolled).collect()
}

/// Needs the cabinet's lock.
pub fn insert(conn: &mut Conn, new: &[Enrolled]) -> Result<()> {
    let rows: Vec<Row> = new.iter().map(Row::of).collect();
    dialect::insert_many!(conn, enrolments::table, &rows)
}

/// Writes rows over themselves, thousands at once. Needs the cabinet's lock.
pub fn update(conn: &mut Conn, changed: &[Enrolled]) -> Result<()> {
    for chunk in changed.chunks(1_000) {
        let rows: Vec<Value> = chunk
            .iter()
            .map(Row::of)
            .map(|r| {
                json!([
                    r.id,
                    r.done,
                    r.consent,
                    r.answered_at,
                    r.answered_way,
                    r.ended,
                    r.ended_at,
                    r.step_id,
                    r.code,
                    r.outcome,
                    r.at,
                    r.look_at
                ])
            })
            .collect();
        let sql = format!(
            "UPDATE enrolments SET done = row.value ->> 1, consent = row.value ->> 2, \
             answered_at = CAST(row.value ->> 3 AS BIGINT), answered_way = row.value ->> 4, ended = row.value ->> 5, \
             ended_at = CAST(row.value ->> 6 AS BIGINT), step_id = row.value ->> 7, code = row.value ->> 8, \
             outcome = row.value ->> 9, at = CAST(row.value ->> 10 AS BIGINT), look_at = CAST(row.value ->> 11 AS BIGINT) \
             FROM {} WHERE enrolments.id = row.value ->> 0",
            dialect::each_of(conn, "$1")
        );
        let query = diesel::sql_query(sql).bind::<Text, _>(json!(rows).to_string());
        match conn {
            Conn::Sqlite(c) => query.execute(c),
            Conn::Postgres(c) => query.execute(c),
        }?;
    }
    Ok(())
}

/// Writes what is next of enrolments, thousands at once. Needs the cabinet's lock.
pub fn update_next(conn: &mut Conn, changed: &[Enrolled]) -> Result<()> {
    for chunk in changed.chunks(1_000) {
        let row = |e: &Enrolled| {
            let next = &e.next;
            json!([
                e.id.to_string(),
                next.step,
                next.code.as_str(),
                next.outcome,
                next.at.map(to_db),
                next.look_at.map(to_db)
            ])
        };
        let rows: Vec<Value> = chunk.iter().map(row).collect();
        let sql = format!(
            "UPDATE enrolments SET step_id = row.value ->> 1, code = row.value ->> 2, outcome = row.value ->> 3, \
             at = CAST(row.value ->> 4 AS BIGINT), look_at = CAST(row.value ->> 5 AS BIGINT) \
             FROM {} WHERE enrolments.id = row.value ->> 0",
            dialect::each_of(conn, "$1")
        );
        let query = diesel::sql_query(sql).bind::<Text, _>(json!(rows).to_string());
        match conn {
            Conn::Sqlite(c) => query.execute(c),
            Conn::Postgres(c) => query.execute(c),
        }?;
    }
    Ok(())
}

/// Writes when dossiers joined anew. Needs the cabinet's lock.
pub fn rejoin(conn: &mut Conn, changed: &[Enrolled]) -> Result<()> {
    for row in changed {
        diesel::update(enrolments::table.find(row.id.to_string()))
            .set(enrolments::joined_at.eq(to_db(row.joined_at)))
            .execute(conn)?;
    }
    Ok(())
}

/// All of a cabinet that go on.
pub fn running(conn: &mut Conn, cabinet: CabinetId) -> Result<Vec<Enrolled>> {
    let rows: Vec<Row> = enrolments::table
        .filter(enrolments::cabinet_id.eq(cabinet.to_string()))
        .filter(enrolments::ended_at.is_null())
        .order(enrolments::id)
        .select(Row::as_select())
        .load(conn)?;
    all(rows)
}

/// Those of dossiers, the earliest first: those that go on, or all.
pub fn of_dossiers(conn: &mut Conn, cabinet: CabinetId, ids: &[DossierId], ended: bool) -> Result<Vec<Enrolled>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let mut query = enrolments::table
            .filter(dialect::and_of("enrolments.cabinet_id", cabinet))
            .filter(enrolments::dossier_id.eq_any(ids))
            .order(enrolments::id)
            .select(Row::as_select())
            .into_boxed();
        if !ended {
            query = query.filter(enrolments::ended_at.is_null());
        }
        found.extend(all(query.load(conn)?)?);
    }
    Ok(found)
}

/// How the last enrolment of each dossier that was ever in a sequence ended, of these dossiers or of all; empty while it goes
/// on.
pub fn ends(
    conn: &mut Conn,
    cabinet: CabinetId,
    id: SequenceId,
    only: Option<&[DossierId]>,
) -> Result<HashMap<DossierId, String>> {
    let rows: Vec<(String, String)> = match only {
        None => enrolments::table
            .filter(enrolments::cabinet_id.eq(cabinet.to_string()))
            .filter(enrolments::sequence_id.eq(id.to_string()))
            .order(enrolments::id)
            .select((enrolments::dossier_id, enrolments::ended))
            .load(conn)?,
        Some(ids) => {
            let mut found = Vec::new();
            for chunk in ids.chunks(500) {
                let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
                let rows: Vec<(String, String)> = enrolments::table
                    .filter(dialect::and_of("enrolments.cabinet_id", cabinet))
                    .filter(enrolments::sequence_id.eq(id.to_string()))
                    .filter(enrolments::dossier_id.eq_any(ids))
                    .order(enrolments::id)
                    .select((enrolments::dossier_id, enrolments::ended))
                    .load(conn)?;
                found.extend(rows);
            }
            found
        }
    };
    // The last one counts.
    rows.into_iter().map(|(dossier, ended)| Ok((parsed(&dossier)?, ended))).collect()
}

/// Those of a sequence, whatever became of them.
pub fn of_sequence(conn: &mut Conn, cabinet: CabinetId, id: SequenceId) -> Result<Vec<Enrolled>> {
    let rows: Vec<Row> = enrolments::table
        .filter(enrolments::cabinet_id.eq(cabinet.to_string()))
        .filter(enrolments::sequence_id.eq(id.to_string()))
        .order(enrolments::id)
        .select(Row::as_select())
        .load(conn)?;
    all(rows)
}

/// Dossiers for which there is something to do, those first that wait the longest.
pub fn due(conn: &mut Conn, cabinet: CabinetId, now: DateTime<Utc>) -> Result<Vec<DossierId>> {
    let rows: Vec<(String, Option<i64>)> = enrolments::table
        .filter(enrolments::cabinet_id.eq(cabinet.to_string()))
        .filter(enrolments::ended_at.is_null())
        .filter(enrolments::look_at.le(to_db(now)))
        .select((enrolments::dossier_id, enrolments::look_at))
        .order((enrolments::look_at.asc(), enrolments::id.asc()))
        .load(conn)?;
    let mut seen = HashSet::new();
    let first = rows.iter().filter(|(id, _)| seen.insert(id.clone()));
    first.map(|(id, _)| parsed(id)).collect()
}

/// When the messages leave that wait for their hour, one for each address; of dossiers that are not among these.
pub fn promised(
    conn: &mut Conn,
    cabinet: CabinetId,
    but: &[DossierId],
    now: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>> {
    let rows: Vec<(String, String, Option<i64>)> = enrolments::table
        .inner_join(dossiers::table.on(dossiers::id.eq(enrolments::dossier_id)))
        .filter(enrolments::cabinet_id.eq(cabinet.to_string()))
        .filter(enrolments::ended_at.is_null())
        .filter(enrolments::look_at.gt(to_db(now)))
        .filter(enrolments::code.eq(OutcomeCode::HeldHourlyLimit.as_str()))
        .select((enrolments::dossier_id, dossiers::email, enrolments::look_at))
        .load(conn)?;
    let but: HashSet<String> = but.iter().map(ToString::to_string).collect();
    let mut found: HashMap<String, i64> = HashMap::new();
    for (_, email, at) in rows.into_iter().filter(|(id, ..)| !but.contains(id)) {
        found.extend(at.map(|at| (email, at)));
    }
    Ok(found.into_values().map(from_db).collect())
}

/// Something else than the dossier itself has changed about these: they are looked at again. Needs the cabinet's lock.
pub fn touch(conn: &mut Conn, cabinet: CabinetId, ids: &[DossierId], now: DateTime<Utc>) -> Result<()> {
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let running = enrolments::table
            .filter(dialect::and_of("enrolments.cabinet_id", cabinet))
            .filter(enrolments::dossier_id.eq_any(ids))
            .filter(enrolments::ended_at.is_null());
        diesel::update(running).set(enrolments::look_at.eq(Some(to_db(now)))).execute(conn)?;
    }
    Ok(())
}

/// How many enrolments of the dossiers in sight that a filter takes stand at each outcome, by sequence; those that go on, or
/// those that have ended.
pub fn counts(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    running: bool,
) -> Result<HashMap<SequenceId, Vec<(OutcomeCode, i64)>>> {
    let counts = if scope.sees_everything() && filter.takes_all() {
        counts_of_all(conn, scope.cabinet(), running)?
    } else {
        let mut query = beside(scope, filter)
            .inner_join(enrolments::table.on(enrolments::dossier_id.eq(dossiers::id)))
            .filter(enrolments::cabinet_id.eq(scope.cabinet().to_string()));
        query = match running {
            true => query.filter(enrolments::ended_at.is_null()),
            false => query.filter(enrolments::ended_at.is_not_null()),
        };
        // A query of this shape is not grouped: two narrow columns are counted here.
        let rows: Vec<(String, String)> = query.select((enrolments::sequence_id, enrolments::code)).load(conn)?;
        let mut counts: HashMap<(String, String), i64> = HashMap::new();
        for row in rows {
            *counts.entry(row).or_default() += 1;
        }
        counts.into_iter().map(|((sequence, code), n)| (sequence, code, n)).collect()
    };
    let mut found: HashMap<SequenceId, Vec<(OutcomeCode, i64)>> = HashMap::new();
    for (sequence, code, n) in counts {
        found.entry(parsed(&sequence)?).or_default().push((parsed(&code)?, n));
    }
    Ok(found)
}

/// By an index that holds all that is asked, from the sequences of the cabinet on.
fn counts_of_all(conn: &mut Conn, cabinet: CabinetId, running: bool) -> Result<Vec<(String, String, i64)>> {
    let query: Kept<(Text, Text, BigInt)> = Kept::new(
        "SELECT e.sequence_id, e.code, COUNT(*) FROM sequences AS s JOIN enrolments AS e ON e.sequence_id = s.id \
         WHERE s.cabinet_id = ",
    )
    .text(cabinet.to_string())
    .sql(if running { " AND e.ended_at IS NULL" } else { " AND e.ended_at IS NOT NULL" })
    .sql(" GROUP BY e.sequence_id, e.code");
    match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }
}

/// A number that is another one once the time of an open step has moved.
pub fn beat(conn: &mut Conn, cabinet: CabinetId) -> Result<i64> {
    let query: Kept<BigInt> =
        Kept::new("SELECT CAST(COALESCE(SUM(e.at % 1000003), 0) AS BIGINT) FROM enrolments AS e WHERE e.cabinet_id = ")
            .text(cabinet.to_string())
            .sql(" AND e.ended_at IS NULL");
    match conn {
        Conn::Sqlite(c) => query.get_result(c),
        Conn::Postgres(c) => query.get_result(c),
    }
}

/// Which open steps a list takes.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub dossiers: Filter,
    pub dossier: Option<DossierId>,
    pub sequences: Vec<SequenceId>,
    pub codes: Vec<OutcomeCode>,
    /// Open steps that are one of these.
    pub steps: Option<Vec<String>>,
}

impl Wanted {
    /// Whether it asks for nothing about dossiers or steps.
    fn takes_all(&self) -> bool {
        self.dossiers.takes_all() && self.dossier.is_none() && self.steps.is_none()
    }
}

macro_rules! wanted {
    ($scope:expr, $wanted:expr) => {{
        let (scope, wanted): (&Scope, &Wanted) = ($scope, $wanted);
        let mut query = beside(scope, &wanted.dossiers)
            .inner_join(enrolments::table.on(enrolments::dossier_id.eq(dossiers::id)))
            .filter(enrolments::cabinet_id.eq(scope.cabinet().to_string()))
            .filter(enrolments::ended_at.is_null());
        if let Some(id) = wanted.dossier {
            query = query.filter(enrolments::dossier_id.eq(id.to_string()));
        }
        if !wanted.sequences.is_empty() {
            let ids: Vec<String> = wanted.sequences.iter().map(ToString::to_string).collect();
            query = query.filter(enrolments::sequence_id.eq_any(ids));
        }
        if !wanted.codes.is_empty() {
            query = query.filter(enrolments::code.eq_any(wanted.codes.iter().map(|c| c.as_str()).collect::<Vec<_>>()));
        }
        if let Some(steps) = &wanted.steps {
            query = query.filter(enrolments::step_id.eq_any(steps.clone()));
        }
        query
    }};
}

/// How many open steps in sight come to each outcome.
pub fn outcomes(conn: &mut Conn, scope: &Scope, wanted: &Wanted) -> Result<Vec<(OutcomeCode, i64)>> {
    if scope.sees_everything() && wanted.takes_all() {
        let all = counts(conn, scope, &wanted.dossiers, true)?.into_iter();
        let of = all.filter(|(id, _)| wanted.sequences.is_empty() || wanted.sequences.contains(id));
        let taken = |(code, _): &(OutcomeCode, i64)| wanted.codes.is_empty() || wanted.codes.contains(code);
        return Ok(of.flat_map(|(_, counts)| counts).filter(taken).collect());
    }
    let codes: Vec<String> = wanted!(scope, wanted).select(enrolments::code).load(conn)?;
    let mut counts: HashMap<String, i64> = HashMap::new();
    for code in codes {
        *counts.entry(code).or_default() += 1;
    }
    counts.into_iter().map(|(code, n)| Ok((parsed(&code)?, n))).collect()
}

/// A page of the open steps in sight: the soonest first, those without a time last.
pub fn page(
    conn: &mut Conn,
    scope: &Scope,
    wanted: &Wanted,
    after: Option<(i64, String)>,
    limit: i64,
) -> Result<Vec<Enrolled>> {
    let mut found = Vec::new();
    // In two parts, each in the order of an index.
    if after.as_ref().is_none_or(|(at, _)| *at != i64::MAX) {
        let mut query = wanted!(scope, wanted)
            .filter(enrolments::at.is_not_null())
            .order((enrolments::at.asc(), enrolments::id.asc()))
            .limit(limit)
            .select(Row::as_select());
        if let Some((at, id)) = after.clone() {
            query = query.filter(enrolments::at.gt(at).or(enrolments::at.eq(at).and(enrolments::id.gt(id))));
        }
        found = all(query.load(conn)?)?;
    }
    let rest = limit - found.len() as i64;
    if rest > 0 {
        let mut query = wanted!(scope, wanted)
            .filter(enrolments::at.is_null())
            .order(enrolments::id.asc())
            .limit(rest)
            .select(Row::as_select());
        if let Some((_, id)) = after.filter(|(at, _)| *at == i64::MAX) {
            query = query.filter(enrolments::id.gt(id));
        }
        found.extend(all(query.load(conn)?)?);
    }
    Ok(found)
}

impl Enrolled {
    /// Place of an open step in its list.
    pub fn place(&self) -> (i64, String) {
        (self.next.at.map_or(i64::MAX, to_db), self.id.to_string())
    }
}

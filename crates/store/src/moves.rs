//! How the readiness of dossiers moved, one row for each dossier and day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use domain::{CabinetId, DossierId, Mark, ReadinessState};
use serde_json::json;

use crate::dossiers::{Filter, filtered};
use crate::kept::Kept;
use crate::people::parsed;
use crate::schema::{dossiers, readiness_moves as moves};
use crate::standings::{SCORE, STATE};
use crate::{Conn, Result, Scope, dialect, standings};

/// Score, state and missing criteria: what a move is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub score: u32,
    pub state: ReadinessState,
    pub missing: i64,
}

impl From<&Mark> for Standing {
    fn from(mark: &Mark) -> Self {
        Self { score: mark.score, state: mark.state, missing: mark.missing }
    }
}

/// A dossier before and after a write.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    pub dossier: DossierId,
    pub before: Standing,
    pub after: Standing,
}

/// Notes what changed on a day under the rules of a version: the first "before" of the day stands, the last "after" does.
/// All in one statement, however many. Needs the cabinet's lock.
pub fn record(conn: &mut Conn, cabinet: CabinetId, day: NaiveDate, rules: u32, changes: &[Change]) -> Result<()> {
    // A statement may touch a row once.
    let mut by_dossier: BTreeMap<DossierId, (Standing, Standing)> = BTreeMap::new();
    for change in changes {
        by_dossier.entry(change.dossier).or_insert((change.before, change.after)).1 = change.after;
    }
    by_dossier.retain(|_, (before, after)| before != after);
    if by_dossier.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = by_dossier
        .iter()
        .map(|(id, (a, b))| json!([id, a.score, a.state.rank(), a.missing, b.score, b.state.rank(), b.missing]))
        .collect();
    let each = dialect::each_of(conn, "$4");
    let number = |place: u8| format!("CAST(row.value ->> {place} AS BIGINT)");
    let numbers: Vec<String> = (1..=6).map(number).collect();
    // "WHERE true" tells SQLite that the ON that follows is none of a join.
    let query = format!(
        "INSERT INTO readiness_moves (dossier_id, cabinet_id, day, before_score, before_state, before_missing, \
         after_score, after_state, after_missing, rules) \
         SELECT row.value ->> 0, $1, $2, {}, $3 FROM {each} WHERE true {AGAIN}",
        numbers.join(", ")
    );
    let query = diesel::sql_query(query)
        .bind::<Text, _>(cabinet.to_string())
        .bind::<Text, _>(day.to_string())
        .bind::<BigInt, _>(i64::from(rules))
        .bind::<Text, _>(serde_json::Value::Array(rows).to_string());
    match conn {
        Conn::Sqlite(c) => query.execute(c),
        Conn::Postgres(c) => query.execute(c),
    }?;
    Ok(())
}

/// A second change of a day.
const AGAIN: &str = "ON CONFLICT (dossier_id, day) DO UPDATE SET after_score = excluded.after_score, \
                     after_state = excluded.after_state, after_missing = excluded.after_missing";

/// Notes that time alone moved verdicts, and every dossier that bears one of them with it. Needs the cabinet's lock.
pub fn record_verdicts(
    conn: &mut Conn,
    cabinet: CabinetId,
    day: NaiveDate,
    rules: u32,
    changed: &[standings::Restood],
) -> Result<()> {
    let rows: Vec<_> = changed
        .iter()
        .filter(|r| r.before.state != r.after.state || r.before.score != r.after.score)
        .map(|r| {
            let (before, after) = (&r.before, &r.after);
            json!([before.verdict, before.score, before.state.rank(), after.score, after.state.rank()])
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let each = dialect::each_of(conn, "$3");
    let [a, b, c, d] = [1, 2, 3, 4].map(|place| format!("CAST(row.value ->> {place} AS BIGINT)"));
    let query = format!(
        "INSERT INTO readiness_moves (dossier_id, cabinet_id, day, before_score, before_state, before_missing, \
         after_score, after_state, after_missing, rules) \
         SELECT d.id, d.cabinet_id, $1, {a}, {b}, d.missing, {c}, {d}, d.missing, $2 FROM {each} CROSS JOIN dossiers AS d \
         WHERE d.verdict = row.value ->> 0 AND d.cabinet_id = $4 {AGAIN}"
    );
    let query = diesel::sql_query(query)
        .bind::<Text, _>(day.to_string())
        .bind::<BigInt, _>(i64::from(rules))
        .bind::<Text, _>(serde_json::Value::Array(rows).to_string())
        .bind::<Text, _>(cabinet.to_string());
    match conn {
        Conn::Sqlite(c) => query.execute(c),
        Conn::Postgres(c) => query.execute(c),
    }?;
    Ok(())
}

/// Forgets what is older than a day.
pub fn forget_before(conn: &mut Conn, cabinet: CabinetId, day: NaiveDate) -> Result<()> {
    diesel::delete(
        moves::table.filter(moves::cabinet_id.eq(cabinet.to_string())).filter(moves::day.lt(day.to_string())),
    )
    .execute(conn)?;
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
    Level,
}

/// A dossier then and now.
#[derive(Debug, Clone, Copy)]
pub struct Moved {
    pub dossier: DossierId,
    pub before: Standing,
    pub now: Standing,
    /// Version of the rules under which it stood before.
    pub rules: i64,
}

impl Moved {
    pub fn direction(&self) -> Direction {
        match (self.now.score, self.now.state).cmp(&(self.before.score, self.before.state)) {
            std::cmp::Ordering::Greater => Direction::Up,
            std::cmp::Ordering::Less => Direction::Down,
            std::cmp::Ordering::Equal => Direction::Level,
        }
    }

    /// By how much the score differs.
    pub fn distance(&self) -> i64 {
        i64::from(self.now.score.abs_diff(self.before.score))
    }
}

/// Score and state of the dossier now.
fn now(before: &str, then: &str) -> String {
    format!("({SCORE}{before}readiness_moves.before_score{then})")
}

fn distance() -> String {
    format!("ABS({SCORE} - readiness_moves.before_score)")
}

fn moved_so(direction: Direction) -> String {
    let same = format!("{SCORE} = readiness_moves.before_score AND {STATE}");
    match direction {
        Direction::Up => now(" > ", &format!(" OR ({same} > readiness_moves.before_state)")),
        Direction::Down => now(" < ", &format!(" OR ({same} < readiness_moves.before_state)")),
        Direction::Level => format!("({same} = readiness_moves.before_state)"),
    }
}

/// Dossiers in sight that are not what they were when the day `since` began, the greatest distance first. What they
/// were is the "before" of their first row since.
pub fn list(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    since: NaiveDate,
    direction: Option<Direction>,
    after: Option<(i64, String)>,
    limit: Option<i64>,
) -> Result<Vec<Moved>> {
    let since = since.to_string();
    let earlier = diesel::alias!(crate::schema::readiness_moves as earlier);
    let mut query = filtered(scope, filter, None)
        .inner_join(moves::table.on(moves::dossier_id.eq(dossiers::id)))
        .filter(moves::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(moves::day.ge(since.clone()))
        .filter(not(exists(
            earlier
                .filter(earlier.field(moves::dossier_id).eq(moves::dossier_id))
                .filter(earlier.field(moves::day).ge(since))
                .filter(earlier.field(moves::day).lt(moves::day)),
        )))
        .filter(
            moves::before_score
                .ne(standings::score())
                .or(moves::before_state.ne(standings::state()))
                .or(moves::before_missing.ne(dossiers::missing)),
        )
        .order((Kept::<BigInt>::new(distance()).desc(), dossiers::id.asc()));
    if let Some(direction) = direction {
        query = query.filter(Kept::<Bool>::new(moved_so(direction)));
    }
    if let Some((least, id)) = after {
        let nearer = Kept::<Bool>::new(distance()).sql(" < ").number(least);
        let same = Kept::<Bool>::new(distance()).sql(" = ").number(least);
        query = query.filter(nearer.or(same.and(dossiers::id.gt(id))));
    }
    if let Some(limit) = limit {
        query = query.limit(limit);
    }
    type Row = (String, i64, i64, i64, i64, i64, i64, i64);
    let rows: Vec<Row> = query
        .select((
            dossiers::id,
            moves::before_score,
            moves::before_state,
            moves::before_missing,
            standings::score(),
            standings::state(),
            dossiers::missing,
            moves::rules,
        ))
        .load(conn)?;
    let standing = |score: i64, state, missing| Standing {
        score: u32::try_from(score).unwrap_or_default(),
        state: ReadinessState::of_rank(state),
        missing,
    };
    rows.into_iter()
        .map(|(id, a, b, c, d, e, f, rules)| {
            Ok(Moved { dossier: parsed(&id)?, before: standing(a, b, c), now: standing(d, e, f), rules })
        })
        .collect()
}

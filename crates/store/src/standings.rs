//! What the firm's rules make of each verdict. A dossier bears its verdict; state, score and next act are those of the
//! verdict, one row for all dossiers that share it.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Text};
use domain::{CabinetId, PortfolioId, ReadinessState, Standing, Verdict};
use serde_json::json;

use crate::dossiers::{Backend, Condition};
use crate::kept::Kept;
use crate::schema::{cabinets, standings};
use crate::{Conn, Result, dialect};

macro_rules! of_verdict {
    ($column:literal, $dossier:literal) => {
        concat!(
            "(SELECT s.",
            $column,
            " FROM standings AS s WHERE s.cabinet_id = ",
            $dossier,
            ".cabinet_id AND s.verdict = ",
            $dossier,
            ".verdict)"
        )
    };
}

// A look-up for each row and not a join: SQLite, which keeps no statistics here, would reorder a join and sort every match.
pub(crate) const STATE: &str = of_verdict!("state", "dossiers");
pub(crate) const SCORE: &str = of_verdict!("score", "dossiers");
pub(crate) const NEXT_ACT: &str = of_verdict!("next_act", "dossiers");
/// The same of a row `d`, as `dialect::look_up` calls it.
pub(crate) const STATE_OF_D: &str = of_verdict!("state", "d");
pub(crate) const SCORE_OF_D: &str = of_verdict!("score", "d");

pub(crate) fn state() -> Kept<BigInt> {
    Kept::new(STATE)
}

pub(crate) fn score() -> Kept<BigInt> {
    Kept::new(SCORE)
}

pub(crate) fn next_act() -> Kept<Text> {
    Kept::new(NEXT_ACT)
}

/// The dossier is not in a state. Where few dossiers of a person are read from an index, the verdicts of the state are
/// fewer still, and are found once.
pub(crate) fn is_not(cabinet: CabinetId, state: ReadinessState) -> Kept {
    Kept::new("dossiers.verdict NOT IN (SELECT s.verdict FROM standings AS s WHERE s.cabinet_id = ")
        .text(cabinet.to_string())
        .sql(" AND s.state = ")
        .number(state.rank())
        .sql(")")
}

/// Dossiers read from the standings on: verdict by verdict, in the order of state or score, the dossiers of each by an
/// index. The order of a cross join is not SQLite's to choose, and it sorts no more than what stands equal.
pub(crate) struct FromStandings<ST> {
    pub select: &'static str,
    pub cabinet: String,
    /// Ranks of the states that are wanted; all when empty.
    pub states: Vec<i64>,
    /// Conditions on the dossiers.
    pub conditions: Vec<Condition>,
    /// Conditions on both, order and limit.
    pub end: Kept<ST>,
}

impl<ST> QueryFragment<Backend> for FromStandings<ST>
where
    Kept<ST>: QueryFragment<Backend>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        out.push_sql(self.select);
        out.push_sql(
            " FROM standings AS s CROSS JOIN dossiers WHERE dossiers.cabinet_id = s.cabinet_id \
             AND dossiers.verdict = s.verdict AND s.cabinet_id = ",
        );
        out.push_bind_param::<Text, _>(&self.cabinet)?;
        for (i, state) in self.states.iter().enumerate() {
            out.push_sql(if i == 0 { " AND s.state IN (" } else { ", " });
            out.push_bind_param::<BigInt, _>(state)?;
        }
        if !self.states.is_empty() {
            out.push_sql(")");
        }
        for condition in &self.conditions {
            out.push_sql(" AND ");
            condition.walk_ast(out.reborrow())?;
        }
        self.end.walk_ast(out)
    }
}

impl<ST> QueryId for FromStandings<ST> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> Query for FromStandings<ST> {
    type SqlType = ST;
}

impl<ST> RunQueryDsl<Conn> for FromStandings<ST> {}

fn words(standing: &Standing) -> (i64, i64, String) {
    let next_act = standing.next_act.map(|c| c.to_string()).unwrap_or_default();
    (standing.state.rank(), i64::from(standing.score), next_act)
}

/// Sees to it that verdicts have their standing; what stands already stays. Needs the cabinet's lock.
pub(crate) fn ensure<'a>(
    conn: &mut Conn,
    cabinet: CabinetId,
    found: impl IntoIterator<Item = (&'a str, Standing)>,
) -> Result<()> {
    let found: BTreeMap<&str, Standing> = found.into_iter().collect();
    if found.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = found
        .iter()
        .map(|(verdict, standing)| {
            let (state, score, next_act) = words(standing);
            json!([verdict, state, score, next_act])
        })
        .collect();
    write(conn, cabinet, rows, "DO NOTHING")
}

fn write(conn: &mut Conn, cabinet: CabinetId, rows: Vec<serde_json::Value>, known: &str) -> Result<()> {
    let each = dialect::each_of(conn, "$2");
    // "WHERE true" tells SQLite that the ON that follows is none of a join.
    let query = format!(
        "INSERT INTO standings (cabinet_id, verdict, state, score, next_act) \
         SELECT $1, row.value ->> 0, CAST(row.value ->> 1 AS BIGINT), CAST(row.value ->> 2 AS BIGINT), row.value ->> 3 \
         FROM {each} WHERE true ON CONFLICT (cabinet_id, verdict) {known}"
    );
    let query = diesel::sql_query(query)
        .bind::<Text, _>(cabinet.to_string())
        .bind::<Text, _>(serde_json::Value::Array(rows).to_string());
    match conn {
        Conn::Sqlite(c) => query.execute(c),
        Conn::Postgres(c) => query.execute(c),
    }?;
    Ok(())
}

/// A verdict and where it stands.
#[derive(Debug, Clone)]
pub struct Stood {
    /// As it is kept.
    pub verdict: String,
    /// The same read; nothing when an older program wrote it, until the dossiers are evaluated again.
    pub read: Option<Verdict>,
    pub state: ReadinessState,
    pub score: u32,
    pub next_act: String,
}

impl Stood {
    pub fn is(&self, standing: &Standing) -> bool {
        self.state == standing.state
            && self.score == standing.score
            && self.next_act == standing.next_act.map(domain::Criterion::as_str).unwrap_or_default()
    }
}

/// Every verdict of a cabinet.
pub fn all(conn: &mut Conn, cabinet: CabinetId) -> Result<Vec<Stood>> {
    let rows: Vec<(String, i64, i64, String)> = standings::table
        .filter(standings::cabinet_id.eq(cabinet.to_string()))
        .select((standings::verdict, standings::state, standings::score, standings::next_act))
        .load(conn)?;
    let stood = |(verdict, state, score, next_act): (String, i64, i64, String)| Stood {
        read: Verdict::read(&verdict),
        verdict,
        state: ReadinessState::of_rank(state),
        score: u32::try_from(score).unwrap_or_default(),
        next_act,
    };
    Ok(rows.into_iter().map(stood).collect())
}

/// A verdict that stands elsewhere than before.
#[derive(Debug, Clone)]
pub struct Restood {
    pub before: Stood,
    pub after: Standing,
}

/// Writes where verdicts stand now. Needs the cabinet's lock; the sums are then brought up to it by
/// [`crate::sums::restand`].
pub fn update(conn: &mut Conn, cabinet: CabinetId, changed: &[Restood]) -> Result<()> {
    match conn {
        // A statement that stays prepared costs less for each row than taking a document apart.
        Conn::Sqlite(c) => changed.iter().try_for_each(|r| {
            let (state, score, next_act) = words(&r.after);
            diesel::update(standings::table.find((cabinet.to_string(), &r.before.verdict)))
                .set((standings::state.eq(state), standings::score.eq(score), standings::next_act.eq(next_act)))
                .execute(c)
                .map(drop)
        }),
        Conn::Postgres(_) => {
            let rows = changed
                .iter()
                .map(|r| {
                    let (state, score, next_act) = words(&r.after);
                    json!([r.before.verdict, state, score, next_act])
                })
                .collect();
            let known = "DO UPDATE SET state = excluded.state, score = excluded.score, next_act = excluded.next_act";
            write(conn, cabinet, rows, known)
        }
    }
}

/// Forgets verdicts that no dossier bears any more. Needs the cabinet's lock.
pub fn forget_unborne(conn: &mut Conn, cabinet: CabinetId) -> Result<()> {
    let query = diesel::sql_query(
        "DELETE FROM standings WHERE cabinet_id = $1 AND NOT EXISTS (SELECT 1 FROM dossiers \
         WHERE dossiers.cabinet_id = standings.cabinet_id AND dossiers.verdict = standings.verdict)",
    )
    .bind::<Text, _>(cabinet.to_string());
    match conn {
        Conn::Sqlite(c) => query.execute(c),
        Conn::Postgres(c) => query.execute(c),
    }?;
    Ok(())
}

/// The day and the rules that a cabinet's standings follow; no day before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    pub day: Option<NaiveDate>,
    pub rules: i64,
}

pub fn followed(conn: &mut Conn, cabinet: CabinetId) -> Result<Followed> {
    let (day, rules): (String, i64) =
        cabinets::table.find(cabinet.to_string()).select((cabinets::stood_on, cabinets::stood_by)).first(conn)?;
    Ok(Followed { day: day.parse().ok(), rules })
}

/// Needs the cabinet's lock.
pub fn set_followed(conn: &mut Conn, cabinet: CabinetId, day: NaiveDate, rules: i64) -> Result<()> {
    diesel::update(cabinets::table.find(cabinet.to_string()))
        .set((cabinets::stood_on.eq(day.to_string()), cabinets::stood_by.eq(rules)))
        .execute(conn)?;
    Ok(())
}

/// What the standings of a portfolio's dossiers add up to: of the sums, all that rules and time decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    pub score: i64,
    pub exposed_score: i64,
    /// By rank of state.
    pub states: [i64; 5],
}

/// By portfolio and confidentiality, added up by the database.
pub fn totals(conn: &mut Conn, cabinet: CabinetId) -> Result<HashMap<crate::sums::Key, Total>> {
    let query: Kept<(Text, Bool, BigInt, BigInt, BigInt, BigInt)> = Kept::new(
        "SELECT d.portfolio_id, d.confidential, s.state, COUNT(*), CAST(SUM(s.score) AS BIGINT), \
         CAST(SUM(s.score * d.exposure_cents) AS BIGINT) FROM standings AS s CROSS JOIN dossiers AS d \
         WHERE d.cabinet_id = s.cabinet_id AND d.verdict = s.verdict AND s.cabinet_id = ",
    )
    .text(cabinet.to_string())
    .sql(" GROUP BY d.portfolio_id, d.confidential, s.state");
    let rows: Vec<(String, bool, i64, i64, i64, i64)> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    let mut totals: HashMap<crate::sums::Key, Total> = HashMap::new();
    for (portfolio, confidential, state, dossiers, score, exposed_score) in rows {
        let portfolio: Option<PortfolioId> = portfolio.parse().ok();
        let total =
            totals.entry((portfolio, confidential)).or_insert(Total { score: 0, exposed_score: 0, states: [0; 5] });
        total.score += score;
        total.exposed_score += exposed_score;
        if let Some(count) = usize::try_from(state).ok().and_then(|rank| total.states.get_mut(rank)) {
            *count += dossiers;
        }
    }
    Ok(totals)
}

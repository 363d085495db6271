//! How far the evaluation of a cabinet's dossiers is, and the evaluation of many at once: what follows from facts is
//! written, the facts are not touched.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use domain::{CabinetId, DossierId, Mark, PortfolioId, Standing};
use serde_json::json;

use crate::dossiers::mark;
use crate::kept::Kept;
use crate::people::parsed;
use crate::schema::{dossiers, evaluations};
use crate::standings::{SCORE_OF_D, STATE_OF_D};
use crate::{Conn, Result, dialect, standings};

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = evaluations)]
pub struct Progress {
    /// What it is done by: day, rules, register, law.
    pub basis: String,
    /// Last dossier done; empty at the beginning.
    pub after_id: String,
    pub done: bool,
}

pub fn progress(conn: &mut Conn, cabinet: CabinetId) -> Result<Option<Progress>> {
    evaluations::table.find(cabinet.to_string()).select(Progress::as_select()).first(conn).optional()
}

/// Needs the cabinet's lock.
pub fn set_progress(conn: &mut Conn, cabinet: CabinetId, progress: &Progress) -> Result<()> {
    let id = cabinet.to_string();
    let updated = diesel::update(evaluations::table.find(&id)).set(progress).execute(conn)?;
    if updated == 0 {
        diesel::insert_into(evaluations::table).values((evaluations::cabinet_id.eq(id), progress)).execute(conn)?;
    }
    Ok(())
}

/// A dossier as it was last evaluated, its documents unread.
#[derive(Debug, Clone)]
pub struct Evaluated {
    pub id: DossierId,
    pub portfolio: Option<PortfolioId>,
    pub confidential: bool,
    pub mark: Mark,
    pub facts: String,
    pub settled: String,
    pub findings: Findings,
    /// Nothing is written of what lists show: the dossier is older than that.
    pub has_card: bool,
}

/// What is kept of an evaluation, beside the mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// As it is kept.
    pub verdict: String,
    pub size_class: String,
    pub vat_regime: String,
    pub plan: String,
    /// See `dossiers::changes_on`.
    pub changes_on: String,
    /// `domain::mandate::Held`; -1 when nothing is written of it.
    pub held: i64,
}

type Row =
    (String, String, bool, i64, i64, i64, i64, i64, String, String, String, String, String, String, bool, String, i64);
type RowSql =
    (Text, Text, Bool, BigInt, BigInt, BigInt, BigInt, BigInt, Text, Text, Text, Text, Text, Text, Bool, Text, BigInt);

/// The dossiers of a cabinet that come after one, in the order of their ids.
pub fn after(conn: &mut Conn, cabinet: CabinetId, after_id: &str) -> Result<Vec<String>> {
    // Read from an index whole and put in order here: asked for in order, SQLite would go through all rows.
    let mut ids: Vec<String> = dossiers::table
        .filter(dossiers::cabinet_id.eq(cabinet.to_string()))
        .filter(dossiers::name_sort.ge(""))
        .select(dossiers::id)
        .load(conn)?;
    ids.retain(|id| id.as_str() > after_id);
    ids.sort_unstable();
    Ok(ids)
}

/// Those of a cabinet of which time alone could have changed something by a day, in the order of their ids; and those of
/// which that is not known.
pub fn due(conn: &mut Conn, cabinet: CabinetId, day: NaiveDate) -> Result<Vec<String>> {
    let mut ids: Vec<String> = dossiers::table
        .filter(dossiers::cabinet_id.eq(cabinet.to_string()))
        .filter(dossiers::changes_on.le(day.to_string()))
        .select(dossiers::id)
        .load(conn)?;
    ids.sort_unstable();
    Ok(ids)
}

/// How many dossiers a cabinet has.
pub fn count(conn: &mut Conn, cabinet: CabinetId) -> Result<u64> {
    let of = dossiers::table.filter(dossiers::cabinet_id.eq(cabinet.to_string()));
    let count: i64 = of.filter(dossiers::name_sort.ge("")).count().get_result(conn)?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// These dossiers of a cabinet, in any order; one that is gone is left out.
pub fn find(conn: &mut Conn, cabinet: CabinetId, ids: &[String]) -> Result<Vec<Evaluated>> {
    let columns = format!(
        "d.id, d.portfolio_id, d.confidential, {STATE_OF_D}, {SCORE_OF_D}, d.missing, d.waves, d.exposure_cents, \
         d.verdict, d.size_class, d.vat_regime, d.plan, d.settled, d.facts, d.card <> '', \
         d.changes_on, d.held"
    );
    let query: Kept<RowSql> = dialect::look_up(conn, columns, "dossiers", cabinet, "id", ids);
    let rows: Vec<Row> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    rows.into_iter()
        .map(
            |(
                id,
                portfolio,
                confidential,
                state,
                score,
                missing,
                waves,
                exposure,
                verdict,
                size_class,
                vat_regime,
                plan,
                settled,
                facts,
                has_card,
                changes_on,
                held,
            )| {
                Ok(Evaluated {
                    id: parsed(&id)?,
                    portfolio: portfolio.parse().ok(),
                    confidential,
                    mark: mark(state, score, missing, waves, exposure),
                    facts,
                    settled,
                    findings: Findings { verdict, size_class, vat_regime, plan, changes_on, held },
                    has_card,
                })
            },
        )
        .collect()
}

/// Writes a card that is missing. Needs the cabinet's lock.
pub fn write_card(conn: &mut Conn, cabinet: CabinetId, id: DossierId, card: &str) -> Result<()> {
    diesel::update(dossiers::table.find(id.to_string()).filter(dossiers::cabinet_id.eq(cabinet.to_string())))
        .set(dossiers::card.eq(card))
        .execute(conn)?;
    Ok(())
}

/// A dossier found differently.
#[derive(Debug, Clone)]
pub struct Found {
    pub id: DossierId,
    pub mark: Mark,
    pub standing: Standing,
    pub findings: Findings,
    /// Only the mark, the verdict, what holds a mandate back and the day of the next change differ: what else is kept need
    /// not be written.
    pub only_mark: bool,
}

/// Writes new evaluations. Needs the cabinet's lock.
pub fn write(conn: &mut Conn, cabinet: CabinetId, found: &[Found]) -> Result<()> {
    standings::ensure(conn, cabinet, found.iter().map(|f| (f.findings.verdict.as_str(), f.standing)))?;
    match conn {
        // A statement that stays prepared costs less for each row than taking a document apart.
        Conn::Sqlite(c) => found.iter().try_for_each(|f| write_one(c, cabinet, f)),
        Conn::Postgres(c) => write_all(c, cabinet, found),
    }
}

fn write_one(conn: &mut SqliteConnection, cabinet: CabinetId, found: &Found) -> Result<()> {
    let target = dossiers::table
        .filter(dossiers::id.eq(found.id.to_string()))
        .filter(dossiers::cabinet_id.eq(cabinet.to_string()));
    let (m, findings) = (&found.mark, &found.findings);
    let mark = (
        dossiers::missing.eq(m.missing),
        dossiers::waves.eq(m.waves),
        dossiers::exposure_cents.eq(m.exposure_cents),
        dossiers::verdict.eq(&findings.verdict),
        dossiers::changes_on.eq(&findings.changes_on),
        dossiers::held.eq(findings.held),
    );
    let others = (
        dossiers::size_class.eq(&findings.size_class),
        dossiers::vat_regime.eq(&findings.vat_regime),
        dossiers::plan.eq(&findings.plan),
    );
    if found.only_mark {
        diesel::update(target).set(mark).execute(conn)?;
    } else {
        diesel::update(target).set((mark, others)).execute(conn)?;
    }
    Ok(())
}

/// All in one statement: each would be a trip to the server.
fn write_all(conn: &mut PgConnection, cabinet: CabinetId, found: &[Found]) -> Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = found
        .iter()
        .map(|f| {
            let Findings { verdict, size_class, vat_regime, plan, changes_on, held } = &f.findings;
            let Mark { missing, waves, exposure_cents, .. } = f.mark;
            json!([f.id, missing, waves, exposure_cents, verdict, size_class, vat_regime, plan, changes_on, held])
        })
        .collect();
    let number = |place: u8| format!("CAST(row.value ->> {place} AS BIGINT)");
    let sql = format!(
        "UPDATE dossiers SET missing = {}, waves = {}, exposure_cents = {}, verdict = row.value ->> 4, \
         size_class = row.value ->> 5, vat_regime = row.value ->> 6, plan = row.value ->> 7, changes_on = row.value ->> 8, \
         held = {} FROM json_array_elements($1::json) AS row(value) \
         WHERE dossiers.cabinet_id = $2 AND dossiers.id = row.value ->> 0",
        number(1),
        number(2),
        number(3),
        number(9)
    );
    diesel::sql_query(sql)
        .bind::<Text, _>(serde_json::Value::Array(rows).to_string())
        .bind::<Text, _>(cabinet.to_string())
        .execute(conn)?;
    Ok(())
}

//! How far the evaluation of a cabinet's dossiers is, and the evaluation of many at once: what follows from facts is
//! written, the facts are not touched.

use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::{CabinetId, DossierId, Mark, PortfolioId};
use serde_json::json;

use crate::dossiers::mark;
use crate::people::parsed;
use crate::schema::{dossiers, evaluations};
use crate::{Conn, Result};

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
    pub kept: Kept,
    /// Nothing is written of what lists show: the dossier is older than that.
    pub has_card: bool,
}

/// What is kept of an evaluation beside the mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub next_act: String,
    pub size_class: String,
    pub vat_regime: String,
    pub plan: String,
}

type Row = (String, String, bool, i64, i64, i64, i64, i64, String, String, String, String, String, String, bool);

/// The next dossiers of a cabinet in the order of their ids.
pub fn next(conn: &mut Conn, cabinet: CabinetId, after_id: &str, limit: i64) -> Result<Vec<Evaluated>> {
    let rows: Vec<Row> = dossiers::table
        .filter(dossiers::cabinet_id.eq(cabinet.to_string()))
        .filter(dossiers::id.gt(after_id))
        .order(dossiers::id)
        .limit(limit)
        .select((
            dossiers::id,
            dossiers::portfolio_id,
            dossiers::confidential,
            dossiers::state,
            dossiers::score,
            dossiers::missing,
            dossiers::waves,
            dossiers::exposure_cents,
            dossiers::next_act,
            dossiers::size_class,
            dossiers::vat_regime,
            dossiers::plan,
            dossiers::settled,
            dossiers::facts,
            dossiers::card.ne(""),
        ))
        .load(conn)?;
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
                next_act,
                size_class,
                vat_regime,
                plan,
                settled,
                facts,
                has_card,
            )| {
                Ok(Evaluated {
                    id: parsed(&id)?,
                    portfolio: portfolio.parse().ok(),
                    confidential,
                    mark: mark(state, score, missing, waves, exposure),
                    facts,
                    settled,
                    kept: Kept { next_act, size_class, vat_regime, plan },
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

/// Writes new evaluations, all in one statement. Needs the cabinet's lock.
pub fn write(conn: &mut Conn, cabinet: CabinetId, evaluated: &[(DossierId, Mark, Kept)]) -> Result<()> {
    if evaluated.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = evaluated
        .iter()
        .map(|(id, m, kept)| {
            let Kept { next_act, size_class, vat_regime, plan } = kept;
            json!([
                id,
                m.state.rank(),
                m.score,
                m.missing,
                m.waves,
                m.exposure_cents,
                next_act,
                size_class,
                vat_regime,
                plan
            ])
        })
        .collect();
    let each = match conn {
        Conn::Sqlite(_) => "json_each($1) AS row",
        Conn::Postgres(_) => "json_array_elements($1::json) AS row(value)",
    };
    let number = |place: u8| format!("CAST(row.value ->> {place} AS BIGINT)");
    let sql = format!(
        "UPDATE dossiers SET state = {}, score = {}, missing = {}, waves = {}, exposure_cents = {}, \
         next_act = row.value ->> 6, size_class = row.value ->> 7, vat_regime = row.value ->> 8, \
         plan = row.value ->> 9 FROM {each} WHERE dossiers.cabinet_id = $2 AND dossiers.id = row.value ->> 0",
        number(1),
        number(2),
        number(3),
        number(4),
        number(5)
    );
    // Numbered in the order in which they stand: SQLite counts parameters so.
    let query = diesel::sql_query(sql)
        .bind::<Text, _>(serde_json::Value::Array(rows).to_string())
        .bind::<Text, _>(cabinet.to_string());
    match conn {
        Conn::Sqlite(c) => query.execute(c),
        Conn::Postgres(c) => query.execute(c),
    }?;
    Ok(())
}

/// How many dossiers a cabinet has.
pub fn count(conn: &mut Conn, cabinet: CabinetId) -> Result<i64> {
    dossiers::table.filter(dossiers::cabinet_id.eq(cabinet.to_string())).count().get_result(conn)
}

//! The stored sums as each day began: what the trend reads.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::{CabinetId, PortfolioId, Sums};

use crate::people::parsed;
use crate::schema::daily_sums;
use crate::{Conn, Result, Scope};

/// Whether the sums of a day are kept.
pub fn is_kept(conn: &mut Conn, cabinet: CabinetId, day: NaiveDate) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        daily_sums::table
            .filter(daily_sums::cabinet_id.eq(cabinet.to_string()))
            .filter(daily_sums::day.eq(day.to_string())),
    ))
    .get_result(conn)
}

/// Keeps the sums of a day, once: rows of two moments would count a dossier that moved between portfolios twice. Needs
/// the cabinet's lock. Returns whether they were kept now.
pub fn keep(conn: &mut Conn, cabinet: CabinetId, day: NaiveDate) -> Result<bool> {
    if is_kept(conn, cabinet, day)? {
        return Ok(false);
    }
    // Numbered in the order in which they stand: SQLite counts parameters so.
    let sql = "INSERT INTO daily_sums (cabinet_id, day, portfolio_id, confidential, data) \
               SELECT cabinet_id, $1, portfolio_id, confidential, data FROM sums WHERE cabinet_id = $2";
    let query = diesel::sql_query(sql).bind::<Text, _>(day.to_string()).bind::<Text, _>(cabinet.to_string());
    let rows = match conn {
        Conn::Sqlite(c) => query.execute(c),
        Conn::Postgres(c) => query.execute(c),
    }?;
    Ok(rows > 0)
}

/// Sums in sight by day, of all portfolios or of one (`Some(None)`: of the dossiers outside any). Confidential rows come
/// only for those who see them all: of another day nobody knows any more who was in charge.
pub fn in_scope(
    conn: &mut Conn,
    scope: &Scope,
    portfolio: Option<Option<PortfolioId>>,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<BTreeMap<NaiveDate, Sums>> {
    let mut query = daily_sums::table
        .filter(daily_sums::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(daily_sums::day.ge(from.to_string()))
        .filter(daily_sums::day.le(to.to_string()))
        .into_boxed();
    if !scope.sees_all() {
        let ids: Vec<String> = scope.portfolios().iter().map(ToString::to_string).collect();
        query = query.filter(daily_sums::portfolio_id.eq_any(ids));
    }
    if !scope.sees_confidential() {
        query = query.filter(daily_sums::confidential.eq(false));
    }
    if let Some(portfolio) = portfolio {
        query = query.filter(daily_sums::portfolio_id.eq(portfolio.map(|p| p.to_string()).unwrap_or_default()));
    }
    let rows: Vec<(String, String)> = query.select((daily_sums::day, daily_sums::data)).load(conn)?;
    let mut days: BTreeMap<NaiveDate, Sums> = BTreeMap::new();
    for (day, data) in rows {
        days.entry(parsed(&day)?).or_default().add(&crate::sums::read(&data));
    }
    Ok(days)
}

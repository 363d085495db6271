//! Portfolios: named sets of dossiers and the people to whom they are given.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{CabinetId, PortfolioId, UserId};

use crate::people::{in_sight, insert_grant, parsed};
use crate::schema::{dossiers, portfolio_people, portfolios, sums, users};
use crate::time::to_db;
use crate::{Conn, Result, Scope};

#[derive(Debug, Clone)]
pub struct Portfolio {
    pub id: PortfolioId,
    pub cabinet: CabinetId,
    pub name: String,
    pub version: i64,
}

type Cols = (String, String, String, i64);
const COLUMNS: (portfolios::id, portfolios::cabinet_id, portfolios::name, portfolios::version) =
    (portfolios::id, portfolios::cabinet_id, portfolios::name, portfolios::version);

fn portfolio_of((id, cabinet, name, version): Cols) -> Result<Portfolio> {
    Ok(Portfolio { id: parsed(&id)?, cabinet: parsed(&cabinet)?, name, version })
}

/// The portfolios in sight, by name.
pub fn list(conn: &mut Conn, scope: &Scope) -> Result<Vec<Portfolio>> {
    let mut query = portfolios::table
        .filter(portfolios::cabinet_id.eq(scope.cabinet().to_string()))
        .order((portfolios::name_key, portfolios::id))
        .select(COLUMNS)
        .into_boxed();
    if !scope.sees_all() {
        let ids: Vec<String> = scope.portfolios().iter().map(ToString::to_string).collect();
        query = query.filter(portfolios::id.eq_any(ids));
    }
    let rows: Vec<Cols> = query.load(conn)?;
    rows.into_iter().map(portfolio_of).collect()
}

/// A portfolio in sight.
pub fn find(conn: &mut Conn, scope: &Scope, id: PortfolioId) -> Result<Portfolio> {
    if !scope.sees_portfolio(Some(id)) {
        return Err(crate::Error::NotFound);
    }
    let row: Cols = portfolios::table
        .filter(portfolios::id.eq(id.to_string()))
        .filter(portfolios::cabinet_id.eq(scope.cabinet().to_string()))
        .select(COLUMNS)
        .first(conn)?;
    portfolio_of(row)
}

/// The portfolio of the scope's cabinet that bears a name, whatever its case and accents.
pub fn by_name(conn: &mut Conn, scope: &Scope, name: &str) -> Result<Option<Portfolio>> {
    let row: Option<Cols> = portfolios::table
        .filter(portfolios::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(portfolios::name_key.eq(domain::fold(name)))
        .select(COLUMNS)
        .first(conn)
        .optional()?;
    row.map(portfolio_of).transpose()
}

/// Fails with a duplicate when the cabinet has a portfolio of that name.
pub fn insert(conn: &mut Conn, portfolio: &Portfolio, now: DateTime<Utc>) -> Result<()> {
    diesel::insert_into(portfolios::table)
        .values((
            portfolios::id.eq(portfolio.id.to_string()),
            portfolios::cabinet_id.eq(portfolio.cabinet.to_string()),
            portfolios::name.eq(&portfolio.name),
            portfolios::name_key.eq(domain::fold(&portfolio.name)),
            portfolios::version.eq(portfolio.version),
            portfolios::created_at.eq(to_db(now)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Writes the name and counts the version up.
pub fn save(conn: &mut Conn, portfolio: &mut Portfolio) -> Result<()> {
    diesel::update(
        portfolios::table
            .filter(portfolios::id.eq(portfolio.id.to_string()))
            .filter(portfolios::cabinet_id.eq(portfolio.cabinet.to_string())),
    )
    .set((
        portfolios::name.eq(&portfolio.name),
        portfolios::name_key.eq(domain::fold(&portfolio.name)),
        portfolios::version.eq(portfolio.version + 1),
    ))
    .execute(conn)?;
    portfolio.version += 1;
    Ok(())
}

/// Whether a portfolio holds no dossier at all, those out of the caller's sight included.
pub fn is_empty(conn: &mut Conn, portfolio: &Portfolio) -> Result<bool> {
    let holds: bool = diesel::select(diesel::dsl::exists(
        dossiers::table
            .filter(dossiers::cabinet_id.eq(portfolio.cabinet.to_string()))
            .filter(dossiers::portfolio_id.eq(portfolio.id.to_string())),
    ))
    .get_result(conn)?;
    Ok(!holds)
}

/// Deletes an empty portfolio with its stored sums; the database forgets to whom it was given.
pub fn delete(conn: &mut Conn, portfolio: &Portfolio) -> Result<()> {
    let (cabinet, id) = (portfolio.cabinet.to_string(), portfolio.id.to_string());
    diesel::delete(sums::table.filter(sums::cabinet_id.eq(&cabinet)).filter(sums::portfolio_id.eq(&id)))
        .execute(conn)?;
    diesel::delete(portfolios::table.filter(portfolios::cabinet_id.eq(&cabinet)).filter(portfolios::id.eq(&id)))
        .execute(conn)?;
    Ok(())
}

/// The people to whom a portfolio is given.
pub fn people(conn: &mut Conn, portfolio: &Portfolio) -> Result<Vec<UserId>> {
    let ids: Vec<String> = portfolio_people::table
        .filter(portfolio_people::portfolio_id.eq(portfolio.id.to_string()))
        .order(portfolio_people::user_id)
        .select(portfolio_people::user_id)
        .load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

/// Of these people, those that the scope's cabinet has.
pub fn existing_people(conn: &mut Conn, scope: &Scope, wanted: &[UserId]) -> Result<Vec<UserId>> {
    let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    let ids: Vec<String> = users::table
        .filter(users::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(users::id.eq_any(wanted))
        .order(users::id)
        .select(users::id)
        .load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

/// Gives a portfolio to these people and nobody else; those that the scope's cabinet lacks are left out.
pub fn set_people(conn: &mut Conn, scope: &Scope, portfolio: &Portfolio, wanted: &[UserId]) -> Result<()> {
    let wanted = existing_people(conn, scope, wanted)?;
    diesel::delete(portfolio_people::table.filter(portfolio_people::portfolio_id.eq(portfolio.id.to_string())))
        .execute(conn)?;
    for user in wanted {
        insert_grant(conn, portfolio.cabinet, user, portfolio.id)?;
    }
    Ok(())
}

/// Dossiers in sight by portfolio.
pub fn counts(conn: &mut Conn, scope: &Scope) -> Result<HashMap<PortfolioId, u64>> {
    let query = dossiers::table
        .group_by(dossiers::portfolio_id)
        .select((dossiers::portfolio_id, diesel::dsl::count_star()))
        .into_boxed();
    let rows: Vec<(String, i64)> = in_sight!(query, scope).load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, n)| Some((id.parse().ok()?, u64::try_from(n).unwrap_or_default()))).collect())
}

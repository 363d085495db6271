//! What other rows refer to: portfolios and people of a cabinet, by name.

use std::collections::BTreeMap;

use diesel::prelude::*;
use domain::{Access, CabinetId, PortfolioId, Role, UserId};

use crate::schema::{cabinets, portfolio_people, portfolios, users};
use crate::{Conn, Result, Scope};

pub fn portfolio_exists(conn: &mut Conn, scope: &Scope, id: PortfolioId) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        portfolios::table
            .filter(portfolios::cabinet_id.eq(scope.cabinet().to_string()))
            .filter(portfolios::id.eq(id.to_string())),
    ))
    .get_result(conn)
}

/// Names of the portfolios in sight.
pub fn portfolio_names(conn: &mut Conn, scope: &Scope) -> Result<BTreeMap<PortfolioId, String>> {
    let mut query = portfolios::table.filter(portfolios::cabinet_id.eq(scope.cabinet().to_string())).into_boxed();
    if !scope.sees_all() {
        let ids: Vec<String> = scope.portfolios().iter().map(ToString::to_string).collect();
        query = query.filter(portfolios::id.eq_any(ids));
    }
    let rows: Vec<(String, String)> = query.select((portfolios::id, portfolios::name)).load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, name)| Some((id.parse().ok()?, name))).collect())
}

/// The portfolios in sight: their names, and the people to whom they are given.
pub fn portfolios_with_people(conn: &mut Conn, scope: &Scope) -> Result<BTreeMap<PortfolioId, (String, Vec<UserId>)>> {
    let mut query = portfolios::table
        .left_join(portfolio_people::table.on(portfolio_people::portfolio_id.eq(portfolios::id)))
        .filter(portfolios::cabinet_id.eq(scope.cabinet().to_string()))
        .into_boxed();
    if !scope.sees_all() {
        let ids: Vec<String> = scope.portfolios().iter().map(ToString::to_string).collect();
        query = query.filter(portfolios::id.eq_any(ids));
    }
    let rows: Vec<(String, String, Option<String>)> =
        query.select((portfolios::id, portfolios::name, portfolio_people::user_id.nullable())).load(conn)?;
    let mut found: BTreeMap<PortfolioId, (String, Vec<UserId>)> = BTreeMap::new();
    for (id, name, user) in rows {
        let Ok(id) = id.parse() else { continue };
        let (_, people) = found.entry(id).or_insert_with(|| (name, Vec::new()));
        people.extend(user.and_then(|u| u.parse::<UserId>().ok()));
    }
    Ok(found)
}

/// Whether a person can be put in charge of a dossier of a portfolio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InCharge {
    /// By this name.
    Person(String),
    /// Not an active person of the cabinet.
    Unknown,
    /// The portfolio is not given to the person.
    CannotSee(String),
}

pub fn in_charge_name(
    conn: &mut Conn,
    scope: &Scope,
    user: UserId,
    portfolio: Option<PortfolioId>,
) -> Result<InCharge> {
    let found: Option<(String, String, String)> = users::table
        .filter(users::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(users::id.eq(user.to_string()))
        .filter(users::active.eq(true))
        .select((users::name, users::role, users::access))
        .first(conn)
        .optional()?;
    let Some((name, role, access)) = found else { return Ok(InCharge::Unknown) };
    let (Ok(role), Ok(access)) = (Role::try_from(role.as_str()), Access::try_from(access.as_str())) else {
        return Ok(InCharge::Unknown);
    };
    if role.access(access) == Access::All {
        return Ok(InCharge::Person(name));
    }
    let Some(portfolio) = portfolio else { return Ok(InCharge::CannotSee(name)) };
    let given: bool =
        diesel::select(diesel::dsl::exists(portfolio_people::table.find((portfolio.to_string(), user.to_string()))))
            .get_result(conn)?;
    Ok(if given { InCharge::Person(name) } else { InCharge::CannotSee(name) })
}

/// Active people by the folded names under which imported lists may know them: their name and their aliases.
pub fn people_by_alias(conn: &mut Conn, cabinet: CabinetId) -> Result<BTreeMap<String, (UserId, String)>> {
    let rows: Vec<(String, String, String)> = users::table
        .filter(users::cabinet_id.eq(cabinet.to_string()))
        .filter(users::active.eq(true))
        .order(users::created_at)
        .select((users::id, users::name, users::aliases))
        .load(conn)?;
    let mut people = BTreeMap::new();
    for (id, name, aliases) in rows {
        let Ok(id) = id.parse::<UserId>() else { continue };
        let aliases: Vec<String> = serde_json::from_str(&aliases).unwrap_or_default();
        for alias in aliases.iter().chain(std::iter::once(&name)) {
            people.entry(domain::fold(alias)).or_insert_with(|| (id, name.clone()));
        }
    }
    Ok(people)
}

/// A person by e-mail, for the command line, whose user owns the database: not reachable from a request.
pub fn actor_by_email(conn: &mut Conn, email: &str) -> Result<Option<crate::Actor>> {
    type Found = (String, String, String, String, String, String, String);
    let found: Option<Found> = users::table
        .filter(users::email.eq(email.trim().to_lowercase()))
        .filter(users::active.eq(true))
        .select((users::id, users::cabinet_id, users::name, users::email, users::lang, users::role, users::access))
        .first(conn)
        .optional()?;
    let Some((id, cabinet, name, email, lang, role, access)) = found else { return Ok(None) };
    let granted: Vec<String> = portfolio_people::table
        .filter(portfolio_people::user_id.eq(&id))
        .select(portfolio_people::portfolio_id)
        .load(conn)?;
    let read = || -> Option<crate::Actor> {
        let portfolios = granted.iter().filter_map(|p| p.parse().ok()).collect();
        let (role, access) = (role.parse().ok()?, access.parse().ok()?);
        Some(crate::Actor {
            scope: Scope::new(cabinet.parse().ok()?, id.parse().ok()?, role, access, portfolios),
            session: domain::SessionId::from_uuid(uuid::Uuid::nil()),
            name,
            email,
            lang: lang.parse().ok()?,
        })
    };
    Ok(read())
}

/// Every cabinet of the installation, for the work that the installation does by itself.
pub fn cabinet_ids(conn: &mut Conn) -> Result<Vec<CabinetId>> {
    let ids: Vec<String> = cabinets::table.order(cabinets::created_at).select(cabinets::id).load(conn)?;
    Ok(ids.into_iter().filter_map(|id| id.parse().ok()).collect())
}

//! Portfolios: named sets of dossiers, given to people.

use contract::{Nothing, Portfolio as PortfolioShape, PortfolioInput, PortfolioList};
use domain::{PortfolioId, UserId};
use serde_json::json;
use store::portfolios::Portfolio;
use store::{Conn, Scope, dialect, journal, people, portfolios};

use crate::fields::Check;
use crate::people::entry;
use crate::{Answer, Call, Error, Result, ids};

/// The portfolios in sight, with the number of dossiers in sight.
pub fn list_portfolios(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<PortfolioList>> {
    let scope = call.scope()?;
    let (list, counts, grants) = call.app.store.conn()?.read(|conn| -> Result<_> {
        Ok((portfolios::list(conn, scope)?, portfolios::counts(conn, scope)?, people::grants(conn, scope)?))
    })?;
    let data = list
        .into_iter()
        .map(|p| {
            let people = grants.iter().filter(|(_, portfolio)| *portfolio == p.id).map(|(user, _)| *user).collect();
            let dossiers = counts.get(&p.id).copied().unwrap_or_default();
            shape(p, people, dossiers)
        })
        .collect();
    Ok(Answer::new(PortfolioList { data }))
}

pub fn create_portfolio(call: &Call, _: Nothing, _: Nothing, body: PortfolioInput) -> Result<Answer<PortfolioShape>> {
    let scope = call.scope()?;
    let name = checked_name(&body.name)?;
    call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let wanted = checked_people(conn, scope, &body.people)?;
        if let Some(other) = portfolios::by_name(conn, scope, &name)? {
            return Err(name_is_taken(&other.name));
        }
        let portfolio = Portfolio { id: ids::portfolio(), cabinet: scope.cabinet(), name, version: 1 };
        portfolios::insert(conn, &portfolio, call.now).map_err(|e| duplicate(e, &portfolio.name))?;
        portfolios::set_people(conn, scope, &portfolio, &wanted)?;
        let changes = json!({ "name": [null, portfolio.name], "people": [[], wanted] });
        let row = entry("portfolio.create", "portfolio", portfolio.id, &portfolio.name, changes);
        journal::append(conn, portfolio.cabinet, &crate::journal::stamp(call), &[row])?;
        Ok(Answer::new(shape(portfolio, wanted, 0)).etag(1))
    })
}

pub fn update_portfolio(
    call: &Call,
    id: PortfolioId,
    _: Nothing,
    body: PortfolioInput,
) -> Result<Answer<PortfolioShape>> {
    let scope = call.scope()?;
    let name = checked_name(&body.name)?;
    call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let mut portfolio = portfolios::find(conn, scope, id)?;
        call.check_version(portfolio.version)?;
        let wanted = checked_people(conn, scope, &body.people)?;
        let people_before = portfolios::people(conn, &portfolio)?;
        let mut changes = serde_json::Map::new();
        if name != portfolio.name {
            if let Some(other) = portfolios::by_name(conn, scope, &name)?.filter(|o| o.id != id) {
                return Err(name_is_taken(&other.name));
            }
            changes.insert("name".to_owned(), json!([portfolio.name, name]));
            portfolio.name = name;
        }
        if wanted != people_before {
            portfolios::set_people(conn, scope, &portfolio, &wanted)?;
            changes.insert("people".to_owned(), json!([people_before, wanted]));
        }
        if !changes.is_empty() {
            let name = portfolio.name.clone();
            portfolios::save(conn, &mut portfolio).map_err(|e| duplicate(e, &name))?;
            let row = entry("portfolio.update", "portfolio", id, &portfolio.name, changes.into());
            journal::append(conn, portfolio.cabinet, &crate::journal::stamp(call), &[row])?;
        }
        let dossiers = portfolios::counts(conn, scope)?.get(&id).copied().unwrap_or_default();
        let version = portfolio.version;
        Ok(Answer::new(shape(portfolio, wanted, dossiers)).etag(version))
    })
}

/// Deletes a portfolio that holds nothing: its dossiers would otherwise go out of the sight of people without a word.
pub fn delete_portfolio(call: &Call, id: PortfolioId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let portfolio = portfolios::find(conn, scope, id)?;
        if !portfolios::is_empty(conn, &portfolio)? {
            return Err(Error::conflict(
                format!(
                    "« {} » contient encore des dossiers, peut-être confidentiels : déplacez-les d’abord.",
                    portfolio.name
                ),
                format!("“{}” still holds dossiers, perhaps confidential ones: move them first.", portfolio.name),
            ));
        }
        let people = portfolios::people(conn, &portfolio)?;
        portfolios::delete(conn, &portfolio)?;
        let changes = json!({ "name": [portfolio.name, null], "people": [people, []] });
        let row = entry("portfolio.delete", "portfolio", id, &portfolio.name, changes);
        journal::append(conn, portfolio.cabinet, &crate::journal::stamp(call), &[row])?;
        Ok(Answer::none())
    })
}

fn shape(p: Portfolio, people: Vec<UserId>, dossiers: u64) -> PortfolioShape {
    PortfolioShape { id: p.id, name: p.name, people, dossiers, version: p.version }
}

fn checked_name(name: &str) -> Result<String> {
    let mut check = Check::default();
    let name = check.line("/name", name, 80);
    check.done()?;
    Ok(name)
}

/// The wanted people, each once, in order; refuses those that the cabinet does not have.
fn checked_people(conn: &mut Conn, scope: &Scope, wanted: &[UserId]) -> Result<Vec<UserId>> {
    let existing = portfolios::existing_people(conn, scope, wanted)?;
    let mut check = Check::default();
    for (n, id) in wanted.iter().enumerate().filter(|(_, id)| !existing.contains(id)) {
        check.refuse(
            format!("/people/{n}"),
            "person_unknown",
            format!("« {id} » n’est pas une personne du cabinet : prenez les identifiants de list_people."),
            format!("“{id}” is not a person of the firm: take the ids from list_people."),
        );
    }
    check.done()?;
    Ok(existing)
}

fn name_is_taken(name: &str) -> Error {
    Error::conflict(
        format!("Le portefeuille « {name} » existe déjà (casse et accents ne comptent pas) : choisissez un autre nom."),
        format!("The portfolio “{name}” exists already (case and accents do not count): choose another name."),
    )
}

fn duplicate(e: store::Error, name: &str) -> Error {
    if dialect::is_duplicate(&e) { name_is_taken(name) } else { e.into() }
}

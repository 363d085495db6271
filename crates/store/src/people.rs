//! Cabinets and their people. What is read for a signed-in person goes through the scope; the few reads that come
//! before a sign-in are keyed by something that only its owner has (an e-mail with its password, a token), and hand
//! out rows that carry their cabinet, so that a write can follow without anybody naming a cabinet.

use std::collections::HashMap;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{Access, CabinetId, Lang, PortfolioId, Role, UserId};

use crate::kept::one_of_texts;
use crate::schema::{cabinets, dossiers, portfolio_people, portfolios, users};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope};

/// Reads a code or an id that this crate has written.
pub(crate) fn parsed<T: FromStr>(value: &str) -> Result<T> {
    value
        .parse()
        .map_err(|_| crate::Error::DeserializationError(format!("unreadable value in a column: {value:?}").into()))
}

/// Keeps to the dossiers that a scope sees, as every read of dossiers does; for counts that are grouped.
macro_rules! in_sight {
    ($query:expr, $scope:expr) => {{
        let scope: &$crate::Scope = $scope;
        let mut query = $query.filter(dossiers::cabinet_id.eq(scope.cabinet().to_string()));
        if !scope.sees_all() {
            let ids: Vec<String> = scope.portfolios().iter().map(ToString::to_string).collect();
            query = query.filter(dossiers::portfolio_id.eq_any(ids));
        }
        if !scope.sees_confidential() {
            let user = scope.user().to_string();
            query = query.filter(
                dossiers::confidential
                    .eq(false)
                    .or(dossiers::assignee_id.eq(user.clone()))
                    .or(dossiers::manager_id.eq(user)),
            );
        }
        if let Some(only) = scope.only() {
            let ids: Vec<String> = only.iter().map(ToString::to_string).collect();
            query = query.filter(dossiers::id.eq_any(ids));
        }
        query
    }};
}
pub(crate) use in_sight;

#[derive(Debug, Clone)]
pub struct Cabinet {
    pub id: CabinetId,
    pub name: String,
    pub demo: bool,
    pub version: i64,
    pub created_at: DateTime<Utc>,
}

type CabinetCols = (String, String, bool, i64, i64);
const CABINET: (cabinets::id, cabinets::name, cabinets::demo, cabinets::version, cabinets::created_at) =
    (cabinets::id, cabinets::name, cabinets::demo, cabinets::version, cabinets::created_at);

fn cabinet_of((id, name, demo, version, created_at): CabinetCols) -> Result<Cabinet> {
    Ok(Cabinet { id: parsed(&id)?, name, demo, version, created_at: from_db(created_at) })
}

/// A new tenant, with an empty chain of the journal.
pub fn insert_cabinet(conn: &mut Conn, cabinet: &Cabinet) -> Result<()> {
    diesel::insert_into(cabinets::table)
        .values((
            cabinets::id.eq(cabinet.id.to_string()),
            cabinets::name.eq(&cabinet.name),
            cabinets::demo.eq(cabinet.demo),
            cabinets::version.eq(cabinet.version),
            cabinets::journal_seq.eq(0_i64),
            cabinets::journal_hash.eq(domain::journal::GENESIS),
            cabinets::created_at.eq(to_db(cabinet.created_at)),
        ))
        .execute(conn)?;
    Ok(())
}

pub fn cabinet(conn: &mut Conn, scope: &Scope) -> Result<Cabinet> {
    cabinet_of(cabinets::table.find(scope.cabinet().to_string()).select(CABINET).first(conn)?)
}

/// Name of the cabinet that a row loaded before the sign-in belongs to.
pub fn cabinet_name(conn: &mut Conn, person: &Person) -> Result<String> {
    cabinets::table.find(person.cabinet.to_string()).select(cabinets::name).first(conn)
}

/// Every cabinet of the installation. For the command line, which stands above the cabinets.
pub fn all_cabinets(conn: &mut Conn) -> Result<Vec<Cabinet>> {
    let rows: Vec<CabinetCols> =
        cabinets::table.order((cabinets::created_at, cabinets::id)).select(CABINET).load(conn)?;
    rows.into_iter().map(cabinet_of).collect()
}

pub fn rename_cabinet(conn: &mut Conn, scope: &Scope, name: &str) -> Result<Cabinet> {
    diesel::update(cabinets::table.find(scope.cabinet().to_string()))
        .set((cabinets::name.eq(name), cabinets::version.eq(cabinets::version + 1)))
        .execute(conn)?;
    cabinet(conn, scope)
}

/// A person of a cabinet. The password's hash is not part of it.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: UserId,
    pub cabinet: CabinetId,
    pub email: String,
    pub name: String,
    pub lang: Lang,
    pub role: Role,
    pub access: Access,
    pub active: bool,
    pub aliases: Vec<String>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: Option<DateTime<Utc>>,
}

type PersonCols = (String, String, String, String, String, String, String, bool, String, i64, i64, Option<i64>);
type PersonColumns = (
    users::id,
    users::cabinet_id,
    users::email,
    users::name,
    users::lang,
    users::role,
    users::access,
    users::active,
    users::aliases,
    users::version,
    users::created_at,
    users::last_seen_at,
);
pub(crate) const PERSON: PersonColumns = (
    users::id,
    users::cabinet_id,
    users::email,
    users::name,
    users::lang,
    users::role,
    users::access,
    users::active,
    users::aliases,
    users::version,
    users::created_at,
    users::last_seen_at,
);

fn person_of(row: PersonCols) -> Result<Person> {
    let (id, cabinet, email, name, lang, role, access, active, aliases, version, created_at, last_seen_at) = row;
    Ok(Person {
        id: parsed(&id)?,
        cabinet: parsed(&cabinet)?,
        email,
        name,
        lang: parsed(&lang)?,
        role: parsed(&role)?,
        access: parsed(&access)?,
        active,
        aliases: names(&aliases)?,
        version,
        created_at: from_db(created_at),
        last_seen_at: last_seen_at.map(from_db),
    })
}

/// A list of names or ids, as a JSON array in one column.
pub(crate) fn names(column: &str) -> Result<Vec<String>> {
    serde_json::from_str(column).map_err(|e| crate::Error::DeserializationError(Box::new(e)))
}

pub(crate) fn name_column(values: &[String]) -> Result<String> {
    serde_json::to_string(values).map_err(|e| crate::Error::SerializationError(Box::new(e)))
}

/// What a sign-in needs to know of an e-mail. Its `Debug` does not show the hash.
#[derive(Clone)]
pub struct Credentials {
    pub person: Person,
    pub password_hash: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("person", &self.person.id).finish_non_exhaustive()
    }
}

/// The person behind an e-mail (lower case), over all cabinets: an e-mail is one person.
pub fn credentials(conn: &mut Conn, email: &str) -> Result<Option<Credentials>> {
    let row: Option<(PersonCols, String)> =
        users::table.filter(users::email.eq(email)).select((PERSON, users::password_hash)).first(conn).optional()?;
    row.map(|(person, password_hash)| Ok(Credentials { person: person_of(person)?, password_hash })).transpose()
}

/// The signed-in person with the password's hash.
pub fn own_credentials(conn: &mut Conn, scope: &Scope) -> Result<Credentials> {
    let (person, password_hash): (PersonCols, String) = users::table
        .filter(users::id.eq(scope.user().to_string()))
        .filter(users::cabinet_id.eq(scope.cabinet().to_string()))
        .select((PERSON, users::password_hash))
        .first(conn)?;
    Ok(Credentials { person: person_of(person)?, password_hash })
}

pub fn email_is_taken(conn: &mut Conn, email: &str) -> Result<bool> {
    diesel::select(diesel::dsl::exists(users::table.filter(users::email.eq(email)))).get_result(conn)
}

/// Fails with a duplicate when the e-mail has an account already, in whatever cabinet.
pub fn insert_person(conn: &mut Conn, person: &Person, password_hash: &str) -> Result<()> {
    diesel::insert_into(users::table)
        .values((
            users::id.eq(person.id.to_string()),
            users::cabinet_id.eq(person.cabinet.to_string()),
            users::email.eq(&person.email),
            users::name.eq(&person.name),
            users::password_hash.eq(password_hash),
            users::lang.eq(person.lang.as_str()),
            users::role.eq(person.role.as_str()),
            users::access.eq(person.access.as_str()),
            users::active.eq(person.active),
            users::aliases.eq(name_column(&person.aliases)?),
            users::version.eq(person.version),
            users::created_at.eq(to_db(person.created_at)),
            users::last_seen_at.eq(person.last_seen_at.map(to_db)),
        ))
        .execute(conn)?;
    Ok(())
}

/// A person of the scope's cabinet.
pub fn person(conn: &mut Conn, scope: &Scope, id: UserId) -> Result<Person> {
    let row: PersonCols = users::table
        .filter(users::id.eq(id.to_string()))
        .filter(users::cabinet_id.eq(scope.cabinet().to_string()))
        .select(PERSON)
        .first(conn)?;
    person_of(row)
}

/// The people of the scope's cabinet, active ones first, by name.
pub fn people(conn: &mut Conn, scope: &Scope) -> Result<Vec<Person>> {
    let rows: Vec<PersonCols> = users::table
        .filter(users::cabinet_id.eq(scope.cabinet().to_string()))
        .order((users::active.desc(), users::name, users::id))
        .select(PERSON)
        .load(conn)?;
    rows.into_iter().map(person_of).collect()
}

/// Names of people of the scope's cabinet, active or not.
pub fn names_of(conn: &mut Conn, scope: &Scope, ids: &[UserId]) -> Result<HashMap<UserId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = ids.iter().map(ToString::to_string);
    let rows: Vec<(String, String)> = users::table
        .filter(users::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(one_of_texts("users.id", ids))
        .select((users::id, users::name))
        .load(conn)?;
    rows.into_iter().map(|(id, name)| Ok((parsed(&id)?, name))).collect()
}

/// Everybody, for the command line.
pub fn all_people(conn: &mut Conn) -> Result<Vec<(Person, String)>> {
    let rows: Vec<(PersonCols, String)> = users::table
        .inner_join(cabinets::table.on(cabinets::id.eq(users::cabinet_id)))
        .order((cabinets::name, users::name, users::id))
        .select((PERSON, cabinets::name))
        .load(conn)?;
    rows.into_iter().map(|(p, cabinet)| Ok((person_of(p)?, cabinet))).collect()
}

/// The other people of the person's cabinet, for the rules that bind them together (names, last partner).
pub fn others(conn: &mut Conn, person: &Person) -> Result<Vec<Person>> {
    let rows: Vec<PersonCols> = users::table
        .filter(users::cabinet_id.eq(person.cabinet.to_string()))
        .filter(users::id.ne(person.id.to_string()))
        .select(PERSON)
        .load(conn)?;
    rows.into_iter().map(person_of).collect()
}

/// Writes what may change of a person and counts the version up.
pub fn save_person(conn: &mut Conn, person: &mut Person) -> Result<()> {
    diesel::update(
        users::table
            .filter(users::id.eq(person.id.to_string()))
            .filter(users::cabinet_id.eq(person.cabinet.to_string())),
    )
    .set((
        users::name.eq(&person.name),
        users::lang.eq(person.lang.as_str()),
        users::role.eq(person.role.as_str()),
        users::access.eq(person.access.as_str()),
        users::active.eq(person.active),
        users::aliases.eq(name_column(&person.aliases)?),
        users::version.eq(person.version + 1),
    ))
    .execute(conn)?;
    person.version += 1;
    Ok(())
}

pub fn set_password(conn: &mut Conn, person: &Person, password_hash: &str) -> Result<()> {
    diesel::update(users::table.find(person.id.to_string()))
        .set(users::password_hash.eq(password_hash))
        .execute(conn)?;
    Ok(())
}

/// The person was here. Not a change of the person: the version stays.
pub fn seen(conn: &mut Conn, user: UserId, at: DateTime<Utc>) -> Result<()> {
    diesel::update(users::table.find(user.to_string())).set(users::last_seen_at.eq(Some(to_db(at)))).execute(conn)?;
    Ok(())
}

/// Portfolios given to each person of the scope's cabinet.
pub fn grants(conn: &mut Conn, scope: &Scope) -> Result<Vec<(UserId, PortfolioId)>> {
    let rows: Vec<(String, String)> = portfolio_people::table
        .filter(portfolio_people::cabinet_id.eq(scope.cabinet().to_string()))
        .order((portfolio_people::user_id, portfolio_people::portfolio_id))
        .select((portfolio_people::user_id, portfolio_people::portfolio_id))
        .load(conn)?;
    rows.into_iter().map(|(user, portfolio)| Ok((parsed(&user)?, parsed(&portfolio)?))).collect()
}

/// Portfolios given to a person.
pub fn granted(conn: &mut Conn, person: &Person) -> Result<Vec<PortfolioId>> {
    let ids: Vec<String> = portfolio_people::table
        .filter(portfolio_people::user_id.eq(person.id.to_string()))
        .order(portfolio_people::portfolio_id)
        .select(portfolio_people::portfolio_id)
        .load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

/// Of these portfolios, those that the person's cabinet has.
pub fn existing_portfolios(conn: &mut Conn, cabinet_of: &Person, wanted: &[PortfolioId]) -> Result<Vec<PortfolioId>> {
    let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    let ids: Vec<String> = portfolios::table
        .filter(portfolios::cabinet_id.eq(cabinet_of.cabinet.to_string()))
        .filter(portfolios::id.eq_any(wanted))
        .order(portfolios::id)
        .select(portfolios::id)
        .load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

/// Gives a person these portfolios and no other; those that the cabinet lacks are left out.
pub fn grant(conn: &mut Conn, person: &Person, wanted: &[PortfolioId]) -> Result<()> {
    let wanted = existing_portfolios(conn, person, wanted)?;
    diesel::delete(portfolio_people::table.filter(portfolio_people::user_id.eq(person.id.to_string())))
        .execute(conn)?;
    for portfolio in wanted {
        insert_grant(conn, person.cabinet, person.id, portfolio)?;
    }
    Ok(())
}

pub(crate) fn insert_grant(conn: &mut Conn, cabinet: CabinetId, user: UserId, portfolio: PortfolioId) -> Result<()> {
    diesel::insert_into(portfolio_people::table)
        .values((
            portfolio_people::portfolio_id.eq(portfolio.to_string()),
            portfolio_people::user_id.eq(user.to_string()),
            portfolio_people::cabinet_id.eq(cabinet.to_string()),
        ))
        .execute(conn)?;
    Ok(())
}

/// How many dossiers in sight have the same pair of people in charge, by account or by imported name.
#[derive(Debug, Clone)]
pub struct Charge {
    pub manager: Option<UserId>,
    pub assignee: Option<UserId>,
    /// Imported name, when no person answers to it.
    pub manager_label: String,
    pub assignee_label: String,
    pub dossiers: u64,
}

/// Who is in charge of the dossiers in sight.
pub fn charges(conn: &mut Conn, scope: &Scope) -> Result<Vec<Charge>> {
    let columns = (dossiers::manager_id, dossiers::assignee_id, dossiers::manager_label, dossiers::assignee_label);
    let query = dossiers::table
        .group_by(columns)
        .select((
            dossiers::manager_id,
            dossiers::assignee_id,
            dossiers::manager_label,
            dossiers::assignee_label,
            diesel::dsl::count_star(),
        ))
        .into_boxed();
    let rows: Vec<(String, String, String, String, i64)> = in_sight!(query, scope).load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(manager, assignee, manager_label, assignee_label, n)| Charge {
            manager_label: if manager.is_empty() { manager_label } else { String::new() },
            assignee_label: if assignee.is_empty() { assignee_label } else { String::new() },
            manager: manager.parse().ok(),
            assignee: assignee.parse().ok(),
            dossiers: u64::try_from(n).unwrap_or_default(),
        })
        .collect())
}

/// Dossiers in sight of which a person is in charge.
pub fn dossiers_of(conn: &mut Conn, scope: &Scope, user: UserId) -> Result<u64> {
    let user = user.to_string();
    let query = dossiers::table
        .select(diesel::dsl::count_star())
        .filter(dossiers::manager_id.eq(user.clone()).or(dossiers::assignee_id.eq(user)))
        .into_boxed();
    let n: i64 = in_sight!(query, scope).first(conn)?;
    Ok(u64::try_from(n).unwrap_or_default())
}

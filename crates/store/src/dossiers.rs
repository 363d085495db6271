//! Dossiers: one document of facts and the columns by which they are found, listed and counted.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::assessment::Assessment;
use domain::calendar::Settled;
use domain::mandate::Held;
use domain::reference::WaveCode;
use domain::relance::RelancePurpose;
use domain::{CabinetId, Criterion, DossierFacts, DossierId, Mark, PortfolioId, ReadinessState, Siren, UserId, fold};
use serde::Deserialize;

use crate::kept::{Kept, one_of_numbers, one_of_texts};
use crate::schema::{documents, dossiers};
use crate::standings::{FromStandings, SCORE_OF_D, STATE, STATE_OF_D};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect, standings};

pub(crate) type Backend = <Conn as diesel::Connection>::Backend;
type Boxed<'a> = dossiers::BoxedQuery<'a, Backend>;
pub(crate) type Condition = Box<dyn BoxableExpression<dossiers::table, Backend, SqlType = diesel::sql_types::Bool>>;

/// A dossier as it stands.
#[derive(Debug, Clone)]
pub struct Stored {
    pub id: DossierId,
    pub version: i64,
    pub facts: DossierFacts,
    pub mark: Mark,
    /// What of its calendar is settled; the records stand in `settlements`.
    pub settled: Settled,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = dossiers, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    version: i64,
    siren: String,
    name_sort: String,
    code_sort: String,
    portfolio_id: String,
    manager_id: String,
    assignee_id: String,
    confidential: bool,
    missing: i64,
    waves: i64,
    size_class: String,
    vat_regime: String,
    platform: String,
    tool: String,
    manager_label: String,
    assignee_label: String,
    tags: String,
    created_at: i64,
    updated_at: i64,
    search: String,
    facts: String,
    exposure_cents: i64,
    plan: String,
    settled: String,
    card: String,
    verdict: String,
    changes_on: String,
    email: String,
    sirets: String,
    held: i64,
}

/// The few columns that rebuild a dossier.
type Core = (String, i64, i64, i64, i64, i64, i64, i64, String, i64, String);
type CoreSql = (Text, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, Text, BigInt, Text);
type CoreColumns = (
    dossiers::id,
    dossiers::version,
    Kept<BigInt>,
    Kept<BigInt>,
    dossiers::missing,
    dossiers::waves,
    dossiers::created_at,
    dossiers::updated_at,
    dossiers::facts,
    dossiers::exposure_cents,
    dossiers::settled,
);

/// The columns of `Core`.
fn core() -> CoreColumns {
    (
        dossiers::id,
        dossiers::version,
        standings::state(),
        standings::score(),
        dossiers::missing,
        dossiers::waves,
        dossiers::created_at,
        dossiers::updated_at,
        dossiers::facts,
        dossiers::exposure_cents,
        dossiers::settled,
    )
}

fn damaged(what: &str, id: &str) -> crate::Error {
    crate::Error::DeserializationError(format!("dossier {id}: {what} cannot be read").into())
}

fn stored(
    (id, version, state, score, missing, waves, created, updated, facts, exposure, settled): Core,
) -> Result<Stored> {
    Ok(Stored {
        facts: serde_json::from_str(&facts).map_err(|_| damaged("facts", &id))?,
        settled: Settled::read(&settled).ok_or_else(|| damaged("what is settled", &id))?,
        id: id.parse().map_err(|_| damaged("id", &id))?,
        version,
        mark: mark(state, score, missing, waves, exposure),
        created_at: from_db(created),
        updated_at: from_db(updated),
    })
}

pub(crate) fn mark(state: i64, score: i64, missing: i64, waves: i64, exposure_cents: i64) -> Mark {
    Mark {
        state: ReadinessState::of_rank(state),
        score: u32::try_from(score).unwrap_or_default(),
        missing,
        waves,
        exposure_cents,
    }
}

fn optional<T: ToString>(value: Option<T>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

/// `|a|b|`, so that one value is found by plain matching.
fn barred(values: impl Iterator<Item = String>) -> String {
    values.fold(String::new(), |mut out, value| {
        if out.is_empty() {
            out.push('|');
        }
        out.push_str(&value);
        out.push('|');
        out
    })
}

fn label(person: &domain::InCharge) -> String {
    if person.user_id.is_some() { String::new() } else { person.label.clone().unwrap_or_default() }
}

/// The first day on which time could change an assessment, as it is kept: in the order of the days, and after all of
/// them when no day would.
pub fn changes_on(assessment: &Assessment) -> String {
    assessment.changes_on.map_or_else(|| "never".to_owned(), |day| day.to_string())
}

fn row(cabinet: CabinetId, dossier: &Stored, assessment: &Assessment) -> Row {
    let f = &dossier.facts;
    let evaluation = &assessment.evaluation;
    let mark = assessment.mark();
    Row {
        id: dossier.id.to_string(),
        cabinet_id: cabinet.to_string(),
        version: dossier.version,
        siren: f.siren.to_string(),
        name_sort: fold(&f.name),
        code_sort: f.code.as_deref().map(fold).unwrap_or_default(),
        portfolio_id: optional(f.portfolio_id),
        manager_id: optional(f.manager.user_id),
        assignee_id: optional(f.assignee.user_id),
        confidential: f.confidential,
        missing: mark.missing,
        waves: mark.waves,
        size_class: optional(evaluation.size.class),
        vat_regime: optional(evaluation.regime),
        platform: f.reception_platform.clone().unwrap_or_default(),
        tool: f.tool.clone().unwrap_or_default(),
        manager_label: label(&f.manager),
        assignee_label: label(&f.assignee),
        tags: barred(f.tags.iter().map(|tag| fold(tag))),
        created_at: to_db(dossier.created_at),
        updated_at: to_db(dossier.updated_at),
        search: f.search_text(),
        facts: serde_json::to_string(f).unwrap_or_default(),
        exposure_cents: mark.exposure_cents,
        plan: assessment.plan.written(),
        settled: dossier.settled.written(),
        card: f.card(),
        verdict: evaluation.verdict.written(),
        changes_on: changes_on(assessment),
        email: f.addressee().and_then(|c| c.email.as_deref()).unwrap_or_default().to_lowercase(),
        sirets: barred(f.sirets.iter().map(ToString::to_string)),
        held: Held::of(f, &mark, evaluation.on).written(),
    }
}

/// Writes new dossiers. Needs the cabinet's lock.
pub fn insert(conn: &mut Conn, cabinet: CabinetId, new: &[(Stored, Assessment)]) -> Result<()> {
    let rows: Vec<Row> = new.iter().map(|(d, a)| row(cabinet, d, a)).collect();
    let found = rows.iter().zip(new).map(|(row, (_, a))| (row.verdict.as_str(), a.evaluation.standing()));
    standings::ensure(conn, cabinet, found)?;
    dialect::insert_many!(conn, dossiers::table, &rows)
}

/// Writes a dossier over itself. Needs the cabinet's lock.
pub fn update(conn: &mut Conn, cabinet: CabinetId, dossier: &Stored, assessment: &Assessment) -> Result<()> {
    let row = row(cabinet, dossier, assessment);
    standings::ensure(conn, cabinet, [(row.verdict.as_str(), assessment.evaluation.standing())])?;
    let target = dossiers::table.filter(dossiers::id.eq(&row.id)).filter(dossiers::cabinet_id.eq(&row.cabinet_id));
    diesel::update(target).set(&row).execute(conn)?;
    Ok(())
}

pub fn delete(conn: &mut Conn, cabinet: CabinetId, ids: &[DossierId]) -> Result<()> {
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let files: Vec<String> = documents::table
            .filter(documents::cabinet_id.eq(cabinet.to_string()))
            .filter(documents::dossier_id.eq_any(&ids))
            .select(documents::vault_key)
            .load(conn)?;
        crate::strays::leave(conn, &files)?;
        crate::call_offs::leave(conn, cabinet, &ids)?;
        diesel::delete(
            dossiers::table.filter(dossiers::cabinet_id.eq(cabinet.to_string())).filter(dossiers::id.eq_any(ids)),
        )
        .execute(conn)?;
    }
    Ok(())
}

/// The dossiers that meet every condition.
pub(crate) fn all_of<'a>(conditions: Vec<Condition>) -> Boxed<'a> {
    conditions.into_iter().fold(dossiers::table.into_boxed(), |query, condition| query.filter(condition))
}

/// The dossiers that a scope sees. Every read starts here.
fn in_scope<'a>(scope: &Scope) -> Boxed<'a> {
    all_of(seen_by(scope))
}

fn seen_by(scope: &Scope) -> Vec<Condition> {
    let mut conditions = of_portfolios(scope);
    if !scope.sees_confidential() {
        let user = scope.user().to_string();
        let own = dossiers::assignee_id.eq(user.clone()).or(dossiers::manager_id.eq(user));
        conditions.push(Box::new(dossiers::confidential.eq(false).or(own)));
    }
    conditions
}

/// The dossiers of a scope's portfolios, confidential ones included: for what is said of the person's own dossiers.
fn in_portfolios<'a>(scope: &Scope) -> Boxed<'a> {
    all_of(of_portfolios(scope))
}

fn of_portfolios(scope: &Scope) -> Vec<Condition> {
    let of_cabinet: Condition = match scope.only() {
        None => Box::new(dossiers::cabinet_id.eq(scope.cabinet().to_string())),
        Some(_) => Box::new(dialect::and_of("dossiers.cabinet_id", scope.cabinet())),
    };
    let mut conditions = vec![of_cabinet];
    if !scope.sees_all() {
        let ids: Vec<String> = scope.portfolios().iter().map(ToString::to_string).collect();
        conditions.push(Box::new(one_of_texts(PORTFOLIO, ids)));
    }
    if let Some(only) = scope.only() {
        conditions.push(Box::new(one_of_texts("dossiers.id", only.iter().map(ToString::to_string))));
    }
    conditions
}

/// The column of another table names a dossier in sight: what [`in_scope`] says, for rows that are no dossiers.
pub(crate) fn names_one_in_sight(scope: &Scope, before: &'static str, after: &'static str) -> Kept {
    let mut seen = Kept::new(before).sql(" IN (SELECT d.id FROM dossiers AS d WHERE d.cabinet_id = ");
    seen = seen.text(scope.cabinet().to_string());
    let among = |mut seen: Kept, column: &'static str, ids: Vec<String>| {
        // Nothing equals it: an empty text would be the portfolio of dossiers that have none.
        seen = seen.sql(" AND ").sql(column).sql(" IN (NULL");
        for id in ids {
            seen = seen.sql(", ").text(id);
        }
        seen.sql(")").fresh()
    };
    if !scope.sees_all() {
        seen = among(seen, "d.portfolio_id", scope.portfolios().iter().map(ToString::to_string).collect());
    }
    if let Some(only) = scope.only() {
        seen = among(seen, "d.id", only.iter().map(ToString::to_string).collect());
    }
    if !scope.sees_confidential() {
        let user = scope.user().to_string();
        seen = seen.sql(" AND (d.confidential = ").sql("false OR d.assignee_id = ").text(user.clone());
        seen = seen.sql(" OR d.manager_id = ").text(user).sql(")");
    }
    seen.sql(")").sql(after)
}

/// Whether everything of the cabinet is in sight, so that no condition is needed.
pub(crate) fn all_in_sight(scope: &Scope) -> bool {
    scope.sees_all() && scope.sees_confidential() && scope.only().is_none()
}

pub fn find(conn: &mut Conn, scope: &Scope, id: DossierId) -> Result<Stored> {
    stored(in_scope(scope).filter(dossiers::id.eq(id.to_string())).select(core()).first(conn)?)
}

pub fn find_many(conn: &mut Conn, scope: &Scope, ids: &[DossierId]) -> Result<Vec<Stored>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let rows: Vec<Core> = in_scope(&scope.narrowed(chunk)).select(core()).load(conn)?;
        for row in rows {
            found.push(stored(row)?);
        }
    }
    Ok(found)
}

/// These dossiers of a cabinet, for the work that nobody asks for; one that is gone is left out.
pub fn of_cabinet(conn: &mut Conn, cabinet: CabinetId, ids: &[DossierId]) -> Result<Vec<Stored>> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    looked_up(conn, cabinet, "id", &ids)?.into_iter().map(stored).collect()
}

/// Dossiers of a cabinet by SIREN, for what is looked up beside others.
pub fn of_sirens(conn: &mut Conn, cabinet: CabinetId, sirens: &[Siren]) -> Result<Vec<Stored>> {
    let sirens: Vec<String> = sirens.iter().map(ToString::to_string).collect();
    looked_up(conn, cabinet, "siren", &sirens)?.into_iter().map(stored).collect()
}

/// Dossiers of the scope's cabinet by SIREN, confidential ones included: an import must not double a client. The
/// second value tells whether the scope sees it.
pub fn by_siren(conn: &mut Conn, scope: &Scope, sirens: &[Siren]) -> Result<Vec<(Stored, bool)>> {
    let sirens: Vec<String> = sirens.iter().map(ToString::to_string).collect();
    look_up(conn, scope, "siren", &sirens)
}

/// The same by the firm's own codes, folded.
pub fn by_code(conn: &mut Conn, scope: &Scope, codes: &[String]) -> Result<Vec<(Stored, bool)>> {
    look_up(conn, scope, "code_sort", codes)
}

/// Every dossier of the cabinet whose column has one of the values, in sight or not.
fn look_up(conn: &mut Conn, scope: &Scope, column: &'static str, values: &[String]) -> Result<Vec<(Stored, bool)>> {
    looked_up(conn, scope.cabinet(), column, values)?.into_iter().map(|row| with_sight(scope, row)).collect()
}

fn looked_up(conn: &mut Conn, cabinet: CabinetId, column: &'static str, values: &[String]) -> Result<Vec<Core>> {
    let columns = format!(
        "d.id, d.version, {STATE_OF_D}, {SCORE_OF_D}, d.missing, d.waves, d.created_at, d.updated_at, d.facts, \
         d.exposure_cents, d.settled"
    );
    let query: Kept<CoreSql> = dialect::look_up(conn, columns, "dossiers", cabinet, column, values);
    match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }
}

fn with_sight(scope: &Scope, row: Core) -> Result<(Stored, bool)> {
    let dossier = stored(row)?;
    let (f, user) = (&dossier.facts, scope.user());
    let seen = scope.sees_portfolio(f.portfolio_id)
        && (!f.confidential
            || scope.sees_confidential()
            || f.manager.user_id == Some(user)
            || f.assignee.user_id == Some(user));
    Ok((dossier, seen))
}

/// Whether the cabinet has any dossier.
pub fn any(conn: &mut Conn, scope: &Scope) -> Result<bool> {
    diesel::select(diesel::dsl::exists(dossiers::table.filter(dossiers::cabinet_id.eq(scope.cabinet().to_string()))))
        .get_result(conn)
}

/// Whether a SIREN is taken in the cabinet.
pub fn siren_is_taken(conn: &mut Conn, scope: &Scope, siren: Siren) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        dossiers::table
            .filter(dossiers::cabinet_id.eq(scope.cabinet().to_string()))
            .filter(dossiers::siren.eq(siren.to_string())),
    ))
    .get_result(conn)
}

/// Dossiers whose person in charge is one of these names without an account.
pub fn by_label(conn: &mut Conn, cabinet: CabinetId, labels: &[String]) -> Result<Vec<Stored>> {
    let rows: Vec<Core> = dossiers::table
        .filter(dossiers::cabinet_id.eq(cabinet.to_string()))
        .filter(dossiers::manager_label.eq_any(labels).or(dossiers::assignee_label.eq_any(labels)))
        .select(core())
        .load(conn)?;
    rows.into_iter().map(stored).collect()
}

/// Names of persons in charge that a cabinet's dossiers already bear, by duty: (manager, assignee).
pub fn known_labels(conn: &mut Conn, cabinet: CabinetId) -> Result<(Vec<String>, Vec<String>)> {
    let of = dossiers::table.filter(dossiers::cabinet_id.eq(cabinet.to_string()));
    let managers = of.clone().select(dossiers::manager_label).distinct().load(conn)?;
    let assignees = of.select(dossiers::assignee_label).distinct().load(conn)?;
    Ok((managers, assignees))
}

/// Portfolio, confidentiality and mark of every dossier of a cabinet, for the check of the stored sums.
pub fn marks(conn: &mut Conn, cabinet: CabinetId) -> Result<Vec<(Option<PortfolioId>, bool, Mark)>> {
    type MarkRow = (String, bool, i64, i64, i64, i64, i64);
    let rows: Vec<MarkRow> = dossiers::table
        .filter(dossiers::cabinet_id.eq(cabinet.to_string()))
        .select((
            dossiers::portfolio_id,
            dossiers::confidential,
            standings::state(),
            standings::score(),
            dossiers::missing,
            dossiers::waves,
            dossiers::exposure_cents,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(p, confidential, state, score, missing, waves, exposure)| {
            (p.parse().ok(), confidential, mark(state, score, missing, waves, exposure))
        })
        .collect())
}

/// How dossiers of a cabinet are marked now; one that is gone is left out.
pub fn marks_of(conn: &mut Conn, cabinet: CabinetId, ids: &[DossierId]) -> Result<HashMap<DossierId, Mark>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let columns = format!("d.id, {STATE_OF_D}, {SCORE_OF_D}, d.missing, d.waves, d.exposure_cents");
    type MarkSql = (Text, BigInt, BigInt, BigInt, BigInt, BigInt);
    let query: Kept<MarkSql> = dialect::look_up(conn, columns, "dossiers", cabinet, "id", &ids);
    let rows: Vec<(String, i64, i64, i64, i64, i64)> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    rows.into_iter()
        .map(|(id, state, score, missing, waves, exposure)| {
            Ok((id.parse().map_err(|_| damaged("id", &id))?, mark(state, score, missing, waves, exposure)))
        })
        .collect()
}

/// Confidential dossiers that the scope sees because the person is in charge.
pub fn own_confidential(conn: &mut Conn, scope: &Scope) -> Result<Vec<Stored>> {
    if scope.sees_confidential() {
        return Ok(Vec::new());
    }
    let rows: Vec<Core> = in_scope(scope).filter(dossiers::confidential.eq(true)).select(core()).load(conn)?;
    rows.into_iter().map(stored).collect()
}

/// A filter value, or the rows without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    Nothing,
    Value(String),
}

impl Wanted {
    pub(crate) fn text(&self) -> String {
        match self {
            Wanted::Nothing => String::new(),
            Wanted::Value(v) => v.clone(),
        }
    }
}

/// Filters of the list; the values of one filter are alternatives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub words: Vec<String>,
    pub states: Vec<ReadinessState>,
    pub sizes: Vec<Wanted>,
    pub vat_regimes: Vec<Wanted>,
    pub portfolios: Vec<Wanted>,
    pub people: Vec<Wanted>,
    pub person_label: Option<String>,
    pub platforms: Vec<Wanted>,
    pub tools: Vec<Wanted>,
    pub tags: Vec<String>,
    pub missing: Vec<Criterion>,
    pub wave: Option<WaveCode>,
    pub unready_for: Option<WaveCode>,
    pub late_for: Option<RelancePurpose>,
    pub confidential: Option<bool>,
}

impl Filter {
    /// Asks for nothing.
    pub fn takes_all(&self) -> bool {
        *self == Self::default()
    }
}

/// A filter whose values are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facet {
    State,
    Size,
    VatRegime,
    Portfolio,
    Manager,
    Assignee,
    Platform,
    Tool,
    Tag,
    Missing,
}

fn has_bits(column: &'static str, mask: i64) -> Kept {
    Kept::new("(").sql(column).sql(" & ").number(mask).sql(") <> 0")
}

// The list walks the index of its order and stops when the page is full. A filter on a column that has an index of its
// own would lure SQLite (which keeps no statistics here) into collecting and sorting every match instead, so such
// columns are compared as an expression.
const PORTFOLIO: &str = "(portfolio_id || '')";
// Other tables that are joined have these, too.
const PLATFORM: &str = "dossiers.platform";

pub(crate) fn filtered<'a>(scope: &Scope, filter: &Filter, except: Option<Facet>) -> Boxed<'a> {
    all_of(all_conditions(scope, filter, except))
}

/// The same for a query that begins at another table of the cabinet, in its order, and looks each dossier up: neither planner
/// is lured into collecting the dossiers of the cabinet first.
pub(crate) fn beside<'a>(scope: &Scope, filter: &Filter) -> Boxed<'a> {
    let mut conditions = all_conditions(scope, filter, None);
    // The first one says whose they are.
    conditions[0] = Box::new(dialect::and_of("dossiers.cabinet_id", scope.cabinet()));
    all_of(conditions)
}

pub(crate) fn all_conditions(scope: &Scope, filter: &Filter, except: Option<Facet>) -> Vec<Condition> {
    let mut conditions = conditions(scope, filter, except);
    if !filter.states.is_empty() && except != Some(Facet::State) {
        conditions.push(Box::new(one_of_numbers(STATE, filter.states.iter().map(|s| s.rank()))));
    }
    conditions
}

/// What a scope and a filter ask of the dossiers themselves: all but their states.
fn conditions(scope: &Scope, filter: &Filter, except: Option<Facet>) -> Vec<Condition> {
    let mut conditions = seen_by(scope);
    for word in &filter.words {
        conditions.push(Box::new(dossiers::search.like(format!("%{word}%"))));
    }
    let texts = |wanted: &[Wanted]| wanted.iter().map(Wanted::text).collect::<Vec<_>>();
    if !filter.sizes.is_empty() && except != Some(Facet::Size) {
        conditions.push(Box::new(one_of_texts("size_class", texts(&filter.sizes))));
    }
    if !filter.vat_regimes.is_empty() && except != Some(Facet::VatRegime) {
        conditions.push(Box::new(one_of_texts("vat_regime", texts(&filter.vat_regimes))));
    }
    if !filter.portfolios.is_empty() && except != Some(Facet::Portfolio) {
        conditions.push(Box::new(one_of_texts(PORTFOLIO, texts(&filter.portfolios))));
    }
    if !filter.people.is_empty() && !matches!(except, Some(Facet::Manager | Facet::Assignee)) {
        let ids: Vec<String> = filter
            .people
            .iter()
            .filter_map(|w| match w {
                Wanted::Value(v) => Some(v.clone()),
                Wanted::Nothing => None,
            })
            .collect();
        let nobody = dossiers::manager_id.eq("").and(dossiers::assignee_id.eq(""));
        let of = one_of_texts("manager_id", ids.clone()).or(one_of_texts("assignee_id", ids));
        conditions.push(if filter.people.contains(&Wanted::Nothing) { Box::new(of.or(nobody)) } else { Box::new(of) });
    }
    if let Some(label) = &filter.person_label {
        conditions
            .push(Box::new(dossiers::manager_label.eq(label.clone()).or(dossiers::assignee_label.eq(label.clone()))));
    }
    if !filter.platforms.is_empty() && except != Some(Facet::Platform) {
        conditions.push(Box::new(one_of_texts(PLATFORM, texts(&filter.platforms))));
    }
    if !filter.tools.is_empty() && except != Some(Facet::Tool) {
        conditions.push(Box::new(one_of_texts("tool", texts(&filter.tools))));
    }
    if except != Some(Facet::Tag) {
        let one_of_tags = filter
            .tags
            .iter()
            .map(|tag| -> Condition { Box::new(dossiers::tags.like(format!("%|{}|%", fold(tag)))) })
            .reduce(|a, b| Box::new(a.or(b)));
        if let Some(one_of_tags) = one_of_tags {
            conditions.push(one_of_tags);
        }
    }
    if except != Some(Facet::Missing) {
        for criterion in &filter.missing {
            conditions.push(Box::new(has_bits("missing", criterion.mask())));
        }
    }
    if let Some(wave) = filter.wave {
        conditions.push(Box::new(has_bits("waves", wave.mask())));
    }
    if let Some(wave) = filter.unready_for {
        conditions.push(Box::new(has_bits("waves", wave.mask())));
        conditions.push(Box::new(has_bits("missing", wave.need().mask())));
    }
    if let Some(purpose) = filter.late_for {
        conditions.push(Box::new(has_bits("missing", purpose.mask())));
    }
    if let Some(confidential) = filter.confidential {
        conditions.push(Box::new(dossiers::confidential.eq(confidential)));
    }
    conditions
}

/// Column of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    Name,
    Score,
    State,
    Code,
    Siren,
    UpdatedAt,
    Exposure,
}

/// Place after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyValue {
    Text(String),
    Number(i64),
    /// State, score and verdict: dossiers of one verdict follow each other, so that their index gives the order.
    Standing(i64, i64, String),
}

#[derive(Debug, Clone)]
pub struct Order {
    pub key: SortKey,
    pub descending: bool,
    pub after: Option<(KeyValue, String)>,
}

/// A dossier of the list, without its facts.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: String,
    pub version: i64,
    pub state: ReadinessState,
    pub score: i64,
    pub verdict: String,
    pub missing: i64,
    pub exposure_cents: i64,
    pub updated_at: DateTime<Utc>,
    pub next_act: String,
    pub size_class: String,
    pub vat_regime: String,
    /// What the list shows of the facts: a JSON object (`DossierFacts::card`).
    pub card: String,
}

/// What a card holds of the keys of the order.
#[derive(Deserialize)]
struct Keys {
    siren: Siren,
    name: String,
    code: Option<String>,
}

impl Listed {
    /// The value by which the list is ordered.
    pub fn key(&self, key: SortKey) -> Result<KeyValue> {
        let keys = || serde_json::from_str::<Keys>(&self.card).map_err(|_| damaged("card", &self.id));
        Ok(match key {
            SortKey::Name => KeyValue::Text(fold(&keys()?.name)),
            SortKey::Score | SortKey::State => KeyValue::Standing(self.state.rank(), self.score, self.verdict.clone()),
            SortKey::Code => KeyValue::Text(optional(keys()?.code.as_deref().map(fold))),
            SortKey::Siren => KeyValue::Text(keys()?.siren.to_string()),
            SortKey::UpdatedAt => KeyValue::Number(to_db(self.updated_at)),
            SortKey::Exposure => KeyValue::Number(self.exposure_cents),
        })
    }
}

type ListRow = (String, i64, i64, i64, String, i64, i64, i64, String, String, String, String);

/// One page, plus one row that tells whether another follows.
pub fn list(conn: &mut Conn, scope: &Scope, filter: &Filter, order: &Order, limit: i64) -> Result<Vec<Listed>> {
    let rows: Vec<ListRow> = if let Some(columns) = by_standing(order.key) {
        by_standings(conn, scope, filter, columns, order, limit)?
    } else {
        ordered(filtered(scope, filter, None), order, limit)
            .select((
                dossiers::id,
                dossiers::version,
                standings::state(),
                standings::score(),
                dossiers::verdict,
                dossiers::missing,
                dossiers::exposure_cents,
                dossiers::updated_at,
                standings::next_act(),
                dossiers::size_class,
                dossiers::vat_regime,
                dossiers::card,
            ))
            .load(conn)?
    };
    let mut page = Vec::with_capacity(rows.len());
    for row in rows {
        let (
            id,
            version,
            state,
            score,
            verdict,
            missing,
            exposure_cents,
            updated,
            next_act,
            size_class,
            vat_regime,
            card,
        ) = row;
        page.push(Listed {
            card: whole_card(conn, &id, card)?,
            id,
            version,
            state: ReadinessState::of_rank(state),
            score,
            verdict,
            missing,
            exposure_cents,
            updated_at: from_db(updated),
            next_act,
            size_class,
            vat_regime,
        });
    }
    Ok(page)
}

/// The card of a dossier as it is kept; made of the facts when they were last written before there were cards.
pub(crate) fn whole_card(conn: &mut Conn, id: &str, kept: String) -> Result<String> {
    if !kept.is_empty() {
        return Ok(kept);
    }
    let facts: String = dossiers::table.find(id).select(dossiers::facts).first(conn)?;
    let facts: DossierFacts = serde_json::from_str(&facts).map_err(|_| damaged("facts", id))?;
    Ok(facts.card())
}

/// What the standings are ordered by, as they stand in an index.
fn by_standing(key: SortKey) -> Option<[&'static str; 3]> {
    match key {
        SortKey::Score => Some(["s.score", "s.state", "s.verdict"]),
        SortKey::State => Some(["s.state", "s.score", "s.verdict"]),
        SortKey::Name | SortKey::Code | SortKey::Siren | SortKey::UpdatedAt | SortKey::Exposure => None,
    }
}

/// The places of the page are found from the standings on, in an index alone; only what is on the page is read.
fn by_standings(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    columns: [&'static str; 3],
    order: &Order,
    limit: i64,
) -> Result<Vec<ListRow>> {
    let (way, beyond) = if order.descending { (" DESC", " < ") } else { (" ASC", " > ") };
    let mut end = Kept::new("");
    if let Some((KeyValue::Standing(state, score, verdict), id)) = &order.after {
        let (first, second) = if order.key == SortKey::State { (state, score) } else { (score, state) };
        // The first comparison is what the index seeks by.
        end = end.sql(" AND ").sql(columns[0]).sql(beyond.trim_end()).sql("= ").number(*first);
        end = end.sql(" AND (").sql(columns.join(", ")).sql(", dossiers.id)").sql(beyond).sql("(").number(*first);
        end = end.sql(", ").number(*second).sql(", ").text(verdict.as_str()).sql(", ").text(id.as_str()).sql(")");
    }
    end = end.sql(" ORDER BY ");
    for column in columns {
        end = end.sql(column).sql(way).sql(", ");
    }
    end = end.sql("dossiers.id").sql(way).sql(" LIMIT ").number(limit);
    type Place = (String, i64, i64, String, String);
    let query: FromStandings<(Text, BigInt, BigInt, Text, Text)> = FromStandings {
        select: "dossiers.id, s.state, s.score, s.verdict, s.next_act",
        cabinet: scope.cabinet().to_string(),
        states: filter.states.iter().map(|s| s.rank()).collect(),
        conditions: conditions(scope, filter, None),
        end,
    };
    let places: Vec<Place> = query.load(conn)?;
    let ids: Vec<String> = places.iter().map(|place| place.0.clone()).collect();
    const COLUMNS: &str =
        "d.id, d.version, d.missing, d.exposure_cents, d.updated_at, d.size_class, d.vat_regime, d.card";
    type Rest = (String, i64, i64, i64, i64, String, String, String);
    type RestSql = (Text, BigInt, BigInt, BigInt, BigInt, Text, Text, Text);
    let query: Kept<RestSql> = dialect::look_up(conn, COLUMNS, "dossiers", scope.cabinet(), "id", &ids);
    let rows: Vec<Rest> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    let mut rows: HashMap<String, Rest> = rows.into_iter().map(|row| (row.0.clone(), row)).collect();
    let whole = |(id, state, score, verdict, next_act): Place| {
        let (id, version, missing, exposure, updated, size_class, vat_regime, card) = rows.remove(&id)?;
        Some((id, version, state, score, verdict, missing, exposure, updated, next_act, size_class, vat_regime, card))
    };
    Ok(places.into_iter().filter_map(whole).collect())
}

fn ordered<'a>(query: Boxed<'a>, order: &Order, limit: i64) -> Boxed<'a> {
    let mut query = query.limit(limit);
    macro_rules! by {
        ($column:ident, $variant:ident) => {{
            if let Some((KeyValue::$variant(value), id)) = order.after.clone() {
                // The first comparison is what the index seeks by.
                query = if order.descending {
                    query.filter(
                        dossiers::$column.le(value.clone()).and(dossiers::$column.lt(value).or(dossiers::id.lt(id))),
                    )
                } else {
                    query.filter(
                        dossiers::$column.ge(value.clone()).and(dossiers::$column.gt(value).or(dossiers::id.gt(id))),
                    )
                };
            }
            if order.descending {
                query.order((dossiers::$column.desc(), dossiers::id.desc()))
            } else {
                query.order((dossiers::$column.asc(), dossiers::id.asc()))
            }
        }};
    }
    match order.key {
        SortKey::Name => by!(name_sort, Text),
        // Those go from the standings on.
        SortKey::Score | SortKey::State => query.limit(limit),
        SortKey::Code => by!(code_sort, Text),
        SortKey::Siren => by!(siren, Text),
        SortKey::UpdatedAt => by!(updated_at, Number),
        SortKey::Exposure => by!(exposure_cents, Number),
    }
}

/// Every id of a selection.
pub fn ids(conn: &mut Conn, scope: &Scope, filter: &Filter) -> Result<Vec<DossierId>> {
    let ids: Vec<String> =
        filtered(scope, filter, None).order((dossiers::name_sort, dossiers::id)).select(dossiers::id).load(conn)?;
    ids.into_iter().map(|id| id.parse().map_err(|_| damaged("id", &id))).collect()
}

pub fn count(conn: &mut Conn, scope: &Scope, filter: &Filter) -> Result<i64> {
    if !filter.states.is_empty() {
        let query: FromStandings<BigInt> = FromStandings {
            select: "COUNT(*)",
            cabinet: scope.cabinet().to_string(),
            states: filter.states.iter().map(|s| s.rank()).collect(),
            conditions: conditions(scope, filter, None),
            end: Kept::new(""),
        };
        return query.get_result(conn);
    }
    filtered(scope, filter, None).count().get_result(conn)
}

/// Counts by value of one filter, the others as they are.
pub fn facet(conn: &mut Conn, scope: &Scope, filter: &Filter, facet: Facet) -> Result<Vec<(String, i64)>> {
    macro_rules! grouped {
        ($column:ident) => {{
            // `group_by` does not go with a boxed query of this shape, so the distinct values are counted here: one
            // narrow column, no row of the table.
            let values: Vec<String> = filtered(scope, filter, Some(facet)).select(dossiers::$column).load(conn)?;
            tally(values)
        }};
    }
    Ok(match facet {
        Facet::State => {
            let query: FromStandings<(BigInt, BigInt)> = FromStandings {
                select: "s.state, COUNT(*)",
                cabinet: scope.cabinet().to_string(),
                states: Vec::new(),
                conditions: conditions(scope, filter, Some(facet)),
                end: Kept::new(" GROUP BY s.state"),
            };
            let counts: Vec<(i64, i64)> = query.load(conn)?;
            most_first(counts.into_iter().map(|(rank, n)| (ReadinessState::of_rank(rank).as_str().to_owned(), n)))
        }
        Facet::Size => grouped!(size_class),
        Facet::VatRegime => grouped!(vat_regime),
        Facet::Portfolio => grouped!(portfolio_id),
        Facet::Manager => grouped!(manager_id),
        Facet::Assignee => grouped!(assignee_id),
        Facet::Platform => grouped!(platform),
        Facet::Tool => grouped!(tool),
        Facet::Tag => {
            let values: Vec<String> = filtered(scope, filter, Some(facet))
                .filter(dossiers::tags.ne(""))
                .select(dossiers::facts)
                .load(conn)?;
            #[derive(Deserialize)]
            struct Tags {
                #[serde(default)]
                tags: Vec<String>,
            }
            tally(values.iter().flat_map(|f| serde_json::from_str::<Tags>(f).map(|t| t.tags).unwrap_or_default()))
        }
        Facet::Missing => {
            let values: Vec<i64> = filtered(scope, filter, Some(facet)).select(dossiers::missing).load(conn)?;
            tally(values.into_iter().flat_map(|mask| {
                Criterion::ALL.iter().filter(move |c| mask & c.mask() != 0).map(|c| c.as_str().to_owned())
            }))
        }
    })
}

/// Most frequent first.
pub(crate) fn tally(values: impl IntoIterator<Item = String>) -> Vec<(String, i64)> {
    let mut counts = std::collections::HashMap::<String, i64>::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    most_first(counts)
}

fn most_first(counts: impl IntoIterator<Item = (String, i64)>) -> Vec<(String, i64)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}

/// The first dossiers whose words match, those whose name or SIREN begins with them before the others.
pub fn search(conn: &mut Conn, scope: &Scope, folded: &str, limit: i64) -> Result<Vec<Stored>> {
    let filter = Filter { words: folded.split(' ').map(str::to_owned).collect(), ..Default::default() };
    let first = sql::<BigInt>("CASE WHEN name_sort LIKE ")
        .bind::<Text, _>(format!("{folded}%"))
        .sql(" OR siren LIKE ")
        .bind::<Text, _>(format!("{folded}%"))
        .sql(" OR code_sort LIKE ")
        .bind::<Text, _>(format!("{folded}%"))
        .sql(" THEN 0 ELSE 1 END");
    let rows: Vec<Core> = filtered(scope, &filter, None)
        .order((first, dossiers::name_sort, dossiers::id))
        .limit(limit)
        .select(core())
        .load(conn)?;
    rows.into_iter().map(stored).collect()
}

/// How many dossiers a person has in charge that are not ready. Two counts and not one with an OR, so that each goes
/// straight to the person's entries of an index. Who is in charge sees a confidential dossier, too.
pub fn not_ready_in_charge(conn: &mut Conn, scope: &Scope, user: UserId) -> Result<i64> {
    let not_ready = || in_portfolios(scope).filter(standings::is_not(scope.cabinet(), ReadinessState::Ready));
    let user = user.to_string();
    let managed: i64 = not_ready().filter(dossiers::manager_id.eq(user.clone())).count().get_result(conn)?;
    let assigned: i64 = not_ready()
        .filter(dossiers::assignee_id.eq(user.clone()))
        .filter(dossiers::manager_id.ne(user))
        .count()
        .get_result(conn)?;
    Ok(managed + assigned)
}

//! Mandates: what clients sign. A mandate is in sight of whom its dossier is in sight of.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use domain::mandate::SignedBy;
use domain::{
    CabinetId, CampaignId, DossierId, MailId, MandateEvent, MandateId, MandateKind, MandateState, MandateTerms,
};
use serde::{Deserialize, Serialize};

use crate::deadlines::Named;
use crate::dossiers::{Filter, beside, filtered, tally, whole_card};
use crate::kept::{Kept, one_of_texts};
use crate::people::parsed;
use crate::schema::{documents, dossiers, mandates};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

/// A step in the life of a mandate, as its row keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub at: DateTime<Utc>,
    pub event: MandateEvent,
    /// The state after it.
    pub state: MandateState,
    /// Who did it; nothing for the product itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    pub id: MandateId,
    pub cabinet: CabinetId,
    pub dossier: DossierId,
    pub kind: MandateKind,
    pub state: MandateState,
    pub version: i64,
    pub number: String,
    pub terms: MandateTerms,
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
    pub signed_by: Option<SignedBy>,
    pub sent_to: Option<String>,
    pub reminders: u32,
    pub reason: Option<String>,
    pub steps: Vec<Step>,
    pub campaign: Option<CampaignId>,
    /// The message that brings it; nothing while none was made.
    pub mail: Option<MailId>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub opened_at: Option<DateTime<Utc>>,
    pub reminded_at: Option<DateTime<Utc>>,
    pub signed_at: Option<DateTime<Utc>>,
    pub accepted_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl Mandate {
    /// Counts as a mandate on a day.
    pub fn is_in_force(&self, day: NaiveDate) -> bool {
        domain::mandate::is_in_force(self.state, self.starts_on, self.ends_on, day)
    }

    /// In force, or on its way to be: a second one of its kind would be one too many.
    pub fn is_open(&self, today: NaiveDate) -> bool {
        !self.state.is_over() && self.ends_on.is_none_or(|last| self.state != MandateState::Accepted || today <= last)
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = mandates, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    id: String,
    cabinet_id: String,
    dossier_id: String,
    kind: String,
    state: String,
    version: i64,
    number: String,
    platform: String,
    terms: String,
    starts_on: String,
    ends_on: String,
    signed_by: String,
    sent_to: String,
    reminders: i64,
    reason: String,
    steps: String,
    campaign_id: String,
    mail_id: String,
    created_at: i64,
    updated_at: i64,
    sent_at: Option<i64>,
    opened_at: Option<i64>,
    reminded_at: Option<i64>,
    signed_at: Option<i64>,
    accepted_at: Option<i64>,
    ended_at: Option<i64>,
}

/// Reads what may stand empty.
pub(crate) fn optional<T: std::str::FromStr>(value: &str) -> Result<Option<T>> {
    if value.is_empty() { Ok(None) } else { parsed(value).map(Some) }
}

pub(crate) fn written<T: ToString>(value: Option<T>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|t| !t.is_empty())
}

fn read<T: serde::de::DeserializeOwned>(json: &str, what: &str, id: &str) -> Result<T> {
    serde_json::from_str(json)
        .map_err(|_| crate::Error::DeserializationError(format!("mandate {id}: {what} cannot be read").into()))
}

impl Row {
    fn of(m: &Mandate) -> Self {
        Self {
            id: m.id.to_string(),
            cabinet_id: m.cabinet.to_string(),
            dossier_id: m.dossier.to_string(),
            kind: m.kind.to_string(),
            state: m.state.to_string(),
            version: m.version,
            number: m.number.clone(),
            platform: m.terms.platform.clone().unwrap_or_default(),
            terms: serde_json::to_string(&m.terms).unwrap_or_default(),
            starts_on: written(m.starts_on),
            ends_on: written(m.ends_on),
            signed_by: written(m.signed_by),
            sent_to: m.sent_to.clone().unwrap_or_default(),
            reminders: i64::from(m.reminders),
            reason: m.reason.clone().unwrap_or_default(),
            steps: serde_json::to_string(&m.steps).unwrap_or_default(),
            campaign_id: written(m.campaign),
            mail_id: written(m.mail),
            created_at: to_db(m.created_at),
            updated_at: to_db(m.updated_at),
            sent_at: m.sent_at.map(to_db),
            opened_at: m.opened_at.map(to_db),
            reminded_at: m.reminded_at.map(to_db),
            signed_at: m.signed_at.map(to_db),
            accepted_at: m.accepted_at.map(to_db),
            ended_at: m.ended_at.map(to_db),
        }
    }

    fn mandate(self) -> Result<Mandate> {
        Ok(Mandate {
            terms: read(&self.terms, "terms", &self.id)?,
            steps: read(&self.steps, "steps", &self.id)?,
            id: parsed(&self.id)?,
            cabinet: parsed(&self.cabinet_id)?,
            dossier: parsed(&self.dossier_id)?,
            kind: parsed(&self.kind)?,
            state: parsed(&self.state)?,
            version: self.version,
            number: self.number,
            starts_on: optional(&self.starts_on)?,
            ends_on: optional(&self.ends_on)?,
            signed_by: optional(&self.signed_by)?,
            sent_to: some(self.sent_to),
            reminders: u32::try_from(self.reminders).unwrap_or_default(),
            reason: some(self.reason),
            campaign: optional(&self.campaign_id)?,
            mail: optional(&self.mail_id)?,
            created_at: from_db(self.created_at),
            updated_at: from_db(self.updated_at),
            sent_at: self.sent_at.map(from_db),
            opened_at: self.opened_at.map(from_db),
            reminded_at: self.reminded_at.map(from_db),
            signed_at: self.signed_at.map(from_db),
            accepted_at: self.accepted_at.map(from_db),
            ended_at: self.ended_at.map(from_db),
        })
    }
}

fn all(rows: Vec<Row>) -> Result<Vec<Mandate>> {
    rows.into_iter().map(Row::mandate).collect()
}

/// Adds mandates to dossiers that the caller has found. Needs the cabinet's lock.
pub fn insert(conn: &mut Conn, new: &[Mandate]) -> Result<()> {
    let rows: Vec<Row> = new.iter().map(Row::of).collect();
    dialect::insert_many!(conn, mandates::table, &rows)
}

/// Writes a mandate over the version before its own; tells whether that one was still there. Needs the cabinet's lock.
pub fn update(conn: &mut Conn, mandate: &Mandate) -> Result<bool> {
    let row = Row::of(mandate);
    let target = mandates::table
        .filter(mandates::id.eq(&row.id))
        .filter(mandates::cabinet_id.eq(&row.cabinet_id))
        .filter(mandates::version.eq(row.version - 1));
    Ok(diesel::update(target).set(&row).execute(conn)? == 1)
}

/// Takes mandates of the cabinet away. Needs the cabinet's lock.
pub fn delete(conn: &mut Conn, cabinet: CabinetId, ids: &[MandateId]) -> Result<()> {
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let files: Vec<String> = documents::table
            .filter(documents::cabinet_id.eq(cabinet.to_string()))
            .filter(documents::mandate_id.eq_any(&ids))
            .select(documents::vault_key)
            .load(conn)?;
        crate::strays::leave(conn, &files)?;
        let of_cabinet = mandates::table.filter(mandates::cabinet_id.eq(cabinet.to_string()));
        diesel::delete(of_cabinet.filter(mandates::id.eq_any(ids))).execute(conn)?;
    }
    Ok(())
}

/// A mandate in sight.
pub fn find(conn: &mut Conn, scope: &Scope, id: MandateId) -> Result<Mandate> {
    filtered(scope, &Filter::default(), None)
        .inner_join(mandates::table.on(mandates::dossier_id.eq(dossiers::id)))
        .filter(mandates::id.eq(id.to_string()))
        .select(Row::as_select())
        .first(conn)?
        .mandate()
}

/// Those in sight of the ids, in any order.
pub fn find_many(conn: &mut Conn, scope: &Scope, ids: &[MandateId]) -> Result<Vec<Mandate>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<Row> = beside(scope, &Filter::default())
            .inner_join(mandates::table.on(mandates::dossier_id.eq(dossiers::id)))
            .filter(mandates::id.eq_any(ids))
            .select(Row::as_select())
            .load(conn)?;
        found.extend(all(rows)?);
    }
    Ok(found)
}

/// A mandate of a cabinet, for the work that nobody asks for.
pub fn of_cabinet(conn: &mut Conn, cabinet: CabinetId, id: MandateId) -> Result<Mandate> {
    mandates::table
        .filter(mandates::cabinet_id.eq(cabinet.to_string()))
        .filter(mandates::id.eq(id.to_string()))
        .select(Row::as_select())
        .first(conn)?
        .mandate()
}

/// Every mandate of dossiers that the caller has found in sight, oldest first.
pub fn of_dossiers(conn: &mut Conn, cabinet: CabinetId, ids: &[DossierId]) -> Result<HashMap<DossierId, Vec<Mandate>>> {
    let mut found: HashMap<DossierId, Vec<Mandate>> = HashMap::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<Row> = mandates::table
            .filter(mandates::cabinet_id.eq(cabinet.to_string()))
            .filter(mandates::dossier_id.eq_any(ids))
            .order((mandates::created_at, mandates::id))
            .select(Row::as_select())
            .load(conn)?;
        for mandate in all(rows)? {
            found.entry(mandate.dossier).or_default().push(mandate);
        }
    }
    Ok(found)
}

/// Mandates of any cabinet that wait for their message to be made, oldest first.
pub fn to_send(conn: &mut Conn, limit: i64) -> Result<Vec<Mandate>> {
    let rows: Vec<Row> = mandates::table
        .filter(mandates::state.eq(MandateState::ToSend.as_str()))
        .filter(mandates::mail_id.eq(""))
        .order((mandates::updated_at, mandates::id))
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    all(rows)
}

/// Mandates that a message bears.
pub fn of_mail(conn: &mut Conn, cabinet: CabinetId, mail: MailId) -> Result<Vec<Mandate>> {
    let rows: Vec<Row> = mandates::table
        .filter(mandates::cabinet_id.eq(cabinet.to_string()))
        .filter(mandates::mail_id.eq(mail.to_string()))
        .order((mandates::created_at, mandates::id))
        .select(Row::as_select())
        .load(conn)?;
    all(rows)
}

/// Tells which message brings the mandates. Not a step: neither state nor version moves. Needs the cabinet's lock.
pub fn set_mail(conn: &mut Conn, cabinet: CabinetId, ids: &[MandateId], mail: Option<MailId>) -> Result<()> {
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let of_cabinet = mandates::table.filter(mandates::cabinet_id.eq(cabinet.to_string()));
        diesel::update(of_cabinet.filter(mandates::id.eq_any(ids)))
            .set(mandates::mail_id.eq(written(mail)))
            .execute(conn)?;
    }
    Ok(())
}

/// Accepted mandates whose last day is before a day, with their cabinet.
pub fn ended(conn: &mut Conn, cabinet: CabinetId, day: NaiveDate, limit: i64) -> Result<Vec<Mandate>> {
    let rows: Vec<Row> = mandates::table
        .filter(mandates::state.eq(MandateState::Accepted.as_str()))
        .filter(mandates::cabinet_id.eq(cabinet.to_string()))
        .filter(mandates::ends_on.gt(""))
        .filter(mandates::ends_on.lt(day.to_string()))
        .order(mandates::id)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    all(rows)
}

/// Takes the next numbers of a cabinet's mandates. Needs the cabinet's lock.
pub fn last_number(conn: &mut Conn, cabinet: CabinetId, prefix: &str) -> Result<u32> {
    // Zeros in front keep the order of texts that of numbers, up to a million.
    let last: Option<String> = mandates::table
        .filter(mandates::cabinet_id.eq(cabinet.to_string()))
        .filter(mandates::number.like(format!("{prefix}%")))
        .order((sql::<BigInt>("LENGTH(number)").desc(), mandates::number.desc()))
        .select(mandates::number)
        .first(conn)
        .optional()?;
    Ok(last.and_then(|n| n.strip_prefix(prefix).and_then(|n| n.parse().ok())).unwrap_or_default())
}

/// Which mandates of the register; the values of one filter are alternatives.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub dossiers: Filter,
    pub dossier: Option<DossierId>,
    pub kinds: Vec<MandateKind>,
    pub states: Vec<MandateState>,
    /// In force on the day, or not.
    pub in_force: Option<(bool, NaiveDate)>,
    /// Of clients who cannot be written to, or of the others.
    pub unreachable: Option<bool>,
    /// In force on the first of the days, and ending up to the second.
    pub ends_within: Option<(NaiveDate, NaiveDate)>,
    /// Sent, and nothing heard since.
    pub silent_since: Option<DateTime<Utc>>,
}

/// A filter whose values are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facet {
    Kind,
    State,
}

pub(crate) const REACHABLE: &str = "(dossiers.email <> '' AND NOT EXISTS (SELECT 1 FROM suppressions \
                         WHERE suppressions.cabinet_id = dossiers.cabinet_id \
                         AND suppressions.address = dossiers.email))";

fn in_force_on(day: NaiveDate) -> Kept {
    Kept::new("(mandates.state = 'accepted' AND mandates.starts_on <= ")
        .text(day.to_string())
        .sql(" AND (mandates.ends_on = '' OR mandates.ends_on >= ")
        .text(day.to_string())
        .sql("))")
}

fn conditions(wanted: &Wanted, except: Option<Facet>) -> Vec<Kept> {
    let mut all = Vec::new();
    if let Some(dossier) = wanted.dossier {
        all.push(Kept::new("mandates.dossier_id = ").text(dossier.to_string()));
    }
    if !wanted.kinds.is_empty() && except != Some(Facet::Kind) {
        all.push(one_of_texts("mandates.kind", wanted.kinds.iter().map(ToString::to_string)));
    }
    if !wanted.states.is_empty() && except != Some(Facet::State) {
        // As an expression: the index of states would have every match collected and sorted.
        all.push(one_of_texts("(mandates.state || '')", wanted.states.iter().map(ToString::to_string)));
    }
    match wanted.in_force {
        Some((true, day)) => all.push(in_force_on(day)),
        Some((false, day)) => {
            let not = in_force_on(day);
            all.push(Kept::new("NOT ").then(not));
        }
        None => {}
    }
    match wanted.unreachable {
        Some(true) => all.push(Kept::new("NOT ").sql(REACHABLE)),
        Some(false) => all.push(Kept::new(REACHABLE)),
        None => {}
    }
    if let Some((today, last)) = wanted.ends_within {
        all.push(in_force_on(today));
        all.push(Kept::new("mandates.ends_on <> '' AND mandates.ends_on <= ").text(last.to_string()));
    }
    if let Some(since) = wanted.silent_since {
        let since = to_db(since);
        all.push(
            Kept::new("(mandates.state IN ('sent', 'opened') AND COALESCE(mandates.reminded_at, mandates.sent_at) <= ")
                .number(since)
                .sql(" AND COALESCE(mandates.opened_at, 0) <= ")
                .number(since)
                .sql(")"),
        );
    }
    all
}

/// The mandates of the dossiers in sight that the filters take, as a query.
macro_rules! wanted {
    ($scope:expr, $wanted:expr, $except:expr) => {{
        let wanted: &Wanted = $wanted;
        let mut query = filtered($scope, &wanted.dossiers, None)
            .inner_join(mandates::table.on(mandates::dossier_id.eq(dossiers::id)))
            .filter(mandates::cabinet_id.eq($scope.cabinet().to_string()));
        for condition in conditions(wanted, $except) {
            query = query.filter(condition);
        }
        query
    }};
}

/// A mandate of the list, with what its row shows of the dossier.
#[derive(Debug, Clone)]
pub struct Listed {
    pub mandate: Mandate,
    pub dossier: Named,
    /// Name of the dossier as it is sorted.
    pub name_sort: String,
    pub reachable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    UpdatedAt,
    Name,
    /// Those without end last.
    EndsOn,
}

/// Place after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Number(i64, String),
    Text(String, String),
}

impl Listed {
    pub fn place(&self, key: SortKey) -> Place {
        let id = self.mandate.id.to_string();
        match key {
            SortKey::UpdatedAt => Place::Number(to_db(self.mandate.updated_at), id),
            SortKey::Name => Place::Text(self.name_sort.clone(), id),
            SortKey::EndsOn => Place::Text(self.mandate.ends_on.map_or(NEVER.to_owned(), |d| d.to_string()), id),
        }
    }
}

const NEVER: &str = "9999-12-31";
const ENDS_ON: &str = "CASE WHEN mandates.ends_on = '' THEN '9999-12-31' ELSE mandates.ends_on END";

/// A page of the register.
pub fn list(
    conn: &mut Conn,
    scope: &Scope,
    wanted: &Wanted,
    (key, descending): (SortKey, bool),
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let query = wanted!(scope, wanted, None).limit(limit);
    let order = if descending { " DESC" } else { " ASC" };
    let beyond = if descending { "<" } else { ">" };
    let column = match key {
        SortKey::UpdatedAt => "mandates.updated_at",
        SortKey::Name => "dossiers.name_sort",
        SortKey::EndsOn => ENDS_ON,
    };
    let mut query =
        query.order((sql::<Text>(&format!("{column}{order}")), sql::<Text>(&format!("mandates.id{order}"))));
    let condition = |value: Box<dyn Fn(Kept) -> Kept>, id: String| {
        // The first comparison is what an index seeks by.
        let start = value(Kept::new(format!("({column} {beyond}= ")));
        let further = value(start.sql(format!(" AND ({column} {beyond} ")));
        further.sql(format!(" OR mandates.id {beyond} ")).text(id).sql("))")
    };
    match after {
        Some(Place::Number(value, id)) => {
            query = query.filter(condition(Box::new(move |k: Kept| k.number(value)), id));
        }
        Some(Place::Text(value, id)) => {
            query = query.filter(condition(Box::new(move |k: Kept| k.text(value.clone())), id));
        }
        None => {}
    }
    type Found = (Row, String, String, bool);
    let rows: Vec<Found> =
        query.select((Row::as_select(), dossiers::card, dossiers::name_sort, sql::<Bool>(REACHABLE))).load(conn)?;
    rows.into_iter()
        .map(|(row, card, name_sort, reachable)| {
            let card = whole_card(conn, &row.dossier_id, card)?;
            Ok(Listed {
                dossier: read(&card, "card of its dossier", &row.id)?,
                mandate: row.mandate()?,
                name_sort,
                reachable,
            })
        })
        .collect()
}

pub fn count(conn: &mut Conn, scope: &Scope, wanted: &Wanted) -> Result<i64> {
    wanted!(scope, wanted, None).count().get_result(conn)
}

/// Counts by value of one filter, the others as they are, the most frequent first.
pub fn facet(conn: &mut Conn, scope: &Scope, wanted: &Wanted, facet: Facet) -> Result<Vec<(String, i64)>> {
    let query = wanted!(scope, wanted, Some(facet));
    let values: Vec<String> = match facet {
        Facet::Kind => query.select(mandates::kind).load(conn),
        Facet::State => query.select(mandates::state).load(conn),
    }?;
    Ok(tally(values))
}

/// Every mandate that the filters take, in the order of the names.
pub fn taken(conn: &mut Conn, scope: &Scope, wanted: &Wanted) -> Result<Vec<Mandate>> {
    let rows: Vec<Row> =
        wanted!(scope, wanted, None).order((dossiers::name_sort, mandates::id)).select(Row::as_select()).load(conn)?;
    all(rows)
}

/// Dossiers of the mandates that the filters take: name as it is sorted, dossier, mandate.
pub fn taken_dossiers(conn: &mut Conn, scope: &Scope, wanted: &Wanted) -> Result<Vec<(String, DossierId, MandateId)>> {
    let rows: Vec<(String, String, String)> =
        wanted!(scope, wanted, None).select((dossiers::name_sort, mandates::dossier_id, mandates::id)).load(conn)?;
    rows.into_iter().map(|(name, dossier, id)| Ok((name, parsed(&dossier)?, parsed(&id)?))).collect()
}

/// Mandates of dossiers that were accepted after a moment, each its own.
pub fn accepted_since(conn: &mut Conn, cabinet: CabinetId, since: &[(DossierId, DateTime<Utc>)]) -> Result<u64> {
    let after: HashMap<String, i64> = since.iter().map(|(id, at)| (id.to_string(), to_db(*at))).collect();
    let ids: Vec<&String> = after.keys().collect();
    let mut count = 0;
    for chunk in ids.chunks(500) {
        let rows: Vec<(String, Option<i64>)> = mandates::table
            .filter(crate::dialect::and_of("mandates.cabinet_id", cabinet))
            .filter(mandates::dossier_id.eq_any(chunk.iter().copied()))
            .select((mandates::dossier_id, mandates::accepted_at))
            .load(conn)?;
        count += rows.iter().filter(|(id, at)| at.zip(after.get(id)).is_some_and(|(at, since)| at >= *since)).count();
    }
    Ok(count as u64)
}

//! Mandates: what clients sign. A mandate is in sight of whom its dossier is in sight of.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::mandate::SignedBy;
use domain::{
    CabinetId, CampaignId, DossierId, MailId, MandateEvent, MandateId, MandateKind, MandateState, MandateTerms,
};
use serde::{Deserialize, Serialize};

use crate::dossiers::{Filter, filtered};
use crate::people::parsed;
use crate::schema::{cabinets, dossiers, mandates};
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
        let rows: Vec<Row> = filtered(scope, &Filter::default(), None)
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
        .order((diesel::dsl::sql::<diesel::sql_types::BigInt>("LENGTH(number)").desc(), mandates::number.desc()))
        .select(mandates::number)
        .first(conn)
        .optional()?;
    Ok(last.and_then(|n| n.strip_prefix(prefix).and_then(|n| n.parse().ok())).unwrap_or_default())
}

/// Name of a cabinet, for what is done without anybody asking.
pub fn cabinet_name(conn: &mut Conn, cabinet: CabinetId) -> Result<String> {
    cabinets::table.find(cabinet.to_string()).select(cabinets::name).first(conn)
}

//! Messages put into the outbox, in the transaction of what causes them.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use contract::{MailPurpose, MailState};
use domain::{CabinetId, DocumentId, DossierId, EnrolmentId, MailId, MandateId, MandateState, RelanceStepId};
use serde::{Deserialize, Serialize};
use store::Conn;
use store::dossiers::Stored;
use store::links::Link;
use store::mails::{By, Mail};
use store::mandates::Mandate;

use super::compose::{self, Letter, Written};
use crate::session::whole_micros;
use crate::{App, Result, ids, links};

/// What a message is about, beside its dossiers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    #[serde(default)]
    pub mandates: Vec<MandateId>,
    /// Files that it encloses.
    #[serde(default)]
    pub documents: Vec<DocumentId>,
    /// Steps of sequences that it bears.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relances: Vec<Bears>,
    /// Which of the link's one-time codes it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// Addresses that it went to before somebody had it sent again, in lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<String>,
}

/// A step of a sequence in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bears {
    pub enrolment: EnrolmentId,
    pub step: RelanceStepId,
    /// It went before its time, with another step to the same contact.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub along: bool,
}

/// A message before it has a row.
pub(crate) struct Parcel<'a> {
    pub purpose: MailPurpose,
    pub about: &'a About,
    pub link: &'a Link,
    /// Address and name.
    pub to: (&'a str, &'a str),
    pub dossiers: Vec<DossierId>,
    pub by: &'a By,
}

/// Puts a message into the outbox.
pub(crate) fn insert(
    conn: &mut Conn,
    app: &App,
    parcel: Parcel<'_>,
    written: Written,
    now: DateTime<Utc>,
) -> Result<MailId> {
    let Parcel { purpose, about, link, to, dossiers, by } = parcel;
    let id = ids::mail();
    let domain = app.settings.mail_from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    store::mails::insert(
        conn,
        &Mail {
            id,
            cabinet: link.cabinet,
            purpose: purpose.to_string(),
            state: MailState::Queued.to_string(),
            to_address: to.0.to_owned(),
            to_name: to.1.to_owned(),
            from_name: written.from_name,
            reply_to: written.reply_to.unwrap_or_default(),
            subject: written.subject,
            body: written.body,
            html: written.html.unwrap_or_default(),
            about: serde_json::to_string(about)?,
            link: Some(link.id),
            message_id: format!("<{id}@{domain}>"),
            by: by.clone(),
            attempts: 0,
            error: String::new(),
            receipt: String::new(),
            provider_id: String::new(),
            round: 0,
            dossiers,
            next_at: Some(whole_micros(now)),
            created_at: whole_micros(now),
            sent_at: None,
        },
    )?;
    Ok(id)
}

/// Queues one reminder for each contact of these mandates, those that were sent or opened; answers how many. In the
/// transaction of the caller, which holds the cabinet's lock. The step is taken when the reminder has left.
pub fn remind(
    conn: &mut Conn,
    app: &App,
    cabinet: CabinetId,
    mandates: &[MandateId],
    by: &By,
    now: DateTime<Utc>,
) -> Result<u64> {
    let mut found = Vec::with_capacity(mandates.len());
    for id in mandates {
        let mandate = store::mandates::of_cabinet(conn, cabinet, *id)?;
        if matches!(mandate.state, MandateState::Sent | MandateState::Opened) {
            found.push(mandate);
        }
    }
    let groups = by_contact(conn, cabinet, found)?;
    let mut queued = 0;
    for group in groups.groups {
        let link = links::for_contact(conn, app, cabinet, &group.email, &group.name, &group.dossiers, now)?;
        let letter = Letter { reminder: true, ..group.letter(&link) };
        let written = compose::request(conn, cabinet, &letter, now)?;
        let about = About { mandates: group.ids(), ..About::default() };
        let purpose = MailPurpose::MandateReminder;
        let to = (group.email.as_str(), group.name.as_str());
        let dossiers = group.dossier_ids();
        insert(conn, app, Parcel { purpose, about: &about, link: &link, to, dossiers, by }, written, now)?;
        queued += 1;
    }
    Ok(queued)
}

/// When each of these mandates was reminded of last, since a moment; a reminder that waits to leave counts.
pub(crate) fn reminded_since(
    conn: &mut Conn,
    cabinet: CabinetId,
    mandates: &[Mandate],
    since: DateTime<Utc>,
) -> Result<HashMap<MandateId, DateTime<Utc>>> {
    let mut found: HashMap<MandateId, DateTime<Utc>> = HashMap::new();
    let over = [MailState::Cancelled, MailState::Failed, MailState::Bounced].map(MailState::as_str);
    let purpose = MailPurpose::MandateReminder.as_str();
    let wanted: HashSet<MandateId> = mandates.iter().map(|m| m.id).collect();
    for (about, at) in store::mails::about_since(conn, cabinet, purpose, &over, since)? {
        let about: About = serde_json::from_str(&about)?;
        for id in about.mandates.into_iter().filter(|id| wanted.contains(id)) {
            let last = found.entry(id).or_insert(at);
            *last = at.max(*last);
        }
    }
    Ok(found)
}

/// Mandates of one contact, with their dossiers.
pub(super) struct Group {
    pub email: String,
    pub name: String,
    pub mandates: Vec<Mandate>,
    pub dossiers: Vec<Stored>,
}

impl Group {
    pub fn ids(&self) -> Vec<MandateId> {
        self.mandates.iter().map(|m| m.id).collect()
    }

    pub fn dossier_ids(&self) -> Vec<DossierId> {
        self.dossiers.iter().map(|d| d.id).collect()
    }

    pub fn letter<'a>(&'a self, link: &'a Link) -> Letter<'a> {
        Letter { name: &self.name, mandates: &self.mandates, dossiers: &self.dossiers, link, reminder: false }
    }
}

pub(super) struct Groups {
    pub groups: Vec<Group>,
    /// Nobody can be written to.
    pub without: Vec<Mandate>,
}

/// Mandates of a cabinet by the address of their contact, each address once however it is written.
pub(super) fn by_contact(conn: &mut Conn, cabinet: CabinetId, mandates: Vec<Mandate>) -> Result<Groups> {
    let mut wanted: Vec<DossierId> = mandates.iter().map(|m| m.dossier).collect();
    wanted.sort();
    wanted.dedup();
    let mut dossiers: HashMap<DossierId, Stored> =
        store::dossiers::of_cabinet(conn, cabinet, &wanted)?.into_iter().map(|d| (d.id, d)).collect();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = Groups { groups: Vec::new(), without: Vec::new() };
    for mandate in mandates {
        let contact = match found.groups.iter().find(|g| g.dossiers.iter().any(|d| d.id == mandate.dossier)) {
            Some(group) => Some((group.email.clone(), group.name.clone())),
            None => dossiers
                .get(&mandate.dossier)
                .and_then(|d| d.facts.addressee())
                .map(|c| (c.email.clone().unwrap_or_default().to_lowercase(), c.name.clone().unwrap_or_default())),
        };
        let Some((email, name)) = contact.filter(|(email, _)| crate::email::is_plausible(email)) else {
            found.without.push(mandate);
            continue;
        };
        let place = *places.entry(email.clone()).or_insert_with(|| {
            found.groups.push(Group { email, name, mandates: Vec::new(), dossiers: Vec::new() });
            found.groups.len() - 1
        });
        let group = &mut found.groups[place];
        if let Some(dossier) = dossiers.remove(&mandate.dossier) {
            group.dossiers.push(dossier);
        }
        group.mandates.push(mandate);
    }
    Ok(found)
}

/// Queues the one-time code of a signature. The code itself is not in it.
pub(crate) fn queue_code(conn: &mut Conn, app: &App, link: &Link, to: &str, now: DateTime<Utc>) -> Result<MailId> {
    let dossiers = store::dossiers::of_cabinet(conn, link.cabinet, &link.dossiers)?;
    let written = compose::code(conn, link, &dossiers)?;
    let about = About { code: Some(link.code.sent), ..About::default() };
    let by = By { user: None, name: link.contact_name.clone() };
    let purpose = MailPurpose::SignatureCode;
    let (to, dossiers) = ((to, link.contact_name.as_str()), link.dossiers.clone());
    insert(conn, app, Parcel { purpose, about: &about, link, to, dossiers, by: &by }, written, now)
}

/// Queues the signed documents, for who signed them.
pub(crate) fn queue_copy(
    conn: &mut Conn,
    app: &App,
    link: &Link,
    to: &str,
    documents: &[(MandateId, DocumentId)],
    now: DateTime<Utc>,
) -> Result<MailId> {
    let dossiers = store::dossiers::of_cabinet(conn, link.cabinet, &link.dossiers)?;
    // A signature of a provider has two files, one of them its account.
    let mut about: Vec<MandateId> = documents.iter().map(|(m, _)| *m).collect();
    about.dedup();
    let mut mandates = Vec::with_capacity(about.len());
    for id in &about {
        mandates.push(store::mandates::of_cabinet(conn, link.cabinet, *id)?);
    }
    let written = compose::copy(conn, link, &mandates, &dossiers)?;
    let about = About { mandates: about, documents: documents.iter().map(|(_, d)| *d).collect(), ..About::default() };
    let mut of: Vec<DossierId> = mandates.iter().map(|m| m.dossier).collect();
    of.sort();
    of.dedup();
    let by = By { user: None, name: link.contact_name.clone() };
    let (purpose, to) = (MailPurpose::SignedCopy, (to, link.contact_name.as_str()));
    insert(conn, app, Parcel { purpose, about: &about, link, to, dossiers: of, by: &by }, written, now)
}

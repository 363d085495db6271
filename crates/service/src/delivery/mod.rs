//! What became of messages: what the relay said at the handing over, what the provider tells, what comes back by mail, what
//! clients do on a page and what people note. All of it is an event of its message, once; the state of the message follows
//! from its events, and so does what the message was to begin.

mod answers;
pub mod mailbox;
mod provider;
pub mod unsubscribe;

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use contract::{MailEvent as MailEventShape, MailPurpose, MailState};
use domain::delivery::{SILENCE_DAYS, SOFT_BOUNCES, Told, became};
use domain::relance::outcome;
use domain::{
    AnswerWay, CabinetId, MailEventId, MailEventKind, MailEventSource, MailId, MandateEvent, MandateState,
    SuppressionReason, Text,
};
use serde::{Deserialize, Serialize};
use store::journal::Stamp;
use store::mail_events::{self, MailEvent};
use store::mails::Mail;
use store::suppressions::Suppression;
use store::{Conn, dialect};

pub use answers::{record_answer, undo_answer};
pub use provider::receive_mail_event;

use crate::post::{self, About};
use crate::session::whole_micros;
use crate::{App, Error, Result, email, ids, relances, suppressions, templates};

/// Characters kept of what a source said.
const MOST_SAID: usize = 500;
/// Messages looked at to count refusals in a row.
const LOOKED_BACK: i64 = 50;

/// Of what came from outside since the start of the process.
#[derive(Debug, Default)]
pub struct Counts {
    noted: AtomicU64,
    again: AtomicU64,
    unknown: AtomicU64,
    other: AtomicU64,
}

/// What something that came from outside was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    Noted,
    /// It was known.
    Again,
    /// About a message that is not here.
    Unknown,
    /// About nothing that is kept.
    Other,
}

impl Counts {
    pub(crate) fn count(&self, heard: Heard) {
        let counter = match heard {
            Heard::Noted => &self.noted,
            Heard::Again => &self.again,
            Heard::Unknown => &self.unknown,
            Heard::Other => &self.other,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// By what they were, for the metrics.
    pub fn read(&self) -> [(&'static str, u64); 4] {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [
            ("noted", of(&self.noted)),
            ("again", of(&self.again)),
            ("unknown", of(&self.unknown)),
            ("other", of(&self.other)),
        ]
    }
}

/// What is kept beside an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Detail {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<AnswerWay>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_on: Option<NaiveDate>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by_name: String,
    /// The answer that it takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undoes: Option<MailEventId>,
}

/// Something that happened to a message.
#[derive(Debug, Clone)]
pub(crate) struct Happened {
    pub kind: MailEventKind,
    pub source: MailEventSource,
    /// What the same event is known by when it is told again.
    pub key: String,
    /// As the source says; now where it does not.
    pub at: Option<DateTime<Utc>>,
    pub recipient: Option<String>,
    pub said: String,
    pub detail: Detail,
}

impl Happened {
    pub fn new(kind: MailEventKind, source: MailEventSource, key: impl Into<String>) -> Self {
        let (said, detail) = (String::new(), Detail::default());
        Self { kind, source, key: key.into(), at: None, recipient: None, said, detail }
    }
}

/// Whether a message has left, as far as is known.
pub(crate) fn has_left(mail: &Mail) -> bool {
    mail.sent_at.is_some() || mail.state == MailState::Doubtful.as_str()
}

/// Notes what happened to a message, once, and what follows from it. In a write transaction that holds the cabinet's lock,
/// with the message as it stands there.
pub(crate) fn note(
    conn: &mut Conn,
    app: &App,
    mail: &Mail,
    what: Happened,
    now: DateTime<Utc>,
) -> Result<Option<MailEventId>> {
    let now = whole_micros(now);
    let about: About = serde_json::from_str(&mail.about)?;
    let to = mail.to_address.to_lowercase();
    let named = what.recipient.map(|r| r.trim().to_lowercase());
    let former = named.filter(|r| *r != to && about.formerly.contains(r));
    // It waits to leave again: what is told now is about the time before.
    let earlier = former.is_some() || (mail.round > 0 && mail.state == MailState::Queued.as_str());
    let event = MailEvent {
        id: ids::mail_event(),
        cabinet: mail.cabinet,
        mail: mail.id,
        round: if earlier { mail.round - 1 } else { mail.round },
        kind: what.kind,
        // No source knows what is still to come, or what was before the message.
        at: whole_micros(what.at.unwrap_or(now).clamp(mail.created_at.min(now), now)),
        noted_at: now,
        source: what.source,
        key: what.key,
        address: former.unwrap_or(to),
        said: short(&what.said),
        detail: serde_json::to_string(&what.detail)?,
    };
    if !mail_events::add(conn, &event)? {
        return Ok(None);
    }
    let reason = match event.kind {
        MailEventKind::BouncedHard => Some(SuppressionReason::BouncedHard),
        MailEventKind::Complained => Some(SuppressionReason::Complained),
        _ => None,
    };
    if let Some(reason) = reason {
        leave_alone(conn, &event, reason)?;
    }
    settle(conn, app, mail, now)?;
    if event.kind.is_failure() && !earlier {
        let said = if event.said.is_empty() { event.kind.text().fr } else { event.said.clone() };
        let words = format!("{} : {said}", event.address);
        let back = |state| (state, MandateEvent::Bounce, words.clone());
        post::step(conn, app, mail, &[back(MandateState::ToSend), back(MandateState::Sent)], now)?;
    }
    if event.kind == MailEventKind::BouncedSoft
        && in_a_row(conn, mail.cabinet, &event.address, now)? >= SOFT_BOUNCES.value
    {
        leave_alone(conn, &event, SuppressionReason::BouncedSoft)?;
    }
    Ok(Some(event.id))
}

/// Notes what somebody outside tells of a message.
pub(crate) fn note_of(
    app: &App,
    cabinet: CabinetId,
    mail: MailId,
    what: Happened,
    now: DateTime<Utc>,
) -> Result<Heard> {
    app.store.conn()?.write(|conn| -> Result<Heard> {
        dialect::lock_cabinet(conn, cabinet)?;
        let mail = match store::mails::of_cabinet(conn, cabinet, mail) {
            Ok(mail) => mail,
            Err(store::Error::NotFound) => return Ok(Heard::Unknown),
            Err(error) => return Err(error.into()),
        };
        Ok(note(conn, app, &mail, what, now)?.map_or(Heard::Again, |_| Heard::Noted))
    })
}

/// The address of an event is not written to any more.
fn leave_alone(conn: &mut Conn, event: &MailEvent, reason: SuppressionReason) -> Result<()> {
    if !email::is_plausible(&event.address) {
        return Ok(());
    }
    let stamp = Stamp { at: event.noted_at, actor: None, request_id: format!("mail-{}", event.mail) };
    let new = Suppression::new(&event.address, reason, event.noted_at);
    let entry = Suppression { mail: Some(event.mail), said: event.said.clone(), ..new };
    suppressions::add(conn, event.cabinet, &entry, &stamp)
}

/// How many of the last messages to an address were refused for now, one after the other. One of which nothing was heard
/// for days has arrived; of a younger one nothing can be said yet.
fn in_a_row(conn: &mut Conn, cabinet: CabinetId, address: &str, now: DateTime<Utc>) -> Result<u32> {
    let silent = now - Duration::days(i64::from(SILENCE_DAYS.value));
    let mut row = 0;
    for (state, sent_at) in store::mails::last_to(conn, cabinet, address, LOOKED_BACK)? {
        match MailState::try_from(state.as_str()).map_err(Error::internal)? {
            MailState::BouncedSoft => row += 1,
            MailState::Delivered | MailState::Answered => break,
            MailState::Sent if sent_at.is_some_and(|at| at < silent) => break,
            MailState::Sent
            | MailState::Queued
            | MailState::Sending
            | MailState::Doubtful
            | MailState::Bounced
            | MailState::Failed
            | MailState::Cancelled
            | MailState::Blocked
            | MailState::Complained => {}
        }
    }
    Ok(row)
}

/// Brings a message to where its events say that it stands. In a write transaction that holds the cabinet's lock.
pub(crate) fn settle(conn: &mut Conn, app: &App, mail: &Mail, now: DateTime<Utc>) -> Result<()> {
    let state = MailState::try_from(mail.state.as_str()).map_err(Error::internal)?;
    if matches!(state, MailState::Queued | MailState::Sending | MailState::Cancelled | MailState::Failed) {
        return Ok(());
    }
    let events = mail_events::of_mails(conn, mail.cabinet, &[mail.id])?.remove(&mail.id).unwrap_or_default();
    let of_round: Vec<&MailEvent> = events.iter().filter(|e| e.round == mail.round).collect();
    let told = of_round.iter().map(|e| told(e)).collect::<Result<Vec<_>>>()?;
    let to = match became(&told) {
        Some(became) => MailState::try_from(became.as_str()).map_err(Error::internal)?,
        // An answer was taken back, and nothing else is known.
        None if mail.sent_at.is_some() => MailState::Sent,
        None => return Ok(()),
    };
    if to == state {
        return Ok(());
    }
    let failure = of_round.iter().rev().find(|e| to.is_problem() && e.kind.is_failure());
    let error = failure.map(|e| serde_json::to_string(&told_of(e))).transpose()?.unwrap_or_default();
    templates::test_failed(conn, mail, to.as_str(), &error, now)?;
    // Whoever has it is proof that it left, whatever was known until then.
    let arrived = matches!(to, MailState::Delivered | MailState::Answered | MailState::Complained);
    let proved = of_round.iter().map(|e| e.at).min().filter(|_| arrived && mail.sent_at.is_none());
    if store::mails::settle(conn, mail, to.as_str(), &error, mail.sent_at.or(proved))? && proved.is_some() {
        post::step(conn, app, mail, &post::left(mail), now)?;
    }
    if mail.purpose == MailPurpose::Relance.as_str() && (to == MailState::Answered || state == MailState::Answered) {
        relances::answered(conn, mail.cabinet, mail.id, &replies(&of_round, &told), now)?;
    }
    Ok(())
}

/// The answers to a message: the last that stands, and those that were taken back.
fn replies(events: &[&MailEvent], told: &[Told]) -> relances::Replies {
    let mut replies = relances::Replies::default();
    for event in events.iter().filter(|e| e.kind == MailEventKind::Answered) {
        let way = match event.source {
            MailEventSource::Person => outcome::AnswerWay::Hand,
            _ => outcome::AnswerWay::Reply,
        };
        let reply = (whole_micros(event.at), way);
        if told.iter().any(|t| t.undoes == Some(event.id)) {
            replies.taken_back.push(reply);
        } else {
            replies.standing = Some(reply);
        }
    }
    replies
}

fn told(event: &MailEvent) -> Result<Told> {
    let detail: Detail = serde_json::from_str(&event.detail)?;
    Ok(Told { id: event.id, kind: event.kind, at: event.at, undoes: detail.undoes })
}

/// What went wrong, in words.
fn told_of(event: &MailEvent) -> Text {
    let label = event.kind.text();
    if event.said.is_empty() {
        return Text::new(format!("{}.", label.fr), format!("{}.", label.en));
    }
    Text::new(format!("{} : {}.", label.fr, event.said), format!("{}: {}.", label.en, event.said))
}

/// The events of a message as the API shows them.
pub(crate) fn shown(conn: &mut Conn, mail: &Mail) -> Result<Vec<MailEventShape>> {
    let events = mail_events::of_mails(conn, mail.cabinet, &[mail.id])?.remove(&mail.id).unwrap_or_default();
    let details = events.iter().map(|e| Ok(serde_json::from_str(&e.detail)?)).collect::<Result<Vec<Detail>>>()?;
    let undone: Vec<MailEventId> = details.iter().filter_map(|d| d.undoes).collect();
    let shapes = events.into_iter().zip(details).map(|(event, detail)| MailEventShape {
        id: event.id,
        kind: event.kind,
        label: event.kind.text(),
        at: event.at,
        source: event.source,
        earlier: event.round < mail.round,
        said: Some(event.said).filter(|s| !s.is_empty()),
        how: detail.how,
        answered_on: detail.answered_on,
        by_name: Some(detail.by_name).filter(|n| !n.is_empty()),
        undone: undone.contains(&event.id),
    });
    Ok(shapes.collect())
}

/// What somebody said, short and on one line or a few.
fn short(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    plain.trim().chars().take(MOST_SAID).collect()
}

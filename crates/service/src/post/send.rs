//! Sending: each thread keeps one connection for many messages. A message is looked at again at the moment of its sending
//! (withdrawn, signed meanwhile, its address refused), noted as being handed over at the last moment before the peer can
//! have it, and ended with what the peer answered.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use contract::{MailPurpose, MailState};
use domain::{CabinetId, MailEventKind, MailEventSource, MandateEvent, MandateId, MandateState, Text};
use gateway::mail::{Address, Attachment, Kind, MailError, Receipt, Session};
use store::journal::Stamp;
use store::mails::{End, Mail, is_own};
use store::mandates::Mandate;
use store::suppressions::Suppression;
use store::{Conn, dialect};

use super::compose::{self, CODE, LINK, Letter, UNSUBSCRIBE};
use super::queue::About;
use super::{REST, lock};
use crate::delivery::{self, Happened, unsubscribe};
use crate::html::escape;
use crate::mandates::Detail;
use crate::{App, Error, Result, links, mandates, relances, suppressions, templates, time};

/// Waits before the next tries of a message that could not be handed over; after the last one it has failed.
const WAITS: [u64; 6] = [60, 300, 1_800, 7_200, 21_600, 43_200];
/// A connection without work for so long is given back.
const IDLE: Duration = Duration::from_secs(20);

/// The connection of a thread, made at its first message.
struct Line {
    session: Option<Box<dyn Session>>,
    used: Instant,
}

impl Line {
    fn new() -> Self {
        Self { session: None, used: Instant::now() }
    }
}

pub(super) fn work(app: &App, stop: &AtomicBool) {
    let mut line = Line::new();
    while !stop.load(Ordering::Relaxed) {
        if app.shared.post.is_paused() {
            app.shared.post.wait(REST);
            // Whoever was woken waits on, or a problem would be looked at in a circle.
            std::thread::sleep(Duration::from_millis(100));
            continue;
        }
        match next(app, &mut line) {
            Ok(true) => {}
            Ok(false) => {
                if line.used.elapsed() > IDLE {
                    line.session = None;
                }
                app.shared.post.wait(Duration::from_millis(500));
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(error) => {
                tracing::warn!(%error, "messages cannot be sent, it will be tried again");
                app.shared.post.wait(Duration::from_secs(5));
            }
        }
    }
}

/// Sends what is due on this thread; how many were tried.
pub(super) fn drain(app: &App) -> Result<u64> {
    let mut line = Line::new();
    let mut done = 0;
    while !app.shared.post.is_paused() && next(app, &mut line)? {
        done += 1;
    }
    Ok(done)
}

fn next(app: &App, line: &mut Line) -> Result<bool> {
    let mut conn = app.store.conn()?;
    let now = app.clock();
    // Looking costs no lock; taking does.
    if !store::mails::any_due(&mut conn, now)? {
        return Ok(false);
    }
    if line.session.is_none() {
        match app.mailer().open() {
            Ok(session) => line.session = Some(session),
            Err(error) => {
                pause(app, &error);
                return Ok(false);
            }
        }
    }
    let Some(mail) = conn.write(|conn| store::mails::lease(conn, &app.settings.worker, now))? else { return Ok(false) };
    drop(conn);
    lock(&app.shared.post.in_hand).insert(mail.id);
    let outcome = one(app, line, &mail);
    lock(&app.shared.post.in_hand).remove(&mail.id);
    line.used = Instant::now();
    outcome.map(|()| true)
}

/// The way itself does not work.
fn pause(app: &App, error: &MailError) {
    let why = Text::new(error.sentence(domain::Lang::Fr), error.sentence(domain::Lang::En));
    tracing::warn!(problem = %why.en, "mail does not leave");
    super::pause(app, &why);
}

/// What became of a message before it was handed over.
enum Ready {
    Go(Box<gateway::mail::Mail>),
    /// It is not sent any more.
    Stop(MailState, Text),
    /// Its address is not written to.
    Held(Suppression),
}

fn one(app: &App, line: &mut Line, mail: &Mail) -> Result<()> {
    let ready = match prepare(app, mail) {
        Ok(ready) => ready,
        Err(error) => {
            // A file that cannot be fetched, a database that does not answer: later.
            tracing::warn!(mail = %mail.id, %error, "a message could not be made ready");
            let why = Text::new(
                "Le message n’a pas pu être préparé : un document n’est pas lisible pour l’instant.",
                "The message could not be made ready: a document cannot be read for now.",
            );
            return later(app, mail, why, String::new(), None);
        }
    };
    let message = match ready {
        Ready::Stop(state, why) => return stopped(app, mail, state, &why, MandateEvent::Withdraw),
        Ready::Held(entry) => return held(app, mail, &entry),
        Ready::Go(message) => message,
    };
    let Some(session) = line.session.as_mut() else { return Err(Error::internal("a sender without a connection")) };
    // A name or an address for answers that cannot be written is one firm's own, and holds up nobody else's mail.
    if let Err(MailError::Setup { what, fix }) = readable(&message) {
        if readable(&nameless(&message)).is_ok() {
            let why = Text::new(format!("{} : {}.", what.fr, fix.fr), format!("{}: {}.", what.en, fix.en));
            return end(app, mail, &failed(told(&why)?), &[]);
        }
        pause(app, &MailError::Setup { what, fix });
        return again(app, mail, String::new(), app.clock(), false);
    }
    let mut taken_back = false;
    let message_id = message.message_id().unwrap_or_else(|_| mail.message_id.clone());
    let sent = session.send(&message, &mut || {
        let noted = app.store.conn().and_then(|mut conn| {
            conn.write(|conn| store::mails::handing_over(conn, &app.settings.worker, mail.id, &message_id, app.clock()))
        });
        match noted {
            Ok(true) => Ok(()),
            Ok(false) => {
                taken_back = true;
                Err(not_noted())
            }
            Err(error) => {
                tracing::warn!(mail = %mail.id, %error, "the handing over of a message could not be noted");
                Err(not_noted())
            }
        }
    });
    match sent {
        // Somebody has cancelled it, or another process has it: its row is no longer ours to write.
        Err(_) if taken_back => Ok(()),
        Ok(receipt) => {
            // What has left is written first: this is only about what is told.
            arrived(app, mail, &receipt)?;
            super::works(app)
        }
        Err(MailError::Doubtful { why }) => end(
            app,
            mail,
            &End {
                state: MailState::Doubtful.as_str(),
                error: told(&doubt(&why))?,
                receipt: String::new(),
                provider_id: String::new(),
                next_at: None,
                sent_at: None,
                counts: true,
            },
            &[],
        ),
        Err(MailError::Setup { what, fix }) => {
            line.session = None;
            pause(app, &MailError::Setup { what, fix });
            again(app, mail, String::new(), app.clock(), false)
        }
        Err(MailError::Temporary { why, text, after, .. }) => later(app, mail, why, text, after),
        Err(MailError::Refused { why, permanent: false, text, .. }) => later(app, mail, why, text, None),
        Err(MailError::Refused { why, recipient: true, text, .. }) => bounced(app, mail, why, &text),
        Err(MailError::Refused { why, text, .. }) => {
            let receipt = short(&text);
            end(app, mail, &End { receipt, ..failed(told(&sentence(why))?) }, &[])
        }
    }
}

/// The message without what is large.
fn bare(message: &gateway::mail::Mail) -> gateway::mail::Mail {
    gateway::mail::Mail { attachments: Vec::new(), text: String::new(), html: None, ..message.clone() }
}

/// The same without what a firm has set.
fn nameless(message: &gateway::mail::Mail) -> gateway::mail::Mail {
    let from = Address::new("", message.from.address.as_str());
    gateway::mail::Mail { from, reply_to: None, ..bare(message) }
}

fn readable(message: &gateway::mail::Mail) -> std::result::Result<(), MailError> {
    bare(message).mime().map(drop)
}

fn not_noted() -> MailError {
    let why = Text::new("La remise n’a pas pu être notée", "The handing over could not be noted");
    MailError::Temporary { why, code: None, text: String::new(), after: None }
}

fn sentence(why: Text) -> Text {
    Text::new(format!("{}.", why.fr), format!("{}.", why.en))
}

fn doubt(why: &Text) -> Text {
    Text::new(
        format!(
            "{}. Le message est peut-être arrivé : demandez au client, puis marquez-le arrivé ou renvoyez-le.",
            why.fr
        ),
        format!("{}. The message may have arrived: ask the client, then mark it as arrived or send it again.", why.en),
    )
}

fn told(error: &Text) -> Result<String> {
    Ok(serde_json::to_string(error)?)
}

/// What a peer wrote, short: it is shown, and it is theirs.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

fn failed(error: String) -> End {
    let (receipt, provider_id) = (String::new(), String::new());
    End { state: MailState::Failed.as_str(), error, receipt, provider_id, next_at: None, sent_at: None, counts: true }
}

fn later(app: &App, mail: &Mail, why: Text, text: String, after: Option<Duration>) -> Result<()> {
    let place = usize::try_from(mail.attempts - 1).unwrap_or_default();
    let why = sentence(why);
    let Some(wait) = WAITS.get(place) else {
        let error = Text::new(
            format!("{} Essayé {} fois en vain.", why.fr, mail.attempts),
            format!("{} Tried {} times in vain.", why.en, mail.attempts),
        );
        return end(app, mail, &End { receipt: short(&text), ..failed(told(&error)?) }, &[]);
    };
    let wait = Duration::from_secs(*wait).max(after.unwrap_or_default());
    let at = app.clock() + chrono::Duration::from_std(wait).unwrap_or_default();
    end(
        app,
        mail,
        &End { state: MailState::Queued.as_str(), receipt: short(&text), next_at: Some(at), ..failed(told(&why)?) },
        &[],
    )
}

fn again(app: &App, mail: &Mail, error: String, at: DateTime<Utc>, counts: bool) -> Result<()> {
    let state = MailState::Queued.as_str();
    end(app, mail, &End { state, next_at: Some(at), counts, ..failed(error) }, &[])
}

/// Mandates that were to leave with it are drafts again, with the reason.
fn stopped(app: &App, mail: &Mail, state: MailState, why: &Text, event: MandateEvent) -> Result<()> {
    let end_ = End { state: state.as_str(), ..failed(told(why)?) };
    end(app, mail, &end_, &[(MandateState::ToSend, event, why.fr.clone())])
}

/// What stands against its address holds it back.
fn held(app: &App, mail: &Mail, entry: &Suppression) -> Result<()> {
    let why = suppressions::sentence(entry);
    let (event, why) = if entry.reason.is_bounce() {
        let fix = Text::new(format!("{} Corrigez le contact.", why.fr), format!("{} Correct the contact.", why.en));
        (MandateEvent::Bounce, fix)
    } else {
        (MandateEvent::Withdraw, why)
    };
    stopped(app, mail, MailState::Blocked, &why, event)
}

fn bounced(app: &App, mail: &Mail, why: Text, text: &str) -> Result<()> {
    let why = sentence(why);
    let said = if text.is_empty() { why.fr.clone() } else { short(text) };
    let end_ = End { state: MailState::Bounced.as_str(), receipt: short(text), ..failed(told(&why)?) };
    let mut conn = app.store.conn()?;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, mail.cabinet)?;
        if !store::mails::end(conn, &app.settings.worker, mail.id, &end_)? {
            return Ok(());
        }
        let mail = store::mails::of_cabinet(conn, mail.cabinet, mail.id)?;
        templates::test_failed(conn, &mail, end_.state, &end_.error, app.clock())?;
        let key = format!("relay-{}", mail.round);
        let what = Happened { said, ..Happened::new(MailEventKind::BouncedHard, MailEventSource::Relay, key) };
        delivery::note(conn, app, &mail, what, app.clock())?;
        Ok(())
    })
}

fn arrived(app: &App, mail: &Mail, receipt: &Receipt) -> Result<()> {
    let said = format!("{} : {}", receipt.accepted_by, receipt.provider_id);
    let now = app.clock();
    let end_ = End {
        state: MailState::Sent.as_str(),
        error: String::new(),
        receipt: short(&said),
        provider_id: receipt.provider_id.chars().filter(|c| !c.is_control()).take(200).collect(),
        next_at: None,
        sent_at: Some(now),
        counts: true,
    };
    end(app, mail, &end_, &left(mail))
}

/// The steps that a message which has left means for its mandates.
pub(crate) fn left(mail: &Mail) -> Vec<(MandateState, MandateEvent, String)> {
    let none = String::new();
    match MailPurpose::try_from(mail.purpose.as_str()) {
        Ok(MailPurpose::Mandate) => vec![(MandateState::ToSend, MandateEvent::Send, none)],
        Ok(MailPurpose::MandateReminder) => vec![
            (MandateState::Sent, MandateEvent::Remind, none.clone()),
            (MandateState::Opened, MandateEvent::Remind, none),
        ],
        Ok(MailPurpose::SignatureCode | MailPurpose::SignedCopy | MailPurpose::Relance) | Err(_) => Vec::new(),
    }
}

/// Ends a message, and takes its mandates further: those in the state of a rule by its event. What was told of it while it
/// was being handed over counts from now on.
fn end(app: &App, mail: &Mail, end: &End, events: &[(MandateState, MandateEvent, String)]) -> Result<()> {
    let mut conn = app.store.conn()?;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, mail.cabinet)?;
        if !store::mails::end(conn, &app.settings.worker, mail.id, end)? {
            return Ok(());
        }
        let now = app.clock();
        step(conn, app, mail, events, now)?;
        templates::test_failed(conn, mail, end.state, &end.error, now)?;
        let kept_back = [MailState::Cancelled, MailState::Blocked].iter().any(|s| end.state == s.as_str());
        if kept_back && mail.purpose == MailPurpose::Relance.as_str() {
            // It was held at the last moment: its steps have their turn again.
            relances::take_back(conn, mail.cabinet, mail.id, now)?;
        }
        if end.sent_at.is_some() || end.state == MailState::Doubtful.as_str() {
            let mail = Mail { state: end.state.to_owned(), sent_at: end.sent_at, ..mail.clone() };
            delivery::settle(conn, app, &mail, now)?;
        }
        Ok(())
    })
}

/// Takes the mandates of a message further. In a write transaction that holds the cabinet's lock.
pub(crate) fn step(
    conn: &mut Conn,
    app: &App,
    mail: &Mail,
    events: &[(MandateState, MandateEvent, String)],
    now: DateTime<Utc>,
) -> Result<()> {
    if events.is_empty() || is_own(&mail.purpose) {
        return Ok(());
    }
    let purpose = MailPurpose::try_from(mail.purpose.as_str()).map_err(Error::internal)?;
    let mut wanted = Vec::new();
    for id in about(mail)?.mandates {
        let Some(mandate) = present(conn, mail.cabinet, id)? else { continue };
        if purpose == MailPurpose::Mandate && mandate.mail != Some(mail.id) {
            continue;
        }
        let Some((_, event, text)) = events.iter().find(|(state, _, _)| *state == mandate.state) else { continue };
        let leaves = matches!(event, MandateEvent::Send | MandateEvent::Remind);
        let detail = Detail {
            by_name: Some(mail.by.name.clone()).filter(|n| !n.is_empty()),
            text: Some(text.clone()).filter(|t| !t.is_empty()),
            sent_to: leaves.then(|| mail.to_address.clone()),
            mail: leaves.then_some(mail.id),
            ..Detail::default()
        };
        wanted.push((mandate, *event, detail));
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let judge = app.judge(conn, mail.cabinet, time::paris_day(now))?;
    let stamp = Stamp { at: now, actor: mail.by.user, request_id: format!("mail-{}", mail.id) };
    mandates::steps(conn, &judge, mail.cabinet, &stamp, wanted)?;
    Ok(())
}

/// Mandates that became drafts when their message bounced wait for it again. In a write transaction that holds the
/// cabinet's lock.
pub(crate) fn take_up_again(conn: &mut Conn, app: &App, mail: &Mail, now: DateTime<Utc>) -> Result<()> {
    let mut wanted = Vec::new();
    for id in about(mail)?.mandates {
        if let Some(mandate) = present(conn, mail.cabinet, id)?.filter(|m| m.state == MandateState::Draft) {
            let by_name = Some(mail.by.name.clone()).filter(|n| !n.is_empty());
            wanted.push((mandate, MandateEvent::Prepare, Detail { by_name, ..Detail::default() }));
        }
    }
    let judge = app.judge(conn, mail.cabinet, time::paris_day(now))?;
    let stamp = Stamp { at: now, actor: mail.by.user, request_id: format!("mail-{}", mail.id) };
    let ready: Vec<MandateId> =
        mandates::steps(conn, &judge, mail.cabinet, &stamp, wanted)?.into_iter().map(|m| m.id).collect();
    // A reminder brings what was sent: what is to be sent anew gets a message of its own.
    if mail.purpose == MailPurpose::Mandate.as_str() {
        store::mandates::set_mail(conn, mail.cabinet, &ready, Some(mail.id))?;
    }
    Ok(())
}

fn about(mail: &Mail) -> Result<About> {
    Ok(serde_json::from_str(&mail.about)?)
}

/// A mandate that is still there.
fn present(conn: &mut Conn, cabinet: CabinetId, id: MandateId) -> Result<Option<Mandate>> {
    match store::mandates::of_cabinet(conn, cabinet, id) {
        Ok(mandate) => Ok(Some(mandate)),
        Err(store::Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Looks at a message once more, at the moment of its sending, and writes it as it leaves.
fn prepare(app: &App, mail: &Mail) -> Result<Ready> {
    let about = about(mail)?;
    let now = app.clock();
    let mut conn = app.store.conn()?;
    let purpose = Some(mail.purpose.as_str()).filter(|p| !is_own(p));
    let purpose = purpose.map(MailPurpose::try_from).transpose().map_err(Error::internal)?;
    // What a person of the firm is told of is that person's own to switch off.
    let mandatory = purpose.is_none_or(MailPurpose::is_mandatory);
    let to = std::slice::from_ref(&mail.to_address);
    if let Some(entry) = suppressions::held(&mut conn, mail.cabinet, to, mandatory)?.into_values().next() {
        return Ok(Ready::Held(entry));
    }
    let Some(purpose) = purpose else { return own(app, &mut conn, mail) };
    let link = match mail.link {
        Some(id) => store::links::of_cabinet(&mut conn, mail.cabinet, id)?,
        None => None,
    };
    let Some(link) = link else {
        let gone =
            Text::new("Le lien de ce message n’existe plus.", "The link of this message does not exist any more.");
        return Ok(Ready::Stop(MailState::Cancelled, gone));
    };
    if purpose != MailPurpose::SignedCopy && (link.revoked_at.is_some() || link.expires_at <= now) {
        let over = Text::new(
            "Le lien de ce message a été révoqué, ou n’est plus valable.",
            "The link of this message was revoked, or is not valid any more.",
        );
        return Ok(Ready::Stop(MailState::Cancelled, over));
    }
    let (mut subject, mut text, mut html) = (mail.subject.clone(), mail.body.clone(), mail.html.clone());
    let mut attachments = Vec::new();
    match purpose {
        MailPurpose::Mandate | MailPurpose::MandateReminder => {
            let mut left = Vec::new();
            for id in &about.mandates {
                let Some(mandate) = present(&mut conn, mail.cabinet, *id)? else { continue };
                let waits = match purpose {
                    MailPurpose::Mandate => mandate.mail == Some(mail.id) && mandate.state == MandateState::ToSend,
                    _ => matches!(mandate.state, MandateState::Sent | MandateState::Opened),
                };
                if waits {
                    left.push(mandate);
                }
            }
            if left.is_empty() {
                return Ok(Ready::Stop(
                    MailState::Cancelled,
                    Text::new(
                        "Plus rien à demander : retiré, signé ou refusé entre-temps.",
                        "Nothing to ask any more: withdrawn, signed or refused meanwhile.",
                    ),
                ));
            }
            // Some of it was taken back: the message is written for what is left.
            if left.len() < about.mandates.len() {
                let of: Vec<_> = left.iter().map(|m| m.dossier).collect();
                let dossiers = store::dossiers::of_cabinet(&mut conn, mail.cabinet, &of)?;
                let reminder = purpose == MailPurpose::MandateReminder;
                let letter =
                    Letter { name: &mail.to_name, mandates: &left, dossiers: &dossiers, link: &link, reminder };
                let written = compose::request(&mut conn, mail.cabinet, &letter, now)?;
                (subject, text, html) = (written.subject, written.body, written.html.unwrap_or_default());
            }
        }
        MailPurpose::SignatureCode => {
            let living = about.code == Some(link.code.sent)
                && !link.code.hash.is_empty()
                && link.code.expires_at.is_some_and(|at| at > now);
            if !living {
                let over = Text::new(
                    "Ce code n’est plus valable : un autre a été demandé, ou dix minutes sont passées.",
                    "This code is not valid any more: another was asked for, or ten minutes have passed.",
                );
                return Ok(Ready::Stop(MailState::Cancelled, over));
            }
            let code = links::code(app, &mut conn, link.id, link.code.sent)?;
            (text, html) = (text.replace(CODE, &code), html.replace(CODE, &code));
        }
        MailPurpose::Relance => {
            if let Some(why) = relances::stands_against(&mut conn, mail, &about.relances, now)? {
                return Ok(Ready::Stop(MailState::Cancelled, why));
            }
        }
        MailPurpose::SignedCopy => {
            let all: HashMap<_, _> = store::documents::of_mandates(&mut conn, mail.cabinet, &about.mandates)?;
            for document in all.into_values().flatten().filter(|d| about.documents.contains(&d.id)) {
                let bytes = app.vault().get(&document.key).map_err(Error::internal)?;
                attachments.push(Attachment { name: document.name, media_type: document.media_type, bytes });
            }
        }
    }
    let mut fill = |place: &str, value: &str| {
        text = text.replace(place, value);
        html = html.replace(place, &escape(value));
    };
    if mail.body.contains(LINK) || mail.html.contains(LINK) {
        fill(LINK, &links::address(app, &mut conn, link.id)?);
    }
    let mut headers = Vec::new();
    if !mandatory {
        let token = unsubscribe::token(app, &mut conn, mail)?;
        fill(UNSUBSCRIBE, &unsubscribe::address(app, &token));
        headers = unsubscribing(app, &token);
    }
    let parts = Parts { subject, text, html: Some(html).filter(|h| !h.is_empty()), headers, attachments };
    Ok(written(app, mail, parts))
}

/// The headers by which mail programs offer to unsubscribe with one press (RFC 2369, RFC 8058).
fn unsubscribing(app: &App, token: &str) -> Vec<(String, String)> {
    let mut ways = format!("<{}>", unsubscribe::address(app, token));
    if app.settings.mail_is_read {
        ways.push_str(&format!(", <mailto:{}?subject=desabonnement%20{token}>", app.settings.mail_from));
    }
    vec![
        ("List-Unsubscribe".to_owned(), ways),
        ("List-Unsubscribe-Post".to_owned(), "List-Unsubscribe=One-Click".to_owned()),
    ]
}

/// To a person of the firm: a digest, a text on trial. For whoever is still of it.
fn own(app: &App, conn: &mut Conn, mail: &Mail) -> Result<Ready> {
    let people: Vec<_> = mail.by.user.into_iter().collect();
    if store::notifications::recipients(conn, mail.cabinet, &people)?.is_empty() {
        let gone = Text::new("Cette personne n’est plus du cabinet.", "This person is no longer of the firm.");
        return Ok(Ready::Stop(MailState::Cancelled, gone));
    }
    let html = Some(mail.html.clone()).filter(|h| !h.is_empty());
    let (subject, text) = (mail.subject.clone(), mail.body.clone());
    Ok(written(app, mail, Parts { subject, text, html, ..Parts::default() }))
}

/// What is in a message.
#[derive(Default)]
struct Parts {
    subject: String,
    text: String,
    html: Option<String>,
    headers: Vec<(String, String)>,
    attachments: Vec<Attachment>,
}

/// A message as it is handed over.
fn written(app: &App, mail: &Mail, parts: Parts) -> Ready {
    let Parts { subject, text, html, mut headers, attachments } = parts;
    headers.insert(0, ("Auto-Submitted".to_owned(), "auto-generated".to_owned()));
    let reply_to = Some(&mail.reply_to).filter(|r| !r.is_empty()).map(|r| Address::new("", r.as_str()));
    Ready::Go(Box::new(gateway::mail::Mail {
        id: mail.id.to_string(),
        at: mail.created_at,
        from: Address::new(mail.from_name.as_str(), app.settings.mail_from.as_str()),
        reply_to,
        to: Address::new(mail.to_name.as_str(), mail.to_address.as_str()),
        subject,
        text,
        html,
        headers,
        attachments,
    }))
}

/// What a sender that is gone was handing over: in doubt, unless the way knows a message again.
pub(super) fn settle_left(app: &App) -> Result<u64> {
    let mut conn = app.store.conn()?;
    let left = store::mails::left_behind(&mut conn, app.clock())?;
    let mut settled = 0;
    for mail in left {
        let now = app.clock();
        // A folder takes the same message once only.
        let (state, error, next_at) = if app.mailer().kind() == Kind::Folder {
            (MailState::Queued, String::new(), Some(now))
        } else {
            let why =
                Text::new("Le serveur s’est arrêté pendant la remise", "The server stopped during the handing over");
            (MailState::Doubtful, told(&doubt(&why))?, None)
        };
        let done = conn.write(|conn| -> Result<bool> {
            dialect::lock_cabinet(conn, mail.cabinet)?;
            let done = store::mails::settle_left(conn, mail.id, state.as_str(), &error, next_at, now)?;
            if done {
                templates::test_failed(conn, &mail, state.as_str(), &error, now)?;
            }
            Ok(done)
        })?;
        settled += u64::from(done);
        tracing::warn!(mail = %mail.id, state = state.as_str(), "a message was left behind while being handed over");
    }
    Ok(settled)
}

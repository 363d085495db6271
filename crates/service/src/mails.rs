//! Messages to clients, as the firm looks at them: what left, what waits, what went wrong, and what is done about it.

use std::collections::HashMap;

use contract::{
    ItemOutcome, Mail as MailShape, MailAct, MailContent, MailDossier, MailItem, MailPage, MailPurpose, MailQuery,
    MailState, MailStateCount, MailsInput, MailsResult, Nothing,
};
use domain::{DossierId, MailId, MandateEvent, MandateState, SuppressionReason, Text, fold};
use serde_json::json;
use store::mails::{Filter, Mail};
use store::{Conn, Scope, dialect};

use crate::people::entry;
use crate::post::{self, About};
use crate::session::whole_micros;
use crate::{Answer, Call, Error, Result, cursor, delivery, invalid, journal, suppressions};

const MOST: usize = 1_000;

fn shown(conn: &mut Conn, scope: &Scope, mails: Vec<Mail>) -> Result<Vec<MailShape>> {
    let mut wanted: Vec<DossierId> = mails.iter().flat_map(|m| m.dossiers.iter().copied()).collect();
    wanted.sort();
    wanted.dedup();
    // Another client's dossier in the same message stays out of sight of who may not see it.
    let names: HashMap<DossierId, String> =
        store::dossiers::find_many(conn, scope, &wanted)?.into_iter().map(|d| (d.id, d.facts.name)).collect();
    mails
        .into_iter()
        .map(|mail| {
            let about: About = serde_json::from_str(&mail.about)?;
            Ok(MailShape {
                id: mail.id,
                purpose: purpose(&mail)?,
                state: state(&mail)?,
                to: mail.to_address,
                to_name: Some(mail.to_name).filter(|n| !n.is_empty()),
                subject: mail.subject,
                dossiers: mail
                    .dossiers
                    .iter()
                    .filter_map(|id| Some(MailDossier { id: *id, name: names.get(id)?.clone() }))
                    .collect(),
                mandates: about.mandates,
                link_id: mail.link,
                message_id: mail.message_id,
                attempts: u32::try_from(mail.attempts).unwrap_or_default(),
                next_at: mail.next_at.filter(|_| mail.state == MailState::Queued.as_str()),
                error: if mail.error.is_empty() { None } else { Some(serde_json::from_str(&mail.error)?) },
                receipt: Some(mail.receipt).filter(|r| !r.is_empty()),
                created_at: mail.created_at,
                sent_at: mail.sent_at,
                by_name: Some(mail.by.name).filter(|n| !n.is_empty()),
            })
        })
        .collect()
}

fn state(mail: &Mail) -> Result<MailState> {
    MailState::try_from(mail.state.as_str()).map_err(Error::internal)
}

fn filter(query: &MailQuery) -> Filter {
    let q = query.q.as_deref().unwrap_or_default();
    Filter {
        states: query.mail.0.iter().map(ToString::to_string).collect(),
        problems: query.problems,
        purposes: query.purpose.0.iter().map(ToString::to_string).collect(),
        dossier: query.dossier_id,
        words: fold(q).split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect(),
    }
}

pub fn list_mails(call: &Call, _: Nothing, query: MailQuery, _: Nothing) -> Result<Answer<MailPage>> {
    let limit = cursor::limit(query.limit)?;
    let after = query.after.as_deref().map(cursor::read::<1>).transpose()?.map(|[id]| id);
    let scope = call.scope()?;
    let filter = filter(&query);
    let mut conn = call.app.store.conn()?;
    let mut rows = store::mails::list(&mut conn, scope, &filter, after, limit + 1)?;
    let next = (rows.len() as i64 > limit).then(|| {
        rows.truncate(limit as usize);
        rows.last().map(|row| cursor::write(&[&row.id.to_string()]))
    });
    let (mut total, mut states) = (None, None);
    if query.facets == Some(true) {
        let counts = store::mails::states(&mut conn, scope, &filter)?;
        let taken = |state: &str| filter.states.is_empty() || filter.states.iter().any(|s| s == state);
        total = Some(counts.iter().filter(|(state, _)| taken(state)).map(|(_, n)| n).sum());
        let count = |(state, count): (String, u64)| {
            MailState::try_from(state.as_str()).map(|state| MailStateCount { state, count }).map_err(Error::internal)
        };
        states = Some(counts.into_iter().map(count).collect::<Result<_>>()?);
    }
    let data = shown(&mut conn, scope, rows)?;
    let outgoing = post::outgoing(&call.app, &mut conn)?;
    Ok(Answer::new(MailPage { data, next: next.flatten(), total, states, outgoing }))
}

pub fn read_mail(call: &Call, id: MailId, _: Nothing, _: Nothing) -> Result<Answer<MailContent>> {
    content(call, &mut *call.app.store.conn()?, id).map(Answer::new)
}

/// A message with all that is in it, and what became of it.
pub(crate) fn content(call: &Call, conn: &mut Conn, id: MailId) -> Result<MailContent> {
    let scope = call.scope()?;
    let found = store::mails::find(conn, scope, id)?;
    let from = format!("{} <{}>", found.from_name, call.app.settings.mail_from);
    let reply_to = Some(found.reply_to.clone()).filter(|r| !r.is_empty());
    let text = post::shown_text(&call.app, &found.body);
    let html = Some(post::shown_text(&call.app, &found.html)).filter(|h| !h.is_empty());
    let events = delivery::shown(conn, &found)?;
    let optional = !purpose(&found)?.is_mandatory();
    let mail = shown(conn, scope, vec![found])?.pop().ok_or_else(Error::not_found)?;
    Ok(MailContent { mail, from, reply_to, text, html, optional, events })
}

fn purpose(mail: &Mail) -> Result<MailPurpose> {
    MailPurpose::try_from(mail.purpose.as_str()).map_err(Error::internal)
}

/// What an act makes of a message, or why it is left out.
enum Outcome {
    To(MailState),
    Left(Text),
}

fn outcome(act: MailAct, state: MailState) -> Outcome {
    match (act, state) {
        (MailAct::Retry, state) if state.is_problem() => Outcome::To(MailState::Queued),
        (MailAct::Retry, _) => Outcome::Left(Text::new(
            "Ni en échec, ni revenu, ni en doute : rien à renvoyer.",
            "Neither failed, nor come back, nor in doubt: nothing to send again.",
        )),
        (MailAct::Cancel, MailState::Queued | MailState::Failed) => Outcome::To(MailState::Cancelled),
        (MailAct::Cancel, MailState::Sending) => Outcome::Left(Text::new(
            "Le message est en cours de remise : trop tard pour le retirer.",
            "The message is being handed over: too late to take it back.",
        )),
        (MailAct::Cancel, _) => {
            Outcome::Left(Text::new("Rien n’attend plus de partir.", "Nothing waits to leave any more."))
        }
        (MailAct::Arrived, MailState::Doubtful) => Outcome::To(MailState::Sent),
        (MailAct::Arrived, _) => {
            Outcome::Left(Text::new("Ce message n’est pas en doute.", "This message is not in doubt."))
        }
    }
}

pub fn act_on_mails(call: &Call, _: Nothing, _: Nothing, body: MailsInput) -> Result<Answer<MailsResult>> {
    if body.ids.is_empty() || body.ids.len() > MOST {
        return Err(invalid(
            "/ids",
            "count",
            format!("{} messages choisis : de 1 à {MOST} sont possibles.", body.ids.len()),
            format!("{} messages chosen: 1 to {MOST} are possible.", body.ids.len()),
        ));
    }
    let scope = call.scope()?;
    let items = call.app.store.conn()?.write(|conn| -> Result<Vec<MailItem>> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let mut found: HashMap<MailId, Mail> =
            store::mails::find_many(conn, scope, &body.ids)?.into_iter().map(|m| (m.id, m)).collect();
        let mut items = Vec::with_capacity(body.ids.len());
        let mut rows = Vec::new();
        for id in &body.ids {
            let Some(mail) = found.remove(id) else {
                let reason = Some(Text::new("Absent de votre périmètre.", "Not within your scope."));
                items.push(MailItem { mail_id: *id, outcome: ItemOutcome::NotFound, reason });
                continue;
            };
            match outcome(body.act, state(&mail)?) {
                Outcome::Left(reason) => {
                    items.push(MailItem { mail_id: *id, outcome: ItemOutcome::Kept, reason: Some(reason) });
                }
                Outcome::To(to) => match apply(call, conn, &mail, to)? {
                    Some(reason) => {
                        items.push(MailItem { mail_id: *id, outcome: ItemOutcome::Kept, reason: Some(reason) });
                    }
                    None => {
                        let changes = json!({ "mail_state": [mail.state, to], "to": [null, mail.to_address] });
                        let subject = mail.dossiers.first().map(ToString::to_string).unwrap_or_default();
                        rows.push(entry("mail.act", "dossier", subject, &mail.subject, changes));
                        items.push(MailItem { mail_id: *id, outcome: ItemOutcome::Changed, reason: None });
                    }
                },
            }
        }
        store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &rows)?;
        Ok(items)
    })?;
    post::wake(&call.app);
    let changed = items.iter().filter(|i| i.outcome == ItemOutcome::Changed).count() as u64;
    Ok(Answer::new(MailsResult { changed, left_out: items.len() as u64 - changed, items }))
}

/// Puts a message into its new state; answers why not, when it has moved on meanwhile.
fn apply(call: &Call, conn: &mut Conn, mail: &Mail, to: MailState) -> Result<Option<Text>> {
    let now = whole_micros(call.now);
    let mut next = Mail { state: to.to_string(), error: String::new(), ..mail.clone() };
    let events = match to {
        MailState::Queued => {
            // To the address of now: the one before may have been the reason.
            let dossiers = store::dossiers::of_cabinet(conn, mail.cabinet, &mail.dossiers)?;
            let contact = dossiers.iter().find_map(|d| d.facts.addressee());
            let requests = matches!(
                MailPurpose::try_from(mail.purpose.as_str()),
                Ok(MailPurpose::Mandate | MailPurpose::MandateReminder)
            );
            if let (Some(contact), true) = (contact, requests) {
                next.to_address = contact.email.clone().unwrap_or_default().to_lowercase();
                next.to_name = contact.name.clone().unwrap_or_default();
            }
            // A refusal may have passed; who wants no messages is asked first.
            let tried = [SuppressionReason::BouncedHard, SuppressionReason::BouncedSoft];
            let why = "Renvoyé à la main";
            suppressions::lift(conn, mail.cabinet, &next.to_address, &tried, why, &journal::stamp(call))?;
            let to = std::slice::from_ref(&next.to_address);
            let mandatory = purpose(mail)?.is_mandatory();
            if let Some(entry) = suppressions::held(conn, mail.cabinet, to, mandatory)?.into_values().next() {
                let why = suppressions::sentence(&entry);
                return Ok(Some(Text::new(
                    format!("{} Réactivez d’abord l’adresse, avec un motif.", why.fr),
                    format!("{} Take the address up again first, with a reason.", why.en),
                )));
            }
            (next.attempts, next.next_at, next.receipt) = (0, Some(now), String::new());
            (next.round, next.sent_at) = (mail.round + 1, None);
            next.about = formerly(mail, &next.to_address)?;
            Vec::new()
        }
        MailState::Sent => {
            next.sent_at = Some(now);
            next.receipt = "confirmé par le cabinet".to_owned();
            post::left(mail)
        }
        _ => {
            next.next_at = None;
            let why = "Message retiré avant son départ".to_owned();
            vec![(MandateState::ToSend, MandateEvent::Withdraw, why)]
        }
    };
    if !store::mails::set_by_hand(conn, &next, &mail.state)? {
        return Ok(Some(Text::new("Il a changé d’état entre-temps.", "It has changed its state meanwhile.")));
    }
    // Where its client was not reached, its mandates became drafts.
    let drafts = !matches!(state(mail)?, MailState::Failed | MailState::Doubtful);
    if to == MailState::Queued && drafts {
        post::take_up_again(conn, &call.app, &next, call.now)?;
    }
    post::step(conn, &call.app, &next, &events, call.now)?;
    Ok(None)
}

/// What a message is about once it goes to another address: what comes back from the one before is known by it.
fn formerly(mail: &Mail, to: &str) -> Result<String> {
    let mut about: About = serde_json::from_str(&mail.about)?;
    let before = mail.to_address.to_lowercase();
    if before != to && !about.formerly.contains(&before) {
        about.formerly.push(before);
    }
    about.formerly.retain(|address| address != to);
    Ok(serde_json::to_string(&about)?)
}

//! Answers that people of the firm have got: noted, and taken back when noted in error.

use chrono::{DateTime, NaiveDate, Utc};
use contract::{AnswerInput, AnswerUndo, MailContent, Nothing};
use domain::{MailEventKind, MailEventSource, MailId};
use serde_json::{Value, json};
use store::mails::Mail;
use store::{Conn, dialect, mail_events};

use super::{Detail, Happened, has_left, note};
use crate::people::entry;
use crate::{Answer, Call, Error, Result, ids, invalid, journal, mails, time};

/// Characters of a note.
const MOST_NOTE: usize = 500;

pub fn record_answer(call: &Call, id: MailId, _: Nothing, body: AnswerInput) -> Result<Answer<MailContent>> {
    let scope = call.scope()?;
    let (note_text, by) = (body.note.trim().to_owned(), call.actor()?.name.clone());
    let length = note_text.chars().count();
    if length > MOST_NOTE {
        return Err(invalid(
            "/note",
            "too_long",
            format!("{length} caractères : {MOST_NOTE} au plus. Raccourcissez la note."),
            format!("{length} characters: {MOST_NOTE} at most. Shorten the note."),
        ));
    }
    let day = body.answered_on.unwrap_or(call.today());
    let shown = call.app.store.conn()?.write(|conn| -> Result<MailContent> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let mail = store::mails::find(conn, scope, id)?;
        if !has_left(&mail) {
            return Err(Error::conflict(
                "Ce message n’est pas parti : personne n’a pu y répondre. Retirez-le plutôt, s’il n’a plus lieu d’être.",
                "This message has not left: nobody can have answered it. Take it back instead, if it is not needed any more.",
            ));
        }
        check_day(call, &mail, day)?;
        let detail = Detail { how: Some(body.how), answered_on: Some(day), by_name: by.clone(), undoes: None };
        let what = Happened {
            at: Some(at(call, day)),
            said: note_text.clone(),
            detail,
            // Each note is one: two people may have heard two things.
            ..Happened::new(MailEventKind::Answered, MailEventSource::Person, ids::mail_event().to_string())
        };
        note(conn, &call.app, &mail, what, call.now)?;
        let changes = json!({ "answered_on": [null, day], "answered_how": [null, body.how], "detail": [null, note_text] });
        record(call, conn, &mail, "mail.answer", changes)?;
        mails::content(call, conn, id)
    })?;
    Ok(Answer::new(shown))
}

/// Noon of an earlier day: its hour is not known.
fn at(call: &Call, day: NaiveDate) -> DateTime<Utc> {
    if day == call.today() { call.now } else { time::paris_midnight(day) + chrono::Duration::hours(12) }
}

fn check_day(call: &Call, mail: &Mail, day: NaiveDate) -> Result<()> {
    let (first, last) = (time::paris_day(mail.sent_at.unwrap_or(mail.created_at)), call.today());
    if (first..=last).contains(&day) {
        return Ok(());
    }
    Err(invalid(
        "/answered_on",
        "date_range",
        format!(
            "Le {} : un jour du {} (départ du message) au {} est attendu.",
            time::french(day),
            time::french(first),
            time::french(last)
        ),
        format!("{day}: a day from {first} (the message left) to {last} is expected."),
    ))
}

pub fn undo_answer(call: &Call, id: MailId, _: Nothing, body: AnswerUndo) -> Result<Answer<MailContent>> {
    let scope = call.scope()?;
    let by = call.actor()?.name.clone();
    let shown = call.app.store.conn()?.write(|conn| -> Result<MailContent> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let mail = store::mails::find(conn, scope, id)?;
        let events = mail_events::of_mails(conn, mail.cabinet, &[id])?.remove(&id).unwrap_or_default();
        let answer = events.iter().find(|e| e.id == body.event_id && e.kind == MailEventKind::Answered);
        let Some(answer) = answer else {
            return Err(invalid(
                "/event_id",
                "unknown",
                format!(
                    "« {} » n’est pas une réponse à ce message : prenez l’`id` d’un de ses `events`.",
                    body.event_id
                ),
                format!("“{}” is no answer to this message: take the `id` of one of its `events`.", body.event_id),
            ));
        };
        let detail = Detail { by_name: by.clone(), undoes: Some(answer.id), ..Detail::default() };
        let key = format!("undo-{}", answer.id);
        let what = Happened { detail, ..Happened::new(MailEventKind::AnswerUndone, MailEventSource::Person, key) };
        if note(conn, &call.app, &mail, what, call.now)?.is_none() {
            return Err(Error::conflict("Cette réponse est déjà annulée.", "This answer was taken back before."));
        }
        let changes = json!({ "detail": [answer.said, null] });
        record(call, conn, &mail, "mail.answer_undo", changes)?;
        mails::content(call, conn, id)
    })?;
    Ok(Answer::new(shown))
}

/// The journal row, about the first of the dossiers.
fn record(call: &Call, conn: &mut Conn, mail: &Mail, action: &'static str, changes: Value) -> Result<()> {
    let subject = mail.dossiers.first().map(ToString::to_string).unwrap_or_default();
    let row = entry(action, "dossier", subject, &mail.subject, changes);
    Ok(store::journal::append(conn, mail.cabinet, &journal::stamp(call), &[row])?)
}

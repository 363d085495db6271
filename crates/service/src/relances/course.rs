//! The relances of one dossier: each step of each sequence with its sentence, and why others do not take it.

use std::collections::{BTreeSet, HashMap};

use contract::{ClientPauseShape, CourseStep, DossierCourse, DossierRelances, LeftOutOf, MailState, Nothing};
use domain::relance::outcome::{ContactBy, Ended, Outcome, OutcomeCode, Stage};
use domain::relance::plan::{Addressee, Circumstances, Plan, StepPlan};
use domain::relance::why::Teller;
use domain::relance::{RelanceChannel, RelanceStep, SequenceState};
use domain::{DossierId, EnrolmentId, MailId, RelanceStepId, SequenceId, Text};
use store::enrolments::{self, Enrolled};
use store::relance_settings::Pause;
use store::relances::Relance;
use store::{Conn, Scope};

use super::desk::{Around, Company, Desk, Ready};
use super::hourly::{self, waits_for_its_hour};
use super::plans::with_neighbours;
use crate::{Answer, Call, Result};

impl Desk {
    /// Who tells outcomes of a sequence, on the clock of a client or of the firm.
    pub(super) fn teller<'a>(&'a self, ready: &'a Ready, facts: Option<&Circumstances>) -> Teller<'a> {
        let place = facts.map_or_else(|| self.window.firm(), |f| f.place);
        Teller { now: self.now, place, pauses: &self.rules.pauses, steps: &ready.course.steps }
    }
}

/// Why an enrolment is over, as a sentence.
pub(super) fn over(teller: &Teller<'_>, end: Ended) -> Text {
    sentence(&teller.end(end.why))
}

/// A part of a sentence that stands alone.
pub(super) fn sentence(words: &Text) -> Text {
    let of = |words: &str| {
        let mut letters = words.chars();
        letters.next().map(|c| c.to_uppercase().chain(letters).chain(['.']).collect::<String>()).unwrap_or_default()
    };
    Text::new(of(&words.fr), of(&words.en))
}

/// What became of a message, where that is more than that it left.
pub(super) fn mail_words(state: MailState) -> Option<Text> {
    let (fr, en) = match state {
        MailState::Sent => return None,
        MailState::Queued | MailState::Sending => ("Attend encore de partir.", "Still waits to leave."),
        MailState::Delivered => ("Remise.", "Delivered."),
        MailState::Answered => ("Le client a répondu.", "The client has answered."),
        MailState::Doubtful => ("Peut-être pas arrivée.", "May not have arrived."),
        MailState::Bounced => ("Adresse refusée.", "Address refused."),
        MailState::BouncedSoft => ("Refusée pour l’instant.", "Refused for now."),
        MailState::Blocked => ("Bloquée par le serveur du client.", "Blocked by the client’s server."),
        MailState::Complained => ("Signalée comme indésirable.", "Reported as unwanted."),
        MailState::Failed => ("N’a pas pu partir.", "Could not leave."),
        MailState::Cancelled => ("Retirée avant l’envoi.", "Withdrawn before it left."),
    };
    Some(Text::new(fr, en))
}

fn with(sentence: Text, more: Option<Text>) -> Text {
    match more {
        Some(more) => Text::new(format!("{} {}", sentence.fr, more.fr), format!("{} {}", sentence.en, more.en)),
        None => sentence,
    }
}

/// The sentence of a step that is over, with what became of its message.
pub(super) fn told(teller: &Teller<'_>, row: &Relance, state: Option<MailState>) -> Result<Text> {
    let outcome: Outcome = serde_json::from_str(&row.outcome)?;
    let mut sentence = with(teller.why(outcome, Stage::Over), state.and_then(mail_words));
    if row.test && row.code == OutcomeCode::Sent {
        let note = Text::new("Envoi d’essai : le client n’a rien reçu.", "A test: the client has received nothing.");
        sentence = with(sentence, Some(note));
    }
    if let Some(at) = row.printed_at {
        let day = teller.day(teller.place.day(at));
        sentence =
            with(sentence, Some(Text::new(format!("Imprimée le {}.", day.fr), format!("Printed on {}.", day.en))));
    }
    if row.task_done_at.is_some() {
        let by = &row.by_name;
        sentence = with(sentence, Some(Text::new(format!("Fait par {by}."), format!("Done by {by}."))));
    }
    Ok(sentence)
}

/// States of messages by their id.
pub(super) fn states(conn: &mut Conn, scope: &Scope, rows: &[Relance]) -> Result<HashMap<MailId, MailState>> {
    let ids: Vec<MailId> = rows.iter().filter_map(|r| r.mail).collect();
    let found = store::relances::states_of(conn, scope.cabinet(), &ids)?;
    Ok(found.into_iter().filter_map(|(id, state)| Some((id, MailState::try_from(state.as_str()).ok()?))).collect())
}

pub(super) fn pause_shape(pause: &Pause) -> ClientPauseShape {
    ClientPauseShape {
        from: pause.from,
        to: pause.to,
        reason: pause.reason,
        note: Some(pause.note.clone()).filter(|n| !n.is_empty()),
        by_name: pause.by_name.clone(),
    }
}

pub fn read_dossier_relances(call: &Call, id: DossierId, _: Nothing, _: Nothing) -> Result<Answer<DossierRelances>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    store::dossiers::find(&mut conn, scope, id)?;
    let desk = Desk::read(&mut conn, scope.cabinet(), call.now)?;
    let own = enrolments::of_dossiers(&mut conn, desk.cabinet, &[id], true)?;
    let (around, company) = around_one(&mut conn, &desk, id, own)?;
    let plans = desk.planner().plans(&company.members(&desk)?);
    let ids: Vec<EnrolmentId> = company.enrolled.iter().filter(|e| e.dossier == id).map(|e| e.id).collect();
    let rows = store::relances::of_enrolments(&mut conn, desk.cabinet, &ids)?;
    let states = states(&mut conn, scope, &rows)?;
    let mut courses = Vec::new();
    for (place, plan) in plans.iter().enumerate().filter(|(i, _)| company.enrolled[*i].dossier == id) {
        courses.push(course(&desk, &company, place, plan, &rows, &states)?);
    }
    // What goes on comes first, then the latest.
    courses.sort_by_key(|c| (c.ended_at.is_some(), std::cmp::Reverse(c.joined_at)));
    let left_out = left_out(&desk, &around, &company, id);
    let facts = around.facts(id);
    let seen = company.facts.iter().zip(&company.enrolled).find(|(_, e)| e.dossier == id).map(|(f, _)| *f);
    Ok(Answer::new(DossierRelances {
        pause: around.pause(id).map(pause_shape),
        courses,
        left_out,
        address: facts.map(|f| f.email.clone()).filter(|e| !e.is_empty()),
        address_problem: around.problem(&mut conn, &desk, id)?,
        contacted: seen.and_then(|f| f.contacted.map(|c| last_contact(&desk, &f, c.at, c.by))),
    }))
}

fn last_contact(desk: &Desk, facts: &Circumstances, at: chrono::DateTime<chrono::Utc>, by: ContactBy) -> Text {
    let teller = Teller { now: desk.now, place: facts.place, pauses: &[], steps: &[] };
    let (day, by) = (teller.day(facts.place.day(at)), by.text());
    Text::new(
        format!("Dernier message le {} ({}).", day.fr, by.fr.to_lowercase()),
        format!("Last message on {} ({}).", day.en, by.en.to_lowercase()),
    )
}

/// The enrolments of a dossier, over ones included, and those that go on of others with the same contact.
fn around_one(conn: &mut Conn, desk: &Desk, id: DossierId, own: Vec<Enrolled>) -> Result<(Around, Company)> {
    let ids = with_neighbours(conn, desk.cabinet, &[id])?;
    let mut rows = enrolments::of_dossiers(conn, desk.cabinet, &ids, false)?;
    rows.retain(|e| e.dossier != id);
    rows.extend(own);
    let asking: BTreeSet<SequenceId> = rows.iter().map(|r| r.sequence).collect();
    // Active ones also tell why they do not take it.
    let asks = |s: &&Ready| s.row.state == SequenceState::Active || asking.contains(&s.row.id);
    let mut around = Around::read(conn, desk, Some(&ids), desk.sequences.values().filter(asks), None)?;
    let company = around.seat(desk, rows)?;
    Ok((around, company))
}

fn course(
    desk: &Desk,
    company: &Company,
    place: usize,
    plan: &Plan,
    rows: &[Relance],
    states: &HashMap<MailId, MailState>,
) -> Result<DossierCourse> {
    let row = &company.enrolled[place];
    let ready = desk.sequence(row.sequence)?;
    let facts = &company.facts[place];
    let teller = desk.teller(ready, Some(facts));
    let own: HashMap<RelanceStepId, &Relance> =
        rows.iter().filter(|r| r.enrolment == row.id).map(|r| (r.step_id, r)).collect();
    let mut steps = Vec::new();
    for step in &plan.steps {
        let done = own.get(&step.step).copied();
        let Some(written) = step_of(ready, step, done)? else { continue };
        steps.push(shown((desk, ready), &teller, &written, step, row, done, states)?);
    }
    let ended: Option<Ended> = (!row.ended.is_empty()).then(|| serde_json::from_str(&row.ended)).transpose()?;
    Ok(DossierCourse {
        sequence_id: ready.row.id,
        sequence_name: ready.row.name.clone(),
        purpose: ready.row.purpose,
        state: ready.row.state,
        joined_at: row.joined_at,
        deadline: facts.deadline,
        ended: ended.map(|end| over(&teller, end)),
        ended_at: row.ended_at,
        steps,
    })
}

/// A step as it was when it was done, else as it is written now.
fn step_of(ready: &Ready, step: &StepPlan, done: Option<&Relance>) -> Result<Option<RelanceStep>> {
    if let Some(done) = done {
        return Ok(Some(serde_json::from_str(&done.step)?));
    }
    Ok(ready.course.steps.iter().find(|s| s.id == step.step).cloned())
}

fn shown(
    (desk, ready): (&Desk, &Ready),
    teller: &Teller<'_>,
    written: &RelanceStep,
    step: &StepPlan,
    row: &Enrolled,
    done: Option<&Relance>,
    states: &HashMap<MailId, MailState>,
) -> Result<CourseStep> {
    let number = ready.course.steps.iter().position(|s| s.id == step.step).map_or(0, |n| n + 1);
    let mail = done.and_then(|d| d.mail);
    // What is wrong with the text, and that the hour is full, is known to whoever tried to write it, and not to the plan.
    let hollow = row.next.step == step.step.to_string() && waits_for_text(row);
    let waits = step.stage == Stage::Open && (hollow || waits_for_its_hour(desk, row, step));
    let outcome = if waits { serde_json::from_str(&row.next.outcome)? } else { step.outcome };
    let why = match done {
        Some(done) => told(teller, done, mail.and_then(|id| states.get(&id).copied()))?,
        None => hourly::why(desk, teller, outcome, step.stage),
    };
    Ok(CourseStep {
        id: done.map(|d| d.id),
        step_id: step.step,
        label: written.label(number, ready.written.deadline.as_ref().map(|d| d.source)),
        channel: written.channel,
        tone: written.tone,
        stage: step.stage,
        code: outcome.code(),
        why,
        at: outcome.at(),
        mail_id: mail,
        task: done.is_some_and(is_task),
        printed_at: done.and_then(|d| d.printed_at),
    })
}

fn waits_for_text(row: &Enrolled) -> bool {
    matches!(row.next.code, OutcomeCode::HeldTextIncomplete | OutcomeCode::HeldTextUnreadable)
}

/// A call or letter that waits for a person.
pub(super) fn is_task(row: &Relance) -> bool {
    row.channel != RelanceChannel::Mail && row.code == OutcomeCode::Sent && row.task_done_at.is_none()
}

/// Active sequences that do not chase a dossier, with the reason.
fn left_out(desk: &Desk, around: &Around, company: &Company, id: DossierId) -> Vec<LeftOutOf> {
    let mut all = Vec::new();
    for ready in desk.sequences.values().filter(|s| s.row.state == SequenceState::Active) {
        // What became of those that it is in, or was in, is told there.
        if company.enrolled.iter().any(|e| e.dossier == id && e.sequence == ready.row.id) {
            continue;
        }
        let (sequence_name, why) = (ready.row.name.clone(), around.why_not(ready, id));
        all.push(LeftOutOf { sequence_id: ready.row.id, sequence_name, why });
    }
    all
}

impl Around {
    /// Why a sequence does not take a dossier that was never in it.
    pub(super) fn why_not(&self, ready: &Ready, id: DossierId) -> Text {
        let asked = ready.asked();
        if self.facts(id).is_some_and(|f| asked != 0 && f.missing & asked == 0) {
            return Text::new("Rien ne manque de ce qu’elle demande.", "Nothing of what it asks for is missing.");
        }
        if !self.is_taken(ready, id) {
            return Text::new(
                "Le filtre de la séquence ne prend pas ce dossier.",
                "The filter of the sequence does not take this dossier.",
            );
        }
        Text::new("Il la rejoint au prochain passage.", "It joins at the next run.")
    }

    /// What stands against the address that is written to.
    fn problem(&self, conn: &mut Conn, desk: &Desk, id: DossierId) -> Result<Option<Text>> {
        let Some(facts) = self.facts(id) else { return Ok(None) };
        if facts.email.is_empty() {
            return Ok(Some(Text::new(
                "Aucun contact n’a d’adresse : ajoutez-en une au dossier.",
                "No contact has an address: add one to the dossier.",
            )));
        }
        let to = std::slice::from_ref(&facts.email);
        let held = crate::suppressions::held(conn, desk.cabinet, to, false)?;
        Ok(held.values().next().map(crate::suppressions::sentence))
    }
}

/// Whether a mail of a member can go anywhere.
pub(super) const fn is_reachable(facts: &Circumstances) -> bool {
    matches!(facts.addressee, Addressee::Address(_))
}

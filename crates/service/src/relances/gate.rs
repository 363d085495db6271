//! The last look before a message leaves: the rules at that very moment, with what is true then.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::relance::outcome::{End, Ended, Outcome, Stage};
use domain::relance::plan::{Going, Member, Sending};
use domain::relance::why::Teller;
use domain::{DossierId, SequenceId, Text};
use store::Conn;
use store::enrolments::{self, Enrolled};
use store::mails::Mail;

use super::desk::{Around, Desk};
use crate::Result;
use crate::post::Bears;
use crate::session::whole_micros;

/// Why a message that waits to leave must not leave after all; nothing when it may.
pub(crate) fn stands_against(
    conn: &mut Conn,
    mail: &Mail,
    bears: &[Bears],
    now: DateTime<Utc>,
) -> Result<Option<Text>> {
    let desk = Desk::read(conn, mail.cabinet, whole_micros(now))?;
    let wanted: BTreeSet<_> = bears.iter().map(|b| b.enrolment).collect();
    let rows: Vec<Enrolled> = enrolments::of_dossiers(conn, mail.cabinet, &mail.dossiers, true)?
        .into_iter()
        .filter(|row| wanted.contains(&row.id))
        .map(|row| without(row, bears))
        .collect::<Result<_>>()?;
    let asking: BTreeSet<SequenceId> = rows.iter().map(|r| r.sequence).collect();
    let only: Vec<DossierId> = mail.dossiers.clone();
    let sequences = desk.sequences.values().filter(|s| asking.contains(&s.row.id));
    let mut around = Around::read(conn, &desk, Some(&only), sequences, Some(mail.id))?;
    let company = around.seat(&desk, rows)?;
    let planner = desk.planner();
    for borne in bears {
        let Some(place) = company.enrolled.iter().position(|e| e.id == borne.enrolment) else {
            return Ok(Some(Text::new("Le dossier n’existe plus.", "The dossier does not exist any more.")));
        };
        let course = &desk.sequence(company.enrolled[place].sequence)?.course;
        let (enrolment, facts) = (&company.enrolments[place], &company.facts[place]);
        let going = if borne.along { Going::Along } else { Going::OfItself };
        let outcome = match planner.may_send(Member { course, enrolment, facts }, borne.step, going) {
            Sending::Go => continue,
            Sending::Again(outcome) | Sending::Over(outcome) => outcome,
        };
        let teller = Teller { now: desk.now, place: facts.place, pauses: &desk.rules.pauses, steps: &course.steps };
        return Ok(Some(teller.why(outcome, stage(&outcome))));
    }
    Ok(None)
}

fn stage(outcome: &Outcome) -> Stage {
    if outcome.is_over() { Stage::Over } else { Stage::Open }
}

/// As it stood before the steps of the message were noted as done.
fn without(row: Enrolled, bears: &[Bears]) -> Result<Enrolled> {
    let mut done: Vec<domain::relance::plan::StepDone> = serde_json::from_str(&row.done)?;
    done.retain(|d| !bears.iter().any(|b| b.enrolment == row.id && b.step == d.step));
    let end: Option<Ended> = serde_json::from_str(&row.ended).ok();
    let by_these = matches!(end.map(|e| e.why), Some(End::Completed | End::Maximum { .. }));
    let ended = if by_these { String::new() } else { row.ended.clone() };
    Ok(Enrolled { done: serde_json::to_string(&done)?, ended, ..row })
}

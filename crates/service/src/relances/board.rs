//! Relances at a glance: who is late by purpose, what leaves this week, what waits for a person.

use std::collections::HashMap;

use chrono::Duration;
use contract::{DossierQuery, LatePurpose, MailState, Nothing, RelanceBoard, Several};
use domain::relance::outcome::OutcomeCode;
use domain::relance::{RelancePurpose, SendingMode, SequenceState};
use domain::{SequenceId, Text};
use store::dossiers::Filter;
use store::{Conn, Scope, enrolments, relances};

use super::desk::Desk;
use super::forecast::{held_codes, in_sight};
use super::list::tasks;
use crate::{Answer, Call, Result, post};

const MISSED: [OutcomeCode; 3] =
    [OutcomeCode::MissedNothingRan, OutcomeCode::MissedOvertaken, OutcomeCode::MissedDeadlinePassed];
const WEEK: u32 = 7;
const MISSED_DAYS: i64 = 30;

pub fn read_relance_board(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<RelanceBoard>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let desk = Desk::read(&mut conn, scope.cabinet(), call.now)?;
    let counts = enrolments::counts(&mut conn, scope, &Filter::default(), true)?;
    let all = || counts.values().flatten().copied();
    let sum = |codes: &[OutcomeCode]| {
        all().filter(|(code, _)| codes.contains(code)).map(|(_, n)| n.unsigned_abs()).sum::<u64>()
    };
    let missed = relances::Wanted {
        codes: MISSED.to_vec(),
        since: Some(call.now - Duration::days(MISSED_DAYS)),
        ..Default::default()
    };
    let whole = |counts: HashMap<OutcomeCode, i64>| counts.values().map(|n| n.unsigned_abs()).sum::<u64>();
    let states = relances::mail_states(&mut conn, scope, call.now - Duration::days(i64::from(WEEK)))?;
    let of = |wanted: &[MailState]| -> u64 {
        wanted.iter().filter_map(|s| states.get(s.as_str())).map(|n| n.unsigned_abs()).sum()
    };
    let sent = [MailState::Sent, MailState::Delivered, MailState::Answered, MailState::Complained];
    let bounced = [MailState::Bounced, MailState::BouncedSoft, MailState::Blocked];
    Ok(Answer::new(RelanceBoard {
        mode: desk.rules.mode,
        problem: problem(call, &mut conn, &desk)?,
        purposes: purposes(&mut conn, scope, &desk, &counts)?,
        week: in_sight(&mut conn, scope, &desk, WEEK, None)?,
        approvals: sum(&[OutcomeCode::WaitsApproval]),
        tasks: whole(relances::counts(&mut conn, scope, &tasks())?),
        missed: whole(relances::counts(&mut conn, scope, &missed)?),
        held: held_codes(all()),
        sent: of(&sent),
        answered: of(&[MailState::Answered]),
        bounced: of(&bounced),
    }))
}

/// What keeps everything from leaving now.
fn problem(call: &Call, conn: &mut Conn, desk: &Desk) -> Result<Option<Text>> {
    if desk.rules.mode == SendingMode::Off {
        return Ok(Some(Text::new(
            "L’envoi des relances est coupé : rien ne part avant le mode test ou réel.",
            "The sending of relances is switched off: nothing leaves before test or live mode.",
        )));
    }
    let today = desk.window.firm().day(desk.now);
    if let Some(pause) = desk.rules.pauses.iter().find(|p| p.from <= today && p.to.is_none_or(|to| to >= today)) {
        let end = pause.to.map(|day| day.format("%d/%m/%Y").to_string());
        let (fr, en) = match &end {
            Some(day) => (format!("jusqu’au {day}"), format!("until {day}")),
            None => ("sans date de fin".to_owned(), "without an end date".to_owned()),
        };
        return Ok(Some(Text::new(
            format!("Le cabinet est en pause {fr} : {}.", pause.reason),
            format!("The firm is paused {en}: {}.", pause.reason),
        )));
    }
    Ok(post::outgoing(&call.app, conn)?.problem)
}

fn purposes(
    conn: &mut Conn,
    scope: &Scope,
    desk: &Desk,
    counts: &HashMap<SequenceId, Vec<(OutcomeCode, i64)>>,
) -> Result<Vec<LatePurpose>> {
    let mut all = Vec::new();
    for purpose in RelancePurpose::ALL.iter().copied().filter(|p| !p.criteria().is_empty()) {
        let mask = purpose.criteria().iter().fold(0, |mask, c| mask | c.mask());
        let (late, unreachable) = store::relance_facts::late(conn, scope, mask)?;
        let of: Vec<SequenceId> = desk
            .sequences
            .values()
            .filter(|s| s.row.purpose == purpose && s.row.state == SequenceState::Active)
            .map(|s| s.row.id)
            .collect();
        let codes = || of.iter().filter_map(|id| counts.get(id)).flatten().copied();
        let held: u64 = held_codes(codes()).iter().map(|c| c.count).sum();
        all.push(LatePurpose {
            purpose,
            label: purpose.text(),
            late: late.unsigned_abs(),
            chased: store::relance_facts::chased(conn, scope, &of)?.unsigned_abs(),
            held,
            unreachable: unreachable.unsigned_abs(),
            filter: DossierQuery {
                missing: Several(purpose.criteria().iter().take(1).copied().collect()),
                ..DossierQuery::default()
            },
        });
    }
    Ok(all)
}

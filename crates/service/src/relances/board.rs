//! Relances at a glance: who is late by purpose, what leaves this week, what waits for a person.

use std::collections::HashMap;

use chrono::Duration;
use contract::{DossierQuery, LatePurpose, MailState, Nothing, RelanceBoard, RelanceScopeQuery};
use domain::relance::outcome::OutcomeCode;
use domain::relance::{RelancePurpose, SendingMode, SequenceState};
use domain::{SequenceId, Text};
use store::{Conn, Scope, enrolments, relances};

use super::desk::{Desk, of_portfolios};
use super::forecast::held_codes;
use super::list::tasks;
use crate::{Answer, Call, Result, dossiers, post};

const MISSED: [OutcomeCode; 3] =
    [OutcomeCode::MissedNothingRan, OutcomeCode::MissedOvertaken, OutcomeCode::MissedDeadlinePassed];
const WEEK: u32 = 7;
const MISSED_DAYS: i64 = 30;

pub fn read_relance_board(
    call: &Call,
    _: Nothing,
    query: RelanceScopeQuery,
    _: Nothing,
) -> Result<Answer<RelanceBoard>> {
    let scope = call.scope()?;
    let narrow = of_portfolios(&query.portfolio_id);
    let dossiers = dossiers::filter(&narrow);
    let mut conn = call.app.store.conn()?;
    let desk = Desk::read(&mut conn, scope.cabinet(), call.now)?;
    let counts = enrolments::counts(&mut conn, scope, &dossiers, true)?;
    let all = || counts.values().flatten().copied();
    let sum = |codes: &[OutcomeCode]| {
        all().filter(|(code, _)| codes.contains(code)).map(|(_, n)| n.unsigned_abs()).sum::<u64>()
    };
    let missed = relances::Wanted {
        dossiers: dossiers.clone(),
        codes: MISSED.to_vec(),
        since: Some(call.now - Duration::days(MISSED_DAYS)),
        ..Default::default()
    };
    let whole = |counts: HashMap<OutcomeCode, i64>| counts.values().map(|n| n.unsigned_abs()).sum::<u64>();
    let states = relances::mail_states(&mut conn, scope, &dossiers, call.now - Duration::days(i64::from(WEEK)))?;
    let of = |wanted: &[MailState]| -> u64 {
        wanted.iter().filter_map(|s| states.get(s.as_str())).map(|n| n.unsigned_abs()).sum()
    };
    let sent = [MailState::Sent, MailState::Delivered, MailState::Answered, MailState::Complained];
    let bounced = [MailState::Bounced, MailState::BouncedSoft, MailState::Blocked];
    Ok(Answer::new(RelanceBoard {
        mode: desk.rules.mode,
        problem: problem(call, &mut conn, &desk)?,
        purposes: purposes(&mut conn, scope, &desk, &narrow, &counts)?,
        week: call.app.shared.foretold.days(&mut conn, scope, &desk, (&narrow, WEEK, None), &counts)?,
        approvals: sum(&[OutcomeCode::WaitsApproval]),
        tasks: whole(relances::counts(&mut conn, scope, &relances::Wanted { dossiers, ..tasks() })?),
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
    narrow: &DossierQuery,
    counts: &HashMap<SequenceId, Vec<(OutcomeCode, i64)>>,
) -> Result<Vec<LatePurpose>> {
    let dossiers = dossiers::filter(narrow);
    let missing = store::relance_facts::missing(conn, scope, &dossiers)?;
    let mut all = Vec::new();
    for purpose in RelancePurpose::ALL.iter().copied().filter(|p| !p.criteria().is_empty()) {
        let mask = purpose.mask();
        let lacking = |reached: bool| -> i64 {
            let these = missing.iter().filter(|((bits, reaches), _)| bits & mask != 0 && (*reaches || !reached));
            these.map(|(_, n)| n).sum()
        };
        let (late, reached) = (lacking(false), lacking(true));
        let of: Vec<SequenceId> = desk
            .sequences
            .values()
            .filter(|s| s.row.purpose == purpose && s.row.state == SequenceState::Active)
            .map(|s| s.row.id)
            .collect();
        let codes = || of.iter().filter_map(|id| counts.get(id)).flatten().copied();
        let held: u64 = held_codes(codes()).iter().map(|c| c.count).sum();
        // A dossier is once in a sequence, and may be in several of a purpose.
        let chased: i64 = match of.len() {
            0 | 1 => codes().map(|(_, n)| n).sum(),
            _ => store::relance_facts::chased(conn, scope, &dossiers, &of)?,
        };
        all.push(LatePurpose {
            purpose,
            label: purpose.text(),
            late: late.unsigned_abs(),
            chased: chased.unsigned_abs(),
            held,
            unreachable: (late - reached).unsigned_abs(),
            filter: DossierQuery { late_for: Some(purpose), ..narrow.clone() },
        });
    }
    Ok(all)
}

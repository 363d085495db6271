//! Trials of two texts: what each has brought so far, for whoever writes the next message and whoever looks.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::Duration;
use domain::relance::RelanceStep;
use domain::relance::outcome::OutcomeCode;
use domain::relance::together::{Event, Happening};
use domain::relance::trial::{Trial, TrialCount, TrialRules, TrialText, TrialVerdict};
use domain::{EnrolmentId, RelanceStepId, SequenceId};
use store::enrolments::Enrolled;
use store::relances::Relance;
use store::Conn;

use super::desk::{Company, Desk};
use crate::Result;

/// Days that a message has to be answered before it counts.
const ANSWER_DAYS: i64 = 5;

/// Verdicts by step; none where no second text is tried.
#[derive(Debug, Default)]
pub(super) struct Trials(BTreeMap<RelanceStepId, TrialVerdict>);

impl Trials {
    /// Of the steps that are about to leave.
    pub fn read(conn: &mut Conn, desk: &Desk, events: &[Event], company: &Company) -> Result<Self> {
        let mut sequences: BTreeSet<SequenceId> = BTreeSet::new();
        for event in events {
            let Happening::Step { step, .. } = event.what else { continue };
            let id = company.enrolled[event.member].sequence;
            let steps = &desk.sequence(id)?.course.steps;
            if steps.iter().any(|s| s.id == step && s.variant_id.is_some()) {
                sequences.insert(id);
            }
        }
        let mut verdicts = BTreeMap::new();
        for id in sequences {
            let sent = store::relances::of_sequence(conn, desk.cabinet, id)?;
            let enrolled = store::enrolments::of_sequence(conn, desk.cabinet, id)?;
            for step in desk.sequence(id)?.course.steps.iter().filter(|s| s.variant_id.is_some()) {
                verdicts.insert(step.id, trial(desk, step, &sent, &enrolled).verdict);
            }
        }
        Ok(Self(verdicts))
    }

    pub fn verdict(&self, step: RelanceStepId) -> TrialVerdict {
        self.0.get(&step).copied().unwrap_or(TrialVerdict::Runs { missing: 0 })
    }
}

/// Whether an enrolment ended with what its client did.
pub(super) fn has_answered(row: &Enrolled) -> bool {
    row.ended_at.is_some()
        && matches!(
            row.next.code,
            OutcomeCode::StoppedDone | OutcomeCode::StoppedAnswered | OutcomeCode::StoppedMandateReceived
        )
}

/// The trial of a step from what was sent of its sequence. A message counts once it had its time to be answered; an answer
/// counts for the last message before it.
pub(super) fn trial(desk: &Desk, step: &RelanceStep, sent: &[Relance], enrolled: &[Enrolled]) -> Trial {
    let answered: HashSet<EnrolmentId> = enrolled.iter().filter(|e| has_answered(e)).map(|e| e.id).collect();
    let mut last: BTreeMap<EnrolmentId, &Relance> = BTreeMap::new();
    for row in sent.iter().filter(|r| r.code == OutcomeCode::Sent && !r.test) {
        last.insert(row.enrolment, row);
    }
    let (mut first, mut second) = (TrialCount::default(), TrialCount::default());
    let had_time = desk.now - Duration::days(ANSWER_DAYS);
    for row in sent.iter().filter(|r| r.step_id == step.id && r.code == OutcomeCode::Sent && !r.test) {
        let count = match row.trial {
            Some(TrialText::First) => &mut first,
            Some(TrialText::Second) => &mut second,
            None => continue,
        };
        let is_last = last.get(&row.enrolment).is_some_and(|l| l.id == row.id);
        let hit = answered.contains(&row.enrolment) && is_last;
        if hit || row.at <= had_time {
            count.sent += 1;
            count.answered += u32::from(hit);
        }
    }
    Trial::of(first, second, TrialRules::default())
}

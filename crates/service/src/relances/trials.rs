//! Trials of two texts: what each has brought so far, for whoever writes the next message and whoever looks.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Duration, Utc};
use domain::relance::RelanceStep;
use domain::relance::outcome::OutcomeCode;
use domain::relance::together::{Event, Happening};
use domain::relance::trial::{Trial, TrialCount, TrialRules, TrialText, TrialVerdict};
use domain::{DossierId, EnrolmentId, RelanceStepId, SequenceId};
use store::Conn;
use store::enrolments::Enrolled;
use store::relances::Relance;

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
            let came = Came::read(conn, desk, &enrolled)?;
            for step in desk.sequence(id)?.course.steps.iter().filter(|s| s.variant_id.is_some()) {
                verdicts.insert(step.id, trial(desk, step, &sent, &came).verdict);
            }
        }
        Ok(Self(verdicts))
    }

    pub fn verdict(&self, step: RelanceStepId) -> TrialVerdict {
        self.0.get(&step).copied().unwrap_or(TrialVerdict::Runs { missing: 0 })
    }
}

/// What a client did that was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// Nothing of what was asked for is missing any more.
    Done,
    Answered,
}

/// What came of each enrolment, and when where that is known: how it ended, or what happened after its last step was over.
#[derive(Debug, Default)]
pub(super) struct Came(HashMap<EnrolmentId, (Deed, Option<DateTime<Utc>>)>);

impl Came {
    pub fn read(conn: &mut Conn, desk: &Desk, enrolled: &[Enrolled]) -> Result<Self> {
        let mut came = HashMap::new();
        let mut later: Vec<&Enrolled> = Vec::new();
        for row in enrolled.iter().filter(|e| e.ended_at.is_some()) {
            match row.next.code {
                OutcomeCode::StoppedDone | OutcomeCode::StoppedMandateReceived => {
                    came.insert(row.id, (Deed::Done, row.ended_at));
                }
                OutcomeCode::StoppedAnswered => {
                    came.insert(row.id, (Deed::Answered, row.answered.map(|(at, _)| at).or(row.ended_at)));
                }
                OutcomeCode::StoppedCompleted | OutcomeCode::StoppedMaximum | OutcomeCode::StoppedEscalated => {
                    later.push(row);
                }
                _ => {}
            }
        }
        if later.is_empty() {
            return Ok(Self(came));
        }
        let ids: Vec<DossierId> = later.iter().map(|e| e.dossier).collect::<BTreeSet<_>>().into_iter().collect();
        let facts = store::relance_facts::of(conn, desk.cabinet, Some(&ids))?;
        let missing: HashMap<DossierId, i64> = facts.iter().map(|f| (f.id, f.missing)).collect();
        let first = later.iter().map(|e| e.joined_at).min().unwrap_or(desk.now);
        let visits = store::relance_facts::visits(conn, desk.cabinet, Some(&ids), first)?;
        for row in later {
            let asked = desk.sequence(row.sequence)?.asked();
            let finished = visits.get(&row.dossier).and_then(|v| v.finished_at).filter(|at| *at >= row.joined_at);
            let answered = row.answered.map(|(at, _)| at).or(finished);
            if asked != 0 && missing.get(&row.dossier).is_some_and(|missing| missing & asked == 0) {
                came.insert(row.id, (Deed::Done, answered));
            } else if answered.is_some() {
                came.insert(row.id, (Deed::Answered, answered));
            }
        }
        Ok(Self(came))
    }

    pub fn of(&self, row: &Enrolled) -> Option<Deed> {
        self.0.get(&row.id).map(|(deed, _)| *deed)
    }

    pub fn at(&self, row: &Enrolled) -> Option<DateTime<Utc>> {
        self.0.get(&row.id)?.1
    }
}

/// The trial of a step from what was sent of its sequence. A message counts once it had its time to be answered; an answer
/// counts for the last message before it.
pub(super) fn trial(desk: &Desk, step: &RelanceStep, sent: &[Relance], came: &Came) -> Trial {
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
        let hit = came.0.contains_key(&row.enrolment) && is_last;
        if hit || row.at <= had_time {
            count.sent += 1;
            count.answered += u32::from(hit);
        }
    }
    Trial::of(first, second, TrialRules::default())
}

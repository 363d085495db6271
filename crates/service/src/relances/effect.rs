//! What has come of a sequence: said as what was seen, not as what it caused.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use contract::{MailState, Nothing, SequenceEffect, StepEffect, TrialCountShape, TrialShape};
use domain::relance::outcome::OutcomeCode;
use domain::relance::trial::{TrialText, TrialVerdict};
use domain::relance::{RelanceChannel, RelanceStep};
use domain::{DossierId, EnrolmentId, MailId, SequenceId, TemplateId, Text};
use store::enrolments::{self, Enrolled};
use store::relances::Relance;

use super::course::states;
use super::desk::{Desk, Ready, taken_by};
use super::trials::{has_answered, trial};
use crate::{Answer, Call, Error, Result};

fn days(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    (to - from).num_minutes() as f64 / (24.0 * 60.0)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    let middle = match n {
        0 => return None,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    };
    Some((middle * 10.0).round() / 10.0)
}

/// A message that a client got.
fn reached(row: &Relance) -> bool {
    row.code == OutcomeCode::Sent && row.channel != RelanceChannel::Call && !row.test
}

pub fn read_sequence_effect(
    call: &Call,
    id: SequenceId,
    _: Nothing,
    _: Nothing,
) -> Result<Answer<SequenceEffect>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let desk = Desk::read(&mut conn, scope.cabinet(), call.now)?;
    let Some(ready) = desk.sequences.get(&id) else { return Err(Error::new(contract::Code::NotFound)) };
    let seen = taken_by(&mut conn, scope, &contract::DossierQuery::default(), None)?;
    let mut rows = store::relances::of_sequence(&mut conn, desk.cabinet, id)?;
    rows.retain(|r| seen.contains(&r.dossier));
    let mut enrolled = enrolments::of_sequence(&mut conn, desk.cabinet, id)?;
    enrolled.retain(|e| seen.contains(&e.dossier));
    let states = states(&mut conn, scope, &rows)?;
    let names: BTreeMap<TemplateId, String> =
        store::templates::list(&mut conn, scope)?.into_iter().map(|t| (t.id, t.name)).collect();
    let seen = Seen { desk: &desk, ready, rows: &rows, enrolled: &enrolled, states: &states, names: &names };
    let first: HashMap<EnrolmentId, DateTime<Utc>> = seen.first();
    let mandates = store::mandates::accepted_since(&mut conn, desk.cabinet, &seen.contacted(&first))?;
    Ok(Answer::new(seen.effect(&first, mandates)))
}

struct Seen<'a> {
    desk: &'a Desk,
    ready: &'a Ready,
    rows: &'a [Relance],
    enrolled: &'a [Enrolled],
    states: &'a HashMap<MailId, MailState>,
    names: &'a BTreeMap<TemplateId, String>,
}

impl Seen<'_> {
    /// When each enrolment was written to first.
    fn first(&self) -> HashMap<EnrolmentId, DateTime<Utc>> {
        let mut first = HashMap::new();
        for row in self.rows.iter().filter(|r| reached(r)) {
            first.entry(row.enrolment).or_insert(row.at);
        }
        first
    }

    /// Dossiers that were written to, since when.
    fn contacted(&self, first: &HashMap<EnrolmentId, DateTime<Utc>>) -> Vec<(DossierId, DateTime<Utc>)> {
        self.enrolled.iter().filter_map(|e| Some((e.dossier, *first.get(&e.id)?))).collect()
    }

    fn effect(&self, first: &HashMap<EnrolmentId, DateTime<Utc>>, mandates: u64) -> SequenceEffect {
        let written: Vec<&Enrolled> = self.enrolled.iter().filter(|e| first.contains_key(&e.id)).collect();
        let others: Vec<&Enrolled> = self.enrolled.iter().filter(|e| !first.contains_key(&e.id)).collect();
        let is = |e: &&&Enrolled, code| e.ended_at.is_some() && e.next.code == code;
        let done = |of: &[&Enrolled]| {
            of.iter()
                .filter(|e| is(e, OutcomeCode::StoppedDone) || is(e, OutcomeCode::StoppedMandateReceived))
                .count() as u64
        };
        let took = written.iter().filter(|e| has_answered(e)).filter_map(|e| {
            let from = first.get(&e.id)?;
            Some(days(*from, e.ended_at?))
        });
        SequenceEffect {
            steps: self.ready.course.steps.iter().zip(1..).map(|(s, n)| self.step(s, n)).collect(),
            contacted: written.len() as u64,
            done: done(&written),
            answered: written.iter().filter(|e| is(e, OutcomeCode::StoppedAnswered)).count() as u64,
            mandates,
            median_days: median(took.collect()),
            not_contacted: others.len() as u64,
            not_contacted_done: done(&others),
            note: Text::new(
                "Une observation, pas une preuve : d’autres échanges ont pu jouer, et ceux qui n’ont pas encore été \
                 contactés ne sont pas les mêmes clients.",
                "An observation, not a proof: other exchanges may have counted, and those who were not contacted yet are \
                 not the same clients.",
            ),
        }
    }

    fn step(&self, step: &RelanceStep, number: usize) -> StepEffect {
        let own: Vec<&Relance> = self.rows.iter().filter(|r| r.step_id == step.id && reached(r)).collect();
        let mut last: HashMap<EnrolmentId, domain::RelanceId> = HashMap::new();
        for row in self.rows.iter().filter(|r| reached(r)) {
            last.insert(row.enrolment, row.id);
        }
        // What a client did counts for the last message before it.
        let of: HashSet<EnrolmentId> =
            own.iter().filter(|r| last.get(&r.enrolment) == Some(&r.id)).map(|r| r.enrolment).collect();
        let moved: Vec<&Enrolled> = self.enrolled.iter().filter(|e| of.contains(&e.id) && has_answered(e)).collect();
        let sent_at: HashMap<EnrolmentId, DateTime<Utc>> = own.iter().map(|r| (r.enrolment, r.at)).collect();
        let took = moved.iter().filter_map(|e| Some(days(*sent_at.get(&e.id)?, e.ended_at?)));
        let bounced = own.iter().filter_map(|r| self.states.get(&r.mail?)).filter(|s| {
            matches!(s, MailState::Bounced | MailState::BouncedSoft | MailState::Blocked)
        });
        StepEffect {
            step_id: step.id,
            label: step.label(number, self.ready.written.deadline.as_ref().map(|d| d.source)),
            sent: own.len() as u64,
            answered: moved.iter().filter(|e| e.next.code == OutcomeCode::StoppedAnswered).count() as u64,
            done: moved.iter().filter(|e| e.next.code != OutcomeCode::StoppedAnswered).count() as u64,
            bounced: bounced.count() as u64,
            median_days: median(took.collect()),
            trial: step.variant_id.map(|variant| self.trial(step, variant)),
        }
    }

    fn trial(&self, step: &RelanceStep, variant: TemplateId) -> TrialShape {
        let found = trial(self.desk, step, self.rows, self.enrolled);
        let count = |text, id: TemplateId, of: domain::relance::trial::TrialCount| TrialCountShape {
            text,
            template_name: self.names.get(&id).cloned().unwrap_or_default(),
            sent: u64::from(of.sent),
            answered: u64::from(of.answered),
        };
        TrialShape {
            texts: vec![
                count(TrialText::First, step.template_id, found.first),
                count(TrialText::Second, variant, found.second),
            ],
            chosen: match found.verdict {
                TrialVerdict::Runs { .. } => None,
                TrialVerdict::Better { text } => Some(text),
                TrialVerdict::NoDifference => Some(TrialText::First),
            },
            why: found.why(),
        }
    }
}

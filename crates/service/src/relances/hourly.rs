//! So many messages leave in an hour: what has left and what was promised its time, and who waits for the next hour.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use contract::MailPurpose;
use domain::relance::RelanceChannel;
use domain::relance::outcome::{Hold, Outcome, OutcomeCode, Stage};
use domain::relance::pace::Pace;
use domain::relance::plan::StepPlan;
use domain::relance::why::Teller;
use domain::{DossierId, RelanceStepId, Text};
use store::Conn;
use store::enrolments::{self, Enrolled};

use super::desk::{Company, Desk};
use super::outbox::{Part, Wait};
use crate::Result;

/// What has left within the last hour or is on its way; nothing where the firm sets no limit.
pub(super) fn pace(conn: &mut Conn, desk: &Desk) -> Result<Option<Pace>> {
    let Some(most) = desk.rules.hourly else { return Ok(None) };
    Ok(Some(Pace::new(most, left(conn, desk)?)))
}

/// What is on its way leaves now: so the limit holds when a server that was down comes up again.
fn left(conn: &mut Conn, desk: &Desk) -> Result<Vec<DateTime<Utc>>> {
    let since = desk.now - Duration::hours(1);
    let left = store::mails::left_since(conn, desk.cabinet, MailPurpose::Relance.as_str(), since)?;
    Ok(left.into_iter().map(|at| at.unwrap_or(desk.now)).collect())
}

/// Takes those of the messages away that do not fit into the hour; answers what each of their steps waits for. Needs the
/// cabinet's lock.
pub(super) fn put_off(
    conn: &mut Conn,
    desk: &Desk,
    company: &Company,
    only: &[DossierId],
    mails: &mut BTreeMap<u32, Vec<Part>>,
) -> Result<BTreeMap<usize, (RelanceStepId, Wait)>> {
    let mut waits = BTreeMap::new();
    let Some(most) = desk.rules.hourly.filter(|_| !mails.is_empty()) else { return Ok(waits) };
    let left = left(conn, desk)?;
    let promised = |parts: &[Part]| parts.iter().filter_map(|p| promise(&company.enrolled[p.place])).max();
    let (waited, new): (Vec<u32>, Vec<u32>) =
        mails.keys().partition(|number| mails.get(*number).is_some_and(|parts| promised(parts).is_some()));
    let mut granted = left.clone();
    let mut pace = Pace::new(most, left);
    let mut later: Vec<(u32, DateTime<Utc>)> = Vec::new();
    // Who was promised a time comes first; who is new comes behind all to whom one was promised.
    for number in waited {
        let Some(parts) = mails.get(&number).filter(|parts| !parts.is_empty()) else { continue };
        // Looked at before its time: that stands.
        let early = promised(parts).filter(|(limit, at)| *limit == most && *at > desk.now).map(|(_, at)| at);
        let at = early.or_else(|| pace.take(&desk.window, company.facts[parts[0].place].place, desk.now));
        granted.extend(at);
        later.extend(at.filter(|at| *at > desk.now).map(|at| (number, at)));
    }
    granted.extend(enrolments::promised(conn, desk.cabinet, only, desk.now)?);
    let mut pace = Pace::new(most, granted);
    for number in new {
        let Some(first) = mails.get(&number).and_then(|parts| parts.first()) else { continue };
        let at = pace.take(&desk.window, company.facts[first.place].place, desk.now);
        later.extend(at.filter(|at| *at > desk.now).map(|at| (number, at)));
    }
    for (number, at) in later {
        for part in mails.remove(&number).unwrap_or_default() {
            waits.insert(part.place, (part.step.id, Wait::until(at, most)));
        }
    }
    Ok(waits)
}

/// The limit and the time that the open step of an enrolment was told, if it waits for its hour.
fn promise(row: &Enrolled) -> Option<(u32, DateTime<Utc>)> {
    if row.next.code != OutcomeCode::HeldHourlyLimit {
        return None;
    }
    match serde_json::from_str(&row.next.outcome).ok()? {
        Outcome::Held { reason: Hold::HourlyLimit { most }, leaves_at: Some(at) } => Some((most, at)),
        _ => None,
    }
}

/// Whether a step that would leave now was promised a time, which stands: nothing else has come up, and the limit is the same.
pub(super) fn waits_for_its_hour(desk: &Desk, row: &Enrolled, step: &StepPlan) -> bool {
    let leaves_now = matches!(step.outcome,
        Outcome::Planned { at, channel: RelanceChannel::Mail, .. } if at <= desk.now);
    let promised = || promise(row).is_some_and(|(most, at)| desk.rules.hourly == Some(most) && at > desk.now);
    leaves_now && row.next.step == step.step.to_string() && promised()
}

/// The sentence of a step to come: of a mail it says how many leave in an hour.
pub(super) fn why(desk: &Desk, teller: &Teller<'_>, outcome: Outcome, stage: Stage) -> Text {
    let told = teller.why(outcome, stage);
    match (outcome, desk.rules.hourly) {
        (Outcome::Planned { channel: RelanceChannel::Mail, .. }, Some(most)) => {
            let most = teller.hold(Hold::HourlyLimit { most });
            let with = |said: &str, most: &str| format!("{}, {most}.", said.trim_end_matches('.'));
            Text::new(with(&told.fr, &most.fr), with(&told.en, &most.en))
        }
        _ => told,
    }
}

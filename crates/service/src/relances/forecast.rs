//! The dry run: what will leave on each of the coming days, what is held, and why.

use std::collections::{BTreeMap, HashSet};

use contract::{
    Code, DossierQuery, Forecast, ForecastDay as DayShape, ForecastQuery, ForecastStep, Nothing, SequenceName,
};
use domain::relance::RelanceChannel;
use domain::relance::outcome::OutcomeCode;
use domain::relance::plan::Member;
use domain::relance::together::ForecastDay;
use domain::{SequenceId, Text};
use store::{Conn, Scope};

use super::desk::{Company, Desk, taken_by};
use super::list::counted;
use super::plans::company;
use crate::{Answer, Call, Error, Result, invalid};

const DAYS: u32 = 30;
const MOST_DAYS: u32 = 92;

pub fn forecast_relances(call: &Call, _: Nothing, query: ForecastQuery, _: Nothing) -> Result<Answer<Forecast>> {
    let scope = call.scope()?;
    let days = query.days.unwrap_or(DAYS);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(invalid(
            "/days",
            "out_of_range",
            format!("{days} : un nombre de jours de 1 à {MOST_DAYS} est attendu."),
            format!("{days}: a number of days from 1 to {MOST_DAYS} is expected."),
        ));
    }
    let mut conn = call.app.store.conn()?;
    let desk = Desk::read(&mut conn, scope.cabinet(), call.now)?;
    if query.sequence_id.is_some_and(|id| !desk.sequences.contains_key(&id)) {
        return Err(Error::new(Code::NotFound));
    }
    let days = in_sight(&mut conn, scope, &desk, days, query.sequence_id)?;
    let named: HashSet<SequenceId> = days.iter().flat_map(|d| &d.steps).map(|s| s.sequence_id).collect();
    let sequences = desk.sequences.values().filter(|s| named.contains(&s.row.id));
    let sequences = sequences.map(|s| SequenceName { id: s.row.id, name: s.row.name.clone() }).collect();
    Ok(Answer::new(Forecast { days, sequences, mode: desk.rules.mode }))
}

/// The coming days of the dossiers in sight, of one sequence or of all.
pub(super) fn in_sight(
    conn: &mut Conn,
    scope: &Scope,
    desk: &Desk,
    days: u32,
    only: Option<SequenceId>,
) -> Result<Vec<DayShape>> {
    let seen = taken_by(conn, scope, &DossierQuery::default(), None)?;
    let company = company(conn, desk, None, None)?;
    let members = company.members(desk)?;
    // A contact's other sequences move what one sequence sends, so all are walked and one is told.
    let members: Vec<Member<'_>> = members.into_iter().filter(|m| seen.contains(&m.enrolment.dossier_id)).collect();
    Ok(desk.planner().forecast(&members, days).into_iter().map(|day| shape(desk, day, only)).collect())
}

/// What a whole company would do, told for one sequence: for a preview of what is not kept yet.
pub(super) fn supposed(desk: &Desk, company: &Company, days: u32, only: SequenceId) -> Result<Vec<DayShape>> {
    let members = company.members(desk)?;
    Ok(desk.planner().forecast(&members, days).into_iter().map(|day| shape(desk, day, Some(only))).collect())
}

const fn leaves(code: OutcomeCode) -> bool {
    matches!(code, OutcomeCode::Planned | OutcomeCode::Sent)
}

fn is_held(code: OutcomeCode) -> bool {
    code.as_str().starts_with("held_")
}

fn shape(desk: &Desk, day: ForecastDay, only: Option<SequenceId>) -> DayShape {
    let mut steps = Vec::new();
    let mut reasons: Vec<(OutcomeCode, i64)> = Vec::new();
    let mut sent: BTreeMap<RelanceChannel, u64> = BTreeMap::new();
    let (mut held, mut approvals) = (0, 0);
    for (key, n) in day.steps.iter().filter(|(key, _)| only.is_none_or(|id| id == key.sequence_id)) {
        let count = u64::from(n.count);
        steps.push(ForecastStep {
            sequence_id: key.sequence_id,
            step_id: key.step,
            channel: n.channel,
            code: key.code,
            count,
        });
        if leaves(key.code) {
            *sent.entry(n.channel).or_default() += count;
        } else if key.code == OutcomeCode::WaitsApproval {
            approvals += count;
        } else {
            held += count;
            reasons.push((key.code, i64::from(n.count)));
        }
    }
    // Several steps of a contact are one mail; of one sequence alone each step counts.
    let steps_by_mail = sent.get(&RelanceChannel::Mail).copied().unwrap_or_default();
    let mails = if only.is_some() { steps_by_mail } else { u64::from(day.mails) };
    let of = |channel| sent.get(&channel).copied().unwrap_or_default();
    let reasons = counted(reasons);
    let (calls, letters) = (of(RelanceChannel::Call), of(RelanceChannel::Letter));
    let summary = summary(desk, &day, (mails, calls, letters, approvals), held, &reasons);
    DayShape { day: day.day, mails, calls, letters, approvals, held, steps, reasons, summary }
}

fn summary(
    desk: &Desk,
    day: &ForecastDay,
    (mails, calls, letters, approvals): (u64, u64, u64, u64),
    held: u64,
    reasons: &[contract::OutcomeCount],
) -> Text {
    let many = |n: u64, one: &str, several: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {several}")),
    };
    let list = |parts: [Option<String>; 4], none: &str| {
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { none.to_owned() } else { parts.join(", ") }
    };
    let mut fr = list(
        [
            many(mails, "courriel", "courriels"),
            many(calls, "appel", "appels"),
            many(letters, "lettre", "lettres"),
            many(approvals, "à approuver", "à approuver"),
        ],
        "rien ne part",
    );
    let mut en = list(
        [
            many(mails, "mail", "mails"),
            many(calls, "call", "calls"),
            many(letters, "letter", "letters"),
            many(approvals, "to approve", "to approve"),
        ],
        "nothing leaves",
    );
    if held > 0 {
        let why = |of: &dyn Fn(&contract::OutcomeCount) -> String| {
            reasons.iter().take(3).map(|r| format!("{} {}", r.count, of(r))).collect::<Vec<_>>().join(", ")
        };
        fr = format!("{fr}, {held} qui ne partent pas : {}", why(&|r| lower(&r.label.fr)));
        en = format!("{en}, {held} that do not leave: {}", why(&|r| lower(&r.label.en)));
    }
    let place = desk.window.firm();
    let teller = domain::relance::why::Teller { now: desk.now, place, pauses: &[], steps: &[] };
    let told = teller.day(day.day);
    Text::new(format!("{} : {fr}.", told.fr), format!("{}: {en}.", told.en))
}

fn lower(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|c| c.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// The same days in one sentence: how many leave in all, on which day most, how many do not and why.
pub(super) fn estimate(desk: &Desk, days: &[DayShape]) -> Text {
    let total: u64 = days.iter().map(|d| d.mails).sum();
    let tasks: u64 = days.iter().map(|d| d.calls + d.letters).sum();
    let held: u64 = days.iter().map(|d| d.held).sum();
    let reasons = counted(days.iter().flat_map(|d| &d.reasons).map(|r| (r.code, i64::try_from(r.count).unwrap_or(0))));
    let Some(first) = days.iter().find(|d| d.mails + d.calls + d.letters + d.approvals > 0) else {
        let why = reasons.first();
        return Text::new(
            format!("Rien ne partirait dans les {} jours{}.", days.len(), why.map_or(String::new(), |r| format!(" : {}", lower(&r.label.fr)))),
            format!("Nothing would leave in {} days{}.", days.len(), why.map_or(String::new(), |r| format!(": {}", lower(&r.label.en)))),
        );
    };
    let place = desk.window.firm();
    let told = domain::relance::why::Teller { now: desk.now, place, pauses: &[], steps: &[] }.day(first.day);
    let n = first.mails;
    let held_fr = match reasons.first() {
        Some(r) if held > 0 => format!(" ; {held} qui ne partent pas, surtout : {}", lower(&r.label.fr)),
        _ => String::new(),
    };
    let held_en = match reasons.first() {
        Some(r) if held > 0 => format!("; {held} that do not leave, most of all: {}", lower(&r.label.en)),
        _ => String::new(),
    };
    let (tasks_fr, tasks_en) = match tasks {
        0 => (String::new(), String::new()),
        n => (format!(", {n} appels ou lettres"), format!(", {n} calls or letters")),
    };
    Text::new(
        format!("{n} courriels dès le {}, {total} en {} jours{tasks_fr}{held_fr}.", told.fr, days.len()),
        format!("{n} mails from {}, {total} in {} days{tasks_en}{held_en}.", told.en, days.len()),
    )
}

/// Steps of the coming days that are held.
pub(super) fn held_codes(codes: impl IntoIterator<Item = (OutcomeCode, i64)>) -> Vec<contract::OutcomeCount> {
    counted(codes.into_iter().filter(|(code, _)| is_held(*code)))
}

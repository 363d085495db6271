//! The dry run: what will leave on each of the coming days, what is held, and why.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use contract::{
    Code, DossierQuery, Forecast, ForecastDay as DayShape, ForecastQuery, ForecastStep, Nothing, SequenceName,
};
use domain::relance::RelanceChannel;
use domain::relance::outcome::{Hold, OutcomeCode};
use domain::relance::plan::Member;
use domain::relance::together::ForecastDay;
use domain::relance::why::Teller;
use domain::{SequenceId, Text};
use store::{Conn, Scope};

use super::desk::{Company, Desk, of_portfolios, taken_by};
use super::hourly;
use super::list::counted;
use super::plans::company;
use crate::{Answer, Call, Error, Result, dossiers, invalid};

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
    let narrow = of_portfolios(&query.portfolio_id);
    let counts = store::enrolments::counts(&mut conn, scope, &dossiers::filter(&narrow), true)?;
    let wanted = (&narrow, days, query.sequence_id);
    let days = call.app.shared.foretold.days(&mut conn, scope, &desk, wanted, &counts)?;
    let named: HashSet<SequenceId> = days.iter().flat_map(|d| &d.steps).map(|s| s.sequence_id).collect();
    let sequences = desk.sequences.values().filter(|s| named.contains(&s.row.id));
    let sequences = sequences.map(|s| SequenceName { id: s.row.id, name: s.row.name.clone() }).collect();
    Ok(Answer::new(Forecast { days, sequences, mode: desk.rules.mode }))
}

/// Dossiers, how many days, and of which sequence alone.
type Wanted<'a> = (&'a DossierQuery, u32, Option<SequenceId>);

/// The coming days of the dossiers in sight that a filter takes, of one sequence or of all.
fn in_sight(conn: &mut Conn, scope: &Scope, desk: &Desk, (narrow, days, only): Wanted<'_>) -> Result<Vec<DayShape>> {
    let seen = taken_by(conn, scope, narrow, None)?;
    let company = company(conn, desk, None)?;
    let members = company.members(desk)?;
    let in_sight = |m: &Member<'_>| seen.contains(&m.enrolment.dossier_id);
    let told = match hourly::pace(conn, desk)? {
        // Messages to others fill the hour, too.
        Some(pace) => desk.planner().forecast_paced(&members, days, Some(pace), in_sight),
        // A contact's other sequences move what one sequence sends, so all are walked and one is told.
        None => desk.planner().forecast(&members.into_iter().filter(in_sight).collect::<Vec<_>>(), days),
    };
    Ok(told.into_iter().map(|day| shape(desk, day, only)).collect())
}

/// What the coming days rest on, as far as it is told without foretelling them.
type Basis = (i64, NaiveDate, i64, Vec<(SequenceId, i64)>, Vec<(SequenceId, OutcomeCode, i64)>);

/// Days, on what they rest, and when they were foretold.
type KeptDays = (Basis, DateTime<Utc>, Vec<DayShape>);

/// The coming days that were foretold last, for each who asked: every plan of the firm goes into them, so they are foretold anew
/// once something has moved, or a minute has passed.
#[derive(Debug, Default)]
pub struct Foretold(Mutex<HashMap<String, KeptDays>>);

/// As long as days may be shown again.
const SHOWN_FOR: Duration = Duration::minutes(1);
/// Of more people nothing is kept.
const MOST_KEPT: usize = 1_000;

impl Foretold {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, KeptDays>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The coming days of the dossiers in sight that a filter takes; `counts` are their open steps by sequence and outcome.
    pub(super) fn days(
        &self,
        conn: &mut Conn,
        scope: &Scope,
        desk: &Desk,
        wanted: Wanted<'_>,
        counts: &HashMap<SequenceId, Vec<(OutcomeCode, i64)>>,
    ) -> Result<Vec<DayShape>> {
        // What a person sees may change, too.
        let who = format!("{scope:?} {wanted:?}");
        let versions = desk.sequences.values().map(|s| (s.row.id, s.row.version)).collect();
        let mut open: Vec<_> =
            counts.iter().flat_map(|(id, all)| all.iter().map(move |(code, n)| (*id, *code, *n))).collect();
        open.sort_unstable();
        let beat = store::enrolments::beat(conn, desk.cabinet)?;
        let basis: Basis = (desk.settings.version, desk.today, beat, versions, open);
        let fresh = |at: DateTime<Utc>| (at..at + SHOWN_FOR).contains(&desk.now);
        if let Some((_, _, known)) = self.lock().get(&who).filter(|(of, at, _)| *of == basis && fresh(*at)) {
            return Ok(known.clone());
        }
        let found = in_sight(conn, scope, desk, wanted)?;
        let mut kept = self.lock();
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(who, (basis, desk.now, found.clone()));
        Ok(found)
    }
}

/// What a whole company would do, told for one sequence: for a preview of what is not kept yet.
pub(super) fn supposed(
    conn: &mut Conn,
    desk: &Desk,
    company: &Company,
    days: u32,
    only: SequenceId,
) -> Result<Vec<DayShape>> {
    let (members, pace) = (company.members(desk)?, hourly::pace(conn, desk)?);
    Ok(desk
        .planner()
        .forecast_paced(&members, days, pace, |_| true)
        .into_iter()
        .map(|day| shape(desk, day, Some(only)))
        .collect())
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
    let teller = Teller { now: desk.now, place: desk.window.firm(), pauses: &[], steps: &[] };
    let many = |n: u64, one: &str, several: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {several}")),
    };
    // Told where an hour does not take them all.
    let pace = desk.rules.hourly.filter(|most| mails > u64::from(*most)).zip(day.last_at);
    let slowly = |of: &dyn Fn(&Text) -> String, at: &str| match pace {
        Some((most, last)) => {
            let (most, last) = (teller.hold(Hold::HourlyLimit { most }), teller.hour(last));
            format!(" ({}, {at} {})", of(&most), of(&last))
        }
        None => String::new(),
    };
    let slow_fr = slowly(&|t| t.fr.clone(), "le dernier vers");
    let slow_en = slowly(&|t| t.en.clone(), "the last at about");
    let list = |parts: [Option<String>; 4], none: &str| {
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { none.to_owned() } else { parts.join(", ") }
    };
    let mut fr = list(
        [
            many(mails, "courriel", "courriels").map(|n| n + &slow_fr),
            many(calls, "appel", "appels"),
            many(letters, "lettre", "lettres"),
            many(approvals, "à approuver", "à approuver"),
        ],
        "rien ne part",
    );
    let mut en = list(
        [
            many(mails, "mail", "mails").map(|n| n + &slow_en),
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
            format!(
                "Rien ne partirait dans les {} jours{}.",
                days.len(),
                why.map_or(String::new(), |r| format!(" : {}", lower(&r.label.fr)))
            ),
            format!(
                "Nothing would leave in {} days{}.",
                days.len(),
                why.map_or(String::new(), |r| format!(": {}", lower(&r.label.en)))
            ),
        );
    };
    let told = Teller { now: desk.now, place: desk.window.firm(), pauses: &[], steps: &[] }.day(first.day);
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
        1 => (", 1 appel ou lettre".to_owned(), ", 1 call or letter".to_owned()),
        n => (format!(", {n} appels ou lettres"), format!(", {n} calls or letters")),
    };
    let (mails_fr, mails_en) = if n == 1 { ("courriel", "mail") } else { ("courriels", "mails") };
    Text::new(
        format!("{n} {mails_fr} dès le {}, {total} en {} jours{tasks_fr}{held_fr}.", told.fr, days.len()),
        format!("{n} {mails_en} from {}, {total} in {} days{tasks_en}{held_en}.", told.en, days.len()),
    )
}

/// Steps of the coming days that are held.
pub(super) fn held_codes(codes: impl IntoIterator<Item = (OutcomeCode, i64)>) -> Vec<contract::OutcomeCount> {
    counted(codes.into_iter().filter(|(code, _)| is_held(*code)))
}

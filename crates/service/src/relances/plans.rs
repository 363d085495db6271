//! Who is in which sequence, what is next for each, and what is done about it. One way in: every change that may move a plan
//! comes by `replan`, and what is due is carried out by `tick` alone, with the rules as they stand at that moment.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration as Span;

use chrono::{DateTime, Duration, Utc};
use domain::relance::outcome::{End, Ended, Outcome, OutcomeCode, Silence};
use domain::relance::plan::{Plan, StepDone};
use domain::relance::together::{Event, Happening};
use domain::relance::{SendingMode, SequenceState};
use domain::{CabinetId, DossierId, EnrolmentId, MailId, RelanceStepId, SequenceId};
use store::enrolments::{self, Enrolled, Next};
use store::relances::Relance;
use store::{Conn, dialect};

use super::desk::{Around, Company, Desk};
use super::outbox::{self, Outbox, Part, Wait};
use super::settings::Settings;
use super::trials::Trials;
use super::{hand_over, hourly};
use crate::session::whole_micros;
use crate::{App, Result, ids};

/// Dossiers whose due steps are carried out in one transaction.
const CHUNK: usize = 200;
/// More dossiers than these are not looked up one by one.
const MANY: usize = 2_000;
/// A write bears the moment at which it was asked for, and may have waited for its turn: so far back a look begins.
const OVERLAP: Duration = Duration::minutes(2);
/// How exactly it is known when the planner last ran, while there is nothing to do.
const TOLD_EVERY: Duration = Duration::seconds(5);

/// What is next, as a plan has it.
fn next_of(plan: &Plan, now: DateTime<Utc>) -> Result<Next> {
    if let Some(open) = plan.open() {
        return Ok(Next {
            step: open.step.to_string(),
            code: open.outcome.code(),
            outcome: serde_json::to_string(&open.outcome)?,
            at: open.outcome.at(),
            look_at: plan.look_at,
        });
    }
    if let Some(reason) = plan.held {
        // Nothing is left but to hand it to a person, and that is held.
        let outcome = Outcome::Held { reason, leaves_at: None };
        return Ok(Next {
            step: String::new(),
            code: outcome.code(),
            outcome: serde_json::to_string(&outcome)?,
            at: None,
            look_at: plan.look_at,
        });
    }
    // Its end is due, or nothing is left to be done.
    let end = plan.end.unwrap_or(Ended { why: End::Completed, at: now });
    let outcome = Outcome::Stopped { end };
    let (code, at) = (outcome.code(), Some(end.at));
    Ok(Next { step: String::new(), code, outcome: serde_json::to_string(&outcome)?, at, look_at: plan.look_at.or(at) })
}

/// Dossiers and all others whose contact has the same address: they share the distance between messages.
pub(super) fn with_neighbours(conn: &mut Conn, cabinet: CabinetId, ids: &[DossierId]) -> Result<Vec<DossierId>> {
    let facts = store::relance_facts::of(conn, cabinet, Some(ids))?;
    let emails: BTreeSet<String> = facts.into_iter().map(|f| f.email).filter(|e| !e.is_empty()).collect();
    let emails: Vec<String> = emails.into_iter().collect();
    let mut all: BTreeSet<DossierId> = ids.iter().copied().collect();
    all.extend(store::relance_facts::with_addresses(conn, cabinet, &emails)?);
    Ok(all.into_iter().collect())
}

/// Enrolments that go on, and what is around them: of these dossiers and their neighbours, or of all.
fn seated(
    conn: &mut Conn,
    desk: &Desk,
    only: Option<&[DossierId]>,
    joining: bool,
) -> Result<(Company, Vec<EnrolmentId>)> {
    // Of many dossiers most are asked for, and reading all costs less than looking each up.
    let only = only.filter(|ids| ids.len() <= MANY);
    let only = only.map(|ids| with_neighbours(conn, desk.cabinet, ids)).transpose()?;
    let mut enrolled = match &only {
        None => enrolments::running(conn, desk.cabinet)?,
        Some(ids) => enrolments::of_dossiers(conn, desk.cabinet, ids, false)?,
    };
    let mut asking: BTreeSet<SequenceId> = enrolled.iter().map(|e| e.sequence).collect();
    let active = || desk.sequences.values().filter(|s| s.row.state == SequenceState::Active);
    if joining {
        asking.extend(active().map(|s| s.row.id));
    }
    let sequences = desk.sequences.values().filter(|s| asking.contains(&s.row.id));
    let mut around = Around::read(conn, desk, only.as_deref(), sequences, None)?;
    let mut new = Vec::new();
    if joining {
        for ready in active() {
            let known = enrolments::ends(conn, desk.cabinet, ready.row.id, only.as_deref())?;
            let may = |id: &DossierId| known.get(id).is_none_or(|ended| may_return(ended));
            new.extend(around.taken(ready).into_iter().filter(may).map(|id| fresh(desk, ready.row.id, id)));
        }
    }
    let ids = new.iter().map(|e: &Enrolled| e.id).collect();
    enrolled.extend(new);
    Ok((around.seat(desk, enrolled)?, ids))
}

/// Enrolments that go on: of these dossiers and their neighbours, or of all.
pub(super) fn company(conn: &mut Conn, desk: &Desk, only: Option<&[DossierId]>) -> Result<Company> {
    Ok(seated(conn, desk, only, false)?.0)
}

/// Brings what is next of each up to date; answers how many are planned. In a write transaction that holds the cabinet's lock.
pub(super) fn replan(
    conn: &mut Conn,
    cabinet: CabinetId,
    only: Option<&[DossierId]>,
    now: DateTime<Utc>,
) -> Result<u64> {
    let desk = Desk::read(conn, cabinet, whole_micros(now))?;
    plan(conn, &desk, only, false)
}

/// The same, and lets the dossiers join that the active sequences of a cabinet take. In a write transaction that holds the
/// cabinet's lock.
pub(super) fn follow(conn: &mut Conn, desk: &Desk, only: Option<&[DossierId]>) -> Result<u64> {
    plan(conn, desk, only, true)
}

fn plan(conn: &mut Conn, desk: &Desk, only: Option<&[DossierId]>, joining: bool) -> Result<u64> {
    let (company, new) = seated(conn, desk, only, joining)?;
    let plans = desk.planner().plans(&company.members(desk)?);
    let planned = plans.len() as u64;
    let new: HashSet<EnrolmentId> = new.into_iter().collect();
    let (mut joined, mut changed) = (Vec::with_capacity(new.len()), Vec::new());
    for (row, plan) in company.enrolled.into_iter().zip(plans) {
        if plan.open().is_some_and(|open| hourly::waits_for_its_hour(desk, &row, open)) {
            continue;
        }
        let next = next_of(&plan, desk.now)?;
        if new.contains(&row.id) {
            joined.push(Enrolled { next, ..row });
        } else if next != row.next {
            changed.push(Enrolled { next, ..row });
        }
    }
    enrolments::insert(conn, &joined)?;
    enrolments::update_next(conn, &changed)?;
    Ok(planned)
}

/// Whether a dossier that has left a sequence may come again: it was not eligible for a while, or what was done is undone.
pub(super) fn may_return(ended: &str) -> bool {
    let end: Option<Ended> = serde_json::from_str(ended).ok();
    matches!(end.map(|e| e.why), Some(End::NotEligible | End::Done))
}

/// An enrolment as it begins; the planner says at once what is next.
pub(super) fn fresh(desk: &Desk, sequence: SequenceId, dossier: DossierId) -> Enrolled {
    Enrolled {
        id: ids::enrolment(),
        cabinet: desk.cabinet,
        sequence,
        dossier,
        joined_at: desk.now,
        done: "[]".to_owned(),
        consent: String::new(),
        answered: None,
        ended: String::new(),
        ended_at: None,
        next: Next {
            step: String::new(),
            code: OutcomeCode::Planned,
            outcome: String::new(),
            at: None,
            look_at: Some(desk.now),
        },
    }
}

/// Does what is due for these dossiers; answers how many events there were. In a write transaction that holds the cabinet's
/// lock.
fn carry_out(conn: &mut Conn, app: &App, desk: &Desk, only: &[DossierId]) -> Result<u64> {
    let mut company = company(conn, desk, Some(only))?;
    let events = desk.planner().due(&company.members(desk)?);
    let trials = Trials::read(conn, desk, &events, &company)?;
    let mut mails: BTreeMap<u32, Vec<Part>> = BTreeMap::new();
    for event in &events {
        if let (Some(mail), Some(part)) = (event.mail, part(desk, &trials, &company, event)?) {
            mails.entry(mail).or_default().push(part);
        }
    }
    let put_off = hourly::put_off(conn, desk, &company, only, &mut mails)?;
    let outbox = Outbox::read(conn, app, desk, &company, mails)?;
    let (mut rows, mut ends, mut count) = (Vec::new(), Vec::new(), 0);
    let mut changed: BTreeSet<usize> = BTreeSet::new();
    // Members whose open step cannot be written, or not in this hour: what would follow it waits, too.
    let mut stuck: BTreeMap<usize, (RelanceStepId, Wait)> = BTreeMap::new();
    for event in &events {
        let place = event.member;
        if stuck.contains_key(&place) {
            continue;
        }
        match event.what {
            Happening::Step { step, .. } if put_off.get(&place).is_some_and(|(own, _)| *own == step) => {
                stuck.extend(put_off.get(&place).map(|wait| (place, *wait)));
                continue;
            }
            Happening::Step { step, .. } => {
                if let Some(reason) = outbox.unwritten(place, step) {
                    stuck.insert(place, (step, Wait::for_text(desk, reason)));
                    continue;
                }
                let Some(part) = part(desk, &trials, &company, event)? else { continue };
                if event.mail.is_none() {
                    rows.push(record(desk, &company.enrolled[place], &part.step, &part.over, None, part.template)?);
                }
                push(&mut company.enrolled[place], &part.over)?;
            }
            Happening::End(end) => {
                close(&mut company.enrolled[place], end)?;
                ends.push((company.enrolled[place].dossier, company.enrolled[place].sequence, end));
            }
        }
        changed.insert(place);
        count += 1;
    }
    rows.extend(outbox.write(conn, app, desk, &company)?);
    store::relances::insert(conn, &rows)?;
    let changed: Vec<Enrolled> = changed.iter().map(|i| company.enrolled[*i].clone()).collect();
    enrolments::update(conn, &changed)?;
    hand_over::tell(conn, desk, &ends)?;
    replan(conn, desk.cabinet, Some(only), desk.now)?;
    // What could not be written waits for its text, its dossier or its hour, and is tried again later.
    let held = stuck.iter().map(|(place, (step, wait))| outbox::waiting(&company.enrolled[*place], *step, wait));
    enrolments::update(conn, &held.collect::<Result<Vec<_>>>()?)?;
    Ok(count)
}

/// A step as it is over once its event is carried out; nothing for what is no step of the sequence.
fn part(desk: &Desk, trials: &Trials, company: &Company, event: &Event) -> Result<Option<Part>> {
    let (Happening::Step { step, outcome, .. }, Some(over)) = (event.what, event.done()) else { return Ok(None) };
    let (place, row) = (event.member, &company.enrolled[event.member]);
    let ready = desk.sequence(row.sequence)?;
    let Some(written) = ready.course.steps.iter().find(|s| s.id == step) else { return Ok(None) };
    let (template, text) = written.template_for(row.dossier, trials.verdict(step));
    let over = StepDone { text: text.filter(|_| matches!(over.outcome, Outcome::Sent { .. })), ..over };
    let along = matches!(outcome, Outcome::Planned { along: true, .. });
    Ok(Some(Part { place, step: written.clone(), template, over, along }))
}

/// Takes a dossier out of its sequence.
pub(super) fn close(row: &mut Enrolled, end: Ended) -> Result<()> {
    let outcome = Outcome::Stopped { end };
    row.ended = serde_json::to_string(&end)?;
    row.ended_at = Some(end.at);
    row.next = Next {
        step: String::new(),
        code: outcome.code(),
        outcome: serde_json::to_string(&outcome)?,
        at: Some(end.at),
        look_at: None,
    };
    Ok(())
}

/// Adds a step that is over to an enrolment.
pub(super) fn push(row: &mut Enrolled, over: &StepDone) -> Result<()> {
    let mut all: Vec<StepDone> = serde_json::from_str(&row.done)?;
    all.push(*over);
    // A consent stays: it is for its step alone, and the message may have to leave again.
    row.done = serde_json::to_string(&all)?;
    Ok(())
}

pub(super) fn record(
    desk: &Desk,
    row: &Enrolled,
    step: &domain::relance::RelanceStep,
    over: &StepDone,
    mail: Option<MailId>,
    template: domain::TemplateId,
) -> Result<Relance> {
    let sent = matches!(over.outcome, Outcome::Sent { .. });
    Ok(Relance {
        id: ids::relance(),
        cabinet: desk.cabinet,
        enrolment: row.id,
        sequence: row.sequence,
        dossier: row.dossier,
        step_id: step.id,
        step: serde_json::to_string(step)?,
        channel: step.channel,
        code: over.outcome.code(),
        outcome: serde_json::to_string(&over.outcome)?,
        at: over.outcome.at().unwrap_or(desk.now),
        mail,
        template: sent.then_some(template),
        trial: over.text,
        by_name: String::new(),
        note: String::new(),
        task_done_at: None,
        test: desk.rules.mode == SendingMode::Test,
        printed_at: None,
    })
}

/// Steps of a message that did not leave after all have their turn again. In a write transaction that holds the cabinet's
/// lock.
pub(crate) fn take_back(conn: &mut Conn, cabinet: CabinetId, mail: MailId, now: DateTime<Utc>) -> Result<()> {
    let gone = store::relances::take_back(conn, cabinet, mail)?;
    let steps: HashSet<(EnrolmentId, RelanceStepId)> = gone.iter().map(|r| (r.enrolment, r.step_id)).collect();
    let dossiers: BTreeSet<DossierId> = gone.iter().map(|r| r.dossier).collect();
    let dossiers: Vec<DossierId> = dossiers.into_iter().collect();
    let mut changed = Vec::new();
    for mut row in enrolments::of_dossiers(conn, cabinet, &dossiers, true)? {
        let mut done: Vec<StepDone> = serde_json::from_str(&row.done)?;
        let before = done.len();
        done.retain(|d| !steps.contains(&(row.id, d.step)));
        if done.len() == before {
            continue;
        }
        row.done = serde_json::to_string(&done)?;
        // It had come to its end by this step alone.
        let end: Option<Ended> = serde_json::from_str(&row.ended).ok();
        if matches!(end.map(|e| e.why), Some(End::Completed | End::Maximum { .. })) {
            (row.ended, row.ended_at) = (String::new(), None);
        }
        changed.push(row);
    }
    enrolments::update(conn, &changed)?;
    replan(conn, cabinet, Some(&dossiers), now)?;
    Ok(())
}

/// From test to live: what happened in test mode is forgotten, so that each client gets all of it. In a write transaction that
/// holds the cabinet's lock.
pub(super) fn forget_tests(conn: &mut Conn, cabinet: CabinetId, now: DateTime<Utc>) -> Result<()> {
    let of: HashSet<EnrolmentId> = store::relances::forget_tests(conn, cabinet)?.into_iter().collect();
    if of.is_empty() {
        return Ok(());
    }
    let desk = Desk::read(conn, cabinet, whole_micros(now))?;
    let mut changed = Vec::new();
    for sequence in desk.sequences.keys() {
        let rows = enrolments::of_sequence(conn, cabinet, *sequence)?;
        let mut last: HashMap<DossierId, EnrolmentId> = HashMap::new();
        for row in &rows {
            last.insert(row.dossier, row.id);
        }
        for mut row in rows.into_iter().filter(|row| of.contains(&row.id)) {
            row.done = "[]".to_owned();
            row.consent.clear();
            row.joined_at = desk.now;
            // It begins anew, unless it left for a reason that is the client's own or has begun anew already.
            if last.get(&row.dossier) == Some(&row.id) && came_to_its_end(&row.ended) {
                (row.ended, row.ended_at) = (String::new(), None);
            }
            changed.push(row);
        }
    }
    enrolments::update(conn, &changed)?;
    enrolments::rejoin(conn, &changed)?;
    Ok(())
}

fn came_to_its_end(ended: &str) -> bool {
    let end: Option<Ended> = serde_json::from_str(ended).ok();
    matches!(end.map(|e| e.why), Some(End::Completed | End::Maximum { .. } | End::Escalated { .. }))
}

/// Does what the moment asks for, for every cabinet. May be run as often as one likes, by several processes: each piece is done
/// in a transaction that holds the cabinet's lock, after it has read what stands then.
pub fn tick(app: &App, now: DateTime<Utc>) -> Result<u64> {
    let cabinets = store::sequences::cabinets(&mut *app.store.conn()?)?;
    let (mut done, mut failed) = (0, None);
    for cabinet in cabinets {
        match tick_of(app, cabinet, now) {
            Ok(n) => done += n,
            // What fails for one firm holds no other back.
            Err(error) => {
                tracing::warn!(%cabinet, %error, "relances of a cabinet could not be carried out");
                failed = Some(error);
            }
        }
    }
    failed.map_or(Ok(done), Err)
}

/// Dossiers whose last write was looked at already, by cabinet: what the process remembers of the time over which it looks
/// back, so that one write is looked at once.
#[derive(Debug, Default)]
pub struct Looked(Mutex<HashMap<CabinetId, HashMap<DossierId, DateTime<Utc>>>>);

impl Looked {
    fn lock(&self) -> MutexGuard<'_, HashMap<CabinetId, HashMap<DossierId, DateTime<Utc>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that were not looked at as they were written last.
    fn unseen(&self, cabinet: CabinetId, written: &[(DossierId, DateTime<Utc>)]) -> Vec<DossierId> {
        let all = self.lock();
        let known = all.get(&cabinet);
        let is_new = |(id, at): &&(DossierId, DateTime<Utc>)| known.is_none_or(|known| known.get(id) != Some(at));
        written.iter().filter(is_new).map(|(id, _)| *id).collect()
    }

    /// Once they are looked at; what is not among them any more is forgotten.
    fn remember(&self, cabinet: CabinetId, written: Vec<(DossierId, DateTime<Utc>)>) {
        self.lock().insert(cabinet, written.into_iter().collect());
    }
}

/// What time alone changes, and what no write of a dossier tells, is looked at once an hour.
fn is_another_hour(before: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    before.timestamp().div_euclid(3_600) < now.timestamp().div_euclid(3_600)
}

/// Nothing ran for so long: what could have left meanwhile says so.
const SILENCE: Duration = Duration::minutes(1);
/// What could have left before has left by now, or was missed.
const SILENCES_KEPT: Duration = Duration::days(35);
const MOST_SILENCES: usize = 50;

/// The silences of late once the planner runs again, if the time since it ran last is one.
fn silences(settings: &Settings, now: DateTime<Utc>) -> Option<Vec<Silence>> {
    let from = settings.ran_at.filter(|from| now - *from > SILENCE)?;
    let mut all: Vec<Silence> = settings.silences.iter().copied().filter(|s| now - s.to < SILENCES_KEPT).collect();
    all.push(Silence { from, to: now });
    all.drain(..all.len().saturating_sub(MOST_SILENCES));
    Some(all)
}

fn tick_of(app: &App, cabinet: CabinetId, now: DateTime<Utc>) -> Result<u64> {
    let now = whole_micros(now);
    let mut conn = app.store.conn()?;
    let settings = super::settings::of(&mut conn, cabinet)?;
    let silences = silences(&settings, now);
    let whole = silences.is_some() || is_another_hour(settings.looked_at, now);
    let written = store::relance_facts::written_since(&mut conn, cabinet, settings.looked_at - OVERLAP)?;
    let unseen = app.shared.relances.unseen(cabinet, &written);
    let changed = whole || !unseen.is_empty();
    if changed {
        conn.write(|conn| -> Result<()> {
            dialect::lock_cabinet(conn, cabinet)?;
            super::settings::prepare(conn, cabinet, now)?;
            if let Some(silences) = &silences {
                store::relance_settings::silent(conn, cabinet, &serde_json::to_string(silences)?)?;
            }
            let desk = Desk::read(conn, cabinet, now)?;
            follow(conn, &desk, (!whole).then_some(unseen.as_slice()))?;
            Ok(())
        })?;
        app.shared.relances.remember(cabinet, written);
    }
    let due = enrolments::due(&mut conn, cabinet, now)?;
    let mut done = 0;
    for chunk in due.chunks(CHUNK) {
        done += conn.write(|conn| -> Result<u64> {
            dialect::lock_cabinet(conn, cabinet)?;
            let desk = Desk::read(conn, cabinet, now)?;
            carry_out(conn, app, &desk, chunk)
        })?;
    }
    let told = settings.ran_at.is_some_and(|at| (at..at + TOLD_EVERY).contains(&now));
    if changed || done > 0 || !told {
        let looked_at = if changed { now } else { settings.looked_at };
        conn.write(|conn| store::relance_settings::ran(conn, cabinet, now, looked_at))?;
    }
    if done > 0 {
        crate::post::wake(app);
    }
    Ok(done)
}

/// The client of these dossiers has done something, or the firm has: they are looked at again. In a write transaction that
/// holds the cabinet's lock.
pub(crate) fn touch(conn: &mut Conn, cabinet: CabinetId, ids: &[DossierId], now: DateTime<Utc>) -> Result<()> {
    Ok(enrolments::touch(conn, cabinet, ids, whole_micros(now))?)
}

/// Something has changed about an address: the dossiers whose contact has it are looked at again. In a write transaction that
/// holds the cabinet's lock.
pub(crate) fn touch_address(conn: &mut Conn, cabinet: CabinetId, address: &str, now: DateTime<Utc>) -> Result<()> {
    let ids = store::relance_facts::with_addresses(conn, cabinet, &[address.to_lowercase()])?;
    touch(conn, cabinet, &ids, now)
}

/// The thread of this process; stops when told or dropped, after the work in hand.
#[derive(Debug)]
pub struct Runner {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Runner {
    pub fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.stop();
    }
}

/// How often it is looked whether something is due.
const LOOK_EVERY: Span = Span::from_secs(1);

pub fn start(app: App) -> Runner {
    let stop = Arc::new(AtomicBool::new(false));
    let told = stop.clone();
    let work = move || {
        while !told.load(Ordering::Relaxed) {
            if let Err(error) = tick(&app, Utc::now()) {
                tracing::warn!(%error, "relances could not be carried out, it will be tried again");
            }
            std::thread::park_timeout(LOOK_EVERY);
        }
    };
    let thread = std::thread::Builder::new().name("relances".to_owned()).spawn(work);
    let thread = thread.inspect_err(|error| tracing::error!(%error, "the thread of relances could not be started"));
    Runner { stop, thread: thread.ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_looked_at_once() {
        let at = |n| DateTime::UNIX_EPOCH + Duration::seconds(n);
        let (looked, firm, other) = (Looked::default(), ids::cabinet(), ids::cabinet());
        let [a, b] = [ids::dossier(), ids::dossier()];
        let written = vec![(a, at(1)), (b, at(2))];
        assert_eq!(looked.unseen(firm, &written), [a, b]);
        assert_eq!(looked.unseen(firm, &written), [a, b], "it is not over before it is remembered");
        looked.remember(firm, written.clone());
        assert!(looked.unseen(firm, &written).is_empty());
        // Written again, and of another firm.
        assert_eq!(looked.unseen(firm, &[(a, at(3)), (b, at(2))]), [a]);
        assert_eq!(looked.unseen(other, &written), [a, b]);
        // What was written long ago is forgotten.
        looked.remember(firm, vec![(a, at(3))]);
        assert_eq!(looked.unseen(firm, &written), [a, b]);
    }
}

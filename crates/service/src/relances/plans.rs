//! Who is in which sequence, what is next for each, and what is done about it. One way in: every change that may move a plan
//! comes by `replan`, and what is due is carried out by `tick` alone, with the rules as they stand at that moment.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration as Span;

use chrono::{DateTime, Duration, Utc};
use domain::relance::outcome::{End, Ended, Outcome, OutcomeCode};
use domain::relance::plan::{Plan, StepDone};
use domain::relance::together::{Event, Happening};
use domain::relance::{RelanceChannel, SendingMode, SequenceState};
use domain::{CabinetId, DossierId, EnrolmentId, MailId, RelanceStepId, SequenceId};
use store::enrolments::{self, Enrolled, Next};
use store::relances::Relance;
use store::{Conn, dialect};

use super::desk::{Around, Company, Desk, Ready};
use super::outbox::{self, Part};
use super::trials::Trials;
use crate::session::whole_micros;
use crate::{App, Result, ids, time};

/// Dossiers whose due steps are carried out in one transaction.
const CHUNK: usize = 200;
/// A write bears the moment at which it was asked for, and may have waited for its turn: so far back a look begins.
const OVERLAP: Duration = Duration::minutes(2);

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
    // Its end is due, or nothing is left to be done.
    let end = plan.end.unwrap_or(Ended { why: End::Completed, at: now });
    let outcome = Outcome::Stopped { end };
    let (code, at) = (outcome.code(), Some(end.at));
    Ok(Next { step: String::new(), code, outcome: serde_json::to_string(&outcome)?, at, look_at: plan.look_at.or(at) })
}

/// Dossiers and all others whose contact has the same address: they share the distance between messages.
fn with_neighbours(conn: &mut Conn, cabinet: CabinetId, ids: &[DossierId]) -> Result<Vec<DossierId>> {
    let facts = store::relance_facts::of(conn, cabinet, Some(ids))?;
    let emails: BTreeSet<String> = facts.into_iter().map(|f| f.email).filter(|e| !e.is_empty()).collect();
    let emails: Vec<String> = emails.into_iter().collect();
    let mut all: BTreeSet<DossierId> = ids.iter().copied().collect();
    all.extend(store::relance_facts::with_addresses(conn, cabinet, &emails)?);
    Ok(all.into_iter().collect())
}

/// Enrolments that go on: of these dossiers and their neighbours, or of all.
pub(super) fn company(
    conn: &mut Conn,
    desk: &Desk,
    only: Option<&[DossierId]>,
    except: Option<MailId>,
) -> Result<Company> {
    let only = only.map(|ids| with_neighbours(conn, desk.cabinet, ids)).transpose()?;
    let enrolled = match &only {
        None => enrolments::running(conn, desk.cabinet)?,
        Some(ids) => enrolments::of_dossiers(conn, desk.cabinet, ids, false)?,
    };
    let asking: BTreeSet<SequenceId> = enrolled.iter().map(|e| e.sequence).collect();
    let sequences = desk.sequences.values().filter(|s| asking.contains(&s.row.id));
    let mut around = Around::read(conn, desk, only.as_deref(), sequences, except)?;
    around.seat(desk, enrolled)
}

/// Brings what is next of each up to date; answers how many are planned. In a write transaction that holds the cabinet's lock.
pub(super) fn replan(
    conn: &mut Conn,
    cabinet: CabinetId,
    only: Option<&[DossierId]>,
    now: DateTime<Utc>,
) -> Result<u64> {
    let desk = Desk::read(conn, cabinet, whole_micros(now))?;
    let company = company(conn, &desk, only, None)?;
    write_next(conn, &desk, company)
}

fn write_next(conn: &mut Conn, desk: &Desk, company: Company) -> Result<u64> {
    let plans = desk.planner().plans(&company.members(desk)?);
    let planned = plans.len() as u64;
    let mut changed = Vec::new();
    for (row, plan) in company.enrolled.into_iter().zip(plans) {
        let next = next_of(&plan, desk.now)?;
        if next != row.next {
            changed.push(Enrolled { next, ..row });
        }
    }
    enrolments::update(conn, &changed)?;
    Ok(planned)
}

/// Whether a dossier that has left a sequence may come again: it was not eligible for a while, or what was done is undone.
fn may_return(ended: &str) -> bool {
    let end: Option<Ended> = serde_json::from_str(ended).ok();
    matches!(end.map(|e| e.why), Some(End::NotEligible | End::Done))
}

/// Lets the dossiers join that the active sequences of a cabinet take; answers them. In a write transaction that holds the
/// cabinet's lock.
pub(super) fn join(conn: &mut Conn, desk: &Desk, only: Option<&[DossierId]>) -> Result<Vec<DossierId>> {
    let active: Vec<&Ready> = desk.sequences.values().filter(|s| s.row.state == SequenceState::Active).collect();
    if active.is_empty() {
        return Ok(Vec::new());
    }
    let around = Around::read(conn, desk, only, active.iter().copied(), None)?;
    let mut new = Vec::new();
    for ready in active {
        let mut known: HashMap<DossierId, bool> = HashMap::new();
        for row in enrolments::of_sequence(conn, desk.cabinet, ready.row.id)? {
            // The last one counts.
            known.insert(row.dossier, row.ended_at.is_some() && may_return(&row.ended));
        }
        for dossier in around.taken(ready) {
            if known.get(&dossier).is_none_or(|may| *may) {
                new.push(fresh(desk.cabinet, ready.row.id, dossier, desk.now));
            }
        }
    }
    enrolments::insert(conn, &new)?;
    Ok(new.into_iter().map(|e| e.dossier).collect())
}

/// An enrolment as it begins; the planner says at once what is next.
pub(super) fn fresh(cabinet: CabinetId, sequence: SequenceId, dossier: DossierId, now: DateTime<Utc>) -> Enrolled {
    Enrolled {
        id: ids::enrolment(),
        cabinet,
        sequence,
        dossier,
        joined_at: whole_micros(now),
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
            look_at: Some(whole_micros(now)),
        },
    }
}

/// What the events of a moment change.
#[derive(Default)]
struct Done {
    rows: Vec<Relance>,
    changed: HashSet<usize>,
    /// Parts of each message, by its number.
    mails: BTreeMap<u32, Vec<Part>>,
}

/// Does what is due for these dossiers; answers how many events there were. In a write transaction that holds the cabinet's
/// lock.
fn carry_out(conn: &mut Conn, app: &App, desk: &Desk, only: &[DossierId]) -> Result<u64> {
    let mut company = company(conn, desk, Some(only), None)?;
    let events = desk.planner().due(&company.members(desk)?);
    let count = events.len() as u64;
    let trials = Trials::read(conn, desk, &events, &company)?;
    let mut done = Done::default();
    for event in events {
        take(desk, &trials, &mut company, &mut done, event)?;
    }
    let held = outbox::write(conn, app, desk, &mut company, std::mem::take(&mut done.mails), &mut done.rows)?;
    store::relances::insert(conn, &done.rows)?;
    let changed: Vec<Enrolled> = done.changed.iter().map(|i| company.enrolled[*i].clone()).collect();
    enrolments::update(conn, &changed)?;
    replan(conn, desk.cabinet, Some(only), desk.now)?;
    // What could not be written waits for its text or its dossier, and is tried again later.
    enrolments::update(conn, &held)?;
    Ok(count)
}

fn take(desk: &Desk, trials: &Trials, company: &mut Company, done: &mut Done, event: Event) -> Result<()> {
    let place = event.member;
    let ready = desk.sequence(company.enrolled[place].sequence)?;
    match event.what {
        Happening::End(end) => {
            let row = &mut company.enrolled[place];
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
            done.changed.insert(place);
        }
        Happening::Step { step, outcome, .. } => {
            let Some(over) = event.done() else { return Ok(()) };
            let Some(written) = ready.course.steps.iter().find(|s| s.id == step) else { return Ok(()) };
            let (template, text) = written.template_for(company.enrolled[place].dossier, trials.verdict(step));
            let over = StepDone { text: text.filter(|_| matches!(over.outcome, Outcome::Sent { .. })), ..over };
            let along = matches!(outcome, Outcome::Planned { along: true, .. });
            if let (Some(mail), Outcome::Sent { channel: RelanceChannel::Mail, .. }) = (event.mail, over.outcome) {
                done.mails.entry(mail).or_default().push(Part { place, step: written.clone(), template, over, along });
            } else {
                let row = record(desk, &company.enrolled[place], written, &over, None, template)?;
                done.rows.push(row);
                push(&mut company.enrolled[place], &over)?;
            }
            done.changed.insert(place);
        }
    }
    Ok(())
}

/// Adds a step that is over to an enrolment.
pub(super) fn push(row: &mut Enrolled, over: &StepDone) -> Result<()> {
    let mut all: Vec<StepDone> = serde_json::from_str(&row.done)?;
    all.push(*over);
    row.done = serde_json::to_string(&all)?;
    // A consent was for this step.
    row.consent.clear();
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
        test: desk.rules.mode == SendingMode::Test && sent,
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

/// From test to live: what left in test mode is forgotten, so that each client gets all of it. In a write transaction that
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

fn tick_of(app: &App, cabinet: CabinetId, now: DateTime<Utc>) -> Result<u64> {
    let now = whole_micros(now);
    let mut conn = app.store.conn()?;
    let settings = super::settings::of(&mut conn, cabinet)?;
    let whole = time::paris_day(settings.looked_at) < time::paris_day(now);
    let since = settings.looked_at - OVERLAP;
    let changed = whole || store::campaigns::changed_since(&mut conn, cabinet, since)?;
    if changed {
        conn.write(|conn| -> Result<()> {
            dialect::lock_cabinet(conn, cabinet)?;
            super::settings::prepare(conn, cabinet, now)?;
            let desk = Desk::read(conn, cabinet, now)?;
            join(conn, &desk, None)?;
            if whole {
                replan(conn, cabinet, None, now)?;
            } else {
                let moved = enrolments::changed_since(conn, cabinet, since)?;
                replan(conn, cabinet, Some(&moved), now)?;
            }
            Ok(())
        })?;
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
    conn.write(|conn| store::relance_settings::ran(conn, cabinet, now, if changed { now } else { settings.looked_at }))?;
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
const LOOK_EVERY: Span = Span::from_secs(5);

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

//! What happens by time alone: snoozes end, deadlines come near and pass, digests go out. A thread of its own beside the
//! jobs, so that a long import puts nothing off.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use contract::NotificationKind;
use domain::anomaly::{AnomalyEvent, AnomalyState};
use domain::{AnomalyId, CabinetId};
use serde_json::json;
use store::anomalies::{Anomaly, Step, Told};
use store::journal::Stamp;
use store::queue::Ring;
use store::{Conn, dialect};

use super::life::{self, Detail, Moved, after};
use super::notify::{News, To, notify_all};
use super::{digest, live, policy};
use crate::flows::Writing;
use crate::session::whole_micros;
use crate::{App, Result, time};

/// How often the clock is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const FORGET_EVERY: Duration = Duration::from_secs(3_600);
/// Notifications are forgotten after so many days; what they tell stays in the history of the anomalies.
const FORGET_DAYS: i64 = 180;
/// Anomalies of one transaction.
const CHUNK: i64 = 500;

/// The clock of this process; stops when told or dropped, after the work in hand.
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

pub fn start(app: App) -> Runner {
    let stop = Arc::new(AtomicBool::new(false));
    let told = stop.clone();
    let thread = std::thread::Builder::new().name("clock".to_owned()).spawn(move || work(&app, &told));
    let thread = thread.inspect_err(|error| tracing::error!(%error, "the clock of anomalies could not be started"));
    Runner { stop, thread: thread.ok() }
}

fn work(app: &App, stop: &AtomicBool) {
    let mut forgot: Option<Instant> = None;
    while !stop.load(Ordering::Relaxed) {
        if let Err(error) = tick(app, Utc::now()) {
            tracing::warn!(%error, "the clock of anomalies cannot be read, it will be tried again");
        }
        if forgot.is_none_or(|at| at.elapsed() >= FORGET_EVERY) {
            forgot = Some(Instant::now());
            if let Err(error) = forget(app, Utc::now()) {
                tracing::warn!(%error, "old notifications could not be forgotten");
            }
        }
        std::thread::park_timeout(LOOK_EVERY);
    }
}

fn forget(app: &App, now: DateTime<Utc>) -> Result<()> {
    let before = now - chrono::Duration::days(FORGET_DAYS);
    app.store.conn()?.write(|conn| store::notifications::forget(conn, before))?;
    Ok(())
}

/// Does what the moment asks for, until nothing is left to do. May be run as often as one likes, by several processes.
pub fn tick(app: &App, now: DateTime<Utc>) -> Result<()> {
    let mut conn = app.store.conn()?;
    // What fails for one firm holds no other back.
    let mut failed = None;
    for ring in [Ring::Wake, Ring::Overdue, Ring::Near] {
        loop {
            let ringing = store::queue::ringing(&mut conn, ring, now, CHUNK)?;
            let last = (ringing.len() as i64) < CHUNK;
            let mut cabinets: BTreeMap<CabinetId, Vec<AnomalyId>> = BTreeMap::new();
            for (cabinet, id) in ringing {
                cabinets.entry(cabinet).or_default().push(id);
            }
            let mut done = 0;
            for (cabinet, ids) in cabinets {
                let outcome = conn.write(|conn| -> Result<usize> {
                    dialect::lock_cabinet(conn, cabinet)?;
                    // As they are now: another process may have been faster.
                    let found = store::anomalies::of_cabinet(conn, cabinet, &ids)?;
                    match ring {
                        Ring::Wake => wake(app, conn, cabinet, found, now),
                        Ring::Overdue => tell(conn, cabinet, found, Told::Overdue, now),
                        Ring::Near => tell(conn, cabinet, found, Told::Near, now),
                    }
                });
                match outcome {
                    Ok(n) => done += n,
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            // What was not to be done after all would be found again and again.
            if last || done == 0 {
                break;
            }
        }
    }
    drop(conn);
    digest::run(app, now)?;
    failed.map_or(Ok(()), Err)
}

/// Wakes what has slept long enough; how many that were.
fn wake(app: &App, conn: &mut Conn, cabinet: CabinetId, found: Vec<Anomaly>, now: DateTime<Utc>) -> Result<usize> {
    let policy = policy(conn, cabinet)?;
    let mut moved = Vec::new();
    for before in found {
        if before.state != AnomalyState::Snoozed || before.snoozed_until.is_none_or(|until| until > now) {
            continue;
        }
        let Ok(awake) = after(&before, AnomalyEvent::Resume, &Detail::default(), &policy, now) else { continue };
        let step = Step {
            anomaly: before.id,
            event: AnomalyEvent::Resume,
            by: None,
            data: json!({}),
            note: None,
            at: whole_micros(now),
        };
        moved.push(Moved { before, after: awake, step });
    }
    let stamp = Stamp { at: now, actor: None, request_id: "clock".to_owned() };
    let judge = app.judge(conn, cabinet, time::paris_day(now))?;
    life::write(&mut Writing { conn, cabinet, stamp: &stamp, judge: &judge }, &mut moved, (None, None))?;
    Ok(moved.len())
}

/// Tells people of deadlines, each once; of how many.
fn tell(conn: &mut Conn, cabinet: CabinetId, found: Vec<Anomaly>, told: Told, now: DateTime<Utc>) -> Result<usize> {
    let kind = if told == Told::Overdue { NotificationKind::Overdue } else { NotificationKind::Near };
    let is_so = |a: &Anomaly| match told {
        Told::Overdue => a.due_at.is_some_and(|due| due <= now),
        _ => a.warn_at.is_some_and(|warn| warn <= now),
    };
    let found: Vec<Anomaly> = found.into_iter().filter(|a| a.told < told && is_so(a)).collect();
    let ids: Vec<AnomalyId> = found.iter().map(|a| a.id).collect();
    store::anomalies::set_told(conn, cabinet, &ids, told)?;
    let news: Vec<News<'_>> = found.iter().map(|anomaly| News { kind, anomaly, by: None, to: To::Followers }).collect();
    notify_all(conn, cabinet, &news, now)?;
    live::changed(conn, cabinet, &found)?;
    Ok(found.len())
}

//! What stands open, judged again by new settings: what a rule found that is switched off ends, deadlines and severities
//! follow, and where a rule looks otherwise than before everything is looked at again. In pieces, so that others go on
//! between two; begun anew it does again what it has done, which changes nothing.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::anomaly::{AnomalyEvent, AnomalyRule, Policy, Severity};
use domain::working_time::Clock;
use domain::{CabinetId, DossierId, Text};
use store::anomalies::{Anomaly, Step, Told};
use store::journal::Stamp;
use store::occurrences;
use store::{Conn, anomaly_settings, dialect};

use super::findings::look_at_all_of;
use super::settings::{self, Settings};
use super::{ledger, live};
use crate::flows::{Writing, again};
use crate::session::whole_micros;
use crate::{App, Result, time};

const BATCH: usize = 500;

/// Judges everything of a firm by its settings of now. `step` hears how far it is.
pub fn run(
    app: &App,
    cabinet: CabinetId,
    now: DateTime<Utc>,
    step: &dyn Fn(u64, Option<u64>) -> Result<()>,
) -> Result<()> {
    let mut conn = app.store.conn()?;
    let mut work =
        Work { app, cabinet, stamp: Stamp { at: now, actor: None, request_id: "worker".to_owned() }, done: 0 };
    loop {
        let settings = settings::of(&mut conn, cabinet)?;
        work.end_what_is_off(&mut conn, &settings, step)?;
        work.follow(&mut conn, step)?;
        if looks_otherwise(&settings.judged, &settings.policy) {
            work.look(&mut conn, step)?;
        }
        if work.is_done(&mut conn, &settings)? {
            return step(work.done, Some(work.done));
        }
    }
}

/// Looks at everything of a firm by every rule. What stands rightly changes nothing.
pub fn everything(app: &App, cabinet: CabinetId, now: DateTime<Utc>) -> Result<()> {
    let stamp = Stamp { at: now, actor: None, request_id: "worker".to_owned() };
    Work { app, cabinet, stamp, done: 0 }.look(&mut *app.store.conn()?, &|_, _| Ok(()))
}

/// Whether by the new policy something could be found, or gone, that was not by the old one.
fn looks_otherwise(old: &Policy, new: &Policy) -> bool {
    let rules = AnomalyRule::ALL.iter();
    let otherwise =
        |rule: &AnomalyRule| new.is_on(*rule) && (!old.is_on(*rule) || old.limits(*rule) != new.limits(*rule));
    old.stuck != new.stuck || rules.copied().any(|rule| otherwise(&rule))
}

struct Work<'a> {
    app: &'a App,
    cabinet: CabinetId,
    stamp: Stamp,
    done: u64,
}

impl Work<'_> {
    fn write<T>(&self, conn: &mut Conn, work: impl FnOnce(&mut Writing<'_>) -> Result<T>) -> Result<T> {
        conn.write(|conn| -> Result<T> {
            dialect::lock_cabinet(conn, self.cabinet)?;
            let judge = self.app.judge(conn, self.cabinet, time::paris_day(self.stamp.at))?;
            work(&mut Writing { conn, cabinet: self.cabinet, stamp: &self.stamp, judge: &judge })
        })
    }

    fn end_what_is_off(
        &mut self,
        conn: &mut Conn,
        settings: &Settings,
        step: &dyn Fn(u64, Option<u64>) -> Result<()>,
    ) -> Result<()> {
        let because = Text::new("La règle est désactivée.", "The rule is switched off.");
        for rule in AnomalyRule::ALL.iter().filter(|rule| !settings.policy.is_on(**rule)) {
            loop {
                let ended = self.write(conn, |w| {
                    let open = occurrences::open_of_rule(w.conn, w.cabinet, *rule, BATCH as i64)?;
                    let n = open.len();
                    ledger::end(w, settings, open, &because)?;
                    Ok(n)
                })?;
                self.done += ended as u64;
                step(self.done, None)?;
                if ended < BATCH {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Severity, deadline and place in the queue of what stands open.
    fn follow(&mut self, conn: &mut Conn, step: &dyn Fn(u64, Option<u64>) -> Result<()>) -> Result<()> {
        for rule in AnomalyRule::ALL {
            let mut after = None;
            loop {
                let last = self.write(conn, |w| {
                    let settings = settings::of(w.conn, w.cabinet)?;
                    let open = occurrences::open_anomalies(w.conn, w.cabinet, *rule, after, BATCH as i64)?;
                    let last = open.last().map(|a| a.id);
                    follow(w, &settings, open)?;
                    Ok(last)
                })?;
                step(self.done, None)?;
                after = last;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Everything, by every rule.
    fn look(&mut self, conn: &mut Conn, step: &dyn Fn(u64, Option<u64>) -> Result<()>) -> Result<()> {
        let dossiers: Vec<DossierId> =
            store::evaluations::after(conn, self.cabinet, "")?.iter().filter_map(|id| id.parse().ok()).collect();
        for batch in dossiers.chunks(BATCH) {
            self.write(conn, |w| look_at_all_of(w, &batch.iter().copied().collect()))?;
            self.done += batch.len() as u64;
            step(self.done, None)?;
        }
        let mut after = None;
        loop {
            let ids = occurrences::flows_after(conn, self.cabinet, after, BATCH as i64)?;
            let Some(last) = ids.last().copied() else { return Ok(()) };
            self.write(conn, |w| again(w, &ids))?;
            self.done += ids.len() as u64;
            step(self.done, None)?;
            after = Some(last);
        }
    }

    /// Notes that everything stands by these settings, unless they have changed meanwhile.
    fn is_done(&self, conn: &mut Conn, settings: &Settings) -> Result<bool> {
        self.write(conn, |w| {
            let Some(kept) = anomaly_settings::find(w.conn, w.cabinet)? else { return Ok(true) };
            let now = settings::of(w.conn, w.cabinet)?;
            if now.policy != settings.policy {
                return Ok(false);
            }
            let judged = Settings { judged: now.policy.clone(), ..now };
            let kept = anomaly_settings::Kept { data: serde_json::to_string(&judged)?, ..kept };
            anomaly_settings::put(w.conn, w.cabinet, &kept)?;
            Ok(true)
        })
    }
}

fn follow(w: &mut Writing<'_>, settings: &Settings, open: Vec<Anomaly>) -> Result<()> {
    let now = whole_micros(w.stamp.at);
    let mut changed = Vec::new();
    let mut blocking = BTreeSet::new();
    for old in open {
        let mut anomaly = old.clone();
        anomaly.severity = settings.policy.severity(old.rule);
        let history = store::anomalies::history(w.conn, old.id, i64::MAX)?;
        set_clock(&mut anomaly, &clock(&old, &history, &settings.policy, now), now);
        anomaly.priority = ledger::priority(&anomaly, settings, now);
        if anomaly == old {
            continue;
        }
        if anomaly.severity != old.severity && [anomaly.severity, old.severity].contains(&Severity::Critical) {
            let of = occurrences::open_of_anomaly(w.conn, old.id)?;
            blocking.extend(of.into_iter().filter_map(|o| o.dossier));
        }
        anomaly.version += 1;
        anomaly.updated_at = now;
        if !store::anomalies::update(w.conn, &anomaly)? {
            return Err(crate::Error::internal("an anomaly changed under the cabinet's lock"));
        }
        changed.push(anomaly);
    }
    ledger::block(w, &blocking)?;
    live::changed(w.conn, w.cabinet, &changed)
}

/// The clock of an anomaly by the policy of now: of its whole time, what was worked through since it opened is gone; what it
/// waited is not.
fn clock(anomaly: &Anomaly, history: &[Step], policy: &Policy, now: DateTime<Utc>) -> Clock {
    let mut worked = 0;
    let mut since = Some(anomaly.opened_at);
    for step in history {
        match step.event {
            AnomalyEvent::Reopen => (worked, since) = (0, Some(step.at)),
            AnomalyEvent::WaitClient | AnomalyEvent::Snooze => {
                if let Some(since) = since.take() {
                    worked += policy.hours.minutes_between(since, step.at);
                }
            }
            AnomalyEvent::Resume | AnomalyEvent::Start if since.is_none() => since = Some(step.at),
            _ => {}
        }
    }
    let left = policy.whole_minutes(anomaly.rule) - worked;
    match since {
        // As it would have been from the beginning of this stretch.
        Some(since) if left > 0 => policy.clock_with(anomaly.rule, since, left),
        Some(_) => Clock::Runs { due_at: now, warn_at: now },
        None => Clock::Stands { left },
    }
}

fn set_clock(anomaly: &mut Anomaly, clock: &Clock, now: DateTime<Utc>) {
    match *clock {
        Clock::Stands { left } => (anomaly.due_at, anomaly.warn_at, anomaly.left_minutes) = (None, None, Some(left)),
        Clock::Runs { due_at, warn_at } => {
            let (due_at, warn_at) = (whole_micros(due_at), whole_micros(warn_at));
            // What is late stays late since when it was.
            if !(due_at == now && anomaly.due_at.is_some_and(|due| due <= now)) {
                (anomaly.due_at, anomaly.warn_at) = (Some(due_at), Some(warn_at));
            }
            anomaly.left_minutes = None;
            if now < warn_at {
                anomaly.told = Told::Nothing;
            }
        }
    }
}

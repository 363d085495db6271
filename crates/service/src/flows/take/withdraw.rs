//! The way back: statuses that one source told at one time go, and flows of which nothing else is known.

use chrono::{DateTime, Utc};
use domain::flow::{self, FlowSource, StatusEvent};
use domain::{DossierId, FlowId};
use store::flows::{Months, Status, Steps, Stored};

use super::super::Writing;
use super::super::evidence::{self, Shown};
use super::super::limits::Limits;
use super::Source;
use crate::Result;
use crate::anomalies::findings::{self, Touched};
use crate::session::whole_micros;

/// What was taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Withdrawn {
    /// Flows that are gone: nothing else told of them.
    pub removed: u64,
    pub statuses: u64,
    /// Flows that stay.
    pub kept: u64,
    /// Among those that stay, the ones that lost a status.
    pub freed: u64,
    /// Whose evidence may have gone with them: see [`prove_less`].
    pub dossiers: Vec<DossierId>,
}

/// Which of a history the source told at that time; with them go the readings of their words, of which nothing is left.
fn own(history: &[(i64, StatusEvent)], source: Source<'_>, received: DateTime<Utc>) -> Vec<bool> {
    let told = |e: &StatusEvent| e.received_at == received && e.source == source.kind && e.source_name == source.name;
    let same_word = |a: &StatusEvent, b: &StatusEvent| a.at == b.at && a.raw == b.raw;
    history
        .iter()
        .map(|(_, event)| {
            let read = event.source == FlowSource::Person
                && history.iter().any(|(_, e)| told(e) && same_word(e, event))
                && !history.iter().any(|(_, e)| e.source != FlowSource::Person && !told(e) && same_word(e, event));
            told(event) || read
        })
        .collect()
}

/// Takes back what a source told of flows at one time, in the transaction of the caller, which holds the cabinet's lock.
/// Rows of a history are deleted and never changed. What the firm did about a flow keeps it. Again, it changes nothing.
pub fn withdraw(w: &mut Writing<'_>, source: Source<'_>, received: DateTime<Utc>, ids: &[FlowId]) -> Result<Withdrawn> {
    let (now, received) = (whole_micros(w.stamp.at), whole_micros(received));
    let stored = store::flows::of_cabinet(w.conn, w.cabinet, ids)?;
    let mut histories = store::flows::histories(w.conn, ids)?;
    let platforms: Vec<String> = stored.iter().map(|s| s.flow.platform.clone()).collect();
    let mut limits = Limits::read(w.conn, w.cabinet, Some(&platforms))?;
    let mut done = Withdrawn::default();
    let (mut months, mut steps, mut handed_on) = (Months::default(), Steps::default(), Vec::new());
    let (mut events, mut gone, mut stay, mut touched) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for before in stored {
        let id = before.flow.id;
        let history = histories.remove(&id).unwrap_or_default();
        let goes = own(&history, source, received);
        let lost = goes.iter().filter(|goes| **goes).count();
        let left: Vec<StatusEvent> =
            history.iter().zip(&goes).filter(|(_, goes)| !**goes).map(|((_, event), _)| event.clone()).collect();
        let alone = left.is_empty() && whole_micros(before.created_at) == received && before.handled.is_empty();
        if lost == 0 && !alone {
            done.kept += 1;
            continue;
        }
        done.statuses += lost as u64;
        done.dossiers.extend(before.flow.dossier);
        events.extend(history.iter().zip(&goes).filter(|(_, goes)| **goes).map(|((key, _), _)| (id, *key)));
        let all: Vec<StatusEvent> = history.into_iter().map(|(_, event)| event).collect();
        steps.count(&before.flow.platform, &flow::steps(&all), -1);
        if alone {
            months.left(&before);
            done.removed += 1;
            gone.push(id);
            continue;
        }
        // Who told of it next has brought it now: when that is taken back as well, it goes.
        if whole_micros(before.created_at) == received
            && let Some(next) = left.iter().map(|e| e.received_at).min()
        {
            handed_on.push((id, next));
        }
        let current = flow::current(&left);
        let mut after =
            Stored { status: current.map(|place| Status::from(&left[place])), stuck_at: None, ..before.clone() };
        after.stuck_at = limits.stuck_at(&after);
        after.version += 1;
        after.updated_at = now;
        months.moved(Some(&before), &after);
        steps.count(&after.flow.platform, &flow::steps(&left), 1);
        done.kept += 1;
        done.freed += 1;
        touched.push(Touched {
            before: Some(before.flow),
            flow: after.flow.clone(),
            current,
            new_events: 0,
            later: false,
            stuck_at: after.stuck_at,
            events: left,
        });
        stay.push(after);
    }
    store::flows::remove_events(w.conn, &events)?;
    store::flows::update(w.conn, w.cabinet, &stay.iter().collect::<Vec<_>>(), &[])?;
    store::flows::set_created(w.conn, w.cabinet, &handed_on)?;
    store::flows::add_months(w.conn, w.cabinet, &months)?;
    store::flows::add_steps(w.conn, w.cabinet, &steps)?;
    findings::flows_leave(w, &gone)?;
    store::flows::remove(w.conn, w.cabinet, &gone)?;
    findings::after_flows(w, &touched)?;
    done.dossiers.sort();
    done.dossiers.dedup();
    Ok(done)
}

/// Flows of a dossier that are looked at for what they still show: the latest of each count.
const LOOKED_AT: i64 = 200;

/// Brings the evidence of dossiers down to what their flows still show, in the transaction of the caller, which holds the
/// cabinet's lock; of all dossiers that have such evidence when none is named.
pub fn prove_less(w: &mut Writing<'_>, dossiers: Option<&[DossierId]>) -> Result<()> {
    let proved = store::flows::proved(w.conn, w.cabinet)?;
    let proved: Vec<DossierId> =
        proved.into_iter().filter(|id| dossiers.is_none_or(|wanted| wanted.contains(id))).collect();
    let mut shown = Shown::default();
    for dossier in &proved {
        let ids = store::flows::latest_of(w.conn, w.cabinet, *dossier, LOOKED_AT)?;
        let mut histories = store::flows::events_of(w.conn, &ids)?;
        for stored in store::flows::of_cabinet(w.conn, w.cabinet, &ids)? {
            let events = histories.remove(&stored.flow.id).unwrap_or_default();
            shown.of(&stored.flow, &events, w.judge.today);
        }
    }
    evidence::prove_less(w, &proved, &shown)
}

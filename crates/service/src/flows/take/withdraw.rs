//! The way back: statuses that one source told at one time go, and flows of which nothing else is known.

use chrono::{DateTime, Utc};
use domain::FlowId;
use domain::flow::{self, FlowSource, StatusEvent};
use store::flows::{Months, Status, Steps, Stored};

use super::super::Writing;
use super::super::limits::Limits;
use super::Source;
use crate::Result;
use crate::anomalies::findings::{self, Touched};
use crate::session::whole_micros;

/// What was taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Withdrawn {
    /// Flows that are gone: nothing else told of them.
    pub removed: u64,
    pub statuses: u64,
    /// Flows that stay.
    pub kept: u64,
    /// Among those that stay, the ones that lost a status.
    pub freed: u64,
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
    let (mut months, mut steps) = (Months::default(), Steps::default());
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
        events.extend(history.iter().zip(&goes).filter(|(_, goes)| **goes).map(|((key, _), _)| (id, *key)));
        let all: Vec<StatusEvent> = history.into_iter().map(|(_, event)| event).collect();
        steps.count(&before.flow.platform, &flow::steps(&all), -1);
        let current = flow::current(&left);
        let mut after =
            Stored { status: current.map(|place| Status::from(&left[place])), stuck_at: None, ..before.clone() };
        if alone {
            months.left(&before);
            done.removed += 1;
            gone.push(id);
        } else {
            after.stuck_at = limits.stuck_at(&after);
            after.version += 1;
            after.updated_at = now;
            months.moved(Some(&before), &after);
            steps.count(&after.flow.platform, &flow::steps(&left), 1);
            done.kept += 1;
            done.freed += 1;
        }
        touched.push(Touched {
            before: Some(before.flow),
            flow: after.flow.clone(),
            current,
            new_events: 0,
            stuck_at: after.stuck_at,
            events: left,
        });
        if !alone {
            stay.push(after);
        }
    }
    store::flows::remove_events(w.conn, &events)?;
    store::flows::update(w.conn, w.cabinet, &stay.iter().collect::<Vec<_>>(), &[])?;
    store::flows::add_months(w.conn, w.cabinet, &months)?;
    store::flows::add_steps(w.conn, w.cabinet, &steps)?;
    // What was found of flows that go ends before they do, so that no anomaly counts them any more.
    findings::after_flows(w, &touched)?;
    store::flows::remove(w.conn, w.cabinet, &gone)?;
    Ok(done)
}

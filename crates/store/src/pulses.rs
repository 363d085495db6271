//! What others should see at once: a count that goes up with every such change, and the latest changes beside it. Written
//! in the transaction of the change, so that nobody hears of what was not kept.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::{AnomalyId, CabinetId, UserId};
use serde::{Deserialize, Serialize};

use crate::people::parsed;
use crate::schema::pulses;
use crate::{Conn, Result, dialect};

/// How many changes are kept: whoever is further behind reads everything again.
const MOST: usize = 256;

/// A change that others should see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "k", rename_all = "snake_case")]
pub enum Change {
    /// An anomaly is at this version.
    Anomaly { id: AnomalyId, version: i64 },
    /// Numbers beside the queue may have changed, such as words of platforms that nobody has read.
    Counts,
    /// A person has been told something.
    Told { user: UserId },
}

/// The changes of one beat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    pub beat: i64,
    pub changes: Vec<Change>,
}

/// Where a cabinet is, and how it came there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulse {
    pub beat: i64,
    /// Oldest first.
    pub recent: Vec<Beat>,
}

impl Pulse {
    /// What happened after a beat; nothing can be said when that is too long ago.
    pub fn since(&self, beat: i64) -> Option<impl Iterator<Item = &Change>> {
        let told = self.recent.first().is_some_and(|oldest| oldest.beat <= beat + 1);
        (beat >= self.beat || told)
            .then(|| self.recent.iter().filter(move |b| b.beat > beat).flat_map(|b| b.changes.iter()))
    }
}

fn written(recent: &[Beat]) -> Result<String> {
    serde_json::to_string(recent).map_err(|e| crate::Error::SerializationError(Box::new(e)))
}

fn pulse_of(beat: i64, recent: &str) -> Result<Pulse> {
    let recent = serde_json::from_str(recent).map_err(|e| crate::Error::DeserializationError(Box::new(e)))?;
    Ok(Pulse { beat, recent })
}

/// Tells others of changes, with the commit. Needs the cabinet's lock.
pub fn bump(conn: &mut Conn, cabinet: CabinetId, changes: &[Change]) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let kept: Option<(i64, String)> =
        pulses::table.find(cabinet.to_string()).select((pulses::beat, pulses::recent)).first(conn).optional()?;
    let mut pulse = kept.map(|(beat, recent)| pulse_of(beat, &recent)).transpose()?.unwrap_or_default();
    pulse.beat += 1;
    if changes.len() > MOST {
        // More than can be told: everybody reads again.
        pulse.recent.clear();
    } else {
        pulse.recent.push(Beat { beat: pulse.beat, changes: changes.to_vec() });
        let mut most = MOST;
        let keep = pulse.recent.iter().rev().take_while(|b| {
            let fits = b.changes.len() <= most;
            most = most.saturating_sub(b.changes.len());
            fits
        });
        let gone = pulse.recent.len() - keep.count();
        pulse.recent.drain(..gone);
    }
    let recent = written(&pulse.recent)?;
    dialect::upsert_pulse(conn, cabinet, pulse.beat, &recent)
}

/// Where these cabinets are.
pub fn of(conn: &mut Conn, cabinets: &[CabinetId]) -> Result<HashMap<CabinetId, Pulse>> {
    let mut found = HashMap::new();
    for chunk in cabinets.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<(String, i64, String)> = pulses::table
            .filter(pulses::cabinet_id.eq_any(ids))
            .select((pulses::cabinet_id, pulses::beat, pulses::recent))
            .load(conn)?;
        for (cabinet, beat, recent) in rows {
            found.insert(parsed(&cabinet)?, pulse_of(beat, &recent)?);
        }
    }
    Ok(found)
}

/// The beats of these cabinets alone: what is looked at every moment.
pub fn beats(conn: &mut Conn, cabinets: &[CabinetId]) -> Result<HashMap<CabinetId, i64>> {
    let mut found = HashMap::new();
    for chunk in cabinets.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<(String, i64)> = pulses::table
            .filter(pulses::cabinet_id.eq_any(ids))
            .select((pulses::cabinet_id, pulses::beat))
            .load(conn)?;
        for (cabinet, beat) in rows {
            found.insert(parsed(&cabinet)?, beat);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_too_far_behind_is_told_so() {
        let beat = |n: i64| Beat { beat: n, changes: vec![Change::Counts] };
        let pulse = Pulse { beat: 7, recent: vec![beat(5), beat(6), beat(7)] };
        assert_eq!(pulse.since(7).map(Iterator::count), Some(0));
        assert_eq!(pulse.since(5).map(Iterator::count), Some(2));
        assert_eq!(pulse.since(4).map(Iterator::count), Some(3));
        assert!(pulse.since(3).is_none());
        assert!(Pulse { beat: 1, recent: Vec::new() }.since(0).is_none(), "more happened than could be told");
    }
}

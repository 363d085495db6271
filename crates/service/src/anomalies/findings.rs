//! From flows to findings: what is looked at again once flows have changed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::CabinetId;
use domain::flow::{Flow, StatusEvent};
use store::Conn;

use crate::Result;
use crate::flows::Writing;

/// A flow that was written, or whose time has come: everything a rule may ask of it, so that no rule reads it again.
#[derive(Debug, Clone)]
pub struct Touched {
    /// As it stood before; nothing when it is new.
    pub before: Option<Flow>,
    pub flow: Flow,
    /// Its whole history, oldest first by the source's time.
    pub events: Vec<StatusEvent>,
    /// Place of the current status among `events`.
    pub current: Option<usize>,
    /// How many of `events` were not known before.
    pub new_events: usize,
    /// When it should have moved on; it is stuck once that has passed.
    pub stuck_at: Option<DateTime<Utc>>,
}

impl Touched {
    /// The current status.
    pub fn status(&self) -> Option<&StatusEvent> {
        self.events.get(self.current?)
    }

    /// Its official code.
    pub fn code(&self) -> Option<u32> {
        self.status()?.code
    }
}

/// Brings the findings of these flows up to date, in the transaction of the caller, which holds the cabinet's lock. Its
/// cost depends on what was touched, never on the size of the tables.
pub fn after_flows(_w: &mut Writing<'_>, _touched: &[Touched]) -> Result<()> {
    Ok(())
}

/// How long a flow may stand at a status before it counts as stuck.
#[derive(Debug, Clone, Default)]
pub struct StuckLimits {
    /// The rule is on for this firm.
    pub on: bool,
    /// Hours by status, where the firm has set none and the platform's past tells none. A flow may stand for ever at a
    /// status that is not named.
    pub usual: BTreeMap<u32, u32>,
    /// What the firm has set: platform and status, hours.
    pub set: BTreeMap<(String, u32), u32>,
}

/// The limits of a firm.
pub fn stuck_limits(_conn: &mut Conn, _cabinet: CabinetId) -> Result<StuckLimits> {
    Ok(StuckLimits {
        on: true,
        usual: BTreeMap::from([(200, 48), (201, 48), (202, 48), (203, 360)]),
        set: BTreeMap::new(),
    })
}

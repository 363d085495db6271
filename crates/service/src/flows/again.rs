//! Flows whose rules have changed: when they should have moved on is told anew, and rules look at them again.

use domain::FlowId;
use store::occurrences;

use super::Writing;
use super::limits::Limits;
use crate::Result;
use crate::anomalies::findings::{after_flows, read_touched};

/// Looks at flows again by the firm's settings of now. In the transaction of the caller, which holds the cabinet's lock.
pub(crate) fn again(w: &mut Writing<'_>, ids: &[FlowId]) -> Result<()> {
    let mut limits = Limits::read(w.conn, w.cabinet, None)?;
    let changed: Vec<_> = store::flows::of_cabinet(w.conn, w.cabinet, ids)?
        .into_iter()
        .filter_map(|stored| {
            let stuck_at = limits.stuck_at(&stored);
            (stuck_at != stored.stuck_at).then_some((stored.flow.id, stuck_at))
        })
        .collect();
    occurrences::set_stuck(w.conn, &changed)?;
    let touched = read_touched(w, ids)?;
    after_flows(w, &touched)
}

//! What others do, told at once to whoever follows.

use domain::CabinetId;
use store::Conn;
use store::anomalies::Anomaly;
use store::pulses::Change;

use crate::Result;

/// Tells those who follow that these anomalies changed. In the transaction of the change, which holds the cabinet's lock.
pub fn changed<'a>(
    conn: &mut Conn,
    cabinet: CabinetId,
    anomalies: impl IntoIterator<Item = &'a Anomaly>,
) -> Result<()> {
    let mut changes: Vec<Change> =
        anomalies.into_iter().map(|a| Change::Anomaly { id: a.id, version: a.version }).collect();
    if !changes.is_empty() {
        changes.push(Change::Counts);
    }
    Ok(store::pulses::bump(conn, cabinet, &changes)?)
}

/// Tells those who follow that numbers beside the queue may have changed. In the transaction of the change, which holds
/// the cabinet's lock.
pub fn counts(conn: &mut Conn, cabinet: CabinetId) -> Result<()> {
    Ok(store::pulses::bump(conn, cabinet, &[Change::Counts])?)
}

//! The one queue: what is wrong, what people do about it, and what they are told of.

pub mod findings;
pub mod live;
pub mod notify;

use domain::Text;
use store::anomalies::Anomaly;

/// What an anomaly is called in a list.
pub(crate) fn title(anomaly: &Anomaly) -> Text {
    domain::reference::anomaly_rule(anomaly.rule).title.clone()
}

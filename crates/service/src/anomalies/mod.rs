//! Anomalies: what rules find, what people do about it in the one queue, and what they are told of.

pub mod findings;
pub mod ledger;
pub mod live;
pub mod notify;
pub mod parts;
pub mod settings;

use domain::Text;
use domain::reference::anomaly_rule;
use store::anomalies::Anomaly;

/// What an anomaly is called in a list.
pub(crate) fn title(anomaly: &Anomaly) -> Text {
    let title = &anomaly_rule(anomaly.rule).title;
    match &anomaly.platform {
        Some(platform) => Text::new(format!("{} : {platform}", title.fr), format!("{}: {platform}", title.en)),
        None => title.clone(),
    }
}

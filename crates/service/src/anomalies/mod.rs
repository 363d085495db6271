//! Anomalies: what rules find, what people do about it in the one queue, and what they are told of.

pub(crate) mod acts;
pub mod again;
mod board;
pub mod clock;
mod comments;
mod digest;
pub mod findings;
pub(crate) mod hand_over;
pub mod ledger;
pub(crate) mod life;
pub mod live;
mod notices;
pub mod notify;
mod parts;
pub mod settings;

pub use acts::{act_on_anomalies, set_anomaly_step, take_next_anomaly};
pub use board::{export_anomalies, list_anomalies, read_anomaly, read_anomaly_board};
pub use comments::{create_comment, update_comment};
pub use hand_over::hand_over;
pub use live::follow_live;
pub use notices::{list_notifications, read_notification_settings, read_notifications, update_notification_settings};
pub use parts::{join_anomalies, list_occurrences, split_anomaly};
pub use settings::{read_anomaly_settings, update_anomaly_settings};

use domain::anomaly::Policy;
use domain::reference::anomaly_rule;
use domain::{CabinetId, Text};
use store::Conn;
use store::anomalies::Anomaly;

use crate::Result;

/// How a firm uses the rules.
pub(crate) fn policy(conn: &mut Conn, cabinet: CabinetId) -> Result<Policy> {
    Ok(settings::of(conn, cabinet)?.policy)
}

/// What an anomaly is called in a list.
pub(crate) fn title(anomaly: &Anomaly) -> Text {
    let title = &anomaly_rule(anomaly.rule).title;
    match &anomaly.platform {
        Some(platform) => Text::new(format!("{} : {platform}", title.fr), format!("{}: {platform}", title.en)),
        None => title.clone(),
    }
}

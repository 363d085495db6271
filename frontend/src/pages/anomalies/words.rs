//! How the queue is said.

use contract::AnomalyRow;
use domain::anomaly::{AnomalyEvent, AnomalyState, Severity};

use crate::api::say;
use crate::browser::now;
use crate::dom::{View, span};
use crate::text::{format, t};
use crate::ui::{Icon, Tone, status_as};

pub fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Critical => Tone::Late,
        Severity::High => Tone::AtRisk,
        Severity::Medium => Tone::OnTrack,
        Severity::Low => Tone::Unknown,
    }
}

pub fn severity(severity: Severity) -> View {
    status_as(tone(severity), &say(&severity.text())).add_class("status-plain")
}

pub fn state(state: AnomalyState) -> String {
    say(&state.text())
}

pub fn face(event: AnomalyEvent) -> Icon {
    use AnomalyEvent as E;
    match event {
        E::Open | E::Reopen => Icon::Warning,
        E::Assign | E::Unassign | E::HandOver => Icon::Person,
        E::Start | E::Resume => Icon::Right,
        E::WaitClient | E::Snooze => Icon::Clock,
        E::Resolve | E::Close | E::Tick => Icon::Check,
        E::Ignore => Icon::Close,
        E::Comment => Icon::Edit,
        E::Split | E::Join => Icon::Link,
    }
}

/// When it is due, and how that stands; that its clock stands still, where it does.
pub fn due(row: &AnomalyRow) -> View {
    let t = t();
    if let Some(until) = row.snoozed_until {
        return span("soft").child(t.anomaly_until(format::moment(t, until)));
    }
    let Some(at) = row.due_at else {
        return if row.state.is_over() {
            span("faint").child("–")
        } else {
            span("soft").child(t.anomaly_clock_stands())
        };
    };
    let when = span("num").attr("title", &format::moment(t, at)).child(format::relative(t, at, now()));
    let told = match (row.overdue, row.near) {
        (true, _) => Some(span("remark tone-late").child(t.anomaly_late())),
        (false, true) => Some(span("remark tone-at-risk").child(t.anomaly_near())),
        (false, false) => None,
    };
    span("row nowrap").child(when).child(told)
}

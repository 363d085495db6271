//! How a flow is said.

use contract::{FlowReason, FlowStatus};
use domain::flow::{FlowDirection, FlowKind};

use crate::api::say;
use crate::dom::{View, span};
use crate::text::{format, t};
use crate::ui::{Tone, status_as, tag};

/// What the law makes of a status: ended badly, held up, ended well, on its way.
pub fn tone(code: u32) -> Tone {
    match code {
        210 | 213 | 251 | 301 | 401 | 501 | 601 => Tone::Late,
        206..=208 | 221 | 225 | 227 => Tone::AtRisk,
        205 | 211 | 212 | 300 => Tone::Ready,
        _ => Tone::OnTrack,
    }
}

/// The official label; the platform's own word, marked, where nobody has read it.
pub fn status(status: Option<&FlowStatus>) -> View {
    let t = t();
    let Some(status) = status else { return span("faint").child(t.flow_status_none()) };
    match (status.code, &status.label) {
        (Some(code), Some(label)) => status_as(tone(code), &say(label))
            .add_class("status-plain")
            .attr("title", &format!("{code} · {}", status.raw)),
        (Some(code), None) => {
            status_as(Tone::Unknown, &code.to_string()).add_class("status-plain").attr("title", &status.raw)
        }
        (None, _) => {
            status_as(Tone::Unknown, &status.raw).add_class("status-plain").attr("title", t.flow_status_unread())
        }
    }
}

pub fn reason(reason: &FlowReason) -> View {
    match &reason.label {
        Some(label) => tag(&say(label)).attr("title", &reason.code),
        None => tag(&reason.code),
    }
}

pub fn kind(kind: FlowKind) -> String {
    say(&kind.text())
}

pub fn direction(direction: FlowDirection) -> String {
    say(&direction.text())
}

/// An amount in its currency.
pub fn amount(cents: i64, currency: &str) -> String {
    let euros = format::money(t(), cents);
    if currency == "EUR" || currency.is_empty() {
        euros
    } else {
        format!("{} {currency}", euros.trim_end_matches(['€', '\u{202f}', '\u{a0}', ' ']))
    }
}

/// A SIREN in threes; any other number as it is.
pub fn number_of(party: &str) -> String {
    if party.len() == 9 && party.bytes().all(|b| b.is_ascii_digit()) { format::siren(party) } else { party.to_owned() }
}

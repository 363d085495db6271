//! Outcomes, channels and states as they are shown: always a word beside the shape.

use domain::relance::outcome::OutcomeCode;
use domain::relance::{RelanceChannel, RelancePurpose, SendingMode, SequenceState, Tone as Voice};

use crate::api::say;
use crate::dom::{View, span};
use crate::text::t;
use crate::ui::{Choice, Icon, Tone, icon, status_as};

pub fn outcome_tone(code: OutcomeCode) -> Tone {
    use OutcomeCode as O;
    match code {
        O::Sent | O::StoppedDone | O::StoppedAnswered | O::StoppedMandateReceived => Tone::Ready,
        O::Planned | O::Waits | O::HeldHourlyLimit => Tone::OnTrack,
        O::WaitsApproval
        | O::HeldModeOff
        | O::HeldSequenceNotActive
        | O::HeldNoDeadline
        | O::HeldStaleData
        | O::HeldFirmPaused
        | O::HeldClientPaused
        | O::HeldPersonAway
        | O::HeldMinimumDays
        | O::HeldNoWindow
        | O::HeldTextIncomplete
        | O::HeldTextUnreadable
        | O::StoppedMaximum
        | O::StoppedEscalated => Tone::AtRisk,
        O::MissedNothingRan
        | O::MissedOvertaken
        | O::MissedDeadlinePassed
        | O::LeftOutNoAddress
        | O::LeftOutBounced
        | O::LeftOutComplained => Tone::Late,
        O::SkippedLinkOpened
        | O::SkippedAnsweredInPart
        | O::SkippedContactedByHand
        | O::SkippedCriticalAnomaly
        | O::SkippedNoPhone
        | O::LeftOutUnsubscribed
        | O::LeftOutByHand
        | O::LeftOutBeforeJoining
        | O::LeftOutAddedBehind
        | O::LeftOutTakenOut
        | O::LeftOutPassed
        | O::StoppedNotEligible
        | O::StoppedArchived
        | O::StoppedRemoved
        | O::StoppedCompleted => Tone::Unknown,
    }
}

pub fn outcome(code: OutcomeCode) -> View {
    outcome_as(code, &say(&code.text()))
}

/// Under the words of the server.
pub fn outcome_as(code: OutcomeCode, label: &str) -> View {
    status_as(outcome_tone(code), label).add_class("status-plain")
}

/// Those whose codes begin alike, in the writing of a filter: `missed_`, `held_`.
pub fn codes(beginning: &str) -> String {
    let all: Vec<&str> = OutcomeCode::ALL.iter().map(|c| c.as_str()).filter(|c| c.starts_with(beginning)).collect();
    all.join(",")
}

pub fn channel_icon(channel: RelanceChannel) -> Icon {
    match channel {
        RelanceChannel::Mail => Icon::Mail,
        RelanceChannel::Call => Icon::Phone,
        RelanceChannel::Letter => Icon::File,
    }
}

pub fn channel(channel: RelanceChannel) -> View {
    span("row nowrap").child(icon(channel_icon(channel))).child(say(&channel.text()))
}

pub fn state(state: SequenceState) -> View {
    let tone = match state {
        SequenceState::Draft | SequenceState::Archived => Tone::Unknown,
        SequenceState::Active => Tone::Ready,
        SequenceState::Paused => Tone::AtRisk,
    };
    status_as(tone, &say(&state.text()))
}

pub fn mode(mode: SendingMode) -> (Tone, &'static str) {
    match mode {
        SendingMode::Off => (Tone::Unknown, t().relance_mode_off()),
        SendingMode::Test => (Tone::AtRisk, t().relance_mode_test()),
        SendingMode::Live => (Tone::Ready, t().relance_mode_live()),
    }
}

pub fn purposes() -> Vec<Choice> {
    RelancePurpose::ALL.iter().map(|p| Choice::new(p.as_str(), say(&p.text()))).collect()
}

pub fn channels() -> Vec<Choice> {
    RelanceChannel::ALL.iter().map(|c| Choice::new(c.as_str(), say(&c.text()))).collect()
}

pub fn voices() -> Vec<Choice> {
    Voice::ALL.iter().map(|v| Choice::new(v.as_str(), say(&v.text()))).collect()
}

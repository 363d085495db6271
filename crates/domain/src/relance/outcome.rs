//! What becomes of a step, and why: a closed set of reasons, each with what it needs to be told.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{RelanceChannel, SequenceState, SkipWhen, ToPerson};
use crate::RelanceStepId;

closed_enum! {
    /// How a client answered.
    pub enum AnswerWay {
        /// Through its link.
        Link = "link",
        /// Noted by a person of the firm.
        Hand = "hand",
        /// A reply that was forwarded to the product.
        Reply = "reply",
    }
}

closed_enum! {
    /// Who of the firm wrote to a contact.
    pub enum ContactBy {
        Relance = "relance",
        /// A request to sign, or its reminder.
        Mandate = "mandate",
        Alert = "alert",
        /// A message to many.
        Bulk = "bulk",
        /// A person, by hand.
        Person = "person",
    }
}

closed_enum! {
    /// Why a client is paused.
    pub enum PauseReason {
        /// The client asked for it.
        Client = "client",
        Holiday = "holiday",
        Dispute = "dispute",
        /// The firm talks to the client another way.
        InTouch = "in_touch",
        Leaving = "leaving",
        Other = "other",
    }
}

closed_enum! {
    /// Why no mail goes to an address any more.
    pub enum Suppression {
        /// Refused for good by the receiving server.
        Bounced = "bounced",
        Complained = "complained",
        Unsubscribed = "unsubscribed",
        ByHand = "by_hand",
    }
}

/// What keeps a step from leaving now; it ends by itself, or when what it names is changed. `until` is the last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "hold", rename_all = "snake_case")]
pub enum Hold {
    ModeOff,
    /// Draft or paused.
    SequenceNotActive {
        state: SequenceState,
    },
    /// A step counts from a deadline that is not known for this dossier.
    NoDeadline,
    StaleData {
        as_of: NaiveDate,
        days: u32,
    },
    FirmPaused {
        from: NaiveDate,
        until: Option<NaiveDate>,
    },
    ClientPaused {
        until: Option<NaiveDate>,
        reason: PauseReason,
    },
    PersonAway {
        until: Option<NaiveDate>,
    },
    MinimumDays {
        contacted_on: NaiveDate,
        by: ContactBy,
        until: NaiveDate,
    },
    /// The firm has no hours in which messages leave.
    NoWindow,
    /// The text wants a value that is empty for this dossier. Found by whoever writes it, not by the plan.
    TextIncomplete,
    /// The text was saved when it could be read, and the product of now reads it no more. Found in the same way.
    TextUnreadable,
    /// As many messages as the firm lets leave in an hour have left. Found when it is to leave, not by the plan.
    HourlyLimit {
        most: u32,
    },
}

impl Hold {
    /// The last day that it holds, where one is known.
    pub const fn until(self) -> Option<NaiveDate> {
        match self {
            Self::ModeOff
            | Self::SequenceNotActive { .. }
            | Self::NoDeadline
            | Self::StaleData { .. }
            | Self::NoWindow
            | Self::TextIncomplete
            | Self::TextUnreadable
            | Self::HourlyLimit { .. } => None,
            Self::FirmPaused { until, .. } | Self::ClientPaused { until, .. } | Self::PersonAway { until } => until,
            Self::MinimumDays { until, .. } => Some(until),
        }
    }
}

/// Why the moment of a step passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "miss", rename_all = "snake_case")]
pub enum Miss {
    /// Nothing ran when it could have left, and too long afterwards.
    NothingRan { could_leave_at: DateTime<Utc> },
    /// It was held until the day of a later step of its channel.
    Overtaken { by: RelanceStepId },
    /// It speaks of a deadline to come, and was held until that was over.
    DeadlinePassed { deadline: NaiveDate },
}

/// Why a step is left out for a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "gap", rename_all = "snake_case")]
pub enum Gap {
    NoAddress,
    Suppressed {
        why: Suppression,
    },
    /// Its day before the deadline was over when the dossier joined.
    BeforeJoining {
        day: NaiveDate,
    },
    /// Added to the sequence before a step that was done already.
    AddedBehind,
    /// Taken out of the sequence.
    TakenOut,
    /// Passed over by a person of the firm.
    Passed,
}

/// Why a dossier is no longer in a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum End {
    /// Nothing of what it is for is missing any more.
    Done,
    Answered {
        way: AnswerWay,
    },
    MandateReceived,
    /// The audience of the sequence no longer takes it.
    NotEligible,
    Maximum {
        messages: u32,
    },
    Escalated {
        after: u32,
        to: ToPerson,
    },
    Archived,
    /// Taken out by a person.
    Removed,
    /// All steps are over.
    Completed,
}

/// The end of an enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    #[serde(flatten)]
    pub why: End,
    pub at: DateTime<Utc>,
}

/// A time in which nothing ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// What becomes of a step. Whether it has happened or is foretold, its [`Stage`] tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It left, or was handed to a person; `silent_at` is when it could have left, had anything run.
    Sent {
        at: DateTime<Utc>,
        channel: RelanceChannel,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        silent_at: Option<DateTime<Utc>>,
    },
    /// It will leave; `moved_by` is what put it off until then, `along` that it goes earlier in a message of the same contact.
    Planned {
        at: DateTime<Utc>,
        channel: RelanceChannel,
        moved_by: Option<Hold>,
        along: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        silent_at: Option<DateTime<Utc>>,
    },
    /// It may leave from then on, once a person agrees.
    WaitsApproval {
        from: DateTime<Utc>,
    },
    /// Its time has come and something stands against it, or stands against whatever time comes; `leaves_at` is when it
    /// will leave by itself then.
    Held {
        reason: Hold,
        leaves_at: Option<DateTime<Utc>>,
    },
    Skipped {
        why: SkipWhen,
        at: DateTime<Utc>,
    },
    Missed {
        why: Miss,
        at: DateTime<Utc>,
    },
    LeftOut {
        why: Gap,
        at: DateTime<Utc>,
    },
    /// The dossier is out of the sequence before its turn.
    Stopped {
        end: Ended,
    },
    /// It has its turn after another, of which nobody can say when it will leave.
    Waits {
        on: RelanceStepId,
    },
}

closed_enum! {
    /// Where a step stands in its sequence for a dossier.
    pub enum Stage {
        /// Over: it will not change.
        Over = "over",
        /// The one whose turn it is.
        Open = "open",
        /// Foretold, as if each step before it goes as planned.
        Coming = "coming",
    }
}

closed_enum! {
    /// What became of a step, without its data: for filters and counts.
    pub enum OutcomeCode {
        Sent = "sent",
        Planned = "planned",
        WaitsApproval = "waits_approval",
        Waits = "waits",
        HeldModeOff = "held_mode_off",
        HeldSequenceNotActive = "held_sequence_not_active",
        HeldNoDeadline = "held_no_deadline",
        HeldStaleData = "held_stale_data",
        HeldFirmPaused = "held_firm_paused",
        HeldClientPaused = "held_client_paused",
        HeldPersonAway = "held_person_away",
        HeldMinimumDays = "held_minimum_days",
        HeldNoWindow = "held_no_window",
        HeldTextIncomplete = "held_text_incomplete",
        HeldTextUnreadable = "held_text_unreadable",
        HeldHourlyLimit = "held_hourly_limit",
        SkippedLinkOpened = "skipped_link_opened",
        SkippedAnsweredInPart = "skipped_answered_in_part",
        SkippedContactedByHand = "skipped_contacted_by_hand",
        SkippedCriticalAnomaly = "skipped_critical_anomaly",
        SkippedNoPhone = "skipped_no_phone",
        MissedNothingRan = "missed_nothing_ran",
        MissedOvertaken = "missed_overtaken",
        MissedDeadlinePassed = "missed_deadline_passed",
        LeftOutNoAddress = "left_out_no_address",
        LeftOutBounced = "left_out_bounced",
        LeftOutComplained = "left_out_complained",
        LeftOutUnsubscribed = "left_out_unsubscribed",
        LeftOutByHand = "left_out_by_hand",
        LeftOutBeforeJoining = "left_out_before_joining",
        LeftOutAddedBehind = "left_out_added_behind",
        LeftOutTakenOut = "left_out_taken_out",
        LeftOutPassed = "left_out_passed",
        StoppedDone = "stopped_done",
        StoppedAnswered = "stopped_answered",
        StoppedMandateReceived = "stopped_mandate_received",
        StoppedNotEligible = "stopped_not_eligible",
        StoppedMaximum = "stopped_maximum",
        StoppedEscalated = "stopped_escalated",
        StoppedArchived = "stopped_archived",
        StoppedRemoved = "stopped_removed",
        StoppedCompleted = "stopped_completed",
    }
}

impl Hold {
    pub const fn code(self) -> OutcomeCode {
        match self {
            Self::ModeOff => OutcomeCode::HeldModeOff,
            Self::SequenceNotActive { .. } => OutcomeCode::HeldSequenceNotActive,
            Self::NoDeadline => OutcomeCode::HeldNoDeadline,
            Self::StaleData { .. } => OutcomeCode::HeldStaleData,
            Self::FirmPaused { .. } => OutcomeCode::HeldFirmPaused,
            Self::ClientPaused { .. } => OutcomeCode::HeldClientPaused,
            Self::PersonAway { .. } => OutcomeCode::HeldPersonAway,
            Self::MinimumDays { .. } => OutcomeCode::HeldMinimumDays,
            Self::NoWindow => OutcomeCode::HeldNoWindow,
            Self::TextIncomplete => OutcomeCode::HeldTextIncomplete,
            Self::TextUnreadable => OutcomeCode::HeldTextUnreadable,
            Self::HourlyLimit { .. } => OutcomeCode::HeldHourlyLimit,
        }
    }
}

impl SkipWhen {
    pub const fn code(self) -> OutcomeCode {
        match self {
            Self::LinkOpened => OutcomeCode::SkippedLinkOpened,
            Self::AnsweredInPart => OutcomeCode::SkippedAnsweredInPart,
            Self::ContactedByHand => OutcomeCode::SkippedContactedByHand,
            Self::CriticalAnomaly => OutcomeCode::SkippedCriticalAnomaly,
            Self::NoPhone => OutcomeCode::SkippedNoPhone,
        }
    }
}

impl Miss {
    pub const fn code(self) -> OutcomeCode {
        match self {
            Self::NothingRan { .. } => OutcomeCode::MissedNothingRan,
            Self::Overtaken { .. } => OutcomeCode::MissedOvertaken,
            Self::DeadlinePassed { .. } => OutcomeCode::MissedDeadlinePassed,
        }
    }
}

impl Gap {
    pub const fn code(self) -> OutcomeCode {
        match self {
            Self::NoAddress => OutcomeCode::LeftOutNoAddress,
            Self::Suppressed { why: Suppression::Bounced } => OutcomeCode::LeftOutBounced,
            Self::Suppressed { why: Suppression::Complained } => OutcomeCode::LeftOutComplained,
            Self::Suppressed { why: Suppression::Unsubscribed } => OutcomeCode::LeftOutUnsubscribed,
            Self::Suppressed { why: Suppression::ByHand } => OutcomeCode::LeftOutByHand,
            Self::BeforeJoining { .. } => OutcomeCode::LeftOutBeforeJoining,
            Self::AddedBehind => OutcomeCode::LeftOutAddedBehind,
            Self::TakenOut => OutcomeCode::LeftOutTakenOut,
            Self::Passed => OutcomeCode::LeftOutPassed,
        }
    }
}

impl End {
    pub const fn code(self) -> OutcomeCode {
        match self {
            Self::Done => OutcomeCode::StoppedDone,
            Self::Answered { .. } => OutcomeCode::StoppedAnswered,
            Self::MandateReceived => OutcomeCode::StoppedMandateReceived,
            Self::NotEligible => OutcomeCode::StoppedNotEligible,
            Self::Maximum { .. } => OutcomeCode::StoppedMaximum,
            Self::Escalated { .. } => OutcomeCode::StoppedEscalated,
            Self::Archived => OutcomeCode::StoppedArchived,
            Self::Removed => OutcomeCode::StoppedRemoved,
            Self::Completed => OutcomeCode::StoppedCompleted,
        }
    }
}

impl Outcome {
    pub const fn code(self) -> OutcomeCode {
        match self {
            Self::Sent { .. } => OutcomeCode::Sent,
            Self::Planned { .. } => OutcomeCode::Planned,
            Self::WaitsApproval { .. } => OutcomeCode::WaitsApproval,
            Self::Held { reason, .. } => reason.code(),
            Self::Skipped { why, .. } => why.code(),
            Self::Missed { why, .. } => why.code(),
            Self::LeftOut { why, .. } => why.code(),
            Self::Stopped { end } => end.why.code(),
            Self::Waits { .. } => OutcomeCode::Waits,
        }
    }

    /// When it happened or is to happen, where that is known.
    pub const fn at(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Sent { at, .. }
            | Self::Planned { at, .. }
            | Self::Skipped { at, .. }
            | Self::Missed { at, .. }
            | Self::LeftOut { at, .. }
            | Self::WaitsApproval { from: at } => Some(at),
            Self::Held { leaves_at, .. } => leaves_at,
            Self::Stopped { end } => Some(end.at),
            Self::Waits { .. } => None,
        }
    }
}

//! Anomalies: what is wrong, found by rule, and settled by a person. Their sentences, severities, playbooks and default
//! deadlines stand in `reference/anomaly_rules.json`; this is their life.
//!
//! An anomaly is one cause. Where it shows (a flow, a dossier) is an *occurrence* of it: a platform that is down is one
//! anomaly with an occurrence in every dossier that it holds up. Occurrences come and go as the facts do; with the last one
//! the anomaly closes itself, and a new one opens it again with its history.

mod life;
mod policy;
mod priority;
pub mod rules;
pub mod volume;
pub mod words;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

pub use life::NoSuchStep;
pub use policy::{Policy, RuleUse, StuckHours};
pub use priority::Priority;

use crate::text::Text;
use crate::{DossierId, FlowId};

closed_enum! {
    /// What a rule looks for. Each has its row in `reference/anomaly_rules.json`.
    pub enum AnomalyRule {
        /// 213.
        Rejected = "rejected",
        /// 210.
        Refused = "refused",
        /// 207.
        Disputed = "disputed",
        /// 208 without 209.
        Suspended = "suspended",
        /// 221.
        RoutingError = "routing_error",
        /// 200 with NON_TRANSMISE.
        NotTransmitted = "not_transmitted",
        /// 501: the file or the flow could not be read.
        Unreadable = "unreadable",
        /// No new status for longer than this platform takes, or than the firm allows.
        Stuck = "stuck",
        /// A mandatory status after 210 or 213.
        MandatoryAfterEnd = "mandatory_after_end",
        /// 211 received, VAT due on collection, 212 missing.
        CollectionMissing = "collection_missing",
        /// The same seller, number and year for what is not the same invoice.
        DuplicateNumber = "duplicate_number",
        /// The client's SIREN is invalid, or no dossier has it.
        UnknownClient = "unknown_client",
        /// A VAT number whose key is wrong.
        VatKey = "vat_key",
        /// 225 or 227, or another account on the invoice than before: verify before paying.
        BankDetails = "bank_details",
        /// Two sources say what cannot both be true.
        SourcesDisagree = "sources_disagree",
        /// On a platform that the dossier does not name.
        OtherPlatform = "other_platform",
        /// Flows of a dossier for which the firm has no mandate in force.
        NoMandate = "no_mandate",
        /// The directory no longer names the client's address, or it leads elsewhere.
        AddressLost = "address_lost",
        /// Far fewer flows than this dossier's own past.
        VolumeDrop = "volume_drop",
        /// Far more of them.
        VolumeBurst = "volume_burst",
        /// A period of e-reporting nears its limit without an accepted transmission.
        ReportMissing = "report_missing",
        /// A connection to a platform does not work.
        ConnectionDown = "connection_down",
    }
}

closed_enum! {
    pub enum Severity {
        /// Stops the law's duties, or money at once.
        Critical = "critical",
        High = "high",
        Medium = "medium",
        Low = "low",
    }
}

closed_enum! {
    pub enum AnomalyState {
        New = "new",
        Assigned = "assigned",
        InProgress = "in_progress",
        /// The clock stands still.
        WaitingClient = "waiting_client",
        /// Until a day, or until something new is heard.
        Snoozed = "snoozed",
        /// By a person with a resolution code, or by itself when its cause was gone.
        Resolved = "resolved",
        Ignored = "ignored",
    }
}

closed_enum! {
    /// How an anomaly ended.
    pub enum Resolution {
        /// The invoice was corrected and issued again.
        Reissued = "reissued",
        /// Cancelled by a credit note, internal or sent.
        Credited = "credited",
        /// Settled with the counterparty.
        Agreed = "agreed",
        /// The dossier's facts were wrong and are right now.
        FactsCorrected = "facts_corrected",
        /// The platform repaired it.
        PlatformFixed = "platform_fixed",
        /// Looked at and in order, such as a verified account.
        Verified = "verified",
        /// By itself: what caused it is gone.
        CauseGone = "cause_gone",
    }
}

closed_enum! {
    /// What happens to an anomaly.
    pub enum AnomalyEvent {
        Open = "open",
        Assign = "assign",
        Unassign = "unassign",
        Start = "start",
        WaitClient = "wait_client",
        Snooze = "snooze",
        /// Back from waiting or from the snooze: by hand, by the day, or because something was heard.
        Resume = "resume",
        Resolve = "resolve",
        Ignore = "ignore",
        /// The last occurrence is gone.
        Close = "close",
        /// It shows again, or a person takes it up again.
        Reopen = "reopen",
        Comment = "comment",
        /// A step of the playbook ticked or not.
        Tick = "tick",
        Split = "split",
        Join = "join",
        /// Handed over with a person's whole work.
        HandOver = "hand_over",
    }
}

impl AnomalyState {
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Resolved | Self::Ignored)
    }

    /// The deadline moves on while it stands so.
    pub const fn clock_runs(self) -> bool {
        matches!(self, Self::New | Self::Assigned | Self::InProgress)
    }

    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::New => ("Nouvelle", "New"),
            Self::Assigned => ("Attribuée", "Assigned"),
            Self::InProgress => ("En cours", "In progress"),
            Self::WaitingClient => ("En attente du client", "Waiting for the client"),
            Self::Snoozed => ("En veille", "Snoozed"),
            Self::Resolved => ("Résolue", "Resolved"),
            Self::Ignored => ("Ignorée", "Ignored"),
        };
        Text::new(fr, en)
    }
}

impl Severity {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Critical => ("Critique", "Critical"),
            Self::High => ("Élevée", "High"),
            Self::Medium => ("Moyenne", "Medium"),
            Self::Low => ("Faible", "Low"),
        };
        Text::new(fr, en)
    }
}

impl Resolution {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Reissued => ("Corrigée et réémise", "Corrected and issued again"),
            Self::Credited => ("Annulée par un avoir", "Cancelled by a credit note"),
            Self::Agreed => ("Réglée avec le tiers", "Settled with the counterparty"),
            Self::FactsCorrected => ("Fiche du dossier corrigée", "Facts of the dossier corrected"),
            Self::PlatformFixed => ("Réparée par la plateforme", "Repaired by the platform"),
            Self::Verified => ("Vérifiée, en ordre", "Verified, in order"),
            Self::CauseGone => ("La cause a disparu", "The cause is gone"),
        };
        Text::new(fr, en)
    }
}

/// What a rule found: one occurrence, and the cause that it belongs to. Equal `fingerprint`s are the same occurrence,
/// equal (`rule`, `cause`)s the same anomaly, unless a person has split or joined them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub rule: AnomalyRule,
    /// What it is about, within its rule: a platform and a status, a dossier and a reason, a connection.
    pub cause: String,
    pub flow: Option<FlowId>,
    pub dossier: Option<DossierId>,
    /// Within the cabinet: rule and flow, or rule and dossier, or rule and connection.
    pub fingerprint: String,
    pub detail: AnomalyDetail,
}

/// What stands in the sentence of a finding, and how it was reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct AnomalyDetail {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// Number of the invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The value that is wrong, or that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The value expected, or the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The source of each side of a disagreement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Hours without news, or flows counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<i64>,
    /// What was normal: hours, or flows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normal: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
    /// Exposure that it stands for, in cents: what the law could cost, or the amount of the invoice held up.
    pub exposure_cents: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

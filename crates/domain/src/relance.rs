//! Relances: messages of a sequence to a late client. A sequence says who is written to, when and how; rules of the firm say
//! when nothing may leave; the plan of each dossier follows from both, and always tells why.

pub mod outcome;
pub mod pace;
pub mod plan;
pub mod template;
pub mod together;
pub mod trial;
pub mod why;
pub mod window;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::working_time::Hours;
use crate::{Criterion, RelanceStepId, TemplateId, Text, UserId};

closed_enum! {
    /// What a client is chased for.
    pub enum RelancePurpose {
        /// A platform for reception, or for emission, is to be chosen.
        ChoosePlatform = "choose_platform",
        /// A mandate is to be signed.
        SignMandate = "sign_mandate",
        /// Identity, size or VAT regime lack answers.
        MissingIdentity = "missing_identity",
        /// What e-reporting needs lacks answers.
        EReportingData = "e_reporting_data",
        /// A first invoice over the platform is to be received or issued.
        TestInvoice = "test_invoice",
        /// Invited to a training; nothing is awaited but an answer.
        Training = "training",
        /// Thanked, once it is done; nothing is awaited.
        ThankYou = "thank_you",
    }
}

impl RelancePurpose {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::ChoosePlatform => ("Choix de la plateforme", "Choice of platform"),
            Self::SignMandate => ("Signature du mandat", "Signature of the mandate"),
            Self::MissingIdentity => ("Identité à compléter", "Identity to complete"),
            Self::EReportingData => ("Données d’e-reporting", "E-reporting data"),
            Self::TestInvoice => ("Facture d’essai", "Test invoice"),
            Self::Training => ("Invitation à une formation", "Training invitation"),
            Self::ThankYou => ("Remerciement", "Thanks"),
        };
        Text::new(fr, en)
    }

    /// Late are the dossiers that lack one of these; done are those that lack none. Empty where nothing is awaited.
    pub const fn criteria(self) -> &'static [Criterion] {
        match self {
            Self::ChoosePlatform => &[Criterion::ReceptionPlatform, Criterion::Emission],
            Self::SignMandate => &[Criterion::Mandate],
            Self::MissingIdentity => &[
                Criterion::Identity,
                Criterion::Establishment,
                Criterion::Size,
                Criterion::VatRegime,
                Criterion::Activity,
                Criterion::InvoiceVolume,
            ],
            Self::EReportingData => &[Criterion::EReportingConfigured],
            Self::TestInvoice => &[Criterion::ReceptionProved, Criterion::EmissionProved],
            Self::Training | Self::ThankYou => &[],
        }
    }

    /// The bits of these criteria: of what a late dossier misses.
    pub fn mask(self) -> i64 {
        self.criteria().iter().fold(0, |mask, criterion| mask | criterion.mask())
    }
}

closed_enum! {
    pub enum Tone {
        Gentle = "gentle",
        Firm = "firm",
        Urgent = "urgent",
    }
}

impl Tone {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Gentle => ("Cordial", "Gentle"),
            Self::Firm => ("Ferme", "Firm"),
            Self::Urgent => ("Urgent", "Urgent"),
        };
        Text::new(fr, en)
    }
}

closed_enum! {
    /// How a step reaches the client.
    pub enum RelanceChannel {
        Mail = "mail",
        /// A task for a person of the firm: call the client.
        Call = "call",
        /// A letter to print.
        Letter = "letter",
    }
}

closed_enum! {
    pub enum SequenceState {
        /// Written, and nobody is in it yet.
        Draft = "draft",
        Active = "active",
        /// Nothing leaves; who is in it stays.
        Paused = "paused",
        /// Over for good; its history stays.
        Archived = "archived",
    }
}

closed_enum! {
    /// From where the days of a step count.
    pub enum Anchor {
        /// The day on which the dossier joined, or the fixed start of the sequence.
        Start = "start",
        /// The deadline of the sequence for this dossier; days before it are negative.
        Deadline = "deadline",
        /// The day on which the step before was done.
        Previous = "previous",
    }
}

/// When a step is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Delay {
    pub from: Anchor,
    /// Negative before a deadline.
    pub days: i32,
    /// Counts the days on which the firm sends only.
    #[serde(default)]
    pub working: bool,
}

closed_enum! {
    /// Which deadline counts for a sequence.
    pub enum DeadlineSource {
        /// The day on which the dossier must be able to receive.
        Reception = "reception",
        /// The day on which it must issue.
        Emission = "emission",
        /// The limit of its next period of e-reporting.
        NextReport = "next_report",
        /// A day of the sequence, the same for all.
        Fixed = "fixed",
    }
}

closed_enum! {
    /// Leaves a step out for a dossier, and goes on with the next.
    pub enum SkipWhen {
        /// The client has opened its link since the step before.
        LinkOpened = "link_opened",
        /// The client has answered a part since the step before.
        AnsweredInPart = "answered_in_part",
        /// The firm noted an exchange with the client since the step before.
        ContactedByHand = "contacted_by_hand",
        /// A critical anomaly is open: the firm must act first.
        CriticalAnomaly = "critical_anomaly",
        /// There is no telephone number to call.
        NoPhone = "no_phone",
    }
}

closed_enum! {
    pub enum Approval {
        /// Leaves by itself.
        Automatic = "automatic",
        /// Waits for a person.
        Manual = "manual",
    }
}

/// A person of the firm, by the role on the dossier or by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ToPerson {
    /// Collaborateur; the manager where there is none.
    Assignee,
    /// Responsable de mission; the assignee where there is none.
    Manager,
    Person {
        id: UserId,
    },
}

/// Hands a dossier to a person once so many messages had no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Escalation {
    pub after: u32,
    pub to: ToPerson,
}

/// One step of a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RelanceStep {
    pub id: RelanceStepId,
    pub after: Delay,
    pub channel: RelanceChannel,
    pub tone: Tone,
    /// The text: of the mail, of the letter, or what to say in the call.
    pub template_id: TemplateId,
    /// A second text to try against the first; each dossier gets one of both, always the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<TemplateId>,
    pub approval: Approval,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub skip_when: BTreeSet<SkipWhen>,
}

/// Days on which a firm sends nothing, planned ahead; sending goes on by itself afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FirmPause {
    pub from: NaiveDate,
    /// The last day; until somebody ends it when absent.
    #[serde(default)]
    pub to: Option<NaiveDate>,
    #[cfg_attr(feature = "openapi", schema(example = "Congés d’été"))]
    pub reason: String,
}

closed_enum! {
    /// Whether relances leave.
    pub enum SendingMode {
        /// Nothing leaves.
        Off = "off",
        /// All leave to the firm's own test address.
        Test = "test",
        Live = "live",
    }
}

/// What a firm demands of everything that leaves; looked at again at the moment of sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendingRules {
    pub mode: SendingMode,
    /// Days and hours in which messages leave, on the client's clock and over its holidays.
    pub window: Hours,
    /// Days from one message to a contact to the next, whoever of the firm sends it.
    pub minimum_days: u32,
    /// Messages of one sequence to one dossier.
    pub maximum: u32,
    /// A list of clients or a flow that is older holds messages back; 0 is never.
    pub stale_days: u32,
    /// A step that could not leave in its time is caught up within so many days, then it is missed.
    pub catch_up_days: u32,
    /// While the person in charge is away, messages wait.
    pub hold_when_away: bool,
    /// Messages that leave in any hour; as many as there are when absent.
    pub hourly: Option<u32>,
    pub pauses: Vec<FirmPause>,
}

impl Default for SendingRules {
    /// Off, in the firm's hours, a week between two messages, six at most.
    fn default() -> Self {
        Self {
            mode: SendingMode::Off,
            window: Hours::default(),
            minimum_days: 7,
            maximum: 6,
            stale_days: 0,
            catch_up_days: 5,
            hold_when_away: true,
            hourly: None,
            pauses: Vec::new(),
        }
    }
}

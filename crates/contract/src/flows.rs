//! Flows: invoices and transmissions over all platforms, how they come in, and how each platform does.

use chrono::{DateTime, NaiveDate, Utc};
use domain::flow::{FlowDetails, FlowDirection, FlowKind, FlowSource, Handling};
use domain::{ActId, AnomalyId, DossierId, FlowId, JobId, PortfolioId, ProfileId, Text};

use crate::ItemOutcome;
use crate::common::{Several, shape};

domain::closed_enum! {
    /// Order of the list of flows; a minus sign turns it round.
    pub enum FlowSort {
        IssuedOn = "issued_on",
        IssuedOnDesc = "-issued_on",
        /// By the time of the latest status.
        StatusAt = "status_at",
        StatusAtDesc = "-status_at",
        Gross = "gross_cents",
        GrossDesc = "-gross_cents",
    }
}

shape! {
    /// Filters of the list of flows.
    #[derive(Default)]
    pub struct FlowQuery {
        /// Portfolios of the dossiers, or `none`.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        #[cfg_attr(feature = "openapi", schema(example = json!(["none"])))]
        pub portfolio_id: Several<crate::OrNone<PortfolioId>>,
        /// Those of one dossier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub dossier_id: Option<DossierId>,
        /// Invoices, credit notes or transmissions.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<FlowKind>))]
        pub kind: Several<FlowKind>,
        /// Sales or purchases of the client.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub direction: Option<FlowDirection>,
        /// Names of platforms.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        pub platform: Several<String>,
        /// Official codes of the current status, or `none` for a status that nobody could read.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        #[cfg_attr(feature = "openapi", schema(example = json!(["213"])))]
        pub status: Several<crate::OrNone<u32>>,
        /// How far the firm is with them.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<Handling>))]
        pub handling: Several<Handling>,
        /// With an open anomaly, or without.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::common::bool_word")]
        pub anomaly: Option<bool>,
        /// Those of one anomaly.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub anomaly_id: Option<AnomalyId>,
        /// Without news for longer than their platform takes.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::common::bool_word")]
        pub stuck: Option<bool>,
        /// Without a dossier: the SIREN of the client is that of none, or no SIREN.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::common::bool_word")]
        pub unknown_client: Option<bool>,
        /// Issued on this day or later.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub issued_from: Option<NaiveDate>,
        /// Issued on this day or earlier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub issued_to: Option<NaiveDate>,
        /// Beginning of the number, or a SIREN of the client or of the counterparty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub q: Option<String>,
    }
}

shape! {
    #[derive(Default)]
    pub struct FlowListQuery {
        #[serde(flatten)]
        pub filter: FlowQuery,
        /// Order; the latest issue first unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub sort: Option<FlowSort>,
        /// 1 to 200, 50 unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub limit: Option<u32>,
        /// Cursor of the page before (`next`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after: Option<String>,
    }
}

shape! {
    pub struct FlowExportQuery {
        #[serde(flatten)]
        pub filter: FlowQuery,
        /// Form of the file; CSV unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub format: Option<crate::FileFormat>,
    }
}

shape! {
    /// A status, as its source tells it and as the law names it.
    pub struct FlowStatus {
        /// Official code; nothing while nobody knows what the word means.
        #[cfg_attr(feature = "openapi", schema(example = 205))]
        pub code: Option<u32>,
        /// Official label of the code; nothing for a code that no table knows.
        pub label: Option<Text>,
        /// The source's own word or code.
        #[cfg_attr(feature = "openapi", schema(example = "Approuvée"))]
        pub raw: String,
        pub at: DateTime<Utc>,
        pub source: FlowSource,
        /// Which connection, file, profile or person.
        #[cfg_attr(feature = "openapi", schema(example = "Export Plateforme X"))]
        pub source_name: String,
    }
}

shape! {
    /// A flow in a list.
    pub struct FlowRow {
        pub id: FlowId,
        pub version: i64,
        /// Nothing while no dossier has the client's SIREN.
        pub dossier_id: Option<DossierId>,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub dossier_name: Option<String>,
        /// The client's SIREN, as the source wrote it where it is none.
        #[cfg_attr(feature = "openapi", schema(example = "732829320"))]
        pub owner: String,
        pub kind: FlowKind,
        pub direction: FlowDirection,
        #[cfg_attr(feature = "openapi", schema(example = "Pennylane"))]
        pub platform: String,
        #[cfg_attr(feature = "openapi", schema(example = "F2026-000123"))]
        pub number: String,
        #[cfg_attr(feature = "openapi", schema(example = "732829320"))]
        pub seller: String,
        #[cfg_attr(feature = "openapi", schema(example = "552100554"))]
        pub counterparty: String,
        pub counterparty_name: Option<String>,
        pub issued_on: Option<NaiveDate>,
        pub due_on: Option<NaiveDate>,
        pub net_cents: Option<i64>,
        pub vat_cents: Option<i64>,
        pub gross_cents: Option<i64>,
        #[cfg_attr(feature = "openapi", schema(example = "EUR"))]
        pub currency: String,
        /// The current status; nothing for an invoice of which no status came.
        pub status: Option<FlowStatus>,
        pub reasons: Vec<FlowReason>,
        pub handling: Handling,
        /// Open anomalies in which it stands.
        pub anomalies: u32,
        /// When it should have moved on; nothing when it has or need not.
        pub stuck_since: Option<DateTime<Utc>>,
        pub updated_at: DateTime<Utc>,
    }
}

shape! {
    pub struct FlowReason {
        #[cfg_attr(feature = "openapi", schema(example = "TX_TVA_ERR"))]
        pub code: String,
        /// Nothing for a code that no table knows.
        pub label: Option<Text>,
    }
}

shape! {
    pub struct FlowPage {
        pub data: Vec<FlowRow>,
        pub next: Option<String>,
    }
}

shape! {
    /// How many flows a filter takes, and how they spread; counted exactly.
    pub struct FlowCounts {
        pub total: u64,
        pub by_status: Vec<FlowStatusCount>,
        pub by_platform: Vec<FlowPlatformCount>,
        /// No dossier has the client's SIREN.
        pub unknown_client: u64,
        /// The status is a word that nobody has read yet.
        pub unread: u64,
        pub stuck: u64,
    }
}

shape! {
    pub struct FlowStatusCount {
        pub code: Option<u32>,
        pub label: Option<Text>,
        pub count: u64,
    }
}

shape! {
    pub struct FlowPlatformCount {
        pub platform: String,
        pub count: u64,
    }
}

shape! {
    /// One status in the history of a flow.
    pub struct FlowEvent {
        #[serde(flatten)]
        pub status: FlowStatus,
        pub reasons: Vec<FlowReason>,
        pub comment: Option<String>,
        pub collected_cents: Option<i64>,
        /// Who sets such a status, by the law's table.
        pub set_by: Option<Text>,
        /// The administration is told of it.
        pub to_state: bool,
        /// When it came to us.
        pub received_at: DateTime<Utc>,
        /// It is the current one.
        pub current: bool,
        /// Another source says what cannot be true beside it.
        pub contradicted: bool,
    }
}

shape! {
    /// Where a flow shows in the queue.
    pub struct FlowAnomaly {
        pub id: AnomalyId,
        pub rule: domain::anomaly::AnomalyRule,
        pub severity: domain::anomaly::Severity,
        pub state: domain::anomaly::AnomalyState,
        pub title: Text,
        pub opened_at: DateTime<Utc>,
        /// This flow's part in it has ended.
        pub closed_at: Option<DateTime<Utc>>,
    }
}

shape! {
    /// A flow with its history, oldest status first.
    pub struct Flow {
        #[serde(flatten)]
        pub row: FlowRow,
        pub details: FlowDetails,
        pub events: Vec<FlowEvent>,
        pub anomalies_of: Vec<FlowAnomaly>,
        /// What the firm did about it, newest first.
        pub handled: Vec<FlowHandled>,
    }
}

shape! {
    pub struct FlowHandled {
        pub handling: Handling,
        pub note: Option<String>,
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub by: String,
        pub at: DateTime<Utc>,
    }
}

shape! {
    /// Says what the firm has done about flows; the official status stays as it is.
    pub struct FlowHandlingInput {
        /// These flows, up to 10,000, or those of the filter.
        #[serde(default)]
        pub ids: Option<Vec<FlowId>>,
        #[serde(default)]
        pub filter: Option<FlowQuery>,
        pub handling: Handling,
        /// Mandatory for `ignored`.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "Avoir interne AV-2026-17"))]
        pub note: Option<String>,
        /// Only tell what would happen.
        #[serde(default)]
        pub preview: bool,
    }
}

shape! {
    pub struct FlowItem {
        pub id: FlowId,
        #[cfg_attr(feature = "openapi", schema(example = "F2026-000123"))]
        pub number: String,
        pub outcome: ItemOutcome,
        pub reason: Option<Text>,
    }
}

shape! {
    pub struct FlowHandlingResult {
        pub changed: u64,
        pub left_out: u64,
        /// Give it to `undo_act` to take the whole back; nothing for a preview or when nothing changed.
        pub act_id: Option<ActId>,
        /// The first thousand.
        pub items: Vec<FlowItem>,
    }
}

shape! {
    /// A status of a flow, from a program.
    pub struct StatusInput {
        /// SIREN or SIRET of the client.
        #[cfg_attr(feature = "openapi", schema(example = "732829320"))]
        pub client: String,
        #[serde(default)]
        pub kind: Option<FlowKind>,
        /// `sale` when the client sells; taken from the seller when absent.
        #[serde(default)]
        pub direction: Option<FlowDirection>,
        #[cfg_attr(feature = "openapi", schema(example = "F2026-000123"))]
        pub number: String,
        /// SIREN of the seller; the client's for a sale, the counterparty's for a purchase when absent.
        #[serde(default)]
        pub seller: Option<String>,
        #[serde(default)]
        pub counterparty: Option<String>,
        #[serde(default)]
        pub counterparty_name: Option<String>,
        #[serde(default)]
        pub issued_on: Option<NaiveDate>,
        #[serde(default)]
        pub due_on: Option<NaiveDate>,
        #[serde(default)]
        pub net_cents: Option<i64>,
        #[serde(default)]
        pub vat_cents: Option<i64>,
        #[serde(default)]
        pub gross_cents: Option<i64>,
        #[serde(default)]
        pub currency: Option<String>,
        /// Official code (205) or the platform's own word; a word that nobody knows goes to *À rapprocher*.
        #[cfg_attr(feature = "openapi", schema(example = "205"))]
        pub status: String,
        #[serde(default)]
        pub reasons: Vec<String>,
        #[serde(default)]
        pub comment: Option<String>,
        /// Amount collected, with 212.
        #[serde(default)]
        pub collected_cents: Option<i64>,
        /// When it happened.
        pub at: DateTime<Utc>,
    }
}

shape! {
    pub struct StatusesInput {
        /// Platform that they come from, as the register names it.
        #[cfg_attr(feature = "openapi", schema(example = "Pennylane"))]
        pub platform: String,
        /// Up to 1,000.
        pub statuses: Vec<StatusInput>,
    }
}

domain::closed_enum! {
    /// What became of one report.
    pub enum TakenOutcome {
        /// A flow that was not known.
        Created = "created",
        /// A new status, or more known of the flow.
        Added = "added",
        /// Said before by this source.
        Unchanged = "unchanged",
        /// Kept, and its status waits for somebody to read it.
        Unread = "unread",
        Refused = "refused",
    }
}

shape! {
    pub struct TakenItem {
        /// Place in the request, from 0.
        pub index: u32,
        pub outcome: TakenOutcome,
        pub flow_id: Option<FlowId>,
        pub message: Option<Text>,
    }
}

shape! {
    pub struct StatusesResult {
        pub created: u64,
        pub added: u64,
        pub unchanged: u64,
        pub refused: u64,
        pub items: Vec<TakenItem>,
    }
}

shape! {
    pub struct FlowFileQuery {
        /// Name of the file, with its ending.
        #[cfg_attr(feature = "openapi", schema(example = "cdv_205_approuvee.xml"))]
        pub filename: String,
        /// Platform that it comes from, where the file does not tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub platform: Option<String>,
    }
}

shape! {
    /// One file, or one file of an archive.
    pub struct FlowFileItem {
        /// Path within the archive, or the name of the file.
        #[cfg_attr(feature = "openapi", schema(example = "cdar/cdv_205_approuvee.xml"))]
        pub name: String,
        /// What it was read as: CDAR, CII, UBL, Factur-X.
        #[cfg_attr(feature = "openapi", schema(example = "CDAR"))]
        pub form: Option<String>,
        pub outcome: TakenOutcome,
        pub flows: Vec<FlowId>,
        /// Why it was refused, with the value, the form expected and what to do; or what to know.
        pub message: Option<Text>,
    }
}

shape! {
    pub struct FlowFileResult {
        pub created: u64,
        pub added: u64,
        pub unchanged: u64,
        pub refused: u64,
        pub items: Vec<FlowFileItem>,
    }
}

shape! {
    /// A word of a platform that no table knows.
    pub struct UnreadWord {
        #[cfg_attr(feature = "openapi", schema(example = "Plateforme X"))]
        pub platform: String,
        #[cfg_attr(feature = "openapi", schema(example = "En attente de routage"))]
        pub word: String,
        /// Statuses that say so.
        pub events: u64,
        pub first_at: DateTime<Utc>,
        pub last_at: DateTime<Utc>,
        /// Codes whose official label is near; never applied by themselves.
        pub near: Vec<u32>,
    }
}

shape! {
    /// A word that somebody has read.
    pub struct ReadWord {
        pub platform: String,
        pub word: String,
        /// Nothing when it was set aside.
        pub code: Option<u32>,
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub by: String,
        pub at: DateTime<Utc>,
    }
}

shape! {
    /// An official status that a word may mean.
    pub struct WordCode {
        #[cfg_attr(feature = "openapi", schema(example = 205))]
        pub code: u32,
        pub label: Text,
    }
}

shape! {
    pub struct WordList {
        /// *À rapprocher*.
        pub unread: Vec<UnreadWord>,
        pub read: Vec<ReadWord>,
        /// What a word may be read as, by the law's table.
        pub codes: Vec<WordCode>,
    }
}

shape! {
    /// Reads a word of a platform as an official status, for what came and what will come.
    pub struct WordInput {
        pub platform: String,
        pub word: String,
        /// Official code; nothing to set the word aside (it is no status).
        #[serde(default)]
        pub code: Option<u32>,
        /// Only tell how many flows would get another status.
        #[serde(default)]
        pub preview: bool,
    }
}

shape! {
    pub struct WordResult {
        /// Flows whose status changes.
        pub flows: u64,
        /// The work, where it takes long.
        pub job_id: Option<JobId>,
    }
}

shape! {
    /// How the export of a platform is read; remembered from the last import.
    pub struct FlowProfile {
        pub id: ProfileId,
        #[cfg_attr(feature = "openapi", schema(example = "Plateforme X"))]
        pub platform: String,
        /// Names of the columns as they were last seen, and what each means.
        pub columns: Vec<ProfileColumn>,
        pub used_at: DateTime<Utc>,
        /// The platform changed its columns at the last import: what is new, what is gone.
        pub changed: Option<ProfileChange>,
    }
}

shape! {
    pub struct ProfileColumn {
        #[cfg_attr(feature = "openapi", schema(example = "N° facture"))]
        pub header: String,
        /// Nothing when it is left out.
        pub field: Option<domain::FlowField>,
    }
}

shape! {
    pub struct ProfileChange {
        pub at: DateTime<Utc>,
        pub added: Vec<String>,
        pub removed: Vec<String>,
    }
}

shape! {
    pub struct FlowProfileList {
        pub data: Vec<FlowProfile>,
    }
}

shape! {
    /// How long a platform takes from one status to another.
    pub struct PlatformStep {
        pub from: u32,
        pub to: u32,
        pub count: u64,
        /// Hours, half of the flows take less.
        pub median_hours: f64,
        /// Hours, nineteen of twenty take less.
        pub p95_hours: f64,
    }
}

shape! {
    /// A platform beside the others, over the dossiers in sight.
    pub struct PlatformFlows {
        #[cfg_attr(feature = "openapi", schema(example = "Pennylane"))]
        pub platform: String,
        /// Dossiers with flows on it.
        pub dossiers: u64,
        pub flows: u64,
        /// Flows issued in the last thirty days, and in the thirty before.
        pub last_30_days: u64,
        pub before_30_days: u64,
        /// Rejected (213) and refused (210), of the flows of the last ninety days.
        pub rejected: u64,
        pub refused: u64,
        pub last_90_days: u64,
        pub stuck: u64,
        /// Open anomalies that name it.
        pub anomalies: u64,
        pub steps: Vec<PlatformStep>,
        pub last_status_at: Option<DateTime<Utc>>,
        /// State of the connection, where there is one.
        pub connection: Option<crate::ConnectionHealth>,
    }
}

shape! {
    pub struct PlatformFlowsList {
        pub data: Vec<PlatformFlows>,
    }
}

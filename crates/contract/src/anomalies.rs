//! Anomalies: the one queue, what is done in it, and what people are told of.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::anomaly::{AnomalyDetail, AnomalyEvent, AnomalyRule, AnomalyState, Resolution, Severity};
use domain::{ActId, AnomalyId, CommentId, DossierId, FlowId, NotificationId, PortfolioId, Text, UserId};

use crate::ItemOutcome;
use crate::common::{Several, shape};

domain::closed_enum! {
    /// Order of the queue; a minus sign turns it round.
    pub enum AnomalySort {
        /// Deadline × exposure × number: what to do first.
        Priority = "priority",
        DueAt = "due_at",
        OpenedAt = "opened_at",
        OpenedAtDesc = "-opened_at",
        UpdatedAtDesc = "-updated_at",
    }
}

domain::closed_enum! {
    /// Whose anomalies.
    pub enum Whose { Mine = "mine", Nobody = "nobody", Watched = "watched" }
}

shape! {
    /// Filters of the queue. Without a state those that are not over.
    #[derive(Default)]
    pub struct AnomalyQuery {
        /// In one of these states; those that are not over unless told.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<AnomalyState>))]
        pub state: Several<AnomalyState>,
        /// Found by one of these rules.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<AnomalyRule>))]
        pub rule: Several<AnomalyRule>,
        /// Of one of these severities.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<Severity>))]
        pub severity: Several<Severity>,
        /// Of the person who asks: assigned to, watched by, or of nobody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub whose: Option<Whose>,
        /// Assigned to these people.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<UserId>))]
        pub assignee_id: Several<UserId>,
        /// With an occurrence in a dossier of these portfolios, or of `none`.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        #[cfg_attr(feature = "openapi", schema(example = json!(["none"])))]
        pub portfolio_id: Several<crate::OrNone<PortfolioId>>,
        /// With an occurrence in this dossier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub dossier_id: Option<DossierId>,
        /// At one of these platforms, by name.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        pub platform: Several<String>,
        /// Past the deadline, or not.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::common::bool_word")]
        pub overdue: Option<bool>,
        /// Deadline within so many working hours.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::common::number_word")]
        pub due_within_hours: Option<u32>,
        /// Words of the title, a number of an invoice, a name or SIREN of a dossier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub q: Option<String>,
    }
}

shape! {
    #[derive(Default)]
    pub struct AnomalyListQuery {
        #[serde(flatten)]
        pub filter: AnomalyQuery,
        /// Order; by priority unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub sort: Option<AnomalySort>,
        /// 1 to 200, 50 unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub limit: Option<u32>,
        /// Cursor of the page before (`next`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after: Option<String>,
    }
}

shape! {
    pub struct AnomalyExportQuery {
        #[serde(flatten)]
        pub filter: AnomalyQuery,
        /// Form of the file; CSV unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub format: Option<crate::FileFormat>,
    }
}

shape! {
    /// A person of the cabinet, by name.
    pub struct Who {
        pub id: UserId,
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub name: String,
    }
}

shape! {
    /// An anomaly in the queue: one cause, wherever it shows.
    pub struct AnomalyRow {
        pub id: AnomalyId,
        pub version: i64,
        pub rule: AnomalyRule,
        pub severity: Severity,
        pub title: Text,
        pub state: AnomalyState,
        pub assignee: Option<Who>,
        /// In working hours of the firm; nothing while its clock stands still.
        pub due_at: Option<DateTime<Utc>>,
        pub overdue: bool,
        /// The share of its time set for warnings has passed.
        pub near: bool,
        pub snoozed_until: Option<DateTime<Utc>>,
        pub platform: Option<String>,
        /// Open occurrences in sight, and their dossiers.
        pub occurrences: u64,
        pub dossiers: u64,
        /// Names of the first three.
        pub dossier_names: Vec<String>,
        /// Occurrences in dossiers that you do not see.
        pub hidden: u64,
        pub exposure_cents: i64,
        /// What the queue is ordered by; `read_anomaly` says how it comes about.
        pub priority: i64,
        pub comments: u32,
        /// Steps of the playbook, and how many are ticked.
        pub steps: u32,
        pub steps_done: u32,
        pub watched: bool,
        /// How often it came back.
        pub reopened: u32,
        pub opened_at: DateTime<Utc>,
        pub updated_at: DateTime<Utc>,
        pub closed_at: Option<DateTime<Utc>>,
    }
}

shape! {
    pub struct AnomalyPage {
        pub data: Vec<AnomalyRow>,
        pub next: Option<String>,
    }
}

shape! {
    pub struct AnomalyRuleCount {
        pub rule: AnomalyRule,
        pub title: Text,
        pub count: u64,
    }
}

shape! {
    pub struct AnomalyStateCount {
        pub state: AnomalyState,
        pub count: u64,
    }
}

shape! {
    pub struct SeverityCount {
        pub severity: Severity,
        pub count: u64,
    }
}

shape! {
    pub struct AnomalyPersonCount {
        /// Nothing for those that nobody has.
        pub who: Option<Who>,
        pub count: u64,
        pub overdue: u64,
    }
}

shape! {
    /// The queue at a glance: those not over, in sight.
    pub struct AnomalyBoard {
        pub open: u64,
        pub mine: u64,
        pub unassigned: u64,
        pub overdue: u64,
        /// Mine, past the deadline.
        pub mine_overdue: u64,
        pub by_state: Vec<AnomalyStateCount>,
        pub by_severity: Vec<SeverityCount>,
        pub by_rule: Vec<AnomalyRuleCount>,
        pub by_person: Vec<AnomalyPersonCount>,
        pub exposure_cents: i64,
        /// Notifications that you have not read.
        pub unread: u64,
        /// Words of platforms that nobody has read.
        pub unread_words: u64,
    }
}

shape! {
    /// A step of the playbook.
    pub struct PlaybookStep {
        #[cfg_attr(feature = "openapi", schema(example = "call_client"))]
        pub key: String,
        pub text: Text,
        pub done_by: Option<Who>,
        pub done_at: Option<DateTime<Utc>>,
    }
}

shape! {
    /// Something that happened to an anomaly.
    pub struct AnomalyStep {
        pub at: DateTime<Utc>,
        pub event: AnomalyEvent,
        /// A person; nothing when it happened by itself.
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub by: Option<String>,
        /// What happened, in a sentence.
        pub text: Text,
        pub note: Option<String>,
    }
}

shape! {
    pub struct Comment {
        pub id: CommentId,
        pub by: Who,
        /// A mention is written `@[Claire Martin](019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11)`.
        #[cfg_attr(feature = "openapi", schema(example = "Le client rappelle demain."))]
        pub body: String,
        pub at: DateTime<Utc>,
        /// Texts before the last edit, oldest first.
        pub edits: Vec<CommentEdit>,
        /// It is yours: you may edit it.
        pub mine: bool,
    }
}

shape! {
    pub struct CommentEdit {
        pub body: String,
        pub at: DateTime<Utc>,
    }
}

shape! {
    pub struct CommentInput {
        pub body: String,
    }
}

shape! {
    /// An anomaly with all that helps to settle it.
    pub struct Anomaly {
        #[serde(flatten)]
        pub row: AnomalyRow,
        /// What is wrong, in one sentence with its facts.
        pub sentence: Text,
        /// What it can cost, with the source of the rule.
        pub why: Text,
        pub detail: AnomalyDetail,
        pub playbook: Vec<PlaybookStep>,
        pub history: Vec<AnomalyStep>,
        pub comments_of: Vec<Comment>,
        pub watchers: Vec<Who>,
        /// How the priority comes about.
        pub priority_because: Text,
        pub resolution: Option<Resolution>,
        /// Why it was ignored, or what was said as it ended.
        pub note: Option<String>,
        /// Snoozed until something new is heard, too.
        pub wakes_on_news: bool,
        /// You may act on it: every occurrence is in your sight, and your role allows it. Else split your part off.
        pub can_act: bool,
    }
}

shape! {
    /// Where an anomaly shows.
    pub struct Occurrence {
        /// Known within its anomaly.
        #[cfg_attr(feature = "openapi", schema(example = "rejected:019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11"))]
        pub fingerprint: String,
        pub flow_id: Option<FlowId>,
        #[cfg_attr(feature = "openapi", schema(example = "F2026-000123"))]
        pub number: Option<String>,
        pub dossier_id: Option<DossierId>,
        pub dossier_name: Option<String>,
        pub sentence: Text,
        pub detail: AnomalyDetail,
        pub opened_at: DateTime<Utc>,
        pub closed_at: Option<DateTime<Utc>>,
        pub closed_because: Option<Text>,
    }
}

shape! {
    #[derive(Default)]
    pub struct OccurrenceQuery {
        /// Those that have ended, too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub closed: Option<bool>,
        /// 1 to 200, 50 unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub limit: Option<u32>,
        /// Cursor of the page before (`next`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after: Option<String>,
    }
}

shape! {
    pub struct OccurrencePage {
        pub data: Vec<Occurrence>,
        pub next: Option<String>,
    }
}

/// What is done to anomalies.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum AnomalyAct {
    /// To a person, or to nobody.
    Assign {
        user_id: Option<UserId>,
    },
    Start,
    /// The clock stands still until it is resumed.
    WaitClient {
        #[serde(default)]
        note: Option<String>,
    },
    /// Until a moment, or until something new is heard of it, or whichever comes first.
    Snooze {
        #[serde(default)]
        until: Option<DateTime<Utc>>,
        #[serde(default)]
        on_news: bool,
        #[serde(default)]
        note: Option<String>,
    },
    Resume,
    Resolve {
        resolution: Resolution,
        #[serde(default)]
        note: Option<String>,
    },
    Ignore {
        reason: String,
    },
    Reopen,
    Watch {
        on: bool,
    },
}

shape! {
    /// An act on some anomalies, up to 2,000, or on those of a filter.
    pub struct AnomalyActInput {
        #[serde(default)]
        pub ids: Option<Vec<AnomalyId>>,
        #[serde(default)]
        pub filter: Option<AnomalyQuery>,
        pub act: AnomalyAct,
        /// The versions that you have seen, in the order of `ids`: what another person changed since is left as it is.
        #[serde(default)]
        pub versions: Option<Vec<i64>>,
        /// Only tell what would happen.
        #[serde(default)]
        pub preview: bool,
    }
}

shape! {
    pub struct AnomalyItem {
        pub id: AnomalyId,
        pub title: Text,
        pub outcome: ItemOutcome,
        /// Why it was left out, who changed it meanwhile.
        pub reason: Option<Text>,
    }
}

shape! {
    pub struct AnomalyActResult {
        pub changed: u64,
        pub unchanged: u64,
        pub left_out: u64,
        /// Give it to `undo_act` to take the whole back; nothing for a preview or when nothing changed.
        pub act_id: Option<ActId>,
        /// The first thousand.
        pub items: Vec<AnomalyItem>,
    }
}

shape! {
    /// The next anomaly for the one who asks.
    pub struct NextAnomaly {
        /// Nothing when the queue holds nothing for you.
        pub anomaly: Option<AnomalyRow>,
        /// Why this one, or why none.
        pub because: Text,
    }
}

shape! {
    pub struct StepInput {
        #[cfg_attr(feature = "openapi", schema(example = "call_client"))]
        pub key: String,
        pub done: bool,
    }
}

shape! {
    /// Occurrences that become an anomaly of their own; those in your sight when none is named.
    pub struct SplitInput {
        #[serde(default)]
        pub fingerprints: Option<Vec<String>>,
        #[serde(default)]
        pub note: Option<String>,
    }
}

shape! {
    /// Anomalies of the same rule whose occurrences join this one.
    pub struct JoinInput {
        pub ids: Vec<AnomalyId>,
        #[serde(default)]
        pub note: Option<String>,
    }
}

shape! {
    /// A person's whole work to another, in one act.
    pub struct HandOverInput {
        pub from: UserId,
        /// Nothing gives the anomalies back to the queue; dossiers keep nobody.
        #[serde(default)]
        pub to: Option<UserId>,
        /// Dossiers that the person is in charge of, too.
        #[serde(default)]
        pub dossiers: bool,
        #[serde(default)]
        pub note: Option<String>,
        /// Only tell what would happen.
        #[serde(default)]
        pub preview: bool,
    }
}

shape! {
    pub struct HandOverResult {
        pub anomalies: u64,
        pub dossiers: u64,
        /// Anomalies that stay, and why: such as part of it out of sight. The first thousand.
        pub left_out: Vec<AnomalyItem>,
        /// Dossiers that stay, and why: such as a portfolio that the other does not see. The first thousand.
        pub dossiers_left_out: Vec<crate::ItemResult>,
        /// Give it to `undo_act` to take the whole back.
        pub act_id: Option<ActId>,
    }
}

shape! {
    /// A rule as the firm uses it.
    pub struct AnomalyRuleSetting {
        pub rule: AnomalyRule,
        pub title: Text,
        pub why: Text,
        pub source: String,
        pub on: bool,
        pub severity: Severity,
        /// Working hours to settle one.
        pub deadline_hours: u32,
        /// Limits of the rule by name, in the unit that the name tells: `hours`, `days`, `ratio_percent`.
        #[cfg_attr(feature = "openapi", schema(example = json!({ "hours": 48 })))]
        pub limits: std::collections::BTreeMap<String, i64>,
        /// As the product suggests them.
        #[cfg_attr(feature = "openapi", schema(example = json!({ "hours": 48 })))]
        pub default_limits: std::collections::BTreeMap<String, i64>,
        pub default_deadline_hours: u32,
        pub default_severity: Severity,
    }
}

shape! {
    /// Delay of a platform at a status, in hours: set by the firm, or learned from its flows.
    pub struct StuckDelay {
        #[cfg_attr(feature = "openapi", schema(example = "Pennylane"))]
        pub platform: String,
        pub status: u32,
        /// Nothing to use what was learned.
        pub hours: Option<u32>,
        pub learned_hours: Option<u32>,
        pub flows: u64,
    }
}

shape! {
    /// Who gets a new anomaly; the first that fits. Never takes one from a person.
    pub struct AssignmentRule {
        /// Empty: any.
        pub rules: Vec<AnomalyRule>,
        pub severities: Vec<Severity>,
        pub portfolio_ids: Vec<PortfolioId>,
        pub platforms: Vec<String>,
        pub to: Assignee,
    }
}

/// To whom a rule assigns.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Assignee {
    Person {
        user_id: UserId,
    },
    /// The person in charge of the dossier; nobody when the anomaly shows in dossiers of several.
    InCharge,
    /// Of these, the one with the fewest open anomalies.
    Lightest {
        user_ids: Vec<UserId>,
    },
}

shape! {
    /// The firm's working hours; deadlines count in them.
    pub struct WorkingHours {
        /// 1 is Monday.
        pub days: Vec<u8>,
        #[cfg_attr(feature = "openapi", schema(value_type = String, example = "09:00:00"))]
        pub from: NaiveTime,
        #[cfg_attr(feature = "openapi", schema(value_type = String, example = "18:00:00"))]
        pub to: NaiveTime,
        /// Public holidays of this territory; metropolitan France unless told.
        #[cfg_attr(feature = "openapi", schema(example = "metropole"))]
        pub territory: String,
        /// Closed on these days, too.
        pub closed: Vec<NaiveDate>,
    }
}

shape! {
    pub struct AnomalySettings {
        pub version: i64,
        pub rules: Vec<AnomalyRuleSetting>,
        pub stuck: Vec<StuckDelay>,
        pub assignment: Vec<AssignmentRule>,
        pub hours: WorkingHours,
        /// Percent of the time after which an anomaly is near its deadline.
        pub warn_percent: u8,
    }
}

shape! {
    pub struct RuleChoice {
        pub rule: AnomalyRule,
        pub on: bool,
        pub severity: Severity,
        pub deadline_hours: u32,
        #[cfg_attr(feature = "openapi", schema(example = json!({ "hours": 48 })))]
        pub limits: std::collections::BTreeMap<String, i64>,
    }
}

shape! {
    pub struct StuckChoice {
        pub platform: String,
        pub status: u32,
        pub hours: Option<u32>,
    }
}

shape! {
    /// The firm's choices; what a part leaves out stays as it is.
    pub struct AnomalySettingsInput {
        #[serde(default)]
        pub rules: Option<Vec<RuleChoice>>,
        #[serde(default)]
        pub stuck: Option<Vec<StuckChoice>>,
        #[serde(default)]
        pub assignment: Option<Vec<AssignmentRule>>,
        #[serde(default)]
        pub hours: Option<WorkingHours>,
        #[serde(default)]
        pub warn_percent: Option<u8>,
    }
}

domain::closed_enum! {
    /// What a person is told of.
    pub enum NotificationKind {
        Assigned = "assigned",
        Mentioned = "mentioned",
        Commented = "commented",
        /// One that the person has or watches is near its deadline.
        Near = "near",
        Overdue = "overdue",
        /// It came back.
        Reopened = "reopened",
        Closed = "closed",
        HandedOver = "handed_over",
        /// A client did not answer the messages of a sequence, and the person is to take it up.
        Silent = "silent",
        /// Nobody of the firm stands behind a sequence any more; it goes on.
        SequenceLeft = "sequence_left",
        /// A message by which the person tried a text did not leave, or not yet.
        TestMail = "test_mail",
    }
}

shape! {
    pub struct Notification {
        pub id: NotificationId,
        pub kind: NotificationKind,
        pub text: Text,
        pub anomaly_id: Option<AnomalyId>,
        pub at: DateTime<Utc>,
        pub read_at: Option<DateTime<Utc>>,
    }
}

shape! {
    #[derive(Default)]
    pub struct NotificationQuery {
        /// Those that are not read yet, or those that are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub unread: Option<bool>,
        /// 1 to 200, 50 unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub limit: Option<u32>,
        /// Cursor of the page before (`next`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after: Option<String>,
    }
}

shape! {
    pub struct NotificationPage {
        pub data: Vec<Notification>,
        pub next: Option<String>,
        pub unread: u64,
    }
}

shape! {
    pub struct NotificationsRead {
        /// All when nothing stands here.
        #[serde(default)]
        pub ids: Option<Vec<NotificationId>>,
    }
}

shape! {
    pub struct NotificationChoice {
        pub kind: NotificationKind,
        pub on_screen: bool,
        /// In the digest by e-mail.
        pub by_mail: bool,
    }
}

domain::closed_enum! {
    pub enum DigestRhythm { Never = "never", Hourly = "hourly", Daily = "daily" }
}

shape! {
    pub struct NotificationSettings {
        pub choices: Vec<NotificationChoice>,
        pub digest: DigestRhythm,
    }
}

shape! {
    #[derive(Default)]
    pub struct LiveQuery {
        /// Beat of the last event that was heard (its `id`): what has happened since comes first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(example = 1042))]
        pub since: Option<i64>,
    }
}

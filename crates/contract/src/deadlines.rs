//! Deadlines of the dossiers: the list and the month, what is settled, and calendar feeds.

use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar::{DueKey, DueKind, DueState, Settlement, Untold};
use domain::holiday::DayOff;
use domain::{ActId, DossierId, FeedId, PortfolioId, Siren, Text, VatRegime};

use crate::common::{Several, paged, shape};
use crate::{DossierQuery, ItemOutcome};

/// Which deadlines: those of the dossiers that the filters of the list of dossiers take, of some kinds and states.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({ "due": ["missed", "due_soon"], "kind": ["sales"] })))]
pub struct DeadlineFilter {
    #[serde(flatten)]
    pub dossiers: DossierQuery,
    /// What falls due.
    #[serde(default, skip_serializing_if = "Several::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<DueKind>))]
    pub kind: Several<DueKind>,
    /// States of the deadline.
    #[serde(default, skip_serializing_if = "Several::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<DueState>))]
    pub due: Several<DueState>,
}

shape! {
    /// Deadlines from one day to another, by their published limit.
    #[derive(Default)]
    pub struct DeadlineQuery {
        #[serde(flatten)]
        pub filter: DeadlineFilter,
        /// First day; 60 days ago unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub from: Option<NaiveDate>,
        /// Last day; in 90 days unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub to: Option<NaiveDate>,
    }
}

paged! {
    /// Query of the list: filters, days, page.
    #[derive(Default)]
    pub struct DeadlineListQuery {
        #[serde(flatten)]
        pub query: DeadlineQuery,
        /// Also answer the number of rows and the counts by state and kind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub facets: Option<bool>,
    }
}

shape! {
    pub struct DeadlineExportQuery {
        #[serde(flatten)]
        pub query: DeadlineQuery,
        /// Form of the file; CSV unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub format: Option<crate::FileFormat>,
    }
}

shape! {
    /// How a period was settled, and what shows it.
    pub struct SettledBy {
        pub how: Settlement,
        /// What shows it; empty for a period without operations of which nothing was said.
        #[cfg_attr(feature = "openapi", schema(example = "Accusé de réception n° 2026-1042"))]
        pub what: String,
        /// Where that comes from.
        #[cfg_attr(feature = "openapi", schema(example = "Portail de la plateforme"))]
        pub source: String,
        /// Day of the evidence.
        pub on: NaiveDate,
        /// Who recorded it, and when.
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub by_name: String,
        pub recorded_at: DateTime<Utc>,
    }
}

shape! {
    /// Something that a dossier must have done by a day.
    pub struct Deadline {
        /// Names it among those of its dossier.
        pub key: DueKey,
        pub kind: DueKind,
        pub state: DueState,
        /// First and last day of the period; the day itself for the start of an obligation.
        pub from: NaiveDate,
        pub to: NaiveDate,
        /// The published limit.
        pub published_on: NaiveDate,
        /// The earlier of the readings where sources differ.
        pub prudent_on: NaiveDate,
        /// Regime whose rhythm it follows; nothing for the start of an obligation.
        pub regime: Option<VatRegime>,
        /// Before the legal day, by choice: missing it costs nothing.
        pub voluntary: bool,
        /// The published limit falls on it, and does not move.
        pub day_off: Option<DayOff>,
        pub title: Text,
        /// What is to be known of it: two readings of the limit, a day off, a voluntary start.
        pub notes: Vec<Text>,
        /// Where the law says so.
        #[cfg_attr(feature = "openapi", schema(example = "CGI ann. II art. 242 nonies M"))]
        pub source: String,
        /// A report can be settled by hand; the start of an obligation follows from the preparation of the dossier.
        pub by_hand: bool,
        /// Recorded evidence; nothing when it is open, or follows from the preparation.
        pub settled: Option<SettledBy>,
    }
}

shape! {
    /// A deadline in the list over many dossiers.
    pub struct DeadlineRow {
        pub dossier_id: DossierId,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub name: String,
        pub siren: Siren,
        #[cfg_attr(feature = "openapi", schema(example = "B00012"))]
        pub code: Option<String>,
        pub portfolio_id: Option<PortfolioId>,
        #[serde(flatten)]
        pub deadline: Deadline,
    }
}

shape! {
    pub struct KindCount {
        pub kind: DueKind,
        pub count: u64,
    }
}

shape! {
    pub struct DueStateCount {
        pub state: DueState,
        pub count: u64,
    }
}

shape! {
    /// Counts by the values of a filter, the other filters as they are.
    pub struct DeadlineFacets {
        pub kind: Vec<KindCount>,
        pub due: Vec<DueStateCount>,
    }
}

shape! {
    pub struct DeadlinePage {
        /// The days that the list covers.
        pub from: NaiveDate,
        pub to: NaiveDate,
        pub data: Vec<DeadlineRow>,
        /// Cursor of the next page; nothing on the last one.
        pub next: Option<String>,
        /// Rows in all, with `facets=true`.
        pub total: Option<u64>,
        /// Dossiers behind them, with `facets=true`.
        pub dossiers: Option<u64>,
        pub facets: Option<DeadlineFacets>,
    }
}

shape! {
    /// Deadlines of one kind and state on one day.
    pub struct DayCount {
        pub kind: DueKind,
        pub state: DueState,
        pub count: u64,
    }
}

shape! {
    pub struct DeadlineDay {
        pub on: NaiveDate,
        pub day_off: Option<DayOff>,
        pub counts: Vec<DayCount>,
    }
}

shape! {
    /// Day by day what falls due; days without anything are left out.
    pub struct DeadlineDays {
        pub from: NaiveDate,
        pub to: NaiveDate,
        pub days: Vec<DeadlineDay>,
    }
}

shape! {
    #[derive(Default)]
    pub struct CalendarQuery {
        /// First day; a year ago unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub from: Option<NaiveDate>,
        /// Last day; in a year unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub to: Option<NaiveDate>,
    }
}

shape! {
    /// The calendar of a dossier.
    pub struct DossierCalendar {
        pub from: NaiveDate,
        pub to: NaiveDate,
        pub deadlines: Vec<Deadline>,
        /// Stretches whose deadlines cannot be told yet, with the facts that are missing.
        pub untold: Vec<Untold>,
    }
}

shape! {
    /// A deadline of a dossier.
    pub struct DueRef {
        pub dossier_id: DossierId,
        pub key: DueKey,
    }
}

shape! {
    /// What shows that a report was sent, or that there was nothing to send.
    pub struct DueEvidence {
        #[cfg_attr(feature = "openapi", schema(example = "Accusé de réception n° 2026-1042"))]
        pub what: String,
        #[cfg_attr(feature = "openapi", schema(example = "Portail de la plateforme"))]
        pub source: String,
        /// Day of the evidence, not one to come.
        pub on: NaiveDate,
    }
}

shape! {
    /// A selection of deadlines, by name or by the filters of the list when `items` is absent.
    pub struct SettleInput {
        #[serde(default)]
        pub items: Option<Vec<DueRef>>,
        #[serde(default)]
        pub query: Option<DeadlineQuery>,
        pub how: Settlement,
        /// Asked for what is done; may be left out for a period without operations.
        #[serde(default)]
        pub evidence: Option<DueEvidence>,
        /// Only tell what would happen.
        #[serde(default)]
        pub preview: bool,
    }
}

shape! {
    pub struct ReopenInput {
        pub items: Vec<DueRef>,
        /// Only tell what would happen.
        #[serde(default)]
        pub preview: bool,
    }
}

shape! {
    pub struct DueResult {
        pub dossier_id: DossierId,
        pub name: Option<String>,
        pub key: DueKey,
        pub outcome: ItemOutcome,
        /// Why it was left out, or what else goes with it.
        pub reason: Option<Text>,
    }
}

shape! {
    /// What was settled or taken back, deadline by deadline.
    pub struct SettleResult {
        /// Give it to `undo_act` to take the whole back; nothing for a preview or when nothing changed.
        pub act_id: Option<ActId>,
        pub changed: u64,
        pub unchanged: u64,
        pub left_out: u64,
        pub items: Vec<DueResult>,
    }
}

shape! {
    /// An address under which a calendar program reads deadlines.
    pub struct CalendarFeed {
        pub id: FeedId,
        #[cfg_attr(feature = "openapi", schema(example = "Mes échéances"))]
        pub name: String,
        pub filter: DeadlineFilter,
        /// The secret address, told once: below the address of this server.
        #[cfg_attr(feature = "openapi", schema(example = "/api/v1/calendar/cal_0t2Jm1X.ics"))]
        pub address: Option<String>,
        pub created_at: DateTime<Utc>,
        /// Last time a program read it, to the hour.
        pub last_used_at: Option<DateTime<Utc>>,
    }
}

shape! {
    pub struct CalendarFeedList {
        pub data: Vec<CalendarFeed>,
    }
}

shape! {
    pub struct NewCalendarFeed {
        #[cfg_attr(feature = "openapi", schema(example = "Mes échéances"))]
        pub name: String,
        /// Everything in sight unless told.
        #[serde(default)]
        pub filter: DeadlineFilter,
    }
}

/// The secret of a feed, as its address bears it.
#[derive(Clone, PartialEq, Eq)]
pub struct FeedSecret(pub String);

impl std::fmt::Debug for FeedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FeedSecret(…)")
    }
}

//! Lists of clients and exports of platforms: what was detected, how columns are read, what a commit would do, what it did.

use chrono::{DateTime, Utc};
use domain::flow::FlowDirection;
use domain::{DossierId, FlowField, FlowId, ImportId, JobId, ListField, Text};

use crate::common::{paged, shape};

domain::closed_enum! {
    /// What a file tells of.
    pub enum ImportSubject {
        /// A list of clients: columns mean a `field`, rows become dossiers.
        Clients = "clients",
        /// An export of a platform: columns mean a `flow_field`, rows become flows and statuses.
        Flows = "flows",
    }
}

domain::closed_enum! {
    pub enum ImportState {
        /// Uploaded and understood; columns may be changed, nothing is checked yet.
        Draft = "draft",
        /// The dry run is being made.
        Checking = "checking",
        /// The dry run stands; it can be committed.
        Checked = "checked",
        Committing = "committing",
        Committed = "committed",
        Undoing = "undoing",
        Undone = "undone",
        /// The last job failed; nothing was applied.
        Failed = "failed",
    }
}

domain::closed_enum! {
    /// Form of a client list, told by its content and not by its name.
    pub enum ListKind { Csv = "csv", Tsv = "tsv", Xlsx = "xlsx", Xls = "xls", Ods = "ods" }
}

domain::closed_enum! {
    /// Where the meaning of a column was taken from.
    pub enum MappingReason { Header = "header", Content = "content", Remembered = "remembered", Chosen = "chosen" }
}

shape! {
    #[derive(Default)]
    pub struct ImportUploadQuery {
        /// Name of the file, shown in the list of imports.
        #[cfg_attr(feature = "openapi", schema(example = "portefeuille.csv"))]
        pub filename: String,
        /// What the file tells of; taken from its columns unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub subject: Option<ImportSubject>,
        /// Platform of an export; that of the remembered profile with the same columns unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub platform: Option<String>,
    }
}

shape! {
    pub struct ImportSheet {
        #[cfg_attr(feature = "openapi", schema(example = "Dossiers"))]
        pub name: String,
        pub rows: u64,
        pub visible: bool,
    }
}

shape! {
    pub struct ImportColumn {
        /// Place in the file, from 0.
        pub index: u32,
        /// As a spreadsheet names it.
        #[cfg_attr(feature = "openapi", schema(example = "C"))]
        pub letter: String,
        #[cfg_attr(feature = "openapi", schema(example = "N° SIREN"))]
        pub header: String,
        pub samples: Vec<String>,
        /// Cells that hold something.
        pub filled: u64,
        /// What the column of a list of clients means; nothing to leave it out.
        pub field: Option<ListField>,
        /// What the column of a platform's export means; nothing to leave it out.
        #[serde(default)]
        pub flow_field: Option<FlowField>,
        pub reason: Option<MappingReason>,
    }
}

shape! {
    /// How the columns of a platform's export differ from those of its last import.
    pub struct ColumnsChanged {
        /// Headers that were not there.
        pub added: Vec<String>,
        /// Headers that are gone.
        pub removed: Vec<String>,
    }
}

shape! {
    /// What was understood of the file.
    pub struct ImportDetection {
        pub kind: ListKind,
        #[cfg_attr(feature = "openapi", schema(example = "windows-1252"))]
        pub encoding: Option<String>,
        #[cfg_attr(feature = "openapi", schema(example = ";"))]
        pub separator: Option<String>,
        pub sheets: Vec<ImportSheet>,
        #[cfg_attr(feature = "openapi", schema(example = "Dossiers"))]
        pub sheet: Option<String>,
        /// Line of the column names, counted from 1 as a spreadsheet does.
        #[cfg_attr(feature = "openapi", schema(example = 3))]
        pub header_row: u32,
        pub columns: Vec<ImportColumn>,
        pub notes: Vec<Text>,
    }
}

shape! {
    /// What a commit would do, or did, in rows.
    #[derive(Default)]
    pub struct ImportCounts {
        pub rows: u64,
        pub create: u64,
        pub update: u64,
        pub unchanged: u64,
        /// Flows whose status is a word that nobody has read yet; they are taken all the same.
        #[serde(default)]
        pub unread: u64,
        pub skipped: u64,
        pub error: u64,
    }
}

shape! {
    /// What an undo did: in dossiers, or in flows for an export of a platform.
    pub struct UndoResult {
        /// Dossiers that are as before; flows that are gone or without the statuses of the import.
        pub reversed: u64,
        /// Edited since; left as they are.
        pub kept: u64,
        /// Could not be reversed.
        pub failed: u64,
        /// The first thousand that were kept or could not be reversed, with the reason.
        pub left: Vec<crate::ItemResult>,
        /// Only for an export of a platform.
        #[serde(default)]
        pub flows: Option<FlowUndo>,
    }
}

shape! {
    /// What the undo of a platform's export took away, and what stays.
    #[derive(Default)]
    pub struct FlowUndo {
        /// Flows that this import alone had told of.
        pub flows_removed: u64,
        /// Statuses that this import alone had told.
        pub statuses_removed: u64,
        /// Flows that stay, because another source, a person or an earlier import told of them too.
        pub flows_kept: u64,
    }
}

shape! {
    pub struct Import {
        pub id: ImportId,
        pub version: i64,
        #[cfg_attr(feature = "openapi", schema(example = "portefeuille.csv"))]
        pub filename: String,
        pub bytes: u64,
        pub state: ImportState,
        pub subject: ImportSubject,
        /// Platform of an export; nothing while it must still be chosen.
        pub platform: Option<String>,
        /// The platform changed its columns since its last import; nothing when it did not, or is new.
        pub columns_changed: Option<ColumnsChanged>,
        pub detection: ImportDetection,
        pub counts: Option<ImportCounts>,
        pub undo: Option<UndoResult>,
        /// Job under way, or the last one.
        pub job_id: Option<JobId>,
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub created_by: String,
        pub created_at: DateTime<Utc>,
        pub committed_at: Option<DateTime<Utc>>,
    }
}

shape! {
    pub struct ImportList {
        pub data: Vec<ImportSummary>,
        pub next: Option<String>,
    }
}

shape! {
    pub struct ImportSummary {
        pub id: ImportId,
        #[cfg_attr(feature = "openapi", schema(example = "portefeuille.csv"))]
        pub filename: String,
        pub bytes: u64,
        pub state: ImportState,
        pub subject: ImportSubject,
        pub platform: Option<String>,
        pub counts: Option<ImportCounts>,
        pub undo: Option<UndoResult>,
        pub job_id: Option<JobId>,
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub created_by: String,
        pub created_at: DateTime<Utc>,
        pub committed_at: Option<DateTime<Utc>>,
    }
}

shape! {
    #[derive(Default)]
    pub struct ColumnChoice {
        pub index: u32,
        /// Of a list of clients; nothing leaves the column out.
        #[serde(default)]
        pub field: Option<ListField>,
        /// Of a platform's export; nothing leaves the column out.
        #[serde(default)]
        pub flow_field: Option<FlowField>,
    }
}

shape! {
    /// Reading the file another way; absent fields stay. A change of subject, platform, sheet, separator, encoding or
    /// header row makes new proposals for the columns.
    #[derive(Default)]
    pub struct ImportChange {
        #[serde(default)]
        pub subject: Option<ImportSubject>,
        /// Platform of an export.
        #[serde(default)]
        pub platform: Option<String>,
        #[serde(default)]
        pub encoding: Option<String>,
        #[serde(default)]
        pub separator: Option<String>,
        #[serde(default)]
        pub sheet: Option<String>,
        #[serde(default)]
        pub header_row: Option<u32>,
        #[serde(default)]
        pub columns: Option<Vec<ColumnChoice>>,
    }
}

domain::closed_enum! {
    /// What the import does with a row.
    pub enum RowOutcome {
        Create = "create",
        Update = "update",
        Unchanged = "unchanged",
        /// The flow is taken; its status is a word that nobody has read yet.
        Unread = "unread",
        Skipped = "skipped",
        Error = "error",
    }
}

shape! {
    /// A field that a row would change.
    pub struct RowChange {
        #[cfg_attr(feature = "openapi", schema(example = "headcount"))]
        pub field: String,
        pub before: serde_json::Value,
        pub after: serde_json::Value,
    }
}

shape! {
    /// A refused cell, or something to know about one.
    pub struct CellProblem {
        /// Column as a spreadsheet names it; empty when the whole row is meant.
        #[cfg_attr(feature = "openapi", schema(example = "C"))]
        pub column: String,
        #[cfg_attr(feature = "openapi", schema(example = "N° SIREN"))]
        pub header: String,
        pub field: Option<ListField>,
        #[serde(default)]
        pub flow_field: Option<FlowField>,
        #[cfg_attr(feature = "openapi", schema(example = "siren_scientific"))]
        pub code: String,
        /// The value as it stands in the file.
        #[cfg_attr(feature = "openapi", schema(example = "7,32829E+13"))]
        pub value: String,
        pub message: Text,
        /// The form expected.
        pub expected: Option<Text>,
    }
}

shape! {
    /// The flow of a row.
    pub struct RowFlow {
        /// Once it is committed.
        pub id: Option<FlowId>,
        /// The client, as written.
        #[cfg_attr(feature = "openapi", schema(example = "732829320"))]
        pub client: String,
        #[cfg_attr(feature = "openapi", schema(example = "F2026-000123"))]
        pub number: String,
        pub direction: FlowDirection,
        #[cfg_attr(feature = "openapi", schema(example = "552100554"))]
        pub counterparty: String,
        /// The platform's word.
        #[cfg_attr(feature = "openapi", schema(example = "Approuvée"))]
        pub status: String,
        /// Its official code; nothing while nobody knows what the word means.
        #[cfg_attr(feature = "openapi", schema(example = 205))]
        pub code: Option<u32>,
        pub gross_cents: Option<i64>,
    }
}

shape! {
    pub struct ImportRow {
        /// Line in the file, from 1.
        pub number: u64,
        pub outcome: RowOutcome,
        pub name: Option<String>,
        pub siren: Option<String>,
        pub dossier_id: Option<DossierId>,
        /// What a row of a platform's export tells.
        #[serde(default)]
        pub flow: Option<RowFlow>,
        pub changes: Vec<RowChange>,
        pub errors: Vec<CellProblem>,
        pub notes: Vec<CellProblem>,
        /// Why the row is skipped.
        pub reason: Option<Text>,
    }
}

paged! {
    pub struct ImportRowsQuery {
        /// Only the rows of this outcome.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub outcome: Option<RowOutcome>,
    }
}

shape! {
    pub struct ImportRows {
        pub data: Vec<ImportRow>,
        pub next: Option<String>,
    }
}

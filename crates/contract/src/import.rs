//! Client lists: what was detected, how columns are read, what a commit would do, what it did.

use chrono::{DateTime, Utc};
use domain::{DossierId, ImportId, JobId, ListField, Text};

use crate::common::{paged, shape};

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
    pub struct ImportUploadQuery {
        /// Name of the file, shown in the list of imports.
        #[cfg_attr(feature = "openapi", schema(example = "portefeuille.csv"))]
        pub filename: String,
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
        /// What the column means; nothing to leave it out.
        pub field: Option<ListField>,
        pub reason: Option<MappingReason>,
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
        pub skipped: u64,
        pub error: u64,
    }
}

shape! {
    /// What an undo did, in dossiers.
    pub struct UndoResult {
        pub reversed: u64,
        /// Edited since; left as they are.
        pub kept: u64,
        /// Could not be reversed.
        pub failed: u64,
        /// The first thousand that were kept or could not be reversed, with the reason.
        pub left: Vec<crate::ItemResult>,
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
    pub struct ColumnChoice {
        pub index: u32,
        /// Nothing leaves the column out.
        pub field: Option<ListField>,
    }
}

shape! {
    /// Reading the file another way; absent fields stay. A change of sheet, separator, encoding or header row makes
    /// new proposals for the columns.
    #[derive(Default)]
    pub struct ImportChange {
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
    pub struct ImportRow {
        /// Line in the file, from 1.
        pub number: u64,
        pub outcome: RowOutcome,
        pub name: Option<String>,
        pub siren: Option<String>,
        pub dossier_id: Option<DossierId>,
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

//! What comes IN: the client list of a firm as its own software exported it (CSV, TSV, XLSX, XLS, ODS), turned into
//! values and into errors per row and per cell. No database, no clock, no network.
//!
//! The path of a file, one module per step:
//!
//! 1. [`source`] opens it: the kind is told by its content, hostile files are refused;
//! 2. [`detect`] finds encoding, separator, sheet and header row, and describes the columns;
//! 3. [`columns`] proposes what each column means;
//! 4. [`rows`] walks the data rows, one at a time;
//! 5. [`list`] turns a row into a client with the parsers of [`value`];
//! 6. [`export`] writes the rejected rows back, ready to be corrected and dropped again.
//!
//! The exports of platforms take the same path with another end: [`flow`] proposes what their columns mean and turns a
//! row into what it says of an invoice.
//!
//! Beside it, [`message`] reads messages of invoicing, one XML document each: lifecycle statuses and invoices; [`archive`]
//! unpacks a ZIP of them. And [`returned`] reads mail that comes back: what became of a message, or an answer to it.
//!
//! Two promises hold throughout. **Memory is bounded**: rows stream, and every size that a file declares is checked
//! against what it really holds, so that a hostile file costs less than 256 MB. **Nothing is half-taken**: a row with
//! one bad cell is rejected whole, with every bad cell told at once.

pub mod archive;
pub mod cell;
pub mod columns;
pub mod detect;
pub mod export;
pub mod flow;
pub mod limits;
pub mod list;
pub mod message;
pub mod note;
pub mod refusal;
pub mod returned;
pub mod rows;
pub mod source;
pub mod value;

mod delimited;
mod ods;
mod package;
mod workbook;
mod xls;
mod xlsx;

pub use cell::{Cell, column_letter};
pub use columns::{Field, Proposal, Reason, Remembered, propose};
pub use detect::{Column, ColumnKind, Detection, Options, SheetInfo, detect};
pub use flow::{FlowOutcome, FlowRow, FlowSays, parse_flow_list};
pub use limits::Limits;
pub use list::{
    ClientRow, ClientSays, Outcome, ParsedClient, RowError, RowNote, SeenSirens, Summary, parse_client_list,
};
pub use note::{Note, NoteCode};
pub use refusal::{Refusal, RefusalCode, RefusalWords};
pub use rows::{RowRef, Skip, for_each_row};
pub use source::{Encoding, Kind, Source};
pub use value::{CellCode, CellError, NumberStyle};

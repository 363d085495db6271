//! Exports of platforms: each row tells one invoice and its status, in words that every platform chooses for itself.

pub(crate) mod columns;
mod list;
mod words;

pub use columns::{is_flow_list, propose};
pub use list::{FlowOutcome, FlowRow, FlowRowError, FlowRowNote, FlowSays, FlowSummary, parse_flow_list};
pub use words::{direction, kind, status_code};

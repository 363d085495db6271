//! What arrives from outside and tells of flows: rows of a platform's export, messages and invoices as files, statuses from
//! a program. Each becomes [`domain::flow::Report`]s and goes through `flows::take`.

mod files;
mod messages;
mod rows;
mod statuses;
pub mod watch;

pub(crate) use files::read_one;
pub use files::{Arrived, take_files, upload_flow_file};
pub use messages::{Origin, Owners, Read, reports, source_name};
pub(crate) use rows::{Platforms, report_of_row};
pub use statuses::create_statuses;

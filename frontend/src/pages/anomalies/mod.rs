//! `/anomalies`: the one queue of what is wrong. Filters, order and the open anomaly stand in the address.
//!
//! * `list`    the queue, its selection and its keys
//! * `detail`  one anomaly: side panel and page
//! * `act`     who gets it, and where it stands: on one or many, with a look before and a way back
//! * `over`    a person's whole work to another

mod act;
mod detail;
mod list;
mod over;
mod query;
mod words;

pub use detail::page as anomaly;
pub use list::page;

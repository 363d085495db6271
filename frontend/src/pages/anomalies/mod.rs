//! `/anomalies`: the one queue of what is wrong. Filters, order and the open anomaly stand in the address.
//!
//! * `list`       the queue, its selection and its keys
//! * `detail`     one anomaly: side panel and page
//! * `talk`       what people say of it
//! * `act`        who gets it, and where it stands: on one or many, with a look before and a way back
//! * `join`       several of one rule become one
//! * `over`       a person's whole work to another
//! * `card`       the queue on the cockpit
//! * `of_dossier` what is wrong in one dossier
//! * `notices`    what one was told of

mod act;
mod card;
mod detail;
mod join;
mod list;
mod notices;
mod of_dossier;
mod over;
mod query;
mod talk;
mod words;

pub use card::card;
pub use detail::page as anomaly;
pub use list::page;
pub use notices::page as notices;
pub use of_dossier::view as of_dossier;

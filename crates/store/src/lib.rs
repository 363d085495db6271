//! What is kept: the only crate that knows SQL. One set of queries serves SQLite and PostgreSQL.

pub mod acts;
pub mod campaigns;
pub mod collection_settings;
pub mod connection;
pub mod daily;
pub mod deadlines;
pub mod dialect;
pub mod documents;
pub mod dossiers;
pub mod eligibility;
pub mod evaluations;
pub mod exchanges;
pub mod feeds;
pub mod idempotency;
pub mod imports;
pub mod invitations;
pub mod jobs;
pub mod journal;
mod kept;
pub mod links;
pub mod mails;
pub mod mandate_board;
pub mod mandates;
pub mod moves;
pub mod people;
pub mod portfolios;
pub mod proposals;
pub mod references;
pub mod refused;
pub mod register;
pub mod rules;
pub mod schema;
pub mod scope;
pub mod secrets;
pub mod sessions;
pub mod settlements;
pub mod standings;
pub mod sums;
pub mod time;
pub mod upkeep;
pub mod views;

pub use connection::{Conn, OpenError, Store};
pub use diesel::result::{DatabaseErrorKind, Error};
pub use scope::{Actor, Scope};

pub type Result<T> = std::result::Result<T, Error>;

//! What happens: one use case, one function. Each takes the call (who asks, when, from where) and the typed input of
//! its endpoint, and owns its transaction. Knows no HTTP and no SQL.

pub mod admin;
pub mod advice;
pub mod bulk;
pub mod call;
pub mod cockpit;
pub mod collection_settings;
pub mod cursor;
pub mod days;
pub mod deadlines;
pub mod demo;
pub mod dossiers;
pub mod email;
pub mod error;
pub mod evaluations;
pub mod exchanges;
pub mod export;
pub mod fields;
pub mod html;
pub mod idempotency;
pub mod ids;
pub mod imports;
pub mod jobs;
pub mod journal;
pub mod judge;
pub mod limits;
pub mod mandates;
pub mod people;
pub mod portfolios;
pub mod reference;
pub mod register;
pub mod rules;
pub mod secrets;
pub mod session;
pub mod settings;
pub mod time;
pub mod trend;
pub mod undo;
pub mod views;
pub mod what_if;

pub use call::{Answer, App, Call, Client, FileReply, Written};
pub use error::{Error, Result, invalid};

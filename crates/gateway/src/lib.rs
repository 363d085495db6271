//! What goes OUT: mail, documents kept outside the database, requests for a signature, questions to platforms. Each is a
//! port (a trait) with its adapters beside it; a URL in the settings chooses one, except of a platform, which firms name.
//!
//! | port | adapters | chosen by |
//! |---|---|---|
//! | [`mail::Mailer`] | SMTP, an HTTP provider, a folder | [`mail::mailer`] |
//! | [`vault::Vault`] | a folder, an S3-compatible store | [`vault::vault`] |
//! | [`platform::Platforms`] | AFNOR XP Z12-013 over HTTP | [`platform::Afnor::new`] |
//! | [`signature::Provider`] | an HTTP provider of the Yousign v3 kind | [`signature::provider`] |
//!
//! The crate knows `domain` alone: no database, no HTTP server, no queue. It tries once and says exactly how that ended;
//! when to try again is for the caller to decide, and to note durably.
//!
//! Three promises hold throughout. **Nothing waits for ever**: every connection and every answer has its time. **What
//! may have happened is said to be in doubt**, never guessed. **No secret and no personal data is in `Debug`, `Display`
//! or `describe`**: these may go to a log; what a peer said is a field of its own.
//!
//! All of it blocks. Call it on worker threads, and make the adapters there or before an asynchronous runtime starts:
//! the HTTP client refuses to be made or dropped on a thread of one.

pub mod mail;
pub mod platform;
pub mod setting;
pub mod signature;
pub mod vault;

mod files;
mod http;

pub use http::prepare_tls;
pub use setting::{Secret, SettingError, Timeouts};

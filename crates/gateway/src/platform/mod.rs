//! Platforms of e-invoicing (PA) that speak AFNOR XP Z12-013: Flow Service and Directory Service, versions 1.2 and 1.3.
//!
//! What one version has and the other has not is data: [`Version::traits`]. The sets of words are open in the standard,
//! so an unknown one is kept as it came. An acknowledgement is technical: `Ok` says that the platform took the file.
//!
//! ```no_run
//! use gateway::Secret;
//! use gateway::platform::{Afnor, Endpoint, Platforms, Search, Version};
//!
//! let platforms = Afnor::new(false);
//! let mut line = platforms.open(
//!     &Endpoint {
//!         version: Version::V1_3,
//!         flow: platforms.check("https://api.plateforme.example/flow-service").unwrap(),
//!         directory: None,
//!         token: platforms.check("https://auth.plateforme.example/token").unwrap(),
//!         client_id: "cabinet-martin".to_owned(),
//!         secret: Secret::new("s3cr3t"),
//!         organization: None,
//!     },
//!     None,
//! ).unwrap();
//! let found = line.search(&Search::since("2026-11-01T00:00:00Z".parse().unwrap())).unwrap();
//! println!("{} flows", found.flows.len());
//! ```

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::text::{Lang, Text};

use crate::setting::{Secret, SettingError};

mod address;
mod afnor;
mod said;
pub mod webhook;

pub use address::is_public;
pub use afnor::Afnor;

domain::closed_enum! {
    /// Version of XP Z12-013 that a platform serves.
    pub enum Version { V1_2 = "1.2", V1_3 = "1.3" }
}

/// What differs between the versions, as far as a reader of flows is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// A search of several pages goes on by cursor; without one, by the time of the last flow.
    pub cursor: bool,
    /// Webhooks have the plain shape of 1.3; the one of 1.2 was never published in a form to rely on.
    pub webhooks: bool,
}

impl Version {
    pub const fn traits(self) -> Traits {
        match self {
            Self::V1_2 => Traits { cursor: false, webhooks: false },
            Self::V1_3 => Traits { cursor: true, webhooks: true },
        }
    }
}

/// Most results of one search that the standard allows.
pub const MOST_RESULTS: u32 = 100;

/// Where a platform is, and as whom it is asked. Addresses as [`Platforms::check`] gave them.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub version: Version,
    pub flow: String,
    pub directory: Option<String>,
    pub token: String,
    pub client_id: String,
    pub secret: Secret,
    /// Header `Organization-Id`.
    pub organization: Option<String>,
}

/// An access token, good until it ends.
#[derive(Debug, Clone)]
pub struct Token {
    pub(crate) value: Secret,
    pub ends: DateTime<Utc>,
}

/// Whoever can speak to platforms.
pub trait Platforms: std::fmt::Debug + Send + Sync {
    /// Whether this address may be spoken to; the reply is how it is kept. A name is looked up: one that leads into a
    /// private network is refused here already, and again at each connection.
    fn check(&self, address: &str) -> Result<String, SettingError>;

    /// Addresses of this machine and of private networks may be spoken to.
    fn reaches_inside(&self) -> bool;

    /// A line to one platform; says nothing to it yet. A token from before spares asking for one.
    fn open(&self, endpoint: &Endpoint, token: Option<Token>) -> Result<Box<dyn Line>, PlatformError>;
}

/// A line to one platform, for one thread. Each method is one question; the token is asked for when it is needed, and
/// once more when the platform does not know it any longer.
pub trait Line {
    /// Asks for a new token.
    fn sign_in(&mut self) -> Result<Token, PlatformError>;
    /// The token in hand.
    fn token(&self) -> Option<Token>;
    fn health(&mut self) -> Result<(), PlatformError>;
    fn search(&mut self, search: &Search) -> Result<Found, PlatformError>;
    /// The document of a flow as its author gave it.
    fn original(&mut self, flow: &str) -> Result<Vec<u8>, PlatformError>;
    fn webhooks(&mut self) -> Result<Vec<Webhook>, PlatformError>;
    fn subscribe(&mut self, callback: &str) -> Result<Subscription, PlatformError>;
    /// One that is gone already is as good.
    fn unsubscribe(&mut self, webhook: &str) -> Result<(), PlatformError>;
    /// The directory's lines of a SIREN.
    fn directory(&mut self, siren: &str) -> Result<Vec<DirectoryLine>, PlatformError>;
    /// The calls made since this was last asked, in their order.
    fn calls(&mut self) -> Vec<Call>;
}

/// A page of flows, wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Updated after this moment.
    pub after: DateTime<Utc>,
    /// And before this one.
    pub before: Option<DateTime<Utc>>,
    /// Goes on from the page before; 1.3 alone.
    pub cursor: Option<String>,
    pub limit: u32,
}

impl Search {
    pub fn since(after: DateTime<Utc>) -> Self {
        Self { after, before: None, cursor: None, limit: MOST_RESULTS }
    }
}

/// A page of flows, found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub flows: Vec<Flow>,
    /// Where the next page begins; 1.3 alone.
    pub next: Option<String>,
    /// Entries without an id or a time of update: nothing can be done with them.
    pub unreadable: u32,
}

/// A file that the platform sent or received, as it tells it. Words that this version does not know stay as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    pub id: String,
    /// Name of the file.
    pub name: String,
    pub tracking_id: Option<String>,
    pub syntax: String,
    pub kind: Kind,
    pub direction: String,
    pub submitted_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
    pub acknowledgement: Acknowledgement,
}

/// `flowType`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An invoice, by what it is for the company: a sale or a purchase. Self-billing does not change it.
    CustomerInvoice,
    SupplierInvoice,
    /// A status message about one.
    CustomerInvoiceStatus,
    SupplierInvoiceStatus,
    /// A status message that went to the administration, about an invoice or an e-reporting transmission.
    StateStatus(String),
    /// E-reporting, extracts for the administration, what is not known yet, and what this version does not know.
    Other(String),
}

impl Kind {
    pub(crate) fn read(word: &str) -> Self {
        match word {
            "CustomerInvoice" => Self::CustomerInvoice,
            "SupplierInvoice" => Self::SupplierInvoice,
            "CustomerInvoiceLC" => Self::CustomerInvoiceStatus,
            "SupplierInvoiceLC" => Self::SupplierInvoiceStatus,
            // Also a kind of status that a later version brings.
            word if word.ends_with("LC") => Self::StateStatus(word.to_owned()),
            word => Self::Other(word.to_owned()),
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::CustomerInvoice => "CustomerInvoice",
            Self::SupplierInvoice => "SupplierInvoice",
            Self::CustomerInvoiceStatus => "CustomerInvoiceLC",
            Self::SupplierInvoiceStatus => "SupplierInvoiceLC",
            Self::StateStatus(word) | Self::Other(word) => word,
        }
    }
}

/// How the technical check of a file ended: virus, integrity, schema, uniqueness. No word on the business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    pub status: AckStatus,
    pub details: Vec<AckDetail>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AckStatus {
    /// Not integrated yet.
    Pending,
    Ok,
    Error,
    Other(String),
}

impl AckStatus {
    pub(crate) fn read(word: &str) -> Self {
        match word {
            "Pending" => Self::Pending,
            "Ok" => Self::Ok,
            "Error" => Self::Error,
            word => Self::Other(word.to_owned()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AckDetail {
    /// A warning alone stops nothing.
    pub is_error: bool,
    /// `InvalidSchema`, `AlreadyExistingFlow`… or a code of the platform's own.
    pub code: String,
    /// What the platform says to it; not for the log.
    pub message: String,
}

/// A webhook that the platform keeps for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    pub id: String,
    pub callback: String,
}

/// A new webhook, and the key that its calls are signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub id: String,
    /// Base64; see [`webhook::is_signed`].
    pub key: Secret,
}

/// A line of the directory: an address at which invoices are received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryLine {
    pub address: String,
    /// `Enabled`, `Disabled`, `Upcoming`.
    pub state: String,
    /// `WK` a platform, `DFH` the public portal.
    pub platform: String,
}

/// A call that was made: nothing of what was said in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub at: DateTime<Utc>,
    pub method: &'static str,
    pub path: String,
    /// Nothing when no answer came.
    pub status: Option<u16>,
    pub took: Duration,
    /// Of the answer's body.
    pub bytes: u64,
    pub request_id: String,
    pub error: Option<Text>,
}

/// Why a platform could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlatformError {
    /// Address, credentials, rights, version: waiting does not mend it.
    Setup { what: Text, fix: Text },
    /// It does not answer for now; `after` is what it asked to wait.
    Temporary { why: Text, after: Option<Duration> },
    /// It refuses this question.
    Refused { why: Text },
    /// It does not know what was asked for; `told` when it said so by an error of the standard, and not as any web
    /// server answers to an address that it does not have.
    Missing { what: Text, told: bool },
    /// It answered what the standard does not say: not JSON, too large, without what must be there.
    Unexpected { what: Text },
}

impl PlatformError {
    /// For a person.
    pub fn text(&self) -> Text {
        match self {
            Self::Setup { what, fix } => Text::new(
                format!("{}. À faire : {}.", what.fr, fix.fr),
                format!("{}. What to do: {}.", what.en, fix.en),
            ),
            Self::Temporary { why: what, .. }
            | Self::Refused { why: what }
            | Self::Missing { what, .. }
            | Self::Unexpected { what } => Text::new(format!("{}.", what.fr), format!("{}.", what.en)),
        }
    }
}

/// Without secret and without what the peer said: may go to a log.
impl std::fmt::Display for PlatformError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text().get(Lang::En))
    }
}

impl std::error::Error for PlatformError {}

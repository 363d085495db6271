//! A signature asked of a person through an outside provider, which proves who signed what and when.
//!
//! ```no_run
//! use gateway::Secret;
//! use gateway::signature::{Document, Placement, Provider, Request, Signer, State, Yousign, YousignSettings};
//!
//! let settings = YousignSettings::read("https://api-sandbox.yousign.app/v3", Secret::new("key")).unwrap();
//! let provider = Yousign::new(settings).unwrap();
//! let request = Request {
//!     id: "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11".to_owned(),
//!     document: Document::new("Mandat.pdf", std::fs::read("mandat.pdf").unwrap()),
//!     signer: Signer {
//!         first_name: "Zoé".to_owned(),
//!         last_name: "Martin".to_owned(),
//!         email: "zoe@exemple.fr".to_owned(),
//!         phone: Some("+33612345678".to_owned()),
//!     },
//!     placement: Placement { page: 1, x: 77, y: 581 },
//!     callback: Some("https://cabready.exemple.fr/signe".to_owned()),
//! };
//! let started = provider.request(&request).unwrap();
//! println!("the person signs at {}", started.url);
//! if let State::Signed(signed) = provider.state(&started.provider_id).unwrap() {
//!     std::fs::write("mandat-signe.pdf", &signed.document).unwrap();
//! }
//! ```

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::text::{Lang, Text};
use sha2::{Digest, Sha256};

use crate::setting::{Secret, SettingError, hidden};

mod yousign;

pub use yousign::{Yousign, YousignSettings};

domain::closed_enum! {
    /// Which kind of provider.
    pub enum Kind {
        Yousign = "yousign",
    }
}

/// A PDF to be signed, and the hash under which it was decided upon.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// Shown to the signer; ends with `.pdf`.
    pub name: String,
    pub bytes: Vec<u8>,
    /// In hexadecimal. Bytes that do not give it are not sent.
    pub sha256: String,
}

impl Document {
    /// Of bytes at hand. Whoever noted a hash earlier gives that one instead.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let sha256 = hash(&bytes);
        Self { name: name.into(), bytes, sha256 }
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct Signer {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    /// As `+33612345678`. With one, the signer proves to be the one by a code on the phone, else by a code in a mail.
    pub phone: Option<String>,
}

hidden!(Document, Signer);

/// Where the signature is drawn: a page counted from 1, and points from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    pub page: u32,
    pub x: u32,
    pub y: u32,
}

/// `Debug` tells its id and nothing of whom and what it is about.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Ours, unique: a request that is made again under it is found, not doubled.
    pub id: String,
    pub document: Document,
    pub signer: Signer,
    pub placement: Placement,
    /// Where the signer is led afterwards, whatever was decided.
    pub callback: Option<String>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The request is open. `url` lets whoever has it sign: `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct Started {
    pub provider_id: String,
    pub url: String,
}

impl std::fmt::Debug for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Started").field("provider_id", &self.provider_id).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Pending,
    Signed(Box<Signed>),
    /// The signer declined.
    Refused,
    Expired,
    /// Called off, by us or at the provider.
    Cancelled,
}

/// `Debug` tells when, not what.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    pub at: DateTime<Utc>,
    /// The signed PDF.
    pub document: Vec<u8>,
    /// The provider's account of how it was signed, as PDF.
    pub evidence: Vec<u8>,
}

impl std::fmt::Debug for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signed").field("at", &self.at).finish_non_exhaustive()
    }
}

pub trait Provider: Send + Sync {
    fn kind(&self) -> Kind;

    /// Who the provider is, for people; without a secret.
    fn describe(&self) -> Text;

    /// Its name alone, as a client knows it.
    fn name(&self) -> String;

    /// Whether it answers and takes our key; changes nothing there.
    fn check(&self) -> Result<(), SignatureError>;

    /// The request that a message of the provider is about, once its signature over the very bytes is proved. What else
    /// it says is not believed: [`Provider::state`] is asked.
    fn event(&self, signature: Option<&str>, body: &[u8]) -> Result<String, EventError>;

    /// Opens the request, or finds the one that is open under this id: safe to call again after any error.
    fn request(&self, request: &Request) -> Result<Started, SignatureError>;

    /// Fetches document and evidence, too, when it is signed.
    fn state(&self, provider_id: &str) -> Result<State, SignatureError>;

    /// Nothing left to call off is as good as called off; what is signed stays signed and is an error.
    fn cancel(&self, provider_id: &str) -> Result<(), SignatureError>;
}

/// Why a message that says to come from the provider is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventError {
    /// No secret is set by which one could be proved.
    NotSetUp,
    /// It bears no signature, or that of another secret or of other bytes.
    NotProved,
    /// It is proved, and names no request.
    NotAbout,
}

/// The provider of an API address, `https://…`, with the key to it and, where messages of it are taken, their secret.
pub fn provider(base: &str, key: Secret, events: Option<Secret>) -> Result<Arc<dyn Provider>, SettingError> {
    let settings = YousignSettings { events, ..YousignSettings::read(base, key)? };
    Ok(Arc::new(Yousign::new(settings)?))
}

/// How it failed, told apart by what the caller has to do next. `Debug` and `Display` leave `text` out: it is the
/// provider's, and may name a person.
#[derive(Clone, PartialEq, Eq)]
pub enum SignatureError {
    /// May work later.
    Temporary { why: Text, after: Option<Duration> },
    /// This request will not be taken as it is.
    Refused { why: Text, code: Option<u16>, text: String },
    /// The provider knows no such request.
    Missing,
    /// Will not work until somebody mends the setting.
    Setup { what: Text, fix: Text },
    /// The provider answered what nobody can rely on, such as a signed document that is no PDF.
    Unexpected { what: Text },
}

impl SignatureError {
    pub fn sentence(&self, lang: Lang) -> String {
        match self {
            Self::Temporary { why, .. } | Self::Refused { why, .. } | Self::Unexpected { what: why } => {
                format!("{}.", why.get(lang))
            }
            Self::Missing => match lang {
                Lang::Fr => "Le fournisseur ne connaît pas cette demande de signature.".to_owned(),
                Lang::En => "The provider does not know this request for a signature.".to_owned(),
            },
            Self::Setup { what, fix } => match lang {
                Lang::Fr => format!("{}. À faire : {}.", what.fr, fix.fr),
                Lang::En => format!("{}. What to do: {}.", what.en, fix.en),
            },
        }
    }
}

impl std::fmt::Display for SignatureError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence(Lang::En))
    }
}

impl std::fmt::Debug for SignatureError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self {
            Self::Temporary { .. } => "Temporary",
            Self::Refused { .. } => "Refused",
            Self::Missing => "Missing",
            Self::Setup { .. } => "Setup",
            Self::Unexpected { .. } => "Unexpected",
        };
        f.debug_tuple(kind).field(&self.sentence(Lang::En)).finish()
    }
}

impl std::error::Error for SignatureError {}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `%PDF-` within the first kilobyte, as readers look for it.
fn is_pdf(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(1024)].windows(5).any(|piece| piece == b"%PDF-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pdf_is_told_by_its_beginning() {
        assert!(is_pdf(b"%PDF-1.7\n"));
        assert!(is_pdf(b"\xef\xbb\xbf%PDF-2.0"));
        assert!(!is_pdf(b""));
        assert!(!is_pdf(b"PK\x03\x04"));
        assert!(!is_pdf(&[vec![b' '; 2000], b"%PDF-1.7".to_vec()].concat()));
    }
}

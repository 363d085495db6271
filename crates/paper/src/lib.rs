//! What is PRINTED, and whether a sheet that comes back is what it claims to be.
//!
//! Values in, bytes out: no database, no network, no clock. Equal values give equal bytes.
//!
//! - [`mandate`], [`mandates`]: what a client signs, from the texts of `texts/` (each with its version and its day);
//! - [`letter`], [`letters`]: for a window envelope, with the link as a code to scan, from the same Markdown as a message;
//! - [`certify`]: adds to a signed document the page that tells who signed, when and how, and leaves the document's own
//!   bytes untouched, so that [`signed_part`] can check them;
//! - [`message`]: a message to a client, as plain text and as HTML from one Markdown; [`starters`]: the texts of relances that
//!   the product brings;
//! - [`check`]: what an upload really is, and whether it may be kept;
//! - [`invoice_xml`]: the XML that a Factur-X PDF carries;
//! - [`file_name`]: a name that every system accepts.
//!
//! A document's path: `template` reads a text into blocks, `mandate` gives them their values, `sheet` lays them out with
//! `typography` and `font`, `print` writes the file; `prose` makes blocks of a letter's Markdown. All that is printed is PDF/A-2b, tagged, in French.

mod append;
mod certificate;
mod check;
mod file_name;
mod font;
mod letter;
mod mandate;
mod message;
mod print;
mod prose;
mod refused;
mod sheet;
mod starter;
mod template;
mod typography;
mod words;

pub use certificate::{Certificate, Event, SignedPart, certify, signed_part};
pub use check::{Checked, Limits, UploadKind, check, invoice_xml};
pub use file_name::file_name;
pub use letter::{Gap, Letter, Link, Recipient, letter, letters, letters_and_gaps};
pub use refused::{Refused, RefusedCode};

pub use mandate::{
    Biller, Channel, Client, Designation, Firm, Invoicing, MandateDocument, Mission, Perimeter, Place, Platform,
    PlatformRight, ReportedFlow, Reporting, Signatory, SignedAs, Task, Terms, file_stem, mandate, mandates,
    signing_place, title, version,
};

pub use message::{FootLine, Frame, Message, markdown_faults, message};
pub use starter::{Starter, starters};
pub use template::TextFault;

/// Why nothing was printed. Not the fault of a value: every value can be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaperError {
    /// An empty list of documents.
    Nothing,
    /// A text of the program cannot be read; a test keeps this from happening.
    Text(TextFault),
    /// The library refused what it was given.
    Write(String),
    /// The address does not fit into a code that can be scanned.
    Code(String),
    /// The document to certify is not a PDF to which a page can be added.
    NotCertifiable(&'static str),
}

impl std::fmt::Display for PaperError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("there is no document to print"),
            Self::Text(fault) => write!(f, "a text of the program has a fault at line {}: {}", fault.line, fault.what),
            Self::Write(what) => write!(f, "the file could not be written: {what}"),
            Self::Code(what) => write!(f, "the link does not fit into a code: {what}"),
            Self::NotCertifiable(what) => write!(f, "no certificate can be added to this document: {what}"),
        }
    }
}

impl std::error::Error for PaperError {}

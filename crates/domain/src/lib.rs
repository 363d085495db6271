//! What is true: identifiers, company size, obligations, calendar, readiness, exposure, roles, the journal's chain.
//!
//! Pure: no I/O, no SQL, no HTTP, no clock, no randomness ("now" and ids are passed in). Compiles to WASM.

#[macro_use]
mod macros;

pub mod anomaly;
pub mod assessment;
pub mod calendar;
mod card;
pub mod dates;
pub mod delivery;
pub mod dossier;
pub mod exposure;
pub mod flow;
pub mod holiday;
pub mod ids;
pub mod journal;
pub mod list;
pub mod mandate;
pub mod movement;
pub mod obligation;
pub mod pace;
pub mod platform;
pub mod proof;
pub mod question;
pub mod readiness;
pub mod reference;
pub mod regime;
pub mod relance;
pub mod role;
pub mod rules;
pub mod siren;
pub mod size;
pub mod sums;
pub mod text;
pub mod verdict;
pub mod working_time;

pub use delivery::{AnswerWay, MailEventKind, MailEventSource, SuppressionReason};
pub use dossier::{
    Activity, Contact, DirectoryAddress, DirectoryState, DossierFacts, EarlyStart, InCharge, MonthDay,
    ObligationOverride, RegimePeriod, SizeOverride,
};
pub use flow::FlowField;
pub use ids::*;
pub use list::ListField;
pub use mandate::{
    MandateEvent, MandateKind, MandateState, MandateTerms, PlatformDecider, Registration, RegistrationState,
    SignatureState, SignatureWay, SignedAs,
};
pub use obligation::{Obligation, ObligationGroup, ObligationKind, ObligationStatus};
pub use proof::{Capabilities, Capability, Evidence, ProofSource, Proofs};
pub use question::Question;
pub use readiness::{Criterion, CriterionState, Readiness, ReadinessState};
pub use regime::VatRegime;
pub use role::{Access, Permission, Role};
pub use rules::{ScoreRules, Weighting};
pub use siren::{Siren, SirenError, Siret, SiretError};
pub use size::{Size, SizeClass, SizeInput};
pub use sums::{Mark, Sums};
pub use text::{Lang, Text, UnknownCode, fold};
pub use verdict::{Standing, Verdict};

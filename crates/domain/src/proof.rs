//! Proofs: the one port through which facts of other capabilities (mandates, flows, anomalies) and evidence entered by
//! hand reach the score.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::Criterion;

closed_enum! {
    /// Who brings the proofs of a criterion.
    pub enum Capability {
        /// The facts of the dossier and what people enter by hand: always there.
        Facts = "facts",
        Mandates = "mandates",
        Flows = "flows",
        Anomalies = "anomalies",
    }
}

closed_enum! {
    /// Where a proof comes from.
    pub enum ProofSource {
        /// Entered by a person of the firm.
        Hand = "hand",
        Import = "import",
        Directory = "directory",
        Mandate = "mandate",
        Flow = "flow",
        Anomaly = "anomaly",
        Client = "client",
        /// An exchange with the client that is on record.
        Exchange = "exchange",
    }
}

impl ProofSource {
    /// Kept by what it comes from, not by the hand of who edits the dossier.
    pub const fn is_brought(self) -> bool {
        matches!(self, Self::Mandate | Self::Flow | Self::Anomaly)
    }
}

/// One dated proof for a criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evidence {
    pub criterion: Criterion,
    /// What it is.
    #[cfg_attr(feature = "openapi", schema(example = "Mandat signé par Mme Martin, page 2"))]
    pub what: String,
    pub source: ProofSource,
    pub on: NaiveDate,
    /// Last day on which it counts whole; as long as the firm's rules say when nothing is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<NaiveDate>,
    /// Who recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// It speaks against the criterion: an open critical anomaly, a revoked mandate.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub against: bool,
}

impl Evidence {
    /// A mandate that has ended proves nothing from that day on; other evidence only ages.
    pub fn is_ended(&self, today: NaiveDate) -> bool {
        self.source == ProofSource::Mandate && self.expires_on.is_some_and(|last| last < today)
    }
}

/// A set of capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities(u8);

impl Capabilities {
    /// Only what is always there.
    pub const NONE: Self = Self(0);

    #[must_use]
    pub const fn with(self, capability: Capability) -> Self {
        Self(self.0 | 1 << capability as u8)
    }

    pub const fn has(self, capability: Capability) -> bool {
        matches!(capability, Capability::Facts) || self.brings(capability)
    }

    /// Named active, beside what is always there.
    pub const fn brings(self, capability: Capability) -> bool {
        self.0 >> (capability as u8) & 1 == 1
    }
}

/// What is proved of one dossier, and which capabilities would have said more had there been more.
#[derive(Debug, Clone, Copy, Default)]
pub struct Proofs<'a> {
    pub evidence: &'a [Evidence],
    pub active: Capabilities,
}

impl<'a> Proofs<'a> {
    /// Nothing proved, no capability but the facts.
    pub const NONE: Proofs<'static> = Proofs { evidence: &[], active: Capabilities::NONE };

    pub const fn new(evidence: &'a [Evidence], active: Capabilities) -> Self {
        Self { evidence, active }
    }

    pub fn of(&self, criterion: Criterion) -> impl Iterator<Item = &'a Evidence> {
        self.evidence.iter().filter(move |e| e.criterion == criterion)
    }
}

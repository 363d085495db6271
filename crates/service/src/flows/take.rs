//! The one way in: reports of any source become flows and their history.

use contract::TakenOutcome;
use domain::flow::{FlowSource, Report};
use domain::{FlowId, Text};

use super::Writing;
use crate::{Error, Result};

/// Who says it.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub kind: FlowSource,
    /// Which connection, profile, file or person; the same source always bears the same name, or what it says again counts
    /// as said by another.
    pub name: &'a str,
}

/// What became of reports, each in its place.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    pub reports: Vec<TakenReport>,
    pub created: u64,
    pub added: u64,
    pub unchanged: u64,
    /// Among those that were created or added: their status is a word that nobody has read.
    pub unread: u64,
    pub refused: u64,
}

#[derive(Debug, Clone)]
pub struct TakenReport {
    pub outcome: TakenOutcome,
    /// Nothing when it was refused.
    pub flow: Option<FlowId>,
    /// Why it was refused.
    pub message: Option<Text>,
}

/// Takes reports over, in the transaction of the caller, which holds the cabinet's lock. What is absent of a report erases
/// nothing, what was said before changes nothing; a refused report does not hold back the others. Up to a few thousand at
/// once: what is looked up is looked up for all of them together.
pub fn take(_w: &mut Writing<'_>, _source: Source<'_>, _reports: &[Report]) -> Result<Taken> {
    Err(Error::internal("not yet"))
}

//! The way back of what was taken.

use chrono::{DateTime, Utc};
use domain::FlowId;

use super::{Source, Writing};
use crate::{Error, Result};

/// What was taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Withdrawn {
    /// Flows that are gone: nothing else told of them.
    pub removed: u64,
    pub statuses: u64,
    /// Flows that stay.
    pub kept: u64,
    /// Among those that stay, the ones that lost a status.
    pub freed: u64,
}

pub fn withdraw(_w: &mut Writing<'_>, _source: Source<'_>, _received: DateTime<Utc>, _ids: &[FlowId]) -> Result<Withdrawn> {
    Err(Error::internal("not yet"))
}

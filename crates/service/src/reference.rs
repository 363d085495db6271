//! The reference tables, as they are compiled in.

use contract::{Nothing, Reference, ReferenceTables};
use domain::reference;

use crate::{Answer, Call, Result};

pub fn read_reference(_: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<Reference>> {
    Ok(Answer::new(Reference {
        waves: reference::waves().to_vec(),
        size_thresholds: reference::size_thresholds().to_vec(),
        vat_regimes: reference::regimes().to_vec(),
        readiness: reference::readiness().clone(),
        platforms: reference::platforms().clone(),
    }))
}

/// What the law and the product say, table by table, for people.
pub fn list_reference_tables(_: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<ReferenceTables>> {
    Ok(Answer::new(ReferenceTables { tables: reference::tables(reference::platforms()) }))
}

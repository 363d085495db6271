//! The reference tables: compiled in, but for the register of platforms, of which a newer one may be loaded.

use contract::{Nothing, Reference, ReferenceTables};
use domain::reference;

use crate::{Answer, Call, Result};

pub fn read_reference(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<Reference>> {
    Ok(Answer::new(Reference {
        waves: reference::waves().to_vec(),
        size_thresholds: reference::size_thresholds().to_vec(),
        vat_regimes: reference::regimes().to_vec(),
        readiness: reference::readiness().clone(),
        platforms: call.app.register(&mut *call.app.store.conn()?)?.as_ref().clone(),
    }))
}

/// What the law and the product say, table by table, for people.
pub fn list_reference_tables(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<ReferenceTables>> {
    let register = call.app.register(&mut *call.app.store.conn()?)?;
    Ok(Answer::new(ReferenceTables { tables: reference::tables(&register) }))
}

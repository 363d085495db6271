//! Requests that a provider of signatures has open and that nobody here waits for any more, because their dossier is gone:
//! its row cannot tell any more that they are to be called off.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::CabinetId;
use domain::mandate::SignatureState;

use crate::schema::{call_offs, signatures};
use crate::time::to_db;
use crate::{Conn, Result};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct CallOff {
    /// Kind of the provider.
    pub provider: String,
    /// Its id there.
    pub provider_id: String,
    pub attempts: i64,
}

/// Notes what is open of dossiers that are about to go.
pub(crate) fn leave(conn: &mut Conn, cabinet: CabinetId, dossiers: &[String]) -> Result<()> {
    let open: Vec<(String, String)> = signatures::table
        .filter(signatures::cabinet_id.eq(cabinet.to_string()))
        .filter(signatures::dossier_id.eq_any(dossiers))
        .filter(signatures::state.eq(SignatureState::Open.as_str()))
        .filter(signatures::provider_id.ne(""))
        .select((signatures::provider, signatures::provider_id))
        .load(conn)?;
    for (provider, id) in open {
        diesel::insert_into(call_offs::table)
            .values((
                call_offs::provider.eq(provider),
                call_offs::provider_id.eq(id),
                call_offs::attempts.eq(0),
                call_offs::next_at.eq(0),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Those of a provider whose time has come.
pub fn due(conn: &mut Conn, provider: &str, now: DateTime<Utc>, limit: i64) -> Result<Vec<CallOff>> {
    call_offs::table
        .filter(call_offs::provider.eq(provider))
        .filter(call_offs::next_at.le(to_db(now)))
        .order((call_offs::next_at, call_offs::provider_id))
        .limit(limit)
        .select((call_offs::provider, call_offs::provider_id, call_offs::attempts))
        .load(conn)
}

/// It did not go through: once more, later.
pub fn postpone(conn: &mut Conn, one: &CallOff, until: DateTime<Utc>) -> Result<()> {
    diesel::update(call_offs::table.find((&one.provider, &one.provider_id)))
        .set((call_offs::attempts.eq(one.attempts + 1), call_offs::next_at.eq(to_db(until))))
        .execute(conn)
        .map(drop)
}

/// Nothing is left to call off.
pub fn settle(conn: &mut Conn, one: &CallOff) -> Result<()> {
    diesel::delete(call_offs::table.find((&one.provider, &one.provider_id))).execute(conn).map(drop)
}

//! Signatures asked of an outside provider: noted before the provider can have them, leased by one process at a time, and
//! followed until something has come of them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::mandate::SignatureState;
use domain::{CabinetId, DossierId, LinkId, MandateId, SignatureId};

use crate::people::parsed;
use crate::schema::{mandates, signatures};
use crate::time::{from_db, to_db};
use crate::{Conn, Result};

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub id: SignatureId,
    pub cabinet: CabinetId,
    pub dossier: DossierId,
    pub mandate: MandateId,
    pub link: LinkId,
    /// Kind of the provider.
    pub provider: String,
    /// Its id there; empty while the provider has not said that it has it.
    pub provider_id: String,
    pub state: SignatureState,
    /// Of the document as it was sent to the client.
    pub sha256: String,
    /// JSON.
    pub signer: String,
    /// JSON; empty when nothing went wrong.
    pub error: String,
    pub attempts: i64,
    pub next_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = signatures, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    dossier_id: String,
    mandate_id: String,
    link_id: String,
    provider: String,
    provider_id: String,
    state: String,
    sha256: String,
    signer: String,
    error: String,
    attempts: i64,
    leased_by: String,
    lease_until: Option<i64>,
    next_at: Option<i64>,
    created_at: i64,
    ended_at: Option<i64>,
}

fn signature(row: Row) -> Result<Signature> {
    Ok(Signature {
        id: parsed(&row.id)?,
        cabinet: parsed(&row.cabinet_id)?,
        dossier: parsed(&row.dossier_id)?,
        mandate: parsed(&row.mandate_id)?,
        link: parsed(&row.link_id)?,
        provider: row.provider,
        provider_id: row.provider_id,
        state: parsed(&row.state)?,
        sha256: row.sha256,
        signer: row.signer,
        error: row.error,
        attempts: row.attempts,
        next_at: row.next_at.map(from_db),
        created_at: from_db(row.created_at),
        ended_at: row.ended_at.map(from_db),
    })
}

/// Until when somebody who has just taken one keeps it: longer than every call to a provider may take.
pub const LEASE_SECONDS: i64 = 150;

fn lease_end(now: DateTime<Utc>) -> i64 {
    to_db(now + chrono::Duration::seconds(LEASE_SECONDS))
}

/// Notes one, taken already by who is about to ask the provider. Needs the cabinet's lock.
pub fn insert(conn: &mut Conn, new: &Signature, taker: &str, now: DateTime<Utc>) -> Result<()> {
    diesel::insert_into(signatures::table)
        .values(Row {
            id: new.id.to_string(),
            cabinet_id: new.cabinet.to_string(),
            dossier_id: new.dossier.to_string(),
            mandate_id: new.mandate.to_string(),
            link_id: new.link.to_string(),
            provider: new.provider.clone(),
            provider_id: new.provider_id.clone(),
            state: new.state.to_string(),
            sha256: new.sha256.clone(),
            signer: new.signer.clone(),
            error: new.error.clone(),
            attempts: new.attempts,
            leased_by: taker.to_owned(),
            lease_until: Some(lease_end(now)),
            next_at: new.next_at.map(to_db),
            created_at: to_db(new.created_at),
            ended_at: new.ended_at.map(to_db),
        })
        .execute(conn)?;
    Ok(())
}

/// Takes one that is living and that nobody has in hand; tells whether it was.
pub fn take(conn: &mut Conn, id: SignatureId, taker: &str, now: DateTime<Utc>) -> Result<bool> {
    let at = to_db(now);
    let free = signatures::table
        .filter(signatures::id.eq(id.to_string()))
        .filter(signatures::state.eq_any(LIVING))
        .filter(signatures::lease_until.is_null().or(signatures::lease_until.lt(at)));
    let taken = diesel::update(free)
        .set((signatures::leased_by.eq(taker), signatures::lease_until.eq(Some(lease_end(now)))))
        .execute(conn)?;
    Ok(taken == 1)
}

const LIVING: [&str; 2] = [SignatureState::Asked.as_str(), SignatureState::Open.as_str()];
/// States of a mandate that its client can still sign.
const SIGNABLE: [&str; 2] = ["sent", "opened"];

/// Those that are to be looked at: their time has come, their mandate does not wait for them any more, or they are named.
pub fn due(conn: &mut Conn, named: &[SignatureId], now: DateTime<Utc>, limit: i64) -> Result<Vec<SignatureId>> {
    let at = to_db(now);
    let named: Vec<String> = named.iter().map(ToString::to_string).collect();
    let ids: Vec<String> = signatures::table
        .inner_join(mandates::table.on(mandates::id.eq(signatures::mandate_id)))
        .filter(signatures::state.eq_any(LIVING))
        .filter(signatures::lease_until.is_null().or(signatures::lease_until.lt(at)))
        .filter(signatures::next_at.le(at).or(mandates::state.ne_all(SIGNABLE)).or(signatures::id.eq_any(named)))
        .order((signatures::next_at, signatures::id))
        .limit(limit)
        .select(signatures::id)
        .load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

/// Writes what became of one, and gives it back. Nothing is written when it is another's by now.
pub fn settle(conn: &mut Conn, taker: &str, signature: &Signature) -> Result<bool> {
    let held = signatures::table
        .filter(signatures::id.eq(signature.id.to_string()))
        .filter(signatures::leased_by.eq(taker))
        .filter(signatures::state.eq_any(LIVING));
    let written = diesel::update(held)
        .set((
            signatures::provider_id.eq(&signature.provider_id),
            signatures::state.eq(signature.state.as_str()),
            signatures::error.eq(&signature.error),
            signatures::attempts.eq(signature.attempts),
            signatures::leased_by.eq(""),
            signatures::lease_until.eq(None::<i64>),
            signatures::next_at.eq(signature.next_at.map(to_db)),
            signatures::ended_at.eq(signature.ended_at.map(to_db)),
        ))
        .execute(conn)?;
    Ok(written == 1)
}

/// One of any cabinet, by the id that only we and the provider know.
pub fn find(conn: &mut Conn, id: SignatureId) -> Result<Option<Signature>> {
    let row: Option<Row> = signatures::table.find(id.to_string()).select(Row::as_select()).first(conn).optional()?;
    row.map(signature).transpose()
}

/// The one that a provider knows by an id of its own.
pub fn by_provider(conn: &mut Conn, provider: &str, provider_id: &str) -> Result<Option<Signature>> {
    let row: Option<Row> = signatures::table
        .filter(signatures::provider.eq(provider))
        .filter(signatures::provider_id.eq(provider_id))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    row.map(signature).transpose()
}

/// The newest of each mandate that the caller has found.
pub fn of_mandates(conn: &mut Conn, cabinet: CabinetId, ids: &[MandateId]) -> Result<HashMap<MandateId, Signature>> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let mut found = HashMap::new();
    for chunk in ids.chunks(500) {
        let rows: Vec<Row> = signatures::table
            .filter(signatures::cabinet_id.eq(cabinet.to_string()))
            .filter(signatures::mandate_id.eq_any(chunk))
            .order((signatures::created_at, signatures::id))
            .select(Row::as_select())
            .load(conn)?;
        for row in rows {
            let signature = signature(row)?;
            found.insert(signature.mandate, signature);
        }
    }
    Ok(found)
}

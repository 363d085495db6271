//! Connections to platforms: rows that a worker leases, with their health and how far they were read, and the calls made.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use domain::{CabinetId, ConnectionId};

use crate::people::parsed;
use crate::schema::{connection_calls, connections};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

#[derive(Debug, Clone)]
pub struct Connection {
    pub id: ConnectionId,
    pub cabinet: CabinetId,
    pub version: i64,
    pub name: String,
    pub platform: String,
    /// JSON.
    pub data: String,
    /// Encrypted.
    pub secret: String,
    /// Encrypted; empty while there is no webhook.
    pub webhook_key: String,
    pub paused: bool,
    /// JSON.
    pub health: String,
    pub next_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = connections, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    version: i64,
    name: String,
    platform: String,
    data: String,
    secret: String,
    webhook_key: String,
    paused: bool,
    health: String,
    next_at: Option<i64>,
    leased_by: String,
    lease_until: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

fn connection(row: Row) -> Result<Connection> {
    Ok(Connection {
        id: parsed(&row.id)?,
        cabinet: parsed(&row.cabinet_id)?,
        version: row.version,
        name: row.name,
        platform: row.platform,
        data: row.data,
        secret: row.secret,
        webhook_key: row.webhook_key,
        paused: row.paused,
        health: row.health,
        next_at: row.next_at.map(from_db),
        created_at: from_db(row.created_at),
        updated_at: from_db(row.updated_at),
    })
}

/// Those of a cabinet, by name. Callers without a scope are the worker and the rules.
pub fn of_cabinet(conn: &mut Conn, cabinet: CabinetId) -> Result<Vec<Connection>> {
    let rows: Vec<Row> = connections::table
        .filter(connections::cabinet_id.eq(cabinet.to_string()))
        .order((connections::name, connections::id))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(connection).collect()
}

pub fn list(conn: &mut Conn, scope: &Scope) -> Result<Vec<Connection>> {
    of_cabinet(conn, scope.cabinet())
}

pub fn find(conn: &mut Conn, scope: &Scope, id: ConnectionId) -> Result<Connection> {
    let of_cabinet = connections::table.filter(connections::cabinet_id.eq(scope.cabinet().to_string()));
    connection(of_cabinet.filter(connections::id.eq(id.to_string())).select(Row::as_select()).first(conn)?)
}

/// One of any cabinet: for a webhook, whose signature is the proof.
pub fn called_by_webhook(conn: &mut Conn, id: ConnectionId) -> Result<Option<Connection>> {
    let row: Option<Row> = connections::table.find(id.to_string()).select(Row::as_select()).first(conn).optional()?;
    row.map(connection).transpose()
}

pub fn insert(conn: &mut Conn, c: &Connection) -> Result<()> {
    diesel::insert_into(connections::table)
        .values(Row {
            id: c.id.to_string(),
            cabinet_id: c.cabinet.to_string(),
            version: c.version,
            name: c.name.clone(),
            platform: c.platform.clone(),
            data: c.data.clone(),
            secret: c.secret.clone(),
            webhook_key: c.webhook_key.clone(),
            paused: c.paused,
            health: c.health.clone(),
            next_at: c.next_at.map(to_db),
            leased_by: String::new(),
            lease_until: None,
            created_at: to_db(c.created_at),
            updated_at: to_db(c.updated_at),
        })
        .execute(conn)?;
    Ok(())
}

/// Writes what a person changed. Whoever reads the connection at this moment loses the lease, and with it what it has
/// not written yet.
pub fn save(conn: &mut Conn, c: &mut Connection, now: DateTime<Utc>) -> Result<()> {
    c.version += 1;
    c.updated_at = now;
    let there = connections::table
        .filter(connections::cabinet_id.eq(c.cabinet.to_string()))
        .filter(connections::id.eq(c.id.to_string()));
    diesel::update(there)
        .set((
            connections::version.eq(c.version),
            connections::name.eq(&c.name),
            connections::platform.eq(&c.platform),
            connections::data.eq(&c.data),
            connections::secret.eq(&c.secret),
            connections::webhook_key.eq(&c.webhook_key),
            connections::paused.eq(c.paused),
            connections::health.eq(&c.health),
            connections::next_at.eq(c.next_at.map(to_db)),
            connections::leased_by.eq(""),
            connections::lease_until.eq(None::<i64>),
            connections::updated_at.eq(to_db(now)),
        ))
        .execute(conn)?;
    Ok(())
}

pub fn delete(conn: &mut Conn, scope: &Scope, id: ConnectionId) -> Result<()> {
    let of_cabinet = connections::table.filter(connections::cabinet_id.eq(scope.cabinet().to_string()));
    diesel::delete(of_cabinet.filter(connections::id.eq(id.to_string()))).execute(conn)?;
    Ok(())
}

/// Makes a connection due now. One that is being read at this moment is read once more afterwards.
pub fn hurry(conn: &mut Conn, c: &Connection, now: DateTime<Utc>) -> Result<()> {
    let there = connections::table
        .filter(connections::cabinet_id.eq(c.cabinet.to_string()))
        .filter(connections::id.eq(c.id.to_string()))
        .filter(connections::paused.eq(false));
    diesel::update(there).set(connections::next_at.eq(Some(to_db(now)))).execute(conn)?;
    Ok(())
}

/// How long a reader keeps a connection without saying that it lives.
pub const LEASE_SECONDS: i64 = 20;

macro_rules! due {
    ($at:expr) => {
        connections::table
            .filter(connections::paused.eq(false))
            .filter(
                connections::lease_until
                    .lt($at)
                    .or(connections::lease_until.is_null().and(connections::next_at.le($at))),
            )
            .order((connections::next_at, connections::id))
            .limit(1)
    };
}

/// Whether a connection is due, or one was left behind by a reader that is gone.
pub fn any_due(conn: &mut Conn, now: DateTime<Utc>) -> Result<bool> {
    let found: Option<String> = due!(to_db(now)).select(connections::id).first(conn).optional()?;
    Ok(found.is_some())
}

/// Takes a connection that is due. Its next time is emptied, so that one that is set meanwhile is seen at the end.
/// Inside a write transaction; on PostgreSQL the row is locked, and a locked one is skipped.
pub fn lease(conn: &mut Conn, worker: &str, now: DateTime<Utc>) -> Result<Option<Connection>> {
    let at = to_db(now);
    let row: Option<Row> = match conn {
        Conn::Sqlite(c) => due!(at).select(Row::as_select()).get_result(c).optional()?,
        Conn::Postgres(c) => due!(at).select(Row::as_select()).for_update().skip_locked().get_result(c).optional()?,
    };
    let Some(row) = row else { return Ok(None) };
    diesel::update(connections::table.find(&row.id))
        .set((
            connections::leased_by.eq(worker),
            connections::lease_until.eq(Some(to_db(now + Duration::seconds(LEASE_SECONDS)))),
            connections::next_at.eq(None::<i64>),
        ))
        .execute(conn)?;
    connection(row).map(Some)
}

/// Says that the reader of these connections lives.
pub fn renew(conn: &mut Conn, worker: &str, ids: &[ConnectionId], now: DateTime<Utc>) -> Result<()> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    diesel::update(connections::table.filter(connections::id.eq_any(ids)).filter(connections::leased_by.eq(worker)))
        .set(connections::lease_until.eq(Some(to_db(now + Duration::seconds(LEASE_SECONDS)))))
        .execute(conn)?;
    Ok(())
}

/// Writes how far the reading is. Nothing is written when the lease is another's by now, or a person has changed the
/// connection: whoever is answered `false` gives the transaction up.
pub fn progress(conn: &mut Conn, worker: &str, c: &Connection) -> Result<bool> {
    let held = connections::table
        .filter(connections::id.eq(c.id.to_string()))
        .filter(connections::leased_by.eq(worker))
        .filter(connections::version.eq(c.version));
    let written = diesel::update(held)
        .set((connections::health.eq(&c.health), connections::webhook_key.eq(&c.webhook_key)))
        .execute(conn)?;
    Ok(written == 1)
}

/// Gives the lease back, and says when it is due next, unless somebody has made it due meanwhile.
pub fn release(conn: &mut Conn, worker: &str, id: ConnectionId, next_at: DateTime<Utc>) -> Result<()> {
    let held =
        || connections::table.filter(connections::id.eq(id.to_string())).filter(connections::leased_by.eq(worker));
    diesel::update(held().filter(connections::next_at.is_null()))
        .set(connections::next_at.eq(Some(to_db(next_at))))
        .execute(conn)?;
    diesel::update(held())
        .set((connections::leased_by.eq(""), connections::lease_until.eq(None::<i64>)))
        .execute(conn)?;
    Ok(())
}

/// Whether some cabinet has connections: most have none.
pub fn any(conn: &mut Conn) -> Result<bool> {
    let found: Option<String> = connections::table.select(connections::id).first(conn).optional()?;
    Ok(found.is_some())
}

/// A call that was made.
#[derive(Debug, Clone)]
pub struct Call {
    pub id: String,
    pub method: String,
    pub path: String,
    /// 0 when no answer came.
    pub status: i64,
    pub milliseconds: i64,
    pub bytes: i64,
    pub request_id: String,
    /// JSON; empty when nothing went wrong.
    pub error: String,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = connection_calls, treat_none_as_default_value = false)]
struct CallRow {
    id: String,
    connection_id: String,
    method: String,
    path: String,
    status: i64,
    milliseconds: i64,
    bytes: i64,
    request_id: String,
    error: String,
    at: i64,
}

/// The list of calls is this long at most.
pub const MOST_CALLS: i64 = 1_000;

/// Adds calls, and lets the oldest go.
pub fn add_calls(conn: &mut Conn, id: ConnectionId, calls: &[Call]) -> Result<()> {
    if calls.is_empty() {
        return Ok(());
    }
    let rows: Vec<CallRow> = calls
        .iter()
        .map(|c| CallRow {
            id: c.id.clone(),
            connection_id: id.to_string(),
            method: c.method.clone(),
            path: c.path.clone(),
            status: c.status,
            milliseconds: c.milliseconds,
            bytes: c.bytes,
            request_id: c.request_id.clone(),
            error: c.error.clone(),
            at: to_db(c.at),
        })
        .collect();
    dialect::insert_many!(conn, connection_calls::table, &rows)?;
    let of_connection = || connection_calls::table.filter(connection_calls::connection_id.eq(id.to_string()));
    let oldest_kept: Option<String> = of_connection()
        .order(connection_calls::id.desc())
        .offset(MOST_CALLS)
        .select(connection_calls::id)
        .first(conn)
        .optional()?;
    if let Some(last) = oldest_kept {
        diesel::delete(of_connection().filter(connection_calls::id.le(last))).execute(conn)?;
    }
    Ok(())
}

/// Calls of a connection that was found in the scope, the newest first, after a place.
pub fn calls(conn: &mut Conn, c: &Connection, after: Option<String>, limit: i64) -> Result<Vec<Call>> {
    let mut query = connection_calls::table.filter(connection_calls::connection_id.eq(c.id.to_string())).into_boxed();
    if let Some(after) = after {
        query = query.filter(connection_calls::id.lt(after));
    }
    let rows: Vec<CallRow> =
        query.order(connection_calls::id.desc()).limit(limit).select(CallRow::as_select()).load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| Call {
            id: row.id,
            method: row.method,
            path: row.path,
            status: row.status,
            milliseconds: row.milliseconds,
            bytes: row.bytes,
            request_id: row.request_id,
            error: row.error,
            at: from_db(row.at),
        })
        .collect())
}

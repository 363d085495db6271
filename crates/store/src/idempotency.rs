//! Idempotency keys: the first reply to a request, kept so that the same request again gets it again.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

use crate::schema::idempotency_keys as keys;
use crate::time::to_db;
use crate::{Conn, Result, Scope, dialect};

/// What a key stands for at the moment of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The caller may do the work.
    Taken,
    /// Another request with the same key does it at this moment.
    Running,
    /// The key was used for another request.
    Mismatch,
    /// The work was done; this was the reply.
    Replied { body: String, etag: Option<i64> },
}

/// Reserves a key, or tells what it stands for. A reservation that is older than `stale` was left by a process that
/// died and is taken over; keys older than `life` are forgotten.
pub fn claim(
    conn: &mut Conn,
    scope: &Scope,
    key: &str,
    request_hash: &str,
    now: DateTime<Utc>,
    life: Duration,
    stale: Duration,
) -> Result<Claim> {
    match try_claim(conn, scope, key, request_hash, now, life, stale) {
        // PostgreSQL: two requests found no row and both inserted one; the loser reads the winner's.
        Err(e) if dialect::is_duplicate(&e) => try_claim(conn, scope, key, request_hash, now, life, stale),
        other => other,
    }
}

fn try_claim(
    conn: &mut Conn,
    scope: &Scope,
    key: &str,
    request_hash: &str,
    now: DateTime<Utc>,
    life: Duration,
    stale: Duration,
) -> Result<Claim> {
    let (cabinet, user) = (scope.cabinet().to_string(), scope.user().to_string());
    conn.write(|conn| {
        diesel::delete(
            keys::table.filter(keys::cabinet_id.eq(&cabinet)).filter(keys::created_at.lt(to_db(now - life))),
        )
        .execute(conn)?;
        type Found = (String, i64, Option<String>, String, i64);
        let found: Option<Found> = keys::table
            .find((&cabinet, &user, key))
            .select((keys::request_hash, keys::status, keys::etag, keys::body, keys::created_at))
            .first(conn)
            .optional()?;
        match found {
            None => {
                diesel::insert_into(keys::table)
                    .values((
                        keys::cabinet_id.eq(&cabinet),
                        keys::user_id.eq(&user),
                        keys::key.eq(key),
                        keys::request_hash.eq(request_hash),
                        keys::status.eq(0_i64),
                        keys::etag.eq(None::<String>),
                        keys::body.eq(""),
                        keys::created_at.eq(to_db(now)),
                    ))
                    .execute(conn)?;
                Ok(Claim::Taken)
            }
            Some((hash, ..)) if hash != request_hash => Ok(Claim::Mismatch),
            Some((_, 0, _, _, since)) => {
                if since >= to_db(now - stale) {
                    return Ok(Claim::Running);
                }
                // Only who finds the date that it read takes over.
                let rows = diesel::update(
                    keys::table
                        .find((&cabinet, &user, key))
                        .filter(keys::status.eq(0))
                        .filter(keys::created_at.eq(since)),
                )
                .set(keys::created_at.eq(to_db(now)))
                .execute(conn)?;
                Ok(if rows == 1 { Claim::Taken } else { Claim::Running })
            }
            Some((_, _, etag, body, _)) => Ok(Claim::Replied { body, etag: etag.and_then(|e| e.parse().ok()) }),
        }
    })
}

/// Keeps the reply. The reservation's date tells it from one that was taken over in the meantime.
pub fn keep(
    conn: &mut Conn,
    scope: &Scope,
    key: &str,
    since: DateTime<Utc>,
    status: u16,
    etag: Option<i64>,
    body: &str,
) -> Result<()> {
    conn.write(|conn| {
        diesel::update(
            keys::table
                .find((scope.cabinet().to_string(), scope.user().to_string(), key))
                .filter(keys::status.eq(0))
                .filter(keys::created_at.eq(to_db(since))),
        )
        .set((keys::status.eq(i64::from(status)), keys::etag.eq(etag.map(|e| e.to_string())), keys::body.eq(body)))
        .execute(conn)?;
        Ok(())
    })
}

/// Gives the key back: the work failed and may be tried again.
pub fn release(conn: &mut Conn, scope: &Scope, key: &str, since: DateTime<Utc>) -> Result<()> {
    conn.write(|conn| {
        diesel::delete(
            keys::table
                .find((scope.cabinet().to_string(), scope.user().to_string(), key))
                .filter(keys::status.eq(0))
                .filter(keys::created_at.eq(to_db(since))),
        )
        .execute(conn)?;
        Ok(())
    })
}

//! Sessions: rows that can be listed and ended. The only place, beside a job's row, a calendar feed and the people who are
//! told something (`notifications::recipients`), where a scope is made.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{Access, CabinetId, Role, SessionId, UserId};

use crate::people::{Person, parsed};
use crate::schema::{portfolio_people, sessions, users};
use crate::time::{from_db, to_db};
use crate::{Actor, Conn, Result, Scope};

/// The person behind a live session, with the rights of this very moment. Asked by every request: one row by its key
/// (and the portfolios of those who are limited to some), straight on the connection, whose prepared statements are
/// kept.
pub fn authenticate(
    conn: &mut Conn,
    session: SessionId,
    user: UserId,
    cabinet: CabinetId,
    now: DateTime<Utc>,
) -> Result<Option<Actor>> {
    type Found = (String, String, String, String, String);
    let (session_id, user_id, cabinet_id, at) =
        (session.to_string(), user.to_string(), cabinet.to_string(), to_db(now));
    macro_rules! person {
        ($c:expr) => {
            sessions::table
                .inner_join(users::table.on(users::id.eq(sessions::user_id)))
                .filter(sessions::id.eq(&session_id))
                .filter(sessions::user_id.eq(&user_id))
                .filter(sessions::cabinet_id.eq(&cabinet_id))
                .filter(sessions::ended_at.is_null())
                .filter(sessions::expires_at.gt(at))
                .filter(users::cabinet_id.eq(&cabinet_id))
                .filter(users::active.eq(true))
                .select((users::role, users::access, users::name, users::email, users::lang))
                .first::<Found>($c)
                .optional()
        };
    }
    let found = match conn {
        Conn::Sqlite(c) => person!(c),
        Conn::Postgres(c) => person!(c),
    }?;
    let Some((role, access, name, email, lang)) = found else { return Ok(None) };
    let role: Role = parsed(&role)?;
    let access = role.access(parsed(&access)?);
    let mut portfolios = Vec::new();
    if access == Access::Granted {
        macro_rules! granted {
            ($c:expr) => {
                portfolio_people::table
                    .filter(portfolio_people::user_id.eq(&user_id))
                    .select(portfolio_people::portfolio_id)
                    .load::<String>($c)
            };
        }
        let ids = match conn {
            Conn::Sqlite(c) => granted!(c),
            Conn::Postgres(c) => granted!(c),
        }?;
        portfolios.reserve(ids.len());
        for id in ids {
            portfolios.push(parsed(&id)?);
        }
    }
    Ok(Some(Actor {
        scope: Scope::new(cabinet, user, role, access, portfolios),
        session,
        name,
        email,
        lang: parsed(&lang)?,
    }))
}

/// A signed-in device. Its `Debug` shows no secret.
#[derive(Clone)]
pub struct Session {
    pub id: SessionId,
    pub cabinet: CabinetId,
    pub user: UserId,
    pub refresh_hash: String,
    pub user_agent: Option<String>,
    pub address: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("id", &self.id).field("user", &self.user).finish_non_exhaustive()
    }
}

type Cols = (String, String, String, String, Option<String>, Option<String>, i64, i64, i64);
type Columns = (
    sessions::id,
    sessions::cabinet_id,
    sessions::user_id,
    sessions::refresh_hash,
    sessions::user_agent,
    sessions::address,
    sessions::created_at,
    sessions::last_seen_at,
    sessions::expires_at,
);
const COLUMNS: Columns = (
    sessions::id,
    sessions::cabinet_id,
    sessions::user_id,
    sessions::refresh_hash,
    sessions::user_agent,
    sessions::address,
    sessions::created_at,
    sessions::last_seen_at,
    sessions::expires_at,
);

fn session_of(row: Cols) -> Result<Session> {
    let (id, cabinet, user, refresh_hash, user_agent, address, created_at, last_seen_at, expires_at) = row;
    Ok(Session {
        id: parsed(&id)?,
        cabinet: parsed(&cabinet)?,
        user: parsed(&user)?,
        refresh_hash,
        user_agent,
        address,
        created_at: from_db(created_at),
        last_seen_at: from_db(last_seen_at),
        expires_at: from_db(expires_at),
    })
}

pub fn insert(conn: &mut Conn, session: &Session) -> Result<()> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(session.id.to_string()),
            sessions::cabinet_id.eq(session.cabinet.to_string()),
            sessions::user_id.eq(session.user.to_string()),
            sessions::refresh_hash.eq(&session.refresh_hash),
            sessions::user_agent.eq(session.user_agent.as_deref()),
            sessions::address.eq(session.address.as_deref()),
            sessions::created_at.eq(to_db(session.created_at)),
            sessions::last_seen_at.eq(to_db(session.last_seen_at)),
            sessions::expires_at.eq(to_db(session.expires_at)),
            sessions::ended_at.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(())
}

/// A live session of an active person and the person's name, by the id in its refresh token. What it may do follows from the secret beside
/// the id, which the caller compares.
pub fn live(conn: &mut Conn, id: SessionId, now: DateTime<Utc>) -> Result<Option<(Session, String)>> {
    let row: Option<(Cols, String)> = sessions::table
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .filter(sessions::id.eq(id.to_string()))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(to_db(now)))
        .filter(users::active.eq(true))
        .select((COLUMNS, users::name))
        .first(conn)
        .optional()?;
    row.map(|(session, name)| Ok((session_of(session)?, name))).transpose()
}

/// Replaces the refresh token, if it is still the one that the session was loaded with: of two requests with the same
/// token one wins.
pub fn rotate(
    conn: &mut Conn,
    session: &Session,
    next: &str,
    now: DateTime<Utc>,
    expires: DateTime<Utc>,
) -> Result<bool> {
    let rows = diesel::update(
        sessions::table
            .filter(sessions::id.eq(session.id.to_string()))
            .filter(sessions::refresh_hash.eq(&session.refresh_hash))
            .filter(sessions::ended_at.is_null()),
    )
    .set((
        sessions::refresh_hash.eq(next),
        sessions::last_seen_at.eq(to_db(now)),
        sessions::expires_at.eq(to_db(expires)),
    ))
    .execute(conn)?;
    Ok(rows == 1)
}

/// Ends a session; false when it had ended already.
pub fn end(conn: &mut Conn, session: &Session, now: DateTime<Utc>) -> Result<bool> {
    let rows = diesel::update(
        sessions::table
            .filter(sessions::id.eq(session.id.to_string()))
            .filter(sessions::cabinet_id.eq(session.cabinet.to_string()))
            .filter(sessions::ended_at.is_null()),
    )
    .set(sessions::ended_at.eq(Some(to_db(now))))
    .execute(conn)?;
    Ok(rows == 1)
}

/// Ends every live session of a person, but one if told; returns how many.
pub fn end_all(conn: &mut Conn, person: &Person, except: Option<SessionId>, now: DateTime<Utc>) -> Result<u64> {
    let except = except.map(|id| id.to_string()).unwrap_or_default();
    let rows = diesel::update(
        sessions::table
            .filter(sessions::user_id.eq(person.id.to_string()))
            .filter(sessions::id.ne(except))
            .filter(sessions::ended_at.is_null())
            .filter(sessions::expires_at.gt(to_db(now))),
    )
    .set(sessions::ended_at.eq(Some(to_db(now))))
    .execute(conn)?;
    Ok(rows as u64)
}

/// The live sessions of the signed-in person, latest first.
pub fn own(conn: &mut Conn, scope: &Scope, now: DateTime<Utc>) -> Result<Vec<Session>> {
    let rows: Vec<Cols> = sessions::table
        .filter(sessions::user_id.eq(scope.user().to_string()))
        .filter(sessions::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(to_db(now)))
        .order((sessions::last_seen_at.desc(), sessions::id.desc()))
        .select(COLUMNS)
        .load(conn)?;
    rows.into_iter().map(session_of).collect()
}

/// A live session of the scope's cabinet.
pub fn of_cabinet(conn: &mut Conn, scope: &Scope, id: SessionId, now: DateTime<Utc>) -> Result<Session> {
    let row: Cols = sessions::table
        .filter(sessions::id.eq(id.to_string()))
        .filter(sessions::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(to_db(now)))
        .select(COLUMNS)
        .first(conn)?;
    session_of(row)
}

/// Keeps the table in bounds at a sign-in: forgets the person's sessions that ended or expired before a date, and ends
/// the oldest ones beyond a number. Returns those that were ended.
pub fn trim(
    conn: &mut Conn,
    user: UserId,
    keep: i64,
    forget_before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<SessionId>> {
    let of = sessions::table.filter(sessions::user_id.eq(user.to_string()));
    diesel::delete(
        of.filter(sessions::ended_at.lt(to_db(forget_before)).or(sessions::expires_at.lt(to_db(forget_before)))),
    )
    .execute(conn)?;
    let surplus: Vec<String> = sessions::table
        .filter(sessions::user_id.eq(user.to_string()))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(to_db(now)))
        .order((sessions::last_seen_at.desc(), sessions::id.desc()))
        .offset(keep)
        .limit(1_000)
        .select(sessions::id)
        .load(conn)?;
    if !surplus.is_empty() {
        diesel::update(sessions::table.filter(sessions::id.eq_any(&surplus)))
            .set(sessions::ended_at.eq(Some(to_db(now))))
            .execute(conn)?;
    }
    surplus.iter().map(|id| parsed(id)).collect()
}

//! Calendar feeds: the hash of a secret address, whose it is, and what it shows.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::FeedId;

use crate::people::parsed;
use crate::schema::{calendar_feeds, portfolio_people, users};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope};

#[derive(Debug, Clone)]
pub struct Feed {
    pub id: FeedId,
    pub name: String,
    /// Filters of the list, as JSON.
    pub filter: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

type Cols = (String, String, String, i64, Option<i64>);
const COLUMNS: (
    calendar_feeds::id,
    calendar_feeds::name,
    calendar_feeds::filter,
    calendar_feeds::created_at,
    calendar_feeds::last_used_at,
) = (
    calendar_feeds::id,
    calendar_feeds::name,
    calendar_feeds::filter,
    calendar_feeds::created_at,
    calendar_feeds::last_used_at,
);

fn feed((id, name, filter, created_at, last_used_at): Cols) -> Result<Feed> {
    let (created_at, last_used_at) = (from_db(created_at), last_used_at.map(from_db));
    Ok(Feed { id: parsed(&id)?, name, filter, created_at, last_used_at })
}

/// Adds a feed of the scope's person.
pub fn insert(conn: &mut Conn, scope: &Scope, feed: &Feed, token_hash: &str) -> Result<()> {
    diesel::insert_into(calendar_feeds::table)
        .values((
            calendar_feeds::id.eq(feed.id.to_string()),
            calendar_feeds::cabinet_id.eq(scope.cabinet().to_string()),
            calendar_feeds::user_id.eq(scope.user().to_string()),
            calendar_feeds::name.eq(&feed.name),
            calendar_feeds::filter.eq(&feed.filter),
            calendar_feeds::token_hash.eq(token_hash),
            calendar_feeds::created_at.eq(to_db(feed.created_at)),
            calendar_feeds::last_used_at.eq(None::<i64>),
            calendar_feeds::revoked_at.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(())
}

/// The feeds of the scope's person that are not revoked, newest first.
pub fn list(conn: &mut Conn, scope: &Scope) -> Result<Vec<Feed>> {
    let rows: Vec<Cols> = calendar_feeds::table
        .filter(calendar_feeds::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(calendar_feeds::user_id.eq(scope.user().to_string()))
        .filter(calendar_feeds::revoked_at.is_null())
        .order((calendar_feeds::created_at.desc(), calendar_feeds::id.desc()))
        .select(COLUMNS)
        .load(conn)?;
    rows.into_iter().map(feed).collect()
}

/// Ends a feed of the scope's person; its name, or nothing when there is none.
pub fn revoke(conn: &mut Conn, scope: &Scope, id: FeedId, now: DateTime<Utc>) -> Result<Option<String>> {
    let Some(found) = list(conn, scope)?.into_iter().find(|f| f.id == id) else { return Ok(None) };
    diesel::update(calendar_feeds::table.find(id.to_string()))
        .set(calendar_feeds::revoked_at.eq(Some(to_db(now))))
        .execute(conn)?;
    Ok(Some(found.name))
}

/// The feed whose secret has this hash, with what its owner may see at this very moment: who holds the address is the
/// only one who can ask. Nothing once it is revoked or its owner may not sign in.
pub fn by_token(conn: &mut Conn, token_hash: &str) -> Result<Option<(Feed, Scope)>> {
    type Owner = (String, String, String, String);
    let found: Option<(Cols, Owner)> = calendar_feeds::table
        .inner_join(users::table.on(users::id.eq(calendar_feeds::user_id)))
        .filter(calendar_feeds::token_hash.eq(token_hash))
        .filter(calendar_feeds::revoked_at.is_null())
        .filter(users::active.eq(true))
        .filter(users::cabinet_id.eq(calendar_feeds::cabinet_id))
        .select((COLUMNS, (users::id, users::cabinet_id, users::role, users::access)))
        .first(conn)
        .optional()?;
    let Some((cols, (user, cabinet, role, access))) = found else { return Ok(None) };
    let granted: Vec<String> = portfolio_people::table
        .filter(portfolio_people::user_id.eq(&user))
        .select(portfolio_people::portfolio_id)
        .load(conn)?;
    let portfolios = granted.iter().map(|id| parsed(id)).collect::<Result<_>>()?;
    let scope = Scope::new(parsed(&cabinet)?, parsed(&user)?, parsed(&role)?, parsed(&access)?, portfolios);
    Ok(Some((feed(cols)?, scope)))
}

/// Remembers that a feed was read.
pub fn used(conn: &mut Conn, scope: &Scope, id: FeedId, now: DateTime<Utc>) -> Result<()> {
    let of_cabinet = calendar_feeds::table.filter(calendar_feeds::cabinet_id.eq(scope.cabinet().to_string()));
    diesel::update(of_cabinet.filter(calendar_feeds::id.eq(id.to_string())))
        .set(calendar_feeds::last_used_at.eq(Some(to_db(now))))
        .execute(conn)?;
    Ok(())
}

//! What people are told of, and how they want to be told.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{AnomalyId, CabinetId, Lang, NotificationId, PortfolioId, Role, Text, UserId};

use crate::people::parsed;
use crate::schema::{notification_settings, notifications, portfolio_people, users};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    pub id: NotificationId,
    pub cabinet: CabinetId,
    pub user: UserId,
    pub kind: String,
    pub anomaly: Option<AnomalyId>,
    pub text: Text,
    pub on_screen: bool,
    /// It goes into the digest.
    pub for_mail: bool,
    pub at: DateTime<Utc>,
    pub read_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = notifications, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    user_id: String,
    kind: String,
    anomaly_id: String,
    text: String,
    on_screen: bool,
    for_mail: bool,
    at: i64,
    read_at: Option<i64>,
    mailed_at: Option<i64>,
}

fn notification(row: Row) -> Result<Notification> {
    Ok(Notification {
        id: parsed(&row.id)?,
        cabinet: parsed(&row.cabinet_id)?,
        user: parsed(&row.user_id)?,
        kind: row.kind,
        anomaly: row.anomaly_id.parse().ok(),
        text: serde_json::from_str(&row.text).map_err(|e| crate::Error::DeserializationError(Box::new(e)))?,
        on_screen: row.on_screen,
        for_mail: row.for_mail,
        at: from_db(row.at),
        read_at: row.read_at.map(from_db),
    })
}

pub fn insert(conn: &mut Conn, new: &[Notification]) -> Result<()> {
    let rows = new
        .iter()
        .map(|n| {
            Ok(Row {
                id: n.id.to_string(),
                cabinet_id: n.cabinet.to_string(),
                user_id: n.user.to_string(),
                kind: n.kind.clone(),
                anomaly_id: n.anomaly.map(|a| a.to_string()).unwrap_or_default(),
                text: serde_json::to_string(&n.text).map_err(|e| crate::Error::SerializationError(Box::new(e)))?,
                on_screen: n.on_screen,
                for_mail: n.for_mail,
                at: to_db(n.at),
                read_at: n.read_at.map(to_db),
                mailed_at: None,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    dialect::insert_many!(conn, notifications::table, &rows)
}

type Backend = <Conn as diesel::Connection>::Backend;

/// What the signed-in person was told on the screen.
fn own<'a>(scope: &Scope) -> notifications::BoxedQuery<'a, Backend> {
    notifications::table
        .filter(notifications::user_id.eq(scope.user().to_string()))
        .filter(notifications::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(notifications::on_screen.eq(true))
        .into_boxed()
}

/// The newest first, after a place.
pub fn list(
    conn: &mut Conn,
    scope: &Scope,
    unread: Option<bool>,
    after: Option<String>,
    limit: i64,
) -> Result<Vec<Notification>> {
    let mut query = own(scope);
    query = match unread {
        Some(true) => query.filter(notifications::read_at.is_null()),
        Some(false) => query.filter(notifications::read_at.is_not_null()),
        None => query,
    };
    if let Some(after) = after {
        query = query.filter(notifications::id.lt(after));
    }
    let rows: Vec<Row> = query.order(notifications::id.desc()).limit(limit).select(Row::as_select()).load(conn)?;
    rows.into_iter().map(notification).collect()
}

pub fn unread(conn: &mut Conn, scope: &Scope) -> Result<u64> {
    let n: i64 = own(scope).filter(notifications::read_at.is_null()).count().get_result(conn)?;
    Ok(u64::try_from(n).unwrap_or_default())
}

/// Marks one's own notifications as read, those named or all; tells how many were not.
pub fn mark_read(conn: &mut Conn, scope: &Scope, ids: Option<&[NotificationId]>, now: DateTime<Utc>) -> Result<usize> {
    let unread = || {
        diesel::update(notifications::table)
            .filter(notifications::user_id.eq(scope.user().to_string()))
            .filter(notifications::cabinet_id.eq(scope.cabinet().to_string()))
            .filter(notifications::read_at.is_null())
            .set(notifications::read_at.eq(to_db(now)))
    };
    let Some(ids) = ids else { return unread().execute(conn) };
    let mut marked = 0;
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        marked += unread().filter(notifications::id.eq_any(ids)).execute(conn)?;
    }
    Ok(marked)
}

/// Forgets what was said before a moment.
pub fn forget(conn: &mut Conn, before: DateTime<Utc>) -> Result<usize> {
    diesel::delete(notifications::table.filter(notifications::at.lt(to_db(before)))).execute(conn)
}

/// People of any cabinet for whom something waits to go out by mail, and since when.
pub fn waiting(conn: &mut Conn) -> Result<Vec<(CabinetId, UserId, DateTime<Utc>)>> {
    let rows: Vec<(String, String, Option<i64>)> = notifications::table
        .filter(notifications::for_mail.eq(true))
        .filter(notifications::mailed_at.is_null())
        .group_by((notifications::cabinet_id, notifications::user_id))
        .select((notifications::cabinet_id, notifications::user_id, diesel::dsl::min(notifications::at)))
        .load(conn)?;
    rows.into_iter()
        .filter_map(|(cabinet, user, at)| Some((cabinet, user, at?)))
        .map(|(cabinet, user, at)| Ok((parsed(&cabinet)?, parsed(&user)?, from_db(at))))
        .collect()
}

/// What waits to go out to a person, oldest first.
pub fn to_mail(conn: &mut Conn, cabinet: CabinetId, user: UserId) -> Result<Vec<Notification>> {
    let rows: Vec<Row> = notifications::table
        .filter(notifications::cabinet_id.eq(cabinet.to_string()))
        .filter(notifications::user_id.eq(user.to_string()))
        .filter(notifications::for_mail.eq(true))
        .filter(notifications::mailed_at.is_null())
        .order(notifications::id)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(notification).collect()
}

/// Notes that nothing of it waits for a digest any more. Needs the cabinet's lock.
pub fn mailed(conn: &mut Conn, cabinet: CabinetId, ids: &[NotificationId], now: DateTime<Utc>) -> Result<()> {
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        diesel::update(
            notifications::table
                .filter(notifications::cabinet_id.eq(cabinet.to_string()))
                .filter(notifications::id.eq_any(ids)),
        )
        .set(notifications::mailed_at.eq(to_db(now)))
        .execute(conn)?;
    }
    Ok(())
}

/// How people want to be told, as the service wrote it; those without a row do as the product suggests.
pub fn settings(conn: &mut Conn, people: &[UserId]) -> Result<HashMap<UserId, String>> {
    let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
    let rows: Vec<(String, String)> = notification_settings::table
        .filter(notification_settings::user_id.eq_any(ids))
        .select((notification_settings::user_id, notification_settings::data))
        .load(conn)?;
    rows.into_iter().map(|(user, data)| Ok((parsed(&user)?, data))).collect()
}

pub fn set_settings(conn: &mut Conn, scope: &Scope, data: &str) -> Result<()> {
    dialect::upsert_notification_settings(conn, scope.user(), data)
}

/// An active person of a cabinet who is told something, with what the person may see at this moment.
#[derive(Debug, Clone)]
pub struct Recipient {
    pub scope: Scope,
    pub name: String,
    pub email: String,
    pub lang: Lang,
}

/// The active partners of a cabinet: who is told of what concerns the firm.
pub fn partners(conn: &mut Conn, cabinet: CabinetId) -> Result<Vec<UserId>> {
    let ids: Vec<String> = users::table
        .filter(users::cabinet_id.eq(cabinet.to_string()))
        .filter(users::active.eq(true))
        .filter(users::role.eq(Role::Partner.as_str()))
        .order(users::id)
        .select(users::id)
        .load(conn)?;
    ids.iter().map(|id| parsed(id)).collect()
}

/// Active people of a cabinet, by their ids; those of another, and those who have left, are not among them.
pub fn recipients(conn: &mut Conn, cabinet: CabinetId, people: &[UserId]) -> Result<HashMap<UserId, Recipient>> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
    type Found = (String, String, String, String, String, String);
    let rows: Vec<Found> = users::table
        .filter(users::cabinet_id.eq(cabinet.to_string()))
        .filter(users::id.eq_any(&ids))
        .filter(users::active.eq(true))
        .select((users::id, users::role, users::access, users::name, users::email, users::lang))
        .load(conn)?;
    let given: Vec<(String, String)> = portfolio_people::table
        .filter(portfolio_people::cabinet_id.eq(cabinet.to_string()))
        .filter(portfolio_people::user_id.eq_any(&ids))
        .select((portfolio_people::user_id, portfolio_people::portfolio_id))
        .load(conn)?;
    let mut portfolios: HashMap<UserId, Vec<PortfolioId>> = HashMap::new();
    for (user, portfolio) in given {
        portfolios.entry(parsed(&user)?).or_default().push(parsed(&portfolio)?);
    }
    rows.into_iter()
        .map(|(id, role, access, name, email, lang)| {
            let id: UserId = parsed(&id)?;
            let given = portfolios.remove(&id).unwrap_or_default();
            let scope = Scope::new(cabinet, id, parsed(&role)?, parsed(&access)?, given);
            Ok((id, Recipient { scope, name, email, lang: parsed(&lang)? }))
        })
        .collect()
}

//! What the firm told a client, asked and got. Rows are only added: a cancellation is a row, too.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::{CabinetId, DossierId, ExchangeId, UserId};

use crate::people::parsed;
use crate::schema::{exchanges, users};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope};

/// A row, with the name of who wrote it.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub id: ExchangeId,
    pub dossier: DossierId,
    pub kind: String,
    pub channel: String,
    pub on: NaiveDate,
    pub subject: String,
    pub text: String,
    /// Name and SHA-256.
    pub attachment: Option<(String, String)>,
    pub user: UserId,
    pub user_name: Option<String>,
    pub at: DateTime<Utc>,
    pub cancelled: Option<Cancellation>,
}

#[derive(Debug, Clone)]
pub struct Cancellation {
    pub id: ExchangeId,
    pub user: UserId,
    pub user_name: Option<String>,
    pub at: DateTime<Utc>,
    pub reason: String,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = exchanges, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    dossier_id: String,
    kind: String,
    channel: String,
    happened_on: String,
    subject: String,
    body: String,
    attachment_name: String,
    attachment_sha256: String,
    user_id: String,
    created_at: i64,
    cancels: String,
}

type Named = (Row, Option<String>);

fn exchange((row, user_name): Named) -> Result<Exchange> {
    Ok(Exchange {
        id: parsed(&row.id)?,
        dossier: parsed(&row.dossier_id)?,
        kind: row.kind,
        channel: row.channel,
        on: parsed(&row.happened_on)?,
        subject: row.subject,
        text: row.body,
        attachment: (!row.attachment_name.is_empty()).then_some((row.attachment_name, row.attachment_sha256)),
        user: parsed(&row.user_id)?,
        user_name,
        at: from_db(row.created_at),
        cancelled: None,
    })
}

fn write(conn: &mut Conn, cabinet: CabinetId, exchange: &Exchange, cancels: Option<ExchangeId>) -> Result<()> {
    let (name, sha256) = exchange.attachment.clone().unwrap_or_default();
    diesel::insert_into(exchanges::table)
        .values(Row {
            id: exchange.id.to_string(),
            cabinet_id: cabinet.to_string(),
            dossier_id: exchange.dossier.to_string(),
            kind: exchange.kind.clone(),
            channel: exchange.channel.clone(),
            happened_on: exchange.on.to_string(),
            subject: exchange.subject.clone(),
            body: exchange.text.clone(),
            attachment_name: name,
            attachment_sha256: sha256,
            user_id: exchange.user.to_string(),
            created_at: to_db(exchange.at),
            cancels: cancels.map(|id| id.to_string()).unwrap_or_default(),
        })
        .execute(conn)?;
    Ok(())
}

/// Adds an exchange to a dossier that the caller has found in sight.
pub fn insert(conn: &mut Conn, cabinet: CabinetId, exchange: &Exchange) -> Result<()> {
    write(conn, cabinet, exchange, None)
}

/// Adds the row that cancels one. Fails with a duplicate when it is cancelled already.
pub fn cancel(conn: &mut Conn, cabinet: CabinetId, exchange: &Exchange, by: &Cancellation) -> Result<()> {
    let row =
        Exchange { id: by.id, text: by.reason.clone(), attachment: None, user: by.user, at: by.at, ..exchange.clone() };
    write(conn, cabinet, &row, Some(exchange.id))
}

/// An exchange of the scope's cabinet. The caller still has to find its dossier in sight.
pub fn find(conn: &mut Conn, scope: &Scope, id: ExchangeId) -> Result<Exchange> {
    let row: Named = exchanges::table
        .left_join(users::table.on(users::id.eq(exchanges::user_id)))
        .filter(exchanges::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(exchanges::id.eq(id.to_string()))
        .filter(exchanges::cancels.eq(""))
        .select((Row::as_select(), users::name.nullable()))
        .first(conn)?;
    let mut found = vec![exchange(row)?];
    with_cancellations(conn, scope, &mut found)?;
    found.pop().ok_or(crate::Error::NotFound)
}

/// Exchanges of a dossier, the latest day first, after a place. The caller has found the dossier in sight.
pub fn list(
    conn: &mut Conn,
    scope: &Scope,
    dossier: DossierId,
    after: Option<(String, String)>,
    limit: i64,
) -> Result<Vec<Exchange>> {
    let mut query = exchanges::table
        .left_join(users::table.on(users::id.eq(exchanges::user_id)))
        .filter(exchanges::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(exchanges::dossier_id.eq(dossier.to_string()))
        .filter(exchanges::cancels.eq(""))
        .into_boxed();
    if let Some((on, id)) = after {
        query = query
            .filter(exchanges::happened_on.le(on.clone()).and(exchanges::happened_on.lt(on).or(exchanges::id.lt(id))));
    }
    let rows: Vec<Named> = query
        .order((exchanges::happened_on.desc(), exchanges::id.desc()))
        .limit(limit)
        .select((Row::as_select(), users::name.nullable()))
        .load(conn)?;
    let mut found = rows.into_iter().map(exchange).collect::<Result<Vec<_>>>()?;
    with_cancellations(conn, scope, &mut found)?;
    Ok(found)
}

fn with_cancellations(conn: &mut Conn, scope: &Scope, found: &mut [Exchange]) -> Result<()> {
    let ids: Vec<String> = found.iter().map(|e| e.id.to_string()).collect();
    let mut cancellations = HashMap::new();
    for chunk in ids.chunks(500) {
        let rows: Vec<Named> = exchanges::table
            .left_join(users::table.on(users::id.eq(exchanges::user_id)))
            .filter(exchanges::cabinet_id.eq(scope.cabinet().to_string()))
            .filter(exchanges::cancels.eq_any(chunk))
            .select((Row::as_select(), users::name.nullable()))
            .load(conn)?;
        for (row, user_name) in rows {
            let cancellation = Cancellation {
                id: parsed(&row.id)?,
                user: parsed(&row.user_id)?,
                user_name,
                at: from_db(row.created_at),
                reason: row.body,
            };
            cancellations.insert(row.cancels, cancellation);
        }
    }
    for exchange in found {
        exchange.cancelled = cancellations.remove(&exchange.id.to_string());
    }
    Ok(())
}

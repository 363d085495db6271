//! What became of messages, as it was told: append-only, and the same told again is the same row.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{CabinetId, MailEventId, MailEventKind, MailEventSource, MailId};

use crate::people::parsed;
use crate::schema::mail_events;
use crate::time::{from_db, to_db};
use crate::{Conn, Result};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailEvent {
    pub id: MailEventId,
    pub cabinet: CabinetId,
    pub mail: MailId,
    /// Of which sending of the message; an earlier one moves nothing.
    pub round: i64,
    pub kind: MailEventKind,
    pub at: DateTime<Utc>,
    pub noted_at: DateTime<Utc>,
    pub source: MailEventSource,
    /// What the same event is known by when it is told again.
    pub key: String,
    pub address: String,
    pub said: String,
    /// JSON.
    pub detail: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = mail_events)]
struct Row {
    id: String,
    cabinet_id: String,
    mail_id: String,
    round: i64,
    kind: String,
    at: i64,
    noted_at: i64,
    source: String,
    key: String,
    address: String,
    said: String,
    detail: String,
}

/// Adds what was told, unless it was told before. Needs the cabinet's lock.
pub fn add(conn: &mut Conn, event: &MailEvent) -> Result<bool> {
    let known: bool = diesel::select(diesel::dsl::exists(
        mail_events::table
            .filter(mail_events::mail_id.eq(event.mail.to_string()))
            .filter(mail_events::kind.eq(event.kind.as_str()))
            .filter(mail_events::key.eq(&event.key)),
    ))
    .get_result(conn)?;
    if known {
        return Ok(false);
    }
    diesel::insert_into(mail_events::table)
        .values(Row {
            id: event.id.to_string(),
            cabinet_id: event.cabinet.to_string(),
            mail_id: event.mail.to_string(),
            round: event.round,
            kind: event.kind.to_string(),
            at: to_db(event.at),
            noted_at: to_db(event.noted_at),
            source: event.source.to_string(),
            key: event.key.clone(),
            address: event.address.clone(),
            said: event.said.clone(),
            detail: event.detail.clone(),
        })
        .execute(conn)?;
    Ok(true)
}

/// What was told of messages of a cabinet, the first event first.
pub fn of_mails(conn: &mut Conn, cabinet: CabinetId, mails: &[MailId]) -> Result<HashMap<MailId, Vec<MailEvent>>> {
    let mut found: HashMap<MailId, Vec<MailEvent>> = HashMap::new();
    for chunk in mails.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let rows: Vec<Row> = mail_events::table
            .filter(mail_events::mail_id.eq_any(ids))
            .filter(crate::dialect::and_of("mail_events.cabinet_id", cabinet))
            .order((mail_events::at, mail_events::id))
            .select(Row::as_select())
            .load(conn)?;
        for row in rows {
            let mail = parsed(&row.mail_id)?;
            found.entry(mail).or_default().push(MailEvent {
                id: parsed(&row.id)?,
                cabinet,
                mail,
                round: row.round,
                kind: parsed(&row.kind)?,
                at: from_db(row.at),
                noted_at: from_db(row.noted_at),
                source: parsed(&row.source)?,
                key: row.key,
                address: row.address,
                said: row.said,
                detail: row.detail,
            });
        }
    }
    Ok(found)
}

//! What the planner of relances asks of dossiers and of those around them: read for thousands at once, without their facts.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use domain::{CabinetId, DossierId, MailId, MandateState, SequenceId, UserId};

use crate::dossiers::{Filter, filtered};
use crate::kept::Kept;
use crate::people::parsed;
use crate::schema::{dossiers, enrolments, exchanges, imports, link_dossiers, links, mails, mandates, proposals};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

/// A dossier, as far as its relances depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub id: DossierId,
    /// Bits of the missing criteria.
    pub missing: i64,
    /// Bits of the waves that reach it.
    pub waves: i64,
    /// Address of the contact who is written to, in small letters; empty for none.
    pub email: String,
    pub phone: bool,
    /// As the facts have them; empty while not known.
    pub territory: String,
    pub postal_code: String,
    pub manager: Option<UserId>,
    pub assignee: Option<UserId>,
    /// Its calendar, as it is kept.
    pub plan: String,
    pub settled: String,
    pub updated_at: DateTime<Utc>,
}

type Columns = (Text, BigInt, BigInt, Text, Text, Text, Text, Text, Text, Text, Text, BigInt);
type Row = (String, i64, i64, String, String, String, String, String, String, String, String, i64);

fn columns(conn: &Conn, of: &str) -> String {
    let json = match conn {
        Conn::Sqlite(_) => format!("{of}.facts"),
        Conn::Postgres(_) => format!("{of}.facts::json"),
    };
    format!(
        "{of}.id, {of}.missing, {of}.waves, {of}.email, COALESCE(CAST({json} -> 'contacts' AS TEXT), ''), \
         COALESCE({json} ->> 'territory', ''), COALESCE({json} ->> 'postal_code', ''), {of}.manager_id, {of}.assignee_id, \
         {of}.plan, {of}.settled, {of}.updated_at"
    )
}

fn facts(row: Row) -> Result<Facts> {
    let (id, missing, waves, email, contacts, territory, postal_code, manager, assignee, plan, settled, updated) = row;
    Ok(Facts {
        id: parsed(&id)?,
        missing,
        waves,
        email,
        // A contact without a number has no such key.
        phone: contacts.contains("\"phone\":\""),
        territory,
        postal_code,
        manager: manager.parse().ok(),
        assignee: assignee.parse().ok(),
        plan,
        settled,
        updated_at: from_db(updated),
    })
}

/// Of these dossiers of a cabinet, or of all.
pub fn of(conn: &mut Conn, cabinet: CabinetId, ids: Option<&[DossierId]>) -> Result<Vec<Facts>> {
    let query: Kept<Columns> = match ids {
        None => Kept::new("SELECT ")
            .sql(columns(conn, "d"))
            .sql(" FROM dossiers AS d WHERE d.cabinet_id = ")
            .text(cabinet.to_string()),
        Some(ids) => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            dialect::look_up(conn, columns(conn, "d"), "dossiers", cabinet, "id", &ids)
        }
    };
    let rows: Vec<Row> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    rows.into_iter().map(facts).collect()
}

/// Dossiers whose contact has one of these addresses: they share the distance between messages.
pub fn with_addresses(conn: &mut Conn, cabinet: CabinetId, emails: &[String]) -> Result<Vec<DossierId>> {
    let query: Kept<Text> = dialect::look_up(conn, "d.id", "dossiers", cabinet, "email", emails);
    let ids: Vec<String> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    ids.iter().map(|id| parsed(id)).collect()
}

/// When each address was written to, since a moment, by what the message was for; what waits to leave counts, and one
/// message that is asked about does not.
pub fn written_to(
    conn: &mut Conn,
    cabinet: CabinetId,
    since: DateTime<Utc>,
    (purposes, over): (&[&str], &[&str]),
    except: Option<MailId>,
) -> Result<HashMap<String, (DateTime<Utc>, String)>> {
    let rows: Vec<(String, String, Option<i64>)> = mails::table
        .filter(mails::cabinet_id.eq(cabinet.to_string()))
        .filter(mails::created_at.ge(to_db(since)))
        .filter(mails::purpose.eq_any(purposes))
        .filter(mails::state.ne_all(over))
        .filter(mails::id.ne(except.map(|id| id.to_string()).unwrap_or_default()))
        .group_by((mails::to_address, mails::purpose))
        .select((mails::to_address, mails::purpose, max(mails::created_at)))
        .load(conn)?;
    let mut found: HashMap<String, (DateTime<Utc>, String)> = HashMap::new();
    for (address, purpose, at) in rows {
        let Some(at) = at.map(from_db) else { continue };
        let last = found.entry(address.to_lowercase()).or_insert_with(|| (at, purpose.clone()));
        if last.0 < at {
            *last = (at, purpose);
        }
    }
    Ok(found)
}

/// What the client did with its links: opened one, finished one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Visits {
    pub opened_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// The last answer that the firm can look at.
    pub answered_at: Option<DateTime<Utc>>,
    /// The firm noted an exchange by hand.
    pub exchanged_at: Option<DateTime<Utc>>,
    /// A mandate came back signed, and waits for the firm.
    pub signed: bool,
}

/// Of each dossier of a cabinet that did anything since a moment.
pub fn visits(conn: &mut Conn, cabinet: CabinetId, since: DateTime<Utc>) -> Result<HashMap<DossierId, Visits>> {
    let mut found: HashMap<DossierId, Visits> = HashMap::new();
    let (of, since) = (cabinet.to_string(), to_db(since));
    let rows: Vec<(String, Option<i64>, Option<i64>)> = link_dossiers::table
        .inner_join(links::table.on(links::id.eq(link_dossiers::link_id)))
        .filter(links::cabinet_id.eq(&of))
        .filter(links::opened_at.ge(since).or(links::finished_at.ge(since)))
        .group_by(link_dossiers::dossier_id)
        .select((link_dossiers::dossier_id, max(links::opened_at), max(links::finished_at)))
        .load(conn)?;
    for (id, opened, finished) in rows {
        let of = found.entry(parsed(&id)?).or_default();
        (of.opened_at, of.finished_at) = (opened.map(from_db), finished.map(from_db));
    }
    let rows: Vec<(String, Option<i64>)> = proposals::table
        .filter(proposals::cabinet_id.eq(&of))
        .filter(proposals::at.ge(since))
        .group_by(proposals::dossier_id)
        .select((proposals::dossier_id, max(proposals::at)))
        .load(conn)?;
    for (id, at) in rows {
        found.entry(parsed(&id)?).or_default().answered_at = at.map(from_db);
    }
    let rows: Vec<(String, Option<i64>)> = exchanges::table
        .filter(exchanges::cabinet_id.eq(&of))
        .filter(exchanges::created_at.ge(since))
        .filter(exchanges::cancels.eq(""))
        .group_by(exchanges::dossier_id)
        .select((exchanges::dossier_id, max(exchanges::created_at)))
        .load(conn)?;
    for (id, at) in rows {
        found.entry(parsed(&id)?).or_default().exchanged_at = at.map(from_db);
    }
    let back = [MandateState::Signed.as_str(), MandateState::ToCheck.as_str()];
    let rows: Vec<String> = mandates::table
        .filter(mandates::cabinet_id.eq(&of))
        .filter(mandates::state.eq_any(back))
        .select(mandates::dossier_id)
        .distinct()
        .load(conn)?;
    for id in rows {
        found.entry(parsed(&id)?).or_default().signed = true;
    }
    Ok(found)
}

/// Day on which a list of clients, or flows, last came in.
pub fn last_import(conn: &mut Conn, cabinet: CabinetId) -> Result<Option<NaiveDate>> {
    let at: Option<i64> = imports::table
        .filter(imports::cabinet_id.eq(cabinet.to_string()))
        .select(max(imports::committed_at))
        .first(conn)?;
    Ok(at.map(|at| from_db(at).date_naive()))
}

/// Dossiers in sight that lack one of the criteria of a mask; of those, dossiers without an address.
pub fn late(conn: &mut Conn, scope: &Scope, mask: i64) -> Result<(i64, i64)> {
    let lacks = || Kept::<Bool>::new("(dossiers.missing & ").number(mask).sql(") <> 0");
    let late = filtered(scope, &Filter::default(), None).filter(lacks()).count().get_result(conn)?;
    let without = filtered(scope, &Filter::default(), None).filter(lacks()).filter(dossiers::email.eq(""));
    Ok((late, without.count().get_result(conn)?))
}

/// Dossiers in sight that are in one of these sequences.
pub fn chased(conn: &mut Conn, scope: &Scope, sequences: &[SequenceId]) -> Result<i64> {
    let ids: Vec<String> = sequences.iter().map(ToString::to_string).collect();
    let dossiers: Vec<String> = filtered(scope, &Filter::default(), None)
        .inner_join(enrolments::table.on(enrolments::dossier_id.eq(dossiers::id)))
        .filter(enrolments::sequence_id.eq_any(ids))
        .filter(enrolments::ended_at.is_null())
        .select(enrolments::dossier_id)
        .distinct()
        .load(conn)?;
    Ok(dossiers.len() as i64)
}

//! What the planner of relances asks of dossiers and of those around them: read for thousands at once, without their facts.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use domain::relance::RelanceChannel;
use domain::relance::outcome::OutcomeCode;
use domain::{CabinetId, DossierId, MailId, MandateState, SequenceId, UserId};

use crate::dossiers::{Filter, filtered};
use crate::kept::{Kept, one_of_texts};
use crate::people::parsed;
use crate::schema::{dossiers, enrolments, exchanges, imports, link_dossiers, links, mandates, proposals, relances};
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

/// Which messages are contacts.
#[derive(Debug, Clone, Copy)]
pub struct Contacts<'a> {
    pub since: DateTime<Utc>,
    pub purposes: &'a [&'a str],
    /// States in which a message does not count.
    pub over: &'a [&'a str],
    /// A message that is as good as not there.
    pub except: Option<MailId>,
}

/// When addresses, these or all, were last written to, by what the message was for; what waits to leave counts.
pub fn written_to(
    conn: &mut Conn,
    cabinet: CabinetId,
    addresses: Option<&[String]>,
    contacts: Contacts<'_>,
) -> Result<HashMap<String, (DateTime<Utc>, String)>> {
    const COLUMNS: &str = "d.to_address, d.purpose, MAX(d.created_at)";
    let query: Kept<(Text, Text, BigInt)> = match addresses {
        Some(addresses) => dialect::look_up(conn, COLUMNS, "mails", cabinet, "to_address", addresses).sql(" WHERE "),
        None => Kept::new("SELECT ")
            .sql(COLUMNS)
            .sql(" FROM mails AS d WHERE d.cabinet_id = ")
            .text(cabinet.to_string())
            .sql(" AND "),
    };
    let query = query
        .sql("d.created_at >= ")
        .number(to_db(contacts.since))
        .sql(" AND d.id <> ")
        .text(contacts.except.map(|id| id.to_string()).unwrap_or_default())
        .sql(" AND ")
        .then(one_of_texts("d.purpose", contacts.purposes.iter().map(ToString::to_string)).retyped())
        .sql(" AND NOT ")
        .then(one_of_texts("d.state", contacts.over.iter().map(ToString::to_string)).retyped())
        .sql(" GROUP BY d.to_address, d.purpose");
    let rows: Vec<(String, String, i64)> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    let mut found: HashMap<String, (DateTime<Utc>, String)> = HashMap::new();
    for (address, purpose, at) in rows {
        let at = from_db(at);
        let last = found.entry(address.to_lowercase()).or_insert_with(|| (at, purpose.clone()));
        if last.0 < at {
            *last = (at, purpose);
        }
    }
    Ok(found)
}

/// When the contact of each address last got a letter, or would have got a message that went to the test address instead;
/// one message that is asked about does not count.
pub fn beside_mails(
    conn: &mut Conn,
    cabinet: CabinetId,
    since: DateTime<Utc>,
    except: Option<MailId>,
) -> Result<HashMap<String, DateTime<Utc>>> {
    let is_letter = relances::channel.eq(RelanceChannel::Letter.as_str());
    let on_trial = relances::test.eq(true).and(relances::channel.eq(RelanceChannel::Mail.as_str()));
    let mut query = relances::table
        .inner_join(dossiers::table.on(dossiers::id.eq(relances::dossier_id)))
        .filter(relances::cabinet_id.eq(cabinet.to_string()))
        .filter(relances::at.ge(to_db(since)))
        .filter(relances::code.eq(OutcomeCode::Sent.as_str()))
        .filter(is_letter.or(on_trial))
        .select((dossiers::email, relances::at))
        .into_boxed();
    if let Some(except) = except {
        query = query.filter(relances::mail_id.ne(except.to_string()));
    }
    let rows: Vec<(String, i64)> = query.load(conn)?;
    let mut found: HashMap<String, DateTime<Utc>> = HashMap::new();
    for (address, at) in rows.into_iter().filter(|(address, _)| !address.is_empty()) {
        let at = from_db(at);
        let last = found.entry(address).or_insert(at);
        *last = at.max(*last);
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

/// Of dossiers of a cabinet, these or all, that did anything since a moment.
pub fn visits(
    conn: &mut Conn,
    cabinet: CabinetId,
    only: Option<&[DossierId]>,
    since: DateTime<Utc>,
) -> Result<HashMap<DossierId, Visits>> {
    let mut found = HashMap::new();
    match only {
        None => add_visits(conn, cabinet, None, to_db(since), &mut found)?,
        Some(ids) => {
            for chunk in ids.chunks(500) {
                let ids = chunk.iter().map(ToString::to_string).collect();
                add_visits(conn, cabinet, Some(ids), to_db(since), &mut found)?;
            }
        }
    }
    Ok(found)
}

fn add_visits(
    conn: &mut Conn,
    cabinet: CabinetId,
    only: Option<Vec<String>>,
    since: i64,
    found: &mut HashMap<DossierId, Visits>,
) -> Result<()> {
    // Of the cabinet's rows, or of those of some of its dossiers.
    macro_rules! of {
        ($query:expr, $cabinet:expr, $name:literal, $dossier:expr) => {
            match &only {
                None => $query.filter($cabinet.eq(cabinet.to_string())),
                Some(ids) => $query.filter(dialect::and_of($name, cabinet)).filter($dossier.eq_any(ids.clone())),
            }
        };
    }
    let latest = |before: Option<DateTime<Utc>>, at: Option<i64>| before.max(at.map(from_db));
    let query = link_dossiers::table
        .inner_join(links::table.on(links::id.eq(link_dossiers::link_id)))
        .filter(links::opened_at.ge(since).or(links::finished_at.ge(since)))
        .select((link_dossiers::dossier_id, links::opened_at, links::finished_at))
        .into_boxed();
    let rows: Vec<(String, Option<i64>, Option<i64>)> =
        of!(query, links::cabinet_id, "links.cabinet_id", link_dossiers::dossier_id).load(conn)?;
    for (id, opened, finished) in rows {
        let of = found.entry(parsed(&id)?).or_default();
        of.opened_at = latest(of.opened_at, opened);
        of.finished_at = latest(of.finished_at, finished);
    }
    let query =
        proposals::table.filter(proposals::at.ge(since)).select((proposals::dossier_id, proposals::at)).into_boxed();
    let rows: Vec<(String, i64)> =
        of!(query, proposals::cabinet_id, "proposals.cabinet_id", proposals::dossier_id).load(conn)?;
    for (id, at) in rows {
        let of = found.entry(parsed(&id)?).or_default();
        of.answered_at = latest(of.answered_at, Some(at));
    }
    // Its index begins with the cabinet. What was noted in error and cancelled was no exchange.
    let cancelled = "NOT EXISTS (SELECT 1 FROM exchanges AS c WHERE c.cancels <> '' AND c.cancels = exchanges.id)";
    let mut query = exchanges::table
        .filter(exchanges::cabinet_id.eq(cabinet.to_string()))
        .filter(exchanges::created_at.ge(since))
        .filter(exchanges::cancels.eq(""))
        .filter(Kept::<Bool>::new(cancelled))
        .select((exchanges::dossier_id, exchanges::created_at))
        .into_boxed();
    if let Some(ids) = &only {
        query = query.filter(exchanges::dossier_id.eq_any(ids.clone()));
    }
    let rows: Vec<(String, i64)> = query.load(conn)?;
    for (id, at) in rows {
        let of = found.entry(parsed(&id)?).or_default();
        of.exchanged_at = latest(of.exchanged_at, Some(at));
    }
    let back = [MandateState::Signed.as_str(), MandateState::ToCheck.as_str()];
    let query = mandates::table.filter(mandates::state.eq_any(back)).select(mandates::dossier_id).into_boxed();
    let rows: Vec<String> = of!(query, mandates::cabinet_id, "mandates.cabinet_id", mandates::dossier_id).load(conn)?;
    for id in rows {
        found.entry(parsed(&id)?).or_default().signed = true;
    }
    Ok(())
}

/// The dossiers in sight that a filter takes, of these or of all; in no order.
pub fn taken(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    only: Option<&[DossierId]>,
) -> Result<HashSet<DossierId>> {
    let ids: Vec<String> = match only {
        None => filtered(scope, filter, None).select(dossiers::id).load(conn)?,
        Some(only) => {
            let mut found = Vec::new();
            for chunk in only.chunks(500) {
                let query = filtered(&scope.narrowed(chunk), filter, None).select(dossiers::id);
                found.extend(query.load::<String>(conn)?);
            }
            found
        }
    };
    ids.iter().map(|id| parsed(id)).collect()
}

/// Dossiers that were written after a moment, each with when.
pub fn written_since(
    conn: &mut Conn,
    cabinet: CabinetId,
    since: DateTime<Utc>,
) -> Result<Vec<(DossierId, DateTime<Utc>)>> {
    let rows: Vec<(String, i64)> = dossiers::table
        .filter(dossiers::cabinet_id.eq(cabinet.to_string()))
        .filter(dossiers::updated_at.gt(to_db(since)))
        .select((dossiers::id, dossiers::updated_at))
        .load(conn)?;
    rows.into_iter().map(|(id, at)| Ok((parsed(&id)?, from_db(at)))).collect()
}

/// Day on which a list of clients, or flows, last came in.
pub fn last_import(conn: &mut Conn, cabinet: CabinetId) -> Result<Option<NaiveDate>> {
    let at: Option<i64> = imports::table
        .filter(imports::cabinet_id.eq(cabinet.to_string()))
        .select(max(imports::committed_at))
        .first(conn)?;
    Ok(at.map(|at| from_db(at).date_naive()))
}

/// How many dossiers in sight that a filter takes lack the same criteria, by the bits of these; with an address to write to,
/// and without.
pub fn missing(conn: &mut Conn, scope: &Scope, filter: &Filter) -> Result<HashMap<(i64, bool), i64>> {
    if scope.sees_everything() && filter.takes_all() {
        return missing_of_all(conn, scope.cabinet());
    }
    let rows: Vec<(i64, bool)> =
        filtered(scope, filter, None).select((dossiers::missing, dossiers::email.ne(""))).load(conn)?;
    let mut counts = HashMap::new();
    for row in rows {
        *counts.entry(row).or_default() += 1;
    }
    Ok(counts)
}

/// By an index that holds all that is asked.
fn missing_of_all(conn: &mut Conn, cabinet: CabinetId) -> Result<HashMap<(i64, bool), i64>> {
    let query: Kept<(BigInt, BigInt, BigInt)> = Kept::new(
        "SELECT d.missing, CAST(CASE WHEN d.email = '' THEN 0 ELSE 1 END AS BIGINT), COUNT(*) \
         FROM dossiers AS d WHERE d.cabinet_id = ",
    )
    .text(cabinet.to_string())
    .sql(" GROUP BY 1, 2");
    let rows: Vec<(i64, i64, i64)> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    Ok(rows.into_iter().map(|(missing, reached, n)| ((missing, reached != 0), n)).collect())
}

/// Dossiers in sight that a filter takes and that are in one of these sequences.
pub fn chased(conn: &mut Conn, scope: &Scope, filter: &Filter, sequences: &[SequenceId]) -> Result<i64> {
    let ids: Vec<String> = sequences.iter().map(ToString::to_string).collect();
    let dossiers: Vec<String> = filtered(scope, filter, None)
        .inner_join(enrolments::table.on(enrolments::dossier_id.eq(dossiers::id)))
        .filter(enrolments::sequence_id.eq_any(ids))
        .filter(enrolments::ended_at.is_null())
        .select(enrolments::dossier_id)
        .distinct()
        .load(conn)?;
    Ok(dossiers.len() as i64)
}

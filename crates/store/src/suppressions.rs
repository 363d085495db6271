//! Addresses that are not written to, each with every reason that stands against it: nothing is sent there until the address
//! changes or somebody takes it up again.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{CabinetId, MailId, SuppressionReason};

use crate::dossiers::{all_in_sight, names_one_in_sight};
use crate::kept::Kept;
use crate::people::parsed;
use crate::schema::{dossiers, suppressions};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// In lower case.
    pub address: String,
    pub reason: SuppressionReason,
    /// The message that it came from.
    pub mail: Option<MailId>,
    /// What the source said.
    pub said: String,
    /// Why, in the words of who added it.
    pub note: String,
    pub by_name: String,
    pub at: DateTime<Utc>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = suppressions)]
struct Row {
    cabinet_id: String,
    address: String,
    reason: String,
    mail_id: String,
    said: String,
    note: String,
    by_name: String,
    at: i64,
}

impl Row {
    fn read(self) -> Result<Suppression> {
        Ok(Suppression {
            address: self.address,
            reason: parsed(&self.reason)?,
            mail: self.mail_id.parse().ok(),
            said: self.said,
            note: self.note,
            by_name: self.by_name,
            at: from_db(self.at),
        })
    }
}

type Query<'a> = suppressions::BoxedQuery<'a, <Conn as diesel::Connection>::Backend>;

/// Remembers that an address is not written to, and why. What stood there for the same reason is replaced. Needs the
/// cabinet's lock.
pub fn keep(conn: &mut Conn, cabinet: CabinetId, entry: &Suppression) -> Result<()> {
    lift(conn, cabinet, &entry.address, &[entry.reason])?;
    diesel::insert_into(suppressions::table)
        .values(Row {
            cabinet_id: cabinet.to_string(),
            address: entry.address.to_lowercase(),
            reason: entry.reason.to_string(),
            mail_id: entry.mail.map(|m| m.to_string()).unwrap_or_default(),
            said: entry.said.clone(),
            note: entry.note.clone(),
            by_name: entry.by_name.clone(),
            at: to_db(entry.at),
        })
        .execute(conn)?;
    Ok(())
}

/// What stands against those of the addresses against which something does; in lower case, the gravest reason first.
pub fn among(conn: &mut Conn, cabinet: CabinetId, emails: &[String]) -> Result<HashMap<String, Vec<Suppression>>> {
    let mut found: HashMap<String, Vec<Suppression>> = HashMap::new();
    let folded: Vec<String> = emails.iter().map(|e| e.to_lowercase()).collect();
    for chunk in folded.chunks(500) {
        let rows: Vec<Row> = suppressions::table
            .filter(suppressions::cabinet_id.eq(cabinet.to_string()))
            .filter(suppressions::address.eq_any(chunk))
            .select(Row::as_select())
            .load(conn)?;
        for row in rows {
            let entry = row.read()?;
            found.entry(entry.address.clone()).or_default().push(entry);
        }
    }
    for entries in found.values_mut() {
        entries.sort_by_key(|e| e.reason);
    }
    Ok(found)
}

/// Takes these reasons away from an address; answers how many stood there.
pub fn lift(conn: &mut Conn, cabinet: CabinetId, email: &str, reasons: &[SuppressionReason]) -> Result<usize> {
    diesel::delete(
        suppressions::table
            .filter(suppressions::cabinet_id.eq(cabinet.to_string()))
            .filter(suppressions::address.eq(email.to_lowercase()))
            .filter(suppressions::reason.eq_any(reasons.iter().map(|r| r.as_str()).collect::<Vec<_>>())),
    )
    .execute(conn)
}

/// Filters of the list; the values of one filter are alternatives.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub reasons: Vec<SuppressionReason>,
    pub words: Vec<String>,
}

/// Those of clients in sight: a dossier writes to the address, or a message about one went there.
fn in_sight<'a>(scope: &Scope) -> Query<'a> {
    let query = suppressions::table.filter(suppressions::cabinet_id.eq(scope.cabinet().to_string())).into_boxed();
    if all_in_sight(scope) {
        return query;
    }
    query.filter(seen(scope))
}

fn seen(scope: &Scope) -> Kept {
    const OF_DOSSIER: &str = "(suppressions.address IN (SELECT s.email FROM dossiers AS s WHERE s.id";
    const OF_MAIL: &str = " OR suppressions.mail_id IN (SELECT m.mail_id FROM mail_dossiers AS m WHERE m.dossier_id";
    names_one_in_sight(scope, OF_DOSSIER, ")").then(names_one_in_sight(scope, OF_MAIL, "))"))
}

fn filtered<'a>(scope: &Scope, filter: &Filter, with_reasons: bool) -> Query<'a> {
    let mut query = in_sight(scope);
    if with_reasons && !filter.reasons.is_empty() {
        query =
            query.filter(suppressions::reason.eq_any(filter.reasons.iter().map(|r| r.to_string()).collect::<Vec<_>>()));
    }
    for word in &filter.words {
        let word = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        query = query.filter(suppressions::address.like(format!("%{word}%")).escape('\\'));
    }
    query
}

/// Where a page goes on: time, address and reason of the last row.
pub type Place = (i64, String, String);

impl Suppression {
    /// For a reason that needs no words yet.
    pub fn new(address: &str, reason: SuppressionReason, at: DateTime<Utc>) -> Self {
        let (said, note, by_name) = (String::new(), String::new(), String::new());
        Self { address: address.to_lowercase(), reason, mail: None, said, note, by_name, at }
    }

    pub fn place(&self) -> Place {
        (to_db(self.at), self.address.clone(), self.reason.to_string())
    }
}

/// Entries in sight, the newest first, after a place.
pub fn list(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Suppression>> {
    let mut query = filtered(scope, filter, true);
    if let Some((at, address, reason)) = after {
        query = query.filter(
            suppressions::at.lt(at).or(suppressions::at.eq(at).and(
                suppressions::address
                    .gt(address.clone())
                    .or(suppressions::address.eq(address).and(suppressions::reason.gt(reason))),
            )),
        );
    }
    let rows: Vec<Row> = query
        .order((suppressions::at.desc(), suppressions::address, suppressions::reason))
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::read).collect()
}

/// How many there are by reason, whatever the filter of reasons says.
pub fn reasons(conn: &mut Conn, scope: &Scope, filter: &Filter) -> Result<BTreeMap<SuppressionReason, u64>> {
    let reasons: Vec<String> = filtered(scope, filter, false).select(suppressions::reason).load(conn)?;
    let mut counts = BTreeMap::new();
    for reason in reasons {
        *counts.entry(parsed(&reason)?).or_default() += 1;
    }
    Ok(counts)
}

/// What stands against one address, as far as the scope sees it.
pub fn of_address(conn: &mut Conn, scope: &Scope, email: &str) -> Result<Vec<Suppression>> {
    let rows: Vec<Row> = in_sight(scope)
        .filter(suppressions::address.eq(email.to_lowercase()))
        .order(suppressions::reason)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::read).collect()
}

/// Whether a dossier in sight writes to an address; whoever sees everything may name any.
pub fn is_in_sight(conn: &mut Conn, scope: &Scope, email: &str) -> Result<bool> {
    if all_in_sight(scope) {
        return Ok(true);
    }
    let of_one = dossiers::table
        .filter(dossiers::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(dossiers::email.eq(email.to_lowercase()))
        .filter(names_one_in_sight(scope, "dossiers.id", ""));
    diesel::select(diesel::dsl::exists(of_one)).get_result(conn)
}

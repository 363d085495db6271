//! The journal's rows. Appending needs the cabinet's lock (`dialect::lock_cabinet`), which holds the chain together.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, SecondsFormat, Utc};
use diesel::prelude::*;
use domain::journal::{Link, hash};
use domain::{CabinetId, UserId};

use crate::schema::{cabinets, journal, users};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

/// Who writes, when, in which request.
#[derive(Debug, Clone)]
pub struct Stamp {
    pub at: DateTime<Utc>,
    pub actor: Option<UserId>,
    pub request_id: String,
}

/// One write.
#[derive(Debug, Clone)]
pub struct Entry {
    /// `dossier.update`, `session.create`…
    pub action: &'static str,
    pub subject_kind: &'static str,
    pub subject_id: String,
    pub subject_label: String,
    /// `{"field": [before, after]}`.
    pub changes: serde_json::Value,
    /// The bulk act or import that the write belongs to.
    pub act_id: Option<String>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = journal, treat_none_as_default_value = false)]
pub struct Row {
    pub id: String,
    pub cabinet_id: String,
    pub seq: i64,
    pub at: i64,
    pub actor_id: String,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: String,
    pub subject_label: String,
    pub changes: String,
    pub request_id: String,
    pub act_id: String,
    pub hash: String,
}

impl Row {
    fn chained(&self, previous: &str) -> String {
        let at = from_db(self.at).to_rfc3339_opts(SecondsFormat::Micros, true);
        hash(&Link {
            previous,
            cabinet_id: &self.cabinet_id,
            seq: self.seq,
            at: &at,
            actor: &self.actor_id,
            action: &self.action,
            subject_kind: &self.subject_kind,
            subject_id: &self.subject_id,
            subject_label: &self.subject_label,
            changes: &self.changes,
            request_id: &self.request_id,
            act_id: &self.act_id,
        })
    }
}

/// Adds rows to the cabinet's chain, inside the transaction of the write that they tell.
pub fn append(conn: &mut Conn, cabinet: CabinetId, stamp: &Stamp, entries: &[Entry]) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let (mut seq, mut head) = dialect::lock_cabinet(conn, cabinet)?;
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        debug_assert!(domain::journal::ACTIONS.contains(&entry.action), "{} has no words yet", entry.action);
        seq += 1;
        let mut row = Row {
            id: crate::ids::fresh().to_string(),
            cabinet_id: cabinet.to_string(),
            seq,
            at: to_db(stamp.at),
            actor_id: stamp.actor.map(|a| a.to_string()).unwrap_or_default(),
            action: entry.action.to_owned(),
            subject_kind: entry.subject_kind.to_owned(),
            subject_id: entry.subject_id.clone(),
            subject_label: entry.subject_label.clone(),
            changes: entry.changes.to_string(),
            request_id: stamp.request_id.clone(),
            act_id: entry.act_id.clone().unwrap_or_default(),
            hash: String::new(),
        };
        row.hash = row.chained(&head);
        head.clone_from(&row.hash);
        rows.push(row);
    }
    dialect::insert_many!(conn, journal::table, &rows)?;
    diesel::update(cabinets::table.find(cabinet.to_string()))
        .set((cabinets::journal_seq.eq(seq), cabinets::journal_hash.eq(head)))
        .execute(conn)?;
    Ok(())
}

/// Filters of the journal.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub actor: Option<UserId>,
    /// An action or the part before its dot.
    pub action: Option<String>,
    pub subject_id: Option<String>,
    pub act_id: Option<String>,
    pub from: Option<DateTime<Utc>>,
    pub before: Option<DateTime<Utc>>,
    pub before_seq: Option<i64>,
}

/// A row with the name of who wrote it.
pub type NamedRow = (Row, Option<String>);

/// Rows of the scope's cabinet, newest first. The caller has the right to read the journal, or has seen the subject.
pub fn list(conn: &mut Conn, scope: &Scope, filter: &Filter, limit: i64) -> Result<Vec<NamedRow>> {
    let mut query = journal::table
        .left_join(users::table.on(users::id.eq(journal::actor_id)))
        .filter(journal::cabinet_id.eq(scope.cabinet().to_string()))
        .into_boxed();
    if let Some(actor) = filter.actor {
        query = query.filter(journal::actor_id.eq(actor.to_string()));
    }
    if let Some(action) = &filter.action {
        if action.contains('.') {
            query = query.filter(journal::action.eq(action.clone()));
        } else {
            // Between "dossier." and "dossier/": every action of that kind, by plain comparison.
            query =
                query.filter(journal::action.ge(format!("{action}."))).filter(journal::action.lt(format!("{action}/")));
        }
    }
    if let Some(id) = &filter.subject_id {
        query = query.filter(journal::subject_id.eq(id.clone()));
    }
    if let Some(id) = &filter.act_id {
        query = query.filter(journal::act_id.eq(id.clone()));
    }
    if let Some(from) = filter.from {
        query = query.filter(journal::at.ge(to_db(from)));
    }
    if let Some(before) = filter.before {
        query = query.filter(journal::at.lt(to_db(before)));
    }
    if let Some(seq) = filter.before_seq {
        query = query.filter(journal::seq.lt(seq));
    }
    query.order(journal::seq.desc()).limit(limit).select((Row::as_select(), users::name.nullable())).load(conn)
}

/// Every row of a subject, oldest first, each with the hash of the row before it in the chain. The caller has seen the
/// subject.
pub fn of_subject(conn: &mut Conn, scope: &Scope, subject: &str) -> Result<Vec<(NamedRow, String)>> {
    let cabinet = scope.cabinet().to_string();
    let rows: Vec<NamedRow> = journal::table
        .left_join(users::table.on(users::id.eq(journal::actor_id)))
        .filter(journal::cabinet_id.eq(&cabinet))
        .filter(journal::subject_id.eq(subject))
        .order(journal::seq.asc())
        .select((Row::as_select(), users::name.nullable()))
        .load(conn)?;
    let before: Vec<i64> = rows.iter().map(|(row, _)| row.seq - 1).collect();
    let mut hashes = HashMap::from([(0, domain::journal::GENESIS.to_owned())]);
    for chunk in before.chunks(500) {
        let found: Vec<(i64, String)> = journal::table
            .filter(journal::cabinet_id.eq(&cabinet))
            .filter(journal::seq.eq_any(chunk))
            .select((journal::seq, journal::hash))
            .load(conn)?;
        hashes.extend(found);
    }
    // A row that is missing leaves a gap that the page shows; `verify` says where.
    Ok(rows
        .into_iter()
        .map(|row| {
            let hash = hashes.get(&(row.0.seq - 1)).cloned().unwrap_or_default();
            (row, hash)
        })
        .collect())
}

/// Head of the chain: its number of rows and the hash of the last one.
pub fn head(conn: &mut Conn, scope: &Scope) -> Result<(i64, String)> {
    cabinets::table
        .find(scope.cabinet().to_string())
        .select((cabinets::journal_seq, cabinets::journal_hash))
        .first(conn)
}

/// What an act did to things of a kind, in the order of the chain, without what an undo of it did.
pub fn of_act(
    conn: &mut Conn,
    cabinet: CabinetId,
    act: &str,
    (subject_kind, undo_action): (&str, &str),
    after_seq: i64,
    limit: i64,
) -> Result<Vec<Row>> {
    journal::table
        .filter(journal::cabinet_id.eq(cabinet.to_string()))
        .filter(journal::act_id.eq(act))
        .filter(journal::subject_kind.eq(subject_kind))
        .filter(journal::action.ne(undo_action))
        .filter(journal::seq.gt(after_seq))
        .order(journal::seq.asc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn)
}

/// Things of a kind that were written after an act began, by anything else than the act and than these actions.
pub fn touched_since(
    conn: &mut Conn,
    cabinet: CabinetId,
    act: &str,
    (subject_kind, but): (&str, &[&str]),
) -> Result<HashSet<String>> {
    let of_cabinet = journal::table.filter(journal::cabinet_id.eq(cabinet.to_string()));
    let first: Option<i64> =
        of_cabinet.clone().filter(journal::act_id.eq(act)).select(diesel::dsl::min(journal::seq)).first(conn)?;
    let ids: Vec<String> = of_cabinet
        .filter(journal::seq.gt(first.unwrap_or(i64::MAX)))
        .filter(journal::act_id.ne(act))
        .filter(journal::subject_kind.eq(subject_kind))
        .filter(journal::action.ne_all(but))
        .select(journal::subject_id)
        .load(conn)?;
    Ok(ids.into_iter().collect())
}

/// What reading a cabinet's chain again found.
#[derive(Debug, Clone)]
pub struct ChainReport {
    pub cabinet_id: String,
    pub cabinet: String,
    pub rows: i64,
    /// First row that does not hold: its place, its id when it is there, and why.
    pub damaged: Option<(i64, Option<String>, String)>,
}

/// Reads every chain of the installation again, from its first row to its head.
pub fn verify(conn: &mut Conn) -> Result<Vec<ChainReport>> {
    let heads: Vec<(String, String, i64, String)> = cabinets::table
        .order(cabinets::created_at)
        .select((cabinets::id, cabinets::name, cabinets::journal_seq, cabinets::journal_hash))
        .load(conn)?;
    let mut reports = Vec::new();
    for (cabinet_id, cabinet, head_seq, head_hash) in heads {
        let (mut seq, mut head) = (0i64, domain::journal::GENESIS.to_owned());
        let mut damaged = None;
        'chain: loop {
            let rows: Vec<Row> = journal::table
                .filter(journal::cabinet_id.eq(&cabinet_id))
                .filter(journal::seq.gt(seq))
                .order(journal::seq.asc())
                .limit(2_000)
                .select(Row::as_select())
                .load(conn)?;
            let last = rows.len() < 2_000;
            for row in rows {
                if row.seq != seq + 1 {
                    damaged = Some((seq + 1, None, "the row is missing".to_owned()));
                    break 'chain;
                }
                if row.chained(&head) != row.hash {
                    damaged = Some((row.seq, Some(row.id), "the row does not match its hash".to_owned()));
                    break 'chain;
                }
                seq = row.seq;
                head = row.hash;
            }
            if last {
                break;
            }
        }
        if damaged.is_none() && seq != head_seq {
            damaged =
                Some((seq.min(head_seq) + 1, None, format!("the chain ends at row {seq}, its head says {head_seq}")));
        } else if damaged.is_none() && head != head_hash {
            damaged = Some((seq, None, "the last row is not the one that the head names".to_owned()));
        }
        reports.push(ChainReport { cabinet_id, cabinet, rows: seq, damaged });
    }
    Ok(reports)
}

//! Answers of clients, each beside the fact that it would become.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{CabinetId, DossierId, LinkId, ProposalId};

use crate::dossiers::{all_in_sight, names_one_in_sight};
use crate::people::parsed;
use crate::schema::{proposals, users};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope};

#[derive(Debug, Clone)]
pub struct Proposal {
    pub id: ProposalId,
    pub dossier: DossierId,
    pub link: Option<LinkId>,
    pub field: String,
    /// JSON.
    pub value: String,
    pub state: String,
    pub by_name: String,
    pub at: DateTime<Utc>,
    pub decided_by: Option<String>,
    pub decided_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = proposals, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    dossier_id: String,
    link_id: String,
    field: String,
    value: String,
    state: String,
    by_name: String,
    at: i64,
    decided_by: String,
    decided_at: Option<i64>,
}

type Named = (Row, Option<String>);

fn proposal((row, decided_by): Named) -> Result<Proposal> {
    Ok(Proposal {
        id: parsed(&row.id)?,
        dossier: parsed(&row.dossier_id)?,
        link: row.link_id.parse().ok(),
        field: row.field,
        value: row.value,
        state: row.state,
        by_name: row.by_name,
        at: from_db(row.at),
        decided_by,
        decided_at: row.decided_at.map(from_db),
    })
}

type Backend = <Conn as diesel::Connection>::Backend;

fn in_sight<'a>(scope: &Scope) -> proposals::BoxedQuery<'a, Backend> {
    let query = proposals::table.filter(proposals::cabinet_id.eq(scope.cabinet().to_string())).into_boxed();
    if all_in_sight(scope) { query } else { query.filter(names_one_in_sight(scope, "proposals.dossier_id", "")) }
}

/// Adds answers in one state. The caller has found their dossiers.
pub fn insert(conn: &mut Conn, cabinet: CabinetId, new: &[Proposal]) -> Result<()> {
    for p in new {
        diesel::insert_into(proposals::table)
            .values(Row {
                id: p.id.to_string(),
                cabinet_id: cabinet.to_string(),
                dossier_id: p.dossier.to_string(),
                link_id: p.link.map(|l| l.to_string()).unwrap_or_default(),
                field: p.field.clone(),
                value: p.value.clone(),
                state: p.state.clone(),
                by_name: p.by_name.clone(),
                at: to_db(p.at),
                decided_by: String::new(),
                decided_at: p.decided_at.map(to_db),
            })
            .execute(conn)?;
    }
    Ok(())
}

/// Puts what still waits for these fields of a dossier into another state: it was answered otherwise since.
pub fn replace(
    conn: &mut Conn,
    cabinet: CabinetId,
    dossier: DossierId,
    fields: &[String],
    now: DateTime<Utc>,
) -> Result<()> {
    diesel::update(
        proposals::table
            .filter(proposals::cabinet_id.eq(cabinet.to_string()))
            .filter(proposals::dossier_id.eq(dossier.to_string()))
            .filter(proposals::field.eq_any(fields))
            .filter(proposals::state.eq("pending")),
    )
    .set((proposals::state.eq("replaced"), proposals::decided_at.eq(Some(to_db(now)))))
    .execute(conn)?;
    Ok(())
}

/// Answers that wait, of these dossiers.
pub fn waiting(conn: &mut Conn, cabinet: CabinetId, dossiers: &[DossierId]) -> Result<Vec<Proposal>> {
    let ids: Vec<String> = dossiers.iter().map(ToString::to_string).collect();
    let rows: Vec<Row> = proposals::table
        .filter(proposals::cabinet_id.eq(cabinet.to_string()))
        .filter(proposals::dossier_id.eq_any(ids))
        .filter(proposals::state.eq("pending"))
        .order(proposals::id)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| proposal((row, None))).collect()
}

/// Answers in sight, the newest first, after a place.
pub fn list(
    conn: &mut Conn,
    scope: &Scope,
    states: &[String],
    dossier: Option<DossierId>,
    after: Option<String>,
    limit: i64,
) -> Result<Vec<Proposal>> {
    let mut query = in_sight(scope);
    if !states.is_empty() {
        query = query.filter(proposals::state.eq_any(states.to_vec()));
    }
    if let Some(dossier) = dossier {
        query = query.filter(proposals::dossier_id.eq(dossier.to_string()));
    }
    if let Some(after) = after {
        query = query.filter(proposals::id.lt(after));
    }
    let rows: Vec<Row> = query.order(proposals::id.desc()).limit(limit).select(Row::as_select()).load(conn)?;
    named(conn, scope, rows)
}

/// All that wait in sight, or those named, the oldest first.
pub fn chosen(conn: &mut Conn, scope: &Scope, ids: Option<&[ProposalId]>) -> Result<Vec<Proposal>> {
    let Some(ids) = ids else {
        let query = in_sight(scope).filter(proposals::state.eq("pending"));
        let rows: Vec<Row> = query.order(proposals::id).select(Row::as_select()).load(conn)?;
        return named(conn, scope, rows);
    };
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let query = in_sight(scope).filter(proposals::id.eq_any(ids));
        let rows: Vec<Row> = query.order(proposals::id).select(Row::as_select()).load(conn)?;
        found.extend(named(conn, scope, rows)?);
    }
    Ok(found)
}

fn named(conn: &mut Conn, scope: &Scope, rows: Vec<Row>) -> Result<Vec<Proposal>> {
    let mut ids: Vec<&String> = rows.iter().map(|r| &r.decided_by).filter(|id| !id.is_empty()).collect();
    ids.sort();
    ids.dedup();
    let people: Vec<(String, String)> = users::table
        .filter(users::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(users::id.eq_any(ids))
        .select((users::id, users::name))
        .load(conn)?;
    let people: std::collections::HashMap<String, String> = people.into_iter().collect();
    rows.into_iter()
        .map(|row| {
            let by = people.get(&row.decided_by).cloned();
            proposal((row, by))
        })
        .collect()
}

/// Decides answers that wait. Needs the cabinet's lock.
pub fn decide(conn: &mut Conn, scope: &Scope, ids: &[ProposalId], state: &str, now: DateTime<Utc>) -> Result<()> {
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        diesel::update(
            proposals::table
                .filter(proposals::cabinet_id.eq(scope.cabinet().to_string()))
                .filter(proposals::state.eq("pending"))
                .filter(proposals::id.eq_any(ids)),
        )
        .set((
            proposals::state.eq(state),
            proposals::decided_by.eq(scope.user().to_string()),
            proposals::decided_at.eq(Some(to_db(now))),
        ))
        .execute(conn)?;
    }
    Ok(())
}

/// How many wait, of the dossiers in sight.
pub fn pending(conn: &mut Conn, scope: &Scope) -> Result<u64> {
    let n: i64 = in_sight(scope).filter(proposals::state.eq("pending")).count().get_result(conn)?;
    Ok(u64::try_from(n).unwrap_or_default())
}

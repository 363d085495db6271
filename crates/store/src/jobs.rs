//! Jobs are rows: queued, leased to one worker, ended. A worker that dies loses its lease and another begins again.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use domain::{CabinetId, JobId};

use crate::schema::{imports, jobs, users};
use crate::time::to_db;
use crate::{Conn, Result, Scope};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = jobs, treat_none_as_default_value = false)]
pub struct Row {
    pub id: String,
    pub cabinet_id: String,
    pub kind: String,
    pub subject_id: String,
    pub state: String,
    pub done: i64,
    pub total: Option<i64>,
    pub attempts: i64,
    /// JSON array of texts.
    pub notes: String,
    pub problem: Option<String>,
    pub user_id: String,
    pub request_id: String,
    pub created_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub leased_by: Option<String>,
    pub lease_until: Option<i64>,
    pub cancelled: bool,
}

/// How long a worker keeps a job without saying that it lives.
pub const LEASE_SECONDS: i64 = 10;

pub fn enqueue(
    conn: &mut Conn,
    scope: &Scope,
    kind: &str,
    subject: &str,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<Row> {
    let row = Row {
        id: crate::ids::fresh().to_string(),
        cabinet_id: scope.cabinet().to_string(),
        kind: kind.to_owned(),
        subject_id: subject.to_owned(),
        state: "queued".to_owned(),
        done: 0,
        total: None,
        attempts: 0,
        notes: "[]".to_owned(),
        problem: None,
        user_id: scope.user().to_string(),
        request_id: request_id.to_owned(),
        created_at: to_db(now),
        started_at: None,
        ended_at: None,
        leased_by: None,
        lease_until: None,
        cancelled: false,
    };
    diesel::insert_into(jobs::table).values(&row).execute(conn)?;
    Ok(row)
}

pub fn find(conn: &mut Conn, scope: &Scope, id: JobId) -> Result<Row> {
    jobs::table
        .filter(jobs::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(jobs::id.eq(id.to_string()))
        .select(Row::as_select())
        .first(conn)
}

pub fn list(conn: &mut Conn, scope: &Scope, limit: i64) -> Result<Vec<Row>> {
    jobs::table
        .filter(jobs::cabinet_id.eq(scope.cabinet().to_string()))
        .order((jobs::created_at.desc(), jobs::id.desc()))
        .limit(limit)
        .select(Row::as_select())
        .load(conn)
}

/// Names of what jobs work on, by its id; those that are gone are left out.
pub fn labels(conn: &mut Conn, rows: &[Row]) -> Result<HashMap<String, String>> {
    let subjects: Vec<&String> = rows.iter().map(|row| &row.subject_id).collect();
    let found: Vec<(String, String)> =
        imports::table.filter(imports::id.eq_any(subjects)).select((imports::id, imports::filename)).load(conn)?;
    Ok(found.into_iter().collect())
}

/// A job that nobody works on: queued, or running with a lease that has run out. Inside a write transaction, so that
/// two workers never take the same one (on PostgreSQL the row is locked, and a locked one is skipped).
pub fn lease(conn: &mut Conn, worker: &str, now: DateTime<Utc>) -> Result<Option<Row>> {
    let until = to_db(now + Duration::seconds(LEASE_SECONDS));
    let at = to_db(now);
    // Two queries and not one, because each is typed for its database.
    macro_rules! due {
        () => {
            jobs::table
                .filter(jobs::state.eq("queued").or(jobs::state.eq("running").and(jobs::lease_until.lt(at))))
                .order((jobs::created_at, jobs::id))
                .limit(1)
                .select(Row::as_select())
        };
    }
    let found: Option<Row> = match conn {
        Conn::Sqlite(c) => due!().get_result(c).optional()?,
        Conn::Postgres(c) => due!().for_update().skip_locked().get_result(c).optional()?,
    };
    let Some(mut row) = found else { return Ok(None) };
    row.state = "running".to_owned();
    row.attempts += 1;
    row.leased_by = Some(worker.to_owned());
    row.lease_until = Some(until);
    row.started_at = Some(at);
    diesel::update(jobs::table.find(&row.id))
        .set((
            jobs::state.eq(&row.state),
            jobs::attempts.eq(row.attempts),
            jobs::leased_by.eq(&row.leased_by),
            jobs::lease_until.eq(row.lease_until),
            jobs::started_at.eq(row.started_at),
        ))
        .execute(conn)?;
    Ok(Some(row))
}

/// Whether a job waits for a worker.
pub fn any_due(conn: &mut Conn, now: DateTime<Utc>) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        jobs::table
            .filter(jobs::state.eq("queued").or(jobs::state.eq("running").and(jobs::lease_until.lt(to_db(now))))),
    ))
    .get_result(conn)
}

/// Says that the worker lives and how far it is. Answers whether the lease is still its own (else it must stop), and
/// whether somebody has asked to cancel.
pub fn renew(
    conn: &mut Conn,
    id: &str,
    worker: &str,
    done: i64,
    total: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(bool, bool)> {
    diesel::update(
        jobs::table.filter(jobs::id.eq(id)).filter(jobs::leased_by.eq(worker)).filter(jobs::state.eq("running")),
    )
    .set((
        jobs::lease_until.eq(to_db(now + Duration::seconds(LEASE_SECONDS))),
        jobs::done.eq(done),
        jobs::total.eq(total),
    ))
    .execute(conn)?;
    holds(conn, id, worker)
}

/// Gives a job back to the queue, as a server does that stops.
pub fn release(conn: &mut Conn, id: &str) -> Result<()> {
    diesel::update(jobs::table.find(id))
        .set((jobs::state.eq("queued"), jobs::leased_by.eq(None::<String>), jobs::lease_until.eq(None::<i64>)))
        .execute(conn)?;
    Ok(())
}

/// Whether this worker still holds the job, and nobody has asked to stop it.
pub fn holds(conn: &mut Conn, id: &str, worker: &str) -> Result<(bool, bool)> {
    let row: Option<(Option<String>, bool)> = jobs::table
        .find(id)
        .filter(jobs::state.eq("running"))
        .select((jobs::leased_by, jobs::cancelled))
        .first(conn)
        .optional()?;
    Ok(row.map_or((false, false), |(by, cancelled)| (by.as_deref() == Some(worker), cancelled)))
}

pub fn end(
    conn: &mut Conn,
    id: &str,
    state: &str,
    done: i64,
    total: Option<i64>,
    problem: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    diesel::update(jobs::table.find(id))
        .set((
            jobs::state.eq(state),
            jobs::done.eq(done),
            jobs::total.eq(total),
            jobs::problem.eq(problem),
            jobs::ended_at.eq(to_db(now)),
            jobs::lease_until.eq(None::<i64>),
            jobs::leased_by.eq(None::<String>),
        ))
        .execute(conn)?;
    Ok(())
}

pub fn set_notes(conn: &mut Conn, id: &str, notes: &str) -> Result<()> {
    diesel::update(jobs::table.find(id)).set(jobs::notes.eq(notes)).execute(conn)?;
    Ok(())
}

/// Asks a running job to stop; ends a queued one at once. Returns its new row.
pub fn cancel(conn: &mut Conn, scope: &Scope, id: JobId, now: DateTime<Utc>) -> Result<Row> {
    let row = find(conn, scope, id)?;
    match row.state.as_str() {
        "queued" => end(conn, &row.id, "cancelled", 0, row.total, None, now)?,
        "running" => {
            diesel::update(jobs::table.find(&row.id)).set(jobs::cancelled.eq(true)).execute(conn)?;
        }
        _ => {}
    }
    find(conn, scope, id)
}

/// The scope of the person who started a job, as that person's rights are now. Nothing when the person may not act any
/// more.
pub fn scope_of(conn: &mut Conn, row: &Row) -> Result<Option<Scope>> {
    let user: Option<(String, String, bool)> = users::table
        .find(&row.user_id)
        .filter(users::cabinet_id.eq(&row.cabinet_id))
        .select((users::role, users::access, users::active))
        .first(conn)
        .optional()?;
    let Some((role, access, true)) = user else { return Ok(None) };
    let read = || -> Option<(CabinetId, domain::UserId, domain::Role, domain::Access)> {
        Some((row.cabinet_id.parse().ok()?, row.user_id.parse().ok()?, role.parse().ok()?, access.parse().ok()?))
    };
    Ok(read().map(|(cabinet, user, role, access)| Scope::new(cabinet, user, role, access, Vec::new())))
}

/// Jobs by state, for the metrics.
pub fn counts(conn: &mut Conn) -> Result<Vec<(String, i64)>> {
    jobs::table.group_by(jobs::state).select((jobs::state, diesel::dsl::count_star())).load(conn)
}

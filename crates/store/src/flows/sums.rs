//! Sums of flows by client and month, and how long platforms take.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::CabinetId;
use domain::flow::{Flow, StatusStep};
use serde_json::{Value, json};

use super::{Stored, in_sight};
use crate::dossiers::{all_in_sight, names_one_in_sight};
use crate::kept::Kept;
use crate::mandates::{optional, written};
use crate::schema::{flow_months, flow_steps};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

/// What a sum counts by: client, platform, direction, first day of the month of issue (nothing while it is not known).
pub type MonthKey = (String, String, &'static str, Option<NaiveDate>);

/// A difference to a sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Month {
    pub flows: i64,
    pub rejected: i64,
    pub refused: i64,
    pub last_on: Option<NaiveDate>,
    pub last_at: i64,
}

/// Differences to the sums of a cabinet.
#[derive(Debug, Clone, Default)]
pub struct Months(BTreeMap<MonthKey, Month>);

fn key_of(flow: &Flow) -> MonthKey {
    let month = flow.issued_on.and_then(|day| chrono::Datelike::with_day(&day, 1));
    (flow.key.owner.clone(), flow.platform.clone(), flow.direction.as_str(), month)
}

const REJECTED: u32 = 213;
const REFUSED: u32 = 210;

impl Months {
    /// A flow left the state before and stands as it does after.
    pub fn moved(&mut self, before: Option<&Stored>, after: &Stored) {
        if let Some(before) = before {
            self.count(before, -1);
        }
        self.count(after, 1);
    }

    /// A flow is gone.
    pub fn left(&mut self, before: &Stored) {
        self.count(before, -1);
    }

    fn count(&mut self, flow: &Stored, sign: i64) {
        let month = self.0.entry(key_of(&flow.flow)).or_default();
        let code = flow.status.as_ref().and_then(|s| s.code);
        month.flows += sign;
        month.rejected += if code == Some(REJECTED) { sign } else { 0 };
        month.refused += if code == Some(REFUSED) { sign } else { 0 };
        if sign > 0 {
            month.last_on = month.last_on.max(flow.flow.issued_on);
            month.last_at = month.last_at.max(flow.status.as_ref().map_or(0, |s| to_db(s.at)));
        }
    }
}

/// Where flows of a client come and go: client, platform, direction.
pub type ChannelKey = (String, String, String);

/// Of the channels that gain flows by these differences, those that had none, or none issued so late. Before the
/// differences are added.
pub fn later_channels(conn: &mut Conn, cabinet: CabinetId, months: &Months) -> Result<HashSet<ChannelKey>> {
    let mut latest: BTreeMap<(&str, &str, &str), NaiveDate> = BTreeMap::new();
    for ((owner, platform, direction, _), month) in &months.0 {
        let Some(day) = month.last_on else { continue };
        let on = latest.entry((owner, platform, direction)).or_insert(day);
        *on = day.max(*on);
    }
    if latest.is_empty() {
        return Ok(HashSet::new());
    }
    // The sums of a channel lie side by side, so that each is one step down the index.
    let query: Kept<(Text, Text, Text)> = Kept::new("SELECT row.value ->> 0, row.value ->> 1, row.value ->> 2 FROM ");
    let query = match conn {
        Conn::Sqlite(_) => query.sql("json_each(").text(json!(rows_of(&latest)).to_string()).sql(") AS row"),
        Conn::Postgres(_) => {
            query.sql("json_array_elements(").text(json!(rows_of(&latest)).to_string()).sql("::json) AS row(value)")
        }
    };
    let query = query
        .sql(
            " WHERE row.value ->> 3 > COALESCE((SELECT MAX(m.last_on) FROM flow_months AS m WHERE m.owner = row.value ->> 0 \
             AND m.platform = row.value ->> 1 AND m.direction = row.value ->> 2 AND m.flows > 0 AND m.cabinet_id = ",
        )
        .text(cabinet.to_string())
        .sql("), '')");
    let rows: Vec<ChannelKey> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    Ok(rows.into_iter().collect())
}

fn rows_of(latest: &BTreeMap<(&str, &str, &str), NaiveDate>) -> Vec<Value> {
    latest.iter().map(|((owner, platform, direction), on)| json!([owner, platform, direction, on])).collect()
}

/// Adds differences to the stored sums. Needs the cabinet's lock.
pub fn add_months(conn: &mut Conn, cabinet: CabinetId, months: &Months) -> Result<()> {
    let rows: Vec<Value> = months
        .0
        .iter()
        .map(|((owner, platform, direction, month), m)| {
            json!([
                owner,
                platform,
                direction,
                written(*month),
                m.flows,
                m.rejected,
                m.refused,
                written(m.last_on),
                m.last_at
            ])
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO flow_months (cabinet_id, owner, platform, direction, month, flows, rejected, refused, last_on, last_at) \
         SELECT $1, row.value ->> 0, row.value ->> 1, row.value ->> 2, row.value ->> 3, CAST(row.value ->> 4 AS BIGINT), \
         CAST(row.value ->> 5 AS BIGINT), CAST(row.value ->> 6 AS BIGINT), row.value ->> 7, CAST(row.value ->> 8 AS BIGINT) \
         FROM {} WHERE TRUE ON CONFLICT (cabinet_id, owner, platform, direction, month) DO UPDATE SET \
         flows = flow_months.flows + excluded.flows, rejected = flow_months.rejected + excluded.rejected, \
         refused = flow_months.refused + excluded.refused, \
         last_on = CASE WHEN excluded.last_on > flow_months.last_on THEN excluded.last_on ELSE flow_months.last_on END, \
         last_at = CASE WHEN excluded.last_at > flow_months.last_at THEN excluded.last_at ELSE flow_months.last_at END",
        dialect::each_of(conn, "$2")
    );
    run(conn, sql, cabinet, &rows)
}

fn run(conn: &mut Conn, sql: String, cabinet: CabinetId, rows: &[Value]) -> Result<()> {
    let query = diesel::sql_query(sql).bind::<Text, _>(cabinet.to_string()).bind::<Text, _>(json!(rows).to_string());
    match conn {
        Conn::Sqlite(c) => query.execute(c),
        Conn::Postgres(c) => query.execute(c),
    }?;
    Ok(())
}

/// Forgets the sums of clients whose flows are gone with their dossier. Needs the cabinet's lock.
pub fn forget_months(conn: &mut Conn, cabinet: CabinetId, owners: &[String]) -> Result<()> {
    for chunk in owners.chunks(500) {
        let of_cabinet = flow_months::table.filter(flow_months::cabinet_id.eq(cabinet.to_string()));
        diesel::delete(of_cabinet.filter(flow_months::owner.eq_any(chunk))).execute(conn)?;
    }
    Ok(())
}

/// Differences to the counts of steps: platform, step.
#[derive(Debug, Clone, Default)]
pub struct Steps(BTreeMap<(String, StatusStep), i64>);

impl Steps {
    pub fn count(&mut self, platform: &str, steps: &[StatusStep], sign: i64) {
        for step in steps {
            *self.0.entry((platform.to_owned(), *step)).or_default() += sign;
        }
    }
}

/// Adds differences to the counts. Needs the cabinet's lock.
pub fn add_steps(conn: &mut Conn, cabinet: CabinetId, steps: &Steps) -> Result<()> {
    let rows: Vec<Value> = steps
        .0
        .iter()
        .filter(|(_, count)| **count != 0)
        .map(|((platform, step), count)| json!([platform, step.from, step.to, step.width, count]))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO flow_steps (cabinet_id, platform, from_status, to_status, width, flows) \
         SELECT $1, row.value ->> 0, CAST(row.value ->> 1 AS BIGINT), CAST(row.value ->> 2 AS BIGINT), \
         CAST(row.value ->> 3 AS BIGINT), CAST(row.value ->> 4 AS BIGINT) FROM {} WHERE TRUE \
         ON CONFLICT (cabinet_id, platform, from_status, to_status, width) DO UPDATE SET \
         flows = flow_steps.flows + excluded.flows",
        dialect::each_of(conn, "$2")
    );
    run(conn, sql, cabinet, &rows)
}

/// How many flows took how long (by width) from one status to another on a platform.
pub type Durations = BTreeMap<(String, u32, u32), BTreeMap<i64, i64>>;

/// Counts of the steps of platforms (of all when none is named), by platform, from, to.
pub fn steps(conn: &mut Conn, cabinet: CabinetId, platforms: Option<&[String]>) -> Result<Durations> {
    let mut query = flow_steps::table
        .filter(flow_steps::cabinet_id.eq(cabinet.to_string()))
        .filter(flow_steps::flows.gt(0))
        .into_boxed();
    if let Some(platforms) = platforms {
        query = query.filter(flow_steps::platform.eq_any(platforms));
    }
    let rows: Vec<(String, i64, i64, i64, i64)> = query
        .select((
            flow_steps::platform,
            flow_steps::from_status,
            flow_steps::to_status,
            flow_steps::width,
            flow_steps::flows,
        ))
        .load(conn)?;
    let mut found = Durations::new();
    let code = |n: i64| u32::try_from(n).unwrap_or_default();
    for (platform, from, to, width, flows) in rows {
        found.entry((platform, code(from), code(to))).or_default().insert(width, flows);
    }
    Ok(found)
}

/// The same whatever status followed.
pub fn widths(
    conn: &mut Conn,
    cabinet: CabinetId,
    platforms: Option<&[String]>,
) -> Result<BTreeMap<(String, u32), BTreeMap<i64, i64>>> {
    let mut all: BTreeMap<(String, u32), BTreeMap<i64, i64>> = BTreeMap::new();
    for ((platform, from, _), counts) in steps(conn, cabinet, platforms)? {
        let sum = all.entry((platform, from)).or_default();
        for (width, flows) in counts {
            *sum.entry(width).or_default() += flows;
        }
    }
    Ok(all)
}

/// What a platform carries of the clients in sight.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlatformVolume {
    pub clients: i64,
    pub flows: i64,
    pub last_at: Option<DateTime<Utc>>,
}

/// Platforms with flows in sight, from the sums.
pub fn volumes(conn: &mut Conn, scope: &Scope) -> Result<BTreeMap<String, PlatformVolume>> {
    let mut query: Kept<(Text, BigInt, BigInt, BigInt)> = Kept::new(
        "SELECT m.platform, COUNT(DISTINCT m.owner), CAST(SUM(m.flows) AS BIGINT), MAX(m.last_at) FROM flow_months AS m \
         WHERE m.flows > 0 AND m.cabinet_id = ",
    )
    .text(scope.cabinet().to_string());
    if !all_in_sight(scope) {
        query = query.sql(" AND (m.owner IN (SELECT own.siren FROM dossiers AS own WHERE own.cabinet_id = ");
        query = query.text(scope.cabinet().to_string());
        query = query.sql(" AND ").then(names_one_in_sight(scope, "own.id", "").retyped()).sql(")");
        if scope.sees_all() && scope.only().is_none() {
            query = query
                .sql(" OR NOT EXISTS (SELECT 1 FROM dossiers AS own WHERE own.siren = m.owner AND own.cabinet_id = ");
            query = query.text(scope.cabinet().to_string()).sql(")");
        }
        query = query.sql(")");
    }
    query = query.sql(" GROUP BY m.platform");
    let rows: Vec<(String, i64, i64, i64)> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    Ok(rows
        .into_iter()
        .map(|(platform, clients, flows, last)| {
            (platform, PlatformVolume { clients, flows, last_at: (last > 0).then(|| from_db(last)) })
        })
        .collect())
}

fn where_in_sight<ST>(mut query: Kept<ST>, scope: &Scope) -> Kept<ST> {
    for (i, condition) in in_sight(scope).into_iter().enumerate() {
        query = query.sql(if i == 0 { " WHERE " } else { " AND " }).then(condition.retyped());
    }
    query
}

/// A platform, a day of issue grouped by age, a code of the current status.
pub type Recent = (String, i64, i64, i64);

/// Flows in sight that were issued since the last of three days: platform, between which of the days (0 is the latest),
/// current code, how many.
pub fn last_issued(conn: &mut Conn, scope: &Scope, days: [NaiveDate; 3]) -> Result<Vec<Recent>> {
    let query: Kept<(Text, BigInt, BigInt, BigInt)> = Kept::new("SELECT flows.platform, CASE WHEN flows.issued_on >= ")
        .text(days[0].to_string())
        .sql(" THEN CAST(0 AS BIGINT) WHEN flows.issued_on >= ")
        .text(days[1].to_string())
        .sql(" THEN CAST(1 AS BIGINT) ELSE CAST(2 AS BIGINT) END, flows.status, COUNT(*) FROM flows");
    let query =
        where_in_sight(query, scope).sql(" AND flows.issued_on >= ").text(days[2].to_string()).sql(" GROUP BY 1, 2, 3");
    match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }
}

/// Flows in sight without news for longer than they should be, by platform.
pub fn stuck_by_platform(conn: &mut Conn, scope: &Scope, now: DateTime<Utc>) -> Result<BTreeMap<String, i64>> {
    let query: Kept<(Text, BigInt)> = Kept::new("SELECT flows.platform, COUNT(*) FROM flows");
    let query = where_in_sight(query, scope)
        .sql(" AND flows.stuck_at IS NOT NULL AND flows.stuck_at <= ")
        .number(to_db(now))
        .sql(" GROUP BY flows.platform");
    let rows: Vec<(String, i64)> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    Ok(rows.into_iter().collect())
}

/// Open anomalies that name a platform and show in sight.
pub fn open_anomalies(conn: &mut Conn, scope: &Scope) -> Result<BTreeMap<String, i64>> {
    let mut query: Kept<(Text, BigInt)> = Kept::new(
        "SELECT a.platform, COUNT(*) FROM anomalies AS a WHERE a.platform <> '' AND a.state NOT IN ('resolved', 'ignored') \
         AND a.cabinet_id = ",
    )
    .text(scope.cabinet().to_string());
    if !all_in_sight(scope) {
        let seen = if scope.sees_all() && scope.only().is_none() {
            names_one_in_sight(scope, "(o.dossier_id IS NULL OR o.dossier_id", ")")
        } else {
            names_one_in_sight(scope, "o.dossier_id", "")
        };
        query = query
            .sql(" AND EXISTS (SELECT 1 FROM occurrences AS o WHERE o.anomaly_id = a.id AND o.closed_at IS NULL AND ")
            .then(seen.retyped())
            .sql(")");
    }
    let query = query.sql(" GROUP BY a.platform");
    let rows: Vec<(String, i64)> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    Ok(rows.into_iter().collect())
}

/// One sum as it stands in its table: client, platform, direction, month; flows, rejected, refused.
pub type StoredMonth = (String, String, String, Option<NaiveDate>, [i64; 3]);

/// Every sum of a cabinet that counts something, for the check against the flows themselves.
pub fn stored(conn: &mut Conn, cabinet: CabinetId) -> Result<Vec<StoredMonth>> {
    let rows: Vec<(String, String, String, String, i64, i64, i64)> = flow_months::table
        .filter(flow_months::cabinet_id.eq(cabinet.to_string()))
        .filter(flow_months::flows.ne(0))
        .order((flow_months::owner, flow_months::platform, flow_months::direction, flow_months::month))
        .select((
            flow_months::owner,
            flow_months::platform,
            flow_months::direction,
            flow_months::month,
            flow_months::flows,
            flow_months::rejected,
            flow_months::refused,
        ))
        .load(conn)?;
    rows.into_iter().map(|(o, p, d, month, f, rej, r)| Ok((o, p, d, optional(&month)?, [f, rej, r]))).collect()
}

//! The few places where the two databases differ: locks, upserts and rows by the thousand, which diesel's
//! multi-connection does not have.

use std::borrow::Cow;
use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use domain::{CabinetId, UserId};

use crate::kept::Kept;
use crate::schema::cabinets;
use crate::{Conn, Result};

/// Takes the cabinet's row for this transaction: writes of one cabinet follow each other, which the journal's chain
/// and the stored sums rely on. On SQLite `BEGIN IMMEDIATE` has done so already. Returns the head of the chain.
pub fn lock_cabinet(conn: &mut Conn, cabinet: CabinetId) -> Result<(i64, String)> {
    let query = cabinets::table.find(cabinet.to_string()).select((cabinets::journal_seq, cabinets::journal_hash));
    match conn {
        Conn::Sqlite(c) => query.first(c),
        Conn::Postgres(c) => query.for_update().first(c),
    }
}

/// Writes many new rows of one table: `COPY` on PostgreSQL, where a statement of thousands of parameters costs more than
/// its rows; on SQLite one prepared insert again and again: a statement of many rows is prepared anew each time, and notes
/// every page before it changes it, in case one of its rows should fail.
macro_rules! insert_many {
    ($conn:expr, $table:expr, $rows:expr) => {{
        let rows = $rows;
        match $conn {
            $crate::Conn::Sqlite(c) => rows.iter().try_for_each(|row| {
                diesel::insert_into($table).values(row).execute(c)?;
                Ok::<(), $crate::Error>(())
            }),
            $crate::Conn::Postgres(c) if !rows.is_empty() => {
                diesel::copy_from($table).from_insertable(rows).execute(c).map(drop)
            }
            $crate::Conn::Postgres(_) => Ok(()),
        }
    }};
}
pub(crate) use insert_many;

/// A query for columns of the cabinet's rows `d` whose column has one of the values, each looked up once by the index of
/// the column. A plain list of alternatives is left to the planner, and PostgreSQL, which knows little of a table that
/// an import fills at this moment, reads the whole table for it.
pub fn look_up<ST>(
    conn: &Conn,
    columns: impl Into<Cow<'static, str>>,
    table: &'static str,
    cabinet: CabinetId,
    column: &'static str,
    values: &[String],
) -> Kept<ST> {
    let values: BTreeSet<&String> = values.iter().collect();
    let values = serde_json::json!(values).to_string();
    let select = Kept::new("SELECT ").sql(columns);
    match conn {
        // The order of a cross join is not the planner’s to choose.
        Conn::Sqlite(_) => select
            .sql(" FROM json_each(")
            .text(values)
            .sql(format!(") AS wanted CROSS JOIN {table} AS d ON d.{column} = wanted.value AND d.cabinet_id = "))
            .text(cabinet.to_string()),
        // The offset keeps the planner from turning the look-up into a join of its own. A plan kept from the time when an
        // import had written nothing yet would read all dossiers of the cabinet for each value.
        Conn::Postgres(_) => select
            .fresh()
            .sql(" FROM json_array_elements_text(")
            .text(values)
            .sql("::json) AS wanted(value) CROSS JOIN LATERAL (SELECT * FROM ")
            .sql(format!("{table} WHERE {column} = wanted.value AND cabinet_id = "))
            .text(cabinet.to_string())
            .sql(" OFFSET 0) AS d"),
    }
}

/// The rows are of the cabinet, where they are found by something else: as an expression, so that neither planner reads all
/// rows of the cabinet instead of looking some of them up. SQLite takes ten rows for a cabinet's, and PostgreSQL knows
/// little of a table that an import fills at this moment.
pub fn and_of(column: &'static str, cabinet: CabinetId) -> Kept {
    Kept::new("(").sql(column).sql(" || '') = ").text(cabinet.to_string())
}

/// The items of a JSON array that a parameter holds, each as `row.value`.
pub fn each_of(conn: &Conn, parameter: &str) -> String {
    match conn {
        Conn::Sqlite(_) => format!("json_each({parameter}) AS row"),
        Conn::Postgres(_) => format!("json_array_elements({parameter}::json) AS row(value)"),
    }
}

/// Writes the sums of one portfolio.
pub fn upsert_sums(conn: &mut Conn, cabinet: CabinetId, portfolio: &str, confidential: bool, data: &str) -> Result<()> {
    let sql = "INSERT INTO sums (cabinet_id, portfolio_id, confidential, data) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (cabinet_id, portfolio_id, confidential) DO UPDATE SET data = excluded.data";
    let cabinet = cabinet.to_string();
    macro_rules! run {
        ($c:expr) => {
            diesel::sql_query(sql)
                .bind::<Text, _>(&cabinet)
                .bind::<Text, _>(portfolio)
                .bind::<Bool, _>(confidential)
                .bind::<Text, _>(data)
                .execute($c)
        };
    }
    match conn {
        Conn::Sqlite(c) => run!(c),
        Conn::Postgres(c) => run!(c),
    }?;
    Ok(())
}

/// Writes where a cabinet is with what others should see.
pub fn upsert_pulse(conn: &mut Conn, cabinet: CabinetId, beat: i64, recent: &str) -> Result<()> {
    let sql = "INSERT INTO pulses (cabinet_id, beat, recent) VALUES ($1, $2, $3) \
               ON CONFLICT (cabinet_id) DO UPDATE SET beat = excluded.beat, recent = excluded.recent";
    let cabinet = cabinet.to_string();
    macro_rules! run {
        ($c:expr) => {
            diesel::sql_query(sql).bind::<Text, _>(&cabinet).bind::<BigInt, _>(beat).bind::<Text, _>(recent).execute($c)
        };
    }
    match conn {
        Conn::Sqlite(c) => run!(c),
        Conn::Postgres(c) => run!(c),
    }?;
    Ok(())
}

/// Remembers what a person wants to be told of.
pub fn upsert_notification_settings(conn: &mut Conn, user: UserId, data: &str) -> Result<()> {
    let sql = "INSERT INTO notification_settings (user_id, data) VALUES ($1, $2) \
               ON CONFLICT (user_id) DO UPDATE SET data = excluded.data";
    let user = user.to_string();
    macro_rules! run {
        ($c:expr) => {
            diesel::sql_query(sql).bind::<Text, _>(&user).bind::<Text, _>(data).execute($c)
        };
    }
    match conn {
        Conn::Sqlite(c) => run!(c),
        Conn::Postgres(c) => run!(c),
    }?;
    Ok(())
}

/// Remembers how the columns of a source were read.
pub fn upsert_mapping(conn: &mut Conn, cabinet: CabinetId, fingerprint: &str, mapping: &str, now: i64) -> Result<()> {
    let sql = "INSERT INTO import_mappings (cabinet_id, fingerprint, mapping, updated_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (cabinet_id, fingerprint) DO UPDATE SET mapping = excluded.mapping, updated_at = excluded.updated_at";
    let cabinet = cabinet.to_string();
    macro_rules! run {
        ($c:expr) => {
            diesel::sql_query(sql)
                .bind::<Text, _>(&cabinet)
                .bind::<Text, _>(fingerprint)
                .bind::<Text, _>(mapping)
                .bind::<BigInt, _>(now)
                .execute($c)
        };
    }
    match conn {
        Conn::Sqlite(c) => run!(c),
        Conn::Postgres(c) => run!(c),
    }?;
    Ok(())
}

/// Whether the database refused a duplicate.
pub fn is_duplicate(error: &crate::Error) -> bool {
    matches!(error, crate::Error::DatabaseError(diesel::result::DatabaseErrorKind::UniqueViolation, _))
}

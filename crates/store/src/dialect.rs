//! The few places where the two databases differ: locks and upserts, which diesel's multi-connection does not have.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use domain::CabinetId;

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

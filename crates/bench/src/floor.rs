//! Floors of the import: the rows that it left, written again as plainly as each database can.

use std::path::Path;
use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use rusqlite::types::Value;

fn text(e: impl std::fmt::Display) -> String {
    e.to_string()
}

/// Seconds of prepared inserts into the same schema, in one transaction: dossiers with their journal rows, and
/// dossiers alone.
pub fn sqlite(url: &str, path: &Path) -> Result<(f64, f64), String> {
    let from = rusqlite::Connection::open(url.trim_start_matches("sqlite:")).map_err(text)?;
    let schema: Vec<String> = from
        .prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid")
        .and_then(|mut s| s.query_map([], |r| r.get(0))?.collect())
        .map_err(text)?;
    let mut to = rusqlite::Connection::open(path).map_err(text)?;
    to.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
        .map_err(text)?;
    for sql in schema {
        to.execute_batch(&sql).map_err(text)?;
    }
    copy(&from, &mut to, &[("cabinets", "")])?;
    let dossiers = copy(&from, &mut to, &[("dossiers", "")])?;
    to.execute_batch("DELETE FROM dossiers").map_err(text)?;
    let both = copy(&from, &mut to, &[("dossiers", ""), ("journal", "WHERE subject_kind = 'dossier'")])?;
    Ok((both, dossiers))
}

fn copy(from: &rusqlite::Connection, to: &mut rusqlite::Connection, tables: &[(&str, &str)]) -> Result<f64, String> {
    let mut loaded = Vec::new();
    for (table, only) in tables {
        let mut select = from.prepare(&format!("SELECT * FROM {table} {only}")).map_err(text)?;
        let width = select.column_count();
        let rows: Vec<Vec<Value>> = select
            .query_map([], |row| (0..width).map(|i| row.get(i)).collect())
            .and_then(Iterator::collect)
            .map_err(text)?;
        let places = vec!["?"; width].join(", ");
        loaded.push((format!("INSERT INTO {table} VALUES ({places})"), rows));
    }
    let begin = Instant::now();
    let transaction = to.transaction().map_err(text)?;
    for (sql, rows) in &loaded {
        let mut insert = transaction.prepare(sql).map_err(text)?;
        for row in rows {
            insert.execute(rusqlite::params_from_iter(row)).map_err(text)?;
        }
    }
    transaction.commit().map_err(text)?;
    Ok(begin.elapsed().as_secs_f64())
}

/// A database of its own in the cluster; answers its URL.
pub fn new_postgres(cluster: &str, name: &str) -> Result<String, String> {
    let mut conn = PgConnection::establish(cluster).map_err(text)?;
    conn.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).map_err(text)?;
    conn.batch_execute(&format!("CREATE DATABASE {name}")).map_err(text)?;
    let (server, _) = cluster.rsplit_once('/').ok_or("the cluster's URL names no database")?;
    Ok(format!("{server}/{name}"))
}

/// Seconds of `COPY` of the same rows into tables of the same form.
pub fn postgres(url: &str) -> Result<(f64, f64), String> {
    let mut conn = PgConnection::establish(url).map_err(text)?;
    conn.batch_execute(
        "CREATE TABLE floor_dossiers (LIKE dossiers INCLUDING ALL); CREATE TABLE floor_journal (LIKE journal INCLUDING ALL);",
    )
    .map_err(text)?;
    #[derive(QueryableByName)]
    struct Folder {
        #[diesel(sql_type = Text)]
        folder: String,
    }
    // The server writes and reads the files itself, in its own folder.
    let folder = diesel::sql_query("SELECT current_setting('data_directory') AS folder")
        .get_result::<Folder>(&mut conn)
        .map_err(text)?
        .folder;
    conn.batch_execute(&format!(
        "COPY dossiers TO '{folder}/bench_dossiers'; COPY (SELECT * FROM journal WHERE subject_kind = 'dossier') TO '{folder}/bench_journal';"
    ))
    .map_err(text)?;
    let begin = Instant::now();
    conn.batch_execute(&format!("COPY floor_dossiers FROM '{folder}/bench_dossiers'")).map_err(text)?;
    let dossiers = begin.elapsed().as_secs_f64();
    conn.batch_execute("TRUNCATE floor_dossiers").map_err(text)?;
    let begin = Instant::now();
    conn.batch_execute(&format!(
        "BEGIN; COPY floor_dossiers FROM '{folder}/bench_dossiers'; COPY floor_journal FROM '{folder}/bench_journal'; COMMIT;"
    ))
    .map_err(text)?;
    Ok((begin.elapsed().as_secs_f64(), dossiers))
}

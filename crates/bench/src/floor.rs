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
    let (from, mut to) = beside(url, path)?;
    copy(&from, &mut to, &[("cabinets", "")])?;
    let dossiers = copy(&from, &mut to, &[("dossiers", "")])?;
    to.execute_batch("DELETE FROM dossiers").map_err(text)?;
    let both = copy(&from, &mut to, &[("dossiers", ""), ("journal", "WHERE subject_kind = 'dossier'")])?;
    Ok((both, dossiers))
}

/// A database, and an empty one of the same schema beside it.
fn beside(url: &str, path: &Path) -> Result<(rusqlite::Connection, rusqlite::Connection), String> {
    let from = rusqlite::Connection::open(url.trim_start_matches("sqlite:")).map_err(text)?;
    let schema: Vec<String> = from
        .prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid")
        .and_then(|mut s| s.query_map([], |r| r.get(0))?.collect())
        .map_err(text)?;
    let to = rusqlite::Connection::open(path).map_err(text)?;
    to.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
        .map_err(text)?;
    for sql in schema {
        to.execute_batch(&sql).map_err(text)?;
    }
    Ok((from, to))
}

/// Seconds of prepared inserts of flows and their histories into the same schema, in one transaction. They are read piece
/// by piece, for they do not fit into memory; only the inserts count.
pub fn sqlite_flows(url: &str, path: &Path) -> Result<f64, String> {
    let (from, mut to) = beside(url, path)?;
    to.execute_batch("PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY;").map_err(text)?;
    copy(&from, &mut to, &[("cabinets", ""), ("dossiers", "")])?;
    let mut taken = 0.0;
    let transaction = to.transaction().map_err(text)?;
    for table in ["flows", "flow_events"] {
        let mut select = from.prepare(&format!("SELECT * FROM {table}")).map_err(text)?;
        let width = select.column_count();
        let places = vec!["?"; width].join(", ");
        let mut insert = transaction.prepare(&format!("INSERT INTO {table} VALUES ({places})")).map_err(text)?;
        let mut rows = select.query([]).map_err(text)?;
        loop {
            let mut piece: Vec<Vec<Value>> = Vec::with_capacity(PIECE);
            while piece.len() < PIECE {
                let Some(row) = rows.next().map_err(text)? else { break };
                piece.push((0..width).map(|i| row.get(i)).collect::<Result<_, _>>().map_err(text)?);
            }
            let begin = Instant::now();
            for row in &piece {
                insert.execute(rusqlite::params_from_iter(row)).map_err(text)?;
            }
            taken += begin.elapsed().as_secs_f64();
            if piece.len() < PIECE {
                break;
            }
        }
    }
    let begin = Instant::now();
    transaction.commit().map_err(text)?;
    Ok(taken + begin.elapsed().as_secs_f64())
}

const PIECE: usize = 20_000;

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
    let folder = folder_of(&mut conn)?;
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

/// Where the server writes and reads files itself: its own folder.
fn folder_of(conn: &mut PgConnection) -> Result<String, String> {
    #[derive(QueryableByName)]
    struct Folder {
        #[diesel(sql_type = Text)]
        folder: String,
    }
    let folder = diesel::sql_query("SELECT current_setting('data_directory') AS folder");
    Ok(folder.get_result::<Folder>(conn).map_err(text)?.folder)
}

/// Seconds of `COPY` of flows and their histories into tables of the same form, which refer to the same rows.
pub fn postgres_flows(url: &str) -> Result<f64, String> {
    let mut conn = PgConnection::establish(url).map_err(text)?;
    let folder = folder_of(&mut conn)?;
    conn.batch_execute(&format!(
        "CREATE TABLE floor_flows (LIKE flows INCLUDING ALL, FOREIGN KEY (cabinet_id) REFERENCES cabinets (id), \
         FOREIGN KEY (dossier_id) REFERENCES dossiers (id)); \
         CREATE TABLE floor_events (LIKE flow_events INCLUDING ALL, FOREIGN KEY (flow_id) REFERENCES floor_flows (id)); \
         COPY flows TO '{folder}/bench_flows'; COPY flow_events TO '{folder}/bench_events';"
    ))
    .map_err(text)?;
    let begin = Instant::now();
    conn.batch_execute(&format!(
        "BEGIN; COPY floor_flows FROM '{folder}/bench_flows'; COPY floor_events FROM '{folder}/bench_events'; COMMIT;"
    ))
    .map_err(text)?;
    let taken = begin.elapsed().as_secs_f64();
    conn.batch_execute("DROP TABLE floor_events; DROP TABLE floor_flows;").map_err(text)?;
    Ok(taken)
}

//! Looking after a database: is it whole, a copy of it, and whether somebody holds it.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{QueryableByName, sql_query};

use crate::connection::{Conn, OpenError, Store};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Violation {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "table")]
    from: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    rowid: Option<i64>,
    #[diesel(sql_type = Text)]
    parent: String,
}

/// Connections of the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    pub open: u32,
    pub idle: u32,
}

fn say(what: &str) -> impl Fn(diesel::result::Error) -> OpenError + '_ {
    move |e| OpenError(format!("{what}: {e}"))
}

/// A path as an SQL text.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "''"))
}

fn open_file(path: &Path) -> Result<SqliteConnection, OpenError> {
    if !path.is_file() {
        return Err(OpenError(format!("there is no file {}", path.display())));
    }
    SqliteConnection::establish(&path.display().to_string())
        .map_err(|e| OpenError(format!("cannot open {}: {e}", path.display())))
}

fn integrity(conn: &mut SqliteConnection) -> Result<Vec<String>, OpenError> {
    let lines = sql_query("SELECT integrity_check AS line FROM pragma_integrity_check")
        .load::<Line>(conn)
        .map_err(say("cannot check the database"))?;
    Ok(lines.into_iter().map(|l| l.line).filter(|l| l != "ok").collect())
}

impl Store {
    pub fn pool_state(&self) -> PoolState {
        let state = self.pool().state();
        PoolState { open: state.connections, idle: state.idle_connections }
    }

    /// Largest number of connections.
    pub fn connections(&self) -> u32 {
        self.pool().max_size()
    }

    /// Whether the database answers.
    pub fn answers(&self) -> Result<(), OpenError> {
        let mut conn = self.conn().map_err(say("the database does not answer"))?;
        conn.batch_execute("SELECT 1").map_err(say("the database does not answer"))
    }

    /// What is damaged in the file, in SQLite's words. PostgreSQL looks after its own pages: nothing to tell.
    pub fn damages(&self) -> Result<Vec<String>, OpenError> {
        let mut conn = self.conn().map_err(say("cannot reach the database"))?;
        match &mut *conn {
            Conn::Sqlite(c) => integrity(c),
            Conn::Postgres(_) => Ok(Vec::new()),
        }
    }

    /// Rows that refer to a row that is gone. PostgreSQL never lets one exist.
    pub fn orphans(&self) -> Result<Vec<String>, OpenError> {
        let mut conn = self.conn().map_err(say("cannot reach the database"))?;
        let Conn::Sqlite(c) = &mut *conn else {
            return Ok(Vec::new());
        };
        let found = sql_query("SELECT \"table\", rowid, parent FROM pragma_foreign_key_check LIMIT 100")
            .load::<Violation>(c)
            .map_err(say("cannot check the references"))?;
        let line = |v: Violation| match v.rowid {
            Some(row) => format!("row {row} of {} refers to a missing row of {}", v.from, v.parent),
            None => format!("a row of {} refers to a missing row of {}", v.from, v.parent),
        };
        Ok(found.into_iter().map(line).collect())
    }

    /// Writes a copy of a SQLite database to a new file while others work in it.
    pub fn copy_to(&self, target: &Path) -> Result<(), OpenError> {
        let mut conn = self.conn().map_err(say("cannot reach the database"))?;
        let Conn::Sqlite(c) = &mut *conn else {
            return Err(OpenError("only a SQLite database is one file that can be copied".to_owned()));
        };
        c.batch_execute(&format!("VACUUM INTO {}", quoted(target)))
            .map_err(|e| OpenError(format!("cannot write {}: {e}", target.display())))
    }
}

/// Reads a SQLite file whole: it must be undamaged and hold our tables.
pub fn check_copy(path: &Path) -> Result<(), OpenError> {
    let mut conn = open_file(path)?;
    let foreign = |e: diesel::result::Error| OpenError(format!("{} is not a SQLite database ({e})", path.display()));
    let tables = sql_query(
        "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name IN ('cabinets', 'dossiers', '__diesel_schema_migrations')",
    )
    .load::<Line>(&mut conn)
    .map_err(foreign)?;
    if tables.len() < 3 {
        return Err(OpenError(format!("{} is a SQLite database, but not one of CabReady", path.display())));
    }
    let damages = integrity(&mut conn)?;
    match damages.first() {
        None => Ok(()),
        Some(first) => Err(OpenError(format!("{} is damaged: {first}", path.display()))),
    }
}

/// Puts a copy of `source` at `target`. The caller has checked the source, and that `target` may go.
pub fn put_in_place(source: &Path, target: &Path) -> Result<(), OpenError> {
    let io = |e: std::io::Error| OpenError(format!("cannot write {}: {e}", target.display()));
    let beside = |suffix: &str| {
        let mut name = target.as_os_str().to_owned();
        name.push(suffix);
        std::path::PathBuf::from(name)
    };
    if let Some(folder) = target.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(io)?;
    }
    let fresh = beside(".restoring");
    remove_if_there(&fresh).map_err(io)?;
    // Through SQLite and not as bytes: what still stands in the write-ahead log of the source comes along.
    open_file(source)?
        .batch_execute(&format!("VACUUM INTO {}", quoted(&fresh)))
        .map_err(|e| OpenError(format!("cannot copy {}: {e}", source.display())))?;
    std::fs::File::open(&fresh).and_then(|f| f.sync_all()).map_err(io)?;
    // The log of the old database would be played into the new one.
    for suffix in ["-wal", "-shm", "-journal"] {
        remove_if_there(&beside(suffix)).map_err(io)?;
    }
    std::fs::rename(&fresh, target).map_err(io)
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// Whether another process has the SQLite file open: every connection holds a shared lock on it in WAL mode, so taking
/// it alone fails then.
pub fn is_held(path: &Path) -> Result<bool, OpenError> {
    let mut conn = open_file(path)?;
    let alone =
        conn.batch_execute("PRAGMA busy_timeout = 200; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK;");
    match alone {
        Ok(()) => Ok(false),
        Err(diesel::result::Error::DatabaseError(_, info)) if info.message().contains("locked") => Ok(true),
        // Not a database, or damaged: nobody works in it.
        Err(_) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::DatabaseUrl;

    fn store(path: &Path) -> Store {
        let url: DatabaseUrl = format!("sqlite:{}", path.display()).parse().unwrap();
        Store::open(&url, 2).unwrap()
    }

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("cabready-upkeep-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_copy_is_whole_and_goes_back_in_place() {
        let folder = folder("copy");
        let (original, copy, back) =
            (folder.join("a.sqlite"), folder.join("it's a copy.sqlite"), folder.join("b.sqlite"));
        let first = store(&original);
        first.migrate().unwrap();
        first.copy_to(&copy).unwrap();
        assert!(first.copy_to(&copy).is_err(), "an existing file is never overwritten");
        check_copy(&copy).unwrap();
        put_in_place(&copy, &back).unwrap();
        let second = store(&back);
        assert!(second.pending_migrations().unwrap().is_empty());
        assert!(second.damages().unwrap().is_empty() && second.orphans().unwrap().is_empty());
        drop((first, second));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_not_ours_is_refused_with_the_reason() {
        let folder = folder("foreign");
        let text = folder.join("text.sqlite");
        std::fs::write(&text, "not a database, but long enough to look like a file of some kind or other").unwrap();
        assert!(check_copy(&text).unwrap_err().0.contains("not a SQLite database"));
        let other = folder.join("other.sqlite");
        SqliteConnection::establish(&other.display().to_string()).unwrap().batch_execute("CREATE TABLE t (a)").unwrap();
        assert!(check_copy(&other).unwrap_err().0.contains("not one of CabReady"));
        assert!(check_copy(&folder.join("none")).unwrap_err().0.contains("there is no file"));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_open_database_is_held() {
        let folder = folder("held");
        let path = folder.join("a.sqlite");
        let open = store(&path);
        open.migrate().unwrap();
        assert!(is_held(&path).unwrap());
        drop(open);
        // The pool closes its connections on its own thread.
        let free = (0..100).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            !is_held(&path).unwrap()
        });
        assert!(free);
        std::fs::remove_dir_all(folder).unwrap();
    }
}

//! Connections: the URL's scheme chooses the database, a pool hands connections out, one helper starts every write.

use std::cell::Cell;
use std::str::FromStr;
use std::time::Duration;

use diesel::connection::{
    AnsiTransactionManager, Instrumentation, InstrumentationEvent, SimpleConnection, TransactionManager,
};
use diesel::r2d2::{self, ConnectionManager, CustomizeConnection, Pool, PooledConnection};
use diesel::{Connection, MultiConnection, PgConnection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// A connection to either database.
#[derive(MultiConnection)]
pub enum Conn {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// `sqlite:PATH` or `postgres://…`; anything else is refused, because a wrong word would otherwise become the name of a
/// new, empty SQLite file.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    backend: Backend,
    target: String,
}

impl DatabaseUrl {
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Path of the SQLite file.
    pub fn sqlite_path(&self) -> Option<&str> {
        (self.backend == Backend::Sqlite).then_some(self.target.as_str())
    }

    /// What diesel and libpq take.
    pub fn target(&self) -> &str {
        &self.target
    }
}

impl std::fmt::Debug for DatabaseUrl {
    // The URL may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.backend {
            Backend::Sqlite => write!(f, "sqlite:{}", self.target),
            Backend::Postgres => f.write_str("postgres://…"),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let expected = "expected sqlite:PATH (such as sqlite:./data/cabready.sqlite) or postgres://user:password@host:5432/database";
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path == ":memory:" {
                return Err(format!("the SQLite database needs a file; {expected}"));
            }
            return Ok(Self { backend: Backend::Sqlite, target: path.to_owned() });
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self { backend: Backend::Postgres, target: url.to_owned() });
        }
        let scheme: String = url.chars().take_while(|c| *c != ':').take(20).collect();
        Err(format!("unknown database scheme « {scheme} »; {expected}"))
    }
}

/// Why a database could not be opened, in words that tell the fix.
#[derive(Debug)]
pub struct OpenError(pub String);

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OpenError {}

#[derive(Debug)]
struct Setup;

impl CustomizeConnection<Conn, r2d2::Error> for Setup {
    fn on_acquire(&self, conn: &mut Conn) -> Result<(), r2d2::Error> {
        match conn {
            Conn::Sqlite(c) => {
                c.set_instrumentation(Turns::default());
                c.batch_execute(SQLITE_SETUP).map_err(r2d2::Error::QueryError)
            }
            Conn::Postgres(c) => c.batch_execute("SET TIME ZONE 'UTC'").map_err(r2d2::Error::QueryError),
        }
    }
}

thread_local! {
    static GIVES_WAY: Cell<bool> = const { Cell::new(false) };
}

/// From now on, work of this thread that SQLite does for it gives way between statements to threads that wait for a core. By
/// itself a system hands a core over after milliseconds, of which a page takes less than one.
pub fn give_way() {
    GIVES_WAY.set(true);
}

/// Statements of a connection since others had their turn.
#[derive(Default)]
struct Turns(u32);

/// An import inserts row by row, in some microseconds each.
const STATEMENTS: u32 = 8;

impl Instrumentation for Turns {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if !matches!(event, InstrumentationEvent::StartQuery { .. }) || !GIVES_WAY.get() {
            return;
        }
        self.0 += 1;
        if self.0 >= STATEMENTS {
            self.0 = 0;
            std::thread::yield_now();
        }
    }
}

// A write waits for the writer before it, a large import included; NORMAL loses no committed transaction to a killed process in WAL mode.
// A large import changes the same pages of the indexes again and again: 128 MB of log before they are copied into the file, which
// whoever fills it waits for.
const SQLITE_SETUP: &str = "PRAGMA busy_timeout = 60000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
     PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 32000;";

// There is one writer at a time. What it changes stays in memory until it commits, and is given back then: with a cache as
// small as that of readers, pages of a large write would go to the log and come back several times.
const SQLITE_WRITES: &str = "PRAGMA cache_size = -32000; BEGIN IMMEDIATE";
const SQLITE_WROTE: &str = "PRAGMA cache_size = -16000";

/// The database of an installation.
#[derive(Clone)]
pub struct Store {
    url: DatabaseUrl,
    pool: Pool<ConnectionManager<Conn>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.url).finish()
    }
}

impl Store {
    /// Opens without touching the schema.
    pub fn open(url: &DatabaseUrl, connections: u32) -> Result<Self, OpenError> {
        if let Some(path) = url.sqlite_path()
            && let Some(folder) = std::path::Path::new(path).parent().filter(|f| !f.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(|e| {
                OpenError(format!("cannot create the folder of the database {}: {e}", folder.display()))
            })?;
        }
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(1))
            .test_on_check_out(url.backend == Backend::Postgres)
            .connection_timeout(Duration::from_secs(10))
            .connection_customizer(Box::new(Setup))
            .build(ConnectionManager::<Conn>::new(url.target()))
            .map_err(|e| OpenError(format!("cannot open the database {url:?}: {e}")))?;
        Ok(Self { url: url.clone(), pool })
    }

    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    pub(crate) fn pool(&self) -> &Pool<ConnectionManager<Conn>> {
        &self.pool
    }

    pub fn conn(&self) -> crate::Result<PooledConnection<ConnectionManager<Conn>>> {
        // To the caller an exhausted or broken pool is the database not answering.
        self.pool.get().map_err(|e| {
            diesel::result::Error::DatabaseError(
                diesel::result::DatabaseErrorKind::UnableToSendCommand,
                Box::new(e.to_string()),
            )
        })
    }

    /// Brings the schema up to date; returns the names of the migrations that ran.
    pub fn migrate(&self) -> Result<Vec<String>, OpenError> {
        let mut conn = self.conn().map_err(|e| OpenError(format!("cannot reach the database: {e}")))?;
        let ran = match &mut *conn {
            Conn::Sqlite(c) => c.run_pending_migrations(SQLITE_MIGRATIONS).map(|v| names(&v)),
            Conn::Postgres(c) => c.run_pending_migrations(POSTGRES_MIGRATIONS).map(|v| names(&v)),
        };
        ran.map_err(|e| OpenError(format!("a migration failed, nothing of it was applied: {e}")))
    }

    /// Migrations that this program knows and the database lacks.
    pub fn pending_migrations(&self) -> Result<Vec<String>, OpenError> {
        use diesel::migration::Migration;
        let mut conn = self.conn().map_err(|e| OpenError(format!("cannot reach the database: {e}")))?;
        let pending = match &mut *conn {
            Conn::Sqlite(c) => {
                c.pending_migrations(SQLITE_MIGRATIONS).map(|v| v.iter().map(|m| m.name().to_string()).collect())
            }
            Conn::Postgres(c) => {
                c.pending_migrations(POSTGRES_MIGRATIONS).map(|v| v.iter().map(|m| m.name().to_string()).collect())
            }
        };
        pending.map_err(|e| OpenError(format!("cannot read the migrations of the database: {e}")))
    }
}

fn names(versions: &[diesel::migration::MigrationVersion<'_>]) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}

impl Conn {
    /// A transaction that writes. On SQLite it takes the write lock at once, so that it can never fail half-way for a
    /// reader that wanted to become a writer. The only way in which the product starts a write.
    pub fn write<T, E>(&mut self, work: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E>
    where
        E: From<diesel::result::Error>,
    {
        // `immediate_transaction` exists on the SQLite connection only, and hands out that connection and not the enum.
        match self {
            Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, SQLITE_WRITES)?,
            Conn::Postgres(c) => AnsiTransactionManager::begin_transaction(c)?,
        }
        let outcome = match work(self) {
            Ok(value) => match self {
                Conn::Sqlite(c) => AnsiTransactionManager::commit_transaction(c),
                Conn::Postgres(c) => AnsiTransactionManager::commit_transaction(c),
            }
            .map(|()| value)
            .map_err(E::from),
            Err(e) => {
                // The first error is the one to tell; a connection that cannot roll back is not used again.
                let _ = match self {
                    Conn::Sqlite(c) => AnsiTransactionManager::rollback_transaction(c),
                    Conn::Postgres(c) => AnsiTransactionManager::rollback_transaction(c),
                };
                Err(e)
            }
        };
        if let Conn::Sqlite(c) = self {
            // What was committed is so, whatever becomes of the cache.
            let _ = c.batch_execute(SQLITE_WROTE);
        }
        outcome
    }

    /// Several reads that see one state of the database.
    pub fn read<T, E>(&mut self, work: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E>
    where
        E: From<diesel::result::Error>,
    {
        self.transaction(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_chooses_and_an_unknown_one_is_refused() {
        assert_eq!("sqlite:./a.sqlite".parse::<DatabaseUrl>().unwrap().sqlite_path(), Some("./a.sqlite"));
        assert_eq!("sqlite:///var/a.sqlite".parse::<DatabaseUrl>().unwrap().sqlite_path(), Some("/var/a.sqlite"));
        assert_eq!("postgres://u:p@h/d".parse::<DatabaseUrl>().unwrap().backend(), Backend::Postgres);
        for wrong in ["mysql://h/d", "data.sqlite", "sqlite:", "sqlite::memory:", ""] {
            assert!(wrong.parse::<DatabaseUrl>().is_err(), "{wrong}");
        }
        assert!(!format!("{:?}", "postgres://u:secret@h/d".parse::<DatabaseUrl>().unwrap()).contains("secret"));
    }
}

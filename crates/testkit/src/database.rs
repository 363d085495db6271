//! A database for one test: made for it, gone with it.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

const CLUSTER: &str = "CABREADY_TEST_POSTGRES";
const REQUIRED: &str = "CABREADY_REQUIRE_POSTGRES";

impl Backend {
    /// Whether tests on PostgreSQL can run here. Where they must, a missing cluster is a failure and not a pass.
    pub fn postgres_is_there() -> bool {
        let there = std::env::var_os(CLUSTER).is_some_and(|url| !url.is_empty());
        let required = std::env::var_os(REQUIRED).is_some_and(|value| value == "1");
        assert!(
            there || !required,
            "{REQUIRED}=1, but {CLUSTER} names no cluster: `cargo xtask postgres` starts one and prints its address"
        );
        there
    }

    /// Those that tests can run on here.
    pub fn available() -> Vec<Backend> {
        if Self::postgres_is_there() { vec![Backend::Sqlite, Backend::Postgres] } else { vec![Backend::Sqlite] }
    }
}

/// Writes past the product, as somebody with a database tool does: it waits for its turn while the product writes.
pub fn sql(url: &str, statements: &str) {
    let ran = match url.strip_prefix("sqlite:") {
        Some(path) => SqliteConnection::establish(path).map_err(|e| e.to_string()).and_then(|mut conn| {
            conn.batch_execute("PRAGMA busy_timeout = 30000")
                .and_then(|()| conn.batch_execute(statements))
                .map_err(|e| e.to_string())
        }),
        None => on_cluster(url, statements),
    };
    ran.unwrap_or_else(|e| panic!("{statements}: {e}"));
}

/// An empty database.
#[derive(Debug)]
pub struct Database {
    url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(#[expect(dead_code, reason = "it is removed when this is dropped")] tempfile::TempDir),
    Cluster { url: String, name: String },
}

impl Database {
    pub fn create(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let url = format!("sqlite:{}", folder.path().join("test.sqlite").display());
                Self { url, place: Place::Folder(folder) }
            }
            Backend::Postgres => {
                let cluster = std::env::var(CLUSTER)
                    .unwrap_or_else(|_| panic!("{CLUSTER} names no cluster; `cargo xtask postgres` starts one"));
                let name = format!("cabready_test_{}", uuid::Uuid::now_v7().simple());
                on_cluster(&cluster, &format!("CREATE DATABASE {name}"))
                    .unwrap_or_else(|e| panic!("no database could be made on {CLUSTER}: {e}"));
                let url = with_database(&cluster, &name);
                Self { url, place: Place::Cluster { url: cluster, name } }
            }
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Place::Cluster { url, name } = &self.place {
            // The cluster is thrown away as a whole; a database that stays does no harm.
            if let Err(e) = on_cluster(url, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")) {
                eprintln!("the test database {name} stays: {e}");
            }
        }
    }
}

fn on_cluster(url: &str, sql: &str) -> Result<(), String> {
    let mut conn = PgConnection::establish(url).map_err(|e| e.to_string())?;
    conn.batch_execute(sql).map_err(|e| e.to_string())
}

/// The same address with another database.
fn with_database(url: &str, name: &str) -> String {
    let (address, options) = url.split_once('?').map_or((url, None), |(a, o)| (a, Some(o)));
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address[start..].find('/').map_or(address.len(), |at| start + at);
    let options = options.map(|o| format!("?{o}")).unwrap_or_default();
    format!("{}/{name}{options}", &address[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_an_address_is_exchanged() {
        assert_eq!(with_database("postgres://u@h:5/a", "b"), "postgres://u@h:5/b");
        assert_eq!(with_database("postgres://u@h:5", "b"), "postgres://u@h:5/b");
        assert_eq!(with_database("postgres:///a?host=/tmp/x", "b"), "postgres:///b?host=/tmp/x");
    }
}

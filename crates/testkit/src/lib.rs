//! A started application on a database of its own, and the ways to talk to it. Tests run what ships: the same server,
//! over HTTP, on SQLite and on PostgreSQL.

mod ask;
mod database;
pub mod desk;
#[path = "../../gateway/tests/outside/http_peer.rs"]
#[allow(dead_code)] // The desk takes what it needs of it.
mod http_peer;
mod mails;
mod people;
pub mod sample;

use std::time::{Duration, Instant};

use contract::endpoint::op;
use contract::{Endpoint, Job, JobState, Nothing, Problem};
use domain::JobId;
use server::{Config, Running};
use service::settings::Settings;

pub use ask::{Ask, Follow, Raw, Response, query};
pub use database::{Backend, Database, sql};
pub use desk::{Desk, Mood};
pub use mails::Message;
pub use people::Person;
pub use {contract, domain, mock_platform, server, service, store};

/// Makes two tests of one: the same on SQLite and on PostgreSQL.
///
/// ```ignore
/// both_databases!(a_dossier_is_found, |app| {
///     let partner = app.sign_up("Cabinet A");
/// });
/// ```
#[macro_export]
macro_rules! both_databases {
    ($name:ident, |$app:ident| $body:block) => {
        $crate::both_databases!($name, |mut $app| $body);
    };
    ($name:ident, |mut $app:ident| $body:block) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[allow(unused_mut, unused_variables)]
            fn test(mut $app: $crate::TestApp) $body

            #[test]
            fn sqlite() {
                test($crate::TestApp::start($crate::Backend::Sqlite));
            }

            #[test]
            fn postgres() {
                if $crate::Backend::postgres_is_there() {
                    test($crate::TestApp::start($crate::Backend::Postgres));
                }
            }
        }
    };
}

/// A running application. Its database goes with it.
pub struct TestApp {
    running: Option<Running>,
    config: Config,
    client: reqwest::blocking::Client,
    // After the server, which holds connections to it.
    database: Database,
    /// Where mail and documents go.
    outside: tempfile::TempDir,
}

impl TestApp {
    pub fn start(backend: Backend) -> Self {
        Self::start_with(backend, |_| {})
    }

    /// With settings of the test's own.
    pub fn start_with(backend: Backend, change: impl FnOnce(&mut Config)) -> Self {
        let database = Database::create(backend);
        let mut config = Config::new(database.url().parse().expect("the test's own URL"));
        config.bind = "127.0.0.1:0".to_owned();
        config.connections = 4;
        config.settings = Settings {
            // The smallest that argon2 takes: a password of a test is worth nothing.
            password_memory_kib: 8,
            worker: format!("test-{}", uuid::Uuid::now_v7()),
            ..Settings::default()
        };
        let outside = tempfile::tempdir().expect("a temporary folder");
        config.ports = service::Ports::in_folder(outside.path());
        // Platforms of tests stand on this machine.
        config.ports.platforms = std::sync::Arc::new(gateway::platform::Afnor::new(true));
        change(&mut config);
        let running = server::start(config.clone()).unwrap_or_else(|e| panic!("the server did not start: {e}"));
        // The client has the features that the gateway asks of it, and so wants its cryptography named.
        gateway::prepare_tls();
        let client = reqwest::blocking::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(60))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("an HTTP client");
        Self { running: Some(running), config, client, database, outside }
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the server runs")
    }

    /// The same application on the same database, as after a stop of the machine.
    pub fn restart(&mut self) {
        self.stop();
        let config = Config {
            settings: Settings { worker: format!("test-{}", uuid::Uuid::now_v7()), ..self.config.settings.clone() },
            ..self.config.clone()
        };
        self.running = Some(server::start(config).unwrap_or_else(|e| panic!("the server did not start again: {e}")));
    }

    /// Stops the server; the database stays for a look at it.
    pub fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
    }

    pub fn url(&self) -> String {
        self.running().url()
    }

    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// What use cases are given: for tests that look below HTTP.
    pub fn app(&self) -> &service::App {
        &self.running().app
    }

    pub fn metrics_url(&self) -> Option<String> {
        self.running().metrics_addr.map(|addr| format!("http://{addr}/metrics"))
    }

    /// A request of any form: `app.raw("GET", "/healthz")`.
    pub fn raw(&self, method: &str, path: &str) -> Raw {
        Raw::new(&self.client, method, &format!("{}{path}", self.url()))
    }

    /// A request to an address of any server.
    pub fn raw_at(&self, method: &str, url: &str) -> Raw {
        Raw::new(&self.client, method, url)
    }

    /// An operation with its types; see [`Ask`] for what can be added before sending.
    pub fn ask<E: Endpoint>(&self, path: E::Path, query: E::Query, body: E::Body) -> Ask<E> {
        Ask::new(&self.client, &self.url(), path, query, body)
    }

    /// An operation as a signed-in person.
    pub fn call<E: Endpoint>(
        &self,
        token: &str,
        path: E::Path,
        query: E::Query,
        body: E::Body,
    ) -> Result<E::Reply, Box<Problem>> {
        self.ask::<E>(path, query, body).token(token).reply()
    }

    /// The bytes of a client list, uploaded.
    pub fn upload(&self, token: &str, filename: &str, bytes: Vec<u8>) -> Result<contract::Import, Box<Problem>> {
        let query = contract::ImportUploadQuery { filename: filename.to_owned(), ..Default::default() };
        self.ask::<op::CreateImport>(Nothing {}, query, Nothing {}).token(token).bytes(bytes).reply()
    }

    /// Follows a job to its end.
    pub fn wait(&self, token: &str, id: JobId) -> Job {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let job = self
                .call::<op::ReadJob>(token, id, Nothing {}, Nothing {})
                .unwrap_or_else(|p| panic!("the job cannot be read: {p:?}"));
            if matches!(job.state, JobState::Done | JobState::Failed | JobState::Cancelled) {
                return job;
            }
            assert!(Instant::now() < deadline, "the job did not end: {job:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

//! A firm on either database, as its people use it: every test runs on SQLite and on PostgreSQL.
#![allow(dead_code)] // Each test file takes what it needs of the harness.

use std::io::Write;
use std::sync::Arc;

use contract::*;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use domain::{ImportId, Lang};
use service::{App, Call, Client, call::Shared, call::Upload, settings::Settings};
use store::Store;

/// A database of its own for one test, gone at the end.
pub struct Firm {
    pub app: App,
    pub call: Call,
    postgres: Option<(String, String)>,
    _folder: tempfile::TempDir,
}

/// Runs a test on both databases. PostgreSQL is left out only where nobody has asked for it.
#[macro_export]
macro_rules! both_databases {
    ($($(#[$meta:meta])* fn $name:ident($firm:ident) $body:block)+) => {
        mod sqlite {
            $(#[test] $(#[$meta])* fn $name() { super::$name(&mut $crate::firm::Firm::sqlite()); })+
        }
        mod postgres {
            $(#[test] $(#[$meta])* fn $name() {
                if let Some(mut firm) = $crate::firm::Firm::postgres() { super::$name(&mut firm); }
            })+
        }
        $(fn $name($firm: &mut $crate::firm::Firm) $body)+
    };
}

impl Firm {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("firm.sqlite").display());
        Self::open(&url, None, folder)
    }

    pub fn postgres() -> Option<Self> {
        let Ok(cluster) = std::env::var("CABREADY_TEST_POSTGRES") else {
            assert!(
                std::env::var("CABREADY_REQUIRE_POSTGRES").is_err(),
                "CABREADY_REQUIRE_POSTGRES is set, and CABREADY_TEST_POSTGRES tells no cluster"
            );
            return None;
        };
        let name = format!("t_{}", uuid::Uuid::now_v7().simple());
        PgConnection::establish(&cluster).unwrap().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        let (server, _) = cluster.rsplit_once('/').unwrap();
        let url = format!("{server}/{name}");
        Some(Self::open(&url, Some((cluster, name)), tempfile::tempdir().unwrap()))
    }

    fn open(url: &str, postgres: Option<(String, String)>, folder: tempfile::TempDir) -> Self {
        let store = Store::open(&url.parse().unwrap(), 4).unwrap();
        store.migrate().unwrap();
        let settings = Settings { password_memory_kib: 64, ..Settings::default() };
        let ports = service::Ports::in_folder(folder.path());
        let app = App { store, settings: Arc::new(settings), shared: Arc::new(Shared::default()), ports };
        let mut call = Call {
            app: app.clone(),
            actor: None,
            now: chrono::Utc::now(),
            request_id: "test".to_owned(),
            lang: Lang::Fr,
            client: Client::default(),
            if_match: None,
            told: Default::default(),
            upload: None,
        };
        let body = NewCabinet {
            cabinet_name: "Cabinet Essai".into(),
            name: "Claire Martin".into(),
            email: "claire@essai.example".into(),
            password: "quatre mots faciles a retenir".into(),
            lang: None,
        };
        let token = service::session::create_cabinet(&call, Nothing {}, Nothing {}, body).unwrap().reply.access_token;
        call.actor = Some(service::session::authenticate(&app, &token, call.now).unwrap());
        Self { app, call, postgres, _folder: folder }
    }

    /// Uploads a file and makes its dry run.
    pub fn check(&self, name: &str, bytes: &[u8]) -> Import {
        let id = self.upload(name, bytes).unwrap().id;
        service::imports::check_import(&self.call, id, Nothing {}, Nothing {}).unwrap();
        service::jobs::drain(&self.app).unwrap();
        self.import(id)
    }

    pub fn upload(&self, name: &str, bytes: &[u8]) -> service::Result<Import> {
        let query = ImportUploadQuery { filename: name.to_owned(), ..Default::default() };
        self.upload_as(query, bytes)
    }

    pub fn upload_as(&self, query: ImportUploadQuery, bytes: &[u8]) -> service::Result<Import> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let upload = Upload { path: Arc::new(file.into_temp_path()), bytes: bytes.len() as u64 };
        let call = Call { upload: Some(upload), ..self.call.clone() };
        service::imports::create_import(&call, Nothing {}, query, Nothing {}).map(|a| a.reply)
    }

    pub fn import(&self, id: ImportId) -> Import {
        service::imports::read_import(&self.call, id, Nothing {}, Nothing {}).unwrap().reply
    }

    pub fn commit(&self, id: ImportId) -> Import {
        service::imports::commit_import(&self.call, id, Nothing {}, Nothing {}).unwrap();
        service::jobs::drain(&self.app).unwrap();
        self.import(id)
    }

    pub fn undo(&self, id: ImportId) -> Import {
        service::imports::undo_import(&self.call, id, Nothing {}, Nothing {}).unwrap();
        service::jobs::drain(&self.app).unwrap();
        self.import(id)
    }

    /// Dry run and commit.
    pub fn take_in(&self, name: &str, bytes: &[u8]) -> Import {
        let checked = self.check(name, bytes);
        assert_eq!(checked.state, ImportState::Checked, "{:?}", self.last_problem());
        let committed = self.commit(checked.id);
        assert_eq!(committed.state, ImportState::Committed, "{:?}", self.last_problem());
        assert_eq!(committed.counts, checked.counts, "the dry run tells what the commit does");
        committed
    }

    pub fn last_problem(&self) -> Option<Problem> {
        let jobs = service::jobs::list_jobs(&self.call, Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
        jobs.into_iter().next().and_then(|j| j.problem)
    }

    pub fn rows(&self, id: ImportId, outcome: RowOutcome) -> Vec<ImportRow> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let query = ImportRowsQuery { outcome: Some(outcome), limit: Some(200), after };
            let page = service::imports::list_import_rows(&self.call, id, query, Nothing {}).unwrap().reply;
            all.extend(page.data);
            after = page.next;
            if after.is_none() {
                return all;
            }
        }
    }

    pub fn dossiers(&self, query: DossierListQuery) -> DossierPage {
        service::dossiers::list_dossiers(&self.call, Nothing {}, query, Nothing {}).unwrap().read().unwrap()
    }

    pub fn all(&self) -> Vec<DossierRow> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let query = DossierListQuery { limit: Some(200), after, ..Default::default() };
            let page = self.dossiers(query);
            all.extend(page.data);
            after = page.next;
            if after.is_none() {
                return all;
            }
        }
    }

    pub fn cockpit(&self) -> Cockpit {
        self.cockpit_of(None)
    }

    /// Narrowed to a portfolio by its id, or to `none`.
    pub fn cockpit_of(&self, portfolio_id: Option<String>) -> Cockpit {
        let query = CockpitQuery { portfolio_id };
        service::cockpit::read_cockpit(&self.call, Nothing {}, query, Nothing {}).unwrap().reply
    }

    pub fn portfolio(&self, name: &str) -> domain::PortfolioId {
        let body = PortfolioInput { name: name.to_owned(), people: Vec::new() };
        service::portfolios::create_portfolio(&self.call, Nothing {}, Nothing {}, body).unwrap().reply.id
    }

    /// The stored sums are those of the dossiers, and the chain of the journal holds.
    pub fn assert_whole(&self) {
        for report in service::cockpit::verify_sums(&self.app).unwrap() {
            assert!(report.ok, "stored sums differ from computed ones");
        }
        for report in service::journal::verify(&self.app).unwrap() {
            assert_eq!(report.damaged, None);
        }
    }
}

impl Drop for Firm {
    fn drop(&mut self) {
        if let Some((cluster, name)) = &self.postgres
            && let Ok(mut conn) = PgConnection::establish(cluster)
        {
            let _ = conn.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

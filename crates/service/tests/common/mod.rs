//! A started application over an empty database: SQLite always, PostgreSQL when `CABREADY_TEST_POSTGRES` is the address
//! of a cluster's maintenance database (`CABREADY_REQUIRE_POSTGRES=1` makes its absence a failure). Every test gets
//! databases of its own, gone afterwards.

// Each test program uses a part of it.
#![allow(dead_code)]

use std::cell::Cell;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use contract::{Credentials, InvitationAnswer, NewCabinet, NewInvitation, Nothing, SessionToken};
use diesel::Connection;
use diesel::connection::SimpleConnection;
use domain::{Lang, Role};
use service::call::RefreshCookie;
use service::settings::Settings;
use service::{Answer, App, Call, Client, people, session};
use store::Store;
use tempfile::TempDir;

pub const PASSWORD: &str = "quatre mots faciles à retenir";

/// An application, the time in it, and the database behind it.
pub struct World {
    pub app: App,
    pub now: Cell<DateTime<Utc>>,
    place: Place,
}

enum Place {
    Sqlite(TempDir),
    Postgres { maintenance: String, name: String, url: String },
}

/// Somebody who has signed in: the reply and the cookie.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub token: SessionToken,
    pub cookie: String,
}

/// Runs a test on SQLite and, when there is a cluster, on PostgreSQL.
pub fn on_both(test: impl Fn(&World)) {
    let world = World::sqlite();
    test(&world);
    drop(world);
    match std::env::var("CABREADY_TEST_POSTGRES").ok().filter(|url| !url.is_empty()) {
        Some(maintenance) => test(&World::postgres(maintenance)),
        None => assert!(
            std::env::var_os("CABREADY_REQUIRE_POSTGRES").is_none_or(|v| v != "1"),
            "CABREADY_REQUIRE_POSTGRES=1 asks for PostgreSQL: set CABREADY_TEST_POSTGRES, see `cargo xtask postgres`"
        ),
    }
}

pub fn settings() -> Settings {
    // Cheap hashes: what is tested is when they are made, not how hard they are.
    Settings { password_memory_kib: 64, ..Settings::default() }
}

fn app(url: &str) -> App {
    let store = Store::open(&url.parse().unwrap(), 6).unwrap();
    store.migrate().unwrap();
    App { store, settings: Arc::new(settings()), shared: Arc::default(), ports: ports() }
}

/// A server has refused an address for good, in these words.
pub fn refuse(conn: &mut store::Conn, cabinet: domain::CabinetId, address: &str, said: &str, at: DateTime<Utc>) {
    use store::suppressions::{Suppression, keep};
    let new = Suppression::new(address, domain::SuppressionReason::BouncedHard, at);
    keep(conn, cabinet, &Suppression { said: said.to_owned(), ..new }).unwrap();
}

/// Folders that are made at their first use; platforms of tests stand on this machine.
pub fn ports() -> service::Ports {
    let folder = std::env::temp_dir().join(format!("cabready-{}", uuid::Uuid::now_v7().simple()));
    let platforms = Arc::new(gateway::platform::Afnor::new(true));
    service::Ports { platforms, ..service::Ports::in_folder(&folder) }
}

fn start() -> DateTime<Utc> {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

impl World {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.sqlite").display());
        Self { app: app(&url), now: Cell::new(start()), place: Place::Sqlite(folder) }
    }

    pub fn postgres(maintenance: String) -> Self {
        let name = format!("cabready_test_{}", uuid::Uuid::now_v7().simple());
        diesel::PgConnection::establish(&maintenance)
            .unwrap_or_else(|e| panic!("CABREADY_TEST_POSTGRES does not answer: {e}"))
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .unwrap();
        let (address, parameters) = maintenance.split_once('?').unwrap_or((&maintenance, ""));
        let cluster = address.rsplit_once('/').unwrap().0;
        let url = format!("{cluster}/{name}{}{parameters}", if parameters.is_empty() { "" } else { "?" });
        Self { app: app(&url), now: Cell::new(start()), place: Place::Postgres { maintenance, name, url } }
    }

    /// Another process over the same database.
    pub fn restarted(&self) -> App {
        match &self.place {
            Place::Sqlite(folder) => app(&format!("sqlite:{}", folder.path().join("test.sqlite").display())),
            Place::Postgres { url, .. } => app(url),
        }
    }

    /// Writes past the product, as a killed process or time itself would leave it.
    pub fn sql(&self, statement: &str) {
        match &mut *self.app.store.conn().unwrap() {
            store::Conn::Sqlite(c) => c.batch_execute(statement).unwrap(),
            store::Conn::Postgres(c) => c.batch_execute(statement).unwrap(),
        }
    }

    /// The texts that a query answers in its column `text`.
    pub fn texts(&self, query: &str) -> Vec<String> {
        use diesel::RunQueryDsl;
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            text: String,
        }
        let query = diesel::sql_query(query.to_owned());
        let rows: Vec<Row> = match &mut *self.app.store.conn().unwrap() {
            store::Conn::Sqlite(c) => query.load(c).unwrap(),
            store::Conn::Postgres(c) => query.load(c).unwrap(),
        };
        rows.into_iter().map(|row| row.text).collect()
    }

    pub fn pass(&self, time: Duration) {
        self.now.set(self.now.get() + time);
    }

    /// A request of nobody.
    pub fn nobody(&self) -> Call {
        Call {
            app: self.app.clone(),
            actor: None,
            now: self.now.get(),
            request_id: uuid::Uuid::now_v7().to_string(),
            lang: Lang::Fr,
            client: Client { user_agent: Some("Mozilla/5.0 Firefox/144.0".to_owned()), ..Client::default() },
            if_match: None,
            told: Default::default(),
            upload: None,
        }
    }

    /// A request with the access token of somebody, whom the guard lets in.
    pub fn by(&self, who: &SignedIn) -> Call {
        let actor = session::authenticate(&self.app, &who.token.access_token, self.now.get()).unwrap();
        Call { actor: Some(actor), ..self.nobody() }
    }

    /// The same with `If-Match`.
    pub fn by_on(&self, who: &SignedIn, version: i64) -> Call {
        Call { if_match: Some(version), ..self.by(who) }
    }

    pub fn sign_up(&self, cabinet: &str, email: &str) -> SignedIn {
        let body = NewCabinet {
            cabinet_name: cabinet.to_owned(),
            name: "Claire Martin".to_owned(),
            email: email.to_owned(),
            password: PASSWORD.to_owned(),
            lang: None,
        };
        signed_in(session::create_cabinet(&self.nobody(), Nothing {}, Nothing {}, body).unwrap())
    }

    pub fn sign_in(&self, email: &str) -> SignedIn {
        signed_in(self.try_sign_in(email, PASSWORD).unwrap())
    }

    pub fn try_sign_in(&self, email: &str, password: &str) -> service::Result<Answer<SessionToken>> {
        let body = Credentials { email: email.to_owned(), password: password.to_owned() };
        session::create_session(&self.nobody(), Nothing {}, Nothing {}, body)
    }

    /// Somebody of the cabinet of `partner`, invited and accepted.
    pub fn joined(&self, partner: &SignedIn, email: &str, name: &str, role: Role) -> SignedIn {
        let body = NewInvitation {
            email: email.to_owned(),
            role,
            access: None,
            portfolio_ids: Vec::new(),
            aliases: Vec::new(),
        };
        let invitation = people::create_invitation(&self.by(partner), Nothing {}, Nothing {}, body).unwrap().reply;
        self.accept(&invitation.link.unwrap(), name)
    }

    pub fn accept(&self, link: &str, name: &str) -> SignedIn {
        let body = InvitationAnswer {
            token: link.strip_prefix("/invitation#").unwrap().to_owned(),
            name: name.to_owned(),
            password: PASSWORD.to_owned(),
        };
        signed_in(session::accept_invitation(&self.nobody(), Nothing {}, Nothing {}, body).unwrap())
    }

    /// Actions of the cabinet's journal, oldest first, with their changes; the chain is checked on the way.
    pub fn journal(&self, who: &SignedIn) -> Vec<(String, serde_json::Value)> {
        let mut conn = self.app.store.conn().unwrap();
        for report in store::journal::verify(&mut conn).unwrap() {
            assert_eq!(report.damaged, None, "the chain of {} holds", report.cabinet);
        }
        let actor = session::authenticate(&self.app, &who.token.access_token, self.now.get()).unwrap();
        let mut rows = store::journal::list(&mut conn, &actor.scope, &Default::default(), 10_000).unwrap();
        rows.reverse();
        rows.into_iter().map(|(row, _)| (row.action, serde_json::from_str(&row.changes).unwrap())).collect()
    }

    pub fn actions(&self, who: &SignedIn) -> Vec<String> {
        self.journal(who).into_iter().map(|(action, _)| action).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Place::Postgres { maintenance, name, .. } = &self.place
            && let Ok(mut conn) = diesel::PgConnection::establish(maintenance)
        {
            let _ = conn.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

pub fn signed_in(answer: Answer<SessionToken>) -> SignedIn {
    match answer.cookie {
        Some(RefreshCookie::Set { token, max_age_seconds }) => {
            assert_eq!(max_age_seconds, 30 * 24 * 3600);
            SignedIn { token: answer.reply, cookie: token }
        }
        other => panic!("a sign-in sets the cookie, not {other:?}"),
    }
}

/// The code of a refusal.
pub fn code<T>(result: service::Result<T>) -> contract::Code {
    match result {
        Ok(_) => panic!("expected a refusal"),
        Err(e) => e.code,
    }
}

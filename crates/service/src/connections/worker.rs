//! The threads that read platforms, beside the jobs and the post: a platform that is slow holds nothing else up. A
//! connection is a row that one thread of one process leases; a stopped process loses nothing, for how far it was read
//! stands in the row.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::Utc;
use domain::ConnectionId;
use gateway::platform::Token;

use super::read;
use crate::{App, Result};

/// What the threads share with those who ask.
#[derive(Debug, Default)]
pub struct Shared {
    waiting: Mutex<bool>,
    wake: Condvar,
    /// By connection and version: what a person changes makes them worthless.
    tokens: Mutex<HashMap<ConnectionId, (i64, Token)>>,
    /// Connections in hand, whose leases are to be renewed.
    in_hand: Mutex<BTreeSet<ConnectionId>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is guarded is whole after every statement, whoever panicked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn token(&self, id: ConnectionId, version: i64) -> Option<Token> {
        lock(&self.tokens).get(&id).filter(|(of, _)| *of == version).map(|(_, token)| token.clone())
    }

    pub(super) fn keep_token(&self, id: ConnectionId, version: i64, token: Option<Token>) {
        match token {
            Some(token) => lock(&self.tokens).insert(id, (version, token)),
            None => lock(&self.tokens).remove(&id),
        };
    }

    pub(super) fn forget_token(&self, id: ConnectionId) {
        lock(&self.tokens).remove(&id);
    }

    fn wait(&self, longest: Duration) {
        let mut waiting = lock(&self.waiting);
        if !*waiting {
            waiting = self.wake.wait_timeout(waiting, longest).unwrap_or_else(PoisonError::into_inner).0;
        }
        *waiting = false;
    }
}

/// Tells the threads of this process that a connection is due. Call it after the commit.
pub fn wake(app: &App) {
    *lock(&app.shared.connections.waiting) = true;
    app.shared.connections.wake.notify_all();
}

/// The threads of this process; stop when told or dropped, after the document in hand.
#[derive(Debug)]
pub struct Runner {
    app: App,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Runner {
    pub fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        wake(&self.app);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Platforms that are read at the same time, by this process.
const READERS: usize = 2;
/// Longest rest of a reader: another process may have made a connection due.
const REST: Duration = Duration::from_secs(2);

pub fn start(app: App) -> Runner {
    let stop = Arc::new(AtomicBool::new(false));
    let mut threads = Vec::new();
    let mut thread = |name: &str, work: fn(&App, &AtomicBool)| {
        let (app, stop) = (app.clone(), stop.clone());
        match std::thread::Builder::new().name(name.to_owned()).spawn(move || work(&app, &stop)) {
            Ok(handle) => threads.push(handle),
            Err(error) => tracing::error!(%error, name, "a reader of platforms could not be started"),
        }
    };
    for _ in 0..READERS {
        thread("platform-reader", work);
    }
    thread("platform-leases", keep_leases);
    Runner { app, stop, threads }
}

fn work(app: &App, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        match next(app, stop) {
            Ok(true) => {}
            Ok(false) => app.shared.connections.wait(REST),
            Err(error) => {
                tracing::warn!(%error, "connections cannot be read, it will be tried again");
                app.shared.connections.wait(Duration::from_secs(5));
            }
        }
    }
}

/// Reads one connection that is due; whether there was one.
fn next(app: &App, stop: &AtomicBool) -> Result<bool> {
    let mut conn = app.store.conn()?;
    let now = Utc::now();
    // Looking costs no lock; taking does.
    if !store::connections::any_due(&mut conn, now)? {
        return Ok(false);
    }
    let Some(row) = conn.write(|conn| store::connections::lease(conn, &app.settings.worker, now))? else {
        return Ok(false);
    };
    drop(conn);
    let id = row.id;
    lock(&app.shared.connections.in_hand).insert(id);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read::run(app, row, stop)));
    lock(&app.shared.connections.in_hand).remove(&id);
    let outcome = outcome.unwrap_or_else(|_| Err(crate::Error::internal("the reading of a platform panicked")));
    if let Err(error) = outcome {
        tracing::warn!(connection = %id, %error, "a platform could not be read, it will be tried again");
        let mut conn = app.store.conn()?;
        let later = Utc::now() + chrono::Duration::seconds(60);
        conn.write(|conn| store::connections::release(conn, &app.settings.worker, id, later))?;
    }
    Ok(true)
}

fn keep_leases(app: &App, stop: &AtomicBool) {
    let mut beat = 0u32;
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(100));
        beat += 1;
        if !beat.is_multiple_of(50) {
            continue;
        }
        let ids: Vec<ConnectionId> = lock(&app.shared.connections.in_hand).iter().copied().collect();
        if ids.is_empty() {
            continue;
        }
        let renewed = app
            .store
            .conn()
            .and_then(|mut conn| store::connections::renew(&mut conn, &app.settings.worker, &ids, Utc::now()));
        if let Err(error) = renewed {
            tracing::warn!(%error, "the leases of connections could not be renewed");
        }
    }
}

/// Reads what is due now, on this thread, until nothing is: for tools and tests that run no threads.
pub fn drain(app: &App) -> Result<u64> {
    let stop = AtomicBool::new(false);
    let mut done = 0;
    while next(app, &stop)? {
        done += 1;
    }
    Ok(done)
}

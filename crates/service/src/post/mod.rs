//! The post: a message is a row, written in the transaction that causes it; threads of their own send what is due, beside
//! the jobs, so that an import holds no mail up. A stopped process loses no message and sends none twice: what it was
//! handing over when it stopped is said to be in doubt.

mod compose;
mod dispatch;
mod queue;
mod send;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::Utc;
use contract::Outgoing;
use domain::{MailId, Text};
use gateway::mail::Kind;
use store::Conn;

pub(crate) use compose::LINK;
pub use compose::shown as shown_text;
pub(crate) use compose::Written;
pub use queue::{About, Bears, remind};
pub(crate) use queue::{Parcel, insert};
pub(crate) use queue::{queue_code, queue_copy, reminded_since};
pub(crate) use send::{left, step, take_up_again};

use crate::{App, Result};

/// What the threads of the post share with those who ask.
#[derive(Debug, Default)]
pub struct Post {
    waiting: Mutex<bool>,
    wake: Condvar,
    /// Until when this process tries nothing: the way itself does not work, and no message is to blame.
    paused: Mutex<Option<Instant>>,
    /// Messages in hand, whose leases are to be renewed.
    in_hand: Mutex<BTreeSet<MailId>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is guarded is whole after every statement, whoever panicked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Post {
    fn wake(&self) {
        *lock(&self.waiting) = true;
        self.wake.notify_all();
    }

    /// Waits until something is to be done, or so long.
    fn wait(&self, longest: Duration) {
        let waiting = lock(&self.waiting);
        if !*waiting {
            let _ = self.wake.wait_timeout(waiting, longest).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn quiet(&self) {
        *lock(&self.waiting) = false;
    }

    fn is_paused(&self) -> bool {
        lock(&self.paused).is_some_and(|until| until > Instant::now())
    }
}

/// How the way is named among those that may not work.
const WAY: &str = "mail";

/// The way itself does not work: nothing is tried for a while, and every process tells why. What is told lapses unless it
/// is found again: as long as a message waits, the way is looked at each time the pause is over.
fn pause(app: &App, why: &Text) {
    *lock(&app.shared.post.paused) = Some(Instant::now() + PAUSE);
    let until = Utc::now() + chrono::Duration::from_std(2 * PAUSE).unwrap_or_default();
    let kept = serde_json::to_string(why)
        .map_err(crate::Error::from)
        .and_then(|why| Ok(store::outages::keep(&mut *app.store.conn()?, WAY, &why, until)?));
    if let Err(error) = kept {
        tracing::warn!(%error, "that mail does not leave could not be noted");
    }
}

/// A message has left.
fn works(app: &App) -> Result<()> {
    *lock(&app.shared.post.paused) = None;
    store::outages::forget(&mut *app.store.conn()?, WAY)?;
    Ok(())
}

/// Tells the post that a message, or a mandate, waits. Call it after the commit.
pub fn wake(app: &App) {
    app.shared.post.wake();
}

/// To a server or provider; else it stays in a folder.
pub fn goes_out(app: &App) -> bool {
    app.mailer().kind() != Kind::Folder
}

/// How mail leaves this installation.
pub fn outgoing(app: &App, conn: &mut Conn) -> Result<Outgoing> {
    let problem = store::outages::find(conn, WAY, Utc::now())?;
    Ok(Outgoing {
        goes_out: goes_out(app),
        through: app.mailer().describe().fr,
        problem: problem.map(|why| serde_json::from_str(&why)).transpose()?,
    })
}

/// The threads of this process; stop when told or dropped, after the message in hand.
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
        self.app.shared.signatures.wake();
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

/// Starts one thread that makes messages, a few that send them, one that keeps their leases, and one that follows what is
/// asked of a provider of signatures.
pub fn start(app: App) -> Runner {
    let stop = Arc::new(AtomicBool::new(false));
    let mut threads = Vec::new();
    let mut thread = |name: &str, work: fn(&App, &AtomicBool)| {
        let (app, stop) = (app.clone(), stop.clone());
        match std::thread::Builder::new().name(name.to_owned()).spawn(move || work(&app, &stop)) {
            Ok(handle) => threads.push(handle),
            Err(error) => tracing::error!(%error, name, "a thread of the post could not be started"),
        }
    };
    thread("post", dispatch_all);
    for _ in 0..app.settings.mail_connections.max(1) {
        thread("post-sender", send::work);
    }
    thread("post-leases", keep_leases);
    if app.signer().is_some() {
        thread("signatures", crate::signatures::work);
    }
    Runner { app, stop, threads }
}

/// Longest rest of the thread that makes messages: others may have written to the database, and time passes.
const REST: Duration = Duration::from_secs(2);
/// How long the way rests after it has failed.
const PAUSE: Duration = Duration::from_secs(60);

fn dispatch_all(app: &App, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        app.shared.post.quiet();
        let done = dispatch::run(app, stop).and_then(|n| Ok(n + send::settle_left(app)?));
        match done {
            Ok(0) => app.shared.post.wait(REST),
            // The senders were woken for it; more may have come meanwhile.
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "messages could not be made, it will be tried again");
                app.shared.post.wait(Duration::from_secs(5));
            }
        }
    }
}

fn keep_leases(app: &App, stop: &AtomicBool) {
    let mut beat = 0u32;
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(100));
        beat += 1;
        if !beat.is_multiple_of(40) {
            continue;
        }
        let ids: Vec<MailId> = lock(&app.shared.post.in_hand).iter().copied().collect();
        if ids.is_empty() {
            continue;
        }
        let renewed = app
            .store
            .conn()
            .and_then(|mut conn| store::mails::renew(&mut conn, &app.settings.worker, &ids, Utc::now()));
        if let Err(error) = renewed {
            tracing::warn!(%error, "the leases of messages could not be renewed");
        }
    }
}

/// Makes and sends what is due now, on this thread, until nothing is: for tools and tests that run no threads.
pub fn drain(app: &App) -> Result<u64> {
    let stop = AtomicBool::new(false);
    dispatch::run(app, &stop)?;
    send::settle_left(app)?;
    send::drain(app)
}

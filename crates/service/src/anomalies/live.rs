//! What others do, told at once to whoever follows.
//!
//! A change bumps the beat of its cabinet in its own transaction (`store::pulses`). One thread of each process looks at the
//! beats of the cabinets that somebody follows, and feeds the lines of those people: nobody's line asks the database
//! itself. A line ends with its session, with the server, and when its reader is too slow.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use chrono::Utc;
use contract::{Code, LiveQuery, Nothing};
use domain::{AnomalyId, CabinetId, SessionId, UserId};
use serde_json::{Value, json};
use store::anomalies::Anomaly;
use store::pulses::{Change, Pulse};
use store::{Conn, Scope};

use crate::{Answer, App, Call, Error, Result};

/// Tells those who follow that these anomalies changed. In the transaction of the change, which holds the cabinet's lock.
pub fn changed<'a>(
    conn: &mut Conn,
    cabinet: CabinetId,
    anomalies: impl IntoIterator<Item = &'a Anomaly>,
) -> Result<()> {
    let mut changes: Vec<Change> =
        anomalies.into_iter().map(|a| Change::Anomaly { id: a.id, version: a.version }).collect();
    if !changes.is_empty() {
        changes.push(Change::Counts);
    }
    Ok(store::pulses::bump(conn, cabinet, &changes)?)
}

/// Tells those who follow that numbers beside the queue may have changed. In the transaction of the change, which holds
/// the cabinet's lock.
pub fn counts(conn: &mut Conn, cabinet: CabinetId) -> Result<()> {
    Ok(store::pulses::bump(conn, cabinet, &[Change::Counts])?)
}

/// How often the beats are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often it is looked whether the sessions live.
const PROVE_EVERY: Duration = Duration::from_secs(2);
/// How often a line says that it lives.
const BEAT_EVERY: Duration = Duration::from_secs(15);
/// Lines of a person, and of this process.
const MOST_OF_A_PERSON: usize = 8;
const MOST: usize = 2_000;
/// Events that wait for a reader: one that is slower has gone, or is better off reading everything again.
const MOST_WAITING: usize = 512;

/// The lines of this process.
#[derive(Debug, Default)]
pub struct Live {
    lines: Mutex<Lines>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Lines {
    open: Vec<Arc<Line>>,
    /// The thread that feeds them lives.
    fed: bool,
    /// The server stops: nobody may follow any more.
    closed: bool,
}

/// A line to one reader.
#[derive(Debug)]
struct Line {
    cabinet: CabinetId,
    user: UserId,
    session: SessionId,
    /// The beat from which it begins. Kept here: its reader may have taken the first event before it is fed.
    from: i64,
    out: Mutex<Out>,
}

#[derive(Debug, Default)]
struct Out {
    waiting: VecDeque<String>,
    waker: Option<Waker>,
    ended: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is guarded is whole after every statement, whoever panicked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    fn say(&self, text: String) {
        let mut out = lock(&self.out);
        if out.ended {
            return;
        }
        if out.waiting.len() >= MOST_WAITING {
            out.ended = true;
        } else {
            out.waiting.push_back(text);
        }
        if let Some(waker) = out.waker.take() {
            waker.wake();
        }
    }

    fn end(&self) {
        let mut out = lock(&self.out);
        out.ended = true;
        if let Some(waker) = out.waker.take() {
            waker.wake();
        }
    }

    fn has_ended(&self) -> bool {
        lock(&self.out).ended
    }
}

/// The reader's side of a line.
#[derive(Debug)]
pub struct Events(Arc<Line>);

impl Events {
    /// The next piece of text; nothing when the line has ended.
    pub fn poll(&self, context: &Context<'_>) -> Poll<Option<String>> {
        let mut out = lock(&self.0.out);
        match out.waiting.pop_front() {
            Some(text) => Poll::Ready(Some(text)),
            None if out.ended => Poll::Ready(None),
            None => {
                out.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        lock(&self.0.out).ended = true;
    }
}

fn event(name: &str, data: &Value, beat: i64) -> String {
    format!("id: {beat}\nevent: {name}\ndata: {data}\n\n")
}

pub fn follow_live(call: &Call, _: Nothing, query: LiveQuery, _: Nothing) -> Result<Answer<Nothing>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    if query.since.is_some_and(|beat| beat < 0) {
        return Err(Error::new(Code::BadRequest).and(
            "?since",
            "beat",
            "Un `id` reçu sur cette ligne est attendu.",
            "An `id` that came on this line is expected.",
        ));
    }
    let now = beats_of(&mut *call.app.store.conn()?, &[scope.cabinet()])?;
    let present = now.get(&scope.cabinet()).copied().unwrap_or_default();
    // A beat that is yet to come is one of another database.
    let heard = query.since.filter(|since| *since <= present).unwrap_or(present);
    let line = Arc::new(Line {
        cabinet: scope.cabinet(),
        user: scope.user(),
        session: actor.session,
        from: heard,
        out: Mutex::default(),
    });
    let live = &call.app.shared.live;
    let mut lines = lock(&live.lines);
    if lines.closed {
        return Err(Error { retry_after: Some(5), ..Error::new(Code::Unavailable) });
    }
    lines.open.retain(|l| !l.has_ended());
    if lines.open.iter().filter(|l| l.user == line.user).count() >= MOST_OF_A_PERSON {
        return Err(Error::too_many(30));
    }
    if lines.open.len() >= MOST {
        return Err(Error { retry_after: Some(30), ..Error::new(Code::Unavailable) });
    }
    line.say(event("hello", &json!({ "beat": heard }), heard));
    lines.open.push(line.clone());
    if !lines.fed {
        lines.fed = true;
        let app = call.app.clone();
        let thread = std::thread::Builder::new().name("live".to_owned()).spawn(move || feed(&app));
        if let Err(error) = thread {
            lines.fed = false;
            return Err(Error::internal(error));
        }
    }
    drop(lines);
    live.wake.notify_all();
    Ok(Answer::events(Events(line)))
}

fn beats_of(conn: &mut Conn, cabinets: &[CabinetId]) -> Result<HashMap<CabinetId, i64>> {
    Ok(store::pulses::beats(conn, cabinets)?)
}

impl Live {
    /// Ends every line, for good: the server stops.
    pub fn close(&self) {
        let mut lines = lock(&self.lines);
        lines.closed = true;
        for line in lines.open.drain(..) {
            line.end();
        }
        drop(lines);
        self.wake.notify_all();
    }

    /// How many follow at this moment.
    pub fn followers(&self) -> usize {
        lock(&self.lines).open.iter().filter(|l| !l.has_ended()).count()
    }
}

/// What the feeding thread remembers of a line.
struct Fed {
    line: Arc<Line>,
    /// As of the last proof of the session.
    scope: Scope,
    heard: i64,
    proved: Instant,
    said: Instant,
}

/// Feeds the lines until there are none.
fn feed(app: &App) {
    let mut fed: Vec<Fed> = Vec::new();
    let mut warned = false;
    loop {
        let looked = look(app, &mut fed);
        if let Err(error) = &looked
            && !warned
        {
            tracing::warn!(%error, "what others do cannot be read, it will be tried again");
        }
        warned = looked.is_err();
        let mut lines = lock(&app.shared.live.lines);
        lines.open.retain(|l| !l.has_ended());
        if lines.open.is_empty() {
            lines.fed = false;
            return;
        }
        let known: HashSet<*const Line> = fed.iter().map(|f| Arc::as_ptr(&f.line)).collect();
        // A new line is fed at once, unless nothing can be read.
        if warned || lines.open.iter().all(|l| known.contains(&Arc::as_ptr(l))) {
            drop(app.shared.live.wake.wait_timeout(lines, LOOK_EVERY));
        }
    }
}

fn look(app: &App, fed: &mut Vec<Fed>) -> Result<()> {
    fed.retain(|f| !f.line.has_ended());
    let open = lock(&app.shared.live.lines).open.clone();
    let mut conn = app.store.conn()?;
    let now = Instant::now();
    for line in open {
        if fed.iter().any(|f| Arc::ptr_eq(&f.line, &line)) {
            continue;
        }
        let heard = line.from;
        match prove(&mut conn, &line)? {
            Some(scope) => fed.push(Fed { line, scope, heard, proved: now, said: now }),
            None => line.end(),
        }
    }
    let cabinets: HashSet<CabinetId> = fed.iter().map(|f| f.line.cabinet).collect();
    let cabinets: Vec<CabinetId> = cabinets.into_iter().collect();
    let beats = beats_of(&mut conn, &cabinets)?;
    let behind = |f: &Fed| beats.get(&f.line.cabinet).is_some_and(|beat| *beat > f.heard);
    let moved: HashSet<CabinetId> = fed.iter().filter(|f| behind(f)).map(|f| f.line.cabinet).collect();
    let pulses = match moved.is_empty() {
        true => HashMap::new(),
        false => store::pulses::of(&mut conn, &moved.into_iter().collect::<Vec<_>>())?,
    };
    // Several lines of one session are proved together.
    let mut proved: HashMap<SessionId, Option<Scope>> = HashMap::new();
    for f in fed.iter_mut() {
        if f.proved.elapsed() >= PROVE_EVERY {
            let scope = match proved.get(&f.line.session) {
                Some(known) => known.clone(),
                None => prove(&mut conn, &f.line)?,
            };
            proved.insert(f.line.session, scope.clone());
            match scope {
                Some(scope) => (f.scope, f.proved) = (scope, Instant::now()),
                None => {
                    f.line.say(event("end", &json!({}), f.heard));
                    f.line.end();
                    continue;
                }
            }
        }
        if let Some(pulse) = pulses.get(&f.line.cabinet).filter(|p| p.beat > f.heard) {
            tell(&mut conn, f, pulse)?;
            f.heard = pulse.beat;
            f.said = Instant::now();
        }
        if f.said.elapsed() >= BEAT_EVERY {
            f.line.say(": beat\n\n".to_owned());
            f.said = Instant::now();
        }
    }
    Ok(())
}

/// Whether the session of a line lives, and what its person may see now.
fn prove(conn: &mut Conn, line: &Line) -> Result<Option<Scope>> {
    let actor = store::sessions::authenticate(conn, line.session, line.user, line.cabinet, Utc::now())?;
    Ok(actor.map(|a| a.scope))
}

/// Tells a reader what has happened since it heard last, as far as the person sees it.
fn tell(conn: &mut Conn, f: &Fed, pulse: &Pulse) -> Result<()> {
    let Some(changes) = pulse.since(f.heard) else {
        f.line.say(event("behind", &json!({}), pulse.beat));
        return Ok(());
    };
    let (mut anomalies, mut counts, mut told): (Vec<(AnomalyId, i64)>, bool, bool) = (Vec::new(), false, false);
    for change in changes {
        match change {
            Change::Anomaly { id, version } => {
                anomalies.retain(|(known, _)| known != id);
                anomalies.push((*id, *version));
            }
            Change::Counts => counts = true,
            Change::Told { user } => told |= *user == f.line.user,
        }
    }
    let ids: Vec<AnomalyId> = anomalies.iter().map(|(id, _)| *id).collect();
    let seen = store::anomalies::seen(conn, &f.scope, &ids)?;
    let nothing_seen = seen.is_empty() && !anomalies.is_empty();
    for (id, version) in anomalies {
        if seen.contains(&id) {
            f.line.say(event("anomaly", &json!({ "id": id, "version": version }), pulse.beat));
        }
    }
    // Numbers move with anomalies; of those out of sight nothing is told.
    if counts && !nothing_seen {
        f.line.say(event("counts", &json!({}), pulse.beat));
    }
    if told {
        let unread = store::notifications::unread(conn, &f.scope)?;
        f.line.say(event("notification", &json!({ "unread": unread }), pulse.beat));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids;

    #[test]
    fn a_slow_reader_is_given_up_and_a_gone_one_forgotten() {
        let (cabinet, user, session) = (ids::cabinet(), ids::user(), ids::session());
        let line = Arc::new(Line { cabinet, user, session, from: 7, out: Mutex::default() });
        let events = Events(line.clone());
        let waker = Waker::noop();
        let context = Context::from_waker(waker);
        assert!(events.poll(&context).is_pending());
        line.say(event("hello", &json!({ "beat": 7 }), 7));
        let Poll::Ready(Some(hello)) = events.poll(&context) else { panic!() };
        assert_eq!(hello, "id: 7\nevent: hello\ndata: {\"beat\":7}\n\n");
        for n in 0..=MOST_WAITING {
            line.say(n.to_string());
        }
        assert!(line.has_ended());
        let mut read = 0;
        while let Poll::Ready(Some(_)) = events.poll(&context) {
            read += 1;
        }
        assert_eq!(read, MOST_WAITING);
        assert_eq!(events.poll(&context), Poll::Ready(None));
        let line = Arc::new(Line { cabinet, user, session, from: 7, out: Mutex::default() });
        drop(Events(line.clone()));
        assert!(line.has_ended());
    }
}

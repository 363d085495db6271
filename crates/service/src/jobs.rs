//! Long work: jobs are rows, one worker thread of each process takes them, a stopped process loses none.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::{NaiveDate, Utc};
use contract::{Job, JobKind, JobList, JobState, Nothing, Problem};
use domain::{ImportId, JobId, Lang, Text};
use store::{Conn, Scope, jobs::Row};

use crate::priority::give_way;
use crate::{Answer, App, Call, Error, Result, imports, time};

/// How far the jobs of this process are, for those who ask while they run: a job's own transaction cannot say so.
#[derive(Debug, Default)]
pub struct Progress {
    running: Mutex<HashMap<String, Arc<Running>>>,
    queue: Mutex<bool>,
    wake: Condvar,
}

#[derive(Debug, Default)]
pub struct Running {
    done: AtomicU64,
    /// Negative while unknown.
    total: AtomicI64,
    cancelled: AtomicBool,
    lost: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What is guarded is whole after every statement, whoever panicked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Progress {
    fn begin(&self, id: &str) -> Arc<Running> {
        let running = Arc::new(Running { total: AtomicI64::new(-1), ..Default::default() });
        lock(&self.running).insert(id.to_owned(), running.clone());
        running
    }

    fn end(&self, id: &str) {
        lock(&self.running).remove(id);
    }

    fn of(&self, id: &str) -> Option<Arc<Running>> {
        lock(&self.running).get(id).cloned()
    }

    /// Tells the worker that a job waits.
    pub fn wake(&self) {
        *lock(&self.queue) = true;
        self.wake.notify_all();
    }

    fn wait(&self, longest: Duration) {
        let mut waiting = lock(&self.queue);
        if !*waiting {
            waiting = self.wake.wait_timeout(waiting, longest).unwrap_or_else(PoisonError::into_inner).0;
        }
        *waiting = false;
    }
}

impl Running {
    /// Says how far the work is; refuses to go on when somebody has cancelled it or another process has taken it over.
    pub fn step(&self, done: u64, total: Option<u64>) -> Result<()> {
        self.done.store(done, Ordering::Relaxed);
        if let Some(total) = total {
            self.total.store(i64::try_from(total).unwrap_or(i64::MAX), Ordering::Relaxed);
        }
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(cancelled());
        }
        if self.lost.load(Ordering::Relaxed) {
            return Err(Error::internal("the job's lease was lost"));
        }
        Ok(())
    }

    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    pub fn total(&self) -> Option<i64> {
        Some(self.total.load(Ordering::Relaxed)).filter(|t| *t >= 0)
    }
}

fn cancelled() -> Error {
    Error::conflict("Annulé à la demande ; rien n’a été appliqué.", "Cancelled on request; nothing was applied.")
}

/// What a job's work is given.
#[derive(Debug)]
pub struct Work<'a> {
    pub app: &'a App,
    /// The person who asked for it, with the rights of now.
    pub scope: Scope,
    pub row: &'a Row,
    pub running: Arc<Running>,
}

impl Work<'_> {
    /// Says within a transaction of work in pieces how far it is, and keeps the lease: no piece is written by a worker that
    /// has lost it, and none after somebody has asked to stop.
    pub fn beat(&self, conn: &mut Conn, done: u64, total: Option<u64>) -> Result<()> {
        self.running.step(done, total)?;
        let (done, total) = (i64::try_from(done).unwrap_or(i64::MAX), self.running.total());
        match store::jobs::renew(conn, &self.row.id, &self.app.settings.worker, done, total, Utc::now())? {
            (true, false) => Ok(()),
            (true, true) => {
                self.running.cancelled.store(true, Ordering::Relaxed);
                Err(cancelled())
            }
            (false, _) => {
                self.running.lost.store(true, Ordering::Relaxed);
                Err(Error::internal("the job's lease was lost"))
            }
        }
    }

    /// Ends the job as done, inside the transaction of its work: both stand or neither does.
    pub fn finish(&self, conn: &mut Conn, now: chrono::DateTime<Utc>) -> Result<()> {
        finish(conn, self.app, self.row, &self.running, now)
    }
}

fn finish(conn: &mut Conn, app: &App, row: &Row, running: &Running, now: chrono::DateTime<Utc>) -> Result<()> {
    let (holds, cancel) = store::jobs::holds(conn, &row.id, &app.settings.worker)?;
    if cancel {
        return Err(cancelled());
    }
    if !holds {
        return Err(Error::internal("the job's lease was lost"));
    }
    let done = i64::try_from(running.done()).unwrap_or(i64::MAX);
    store::jobs::end(conn, &row.id, "done", done, running.total().or(Some(done)), None, now)?;
    Ok(())
}

/// A job as the API shows it.
pub fn shown(app: &App, conn: &mut Conn, row: Row) -> Result<Job> {
    let labels = store::jobs::labels(conn, std::slice::from_ref(&row))?;
    labelled(app, row, &labels)
}

fn labelled(app: &App, row: Row, labels: &HashMap<String, String>) -> Result<Job> {
    let state = JobState::try_from(row.state.as_str()).map_err(Error::internal)?;
    let kind = JobKind::try_from(row.kind.as_str()).map_err(Error::internal)?;
    let running = (state == JobState::Running).then(|| app.shared.progress.of(&row.id)).flatten();
    let done = running.as_ref().map_or(u64::try_from(row.done).unwrap_or_default(), |r| r.done());
    let total = running.as_ref().and_then(|r| r.total()).or(row.total);
    let end = row.ended_at.unwrap_or_else(|| store::time::to_db(Utc::now()));
    let seconds = row.started_at.map(|s| (end - s) as f64 / 1e6).filter(|s| *s > 0.0);
    Ok(Job {
        id: row.id.parse().map_err(Error::internal)?,
        kind,
        state,
        done,
        total: total.and_then(|t| u64::try_from(t).ok()),
        rate: seconds.filter(|_| done > 0).map(|s| (done as f64 / s).round()),
        attempts: u32::try_from(row.attempts).unwrap_or_default(),
        notes: serde_json::from_str(&row.notes)?,
        problem: row.problem.as_deref().map(serde_json::from_str).transpose()?,
        created_at: store::time::from_db(row.created_at),
        started_at: row.started_at.map(store::time::from_db),
        ended_at: row.ended_at.map(store::time::from_db),
        result: Some(match kind {
            JobKind::ImportCheck | JobKind::ImportCommit | JobKind::ImportUndo => {
                format!("/api/v1/imports/{}", row.subject_id)
            }
            JobKind::Evaluation => "/api/v1/cabinet/readiness-rules".to_owned(),
            JobKind::AnomalyRules => "/api/v1/anomalies/settings".to_owned(),
            JobKind::FlowWord => "/api/v1/flows/words".to_owned(),
        }),
        subject_label: match (kind, row.subject_id.split_once('\u{1f}')) {
            (JobKind::FlowWord, Some((_, word))) => word.to_owned(),
            _ => labels.get(&row.subject_id).cloned().unwrap_or_default(),
        },
        subject_id: row.subject_id,
    })
}

pub fn list_jobs(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<JobList>> {
    let mut conn = call.app.store.conn()?;
    let rows = store::jobs::list(&mut conn, call.scope()?, 20)?;
    let labels = store::jobs::labels(&mut conn, &rows)?;
    let data = rows.into_iter().map(|r| labelled(&call.app, r, &labels)).collect::<Result<_>>()?;
    Ok(Answer::new(JobList { data }))
}

pub fn read_job(call: &Call, id: JobId, _: Nothing, _: Nothing) -> Result<Answer<Job>> {
    let mut conn = call.app.store.conn()?;
    let row = store::jobs::find(&mut conn, call.scope()?, id)?;
    Ok(Answer::new(shown(&call.app, &mut conn, row)?))
}

pub fn cancel_job(call: &Call, id: JobId, _: Nothing, _: Nothing) -> Result<Answer<Job>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let row = store::jobs::find(&mut conn, scope, id)?;
    if !matches!(row.state.as_str(), "queued" | "running") {
        return Err(Error::conflict("Ce travail est déjà terminé.", "This job has already ended."));
    }
    if row.kind == JobKind::AnomalyRules.as_str() {
        return Err(Error::conflict(
            "Une relecture des anomalies ne s’annule pas : revenez aux réglages précédents.",
            "Judging anomalies again cannot be cancelled: go back to the settings before.",
        ));
    }
    if row.kind == JobKind::Evaluation.as_str() {
        return Err(Error::conflict(
            "Un recalcul des scores ne s’annule pas : revenez à la version précédente des règles.",
            "An evaluation cannot be cancelled: go back to the version of the rules before.",
        ));
    }
    // A job of this process is told in memory: it may hold the only write lock there is.
    let row = match call.app.shared.progress.of(&row.id) {
        Some(running) => {
            running.cancelled.store(true, Ordering::Relaxed);
            row
        }
        None => {
            let row = conn.write(|conn| store::jobs::cancel(conn, scope, id, call.now))?;
            if row.state == "cancelled" {
                imports::job_ended(&call.app, &mut conn, scope, &row)?;
            }
            row
        }
    };
    Ok(Answer::new(shown(&call.app, &mut conn, row)?))
}

/// The worker of this process; stops when told or dropped, after the work in hand.
#[derive(Debug)]
pub struct Runner {
    app: App,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Runner {
    pub fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Work in hand is given up: it is one transaction, and the next start takes it again.
        for running in lock(&self.app.shared.progress.running).values() {
            running.lost.store(true, Ordering::Relaxed);
        }
        self.app.shared.progress.wake();
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

/// Starts the worker and the keeper of leases.
pub fn start(app: App) -> Runner {
    let stop = Arc::new(AtomicBool::new(false));
    let worker = {
        let (app, stop) = (app.clone(), stop.clone());
        std::thread::spawn(move || {
            give_way();
            work(&app, &stop)
        })
    };
    let keeper = {
        let (app, stop) = (app.clone(), stop.clone());
        std::thread::spawn(move || keep_leases(&app, &stop))
    };
    Runner { app, stop, threads: vec![worker, keeper] }
}

/// How often campaigns look for dossiers that have become eligible.
const JOIN_EVERY: Duration = Duration::from_secs(3);
/// How often it is looked which flows have stood for too long.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How often the vault is looked at for files that nothing names.
const VAULT_EVERY: Duration = Duration::from_secs(15 * 60);

fn work(app: &App, stop: &AtomicBool) {
    let mut evaluated = None;
    let (mut joined, mut swept): (Option<Instant>, Option<Instant>) = (None, None);
    let mut tidied: Option<Instant> = None;
    while !stop.load(Ordering::Relaxed) {
        let today = time::paris_day(Utc::now());
        match follow_register(app) {
            Ok(register) if evaluated.as_ref() != Some(&(today, register.clone())) => {
                // What ended with the day before speaks first.
                let done = expire_all(app, today)
                    .and_then(|()| evaluate_all(app, today))
                    .and_then(|()| look_at_anomalies(app, today))
                    .and_then(|()| crate::trend::keep_day(app, today));
                match done {
                    Ok(()) => evaluated = Some((today, register)),
                    Err(error) => tracing::error!(%error, "the daily evaluation failed, it will be tried again"),
                }
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "the register of platforms cannot be read, it will be tried again"),
        }
        if joined.is_none_or(|at| at.elapsed() >= JOIN_EVERY) {
            joined = Some(Instant::now());
            if let Err(error) = crate::campaigns::tick(app, Utc::now()) {
                tracing::error!(%error, "campaigns cannot be followed, it will be tried again");
            }
        }
        if swept.is_none_or(|at| at.elapsed() >= SWEEP_EVERY) {
            swept = Some(Instant::now());
            if let Err(error) = crate::flows::sweep(app, Utc::now()) {
                tracing::error!(%error, "flows that stand for too long cannot be looked at, it will be tried again");
            }
        }
        if tidied.is_none_or(|t| t.elapsed() >= VAULT_EVERY) {
            tidied = Some(Instant::now());
            if let Err(error) = crate::mandates::sweep(app, Utc::now()) {
                tracing::warn!(%error, "the vault cannot be swept, it will be tried again");
            }
        }
        match take(app) {
            Ok(Some(row)) => run(app, &row),
            Ok(None) => app.shared.progress.wait(Duration::from_secs(2)),
            Err(error) => {
                tracing::warn!(%error, "jobs cannot be read");
                app.shared.progress.wait(Duration::from_secs(5));
            }
        }
    }
}

/// The register that the database has now, named by its content: an operator may load another at any time.
fn follow_register(app: &App) -> Result<String> {
    let register = app.register(&mut *app.store.conn()?)?;
    Ok(format!("{} {}", register.as_of, register.edition()))
}

fn expire_all(app: &App, today: NaiveDate) -> Result<()> {
    let cabinets = store::references::cabinet_ids(&mut *app.store.conn()?)?;
    for cabinet in cabinets {
        let ended = crate::mandates::expire(app, cabinet, today)?;
        if ended > 0 {
            tracing::info!(%cabinet, ended, %today, "mandates came to their end");
        }
    }
    Ok(())
}

fn evaluate_all(app: &App, today: NaiveDate) -> Result<()> {
    let mut conn = app.store.conn()?;
    for cabinet in store::references::cabinet_ids(&mut conn)? {
        let started = Instant::now();
        let dossiers = crate::evaluations::run(app, cabinet, today, &|_, _| Ok(()))?;
        if dossiers > 0 {
            let ms = started.elapsed().as_millis() as u64;
            tracing::info!(%cabinet, dossiers, %today, ms, "readiness evaluated");
        }
    }
    Ok(())
}

/// What days alone make wrong, or right again.
fn look_at_anomalies(app: &App, today: NaiveDate) -> Result<()> {
    let mut failed = None;
    for cabinet in store::references::cabinet_ids(&mut *app.store.conn()?)? {
        let started = Instant::now();
        let dossiers = match crate::anomalies::findings::look_at_day(app, cabinet, today, Utc::now()) {
            Ok(dossiers) => dossiers,
            // What fails for one firm holds no other back.
            Err(error) => {
                failed = failed.or(Some(error));
                continue;
            }
        };
        if dossiers > 0 {
            let ms = started.elapsed().as_millis() as u64;
            tracing::info!(%cabinet, dossiers, %today, ms, "dossiers looked through for anomalies");
        }
    }
    failed.map_or(Ok(()), Err)
}

fn take(app: &App) -> Result<Option<Row>> {
    let mut conn = app.store.conn()?;
    let now = Utc::now();
    // Looking costs no lock; taking does.
    if !store::jobs::any_due(&mut conn, now)? {
        return Ok(None);
    }
    Ok(conn.write(|conn| store::jobs::lease(conn, &app.settings.worker, now))?)
}

/// Renews the leases of what runs here, and learns of cancellations that reached another process.
fn keep_leases(app: &App, stop: &AtomicBool) {
    let mut beat = 0u32;
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(100));
        beat += 1;
        // On SQLite the work itself holds the write lock, which keeps every other process off.
        if !beat.is_multiple_of(20) || app.store.url().backend() == store::connection::Backend::Sqlite {
            continue;
        }
        let running: Vec<(String, Arc<Running>)> =
            lock(&app.shared.progress.running).iter().map(|(id, r)| (id.clone(), r.clone())).collect();
        for (id, running) in running {
            let Ok(mut conn) = app.store.conn() else { continue };
            let done = i64::try_from(running.done()).unwrap_or_default();
            match store::jobs::renew(&mut conn, &id, &app.settings.worker, done, running.total(), Utc::now()) {
                Ok((true, false)) => {}
                Ok((true, true)) => running.cancelled.store(true, Ordering::Relaxed),
                Ok((false, _)) => running.lost.store(true, Ordering::Relaxed),
                Err(error) => tracing::warn!(%error, "a lease could not be renewed"),
            }
        }
    }
}

const MOST_ATTEMPTS: i64 = 3;

fn run(app: &App, row: &Row) {
    let started = Instant::now();
    let running = app.shared.progress.begin(&row.id);
    let outcome = attempt(app, row, &running);
    app.shared.progress.end(&row.id);
    match outcome {
        Ok(()) => {
            tracing::info!(job = %row.id, kind = %row.kind, ms = started.elapsed().as_millis() as u64, "job done")
        }
        Err(error) => {
            tracing::warn!(job = %row.id, kind = %row.kind, %error, "job ended without result");
            if let Err(error) = fail(app, row, &error, &running) {
                tracing::error!(job = %row.id, %error, "the end of the job could not be written");
            }
        }
    }
}

fn attempt(app: &App, row: &Row, running: &Arc<Running>) -> Result<()> {
    let mut conn = app.store.conn()?;
    let kind = JobKind::try_from(row.kind.as_str()).map_err(Error::internal)?;
    let goes_on = imports::goes_on(&mut conn, row)?;
    if row.attempts > 1 {
        let mut notes: Vec<Text> = serde_json::from_str(&row.notes)?;
        let (day, hour) = time::paris_clock(Utc::now());
        // An evaluation goes on where it was, a word is read in batches, an export of a platform is taken in pieces; a list
        // of clients is one transaction.
        let (fr, en) = match kind {
            JobKind::Evaluation | JobKind::AnomalyRules | JobKind::FlowWord => ("", ""),
            _ if goes_on => (" : ce qui était en place y reste", ": what was in place stays there"),
            JobKind::ImportCheck | JobKind::ImportCommit | JobKind::ImportUndo => {
                (" : rien n’avait été appliqué", ": nothing had been applied")
            }
        };
        notes.push(Text::new(
            format!("Interrompu par un arrêt du serveur avant la fin{fr}. Repris le {day} à {hour}, heure de Paris."),
            format!(
                "Interrupted by a stop of the server before the end{en}. Taken up again on {day} at {hour}, Paris time."
            ),
        ));
        store::jobs::set_notes(&mut conn, &row.id, &serde_json::to_string(&notes)?)?;
    }
    // What goes on is further each time.
    let further = goes_on || matches!(kind, JobKind::Evaluation | JobKind::AnomalyRules | JobKind::FlowWord);
    if row.attempts > MOST_ATTEMPTS && !further {
        return Err(Error::conflict(
            "Interrompu trop de fois ; rien n’a été appliqué. Relancez-le.",
            "Interrupted too many times; nothing was applied. Start it again.",
        ));
    }
    let work = || -> Result<Work<'_>> {
        let scope = store::jobs::scope_of(&mut *app.store.conn()?, row)?.ok_or_else(Error::forbidden)?;
        if !scope.allows(domain::Permission::ImportRun) {
            return Err(Error::forbidden());
        }
        Ok(Work { app, scope, row, running: running.clone() })
    };
    let import = |run: fn(&Work<'_>, ImportId) -> Result<()>| -> Result<()> {
        run(&work()?, row.subject_id.parse().map_err(Error::internal)?)
    };
    drop(conn);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| match kind {
        JobKind::ImportCheck => import(imports::run_check),
        JobKind::ImportCommit => import(imports::run_commit),
        JobKind::ImportUndo => import(imports::run_undo),
        // What follows from rules that stand asks nobody's right.
        JobKind::Evaluation => evaluate(app, row, running),
        JobKind::AnomalyRules => judge_anomalies(app, row, running),
        JobKind::FlowWord => crate::flows::read_word(&work()?),
    }));
    result.unwrap_or_else(|_| Err(Error::internal("the job panicked")))
}

fn evaluate(app: &App, row: &Row, running: &Running) -> Result<()> {
    let cabinet = row.cabinet_id.parse().map_err(Error::internal)?;
    let now = Utc::now();
    crate::evaluations::run(app, cabinet, time::paris_day(now), &|done, total| running.step(done, total))?;
    let mut conn = app.store.conn()?;
    let all = store::evaluations::count(&mut conn, cabinet)?;
    running.step(all, Some(all))?;
    conn.write(|conn| finish(conn, app, row, running, Utc::now()))
}

fn judge_anomalies(app: &App, row: &Row, running: &Running) -> Result<()> {
    let cabinet = row.cabinet_id.parse().map_err(Error::internal)?;
    crate::anomalies::again::run(app, cabinet, Utc::now(), &|done, total| running.step(done, total))?;
    app.store.conn()?.write(|conn| finish(conn, app, row, running, Utc::now()))
}

fn fail(app: &App, row: &Row, error: &Error, running: &Running) -> Result<()> {
    let mut conn = app.store.conn()?;
    let (holds, _) = store::jobs::holds(&mut conn, &row.id, &app.settings.worker)?;
    if !holds {
        return Ok(());
    }
    if running.lost.load(Ordering::Relaxed) {
        // The server stops: the job goes back to the queue, and the next start takes it.
        return Ok(store::jobs::release(&mut conn, &row.id)?);
    }
    let was_cancelled = running.cancelled.load(Ordering::Relaxed);
    let problem = Problem {
        kind: Problem::documentation(error.code),
        title: error.code.title().fr,
        status: error.code.status(),
        detail: error.detail.clone().unwrap_or_else(|| error.code.explanation()).get(Lang::Fr).to_owned(),
        instance: format!("/api/v1/jobs/{}", row.id),
        code: error.code,
        request_id: row.request_id.clone(),
        errors: error.fields.iter().map(|f| f.in_lang(Lang::Fr)).collect(),
    };
    let state = if was_cancelled { "cancelled" } else { "failed" };
    let scope = store::jobs::scope_of(&mut conn, row)?;
    conn.write(|conn| -> Result<()> {
        let problem = serde_json::to_string(&problem)?;
        store::jobs::end(conn, &row.id, state, 0, None, Some(&problem), Utc::now())?;
        Ok(())
    })?;
    if let Some(scope) = scope {
        imports::job_ended(app, &mut conn, &scope, row)?;
    }
    Ok(())
}

/// Works on what is queued until nothing is, as the command line does without a server.
pub fn drain(app: &App) -> Result<()> {
    while let Some(row) = take(app)? {
        run(app, &row);
    }
    Ok(())
}

/// The job named, as a test or a tool waits for it.
pub fn wait(app: &App, scope: &Scope, id: JobId, longest: Duration) -> Result<Row> {
    let end = Instant::now() + longest;
    loop {
        let row = store::jobs::find(&mut *app.store.conn()?, scope, id)?;
        if !matches!(row.state.as_str(), "queued" | "running") || Instant::now() > end {
            return Ok(row);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

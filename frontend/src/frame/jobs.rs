//! Long work that goes on whatever page is open: client lists being checked, committed, taken back. The bell shows what
//! runs and what ran lately; a job that ends while its page is not looked at says so.

use std::cell::Cell;
use std::time::Duration;

use contract::endpoint::op;
use contract::{Job, JobKind, JobState, Nothing};
use domain::{JobId, Permission};
use leptos::prelude::*;

use super::address::address;
use crate::api::{Load, ask, load};
use crate::browser::now;
use crate::dom::{View, div, el, memo, span};
use crate::session;
use crate::text::{format, t};
use crate::ui::{Icon, MenuItem, toasts};

const WHILE_RUNNING: Duration = Duration::from_secs(3);
/// As many as a glance takes in.
const SHOWN: usize = 6;

#[derive(Clone, Copy)]
pub(super) struct Jobs {
    list: Load<Vec<Job>>,
}

thread_local! {
    static JOBS: Cell<Option<Jobs>> = const { Cell::new(None) };
    /// How many jobs were seen to end.
    static ENDED: Cell<Option<ArcRwSignal<u32>>> = const { Cell::new(None) };
}

/// Counts the jobs that were seen to end: a list that they change is asked again when it moves.
pub fn jobs_ended() -> ArcRwSignal<u32> {
    ENDED.with(|cell| {
        let signal = cell.take().unwrap_or_else(|| ArcRwSignal::new(0));
        cell.set(Some(signal.clone()));
        signal
    })
}

/// Whoever starts a job, or follows one closely, tells what is known of it.
pub fn tell_job(job: &Job) {
    if let Some(jobs) = JOBS.get() {
        jobs.list.value.try_update(|list| {
            let list = list.get_or_insert_default();
            match list.iter_mut().find(|known| known.id == job.id) {
                Some(known) => *known = job.clone(),
                None => list.insert(0, job.clone()),
            }
        });
    }
}

fn runs(job: &Job) -> bool {
    matches!(job.state, JobState::Queued | JobState::Running)
}

/// What it works on; that may have been deleted since.
fn name(job: &Job) -> &str {
    match job.kind {
        JobKind::Evaluation => return t().jobs_evaluation_name(),
        JobKind::AnomalyRules => return t().jobs_anomaly_rules_name(),
        JobKind::ImportCheck | JobKind::ImportCommit | JobKind::ImportUndo | JobKind::FlowWord => {}
    }
    if job.subject_label.is_empty() { t().jobs_unnamed() } else { &job.subject_label }
}

fn place(job: &Job) -> String {
    match job.kind {
        JobKind::ImportCheck | JobKind::ImportCommit | JobKind::ImportUndo => format!("/imports/{}", job.subject_id),
        JobKind::Evaluation => RULES.to_owned(),
        JobKind::FlowWord => WORDS.to_owned(),
        JobKind::AnomalyRules => ANOMALY_RULES.to_owned(),
    }
}

/// Where the rules are by which an evaluation is made.
const RULES: &str = "/parametres?tab=rules";
/// Where words of platforms are read.
const WORDS: &str = "/flux?tab=words";

/// Where the rules of anomalies are.
const ANOMALY_RULES: &str = "/parametres?tab=anomalies";

/// Asks what runs now: something was started that answers no job.
pub fn refresh_jobs() {
    if let Some(jobs) = JOBS.get() {
        jobs.list.reload();
    }
}

impl Jobs {
    pub(super) fn running(self) -> Vec<JobId> {
        self.list.value.with(|jobs| jobs.iter().flatten().filter(|job| runs(job)).map(|job| job.id).collect())
    }

    fn find(self, id: JobId) -> Option<Job> {
        self.list.value.with(|jobs| jobs.iter().flatten().find(|job| job.id == id).cloned())
    }

    fn announce(self, job: Job) {
        let ended = jobs_ended();
        ended.update(|n| *n += 1);
        // Its own page tells more, and so does whoever has just stopped it.
        if address().path.get_untracked() == place(&job) || job.state == JobState::Cancelled {
            return;
        }
        let (t, name) = (t(), name(&job));
        let (well, text) = match (job.state, job.kind) {
            (JobState::Failed, JobKind::Evaluation) => (false, t.jobs_toast_evaluation_failed().to_owned()),
            (JobState::Failed, JobKind::AnomalyRules) => (false, t.jobs_toast_anomaly_rules_failed().to_owned()),
            (JobState::Failed, _) => (false, t.jobs_toast_failed(name)),
            (_, JobKind::ImportCheck) => (true, t.jobs_toast_check(name)),
            (_, JobKind::ImportCommit) => (true, t.jobs_toast_commit(name)),
            (_, JobKind::ImportUndo) => (true, t.jobs_toast_undo(name)),
            (_, JobKind::Evaluation) => (true, t.jobs_toast_evaluation().to_owned()),
            (_, JobKind::FlowWord) => (true, t.jobs_toast_word(name)),
            (_, JobKind::AnomalyRules) => (true, t.jobs_toast_anomaly_rules().to_owned()),
        };
        toasts().linked(well, text, t.jobs_toast_open(), &place(&job));
    }
}

/// Follows the jobs; there are none for those who run none.
pub(super) fn follow() -> Jobs {
    let may = Memo::new(|_| session::can(Permission::ImportRun));
    let list = load(
        move || may.get(),
        |may| {
            Box::pin(async move {
                if !may {
                    return Ok(Vec::new());
                }
                Ok(ask::<op::ListJobs>(Nothing {}, Nothing {}).await?.data)
            })
        },
    );
    let jobs = Jobs { list };
    JOBS.set(Some(jobs));
    // Only while something runs: an idle screen leaves the server alone.
    Effect::new(move |_| {
        list.pending.track();
        if jobs.running().is_empty() {
            return;
        }
        let timer = set_timeout_with_handle(move || list.reload(), WHILE_RUNNING);
        on_cleanup(move || {
            if let Ok(timer) = timer {
                timer.clear();
            }
        });
    });
    Effect::new(move |before: Option<Vec<JobId>>| {
        let now = jobs.running();
        for gone in before.unwrap_or_default().into_iter().filter(|id| !now.contains(id)) {
            if let Some(job) = untrack(|| jobs.find(gone)) {
                jobs.announce(job);
            }
        }
        now
    });
    jobs
}

impl Jobs {
    /// What ran lately, for the bell.
    pub(super) fn items(self) -> Vec<MenuItem> {
        let jobs = self;
        // The latest job of each import: what came before led to it.
        let mut shown: Vec<Job> = Vec::with_capacity(SHOWN);
        jobs.list.value.with(|list| {
            for job in list.iter().flatten() {
                if shown.len() < SHOWN && shown.iter().all(|known| known.subject_id != job.subject_id) {
                    shown.push(job.clone());
                }
            }
        });
        if shown.is_empty() {
            return Vec::new();
        }
        jobs.list.reload();
        let mut items = vec![MenuItem::heading(t().jobs_recent())];
        items.extend(shown.into_iter().map(|job| {
            let href = place(&job);
            MenuItem::rich(href, move || face(jobs, &job))
        }));
        items.push(MenuItem::line());
        items.push(MenuItem::link(Icon::Import, t().jobs_all(), "/imports"));
        items
    }
}

/// A job in the menu: its file, what is done with it, how far it is. Follows the job while the menu is open.
fn face(jobs: Jobs, first: &Job) -> View {
    let id = first.id;
    let (first, name) = (first.clone(), name(first).to_owned());
    let job = memo(move || jobs.find(id).unwrap_or_else(|| first.clone()));
    let percent = memo(move || {
        job.with(|job| job.total.filter(|total| *total > 0 && runs(job)).map(|total| job.done.min(total) * 100 / total))
    });
    let words = move || {
        let job = job.get();
        let t = t();
        let what = match job.kind {
            JobKind::ImportCheck => t.jobs_check(),
            JobKind::ImportCommit => t.jobs_commit(),
            JobKind::ImportUndo => t.jobs_undo(),
            JobKind::Evaluation => t.jobs_evaluation(),
            JobKind::FlowWord => t.jobs_word(),
            JobKind::AnomalyRules => t.jobs_anomaly_rules(),
        };
        let when = format::relative(t, job.ended_at.unwrap_or(job.created_at), now());
        let far = match (job.state, percent.get()) {
            (JobState::Queued, _) => t.jobs_queued().to_owned(),
            (JobState::Running, Some(percent)) => format::percent(t, percent as i64),
            (JobState::Running, None) => t.jobs_running().to_owned(),
            (JobState::Done, _) => t.jobs_done(&when),
            (JobState::Failed, _) => t.jobs_failed(&when),
            (JobState::Cancelled, _) => t.jobs_cancelled(&when),
        };
        format!("{what} · {far}")
    };
    div("menu-job").child(span("truncate strong").child(name)).child(span("soft small num").text_of(words)).show(
        move || job.with(runs),
        move || {
            el("progress")
                .decorative()
                .attr("max", "100")
                .attr_of("value", move || percent.get().map(|percent| percent.to_string()))
        },
    )
}

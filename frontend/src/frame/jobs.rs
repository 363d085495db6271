//! Long work that goes on whatever page is open: imports being read, committed, taken back.

use std::cell::Cell;
use std::time::Duration;

use contract::endpoint::op;
use contract::{Job, JobKind, JobState, Nothing};
use domain::Permission;
use leptos::prelude::*;

use super::shell::jobs_button;
use crate::api::{Load, ask, load};
use crate::dom::{View, show};
use crate::session;
use crate::text::{format, t};
use crate::ui::{Icon, MenuItem};

const WHILE_RUNNING: Duration = Duration::from_secs(3);

thread_local! {
    static JOBS: Cell<Option<Load<Vec<Job>>>> = const { Cell::new(None) };
}

/// Whoever has just started a job says so: the bell shows it and follows it.
pub fn look_at_jobs() {
    if let Some(jobs) = JOBS.get() {
        jobs.reload();
    }
}

fn running(jobs: Load<Vec<Job>>) -> Vec<Job> {
    let runs = |job: &&Job| matches!(job.state, JobState::Queued | JobState::Running);
    jobs.value.with(|jobs| jobs.iter().flatten().filter(runs).cloned().collect())
}

/// The bell of the top bar; nothing for those who run no jobs.
pub(super) fn jobs() -> View {
    let may = Memo::new(|_| session::can(Permission::ImportRun));
    let jobs = load(
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
    JOBS.set(Some(jobs));
    // Only while something runs: an idle screen leaves the server alone.
    Effect::new(move |_| {
        jobs.pending.track();
        if running(jobs).is_empty() {
            return;
        }
        let timer = set_timeout_with_handle(move || jobs.reload(), WHILE_RUNNING);
        on_cleanup(move || {
            if let Ok(timer) = timer {
                timer.clear();
            }
        });
    });
    show(
        move || may.get(),
        move || {
            let items = move || untrack(|| running(jobs)).into_iter().map(line).collect();
            jobs_button(move || running(jobs).len() as u64, items)
        },
    )
}

fn line(job: Job) -> MenuItem {
    let t = t();
    let what = match job.kind {
        JobKind::ImportCheck => t.job_import_check(),
        JobKind::ImportCommit => t.job_import_commit(),
        JobKind::ImportUndo => t.job_import_undo(),
    };
    let far = match (job.state, job.total) {
        (JobState::Queued, _) => Some(t.job_queued().to_owned()),
        (_, Some(total)) if total > 0 => Some(format::percent(t, (job.done * 100 / total) as i64)),
        _ => None,
    };
    let label = far.map_or_else(|| what.to_owned(), |far| format!("{what} · {far}"));
    MenuItem::link(Icon::Import, label, format!("/imports/{}", job.subject_id))
}

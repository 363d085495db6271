//! Long work that goes on whatever page is open: imports being read, committed, taken back.

use std::time::Duration;

use contract::endpoint::op;
use contract::{Job, JobKind, JobState, Nothing};
use domain::Permission;
use leptos::prelude::*;

use super::JobsButton;
use crate::api::{Load, ask, load};
use crate::session;
use crate::text::{format, t};
use crate::ui::{Icon, MenuItem};

const WHILE_RUNNING: Duration = Duration::from_secs(3);

/// The latest jobs of the cabinet; nothing for those who run none.
#[derive(Clone, Copy)]
pub struct Jobs {
    list: Load<Vec<Job>>,
}

impl Jobs {
    pub(super) fn provide() -> Jobs {
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
        provide_context(jobs);
        jobs
    }

    /// Whoever has just started a job says so.
    pub fn look(self) {
        self.list.reload();
    }

    fn running(self) -> Vec<Job> {
        self.list.value.with(|jobs| {
            let running = |job: &&Job| matches!(job.state, JobState::Queued | JobState::Running);
            jobs.iter().flatten().filter(running).cloned().collect()
        })
    }
}

pub fn use_jobs() -> Jobs {
    expect_context::<Jobs>()
}

pub(super) fn jobs_button() -> AnyView {
    let jobs = use_jobs();
    let running = Memo::new(move |_| jobs.running().len() as u64);
    let line = |job: Job| {
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
        let label = match far {
            Some(far) => format!("{what} · {far}"),
            None => what.to_owned(),
        };
        MenuItem::link(Icon::Import, label, format!("/imports/{}", job.subject_id))
    };
    let items = move || untrack(|| jobs.running()).into_iter().map(line).collect::<Vec<_>>();
    let shown = Memo::new(|_| session::can(Permission::ImportRun));
    (move || shown.get().then(|| view! { <JobsButton running=running items=items /> })).into_any()
}

//! A job, followed while its page is open: often at first, because most end within a second, then less often. Leaving
//! the page ends the asking, never the job.

use std::time::Duration;

use contract::endpoint::op;
use contract::{Job, JobState, Nothing};
use domain::JobId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{Failure, ask};
use crate::browser::sleep;

const FIRST: Duration = Duration::from_millis(300);
const LONGEST: Duration = Duration::from_secs(3);

#[derive(Clone, Copy)]
pub struct Follow {
    pub job: RwSignal<Option<Job>>,
    /// The server does not answer; asking goes on.
    pub silent: RwSignal<bool>,
}

impl Follow {
    /// What an act has just answered.
    pub fn put(self, job: Job) {
        self.job.try_set(Some(job));
    }
}

pub fn is_over(job: &Job) -> bool {
    !matches!(job.state, JobState::Queued | JobState::Running)
}

/// Follows the job of this id, whichever it is at the moment. `on_end` is told once for each job that ends or has ended.
pub fn follow(id: Memo<Option<JobId>>, on_end: impl Fn(&Job) + Clone + 'static) -> Follow {
    let follow = Follow { job: RwSignal::new(None), silent: RwSignal::new(false) };
    // Tells a loop that its job is no longer the one, or that the page is gone.
    let turn = StoredValue::new(0u32);
    Effect::new(move |_| {
        let id = id.get();
        turn.update_value(|n| *n += 1);
        let mine = turn.get_value();
        let Some(id) = id else { return };
        if follow.job.with_untracked(|job| job.as_ref().is_some_and(|job| job.id != id)) {
            follow.job.set(None);
        }
        let on_end = on_end.clone();
        spawn_local(async move {
            let wanted = move || turn.try_get_value() == Some(mine);
            let mut wait = FIRST;
            loop {
                let answer = ask::<op::ReadJob>(id, Nothing {}).await;
                if !wanted() {
                    return;
                }
                match answer {
                    Ok(job) => {
                        follow.silent.set(false);
                        follow.job.set(Some(job.clone()));
                        if is_over(&job) {
                            on_end(&job);
                            return;
                        }
                    }
                    // Asking again cannot help.
                    Err(Failure::SignedOut) => return,
                    Err(failure) if matches!(failure.status(), 400..500) && failure.status() != 429 => return,
                    Err(_) => follow.silent.set(true),
                }
                sleep(wait).await;
                if !wanted() {
                    return;
                }
                wait = (wait * 5 / 4).min(LONGEST);
            }
        });
    });
    follow
}

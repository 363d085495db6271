//! *Vérification*: the dry run and what it found, row by row.

use contract::{ImportCounts, ImportState, ImportSubject, Job, JobKind, JobState, RowOutcome};
use leptos::prelude::*;

use super::detail::{Page, Step};
use super::follow::is_over;
use super::{profile, rows, words};
use crate::dom::{View, div, el, link, live, memo, p, span};
use crate::frame::Step as Move;
use crate::text::t;
use crate::ui::{Button, Icon, Progress, Tab, Tone, counted, empty_state, notice, progress_bar, tabs};

/// The parameter of the address that holds which rows are looked at.
const ROWS: &str = "lignes";

pub fn step(page: Page) -> View {
    let state = page.state();
    el("section").class("card imp-check").live(move || {
        let state = state.get();
        untrack(|| match state {
            ImportState::Draft => not_yet(page),
            ImportState::Checking => working(page),
            ImportState::Failed => View::all([ended_badly(page, JobKind::ImportCheck), left_over(page), again(page)]),
            ImportState::Checked
            | ImportState::Committing
            | ImportState::Committed
            | ImportState::Undoing
            | ImportState::Undone => found(page, state),
        })
    })
}

fn not_yet(page: Page) -> View {
    let t = t();
    let missing = profile::missing(page);
    let run = Button::new(t.imp_run_check())
        .primary()
        .disabled(move || missing.get().is_some())
        .busy(move || page.busy.get())
        .press(move || page.check());
    let columns = Button::new(t.imp_step_columns()).icon(Icon::Columns).press(move || page.go(Step::Columns));
    let lacks = live(move || missing.get().map(|lacks| profile::lacks(page, lacks)));
    let detail = match page.subject() {
        ImportSubject::Clients => t.imp_check_first_detail(),
        ImportSubject::Flows => t.imp_check_first_flows(),
    };
    View::all([lacks, empty_state(Icon::Eye, t.imp_check_first_title(), detail, [columns, run])])
}

/// A commit of flows that was given up in the middle has taken some pieces: they can be taken back.
fn left_over(page: Page) -> View {
    let stopped = memo(move || {
        let of_commit = |job: &Job| job.kind == JobKind::ImportCommit && is_over(job);
        page.follow.job.with(|job| job.as_ref().is_some_and(of_commit))
    });
    live(move || {
        if !stopped.get() || page.subject() != ImportSubject::Flows {
            return View::none();
        }
        let t = crate::text::t();
        View::all([
            ended_badly(page, JobKind::ImportCommit),
            p("soft imp-measure").child(t.imp_left_over()),
            div("row imp-acts").child(
                Button::new(t.imp_undo()).icon(Icon::Undo).busy(move || page.busy.get()).press(move || page.undo()),
            ),
        ])
    })
}

fn again(page: Page) -> View {
    let t = t();
    div("row imp-acts")
        .child(Button::new(t.imp_run_check_again()).primary().busy(move || page.busy.get()).press(move || page.check()))
        .child(Button::new(t.imp_step_columns()).icon(Icon::Columns).press(move || page.go(Step::Columns)))
}

/// A job under way: how far, how fast, how long still, the way to stop it, and that leaving is safe.
pub fn working(page: Page) -> View {
    let t = t();
    let (job, silent) = (page.follow.job, page.follow.silent);
    let label = match page.import.with_untracked(|import| import.state) {
        ImportState::Checking => t.imp_checking(),
        ImportState::Undoing => t.imp_undoing(),
        _ => t.imp_committing(),
    };
    let progress = move || {
        job.with(|job| {
            job.as_ref().map_or_else(Progress::default, |job| Progress {
                done: job.done,
                total: job.total,
                per_second: job.rate.filter(|rate| *rate >= 1.0).map(|rate| rate as u64),
            })
        })
    };
    let waiting = memo(move || job.with(|job| job.as_ref().is_none_or(|job| job.state == JobState::Queued)));
    let stopping = RwSignal::new(false);
    let stop = Button::new(t.imp_stop())
        .icon(Icon::Close)
        .disabled(move || job.with(|job| job.as_ref().is_none_or(is_over)) || stopping.get())
        .busy(move || page.busy.get())
        .press(move || {
            if let Some(id) = job.with_untracked(|job| job.as_ref().map(|job| job.id)) {
                stopping.set(true);
                page.cancel(id);
            }
        });
    div("stack imp-working")
        .child(progress_bar(label, progress, counted))
        .show(
            move || silent.get(),
            || notice(Tone::AtRisk, p("").child(crate::text::t().imp_silent())).attr("role", "status"),
        )
        .child(
            div("spread")
                .child(p("soft grow").text_of(move || {
                    let t = crate::text::t();
                    if stopping.get() {
                        t.imp_stopping().to_owned()
                    } else if waiting.get() {
                        format!("{} {}", t.imp_waiting(), t.imp_safe_to_leave())
                    } else {
                        t.imp_safe_to_leave().to_owned()
                    }
                }))
                .child(stop),
        )
}

/// Why the last job of this kind gave nothing; nothing when it gave something.
pub fn ended_badly(page: Page, kind: JobKind) -> View {
    let bad = memo(move || {
        page.follow.job.with(|job| {
            let job = job.as_ref().filter(|job| job.kind == kind)?;
            matches!(job.state, JobState::Failed | JobState::Cancelled).then(|| job.clone())
        })
    });
    live(move || bad.get().map(|job| told(page.subject(), &job)))
}

fn told(subject: ImportSubject, job: &Job) -> View {
    let t = t();
    let cancelled = job.state == JobState::Cancelled;
    let title = match (job.kind, cancelled) {
        (JobKind::ImportCheck, false) => t.imp_check_failed(),
        (JobKind::ImportCheck, true) => t.imp_check_cancelled(),
        (JobKind::ImportCommit, false) if subject == ImportSubject::Flows => t.imp_commit_failed_flows(),
        (JobKind::ImportCommit, true) if subject == ImportSubject::Flows => t.imp_commit_cancelled_flows(),
        (JobKind::ImportCommit, false) => t.imp_commit_failed(),
        (JobKind::ImportCommit, true) => t.imp_commit_cancelled(),
        (JobKind::ImportUndo, false) => t.imp_undo_failed(),
        (JobKind::ImportUndo, true) => t.imp_undo_cancelled(),
        (JobKind::Evaluation, _) => t.jobs_evaluation(),
        (JobKind::AnomalyRules, _) => t.jobs_anomaly_rules(),
        (JobKind::FlowWord, _) => t.jobs_word(),
    };
    let problem = job.problem.as_ref().filter(|_| !cancelled);
    let tone = if cancelled { Tone::Unknown } else { Tone::Late };
    let words = View::all([
        p("strong").child(title),
        problem.map(|problem| p("").child(&problem.detail)).into(),
        View::all(problem.into_iter().flat_map(|p| &p.errors).map(|e| p("").child(&e.message))),
        problem.map(|problem| p("faint small").child(t.request_id(&problem.request_id))).into(),
    ]);
    notice(tone, words).attr("role", "alert")
}

fn tab(subject: ImportSubject, outcome: RowOutcome, past: bool) -> &'static str {
    let t = t();
    match (subject, outcome) {
        (ImportSubject::Flows, RowOutcome::Create) => t.imp_tab_flows_new(),
        (ImportSubject::Flows, RowOutcome::Update) => t.imp_tab_flows_added(),
        (ImportSubject::Flows, RowOutcome::Unchanged) => t.imp_tab_flows_known(),
        (_, RowOutcome::Create) if past => t.imp_tab_created(),
        (_, RowOutcome::Update) if past => t.imp_tab_updated(),
        (_, RowOutcome::Create) => t.imp_tab_create(),
        (_, RowOutcome::Update) => t.imp_tab_update(),
        (_, RowOutcome::Unchanged) => t.imp_tab_unchanged(),
        (_, RowOutcome::Unread) => t.imp_tab_unread(),
        (_, RowOutcome::Skipped) => t.imp_tab_skipped(),
        (_, RowOutcome::Error) => t.imp_tab_error(),
    }
}

fn found(page: Page, state: ImportState) -> View {
    let t = t();
    let past = words::is_past(state);
    let counts = page.of(|import| import.counts.clone().unwrap_or_default());
    let lead = match page.subject() {
        ImportSubject::Clients => t.imp_check_lead(),
        ImportSubject::Flows => t.imp_check_lead_flows(),
    };
    let (title, lead) = if past { (t.imp_check_title_done(), None) } else { (t.imp_check_title(), Some(lead)) };
    let next = (state == ImportState::Checked).then(|| {
        View::all([
            View::from(
                Button::new(t.imp_run_check_again())
                    .quiet()
                    .icon(Icon::Refresh)
                    .busy(move || page.busy.get())
                    .press(move || page.check()),
            ),
            Button::new(t.imp_to_commit()).primary().press(move || page.go(Step::Commit)).into(),
        ])
    });
    let head = div("spread")
        .child(div("stack-tight grow").child(el("h2").child(title)).child(lead.map(|lead| p("soft").child(lead))))
        .child(div("row").child(next));
    View::all([
        head,
        ended_badly(page, JobKind::ImportCommit),
        live(move || {
            let unread = counts.with(|counts| counts.unread);
            (unread > 0).then(|| unread_words(unread, past))
        }),
        live(move || {
            let counts = counts.get();
            untrack(|| by_outcome(page, &counts, past))
        }),
    ])
}

/// Words that nobody has read are kept, never guessed; where they wait.
fn unread_words(n: u64, past: bool) -> View {
    let t = t();
    let words = if past { t.imp_unread_has(n) } else { t.imp_unread_will(n) };
    let way = past.then(|| link("", "/flux?tab=words").child(t.imp_unread_go()));
    notice(Tone::AtRisk, div("spread").child(p("grow").child(words)).child(way))
}

fn by_outcome(page: Page, counts: &ImportCounts, past: bool) -> View {
    let subject = page.subject();
    let of_clients = |outcome: &&RowOutcome| **outcome != RowOutcome::Unread || subject == ImportSubject::Flows;
    let list = RowOutcome::ALL
        .iter()
        .filter(of_clients)
        .map(|outcome| {
            Tab::new(outcome.as_str(), tab(subject, *outcome, past)).count(words::count_of(counts, *outcome))
        })
        .collect();
    // Where there is something to see: what changes first, what is wrong before what is idle.
    let order = [
        RowOutcome::Create,
        RowOutcome::Update,
        RowOutcome::Unread,
        RowOutcome::Error,
        RowOutcome::Unchanged,
        RowOutcome::Skipped,
    ];
    let natural = order.into_iter().find(|outcome| words::count_of(counts, *outcome) > 0).unwrap_or(RowOutcome::Create);
    let asked = page.address.text(ROWS);
    let current = move || {
        let asked = asked.get();
        if asked.is_empty() { natural.as_str().to_owned() } else { asked }
    };
    let totals = counts.clone();
    let place = div("imp-tabs");
    // On a phone the tabs do not all fit: the one that is shown comes into sight.
    let tabs_in = place.element().clone();
    request_animation_frame(move || {
        let find = |what: &str| tabs_in.query_selector(what).ok().flatten();
        if let (Some(list), Some(tab)) = (find("[role=tablist]"), find("[aria-selected=true]")) {
            list.set_scroll_left(
                tab.get_bounding_client_rect().left() as i32 - list.get_bounding_client_rect().left() as i32,
            );
        }
    });
    place
        .child(tabs(
            t().imp_tabs(),
            list,
            current,
            move |key| page.address.set(&[(ROWS, Some(key))], Move::Replace),
            move |key| match RowOutcome::try_from(key) {
                Ok(outcome) => rows::rows(page, outcome, words::count_of(&totals, outcome), past),
                Err(_) => View::none(),
            },
        ))
        .child(span("sr-only").attr("role", "status").child(t().table_rows(counts.rows)))
}

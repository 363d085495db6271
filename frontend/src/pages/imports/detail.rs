//! `/imports/:id`: one import as steps on one page. The address holds the step; the state of the import says which steps
//! can be reached.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{Import, ImportChange, ImportState, ImportSubject, Job, Nothing};
use domain::{ImportId, JobId, Permission};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::follow::{Follow, follow};
use super::{check, columns, commit, detected, words};
use crate::api::{Failure, Load, Versioned, act, ask_versioned, change, load, request};
use crate::browser::{active_element, focus, now};
use crate::dom::{View, div, el, link, live, memo, p, span};
use crate::frame::{Address, Step as Move, address, page_head, tell_job};
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Dialog, Icon, Menu, MenuItem, Tone, empty_state, error_state, icon, notice, skeleton, status_as, tag,
    toasts,
};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Detected,
    Columns,
    Check,
    Commit,
}

/// The parameter of the address that holds the step.
const STEP: &str = "etape";

/// The id of what the steps are drawn in.
const BODY: &str = "imp-step";

impl Step {
    const ALL: [Step; 4] = [Step::Detected, Step::Columns, Step::Check, Step::Commit];

    pub fn tag(self) -> &'static str {
        match self {
            Step::Detected => "detecte",
            Step::Columns => "colonnes",
            Step::Check => "verification",
            Step::Commit => "validation",
        }
    }

    fn from_tag(tag: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.tag() == tag)
    }

    fn label(self, state: ImportState) -> &'static str {
        let t = t();
        match self {
            Step::Detected => t.imp_step_detected(),
            Step::Columns => t.imp_step_columns(),
            Step::Check => t.imp_step_check(),
            Step::Commit if words::is_past(state) => t.imp_step_result(),
            Step::Commit => t.imp_step_commit(),
        }
    }

    /// Where the work stands, when the address does not say.
    fn natural(state: ImportState) -> Step {
        match state {
            ImportState::Draft => Step::Detected,
            ImportState::Checking | ImportState::Checked | ImportState::Failed => Step::Check,
            ImportState::Committing | ImportState::Committed | ImportState::Undoing | ImportState::Undone => {
                Step::Commit
            }
        }
    }

    fn can_be_reached(self, state: ImportState) -> bool {
        match self {
            Step::Detected | Step::Columns | Step::Check => true,
            Step::Commit => !matches!(state, ImportState::Draft | ImportState::Checking | ImportState::Failed),
        }
    }

    fn is_done(self, state: ImportState) -> bool {
        match self {
            Step::Detected | Step::Columns => !matches!(state, ImportState::Draft),
            Step::Check => Step::Commit.can_be_reached(state),
            Step::Commit => words::is_past(state),
        }
    }
}

/// What the steps share: the import as it is known, its job, and the acts on it.
#[derive(Clone, Copy)]
pub struct Page {
    pub id: ImportId,
    pub import: RwSignal<Import>,
    pub follow: Follow,
    /// An act on the import is under way.
    pub busy: RwSignal<bool>,
    pub address: Address,
    etag: RwSignal<Option<String>>,
    load: Load<Versioned<Import>>,
}

impl Page {
    /// A part of the import; changes only when this part changes.
    pub fn of<T: PartialEq + Send + Sync + 'static>(self, part: impl Fn(&Import) -> T + 'static) -> Memo<T> {
        memo(move || self.import.with(&part))
    }

    pub fn state(self) -> Memo<ImportState> {
        self.of(|import| import.state)
    }

    /// Read once: a step is drawn for one subject. Another is chosen in the first step only.
    pub fn subject(self) -> ImportSubject {
        self.import.with_untracked(|import| import.subject)
    }

    pub fn go(self, step: Step) {
        self.address.set(&[(STEP, Some(step.tag()))], Move::Push);
    }

    /// An address of this page with another step.
    pub fn href(self, step: Step) -> String {
        self.address.href(&[(STEP, Some(step.tag())), ("lignes", None)])
    }

    /// Changes how the file is read. True when the server agreed.
    pub async fn change(self, body: ImportChange) -> Result<(), Failure> {
        let etag = self.etag.try_get_untracked().flatten();
        let answer = change::<op::UpdateImport>(&self.id, &body, etag.as_deref()).await;
        match answer {
            Ok(read) => {
                self.etag.try_set(read.etag.clone());
                self.import.try_set(read.value.clone());
                Ok(())
            }
            Err(failure) => {
                // Somebody else, or another tab, was faster: show what is.
                if matches!(failure.status(), 409 | 412) {
                    self.load.reload();
                }
                Err(failure)
            }
        }
    }

    /// Says why an act did not happen.
    pub fn failed(self, failure: &Failure) {
        match failure.status() {
            412 => toasts().info(t().imp_stale()),
            409 => {
                self.load.reload();
                toasts().failed(failure);
            }
            _ => toasts().failed(failure),
        }
    }

    pub fn check(self) {
        self.start(
            ImportState::Checking,
            Box::pin(async move { act::<op::CheckImport>(&self.id, &Nothing {}, &Nothing {}).await }),
        );
        self.go(Step::Check);
    }

    pub fn commit(self) {
        self.start(
            ImportState::Committing,
            Box::pin(async move { act::<op::CommitImport>(&self.id, &Nothing {}, &Nothing {}).await }),
        );
    }

    pub fn undo(self) {
        self.start(
            ImportState::Undoing,
            Box::pin(async move { act::<op::UndoImport>(&self.id, &Nothing {}, &Nothing {}).await }),
        );
    }

    fn start(self, state: ImportState, ask: crate::api::Answer<Job>) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let answer = ask.await;
            self.busy.try_set(false);
            match answer {
                Ok(job) => {
                    tell_job(&job);
                    let id = job.id;
                    self.follow.put(job);
                    self.import.try_update(|import| {
                        import.state = state;
                        import.job_id = Some(id);
                    });
                }
                Err(failure) => self.failed(&failure),
            }
        });
    }

    /// Asks the job to stop; what it did so far is given up.
    pub fn cancel(self, job: JobId) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let answer = act::<op::CancelJob>(&job, &Nothing {}, &Nothing {}).await;
            self.busy.try_set(false);
            // "Already ended" is no failure for who wanted it to end: the page shows how it ended.
            if let Err(failure) = answer
                && failure.status() != 409
            {
                toasts().failed(&failure);
            }
        });
    }
}

pub fn import(id: &str) -> View {
    let id = id.parse::<ImportId>().ok();
    let may = memo(|| session::can(Permission::ImportRun));
    div("page imports").live(move || {
        let may = may.get();
        untrack(|| match id {
            _ if !may => empty_state(Icon::Lock, t().imp_forbidden_title(), t().imp_forbidden_detail(), []),
            None => missing(),
            Some(id) => opened(id),
        })
    })
}

fn missing() -> View {
    let back = Button::link(t().imp_back(), "/imports").icon(Icon::Left);
    empty_state(Icon::Import, t().imp_not_found_title(), t().imp_not_found_detail(), [back])
}

fn opened(id: ImportId) -> View {
    let load = load(move || id, |id| ask_versioned::<op::ReadImport>(id, Nothing {}));
    let here = memo(move || load.value.with(Option::is_some));
    let failure = memo(move || if here.get() { None } else { load.failure.get() });
    live(move || {
        if here.get() {
            return untrack(|| load.value.get().map(|first| steps(id, first, load)).into());
        }
        match failure.get() {
            Some(failure) if failure.status() == 404 => missing(),
            Some(failure) => error_state(&failure, Some(Rc::new(move || load.reload()))),
            None => skeleton(8),
        }
    })
}

fn steps(id: ImportId, first: Versioned<Import>, load: Load<Versioned<Import>>) -> View {
    let import = RwSignal::new(first.value);
    let etag = RwSignal::new(first.etag);
    Effect::new(move |_| {
        if let Some(now) = load.value.get() {
            etag.set(now.etag);
            if import.with_untracked(|known| *known != now.value) {
                import.set(now.value);
            }
        }
    });
    let job_id = memo(move || import.with(|import| import.job_id));
    let follow = follow(job_id, move |job| {
        tell_job(job);
        // The state of the import follows its job.
        if import.try_with_untracked(|import| words::is_working(import.state)) == Some(true) {
            load.reload();
        }
    });
    let address = address();
    let page = Page { id, import, follow, busy: RwSignal::new(false), address, etag, load };

    let asked = address.text(STEP);
    let state = page.state();
    let step = memo(move || {
        let state = state.get();
        let asked = Step::from_tag(&asked.get()).filter(|step| step.can_be_reached(state));
        asked.unwrap_or(Step::natural(state))
    });
    // What had the focus may be gone with the step: a keyboard goes on from the new one.
    Effect::new(move |before: Option<()>| {
        step.track();
        state.track();
        if before.is_some() {
            request_animation_frame(|| {
                if active_element().is_none_or(|element| element.tag_name() == "BODY") {
                    focus(BODY);
                }
            });
        }
    });
    let body = div("imp-step").id(BODY).attr("tabindex", "-1").live(move || {
        let step = step.get();
        untrack(|| match step {
            Step::Detected => detected::step(page),
            Step::Columns => columns::step(page),
            Step::Check => check::step(page),
            Step::Commit => commit::step(page),
        })
    });
    View::all([head(page), notes_of_job(page), nav(page, step), body])
}

fn head(page: Page) -> View {
    let t = t();
    let import = page.import.get_untracked();
    let state = page.state();
    let ask = RwSignal::new(false);
    let when = format::relative(t, import.created_at, now());
    let told_of = page.of(|import| (import.subject, import.platform.clone()));
    let lead = View::all([
        live(move || {
            let (tone, label) = words::state(state.get());
            status_as(tone, label)
        }),
        live(move || {
            let (subject, platform) = told_of.get();
            tag(platform.as_deref().unwrap_or(words::subject(subject)))
        }),
        span("").attr("title", &format::moment(t, import.created_at)).child(t.imp_dropped(
            &when,
            &import.created_by,
            format::bytes(t, import.bytes),
        )),
    ]);
    let acts = View::none().show(
        move || words::is_open(state.get()),
        move || {
            let items =
                move || vec![MenuItem::danger(Icon::Trash, crate::text::t().imp_discard(), move || ask.set(true))];
            Menu::new(crate::text::t().menu_more(), items).icon_only(Icon::More).quiet().align_end().into()
        },
    );
    let back = link("imp-back small", "/imports").child(icon(Icon::Left)).child(span("").child(t.imp_back()));
    div("stack-tight")
        .child(back)
        .child(page_head(&import.filename, span("row").child(lead), acts))
        .child(discard(page, ask))
}

fn discard(page: Page, ask: RwSignal<bool>) -> View {
    let name = page.import.with_untracked(|import| import.filename.clone());
    let detail = match page.subject() {
        ImportSubject::Clients => t().imp_discard_detail(&name),
        ImportSubject::Flows => t().imp_discard_flows(&name),
    };
    let go = move || {
        if page.busy.get_untracked() {
            return;
        }
        page.busy.set(true);
        let name = name.clone();
        spawn_local(async move {
            let answer = request::<op::DeleteImport>(&page.id, &Nothing {}).detached().send().await;
            page.busy.try_set(false);
            ask.try_set(false);
            match answer {
                Ok(_) => {
                    toasts().done(t().imp_discarded(&name));
                    page.address.go("/imports");
                }
                Err(failure) => page.failed(&failure),
            }
        });
    };
    let go = Rc::new(go);
    Dialog::new(ask, t().imp_discard_title(), move || p("").child(&detail))
        .footer(move || {
            let go = go.clone();
            View::all([
                View::from(Button::new(t().cancel()).press(move || ask.set(false))),
                Button::new(t().imp_discard())
                    .danger()
                    .autofocus()
                    .busy(move || page.busy.get())
                    .press(move || go())
                    .into(),
            ])
        })
        .into()
}

/// An interruption, a restart: what happened to the job is told wherever the person looks.
fn notes_of_job(page: Page) -> View {
    let notes = memo(move || page.follow.job.with(|job| job.as_ref().map(|job| job.notes.clone()).unwrap_or_default()));
    let any = memo(move || notes.with(|notes| !notes.is_empty()));
    View::none().show(
        move || any.get(),
        move || {
            let list = el("div").live(move || {
                notes.with(|notes| notes.iter().map(|note| p("").child(crate::api::say(note))).collect::<Vec<View>>())
            });
            let title = p("strong").child(t().imp_interrupted());
            notice(Tone::OnTrack, View::all([title, list])).attr("role", "status")
        },
    )
}

fn nav(page: Page, now: Memo<Step>) -> View {
    let state = page.state();
    let items = Step::ALL.into_iter().enumerate().map(|(at, step)| {
        let reach = memo(move || step.can_be_reached(state.get()));
        let done = memo(move || step.is_done(state.get()));
        let label = memo(move || step.label(state.get()));
        el("li").class_of("imp-nav-done", move || done.get()).live(move || {
            let (reach, done, label) = (reach.get(), done.get(), label.get());
            let mark = span("imp-nav-mark num").decorative();
            let mark = if done { mark.child(icon(Icon::Check)) } else { mark.child((at + 1).to_string()) };
            let word = span("").child(label);
            if reach {
                link("imp-nav-step", "")
                    .attr_of("href", move || page.href(step))
                    .attr_of("aria-current", move || (now.get() == step).then_some("step"))
                    .child(mark)
                    .child(word)
                    .child(done.then(|| span("sr-only").child(format!(" ({})", t().imp_step_done()))))
            } else {
                span("imp-nav-step imp-nav-off")
                    .child(mark)
                    .child(word)
                    .child(span("sr-only").child(format!(" ({})", t().imp_step_not_yet())))
            }
        })
    });
    el("nav").label(t().imp_steps()).child(el("ol").class("imp-nav").children(items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_go_through_the_address() {
        for step in Step::ALL {
            assert_eq!(Step::from_tag(step.tag()), Some(step));
        }
        assert_eq!(Step::from_tag(""), None);
    }

    #[test]
    fn where_the_work_stands_can_be_reached() {
        for state in ImportState::ALL {
            assert!(Step::natural(*state).can_be_reached(*state), "{state}");
        }
    }
}

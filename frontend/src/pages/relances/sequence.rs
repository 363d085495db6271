//! One sequence: its steps and their writing, who is in it and why, what has come of it, what is to come; and where it
//! goes, with a look before.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{
    Forecast, ForecastQuery, Nothing, RelanceScopeQuery, Sequence, SequenceMove, SequencePlan, SequenceTakeOver,
};
use domain::relance::{RelancePurpose, SequenceState, ToPerson};
use domain::{Permission, SequenceId};
use leptos::prelude::*;

use super::shell::{self, shell};
use super::{audience, editor, effect, forecast, outlook, sequences, words};
use crate::api::{Failure, Load, Versioned, ask, ask_versioned, change, load, query_string, say};
use crate::dom::{View, div, el, link, live, memo, p, span};
use crate::frame::{Step, address, in_scope, portfolio_scope};
use crate::pages::dossiers::query;
use crate::pages::form::Form;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Dialog, Icon, Menu, MenuItem, Tab, Tone, empty_state, error_state, icon, loaded, notice, once_closed,
    skeleton, tabs, tag, toasts,
};

const TAB: &str = "tab";
/// The steps are being written.
const EDIT: &str = "edit";

/// `/relances/sequences/{id}`, and the place where a new one is written.
pub fn page(id: &str) -> View {
    if id == shell::NEW {
        return new();
    }
    match id.parse::<SequenceId>() {
        Ok(id) => one(id),
        Err(_) => not_found(),
    }
}

fn new() -> View {
    let search = address().search.get_untracked();
    if !session::can(Permission::DossierManage) {
        let back = Button::link(t().sequence_back(), shell::SEQUENCES);
        let none = empty_state(Icon::Lock, t().sequence_manage_only(), t().sequence_manage_only_detail(), [back]);
        return shell(shell::SEQUENCES, t().sequence_new(), View::none(), View::none(), none);
    }
    let purpose = query::one(&search, "purpose").unwrap_or(RelancePurpose::ChoosePlatform);
    let body = editor::new(purpose, &query::filter(&search, None));
    shell(shell::SEQUENCES, t().sequence_new(), t().sequence_new_lead(), back(), body)
}

fn back() -> View {
    link("back-link small", shell::SEQUENCES).child(icon(Icon::Left)).child(t().relances_sequences())
}

fn not_found() -> View {
    let back = Button::link(t().sequence_back(), shell::SEQUENCES);
    div("page").child(empty_state(Icon::Relance, t().sequence_not_found(), t().sequence_not_found_detail(), [back]))
}

type Read = Load<Versioned<Sequence>>;

fn one(id: SequenceId) -> View {
    let scope = portfolio_scope();
    let read: Read = load(
        move || scope.get(),
        move |scope| {
            let query = RelanceScopeQuery { portfolio_id: in_scope(scope.as_deref()) };
            ask_versioned::<op::ReadSequence>(id, query)
        },
    );
    #[derive(Clone, PartialEq)]
    enum Face {
        Waiting,
        Failed,
        /// Under this name, which is the heading of the page.
        Here(String),
    }
    let face = memo(move || match read.value.with(|read| read.as_ref().map(|read| read.value.name.clone())) {
        Some(name) => Face::Here(name),
        None if read.failure.with(Option::is_some) => Face::Failed,
        None => Face::Waiting,
    });
    live(move || match face.get() {
        Face::Waiting => div("page").child(skeleton(8)),
        Face::Here(name) => untrack(|| whole(id, &name, read)),
        Face::Failed => match read.failure.get() {
            Some(failure) if failure.status() == 404 => not_found(),
            Some(failure) => div("page").child(error_state(&failure, Some(Rc::new(move || read.reload())))),
            None => View::none(),
        },
    })
}

fn may_manage() -> bool {
    session::can(Permission::DossierManage)
}

/// What is about to be done with the whole of it.
#[derive(Clone, Copy, PartialEq)]
enum Going {
    To(SequenceState),
    /// In one's own name.
    Mine,
}

fn whole(id: SequenceId, name: &str, read: Read) -> View {
    let moving = RwSignal::new(None::<Going>);
    let orphan = live(move || read.value.with(|read| read.as_ref().map(|read| orphaned(&read.value, moving))));
    let lead = live(move || read.value.with(|read| read.as_ref().map(|read| about(&read.value))));
    let acts = live(move || read.value.with(|read| read.as_ref().map(|read| acts(&read.value, moving))));
    let standing = live(move || {
        read.value.with(|read| {
            let sequence = &read.as_ref()?.value;
            (sequence.state != SequenceState::Draft).then(|| sequences::standing(sequence))
        })
    });
    let (tab, t) = (address().text(TAB), t());
    let list = vec![
        Tab::new("steps", t.sequence_steps()),
        Tab::new("audience", t.sequence_audience()),
        Tab::new("effect", t.sequence_effect()),
        Tab::new("forecast", t.relances_forecast()),
    ];
    let choose = |key: &'static str| {
        let mut changes = vec![(TAB, Some(key)), (EDIT, None)];
        changes.extend(audience::FILTERS.map(|own| (own, None)));
        address().set(&changes, Step::Push);
    };
    let panel = move |key: &'static str| match key {
        "audience" => audience::view(id),
        "effect" => effect::view(id),
        "forecast" => to_come(id),
        _ => steps(read),
    };
    let body = div("stack-wide")
        .child(orphan)
        .child(standing)
        .child(div("").child(tabs(t.sequence_tabs(), list, move || tab.get(), choose, panel)))
        .child(dialog(moving, read));
    shell(shell::SEQUENCES, name, lead, acts, div("stack").child(back()).child(body))
}

/// State, purpose, audience, deadline.
fn about(sequence: &Sequence) -> View {
    let t = t();
    let filter = query_string(&sequence.filter);
    let audience = if filter.is_empty() {
        span("").child(t.sequence_whole_firm())
    } else {
        link("", &format!("/dossiers?{filter}")).child(t.sequence_see_filter())
    };
    let deadline = sequence.deadline.as_ref().map(|deadline| {
        let on = deadline.on.map(|day| format!(" ({})", format::date(t, day))).unwrap_or_default();
        span("").child(t.sequence_deadline_is(format!("{}{on}", say(&deadline.source.text()))))
    });
    let starts = sequence.starts_on.map(|day| span("").child(t.sequence_starts_is(format::date(t, day))));
    span("row-wide")
        .child(words::state(sequence.state))
        .child(tag(&say(&sequence.purpose.text())))
        .child(audience)
        .child(deadline)
        .child(starts)
}

/// Nobody stands behind it any more: what that means, and the way out.
fn orphaned(sequence: &Sequence, moving: RwSignal<Option<Going>>) -> View {
    if !sequence.orphaned {
        return View::none();
    }
    let t = t();
    let take = untrack(may_manage).then(|| {
        Button::new(t.sequence_take_over()).icon(Icon::Person).small().press(move || moving.set(Some(Going::Mine)))
    });
    let words = div("stack-tight")
        .child(p("strong").child(t.sequence_orphaned()))
        .child(p("").child(t.sequence_orphaned_detail(&sequence.by_name)));
    notice(Tone::AtRisk, div("spread").child(words).child(take))
}

fn acts(sequence: &Sequence, moving: RwSignal<Option<Going>>) -> View {
    if !untrack(may_manage) {
        return View::none();
    }
    let t = t();
    let go = move |to: SequenceState| move || moving.set(Some(Going::To(to)));
    // Somebody else's, whom one may relieve before that person leaves.
    let other = sequence.by_name != session::me().with_untracked(|me| me.name.clone());
    let main = match sequence.state {
        SequenceState::Draft => {
            Some(Button::new(t.sequence_activate()).icon(Icon::Bolt).primary().press(go(SequenceState::Active)))
        }
        SequenceState::Paused => {
            Some(Button::new(t.sequence_resume()).icon(Icon::Refresh).primary().press(go(SequenceState::Active)))
        }
        SequenceState::Active => {
            Some(Button::new(t.sequence_pause()).icon(Icon::Clock).press(go(SequenceState::Paused)))
        }
        SequenceState::Archived => None,
    };
    let rarer = (sequence.state != SequenceState::Archived).then(|| {
        let items = move || {
            let t = crate::text::t();
            let take = MenuItem::act(Icon::Person, t.sequence_take_over(), move || moving.set(Some(Going::Mine)));
            let archive = MenuItem::danger(Icon::Trash, t.sequence_archive(), go(SequenceState::Archived));
            other.then_some(take).into_iter().chain([archive]).collect::<Vec<_>>()
        };
        Menu::new(t.menu_more(), items).icon_only(Icon::More).quiet().align_end()
    });
    div("row").child(main).child(rarer)
}

/// Where it goes, and what would come of that.
fn dialog(moving: RwSignal<Option<Going>>, read: Read) -> View {
    live(move || {
        let going = moving.get()?;
        let now = read.value.get_untracked()?;
        Some(untrack(|| ask_first(going, now, moving, read)))
    })
}

/// Asks for what would come of it, or does it.
async fn sent(
    going: Going,
    id: SequenceId,
    etag: Option<String>,
    preview: bool,
) -> Result<Versioned<SequencePlan>, Failure> {
    match going {
        Going::To(state) => change::<op::MoveSequence>(&id, &SequenceMove { state, preview }, etag.as_deref()).await,
        Going::Mine => change::<op::TakeOverSequence>(&id, &SequenceTakeOver { preview }, etag.as_deref()).await,
    }
}

/// Title, label of the button, and what it means.
fn words_of(going: Going, resumes: bool) -> (&'static str, &'static str, &'static str) {
    let t = t();
    match going {
        Going::Mine => (t.sequence_take_over_title(), t.sequence_take_over(), t.sequence_take_over_detail()),
        Going::To(SequenceState::Active) if resumes => {
            (t.sequence_resume_title(), t.sequence_resume(), t.sequence_resume_detail())
        }
        Going::To(SequenceState::Active) => {
            (t.sequence_activate_title(), t.sequence_activate(), t.sequence_activate_detail())
        }
        Going::To(SequenceState::Paused) => (t.sequence_pause_title(), t.sequence_pause(), t.sequence_pause_detail()),
        Going::To(SequenceState::Archived | SequenceState::Draft) => {
            (t.sequence_archive_title(), t.sequence_archive(), t.sequence_archive_detail())
        }
    }
}

fn ask_first(going: Going, now: Versioned<Sequence>, moving: RwSignal<Option<Going>>, read: Read) -> View {
    let open = RwSignal::new(true);
    once_closed(open, move || {
        moving.try_set(None);
    });
    let (id, etag) = (now.value.id, now.etag.clone());
    let plan: Load<Option<SequencePlan>> = load(
        || (),
        move |()| {
            let etag = etag.clone();
            Box::pin(async move { sent(going, id, etag, true).await.map(|plan| Some(plan.value)) })
        },
    );
    let t = t();
    let (title, label, detail) = words_of(going, now.value.state == SequenceState::Paused);
    let form = Form::new();
    let busy = form.busy();
    let ready = move || !plan.pending.get() && plan.value.with(|plan| plan.as_ref().is_some_and(Option::is_some));
    let go = Button::new(label).submit();
    let go = if going == Going::To(SequenceState::Archived) { go.danger() } else { go.primary() };
    let foot = el("footer")
        .class("dialog-foot dialog-foot-inside")
        .child(Button::new(t.cancel()).press(move || open.set(false)))
        .child(go.disabled(move || !ready()).busy(busy));
    let etag = now.etag;
    let content = form.build([p("").child(detail), outlook::view(plan, || None), foot], move |form| {
        form.send(sent(going, id, etag.clone(), false), move |_| {
            let t = crate::text::t();
            toasts().done(if going == Going::Mine { t.sequence_taken_over() } else { t.sequence_moved() });
            session::chasing_moved();
            read.reload();
            open.try_set(false);
        });
    });
    Dialog::new(open, title, move || content.clone()).wide().into()
}

fn steps(read: Read) -> View {
    let editing = address().get(EDIT);
    let edits = memo(move || editing.get().is_some() && may_manage());
    live(move || {
        let Some(now) = (if edits.get() { read.value.get_untracked() } else { read.value.get() }) else {
            return View::none();
        };
        if !edits.get() {
            return untrack(|| steps_read(&now.value));
        }
        let leave = || address().set(&[(EDIT, None)], Step::Push);
        let saved = move |new: Versioned<Sequence>| {
            read.put(new);
            session::chasing_moved();
            leave();
        };
        untrack(|| {
            editor::edit(
                now,
                Rc::new(move || {
                    read.reload();
                    leave();
                }),
                Rc::new(saved),
            )
        })
    })
}

fn steps_read(sequence: &Sequence) -> View {
    let t = t();
    let change = (may_manage() && sequence.state != SequenceState::Archived).then(|| {
        Button::new(t.sequence_edit())
            .icon(Icon::Edit)
            .small()
            .press(|| address().set(&[(EDIT, Some("1"))], Step::Push))
    });
    let row = |(at, step): (usize, &contract::SequenceStep)| {
        let own = &step.step;
        let template = link("", &format!("{}/{}", shell::TEMPLATES, own.template_id)).child(&step.template_name);
        let variant = match (&step.variant_name, own.variant_id) {
            (Some(name), Some(id)) => {
                Some(span("row").child(tag("A/B")).child(link("", &format!("{}/{id}", shell::TEMPLATES)).child(name)))
            }
            _ => None,
        };
        let manual = (own.approval == domain::relance::Approval::Manual).then(|| tag(t.step_is_manual()));
        let skips = (!own.skip_when.is_empty()).then(|| {
            let all: Vec<String> = own.skip_when.iter().map(|skip| say(&skip.text())).collect();
            p("soft small").child(t.step_skips(&all.join(" ; ")))
        });
        el("li").class("line").child(span("step-number num strong").child((at + 1).to_string())).child(
            div("grow stack-tight")
                .child(p("strong").child(say(&step.label)))
                .child(
                    div("row-wide small")
                        .child(words::channel(own.channel))
                        .child(span("").child(say(&own.tone.text())))
                        .child(template)
                        .child(variant)
                        .child(manual),
                )
                .child(skips),
        )
    };
    let escalation = sequence.escalation.as_ref().map(|escalation| {
        let to = match escalation.to {
            ToPerson::Person { id } => crate::pages::dossier::people()
                .into_iter()
                .find(|choice| choice.value == id.to_string())
                .map_or_else(|| say(&escalation.to.text()), |choice| t.sequence_escalates_to(&choice.label)),
            ToPerson::Assignee | ToPerson::Manager => say(&escalation.to.text()),
        };
        p("row").child(icon(Icon::Person)).child(t.sequence_escalates(u64::from(escalation.after), &to))
    });
    el("section")
        .class("card")
        .label(t.sequence_steps())
        .child(div("card-head").child(el("h2").child(t.sequence_steps())).child(change))
        .child(el("ol").class("lines").children(sequence.steps.iter().enumerate().map(row)))
        .child(escalation)
}

fn to_come(id: SequenceId) -> View {
    let scope = portfolio_scope();
    let found = load(
        move || scope.get(),
        move |scope| {
            let portfolio_id = in_scope(scope.as_deref());
            let query = ForecastQuery { days: Some(30), sequence_id: Some(id), portfolio_id };
            ask::<op::ForecastRelances>(Nothing {}, query)
        },
    );
    loaded(found, 8, |found: Forecast| forecast::view(&found.days, &found.sequences))
}

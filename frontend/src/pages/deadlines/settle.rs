//! Declaring deadlines done or without operation, and taking that back: whom it touches before anything changes, what
//! came of it, and the way back.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{
    DeadlineQuery, DueEvidence, DueRef, DueResult, ItemOutcome, Nothing, ReopenInput, SettleInput, SettleResult,
};
use domain::calendar::Settlement;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{self, Answer, Failure, Load, load, say};
use crate::dom::{View, div, el, live, p, span};
use crate::pages::selection;
use crate::text::{format, search, t};
use crate::ui::{Button, Dialog, Tone, date_field, error_state, notice, once_closed, skeleton, text_field, toasts};

#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Done,
    NoOperation,
    Reopen,
}

impl Kind {
    pub fn label(self) -> &'static str {
        let t = t();
        match self {
            Kind::Done => t.settle_done(),
            Kind::NoOperation => t.settle_no_operation(),
            Kind::Reopen => t.settle_reopen(),
        }
    }
}

/// Which deadlines.
pub type Target = selection::Target<DueRef, DeadlineQuery>;

/// Dossiers that are named for one reason.
const NAMED: usize = 3;

/// The dialog stands while `acting` holds an act. `done` hears that deadlines have changed, also by the way back.
pub fn dialog(acting: RwSignal<Option<(Kind, Target)>>, done: impl Fn() + Clone + 'static) -> View {
    live(move || {
        let (kind, target) = acting.get()?;
        let done = done.clone();
        Some(untrack(|| build(kind, target, acting, Rc::new(done))))
    })
}

fn send(kind: Kind, target: &Target, evidence: Option<DueEvidence>, preview: bool) -> Answer<SettleResult> {
    let (items, query) = target.parts();
    match kind {
        Kind::Reopen => {
            let body = ReopenInput { items: items.unwrap_or_default(), preview };
            api::act::<op::ReopenDeadlines>(&Nothing {}, &Nothing {}, &body)
        }
        Kind::Done | Kind::NoOperation => {
            let how = if kind == Kind::Done { Settlement::Done } else { Settlement::NoOperation };
            let body = SettleInput { items, query, how, evidence, preview };
            api::act::<op::SettleDeadlines>(&Nothing {}, &Nothing {}, &body)
        }
    }
}

fn build(kind: Kind, target: Target, acting: RwSignal<Option<(Kind, Target)>>, done: Rc<dyn Fn()>) -> View {
    let open = RwSignal::new(true);
    once_closed(open, move || {
        acting.try_set(None);
    });
    let today = format::paris(crate::browser::now()).date();
    let (what, source) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let on = RwSignal::new(today.to_string());
    let refused = RwSignal::new(None::<Failure>);
    let day = crate::dom::memo(move || on.with(|on| on.parse().ok()));
    let asked = target.clone();
    // Whom it touches depends on the day of the evidence, not on its words.
    let preview: Load<SettleResult> = load(
        move || day.get(),
        move |on| {
            let evidence = on.map(|on| DueEvidence { what: String::new(), source: String::new(), on });
            send(kind, &asked, evidence, true)
        },
    );
    let ready = crate::dom::memo(move || {
        let current = !preview.pending.get() && preview.failure.with(Option::is_none);
        preview.value.with(|p| p.as_ref().filter(|_| current).map(|p| p.changed))
    });
    let result = RwSignal::new(None::<SettleResult>);
    let applying = RwSignal::new(false);
    let (sent, told) = (target.clone(), done);
    let apply = Rc::new(move || {
        if ready.get_untracked().unwrap_or(0) == 0 || applying.get_untracked() {
            return;
        }
        let evidence = day.get_untracked().map(|on| DueEvidence {
            what: what.get_untracked(),
            source: source.get_untracked(),
            on,
        });
        // Nothing was said of a period without operations: nothing is kept but who declared it, and when.
        let silent = kind == Kind::NoOperation
            && what.with_untracked(String::is_empty)
            && source.with_untracked(String::is_empty);
        let (sending, told) = (send(kind, &sent, evidence.filter(|_| !silent), false), told.clone());
        applying.set(true);
        spawn_local(async move {
            let outcome = sending.await;
            applying.try_set(false);
            match outcome {
                Ok(answer) => {
                    tell(kind, &answer, told.clone());
                    told();
                    if answer.left_out > 0 {
                        result.try_set(Some(answer));
                    } else {
                        open.try_set(false);
                    }
                }
                Err(failure) => {
                    if failure.field("/evidence").is_none() && failure.status() != 422 {
                        toasts().failed(&failure);
                    }
                    refused.try_set(Some(failure));
                }
            }
        });
    });
    let error = move |pointer: &'static str| move || refused.with(|f| f.as_ref().and_then(|f| f.field(pointer)));
    let on_submit = apply.clone();
    let body = move || {
        let apply = on_submit.clone();
        live(move || {
            if let Some(result) = result.get() {
                return untrack(|| summary(kind, &result, true));
            }
            let apply = apply.clone();
            let t = t();
            let fields = match kind {
                Kind::Reopen => p("").child(t.settle_reopen_detail()),
                Kind::Done | Kind::NoOperation => {
                    let optional = kind == Kind::NoOperation;
                    let mut first = text_field(t.settle_what(), what)
                        .hint(t.settle_what_hint())
                        .error(error("/evidence/what"))
                        .autofocus();
                    let mut second = text_field(t.settle_source(), source)
                        .hint(t.settle_source_hint())
                        .error(error("/evidence/source"));
                    if optional {
                        (first, second) = (first.optional(), second.optional());
                    }
                    let third =
                        date_field(t.settle_on(), on).attr("max", &today.to_string()).error(error("/evidence/on"));
                    View::all([
                        optional.then(|| p("soft").child(t.settle_no_operation_detail())).into(),
                        View::from(first),
                        View::from(second),
                        View::from(third),
                    ])
                }
            };
            untrack(|| {
                el("form")
                    .class("stack")
                    .attr("novalidate", "")
                    .child(fields)
                    .child(outlook(kind, preview))
                    // Enter in a field sends the form although its button stands in the foot of the dialog.
                    .child(el("button").attr("type", "submit").class("sr-only").attr("tabindex", "-1").decorative())
                    .on("submit", move |ev| {
                        ev.prevent_default();
                        apply();
                    })
            })
        })
    };
    let footer = move || {
        let apply = apply.clone();
        live(move || {
            if result.with(Option::is_some) {
                return Button::new(t().close()).primary().press(move || open.set(false)).into();
            }
            let apply = apply.clone();
            let label = match (ready.get().filter(|n| *n > 0), kind) {
                (None, _) => t().apply().to_owned(),
                (Some(n), Kind::Reopen) => t().settle_apply_reopen(n),
                (Some(n), _) => t().settle_apply(n),
            };
            View::all([
                Button::new(t().cancel()).press(move || open.set(false)),
                Button::new(label)
                    .primary()
                    .disabled(move || ready.get().unwrap_or(0) == 0)
                    .busy(move || applying.get())
                    .press(move || apply()),
            ])
        })
    };
    let n = target.count();
    let title = match kind {
        Kind::Done => t().settle_done_title(n),
        Kind::NoOperation => t().settle_no_operation_title(n),
        Kind::Reopen => t().settle_reopen_title(n),
    };
    Dialog::new(open, title, body).footer(footer).into()
}

/// Whom it would touch, what is left out and why.
fn outlook(kind: Kind, preview: Load<SettleResult>) -> View {
    let body = live(move || {
        if let Some(failure) = preview.failure.get().filter(|_| !preview.pending.get()) {
            return error_state(&failure, Some(Rc::new(move || preview.reload())));
        }
        match preview.value.get() {
            Some(result) => summary(kind, &result, false),
            None => skeleton(2),
        }
    });
    div("outlook").attr("aria-live", "polite").class_of("loaded-stale", move || preview.pending.get()).child(body)
}

fn summary(kind: Kind, result: &SettleResult, done: bool) -> View {
    let t = t();
    let said = match (result.changed, kind, done) {
        (0, _, _) => t.settle_nothing().to_owned(),
        (n, Kind::Reopen, true) => t.settle_reopened(n),
        (n, _, true) => t.settle_did(n),
        (n, Kind::Reopen, false) => t.settle_would_reopen(n),
        (n, _, false) => t.settle_would(n),
    };
    let left = (result.left_out > 0).then(|| {
        let lines = by_reason(&result.items).into_iter().map(|(reason, names)| {
            let more = names.len().saturating_sub(NAMED) as u64;
            let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if more > 0 { t.bulk_more(more) } else { String::new() };
            el("li").child(span("").child(reason)).child(span("soft").child(format!(" {shown} {more}")))
        });
        notice(
            Tone::AtRisk,
            div("stack-tight")
                .child(p("").child(t.bulk_left_out(result.left_out)))
                .child(el("ul").class("bullets small").children(lines)),
        )
    });
    div("stack-tight")
        .child(p("strong").child(said))
        .child((result.unchanged > 0).then(|| p("soft small").child(t.settle_already(result.unchanged))))
        .child(left)
}

/// What is left out, by what keeps it out; the commonest first.
fn by_reason(items: &[DueResult]) -> Vec<(String, Vec<String>)> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for item in items.iter().filter(|i| !matches!(i.outcome, ItemOutcome::Changed | ItemOutcome::Unchanged)) {
        let reason = item.reason.as_ref().map(say).unwrap_or_default();
        let name = item.name.clone().unwrap_or_else(|| item.dossier_id.to_string());
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => reasons.push((reason, vec![name])),
        }
    }
    search::order_by_key(&mut reasons, |(_, names)| std::cmp::Reverse(names.len()));
    reasons
}

fn tell(kind: Kind, result: &SettleResult, done: Rc<dyn Fn()>) {
    let words = if kind == Kind::Reopen { t().settle_reopened(result.changed) } else { t().settle_did(result.changed) };
    match result.act_id {
        Some(act) => toasts().undoable(words, move || selection::undo(act, |n| t().settle_undone(n), done.clone())),
        None => toasts().done(words),
    }
}

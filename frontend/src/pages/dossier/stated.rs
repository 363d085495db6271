//! What the firm states of an obligation against the computation, and voluntary starts before the legal day.

use std::rc::Rc;

use chrono::NaiveDate;
use domain::obligation::ObligationReason;
use domain::{EarlyStart, Obligation, ObligationGroup, ObligationKind, ObligationOverride};
use leptos::prelude::*;
use serde_json::{Value, json};

use super::editor::buttons;
use super::open::{Fields, Open, complain, may_write};
use crate::api::Failure;
use crate::dom::{View, div, el, live, p, show, span};
use crate::pages::words;
use crate::text::{format, t};
use crate::ui::{Button, Choice, Icon, Tone, date_field, select_field, text_field};

const OVERRIDES: &str = "obligation_overrides";
const STARTS: &str = "early_starts";

fn overrides(open: Open) -> Vec<ObligationOverride> {
    open.current().map(|file| file.value.facts.obligation_overrides).unwrap_or_default()
}

fn starts(open: Open) -> Vec<EarlyStart> {
    open.current().map(|file| file.value.facts.early_starts).unwrap_or_default()
}

fn save(open: Open, field: &'static str, value: Value, done: impl FnOnce(Result<(), Failure>) + 'static) {
    open.save(t().dossier_saved(words::fact(field)), Fields::from([(field.to_owned(), value)]), done);
}

fn drop_failure(outcome: Result<(), Failure>) {
    if let Err(failure) = outcome {
        complain(&failure);
    }
}

/// Takes the focus once the form stands in the document.
fn focus(control: View) {
    request_animation_frame(move || control.focus());
}

/// What the firm states of an obligation, and the form that states it.
pub fn stated(open: Open, kind: ObligationKind, editing: RwSignal<bool>) -> View {
    let stated = crate::dom::memo(move || {
        open.of(|d| d.facts.obligation_overrides.iter().find(|o| o.obligation == kind).cloned())
    });
    let name = crate::api::say(&kind.text());
    live(move || {
        if editing.get() {
            let done: Rc<dyn Fn()> = Rc::new(move || {
                editing.try_set(false);
            });
            return untrack(|| override_form(open, kind, done));
        }
        let Some(stated) = stated.get() else { return View::none() };
        let said = match (stated.applies, stated.from) {
            (true, Some(day)) => t().stated_applies_from(format::date(t(), day)),
            (true, None) => format!("{}.", t().stated_applies()),
            (false, _) => format!("{}.", t().stated_applies_not()),
        };
        let name = name.clone();
        let back = show(may_write, move || {
            let button = Button::new(t().stated_remove_short()).icon(Icon::Undo).small().press(move || {
                let kept: Vec<_> = overrides(open).into_iter().filter(|o| o.obligation != kind).collect();
                save(open, OVERRIDES, json!(kept), drop_failure);
            });
            View::from(button).label(&t().stated_remove(&name))
        });
        let words = div("stack-tight")
            .child(p("").child(span("strong").child(t().stated_by_firm())).child(" ").child(said))
            .child(p("soft small").child(t().size_override_because(&stated.reason)))
            .child(div("row").child(back));
        crate::ui::notice(Tone::Unknown, words)
    })
}

/// The pencil of an obligation.
pub fn pencil(open: Open, kind: ObligationKind, editing: RwSignal<bool>) -> View {
    let name = crate::api::say(&kind.text());
    show(
        move || may_write() && !editing.get(),
        move || {
            let known =
                open.current().is_some_and(|f| f.value.facts.obligation_overrides.iter().any(|o| o.obligation == kind));
            let label = if known { t().stated_change(&name) } else { t().stated_act(&name) };
            Button::new(label).icon_only(Icon::Edit).quiet().small().press(move || editing.set(true)).into()
        },
    )
}

fn override_form(open: Open, kind: ObligationKind, done: Rc<dyn Fn()>) -> View {
    let now = overrides(open).into_iter().find(|o| o.obligation == kind);
    let yes = now.as_ref().is_some_and(|o| o.applies);
    let applies = RwSignal::new(
        if now.is_none() {
            ""
        } else if yes {
            "yes"
        } else {
            "no"
        }
        .to_owned(),
    );
    let from = RwSignal::new(now.as_ref().and_then(|o| o.from).map(|d| d.to_string()).unwrap_or_default());
    let reason = RwSignal::new(now.map(|o| o.reason).unwrap_or_default());
    let [no_answer, bad_day, no_reason] = [(); 3].map(|()| RwSignal::new(None::<String>));
    let choices = || {
        let t = t();
        vec![
            Choice::new("", t.choose()),
            Choice::new("yes", t.stated_applies()),
            Choice::new("no", t.stated_applies_not()),
        ]
    };
    let first = select_field(t().stated_what(), applies, choices).error(move || no_answer.get());
    focus(first.control());
    let body = el("form")
        .class("fact-form")
        .attr("novalidate", "")
        .child(first)
        .show(
            move || applies.with(|a| a == "yes"),
            move || {
                date_field(t().stated_from(), from)
                    .hint(t().stated_from_hint())
                    .error(move || bad_day.get())
                    .optional()
                    .into()
            },
        )
        .child(
            text_field(t().size_override_reason(), reason)
                .hint(t().stated_reason_hint())
                .error(move || no_reason.get()),
        );
    let close = done.clone();
    let submit = move || {
        let answer = match applies.get_untracked().as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        };
        let why = reason.get_untracked().trim().to_owned();
        no_answer.set(answer.is_none().then(|| t().stated_what_missing().to_owned()));
        no_reason.set(why.is_empty().then(|| t().size_override_reason_missing().to_owned()));
        let Some(answer) = answer.filter(|_| !why.is_empty()) else { return };
        let day: Option<NaiveDate> = from.get_untracked().parse().ok().filter(|_| answer);
        let mut all: Vec<_> = overrides(open).into_iter().filter(|o| o.obligation != kind).collect();
        let at = all.len();
        all.push(ObligationOverride { obligation: kind, applies: answer, from: day, reason: why });
        let close = close.clone();
        save(open, OVERRIDES, json!(all), move |outcome| match outcome {
            Ok(()) => close(),
            Err(failure) => {
                let said = |name: &str| failure.field(&format!("/{OVERRIDES}/{at}/{name}"));
                let (a, d, r) = (said("applies"), said("from"), said("reason"));
                let r = r.or_else(|| failure.field(&format!("/{OVERRIDES}")));
                if a.is_none() && d.is_none() && r.is_none() {
                    complain(&failure);
                }
                no_answer.try_set(a);
                bad_day.try_set(d);
                no_reason.try_set(r);
            }
        });
    };
    buttons(body, open, submit, done)
}

/// Voluntary starts of the dossier, and whether each has any effect.
pub fn early(open: Open) -> View {
    let editing = RwSignal::new(None::<Option<ObligationGroup>>);
    let known = crate::dom::memo(move || open.of(|d| (d.facts.early_starts.clone(), d.obligations.clone())));
    let list = live(move || {
        let (starts, obligations) = known.get();
        (!starts.is_empty()).then(|| {
            el("ul").class("stack").children(starts.into_iter().map(|start| one(open, &start, &obligations, editing)))
        })
    });
    let act = show(may_write, move || {
        live(move || match editing.get() {
            Some(group) => {
                let done: Rc<dyn Fn()> = Rc::new(move || {
                    editing.try_set(None);
                });
                untrack(|| early_form(open, group, done))
            }
            None => {
                let rest = ObligationGroup::ALL.len() > known.with(|(starts, _)| starts.len());
                div("row").child(rest.then(|| {
                    Button::new(t().early_add()).icon(Icon::Plus).small().press(move || editing.set(Some(None)))
                }))
            }
        })
    });
    el("section")
        .class("group early")
        .attr("aria-label", t().early_title())
        .child(el("h3").child(t().early_title()))
        .child(p("soft small").child(t().early_detail()))
        .child(list)
        .child(act)
}

fn one(
    open: Open,
    start: &EarlyStart,
    obligations: &[Obligation],
    editing: RwSignal<Option<Option<ObligationGroup>>>,
) -> View {
    let group = start.obligation;
    let name = words::obligation(group);
    let holds = obligations.iter().any(|o| o.group == group && o.reason_code == ObligationReason::Voluntary);
    let said = div("grow")
        .child(span("strong").child(name))
        .child(" ")
        .child(t().from_day(format::date(t(), start.on)))
        .child((!holds).then(|| p("faint small").child(t().early_without_effect())));
    let acts = show(may_write, move || {
        let edit = Button::new(t().early_change(name))
            .icon_only(Icon::Edit)
            .quiet()
            .small()
            .press(move || editing.set(Some(Some(group))));
        let remove = Button::new(t().early_remove(name)).icon_only(Icon::Trash).quiet().small().press(move || {
            let kept: Vec<_> = starts(open).into_iter().filter(|s| s.obligation != group).collect();
            save(open, STARTS, json!(kept), drop_failure);
        });
        div("row nowrap").child(edit).child(remove)
    });
    el("li").class("row nowrap early-start").child(said).child(acts)
}

/// A new start, or another day for the one of a group.
fn early_form(open: Open, fixed: Option<ObligationGroup>, done: Rc<dyn Fn()>) -> View {
    let all = starts(open);
    let free: Vec<ObligationGroup> = match fixed {
        Some(group) => vec![group],
        None => ObligationGroup::ALL.iter().copied().filter(|g| all.iter().all(|s| s.obligation != *g)).collect(),
    };
    let group = RwSignal::new(free.first().map(|g| g.as_str().to_owned()).unwrap_or_default());
    let day = all.iter().find(|s| Some(s.obligation) == fixed).map(|s| s.on.to_string());
    let on = RwSignal::new(day.unwrap_or_default());
    let [bad_group, bad_day] = [(); 2].map(|()| RwSignal::new(None::<String>));
    let choices = move || free.iter().map(|g| Choice::new(g.as_str(), words::obligation(*g))).collect();
    let first = select_field(t().burn_up_choice(), group, choices).error(move || bad_group.get());
    focus(first.control());
    let body = el("form")
        .class("fact-form")
        .attr("novalidate", "")
        .child(first)
        .child(date_field(t().early_on(), on).error(move || bad_day.get()));
    let close = done.clone();
    let submit = move || {
        let day = on.get_untracked().parse::<NaiveDate>().ok();
        bad_day.set(day.is_none().then(|| t().proof_day_missing().to_owned()));
        let (Some(on), Ok(obligation)) = (day, ObligationGroup::try_from(group.get_untracked().as_str())) else {
            return;
        };
        let mut all: Vec<_> = starts(open).into_iter().filter(|s| s.obligation != obligation).collect();
        let at = all.len();
        all.push(EarlyStart { obligation, on });
        let close = close.clone();
        save(open, STARTS, json!(all), move |outcome| match outcome {
            Ok(()) => close(),
            Err(failure) => {
                let said = |name: &str| failure.field(&format!("/{STARTS}/{at}/{name}"));
                let (g, d) = (said("obligation"), said("on").or_else(|| failure.field(&format!("/{STARTS}"))));
                if g.is_none() && d.is_none() {
                    complain(&failure);
                }
                bad_group.try_set(g);
                bad_day.try_set(d);
            }
        });
    };
    buttons(body, open, submit, done)
}

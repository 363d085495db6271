//! Two things that are kept apart: who decides on the platform, and where the registration on it stands.

use std::rc::Rc;

use domain::{PlatformDecider, RegistrationState};
use leptos::prelude::*;
use serde_json::{Value, json};

use super::editor::{buttons, in_place, line};
use super::open::{Fields, Open, complain, may_write};
use crate::dom::{View, div, el, show, span};
use crate::pages::words;
use crate::text::{format, t};
use crate::ui::{Choice, date_field, select_field, text_field};

/// Both, as a list of facts of its own.
pub fn facts(open: Open) -> View {
    el("dl").class("fact-list").child(decider(open)).child(registration(open))
}

fn said(open: Open, field: &'static str) -> View {
    span("fact-shown").text_of(move || open.say(field)).class_of("faint", move || open.say(field) == "–")
}

pub fn decider(open: Open) -> View {
    let name = "platform_decided_by";
    let view = in_place(
        t().dossier_edit(words::fact(name)),
        may_write,
        move || said(open, name),
        move |done| decider_form(open, done),
    );
    line(words::fact(name), view)
}

pub fn registration(open: Open) -> View {
    let name = "registration";
    let view = in_place(
        t().dossier_edit(words::fact(name)),
        may_write,
        move || said(open, name),
        move |done| registration_form(open, done),
    );
    line(words::fact(name), view)
}

fn unknown() -> Choice {
    Choice::new("", t().unknown_value())
}

fn decider_form(open: Open, done: Rc<dyn Fn()>) -> View {
    let name = "platform_decided_by";
    let was = open.fact_untracked(name).as_str().unwrap_or_default().to_owned();
    let value = RwSignal::new(was.clone());
    let choices = || {
        let all = PlatformDecider::ALL.iter().map(|d| Choice::new(d.as_str(), words::decider(*d)));
        std::iter::once(unknown()).chain(all).collect()
    };
    let field = select_field(words::fact(name), value, choices).label_hidden();
    let control = field.control();
    request_animation_frame(move || control.focus());
    let body = el("form").class("fact-form").attr("novalidate", "").child(field);
    let close = done.clone();
    let submit = move || {
        let now = value.get_untracked();
        if now == was {
            return close();
        }
        let fields = Fields::from([(name.to_owned(), if now.is_empty() { Value::Null } else { json!(now) })]);
        let close = close.clone();
        open.save(t().dossier_saved(words::fact(name)), fields, move |outcome| match outcome {
            Ok(()) => close(),
            Err(failure) => complain(&failure),
        });
    };
    buttons(body, open, submit, done)
}

fn registration_form(open: Open, done: Rc<dyn Fn()>) -> View {
    let name = "registration";
    let now = open.current().and_then(|file| file.value.facts.registration);
    let state = RwSignal::new(now.as_ref().map(|r| r.state.to_string()).unwrap_or_default());
    let today = format::paris(crate::browser::now()).date();
    let on = RwSignal::new(today.to_string());
    let reason = RwSignal::new(now.and_then(|r| r.reason).unwrap_or_default());
    let (no_day, no_reason) = (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let choices = || {
        let all = RegistrationState::ALL.iter().map(|s| Choice::new(s.as_str(), words::registration(*s)));
        std::iter::once(unknown()).chain(all).collect()
    };
    let first = select_field(t().registration_state(), state, choices);
    let control = first.control();
    request_animation_frame(move || control.focus());
    let denied = move || state.with(|s| s == RegistrationState::Denied.as_str());
    let reason_field = text_field(t().registration_reason(), reason).error(move || no_reason.get());
    let reason_field = Rc::new(View::from(reason_field));
    let body = el("form")
        .class("fact-form")
        .attr("novalidate", "")
        .child(first)
        .child(date_field(t().registration_on(), on).error(move || no_day.get()))
        .child(div("").child(show(denied, move || (*reason_field).clone())));
    let close = done.clone();
    let submit = move || {
        let step = state.get_untracked();
        let why = reason.get_untracked().trim().to_owned();
        let denied = step == RegistrationState::Denied.as_str();
        no_day.set(on.with_untracked(String::is_empty).then(|| t().proof_day_missing().to_owned()));
        no_reason.set((denied && why.is_empty()).then(|| t().registration_reason_missing().to_owned()));
        if no_day.with_untracked(Option::is_some) || no_reason.with_untracked(Option::is_some) {
            return;
        }
        let value = match (step.is_empty(), denied) {
            (true, _) => Value::Null,
            (_, true) => json!({"state": step, "on": on.get_untracked(), "reason": why}),
            (_, false) => json!({"state": step, "on": on.get_untracked()}),
        };
        let close = close.clone();
        open.save(t().dossier_saved(words::fact(name)), Fields::from([(name.to_owned(), value)]), move |outcome| {
            match outcome {
                Ok(()) => close(),
                Err(failure) => {
                    let (day, why) = (failure.field("/registration/on"), failure.field("/registration/reason"));
                    if day.is_none() && why.is_none() {
                        complain(&failure);
                    }
                    no_day.try_set(day);
                    no_reason.try_set(why);
                }
            }
        });
    };
    buttons(body, open, submit, done)
}

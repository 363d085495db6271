//! Who the client invoices, and what: questions answered yes, no, or not yet.

use std::rc::Rc;

use leptos::prelude::*;
use serde_json::{Value, json};

use super::editor::{answers, buttons, in_place, line};
use super::open::{Fields, Open, complain, may_write};
use crate::dom::{View, div, el, span};
use crate::text::t;
use crate::ui::segments;

const QUESTIONS: [&str; 7] = ["b2b", "b2c", "b2g", "international", "sells_abroad", "buys_abroad", "services"];

fn question(name: &str) -> &'static str {
    let t = t();
    match name {
        "b2b" => t.fact_b2b(),
        "b2c" => t.fact_b2c(),
        "b2g" => t.fact_b2g(),
        "sells_abroad" => t.fact_sells_abroad(),
        "buys_abroad" => t.fact_buys_abroad(),
        "services" => t.fact_services(),
        _ => t.fact_international(),
    }
}

fn answer(value: &Value) -> &'static str {
    match value {
        Value::Bool(true) => "yes",
        Value::Bool(false) => "no",
        _ => "",
    }
}

pub fn form(open: Open, done: Rc<dyn Fn()>) -> View {
    let now = open.fact_untracked("activity");
    let before = now.clone();
    let chosen: Rc<[(&str, RwSignal<String>)]> = QUESTIONS
        .iter()
        .map(|name| (*name, RwSignal::new(now.get(name).map(answer).unwrap_or_default().to_owned())))
        .collect();
    let mut body = el("form").class("fact-form").attr("novalidate", "");
    for (name, value) in chosen.iter() {
        let value = *value;
        let label = question(name);
        let bar = segments(label, answers(), move || value.get(), move |next| value.set(next));
        body = body.child(div("spread").child(span("small").decorative().child(label)).child(bar));
    }
    if let Some(first) = body.element().query_selector("input:checked").ok().flatten() {
        use wasm_bindgen::JsCast;
        request_animation_frame(move || {
            let _ = first.unchecked_ref::<web_sys::HtmlElement>().focus();
        });
    }
    let close = done.clone();
    let submit = move || {
        let mut wanted = before.as_object().cloned().unwrap_or_default();
        for (name, value) in chosen.iter() {
            let value = match value.get_untracked().as_str() {
                "yes" => json!(true),
                "no" => json!(false),
                _ => Value::Null,
            };
            // An answer that was never given is absent, not empty.
            if value.is_null() && before.get(*name).is_none() {
                continue;
            }
            wanted.insert((*name).to_owned(), value);
        }
        let wanted = Value::Object(wanted);
        if wanted == before {
            return close();
        }
        let close = close.clone();
        let fields = Fields::from([("activity".to_owned(), wanted)]);
        open.save(t().dossier_saved(t().fact_activity()), fields, move |outcome| match outcome {
            Ok(()) => close(),
            Err(failure) => complain(&failure),
        });
    };
    buttons(body, open, submit, done)
}

pub fn facts(open: Open) -> View {
    let value = move || {
        let one = move |name: &'static str| {
            let answer = move || answer(open.fact("activity").get(name).unwrap_or(&Value::Null));
            let word = move || match answer() {
                "yes" => t().yes(),
                "no" => t().no(),
                _ => t().unknown_value(),
            };
            el("li")
                .child(span("soft").child(format!("{} : ", question(name))))
                .child(span("").text_of(move || word().to_owned()).class_of("faint", move || answer().is_empty()))
        };
        el("ul").class("stack-tight").children(QUESTIONS.iter().map(|name| one(name)))
    };
    let label = t().dossier_edit(t().fact_activity());
    line(t().fact_activity(), in_place(label, may_write, value, move |done| form(open, done)))
}

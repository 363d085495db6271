//! The VAT regime with its dated history: a new one is stated from a day on, the former ones stay.

use std::rc::Rc;

use chrono::NaiveDate;
use domain::RegimePeriod;
use leptos::prelude::*;
use serde_json::json;

use super::editor::{buttons, line, regimes};
use super::open::{Fields, Open, complain, may_write};
use crate::browser::now;
use crate::dom::{View, button, div, el, live, p, show, span};
use crate::pages::{register, words};
use crate::text::{format, t};
use crate::ui::{Button, Choice, Icon, date_field, icon, select_field};

fn today() -> NaiveDate {
    format::paris(now()).date()
}

pub fn form(open: Open, done: Rc<dyn Fn()>) -> View {
    let first = open.current().is_none_or(|f| f.value.facts.vat_regimes.is_empty());
    let regime = RwSignal::new(String::new());
    let from = RwSignal::new(today().to_string());
    let (missing, undated) = (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let label = if first { t().fact_vat_regimes() } else { t().regime_new() };
    let choices = || std::iter::once(Choice::new("", t().choose())).chain(regimes()).collect();
    let field = select_field(label, regime, choices).error(move || missing.get());
    let control = field.control();
    request_animation_frame(move || control.focus());
    // The first known regime has no start: it holds for what came before, too.
    let date = (!first).then(|| date_field(t().regime_from(), from).error(move || undated.get()));
    let body = el("form").class("fact-form").attr("novalidate", "").child(field).child(date);
    let close = done.clone();
    let submit = move || {
        let chosen = regime.get_untracked();
        if chosen.is_empty() {
            return missing.set(Some(t().regime_missing().to_owned()));
        }
        missing.set(None);
        let mut fields = Fields::from([("vat_regime".to_owned(), json!(chosen))]);
        if !first {
            fields.insert("vat_regime_from".to_owned(), json!(from.get_untracked()));
        }
        let close = close.clone();
        open.save(t().dossier_saved(t().fact_vat_regimes()), fields, move |outcome| match outcome {
            Ok(()) => close(),
            Err(failure) => {
                let (wrong, day) = (failure.field("/vat_regime"), failure.field("/vat_regime_from"));
                if wrong.is_none() && day.is_none() {
                    complain(&failure);
                }
                missing.try_set(wrong);
                undated.try_set(day);
            }
        });
    };
    buttons(body, open, submit, done)
}

fn period(open: Open, periods: &[RegimePeriod], at: usize) -> View {
    let today = today();
    let RegimePeriod { regime, from } = periods[at].clone();
    let in_force = from.is_none_or(|from| from <= today)
        && periods[at + 1..].iter().all(|later| later.from.is_some_and(|from| from > today));
    let since = match from {
        // Alone and without a start, it has always been so.
        None if periods.len() == 1 => String::new(),
        None => t().regime_since_start().to_owned(),
        Some(day) if day > today => format!("{} ({})", t().from_day(format::date(t(), day)), t().regime_coming()),
        Some(day) => t().from_day(format::date(t(), day)),
    };
    let name = words::regime(regime);
    let rest: Vec<RegimePeriod> =
        periods.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, p)| p.clone()).collect();
    let remove = show(may_write, move || {
        let rest = rest.clone();
        button("quiet-cross").label(&t().regime_remove(name)).child(icon(Icon::Close)).on_click(move || {
            let fields = Fields::from([("vat_regimes".to_owned(), json!(rest))]);
            open.save(t().dossier_saved(t().fact_vat_regimes()), fields, |outcome| {
                if let Err(failure) = outcome {
                    complain(&failure);
                }
            });
        })
    });
    let words = span(if in_force { "strong" } else { "soft" }).child(name);
    let mark = in_force.then(|| span("tag tag-accent").child(t().regime_now()));
    el("li").class("row").child(words).child(span("faint small").child(since)).child(mark).child(remove)
}

pub fn facts(open: Open) -> View {
    let periods = crate::dom::memo(move || open.of(|d| d.facts.vat_regimes.clone()));
    let history = live(move || {
        let periods = periods.get();
        if periods.is_empty() {
            return span("faint").child("–");
        }
        // The newest first, as everywhere.
        el("ul").class("stack-tight").children((0..periods.len()).rev().map(|at| period(open, &periods, at)))
    });
    let editing = RwSignal::new(false);
    let change = show(may_write, move || {
        live(move || {
            if editing.get() {
                let done: Rc<dyn Fn()> = Rc::new(move || {
                    editing.try_set(false);
                });
                return untrack(|| form(open, done));
            }
            let label = if periods.with(Vec::is_empty) { t().regime_state() } else { t().regime_change() };
            Button::new(label).small().press(move || editing.set(true)).into()
        })
    });
    // A regime that the law ends, with nothing after it yet.
    let tables = register::reference();
    let ending = live(move || {
        let today = today();
        let last = periods.with(|periods| periods.last().cloned())?;
        tables.with(|tables| {
            let row = tables.as_ref()?.vat_regimes.iter().find(|row| row.regime == last.regime)?;
            let end = row.valid_to.filter(|_| last.from.is_none_or(|from| from <= today))?;
            let words = t().regime_ends(format::date_long(t(), end), &row.source);
            Some(p("remark tone-at-risk").child(icon(Icon::Clock)).child(span("").child(words)))
        })
    });
    line(t().fact_vat_regimes(), div("stack-tight").child(history).child(ending).child(change))
}

//! The size of the company by law: the figures, the thresholds they are held against, and the class that the firm may
//! state instead, with its reason.

use std::rc::Rc;

use domain::reference::SizeThreshold;
use domain::{SizeClass, SizeInput};
use leptos::prelude::*;
use serde_json::{Value, json};

use super::editor::{buttons, sizes};
use super::open::{Fields, Open, complain, may_write};
use crate::dom::{View, div, el, live, p, show, span};
use crate::pages::{register, words};
use crate::text::{format, t};
use crate::ui::{Button, Choice, Icon, Tone, icon, notice, select_field, text_field};

fn input_name(input: SizeInput) -> &'static str {
    let t = t();
    match input {
        SizeInput::Headcount => t.fact_headcount(),
        SizeInput::Turnover => t.fact_turnover(),
        SizeInput::BalanceSheet => t.fact_balance_sheet(),
    }
}

/// The class and how it came about.
pub fn verdict(open: Open) -> View {
    live(move || {
        let size = open.of(|d| Some(d.size.clone()))?;
        let t = t();
        let headline = match size.class {
            Some(class) if size.overridden => t.size_overridden(words::size(class)),
            Some(class) => t.size_computed(words::size(class)),
            None if size.at_most_pme == Some(true) => t.size_at_most_pme().to_owned(),
            None => t.size_unknown().to_owned(),
        };
        let missing: Vec<&str> = size.missing.iter().map(|m| input_name(*m)).collect();
        let missing = (!missing.is_empty()).then(|| p("soft small").child(t.size_missing(&missing.join(", "))));
        let enough = (size.class.is_none() && size.at_most_pme == Some(true))
            .then(|| p("soft small").child(t.size_at_most_pme_note()));
        let beside = size.overridden.then(|| {
            let computed = size.computed.map_or(t.size_unknown(), words::size);
            let reason = open.of(|d| d.facts.size_override.as_ref().map(|o| o.reason.clone())).unwrap_or_default();
            View::all([
                p("soft small").child(t.size_computed(computed)),
                p("soft small").child(t.size_override_because(&reason)),
            ])
        });
        let boundary = size.boundary.then(|| notice(Tone::AtRisk, p("small").child(t.size_boundary())));
        Some(
            div("stack-tight")
                .child(p("strong").child(headline))
                .child(missing)
                .child(enough)
                .child(beside)
                .child(boundary),
        )
    })
}

/// The figures beside the thresholds of each class.
pub fn thresholds(open: Open) -> View {
    let tables = register::reference();
    live(move || {
        let size = open.of(|d| Some(d.size.clone()))?;
        let today = format::paris(crate::browser::now()).date();
        tables.with(|tables| {
            let rows: Vec<SizeThreshold> = tables
                .as_ref()?
                .size_thresholds
                .iter()
                .filter(|t| t.valid_from <= today && t.valid_to.is_none_or(|to| today <= to))
                .cloned()
                .collect();
            let head = el("tr")
                .child(el("th").attr("scope", "col").child(t().size_figure()))
                .child(el("th").attr("scope", "col").class("num").child(t().size_value()))
                .children(rows.iter().map(|row| {
                    let cell = el("th").attr("scope", "col").class("num").child(words::size_short(row.class));
                    mark(cell, size.class == Some(row.class))
                }));
            let line = |input: SizeInput, field: &str, limit: &dyn Fn(&SizeThreshold) -> String| {
                let value = open.say(field);
                let shown = el("td").class("num strong").child(value);
                el("tr").child(el("th").attr("scope", "row").child(input_name(input))).child(shown).children(
                    rows.iter()
                        .map(|row| mark(el("td").class("num soft").child(limit(row)), size.class == Some(row.class))),
                )
            };
            let at_most = |cents: i64| t().size_at_most(large(cents));
            let body = el("tbody")
                .child(line(SizeInput::Headcount, "headcount", &|row| {
                    t().size_below(format::number(t(), row.headcount_below.into()))
                }))
                .child(line(SizeInput::Turnover, "turnover_cents", &|row| at_most(row.turnover_at_most_cents)))
                .child(line(SizeInput::BalanceSheet, "balance_sheet_cents", &|row| {
                    at_most(row.balance_sheet_at_most_cents)
                }));
            let table = el("table")
                .class("table thresholds")
                .label(t().size_title())
                .child(el("thead").child(head))
                .child(body);
            Some(
                div("stack-tight")
                    .child(
                        // On a phone it scrolls, with the keyboard too.
                        div("table-wrap")
                            .attr("tabindex", "0")
                            .attr("role", "region")
                            .label(t().size_title())
                            .child(table),
                    )
                    .child(p("faint small").child(t().size_rule()))
                    .child(p("faint small").child(t().obligation_source(&size.source))),
            )
        })
    })
}

fn mark(cell: View, on: bool) -> View {
    if on { cell.add_class("threshold-on") } else { cell }
}

/// 200 000 000 cents → "2 M€".
fn large(cents: i64) -> String {
    let t = t();
    match cents / 100 {
        euros if euros >= 1_000_000 && euros % 100_000 == 0 => {
            format!("{}\u{a0}M€", format::tenths(t, euros / 100_000))
        }
        _ => format::money_round(t, cents),
    }
}

fn save(open: Open, value: Value, done: impl FnOnce() + 'static) {
    let fields = Fields::from([("size_override".to_owned(), value)]);
    open.save(t().dossier_saved(t().fact_size_override()), fields, move |outcome| match outcome {
        Ok(()) => done(),
        Err(failure) => complain(&failure),
    });
}

fn form(open: Open, done: Rc<dyn Fn()>) -> View {
    let now = open.current().and_then(|f| f.value.facts.size_override);
    let class = RwSignal::new(now.as_ref().map(|o| o.class.as_str().to_owned()).unwrap_or_default());
    let reason = RwSignal::new(now.map(|o| o.reason).unwrap_or_default());
    let (no_class, no_reason) = (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let choices = || std::iter::once(Choice::new("", t().choose())).chain(sizes()).collect();
    let first = select_field(t().size_override_class(), class, choices).error(move || no_class.get());
    let control = first.control();
    request_animation_frame(move || control.focus());
    let body = el("form").class("fact-form").attr("novalidate", "").child(first).child(
        text_field(t().size_override_reason(), reason)
            .hint(t().size_override_reason_hint())
            .error(move || no_reason.get()),
    );
    let close = done.clone();
    let submit = move || {
        let wanted = SizeClass::try_from(class.get_untracked().as_str()).ok();
        let why = reason.get_untracked().trim().to_owned();
        no_class.set(wanted.is_none().then(|| t().choose().to_owned()));
        no_reason.set(why.is_empty().then(|| t().size_override_reason_missing().to_owned()));
        if let Some(wanted) = wanted.filter(|_| !why.is_empty()) {
            let close = close.clone();
            save(open, json!({"class": wanted, "reason": why}), move || close());
        }
    };
    buttons(body, open, submit, done)
}

pub fn override_acts(open: Open) -> View {
    let editing = RwSignal::new(false);
    show(may_write, move || {
        live(move || {
            if editing.get() {
                let done: Rc<dyn Fn()> = Rc::new(move || {
                    editing.try_set(false);
                });
                return untrack(|| form(open, done));
            }
            let stated = open.of(|d| d.facts.size_override.is_some());
            let act =
                Button::new(t().size_override_act()).icon(Icon::Edit).quiet().small().press(move || editing.set(true));
            let back = stated.then(|| {
                Button::new(t().size_override_remove())
                    .icon(Icon::Undo)
                    .quiet()
                    .small()
                    .press(move || save(open, Value::Null, || {}))
            });
            div("row").child(act).child(back)
        })
    })
}

/// For the head of a dossier.
pub fn short(open: Open) -> View {
    live(move || {
        let (class, pme) = open.of(|d| (d.size.class, d.size.at_most_pme));
        let words = match (class, pme) {
            (Some(class), _) => words::size(class),
            (None, Some(true)) => t().size_at_most_pme(),
            (None, _) => t().size_unknown(),
        };
        span("row nowrap").child(icon(Icon::Cabinet)).child(words)
    })
}

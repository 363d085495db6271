//! Dated proofs of a criterion: recorded where the score asks for them, shown with who, when and until when.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{DirectoryAnswer, DirectoryEntry, Nothing};
use domain::{Criterion, DirectoryState, Evidence};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};

use super::editor::buttons;
use super::open::{Fields, Open, complain, may_write};
use crate::api::{Failure, act};
use crate::dom::{View, div, el, p, show, span};
use crate::pages::words;
use crate::text::{format, t};
use crate::ui::{Button, Choice, Field, Icon, Tone, notice, select_field, text_field};

/// Met by what was seen and dated rather than by a fact of the client list.
pub const BY_PROOF: [Criterion; 8] = [
    Criterion::Mandate,
    Criterion::DirectoryAddress,
    Criterion::ReceptionProved,
    Criterion::EmissionProved,
    Criterion::EReportingConfigured,
    Criterion::FirstTransmission,
    Criterion::ClientInformed,
    Criterion::NoCriticalAnomaly,
];

fn today() -> String {
    format::paris(crate::browser::now()).date().to_string()
}

pub fn date_field(label: &str, value: RwSignal<String>) -> Field {
    text_field(label, value).kind("date")
}

fn focus(field: &Field) {
    let control = field.control();
    request_animation_frame(move || control.focus());
}

fn save(open: Open, criterion: Criterion, proofs: Value, done: impl FnOnce(Result<(), crate::api::Failure>) + 'static) {
    open.save(t().dossier_saved(words::criterion(criterion)), Fields::from([("proofs".to_owned(), proofs)]), done);
}

/// What was seen, when, and until when it counts.
pub fn form(open: Open, criterion: Criterion, done: Rc<dyn Fn()>) -> View {
    if criterion == Criterion::DirectoryAddress {
        return directory_form(open, done);
    }
    let (what, on, until) = (RwSignal::new(String::new()), RwSignal::new(today()), RwSignal::new(String::new()));
    let (no_what, no_day, bad_end) =
        (RwSignal::new(None::<String>), RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let first = text_field(t().proof_what(), what).hint(t().proof_what_hint()).error(move || no_what.get());
    focus(&first);
    let body = el("form")
        .class("fact-form")
        .attr("novalidate", "")
        .child(first)
        .child(date_field(t().proof_on(), on).error(move || no_day.get()))
        .child(
            date_field(t().proof_until(), until).hint(t().proof_until_hint()).error(move || bad_end.get()).optional(),
        );
    let close = done.clone();
    let submit = move || {
        let mut all = open.fact_untracked("proofs").as_array().cloned().unwrap_or_default();
        let at = all.len();
        let end = until.get_untracked();
        let end = if end.is_empty() { Value::Null } else { json!(end) };
        no_what.set(what.with_untracked(|w| w.trim().is_empty()).then(|| t().proof_what_missing().to_owned()));
        no_day.set(on.with_untracked(String::is_empty).then(|| t().proof_day_missing().to_owned()));
        if no_what.with_untracked(Option::is_some) || no_day.with_untracked(Option::is_some) {
            return;
        }
        all.push(json!({
            "criterion": criterion, "what": what.get_untracked().trim(), "source": "hand",
            "on": on.get_untracked(), "expires_on": end,
        }));
        let close = close.clone();
        save(open, criterion, Value::Array(all), move |outcome| match outcome {
            Ok(()) => close(),
            Err(failure) => {
                // The server orders proofs before it looks at them: the field tells which is meant, not the place.
                let said = |name: &str| (0..=at).find_map(|place| failure.field(&format!("/proofs/{place}/{name}")));
                let (w, d, e) = (said("what"), said("on"), said("expires_on"));
                if w.is_none() && d.is_none() && e.is_none() {
                    complain(&failure);
                }
                no_what.try_set(w);
                no_day.try_set(d);
                bad_end.try_set(e);
            }
        });
    };
    buttons(body, open, submit, done)
}

pub fn directory_states() -> Vec<Choice> {
    DirectoryState::ALL.iter().map(|s| Choice::new(s.as_str(), words::directory(*s))).collect()
}

/// What the directory says, as of when, read where: unknown is never green.
pub fn directory_form(open: Open, done: Rc<dyn Fn()>) -> View {
    let now = open.current().and_then(|f| f.value.facts.directory_address);
    let state = RwSignal::new(now.as_ref().map(|a| a.state).unwrap_or(DirectoryState::Active).as_str().to_owned());
    let on = RwSignal::new(today());
    let source = RwSignal::new(now.map_or_else(|| t().directory_by_hand().to_owned(), |a| a.source));
    let (bad_day, bad_source) = (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let first = select_field(t().directory_state(), state, directory_states);
    focus(&first);
    let body = el("form")
        .class("fact-form")
        .attr("novalidate", "")
        .child(ask_directory(open))
        .child(first)
        .child(date_field(t().directory_as_of(), on).error(move || bad_day.get()))
        .child(text_field(t().directory_source(), source).error(move || bad_source.get()));
    let close = done.clone();
    let submit = move || {
        bad_day.set(on.with_untracked(String::is_empty).then(|| t().proof_day_missing().to_owned()));
        if bad_day.with_untracked(Option::is_some) {
            return;
        }
        let value =
            json!({"state": state.get_untracked(), "as_of": on.get_untracked(), "source": source.get_untracked()});
        let close = close.clone();
        let fields = Fields::from([("directory_address".to_owned(), value)]);
        open.save(t().dossier_saved(words::fact("directory_address")), fields, move |outcome| match outcome {
            Ok(()) => close(),
            Err(failure) => {
                let (day, from) =
                    (failure.field("/directory_address/as_of"), failure.field("/directory_address/source"));
                if day.is_none() && from.is_none() {
                    complain(&failure);
                }
                bad_day.try_set(day);
                bad_source.try_set(from);
            }
        });
    };
    buttons(body, open, submit, done)
}

/// The directory itself, where a connection reaches one: its answer becomes the fact, and its addresses are shown.
fn ask_directory(open: Open) -> View {
    let answer = RwSignal::new(None::<Result<DirectoryAnswer, Failure>>);
    let busy = RwSignal::new(false);
    let ask = move || {
        let Some(file) = open.current() else { return };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let found = act::<op::LookupDirectory>(&file.value.id, &Nothing {}, &Nothing {}).await;
            busy.try_set(false);
            if found.as_ref().is_ok_and(|found| found.changed) {
                open.read_again();
            }
            answer.try_set(Some(found));
        });
    };
    let told = move || {
        Some(match answer.get()? {
            Ok(found) => answered(&found),
            Err(failure) => notice(Tone::AtRisk, p("small").child(failure.detail())),
        })
    };
    div("stack-tight directory-ask")
        .child(
            div("row")
                .child(Button::new(t().directory_ask()).icon(Icon::Search).small().busy(move || busy.get()).press(ask)),
        )
        .child(p("field-hint").child(t().directory_ask_hint()))
        .child(div("").attr("aria-live", "polite").live(told))
        .child(p("soft small").child(t().directory_by_hand_instead()))
}

fn answered(found: &DirectoryAnswer) -> View {
    let t = t();
    let line = |line: &DirectoryEntry| {
        let state = match line.state.as_str() {
            "Enabled" => t.directory_line_enabled(),
            "Disabled" => t.directory_line_disabled(),
            "Upcoming" => t.directory_line_upcoming(),
            other => other,
        };
        let at = match line.platform_type.as_str() {
            "WK" => t.directory_line_platform(),
            "DFH" => t.directory_line_portal(),
            other => other,
        };
        el("li").child(span("num").child(&line.address)).child(span("soft").child(format!(" · {state} · {at}")))
    };
    let tone = if found.state == DirectoryState::Active { Tone::Ready } else { Tone::AtRisk };
    let none = found.addresses.is_empty().then(|| p("soft small").child(t.directory_no_line()));
    let said = div("stack-tight")
        .child(p("").child(t.directory_answered(words::directory(found.state), &found.source)))
        .child(el("ul").class("small").children(found.addresses.iter().map(line)))
        .child(none);
    notice(tone, said)
}

/// A recorded proof under its criterion, and the way to take it back.
pub fn shown(open: Open, proof: &Evidence) -> View {
    let t = t();
    let mut said = vec![t.proof_dated(format::date(t, proof.on))];
    said.extend(proof.expires_on.map(|end| t.proof_ends(format::date(t, end))));
    said.extend(proof.by.as_deref().map(|by| t.proof_by(by)));
    let (criterion, gone) = (proof.criterion, proof.clone());
    let remove = show(may_write, move || {
        let gone = gone.clone();
        Button::new(crate::text::t().proof_remove())
            .icon_only(Icon::Trash)
            .quiet()
            .small()
            .press(move || {
                let Some(file) = open.current() else { return };
                let kept: Vec<&Evidence> = file.value.facts.proofs.iter().filter(|p| **p != gone).collect();
                save(open, criterion, json!(kept), |outcome| {
                    if let Err(failure) = outcome {
                        complain(&failure);
                    }
                });
            })
            .into()
    });
    // What another capability brought is taken back where it came from.
    let by_hand = open.current().is_some_and(|file| file.value.facts.proofs.contains(proof));
    div("row nowrap proof")
        .child(p("faint small grow").child(span("").child(said.join(" · "))))
        .child(by_hand.then_some(remove))
}

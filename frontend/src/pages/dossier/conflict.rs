//! Somebody else changed the dossier first: what they did, what this person wanted, and the way on. Nothing is lost.

use leptos::prelude::*;

use super::open::{Conflict, Open, complain, say};
use crate::browser::now;
use crate::dom::{View, div, el, live, p};
use crate::pages::words;
use crate::text::{format, t};
use crate::ui::{Button, Tone, notice};

pub fn view(open: Open) -> View {
    live(move || open.conflict.get().map(|conflict| untrack(|| card(open, &conflict))))
}

fn card(open: Open, conflict: &Conflict) -> View {
    let t = t();
    let intro = match &conflict.who {
        Some((who, at)) => t.conflict_by(who, &format::relative(t, *at, now())),
        None => t.conflict_by_unknown().to_owned(),
    };
    let theirs = conflict.theirs.iter().map(|(field, before, after)| {
        el("li").child(t.conflict_change(words::fact(field), &say(field, before), &say(field, after)))
    });
    let mut body = div("stack-tight")
        .child(p("strong").child(t.conflict_title()))
        .child(p("").child(intro))
        .child(el("ul").class("bullets small").children(theirs));
    let mut acts = div("row");
    if !conflict.mine.is_empty() {
        let mine = conflict.mine.iter().filter(|(field, _)| *field != "vat_regime_from").map(|(field, value)| {
            let shown = if matches!(field.as_str(), "manager" | "assignee") && value.get("label").is_none() {
                person(value)
            } else {
                say(field, value)
            };
            el("li").child(t.history_set(words::fact(field), &shown))
        });
        body = body.child(p("").child(t.conflict_mine())).child(el("ul").class("bullets small").children(mine));
        let (fields, said) = (conflict.mine.clone(), conflict.said.clone());
        acts = acts.child(Button::new(t.conflict_apply()).primary().small().busy(move || open.saving.get()).press(
            move || {
                open.save(said.clone(), fields.clone(), move |outcome| match outcome {
                    // The form that met the conflict has its way now.
                    Ok(()) => {
                        open.settled.try_update(|n| *n += 1);
                    }
                    Err(failure) => complain(&failure),
                });
            },
        ));
    }
    let acts = acts.child(Button::new(t.conflict_drop()).small().press(move || open.conflict.set(None)));
    // The form may stand far below.
    notice(Tone::AtRisk, body.child(acts)).attr("role", "alert").attr("tabindex", "-1").focused()
}

/// Somebody chosen by id, whose name the form did not send.
fn person(value: &serde_json::Value) -> String {
    let id = value.get("user_id").and_then(|id| id.as_str()).unwrap_or_default();
    let choices = super::editor::people();
    choices.into_iter().find(|c| c.value == id).map_or_else(|| id.to_owned(), |c| c.label)
}

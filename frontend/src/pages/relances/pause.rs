//! Lets the relances of clients rest, from a day to a day or until somebody ends it; and ends that. The dialog is here at
//! once, its content is in the part of relances.

use std::rc::Rc;

use chrono::NaiveDate;
use contract::endpoint::op;
use contract::{BulkResult, ItemResult, NewPause, Nothing, PauseInput};
use domain::relance::outcome::PauseReason;
use leptos::prelude::*;

use crate::api::{self, Load, load, say};
use crate::browser::now;
use crate::dom::{View, div, el, live, memo, p, show};
use crate::pages::dossiers::bulk::{self, Target};
use crate::pages::form::{Form, refusal};
use crate::pages::outcomes;
use crate::parts;
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Choice, Dialog, Tone, date_field, notice, segments, select_field, text_field, toasts};

/// What the dialog is about.
#[derive(Clone)]
pub struct Pausing {
    pub target: Target,
    pub open: RwSignal<bool>,
    /// Hears that pauses were made or ended.
    pub done: Rc<dyn Fn()>,
}

/// Stands while `open` is true; `target` is asked when it opens.
pub fn dialog(open: RwSignal<bool>, target: impl Fn() -> Target + 'static, done: impl Fn() + 'static) -> View {
    let target = Rc::new(target);
    let done: Rc<dyn Fn()> = Rc::new(done);
    live(move || {
        if !open.get() {
            return View::none();
        }
        let (target, done) = (target.clone(), done.clone());
        untrack(|| {
            let pausing = Pausing { target: target(), open, done };
            let title = t().pause_title(pausing.target.count());
            Dialog::new(open, title, move || parts::pause_relances(pausing.clone())).into()
        })
    })
}

#[derive(Clone, PartialEq)]
enum Wish {
    Rest(NewPause),
    End,
}

fn items_of(result: &BulkResult) -> Vec<outcomes::Item> {
    let item = |item: &ItemResult| outcomes::Item {
        name: item.name.clone().unwrap_or_else(|| item.dossier_id.to_string()),
        outcome: item.outcome,
        reason: item.reason.as_ref().map(say),
    };
    result.items.iter().map(item).collect()
}

const REST: &str = "rest";
const END: &str = "end";

/// The content of the dialog.
pub fn content(pausing: Pausing) -> View {
    let Pausing { target, open, done } = pausing;
    let what = RwSignal::new(REST.to_owned());
    let from = RwSignal::new(format::paris(now()).date().to_string());
    let (to, note) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let reason = RwSignal::new(PauseReason::Client.as_str().to_owned());
    let rests = memo(move || what.with(|what| what == REST));
    // A look before does not hang on the note.
    let wish = memo(move || {
        if !rests.get() {
            return Some(Wish::End);
        }
        let day = |typed: String| typed.parse::<NaiveDate>();
        let to = match to.get() {
            empty if empty.is_empty() => None,
            typed => Some(day(typed).ok()?),
        };
        let reason = PauseReason::try_from(reason.get().as_str()).ok()?;
        Some(Wish::Rest(NewPause { from: Some(day(from.get()).ok()?), to, reason, note: None }))
    });
    let asked = target.clone();
    let preview: Load<Option<BulkResult>> = load(
        move || wish.get(),
        move |wish| {
            let target = asked.clone();
            Box::pin(async move {
                let Some(wish) = wish else { return Ok(None) };
                let body = input(&target, wish, None, true);
                api::act::<op::PauseRelances>(&Nothing {}, &Nothing {}, &body).await.map(Some)
            })
        },
    );
    let ready = memo(move || {
        let current = !preview.pending.get() && preview.failure.with(Option::is_none);
        preview.value.with(|p| p.as_ref().and_then(Option::as_ref).filter(|_| current).map(|p| p.changed))
    });
    let result = RwSignal::new(None::<BulkResult>);
    let form = Form::new();
    let t = t();
    let whats = vec![Choice::new(REST, t.pause_rest()), Choice::new(END, t.pause_end())];
    let reasons = || PauseReason::ALL.iter().map(|r| Choice::new(r.as_str(), say(&r.text()))).collect();
    let days = div("form-pair")
        .child(date_field(t.pause_from(), from).error(form.error("/pause/from", from)))
        .child(date_field(t.pause_to(), to).hint(t.pause_to_hint()).optional().error(form.error("/pause/to", to)));
    let why = View::from(select_field(t.pause_reason(), reason, reasons).error(form.error("/pause/reason", reason)));
    let said = View::from(text_field(t.relance_note(), note).optional().error(form.error("/pause/note", note)));
    let missing = move || wish.with(Option::is_none).then(|| crate::text::t().pause_missing());
    let busy = form.busy();
    let foot = el("footer")
        .class("dialog-foot dialog-foot-inside")
        .child(Button::new(t.cancel()).press(move || open.set(false)))
        .child(Button::new(t.apply()).primary().submit().disabled(move || ready.get().unwrap_or(0) == 0).busy(busy));
    let fields = [
        segments(t.pause_what(), whats, move || what.get(), move |next| what.set(next)),
        show(move || rests.get(), move || div("stack").child(days.clone()).child(why.clone()).child(said.clone())),
        crate::ui::outlook(preview, missing, 2, summary),
        foot,
    ];
    let form = form.build(fields, move |form| {
        let Some(wish) = wish.get_untracked() else {
            return form.refuse(refusal("/pause/from", crate::text::t().pause_missing()));
        };
        let said = Some(note.get_untracked().trim().to_owned()).filter(|note| !note.is_empty());
        let body = input(&target, wish, said, false);
        let done = done.clone();
        form.send(api::act::<op::PauseRelances>(&Nothing {}, &Nothing {}, &body), move |answer| {
            let moved = move || {
                done();
                session::chasing_moved();
            };
            moved();
            let words = crate::text::t().pause_did(answer.changed);
            match answer.act_id {
                Some(act) => {
                    let again: Rc<dyn Fn()> = Rc::new(moved);
                    toasts().undoable(words, move || bulk::undo(vec![act], again.clone()));
                }
                None => toasts().info(words),
            }
            if answer.left_out > 0 {
                result.try_set(Some(answer));
            } else {
                open.try_set(false);
            }
        });
    });
    let form = show(move || result.with(Option::is_none), move || form.clone());
    let told = live(move || {
        let result = result.get()?;
        let close = Button::new(crate::text::t().close()).primary().press(move || open.set(false));
        Some(
            div("stack")
                .child(outcomes::results(crate::text::t().pause_did(result.changed), items_of(&result)))
                .child(div("row").child(close)),
        )
    });
    View::all([form, told])
}

fn input(target: &Target, wish: Wish, note: Option<String>, preview: bool) -> PauseInput {
    let (ids, filter) = target.parts();
    let pause = match wish {
        Wish::Rest(pause) => Some(NewPause { note, ..pause }),
        Wish::End => None,
    };
    PauseInput { ids, filter, pause, preview }
}

fn summary(result: &BulkResult) -> View {
    let t = t();
    if result.changed == 0 && result.left_out == 0 {
        return notice(Tone::Unknown, p("").child(t.pause_nothing()));
    }
    let items = items_of(result);
    let left = (result.left_out > 0).then(|| outcomes::left_out(t.relance_act_left_out(result.left_out), &items));
    div("stack-tight")
        .child(p("strong").child(t.pause_would(result.changed)))
        .child((result.unchanged > 0).then(|| p("soft small").child(t.bulk_would_stay(result.unchanged))))
        .child(outcomes::touched(&items))
        .child(left)
}

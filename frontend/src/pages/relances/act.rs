//! What a person does about open steps: first whom it touches and who is left out and why, then the act, then what came of
//! each.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{Nothing, RelanceAct, RelanceActInput, RelanceActResult, RelancePrint, RelanceRef};
use domain::RelanceId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{self, Load, download, load, request, say};
use crate::dom::{View, div, el, live, memo, p, show};
use crate::pages::outcomes;
use crate::session;
use crate::text::t;
use crate::ui::{Button, Dialog, Icon, Tone, notice, once_closed, text_field, toasts};

/// Letters as one PDF for the printer: these, or all that wait and that a filter takes. `done` hears that it was made.
pub fn print(body: RelancePrint, busy: RwSignal<bool>, done: impl Fn() + 'static) {
    if busy.get_untracked() {
        return;
    }
    busy.set(true);
    let call = request::<op::PrintRelances>(&Nothing {}, &Nothing {}).detached().body(&body);
    spawn_local(async move {
        match download(call, "lettres.pdf").await {
            Ok(()) => {
                toasts().done(t().relance_printed());
                done();
            }
            Err(failure) => toasts().failed(&failure),
        }
        busy.try_set(false);
    });
}

/// Those letters alone.
pub fn print_these(ids: Vec<RelanceId>, busy: RwSignal<bool>, done: impl Fn() + 'static) {
    print(RelancePrint { ids: Some(ids), filter: None }, busy, done);
}

/// The act, and the dossiers in their sequences.
pub type Acting = RwSignal<Option<(RelanceAct, Vec<RelanceRef>)>>;

pub fn label(act: RelanceAct) -> &'static str {
    let t = t();
    match act {
        RelanceAct::Approve => t.relance_approve(),
        RelanceAct::Skip => t.relance_skip(),
        RelanceAct::Answered => t.relance_answered(),
        RelanceAct::Remove => t.relance_remove(),
        RelanceAct::Done => t.relance_done(),
    }
}

pub fn face(act: RelanceAct) -> Icon {
    match act {
        RelanceAct::Approve | RelanceAct::Done => Icon::Check,
        RelanceAct::Skip => Icon::Right,
        RelanceAct::Answered => Icon::Mail,
        RelanceAct::Remove => Icon::Close,
    }
}

/// What it means, said before it is done.
fn meaning(act: RelanceAct) -> &'static str {
    let t = t();
    match act {
        RelanceAct::Approve => t.relance_approve_detail(),
        RelanceAct::Skip => t.relance_skip_detail(),
        RelanceAct::Answered => t.relance_answered_detail(),
        RelanceAct::Remove => t.relance_remove_detail(),
        RelanceAct::Done => t.relance_done_detail(),
    }
}

/// The dialog stands while `acting` holds an act. `done` hears that something was done.
pub fn dialog(acting: Acting, done: impl Fn() + Clone + 'static) -> View {
    live(move || {
        let (act, items) = acting.get()?;
        let done = done.clone();
        Some(untrack(|| build(act, items, acting, Rc::new(done))))
    })
}

fn items_of(result: &RelanceActResult) -> Vec<outcomes::Item> {
    let item = |item: &contract::RelanceItem| outcomes::Item {
        name: item.name.clone(),
        outcome: item.outcome,
        reason: item.reason.as_ref().map(say),
    };
    result.items.iter().map(item).collect()
}

fn build(act: RelanceAct, items: Vec<RelanceRef>, acting: Acting, done: Rc<dyn Fn()>) -> View {
    let open = RwSignal::new(true);
    once_closed(open, move || {
        acting.try_set(None);
    });
    let n = items.len() as u64;
    let note = RwSignal::new(String::new());
    let input = move |preview: bool| RelanceActInput {
        items: items.clone(),
        act,
        note: Some(note.get_untracked().trim().to_owned()).filter(|note| !note.is_empty()),
        preview,
    };
    let asked = StoredValue::new(input(true));
    let preview: Load<Option<RelanceActResult>> = load(
        || (),
        move |()| {
            let body = asked.get_value();
            Box::pin(async move { api::act::<op::ActOnRelances>(&Nothing {}, &Nothing {}, &body).await.map(Some) })
        },
    );
    let ready = memo(move || {
        let current = !preview.pending.get() && preview.failure.with(Option::is_none);
        preview.value.with(|p| p.as_ref().and_then(Option::as_ref).filter(|_| current).map(|p| p.changed))
    });
    let result = RwSignal::new(None::<RelanceActResult>);
    let applying = RwSignal::new(false);
    let apply = Rc::new(move || {
        if ready.get_untracked().unwrap_or(0) == 0 || applying.get_untracked() {
            return;
        }
        let (body, done) = (input(false), done.clone());
        applying.set(true);
        spawn_local(async move {
            let answer = api::act::<op::ActOnRelances>(&Nothing {}, &Nothing {}, &body).await;
            applying.try_set(false);
            match answer {
                Ok(answer) => {
                    toasts().done(t().relance_act_did(answer.changed));
                    done();
                    session::chasing_moved();
                    if answer.left_out > 0 {
                        result.try_set(Some(answer));
                    } else {
                        open.try_set(false);
                    }
                }
                Err(failure) => toasts().failed(&failure),
            }
        });
    });
    let sent = apply.clone();
    let body = move || {
        let sent = sent.clone();
        let choose = show(
            move || result.with(Option::is_none),
            move || {
                let sent = sent.clone();
                el("form")
                    .class("stack")
                    .flag("novalidate", true)
                    .child(p("").child(meaning(act)))
                    .child(text_field(t().relance_note(), note).hint(t().relance_note_hint()).optional().autofocus())
                    .child(crate::ui::outlook(preview, || None, 2, summary))
                    // Enter in the field sends the form although its button stands in the foot of the dialog.
                    .child(el("button").attr("type", "submit").class("sr-only").attr("tabindex", "-1").decorative())
                    .on("submit", move |ev| {
                        ev.prevent_default();
                        sent();
                    })
            },
        );
        let told = live(move || {
            result.get().map(|result| outcomes::results(t().relance_act_did(result.changed), items_of(&result)))
        });
        View::all([choose, told])
    };
    let footer = move || {
        let apply = apply.clone();
        live(move || {
            if result.with(Option::is_some) {
                return Button::new(t().close()).primary().press(move || open.set(false)).into();
            }
            let apply = apply.clone();
            let go = Button::new(label(act));
            let go = if act == RelanceAct::Remove { go.danger() } else { go.primary() };
            View::all([
                Button::new(t().cancel()).press(move || open.set(false)),
                go.disabled(move || ready.get().unwrap_or(0) == 0).busy(move || applying.get()).press(move || apply()),
            ])
        })
    };
    Dialog::new(open, t().relance_act_title(label(act), n), body).footer(footer).into()
}

fn summary(result: &RelanceActResult) -> View {
    let t = t();
    if result.changed == 0 && result.left_out == 0 {
        return notice(Tone::Unknown, p("").child(t.relance_act_nothing()));
    }
    let items = items_of(result);
    let left = (result.left_out > 0).then(|| outcomes::left_out(t.relance_act_left_out(result.left_out), &items));
    div("stack-tight")
        .child(p("strong").child(match result.changed {
            0 => t.relance_act_nothing().to_owned(),
            n => t.relance_act_would(n),
        }))
        .child(outcomes::touched(&items))
        .child(left)
}

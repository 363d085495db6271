//! What the firm has done about flows; the official status stays as it is.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{FlowHandlingInput, FlowQuery, Nothing};
use domain::FlowId;
use domain::flow::Handling;
use leptos::prelude::*;

use crate::api::{self, say};
use crate::dom::{View, live, p};
use crate::pages::form::Form;
use crate::pages::selection;
use crate::text::t;
use crate::ui::{Button, Choice, Dialog, once_closed, select_field, text_field, toasts};

/// On which flows.
pub type Target = selection::Target<FlowId, FlowQuery>;

pub type Acting = RwSignal<Option<Target>>;

/// The dialog stands while `acting` holds flows. `done` hears that they have changed.
pub fn dialog(acting: Acting, done: impl Fn() + Clone + 'static) -> View {
    live(move || {
        let target = acting.get()?;
        let done = done.clone();
        Some(untrack(|| build(target, acting, Rc::new(done))))
    })
}

fn build(target: Target, acting: Acting, done: Rc<dyn Fn()>) -> View {
    let open = RwSignal::new(true);
    once_closed(open, move || {
        acting.try_set(None);
    });
    let n = target.count();
    let (handling, note) = (RwSignal::new(Handling::Resolved.as_str().to_owned()), RwSignal::new(String::new()));
    let choices = || Handling::ALL.iter().map(|h| Choice::new(h.as_str(), say(&h.text()))).collect();
    let form = Form::new();
    let field = text_field(t().flow_handle_note(), note).hint(t().flow_handle_note_hint());
    let fields = vec![
        p("soft").child(t().flow_handle_hint()),
        select_field(t().flow_handling(), handling, choices)
            .error(form.error("/handling", handling))
            .autofocus()
            .into(),
        field.error(form.error("/note", note)).into(),
    ];
    let busy = form.busy();
    let submit = {
        let form = form.clone();
        Rc::new(move || {
            let Ok(handling) = Handling::try_from(handling.get_untracked().as_str()) else { return };
            let (ids, filter) = target.parts();
            let note = Some(note.get_untracked().trim().to_owned()).filter(|n| !n.is_empty());
            let body = FlowHandlingInput { ids, filter, handling, note, preview: false };
            let done = done.clone();
            form.send(api::act::<op::HandleFlows>(&Nothing {}, &Nothing {}, &body), move |answer| {
                let told = t().flow_handle_did(answer.changed);
                match answer.act_id {
                    Some(act) => {
                        let again = done.clone();
                        toasts().undoable(told, move || selection::undo(act, |n| t().bulk_undone(n), again.clone()));
                    }
                    None => toasts().info(told),
                }
                done();
                open.try_set(false);
            });
        })
    };
    let sent = submit.clone();
    let form = form.build(fields, move |_| sent());
    let body = move || form.clone();
    let footer = move || {
        let (submit, busy) = (submit.clone(), busy.clone());
        View::all([
            Button::new(t().cancel()).press(move || open.set(false)),
            Button::new(t().flow_handle_apply()).primary().busy(busy).press(move || submit()),
        ])
    };
    Dialog::new(open, t().flow_handle_title(n), body).footer(footer).into()
}

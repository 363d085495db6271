//! A person's whole work to another, in one act that can be taken back.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{HandOverInput, HandOverResult, Nothing};
use leptos::prelude::*;

use super::act::undoable;
use crate::api::{self, Load, load, say};
use crate::dom::{View, div, el, live, memo, p};
use crate::pages::dossier;
use crate::pages::form::Form;
use crate::session;
use crate::text::t;
use crate::ui::{
    Button, Checkbox, Choice, Combobox, Dialog, Tone, notice, once_closed, single_value, text_field, toasts,
};

/// The dialog stands while `asked` is true. `done` hears that work has changed hands.
pub fn dialog(asked: RwSignal<bool>, done: impl Fn() + Clone + 'static) -> View {
    live(move || asked.get().then(|| untrack(|| build(asked, Rc::new(done.clone())))))
}

fn build(asked: RwSignal<bool>, done: Rc<dyn Fn()>) -> View {
    let open = RwSignal::new(true);
    once_closed(open, move || {
        asked.try_set(false);
    });
    let t = t();
    let (from, to, note) = (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let dossiers = RwSignal::new(true);
    let queue = || {
        let mut all = vec![Choice::new("queue", crate::text::t().hand_over_queue())];
        all.extend(dossier::people());
        all
    };
    let wish = memo(move || {
        let to = match to.get().as_str() {
            "" => return None,
            "queue" => None,
            id => Some(id.parse().ok()?),
        };
        // Dossiers need somebody: those of a person whose anomalies go back to the queue stay.
        let dossiers = dossiers.get() && to.is_some();
        Some((from.get().parse().ok()?, to, dossiers))
    });
    let input = move |(from, to, dossiers), preview| {
        let note = note.with_untracked(|n| Some(n.trim().to_owned()).filter(|n| !n.is_empty()));
        HandOverInput { from, to, dossiers, note, preview }
    };
    let preview: Load<Option<HandOverResult>> = load(
        move || wish.get(),
        move |wish| {
            Box::pin(async move {
                let Some(wish) = wish else { return Ok(None) };
                api::act::<op::HandOver>(&Nothing {}, &Nothing {}, &input(wish, true)).await.map(Some)
            })
        },
    );
    let ready = memo(move || {
        let current = !preview.pending.get() && preview.failure.with(Option::is_none) && wish.with(Option::is_some);
        current
            && preview.value.with(|p| p.as_ref().and_then(Option::as_ref).is_some_and(|p| p.anomalies + p.dossiers > 0))
    });
    let form = Form::new();
    let fields = vec![
        Combobox::one(t.hand_over_from(), single_value(from), dossier::people).field().autofocus().into(),
        Combobox::one(t.hand_over_to(), single_value(to), queue).into(),
        Checkbox::new(t.hand_over_dossiers(), move || dossiers.get(), move |on| dossiers.set(on)).into(),
        text_field(t.anomaly_act_note(), note).optional().into(),
        outlook(preview, memo(move || wish.with(Option::is_none))),
    ];
    let busy = form.busy();
    let submit = {
        let form = form.clone();
        Rc::new(move || {
            let Some(wish) = wish.get_untracked().filter(|_| ready.get_untracked()) else { return };
            let done = done.clone();
            form.send(api::act::<op::HandOver>(&Nothing {}, &Nothing {}, &input(wish, false)), move |answer| {
                match answer.act_id {
                    Some(act) => {
                        undoable(crate::text::t().hand_over_done().to_owned(), act, done.clone());
                    }
                    None => toasts().done(crate::text::t().hand_over_done()),
                }
                done();
                session::waiting_moved();
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
            Button::new(crate::text::t().cancel()).press(move || open.set(false)),
            Button::new(crate::text::t().hand_over_apply())
                .primary()
                .disabled(move || !ready.get())
                .busy(busy)
                .press(move || submit()),
        ])
    };
    Dialog::new(open, t.hand_over_title(), body).footer(footer).into()
}

fn outlook(preview: Load<Option<HandOverResult>>, not_asked: Memo<bool>) -> View {
    let missing = move || not_asked.get().then(|| t().anomaly_act_missing());
    crate::ui::outlook(preview, missing, 2, |result| {
        let left = (!result.left_out.is_empty()).then(|| {
            let lines = result.left_out.iter().take(8).map(|item| {
                let why = item.reason.as_ref().map(say).unwrap_or_default();
                el("li").child(say(&item.title)).child(el("span").class("soft").child(format!(" {why}")))
            });
            let words = div("stack-tight")
                .child(p("").child(t().anomaly_act_left_out(result.left_out.len() as u64)))
                .child(el("ul").class("bullets small").children(lines));
            notice(Tone::AtRisk, words)
        });
        let said = p("strong").child(t().hand_over_would(result.anomalies, result.dossiers));
        div("stack-tight").child(said).child(left)
    })
}

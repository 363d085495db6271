//! Several anomalies of one rule become one: asked first, for no button takes it back.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{JoinInput, Nothing};
use domain::AnomalyId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::dom::{View, div, live, p};
use crate::text::t;
use crate::ui::{Button, Dialog, once_closed, toasts};

/// The one that stays with its title, and those that become part of it.
#[derive(Clone, PartialEq)]
pub struct Joining {
    pub into: AnomalyId,
    pub title: String,
    pub others: Vec<AnomalyId>,
}

/// The dialog stands while `asked` holds what is to be joined.
pub fn dialog(asked: RwSignal<Option<Joining>>, done: impl Fn() + Clone + 'static) -> View {
    live(move || {
        let joining = asked.get()?;
        let done = done.clone();
        Some(untrack(|| build(joining, asked, Rc::new(done))))
    })
}

fn build(joining: Joining, asked: RwSignal<Option<Joining>>, done: Rc<dyn Fn()>) -> View {
    let (open, busy) = (RwSignal::new(true), RwSignal::new(false));
    once_closed(open, move || {
        asked.try_set(None);
    });
    let n = joining.others.len() as u64 + 1;
    let words = joining.title.clone();
    let body = move || {
        div("stack")
            .child(p("").child(t().anomaly_join_detail(&words)))
            .child(p("soft small").child(t().anomaly_join_stays()))
    };
    let join = move || {
        let (joining, done) = (joining.clone(), done.clone());
        busy.set(true);
        spawn_local(async move {
            let body = JoinInput { ids: joining.others.clone(), note: None };
            match api::act::<op::JoinAnomalies>(&joining.into, &Nothing {}, &body).await {
                Ok(_) => {
                    toasts().done(t().anomaly_join_done(n));
                    open.try_set(false);
                }
                Err(failure) => toasts().failed(&failure),
            }
            busy.try_set(false);
            done();
        });
    };
    let footer = move || {
        let join = join.clone();
        View::all([
            Button::new(t().cancel()).press(move || open.set(false)),
            Button::new(t().anomaly_join_act()).primary().autofocus().busy(move || busy.get()).press(join),
        ])
    };
    Dialog::new(open, t().anomaly_join_title(n), body).footer(footer).into()
}

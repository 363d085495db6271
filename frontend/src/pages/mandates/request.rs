//! Requesting mandates from dossiers: which kinds, sent at once or kept as drafts, and who is left out and why before
//! anything is made. The dialog is here at once, its content is in the part of the mandates.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{MandateActResult, MandatesInput, Nothing};
use domain::MandateKind;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::{act, words};
use crate::api::{self, Load, load};
use crate::dom::{View, div, el, live, memo, show};
use crate::frame::refresh_jobs;
use crate::pages::dossiers::bulk::Target;
use crate::pages::form::Form;
use crate::parts;
use crate::session;
use crate::text::t;
use crate::ui::{Button, Checkbox, Choice, Dialog, date_field, radios, toasts};

/// What is asked for when nothing else is said.
const USUAL: [MandateKind; 2] = [MandateKind::Delegation, MandateKind::Designation];

/// What the dialog is about.
#[derive(Clone)]
pub struct Requesting {
    pub target: Target,
    pub kinds: Vec<MandateKind>,
    pub open: RwSignal<bool>,
    /// Hears that mandates were made.
    pub done: Rc<dyn Fn()>,
}

/// Stands while `open` is true; `target` is asked when it opens.
pub fn dialog(open: RwSignal<bool>, target: impl Fn() -> Target + 'static, done: impl Fn() + 'static) -> View {
    dialog_for(open, target, || vec![MandateKind::Delegation], done)
}

/// The same with other kinds chosen at first.
pub fn dialog_for(
    open: RwSignal<bool>,
    target: impl Fn() -> Target + 'static,
    kinds: impl Fn() -> Vec<MandateKind> + 'static,
    done: impl Fn() + 'static,
) -> View {
    let (target, kinds) = (Rc::new(target), Rc::new(kinds));
    let done: Rc<dyn Fn()> = Rc::new(done);
    live(move || {
        if !open.get() {
            return View::none();
        }
        let (target, kinds, done) = (target.clone(), kinds.clone(), done.clone());
        untrack(|| {
            let requesting = Requesting { target: target(), kinds: kinds(), open, done };
            let title = t().request_title(requesting.target.count());
            Dialog::new(open, title, move || parts::request_mandates(requesting.clone())).wide().into()
        })
    })
}

/// What the person asks for, whole.
#[derive(Clone, PartialEq)]
struct Wish {
    kinds: Vec<MandateKind>,
    starts_on: Option<chrono::NaiveDate>,
    ends_on: Option<chrono::NaiveDate>,
    send: bool,
}

fn input(target: &Target, wish: &Wish, preview: bool) -> MandatesInput {
    let (ids, filter) = target.parts();
    let Wish { kinds, starts_on, ends_on, send } = wish.clone();
    MandatesInput { ids, filter, kinds, starts_on, ends_on, send, preview }
}

/// Boxes for kinds of mandates: the usual ones at once, the others behind a press.
pub fn kind_boxes(chosen: RwSignal<Vec<MandateKind>>) -> View {
    let one = move |kind: &MandateKind| {
        let kind = *kind;
        Checkbox::new(
            words::kind(kind),
            move || chosen.with(|all| all.contains(&kind)),
            move |on| {
                chosen.update(|all| {
                    all.retain(|k| *k != kind);
                    if on {
                        all.push(kind);
                    }
                });
            },
        )
        .hint(words::kind_for(kind))
    };
    let others = MandateKind::ALL.iter().filter(|kind| !USUAL.contains(kind)).map(one);
    let opened = chosen.with_untracked(|all| all.iter().any(|kind| !USUAL.contains(kind)));
    el("fieldset")
        .class("radios")
        .child(el("legend").child(t().request_kinds()))
        .child(div("kind-boxes").children(USUAL.iter().map(one)))
        .child(
            el("details")
                .class("chart-table")
                .flag("open", opened)
                .child(el("summary").child(t().request_other_kinds()))
                .child(div("kind-boxes").children(others)),
        )
}

/// The content of the dialog.
pub fn content(requesting: Requesting) -> View {
    let Requesting { target, kinds, open, done } = requesting;
    let chosen = RwSignal::new(kinds);
    let (starts, ends) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let when = RwSignal::new("send".to_owned());
    let wish = memo(move || {
        let kinds = chosen.get();
        let wish = Wish {
            kinds,
            starts_on: starts.get().parse().ok(),
            ends_on: ends.get().parse().ok(),
            send: when.with(|w| w == "send"),
        };
        Some(wish).filter(|wish| !wish.kinds.is_empty())
    });
    let asked = target.clone();
    let preview: Load<Option<MandateActResult>> = load(
        move || wish.get(),
        move |wish: Option<Wish>| {
            let target = asked.clone();
            Box::pin(async move {
                let Some(wish) = wish else { return Ok(None) };
                let body = input(&target, &wish, true);
                api::act::<op::CreateMandates>(&Nothing {}, &Nothing {}, &body).await.map(Some)
            })
        },
    );
    let ready = memo(move || {
        let current = !preview.pending.get() && preview.failure.with(Option::is_none) && wish.with(Option::is_some);
        preview.value.with(|p| p.as_ref().and_then(Option::as_ref).filter(|_| current).map(|p| p.changed))
    });
    let result = RwSignal::new(None::<MandateActResult>);
    let form = Form::new();
    let t = t();
    let choices = vec![
        Choice::new("send", t.request_send_now()).hint(t.request_send_now_detail()),
        Choice::new("draft", t.request_draft()).hint(t.request_draft_detail()),
    ];
    let dates = div("form-pair")
        .child(
            date_field(t.request_starts(), starts)
                .hint(t.request_starts_hint())
                .optional()
                .error(form.error("/starts_on", starts)),
        )
        .child(
            date_field(t.request_ends(), ends)
                .hint(t.request_ends_hint())
                .optional()
                .error(form.error("/ends_on", ends)),
        );
    let duration = el("details").class("chart-table").child(el("summary").child(t.request_dates())).child(dates);
    let busy = form.busy();
    let foot = {
        let label = move || match (ready.get().filter(|n| *n > 0), when.with(|w| w == "send")) {
            (Some(n), true) => crate::text::t().request_apply_send(n),
            (Some(n), false) => crate::text::t().request_apply_draft(n),
            (None, _) => crate::text::t().request_act().to_owned(),
        };
        let busy = busy.clone();
        live(move || {
            let busy = busy.clone();
            View::all([
                Button::new(crate::text::t().cancel()).press(move || open.set(false)),
                Button::new(label()).primary().submit().disabled(move || ready.get().unwrap_or(0) == 0).busy(busy),
            ])
        })
    };
    let fields = [
        kind_boxes(chosen),
        radios(t.request_when(), choices, move || when.get(), move |next| when.set(next)),
        duration,
        outlook(preview, wish),
        el("footer").class("dialog-foot dialog-foot-inside").child(foot),
    ];
    let body = form.build(fields, move |form| {
        let Some(wish) = wish.get_untracked().filter(|_| ready.get_untracked().unwrap_or(0) > 0) else { return };
        let (body, done, sends) = (input(&target, &wish, false), done.clone(), wish.send);
        form.send(api::act::<op::CreateMandates>(&Nothing {}, &Nothing {}, &body), move |answer| {
            tell(&answer, sends);
            done();
            session::waiting_moved();
            if answer.left_out > 0 {
                result.try_set(Some(answer));
            } else {
                open.try_set(false);
            }
        });
    });
    // The content comes after the dialog has looked for what asks for the focus.
    let first = body.clone();
    request_animation_frame(move || {
        let field = first.element().query_selector("input").ok().flatten();
        if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = field.focus();
        }
    });
    let body = Rc::new(body);
    let told = live(move || {
        let result = result.get()?;
        Some(
            div("stack").child(act::summary(&result, true)).child(
                el("footer")
                    .class("dialog-foot dialog-foot-inside")
                    .child(Button::new(crate::text::t().close()).primary().press(move || open.set(false))),
            ),
        )
    });
    View::all([show(move || result.with(Option::is_none), move || (*body).clone()), told])
}

fn outlook(preview: Load<Option<MandateActResult>>, wish: Memo<Option<Wish>>) -> View {
    let missing = move || wish.with(Option::is_none).then(|| t().request_choose());
    crate::ui::outlook(preview, missing, 2, |told| act::summary(told, false))
}

fn tell(result: &MandateActResult, sends: bool) {
    if result.changed == 0 {
        return toasts().info(t().act_nothing());
    }
    if sends {
        refresh_jobs();
        toasts().linked(true, t().request_did_send(result.changed), t().mails_see(), "/envois");
    } else {
        toasts().linked(true, t().request_did_draft(result.changed), t().request_see(), "/mandats?mandate=draft");
    }
}

/// The button that opens the dialog, for whoever may ask.
pub fn button(open: RwSignal<bool>) -> View {
    show(
        || session::can(domain::Permission::DossierWrite),
        move || {
            Button::new(t().request_act()).icon(crate::ui::Icon::Mandate).small().press(move || open.set(true)).into()
        },
    )
}

//! One act on mandates: what it needs to know, whom it touches before anything changes, who is left out and why, and
//! what came of it. Nothing of this can be undone by a press, so the dialog asks.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{
    ItemOutcome, MandateAct, MandateActInput, MandateActResult, MandateItem, MandateQuery, Nothing, PrintInput,
};
use domain::MandateId;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use super::words;
use crate::api::{self, Load, download, load, request, say};
use crate::browser::active_element;
use crate::dom::{View, after, div, el, live, p, show, span};
use crate::frame::refresh_jobs;
use crate::pages::calm::settled;
use crate::pages::form::Form;
use crate::pages::selection;
use crate::session;
use crate::text::{search, t};
use crate::ui::{Button, Dialog, Icon, Tone, date_field, icon, notice, once_closed, text_field, toasts};

/// On which mandates.
pub type Target = selection::Target<MandateId, MandateQuery>;

pub type Acting = RwSignal<Option<(MandateAct, Target)>>;

/// Names that are written out for one reason; the rest is counted.
const NAMED: usize = 3;
/// Names of those concerned.
const LISTED: usize = 50;
/// What the server prints in one go.
const PRINT_MOST: usize = 500;

/// What the person says about the act, whole.
#[derive(Clone, PartialEq, Default)]
struct Said {
    reason: Option<String>,
    starts_on: Option<chrono::NaiveDate>,
}

fn needs_reason(act: MandateAct) -> bool {
    matches!(act, MandateAct::Refuse | MandateAct::Revoke)
}

fn input(act: MandateAct, target: &Target, said: &Said, preview: bool) -> MandateActInput {
    let (ids, filter) = target.parts();
    MandateActInput { ids, filter, act, reason: said.reason.clone(), starts_on: said.starts_on, preview }
}

/// The dialog stands while `acting` holds an act. `done` hears that mandates have changed.
pub fn dialog(acting: Acting, done: impl Fn() + Clone + 'static) -> View {
    live(move || {
        let (act, target) = acting.get()?;
        let done = done.clone();
        Some(untrack(|| build(act, target, acting, Rc::new(done))))
    })
}

fn build(act: MandateAct, target: Target, acting: Acting, done: Rc<dyn Fn()>) -> View {
    let open = RwSignal::new(true);
    once_closed(open, move || {
        acting.try_set(None);
    });
    let (reason, starts) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let calm = settled(move || reason.get());
    let said = move |reason: String| Said {
        reason: Some(reason.trim().to_owned()).filter(|r| !r.is_empty()),
        starts_on: starts.get().parse().ok(),
    };
    // Nothing while the reason is missing: the server would refuse, and the person knows.
    let wish = crate::dom::memo(move || Some(said(calm.get())).filter(|s| !needs_reason(act) || s.reason.is_some()));
    let asked = target.clone();
    let preview: Load<Option<MandateActResult>> = load(
        move || wish.get(),
        move |wish: Option<Said>| {
            let target = asked.clone();
            Box::pin(async move {
                let Some(said) = wish else { return Ok(None) };
                let body = input(act, &target, &said, true);
                api::act::<op::ActOnMandates>(&Nothing {}, &Nothing {}, &body).await.map(Some)
            })
        },
    );
    let ready = crate::dom::memo(move || {
        let current = !preview.pending.get() && preview.failure.with(Option::is_none) && wish.with(Option::is_some);
        preview.value.with(|p| p.as_ref().and_then(Option::as_ref).filter(|_| current).map(|p| p.changed))
    });
    let ends = matches!(act, MandateAct::Refuse | MandateAct::Revoke | MandateAct::Delete);
    // Who came by the keyboard presses Enter and it is done; what ends something is never that near.
    after(move || {
        if !ends && ready.get().is_some_and(|n| n > 0) {
            request_animation_frame(|| request_animation_frame(focus_apply));
        }
    });
    let result = RwSignal::new(None::<MandateActResult>);
    let form = Form::new();
    let mut fields = vec![p("soft").child(words::act_detail(act))];
    if needs_reason(act) {
        let hint = if act == MandateAct::Refuse { t().act_reason_refuse_hint() } else { t().act_reason_revoke_hint() };
        fields.push(
            text_field(t().act_reason(), reason).hint(hint).error(form.error("/reason", reason)).autofocus().into(),
        );
    }
    if act == MandateAct::Accept {
        let field = date_field(t().act_starts_on(), starts).hint(t().act_starts_on_hint()).optional();
        fields.push(field.error(form.error("/starts_on", starts)).into());
    }
    fields.push(outlook(preview, wish));
    // Enter in a field sends the form although its button stands in the foot of the dialog.
    fields.push(el("button").attr("type", "submit").class("sr-only").attr("tabindex", "-1").decorative());
    let busy = form.busy();
    let submit = {
        let form = form.clone();
        Rc::new(move || {
            if ready.get_untracked().unwrap_or(0) == 0 {
                return;
            }
            let body = input(act, &target, &untrack(|| said(reason.get())), false);
            let done = done.clone();
            form.send(api::act::<op::ActOnMandates>(&Nothing {}, &Nothing {}, &body), move |answer| {
                tell(act, &answer);
                done();
                session::waiting_moved();
                if answer.left_out > 0 {
                    result.try_set(Some(answer));
                } else {
                    open.try_set(false);
                }
            });
        })
    };
    let sent = submit.clone();
    let form = Rc::new(form.build(fields, move |_| sent()));
    let body = move || {
        let form = form.clone();
        View::all([
            show(move || result.with(Option::is_none), move || (*form).clone()),
            live(move || result.get().map(|result| summary(&result, true))),
        ])
    };
    let n = match &acting.get_untracked() {
        Some((_, target)) => target.count(),
        None => 0,
    };
    let footer = move || {
        let (submit, busy) = (submit.clone(), busy.clone());
        live(move || {
            if result.with(Option::is_some) {
                return Button::new(t().close()).primary().press(move || open.set(false)).into();
            }
            let (submit, busy) = (submit.clone(), busy.clone());
            let label = match ready.get().filter(|n| *n > 0) {
                Some(n) => t().act_apply(words::act(act), n),
                None => words::act(act).to_owned(),
            };
            let apply =
                Button::new(label).disabled(move || ready.get().unwrap_or(0) == 0).busy(busy).press(move || submit());
            View::all([
                Button::new(t().cancel()).press(move || open.set(false)),
                if ends { apply.danger() } else { apply.primary() },
            ])
        })
    };
    Dialog::new(open, words::act_title(act, n), body).footer(footer).into()
}

/// To the act of the open dialog, unless the person is somewhere in it already.
fn focus_apply() {
    let now = active_element();
    let idle = now.is_none_or(|now| now.tag_name() == "BODY" || now.closest(".dialog-head").ok().flatten().is_some());
    let apply = document().query_selector("dialog[open] .dialog-foot .btn-primary:not([disabled])").ok().flatten();
    if let Some(apply) = apply.filter(|_| idle) {
        let _ = apply.unchecked_ref::<web_sys::HtmlElement>().focus();
    }
}

/// Whom it would touch, what is left out and why.
fn outlook(preview: Load<Option<MandateActResult>>, wish: Memo<Option<Said>>) -> View {
    let missing = move || wish.with(Option::is_none).then(|| t().act_reason_first());
    crate::ui::outlook(preview, missing, 2, |told| summary(told, false))
}

/// How a mandate is named in a list of several: client and kind.
pub fn item_name(item: &MandateItem) -> String {
    let name = item.name.clone().unwrap_or_else(|| item.dossier_id.to_string());
    format!("{name} · {}", words::kind(item.kind))
}

/// What the act does, or did; those left out by reason, the commonest first.
pub fn summary(result: &MandateActResult, done: bool) -> View {
    let t = t();
    let said = match (result.changed, done) {
        (0, false) => t.act_nothing().to_owned(),
        (n, false) => t.act_would(n),
        (n, true) => t.act_did(n),
    };
    let messages = (result.messages > 0 && !done)
        .then(|| p("row soft").child(icon(Icon::Mail)).child(span("").child(t.act_messages(result.messages))));
    div("stack-tight")
        .child(p("strong").child(said))
        .child(messages)
        .child(touched(&result.items))
        .child(left_out(result.left_out, &result.items))
}

fn touched(items: &[MandateItem]) -> Option<View> {
    let touched: Vec<&MandateItem> = items.iter().filter(|i| i.outcome == ItemOutcome::Changed).collect();
    let more = touched.len().saturating_sub(LISTED) as u64;
    (!touched.is_empty()).then(|| {
        let line = |name: String| el("li").class("truncate").attr("title", &name).child(&name);
        let names = touched.iter().take(LISTED).map(|item| line(item_name(item)));
        el("details")
            .class("chart-table")
            .child(el("summary").child(t().act_touched()))
            .child(el("ul").class("name-list small").children(names))
            .child((more > 0).then(|| p("faint small").child(t().bulk_more(more))))
    })
}

fn left_out(count: u64, items: &[MandateItem]) -> Option<View> {
    (count > 0).then(|| {
        let lines = by_reason(items).into_iter().map(|(reason, names)| {
            let more = names.len().saturating_sub(NAMED) as u64;
            let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if more > 0 { t().bulk_more(more) } else { String::new() };
            el("li").child(span("").child(reason)).child(span("soft").child(format!(" {shown} {more}")))
        });
        let words = div("stack-tight")
            .child(p("").child(t().act_left_out(count)))
            .child(el("ul").class("bullets small").children(lines));
        notice(Tone::AtRisk, words)
    })
}

fn by_reason(items: &[MandateItem]) -> Vec<(String, Vec<String>)> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for item in items.iter().filter(|i| i.outcome != ItemOutcome::Changed) {
        let reason = item.reason.as_ref().map_or_else(|| outcome(item.outcome).to_owned(), |why| plain(&say(why)));
        let name = item.name.clone().unwrap_or_else(|| item.dossier_id.to_string());
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => reasons.push((reason, vec![name])),
        }
    }
    search::order_by_key(&mut reasons, |(_, names)| std::cmp::Reverse(names.len()));
    reasons
}

/// A reason without what it says of one mandate alone in brackets, so that many have one line.
fn plain(reason: &str) -> String {
    let mut out = String::new();
    let mut rest = reason;
    while let Some((before, after)) = rest.split_once('(') {
        out.push_str(before.trim_end());
        rest = after.split_once(')').map_or("", |(_, after)| after);
    }
    out + rest
}

fn outcome(outcome: ItemOutcome) -> &'static str {
    let t = t();
    match outcome {
        ItemOutcome::Changed => t.outcome_changed(),
        ItemOutcome::Unchanged => t.outcome_unchanged(),
        ItemOutcome::NotFound => t.outcome_not_found(),
        ItemOutcome::Kept => t.outcome_kept(),
        ItemOutcome::Refused => t.outcome_refused(),
    }
}

/// Sending goes on by itself: the way to watch it stands in the message.
fn tell(act: MandateAct, result: &MandateActResult) {
    if result.changed == 0 {
        return toasts().info(t().act_nothing());
    }
    if matches!(act, MandateAct::Send | MandateAct::Remind) {
        refresh_jobs();
        return toasts().linked(true, t().act_sending(result.changed), t().mails_see(), "/envois");
    }
    toasts().done(t().act_did(result.changed));
}

/// Their documents as one PDF for the printer; with `letters` each behind a letter that bears the link as a QR code.
pub fn print(ids: Vec<MandateId>, letters: bool, busy: RwSignal<bool>) {
    if ids.is_empty() || busy.get_untracked() {
        return;
    }
    if ids.len() > PRINT_MOST {
        return toasts().info(t().act_print_most());
    }
    busy.set(true);
    let call = request::<op::PrintMandates>(&Nothing {}, &Nothing {}).detached().body(&PrintInput { ids, letters });
    spawn_local(async move {
        match download(call, "mandats.pdf").await {
            Ok(()) => toasts().done(t().act_printed()),
            Err(failure) => toasts().failed(&failure),
        }
        busy.try_set(false);
    });
}

#[cfg(test)]
mod tests {
    use domain::{DossierId, MandateKind, Text};

    use super::*;

    #[test]
    fn who_is_left_out_is_told_once_by_reason() {
        let item = |name: &str, kind, outcome, reason: Option<&str>| MandateItem {
            mandate_id: None,
            dossier_id: DossierId::from_uuid(Default::default()),
            name: Some(name.to_owned()),
            kind,
            outcome,
            reason: reason.map(|r| Text::new(r, r)),
        };
        let items = [
            item("A", MandateKind::Delegation, ItemOutcome::Changed, None),
            item("B", MandateKind::Delegation, ItemOutcome::Refused, Some("Sans e-mail.")),
            item("B", MandateKind::Designation, ItemOutcome::Refused, Some("Sans e-mail.")),
            item("C", MandateKind::Delegation, ItemOutcome::Refused, Some("Sans e-mail.")),
            item("D", MandateKind::Delegation, ItemOutcome::Unchanged, Some("Déjà en cours (MD-1, « Envoyé »).")),
            item("E", MandateKind::Delegation, ItemOutcome::Unchanged, Some("Déjà en cours (MD-2, « Ouvert »).")),
        ];
        let told = by_reason(&items);
        assert_eq!(told[0], ("Sans e-mail.".to_owned(), vec!["B".to_owned(), "C".to_owned()]));
        assert_eq!(told[1], ("Déjà en cours.".to_owned(), vec!["D".to_owned(), "E".to_owned()]));
    }
}

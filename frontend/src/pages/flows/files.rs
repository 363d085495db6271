//! Messages and invoices as files: dropped, read, told file by file.

use contract::{FlowFileItem, FlowFileResult, TakenOutcome};
use domain::Permission;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use web_sys::File;

use crate::api::{Failure, Sent, encode, say, upload};
use crate::dom::{View, div, el, link, memo, p, span};
use crate::session;
use crate::text::t;
use crate::ui::{Progress, Tone, error_state, file_drop, notice, progress_bar, status_as, weighed};

/// What platforms hand over; the server goes by the content.
const FORMATS: &[&str] = &["xml", "pdf", "zip"];
const MOST_BYTES: u64 = 50_000_000;

#[derive(Clone, Copy)]
struct Place {
    sending: RwSignal<Option<(String, Sent)>>,
    result: RwSignal<Option<FlowFileResult>>,
    refused: RwSignal<Option<Failure>>,
}

pub fn view() -> View {
    if !untrack(|| session::can(Permission::ImportRun)) {
        return notice(Tone::Unknown, p("").child(t().flow_files_read_only()));
    }
    let place = Place { sending: RwSignal::new(None), result: RwSignal::new(None), refused: RwSignal::new(None) };
    let busy = memo(move || place.sending.with(Option::is_some));
    let drop = file_drop(FORMATS, MOST_BYTES, move |file| send(place, file)).class_of("imp-hidden", move || busy.get());
    div("stack-wide")
        .child(p("soft").child(t().flow_files_lead()))
        .child(drop)
        .show(move || busy.get(), move || progress(place))
        .child(
            div("stack-wide")
                .attr("aria-live", "polite")
                .live(move || place.refused.get().map(|failure| error_state(&failure, None)))
                .live(move || place.result.get().map(|result| told(&result))),
        )
}

fn progress(place: Place) -> View {
    let name = place.sending.with_untracked(|s| s.as_ref().map(|(name, _)| name.clone()).unwrap_or_default());
    let label = t().flow_files_sending(&name);
    let sent = move || {
        let sent = place.sending.with(|s| s.as_ref().map(|(_, sent)| *sent).unwrap_or_default());
        Progress { done: sent.sent, total: Some(sent.total), per_second: None }
    };
    div("card imp-sending").attr("role", "status").child(progress_bar(&label, sent, weighed))
}

fn send(place: Place, file: File) {
    if place.sending.with_untracked(Option::is_some) {
        return;
    }
    let name = file.name();
    place.refused.set(None);
    place.sending.set(Some((name.clone(), Sent { sent: 0, total: file.size() as u64 })));
    let path = format!("/flows/files?filename={}", encode(&name));
    spawn_local(async move {
        let on_progress = Callback::new(move |sent: Sent| {
            place.sending.try_update(|s| {
                if let Some((_, now)) = s {
                    *now = sent;
                }
            });
        });
        let body: JsValue = file.into();
        let answer = upload(&path, body, Some("application/octet-stream"), on_progress).await;
        place.sending.try_set(None);
        match answer.and_then(|reply| reply.json::<FlowFileResult>()) {
            Ok(result) => {
                place.result.try_set(Some(result));
                session::waiting_moved();
            }
            Err(failure) => {
                place.refused.try_set(Some(failure));
            }
        }
    });
}

fn told(result: &FlowFileResult) -> View {
    let said = t().flow_files_result(result.created, result.added, result.unchanged, result.refused);
    el("section")
        .class("card stack")
        .child(p("strong").child(said))
        .child(el("ul").class("places").children(result.items.iter().map(item)))
}

fn item(item: &FlowFileItem) -> View {
    let t = t();
    let (tone, word) = match item.outcome {
        TakenOutcome::Created => (Tone::Ready, t.outcome_created()),
        TakenOutcome::Added => (Tone::Ready, t.outcome_added()),
        TakenOutcome::Unchanged => (Tone::OnTrack, t.outcome_known()),
        TakenOutcome::Unread => (Tone::AtRisk, t.outcome_unread()),
        TakenOutcome::Refused => (Tone::Late, t.outcome_refused()),
    };
    let form = item.form.as_deref().map(|form| span("soft small").child(form));
    let flows = item.flows.iter().take(5).map(|id| link("small", &format!("/flux?panel={id}")).child(t.open_page()));
    el("li")
        .class("stack-tight")
        .child(
            div("row")
                .child(status_as(tone, word))
                .child(span("truncate").child(&item.name))
                .child(form)
                .children(flows),
        )
        .child(item.message.as_ref().map(|message| p("soft small").child(say(message))))
}

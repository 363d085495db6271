//! A file on its way to the server: dropped anywhere on the page, chosen or pasted; its progress; why it was refused.

use contract::Import;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DragEvent, Event, File};

use crate::api::{Failure, Sent, encode, upload};
use crate::dom::{View, div, el, p, span};
use crate::frame::{Address, address};
use crate::text::t;
use crate::ui::{Icon, Progress, Tone, file_drop, icon, notice, progress_bar, toasts, weighed};

/// What firms' software writes; the server goes by the content.
const FORMATS: &[&str] = &["csv", "tsv", "xlsx", "xls", "ods", "txt"];
const MOST_BYTES: u64 = 50_000_000;

#[derive(Clone, Copy)]
struct Place {
    sending: RwSignal<Option<(String, Sent)>>,
    refused: RwSignal<Option<(String, Failure)>>,
    address: Address,
}

/// The place to drop a client list. Once the server has read it, its import opens.
pub fn upload_place() -> View {
    let place = Place { sending: RwSignal::new(None), refused: RwSignal::new(None), address: address() };
    let drop = file_drop(FORMATS, MOST_BYTES, move |file| send(place, file))
        .class_of("imp-hidden", move || place.sending.with(Option::is_some));
    let veil = whole_page(place, &drop);
    let busy = Memo::new(move |_| place.sending.with(Option::is_some));
    div("imp-upload")
        .child(drop)
        .show(move || busy.get(), move || sending(place))
        .live(move || place.refused.get().map(|(name, failure)| refusal(&name, &failure)))
        .child(veil)
}

fn sending(place: Place) -> View {
    let name = place.sending.with_untracked(|s| s.as_ref().map(|(name, _)| name.clone()).unwrap_or_default());
    // All has left: the server reads, and how long that takes nobody knows.
    let reading = Memo::new(move |_| place.sending.with(|s| s.as_ref().is_some_and(|(_, s)| s.sent >= s.total)));
    let (sent_label, read_label) = (t().imp_sending(&name), t().imp_reading(&name));
    div("card imp-sending").attr("role", "status").live(move || {
        if reading.get() {
            return div("progress")
                .child(span("strong").child(&read_label))
                .child(el("progress").label(&read_label).attr("max", "100"));
        }
        let progress = move || {
            let sent = place.sending.with(|s| s.as_ref().map(|(_, sent)| *sent).unwrap_or_default());
            Progress { done: sent.sent, total: Some(sent.total), per_second: None }
        };
        untrack(|| progress_bar(&sent_label, progress, weighed))
    })
}

/// What the server said no to: the words name the place, the expected form and the fix.
fn refusal(name: &str, failure: &Failure) -> View {
    let words = View::all([
        p("strong").child(t().imp_refused(name)),
        p("").child(if failure.code() == contract::Code::FileRefused.as_str() {
            failure.detail()
        } else {
            format!("{}. {}", failure.title(), failure.detail())
        }),
        View::all(failure.unplaced(&[]).into_iter().map(|message| p("").child(message))),
        p("soft small").child(t().imp_refused_again()),
        failure.request_id().map(|id| p("faint small").child(t().request_id(id))).into(),
    ]);
    notice(Tone::Late, words).attr("role", "alert")
}

fn send(place: Place, file: File) {
    if place.sending.with_untracked(Option::is_some) {
        return;
    }
    let (name, size) = (file.name(), file.size() as u64);
    place.refused.set(None);
    place.sending.set(Some((name.clone(), Sent { sent: 0, total: size.max(1) })));
    let on_progress = Callback::new(move |sent: Sent| {
        place.sending.try_update(|sending| {
            if let Some((_, known)) = sending {
                *known = sent;
            }
        });
    });
    let path = format!("/imports?filename={}", encode(&name));
    spawn_local(async move {
        let sent = upload(&path, JsValue::from(file), Some("application/octet-stream"), on_progress).await;
        let answer = sent.and_then(|reply| reply.json::<Import>());
        // Nothing comes back when the page still stands.
        let here = place.sending.try_set(None).is_none();
        match answer {
            Ok(import) if here => place.address.go(&format!("/imports/{}", import.id)),
            Ok(import) => toasts().done(t().imp_read_elsewhere(&import.filename)),
            Err(failure) if here => place.refused.set(Some((name, failure))),
            Err(failure) => toasts().failed(&failure),
        }
    });
}

/// Lets the whole page take the drop: a file that misses the dashed box must not replace the page.
fn whole_page(place: Place, drop: &View) -> View {
    let over = RwSignal::new(false);
    let has_files = |ev: &Event| {
        let types = ev.unchecked_ref::<DragEvent>().data_transfer().map(|data| data.types());
        types.is_some_and(|types| types.includes(&JsValue::from_str("Files"), 0))
    };
    let dragged = window_event_listener_untyped("dragover", move |ev| {
        if has_files(&ev) {
            ev.prevent_default();
            if !over.get_untracked() {
                over.set(true);
            }
        }
    });
    let left = window_event_listener_untyped("dragleave", move |ev| {
        // Leaving one element for another is not leaving the window.
        if ev.unchecked_ref::<DragEvent>().related_target().is_none() {
            over.set(false);
        }
    });
    let field = drop.element().query_selector("input[type=file]").ok().flatten();
    let field = send_wrapper::SendWrapper::new(field);
    let dropped = window_event_listener_untyped("drop", move |ev| {
        over.set(false);
        // The dashed box has taken it.
        if ev.default_prevented() || !has_files(&ev) {
            return;
        }
        ev.prevent_default();
        let files = ev.unchecked_ref::<DragEvent>().data_transfer().and_then(|data| data.files());
        if let (Some(field), Some(files), false) =
            (field.as_ref(), files, place.sending.with_untracked(Option::is_some))
        {
            field.unchecked_ref::<web_sys::HtmlInputElement>().set_files(Some(&files));
            if let Ok(change) = Event::new("change") {
                let _ = field.dispatch_event(&change);
            }
        }
    });
    on_cleanup(move || {
        dragged.remove();
        left.remove();
        dropped.remove();
    });
    div("imp-veil")
        .decorative()
        .class_of("imp-veil-on", move || over.get())
        .child(div("imp-veil-card").child(icon(Icon::Upload)).child(span("").child(t().file_drop_now())))
}

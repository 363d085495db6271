//! A file on its way to the server: dropped anywhere on the page, chosen or pasted; its progress; why it was refused.

use contract::{FlowFileResult, Import, ImportSubject, ImportUploadQuery};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DragEvent, Event, File};

use super::files;
use crate::api::{Failure, Sent, query_string, upload};
use crate::dom::{View, div, el, p, span};
use crate::frame::{Address, address};
use crate::session;
use crate::text::t;
use crate::ui::{Icon, Progress, Tone, file_drop, icon, notice, progress_bar, toasts, weighed};

/// What firms' software writes; the server goes by the content.
const LISTS: &[&str] = &["csv", "tsv", "xlsx", "xls", "ods", "txt"];
const MOST_BYTES: u64 = 50_000_000;
/// What platforms hand over: exports, and messages and invoices as files.
const FROM_PLATFORMS: &[&str] = &["csv", "tsv", "xlsx", "xls", "ods", "txt", "xml", "pdf", "zip"];
const MOST_BYTES_OF_FLOWS: u64 = 256_000_000;

/// What the person says of the file before it is dropped.
#[derive(Clone, Copy)]
pub struct Told {
    pub subject: Memo<ImportSubject>,
    /// Empty: the server goes by the columns, or by what the file says itself.
    pub platform: RwSignal<String>,
}

#[derive(Clone, Copy)]
struct Place {
    told: Told,
    sending: RwSignal<Option<(String, Sent)>>,
    refused: RwSignal<Option<(String, Failure)>>,
    /// What came of messages and invoices.
    taken: RwSignal<Option<FlowFileResult>>,
    address: Address,
}

/// The place to drop a list, or what a platform hands over. A list opens as an import once the server has read it;
/// messages and invoices are taken at once.
pub fn upload_place(told: Told) -> View {
    let place = Place {
        told,
        sending: RwSignal::new(None),
        refused: RwSignal::new(None),
        taken: RwSignal::new(None),
        address: address(),
    };
    let drop = div("imp-drop").class_of("imp-hidden", move || place.sending.with(Option::is_some)).live(move || {
        let (formats, most) = match told.subject.get() {
            ImportSubject::Clients => (LISTS, MOST_BYTES),
            ImportSubject::Flows => (FROM_PLATFORMS, MOST_BYTES_OF_FLOWS),
        };
        untrack(|| file_drop(formats, most, move |file| send(place, file)))
    });
    let veil = whole_page(place, &drop);
    let busy = Memo::new(move |_| place.sending.with(Option::is_some));
    div("imp-upload")
        .child(drop)
        .show(move || busy.get(), move || sending(place))
        .live(move || place.refused.get().map(|(name, failure)| refusal(&name, &failure)))
        .child(div("imp-taken").attr("aria-live", "polite").live(move || place.taken.get().map(|r| files::told(&r))))
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
    place.taken.set(None);
    let platform = Some(place.told.platform.get_untracked().trim().to_owned()).filter(|name| !name.is_empty());
    if place.told.subject.get_untracked() == ImportSubject::Flows && files::is_message(&name) {
        let named = name.clone();
        return files::send(&named, platform, file, on_progress, move |answer| {
            let here = place.sending.try_set(None).is_none();
            match answer {
                Ok(result) => {
                    session::waiting_moved();
                    if here {
                        place.taken.set(Some(result));
                    } else {
                        toasts().done(files::summary(&result));
                    }
                }
                Err(failure) if here => place.refused.set(Some((name, failure))),
                Err(failure) => toasts().failed(&failure),
            }
        });
    }
    let subject = Some(place.told.subject.get_untracked());
    let query = ImportUploadQuery { filename: name.clone(), subject, platform };
    let path = format!("/imports?{}", query_string(&query));
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
    // Drawn again with another subject: looked for when a file is there.
    let drop = send_wrapper::SendWrapper::new(drop.element().clone());
    let dropped = window_event_listener_untyped("drop", move |ev| {
        over.set(false);
        // The dashed box has taken it.
        if ev.default_prevented() || !has_files(&ev) {
            return;
        }
        ev.prevent_default();
        let field = drop.query_selector("input[type=file]").ok().flatten();
        let files = ev.unchecked_ref::<DragEvent>().data_transfer().and_then(|data| data.files());
        if let (Some(field), Some(files), false) = (field, files, place.sending.with_untracked(Option::is_some)) {
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

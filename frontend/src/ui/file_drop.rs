//! A place to drop, choose or paste one file. Refuses at once what the server would refuse later.

use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DragEvent, File, FileList};

use super::icon::{Icon, icon};
use crate::browser::{is_typing, unique_id};
use crate::dom::{View, div, el, p, span};
use crate::text::{format, t};

/// `formats`: endings without the dot, in the order to show.
pub fn file_drop(formats: &'static [&'static str], max_bytes: u64, on_file: impl Fn(File) + 'static) -> View {
    let over = RwSignal::new(false);
    let refused = RwSignal::new(None::<String>);
    let id = unique_id("drop");
    let written = formats.join(", ").to_ascii_uppercase();
    let accept: String = formats.iter().map(|f| format!(".{f}")).collect::<Vec<_>>().join(",");
    let limits = t().file_drop_limits(&written, format::bytes(t(), max_bytes));

    let take = Rc::new(move |files: Option<FileList>| {
        let t = t();
        let Some(file) = files.as_ref().and_then(|files| files.get(0)) else {
            return refused.set(Some(t.file_drop_empty().to_owned()));
        };
        let (name, size) = (file.name(), file.size() as u64);
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        if !formats.contains(&ending.as_str()) {
            return refused.set(Some(t.file_drop_kind(&name, &written)));
        }
        if size > max_bytes {
            return refused.set(Some(t.file_drop_too_big(&name, format::bytes(t, size), format::bytes(t, max_bytes))));
        }
        let several = files.is_some_and(|files| files.length() > 1);
        refused.set(several.then(|| t.file_drop_many().to_owned()));
        on_file(file);
    });

    let pasted = take.clone();
    let paste = window_event_listener_untyped("paste", move |ev| {
        if is_typing(ev.target()) {
            return;
        }
        let data = ev.unchecked_ref::<ClipboardEvent>().clipboard_data();
        if let Some(files) = data.and_then(|data| data.files()).filter(|files| files.length() > 0) {
            ev.prevent_default();
            pasted(Some(files));
        }
    });
    on_cleanup(move || paste.remove());

    let chosen = take.clone();
    let input = el("input")
        .class("sr-only")
        .attr("type", "file")
        .attr("accept", &accept)
        .label(t().file_drop_choose())
        .attr("aria-describedby", &id);
    let field = input.input().clone();
    let input = input.on("change", move |_| {
        chosen(field.files());
        // Choosing the same file again must be heard.
        field.set_value("");
    });
    let place = el("label")
        .class("drop")
        .class_of("drop-over", move || over.get())
        .on("dragover", move |ev| {
            ev.prevent_default();
            over.set(true);
        })
        .on("dragleave", move |_| over.set(false))
        .on("drop", move |ev| {
            ev.prevent_default();
            over.set(false);
            take(ev.unchecked_ref::<DragEvent>().data_transfer().and_then(|data| data.files()));
        })
        .child(span("empty-icon").child(icon(Icon::Upload)))
        .child(span("drop-title").text_of(move || {
            if over.get() { t().file_drop_now().to_owned() } else { t().file_drop_title().to_owned() }
        }))
        .child(span("soft").child(t().file_drop_or()))
        .child(span("btn").decorative().child(t().file_drop_choose()))
        .child(span("faint small").id(&id).child(limits))
        .child(input);
    let error = p("field-error")
        .attr("aria-live", "polite")
        .live(move || refused.get().map(|why| View::all([icon(Icon::Warning), span("").child(why)])));
    div("drop-field").child(place).child(error)
}

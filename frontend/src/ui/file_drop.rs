//! A place to drop, choose or paste one file. Refuses at once what the server would refuse later.

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, File, FileList};

use super::icon::{Icon, icon};
use crate::browser::{is_typing, unique_id};
use crate::text::{format, t};

#[component]
pub fn FileDrop(
    /// Endings without the dot, in the order to show: csv, xlsx…
    formats: &'static [&'static str],
    max_bytes: u64,
    on_file: Callback<File>,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let over = RwSignal::new(false);
    let refused = RwSignal::new(None::<String>);
    let id = unique_id("drop");
    let written: String = formats.iter().map(|f| f.to_uppercase()).collect::<Vec<_>>().join(", ");
    let accept: String = formats.iter().map(|f| format!(".{f}")).collect::<Vec<_>>().join(",");

    let kinds = StoredValue::new(written.clone());
    let take = move |files: Option<FileList>| {
        if disabled.get_untracked() {
            return;
        }
        let t = t();
        let Some(file) = files.as_ref().and_then(|files| files.get(0)) else {
            refused.set(Some(t.file_drop_empty().to_owned()));
            return;
        };
        let name = file.name();
        let size = file.size() as u64;
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
        if !formats.contains(&ending.as_str()) {
            refused.set(Some(kinds.with_value(|kinds| t.file_drop_kind(&name, kinds))));
            return;
        }
        if size > max_bytes {
            refused.set(Some(t.file_drop_too_big(&name, format::bytes(t, size), format::bytes(t, max_bytes))));
            return;
        }
        let several = files.is_some_and(|files| files.length() > 1);
        refused.set(several.then(|| t.file_drop_many().to_owned()));
        on_file.run(file);
    };

    let paste = window_event_listener_untyped("paste", move |ev| {
        if is_typing(ev.target()) {
            return;
        }
        let data = ev.unchecked_ref::<ClipboardEvent>().clipboard_data();
        if let Some(files) = data.and_then(|data| data.files()).filter(|files| files.length() > 0) {
            ev.prevent_default();
            take(Some(files));
        }
    });
    on_cleanup(move || paste.remove());

    let hint_id = format!("{id}-hint");
    let described = hint_id.clone();
    view! {
        <div class="drop-field">
            <label
                class="drop"
                class:drop-over=move || over.get()
                class:drop-off=move || disabled.get()
                on:dragover=move |ev| {
                    ev.prevent_default();
                    over.set(true);
                }
                on:dragleave=move |_| over.set(false)
                on:drop=move |ev: ev::DragEvent| {
                    ev.prevent_default();
                    over.set(false);
                    take(ev.data_transfer().and_then(|data| data.files()));
                }
            >
                <span class="empty-icon">{icon(Icon::Upload)}</span>
                <span class="drop-title">
                    {move || if over.get() { t().file_drop_now() } else { t().file_drop_title() }}
                </span>
                <span class="soft">{t().file_drop_or()}</span>
                <span class="btn" aria-hidden="true">{t().file_drop_choose()}</span>
                <span id=hint_id class="faint small">{t().file_drop_limits(&written, format::bytes(t(), max_bytes))}</span>
                <input
                    node_ref=input
                    type="file"
                    class="sr-only"
                    accept=accept
                    aria-label=t().file_drop_choose()
                    aria-describedby=described
                    disabled=move || disabled.get()
                    on:change=move |_| {
                        if let Some(input) = input.get_untracked() {
                            take(input.files());
                            // Choosing the same file again must be heard.
                            input.set_value("");
                        }
                    }
                />
            </label>
            <p class="field-error" aria-live="polite">
                {move || refused.get().map(|why| view! { {icon(Icon::Warning)} <span>{why}</span> })}
            </p>
        </div>
    }
    .into_any()
}

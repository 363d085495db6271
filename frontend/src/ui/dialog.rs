//! The browser's own modal dialog: it keeps the focus inside and gives it back.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::button::{Button, Look};
use super::icon::Icon;
use crate::browser::unique_id;
use crate::text::t;

#[component]
pub fn Dialog(
    #[prop(into)] open: Signal<bool>,
    #[prop(into)] title: String,
    /// Esc, the cross or a press on the veil. The owner of `open` sets it to false.
    #[prop(into)]
    on_close: Callback<()>,
    #[prop(optional)] wide: bool,
    /// Buttons at the bottom, the main act last.
    #[prop(optional, into)]
    footer: Option<ViewFn>,
    children: ChildrenFn,
) -> AnyView {
    let node = NodeRef::<html::Dialog>::new();
    let title_id = unique_id("dialog");
    let label = title_id.clone();
    drive(node, open);
    let content = move || {
        let (title, title_id) = (title.clone(), title_id.clone());
        view! {
            <div class="dialog-inner">
                <header class="dialog-head">
                    <h2 id=title_id>{title}</h2>
                    <Button label=t().close() icon=Icon::Close icon_only=true look=Look::Quiet small=true on_press=move || on_close.run(()) />
                </header>
                <div class="dialog-body">{children()}</div>
                {footer.as_ref().map(|footer| view! { <footer class="dialog-foot">{footer.run()}</footer> })}
            </div>
        }
        .into_any()
    };
    view! {
        <dialog
            node_ref=node
            class="dialog"
            class:dialog-wide=wide
            aria-labelledby=label
            on:cancel=move |ev: web_sys::Event| {
                ev.prevent_default();
                on_close.run(());
            }
            on:mousedown=move |ev| {
                // The veil belongs to the dialog element itself; its content lies in the inner box.
                if ev.target().is_some_and(|target| target.unchecked_ref::<web_sys::Element>().tag_name() == "DIALOG") {
                    on_close.run(());
                }
            }
        >
            {move || open.get().then(&content)}
        </dialog>
    }
    .into_any()
}

/// Opens and closes a `<dialog>` with a signal, and puts the focus on what asks for it.
pub(super) fn drive(node: NodeRef<html::Dialog>, open: Signal<bool>) {
    Effect::new(move |_| {
        let open = open.get();
        let Some(dialog) = node.get() else { return };
        if open && !dialog.open() {
            let _ = dialog.show_modal();
            request_animation_frame(move || {
                let wanted = dialog.query_selector("[autofocus]").ok().flatten();
                if let Some(element) = wanted.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
                    let _ = element.focus();
                }
            });
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
}

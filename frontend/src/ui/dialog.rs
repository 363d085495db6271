//! The browser's own modal dialog: it keeps the focus inside and gives it back.

use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlElement};

use super::button::Button;
use super::icon::Icon;
use crate::browser::{rescue_focus, unique_id};
use crate::dom::{View, after, div, el, react};
use crate::text::t;

/// Acts once a dialog has closed, when the browser has given the focus back.
pub fn once_closed(open: RwSignal<bool>, act: impl Fn() + Copy + 'static) {
    after(move || {
        if !open.get() {
            let still_closed = move || open.try_get_untracked() == Some(false);
            request_animation_frame(move || {
                request_animation_frame(move || {
                    // Opened again meanwhile, or its page was left: then there is nothing to act on.
                    if still_closed() {
                        act();
                    }
                })
            });
        }
    });
}

pub struct Dialog {
    open: RwSignal<bool>,
    title: String,
    wide: bool,
    body: Rc<dyn Fn() -> View>,
    footer: Option<Rc<dyn Fn() -> View>>,
}

impl Dialog {
    /// Stands while `open` is true; Esc, the cross and a press on the veil set it to false. The body is made anew each
    /// time.
    pub fn new(open: RwSignal<bool>, title: impl Into<String>, body: impl Fn() -> View + 'static) -> Dialog {
        Dialog { open, title: title.into(), wide: false, body: Rc::new(body), footer: None }
    }

    pub fn wide(self) -> Dialog {
        Dialog { wide: true, ..self }
    }

    /// Buttons at the bottom, the main act last.
    pub fn footer(self, footer: impl Fn() -> View + 'static) -> Dialog {
        Dialog { footer: Some(Rc::new(footer)), ..self }
    }
}

impl From<Dialog> for View {
    fn from(dialog: Dialog) -> View {
        let Dialog { open, title, wide, body, footer } = dialog;
        let id = unique_id("dialog");
        let root = modal(open).attr("aria-labelledby", &id);
        let root = if wide { root.add_class("dialog-wide") } else { root };
        root.show(
            move || open.get(),
            move || {
                let head = el("header").class("dialog-head").child(el("h2").id(&id).child(&title)).child(
                    Button::new(t().close()).icon_only(Icon::Close).quiet().small().press(move || open.set(false)),
                );
                div("dialog-inner")
                    .child(head)
                    .child(div("dialog-body").child(body()))
                    .child(footer.as_ref().map(|footer| el("footer").class("dialog-foot").child(footer())))
            },
        )
    }
}

/// A `<dialog>` that opens and closes with a signal and puts the focus on what asks for it.
pub(super) fn modal(open: RwSignal<bool>) -> View {
    let view = el("dialog")
        .class("dialog")
        .on("cancel", move |ev| {
            ev.prevent_default();
            open.set(false);
        })
        .on("mousedown", move |ev| {
            // The veil belongs to the dialog element itself; its content lies in the inner box.
            if ev.target() == ev.current_target() {
                open.set(false);
            }
        });
    let dialog: HtmlDialogElement = view.element().clone().unchecked_into();
    react(move || {
        let open = open.get();
        let dialog = dialog.clone();
        // After the frame in which the content was made, and after the dialog itself came into the document.
        request_animation_frame(move || {
            if open && !dialog.open() && dialog.is_connected() {
                let _ = dialog.show_modal();
                let wanted = dialog.query_selector("[autofocus]").ok().flatten();
                if let Some(element) = wanted.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
                    let _ = element.focus();
                }
            } else if !open && dialog.open() {
                dialog.close();
                // The browser gives the focus back, unless the button that opened the dialog is gone by now.
                request_animation_frame(rescue_focus);
            }
        });
    });
    view
}

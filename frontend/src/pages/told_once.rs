//! An address that is told once: to be copied by a press, or by hand.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser::copy_text;
use crate::dom::{View, div};
use crate::text::t;
use crate::ui::{Button, Icon, text_field, toasts};

/// The address under this path of the server.
pub fn address(label: &str, path: &str) -> View {
    let t = t();
    let origin = window().location().origin().unwrap_or_default();
    let full = RwSignal::new(origin + path);
    let copy = move || {
        let full = full.get_untracked();
        spawn_local(async move {
            if copy_text(&full).await {
                toasts().done(crate::text::t().link_copied());
            } else {
                toasts().info(crate::text::t().link_copy_failed());
            }
        });
    };
    let field = text_field(label, full).attr("readonly", "");
    // A press on the address takes it whole, for whoever copies by hand.
    let input = field.control();
    let whole = input.clone();
    let _ = input.on("focus", move |_| whole.input().select());
    let copy = Button::new(t.copy()).icon(Icon::Copy).primary().autofocus().press(copy);
    div("with-button").child(field).child(copy)
}

//! An address to be copied by a press, or by hand: one that is told once, and one that can be read again.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser::copy_text;
use crate::dom::{View, div};
use crate::text::t;
use crate::ui::{Button, Icon, text_field, toasts};

/// The address under this path of the server, told this once: the copy is the next thing to do.
pub fn address(label: &str, path: &str) -> View {
    with_copy(label, path, |copy| copy.primary().autofocus())
}

/// The same where it stands among other facts.
pub fn plain(label: &str, path: &str) -> View {
    with_copy(label, path, |copy| copy)
}

fn with_copy(label: &str, path: &str, look: impl Fn(Button) -> Button) -> View {
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
    div("with-button").child(field).child(look(Button::new(t.copy()).icon(Icon::Copy).press(copy)))
}

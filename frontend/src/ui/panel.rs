//! Details beside their list. Not modal: the list stays usable and keeps its place.

use std::rc::Rc;

use leptos::prelude::{Get, on_cleanup, request_animation_frame};
use send_wrapper::SendWrapper;

use super::button::Button;
use super::hotkeys::list_key;
use super::icon::Icon;
use crate::browser::{active_element, rescue_focus, unique_id};
use crate::dom::{View, div, el, memo, span};
use crate::text::t;

/// `actions`: buttons at the right of the title, such as "open full page". Make it inside a `show` or `live`: what it
/// holds ends with it, and the focus goes back to where it was.
pub fn side_panel(
    title: impl Fn() -> String + 'static,
    on_close: impl Fn() + 'static,
    actions: impl Into<View>,
    body: impl Into<View>,
) -> View {
    let id = unique_id("panel");
    let on_close = Rc::new(on_close);
    let close = on_close.clone();
    // From anywhere on the page: what is open over it (a menu, a dialog, a form) takes the key first.
    list_key("Escape", move || on_close());
    let before = active_element().map(SendWrapper::new);
    on_cleanup(move || match before.filter(|element| element.is_connected()) {
        Some(before) => {
            let _ = before.focus();
        }
        // Its row was drawn again meanwhile.
        None => request_animation_frame(rescue_focus),
    });
    let title = memo(title);
    let heading = el("h2")
        .id(&id)
        .class("truncate")
        .attr("tabindex", "-1")
        .attr_of("title", move || title.get())
        .text_of(move || title.get())
        .focused();
    let cross = Button::new(t().panel_close()).icon_only(Icon::Close).quiet().small().press(move || close());
    el("aside")
        .class("panel")
        .attr("aria-labelledby", &id)
        .child(el("header").class("panel-head").child(heading).child(span("row").child(actions.into()).child(cross)))
        .child(div("panel-body").child(body.into()))
}

//! What a person presses.
//!
//! `Button::new(t().save()).primary().icon(Icon::Check).busy(move || saving.get()).press(move || …)`

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::dom::{View, button, link, memo, show, span};
use crate::text::t;

/// The element alone, as all builders of the kit: what they need to know they read from it, and moving one costs nothing.
pub struct Button(View);

impl Button {
    pub fn new(label: impl AsRef<str>) -> Button {
        Button(button("btn").child(label.as_ref()))
    }

    /// Looks the same and leads somewhere.
    pub fn link(label: impl AsRef<str>, href: &str) -> Button {
        Button(link("btn", href).child(label.as_ref()))
    }

    /// The one act that this screen is for.
    pub fn primary(self) -> Button {
        self.look("btn-primary")
    }

    /// Beside others, in bars and rows.
    pub fn quiet(self) -> Button {
        self.look("btn-quiet")
    }

    /// Destroys something.
    pub fn danger(self) -> Button {
        self.look("btn-danger")
    }

    pub fn small(self) -> Button {
        self.look("btn-small")
    }

    /// Fills the width of its container.
    pub fn wide(self) -> Button {
        self.look("btn-wide")
    }

    fn look(self, class: &str) -> Button {
        Button(self.0.add_class(class))
    }

    pub fn icon(self, face: Icon) -> Button {
        self.prepend(icon(face))
    }

    fn prepend(self, part: View) -> Button {
        let _ = self.0.element().prepend_with_node_1(part.node());
        self
    }

    /// Shows the icon alone; the label is what a screen reader says and what hovering shows.
    pub fn icon_only(self, face: Icon) -> Button {
        let label = self.0.node().text_content().unwrap_or_default();
        self.0.node().set_text_content(None);
        Button(self.0.add_class("btn-icon").label(&label).attr("title", &label).child(icon(face)))
    }

    pub fn submit(self) -> Button {
        Button(self.0.attr("type", "submit"))
    }

    pub fn autofocus(self) -> Button {
        Button(self.0.flag("autofocus", true))
    }

    pub fn disabled(self, disabled: impl Fn() -> bool + 'static) -> Button {
        Button(self.0.disabled_of(disabled))
    }

    /// The act is under way: the button says so and ignores presses, but keeps the focus.
    pub fn busy(self, busy: impl Fn() -> bool + 'static) -> Button {
        self.busy_memo(memo(busy))
    }

    fn busy_memo(self, busy: Memo<bool>) -> Button {
        let spinner =
            show(move || busy.get(), || View::all([span("spinner").decorative(), span("sr-only").child(t().busy())]));
        let flag = move || busy.get().then_some("true");
        let button = self.prepend(spinner);
        Button(button.0.attr_of("aria-busy", flag).attr_of("aria-disabled", flag))
    }

    pub fn press(self, act: impl Fn() + 'static) -> Button {
        self.press_boxed(Box::new(act))
    }

    fn press_boxed(self, act: Box<dyn Fn()>) -> Button {
        let element = self.0.element().clone();
        Button(self.0.on("click", move |ev| {
            if element.has_attribute("aria-busy") {
                ev.prevent_default();
            } else {
                act();
            }
        }))
    }
}

impl From<Button> for View {
    fn from(button: Button) -> View {
        button.0
    }
}

//! What a person presses.
//!
//! `Button::new(t().save()).primary().icon(Icon::Check).busy(move || saving.get()).press(move || …)`

use std::rc::Rc;

use super::icon::{Icon, icon};
use crate::dom::{View, button, link, show, span};
use crate::text::t;

pub struct Button {
    root: View,
    label: String,
    busy: Option<Rc<dyn Fn() -> bool>>,
}

impl Button {
    pub fn new(label: impl Into<String>) -> Button {
        let label = label.into();
        Button { root: button("btn").child(&label), label, busy: None }
    }

    /// Looks the same and leads somewhere.
    pub fn link(label: impl Into<String>, href: &str) -> Button {
        let label = label.into();
        Button { root: link("btn", href).child(&label), label, busy: None }
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
        Button { root: self.root.add_class(class), ..self }
    }

    pub fn icon(self, face: Icon) -> Button {
        let _ = self.root.element().prepend_with_node_1(icon(face).node());
        self
    }

    /// Shows the icon alone; the label is what a screen reader says and what hovering shows.
    pub fn icon_only(self, face: Icon) -> Button {
        self.root.element().set_text_content(None);
        let root = self.root.add_class("btn-icon").label(&self.label).attr("title", &self.label).child(icon(face));
        Button { root, ..self }
    }

    pub fn submit(self) -> Button {
        Button { root: self.root.attr("type", "submit"), ..self }
    }

    pub fn autofocus(self) -> Button {
        Button { root: self.root.flag("autofocus", true), ..self }
    }

    pub fn disabled(self, disabled: impl Fn() -> bool + 'static) -> Button {
        Button { root: self.root.disabled_of(disabled), ..self }
    }

    /// The act is under way: the button says so and ignores presses, but keeps the focus. Give it before `press`.
    pub fn busy(self, busy: impl Fn() -> bool + 'static) -> Button {
        let busy: Rc<dyn Fn() -> bool> = Rc::new(busy);
        let (own, seen) = (busy.clone(), busy.clone());
        let spinner =
            show(move || own(), || View::all([span("spinner").decorative(), span("sr-only").child(t().busy())]));
        let _ = self.root.element().prepend_with_node_1(spinner.node());
        let flags = busy.clone();
        let root = self
            .root
            .attr_of("aria-busy", move || seen().then_some("true"))
            .attr_of("aria-disabled", move || flags().then_some("true"));
        Button { root, busy: Some(busy), ..self }
    }

    pub fn press(self, act: impl Fn() + 'static) -> Button {
        let busy = self.busy.clone();
        let root = self.root.on("click", move |ev| {
            if busy.as_ref().is_some_and(|busy| leptos::prelude::untrack(|| busy())) {
                ev.prevent_default();
            } else {
                act();
            }
        });
        Button { root, ..self }
    }
}

impl From<Button> for View {
    fn from(button: Button) -> View {
        button.root
    }
}

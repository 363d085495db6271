//! Fields of a form: a label, a control, a hint, an error, tied together by ids.
//!
//! `text_field(t().email(), email).kind("email").hint(…).error(move || failure.get()…)`

use leptos::prelude::*;

use super::choice::Choice;
use super::icon::{Icon, icon};
use crate::browser::unique_id;
use crate::dom::{View, div, el, memo, p, span};
use crate::text::t;

pub struct Field {
    root: View,
    /// Takes attributes: the input, select or textarea.
    control: View,
}

impl Field {
    /// A field around any control; `frame` is what stands in the form (the control itself, or a box around it).
    pub fn around(label: &str, control: View, frame: View) -> Field {
        let id = unique_id("field");
        let (hint, error) = (format!("{id}-hint"), format!("{id}-error"));
        // The error comes first: it is what the person must hear.
        let control = control.id(&id).attr("aria-describedby", &format!("{error} {hint}"));
        let label = el("label").attr("for", &id).child(label);
        let line = p("field-error").id(&error).attr("aria-live", "polite");
        Field { root: div("field").child(label).child(frame).child(line), control }
    }

    fn on_control(self, change: impl FnOnce(View) -> View) -> Field {
        Field { root: self.root, control: change(self.control) }
    }

    fn on_label(self, change: impl FnOnce(View) -> View) -> Field {
        if let Some(label) = self.root.element().first_element_child() {
            change(View::of(label));
        }
        self
    }

    pub fn hint(self, hint: &str) -> Field {
        let id = self.control.element().id() + "-hint";
        Field { root: self.root.child(p("field-hint").id(&id).child(hint)), control: self.control }
    }

    /// What is wrong with the value, in the words of the person; `None` when nothing is.
    pub fn error(self, error: impl Fn() -> Option<String> + 'static) -> Field {
        self.error_memo(memo(error))
    }

    fn error_memo(self, error: Memo<Option<String>>) -> Field {
        if let Some(line) = self.root.element().query_selector(".field-error").ok().flatten() {
            View::of(line)
                .live(move || error.get().map(|error| View::all([icon(Icon::Warning), span("").child(error)])));
        }
        let failed = move || error.with(Option::is_some);
        Field {
            root: self.root.class_of("field-failed", failed),
            control: self.control.attr_of("aria-invalid", move || failed().then_some("true")),
        }
    }

    /// Says "facultatif" beside the label; most fields are required, so those are not marked.
    pub fn optional(self) -> Field {
        self.on_label(|label| label.child(span("field-optional").child(t().optional())))
    }

    /// Keeps the label for screen readers only (search boxes).
    pub fn label_hidden(self) -> Field {
        self.on_label(|label| label.add_class("sr-only"))
    }

    /// `type` of the input: text, email, password, search, tel, url.
    pub fn kind(self, kind: &str) -> Field {
        self.on_control(|control| control.attr("type", kind))
    }

    /// The browser's own help: `email`, `current-password`, `new-password`, `organization`…
    pub fn autocomplete(self, what: &str) -> Field {
        self.on_control(|control| control.attr("autocomplete", what))
    }

    /// `numeric` or `decimal` where a phone should show digits.
    pub fn inputmode(self, mode: &str) -> Field {
        self.on_control(|control| control.attr("inputmode", mode))
    }

    pub fn placeholder(self, text: &str) -> Field {
        self.on_control(|control| control.attr("placeholder", text))
    }

    pub fn attr(self, name: &str, value: &str) -> Field {
        self.on_control(|control| control.attr(name, value))
    }

    pub fn autofocus(self) -> Field {
        self.on_control(|control| control.flag("autofocus", true))
    }

    pub fn disabled(self, disabled: impl Fn() -> bool + 'static) -> Field {
        self.on_control(|control| control.disabled_of(disabled))
    }

    /// Called when the person leaves a field that has changed.
    pub fn on_done(self, act: impl Fn() + 'static) -> Field {
        self.on_control(|control| control.on("change", move |_| act()))
    }

    /// The control itself, for the focus.
    pub fn control(&self) -> View {
        self.control.clone()
    }
}

impl From<Field> for View {
    fn from(field: Field) -> View {
        field.root
    }
}

fn bound(control: View, value: RwSignal<String>) -> View {
    control.value_of(move || value.get()).on_input(move |typed| value.set(typed))
}

pub fn text_field(label: &str, value: RwSignal<String>) -> Field {
    let input = el("input").class("input").attr("type", "text").attr("autocomplete", "off").attr("spellcheck", "false");
    let input = bound(input, value);
    Field::around(label, input.clone(), input)
}

pub fn text_area(label: &str, value: RwSignal<String>) -> Field {
    let area = bound(el("textarea").class("input").attr("rows", "3"), value);
    Field::around(label, area.clone(), area)
}

/// The browser's own date field; the value is `YYYY-MM-DD` or empty.
pub fn date_field(label: &str, value: RwSignal<String>) -> Field {
    let input = bound(el("input").class("input input-date").attr("type", "date"), value);
    Field::around(label, input.clone(), input)
}

/// A short list; above a dozen choices use `Combobox`. Give a first choice with the value "" for "nothing chosen yet".
pub fn select_field(label: &str, value: RwSignal<String>, choices: impl Fn() -> Vec<Choice> + 'static) -> Field {
    let option = move |choice: Choice| {
        let chosen = value.with_untracked(|value| *value == choice.value);
        el("option").attr("value", &choice.value).flag("selected", chosen).child(choice.label)
    };
    let select = el("select")
        .class("input")
        .live(move || View::all(choices().into_iter().map(option)))
        // After the options, which it can only choose among when they are there.
        .value_of(move || value.get())
        .on_change(move |chosen| value.set(chosen));
    Field::around(label, select.clone(), span("select").child(select).child(icon(Icon::Down)))
}

/// Links the list value of a `Combobox` (zero or one entry) with a plain text signal of a form.
pub fn single_value(text: RwSignal<String>) -> RwSignal<Vec<String>> {
    let list = RwSignal::new(Vec::new());
    Effect::new(move |_| {
        let text = text.get();
        let wanted = if text.is_empty() { Vec::new() } else { vec![text] };
        if list.with_untracked(|now| *now != wanted) {
            list.set(wanted);
        }
    });
    Effect::new(move |before: Option<Vec<String>>| {
        let now = list.get();
        // The first run only remembers: the text is the source.
        if before.is_some_and(|before| before != now) {
            let chosen = now.first().cloned().unwrap_or_default();
            if text.with_untracked(|text| *text != chosen) {
                text.set(chosen);
            }
        }
        now
    });
    list
}

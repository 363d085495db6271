//! Choosing: what a choice is, and the small controls for yes/no and one of a few.

use std::rc::Rc;

use crate::browser::unique_id;
use crate::dom::{View, div, el, react, set_property, span};

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Choice {
    pub value: String,
    pub label: String,
    /// A second line or a number beside it: SIREN, town, count of rows.
    pub hint: Option<String>,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Choice {
        Choice { value: value.into(), label: label.into(), hint: None }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Choice {
        self.hint = Some(hint.into());
        self
    }

    fn words(&self) -> View {
        span("").child(&self.label).child(self.hint.as_deref().map(|hint| el("small").class("faint").child(hint)))
    }
}

pub struct Checkbox {
    root: View,
    input: View,
    words: View,
}

impl Checkbox {
    pub fn new(label: &str, checked: impl Fn() -> bool + 'static, on_change: impl Fn(bool) + 'static) -> Checkbox {
        let input = el("input").attr("type", "checkbox").checked_of(checked).on_check(on_change);
        let words = span("").child(label);
        Checkbox { root: el("label").class("check").child(input.clone()).child(words.clone()), input, words }
    }

    /// Some of what this box stands for is checked, some is not.
    pub fn partly(self, partly: impl Fn() -> bool + 'static) -> Checkbox {
        let input = self.input.clone();
        react(move || set_property(&input, "indeterminate", &partly().into()));
        self
    }

    pub fn label_hidden(self) -> Checkbox {
        Checkbox { words: self.words.add_class("sr-only"), ..self }
    }

    pub fn hint(self, hint: &str) -> Checkbox {
        Checkbox { words: self.words.child(el("small").class("faint").child(hint)), ..self }
    }

    pub fn disabled(self, disabled: impl Fn() -> bool + 'static) -> Checkbox {
        Checkbox { input: self.input.disabled_of(disabled), ..self }
    }
}

impl From<Checkbox> for View {
    fn from(checkbox: Checkbox) -> View {
        checkbox.root
    }
}

/// On or off, at once: no form has to be saved afterwards.
pub fn switch(label: &str, on: impl Fn() -> bool + 'static, on_change: impl Fn(bool) + 'static) -> View {
    let input = el("input").attr("type", "checkbox").attr("role", "switch").checked_of(on).on_check(on_change);
    el("label").class("switch").child(input).child(span("").child(label))
}

/// One of a few, all visible.
pub fn radios(
    label: &str,
    choices: Vec<Choice>,
    value: impl Fn() -> String + 'static,
    on_change: impl Fn(String) + 'static,
) -> View {
    let name = unique_id("choice");
    let (value, on_change) = (Rc::new(value), Rc::new(on_change));
    let one = |choice: Choice| {
        let (value, on_change, own) = (value.clone(), on_change.clone(), choice.value.clone());
        let input = el("input")
            .attr("type", "radio")
            .attr("name", &name)
            .attr("value", &choice.value)
            .checked_of(move || value() == own)
            .on_change(move |chosen| on_change(chosen));
        el("label").class("radio").child(input).child(choice.words())
    };
    el("fieldset")
        .class("radios")
        .child(el("legend").child(label))
        .child(div("radios-list").children(choices.into_iter().map(one)))
}

/// The same as one bar of segments; the label is for screen readers.
pub fn segments(
    label: &str,
    choices: Vec<Choice>,
    value: impl Fn() -> String + 'static,
    on_change: impl Fn(String) + 'static,
) -> View {
    let bar = radios(label, choices, value, on_change).add_class("segments");
    if let Some(legend) = bar.element().first_element_child() {
        legend.set_class_name("sr-only");
    }
    bar
}

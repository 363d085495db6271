//! Choosing: what a choice is, and the small controls for yes/no and one of a few.

use leptos::html;
use leptos::prelude::*;

use crate::browser::unique_id;

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
}

#[component]
pub fn Checkbox(
    #[prop(into)] label: String,
    #[prop(into)] checked: Signal<bool>,
    #[prop(into)] on_change: Callback<bool>,
    /// Some of what this box stands for is checked, some is not.
    #[prop(optional, into)]
    partly: Signal<bool>,
    #[prop(optional)] label_hidden: bool,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            input.set_indeterminate(partly.get());
        }
    });
    view! {
        <label class="check">
            <input
                type="checkbox"
                node_ref=input
                disabled=move || disabled.get()
                prop:checked=move || checked.get()
                on:change=move |ev| on_change.run(event_target_checked(&ev))
            />
            <span class:sr-only=label_hidden>
                {label} {hint.map(|hint| view! { <small class="faint">{hint}</small> })}
            </span>
        </label>
    }
    .into_any()
}

/// On or off, at once: no form has to be saved afterwards.
#[component]
pub fn Switch(
    #[prop(into)] label: String,
    #[prop(into)] on: Signal<bool>,
    #[prop(into)] on_change: Callback<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> AnyView {
    view! {
        <label class="switch">
            <input
                type="checkbox"
                role="switch"
                disabled=move || disabled.get()
                prop:checked=move || on.get()
                on:change=move |ev| on_change.run(event_target_checked(&ev))
            />
            <span>{label}</span>
        </label>
    }
    .into_any()
}

/// One of a few, all visible. `compact` draws them as one bar of segments.
#[component]
pub fn Radios(
    #[prop(into)] label: String,
    choices: Vec<Choice>,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] on_change: Callback<String>,
    #[prop(optional)] compact: bool,
    #[prop(optional)] label_hidden: bool,
) -> AnyView {
    let name = unique_id("choice");
    let one = move |choice: Choice| {
        let own = choice.value.clone();
        let chosen = choice.value.clone();
        view! {
            <label class="radio">
                <input
                    type="radio"
                    name=name.clone()
                    value=choice.value
                    prop:checked=move || value.with(|v| *v == own)
                    on:change=move |_| on_change.run(chosen.clone())
                />
                <span>{choice.label} {choice.hint.map(|hint| view! { <small class="faint">{hint}</small> })}</span>
            </label>
        }
        .into_any()
    };
    view! {
        <fieldset class="radios" class:segments=compact>
            <legend class:sr-only=label_hidden>{label}</legend>
            <div class="radios-list">{choices.into_iter().map(one).collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

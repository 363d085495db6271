//! Fields of a form: a label, a control, a hint, an error, tied together by ids.

use leptos::prelude::*;

use super::choice::Choice;
use super::icon::{Icon, icon};
use crate::browser::unique_id;
use crate::text::t;

/// What a control needs to belong to its field.
#[derive(Clone)]
pub struct FieldIds {
    pub control: String,
    hint: String,
    error: String,
    has_hint: bool,
    failed: Signal<Option<String>>,
}

impl FieldIds {
    /// For `aria-describedby`: the error first, it is what the person must hear.
    pub fn described_by(&self) -> Signal<Option<String>> {
        let ids = self.clone();
        Signal::derive(move || {
            let mut out = String::new();
            if ids.failed.with(Option::is_some) {
                out.push_str(&ids.error);
            }
            if ids.has_hint {
                if !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(&ids.hint);
            }
            (!out.is_empty()).then_some(out)
        })
    }

    pub fn invalid(&self) -> Signal<Option<&'static str>> {
        let failed = self.failed;
        Signal::derive(move || failed.with(Option::is_some).then_some("true"))
    }
}

/// The frame of a field around any control. `control` receives the ids to tie itself with.
#[component]
pub fn Field(
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    /// Says "facultatif" beside the label; most fields are required, so those are not marked.
    #[prop(optional)]
    optional: bool,
    /// Keeps the label for screen readers only (search boxes).
    #[prop(optional)]
    label_hidden: bool,
    control: Box<dyn FnOnce(FieldIds) -> AnyView>,
) -> AnyView {
    let id = unique_id("field");
    let ids = FieldIds {
        hint: id.clone() + "-hint",
        error: id.clone() + "-error",
        has_hint: hint.is_some(),
        failed: error,
        control: id,
    };
    let (hint_id, error_id) = (ids.hint.clone(), ids.error.clone());
    let for_id = ids.control.clone();
    view! {
        <div class="field" class:field-failed=move || error.with(Option::is_some)>
            <label for=for_id class:sr-only=label_hidden>
                {label}
                {optional.then(|| view! { <span class="field-optional">{t().optional()}</span> })}
            </label>
            {control(ids)}
            {hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
            <p class="field-error" id=error_id aria-live="polite">
                {move || error.get().map(|error| view! { {icon(Icon::Warning)} <span>{error}</span> })}
            </p>
        </div>
    }
    .into_any()
}

#[component]
pub fn TextField(
    #[prop(into)] label: String,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    /// `type` of the input: text, email, password, search, tel, url.
    #[prop(default = "text")]
    kind: &'static str,
    /// The browser's own help: `email`, `current-password`, `new-password`, `organization`…
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// `numeric` or `decimal` where a phone should show digits.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    #[prop(optional, into)] placeholder: Option<String>,
    #[prop(optional)] optional: bool,
    #[prop(optional)] label_hidden: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// Called when the person leaves the field.
    #[prop(optional, into)]
    on_done: Option<Callback<()>>,
) -> AnyView {
    let control = move |ids: FieldIds| {
        let (described, invalid) = (ids.described_by(), ids.invalid());
        view! {
            <input
                id=ids.control
                class="input"
                type=kind
                autocomplete=autocomplete
                inputmode=inputmode
                placeholder=placeholder
                autofocus=autofocus
                spellcheck="false"
                disabled=move || disabled.get()
                aria-describedby=move || described.get()
                aria-invalid=move || invalid.get()
                prop:value=move || value.get()
                on:input=move |ev| value.set(event_target_value(&ev))
                on:change=move |_| {
                    if let Some(on_done) = on_done {
                        on_done.run(());
                    }
                }
            />
        }
        .into_any()
    };
    Field(FieldProps { label, hint, error, optional, label_hidden, control: Box::new(control) })
}

#[component]
pub fn TextArea(
    #[prop(into)] label: String,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    #[prop(default = 3)] rows: u32,
    #[prop(optional)] optional: bool,
) -> AnyView {
    let control = move |ids: FieldIds| {
        let (described, invalid) = (ids.described_by(), ids.invalid());
        view! {
            <textarea
                id=ids.control
                class="input"
                rows=rows
                aria-describedby=move || described.get()
                aria-invalid=move || invalid.get()
                prop:value=move || value.get()
                on:input=move |ev| value.set(event_target_value(&ev))
            ></textarea>
        }
        .into_any()
    };
    Field(FieldProps { label, hint, error, optional, label_hidden: false, control: Box::new(control) })
}

/// A short list; above a dozen choices use `Combobox`.
#[component]
pub fn SelectField(
    #[prop(into)] label: String,
    value: RwSignal<String>,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    /// The first line, for "nothing chosen yet" (value "").
    #[prop(optional, into)]
    empty: Option<String>,
    #[prop(optional)] optional: bool,
    #[prop(optional)] label_hidden: bool,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> AnyView {
    let control = move |ids: FieldIds| {
        let (described, invalid) = (ids.described_by(), ids.invalid());
        let option = move |choice: Choice| {
            let own = choice.value.clone();
            view! {
                <option value=choice.value prop:selected=move || value.with(|v| *v == own)>
                    {choice.label}
                </option>
            }
            .into_any()
        };
        view! {
            <span class="select">
                <select
                    id=ids.control
                    class="input"
                    disabled=move || disabled.get()
                    aria-describedby=move || described.get()
                    aria-invalid=move || invalid.get()
                    on:change=move |ev| value.set(event_target_value(&ev))
                >
                    {empty.map(|label| option(Choice::new("", label)))}
                    {move || choices.get().into_iter().map(option).collect_view()}
                </select>
                {icon(Icon::Down)}
            </span>
        }
        .into_any()
    };
    Field(FieldProps { label, hint, error, optional, label_hidden, control: Box::new(control) })
}

/// The browser's own date field; the value is `YYYY-MM-DD` or empty.
#[component]
pub fn DateInput(
    #[prop(into)] label: String,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    #[prop(optional, into)] min: Option<String>,
    #[prop(optional, into)] max: Option<String>,
    #[prop(optional)] optional: bool,
) -> AnyView {
    let control = move |ids: FieldIds| {
        let (described, invalid) = (ids.described_by(), ids.invalid());
        view! {
            <input
                id=ids.control
                class="input input-date"
                type="date"
                min=min
                max=max
                aria-describedby=move || described.get()
                aria-invalid=move || invalid.get()
                prop:value=move || value.get()
                on:change=move |ev| value.set(event_target_value(&ev))
            />
        }
        .into_any()
    };
    Field(FieldProps { label, hint, error, optional, label_hidden: false, control: Box::new(control) })
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

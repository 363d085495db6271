//! A list to search in: one choice or several, known choices or choices that the server finds.

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast;

use super::choice::Choice;
use super::field::{Field, FieldIds, FieldProps};
use super::icon::{Icon, icon};
use crate::browser::{place_beside, unique_id};
use crate::text::{search, t};

/// More than anybody scrolls through; typing narrows further.
const SHOWN_AT_MOST: usize = 100;

#[component]
pub fn Combobox(
    #[prop(into)] label: String,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    value: RwSignal<Vec<String>>,
    #[prop(optional)] multiple: bool,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    #[prop(optional, into)] placeholder: Option<String>,
    #[prop(optional)] optional: bool,
    #[prop(optional)] label_hidden: bool,
    /// The person typed: find choices elsewhere and put them into `choices`. Without it the given choices are searched.
    #[prop(optional, into)]
    on_search: Option<Callback<String>>,
) -> AnyView {
    let query = RwSignal::new(String::new());
    let open = RwSignal::new(false);
    let active = RwSignal::new(0usize);
    let list_id = unique_id("list");
    let list_label = label.clone();
    let list_ref = NodeRef::<html::Ul>::new();
    let box_ref = NodeRef::<html::Div>::new();
    let input_ref = NodeRef::<html::Input>::new();
    // Labels of what was chosen stay known when a new search replaces the choices.
    let known = RwSignal::new(Vec::<Choice>::new());

    let found = Memo::new(move |_| {
        let folded = search::fold(&query.get());
        choices.with(|all| {
            all.iter()
                .filter(|c| {
                    on_search.is_some()
                        || search::matches(&folded, &c.label)
                        || c.hint.as_deref().is_some_and(|hint| search::matches(&folded, hint))
                })
                .take(SHOWN_AT_MOST)
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    Effect::new(move |_| {
        choices.with(|all| {
            value.with(|chosen| {
                let fresh: Vec<Choice> = all
                    .iter()
                    .filter(|c| chosen.contains(&c.value) && known.with_untracked(|k| !k.contains(c)))
                    .cloned()
                    .collect();
                if !fresh.is_empty() {
                    known.update(|known| {
                        known.retain(|old| fresh.iter().all(|new| new.value != old.value));
                        known.extend(fresh);
                    });
                }
            });
        });
    });
    let label_of = move |value: &str| {
        known
            .with(|known| known.iter().find(|c| c.value == value).map(|c| c.label.clone()))
            .unwrap_or_else(|| value.to_owned())
    };

    let show = move || {
        if !open.get_untracked() {
            active.set(0);
            open.set(true);
        }
    };
    let hide = move || {
        open.set(false);
        query.set(String::new());
    };
    Effect::new(move |_| {
        let is_open = open.get();
        found.track();
        let (Some(list), Some(anchor)) = (list_ref.get(), box_ref.get()) else { return };
        let showing = list.matches(":popover-open").unwrap_or(false);
        if is_open {
            if !showing {
                let _ = list.show_popover();
            }
            place_beside(&anchor, &list, false, true);
        } else if showing {
            let _ = list.hide_popover();
        }
    });

    let pick = move |choice: String| {
        if multiple {
            value.update(|all| match all.iter().position(|v| *v == choice) {
                Some(at) => {
                    all.remove(at);
                }
                None => all.push(choice),
            });
            query.set(String::new());
        } else {
            value.set(vec![choice]);
            hide();
        }
        if let Some(input) = input_ref.get_untracked() {
            let _ = input.focus();
        }
    };
    let option_id = {
        let list_id = list_id.clone();
        move |at: usize| format!("{list_id}-{at}")
    };
    let scroll_id = option_id.clone();
    let move_to = move |at: usize| {
        active.set(at);
        if let Some(option) = crate::browser::element(&scroll_id(at)) {
            scroll_into_view(&option);
        }
    };

    let on_keydown = move |ev: ev::KeyboardEvent| {
        let count = found.with_untracked(Vec::len);
        match ev.key().as_str() {
            "ArrowDown" | "ArrowUp" => {
                ev.prevent_default();
                if !open.get_untracked() {
                    show();
                } else if count > 0 {
                    let step = if ev.key() == "ArrowDown" { 1 } else { count - 1 };
                    move_to((active.get_untracked() + step) % count);
                }
            }
            "Enter" if open.get_untracked() => {
                ev.prevent_default();
                let chosen = found.with_untracked(|f| f.get(active.get_untracked()).map(|c| c.value.clone()));
                if let Some(chosen) = chosen {
                    pick(chosen);
                }
            }
            "Escape" if open.get_untracked() => {
                ev.prevent_default();
                ev.stop_propagation();
                hide();
            }
            "Backspace" if multiple && query.with_untracked(String::is_empty) => {
                value.update(|all| {
                    all.pop();
                });
            }
            _ => {}
        }
    };

    let control = move |ids: FieldIds| {
        let (described, invalid) = (ids.described_by(), ids.invalid());
        let (for_active, for_options) = (option_id.clone(), option_id);
        view! {
            <div class="combo input" node_ref=box_ref>
                {multiple
                    .then(|| {
                        move || {
                            value
                                .get()
                                .into_iter()
                                .map(|chosen| {
                                    let name = label_of(&chosen);
                                    let aria = t().choice_remove(&name);
                                    view! {
                                        <span class="chip">
                                            <span class="truncate">{name}</span>
                                            <button
                                                type="button"
                                                aria-label=aria
                                                on:click=move |_| value.update(|all| all.retain(|v| *v != chosen))
                                            >
                                                {icon(Icon::Close)}
                                            </button>
                                        </span>
                                    }
                                        .into_any()
                                })
                                .collect_view()
                        }
                    })}
                <input
                    id=ids.control
                    node_ref=input_ref
                    type="text"
                    role="combobox"
                    autocomplete="off"
                    spellcheck="false"
                    aria-autocomplete="list"
                    aria-expanded=move || if open.get() { "true" } else { "false" }
                    aria-controls=list_id.clone()
                    aria-activedescendant=move || (open.get() && found.with(|f| !f.is_empty())).then(|| for_active(active.get()))
                    aria-describedby=move || described.get()
                    aria-invalid=move || invalid.get()
                    placeholder=move || {
                        if multiple && value.with(|v| !v.is_empty()) { None } else { Some(placeholder.clone().unwrap_or_else(|| t().choose().to_owned())) }
                    }
                    prop:value=move || {
                        if open.get() || multiple {
                            query.get()
                        } else {
                            value.with(|v| v.first().cloned()).map(|v| label_of(&v)).unwrap_or_default()
                        }
                    }
                    on:input=move |ev| {
                        let typed = event_target_value(&ev);
                        query.set(typed.clone());
                        show();
                        active.set(0);
                        if let Some(on_search) = on_search {
                            on_search.run(typed);
                        }
                    }
                    on:click=move |_| show()
                    on:keydown=on_keydown
                    on:blur=move |_| hide()
                />
                {(!multiple)
                    .then(|| {
                        move || {
                            value
                                .with(|v| !v.is_empty())
                                .then(|| {
                                    view! {
                                        <button
                                            type="button"
                                            class="combo-clear"
                                            aria-label=t().clear()
                                            on:click=move |_| value.set(Vec::new())
                                        >
                                            {icon(Icon::Close)}
                                        </button>
                                    }
                                })
                        }
                    })}
                {icon(Icon::Down)}
            </div>
            <ul id=list_id node_ref=list_ref class="float options" role="listbox" popover="manual" aria-label=list_label aria-multiselectable=multiple.then_some("true")>
                {move || {
                    let found = found.get();
                    if found.is_empty() {
                        return view! { <li class="options-none" role="option" aria-disabled="true" aria-selected="false">{t().no_choice()}</li> }.into_any();
                    }
                    found
                        .into_iter()
                        .enumerate()
                        .map(|(at, choice)| {
                            let (own, picked) = (choice.value.clone(), choice.value);
                            let chosen = Memo::new(move |_| value.with(|v| v.contains(&own)));
                            view! {
                                <li
                                    id=for_options(at)
                                    role="option"
                                    class="option"
                                    class:option-active=move || active.get() == at
                                    aria-selected=move || if chosen.get() { "true" } else { "false" }
                                    // Before the blur of the input, which would close the list.
                                    on:mousedown=move |ev| {
                                        ev.prevent_default();
                                        pick(picked.clone());
                                    }
                                >
                                    <span class="truncate">{choice.label}</span>
                                    {choice.hint.map(|hint| view! { <span class="option-hint">{hint}</span> })}
                                    {move || chosen.get().then(|| icon(Icon::Check))}
                                </li>
                            }
                                .into_any()
                        })
                        .collect_view()
                        .into_any()
                }}
            </ul>
        }
        .into_any()
    };
    Field(FieldProps { label, hint, error, optional, label_hidden, control: Box::new(control) })
}

pub(super) fn scroll_into_view(element: &web_sys::Element) {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    element.unchecked_ref::<web_sys::Element>().scroll_into_view_with_scroll_into_view_options(&options);
}

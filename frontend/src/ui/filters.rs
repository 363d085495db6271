//! Filters above a list: one chip for each that is set, a menu for the others. The address holds their values.

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast;
use web_sys::ToggleEvent;

use super::button::{Button, Look};
use super::choice::{Checkbox, Choice};
use super::icon::{Icon, icon};
use super::menu::{Menu, MenuItem};
use crate::browser::{place_beside, unique_id};
use crate::text::{search, t};

#[derive(Clone)]
pub struct Filter {
    pub key: &'static str,
    pub label: String,
    pub choices: Signal<Vec<Choice>>,
    pub value: Signal<Vec<String>>,
}

/// Above this many choices the popover offers a search.
const SEARCH_FROM: usize = 9;

#[component]
pub fn FilterBar(
    filters: Vec<Filter>,
    /// (key, chosen values); an empty list takes the filter away.
    #[prop(into)]
    on_change: Callback<(&'static str, Vec<String>)>,
    #[prop(into)] on_clear: Callback<()>,
) -> AnyView {
    // A filter that was just added has no value yet and shows its chip all the same.
    let adding = RwSignal::new(None::<&'static str>);
    let any = {
        let filters = filters.clone();
        Memo::new(move |_| filters.iter().any(|f| f.value.with(|v| !v.is_empty())))
    };
    let chips = filters
        .clone()
        .into_iter()
        .map(|filter| {
            let value = filter.value;
            let key = filter.key;
            let visible = Memo::new(move |_| value.with(|v| !v.is_empty()) || adding.get() == Some(key));
            (move || visible.get().then(|| chip(filter.clone(), on_change, adding))).into_any()
        })
        .collect_view();
    let items = move || {
        filters
            .iter()
            .filter(|f| f.value.with(Vec::is_empty))
            .map(|f| {
                let key = f.key;
                MenuItem::Act {
                    label: f.label.clone(),
                    icon: None,
                    danger: false,
                    act: std::sync::Arc::new(move || adding.set(Some(key))),
                }
            })
            .collect::<Vec<_>>()
    };
    view! {
        <div class="filters" role="group" aria-label=t().filters_active()>
            {chips}
            <Menu label=t().filter_add() icon=Icon::Plus look=Look::Quiet small=true items=items />
            {move || {
                any.get()
                    .then(|| {
                        view! { <Button label=t().filters_clear() look=Look::Quiet small=true on_press=move || on_clear.run(()) /> }
                    })
            }}
        </div>
    }
    .into_any()
}

fn chip(
    filter: Filter,
    on_change: Callback<(&'static str, Vec<String>)>,
    adding: RwSignal<Option<&'static str>>,
) -> AnyView {
    let Filter { key, label, choices, value } = filter;
    let id = unique_id("filter");
    let popover = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let query = RwSignal::new(String::new());
    let open = RwSignal::new(false);

    if adding.get_untracked() == Some(key) {
        Effect::new(move |_| {
            if let Some(popover) = popover.get() {
                let _ = popover.show_popover();
            }
        });
    }
    let on_toggle = move |ev: ev::Event| {
        let (Some(popover), Some(button)) = (popover.get_untracked(), button.get_untracked()) else { return };
        if ev.unchecked_ref::<ToggleEvent>().new_state() == "open" {
            open.set(true);
            request_animation_frame(move || {
                place_beside(&button, &popover, false, false);
                let _ = popover.class_list().add_1("placed");
                let first = popover.query_selector("input").ok().flatten();
                if let Some(input) = first.and_then(|i| i.dyn_into::<web_sys::HtmlElement>().ok()) {
                    let _ = input.focus();
                }
            });
        } else {
            let _ = popover.class_list().remove_1("placed");
            open.set(false);
            query.set(String::new());
            // Closed without a choice: the chip goes away.
            if adding.get_untracked() == Some(key) {
                adding.set(None);
            }
        }
    };
    let words = move || {
        let chosen = value.get();
        choices.with(|choices| {
            let name =
                |v: &String| choices.iter().find(|c| c.value == *v).map_or_else(|| v.clone(), |c| c.label.clone());
            match chosen.as_slice() {
                [] => t().choose().to_owned(),
                [one] => name(one),
                [one, two] => format!("{}, {}", name(one), name(two)),
                [one, rest @ ..] => format!("{} +{}", name(one), rest.len()),
            }
        })
    };
    let list = move || {
        let folded = search::fold(&query.get());
        choices
            .get()
            .into_iter()
            .filter(|c| search::matches(&folded, &c.label))
            .map(|choice| {
                let (own, toggled) = (choice.value.clone(), choice.value);
                let checked = Signal::derive(move || value.with(|v| v.contains(&own)));
                let change = move |on: bool| {
                    let mut chosen = value.get_untracked();
                    chosen.retain(|v| *v != toggled);
                    if on {
                        chosen.push(toggled.clone());
                    }
                    on_change.run((key, chosen));
                };
                match choice.hint {
                    Some(hint) => {
                        view! { <Checkbox label=choice.label hint=hint checked=checked on_change=change /> }.into_any()
                    }
                    None => view! { <Checkbox label=choice.label checked=checked on_change=change /> }.into_any(),
                }
            })
            .collect_view()
    };
    let searchable = move || choices.with(|c| c.len() >= SEARCH_FROM);
    let body = move || {
        open.get().then(|| {
            view! {
                {searchable()
                    .then(|| {
                        view! {
                            <input
                                class="input"
                                type="search"
                                aria-label=t().search()
                                placeholder=t().search()
                                prop:value=move || query.get()
                                on:input=move |ev| query.set(event_target_value(&ev))
                            />
                        }
                    })}
                <div class="filter-list">{list}</div>
            }
        })
    };
    let (target, group, remove) = (id.clone(), label.clone(), t().filter_remove(&label));
    view! {
        <span class="chip chip-filter">
            <button node_ref=button type="button" class="chip-face" popovertarget=target>
                <span class="soft">{label}" :"</span>
                <span class="truncate">{words}</span>
            </button>
            <button
                type="button"
                aria-label=remove
                on:click=move |_| {
                    adding.set(None);
                    on_change.run((key, Vec::new()));
                }
            >
                {icon(Icon::Close)}
            </button>
        </span>
        <div id=id node_ref=popover class="float filter-pop" popover="auto" role="group" aria-label=group on:toggle=on_toggle>
            {body}
        </div>
    }
    .into_any()
}

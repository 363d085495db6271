//! Filters above a list: one chip for each that is set, a menu for the others. The address holds their values.

use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, ToggleEvent};

use super::button::Button;
use super::choice::{Checkbox, Choice};
use super::icon::{Icon, icon};
use super::menu::{Menu, MenuItem};
use crate::browser::{place_beside, unique_id};
use crate::dom::{View, button, div, el, memo, show, span};
use crate::text::{search, t};

#[derive(Clone)]
pub struct Filter {
    key: &'static str,
    label: String,
    choices: Rc<dyn Fn() -> Vec<Choice>>,
    value: Memo<Vec<String>>,
}

impl Filter {
    /// `value`: what is chosen, usually `address().list(key)`. The hint of a choice is its number of rows.
    pub fn new(
        key: &'static str,
        label: impl Into<String>,
        value: Memo<Vec<String>>,
        choices: impl Fn() -> Vec<Choice> + 'static,
    ) -> Filter {
        Filter { key, label: label.into(), choices: Rc::new(choices), value }
    }
}

/// Above this many choices the popover offers a search.
const SEARCH_FROM: usize = 9;

type OnChange = Rc<dyn Fn(&'static str, Vec<String>)>;

/// `on_change(key, values)`: an empty list takes the filter away.
pub fn filter_bar(
    filters: Vec<Filter>,
    on_change: impl Fn(&'static str, Vec<String>) + 'static,
    on_clear: impl Fn() + 'static,
) -> View {
    // A filter that was just added has no value yet and shows its chip all the same.
    let adding = RwSignal::new(None::<&'static str>);
    let on_change: OnChange = Rc::new(on_change);
    let on_clear = Rc::new(on_clear);
    let values: Vec<Memo<Vec<String>>> = filters.iter().map(|f| f.value).collect();
    let mut bar = div("filters").attr("role", "group").label(t().filters_active());
    for filter in filters.clone() {
        let (key, value, on_change) = (filter.key, filter.value, on_change.clone());
        bar = bar.show(
            move || value.with(|v| !v.is_empty()) || adding.get() == Some(key),
            move || chip(filter.clone(), on_change.clone(), adding),
        );
    }
    let items = move || {
        filters
            .iter()
            .filter(|f| f.value.with(Vec::is_empty))
            .map(|f| {
                let key = f.key;
                MenuItem::plain(f.label.clone(), move || adding.set(Some(key)))
            })
            .collect()
    };
    bar.child(Menu::new(t().filter_add(), items).icon(Icon::Plus).quiet().small()).show(
        move || values.iter().any(|value| value.with(|v| !v.is_empty())),
        move || {
            let on_clear = on_clear.clone();
            Button::new(t().filters_clear()).quiet().small().press(move || on_clear()).into()
        },
    )
}

fn chip(filter: Filter, on_change: OnChange, adding: RwSignal<Option<&'static str>>) -> View {
    let Filter { key, label, choices, value } = filter;
    let id = unique_id("filter");
    let query = RwSignal::new(String::new());
    let open = RwSignal::new(false);

    let named = choices.clone();
    let words = move || {
        let (chosen, choices) = (value.get(), named());
        let name = |v: &String| choices.iter().find(|c| c.value == *v).map_or_else(|| v.clone(), |c| c.label.clone());
        match chosen.as_slice() {
            [] => t().choose().to_owned(),
            [one] => name(one),
            [one, two] => format!("{}, {}", name(one), name(two)),
            [one, rest @ ..] => format!("{} +{}", name(one), rest.len()),
        }
    };
    let face = button("chip-face")
        .attr("popovertarget", &id)
        .child(span("soft").child(format!("{label} :")))
        .child(span("truncate").text_of(words));
    let take_away = on_change.clone();
    let remove = button("").label(&t().filter_remove(&label)).child(icon(Icon::Close)).on_click(move || {
        adding.set(None);
        take_away(key, Vec::new());
    });

    let list = choices.clone();
    let rows = move || {
        let folded = search::fold(&query.get());
        let row = |choice: Choice| {
            let (own, toggled, on_change) = (choice.value.clone(), choice.value, on_change.clone());
            let change = move |on: bool| {
                let mut chosen = value.get_untracked();
                chosen.retain(|v| *v != toggled);
                if on {
                    chosen.push(toggled.clone());
                }
                on_change(key, chosen);
            };
            let row = Checkbox::new(&choice.label, move || value.with(|v| v.contains(&own)), change);
            match choice.hint {
                Some(hint) => row.hint(&hint),
                None => row,
            }
        };
        View::all(list().into_iter().filter(|c| search::matches(&folded, &c.label)).map(row))
    };
    let rows = Rc::new(rows);
    let searchable = memo(move || choices().len() >= SEARCH_FROM);
    let popover = div("float filter-pop").id(&id).attr("popover", "auto").attr("role", "group").label(&label);
    let (own, anchor) = (popover.clone(), face.clone());
    let popover = popover
        .on("toggle", move |ev| {
            let list = own.element().class_list();
            if ev.unchecked_ref::<ToggleEvent>().new_state() == "open" {
                open.set(true);
                let (own, anchor) = (own.clone(), anchor.clone());
                // When the choices stand, and the size is known.
                request_animation_frame(move || {
                    place_beside(anchor.element(), own.html(), false, false);
                    let _ = list.add_1("placed");
                    let first = own.element().query_selector("input").ok().flatten();
                    if let Some(input) = first.and_then(|i| i.dyn_into::<HtmlElement>().ok()) {
                        let _ = input.focus();
                    }
                });
            } else {
                let _ = list.remove_1("placed");
                open.set(false);
                query.set(String::new());
                // Closed without a choice: the chip goes away. The browser tells it later, when the page may be gone.
                if adding.try_get_untracked() == Some(Some(key)) {
                    adding.set(None);
                }
            }
        })
        .show(
            move || open.get(),
            move || {
                let rows = rows.clone();
                let search = show(
                    move || searchable.get(),
                    move || {
                        el("input")
                            .class("input")
                            .attr("type", "search")
                            .attr("placeholder", t().search())
                            .label(t().search())
                            .value_of(move || query.get())
                            .on_input(move |typed| query.set(typed))
                    },
                );
                View::all([search, div("filter-list").live(move || rows())])
            },
        );
    if adding.get_untracked() == Some(key) {
        let shown = popover.html().clone();
        request_animation_frame(move || {
            let _ = shown.show_popover();
        });
    }
    View::all([span("chip chip-filter").child(face).child(remove), popover])
}

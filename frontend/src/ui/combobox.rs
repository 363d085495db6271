//! A list to search in: one choice or several, known choices or choices that the server finds.

use std::rc::Rc;

use leptos::prelude::*;

use super::choice::Choice;
use super::field::Field;
use super::icon::{Icon, icon};
use crate::browser::{element, place_beside, unique_id};
use crate::dom::{Item, View, button, div, el, memo, react, show, span};
use crate::text::{search, t};

/// More than anybody scrolls through; typing narrows further.
const SHOWN_AT_MOST: usize = 100;

pub struct Combobox {
    label: String,
    choices: Rc<dyn Fn() -> Vec<Choice>>,
    value: RwSignal<Vec<String>>,
    multiple: bool,
    placeholder: String,
    on_search: Option<Rc<dyn Fn(String)>>,
}

impl Combobox {
    /// One choice; the value is a list with zero or one entry.
    pub fn one(label: &str, value: RwSignal<Vec<String>>, choices: impl Fn() -> Vec<Choice> + 'static) -> Combobox {
        Combobox {
            label: label.to_owned(),
            choices: Rc::new(choices),
            value,
            multiple: false,
            placeholder: t().choose().to_owned(),
            on_search: None,
        }
    }

    pub fn many(label: &str, value: RwSignal<Vec<String>>, choices: impl Fn() -> Vec<Choice> + 'static) -> Combobox {
        Combobox { multiple: true, ..Combobox::one(label, value, choices) }
    }

    pub fn placeholder(self, text: &str) -> Combobox {
        Combobox { placeholder: text.to_owned(), ..self }
    }

    /// The person typed: find choices elsewhere and put them where `choices` reads. Without it the given choices are
    /// searched.
    pub fn on_search(self, search: impl Fn(String) + 'static) -> Combobox {
        Combobox { on_search: Some(Rc::new(search)), ..self }
    }

    pub fn field(self) -> Field {
        build(self)
    }
}

impl From<Combobox> for View {
    fn from(combobox: Combobox) -> View {
        combobox.field().into()
    }
}

fn build(combo: Combobox) -> Field {
    let Combobox { label, choices, value, multiple, placeholder, on_search } = combo;
    let query = RwSignal::new(String::new());
    let open = RwSignal::new(false);
    let active = RwSignal::new(0usize);
    let list_id = unique_id("list");
    // Labels of what was chosen stay known when a new search replaces the choices.
    let known = RwSignal::new(Vec::<Choice>::new());

    let searched_elsewhere = on_search.is_some();
    let all = choices.clone();
    let found = memo(move || {
        let folded = search::fold(&query.get());
        let mut found = all();
        found.retain(|c| {
            searched_elsewhere
                || search::matches(&folded, &c.label)
                || c.hint.as_deref().is_some_and(|hint| search::matches(&folded, hint))
        });
        found.truncate(SHOWN_AT_MOST);
        found
    });
    react(move || {
        let mut fresh = choices();
        value.with(|chosen| fresh.retain(|c| chosen.contains(&c.value)));
        if !fresh.is_empty() {
            known.update(|known| {
                known.retain(|old| fresh.iter().all(|new| new.value != old.value));
                known.extend(fresh);
            });
        }
    });
    let label_of = move |value: &str| {
        known
            .with(|known| known.iter().find(|c| c.value == value).map(|c| c.label.clone()))
            .unwrap_or_else(|| value.to_owned())
    };
    let show_list = move || {
        if !open.get_untracked() {
            active.set(0);
            open.set(true);
        }
    };
    let hide_list = move || {
        open.set(false);
        query.set(String::new());
    };

    let input = el("input").attr("type", "text");
    let focus = input.clone();
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
            hide_list();
        }
        focus.focus();
    };

    let option_prefix = list_id.clone();
    let move_to = move |at: usize| {
        active.set(at);
        if let Some(option) = element(&format!("{option_prefix}-{at}")) {
            scroll_into_view(&option);
        }
    };
    let pick_key = pick.clone();
    let active_prefix = list_id.clone();
    let input = input
        .attr("role", "combobox")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("aria-autocomplete", "list")
        .attr("aria-controls", &list_id)
        .aria_of("aria-expanded", move || open.get())
        .attr_of("aria-activedescendant", move || {
            (open.get() && found.with(|f| !f.is_empty())).then(|| format!("{active_prefix}-{}", active.get()))
        })
        .attr_of("placeholder", move || (!multiple || value.with(Vec::is_empty)).then(|| placeholder.clone()))
        .value_of(move || {
            if open.get() || multiple {
                query.get()
            } else {
                value.with(|v| v.first().cloned()).map(|v| label_of(&v)).unwrap_or_default()
            }
        })
        .on_input(move |typed| {
            query.set(typed.clone());
            show_list();
            active.set(0);
            if let Some(on_search) = &on_search {
                on_search(typed);
            }
        })
        .on_click(show_list)
        .on("blur", move |_| hide_list())
        .on_key(move |ev| {
            let count = found.with_untracked(Vec::len);
            match ev.key().as_str() {
                "ArrowDown" | "ArrowUp" => {
                    ev.prevent_default();
                    if !open.get_untracked() {
                        show_list();
                    } else if count > 0 {
                        let step = if ev.key() == "ArrowDown" { 1 } else { count - 1 };
                        move_to((active.get_untracked() + step) % count);
                    }
                }
                "Enter" if open.get_untracked() => {
                    ev.prevent_default();
                    let chosen = found.with_untracked(|f| f.get(active.get_untracked()).map(|c| c.value.clone()));
                    if let Some(chosen) = chosen {
                        pick_key(chosen);
                    }
                }
                "Escape" if open.get_untracked() => {
                    ev.prevent_default();
                    ev.stop_propagation();
                    hide_list();
                }
                "Backspace" if multiple && query.with_untracked(String::is_empty) => {
                    value.update(|all| {
                        all.pop();
                    });
                }
                _ => {}
            }
        });

    let mut frame = div("combo input");
    if multiple {
        frame = frame.each(move || {
            value
                .get()
                .into_iter()
                .map(|chosen| {
                    let name = label_of(&chosen);
                    // The name may be learnt after the value: it belongs to what the chip is known by.
                    Item::new(format!("{chosen} {name}"), move || {
                        let remove = button("")
                            .label(&t().choice_remove(&name))
                            .child(icon(Icon::Close))
                            .on_click(move || value.update(|all| all.retain(|v| *v != chosen)));
                        span("chip").child(span("truncate").child(&name)).child(remove)
                    })
                })
                .collect()
        });
    }
    frame = frame.child(input.clone());
    if !multiple {
        frame = frame.show(
            move || value.with(|v| !v.is_empty()),
            move || {
                button("combo-clear")
                    .label(t().clear())
                    .child(icon(Icon::Close))
                    .on_click(move || value.set(Vec::new()))
            },
        );
    }
    let frame = frame.child(icon(Icon::Down));

    let option_id = list_id.clone();
    let option = move |(at, choice): (usize, Choice)| {
        let (own, picked, pick) = (choice.value.clone(), choice.value, pick.clone());
        let chosen = memo(move || value.with(|v| v.contains(&own)));
        el("li")
            .id(&format!("{option_id}-{at}"))
            .class("option")
            .attr("role", "option")
            .class_of("option-active", move || active.get() == at)
            .aria_of("aria-selected", move || chosen.get())
            // Before the blur of the input, which would close the list.
            .on("mousedown", move |ev| {
                ev.prevent_default();
                pick(picked.clone());
            })
            .child(span("truncate").child(choice.label))
            .child(choice.hint.map(|hint| span("option-hint").child(hint)))
            .child(show(move || chosen.get(), || icon(Icon::Check)))
    };
    let list = el("ul")
        .id(&list_id)
        .class("float options")
        .attr("role", "listbox")
        .attr("popover", "manual")
        .label(&label)
        .attr_if("aria-multiselectable", multiple.then_some("true"))
        .live(move || {
            if !open.get() {
                return View::none();
            }
            let found = found.get();
            if found.is_empty() {
                return el("li")
                    .class("options-none")
                    .attr("role", "option")
                    .attr("aria-disabled", "true")
                    .attr("aria-selected", "false")
                    .child(t().no_choice());
            }
            View::all(found.into_iter().enumerate().map(&option))
        });
    let (popover, anchor) = (list.clone(), frame.clone());
    Effect::new(move |_| {
        let is_open = open.get();
        found.track();
        let list = popover.html();
        let showing = list.matches(":popover-open").unwrap_or(false);
        if is_open {
            if !showing {
                let _ = list.show_popover();
            }
            place_beside(anchor.element(), list, false, true);
        } else if showing {
            let _ = list.hide_popover();
        }
    });
    Field::around(&label, input, View::all([frame, list]))
}

pub(super) fn scroll_into_view(element: &web_sys::Element) {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

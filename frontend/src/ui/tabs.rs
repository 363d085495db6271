//! Views of one thing, one at a time.

use std::rc::Rc;

use leptos::prelude::*;

use super::badge::count;
use crate::browser::{element, focus, unique_id};
use crate::dom::{View, button, div, live, memo, react};

#[derive(Clone)]
pub struct Tab {
    key: &'static str,
    label: String,
    /// Beside the label, where a person must act.
    count: Option<Rc<dyn Fn() -> u64>>,
}

impl Tab {
    pub fn new(key: &'static str, label: impl Into<String>) -> Tab {
        Tab { key, label: label.into(), count: None }
    }

    pub fn count(self, count: u64) -> Tab {
        self.count_of(move || count)
    }

    /// The same where the number moves while the tabs stand; nothing is shown for zero.
    pub fn count_of(self, count: impl Fn() -> u64 + 'static) -> Tab {
        Tab { count: Some(Rc::new(count)), ..self }
    }
}

/// `current` is usually read from the address; an unknown key shows the first tab.
pub fn tabs(
    label: &str,
    tabs: Vec<Tab>,
    current: impl Fn() -> String + 'static,
    on_change: impl Fn(&'static str) + 'static,
    panel: impl Fn(&'static str) -> View + 'static,
) -> View {
    let id = unique_id("tabs");
    let keys: Vec<&'static str> = tabs.iter().map(|tab| tab.key).collect();
    let known = keys.clone();
    let chosen = memo(move || {
        let current = current();
        known.iter().copied().find(|key| *key == current).or(known.first().copied()).unwrap_or_default()
    });
    let on_change = Rc::new(on_change);
    let panel_id = format!("{id}-panel");
    let counts: Vec<Rc<dyn Fn() -> u64>> = tabs.iter().filter_map(|tab| tab.count.clone()).collect();
    let one = |tab: Tab| {
        let (key, on_change) = (tab.key, on_change.clone());
        button("tab")
            .id(&format!("{id}-{key}"))
            .attr("role", "tab")
            .attr("aria-controls", &panel_id)
            .aria_of("aria-selected", move || chosen.get() == key)
            .attr_of("tabindex", move || if chosen.get() == key { "0" } else { "-1" })
            .on_click(move || on_change(key))
            .child(tab.label)
            .child(tab.count.map(|number| live(move || Some(number()).filter(|n| *n > 0).map(count))))
    };
    let list = div("tabs").attr("role", "tablist").label(label).children(tabs.into_iter().map(one));
    // On a phone the bar scrolls: the chosen tab must be in sight, also when the address has chosen it.
    // Only the bar moves: the page must not jump to its tabs.
    let (prefix, bar) = (id.clone(), list.html().clone());
    react(move || {
        // A number that arrives makes its tab wider and moves the others.
        for count in &counts {
            count();
        }
        let (tab, bar) = (format!("{prefix}-{}", chosen.get()), bar.clone());
        request_animation_frame(move || {
            let Some(tab) = element(&tab) else { return };
            let (from, to) = (tab.offset_left() - bar.offset_left(), tab.offset_width());
            if from < bar.scroll_left() || from + to > bar.scroll_left() + bar.client_width() {
                bar.set_scroll_left(from);
            }
        });
    });
    let (prefix, change) = (id.clone(), on_change);
    let list = list.on_key(move |ev| {
        let at = keys.iter().position(|key| *key == chosen.get_untracked()).unwrap_or(0);
        let next = match ev.key().as_str() {
            "ArrowRight" => (at + 1) % keys.len(),
            "ArrowLeft" => (at + keys.len() - 1) % keys.len(),
            "Home" => 0,
            "End" => keys.len() - 1,
            _ => return,
        };
        ev.prevent_default();
        change(keys[next]);
        focus(&format!("{prefix}-{}", keys[next]));
    });
    let place = div("tab-panel")
        .id(&panel_id)
        .attr("role", "tabpanel")
        .attr("tabindex", "0")
        .attr_of("aria-labelledby", move || format!("{id}-{}", chosen.get()))
        .live(move || {
            let key = chosen.get();
            untrack(|| panel(key))
        });
    View::all([list, place])
}

//! Views of one thing, one at a time.

use leptos::ev;
use leptos::prelude::*;

use super::badge::Count;
use crate::browser::{focus, unique_id};

#[derive(Clone)]
pub struct Tab {
    pub key: &'static str,
    pub label: String,
    /// Beside the label, where a person must act.
    pub count: Option<u64>,
}

impl Tab {
    pub fn new(key: &'static str, label: impl Into<String>) -> Tab {
        Tab { key, label: label.into(), count: None }
    }

    pub fn count(mut self, count: u64) -> Tab {
        self.count = Some(count);
        self
    }
}

#[component]
pub fn Tabs(
    #[prop(into)] label: String,
    tabs: Vec<Tab>,
    /// Usually read from the address; an unknown key shows the first tab.
    #[prop(into)]
    current: Signal<String>,
    #[prop(into)] on_change: Callback<&'static str>,
    #[prop(into)] panel: Callback<&'static str, AnyView>,
) -> AnyView {
    let id = unique_id("tabs");
    let keys: Vec<&'static str> = tabs.iter().map(|tab| tab.key).collect();
    let first = keys.first().copied().unwrap_or_default();
    let find = keys.clone();
    let chosen = Memo::new(move |_| current.with(|c| find.iter().copied().find(|key| key == c)).unwrap_or(first));

    let key_id = id.clone();
    let on_keydown = move |ev: ev::KeyboardEvent| {
        let at = keys.iter().position(|key| *key == chosen.get_untracked()).unwrap_or(0);
        let next = match ev.key().as_str() {
            "ArrowRight" => (at + 1) % keys.len(),
            "ArrowLeft" => (at + keys.len() - 1) % keys.len(),
            "Home" => 0,
            "End" => keys.len() - 1,
            _ => return,
        };
        ev.prevent_default();
        on_change.run(keys[next]);
        focus(&format!("{key_id}-{}", keys[next]));
    };
    let panel_id = format!("{id}-panel");
    let list = tabs
        .into_iter()
        .map(|tab| {
            let key = tab.key;
            let on = Memo::new(move |_| chosen.get() == key);
            view! {
                <button
                    type="button"
                    role="tab"
                    class="tab"
                    id=format!("{id}-{key}")
                    aria-controls=panel_id.clone()
                    aria-selected=move || if on.get() { "true" } else { "false" }
                    tabindex=move || if on.get() { "0" } else { "-1" }
                    on:click=move |_| on_change.run(key)
                >
                    {tab.label}
                    {tab.count.map(|n| view! { <Count n=n /> })}
                </button>
            }
            .into_any()
        })
        .collect_view();
    let labelled = id.clone();
    view! {
        <div class="tabs" role="tablist" aria-label=label on:keydown=on_keydown>
            {list}
        </div>
        <div id=panel_id class="tab-panel" role="tabpanel" tabindex="0" aria-labelledby=move || format!("{labelled}-{}", chosen.get())>
            {move || panel.run(chosen.get())}
        </div>
    }
    .into_any()
}

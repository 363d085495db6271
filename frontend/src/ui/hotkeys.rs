//! Shortcuts: one listener for the window, one register that the help reads.
//!
//! `use_hotkey("f", label, region, act)` lives as long as its page. "g d" is a sequence: g, then d within a second.

use std::sync::Arc;
use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;

use super::dialog::Dialog;
use crate::browser::{is_typing, modal_is_open};
use crate::text::t;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum HotkeyRegion {
    Everywhere,
    Lists,
    Page,
}

#[derive(Clone)]
struct Hotkey {
    id: u32,
    /// As `KeyboardEvent.key` says it, "mod+k" for Ctrl or Cmd, a space between the keys of a sequence.
    keys: String,
    label: String,
    region: HotkeyRegion,
    act: Arc<dyn Fn() + Send + Sync>,
}

#[derive(Clone, Copy)]
pub struct Hotkeys {
    all: RwSignal<Vec<Hotkey>>,
    next: StoredValue<u32>,
    /// First key of a sequence that waits for its second.
    leader: RwSignal<Option<String>>,
    pub help_open: RwSignal<bool>,
}

const SEQUENCE: Duration = Duration::from_secs(1);

impl Hotkeys {
    /// Call once, at the root.
    pub fn provide() -> Hotkeys {
        let hotkeys = Hotkeys {
            all: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            leader: RwSignal::new(None),
            help_open: RwSignal::new(false),
        };
        provide_context(hotkeys);
        let listener = window_event_listener(ev::keydown, move |ev| hotkeys.heard(&ev));
        on_cleanup(move || listener.remove());
        hotkeys
    }

    fn heard(self, ev: &web_sys::KeyboardEvent) {
        if ev.default_prevented() || ev.alt_key() {
            return;
        }
        let command = ev.ctrl_key() || ev.meta_key();
        if !command && (is_typing(ev.target()) || modal_is_open()) {
            return;
        }
        let key = if command { format!("mod+{}", ev.key().to_lowercase()) } else { ev.key() };
        let sequence = self.leader.try_get_untracked().flatten().map(|leader| format!("{leader} {key}"));
        self.leader.set(None);
        let find = |keys: &str| {
            // The newest wins: a page may take a key that the frame uses.
            self.all.with_untracked(|all| all.iter().rev().find(|h| h.keys == keys).map(|h| h.act.clone()))
        };
        let act = sequence.as_deref().and_then(find).or_else(|| find(&key));
        if let Some(act) = act {
            ev.prevent_default();
            act();
            return;
        }
        let starts = format!("{key} ");
        if !command && self.all.with_untracked(|all| all.iter().any(|h| h.keys.starts_with(&starts))) {
            self.leader.set(Some(key));
            set_timeout(
                move || {
                    self.leader.try_set(None);
                },
                SEQUENCE,
            );
        }
    }

    fn add(self, keys: &str, label: String, region: HotkeyRegion, act: Arc<dyn Fn() + Send + Sync>) -> u32 {
        let id = self.next.get_value() + 1;
        self.next.set_value(id);
        self.all.update(|all| all.push(Hotkey { id, keys: keys.to_owned(), label, region, act }));
        id
    }
}

/// Registers a shortcut for as long as the present component lives.
pub fn use_hotkey(keys: &str, label: impl Into<String>, region: HotkeyRegion, act: impl Fn() + Send + Sync + 'static) {
    let hotkeys = expect_context::<Hotkeys>();
    let id = hotkeys.add(keys, label.into(), region, Arc::new(act));
    on_cleanup(move || {
        hotkeys.all.try_update(|all| all.retain(|hotkey| hotkey.id != id));
    });
}

/// "mod+k", "g d", "Enter" as keys on a keyboard.
#[component]
pub fn KeyHint(#[prop(into)] keys: String) -> AnyView {
    let one = |key: &str| {
        let face = match key {
            "mod" => "Ctrl".to_owned(),
            "ArrowDown" => "↓".to_owned(),
            "ArrowUp" => "↑".to_owned(),
            "Enter" => "↵".to_owned(),
            "Escape" => "Esc".to_owned(),
            "Shift" => "⇧".to_owned(),
            other => other.to_uppercase(),
        };
        view! { <kbd>{face}</kbd> }
    };
    let parts: Vec<AnyView> = keys
        .split(' ')
        .enumerate()
        .map(|(at, chord)| {
            let then = (at > 0).then(|| view! { <span class="faint small">{t().keys_then()}</span> });
            view! { {then} {chord.split('+').map(one).collect_view()} }.into_any()
        })
        .collect();
    view! { <span class="keys">{parts}</span> }.into_any()
}

/// Opened by `?`: every shortcut that works here and now.
#[component]
pub fn ShortcutsHelp(hotkeys: Hotkeys) -> AnyView {
    let list_keys = || {
        let t = t();
        [
            ("J", t.keys_down()),
            ("K", t.keys_up()),
            ("X", t.keys_select()),
            ("Shift+ArrowDown", t.keys_extend()),
            ("Enter", t.keys_open()),
            ("Escape", t.keys_close()),
        ]
    };
    let region = move |title: &'static str, region: HotkeyRegion| {
        let mut lines: Vec<(String, String)> = hotkeys
            .all
            .with(|all| all.iter().filter(|h| h.region == region).map(|h| (h.keys.clone(), h.label.clone())).collect());
        if region == HotkeyRegion::Lists {
            lines.extend(list_keys().map(|(keys, label)| (keys.to_owned(), label.to_owned())));
        }
        (!lines.is_empty()).then(|| {
            let lines = lines.into_iter().map(|(keys, label)| {
                view! { <div class="keys-line"><dt>{label}</dt><dd><KeyHint keys=keys /></dd></div> }.into_any()
            });
            view! {
                <section class="keys-region">
                    <h3>{title}</h3>
                    <dl>{lines.collect_view()}</dl>
                </section>
            }
            .into_any()
        })
    };
    view! {
        <Dialog open=hotkeys.help_open title=t().keys_title() wide=true on_close=move || hotkeys.help_open.set(false)>
            <div class="keys-help">
                {region(t().keys_everywhere(), HotkeyRegion::Everywhere)}
                {region(t().keys_lists(), HotkeyRegion::Lists)}
                {region(t().keys_here(), HotkeyRegion::Page)}
            </div>
        </Dialog>
    }
    .into_any()
}

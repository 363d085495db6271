//! Shortcuts: one listener for the window, one register that the help reads.
//!
//! `hotkey("f", label, region, act)` lives as long as its page. "g d" is a sequence: g, then d within a second.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;

use super::dialog::Dialog;
use crate::browser::{is_typing, modal_is_open, popover_is_open};
use crate::dom::{View, div, el, span};
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
    /// Absent where the help names the key already.
    label: Option<String>,
    region: HotkeyRegion,
    act: Rc<dyn Fn()>,
}

thread_local! {
    static ALL: RefCell<Vec<Hotkey>> = const { RefCell::new(Vec::new()) };
    static NEXT: RefCell<u32> = const { RefCell::new(0) };
    /// First key of a sequence that waits for its second.
    static LEADER: RefCell<Option<String>> = const { RefCell::new(None) };
    static HELP: OnceCell<RwSignal<bool>> = const { OnceCell::new() };
}

const SEQUENCE: Duration = Duration::from_secs(1);

/// Whether the help is open. First asked for at the root of the application.
pub fn shortcuts_help_open() -> RwSignal<bool> {
    HELP.with(|cell| *cell.get_or_init(|| RwSignal::new(false)))
}

/// Starts to listen. Once, at the root.
pub fn listen_to_keys() {
    window_event_listener(ev::keydown, heard);
}

fn heard(ev: web_sys::KeyboardEvent) {
    if ev.default_prevented() || ev.alt_key() {
        return;
    }
    let command = ev.ctrl_key() || ev.meta_key();
    // Esc is no letter: it may leave a field, too.
    let typing = is_typing(ev.target()) && ev.key() != "Escape";
    if !command && (typing || modal_is_open() || popover_is_open()) {
        return;
    }
    let key = if command { format!("mod+{}", ev.key().to_ascii_lowercase()) } else { ev.key() };
    let sequence = LEADER.take().map(|leader| format!("{leader} {key}"));
    // The newest wins: a page may take a key that the frame uses.
    let find = |keys: &str| ALL.with_borrow(|all| all.iter().rev().find(|h| h.keys == keys).map(|h| h.act.clone()));
    if let Some(act) = sequence.as_deref().and_then(find).or_else(|| find(&key)) {
        ev.prevent_default();
        act();
        return;
    }
    let starts = format!("{key} ");
    if !command && ALL.with_borrow(|all| all.iter().any(|h| h.keys.starts_with(&starts))) {
        LEADER.set(Some(key));
        set_timeout(
            || {
                LEADER.take();
            },
            SEQUENCE,
        );
    }
}

/// A shortcut for as long as the present page or part lives.
pub fn hotkey(keys: &str, label: impl Into<String>, region: HotkeyRegion, act: impl Fn() + 'static) {
    register(keys, Some(label.into()), region, Rc::new(act));
}

/// One of the keys that the help tells for every list.
pub(super) fn list_key(keys: &str, act: impl Fn() + 'static) {
    register(keys, None, HotkeyRegion::Lists, Rc::new(act));
}

fn register(keys: &str, label: Option<String>, region: HotkeyRegion, act: Rc<dyn Fn()>) {
    let id = NEXT.with_borrow_mut(|next| {
        *next += 1;
        *next
    });
    let hotkey = Hotkey { id, keys: keys.to_owned(), label, region, act };
    ALL.with_borrow_mut(|all| all.push(hotkey));
    on_cleanup(move || ALL.with_borrow_mut(|all| all.retain(|hotkey| hotkey.id != id)));
}

/// "mod+k", "g d", "Enter" as keys on a keyboard.
pub fn key_hint(keys: &str) -> View {
    let one = |key: &str| {
        let upper = key.to_ascii_uppercase();
        el("kbd").child(match key {
            "mod" => "Ctrl",
            "ArrowDown" => "↓",
            "ArrowUp" => "↑",
            "Enter" => "↵",
            "Escape" => "Esc",
            "Shift" => "⇧",
            _ => upper.as_str(),
        })
    };
    let mut hint = span("keys");
    for (at, chord) in keys.split(' ').enumerate() {
        if at > 0 {
            hint = hint.child(span("faint small").child(t().keys_then()));
        }
        hint = hint.children(chord.split('+').map(one));
    }
    hint
}

/// Opened by `?`: every shortcut that works here and now.
pub fn shortcuts_help() -> View {
    let body = || {
        let t = t();
        let lists = [
            ("J", t.keys_down()),
            ("K", t.keys_up()),
            ("X", t.keys_select()),
            ("Shift+ArrowDown", t.keys_extend()),
            ("Enter", t.keys_open()),
            ("Escape", t.keys_close()),
        ];
        let region = |title: &str, region: HotkeyRegion| {
            let mut lines: Vec<(String, String)> = ALL.with_borrow(|all| {
                all.iter()
                    .filter(|h| h.region == region)
                    .filter_map(|h| Some((h.keys.clone(), h.label.clone()?)))
                    .collect()
            });
            if region == HotkeyRegion::Lists {
                lines.extend(lists.map(|(keys, label)| (keys.to_owned(), label.to_owned())));
            }
            let line = |(keys, label): (String, String)| {
                div("keys-line").child(el("dt").child(label)).child(el("dd").child(key_hint(&keys)))
            };
            (!lines.is_empty()).then(|| {
                el("section")
                    .class("keys-region")
                    .child(el("h3").child(title))
                    .child(el("dl").children(lines.into_iter().map(line)))
            })
        };
        div("keys-help")
            .child(region(t.keys_everywhere(), HotkeyRegion::Everywhere))
            .child(region(t.keys_lists(), HotkeyRegion::Lists))
            .child(region(t.keys_here(), HotkeyRegion::Page))
    };
    Dialog::new(shortcuts_help_open(), t().keys_title(), body).wide().into()
}

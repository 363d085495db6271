//! A sentence that appears beside what it explains, on hover and on focus, and is read with it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;

use crate::browser::{place_beside, unique_id};
use crate::dom::{View, span};

const HOVER_DELAY: Duration = Duration::from_millis(300);

pub fn tooltip(text: &str, explained: impl Into<View>) -> View {
    let id = unique_id("tip");
    let tip = span("float tip").id(&id).attr("role", "tooltip").attr("popover", "manual").child(text);
    let anchor = span("tip-anchor").attr("tabindex", "0").attr("aria-describedby", &id).child(explained.into());
    let waiting = Rc::new(Cell::new(None::<TimeoutHandle>));
    let (shown, beside, hidden) = (tip.clone(), anchor.clone(), tip.clone());
    let show = Rc::new(move || {
        let _ = shown.html().show_popover();
        place_beside(beside.element(), shown.html(), false, false);
    });
    let timer = waiting.clone();
    let hide = Rc::new(move || {
        if let Some(timer) = timer.take() {
            timer.clear();
        }
        let _ = hidden.html().hide_popover();
    });
    let (later, leave, blur, escape) = (show.clone(), hide.clone(), hide.clone(), hide);
    let anchor = anchor
        .on("mouseenter", move |_| {
            let show = later.clone();
            waiting.set(set_timeout_with_handle(move || show(), HOVER_DELAY).ok());
        })
        .on("mouseleave", move |_| leave())
        .on("focusin", move |_| show())
        .on("focusout", move |_| blur())
        .on_key(move |ev| {
            if ev.key() == "Escape" {
                escape();
            }
        });
    View::all([anchor, tip])
}

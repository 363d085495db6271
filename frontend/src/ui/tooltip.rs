//! A sentence that appears beside what it explains, on hover and on focus, and is read with it.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;

use crate::browser::{place_beside, unique_id};

const HOVER_DELAY: Duration = Duration::from_millis(300);

#[component]
pub fn Tooltip(#[prop(into)] text: String, children: Children) -> AnyView {
    let id = unique_id("tip");
    let anchor = NodeRef::<html::Span>::new();
    let tip = NodeRef::<html::Span>::new();
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let show = move || {
        let (Some(anchor), Some(tip)) = (anchor.try_get_untracked().flatten(), tip.try_get_untracked().flatten())
        else {
            return;
        };
        let _ = tip.show_popover();
        place_beside(&anchor, &tip, false, false);
    };
    let hide = move || {
        if let Some(timer) = waiting.try_update_value(Option::take).flatten() {
            timer.clear();
        }
        if let Some(tip) = tip.get_untracked() {
            let _ = tip.hide_popover();
        }
    };
    view! {
        <span
            node_ref=anchor
            class="tip-anchor"
            tabindex="0"
            aria-describedby=id.clone()
            on:mouseenter=move |_| waiting.set_value(set_timeout_with_handle(show, HOVER_DELAY).ok())
            on:mouseleave=move |_| hide()
            on:focusin=move |_| show()
            on:focusout=move |_| hide()
            on:keydown=move |ev| {
                if ev.key() == "Escape" {
                    hide();
                }
            }
        >
            {children()}
        </span>
        <span id=id node_ref=tip class="float tip" role="tooltip" popover="manual">
            {text}
        </span>
    }
    .into_any()
}

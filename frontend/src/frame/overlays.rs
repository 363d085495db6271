//! What may float over any page: messages, palette, help, the end of the session. And the focus between pages.

use leptos::prelude::*;

use super::address::{address, href};
use super::page::TITLE_ID;
use crate::api::session::{self, State};
use crate::browser::{element, focus};
use crate::dom::{View, div, el, memo, p, show};
use crate::text::t;
use crate::ui::{
    Button, HotkeyRegion, command_palette, hotkey, palette_open, shortcuts_help, shortcuts_help_open, toast_region,
};

/// Where a person signs in; the page they come from is in `next`.
pub const SIGN_IN: &str = "/connexion";

pub fn overlays() -> View {
    let t = t();
    let (palette, help) = (palette_open(), shortcuts_help_open());
    hotkey("mod+k", t.keys_palette(), HotkeyRegion::Everywhere, move || palette.update(|open| *open = !*open));
    hotkey("?", t.keys_help(), HotkeyRegion::Everywhere, move || help.set(true));
    View::all([toast_region(), command_palette(), shortcuts_help(), session_over()])
}

/// The session ended while a page was open: the page stays as it is behind, nothing typed is lost until the person leaves.
fn session_over() -> View {
    let state = session::state();
    show(
        move || state.get() == State::Expired,
        || {
            let t = t();
            let back = href(SIGN_IN, &[("next", &address().href(&[]))]);
            let card = div("alarm-card")
                .child(el("h2").id("session-over").child(t.session_over_title()))
                .child(p("soft").child(t.session_over_detail()))
                .child(Button::link(t.session_over_act(), &back).primary());
            div("alarm")
                .attr("role", "alertdialog")
                .attr("aria-modal", "true")
                .attr("aria-labelledby", "session-over")
                .child(card)
        },
    )
}

/// After a change of page the focus goes to its heading, so that a screen reader says where one is and Tab starts there.
pub fn follow_page_changes() {
    let path = address().path;
    let path = memo(move || path.get());
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            request_animation_frame(|| {
                if element(TITLE_ID).is_some() {
                    focus(TITLE_ID);
                } else {
                    focus("main");
                }
            });
        }
        now
    });
}

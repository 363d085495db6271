//! What may float over any page: messages, palette, help, the end of the session. And the focus between pages.

use leptos::prelude::*;

use super::address::{link, use_address};
use super::page::TITLE_ID;
use crate::api::session::{self, State};
use crate::browser::{element, focus};
use crate::text::t;
use crate::ui::{
    Button, CommandPalette, Commands, HotkeyRegion, Hotkeys, Look, ShortcutsHelp, ToastRegion, Toasts, use_hotkey,
};

/// Where a person signs in; the page they come from is in `next`.
pub const SIGN_IN: &str = "/connexion";

#[component]
pub fn Overlays(hotkeys: Hotkeys, commands: Commands, toasts: Toasts) -> AnyView {
    let t = t();
    use_hotkey("mod+k", t.keys_palette(), HotkeyRegion::Everywhere, move || {
        commands.open.update(|open| *open = !*open);
    });
    use_hotkey("?", t.keys_help(), HotkeyRegion::Everywhere, move || hotkeys.help_open.set(true));
    view! {
        <ToastRegion toasts=toasts />
        <CommandPalette commands=commands />
        <ShortcutsHelp hotkeys=hotkeys />
        <SessionOver />
    }
    .into_any()
}

/// The session ended while a page was open: the page stays as it is behind, nothing typed is lost until the person leaves.
#[component]
fn SessionOver() -> AnyView {
    let state = session::state();
    let address = use_address();
    let over = move || {
        (state.get() == State::Expired).then(|| {
            let t = t();
            let here = address.href(&[]);
            view! {
                <div class="alarm" role="alertdialog" aria-modal="true" aria-labelledby="session-over">
                    <div class="alarm-card">
                        <h2 id="session-over">{t.session_over_title()}</h2>
                        <p class="soft">{t.session_over_detail()}</p>
                        <Button
                            label=t.session_over_act()
                            look=Look::Primary
                            autofocus=true
                            href=link(SIGN_IN, &[("next", &here)])
                        />
                    </div>
                </div>
            }
            .into_any()
        })
    };
    over.into_any()
}

/// After a change of page the focus goes to its heading, so that a screen reader says where one is and Tab starts there.
#[component]
pub fn RouteFocus() -> AnyView {
    let path = use_address().path;
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
    ().into_any()
}

//! The routes, and what lives as long as the application.

use leptos::prelude::*;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::path;

use crate::frame::preferences;
use crate::frame::{Overlays, RouteFocus, SignedIn};
use crate::pages;
use crate::ui::{Commands, Hotkeys, Toasts};

#[component]
pub fn App() -> AnyView {
    let language = preferences::provide_language();
    let hotkeys = Hotkeys::provide();
    let commands = Commands::provide();
    let toasts = Toasts::provide();
    // A switch of language draws the whole screen again; see `text`.
    let screen = move || {
        language.track();
        view! {
            <Routes fallback=|| pages::not_found()>
                <ParentRoute path=path!("") view=SignedIn>
                    <Route path=path!("/") view=pages::home />
                </ParentRoute>
                <Route path=path!("/styleguide") view=pages::styleguide />
            </Routes>
            <Overlays hotkeys=hotkeys commands=commands toasts=toasts />
        }
        .into_any()
    };
    view! {
        <Router>
            <RouteFocus />
            {screen}
        </Router>
    }
    .into_any()
}

//! Details beside their list. Not modal: the list stays usable and keeps its place.

use leptos::html;
use leptos::prelude::*;
use send_wrapper::SendWrapper;

use super::button::{Button, Look};
use super::icon::Icon;
use crate::browser::{active_element, unique_id};
use crate::text::t;

#[component]
pub fn SidePanel(
    #[prop(into)] title: Signal<String>,
    #[prop(into)] on_close: Callback<()>,
    /// Buttons at the right of the title: open full page, more.
    #[prop(optional, into)]
    actions: Option<ViewFn>,
    children: Children,
) -> AnyView {
    let id = unique_id("panel");
    let node = NodeRef::<html::Aside>::new();
    let heading = NodeRef::<html::H2>::new();
    // Focus comes in with the panel and goes back to where it was.
    let before = active_element().map(SendWrapper::new);
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            let _ = heading.focus();
        }
    });
    on_cleanup(move || {
        if let Some(before) = before.filter(|element| element.is_connected()) {
            let _ = before.focus();
        }
    });
    let label = id.clone();
    view! {
        <aside
            node_ref=node
            class="panel"
            aria-labelledby=label
            on:keydown=move |ev| {
                if ev.key() == "Escape" && !ev.default_prevented() {
                    ev.prevent_default();
                    on_close.run(());
                }
            }
        >
            <header class="panel-head">
                <h2 id=id node_ref=heading tabindex="-1" class="truncate">{move || title.get()}</h2>
                <span class="row">
                    {actions.map(|actions| actions.run())}
                    <Button label=t().panel_close() icon=Icon::Close icon_only=true look=Look::Quiet small=true on_press=move || on_close.run(()) />
                </span>
            </header>
            <div class="panel-body">{children()}</div>
        </aside>
    }
    .into_any()
}

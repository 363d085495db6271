//! A menu of acts behind a button. The browser's popover closes it on Esc and on a press elsewhere.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, ToggleEvent};

use super::button::Look;
use super::icon::{Icon, icon as draw};
use crate::browser::{active_element, place_beside, unique_id};

type Act = Arc<dyn Fn() + Send + Sync>;

#[derive(Clone)]
pub enum MenuItem {
    Act {
        label: String,
        icon: Option<Icon>,
        danger: bool,
        act: Act,
    },
    Link {
        label: String,
        icon: Option<Icon>,
        href: String,
    },
    /// One of a group (theme, language) or a box of its own (columns): shows whether it is chosen.
    Check {
        label: String,
        checked: bool,
        act: Act,
    },
    Heading(String),
    Line,
}

impl MenuItem {
    pub fn act(icon: Icon, label: impl Into<String>, act: impl Fn() + Send + Sync + 'static) -> MenuItem {
        MenuItem::Act { label: label.into(), icon: Some(icon), danger: false, act: Arc::new(act) }
    }

    pub fn danger(icon: Icon, label: impl Into<String>, act: impl Fn() + Send + Sync + 'static) -> MenuItem {
        MenuItem::Act { label: label.into(), icon: Some(icon), danger: true, act: Arc::new(act) }
    }

    pub fn link(icon: Icon, label: impl Into<String>, href: impl Into<String>) -> MenuItem {
        MenuItem::Link { label: label.into(), icon: Some(icon), href: href.into() }
    }

    pub fn check(label: impl Into<String>, checked: bool, act: impl Fn() + Send + Sync + 'static) -> MenuItem {
        MenuItem::Check { label: label.into(), checked, act: Arc::new(act) }
    }
}

#[component]
pub fn Menu(
    /// What the button says, or is called when it shows an icon alone.
    #[prop(into)]
    label: String,
    #[prop(optional)] icon: Option<Icon>,
    #[prop(optional)] icon_only: bool,
    #[prop(optional)] look: Look,
    #[prop(optional)] small: bool,
    /// Opens towards the left, for buttons at the right edge.
    #[prop(optional)]
    align_end: bool,
    /// What the button shows instead of icon and label.
    #[prop(optional)]
    face: Option<ViewFn>,
    /// Asked each time the menu opens.
    #[prop(into)]
    items: Callback<(), Vec<MenuItem>>,
) -> AnyView {
    let id = unique_id("menu");
    let open = RwSignal::new(false);
    let popover = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();

    let close = move || {
        if let Some(popover) = popover.get_untracked() {
            let _ = popover.hide_popover();
        }
    };
    let on_toggle = move |ev: ev::Event| {
        let (Some(popover), Some(button)) = (popover.get_untracked(), button.get_untracked()) else { return };
        if ev.unchecked_ref::<ToggleEvent>().new_state() == "open" {
            place_beside(&button, &popover, align_end, false);
            let _ = popover.class_list().add_1("placed");
            step_focus(&popover, Step::First);
        } else {
            let _ = popover.class_list().remove_1("placed");
            open.set(false);
        }
    };
    let on_keydown = move |ev: ev::KeyboardEvent| {
        let Some(popover) = popover.get_untracked() else { return };
        let step = match ev.key().as_str() {
            "ArrowDown" => Step::Next,
            "ArrowUp" => Step::Previous,
            "Home" => Step::First,
            "End" => Step::Last,
            "Tab" => {
                close();
                return;
            }
            _ => return,
        };
        ev.prevent_default();
        ev.stop_propagation();
        step_focus(&popover, step);
    };

    let mut class = String::from(look.class());
    if small {
        class.push_str(" btn-small");
    }
    if icon_only {
        class.push_str(" btn-icon");
    }
    let face = match face {
        Some(face) => face.run(),
        None => view! {
            {icon.map(draw)}
            {(!icon_only).then(|| label.clone())}
            {(!icon_only).then(|| draw(Icon::Down))}
        }
        .into_any(),
    };
    let item = move |item: MenuItem| match item {
        MenuItem::Heading(label) => view! { <p class="menu-heading" role="presentation">{label}</p> }.into_any(),
        MenuItem::Line => view! { <hr /> }.into_any(),
        MenuItem::Link { label, icon, href } => view! {
            <a role="menuitem" class="menu-item" tabindex="-1" href=href on:click=move |_| close()>
                {icon.map(draw)}
                <span>{label}</span>
            </a>
        }
        .into_any(),
        MenuItem::Act { label, icon, danger, act } => view! {
            <button
                type="button"
                role="menuitem"
                class="menu-item"
                class:menu-danger=danger
                tabindex="-1"
                on:click=move |_| {
                    close();
                    act();
                }
            >
                {icon.map(draw)}
                <span>{label}</span>
            </button>
        }
        .into_any(),
        MenuItem::Check { label, checked, act } => view! {
            <button
                type="button"
                role="menuitemcheckbox"
                aria-checked=if checked { "true" } else { "false" }
                class="menu-item"
                tabindex="-1"
                on:click=move |_| {
                    close();
                    act();
                }
            >
                <span class="menu-check">{checked.then(|| draw(Icon::Check))}</span>
                <span>{label}</span>
            </button>
        }
        .into_any(),
    };
    let (target, title) = (id.clone(), icon_only.then(|| label.clone()));
    let name = label.clone();
    view! {
        <button
            type="button"
            node_ref=button
            class=class
            title=title.clone()
            aria-label=title
            aria-haspopup="menu"
            aria-expanded=move || if open.get() { "true" } else { "false" }
            popovertarget=target
            // The items must stand before the browser shows the popover in answer to this press.
            on:click=move |_| open.set(true)
        >
            {face}
        </button>
        <div
            id=id
            node_ref=popover
            class="float menu"
            role="menu"
            aria-label=name
            popover="auto"
            on:toggle=on_toggle
            on:keydown=on_keydown
        >
            {move || open.get().then(|| items.run(()).into_iter().map(item).collect_view())}
        </div>
    }
    .into_any()
}

pub(super) enum Step {
    First,
    Last,
    Next,
    Previous,
}

/// Moves the focus among the items of a menu.
pub(super) fn step_focus(menu: &HtmlElement, step: Step) {
    let Ok(items) = menu.query_selector_all("[role^=menuitem]") else { return };
    let count = items.length();
    if count == 0 {
        return;
    }
    let now = active_element();
    let at = (0..count)
        .find(|i| items.get(*i).is_some_and(|node| now.as_ref().is_some_and(|now| now.is_same_node(Some(&node)))));
    let next = match (step, at) {
        (Step::First, _) | (Step::Next, None) => 0,
        (Step::Last, _) | (Step::Previous, None) => count - 1,
        (Step::Next, Some(at)) => (at + 1) % count,
        (Step::Previous, Some(at)) => (at + count - 1) % count,
    };
    if let Some(item) = items.get(next).and_then(|node| node.dyn_into::<HtmlElement>().ok()) {
        let _ = item.focus();
    }
}

//! What a person presses. An `href` makes it a link that looks like a button.

use leptos::prelude::*;

use super::icon::{Icon, icon as draw};
use crate::text::t;

#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    #[default]
    Plain,
    /// The one act that this screen is for.
    Primary,
    /// Beside others, in bars and rows.
    Quiet,
    /// Destroys something.
    Danger,
}

impl Look {
    pub(super) fn class(self) -> &'static str {
        match self {
            Look::Plain => "btn",
            Look::Primary => "btn btn-primary",
            Look::Quiet => "btn btn-quiet",
            Look::Danger => "btn btn-danger",
        }
    }
}

#[component]
pub fn Button(
    #[prop(into)] label: String,
    #[prop(optional)] look: Look,
    #[prop(optional)] icon: Option<Icon>,
    /// Shows the icon alone; the label is what a screen reader says and what the tooltip shows.
    #[prop(optional)]
    icon_only: bool,
    #[prop(optional)] small: bool,
    /// The act is under way: the button says so and ignores presses, but keeps the focus.
    #[prop(optional, into)]
    busy: Signal<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional)] submit: bool,
    #[prop(optional, into)] href: Option<String>,
    /// Fills the width of its container.
    #[prop(optional)]
    wide: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional, into)] on_press: Option<Callback<()>>,
) -> AnyView {
    let mut class = String::from(look.class());
    for (set, name) in [(small, " btn-small"), (icon_only, " btn-icon"), (wide, " btn-wide")] {
        if set {
            class.push_str(name);
        }
    }
    let title = icon_only.then(|| label.clone());
    let aria = title.clone();
    let inner = view! {
        {icon.map(draw)}
        {(!icon_only).then_some(label)}
    }
    .into_any();
    if let Some(href) = href {
        return view! { <a class=class href=href title=title aria-label=aria>{inner}</a> }.into_any();
    }
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=class
            title=title
            aria-label=aria
            autofocus=autofocus
            disabled=move || disabled.get()
            aria-busy=move || busy.get().then_some("true")
            aria-disabled=move || busy.get().then_some("true")
            on:click=move |ev| {
                if busy.get_untracked() {
                    ev.prevent_default();
                    return;
                }
                if let Some(on_press) = on_press {
                    on_press.run(());
                }
            }
        >
            {move || busy.get().then(|| view! { <span class="spinner" aria-hidden="true"></span><span class="sr-only">{t().busy()}</span> })}
            {inner}
        </button>
    }
    .into_any()
}

//! The head of a page: its title, a sentence, its acts.

use leptos::prelude::*;

use crate::browser::set_title;

/// The id of the heading that takes the focus when the page changes.
pub(super) const TITLE_ID: &str = "page-title";

/// Names the page in the tab of the browser.
pub fn page_title(title: &str) {
    set_title(title);
}

#[component]
pub fn PageHead(
    #[prop(into)] title: String,
    /// A sentence under the title; a closure when it carries live numbers.
    #[prop(optional, into)]
    lead: Option<ViewFn>,
    /// Buttons at the right, the main act last.
    #[prop(optional)]
    children: Option<Children>,
) -> AnyView {
    page_title(&title);
    view! {
        <header class="page-head">
            <div class="stack-tight">
                <h1 id=TITLE_ID tabindex="-1">{title}</h1>
                {lead.map(|lead| view! { <p class="soft">{lead.run()}</p> })}
            </div>
            {children.map(|children| view! { <div class="row">{children()}</div> })}
        </header>
    }
    .into_any()
}

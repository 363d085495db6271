//! The head of a page: its title, a sentence, its acts.

use crate::browser::set_title;
use crate::dom::{View, div, el, p};

/// The id of the heading that takes the focus when the page changes.
pub const TITLE_ID: &str = "page-title";

/// Names the page in the tab of the browser.
pub fn page_title(title: &str) {
    set_title(title);
}

/// `lead`: a sentence under the title, live where it carries numbers. `acts`: buttons at the right, the main one last.
pub fn page_head(title: &str, lead: impl Into<View>, acts: impl Into<View>) -> View {
    page_title(title);
    let words = div("stack-tight")
        .child(el("h1").id(TITLE_ID).attr("tabindex", "-1").child(title))
        .child(p("page-lead soft").child(lead.into()));
    el("header").class("page-head").child(words).child(div("row").child(acts.into()))
}

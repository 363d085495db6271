//! `/flux`: invoices and transmissions over all platforms. Tab, filters, order and the open flow stand in the address.
//!
//! * `list` `detail`  the flows, and the history of one
//! * `handle`         what the firm has done about some
//! * `reading`        words of platforms that nobody has read
//! * `platforms`      platform beside platform
//! * `connections`    messages and invoices as files

mod connections;
mod detail;
mod handle;
mod list;
mod platforms;
mod query;
mod reading;
mod words;

use contract::endpoint::op;
use contract::{Nothing, WordList};
use domain::Permission;
use leptos::prelude::*;

pub use list::of_dossier;

use crate::api::{Load, ask, load};
use crate::dom::{View, div, show};
use crate::frame::{Step, address, page_head};
use crate::pages::lists::PANEL;
use crate::session;
use crate::text::t;
use crate::ui::{Button, Icon, Tab, tabs};

const TAB: &str = "tab";

/// `/flux`.
pub fn page() -> View {
    let words: Load<WordList> = load(|| (), |()| ask::<op::ListWords>(Nothing {}, Nothing {}));
    let acts = show(
        || session::can(Permission::ImportRun),
        || Button::link(t().flows_import(), "/imports?subject=flows").icon(Icon::Import).primary().into(),
    );
    let t = t();
    let waiting = move || words.value.with(|list| list.as_ref().map_or(0, |list| list.unread.len() as u64));
    let mut list = vec![
        Tab::new("list", t.flows_tab_list()),
        Tab::new("words", t.flows_tab_words()).count_of(waiting),
        Tab::new("platforms", t.flows_tab_platforms()),
    ];
    if untrack(|| session::can(Permission::ImportRun)) {
        list.push(Tab::new("connections", t.flows_tab_connections()));
    }
    let chosen = address().text(TAB);
    let change = |key: &'static str| {
        let mut changes: Vec<(&str, Option<&str>)> = query::FILTERS.iter().map(|of| (*of, None)).collect();
        changes.extend([
            (PANEL, None),
            (connections::OPEN, None),
            ("sort", None),
            (TAB, Some(key).filter(|key| *key != "list")),
        ]);
        address().set(&changes, Step::Push);
    };
    let panel = move |key: &'static str| match key {
        "words" => reading::view(words),
        "platforms" => platforms::view(),
        "connections" => connections::view(),
        _ => list::view(),
    };
    div("page flows-page").child(page_head(t.flows_title(), t.flows_lead(), acts)).child(tabs(
        t.flows_tabs(),
        list,
        move || chosen.get(),
        change,
        panel,
    ))
}

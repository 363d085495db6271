//! What the lists of the pages share: the address holds their filters, and which row stands open beside them.

use contract::Several;
use domain::relance::RelancePurpose;
use leptos::prelude::*;

use super::dossier;
use crate::api::say;
use crate::dom::{View, live, memo, show};
use crate::frame::{Step, address, portfolio_scope};
use crate::text::t;
use crate::ui::{Button, Choice, Filter, Icon, Table, filter_bar};

/// The row whose details stand in the side panel.
pub const PANEL: &str = "panel";

pub fn open_panel(id: &str) {
    address().set(&[(PANEL, Some(id))], Step::Push);
}

pub fn close_panel() {
    address().set(&[(PANEL, None)], Step::Push);
}

/// A table whose rows open in the side panel.
pub fn opening(table: Table) -> Table {
    let opened = address().get(PANEL);
    table.opens(move || opened.get(), |id| open_panel(&id), close_panel)
}

/// Stands while the address names something; `content` is given what it names, which the panel follows.
pub fn panel<Id>(read: fn(&str) -> Option<Id>, content: impl Fn(Memo<Id>) -> View + 'static) -> View
where
    Id: Copy + PartialEq + Send + Sync + 'static,
{
    let asked = address().get(PANEL);
    let id = memo(move || asked.get().and_then(|id| read(&id)));
    show(
        move || id.get().is_some(),
        move || {
            let Some(first) = id.get_untracked() else { return View::none() };
            // The last one stays while the panel closes.
            content(Memo::new(move |before: Option<&Id>| id.get().or(before.copied()).unwrap_or(first)))
        },
    )
}

/// The way from the panel to the page of what it shows.
pub fn full_page(href: impl Fn() -> String + 'static) -> View {
    live(move || Button::link(t().open_page(), &href()).icon_only(Icon::External).quiet().small())
}

/// Takes parameters out of the address.
pub fn clear(keys: &[&'static str]) {
    let changes: Vec<(&str, Option<&str>)> = keys.iter().map(|key| (*key, None)).collect();
    address().set(&changes, Step::Push);
}

/// Filters that the address holds: `all` are its parameters, the search among them; those of `single` hold one value, not
/// alternatives.
pub fn filters(filters: Vec<Filter>, single: &'static [&'static str], all: &'static [&'static str]) -> View {
    filter_bar(
        filters,
        |key, values| {
            let value = if single.contains(&key) {
                values.last().cloned().unwrap_or_default()
            } else {
                Several(values).to_string()
            };
            address().set(&[(key, Some(&value))], Step::Push);
        },
        // The search has its own cross.
        || clear(&all.iter().copied().filter(|key| *key != "q").collect::<Vec<_>>()),
    )
}

/// Draws filters, and again when a portfolio is chosen in the top bar: then (`true`) one on portfolios would say nothing.
pub fn scoped_filters(filters: impl Fn(bool) -> View + 'static) -> View {
    let scope = portfolio_scope();
    let scoped = memo(move || scope.with(Option::is_some));
    live(move || {
        let scoped = scoped.get();
        untrack(|| filters(scoped))
    })
}

pub fn portfolios() -> Vec<Choice> {
    dossier::portfolios().into_iter().chain([Choice::new("none", t().outside_portfolios())]).collect()
}

pub fn portfolio_filter() -> Filter {
    Filter::new("portfolio_id", t().fact_portfolio(), address().list("portfolio_id"), portfolios)
}

pub fn people_or_nobody() -> Vec<Choice> {
    dossier::people().into_iter().chain([Choice::new("none", t().nobody())]).collect()
}

/// What clients may be late for.
pub fn late_purposes() -> Vec<Choice> {
    let awaited = RelancePurpose::ALL.iter().filter(|purpose| purpose.mask() != 0);
    awaited.map(|purpose| Choice::new(purpose.as_str(), say(&purpose.text()))).collect()
}

pub fn yes_or_no() -> Vec<Choice> {
    vec![Choice::new("true", t().yes()), Choice::new("false", t().no())]
}

//! `/parametres`: one's account, the people, their invitations, the portfolios, the cabinet. The tab stands in the
//! address, and so does the row that is open.

mod about;
mod account;
mod addresses;
mod anomalies;
mod cabinet;
mod collection;
mod device;
mod invitations;
mod notifications;
mod people;
mod portfolios;
mod rights;
mod rules;
mod unknown;

pub use device::device;

use domain::Permission;
use leptos::prelude::*;

use crate::api::Failure;
use crate::dom::{View, div};
use crate::frame::{Step, address, page_head};
use crate::session;
use crate::text::t;
use crate::ui::{Choice, Tab, tabs, toasts};

pub fn settings() -> View {
    let t = t();
    let tab = address().text("tab");
    let mut list = vec![
        Tab::new("account", t.settings_account()),
        Tab::new("notifications", t.notifications_title()),
        Tab::new("people", t.settings_people()),
    ];
    if session::can(Permission::PeopleManage) {
        list.push(Tab::new("invitations", t.settings_invitations()));
    }
    list.push(Tab::new("portfolios", t.settings_portfolios()));
    list.push(Tab::new("rules", t.settings_rules()));
    list.push(Tab::new("collection", t.settings_collection()));
    list.push(Tab::new("addresses", t.addresses_title()));
    list.push(Tab::new("anomalies", t.anomalies_title()));
    list.push(Tab::new("cabinet", t.settings_cabinet()));
    list.push(Tab::new("about", t.settings_about()));
    let change = |key: &'static str| {
        let away = [("open", None), ("invite", None), ("alias", None), ("q", None), ("reason", None)];
        let mut changes = vec![("tab", Some(key))];
        changes.extend(away);
        address().set(&changes, Step::Push);
    };
    let panel = |key: &'static str| match key {
        "people" => people::people(),
        "invitations" => invitations::invitations(),
        "portfolios" => portfolios::portfolios(),
        "rules" => rules::rules(),
        "collection" => collection::collection(),
        "addresses" => addresses::addresses(),
        "anomalies" => anomalies::anomalies(),
        "notifications" => notifications::notifications(),
        "cabinet" => cabinet::cabinet(),
        "about" => about::about(),
        _ => account::account(),
    };
    let body = tabs(t.settings_title(), list, move || tab.get(), change, panel);
    div("page settings").child(page_head(t.settings_title(), View::none(), View::none())).child(div("").child(body))
}

/// The version that was read, as `If-Match` wants it.
fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// Somebody else wrote in between: what the person sees is read again, and they are told.
fn stale(failure: &Failure, reload: impl Fn()) -> bool {
    let stale = failure.status() == 412;
    if stale {
        reload();
        toasts().info(t().settings_stale());
    }
    stale
}

/// The portfolios in sight, for choosing.
fn portfolio_choices() -> Vec<Choice> {
    session::portfolios().value.with(|list| {
        list.iter().flat_map(|list| &list.data).map(|p| Choice::new(p.id.to_string(), p.name.clone())).collect()
    })
}

/// Names of portfolios by their ids, in one line.
fn portfolio_names(ids: &[domain::PortfolioId]) -> String {
    session::portfolios().value.with(|list| {
        let name = |id: &domain::PortfolioId| {
            list.as_ref().and_then(|list| list.data.iter().find(|p| p.id == *id)).map(|p| p.name.clone())
        };
        ids.iter().filter_map(name).collect::<Vec<_>>().join(", ")
    })
}

fn ids<T: std::str::FromStr>(texts: &[String]) -> Vec<T> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

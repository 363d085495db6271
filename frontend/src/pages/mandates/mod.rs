//! `/mandats`: what clients sign so that the firm may act, and how it is collected. The tab and its filters stand in the
//! address.
//!
//! * `board`        the collection at a glance, on top of the page and on the cockpit
//! * `register`     the list, and what waits for a decision
//! * `detail` `terms`  one mandate: side panel and page
//! * `act` `request`   what is done to many, and what is asked of dossiers
//! * `answers` `unreachable` `eligibility` `campaigns`  the other tabs
//! * `mails`        `/envois`
//! * `of_dossier`   the tab of a dossier

mod act;
mod answers;
mod board;
mod campaigns;
mod detail;
mod eligibility;
mod mails;
mod of_dossier;
pub mod query;
mod register;
pub mod request;
mod sheet;
mod terms;
mod unreachable;
mod words;

use contract::Board;
use domain::Permission;
use leptos::prelude::*;

pub use board::card;
pub use detail::page as mandate;
pub use mails::page as mails;
pub use of_dossier::view as of_dossier;

use self::board::Whose;
use self::register::Which;
use crate::api::Load;
use crate::dom::{View, div, memo, p, show};
use crate::frame::{Step, address, page_head, portfolio_scope};
use crate::pages::lists::PANEL;
use crate::session;
use crate::text::t;
use crate::ui::{Button, Choice, Icon, Tab, Tone, notice, segments, tabs};

/// The parameter of the address that says which tab.
const TAB: &str = "tab";

/// Parameters that belong to one tab alone.
const OF_TABS: [&str; 12] = [
    PANEL,
    "kind",
    "mandate",
    "in_force",
    "silent_for_days",
    "ends_within_days",
    "unreachable",
    "dossier_id",
    "proposal",
    "collect",
    "blocker",
    "sort",
];

/// `/mandats`.
pub fn page() -> View {
    let person = address().list("person_id");
    let scope = portfolio_scope();
    let whose = memo(move || {
        // Several people, or nobody: the board has no such view and shows all.
        let person = person.with(|ids| if let [one] = ids.as_slice() { one.parse().ok() } else { None });
        Whose { scope: scope.get(), person }
    });
    let moved = RwSignal::new(0u32);
    let board = board::board(whose, moved);
    let partial = show(
        || session::me().with(|me| me.access == domain::Access::Granted),
        || notice(Tone::Unknown, p("").child(t().mandates_partial())),
    );
    let head_acts = View::all([
        mine(person),
        show(
            || session::can(Permission::DossierWrite),
            || Button::link(t().mandates_request(), &register::missing()).icon(Icon::Plus).primary().into(),
        ),
    ]);
    let panel = move |key: &'static str| match key {
        "decide" => register::view(Which::ToDecide, moved),
        "answers" => answers::view(moved),
        "unreachable" => unreachable::view(moved),
        "eligibility" => eligibility::view(moved),
        "campaigns" => campaigns::view(moved),
        _ => register::view(Which::Register, moved),
    };
    let chosen = address().text(TAB);
    let change = |key: &'static str| {
        let mut changes: Vec<(&str, Option<&str>)> = OF_TABS.iter().map(|of| (*of, None)).collect();
        changes.push((TAB, Some(key).filter(|key| *key != "register")));
        address().set(&changes, Step::Push);
    };
    let over_register = memo(move || chosen.with(|tab| tab.is_empty() || tab == "register"));
    let body = tabs(t().mandates_tabs(), list(board), move || chosen.get(), change, panel);
    div("page mandates-page")
        .child(page_head(t().mandates_title(), t().mandates_lead(), head_acts))
        .child(partial)
        .child(board::view(board, whose, over_register))
        .child(div("mandates-tabs").child(body))
}

/// The numbers beside the tabs are those of the board.
fn list(board: Load<Board>) -> Vec<Tab> {
    let t = t();
    let waiting = |of: fn(&Board) -> u64| move || board.value.with(|board| board.as_ref().map_or(0, of));
    vec![
        Tab::new("register", t.mandates_tab_register()),
        Tab::new("decide", t.mandates_tab_decide()).count_of(waiting(|b| b.to_decide)),
        Tab::new("answers", t.mandates_tab_answers()).count_of(waiting(|b| b.proposals)),
        Tab::new("unreachable", t.mandates_tab_unreachable()).count_of(waiting(|b| b.unreachable)),
        Tab::new("eligibility", t.mandates_tab_eligibility()),
        Tab::new("campaigns", t.mandates_tab_campaigns()),
    ]
}

/// All dossiers in sight, or those of the person.
fn mine(person: Memo<Vec<String>>) -> View {
    let me = session::me();
    let own = move || me.with(|me| me.user_id.to_string());
    let value = move || if person.with(|ids| ids.len() == 1 && ids[0] == own()) { "mine" } else { "" }.to_owned();
    let choices = vec![Choice::new("", t().mandates_all()), Choice::new("mine", t().mandates_mine())];
    segments(t().mandates_whose(), choices, value, move |next| {
        let id = untrack(own);
        address().set(&[("person_id", (next == "mine").then_some(id.as_str())), (PANEL, None)], Step::Push);
    })
}

//! The frame around every page that needs a sign-in: finds out who is there, then fills rail and top bar.

use std::rc::Rc;
use std::time::Duration;

use contract::endpoint::op;
use contract::{Me, Nothing, SearchHit, SearchQuery};
use domain::Permission;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::actions::offer_actions;
use super::address::{Step, address, href};
use super::bell;
use super::overlays::SIGN_IN;
use super::scope::{NO_PORTFOLIO, SCOPE, keep_scope, portfolio_scope};
use super::shell::{Frame, Place, person_items};
use crate::api::live::{self as following, Heard};
use crate::api::session::State;
use crate::api::{self, Failure, request};
use crate::dom::{View, div, el, live, memo, p, show, span};
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Command, Found, Icon, Menu, MenuItem, error_state, icon, set_palette_search, toasts};

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Waiting,
    Out,
    In,
}

/// Opens the session with the cookie when the page has just been loaded. What it answers is why it could not.
pub fn boot() -> RwSignal<Option<Failure>> {
    let failure = RwSignal::new(None);
    if api::session::state().get_untracked() == State::Unknown {
        renew(failure);
    }
    failure
}

fn renew(failure: RwSignal<Option<Failure>>) {
    failure.set(None);
    spawn_local(async move {
        match api::session::renew().await {
            Ok(()) | Err(Failure::SignedOut) => {}
            Err(error) => {
                failure.try_set(Some(error));
            }
        }
    });
}

/// Around every page that needs a sign-in. Whoever is not signed in goes to the sign-in page and comes back. `page` is
/// drawn again when the path changes, the frame is not.
pub fn signed_in(page: impl Fn() -> View + 'static) -> View {
    let (state, me) = (api::session::state(), api::session::me());
    let failure = boot();
    let phase = memo(move || match state.get() {
        State::Unknown => Phase::Waiting,
        State::SignedOut => Phase::Out,
        State::SignedIn | State::Expired => Phase::In,
    });
    Effect::new(move |before: Option<Phase>| {
        let now = phase.get();
        if now == Phase::Out {
            // Who has just signed out does not want to come back to this page.
            let here = if before == Some(Phase::In) { String::new() } else { untrack(|| address().href(&[])) };
            let next = if here == "/" { String::new() } else { here };
            address().replace(&href(SIGN_IN, &[("next", &next)]));
        }
        now
    });
    // Other rights are another frame: other places, other acts on every page.
    let rights = {
        let me = me.clone();
        memo(move || me.with(|me| me.as_ref().map(|me| (me.role, me.permissions.clone()))))
    };
    let page = Rc::new(page);
    live(move || match phase.get() {
        Phase::In => {
            rights.track();
            let page = page.clone();
            me.get_untracked().map(|me| untrack(|| frame(me, page)))
        }
        Phase::Out => None,
        Phase::Waiting => Some(match failure.get() {
            None => waiting(),
            Some(error) => {
                let again = error_state(&error, Some(Rc::new(move || renew(failure))));
                el("main").id("main").class("lone").attr("tabindex", "-1").child(again)
            }
        }),
    })
}

/// The shell of `index.html` again: between the arrival of the application and the answer of the server nothing moves.
fn waiting() -> View {
    let bars = |n: usize| (0..n).map(|_| el("i"));
    div("boot")
        .attr("role", "status")
        .label(t().loading())
        .child(div("boot-rail").child(span("boot-mark")).children(bars(4)))
        .child(div("boot-top").children(bars(1)))
        .child(div("boot-main").children(bars(3)))
}

fn sees(place: &Place) -> bool {
    let permission = match place.href {
        "/imports" => Permission::ImportRun,
        "/journal" => Permission::JournalRead,
        "/parametres" => Permission::SignedIn,
        _ => Permission::DossierRead,
    };
    session::can(permission)
}

fn frame(first: Me, page: Rc<dyn Fn() -> View>) -> View {
    session::provide(first);
    live_numbers();
    keep_scope();
    set_palette_search(find_dossiers);
    offer_actions();
    let me = session::me();
    let frame = Frame {
        scope: scope_menu(),
        jobs: bell::bell(),
        person_name: Box::new(move || me.with(|me| me.name.clone())),
        person_items: Box::new(person_menu),
        banner: demo_banner(),
        sees,
        to_do: Rc::new(to_do),
    };
    frame.around(move || page())
}

/// Follows what others do, and keeps the numbers of the rail with it.
fn live_numbers() {
    following::follow();
    let again = following::gathered(Duration::from_secs(1), session::waiting_moved);
    following::on_live(move |heard| {
        if matches!(heard, Heard::Counts | Heard::Behind) {
            again();
        }
    });
}

/// Only where a person must act: signatures and answers to decide on, messages that did not arrive. Who may only read
/// has nothing to do.
fn to_do(place: &str) -> u64 {
    if !session::can(Permission::DossierWrite) {
        return 0;
    }
    if place == "/relances" {
        return session::chasing().value.with(|chasing| chasing.as_ref().map_or(0, |c| c.approvals + c.tasks));
    }
    session::waiting().value.with(|waiting| match (place, waiting) {
        ("/mandats", Some(waiting)) => waiting.to_decide + waiting.proposals,
        ("/envois", Some(waiting)) => waiting.mails_failed,
        ("/anomalies", Some(waiting)) => waiting.overdue,
        _ => 0,
    })
}

fn scope_menu() -> View {
    let me = session::me();
    let portfolios = session::portfolios();
    let scope = portfolio_scope();
    // A portfolio that was deleted, or is no longer given to the person, cannot be looked at.
    Effect::new(move |_| {
        let gone = portfolios.value.with(|list| {
            let asked = scope.get().filter(|scope| scope != NO_PORTFOLIO)?;
            list.as_ref()?.data.iter().all(|p| p.id.to_string() != asked).then_some(())
        });
        if gone.is_some() {
            address().set(&[(SCOPE, None)], Step::Replace);
        }
    });
    let name = move |id: &str| {
        let own = me.with(|me| me.portfolios.iter().find(|p| p.id.to_string() == id).map(|p| p.name.clone()));
        let listed = portfolios.value.with(|list| {
            list.as_ref().and_then(|list| list.data.iter().find(|p| p.id.to_string() == id)).map(|p| p.name.clone())
        });
        listed.or(own).unwrap_or_else(|| t().top_scope_one().to_owned())
    };
    let chosen = move || match scope.get().as_deref() {
        None => t().top_scope_all().to_owned(),
        Some(NO_PORTFOLIO) => t().top_scope_none().to_owned(),
        Some(id) => name(id),
    };
    let choose = |scope: &str| address().set(&[(SCOPE, Some(scope))], Step::Push);
    let items = move || {
        let now = scope.get_untracked();
        let mut items = vec![
            MenuItem::heading(me.with_untracked(|me| me.cabinet_name.clone())),
            MenuItem::check(t().top_scope_all(), now.is_none(), move || choose("")),
            MenuItem::line(),
        ];
        let known: Vec<(String, String)> = portfolios.value.with_untracked(|list| match list {
            Some(list) => {
                let label = |name: &str, n: u64| format!("{name} · {}", format::number(t(), n as i64));
                list.data.iter().map(|p| (p.id.to_string(), label(&p.name, p.dossiers))).collect()
            }
            None => me.with_untracked(|me| me.portfolios.iter().map(|p| (p.id.to_string(), p.name.clone())).collect()),
        });
        items.extend(
            known
                .into_iter()
                .map(|(id, name)| MenuItem::check(name, now.as_deref() == Some(id.as_str()), move || choose(&id))),
        );
        let outside = now.as_deref() == Some(NO_PORTFOLIO);
        items.push(MenuItem::check(t().top_scope_none(), outside, move || choose(NO_PORTFOLIO)));
        if untrack(|| session::can(Permission::PortfolioManage)) {
            items.push(MenuItem::line());
            let manage = href("/parametres", &[("tab", "portfolios")]);
            items.push(MenuItem::link(Icon::Settings, t().top_scope_manage(), manage));
        }
        items
    };
    let face = View::all([
        icon(Icon::Cabinet),
        span("truncate").text_of(move || me.with(|me| me.cabinet_name.clone())),
        span("truncate faint").class_of("scope-chosen", move || scope.with(Option::is_some)).text_of(chosen),
        icon(Icon::Down),
    ]);
    Menu::new(t().top_scope(), items).face(face).quiet().into()
}

fn person_menu() -> Vec<MenuItem> {
    let leave = || {
        spawn_local(async {
            if let Err(failure) = session::sign_out().await {
                toasts().failed(&failure);
            }
        });
    };
    let (name, role) = session::me().with_untracked(|me| (me.name.clone(), me.role));
    let first = vec![
        MenuItem::heading(format!("{name} · {}", t().role(role))),
        MenuItem::link(Icon::Person, t().top_account(), "/parametres"),
    ];
    person_items(first, leave)
}

/// A firm that does not exist says so on every page, and how to have one's own.
fn demo_banner() -> View {
    let cabinet = session::cabinet();
    let busy = RwSignal::new(false);
    let own = move || {
        busy.set(true);
        spawn_local(async move {
            match session::sign_out().await {
                Ok(()) => address().go("/inscription"),
                Err(failure) => toasts().failed(&failure),
            }
            busy.try_set(false);
        });
    };
    show(
        move || cabinet.value.with(|cabinet| cabinet.as_ref().is_some_and(|c| c.value.demo)),
        move || {
            let words = p("")
                .child(span("strong").child(t().demo_title()))
                .child(" ")
                .child(span("banner-detail").child(t().demo_detail()));
            el("aside")
                .class("banner")
                .label(t().demo_title())
                .child(icon(Icon::Info))
                .child(words)
                .child(Button::new(t().demo_act()).small().quiet().busy(move || busy.get()).press(own))
        },
    )
}

/// What Ctrl-K finds beside pages and acts.
fn find_dossiers(words: String) -> Found {
    Box::pin(async move {
        let query = SearchQuery { q: words };
        let found = request::<op::SearchDossiers>(&Nothing {}, &query).detached();
        let line = |hit: SearchHit| {
            let id = hit.id.to_string();
            Command::new(Icon::Dossiers, hit.name, move || address().go(&format!("/dossiers/{id}")))
                .hint(format::siren(hit.siren.as_str()))
                .words(hit.code.unwrap_or_default())
        };
        Ok(found.json::<contract::SearchResult>().await?.data.into_iter().map(line).collect())
    })
}

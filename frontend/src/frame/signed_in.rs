//! The frame around every page that needs a sign-in: finds out who is there, then fills rail and top bar.

use contract::endpoint::op;
use contract::{Me, Nothing, SearchQuery};
use domain::Permission;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::Outlet;

use super::address::{Step, link, use_address};
use super::jobs::{Jobs, jobs_button};
use super::scope::{NO_PORTFOLIO, SCOPE, keep_scope, portfolio_scope};
use super::{Frame, SIGN_IN, person_items};
use crate::api::session::State;
use crate::api::{self, Failure};
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Command, Commands, ErrorState, Found, Icon, Look, Menu, MenuItem, icon, use_toasts};

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
        start(failure);
    }
    failure
}

fn start(failure: RwSignal<Option<Failure>>) {
    failure.set(None);
    spawn_local(async move {
        if let Err(error) = api::session::renew().await {
            if error != Failure::SignedOut {
                failure.try_set(Some(error));
            }
        }
    });
}

/// The parent of every route that needs a sign-in. Whoever is not signed in goes to the sign-in page and comes back.
#[component]
pub fn SignedIn() -> AnyView {
    let state = api::session::state();
    let address = use_address();
    let failure = boot();
    let phase = Memo::new(move |_| match state.get() {
        State::Unknown => Phase::Waiting,
        State::SignedOut => Phase::Out,
        State::SignedIn | State::Expired => Phase::In,
    });
    Effect::new(move |before: Option<Phase>| {
        let now = phase.get();
        if now == Phase::Out {
            // Who has just signed out does not want to come back to this page.
            let next = if before == Some(Phase::In) { String::new() } else { untrack(|| address.href(&[])) };
            let next = if next == "/" { String::new() } else { next };
            address.replace(&link(SIGN_IN, &[("next", &next)]));
        }
        now
    });
    let screen = move || match (phase.get(), api::session::me().get_untracked()) {
        (Phase::In, Some(me)) => frame(me),
        (Phase::In | Phase::Out, _) => ().into_any(),
        (Phase::Waiting, _) => match failure.get() {
            None => waiting(),
            Some(error) => view! {
                <main id="main" class="lone" tabindex="-1">
                    <ErrorState failure=error on_retry=move || start(failure) />
                </main>
            }
            .into_any(),
        },
    };
    screen.into_any()
}

/// The shell of `index.html` again: between the arrival of the application and the answer of the server nothing moves.
fn waiting() -> AnyView {
    view! {
        <div class="boot" role="status" aria-label=t().loading()>
            <div class="boot-rail">
                <span class="boot-mark"></span>
                <i></i>
                <i></i>
                <i></i>
                <i></i>
            </div>
            <div class="boot-top">
                <i></i>
            </div>
            <div class="boot-main">
                <i></i>
                <i></i>
                <i></i>
            </div>
        </div>
    }
    .into_any()
}

fn frame(first: Me) -> AnyView {
    session::provide(first);
    Jobs::provide();
    keep_scope();
    find_dossiers();
    let me = session::me();
    let name = Signal::derive(move || me.with(|me| me.name.clone()));
    view! {
        <Frame
            scope=ViewFn::from(scope_menu)
            jobs=ViewFn::from(jobs_button)
            person_name=name
            person_items=person_menu()
            may=session::can
            banner=ViewFn::from(demo_banner)
        >
            <Outlet />
        </Frame>
    }
    .into_any()
}

fn scope_menu() -> AnyView {
    let me = session::me();
    let portfolios = session::portfolios();
    let scope = portfolio_scope();
    let address = use_address();
    // A portfolio that was deleted, or is no longer given to the person, cannot be looked at.
    Effect::new(move |_| {
        let gone = portfolios.value.with(|list| {
            let list = list.as_ref()?;
            let asked = scope.get().filter(|scope| scope != NO_PORTFOLIO)?;
            list.data.iter().all(|p| p.id.to_string() != asked).then_some(())
        });
        if gone.is_some() {
            address.set(&[(SCOPE, None)], Step::Replace);
        }
    });
    let label = move || match scope.get() {
        None => t().top_scope_all().to_owned(),
        Some(none) if none == NO_PORTFOLIO => t().top_scope_none().to_owned(),
        Some(id) => me.with(|me| {
            let own = me.portfolios.iter().find(|p| p.id.to_string() == id).map(|p| p.name.clone());
            own.or_else(|| {
                portfolios
                    .value
                    .with(|list| list.as_ref()?.data.iter().find(|p| p.id.to_string() == id).map(|p| p.name.clone()))
            })
            .unwrap_or_else(|| t().top_scope_one().to_owned())
        }),
    };
    let choose = move |scope: &str| {
        // The rows of a page that was reached by seeking belong to the former scope.
        address.set(&[(SCOPE, Some(scope)), ("after", None)], Step::Push);
    };
    let items = move || {
        let now = scope.get_untracked();
        let mut items = vec![
            MenuItem::Heading(me.with_untracked(|me| me.cabinet_name.clone())),
            MenuItem::check(t().top_scope_all(), now.is_none(), move || choose("")),
        ];
        let known: Vec<(String, String)> = portfolios.value.with_untracked(|list| match list {
            Some(list) => list
                .data
                .iter()
                .map(|p| (p.id.to_string(), format!("{} · {}", p.name, format::number(t(), p.dossiers as i64))))
                .collect(),
            None => me.with_untracked(|me| me.portfolios.iter().map(|p| (p.id.to_string(), p.name.clone())).collect()),
        });
        if !known.is_empty() {
            items.push(MenuItem::Line);
        }
        items.extend(known.into_iter().map(|(id, name)| {
            let chosen = now.as_deref() == Some(id.as_str());
            MenuItem::check(name, chosen, move || choose(&id))
        }));
        items.push(MenuItem::check(t().top_scope_none(), now.as_deref() == Some(NO_PORTFOLIO), move || {
            choose(NO_PORTFOLIO);
        }));
        if session::can(Permission::PortfolioManage) {
            items.push(MenuItem::Line);
            items.push(MenuItem::link(Icon::Settings, t().top_scope_manage(), "/parametres?onglet=portefeuilles"));
        }
        items
    };
    let face = ViewFn::from(move || {
        view! {
            {icon(Icon::Cabinet)}
            <span class="truncate top-cabinet">{move || me.with(|me| me.cabinet_name.clone())}</span>
            <span class="truncate top-portfolio" class:top-portfolio-chosen=move || scope.with(Option::is_some)>
                {label}
            </span>
            {icon(Icon::Down)}
        }
        .into_any()
    });
    view! { <Menu label=t().top_scope() look=Look::Quiet face=face items=items /> }.into_any()
}

fn person_menu() -> Callback<(), Vec<MenuItem>> {
    let me = session::me();
    let toasts = use_toasts();
    let leave = move || {
        spawn_local(async move {
            if let Err(failure) = session::sign_out().await {
                toasts.failed(&failure);
            }
        });
    };
    let rest = person_items(Vec::new(), leave);
    Callback::new(move |()| {
        let mut items = me.with_untracked(|me| {
            vec![
                MenuItem::Heading(format!("{} · {}", me.name, t().role(me.role))),
                MenuItem::link(Icon::Person, t().top_account(), "/parametres"),
            ]
        });
        items.extend(rest());
        items
    })
}

/// A firm that does not exist says so on every page, and how to have one's own.
fn demo_banner() -> AnyView {
    let cabinet = session::cabinet();
    let toasts = use_toasts();
    let address = use_address();
    let demo = Memo::new(move |_| cabinet.value.with(|cabinet| cabinet.as_ref().is_some_and(|c| c.value.demo)));
    let busy = RwSignal::new(false);
    let own = move || {
        busy.set(true);
        spawn_local(async move {
            match session::sign_out().await {
                Ok(()) => address.go("/inscription"),
                Err(failure) => toasts.failed(&failure),
            }
            busy.try_set(false);
        });
    };
    let strip = move || {
        demo.get().then(|| {
            view! {
                <aside class="banner" aria-label=t().demo_title()>
                    {icon(Icon::Info)}
                    <p>
                        <span class="strong">{t().demo_title()}</span>
                        " "
                        <span class="from-720">{t().demo_detail()}</span>
                    </p>
                    <Button label=t().demo_act() small=true look=Look::Quiet busy=busy on_press=own />
                </aside>
            }
            .into_any()
        })
    };
    strip.into_any()
}

/// What Ctrl-K finds beside pages and acts.
fn find_dossiers() {
    let commands = expect_context::<Commands>();
    let address = use_address();
    commands.set_find(move |words| -> Found {
        Box::pin(async move {
            let query = SearchQuery { q: words };
            let found =
                api::request::<op::SearchDossiers>(&Nothing {}, &query).detached().json::<contract::SearchResult>();
            let line = |hit: contract::SearchHit| {
                let siren = format::siren(hit.siren.as_str());
                let id = hit.id.to_string();
                Command::new(Icon::Dossiers, hit.name, move || address.go(&format!("/dossiers/{id}")))
                    .hint(siren)
                    .words(hit.code.unwrap_or_default())
            };
            Ok(found.await?.data.into_iter().map(line).collect())
        })
    });
}

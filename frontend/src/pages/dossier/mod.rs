//! One dossier: its page, and the same content for the side panel of the list.
//!
//! * `open`      what is known of it, and the one way in which the screen changes it
//! * `conflict`  somebody else was faster
//! * `score` `obligations` `calendar` `exposure` `facts` `exchanges` `history`  its parts
//! * `decision`  who decides on the platform, and where the registration stands
//! * `stated`    what the firm states of an obligation
//! * `advice`    the file of advice, to be printed
//! * `editor` `entry`  editing a fact in its place, and reading what people type

mod activity;
mod advice;
mod calendar;
mod conflict;
mod contacts;
pub mod decision;
mod editor;
pub mod entry;
mod exchanges;
mod exposure;
mod facts;
mod history;
mod obligations;
pub mod open;
pub mod proofs;
mod regime;
mod score;
mod sirets;
mod size;
mod stated;
mod tags;

use std::rc::Rc;

use domain::DossierId;
use leptos::prelude::*;

pub use advice::page as advice;
pub use editor::{people, platform_field, portfolios};
pub use open::Open;

use crate::browser::now;
use crate::dom::{View, div, el, live, show, span};
use crate::frame::{Step, address, page_title};
use crate::pages::dossiers::bulk::Target;
use crate::pages::mandates::request;
use crate::pages::{what_if, words};
use crate::parts;
use crate::text::{format, t};
use crate::ui::{
    Button, Dialog, HotkeyRegion, Icon, Menu, MenuItem, Tab, empty_state, error_state, hotkey, icon, skeleton, status,
    tabs, toasts,
};

/// The parameter of the address that says which part is shown.
pub const PART: &str = "part";

/// `/dossiers/{id}`.
pub fn page(id: &str) -> View {
    let Ok(id) = id.parse::<DossierId>() else { return not_found() };
    let open = Open::new(move || id, |_| {});
    let name = crate::dom::memo(move || open.of(|d| d.facts.name.clone()));
    crate::dom::react(move || {
        let name = name.get();
        if !name.is_empty() {
            page_title(&name);
        }
    });
    let body = move || {
        let head = el("header")
            .class("dossier-head")
            .child(
                div("stack-tight")
                    .child(back())
                    .child(el("h1").id("page-title").attr("tabindex", "-1").text_of(move || name.get()))
                    .child(meta(open)),
            )
            .child(div("row").child(acts(open, Rc::new(|| address().go("/dossiers")))));
        // Where the score would stand above the tabs and push them out of sight it is the first of them.
        let wide = crate::browser::is_wide();
        let side = wide.then(|| {
            el("aside")
                .class("card dossier-score")
                .child(el("h2").class("sr-only").child(t().score_title()))
                .child(score::summary(open))
                .child(score::criteria(open))
        });
        let main = el("section")
            .class("card dossier-main")
            .child(el("h2").class("sr-only").child(t().dossier_tabs()))
            .child(all_parts(open, !wide));
        let room = div(if wide { "dossier-grid" } else { "stack" });
        div("page")
            .child(head)
            .child(conflict::view(open))
            .child(div("dossier-room").child(room.child(side).child(main)))
    };
    arrived(open, body)
}

/// The same in the side panel; the panel itself shows the name.
pub fn panel(open: Open) -> View {
    arrived(open, move || div("stack").child(meta(open)).child(conflict::view(open)).child(all_parts(open, true)))
}

/// Bars, refusal or content; what is open stays while it is read again.
fn arrived(open: Open, body: impl Fn() -> View + 'static) -> View {
    #[derive(Clone, Copy, PartialEq)]
    enum Face {
        Waiting,
        Failed,
        Here(DossierId),
    }
    let face = crate::dom::memo(move || match open.file.value.with(|f| f.as_ref().map(|f| f.value.id)) {
        Some(id) => Face::Here(id),
        None if open.file.failure.with(Option::is_some) => Face::Failed,
        None => Face::Waiting,
    });
    live(move || {
        let face = face.get();
        untrack(|| match face {
            Face::Waiting => div("page").child(skeleton(8)),
            Face::Here(_) => body(),
            Face::Failed => match open.file.failure.get() {
                Some(failure) if failure.status() == 404 => not_found(),
                Some(failure) => error_state(&failure, Some(Rc::new(move || open.file.reload()))),
                None => View::none(),
            },
        })
    })
}

fn not_found() -> View {
    let back = Button::link(t().dossier_back(), "/dossiers");
    div("page").child(empty_state(
        Icon::Dossiers,
        t().dossier_not_found_title(),
        t().dossier_not_found_detail(),
        [back],
    ))
}

fn back() -> View {
    crate::dom::link("back-link small", "/dossiers").child(icon(Icon::Left)).child(t().nav_dossiers())
}

/// State, SIREN, size, people, portfolio, marks.
fn meta(open: Open) -> View {
    let state =
        live(move || open.file.value.with(|f| f.as_ref().map(|f| status(words::tone(f.value.readiness.state)))));
    let siren = span("num").text_of(move || open.of(|d| format::siren(d.facts.siren.as_str())));
    let code = live(move || open.of(|d| d.facts.code.clone()).map(|code| span("soft").child(code)));
    let people = live(move || {
        let (manager, assignee) = open.of(|d| (words::person(&d.facts.manager), words::person(&d.facts.assignee)));
        let mut names: Vec<String> = manager.into_iter().collect();
        names.extend(assignee.filter(|a| names.first() != Some(a)));
        (!names.is_empty()).then(|| span("row nowrap").child(icon(Icon::Person)).child(names.join(", ")))
    });
    let portfolio = live(move || {
        let id = open.of(|d| d.facts.portfolio_id)?.to_string();
        let name = open::portfolio_name(&id)?;
        Some(span("row nowrap").child(icon(Icon::Dossiers)).child(name))
    });
    let secret = show(
        move || open.of(|d| d.facts.confidential),
        || {
            span("tag")
                .attr("title", t().dossier_confidential_detail())
                .child(icon(Icon::Lock))
                .child(t().confidential())
        },
    );
    let updated = span("faint").text_of(move || {
        let at = open.of(|d| Some(d.updated_at));
        at.map(|at| t().dossier_updated(&format::relative(t(), at, now()))).unwrap_or_default()
    });
    div("dossier-meta small")
        .child(state)
        .child(siren)
        .child(code)
        .child(size::short(open))
        .child(people)
        .child(portfolio)
        .child(secret)
        .child(updated)
}

/// The menu at the end of the head, and the question that deletion asks.
pub fn acts(open: Open, gone: Rc<dyn Fn()>) -> View {
    let asking = RwSignal::new(false);
    let items = move || {
        let t = t();
        let mut items = Vec::new();
        if untrack(open::may_manage) {
            let secret = untrack(|| open.of(|d| d.facts.confidential));
            let label = if secret { t.dossier_make_open() } else { t.dossier_make_confidential() };
            items.push(MenuItem::act(Icon::Lock, label, move || {
                let fields = open::Fields::from([("confidential".to_owned(), serde_json::json!(!secret))]);
                open.save(crate::text::t().dossier_saved(crate::text::t().fact_confidential()), fields, |outcome| {
                    if let Err(failure) = outcome {
                        open::complain(&failure);
                    }
                });
            }));
            items.push(MenuItem::line());
            items.push(MenuItem::danger(Icon::Trash, t.dossier_delete(), move || asking.set(true)));
        }
        items
    };
    let body = move || {
        let name = untrack(|| open.of(|d| d.facts.name.clone()));
        el("p").child(t().dossier_delete_detail(&name))
    };
    let footer = move || {
        let gone = gone.clone();
        let delete = move || {
            let gone = gone.clone();
            let name = untrack(|| open.of(|d| d.facts.name.clone()));
            open.delete(move |outcome| {
                asking.try_set(false);
                match outcome {
                    Ok(()) => {
                        toasts().done(t().dossier_deleted(&name));
                        gone();
                    }
                    Err(failure) => open::complain(&failure),
                }
            });
        };
        View::all([
            Button::new(t().cancel()).autofocus().press(move || asking.set(false)),
            Button::new(t().dossier_delete()).danger().icon(Icon::Trash).busy(move || open.saving.get()).press(delete),
        ])
    };
    let menu = show(open::may_manage, move || {
        Menu::new(t().menu_more(), items).icon_only(Icon::More).quiet().align_end().into()
    });
    let supposing = RwSignal::new(false);
    hotkey("e", t().keys_what_if(), HotkeyRegion::Page, move || supposing.set(true));
    let suppose = Button::new(t().what_if()).icon(Icon::Bolt).small().press(move || supposing.set(true));
    let this = move || Target::Ids(untrack(|| open.current()).map(|file| file.value.id).into_iter().collect());
    let what_if = what_if::dialog(supposing, this, Some(open), || {});
    let requesting = RwSignal::new(false);
    let ask = request::dialog(requesting, this, move || open.file.reload());
    View::all([
        request::button(requesting),
        ask,
        suppose.into(),
        what_if,
        menu,
        Dialog::new(asking, t().dossier_delete_title(), body).footer(footer).into(),
    ])
}

/// The parts as tabs; on the page the score stands beside them.
fn all_parts(open: Open, with_score: bool) -> View {
    let t = t();
    let mut all = vec![
        Tab::new("facts", t.dossier_tab_facts()),
        Tab::new("obligations", t.dossier_tab_obligations()),
        Tab::new("mandates", t.dossier_tab_mandates()),
        Tab::new("flows", t.flows_title()),
        Tab::new("anomalies", t.anomalies_title()),
        Tab::new("relances", t.relances_title()),
        Tab::new("calendar", t.dossier_tab_calendar()),
        Tab::new("exposure", t.exposure_title()),
        Tab::new("exchanges", t.dossier_tab_exchanges()),
        Tab::new("journal", t.dossier_tab_journal()),
    ];
    if with_score {
        all.insert(0, Tab::new("score", t.dossier_tab_score()));
    }
    let chosen = address().text(PART);
    let change = |key: &'static str| address().set(&[(PART, Some(key))], Step::Replace);
    let panel = move |key: &'static str| match key {
        "score" => div("stack").child(score::summary(open)).child(score::criteria(open)),
        "obligations" => obligations::view(open),
        "mandates" => parts::mandates_of_dossier(open),
        "flows" => {
            let id = crate::dom::memo(move || open.of(|d| Some(d.id)));
            live(move || id.get().map(|id| untrack(|| parts::flows_of_dossier(id))))
        }
        "anomalies" => {
            let id = crate::dom::memo(move || open.of(|d| Some(d.id)));
            live(move || id.get().map(|id| untrack(|| parts::anomalies_of_dossier(id))))
        }
        "relances" => {
            let id = crate::dom::memo(move || open.of(|d| Some(d.id)));
            live(move || id.get().map(|id| untrack(|| parts::relances_of_dossier(id))))
        }
        "calendar" => calendar::view(open),
        "exposure" => exposure::view(open),
        "exchanges" => exchanges::view(open),
        "journal" => history::view(open),
        _ => facts::view(open),
    };
    tabs(t.dossier_tabs(), all, move || chosen.get(), change, panel)
}

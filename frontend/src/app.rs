//! The routes, and what lives as long as the application.

use leptos::prelude::*;

use crate::dom::{View, div, live, memo};
use crate::frame::{self, address, preferences};
use crate::pages;
use crate::parts;
use crate::ui::{listen_to_keys, palette_open, shortcuts_help_open, toasts};

/// Mounts the screen into the document. Called once, inside the router.
pub fn screen() {
    frame::start_address();
    listen_to_keys();
    // Signals that outlive every page are made here, at the root.
    toasts();
    palette_open();
    shortcuts_help_open();
    let language = preferences::language();
    div("app")
        // A switch of language draws the whole screen again; see `text`.
        .live(move || {
            language.track();
            untrack(|| View::all([routes(), frame::overlays()]))
        })
        .mount();
    frame::follow_page_changes();
}

/// Pages that need no sign-in stand alone; all others share one frame, which stays while one goes from page to page.
fn routes() -> View {
    let path = address().path;
    let alone = memo(move || path.with(|path| page_alone(&parts_of(path)).is_some()));
    live(move || {
        if !alone.get() {
            return untrack(|| frame::signed_in(page_inside));
        }
        let path = path.get();
        let page = page_alone(&parts_of(&path));
        untrack(|| page.map(|page| page()).into())
    })
}

fn parts_of(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

fn page_alone(parts: &[&str]) -> Option<fn() -> View> {
    match parts {
        ["connexion"] => Some(pages::sign_in),
        ["inscription"] => Some(pages::sign_up),
        ["invitation"] => Some(pages::invitation),
        ["styleguide"] => Some(|| parts::page(&parts::STYLEGUIDE, "")),
        _ => None,
    }
}

/// Drawn again when the path changes; the parameters of a page are followed by the page itself.
fn page_inside() -> View {
    let path = address().path.get();
    untrack(|| match parts_of(&path).as_slice() {
        [] => pages::home(),
        ["cockpit"] => pages::cockpit(),
        ["cockpit", "mouvements"] => parts::moves_page(),
        ["dossiers"] => parts::dossiers_page(),
        ["dossiers", id] => parts::dossier_page(id),
        ["dossiers", id, "conseil"] => parts::advice_page(id),
        ["mandats"] => parts::mandates_page(),
        ["mandats", id] => parts::mandate_page(id),
        ["flux"] => parts::flows_page(),
        ["anomalies"] => parts::anomalies_page(),
        ["anomalies", id] => parts::anomaly_page(id),
        ["notifications"] => parts::notices_page(),
        ["relances"] => parts::relances_page(),
        ["relances", "etapes"] => parts::relance_steps_page(),
        ["relances", "previsions"] => parts::relance_forecast_page(),
        ["relances", "sequences"] => parts::sequences_page(),
        ["relances", "sequences", id] => parts::sequence_page(id),
        ["relances", "modeles"] => parts::templates_page(),
        ["relances", "modeles", id] => parts::template_page(id),
        ["relances", "reglages"] => parts::relance_rules_page(),
        ["envois"] => parts::mails_page(),
        ["echeancier"] => parts::page(&parts::DEADLINES, ""),
        ["journal"] => parts::page(&parts::JOURNAL, ""),
        ["referentiel"] => parts::page(&parts::JOURNAL, parts::REFERENCE),
        ["parametres"] => parts::page(&parts::SETTINGS, ""),
        ["imports"] => parts::page(&parts::IMPORTS, ""),
        ["imports", id] => parts::page(&parts::IMPORTS, id),
        _ => pages::not_found(&path),
    })
}

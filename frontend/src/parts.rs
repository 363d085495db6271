//! Parts of the client that arrive when they are first opened: whole pages that a first visit does not show. The build
//! (`cargo xtask client`) cuts the module at the functions marked `wasm_split`, by what only they reach. See
//! docs/decisions/0005-code-in-parts.md.
//!
//! A part answers with its drawing functions; once it has come, it draws at once, like any other code.

use std::cell::{Cell, OnceCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use domain::DossierId;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::api::Failure;
use crate::dom::{View, div, live};
use crate::pages::{self, Open, Pausing, Requesting, Supposing};
use crate::ui::{error_state, skeleton};

/// The page of an address, given the last step of its path.
pub type Page = fn(&str) -> View;

/// What the part of the dossiers draws: their list, the page of one, and both pieces of the side panel.
#[derive(Clone, Copy)]
pub struct Dossier {
    pub list: fn() -> View,
    pub page: Page,
    /// The file of advice, to be printed.
    pub advice: Page,
    pub panel: fn(Open) -> View,
    pub acts: fn(Open, Rc<dyn Fn()>) -> View,
}

/// What the part of the cockpit draws: the cards of how everything moves and of relances, and the page of all that moved.
#[derive(Clone, Copy)]
pub struct Cockpit {
    /// Here and not beside their pages, which are many times as large.
    pub relances: fn(Memo<Option<String>>) -> View,
    pub progress: fn(Memo<Option<String>>) -> View,
    pub moves: fn() -> View,
}

/// What the part of the mandates draws: its pages, the tab of a dossier, the card of the cockpit, and the dialog that
/// requests mandates from anywhere.
#[derive(Clone, Copy)]
pub struct Mandates {
    pub page: fn() -> View,
    pub one: Page,
    pub mails: fn() -> View,
    pub of_dossier: fn(Open) -> View,
    pub card: fn(Memo<Option<String>>) -> View,
    pub request: fn(Requesting) -> View,
}

/// What the part of the flows draws: its page, and the tab of a dossier.
#[derive(Clone, Copy)]
pub struct Flows {
    pub page: fn() -> View,
    pub of_dossier: fn(DossierId) -> View,
}

/// What the part of the anomalies draws: the queue, the page of one, the tab of a dossier, the card of the cockpit, and
/// what one was told of.
#[derive(Clone, Copy)]
pub struct Anomalies {
    pub page: fn() -> View,
    pub one: Page,
    pub of_dossier: fn(DossierId) -> View,
    pub card: fn(Memo<Option<String>>) -> View,
    pub notices: fn() -> View,
}

/// What the part of relances draws: what happens at a glance, step by step and day by day, the tab of a dossier, the dialog
/// that pauses dossiers from anywhere, and where sequences, texts and rules are written.
#[derive(Clone, Copy)]
pub struct Relances {
    pub page: fn() -> View,
    pub steps: fn() -> View,
    pub forecast: fn() -> View,
    pub of_dossier: fn(DossierId) -> View,
    pub pause: fn(Pausing) -> View,
    pub sequences: fn() -> View,
    pub sequence: Page,
    pub templates: fn() -> View,
    pub template: Page,
    pub rules: fn() -> View,
}

/// Names the second page of the part of the journal.
pub const REFERENCE: &str = "reference";

/// The content of the dialog that supposes facts.
pub type WhatIf = fn(Supposing) -> View;

/// Later than what the page itself asks for.
const SOON: Duration = Duration::from_secs(2);

type Arrival<D> = Pin<Box<dyn Future<Output = Result<D, SplitLoaderError>>>>;

/// A part, and what it draws once it is here.
pub struct Part<D: 'static> {
    here: OnceCell<D>,
    ask: fn() -> Arrival<D>,
}

thread_local! {
    pub static ANOMALIES: Rc<Part<Anomalies>> = Part::new(|| Box::pin(anomalies()));
    pub static COCKPIT: Rc<Part<Cockpit>> = Part::new(|| Box::pin(cockpit()));
    pub static DOSSIER: Rc<Part<Dossier>> = Part::new(|| Box::pin(dossier()));
    pub static DEADLINES: Rc<Part<Page>> = Part::new(|| Box::pin(deadlines()));
    pub static FLOWS: Rc<Part<Flows>> = Part::new(|| Box::pin(flows()));
    pub static IMPORTS: Rc<Part<Page>> = Part::new(|| Box::pin(imports()));
    pub static JOURNAL: Rc<Part<Page>> = Part::new(|| Box::pin(journal()));
    pub static MANDATES: Rc<Part<Mandates>> = Part::new(|| Box::pin(mandates()));
    pub static RELANCES: Rc<Part<Relances>> = Part::new(|| Box::pin(relances()));
    pub static SETTINGS: Rc<Part<Page>> = Part::new(|| Box::pin(settings()));
    pub static STYLEGUIDE: Rc<Part<Page>> = Part::new(|| Box::pin(styleguide()));
    pub static WHAT_IF: Rc<Part<WhatIf>> = Part::new(|| Box::pin(what_if_part()));
}

#[wasm_split(anomalies, fallible)]
fn anomalies() -> Result<Anomalies, SplitLoaderError> {
    Ok(Anomalies {
        page: pages::anomalies,
        one: pages::anomaly,
        of_dossier: pages::anomalies_of_dossier,
        card: pages::anomalies_card,
        notices: pages::notices,
    })
}

#[wasm_split(cockpit, fallible)]
fn cockpit() -> Result<Cockpit, SplitLoaderError> {
    Ok(Cockpit { relances: pages::relances_card, progress: pages::cockpit_progress, moves: pages::moves })
}

#[wasm_split(dossier, fallible)]
fn dossier() -> Result<Dossier, SplitLoaderError> {
    Ok(Dossier {
        list: pages::dossier_list,
        page: pages::dossier_page,
        advice: pages::advice,
        panel: pages::dossier_panel,
        acts: pages::dossier_acts,
    })
}

#[wasm_split(deadlines, fallible)]
fn deadlines() -> Result<Page, SplitLoaderError> {
    Ok(|_| pages::deadlines())
}

#[wasm_split(flows, fallible)]
fn flows() -> Result<Flows, SplitLoaderError> {
    Ok(Flows { page: pages::flows, of_dossier: pages::flows_of_dossier })
}

#[wasm_split(imports, fallible)]
fn imports() -> Result<Page, SplitLoaderError> {
    Ok(|id| if id.is_empty() { pages::imports() } else { pages::import(id) })
}

#[wasm_split(journal, fallible)]
fn journal() -> Result<Page, SplitLoaderError> {
    // The law's tables are read by the same people, as rarely.
    Ok(|page| if page == REFERENCE { pages::reference() } else { pages::journal() })
}

#[wasm_split(mandates, fallible)]
fn mandates() -> Result<Mandates, SplitLoaderError> {
    Ok(Mandates {
        page: pages::mandates,
        one: pages::mandate,
        mails: pages::mails,
        of_dossier: pages::mandates_of_dossier,
        card: pages::mandates_card,
        request: pages::request_content,
    })
}

#[wasm_split(relances, fallible)]
fn relances() -> Result<Relances, SplitLoaderError> {
    Ok(Relances {
        page: pages::relances,
        steps: pages::relance_steps,
        forecast: pages::relance_forecast,
        of_dossier: pages::relances_of_dossier,
        pause: pages::pause_content,
        sequences: pages::sequences,
        sequence: pages::sequence,
        templates: pages::templates,
        template: pages::template,
        rules: pages::relance_rules,
    })
}

#[wasm_split(settings, fallible)]
fn settings() -> Result<Page, SplitLoaderError> {
    Ok(|_| pages::settings())
}

#[wasm_split(what_if, fallible)]
fn what_if_part() -> Result<WhatIf, SplitLoaderError> {
    Ok(pages::what_if_content)
}

#[wasm_split(styleguide, fallible)]
fn styleguide() -> Result<Page, SplitLoaderError> {
    Ok(|_| pages::styleguide())
}

impl<D: Copy> Part<D> {
    fn new(ask: fn() -> Arrival<D>) -> Rc<Part<D>> {
        Rc::new(Part { here: OnceCell::new(), ask })
    }

    /// Is here now, unless it could not come.
    async fn fetch(&self) -> bool {
        if self.here.get().is_some() {
            return true;
        }
        let answer = (self.ask)().await;
        let here = answer.is_ok();
        if let Ok(draws) = answer {
            // Two places may have asked for it at once; both got the same.
            let _ = self.here.set(draws);
        }
        here
    }

    /// What the part draws: now if it is here, else after bars of `lines`, else why it could not come. No lines: a small
    /// piece beside another of the same part, which waits in silence.
    pub fn draw(self: &Rc<Self>, lines: usize, draw: impl Fn(D) -> View + 'static) -> View {
        if let Some(here) = self.here.get() {
            return draw(*here);
        }
        let part = self.clone();
        // Counts arrivals and refusals: what to draw stands in `here`.
        let (failed, asked) = (RwSignal::new(false), Rc::new(Cell::new(false)));
        live(move || {
            if let Some(here) = part.here.get() {
                return untrack(|| draw(*here));
            }
            if failed.get() && lines > 0 {
                let asked = asked.clone();
                let retry = move || {
                    asked.set(false);
                    failed.set(false);
                };
                return error_state(&Failure::Incomplete, Some(Rc::new(retry)));
            }
            if !asked.replace(true) {
                let part = part.clone();
                spawn_local(async move {
                    let here = part.fetch().await;
                    // The place may have been left meanwhile.
                    failed.try_set(!here);
                });
            }
            if lines > 0 { div("page").child(skeleton(lines)) } else { View::none() }
        })
    }
}

/// The list of dossiers follows the cockpit on most days: it comes once the cockpit stands, so that nobody waits for it.
pub fn dossiers_soon() {
    DOSSIER.with(|part| {
        let part = part.clone();
        set_timeout(
            move || {
                spawn_local(async move {
                    // Who opens the list asks again, and is told why it does not come.
                    part.fetch().await;
                });
            },
            SOON,
        );
    });
}

/// A page that is a part of its own.
pub fn page(part: &'static std::thread::LocalKey<Rc<Part<Page>>>, id: &str) -> View {
    let id = id.to_owned();
    part.with(|part| part.draw(8, move |draw| draw(&id)))
}

pub fn cockpit_progress(scope: Memo<Option<String>>) -> View {
    COCKPIT.with(|part| part.draw(8, move |cockpit| (cockpit.progress)(scope)))
}

pub fn moves_page() -> View {
    COCKPIT.with(|part| part.draw(8, |cockpit| (cockpit.moves)()))
}

pub fn anomalies_page() -> View {
    ANOMALIES.with(|part| part.draw(8, |anomalies| (anomalies.page)()))
}

pub fn anomaly_page(id: &str) -> View {
    let id = id.to_owned();
    ANOMALIES.with(|part| part.draw(8, move |anomalies| (anomalies.one)(&id)))
}

pub fn anomalies_of_dossier(id: DossierId) -> View {
    ANOMALIES.with(|part| part.draw(6, move |anomalies| (anomalies.of_dossier)(id)))
}

pub fn anomalies_card(scope: Memo<Option<String>>) -> View {
    ANOMALIES.with(|part| part.draw(5, move |anomalies| (anomalies.card)(scope)))
}

pub fn notices_page() -> View {
    ANOMALIES.with(|part| part.draw(8, |anomalies| (anomalies.notices)()))
}

pub fn flows_page() -> View {
    FLOWS.with(|part| part.draw(8, |flows| (flows.page)()))
}

pub fn flows_of_dossier(id: DossierId) -> View {
    FLOWS.with(|part| part.draw(6, move |flows| (flows.of_dossier)(id)))
}

pub fn relances_page() -> View {
    RELANCES.with(|part| part.draw(8, |relances| (relances.page)()))
}

pub fn relance_steps_page() -> View {
    RELANCES.with(|part| part.draw(8, |relances| (relances.steps)()))
}

pub fn relance_forecast_page() -> View {
    RELANCES.with(|part| part.draw(8, |relances| (relances.forecast)()))
}

pub fn relances_of_dossier(id: DossierId) -> View {
    RELANCES.with(|part| part.draw(6, move |relances| (relances.of_dossier)(id)))
}

pub fn relances_card(scope: Memo<Option<String>>) -> View {
    COCKPIT.with(|part| part.draw(5, move |cockpit| (cockpit.relances)(scope)))
}

pub fn pause_relances(pausing: Pausing) -> View {
    RELANCES.with(|part| part.draw(6, move |relances| (relances.pause)(pausing.clone())))
}

pub fn sequences_page() -> View {
    RELANCES.with(|part| part.draw(8, |relances| (relances.sequences)()))
}

pub fn sequence_page(id: &str) -> View {
    let id = id.to_owned();
    RELANCES.with(|part| part.draw(8, move |relances| (relances.sequence)(&id)))
}

pub fn templates_page() -> View {
    RELANCES.with(|part| part.draw(8, |relances| (relances.templates)()))
}

pub fn template_page(id: &str) -> View {
    let id = id.to_owned();
    RELANCES.with(|part| part.draw(8, move |relances| (relances.template)(&id)))
}

pub fn relance_rules_page() -> View {
    RELANCES.with(|part| part.draw(8, |relances| (relances.rules)()))
}

pub fn mandates_page() -> View {
    MANDATES.with(|part| part.draw(8, |mandates| (mandates.page)()))
}

pub fn mandate_page(id: &str) -> View {
    let id = id.to_owned();
    MANDATES.with(|part| part.draw(8, move |mandates| (mandates.one)(&id)))
}

pub fn mails_page() -> View {
    MANDATES.with(|part| part.draw(8, |mandates| (mandates.mails)()))
}

pub fn mandates_of_dossier(open: Open) -> View {
    MANDATES.with(|part| part.draw(6, move |mandates| (mandates.of_dossier)(open)))
}

pub fn mandates_card(scope: Memo<Option<String>>) -> View {
    MANDATES.with(|part| part.draw(5, move |mandates| (mandates.card)(scope)))
}

pub fn request_mandates(requesting: Requesting) -> View {
    MANDATES.with(|part| part.draw(6, move |mandates| (mandates.request)(requesting.clone())))
}

pub fn what_if(supposing: Supposing) -> View {
    WHAT_IF.with(|part| part.draw(6, move |draw| draw(supposing.clone())))
}

pub fn dossiers_page() -> View {
    DOSSIER.with(|part| part.draw(8, |dossier| (dossier.list)()))
}

pub fn dossier_page(id: &str) -> View {
    let id = id.to_owned();
    DOSSIER.with(|part| part.draw(8, move |dossier| (dossier.page)(&id)))
}

pub fn advice_page(id: &str) -> View {
    let id = id.to_owned();
    DOSSIER.with(|part| part.draw(8, move |dossier| (dossier.advice)(&id)))
}

/// In the side panel: what stands beside its title, and its content.
pub fn dossier_panel(open: Open, gone: Rc<dyn Fn()>) -> (View, View) {
    DOSSIER.with(|part| {
        let acts = part.draw(0, move |dossier| (dossier.acts)(open, gone.clone()));
        (acts, part.draw(8, move |dossier| (dossier.panel)(open)))
    })
}

//! The reference tables of the law, asked for once and kept: they change with the server, not with the page.

use std::cell::{Cell, RefCell};

use contract::endpoint::op;
use contract::{Nothing, Reference};
use domain::reference::PlatformState;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::request;
use crate::dom::{View, el, live, p};
use crate::text::{format, t};
use crate::ui::{Icon, Tone, icon};

thread_local! {
    static TABLES: RefCell<Option<ArcRwSignal<Option<Reference>>>> = const { RefCell::new(None) };
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// The tables once they have come; reactive.
pub fn reference() -> ArcRwSignal<Option<Reference>> {
    let tables = TABLES.with_borrow_mut(|tables| tables.get_or_insert_with(|| ArcRwSignal::new(None)).clone());
    if tables.with_untracked(Option::is_none) && !ASKING.replace(true) {
        let answer = tables.clone();
        spawn_local(async move {
            // Without them the pages still work: names are typed freely, thresholds are left out. Asked again later.
            if let Ok(found) = request::<op::ReadReference>(&Nothing {}, &Nothing {}).detached().json().await {
                answer.set(Some(found));
            }
            ASKING.set(false);
        });
    }
    tables
}

/// The names of the public register, for an input with `list`.
pub fn platform_names(id: &str) -> View {
    let tables = reference();
    el("datalist").id(id).live(move || {
        tables.with(|tables| {
            tables
                .iter()
                .flat_map(|t| &t.platforms.rows)
                .map(|row| el("option").attr("value", &row.name))
                .collect::<Vec<_>>()
        })
    })
}

/// What the public register says of a platform, under the field or fact that names it.
pub fn platform_note(name: impl Fn() -> String + 'static) -> View {
    let tables = reference();
    live(move || {
        let folded = domain::fold(&name());
        if folded.is_empty() {
            return View::none();
        }
        tables.with(|tables| {
            let Some(tables) = tables else { return View::none() };
            let register = &tables.platforms;
            let day = format::date(t(), register.as_of);
            let found = register
                .rows
                .iter()
                .find(|row| std::iter::once(&row.name).chain(&row.aliases).any(|name| domain::fold(name) == folded));
            let (tone, face, words) = match found.map(|row| row.state) {
                Some(PlatformState::Registered) => (Tone::Ready, Icon::Check, t().platform_registered(day)),
                Some(PlatformState::Pending) => (Tone::AtRisk, Icon::Clock, t().platform_pending(day)),
                None => (Tone::AtRisk, Icon::Warning, t().platform_unregistered(day)),
            };
            p("remark").add_class(tone.class()).child(icon(face)).child(el("span").child(words))
        })
    })
}

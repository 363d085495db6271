//! What a person chooses for this browser: theme, language, density, narrow rail. `theme.js` reads the same names
//! before the first paint.

use std::cell::OnceCell;

use contract::endpoint::op;
use contract::{MeChange, Nothing};
use leptos::prelude::*;

use crate::api::act;
use crate::browser::{mark_root, store, stored};
use crate::text::{Lang, set_language, t};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    fn tag(self) -> Option<&'static str> {
        match self {
            Theme::System => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Theme::System => t().theme_system(),
            Theme::Light => t().theme_light(),
            Theme::Dark => t().theme_dark(),
        }
    }

    pub fn current() -> Theme {
        match stored("theme").as_deref() {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::System,
        }
    }

    pub fn apply(self) {
        store("theme", self.tag());
        mark_root("data-theme", self.tag());
    }
}

pub fn compact() -> bool {
    stored("density").as_deref() == Some("compact")
}

pub fn set_compact(compact: bool) {
    let value = compact.then_some("compact");
    store("density", value);
    mark_root("data-density", value);
}

pub fn narrow_rail() -> bool {
    stored("rail").as_deref() == Some("narrow")
}

pub fn set_narrow_rail(narrow: bool) {
    let value = narrow.then_some("narrow");
    store("rail", value);
    mark_root("data-rail", value);
}

/// Before the first view: the kept language, else French. The browser's own language is not asked: this is a product
/// for French firms, and a colleague's English laptop should not surprise the reader.
pub fn restore() {
    let lang = stored("lang").and_then(|tag| Lang::from_tag(&tag)).unwrap_or_default();
    set_language(lang);
    mark_root("lang", Some(lang.tag()));
}

thread_local! {
    static LANGUAGE: OnceCell<RwSignal<Lang>> = const { OnceCell::new() };
}

/// The language as a signal, for what must be drawn again when it changes. First asked for at the root.
pub fn language() -> RwSignal<Lang> {
    LANGUAGE.with(|cell| *cell.get_or_init(|| RwSignal::new(t())))
}

/// Draws the whole screen again in another language.
pub fn switch_language(lang: Lang) {
    // Mails and calendar follow the account, whatever the browser; should this be refused, the screen still changes.
    if crate::api::session::me().with_untracked(|me| me.as_ref().is_some_and(|me| Lang::from(me.lang) != lang)) {
        leptos::task::spawn_local(async move {
            let body = MeChange { name: None, lang: Some(lang.into()) };
            if let Ok(me) = act::<op::UpdateMe>(&Nothing {}, &Nothing {}, &body).await {
                crate::api::session::set_me(me);
            }
        });
    }
    set_language(lang);
    store("lang", Some(lang.tag()));
    mark_root("lang", Some(lang.tag()));
    language().set(lang);
}

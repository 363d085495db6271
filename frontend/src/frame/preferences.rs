//! What a person chooses for this browser: theme, language, density, narrow rail. `theme.js` reads the same names
//! before the first paint.

use leptos::prelude::*;

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

#[derive(Clone, Copy)]
struct Language(RwSignal<Lang>);

pub fn provide_language() -> RwSignal<Lang> {
    let signal = RwSignal::new(t());
    provide_context(Language(signal));
    signal
}

/// Draws the whole screen again in another language. Taken from the context while a component is built, because
/// callbacks run outside the tree of contexts.
pub fn language_switch() -> impl Fn(Lang) + Send + Sync + Clone + 'static {
    let signal = use_context::<Language>().map(|language| language.0);
    move |lang| {
        set_language(lang);
        store("lang", Some(lang.tag()));
        mark_root("lang", Some(lang.tag()));
        if let Some(signal) = signal {
            signal.set(lang);
        }
    }
}

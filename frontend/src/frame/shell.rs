//! The frame of signed-in pages: rail, top bar, content. A new place is one line in `PLACES`.

use std::rc::Rc;

use leptos::prelude::*;

use super::address::{address, href};
use super::preferences::{self, Theme, switch_language};
use super::scope::{SCOPE, portfolio_scope};
use crate::dom::{View, button, div, el, link, live, memo, show, span, svg};
use crate::text::{Lang, t};
use crate::ui::{
    Command, HotkeyRegion, Icon, Menu, MenuItem, count_loud, hotkey, icon, key_hint, palette_open, set_palette_pages,
};

pub struct Place {
    pub href: &'static str,
    icon: Icon,
    label: fn(Lang) -> &'static str,
    /// G, then a letter.
    keys: &'static str,
}

/// The left rail, in order.
pub const PLACES: &[Place] = &[
    Place { href: "/cockpit", icon: Icon::Cockpit, label: Lang::nav_cockpit, keys: "g c" },
    Place { href: "/dossiers", icon: Icon::Dossiers, label: Lang::nav_dossiers, keys: "g d" },
    Place { href: "/mandats", icon: Icon::Mandate, label: Lang::nav_mandates, keys: "g m" },
    Place { href: "/echeancier", icon: Icon::Calendar, label: Lang::nav_deadlines, keys: "g e" },
    Place { href: "/flux", icon: Icon::Sort, label: Lang::nav_flows, keys: "g f" },
    Place { href: "/anomalies", icon: Icon::Warning, label: Lang::nav_anomalies, keys: "g a" },
    Place { href: "/relances", icon: Icon::Relance, label: Lang::nav_relances, keys: "g r" },
    Place { href: "/envois", icon: Icon::Mail, label: Lang::nav_mails, keys: "g v" },
    Place { href: "/imports", icon: Icon::Import, label: Lang::nav_imports, keys: "g i" },
    Place { href: "/journal", icon: Icon::Journal, label: Lang::nav_journal, keys: "g j" },
    Place { href: "/parametres", icon: Icon::Settings, label: Lang::nav_settings, keys: "g p" },
];

/// What the frame needs to know of the signed-in person and of the work under way.
pub struct Frame {
    /// Cabinet and portfolio: the scope that every page obeys.
    pub scope: View,
    /// Jobs and notifications; see `bell_button`.
    pub jobs: View,
    pub person_name: Box<dyn Fn() -> String>,
    /// See `person_items`.
    pub person_items: Box<dyn Fn() -> Vec<MenuItem>>,
    /// A strip over the page, for what holds on every page.
    pub banner: View,
    /// Which places this person may see.
    pub sees: fn(&Place) -> bool,
    /// How many things wait for a person at a place (by its address).
    pub to_do: Rc<dyn Fn(&str) -> u64>,
}

impl Frame {
    /// `page` is drawn again when the signals that it reads change: the path.
    pub fn around(self, page: impl Fn() -> View + 'static) -> View {
        let Frame { scope, jobs, person_name, person_items, banner, sees, to_do } = self;
        let t = t();
        let address = address();
        let places: Vec<&'static Place> = PLACES.iter().filter(|place| sees(place)).collect();
        let go = |place: &'static Place| move || address.go(place.href);
        set_palette_pages(
            places.iter().map(|place| Command::new(place.icon, (place.label)(t), go(place)).keys(place.keys)).collect(),
        );
        for place in &places {
            hotkey(place.keys, t.keys_go((place.label)(t)), HotkeyRegion::Everywhere, go(place));
        }

        let brand =
            link("brand", "/").label(t.product()).child(brand_mark()).child(span("rail-label").child(t.product()));
        let (near, far) = places.split_at(near(places.len()));
        let links = |places: &[&'static Place], class: &'static str| {
            let path = address.path;
            places
                .iter()
                .map(|place| el("li").class(class).child(rail_link(place, path, to_do.clone())))
                .collect::<Vec<_>>()
        };
        let list = el("ul").class("rail-list").children(links(near, "")).children(links(far, "rail-far"));
        let list = if far.is_empty() { list } else { list.child(rail_more(far.to_vec(), address.path, to_do.clone())) };
        let rail = el("nav").class("rail").label(t.nav_main()).child(brand).child(list).child(rail_toggle());

        let palette = palette_open();
        // On a phone its words are not shown.
        let search = button("top-search")
            .label(t.top_search())
            .on_click(move || palette.set(true))
            .child(icon(Icon::Search))
            .child(span("truncate").child(t.top_search()))
            .child(key_hint("mod+k"));
        let initials = move || {
            let name = person_name();
            name.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect::<String>().to_uppercase()
        };
        let person = Menu::new(t.top_person(), person_items)
            .face(span("avatar").decorative().text_of(initials))
            .look("btn-icon")
            .quiet()
            .align_end();
        let top = el("header")
            .class("top")
            .child(div("top-scope").child(scope))
            .child(search)
            .child(div("top-end").child(jobs).child(person));

        let main = el("main").id("main").class("main").attr("tabindex", "-1");
        let target = main.clone();
        let skip = link("skip", "#main").child(t.skip_to_content()).on("click", move |ev| {
            // Only the focus moves: the address is the state of the screen and has no place for this.
            ev.prevent_default();
            target.focus();
        });
        View::all([
            skip,
            div("frame").child(rail).child(top).child(div("content").child(banner).child(main.live(page))),
        ])
    }
}

/// The half-drawn gauge with its tick, as in the icon of the tab.
pub fn brand_mark() -> View {
    svg("svg")
        .class("brand-mark")
        .attr("viewBox", "0 0 32 32")
        .decorative()
        .child(svg("rect").attr("width", "32").attr("height", "32").attr("rx", "7"))
        .child(svg("path").attr("d", "M8.5 21.5a8.5 8.5 0 1 1 15.6-4.7"))
        .child(svg("path").class("brand-tick").attr("d", "M13 18.5l4 4 8-8.5"))
}

/// How many places stand in the bar of a phone: five, or four and « Plus » with all others behind it.
fn near(places: usize) -> usize {
    const BAR: usize = 5;
    if places > BAR { BAR - 1 } else { places }
}

fn is_at(path: &str, place: &Place) -> bool {
    path.strip_prefix(place.href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn scoped_href(place: &Place, scope: Option<&str>) -> String {
    href(place.href, &[(SCOPE, scope.unwrap_or_default())])
}

/// How much waits for a person, for the eye and for the ear.
fn waiting_count(count: impl Fn() -> u64 + 'static) -> View {
    let waiting = memo(count);
    live(move || {
        let n = waiting.get();
        (n > 0).then(|| {
            View::all([
                count_loud(n).add_class("rail-count").decorative(),
                span("sr-only").child(crate::text::t().nav_to_do(n)),
            ])
        })
    })
}

fn rail_link(place: &'static Place, path: Memo<String>, to_do: Rc<dyn Fn(&str) -> u64>) -> View {
    let here = move || path.with(|path| is_at(path, place));
    let label = (place.label)(t());
    let scope = portfolio_scope();
    link("rail-link", place.href)
        .attr_of("href", move || scoped_href(place, scope.get().as_deref()))
        .attr("title", label)
        .attr_of("aria-current", move || here().then_some("page"))
        .child(icon(place.icon))
        .child(span("rail-label").child(label))
        .child(waiting_count(move || to_do(place.href)))
}

/// The last button of a phone's bar: the places that have no room in it.
fn rail_more(places: Vec<&'static Place>, path: Memo<String>, to_do: Rc<dyn Fn(&str) -> u64>) -> View {
    let (listed, counted) = (places.clone(), places.clone());
    let waiting = memo(move || counted.iter().map(|place| to_do(place.href)).sum::<u64>());
    let here = move || path.with(|path| places.iter().any(|place| is_at(path, place)));
    let scope = portfolio_scope();
    let items = move || {
        let item = |place: &&'static Place| {
            let href = scoped_href(place, scope.get_untracked().as_deref());
            let here = path.with_untracked(|path| is_at(path, place));
            MenuItem::link(place.icon, (place.label)(t()), href).here(here)
        };
        listed.iter().map(item).collect()
    };
    let face =
        View::all([icon(Icon::More), span("rail-label").child(t().nav_more()), waiting_count(move || waiting.get())]);
    let name = move || match waiting.get() {
        0 => t().nav_more().to_owned(),
        n => format!("{}, {}", t().nav_more(), t().nav_to_do(n)),
    };
    let menu = Menu::new(t().nav_more(), items).face(face).bare("rail-link").name_of(name).align_end();
    el("li").class("rail-more").class_of("rail-here", here).child(menu)
}

fn rail_toggle() -> View {
    let narrow = RwSignal::new(preferences::narrow_rail());
    let words = move || if narrow.get() { t().nav_expand() } else { t().nav_collapse() };
    button("rail-link rail-toggle")
        .attr_of("aria-label", words)
        .attr_of("title", words)
        .aria_of("aria-expanded", move || !narrow.get())
        .on_click(move || {
            narrow.update(|narrow| *narrow = !*narrow);
            preferences::set_narrow_rail(narrow.get_untracked());
        })
        .child(icon(Icon::Rail))
        .child(span("rail-label").child(t().nav_collapse()))
}

/// Theme, density, language and the way out, after what the caller puts first.
pub fn person_items(first: Vec<MenuItem>, sign_out: impl Fn() + 'static) -> Vec<MenuItem> {
    let t = t();
    let mut items = first;
    items.push(MenuItem::heading(t.theme()));
    let theme = Theme::current();
    items.extend(Theme::ALL.map(|own| MenuItem::check(own.label(), own == theme, move || own.apply())));
    items.push(MenuItem::heading(t.density()));
    let compact = preferences::compact();
    items.push(MenuItem::check(t.density_regular(), !compact, || preferences::set_compact(false)));
    items.push(MenuItem::check(t.density_compact(), compact, || preferences::set_compact(true)));
    items.push(MenuItem::heading(t.language()));
    items.extend(Lang::ALL.map(|own| MenuItem::check(own.own_name(), own == t, move || switch_language(own))));
    items.push(MenuItem::line());
    items.push(MenuItem::act(Icon::SignOut, t.sign_out(), sign_out));
    items
}

/// The bell: how much is unread, whether jobs run, and the list of both when pressed.
pub fn bell_button(
    running: impl Fn() -> u64 + 'static,
    unread: impl Fn() -> u64 + 'static,
    items: impl Fn() -> Vec<MenuItem> + 'static,
) -> View {
    let (running, unread) = (memo(running), memo(unread));
    let dot = show(
        move || running.get() > 0,
        move || {
            let words = t().top_jobs_running(running.get());
            View::all([span("bell-dot").decorative(), span("sr-only").child(words)])
        },
    );
    let count = live(move || {
        // Two digits are as much as the bell can carry.
        let shown = match unread.get() {
            0 => return View::none(),
            n @ 1..100 => n.to_string(),
            _ => "99+".to_owned(),
        };
        span("bell-count num").decorative().child(shown)
    });
    let name = move || match unread.get() {
        0 => t().top_jobs().to_owned(),
        n => format!("{}, {}", t().top_jobs(), t().top_unread(n)),
    };
    Menu::new(t().top_jobs(), items)
        .face(View::all([icon(Icon::Bell), dot, count]))
        .name_of(name)
        .look("btn-icon")
        .quiet()
        .align_end()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_keeps_one_place_for_all_that_has_none() {
        assert_eq!([3, 5, 6, 11].map(near), [3, 5, 4, 4]);
    }

    #[test]
    fn a_place_holds_its_pages_and_no_namesake() {
        let place = &PLACES[1];
        assert!(is_at("/dossiers", place) && is_at("/dossiers/1/conseil", place));
        assert!(!is_at("/dossiers-clos", place));
    }
}

//! The frame of signed-in pages: rail, top bar, content. A new place is one line in `PLACES`.

use std::sync::Arc;

use leptos::prelude::*;

use domain::Permission;

use super::address::{link, use_address};
use super::preferences::{self, Theme, language_switch};
use super::scope::{SCOPE, portfolio_scope};
use crate::text::{Lang, format, t};
use crate::ui::{Command, Commands, HotkeyRegion, Icon, KeyHint, Look, Menu, MenuItem, icon, use_hotkey};

pub struct Place {
    pub href: &'static str,
    pub icon: Icon,
    pub label: fn(Lang) -> &'static str,
    /// Second key after G.
    pub key: &'static str,
    /// Shown to those who may go there.
    pub needs: Permission,
}

/// The left rail, in order.
pub const PLACES: &[Place] = &[
    Place {
        href: "/cockpit",
        icon: Icon::Cockpit,
        label: Lang::nav_cockpit,
        key: "g c",
        needs: Permission::DossierRead,
    },
    Place {
        href: "/dossiers",
        icon: Icon::Dossiers,
        label: Lang::nav_dossiers,
        key: "g d",
        needs: Permission::DossierRead,
    },
    Place { href: "/imports", icon: Icon::Import, label: Lang::nav_imports, key: "g i", needs: Permission::ImportRun },
    Place {
        href: "/journal",
        icon: Icon::Journal,
        label: Lang::nav_journal,
        key: "g j",
        needs: Permission::JournalRead,
    },
    Place {
        href: "/parametres",
        icon: Icon::Settings,
        label: Lang::nav_settings,
        key: "g p",
        needs: Permission::SignedIn,
    },
];

/// The places as lines of the command palette.
pub fn place_commands(may: fn(Permission) -> bool) -> Vec<Command> {
    let address = use_address();
    PLACES
        .iter()
        .filter(|place| may(place.needs))
        .map(|place| Command::new(place.icon, (place.label)(t()), move || address.go(place.href)).keys(place.key))
        .collect()
}

#[component]
pub fn Frame(
    /// Cabinet and portfolio: the scope that every page obeys.
    #[prop(into)]
    scope: ViewFn,
    /// Jobs and notifications.
    #[prop(into)]
    jobs: ViewFn,
    #[prop(into)] person_name: Signal<String>,
    #[prop(into)] person_items: Callback<(), Vec<MenuItem>>,
    /// How many things wait for a person, by place.
    #[prop(optional, into)]
    to_do: Signal<Vec<(&'static str, u64)>>,
    /// Which places the person may go to; asked again when rights change. Without it: all of them.
    #[prop(default = |_| true)]
    may: fn(Permission) -> bool,
    /// A strip over the page, for what holds on every page.
    #[prop(optional, into)]
    banner: Option<ViewFn>,
    children: Children,
) -> AnyView {
    let address = use_address();
    let commands = expect_context::<Commands>();
    Effect::new(move |_| commands.set_pages(place_commands(may)));
    for place in PLACES.iter().filter(|place| untrack(|| may(place.needs))) {
        let label = t().keys_go((place.label)(t()));
        use_hotkey(place.key, label, HotkeyRegion::Everywhere, move || address.go(place.href));
    }
    let narrow = RwSignal::new(preferences::narrow_rail());
    let initials = move || {
        let name = person_name.get();
        name.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect::<String>().to_uppercase()
    };
    let face = ViewFn::from(move || view! { <span class="avatar" aria-hidden="true">{initials}</span> }.into_any());
    let collapse = move || if narrow.get() { t().nav_expand() } else { t().nav_collapse() };
    view! {
        <a class="skip" href="#main" rel="external">{t().skip_to_content()}</a>
        <div class="frame">
            <nav class="rail" aria-label=t().nav_main()>
                <a class="brand" href="/cockpit" aria-label=t().product()>
                    <BrandMark />
                    <span class="rail-label">{t().product()}</span>
                </a>
                <ul class="rail-list">
                    {PLACES
                        .iter()
                        .map(|place| {
                            let shown = Memo::new(move |_| may(place.needs));
                            (move || shown.get().then(|| rail_link(place, address.path, to_do))).into_any()
                        })
                        .collect_view()}
                </ul>
                <button
                    type="button"
                    class="rail-link rail-toggle"
                    aria-label=collapse
                    title=collapse
                    aria-expanded=move || if narrow.get() { "false" } else { "true" }
                    on:click=move |_| {
                        narrow.update(|narrow| *narrow = !*narrow);
                        preferences::set_narrow_rail(narrow.get_untracked());
                    }
                >
                    {icon(Icon::Rail)}
                    <span class="rail-label">{t().nav_collapse()}</span>
                </button>
            </nav>
            <header class="top">
                <div class="top-scope">{scope.run()}</div>
                <button type="button" class="top-search" on:click=move |_| commands.open.set(true)>
                    {icon(Icon::Search)}
                    <span class="truncate">{t().top_search()}</span>
                    <KeyHint keys="mod+k" />
                </button>
                <div class="top-end">
                    {jobs.run()}
                    <Menu label=t().top_person() icon_only=true look=Look::Quiet align_end=true face=face items=person_items />
                </div>
            </header>
            {banner.map(|banner| banner.run())}
            <main id="main" class="main" tabindex="-1">{children()}</main>
        </div>
    }
    .into_any()
}

/// The half-drawn gauge with its tick, as in the icon of the tab.
#[component]
pub fn BrandMark() -> AnyView {
    view! {
        <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="7" />
            <path class="brand-arc" d="M8.5 21.5a8.5 8.5 0 1 1 15.6-4.7" />
            <path class="brand-tick" d="M13 18.5l4 4 8-8.5" />
        </svg>
    }
    .into_any()
}

fn rail_link(place: &'static Place, path: Memo<String>, to_do: Signal<Vec<(&'static str, u64)>>) -> AnyView {
    let here = Memo::new(move |_| {
        path.with(|path| path.strip_prefix(place.href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    });
    let scope = portfolio_scope();
    let waiting =
        Memo::new(move |_| to_do.with(|all| all.iter().find(|(href, _)| *href == place.href).map_or(0, |(_, n)| *n)));
    view! {
        <li>
            <a
                class="rail-link"
                href=move || link(place.href, &[(SCOPE, scope.get().as_deref().unwrap_or_default())])
                title=(place.label)(t())
                aria-current=move || here.get().then_some("page")
            >
                {icon(place.icon)}
                <span class="rail-label">{(place.label)(t())}</span>
                {move || {
                    let n = waiting.get();
                    (n > 0)
                        .then(|| {
                            view! {
                                <span class="count count-loud rail-count" aria-hidden="true">{format::number(t(), n as i64)}</span>
                                <span class="sr-only">{t().nav_to_do(n)}</span>
                            }
                        })
                }}
            </a>
        </li>
    }
    .into_any()
}

/// Theme, density, language and the way out, after what the caller puts first.
pub fn person_items(
    first: Vec<MenuItem>,
    sign_out: impl Fn() + Send + Sync + 'static,
) -> impl Fn() -> Vec<MenuItem> + Send + Sync {
    let switch = language_switch();
    let sign_out = Arc::new(sign_out);
    move || {
        let t = t();
        let mut items = first.clone();
        items.push(MenuItem::Heading(t.theme().to_owned()));
        let theme = Theme::current();
        items.extend(Theme::ALL.map(|own| MenuItem::check(own.label(), own == theme, move || own.apply())));
        items.push(MenuItem::Heading(t.density().to_owned()));
        let compact = preferences::compact();
        items.push(MenuItem::check(t.density_regular(), !compact, || preferences::set_compact(false)));
        items.push(MenuItem::check(t.density_compact(), compact, || preferences::set_compact(true)));
        items.push(MenuItem::Heading(t.language().to_owned()));
        items.extend(Lang::ALL.map(|own| {
            let switch = switch.clone();
            MenuItem::check(own.own_name(), own == t, move || switch(own))
        }));
        items.push(MenuItem::Line);
        let sign_out = sign_out.clone();
        items.push(MenuItem::act(Icon::SignOut, t.sign_out(), move || sign_out()));
        items
    }
}

/// The bell: how many jobs run, and the list of them when pressed.
#[component]
pub fn JobsButton(#[prop(into)] running: Signal<u64>, #[prop(into)] items: Callback<(), Vec<MenuItem>>) -> AnyView {
    let face = ViewFn::from(move || {
        view! {
            {icon(Icon::Bell)}
            {move || {
                let n = running.get();
                (n > 0)
                    .then(|| {
                        view! {
                            <span class="bell-dot" aria-hidden="true"></span>
                            <span class="sr-only">{t().top_jobs_running(n)}</span>
                        }
                    })
            }}
        }
        .into_any()
    });
    let items = move || {
        let items = items.run(());
        if items.is_empty() { vec![MenuItem::Heading(t().top_jobs_none().to_owned())] } else { items }
    };
    view! { <Menu label=t().top_jobs() icon_only=true look=Look::Quiet align_end=true face=face items=items /> }
        .into_any()
}

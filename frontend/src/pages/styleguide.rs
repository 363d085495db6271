//! Every part of the kit in every state, for looking at and for testing. Needs no sign-in and no server.

use std::collections::BTreeSet;
use std::rc::Rc;

use leptos::prelude::*;
use web_sys::File;

use crate::api::{Failure, FieldError, Problem};
use crate::dom::{View, div, el, link, live, memo, p, span};
use crate::frame::{Frame, address, bell_button, page_head, person_items};
use crate::text::{format, search, t};
use crate::ui::*;

struct Client {
    siren: &'static str,
    name: &'static str,
    tone: Tone,
    score: Option<u8>,
    portfolio: &'static str,
    /// In cents; 0 when it is not known.
    turnover: i64,
    size: &'static str,
    deadline: &'static str,
}

/// A firm that does not exist, with the long names that real ones have.
const CLIENTS: &[Client] = &[
    Client {
        siren: "732829320",
        name: "Boulangerie Pâtisserie Le Fournil de Saint-Germain-en-Laye",
        tone: Tone::Ready,
        score: Some(96),
        portfolio: "Commerce",
        turnover: 84_215_000,
        size: "PME",
        deadline: "01/09/2027",
    },
    Client {
        siren: "542051180",
        name: "SCI Les Terrasses du Vieux-Port",
        tone: Tone::OnTrack,
        score: Some(71),
        portfolio: "Immobilier",
        turnover: 31_240_000,
        size: "Micro",
        deadline: "01/09/2027",
    },
    Client {
        siren: "784671695",
        name: "Établissements Guillaume-Héraud et Fils, Négoce de Matériaux",
        tone: Tone::Late,
        score: Some(28),
        portfolio: "Industrie",
        turnover: 5_214_800_000,
        size: "ETI",
        deadline: "01/09/2026",
    },
    Client {
        siren: "443061841",
        name: "Cabinet Vétérinaire des Trois Rivières",
        tone: Tone::AtRisk,
        score: Some(52),
        portfolio: "Libéral",
        turnover: 62_030_000,
        size: "PME",
        deadline: "01/09/2027",
    },
    Client {
        siren: "552100554",
        name: "Transports Kerbrat",
        tone: Tone::Unknown,
        score: None,
        portfolio: "Transport",
        turnover: 0,
        size: "–",
        deadline: "–",
    },
    Client {
        siren: "388457622",
        name: "Menuiserie Artisanale du Pays d’Auge",
        tone: Tone::OnTrack,
        score: Some(66),
        portfolio: "Bâtiment",
        turnover: 118_450_000,
        size: "PME",
        deadline: "01/09/2027",
    },
    Client {
        siren: "410219563",
        name: "Pharmacie de la Place",
        tone: Tone::Ready,
        score: Some(100),
        portfolio: "Santé",
        turnover: 241_980_000,
        size: "PME",
        deadline: "01/09/2027",
    },
    Client {
        siren: "820114477",
        name: "Holding Participations Delacroix-Montesquiou",
        tone: Tone::AtRisk,
        score: Some(44),
        portfolio: "Holdings",
        turnover: 980_000_000,
        size: "ETI",
        deadline: "01/09/2026",
    },
];

pub fn styleguide() -> View {
    let scope = || {
        vec![
            MenuItem::check(t().top_scope_all(), true, || {}),
            MenuItem::line(),
            MenuItem::check("Commerce", false, || {}),
            MenuItem::check("Bâtiment et travaux publics", false, || {}),
        ]
    };
    let face = View::all([
        icon(Icon::Cabinet),
        span("truncate").child("Cabinet Delmas & Associés"),
        span("faint truncate").child(t().top_scope_all()),
        icon(Icon::Down),
    ]);
    Frame {
        scope: Menu::new(t().top_scope(), scope).face(face).quiet().into(),
        jobs: bell_button(|| 1, || 3, || vec![MenuItem::link(Icon::Import, "clients-a.csv · 64 %", "/imports")]),
        person_name: Box::new(|| "Claire Le Goff".to_owned()),
        person_items: Box::new(|| person_items(Vec::new(), || address().go("/"))),
        banner: View::none(),
        sees: |_| true,
        to_do: Rc::new(|place| if place == "/imports" { 2 } else { 0 }),
    }
    .around(|| untrack(page))
}

fn page() -> View {
    let t = t();
    let acts =
        [Button::new(t.sg_quiet()).icon(Icon::Download), Button::new(t.sg_primary()).icon(Icon::Import).primary()];
    div("page")
        .child(page_head(t.sg_title(), t.sg_lead(), View::all(acts)))
        .child(section("states", t.sg_states(), states()))
        .child(section("figures", t.sg_figures(), figures()))
        .child(section("table", t.sg_table(), table()))
        .child(section("buttons", t.sg_buttons(), buttons()))
        .child(section("fields", t.sg_fields(), fields()))
        .child(section("choices", t.sg_choices(), choices()))
        .child(section("tabs", t.sg_navigation(), tab_row()))
        .child(section("files", t.sg_files(), files()))
        .child(section("feedback", t.sg_feedback(), feedback()))
        .child(section("overlays", t.sg_overlays(), overlays()))
        .child(section("history", t.sg_history(), history()))
        .child(section("type", t.sg_type(), words()))
        .child(section("icons", t.sg_icons(), icons()))
}

fn section(id: &str, title: &str, content: View) -> View {
    el("section").id(id).class("card").child(el("h2").child(title)).child(content)
}

fn states() -> View {
    div("stack")
        .child(div("row").children(Tone::ALL.map(status)))
        .child(div("row-wide").children(Tone::ALL.map(status_plain)))
        .child(div("row").children([
            tag("BTP"),
            tag("À rappeler"),
            count(12),
            count_loud(1204),
            key_hint("mod+k"),
            key_hint("g d"),
        ]))
}

fn tile(title: &str) -> View {
    div("tile").child(el("h3").child(title))
}

fn figures() -> View {
    let t = t();
    // The seventh day was missed.
    let measured = [120, 128, 141, 139, 160, 172, 0, 189, 201, 214];
    let first = chrono::NaiveDate::from_ymd_opt(2026, 9, 1).unwrap_or_default();
    let points: Vec<_> =
        first.iter_days().zip(measured).filter(|(_, value)| *value > 0).map(|(day, value)| (day, value * 10)).collect();
    let readings =
        points.iter().map(|(on, value)| Reading { on: *on, values: vec![format::tenths(t, *value)] }).collect();
    let last = first + chrono::Days::new(9);
    let chart = TimeChart::new(t.sg_trend(), first, last)
        .line(Curve { class: "chart-main", points, daily: true })
        .readings(vec![t.chart_value().to_owned()], readings);
    let segments =
        [(Tone::Ready, 214), (Tone::OnTrack, 143), (Tone::AtRisk, 61), (Tone::Late, 18), (Tone::Unknown, 64)]
            .map(|(tone, count)| Segment { tone, label: tone.label().to_owned(), count, href: "/dossiers".to_owned() });
    let gauges = [(Some(24), Tone::Late), (Some(52), Tone::AtRisk), (Some(100), Tone::Ready), (None, Tone::Unknown)]
        .map(|(score, tone)| score_gauge_small(score, tone));
    div("sg-figures")
        .child(tile(t.sg_score()).child(div("row-wide").child(score_gauge(Some(68), Tone::OnTrack)).child(delta(4))))
        .child(
            tile(t.sg_score())
                .child(div("row-wide").children(gauges))
                .child(p("figure-number num").child(format::money_round(t, 1_842_500))),
        )
        .child(tile(t.sg_spread()).add_class("sg-wide").child(stacked_bar(t.sg_spread(), &segments)))
        .child(div("tile sg-wide").child(chart))
}

fn client_row(client: &'static Client) -> Row {
    Row::new(client.siren, 0, client.name, move |column| match column {
        "name" => View::all([
            span("cell-main truncate").child(client.name),
            span("cell-sub num").child(format::siren(client.siren)),
        ]),
        "state" => status_plain(client.tone),
        "score" => client.score.map_or("–".to_owned(), |score| score.to_string()).into(),
        "portfolio" => client.portfolio.into(),
        "size" => client.size.into(),
        "turnover" if client.turnover == 0 => "–".into(),
        "turnover" => format::money_round(t(), client.turnover).into(),
        _ => client.deadline.into(),
    })
}

fn client_panel(client: &'static Client, close: impl Fn() + 'static) -> View {
    let t = t();
    let facts = el("dl")
        .class("facts")
        .child(el("dt").child(t.sg_siren()))
        .child(el("dd").class("num").child(format::siren(client.siren)))
        .child(el("dt").child(t.sg_turnover()))
        .child(el("dd").class("num").child(format::money(t, client.turnover)));
    let full = Button::new(t.open_page()).icon_only(Icon::External).quiet().small();
    let state = div("row").child(status(client.tone)).child(tag(client.portfolio));
    side_panel(move || client.name.to_owned(), close, full, div("stack").child(state).child(facts))
}

fn table() -> View {
    let t = t();
    let columns = vec![
        Column::new("name", t.sg_name()).fixed().sortable().grows(),
        Column::new("state", t.sg_state()).priority(1).sortable(),
        Column::new("score", t.sg_score_column()).number().sortable(),
        Column::new("portfolio", t.sg_portfolio()).priority(3),
        Column::new("size", t.sg_segment()).priority(3),
        Column::new("turnover", t.sg_turnover()).number().sortable().priority(3),
        Column::new("deadline", t.sg_deadline()).number().priority(3).hidden(),
    ];
    let shown = remembered_columns("styleguide", &columns);
    let selection = RwSignal::new(BTreeSet::new());
    let sort = RwSignal::new(Sort::parse("name"));
    let opened = RwSignal::new(None::<String>);
    let state = RwSignal::new(vec!["late".to_owned()]);
    let portfolio = RwSignal::new(Vec::<String>::new());

    let rows = move || {
        let sort = sort.get();
        let mut clients: Vec<&'static Client> = CLIENTS.iter().collect();
        match sort.key.as_str() {
            "score" => search::order_by_key(&mut clients, |c| c.score),
            "turnover" => search::order_by_key(&mut clients, |c| c.turnover),
            "state" => search::order_by_key(&mut clients, |c| c.tone as u8),
            _ => search::order_by_key(&mut clients, |c| search::fold(c.name)),
        }
        if sort.descending {
            clients.reverse();
        }
        clients.into_iter().map(client_row).collect()
    };
    let states = || {
        [("late", Tone::Late, 18), ("at_risk", Tone::AtRisk, 61), ("ready", Tone::Ready, 214)]
            .map(|(value, tone, n)| Choice::new(value, tone.label()).hint(n.to_string()))
            .to_vec()
    };
    let filters = vec![
        Filter::new("state", t.sg_state(), memo(move || state.get()), states),
        Filter::new("portfolio", t.sg_portfolio(), memo(move || portfolio.get()), || {
            CLIENTS.iter().map(|c| Choice::new(c.portfolio, c.portfolio)).collect()
        }),
    ];
    let views = saved_views(
        || {
            let t = crate::text::t();
            vec![
                SavedView { id: "all".into(), name: t.all().into(), query: String::new(), kept: true },
                SavedView { id: "late".into(), name: t.state_late().into(), query: "late".into(), kept: false },
            ]
        },
        move || state.get().join(","),
        move |view| state.set(if view.query.is_empty() { Vec::new() } else { vec![view.query] }),
        |name, _| toasts().done(name),
        |_| toasts().info(crate::text::t().undone()),
    );
    let bar = filter_bar(
        filters,
        move |key, values| if key == "state" { state.set(values) } else { portfolio.set(values) },
        move || {
            state.set(Vec::new());
            portfolio.set(Vec::new());
        },
    );
    let choice = column_choice(&columns, shown);
    let grid = Table::new(t.sg_table(), columns, rows)
        .shown(shown)
        .sorted(move || sort.get(), move |next| sort.set(next))
        .selectable(selection)
        .opens(move || opened.get(), move |id| opened.set(Some(id)), move || opened.set(None))
        .acts(|_| {
            let t = crate::text::t();
            vec![
                MenuItem::act(Icon::Person, t.sg_plain(), || toasts().done(crate::text::t().sg_toast_done_text())),
                MenuItem::link(Icon::External, t.open_page(), "/styleguide"),
                MenuItem::line(),
                MenuItem::danger(Icon::Trash, t.delete(), || {}),
            ]
        });
    let panel = live(move || {
        let id = opened.get()?;
        let client = CLIENTS.iter().find(|c| c.siren == id)?;
        Some(untrack(|| client_panel(client, move || opened.set(None))))
    });
    let more = load_more_with(
        || crate::text::t().table_rows_shown(CLIENTS.len() as u64, format::number(crate::text::t(), 1204)),
        || true,
        || false,
        Rc::new(|| toasts().info(crate::text::t().table_end())),
    );
    let acts = || {
        let t = crate::text::t();
        span("row").children([
            Button::new(t.sg_plain()).icon(Icon::Person).small(),
            Button::new(t.sg_quiet()).icon(Icon::Download).small(),
        ])
    };
    div("list-page sg-list")
        .child(views)
        .child(div("spread").child(bar).child(choice))
        .child(div("with-panel").child(grid).child(panel))
        .child(more)
        .child(selection_bar(
            selection,
            move || crate::text::t().table_selected(selection.with(BTreeSet::len) as u64),
            acts,
            move || selection.update(BTreeSet::clear),
        ))
}

fn buttons() -> View {
    let t = t();
    let menu = Menu::new(t.menu_more(), || {
        let t = crate::text::t();
        vec![
            MenuItem::act(Icon::Edit, t.edit(), || {}),
            MenuItem::act(Icon::Copy, t.copy(), || {}),
            MenuItem::line(),
            MenuItem::danger(Icon::Trash, t.delete(), || {}),
        ]
    });
    div("stack")
        .child(div("row").children([
            Button::new(t.sg_primary()).icon(Icon::Import).primary(),
            Button::new(t.sg_plain()),
            Button::new(t.sg_quiet()).icon(Icon::Download).quiet(),
            Button::new(t.sg_danger()).icon(Icon::Trash).danger(),
            Button::new(t.open_page()).icon_only(Icon::External),
            Button::link(t.nav_dossiers(), "/dossiers").icon(Icon::Dossiers),
        ]))
        .child(div("row").children([
            Button::new(t.sg_busy()).primary().busy(|| true),
            Button::new(t.sg_busy()).busy(|| true),
            Button::new(t.sg_disabled()).disabled(|| true),
            Button::new(t.sg_disabled()).primary().disabled(|| true),
        ]))
        .child(
            div("row")
                .children([
                    Button::new(t.sg_small()).small(),
                    Button::new(t.sg_small()).small().primary(),
                    Button::new(t.sg_small()).small().quiet().icon(Icon::Filter),
                ])
                .child(menu),
        )
}

fn platforms() -> Vec<Choice> {
    ["Plateforme Océane", "Factures Horizon", "Mistral Échanges", "Relais Comptable", "Passerelle du Nord"]
        .iter()
        .enumerate()
        .map(|(at, name)| Choice::new(format!("pa-{at}"), *name).hint(format!("PA {:04}", 12 + at * 7)))
        .collect()
}

fn staff() -> Vec<Choice> {
    vec![
        Choice::new("clg", "Claire Le Goff").hint("Responsable"),
        Choice::new("mb", "Mehdi Benyahia").hint("Collaborateur"),
        Choice::new("jpd", "Jean-Philippe Delmas").hint("Associé"),
    ]
}

fn fields() -> View {
    let t = t();
    let email = RwSignal::new("claire.legoff@delmas.example".to_owned());
    let siren = RwSignal::new("73282932".to_owned());
    let note = RwSignal::new(String::new());
    let regime = RwSignal::new("simplified".to_owned());
    let date = RwSignal::new("2026-09-01".to_owned());
    let platform = RwSignal::new(vec!["pa-1".to_owned()]);
    let people = RwSignal::new(vec!["clg".to_owned(), "mb".to_owned()]);
    let regimes = || {
        vec![
            Choice::new("normal", "Réel normal mensuel"),
            Choice::new("simplified", "Réel simplifié"),
            Choice::new("franchise", "Franchise en base"),
        ]
    };
    let wrong = move || {
        let digits = siren.with(|s| s.chars().filter(char::is_ascii_digit).count());
        (digits != 9).then(|| crate::text::t().sg_siren_error().to_owned())
    };
    div("sg-fields")
        .child(text_field(t.sg_email(), email).hint(t.sg_email_hint()).kind("email").autocomplete("email"))
        .child(text_field(t.sg_siren(), siren).error(wrong).inputmode("numeric"))
        .child(select_field(t.sg_regime(), regime, regimes))
        .child(date_field(t.sg_date(), date))
        .child(Combobox::one(t.sg_platform(), platform, platforms))
        .child(Combobox::many(t.sg_people(), people, staff))
        .child(text_area(t.sg_note(), note).optional())
        .child(text_field(t.sg_disabled(), email).disabled(|| true))
}

fn choices() -> View {
    let t = t();
    let (b2b, b2c, secret) = (RwSignal::new(true), RwSignal::new(false), RwSignal::new(true));
    let mode = RwSignal::new("list".to_owned());
    let modes = || vec![Choice::new("list", t.sg_list()), Choice::new("board", t.sg_board())];
    div("row-wide")
        .child(Checkbox::new(t.sg_b2b(), move || b2b.get(), move |on| b2b.set(on)))
        .child(Checkbox::new(t.sg_b2c(), move || b2c.get(), move |on| b2c.set(on)))
        .child(Checkbox::new(t.sg_partly(), || false, |_| {}).partly(|| true))
        .child(Checkbox::new(t.sg_disabled(), || true, |_| {}).disabled(|| true))
        .child(switch(t.sg_confidential(), move || secret.get(), move |on| secret.set(on)))
        .child(radios(t.sg_view_mode(), modes(), move || mode.get(), move |chosen| mode.set(chosen)))
        .child(segments(t.sg_view_mode(), modes(), move || mode.get(), move |chosen| mode.set(chosen)))
        .child(tooltip(t.sg_tooltip_text(), span("explained").child(t.sg_tooltip())))
}

fn tab_row() -> View {
    let t = t();
    let current = RwSignal::new("obligations".to_owned());
    let list = vec![
        Tab::new("obligations", t.sg_obligations()).count(3),
        Tab::new("addresses", t.sg_addresses()),
        Tab::new("journal", t.nav_journal()),
    ];
    let panel = |key| {
        let t = crate::text::t();
        let name = match key {
            "obligations" => t.sg_obligations(),
            "addresses" => t.sg_addresses(),
            _ => t.nav_journal(),
        };
        p("soft").child(t.sg_tab_text(name))
    };
    div("").child(tabs(t.sg_name(), list, move || current.get(), move |key| current.set(key.to_owned()), panel))
}

fn files() -> View {
    let t = t();
    let taken = RwSignal::new(None::<String>);
    let on_file = move |file: File| {
        let t = crate::text::t();
        taken.set(Some(t.sg_file_taken(&file.name(), format::bytes(t, file.size() as u64))));
    };
    let known = || Progress { done: 6_400, total: Some(10_000), per_second: Some(820) };
    let unknown = || Progress { done: 2_150, total: None, per_second: None };
    let drop = file_drop(&["csv", "tsv", "xlsx", "xls", "ods"], 50_000_000, on_file);
    div("sg-fields")
        .child(div("stack").child(drop).live(move || taken.get().map(|text| notice(Tone::Ready, text))))
        .child(div("stack").child(progress_bar(t.sg_job(), known, counted)).child(progress_bar(
            t.sg_job_unknown(),
            unknown,
            counted,
        )))
}

fn refusal() -> Failure {
    Failure::Refused(Box::new(Problem {
        title: "Import impossible".to_owned(),
        status: 422,
        detail: "La feuille « Clients » n’a pas de colonne SIREN ; la colonne la plus proche est « N° identif. ». \
                 Associez-la au SIREN, puis relancez."
            .to_owned(),
        request_id: "01943e8c-7f2a".to_owned(),
        errors: vec![FieldError {
            pointer: "/columns".to_owned(),
            code: "missing".to_owned(),
            message: "Ligne 1 : SIREN attendu (neuf chiffres).".to_owned(),
        }],
        ..Problem::default()
    }))
}

fn feedback() -> View {
    let t = t();
    let retry: Option<Rc<dyn Fn()>> = Some(Rc::new(|| toasts().info(crate::text::t().loading())));
    let import = Button::new(t.sg_primary()).icon(Icon::Import).primary();
    let late = [p("strong").child(t.sg_notice_late()), p("").child(t.sg_notice_late_detail())];
    div("sg-figures")
        .child(empty_state(Icon::Dossiers, t.sg_empty_title(), t.sg_empty_detail(), [import]))
        .child(error_state(&refusal(), retry.clone()))
        .child(error_state(&Failure::Unreachable, retry))
        .child(skeleton(5))
        .child(
            div("stack sg-wide")
                .child(notice(Tone::Unknown, t.sg_notice()))
                .child(notice(Tone::Late, late))
                .child(notice(Tone::AtRisk, t.failure_unreachable_detail()))
                .child(notice(Tone::OnTrack, t.table_hint()))
                .child(notice(Tone::Ready, t.sg_toast_done_text())),
        )
}

fn undoable() {
    toasts().undoable(t().sg_toast_done_text(), || toasts().info(t().undone()));
}

fn overlays() -> View {
    let t = t();
    let open = RwSignal::new(false);
    let people = RwSignal::new(Vec::<String>::new());
    palette_command(Command::new(Icon::Import, t.sg_primary(), || address().go("/imports")).words("csv xlsx excel"));
    hotkey("n", t.sg_dialog_title(), HotkeyRegion::Page, move || open.set(true));
    let body = move || {
        let t = crate::text::t();
        div("stack").child(p("").child(t.sg_dialog_detail())).child(Combobox::one(t.sg_people(), people, staff))
    };
    let footer = move || {
        let t = crate::text::t();
        View::all([
            Button::new(t.cancel()).press(move || open.set(false)),
            Button::new(t.sg_plain()).primary().press(move || {
                open.set(false);
                undoable();
            }),
        ])
    };
    let row = div("row").children([
        Button::new(t.sg_open_dialog()).press(move || open.set(true)),
        Button::new(t.sg_toast_done()).press(|| toasts().done(crate::text::t().sg_toast_done_text())),
        Button::new(t.sg_toast_undo()).press(undoable),
        Button::new(t.sg_toast_failed()).press(|| toasts().failed(&refusal())),
        Button::new(t.sg_palette()).press(|| palette_open().set(true)),
        Button::new(t.sg_keys()).icon(Icon::Keyboard).press(|| shortcuts_help_open().set(true)),
    ]);
    View::all([row, Dialog::new(open, t.sg_dialog_title(), body).footer(footer).into()])
}

fn history() -> View {
    let t = t();
    let event = |icon, tone, when: &str, who: &str, what: &str, detail: Option<&str>| Event {
        icon,
        tone,
        when: when.to_owned(),
        exact: "21/11/2026 à 14:05".to_owned(),
        who: who.to_owned(),
        what: what.to_owned(),
        detail: detail.map(str::to_owned),
    };
    let change = Some(t.sg_event_import_detail());
    timeline(vec![
        event(Icon::Check, Some(Tone::Ready), "il y a 3 min", "Claire Le Goff", t.sg_event_platform(), None),
        event(Icon::Import, None, "il y a 2 h", "Mehdi Benyahia", t.sg_event_import(), change),
        event(Icon::Warning, Some(Tone::Late), "14/11/2026", "", t.sg_event_late(), None),
    ])
}

fn words() -> View {
    let t = t();
    let figures = [
        format::number(t, 1_234_567),
        format::money(t, 123_456_789),
        format::percent(t, 42),
        format::tenths(t, 12_345),
    ];
    div("stack")
        .child(p("title-sample").child(t.sg_title_sample()))
        .child(p("").child(t.sg_body()).child(" ").child(link("", "/styleguide").child(t.open_page())))
        .child(p("soft").child(t.sg_body()))
        .child(p("faint small").child(t.sg_body()))
        .child(p("num").child(figures.join(" · ")))
}

fn icons() -> View {
    let one =
        |(face, name): &(Icon, &str)| span("sg-icon").child(icon(*face)).child(el("small").class("faint").child(*name));
    div("sg-icons").children(Icon::ALL.iter().map(one))
}

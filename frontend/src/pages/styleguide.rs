//! Every part of the kit in every state, for looking at and for testing. Needs no sign-in and no server.

use std::collections::BTreeSet;

use leptos::prelude::*;
use web_sys::File;

use crate::api::{Failure, FieldError, Problem};
use crate::frame::{Frame, JobsButton, PageHead, person_items, use_address};
use crate::text::{format, t};
use crate::ui::*;

/// A firm that does not exist, with the long names that real ones have.
const CLIENTS: &[(&str, &str, Tone, Option<u8>, &str, i64, &str, &str)] = &[
    (
        "732829320",
        "Boulangerie Pâtisserie Le Fournil de Saint-Germain-en-Laye",
        Tone::Ready,
        Some(96),
        "Commerce",
        84_215_000,
        "PME",
        "01/09/2027",
    ),
    (
        "542051180",
        "SCI Les Terrasses du Vieux-Port",
        Tone::OnTrack,
        Some(71),
        "Immobilier",
        31_240_000,
        "Micro",
        "01/09/2027",
    ),
    (
        "784671695",
        "Établissements Guillaume-Héraud et Fils, Négoce de Matériaux",
        Tone::Late,
        Some(28),
        "Industrie",
        5_214_800_000,
        "ETI",
        "01/09/2026",
    ),
    (
        "443061841",
        "Cabinet Vétérinaire des Trois Rivières",
        Tone::AtRisk,
        Some(52),
        "Libéral",
        62_030_000,
        "PME",
        "01/09/2027",
    ),
    ("552100554", "Transports Kerbrat", Tone::Unknown, None, "Transport", 0, "–", "–"),
    (
        "388457622",
        "Menuiserie Artisanale du Pays d’Auge",
        Tone::OnTrack,
        Some(66),
        "Bâtiment",
        118_450_000,
        "PME",
        "01/09/2027",
    ),
    ("410219563", "Pharmacie de la Place", Tone::Ready, Some(100), "Santé", 241_980_000, "PME", "01/09/2027"),
    (
        "820114477",
        "Holding Participations Delacroix-Montesquiou",
        Tone::AtRisk,
        Some(44),
        "Holdings",
        980_000_000,
        "ETI",
        "01/09/2026",
    ),
];

pub fn styleguide() -> AnyView {
    let items = person_items(Vec::new(), || {});
    let scope = ViewFn::from(|| {
        let items = || {
            vec![
                MenuItem::check(t().top_scope_all(), true, || {}),
                MenuItem::Line,
                MenuItem::check("Commerce", false, || {}),
                MenuItem::check("Bâtiment et travaux publics", false, || {}),
            ]
        };
        let face = ViewFn::from(|| {
            view! {
                {icon(Icon::Cabinet)}
                <span class="truncate">"Cabinet Delmas & Associés"</span>
                <span class="faint truncate">{t().top_scope_all()}</span>
                {icon(Icon::Down)}
            }
            .into_any()
        });
        view! { <Menu label=t().top_scope() look=Look::Quiet face=face items=items /> }.into_any()
    });
    let jobs = ViewFn::from(|| {
        let items = || vec![MenuItem::link(Icon::Import, "clients-a.csv · 64 %", "/imports")];
        view! { <JobsButton running=1u64 items=items /> }.into_any()
    });
    view! {
        <Frame scope=scope jobs=jobs person_name="Claire Le Goff" person_items=items to_do=vec![("/imports", 2u64)]>
            <div class="page">
                <PageHead title=t().sg_title() lead=ViewFn::from(|| t().sg_lead().into_any())>
                    <Button label=t().sg_quiet() icon=Icon::Download />
                    <Button label=t().sg_primary() icon=Icon::Import look=Look::Primary />
                </PageHead>
                {section("states", t().sg_states(), states())}
                {section("figures", t().sg_figures(), figures())}
                {section("table", t().sg_table(), table())}
                {section("buttons", t().sg_buttons(), buttons())}
                {section("fields", t().sg_fields(), fields())}
                {section("choices", t().sg_choices(), choices())}
                {section("tabs", t().sg_navigation(), tabs())}
                {section("files", t().sg_files(), files())}
                {section("feedback", t().sg_feedback(), feedback())}
                {section("overlays", t().sg_overlays(), overlays())}
                {section("history", t().sg_history(), history())}
                {section("type", t().sg_type(), words())}
                {section("icons", t().sg_icons(), icons())}
            </div>
        </Frame>
    }
    .into_any()
}

fn section(id: &'static str, title: &'static str, content: AnyView) -> AnyView {
    view! {
        <section class="card sg-section" id=id>
            <h2>{title}</h2>
            {content}
        </section>
    }
    .into_any()
}

fn states() -> AnyView {
    view! {
        <div class="stack">
            <div class="row">{Tone::ALL.map(|tone| view! { <StatusBadge tone=tone /> }.into_any()).collect_view()}</div>
            <div class="row-wide">{Tone::ALL.map(|tone| view! { <StatusBadge tone=tone plain=true /> }.into_any()).collect_view()}</div>
            <div class="row">
                <Tag label="BTP" />
                <Tag label="À rappeler" />
                <Count n=12 />
                <Count n=1204 loud=true />
                <KeyHint keys="mod+k" />
                <KeyHint keys="g d" />
            </div>
        </div>
    }
    .into_any()
}

fn segments() -> Vec<Segment> {
    [(Tone::Ready, 214), (Tone::OnTrack, 143), (Tone::AtRisk, 61), (Tone::Late, 18), (Tone::Unknown, 64)]
        .map(|(tone, count)| Segment { tone, label: tone.label().to_owned(), count, href: "/dossiers".to_owned() })
        .to_vec()
}

fn figures() -> AnyView {
    let points: Vec<Point> = [120.0, 128.0, 141.0, 139.0, 160.0, 172.0, 0.0, 189.0, 201.0, 214.0]
        .iter()
        .enumerate()
        .map(|(at, value)| Point { label: format!("S{}", 38 + at), value: Some(*value).filter(|v| *v > 0.0) })
        .collect();
    let spark = points.clone();
    view! {
        <div class="sg-figures">
            <div class="tile">
                <h3>{t().sg_score()}</h3>
                <div class="row-wide">
                    <ScoreGauge score=Some(68) tone=Tone::OnTrack />
                    <div class="stack-tight">
                        <span class="delta delta-up num">{format::signed(t(), 4)}</span>
                        <TrendLine label=t().sg_trend() points=spark spark=true />
                    </div>
                </div>
            </div>
            <div class="tile">
                <h3>{t().sg_score()}</h3>
                <div class="row-wide">
                    <ScoreGauge score=Some(24) tone=Tone::Late small=true />
                    <ScoreGauge score=Some(52) tone=Tone::AtRisk small=true />
                    <ScoreGauge score=Some(100) tone=Tone::Ready small=true />
                    <ScoreGauge score=None tone=Tone::Unknown small=true />
                </div>
                <p class="figure-number num">{format::money_round(t(), 1_842_500)}</p>
            </div>
            <div class="tile sg-wide">
                <h3>{t().sg_spread()}</h3>
                <StackedBar label=t().sg_spread() segments=segments() />
            </div>
            <div class="tile sg-wide">
                <TrendLine label=t().sg_trend() points=points goal=500.0 />
            </div>
        </div>
    }
    .into_any()
}

fn client_row(client: &'static (&str, &str, Tone, Option<u8>, &str, i64, &str, &str)) -> Row {
    let (siren, name, tone, score, portfolio, turnover, size, deadline) = *client;
    Row::new(siren, 0, name, move |column| match column {
        "name" => view! {
            <span class="cell-main truncate">{name}</span>
            <span class="cell-sub num">{format::siren(siren)}</span>
        }
        .into_any(),
        "state" => view! { <StatusBadge tone=tone plain=true /> }.into_any(),
        "score" => score.map_or("–".to_owned(), |s| s.to_string()).into_any(),
        "portfolio" => portfolio.into_any(),
        "size" => size.into_any(),
        "turnover" => (if turnover > 0 { format::money_round(t(), turnover) } else { "–".to_owned() }).into_any(),
        _ => deadline.into_any(),
    })
}

fn table() -> AnyView {
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
    let toasts = use_toasts();

    let rows = Memo::new_with_compare(
        move |_| {
            let sort = sort.get();
            let mut clients: Vec<_> = CLIENTS.iter().collect();
            clients.sort_by(|a, b| match sort.key.as_str() {
                "score" => a.3.cmp(&b.3),
                "turnover" => a.5.cmp(&b.5),
                "state" => (a.2 as u8).cmp(&(b.2 as u8)),
                _ => a.1.cmp(b.1),
            });
            if sort.descending {
                clients.reverse();
            }
            clients.into_iter().map(client_row).collect::<Vec<Row>>()
        },
        |_, _| true,
    );
    let filters = vec![
        Filter {
            key: "state",
            label: t.sg_state().to_owned(),
            choices: Signal::stored(
                [("late", Tone::Late, 18), ("at_risk", Tone::AtRisk, 61), ("ready", Tone::Ready, 214)]
                    .map(|(value, tone, n)| Choice::new(value, tone.label()).hint(n.to_string()))
                    .to_vec(),
            ),
            value: state.into(),
        },
        Filter {
            key: "portfolio",
            label: t.sg_portfolio().to_owned(),
            choices: Signal::stored(CLIENTS.iter().map(|c| Choice::new(c.4, c.4)).collect()),
            value: portfolio.into(),
        },
    ];
    let views = vec![
        SavedView { id: "all".into(), name: t.all().into(), query: String::new(), built_in: true },
        SavedView { id: "late".into(), name: t.state_late().into(), query: "state=late".into(), built_in: false },
    ];
    let current = Signal::derive(move || {
        let state = state.get().join(",");
        if state.is_empty() { String::new() } else { format!("state={state}") }
    });
    let row_items = move |_: String| {
        let t = crate::text::t();
        vec![
            MenuItem::act(Icon::Person, t.sg_plain(), move || toasts.done(crate::text::t().sg_toast_done_text())),
            MenuItem::link(Icon::External, t.open_page(), "/styleguide"),
            MenuItem::Line,
            MenuItem::danger(Icon::Trash, t.delete(), || {}),
        ]
    };
    let panel = move || {
        opened.get().and_then(|id| CLIENTS.iter().find(|c| c.0 == id)).map(|client| {
            let actions = ViewFn::from(|| {
                view! { <Button label=crate::text::t().open_page() icon=Icon::External icon_only=true small=true look=Look::Quiet /> }.into_any()
            });
            view! {
                <SidePanel title=client.1 on_close=move || opened.set(None) actions=actions>
                    <div class="stack">
                        <div class="row"><StatusBadge tone=client.2 /><Tag label=client.4 /></div>
                        <dl class="facts">
                            <dt>{crate::text::t().sg_siren()}</dt>
                            <dd class="num">{format::siren(client.0)}</dd>
                            <dt>{crate::text::t().sg_turnover()}</dt>
                            <dd class="num">{format::money(crate::text::t(), client.5)}</dd>
                        </dl>
                    </div>
                </SidePanel>
            }
            .into_any()
        })
    };
    view! {
        <div class="list-page sg-list">
            <SavedViews
                views=views
                current=current
                on_open=move |view: SavedView| state.set(if view.query.is_empty() { vec![] } else { vec!["late".to_owned()] })
                on_save=move |name: String| toasts.done(name)
                on_delete=move |_: String| toasts.info(crate::text::t().undone())
            />
            <div class="spread">
                <FilterBar
                    filters=filters
                    on_change=Callback::new(move |(key, values): (&'static str, Vec<String>)| {
                        if key == "state" { state.set(values) } else { portfolio.set(values) }
                    })
                    on_clear=move || {
                        state.set(vec![]);
                        portfolio.set(vec![]);
                    }
                />
                <ColumnChoice columns=columns.clone() shown=shown />
            </div>
            <div class="with-panel">
                <Table
                    label=t.sg_table()
                    columns=columns
                    rows=rows
                    shown=shown
                    sort=sort
                    on_sort=move |next: Sort| sort.set(next)
                    selection=selection
                    opened=opened
                    on_open=move |id: String| opened.set(Some(id))
                    on_escape=move || opened.set(None)
                    actions=Callback::new(row_items)
                />
                {panel}
            </div>
            <LoadMore
                has_more=true
                pending=false
                summary=t.table_rows_shown(CLIENTS.len() as u64, format::number(t, 1204))
                on_more=move || toasts.info(crate::text::t().table_end())
            />
            <SelectionBar selection=selection>
                <Button label=crate::text::t().sg_plain() icon=Icon::Person small=true />
                <Button label=crate::text::t().sg_quiet() icon=Icon::Download small=true />
            </SelectionBar>
        </div>
    }
    .into_any()
}

fn buttons() -> AnyView {
    let t = t();
    view! {
        <div class="stack">
            <div class="row">
                <Button label=t.sg_primary() icon=Icon::Import look=Look::Primary />
                <Button label=t.sg_plain() />
                <Button label=t.sg_quiet() icon=Icon::Download look=Look::Quiet />
                <Button label=t.sg_danger() icon=Icon::Trash look=Look::Danger />
                <Button label=t.open_page() icon=Icon::External icon_only=true />
                <Button label=t.nav_dossiers() href="/dossiers" icon=Icon::Dossiers />
            </div>
            <div class="row">
                <Button label=t.sg_busy() look=Look::Primary busy=true />
                <Button label=t.sg_busy() busy=true />
                <Button label=t.sg_disabled() disabled=true />
                <Button label=t.sg_disabled() look=Look::Primary disabled=true />
            </div>
            <div class="row">
                <Button label=t.sg_small() small=true />
                <Button label=t.sg_small() small=true look=Look::Primary />
                <Button label=t.sg_small() small=true look=Look::Quiet icon=Icon::Filter />
                <Menu
                    label=t.menu_more()
                    items=move || vec![
                        MenuItem::act(Icon::Edit, crate::text::t().edit(), || {}),
                        MenuItem::act(Icon::Copy, crate::text::t().copy(), || {}),
                        MenuItem::Line,
                        MenuItem::danger(Icon::Trash, crate::text::t().delete(), || {}),
                    ]
                />
            </div>
        </div>
    }
    .into_any()
}

fn platforms() -> Vec<Choice> {
    ["Plateforme Océane", "Factures Horizon", "Mistral Échanges", "Relais Comptable", "Passerelle du Nord"]
        .iter()
        .enumerate()
        .map(|(at, name)| Choice::new(format!("pa-{at}"), *name).hint(format!("PA {:04}", 12 + at * 7)))
        .collect()
}

fn fields() -> AnyView {
    let t = t();
    let email = RwSignal::new("claire.legoff@delmas.example".to_owned());
    let siren = RwSignal::new("73282932".to_owned());
    let note = RwSignal::new(String::new());
    let regime = RwSignal::new("simplified".to_owned());
    let date = RwSignal::new("2026-09-01".to_owned());
    let platform = RwSignal::new(vec!["pa-1".to_owned()]);
    let people = RwSignal::new(vec!["clg".to_owned(), "mb".to_owned()]);
    let staff = vec![
        Choice::new("clg", "Claire Le Goff").hint("Responsable"),
        Choice::new("mb", "Mehdi Benyahia").hint("Collaborateur"),
        Choice::new("jpd", "Jean-Philippe Delmas").hint("Associé"),
    ];
    let regimes = vec![
        Choice::new("normal", "Réel normal mensuel"),
        Choice::new("simplified", "Réel simplifié"),
        Choice::new("franchise", "Franchise en base"),
    ];
    let error = Signal::derive(move || {
        siren
            .with(|s| s.chars().filter(char::is_ascii_digit).count() != 9)
            .then(|| crate::text::t().sg_siren_error().to_owned())
    });
    view! {
        <div class="sg-fields">
            <TextField label=t.sg_email() value=email hint=t.sg_email_hint() kind="email" autocomplete="email" />
            <TextField label=t.sg_siren() value=siren error=error inputmode="numeric" />
            <SelectField label=t.sg_regime() value=regime choices=regimes />
            <DateInput label=t.sg_date() value=date />
            <Combobox label=t.sg_platform() choices=platforms() value=platform />
            <Combobox label=t.sg_people() choices=staff value=people multiple=true />
            <TextArea label=t.sg_note() value=note optional=true />
            <TextField label=t.sg_disabled() value=email disabled=true />
        </div>
    }
    .into_any()
}

fn choices() -> AnyView {
    let t = t();
    let (b2b, b2c, secret) = (RwSignal::new(true), RwSignal::new(false), RwSignal::new(true));
    let mode = RwSignal::new("list".to_owned());
    let modes =
        || vec![Choice::new("list", crate::text::t().sg_list()), Choice::new("board", crate::text::t().sg_board())];
    view! {
        <div class="row-wide">
            <Checkbox label=t.sg_b2b() checked=b2b on_change=move |on: bool| b2b.set(on) />
            <Checkbox label=t.sg_b2c() checked=b2c on_change=move |on: bool| b2c.set(on) />
            <Checkbox label=t.sg_partly() checked=false partly=true on_change=|_: bool| {} />
            <Checkbox label=t.sg_disabled() checked=true disabled=true on_change=|_: bool| {} />
            <Switch label=t.sg_confidential() on=secret on_change=move |on: bool| secret.set(on) />
            <Radios label=t.sg_view_mode() choices=modes() value=mode on_change=move |v: String| mode.set(v) />
            <Radios label=t.sg_view_mode() label_hidden=true choices=modes() value=mode compact=true on_change=move |v: String| mode.set(v) />
            <Tooltip text=t.sg_tooltip_text()><span class="explained">{t.sg_tooltip()}</span></Tooltip>
        </div>
    }
    .into_any()
}

fn tabs() -> AnyView {
    let t = t();
    let current = RwSignal::new("obligations".to_owned());
    let list = vec![
        Tab::new("obligations", t.sg_obligations()).count(3),
        Tab::new("addresses", t.sg_addresses()),
        Tab::new("journal", t.nav_journal()),
    ];
    let panel = Callback::new(|key: &'static str| view! { <p class="soft">{t_tab(key)}</p> }.into_any());
    view! { <Tabs label=t.sg_name() tabs=list current=current on_change=move |key: &'static str| current.set(key.to_owned()) panel=panel /> }
        .into_any()
}

fn t_tab(key: &str) -> String {
    let t = t();
    t.sg_tab_text(match key {
        "obligations" => t.sg_obligations(),
        "addresses" => t.sg_addresses(),
        _ => t.nav_journal(),
    })
}

fn files() -> AnyView {
    let t = t();
    let taken = RwSignal::new(None::<String>);
    let on_file = Callback::new(move |file: File| {
        let t = crate::text::t();
        taken.set(Some(t.sg_file_taken(&file.name(), format::bytes(t, file.size() as u64))));
    });
    view! {
        <div class="sg-fields">
            <div class="stack">
                <FileDrop formats=&["csv", "tsv", "xlsx", "xls", "ods"] max_bytes=50_000_000 on_file=on_file />
                {move || taken.get().map(|text| view! { <Notice tone=Tone::Ready>{text}</Notice> })}
            </div>
            <div class="stack">
                <ProgressBar label=t.sg_job() progress=Progress { done: 6_400, total: Some(10_000), per_second: Some(820) } />
                <ProgressBar label=t.sg_job_unknown() progress=Progress { done: 2_150, total: None, per_second: None } />
            </div>
        </div>
    }
    .into_any()
}

fn refusal() -> Failure {
    Failure::Refused(Box::new(Problem {
        title: "Import impossible".to_owned(),
        status: 422,
        detail: "La feuille « Clients » n’a pas de colonne SIREN ; la colonne la plus proche est « N° identif. ». Associez-la au SIREN, puis relancez.".to_owned(),
        request_id: "01943e8c-7f2a".to_owned(),
        errors: vec![FieldError {
            pointer: "/columns".to_owned(),
            code: "missing".to_owned(),
            message: "Ligne 1 : SIREN attendu (neuf chiffres).".to_owned(),
        }],
        ..Problem::default()
    }))
}

fn feedback() -> AnyView {
    let t = t();
    view! {
        <div class="sg-figures">
            <div class="tile">
                <EmptyState icon=Icon::Dossiers title=t.sg_empty_title() detail=t.sg_empty_detail()>
                    <Button label=t.sg_primary() icon=Icon::Import look=Look::Primary />
                </EmptyState>
            </div>
            <div class="tile"><ErrorState failure=refusal() on_retry=|| {} /></div>
            <div class="tile"><ErrorState failure=Failure::Unreachable on_retry=|| {} /></div>
            <div class="tile"><Skeleton lines=5 /></div>
            <div class="stack sg-wide">
                <Notice tone=Tone::Unknown>{t.sg_notice()}</Notice>
                <Notice tone=Tone::Late title=t.sg_notice_late()><p>{t.sg_notice_late_detail()}</p></Notice>
                <Notice tone=Tone::AtRisk><p>{t.failure_unreachable_detail()}</p></Notice>
                <Notice tone=Tone::OnTrack><p>{t.table_hint()}</p></Notice>
                <Notice tone=Tone::Ready><p>{t.sg_toast_done_text()}</p></Notice>
            </div>
        </div>
    }
    .into_any()
}

fn overlays() -> AnyView {
    let t = t();
    let open = RwSignal::new(false);
    let people = RwSignal::new(Vec::<String>::new());
    let toasts = use_toasts();
    let (commands, hotkeys) = (expect_context::<Commands>(), expect_context::<Hotkeys>());
    let address = use_address();
    let ask = move || open.set(true);
    use_command(Command::new(Icon::Import, t.sg_primary(), move || address.go("/imports")).words("csv xlsx excel"));
    use_hotkey("n", t.sg_dialog_title(), HotkeyRegion::Page, ask);
    let footer = move || {
        view! {
            <Button label=crate::text::t().cancel() on_press=move || open.set(false) />
            <Button
                label=crate::text::t().sg_plain()
                look=Look::Primary
                on_press=move || {
                    open.set(false);
                    toasts.undoable(crate::text::t().sg_toast_done_text(), move || toasts.info(crate::text::t().undone()));
                }
            />
        }
        .into_any()
    };
    view! {
        <div class="row">
            <Button label=t.sg_open_dialog() on_press=ask />
            <Button label=t.sg_toast_done() on_press=move || toasts.done(crate::text::t().sg_toast_done_text()) />
            <Button
                label=t.sg_toast_undo()
                on_press=move || toasts.undoable(crate::text::t().sg_toast_done_text(), move || toasts.info(crate::text::t().undone()))
            />
            <Button label=t.sg_toast_failed() on_press=move || toasts.failed(&refusal()) />
            <Button label=t.sg_palette() on_press=move || commands.open.set(true) />
            <Button label=t.sg_keys() icon=Icon::Keyboard on_press=move || hotkeys.help_open.set(true) />
        </div>
        <Dialog open=open title=t.sg_dialog_title() on_close=move || open.set(false) footer=footer>
            <div class="stack">
                <p>{crate::text::t().sg_dialog_detail()}</p>
                <Combobox label=crate::text::t().sg_people() choices=vec![Choice::new("clg", "Claire Le Goff"), Choice::new("mb", "Mehdi Benyahia")] value=people />
            </div>
        </Dialog>
    }
    .into_any()
}

fn history() -> AnyView {
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
    let events = vec![
        event(Icon::Check, Some(Tone::Ready), "il y a 3 min", "Claire Le Goff", t.sg_event_platform(), None),
        event(
            Icon::Import,
            None,
            "il y a 2 h",
            "Mehdi Benyahia",
            t.sg_event_import(),
            Some(t.sg_event_import_detail()),
        ),
        event(Icon::Warning, Some(Tone::Late), "14/11/2026", "", t.sg_event_late(), None),
    ];
    view! { <Timeline events=events /> }.into_any()
}

fn words() -> AnyView {
    let t = t();
    view! {
        <div class="stack">
            <p class="title-sample">{t.sg_title_sample()}</p>
            <p>{t.sg_body()} " " <a href="/styleguide">{t.open_page()}</a></p>
            <p class="soft">{t.sg_body()}</p>
            <p class="faint small">{t.sg_body()}</p>
            <p class="num">{format::number(t, 1_234_567)} " · " {format::money(t, 123_456_789)} " · " {format::percent(t, 42)} " · " {format::tenths(t, 12_345)}</p>
        </div>
    }
    .into_any()
}

fn icons() -> AnyView {
    let all = Icon::ALL.iter().map(|(face, name)| {
        view! { <span class="sg-icon">{icon(*face)} <small class="faint">{*name}</small></span> }.into_any()
    });
    view! { <div class="sg-icons">{all.collect_view()}</div> }.into_any()
}

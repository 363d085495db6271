//! `/relances/etapes`: every step of every dossier, with what became of it and why; the open ones can be acted on.

use std::sync::Arc;
use std::time::Duration;

use contract::endpoint::op;
use contract::{
    Nothing, Relance, RelanceAct, RelancePage, RelancePrint, RelanceQuery, RelanceRef, RelanceScopeQuery, SequenceList,
};
use domain::Permission;
use domain::relance::RelanceChannel;
use domain::relance::outcome::{OutcomeCode, Stage};
use leptos::prelude::*;

use super::query::{self, Key};
use super::shell::{self, shell};
use super::{act, of_dossier, words};
use crate::api::live::{Heard, gathered, on_live};
use crate::api::{Load, SeekList, ask, load, say, seek_list};
use crate::browser::now;
use crate::dom::{View, div, live, memo, span};
use crate::frame::{address, portfolio_scope};
use crate::pages::dossier;
use crate::pages::dossiers::filters;
use crate::pages::lists::{self, PANEL};
use crate::pages::selection::Selection;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Column, Filter, HotkeyRegion, Icon, Menu, MenuItem, Row, Table, column_choice, empty_state, hotkey,
    load_more, remembered_columns, seek_state, side_panel,
};

const PAGE: u32 = 100;

/// Acts with their key in the list; the last is rarer and has none.
const ACTS: [(RelanceAct, &str); 4] =
    [(RelanceAct::Approve, "a"), (RelanceAct::Done, "t"), (RelanceAct::Answered, "r"), (RelanceAct::Skip, "p")];

const PRINT_KEY: &str = "i";

#[derive(Clone, Copy)]
struct List {
    rows: SeekList<Arc<Relance>>,
    counts: Load<RelancePage>,
    sequences: Load<SequenceList>,
    /// The essence of the address and the portfolio of the top bar.
    wanted: Memo<(String, Option<String>)>,
    selection: Selection,
    acting: act::Acting,
    printing: RwSignal<bool>,
    /// Counts up when something was done: the open panel reads again.
    moved: RwSignal<u32>,
}

fn key_of(row: &Relance) -> Key {
    Key { sequence: row.sequence_id, dossier: row.dossier_id, step: row.step_id }
}

/// A letter that waits for the printer, or was posted.
fn is_letter(row: &Relance) -> bool {
    row.channel == RelanceChannel::Letter && row.code == OutcomeCode::Sent
}

fn may_act() -> bool {
    session::can(Permission::DossierWrite)
}

impl List {
    fn new() -> List {
        let (scope, search) = (portfolio_scope(), address().search);
        let wanted = Memo::new(move |_| (query::essence(&search.get()), scope.get()));
        let rows = seek_list(
            move || wanted.get(),
            |(search, scope): (String, Option<String>), after| {
                Box::pin(async move {
                    let filter = query::filter(&search, scope.as_deref());
                    let query = RelanceQuery { limit: Some(PAGE), after, ..filter };
                    let page = ask::<op::ListRelances>(Nothing {}, query).await?;
                    Ok((page.data.into_iter().map(Arc::new).collect(), page.next))
                })
            },
        );
        let counts = load(
            move || wanted.get(),
            |(search, scope)| {
                let filter = query::filter(&search, scope.as_deref());
                let query = RelanceQuery { limit: Some(1), facets: Some(true), ..filter };
                ask::<op::ListRelances>(Nothing {}, query)
            },
        );
        let list = List {
            rows,
            counts,
            sequences: load(|| (), |()| ask::<op::ListSequences>(Nothing {}, RelanceScopeQuery::default())),
            wanted,
            selection: Selection::of(rows, move || wanted.track(), |row| key_of(row).write()),
            acting: RwSignal::new(None),
            printing: RwSignal::new(false),
            moved: RwSignal::new(0),
        };
        // What leaves and what is answered arrives while one looks.
        let again = gathered(Duration::from_secs(2), move || list.reload());
        on_live(move |heard| {
            if matches!(heard, Heard::Counts | Heard::Behind) {
                again();
            }
        });
        list
    }

    fn reload(self) {
        self.rows.reload();
        self.counts.reload();
        self.moved.try_update(|n| *n += 1);
    }

    /// The selection, or the one row when nothing is selected: of these, what can be acted on.
    fn chosen<T: PartialEq>(self, row: Option<&str>, of: impl Fn(&Relance) -> Option<T>) -> Vec<T> {
        let by_hand = self.selection.rows.get_untracked();
        let row = row.filter(|_| by_hand.is_empty());
        let mut chosen: Vec<T> = Vec::new();
        self.rows.rows.with_untracked(|rows| {
            for own in rows {
                let id = key_of(own).write();
                if (by_hand.contains(&id) || row == Some(id.as_str()))
                    && let Some(one) = of(own).filter(|one| !chosen.contains(one))
                {
                    chosen.push(one);
                }
            }
        });
        chosen
    }

    fn is_about(self, row: Option<&str>) -> bool {
        row.is_some() || self.selection.rows.with_untracked(|rows| !rows.is_empty())
    }

    fn act(self, act: RelanceAct, row: Option<&str>) {
        // A call or letter that waits is one that the plan is over with; each dossier of a sequence stands once.
        let fits = |own: &Relance| if act == RelanceAct::Done { own.task } else { own.stage == Stage::Open };
        let one = |own: &Relance| {
            fits(own).then_some(RelanceRef { sequence_id: own.sequence_id, dossier_id: own.dossier_id })
        };
        let items = self.chosen(row, one);
        if !items.is_empty() && self.acting.with_untracked(Option::is_none) {
            self.acting.set(Some((act, items)));
        } else if items.is_empty() && self.is_about(row) {
            let none = if act == RelanceAct::Done { t().relance_act_no_task() } else { t().relance_act_none_open() };
            crate::ui::toasts().info(none);
        }
    }

    fn print(self, row: Option<&str>) {
        let ids = self.chosen(row, |own| own.id.filter(|_| is_letter(own)));
        if !ids.is_empty() {
            act::print_these(ids, self.printing, move || self.reload());
        } else if self.is_about(row) {
            crate::ui::toasts().info(t().relance_print_none());
        }
    }

    /// All letters that wait, of those that the filters of the page take.
    fn print_all(self) {
        let scope = portfolio_scope().get_untracked();
        let filter = query::filter(&address().search.get_untracked(), scope.as_deref());
        act::print(RelancePrint { ids: None, filter: Some(filter) }, self.printing, move || self.reload());
    }
}

pub fn page() -> View {
    let list = List::new();
    keys(list);
    let columns = columns();
    let shown = remembered_columns("relances", &columns);
    let bar = div("list-bar")
        .child(filters::search_box_for(t().relances_search(), t().relances_search_label()))
        .child(lists::scoped_filters(move |scoped| chips(list, scoped)))
        .child(span("grow"))
        .child(print_all(list))
        .child(column_choice(&columns, shown));
    let rows = move || table(list, columns.clone(), shown);
    let foot = load_more(list.rows, move || {
        let n = list.rows.rows.with(Vec::len);
        match list.counts.value.with(|page| page.as_ref().and_then(|page| page.total)) {
            Some(total) if n > 0 => t().table_rows_shown(n as u64, format::number(t(), total as i64)),
            _ => String::new(),
        }
    });
    let body = div("tab-list")
        .child(views())
        .child(bar)
        .child(div("with-panel").child(seek_state(list.rows, move || nothing(list), rows)).child(panel(list)))
        .child(foot)
        .child(selection_bar(list))
        .child(act::dialog(list.acting, move || {
            list.selection.clear();
            list.reload();
        }));
    shell(shell::STEPS, t().relances_steps(), t().relances_steps_lead(), View::none(), body)
}

/// Where letters are listed that wait for the printer: all of them at once.
fn print_all(list: List) -> View {
    let search = address().search;
    let stands = memo(move || may_act() && query::filter(&search.get(), None).tasks == Some(true));
    live(move || {
        stands.get().then(|| {
            Button::new(t().relance_print_all())
                .icon(Icon::File)
                .small()
                .busy(move || list.printing.get())
                .press(move || list.print_all())
        })
    })
}

/// Lists that come with the product; the address holds which one it is.
fn views() -> View {
    let built_in = || {
        let t = t();
        vec![
            (t.sequences_all(), String::new()),
            (t.relances_view_open(), "stage=open".to_owned()),
            (t.relances_to_approve(), "outcome=waits_approval".to_owned()),
            (t.relances_tasks(), query::TASKS.to_owned()),
            (t.relances_view_held(), format!("outcome={}", words::codes("held_"))),
            (t.relances_view_sent(), "outcome=sent".to_owned()),
            (t.relances_missed(), format!("outcome={}", words::codes("missed_"))),
        ]
    };
    let search = address().search;
    let current = memo(move || query::essence(&search.get()));
    let one = |(label, query): (&'static str, String)| {
        let own = query::essence(&query);
        let to = if query.is_empty() { shell::STEPS.to_owned() } else { format!("{}?{query}", shell::STEPS) };
        crate::dom::link("view-chip view-link", &to)
            .attr_of("aria-current", move || current.with(|now| *now == own).then_some("true"))
            .child(label)
    };
    div("views").attr("role", "group").label(t().views()).children(built_in().into_iter().map(one))
}

fn columns() -> Vec<Column> {
    let t = t();
    vec![
        Column::new("dossier", t.fact_name()).fixed().grows().width(44),
        Column::new("outcome", t.relance_outcome()).priority(2).width(50),
        Column::new("why", t.relance_why()).priority(3).grows().width(90),
        Column::new("step", t.relance_step()).priority(2).width(48),
        Column::new("channel", t.relance_channel()).priority(3).width(24),
        Column::new("at", t.relance_when()).number().priority(2).width(32),
        Column::new("person", t.fact_person()).priority(4).hidden().width(34),
        Column::new("purpose", t.relance_purpose()).priority(4).hidden().width(40),
    ]
}

fn cell(row: &Relance, column: &str) -> View {
    let t = t();
    let dash = || span("faint").child("–");
    match column {
        "dossier" => View::all([
            span("cell-main truncate").attr("title", &row.dossier_name).child(&row.dossier_name),
            span("cell-sub num").child(format::siren(row.siren.as_str())),
            span("cell-phone small").child(words::outcome(row.code)),
        ]),
        "outcome" => words::outcome(row.code),
        "why" => {
            let why = say(&row.why);
            span("truncate").attr("title", &why).child(&why)
        }
        "step" => View::all([
            span("cell-main truncate").attr("title", &row.sequence_name).child(&row.sequence_name),
            span("cell-sub num").child(t.relance_step_of(row.step.to_string(), row.steps.to_string())),
        ]),
        "channel" => words::channel(row.channel),
        "at" => match row.at {
            Some(at) => span("").attr("title", &format::moment(t, at)).child(format::relative(t, at, now())),
            None => dash(),
        },
        "person" => row.person.as_deref().map_or_else(dash, |name| span("truncate").attr("title", name).child(name)),
        _ => View::text(&say(&row.purpose.text())),
    }
}

fn row(row: Arc<Relance>) -> Row {
    let name = format!("{}, {}, {}", row.dossier_name, row.sequence_name, say(&row.code.text()));
    let mark = (row.code as u64) << 8
        ^ row.at.map_or(0, |at| at.timestamp_micros() as u64)
        ^ u64::from(row.task) << 1
        ^ u64::from(row.step) << 2;
    Row::new(key_of(&row).write(), mark, name, move |column| untrack(|| cell(&row, column)))
}

fn table(list: List, columns: Vec<Column>, shown: RwSignal<Vec<&'static str>>) -> View {
    let rows = move || list.rows.rows.with(|rows| rows.iter().cloned().map(row).collect());
    let table = lists::opening(Table::new(t().relances_steps(), columns, rows))
        .shown(shown)
        .windowed(move || list.rows.load_more())
        .stale(move || list.rows.is_stale());
    // A viewer has nothing to do with a selection.
    if !untrack(may_act) {
        return table.into();
    }
    table
        .selectable(list.selection.rows)
        .on_key(move |key, row| {
            if key.eq_ignore_ascii_case(PRINT_KEY) {
                list.print(Some(row));
            } else if let Some((act, _)) = ACTS.iter().find(|(_, own)| key.eq_ignore_ascii_case(own)) {
                list.act(*act, Some(row));
            }
        })
        .into()
}

/// The whole story of the dossier of a row.
fn panel(list: List) -> View {
    lists::panel(Key::read, move |shown| {
        let name = memo(move || {
            let id = shown.get().dossier;
            let named = |rows: &Vec<Arc<Relance>>| {
                rows.iter().find(|row| row.dossier_id == id).map(|row| row.dossier_name.clone())
            };
            list.rows.rows.with(named).unwrap_or_default()
        });
        let full = lists::full_page(move || format!("/dossiers/{}?{}=relances", shown.get().dossier, dossier::PART));
        let id = memo(move || shown.get().dossier);
        let moved = move || list.moved.get();
        let body = of_dossier::in_panel(move || id.get(), moved, move || list.reload());
        side_panel(move || name.get(), lists::close_panel, full, body)
    })
}

fn nothing(list: List) -> View {
    let t = t();
    if list.wanted.with_untracked(|(search, scope)| !search.is_empty() || scope.is_some()) {
        let clear = Button::new(t.filters_clear()).press(|| lists::clear(&query::FILTERS));
        return empty_state(Icon::Search, t.relances_none_found(), t.relances_none_found_detail(), [clear]);
    }
    let begin = Button::link(t.relances_sequences(), shell::SEQUENCES).primary();
    empty_state(Icon::Relance, t.relances_none(), t.relances_none_detail(), [begin])
}

fn chips(list: List, scoped: bool) -> View {
    let value = |key: &'static str| address().list(key);
    let t = t();
    let stages = || {
        let t = crate::text::t();
        vec![
            Choice::new(Stage::Open.as_str(), t.relance_stage_open()),
            Choice::new(Stage::Over.as_str(), t.relance_stage_over()),
        ]
    };
    // Those that there are, with their numbers; what is chosen stays in the list.
    let chosen = value("outcome");
    let outcomes = move || {
        let mut all: Vec<Choice> = list.counts.value.with(|page| {
            let counts = page.iter().filter_map(|page| page.outcomes.as_ref()).flatten();
            let one = |c: &contract::OutcomeCount| {
                Choice::new(c.code.as_str(), say(&c.label)).hint(format::number(crate::text::t(), c.count as i64))
            };
            counts.map(one).collect()
        });
        for code in chosen.get() {
            if let (Ok(known), false) = (OutcomeCode::try_from(code.as_str()), all.iter().any(|c| c.value == code)) {
                all.push(Choice::new(code, say(&known.text())));
            }
        }
        all
    };
    let sequences = move || {
        list.sequences.value.with(|all| {
            all.iter().flat_map(|all| &all.data).map(|s| Choice::new(s.id.to_string(), s.name.clone())).collect()
        })
    };
    let one_dossier = move || {
        let id = address().text("dossier_id").get();
        let named = list.rows.rows.with(|rows| rows.first().map(|row| row.dossier_name.clone()));
        vec![Choice::new(id, named.unwrap_or_else(|| crate::text::t().anomalies_one_dossier().to_owned()))]
    };
    let mut all = vec![
        Filter::new("stage", t.relance_stage(), value("stage"), stages),
        Filter::new("outcome", t.relance_outcome(), chosen, outcomes),
        Filter::new("purpose", t.relance_purpose(), value("purpose"), words::purposes),
        Filter::new("channel", t.relance_channel(), value("channel"), words::channels),
        Filter::new("sequence_id", t.relances_sequence(), value("sequence_id"), sequences),
        Filter::new("person_id", t.fact_person(), value("person_id"), dossier::people),
    ];
    if !scoped {
        all.insert(5, lists::portfolio_filter());
    }
    // Come by a link only; here they can be taken away.
    if untrack(|| value("tasks").with(|v| !v.is_empty())) {
        let one = || vec![Choice::new("true", crate::text::t().relances_tasks())];
        all.push(Filter::new("tasks", t.relances_tasks(), value("tasks"), one));
    }
    if untrack(|| value("dossier_id").with(|v| !v.is_empty())) {
        all.push(Filter::new("dossier_id", t.anomalies_one_dossier(), value("dossier_id"), one_dossier));
    }
    lists::filters(all, &query::SINGLE, &query::FILTERS)
}

fn selection_bar(list: List) -> View {
    let acts = move || {
        let one = move |(kind, _): (RelanceAct, &str)| {
            Button::new(act::label(kind)).icon(act::face(kind)).small().press(move || list.act(kind, None))
        };
        let rarer = move || {
            let kind = RelanceAct::Remove;
            vec![MenuItem::danger(act::face(kind), act::label(kind), move || list.act(kind, None))]
        };
        let print = Button::new(t().relance_print())
            .icon(Icon::File)
            .small()
            .busy(move || list.printing.get())
            .press(move || list.print(None));
        span("row")
            .children(ACTS.map(one))
            .child(print)
            .child(Menu::new(t().menu_more(), rarer).icon(Icon::More).quiet().small().align_end())
    };
    list.selection.bar(|n| t().relances_selected(n), acts)
}

fn keys(list: List) {
    filters::keys();
    if !untrack(may_act) {
        return;
    }
    // On a row the table has told already; from anywhere else it is about the selection, or the open row.
    hotkey(PRINT_KEY, t().relance_print(), HotkeyRegion::Lists, move || {
        let open = address().get(PANEL).get_untracked();
        list.print(open.as_deref());
    });
    for (kind, key) in ACTS {
        hotkey(key, act::label(kind), HotkeyRegion::Lists, move || {
            let open = address().get(PANEL).get_untracked();
            list.act(kind, open.as_deref());
        });
    }
}

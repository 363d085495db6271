//! The register as a list: filters, order, selection, acts, and one mandate in the side panel. What waits for a
//! decision is the same list under another filter.

use std::collections::BTreeSet;
use std::sync::Arc;

use contract::endpoint::op;
use contract::{
    MandateAct, MandateExportQuery, MandateListQuery, MandatePage, MandateQuery, MandateRow, Nothing, Several,
};
use domain::{DossierId, MandateId, MandateState, Permission};
use leptos::prelude::*;

use super::act::{self, Target};
use super::{detail, query, words};
use crate::api::{Load, SeekList, ask, load, request, seek_list};
use crate::browser::now;
use crate::dom::{View, after, div, memo, p, show, span};
use crate::frame::{Step, address, href, portfolio_scope};
use crate::pages::dossiers::bulk;
use crate::pages::dossiers::filters;
use crate::pages::lists::{self, PANEL};
use crate::pages::selection::{self, Selection};
use crate::pages::{dossier, export};
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Column, Filter, HotkeyRegion, Icon, Menu, MenuItem, Row, Sort, Table, column_choice, empty_state,
    hotkey, load_more, remembered_columns, seek_state, side_panel,
};

const PAGE: u32 = 100;
const DAYS: [u64; 4] = [7, 15, 30, 90];

/// All of the register, or what waits for the firm.
#[derive(Clone, Copy, PartialEq)]
pub enum Which {
    Register,
    ToDecide,
}

#[derive(Clone, Copy)]
pub struct List {
    which: Which,
    rows: SeekList<Arc<MandateRow>>,
    counts: Load<MandatePage>,
    wanted: Memo<MandateQuery>,
    selection: Selection,
    acting: act::Acting,
    /// An act on the dossiers of the selection.
    deciding: RwSignal<Option<(bulk::Kind, bulk::Target)>>,
    printing: RwSignal<bool>,
    /// Hears that a mandate has changed: the board counts again.
    moved: RwSignal<u32>,
}

impl List {
    fn new(which: Which, moved: RwSignal<u32>) -> List {
        let (scope, search) = (portfolio_scope(), address().search);
        let wanted = Memo::new(move |_| {
            let mut query = query::filter(&search.get(), scope.get().as_deref());
            if which == Which::ToDecide {
                query = MandateQuery {
                    dossiers: query.dossiers,
                    mandate: Several(vec![MandateState::Signed, MandateState::ToCheck]),
                    ..MandateQuery::default()
                };
            }
            query
        });
        let sort = Memo::new(move |_| query::sort(&search.get()));
        let rows = seek_list(
            move || (wanted.get(), sort.get()),
            |(filter, sort): (MandateQuery, _), after| {
                Box::pin(async move {
                    let query = MandateListQuery { filter, sort: Some(sort), limit: Some(PAGE), after, facets: None };
                    let page = ask::<op::ListMandates>(Nothing {}, query).await?;
                    Ok((page.data.into_iter().map(Arc::new).collect(), page.next))
                })
            },
        );
        let counts = load(
            move || wanted.get(),
            |filter: MandateQuery| {
                let query = MandateListQuery { filter, limit: Some(1), facets: Some(true), ..Default::default() };
                ask::<op::ListMandates>(Nothing {}, query)
            },
        );
        List {
            which,
            rows,
            counts,
            wanted,
            selection: Selection::of(rows, move || wanted.track(), |row| row.id.to_string()),
            acting: RwSignal::new(None),
            deciding: RwSignal::new(None),
            printing: RwSignal::new(false),
            moved,
        }
    }

    fn total(self) -> Option<u64> {
        self.counts.value.with(|page| page.as_ref().and_then(|page| page.total))
    }

    fn reload(self) {
        self.rows.reload();
        self.counts.reload();
        self.moved.update(|n| *n += 1);
    }

    fn ids(self) -> Vec<MandateId> {
        self.selection.rows.with_untracked(|s| s.iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// Each dossier of the selection once: it may have several mandates.
    fn dossiers(self) -> Vec<DossierId> {
        let chosen = self.selection.rows.get_untracked();
        let of = |rows: &Vec<Arc<MandateRow>>| -> BTreeSet<DossierId> {
            rows.iter().filter(|row| chosen.contains(&row.id.to_string())).map(|row| row.dossier_id).collect()
        };
        self.rows.rows.with_untracked(of).into_iter().collect()
    }

    fn selected(self) -> Target {
        if self.selection.everything.get_untracked() {
            let total = untrack(|| self.total()).unwrap_or_default();
            return Target::All { filter: Box::new(self.wanted.get_untracked()), total };
        }
        Target::Ids(self.ids())
    }

    /// Hands on to the dialog: the selection, or the one row when nothing is selected.
    fn act(self, act: MandateAct, row: Option<&str>) {
        let row = row.filter(|_| self.selection.rows.with_untracked(BTreeSet::is_empty)).and_then(|id| id.parse().ok());
        let target = row.map_or_else(|| self.selected(), |row| Target::Ids(vec![row]));
        if target.count() > 0 && self.acting.with_untracked(Option::is_none) {
            self.acting.set(Some((act, target)));
        }
    }

    fn state_of(self, row: &str) -> Option<MandateState> {
        self.rows.rows.with_untracked(|rows| rows.iter().find(|r| r.id.to_string() == row).map(|r| r.state))
    }

    /// Moves the row on, or what is selected: by the state of the first.
    fn move_on(self, row: Option<&str>) {
        let first = self.selection.rows.with_untracked(|s| s.first().cloned());
        let at = first.as_deref().or(row).and_then(|id| self.state_of(id));
        if let Some(act) = at.and_then(words::natural_act) {
            self.act(act, row);
        }
    }
}

fn may_act() -> bool {
    session::can(Permission::DossierWrite)
}

pub fn view(which: Which, moved: RwSignal<u32>) -> View {
    let list = List::new(which, moved);
    keys(list);
    let columns = if which == Which::ToDecide { decide_columns() } else { columns() };
    let name = if which == Which::ToDecide { "decide" } else { "mandates" };
    let shown = remembered_columns(name, &columns);
    let bar = div("list-bar").child(filters::search_box());
    let bar = match which {
        Which::Register => bar
            .child(chips(list))
            .child(span("grow"))
            .child(export(list).quiet().small())
            .child(column_choice(&columns, shown)),
        Which::ToDecide => {
            let waiting = memo(move || list.total().unwrap_or_default());
            let told = show(
                move || waiting.get() > 0,
                move || {
                    let count = span("").text_of(move || t().decide_count(waiting.get()));
                    let keys = untrack(may_act).then(|| span("keys-told").child(" ").child(t().decide_keys()));
                    p("soft small").child(count).child(keys)
                },
            );
            bar.child(told)
        }
    };
    if which == Which::ToDecide {
        open_the_next(list);
    }
    let rows = move || table(list, columns.clone(), shown);
    let foot = load_more(list.rows, move || {
        let n = list.rows.rows.with(Vec::len);
        match list.total() {
            Some(total) if n > 0 => t().mandates_shown(n as u64, format::number(t(), total as i64)),
            _ => String::new(),
        }
    });
    let done = move || {
        list.selection.clear();
        list.reload();
    };
    div("tab-list")
        .child(bar)
        .child(div("with-panel").child(seek_state(list.rows, move || nothing(list), rows)).child(panel(list)))
        .child(foot)
        .child(selection_bar(list))
        .child(act::dialog(list.acting, done))
        .child(bulk::dialog(list.deciding, done))
}

/// Who decides reads one after the other: the first opens by itself, and the next when one is gone.
fn open_the_next(list: List) {
    let opened = address().get(PANEL);
    after(move || {
        let (arrived, pending) = (list.rows.arrived.get(), list.rows.pending.get());
        let first = list.rows.rows.with(|rows| rows.first().map(|row| row.id.to_string()));
        let here = opened.get_untracked();
        let stands = list.rows.rows.with_untracked(|rows| rows.iter().any(|row| Some(row.id.to_string()) == here));
        // On a narrow screen the panel covers the list: there the person opens it.
        let wide = window().inner_width().ok().and_then(|w| w.as_f64()).is_some_and(|w| w >= 1180.0);
        if arrived && !pending && !stands && (wide || here.is_some()) {
            let next = first.filter(|_| wide);
            address().set(&[(PANEL, next.as_deref())], Step::Replace);
        }
    });
}

fn columns() -> Vec<Column> {
    let t = t();
    vec![
        Column::new("name", t.fact_name()).fixed().sortable().grows().width(64),
        Column::new("kind", t.mandate_kind()).priority(2).width(50),
        Column::new("state", t.mandate_state()).priority(1).width(33),
        Column::new("sent", t.mandate_sent()).priority(3).width(46),
        Column::new("reminders", t.mandate_reminders()).number().priority(4).width(22),
        Column::new("signed", t.mandate_signed()).priority(4).width(42),
        Column::new("ends_on", t.mandate_ends()).number().sortable().priority(4).width(26),
        Column::new("number", t.mandate_number()).priority(3).hidden().width(66),
        Column::new("platform", t.term_platform()).priority(3).hidden().width(40),
        Column::new("portfolio", t.fact_portfolio()).priority(3).hidden().width(42),
        Column::new("updated_at", t.fact_updated_at()).number().sortable().priority(3).hidden().width(30),
    ]
}

fn decide_columns() -> Vec<Column> {
    let t = t();
    vec![
        Column::new("name", t.fact_name()).fixed().sortable().grows().width(56),
        Column::new("kind", t.mandate_kind()).priority(2).width(50),
        Column::new("state", t.mandate_state()).priority(1).width(33),
        Column::new("signed", t.decide_how()).priority(3).width(48),
        Column::new("updated_at", t.decide_since()).number().sortable().priority(3).width(30),
    ]
}

fn dash() -> View {
    span("faint").child("–")
}

fn when(at: chrono::DateTime<chrono::Utc>) -> View {
    span("").attr("title", &format::moment(t(), at)).child(format::relative(t(), at, now()))
}

fn cell(row: &MandateRow, column: &str) -> View {
    let t = t();
    match column {
        "name" => View::all([
            span("cell-main truncate").attr("title", &row.dossier_name).child(&row.dossier_name),
            span("cell-sub num").child(format::siren(row.siren.as_str())),
        ]),
        "kind" => span("truncate").attr("title", words::kind(row.kind)).child(words::kind(row.kind)),
        "state" => words::state_badge(row.state).add_class("status-plain"),
        "sent" => match (row.sent_at, &row.sent_to) {
            (Some(at), to) => {
                let to = to.as_deref().map_or_else(|| t.mandate_by_letter().to_owned(), |to| t.mandate_sent_to(to));
                View::all([span("cell-main").child(when(at)), span("cell-sub truncate").attr("title", &to).child(&to)])
            }
            (None, _) if !row.reachable => {
                span("remark tone-at-risk").child(crate::ui::icon(Icon::Warning)).child(t.mandate_no_email())
            }
            (None, _) => dash(),
        },
        "reminders" => match (row.reminders, row.reminded_at) {
            (0, _) => dash(),
            (n, last) => span("num")
                .attr_if("title", last.map(|at| t.mandate_last_reminder(format::relative(t, at, now()))).as_deref())
                .child(format::number(t, i64::from(n))),
        },
        "signed" => match (row.signed_by, row.signed_at) {
            (Some(by), at) => {
                let day = at.map(|at| format!(", {}", format::date(t, format::paris(at).date()))).unwrap_or_default();
                let said = format!("{}{day}", words::signed_by(by));
                span("truncate").attr("title", &said).child(&said)
            }
            _ => dash(),
        },
        "ends_on" => row.ends_on.map_or_else(dash, |day| span("num").child(format::date(t, day))),
        "number" => span("num truncate").attr("title", &row.number).child(&row.number),
        "platform" => row.platform.as_deref().map_or_else(dash, View::from),
        "portfolio" => match row.portfolio_id.and_then(|id| dossier::open::portfolio_name(&id.to_string())) {
            Some(name) => View::text(&name),
            None => dash(),
        },
        _ => when(row.updated_at),
    }
}

fn row(row: Arc<MandateRow>) -> Row {
    let name = format!("{}, {}, {}", row.dossier_name, words::kind(row.kind), words::state(row.state));
    // What counts today moves with the calendar, everything else with the row.
    let mark = (row.updated_at.timestamp_micros() as u64) << 1 | u64::from(row.in_force);
    Row::new(row.id.to_string(), mark, name, move |column| untrack(|| cell(&row, column)))
}

fn table(list: List, columns: Vec<Column>, shown: RwSignal<Vec<&'static str>>) -> View {
    let sort = address().text("sort");
    let sorted = move || {
        let sort = sort.get();
        Sort::parse(if sort.is_empty() { "-updated_at" } else { &sort })
    };
    let rows = move || list.rows.rows.with(|rows| rows.iter().cloned().map(row).collect());
    let by = |sort: Sort| {
        // The end has one order: the first to end first.
        let sort = if sort.key == "ends_on" { sort.key } else { sort.to_query() };
        address().set(&[("sort", Some(&sort))], Step::Push);
    };
    let table = lists::opening(Table::new(t().mandates_title(), columns, rows))
        .shown(shown)
        .sorted(sorted, by)
        .windowed(move || list.rows.load_more())
        .stale(move || list.rows.is_stale());
    // A viewer has nothing to do with a selection.
    if !untrack(may_act) {
        return table.into();
    }
    table
        .selectable(list.selection.rows)
        .on_key(move |key, row| match key {
            "s" | "S" => list.move_on(Some(row)),
            "a" | "A" if list.which == Which::ToDecide => list.act(MandateAct::Accept, Some(row)),
            "r" | "R" if list.which == Which::ToDecide => list.act(MandateAct::Refuse, Some(row)),
            _ => {}
        })
        .into()
}

/// The side panel of the mandate that the address names.
fn panel(list: List) -> View {
    lists::panel(
        |id| id.parse::<MandateId>().ok(),
        move |shown| {
            let open = detail::Open::new(move || shown.get(), move || list.reload(), move || list.moved.get());
            let title = move || open.of(|m| m.row.dossier_name.clone());
            let full = lists::full_page(move || format!("/mandats/{}", shown.get()));
            let deciding = list.which == Which::ToDecide;
            let panel = side_panel(title, lists::close_panel, full, detail::panel(open, deciding));
            if deciding { panel.add_class("panel-decide") } else { panel }
        },
    )
}

fn nothing(list: List) -> View {
    let t = t();
    if list.which == Which::ToDecide {
        return empty_state(Icon::Check, t.decide_none_title(), t.decide_none_detail(), []);
    }
    if list.wanted.with_untracked(|wanted| *wanted != MandateQuery::default()) {
        let clear = Button::new(t.filters_clear()).press(|| lists::clear(&query::FILTERS));
        return empty_state(Icon::Search, t.mandates_none_found(), t.mandates_none_found_detail(), [clear]);
    }
    let acts = untrack(may_act).then(|| Button::link(t.mandates_request(), &missing()).icon(Icon::Plus).primary());
    empty_state(Icon::Mandate, t.mandates_none_title(), t.mandates_none_detail(), acts)
}

/// The dossiers that lack a mandate, with the dialog that requests them.
pub fn missing() -> String {
    href("/dossiers", &[("missing", "mandate"), (crate::pages::dossiers::ACT, "mandate")])
}

fn chips(list: List) -> View {
    lists::scoped_filters(move |scoped| filters_of(list, scoped))
}

fn filters_of(list: List, scoped: bool) -> View {
    let value = |key: &'static str| address().list(key);
    let t = t();
    let hinted = |choice: Choice, n: Option<u64>| match n {
        Some(n) => choice.hint(format::number(crate::text::t(), n as i64)),
        None => choice,
    };
    let kinds = move || {
        list.counts.value.with(|page| {
            let facets = page.as_ref().and_then(|page| page.facets.as_ref());
            let count = |kind| facets.map(|f| f.kind.iter().find(|c| c.kind == kind).map_or(0, |c| c.count));
            let one = |kind: &domain::MandateKind| hinted(Choice::new(kind.as_str(), words::kind(*kind)), count(*kind));
            domain::MandateKind::ALL.iter().map(one).collect()
        })
    };
    let states = move || {
        list.counts.value.with(|page| {
            let facets = page.as_ref().and_then(|page| page.facets.as_ref());
            let count = |state| facets.map(|f| f.mandate.iter().find(|c| c.state == state).map_or(0, |c| c.count));
            let one = |state: &MandateState| hinted(Choice::new(state.as_str(), words::state(*state)), count(*state));
            MandateState::ALL.iter().map(one).collect()
        })
    };
    let days = || DAYS.iter().map(|n| Choice::new(n.to_string(), crate::text::t().mandate_days(*n))).collect();
    let mut filters = vec![
        Filter::new("mandate", t.mandate_state(), value("mandate"), states),
        Filter::new("kind", t.mandate_kind(), value("kind"), kinds),
        Filter::new("in_force", t.mandate_in_force(), value("in_force"), lists::yes_or_no),
        Filter::new("silent_for_days", t.mandate_silent(), value("silent_for_days"), days),
        Filter::new("ends_within_days", t.mandate_ends_within(), value("ends_within_days"), days),
        Filter::new("unreachable", t.mandate_unreachable(), value("unreachable"), lists::yes_or_no),
        Filter::new("person_id", t.fact_person(), value("person_id"), lists::people_or_nobody),
    ];
    if !scoped {
        filters.push(lists::portfolio_filter());
    }
    lists::filters(filters, &query::SINGLE, &query::FILTERS)
}

fn export(list: List) -> Menu {
    let words = export::Words {
        detail: |n| t().mandates_export_detail(n),
        csv: t().dossiers_export_csv(),
        xlsx: t().dossiers_export_xlsx(),
        file: "mandats",
    };
    export::menu(
        words,
        move || list.total(),
        move |format| {
            let query = MandateExportQuery { filter: list.wanted.get_untracked(), format: Some(format) };
            request::<op::ExportMandates>(&Nothing {}, &query).detached()
        },
    )
}

fn selection_bar(list: List) -> View {
    let said =
        selection::Words { selected: |n, _| t().mandates_selected(n), select_all: |n| t().mandates_select_all(n) };
    let acts = move || {
        let press = move |act: MandateAct| {
            Button::new(words::act(act)).icon(words::act_face(act)).small().press(move || list.act(act, None))
        };
        let usual = match list.which {
            Which::Register => [MandateAct::Send, MandateAct::Remind, MandateAct::Accept].as_slice(),
            Which::ToDecide => [MandateAct::Accept, MandateAct::Refuse].as_slice(),
        };
        let more = Menu::new(t().menu_more(), move || others(list, usual)).icon(Icon::More).quiet().small().align_end();
        span("row").children(usual.iter().map(|act| press(*act))).child(more)
    };
    list.selection.bar_of_all(list.rows, move || list.total(), said, acts)
}

/// The acts that are rarer, and the printer.
fn others(list: List, usual: &'static [MandateAct]) -> Vec<MenuItem> {
    let ends = |act| matches!(act, MandateAct::Refuse | MandateAct::Revoke | MandateAct::Delete);
    let item = |act: MandateAct| {
        let press = move || list.act(act, None);
        if ends(act) {
            MenuItem::danger(words::act_face(act), words::act(act), press)
        } else {
            MenuItem::act(words::act_face(act), words::act(act), press)
        }
    };
    let left = |dangerous: bool| {
        MandateAct::ALL.iter().copied().filter(move |act| ends(*act) == dangerous && !usual.contains(act))
    };
    let print = |label: &str, letters: bool| {
        MenuItem::act(Icon::File, label, move || act::print(list.ids(), letters, list.printing))
    };
    let about = |face: Icon, label: &str, kind: bulk::Kind| {
        MenuItem::act(face, label, move || list.deciding.set(Some((kind, bulk::Target::Ids(list.dossiers())))))
    };
    let mut items: Vec<MenuItem> = left(false).map(item).collect();
    // What is not loaded has no ids here; the printer takes those that are, and so do acts on their dossiers.
    if !list.selection.everything.get_untracked() {
        items.push(MenuItem::line());
        items.push(print(t().act_print(), false));
        items.push(print(t().act_print_letters(), true));
        items.push(MenuItem::line());
        items.push(about(Icon::Person, t().bulk_decider(), bulk::Kind::Decider));
        items.push(about(Icon::Link, t().bulk_registration(), bulk::Kind::Registration));
    }
    items.push(MenuItem::line());
    items.extend(left(true).map(item));
    items
}

fn keys(list: List) {
    let t = t();
    filters::keys();
    if !untrack(may_act) {
        return;
    }
    // On a row the table has told already; from anywhere else it is about the selection, or the open mandate.
    let open = || address().get(PANEL).get_untracked();
    hotkey("s", t.keys_mandate_state(), HotkeyRegion::Lists, move || list.move_on(open().as_deref()));
    if list.which == Which::ToDecide {
        hotkey("a", t.keys_accept(), HotkeyRegion::Lists, move || list.act(MandateAct::Accept, open().as_deref()));
        hotkey("r", t.keys_refuse(), HotkeyRegion::Lists, move || list.act(MandateAct::Refuse, open().as_deref()));
    }
}

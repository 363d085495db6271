//! The flows: filters, order, selection, and one flow in the side panel.

use std::collections::BTreeSet;
use std::sync::Arc;

use contract::endpoint::op;
use contract::{FlowCounts, FlowExportQuery, FlowListQuery, FlowQuery, FlowRow, Nothing, Several};
use domain::flow::{FlowDirection, FlowKind, Handling};
use domain::{DossierId, FlowId, Permission};
use leptos::prelude::*;

use super::{detail, handle, query, words};
use crate::api::{Load, SeekList, ask, load, request, say, seek_list};
use crate::browser::now;
use crate::dom::{View, div, show, span};
use crate::frame::{Step, address, portfolio_scope};
use crate::pages::dossiers::filters;
use crate::pages::export;
use crate::pages::lists::{self, PANEL};
use crate::pages::selection::{self, Selection};
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Column, Filter, HotkeyRegion, Icon, Row, Sort, Table, column_choice, empty_state, hotkey,
    load_more, remembered_columns, seek_state, side_panel,
};

const PAGE: u32 = 100;

#[derive(Clone, Copy)]
struct List {
    rows: SeekList<Arc<FlowRow>>,
    counts: Load<FlowCounts>,
    wanted: Memo<FlowQuery>,
    selection: Selection,
    handling: handle::Acting,
    moved: RwSignal<u32>,
    /// Of one dossier: its client needs no column.
    alone: bool,
}

impl List {
    fn new(dossier: Option<DossierId>) -> List {
        let (scope, search) = (portfolio_scope(), address().search);
        let wanted = Memo::new(move |_| match dossier {
            Some(id) => FlowQuery {
                dossier_id: Some(id),
                portfolio_id: Several::default(),
                ..query::filter(&search.get(), None)
            },
            None => query::filter(&search.get(), scope.get().as_deref()),
        });
        let sort = Memo::new(move |_| query::sort(&search.get()));
        let rows = seek_list(
            move || (wanted.get(), sort.get()),
            |(filter, sort): (FlowQuery, _), after| {
                Box::pin(async move {
                    let query = FlowListQuery { filter, sort: Some(sort), limit: Some(PAGE), after };
                    let page = ask::<op::ListFlows>(Nothing {}, query).await?;
                    Ok((page.data.into_iter().map(Arc::new).collect(), page.next))
                })
            },
        );
        let counts = load(move || wanted.get(), |filter: FlowQuery| ask::<op::CountFlows>(Nothing {}, filter));
        List {
            rows,
            counts,
            wanted,
            selection: Selection::of(rows, move || wanted.track(), |row| row.id.to_string()),
            handling: RwSignal::new(None),
            moved: RwSignal::new(0),
            alone: dossier.is_some(),
        }
    }

    fn total(self) -> Option<u64> {
        self.counts.value.with(|counts| counts.as_ref().map(|counts| counts.total))
    }

    fn reload(self) {
        self.rows.reload();
        self.counts.reload();
        self.moved.try_update(|n| *n += 1);
    }

    fn chosen(self, row: Option<&str>) -> handle::Target {
        if self.selection.everything.get_untracked() {
            let total = untrack(|| self.total()).unwrap_or_default();
            return handle::Target::All { filter: Box::new(self.wanted.get_untracked()), total };
        }
        let row = row.filter(|_| self.selection.rows.with_untracked(BTreeSet::is_empty)).and_then(|id| id.parse().ok());
        let by_hand = || self.selection.rows.with_untracked(|s| s.iter().filter_map(|id| id.parse().ok()).collect());
        handle::Target::Ids(row.map_or_else(by_hand, |row: FlowId| vec![row]))
    }

    fn handle(self, row: Option<&str>) {
        let target = self.chosen(row);
        if target.count() > 0 && self.handling.with_untracked(Option::is_none) {
            self.handling.set(Some(target));
        }
    }
}

fn may_act() -> bool {
    session::can(Permission::DossierWrite)
}

/// The first tab of `/flux`.
pub fn view() -> View {
    of(List::new(None))
}

/// The tab of a dossier.
pub fn of_dossier(id: DossierId) -> View {
    of(List::new(Some(id)))
}

fn of(list: List) -> View {
    keys(list);
    let columns = columns(list.alone);
    let shown = remembered_columns(if list.alone { "flows-of-dossier" } else { "flows" }, &columns);
    let bar = div("list-bar")
        .child(filters::search_box_for(t().flows_search(), t().flows_search_label()))
        .child(chips(list))
        .child(span("grow"))
        .child(export(list).quiet().small())
        .child(column_choice(&columns, shown));
    let rows = move || table(list, columns.clone(), shown);
    let foot = load_more(list.rows, move || {
        let n = list.rows.rows.with(Vec::len);
        match list.total() {
            Some(total) if n > 0 => t().flows_shown(n as u64, format::number(t(), total as i64)),
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
        .child(handle::dialog(list.handling, done))
}

fn columns(alone: bool) -> Vec<Column> {
    let t = t();
    let client = Column::new("client", t.flow_client()).priority(2).width(46);
    let other = Column::new("counterparty", t.flow_counterparty()).width(40);
    let issued = Column::new("issued_on", t.flow_issued()).number().sortable().width(26);
    // Of one dossier the room of the client goes to the others.
    let (client, other, issued) = if alone {
        (client.hidden(), other.priority(2).grows(), issued.priority(2))
    } else {
        (client.grows(), other.priority(3), issued.priority(3))
    };
    vec![
        Column::new("number", t.flow_number()).fixed().width(36),
        client,
        Column::new("direction", t.flow_direction()).priority(3).width(20),
        other,
        issued,
        Column::new("gross_cents", t.flow_gross()).number().sortable().priority(3).width(30),
        Column::new("status", t.flow_status()).priority(1).width(52),
        Column::new("platform", t.flow_platform()).priority(4).width(34),
        Column::new("status_at", t.platforms_last()).number().sortable().priority(4).hidden().width(30),
        Column::new("handling", t.flow_handling()).priority(4).hidden().width(28),
        Column::new("kind", t.flow_kind()).priority(4).hidden().width(34),
    ]
}

fn cell(row: &FlowRow, column: &str) -> View {
    let t = t();
    let dash = || span("faint").child("–");
    match column {
        "number" => span("cell-main truncate").attr("title", &row.number).child(&row.number),
        "client" => {
            let number = words::number_of(&row.owner);
            let (said, title) = match &row.dossier_name {
                Some(name) => (name.clone(), format!("{name} · {number}")),
                // The number is what somebody can look for.
                None => (format!("{number} · {}", t.flow_unknown_client()), t.flow_unknown_client().to_owned()),
            };
            span("truncate").attr("title", &title).child(said)
        }
        "direction" => View::text(&words::direction(row.direction)),
        "counterparty" => {
            let number = words::number_of(&row.counterparty);
            let (said, title) = match &row.counterparty_name {
                Some(name) => (name.clone(), format!("{name} · {number}")),
                None => (number.clone(), number),
            };
            span("truncate").attr("title", &title).child(said)
        }
        "issued_on" => row.issued_on.map_or_else(dash, |day| View::text(&format::date(t, day))),
        "gross_cents" => row.gross_cents.map_or_else(dash, |cents| View::text(&words::amount(cents, &row.currency))),
        "status" => {
            let status = words::status(row.status.as_ref());
            let sub = row.stuck_since.map(|at| t.flow_stuck_since(format::date(t, format::paris(at).date())));
            let sub = sub.or_else(|| row.reasons.first().map(|r| r.label.as_ref().map_or(r.code.clone(), say)));
            match sub {
                Some(sub) => {
                    span("flow-status").attr("title", &sub).child(status).child(span("soft small truncate").child(&sub))
                }
                None => status,
            }
        }
        "status_at" => row.status.as_ref().map_or_else(dash, |status| {
            span("").attr("title", &format::moment(t, status.at)).child(format::relative(t, status.at, now()))
        }),
        "handling" if row.handling == Handling::None => dash(),
        "handling" => View::text(&say(&row.handling.text())),
        "kind" => View::text(&words::kind(row.kind)),
        _ => span("truncate").attr("title", &row.platform).child(&row.platform),
    }
}

fn row(row: Arc<FlowRow>) -> Row {
    let name = format!("{}, {}", row.number, row.dossier_name.as_deref().unwrap_or(&row.owner));
    let mark = (row.version as u64) << 20 ^ row.updated_at.timestamp_micros() as u64 ^ u64::from(row.anomalies);
    Row::new(row.id.to_string(), mark, name, move |column| untrack(|| cell(&row, column)))
}

fn table(list: List, columns: Vec<Column>, shown: RwSignal<Vec<&'static str>>) -> View {
    let sort = address().text("sort");
    let sorted = move || {
        let sort = sort.get();
        Sort::parse(if sort.is_empty() { "-issued_on" } else { &sort })
    };
    let rows = move || list.rows.rows.with(|rows| rows.iter().cloned().map(row).collect());
    let table = lists::opening(Table::new(t().flows_title(), columns, rows))
        .shown(shown)
        .sorted(sorted, |sort: Sort| address().set(&[("sort", Some(&sort.to_query()))], Step::Push))
        .windowed(move || list.rows.load_more())
        .stale(move || list.rows.is_stale());
    // A viewer has nothing to do with a selection.
    if !untrack(may_act) {
        return table.into();
    }
    table
        .selectable(list.selection.rows)
        .on_key(move |key, row| {
            if matches!(key, "s" | "S") {
                list.handle(Some(row));
            }
        })
        .into()
}

/// The side panel of the flow that the address names.
fn panel(list: List) -> View {
    lists::panel(
        |id| id.parse::<FlowId>().ok(),
        move |shown| {
            let file = load(move || (shown.get(), list.moved.get()), |(id, _)| ask::<op::ReadFlow>(id, Nothing {}));
            let title = move || file.value.with(|f| f.as_ref().map(|f| f.row.number.clone()).unwrap_or_default());
            let acts = show(may_act, move || {
                let act = move || list.handling.set(Some(handle::Target::Ids(vec![shown.get_untracked()])));
                Button::new(t().flow_handle()).small().press(act).into()
            });
            side_panel(title, lists::close_panel, acts, detail::view(file))
        },
    )
}

fn nothing(list: List) -> View {
    let t = t();
    let bare = FlowQuery { dossier_id: list.wanted.with_untracked(|w| w.dossier_id), ..FlowQuery::default() };
    if list.wanted.with_untracked(|wanted| *wanted != bare) {
        let clear = Button::new(t.filters_clear()).press(|| lists::clear(&query::FILTERS));
        return empty_state(Icon::Search, t.flows_none_found(), t.flows_none_found_detail(), [clear]);
    }
    let acts = untrack(|| session::can(Permission::ImportRun))
        .then(|| Button::link(t.flows_import(), "/imports?subject=flows").icon(Icon::Import).primary());
    empty_state(Icon::Import, t.flows_none_title(), t.flows_none_detail(), acts)
}

fn chips(list: List) -> View {
    lists::scoped_filters(move |scoped| filters_of(list, list.alone || scoped))
}

fn filters_of(list: List, scoped: bool) -> View {
    let value = |key: &'static str| address().list(key);
    let t = t();
    let hint = |n: u64| format::number(crate::text::t(), n as i64);
    let statuses = move || {
        list.counts.value.with(|counts| {
            let all = counts.iter().flat_map(|counts| &counts.by_status);
            let one = |s: &contract::FlowStatusCount| match (s.code, &s.label) {
                (Some(code), Some(label)) => Choice::new(code.to_string(), say(label)).hint(hint(s.count)),
                (Some(code), None) => Choice::new(code.to_string(), code.to_string()).hint(hint(s.count)),
                (None, _) => Choice::new("none", crate::text::t().flow_status_unread()).hint(hint(s.count)),
            };
            all.map(one).collect()
        })
    };
    let platforms = move || {
        list.counts.value.with(|counts| {
            let all = counts.iter().flat_map(|counts| &counts.by_platform);
            all.map(|p| Choice::new(&p.platform, &p.platform).hint(hint(p.count))).collect()
        })
    };
    let kinds = || FlowKind::ALL.iter().map(|k| Choice::new(k.as_str(), words::kind(*k))).collect();
    let directions = || FlowDirection::ALL.iter().map(|d| Choice::new(d.as_str(), words::direction(*d))).collect();
    let handlings = || Handling::ALL.iter().map(|h| Choice::new(h.as_str(), say(&h.text()))).collect();
    let mut filters = vec![
        Filter::new("status", t.flow_status(), value("status"), statuses),
        Filter::new("platform", t.flow_platform(), value("platform"), platforms),
        Filter::new("direction", t.flow_direction(), value("direction"), directions),
        Filter::new("kind", t.flow_kind(), value("kind"), kinds),
        Filter::new("anomaly", t.flow_anomaly(), value("anomaly"), lists::yes_or_no),
        Filter::new("stuck", t.flow_stuck(), value("stuck"), lists::yes_or_no),
        Filter::new("handling", t.flow_handling(), value("handling"), handlings),
    ];
    if !list.alone {
        filters.push(Filter::new("unknown_client", t.flow_unknown_client(), value("unknown_client"), lists::yes_or_no));
    }
    if !scoped {
        filters.push(lists::portfolio_filter());
    }
    lists::filters(filters, &query::SINGLE, &query::FILTERS)
}

fn export(list: List) -> crate::ui::Menu {
    let words = export::Words {
        detail: |n| t().flows_export_detail(n),
        csv: t().dossiers_export_csv(),
        xlsx: t().dossiers_export_xlsx(),
        file: "flux",
    };
    export::menu(
        words,
        move || list.total(),
        move |format| {
            let query = FlowExportQuery { filter: list.wanted.get_untracked(), format: Some(format) };
            request::<op::ExportFlows>(&Nothing {}, &query).detached()
        },
    )
}

fn selection_bar(list: List) -> View {
    let said = selection::Words { selected: |n, _| t().flows_selected(n), select_all: |n| t().flows_select_all(n) };
    let acts = move || Button::new(t().flow_handle()).icon(Icon::Edit).small().press(move || list.handle(None)).into();
    list.selection.bar_of_all(list.rows, move || list.total(), said, acts)
}

fn keys(list: List) {
    filters::keys();
    if !untrack(may_act) {
        return;
    }
    let open = || address().get(PANEL).get_untracked();
    hotkey("s", t().flow_handle(), HotkeyRegion::Lists, move || list.handle(open().as_deref()));
}

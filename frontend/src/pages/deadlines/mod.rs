//! `/echeancier`: what the dossiers in sight must have done by a day, as a list or a month. Filters stand in the address.

mod feeds;
mod month;
pub mod rows;
pub mod settle;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use chrono::NaiveDate;
use contract::endpoint::op;
use contract::{
    DeadlineExportQuery, DeadlineFilter, DeadlineListQuery, DeadlinePage, DeadlineQuery, DeadlineRow, DossierQuery,
    Nothing, Several,
};
use domain::calendar::{DueKind, DueState};
use domain::reference::WaveCode;
use domain::{Permission, ReadinessState, VatRegime};
use leptos::prelude::*;

use self::settle::{Kind, Target};
use crate::api::{Load, SeekList, ask, load, request, seek_list};
use crate::dom::{View, div, live, memo, show, span};
use crate::frame::{Step, address, page_head, portfolio_scope};
use crate::pages::dossiers::{filters, query};
use crate::pages::lists::{self, PANEL};
use crate::pages::selection::Selection;
use crate::pages::{Open, dossier, export, selection, words};
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Filter, HotkeyRegion, Icon, Menu, Table, date_field, empty_state, hotkey, load_more, seek_state,
    segments, side_panel,
};
use crate::{parts, session};

const PAGE: u32 = 100;
/// `month` shows a month; `month=2026-11` says which.
const VIEW: &str = "view";
const MONTH: &str = "month";

/// Filters of the dossiers that this page offers; the others of an address would narrow it unseen.
const FILTERS: [&str; 9] = ["q", "due", "kind", "person_id", "portfolio_id", "state", "vat_regime", "wave", "tag"];

/// What the address and the portfolio of the top bar ask for.
#[derive(Clone, PartialEq, Default)]
struct Wanted {
    filter: DeadlineFilter,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

impl Wanted {
    fn read(search: &str, scope: Option<&str>) -> Wanted {
        let all = query::filter(search, scope);
        let dossiers = DossierQuery {
            q: all.q,
            state: all.state,
            vat_regime: all.vat_regime,
            portfolio_id: all.portfolio_id,
            person_id: all.person_id,
            tag: all.tag,
            wave: all.wave,
            ..DossierQuery::default()
        };
        let several = |key: &str| -> Vec<String> {
            query::parameter(search, key)
                .and_then(|text| text.parse().ok())
                .map_or_else(Vec::new, |all: Several<_>| all.0)
        };
        // A value that this version does not know (an old link) is left out rather than refused.
        let filter = DeadlineFilter {
            dossiers,
            kind: Several(several("kind").iter().filter_map(|v| DueKind::try_from(v.as_str()).ok()).collect()),
            due: Several(several("due").iter().filter_map(|v| DueState::try_from(v.as_str()).ok()).collect()),
        };
        let day = |key: &str| query::parameter(search, key)?.parse().ok();
        Wanted { filter, from: day("from"), to: day("to") }
    }

    fn query(&self) -> DeadlineQuery {
        DeadlineQuery { filter: self.filter.clone(), from: self.from, to: self.to }
    }

    fn is_narrow(&self) -> bool {
        *self != Wanted::default()
    }
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
pub struct List {
    rows: SeekList<Arc<DeadlineRow>>,
    /// Number of rows and counts by filter value.
    counts: Load<DeadlinePage>,
    wanted: Memo<Wanted>,
    selection: Selection,
    acting: RwSignal<Option<(Kind, Target)>>,
    /// Something was declared: the month is asked again.
    moved: RwSignal<u32>,
}

impl List {
    fn new() -> List {
        let (scope, search) = (portfolio_scope(), address().search);
        let wanted = Memo::new(move |_| Wanted::read(&search.get(), scope.get().as_deref()));
        let rows = seek_list(
            move || wanted.get(),
            |wanted: Wanted, after| {
                Box::pin(async move {
                    let query = DeadlineListQuery { query: wanted.query(), limit: Some(PAGE), after, facets: None };
                    let page = ask::<op::ListDeadlines>(Nothing {}, query).await?;
                    Ok((page.data.into_iter().map(Arc::new).collect(), page.next))
                })
            },
        );
        let (month, first) = (shows_month(), month::first_day());
        let counts = load(
            move || if month.get() { month::within(wanted.get(), first.get()) } else { wanted.get() },
            |wanted: Wanted| {
                let query =
                    DeadlineListQuery { query: wanted.query(), limit: Some(1), facets: Some(true), after: None };
                ask::<op::ListDeadlines>(Nothing {}, query)
            },
        );
        List {
            rows,
            counts,
            wanted,
            selection: Selection::of(rows, move || wanted.track(), |row| rows::id(row)),
            acting: RwSignal::new(None),
            moved: RwSignal::new(0),
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

    fn selected(self) -> Target {
        if self.selection.everything.get_untracked() {
            let query = self.wanted.get_untracked().query();
            return Target::All { filter: Box::new(query), total: untrack(|| self.total()).unwrap_or_default() };
        }
        Target::Ids(self.selection.rows.with_untracked(|s| s.iter().filter_map(|id| rows::parse(id)).collect()))
    }

    /// Hands on to the dialog: the selection, or the one row when nothing is selected.
    fn act(self, kind: Kind, row: Option<&str>) {
        let row = row.filter(|_| self.selection.rows.with_untracked(BTreeSet::is_empty)).and_then(rows::parse);
        let target = row.map_or_else(|| self.selected(), |row| Target::Ids(vec![row]));
        if target.count() > 0 && self.acting.with_untracked(Option::is_none) {
            self.acting.set(Some((kind, target)));
        }
    }
}

fn shows_month() -> Memo<bool> {
    let view = address().text(VIEW);
    memo(move || view.with(|view| view == MONTH))
}

/// `/echeancier`.
pub fn page() -> View {
    begin();
    let list = List::new();
    keys(list);
    let subscribing = RwSignal::new(false);
    let month = shows_month();
    let lead = crate::dom::text_of(move || {
        list.counts.value.with(|page| match page {
            Some(DeadlinePage { total: Some(n), dossiers: Some(dossiers), from, to, .. }) => {
                let day = |day| format::date(t(), day);
                t().deadlines_lead(*n, &t().deadlines_lead_dossiers(*dossiers), day(*from), day(*to))
            }
            _ => "\u{a0}".to_owned(),
        })
    });
    let acts = View::all([
        View::from(Button::new(t().feed_subscribe()).icon(Icon::Calendar).press(move || subscribing.set(true))),
        export(list).into(),
    ]);
    let choices = vec![Choice::new("", t().deadlines_list()), Choice::new(MONTH, t().deadlines_month())];
    let value = move || if month.get() { MONTH.to_owned() } else { String::new() };
    let view = segments(t().deadlines_view(), choices, value, |view| {
        address().set(&[(VIEW, Some(&view)), (PANEL, None)], Step::Push);
    });
    let bar = div("list-bar deadline-bar")
        .child(filters::search_box())
        .child(bar(list))
        .child(span("grow"))
        .child(show(move || !month.get(), dates))
        .child(view);
    let body = live(move || if month.get() { untrack(|| month::view(list)) } else { untrack(|| room(list)) });
    let done = move || {
        list.selection.clear();
        list.reload();
    };
    div("list-page")
        .child(page_head(t().deadlines_title(), lead, acts))
        .child(bar)
        .child(body)
        .child(selection_bar(list))
        .child(settle::dialog(list.acting, done))
        .child(feeds::dialog(subscribing, list.wanted))
}

fn keys(list: List) {
    filters::keys();
    if untrack(|| session::can(Permission::DossierWrite)) {
        // On a row the table has told already; from anywhere else it is about the selection.
        hotkey("s", t().keys_settle(), HotkeyRegion::Lists, move || list.act(Kind::Done, None));
    }
}

/// Who opens the page without asking for anything is shown what is left to do; the chip says so and can be taken away.
fn begin() {
    let search = address().search.get_untracked();
    let asked = FILTERS.iter().chain(&["from", "to", VIEW]).any(|key| query::parameter(&search, key).is_some());
    if !asked {
        let to_do = [DueState::Missed, DueState::DueSoon, DueState::Open].map(|state| state.to_string());
        address().set_list("due", &to_do, Step::Replace);
    }
}

/// The list, the side panel beside it, and what is under it.
fn room(list: List) -> View {
    let nothing = move || {
        let narrow = list.wanted.with_untracked(Wanted::is_narrow);
        let detail = if narrow { t().deadlines_none_filtered() } else { t().deadlines_none_detail() };
        let clear = narrow.then(|| Button::new(t().filters_clear()).press(|| address().set_search("", Step::Push)));
        empty_state(Icon::Calendar, t().deadlines_none_title(), detail, clear)
    };
    let foot = load_more(list.rows, move || {
        let n = list.rows.rows.with(Vec::len);
        match list.total() {
            Some(total) if n > 0 => t().deadlines_shown(n as u64, format::number(t(), total as i64)),
            _ => String::new(),
        }
    });
    View::all([div("with-panel").child(seek_state(list.rows, nothing, move || table(list))).child(panel(list)), foot])
}

fn table(list: List) -> View {
    let opened = address().get(PANEL);
    let rows = move || list.rows.rows.with(|rows| rows.iter().cloned().map(rows::row).collect());
    let table = Table::new(t().deadlines_title(), rows::columns(), rows)
        .opens(
            move || opened.get(),
            |id| address().set(&[(PANEL, Some(&id)), (dossier::PART, Some("calendar"))], Step::Push),
            || address().set(&[(PANEL, None), (dossier::PART, None)], Step::Push),
        )
        .windowed(move || list.rows.load_more())
        .stale(move || list.rows.is_stale());
    // A viewer has nothing to do with a selection.
    if !untrack(|| session::can(Permission::DossierWrite)) {
        return table.into();
    }
    table
        .selectable(list.selection.rows)
        .on_key(move |key, row| {
            if key.eq_ignore_ascii_case("s") {
                list.act(Kind::Done, Some(row));
            }
        })
        .into()
}

/// The side panel: the dossier of a deadline, its calendar first.
fn panel(list: List) -> View {
    lists::panel(
        |id| rows::parse(id).map(|item| item.dossier_id),
        move |shown| {
            let open = Open::new(move || shown.get(), move |_| list.reload());
            let title = move || open.of(|d| d.facts.name.clone());
            let close = || address().set(&[(PANEL, None), (dossier::PART, None)], Step::Push);
            let full = lists::full_page(move || format!("/dossiers/{}?{}=calendar", shown.get(), dossier::PART));
            let (acts, details) = parts::dossier_panel(open, Rc::new(close));
            side_panel(title, close, View::all([full, acts]), details)
        },
    )
}

fn bar(list: List) -> View {
    lists::scoped_filters(move |scoped| filters_of(list, scoped))
}

fn filters_of(list: List, scoped: bool) -> View {
    let value = |key: &'static str| address().list(key);
    let t = t();
    let counted = move |choice: Choice, count: &dyn Fn(&contract::DeadlineFacets) -> u64| {
        list.counts.value.with(|page| match page.as_ref().and_then(|page| page.facets.as_ref()).map(count) {
            Some(n) => choice.hint(format::number(crate::text::t(), n as i64)),
            None => choice,
        })
    };
    let mut filters = vec![
        Filter::new("due", t.deadlines_filter_due(), value("due"), move || {
            let one = |state: &DueState| {
                let count =
                    |f: &contract::DeadlineFacets| f.due.iter().find(|c| c.state == *state).map_or(0, |c| c.count);
                counted(Choice::new(state.as_str(), words::due_state(*state).1), &count)
            };
            DueState::ALL.iter().map(one).collect()
        }),
        Filter::new("kind", t.deadlines_filter_kind(), value("kind"), move || {
            let one = |kind: &DueKind| {
                let count =
                    |f: &contract::DeadlineFacets| f.kind.iter().find(|c| c.kind == *kind).map_or(0, |c| c.count);
                counted(Choice::new(kind.as_str(), words::due_short(*kind)), &count)
            };
            DueKind::ALL.iter().map(one).collect()
        }),
        Filter::new("person_id", t.fact_person(), value("person_id"), lists::people_or_nobody),
    ];
    if !scoped {
        filters.push(lists::portfolio_filter());
    }
    filters.push(Filter::new("wave", t.fact_wave(), value("wave"), || {
        WaveCode::ALL.iter().map(|w| Choice::new(w.as_str(), words::wave(*w))).collect()
    }));
    filters.push(Filter::new("vat_regime", t.fact_vat_regimes(), value("vat_regime"), || {
        VatRegime::ALL.iter().map(|r| Choice::new(r.as_str(), words::regime(*r))).collect()
    }));
    filters.push(Filter::new("state", t.deadlines_filter_readiness(), value("state"), || {
        ReadinessState::ALL.iter().map(|s| Choice::new(s.as_str(), words::tone(*s).label())).collect()
    }));
    lists::filters(filters, &["wave"], &FILTERS)
}

fn dates() -> View {
    let t = t();
    let one = |label: &str, key: &'static str| {
        let told = address().text(key);
        let value = RwSignal::new(told.get_untracked());
        Effect::new(move |_| value.set(told.get()));
        Effect::new(move |_| {
            let chosen = value.get();
            if chosen != told.get_untracked() {
                address().set(&[(key, Some(&chosen)), (PANEL, None)], Step::Push);
            }
        });
        date_field(label, value)
    };
    div("journal-dates")
        .attr("role", "group")
        .label(t.journal_dates())
        .child(one(t.journal_from(), "from"))
        .child(one(t.journal_to(), "to"))
}

fn export(list: List) -> Menu {
    let words = export::Words {
        detail: |n| t().deadlines_export_detail(n),
        csv: t().deadlines_export_csv(),
        xlsx: t().deadlines_export_xlsx(),
        file: "echeances",
    };
    export::menu(
        words,
        move || list.total(),
        move |format| {
            let query = DeadlineExportQuery { query: list.wanted.get_untracked().query(), format: Some(format) };
            request::<op::ExportDeadlines>(&Nothing {}, &query).detached()
        },
    )
}

fn selection_bar(list: List) -> View {
    let words =
        selection::Words { selected: |n, _| t().deadlines_selected(n), select_all: |n| t().deadlines_select_all(n) };
    let acts = move || {
        let act = move |kind: Kind, face: Icon| {
            Button::new(kind.label()).icon(face).small().press(move || list.act(kind, None))
        };
        let reopen = show(move || !list.selection.everything.get(), move || act(Kind::Reopen, Icon::Undo).into());
        span("row")
            .child(act(Kind::Done, Icon::Check).primary())
            .child(act(Kind::NoOperation, Icon::Close))
            .child(reopen)
    };
    list.selection.bar_of_all(list.rows, move || list.total(), words, acts)
}

//! The queue: numbers that lead to rows, filters, order, selection, keys, and one anomaly in the side panel.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use contract::endpoint::op;
use contract::{
    AnomalyAct, AnomalyBoard, AnomalyExportQuery, AnomalyListQuery, AnomalyQuery, AnomalyRow, AnomalySort, NextAnomaly,
    Nothing, Several, ViewOf,
};
use domain::anomaly::{AnomalyState, Severity};
use domain::{AnomalyId, Permission};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::act::{self, Did, Kind, Seen, Target};
use super::join::{self, Joining};
use super::{detail, over, query, talk, words};
use crate::api::live::{Heard, gathered, on_live};
use crate::api::{self, Load, SeekList, ask, load, request, say, seek_list};
use crate::browser::{focus_line, now};
use crate::dom::{View, after, div, link, memo, p, show, span};
use crate::frame::{Step, address, page_head, portfolio_scope};
use crate::pages::dossiers::filters;
use crate::pages::lists::{self, PANEL};
use crate::pages::selection::{self, Selection};
use crate::pages::{dossier, export, saved};
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Column, Filter, HotkeyRegion, Icon, Row, Sort, Table, Tone, column_choice, empty_state, hotkey,
    load_more, notice, remembered_columns, seek_state, side_panel, toasts,
};

const PAGE: u32 = 100;
/// As many as one answer holds.
const MOST: u32 = 200;

#[derive(Clone, Copy)]
struct List {
    rows: SeekList<Arc<AnomalyRow>>,
    board: Load<AnomalyBoard>,
    wanted: Memo<AnomalyQuery>,
    selection: Selection,
    acting: act::Acting,
    handing: RwSignal<bool>,
    joining: RwSignal<Option<Joining>>,
    /// The row of the keyboard.
    active: RwSignal<Option<String>>,
    /// Where the keyboard goes when the dialog of an act has closed.
    next: StoredValue<Option<String>>,
    /// What the rows in sight were asked for by; counts up with each other list.
    round: RwSignal<u32>,
    /// They are those of another list than the one that is wished.
    old: Memo<bool>,
    /// Counts up when something may have changed: the open anomaly is read again.
    moved: RwSignal<u32>,
}

impl List {
    fn new() -> List {
        let (scope, search) = (portfolio_scope(), address().search);
        let wanted = Memo::new(move |_| query::filter(&search.get(), scope.get().as_deref()));
        let sort = Memo::new(move |_| query::sort(&search.get()));
        let shown = RwSignal::new(None::<(AnomalyQuery, AnomalySort)>);
        let (round, count) = (RwSignal::new(0), StoredValue::new(0usize));
        let rows = seek_list(
            move || (wanted.get(), sort.get()),
            move |key: (AnomalyQuery, AnomalySort), after| {
                Box::pin(async move {
                    let same = shown.try_with_untracked(|shown| shown.as_ref() == Some(&key)).unwrap_or_default();
                    let first = after.is_none();
                    // Read again because somebody did something: nobody who is far down is sent to the top.
                    let as_many = if same && first { count.try_get_value().unwrap_or(0) } else { 0 };
                    let (mut rows, mut after) = (Vec::new(), after);
                    loop {
                        let lacks = as_many.saturating_sub(rows.len()) as u32;
                        let query = AnomalyListQuery {
                            filter: key.0.clone(),
                            sort: Some(key.1),
                            limit: Some(lacks.clamp(PAGE, MOST)),
                            after,
                        };
                        let page = ask::<op::ListAnomalies>(Nothing {}, query).await?;
                        rows.extend(page.data.into_iter().map(Arc::new));
                        after = page.next;
                        if after.is_none() || rows.len() >= as_many {
                            break;
                        }
                    }
                    count.try_update_value(|count| *count = if first { rows.len() } else { *count + rows.len() });
                    if !same {
                        shown.try_set(Some(key));
                        round.try_update(|n| *n += 1);
                    }
                    Ok((rows, after))
                })
            },
        );
        let old = Memo::new(move |_| {
            shown.with(|shown| {
                shown.as_ref().is_some_and(|(filter, by)| wanted.with(|w| w != filter) || sort.get() != *by)
            })
        });
        let board = load(
            move || wanted.with(|wanted| wanted.portfolio_id.clone()),
            |portfolio_id| {
                let query = AnomalyQuery { portfolio_id, ..AnomalyQuery::default() };
                ask::<op::ReadAnomalyBoard>(Nothing {}, query)
            },
        );
        let list = List {
            rows,
            board,
            wanted,
            selection: Selection::of(rows, move || wanted.track(), |row| row.id.to_string()),
            acting: RwSignal::new(None),
            handing: RwSignal::new(false),
            joining: RwSignal::new(None),
            active: RwSignal::new(None),
            next: StoredValue::new(None),
            round,
            old,
            moved: RwSignal::new(0),
        };
        list.follow();
        list
    }

    /// Shows what others do, and keeps the selection to what stands here.
    fn follow(self) {
        let rows = gathered(Duration::from_millis(250), move || self.rows.reload());
        let board = gathered(Duration::from_millis(600), move || self.board.reload());
        on_live(move |heard| match heard {
            Heard::Anomaly(id, version) => {
                // One's own act has been read by the time it is told.
                let known = |all: &Vec<Arc<AnomalyRow>>| all.iter().any(|row| row.id == id && row.version >= version);
                if !self.rows.rows.with_untracked(known) {
                    rows();
                }
            }
            Heard::Counts => board(),
            Heard::Behind => {
                rows();
                board();
            }
            Heard::Unread(_) => {}
        });
        after(move || {
            let here: Vec<String> = self.rows.rows.with(|rows| rows.iter().map(|row| row.id.to_string()).collect());
            let gone = |chosen: &std::collections::BTreeSet<String>| chosen.iter().any(|id| !here.contains(id));
            if self.selection.rows.with_untracked(gone) {
                self.selection.rows.update(|chosen| chosen.retain(|id| here.contains(id)));
            }
        });
        // The dialog has closed and given the keyboard back to where it was: now it goes on.
        after(move || {
            if self.acting.with(Option::is_some) {
                return;
            }
            if let Some(next) = self.next.try_update_value(Option::take).flatten() {
                self.active.set(Some(next));
                request_animation_frame(focus_line);
            }
        });
    }

    /// After an act on one: the next of the queue, for the keyboard and in the panel, unless one goes on with this one.
    fn go_on(self, did: &Did) {
        let Some(id) = did.target.one() else { return self.selection.clear() };
        self.selection.clear();
        let me = session::me().with_untracked(|me| me.user_id);
        let stays = match &did.act {
            AnomalyAct::Assign { user_id } => *user_id == Some(me),
            AnomalyAct::Start | AnomalyAct::Resume | AnomalyAct::Reopen | AnomalyAct::Watch { .. } => true,
            AnomalyAct::WaitClient { .. }
            | AnomalyAct::Snooze { .. }
            | AnomalyAct::Resolve { .. }
            | AnomalyAct::Ignore { .. } => false,
        };
        if stays {
            return;
        }
        let next = self.rows.rows.with_untracked(|rows| {
            let at = rows.iter().position(|row| row.id == id)?;
            rows.get(at + 1).or_else(|| rows.get(at.checked_sub(1)?)).map(|row| row.id.to_string())
        });
        let open = address().get(PANEL).get_untracked();
        if open.as_deref() == Some(id.to_string().as_str()) {
            address().set(&[(PANEL, next.as_deref())], Step::Replace);
        }
        self.next.set_value(next);
    }

    /// The version of an anomaly as it stands in the list, followed.
    fn version_of(self, id: AnomalyId) -> Option<i64> {
        self.rows.rows.with(|rows| rows.iter().find(|row| row.id == id).map(|row| row.version))
    }

    /// The selection as one, where all of it is of one rule.
    fn joins(self) -> Option<Joining> {
        let chosen = self.selection.rows.get();
        self.rows.rows.with(|rows| {
            let mut all = rows.iter().filter(|row| chosen.contains(&row.id.to_string()));
            let first = all.next()?;
            let others: Vec<&Arc<AnomalyRow>> = all.collect();
            let one_rule = others.iter().all(|row| row.rule == first.rule);
            (one_rule && !others.is_empty() && !self.selection.everything.get()).then(|| Joining {
                into: first.id,
                title: say(&first.title),
                others: others.iter().map(|row| row.id).collect(),
            })
        })
    }

    fn reload(self) {
        self.rows.reload();
        self.board.reload();
        self.moved.try_update(|n| *n += 1);
    }

    fn chosen(self, row: Option<&str>) -> Target {
        if self.selection.everything.get_untracked() {
            let n = self.board.value.with_untracked(|board| board.as_ref().map_or(0, |board| board.open));
            return Target::All(Box::new(self.wanted.get_untracked()), n);
        }
        let by_hand = self.selection.rows.get_untracked();
        let row = row.filter(|_| by_hand.is_empty());
        let of = |rows: &Vec<Arc<AnomalyRow>>| {
            let here = |r: &&Arc<AnomalyRow>| {
                let id = r.id.to_string();
                by_hand.contains(&id) || row == Some(id.as_str())
            };
            rows.iter().filter(here).map(|r| Seen::of(r)).collect()
        };
        Target::Ids(self.rows.rows.with_untracked(of))
    }

    /// Hands on to the dialog: the selection, or the one row when nothing is selected.
    fn act(self, kind: Kind, row: Option<&str>) {
        let target = self.chosen(row);
        let some = !matches!(&target, Target::Ids(ids) if ids.is_empty());
        if some && self.acting.with_untracked(Option::is_none) {
            self.acting.set(Some((kind, target)));
        }
    }

    fn to_me(self, row: Option<&str>) {
        let me = session::me().with_untracked(|me| me.user_id);
        let again = Rc::new(move || self.reload());
        let target = self.chosen(row);
        if matches!(&target, Target::Ids(ids) if ids.is_empty()) {
            return;
        }
        act::do_now(AnomalyAct::Assign { user_id: Some(me) }, target, again);
        self.selection.clear();
    }

    /// The first of the queue that nobody has becomes the person's, and opens.
    fn take_next(self) {
        spawn_local(async move {
            match api::act::<op::TakeNextAnomaly>(&Nothing {}, &Nothing {}, &Nothing {}).await {
                Ok(NextAnomaly { anomaly: Some(row), because }) => {
                    toasts().info(say(&because));
                    self.reload();
                    session::waiting_moved();
                    lists::open_panel(&row.id.to_string());
                }
                Ok(NextAnomaly { anomaly: None, because }) => toasts().info(say(&because)),
                Err(failure) => toasts().failed(&failure),
            }
        });
    }
}

fn may_act() -> bool {
    session::can(Permission::DossierWrite)
}

/// `/anomalies`.
pub fn page() -> View {
    let list = List::new();
    keys(list);
    let columns = columns();
    let shown = remembered_columns("anomalies", &columns);
    let bar = div("list-bar")
        .child(filters::search_box_for(t().anomalies_search(), t().anomalies_search_label()))
        .child(chips(list))
        .child(span("grow"))
        .child(export(list).quiet().small())
        .child(column_choice(&columns, shown));
    let rows = move || table(list, columns.clone(), shown);
    let foot = load_more(list.rows, move || match list.rows.rows.with(Vec::len) {
        0 => String::new(),
        n => t().anomalies_shown(n as u64),
    });
    let done = move || {
        list.selection.clear();
        list.reload();
    };
    let (current, again) = (Rc::new(move |id| list.version_of(id)), Rc::new(move || list.reload()));
    let partial = show(
        || session::me().with(|me| me.access == domain::Access::Granted),
        || notice(Tone::Unknown, p("").child(t().anomalies_partial())),
    );
    let acts = View::all([
        show(
            || session::can(Permission::DossierManage),
            move || Button::new(t().hand_over_open()).icon(Icon::People).press(move || list.handing.set(true)).into(),
        ),
        show(may_act, move || {
            Button::new(t().anomalies_next()).icon(Icon::Right).primary().press(move || list.take_next()).into()
        }),
    ]);
    div("page anomalies-page")
        .child(page_head(t().anomalies_title(), t().anomalies_lead(), acts))
        .child(partial)
        .child(board(list))
        .child(views())
        .child(
            div("tab-list")
                .child(bar)
                .child(div("with-panel").child(seek_state(list.rows, move || nothing(list), rows)).child(panel(list)))
                .child(foot)
                .child(selection_bar(list)),
        )
        .child(act::dialog(list.acting, current, move |did| list.go_on(did), again))
        .child(join::dialog(list.joining, done))
        .child(over::dialog(list.handing, done))
}

/// The numbers of the queue; each leads to its rows.
fn board(list: List) -> View {
    let number = move |label: &'static str, of: fn(&AnomalyBoard) -> u64, key: &'static str, value: &'static str| {
        let asked = address().text(key);
        let n = memo(move || list.board.value.with(|b| b.as_ref().map(of)));
        let shown = move || n.get().map_or_else(|| "–".to_owned(), |n| format::number(t(), n as i64));
        let search = address().search;
        let href = move || {
            search.track();
            let others =
                [("whose", None), ("overdue", None), ("state", None), ("due_within_hours", None), (PANEL, None)];
            let changes: Vec<(&str, Option<&str>)> = others
                .into_iter()
                .filter(|(k, _)| *k != key)
                .chain([(key, Some(value).filter(|v| !v.is_empty()))])
                .collect();
            address().href(&changes)
        };
        link("queue-number", "")
            .attr_of("href", href)
            .aria_of("aria-current", move || !value.is_empty() && asked.with(|asked| asked == value))
            .child(span("queue-count num").text_of(shown))
            .child(span("soft small").child(label))
    };
    let exposure = memo(move || list.board.value.with(|b| b.as_ref().map(|b| b.exposure_cents)));
    let euros = move || exposure.get().map_or_else(|| "–".to_owned(), |cents| format::money_round(t(), cents));
    let t = t();
    div("queue-board")
        .child(number(t.anomalies_open(), |b| b.open, "whose", ""))
        .child(number(t.anomalies_to_do(), to_do, "state", query::TO_DO))
        .child(number(t.anomalies_mine(), |b| b.mine, "whose", "mine"))
        .child(number(t.anomalies_nobody(), |b| b.unassigned, "whose", "nobody"))
        .child(number(t.anomalies_overdue(), |b| b.overdue, "overdue", "true"))
        .child(
            div("queue-number")
                .child(span("queue-count num").text_of(euros))
                .child(span("soft small").child(t.anomalies_exposure())),
        )
}

/// Open, and waiting for nobody outside the firm.
fn to_do(board: &AnomalyBoard) -> u64 {
    board.by_state.iter().filter(|of| of.state.clock_runs()).map(|of| of.count).sum()
}

/// Beside the numbers, which are views of their own.
fn views() -> View {
    let built_in = || {
        let t = t();
        vec![
            (t.anomalies_view_waiting(), "state=waiting_client,snoozed".to_owned()),
            (t.anomalies_view_grave(), "severity=critical,high".to_owned()),
            (t.anomalies_view_soon(), format!("overdue=false&due_within_hours={}", query::A_DAY)),
            (t.anomalies_watched(), "whose=watched".to_owned()),
            (t.anomalies_over(), "state=resolved,ignored&sort=-updated_at".to_owned()),
        ]
    };
    saved::views(ViewOf::Anomalies, built_in, query::essence)
}

fn columns() -> Vec<Column> {
    let t = t();
    vec![
        Column::new("title", t.anomaly()).fixed().grows().width(52),
        Column::new("severity", t.anomaly_severity()).priority(2).width(28),
        Column::new("dossiers", t.anomaly_dossiers()).priority(2).width(46),
        Column::new("state", t.anomaly_state()).priority(3).width(36),
        Column::new("assignee", t.anomaly_assignee()).priority(3).width(36),
        Column::new("due_at", t.anomaly_due()).sortable().priority(2).width(41),
        Column::new("exposure", t.anomalies_exposure()).number().priority(3).width(28),
        Column::new("platform", t.anomaly_platform()).priority(4).hidden().width(36),
        Column::new("opened_at", t.anomaly_opened()).number().sortable().priority(4).hidden().width(30),
    ]
}

fn cell(row: &AnomalyRow, column: &str) -> View {
    let t = t();
    let dash = || span("faint").child("–");
    match column {
        "title" => {
            let title = say(&row.title);
            let mut sub = Vec::new();
            // Most stand in one place, which the other columns name.
            if row.occurrences + row.hidden > 1 {
                sub.push(t.anomaly_places(row.occurrences));
            }
            if row.hidden > 0 {
                sub.push(t.anomaly_hidden(row.hidden));
            }
            if row.reopened > 0 {
                sub.push(t.anomaly_reopened(u64::from(row.reopened)));
            }
            let sub = (!sub.is_empty()).then(|| span("cell-sub").child(sub.join(" · ")));
            let phone = span("cell-phone small").child(words::severity(row.severity)).child(words::due(row));
            View::all([span("cell-main truncate").attr("title", &title).child(&title), sub.into(), phone])
        }
        "severity" => words::severity(row.severity),
        "dossiers" => {
            let names = row.dossier_names.join(", ");
            if row.dossiers > 1 {
                View::all([
                    span("cell-main").child(t.anomaly_in_dossiers(row.dossiers)),
                    span("cell-sub truncate").attr("title", &names).child(&names),
                ])
            } else if names.is_empty() {
                dash()
            } else {
                span("truncate").attr("title", &names).child(&names)
            }
        }
        "state" => View::text(&words::state(row.state)),
        "assignee" => match &row.assignee {
            Some(who) => span("truncate").attr("title", &who.name).child(&who.name),
            None => dash(),
        },
        "due_at" => words::due(row),
        "exposure" if row.exposure_cents == 0 => dash(),
        "exposure" => span("num").child(format::money_round(t, row.exposure_cents)),
        "platform" => row.platform.as_deref().map_or_else(dash, View::from),
        _ => span("").attr("title", &format::moment(t, row.opened_at)).child(format::relative(t, row.opened_at, now())),
    }
}

fn row(row: Arc<AnomalyRow>) -> Row {
    let name = format!("{}, {}", say(&row.title), words::state(row.state));
    let mark = (row.version as u64) << 20
        ^ row.updated_at.timestamp_micros() as u64
        ^ u64::from(row.overdue) << 1
        ^ row.dossiers;
    Row::new(row.id.to_string(), mark, name, move |column| untrack(|| cell(&row, column)))
}

fn table(list: List, columns: Vec<Column>, shown: RwSignal<Vec<&'static str>>) -> View {
    let sort = address().text("sort");
    let sorted = move || Sort::parse(&sort.get());
    let rows = move || list.rows.rows.with(|rows| rows.iter().cloned().map(row).collect());
    let by = |sort: Sort| {
        // A deadline has one order: the first due first.
        let sort = if sort.key == "due_at" { sort.key } else { sort.to_query() };
        address().set(&[("sort", Some(&sort))], Step::Push);
    };
    let table = lists::opening(Table::new(t().anomalies_title(), columns, rows))
        .shown(shown)
        .sorted(sorted, by)
        .windowed(move || list.rows.load_more())
        .active(list.active)
        .keeps_place(move || list.round.get().to_string())
        .stale(move || list.old.get());
    // A viewer has nothing to do with a selection.
    if !untrack(may_act) {
        return table.into();
    }
    table
        .selectable(list.selection.rows)
        .on_key(move |key, row| match key {
            "a" | "A" => list.act(Kind::Assign, Some(row)),
            "s" | "S" => list.act(Kind::State, Some(row)),
            "c" | "C" => {
                lists::open_panel(row);
                talk::comment_soon();
            }
            "m" | "M" => list.to_me(Some(row)),
            _ => {}
        })
        .into()
}

/// The side panel of the anomaly that the address names.
fn panel(list: List) -> View {
    lists::panel(
        |id| id.parse::<AnomalyId>().ok(),
        move |shown| {
            let open = detail::Open::new(move || shown.get(), move || list.reload(), move || list.moved.get());
            let title = move || open.of(|a| say(&a.row.title));
            let full = lists::full_page(move || format!("/anomalies/{}", shown.get()));
            side_panel(title, lists::close_panel, full, detail::panel(open, list.acting))
        },
    )
}

fn nothing(list: List) -> View {
    let t = t();
    if list.wanted.with_untracked(|wanted| *wanted != AnomalyQuery::default()) {
        let clear = Button::new(t.filters_clear()).press(|| lists::clear(&query::FILTERS));
        return empty_state(Icon::Search, t.anomalies_none_found(), t.anomalies_none_found_detail(), [clear]);
    }
    empty_state(Icon::Check, t.anomalies_none_title(), t.anomalies_none_detail(), [])
}

fn chips(list: List) -> View {
    lists::scoped_filters(move |scoped| filters_of(list, scoped))
}

fn filters_of(list: List, scoped: bool) -> View {
    let value = |key: &'static str| address().list(key);
    let t = t();
    let whose = || {
        let t = crate::text::t();
        vec![
            Choice::new("mine", t.anomalies_mine()),
            Choice::new("nobody", t.anomalies_nobody()),
            Choice::new("watched", t.anomalies_watched()),
        ]
    };
    let states = || AnomalyState::ALL.iter().map(|s| Choice::new(s.as_str(), words::state(*s))).collect();
    let severities = || Severity::ALL.iter().map(|s| Choice::new(s.as_str(), say(&s.text()))).collect();
    // Those that stand open, with their number; the words of all rules would weigh on every visit.
    let rules = move || {
        list.board.value.with(|board| {
            let all = board.iter().flat_map(|board| &board.by_rule);
            let one = |r: &contract::AnomalyRuleCount| {
                Choice::new(r.rule.as_str(), say(&r.title)).hint(format::number(crate::text::t(), r.count as i64))
            };
            all.map(one).collect()
        })
    };
    let soon = || {
        let t = crate::text::t();
        let hours = |n: u32| Choice::new(n.to_string(), t.anomalies_hours(n.into()));
        vec![hours(4), hours(9), hours(18), hours(45)]
    };
    let one_dossier = move || {
        let id = address().text("dossier_id").get();
        let named = list
            .rows
            .rows
            .with(|rows| rows.iter().find(|row| row.dossier_names.len() == 1).map(|row| row.dossier_names[0].clone()));
        vec![Choice::new(id, named.unwrap_or_else(|| crate::text::t().anomalies_one_dossier().to_owned()))]
    };
    let mut filters = vec![
        Filter::new("whose", t.anomaly_whose(), value("whose"), whose),
        Filter::new("state", t.anomaly_state(), value("state"), states),
        Filter::new("severity", t.anomaly_severity(), value("severity"), severities),
        Filter::new("rule", t.anomaly_rule(), value("rule"), rules),
        Filter::new("assignee_id", t.anomaly_assignee(), value("assignee_id"), dossier::people),
        Filter::new("overdue", t.anomalies_overdue(), value("overdue"), lists::yes_or_no),
        Filter::new("due_within_hours", t.anomalies_due_within(), value("due_within_hours"), soon),
    ];
    // Comes by a link only; here it can be taken away.
    if untrack(|| value("dossier_id").with(|v| !v.is_empty())) {
        filters.push(Filter::new("dossier_id", t.anomalies_one_dossier(), value("dossier_id"), one_dossier));
    }
    let platforms = value("platform");
    if untrack(|| platforms.with(|v| !v.is_empty())) {
        let names = move || platforms.get().into_iter().map(|name| Choice::new(name.clone(), name)).collect();
        filters.push(Filter::new("platform", t.anomaly_platform(), platforms, names));
    }
    if !scoped {
        filters.push(lists::portfolio_filter());
    }
    lists::filters(filters, &query::SINGLE, &query::FILTERS)
}

fn export(list: List) -> crate::ui::Menu {
    let words = export::Words {
        detail: |n| t().anomalies_export_detail(n),
        csv: t().dossiers_export_csv(),
        xlsx: t().dossiers_export_xlsx(),
        file: "anomalies",
    };
    export::menu(
        words,
        || None,
        move |format| {
            let query = AnomalyExportQuery { filter: list.wanted.get_untracked(), format: Some(format) };
            request::<op::ExportAnomalies>(&Nothing {}, &query).detached()
        },
    )
}

fn selection_bar(list: List) -> View {
    let said =
        selection::Words { selected: |n, _| t().anomalies_selected(n), select_all: |n| t().anomalies_select_all(n) };
    let acts = move || {
        let t = t();
        View::all([
            Button::new(t.anomaly_assign_me()).icon(Icon::Person).small().press(move || list.to_me(None)).into(),
            Button::new(t.anomaly_assign())
                .icon(Icon::People)
                .small()
                .press(move || list.act(Kind::Assign, None))
                .into(),
            Button::new(t.anomaly_change_state())
                .icon(Icon::Edit)
                .small()
                .press(move || list.act(Kind::State, None))
                .into(),
            show(
                move || list.joins().is_some(),
                move || {
                    let ask = move || list.joining.set(untrack(|| list.joins()));
                    Button::new(crate::text::t().anomaly_join()).icon(Icon::Link).small().press(ask).into()
                },
            ),
        ])
    };
    // The board counts what is open; under other filters the number of all is not known, and not offered.
    let total = move || {
        let plain = list.wanted.with(|wanted| {
            AnomalyQuery { portfolio_id: Several::default(), ..wanted.clone() } == AnomalyQuery::default()
        });
        list.board.value.with(|board| board.as_ref().map(|board| board.open)).filter(|_| plain)
    };
    list.selection.bar_of_all(list.rows, total, said, acts)
}

fn keys(list: List) {
    let t = t();
    filters::keys();
    if !untrack(may_act) {
        return;
    }
    // On a row the table has told already; from anywhere else it is about the selection, or the open anomaly.
    let open = || address().get(PANEL).get_untracked();
    hotkey("a", t.keys_anomaly_assign(), HotkeyRegion::Lists, move || list.act(Kind::Assign, open().as_deref()));
    hotkey("s", t.keys_anomaly_state(), HotkeyRegion::Lists, move || list.act(Kind::State, open().as_deref()));
    hotkey("m", t.anomaly_assign_me(), HotkeyRegion::Lists, move || list.to_me(open().as_deref()));
    hotkey("c", t.keys_anomaly_comment(), HotkeyRegion::Lists, talk::comment_soon);
    hotkey("z", t.keys_anomaly_undo(), HotkeyRegion::Lists, act::undo_last);
    hotkey("n", t.keys_anomaly_next(), HotkeyRegion::Lists, move || list.take_next());
}

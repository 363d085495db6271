//! The list of dossiers: search, filters, views, selection, bulk acts, and the details of one in the side panel.

pub mod bulk;
mod columns;
pub mod create;
pub mod filters;
pub mod query;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use contract::endpoint::op;
use contract::{Dossier, DossierExportQuery, DossierListQuery, DossierPage, DossierQuery, DossierRow, Nothing, ViewOf};
use domain::{DossierId, Permission};
use leptos::prelude::*;

use self::bulk::{Kind, Target};
use super::mandates::request;
use super::relances::pause;
use super::{Open, export, saved, selection, what_if};
use crate::api::{Load, SeekList, ask, load, request, seek_list};
use crate::dom::{View, after, div, el, live, memo, show, span};
use crate::frame::{Step, address, page_head, portfolio_scope};
use crate::pages::lists::{self, PANEL};
use crate::pages::selection::Selection;
use crate::parts;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, HotkeyRegion, Icon, Menu, MenuItem, Sort, Table, column_choice, empty_state, hotkey, icon, load_more,
    once_closed, remembered_columns, seek_state, side_panel,
};

/// Rows asked for at a time: more than a screen, less than anybody waits for.
const PAGE: u32 = 100;
/// A bulk act on everything that the filters find, opened by a link.
pub const ACT: &str = "act";
/// The value of `ACT` that requests mandates.
const MANDATE: &str = "mandate";
/// The creation of a dossier, opened by a link.
pub const CREATE: &str = "create";

/// What the parts of the page share.
#[derive(Clone, Copy)]
pub struct List {
    rows: SeekList<Arc<DossierRow>>,
    /// Number of rows and counts by filter value; asked beside the rows, which do not wait for it.
    counts: Load<DossierPage>,
    /// The essence of the address and the portfolio of the top bar.
    wanted: Memo<(String, Option<String>)>,
    selection: Selection,
    acting: RwSignal<Option<(Kind, Target)>>,
    /// Facts are being supposed of the selection.
    supposing: RwSignal<bool>,
    /// Mandates are being requested from these.
    requesting: RwSignal<Option<Target>>,
    /// The relances of the selection are being paused.
    pausing: RwSignal<bool>,
}

impl List {
    fn new() -> List {
        let scope = portfolio_scope();
        let search = address().search;
        let wanted = Memo::new(move |_| (query::essence(&search.get()), scope.get()));
        let rows = seek_list(
            move || wanted.get(),
            |(search, scope), after| {
                Box::pin(async move {
                    let query = DossierListQuery {
                        filter: query::filter(&search, scope.as_deref()),
                        sort: Some(query::sort(&search)),
                        limit: Some(PAGE),
                        after,
                        facets: None,
                    };
                    let page = ask::<op::ListDossiers>(Nothing {}, query).await?;
                    Ok((page.data.into_iter().map(Arc::new).collect(), page.next))
                })
            },
        );
        // The order of the rows changes no count.
        let filtered = Memo::new(move |_| {
            let (search, scope) = wanted.get();
            query::filter(&search, scope.as_deref())
        });
        let counts = load(
            move || filtered.get(),
            |filter| {
                let query = DossierListQuery { filter, limit: Some(1), facets: Some(true), ..Default::default() };
                ask::<op::ListDossiers>(Nothing {}, query)
            },
        );
        List {
            rows,
            counts,
            wanted,
            selection: Selection::of(rows, move || wanted.track(), |row| row.id.to_string()),
            acting: RwSignal::new(None),
            supposing: RwSignal::new(false),
            requesting: RwSignal::new(None),
            pausing: RwSignal::new(false),
        }
    }

    fn total(self) -> Option<u64> {
        self.counts.value.with(|page| page.as_ref().and_then(|page| page.total))
    }

    pub fn filter(self) -> DossierQuery {
        let (search, scope) = self.wanted.get_untracked();
        query::filter(&search, scope.as_deref())
    }

    /// After an act that may have moved any row.
    pub fn reload(self) {
        self.rows.reload();
        self.counts.reload();
    }

    fn selected(self) -> Target {
        if self.selection.everything.get_untracked() {
            return self.all();
        }
        Target::Ids(self.selection.rows.with_untracked(|s| s.iter().filter_map(|id| id.parse().ok()).collect()))
    }

    fn all(self) -> Target {
        Target::All { filter: Box::new(self.filter()), total: untrack(|| self.total()).unwrap_or_default() }
    }

    /// Hands on to the bulk dialog: the selection, or the one row when nothing is selected.
    fn act(self, kind: Kind, row: Option<DossierId>) {
        let target = match row.filter(|_| self.selection.rows.with_untracked(BTreeSet::is_empty)) {
            Some(row) => Target::Ids(vec![row]),
            None => self.selected(),
        };
        if target.count() > 0 {
            self.acting.set(Some((kind, target)));
        }
    }

    /// A dossier was written in the side panel: its row follows without another request; counts are asked again.
    fn follow(self, dossier: &Dossier) {
        let row = Arc::new(columns::row_of(dossier));
        self.rows.patch(|rows| {
            if let Some(place) = rows.iter_mut().find(|old| old.id == row.id) {
                *place = row;
            }
        });
        self.counts.reload();
    }

    fn forget(self, id: DossierId) {
        self.rows.patch(|rows| rows.retain(|row| row.id != id));
        self.selection.rows.update(|s| {
            s.remove(&id.to_string());
        });
        self.counts.reload();
    }
}

/// `/dossiers`.
pub fn page() -> View {
    let list = List::new();
    let creating = RwSignal::new(false);
    keys(list, creating);
    follow_links(list, creating);

    let filtered = memo(move || {
        list.wanted.with(|(search, _)| search.split('&').any(|p| !p.is_empty() && !p.starts_with("sort=")))
    });
    let lead = crate::dom::text_of(move || match list.total() {
        Some(n) if filtered.get() => t().dossiers_count_filtered(n),
        Some(n) => t().dossiers_count(n),
        None => "\u{a0}".to_owned(),
    });
    let acts = View::all([
        View::from(export(list)),
        show(
            || session::can(Permission::DossierManage),
            move || {
                Button::new(t().dossiers_create()).icon(Icon::Plus).primary().press(move || creating.set(true)).into()
            },
        ),
    ]);

    let all_columns = columns::columns();
    let shown = remembered_columns("dossiers", &all_columns);
    let bar = div("list-bar")
        .child(filters::search_box())
        .child(filters::bar(list))
        .child(span("grow"))
        .child(column_choice(&all_columns, shown));

    let table = move || table(list, all_columns.clone(), shown);
    let body = div("with-panel")
        .child(seek_state(list.rows, move || nothing(filtered.get(), creating), table))
        .child(panel(list));
    let foot = load_more(list.rows, move || {
        let n = list.rows.rows.with(Vec::len);
        match list.total() {
            Some(total) if n > 0 => t().dossiers_shown(n as u64, format::number(t(), total as i64)),
            _ => String::new(),
        }
    });
    let created = move |dossier: &Dossier| {
        list.reload();
        lists::open_panel(&dossier.id.to_string());
    };
    div("list-page")
        .child(page_head(t().dossiers_title(), lead, acts))
        .child(views())
        .child(bar)
        .child(body)
        .child(foot)
        .child(selection_bar(list))
        .child(bulk::dialog(list.acting, move || {
            list.selection.clear();
            list.reload();
        }))
        .child(what_if::dialog(
            list.supposing,
            move || list.selected(),
            None,
            move || {
                list.selection.clear();
                list.reload();
            },
        ))
        .child(request_dialog(list))
        .child(pause::dialog(list.pausing, move || list.selected(), move || list.selection.clear()))
        .child(create::dialog(creating, created))
}

/// Stands while mandates are being requested from some dossiers.
fn request_dialog(list: List) -> View {
    live(move || {
        let target = list.requesting.get()?;
        Some(untrack(|| {
            let open = RwSignal::new(true);
            once_closed(open, move || {
                list.requesting.try_set(None);
            });
            let done = move || {
                list.selection.clear();
                list.reload();
            };
            request::dialog(open, move || target.clone(), done)
        }))
    })
}

fn table(list: List, columns: Vec<crate::ui::Column>, shown: RwSignal<Vec<&'static str>>) -> View {
    let rows = move || list.rows.rows.with(|rows| rows.iter().cloned().map(columns::row).collect());
    let sort = address().text("sort");
    let sorted = move || {
        let sort = sort.get();
        Sort::parse(if sort.is_empty() { "name" } else { &sort })
    };
    let table = lists::opening(Table::new(t().dossiers_title(), columns, rows))
        .shown(shown)
        .sorted(sorted, |sort| address().set(&[("sort", Some(&sort.to_query()))], Step::Push))
        .windowed(move || list.rows.load_more())
        .stale(move || list.rows.is_stale());
    // A viewer has nothing to do with a selection.
    if !untrack(|| session::can(Permission::DossierWrite)) {
        return table.into();
    }
    table
        .selectable(list.selection.rows)
        .on_key(move |key, row| {
            if key.eq_ignore_ascii_case("a") && untrack(|| session::can(Permission::DossierManage)) {
                list.act(Kind::Assign, row.parse().ok());
            }
        })
        .into()
}

/// The side panel of the dossier that the address names.
fn panel(list: List) -> View {
    lists::panel(
        |id| id.parse::<DossierId>().ok(),
        move |shown| {
            let open = Open::new(move || shown.get(), move |dossier| list.follow(dossier));
            let title = move || open.of(|d| d.facts.name.clone());
            let full = lists::full_page(move || format!("/dossiers/{}", shown.get()));
            let gone = move || {
                list.forget(shown.get_untracked());
                address().set(&[(PANEL, None)], Step::Replace);
            };
            let (acts, details) = parts::dossier_panel(open, Rc::new(gone));
            side_panel(title, lists::close_panel, View::all([full, acts]), details)
        },
    )
}

fn nothing(filtered: bool, creating: RwSignal<bool>) -> View {
    if filtered {
        let clear = Button::new(t().filters_clear()).press(|| address().set_search("", Step::Push));
        return empty_state(Icon::Search, t().dossiers_none_title(), t().dossiers_none_detail(), [clear]);
    }
    if !untrack(|| session::can(Permission::DossierManage)) {
        return empty_state(Icon::Dossiers, t().dossiers_empty_title(), t().dossiers_empty_granted(), []);
    }
    let mut acts = vec![Button::new(t().dossiers_create()).press(move || creating.set(true))];
    if untrack(|| session::can(Permission::ImportRun)) {
        acts.push(Button::link(t().dossiers_import(), "/imports").icon(Icon::Import).primary());
    }
    empty_state(Icon::Dossiers, t().dossiers_empty_title(), t().dossiers_empty_detail(), acts)
}

fn export(list: List) -> Menu {
    let words = export::Words {
        detail: |n| t().dossiers_export_detail(n),
        csv: t().dossiers_export_csv(),
        xlsx: t().dossiers_export_xlsx(),
        file: "dossiers",
    };
    export::menu(
        words,
        move || list.total(),
        move |format| {
            let query = DossierExportQuery { filter: list.filter(), format: Some(format) };
            request::<op::ExportDossiers>(&Nothing {}, &query).detached()
        },
    )
}

fn selection_bar(list: List) -> View {
    let words = selection::Words {
        selected: |n, all| if all { t().all_matching_selected(n) } else { t().table_selected(n) },
        select_all: |n| t().select_all_matching(n),
    };
    let acts = move || {
        let act = move |label: &str, face: Icon, kind: Kind| {
            Button::new(label).icon(face).small().press(move || list.act(kind, None))
        };
        let manage = show(
            || session::can(Permission::DossierManage),
            move || {
                View::all([
                    act(t().bulk_assign(), Icon::Person, Kind::Assign),
                    act(t().bulk_portfolio(), Icon::Dossiers, Kind::Portfolio),
                ])
            },
        );
        let rarer = move || {
            let t = t();
            vec![
                MenuItem::act(Icon::Person, t.bulk_decider(), move || list.act(Kind::Decider, None)),
                MenuItem::act(Icon::Link, t.bulk_registration(), move || list.act(Kind::Registration, None)),
                MenuItem::act(Icon::Relance, t.pause_bulk(), move || list.pausing.set(true)),
            ]
        };
        span("row")
            .child(manage)
            .children([
                act(t().bulk_tag(), Icon::Tag, Kind::Tag),
                act(t().bulk_platform(), Icon::Link, Kind::Platform),
                act(t().bulk_proof(), Icon::Check, Kind::Proof),
                Button::new(t().request_bulk())
                    .icon(Icon::Mandate)
                    .small()
                    .press(move || list.requesting.set(Some(list.selected()))),
                Button::new(t().what_if()).icon(Icon::Bolt).small().press(move || list.supposing.set(true)),
            ])
            .child(Menu::new(t().menu_more(), rarer).icon(Icon::More).quiet().small().align_end())
    };
    list.selection.bar_of_all(list.rows, move || list.total(), words, acts)
}

fn views() -> View {
    let me = session::me();
    let built_in = move || {
        let t = t();
        vec![
            (t.view_all(), String::new()),
            (t.view_late(), "state=late".to_owned()),
            (t.view_no_platform(), "missing=reception_platform".to_owned()),
            (t.view_unknown(), "state=unknown".to_owned()),
            (t.view_mine(), format!("person_id={}", me.with(|me| me.user_id))),
        ]
    };
    saved::views(ViewOf::Dossiers, built_in, query::essence)
}

fn keys(list: List, creating: RwSignal<bool>) {
    let t = t();
    filters::keys();
    hotkey("a", t.keys_assign(), HotkeyRegion::Lists, move || {
        // On a row the table has told already; from anywhere else it is about the selection.
        let selected = list.selection.rows.with_untracked(|s| !s.is_empty());
        if selected
            && list.acting.with_untracked(Option::is_none)
            && untrack(|| session::can(Permission::DossierManage))
        {
            list.act(Kind::Assign, None);
        }
    });
    hotkey("e", t.keys_what_if(), HotkeyRegion::Lists, move || {
        // A dossier in the side panel has taken the key already.
        if list.selection.rows.with_untracked(|s| !s.is_empty()) {
            list.supposing.set(true);
        }
    });
    hotkey("n", t.keys_create(), HotkeyRegion::Lists, move || {
        if untrack(|| session::can(Permission::DossierManage)) {
            creating.set(true);
        }
    });
}

/// Links from elsewhere that open a dialog here.
fn follow_links(list: List, creating: RwSignal<bool>) {
    let asked = address().get(ACT);
    after(move || {
        let Some(asked) = asked.get() else { return };
        if asked == MANDATE {
            if list.total().is_some_and(|n| n > 0) && session::can(Permission::DossierWrite) {
                list.requesting.set(Some(untrack(|| list.all())));
                address().set(&[(ACT, None)], Step::Replace);
            }
            return;
        }
        let Some(kind) = Kind::of(&asked) else { return };
        let allowed = match kind {
            Kind::Assign | Kind::Portfolio => session::can(Permission::DossierManage),
            Kind::Tag | Kind::Platform | Kind::Emission | Kind::Decider | Kind::Registration | Kind::Proof => {
                session::can(Permission::DossierWrite)
            }
        };
        // The number of dossiers stands in the title of the dialog.
        if list.total().is_some_and(|n| n > 0) && allowed && list.acting.with_untracked(Option::is_none) {
            list.acting.set(Some((kind, untrack(|| list.all()))));
            address().set(&[(ACT, None)], Step::Replace);
        }
    });
    let create = address().get(CREATE);
    after(move || {
        if create.get().is_some() && session::can(Permission::DossierManage) {
            creating.set(true);
            address().set(&[(CREATE, None)], Step::Replace);
        }
    });
}

/// A lock, for rows that not everybody sees.
fn lock() -> View {
    span("lock")
        .attr("title", t().dossier_confidential_detail())
        .child(icon(Icon::Lock))
        .child(el("span").class("sr-only").child(t().confidential()))
}

//! Clients who cannot be written to: a letter with the link as QR code, or a call. What is missing can be mended here.

use std::sync::Arc;

use contract::endpoint::op;
use contract::{MandateAct, MandateListQuery, MandateQuery, Nothing, Unreachable};
use domain::{DossierId, MandateId, Permission};
use leptos::prelude::*;

use super::act::{self, Target};
use super::query;
use crate::api::{SeekList, ask, say, seek_list};
use crate::dom::{View, div, el, link, live, memo, p, show, span};
use crate::frame::{address, portfolio_scope};
use crate::pages::dossiers::filters;
use crate::pages::lists::{self, PANEL};
use crate::pages::selection::Selection;
use crate::pages::words as facts;
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Column, Icon, Row, Table, empty_state, icon, load_more, seek_state, side_panel};

const PAGE: u32 = 100;

#[derive(Clone, Copy)]
struct List {
    rows: SeekList<Arc<Unreachable>>,
    total: RwSignal<Option<u64>>,
    selection: Selection,
    acting: act::Acting,
    printing: RwSignal<bool>,
}

fn may_act() -> bool {
    session::can(Permission::DossierWrite)
}

impl List {
    fn new() -> List {
        let (scope, search) = (portfolio_scope(), address().search);
        let wanted = Memo::new(move |_| query::dossiers(&search.get(), scope.get().as_deref()));
        let total = RwSignal::new(None);
        let rows = seek_list(
            move || wanted.get(),
            move |dossiers, after| {
                Box::pin(async move {
                    let filter = MandateQuery { dossiers, ..MandateQuery::default() };
                    let query = MandateListQuery { filter, limit: Some(PAGE), after, ..Default::default() };
                    let page = ask::<op::ListUnreachable>(Nothing {}, query).await?;
                    total.try_set(Some(page.total));
                    Ok((page.data.into_iter().map(Arc::new).collect(), page.next))
                })
            },
        );
        List {
            rows,
            total,
            selection: Selection::of(rows, move || wanted.track(), |row| row.dossier_id.to_string()),
            acting: RwSignal::new(None),
            printing: RwSignal::new(false),
        }
    }

    /// The mandates of the chosen clients.
    fn mandates(self) -> Vec<MandateId> {
        self.selection.rows.with_untracked(|chosen| {
            self.rows.rows.with_untracked(|rows| {
                let rows = rows.iter().filter(|row| chosen.contains(&row.dossier_id.to_string()));
                rows.flat_map(|row| row.mandates.clone()).collect()
            })
        })
    }

    fn posted(self, mandates: Vec<MandateId>) {
        if !mandates.is_empty() {
            self.acting.set(Some((MandateAct::SentByLetter, Target::Ids(mandates))));
        }
    }
}

pub fn view(moved: RwSignal<u32>) -> View {
    let list = List::new();
    filters::keys();
    let foot = load_more(list.rows, move || {
        let n = list.rows.rows.with(Vec::len);
        match list.total.get() {
            Some(total) if n > 0 => t().unreachable_shown(n as u64, format::number(t(), total as i64)),
            _ => String::new(),
        }
    });
    let none = || empty_state(Icon::Check, t().unreachable_none_title(), t().unreachable_none_detail(), []);
    let done = move || {
        list.selection.clear();
        list.rows.reload();
        moved.update(|n| *n += 1);
    };
    div("tab-list")
        .child(div("list-bar").child(filters::search_box()))
        .child(div("with-panel").child(seek_state(list.rows, none, move || table(list))).child(panel(list)))
        .child(foot)
        .child(selection_bar(list))
        .child(act::dialog(list.acting, done))
}

fn columns() -> Vec<Column> {
    let t = t();
    vec![
        Column::new("name", t.fact_name()).fixed().grows().width(56),
        Column::new("why", t.unreachable_why()).priority(2).width(84),
        Column::new("phone", t.unreachable_phone()).priority(2).width(38),
        Column::new("letter", t.unreachable_letter()).priority(3).width(38),
        Column::new("mandates", t.unreachable_mandates()).number().priority(3).width(22),
    ]
}

fn cell(row: &Unreachable, column: &str) -> View {
    let t = t();
    match column {
        "name" => View::all([
            span("cell-main truncate").attr("title", &row.name).child(&row.name),
            span("cell-sub num").child(format::siren(row.siren.as_str())),
        ]),
        "why" => {
            let why = say(&row.why);
            span("truncate").attr("title", &why).child(&why)
        }
        "phone" => match &row.phone {
            Some(phone) => call(phone),
            None => span("faint").child("–"),
        },
        "letter" if row.has_address => t.unreachable_address_known().into(),
        "letter" => span("soft").child(t.unreachable_address_missing()),
        _ => span("num").child(format::number(t, row.mandates.len() as i64)),
    }
}

fn call(phone: &str) -> View {
    link("num nowrap", &format!("tel:{phone}")).attr("rel", "external").child(facts::phone(phone))
}

fn table(list: List) -> View {
    let row = |row: Arc<Unreachable>| {
        let mark = row.mandates.len() as u64;
        Row::new(row.dossier_id.to_string(), mark, row.name.clone(), move |column| untrack(|| cell(&row, column)))
    };
    let rows = move || list.rows.rows.with(|rows| rows.iter().cloned().map(row).collect());
    let table = lists::opening(Table::new(t().mandates_tab_unreachable(), columns(), rows))
        .windowed(move || list.rows.load_more())
        .stale(move || list.rows.is_stale());
    if !untrack(may_act) {
        return table.into();
    }
    table.selectable(list.selection.rows).into()
}

/// Whom to call and what to say, and what would make the client reachable.
fn panel(list: List) -> View {
    let asked = address().get(PANEL);
    let found = memo(move || {
        let id = asked.get()?.parse::<DossierId>().ok()?;
        list.rows.rows.with(|rows| rows.iter().find(|row| row.dossier_id == id).cloned())
    });
    show(
        move || found.with(Option::is_some),
        move || {
            let title = move || found.with(|row| row.as_ref().map(|row| row.name.clone())).unwrap_or_default();
            let body = live(move || found.get().map(|row| untrack(|| content(list, &row))));
            side_panel(title, lists::close_panel, View::none(), body)
        },
    )
}

fn content(list: List, row: &Unreachable) -> View {
    let t = t();
    let file = |part: &str| format!("/dossiers/{}#{part}", row.dossier_id);
    let refused = row.email.is_some().then(|| p("remark tone-late").child(icon(Icon::Warning)).child(say(&row.why)));
    let phone = match &row.phone {
        Some(phone) => {
            Button::link(t.unreachable_call(&facts::phone(phone)), &format!("tel:{phone}")).icon(Icon::Phone).into()
        }
        None => p("soft").child(t.unreachable_no_phone()),
    };
    let script = el("ol").class("script").children(row.script.iter().map(|line| el("li").child(say(line))));
    let mend = div("row")
        .child(Button::link(t.unreachable_fix_email(), &file("group-contacts")).icon(Icon::Edit).small())
        .child(
            (!row.has_address)
                .then(|| Button::link(t.unreachable_fix_address(), &file("group-identity")).icon(Icon::Edit).small()),
        );
    let (printed, posted) = (row.mandates.clone(), row.mandates.clone());
    let letter = untrack(may_act).then(|| {
        div("row")
            .child(
                Button::new(t.unreachable_print())
                    .icon(Icon::File)
                    .small()
                    .busy(move || list.printing.get())
                    .press(move || act::print(printed.clone(), true, list.printing)),
            )
            .child(Button::new(t.unreachable_posted()).small().quiet().press(move || list.posted(posted.clone())))
    });
    let part = |title: &str, view: View| div("stack").child(el("h3").child(title)).child(view);
    div("stack-wide")
        .child(div("stack").child(p("").child(say(&row.why))).child(refused).child(mend))
        .child(part(t.unreachable_letter(), View::from(letter)))
        .child(part(t.unreachable_script(), div("stack").child(phone).child(script)))
}

fn selection_bar(list: List) -> View {
    list.selection.bar(
        |n| t().unreachable_selected(n),
        move || {
            let print = Button::new(t().unreachable_print()).icon(Icon::File).small().primary();
            let posted = Button::new(t().unreachable_posted()).icon(Icon::Check).small();
            span("row")
                .child(
                    print
                        .busy(move || list.printing.get())
                        .press(move || act::print(list.mandates(), true, list.printing)),
                )
                .child(posted.press(move || list.posted(list.mandates())))
        },
    )
}

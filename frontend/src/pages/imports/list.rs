//! `/imports`: the place to drop a file, and the imports of the firm.

use contract::endpoint::op;
use contract::{ImportSummary, Nothing, PageQuery};
use domain::Permission;
use leptos::prelude::*;

use super::upload::upload_place;
use super::words;
use crate::api::{SeekList, ask, seek_list};
use crate::browser::now;
use crate::dom::{View, div, el, link, live, memo, p, span};
use crate::frame::{address, jobs_ended, page_head};
use crate::session;
use crate::text::{format, t};
use crate::ui::{Column, Icon, Row, Table, empty_state, icon, load_more, seek_state, status_as};

pub fn imports() -> View {
    let may = memo(|| session::can(Permission::ImportRun));
    let body = live(move || {
        if may.get() {
            return untrack(page);
        }
        empty_state(Icon::Lock, t().imp_forbidden_title(), t().imp_forbidden_detail(), [])
    });
    div("page imports").child(page_head(t().imp_title(), t().imp_lead(), View::none())).child(body)
}

fn page() -> View {
    let list = seek_list(
        || (),
        |(), after| {
            Box::pin(async move {
                let page = ask::<op::ListImports>(Nothing {}, PageQuery { limit: Some(50), after }).await?;
                Ok((page.data, page.next))
            })
        },
    );
    // A job that ends while the list is looked at changes a line of it.
    let ended = jobs_ended();
    Effect::new(move |before: Option<u32>| {
        let now = ended.get();
        if before.is_some_and(|before| before != now) {
            list.reload();
        }
        now
    });
    let first = memo(move || list.arrived.get() && list.rows.with(Vec::is_empty));
    let any = memo(move || list.rows.with(|rows| !rows.is_empty()) || list.failure.with(Option::is_some));
    div("stack imp-list")
        .show(move || first.get(), pitch)
        .child(upload_place())
        .child(p("faint small imp-limits").child(t().imp_limits()))
        .show(move || first.get(), promises)
        .show(move || any.get() || !list.arrived.get(), move || seek_state(list, View::none, move || table(list)))
}

/// Before the first import: what this page is for, in the words of who will use it.
fn pitch() -> View {
    div("imp-pitch").child(el("h2").child(t().imp_empty_title())).child(p("soft").child(t().imp_empty_detail()))
}

fn promises() -> View {
    let t = t();
    let promise = |face: Icon, title: &str, detail: &str| {
        el("li")
            .class("imp-promise")
            .child(span("empty-icon").child(icon(face)))
            .child(div("stack-tight").child(el("h3").child(title)).child(p("soft").child(detail)))
    };
    el("ul").class("imp-promises").children([
        promise(Icon::File, t.imp_promise_read(), t.imp_promise_read_detail()),
        promise(Icon::Eye, t.imp_promise_check(), t.imp_promise_check_detail()),
        promise(Icon::Undo, t.imp_promise_undo(), t.imp_promise_undo_detail()),
    ])
}

fn table(list: SeekList<ImportSummary>) -> View {
    let t = t();
    let columns = vec![
        Column::new("file", t.imp_col_file()).fixed().grows(),
        Column::new("state", t.imp_col_state()).priority(1),
        Column::new("result", t.imp_col_result()).priority(2),
        Column::new("when", t.imp_col_when()).priority(3),
        Column::new("who", t.imp_col_who()).priority(3),
    ];
    let address = address();
    let rows = move || list.rows.with(|rows| rows.iter().cloned().map(row).collect::<Vec<Row>>());
    let table = Table::new(t.imp_list(), columns, rows)
        .opens(|| None, move |id| address.go(&format!("/imports/{id}")), || {})
        .stale(move || list.pending.get());
    let summary = move || {
        let n = list.rows.with(Vec::len) as u64;
        crate::text::t().imp_count(n)
    };
    div("list-page").child(table).child(load_more(list, summary))
}

fn result(import: &ImportSummary) -> String {
    let counts = import.counts.as_ref();
    let said = counts.map(|counts| words::summary(import.state, counts, import.undo.as_ref())).unwrap_or_default();
    if said.is_empty() { "–".to_owned() } else { said }
}

fn row(import: ImportSummary) -> Row {
    let id = import.id.to_string();
    let href = format!("/imports/{id}");
    let counted = import.counts.as_ref().map_or(0, |c| c.rows * 31 + c.create * 7 + c.update * 5 + c.error + 1);
    let undone = import.undo.as_ref().map_or(0, |u| u.reversed * 3 + u.kept + 1);
    let mark = (import.state as u64) << 48 ^ counted << 16 ^ undone;
    Row::new(id, mark, import.filename.clone(), move |column| match column {
        "file" => View::all([
            link("cell-main truncate imp-file", &href).child(&import.filename),
            span("cell-sub num").child(format::bytes(t(), import.bytes)),
            import.counts.is_some().then(|| span("imp-file-result soft small").child(result(&import))).into(),
        ]),
        "state" => {
            let (tone, label) = words::state(import.state);
            status_as(tone, label).add_class("status-plain")
        }
        "result" => span("num").child(result(&import)),
        "when" => el("time").attr("title", &format::moment(t(), import.created_at)).child(format::relative(
            t(),
            import.created_at,
            now(),
        )),
        _ => View::text(&import.created_by),
    })
}

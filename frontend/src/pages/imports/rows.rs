//! The rows of a file by what becomes of them: the fields that change, before and after, and for a refused cell where it
//! stands, what it says and which form is expected.

use contract::endpoint::op;
use contract::{CellProblem, ImportRow, ImportRowsQuery, ImportState, ImportSubject, RowFlow, RowOutcome};
use leptos::prelude::*;

use super::detail::Page;
use super::words::{self, Line, Meaning};
use crate::api::{SeekList, ask, say, seek_list};
use crate::dom::{Item, View, div, el, link, p, span};
use crate::text::{format, t};
use crate::ui::{Tone, load_more, seek_state, shape};

const PAGE: u32 = 50;

pub fn rows(page: Page, outcome: RowOutcome, total: u64, past: bool) -> View {
    if total == 0 {
        return p("soft imp-none").child(nothing(page.subject(), outcome));
    }
    let (id, subject) = (page.id, page.subject());
    // Another job means other rows, even where the counts stay.
    let key = page.of(|import| (import.job_id, import.state));
    let list = seek_list(
        move || key.get(),
        move |_, after| {
            Box::pin(async move {
                let query = ImportRowsQuery { outcome: Some(outcome), limit: Some(PAGE), after };
                let rows = ask::<op::ListImportRows>(id, query).await?;
                Ok((rows.data, rows.next))
            })
        },
    );
    let linked = page.state().get_untracked() != ImportState::Undone;
    seek_state(
        list,
        move || p("soft imp-none").child(nothing(subject, outcome)),
        move || table(list, subject, outcome, total, past, linked),
    )
}

fn nothing(subject: ImportSubject, outcome: RowOutcome) -> &'static str {
    let t = t();
    if subject == ImportSubject::Flows {
        match outcome {
            RowOutcome::Create => return t.imp_none_flows_new(),
            RowOutcome::Update => return t.imp_none_flows_added(),
            _ => {}
        }
    }
    match outcome {
        RowOutcome::Create => t.imp_none_create(),
        RowOutcome::Update => t.imp_none_update(),
        RowOutcome::Unchanged => t.imp_none_unchanged(),
        RowOutcome::Unread => t.imp_none_unread(),
        RowOutcome::Skipped => t.imp_none_skipped(),
        RowOutcome::Error => t.imp_none_error(),
    }
}

fn table(
    list: SeekList<ImportRow>,
    subject: ImportSubject,
    outcome: RowOutcome,
    total: u64,
    past: bool,
    linked: bool,
) -> View {
    let t = t();
    let of_flows = subject == ImportSubject::Flows;
    let content = match outcome {
        RowOutcome::Create | RowOutcome::Update | RowOutcome::Unchanged | RowOutcome::Unread if of_flows => {
            t.imp_row_says()
        }
        RowOutcome::Create if !past => t.imp_row_new(),
        RowOutcome::Create | RowOutcome::Update | RowOutcome::Unchanged | RowOutcome::Unread => t.imp_row_changes(),
        RowOutcome::Skipped => t.imp_row_reason(),
        RowOutcome::Error => t.imp_row_refused(),
    };
    let what = if of_flows { t.imp_row_flow() } else { t.imp_row_client() };
    let head = [("imp-r-number num", t.imp_row_number()), ("imp-r-client", what), ("imp-r-content", content)];
    let head = el("thead")
        .child(el("tr").children(head.map(|(class, label)| el("th").class(class).attr("scope", "col").child(label))));
    let body = el("tbody").each(move || {
        list.rows.with(|rows| {
            let item = |row: &ImportRow| {
                let (key, row) = (row.number.to_string(), row.clone());
                Item::new(key, move || one(&row, linked))
            };
            rows.iter().map(item).collect()
        })
    });
    let table = el("table").class("table imp-rows").child(el("caption").class("sr-only").child(t.imp_rows()));
    let summary = move || {
        let t = crate::text::t();
        t.table_rows_shown(list.rows.with(Vec::len) as u64, format::number(t, total as i64))
    };
    div("stack-tight").child(div("table-wrap").child(table.child(head).child(body))).child(load_more(list, summary))
}

/// Which client, or which flow.
fn named(row: &ImportRow, linked: bool) -> View {
    let t = t();
    if let Some(flow) = &row.flow {
        let number = match flow.id {
            Some(id) if linked => link("imp-client", &format!("/flux?panel={id}")).child(&flow.number),
            _ => span("imp-client").child(&flow.number),
        };
        return View::all([number, span("faint small num").child(t.imp_row_of(&party(&flow.client)))]);
    }
    let name = row.name.clone().unwrap_or_default();
    let name_view = match (&row.dossier_id, name.is_empty()) {
        (_, true) => span("faint").child(t.imp_row_unnamed()),
        (Some(id), false) if linked => link("imp-client", &format!("/dossiers/{id}")).child(&name),
        (_, false) => span("imp-client").child(&name),
    };
    let siren = row.siren.as_deref().map(|siren| span("faint small num").child(format::siren(siren)));
    View::all([Some(name_view), siren].into_iter().flatten())
}

/// A SIREN in threes; any other number as it is.
fn party(number: &str) -> String {
    let digits = number.len() == 9 && number.bytes().all(|b| b.is_ascii_digit());
    if digits { format::siren(number) } else { number.to_owned() }
}

/// What a row says of a flow: the platform's word and what the law calls it, then the invoice.
fn says(row: &ImportRow, flow: &RowFlow) -> View {
    let t = t();
    let status = match (flow.status.is_empty(), flow.code) {
        (true, _) => t.flow_status_none().to_owned(),
        (false, Some(code)) if code.to_string() == flow.status => code.to_string(),
        (false, Some(code)) => format!("{} → {code}", t.flow_said_as(&flow.status)),
        (false, None) => t.imp_row_unread(&flow.status),
    };
    let other = match &row.name {
        Some(name) => format!("{name} · {}", party(&flow.counterparty)),
        None => party(&flow.counterparty),
    };
    let known = [
        (t.flow_status(), Some(status)),
        (t.flow_direction(), Some(say(&flow.direction.text()))),
        (t.flow_counterparty(), Some(other).filter(|other| !other.is_empty())),
        (t.flow_gross(), flow.gross_cents.map(|cents| format::money(t, cents))),
    ];
    let fact = |(label, value): (&str, Option<String>)| {
        value.map(|value| div("imp-fact").child(el("dt").child(label)).child(el("dd").class("num").child(value)))
    };
    el("dl").class("imp-facts").children(known.into_iter().filter_map(fact))
}

fn one(row: &ImportRow, linked: bool) -> View {
    let t = t();
    let content = match row.outcome {
        RowOutcome::Skipped => span("").child(row.reason.as_ref().map(say)),
        RowOutcome::Error => View::all(row.errors.iter().map(refused)),
        _ if row.flow.is_some() => View::all(row.flow.iter().map(|flow| says(row, flow))),
        RowOutcome::Create => facts(row),
        RowOutcome::Update => changes(row),
        RowOutcome::Unchanged => span("soft").child(t.imp_row_same()),
        RowOutcome::Unread => View::none(),
    };
    // What is skipped has said why.
    let notes = if row.outcome == RowOutcome::Skipped { &[] } else { row.notes.as_slice() };
    let notes = notes.iter().map(|note| {
        let at = (!note.column.is_empty()).then(|| span("soft").child(crate::text::t().imp_at(&place(note))));
        p("imp-note small tone-at-risk").child(shape(Tone::AtRisk)).child(span("").child(at).child(say(&note.message)))
    });
    el("tr")
        .child(el("td").class("imp-r-number num").child(format::number(t, row.number as i64)))
        .child(el("th").class("imp-r-client").attr("scope", "row").child(named(row, linked)))
        .child(el("td").class("imp-r-content").child(content).children(notes))
}

/// A new dossier: everything that the row tells, side by side.
fn facts(row: &ImportRow) -> View {
    let fact = |line: Line| {
        div("imp-fact").child(el("dt").child(line.label)).child(el("dd").child(line.after.unwrap_or_default()))
    };
    let mut changes = row.changes.clone();
    // They stand beside.
    changes.retain(|change| !matches!(change.field.as_str(), "name" | "siren"));
    el("dl")
        .class("imp-facts")
        .children(words::all_lines(&changes).into_iter().filter(|line| line.after.is_some()).map(fact))
}

fn changes(row: &ImportRow) -> View {
    let t = t();
    let change = |line: Line| {
        let before = match line.before {
            Some(before) => el("del").child(before),
            None => span("faint").child(t.imp_empty_before()),
        };
        let after = match line.after {
            Some(after) => el("ins").child(after),
            None => span("faint").child(t.imp_empty_before()),
        };
        div("imp-change")
            .child(el("dt").child(line.label))
            .child(el("dd").child(before).child(span("faint").child(" → ")).child(after))
    };
    el("dl").class("imp-changes").children(words::all_lines(&row.changes).into_iter().map(change))
}

/// Where a problem stands: letter, name of the column in the file.
fn place(problem: &CellProblem) -> String {
    let t = t();
    match (problem.column.is_empty(), problem.header.is_empty()) {
        (true, _) => t.imp_cell_row().to_owned(),
        (false, true) => match problem.field.map(Meaning::Client).or(problem.flow_field.map(Meaning::Flow)) {
            Some(field) => t.imp_cell(&problem.column, field.label()),
            None => t.imp_cell_column(&problem.column),
        },
        (false, false) => t.imp_cell(&problem.column, &problem.header),
    }
}

fn refused(problem: &CellProblem) -> View {
    let t = t();
    let value = (!problem.column.is_empty()).then(|| {
        if problem.value.is_empty() {
            span("faint").child(t.imp_cell_empty())
        } else {
            el("code").class("imp-value").child(t.imp_cell_value(&problem.value))
        }
    });
    div("imp-error tone-late").child(shape(Tone::Late)).child(
        div("stack-tight grow")
            .child(div("row").child(span("soft").child(place(problem))).child(value))
            .child(p("").child(say(&problem.message)))
            .child(problem.expected.as_ref().map(|form| p("soft small").child(t.imp_expected(&say(form))))),
    )
}

//! A deadline as a row of the list.

use std::sync::Arc;

use contract::{Deadline, DeadlineRow, DueRef};
use leptos::prelude::untrack;

use crate::api::say;
use crate::dom::{View, span};
use crate::pages::words;
use crate::text::{format, t};
use crate::ui::{Column, Icon, Row, icon, shape, status_as};

/// Dossier and deadline in one word, for the selection and the address.
pub fn id(row: &DeadlineRow) -> String {
    format!("{}/{}", row.dossier_id, row.deadline.key)
}

pub fn parse(id: &str) -> Option<DueRef> {
    let (dossier, key) = id.split_once('/')?;
    Some(DueRef { dossier_id: dossier.parse().ok()?, key: key.parse().ok()? })
}

pub fn columns() -> Vec<Column> {
    let t = t();
    vec![
        Column::new("name", t.fact_name()).fixed().grows().width(54),
        Column::new("kind", t.deadlines_filter_kind()).priority(2).width(33),
        Column::new("period", t.column_period()).priority(3).width(48),
        Column::new("limit", t.column_limit()).priority(1).width(29),
        Column::new("prudent", t.column_prudent()).priority(3).width(28),
        Column::new("state", t.column_due_state()).priority(2).width(33),
        Column::new("evidence", t.column_evidence()).priority(4).width(60),
    ]
}

/// "du 01/11/2026 au 10/11/2026".
pub fn period(deadline: &Deadline) -> String {
    let day = |day| format::date(t(), day);
    if deadline.by_hand {
        t().due_period(day(deadline.from), day(deadline.to))
    } else {
        t().due_start(day(deadline.from))
    }
}

/// The published limit, and a mark when it falls on a day off.
pub fn limit(deadline: &Deadline) -> View {
    let off = deadline.day_off.as_ref().map(|off| {
        let warning = say(&off.warning(deadline.published_on));
        span("due-off").attr("title", &warning).child(icon(Icon::Warning)).child(span("sr-only").child(warning))
    });
    span("due-limit num").child(format::date(t(), deadline.published_on)).child(off)
}

/// The prudent limit, where sources differ.
pub fn prudent(deadline: &Deadline) -> Option<String> {
    (deadline.prudent_on != deadline.published_on).then(|| format::date(t(), deadline.prudent_on))
}

pub fn state(deadline: &Deadline) -> View {
    let (tone, word) = words::due_state(deadline.state);
    status_as(tone, word)
}

/// What shows that it was done, or why nothing can be declared.
pub fn evidence(deadline: &Deadline) -> View {
    match &deadline.settled {
        Some(by) => {
            let told = [by.what.as_str(), by.source.as_str()];
            let told = told.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
            let told = if told.is_empty() { words::settlement(by.how.as_str()).to_owned() } else { told };
            View::all([
                span("cell-main truncate").attr("title", &told).child(&told),
                span("cell-sub").child(t().due_evidence_of(format::date(t(), by.on), &by.by_name)),
            ])
        }
        None if !deadline.by_hand => span("faint").child(t().due_by_preparation()),
        None if deadline.voluntary => span("faint").child(t().due_voluntary()),
        None => span("faint").child("–"),
    }
}

fn cell(row: &DeadlineRow, column: &str) -> View {
    let deadline = &row.deadline;
    match column {
        "name" => span("truncate").attr("title", &row.name).child(&row.name),
        "kind" => words::due_short(deadline.kind).into(),
        "period" if deadline.by_hand => {
            let day = |day| format::date(t(), day);
            span("num").child(format!("{} – {}", day(deadline.from), day(deadline.to)))
        }
        "period" => span("faint").child("–"),
        "limit" => {
            // Where there is no room for the state in words, its shape stands by the day.
            let (tone, word) = words::due_state(deadline.state);
            let mark = span("due-mark").add_class(tone.class()).attr("title", word).child(shape(tone));
            View::all([mark.child(span("sr-only").child(word)), limit(deadline)])
        }
        "prudent" => match prudent(deadline) {
            Some(day) => span("num").child(day),
            None => span("faint").child("–"),
        },
        "state" => state(deadline),
        _ => evidence(deadline),
    }
}

pub fn row(row: Arc<DeadlineRow>) -> Row {
    // What moves a row is its state and who declared it when.
    let at = row.deadline.settled.as_ref().map_or(0, |by| by.recorded_at.timestamp_micros() as u64);
    let mark = at << 3 | row.deadline.state as u64;
    let name = format!("{}, {}", row.name, say(&row.deadline.title));
    Row::new(id(&row), mark, name, move |column| untrack(|| cell(&row, column)))
}

//! Who is in a sequence, who is not, and why: the same in counts, and dossier by dossier.

use std::sync::Arc;

use contract::endpoint::op;
use contract::{AudiencePage, AudienceQuery, AudienceRow};
use domain::SequenceId;
use leptos::prelude::*;

use super::words;
use crate::api::{ask, load, say, seek_list};
use crate::browser::now;
use crate::dom::{View, div, el, link, span};
use crate::frame::{address, href, in_scope, portfolio_scope};
use crate::pages::dossiers::filters;
use crate::pages::dossiers::query::{one, parameter, several};
use crate::pages::lists;
use crate::text::{format, t};
use crate::ui::{Button, Choice, Column, Filter, Icon, Row, Table, empty_state, load_more, loaded, seek_state};

const PAGE: u32 = 100;
pub const FILTERS: [&str; 3] = ["q", "is_in", "outcome"];

/// `scope` is the portfolio chosen in the top bar.
fn filter(search: &str, scope: Option<&str>) -> AudienceQuery {
    AudienceQuery {
        portfolio_id: in_scope(scope),
        is_in: one(search, "is_in"),
        outcome: several(search, "outcome"),
        q: parameter(search, "q").filter(|q| !q.trim().is_empty()),
        ..AudienceQuery::default()
    }
}

pub fn view(id: SequenceId) -> View {
    let (scope, search) = (portfolio_scope(), address().search);
    let rows = seek_list(
        move || filter(&search.get(), scope.get().as_deref()),
        move |query: AudienceQuery, after| {
            Box::pin(async move {
                let query = AudienceQuery { limit: Some(PAGE), after, ..query };
                let page = ask::<op::ListAudience>(id, query).await?;
                Ok((page.data.into_iter().map(Arc::new).collect(), page.next))
            })
        },
    );
    let counts = load(
        move || scope.get(),
        move |scope| ask::<op::ListAudience>(id, AudienceQuery { limit: Some(1), ..filter("", scope.as_deref()) }),
    );
    let chosen = address().list("outcome");
    let outcomes = move || {
        counts.value.with(|page: &Option<AudiencePage>| {
            let all = page.iter().flat_map(|page| &page.counts);
            all.map(|c| Choice::new(c.code.as_str(), say(&c.label)).hint(format::number(t(), c.count as i64))).collect()
        })
    };
    let ins = || vec![Choice::new("true", t().audience_in()), Choice::new("false", t().audience_out())];
    let chips = vec![
        Filter::new("is_in", t().audience_is_in(), address().list("is_in"), ins),
        Filter::new("outcome", t().relance_outcome(), chosen, outcomes),
    ];
    filters::keys();
    let bar = div("list-bar")
        .child(filters::search_box_for(t().relances_search(), t().relances_search_label()))
        .child(lists::filters(chips, &["is_in"], &FILTERS));
    let table = move || table(rows);
    let foot = load_more(rows, move || match rows.rows.with(Vec::len) {
        0 => String::new(),
        n => t().table_rows(n as u64),
    });
    let list = div("tab-list").child(bar).child(div("with-panel").child(seek_state(rows, nothing, table))).child(foot);
    div("audience-sides").child(loaded(counts, 4, |page: AudiencePage| sums(&page))).child(list)
}

/// The whole sequence as a table with counts, whatever the filter.
fn sums(page: &AudiencePage) -> View {
    let t = t();
    let row = |count: &contract::OutcomeCount| {
        let here = address().href(&[("outcome", Some(count.code.as_str())), ("q", None), ("is_in", None)]);
        el("tr")
            .child(
                el("th")
                    .attr("scope", "row")
                    .class("wraps")
                    .child(link("row-link", &here).child(words::outcome_as(count.code, &say(&count.label)))),
            )
            .child(el("td").class("num").child(format::number(t, count.count as i64)))
    };
    let head = el("tr")
        .child(el("th").attr("scope", "col").child(t.relance_outcome()))
        .child(el("th").attr("scope", "col").class("num").child(t.relances_dossiers()));
    let table = el("table")
        .class("table plain-table")
        .label(t.audience_counts())
        .child(el("thead").child(head))
        .child(el("tbody").children(untrack(|| page.counts.iter().map(row).collect::<Vec<_>>())));
    el("section")
        .class("card")
        .label(t.audience_counts())
        .child(el("h3").child(t.audience_counts()))
        .child(div("bleed").child(table))
}

fn columns() -> Vec<Column> {
    let t = t();
    vec![
        Column::new("name", t.fact_name()).fixed().grows().width(44),
        Column::new("outcome", t.relance_outcome()).priority(2).width(52),
        Column::new("why", t.relance_why()).priority(2).grows().width(72),
        Column::new("done", t.audience_done()).number().priority(3).width(24),
        Column::new("at", t.relance_when()).number().priority(3).width(32),
    ]
}

fn cell(row: &AudienceRow, column: &str) -> View {
    let t = t();
    match column {
        "name" => View::all([
            link("cell-main truncate", &href(&format!("/dossiers/{}", row.dossier_id), &[("part", "relances")]))
                .attr("title", &row.name)
                .child(&row.name),
            span("cell-sub num").child(format::siren(row.siren.as_str())),
            span("cell-phone small").child(words::outcome(row.code)),
        ]),
        "outcome" => words::outcome(row.code),
        "why" => {
            let why = say(&row.why);
            span("truncate").attr("title", &why).child(&why)
        }
        "done" if row.is_in || row.done > 0 => {
            span("num").child(t.relance_step_of(row.done.to_string(), row.steps.to_string()))
        }
        "at" => match row.at {
            Some(at) => span("").attr("title", &format::moment(t, at)).child(format::relative(t, at, now())),
            None => span("faint").child("–"),
        },
        _ => span("faint").child("–"),
    }
}

fn table(list: crate::api::SeekList<Arc<AudienceRow>>) -> View {
    let row = |row: Arc<AudienceRow>| {
        let name = format!("{}, {}", row.name, say(&row.code.text()));
        let mark = (row.code as u64) << 8 ^ row.at.map_or(0, |at| at.timestamp_micros() as u64) ^ u64::from(row.done);
        Row::new(row.dossier_id.to_string(), mark, name, move |column| untrack(|| cell(&row, column)))
    };
    let rows = move || list.rows.with(|rows| rows.iter().cloned().map(row).collect());
    Table::new(t().sequence_audience(), columns(), rows)
        .opens(|| None, |id| address().go(&href(&format!("/dossiers/{id}"), &[("part", "relances")])), || {})
        .windowed(move || list.load_more())
        .stale(move || list.is_stale())
        .into()
}

fn nothing() -> View {
    let t = t();
    let clear = Button::new(t.filters_clear()).press(|| lists::clear(&FILTERS));
    empty_state(Icon::Search, t.relances_none_found(), t.audience_none_detail(), [clear])
}

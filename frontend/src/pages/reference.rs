//! `/referentiel`: the law and the scales as the product applies them, each row with its days, source and confidence.

use contract::endpoint::op;
use contract::{Nothing, ReferenceTables};
use domain::reference::{Confidence, ReferenceRow, ReferenceTable};
use leptos::prelude::*;

use crate::api::{ask, load, say};
use crate::dom::{View, div, el, live, memo, p, span};
use crate::frame::{Step, address, page_head};
use crate::text::{format, search, t};
use crate::ui::{Choice, loaded, select_field, text_field};

/// The table shown, in the address.
const TABLE: &str = "table";

pub fn reference() -> View {
    let t = t();
    let tables = load(|| (), |()| ask::<op::ListReferenceTables>(Nothing {}, Nothing {}));
    let body = loaded(tables, 12, |found| untrack(|| room(found)));
    div("page").child(page_head(t.reference_title(), t.reference_lead(), View::none())).child(body)
}

fn room(found: ReferenceTables) -> View {
    let tables = StoredValue::new(found.tables);
    let asked = address().text(TABLE);
    let known = move |code: &str| tables.with_value(|all| all.iter().any(|t| t.code.as_str() == code));
    let first = tables.with_value(|all| all.first().map(|t| t.code.as_str().to_owned()).unwrap_or_default());
    let start = asked.get_untracked();
    let chosen = RwSignal::new(if known(&start) { start } else { first });
    let words = RwSignal::new(String::new());
    crate::dom::after(move || {
        let code = chosen.get();
        untrack(|| {
            if address().text(TABLE).get_untracked() != code {
                address().set(&[(TABLE, Some(&code))], Step::Replace);
            }
        });
    });
    let choices =
        move || tables.with_value(|all| all.iter().map(|t| Choice::new(t.code.as_str(), say(&t.title))).collect());
    let table = live(move || {
        let code = chosen.get();
        let wanted = memo(move || search::fold(&words.get()));
        tables.with_value(|all| {
            let table = all.iter().find(|t| t.code.as_str() == code)?.clone();
            Some(untrack(|| show_table(table, wanted)))
        })
    });
    let bar = div("row-wide reference-bar")
        .child(select_field(t().reference_table(), chosen, choices))
        .child(text_field(t().reference_filter(), words).kind("search"));
    div("stack").child(bar).child(table)
}

fn show_table(table: ReferenceTable, wanted: Memo<String>) -> View {
    let t = t();
    let heads = table.columns.iter().map(|c| say(&c.label)).chain(
        [t.reference_from(), t.reference_to(), t.reference_source(), t.reference_confidence()]
            .into_iter()
            .map(str::to_owned),
    );
    let head = el("tr").children(heads.map(|label| el("th").attr("scope", "col").child(label)));
    let (title, day) = (say(&table.title), format::date(t, table.as_of));
    let rows = table.rows;
    let body = el("tbody").live(move || {
        let wanted = wanted.get();
        let found: Vec<View> = rows.iter().filter(|row| has(row, &wanted)).map(line).collect();
        if found.is_empty() {
            let none = el("td").attr("colspan", "20").class("soft").child(crate::text::t().reference_none());
            return el("tr").child(none);
        }
        View::all(found)
    });
    let grid = el("table").class("table reference-table").label(&title).child(el("thead").child(head)).child(body);
    el("section")
        .class("card")
        .child(
            div("stack-tight")
                .child(el("h2").child(&title))
                .child(p("soft small").child(t.reference_version(day, &table.version))),
        )
        .child(div("bleed reference-room").attr("tabindex", "0").attr("role", "region").label(&title).child(grid))
}

fn has(row: &ReferenceRow, wanted: &str) -> bool {
    wanted.is_empty()
        || row.cells.iter().any(|cell| search::fold(&say(cell)).contains(wanted))
        || search::fold(&row.source).contains(wanted)
}

fn line(row: &ReferenceRow) -> View {
    let t = t();
    let (sure, why) = match row.confidence {
        Confidence::High => ("H", t.reference_high()),
        Confidence::Medium => ("M", t.reference_medium()),
    };
    let until = row.valid_to.map_or_else(|| "–".to_owned(), |day| format::date(t, day));
    el("tr")
        .children(row.cells.iter().map(|cell| el("td").child(say(cell))))
        .child(el("td").class("num").child(format::date(t, row.valid_from)))
        .child(el("td").class("num").child(until))
        .child(el("td").class("soft small").child(&row.source))
        .child(el("td").child(span("tag").attr("title", why).child(sure).child(span("sr-only").child(why))))
}

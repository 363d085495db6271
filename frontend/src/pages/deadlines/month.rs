//! A month at a glance: on each day what falls due, by kind and state; each number leads to its rows.

use chrono::{Datelike, Days, Months, NaiveDate};
use contract::endpoint::op;
use contract::{DayCount, DeadlineDay, DeadlineDays, Nothing};
use domain::calendar::DueKind;
use leptos::prelude::*;

use super::{List, MONTH, VIEW, Wanted};
use crate::api::{ask, load};
use crate::dom::{View, div, el, link, live, memo, p, span};
use crate::frame::{Step, address};
use crate::pages::words;
use crate::text::{format, t};
use crate::ui::{Button, Icon, error_state, icon, shape, skeleton};

/// The month in the address, as `2026-11`.
const CHOSEN: &str = "month";

fn today() -> NaiveDate {
    format::paris(crate::browser::now()).date()
}

fn first_of(text: &str) -> Option<NaiveDate> {
    format!("{text}-01").parse().ok()
}

/// The first day of the month shown.
pub fn first_day() -> Memo<NaiveDate> {
    let chosen = address().text(CHOSEN);
    memo(move || first_of(&chosen.get()).unwrap_or_else(|| today().with_day(1).unwrap_or_default()))
}

/// The same filters over a month.
pub fn within(wanted: Wanted, first: NaiveDate) -> Wanted {
    let last = first.checked_add_months(Months::new(1)).and_then(|d| d.pred_opt());
    Wanted { from: Some(first), to: last, ..wanted }
}

pub fn view(list: List) -> View {
    let first = first_day();
    let days = load(
        move || (list.wanted.get(), first.get(), list.moved.get()),
        |(wanted, first, _): (Wanted, NaiveDate, u32)| {
            ask::<op::ReadDeadlineDays>(Nothing {}, within(wanted, first).query())
        },
    );
    let go = |month: Option<NaiveDate>| {
        let text = month.map(|m| m.format("%Y-%m").to_string());
        address().set(&[(CHOSEN, text.as_deref())], Step::Push);
    };
    let step = move |back: bool| {
        let one = Months::new(1);
        let month = first.get_untracked();
        go(if back { month.checked_sub_months(one) } else { month.checked_add_months(one) });
    };
    let title = move || {
        let month = first.get();
        format!("{} {}", format::month_name(t(), month), month.year())
    };
    let head = div("month-head")
        .child(Button::new(t().month_previous()).icon_only(Icon::Left).quiet().press(move || step(true)))
        .child(el("h2").attr("aria-live", "polite").text_of(title))
        .child(Button::new(t().month_next()).icon_only(Icon::Right).quiet().press(move || step(false)))
        .child(Button::new(t().month_today()).small().press(move || go(None)));
    let body = live(move || {
        if let Some(failure) = days.failure.get() {
            return error_state(&failure, Some(std::rc::Rc::new(move || days.reload())));
        }
        match days.value.get() {
            Some(found) if found.from == first.get() => untrack(|| grid(&found)),
            _ => skeleton(8),
        }
    });
    div("month").child(head).child(div("").class_of("loaded-stale", move || days.pending.get()).child(body))
}

fn grid(found: &DeadlineDays) -> View {
    let t = t();
    let weekdays = t.month_weekdays().split(' ').map(|day| el("th").attr("scope", "col").child(day));
    let before = u64::from(found.from.weekday().num_days_from_monday());
    let start = found.from.checked_sub_days(Days::new(before)).unwrap_or(found.from);
    let weeks = (0..6)
        .filter_map(|week| start.checked_add_days(Days::new(week * 7)))
        .take_while(|monday| *monday <= found.to)
        .map(|monday| {
            let days = monday.iter_days().take(7);
            el("tr").children(days.map(|day| {
                if day < found.from || found.to < day {
                    return el("td").class("month-out");
                }
                cell(day, found.days.iter().find(|d| d.on == day))
            }))
        })
        .collect::<Vec<_>>();
    let table = el("table")
        .class("month-table")
        .label(t.deadlines_month())
        .child(el("thead").child(el("tr").children(weekdays)))
        .child(el("tbody").children(weeks));
    let nothing = found.days.is_empty().then(|| p("soft").child(t.month_nothing()));
    View::all([nothing.into(), table])
}

fn cell(day: NaiveDate, due: Option<&DeadlineDay>) -> View {
    let now = day == today();
    let weekend = day.weekday().number_from_monday() > 5;
    let mut class = "month-day".to_owned();
    for (set, name) in [(now, " month-now"), (weekend, " month-off"), (due.is_none(), " month-empty")] {
        if set {
            class.push_str(name);
        }
    }
    let off = due.is_some_and(|d| d.day_off.is_some()).then(|| {
        span("due-off")
            .attr("title", t().month_off())
            .child(icon(Icon::Warning))
            .child(span("sr-only").child(t().month_off()))
    });
    let number = span("month-number num").attr_if("aria-current", now.then_some("date")).child(View::all([
        span("month-short").decorative().child(day.day().to_string()),
        span("month-long").child(format::date_long(t(), day)),
    ]));
    let counts = due.map(|d| d.counts.as_slice()).unwrap_or_default();
    let lines = DueKind::ALL.iter().filter_map(|kind| {
        let of: Vec<&DayCount> = counts.iter().filter(|c| c.kind == *kind).collect();
        (!of.is_empty()).then(|| {
            el("li")
                .child(
                    span("month-kind truncate").attr("title", words::due_short(*kind)).child(words::due_short(*kind)),
                )
                .child(span("month-counts").children(of.into_iter().map(|count| number_of(day, count))))
        })
    });
    el("td").class(&class).child(number).child(off).child(el("ul").children(lines.collect::<Vec<_>>()))
}

/// How many, in the colour and shape of their state; a press shows them.
fn number_of(day: NaiveDate, count: &DayCount) -> View {
    let (tone, word) = words::due_state(count.state);
    let day = day.to_string();
    let href = address().href(&[
        (VIEW, None),
        (MONTH, None),
        ("from", Some(&day)),
        ("to", Some(&day)),
        ("kind", Some(count.kind.as_str())),
        ("due", Some(count.state.as_str())),
    ]);
    let label = t().due_many(count.count, words::due_short(count.kind), word);
    link("month-count num", &href)
        .add_class(tone.class())
        .label(&label)
        .attr("title", &label)
        .child(shape(tone))
        .child(format::number(t(), count.count as i64))
}

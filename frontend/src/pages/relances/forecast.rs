//! `/relances/previsions`: a dry run, day by day, with all rules of sending: what leaves, what is held and why.

use chrono::Datelike;
use contract::endpoint::op;
use contract::{
    Forecast, ForecastDay, ForecastQuery, ForecastStep, Nothing, RelanceScopeQuery, SequenceList, SequenceName,
};
use leptos::prelude::*;

use super::shell::{self, shell};
use super::words;
use crate::api::{Load, ask, load, say};
use crate::dom::{View, after, div, el, link, memo, p, react, span};
use crate::frame::{Step, address, href, in_scope, portfolio_scope};
use crate::text::{format, t};
use crate::ui::{Choice, Icon, Tone, empty_state, icon, loaded, segments, select_field, shape};

/// The day that the address names; it is shown first.
const DAY: &str = "day";
const SPANS: [u32; 4] = [7, 14, 30, 92];
const USUAL: u32 = 30;

pub fn page() -> View {
    let (days, sequence, scope) = (address().text("days"), address().text("sequence_id"), portfolio_scope());
    let span_of = memo(move || days.get().parse().ok().filter(|n| SPANS.contains(n)).unwrap_or(USUAL));
    let forecast = load(
        move || (span_of.get(), sequence.get(), scope.get()),
        |(days, sequence, scope)| {
            let portfolio_id = in_scope(scope.as_deref());
            let query = ForecastQuery { days: Some(days), sequence_id: sequence.parse().ok(), portfolio_id };
            ask::<op::ForecastRelances>(Nothing {}, query)
        },
    );
    let sequences = load(|| (), |()| ask::<op::ListSequences>(Nothing {}, RelanceScopeQuery::default()));
    let spans = SPANS.map(|n| Choice::new(n.to_string(), t().relances_days(n.into()))).to_vec();
    let choose = |n: String| address().set(&[("days", Some(&n))], Step::Push);
    let bar = div("list-bar")
        .child(segments(t().relances_forecast_span(), spans, move || span_of.get().to_string(), choose))
        .child(one_sequence(sequences));
    let body = loaded(forecast, 10, |forecast: Forecast| {
        let (days, names) = (&forecast.days, &forecast.sequences);
        let sum = div("row-wide").children(totals(days));
        div("stack").child(sum).child(view(days, names))
    });
    show_day(forecast);
    shell(
        shell::FORECAST,
        t().relances_forecast(),
        t().relances_forecast_lead(),
        View::none(),
        div("stack").child(bar).child(body),
    )
}

fn one_sequence(sequences: Load<SequenceList>) -> View {
    let asked = address().text("sequence_id");
    let chosen = RwSignal::new(asked.get_untracked());
    react(move || chosen.set(asked.get()));
    let mut first = true;
    after(move || {
        let id = chosen.get();
        if !std::mem::take(&mut first) {
            address().set(&[("sequence_id", Some(&id))], Step::Push);
        }
    });
    let choices = move || {
        let all = sequences.value.with(|all| {
            all.iter()
                .flat_map(|all| &all.data)
                .map(|s| Choice::new(s.id.to_string(), s.name.clone()))
                .collect::<Vec<_>>()
        });
        std::iter::once(Choice::new("", t().relances_all_sequences())).chain(all).collect()
    };
    View::from(select_field(t().relances_sequence(), chosen, choices).label_hidden())
}

/// Brings the day of the address into sight, once it is here.
fn show_day(forecast: Load<Forecast>) {
    let day = address().get(DAY);
    after(move || {
        let Some(day) = day.get().filter(|_| forecast.value.with(Option::is_some)) else { return };
        request_animation_frame(move || {
            if let Some(place) = crate::browser::element(&day_id(&day)) {
                place.scroll_into_view();
                let _ = place.focus();
            }
        });
    });
}

fn day_id(day: &str) -> String {
    format!("day-{day}")
}

fn totals(days: &[ForecastDay]) -> Vec<View> {
    let t = t();
    let sum = |of: fn(&ForecastDay) -> u64| days.iter().map(of).sum::<u64>();
    let (mails, calls, letters) = (sum(|d| d.mails), sum(|d| d.calls), sum(|d| d.letters));
    let all = [
        (mails, t.relances_n_mails(mails), Icon::Mail),
        (calls, t.relances_n_calls(calls), Icon::Phone),
        (letters, t.relances_n_letters(letters), Icon::File),
    ];
    let mut parts: Vec<View> = all
        .into_iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(_, said, face)| span("row nowrap strong").child(icon(face)).child(said))
        .collect();
    let waits = sum(|d| d.approvals);
    if waits > 0 {
        parts.push(span("row nowrap tone-unknown").child(shape(Tone::Unknown)).child(t.relances_n_on_consent(waits)));
    }
    let held = sum(|d| d.held);
    if held > 0 {
        parts.push(span("row nowrap tone-at-risk").child(shape(Tone::AtRisk)).child(t.relances_n_held(held)));
    }
    parts
}

/// Days on which something leaves or is held, as cards; the others in one line between them.
pub fn view(days: &[ForecastDay], names: &[SequenceName]) -> View {
    let t = t();
    let quiet = |day: &ForecastDay| leaves(day) + day.approvals + day.held == 0;
    if days.iter().all(quiet) {
        return empty_state(Icon::Calendar, t.relances_forecast_none(), t.relances_forecast_none_detail(), []);
    }
    let most = days.iter().map(leaves).max().unwrap_or(1).max(1);
    let mut lines = Vec::new();
    let mut rest = days;
    while let Some((day, after)) = rest.split_first() {
        if !quiet(day) {
            lines.push(one_day(day, names, most));
            rest = after;
            continue;
        }
        let still = rest.iter().take_while(|day| quiet(day)).count();
        let last = &rest[still - 1];
        let words = if still == 1 {
            t.relances_quiet_day(format::date_long(t, day.day))
        } else {
            t.relances_quiet_days(format::date_long(t, day.day), format::date_long(t, last.day))
        };
        lines.push(el("li").class("day-quiet soft small").child(words));
        rest = &rest[still..];
    }
    el("ol").class("forecast").children(lines)
}

fn leaves(day: &ForecastDay) -> u64 {
    day.mails + day.calls + day.letters
}

fn one_day(day: &ForecastDay, names: &[SequenceName], most: u64) -> View {
    let t = t();
    let weekday = t.weekday(day.day.weekday().number_from_monday() as u8);
    let title = format!("{weekday} {}", format::date_long(t, day.day));
    let bar = span("weight")
        .decorative()
        .child(span("weight-part").style("width", &format!("{}%", (leaves(day) * 100).div_ceil(most))));
    let reason = |count: &contract::OutcomeCount| {
        let to = href(shell::STEPS, &[("outcome", count.code.as_str())]);
        el("li")
            .class("row")
            .add_class(words::outcome_tone(count.code).class())
            .child(shape(words::outcome_tone(count.code)))
            .child(link("", &to).child(say(&count.label)))
            .child(span("num strong").child(format::number(t, count.count as i64)))
    };
    let reasons =
        (!day.reasons.is_empty()).then(|| el("ul").class("reasons small").children(day.reasons.iter().map(reason)));
    let steps = (!day.steps.is_empty()).then(|| {
        el("details")
            .class("chart-table")
            .child(el("summary").child(t.relances_day_detail()))
            .child(by_sequence(&day.steps, names))
    });
    el("li")
        .class("card forecast-day")
        .id(&day_id(&day.day.to_string()))
        .attr("tabindex", "-1")
        .child(
            div("spread")
                .child(el("h3").child(title))
                .child(span("row-wide").child(bar).children(totals(std::slice::from_ref(day)))),
        )
        .child(p("").child(say(&day.summary)))
        .child(reasons)
        .child(steps)
}

fn by_sequence(steps: &[ForecastStep], names: &[SequenceName]) -> View {
    let t = t();
    let row = |step: &ForecastStep| {
        let name = names.iter().find(|n| n.id == step.sequence_id).map_or("–", |n| n.name.as_str());
        el("tr")
            .child(
                el("th")
                    .attr("scope", "row")
                    .class("wraps")
                    .child(link("row-link", &format!("{}/{}", shell::SEQUENCES, step.sequence_id)).child(name)),
            )
            .child(el("td").child(words::channel(step.channel)))
            .child(el("td").child(words::outcome(step.code)))
            .child(el("td").class("num").child(format::number(t, step.count as i64)))
    };
    let head = [
        (t.relances_sequence(), ""),
        (t.relance_channel(), ""),
        (t.relance_outcome(), ""),
        (t.relances_dossiers(), "num"),
    ]
    .map(|(label, class)| el("th").attr("scope", "col").class(class).child(label));
    let table = el("table")
        .class("table plain-table")
        .label(t.relances_day_detail())
        .child(el("thead").child(el("tr").children(head)))
        .child(el("tbody").children(steps.iter().map(row)));
    div("scroll-x").attr("tabindex", "0").attr("role", "region").label(t.relances_day_detail()).child(table)
}

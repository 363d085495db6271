//! Score and states of the dossiers in sight, day after day.

use chrono::{Days, NaiveDate};
use contract::endpoint::op;
use contract::{Nothing, Trend, TrendPoint, TrendQuery};
use leptos::prelude::*;

use super::counted;
use crate::api::{ask, load};
use crate::browser::now;
use crate::dom::{View, div, el, p, span};
use crate::frame::{Step, address};
use crate::text::{format, t};
use crate::ui::{Choice, Curve, Reading, TimeChart, chart_note, loaded, segments};

/// The parameter of the address that says how far back.
const RANGE: &str = "days";
const RANGES: [u64; 3] = [30, 90, 365];
const USUAL: u64 = 90;

pub(super) fn today() -> NaiveDate {
    format::paris(now()).date()
}

fn range() -> Memo<u64> {
    let asked = address().text(RANGE);
    crate::dom::memo(move || asked.with(|text| text.parse().ok()).filter(|n| RANGES.contains(n)).unwrap_or(USUAL))
}

pub fn card(scope: Memo<Option<String>>) -> View {
    let days = range();
    let trend = load(
        move || (scope.get(), days.get()),
        |(portfolio_id, days)| {
            let from = today().checked_sub_days(Days::new(days));
            ask::<op::ReadTrend>(Nothing {}, TrendQuery { portfolio_id, from, to: None })
        },
    );
    let choices = RANGES.map(|n| Choice::new(n.to_string(), t().trend_days(n))).to_vec();
    let change = |chosen: String| {
        let usual = chosen == USUAL.to_string();
        address().set(&[(RANGE, (!usual).then_some(&chosen))], Step::Replace);
    };
    let head = div("spread").child(el("h2").child(t().trend_title())).child(segments(
        t().trend_range(),
        choices,
        move || days.get().to_string(),
        change,
    ));
    el("section").class("card progress-card").attr("aria-label", t().trend_title()).child(head).child(loaded(
        trend,
        8,
        |trend| content(&trend),
    ))
}

/// Scores in tenths.
fn scores(points: &[TrendPoint]) -> Vec<(NaiveDate, i64)> {
    points.iter().filter_map(|p| Some((p.on, (p.score? * 10.0).round() as i64))).collect()
}

/// An axis around the scores: wide enough that a point is a small step.
fn axis(scores: &[(NaiveDate, i64)]) -> (i64, i64) {
    const STEP: i64 = 100;
    let (low, high) = scores.iter().fold((1000, 0), |(low, high), (_, v)| (low.min(*v), high.max(*v)));
    (low.min(999) / STEP * STEP, (high.div_euclid(STEP) + 1).min(1000 / STEP) * STEP)
}

fn content(trend: &Trend) -> View {
    let t = t();
    let scores = scores(&trend.points);
    let (Some((first, before)), Some((_, now))) = (scores.first().copied(), scores.last().copied()) else {
        return chart_note(t.trend_none());
    };
    if scores.len() < 2 {
        let begins = if first == today() { t.trend_begins().to_owned() } else { t.trend_one(format::date(t, first)) };
        return div("stack-tight")
            .child(p("figure-number num").child(t.trend_score_now(format::tenths(t, now))))
            .child(chart_note(&begins));
    }
    let moved = now - before;
    let sign = if moved > 0 { "+" } else { "" };
    let tone = match moved {
        0 => "delta num",
        1.. => "delta delta-up num",
        _ => "delta delta-down num",
    };
    let said = p("trend-said")
        .child(span(tone).child(t.trend_points(format!("{sign}{}", format::tenths(t, moved)))))
        .child(" ")
        .child(span("soft").child(t.trend_since(format::date(t, first))));
    let (low, high) = axis(&scores);
    let readings = trend
        .points
        .iter()
        .filter_map(|p| Some(Reading { on: p.on, values: vec![format::tenths(t, (p.score? * 10.0).round() as i64)] }))
        .collect();
    let score = TimeChart::new(t.trend_score(), first, trend.to)
        .between(low, high)
        .line(Curve { class: "chart-main", points: scores, daily: true })
        .readings(vec![t.fact_score().to_owned()], readings);
    let columns = counted(&contract::StateCounts::default()).map(|(tone, _, _)| tone.label().to_owned()).to_vec();
    let readings = trend
        .points
        .iter()
        .map(|p| Reading { on: p.on, values: counted(&p.states).map(|(_, _, n)| format::number(t, n as i64)).to_vec() })
        .collect();
    let most = trend.points.iter().map(|p| p.dossiers as i64 * 10).max().unwrap_or(0);
    let mut states = TimeChart::new(t.cockpit_states(), first, trend.to).between(0, most.max(10));
    for (place, (tone, _, _)) in counted(&contract::StateCounts::default()).into_iter().enumerate() {
        let points = trend.points.iter().map(|p| (p.on, counted(&p.states)[place].2 as i64 * 10)).collect();
        states = states.layer(Curve { class: tone.class(), points, daily: true });
    }
    let keys = counted(&contract::StateCounts::default()).map(|(tone, _, _)| (tone.class(), tone.label())).to_vec();
    let states = states.readings(columns, readings).keys(keys);
    div("stack-wide").child(said).child(score).child(View::from(states).add_class("figure-low"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_frames_the_scores() {
        let at = |values: &[i64]| axis(&values.iter().map(|v| (NaiveDate::default(), *v)).collect::<Vec<_>>());
        assert_eq!(at(&[583, 762]), (500, 800));
        assert_eq!(at(&[0, 1000]), (0, 1000));
        assert_eq!(at(&[600, 600]), (600, 700));
        assert_eq!(at(&[1000]), (900, 1000));
    }
}

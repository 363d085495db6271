//! Figures drawn by hand in SVG. Every chart says its numbers in words or in a table too.

use std::fmt::Write;

use leptos::prelude::*;

use super::badge::{Tone, shape};
use crate::text::{format, t};

/// A score out of 100 on a half circle. No score is not zero: the arc stays hatched grey.
#[component]
pub fn ScoreGauge(
    #[prop(into)] score: Signal<Option<u8>>,
    #[prop(into)] tone: Signal<Tone>,
    /// For a line of a table or the head of a panel.
    #[prop(optional)]
    small: bool,
) -> AnyView {
    // The half circle of radius 42 is 132 long (π · 42 rounded); the dash is the part that is reached.
    const LENGTH: f64 = std::f64::consts::PI * 42.0;
    let dash = move || {
        let reached = f64::from(score.get().unwrap_or(0).min(100)) / 100.0 * LENGTH;
        format!("{reached:.1} {LENGTH:.1}")
    };
    let label = move || match score.get() {
        Some(score) => t().gauge_label(score.to_string()),
        None => t().gauge_unknown().to_owned(),
    };
    view! {
        <div class=move || format!("gauge {}", tone.get().class()) class:gauge-small=small role="img" aria-label=label>
            <svg viewBox="0 0 100 56" aria-hidden="true">
                <path class="gauge-track" class:gauge-unknown=move || score.get().is_none() d="M8 50a42 42 0 0 1 84 0" />
                <path class="gauge-value" class:hidden=move || score.get().is_none_or(|s| s == 0) d="M8 50a42 42 0 0 1 84 0" stroke-dasharray=dash />
            </svg>
            <span class="gauge-number num" aria-hidden="true">
                {move || score.get().map_or("–".to_owned(), |score| score.to_string())}
            </span>
            {(!small).then(|| view! { <span class="gauge-unit faint small" aria-hidden="true">{t().gauge_of()}</span> })}
        </div>
    }
    .into_any()
}

#[derive(Clone, PartialEq)]
pub struct Point {
    pub label: String,
    /// None: not measured that day. The line breaks there.
    pub value: Option<f64>,
}

/// A value over time. `goal` draws a dashed line (100, or the number of dossiers to have ready).
#[component]
pub fn TrendLine(
    #[prop(into)] label: String,
    #[prop(into)] points: Signal<Vec<Point>>,
    #[prop(optional)] goal: Option<f64>,
    /// A line in a row of a table, without axis and table.
    #[prop(optional)]
    spark: bool,
) -> AnyView {
    const W: f64 = 400.0;
    const H: f64 = 100.0;
    let bounds = Memo::new(move |_| {
        points.with(|points| {
            let values = points.iter().filter_map(|p| p.value).chain(goal);
            let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
            if low > high {
                return (0.0, 1.0);
            }
            // A chart of counts starts at zero, a spark shows its movement.
            let low = if spark { low } else { 0.0 };
            (low, if high - low < 1.0 { low + 1.0 } else { high })
        })
    });
    let y = move |value: f64| {
        let (low, high) = bounds.get();
        H - 3.0 - (value - low) / (high - low) * (H - 6.0)
    };
    let path = move || {
        points.with(|points| {
            let step = if points.len() > 1 { W / (points.len() - 1) as f64 } else { 0.0 };
            let (mut path, mut pen_down) = (String::new(), false);
            for (at, point) in points.iter().enumerate() {
                let Some(value) = point.value else {
                    pen_down = false;
                    continue;
                };
                let _ = write!(path, "{}{:.1} {:.1}", if pen_down { 'L' } else { 'M' }, step * at as f64, y(value));
                pen_down = true;
            }
            path
        })
    };
    let goal_line = goal.map(|goal| view! { <path class="trend-goal" d=move || format!("M0 {0:.1}H{W}", y(goal)) /> });
    let summary = {
        let label = label.clone();
        move || {
            points.with(|points| {
                let mut out = label.clone();
                let measured: Vec<&Point> = points.iter().filter(|p| p.value.is_some()).collect();
                if let (Some(first), Some(last)) = (measured.first(), measured.last()) {
                    for point in [first, last] {
                        let _ = write!(out, " · {} : {}", point.label, show(point.value.unwrap_or_default()));
                    }
                }
                out
            })
        }
    };
    let svg = view! {
        <svg class="trend" class:trend-spark=spark viewBox="0 0 400 100" preserveAspectRatio="none" role="img" aria-label=summary>
            {goal_line}
            <path class="trend-line" d=path vector-effect="non-scaling-stroke" />
        </svg>
    }
    .into_any();
    if spark {
        return svg;
    }
    let ends = move || {
        points.with(|points| {
            let label = |p: Option<&Point>| p.map(|p| p.label.clone()).unwrap_or_default();
            view! { <span>{label(points.first())}</span> <span>{label(points.last())}</span> }
        })
    };
    let rows = move || {
        points
            .get()
            .into_iter()
            .map(|point| {
                let value = point.value.map_or("–".to_owned(), show);
                view! { <tr><th scope="row">{point.label}</th><td class="num">{value}</td></tr> }
            })
            .collect_view()
    };
    view! {
        <figure class="figure">
            <figcaption class="strong">{label}</figcaption>
            <div class="trend-box">
                <span class="trend-top faint small num" aria-hidden="true">{move || show(bounds.get().1)}</span>
                {svg}
            </div>
            <div class="spread faint small" aria-hidden="true">{ends}</div>
            <details class="chart-table">
                <summary>{t().chart_table()}</summary>
                <table class="table">
                    <thead><tr><th scope="col">{t().chart_period()}</th><th scope="col" class="num">{t().chart_value()}</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </details>
        </figure>
    }
    .into_any()
}

/// Whole numbers as they are, others with one decimal.
fn show(value: f64) -> String {
    format::tenths(t(), (value * 10.0).round() as i64)
}

#[derive(Clone, PartialEq)]
pub struct Segment {
    pub tone: Tone,
    pub label: String,
    pub count: u64,
    /// Exactly the rows that were counted.
    pub href: String,
}

/// Parts of a whole as one bar; each part, and its line in the legend, leads to its rows.
#[component]
pub fn StackedBar(#[prop(into)] label: String, #[prop(into)] segments: Signal<Vec<Segment>>) -> AnyView {
    let part = |segment: Segment| {
        let (count, class) = (segment.count, format!("bar-part {}", segment.tone.class()));
        let name = format!("{} : {}", segment.label, format::number(t(), count as i64));
        // The legend below has the same links with words; the bar is for the pointer.
        view! { <a class=class href=segment.href title=name tabindex="-1" style:flex-grow=count.to_string()></a> }
            .into_any()
    };
    let line = |segment: Segment| {
        let class = format!("legend {}", segment.tone.class());
        view! {
            <li>
                <a class=class href=segment.href>
                    {shape(segment.tone)}
                    <span>{segment.label}</span>
                    <strong class="num">{format::number(t(), segment.count as i64)}</strong>
                </a>
            </li>
        }
        .into_any()
    };
    view! {
        <div class="stacked" role="group" aria-label=label>
            <div class="bar" aria-hidden="true">
                {move || segments.get().into_iter().filter(|s| s.count > 0).map(part).collect_view()}
            </div>
            <ul class="legends">{move || segments.get().into_iter().map(line).collect_view()}</ul>
        </div>
    }
    .into_any()
}

//! Figures drawn by hand in SVG. Every chart says its numbers in words or in a table too.

use super::badge::{Tone, shape};
use crate::dom::{View, div, el, link, p, span, svg};
use crate::text::{format, t};

/// A score out of 100 on a half circle. No score is not zero: the arc stays dashed grey.
pub fn score_gauge(score: Option<u8>, tone: Tone) -> View {
    let score = score.map(|score| score.min(100));
    let label = match score {
        Some(score) => t().gauge_label(score.to_string()),
        None => t().gauge_unknown().to_owned(),
    };
    const ARC: &str = "M8 50a42 42 0 0 1 84 0";
    let track = svg("path").class(if score.is_none() { "gauge-track gauge-unknown" } else { "gauge-track" });
    let value = score.filter(|score| *score > 0).map(|score| {
        // With a path length of 100 the dash is the score itself.
        svg("path")
            .class("gauge-value")
            .attr("d", ARC)
            .attr("pathLength", "100")
            .attr("stroke-dasharray", &format!("{score} 100"))
    });
    let arc = svg("svg").attr("viewBox", "0 0 100 56").decorative().child(track.attr("d", ARC)).child(value);
    let number = score.map_or("–".to_owned(), |score| score.to_string());
    div("gauge")
        .add_class(tone.class())
        .attr("role", "img")
        .label(&label)
        .child(arc)
        .child(span("gauge-number num").decorative().child(number))
        .child(span("gauge-unit faint small").decorative().child(t().gauge_of()))
}

/// For a line of a table or the head of a panel.
pub fn score_gauge_small(score: Option<u8>, tone: Tone) -> View {
    score_gauge(score, tone).add_class("gauge-small")
}

#[derive(Clone, PartialEq)]
pub struct Point {
    pub label: String,
    /// None: not measured that day. The line breaks there. Tenths, so that counts and scores both fit.
    pub tenths: Option<i64>,
}

impl Point {
    pub fn new(label: impl Into<String>, value: Option<i64>) -> Point {
        Point { label: label.into(), tenths: value.map(|value| value * 10) }
    }

    fn show(&self) -> String {
        self.tenths.map_or("–".to_owned(), |tenths| format::tenths(t(), tenths))
    }
}

const WIDTH: i64 = 400;
const HEIGHT: i64 = 100;
/// Room for the width of the line at both edges.
const MARGIN: i64 = 3;

struct Scale {
    low: i64,
    high: i64,
}

impl Scale {
    /// A chart of counts starts at zero, a spark shows its movement.
    fn of(points: &[Point], goal: Option<i64>, from_zero: bool) -> Scale {
        let values = || points.iter().filter_map(|p| p.tenths).chain(goal.map(|goal| goal * 10));
        let low = if from_zero { 0 } else { values().min().unwrap_or(0) };
        Scale { low, high: values().max().unwrap_or(0).max(low + 10) }
    }

    fn y(&self, tenths: i64) -> i64 {
        HEIGHT - MARGIN - (tenths - self.low) * (HEIGHT - 2 * MARGIN) / (self.high - self.low)
    }

    fn line(&self, points: &[Point]) -> String {
        let last = points.len().saturating_sub(1).max(1) as i64;
        let (mut path, mut pen_down) = (String::new(), false);
        for (at, point) in points.iter().enumerate() {
            let Some(tenths) = point.tenths else {
                pen_down = false;
                continue;
            };
            path.push(if pen_down { 'L' } else { 'M' });
            path.push_str(&(at as i64 * WIDTH / last).to_string());
            path.push(' ');
            path.push_str(&self.y(tenths).to_string());
            pen_down = true;
        }
        path
    }
}

fn plot(label: &str, points: &[Point], scale: &Scale, goal: Option<i64>) -> View {
    let mut summary = label.to_owned();
    let mut measured = points.iter().filter(|p| p.tenths.is_some());
    for point in [measured.next(), measured.next_back()].into_iter().flatten() {
        summary.push_str(&format!(" · {} : {}", point.label, point.show()));
    }
    let goal =
        goal.map(|goal| svg("path").class("trend-goal").attr("d", &format!("M0 {}H{WIDTH}", scale.y(goal * 10))));
    svg("svg")
        .class("trend")
        .attr("viewBox", "0 0 400 100")
        .attr("preserveAspectRatio", "none")
        .attr("role", "img")
        .label(&summary)
        .child(goal)
        .child(svg("path").class("trend-line").attr("d", &scale.line(points)))
}

/// A line in a row of a table or beside a figure, without axis and table.
pub fn spark(label: &str, points: &[Point]) -> View {
    plot(label, points, &Scale::of(points, None, false), None).add_class("trend-spark")
}

/// A value over time. `goal` draws a dashed line (100, or the number of dossiers to have ready).
pub fn trend_line(label: &str, points: &[Point], goal: Option<i64>) -> View {
    let scale = Scale::of(points, goal, true);
    let end = |point: Option<&Point>| span("").child(point.map(|p| p.label.as_str()));
    let row = |point: &Point| {
        el("tr")
            .child(el("th").attr("scope", "row").child(&point.label))
            .child(el("td").class("num").child(point.show()))
    };
    let head = el("tr")
        .child(el("th").attr("scope", "col").child(t().chart_period()))
        .child(el("th").attr("scope", "col").class("num").child(t().chart_value()));
    let table =
        el("table").class("table").child(el("thead").child(head)).child(el("tbody").children(points.iter().map(row)));
    let top = span("trend-top faint small num").decorative().child(format::tenths(t(), scale.high));
    el("figure")
        .class("figure")
        .child(el("figcaption").class("strong").child(label))
        .child(div("trend-box").child(top).child(plot(label, points, &scale, goal)))
        .child(div("spread faint small").decorative().child(end(points.first())).child(end(points.last())))
        .child(el("details").class("chart-table").child(el("summary").child(t().chart_table())).child(table))
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
pub fn stacked_bar(label: &str, segments: &[Segment]) -> View {
    let number = |segment: &Segment| format::number(t(), segment.count as i64);
    // The legend below has the same links with words; the bar is for the pointer.
    let part = |segment: &Segment| {
        link("bar-part", &segment.href)
            .add_class(segment.tone.class())
            .attr("tabindex", "-1")
            .attr("title", &format!("{} : {}", segment.label, number(segment)))
            .style("flex-grow", &segment.count.to_string())
    };
    let line = |segment: &Segment| {
        let words = link("legend", &segment.href)
            .add_class(segment.tone.class())
            .child(shape(segment.tone))
            .child(span("").child(&segment.label))
            .child(el("strong").class("num").child(number(segment)));
        el("li").child(words)
    };
    div("stacked")
        .attr("role", "group")
        .label(label)
        .child(div("bar").decorative().children(segments.iter().filter(|s| s.count > 0).map(part)))
        .child(el("ul").class("legends").children(segments.iter().map(line)))
}

/// A change since last week, with its sign.
pub fn delta(change: i64) -> View {
    let direction = match change {
        0 => "delta num",
        1.. => "delta delta-up num",
        _ => "delta delta-down num",
    };
    p(direction).child(format::signed(t(), change))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_breaks_where_nothing_was_measured() {
        let points =
            [Point::new("a", Some(0)), Point::new("b", Some(50)), Point::new("c", None), Point::new("d", Some(100))];
        let scale = Scale::of(&points, None, true);
        assert_eq!(scale.line(&points), "M0 97L133 50M400 3");
    }

    #[test]
    fn a_flat_or_empty_series_still_has_a_scale() {
        let points = [Point::new("a", Some(7)), Point::new("b", Some(7))];
        assert_eq!(Scale::of(&points, None, false).line(&points), "M0 97L400 97");
        assert_eq!(Scale::of(&[], None, true).line(&[]), "");
    }
}

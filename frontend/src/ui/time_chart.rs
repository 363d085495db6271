//! Values over the days of a calendar: lines, layers, what is still to come. Every day can be read by pointer and by
//! arrow keys, and all of them stand in a table.

use std::rc::Rc;

use chrono::NaiveDate;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::MouseEvent;

use crate::dom::{View, div, el, p, span, svg};
use crate::text::{format, t};

const WIDTH: i64 = 1000;
const HEIGHT: i64 = 240;
/// Rows of the table: the browser needs no more to find any of them.
const TABLE_ROWS: usize = 400;

/// A value of each day, oldest first; tenths, so that counts and scores both fit.
#[derive(Clone)]
pub struct Curve {
    /// How it is drawn: a name of the style sheets.
    pub class: &'static str,
    pub points: Vec<(NaiveDate, i64)>,
    /// A day without a value breaks the line; otherwise it goes straight on.
    pub daily: bool,
}

/// From where things stand to the days between which they may end.
#[derive(Clone, Copy)]
pub struct Fan {
    pub from: (NaiveDate, i64),
    pub earliest: NaiveDate,
    pub latest: NaiveDate,
    pub value: i64,
}

/// What is read of a day.
#[derive(Clone)]
pub struct Reading {
    pub on: NaiveDate,
    pub values: Vec<String>,
}

pub struct TimeChart {
    label: String,
    from: NaiveDate,
    to: NaiveDate,
    low: i64,
    high: i64,
    lines: Vec<Curve>,
    layers: Vec<Curve>,
    fan: Option<Fan>,
    marks: Vec<(NaiveDate, String)>,
    columns: Vec<String>,
    readings: Vec<Reading>,
    keys: Vec<(&'static str, &'static str)>,
}

/// Runs of values without a missing day between them.
fn runs(curve: &Curve) -> Vec<&[(NaiveDate, i64)]> {
    if !curve.daily {
        return if curve.points.is_empty() { Vec::new() } else { vec![&curve.points] };
    }
    curve.points.chunk_by(|a, b| (b.0 - a.0).num_days() <= 1).collect()
}

/// A round figure at or above a value, whose half is a whole number: the axis names both.
fn round_up(tenths: i64) -> i64 {
    let mut scale = 10;
    loop {
        for unit in [2 * scale, 4 * scale, 10 * scale] {
            if tenths <= 5 * unit {
                return (tenths.max(1) + unit - 1) / unit * unit;
            }
        }
        scale *= 10;
    }
}

impl TimeChart {
    /// From one day to another, from zero to the highest value unless told.
    pub fn new(label: impl Into<String>, from: NaiveDate, to: NaiveDate) -> TimeChart {
        TimeChart {
            label: label.into(),
            from,
            to,
            low: 0,
            high: 0,
            lines: Vec::new(),
            layers: Vec::new(),
            fan: None,
            marks: Vec::new(),
            columns: Vec::new(),
            readings: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// The ends of the axis, in tenths.
    pub fn between(self, low: i64, high: i64) -> TimeChart {
        TimeChart { low, high, ..self }
    }

    pub fn line(mut self, curve: Curve) -> TimeChart {
        self.lines.push(curve);
        self
    }

    /// Values that lie on those of the layer before.
    pub fn layer(mut self, curve: Curve) -> TimeChart {
        self.layers.push(curve);
        self
    }

    pub fn fan(self, fan: Option<Fan>) -> TimeChart {
        TimeChart { fan, ..self }
    }

    /// A day that matters, with its name.
    pub fn mark(mut self, on: NaiveDate, label: impl Into<String>) -> TimeChart {
        self.marks.push((on, label.into()));
        self
    }

    /// What is read of each day, oldest first, under these names.
    pub fn readings(self, columns: Vec<String>, readings: Vec<Reading>) -> TimeChart {
        TimeChart { columns, readings, ..self }
    }

    /// What each line or colour stands for: its class and its name.
    pub fn keys(self, keys: Vec<(&'static str, &'static str)>) -> TimeChart {
        TimeChart { keys, ..self }
    }

    fn x(&self, day: NaiveDate) -> i64 {
        let days = (self.to - self.from).num_days().max(1);
        ((day - self.from).num_days() * WIDTH / days).clamp(0, WIDTH)
    }

    fn y(&self, tenths: i64) -> i64 {
        HEIGHT - (tenths - self.low) * HEIGHT / (self.high - self.low).max(1)
    }

    fn path(&self, curve: &Curve) -> String {
        let mut path = String::new();
        for run in runs(curve) {
            for (at, (day, value)) in run.iter().enumerate() {
                let pen = if at == 0 { 'M' } else { 'L' };
                path.push_str(&format!("{pen}{} {}", self.x(*day), self.y(*value)));
            }
            // A day alone is a dot: the end of a line that goes nowhere is round.
            if run.len() == 1 {
                path.push_str("h0");
            }
        }
        path
    }

    /// The outline of a layer between what lies below it and its own top, both by day.
    fn outline(&self, below: &[(NaiveDate, i64)], curve: &Curve) -> String {
        let height = |day: NaiveDate| {
            let at = below.binary_search_by_key(&day, |(d, _)| *d);
            at.map_or(0, |at| below[at].1)
        };
        let mut path = String::new();
        for run in runs(curve) {
            for (at, (day, value)) in run.iter().enumerate() {
                let pen = if at == 0 { 'M' } else { 'L' };
                path.push_str(&format!("{pen}{} {}", self.x(*day), self.y(height(*day) + value)));
            }
            for (day, _) in run.iter().rev() {
                path.push_str(&format!("L{} {}", self.x(*day), self.y(height(*day))));
            }
            path.push('Z');
        }
        path
    }

    fn drawing(&self) -> View {
        let grid: String =
            [0, HEIGHT / 2, HEIGHT].iter().map(|y| format!("M0 {y}H{WIDTH}")).collect::<Vec<_>>().concat();
        let mut out = svg("svg")
            .class("chart-plot")
            .attr("viewBox", &format!("0 0 {WIDTH} {HEIGHT}"))
            .attr("preserveAspectRatio", "none")
            .decorative()
            .child(svg("path").class("chart-grid").attr("d", &grid));
        let mut below: Vec<(NaiveDate, i64)> = Vec::new();
        for layer in &self.layers {
            out = out
                .child(svg("path").class("chart-layer").add_class(layer.class).attr("d", &self.outline(&below, layer)));
            let add = |(day, value): &(NaiveDate, i64)| {
                let at = below.binary_search_by_key(day, |(d, _)| *d);
                (*day, value + at.map_or(0, |at| below[at].1))
            };
            below = layer.points.iter().map(add).collect();
        }
        if let Some(fan) = self.fan {
            let (x, y, top) = (self.x(fan.from.0), self.y(fan.from.1), self.y(fan.value));
            let d = format!("M{x} {y}L{} {top}H{}Z", self.x(fan.earliest), self.x(fan.latest));
            out = out.child(svg("path").class("chart-fan").attr("d", &d));
        }
        for (day, _) in &self.marks {
            out = out.child(svg("path").class("chart-mark").attr("d", &format!("M{} 0V{HEIGHT}", self.x(*day))));
        }
        for line in &self.lines {
            out = out.child(svg("path").class("chart-line").add_class(line.class).attr("d", &self.path(line)));
        }
        out
    }

    fn table(&self) -> View {
        let column = |name: &str, class: &str| el("th").attr("scope", "col").class(class).child(name);
        let head = el("tr")
            .child(column(t().chart_period(), ""))
            .children(self.columns.iter().map(|name| column(name, "num")));
        let row = |reading: &Reading| {
            el("tr")
                .child(el("th").attr("scope", "row").child(format::date(t(), reading.on)))
                .children(reading.values.iter().map(|value| el("td").class("num").child(value)))
        };
        let body = el("tbody").children(self.readings.iter().rev().take(TABLE_ROWS).map(row));
        let table = el("table").class("table").label(&self.label).child(el("thead").child(head)).child(body);
        let room = div("chart-table-room").attr("tabindex", "0").attr("role", "group").label(&self.label).child(table);
        el("details").class("chart-table").child(el("summary").child(t().chart_table())).child(room)
    }

    /// "12/10/2026 · Score 61,4"
    fn said(&self, at: usize) -> String {
        let Some(reading) = self.readings.get(at) else { return String::new() };
        let values = self.columns.iter().zip(&reading.values).map(|(name, value)| t().chart_reading(name, value));
        std::iter::once(format::date(t(), reading.on)).chain(values).collect::<Vec<_>>().join(" · ")
    }
}

/// The day read by the pointer or the keys: the last one until then.
fn reader(chart: &Rc<TimeChart>, plot: View, at: RwSignal<usize>) -> View {
    let last = chart.readings.len().saturating_sub(1);
    if last == 0 {
        return plot.attr("role", "img").label(&format!("{} : {}", chart.label, chart.said(0)));
    }
    let (near, said) = (chart.clone(), chart.clone());
    let here = plot.html().clone();
    let point = move |ev: &MouseEvent| {
        let area = here.get_bounding_client_rect();
        let share = (f64::from(ev.client_x()) - area.left()) / area.width().max(1.0);
        let wanted = (share * WIDTH as f64) as i64;
        let nearest = (0..=last).min_by_key(|i| (near.x(near.readings[*i].on) - wanted).abs());
        at.set(nearest.unwrap_or(last));
    };
    plot.attr("role", "slider")
        .attr("tabindex", "0")
        .label(&chart.label)
        .attr("aria-valuemin", "0")
        .attr("aria-valuemax", &last.to_string())
        .attr_of("aria-valuenow", move || at.get().to_string())
        .attr_of("aria-valuetext", move || said.said(at.get()))
        .on("pointermove", move |ev| point(ev.unchecked_ref()))
        .on("pointerleave", move |_| at.set(last))
        .on_key(move |ev| {
            let now = at.get_untracked();
            let next = match ev.key().as_str() {
                "ArrowLeft" | "ArrowDown" => now.saturating_sub(1),
                "ArrowRight" | "ArrowUp" => (now + 1).min(last),
                "PageDown" => now.saturating_sub(7),
                "PageUp" => (now + 7).min(last),
                "Home" => 0,
                "End" => last,
                _ => return,
            };
            ev.prevent_default();
            at.set(next);
        })
}

impl From<TimeChart> for View {
    fn from(mut chart: TimeChart) -> View {
        if chart.high <= chart.low {
            let tops = chart.lines.iter().flat_map(|c| &c.points).map(|(_, v)| *v);
            chart.high = round_up(tops.max().unwrap_or(0)).max(chart.low + 10);
        }
        let chart = Rc::new(chart);
        let at = RwSignal::new(chart.readings.len().saturating_sub(1));
        let axis = [chart.high, (chart.high + chart.low) / 2, chart.low].map(|value| {
            // Half of an odd count is no count.
            let words = if value % 10 == 0 { format::tenths(t(), value) } else { String::new() };
            span("").child(words)
        });
        let marks = chart.marks.iter().map(|(day, label)| {
            let share = chart.x(*day) * 100 / WIDTH;
            let words = span("chart-mark-label small").style("left", &format!("{share}%")).child(label);
            if share > 60 { words.add_class("chart-mark-before") } else { words }
        });
        let (here, words) = (chart.clone(), chart.clone());
        let cursor = span("chart-cursor").style_of("left", move || {
            let x = here.readings.get(at.get()).map_or(0, |reading| here.x(reading.on));
            format!("{}%", x as f64 / 10.0)
        });
        let plot = div("chart-area").child(chart.drawing()).children(marks);
        let plot = if chart.readings.len() > 1 { plot.child(cursor) } else { plot };
        let plot = reader(&chart, plot, at);
        let days = [chart.from, chart.from + (chart.to - chart.from) / 2, chart.to];
        let days = days.map(|day| span("").child(format::date(t(), day)));
        let head = div("chart-head")
            .child(span("strong").child(&chart.label))
            .child(span("chart-reading soft small").decorative().text_of(move || words.said(at.get())));
        let body = div("chart-body")
            .child(div("chart-axis faint small num").decorative().children(axis))
            .child(div("chart-room").child(plot).child(div("spread faint small num").decorative().children(days)));
        el("figure").class("figure").child(head).child(body).child(legend(&chart.keys)).child(chart.table())
    }
}

fn legend(keys: &[(&'static str, &'static str)]) -> Option<View> {
    let one = |(class, label): &(&str, &str)| {
        el("li").class("chart-key").child(span("chart-swatch").add_class(class).decorative()).child(*label)
    };
    (!keys.is_empty()).then(|| el("ul").class("chart-legend soft small").children(keys.iter().map(one)))
}

/// Nothing to draw yet, said in the place of the chart.
pub fn chart_note(words: &str) -> View {
    p("chart-note soft").child(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, n).expect("a day of the calendar")
    }

    fn curve(points: &[(u32, i64)], daily: bool) -> Curve {
        Curve { class: "", points: points.iter().map(|(d, v)| (day(*d), *v)).collect(), daily }
    }

    #[test]
    fn a_line_breaks_where_a_day_is_missing() {
        let chart = TimeChart::new("", day(1), day(11)).between(0, 1000);
        assert_eq!(chart.path(&curve(&[(1, 0), (2, 500), (11, 1000)], true)), "M0 240L100 120M1000 0h0");
        assert_eq!(chart.path(&curve(&[(1, 0), (11, 1000)], false)), "M0 240L1000 0");
        assert_eq!(chart.path(&curve(&[], true)), "");
    }

    #[test]
    fn layers_lie_on_each_other() {
        let chart = TimeChart::new("", day(1), day(2)).between(0, 100);
        let below: Vec<_> = curve(&[(1, 40), (2, 60)], true).points;
        assert_eq!(chart.outline(&below, &curve(&[(1, 60), (2, 40)], true)), "M0 0L1000 0L1000 96L0 144Z");
    }

    #[test]
    fn the_axis_ends_at_a_round_figure() {
        for (value, end) in [(0, 20), (70, 80), (100, 100), (4_120, 5_000), (5_000, 5_000), (99_990, 100_000)] {
            assert_eq!(round_up(value), end, "{value}");
        }
    }
}

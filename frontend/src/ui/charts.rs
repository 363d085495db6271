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

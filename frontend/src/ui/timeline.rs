//! What happened to one thing, newest first.

use super::badge::Tone;
use super::icon::{Icon, icon};
use crate::dom::{View, div, el, p, span};
use crate::text::t;

#[derive(Clone)]
pub struct Event {
    pub icon: Icon,
    pub tone: Option<Tone>,
    /// As the reader wants it: "il y a 3 min"; the exact moment is in `exact`.
    pub when: String,
    pub exact: String,
    pub who: String,
    pub what: String,
    pub detail: Option<String>,
}

pub fn timeline(events: Vec<Event>) -> View {
    let one = |event: Event| {
        let dot = span("timeline-dot").child(icon(event.icon));
        let dot = match event.tone {
            Some(tone) => dot.add_class(tone.class()),
            None => dot,
        };
        let who = if event.who.is_empty() { String::new() } else { format!(" · {}", t().timeline_by(&event.who)) };
        let words = div("grow")
            .child(p("").child(event.what))
            .child(event.detail.map(|detail| p("soft small").child(detail)))
            .child(p("faint small").child(el("time").attr("title", &event.exact).child(event.when)).child(who));
        el("li").class("timeline-event").child(dot).child(words)
    };
    el("ol").class("timeline").children(events.into_iter().map(one))
}

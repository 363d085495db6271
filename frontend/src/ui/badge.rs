//! States: a colour, a shape and a word, so that none of the three is needed alone.

use crate::dom::{View, span, svg};
use crate::text::{format, t};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    Ready,
    OnTrack,
    AtRisk,
    Late,
    /// Never green: what is not known is not fine.
    Unknown,
}

impl Tone {
    pub const ALL: [Tone; 5] = [Tone::Ready, Tone::OnTrack, Tone::AtRisk, Tone::Late, Tone::Unknown];

    pub fn class(self) -> &'static str {
        match self {
            Tone::Ready => "tone-ready",
            Tone::OnTrack => "tone-on-track",
            Tone::AtRisk => "tone-at-risk",
            Tone::Late => "tone-late",
            Tone::Unknown => "tone-unknown",
        }
    }

    pub fn label(self) -> &'static str {
        let t = t();
        match self {
            Tone::Ready => t.state_ready(),
            Tone::OnTrack => t.state_on_track(),
            Tone::AtRisk => t.state_at_risk(),
            Tone::Late => t.state_late(),
            Tone::Unknown => t.state_unknown(),
        }
    }
}

/// Disc, ring, triangle, square, hatched disc.
pub fn shape(tone: Tone) -> View {
    let path = match tone {
        Tone::Ready => "M5 .5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9z",
        Tone::OnTrack => "M5 1.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z",
        Tone::AtRisk => "M5 .7l4.7 8.6H.3z",
        Tone::Late => "M1 1h8v8H1z",
        Tone::Unknown => "M5 1.2a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6M1.9 5.3L5.3 1.9M2.5 7.5l5-5M4.7 8.1l3.4-3.4",
    };
    let class = match tone {
        Tone::OnTrack | Tone::Unknown => "shape shape-line",
        Tone::Ready | Tone::AtRisk | Tone::Late => "shape",
    };
    svg("svg").class(class).attr("viewBox", "0 0 10 10").decorative().child(svg("path").attr("d", path))
}

pub fn status(tone: Tone) -> View {
    status_as(tone, tone.label())
}

/// A state under another word than its own, such as "Mandat expiré".
pub fn status_as(tone: Tone, label: &str) -> View {
    span("status").add_class(tone.class()).child(shape(tone)).child(span("").child(label))
}

/// Shape and word without a ground, for tables.
pub fn status_plain(tone: Tone) -> View {
    status(tone).add_class("status-plain")
}

/// From one state to another, by their shapes; the words are for those who do not see them, and for the pointer.
pub fn state_move(what: &str, before: Tone, after: Tone) -> View {
    let said = t().said_from_to(what, before.label().to_owned(), after.label().to_owned());
    let face = |tone: Tone| span("").add_class(tone.class()).child(shape(tone));
    span("row nowrap")
        .attr("role", "img")
        .label(&said)
        .attr("title", &said)
        .child(face(before))
        .child(span("faint").child("→"))
        .child(face(after))
}

/// A number that goes from one value to another.
pub fn value_move(what: &str, before: String, after: String) -> View {
    let said = t().said_from_to(what, before.clone(), after.clone());
    let shown = t().from_to(before, after);
    span("num strong nowrap").attr("role", "img").label(&said).child(shown)
}

/// A word that a person has put on something.
pub fn tag(label: &str) -> View {
    span("tag").child(label)
}

/// A number beside a word.
pub fn count(n: u64) -> View {
    span("count").child(format::number(t(), n as i64))
}

/// A number that asks a person to act.
pub fn count_loud(n: u64) -> View {
    count(n).add_class("count-loud")
}

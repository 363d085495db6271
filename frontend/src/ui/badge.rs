//! States: a colour, a shape and a word, so that none of the three is needed alone.

use leptos::prelude::*;

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
pub fn shape(tone: Tone) -> AnyView {
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
    view! {
        <svg class=class viewBox="0 0 10 10" aria-hidden="true">
            <path d=path />
        </svg>
    }
    .into_any()
}

#[component]
pub fn StatusBadge(
    tone: Tone,
    /// Another word than the state's own, such as "Mandat expiré".
    #[prop(optional, into)]
    label: Option<String>,
    /// Shape and word without a ground, for tables.
    #[prop(optional)]
    plain: bool,
) -> AnyView {
    let mut class = String::from(if plain { "status status-plain " } else { "status " });
    class.push_str(tone.class());
    let label = label.unwrap_or_else(|| tone.label().to_owned());
    view! { <span class=class>{shape(tone)} <span>{label}</span></span> }.into_any()
}

/// A word that a person has put on something.
#[component]
pub fn Tag(#[prop(into)] label: String) -> AnyView {
    view! { <span class="tag">{label}</span> }.into_any()
}

/// A number beside a word; loud when a person must act.
#[component]
pub fn Count(n: u64, #[prop(optional)] loud: bool) -> AnyView {
    let class = if loud { "count count-loud" } else { "count" };
    view! { <span class=class>{format::number(t(), n as i64)}</span> }.into_any()
}

//! What happened to one thing, newest first.

use leptos::prelude::*;

use super::badge::Tone;
use super::icon::{Icon, icon as draw};
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

#[component]
pub fn Timeline(#[prop(into)] events: Signal<Vec<Event>>) -> AnyView {
    let one = |event: Event| {
        let class = match event.tone {
            Some(tone) => format!("timeline-dot {}", tone.class()),
            None => "timeline-dot".to_owned(),
        };
        view! {
            <li class="timeline-event">
                <span class=class>{draw(event.icon)}</span>
                <div class="grow">
                    <p>{event.what}</p>
                    {event.detail.map(|detail| view! { <p class="soft small">{detail}</p> })}
                    <p class="faint small">
                        <time title=event.exact>{event.when}</time>
                        {(!event.who.is_empty()).then(|| format!(" · {}", t().timeline_by(&event.who)))}
                    </p>
                </div>
            </li>
        }
        .into_any()
    };
    view! { <ol class="timeline">{move || events.get().into_iter().map(one).collect_view()}</ol> }.into_any()
}

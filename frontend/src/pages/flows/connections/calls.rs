//! What was asked of a platform: without secrets, without bodies.

use contract::endpoint::op;
use contract::{CallQuery, ConnectionCall};
use domain::ConnectionId;
use leptos::prelude::*;

use super::Connections;
use crate::api::{ask, say, seek_list};
use crate::dom::{Item, View, div, el, memo, p, span};
use crate::text::{format, t};
use crate::ui::{Tone, load_more, seek_state, shape};

const PAGE: u32 = 20;

pub fn section(connections: Connections, id: ConnectionId) -> View {
    let t = t();
    let key = id.to_string();
    // Each reading and each trial makes calls.
    let moved = memo(move || {
        let tried = connections.trial.with(|trial| trial.as_ref().is_some_and(|t| t.of == id && t.found.is_some()));
        let health = connections.find(&key).map(|c| (c.health.last_success_at, c.health.last_error_at));
        (tried, health)
    });
    let list = seek_list(
        move || moved.get(),
        move |_, after| {
            Box::pin(async move {
                let page = ask::<op::ListConnectionCalls>(id, CallQuery { limit: Some(PAGE), after }).await?;
                Ok((page.data, page.next))
            })
        },
    );
    let rows = move || {
        let lines = el("ul").class("places connection-calls").each(move || {
            list.rows.with(|rows| {
                let item = |call: &ConnectionCall| {
                    let (key, call) = (format!("{}{}", call.request_id, call.at), call.clone());
                    Item::new(key, move || line(&call))
                };
                rows.iter().map(item).collect()
            })
        });
        let summary = move || crate::text::t().connection_calls_shown(list.rows.with(Vec::len) as u64);
        div("stack-tight").child(lines).child(load_more(list, summary))
    };
    let none = || p("soft small").child(crate::text::t().connection_calls_none());
    el("section")
        .class("stack")
        .label(t.connection_calls())
        .child(
            div("stack-tight")
                .child(el("h3").child(t.connection_calls()))
                .child(p("soft small").child(t.connection_calls_detail())),
        )
        .child(seek_state(list, none, rows))
}

fn line(call: &ConnectionCall) -> View {
    let t = t();
    let tone = match call.status {
        Some(200..=299) => Tone::Ready,
        Some(429 | 500..) => Tone::AtRisk,
        _ => Tone::Late,
    };
    let answer = call.status.map_or_else(|| t.connection_no_answer().to_owned(), |status| status.to_string());
    let sizes = format!("{} · {}", t.connection_ms(call.milliseconds), format::bytes(t, call.bytes));
    let reference = t.connection_request_id(&call.request_id);
    el("li")
        .class("stack-tight")
        .child(
            div("connection-call")
                .add_class(tone.class())
                .child(shape(tone))
                .child(el("code").class("code small grow").child(format!("{} {}", call.method, call.path)))
                .child(span("small num").child(answer)),
        )
        .child(call.error.as_ref().map(|error| p("soft small").child(say(error))))
        .child(
            p("faint small num").attr("title", &reference).child(format!("{} · {sizes}", format::moment(t, call.at))),
        )
}

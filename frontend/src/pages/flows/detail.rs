//! One flow: what is known of it, every status of every source, the anomalies in which it stands, what was done.

use contract::{Flow, FlowEvent};
use leptos::prelude::*;

use super::words;
use crate::api::{Load, say};
use crate::browser::now;
use crate::dom::{View, div, el, link, p, span};
use crate::text::{format, t};
use crate::ui::{Icon, Tone, empty_state, error_state, icon, loaded, shape, tag};

pub fn view(file: Load<Flow>) -> View {
    crate::dom::live(move || {
        if let Some(failure) = file.failure.get() {
            return match failure.status() {
                404 => empty_state(Icon::Search, t().flow_not_found(), t().flow_not_found_detail(), []),
                _ => error_state(&failure, Some(std::rc::Rc::new(move || file.reload()))),
            };
        }
        untrack(|| loaded(file, 8, |flow| one(&flow)))
    })
}

fn section(title: &str, body: impl Into<View>) -> View {
    el("section").class("stack").label(title).child(el("h3").child(title)).child(body)
}

fn one(flow: &Flow) -> View {
    let t = t();
    let row = &flow.row;
    let dossier = row
        .dossier_id
        .map(|id| link("", &format!("/dossiers/{id}?part=flows")).child(row.dossier_name.clone().unwrap_or_default()));
    let dossier = dossier.unwrap_or_else(|| {
        span("remark tone-at-risk").child(icon(Icon::Warning)).child(format!(
            "{} ({})",
            t.flow_unknown_client(),
            row.owner
        ))
    });
    let meta =
        div("dossier-meta small").child(words::status(row.status.as_ref())).child(dossier).child(tag(&row.platform));
    let anomalies = (!flow.anomalies_of.is_empty()).then(|| {
        let line = |found: &contract::FlowAnomaly| {
            let ended = found.closed_at.map(|_| span("faint small").child(format!(" · {}", t.anomaly_ended())));
            el("li").child(link("", &format!("/anomalies/{}", found.id)).child(say(&found.title))).child(ended)
        };
        section(t.flow_anomalies(), el("ul").class("places small").children(flow.anomalies_of.iter().map(line)))
    });
    let handled = (!flow.handled.is_empty()).then(|| {
        let line = |done: &contract::FlowHandled| {
            let note = done.note.as_deref().map_or_else(String::new, |note| format!(" : {note}"));
            let who = format!("{} · {}", done.by, format::relative(t, done.at, now()));
            el("li")
                .child(format!("{}{note}", say(&done.handling.text())))
                .child(p("faint small").attr("title", &format::moment(t, done.at)).child(who))
        };
        section(t.flow_handled(), el("ul").class("places").children(flow.handled.iter().map(line)))
    });
    div("stack-wide")
        .child(meta)
        .child(anomalies)
        .child(section(t.flow_history(), history(flow)))
        .child(handled)
        .child(section(t.flow_facts(), facts(flow)))
}

fn facts(flow: &Flow) -> View {
    let t = t();
    let row = &flow.row;
    let amount = |cents: Option<i64>| cents.map(|cents| words::amount(cents, &row.currency));
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| format::date(t, day));
    let party = |number: &str, name: Option<&str>| match name {
        Some(name) => format!("{name} · {}", words::number_of(number)),
        None => words::number_of(number),
    };
    let known = [
        (t.flow_kind(), Some(words::kind(row.kind))),
        (t.flow_direction(), Some(words::direction(row.direction))),
        (t.flow_seller(), Some(words::number_of(&row.seller)).filter(|s| !s.is_empty())),
        (
            t.flow_counterparty(),
            Some(party(&row.counterparty, row.counterparty_name.as_deref())).filter(|s| !s.is_empty()),
        ),
        (t.flow_issued(), day(row.issued_on)),
        (t.flow_due(), day(row.due_on)),
        (t.flow_net(), amount(row.net_cents)),
        (t.flow_vat(), amount(row.vat_cents)),
        (t.flow_gross(), amount(row.gross_cents)),
        (t.flow_account(), flow.details.account.clone()),
        (t.flow_handling(), Some(say(&row.handling.text()))),
    ];
    let lines = known.into_iter().filter_map(|(label, value)| {
        value.map(|value| View::all([el("dt").child(label), el("dd").class("num").child(value)]))
    });
    el("dl").class("flow-facts small").children(lines)
}

fn history(flow: &Flow) -> View {
    if flow.events.is_empty() {
        return p("soft small").child(t().flow_history_none());
    }
    el("ol").class("timeline").children(flow.events.iter().rev().map(event))
}

fn event(event: &FlowEvent) -> View {
    let t = t();
    let status = &event.status;
    let dot = match status.code {
        Some(code) => span("timeline-dot").add_class(words::tone(code).class()).child(shape(words::tone(code))),
        None => span("timeline-dot").child(shape(Tone::Unknown)),
    };
    let official = match (status.code, &status.label) {
        (Some(code), Some(label)) => format!("{code} {}", say(label)),
        (Some(code), None) => code.to_string(),
        (None, _) => t.flow_status_unread().to_owned(),
    };
    let current = event.current.then(|| tag(t.flow_current()));
    let contradicted = event
        .contradicted
        .then(|| span("remark tone-late small").child(icon(Icon::Warning)).child(t.flow_contradicted()));
    let to_state = event.to_state.then(|| span("faint small").child(t.flow_to_state()));
    let said = format!("{} · {} · {}", t.flow_said_as(&status.raw), say(&status.source.text()), status.source_name);
    let when = span("").attr("title", &format::moment(t, status.at)).child(format::moment(t, status.at));
    let received = t.flow_received(format::relative(t, event.received_at, now()));
    let collected = event.collected_cents.map(|cents| p("small").child(t.flow_collected(format::money(t, cents))));
    let reasons = (!event.reasons.is_empty()).then(|| div("row").children(event.reasons.iter().map(words::reason)));
    let words = div("grow stack-tight")
        .child(div("row").child(span("strong").child(official)).child(current).child(to_state))
        .child(reasons)
        .child(event.comment.as_deref().map(|comment| p("small").child(comment)))
        .child(collected)
        .child(contradicted)
        .child(p("soft small").child(said))
        .child(p("faint small").child(when).child(format!(" · {received}")));
    el("li").class("timeline-event").child(dot).child(words)
}

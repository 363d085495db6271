//! What is wrong in one dossier: what stands open, then what is settled.

use std::time::Duration;

use contract::endpoint::op;
use contract::{AnomalyListQuery, AnomalyPage, AnomalyQuery, AnomalyRow, AnomalySort, Nothing, Several};
use domain::DossierId;
use domain::anomaly::AnomalyState;

use super::words;
use crate::api::live::{Heard, gathered, on_live};
use crate::api::{ask, load, say};
use crate::dom::{View, div, el, link, p, span};
use crate::frame::href;
use crate::text::{format, t};
use crate::ui::{Icon, empty_state, loaded, tag};

/// Those that are written out; the others are a filter of the queue.
const OPEN: u32 = 50;
const OVER: u32 = 20;

pub fn view(id: DossierId) -> View {
    let found = load(
        move || id,
        |id| {
            Box::pin(async move {
                let asked = |states: Vec<AnomalyState>, sort, limit| {
                    let filter =
                        AnomalyQuery { dossier_id: Some(id), state: Several(states), ..AnomalyQuery::default() };
                    let query = AnomalyListQuery { filter, sort: Some(sort), limit: Some(limit), after: None };
                    ask::<op::ListAnomalies>(Nothing {}, query)
                };
                let open = asked(Vec::new(), AnomalySort::Priority, OPEN).await?;
                let over = vec![AnomalyState::Resolved, AnomalyState::Ignored];
                Ok((open, asked(over, AnomalySort::UpdatedAtDesc, OVER).await?))
            })
        },
    );
    let again = gathered(Duration::from_secs(1), move || found.reload());
    on_live(move |heard| {
        if matches!(heard, Heard::Counts | Heard::Behind) {
            again();
        }
    });
    loaded(found, 5, move |(open, over): (AnomalyPage, AnomalyPage)| {
        if open.data.is_empty() && over.data.is_empty() {
            return empty_state(Icon::Check, t().anomalies_dossier_none(), t().anomalies_none_detail(), []);
        }
        div("stack-wide").child(group(id, t().anomalies_open(), &open, false)).child(group(
            id,
            t().anomalies_over(),
            &over,
            true,
        ))
    })
}

fn group(id: DossierId, title: &str, page: &AnomalyPage, over: bool) -> View {
    if page.data.is_empty() {
        return if over { View::none() } else { p("soft").child(t().anomalies_dossier_settled()) };
    }
    let more = page.next.is_some().then(|| {
        let id = id.to_string();
        let mut parameters = vec![("dossier_id", id.as_str())];
        if over {
            parameters.push(("state", "resolved,ignored"));
        }
        p("small").child(link("", &href("/anomalies", &parameters)).child(t().anomalies_see_all()))
    });
    el("section")
        .class("stack-tight")
        .label(title)
        .child(el("h3").child(title))
        .child(el("ul").class("lines").children(page.data.iter().map(line)))
        .child(more)
}

fn line(row: &AnomalyRow) -> View {
    let who = row.assignee.as_ref().map_or_else(|| t().anomalies_nobody().to_owned(), |who| who.name.clone());
    let when = match row.closed_at {
        Some(at) => span("soft").child(format::moment(t(), at)),
        None => span("row").child(words::due(row)),
    };
    let title = link("strong", &format!("/anomalies/{}", row.id)).child(say(&row.title));
    let facts = div("row-wide small")
        .child(words::severity(row.severity))
        .child(tag(&words::state(row.state)))
        .child(span("soft").child(who))
        .child(when);
    el("li").class("line").child(div("grow stack-tight").child(p("").child(title)).child(facts))
}

//! What goes wrong, on the cockpit: how grave, how pressing, whose, and the platforms behind it. Every number opens its
//! rows.

use std::time::Duration;

use contract::endpoint::op;
use contract::{AnomalyBoard, AnomalyQuery, ConnectionState, Nothing, PlatformFlows, PlatformFlowsList, Several};
use domain::anomaly::Severity;
use leptos::prelude::*;

use super::query::A_DAY;
use super::words;
use crate::api::live::{Heard, gathered, on_live};
use crate::api::{ask, load, say};
use crate::dom::{View, div, el, link, p, span};
use crate::frame::{SCOPE, href};
use crate::text::{format, t};
use crate::ui::{Segment, Tone, loaded, shape, stacked_bar};

/// Platforms that are named; the others are a list.
const NAMED: usize = 5;

#[derive(Clone)]
struct Found {
    board: AnomalyBoard,
    /// Due within a working day.
    soon: u64,
    platforms: PlatformFlowsList,
}

pub fn card(scope: Memo<Option<String>>) -> View {
    let found = load(
        move || scope.get(),
        |scope| {
            Box::pin(async move {
                let portfolio = scope.as_deref().and_then(|id| id.parse().ok());
                let all =
                    AnomalyQuery { portfolio_id: Several(portfolio.into_iter().collect()), ..AnomalyQuery::default() };
                let soon = AnomalyQuery { due_within_hours: A_DAY.parse().ok(), overdue: Some(false), ..all.clone() };
                Ok(Found {
                    board: ask::<op::ReadAnomalyBoard>(Nothing {}, all).await?,
                    soon: ask::<op::ReadAnomalyBoard>(Nothing {}, soon).await?.open,
                    platforms: ask::<op::ListPlatformFlows>(Nothing {}, Nothing {}).await?,
                })
            })
        },
    );
    let again = gathered(Duration::from_secs(2), move || found.reload());
    on_live(move |heard| {
        if matches!(heard, Heard::Counts | Heard::Behind) {
            again();
        }
    });
    let body = loaded(found, 5, move |found| content(&found, scope.get_untracked().as_deref()));
    el("section").class("card").label(t().nav_anomalies()).child(body)
}

fn queue(scope: Option<&str>, parameters: &[(&str, &str)]) -> String {
    let mut all = parameters.to_vec();
    all.extend(scope.map(|scope| (SCOPE, scope)));
    href("/anomalies", &all)
}

fn content(found: &Found, scope: Option<&str>) -> View {
    let t = t();
    let board = &found.board;
    let head = div("card-head")
        .child(el("h2").child(t.anomalies_title()))
        .child(link("small", &queue(scope, &[])).child(t.anomalies_open_queue()));
    if board.open == 0 {
        let calm = p("row tone-ready").child(shape(Tone::Ready)).child(t.anomalies_none_title());
        return div("stack").child(head).child(calm).child(troubled(&found.platforms));
    }
    let of = |severity: Severity| board.by_severity.iter().find(|s| s.severity == severity).map_or(0, |s| s.count);
    let mut grave = Severity::ALL.to_vec();
    grave.sort_by_key(|severity| match severity {
        Severity::Critical => 0,
        Severity::High => 1,
        Severity::Medium => 2,
        Severity::Low => 3,
    });
    let segments: Vec<Segment> = grave
        .into_iter()
        .map(|severity| Segment {
            tone: words::tone(severity),
            label: say(&severity.text()),
            count: of(severity),
            href: queue(scope, &[("severity", severity.as_str())]),
        })
        .collect();
    let number = |n: u64, label: &str, parameters: &[(&str, &str)]| {
        let value = format::number(t, n as i64);
        let face =
            div("count-tile").child(span("count-value num").child(&value)).child(span("soft small").child(label));
        if n == 0 { face } else { link("count-link", &queue(scope, parameters)).child(face) }
    };
    let figures = div("count-tiles")
        .child(number(board.overdue, t.anomalies_overdue(), &[("overdue", "true")]))
        .child(number(found.soon, t.anomalies_soon(), &[("due_within_hours", A_DAY), ("overdue", "false")]))
        .child(number(board.unassigned, t.anomalies_nobody(), &[("whose", "nobody")]))
        .child(number(board.mine, t.anomalies_mine(), &[("whose", "mine")]));
    div("stack")
        .child(head)
        .child(stacked_bar(t.anomalies_by_severity(), &segments))
        .child(figures)
        .child(troubled(&found.platforms))
}

/// What weighs on a platform: a connection that fails, then anomalies, then invoices that stand still.
fn trouble(platform: &PlatformFlows) -> (bool, u64, u64) {
    let fails = |state| matches!(state, ConnectionState::Failing | ConnectionState::Down);
    (platform.connection.as_ref().is_some_and(|c| fails(c.state)), platform.anomalies, platform.stuck)
}

fn troubled(list: &PlatformFlowsList) -> View {
    let t = t();
    let mut worst: Vec<&PlatformFlows> = list.data.iter().filter(|p| trouble(p) != (false, 0, 0)).collect();
    if worst.is_empty() {
        return View::none();
    }
    worst.sort_by_key(|p| std::cmp::Reverse(trouble(p)));
    let more = worst.len() > NAMED;
    let line = |platform: &&PlatformFlows| {
        let name = platform.platform.as_str();
        let anomalies = (platform.anomalies > 0)
            .then(|| link("", &href("/anomalies", &[("platform", name)])).child(t.anomalies_count(platform.anomalies)));
        let stuck = (platform.stuck > 0).then(|| {
            link("", &href("/flux", &[("platform", name), ("stuck", "true")])).child(t.anomalies_stuck(platform.stuck))
        });
        let down = trouble(platform)
            .0
            .then(|| link("tone-late", &href("/flux", &[("tab", "connections")])).child(t.anomalies_platform_down()));
        el("li")
            .class("platform-trouble")
            .child(span("strong truncate").child(name))
            .child(span("row-wide small").child(down).child(anomalies).child(stuck))
    };
    let all = more.then(|| p("small").child(link("", "/flux?tab=platforms").child(t.anomalies_all_platforms())));
    div("stack-tight")
        .child(el("h3").child(t.anomalies_platforms()))
        .child(el("ul").class("platform-troubles").children(worst.iter().take(NAMED).map(line)))
        .child(all)
}

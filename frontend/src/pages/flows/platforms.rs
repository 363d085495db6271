//! Platform beside platform: volumes, rejects, times, what is stuck.

use contract::endpoint::op;
use contract::{Nothing, PlatformFlows};

use super::connections;
use crate::api::{ask, load};
use crate::browser::now;
use crate::dom::{View, div, el, link, span};
use crate::frame::href;
use crate::text::{format, t};
use crate::ui::{Icon, delta, empty_state, loaded};

pub fn view() -> View {
    let found = load(|| (), |()| ask::<op::ListPlatformFlows>(Nothing {}, Nothing {}));
    loaded(found, 6, |list| {
        let t = t();
        if list.data.is_empty() {
            return empty_state(Icon::Link, t.platforms_none_title(), t.platforms_none_detail(), []);
        }
        let heads = [
            (t.flow_platform(), ""),
            (t.platforms_dossiers(), "num"),
            (t.platforms_flows(), "num"),
            (t.platforms_month(), "num"),
            (t.platforms_rejects(), "num"),
            (t.platforms_stuck(), "num"),
            (t.platforms_anomalies(), "num"),
            (t.platforms_steps(), ""),
            (t.platforms_last(), ""),
            (t.platforms_connection(), ""),
        ];
        let head =
            el("tr").children(heads.map(|(label, class)| el("th").class(class).attr("scope", "col").child(label)));
        let table = el("table")
            .class("table plain-table platforms-table")
            .label(t.flows_tab_platforms())
            .child(el("thead").child(head))
            .child(el("tbody").children(list.data.iter().map(row)));
        div("card platforms-card scroll-x")
            .attr("tabindex", "0")
            .attr("role", "region")
            .label(t.flows_tab_platforms())
            .child(table)
    })
}

/// Of a hundred, with one decimal.
fn share(part: u64, of: u64) -> String {
    let share = (part * 1_000).checked_div(of);
    share.map_or_else(|| "–".to_owned(), |tenths| format!("{} %", format::tenths(t(), tenths as i64)))
}

/// Hours as a person says them.
fn hours(hours: f64) -> String {
    format::duration(t(), (hours * 3600.0).round() as u64)
}

fn row(platform: &PlatformFlows) -> View {
    let t = t();
    let name = &platform.platform;
    let number = |n: u64| format::number(t, n as i64);
    // Each number leads to exactly those rows.
    let leads = |n: u64, parameters: &[(&str, &str)]| {
        let mut all = vec![("platform", name.as_str())];
        all.extend_from_slice(parameters);
        match n {
            0 => span("faint").child("0"),
            n => link("", &href("/flux", &all)).child(number(n)),
        }
    };
    let month = span("row")
        .child(span("num").child(number(platform.last_30_days)))
        .child(delta(platform.last_30_days as i64 - platform.before_30_days as i64));
    let bad = platform.rejected + platform.refused;
    let rejects = View::all([
        leads(bad, &[("status", "213,210")]),
        span("faint small").child(format!(" {}", share(bad, platform.last_90_days))),
    ]);
    let anomalies = match platform.anomalies {
        0 => span("faint").child("0"),
        n => link("", &href("/anomalies", &[("platform", name)])).child(number(n)),
    };
    let steps = platform.steps.iter().take(3).map(|step| {
        el("li").child(t.platforms_step(step.from.to_string(), step.to.to_string(), hours(step.median_hours)))
    });
    let last = platform
        .last_status_at
        .map(|at| span("").attr("title", &format::moment(t, at)).child(format::relative(t, at, now())));
    let connection = platform.connection.as_ref().map(connections::health);
    let connection = connection.unwrap_or_else(|| span("faint").child("–"));
    el("tr")
        .child(el("th").attr("scope", "row").child(name))
        .child(el("td").class("num").child(number(platform.dossiers)))
        .child(el("td").class("num").child(leads(platform.flows, &[])))
        .child(el("td").class("num").child(month))
        .child(el("td").class("num").child(rejects))
        .child(el("td").class("num").child(leads(platform.stuck, &[("stuck", "true")])))
        .child(el("td").class("num").child(anomalies))
        .child(el("td").child(el("ul").class("platform-steps small").children(steps)))
        .child(el("td").child(last))
        .child(el("td").child(connection))
}

//! What the dossier could be asked to pay at most: every figure opens its computation.

use domain::exposure::{ExposureGap, ExposureLine, ExposureReport};
use leptos::prelude::*;

use super::open::Open;
use crate::api::say;
use crate::dom::{View, div, el, live, p, span};
use crate::text::{format, t};

fn line(line: &ExposureLine) -> View {
    let t = t();
    let money = |cents: i64| format::money(t, cents);
    let sum = div("spread")
        .child(span("strong").child(say(&line.label)))
        .child(span("num strong").child(money(line.counted_cents)));
    let product = t.exposure_product(line.count, &money(line.unit_cents));
    let mut computed = format!("{product} {}", t.exposure_gross(&money(line.gross_cents)));
    if let Some(cap) = line.cap_cents.filter(|_| line.gross_cents != line.counted_cents) {
        computed.push_str(" ; ");
        computed.push_str(&t.exposure_capped(&money(cap), &money(line.counted_cents)));
    }
    let days = t.exposure_days(&format::date(t, line.from), &format::date(t, line.to));
    el("details")
        .class("exposure-line")
        .child(el("summary").child(sum).child(span("soft small").child(t.exposure_year(&line.year.to_string()))))
        .child(
            div("stack-tight exposure-computation")
                .child(p("small num").child(computed))
                .child(p("soft small num").child(days))
                .child(p("faint small").child(t.exposure_source(&line.article, &line.source))),
        )
}

fn gap(gap: ExposureGap) -> &'static str {
    let t = t();
    match gap {
        ExposureGap::InvoicesPerMonth => t.exposure_gap_invoices(),
        ExposureGap::Obligations => t.exposure_gap_obligations(),
        ExposureGap::FormalNotice => t.exposure_gap_notice(),
    }
}

fn part(title: &str, lines: Vec<View>) -> Option<View> {
    (!lines.is_empty())
        .then(|| div("stack-tight").child(el("h3").child(title)).child(el("ul").class("bullets small").children(lines)))
}

fn shown(report: &ExposureReport) -> View {
    let t = t();
    let nothing = report.lines.is_empty();
    let total = format::money_round(t, report.total_cents);
    let headline = if nothing { t.exposure_none().to_owned() } else { t.exposure_total(&total) };
    let partial = !report.gaps.is_empty() && !nothing;
    let head = div("stack-tight")
        .child(p(if nothing { "strong" } else { "exposure-total num" }).child(headline))
        .child(p("soft small").child(t.exposure_detail(&format::date_long(t, report.as_of))))
        .child(partial.then(|| p("small strong").child(t.exposure_minimum())));
    let lines = (!nothing)
        .then(|| div("stack-tight").child(el("h3").child(t.exposure_lines())).children(report.lines.iter().map(line)));
    let clock = report.clock.map(|clock| {
        let (notice, limit) = (format::date_long(t, clock.notice_on), format::date_long(t, clock.next_on));
        div("stack-tight").child(el("h3").child(t.exposure_clock_title())).child(p("").child(t.exposure_clock(
            &notice,
            &limit,
            &format::money_round(t, clock.next_cents),
        )))
    });
    let gaps = report.gaps.iter().map(|g| el("li").child(gap(*g))).collect();
    let reliefs = report
        .reliefs
        .iter()
        .map(|r| el("li").child(say(&r.text)).child(span("faint").child(format!(" {}", r.source))))
        .collect();
    div("stack").child(head).child(lines).child(clock).child(part(t.exposure_gaps(), gaps)).child(if nothing {
        None
    } else {
        part(t.exposure_reliefs(), reliefs)
    })
}

pub fn view(open: Open) -> View {
    live(move || open.file.value.with(|file| file.as_ref().map(|file| shown(&file.value.exposure))))
}

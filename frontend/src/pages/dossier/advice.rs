//! `/dossiers/{id}/conseil`: the file of advice on one page, for the eye and for paper.

use contract::endpoint::op;
use contract::{AdviceEntry, AdviceExchange, AdviceFile, Nothing};
use domain::{DossierId, Obligation, ObligationStatus};
use leptos::prelude::*;

use super::exchanges::{channel, kind, save_zip};
use super::history;
use crate::api::{ask, load};
use crate::dom::{View, div, el, link, p, span};
use crate::frame::page_head;
use crate::pages::words;
use crate::text::{format, t};
use crate::ui::{Button, Icon, icon, loaded};

pub fn page(id: &str) -> View {
    let Ok(id) = id.parse::<DossierId>() else { return super::not_found() };
    let file = load(move || id, |id| ask::<op::ReadAdviceFile>(id, Nothing {}));
    let fetching = RwSignal::new(false);
    let lead = crate::dom::text_of(move || {
        file.value.with(|file| match file {
            Some(file) => t().advice_lead(&file.dossier.facts.name, &format::moment(t(), file.made_at)),
            None => "\u{a0}".to_owned(),
        })
    });
    let here = move || file.value.with(Option::is_some);
    let acts = crate::dom::show(here, move || {
        View::all([
            Button::new(t().advice_zip())
                .icon(Icon::Download)
                .busy(move || fetching.get())
                .press(move || save_zip(id, fetching)),
            Button::new(t().advice_print()).icon(Icon::File).primary().press(|| {
                let _ = window().print();
            }),
        ])
    });
    let back = link("back-link small", &format!("/dossiers/{id}?part=exchanges"))
        .child(icon(Icon::Left))
        .child(t().advice_back());
    div("page advice")
        .child(div("stack-tight").child(back).child(page_head(t().advice_title(), lead, acts)))
        .child(loaded(file, 10, |file| content(&file)))
}

fn head(cells: &[(&str, &str)]) -> View {
    let cell = |(label, class): &(&str, &str)| el("th").attr("scope", "col").class(class).child(*label);
    el("thead").child(el("tr").children(cells.iter().map(cell)))
}

fn part(title: &str, body: impl Into<View>) -> View {
    el("section").class("card").attr("aria-label", title).child(el("h2").child(title)).child(body.into())
}

fn wide(label: &str, table: View) -> View {
    div("bleed advice-table").attr("tabindex", "0").attr("role", "group").label(label).child(table.label(label))
}

fn content(file: &AdviceFile) -> View {
    let t = t();
    div("stack-wide")
        .child(part(t.advice_client(), client(file)))
        .child(part(&t.advice_situation(format::date(t, file.as_of)), situation(file)))
        .child(part(t.advice_exchanges(), exchanges(file)))
        .child(part(t.advice_journal(), journal(&file.journal)))
        .child(part(t.advice_proof(), proof(file)))
}

fn client(file: &AdviceFile) -> View {
    let t = t();
    let facts = &file.dossier.facts;
    let place = [facts.address.as_deref(), facts.postal_code.as_deref(), facts.city.as_deref()];
    let rows = [
        (t.advice_cabinet(), Some(file.cabinet.clone())),
        (t.fact_name(), Some(facts.name.clone())),
        (t.fact_siren(), Some(format::siren(facts.siren.as_str()))),
        (t.fact_vat_number(), Some(file.dossier.vat_number.clone())),
        (t.fact_code(), facts.code.clone()),
        (t.fact_legal_form(), facts.legal_form.clone()),
        (t.fact_address(), Some(place.into_iter().flatten().collect::<Vec<_>>().join(" ")).filter(|p| !p.is_empty())),
        (t.fact_manager(), words::person(&facts.manager)),
        (t.fact_assignee(), words::person(&facts.assignee)),
    ];
    let row = |(label, value): (&str, Option<String>)| {
        value.map(|value| View::all([el("dt").child(label), el("dd").child(value)]))
    };
    el("dl").class("facts").children(rows.into_iter().filter_map(row))
}

fn situation(file: &AdviceFile) -> View {
    let t = t();
    let readiness = &file.dossier.readiness;
    let score = p("")
        .child(crate::ui::status(words::tone(readiness.state)))
        .child(" ")
        .child(span("num").child(t.trend_score_now(readiness.score.to_string())));
    let row = |o: &Obligation| {
        let status = match o.status {
            ObligationStatus::Applies => t.obligation_does_apply(),
            ObligationStatus::NotApplicable => t.obligation_not_applicable(),
            ObligationStatus::Undetermined => t.obligation_undetermined(),
        };
        let why = div("")
            .child(crate::api::say(&o.reason))
            .child((!o.source.is_empty()).then(|| p("faint small").child(&o.source)));
        el("tr")
            .child(el("th").attr("scope", "row").class("wraps").child(crate::api::say(&o.kind.text())))
            .child(el("td").child(status))
            .child(el("td").class("num").child(o.starts_on.map_or("–".to_owned(), |day| format::date(t, day))))
            .child(el("td").class("wraps").child(why))
    };
    let table = el("table")
        .class("table plain-table")
        .child(head(&[
            (t.advice_obligation(), ""),
            (t.advice_status(), ""),
            (t.advice_from(), "num"),
            (t.advice_why(), ""),
        ]))
        .child(el("tbody").children(file.dossier.obligations.iter().map(row)));
    div("stack").child(score).child(wide(t.obligations_title(), table))
}

fn exchanges(file: &AdviceFile) -> View {
    let t = t();
    if file.exchanges.is_empty() {
        return p("soft").child(t.advice_no_exchange());
    }
    let one = |AdviceExchange { exchange: e, seq, hash }: &AdviceExchange| {
        let gone = e.cancelled.is_some();
        let by = e.by_name.as_deref().unwrap_or(t.history_system());
        let attached = e.attachment.as_ref().map(|file| {
            p("small")
                .child(t.advice_attached(&file.name))
                .child(" ")
                .child(el("code").class("exchange-hash").child(&file.sha256))
        });
        let cancelled = e.cancelled.as_ref().map(|c| {
            let by = c.by_name.as_deref().unwrap_or(t.history_system());
            p("small ink-late").child(t.exchange_cancelled(by, &format::moment(t, c.at), &c.reason))
        });
        el("li").class("exchange").child(
            div("grow stack-tight")
                .child(p("small soft").child(format!(
                    "{} · {} · {}",
                    format::date(t, e.on),
                    kind(e.kind),
                    channel(e.channel)
                )))
                .child(p("").child(el(if gone { "s" } else { "strong" }).child(&e.subject)))
                .child((!e.text.is_empty()).then(|| p("exchange-text").child(&e.text)))
                .child(attached)
                .child(cancelled)
                .child(p("faint small").child(t.exchange_by(by, &format::moment(t, e.recorded_at))))
                .child(
                    p("faint small")
                        .child(t.advice_recorded(format::number(t, *seq)))
                        .child(" ")
                        .child(el("code").class("exchange-hash").child(hash)),
                ),
        )
    };
    el("ol").class("exchanges").children(file.exchanges.iter().map(one))
}

fn journal(entries: &[AdviceEntry]) -> View {
    let t = t();
    let row = |AdviceEntry { entry, .. }: &AdviceEntry| {
        let event = history::event(entry);
        el("tr")
            .child(el("td").class("num").child(format::number(t, entry.seq)))
            .child(el("td").class("nowrap").child(event.exact))
            .child(el("td").class("nowrap").child(event.who))
            .child(
                el("td")
                    .class("wraps")
                    .child(div("").child(event.what).child(event.detail.map(|detail| p("soft small").child(detail)))),
            )
    };
    let table = el("table")
        .class("table plain-table")
        .child(head(&[(t.advice_seq(), "num"), (t.advice_when(), ""), (t.advice_who(), ""), (t.advice_what(), "")]))
        .child(el("tbody").children(entries.iter().map(row)));
    wide(t.advice_journal(), table)
}

fn proof(file: &AdviceFile) -> View {
    let t = t();
    div("stack-tight").child(p("").child(t.advice_proof_detail())).child(
        p("small")
            .child(t.advice_head(format::number(t, file.chain.seq)))
            .child(" ")
            .child(el("code").class("exchange-hash").child(&file.chain.hash)),
    )
}

//! Which duties of the reform reach the dossier, from when, and why.

use chrono::NaiveDate;
use domain::obligation::MissingFact;
use domain::readiness::needs;
use domain::{CriterionState, Obligation, ObligationStatus};
use leptos::prelude::*;

use super::open::Open;
use super::stated;
use crate::dom::{View, div, el, live, memo, p, span};
use crate::text::{format, t};
use crate::ui::{Tone, shape};

pub fn missing(fact: MissingFact) -> &'static str {
    let t = t();
    match fact {
        MissingFact::VatRegime => t.fact_vat_regimes(),
        MissingFact::Headcount => t.fact_headcount(),
        MissingFact::Turnover => t.fact_turnover(),
        MissingFact::BalanceSheet => t.fact_balance_sheet(),
        MissingFact::International => t.fact_international(),
        MissingFact::B2c => t.fact_b2c(),
        MissingFact::Services => t.fact_services(),
        MissingFact::VatOnDebits => t.fact_vat_on_debits(),
        MissingFact::ReportsAs => t.fact_reports_as(),
    }
}

fn card(open: Open, obligation: &Obligation, prepared: bool, today: NaiveDate) -> View {
    let t = t();
    let (tone, said) = match (obligation.status, obligation.starts_on) {
        (ObligationStatus::Applies, Some(day)) => {
            let due = day <= today;
            let tone = match (prepared, due) {
                (true, _) => Tone::Ready,
                (false, true) => Tone::Late,
                (false, false) => Tone::AtRisk,
            };
            let long = format::date_long(t, day);
            (tone, if due { t.obligation_applies_since(long) } else { t.obligation_applies(long) })
        }
        (ObligationStatus::Applies, None) | (ObligationStatus::Undetermined, _) => {
            (Tone::Unknown, t.obligation_undetermined().to_owned())
        }
        (ObligationStatus::NotApplicable, _) => (Tone::OnTrack, t.obligation_not_applicable().to_owned()),
    };
    let applies = obligation.status == ObligationStatus::Applies;
    let state = if prepared { t.obligation_prepared() } else { t.obligation_unprepared() };
    let mark = if applies || obligation.status == ObligationStatus::Undetermined {
        span("obligation-mark").add_class(tone.class()).child(shape(tone))
    } else {
        span("obligation-mark faint").child("–")
    };
    let editing = RwSignal::new(false);
    let lacking: Vec<&str> = obligation.missing.iter().map(|m| missing(*m)).collect();
    let body = div("grow stack-tight")
        .child(
            div("spread")
                .child(el("h3").child(crate::api::say(&obligation.kind.text())))
                .child(applies.then(|| span("small").add_class(tone.class()).add_class("ink-tone").child(state))),
        )
        .child(p("").child(said))
        .child(p("soft small").child(crate::api::say(&obligation.reason)))
        .child((!lacking.is_empty()).then(|| p("soft small").child(t.obligation_missing(&lacking.join(", ")))))
        .child((!obligation.source.is_empty()).then(|| p("faint small").child(t.obligation_source(&obligation.source))))
        .child(stated::stated(open, obligation.kind, editing));
    el("li").class("obligation").child(mark).child(body).child(stated::pencil(open, obligation.kind, editing))
}

pub fn view(open: Open) -> View {
    let parts = memo(move || {
        open.file.value.with(|file| {
            let file = file.as_ref()?;
            let criteria = &file.value.readiness.criteria;
            let prepared = |o: &Obligation| {
                criteria.iter().any(|c| c.criterion == needs(o.group) && c.state == CriterionState::Met)
            };
            Some(file.value.obligations.iter().map(|o| (o.clone(), prepared(o))).collect::<Vec<_>>())
        })
    });
    let list = live(move || {
        let today = format::paris(crate::browser::now()).date();
        let all = parts.get().unwrap_or_default();
        untrack(|| {
            el("ul")
                .class("obligations")
                .label(t().obligations_title())
                .children(all.iter().map(|(obligation, prepared)| card(open, obligation, *prepared, today)))
        })
    });
    div("stack-wide").child(list).child(stated::early(open))
}

//! Why this score: every criterion, what meets it, what is missing, and the act that wins its points, done right there.

use std::rc::Rc;

use chrono::NaiveDate;
use domain::readiness::{CriterionReason, CriterionResult};
use domain::{Criterion, CriterionState, DirectoryState, SizeClass, VatRegime};
use leptos::prelude::*;
use serde_json::json;
use wasm_bindgen::JsCast;

use super::editor::{self, Kind};
use super::open::{Fields, Open, may_manage, may_write};
use super::{activity, contacts, proofs, regime, sirets};
use crate::dom::{Item, View, div, el, live, p, show, span};
use crate::frame::{Step, address};
use crate::pages::words;
use crate::text::{format, search, t};
use crate::ui::{Button, Icon, Tone, icon, score_gauge, status};

/// Score, state, and the sentence that says what it hangs on.
pub fn summary(open: Open) -> View {
    let head = live(move || {
        let (score, state, missing, late, due, caps) = open.file.value.with(|file| {
            let readiness = file.as_ref().map(|file| &file.value.readiness);
            (
                readiness.map(|r| r.score.min(100) as u8),
                readiness.map(|r| r.state),
                readiness.map_or(0, |r| r.next_acts.len() as u64),
                readiness.map(|r| r.late_for.clone()).unwrap_or_default(),
                readiness.and_then(|r| r.next_due),
                readiness.filter(|r| r.capped > 0).map(|r| (r.won, r.caps.clone())),
            )
        });
        let tone = state.map_or(Tone::Unknown, words::tone);
        let said = if missing == 0 { t().score_complete().to_owned() } else { t().score_missing(missing) };
        let late = (!late.is_empty()).then(|| {
            let what: Vec<&str> = late.into_iter().map(words::obligation).collect();
            p("small strong").add_class("ink-late").child(t().score_late_for(&what.join(", ")))
        });
        let due = due.map(|day: NaiveDate| p("soft small").child(t().score_due(format::date_long(t(), day))));
        // What holds the score down is named: the points are won, and do not count until it is lifted.
        let caps = caps.map(|(won, caps)| {
            let lines = caps.iter().map(|cap| {
                let label = crate::api::say(&cap.label).to_owned();
                el("li").child(t().score_cap(&label, cap.at_most.into()))
            });
            div("stack-tight")
                .child(p("small strong").child(t().score_capped(won.into())))
                .child(el("ul").class("bullets small").children(lines))
        });
        let words = div("stack-tight").child(status(tone)).child(p("").child(said)).child(late).child(caps).child(due);
        div("score-head").child(score_gauge(score, tone)).child(words)
    });
    div("score-summary").child(head)
}

/// The criteria: missing ones first, in the order of the best next act.
pub fn criteria(open: Open) -> View {
    let rows = move || {
        open.file.value.with(|file| {
            let Some(file) = file else { return Vec::new() };
            let readiness = &file.value.readiness;
            let place = |c: &CriterionResult| match c.state {
                CriterionState::Missing | CriterionState::Half => {
                    readiness.next_acts.iter().position(|next| *next == c.criterion).unwrap_or_default()
                }
                CriterionState::Met => 100,
                CriterionState::NotApplicable => 200,
            };
            let mut all = readiness.criteria.clone();
            search::order_by_key(&mut all, place);
            let best = readiness.next_acts.first().copied();
            all.into_iter()
                .map(|c| {
                    let is_best = best == Some(c.criterion);
                    // The key tells the evidence too: a row is drawn again when its fact changes.
                    let key =
                        format!("{} {} {:?} {:?} {} {is_best}", c.criterion, c.state, c.evidence, c.proof, c.weight);
                    Item::new(key, move || row(open, &c, is_best))
                })
                .collect()
        })
    };
    let version = move || open.of(|d| d.readiness.table_version.parse::<NaiveDate>().ok());
    div("stack").child(el("ul").class("criteria").attr("tabindex", "-1").each(rows)).child(
        p("faint small")
            .text_of(move || version().map(|day| t().score_table(&format::date(t(), day))).unwrap_or_default()),
    )
}

fn row(open: Open, c: &CriterionResult, is_best: bool) -> View {
    let (criterion, state) = (c.criterion, c.state);
    let (tone, face) = match state {
        CriterionState::Met => ("tone-ready", Icon::Check),
        CriterionState::Missing if is_best => ("tone-late", Icon::Bolt),
        CriterionState::Missing | CriterionState::Half => ("tone-at-risk", Icon::Warning),
        CriterionState::NotApplicable => ("tone-unknown", Icon::Close),
    };
    let said = match state {
        CriterionState::Met => t().score_met(),
        CriterionState::Half => t().score_half(),
        CriterionState::Missing => t().score_missing_state(),
        CriterionState::NotApplicable => t().score_not_applicable(),
    };
    let (points, weight) = (format::number(t(), c.points.into()), format::number(t(), c.weight.into()));
    let worth = (state != CriterionState::NotApplicable).then(|| {
        span("criterion-points num")
            .label(&t().score_points_label(points.clone(), weight.clone()))
            .attr("role", "img")
            .child(t().score_points(points.clone(), weight.clone()))
    });
    let name = div("criterion-name")
        .child(span("strong").child(words::criterion(criterion)))
        .child(is_best.then(|| span("tag tag-accent").child(t().score_next())));
    let evidence = match state {
        CriterionState::Met => evidence(open, criterion, c.evidence.as_deref().unwrap_or_default()),
        // Why it counts half or not at all, where that says more than that it is missing.
        CriterionState::Half | CriterionState::Missing | CriterionState::NotApplicable => match (c.why, &c.said) {
            (None | Some(CriterionReason::Unknown | CriterionReason::NotProved), _) | (_, None) => {
                words::lacks(criterion).to_owned()
            }
            (Some(_), Some(said)) => crate::api::say(said).to_owned(),
        },
    };
    let evidence = p("criterion-evidence small").child(evidence);
    let proof = c.proof.as_ref().map(|proof| proofs::shown(open, proof));
    let words = div("grow").child(name).child(evidence).child(proof);
    let words = if matches!(state, CriterionState::Missing | CriterionState::Half) {
        words.child(fix(open, criterion))
    } else {
        words
    };
    let mark = span("criterion-mark").add_class(tone).child(icon(face)).child(span("sr-only").child(said));
    let line = el("li").class("criterion").child(mark).child(words).child(worth);
    if state == CriterionState::NotApplicable { line.add_class("criterion-off") } else { line }
}

/// The fact that meets a criterion, in words.
fn evidence(open: Open, criterion: Criterion, raw: &str) -> String {
    match criterion {
        Criterion::Identity => {
            untrack(|| open.of(|d| format!("{} · {}", format::siren(d.facts.siren.as_str()), d.vat_number)))
        }
        Criterion::Establishment => format::siret(raw),
        Criterion::Size => {
            SizeClass::try_from(raw).map_or_else(|_| t().size_at_most_pme().to_owned(), |s| words::size(s).to_owned())
        }
        Criterion::VatRegime => {
            VatRegime::try_from(raw).map_or_else(|_| raw.to_owned(), |r| words::regime(r).to_owned())
        }
        Criterion::Contact => words::phone(raw),
        Criterion::Activity => untrack(|| open.say("activity")),
        Criterion::InvoiceVolume => raw.parse().map_or_else(|_| raw.to_owned(), |n: u64| t().invoices_monthly(n)),
        Criterion::NoCriticalAnomaly => t().score_met().to_owned(),
        Criterion::DirectoryAddress => {
            DirectoryState::try_from(raw).map_or_else(|_| raw.to_owned(), |state| words::directory(state).to_owned())
        }
        Criterion::ClientInformed => {
            raw.parse().map_or_else(|_| raw.to_owned(), |day: NaiveDate| format::date(t(), day))
        }
        Criterion::ReceptionPlatform
        | Criterion::PersonInCharge
        | Criterion::Emission
        | Criterion::Mandate
        | Criterion::ToolMapped
        | Criterion::ReceptionProved
        | Criterion::EmissionProved
        | Criterion::EReportingConfigured
        | Criterion::FirstTransmission => raw.to_owned(),
    }
}

/// The act that meets a missing criterion: a button that becomes its form.
fn fix(open: Open, criterion: Criterion) -> View {
    let managed = criterion == Criterion::PersonInCharge;
    if criterion == Criterion::Identity {
        return p("soft small").child(t().score_identity_fix());
    }
    let editing = RwSignal::new(false);
    show(
        move || if managed { may_manage() } else { may_write() },
        move || {
            live(move || {
                if !editing.get() && criterion == Criterion::Mandate {
                    return mandate_acts(editing);
                }
                if !editing.get() {
                    return Button::new(words::next_act(criterion)).small().press(move || editing.set(true)).into();
                }
                let done: Rc<dyn Fn()> = Rc::new(move || {
                    editing.try_set(false);
                    // What was mended goes down the list; the next act comes to the place of this one.
                    request_animation_frame(|| request_animation_frame(focus_next));
                });
                untrack(|| fix_form(open, criterion, done))
            })
        },
    )
}

/// A mandate is requested, signed and accepted in its own tab; what was signed elsewhere can be noted here.
fn mandate_acts(editing: RwSignal<bool>) -> View {
    let request = || address().set(&[(super::PART, Some("mandates"))], Step::Replace);
    div("row")
        .child(Button::new(words::next_act(Criterion::Mandate)).small().press(request))
        .child(Button::new(t().proof_note()).small().quiet().press(move || editing.set(true)))
}

fn focus_next() {
    let lost = crate::browser::active_element().is_none_or(|now| now.tag_name() == "BODY");
    let next = document().query_selector(".criterion .btn, .criteria").ok().flatten();
    if let (true, Some(next)) = (lost, next) {
        let _ = next.unchecked_ref::<web_sys::HtmlElement>().focus();
    }
}

fn fix_form(open: Open, criterion: Criterion, done: Rc<dyn Fn()>) -> View {
    match criterion {
        Criterion::Identity => View::none(),
        Criterion::ToolMapped => editor::form(open, &[("tool_platform", Kind::Platform)], done),
        Criterion::Establishment => sirets::form(open, done),
        Criterion::Size => editor::form(
            open,
            &[("headcount", Kind::Count), ("turnover_cents", Kind::Money), ("balance_sheet_cents", Kind::Money)],
            done,
        ),
        Criterion::VatRegime => regime::form(open, done),
        Criterion::ReceptionPlatform => editor::form(open, &[("reception_platform", Kind::Platform)], done),
        Criterion::Contact => contacts::form(open, None, done),
        Criterion::PersonInCharge => editor::form(open, &[("assignee", Kind::Person)], done),
        Criterion::Activity => activity::form(open, done),
        Criterion::InvoiceVolume => editor::form(open, &[("invoices_per_month", Kind::Count)], done),
        Criterion::Emission => {
            // Most firms send through the platform by which they receive: one press.
            let reception = open.fact_untracked("reception_platform");
            let same = reception.as_str().map(|name| {
                let (fields, close) = (Fields::from([("emission_platform".to_owned(), json!(name))]), done.clone());
                let said = t().dossier_saved(words::fact("emission_platform"));
                Button::new(format!("{} : {name}", t().platform_same())).small().press(move || {
                    let close = close.clone();
                    open.save(said.clone(), fields.clone(), move |outcome| match outcome {
                        Ok(()) => close(),
                        Err(failure) => super::open::complain(&failure),
                    });
                })
            });
            div("stack").child(same).child(editor::form(open, &[("emission_platform", Kind::Platform)], done))
        }
        Criterion::Mandate
        | Criterion::DirectoryAddress
        | Criterion::ReceptionProved
        | Criterion::EmissionProved
        | Criterion::EReportingConfigured
        | Criterion::FirstTransmission
        | Criterion::ClientInformed
        | Criterion::NoCriticalAnomaly => proofs::form(open, criterion, done),
    }
}

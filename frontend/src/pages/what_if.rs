//! What if: facts that are only supposed, what dossiers would become, and the way to make it so. The dialog is here at
//! once, its content is a part of its own.

use std::collections::BTreeMap;
use std::rc::Rc;

use chrono::NaiveDate;
use contract::endpoint::op;
use contract::{BulkAct, ItemOutcome, Nothing, PlatformUse, SupposedProof, WhatIf, WhatIfInput, WhatIfItem};
use domain::movement::Movement;
use domain::{Criterion, Permission, VatRegime};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};

use super::calm::settled;
use super::dossier::proofs::BY_PROOF;
use super::dossier::{entry, platform_field};
use super::dossiers::bulk::{self, Target};
use super::{Open, words};
use crate::api::{self, Load, load, say};
use crate::dom::{View, after, div, el, link, live, memo, p, show, span};
use crate::parts;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Combobox, Dialog, Field, Icon, Tone, error_state, notice, once_closed, segments, select_field,
    skeleton, state_move, text_field, toasts, value_move,
};

/// What the dialog is about.
#[derive(Clone)]
pub struct Supposing {
    pub target: Target,
    /// The dossier itself where it is one that is open: every supposed fact can be made true there.
    pub file: Option<Open>,
    pub open: RwSignal<bool>,
    /// Hears that dossiers have changed, also by the way back.
    pub done: Rc<dyn Fn()>,
}

/// Stands while `open` is true; `target` is asked when it opens.
pub fn dialog(
    open: RwSignal<bool>,
    target: impl Fn() -> Target + 'static,
    file: Option<Open>,
    done: impl Fn() + 'static,
) -> View {
    let target = Rc::new(target);
    let done: Rc<dyn Fn()> = Rc::new(done);
    // It stays until the browser has closed it: only then the focus goes back to what opened it.
    let stands = RwSignal::new(false);
    after(move || {
        if open.get() {
            stands.set(true);
        }
    });
    once_closed(open, move || {
        if open.try_get_untracked() == Some(false) {
            stands.try_set(false);
        }
    });
    let stands = memo(move || stands.get());
    live(move || {
        if !stands.get() {
            return View::none();
        }
        let (target, done) = (target.clone(), done.clone());
        untrack(|| {
            let supposing = Supposing { target: target(), file, open, done };
            let title = t().what_if_title(supposing.target.count());
            Dialog::new(open, title, move || parts::what_if(supposing.clone())).wide().into()
        })
    })
}

/// Items that are written out; the rest is counted.
const SHOWN: usize = 50;
const KEEP: &str = "";

/// A wish of the person, whole.
#[derive(Clone, PartialEq, Default)]
struct Wish {
    platform: Option<(PlatformUse, String)>,
    facts: BTreeMap<String, Value>,
    proofs: Vec<SupposedProof>,
}

impl Wish {
    fn all_facts(&self) -> BTreeMap<String, Value> {
        let mut facts = self.facts.clone();
        if let Some((usage, name)) = &self.platform {
            if *usage != PlatformUse::Emission {
                facts.insert("reception_platform".to_owned(), json!(name));
            }
            if *usage != PlatformUse::Reception {
                facts.insert("emission_platform".to_owned(), json!(name));
            }
        }
        facts
    }

    fn is_empty(&self) -> bool {
        self.platform.is_none() && self.facts.is_empty() && self.proofs.is_empty()
    }
}

/// A number that may be left empty, with what is wrong about it.
struct Number {
    field: Field,
    read: Memo<Result<Value, String>>,
}

fn number_field(label: &str, read: fn(&str) -> Result<Value, String>) -> Number {
    let typed = RwSignal::new(String::new());
    let read = Memo::new(move |_| typed.with(|text| read(text)));
    let field =
        text_field(label, typed).inputmode("decimal").placeholder(t().what_if_keep()).error(move || read.get().err());
    Number { field, read }
}

/// The content of the dialog.
pub fn content(supposing: Supposing) -> View {
    let t = t();
    let (platform, usage) = (RwSignal::new(String::new()), RwSignal::new(PlatformUse::Both.as_str().to_owned()));
    let proofs = RwSignal::new(Vec::<String>::new());
    let regime = RwSignal::new(KEEP.to_owned());
    let headcount = number_field(t.fact_headcount(), entry::count);
    let turnover = number_field(t.fact_turnover(), entry::money);
    let invoices = number_field(t.fact_invoices_per_month(), entry::count);
    let numbers =
        [("headcount", headcount.read), ("turnover_cents", turnover.read), ("invoices_per_month", invoices.read)];

    let wish = memo(move || {
        let mut wish = Wish::default();
        let name = platform.with(|name| name.trim().to_owned());
        let usage = usage.with(|code| PlatformUse::try_from(code.as_str()).ok());
        wish.platform = usage.filter(|_| !name.is_empty()).map(|usage| (usage, name));
        let chosen =
            proofs.with(|all| all.iter().filter_map(|c| Criterion::try_from(c.as_str()).ok()).collect::<Vec<_>>());
        wish.proofs = chosen.into_iter().map(|criterion| SupposedProof { criterion, expires_on: None }).collect();
        if let Some(regime) = regime.with(|code| VatRegime::try_from(code.as_str()).ok()) {
            wish.facts.insert("vat_regime".to_owned(), json!(regime));
        }
        for (name, read) in numbers {
            match read.get() {
                Ok(Value::Null) => {}
                Ok(value) => {
                    wish.facts.insert(name.to_owned(), value);
                }
                Err(_) => return None,
            }
        }
        Some(wish).filter(|wish| !wish.is_empty())
    });
    let target = supposing.target.clone();
    let calm = settled(move || wish.get());
    let told: Load<Option<WhatIf>> = load(
        move || calm.get(),
        move |wish| {
            let target = target.clone();
            Box::pin(async move {
                let Some(wish) = wish else { return Ok(None) };
                let (ids, filter) = target.parts();
                let input = WhatIfInput { ids, filter, facts: wish.all_facts(), proofs: wish.proofs };
                api::act::<op::SupposeDossiers>(&Nothing {}, &Nothing {}, &input).await.map(Some)
            })
        },
    );

    let (field, note) = platform_field(t.fact_platform(), platform);
    // This part may arrive after the dialog has looked for what wants the focus.
    let first = field.control();
    request_animation_frame(move || first.focus());
    let usages = vec![
        Choice::new(PlatformUse::Both.as_str(), t.bulk_usage_both()),
        Choice::new(PlatformUse::Reception.as_str(), t.bulk_usage_reception()),
        Choice::new(PlatformUse::Emission.as_str(), t.bulk_usage_emission()),
    ];
    let all_proofs = || BY_PROOF.iter().map(|c| Choice::new(c.as_str(), words::criterion(*c))).collect();
    let regimes = || {
        let known = VatRegime::ALL.iter().map(|r| Choice::new(r.as_str(), words::regime(*r)));
        std::iter::once(Choice::new(KEEP, crate::text::t().what_if_keep())).chain(known).collect()
    };
    let other = el("details").class("chart-table").child(el("summary").child(t.what_if_other())).child(
        div("what-if-other")
            .child(select_field(t.fact_vat_regimes(), regime, regimes))
            .child(headcount.field)
            .child(turnover.field)
            .child(invoices.field),
    );
    let fields = div("stack")
        .child(p("soft").child(t.what_if_lead()))
        .child(div("stack-tight").child(field.autofocus()).child(note))
        .child(segments(t.what_if_usage(), usages, move || usage.get(), move |next| usage.set(next)))
        .child(Combobox::many(t.what_if_proofs(), proofs, all_proofs).field().hint(t.what_if_proofs_hint()).optional())
        .child(other);
    let effect = live(move || {
        if wish.with(Option::is_none) {
            return p("soft").child(crate::text::t().what_if_choose());
        }
        if let Some(failure) = told.failure.get().filter(|_| !told.pending.get()) {
            return error_state(&failure, Some(Rc::new(move || told.reload())));
        }
        match told.value.get().flatten() {
            Some(told) => outlook(&told),
            None => skeleton(4),
        }
    });
    let effect = div("outlook")
        .attr("aria-live", "polite")
        .class_of("loaded-stale", move || told.pending.get() && wish.with(Option::is_some))
        .child(effect);
    div("stack").child(div("what-if").child(fields).child(effect)).child(foot(supposing, wish, told))
}

fn outlook(told: &WhatIf) -> View {
    let t = t();
    let mean =
        |score: Option<f64>| score.map_or_else(|| "–".to_owned(), |s| format::tenths(t, (s * 10.0).round() as i64));
    let euros = |cents| format::money_round(t, cents);
    let n = |n: u64| format::number(t, n as i64);
    let (a, b) = (&told.before, &told.after);
    let totals = [
        (t.what_if_score(), mean(a.score), mean(b.score)),
        (t.what_if_exposure(), euros(a.exposure_cents), euros(b.exposure_cents)),
        (t.what_if_ready(), n(a.states.ready), n(b.states.ready)),
        (t.what_if_late(), n(a.states.late), n(b.states.late)),
    ];
    let totals = totals.into_iter().fold(el("dl").class("facts"), |list, (what, before, after)| {
        list.child(el("dt").child(what)).child(el("dd").child(value_move(what, before, after)))
    });
    let mut head = vec![match told.changed {
        0 => t.what_if_moves_none().to_owned(),
        n => t.what_if_moves(n),
    }];
    if told.unchanged > 0 {
        head.push(t.what_if_stays(told.unchanged));
    }
    let left_out = (told.left_out > 0).then(|| {
        let lines = told.items.iter().filter(|item| is_left_out(item)).take(SHOWN).map(|item| {
            let reason = item.reason.as_ref().map(say).unwrap_or_default();
            let name = item.name.clone().unwrap_or_else(|| item.dossier_id.to_string());
            el("li").child(span("strong").child(name)).child(span("soft").child(format!(" {reason}")))
        });
        notice(
            Tone::AtRisk,
            div("stack-tight")
                .child(p("").child(t.what_if_left_out(told.left_out)))
                .child(el("ul").class("bullets small").children(lines)),
        )
    });
    let moved: Vec<_> = told.items.iter().filter_map(|item| Some((item, item.movement.as_ref()?))).collect();
    let more = (told.changed as usize).saturating_sub(moved.len().min(SHOWN)) as u64;
    let lines = moved.into_iter().take(SHOWN).map(|(item, movement)| line(item, movement));
    let list = (told.changed > 0).then(|| el("ul").class("results what-if-items").children(lines));
    div("stack")
        .child(p("strong").child(head.join(" · ")))
        .child(totals)
        .child(left_out)
        .child(list)
        .child((more > 0).then(|| p("faint small").child(t.what_if_more(more))))
}

fn is_left_out(item: &WhatIfItem) -> bool {
    matches!(item.outcome, ItemOutcome::NotFound | ItemOutcome::Refused)
}

fn line(item: &WhatIfItem, m: &Movement) -> View {
    let t = t();
    let state = (m.state_before != m.state_after)
        .then(|| state_move(t.rules_state(), words::tone(m.state_before), words::tone(m.state_after)));
    let score = value_move(
        t.what_if_score(),
        format::number(t, m.score_before.into()),
        format::number(t, m.score_after.into()),
    );
    let mut rest = Vec::new();
    if m.exposure_before_cents != m.exposure_after_cents {
        let euros = |cents| format::money_round(t, cents);
        rest.push(t.what_if_date(t.what_if_exposure(), euros(m.exposure_before_cents), euros(m.exposure_after_cents)));
    }
    let day =
        |day: Option<chrono::NaiveDate>| day.map_or_else(|| t.what_if_no_date().to_owned(), |d| format::date(t, d));
    for date in &m.dates {
        // The kinds of e-reporting begin together.
        let said = t.what_if_date(words::obligation(date.obligation.group()), day(date.before), day(date.after));
        if !rest.contains(&said) {
            rest.push(said);
        }
    }
    let name = link("truncate", &format!("/dossiers/{}", item.dossier_id)).child(item.name.as_deref().unwrap_or("–"));
    let rest = (!rest.is_empty()).then(|| p("soft small").child(rest.join(" · ")));
    el("li").class("result").child(
        div("grow stack-tight")
            .child(div("spread nowrap").child(name).child(span("row nowrap").child(state).child(score)))
            .child(rest),
    )
}

/// What proves the supposed proofs, for whoever wants to record them.
#[derive(Clone, Copy)]
struct Proving {
    what: RwSignal<String>,
    on: RwSignal<String>,
}

impl Proving {
    fn new() -> Proving {
        let today = format::paris(crate::browser::now()).date().to_string();
        Proving { what: RwSignal::new(String::new()), on: RwSignal::new(today) }
    }

    fn read(self) -> Option<(String, NaiveDate)> {
        let what = self.what.with(|what| what.trim().to_owned());
        let on = self.on.with(|on| on.parse().ok())?;
        (!what.is_empty()).then_some((what, on))
    }

    fn fields(self) -> View {
        let t = t();
        div("what-if-proving")
            .child(text_field(t.proof_what(), self.what).hint(t.what_if_proving_hint()).optional())
            .child(text_field(t.proof_on(), self.on).kind("date"))
    }
}

/// What a press would write, and what it would leave.
#[derive(Clone, PartialEq, Default)]
struct Plan {
    /// On a selection.
    acts: Vec<BulkAct>,
    /// In the one dossier that is open.
    facts: BTreeMap<String, Value>,
    proofs: Vec<Value>,
    /// In words.
    written: Vec<String>,
    left: Vec<&'static str>,
    /// Proofs are supposed and nothing is said that proves them.
    unproved: bool,
}

impl Plan {
    fn of(wish: &Wish, proof: Option<(String, NaiveDate)>, single: bool) -> Plan {
        let mut plan = Plan { unproved: !wish.proofs.is_empty() && proof.is_none(), ..Plan::default() };
        if let Some((usage, name)) = &wish.platform {
            plan.written.push(t().what_if_platform(name));
            plan.acts.push(BulkAct::Platform { usage: *usage, name: Some(name.clone()) });
        }
        for name in wish.facts.keys() {
            let label = fact(name);
            if single { plan.written.push(label.to_owned()) } else { plan.left.push(label) }
        }
        for (supposed, (what, on)) in wish.proofs.iter().zip(proof.iter().cycle()) {
            let criterion = supposed.criterion;
            plan.written.push(words::criterion(criterion).to_owned());
            plan.proofs.push(json!({ "criterion": criterion, "what": what, "source": "hand", "on": on }));
            plan.acts.push(BulkAct::Proof { criterion, what: what.clone(), on: *on, expires_on: None });
        }
        plan.facts = wish.all_facts();
        plan
    }
}

fn fact(name: &str) -> &'static str {
    let t = t();
    match name {
        "headcount" => t.fact_headcount(),
        "turnover_cents" => t.fact_turnover(),
        "invoices_per_month" => t.fact_invoices_per_month(),
        _ => t.fact_vat_regimes(),
    }
}

/// The way to make it so: what a bulk act or the dossier itself can do.
fn foot(supposing: Supposing, wish: Memo<Option<Wish>>, told: Load<Option<WhatIf>>) -> View {
    let open = supposing.open;
    let applying = RwSignal::new(false);
    let writes = || session::can(Permission::DossierWrite);
    let single = supposing.file;
    let proving = Proving::new();
    let plan = memo(move || {
        let proof = proving.read();
        wish.with(|wish| wish.as_ref().filter(|_| writes()).map(|wish| Plan::of(wish, proof, single.is_some())))
    });
    // How many a press would write to, once the effect that is shown is that of the wish.
    let ready = memo(move || {
        let current = !told.pending.get() && told.failure.with(Option::is_none);
        let writes = plan.with(|plan| plan.as_ref().is_some_and(|plan| !plan.written.is_empty()));
        let n = told.value.with(|told| told.as_ref().and_then(Option::as_ref).map_or(0, |t| t.changed + t.unchanged));
        (current && writes && n > 0).then_some(n)
    });
    let label = move || match (single.is_some(), ready.get()) {
        (false, Some(n)) => t().what_if_apply_to(n),
        _ => t().what_if_apply().to_owned(),
    };
    let apply = move || {
        let Some(plan) = plan.get_untracked().filter(|_| ready.get_untracked().is_some()) else { return };
        match single {
            Some(file) => write_to(file, plan, open),
            None => {
                let (target, done) = (supposing.target.clone(), supposing.done.clone());
                applying.set(true);
                spawn_local(async move {
                    let (results, failure) = bulk::act_all(&target, plan.acts).await;
                    applying.try_set(false);
                    if !results.is_empty() {
                        bulk::tell(&results, done.clone());
                        done();
                    }
                    match failure {
                        None => {
                            open.try_set(false);
                        }
                        Some(failure) => toasts().failed(&failure),
                    }
                });
            }
        }
    };
    let apply = Rc::new(apply);
    let supposes_proofs = memo(move || writes() && wish.with(|w| w.as_ref().is_some_and(|w| !w.proofs.is_empty())));
    // What a press would write and what it would leave out is said before it.
    let said = live(move || {
        let plan = plan.get()?;
        let t = t();
        let line = |class: &str, text: String| p(class).child(text);
        let written = (!plan.written.is_empty()).then(|| line("small", t.what_if_writes(&plan.written.join(", "))));
        let left = (!plan.left.is_empty()).then(|| line("soft small", t.what_if_leaves(&plan.left.join(", "))));
        let unproved = plan.unproved.then(|| line("soft small", t.what_if_unproved().to_owned()));
        Some(div("stack-tight").child(written).child(left).child(unproved))
    });
    let press = show(writes, move || {
        let apply = apply.clone();
        live(move || {
            let apply = apply.clone();
            Button::new(label())
                .icon(Icon::Check)
                .primary()
                .disabled(move || ready.get().is_none())
                .busy(move || applying.get() || single.is_some_and(|file| file.saving.get()))
                .press(move || apply())
        })
    });
    let close = Button::new(t().close()).press(move || open.set(false));
    let end = div("stack-tight what-if-end")
        .child(show(move || supposes_proofs.get(), move || proving.fields()))
        .child(div("").attr("aria-live", "polite").child(said));
    View::all([end, div("what-if-foot").child(close).child(press)])
}

/// Into the dossier that is open, in one write.
fn write_to(file: Open, plan: Plan, open: RwSignal<bool>) {
    let mut fields = plan.facts;
    if !plan.proofs.is_empty() {
        let mut proofs = file.fact_untracked("proofs").as_array().cloned().unwrap_or_default();
        proofs.extend(plan.proofs);
        fields.insert("proofs".to_owned(), Value::Array(proofs));
    }
    file.save(t().what_if_applied(1), fields, move |outcome| match outcome {
        Ok(()) => {
            open.try_set(false);
        }
        Err(failure) => toasts().failed(&failure),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish() -> Wish {
        Wish {
            platform: Some((PlatformUse::Both, "PENNYLANE".to_owned())),
            facts: BTreeMap::from([("headcount".to_owned(), json!(12))]),
            proofs: vec![SupposedProof { criterion: Criterion::Mandate, expires_on: None }],
        }
    }

    #[test]
    fn a_selection_is_given_what_a_bulk_act_can_say() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 26).expect("a day");
        let plan = Plan::of(&wish(), Some(("Mandat signé".to_owned(), day)), false);
        let acts: Vec<_> = plan.acts.iter().map(|act| json!(act)["kind"].clone()).collect();
        assert_eq!(acts, ["platform", "proof"]);
        assert_eq!((plan.left.as_slice(), plan.unproved), (["Effectif"].as_slice(), false));
    }

    #[test]
    fn a_proof_without_what_proves_it_is_not_recorded() {
        let plan = Plan::of(&wish(), None, false);
        assert_eq!((plan.acts.len(), plan.proofs.len(), plan.unproved), (1, 0, true));
    }

    #[test]
    fn the_open_dossier_takes_every_fact() {
        let plan = Plan::of(&wish(), None, true);
        assert_eq!(plan.facts.keys().collect::<Vec<_>>(), ["emission_platform", "headcount", "reception_platform"]);
        assert!(plan.left.is_empty());
    }
}

//! One act on many dossiers: what is chosen, whom it would touch before anything changes, what came of it, and the way
//! back.

use std::collections::BTreeMap;
use std::rc::Rc;

use chrono::NaiveDate;
use contract::endpoint::op;
use contract::{BulkAct, BulkInput, BulkResult, DossierQuery, Duty, ItemOutcome, ItemResult, Nothing, PlatformUse};
use domain::{ActId, Criterion, DossierId, PlatformDecider, Registration, RegistrationState};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{self, Failure, Load, load, say};
use crate::dom::{View, div, el, live, p, show};
use crate::frame::address;
use crate::pages::calm::settled;
use crate::pages::dossier::{self, proofs::BY_PROOF};
use crate::pages::outcomes;
use crate::pages::selection;
use crate::pages::words as facts;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Combobox, Dialog, Tone, date_field, notice, once_closed, segments, select_field, text_field, toasts,
};

#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Assign,
    Portfolio,
    Tag,
    Platform,
    /// Platform, with emission chosen at first.
    Emission,
    /// Who decides on the platform.
    Decider,
    /// Where the registration on the platform stands.
    Registration,
    /// A dated proof for a criterion.
    Proof,
}

impl Kind {
    pub fn of(word: &str) -> Option<Kind> {
        Some(match word {
            "assign" => Kind::Assign,
            "portfolio" => Kind::Portfolio,
            "tag" => Kind::Tag,
            "platform" => Kind::Platform,
            "emission" => Kind::Emission,
            "decider" => Kind::Decider,
            "registration" => Kind::Registration,
            "proof" => Kind::Proof,
            _ => return None,
        })
    }
}

/// On which dossiers.
pub type Target = selection::Target<DossierId, DossierQuery>;

fn input(target: &Target, act: BulkAct, preview: bool) -> BulkInput {
    let (ids, filter) = target.parts();
    BulkInput { ids, filter, act, preview }
}

/// The dialog stands while `acting` holds an act. `done` hears that dossiers have changed, also by the way back.
pub fn dialog(acting: RwSignal<Option<(Kind, Target)>>, done: impl Fn() + Clone + 'static) -> View {
    live(move || {
        let (kind, target) = acting.get()?;
        let done = done.clone();
        Some(untrack(|| build(kind, target, acting, Rc::new(done))))
    })
}

/// The wish of the person, followed; nothing while it is not complete.
struct Form {
    fields: View,
    wish: Memo<Option<BulkAct>>,
}

fn words(list: &str) -> Vec<String> {
    list.split([',', ';']).map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

/// "Nobody", "no portfolio": a choice like the others.
const NONE: &str = "none";

fn form(kind: Kind) -> Form {
    let t = t();
    match kind {
        Kind::Assign => {
            let duty = RwSignal::new(Duty::Assignee.as_str().to_owned());
            let person = RwSignal::new(Vec::<String>::new());
            let duties = vec![
                Choice::new(Duty::Assignee.as_str(), t.fact_assignee()),
                Choice::new(Duty::Manager.as_str(), t.fact_manager()),
            ];
            let people = || {
                let mut all = dossier::people();
                all.push(Choice::new(NONE, crate::text::t().bulk_nobody()));
                all
            };
            let field = Combobox::one(t.bulk_person(), person, people).field().autofocus();
            let fields = View::all([
                View::from(field),
                segments(t.bulk_duty(), duties, move || duty.get(), move |next| duty.set(next)),
            ]);
            let wish = Memo::new(move |_| {
                let chosen = person.with(|p| p.first().cloned())?;
                let duty = Duty::try_from(duty.get().as_str()).ok()?;
                Some(BulkAct::Assign { duty, user_id: chosen.parse().ok() })
            });
            Form { fields, wish }
        }
        Kind::Portfolio => {
            let portfolio = RwSignal::new(Vec::<String>::new());
            let all = || {
                let mut all = dossier::portfolios();
                all.push(Choice::new(NONE, crate::text::t().bulk_no_portfolio()));
                all
            };
            let fields = Combobox::one(t.bulk_portfolio(), portfolio, all).field().autofocus().into();
            let wish = Memo::new(move |_| {
                let chosen = portfolio.with(|p| p.first().cloned())?;
                Some(BulkAct::Portfolio { portfolio_id: chosen.parse().ok() })
            });
            Form { fields, wish }
        }
        Kind::Tag => {
            let (add, remove) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
            let fields = View::all([
                text_field(t.bulk_tags_add(), add).hint(t.bulk_tags_hint()).autofocus(),
                text_field(t.bulk_tags_remove(), remove).hint(t.bulk_tags_hint()).optional(),
            ]);
            let (add, remove) = (settled(move || add.get()), settled(move || remove.get()));
            let wish = Memo::new(move |_| {
                let (add, remove) = (words(&add.get()), words(&remove.get()));
                (!add.is_empty() || !remove.is_empty()).then_some(BulkAct::Tag { add, remove })
            });
            Form { fields, wish }
        }
        Kind::Decider => decider_form(),
        Kind::Registration => registration_form(),
        Kind::Proof => {
            // What the list was narrowed to is what is to be proved.
            let lacking = address().text("missing").get_untracked();
            let first = Criterion::try_from(lacking.as_str()).ok().filter(|c| BY_PROOF.contains(c));
            let criterion = RwSignal::new(first.unwrap_or(BY_PROOF[0]).as_str().to_owned());
            let what = RwSignal::new(String::new());
            let on = RwSignal::new(today().to_string());
            let all = || BY_PROOF.iter().map(|c| Choice::new(c.as_str(), crate::pages::words::criterion(*c))).collect();
            let fields = View::all([
                View::from(select_field(t.bulk_proof_criterion(), criterion, all)),
                View::from(text_field(t.proof_what(), what).hint(t.proof_what_hint()).autofocus()),
                View::from(text_field(t.proof_on(), on).kind("date")),
            ]);
            let calm = settled(move || what.get());
            let wish = Memo::new(move |_| {
                let criterion = Criterion::try_from(criterion.get().as_str()).ok()?;
                let (what, on) = (calm.get().trim().to_owned(), on.get().parse().ok()?);
                (!what.is_empty()).then_some(BulkAct::Proof { criterion, what, on, expires_on: None })
            });
            Form { fields, wish }
        }
        Kind::Platform | Kind::Emission => {
            let first = if kind == Kind::Emission { PlatformUse::Emission } else { PlatformUse::Reception };
            let usage = RwSignal::new(first.as_str().to_owned());
            let name = RwSignal::new(String::new());
            // An empty name takes the platform away, but only when that was said.
            let clearing = RwSignal::new(false);
            let usages = vec![
                Choice::new(PlatformUse::Reception.as_str(), t.bulk_usage_reception()),
                Choice::new(PlatformUse::Emission.as_str(), t.bulk_usage_emission()),
                Choice::new(PlatformUse::Both.as_str(), t.bulk_usage_both()),
            ];
            let (field, note) = dossier::platform_field(t.fact_platform(), name);
            let field = field.autofocus().disabled(move || clearing.get());
            let clear =
                crate::ui::Checkbox::new(t.bulk_platform_clear(), move || clearing.get(), move |on| clearing.set(on));
            let fields = View::all([
                div("stack-tight").child(field).child(note),
                segments(t.bulk_usage(), usages, move || usage.get(), move |next| usage.set(next)),
                clear.into(),
            ]);
            let calm = settled(move || name.get());
            let wish = Memo::new(move |_| {
                let usage = PlatformUse::try_from(usage.get().as_str()).ok()?;
                if clearing.get() {
                    return Some(BulkAct::Platform { usage, name: None });
                }
                let name = calm.get().trim().to_owned();
                (!name.is_empty()).then_some(BulkAct::Platform { usage, name: Some(name) })
            });
            Form { fields, wish }
        }
    }
}

fn today() -> NaiveDate {
    format::paris(crate::browser::now()).date()
}

fn decider_form() -> Form {
    let decider = RwSignal::new(String::new());
    let choices = || {
        let t = t();
        let all = PlatformDecider::ALL.iter().map(|d| Choice::new(d.as_str(), facts::decider(*d)));
        let first = std::iter::once(Choice::new("", t.choose()));
        first.chain(all).chain([Choice::new(NONE, t.bulk_decider_firm_rule())]).collect()
    };
    let field = select_field(facts::fact("platform_decided_by"), decider, choices).autofocus();
    let wish = Memo::new(move |_| match decider.get().as_str() {
        "" => None,
        NONE => Some(BulkAct::PlatformDecider { decider: None }),
        told => Some(BulkAct::PlatformDecider { decider: PlatformDecider::try_from(told).ok() }),
    });
    Form { fields: field.into(), wish }
}

/// The step and its day; why, where it is a denial.
fn registration_form() -> Form {
    let t = t();
    let (state, reason) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let on = RwSignal::new(today().to_string());
    let choices = || {
        let t = crate::text::t();
        let all = RegistrationState::ALL.iter().map(|s| Choice::new(s.as_str(), facts::registration(*s)));
        let first = std::iter::once(Choice::new("", t.choose()));
        first.chain(all).chain([Choice::new(NONE, t.bulk_registration_clear())]).collect()
    };
    let told = crate::dom::memo(move || state.with(|s| RegistrationState::try_from(s.as_str()).ok()));
    let day = date_field(t.registration_on(), on).attr("max", &today().to_string());
    let day = View::from(day);
    let why = text_field(t.registration_reason(), reason).hint(t.registration_reason_missing());
    let why = View::from(why);
    let fields = View::all([
        View::from(select_field(t.registration_state(), state, choices).autofocus()),
        show(move || told.get().is_some(), move || day.clone()),
        show(move || told.get() == Some(RegistrationState::Denied), move || why.clone()),
    ]);
    let calm = settled(move || reason.get());
    let wish = Memo::new(move |_| {
        if state.with(|s| s == NONE) {
            return Some(BulkAct::Registration { registration: None });
        }
        let (state, on) = (told.get()?, on.get().parse().ok()?);
        let reason = (state == RegistrationState::Denied).then(|| calm.get().trim().to_owned());
        // A denial waits for its reason.
        if reason.as_ref().is_some_and(String::is_empty) {
            return None;
        }
        Some(BulkAct::Registration { registration: Some(Registration { state, on, reason }) })
    });
    Form { fields, wish }
}

fn title(kind: Kind, n: u64) -> String {
    let t = t();
    match kind {
        Kind::Assign => t.bulk_assign_title(n),
        Kind::Portfolio => t.bulk_portfolio_title(n),
        Kind::Tag => t.bulk_tag_title(n),
        Kind::Platform | Kind::Emission => t.bulk_platform_title(n),
        Kind::Decider => t.bulk_decider_title(n),
        Kind::Registration => t.bulk_registration_title(n),
        Kind::Proof => t.bulk_proof_title(n),
    }
}

fn build(kind: Kind, target: Target, acting: RwSignal<Option<(Kind, Target)>>, done: Rc<dyn Fn()>) -> View {
    let open = RwSignal::new(true);
    once_closed(open, move || {
        acting.try_set(None);
    });
    let Form { fields, wish } = form(kind);
    let asked = target.clone();
    let preview: Load<Option<BulkResult>> = load(
        move || wish.get(),
        move |wish| {
            let target = asked.clone();
            Box::pin(async move {
                let Some(act) = wish else { return Ok(None) };
                let input = input(&target, act, true);
                api::act::<op::BulkDossiers>(&Nothing {}, &Nothing {}, &input).await.map(Some)
            })
        },
    );
    let applying = RwSignal::new(false);
    let result = RwSignal::new(None::<BulkResult>);
    let ready = crate::dom::memo(move || {
        let current = !preview.pending.get() && preview.failure.with(Option::is_none) && wish.with(Option::is_some);
        preview.value.with(|p| p.as_ref().and_then(Option::as_ref).filter(|_| current).map(|p| p.changed))
    });
    let fields = Rc::new(fields);
    let sent = target.clone();
    let apply = Rc::new(move || {
        if ready.get_untracked().unwrap_or(0) == 0 || applying.get_untracked() {
            return;
        }
        let Some(act) = wish.get_untracked() else { return };
        let (input, done) = (input(&sent, act, false), done.clone());
        applying.set(true);
        spawn_local(async move {
            let outcome = api::act::<op::BulkDossiers>(&Nothing {}, &Nothing {}, &input).await;
            applying.try_set(false);
            match outcome {
                Ok(answer) => {
                    tell(std::slice::from_ref(&answer), done.clone());
                    refresh(&input.act);
                    done();
                    if answer.left_out > 0 {
                        result.try_set(Some(answer));
                    } else {
                        open.try_set(false);
                    }
                }
                Err(failure) => toasts().failed(&failure),
            }
        });
    });
    let body = {
        let apply = apply.clone();
        move || {
            let (fields, apply) = (fields.clone(), apply.clone());
            let choose = show(
                move || result.with(Option::is_none),
                move || {
                    let apply = apply.clone();
                    el("form")
                        .class("stack")
                        .attr("novalidate", "")
                        .child((*fields).clone())
                        .child(outlook(preview, wish))
                        // Enter in a field sends the form although its button stands in the foot of the dialog.
                        .child(el("button").attr("type", "submit").class("sr-only").attr("tabindex", "-1").decorative())
                        .on("submit", move |ev| {
                            ev.prevent_default();
                            apply();
                        })
                },
            );
            let tell = live(move || result.get().map(|result| outcomes::results(done_words(&result), items(&result))));
            View::all([choose, tell])
        }
    };
    let footer = move || {
        let apply = apply.clone();
        live(move || {
            if result.with(Option::is_some) {
                return Button::new(t().close()).primary().press(move || open.set(false)).into();
            }
            let apply = apply.clone();
            let n = ready.get();
            View::all([
                Button::new(t().cancel()).press(move || open.set(false)),
                Button::new(n.filter(|n| *n > 0).map_or_else(|| t().apply().to_owned(), |n| t().bulk_apply(n)))
                    .primary()
                    .disabled(move || ready.get().unwrap_or(0) == 0)
                    .busy(move || applying.get())
                    .press(move || apply()),
            ])
        })
    };
    Dialog::new(open, title(kind, target.count()), body).footer(footer).into()
}

/// Lists elsewhere on the screen that count what has moved.
fn refresh(act: &BulkAct) {
    match act {
        BulkAct::Assign { .. } => session::people().reload(),
        BulkAct::Portfolio { .. } => session::portfolios().reload(),
        BulkAct::Tag { .. }
        | BulkAct::Platform { .. }
        | BulkAct::PlatformDecider { .. }
        | BulkAct::Registration { .. }
        | BulkAct::Proof { .. } => {}
    }
}

/// Whom the act would touch, who is left out and why.
fn outlook(preview: Load<Option<BulkResult>>, wish: Memo<Option<BulkAct>>) -> View {
    let missing = move || wish.with(Option::is_none).then(|| t().bulk_choose_first());
    crate::ui::outlook(preview, missing, 2, summary)
}

fn items(result: &BulkResult) -> Vec<outcomes::Item> {
    let item = |item: &ItemResult| outcomes::Item {
        name: item.name.clone().unwrap_or_else(|| item.dossier_id.to_string()),
        outcome: item.outcome,
        reason: item.reason.as_ref().map(say),
    };
    result.items.iter().map(item).collect()
}

fn summary(result: &BulkResult) -> View {
    let t = t();
    if result.changed == 0 && result.left_out == 0 {
        return notice(Tone::Unknown, p("").child(t.bulk_nothing()));
    }
    let items = items(result);
    let left = (result.left_out > 0).then(|| outcomes::left_out(t.bulk_left_out(result.left_out), &items));
    div("stack-tight")
        .child(p("strong").child(match result.changed {
            0 => t.bulk_none_would_change().to_owned(),
            n => t.bulk_would_change(n),
        }))
        .child((result.unchanged > 0).then(|| p("soft small").child(t.bulk_would_stay(result.unchanged))))
        .child(outcomes::touched(&items))
        .child(left)
}

fn done_words(result: &BulkResult) -> String {
    match result.left_out {
        0 => t().bulk_done(result.changed),
        left => format!("{} {}", t().bulk_done(result.changed), t().bulk_left(left)),
    }
}

/// Several acts on the same dossiers, one after the other, until one is refused as a whole: then the failure stands
/// beside what was done before it.
pub async fn act_all(target: &Target, acts: Vec<BulkAct>) -> (Vec<BulkResult>, Option<Failure>) {
    let mut results: Vec<BulkResult> = Vec::new();
    let mut target = target.clone();
    for act in acts {
        let input = input(&target, act, false);
        match api::act::<op::BulkDossiers>(&Nothing {}, &Nothing {}, &input).await {
            Ok(result) => {
                // What an act changes may take dossiers out of the filters that found them: the next one names them.
                if matches!(target, Target::All { .. }) {
                    let met = result.items.iter().filter(|item| item.outcome != ItemOutcome::NotFound);
                    target = Target::Ids(met.map(|item| item.dossier_id).collect());
                }
                results.push(result);
            }
            Err(failure) => return (results, Some(failure)),
        }
    }
    (results, None)
}

/// The results of several acts as one, dossier by dossier: what was left out anywhere shows.
fn together(results: &[BulkResult]) -> BulkResult {
    let mut items: BTreeMap<DossierId, ItemResult> = BTreeMap::new();
    for item in results.iter().flat_map(|result| &result.items) {
        let weight = |outcome| match outcome {
            ItemOutcome::Unchanged => 0,
            ItemOutcome::Changed => 1,
            ItemOutcome::Kept | ItemOutcome::NotFound | ItemOutcome::Refused => 2,
        };
        let known = items.entry(item.dossier_id).or_insert_with(|| item.clone());
        if weight(known.outcome) < weight(item.outcome) {
            *known = item.clone();
        }
    }
    let items: Vec<ItemResult> = items.into_values().collect();
    let of = |outcome| items.iter().filter(|item| item.outcome == outcome).count() as u64;
    let (changed, unchanged) = (of(ItemOutcome::Changed), of(ItemOutcome::Unchanged));
    BulkResult {
        act_id: None,
        changed,
        unchanged,
        left_out: items.len() as u64 - changed - unchanged,
        items,
        anomalies: Vec::new(),
    }
}

/// What came of acts that belong together, with one way back for all of them.
pub fn tell(results: &[BulkResult], done: Rc<dyn Fn()>) {
    let words = done_words(&together(results));
    // The last one first: it may stand on those before it.
    let acts: Vec<ActId> = results.iter().rev().filter_map(|result| result.act_id).collect();
    if acts.is_empty() {
        toasts().info(words);
    } else {
        toasts().undoable(words, move || undo(acts.clone(), done.clone()));
    }
}

/// Takes acts back, says what of them stays, and then `done`.
pub fn undo(acts: Vec<ActId>, done: Rc<dyn Fn()>) {
    spawn_local(async move {
        let mut results = Vec::new();
        for act in acts {
            match api::act::<op::UndoAct>(&act, &Nothing {}, &Nothing {}).await {
                Ok(answer) => results.push(answer),
                Err(failure) => {
                    toasts().failed(&failure);
                    break;
                }
            }
        }
        if results.is_empty() {
            return;
        }
        let answer = together(&results);
        match answer.left_out {
            0 => toasts().done(t().bulk_undone(answer.changed)),
            kept => toasts().info(format!("{} {}", t().bulk_undone(answer.changed), t().bulk_kept(kept))),
        }
        done();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_that_belong_together_are_told_as_one() {
        let id = |last| format!("01930000-0000-7000-8000-00000000000{last}").parse::<DossierId>().expect("an id");
        let (a, b) = (id(1), id(2));
        let item = |dossier_id, outcome| ItemResult { dossier_id, name: None, outcome, reason: None };
        let result = |items: Vec<ItemResult>| BulkResult {
            act_id: None,
            changed: 0,
            unchanged: 0,
            left_out: 0,
            items,
            anomalies: Vec::new(),
        };
        let told = together(&[
            result(vec![item(a, ItemOutcome::Unchanged), item(b, ItemOutcome::Changed)]),
            result(vec![item(a, ItemOutcome::Changed), item(b, ItemOutcome::Refused)]),
        ]);
        assert_eq!((told.changed, told.unchanged, told.left_out), (1, 0, 1));
        assert_eq!(told.items.len(), 2);
    }

    #[test]
    fn tags_are_separated_by_commas() {
        assert_eq!(words("à rappeler, BTP ;; "), ["à rappeler", "BTP"]);
    }
}

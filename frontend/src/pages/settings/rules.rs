//! The rules of the score: what each criterion is worth, what caps, when a dossier is at risk, how dossiers weigh. The
//! effect of a change stands beside it before anything is saved.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{
    Nothing, PageQuery, ReadinessRules, RuleSet, RulesChange, RulesPreview, RulesTrial, RulesVersion, StateCounts,
};
use domain::reference::CapCode;
use domain::rules::{CapLevel, CriterionWeight};
use domain::{Criterion, Permission, ReadinessState, Weighting};
use leptos::prelude::*;

use super::stale;
use crate::api::{self, Load, SeekList, Versioned, ask, ask_versioned, change, load, seek_list};
use crate::browser::unique_id;
use crate::dom::{Item, View, after, div, el, live, memo, p, show, span};
use crate::frame::{jobs_ended, refresh_jobs};
use crate::pages::calm::settled;
use crate::pages::form::Form;
use crate::pages::words;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Field, Icon, Tone, error_state, load_more, loaded, notice, radios, skeleton, state_move,
    status_plain, text_field, toasts, value_move,
};

/// A number of the form as it is typed.
type Typed = RwSignal<String>;

/// What the person is changing.
#[derive(Clone)]
struct Draft {
    weights: Vec<(Criterion, Typed)>,
    caps: Vec<(CapCode, Typed)>,
    days: Typed,
    below: Typed,
    weighting: Typed,
    note: Typed,
}

impl Draft {
    fn of(rules: &RuleSet) -> Draft {
        let typed = |n: u32| RwSignal::new(n.to_string());
        Draft {
            weights: rules.weights.iter().map(|w| (w.criterion, typed(w.weight))).collect(),
            caps: rules.caps.iter().map(|c| (c.cap, typed(c.at_most))).collect(),
            days: RwSignal::new(rules.at_risk_days.to_string()),
            below: typed(rules.at_risk_below),
            weighting: RwSignal::new(rules.weighting.as_str().to_owned()),
            note: RwSignal::new(String::new()),
        }
    }

    /// Takes the values of other rules, such as those of an earlier version.
    fn take(&self, rules: &RuleSet) {
        for (criterion, typed) in &self.weights {
            if let Some(w) = rules.weights.iter().find(|w| w.criterion == *criterion) {
                typed.set(w.weight.to_string());
            }
        }
        for (cap, typed) in &self.caps {
            if let Some(c) = rules.caps.iter().find(|c| c.cap == *cap) {
                typed.set(c.at_most.to_string());
            }
        }
        self.days.set(rules.at_risk_days.to_string());
        self.below.set(rules.at_risk_below.to_string());
        self.weighting.set(rules.weighting.as_str().to_owned());
    }

    /// The rules as they stand in the form, followed; nothing while a number is none.
    fn read(&self) -> Option<RuleSet> {
        let number = |typed: &Typed, most: i64| typed.with(|text| number(text, most));
        let small = |typed: &Typed| number(typed, 100).and_then(|n| u32::try_from(n).ok());
        let weights: Option<Vec<_>> = self
            .weights
            .iter()
            .map(|(criterion, typed)| Some(CriterionWeight { criterion: *criterion, weight: small(typed)? }))
            .collect();
        let caps: Option<Vec<_>> =
            self.caps.iter().map(|(cap, typed)| Some(CapLevel { cap: *cap, at_most: small(typed)? })).collect();
        Some(RuleSet {
            weights: weights?,
            caps: caps?,
            at_risk_days: number(&self.days, MOST_DAYS)?,
            at_risk_below: small(&self.below)?,
            weighting: self.weighting.with(|code| Weighting::try_from(code.as_str()).ok())?,
        })
    }
}

/// What the form asks for beside what is in force. Read from the fields at each asking: a chain of memos here was left
/// standing when a value became a number again.
#[derive(Clone, Copy)]
struct Wish(StoredValue<(Draft, RuleSet)>);

impl Wish {
    fn get(self) -> Option<RuleSet> {
        self.0.with_value(|(draft, _)| draft.read())
    }

    /// It differs from what is in force, or is none yet.
    fn is_change(self) -> bool {
        self.0.with_value(|(draft, present)| draft.read().as_ref() != Some(present))
    }
}

/// Where the effect is told.
const OUTLOOK: &str = "rules-outlook";
const MOST: i64 = 100;
const MOST_DAYS: i64 = 730;

fn number(text: &str, most: i64) -> Option<i64> {
    text.trim().parse().ok().filter(|n| (0..=most).contains(n))
}

/// What both halves of the page share.
#[derive(Clone)]
struct Page {
    rules: Load<Versioned<ReadinessRules>>,
    versions: SeekList<RulesVersion>,
    draft: Draft,
    may: bool,
}

pub fn rules() -> View {
    let rules = load(|| (), |()| ask_versioned::<op::ReadReadinessRules>(Nothing {}, Nothing {}));
    let versions = seek_list(
        || (),
        |(), after| {
            Box::pin(async move {
                let query = PageQuery { limit: Some(20), after };
                let page = ask::<op::ListReadinessRulesVersions>(Nothing {}, query).await?;
                Ok((page.data, page.next))
            })
        },
    );
    // The job that evaluates has ended: the page no longer says that it goes on.
    let ended = jobs_ended();
    let mut first = true;
    after(move || {
        ended.track();
        if !std::mem::take(&mut first) {
            rules.reload();
        }
    });
    // The form is made anew with another version only: what is typed survives the end of a job.
    let version = memo(move || rules.value.with(|r| r.as_ref().map(|r| r.value.version)));
    let form = live(move || match version.get() {
        None => loaded(rules, 10, |_| View::none()),
        Some(_) => untrack(|| {
            let Some(read) = rules.value.get() else { return View::none() };
            let page = Page {
                rules,
                versions,
                draft: Draft::of(&read.value.rules),
                may: session::can(Permission::CabinetManage),
            };
            whole(&page, &read)
        }),
    });
    div("stack").child(form)
}

fn whole(page: &Page, read: &Versioned<ReadinessRules>) -> View {
    let t = t();
    let rules = page.rules;
    let state = if read.value.version == 0 {
        t.rules_of_product().to_owned()
    } else {
        t.rules_version(format::number(t, read.value.version))
    };
    let running = show(
        move || rules.value.with(|r| r.as_ref().is_some_and(|r| r.value.recomputing)),
        || notice(Tone::AtRisk, p("").child(crate::text::t().rules_recomputing())),
    );
    let lead = div("stack-tight")
        .child(p("soft").child(t.rules_lead()))
        .child(p("strong").child(state))
        .child((!page.may).then(|| p("soft small").child(t.rules_partner_only())));
    let draft = page.draft.clone();
    let present = read.value.rules.clone();
    let wish = Wish(StoredValue::new((draft, present)));
    let sides = div("rules-sides").child(values(page, &read.value));
    let sides = if page.may { sides.child(side(page, read, wish)) } else { sides };
    div("stack")
        .child(lead)
        .child(div("").attr("aria-live", "polite").child(running))
        .child(sides)
        .child(history(page, &read.value))
}

/// A number with the product's beside it, marked where the firm says another.
fn line(page: &Page, name: &str, label: String, typed: Typed, standard: i64) -> View {
    let t = t();
    let id = unique_id("rule");
    let own = move || typed.with(|text| number(text, MOST) != Some(standard));
    let wrong = move || typed.with(|text| number(text, MOST).is_none());
    let input = el("input")
        .class("input num")
        .id(&id)
        .attr("type", "text")
        .attr("inputmode", "numeric")
        .attr("autocomplete", "off")
        .label(&label)
        .flag("disabled", !page.may)
        .attr_of("aria-invalid", move || wrong().then_some("true"))
        .attr_of("title", move || wrong().then(|| crate::text::t().rules_not_a_number(MOST.to_string())))
        .value_of(move || typed.get())
        .on_input(move |text| typed.set(text));
    el("tr")
        .class_of("rule-own", own)
        .child(el("th").attr("scope", "row").child(name))
        .child(el("td").class("num").child(input))
        .child(el("td").class("num soft").child(format::number(t, standard)))
}

fn table(caption: &str, heads: [&str; 3], lines: Vec<View>) -> View {
    let head = |(i, text): (usize, &str)| {
        let cell = el("th").attr("scope", "col").child(text);
        if i == 0 { cell } else { cell.class("num") }
    };
    el("table")
        .class("rules-table")
        .child(el("caption").class("sr-only").child(caption))
        .child(el("thead").child(el("tr").children(heads.into_iter().enumerate().map(head))))
        .child(el("tbody").children(lines))
}

fn values(page: &Page, read: &ReadinessRules) -> View {
    let t = t();
    let (draft, standard) = (&page.draft, &read.standard);
    let weights = draft
        .weights
        .iter()
        .map(|(criterion, typed)| {
            let name = words::criterion(*criterion);
            let of = standard.weights.iter().find(|w| w.criterion == *criterion).map_or(0, |w| w.weight);
            line(page, name, t.rules_weight_of(name), *typed, of.into())
        })
        .collect();
    let caps = draft
        .caps
        .iter()
        .map(|(cap, typed)| {
            let name = words::cap(*cap);
            let of = standard.caps.iter().find(|c| c.cap == *cap).map_or(100, |c| c.at_most);
            line(page, name, t.rules_cap_of(name), *typed, of.into())
        })
        .collect();
    let limit = |label: &str, typed: Typed, standard: i64, most: i64| -> Field {
        let may = page.may;
        text_field(label, typed)
            .inputmode("numeric")
            .hint(&t.rules_product_value(format::number(t, standard)))
            .error(move || {
                let wrong = typed.with(|text| number(text, most).is_none());
                wrong.then(|| crate::text::t().rules_not_a_number(most.to_string()))
            })
            .disabled(move || !may)
    };
    let weighting = draft.weighting;
    let base = format::money_round(t, read.weighting_base_cents);
    let choices = vec![
        Choice::new(Weighting::Equal.as_str(), t.rules_weighting_equal()).hint(t.rules_weighting_equal_detail()),
        Choice::new(Weighting::Exposure.as_str(), t.rules_weighting_exposure())
            .hint(t.rules_weighting_exposure_detail(base)),
    ];
    let radios = radios(t.rules_weighting(), choices, move || weighting.get(), move |next| weighting.set(next))
        .flag("disabled", !page.may);
    div("stack")
        .child(
            el("section")
                .class("card")
                .child(el("h2").child(t.rules_weights()))
                .child(p("soft small").child(t.rules_weights_lead()))
                .child(table(t.rules_weights(), [t.rules_criterion(), t.rules_weight(), t.rules_product()], weights)),
        )
        .child(
            el("section")
                .class("card")
                .child(el("h2").child(t.rules_caps()))
                .child(p("soft small").child(t.rules_caps_lead()))
                .child(table(t.rules_caps(), [t.rules_blocker(), t.rules_cap(), t.rules_product()], caps)),
        )
        .child(
            el("section")
                .class("card")
                .child(el("h2").child(t.rules_at_risk()))
                .child(limit(t.rules_at_risk_days(), draft.days, standard.at_risk_days, MOST_DAYS))
                .child(limit(t.rules_at_risk_below(), draft.below, standard.at_risk_below.into(), MOST))
                .child(radios),
        )
}

/// The effect, the reason, and the way to save.
fn side(page: &Page, read: &Versioned<ReadinessRules>, wish: Wish) -> View {
    let t = t();
    let calm = settled(move || wish.get().filter(|_| wish.is_change()));
    let preview: Load<Option<RulesPreview>> = load(
        move || calm.get(),
        |wish| {
            Box::pin(async move {
                let Some(rules) = wish else { return Ok(None) };
                let body = RulesTrial { rules };
                api::act::<op::PreviewReadinessRules>(&Nothing {}, &Nothing {}, &body).await.map(Some)
            })
        },
    );
    let effect = live(move || {
        if !wish.is_change() {
            return p("soft").child(crate::text::t().rules_outlook_none());
        }
        if wish.get().is_none() {
            return p("soft").child(crate::text::t().rules_outlook_wrong());
        }
        if let Some(failure) = preview.failure.get().filter(|_| !preview.pending.get()) {
            return error_state(&failure, Some(Rc::new(move || preview.reload())));
        }
        match preview.value.get().flatten() {
            Some(preview) => outlook(&preview),
            None => skeleton(5),
        }
    });
    let effect = div("stack")
        .attr("aria-live", "polite")
        .class_of("loaded-stale", move || preview.pending.get() && wish.is_change())
        .child(effect);

    let form = Form::new();
    let note = page.draft.note;
    let next = format::number(t, read.value.version + 1);
    let field = text_field(t.rules_note(), note).hint(t.rules_note_hint()).error(form.error("/note", note));
    let save = Button::new(t.rules_save(next))
        .primary()
        .submit()
        .disabled(move || !wish.is_change() || wish.get().is_none())
        .busy(form.busy());
    let (draft, present) = (page.draft.clone(), read.value.rules.clone());
    let (again, standard) = (page.draft.clone(), read.value.standard.clone());
    let reset = Button::new(t.rules_reset()).small().disabled(move || !wish.is_change()).press(move || {
        draft.take(&present);
        // A button that is disabled loses the keyboard.
        crate::browser::focus(OUTLOOK);
    });
    let to_product = Button::new(t.rules_to_product()).small().press(move || {
        again.take(&standard);
        if again.note.with_untracked(String::is_empty) {
            again.note.set(crate::text::t().rules_back_product().to_owned());
        }
    });
    let (rules, versions, etag) = (page.rules, page.versions, read.etag.clone());
    let send = form.build([View::from(field), div("row").child(save).child(reset).child(to_product)], move |form| {
        let Some(rules_wanted) = untrack(|| wish.get().filter(|_| wish.is_change())) else { return };
        let body = RulesChange { rules: rules_wanted, note: note.get_untracked() };
        let etag = etag.clone();
        let sent = async move {
            let answer = change::<op::UpdateReadinessRules>(&Nothing {}, &body, etag.as_deref()).await;
            answer.inspect_err(|failure| {
                stale(failure, || rules.reload());
            })
        };
        form.send(sent, move |now| {
            let t = crate::text::t();
            toasts().done(t.rules_saved(format::number(t, now.value.version)));
            rules.put(now);
            versions.reload();
            refresh_jobs();
            // The button that was pressed is gone with the former version's form.
            crate::browser::focus_soon(OUTLOOK.to_owned());
        });
    });
    let title = el("h2").id(OUTLOOK).attr("tabindex", "-1").child(t.rules_outlook());
    el("section").class("card rules-outlook").child(title).child(effect).child(send)
}

fn tenths(score: Option<f64>) -> String {
    score.map_or_else(|| "–".to_owned(), |s| format::tenths(t(), (s * 10.0).round() as i64))
}

fn of_state(counts: &StateCounts, state: ReadinessState) -> i64 {
    let n = match state {
        ReadinessState::Ready => counts.ready,
        ReadinessState::OnTrack => counts.on_track,
        ReadinessState::AtRisk => counts.at_risk,
        ReadinessState::Late => counts.late,
        ReadinessState::Unknown => counts.unknown,
    };
    n as i64
}

fn cells(heads: &[&str]) -> View {
    let head = |(i, text): (usize, &&str)| {
        let cell = el("th").attr("scope", "col").child(*text);
        if i == 0 { cell } else { cell.class("num") }
    };
    el("thead").child(el("tr").children(heads.iter().enumerate().map(head)))
}

fn outlook(preview: &RulesPreview) -> View {
    let t = t();
    let all = format::number(t, preview.dossiers as i64);
    if preview.changed == 0 && preview.score_before == preview.score_after {
        return p("strong").child(t.rules_changed_none(all));
    }
    let mut moves = Vec::new();
    for (n, words) in [
        (preview.up, t.rules_up(preview.up)),
        (preview.down, t.rules_down(preview.down)),
        (preview.states_changed, t.rules_states_changed(preview.states_changed)),
    ] {
        if n > 0 {
            moves.push(words);
        }
    }
    let head = match preview.changed {
        0 => t.rules_changed_none(all),
        n => t.rules_changed(n, all),
    };
    let mean = div("spread").child(span("soft").child(t.rules_mean())).child(value_move(
        t.rules_mean(),
        tenths(preview.score_before),
        tenths(preview.score_after),
    ));
    let states = ReadinessState::ALL.iter().rev().map(|state| {
        let (before, after) = (of_state(&preview.states_before, *state), of_state(&preview.states_after, *state));
        el("tr")
            .child(el("th").attr("scope", "row").child(status_plain(words::tone(*state))))
            .child(el("td").class("num").child(format::number(t, before)))
            .child(el("td").class("num").child(format::number(t, after)))
            .child(el("td").class("num soft").child(if before == after {
                String::new()
            } else {
                format::signed(t, after - before)
            }))
    });
    let states = el("table")
        .class("rules-table")
        .child(el("caption").class("sr-only").child(t.rules_states()))
        .child(cells(&[t.rules_state(), t.rules_before(), t.rules_after(), "±"]))
        .child(el("tbody").children(states));
    let portfolios = preview.portfolios.iter().map(|portfolio| {
        let name = portfolio.name.as_deref().unwrap_or(t.rules_outside());
        el("tr")
            .child(el("th").attr("scope", "row").child(span("truncate").child(name)))
            .child(el("td").class("num").child(format::number(t, portfolio.changed as i64)))
            .child(el("td").class("num").child(tenths(portfolio.score_before)))
            .child(el("td").class("num").child(tenths(portfolio.score_after)))
    });
    let portfolios = el("table")
        .class("rules-table")
        .child(el("caption").class("sr-only").child(t.rules_portfolio()))
        .child(cells(&[t.rules_portfolio(), t.rules_moving(), t.rules_before(), t.rules_after()]))
        .child(el("tbody").children(portfolios));
    let most = (!preview.most.is_empty()).then(|| {
        let lines = preview.most.iter().map(|moved| {
            let name = crate::dom::link("truncate", &format!("/dossiers/{}", moved.dossier_id)).child(&moved.name);
            let states = (moved.state_before != moved.state_after)
                .then(|| state_move(t.rules_state(), words::tone(moved.state_before), words::tone(moved.state_after)));
            let (before, after) =
                (format::number(t, moved.score_before.into()), format::number(t, moved.score_after.into()));
            el("li").class("spread nowrap").child(name).child(span("row nowrap").child(states).child(value_move(
                t.what_if_score(),
                before,
                after,
            )))
        });
        el("details")
            .class("chart-table")
            .child(el("summary").child(t.rules_most()))
            .child(el("ul").class("rules-most small").children(lines))
    });
    View::all([
        div("stack-tight")
            .child(p("strong").child(head))
            .child((!moves.is_empty()).then(|| p("soft").child(moves.join(" · ")))),
        mean,
        states,
        portfolios,
        most.into(),
    ])
}

fn history(page: &Page, read: &ReadinessRules) -> View {
    let t = t();
    let versions = page.versions;
    let (page, standard, in_force) = (page.clone(), Rc::new(read.standard.clone()), read.version);
    let rows = move || {
        let all = versions.rows.get();
        all.iter()
            .enumerate()
            .map(|(i, version)| {
                // The version before; under the first one lie the rules of the product. What is not loaded yet is not told.
                let before = match all.get(i + 1) {
                    Some(before) => Some(before.rules.clone()),
                    None => (version.version == 1).then(|| (*standard).clone()),
                };
                let (page, version) = (page.clone(), version.clone());
                let key = format!("{} {} {}", version.version, before.is_some(), in_force);
                Item::new(key, move || entry(&page, &version, before.as_ref(), version.version == in_force))
            })
            .collect()
    };
    let list = el("ol").class("rules-history").each(rows);
    let none = show(
        move || versions.arrived.get() && versions.rows.with(Vec::is_empty),
        || p("soft").child(crate::text::t().rules_history_none()),
    );
    let more = show(
        move || versions.next.with(Option::is_some),
        move || load_more(versions, || crate::text::t().rules_more().to_owned()),
    );
    el("section").class("card").child(el("h2").child(t.rules_history())).child(none).child(list).child(more)
}

fn entry(page: &Page, version: &RulesVersion, before: Option<&RuleSet>, in_force: bool) -> View {
    let t = t();
    let number = format::number(t, version.version);
    let who = version.by.as_deref().unwrap_or("–");
    let head = div("row")
        .child(span("strong").child(t.rules_number(number.clone())))
        .child(in_force.then(|| span("tag tag-accent").child(t.rules_in_force())))
        .child(span("soft small").child(t.rules_by(who, format::moment(t, version.created_at))));
    let differences = before.map(|before| {
        let all = differences(before, &version.rules);
        let n = all.len() as u64;
        let lines = all.into_iter().map(|(what, old, new)| {
            el("li").class("spread").child(span("").child(&what)).child(value_move(&what, old, new))
        });
        el("details")
            .class("chart-table")
            .child(el("summary").child(t.rules_differences(n)))
            .child(el("ul").class("rules-most small").children(lines))
    });
    let back = (page.may && !in_force).then(|| {
        let (draft, rules, number) = (page.draft.clone(), version.rules.clone(), number.clone());
        let press = Button::new(t.rules_back()).icon(Icon::Undo).small().press(move || {
            let t = crate::text::t();
            draft.take(&rules);
            draft.note.set(t.rules_back_note(number.clone()));
            toasts().info(t.rules_back_ready());
            crate::browser::focus(OUTLOOK);
        });
        View::from(press).attr("aria-label", &t.rules_back_of(format::number(t, version.version)))
    });
    el("li").child(div("spread").child(head).child(back)).child(p("").child(&version.note)).child(differences)
}

/// What two versions say differently: the name, before, after.
fn differences(before: &RuleSet, after: &RuleSet) -> Vec<(String, String, String)> {
    let t = t();
    let mut all = Vec::new();
    let mut tell = |name: &str, old: i64, new: i64| {
        if old != new {
            all.push((name.to_owned(), format::number(t, old), format::number(t, new)));
        }
    };
    for (old, new) in before.weights.iter().zip(&after.weights) {
        tell(words::criterion(new.criterion), old.weight.into(), new.weight.into());
    }
    for (old, new) in before.caps.iter().zip(&after.caps) {
        tell(&t.rules_cap_of(words::cap(new.cap)), old.at_most.into(), new.at_most.into());
    }
    tell(t.rules_at_risk_days(), before.at_risk_days, after.at_risk_days);
    tell(t.rules_at_risk_below(), before.at_risk_below.into(), after.at_risk_below.into());
    if before.weighting != after.weighting {
        let said = |w| words::weighting(w).to_owned();
        all.push((t.rules_weighting().to_owned(), said(before.weighting), said(after.weighting)));
    }
    all
}

//! What counts as an anomaly in this firm, within which time it is to be settled, and who gets it. Parts that nobody
//! touched are not sent: two people who change different things do not meet.

use std::collections::BTreeMap;
use std::rc::Rc;

use contract::endpoint::op;
use contract::{
    AnomalyRuleSetting, AnomalySettings, AnomalySettingsInput, Assignee, AssignmentRule, Nothing, RuleChoice,
    StuckChoice, StuckDelay,
};
use domain::Permission;
use domain::anomaly::{AnomalyRule, Severity};
use leptos::prelude::*;

use super::{ids, portfolio_choices, texts};
use crate::api::{Failure, FieldError, Load, Problem, Versioned, ask_versioned, change, load, say};
use crate::dom::{Item, View, div, el, live, memo, p, show, span};
use crate::frame::refresh_jobs;
use crate::pages::dossier;
use crate::pages::form::Form;
use crate::pages::hours::{HoursDraft, in_order};
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Combobox, Icon, Tone, icon, loaded, notice, select_field, single_value, switch, toasts,
};

type Typed = RwSignal<String>;

fn typed(value: impl ToString) -> Typed {
    RwSignal::new(value.to_string())
}

/// A number as it is typed, within what can be.
fn number(text: &str, least: i64, most: i64) -> Option<i64> {
    text.trim().parse().ok().filter(|n| (least..=most).contains(n))
}

const LONGEST_DEADLINE: i64 = 2_000;
const GREATEST_LIMIT: i64 = 100_000;
const LONGEST_STUCK: i64 = 24 * 365;

#[derive(Clone)]
struct RuleDraft {
    rule: AnomalyRule,
    title: String,
    on: RwSignal<bool>,
    severity: Typed,
    hours: Typed,
    limits: Vec<(String, Typed)>,
}

impl RuleDraft {
    fn of(setting: &AnomalyRuleSetting) -> RuleDraft {
        RuleDraft {
            rule: setting.rule,
            title: say(&setting.title),
            on: RwSignal::new(setting.on),
            severity: typed(setting.severity),
            hours: typed(setting.deadline_hours),
            limits: setting.limits.iter().map(|(name, value)| (name.clone(), typed(value))).collect(),
        }
    }

    /// Followed; nothing while a number is none.
    fn read(&self) -> Option<RuleChoice> {
        let limits: Option<BTreeMap<String, i64>> = self
            .limits
            .iter()
            .map(|(name, typed)| Some((name.clone(), typed.with(|text| number(text, 0, GREATEST_LIMIT))?)))
            .collect();
        Some(RuleChoice {
            rule: self.rule,
            on: self.on.get(),
            severity: self.severity.with(|code| Severity::try_from(code.as_str()).ok())?,
            deadline_hours: u32::try_from(self.hours.with(|text| number(text, 1, LONGEST_DEADLINE))?).ok()?,
            limits: limits?,
        })
    }
}

fn as_choice(setting: &AnomalyRuleSetting) -> RuleChoice {
    RuleChoice {
        rule: setting.rule,
        on: setting.on,
        severity: setting.severity,
        deadline_hours: setting.deadline_hours,
        limits: setting.limits.clone(),
    }
}

/// A rule of assignment while it is written.
#[derive(Clone, Copy)]
struct GivenDraft {
    key: u32,
    rules: RwSignal<Vec<String>>,
    severities: RwSignal<Vec<String>>,
    portfolios: RwSignal<Vec<String>>,
    platforms: RwSignal<Vec<String>>,
    to: Typed,
    people: RwSignal<Vec<String>>,
}

impl GivenDraft {
    fn of(key: u32, rule: &AssignmentRule) -> GivenDraft {
        let (to, people) = match &rule.to {
            Assignee::Person { user_id } => ("person", vec![user_id.to_string()]),
            Assignee::InCharge => ("in_charge", Vec::new()),
            Assignee::Lightest { user_ids } => ("lightest", texts(user_ids)),
        };
        GivenDraft {
            key,
            rules: RwSignal::new(texts(&rule.rules)),
            severities: RwSignal::new(texts(&rule.severities)),
            portfolios: RwSignal::new(texts(&rule.portfolio_ids)),
            platforms: RwSignal::new(rule.platforms.clone()),
            to: typed(to),
            people: RwSignal::new(people),
        }
    }

    fn read(&self) -> Option<AssignmentRule> {
        let people = self.people.get();
        let to = match self.to.get().as_str() {
            "in_charge" => Assignee::InCharge,
            "lightest" if people.is_empty() => return None,
            "lightest" => Assignee::Lightest { user_ids: ids(&people) },
            _ => Assignee::Person { user_id: people.first()?.parse().ok()? },
        };
        Some(AssignmentRule {
            rules: ids(&self.rules.get()),
            severities: ids(&self.severities.get()),
            portfolio_ids: ids(&self.portfolios.get()),
            platforms: self.platforms.get(),
            to,
        })
    }
}

#[derive(Clone)]
struct StuckDraft {
    delay: StuckDelay,
    hours: Typed,
}

impl StuckDraft {
    /// What the firm has set, by the settings given.
    fn set_in(&self, settings: &AnomalySettings) -> Option<u32> {
        let own = |of: &&StuckDelay| of.platform == self.delay.platform && of.status == self.delay.status;
        settings.stuck.iter().find(own).and_then(|delay| delay.hours)
    }
}

/// All that stands in the form.
#[derive(Clone)]
struct Draft {
    rules: Vec<RuleDraft>,
    stuck: Vec<StuckDraft>,
    given: RwSignal<Vec<GivenDraft>>,
    next: RwSignal<u32>,
    hours: HoursDraft,
    warn: Typed,
}

impl Draft {
    fn of(settings: &AnomalySettings) -> Draft {
        let given: Vec<GivenDraft> =
            (0..).zip(&settings.assignment).map(|(key, rule)| GivenDraft::of(key, rule)).collect();
        Draft {
            rules: settings.rules.iter().map(RuleDraft::of).collect(),
            stuck: settings
                .stuck
                .iter()
                .map(|delay| StuckDraft {
                    delay: delay.clone(),
                    hours: typed(delay.hours.map(|h| h.to_string()).unwrap_or_default()),
                })
                .collect(),
            next: RwSignal::new(given.len() as u32),
            given: RwSignal::new(given),
            hours: HoursDraft::of(&settings.hours),
            warn: typed(settings.warn_percent),
        }
    }

    /// Takes over what another has saved, where nothing else is wished here.
    fn rebase(&self, old: &AnomalySettings, new: &AnomalySettings) {
        for ((draft, before), after) in self.rules.iter().zip(&old.rules).zip(&new.rules) {
            if as_choice(before) != as_choice(after) && draft.read() == Some(as_choice(before)) {
                draft.on.set(after.on);
                draft.severity.set(after.severity.to_string());
                draft.hours.set(after.deadline_hours.to_string());
                for (name, value) in &draft.limits {
                    if let Some(limit) = after.limits.get(name) {
                        value.set(limit.to_string());
                    }
                }
            }
        }
        let shown = |hours: Option<u32>| hours.map(|hours| hours.to_string()).unwrap_or_default();
        for draft in &self.stuck {
            let (before, after) = (shown(draft.set_in(old)), shown(draft.set_in(new)));
            if draft.hours.get() == before {
                draft.hours.set(after);
            }
        }
        let given: Option<Vec<AssignmentRule>> = self.given.get().iter().map(GivenDraft::read).collect();
        if given.as_ref() == Some(&old.assignment) {
            let first = self.next.get();
            self.next.set(first + new.assignment.len() as u32);
            self.given.set((first..).zip(&new.assignment).map(|(key, rule)| GivenDraft::of(key, rule)).collect());
        }
        if self.hours.read() == Some(in_order(&old.hours)) {
            self.hours.take(&new.hours);
        }
        if self.warn.get() == old.warn_percent.to_string() {
            self.warn.set(new.warn_percent.to_string());
        }
    }

    /// What differs from `base`, and nothing else; or what is not yet a value, in words.
    fn read(&self, base: &AnomalySettings) -> Result<AnomalySettingsInput, String> {
        let t = t();
        let mut rules = Vec::new();
        for (draft, setting) in self.rules.iter().zip(&base.rules) {
            let choice = draft.read().ok_or_else(|| t.anomaly_settings_wrong_rule(&draft.title))?;
            if choice != as_choice(setting) {
                rules.push(choice);
            }
        }
        let mut stuck = Vec::new();
        for draft in &self.stuck {
            let hours = match draft.hours.get().trim() {
                "" => None,
                text => Some(
                    number(text, 1, LONGEST_STUCK)
                        .ok_or_else(|| t.anomaly_settings_wrong_stuck(&draft.delay.platform))?,
                ),
            };
            let hours = hours.and_then(|hours| u32::try_from(hours).ok());
            if hours != draft.set_in(base) {
                stuck.push(StuckChoice { platform: draft.delay.platform.clone(), status: draft.delay.status, hours });
            }
        }
        let given: Option<Vec<AssignmentRule>> = self.given.get().iter().map(GivenDraft::read).collect();
        let given = given.ok_or_else(|| t.anomaly_settings_wrong_given().to_owned())?;
        let hours = self.hours.read().ok_or_else(|| t.anomaly_settings_wrong_hours().to_owned())?;
        let warn =
            self.warn.with(|text| number(text, 1, 99)).ok_or_else(|| t.anomaly_settings_wrong_warn().to_owned())?;
        let warn = u8::try_from(warn).unwrap_or_default();
        Ok(AnomalySettingsInput {
            rules: Some(rules).filter(|rules| !rules.is_empty()),
            stuck: Some(stuck).filter(|stuck| !stuck.is_empty()),
            assignment: Some(given).filter(|given| *given != base.assignment),
            hours: Some(hours).filter(|hours| *hours != in_order(&base.hours)),
            warn_percent: Some(warn).filter(|warn| *warn != base.warn_percent),
        })
    }
}

fn is_nothing(input: &AnomalySettingsInput) -> bool {
    input.rules.is_none()
        && input.stuck.is_none()
        && input.assignment.is_none()
        && input.hours.is_none()
        && input.warn_percent.is_none()
}

type Read = Versioned<AnomalySettings>;

pub fn anomalies() -> View {
    let settings: Load<Read> = load(|| (), |()| ask_versioned::<op::ReadAnomalySettings>(Nothing {}, Nothing {}));
    // The form is made anew with another version only, and never under the hands of somebody who types.
    let version = memo(move || settings.value.with(|s| s.as_ref().map(|s| s.value.version)));
    live(move || match version.get() {
        None => loaded(settings, 10, |_| View::none()),
        Some(_) => untrack(|| settings.value.get().map_or_else(View::none, |read| whole(settings, read))),
    })
}

fn whole(settings: Load<Read>, read: Read) -> View {
    let t = t();
    let may = untrack(|| session::can(Permission::CabinetManage));
    let draft = Draft::of(&read.value);
    let lead = div("stack-tight")
        .child(p("soft").child(t.anomaly_settings_lead()))
        .child((!may).then(|| p("soft small").child(t.anomaly_settings_partner_only())));
    let base = StoredValue::new(read.clone());
    // What somebody else has saved while this form was open.
    let theirs = RwSignal::new(None::<Read>);
    let form = Form::new();
    let wish = {
        let draft = draft.clone();
        move || draft.read(&base.with_value(|base| base.value.clone()))
    };
    let sections = [
        conflict(settings, base, theirs, draft.clone(), wish.clone()),
        rules(&draft, &read.value, may),
        assignment(&draft, &read.value, may),
        hours(&draft, may),
        stuck(&draft, may),
        save_bar(&form, wish.clone(), theirs, may),
    ];
    let content = form.build(sections, move |form| {
        if theirs.with_untracked(Option::is_some) {
            return;
        }
        let input = match untrack(&wish) {
            Ok(input) if is_nothing(&input) => return,
            Ok(input) => input,
            Err(words) => return form.refuse(refused(words)),
        };
        let etag = base.with_value(|base| base.etag.clone());
        let sent = async move {
            match change::<op::UpdateAnomalySettings>(&Nothing {}, &input, etag.as_deref()).await {
                Err(failure) if failure.status() == 412 => {
                    // What was typed stays; what stands on the server is laid beside it.
                    let now = ask_versioned::<op::ReadAnomalySettings>(Nothing {}, Nothing {}).await?;
                    theirs.try_set(Some(now));
                    Err(Failure::Aborted)
                }
                answer => answer,
            }
        };
        form.send(sent, move |now| {
            settings.put(now);
            refresh_jobs();
            toasts().done(crate::text::t().anomaly_settings_saved());
        });
    });
    div("stack").child(lead).child(content.add_class("anomaly-settings"))
}

/// A refusal that the client itself finds.
fn refused(message: String) -> Failure {
    let error = FieldError { pointer: String::new(), code: String::new(), message };
    Failure::Refused(Box::new(Problem { status: 422, errors: vec![error], ..Problem::default() }))
}

/// Somebody else was faster: what the person wanted is kept, and goes on top of theirs or away.
fn conflict(
    settings: Load<Read>,
    base: StoredValue<Read>,
    theirs: RwSignal<Option<Read>>,
    draft: Draft,
    wish: impl Fn() -> Result<AnomalySettingsInput, String> + Clone + 'static,
) -> View {
    live(move || {
        let now = theirs.get()?;
        let t = t();
        let before = base.with_value(|base| base.value.clone());
        let moved = told_changes(&before, &now.value);
        let mine = untrack(&wish).map(|input| told_input(&before, &input)).unwrap_or_default();
        let list = |lines: Vec<String>| {
            el("ul").class("bullets small").children(lines.into_iter().map(|line| el("li").child(line)))
        };
        let (taken, draft) = (now.clone(), draft.clone());
        let keep = Button::new(t.conflict_apply()).primary().small().press(move || {
            // Sent on top of what stands now: theirs stays where nothing else is wished here.
            let old = base.with_value(|base| base.value.clone());
            base.set_value(taken.clone());
            untrack(|| draft.rebase(&old, &taken.value));
            theirs.set(None);
            toasts().info(crate::text::t().anomaly_settings_again());
        });
        let drop = Button::new(t.conflict_drop()).small().press(move || {
            theirs.set(None);
            settings.put(now.clone());
        });
        let body = div("stack-tight")
            .child(p("strong").child(t.conflict_title()))
            .child(p("").child(t.anomaly_settings_theirs()))
            .child(list(moved))
            .child(p("").child(t.conflict_mine()))
            .child(list(mine))
            .child(div("row").child(keep).child(drop));
        Some(notice(Tone::AtRisk, body).attr("role", "alert").attr("tabindex", "-1").focused())
    })
}

/// What another has changed, by name.
fn told_changes(before: &AnomalySettings, after: &AnomalySettings) -> Vec<String> {
    let t = t();
    let rules = before.rules.iter().zip(&after.rules).filter(|(old, new)| as_choice(old) != as_choice(new));
    let mut all: Vec<String> = rules.map(|(_, new)| told_rule(&say(&new.title), &as_choice(new))).collect();
    if before.assignment != after.assignment {
        all.push(t.anomaly_settings_assignment().to_owned());
    }
    if before.hours != after.hours {
        all.push(t.anomaly_settings_hours().to_owned());
    }
    if before.warn_percent != after.warn_percent {
        all.push(t.anomaly_settings_warn_is(after.warn_percent.to_string()));
    }
    let hours = |settings: &AnomalySettings| {
        settings.stuck.iter().filter_map(|d| Some((d.platform.clone(), d.status, d.hours?))).collect::<Vec<_>>()
    };
    if hours(before) != hours(after) {
        all.push(t.anomaly_settings_stuck().to_owned());
    }
    all
}

fn told_input(before: &AnomalySettings, input: &AnomalySettingsInput) -> Vec<String> {
    let t = t();
    let title = |rule: AnomalyRule| {
        before.rules.iter().find(|r| r.rule == rule).map(|r| say(&r.title)).unwrap_or_else(|| rule.to_string())
    };
    let mut all: Vec<String> = input.rules.iter().flatten().map(|c| told_rule(&title(c.rule), c)).collect();
    if input.assignment.is_some() {
        all.push(t.anomaly_settings_assignment().to_owned());
    }
    if input.hours.is_some() {
        all.push(t.anomaly_settings_hours().to_owned());
    }
    all.extend(input.warn_percent.map(|percent| t.anomaly_settings_warn_is(percent.to_string())));
    if input.stuck.is_some() {
        all.push(t.anomaly_settings_stuck().to_owned());
    }
    all
}

fn told_rule(title: &str, choice: &RuleChoice) -> String {
    if !choice.on {
        return t().anomaly_settings_rule_off(title);
    }
    t().anomaly_settings_rule_is(title, &say(&choice.severity.text()), choice.deadline_hours.to_string())
}

/// A limit of a rule, as the firm says it.
fn limit_label(name: &str) -> String {
    let t = t();
    match name {
        "days" => t.anomaly_limit_days().to_owned(),
        "months" => t.anomaly_limit_months().to_owned(),
        "flows" => t.anomaly_limit_flows().to_owned(),
        "ratio_percent" => t.anomaly_limit_ratio().to_owned(),
        "deviations_percent" => t.anomaly_limit_deviations().to_owned(),
        other => match other.strip_prefix("hours_") {
            Some(status) => t.anomaly_limit_hours(status),
            None => other.to_owned(),
        },
    }
}

/// A short field for a number, marked where it differs from the product's and where it is none.
fn small_number(
    label: &str,
    value: Typed,
    (least, most): (i64, i64),
    standard: Option<i64>,
    off: impl Fn() -> bool + 'static,
) -> View {
    let wrong = move || value.with(|text| number(text, least, most).is_none());
    let own = move || standard.is_some_and(|standard| value.with(|text| number(text, least, most) != Some(standard)));
    let input = el("input")
        .class("input num")
        .attr("type", "text")
        .attr("inputmode", "numeric")
        .attr("autocomplete", "off")
        .disabled_of(off)
        .attr_of("aria-invalid", move || wrong().then_some("true"))
        .attr_of("title", move || {
            if wrong() {
                return Some(t().anomaly_number_between(least.to_string(), format::number(t(), most)));
            }
            standard.filter(|_| own()).map(|standard| t().rules_product_value(format::number(t(), standard)))
        })
        .value_of(move || value.get())
        .on_input(move |text| value.set(text));
    el("label").class("small-number").class_of("rule-own", own).child(span("soft small").child(label)).child(input)
}

fn rules(draft: &Draft, read: &AnomalySettings, may: bool) -> View {
    let t = t();
    let row = |(draft, setting): (&RuleDraft, &AnomalyRuleSetting)| {
        let t = crate::text::t();
        let (on, severity) = (draft.on, draft.severity);
        let off = move || !may || !on.get();
        let toggle = switch(&draft.title, move || on.get(), move |now| on.set(now));
        if !may && let Ok(Some(input)) = toggle.element().query_selector("input") {
            let _ = input.set_attribute("disabled", "");
        }
        let option = |own: &Severity| el("option").attr("value", own.as_str()).child(say(&own.text()));
        let grave = el("select")
            .class("input")
            .label(&format!("{} : {}", t.anomaly_severity(), draft.title))
            .children(Severity::ALL.iter().map(option))
            .disabled_of(off)
            .value_of(move || severity.get())
            .on_change(move |chosen| severity.set(chosen));
        let within = small_number(
            t.anomaly_settings_deadline(),
            draft.hours,
            (1, LONGEST_DEADLINE),
            Some(setting.default_deadline_hours.into()),
            off,
        );
        let limits = draft.limits.iter().map(|(name, value)| {
            let standard = setting.default_limits.get(name).copied();
            small_number(&limit_label(name), *value, (0, GREATEST_LIMIT), standard, off)
        });
        let why = el("details")
            .class("rule-why small")
            .child(el("summary").child(t.anomaly_settings_why()))
            .child(p("soft").child(say(&setting.why)))
            .child(p("faint").child(&setting.source));
        el("li")
            .class("anomaly-rule")
            .class_of("anomaly-rule-off", move || !on.get())
            .child(div("stack-tight").child(toggle).child(why))
            .child(
                div("anomaly-rule-fields")
                    .child(
                        el("label")
                            .class("small-number")
                            .child(span("soft small").child(t.anomaly_severity()))
                            .child(span("select").child(grave).child(icon(Icon::Down))),
                    )
                    .child(within)
                    .children(limits),
            )
    };
    let list = draft.rules.iter().zip(&read.rules).map(row);
    let to_product = may.then(|| {
        let (drafts, read) = (draft.clone(), read.clone());
        Button::new(t.rules_to_product()).small().press(move || {
            for (draft, setting) in drafts.rules.iter().zip(&read.rules) {
                draft.on.set(true);
                draft.severity.set(setting.default_severity.to_string());
                draft.hours.set(setting.default_deadline_hours.to_string());
                for (name, value) in &draft.limits {
                    if let Some(standard) = setting.default_limits.get(name) {
                        value.set(standard.to_string());
                    }
                }
            }
        })
    });
    el("section")
        .class("card")
        .child(
            div("card-head")
                .child(
                    div("stack-tight")
                        .child(el("h2").child(t.anomaly_settings_rules()))
                        .child(p("soft small").child(t.anomaly_settings_rules_lead())),
                )
                .child(to_product),
        )
        .child(el("ul").class("anomaly-rules").children(list))
}

fn assignment(draft: &Draft, read: &AnomalySettings, may: bool) -> View {
    let t = t();
    let (given, next) = (draft.given, draft.next);
    let titles: Rc<Vec<(String, String)>> =
        Rc::new(read.rules.iter().map(|r| (r.rule.to_string(), say(&r.title))).collect());
    let mut platforms: Vec<String> = read.stuck.iter().map(|d| d.platform.clone()).collect();
    platforms.extend(read.assignment.iter().flat_map(|rule| rule.platforms.clone()));
    platforms.sort();
    platforms.dedup();
    let platforms = Rc::new(platforms);
    let none = show(
        move || given.with(Vec::is_empty),
        || p("soft").child(crate::text::t().anomaly_settings_assignment_none()),
    );
    let list = el("ol").class("given-rules").each(move || {
        let count = given.with(Vec::len);
        let item = |(at, rule): (usize, GivenDraft)| {
            let (titles, platforms) = (titles.clone(), platforms.clone());
            // Its place is said in the row.
            Item::new(format!("{} {at} {count}", rule.key), move || {
                one_given(given, rule, at, count, &titles, &platforms, may)
            })
        };
        given.get().into_iter().enumerate().map(item).collect()
    });
    let add = may.then(|| {
        let add = Button::new(t.anomaly_settings_assignment_add()).icon(Icon::Plus).small().press(move || {
            let key = next.get_untracked();
            next.set(key + 1);
            let empty = AssignmentRule {
                rules: Vec::new(),
                severities: Vec::new(),
                portfolio_ids: Vec::new(),
                platforms: Vec::new(),
                to: Assignee::InCharge,
            };
            given.update(|all| all.push(GivenDraft::of(key, &empty)));
        });
        div("row").child(add)
    });
    el("section")
        .class("card")
        .child(
            div("stack-tight")
                .child(el("h2").child(t.anomaly_settings_assignment()))
                .child(p("soft small").child(t.anomaly_settings_assignment_lead())),
        )
        .child(none)
        .child(list)
        .child(add)
}

fn one_given(
    given: RwSignal<Vec<GivenDraft>>,
    rule: GivenDraft,
    at: usize,
    count: usize,
    titles: &Rc<Vec<(String, String)>>,
    platforms: &Rc<Vec<String>>,
    may: bool,
) -> View {
    let t = t();
    let titles = titles.clone();
    let which = move || titles.iter().map(|(code, title)| Choice::new(code, title)).collect();
    let grave = || Severity::ALL.iter().map(|s| Choice::new(s.as_str(), say(&s.text()))).collect();
    let platforms = platforms.clone();
    let on = move || platforms.iter().map(|name| Choice::new(name, name)).collect();
    let any = t.anomaly_settings_any();
    let off = move || !may;
    let to = select_field(t.anomaly_settings_to(), rule.to, || {
        let t = crate::text::t();
        vec![
            Choice::new("in_charge", t.anomaly_settings_in_charge()),
            Choice::new("person", t.anomaly_settings_person()),
            Choice::new("lightest", t.anomaly_settings_lightest()),
        ]
    });
    let people = live(move || match rule.to.get().as_str() {
        "in_charge" => View::none(),
        "lightest" => untrack(|| {
            Combobox::many(crate::text::t().anomaly_settings_people(), rule.people, dossier::people)
                .field()
                .disabled(off)
                .into()
        }),
        _ => untrack(|| {
            let one = RwSignal::new(rule.people.with_untracked(|all| all.first().cloned().unwrap_or_default()));
            let kept = rule.people;
            crate::dom::react(move || {
                let now = one.get();
                kept.set(Some(now).filter(|now| !now.is_empty()).into_iter().collect());
            });
            Combobox::one(crate::text::t().anomaly_act_who(), single_value(one), dossier::people)
                .field()
                .disabled(off)
                .into()
        }),
    });
    let step = move |to: usize| given.update(|all| all.swap(at, to));
    let acts = may.then(|| {
        let up = Button::new(t.anomaly_settings_up()).icon_only(Icon::Up).quiet().small();
        let down = Button::new(t.anomaly_settings_down()).icon_only(Icon::Down).quiet().small();
        span("row")
            .child(up.disabled(move || at == 0).press(move || step(at - 1)))
            .child(down.disabled(move || at + 1 == count).press(move || step(at + 1)))
            .child(Button::new(t.anomaly_settings_remove()).icon_only(Icon::Trash).quiet().small().press(move || {
                given.update(|all| {
                    all.remove(at);
                });
            }))
    });
    let wide = |label: &str, value, choices: Box<dyn Fn() -> Vec<Choice>>| -> View {
        Combobox::many(label, value, choices).placeholder(any).field().disabled(off).into()
    };
    el("li")
        .class("given-rule")
        .child(div("card-head").child(el("h3").child(t.anomaly_settings_nth((at + 1).to_string()))).child(acts))
        .child(
            div("given-fields")
                .child(wide(t.anomaly_rule(), rule.rules, Box::new(which)))
                .child(wide(t.anomaly_severity(), rule.severities, Box::new(grave)))
                .child(wide(t.fact_portfolio(), rule.portfolios, Box::new(portfolio_choices)))
                .child(wide(t.anomaly_platform(), rule.platforms, Box::new(on)))
                .child(to.disabled(off))
                .child(div("").child(people)),
        )
}

fn hours(draft: &Draft, may: bool) -> View {
    let t = t();
    let warn = small_number(t.anomaly_settings_warn(), draft.warn, (1, 99), None, move || !may);
    el("section")
        .class("card")
        .child(
            div("stack-tight")
                .child(el("h2").child(t.anomaly_settings_hours()))
                .child(p("soft small").child(t.anomaly_settings_hours_lead())),
        )
        .child(draft.hours.fields(may))
        .child(warn)
}

fn stuck(draft: &Draft, may: bool) -> View {
    let t = t();
    if draft.stuck.is_empty() {
        return View::none();
    }
    let heads = [
        (t.anomaly_platform(), ""),
        (t.anomaly_settings_status(), ""),
        (t.anomaly_settings_learned(), "num"),
        (t.anomaly_settings_set(), "num"),
    ];
    let head = el("tr").children(heads.map(|(label, class)| el("th").class(class).attr("scope", "col").child(label)));
    let row = |draft: &StuckDraft| {
        let t = crate::text::t();
        let value = draft.hours;
        let wrong = move || value.with(|text| !text.trim().is_empty() && number(text, 1, LONGEST_STUCK).is_none());
        let learned = match draft.delay.learned_hours {
            Some(hours) => span("")
                .attr("title", &t.anomaly_settings_of_flows(draft.delay.flows))
                .child(t.hours_short(hours.to_string())),
            None => span("faint").attr("title", t.anomaly_settings_too_few()).child("–"),
        };
        let input = el("input")
            .class("input num")
            .attr("type", "text")
            .attr("inputmode", "numeric")
            .attr("autocomplete", "off")
            .label(&t.anomaly_settings_set_of(&draft.delay.platform, draft.delay.status.to_string()))
            .flag("disabled", !may)
            .attr_of("aria-invalid", move || wrong().then_some("true"))
            .value_of(move || value.get())
            .on_input(move |text| value.set(text));
        el("tr")
            .child(el("th").attr("scope", "row").child(&draft.delay.platform))
            .child(el("td").class("num").child(draft.delay.status.to_string()))
            .child(el("td").class("num").child(learned))
            .child(el("td").class("num").child(input))
    };
    let table = el("table")
        .class("rules-table")
        .label(t.anomaly_settings_stuck())
        .child(el("thead").child(head))
        .child(el("tbody").children(draft.stuck.iter().map(row)));
    el("section")
        .class("card")
        .child(
            div("stack-tight")
                .child(el("h2").child(t.anomaly_settings_stuck()))
                .child(p("soft small").child(t.anomaly_settings_stuck_lead())),
        )
        .child(
            div("scroll-x").attr("tabindex", "0").attr("role", "region").label(t.anomaly_settings_stuck()).child(table),
        )
}

/// Says what is missing, and saves; stays in sight while something has changed.
fn save_bar(
    form: &Form,
    wish: impl Fn() -> Result<AnomalySettingsInput, String> + Clone + 'static,
    theirs: RwSignal<Option<Read>>,
    may: bool,
) -> View {
    if !may {
        return View::none();
    }
    let (asked, said) = (wish.clone(), wish);
    let changed = memo(move || asked().map_or(true, |input| !is_nothing(&input)));
    let told = memo(move || match said() {
        Err(words) => words,
        Ok(input) if is_nothing(&input) => t().anomaly_settings_unchanged().to_owned(),
        Ok(_) => t().anomaly_settings_changed().to_owned(),
    });
    let save = Button::new(t().save())
        .primary()
        .submit()
        .disabled(move || !changed.get() || theirs.with(Option::is_some))
        .busy(form.busy());
    div("save-bar").child(span("soft small grow").attr("role", "status").text_of(move || told.get())).child(save)
}

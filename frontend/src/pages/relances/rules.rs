//! `/relances/reglages`: whether anything leaves, what must be seen to before that, and what must hold for each message.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use contract::endpoint::op;
use contract::{Absence, ChecklistItem, ChecklistKey, Nothing, RelanceRules, RelanceSettings};
use domain::Permission;
use domain::relance::{FirmPause, SendingMode};
use leptos::prelude::*;

use super::shell::{self, shell};
use super::words;
use crate::api::{Failure, Load, Versioned, ask_versioned, change, load, say};
use crate::dom::{Item, View, div, el, live, memo, p, show, span};
use crate::pages::dossier;
use crate::pages::form::{Form, refusal};
use crate::pages::hours::HoursDraft;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Checkbox, Choice, Combobox, Icon, Tone, date_field, icon, loaded, notice, radios, single_value, text_field,
    toasts,
};

type Typed = RwSignal<String>;
type Read = Versioned<RelanceSettings>;

fn typed(value: impl ToString) -> Typed {
    RwSignal::new(value.to_string())
}

/// From a day to a day, or until somebody ends it: a pause with its reason, or a person's absence.
#[derive(Clone, Copy)]
struct SpanDraft {
    key: u32,
    /// The reason, or the person.
    what: Typed,
    from: Typed,
    to: Typed,
}

impl SpanDraft {
    fn of(key: u32, what: impl ToString, from: NaiveDate, to: Option<NaiveDate>) -> SpanDraft {
        SpanDraft {
            key,
            what: typed(what),
            from: typed(from),
            to: typed(to.map(|d| d.to_string()).unwrap_or_default()),
        }
    }

    fn days(&self, pointer: &str) -> Result<(NaiveDate, Option<NaiveDate>), Failure> {
        let t = t();
        let from =
            self.from.get().parse().map_err(|_| refusal(&format!("{pointer}/from"), t.relance_rules_day_missing()))?;
        let to = match self.to.get() {
            empty if empty.is_empty() => None,
            text => Some(text.parse().map_err(|_| refusal(&format!("{pointer}/to"), t.relance_rules_day_missing()))?),
        };
        if to.is_some_and(|to: NaiveDate| to < from) {
            return Err(refusal(&format!("{pointer}/to"), t.relance_rules_day_order()));
        }
        Ok((from, to))
    }
}

#[derive(Clone, Copy)]
struct Draft {
    mode: Typed,
    test_address: Typed,
    hours: HoursDraft,
    minimum_days: Typed,
    maximum: Typed,
    stale_days: Typed,
    catch_up_days: Typed,
    hold_when_away: RwSignal<bool>,
    hourly: Typed,
    pauses: RwSignal<Vec<SpanDraft>>,
    absences: RwSignal<Vec<SpanDraft>>,
    next: RwSignal<u32>,
    seen_to: RwSignal<BTreeSet<ChecklistKey>>,
}

impl Draft {
    fn of(rules: &RelanceRules) -> Draft {
        let pauses: Vec<SpanDraft> = (0..)
            .zip(&rules.pauses)
            .map(|(key, pause)| SpanDraft::of(key, &pause.reason, pause.from, pause.to))
            .collect();
        let first = pauses.len() as u32;
        let absences: Vec<SpanDraft> =
            (first..).zip(&rules.absences).map(|(key, a)| SpanDraft::of(key, a.user_id, a.from, a.to)).collect();
        Draft {
            mode: typed(rules.mode),
            test_address: typed(rules.test_address.as_deref().unwrap_or_default()),
            hours: HoursDraft::of(&rules.window),
            minimum_days: typed(rules.minimum_days),
            maximum: typed(rules.maximum),
            stale_days: typed(rules.stale_days),
            catch_up_days: typed(rules.catch_up_days),
            hold_when_away: RwSignal::new(rules.hold_when_away),
            hourly: typed(rules.hourly.map(|n| n.to_string()).unwrap_or_default()),
            next: RwSignal::new(first + absences.len() as u32),
            pauses: RwSignal::new(pauses),
            absences: RwSignal::new(absences),
            seen_to: RwSignal::new(rules.seen_to.clone()),
        }
    }

    /// Followed; or what does not fit, at its field.
    fn read(&self) -> Result<RelanceRules, Failure> {
        let t = t();
        let number = |typed: Typed, pointer: &str, least: u32, most: u32| {
            typed.with(|text| {
                text.trim()
                    .parse()
                    .ok()
                    .filter(|n| (least..=most).contains(n))
                    .ok_or_else(|| refusal(pointer, t.anomaly_number_between(least.to_string(), most.to_string())))
            })
        };
        let (pauses, absences) = (self.pauses.get(), self.absences.get());
        let pauses = pauses.iter().enumerate().map(|(at, draft)| {
            let pointer = format!("/pauses/{at}");
            let (from, to) = draft.days(&pointer)?;
            let reason = draft.what.with(|what| what.trim().to_owned());
            if reason.is_empty() {
                return Err(refusal(&format!("{pointer}/reason"), t.relance_rules_reason_missing()));
            }
            Ok(FirmPause { from, to, reason })
        });
        let pauses = pauses.collect::<Result<Vec<_>, _>>()?;
        let absences = absences.iter().enumerate().map(|(at, draft)| {
            let pointer = format!("/absences/{at}");
            let (from, to) = draft.days(&pointer)?;
            let person = draft.what.with(|id| id.parse().ok());
            let user_id =
                person.ok_or_else(|| refusal(&format!("{pointer}/user_id"), t.relance_rules_person_missing()))?;
            Ok(Absence { user_id, from, to })
        });
        let absences = absences.collect::<Result<Vec<_>, Failure>>()?;
        Ok(RelanceRules {
            mode: self.mode.with(|mode| SendingMode::try_from(mode.as_str()).unwrap_or(SendingMode::Off)),
            test_address: Some(self.test_address.with(|to| to.trim().to_owned())).filter(|to| !to.is_empty()),
            window: self.hours.read().ok_or_else(|| refusal("/window", t.anomaly_settings_wrong_hours()))?,
            minimum_days: number(self.minimum_days, "/minimum_days", 1, 60)?,
            maximum: number(self.maximum, "/maximum", 1, 20)?,
            stale_days: number(self.stale_days, "/stale_days", 0, 365)?,
            catch_up_days: number(self.catch_up_days, "/catch_up_days", 0, 30)?,
            hold_when_away: self.hold_when_away.get(),
            hourly: match self.hourly.with(|text| text.trim().is_empty()) {
                true => None,
                false => Some(number(self.hourly, "/hourly", 1, 10_000)?),
            },
            pauses,
            absences,
            seen_to: self.seen_to.get(),
        })
    }
}

pub fn page() -> View {
    let settings: Load<Read> = load(|| (), |()| ask_versioned::<op::ReadRelanceSettings>(Nothing {}, Nothing {}));
    // The form is made anew with another version only, and never under the hands of somebody who types.
    let version = memo(move || settings.value.with(|s| s.as_ref().map(|s| s.value.version)));
    let body = live(move || match version.get() {
        None => loaded(settings, 10, |_| View::none()),
        Some(_) => untrack(|| settings.value.get().map_or_else(View::none, |read| whole(settings, read))),
    });
    shell(shell::RULES, t().relances_rules(), t().relance_rules_lead(), View::none(), body)
}

fn whole(settings: Load<Read>, read: Read) -> View {
    let t = t();
    let may = untrack(|| session::can(Permission::CabinetManage));
    let draft = Draft::of(&read.value.rules);
    let form = Form::new();
    form.places("/pauses");
    form.places("/absences");
    let base = StoredValue::new(read.clone());
    let theirs = RwSignal::new(None::<Read>);
    let only = (!may).then(|| p("soft small").child(t.relance_rules_partner_only()));
    let changed = memo(move || {
        let rules = base.with_value(|base| base.value.rules.clone());
        draft.read().map_or(true, |now| now != in_order(rules))
    });
    let save = may.then(|| {
        let said = move || {
            let t = crate::text::t();
            if changed.get() { t.anomaly_settings_changed() } else { t.anomaly_settings_unchanged() }
        };
        div("save-bar").child(span("soft small grow").attr("role", "status").text_of(move || said().to_owned())).child(
            Button::new(t.save())
                .primary()
                .submit()
                .disabled(move || !changed.get() || theirs.with(Option::is_some))
                .busy(form.busy()),
        )
    });
    let parts = [
        conflict(settings, base, theirs),
        mode(draft, &form, &read.value, may),
        checklist(draft, &read.value, may),
        window(draft, &form, may),
        limits(draft, &form, may),
        pauses(draft, &form, may),
        absences(draft, &form, may),
        save.into(),
    ];
    let content = form.build(parts, move |form| {
        let rules = match untrack(|| draft.read()) {
            Ok(rules) => rules,
            Err(failure) => return form.refuse(failure),
        };
        let etag = base.with_value(|base| base.etag.clone());
        let sent = async move {
            match change::<op::UpdateRelanceSettings>(&Nothing {}, &rules, etag.as_deref()).await {
                Err(failure) if failure.status() == 412 => {
                    let now = ask_versioned::<op::ReadRelanceSettings>(Nothing {}, Nothing {}).await?;
                    theirs.try_set(Some(now));
                    Err(Failure::Aborted)
                }
                answer => answer,
            }
        };
        form.send(sent, move |now| {
            settings.put(now);
            session::chasing_moved();
            toasts().done(crate::text::t().relance_rules_saved());
        });
    });
    div("stack").child(only).child(content)
}

fn in_order(rules: RelanceRules) -> RelanceRules {
    RelanceRules { window: crate::pages::hours::in_order(&rules.window), ..rules }
}

/// Somebody else was faster: what was typed stays, and goes on top of theirs or away.
fn conflict(settings: Load<Read>, base: StoredValue<Read>, theirs: RwSignal<Option<Read>>) -> View {
    live(move || {
        let now = theirs.get()?;
        let t = t();
        let (mine, theirs_too) = (now.clone(), now);
        let keep = move || {
            base.set_value(mine.clone());
            theirs.set(None);
            toasts().info(crate::text::t().anomaly_settings_again());
        };
        let words = div("stack-tight").child(p("strong").child(t.relance_rules_overtaken())).child(
            div("row").child(Button::new(t.sequence_overtaken_mine()).small().press(keep)).child(
                Button::new(t.sequence_overtaken_theirs())
                    .small()
                    .quiet()
                    .press(move || settings.put(theirs_too.clone())),
            ),
        );
        Some(notice(Tone::AtRisk, words).attr("role", "alert"))
    })
}

fn section(title: &str, lead: &str, parts: impl IntoIterator<Item = View>) -> View {
    let lead = (!lead.is_empty()).then(|| p("soft small").child(lead));
    el("section")
        .class("card")
        .label(title)
        .child(div("stack-tight").child(el("h2").child(title)).child(lead))
        .children(parts)
}

fn mode(draft: Draft, form: &Form, settings: &RelanceSettings, may: bool) -> View {
    let t = t();
    let choices = SendingMode::ALL.iter().map(|mode| {
        let hint = match mode {
            SendingMode::Off => t.relance_mode_off_detail(),
            SendingMode::Test => t.relance_mode_test_detail(),
            SendingMode::Live => t.relance_mode_live_detail(),
        };
        Choice::new(mode.as_str(), words::mode(*mode).1).hint(hint)
    });
    let choose = move |next: String| {
        if may {
            draft.mode.set(next);
        }
    };
    let list = radios(t.relance_mode(), choices.collect(), move || draft.mode.get(), choose).add_class("mode-choice");
    let tests = memo(move || draft.mode.with(|mode| mode == SendingMode::Test.as_str()));
    let address = View::from(
        text_field(t.relance_test_address(), draft.test_address)
            .kind("email")
            .hint(t.relance_test_address_hint())
            .disabled(move || !may)
            .error(form.error("/test_address", draft.test_address)),
    );
    let refused = form.error("/mode", draft.mode);
    let wrong = live(move || refused().map(|words| p("field-error").child(icon(Icon::Warning)).child(words)));
    let ready = settings.ready;
    let warn = memo(move || !ready && draft.mode.with(|mode| mode == SendingMode::Live.as_str()));
    let open = show(move || warn.get(), || notice(Tone::AtRisk, p("").child(crate::text::t().relance_not_ready())));
    section(t.relance_mode(), "", [list, wrong, show(move || tests.get(), move || address.clone()), open])
}

/// What is to be seen to before clients get anything.
fn checklist(draft: Draft, settings: &RelanceSettings, may: bool) -> View {
    let t = t();
    let done = settings.checklist.iter().filter(|item| item.done).count();
    let line = |item: &ChecklistItem| {
        let key = item.key;
        let words = say(&item.text);
        let mark = if item.by_itself {
            let (tone, label) =
                if item.done { (Tone::Ready, t.checklist_done()) } else { (Tone::AtRisk, t.checklist_open()) };
            div("row-wide").child(span("").child(words)).child(crate::ui::status_as(tone, label))
        } else {
            let change = move |on: bool| {
                draft.seen_to.update(|all| {
                    if on {
                        all.insert(key);
                    } else {
                        all.remove(&key);
                    }
                });
            };
            Checkbox::new(&words, move || draft.seen_to.with(|all| all.contains(&key)), change)
                .disabled(move || !may)
                .into()
        };
        let problem = item
            .problem
            .as_ref()
            .filter(|_| !item.done)
            .map(|problem| p("remark small tone-at-risk").child(icon(Icon::Warning)).child(say(problem)));
        el("li").class("line").child(div("grow stack-tight").child(mark).child(problem))
    };
    let sum = t.checklist_sum(done.to_string(), settings.checklist.len().to_string());
    section(
        t.checklist_title(),
        t.checklist_lead(),
        [p("strong").child(sum), el("ul").class("lines").children(settings.checklist.iter().map(line))],
    )
}

fn window(draft: Draft, form: &Form, may: bool) -> View {
    let t = t();
    // What is wrong with the hours is told where they stand; another day or hour takes the words away.
    let refused = form.error_at("/window".to_owned(), &[], draft.hours.typed());
    let wrong = live(move || refused().map(|words| p("field-error").child(icon(Icon::Warning)).child(words)));
    form.places("/window");
    section(t.relance_window(), t.relance_window_lead(), [draft.hours.fields(may), wrong])
}

fn limits(draft: Draft, form: &Form, may: bool) -> View {
    let t = t();
    let number = |label: &str, hint: &str, value: Typed, pointer: &'static str| {
        View::from(
            text_field(label, value)
                .inputmode("numeric")
                .hint(hint)
                .disabled(move || !may)
                .error(form.error(pointer, value)),
        )
    };
    let away = Checkbox::new(
        t.relance_hold_away(),
        move || draft.hold_when_away.get(),
        move |on| draft.hold_when_away.set(on),
    )
    .hint(t.relance_hold_away_hint())
    .disabled(move || !may);
    let numbers = div("given-fields").children([
        number(t.relance_minimum_days(), t.relance_minimum_days_hint(), draft.minimum_days, "/minimum_days"),
        number(t.relance_maximum(), t.relance_maximum_hint(), draft.maximum, "/maximum"),
        number(t.relance_stale_days(), t.relance_stale_days_hint(), draft.stale_days, "/stale_days"),
        number(t.relance_catch_up(), t.relance_catch_up_hint(), draft.catch_up_days, "/catch_up_days"),
        number(t.relance_hourly(), t.relance_hourly_hint(), draft.hourly, "/hourly"),
    ]);
    section(t.relance_limits(), t.relance_limits_lead(), [numbers, away.into()])
}

/// A list of spans with what says each of them.
fn spans(
    draft: Draft,
    list: RwSignal<Vec<SpanDraft>>,
    pointer: &'static str,
    form: &Form,
    may: bool,
    what: impl Fn(SpanDraft, usize, &Form) -> View + Clone + 'static,
    add: &'static str,
) -> View {
    let own = form.clone();
    let rows = el("ol").class("given-rules").each(move || {
        let item = |(at, span_of): (usize, SpanDraft)| {
            let (form, what) = (own.clone(), what.clone());
            Item::new(format!("{} {at}", span_of.key), move || {
                let t = t();
                let off = move || !may;
                let remove = may.then(|| {
                    Button::new(t.remove()).icon_only(Icon::Trash).quiet().small().press(move || {
                        list.update(|all| {
                            all.remove(at);
                        });
                    })
                });
                let day = |label: &str, value: Typed, field: &str| {
                    date_field(label, value).disabled(off).error(form.error_at(
                        format!("{pointer}/{at}/{field}"),
                        &[],
                        value,
                    ))
                };
                el("li").class("given-rule span-rule").child(
                    div("given-fields")
                        .child(what(span_of, at, &form))
                        .child(day(t.pause_from(), span_of.from, "from"))
                        .child(View::from(day(t.pause_to(), span_of.to, "to").optional()))
                        .child(div("span-act").child(remove)),
                )
            })
        };
        list.get().into_iter().enumerate().map(item).collect()
    });
    let none = show(move || list.with(Vec::is_empty), || p("soft").child(t().none_planned()));
    let more = may.then(|| {
        let act = move || {
            let key = draft.next.get_untracked();
            draft.next.set(key + 1);
            let today = format::paris(crate::browser::now()).date();
            list.update(|all| all.push(SpanDraft::of(key, "", today, Some(today))));
        };
        div("row").child(Button::new(add).icon(Icon::Plus).small().press(act))
    });
    div("stack-tight").child(none).child(rows).child(more)
}

fn pauses(draft: Draft, form: &Form, may: bool) -> View {
    let t = t();
    let reason = move |span_of: SpanDraft, at: usize, form: &Form| {
        View::from(
            text_field(crate::text::t().pause_reason(), span_of.what)
                .placeholder(crate::text::t().relance_pause_example())
                .disabled(move || !may)
                .error(form.error_at(format!("/pauses/{at}/reason"), &[], span_of.what)),
        )
    };
    let list = spans(draft, draft.pauses, "/pauses", form, may, reason, t.relance_pause_add());
    section(t.relance_pauses(), t.relance_pauses_lead(), [list])
}

fn absences(draft: Draft, form: &Form, may: bool) -> View {
    let t = t();
    let who = move |span_of: SpanDraft, at: usize, form: &Form| {
        View::from(
            Combobox::one(crate::text::t().anomaly_act_who(), single_value(span_of.what), dossier::people)
                .field()
                .disabled(move || !may)
                .error(form.error_at(format!("/absences/{at}/user_id"), &[], span_of.what)),
        )
    };
    let list = spans(draft, draft.absences, "/absences", form, may, who, t.relance_absence_add());
    section(t.relance_absences(), t.relance_absences_lead(), [list])
}

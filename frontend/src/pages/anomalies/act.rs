//! Acts on anomalies: to whom, or where they stand. First whom it touches and who is left out and why, then the act, then
//! the way back.

use std::rc::Rc;

use chrono::NaiveTime;
use contract::endpoint::op;
use contract::{AnomalyAct, AnomalyActInput, AnomalyActResult, AnomalyQuery, ItemOutcome, Nothing};
use domain::anomaly::Resolution;
use domain::{ActId, AnomalyId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{self, Load, load, say};
use crate::browser::now;
use crate::dom::{View, div, el, live, memo, p, show};
use crate::pages::calm::settled;
use crate::pages::dossier;
use crate::pages::form::Form;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Checkbox, Choice, Combobox, Dialog, Tone, date_field, error_state, notice, once_closed, select_field,
    single_value, skeleton, text_field, toasts,
};

#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Assign,
    State,
}

/// On which anomalies; with the version that was seen, where it is one by hand.
#[derive(Clone, PartialEq)]
pub enum Target {
    Ids(Vec<(AnomalyId, i64)>),
    All(Box<AnomalyQuery>),
}

impl Target {
    pub fn count(&self) -> u64 {
        match self {
            Target::Ids(ids) => ids.len() as u64,
            Target::All(_) => 0,
        }
    }
}

pub type Acting = RwSignal<Option<(Kind, Target)>>;

/// Reasons that are told one by one; the rest is counted.
const TOLD: usize = 8;

fn input(act: AnomalyAct, target: &Target, preview: bool) -> AnomalyActInput {
    let (ids, versions, filter) = match target {
        Target::Ids(ids) => (
            Some(ids.iter().map(|(id, _)| *id).collect()),
            Some(ids.iter().map(|(_, version)| *version).collect()),
            None,
        ),
        Target::All(filter) => (None, None, Some((**filter).clone())),
    };
    AnomalyActInput { ids, filter, act, versions, preview }
}

/// Does it at once, with the way back in the message.
pub fn do_now(act: AnomalyAct, target: Target, done: Rc<dyn Fn()>) {
    spawn_local(async move {
        match api::act::<op::ActOnAnomalies>(&Nothing {}, &Nothing {}, &input(act, &target, false)).await {
            Ok(result) => {
                tell(&result, done.clone());
                done();
                session::waiting_moved();
            }
            Err(failure) => toasts().failed(&failure),
        }
    });
}

fn tell(result: &AnomalyActResult, done: Rc<dyn Fn()>) {
    let left =
        result.items.iter().find(|item| item.outcome != ItemOutcome::Changed).and_then(|item| item.reason.as_ref());
    match result.act_id {
        _ if result.changed == 0 => {
            toasts().info(left.map_or_else(|| t().anomaly_act_nothing().to_owned(), say));
        }
        Some(act) => toasts().undoable(t().anomaly_act_did(result.changed), move || undo(act, done.clone())),
        None => toasts().done(t().anomaly_act_did(result.changed)),
    }
}

/// Takes an act back.
pub fn undo(act: ActId, done: Rc<dyn Fn()>) {
    spawn_local(async move {
        match api::act::<op::UndoAct>(&act, &Nothing {}, &Nothing {}).await {
            Ok(_) => {
                toasts().done(t().anomaly_act_undone());
                done();
                session::waiting_moved();
            }
            Err(failure) => toasts().failed(&failure),
        }
    });
}

/// The dialog stands while `acting` holds an act. `done` hears that anomalies have changed.
pub fn dialog(acting: Acting, done: impl Fn() + Clone + 'static) -> View {
    live(move || {
        let (kind, target) = acting.get()?;
        let done = done.clone();
        Some(untrack(|| build(kind, target, acting, Rc::new(done))))
    })
}

struct Fields {
    view: View,
    /// Nothing while something is missing.
    wish: Memo<Option<AnomalyAct>>,
}

fn assign_fields() -> Fields {
    let person = RwSignal::new(String::new());
    let choices = || {
        let mut all = vec![Choice::new("none", t().anomalies_nobody())];
        all.extend(dossier::people());
        all
    };
    let field = Combobox::one(t().anomaly_act_who(), single_value(person), choices).field().autofocus();
    let wish = Memo::new(move |_| match person.get().as_str() {
        "" => None,
        "none" => Some(AnomalyAct::Assign { user_id: None }),
        id => id.parse().ok().map(|id| AnomalyAct::Assign { user_id: Some(id) }),
    });
    Fields { view: field.into(), wish }
}

fn state_fields() -> Fields {
    let t = t();
    let state = RwSignal::new(String::new());
    let (note, until) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let resolution = RwSignal::new(Resolution::Reissued.as_str().to_owned());
    let news = RwSignal::new(true);
    let states = || {
        let t = crate::text::t();
        vec![
            Choice::new("", t.choose()),
            Choice::new("start", t.anomaly_start()),
            Choice::new("wait", t.anomaly_wait()),
            Choice::new("snooze", t.anomaly_snooze()),
            Choice::new("resume", t.anomaly_resume()),
            Choice::new("resolve", t.anomaly_resolve()),
            Choice::new("ignore", t.anomaly_ignore()),
            Choice::new("reopen", t.anomaly_reopen()),
        ]
    };
    // What ends by itself says so; a person chooses among the others.
    let resolutions = || {
        let own = Resolution::ALL.iter().filter(|r| **r != Resolution::CauseGone);
        own.map(|r| Choice::new(r.as_str(), say(&r.text()))).collect()
    };
    let is = move |what: &'static str| memo(move || state.with(|s| s == what));
    let (snoozes, resolves, ignores) = (is("snooze"), is("resolve"), is("ignore"));
    let noted = memo(move || state.with(|s| matches!(s.as_str(), "wait" | "snooze" | "resolve")));
    let how = View::from(select_field(t.anomaly_act_resolution(), resolution, resolutions));
    let tomorrow = format::paris(now()).date().succ_opt().unwrap_or_default();
    let day = View::from(date_field(t.anomaly_act_until(), until).attr("min", &tomorrow.to_string()));
    let wake = View::from(Checkbox::new(t.anomaly_act_news(), move || news.get(), move |on| news.set(on)));
    let why = View::from(text_field(t.anomaly_act_reason(), note));
    let said = View::from(text_field(t.anomaly_act_note(), note).optional());
    let view = View::all([
        View::from(select_field(t.anomaly_act_new_state(), state, states).autofocus()),
        show(move || resolves.get(), move || how.clone()),
        show(move || snoozes.get(), move || View::all([day.clone(), wake.clone()])),
        show(move || ignores.get(), move || why.clone()),
        show(move || noted.get(), move || said.clone()),
    ]);
    let calm = settled(move || note.get());
    let wish = Memo::new(move |_| {
        let note = Some(calm.get().trim().to_owned()).filter(|n| !n.is_empty());
        Some(match state.get().as_str() {
            "start" => AnomalyAct::Start,
            "wait" => AnomalyAct::WaitClient { note },
            "snooze" => {
                let until = until.get().parse::<chrono::NaiveDate>().ok().map(morning);
                let on_news = news.get();
                if until.is_none() && !on_news {
                    return None;
                }
                AnomalyAct::Snooze { until, on_news, note }
            }
            "resume" => AnomalyAct::Resume,
            "resolve" => {
                AnomalyAct::Resolve { resolution: Resolution::try_from(resolution.get().as_str()).ok()?, note }
            }
            "ignore" => AnomalyAct::Ignore { reason: note? },
            "reopen" => AnomalyAct::Reopen,
            _ => return None,
        })
    });
    Fields { view, wish }
}

/// Seven in the morning, which is before anybody works, in winter as in summer time.
fn morning(day: chrono::NaiveDate) -> chrono::DateTime<chrono::Utc> {
    let six = NaiveTime::from_hms_opt(5, 0, 0).unwrap_or_default();
    day.and_time(six).and_utc()
}

fn build(kind: Kind, target: Target, acting: Acting, done: Rc<dyn Fn()>) -> View {
    let open = RwSignal::new(true);
    once_closed(open, move || {
        acting.try_set(None);
    });
    let Fields { view, wish } = match kind {
        Kind::Assign => assign_fields(),
        Kind::State => state_fields(),
    };
    let asked = target.clone();
    let preview: Load<Option<AnomalyActResult>> = load(
        move || wish.get(),
        move |wish: Option<AnomalyAct>| {
            let target = asked.clone();
            Box::pin(async move {
                let Some(act) = wish else { return Ok(None) };
                let body = input(act, &target, true);
                api::act::<op::ActOnAnomalies>(&Nothing {}, &Nothing {}, &body).await.map(Some)
            })
        },
    );
    let ready = memo(move || {
        let current = !preview.pending.get() && preview.failure.with(Option::is_none) && wish.with(Option::is_some);
        preview.value.with(|p| p.as_ref().and_then(Option::as_ref).filter(|_| current).map(|p| p.changed))
    });
    let form = Form::new();
    let fields = vec![
        view,
        outlook(preview, wish),
        // Enter in a field sends the form although its button stands in the foot of the dialog.
        el("button").attr("type", "submit").class("sr-only").attr("tabindex", "-1").decorative(),
    ];
    let n = target.count();
    let busy = form.busy();
    let submit = {
        let form = form.clone();
        Rc::new(move || {
            let Some(act) = wish.get_untracked().filter(|_| ready.get_untracked().unwrap_or(0) > 0) else { return };
            let done = done.clone();
            let body = input(act, &target, false);
            form.send(api::act::<op::ActOnAnomalies>(&Nothing {}, &Nothing {}, &body), move |answer| {
                tell(&answer, done.clone());
                done();
                session::waiting_moved();
                open.try_set(false);
            });
        })
    };
    let sent = submit.clone();
    let form = form.build(fields, move |_| sent());
    let body = move || form.clone();
    let footer = move || {
        let (submit, busy) = (submit.clone(), busy.clone());
        live(move || {
            let (submit, busy) = (submit.clone(), busy.clone());
            let label = t().anomaly_act_apply(ready.get().unwrap_or(n));
            View::all([
                Button::new(t().cancel()).press(move || open.set(false)),
                Button::new(label)
                    .primary()
                    .disabled(move || ready.get().unwrap_or(0) == 0)
                    .busy(busy)
                    .press(move || submit()),
            ])
        })
    };
    let title = match kind {
        Kind::Assign => t().anomaly_act_assign_title(n),
        Kind::State => t().anomaly_act_state_title(n),
    };
    Dialog::new(open, title, body).footer(footer).into()
}

/// Whom it would touch, what is left out and why.
fn outlook(preview: Load<Option<AnomalyActResult>>, wish: Memo<Option<AnomalyAct>>) -> View {
    let body = live(move || {
        if wish.with(Option::is_none) {
            return p("soft small").child(t().anomaly_act_missing());
        }
        if let Some(failure) = preview.failure.get().filter(|_| !preview.pending.get()) {
            return error_state(&failure, Some(Rc::new(move || preview.reload())));
        }
        match preview.value.get().flatten() {
            Some(result) => summary(&result),
            None => skeleton(2),
        }
    });
    div("outlook").attr("aria-live", "polite").class_of("loaded-stale", move || preview.pending.get()).child(body)
}

fn summary(result: &AnomalyActResult) -> View {
    let said = match result.changed {
        0 => t().anomaly_act_nothing().to_owned(),
        n => t().anomaly_act_would(n),
    };
    let out = result.left_out + result.unchanged;
    let left = (out > 0).then(|| {
        let lines = result.items.iter().filter(|i| i.outcome != ItemOutcome::Changed).take(TOLD).map(|item| {
            let why = item.reason.as_ref().map(say).unwrap_or_default();
            el("li").child(say(&item.title)).child(el("span").class("soft").child(format!(" {why}")))
        });
        let words = div("stack-tight")
            .child(p("").child(t().anomaly_act_left_out(out)))
            .child(el("ul").class("bullets small").children(lines));
        notice(Tone::AtRisk, words)
    });
    div("stack-tight").child(p("strong").child(said)).child(left)
}

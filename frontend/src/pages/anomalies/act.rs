//! Acts on anomalies: to whom, or where they stand. First whom it touches and who is left out and why, then the act, then
//! the way back.

use std::cell::RefCell;
use std::rc::Rc;

use chrono::NaiveTime;
use contract::endpoint::op;
use contract::{AnomalyAct, AnomalyActInput, AnomalyActResult, AnomalyQuery, AnomalyRow, ItemOutcome, Nothing};
use domain::anomaly::{AnomalyEvent, AnomalyState, Resolution};
use domain::{ActId, AnomalyId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::api::{self, Load, load, say};
use crate::browser::{focus_in, is_typing, now, plain_key};
use crate::dom::{View, after, div, el, live, memo, p, show};
use crate::pages::dossier;
use crate::pages::form::Form;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Checkbox, Choice, Combobox, Dialog, Tone, date_field, key_hint, notice, once_closed, radios, select_field,
    single_value, text_field, toasts,
};

#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Assign,
    State,
}

/// An anomaly as the person has seen it.
#[derive(Clone, Copy, PartialEq)]
pub struct Seen {
    pub id: AnomalyId,
    pub version: i64,
    state: AnomalyState,
    assigned: bool,
}

impl Seen {
    pub fn of(row: &AnomalyRow) -> Seen {
        Seen { id: row.id, version: row.version, state: row.state, assigned: row.assignee.is_some() }
    }
}

/// On which anomalies; with the version that was seen, where it is one by hand.
#[derive(Clone, PartialEq)]
pub enum Target {
    Ids(Vec<Seen>),
    /// All that a filter finds: so many, as far as is known.
    All(Box<AnomalyQuery>, u64),
}

impl Target {
    pub fn count(&self) -> u64 {
        match self {
            Target::Ids(ids) => ids.len() as u64,
            Target::All(_, n) => *n,
        }
    }

    /// The one that it is about, where it is one.
    pub fn one(&self) -> Option<AnomalyId> {
        match self {
            Target::Ids(ids) if ids.len() == 1 => ids.first().map(|seen| seen.id),
            _ => None,
        }
    }

    /// At least one of them may go this way.
    fn allows(&self, event: AnomalyEvent) -> bool {
        match self {
            Target::Ids(ids) => ids.iter().any(|seen| seen.state.transition(event, seen.assigned).is_ok()),
            Target::All(..) => true,
        }
    }
}

pub type Acting = RwSignal<Option<(Kind, Target)>>;

/// What was done, for the page that goes on from there.
pub struct Did {
    pub act: AnomalyAct,
    pub target: Target,
}

/// The version of an anomaly as it stands on the page, followed; nothing where the page does not show it.
pub type Current = Rc<dyn Fn(AnomalyId) -> Option<i64>>;

/// Reasons that are told one by one; the rest is counted.
const TOLD: usize = 8;

/// An act, and who hears that it was taken back.
type Undoable = (ActId, Rc<dyn Fn()>);

thread_local! {
    /// The act that the key of the way back takes back, and who hears of it.
    static LAST: RefCell<Option<Undoable>> = const { RefCell::new(None) };
}

fn input(act: AnomalyAct, target: &Target, preview: bool) -> AnomalyActInput {
    let (ids, versions, filter) = match target {
        Target::Ids(ids) => {
            (Some(ids.iter().map(|seen| seen.id).collect()), Some(ids.iter().map(|seen| seen.version).collect()), None)
        }
        Target::All(filter, _) => (None, None, Some((**filter).clone())),
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
        Some(act) => undoable(t().anomaly_act_did(result.changed), act, done),
        None => toasts().done(t().anomaly_act_did(result.changed)),
    }
}

/// Says what was done, with the way back: a button, and a key.
pub fn undoable(words: String, act: ActId, done: Rc<dyn Fn()>) {
    LAST.set(Some((act, done.clone())));
    toasts().undoable(words, move || undo(act, done.clone()));
}

/// Takes the last act of this page back, as the button of its message does.
pub fn undo_last() {
    match LAST.take() {
        Some((act, done)) => undo(act, done),
        None => toasts().info(t().anomaly_act_no_undo()),
    }
}

/// Takes an act back.
pub fn undo(act: ActId, done: Rc<dyn Fn()>) {
    LAST.with_borrow_mut(|last| {
        last.take_if(|(known, _)| *known == act);
    });
    spawn_local(async move {
        match api::act::<op::UndoAct>(&act, &Nothing {}, &Nothing {}).await {
            Ok(answer) => {
                match answer.left_out {
                    0 => toasts().done(t().anomaly_act_undone()),
                    n => toasts().info(t().anomaly_act_undone_but(n)),
                }
                done();
                session::waiting_moved();
            }
            Err(failure) => toasts().failed(&failure),
        }
    });
}

/// The dialog stands while `acting` holds an act. `done` hears what was done, before the keyboard is given back.
pub fn dialog(acting: Acting, current: Current, done: impl Fn(&Did) + Clone + 'static, again: Rc<dyn Fn()>) -> View {
    live(move || {
        let (kind, target) = acting.get()?;
        let (current, done, again) = (current.clone(), done.clone(), again.clone());
        Some(untrack(|| build(kind, target, acting, current, Rc::new(done), again)))
    })
}

struct Fields {
    view: View,
    /// What is wished, followed, for a look before: what will be said with it changes nothing of whom it touches.
    wish: Memo<Option<AnomalyAct>>,
    /// The same with what is said; nothing while that is missing.
    whole: Rc<dyn Fn() -> Option<AnomalyAct>>,
}

fn assign_fields() -> Fields {
    let person = RwSignal::new(String::new());
    let me = session::me().with_untracked(|me| me.user_id.to_string());
    let choices = move || {
        let mut all = dossier::people();
        // Oneself first: most people take what they see.
        if let Some(at) = all.iter().position(|choice| choice.value == me) {
            all[..=at].rotate_right(1);
        }
        all.push(Choice::new("none", t().anomalies_nobody()));
        all
    };
    let field = Combobox::one(t().anomaly_act_who(), single_value(person), choices).field().autofocus();
    let wish = Memo::new(move |_| match person.get().as_str() {
        "" => None,
        "none" => Some(AnomalyAct::Assign { user_id: None }),
        id => id.parse().ok().map(|id| AnomalyAct::Assign { user_id: Some(id) }),
    });
    Fields { view: field.into(), wish, whole: Rc::new(move || wish.get_untracked()) }
}

/// The ways that a state may go, with their digits on the keyboard.
fn ways(target: &Target) -> Vec<Choice> {
    let t = t();
    let all = [
        ("start", AnomalyEvent::Start, t.anomaly_start()),
        ("wait", AnomalyEvent::WaitClient, t.anomaly_wait()),
        ("snooze", AnomalyEvent::Snooze, t.anomaly_snooze()),
        ("resume", AnomalyEvent::Resume, t.anomaly_resume()),
        ("resolve", AnomalyEvent::Resolve, t.anomaly_resolve()),
        ("ignore", AnomalyEvent::Ignore, t.anomaly_ignore()),
        ("reopen", AnomalyEvent::Reopen, t.anomaly_reopen()),
    ];
    let able = all.into_iter().filter(|(_, event, _)| target.allows(*event));
    able.map(|(code, _, label)| Choice::new(code, label)).collect()
}

/// Where the reason of what is ignored is written.
const REASON: &str = "anomaly-reason";

fn to_reason() {
    focus_in(".anomaly-reason input");
}

fn state_fields(target: &Target) -> Fields {
    let t = t();
    let state = RwSignal::new(String::new());
    let (note, until) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let resolution = RwSignal::new(Resolution::Reissued.as_str().to_owned());
    let news = RwSignal::new(true);
    let missing = RwSignal::new(false);
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
    let lacks = move || {
        let lacks = missing.get() && note.with(|note| note.trim().is_empty());
        lacks.then(|| crate::text::t().anomaly_act_reason_missing().to_owned())
    };
    let why = View::from(text_field(t.anomaly_act_reason(), note).error(lacks)).add_class(REASON);
    let said = View::from(text_field(t.anomaly_act_note(), note).optional());
    let all = ways(target);
    let codes: Vec<String> = all.iter().map(|choice| choice.value.clone()).collect();
    let choose = move |code: String| {
        state.set(code);
        missing.set(false);
    };
    let list = radios(t.anomaly_act_new_state(), all, move || state.get(), choose).add_class("ways");
    digits(&list);
    let keyed = codes.clone();
    let view = div("stack")
        .child(list)
        .child(show(move || resolves.get(), move || how.clone()))
        .child(show(move || snoozes.get(), move || div("stack").child(day.clone()).child(wake.clone())))
        .child(show(move || ignores.get(), move || why.clone()))
        .child(show(move || noted.get(), move || said.clone()))
        .on_key(move |ev| {
            let digit = ev.key().parse::<usize>().ok().filter(|_| plain_key(ev) && !is_typing(ev.target()));
            if let Some(code) = digit.and_then(|n| keyed.get(n.checked_sub(1)?)) {
                ev.prevent_default();
                choose(code.clone());
                // What must be said is said next.
                if code == "ignore" {
                    request_animation_frame(to_reason);
                }
            }
        });
    let act = move |note: Option<String>| {
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
    };
    // Any word will do for the look before.
    let wish = Memo::new(move |_| act(Some(crate::text::t().anomaly_act_reason().to_owned())));
    let whole = move || {
        let said = note.with_untracked(|note| Some(note.trim().to_owned()).filter(|note| !note.is_empty()));
        let act = untrack(|| act(said));
        if act.is_none() && ignores.get_untracked() {
            missing.set(true);
            to_reason();
        }
        act
    };
    Fields { view, wish, whole: Rc::new(whole) }
}

/// Writes beside each way the digit that chooses it, and lets the keyboard begin there.
fn digits(list: &View) {
    let Ok(lines) = list.element().query_selector_all("label.radio") else { return };
    for at in 0..lines.length() {
        if let Some(line) = lines.get(at).and_then(|node| node.dyn_into::<HtmlElement>().ok()) {
            let hint = key_hint(&(at + 1).to_string()).decorative();
            let _ = line.append_child(hint.node());
        }
    }
    if let Ok(Some(first)) = list.element().query_selector("input") {
        let _ = first.set_attribute("autofocus", "");
    }
}

/// Seven in the morning, which is before anybody works, in winter as in summer time.
fn morning(day: chrono::NaiveDate) -> chrono::DateTime<chrono::Utc> {
    let six = NaiveTime::from_hms_opt(5, 0, 0).unwrap_or_default();
    day.and_time(six).and_utc()
}

fn build(
    kind: Kind,
    first: Target,
    acting: Acting,
    current: Current,
    done: Rc<dyn Fn(&Did)>,
    again: Rc<dyn Fn()>,
) -> View {
    let open = RwSignal::new(true);
    once_closed(open, move || {
        acting.try_set(None);
    });
    let Fields { view, wish, whole } = match kind {
        Kind::Assign => assign_fields(),
        Kind::State => state_fields(&first),
    };
    let n = first.count();
    let target = RwSignal::new(first);
    let moved = {
        let current = current.clone();
        memo(move || {
            target.with(|target| match target {
                Target::Ids(ids) => {
                    ids.iter().filter(|seen| current(seen.id).is_some_and(|now| now != seen.version)).count() as u64
                }
                Target::All(..) => 0,
            })
        })
    };
    let preview: Load<Option<AnomalyActResult>> = load(
        // What others have changed meanwhile is left out, and says so: looked at again then.
        move || (wish.get(), target.get(), moved.get()),
        |(wish, target, _)| {
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
        overtaken(target, moved, current),
        outlook(preview, wish),
        // Enter in a field sends the form although its button stands in the foot of the dialog.
        el("button").attr("type", "submit").class("sr-only").attr("tabindex", "-1").decorative(),
    ];
    let busy = form.busy();
    // Pressed before the look had come: done as soon as it is here and touches something.
    let armed = RwSignal::new(false);
    let send = {
        let form = form.clone();
        move || {
            let Some(act) = whole() else { return };
            let (done, again, target) = (done.clone(), again.clone(), target.get_untracked());
            let body = input(act.clone(), &target, false);
            form.send(api::act::<op::ActOnAnomalies>(&Nothing {}, &Nothing {}, &body), move |answer| {
                tell(&answer, again.clone());
                done(&Did { act, target });
                again();
                session::waiting_moved();
                open.try_set(false);
            });
        }
    };
    after(move || {
        let (wanted, pending) = (armed.get(), preview.pending.get());
        // What failed before says nothing of what is on its way.
        let failed = !pending && preview.failure.with(Option::is_some);
        let Some(changes) = ready.get().filter(|_| wanted) else {
            if wanted && failed {
                armed.set(false);
            }
            return;
        };
        armed.set(false);
        if changes > 0 {
            untrack(&send);
        }
    });
    let submit = Rc::new(move || {
        if wish.with_untracked(Option::is_some) {
            armed.set(true);
        }
    });
    let (sent, by_choice) = (submit.clone(), submit.clone());
    // A list of choices swallows Enter: there it applies, too.
    let form = form.build(fields, move |_| sent()).on_key(move |ev| {
        let on_choice = ev.target().is_some_and(|on| on.unchecked_into::<web_sys::Element>().tag_name() == "SELECT");
        if ev.key() == "Enter" && on_choice {
            ev.prevent_default();
            by_choice();
        }
    });
    let body = move || form.clone();
    let footer = move || {
        let (submit, busy) = (submit.clone(), busy.clone());
        let label = memo(move || t().anomaly_act_apply(ready.get().filter(|changes| *changes > 0).unwrap_or(n)));
        live(move || {
            let (submit, busy) = (submit.clone(), busy.clone());
            View::all([
                Button::new(t().cancel()).press(move || open.set(false)),
                Button::new(label.get())
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

/// Somebody else was faster: what was chosen and written stays, and goes on top of what stands now if the person says so.
fn overtaken(target: RwSignal<Target>, moved: Memo<u64>, current: Current) -> View {
    show(
        move || moved.get() > 0,
        move || {
            let current = current.clone();
            let take = move || {
                let current = current.clone();
                target.update(|target| {
                    if let Target::Ids(ids) = target {
                        for seen in ids {
                            seen.version = untrack(|| current(seen.id)).unwrap_or(seen.version);
                        }
                    }
                });
            };
            let words = div("stack-tight")
                .child(p("strong").child(t().anomaly_act_overtaken(moved.get_untracked())))
                .child(p("small").child(t().anomaly_act_overtaken_detail()))
                .child(div("row").child(Button::new(t().anomaly_act_overtaken_go()).small().press(take)));
            notice(Tone::AtRisk, words).attr("role", "alert")
        },
    )
}

/// Whom it would touch, what is left out and why.
fn outlook(preview: Load<Option<AnomalyActResult>>, wish: Memo<Option<AnomalyAct>>) -> View {
    let missing = move || wish.with(Option::is_none).then(|| t().anomaly_act_missing());
    crate::ui::outlook(preview, missing, 2, summary)
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

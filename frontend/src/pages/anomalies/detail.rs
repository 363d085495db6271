//! One anomaly: what is wrong and what it can cost, what to do step by step, where it shows, who said what, what happened.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{
    Anomaly, AnomalyAct, CommentInput, Nothing, Occurrence, OccurrenceQuery, PlaybookStep, SplitInput, StepInput,
};
use domain::anomaly::AnomalyState;
use domain::{AnomalyId, Permission};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::act::{self, Kind, Target};
use super::words;
use crate::api::{self, Load, Versioned, ask, ask_versioned, load, say};
use crate::browser::{focus, focus_soon, now};
use crate::dom::{View, div, el, link, live, memo, p, span};
use crate::frame::page_title;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Checkbox, Event, Icon, Tone, empty_state, error_state, icon, loaded, notice, skeleton, tag, text_area,
    timeline, toasts,
};

/// The field of the comment, for the key that leads to it.
const COMMENT: &str = "anomaly-comment";
/// Places that are written out; the others are a list of flows.
const PLACES: u32 = 20;

/// To the field of the comment, once the panel stands.
pub fn comment_soon() {
    focus(COMMENT);
    focus_soon(COMMENT.to_owned());
}

/// An anomaly that is open on the screen.
#[derive(Clone, Copy)]
pub struct Open {
    file: Load<Versioned<Anomaly>>,
    id: Memo<AnomalyId>,
    changed: StoredValue<Rc<dyn Fn()>, LocalStorage>,
}

impl Open {
    /// `changed` hears of every change made here; `revision` moves when it may have changed elsewhere.
    pub fn new(
        id: impl Fn() -> AnomalyId + Send + Sync + 'static,
        changed: impl Fn() + 'static,
        revision: impl Fn() -> u32 + Send + Sync + 'static,
    ) -> Open {
        let id = Memo::new(move |_| id());
        let file = load(move || (id.get(), revision()), |(id, _)| ask_versioned::<op::ReadAnomaly>(id, Nothing {}));
        Open { file, id, changed: StoredValue::new_local(Rc::new(changed)) }
    }

    /// A part of the anomaly, followed. `T::default()` until it has come.
    pub fn of<T: Default>(self, part: impl Fn(&Anomaly) -> T) -> T {
        self.file.value.with(|file| file.as_ref().map(|file| part(&file.value)).unwrap_or_default())
    }

    fn target(self) -> Target {
        let seen = self.file.value.with_untracked(|f| f.as_ref().map(|f| (f.value.row.id, f.value.row.version)));
        Target::Ids(seen.into_iter().collect())
    }

    fn again(self) {
        self.file.reload();
        if let Some(changed) = self.changed.try_get_value() {
            changed();
        }
    }

    fn does(self, act: AnomalyAct) {
        act::do_now(act, self.target(), Rc::new(move || self.again()));
    }
}

fn may_act() -> bool {
    session::can(Permission::DossierWrite)
}

/// `/anomalies/{id}`.
pub fn page(id: &str) -> View {
    let Ok(id) = id.parse::<AnomalyId>() else { return not_found() };
    let open = Open::new(move || id, || {}, || 0);
    let name = memo(move || open.of(|a| say(&a.row.title)));
    crate::dom::react(move || {
        let name = name.get();
        if !name.is_empty() {
            page_title(&name);
        }
    });
    let acting: act::Acting = RwSignal::new(None);
    let back = link("back-link small", "/anomalies").child(icon(Icon::Left)).child(t().anomalies_title());
    let head = el("header").class("dossier-head").child(
        div("stack-tight")
            .child(back)
            .child(el("h1").id("page-title").attr("tabindex", "-1").text_of(move || name.get())),
    );
    let body = el("section").class("card").child(panel(open, acting));
    div("page").child(head).child(body).child(act::dialog(acting, move || open.again()))
}

fn not_found() -> View {
    let back = Button::link(t().anomaly_back(), "/anomalies");
    empty_state(Icon::Search, t().anomaly_not_found(), t().anomaly_not_found_detail(), [back])
}

/// The whole of it, for the side panel and the page.
pub fn panel(open: Open, acting: act::Acting) -> View {
    #[derive(Clone, Copy, PartialEq)]
    enum Face {
        Waiting,
        Failed,
        Here(AnomalyId),
    }
    let face = memo(move || match open.file.value.with(|f| f.as_ref().map(|f| f.value.row.id)) {
        _ if open.file.failure.with(Option::is_some) => Face::Failed,
        Some(id) => Face::Here(id),
        None => Face::Waiting,
    });
    live(move || {
        let face = face.get();
        untrack(|| match face {
            Face::Waiting => skeleton(8),
            Face::Here(_) => here(open, acting),
            Face::Failed => match open.file.failure.get() {
                Some(failure) if failure.status() == 404 => not_found(),
                Some(failure) => error_state(&failure, Some(Rc::new(move || open.file.reload()))),
                None => View::none(),
            },
        })
    })
}

fn here(open: Open, acting: act::Acting) -> View {
    let part = move |draw: fn(Open, &Anomaly) -> View| {
        live(move || open.file.value.with(|f| f.as_ref().map(|f| untrack(|| draw(open, &f.value)))))
    };
    div("stack-wide")
        .child(part(meta))
        .child(part(facts))
        .child(live(move || open.file.value.with(|f| f.as_ref().map(|f| untrack(|| acts(open, acting, &f.value))))))
        .child(part(playbook))
        .child(places(open))
        .child(part(comments))
        .child(compose(open))
        .child(part(history))
}

fn meta(_: Open, anomaly: &Anomaly) -> View {
    let row = &anomaly.row;
    let who = match &row.assignee {
        Some(who) => who.name.clone(),
        None => t().anomalies_nobody().to_owned(),
    };
    div("dossier-meta small")
        .child(words::severity(row.severity))
        .child(tag(&words::state(row.state)))
        .child(span("row").child(icon(Icon::Person)).child(who))
        .child(span("row").child(icon(Icon::Clock)).child(words::due(row)))
        .child(row.platform.as_deref().map(tag))
}

fn facts(_: Open, anomaly: &Anomaly) -> View {
    let ended = anomaly
        .resolution
        .map(|r| say(&r.text()))
        .or_else(|| (anomaly.row.state == AnomalyState::Ignored).then(|| words::state(AnomalyState::Ignored)));
    let ended = ended.map(|how| {
        let note = anomaly.note.as_deref().map_or_else(String::new, |note| format!(" : {note}"));
        notice(Tone::Ready, p("").child(format!("{how}{note}")))
    });
    div("stack-tight")
        .child(p("strong").child(say(&anomaly.sentence)))
        .child(p("soft").child(say(&anomaly.why)))
        .child(p("faint small").child(say(&anomaly.priority_because)))
        .child(ended)
}

fn acts(open: Open, acting: act::Acting, anomaly: &Anomaly) -> View {
    if !may_act() {
        return View::none();
    }
    let t = t();
    let watched = anomaly.row.watched;
    let watch = Button::new(if watched { t.anomaly_unwatch() } else { t.anomaly_watch() })
        .icon(Icon::Eye)
        .small()
        .quiet()
        .press(move || open.does(AnomalyAct::Watch { on: !watched }));
    if !anomaly.can_act {
        let split = Button::new(t.anomaly_split()).small().press(move || split(open));
        return div("stack-tight")
            .child(notice(Tone::AtRisk, p("").child(t.anomaly_cannot_act())))
            .child(div("row").child(split).child(watch));
    }
    let me = session::me().with_untracked(|me| me.user_id);
    let mine = anomaly.row.assignee.as_ref().is_some_and(|who| who.id == me);
    let dialog = move |kind: Kind| acting.set(Some((kind, open.target())));
    let first = match anomaly.row.state {
        AnomalyState::Resolved | AnomalyState::Ignored => Some((t.anomaly_reopen(), Icon::Undo, AnomalyAct::Reopen)),
        AnomalyState::WaitingClient | AnomalyState::Snoozed => {
            Some((t.anomaly_resume(), Icon::Right, AnomalyAct::Resume))
        }
        AnomalyState::New | AnomalyState::Assigned if mine => Some((t.anomaly_start(), Icon::Right, AnomalyAct::Start)),
        AnomalyState::New | AnomalyState::Assigned | AnomalyState::InProgress => None,
    };
    let first = first.map(|(label, face, act)| {
        Button::new(label).icon(face).small().primary().press(move || open.does(act.clone()))
    });
    let take = (!mine && !anomaly.row.state.is_over()).then(|| {
        Button::new(t.anomaly_assign_me())
            .icon(Icon::Person)
            .small()
            .press(move || open.does(AnomalyAct::Assign { user_id: Some(me) }))
    });
    div("row")
        .child(first)
        .child(take)
        .child(Button::new(t.anomaly_assign()).icon(Icon::People).small().press(move || dialog(Kind::Assign)))
        .child(Button::new(t.anomaly_change_state()).icon(Icon::Edit).small().press(move || dialog(Kind::State)))
        .child(watch)
}

fn split(open: Open) {
    let id = open.id.get_untracked();
    spawn_local(async move {
        let body = SplitInput { fingerprints: None, note: None };
        match api::act::<op::SplitAnomaly>(&id, &Nothing {}, &body).await {
            Ok(new) => {
                toasts().linked(true, t().anomaly_split_done(), t().open_page(), &format!("/anomalies/{}", new.row.id));
                open.again();
            }
            Err(failure) => toasts().failed(&failure),
        }
    });
}

fn section(title: &str, beside: Option<View>, body: impl Into<View>) -> View {
    let head = div("row").child(el("h3").child(title)).child(beside);
    el("section").class("stack-tight").label(title).child(head).child(body)
}

fn playbook(open: Open, anomaly: &Anomaly) -> View {
    let fixed = !may_act() || !anomaly.can_act || anomaly.row.state.is_over();
    let done = anomaly.playbook.iter().filter(|step| step.done_at.is_some()).count() as u64;
    let told = span("soft small").child(t().anomaly_steps_done(done, anomaly.playbook.len() as u64));
    let steps = anomaly.playbook.iter().map(|one| el("li").child(step(open, one, fixed)));
    section(t().anomaly_playbook(), Some(told), el("ol").class("playbook").children(steps))
}

fn step(open: Open, step: &PlaybookStep, fixed: bool) -> View {
    let (done, key) = (step.done_at.is_some(), step.key.clone());
    let by = step
        .done_by
        .as_ref()
        .zip(step.done_at)
        .map(|(who, at)| format!("{}, {}", who.name, format::relative(t(), at, now())));
    let change = move |on: bool| {
        let (id, body) = (open.id.get_untracked(), StepInput { key: key.clone(), done: on });
        spawn_local(async move {
            match api::act::<op::SetAnomalyStep>(&id, &Nothing {}, &body).await {
                Ok(_) => open.again(),
                Err(failure) => {
                    toasts().failed(&failure);
                    open.file.reload();
                }
            }
        });
    };
    let tick = Checkbox::new(&say(&step.text), move || done, change).disabled(move || fixed);
    match by {
        Some(by) => tick.hint(&by).into(),
        None => tick.into(),
    }
}

fn places(open: Open) -> View {
    let version = memo(move || open.of(|a| (a.row.version, a.row.occurrences)));
    let id = open.id;
    let found = load(
        move || (id.get(), version.get()),
        |(id, _)| {
            let query = OccurrenceQuery { closed: Some(true), limit: Some(PLACES), after: None };
            ask::<op::ListOccurrences>(id, query)
        },
    );
    let list = loaded(found, 3, move |page| {
        let more = page.next.is_some().then(|| {
            let href = format!("/flux?anomaly_id={}", id.get_untracked());
            p("small").child(link("", &href).child(t().anomaly_where_more()))
        });
        div("stack-tight").child(el("ul").class("places").children(page.data.iter().map(place))).child(more)
    });
    section(t().anomaly_where(), None, list)
}

fn place(found: &Occurrence) -> View {
    let dossier = found.dossier_id.map(|id| {
        let name = found.dossier_name.clone().unwrap_or_else(|| id.to_string());
        link("", &format!("/dossiers/{id}?part=flows")).child(name)
    });
    let flow = found.flow_id.map(|id| {
        link("num", &format!("/flux?panel={id}")).child(found.number.clone().unwrap_or_else(|| id.to_string()))
    });
    let ended = found.closed_at.map(|at| {
        let why = found.closed_because.as_ref().map(say).unwrap_or_default();
        span("faint small").attr("title", &format::moment(t(), at)).child(format!("{} {why}", t().anomaly_ended()))
    });
    el("li")
        .class("stack-tight")
        .child(div("row small").child(dossier).child(flow).child(ended))
        .child(p("soft small").child(say(&found.sentence)))
}

fn comments(_: Open, anomaly: &Anomaly) -> View {
    if anomaly.comments_of.is_empty() {
        return View::none();
    }
    let one = |comment: &contract::Comment| {
        let edited = comment.edits.last().map(|_| span("faint").child(format!(" · {}", t().anomaly_comment_edited())));
        el("li")
            .class("stack-tight")
            .child(
                p("small")
                    .child(span("strong").child(&comment.by.name))
                    .child(
                        span("faint")
                            .attr("title", &format::moment(t(), comment.at))
                            .child(format!(" · {}", format::relative(t(), comment.at, now()))),
                    )
                    .child(edited),
            )
            .child(p("pre-line").child(told(&comment.body)))
    };
    section(t().anomaly_comments(), None, el("ul").class("comments").children(anomaly.comments_of.iter().map(one)))
}

/// A comment with its mentions as names: `@[Claire Martin](id)` reads « @Claire Martin ».
fn told(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once("@[") {
        out.push_str(before);
        match after.split_once("](").and_then(|(name, after)| after.split_once(')').map(|(_, after)| (name, after))) {
            Some((name, after)) if !name.contains('\n') => {
                out.push('@');
                out.push_str(name);
                rest = after;
            }
            _ => {
                out.push_str("@[");
                rest = after;
            }
        }
    }
    out + rest
}

/// A comment as it is sent: names of people of the firm behind an @ become mentions.
fn written(body: &str, people: &[(String, String)]) -> String {
    let mut out = body.to_owned();
    for (id, name) in people {
        out = out.replace(&format!("@{name}"), &format!("@[{name}]({id})"));
    }
    out
}

fn compose(open: Open) -> View {
    let body = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let send = move || {
        let text = body.get_untracked();
        if text.trim().is_empty() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        let people: Vec<(String, String)> = session::people().value.with_untracked(|people| {
            let all = people.iter().flat_map(|p| &p.data).filter(|p| p.active);
            all.map(|p| (p.id.to_string(), p.name.clone())).collect()
        });
        let (id, input) = (open.id.get_untracked(), CommentInput { body: written(text.trim(), &people) });
        spawn_local(async move {
            match api::act::<op::CreateComment>(&id, &Nothing {}, &input).await {
                Ok(_) => {
                    body.try_set(String::new());
                    open.again();
                }
                Err(failure) => toasts().failed(&failure),
            }
            busy.try_set(false);
        });
    };
    live(move || {
        may_act().then(|| {
            let field = text_area(t().anomaly_comment(), body).hint(t().anomaly_comment_hint()).attr("id", COMMENT);
            div("stack-tight")
                .on_key(move |ev| {
                    if ev.key() == "Enter" && (ev.ctrl_key() || ev.meta_key()) {
                        ev.prevent_default();
                        send();
                    }
                })
                .child(field)
                .child(
                    div("row").child(
                        Button::new(t().anomaly_comment_send())
                            .small()
                            .busy(move || busy.get())
                            .disabled(move || body.with(|b| b.trim().is_empty()))
                            .press(send),
                    ),
                )
        })
    })
}

fn history(_: Open, anomaly: &Anomaly) -> View {
    let event = |step: &contract::AnomalyStep| Event {
        icon: words::face(step.event),
        tone: None,
        when: format::relative(t(), step.at, now()),
        exact: format::moment(t(), step.at),
        who: step.by.clone().unwrap_or_default(),
        what: say(&step.text),
        detail: step.note.clone(),
    };
    section(t().anomaly_history(), None, timeline(anomaly.history.iter().rev().map(event).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_read_as_names_and_are_sent_as_ids() {
        let people = [("019a".to_owned(), "Claire Martin".to_owned())];
        let sent = written("Merci @Claire Martin, et @Inconnu.", &people);
        assert_eq!(sent, "Merci @[Claire Martin](019a), et @Inconnu.");
        assert_eq!(told(&sent), "Merci @Claire Martin, et @Inconnu.");
        assert_eq!(told("@[sans fin"), "@[sans fin");
    }
}

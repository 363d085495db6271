//! Relances of one dossier: the timeline of each sequence with one sentence for each step, its pause, and why others do not
//! take it.

use std::rc::Rc;
use std::time::Duration;

use contract::endpoint::op;
use contract::{
    ClientPauseShape, CourseStep, DossierCourse, DossierRelances, LeftOutOf, Nothing, RelanceAct, RelanceRef,
};
use domain::relance::RelanceChannel;
use domain::relance::outcome::{OutcomeCode, Stage};
use domain::{DossierId, Permission, RelanceId};
use leptos::prelude::*;

use super::pause;
use super::{act, shell, words};
use crate::api::live::{Heard, gathered, on_live};
use crate::api::{ask, load, say};
use crate::browser::now;
use crate::dom::{View, div, el, link, p, span};
use crate::pages::dossiers::bulk::Target;
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Event, Icon, Menu, MenuItem, Tone, empty_state, icon, loaded, notice, tag, timeline};

pub fn view(id: DossierId) -> View {
    in_panel(move || id, || 0, || {})
}

/// The same where `id` may become another, and `changed` hears that something was done; read again when `moved` changes.
pub fn in_panel(
    id: impl Fn() -> DossierId + Send + Sync + Copy + 'static,
    moved: impl Fn() -> u32 + Send + Sync + 'static,
    changed: impl Fn() + Copy + Send + Sync + 'static,
) -> View {
    let found = load(move || (id(), moved()), |(id, _)| ask::<op::ReadDossierRelances>(id, Nothing {}));
    let again = gathered(Duration::from_secs(2), move || found.reload());
    on_live(move |heard| {
        if matches!(heard, Heard::Counts | Heard::Behind) {
            again();
        }
    });
    let acting: act::Acting = RwSignal::new(None);
    let pausing = RwSignal::new(false);
    let done = move || {
        found.reload();
        changed();
    };
    let printing = Printing { busy: RwSignal::new(false), done: Callback::new(move |()| done()) };
    let body = loaded(found, 6, move |found: DossierRelances| content(untrack(id), &found, acting, pausing, printing));
    let target = move || Target::Ids(vec![untrack(id)]);
    div("stack").child(body).child(act::dialog(acting, done)).child(pause::dialog(pausing, target, done))
}

fn may_act() -> bool {
    untrack(|| session::can(Permission::DossierWrite))
}

/// Whether letters are being printed, and what hears that they were.
#[derive(Clone, Copy)]
struct Printing {
    busy: RwSignal<bool>,
    done: Callback<()>,
}

impl Printing {
    fn print(self, id: RelanceId) {
        act::print_these(vec![id], self.busy, move || self.done.run(()));
    }
}

fn content(
    id: DossierId,
    found: &DossierRelances,
    acting: act::Acting,
    pausing: RwSignal<bool>,
    printing: Printing,
) -> View {
    let t = t();
    let nothing = found.courses.is_empty() && found.left_out.is_empty() && found.pause.is_none();
    let none =
        nothing.then(|| empty_state(Icon::Relance, t.relances_dossier_none(), t.relances_dossier_none_detail(), []));
    div("stack-wide")
        .child(standing(found, pausing))
        .child(none)
        .children(found.courses.iter().map(|course| one_course(id, course, acting, printing)))
        .child(left_out(&found.left_out))
}

/// To whom it goes, what stands against that, and whether the client rests.
fn standing(found: &DossierRelances, pausing: RwSignal<bool>) -> View {
    let t = t();
    let address = match &found.address {
        Some(address) => p("row").child(icon(Icon::Mail)).child(span("").child(address)),
        None => p("row tone-at-risk").child(icon(Icon::Warning)).child(t.relances_no_address()),
    };
    let problem = found
        .address_problem
        .as_ref()
        .map(|why| p("remark tone-at-risk").child(icon(Icon::Warning)).child(span("").child(say(why))));
    let contacted = found.contacted.as_ref().map(|words| p("soft small").child(say(words)));
    let act = may_act().then(|| {
        let label = if found.pause.is_some() { t.relances_pause_change() } else { t.relances_pause_act() };
        Button::new(label).icon(Icon::Clock).small().press(move || pausing.set(true))
    });
    div("stack-tight")
        .child(div("spread").child(div("stack-tight").child(address).child(problem).child(contacted)).child(act))
        .child(found.pause.as_ref().map(rests))
}

fn rests(pause: &ClientPauseShape) -> View {
    let t = t();
    let from = format::date_long(t, pause.from);
    let words = match pause.to {
        Some(to) => t.relances_paused_until(from, format::date_long(t, to)),
        None => t.relances_paused_open(from),
    };
    let detail = format!("{} · {}", say(&pause.reason.text()), pause.by_name);
    let note = pause.note.as_deref().map(|note| p("quoted soft").child(note));
    notice(Tone::AtRisk, div("stack-tight").child(p("strong").child(words)).child(p("small").child(detail)).child(note))
}

fn one_course(id: DossierId, course: &DossierCourse, acting: act::Acting, printing: Printing) -> View {
    let t = t();
    let title = link("", &format!("{}/{}", shell::SEQUENCES, course.sequence_id)).child(&course.sequence_name);
    let joined = t.relances_joined(format::date(t, format::paris(course.joined_at).date()));
    let deadline = course.deadline.map(|day| span("faint").child(t.relances_deadline_is(format::date(t, day))));
    let ended = course.ended.as_ref().map(|why| {
        let when = course.ended_at.map(|at| format!(" · {}", format::date(t, format::paris(at).date())));
        p("row").child(icon(Icon::Check)).child(span("strong").child(format!(
            "{}{}",
            say(why),
            when.unwrap_or_default()
        )))
    });
    let one = RelanceRef { sequence_id: course.sequence_id, dossier_id: id };
    let acts = may_act().then(|| menu(course, one, acting, printing));
    el("section")
        .class("stack-tight course")
        .label(&course.sequence_name)
        .child(
            div("spread")
                .child(
                    div("stack-tight").child(el("h3").child(title)).child(
                        div("row small")
                            .child(words::state(course.state))
                            .child(tag(&say(&course.purpose.text())))
                            .child(span("faint").child(joined))
                            .child(deadline),
                    ),
                )
                .child(acts),
        )
        .child(ended)
        .child(timeline(course.steps.iter().map(event).collect()))
}

/// What can be done with the open step, and with the calls and letters that wait or were posted.
fn menu(course: &DossierCourse, one: RelanceRef, acting: act::Acting, printing: Printing) -> View {
    let runs = course.ended.is_none();
    let open = course.steps.iter().find(|step| step.stage == Stage::Open);
    let waits = open.is_some_and(|step| step.code == OutcomeCode::WaitsApproval);
    let task = course.steps.iter().any(|step| step.task);
    let (mut kinds, mut letters) = (Vec::new(), Vec::new());
    kinds.extend((runs && waits).then_some(RelanceAct::Approve));
    kinds.extend(task.then_some(RelanceAct::Done));
    kinds.extend(runs.then_some(RelanceAct::Answered));
    kinds.extend(open.filter(|_| runs).map(|_| RelanceAct::Skip));
    for (number, step) in (1_u64..).zip(&course.steps) {
        if let Some(id) = step.id.filter(|_| step.channel == RelanceChannel::Letter && step.code == OutcomeCode::Sent) {
            letters.push((number, id, step.task));
        }
    }
    let press = move |kind: RelanceAct, one: &RelanceRef| {
        let one = one.clone();
        move || acting.set(Some((kind, vec![one.clone()])))
    };
    // A letter is printed before it can be posted.
    let waiting = letters.iter().find(|(_, _, task)| *task).map(|(_, id, _)| *id);
    let print = waiting.map(|id| {
        Button::new(t().relance_print_letter())
            .icon(Icon::File)
            .small()
            .busy(move || printing.busy.get())
            .press(move || printing.print(id))
    });
    let main = kinds
        .first()
        .map(|first| Button::new(act::label(*first)).icon(act::face(*first)).small().press(press(*first, &one)));
    let rest: Rc<[RelanceAct]> = kinds.into_iter().skip(1).collect();
    let again: Rc<[(u64, RelanceId)]> =
        letters.into_iter().filter(|(_, id, _)| waiting != Some(*id)).map(|(number, id, _)| (number, id)).collect();
    if print.is_none() && main.is_none() && again.is_empty() {
        return View::none();
    }
    let few = rest.is_empty() && again.is_empty() && !runs;
    let items = move || {
        let mut all: Vec<MenuItem> =
            rest.iter().map(|kind| MenuItem::act(act::face(*kind), act::label(*kind), press(*kind, &one))).collect();
        all.extend(again.iter().map(|(number, id)| {
            let id = *id;
            MenuItem::act(Icon::File, t().relance_print_again(*number), move || printing.print(id))
        }));
        if runs {
            let remove = RelanceAct::Remove;
            all.push(MenuItem::danger(act::face(remove), act::label(remove), press(remove, &one)));
        }
        all
    };
    let more = (!few).then(|| Menu::new(t().menu_more(), items).icon_only(Icon::More).quiet().small().align_end());
    div("row").child(print).child(main).child(more)
}

fn event(step: &CourseStep) -> Event {
    let t = t();
    let icon = if step.stage == Stage::Coming { Icon::Clock } else { words::channel_icon(step.channel) };
    Event {
        icon,
        tone: Some(words::outcome_tone(step.code)),
        when: step.at.map(|at| format::relative(t, at, now())).unwrap_or_default(),
        exact: step.at.map(|at| format::moment(t, at)).unwrap_or_default(),
        who: String::new(),
        what: say(&step.why),
        detail: Some(format!("{} · {} · {}", say(&step.code.text()), say(&step.label), say(&step.tone.text()))),
    }
}

fn left_out(all: &[LeftOutOf]) -> Option<View> {
    let t = t();
    let line = |out: &LeftOutOf| {
        el("li").class("line").child(
            div("grow stack-tight")
                .child(p("").child(
                    link("strong", &format!("{}/{}", shell::SEQUENCES, out.sequence_id)).child(&out.sequence_name),
                ))
                .child(p("soft small").child(say(&out.why))),
        )
    };
    (!all.is_empty()).then(|| {
        el("section")
            .class("stack-tight")
            .label(t.relances_left_out())
            .child(el("h3").child(t.relances_left_out()))
            .child(el("ul").class("lines").children(all.iter().map(line)))
    })
}

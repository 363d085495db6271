//! One anomaly: what is wrong and what it can cost, what to do step by step, where it shows, who said what, what happened.
//!
//! What others do arrives while one works: each part is drawn again only when it says something else, so that nobody
//! loses the place of the keyboard or a word.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use contract::endpoint::op;
use contract::{
    Anomaly, AnomalyAct, AnomalyRow, Nothing, Occurrence, OccurrenceQuery, PlaybookStep, SplitInput, StepInput,
};
use domain::anomaly::AnomalyState;
use domain::{AnomalyId, Permission};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::act::{self, Kind, Seen, Target};
use super::{talk, words};
use crate::api::live::{Heard, gathered, on_live};
use crate::api::{self, Load, Versioned, ask, ask_versioned, change, load, say};
use crate::browser::{active_element, focus_in, now, rescue_focus};
use crate::dom::{Item, View, div, el, link, live, memo, p, span};
use crate::frame::page_title;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Checkbox, Event, HotkeyRegion, Icon, Tone, empty_state, error_state, hotkey, icon, loaded, notice,
    skeleton, tag, timeline, toasts,
};

/// Places that are written out; the others are a list of flows.
const PLACES: u32 = 20;

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
        let again = gathered(Duration::from_millis(100), move || file.reload());
        on_live(move |heard| {
            let news = match heard {
                Heard::Anomaly(which, version) => {
                    let known =
                        file.value.with_untracked(|f| f.as_ref().map(|f| (f.value.row.id, f.value.row.version)));
                    // A comment changes no version: it is told all the same.
                    id.try_get_untracked() == Some(which) && known.is_none_or(|known| known <= (which, version))
                }
                Heard::Behind => true,
                Heard::Counts | Heard::Unread(_) => false,
            };
            if news {
                again();
            }
        });
        Open { file, id, changed: StoredValue::new_local(Rc::new(changed)) }
    }

    /// A part of the anomaly, followed. `T::default()` until it has come.
    pub fn of<T: Default>(self, part: impl Fn(&Anomaly) -> T) -> T {
        self.file.value.with(|file| file.as_ref().map(|file| part(&file.value)).unwrap_or_default())
    }

    /// Its version as it stands here, followed.
    pub fn version_of(self, id: AnomalyId) -> Option<i64> {
        self.of(|a| Some((a.row.id, a.row.version))).filter(|(own, _)| *own == id).map(|(_, version)| version)
    }

    fn target(self) -> Target {
        Target::Ids(self.file.value.with_untracked(|f| f.iter().map(|f| Seen::of(&f.value.row)).collect()))
    }

    /// Something was done here.
    pub fn again(self) {
        self.file.reload();
        if let Some(changed) = self.changed.try_get_value() {
            changed();
        }
        // The button that did it may be gone with the state that it belonged to.
        set_timeout(keep_keyboard, Duration::from_millis(400));
    }

    fn does(self, act: AnomalyAct) {
        act::do_now(act, self.target(), Rc::new(move || self.again()));
    }
}

/// The keyboard stays among the acts, where what it stood on is gone.
fn keep_keyboard() {
    let lost = active_element().is_none_or(|now| now.tag_name() == "BODY");
    if lost {
        focus_in(".anomaly-acts button");
        rescue_focus();
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
    if untrack(may_act) {
        let t = t();
        let asks = move |kind: Kind| acting.set(Some((kind, open.target())));
        hotkey("a", t.keys_anomaly_assign(), HotkeyRegion::Page, move || asks(Kind::Assign));
        hotkey("s", t.keys_anomaly_state(), HotkeyRegion::Page, move || asks(Kind::State));
        hotkey("c", t.keys_anomaly_comment(), HotkeyRegion::Page, talk::comment_soon);
        hotkey("z", t.keys_anomaly_undo(), HotkeyRegion::Page, act::undo_last);
    }
    let back = link("back-link small", "/anomalies").child(icon(Icon::Left)).child(t().anomalies_title());
    let head = el("header").class("dossier-head").child(
        div("stack-tight")
            .child(back)
            .child(el("h1").id("page-title").attr("tabindex", "-1").text_of(move || name.get())),
    );
    let body = el("section").class("card").child(panel(open, acting));
    let current = Rc::new(move |id| open.version_of(id));
    div("page anomaly-page").child(head).child(body).child(act::dialog(
        acting,
        current,
        |_| {},
        Rc::new(move || open.again()),
    ))
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
    // What is open stays while it is read again, also when that fails: somebody may be writing.
    let face = memo(move || match open.file.value.with(|f| f.as_ref().map(|f| f.value.row.id)) {
        Some(id) if open.file.failure.with(Option::is_none) || id == open.id.get() => Face::Here(id),
        _ if open.file.failure.with(Option::is_some) => Face::Failed,
        _ => Face::Waiting,
    });
    live(move || {
        let face = face.get();
        untrack(|| match face {
            Face::Waiting => skeleton(8),
            Face::Here(id) => here(open, id, acting),
            Face::Failed => match open.file.failure.get() {
                Some(failure) if failure.status() == 404 => not_found(),
                Some(failure) => error_state(&failure, Some(Rc::new(move || open.file.reload()))),
                None => View::none(),
            },
        })
    })
}

/// A part that is drawn again when what it says of the anomaly differs, and not before.
fn part<T: PartialEq + Clone + Send + Sync + 'static>(
    open: Open,
    of: fn(&Anomaly) -> T,
    draw: impl Fn(T) -> View + 'static,
) -> View {
    let said = memo(move || open.file.value.with(|f| f.as_ref().map(|f| of(&f.value))));
    live(move || said.get().map(|said| untrack(|| draw(said))))
}

fn here(open: Open, id: AnomalyId, acting: act::Acting) -> View {
    let facts_of = |a: &Anomaly| {
        (a.sentence.clone(), a.why.clone(), a.priority_because.clone(), a.resolution, a.note.clone(), a.row.state)
    };
    let acts_of = |a: &Anomaly| {
        let mine = a.row.assignee.as_ref().map(|who| who.id);
        Can { watched: a.row.watched, acts: a.can_act, assignee: mine, state: a.row.state }
    };
    let talked = memo(move || open.of(|a| a.comments_of.len() as u64));
    let talk_head = span("soft small").text_of(move || talked.get().to_string());
    let compose = live(move || may_act().then(|| untrack(|| talk::compose(open, id))));
    div("stack-wide anomaly")
        .child(part(open, |a| a.row.clone(), |row| meta(&row)))
        .child(part(open, facts_of, |(sentence, why, because, resolution, note, state)| {
            let ended = resolution
                .map(|r| say(&r.text()))
                .or_else(|| (state == AnomalyState::Ignored).then(|| words::state(AnomalyState::Ignored)));
            let ended = ended.map(|how| {
                let note = note.map_or_else(String::new, |note| format!(" : {note}"));
                notice(Tone::Ready, p("").child(format!("{how}{note}")))
            });
            div("stack-tight")
                .child(p("anomaly-sentence").child(say(&sentence)))
                .child(p("soft").child(say(&why)))
                .child(p("faint small").child(say(&because)))
                .child(ended)
        }))
        .child(part(open, acts_of, move |can| acts(open, acting, can)))
        .child(playbook(open))
        .child(places(open))
        .child(section(
            t().anomaly_comments(),
            Some(talk_head),
            div("stack").child(talk::comments(open)).child(compose),
        ))
        .child(part(
            open,
            |a| a.history.clone(),
            |history| {
                let event = |step: &contract::AnomalyStep| Event {
                    icon: words::face(step.event),
                    tone: None,
                    when: format::relative(t(), step.at, now()),
                    exact: format::moment(t(), step.at),
                    who: step.by.clone().unwrap_or_default(),
                    what: say(&step.text),
                    detail: step.note.clone(),
                };
                section(t().anomaly_history(), None, timeline(history.iter().rev().map(event).collect()))
            },
        ))
}

fn meta(row: &AnomalyRow) -> View {
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

/// What decides which acts are offered.
#[derive(Clone, Copy, PartialEq)]
struct Can {
    watched: bool,
    acts: bool,
    assignee: Option<domain::UserId>,
    state: AnomalyState,
}

fn acts(open: Open, acting: act::Acting, can: Can) -> View {
    if !may_act() {
        return View::none();
    }
    let t = t();
    let watched = can.watched;
    let watch = Button::new(if watched { t.anomaly_unwatch() } else { t.anomaly_watch() })
        .icon(Icon::Eye)
        .small()
        .quiet()
        .press(move || open.does(AnomalyAct::Watch { on: !watched }));
    if !can.acts {
        let part = Button::new(t.anomaly_split()).small().press(move || split(open, None));
        return div("stack-tight")
            .child(notice(Tone::AtRisk, p("").child(t.anomaly_cannot_act())))
            .child(div("row").child(part).child(watch));
    }
    let me = session::me().with_untracked(|me| me.user_id);
    let mine = can.assignee == Some(me);
    let dialog = move |kind: Kind| acting.set(Some((kind, open.target())));
    let first = match can.state {
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
    let over = can.state.is_over();
    let take = (!mine && !over).then(|| {
        Button::new(t.anomaly_assign_me())
            .icon(Icon::Person)
            .small()
            .press(move || open.does(AnomalyAct::Assign { user_id: Some(me) }))
    });
    let others = (!over).then(|| {
        View::all([
            Button::new(t.anomaly_assign()).icon(Icon::People).small().press(move || dialog(Kind::Assign)),
            Button::new(t.anomaly_change_state()).icon(Icon::Edit).small().press(move || dialog(Kind::State)),
        ])
    });
    div("row anomaly-acts").child(first).child(take).child(others).child(watch)
}

/// These places, or one's own part, become an anomaly of their own.
fn split(open: Open, fingerprints: Option<Vec<String>>) {
    let id = open.id.get_untracked();
    let own_part = fingerprints.is_none();
    spawn_local(async move {
        let body = SplitInput { fingerprints, note: None };
        match api::act::<op::SplitAnomaly>(&id, &Nothing {}, &body).await {
            Ok(new) => {
                let said = if own_part { t().anomaly_split_done() } else { t().anomaly_split_some_done() };
                toasts().linked(true, said, t().open_page(), &format!("/anomalies/{}", new.row.id));
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

/// Steps are kept by their key: a tick of one draws none of them again.
fn playbook(open: Open) -> View {
    let fixed = memo(move || !may_act() || open.of(|a| !a.can_act || a.row.state.is_over()));
    let steps = memo(move || open.of(|a| a.playbook.clone()));
    let told = span("soft small").text_of(move || {
        steps.with(|steps| {
            let done = steps.iter().filter(|step| step.done_at.is_some()).count() as u64;
            t().anomaly_steps_done(done, steps.len() as u64)
        })
    });
    let list = el("ol").class("playbook").each(move || {
        let item = |first: PlaybookStep| Item::new(first.key.clone(), move || step(open, steps, &first, fixed));
        steps.get().into_iter().map(item).collect()
    });
    section(t().anomaly_playbook(), Some(told), list)
}

fn step(open: Open, steps: Memo<Vec<PlaybookStep>>, first: &PlaybookStep, fixed: Memo<bool>) -> View {
    let key = first.key.clone();
    let own = key.clone();
    let now_so = memo(move || {
        steps.with(|steps| {
            let step = steps.iter().find(|step| step.key == own)?;
            step.done_by.clone().zip(step.done_at)
        })
    });
    let change = move |on: bool| {
        let (id, body) = (open.id.get_untracked(), StepInput { key: key.clone(), done: on });
        let etag = open.file.value.with_untracked(|f| f.as_ref().and_then(|f| f.etag.clone()));
        spawn_local(async move {
            match change::<op::SetAnomalyStep>(&id, &body, etag.as_deref()).await {
                Ok(_) => open.again(),
                Err(failure) => {
                    toasts().failed(&failure);
                    open.file.reload();
                }
            }
        });
    };
    let tick =
        Checkbox::new(&say(&first.text), move || now_so.with(Option::is_some), change).disabled(move || fixed.get());
    let by = live(move || {
        now_so.get().map(|(who, at)| {
            p("faint small step-by").attr("title", &format::moment(t(), at)).child(format!(
                "{}, {}",
                who.name,
                format::relative(t(), at, now())
            ))
        })
    });
    el("li").child(tick).child(by)
}

fn places(open: Open) -> View {
    let version = memo(move || open.of(|a| (a.row.version, a.row.occurrences)));
    let (id, can) = (open.id, memo(move || may_act() && open.of(|a| a.can_act && !a.row.state.is_over())));
    let chosen = RwSignal::new(BTreeSet::<String>::new());
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
        let open_ones = page.data.iter().filter(|place| place.closed_at.is_none()).count();
        let several = open_ones > 1 && can.get_untracked();
        chosen.update(|chosen| chosen.retain(|known| page.data.iter().any(|place| place.fingerprint == *known)));
        let one = |found: &Occurrence| place(found, chosen, several);
        div("stack-tight").child(el("ul").class("places").children(page.data.iter().map(one))).child(more)
    });
    let apart = live(move || {
        let n = chosen.with(BTreeSet::len) as u64;
        let all = open.of(|a| a.row.occurrences);
        // All of it apart is all of it.
        (n > 0 && n < all).then(|| {
            let act = move || {
                let some = chosen.get_untracked().into_iter().collect();
                chosen.set(BTreeSet::new());
                split(open, Some(some));
            };
            div("row").child(Button::new(t().anomaly_split_some(n)).small().press(act))
        })
    });
    section(t().anomaly_where(), None, div("stack-tight").child(list).child(apart))
}

fn place(found: &Occurrence, chosen: RwSignal<BTreeSet<String>>, several: bool) -> View {
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
    let sentence = say(&found.sentence);
    let tick = (several && found.closed_at.is_none()).then(|| {
        let (own, changed) = (found.fingerprint.clone(), found.fingerprint.clone());
        Checkbox::new(
            &t().table_select_row(&sentence),
            move || chosen.with(|all| all.contains(&own)),
            move |on| {
                chosen.update(|all| {
                    if on {
                        all.insert(changed.clone());
                    } else {
                        all.remove(&changed);
                    }
                });
            },
        )
        .label_hidden()
    });
    let words = div("stack-tight grow")
        .child(div("row-wide small").child(dossier).child(flow).child(ended))
        .child(p("soft small").child(&sentence));
    el("li").class("place").child(tick).child(words)
}

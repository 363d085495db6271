//! The calendar of the dossier: a year back, a year ahead; what is settled long ago stands folded.

use std::rc::Rc;

use contract::endpoint::op;
use contract::{CalendarQuery, Deadline, DossierCalendar, DueRef};
use domain::calendar::DueState;
use domain::{DossierId, Permission};
use leptos::prelude::*;

use super::obligations::missing;
use super::open::Open;
use crate::api::{ask, load, say};
use crate::dom::{View, div, el, live, p, show, span};
use crate::pages::deadlines::rows;
use crate::pages::deadlines::settle::{self, Kind, Target};
use crate::pages::words;
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Icon, Tone, empty_state, error_state, notice, skeleton};

pub fn view(open: Open) -> View {
    // A write moves the version, and the calendar with it.
    let found = load(
        move || open.file.value.with(|file| file.as_ref().map(|file| (file.value.id, file.value.version))),
        |key: Option<(DossierId, i64)>| {
            Box::pin(async move {
                let Some((id, _)) = key else { return Ok(None) };
                let calendar = ask::<op::ReadDossierCalendar>(id, CalendarQuery::default()).await?;
                Ok(Some((id, calendar)))
            })
        },
    );
    let acting = RwSignal::new(None::<(Kind, Target)>);
    let body = live(move || {
        if let Some(failure) = found.failure.get() {
            return error_state(&failure, Some(Rc::new(move || found.reload())));
        }
        match found.value.get().flatten() {
            Some((id, calendar)) => untrack(|| shown(id, &calendar, acting)),
            None => skeleton(6),
        }
    });
    // The exposure follows, so the whole file is read again; that brings the calendar, too.
    div("stack").child(body).child(settle::dialog(acting, move || open.file.reload()))
}

fn shown(id: DossierId, calendar: &DossierCalendar, acting: RwSignal<Option<(Kind, Target)>>) -> View {
    let t = t();
    let today = format::paris(crate::browser::now()).date();
    let settled = |d: &&Deadline| d.published_on < today && matches!(d.state, DueState::Done | DueState::NotApplicable);
    let past: Vec<&Deadline> = calendar.deadlines.iter().filter(settled).collect();
    let rest: Vec<&Deadline> = calendar.deadlines.iter().filter(|d| !settled(d)).collect();
    let list = |deadlines: &[&Deadline]| {
        el("ul").class("dues").label(t.calendar_title()).children(deadlines.iter().map(|d| row(id, d, acting)))
    };
    let folded = (!past.is_empty()).then(|| {
        el("details")
            .class("chart-table")
            .child(el("summary").child(t.calendar_past(past.len() as u64)))
            .child(list(&past))
    });
    let none = calendar
        .deadlines
        .is_empty()
        .then(|| empty_state(Icon::Calendar, t.calendar_none_title(), t.calendar_none_detail(), []));
    let untold = (!calendar.untold.is_empty()).then(|| {
        let lines = calendar.untold.iter().map(|u| {
            let lacking = u.missing.iter().map(|m| missing(*m)).collect::<Vec<_>>().join(", ");
            let day = |day| format::date(t, day);
            el("li").child(format!(
                "{}, {} : {}",
                words::due_short(u.kind),
                t.due_period(day(u.from), day(u.to)),
                t.calendar_untold_missing(&lacking)
            ))
        });
        notice(
            Tone::Unknown,
            div("stack-tight")
                .child(p("strong").child(t.calendar_untold()))
                .child(el("ul").class("bullets small").children(lines)),
        )
    });
    let day = |day| format::date(t, day);
    div("stack")
        .child(untold)
        .child(none)
        .child((!rest.is_empty()).then(|| list(&rest)))
        .child(folded)
        .child(p("faint small").child(t.calendar_span(day(calendar.from), day(calendar.to))))
}

fn row(id: DossierId, deadline: &Deadline, acting: RwSignal<Option<(Kind, Target)>>) -> View {
    let t = t();
    let key = deadline.key;
    let act = move |kind: Kind| {
        Button::new(kind.label())
            .small()
            .quiet()
            .press(move || acting.set(Some((kind, Target::Ids(vec![DueRef { dossier_id: id, key }])))))
    };
    let begun = deadline.from <= format::paris(crate::browser::now()).date();
    let (by_hand, settled) = (deadline.by_hand, deadline.settled.is_some());
    let acts = show(
        move || by_hand && begun && session::can(Permission::DossierWrite),
        move || {
            if settled {
                return act(Kind::Reopen).into();
            }
            View::all([act(Kind::Done), act(Kind::NoOperation)])
        },
    );
    let notes = deadline.notes.iter().map(|note| p("soft small").child(say(note))).collect::<Vec<_>>();
    let prudent = rows::prudent(deadline).map(|day| span("soft small num").child(t.due_prudent(day)));
    let proof = settled.then(|| p("small").child(rows::evidence(deadline)));
    let head = div("spread")
        .child(
            el("h3")
                .child(words::due_short(deadline.kind))
                .child(" ")
                .child(span("soft small num").child(rows::period(deadline))),
        )
        .child(rows::state(deadline));
    el("li").class("due").child(div("due-when").child(rows::limit(deadline)).child(prudent)).child(
        div("grow stack-tight")
            .child(head)
            .child(proof)
            .children(notes)
            .child(p("faint small").child(t.due_source(&deadline.source)))
            .child(div("row").child(acts)),
    )
}

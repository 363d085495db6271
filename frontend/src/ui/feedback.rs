//! What stands where data is not: not yet, none, or failed.

use std::rc::Rc;

use leptos::prelude::*;

use super::badge::{Tone, shape};
use super::button::Button;
use super::icon::{Icon, icon};
use crate::api::{Failure, Load, SeekList};
use crate::dom::{View, div, el, live, p, span};
use crate::text::t;

/// Grey bars in place of content; they show after 150 ms, so that fast answers do not flicker.
pub fn skeleton(lines: usize) -> View {
    div("skeleton")
        .attr("role", "status")
        .child(span("sr-only").child(t().loading()))
        .children((0..lines).map(|_| el("i")))
}

/// Nothing here: what the place is for, and the first acts.
pub fn empty_state(face: Icon, title: &str, detail: &str, acts: impl IntoIterator<Item = Button>) -> View {
    div("empty")
        .child(span("empty-icon").child(icon(face)))
        .child(el("h3").child(title))
        .child(p("soft").child(detail))
        .child(div("row empty-acts").children(acts))
}

/// What happened, the way on, and the reference that support needs.
pub fn error_state(failure: &Failure, on_retry: Option<Rc<dyn Fn()>>) -> View {
    let messages = failure.unplaced(&[]);
    let list = (!messages.is_empty())
        .then(|| el("ul").class("empty-list").children(messages.into_iter().map(|m| el("li").child(m))));
    let retry = on_retry
        .map(|retry| div("row empty-acts").child(Button::new(t().retry()).icon(Icon::Refresh).press(move || retry())));
    div("empty empty-failed")
        .attr("role", "alert")
        .child(span("empty-icon").child(icon(Icon::Warning)))
        .child(el("h3").child(failure.title()))
        .child(p("soft").child(failure.detail()))
        .child(list)
        .child(retry)
        .child(failure.request_id().map(|id| p("faint small").child(t().request_id(id))))
}

/// A remark inside a page: what to know before going on.
pub fn notice(tone: Tone, content: impl Into<View>) -> View {
    div("notice").add_class(tone.class()).child(shape(tone)).child(div("grow").child(content.into()))
}

/// A piece of data in each of its states: bars, content, failure. While it is asked again the old content stays, dimmed.
pub fn loaded<T: Clone + Send + Sync + 'static>(
    load: Load<T>,
    skeleton_lines: usize,
    content: impl Fn(T) -> View + 'static,
) -> View {
    div("loaded")
        .class_of("loaded-stale", move || load.pending.get() && load.value.with(Option::is_some))
        .attr_of("aria-busy", move || load.pending.get().then_some("true"))
        .live(move || match (load.failure.get(), load.value.get()) {
            (_, Some(value)) => untrack(|| content(value)),
            (Some(failure), None) => error_state(&failure, Some(Rc::new(move || load.reload()))),
            (None, None) => skeleton(skeleton_lines),
        })
}

/// What an act would do, told before it is done: `missing` says what has to be chosen first, where something has.
pub fn outlook<T: Clone + Send + Sync + 'static>(
    preview: Load<Option<T>>,
    missing: impl Fn() -> Option<&'static str> + 'static,
    skeleton_lines: usize,
    content: impl Fn(&T) -> View + 'static,
) -> View {
    let body = live(move || {
        if let Some(missing) = missing() {
            return p("soft small").child(missing);
        }
        if let Some(failure) = preview.failure.get().filter(|_| !preview.pending.get()) {
            return error_state(&failure, Some(Rc::new(move || preview.reload())));
        }
        match preview.value.get().flatten() {
            Some(told) => content(&told),
            None => skeleton(skeleton_lines),
        }
    });
    div("outlook").attr("aria-live", "polite").class_of("loaded-stale", move || preview.pending.get()).child(body)
}

/// The foot of a growing list: "50 lignes sur 1 204", and the way to more.
pub fn load_more<T: Send + Sync + 'static>(list: SeekList<T>, summary: impl Fn() -> String + 'static) -> View {
    load_more_with(
        summary,
        move || list.next.with(Option::is_some),
        move || list.pending.get(),
        Rc::new(move || list.load_more()),
    )
}

/// The same for any source.
pub fn load_more_with(
    summary: impl Fn() -> String + 'static,
    has_more: impl Fn() -> bool + 'static,
    pending: impl Fn() -> bool + Clone + 'static,
    on_more: Rc<dyn Fn()>,
) -> View {
    div("load-more").child(span("soft small").attr("role", "status").text_of(summary)).show(has_more, move || {
        let (pending, on_more) = (pending.clone(), on_more.clone());
        Button::new(t().table_load_more())
            .icon(Icon::Down)
            .quiet()
            .small()
            .busy(pending)
            .press(move || on_more())
            .into()
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Face {
    Waiting,
    Rows,
    Empty,
    Failed,
}

/// The states of a seeking list around its table: bars, nothing, failure, rows.
pub fn seek_state<T: Send + Sync + 'static>(
    list: SeekList<T>,
    empty: impl Fn() -> View + 'static,
    table: impl Fn() -> View + 'static,
) -> View {
    let face = Memo::new(move |before: Option<&Face>| {
        if list.rows.with(|rows| !rows.is_empty()) {
            Face::Rows
        } else if list.failure.with(Option::is_some) {
            Face::Failed
            // What is empty stays so while it is read again: bars at each news of others would flicker.
        } else if list.arrived.get() && (!list.pending.get() || before == Some(&Face::Empty)) {
            Face::Empty
        } else {
            Face::Waiting
        }
    });
    crate::dom::live(move || {
        let face = face.get();
        untrack(|| match face {
            Face::Rows => table(),
            Face::Empty => empty(),
            Face::Waiting => skeleton(8),
            Face::Failed => {
                let failure = list.failure.get().unwrap_or(Failure::Unreachable);
                error_state(&failure, Some(Rc::new(move || list.reload())))
            }
        })
    })
}

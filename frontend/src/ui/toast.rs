//! Short messages after an act, with the way back where there is one. Read aloud; they wait while somebody is on them.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use send_wrapper::SendWrapper;

use super::button::Button;
use super::icon::{Icon, icon};
use crate::api::Failure;
use crate::browser::rescue_focus;
use crate::dom::{Item, View, div, el, p};
use crate::text::t;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Done,
    Info,
    Failed,
}

type Undo = Arc<SendWrapper<Box<dyn Fn()>>>;

#[derive(Clone)]
struct Toast {
    id: u32,
    kind: Kind,
    text: String,
    detail: Option<String>,
    undo: Option<Undo>,
    /// Words and address.
    link: Option<(String, String)>,
}

const STAYS: Duration = Duration::from_secs(6);
/// Time to read, think and reach for the button.
const STAYS_WITH_UNDO: Duration = Duration::from_secs(12);

#[derive(Clone, Copy)]
pub struct Toasts {
    list: RwSignal<Vec<Toast>>,
    next: RwSignal<u32>,
    /// Somebody points at or focuses the messages: none goes away.
    held: RwSignal<bool>,
}

thread_local! {
    static TOASTS: OnceCell<Toasts> = const { OnceCell::new() };
}

/// The messages of the application. First asked for at its root, so that they outlive every page.
pub fn toasts() -> Toasts {
    TOASTS.with(|cell| {
        *cell.get_or_init(|| Toasts {
            list: RwSignal::new(Vec::new()),
            next: RwSignal::new(0),
            held: RwSignal::new(false),
        })
    })
}

impl Toasts {
    pub fn done(self, text: impl Into<String>) {
        self.push(Kind::Done, text.into(), None, None);
    }

    pub fn info(self, text: impl Into<String>) {
        self.push(Kind::Info, text.into(), None, None);
    }

    pub fn undoable(self, text: impl Into<String>, undo: impl Fn() + 'static) {
        self.push(Kind::Done, text.into(), None, Some(Arc::new(SendWrapper::new(Box::new(undo)))));
    }

    /// Something ended elsewhere: what, and the way there.
    pub fn linked(self, well: bool, text: impl Into<String>, label: &str, href: &str) {
        let kind = if well { Kind::Done } else { Kind::Failed };
        self.show(kind, text.into(), None, None, Some((label.to_owned(), href.to_owned())));
    }

    /// An act failed. Stays until it is dismissed.
    pub fn failed(self, failure: &Failure) {
        if *failure == Failure::Aborted {
            return;
        }
        let said = failure.unplaced(&[]);
        // Words for programs are left out where what was refused speaks for itself.
        let mut detail = if said.is_empty() { failure.detail() } else { String::new() };
        for more in said.into_iter().chain(failure.request_id().map(|id| t().request_id(id))) {
            if !detail.is_empty() {
                detail.push(' ');
            }
            detail.push_str(&more);
        }
        self.push(Kind::Failed, failure.title(), Some(detail).filter(|d| !d.is_empty()), None);
    }

    fn push(self, kind: Kind, text: String, detail: Option<String>, undo: Option<Undo>) {
        self.show(kind, text, detail, undo, None);
    }

    fn show(
        self,
        kind: Kind,
        text: String,
        detail: Option<String>,
        undo: Option<Undo>,
        link: Option<(String, String)>,
    ) {
        let id = self.next.get_untracked() + 1;
        self.next.set(id);
        let stays = if undo.is_some() || link.is_some() { STAYS_WITH_UNDO } else { STAYS };
        self.list.update(|list| {
            // Four at a time; the oldest gives way.
            if list.len() >= 4 {
                list.remove(0);
            }
            list.push(Toast { id, kind, text, detail, undo, link });
        });
        if kind != Kind::Failed {
            self.dismiss_after(id, stays);
        }
    }

    fn dismiss_after(self, id: u32, stays: Duration) {
        set_timeout(
            move || {
                if self.held.get_untracked() {
                    self.dismiss_after(id, Duration::from_secs(2));
                } else {
                    self.dismiss(id);
                }
            },
            stays,
        );
    }

    fn dismiss(self, id: u32) {
        self.list.update(|list| list.retain(|toast| toast.id != id));
    }
}

fn one(toasts: Toasts, toast: Toast) -> View {
    let id = toast.id;
    let (class, face) = match toast.kind {
        Kind::Done => ("float toast toast-done", Icon::Check),
        Kind::Info => ("float toast", Icon::Info),
        Kind::Failed => ("float toast toast-failed", Icon::Warning),
    };
    // A failure interrupts the reader; a success waits for its turn.
    let role = if toast.kind == Kind::Failed { "alert" } else { "status" };
    let undo = toast.undo.map(|undo| {
        Button::new(t().undo_short()).icon(Icon::Undo).small().press(move || {
            toasts.dismiss(id);
            undo();
            request_animation_frame(rescue_focus);
        })
    });
    let way = toast
        .link
        .map(|(label, href)| View::from(Button::link(label, &href).small()).on_click(move || toasts.dismiss(id)));
    let words =
        div("grow").child(p("").child(toast.text)).child(toast.detail.map(|detail| p("soft small").child(detail)));
    div(class).attr("role", role).child(icon(face)).child(words).child(undo).child(way).child(
        Button::new(t().toast_close()).icon_only(Icon::Close).quiet().small().press(move || {
            toasts.dismiss(id);
            request_animation_frame(rescue_focus);
        }),
    )
}

pub fn toast_region() -> View {
    let toasts = toasts();
    let hold = move |on: bool| move |_| toasts.held.set(on);
    el("section")
        .class("toasts")
        .label(t().toast_region())
        .attr("aria-live", "polite")
        .on("mouseenter", hold(true))
        .on("mouseleave", hold(false))
        .on("focusin", hold(true))
        .on("focusout", hold(false))
        .each(move || {
            let item = |toast: Toast| Item::new(toast.id.to_string(), move || one(toasts, toast));
            toasts.list.get().into_iter().map(item).collect()
        })
}

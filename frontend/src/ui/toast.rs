//! Short messages after an act, with the way back where there is one. Read aloud; they wait while somebody is on them.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;

use super::button::{Button, Look};
use super::icon::{Icon, icon};
use crate::api::Failure;
use crate::text::t;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Done,
    Info,
    Failed,
}

#[derive(Clone)]
struct Toast {
    id: u32,
    kind: Kind,
    text: String,
    detail: Option<String>,
    /// Not a `Callback`: it must survive the page that made it.
    undo: Option<Arc<dyn Fn() + Send + Sync>>,
}

const STAYS: Duration = Duration::from_secs(6);
/// Time to read, think and reach for the button.
const STAYS_WITH_UNDO: Duration = Duration::from_secs(12);

#[derive(Clone, Copy)]
pub struct Toasts {
    list: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
    /// Somebody points at or focuses the messages: none goes away.
    held: RwSignal<bool>,
}

impl Toasts {
    /// Call once, at the root.
    pub fn provide() -> Toasts {
        let toasts = Toasts { list: RwSignal::new(Vec::new()), next: StoredValue::new(0), held: RwSignal::new(false) };
        provide_context(toasts);
        toasts
    }

    pub fn done(self, text: impl Into<String>) {
        self.push(Kind::Done, text.into(), None, None);
    }

    pub fn info(self, text: impl Into<String>) {
        self.push(Kind::Info, text.into(), None, None);
    }

    pub fn undoable(self, text: impl Into<String>, undo: impl Fn() + Send + Sync + 'static) {
        self.push(Kind::Done, text.into(), None, Some(Arc::new(undo)));
    }

    /// An act failed. Stays until it is dismissed.
    pub fn failed(self, failure: &Failure) {
        if *failure == Failure::Aborted {
            return;
        }
        let mut detail = failure.detail();
        if let Some(id) = failure.request_id() {
            if !detail.is_empty() {
                detail.push(' ');
            }
            detail.push_str(&t().request_id(id));
        }
        self.push(Kind::Failed, failure.title(), Some(detail).filter(|d| !d.is_empty()), None);
    }

    fn push(self, kind: Kind, text: String, detail: Option<String>, undo: Option<Arc<dyn Fn() + Send + Sync>>) {
        let id = self.next.try_update_value(|n| {
            *n += 1;
            *n
        });
        let Some(id) = id else { return };
        let stays = if undo.is_some() { STAYS_WITH_UNDO } else { STAYS };
        self.list.update(|list| {
            // Four at a time; the oldest gives way.
            if list.len() >= 4 {
                list.remove(0);
            }
            list.push(Toast { id, kind, text, detail, undo });
        });
        if kind != Kind::Failed {
            self.dismiss_after(id, stays);
        }
    }

    fn dismiss_after(self, id: u32, stays: Duration) {
        set_timeout(
            move || match self.held.try_get_untracked() {
                Some(true) => self.dismiss_after(id, Duration::from_secs(2)),
                Some(false) => self.dismiss(id),
                None => {}
            },
            stays,
        );
    }

    fn dismiss(self, id: u32) {
        self.list.try_update(|list| list.retain(|toast| toast.id != id));
    }
}

pub fn use_toasts() -> Toasts {
    expect_context::<Toasts>()
}

#[component]
pub fn ToastRegion(toasts: Toasts) -> AnyView {
    let one = move |toast: Toast| {
        let id = toast.id;
        let (class, face) = match toast.kind {
            Kind::Done => ("float toast toast-done", Icon::Check),
            Kind::Info => ("float toast", Icon::Info),
            Kind::Failed => ("float toast toast-failed", Icon::Warning),
        };
        // A failure interrupts the reader; a success waits for its turn.
        let role = if toast.kind == Kind::Failed { "alert" } else { "status" };
        view! {
            <div class=class role=role>
                {icon(face)}
                <div class="grow">
                    <p>{toast.text}</p>
                    {toast.detail.map(|detail| view! { <p class="soft small">{detail}</p> })}
                </div>
                {toast
                    .undo
                    .map(|undo| {
                        view! {
                            <Button
                                label=t().undo_short()
                                icon=Icon::Undo
                                small=true
                                on_press=move || {
                                    toasts.dismiss(id);
                                    undo();
                                }
                            />
                        }
                    })}
                <Button label=t().toast_close() icon=Icon::Close icon_only=true look=Look::Quiet small=true on_press=move || toasts.dismiss(id) />
            </div>
        }
        .into_any()
    };
    view! {
        <section
            class="toasts"
            aria-label=t().toast_region()
            aria-live="polite"
            on:mouseenter=move |_| toasts.held.set(true)
            on:mouseleave=move |_| toasts.held.set(false)
            on:focusin=move |_| toasts.held.set(true)
            on:focusout=move |_| toasts.held.set(false)
        >
            <For each=move || toasts.list.get() key=|toast| toast.id children=one />
        </section>
    }
    .into_any()
}

//! What stands where data is not: not yet, none, or failed.

use leptos::prelude::*;

use super::badge::Tone;
use super::button::{Button, Look};
use super::icon::{Icon, icon as draw};
use crate::api::{Failure, Load, SeekList};
use crate::text::t;

/// Grey bars in place of content; they show after 150 ms, so that fast answers do not flicker.
#[component]
pub fn Skeleton(#[prop(default = 3)] lines: usize) -> AnyView {
    view! {
        <div class="skeleton" role="status">
            <span class="sr-only">{t().loading()}</span>
            {(0..lines).map(|_| view! { <i></i> }).collect_view()}
        </div>
    }
    .into_any()
}

/// Nothing here: what the place is for, and the first act.
#[component]
pub fn EmptyState(
    icon: Icon,
    #[prop(into)] title: String,
    #[prop(into)] detail: String,
    #[prop(optional)] children: Option<Children>,
) -> AnyView {
    view! {
        <div class="empty">
            <span class="empty-icon">{draw(icon)}</span>
            <h3>{title}</h3>
            <p class="soft">{detail}</p>
            {children.map(|children| view! { <div class="row empty-acts">{children()}</div> })}
        </div>
    }
    .into_any()
}

/// What happened, the way on, and the reference that support needs.
#[component]
pub fn ErrorState(failure: Failure, #[prop(optional, into)] on_retry: Option<Callback<()>>) -> AnyView {
    let id = failure.request_id().map(|id| t().request_id(id));
    let messages = failure.unplaced(&[]);
    view! {
        <div class="empty empty-failed" role="alert">
            <span class="empty-icon">{draw(Icon::Warning)}</span>
            <h3>{failure.title()}</h3>
            <p class="soft">{failure.detail()}</p>
            {(!messages.is_empty())
                .then(|| {
                    view! { <ul class="empty-list">{messages.into_iter().map(|m| view! { <li>{m}</li> }).collect_view()}</ul> }
                })}
            {on_retry
                .map(|on_retry| {
                    view! {
                        <div class="row empty-acts">
                            <Button label=t().retry() icon=Icon::Refresh on_press=move || on_retry.run(()) />
                        </div>
                    }
                })}
            {id.map(|id| view! { <p class="faint small">{id}</p> })}
        </div>
    }
    .into_any()
}

/// A remark inside a page: what to know before going on.
#[component]
pub fn Notice(tone: Tone, #[prop(optional, into)] title: Option<String>, children: Children) -> AnyView {
    let class = format!("notice {}", tone.class());
    view! {
        <div class=class>
            {super::badge::shape(tone)}
            <div class="grow">
                {title.map(|title| view! { <p class="strong">{title}</p> })}
                {children()}
            </div>
        </div>
    }
    .into_any()
}

/// A piece of data in each of its states: bars, content, failure. While it is asked again the old content stays, dimmed.
pub fn loaded<T: Clone + Send + Sync + 'static>(
    load: Load<T>,
    skeleton_lines: usize,
    content: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    view! {
        <div class="loaded" class:loaded-stale=move || load.pending.get() && load.value.with(Option::is_some) aria-busy=move || load.pending.get().then_some("true")>
            {move || match (load.failure.get(), load.value.get()) {
                (Some(failure), None) => view! { <ErrorState failure=failure on_retry=move || load.reload() /> }.into_any(),
                (_, Some(value)) => content(value),
                (None, None) => view! { <Skeleton lines=skeleton_lines /> }.into_any(),
            }}
        </div>
    }
    .into_any()
}

/// The foot of a growing list.
#[component]
pub fn LoadMore(
    #[prop(into)] has_more: Signal<bool>,
    #[prop(into)] pending: Signal<bool>,
    /// "50 lignes sur 1 204".
    #[prop(into)]
    summary: Signal<String>,
    #[prop(into)] on_more: Callback<()>,
) -> AnyView {
    view! {
        <div class="load-more">
            <span class="soft small" role="status">{move || summary.get()}</span>
            {move || {
                has_more
                    .get()
                    .then(|| {
                        view! { <Button label=t().table_load_more() icon=Icon::Down look=Look::Quiet small=true busy=pending on_press=move || on_more.run(()) /> }
                    })
            }}
        </div>
    }
    .into_any()
}

/// The states of a seeking list around its table: bars, nothing, failure, rows.
pub fn seek_state<T: Send + Sync + 'static>(list: SeekList<T>, empty: ViewFn, table: ViewFn) -> AnyView {
    let face = Memo::new(move |_| {
        if list.rows.with(|rows| !rows.is_empty()) {
            Face::Rows
        } else if list.failure.with(Option::is_some) {
            Face::Failed
        } else if list.arrived.get() && !list.pending.get() {
            Face::Empty
        } else {
            Face::Waiting
        }
    });
    let show = move || match face.get() {
        Face::Rows => table.run(),
        Face::Empty => empty.run(),
        Face::Waiting => view! { <Skeleton lines=8 /> }.into_any(),
        Face::Failed => {
            let failure = list.failure.get_untracked().unwrap_or(Failure::Unreachable);
            view! { <ErrorState failure=failure on_retry=move || list.reload() /> }.into_any()
        }
    };
    show.into_any()
}

#[derive(Clone, Copy, PartialEq)]
enum Face {
    Waiting,
    Rows,
    Empty,
    Failed,
}

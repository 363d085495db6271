//! Named sets of filters, sort and columns.

use leptos::prelude::*;

use super::button::{Button, Look};
use super::dialog::Dialog;
use super::field::TextField;
use super::icon::{Icon, icon};
use crate::text::t;

#[derive(Clone, PartialEq)]
pub struct SavedView {
    pub id: String,
    pub name: String,
    /// The query string that it stands for.
    pub query: String,
    /// Comes with the product and cannot be deleted.
    pub built_in: bool,
}

#[component]
pub fn SavedViews(
    #[prop(into)] views: Signal<Vec<SavedView>>,
    /// The query string of the moment.
    #[prop(into)]
    current: Signal<String>,
    #[prop(into)] on_open: Callback<SavedView>,
    #[prop(into)] on_save: Callback<String>,
    #[prop(into)] on_delete: Callback<String>,
) -> AnyView {
    let asking = RwSignal::new(false);
    let name = RwSignal::new(String::new());
    let missing = RwSignal::new(None::<String>);
    let known = Memo::new(move |_| current.with(|now| views.with(|views| views.iter().any(|v| v.query == *now))));
    let save = move || {
        let wanted = name.get_untracked().trim().to_owned();
        if wanted.is_empty() {
            missing.set(Some(t().view_name_missing().to_owned()));
            return;
        }
        asking.set(false);
        on_save.run(wanted);
    };
    let one = move |view: SavedView| {
        let (query, opened) = (view.query.clone(), view.clone());
        let on = Memo::new(move |_| current.with(|now| *now == query));
        let remove = (!view.built_in).then(|| {
            let (id, label) = (view.id.clone(), t().view_delete(&view.name));
            view! {
                <button type="button" class="view-delete" aria-label=label on:click=move |_| on_delete.run(id.clone())>
                    {icon(Icon::Close)}
                </button>
            }
        });
        view! {
            <span class="view-chip" class:view-on=move || on.get()>
                <button
                    type="button"
                    class="view-face"
                    aria-pressed=move || if on.get() { "true" } else { "false" }
                    on:click=move |_| on_open.run(opened.clone())
                >
                    {view.name}
                </button>
                {remove}
            </span>
        }
        .into_any()
    };
    let footer = move || {
        view! {
            <Button label=t().cancel() on_press=move || asking.set(false) />
            <Button label=t().save() look=Look::Primary on_press=save />
        }
        .into_any()
    };
    view! {
        <div class="views" role="group" aria-label=t().views()>
            {move || views.get().into_iter().map(one).collect_view()}
            {move || {
                (!known.get())
                    .then(|| {
                        view! {
                            <Button
                                label=t().view_save()
                                icon=Icon::Bookmark
                                look=Look::Quiet
                                small=true
                                on_press=move || {
                                    name.set(String::new());
                                    missing.set(None);
                                    asking.set(true);
                                }
                            />
                        }
                    })
            }}
        </div>
        <Dialog open=asking title=t().view_save() on_close=move || asking.set(false) footer=footer>
            <form on:submit=move |ev| {
                ev.prevent_default();
                save();
            }>
                <TextField label=t().view_name() hint=t().view_name_hint() value=name error=missing autofocus=true />
            </form>
        </Dialog>
    }
    .into_any()
}

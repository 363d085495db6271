//! Named sets of filters, sort and columns.

use std::rc::Rc;

use leptos::prelude::*;

use super::button::Button;
use super::choice::Checkbox;
use super::dialog::Dialog;
use super::field::text_field;
use super::icon::{Icon, icon};
use crate::dom::{Item, View, button, div, el, memo, span};
use crate::text::t;

#[derive(Clone, PartialEq)]
pub struct SavedView {
    pub id: String,
    pub name: String,
    /// The query string that it stands for.
    pub query: String,
    /// Comes with the product, or belongs to somebody else: it cannot be deleted here.
    pub kept: bool,
}

/// `current`: the query string of the moment. `on_save` gets the name of the new view and whether others shall see it
/// too, `on_delete` an id.
pub fn saved_views(
    views: impl Fn() -> Vec<SavedView> + 'static,
    current: impl Fn() -> String + 'static,
    on_open: impl Fn(SavedView) + 'static,
    on_save: impl Fn(String, bool) + 'static,
    on_delete: impl Fn(String) + 'static,
) -> View {
    let asking = RwSignal::new(false);
    let name = RwSignal::new(String::new());
    let shared = RwSignal::new(false);
    let missing = RwSignal::new(None::<&'static str>);
    let (views, current) = (memo(views), memo(current));
    let (on_open, on_delete) = (Rc::new(on_open), Rc::new(on_delete));

    let one = move |view: SavedView| {
        let (on_open, on_delete) = (on_open.clone(), on_delete.clone());
        let query = view.query.clone();
        let on = memo(move || current.with(|now| *now == query));
        let remove = (!view.kept).then(|| {
            let id = view.id.clone();
            button("view-delete")
                .label(&t().view_delete(&view.name))
                .child(icon(Icon::Close))
                .on_click(move || on_delete(id.clone()))
        });
        let face = button("view-face")
            .aria_of("aria-pressed", move || on.get())
            .child(&view.name)
            .on_click(move || on_open(view.clone()));
        span("view-chip").class_of("view-on", move || on.get()).child(face).child(remove)
    };
    let bar = div("views")
        .attr("role", "group")
        .label(t().views())
        .each(move || {
            let item = |view: SavedView| {
                let one = one.clone();
                Item::new(format!("{} {} {}", view.id, view.name, view.query), move || one(view))
            };
            views.get().into_iter().map(item).collect()
        })
        .show(
            move || current.with(|now| views.with(|views| views.iter().all(|v| v.query != *now))),
            move || {
                Button::new(t().view_save())
                    .icon(Icon::Bookmark)
                    .quiet()
                    .small()
                    .press(move || {
                        name.set(String::new());
                        shared.set(false);
                        missing.set(None);
                        asking.set(true);
                    })
                    .into()
            },
        );

    let save = Rc::new(move || {
        let wanted = name.get_untracked().trim().to_owned();
        if wanted.is_empty() {
            return missing.set(Some(t().view_name_missing()));
        }
        asking.set(false);
        on_save(wanted, shared.get_untracked());
    });
    let by_key = save.clone();
    let form = move || {
        let save = by_key.clone();
        let field = text_field(t().view_name(), name)
            .hint(t().view_name_hint())
            .error(move || missing.get().map(str::to_owned))
            .autofocus();
        let share = Checkbox::new(t().view_share(), move || shared.get(), move |on| shared.set(on));
        el("form").class("stack").child(field).child(share).on("submit", move |ev| {
            ev.prevent_default();
            save();
        })
    };
    let footer = move || {
        let save = save.clone();
        View::all([
            Button::new(t().cancel()).press(move || asking.set(false)),
            Button::new(t().save()).primary().press(move || save()),
        ])
    };
    View::all([bar, Dialog::new(asking, t().view_save(), form).footer(footer).into()])
}

//! The views of a list: those that come with the product, then those that people have saved.

use contract::endpoint::op;
use contract::{NewView, Nothing, Several, ViewList, ViewOf, ViewQuery};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{self, Load, ask, load};
use crate::dom::{View, memo};
use crate::frame::{Step, address};
use crate::session;
use crate::text::t;
use crate::ui::{SavedView, saved_views, toasts};

/// A view of the product: its name, and the query string that it stands for.
pub type BuiltIn = (&'static str, String);

/// `essence` writes what says the rows in an address in one way, so that two equal lists have equal texts.
pub fn views(list: ViewOf, built_in: impl Fn() -> Vec<BuiltIn> + 'static, essence: fn(&str) -> String) -> View {
    let asked = move || ViewQuery { list: Several(vec![list]) };
    let saved: Load<ViewList> = load(|| (), move |()| ask::<op::ListViews>(Nothing {}, asked()));
    let search = address().search;
    let current = memo(move || essence(&search.get()));
    let me = session::me();
    let all = move || {
        let own = |(name, query): BuiltIn| SavedView { id: name.to_owned(), name: name.to_owned(), query, kept: true };
        let mut views: Vec<SavedView> = built_in().into_iter().map(own).collect();
        let partner = me.with(|me| me.role == domain::Role::Partner);
        saved.value.with(|list| {
            views.extend(list.iter().flat_map(|list| &list.data).map(|view| SavedView {
                id: view.id.to_string(),
                name: view.name.clone(),
                query: essence(&view.query),
                kept: !(view.mine || (view.shared && partner)),
            }));
        });
        views
    };
    let open = |view: SavedView| address().set_search(&view.query, Step::Push);
    let save = move |name: String, shared: bool| {
        let view = NewView { list, name, query: current.get_untracked(), shared };
        spawn_local(async move {
            match api::act::<op::CreateView>(&Nothing {}, &Nothing {}, &view).await {
                Ok(view) => toasts().done(t().view_saved(&view.name)),
                Err(failure) => toasts().failed(&failure),
            }
            saved.reload();
        });
    };
    let delete = move |id: String| {
        let kept = saved.value.with_untracked(|list| {
            list.as_ref().and_then(|list| list.data.iter().find(|view| view.id.to_string() == id).cloned())
        });
        let Some(view) = kept else { return };
        spawn_local(async move {
            match api::act::<op::DeleteView>(&view.id, &Nothing {}, &Nothing {}).await {
                Ok(_) => {
                    let again = NewView {
                        list: view.list,
                        name: view.name.clone(),
                        query: view.query.clone(),
                        shared: view.shared,
                    };
                    toasts().undoable(t().view_deleted(&view.name), move || {
                        let again = again.clone();
                        spawn_local(async move {
                            if let Err(failure) = api::act::<op::CreateView>(&Nothing {}, &Nothing {}, &again).await {
                                toasts().failed(&failure);
                            }
                            saved.reload();
                        });
                    });
                }
                Err(failure) => toasts().failed(&failure),
            }
            saved.reload();
        });
    };
    saved_views(all, move || current.get(), open, save, delete)
}

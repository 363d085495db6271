//! Rows of a list that are selected: by hand, or all that the filters find.

use std::collections::BTreeSet;
use std::rc::Rc;

use contract::Nothing;
use contract::endpoint::op;
use domain::ActId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{self, SeekList};
use crate::dom::{View, after, live, memo};
use crate::ui::{Button, selection_bar, toasts};

/// What the bar of a list says of its selection.
#[derive(Clone, Copy)]
pub struct Words {
    /// So many are selected; all that the filters find, where the second is true.
    pub selected: fn(u64, bool) -> String,
    /// The button that selects all that the filters find.
    pub select_all: fn(u64) -> String,
}

/// On which rows somebody acts.
#[derive(Clone, PartialEq)]
pub enum Target<Id, Query> {
    Ids(Vec<Id>),
    /// Whatever the filters find, loaded or not.
    All {
        filter: Box<Query>,
        total: u64,
    },
}

impl<Id: Clone, Query: Clone> Target<Id, Query> {
    pub fn count(&self) -> u64 {
        match self {
            Self::Ids(ids) => ids.len() as u64,
            Self::All { total, .. } => *total,
        }
    }

    /// As requests name them: by id, or by filter.
    pub fn parts(&self) -> (Option<Vec<Id>>, Option<Query>) {
        match self {
            Self::Ids(ids) => (Some(ids.clone()), None),
            Self::All { filter, .. } => (None, Some((**filter).clone())),
        }
    }
}

#[derive(Clone, Copy)]
pub struct Selection {
    pub rows: RwSignal<BTreeSet<String>>,
    /// It is everything that the filters find, loaded or not.
    pub everything: RwSignal<bool>,
}

impl Selection {
    /// Of the rows of a list; `asked` reads what the list is asked for.
    pub fn of<T: Send + Sync + 'static>(list: SeekList<T>, asked: impl Fn() + 'static, id: fn(&T) -> String) -> Self {
        let selection = Self { rows: RwSignal::new(BTreeSet::new()), everything: RwSignal::new(false) };
        // Another list is another selection.
        let mut first = true;
        after(move || {
            asked();
            if !std::mem::take(&mut first) {
                selection.clear();
            }
        });
        after(move || {
            let (all, loaded) = (selection.everything.get(), list.rows.with(Vec::len));
            if all && selection.rows.with_untracked(BTreeSet::len) < loaded {
                // Rows that have just come belong to the selection.
                list.rows.with_untracked(|rows| selection.rows.update(|s| s.extend(rows.iter().map(id))));
            }
        });
        let mut before = 0;
        after(move || {
            let selected = selection.rows.with(BTreeSet::len);
            // One row taken out: it is a selection by hand again.
            if selected < std::mem::replace(&mut before, selected) {
                selection.everything.set(false);
            }
        });
        selection
    }

    pub fn clear(self) {
        self.everything.set(false);
        self.rows.update(BTreeSet::clear);
    }
    /// How many rows are selected, loaded or not.
    fn count(self, total: Option<u64>) -> u64 {
        let by_hand = self.rows.with(BTreeSet::len) as u64;
        if self.everything.get() { total.unwrap_or(by_hand) } else { by_hand }
    }

    /// The bar of a list of which only rows in sight can be chosen.
    pub fn bar(self, words: fn(u64) -> String, acts: impl Fn() -> View + 'static) -> View {
        selection_bar(self.rows, move || words(self.count(None)), acts, move || self.clear())
    }

    /// The same where all that the filters find can be chosen, too: `total` is their number, once it is known.
    pub fn bar_of_all<T: Send + Sync + 'static>(
        self,
        list: SeekList<T>,
        total: impl Fn() -> Option<u64> + 'static,
        words: Words,
        acts: impl Fn() -> View + 'static,
    ) -> View {
        let total = memo(total);
        let selected = memo(move || self.count(total.get()));
        let loaded = memo(move || list.rows.with(Vec::len));
        let parts = move || {
            let more = live(move || {
                let (total, all_loaded) = (total.get()?, loaded.get() == self.rows.with(BTreeSet::len));
                (all_loaded && !self.everything.get() && total > selected.get()).then(|| {
                    Button::new((words.select_all)(total)).quiet().small().press(move || self.everything.set(true))
                })
            });
            View::all([more, acts()])
        };
        let said = move || (words.selected)(selected.get(), self.everything.get());
        selection_bar(self.rows, said, parts, move || self.clear())
    }
}

/// Takes an act on many back, says how many that were, and then `done`.
pub fn undo(act: ActId, told: fn(u64) -> String, done: Rc<dyn Fn()>) {
    spawn_local(async move {
        match api::act::<op::UndoAct>(&act, &Nothing {}, &Nothing {}).await {
            Ok(answer) => {
                toasts().done(told(answer.changed));
                done();
            }
            Err(failure) => toasts().failed(&failure),
        }
    });
}

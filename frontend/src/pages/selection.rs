//! Rows of a list that are selected: by hand, or all that the filters find.

use std::collections::BTreeSet;

use leptos::prelude::*;

use crate::api::SeekList;
use crate::dom::after;

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
}

//! The table: sticky head, sort, choice of columns, selection with ranges, acts per row, keyboard first.
//!
//! It is fed with rows that draw their own cells, so there is one compiled table for every list of the product.

use std::collections::BTreeSet;
use std::sync::Arc;

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::button::{Button, Look};
use super::choice::Checkbox;
use super::icon::{Icon, icon};
use super::menu::{Menu, MenuItem};
use crate::browser::{element, plain_key, store, stored, unique_id};
use crate::text::t;

#[derive(Clone)]
pub struct Column {
    pub key: &'static str,
    pub label: String,
    number: bool,
    sortable: bool,
    fixed: bool,
    hidden: bool,
    /// 1 stays on a phone, 2 from 720 px, 3 from 1024 px.
    priority: u8,
    grows: bool,
}

impl Column {
    pub fn new(key: &'static str, label: impl Into<String>) -> Column {
        let label = label.into();
        Column { key, label, number: false, sortable: false, fixed: false, hidden: false, priority: 2, grows: false }
    }

    /// Right-aligned, tabular figures.
    pub fn number(mut self) -> Column {
        self.number = true;
        self
    }

    pub fn sortable(mut self) -> Column {
        self.sortable = true;
        self
    }

    /// Always shown: without it the row has no name.
    pub fn fixed(mut self) -> Column {
        self.fixed = true;
        self.priority = 1;
        self
    }

    /// Not shown until the person asks for it.
    pub fn hidden(mut self) -> Column {
        self.hidden = true;
        self
    }

    pub fn priority(mut self, priority: u8) -> Column {
        self.priority = priority;
        self
    }

    /// Takes the room that is left.
    pub fn grows(mut self) -> Column {
        self.grows = true;
        self
    }

    fn class(&self) -> String {
        let mut class = String::new();
        for (set, name) in [(self.number, "num "), (self.grows, "col-grows "), (self.fixed, "col-name ")] {
            if set {
                class.push_str(name);
            }
        }
        class.push_str(match self.priority {
            0 | 1 => "",
            2 => "from-720",
            _ => "from-1024",
        });
        class
    }
}

type Cell = Arc<dyn Fn(&'static str) -> AnyView + Send + Sync>;

#[derive(Clone)]
pub struct Row {
    pub id: String,
    /// Changes when the content changes: a row with the same id and the same mark is not drawn again.
    pub mark: u64,
    /// What a screen reader calls the row.
    pub name: String,
    cell: Cell,
}

impl Row {
    pub fn new(
        id: impl Into<String>,
        mark: u64,
        name: impl Into<String>,
        cell: impl Fn(&'static str) -> AnyView + Send + Sync + 'static,
    ) -> Row {
        Row { id: id.into(), mark, name: name.into(), cell: Arc::new(cell) }
    }
}

/// `-due_at` in a query: the key, and whether it descends.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sort {
    pub key: String,
    pub descending: bool,
}

impl Sort {
    pub fn parse(text: &str) -> Sort {
        match text.strip_prefix('-') {
            Some(key) => Sort { key: key.to_owned(), descending: true },
            None => Sort { key: text.to_owned(), descending: false },
        }
    }

    pub fn to_query(&self) -> String {
        if self.descending { format!("-{}", self.key) } else { self.key.clone() }
    }
}

/// The columns that are shown, remembered by the browser under the name of the table.
pub fn remembered_columns(table: &'static str, columns: &[Column]) -> RwSignal<Vec<&'static str>> {
    let key = format!("columns.{table}");
    let kept = stored(&key);
    let shown: Vec<&'static str> = columns
        .iter()
        .filter(|column| match &kept {
            Some(kept) => column.fixed || kept.split(',').any(|name| name == column.key),
            None => !column.hidden,
        })
        .map(|column| column.key)
        .collect();
    let signal = RwSignal::new(shown);
    Effect::new(move |before: Option<()>| {
        let list = signal.get().join(",");
        if before.is_some() {
            store(&key, Some(&list));
        }
    });
    signal
}

/// The menu that chooses columns; stands in the bar above the table.
#[component]
pub fn ColumnChoice(columns: Vec<Column>, shown: RwSignal<Vec<&'static str>>) -> AnyView {
    let items = move || {
        let mut items = vec![MenuItem::Heading(t().table_columns_shown().to_owned())];
        items.extend(columns.iter().filter(|c| !c.fixed).map(|column| {
            let key = column.key;
            let order: Vec<&'static str> = columns.iter().map(|c| c.key).collect();
            MenuItem::check(column.label.clone(), shown.with(|s| s.contains(&key)), move || {
                shown.update(|shown| match shown.iter().position(|k| *k == key) {
                    Some(at) => {
                        shown.remove(at);
                    }
                    None => {
                        shown.push(key);
                        shown.sort_by_key(|k| order.iter().position(|o| o == k));
                    }
                });
            })
        }));
        items
    };
    view! { <Menu label=t().table_columns() icon=Icon::Columns look=Look::Quiet small=true align_end=true items=items /> }
        .into_any()
}

/// What is selected and what can be done with it; floats over the foot of the list.
#[component]
pub fn SelectionBar(selection: RwSignal<BTreeSet<String>>, children: ChildrenFn) -> AnyView {
    let count = Memo::new(move |_| selection.with(|s| s.len() as u64));
    let some = Memo::new(move |_| count.get() > 0);
    let bar = move || {
        some.get().then(|| {
            view! {
                <div class="float selection-bar" role="region" aria-label=move || t().table_selected(count.get())>
                    <span class="strong num" role="status">{move || t().table_selected(count.get())}</span>
                    <span class="row">{children()}</span>
                    <Button label=t().table_unselect() icon=Icon::Close icon_only=true look=Look::Quiet small=true on_press=move || selection.update(BTreeSet::clear) />
                </div>
            }
            .into_any()
        })
    };
    bar.into_any()
}

#[component]
pub fn Table(
    /// What the table is, for screen readers.
    #[prop(into)]
    label: String,
    columns: Vec<Column>,
    #[prop(into)] rows: Signal<Vec<Row>>,
    #[prop(optional, into)] shown: Option<RwSignal<Vec<&'static str>>>,
    #[prop(optional, into)] sort: Signal<Sort>,
    #[prop(optional, into)] on_sort: Option<Callback<Sort>>,
    #[prop(optional)] selection: Option<RwSignal<BTreeSet<String>>>,
    /// The row whose details stand in the side panel.
    #[prop(optional, into)]
    opened: Signal<Option<String>>,
    #[prop(optional, into)] on_open: Option<Callback<String>>,
    /// Any other letter on a row: (key, row id). A assigns, C comments, S changes state, as the page decides.
    #[prop(optional, into)]
    on_key: Option<Callback<(String, String)>>,
    #[prop(optional, into)] on_escape: Option<Callback<()>>,
    #[prop(optional, into)] actions: Option<Callback<String, Vec<MenuItem>>>,
    /// Old rows while new ones are asked for.
    #[prop(optional, into)]
    stale: Signal<bool>,
) -> AnyView {
    let id = unique_id("table");
    let columns = Arc::new(columns);
    let shown =
        shown.unwrap_or_else(|| RwSignal::new(columns.iter().filter(|c| !c.hidden).map(|c| c.key).collect::<Vec<_>>()));
    let active = RwSignal::new(None::<String>);
    // Where a range begins.
    let anchor = StoredValue::new(None::<String>);
    // The one row that Tab reaches.
    let stop = Memo::new(move |_| {
        rows.with(|rows| {
            active
                .get()
                .filter(|active| rows.iter().any(|row| row.id == *active))
                .or_else(|| rows.first().map(|row| row.id.clone()))
        })
    });
    let dom_id = {
        let id = id.clone();
        move |row: &str| format!("{id}-{row}")
    };

    let toggle = move |row: &str, on: Option<bool>| {
        let Some(selection) = selection else { return };
        selection.update(|all| {
            let on = on.unwrap_or_else(|| !all.contains(row));
            if on {
                all.insert(row.to_owned());
            } else {
                all.remove(row);
            }
        });
        anchor.set_value(Some(row.to_owned()));
    };
    // Selects everything between the anchor and this row.
    let extend = move |row: &str| {
        let Some(selection) = selection else { return };
        let from = anchor.get_value().unwrap_or_else(|| row.to_owned());
        rows.with_untracked(|rows| {
            let place = |id: &str| rows.iter().position(|r| r.id == id);
            if let (Some(a), Some(b)) = (place(&from), place(row)) {
                selection.update(|all| all.extend(rows[a.min(b)..=a.max(b)].iter().map(|r| r.id.clone())));
            }
        });
        if anchor.with_value(Option::is_none) {
            anchor.set_value(Some(row.to_owned()));
        }
    };

    let focus_id = dom_id.clone();
    let go_to = move |at: usize| -> Option<String> {
        let row = rows.with_untracked(|rows| rows.get(at.min(rows.len().saturating_sub(1))).map(|r| r.id.clone()))?;
        active.set(Some(row.clone()));
        if let Some(element) = element(&focus_id(&row)) {
            let _ = element.focus();
        }
        Some(row)
    };
    let on_keydown = move |ev: ev::KeyboardEvent| {
        // Keys inside a control of the row are the control's own.
        let on_row = ev.target().is_some_and(|t| t.unchecked_ref::<web_sys::Element>().tag_name() == "TR");
        let Some(now) = stop.get_untracked() else { return };
        if !on_row || !plain_key(&ev) {
            return;
        }
        let at = rows.with_untracked(|rows| rows.iter().position(|row| row.id == now)).unwrap_or(0);
        let key = ev.key();
        match key.as_str() {
            "j" | "J" | "ArrowDown" | "k" | "K" | "ArrowUp" => {
                let down = matches!(key.as_str(), "j" | "J" | "ArrowDown");
                if ev.shift_key() {
                    extend(&now);
                }
                let next = go_to(if down { at + 1 } else { at.saturating_sub(1) });
                if let (true, Some(next)) = (ev.shift_key(), next) {
                    extend(&next);
                }
            }
            "Home" => {
                go_to(0);
            }
            "End" => {
                go_to(usize::MAX);
            }
            "x" | "X" | " " if selection.is_some() => {
                if ev.shift_key() {
                    extend(&now);
                } else {
                    toggle(&now, None);
                }
            }
            "Enter" => match on_open {
                Some(on_open) => {
                    active.set(Some(now.clone()));
                    on_open.run(now);
                }
                None => return,
            },
            "Escape" => {
                if opened.with_untracked(Option::is_some) && on_escape.is_some() {
                    if let Some(on_escape) = on_escape {
                        on_escape.run(());
                    }
                } else if let Some(selection) = selection.filter(|s| s.with_untracked(|s| !s.is_empty())) {
                    selection.update(BTreeSet::clear);
                } else {
                    return;
                }
            }
            key if key.chars().count() == 1 => match on_key {
                Some(on_key) => {
                    on_key.run((key.to_owned(), now));
                    // The key stays visible to the shortcuts of the page.
                    return;
                }
                None => return,
            },
            _ => return,
        }
        ev.prevent_default();
    };

    let selectable = selection.is_some();
    let has_actions = actions.is_some();
    let all_selected = Memo::new(move |_| {
        selection
            .is_some_and(|s| rows.with(|rows| !rows.is_empty() && s.with(|s| rows.iter().all(|r| s.contains(&r.id)))))
    });
    let some_selected = Memo::new(move |_| {
        selection.is_some_and(|s| {
            !all_selected.get() && rows.with(|rows| s.with(|s| rows.iter().any(|r| s.contains(&r.id))))
        })
    });

    let head_columns = columns.clone();
    let head = move || {
        let shown = shown.get();
        head_columns
            .iter()
            .filter(|column| shown.contains(&column.key))
            .map(|column| head_cell(column, sort, on_sort))
            .collect_view()
    };

    let row_columns = columns.clone();
    let row_view = move |row: Row| {
        let columns = row_columns.clone();
        let cell = row.cell.clone();
        let cells = move || {
            let shown = shown.get();
            columns
                .iter()
                .filter(|column| shown.contains(&column.key))
                .map(|column| {
                    let class = column.class();
                    let content = cell(column.key);
                    if column.fixed {
                        view! { <th scope="row" class=class>{content}</th> }.into_any()
                    } else {
                        view! { <td class=class>{content}</td> }.into_any()
                    }
                })
                .collect_view()
        };
        let element_id = dom_id(&row.id);
        let (id, name) = (row.id, row.name);
        let is_selected = {
            let id = id.clone();
            Memo::new(move |_| selection.is_some_and(|s| s.with(|s| s.contains(&id))))
        };
        let is_opened = {
            let id = id.clone();
            Memo::new(move |_| opened.with(|o| o.as_deref() == Some(id.as_str())))
        };
        let is_stop = {
            let id = id.clone();
            Memo::new(move |_| stop.with(|s| s.as_deref() == Some(id.as_str())))
        };
        let check = selectable.then(|| {
            let id = id.clone();
            view! {
                <td class="col-check">
                    <label class="check" title=t().table_select_row(&name)>
                        <input
                            type="checkbox"
                            tabindex="-1"
                            prop:checked=move || is_selected.get()
                            on:click=move |ev| {
                                if ev.shift_key() {
                                    extend(&id);
                                } else {
                                    toggle(&id, Some(event_target_checked(&ev)));
                                }
                            }
                        />
                        <span class="sr-only">{t().table_select_row(&name)}</span>
                    </label>
                </td>
            }
            .into_any()
        });
        let menu = actions.map(|actions| {
            let id = id.clone();
            view! {
                <td class="col-acts">
                    <Menu label=t().table_row_actions(&name) icon=Icon::More icon_only=true small=true look=Look::Quiet align_end=true items=move || actions.run(id.clone()) />
                </td>
            }
            .into_any()
        });
        let (focus_id, click_id) = (id.clone(), id);
        view! {
            <tr
                id=element_id
                tabindex=move || if is_stop.get() { "0" } else { "-1" }
                class:selected=move || is_selected.get()
                class:opened=move || is_opened.get()
                class:clickable=on_open.is_some()
                on:focus=move |_| active.set(Some(focus_id.clone()))
                on:click=move |ev| {
                    let inside = ev.target().is_some_and(|t| {
                        t.unchecked_ref::<web_sys::Element>().closest("a,button,input,label,select").ok().flatten().is_some()
                    });
                    if inside {
                        return;
                    }
                    active.set(Some(click_id.clone()));
                    if ev.shift_key() && selectable {
                        extend(&click_id);
                    } else if let Some(on_open) = on_open {
                        on_open.run(click_id.clone());
                    }
                }
            >
                {check}
                {cells}
                {menu}
            </tr>
        }
        .into_any()
    };

    view! {
        <div class="table-wrap" class:loaded-stale=move || stale.get()>
            <table id=id class="table" aria-label=label aria-busy=move || stale.get().then_some("true")>
                <thead>
                    <tr>
                        {selectable
                            .then(|| {
                                view! {
                                    <th class="col-check" scope="col">
                                        <Checkbox
                                            label=t().table_select_all()
                                            label_hidden=true
                                            checked=all_selected
                                            partly=some_selected
                                            on_change=move |on: bool| {
                                                let Some(selection) = selection else { return };
                                                rows.with_untracked(|rows| {
                                                    selection.update(|all| {
                                                        for row in rows {
                                                            if on { all.insert(row.id.clone()); } else { all.remove(&row.id); }
                                                        }
                                                    });
                                                });
                                            }
                                        />
                                    </th>
                                }
                            })}
                        {head}
                        {has_actions.then(|| view! { <th class="col-acts" scope="col"><span class="sr-only">{t().menu_more()}</span></th> })}
                    </tr>
                </thead>
                <tbody on:keydown=on_keydown>
                    <For each=move || rows.get() key=|row| (row.id.clone(), row.mark) children=row_view />
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

fn head_cell(column: &Column, sort: Signal<Sort>, on_sort: Option<Callback<Sort>>) -> AnyView {
    let (key, class, label) = (column.key, column.class(), column.label.clone());
    let Some(on_sort) = on_sort.filter(|_| column.sortable) else {
        return view! { <th scope="col" class=class>{label}</th> }.into_any();
    };
    let direction = Memo::new(move |_| sort.with(|sort| (sort.key == key).then_some(sort.descending)));
    view! {
        <th
            scope="col"
            class=class
            aria-sort=move || match direction.get() {
                Some(false) => "ascending",
                Some(true) => "descending",
                None => "none",
            }
        >
            <button
                type="button"
                class="sort"
                on:click=move |_| {
                    let descending = direction.get_untracked() == Some(false);
                    on_sort.run(Sort { key: key.to_owned(), descending });
                }
            >
                {label}
                {move || match direction.get() {
                    Some(false) => icon(Icon::Up),
                    Some(true) => icon(Icon::Down),
                    None => icon(Icon::Sort),
                }}
            </button>
        </th>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_go_through_the_address() {
        for text in ["name", "-due_at"] {
            assert_eq!(Sort::parse(text).to_query(), text);
        }
        assert!(Sort::parse("-due_at").descending);
    }
}

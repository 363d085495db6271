//! The table: sticky head, sort, choice of columns, selection with ranges, acts per row, keyboard first.
//!
//! It is fed with rows that draw their own cells, so there is one compiled table for every list of the product.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent};

use super::button::Button;
use super::choice::Checkbox;
use super::hotkeys::list_key;
use super::icon::{Icon, icon};
use super::menu::{Menu, MenuItem};
use crate::browser::{active_element, element, plain_key, store, stored, unique_id};
use crate::dom::{Item, View, button, div, el, memo, react, show, span};
use crate::text::{search, t};

#[derive(Clone)]
pub struct Column {
    pub key: &'static str,
    pub label: String,
    number: bool,
    sortable: bool,
    fixed: bool,
    hidden: bool,
    /// 1 stays on a phone, 2 and 3 come with the room that the table has (see kit.css).
    priority: u8,
    grows: bool,
    /// In steps of the grid, for tables that draw a window of their rows.
    width: u16,
}

/// Wide enough for a short word and its heading.
const USUAL_WIDTH: u16 = 32;

impl Column {
    pub fn new(key: &'static str, label: impl Into<String>) -> Column {
        Column {
            key,
            label: label.into(),
            number: false,
            sortable: false,
            fixed: false,
            hidden: false,
            priority: 2,
            grows: false,
            width: USUAL_WIDTH,
        }
    }

    /// The width in a windowed table, in steps of the grid: there the rows of the moment must not decide it.
    pub fn width(mut self, steps: u16) -> Column {
        self.width = steps;
        self
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
            2 => "col-2",
            3 => "col-3",
            _ => "col-3 col-4",
        });
        class
    }
}

type DrawCell = Rc<dyn Fn(&'static str) -> View>;

#[derive(Clone)]
pub struct Row {
    pub id: String,
    /// Changes when the content changes: a row with the same id and the same mark is not drawn again.
    pub mark: u64,
    /// What a screen reader calls the row.
    pub name: String,
    cell: DrawCell,
}

impl Row {
    pub fn new(
        id: impl Into<String>,
        mark: u64,
        name: impl Into<String>,
        cell: impl Fn(&'static str) -> View + 'static,
    ) -> Row {
        Row { id: id.into(), mark, name: name.into(), cell: Rc::new(cell) }
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
pub fn column_choice(columns: &[Column], shown: RwSignal<Vec<&'static str>>) -> Menu {
    let order: Rc<[&'static str]> = columns.iter().map(|c| c.key).collect();
    let choosable: Vec<(&'static str, String)> =
        columns.iter().filter(|c| !c.fixed).map(|c| (c.key, c.label.clone())).collect();
    let items = move || {
        let item = |(key, label): &(&'static str, String)| {
            let (key, order) = (*key, order.clone());
            MenuItem::check(label.clone(), shown.with(|s| s.contains(&key)), move || {
                shown.update(|shown| match shown.iter().position(|k| *k == key) {
                    Some(at) => {
                        shown.remove(at);
                    }
                    None => {
                        shown.push(key);
                        search::order_by_key(shown, |k| order.iter().position(|o| o == k));
                    }
                });
            })
        };
        let heading = MenuItem::heading(t().table_columns_shown());
        std::iter::once(heading).chain(choosable.iter().map(item)).collect()
    };
    Menu::new(t().table_columns(), items).icon(Icon::Columns).quiet().small().align_end()
}

/// What is selected and what can be done with it; floats over the foot of the list. `parts` stand between the words and
/// the cross, which calls `clear`.
pub fn selection_bar(
    selection: RwSignal<BTreeSet<String>>,
    words: impl Fn() -> String + 'static,
    parts: impl Fn() -> View + 'static,
    clear: impl Fn() + 'static,
) -> View {
    let words: Rc<dyn Fn() -> String> = Rc::new(words);
    let clear: Rc<dyn Fn()> = Rc::new(clear);
    show(
        move || selection.with(|s| !s.is_empty()),
        move || {
            let (named, said, clear) = (words.clone(), words.clone(), clear.clone());
            let cross = Button::new(t().table_unselect()).icon_only(Icon::Close).quiet().small();
            div("float selection-bar")
                .attr("role", "region")
                .attr_of("aria-label", move || named())
                .child(span("strong num").attr("role", "status").text_of(move || said()))
                .child(parts())
                .child(cross.press(move || clear()))
        },
    )
}

type OnKey = Rc<dyn Fn(&str, &str)>;
type OnSort = Rc<dyn Fn(Sort)>;
/// The order of the moment, and what a press on a heading does.
type Sorting = (Memo<Sort>, OnSort);
type Acts = Rc<dyn Fn(&str) -> Vec<MenuItem>>;

pub struct Table {
    label: String,
    columns: Rc<[Column]>,
    rows: Rc<dyn Fn() -> Vec<Row>>,
    shown: Option<RwSignal<Vec<&'static str>>>,
    sort: Option<Sorting>,
    selection: Option<RwSignal<BTreeSet<String>>>,
    opened: Option<Memo<Option<String>>>,
    on_open: Option<Rc<dyn Fn(String)>>,
    on_escape: Option<Rc<dyn Fn()>>,
    on_key: Option<OnKey>,
    acts: Option<Acts>,
    stale: Option<Rc<dyn Fn() -> bool>>,
    on_end: Option<Rc<dyn Fn()>>,
    active: Option<RwSignal<Option<String>>>,
    keeps_place: Option<Rc<dyn Fn() -> String>>,
}

impl Table {
    /// `label`: what the table is, for screen readers. `rows` follows its signals.
    pub fn new(label: impl Into<String>, columns: Vec<Column>, rows: impl Fn() -> Vec<Row> + 'static) -> Table {
        Table {
            label: label.into(),
            columns: columns.into(),
            rows: Rc::new(rows),
            shown: None,
            sort: None,
            selection: None,
            opened: None,
            on_open: None,
            on_escape: None,
            on_key: None,
            acts: None,
            stale: None,
            on_end: None,
            active: None,
            keeps_place: None,
        }
    }

    /// Only these columns; see `remembered_columns` and `column_choice`.
    pub fn shown(self, shown: RwSignal<Vec<&'static str>>) -> Table {
        Table { shown: Some(shown), ..self }
    }

    pub fn sorted(self, sort: impl Fn() -> Sort + 'static, on_sort: impl Fn(Sort) + 'static) -> Table {
        Table { sort: Some((memo(sort), Rc::new(on_sort))), ..self }
    }

    pub fn selectable(self, selection: RwSignal<BTreeSet<String>>) -> Table {
        Table { selection: Some(selection), ..self }
    }

    /// Enter or a press opens a row; `opened` is the one whose details stand in the side panel.
    pub fn opens(
        self,
        opened: impl Fn() -> Option<String> + 'static,
        on_open: impl Fn(String) + 'static,
        on_close: impl Fn() + 'static,
    ) -> Table {
        Table {
            opened: Some(memo(opened)),
            on_open: Some(Rc::new(on_open)),
            on_escape: Some(Rc::new(on_close)),
            ..self
        }
    }

    /// Any other letter on a row: (key, row id). A assigns, C comments, S changes state, as the page decides.
    pub fn on_key(self, act: impl Fn(&str, &str) + 'static) -> Table {
        Table { on_key: Some(Rc::new(act)), ..self }
    }

    /// The menu at the end of each row.
    pub fn acts(self, acts: impl Fn(&str) -> Vec<MenuItem> + 'static) -> Table {
        Table { acts: Some(Rc::new(acts)), ..self }
    }

    /// For long lists: only the rows in sight stand in the document, so ten thousand cost what forty do. `on_end` is
    /// called when the last rows come near.
    pub fn windowed(self, on_end: impl Fn() + 'static) -> Table {
        Table { on_end: Some(Rc::new(on_end)), ..self }
    }

    /// The row of the keyboard, for pages that move it.
    pub fn active(self, active: RwSignal<Option<String>>) -> Table {
        Table { active: Some(active), ..self }
    }

    /// For lists that others change, too: rows that come and go leave the place where it is. It is another list, which
    /// begins at its top, when `of` says another text.
    pub fn keeps_place(self, of: impl Fn() -> String + 'static) -> Table {
        Table { keeps_place: Some(Rc::new(of)), ..self }
    }

    /// Old rows while new ones are asked for.
    pub fn stale(self, stale: impl Fn() -> bool + 'static) -> Table {
        Table { stale: Some(Rc::new(stale)), ..self }
    }
}

impl From<Table> for View {
    fn from(table: Table) -> View {
        build(table)
    }
}

/// What the rows of one table share.
struct Core {
    id: String,
    columns: Rc<[Column]>,
    shown: RwSignal<Vec<&'static str>>,
    /// Ids in the order of the rows.
    order: RwSignal<Vec<String>>,
    active: RwSignal<Option<String>>,
    /// Where a range begins.
    anchor: RwSignal<Option<String>>,
    /// The one row that Tab reaches.
    stop: Memo<Option<String>>,
    selection: Option<RwSignal<BTreeSet<String>>>,
    opened: Option<Memo<Option<String>>>,
    on_open: Option<Rc<dyn Fn(String)>>,
    on_escape: Option<Rc<dyn Fn()>>,
    on_key: Option<OnKey>,
    acts: Option<Acts>,
    window: Option<Window>,
}

/// Which rows of a long table stand in the document.
struct Window {
    wrap: View,
    /// The first row drawn.
    start: RwSignal<usize>,
    /// How many are drawn.
    size: RwSignal<usize>,
    /// Height of a row, as the browser last laid one out.
    row: Cell<f64>,
    on_end: Rc<dyn Fn()>,
}

/// Rows drawn above and below what is in sight.
const MARGIN: usize = 12;
/// The window moves in steps, so that not every pixel of scrolling draws.
const STEP: usize = 6;
/// How near the end may come before more is asked for.
const END: usize = 40;

/// A row of the table has the focus.
fn holds_row(wrap: &View) -> bool {
    active_element().is_some_and(|now| now.tag_name() == "TR" && wrap.element().contains(Some(&now)))
}

/// The focus without scrolling there.
fn focus_in_place(element: &HtmlElement) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = element.focus_with_options(&options);
}

impl Window {
    fn measure(&self) {
        let row = self.wrap.element().query_selector("tbody tr.line").ok().flatten();
        if let Some(height) = row.map(|row| row.get_bounding_client_rect().height()).filter(|height| *height > 0.0) {
            self.row.set(height);
        }
    }

    /// Follows the scrolling; `count` is the number of rows in all.
    fn look(&self, count: usize) {
        self.measure();
        let wrap = self.wrap.element();
        let first = (f64::from(wrap.scroll_top()) / self.row.get()) as usize;
        let seen = (f64::from(wrap.client_height()) / self.row.get()) as usize + 1;
        let start = first.saturating_sub(MARGIN) / STEP * STEP;
        let size = (seen + 2 * MARGIN).div_ceil(STEP) * STEP + STEP;
        if self.size.get_untracked() != size {
            self.size.set(size);
        }
        if self.start.get_untracked() != start {
            self.start.set(start);
        }
        if count > 0 && first + seen + END >= count {
            (self.on_end)();
        }
    }

    /// A row with the focus that is about to leave the document would take the keyboard along: the frame keeps it.
    fn keep_focus(&self) {
        if holds_row(&self.wrap) {
            focus_in_place(self.wrap.html());
        }
    }

    /// Brings a row into sight before it exists.
    fn reveal(&self, at: usize) {
        let wrap = self.wrap.element();
        let (row, height) = (self.row.get(), f64::from(wrap.client_height()));
        let (top, bottom) = (at as f64 * row, (at + 1) as f64 * row);
        let now = f64::from(wrap.scroll_top());
        // The head sticks to the top and covers one row.
        if top < now {
            wrap.set_scroll_top(top as i32);
        } else if bottom + row > now + height {
            wrap.set_scroll_top((bottom + row - height) as i32 + 1);
        }
    }
}

impl Core {
    /// The width of the shown columns of one priority, with what stands at the ends of a row.
    fn steps(&self, priority: u8) -> u16 {
        let shown = self.shown.get();
        let ends = [self.selection.is_some(), self.acts.is_some()].iter().filter(|end| **end).count() as u16 * 10;
        let of = |column: &&Column| match priority {
            1 => column.priority < 2,
            2 | 3 => column.priority == priority,
            _ => column.priority > 3,
        };
        let columns: u16 = shown_of(&self.columns, &shown).filter(of).map(|column| column.width).sum();
        if priority == 1 { columns + ends } else { columns }
    }

    fn toggle(&self, row: &str, on: Option<bool>) {
        let Some(selection) = self.selection else { return };
        selection.update(|all| {
            if on.unwrap_or_else(|| !all.contains(row)) {
                all.insert(row.to_owned());
            } else {
                all.remove(row);
            }
        });
        self.anchor.set(Some(row.to_owned()));
    }

    /// Selects everything between the anchor and this row.
    fn extend(&self, row: &str) {
        let Some(selection) = self.selection else { return };
        let from = self.anchor.get_untracked().unwrap_or_else(|| row.to_owned());
        self.order.with_untracked(|order| {
            let place = |id: &str| order.iter().position(|own| own == id);
            if let (Some(a), Some(b)) = (place(&from), place(row)) {
                selection.update(|all| all.extend(order[a.min(b)..=a.max(b)].iter().cloned()));
            }
        });
        self.anchor.set(Some(from));
    }

    fn open(&self, row: &str) {
        self.active.set(Some(row.to_owned()));
        if let Some(on_open) = &self.on_open {
            on_open(row.to_owned());
        }
    }

    fn dom_id(&self, row: &str) -> String {
        format!("{}-{row}", self.id)
    }

    fn go_to(&self, at: usize) -> Option<String> {
        let row = self.order.with_untracked(|order| order.get(at.min(order.len().saturating_sub(1))).cloned())?;
        self.active.set(Some(row.clone()));
        let count = self.order.with_untracked(Vec::len);
        if let Some(window) = &self.window {
            window.reveal(at.min(count.saturating_sub(1)));
            window.look(count);
        }
        match element(&self.dom_id(&row)) {
            Some(element) => {
                let _ = element.focus();
            }
            None => crate::browser::focus_soon(self.dom_id(&row)),
        }
        Some(row)
    }

    /// A row that had the focus was drawn again, or is gone: the row that Tab reaches now takes it.
    fn regain_focus(&self, wrap: &View) {
        let lost = active_element().is_none_or(|now| now.tag_name() == "BODY" || now.is_same_node(Some(wrap.node())));
        let Some(row) = self.stop.try_get_untracked().flatten().filter(|_| lost) else { return };
        if let Some(line) = element(&self.dom_id(&row)) {
            focus_in_place(&line);
        }
    }

    /// J and K from anywhere on the page: into the rows first, then on from the row where one was.
    fn step(&self, down: bool) {
        let at = self.order.with_untracked(|order| {
            let active = self.active.get_untracked();
            let now = active.and_then(|active| order.iter().position(|row| *row == active));
            now.map_or(0, |now| if down { now + 1 } else { now.saturating_sub(1) })
        });
        self.go_to(at);
    }

    fn key(&self, ev: &KeyboardEvent) {
        // Keys inside a control of the row are the control's own. The frame stands in for a row out of sight.
        let on_row = ev.target().is_some_and(|t| {
            let element = t.unchecked_ref::<Element>();
            element.tag_name() == "TR" || element.class_list().contains("table-wrap")
        });
        let Some(now) = self.stop.get_untracked() else { return };
        if !on_row || !plain_key(ev) {
            return;
        }
        let at = self.order.with_untracked(|order| order.iter().position(|row| *row == now)).unwrap_or(0);
        let key = ev.key();
        match key.as_str() {
            "j" | "J" | "ArrowDown" | "k" | "K" | "ArrowUp" => {
                let down = matches!(key.as_str(), "j" | "J" | "ArrowDown");
                if ev.shift_key() && self.anchor.with_untracked(Option::is_none) {
                    self.anchor.set(Some(now));
                }
                let next = self.go_to(if down { at + 1 } else { at.saturating_sub(1) });
                if let (true, Some(next)) = (ev.shift_key(), next) {
                    self.extend(&next);
                }
            }
            "Home" => {
                self.go_to(0);
            }
            "End" => {
                self.go_to(usize::MAX);
            }
            "x" | "X" | " " if self.selection.is_some() => {
                if ev.shift_key() {
                    self.extend(&now);
                } else {
                    self.toggle(&now, None);
                }
            }
            "Enter" if self.on_open.is_some() => self.open(&now),
            "Escape" => {
                let selected = self.selection.filter(|s| s.with_untracked(|s| !s.is_empty()));
                let opened = self.opened.is_some_and(|o| o.with_untracked(Option::is_some));
                match (opened, &self.on_escape, selected) {
                    (true, Some(on_escape), _) => on_escape(),
                    (_, _, Some(selection)) => selection.update(BTreeSet::clear),
                    _ => return,
                }
            }
            letter => {
                if let Some(on_key) = self.on_key.as_ref().filter(|_| letter.chars().count() == 1) {
                    on_key(letter, &now);
                }
                // The key stays visible to the shortcuts of the page.
                return;
            }
        }
        ev.prevent_default();
    }
}

fn build(table: Table) -> View {
    let Table {
        label,
        columns,
        rows,
        shown,
        sort,
        selection,
        opened,
        on_open,
        on_escape,
        on_key,
        acts,
        stale,
        on_end,
        active,
        keeps_place,
    } = table;
    let shown =
        shown.unwrap_or_else(|| RwSignal::new(columns.iter().filter(|c| !c.hidden).map(|c| c.key).collect::<Vec<_>>()));
    let active = active.unwrap_or_else(|| RwSignal::new(None));
    let order = RwSignal::new(Vec::<String>::new());
    let stop = memo(move || {
        order.with(|order| active.get().filter(|active| order.contains(active)).or_else(|| order.first().cloned()))
    });
    let wrap = div("table-wrap");
    let window = on_end.map(|on_end| Window {
        wrap: wrap.clone(),
        start: RwSignal::new(0),
        size: RwSignal::new(60),
        row: Cell::new(36.0),
        on_end,
    });
    let windowed = window.is_some();
    let core = Rc::new(Core {
        id: unique_id("table"),
        columns,
        shown,
        order,
        active,
        anchor: RwSignal::new(None),
        stop,
        selection,
        opened,
        on_open,
        on_escape,
        on_key,
        acts,
        window,
    });

    let mut head = el("tr");
    if let Some(selection) = selection {
        head = head.child(el("th").class("col-check").attr("scope", "col").child(select_all(order, selection)));
    }
    let own = core.clone();
    head = head.live(move || {
        let cell = |column: &Column| {
            let cell = head_cell(column, sort.clone());
            // The growing column takes what the others leave.
            if windowed && !column.grows { cell.style("width", &steps(column.width)) } else { cell }
        };
        View::all(shown_of(&own.columns, &own.shown.get()).map(cell))
    });
    if core.acts.is_some() {
        let cell = el("th").class("col-acts").attr("scope", "col");
        head = head.child(cell.child(span("sr-only").child(t().menu_more())));
    }

    if core.on_open.is_some() {
        for (key, down) in [("j", true), ("k", false)] {
            let core = core.clone();
            list_key(key, move || core.step(down));
        }
    }

    let lines = Lines::of(rows);
    let (keys, own, all, frame) = (core.clone(), core.clone(), lines.clone(), wrap.clone());
    let body = el("tbody").each(move || {
        all.revision.track();
        if holds_row(&frame) {
            let (core, frame) = (own.clone(), frame.clone());
            request_animation_frame(move || core.regain_focus(&frame));
        }
        let rows = all.rows.borrow();
        let (start, size) = match &own.window {
            Some(window) => (window.start.get().min(rows.len().saturating_sub(1)), window.size.get()),
            None => (0, rows.len()),
        };
        let end = (start + size).min(rows.len());
        let line = |(at, row): (usize, &Row)| {
            let (core, row) = (own.clone(), row.clone());
            Item::new(format!("{}\u{1f}{}", row.id, row.mark), move || {
                let line = body_row(core, row);
                if windowed { line.attr("aria-rowindex", &(at + 2).to_string()) } else { line }
            })
        };
        let mut items: Vec<Item> = rows.iter().enumerate().take(end).skip(start).map(line).collect();
        if let Some(window) = &own.window {
            let drawn = |row: &Row| rows[start..end].iter().any(|own| own.id == row.id);
            let active = own.active.get_untracked();
            if active.is_some_and(|id| rows.iter().find(|row| row.id == id).is_none_or(|row| !drawn(row))) {
                window.keep_focus();
            }
            let gap = |rows: usize| format!("{}px", (rows as f64 * window.row.get()).round());
            items.insert(0, spacer("above", gap(start)));
            items.push(spacer("below", gap(rows.len() - end)));
        }
        items
    });
    let follower = core.clone();
    let mut of = keeps_place.as_ref().map(|of| untrack(|| of()));
    react(move || {
        lines.revision.track();
        let ids: Vec<String> = lines.rows.borrow().iter().map(|row| row.id.clone()).collect();
        let order = follower.order;
        let (same, first_stays) = order.with_untracked(|order| (*order == ids, order.first() == ids.first()));
        let begins_as_before = match &keeps_place {
            Some(now) => {
                let now = untrack(|| now());
                of.replace(now.clone()) == Some(now)
            }
            None => first_stays,
        };
        if !same {
            // Where the row of the keyboard is gone, what has moved into its place is the next one.
            let gone = follower.active.get_untracked().filter(|active| begins_as_before && !ids.contains(active));
            let at = gone.and_then(|gone| order.with_untracked(|order| order.iter().position(|row| *row == gone)));
            let heir = at.and_then(|at| ids.get(at).or_else(|| ids.last()).cloned());
            order.set(ids);
            if heir.is_some() {
                follower.active.set(heir);
            }
        }
        if let Some(window) = follower.window.as_ref().filter(|_| !begins_as_before) {
            // Another list begins at its top.
            window.wrap.element().set_scroll_top(0);
            window.start.set(0);
        }
    });
    let grid = el("table").id(&core.id).class("table").label(&label).child(el("thead").child(head)).child(body);
    let wrap = wrap.child(if windowed { window_grid(grid, &core) } else { grid }).on_key(move |ev| keys.key(ev));
    let wrap = if windowed { follow_scroll(wrap, &core) } else { wrap };
    match stale {
        Some(stale) => wrap.class_of("loaded-stale", move || stale()),
        None => wrap,
    }
}

/// Fixed widths, and the number of all rows for those who hear the table.
fn window_grid(grid: View, core: &Rc<Core>) -> View {
    let (counted, one, two, three, four) = (core.clone(), core.clone(), core.clone(), core.clone(), core.clone());
    grid.add_class("table-window")
        .attr_of("aria-rowcount", move || (counted.order.with(Vec::len) + 1).to_string())
        .style_of("--columns-1", move || steps(one.steps(1)))
        .style_of("--columns-2", move || steps(two.steps(2)))
        .style_of("--columns-3", move || steps(three.steps(3)))
        .style_of("--columns-4", move || steps(four.steps(4)))
}

fn follow_scroll(wrap: View, core: &Rc<Core>) -> View {
    let look = |core: &Core| {
        // The frame or the last scroll may come when the page has been left: then the signals are gone.
        if let (Some(window), Some(count)) = (&core.window, core.order.try_with_untracked(Vec::len)) {
            window.look(count);
        }
    };
    let (scrolled, sized) = (core.clone(), core.clone());
    // More rows, or the first ones: look when the browser has laid them out.
    react(move || {
        sized.order.track();
        let core = sized.clone();
        request_animation_frame(move || look(&core));
    });
    wrap.attr("tabindex", "-1").on("scroll", move |_| look(&scrolled))
}

fn steps(n: u16) -> String {
    format!("calc(var(--s1) * {n})")
}

/// Stands for the rows that are not drawn.
fn spacer(place: &'static str, height: String) -> Item {
    Item::new(format!("{place} {height}"), move || {
        let cell = el("td").style("height", &height);
        el("tr").class("table-gap").decorative().child(cell)
    })
}

/// The rows of the moment, and a signal that tells when they are others.
struct Lines {
    rows: RefCell<Vec<Row>>,
    revision: RwSignal<u32>,
}

impl Lines {
    fn of(rows: Rc<dyn Fn() -> Vec<Row>>) -> Rc<Lines> {
        let lines = Rc::new(Lines { rows: RefCell::new(Vec::new()), revision: RwSignal::new(0) });
        let own = lines.clone();
        react(move || {
            own.rows.replace(rows());
            own.revision.update(|n| *n += 1);
        });
        lines
    }
}

fn shown_of<'a>(columns: &'a [Column], shown: &[&'static str]) -> impl Iterator<Item = &'a Column> {
    columns.iter().filter(move |column| shown.contains(&column.key))
}

fn select_all(order: RwSignal<Vec<String>>, selection: RwSignal<BTreeSet<String>>) -> View {
    let state = memo(move || {
        order.with(|order| {
            selection.with(|selection| {
                let n = order.iter().filter(|row| selection.contains(*row)).count();
                (n > 0, n > 0 && n == order.len())
            })
        })
    });
    let change = move |on: bool| {
        order.with_untracked(|order| {
            selection.update(|all| {
                if on {
                    all.extend(order.iter().cloned());
                } else {
                    all.retain(|row| !order.contains(row));
                }
            });
        });
    };
    Checkbox::new(t().table_select_all(), move || state.get().1, change)
        .partly(move || state.get() == (true, false))
        .label_hidden()
        .into()
}

fn body_row(core: Rc<Core>, row: Row) -> View {
    let Row { id, name, cell, .. } = row;
    let id: Rc<str> = id.into();
    let is = |what: Memo<Option<String>>| {
        let id = id.clone();
        memo(move || what.with(|what| what.as_deref() == Some(&*id)))
    };
    let is_stop = is(core.stop);
    let mut line = el("tr")
        .class("line")
        .id(&core.dom_id(&id))
        .attr_of("tabindex", move || if is_stop.get() { "0" } else { "-1" });
    if core.on_open.is_some() {
        line = line.add_class("clickable");
    }
    if let Some(opened) = core.opened {
        let is_opened = is(opened);
        line = line.class_of("opened", move || is_opened.get());
    }
    if let Some(selection) = core.selection {
        let own = id.clone();
        let is_selected = memo(move || selection.with(|s| s.contains(&*own)));
        let (own, core) = (id.clone(), core.clone());
        let input = el("input").attr("type", "checkbox").attr("tabindex", "-1").checked_of(move || is_selected.get());
        let checked = input.input().clone();
        let input = input.on("click", move |ev| {
            if ev.unchecked_ref::<MouseEvent>().shift_key() {
                core.extend(&own);
            } else {
                core.toggle(&own, Some(checked.checked()));
            }
        });
        let words = t().table_select_row(&name);
        let check = el("label").class("check").child(input).child(span("sr-only").child(words));
        line = line.class_of("selected", move || is_selected.get()).child(el("td").class("col-check").child(check));
    }
    let own = core.clone();
    line = line.live(move || {
        let draw = |column: &Column| {
            let place = if column.fixed { el("th").attr("scope", "row") } else { el("td") };
            place.class(&column.class()).child(untrack(|| cell(column.key)))
        };
        View::all(shown_of(&own.columns, &own.shown.get()).map(draw))
    });
    if let Some(acts) = core.acts.clone() {
        let own = id.clone();
        let menu = Menu::new(t().table_row_actions(&name), move || acts(&own))
            .icon_only(Icon::More)
            .quiet()
            .small()
            .align_end();
        line = line.child(el("td").class("col-acts").child(menu));
    }
    let (focused, own) = (id.clone(), core.clone());
    line.on("focus", move |_| own.active.set(Some(focused.to_string()))).on("click", move |ev| {
        let inside = ev.target().is_some_and(|t| {
            t.unchecked_ref::<Element>().closest("a,button,input,label,select,[popover]").ok().flatten().is_some()
        });
        if inside {
            return;
        }
        if ev.unchecked_ref::<MouseEvent>().shift_key() && core.selection.is_some() {
            core.active.set(Some(id.to_string()));
            core.extend(&id);
        } else {
            core.open(&id);
        }
    })
}

fn head_cell(column: &Column, sort: Option<Sorting>) -> View {
    let key = column.key;
    let place = el("th").attr("scope", "col").class(&column.class());
    let Some((sort, on_sort)) = sort.filter(|_| column.sortable) else {
        return place.child(&column.label);
    };
    let direction = memo(move || sort.with(|sort| (sort.key == key).then_some(sort.descending)));
    let press = button("sort")
        .child(&column.label)
        .live(move || {
            icon(match direction.get() {
                Some(false) => Icon::Up,
                Some(true) => Icon::Down,
                None => Icon::Sort,
            })
        })
        .on_click(move || {
            on_sort(Sort { key: key.to_owned(), descending: direction.get_untracked() == Some(false) });
        });
    place.child(press).attr_of("aria-sort", move || match direction.get() {
        Some(false) => "ascending",
        Some(true) => "descending",
        None => "none",
    })
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

//! Ctrl/Cmd-K: everything that can be reached or done, by its name.

use std::cell::{Cell, OnceCell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::combobox::scroll_into_view;
use super::dialog::modal;
use super::hotkeys::key_hint;
use super::icon::{Icon, icon};
use crate::api::Failure;
use crate::browser::{element, unique_id};
use crate::dom::{View, div, el, p, react, span};
use crate::text::{search, t};

#[derive(Clone)]
pub struct Command {
    icon: Icon,
    label: String,
    /// Beside the label: SIREN, portfolio, where it leads.
    hint: String,
    /// More words that find it.
    words: String,
    keys: Option<&'static str>,
    act: Rc<dyn Fn()>,
}

impl Command {
    pub fn new(icon: Icon, label: impl Into<String>, act: impl Fn() + 'static) -> Command {
        let (hint, words) = (String::new(), String::new());
        Command { icon, label: label.into(), hint, words, keys: None, act: Rc::new(act) }
    }

    pub fn hint(self, hint: impl Into<String>) -> Command {
        Command { hint: hint.into(), ..self }
    }

    pub fn words(self, words: impl Into<String>) -> Command {
        Command { words: words.into(), ..self }
    }

    pub fn keys(self, keys: &'static str) -> Command {
        Command { keys: Some(keys), ..self }
    }

    fn matches(&self, folded: &str) -> bool {
        search::matches(folded, &format!("{} {} {}", self.label, self.hint, self.words))
    }
}

/// What a search elsewhere (dossiers by name, SIREN, contact) answers.
pub type Found = Pin<Box<dyn Future<Output = Result<Vec<Command>, Failure>>>>;
type Find = Rc<dyn Fn(String) -> Found>;

thread_local! {
    static OPEN: OnceCell<RwSignal<bool>> = const { OnceCell::new() };
    static PAGES: RefCell<Vec<Command>> = const { RefCell::new(Vec::new()) };
    /// Acts, with the number of the registration that brought each.
    static ACTIONS: RefCell<Vec<(u32, Command)>> = const { RefCell::new(Vec::new()) };
    static NEXT: Cell<u32> = const { Cell::new(0) };
    static FIND: RefCell<Option<Find>> = const { RefCell::new(None) };
}

/// Whether the palette is open. First asked for at the root of the application.
pub fn palette_open() -> RwSignal<bool> {
    OPEN.with(|cell| *cell.get_or_init(|| RwSignal::new(false)))
}

pub fn set_palette_pages(pages: Vec<Command>) {
    PAGES.set(pages);
}

/// How dossiers are searched; asked a moment after the last key, for as long as the present part lives.
pub fn set_palette_search(find: impl Fn(String) -> Found + 'static) {
    FIND.set(Some(Rc::new(find)));
    on_cleanup(|| {
        FIND.take();
    });
}

/// An act in the palette for as long as the present page lives.
pub fn palette_command(command: Command) {
    let id = NEXT.get() + 1;
    NEXT.set(id);
    ACTIONS.with_borrow_mut(|actions| actions.push((id, command)));
    on_cleanup(move || ACTIONS.with_borrow_mut(|actions| actions.retain(|(own, _)| *own != id)));
}

const SEARCH_DELAY: Duration = Duration::from_millis(140);

pub fn command_palette() -> View {
    let open = palette_open();
    modal(open).add_class("palette").label(t().palette_title()).show(move || open.get(), move || body(open))
}

/// Pages and actions that match, after the dossiers that were found.
fn sections(query: &str, dossiers: Vec<Command>) -> [(&'static str, Vec<Command>); 3] {
    let folded = search::fold(query);
    let pages = PAGES.with_borrow(|all| all.iter().filter(|c| c.matches(&folded)).cloned().collect());
    let actions =
        ACTIONS.with_borrow(|all| all.iter().map(|(_, c)| c).filter(|c| c.matches(&folded)).cloned().collect());
    let t = t();
    [(t.palette_dossiers(), dossiers), (t.palette_pages(), pages), (t.palette_actions(), actions)]
}

fn body(open: RwSignal<bool>) -> View {
    let query = RwSignal::new(String::new());
    let active = RwSignal::new(0usize);
    // Found dossiers are no values that signals can compare: the round of the search that found them is.
    let dossiers = Rc::new(RefCell::new(Vec::<Command>::new()));
    let found_round = RwSignal::new(0u32);
    let search_failed = RwSignal::new(false);
    let round = Rc::new(Cell::new(0u32));
    let shown = Rc::new(RefCell::new(Vec::<Command>::new()));
    let list_id = unique_id("palette");

    // Ask for dossiers a moment after the last key; late answers of earlier words are dropped.
    let (asked, put) = (round, dossiers.clone());
    react(move || {
        let words = query.get();
        let Some(find) = FIND.with_borrow(Clone::clone) else { return };
        let own = asked.get() + 1;
        asked.set(own);
        if words.trim().chars().count() < 2 {
            put.borrow_mut().clear();
            return;
        }
        let (asked, put) = (asked.clone(), put.clone());
        set_timeout(
            move || {
                if asked.get() != own {
                    return;
                }
                spawn_local(async move {
                    let answer = find(words).await;
                    if asked.get() == own {
                        search_failed.try_set(answer.is_err());
                        put.replace(answer.unwrap_or_default());
                        found_round.try_set(own);
                    }
                });
            },
            SEARCH_DELAY,
        );
    });

    let all = shown.clone();
    let run: Rc<dyn Fn(usize)> = Rc::new(move |at| {
        let command = all.borrow().get(at).cloned();
        if let Some(command) = command {
            open.set(false);
            (command.act)();
        }
    });
    let (count, scroll_prefix) = (shown.clone(), list_id.clone());
    let move_by = move |forward: bool| {
        let n = count.borrow().len();
        if n > 0 {
            let at = (active.get_untracked() + if forward { 1 } else { n - 1 }) % n;
            active.set(at);
            if let Some(option) = element(&format!("{scroll_prefix}-{at}")) {
                scroll_into_view(&option);
            }
        }
    };
    let run_key = run.clone();
    let active_prefix = list_id.clone();
    let input = el("input")
        .attr("type", "text")
        .attr("role", "combobox")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("aria-expanded", "true")
        .attr("aria-autocomplete", "list")
        .attr("aria-controls", &list_id)
        .attr("placeholder", t().palette_placeholder())
        .label(t().palette_title())
        .flag("autofocus", true)
        .attr_of("aria-activedescendant", move || format!("{active_prefix}-{}", active.get()))
        .on_input(move |typed| {
            active.set(0);
            query.set(typed);
        })
        .on_key(move |ev| {
            match ev.key().as_str() {
                "ArrowDown" => move_by(true),
                "ArrowUp" => move_by(false),
                "Enter" => run_key(active.get_untracked()),
                _ => return,
            }
            ev.prevent_default();
        });

    let option_prefix = list_id.clone();
    let option = move |at: usize, command: Command| {
        let run = run.clone();
        div("option")
            .id(&format!("{option_prefix}-{at}"))
            .attr("role", "option")
            .class_of("option-active", move || active.get() == at)
            .aria_of("aria-selected", move || active.get() == at)
            .on("mousemove", move |_| {
                if active.get_untracked() != at {
                    active.set(at);
                }
            })
            .on_click(move || run(at))
            .child(icon(command.icon))
            .child(span("truncate").child(command.label))
            .child(span("option-hint truncate").child(command.hint))
            .child(command.keys.map(key_hint))
    };
    let list = div("palette-list").id(&list_id).attr("role", "listbox").label(t().palette_title()).live(move || {
        found_round.track();
        let words = query.get();
        let sections = sections(&words, dossiers.borrow().clone());
        let mut flat = Vec::new();
        let mut out = Vec::new();
        for (title, commands) in sections.into_iter().filter(|(_, commands)| !commands.is_empty()) {
            let mut group = div("")
                .attr("role", "group")
                .label(title)
                .child(p("menu-heading").attr("role", "presentation").child(title));
            for command in commands {
                group = group.child(option(flat.len(), command.clone()));
                flat.push(command);
            }
            out.push(group);
        }
        if flat.is_empty() {
            out.push(p("palette-none soft").child(t().palette_none(&words)));
        }
        shown.replace(flat);
        out
    });
    let foot = p("palette-foot faint small")
        .decorative()
        .child(key_hint("ArrowUp"))
        .child(key_hint("ArrowDown"))
        .child(t().palette_move())
        .child(key_hint("Enter"))
        .child(t().palette_open());
    div("palette-inner")
        .child(div("palette-search").child(icon(Icon::Search)).child(input).child(key_hint("Escape")))
        .child(list)
        .show(
            move || search_failed.get(),
            || p("palette-note soft small").attr("role", "status").child(t().palette_failed()),
        )
        .child(foot)
}

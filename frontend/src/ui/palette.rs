//! Ctrl/Cmd-K: everything that can be reached or done, by its name.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::{ev, html};

use super::combobox::scroll_into_view;
use super::dialog::drive;
use super::hotkeys::KeyHint;
use super::icon::{Icon, icon as draw};
use crate::api::Failure;
use crate::browser::{element, unique_id};
use crate::text::{search, t};

#[derive(Clone)]
pub struct Command {
    pub icon: Icon,
    pub label: String,
    /// Beside the label: SIREN, portfolio, where it leads.
    pub hint: String,
    /// More words that find it.
    pub words: String,
    pub keys: Option<&'static str>,
    pub act: Arc<dyn Fn() + Send + Sync>,
}

impl Command {
    pub fn new(icon: Icon, label: impl Into<String>, act: impl Fn() + Send + Sync + 'static) -> Command {
        let (hint, words) = (String::new(), String::new());
        Command { icon, label: label.into(), hint, words, keys: None, act: Arc::new(act) }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Command {
        self.hint = hint.into();
        self
    }

    pub fn words(mut self, words: impl Into<String>) -> Command {
        self.words = words.into();
        self
    }

    pub fn keys(mut self, keys: &'static str) -> Command {
        self.keys = Some(keys);
        self
    }
}

/// What a search elsewhere (dossiers by name, SIREN, contact) answers.
pub type Found = Pin<Box<dyn Future<Output = Result<Vec<Command>, Failure>>>>;

#[derive(Clone, Copy)]
pub struct Commands {
    pub open: RwSignal<bool>,
    pages: RwSignal<Vec<Command>>,
    /// Acts, with the number of the page that brought each.
    actions: RwSignal<Vec<(u32, Command)>>,
    next: StoredValue<u32>,
    #[allow(clippy::type_complexity)]
    find: StoredValue<Option<Arc<dyn Fn(String) -> Found + Send + Sync>>>,
}

impl Commands {
    /// Call once, at the root.
    pub fn provide() -> Commands {
        let commands = Commands {
            open: RwSignal::new(false),
            pages: RwSignal::new(Vec::new()),
            actions: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            find: StoredValue::new(None),
        };
        provide_context(commands);
        commands
    }

    pub fn set_pages(self, pages: Vec<Command>) {
        self.pages.set(pages);
    }

    /// How dossiers are searched; asked a moment after the last key.
    pub fn set_find(self, find: impl Fn(String) -> Found + Send + Sync + 'static) {
        self.find.set_value(Some(Arc::new(find)));
    }
}

/// An act in the palette for as long as the present component lives.
pub fn use_command(command: Command) {
    let commands = expect_context::<Commands>();
    let id = commands.next.get_value() + 1;
    commands.next.set_value(id);
    commands.actions.update(|actions| actions.push((id, command)));
    on_cleanup(move || {
        commands.actions.try_update(|actions| actions.retain(|(own, _)| *own != id));
    });
}

const SEARCH_DELAY: Duration = Duration::from_millis(140);

#[component]
pub fn CommandPalette(commands: Commands) -> AnyView {
    let node = NodeRef::<html::Dialog>::new();
    drive(node, commands.open.into());
    view! {
        <dialog
            node_ref=node
            class="dialog palette"
            aria-label=t().palette_title()
            on:cancel=move |ev: web_sys::Event| {
                ev.prevent_default();
                commands.open.set(false);
            }
            on:mousedown=move |ev| {
                if ev.target() == ev.current_target() {
                    commands.open.set(false);
                }
            }
        >
            {move || commands.open.get().then(|| palette_body(commands))}
        </dialog>
    }
    .into_any()
}

fn palette_body(commands: Commands) -> AnyView {
    let query = RwSignal::new(String::new());
    let active = RwSignal::new(0usize);
    let dossiers = RwSignal::new(Vec::<Command>::new());
    let search_failed = RwSignal::new(false);
    let round = StoredValue::new(0u32);
    let list_id = unique_id("palette");

    // Ask for dossiers a moment after the last key; late answers of earlier words are dropped.
    Effect::new(move |_| {
        let words = query.get();
        let Some(find) = commands.find.get_value() else { return };
        round.update_value(|n| *n += 1);
        let own = round.get_value();
        if words.trim().chars().count() < 2 {
            dossiers.set(Vec::new());
            return;
        }
        set_timeout(
            move || {
                if round.try_get_value() != Some(own) {
                    return;
                }
                spawn_local(async move {
                    let answer = find(words).await;
                    if round.try_get_value() == Some(own) {
                        search_failed.try_set(answer.is_err());
                        dossiers.try_set(answer.unwrap_or_default());
                    }
                });
            },
            SEARCH_DELAY,
        );
    });

    let sections = Memo::new_with_compare(
        move |_| {
            let folded = search::fold(&query.get());
            let keep = |command: &Command| {
                let mut text = command.label.clone();
                for more in [&command.hint, &command.words] {
                    text.push(' ');
                    text.push_str(more);
                }
                search::matches(&folded, &text)
            };
            let pages: Vec<Command> = commands.pages.with(|all| all.iter().filter(|c| keep(c)).cloned().collect());
            let actions: Vec<Command> =
                commands.actions.with(|all| all.iter().map(|(_, c)| c).filter(|c| keep(c)).cloned().collect());
            let t = t();
            [(t.palette_dossiers(), dossiers.get()), (t.palette_pages(), pages), (t.palette_actions(), actions)]
        },
        |_, _| true,
    );
    let count = move || sections.with(|s| s.iter().map(|(_, c)| c.len()).sum::<usize>());
    let run = move |at: usize| {
        let command = sections.with_untracked(|s| s.iter().flat_map(|(_, c)| c).nth(at).cloned());
        if let Some(command) = command {
            commands.open.set(false);
            (command.act)();
        }
    };
    let scroll_id = list_id.clone();
    let move_by = move |step: usize| {
        let n = untrack(count);
        if n > 0 {
            active.update(|at| *at = (*at + step) % n);
            if let Some(option) = element(&format!("{scroll_id}-{}", active.get_untracked())) {
                scroll_into_view(&option);
            }
        }
    };
    let on_keydown = move |ev: ev::KeyboardEvent| match ev.key().as_str() {
        "ArrowDown" => {
            ev.prevent_default();
            move_by(1);
        }
        "ArrowUp" => {
            ev.prevent_default();
            move_by(untrack(count).saturating_sub(1));
        }
        "Enter" => {
            ev.prevent_default();
            run(active.get_untracked());
        }
        _ => {}
    };
    let (controls, active_id, options_id) = (list_id.clone(), list_id.clone(), list_id.clone());
    let results = move || {
        let mut at = 0;
        let sections = sections.get();
        if sections.iter().all(|(_, c)| c.is_empty()) {
            return view! { <p class="palette-none soft">{t().palette_none(&query.get_untracked())}</p> }.into_any();
        }
        sections
            .into_iter()
            .filter(|(_, commands)| !commands.is_empty())
            .map(|(title, commands)| {
                let options = commands
                    .into_iter()
                    .map(|command| {
                        let own = at;
                        at += 1;
                        let id = format!("{options_id}-{own}");
                        view! {
                            <div
                                id=id
                                role="option"
                                class="option"
                                class:option-active=move || active.get() == own
                                aria-selected=move || if active.get() == own { "true" } else { "false" }
                                on:mousemove=move |_| {
                                    if active.get_untracked() != own {
                                        active.set(own);
                                    }
                                }
                                on:click=move |_| run(own)
                            >
                                {draw(command.icon)}
                                <span class="truncate">{command.label}</span>
                                <span class="option-hint truncate">{command.hint}</span>
                                {command.keys.map(|keys| view! { <KeyHint keys=keys /> })}
                            </div>
                        }
                        .into_any()
                    })
                    .collect_view();
                view! {
                    <div role="group" aria-label=title>
                        <p class="menu-heading" role="presentation">{title}</p>
                        {options}
                    </div>
                }
                .into_any()
            })
            .collect_view()
            .into_any()
    };
    view! {
        <div class="palette-inner">
            <div class="palette-search">
                {draw(Icon::Search)}
                <input
                    type="text"
                    role="combobox"
                    autofocus=true
                    autocomplete="off"
                    spellcheck="false"
                    aria-label=t().palette_title()
                    aria-expanded="true"
                    aria-autocomplete="list"
                    aria-controls=controls
                    aria-activedescendant=move || (count() > 0).then(|| format!("{active_id}-{}", active.get()))
                    placeholder=t().palette_placeholder()
                    prop:value=move || query.get()
                    on:input=move |ev| {
                        active.set(0);
                        query.set(event_target_value(&ev));
                    }
                    on:keydown=on_keydown
                />
                <KeyHint keys="Escape" />
            </div>
            <div id=list_id class="palette-list" role="listbox" aria-label=t().palette_title()>
                {results}
            </div>
            {move || search_failed.get().then(|| view! { <p class="palette-note soft small" role="status">{t().palette_failed()}</p> })}
            <p class="palette-foot faint small" aria-hidden="true">
                <KeyHint keys="ArrowUp ArrowDown" />
                {t().palette_move()}
                <KeyHint keys="Enter" />
                {t().palette_open()}
            </p>
        </div>
    }
    .into_any()
}

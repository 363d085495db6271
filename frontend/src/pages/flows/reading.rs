//! *À rapprocher*: words of platforms that nobody has read. Nothing is guessed; near labels are only offered first.

use contract::endpoint::op;
use contract::{Nothing, ReadWord, UnreadWord, WordCode, WordInput, WordList};
use domain::Permission;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::api::{self, Load, say};
use crate::browser::active_element;
use crate::dom::{View, div, el, p, span};
use crate::frame::refresh_jobs;
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Choice, Icon, Tone, empty_state, loaded, notice, select_field, tag, toasts};

pub fn view(words: Load<WordList>) -> View {
    let can = untrack(|| session::can(Permission::ImportRun));
    let barred = (!can).then(|| notice(Tone::Unknown, p("").child(t().words_read_only())));
    // A word was read from here: the keyboard goes on with the next one.
    let moved = StoredValue::new(false);
    let list = loaded(words, 4, move |list| {
        if moved.get_value() {
            moved.set_value(false);
            request_animation_frame(focus_next);
        }
        let unread = if list.unread.is_empty() {
            empty_state(Icon::Check, t().words_none_title(), t().words_none_detail(), [])
        } else {
            let lines = list.unread.iter().map(|word| unread(words, &list.codes, word, can, moved));
            el("ul").class("card places words-list").label(t().flows_tab_words()).children(lines)
        };
        let read = (!list.read.is_empty()).then(|| {
            el("section")
                .class("stack")
                .child(el("h2").class("lead").child(t().words_read()))
                .child(el("ul").class("places").children(list.read.iter().map(read)))
        });
        div("stack-wide").child(unread).child(read)
    });
    div("stack-wide").child(p("soft").child(t().words_lead())).child(barred).child(list)
}

/// The official statuses of invoices and transmissions, near ones first.
fn codes(known: &[WordCode], near: &[u32]) -> Vec<Choice> {
    let mut rows: Vec<(u32, String)> = known.iter().map(|row| (row.code, say(&row.label))).collect();
    rows.sort_by_key(|(code, _)| (!near.contains(code), *code));
    let first = Choice::new("", t().words_choose());
    let own = rows.into_iter().map(|(code, label)| Choice::new(code.to_string(), format!("{code} · {label}")));
    std::iter::once(first).chain(own).chain([Choice::new("aside", t().words_aside())]).collect()
}

/// Where the next word waits, if nothing else has the focus.
fn focus_next() {
    if active_element().is_some_and(|element| element.tag_name() != "BODY") {
        return;
    }
    let next = document().query_selector(".words-list select").ok().flatten();
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        let _ = next.focus();
    }
}

fn unread(words: Load<WordList>, known: &[WordCode], word: &UnreadWord, can: bool, moved: StoredValue<bool>) -> View {
    let t = t();
    let code = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let (known, near) = (known.to_vec(), word.near.clone());
    let (platform, said) = (word.platform.clone(), word.word.clone());
    // What a choice stands for; nothing while nothing is chosen.
    let body = move |preview: bool| {
        let code = match code.get_untracked().as_str() {
            "" => return None,
            "aside" => None,
            code => code.parse().ok(),
        };
        Some(WordInput { platform: platform.clone(), word: said.clone(), code, preview })
    };
    let would = RwSignal::new(None::<u64>);
    let asked = body.clone();
    Effect::new(move |_| {
        let chosen = code.get();
        would.set(None);
        let Some(body) = asked(true) else { return };
        spawn_local(async move {
            if let Ok(answer) = api::act::<op::SetWord>(&Nothing {}, &Nothing {}, &body).await
                && code.try_with_untracked(|now| *now == chosen) == Some(true)
            {
                would.set(Some(answer.flows));
            }
        });
    });
    let apply = move || {
        let Some(body) = body(false) else { return };
        busy.set(true);
        spawn_local(async move {
            match api::act::<op::SetWord>(&Nothing {}, &Nothing {}, &body).await {
                Ok(answer) => {
                    toasts().done(crate::text::t().words_done(answer.flows));
                    if answer.job_id.is_some() {
                        refresh_jobs();
                    }
                    moved.try_set_value(true);
                    words.reload();
                    session::waiting_moved();
                }
                Err(failure) => toasts().failed(&failure),
            }
            busy.try_set(false);
        });
    };
    let form = can.then(|| {
        let choice = select_field(&t.words_code_of(&word.word), code, move || codes(&known, &near)).label_hidden();
        let apply = Button::new(t.words_apply())
            .disabled(move || code.with(String::is_empty))
            .busy(move || busy.get())
            .press(apply);
        let told = p("soft small")
            .attr("aria-live", "polite")
            .live(move || would.get().map(|n| View::text(&crate::text::t().words_would(n))));
        div("stack-tight words-form").child(div("row nowrap").child(choice).child(apply)).child(told)
    });
    let since = t.words_since(format::date(t, format::paris(word.first_at).date()));
    let what = div("stack-tight grow")
        .child(div("row").child(el("h3").child(t.flow_said_as(&word.word))).child(tag(&word.platform)))
        .child(p("soft small").child(format!("{} {since}", t.words_events(word.events))));
    el("li").class("words-line").child(what).child(form)
}

fn read(word: &ReadWord) -> View {
    let t = t();
    let how = match word.code {
        Some(code) => t.words_read_as(code.to_string(), &word.by),
        None => t.words_set_aside(&word.by),
    };
    el("li")
        .class("row")
        .child(span("strong").child(t.flow_said_as(&word.word)))
        .child(tag(&word.platform))
        .child(span("soft").attr("title", &format::moment(t, word.at)).child(how))
}

//! *À rapprocher*: words of platforms that nobody has read. Nothing is guessed; near labels are only offered first.

use contract::endpoint::op;
use contract::{Nothing, ReadWord, UnreadWord, WordCode, WordInput, WordList};
use domain::Permission;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{self, Load, say};
use crate::browser::now;
use crate::dom::{View, div, el, p, span};
use crate::frame::refresh_jobs;
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Choice, Icon, Tone, empty_state, loaded, notice, select_field, tag, toasts};

pub fn view(words: Load<WordList>) -> View {
    let can = untrack(|| session::can(Permission::ImportRun));
    let barred = (!can).then(|| notice(Tone::Unknown, p("").child(t().words_read_only())));
    let list = loaded(words, 4, move |list| {
        let unread = if list.unread.is_empty() {
            empty_state(Icon::Check, t().words_none_title(), t().words_none_detail(), [])
        } else {
            div("stack").children(list.unread.iter().map(|word| unread(words, &list.codes, word, can)))
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

fn unread(words: Load<WordList>, known: &[WordCode], word: &UnreadWord, can: bool) -> View {
    let t = t();
    let code = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let (known, near) = (known.to_vec(), word.near.clone());
    let (platform, said) = (word.platform.clone(), word.word.clone());
    let apply = move || {
        let chosen = code.get_untracked();
        let code = match chosen.as_str() {
            "" => return,
            "aside" => None,
            code => code.parse().ok(),
        };
        busy.set(true);
        let body = WordInput { platform: platform.clone(), word: said.clone(), code, preview: false };
        spawn_local(async move {
            match api::act::<op::SetWord>(&Nothing {}, &Nothing {}, &body).await {
                Ok(answer) => {
                    toasts().done(crate::text::t().words_done(answer.flows));
                    if answer.job_id.is_some() {
                        refresh_jobs();
                    }
                    words.reload();
                    session::waiting_moved();
                }
                Err(failure) => toasts().failed(&failure),
            }
            busy.try_set(false);
        });
    };
    let form = can.then(|| {
        div("row words-form").child(select_field(t.words_code(), code, move || codes(&known, &near))).child(
            Button::new(t.words_apply())
                .primary()
                .disabled(move || code.with(String::is_empty))
                .busy(move || busy.get())
                .press(apply),
        )
    });
    el("section")
        .class("card stack")
        .child(div("row").child(el("h3").child(t.flow_said_as(&word.word))).child(tag(&word.platform)))
        .child(p("soft small").child(format!(
            "{} {}",
            t.words_events(word.events),
            t.words_since(format::relative(t, word.first_at, now()))
        )))
        .child(form)
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

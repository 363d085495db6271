//! `/notifications`: all that one was told of.

use std::sync::Arc;

use contract::endpoint::op;
use contract::{Nothing, Notification, NotificationQuery};
use leptos::prelude::*;

use crate::api::live::{Heard, on_live};
use crate::api::{SeekList, ask, say, seek_list};
use crate::browser::now;
use crate::dom::{Item, View, div, el, link, live, memo, p, show, span};
use crate::frame::{Step, address, mark_read, notification_place, page_head};
use crate::text::{format, t};
use crate::ui::{Button, Choice, Icon, empty_state, load_more, seek_state, segments};

const PAGE: u32 = 50;
const UNREAD: &str = "unread";

type Notes = SeekList<Arc<Notification>>;

pub fn page() -> View {
    let unread = address().text(UNREAD);
    let only = memo(move || unread.with(|text| text == "true"));
    let notes: Notes = seek_list(
        move || only.get(),
        |only, after| {
            Box::pin(async move {
                let query = NotificationQuery { unread: only.then_some(true), limit: Some(PAGE), after };
                let page = ask::<op::ListNotifications>(Nothing {}, query).await?;
                Ok((page.data.into_iter().map(Arc::new).collect(), page.next))
            })
        },
    );
    on_live(move |heard| {
        if matches!(heard, Heard::Unread(_) | Heard::Behind) {
            notes.reload();
        }
    });
    let some_new = memo(move || notes.rows.with(|rows| rows.iter().any(|note| note.read_at.is_none())));
    let t = t();
    let acts = View::all([
        show(
            move || some_new.get(),
            move || {
                let all = move || mark_read(None, move || notes.reload());
                Button::new(crate::text::t().notifications_read_all()).icon(Icon::Check).press(all).into()
            },
        ),
        Button::link(t.notifications_settings(), "/parametres?tab=notifications").icon(Icon::Settings).into(),
    ]);
    let choices = vec![Choice::new("", t.notifications_every()), Choice::new("true", t.notifications_only_unread())];
    let which = segments(
        t.notifications_which(),
        choices,
        move || if only.get() { "true".to_owned() } else { String::new() },
        |value| address().set(&[(UNREAD, Some(&value))], Step::Push),
    );
    let list = move || {
        el("ul").class("lines notes").each(move || {
            let item = |note: Arc<Notification>| {
                Item::new(format!("{}{}", note.id, note.read_at.is_some()), move || line(notes, &note))
            };
            notes.rows.get().into_iter().map(item).collect()
        })
    };
    let nothing = move || match only.get_untracked() {
        true => empty_state(Icon::Check, crate::text::t().notifications_all_read(), "", []),
        false => empty_state(
            Icon::Bell,
            crate::text::t().notifications_none(),
            crate::text::t().notifications_none_detail(),
            [],
        ),
    };
    let count = move || {
        live(move || {
            let n = notes.rows.with(Vec::len);
            (n > 0).then(|| {
                load_more(notes, move || crate::text::t().notifications_shown(notes.rows.with(Vec::len) as u64))
            })
        })
    };
    div("page notes-page")
        .child(page_head(t.notifications_title(), t.notifications_lead(), acts))
        .child(div("row").child(which))
        .child(
            el("section")
                .class("card")
                .label(t.notifications_title())
                .child(seek_state(notes, nothing, list))
                .child(count()),
        )
}

fn line(notes: Notes, note: &Notification) -> View {
    let (id, new) = (note.id, note.read_at.is_none());
    let words =
        link(if new { "strong" } else { "" }, &notification_place(note)).child(say(&note.text)).on_click(move || {
            if new {
                mark_read(Some(vec![id]), move || notes.reload());
            }
        });
    let when = span("soft small num").attr("title", &format::moment(t(), note.at)).child(format::relative(
        t(),
        note.at,
        now(),
    ));
    let mark = if new {
        span("bell-new").child(span("sr-only").child(t().notification_unread()))
    } else {
        span("bell-read").decorative()
    };
    let read = new.then(|| {
        let act = move || mark_read(Some(vec![id]), move || notes.reload());
        Button::new(t().notification_read()).icon(Icon::Check).quiet().small().press(act)
    });
    el("li").class("line").child(mark).child(div("grow stack-tight").child(p("").child(words)).child(when)).child(read)
}

//! The dialog of calendar feeds: a new address, told once, and those in use.

use contract::endpoint::op;
use contract::{CalendarFeed, CalendarFeedList, DeadlineFilter, NewCalendarFeed, Nothing};
use domain::FeedId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Wanted;
use crate::api::{Load, act, ask, load};
use crate::browser::now;
use crate::dom::{View, div, el, live, p, span};
use crate::pages::{Form, told_once};
use crate::text::{format, t};
use crate::ui::{Button, Checkbox, Dialog, error_state, skeleton, text_field, toasts};

pub fn dialog(open: RwSignal<bool>, wanted: Memo<Wanted>) -> View {
    Dialog::new(open, t().feed_title(), move || untrack(|| body(wanted))).into()
}

fn body(wanted: Memo<Wanted>) -> View {
    let list = load(|| (), |()| ask::<op::ListCalendarFeeds>(Nothing {}, Nothing {}));
    let made = RwSignal::new(None::<CalendarFeed>);
    let form = live(move || {
        let made_now = made.get();
        untrack(|| match made_now {
            Some(feed) => ready(&feed),
            None => fill_in(list, made, wanted),
        })
    });
    div("stack").child(p("soft").child(t().feed_detail())).child(form).child(in_use(list))
}

fn fill_in(list: Load<CalendarFeedList>, made: RwSignal<Option<CalendarFeed>>, wanted: Memo<Wanted>) -> View {
    let t = t();
    let name = RwSignal::new(t.feed_name_first().to_owned());
    let filter = wanted.get_untracked().filter;
    let narrow = filter != DeadlineFilter::default();
    let only = RwSignal::new(narrow);
    let form = Form::new();
    let fields = [
        View::from(text_field(t.feed_name(), name).error(form.error("/name", name))),
        narrow.then(|| Checkbox::new(t.feed_filters(), move || only.get(), move |on| only.set(on))).into(),
        div("row row-end").child(Button::new(t.feed_create()).primary().submit().busy(form.busy())),
    ];
    form.build(fields, move |form| {
        let filter = if only.get_untracked() { filter.clone() } else { DeadlineFilter::default() };
        let body = NewCalendarFeed { name: name.get_untracked(), filter };
        form.send(async move { act::<op::CreateCalendarFeed>(&Nothing {}, &Nothing {}, &body).await }, move |feed| {
            list.reload();
            made.set(Some(feed));
        });
    })
}

/// The address, this once.
fn ready(feed: &CalendarFeed) -> View {
    let t = t();
    div("stack-tight")
        .attr("role", "status")
        .child(el("h3").child(t.feed_ready()))
        .child(p("soft").child(t.feed_once()))
        .child(told_once::address(t.feed_address(), feed.address.as_deref().unwrap_or_default()))
}

fn in_use(list: Load<CalendarFeedList>) -> View {
    let rows = live(move || {
        if let Some(failure) = list.failure.get() {
            return error_state(&failure, Some(std::rc::Rc::new(move || list.reload())));
        }
        match list.value.get() {
            None => skeleton(2),
            Some(found) if found.data.is_empty() => p("soft").child(t().feed_none()),
            Some(found) => el("ul").class("results").children(found.data.iter().map(|feed| row(list, feed))),
        }
    });
    el("section").class("stack-tight").child(el("h3").child(t().feed_list())).child(rows)
}

fn row(list: Load<CalendarFeedList>, feed: &CalendarFeed) -> View {
    let t = t();
    let used = match feed.last_used_at {
        Some(at) => t.feed_used(format::relative(t, at, now())),
        None => t.feed_unused().to_owned(),
    };
    let made = t.feed_created(format::date(t, format::paris(feed.created_at).date()));
    let words = div("grow")
        .child(span("cell-main truncate").child(&feed.name))
        .child(span("cell-sub").child(format!("{made}, {used}")));
    // What cannot be taken back asks once more, in the same place.
    let sure = RwSignal::new(false);
    let id = feed.id;
    let revoke = live(move || {
        let t = crate::text::t();
        if sure.get() {
            return Button::new(t.feed_revoke_sure()).danger().small().autofocus().press(move || end(list, id));
        }
        Button::new(t.feed_revoke()).quiet().small().press(move || sure.set(true))
    });
    el("li").class("result").child(words).child(revoke)
}

fn end(list: Load<CalendarFeedList>, id: FeedId) {
    spawn_local(async move {
        match act::<op::DeleteCalendarFeed>(&id, &Nothing {}, &Nothing {}).await {
            Ok(_) => {
                toasts().done(t().feed_revoked());
                list.reload();
            }
            Err(failure) => toasts().failed(&failure),
        }
    });
}

//! The bell of the top bar: what a person is told of, and the work under way.

use std::rc::Rc;
use std::time::Duration;

use contract::endpoint::op;
use contract::{Nothing, Notification, NotificationPage, NotificationQuery, NotificationsRead};
use domain::NotificationId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::address::href;
use super::jobs::{self, Jobs};
use super::shell::bell_button;
use crate::api::live::{Heard, gathered, on_live};
use crate::api::{self, Load, ask, load, say};
use crate::browser::now;
use crate::dom::{View, div, p, span};
use crate::text::{format, t};
use crate::ui::{Icon, MenuItem, toasts};

/// As many as a glance takes in.
const SHOWN: u32 = 6;
/// Where all of them stand.
pub const NOTIFICATIONS: &str = "/notifications";

/// Where a notification leads.
pub fn place(notification: &Notification) -> String {
    match notification.anomaly_id {
        Some(id) => href("/anomalies", &[("panel", &id.to_string())]),
        None => NOTIFICATIONS.to_owned(),
    }
}

/// Marks as read: these, or all. `done` hears that it has happened.
pub fn mark_read(ids: Option<Vec<NotificationId>>, done: impl Fn() + 'static) {
    spawn_local(async move {
        match api::act::<op::ReadNotifications>(&Nothing {}, &Nothing {}, &NotificationsRead { ids }).await {
            Ok(_) => done(),
            Err(failure) => toasts().failed(&failure),
        }
    });
}

pub(super) fn bell() -> View {
    let jobs = jobs::follow();
    let notes: Load<NotificationPage> = load(
        || (),
        |()| {
            let query = NotificationQuery { limit: Some(SHOWN), ..NotificationQuery::default() };
            ask::<op::ListNotifications>(Nothing {}, query)
        },
    );
    let again = gathered(Duration::from_millis(200), move || notes.reload());
    on_live(move |heard| {
        if matches!(heard, Heard::Unread(_) | Heard::Behind) {
            again();
        }
    });
    announce(notes);
    let unread = move || notes.value.with(|page| page.as_ref().map_or(0, |page| page.unread));
    bell_button(move || jobs.running().len() as u64, unread, move || items(notes, jobs))
}

/// What has just been told is said at once, with the way there; what had been waiting waits in the bell.
fn announce(notes: Load<NotificationPage>) {
    Effect::new(move |before: Option<Option<NotificationId>>| {
        notes.value.with(|page| {
            let newest = page.as_ref()?.data.first();
            if let (Some(Some(known)), Some(note)) = (before, newest)
                && note.id > known
                && note.read_at.is_none()
            {
                toasts().linked(true, say(&note.text), t().jobs_toast_open(), &place(note));
            }
            // Nothing yet is older than whatever comes.
            Some(newest.map_or_else(|| NotificationId::from_uuid(Default::default()), |note| note.id))
        })
    });
}

fn items(notes: Load<NotificationPage>, jobs: Jobs) -> Vec<MenuItem> {
    let mut items = Vec::new();
    let (listed, unread) = notes.value.with_untracked(|page| match page {
        Some(page) => (page.data.clone(), page.unread),
        None => (Vec::new(), 0),
    });
    items.push(MenuItem::heading(t().notifications_title()));
    for note in &listed {
        let (id, new) = (note.id, note.read_at.is_none());
        let drawn = note.clone();
        let read = Rc::new(move || {
            if new {
                mark_read(Some(vec![id]), move || notes.reload());
            }
        });
        items.push(MenuItem::rich(place(note), move || face(&drawn)).also(read));
    }
    if listed.is_empty() {
        items.push(MenuItem::heading(t().notifications_none()));
    }
    if unread > 0 {
        items.push(MenuItem::act(Icon::Check, t().notifications_read_all(), move || {
            mark_read(None, move || notes.reload());
        }));
    }
    items.push(MenuItem::link(Icon::Bell, t().notifications_all(), NOTIFICATIONS));
    let work = jobs.items();
    if !work.is_empty() {
        items.push(MenuItem::line());
        items.extend(work);
    }
    items
}

fn face(note: &Notification) -> View {
    let new = note.read_at.is_none();
    let mark = new.then(|| span("bell-new").child(span("sr-only").child(t().notification_unread())));
    let when = span("soft small num").attr("title", &format::moment(t(), note.at)).child(format::relative(
        t(),
        note.at,
        now(),
    ));
    let words = p(if new { "strong" } else { "" }).child(say(&note.text));
    div("menu-note").child(words).child(span("row").child(mark).child(when))
}

//! A person's notifications, and how the person wants to be told.

use std::collections::HashSet;

use contract::{
    Nothing, Notification as NotificationShape, NotificationPage, NotificationQuery, NotificationSettings,
    NotificationsRead,
};
use domain::NotificationId;
use serde_json::json;
use store::journal::Entry;
use store::notifications::Notification;
use store::{Conn, Scope, dialect};

use super::notify;
use crate::fields::Check;
use crate::{Answer, Call, Error, Result, cursor, invalid, journal};

const MOST_READ: usize = 1_000;

pub fn list_notifications(
    call: &Call,
    _: Nothing,
    query: NotificationQuery,
    _: Nothing,
) -> Result<Answer<NotificationPage>> {
    let limit = cursor::limit(query.limit)?;
    let after = query.after.as_deref().map(read_cursor).transpose()?;
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let mut found = store::notifications::list(&mut conn, scope, query.unread, after, limit + 1)?;
    let next = (found.len() as i64 > limit).then(|| {
        found.truncate(limit as usize);
        found.last().map(|last| cursor::write(&[&last.id.to_string()]))
    });
    let unread = store::notifications::unread(&mut conn, scope)?;
    let data = found.into_iter().map(shape).collect::<Result<_>>()?;
    Ok(Answer::new(NotificationPage { data, next: next.flatten(), unread }))
}

fn read_cursor(text: &str) -> Result<String> {
    let [id] = cursor::read::<1>(text)?;
    id.parse::<NotificationId>().map_err(|_| cursor::wrong())?;
    Ok(id)
}

fn shape(n: Notification) -> Result<NotificationShape> {
    Ok(NotificationShape {
        id: n.id,
        kind: n.kind.parse().map_err(Error::internal)?,
        text: n.text,
        anomaly_id: n.anomaly,
        at: n.at,
        read_at: n.read_at,
    })
}

/// Marks one's own notifications as read. What a person has looked at is nobody else's matter: the journal does not tell it.
pub fn read_notifications(call: &Call, _: Nothing, _: Nothing, body: NotificationsRead) -> Result<Answer<Nothing>> {
    if let Some(ids) = &body.ids
        && ids.len() > MOST_READ
    {
        return Err(invalid(
            "/ids",
            "too_many",
            format!("{} notifications : {MOST_READ} au plus, ou toutes sans `ids`.", ids.len()),
            format!("{} notifications: {MOST_READ} at most, or all without `ids`.", ids.len()),
        ));
    }
    let scope = call.scope()?;
    call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let marked = store::notifications::mark_read(conn, scope, body.ids.as_deref(), call.now)?;
        if marked > 0 {
            // The person's other windows count anew.
            store::pulses::bump(conn, scope.cabinet(), &[store::pulses::Change::Told { user: scope.user() }])?;
        }
        Ok(Answer::none())
    })
}

fn settings(conn: &mut Conn, scope: &Scope) -> Result<NotificationSettings> {
    let kept = store::notifications::settings(conn, &[scope.user()])?;
    notify::read(kept.get(&scope.user()).map(String::as_str))
}

pub fn read_notification_settings(
    call: &Call,
    _: Nothing,
    _: Nothing,
    _: Nothing,
) -> Result<Answer<NotificationSettings>> {
    Ok(Answer::new(settings(&mut *call.app.store.conn()?, call.scope()?)?))
}

pub fn update_notification_settings(
    call: &Call,
    _: Nothing,
    _: Nothing,
    body: NotificationSettings,
) -> Result<Answer<NotificationSettings>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let mut check = Check::default();
    let mut kinds = HashSet::new();
    for (place, choice) in body.choices.iter().enumerate() {
        if !kinds.insert(choice.kind) {
            check.refuse(
                format!("/choices/{place}/kind"),
                "twice",
                format!("« {} » figure deux fois : une ligne par sorte.", choice.kind),
                format!("“{}” stands twice: one line for each kind.", choice.kind),
            );
        }
    }
    check.done()?;
    let after = call.app.store.conn()?.write(|conn| -> Result<NotificationSettings> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let before = settings(conn, scope)?;
        let after = notify::read(Some(&serde_json::to_string(&body)?))?;
        if before == after {
            return Ok(after);
        }
        store::notifications::set_settings(conn, scope, &serde_json::to_string(&after)?)?;
        let entry = Entry {
            action: "person.notifications",
            subject_kind: "person",
            subject_id: scope.user().to_string(),
            subject_label: actor.name.clone(),
            changes: json!({ "notifications": [before, after] }),
            act_id: None,
        };
        store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &[entry])?;
        Ok(after)
    })?;
    Ok(Answer::new(after))
}

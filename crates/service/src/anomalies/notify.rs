//! What people are told of: on the screen, and in the digest by mail. Written in the transaction of what it tells; never to
//! the person who did it, never of what the person does not see.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use contract::{DigestRhythm, NotificationChoice, NotificationKind, NotificationSettings};
use domain::{CabinetId, Text, UserId};
use store::Conn;
use store::anomalies::Anomaly;
use store::notifications::Notification;
use store::pulses::Change;

use crate::session::whole_micros;
use crate::{Result, ids};

/// Something to tell of an anomaly.
#[derive(Debug, Clone)]
pub struct News<'a> {
    pub kind: NotificationKind,
    pub anomaly: &'a Anomaly,
    /// Who did it; nobody when it happened by itself.
    pub by: Option<(UserId, &'a str)>,
    pub to: To<'a>,
}

/// Whom it is for.
#[derive(Debug, Clone, Copy)]
pub enum To<'a> {
    /// Whoever has the anomaly, and those who watch it.
    Followers,
    People(&'a [UserId]),
}

/// Tells people of an anomaly. In the transaction of what it tells, which holds the cabinet's lock, and after the
/// anomaly was written: who does not see it as it is now is not told.
pub fn notify(conn: &mut Conn, cabinet: CabinetId, news: &News<'_>, now: DateTime<Utc>) -> Result<()> {
    let mut people: BTreeSet<UserId> = match news.to {
        To::People(people) => people.iter().copied().collect(),
        To::Followers => store::anomalies::watchers_of(conn, news.anomaly.id)?.into_iter().collect(),
    };
    if let (To::Followers, Some(assignee)) = (news.to, news.anomaly.assignee) {
        people.insert(assignee);
    }
    if let Some((by, _)) = news.by {
        people.remove(&by);
    }
    if people.is_empty() {
        return Ok(());
    }
    let people: Vec<UserId> = people.into_iter().collect();
    let settings = store::notifications::settings(conn, &people)?;
    let mut recipients = store::notifications::recipients(conn, cabinet, &people)?;
    let text = text(news);
    let mut rows = Vec::new();
    for user in people {
        let Some(recipient) = recipients.remove(&user) else { continue };
        let wanted = read(settings.get(&user).map(String::as_str))?;
        let Some(choice) = wanted.choices.iter().find(|c| c.kind == news.kind) else { continue };
        let for_mail = choice.by_mail && wanted.digest != DigestRhythm::Never;
        if !(choice.on_screen || for_mail) {
            continue;
        }
        if store::anomalies::find_many(conn, &recipient.scope, &[news.anomaly.id])?.is_empty() {
            continue;
        }
        rows.push(Notification {
            id: ids::notification(),
            cabinet,
            user,
            kind: news.kind.to_string(),
            anomaly: Some(news.anomaly.id),
            text: text.clone(),
            on_screen: choice.on_screen,
            for_mail,
            at: whole_micros(now),
            read_at: None,
        });
    }
    store::notifications::insert(conn, &rows)?;
    let told: Vec<Change> = rows.iter().filter(|n| n.on_screen).map(|n| Change::Told { user: n.user }).collect();
    Ok(store::pulses::bump(conn, cabinet, &told)?)
}

/// What stands in a notification: who, what, and the title of the anomaly, which names no client.
fn text(news: &News<'_>) -> Text {
    let title = super::title(news.anomaly);
    let by = news.by.map(|(_, name)| name);
    let (fr, en) = match news.kind {
        NotificationKind::Assigned => match by {
            Some(by) => (format!("{by} vous confie"), format!("{by} gave you")),
            None => ("Une règle vous confie".to_owned(), "A rule gave you".to_owned()),
        },
        NotificationKind::Mentioned => (
            format!("{} vous mentionne", by.unwrap_or("Quelqu’un")),
            format!("{} mentioned you", by.unwrap_or("Somebody")),
        ),
        NotificationKind::Commented => {
            (format!("{} a commenté", by.unwrap_or("Quelqu’un")), format!("{} commented", by.unwrap_or("Somebody")))
        }
        NotificationKind::Near => ("L’échéance approche".to_owned(), "Near the deadline".to_owned()),
        NotificationKind::Overdue => ("En retard".to_owned(), "Past the deadline".to_owned()),
        NotificationKind::Reopened => match by {
            Some(by) => (format!("{by} a rouvert"), format!("{by} reopened")),
            None => ("De retour".to_owned(), "Back again".to_owned()),
        },
        NotificationKind::Closed => match by {
            Some(by) => (format!("{by} a clos"), format!("{by} closed")),
            None => ("La cause a disparu".to_owned(), "The cause is gone".to_owned()),
        },
        NotificationKind::HandedOver => (
            format!("{} vous transmet", by.unwrap_or("Quelqu’un")),
            format!("{} handed over to you", by.unwrap_or("Somebody")),
        ),
    };
    Text::new(format!("{fr} : {}", title.fr), format!("{en}: {}", title.en))
}

/// As the product suggests it: everything on the screen, and by mail, once a day, what waits for the person.
pub(crate) fn suggested() -> NotificationSettings {
    let choices = NotificationKind::ALL
        .iter()
        .map(|kind| NotificationChoice {
            kind: *kind,
            on_screen: true,
            by_mail: matches!(
                kind,
                NotificationKind::Assigned
                    | NotificationKind::Mentioned
                    | NotificationKind::Near
                    | NotificationKind::Overdue
                    | NotificationKind::HandedOver
            ),
        })
        .collect();
    NotificationSettings { choices, digest: DigestRhythm::Daily }
}

/// What a person has chosen; kinds that came later are as the product suggests.
pub(crate) fn read(kept: Option<&str>) -> Result<NotificationSettings> {
    let suggested = suggested();
    let Some(kept) = kept else { return Ok(suggested) };
    let kept: NotificationSettings = serde_json::from_str(kept)?;
    let choices = suggested
        .choices
        .into_iter()
        .map(|choice| kept.choices.iter().find(|c| c.kind == choice.kind).cloned().unwrap_or(choice))
        .collect();
    Ok(NotificationSettings { choices, digest: kept.digest })
}

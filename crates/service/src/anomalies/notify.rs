//! What people are told of: on the screen, and in the digest by mail. Written in the transaction of what it tells; never to
//! the person who did it, never of what the person does not see.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use contract::{DigestRhythm, NotificationChoice, NotificationKind, NotificationSettings};
use domain::{AnomalyId, CabinetId, Text, UserId};
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

/// More of one kind at once than this is told as one.
const MOST_OF_A_KIND: usize = 5;

/// Tells people of anomalies; of many at once a person hears in one sentence. In the transaction of what it tells, which
/// holds the cabinet's lock, and after the anomalies were written: who does not see one as it is now is not told of it.
pub fn notify_all(conn: &mut Conn, cabinet: CabinetId, news: &[News<'_>], now: DateTime<Utc>) -> Result<()> {
    let followed: Vec<AnomalyId> =
        news.iter().filter(|n| matches!(n.to, To::Followers)).map(|n| n.anomaly.id).collect();
    let mut watchers: HashMap<AnomalyId, Vec<UserId>> = HashMap::new();
    for (anomaly, user) in store::anomalies::watchers_of_many(conn, &followed)? {
        watchers.entry(anomaly).or_default().push(user);
    }
    // What each person hears of each kind, in the order in which it was said.
    let mut heard: BTreeMap<(UserId, NotificationKind), Vec<&News<'_>>> = BTreeMap::new();
    for one in news {
        let mut people: BTreeSet<UserId> = match one.to {
            To::People(people) => people.iter().copied().collect(),
            To::Followers => {
                let watching = watchers.get(&one.anomaly.id).into_iter().flatten().copied();
                watching.chain(one.anomaly.assignee).collect()
            }
        };
        if let Some((by, _)) = one.by {
            people.remove(&by);
        }
        for user in people {
            heard.entry((user, one.kind)).or_default().push(one);
        }
    }
    let people: Vec<UserId> = heard.keys().map(|(user, _)| *user).collect::<BTreeSet<_>>().into_iter().collect();
    if people.is_empty() {
        return Ok(());
    }
    let settings = store::notifications::settings(conn, &people)?;
    let recipients = store::notifications::recipients(conn, cabinet, &people)?;
    let mut rows = Vec::new();
    for ((user, kind), news) in heard {
        let Some(recipient) = recipients.get(&user) else { continue };
        let wanted = read(settings.get(&user).map(String::as_str))?;
        let Some(choice) = wanted.choices.iter().find(|c| c.kind == kind) else { continue };
        let for_mail = choice.by_mail && wanted.digest != DigestRhythm::Never;
        if !(choice.on_screen || for_mail) {
            continue;
        }
        let ids: Vec<AnomalyId> = news.iter().map(|n| n.anomaly.id).collect();
        let seen = store::anomalies::seen(conn, &recipient.scope, &ids)?;
        let news: Vec<&News<'_>> = news.into_iter().filter(|n| seen.contains(&n.anomaly.id)).collect();
        let mut say = |anomaly: Option<AnomalyId>, text: Text| {
            rows.push(Notification {
                id: ids::notification(),
                cabinet,
                user,
                kind: kind.to_string(),
                anomaly,
                text,
                on_screen: choice.on_screen,
                for_mail,
                at: whole_micros(now),
                read_at: None,
            });
        };
        match news.as_slice() {
            [] => {}
            [first, ..] if news.len() > MOST_OF_A_KIND => {
                let n = news.len();
                say(None, about(first, &Text::new(format!("{n} anomalies"), format!("{n} anomalies"))));
            }
            few => {
                for one in few {
                    say(Some(one.anomaly.id), about(one, &super::title(one.anomaly)));
                }
            }
        }
    }
    keep(conn, cabinet, &rows)
}

/// Tells people of what is no anomaly, each what is his. In the transaction of what it tells, which holds the cabinet's
/// lock; the caller has seen to it that each may know.
pub(crate) fn tell(
    conn: &mut Conn,
    cabinet: CabinetId,
    kind: NotificationKind,
    news: Vec<(UserId, Text)>,
    now: DateTime<Utc>,
) -> Result<()> {
    let people: Vec<UserId> = news.iter().map(|(user, _)| *user).collect::<BTreeSet<_>>().into_iter().collect();
    let settings = store::notifications::settings(conn, &people)?;
    let mut rows = Vec::new();
    for (user, text) in news {
        let wanted = read(settings.get(&user).map(String::as_str))?;
        let Some(choice) = wanted.choices.iter().find(|c| c.kind == kind) else { continue };
        let for_mail = choice.by_mail && wanted.digest != DigestRhythm::Never;
        if !(choice.on_screen || for_mail) {
            continue;
        }
        rows.push(Notification {
            id: ids::notification(),
            cabinet,
            user,
            kind: kind.to_string(),
            anomaly: None,
            text,
            on_screen: choice.on_screen,
            for_mail,
            at: whole_micros(now),
            read_at: None,
        });
    }
    keep(conn, cabinet, &rows)
}

/// Writes what people are told, and has their pages hear of it.
fn keep(conn: &mut Conn, cabinet: CabinetId, rows: &[Notification]) -> Result<()> {
    store::notifications::insert(conn, rows)?;
    let told: BTreeSet<UserId> = rows.iter().filter(|n| n.on_screen).map(|n| n.user).collect();
    let told: Vec<Change> = told.into_iter().map(|user| Change::Told { user }).collect();
    Ok(store::pulses::bump(conn, cabinet, &told)?)
}

/// What stands in a notification: who, what, and the title of the anomaly, which names no client.
fn about(news: &News<'_>, what: &Text) -> Text {
    let by = news.by.map(|(_, name)| name);
    let (fr, en) = match (news.kind, by) {
        (NotificationKind::Assigned, Some(by)) => (format!("{by} vous confie"), format!("{by} gave you")),
        (NotificationKind::Assigned, None) => ("Une règle vous confie".to_owned(), "A rule gave you".to_owned()),
        (NotificationKind::Mentioned, by) => (
            format!("{} vous mentionne", by.unwrap_or("Quelqu’un")),
            format!("{} mentioned you", by.unwrap_or("Somebody")),
        ),
        (NotificationKind::Commented, by) => {
            (format!("{} a commenté", by.unwrap_or("Quelqu’un")), format!("{} commented", by.unwrap_or("Somebody")))
        }
        (NotificationKind::Near, _) => ("L’échéance approche".to_owned(), "Near the deadline".to_owned()),
        (NotificationKind::Overdue, _) => ("En retard".to_owned(), "Past the deadline".to_owned()),
        (NotificationKind::Reopened, Some(by)) => (format!("{by} a rouvert"), format!("{by} reopened")),
        (NotificationKind::Reopened, None) => ("De retour".to_owned(), "Back again".to_owned()),
        (NotificationKind::Closed, Some(by)) => (format!("{by} a clos"), format!("{by} closed")),
        (NotificationKind::Closed, None) => ("La cause a disparu".to_owned(), "The cause is gone".to_owned()),
        (NotificationKind::HandedOver, by) => (
            format!("{} vous transmet", by.unwrap_or("Quelqu’un")),
            format!("{} handed over to you", by.unwrap_or("Somebody")),
        ),
        (NotificationKind::Silent, _) => ("Sans réponse".to_owned(), "No answer".to_owned()),
        (NotificationKind::SequenceLeft, _) => {
            ("Séquence à reprendre".to_owned(), "A sequence to take over".to_owned())
        }
        (NotificationKind::TestMail, _) => ("Essai".to_owned(), "Test".to_owned()),
    };
    Text::new(format!("{fr} : {}", what.fr), format!("{en}: {}", what.en))
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
                    | NotificationKind::Silent
                    | NotificationKind::SequenceLeft
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

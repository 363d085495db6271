//! The digest: what waits for a person, in one message in the person's language, by the outbox that messages to clients
//! take. What has gone into a message is marked in the transaction that writes the message, so that nothing goes twice.

use std::fmt::Write;

use chrono::{DateTime, Days, Duration, Utc};
use contract::{DigestRhythm, MailState, NotificationKind};
use domain::working_time::Hours;
use domain::{CabinetId, Lang, UserId};
use store::mails::{By, Mail};
use store::notifications::{Notification, Recipient};
use store::{Conn, dialect};

use super::{notify, policy};
use crate::session::whole_micros;
use crate::{App, Result, ids, post};

/// Purpose of the messages of this file. They go to people of the firm, so the list of messages to clients has none of them.
pub(crate) const PURPOSE: &str = store::mails::DIGEST;
/// Lines of a message; the rest is told as a number.
const MOST_LINES: usize = 100;

/// Makes the digests that are due.
pub(super) fn run(app: &App, now: DateTime<Utc>) -> Result<()> {
    let mut conn = app.store.conn()?;
    let (mut made, mut failed) = (false, None);
    for waiting in store::notifications::waiting(&mut conn)? {
        match of_person(app, &mut conn, waiting, now) {
            Ok(one) => made |= one,
            // The others get theirs.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    if made {
        post::wake(app);
    }
    failed.map_or(Ok(()), Err)
}

/// Makes the digest of a person if it is due: for whom something waits, and since when.
fn of_person(
    app: &App,
    conn: &mut Conn,
    (cabinet, user, since): (CabinetId, UserId, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<bool> {
    let settings = store::notifications::settings(conn, &[user])?;
    let rhythm = notify::read(settings.get(&user).map(String::as_str))?.digest;
    let due = match rhythm {
        // Asked for none since: what waited does not come out later.
        DigestRhythm::Never => true,
        DigestRhythm::Hourly => since <= now - Duration::hours(1),
        DigestRhythm::Daily => {
            let hours = policy(conn, cabinet)?.hours;
            begun(&hours, now).is_some_and(|begun| since < begun)
        }
    };
    if !due {
        return Ok(false);
    }
    conn.write(|conn| {
        dialect::lock_cabinet(conn, cabinet)?;
        make(app, conn, cabinet, user, rhythm, now)
    })
}

/// When the working day began that is the latest to have begun.
fn begun(hours: &Hours, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut day = hours.place.day(now);
    // Nobody is away for longer than that.
    for _ in 0..60 {
        let begin = hours.place.utc(day.and_time(hours.from));
        if hours.works_on(day) && begin <= now {
            return Some(begin);
        }
        day = day.checked_sub_days(Days::new(1))?;
    }
    None
}

/// Writes the message of a person. Needs the cabinet's lock.
fn make(
    app: &App,
    conn: &mut Conn,
    cabinet: CabinetId,
    user: UserId,
    rhythm: DigestRhythm,
    now: DateTime<Utc>,
) -> Result<bool> {
    let waiting = store::notifications::to_mail(conn, cabinet, user)?;
    let all: Vec<_> = waiting.iter().map(|n| n.id).collect();
    store::notifications::mailed(conn, cabinet, &all, now)?;
    let person = store::notifications::recipients(conn, cabinet, &[user])?.remove(&user);
    // What was read on the screen meanwhile is not said again.
    let unread: Vec<&Notification> = waiting.iter().filter(|n| n.read_at.is_none()).collect();
    let Some(person) = person.filter(|_| rhythm != DigestRhythm::Never && !unread.is_empty()) else {
        return Ok(false);
    };
    let firm = store::mails::cabinet_name(conn, cabinet)?;
    let (subject, body) = written(app, &person, &firm, &unread);
    let id = ids::mail();
    let domain = app.settings.mail_from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    store::mails::insert(
        conn,
        &Mail {
            id,
            cabinet,
            purpose: PURPOSE.to_owned(),
            state: MailState::Queued.to_string(),
            to_address: person.email.clone(),
            to_name: person.name.clone(),
            from_name: "CabReady".to_owned(),
            reply_to: String::new(),
            subject,
            body,
            html: String::new(),
            about: serde_json::to_string(&post::About::default())?,
            link: None,
            message_id: format!("<{id}@{domain}>"),
            by: By { user: Some(user), name: String::new() },
            attempts: 0,
            error: String::new(),
            receipt: String::new(),
            provider_id: String::new(),
            round: 0,
            dossiers: Vec::new(),
            next_at: Some(whole_micros(now)),
            created_at: whole_micros(now),
            sent_at: None,
        },
    )?;
    Ok(true)
}

/// Subject and text, in the person's language.
fn written(app: &App, person: &Recipient, firm: &str, unread: &[&Notification]) -> (String, String) {
    let (lang, url, n) = (person.lang, &app.settings.public_url, unread.len());
    let one = n == 1;
    // Some of it may be about relances.
    let others = [NotificationKind::Silent, NotificationKind::SequenceLeft, NotificationKind::TestMail];
    let is_other = |n: &Notification| others.iter().any(|kind| n.kind == kind.as_str());
    let all = unread.iter().all(|n| n.anomaly.is_some() || !is_other(n));
    let (subject, hello, lead, more, end) = match lang {
        Lang::Fr => (
            match (all, one) {
                (true, true) => format!("{n} anomalie à voir"),
                (true, false) => format!("{n} nouvelles d’anomalies à voir"),
                (false, true) => format!("{n} nouvelle à voir"),
                (false, false) => format!("{n} nouvelles à voir"),
            },
            format!("Bonjour {},", person.name),
            "Depuis le dernier message :",
            "autres, dans l’application",
            format!("Toute la file : {url}/anomalies\nChoisir ce qui vous est dit : {url}/settings/notifications"),
        ),
        Lang::En => (
            match (all, one) {
                (true, true) => format!("{n} anomaly to look at"),
                (true, false) => format!("{n} news of anomalies to look at"),
                (false, _) => format!("{n} news to look at"),
            },
            format!("Hello {},", person.name),
            "Since the last message:",
            "more, in the application",
            format!("The whole queue: {url}/anomalies\nChoose what you are told of: {url}/settings/notifications"),
        ),
    };
    let mut body = format!("{hello}\n\n{lead}\n\n");
    for notification in unread.iter().take(MOST_LINES) {
        let _ = writeln!(body, "- {}", notification.text.get(lang));
        if let Some(anomaly) = notification.anomaly {
            let _ = writeln!(body, "  {url}/anomalies/{anomaly}");
        }
    }
    if n > MOST_LINES {
        let _ = writeln!(body, "- {} {more}", n - MOST_LINES);
    }
    let _ = write!(body, "\n{end}\n\n{firm}\n");
    (subject, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_working_day_that_has_begun() {
        let hours = Hours::default();
        let begun = |at: &str| begun(&hours, at.parse().unwrap()).unwrap().to_rfc3339();
        // Thursday, before and after nine in Paris.
        assert_eq!(begun("2026-11-26T07:59:59Z"), "2026-11-25T08:00:00+00:00");
        assert_eq!(begun("2026-11-26T08:00:00Z"), "2026-11-26T08:00:00+00:00");
        // Sunday, and the Monday after it.
        assert_eq!(begun("2026-11-29T12:00:00Z"), "2026-11-27T08:00:00+00:00");
        assert_eq!(begun("2026-11-30T08:30:00Z"), "2026-11-30T08:00:00+00:00");
        // The first of January is a holiday, and summer comes earlier.
        assert_eq!(begun("2027-01-01T12:00:00Z"), "2026-12-31T08:00:00+00:00");
        assert_eq!(begun("2027-07-01T12:00:00Z"), "2027-07-01T07:00:00+00:00");
    }
}

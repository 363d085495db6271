//! Calendar feeds: the deadlines of a person as iCalendar (RFC 5545), for programs that know no session.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use contract::{CalendarFeed, CalendarFeedList, Code, DeadlineFilter, FeedSecret, NewCalendarFeed, Nothing};
use domain::calendar::{DueKind, DueState};
use domain::{DossierId, FeedId};
use icalendar::{Alarm, Calendar, Component, Event, EventLike, Trigger};
use serde_json::json;
use store::feeds::{self, Feed};
use store::{Conn, Scope, dialect, journal};

use super::{Entry, Selection};
use crate::days::{earlier, later};
use crate::fields::Check;
use crate::people::entry;
use crate::session::whole_micros;
use crate::time::french;
use crate::{Answer, Call, Error, FileReply, Result, ids, secrets};

/// Feeds that a person has at most.
const MOST_FEEDS: usize = 20;
/// Days before and after today that a feed covers: what was missed a month ago is no appointment any more.
const PAST_DAYS: u64 = 31;
const NEXT_DAYS: u64 = 400;
/// Dossiers that an event names.
const MOST_NAMES: usize = 40;
/// An alarm stands at nine in the morning three days before: a working day lies in between.
const ALARM_HOURS: i64 = 2 * 24 + 15;

fn address(secret: &str) -> String {
    format!("{}/calendar/{secret}.ics", contract::endpoint::BASE)
}

fn shown(feed: Feed, address: Option<String>) -> Result<CalendarFeed> {
    Ok(CalendarFeed {
        id: feed.id,
        name: feed.name,
        filter: serde_json::from_str(&feed.filter)?,
        address,
        created_at: feed.created_at,
        last_used_at: feed.last_used_at,
    })
}

pub fn list_calendar_feeds(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<CalendarFeedList>> {
    let feeds = feeds::list(&mut *call.app.store.conn()?, call.scope()?)?;
    let data = feeds.into_iter().map(|feed| shown(feed, None)).collect::<Result<_>>()?;
    Ok(Answer::new(CalendarFeedList { data }))
}

pub fn create_calendar_feed(
    call: &Call,
    _: Nothing,
    _: Nothing,
    body: NewCalendarFeed,
) -> Result<Answer<CalendarFeed>> {
    let scope = call.scope()?;
    let mut check = Check::default();
    let name = check.line("/name", &body.name, 80);
    check.done()?;
    let secret = format!("cal_{}", secrets::secret());
    let feed = Feed {
        id: ids::feed(),
        name,
        filter: serde_json::to_string(&body.filter)?,
        created_at: whole_micros(call.now),
        last_used_at: None,
    };
    call.app.store.conn()?.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        if feeds::list(conn, scope)?.len() >= MOST_FEEDS {
            return Err(Error::conflict(
                format!("Vous avez déjà {MOST_FEEDS} abonnements : révoquez-en un qui ne sert plus."),
                format!("You have {MOST_FEEDS} feeds already: revoke one that is not used any more."),
            ));
        }
        feeds::insert(conn, scope, &feed, &secrets::digest(&secret))?;
        let changes = json!({ "name": [null, feed.name] });
        let row = entry("feed.create", "feed", feed.id, &feed.name, changes);
        Ok(journal::append(conn, scope.cabinet(), &crate::journal::stamp(call), &[row])?)
    })?;
    Ok(Answer::new(shown(feed, Some(address(&secret)))?))
}

pub fn delete_calendar_feed(call: &Call, id: FeedId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let name = feeds::revoke(conn, scope, id, call.now)?.ok_or_else(Error::not_found)?;
        let row = entry("feed.delete", "feed", id, &name, json!({}));
        journal::append(conn, scope.cabinet(), &crate::journal::stamp(call), &[row])?;
        Ok(Answer::none())
    })
}

/// Read without a session: what its owner may see at this moment, through the scope that the address proves.
pub fn read_calendar_feed(call: &Call, secret: FeedSecret, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    call.app.shared.limits.calendar(call.client.address, &call.told)?;
    let mut conn = call.app.store.conn()?;
    let unknown = || {
        Error::say(
            Code::NotFound,
            "Ce calendrier n’existe pas, ou n’est plus partagé : créez un nouvel abonnement depuis l’échéancier.",
            "This calendar does not exist, or is no longer shared: make a new feed from the deadlines.",
        )
    };
    let (feed, scope) = feeds::by_token(&mut conn, &secrets::digest(&secret.0))?.ok_or_else(unknown)?;
    let (now, today) = (whole_micros(call.now), call.today());
    let filter: DeadlineFilter = serde_json::from_str(&feed.filter)?;
    let calendar = conn.read(|conn| written(conn, &scope, &feed, &filter, now, today))?;
    // To the hour: a program that asks each minute is no reason to write each minute.
    if feed.last_used_at.is_none_or(|at| now - at >= Duration::hours(1)) {
        conn.write(|conn| feeds::used(conn, &scope, feed.id, now))?;
    }
    Ok(Answer::file(FileReply {
        name: "echeances.ics".to_owned(),
        media_type: "text/calendar; charset=utf-8",
        bytes: calendar.into_bytes(),
    }))
}

const fn to_do(state: DueState) -> bool {
    match state {
        DueState::Missed | DueState::DueSoon | DueState::Open => true,
        DueState::Done | DueState::NotApplicable => false,
    }
}

/// The calendar as text. What falls due on one day, of one kind, is one event, or a firm of thousands of dossiers would
/// fill each day with thousands of them.
fn written(
    conn: &mut Conn,
    scope: &Scope,
    feed: &Feed,
    filter: &DeadlineFilter,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> Result<String> {
    let days = (earlier(today, PAST_DAYS), later(today, NEXT_DAYS));
    let selection = Selection::read(conn, scope, &filter.dossiers, days, today)?;
    let mut events: BTreeMap<(NaiveDate, DueKind), Vec<&Entry>> = BTreeMap::new();
    for due in selection.taken(filter).filter(|e| to_do(e.state)) {
        events.entry((due.published_on, due.kind)).or_default().push(due);
    }
    // The first dossiers of each event by name, and how many there are.
    let mut places: BTreeMap<(NaiveDate, DueKind), (Vec<usize>, usize)> = BTreeMap::new();
    let mut ids: BTreeSet<DossierId> = BTreeSet::new();
    for (key, entries) in &events {
        let of = entries.iter().flat_map(|e| selection.groups[e.group].members.iter().copied());
        let all: BTreeSet<usize> = of.collect();
        let first: Vec<usize> = all.iter().copied().take(MOST_NAMES).collect();
        ids.extend(first.iter().map(|place| selection.dossiers[*place].1));
        places.insert(*key, (first, all.len()));
    }
    let ids: Vec<DossierId> = ids.into_iter().collect();
    let named = store::deadlines::named(conn, scope.cabinet(), &ids)?;
    // Empty: a new one bears the library's own PRODID, and there is to be one.
    let mut calendar = Calendar::empty();
    calendar
        .append_property(("VERSION", "2.0"))
        .append_property(("PRODID", "-//CabReady//Echeancier//FR"))
        .append_property(("CALSCALE", "GREGORIAN"))
        .append_property(("METHOD", "PUBLISH"))
        .name(&format!("CabReady – {}", feed.name))
        .ttl(&Duration::hours(4));
    for ((on, kind), entries) in &events {
        let (first, all) = &places[&(*on, *kind)];
        let names: Vec<&str> = first
            .iter()
            .filter_map(|place| named.get(&selection.dossiers[*place].1).map(|n| n.name.as_str()))
            .collect();
        let what = kind.text().fr;
        let title = match names.as_slice() {
            [name] if *all == 1 => format!("{what} — {name}"),
            _ => format!("{what} — {all} dossiers"),
        };
        let uid = format!("{on}-{kind}-{}@cabready", feed.id);
        let mut event = Event::new();
        event
            .uid(&uid)
            .timestamp(now)
            .summary(&title)
            .description(&description(&selection, entries, &names, *all, today))
            .append_property(("TRANSP", "TRANSPARENT"))
            .append_property(("CATEGORIES", "CabReady"))
            .starts(*on);
        if *on >= today {
            let mut alarm = Alarm::display(&title, Trigger::before_start(Duration::hours(ALARM_HOURS)));
            alarm.uid(&format!("alarm-{uid}")).timestamp(now);
            event.alarm(alarm);
        }
        calendar.push(event.done());
    }
    Ok(calendar.to_string())
}

fn description(selection: &Selection, entries: &[&Entry], names: &[&str], all: usize, today: NaiveDate) -> String {
    let mut lines = Vec::new();
    if entries.first().is_some_and(|e| e.published_on < today) {
        lines.push("Limite dépassée.".to_owned());
    }
    let dues: Vec<_> = entries.iter().map(|e| selection.due(e)).collect();
    let periods: BTreeSet<(NaiveDate, NaiveDate)> = dues.iter().map(|d| (d.from, d.to)).collect();
    for (from, to) in periods.into_iter().filter(|(from, to)| from < to) {
        lines.push(format!("Période du {} au {}.", french(from), french(to)));
    }
    let notes: BTreeSet<String> = dues.iter().flat_map(|d| d.notes()).map(|note| note.fr).collect();
    lines.extend(notes);
    if all > 1 {
        lines.push(String::new());
        lines.extend(names.iter().map(|name| format!("• {name}")));
        if all > names.len() {
            lines.push(format!("… et {} autres : voir l’échéancier.", all - names.len()));
        }
    }
    lines.join("\n")
}

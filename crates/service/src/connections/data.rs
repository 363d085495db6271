//! What stands as JSON in the row of a connection: where the platform is, how it does, how far it was read, its webhook.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use contract::{ConnectionFile, ConnectionHealth, ConnectionState, FlowServiceVersion};
use domain::{ConnectionId, Text};
use gateway::Secret;
use gateway::platform::{Flow, Search, Traits};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::Conn;
use store::connections::Connection;

use crate::{App, Result, secrets};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Data {
    pub service: FlowServiceVersion,
    pub flow_url: String,
    pub directory_url: Option<String>,
    pub token_url: String,
    pub client_id: String,
    pub organization_id: Option<String>,
    pub every_minutes: u32,
    pub webhook: bool,
}

impl Data {
    /// Other flows than those that were read so far.
    pub fn is_elsewhere_than(&self, old: &Data) -> bool {
        (&self.flow_url, &self.client_id, &self.organization_id)
            != (&old.flow_url, &old.client_id, &old.organization_id)
    }
}

pub(super) fn secret_place(id: ConnectionId) -> String {
    format!("connection {id} secret")
}

/// Failures in a row after which the breaker opens.
const MOST_FAILURES: u32 = 5;
/// Pauses between tries: doubled from the first to the longest; once the breaker is open, the last.
const FIRST_PAUSE: i64 = 30;
const LONGEST_PAUSE: i64 = 15 * 60;
const BREAKER_PAUSE: i64 = 30 * 60;
/// A platform that asks for more is believed up to here.
const LONGEST_WISH: i64 = 6 * 3600;
/// Files that are told of.
const MOST_FILES: usize = 20;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Health {
    pub state: ConnectionState,
    pub last_success_at: Option<DateTime<Utc>>,
    pub last_error_at: Option<DateTime<Utc>>,
    pub last_error: Option<Text>,
    pub failures: u32,
    pub failing_since: Option<DateTime<Utc>>,
    pub token_expires_at: Option<DateTime<Utc>>,
    pub taken: u64,
    pub refused: u64,
    pub files: Vec<ConnectionFile>,
    pub webhook_since: Option<DateTime<Utc>>,
    pub place: Place,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            state: ConnectionState::Untried,
            last_success_at: None,
            last_error_at: None,
            last_error: None,
            failures: 0,
            failing_since: None,
            token_expires_at: None,
            taken: 0,
            refused: 0,
            files: Vec::new(),
            webhook_since: None,
            place: Place::default(),
        }
    }
}

impl Health {
    pub fn shown(&self, row: &Connection) -> ConnectionHealth {
        ConnectionHealth {
            state: if row.paused { ConnectionState::Paused } else { self.state },
            last_success_at: self.last_success_at,
            last_error_at: self.last_error_at,
            last_error: self.last_error.clone(),
            failures: self.failures,
            failing_since: self.failing_since,
            next_at: row.next_at,
            token_expires_at: self.token_expires_at,
            read_until: self.place.until,
            taken: self.taken,
            refused: self.refused,
            files: self.files.clone(),
            webhook_since: self.webhook_since,
        }
    }

    /// Other flows are read from now on, from their beginning.
    pub fn begin_anew(&mut self) {
        *self = Self { taken: self.taken, ..Self::default() };
    }

    /// A person has changed something: what failed may work.
    pub fn look_again(&mut self) {
        self.state = ConnectionState::Untried;
        self.failures = 0;
        self.failing_since = None;
        self.token_expires_at = None;
    }

    pub fn works(&mut self, now: DateTime<Utc>) {
        self.state = ConnectionState::Up;
        self.failures = 0;
        self.failing_since = None;
        self.last_success_at = Some(now);
    }

    /// Notes a failure; seconds until the next try, before chance is added. One that waiting does not mend opens the
    /// breaker at once.
    pub fn fails(&mut self, why: Text, lasting: bool, wish: Option<std::time::Duration>, now: DateTime<Utc>) -> i64 {
        self.failures = self.failures.saturating_add(1);
        self.failing_since.get_or_insert(now);
        self.last_error_at = Some(now);
        self.last_error = Some(why);
        let pause = if lasting || self.failures >= MOST_FAILURES {
            self.state = ConnectionState::Down;
            BREAKER_PAUSE
        } else {
            self.state = ConnectionState::Failing;
            (FIRST_PAUSE << (self.failures - 1).min(10)).min(LONGEST_PAUSE)
        };
        let wish = wish.map_or(0, |w| i64::try_from(w.as_secs()).unwrap_or(i64::MAX)).min(LONGEST_WISH);
        pause.max(wish)
    }

    /// What is wrong and since when, once the breaker is open.
    pub fn down(&self) -> Option<(&Text, DateTime<Utc>)> {
        match (self.state, &self.last_error, self.failing_since) {
            (ConnectionState::Down, Some(why), Some(since)) => Some((why, since)),
            _ => None,
        }
    }

    /// Tells of a file; one that was told of already goes to the top.
    pub fn tell_of(&mut self, file: ConnectionFile) {
        self.files.retain(|f| f.flow_id != file.flow_id);
        self.files.insert(0, file);
        self.files.truncate(MOST_FILES);
    }
}

/// What is asked for anew each time, so that a flow is not missed that another clock dates a little earlier.
const OVERLAP_SECONDS: i64 = 120;
/// How far back the first reading goes.
const FIRST_DAYS: i64 = 366;
/// Flows of the overlap that are remembered as read. More than these are taken once more, which changes nothing.
const MOST_SEEN: usize = 5_000;

/// How far a platform's flows were read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    /// The latest flow of the last complete reading.
    pub until: Option<DateTime<Utc>>,
    /// The latest flow of the reading that is under way.
    high: Option<DateTime<Utc>>,
    /// Where its next page begins: by the platform's cursor, or in 1.2 by time, upwards or downwards.
    cursor: Option<String>,
    walk: Option<DateTime<Utc>>,
    before: Option<DateTime<Utc>>,
    /// The moment that a first page was full of, which does not show the order: what lies below is asked for at the end.
    below: Option<DateTime<Utc>>,
    /// What was read lately: id and time of update as a hash, with that time in microseconds.
    seen: BTreeMap<String, i64>,
    /// A document that could not be fetched for now, and how often.
    pub hard: Option<(String, u32)>,
}

fn key(flow: &Flow) -> String {
    let mut hasher = Sha256::new();
    hasher.update(flow.updated_at.timestamp_micros().to_be_bytes());
    hasher.update(flow.id.as_bytes());
    secrets::hex(&hasher.finalize()[..8])
}

impl Place {
    pub fn search(&self, now: DateTime<Utc>) -> Search {
        let from = match (self.walk, self.until) {
            (Some(walk), _) => walk,
            (None, Some(until)) => until - Duration::seconds(OVERLAP_SECONDS),
            (None, None) => now - Duration::days(FIRST_DAYS),
        };
        Search { before: self.before, cursor: self.cursor.clone(), ..Search::since(from) }
    }

    /// The platform no longer knows where its next page begins.
    pub fn forget_page(&mut self) {
        self.cursor = None;
        self.walk = None;
        self.before = None;
        self.below = None;
    }

    pub fn has_seen(&self, flow: &Flow) -> bool {
        self.seen.contains_key(&key(flow))
    }

    /// Notes a page that was taken. Answers whether another one follows.
    pub fn turn(&mut self, asked: &Search, flows: &[Flow], next: Option<String>, traits: Traits) -> bool {
        for flow in flows {
            self.seen.insert(key(flow), flow.updated_at.timestamp_micros());
            self.high = self.high.max(Some(flow.updated_at));
        }
        let more = if traits.cursor {
            let goes_on = next.is_some() && next != asked.cursor;
            self.cursor = next.filter(|_| goes_on);
            goes_on
        } else {
            self.turn_by_time(asked, flows)
        };
        if !more {
            self.until = self.high.or(self.until);
            self.high = None;
            self.forget_page();
        }
        let kept = self.until.max(self.high).map(|u| (u - Duration::seconds(OVERLAP_SECONDS)).timestamp_micros());
        self.seen.retain(|_, at| kept.is_none_or(|k| *at >= k));
        if self.seen.len() > MOST_SEEN {
            let mut times: Vec<i64> = self.seen.values().copied().collect();
            times.sort_unstable();
            let oldest = times[times.len() - MOST_SEEN];
            self.seen.retain(|_, at| *at > oldest);
        }
        more
    }

    /// 1.2 goes on from the last flow of a full page, and does not say in which order flows come. Those of the very
    /// millisecond are asked for once more; when that leads nowhere, the next one is.
    fn turn_by_time(&mut self, asked: &Search, flows: &[Flow]) -> bool {
        let (first, last) = match (flows.first(), flows.last()) {
            (Some(first), Some(last)) if flows.len() >= asked.limit as usize => (first, last),
            _ => {
                self.walk = None;
                self.before = self.below.take();
                return self.before.is_some();
            }
        };
        let little = Duration::milliseconds(1);
        if self.walk.is_none() && self.before.is_none() && first.updated_at == last.updated_at {
            self.below = Some(last.updated_at);
        }
        if first.updated_at > last.updated_at || self.before.is_some() {
            let before = last.updated_at + little;
            let stuck = self.before.is_some_and(|b| before >= b);
            self.before = Some(if stuck { last.updated_at } else { before });
            return last.updated_at > asked.after;
        }
        let walk = last.updated_at - little;
        self.walk = Some(if walk <= asked.after { last.updated_at } else { walk });
        true
    }
}

/// A webhook that the platform keeps for us, and the keys that its calls may be signed with. Sealed in the row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Hook {
    pub id: String,
    pub callback: String,
    pub since: DateTime<Utc>,
    pub key: String,
    /// The key of the one before, good for a while: its last calls may still be on their way.
    #[serde(default)]
    pub old: Option<(String, DateTime<Utc>)>,
}

fn hook_place(id: ConnectionId) -> String {
    format!("connection {id} webhook")
}

impl Hook {
    pub fn read(app: &App, conn: &mut Conn, row: &Connection) -> Result<Option<Self>> {
        if row.webhook_key.is_empty() {
            return Ok(None);
        }
        let words = secrets::unseal(app, conn, &hook_place(row.id), &row.webhook_key)?;
        Ok(Some(serde_json::from_str(&words)?))
    }

    pub fn sealed(hook: Option<&Self>, app: &App, conn: &mut Conn, row: &Connection) -> Result<String> {
        match hook {
            None => Ok(String::new()),
            Some(hook) => secrets::seal(app, conn, &hook_place(row.id), &serde_json::to_string(hook)?),
        }
    }

    /// The keys in force.
    pub fn keys(&self, now: DateTime<Utc>) -> Vec<Secret> {
        let old = self.old.iter().filter(|(_, until)| *until > now).map(|(key, _)| key);
        std::iter::once(&self.key).chain(old).map(Secret::new).collect()
    }
}

#[cfg(test)]
mod tests {
    use gateway::platform::{AckStatus, Acknowledgement, Kind, Version};

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + seconds, 0).unwrap()
    }

    fn flow(n: usize, at: DateTime<Utc>) -> Flow {
        Flow {
            id: format!("f-{n}"),
            name: String::new(),
            tracking_id: None,
            syntax: String::new(),
            kind: Kind::CustomerInvoice,
            direction: String::new(),
            submitted_at: None,
            updated_at: at,
            acknowledgement: Acknowledgement { status: AckStatus::Ok, details: Vec::new() },
        }
    }

    /// A platform of version 1.2 with these flows, in this order; reads all of it and answers what was found.
    fn read_all(place: &mut Place, flows: &[Flow], newest_first: bool, limit: u32) -> Vec<String> {
        let mut found = Vec::new();
        for _ in 0..1_000 {
            let search = Search { limit, ..place.search(at(0)) };
            let mut page: Vec<Flow> = flows
                .iter()
                .filter(|f| f.updated_at > search.after && search.before.is_none_or(|b| f.updated_at < b))
                .cloned()
                .collect();
            page.sort_by_key(|f| f.updated_at);
            if newest_first {
                page.reverse();
            }
            page.truncate(limit as usize);
            found.extend(page.iter().filter(|f| !place.has_seen(f)).map(|f| f.id.clone()));
            if !place.turn(&search, &page, None, Version::V1_2.traits()) {
                return found;
            }
        }
        panic!("the reading has no end");
    }

    #[test]
    fn without_cursors_every_flow_is_read_in_either_order() {
        for newest_first in [false, true] {
            // Seven of each second, pages of ten: pages end in the middle of a moment.
            let flows: Vec<Flow> = (0..700).map(|n| flow(n, at(n as i64 / 7))).collect();
            let mut place = Place::default();
            let mut found = read_all(&mut place, &flows, newest_first, 10);
            found.sort();
            let whole = found.len();
            found.dedup();
            assert_eq!(found.len(), 700, "newest first: {newest_first}");
            assert!(whole < 760, "{whole}: the overlap is remembered");
            assert_eq!(place.until, Some(at(99)));
            assert_eq!((&place.walk, &place.before), (&None, &None));
            // What comes next, also a little late, is found; what was read is not read again.
            let mut more = flows;
            more.push(flow(700, at(98)));
            more.push(flow(701, at(120)));
            let mut next = read_all(&mut place, &more, newest_first, 1000);
            next.sort();
            assert_eq!(next, ["f-700", "f-701"]);
        }
    }

    #[test]
    fn more_flows_of_one_moment_than_a_page_holds_do_not_stop_the_reading() {
        for newest_first in [false, true] {
            let mut flows: Vec<Flow> = (0..25).map(|n| flow(n, at(5))).collect();
            flows.push(flow(25, at(4)));
            flows.push(flow(26, at(6)));
            let found = read_all(&mut Place::default(), &flows, newest_first, 10);
            assert!(found.contains(&"f-25".to_owned()) && found.contains(&"f-26".to_owned()), "{found:?}");
            // The same where the moment is the first or the last that there is.
            for other in [at(4), at(6)] {
                let mut flows: Vec<Flow> = (0..25).map(|n| flow(n, at(5))).collect();
                flows.push(flow(25, other));
                let mut place = Place::default();
                let found = read_all(&mut place, &flows, newest_first, 10);
                assert!(found.contains(&"f-25".to_owned()), "{other} {newest_first} {found:?}");
                assert_eq!(place.until, Some(other.max(at(5))));
            }
        }
    }

    #[test]
    fn pauses_grow_and_the_breaker_opens() {
        let mut health = Health::default();
        let why = || Text::new("a", "b");
        let pauses: Vec<i64> = (0..6).map(|n| health.fails(why(), false, None, at(n))).collect();
        assert_eq!(pauses, [30, 60, 120, 240, 1800, 1800]);
        assert_eq!((health.state, health.failures, health.failing_since), (ConnectionState::Down, 6, Some(at(0))));
        assert!(health.down().is_some());
        health.works(at(9));
        assert_eq!((health.state, health.failures, health.failing_since), (ConnectionState::Up, 0, None));
        assert!(health.down().is_none() && health.last_error.is_some());
        // What the platform asks for is kept to, within reason.
        let wish = |seconds| Some(std::time::Duration::from_secs(seconds));
        assert_eq!(health.fails(why(), false, wish(100), at(0)), 100);
        assert_eq!(health.fails(why(), false, wish(10_000_000), at(0)), LONGEST_WISH);
        let mut health = Health::default();
        assert_eq!(health.fails(why(), true, None, at(0)), 1800);
        assert_eq!(health.state, ConnectionState::Down);
    }
}

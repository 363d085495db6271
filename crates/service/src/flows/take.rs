//! The one way in: reports of any source become flows and their history.

mod withdraw;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use contract::TakenOutcome;
use domain::flow::{self, Flow, FlowKey, FlowKind, FlowSource, Report, StatusEvent, StatusSaid};
use domain::{FlowId, Text, fold};
use store::flows::{ChannelKey, Months, Said, Status, Steps, Stored, WordState};

use super::Writing;
use super::evidence::{self, Shown};
use super::limits::Limits;
use crate::anomalies::findings::{self, Touched};
use crate::session::whole_micros;
use crate::{Result, ids};

pub use withdraw::{Withdrawn, prove_less, withdraw};

/// Who says it.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub kind: FlowSource,
    /// Which connection, profile, file or person; the same source always bears the same name, or what it says again counts
    /// as said by another.
    pub name: &'a str,
}

/// What became of reports, each in its place.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    pub reports: Vec<TakenReport>,
    pub created: u64,
    pub added: u64,
    pub unchanged: u64,
    /// Among those that were created or added: their status is a word that nobody has read.
    pub unread: u64,
    pub refused: u64,
}

#[derive(Debug, Clone)]
pub struct TakenReport {
    pub outcome: TakenOutcome,
    /// Nothing when it was refused.
    pub flow: Option<FlowId>,
    /// Why it was refused.
    pub message: Option<Text>,
}

/// Takes reports over, in the transaction of the caller, which holds the cabinet's lock. What is absent of a report erases
/// nothing, what was said before changes nothing; a refused report does not hold back the others. Up to a few thousand at
/// once: what is looked up is looked up for all of them together.
pub fn take(w: &mut Writing<'_>, source: Source<'_>, reports: &[Report]) -> Result<Taken> {
    let now = whole_micros(w.stamp.at);
    let checked: Vec<std::result::Result<Cow<'_, Report>, Text>> = reports.iter().map(|r| checked(r, now)).collect();
    let mut desk = Desk::read(w, source, now, checked.iter().flatten().map(AsRef::as_ref))?;
    let mut taken = Taken { reports: Vec::with_capacity(reports.len()), ..Taken::default() };
    for report in checked {
        taken.add(match report {
            Ok(report) => desk.take(&report),
            Err(message) => (TakenReport { outcome: TakenOutcome::Refused, flow: None, message: Some(message) }, false),
        });
    }
    desk.write(w)?;
    Ok(taken)
}

impl Taken {
    fn add(&mut self, (report, created): (TakenReport, bool)) {
        match report.outcome {
            TakenOutcome::Created => self.created += 1,
            TakenOutcome::Added => self.added += 1,
            TakenOutcome::Unchanged => self.unchanged += 1,
            TakenOutcome::Refused => self.refused += 1,
            TakenOutcome::Unread => {
                self.unread += 1;
                *if created { &mut self.created } else { &mut self.added } += 1;
            }
        }
        self.reports.push(report);
    }
}

const LONGEST: usize = 200;
const FIRST_YEAR: i32 = 2000;
/// A source's clock may be ahead, and its day another.
const AHEAD_DAYS: i64 = 2;

fn refused(fr: impl Into<String>, en: impl Into<String>) -> Text {
    Text::new(fr, en)
}

/// A report without blanks around its words, or why it cannot be taken.
fn checked(report: &Report, now: DateTime<Utc>) -> std::result::Result<Cow<'_, Report>, Text> {
    let mut report = Cow::Borrowed(report);
    let words: [fn(&mut Report) -> &mut String; 7] = [
        |r| &mut r.owner,
        |r| &mut r.number,
        |r| &mut r.seller,
        |r| &mut r.counterparty,
        |r| &mut r.counterparty_name,
        |r| &mut r.platform,
        |r| &mut r.currency,
    ];
    let of = |r: &Report| {
        [&r.owner, &r.number, &r.seller, &r.counterparty, &r.counterparty_name, &r.platform, &r.currency]
            .map(|word| word.trim().len() != word.len())
    };
    for (word, blank) in words.iter().zip(of(&report)) {
        if blank {
            let word = word(report.to_mut());
            *word = word.trim().to_owned();
        }
    }
    let long = |word: &str| word.len() > LONGEST && word.chars().count() > LONGEST;
    let shown = |word: &str| word.chars().take(40).collect::<String>();
    if report.number.is_empty() {
        return Err(refused(
            "Le numéro manque : le numéro de la facture ou de la transmission est attendu.",
            "The number is missing: the number of the invoice or transmission is expected.",
        ));
    }
    if report.owner.is_empty() && report.owner_siren.is_none() {
        return Err(refused(
            "Le client manque : son SIREN ou son SIRET est attendu.",
            "The client is missing: its SIREN or SIRET is expected.",
        ));
    }
    for word in [&report.owner, &report.number, &report.seller, &report.counterparty, &report.platform] {
        if long(word) {
            let start = shown(word);
            return Err(refused(
                format!("« {start}… » : {LONGEST} caractères au plus ; vérifiez les colonnes."),
                format!("“{start}…”: {LONGEST} characters at most; check the columns."),
            ));
        }
        if word.chars().any(char::is_control) {
            let start: String = shown(word).escape_debug().collect();
            return Err(refused(
                format!("« {start} » contient un caractère invisible ; corrigez la source."),
                format!("“{start}” contains an invisible character; correct the source."),
            ));
        }
    }
    let last = now.date_naive().year() + 1;
    for day in [report.issued_on, report.due_on].into_iter().flatten() {
        // What is due may be so years ahead.
        let latest = if Some(day) == report.issued_on { last } else { last + 30 };
        if !(FIRST_YEAR..=latest).contains(&day.year()) {
            return Err(refused(
                format!("{} : une date de {FIRST_YEAR} à {latest} est attendue.", day.format("%d/%m/%Y")),
                format!("{day}: a date from {FIRST_YEAR} to {latest} is expected."),
            ));
        }
    }
    if let Some(said) = &report.status {
        if said.at > now + Duration::days(AHEAD_DAYS) || said.at.year() < FIRST_YEAR {
            let at = said.at.format("%d/%m/%Y");
            return Err(refused(
                format!("Statut du {at} : un jour passé, à partir de {FIRST_YEAR}, est attendu."),
                format!("Status of {}: a day that has come, from {FIRST_YEAR} on, is expected.", said.at.date_naive()),
            ));
        }
        if long(&said.raw) {
            let start = shown(&said.raw);
            return Err(refused(
                format!("Statut « {start}… » : {LONGEST} caractères au plus ; vérifiez les colonnes."),
                format!("Status “{start}…”: {LONGEST} characters at most; check the columns."),
            ));
        }
    }
    Ok(report)
}

/// What a word of a status stands for.
#[derive(Debug, Clone)]
enum Meaning {
    Code(u32),
    /// A person of the firm has read it so; no code sets it aside.
    Read(Option<u32>, String),
    Unread,
}

/// A flow on the desk.
struct Slot {
    before: Option<Stored>,
    now: Stored,
    /// Those that were known, then those that are new.
    events: Vec<StatusEvent>,
    keys: Vec<i64>,
    known: usize,
    /// More than its status has changed.
    more: bool,
    created: bool,
}

type Name = (String, String, String);

/// Everything that some reports are about, read at once.
struct Desk<'a> {
    source: Source<'a>,
    now: DateTime<Utc>,
    slots: Vec<Slot>,
    /// By client, seller and number: one for each year, and one whose year nobody has told.
    by_name: HashMap<Name, Vec<usize>>,
    dossiers: HashMap<String, domain::DossierId>,
    words: HashMap<(String, String), (WordState, String)>,
    meanings: HashMap<(String, String, bool), Meaning>,
    said: BTreeMap<(String, String), Said>,
}

impl<'a> Desk<'a> {
    fn read<'r>(
        w: &mut Writing<'_>,
        source: Source<'a>,
        now: DateTime<Utc>,
        reports: impl Iterator<Item = &'r Report> + Clone,
    ) -> Result<Self> {
        let cabinet = w.cabinet;
        let keys: Vec<FlowKey> = reports.clone().map(Report::key).collect();
        let found = store::flows::by_name(w.conn, cabinet, &keys)?;
        let ids: Vec<FlowId> = found.iter().map(|s| s.flow.id).collect();
        let mut histories = store::flows::histories(w.conn, &ids)?;
        let owners: BTreeSet<String> = keys.into_iter().map(|key| key.owner).collect();
        let owners: Vec<String> = owners.into_iter().collect();
        let mut platforms = BTreeSet::new();
        for report in reports {
            if !platforms.contains(&report.platform) {
                platforms.insert(report.platform.clone());
            }
        }
        for stored in &found {
            if !platforms.contains(&stored.flow.platform) {
                platforms.insert(stored.flow.platform.clone());
            }
        }
        let platforms: Vec<String> = platforms.into_iter().collect();
        let words = store::flows::words_of(w.conn, cabinet, &platforms)?;
        let mut desk = Self {
            source,
            now,
            slots: Vec::with_capacity(found.len()),
            by_name: HashMap::new(),
            dossiers: store::flows::dossiers_of(w.conn, cabinet, &owners)?,
            words: words
                .into_iter()
                .filter(|word| word.state != WordState::Unread)
                .map(|word| ((word.platform, fold(&word.word)), (word.state, word.by_name)))
                .collect(),
            meanings: HashMap::new(),
            said: BTreeMap::new(),
        };
        for stored in found {
            let (keys, events) = histories.remove(&stored.flow.id).unwrap_or_default().into_iter().unzip();
            desk.put(Slot::known(stored, keys, events));
        }
        Ok(desk)
    }

    fn put(&mut self, slot: Slot) -> usize {
        let place = self.slots.len();
        self.by_name.entry(name(&slot.now.flow.key)).or_default().push(place);
        self.slots.push(slot);
        place
    }

    /// The flow that a report is about, if it is known.
    fn find(&self, key: &FlowKey) -> Option<usize> {
        let same = self.by_name.get(&name(key))?;
        let of = |year| same.iter().copied().find(|place| self.slots[*place].now.flow.key.year == year);
        match same.as_slice() {
            // Without its day it is the one of this number, where there is only one.
            [only] if key.year == 0 => Some(*only),
            _ => of(key.year).or_else(|| of(0)),
        }
    }

    fn take(&mut self, report: &Report) -> (TakenReport, bool) {
        let key = report.key();
        let (place, created) = match self.find(&key) {
            Some(place) => (place, false),
            None => {
                let dossier = self.dossiers.get(&key.owner).copied();
                let slot = Slot::new(Flow::of(ids::flow(), dossier, report), self.now);
                (self.put(slot), true)
            }
        };
        let mut more = created;
        if !created {
            let dossier = self.dossiers.get(&key.owner).copied();
            let slot = &mut self.slots[place];
            more = slot.now.flow.merge(report, self.source.name);
            if slot.now.flow.dossier.is_none() && dossier.is_some() {
                slot.now.flow.dossier = dossier;
                more = true;
            }
            slot.more |= more;
        }
        let unread = match &report.status {
            Some(said) => self.say(place, report.kind, said),
            None => Told::Nothing,
        };
        let outcome = match unread {
            Told::Unread => TakenOutcome::Unread,
            _ if created => TakenOutcome::Created,
            Told::New => TakenOutcome::Added,
            Told::Nothing if more => TakenOutcome::Added,
            Told::Nothing => TakenOutcome::Unchanged,
        };
        (TakenReport { outcome, flow: Some(self.slots[place].now.flow.id), message: None }, created)
    }

    /// Adds a status to a history, if it was not said before.
    fn say(&mut self, place: usize, kind: FlowKind, said: &StatusSaid) -> Told {
        let raw = said.raw.trim();
        if raw.is_empty() && said.code.is_none() {
            return Told::Nothing;
        }
        let platform = &self.slots[place].now.flow.platform;
        let meaning = match said.code {
            Some(code) => Meaning::Code(code),
            None => {
                let transmission = kind == FlowKind::Transmission;
                // The same words come again and again.
                let known = (platform.clone(), raw.to_owned(), transmission);
                match self.meanings.get(&known) {
                    Some(meaning) => meaning.clone(),
                    None => {
                        let meaning = self.meaning(platform, raw, kind);
                        self.meanings.insert(known, meaning.clone());
                        meaning
                    }
                }
            }
        };
        let event = StatusEvent {
            code: if let Meaning::Code(code) = meaning { Some(code) } else { None },
            raw: raw.to_owned(),
            reasons: said.reasons.iter().map(|r| r.trim().to_owned()).filter(|r| !r.is_empty()).collect(),
            comment: said.comment.trim().to_owned(),
            collected_cents: said.collected_cents,
            source: self.source.kind,
            source_name: self.source.name.to_owned(),
            at: whole_micros(said.at),
            received_at: self.now,
        };
        let key = event.key();
        let slot = &mut self.slots[place];
        if slot.keys.contains(&key) {
            return Told::Nothing;
        }
        if !matches!(meaning, Meaning::Code(_)) {
            let word = (slot.now.flow.platform.clone(), event.raw.clone());
            let count = self.said.entry(word).or_insert(Said { events: 0, first_at: event.at, last_at: event.at });
            count.events += 1;
            count.first_at = count.first_at.min(event.at);
            count.last_at = count.last_at.max(event.at);
        }
        match meaning {
            Meaning::Read(code, by) if event.lacks_reading(code, &slot.events) => {
                let reading = event.read_as(code, &by, self.now);
                slot.push(key, event);
                slot.push(reading.key(), reading);
                Told::New
            }
            Meaning::Unread => {
                slot.push(key, event);
                Told::Unread
            }
            Meaning::Read(..) | Meaning::Code(_) => {
                slot.push(key, event);
                Told::New
            }
        }
    }

    fn meaning(&self, platform: &str, raw: &str, kind: FlowKind) -> Meaning {
        // What the firm has said of a word of this platform comes before what the word means elsewhere.
        match self.words.get(&(platform.to_owned(), fold(raw))) {
            Some((WordState::Read(code), by)) => Meaning::Read(Some(*code), by.clone()),
            Some((WordState::Aside, by)) => Meaning::Read(None, by.clone()),
            Some((WordState::Unread, _)) | None => flow::code_of_word(raw, kind).map_or(Meaning::Unread, Meaning::Code),
        }
    }

    /// Writes what changed, and lets rules and score know.
    fn write(self, w: &mut Writing<'_>) -> Result<()> {
        store::flows::count_words(w.conn, w.cabinet, &self.said)?;
        settle(w, self.slots, self.now)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    New,
    Unread,
    Nothing,
}

fn name(key: &FlowKey) -> Name {
    (key.owner.clone(), key.seller.clone(), key.number.clone())
}

impl Slot {
    fn known(stored: Stored, keys: Vec<i64>, events: Vec<StatusEvent>) -> Self {
        let known = events.len();
        Self { before: Some(stored.clone()), now: stored, events, keys, known, more: false, created: false }
    }

    fn new(flow: Flow, now: DateTime<Utc>) -> Self {
        let stored = Stored {
            flow,
            version: 0,
            status: None,
            handled: Vec::new(),
            anomalies: 0,
            stuck_at: None,
            created_at: now,
            updated_at: now,
        };
        Self { before: None, now: stored, events: Vec::new(), keys: Vec::new(), known: 0, more: true, created: true }
    }

    fn push(&mut self, key: i64, event: StatusEvent) {
        self.events.push(event);
        self.keys.push(key);
    }

    fn changed(&self) -> bool {
        self.more || self.events.len() > self.known
    }
}

/// Brings flows to where their events say that they stand, moves the sums and tells rules and score.
fn settle(w: &mut Writing<'_>, slots: Vec<Slot>, now: DateTime<Utc>) -> Result<()> {
    let mut slots: Vec<Slot> = slots.into_iter().filter(Slot::changed).collect();
    if slots.is_empty() {
        return Ok(());
    }
    let platforms: BTreeSet<&String> = slots.iter().map(|s| &s.now.flow.platform).collect();
    let platforms: Vec<String> = platforms.into_iter().cloned().collect();
    let mut limits = Limits::read(w.conn, w.cabinet, Some(&platforms))?;
    let (mut months, mut steps) = (Months::default(), Steps::default());
    for slot in &mut slots {
        let status = flow::current(&slot.events).map(|place| Status::from(&slot.events[place]));
        slot.now.status = status;
        slot.now.stuck_at = limits.stuck_at(&slot.now);
        slot.now.version += 1;
        slot.now.updated_at = now;
        months.moved(slot.before.as_ref(), &slot.now);
        if slot.events.len() > 1 {
            if let Some(before) = &slot.before {
                steps.count(&before.flow.platform, &flow::steps(&slot.events[..slot.known]), -1);
            }
            steps.count(&slot.now.flow.platform, &flow::steps(&slot.events), 1);
        }
    }
    put(w, &slots)?;
    let later = store::flows::later_channels(w.conn, w.cabinet, &months)?;
    store::flows::add_months(w.conn, w.cabinet, &months)?;
    store::flows::add_steps(w.conn, w.cabinet, &steps)?;
    let mut shown = Shown::default();
    for slot in &slots {
        shown.of(&slot.now.flow, &slot.events[slot.known..], w.judge.today);
    }
    evidence::prove(w, shown)?;
    let touched: Vec<Touched> = slots.into_iter().map(|slot| slot.touched(&later)).collect();
    findings::after_flows(w, &touched)
}

impl Slot {
    fn touched(self, later: &HashSet<ChannelKey>) -> Touched {
        let (client, platform) = (self.now.flow.key.owner.clone(), self.now.flow.platform.clone());
        let later = later.contains(&(client, platform, self.now.flow.direction.to_string()));
        let new_events = self.events.len() - self.known;
        let mut events = self.events;
        events.sort_by_key(|e| (e.at, e.received_at));
        Touched {
            before: self.before.map(|s| s.flow),
            current: flow::current(&events),
            new_events,
            later,
            stuck_at: self.now.stuck_at,
            flow: self.now.flow,
            events,
        }
    }
}

fn put(w: &mut Writing<'_>, slots: &[Slot]) -> Result<()> {
    let of = |wanted: &dyn Fn(&Slot) -> bool| slots.iter().filter(|s| wanted(s)).map(|s| &s.now).collect::<Vec<_>>();
    let (moved, more) = (of(&|s| !s.created && !s.more), of(&|s| !s.created && s.more));
    // First: one that has got its year makes room for another that has none.
    store::flows::update(w.conn, w.cabinet, &moved, &more)?;
    store::flows::insert(w.conn, w.cabinet, &of(&|s| s.created))?;
    let events: Vec<(FlowId, i64, &StatusEvent)> = slots
        .iter()
        .flat_map(|s| {
            let new = s.keys[s.known..].iter().zip(&s.events[s.known..]);
            new.map(move |(key, event)| (s.now.flow.id, *key, event))
        })
        .collect();
    store::flows::add_events(w.conn, &events)?;
    Ok(())
}

/// Reads words of flows anew: to each of their events that bears one of the words, what a person reads it as is added
/// beside it. Returns how many flows got another status; with `preview` nothing is written.
pub(super) fn read_words(
    w: &mut Writing<'_>,
    ids: &[FlowId],
    words: &[String],
    code: Option<u32>,
    by: &str,
    preview: bool,
) -> Result<u64> {
    let now = whole_micros(w.stamp.at);
    let stored = store::flows::of_cabinet(w.conn, w.cabinet, ids)?;
    let mut histories = store::flows::histories(w.conn, ids)?;
    let mut slots = Vec::with_capacity(stored.len());
    for stored in stored {
        let (keys, events) = histories.remove(&stored.flow.id).unwrap_or_default().into_iter().unzip();
        let mut slot = Slot::known(stored, keys, events);
        let readings: Vec<StatusEvent> = slot
            .events
            .iter()
            .filter(|e| words.contains(&e.raw) && e.lacks_reading(code, &slot.events))
            .map(|e| e.read_as(code, by, now))
            .collect();
        for reading in readings {
            slot.push(reading.key(), reading);
        }
        slots.push(slot);
    }
    let moves = |slot: &&Slot| {
        let code = |events: &[StatusEvent]| flow::current(events).map(|place| events[place].code);
        code(&slot.events[..slot.known]) != code(&slot.events)
    };
    let moved = slots.iter().filter(moves).count() as u64;
    if !preview {
        settle(w, slots, now)?;
    }
    Ok(moved)
}

/// Gives flows to a dossier, or to none, and lets rules and score know.
pub(super) fn give(w: &mut Writing<'_>, ids: &[FlowId], dossier: Option<domain::DossierId>) -> Result<()> {
    let stored = store::flows::of_cabinet(w.conn, w.cabinet, ids)?;
    let mut histories = store::flows::events_of(w.conn, ids)?;
    store::flows::set_dossier(w.conn, w.cabinet, ids, dossier)?;
    let mut shown = Shown::default();
    let mut touched = Vec::with_capacity(stored.len());
    for stored in stored {
        let events = histories.remove(&stored.flow.id).unwrap_or_default();
        let before = stored.flow.clone();
        let flow = Flow { dossier, ..stored.flow };
        shown.of(&flow, &events, w.judge.today);
        touched.push(Touched {
            before: Some(before),
            current: flow::current(&events),
            new_events: 0,
            later: false,
            stuck_at: stored.stuck_at,
            flow,
            events,
        });
    }
    evidence::prove(w, shown)?;
    findings::after_flows(w, &touched)
}

/// Lets rules look again at flows of which no event is new.
fn look(w: &mut Writing<'_>, flows: Vec<(Flow, Stored)>) -> Result<()> {
    let ids: Vec<FlowId> = flows.iter().map(|(_, s)| s.flow.id).collect();
    let mut histories = store::flows::events_of(w.conn, &ids)?;
    let touched: Vec<Touched> = flows
        .into_iter()
        .map(|(before, stored)| {
            let events = histories.remove(&stored.flow.id).unwrap_or_default();
            Touched {
                before: Some(before),
                current: flow::current(&events),
                new_events: 0,
                later: false,
                stuck_at: stored.stuck_at,
                flow: stored.flow,
                events,
            }
        })
        .collect();
    findings::after_flows(w, &touched)
}

/// Lets rules look at flows whose time has come.
pub(super) fn time_has_come(w: &mut Writing<'_>, stored: Vec<Stored>) -> Result<()> {
    look(w, stored.into_iter().map(|s| (s.flow.clone(), s)).collect())
}

/// Lets rules look at flows about which the firm has done something.
pub(super) fn handled_again(w: &mut Writing<'_>, handled: &[(Flow, Stored)]) -> Result<()> {
    look(w, handled.to_vec())
}

/// Today, as far as a source's time may count as a day of proof.
pub(super) fn day_of(at: DateTime<Utc>, today: NaiveDate) -> NaiveDate {
    crate::time::paris_day(at).min(today)
}

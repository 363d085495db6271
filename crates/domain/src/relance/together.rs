//! Plans of many: what one contact gets over all dossiers and sequences leaves as one message, and what will leave on each of
//! the coming days.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};

use super::RelanceChannel;
use super::outcome::{ContactBy, Ended, Hold, Outcome, OutcomeCode, Stage};
use super::pace::Pace;
use super::plan::{Addressee, Contacted, Fate, Member, Opening, Plan, Planner, Seat, StepDone, StepPlan, Turn};
use crate::reference::HolidayPlace;
use crate::{DossierId, RelanceStepId, SequenceId};

/// Something that happens to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// It is over with a step, or it leaves. A step that waits for a person is told when only foreseen.
    Step {
        step: RelanceStepId,
        due_at: DateTime<Utc>,
        outcome: Outcome,
        held: Option<Hold>,
    },
    End(Ended),
}

/// Something that happens, in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Place of the member among those handed in.
    pub member: usize,
    pub at: DateTime<Utc>,
    pub what: Happening,
    /// Steps of one number leave as one mail.
    pub mail: Option<u32>,
}

impl Event {
    /// The step as it stands once the event is carried out.
    pub fn done(&self) -> Option<StepDone> {
        let Happening::Step { step, outcome, .. } = self.what else { return None };
        let outcome = match outcome {
            Outcome::Planned { at, channel, silent_at, .. } => Outcome::Sent { at, channel, silent_at },
            over if over.is_over() => over,
            _ => return None,
        };
        Some(StepDone { step, outcome, text: None })
    }
}

/// A person who is written to; the dossier where nobody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Contact {
    Address(u32),
    Dossier(DossierId),
}

fn contact(member: &Member<'_>) -> Contact {
    match member.facts.addressee {
        Addressee::Address(n) | Addressee::Suppressed(n, _) => Contact::Address(n),
        Addressee::Nobody => Contact::Dossier(member.enrolment.dossier_id),
    }
}

/// Places of the members of each contact.
pub fn by_contact(members: &[Member<'_>]) -> Vec<Vec<usize>> {
    let mut order: Vec<(Contact, usize)> = members.iter().map(contact).zip(0..).collect();
    order.sort_unstable();
    order.chunk_by(|a, b| a.0 == b.0).map(|same| same.iter().map(|(_, place)| *place).collect()).collect()
}

/// How far a walk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walk {
    /// What is to be done now; a step that needs consent stays.
    Now,
    /// What will happen, as if a person agreed at once to each step that needs it.
    Until(Option<DateTime<Utc>>),
}

impl Walk {
    /// When a turn brings something, if it does by itself.
    fn moment(self, turn: &Turn) -> Option<DateTime<Utc>> {
        match turn {
            Turn::Ends(end, _) => Some(end.at),
            Turn::Held(_) => None,
            Turn::Goes(open) => match open.fate {
                Fate::Held(_) => None,
                Fate::NeedsConsent if self == Self::Now => None,
                _ => Some(open.at),
            },
        }
    }
}

/// A member on its way, and what is next for it; nothing once it is out.
struct Place<'a> {
    number: usize,
    seat: Seat<'a>,
    turn: Option<Turn>,
    /// What happens to it is not told: it is what becomes of a member without the consent that it waits for. A second place
    /// of the member tells how it would go on with it, and touches nobody else.
    silent: bool,
}

/// All members of one contact on their way.
struct Company<'p, 'a> {
    planner: &'p Planner<'p>,
    places: Vec<Place<'a>>,
    mails: u32,
}

impl<'p, 'a> Company<'p, 'a> {
    /// Of a contact's members; those that are out stay out.
    fn new(planner: &'p Planner<'p>, members: &[Member<'a>], numbers: &[usize], mails: u32) -> Self {
        let place = |number: usize| {
            let seat = Seat::new(members[number]);
            let turn = seat.member.enrolment.ended.is_none().then(|| planner.turn(&seat, planner.now));
            Place { number, seat, turn, silent: false }
        };
        Self { planner, places: numbers.iter().map(|n| place(*n)).collect(), mails }
    }

    /// What happens, in order. Afterwards each place holds what stands next.
    fn walk(&mut self, walk: Walk, mut tell: impl FnMut(Event)) {
        let until = match walk {
            Walk::Now => Some(self.planner.now),
            Walk::Until(until) => until,
        };
        loop {
            let moments = self.places.iter().enumerate().filter_map(|(i, p)| Some((walk.moment(p.turn.as_ref()?)?, i)));
            let Some((at, i)) = moments.min().filter(|(at, _)| until.is_none_or(|until| *at <= until)) else { return };
            match self.places[i].turn {
                Some(Turn::Ends(end, _)) => {
                    let place = &mut self.places[i];
                    place.turn = None;
                    if !place.silent {
                        tell(Event { member: place.number, at, what: Happening::End(end), mail: None });
                    }
                }
                Some(Turn::Goes(open)) => self.go(i, open, at, &mut tell),
                Some(Turn::Held(_)) | None => return,
            }
        }
    }

    fn go(&mut self, i: usize, open: Opening, at: DateTime<Utc>, tell: &mut impl FnMut(Event)) {
        let channel = open.channel;
        match open.fate {
            Fate::Leaves | Fate::NeedsConsent if self.places[i].seat.assumed => self.go_alone(i, &open, at, tell),
            Fate::NeedsConsent => self.wait(i, &open, at, tell),
            Fate::Leaves if channel == RelanceChannel::Mail => self.mail(at, tell),
            Fate::Leaves => {
                self.tell(i, &open, at, leaving(&open, at, false), None, tell);
                self.places[i].seat.send(channel, at);
                if channel == RelanceChannel::Letter { self.contacted(at) } else { self.next(i, at) }
            }
            _ => {
                self.tell(i, &open, at, open.outcome(at), None, tell);
                self.places[i].seat.pass(at, open.fate);
                self.next(i, at);
            }
        }
    }

    /// A step that nobody has agreed to: it stays until it makes no sense any more, and it is told how the member would go on
    /// if somebody agreed at once. No message of another hangs on that.
    fn wait(&mut self, i: usize, open: &Opening, at: DateTime<Utc>, tell: &mut impl FnMut(Event)) {
        let place = &mut self.places[i];
        if !std::mem::replace(&mut place.silent, true) {
            let mut seat = place.seat.clone();
            seat.assumed = true;
            self.places.push(Place { number: self.places[i].number, seat, turn: None, silent: false });
            self.go_alone(self.places.len() - 1, open, at, tell);
        }
        match open.expires_at {
            Some(expires_at) => self.next(i, expires_at),
            None => self.places[i].turn = None,
        }
    }

    /// A step leaves in a foretelling that is nobody else's.
    fn go_alone(&mut self, i: usize, open: &Opening, at: DateTime<Utc>, tell: &mut impl FnMut(Event)) {
        self.tell(i, open, at, leaving(open, at, false), None, tell);
        let seat = &mut self.places[i].seat;
        seat.send(open.channel, at);
        if open.channel != RelanceChannel::Call {
            seat.facts.contacted = Some(Contacted { at, by: ContactBy::Relance });
        }
        self.next(i, at);
    }

    fn tell(
        &self,
        i: usize,
        open: &Opening,
        at: DateTime<Utc>,
        outcome: Outcome,
        mail: Option<u32>,
        tell: &mut impl FnMut(Event),
    ) {
        if self.places[i].silent {
            return;
        }
        let along = matches!(outcome, Outcome::Planned { along: true, .. });
        let what = Happening::Step {
            step: open.step,
            due_at: open.due_at.unwrap_or(at),
            outcome,
            held: open.first_hold().filter(|_| !along),
        };
        tell(Event { member: self.places[i].number, at, what, mail });
    }

    /// One mail: all steps of the contact that leave at the moment, and those that go along.
    fn mail(&mut self, at: DateTime<Utc>, tell: &mut impl FnMut(Event)) {
        let mail = Some(self.mails);
        self.mails += 1;
        for i in 0..self.places.len() {
            let Some(Turn::Goes(open)) = self.places[i].turn else { continue };
            let leaves = open.fate == Fate::Leaves && open.channel == RelanceChannel::Mail && open.at == at;
            if self.places[i].seat.assumed {
                continue;
            }
            if leaves || self.planner.goes_along(&self.places[i].seat, &open, at) {
                self.tell(i, &open, at, leaving(&open, at, !leaves), mail, tell);
                self.places[i].seat.send(open.channel, at);
            }
        }
        self.contacted(at);
    }

    /// The contact was written to: that moves what is next for all.
    fn contacted(&mut self, at: DateTime<Utc>) {
        for i in 0..self.places.len() {
            self.places[i].seat.facts.contacted = Some(Contacted { at, by: ContactBy::Relance });
            if self.places[i].turn.is_some() {
                self.next(i, at);
            }
        }
    }

    fn next(&mut self, i: usize, at: DateTime<Utc>) {
        self.places[i].turn = Some(self.planner.turn(&self.places[i].seat, at));
    }
}

/// A step as it leaves, or would if a person agreed.
fn leaving(open: &Opening, at: DateTime<Utc>, along: bool) -> Outcome {
    match open.fate {
        Fate::NeedsConsent => Outcome::WaitsApproval { from: at },
        _ => Outcome::Planned {
            at,
            channel: open.channel,
            moved_by: open.moved_by().filter(|_| !along),
            along,
            silent_at: open.silent_before(at),
        },
    }
}

impl Planner<'_> {
    /// What is to be done now for the members of one contact, or of many: ends, steps that are over, messages that leave.
    pub fn due(&self, members: &[Member<'_>]) -> Vec<Event> {
        let (mut events, mut mails) = (Vec::new(), 0);
        for numbers in by_contact(members) {
            let mut company = Company::new(self, members, &numbers, mails);
            company.walk(Walk::Now, |event| events.push(event));
            mails = company.mails;
        }
        events
    }

    /// The plan of each member, from its first step to its last. All members of a contact must be handed in: they share the
    /// distance between messages.
    pub fn plans(&self, members: &[Member<'_>]) -> Vec<Plan> {
        let mut plans: Vec<Option<Plan>> = vec![None; members.len()];
        let mut events: Vec<Event> = Vec::new();
        for numbers in by_contact(members) {
            events.clear();
            let mut company = Company::new(self, members, &numbers, 0);
            let first: Vec<Option<Turn>> = company.places.iter().map(|p| p.turn).collect();
            company.walk(Walk::Until(None), |event| events.push(event));
            let (members, assumed) = company.places.split_at(first.len());
            for (place, first) in members.iter().zip(first) {
                let place = assumed.iter().find(|p| p.number == place.number).unwrap_or(place);
                let own = events.iter().filter(|e| e.member == place.number);
                plans[place.number] = Some(self.told(place, first, own));
            }
        }
        plans.into_iter().flatten().collect()
    }

    /// The plan of a member that shares its contact with no other.
    pub fn plan(&self, member: Member<'_>) -> Plan {
        let all = self.plans(std::slice::from_ref(&member));
        all.into_iter().next().unwrap_or(Plan {
            steps: Vec::new(),
            end: member.enrolment.ended,
            held: None,
            look_at: None,
        })
    }

    /// The open step of a member alone, without what comes after: what it comes to, and when to look at it next.
    pub fn next(&self, member: Member<'_>) -> (Option<StepPlan>, Option<DateTime<Utc>>) {
        let seat = Seat::new(member);
        if member.enrolment.ended.is_some() {
            return (None, None);
        }
        let turn = self.turn(&seat, self.now);
        let open = match turn {
            Turn::Ends(end, _) if end.at <= self.now => None,
            Turn::Ends(_, open) => open.map(|o| (o.step, o.due_at, o.outcome(self.now))),
            Turn::Held(reason) => seat.step().map(|s| (s.id, None, Outcome::Held { reason, leaves_at: None })),
            Turn::Goes(o) => Some((o.step, o.due_at, o.outcome(self.now))),
        };
        let step = open.map(|(step, due_at, outcome)| StepPlan { step, stage: Stage::Open, due_at, outcome });
        (step, turn.look_at(self.now))
    }

    fn told<'e>(&self, place: &Place<'_>, first: Option<Turn>, own: impl Iterator<Item = &'e Event> + Clone) -> Plan {
        let (course, enrolment) = (place.seat.member.course, place.seat.member.enrolment);
        let foreseen = own.clone().find_map(|e| match e.what {
            Happening::End(end) => Some(end),
            Happening::Step { .. } => None,
        });
        let end = enrolment.ended.or(foreseen);
        // A step that is held while its dossier waits to be handed to a person is told as held.
        let stays = match first {
            Some(Turn::Ends(end, Some(open))) if end.at > self.now => Some(open),
            _ => None,
        };
        let stands = match place.turn {
            Some(Turn::Goes(open)) => Some((open.step, open.due_at, open.outcome(self.now))),
            Some(Turn::Held(reason)) => {
                place.seat.step().map(|s| (s.id, None, Outcome::Held { reason, leaves_at: None }))
            }
            _ => stays.map(|open| (open.step, open.due_at, open.outcome(self.now))),
        };
        let mut steps: Vec<StepPlan> = Vec::with_capacity(course.steps.len());
        let over = |d: &StepDone| StepPlan { step: d.step, stage: Stage::Over, due_at: None, outcome: d.outcome };
        let is_of_course = |id| course.steps.iter().any(|s| s.id == id);
        steps.extend(enrolment.done.iter().filter(|d| !is_of_course(d.step)).map(over));
        let first_open = Seat::new(place.seat.member).turn;
        let mut stage = if enrolment.ended.is_some() { Stage::Over } else { Stage::Open };
        let mut waits_on = None;
        for (n, step) in course.steps.iter().enumerate() {
            if let Some(done) = enrolment.done.iter().find(|d| d.step == step.id) {
                steps.push(over(done));
                continue;
            }
            if n < first_open {
                let at = enrolment.done.iter().filter_map(|d| d.outcome.at()).max().unwrap_or(enrolment.joined_at);
                let outcome = Outcome::LeftOut { why: super::outcome::Gap::AddedBehind, at };
                steps.push(StepPlan { step: step.id, stage: Stage::Over, due_at: None, outcome });
                continue;
            }
            let event = own.clone().find_map(|e| match e.what {
                Happening::Step { step: id, due_at, outcome, held } if id == step.id => {
                    Some((due_at, self.seen(outcome, due_at, held)))
                }
                _ => None,
            });
            let (due_at, outcome) = match (event, stands, end) {
                (Some((due_at, outcome)), _, _) => (Some(due_at), outcome),
                (None, Some((id, due_at, outcome)), _) if id == step.id => (due_at, outcome),
                (None, _, Some(end)) => (None, Outcome::Stopped { end }),
                (None, _, None) => (None, Outcome::Waits { on: waits_on.unwrap_or(step.id) }),
            };
            if waits_on.is_none() && outcome.at().is_none() {
                waits_on = Some(step.id);
            }
            steps.push(StepPlan { step: step.id, stage, due_at, outcome });
            if stage == Stage::Open {
                stage = Stage::Coming;
            }
        }
        let held = match place.turn {
            Some(Turn::Held(hold)) => Some(hold),
            _ => None,
        };
        Plan { steps, end, held, look_at: self.look_at(first, own) }
    }

    /// An event as it is told now: what is held although its time has come is held, and leaves then.
    fn seen(&self, outcome: Outcome, due_at: DateTime<Utc>, held: Option<Hold>) -> Outcome {
        match (outcome, held.filter(|_| due_at <= self.now)) {
            (Outcome::Planned { at, along: false, .. }, Some(reason)) => Outcome::Held { reason, leaves_at: Some(at) },
            (Outcome::WaitsApproval { .. }, Some(reason)) => Outcome::Held { reason, leaves_at: None },
            _ => outcome,
        }
    }

    /// When something is to be done: the first that happens; what waits for a person already is missed one day.
    fn look_at<'e>(&self, first: Option<Turn>, mut own: impl Iterator<Item = &'e Event>) -> Option<DateTime<Utc>> {
        match first {
            Some(turn @ Turn::Ends(_, Some(_))) => turn.look_at(self.now),
            Some(turn @ Turn::Goes(Opening { fate: Fate::NeedsConsent, .. })) => turn.look_at(self.now),
            _ => own.next().map(|event| event.at),
        }
    }

    /// What will leave on each of the coming days, what is held and left out, and why; today is the first day. Days are those
    /// of the firm's clock.
    pub fn forecast(&self, members: &[Member<'_>], days: u32) -> Vec<ForecastDay> {
        self.forecast_paced(members, days, None, |_| true)
    }

    /// The same for some of the members, where so many messages of all leave in an hour. What follows a message that leaves
    /// later is told as if it had left in its time.
    pub fn forecast_paced(
        &self,
        members: &[Member<'_>],
        days: u32,
        pace: Option<Pace>,
        told: impl Fn(&Member<'_>) -> bool,
    ) -> Vec<ForecastDay> {
        let place = self.window.firm();
        let today = place.day(self.now);
        let until = today
            .checked_add_days(Days::new(u64::from(days)))
            .map(|day| place.utc(day.and_hms_opt(0, 0, 0).unwrap_or_default()));
        // The last moment of the last day.
        let until = until.map(|end| end - Duration::microseconds(1));
        let mut sheet = Sheet::new(today, days);
        let (mut events, mut mails) = (Vec::new(), 0);
        for numbers in by_contact(members) {
            let mut company = Company::new(self, members, &numbers, mails);
            company.walk(Walk::Until(until), |event| events.push(event));
            mails = company.mails;
            for stands in company.places.iter().filter(|p| !p.silent && told(&members[p.number])) {
                let (step, due_at, outcome) = match &stands.turn {
                    Some(Turn::Goes(open) | Turn::Ends(_, Some(open))) => {
                        (open.step, open.due_at, open.outcome(self.now))
                    }
                    Some(Turn::Held(reason)) => match stands.seat.step() {
                        Some(step) => (step.id, None, Outcome::Held { reason: *reason, leaves_at: None }),
                        None => continue,
                    },
                    _ => continue,
                };
                // Leaves after the last day, but its own day is one of these.
                let hold = match outcome {
                    Outcome::Held { reason, .. } => Some(reason),
                    Outcome::Planned { moved_by, .. } => moved_by,
                    _ => None,
                };
                if let Some(hold) = hold {
                    let day = due_at.map_or(today, |at| place.day(at));
                    sheet.count(day, &members[stands.number], step, hold.code());
                }
            }
        }
        let most = self.rules.hourly.unwrap_or_default();
        let later = pace.map(|pace| self.paced(pace, members, &events)).unwrap_or_default();
        let mut leave: BTreeMap<u32, DateTime<Utc>> = BTreeMap::new();
        for event in events.iter().filter(|event| told(&members[event.member])) {
            let member = &members[event.member];
            let at = event.mail.and_then(|n| later.get(&n).copied()).unwrap_or(event.at);
            let (own_day, day) = (place.day(event.at), place.day(at));
            match event.what {
                Happening::End(end) => sheet.end(day, member, end.why.code()),
                Happening::Step { step, due_at, outcome, held } => {
                    sheet.count(day, member, step, outcome.code());
                    if let Some(hold) = held.filter(|_| place.day(due_at).max(today) < own_day) {
                        sheet.count(place.day(due_at), member, step, hold.code());
                    }
                    if own_day < day {
                        sheet.count(own_day, member, step, Hold::HourlyLimit { most }.code());
                    }
                }
            }
            leave.extend(event.mail.map(|n| (n, at)));
        }
        for at in leave.into_values() {
            sheet.mail(place.day(at), at);
        }
        sheet.days
    }

    /// Mails that leave later than by their own time, since as many as leave in an hour have left: in the order of time.
    fn paced(&self, mut pace: Pace, members: &[Member<'_>], events: &[Event]) -> BTreeMap<u32, DateTime<Utc>> {
        let mut mails: Vec<(DateTime<Utc>, u32, HolidayPlace)> =
            events.iter().filter_map(|e| Some((e.at, e.mail?, members[e.member].facts.place))).collect();
        mails.sort_unstable_by_key(|(at, mail, _)| (*at, *mail));
        mails.dedup_by_key(|(_, mail, _)| *mail);
        let later = mails.into_iter().filter_map(|(at, mail, place)| {
            let leaves_at = pace.take(self.window, place, at)?;
            (leaves_at > at).then_some((mail, leaves_at))
        });
        later.collect()
    }
}

/// The coming days while they are filled.
struct Sheet {
    today: NaiveDate,
    days: Vec<ForecastDay>,
}

impl Sheet {
    fn new(today: NaiveDate, days: u32) -> Self {
        let dates = today.iter_days().take(days as usize);
        Self { today, days: dates.map(|day| ForecastDay { day, ..ForecastDay::default() }).collect() }
    }

    fn line(&mut self, day: NaiveDate) -> Option<&mut ForecastDay> {
        line_of(&mut self.days, self.today, day)
    }

    fn count(&mut self, day: NaiveDate, member: &Member<'_>, step: RelanceStepId, code: OutcomeCode) {
        let channel = member.course.steps.iter().find(|s| s.id == step).map(|s| s.channel);
        let key = ForecastKey { sequence_id: member.course.sequence_id, step, code };
        if let (Some(line), Some(channel)) = (self.line(day), channel) {
            line.steps.entry(key).or_insert(ForecastCount { channel, count: 0 }).count += 1;
        }
    }

    fn end(&mut self, day: NaiveDate, member: &Member<'_>, code: OutcomeCode) {
        if let Some(line) = self.line(day) {
            *line.ends.entry((member.course.sequence_id, code)).or_default() += 1;
        }
    }

    fn mail(&mut self, day: NaiveDate, at: DateTime<Utc>) {
        if let Some(line) = self.line(day) {
            line.mails += 1;
            line.last_at = line.last_at.max(Some(at));
        }
    }
}

/// The line of a day; what is due since before today stands on today's.
fn line_of(forecast: &mut [ForecastDay], today: NaiveDate, day: NaiveDate) -> Option<&mut ForecastDay> {
    let n = usize::try_from((day.max(today) - today).num_days()).ok()?;
    forecast.get_mut(n)
}

/// What is counted apart in a forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForecastKey {
    pub sequence_id: SequenceId,
    pub step: RelanceStepId,
    /// `planned` leaves on the day; a hold is counted on the day on which the step would have left.
    pub code: OutcomeCode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForecastCount {
    pub channel: RelanceChannel,
    pub count: u32,
}

/// One of the coming days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForecastDay {
    pub day: NaiveDate,
    /// Mails that leave: several steps of a contact are one.
    pub mails: u32,
    /// When the last of them leaves.
    pub last_at: Option<DateTime<Utc>>,
    pub steps: BTreeMap<ForecastKey, ForecastCount>,
    /// Dossiers that leave their sequence.
    pub ends: BTreeMap<(SequenceId, OutcomeCode), u32>,
}

impl ForecastDay {
    /// Steps of some outcomes on the day, in some channel or in any.
    pub fn count(&self, channel: Option<RelanceChannel>, is_it: impl Fn(OutcomeCode) -> bool) -> u32 {
        let told = self.steps.iter().filter(|(key, n)| is_it(key.code) && channel.is_none_or(|c| c == n.channel));
        told.map(|(_, n)| n.count).sum()
    }
}

#[cfg(test)]
#[path = "years_tests.rs"]
mod tests;

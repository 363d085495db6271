//! Ten years of a firm: whatever happens, nothing leaves against a rule, nothing is lost, and what was foretold comes true.

use std::sync::LazyLock;

use chrono::NaiveTime;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::reference::HolidayPlace;
use crate::relance::outcome::{AnswerWay, End, Miss, PauseReason, Suppression};
use crate::relance::plan::{Answer, Away, Circumstances, ClientPause, Consent, Course, Enrolment, Going, Sending};
use crate::relance::window::Window;
use crate::relance::{
    Anchor, Approval, Delay, Escalation, FirmPause, RelancePurpose, RelanceStep, SendingMode, SendingRules,
    SequenceState, SkipWhen, ToPerson, Tone,
};
use crate::working_time::Hours;
use crate::{Criterion, TemplateId};

const DOSSIERS: usize = 3;
const SEQUENCES: usize = 2;
/// The first two dossiers share an address.
const ADDRESSES: [u32; DOSSIERS] = [0, 0, 1];
const YEARS_IN_MINUTES: i64 = 10 * 365 * 24 * 60;

fn start() -> DateTime<Utc> {
    "2026-01-05T07:00:00Z".parse().unwrap()
}

/// Usual hours, short ones, all day long, and by night over the changes of the clock; with their days counted for ten years.
static WINDOWS: LazyLock<Vec<(Hours, Window)>> = LazyLock::new(|| {
    let time = |h, m| NaiveTime::from_hms_opt(h, m, 0).unwrap();
    let of = |days: std::ops::RangeInclusive<u8>, from, to| {
        let closed = [start().date_naive() + Days::new(100), start().date_naive() + Days::new(1_000)].into();
        let hours = Hours { days: days.collect(), from, to, closed, ..Hours::default() };
        let window = Window::over(&hours, start().date_naive(), start().date_naive() + Days::new(3_900));
        (hours, window)
    };
    vec![
        of(1..=5, time(9, 0), time(18, 0)),
        of(2..=4, time(8, 30), time(12, 0)),
        of(1..=7, time(0, 0), time(23, 59)),
        of(1..=7, time(1, 0), time(4, 0)),
    ]
});

/// Something that happens in the firm or around it.
#[derive(Debug, Clone)]
enum Change {
    Nothing,
    Join { dossier: usize, sequence: usize, starts_in: Option<u64> },
    Remove { dossier: usize, sequence: usize },
    ClientPause { dossier: usize, in_days: u64, days: Option<u64> },
    ClientBack { dossier: usize },
    FirmPause { in_days: u64, days: u64 },
    Away { dossier: usize, in_days: u64, days: Option<u64> },
    PersonBack { dossier: usize },
    Answer { dossier: usize },
    Done { dossier: usize },
    Missing { dossier: usize },
    Eligible { dossier: usize, is: bool },
    InPart { dossier: usize },
    LinkOpened { dossier: usize },
    ByHand { dossier: usize },
    Anomaly { dossier: usize, is: bool },
    OtherSender { dossier: usize, by: ContactBy },
    Suppressed { dossier: usize, why: Option<Suppression> },
    NoAddress { dossier: usize },
    Outage { hours: i64 },
    Mode { mode: SendingMode },
    Sequence { sequence: usize, state: SequenceState },
    Edit { sequence: usize, step: usize, by: RelanceStep },
    Insert { sequence: usize, step: usize, by: RelanceStep },
    TakeOut { sequence: usize, step: usize },
    Agree,
    Fresh { is: bool },
    Deadline { dossier: usize, in_days: Option<u64> },
    Foretell,
}

#[derive(Debug, Clone)]
struct Script {
    window: usize,
    minimum_days: u32,
    maximum: u32,
    catch_up_days: u32,
    places: [HolidayPlace; DOSSIERS],
    steps: [Vec<RelanceStep>; SEQUENCES],
    escalation: Option<u32>,
    changes: Vec<(i64, Change)>,
}

#[derive(Debug, Clone)]
struct Client {
    facts: Circumstances,
    /// The list that it rests on is kept up to date.
    fresh: bool,
}

#[derive(Debug, Clone)]
struct Seated {
    sequence: usize,
    dossier: usize,
    enrolment: Enrolment,
}

#[derive(Debug, Clone)]
struct Firm {
    rules: SendingRules,
    window: usize,
    courses: Vec<Course>,
    clients: Vec<Client>,
    /// By address, then by dossier where nobody is known.
    contacted: [Option<Contacted>; 2 + DOSSIERS],
    /// By sequence and dossier.
    messages: [[u32; DOSSIERS]; SEQUENCES],
    seated: Vec<Seated>,
    now: DateTime<Utc>,
    ran_at: DateTime<Utc>,
    ids: u128,
}

impl Firm {
    fn new(script: &Script) -> Self {
        let rules = SendingRules {
            mode: SendingMode::Live,
            window: WINDOWS[script.window].0.clone(),
            minimum_days: script.minimum_days,
            maximum: script.maximum,
            stale_days: 20,
            catch_up_days: script.catch_up_days,
            ..SendingRules::default()
        };
        let mut firm = Self {
            rules,
            window: script.window,
            courses: Vec::new(),
            clients: Vec::new(),
            contacted: [None; 2 + DOSSIERS],
            messages: [[0; DOSSIERS]; SEQUENCES],
            seated: Vec::new(),
            now: start(),
            ran_at: start(),
            ids: 1_000,
        };
        for (n, steps) in script.steps.iter().enumerate() {
            let steps = steps.iter().map(|s| firm.with_id(s)).collect();
            firm.courses.push(Course {
                sequence_id: SequenceId::from_uuid(Uuid::from_u128(n as u128)),
                purpose: RelancePurpose::ChoosePlatform,
                state: SequenceState::Active,
                steps,
                escalation: script
                    .escalation
                    .filter(|_| n == 0)
                    .map(|after| Escalation { after, to: ToPerson::Manager }),
            });
        }
        let client = |place, address| Client {
            facts: Circumstances {
                place,
                missing: Criterion::ReceptionPlatform.mask(),
                eligible: true,
                answered: None,
                mandate_received: false,
                pause: None,
                addressee: Addressee::Address(address),
                phone: address == 0,
                contacted: None,
                messages: 0,
                data_on: None,
                away: None,
                critical_anomaly: false,
                link_opened_at: None,
                answered_in_part_at: None,
                contacted_by_hand_at: None,
                deadline: None,
            },
            fresh: true,
        };
        firm.clients = script.places.iter().zip(ADDRESSES).map(|(place, address)| client(*place, address)).collect();
        firm
    }

    fn with_id(&mut self, step: &RelanceStep) -> RelanceStep {
        self.ids += 1;
        RelanceStep { id: RelanceStepId::from_uuid(Uuid::from_u128(self.ids)), ..step.clone() }
    }

    fn contact(&self, dossier: usize) -> usize {
        match self.clients[dossier].facts.addressee {
            Addressee::Nobody => 2 + dossier,
            Addressee::Address(n) | Addressee::Suppressed(n, _) => n as usize,
        }
    }

    fn facts(&self, seated: &Seated) -> Circumstances {
        let client = &self.clients[seated.dossier];
        let today = client.facts.place.day(self.now);
        Circumstances {
            contacted: self.contacted[self.contact(seated.dossier)],
            messages: self.messages[seated.sequence][seated.dossier],
            data_on: Some(if client.fresh { today } else { today - Days::new(21) }),
            ..client.facts
        }
    }

    fn planner(&self) -> Planner<'_> {
        let window = &WINDOWS[self.window].1;
        Planner { rules: &self.rules, window, now: self.now, ran_at: Some(self.ran_at), silences: &[] }
    }

    /// Those that are in a sequence, by their places.
    fn active(&self) -> Vec<usize> {
        (0..self.seated.len()).filter(|n| self.seated[*n].enrolment.ended.is_none()).collect()
    }

    fn with_members<T>(&self, f: impl FnOnce(&Planner<'_>, &[Member<'_>], &[usize]) -> T) -> T {
        let active = self.active();
        let facts: Vec<Circumstances> = active.iter().map(|n| self.facts(&self.seated[*n])).collect();
        let member = |(n, facts): (&usize, _)| {
            let seated = &self.seated[*n];
            Member { course: &self.courses[seated.sequence], enrolment: &seated.enrolment, facts }
        };
        let members: Vec<Member<'_>> = active.iter().zip(&facts).map(member).collect();
        f(&self.planner(), &members, &active)
    }

    /// Does what is to be done now, and looks that nothing speaks against it. Returns whether there was anything.
    fn tick(&mut self) -> bool {
        let (events, active) = self.with_members(|planner, members, active| (planner.due(members), active.to_vec()));
        let mut n = 0;
        while n < events.len() {
            let same = events[n..].iter().take_while(|e| e.mail.is_some() && e.mail == events[n].mail).count().max(1);
            let message = &events[n..n + same];
            for event in message {
                self.look_at(event, active[event.member]);
            }
            for event in message {
                self.carry_out(event, active[event.member]);
            }
            n += same;
        }
        self.ran_at = self.now;
        let again = self.with_members(|planner, members, _| planner.due(members));
        assert!(again.is_empty(), "done once, and due again: {again:?}");
        !events.is_empty()
    }

    /// The rules once more, in plain words.
    fn look_at(&self, event: &Event, n: usize) {
        let (seated, now) = (&self.seated[n], self.now);
        let (course, facts) = (&self.courses[seated.sequence], self.facts(seated));
        let Happening::Step { step, outcome, .. } = event.what else { return };
        assert_eq!(event.at, now);
        assert!(seated.enrolment.ended.is_none(), "after its end");
        assert!(seated.enrolment.done.iter().all(|d| d.step != step), "a second time");
        let Outcome::Planned { channel, along, .. } = outcome else {
            assert!(outcome.is_over(), "{outcome:?}");
            if let Outcome::Missed { why: Miss::NothingRan { could_leave_at }, .. } = outcome {
                assert!(self.ran_at <= could_leave_at, "it ran then");
                let days = (facts.place.day(now) - facts.place.day(could_leave_at)).num_days();
                assert!(days > 0 && now - self.ran_at > Duration::minutes(5), "no outage");
            }
            return;
        };
        let (local, day) = (facts.place.local(now), facts.place.day(now));
        let (hours, step) = (&self.rules.window, course.steps.iter().find(|s| s.id == step).unwrap());
        assert!(Hours { place: facts.place, ..hours.clone() }.works_on(day), "on a day off: {day}");
        assert!(hours.from <= local.time() && local.time() < hours.to, "outside of the window: {local}");
        assert!(
            self.rules.pauses.iter().all(|p| day < p.from || p.to.is_some_and(|to| to < day)),
            "in a pause of the firm"
        );
        assert!(
            facts.pause.is_none_or(|p| day < p.from || p.to.is_some_and(|to| to < day)),
            "in a pause of the client"
        );
        assert!(facts.away.is_none_or(|a| day < a.from || a.to.is_some_and(|to| to < day)), "while the person is away");
        assert_ne!(self.rules.mode, SendingMode::Off);
        assert_eq!(course.state, SequenceState::Active);
        assert!(self.clients[seated.dossier].fresh, "on stale data");
        assert!(facts.eligible && facts.missing & Criterion::ReceptionPlatform.mask() != 0, "after it was done");
        assert!(facts.answered.is_none_or(|a| a.at < seated.enrolment.joined_at), "after the answer");
        assert!(facts.messages < self.rules.maximum, "beyond the maximum");
        assert!(seated.enrolment.starts_on.is_none_or(|start| start <= day), "before the start");
        if step.approval == Approval::Manual {
            assert_eq!(seated.enrolment.consent.map(|c| c.step), Some(step.id), "without consent");
        }
        if channel == RelanceChannel::Mail {
            assert!(matches!(facts.addressee, Addressee::Address(_)), "to an address that is suppressed");
        }
        if let Some(contacted) = facts.contacted.filter(|_| channel != RelanceChannel::Call) {
            let days = (day - facts.place.day(contacted.at)).num_days();
            assert!(days >= i64::from(self.rules.minimum_days), "{days} days after the last message");
        }
        let member = Member { course, enrolment: &seated.enrolment, facts: &facts };
        let going = if along { Going::Along } else { Going::OfItself };
        assert_eq!(self.planner().may_send(member, step.id, going), Sending::Go);
    }

    fn carry_out(&mut self, event: &Event, n: usize) {
        let contact = self.contact(self.seated[n].dossier);
        let seated = &mut self.seated[n];
        match event.what {
            Happening::End(end) => {
                assert_eq!(end.at, self.now);
                seated.enrolment.ended = Some(end);
            }
            Happening::Step { .. } => {
                let done = event.done().unwrap();
                seated.enrolment.done.push(done);
                if let Outcome::Sent { at, channel: RelanceChannel::Mail | RelanceChannel::Letter, .. } = done.outcome {
                    self.contacted[contact] = Some(Contacted { at, by: ContactBy::Relance });
                    self.messages[seated.sequence][seated.dossier] += 1;
                }
            }
        }
    }

    fn plans(&self) -> Vec<(usize, Plan)> {
        self.with_members(|planner, members, active| active.iter().copied().zip(planner.plans(members)).collect())
    }

    /// Each step of each enrolment has an outcome, and what will happen by itself has its time.
    fn nothing_is_lost(&self, plans: &[(usize, Plan)]) {
        for (n, plan) in plans {
            let course = &self.courses[self.seated[*n].sequence];
            for step in &course.steps {
                assert_eq!(plan.steps.iter().filter(|s| s.step == step.id).count(), 1);
            }
            let open = plan.open();
            let by_itself = match open.map(|s| s.outcome) {
                Some(Outcome::Held { leaves_at: None, .. } | Outcome::Waits { .. }) => false,
                Some(Outcome::WaitsApproval { .. }) => open.and_then(|s| s.due_at).is_none_or(|due| due > self.now),
                Some(_) => true,
                None => plan.held.is_none(),
            };
            assert!(!by_itself || plan.look_at.is_some_and(|at| at > self.now), "{plan:?} at {}", self.now);
            if plans.len() == 1 {
                let (alone, look_at) = self.with_members(|planner, members, _| planner.next(members[0]));
                assert_eq!(look_at, plan.look_at);
                assert!(alone.is_none_or(|alone| open.is_some_and(|open| open.outcome == alone.outcome)), "{plan:?}");
            }
        }
    }

    fn next_look(plans: &[(usize, Plan)]) -> Option<DateTime<Utc>> {
        plans.iter().filter_map(|(_, plan)| plan.look_at).min()
    }

    /// Whether one is announced that will then ask a person.
    fn asks(plans: &[(usize, Plan)], at: DateTime<Utc>) -> bool {
        plans.iter().filter(|(_, plan)| plan.look_at == Some(at)).any(|(_, plan)| {
            let open = plan.open().map(|s| s.outcome);
            matches!(open, Some(Outcome::WaitsApproval { .. } | Outcome::Held { leaves_at: None, .. }))
        })
    }

    /// Lets the time pass without any change, until a moment or until nothing happens by itself any more.
    fn pass(&mut self, until: Option<DateTime<Utc>>) {
        for round in 0.. {
            let plans = self.plans();
            assert!(round < 1_000, "no end of it: {plans:?} at {}", self.now);
            self.nothing_is_lost(&plans);
            let Some(at) = Self::next_look(&plans).filter(|at| until.is_none_or(|until| *at < until)) else { break };
            assert!(at > self.now);
            self.now = at;
            self.ran_at = self.ran_at.max(at - Duration::minutes(5));
            assert!(self.tick() || Self::asks(&plans, at), "announced for {at}, and nothing was to be done");
        }
        if let Some(until) = until {
            let plans = self.plans();
            let announced = Self::next_look(&plans) == Some(until);
            self.now = until;
            self.ran_at = self.ran_at.max(until - Duration::minutes(5));
            let done = self.tick();
            assert!(done == announced || (announced && Self::asks(&plans, until)), "at {until}: {done}, {plans:?}");
        }
    }

    /// What the plans say comes true, if nothing changes.
    fn foretell(&self) {
        let told = self.plans();
        let mut later = self.clone();
        later.pass(None);
        for (n, plan) in told {
            let (enrolment, mut assumed) = (&later.seated[n].enrolment, false);
            for step in plan.steps.iter().filter(|s| s.stage != Stage::Over) {
                let done = enrolment.done.iter().find(|d| d.step == step.step).map(|d| d.outcome);
                match step.outcome {
                    Outcome::Planned { at, channel, .. } => {
                        assert_eq!(done, Some(Outcome::Sent { at, channel, silent_at: None }), "{step:?} of {plan:?}");
                    }
                    Outcome::Held { leaves_at: Some(at), .. } => {
                        assert_eq!(done.and_then(Outcome::at), Some(at), "{step:?} of {plan:?}");
                    }
                    Outcome::Skipped { .. } | Outcome::Missed { .. } | Outcome::LeftOut { .. } => {
                        assert_eq!(done, Some(step.outcome), "{plan:?}");
                    }
                    Outcome::Stopped { end } => assert_eq!((done, enrolment.ended), (None, Some(end)), "{plan:?}"),
                    Outcome::Held { .. } | Outcome::WaitsApproval { .. } => {
                        // What nobody agrees to may be missed one day.
                        let missed = matches!(done, Some(Outcome::Missed { .. }));
                        assert!(done.is_none() || missed, "{done:?}: {step:?} of {plan:?}");
                        assumed = true;
                        break;
                    }
                    Outcome::Waits { .. } | Outcome::Sent { .. } => assert_eq!(done, None, "{plan:?}"),
                }
            }
            if !assumed {
                assert_eq!(plan.end, enrolment.ended, "{plan:?}");
            }
        }
    }

    fn change(&mut self, change: &Change) {
        let now = self.now;
        let day = now.date_naive();
        let span = |in_days: u64, days: Option<u64>| {
            let from = day + Days::new(in_days);
            (from, days.map(|days| from + Days::new(days)))
        };
        match change {
            Change::Nothing | Change::Foretell | Change::Outage { .. } => {}
            Change::Join { dossier, sequence, starts_in } => {
                let is_it = |s: &&Seated| s.dossier == *dossier && s.sequence == *sequence;
                if self.seated.iter().filter(is_it).all(|s| s.enrolment.ended.is_some()) {
                    self.messages[*sequence][*dossier] = 0;
                    self.seated.push(Seated {
                        sequence: *sequence,
                        dossier: *dossier,
                        enrolment: Enrolment {
                            dossier_id: DossierId::from_uuid(Uuid::from_u128(*dossier as u128)),
                            joined_at: now,
                            starts_on: starts_in.map(|days| day + Days::new(days)),
                            done: Vec::new(),
                            consent: None,
                            ended: None,
                        },
                    });
                }
            }
            Change::Remove { dossier, sequence } => {
                let all = self.seated.iter_mut().filter(|s| s.dossier == *dossier && s.sequence == *sequence);
                for seated in all.filter(|s| s.enrolment.ended.is_none()) {
                    seated.enrolment.ended = Some(Ended { why: End::Removed, at: now });
                }
            }
            Change::ClientPause { dossier, in_days, days } => {
                let (from, to) = span(*in_days, *days);
                self.clients[*dossier].facts.pause = Some(ClientPause { from, to, reason: PauseReason::Client });
            }
            Change::ClientBack { dossier } => self.clients[*dossier].facts.pause = None,
            Change::FirmPause { in_days, days } => {
                let (from, to) = span(*in_days, Some(*days));
                self.rules.pauses.push(FirmPause { from, to, reason: "Congés".into() });
            }
            Change::Away { dossier, in_days, days } => {
                let (from, to) = span(*in_days, *days);
                self.clients[*dossier].facts.away = Some(Away { from, to });
            }
            Change::PersonBack { dossier } => self.clients[*dossier].facts.away = None,
            Change::Answer { dossier } => {
                self.clients[*dossier].facts.answered = Some(Answer { at: now, way: AnswerWay::Link });
            }
            Change::Done { dossier } => self.clients[*dossier].facts.missing = 0,
            Change::Missing { dossier } => self.clients[*dossier].facts.missing = Criterion::ReceptionPlatform.mask(),
            Change::Eligible { dossier, is } => self.clients[*dossier].facts.eligible = *is,
            Change::InPart { dossier } => self.clients[*dossier].facts.answered_in_part_at = Some(now),
            Change::LinkOpened { dossier } => self.clients[*dossier].facts.link_opened_at = Some(now),
            Change::ByHand { dossier } => self.clients[*dossier].facts.contacted_by_hand_at = Some(now),
            Change::Anomaly { dossier, is } => self.clients[*dossier].facts.critical_anomaly = *is,
            Change::OtherSender { dossier, by } => {
                let contact = self.contact(*dossier);
                self.contacted[contact] = Some(Contacted { at: now, by: *by });
            }
            Change::Suppressed { dossier, why } => {
                // The address is, with all dossiers that have it.
                let address = ADDRESSES[*dossier];
                for (client, own) in self.clients.iter_mut().zip(ADDRESSES) {
                    if own == address {
                        client.facts.addressee =
                            why.map_or(Addressee::Address(address), |why| Addressee::Suppressed(address, why));
                    }
                }
            }
            Change::NoAddress { dossier } => self.clients[*dossier].facts.addressee = Addressee::Nobody,
            Change::Mode { mode } => self.rules.mode = *mode,
            Change::Sequence { sequence, state } => self.courses[*sequence].state = *state,
            Change::Edit { sequence, step, by } => {
                let steps = &mut self.courses[*sequence].steps;
                if let Some(n) = step.checked_rem(steps.len()) {
                    steps[n] = RelanceStep { id: steps[n].id, ..by.clone() };
                }
            }
            Change::Insert { sequence, step, by } => {
                let by = self.with_id(by);
                let steps = &mut self.courses[*sequence].steps;
                if steps.len() < 6 {
                    steps.insert(step % (steps.len() + 1), by);
                }
            }
            Change::TakeOut { sequence, step } => {
                let steps = &mut self.courses[*sequence].steps;
                if steps.len() > 1 {
                    steps.remove(step % steps.len());
                }
            }
            Change::Agree => {
                for (n, plan) in self.plans() {
                    let waits = plan.open().filter(|s| s.outcome.code() == OutcomeCode::WaitsApproval);
                    if let Some(step) = waits {
                        self.seated[n].enrolment.consent = Some(Consent { step: step.step, at: now });
                    }
                }
            }
            Change::Fresh { is } => self.clients.iter_mut().for_each(|c| c.fresh = *is),
            Change::Deadline { dossier, in_days } => {
                self.clients[*dossier].facts.deadline = in_days.map(|days| day + Days::new(days));
            }
        }
    }

    /// Lives through all that happens.
    fn live(&mut self, changes: &[(i64, Change)]) {
        let mut up_at = self.now;
        for (minute, change) in changes {
            let at = start() + Duration::minutes(*minute);
            // What comes while the server is down is noticed when it is up.
            let at = at.max(up_at).max(self.now + Duration::minutes(1));
            if self.now < at {
                self.pass(Some(at));
            }
            match change {
                Change::Outage { hours } => {
                    up_at = self.now + Duration::hours(*hours);
                    // Up again, having run last before.
                    self.now = up_at;
                    self.tick();
                }
                Change::Foretell => self.foretell(),
                change => {
                    self.change(change);
                    self.tick();
                }
            }
            self.nothing_is_lost(&self.plans());
        }
    }

    /// All that held is lifted: everything then comes to its end by itself.
    fn wind_up(&mut self) {
        self.now += Duration::minutes(1);
        self.rules.mode = SendingMode::Live;
        self.rules.pauses.clear();
        for course in &mut self.courses {
            if course.state == SequenceState::Paused {
                course.state = SequenceState::Active;
            }
            course.steps.iter_mut().for_each(|s| s.approval = Approval::Automatic);
        }
        for client in &mut self.clients {
            client.fresh = true;
            client.facts.pause = None;
            client.facts.away = None;
            client.facts.deadline = client.facts.deadline.or(Some(self.now.date_naive()));
        }
        self.tick();
        self.pass(None);
        for seated in &self.seated {
            assert!(seated.enrolment.ended.is_some(), "lost: {seated:?}");
            let mut steps: Vec<RelanceStepId> = seated.enrolment.done.iter().map(|d| d.step).collect();
            steps.sort_unstable();
            assert!(steps.windows(2).all(|two| two[0] != two[1]), "a step twice");
            let facts = self.facts(seated);
            let course = &self.courses[seated.sequence];
            let member = Member { course, enrolment: &seated.enrolment, facts: &facts };
            let plan = self.planner().plan(member);
            for step in &plan.steps {
                let known = step.outcome.is_over() || matches!(step.outcome, Outcome::Stopped { .. });
                assert!(known && step.stage == Stage::Over, "{step:?}");
            }
        }
    }
}

fn any_step() -> impl Strategy<Value = RelanceStep> {
    let delay = prop_oneof![
        3 => (0_i32..40, any::<bool>()).prop_map(|(days, working)| Delay { from: Anchor::Start, days, working }),
        3 => (0_i32..20, any::<bool>()).prop_map(|(days, working)| Delay { from: Anchor::Previous, days, working }),
        2 => (-40_i32..10, any::<bool>()).prop_map(|(days, working)| Delay { from: Anchor::Deadline, days, working }),
    ];
    let channel = prop_oneof![4 => Just(RelanceChannel::Mail), 1 => Just(RelanceChannel::Call), 1 => Just(RelanceChannel::Letter)];
    let approval = prop_oneof![4 => Just(Approval::Automatic), 1 => Just(Approval::Manual)];
    let skips = proptest::collection::btree_set(proptest::sample::select(SkipWhen::ALL), 0..2);
    (delay, channel, approval, skips).prop_map(|(after, channel, approval, skip_when)| RelanceStep {
        id: RelanceStepId::from_uuid(Uuid::nil()),
        after,
        channel,
        tone: Tone::Gentle,
        template_id: TemplateId::from_uuid(Uuid::nil()),
        variant_id: None,
        approval,
        skip_when,
    })
}

fn any_change() -> impl Strategy<Value = Change> {
    let (d, s) = (0..DOSSIERS, 0..SEQUENCES);
    let some_days = || proptest::option::of(0_u64..40);
    prop_oneof![
        12 => (d.clone(), s.clone(), proptest::option::weighted(0.2, 0_u64..20))
            .prop_map(|(dossier, sequence, starts_in)| Change::Join { dossier, sequence, starts_in }),
        1 => (d.clone(), s.clone()).prop_map(|(dossier, sequence)| Change::Remove { dossier, sequence }),
        2 => (d.clone(), 0_u64..10, some_days()).prop_map(|(dossier, in_days, days)| Change::ClientPause { dossier, in_days, days }),
        2 => d.clone().prop_map(|dossier| Change::ClientBack { dossier }),
        2 => (0_u64..10, 0_u64..30).prop_map(|(in_days, days)| Change::FirmPause { in_days, days }),
        2 => (d.clone(), 0_u64..10, some_days()).prop_map(|(dossier, in_days, days)| Change::Away { dossier, in_days, days }),
        2 => d.clone().prop_map(|dossier| Change::PersonBack { dossier }),
        1 => d.clone().prop_map(|dossier| Change::Answer { dossier }),
        1 => d.clone().prop_map(|dossier| Change::Done { dossier }),
        2 => d.clone().prop_map(|dossier| Change::Missing { dossier }),
        1 => (d.clone(), any::<bool>()).prop_map(|(dossier, is)| Change::Eligible { dossier, is }),
        1 => d.clone().prop_map(|dossier| Change::Eligible { dossier, is: true }),
        1 => d.clone().prop_map(|dossier| Change::InPart { dossier }),
        1 => d.clone().prop_map(|dossier| Change::LinkOpened { dossier }),
        1 => d.clone().prop_map(|dossier| Change::ByHand { dossier }),
        1 => (d.clone(), any::<bool>()).prop_map(|(dossier, is)| Change::Anomaly { dossier, is }),
        3 => (d.clone(), proptest::sample::select(ContactBy::ALL)).prop_map(|(dossier, by)| Change::OtherSender { dossier, by }),
        1 => (d.clone(), proptest::sample::select(Suppression::ALL))
            .prop_map(|(dossier, why)| Change::Suppressed { dossier, why: Some(why) }),
        2 => d.clone().prop_map(|dossier| Change::Suppressed { dossier, why: None }),
        1 => d.clone().prop_map(|dossier| Change::NoAddress { dossier }),
        5 => (1_i64..400).prop_map(|hours| Change::Outage { hours }),
        1 => proptest::sample::select(SendingMode::ALL).prop_map(|mode| Change::Mode { mode }),
        2 => Just(Change::Mode { mode: SendingMode::Live }),
        1 => s.clone().prop_map(|sequence| Change::Sequence { sequence, state: SequenceState::Paused }),
        2 => s.clone().prop_map(|sequence| Change::Sequence { sequence, state: SequenceState::Active }),
        2 => (s.clone(), 0_usize..6, any_step()).prop_map(|(sequence, step, by)| Change::Edit { sequence, step, by }),
        1 => (s.clone(), 0_usize..6, any_step()).prop_map(|(sequence, step, by)| Change::Insert { sequence, step, by }),
        1 => (s.clone(), 0_usize..6).prop_map(|(sequence, step)| Change::TakeOut { sequence, step }),
        3 => Just(Change::Agree),
        1 => any::<bool>().prop_map(|is| Change::Fresh { is }),
        1 => Just(Change::Fresh { is: true }),
        4 => (d, proptest::option::weighted(0.9, 0_u64..90)).prop_map(|(dossier, in_days)| Change::Deadline { dossier, in_days }),
        3 => Just(Change::Nothing),
        5 => Just(Change::Foretell),
    ]
}

/// Changes over ten years: some alone, most in bursts of some weeks, so that they meet.
fn any_changes() -> impl Strategy<Value = Vec<(i64, Change)>> {
    let burst = (0..YEARS_IN_MINUTES, proptest::collection::vec((0_i64..60_000, any_change()), 1..12))
        .prop_map(|(from, all)| all.into_iter().map(move |(minute, change)| (from + minute, change)));
    proptest::collection::vec(burst, 4..10).prop_map(|bursts| {
        let mut all: Vec<(i64, Change)> = bursts.into_iter().flatten().collect();
        all.sort_by_key(|(minute, _)| *minute);
        all
    })
}

fn any_script() -> impl Strategy<Value = Script> {
    let places = [(); DOSSIERS].map(|()| proptest::sample::select(HolidayPlace::ALL));
    let steps = [(); SEQUENCES].map(|()| proptest::collection::vec(any_step(), 1..5));
    let rules = (0..4_usize, 0_u32..12, 1_u32..7, 0_u32..7);
    (rules, places, steps, proptest::option::of(1_u32..4), any_changes()).prop_map(
        |((window, minimum_days, maximum, catch_up_days), places, steps, escalation, changes)| Script {
            window,
            minimum_days,
            maximum,
            catch_up_days,
            places,
            steps,
            escalation,
            changes,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_time: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn ten_years_break_no_rule_and_lose_nothing(script in any_script()) {
        let mut firm = Firm::new(&script);
        firm.live(&script.changes);
        firm.wind_up();
    }
}

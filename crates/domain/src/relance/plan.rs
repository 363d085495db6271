//! The plan of a dossier in a sequence: what becomes of each step, when, and why. The same few functions tell what is done
//! now, what will be done, and whether a message may still leave at the very moment of sending.
//!
//! Days and hours are those of the client's clock. One step of an enrolment is open at a time; what comes after is foretold.

use std::cmp::max;

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::outcome::{
    AnswerWay, ContactBy, End, Ended, Gap, Hold, Miss, Outcome, OutcomeCode, PauseReason, Silence, Stage, Suppression,
};
use super::trial::TrialText;
use super::window::Window;
use super::{
    Anchor, Approval, Escalation, RelanceChannel, RelancePurpose, RelanceStep, SendingMode, SendingRules,
    SequenceState, SkipWhen,
};
use crate::reference::HolidayPlace;
use crate::{DossierId, RelanceStepId, SequenceId};

/// Runs follow each other faster than this; a shorter silence is none, even where midnight falls into it.
const RHYTHM: Duration = Duration::hours(1);

/// A sequence as the planner reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    pub sequence_id: SequenceId,
    pub purpose: RelancePurpose,
    pub state: SequenceState,
    pub steps: Vec<RelanceStep>,
    pub escalation: Option<Escalation>,
}

/// Who a mail of a dossier would go to. The number stands for an address within one reading: the same address, however it
/// is written, has the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressee {
    Nobody,
    Address(u32),
    /// No mail goes there any more.
    Suppressed(u32, Suppression),
}

/// An answer of a client that settles the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    pub at: DateTime<Utc>,
    pub way: AnswerWay,
}

/// The last message of anybody of the firm to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contacted {
    pub at: DateTime<Utc>,
    pub by: ContactBy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientPause {
    pub from: NaiveDate,
    /// The last day; until somebody ends it when absent.
    pub to: Option<NaiveDate>,
    pub reason: PauseReason,
}

/// Days on which the person in charge is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away {
    pub from: NaiveDate,
    /// The last day, where it is known.
    pub to: Option<NaiveDate>,
}

/// What is true of a dossier in a sequence, as far as its plan depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// Whose clock and whose holidays.
    pub place: HolidayPlace,
    /// Bits of the missing criteria, as [`crate::Mark`] has them.
    pub missing: i64,
    /// The audience of the sequence takes it.
    pub eligible: bool,
    /// The last one.
    pub answered: Option<Answer>,
    pub mandate_received: bool,
    pub pause: Option<ClientPause>,
    pub addressee: Addressee,
    pub phone: bool,
    /// Over all dossiers and all senders.
    pub contacted: Option<Contacted>,
    /// Messages of this sequence to this dossier so far.
    pub messages: u32,
    /// Day of the list or flow that it rests on; nothing when it rests on none.
    pub data_on: Option<NaiveDate>,
    pub away: Option<Away>,
    pub critical_anomaly: bool,
    pub link_opened_at: Option<DateTime<Utc>>,
    pub answered_in_part_at: Option<DateTime<Utc>>,
    pub contacted_by_hand_at: Option<DateTime<Utc>>,
    /// The deadline of the sequence for this dossier.
    pub deadline: Option<NaiveDate>,
}

/// A step that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepDone {
    pub step: RelanceStepId,
    /// How: sent, skipped, missed or left out.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Which of two texts on trial it bore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TrialText>,
}

/// A person's consent to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    pub step: RelanceStepId,
    pub at: DateTime<Utc>,
}

/// A dossier in a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    pub dossier_id: DossierId,
    pub joined_at: DateTime<Utc>,
    /// A fixed start: nothing leaves before, and steps that count from the start count from it.
    pub starts_on: Option<NaiveDate>,
    /// In the order in which they were done.
    pub done: Vec<StepDone>,
    pub consent: Option<Consent>,
    pub ended: Option<Ended>,
}

/// A dossier in a sequence with all that its plan depends on.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    pub course: &'a Course,
    pub enrolment: &'a Enrolment,
    pub facts: &'a Circumstances,
}

/// What becomes of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepPlan {
    pub step: RelanceStepId,
    pub stage: Stage,
    /// Its time by the sequence alone, before any rule moved it.
    pub due_at: Option<DateTime<Utc>>,
    pub outcome: Outcome,
}

/// What becomes of an enrolment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Steps that are over and no longer in the sequence, then all of the sequence in its order.
    pub steps: Vec<StepPlan>,
    /// How it ended or will end, as far as that can be told.
    pub end: Option<Ended>,
    /// What keeps the dossier from being handed to a person, where only that is left to be done.
    pub held: Option<Hold>,
    /// When there is next something to do, if nothing changes; nothing when only a change can move it.
    pub look_at: Option<DateTime<Utc>>,
}

impl Plan {
    /// The step whose turn it is.
    pub fn open(&self) -> Option<&StepPlan> {
        self.steps.iter().find(|s| s.stage == Stage::Open)
    }
}

/// How a step goes with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Going {
    /// Its own time has come.
    OfItself,
    /// Taken along, before its time, with another step to the same contact.
    Along,
}

/// The verdict at the moment of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    Go,
    /// Not now: it is to be planned again, for this reason.
    Again(Outcome),
    /// Never: this is what became of it.
    Over(Outcome),
}

/// What all plans of a firm have in common at a moment.
#[derive(Debug, Clone, Copy)]
pub struct Planner<'a> {
    pub rules: &'a SendingRules,
    /// Made of the window of these rules.
    pub window: &'a Window,
    pub now: DateTime<Utc>,
    /// When it last ran to its end. A step that could have left before and did not was held then; what could have left
    /// since is caught up or missed.
    pub ran_at: Option<DateTime<Utc>>,
    /// Of late.
    pub silences: &'a [Silence],
}

/// A member on its way through its steps, in truth or foretold.
#[derive(Debug, Clone)]
pub(super) struct Seat<'a> {
    pub member: Member<'a>,
    pub facts: Circumstances,
    /// Place of the step whose turn it is.
    pub turn: usize,
    /// When the step before was over.
    pub previous_at: Option<DateTime<Utc>>,
    /// Messages since the client last gave a sign.
    unanswered: u32,
    message_at: Option<DateTime<Utc>>,
    /// The step before was missed because nothing ran: the silence that it fell into may reach this one, too.
    after_silence: bool,
    /// A consent that nobody has given yet was taken for granted on the way.
    pub assumed: bool,
}

/// What the open step comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Leaves,
    /// It would leave, if a person agreed.
    NeedsConsent,
    Skipped(SkipWhen),
    LeftOut(Gap),
    Missed(Miss),
    /// Nobody knows for how long.
    Held(Hold),
}

/// The step whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening {
    pub step: RelanceStepId,
    pub channel: RelanceChannel,
    pub due_at: Option<DateTime<Utc>>,
    pub fate: Fate,
    pub at: DateTime<Utc>,
    /// When it will be missed, if it still waits for a person then.
    pub expires_at: Option<DateTime<Utc>>,
    /// What stands against it first, and what last, before `at`.
    first: Option<Hold>,
    last: Option<Hold>,
    /// When it could have left, had anything run.
    silent_at: Option<DateTime<Utc>>,
}

/// What is next for a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Out of the sequence, and the step that is held or waits for a person until then.
    Ends(Ended, Option<Opening>),
    Goes(Opening),
    /// No step is left but a hand-over, which is held.
    Held(Hold),
}

impl Turn {
    /// When there is next something to do for the member alone, if nothing changes.
    pub fn look_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Held(_) => None,
            Self::Goes(open) => open.look_at(now),
            Self::Ends(end, open) => {
                [Some(end.at), open.and_then(|open| open.look_at(now))].into_iter().flatten().min()
            }
        }
    }
}

/// The first moment at which nothing stands against leaving.
struct Moment {
    at: DateTime<Utc>,
    first: Option<Hold>,
    last: Option<Hold>,
}

impl Outcome {
    /// Whether it is over with the step; it then stays as it is.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Sent { .. } | Self::Skipped { .. } | Self::Missed { .. } | Self::LeftOut { .. })
    }
}

impl RelancePurpose {
    /// Whether a client with these missing criteria has done what it is chased for.
    fn is_done(self, missing: i64) -> bool {
        let asked = self.criteria().iter().fold(0, |mask, c| mask | c.mask());
        asked != 0 && asked & missing == 0
    }

    /// Whether an answer settles it.
    const fn awaits_answer(self) -> bool {
        !matches!(self, Self::ThankYou)
    }
}

impl RelanceChannel {
    /// A call is a task for a person, who sees for himself when to call; the rest reaches the client by itself.
    const fn is_message(self) -> bool {
        !matches!(self, Self::Call)
    }
}

impl<'a> Seat<'a> {
    pub fn new(member: Member<'a>) -> Self {
        let (facts, done) = (*member.facts, &member.enrolment.done);
        let sign = max(facts.answered_in_part_at, facts.contacted_by_hand_at);
        let messages = done.iter().filter_map(|d| match d.outcome {
            Outcome::Sent { at, channel, .. } if channel.is_message() => Some(at),
            _ => None,
        });
        let (mut unanswered, mut message_at) = (0, None);
        for at in messages {
            unanswered += u32::from(sign.is_none_or(|sign| sign < at));
            message_at = max(message_at, Some(at));
        }
        let turn = first_open(&member.course.steps, done);
        Self {
            member,
            facts,
            turn,
            previous_at: done.iter().filter_map(|d| d.outcome.at()).max(),
            unanswered,
            message_at,
            after_silence: done.last().is_some_and(|d| d.outcome.code() == OutcomeCode::MissedNothingRan),
            assumed: false,
        }
    }

    pub fn step(&self) -> Option<&'a RelanceStep> {
        self.member.course.steps.get(self.turn)
    }

    /// The step before, or having joined.
    fn since(&self) -> DateTime<Utc> {
        self.previous_at.unwrap_or(self.member.enrolment.joined_at)
    }

    fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        self.facts.place.day(at)
    }

    fn start(&self) -> NaiveDate {
        let joined = self.day(self.member.enrolment.joined_at);
        self.member.enrolment.starts_on.map_or(joined, |day| day.max(joined))
    }

    /// The open step is over.
    pub fn pass(&mut self, at: DateTime<Utc>, fate: Fate) {
        self.turn += 1;
        self.previous_at = Some(at);
        self.after_silence = matches!(fate, Fate::Missed(Miss::NothingRan { .. }));
    }

    /// The open step has left.
    pub fn send(&mut self, channel: RelanceChannel, at: DateTime<Utc>) {
        self.pass(at, Fate::Leaves);
        if channel.is_message() {
            self.facts.messages += 1;
            self.unanswered += 1;
            self.message_at = Some(at);
        }
    }
}

/// Place of the first step whose turn may still come: the one after the last that is done. So a step that was added before
/// it is not caught up.
fn first_open(steps: &[RelanceStep], done: &[StepDone]) -> usize {
    steps.iter().rposition(|s| done.iter().any(|d| d.step == s.id)).map_or(0, |last| last + 1)
}

impl Opening {
    /// As it is told at a moment.
    pub fn outcome(&self, now: DateTime<Utc>) -> Outcome {
        let at = self.at;
        match (self.fate, self.first) {
            (Fate::Held(reason), _) => Outcome::Held { reason, leaves_at: None },
            (Fate::Skipped(why), _) => Outcome::Skipped { why, at },
            (Fate::LeftOut(why), _) => Outcome::LeftOut { why, at },
            (Fate::Missed(why), _) => Outcome::Missed { why, at },
            (Fate::NeedsConsent, Some(reason)) if self.due_at.is_some_and(|due| due <= now) => {
                Outcome::Held { reason, leaves_at: None }
            }
            (_, Some(reason)) if self.due_at.is_some_and(|due| due <= now) => {
                Outcome::Held { reason, leaves_at: Some(at) }
            }
            (Fate::NeedsConsent, _) => Outcome::WaitsApproval { from: at },
            (Fate::Leaves, _) => {
                let (channel, silent_at) = (self.channel, self.silent_before(at));
                Outcome::Planned { at, channel, moved_by: self.last, along: false, silent_at }
            }
        }
    }

    /// When it could have left, had anything run, if that is a good while before it leaves.
    pub fn silent_before(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.silent_at.filter(|before| at - *before >= RHYTHM)
    }

    pub fn is_held(&self) -> bool {
        matches!(self.fate, Fate::Held(_))
    }

    /// When there is next something to do with it, if nothing changes.
    pub fn look_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.fate {
            Fate::Held(_) => None,
            // It waits already, and goes on waiting when the window closes and opens again.
            Fate::NeedsConsent if self.first.is_none() && self.due_at.is_some_and(|due| due <= now) => self.expires_at,
            _ => Some(self.at),
        }
    }

    /// What stands against it first, if it will leave later.
    pub fn first_hold(&self) -> Option<Hold> {
        self.first
    }

    /// What put it off until it leaves.
    pub fn moved_by(&self) -> Option<Hold> {
        self.last
    }
}

impl Planner<'_> {
    /// What stands against every step of a member, whatever the day.
    fn standing(&self, seat: &Seat<'_>) -> Option<Hold> {
        let state = seat.member.course.state;
        if self.rules.mode == SendingMode::Off {
            return Some(Hold::ModeOff);
        }
        if state != SequenceState::Active {
            return Some(Hold::SequenceNotActive { state });
        }
        let (as_of, days) = (seat.facts.data_on?, self.rules.stale_days);
        // Measured today: what is fresh is taken to be kept so.
        let stale = days > 0 && (seat.day(self.now) - as_of).num_days() > i64::from(days);
        stale.then_some(Hold::StaleData { as_of, days })
    }

    /// What stands against leaving on a day.
    fn held_on(&self, seat: &Seat<'_>, day: NaiveDate, minimum: bool) -> Option<Hold> {
        let within = |from: NaiveDate, to: Option<NaiveDate>| from <= day && to.is_none_or(|to| day <= to);
        if let Some(pause) = self.rules.pauses.iter().find(|p| within(p.from, p.to)) {
            return Some(Hold::FirmPaused { from: pause.from, until: pause.to });
        }
        if let Some(pause) = seat.facts.pause.filter(|p| within(p.from, p.to)) {
            return Some(Hold::ClientPaused { until: pause.to, reason: pause.reason });
        }
        if let Some(away) = seat.facts.away.filter(|a| self.rules.hold_when_away && within(a.from, a.to)) {
            return Some(Hold::PersonAway { until: away.to });
        }
        let contacted = seat.facts.contacted.filter(|_| minimum && self.rules.minimum_days > 0)?;
        let contacted_on = seat.day(contacted.at);
        let until = contacted_on.checked_add_days(Days::new(u64::from(self.rules.minimum_days) - 1))?;
        (day <= until).then_some(Hold::MinimumDays { contacted_on, by: contacted.by, until })
    }

    /// The first moment from one on at which a member may be written to, or what stands against it without end.
    fn earliest(&self, seat: &Seat<'_>, from: DateTime<Utc>, minimum: bool) -> Result<Moment, Hold> {
        let place = seat.facts.place;
        let mut moment = Moment { at: from, first: None, last: None };
        loop {
            moment.at = self.window.next(place, moment.at).ok_or(Hold::NoWindow)?;
            let Some(hold) = self.held_on(seat, seat.day(moment.at), minimum) else { return Ok(moment) };
            let after = hold.until().and_then(|day| day.succ_opt()).ok_or(hold)?;
            moment.first = moment.first.or(Some(hold));
            moment.last = Some(hold);
            moment.at = self.window.opening(place, after);
        }
    }

    /// The day of a step by the sequence alone. What speaks of a deadline to come leaves before a day off, not after it.
    fn day_of(&self, seat: &Seat<'_>, step: &RelanceStep) -> Result<(NaiveDate, NaiveDate), Hold> {
        let (place, delay) = (seat.facts.place, step.after);
        let base = match delay.from {
            Anchor::Start => seat.start(),
            Anchor::Previous => seat.previous_at.map_or_else(|| seat.start(), |at| seat.day(at)),
            Anchor::Deadline => seat.facts.deadline.ok_or(Hold::NoDeadline)?,
        };
        let day = self.window.shift(place, base, delay.days, delay.working);
        let leaves_on = if step.is_before_deadline() { self.window.on_or_before(place, day) } else { day };
        Ok((day, leaves_on))
    }

    /// Whether a step would be skipped or left out, or would leave.
    fn fate(&self, seat: &Seat<'_>, step: &RelanceStep) -> Fate {
        let (facts, since) = (&seat.facts, seat.since());
        let after = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at > since);
        let skipped = step.skip_when.iter().copied().find(|why| match why {
            SkipWhen::LinkOpened => after(facts.link_opened_at),
            SkipWhen::AnsweredInPart => after(facts.answered_in_part_at),
            SkipWhen::ContactedByHand => after(facts.contacted_by_hand_at),
            SkipWhen::CriticalAnomaly => facts.critical_anomaly,
            SkipWhen::NoPhone => !facts.phone,
        });
        if let Some(why) = skipped {
            return Fate::Skipped(why);
        }
        match (step.channel, facts.addressee) {
            (RelanceChannel::Mail, Addressee::Nobody) => return Fate::LeftOut(Gap::NoAddress),
            (RelanceChannel::Mail, Addressee::Suppressed(_, why)) => return Fate::LeftOut(Gap::Suppressed { why }),
            _ => {}
        }
        match step.approval {
            Approval::Manual if self.consent(seat, step).is_none() => Fate::NeedsConsent,
            _ => Fate::Leaves,
        }
    }

    fn consent(&self, seat: &Seat<'_>, step: &RelanceStep) -> Option<DateTime<Utc>> {
        seat.member.enrolment.consent.filter(|c| c.step == step.id).map(|c| c.at)
    }

    /// What the open step comes to, seen from a moment.
    fn opening(&self, seat: &Seat<'_>, step: &RelanceStep, t: DateTime<Utc>) -> Opening {
        let place = seat.facts.place;
        let base = Opening {
            step: step.id,
            channel: step.channel,
            due_at: None,
            fate: Fate::Leaves,
            at: t,
            expires_at: None,
            first: None,
            last: None,
            silent_at: None,
        };
        let (day, leaves_on) = match self.day_of(seat, step) {
            Ok(days) => days,
            Err(hold) => return Opening { fate: Fate::Held(hold), ..base },
        };
        let own_at = max(self.window.opening(place, leaves_on), self.window.opening(place, seat.start()));
        let due_at = max(own_at, seat.since());
        let base = Opening { due_at: Some(due_at), ..base };
        if step.after.from == Anchor::Deadline && day < seat.start() {
            return Opening { fate: Fate::LeftOut(Gap::BeforeJoining { day }), ..base };
        }
        if let Some(hold) = self.standing(seat) {
            return Opening { fate: Fate::Held(hold), ..base };
        }
        let fate = self.fate(seat, step);
        let leaves = matches!(fate, Fate::Leaves | Fate::NeedsConsent);
        let minimum = leaves && step.channel.is_message();
        let moment = match self.earliest(seat, max(due_at, t), minimum) {
            Ok(moment) => moment,
            Err(hold) => return Opening { fate: Fate::Held(hold), ..base },
        };
        if leaves && let Some((miss, at)) = self.miss(seat, step, own_at, &moment, t, minimum) {
            return Opening { fate: Fate::Missed(miss), at, ..base };
        }
        let waits = fate == Fate::NeedsConsent;
        let silent_at = self.silence(seat, due_at, minimum).filter(|_| leaves && !waits);
        let expires_at = self.out_of_sense(seat, step, own_at).filter(|_| waits).map(|(_, at)| at);
        Opening { fate, at: moment.at, expires_at, first: moment.first, last: moment.last, silent_at, ..base }
    }

    /// When a step whose turn came in a silence could have left in it.
    fn silence(&self, seat: &Seat<'_>, due_at: DateTime<Utc>, minimum: bool) -> Option<DateTime<Utc>> {
        let last = self.silences.iter().map(|s| s.to).max()?;
        let free = if due_at < last { self.earliest(seat, due_at, minimum).ok()?.at } else { return None };
        self.silences.iter().any(|s| (s.from..s.to).contains(&free)).then_some(free)
    }

    /// Why a step that would leave at a moment is missed, and from when on.
    fn miss(
        &self,
        seat: &Seat<'_>,
        step: &RelanceStep,
        own_at: DateTime<Utc>,
        moment: &Moment,
        t: DateTime<Utc>,
        minimum: bool,
    ) -> Option<(Miss, DateTime<Utc>)> {
        let place = seat.facts.place;
        let ran_at = if t == self.now { self.ran_at } else { Some(t) };
        let agreed_at = match step.approval {
            Approval::Automatic => None,
            Approval::Manual => self.consent(seat, step),
        };
        // Without a person's consent it waited for that, not for the machine.
        if step.approval == Approval::Automatic || agreed_at.is_some() {
            let its_turn = if seat.after_silence { seat.member.enrolment.joined_at } else { seat.since() };
            let watched = [Some(its_turn), ran_at, agreed_at].into_iter().flatten();
            let from = watched.fold(own_at, max);
            let (free, next) = (self.earliest(seat, from, minimum).ok(), self.window.next(place, t));
            if let (Some(Moment { at: could_leave_at, .. }), Some(next)) = (free, next) {
                let (free_on, next_on) = (seat.day(could_leave_at), seat.day(next));
                let silent = ran_at.is_none_or(|ran_at| t - ran_at > RHYTHM);
                let late = silent && (next_on - free_on).num_days() > i64::from(self.rules.catch_up_days);
                if could_leave_at < t && free_on < seat.day(t) && late {
                    return Some((Miss::NothingRan { could_leave_at }, t));
                }
            }
        }
        let (miss, at) = self.out_of_sense(seat, step, own_at)?;
        (at <= moment.at).then(|| (miss, max(at, t)))
    }

    /// From when on it makes no sense to send a step that counts from a deadline: a later one of its channel has its turn,
    /// or the deadline that it announces is over.
    fn out_of_sense(
        &self,
        seat: &Seat<'_>,
        step: &RelanceStep,
        own_at: DateTime<Utc>,
    ) -> Option<(Miss, DateTime<Utc>)> {
        if step.after.from != Anchor::Deadline {
            return None;
        }
        let place = seat.facts.place;
        let later = seat.member.course.steps[seat.turn..].iter();
        let overtaken = later
            .filter(|s| s.after.from == Anchor::Deadline && s.channel == step.channel)
            .filter_map(|s| Some((s.id, self.window.opening(place, self.day_of(seat, s).ok()?.1))))
            .filter(|(_, at)| own_at < *at)
            .map(|(by, at)| (Miss::Overtaken { by }, at));
        let deadline = seat.facts.deadline.filter(|_| step.is_before_deadline());
        let passed = deadline.and_then(|deadline| {
            Some((Miss::DeadlinePassed { deadline }, self.window.opening(place, deadline.succ_opt()?)))
        });
        overtaken.chain(passed).min_by_key(|(_, at)| *at)
    }

    /// Why a member is out of its sequence now.
    fn stop(&self, seat: &Seat<'_>) -> Option<End> {
        let (facts, course) = (&seat.facts, seat.member.course);
        let answer =
            facts.answered.filter(|a| course.purpose.awaits_answer() && a.at >= seat.member.enrolment.joined_at);
        if course.state == SequenceState::Archived {
            Some(End::Archived)
        } else if course.purpose == RelancePurpose::SignMandate && facts.mandate_received {
            Some(End::MandateReceived)
        } else if course.purpose.is_done(facts.missing) {
            Some(End::Done)
        } else if let Some(answer) = answer {
            Some(End::Answered { way: answer.way })
        } else {
            (!facts.eligible).then_some(End::NotEligible)
        }
    }

    /// When a dossier that does not answer is handed to a person: once it has had the time that the firm leaves between two
    /// messages. Nothing while it has had too few.
    fn hand_over(&self, seat: &Seat<'_>, t: DateTime<Utc>) -> Option<Result<Ended, Hold>> {
        let Escalation { after, to } = seat.member.course.escalation?;
        if seat.unanswered < after.max(1) {
            return None;
        }
        let days = self.rules.minimum_days.max(1);
        let on = seat.day(seat.message_at?).checked_add_days(Days::new(u64::from(days)))?;
        let from = max(self.window.opening(seat.facts.place, on), t);
        let at = self.standing(seat).map_or_else(|| self.earliest(seat, from, false).map(|m| m.at), Err);
        Some(at.map(|at| Ended { why: End::Escalated { after, to }, at }))
    }

    /// What is next for a member, seen from a moment at which all before is done.
    pub(super) fn turn(&self, seat: &Seat<'_>, t: DateTime<Utc>) -> Turn {
        let end = |why| Turn::Ends(Ended { why, at: t }, None);
        if let Some(why) = self.stop(seat) {
            return end(why);
        }
        let messages = seat.facts.messages;
        let (step, hand_over) = (seat.step(), self.hand_over(seat, t));
        match (step.filter(|_| messages < self.rules.maximum), hand_over) {
            (None, Some(Ok(ended))) => Turn::Ends(ended, None),
            (None, Some(Err(hold))) => Turn::Held(hold),
            (None, None) if step.is_some() => end(End::Maximum { messages }),
            (None, None) => end(End::Completed),
            (Some(step), Some(Ok(ended))) => {
                let open = self.opening(seat, step, t);
                let waits = open.fate == Fate::NeedsConsent && open.expires_at.is_none_or(|at| ended.at <= at);
                let stays = open.is_held() || waits;
                if stays || (open.fate != Fate::NeedsConsent && ended.at <= open.at) {
                    Turn::Ends(ended, Some(open).filter(|_| stays))
                } else {
                    Turn::Goes(open)
                }
            }
            (Some(step), _) => Turn::Goes(self.opening(seat, step, t)),
        }
    }

    /// Whether the open step of a member may go at a moment with a message to its contact that leaves anyway. The contact
    /// cannot be written to again within the minimum of days: a step that falls due in them would have to wait, and in
    /// that time another could fall due. So it goes now, some days early rather than some days late.
    pub(super) fn goes_along(&self, seat: &Seat<'_>, open: &Opening, at: DateTime<Utc>) -> bool {
        let Some(due_at) = open.due_at else { return false };
        let on = seat.day(at);
        let until = on.checked_add_days(Days::new(u64::from(self.rules.minimum_days.max(1)))).unwrap_or(on);
        open.fate == Fate::Leaves
            && open.channel == RelanceChannel::Mail
            && seat.day(due_at) < until
            && seat.start() <= on
            && self.window.contains(seat.facts.place, at)
            && self.held_on(seat, on, true).is_none()
    }

    /// Whether a step may leave at this very moment. What the message itself has changed (the step done, the contact
    /// written to) is left out of what is handed in.
    pub fn may_send(&self, member: Member<'_>, step: RelanceStepId, going: Going) -> Sending {
        let enrolment = member.enrolment;
        if let Some(done) = enrolment.done.iter().find(|d| d.step == step) {
            return Sending::Over(done.outcome);
        }
        if let Some(end) = enrolment.ended {
            return Sending::Over(Outcome::Stopped { end });
        }
        let seat = Seat::new(member);
        let Some(place) = member.course.steps.iter().position(|s| s.id == step) else {
            return Sending::Over(Outcome::LeftOut { why: Gap::TakenOut, at: self.now });
        };
        if place < seat.turn {
            return Sending::Over(Outcome::LeftOut { why: Gap::AddedBehind, at: self.now });
        }
        let open = match self.turn(&seat, self.now) {
            Turn::Ends(end, _) if end.at <= self.now => return Sending::Over(Outcome::Stopped { end }),
            Turn::Held(reason) => return Sending::Again(Outcome::Held { reason, leaves_at: None }),
            Turn::Ends(end, None) => return Sending::Again(Outcome::Stopped { end }),
            Turn::Goes(open) | Turn::Ends(_, Some(open)) => open,
        };
        if open.step != step {
            return Sending::Again(Outcome::Waits { on: open.step });
        }
        let outcome = open.outcome(self.now);
        let leaves = open.fate == Fate::Leaves
            && match going {
                Going::OfItself => open.at <= self.now,
                Going::Along => self.goes_along(&seat, &open, self.now),
            };
        match outcome {
            _ if leaves => Sending::Go,
            _ if outcome.is_over() && open.at <= self.now => Sending::Over(outcome),
            _ => Sending::Again(outcome),
        }
    }
}

impl RelanceStep {
    /// Whether it speaks of a deadline to come.
    pub(super) fn is_before_deadline(&self) -> bool {
        self.after.from == Anchor::Deadline && self.after.days < 0
    }
}

/// What an edit of a sequence changes for an enrolment: steps that are done stay as they are, so only those whose turn may
/// still come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touch {
    pub added: Vec<RelanceStepId>,
    /// With another delay, text, channel, consent or condition, or in another order.
    pub changed: Vec<RelanceStepId>,
    pub removed: Vec<RelanceStepId>,
}

impl Touch {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// Whom an edit touches, and how: compares the steps to come of one enrolment before and after.
pub fn touched(before: &[RelanceStep], after: &[RelanceStep], enrolment: &Enrolment) -> Touch {
    if enrolment.ended.is_some() {
        return Touch::default();
    }
    let old = &before[first_open(before, &enrolment.done)..];
    let new = &after[first_open(after, &enrolment.done)..];
    let is_in = |steps: &[RelanceStep], id| steps.iter().any(|s| s.id == id);
    // Places among the steps that both have: an addition or a removal alone moves none of the others.
    let common = |steps: &[RelanceStep], other: &[RelanceStep]| -> Vec<RelanceStepId> {
        steps.iter().map(|s| s.id).filter(|id| is_in(other, *id)).collect()
    };
    let (was, is) = (common(old, new), common(new, old));
    let changed = is.iter().zip(&was).filter(|(id, at_its_place)| {
        let same = |s: &&RelanceStep| s.id == **id;
        id != at_its_place || old.iter().find(same) != new.iter().find(same)
    });
    Touch {
        added: new.iter().map(|s| s.id).filter(|id| !is_in(old, *id)).collect(),
        changed: changed.map(|(id, _)| *id).collect(),
        removed: old.iter().map(|s| s.id).filter(|id| !is_in(new, *id)).collect(),
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;

//! What was found of a dossier, without what the firm's rules make of it: how each criterion stands, what has begun, the
//! days that decide whether something is near. Thousands of dossiers share some hundreds of verdicts, so a change of
//! rules judges verdicts and no facts.

use std::fmt::Write;

use chrono::NaiveDate;

use crate::readiness::{Begun, CRITERIA, Tally, tally};
use crate::{Criterion, CriterionState, ReadinessState, ScoreRules};

/// What decides obligations and is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unknown {
    /// Nothing: every obligation can be told.
    Nothing,
    /// Something that matters at once: not even a day can be told.
    Now,
    /// Something that can wait while this day is far.
    On(NaiveDate),
}

/// How the criteria of a dossier stand. With the rules and the day it decides state, score and next act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// In the order of the criteria.
    pub states: [CriterionState; CRITERIA],
    pub begun: Begun,
    /// An obligation has started and what it needs is missing.
    pub late: bool,
    /// First day of the next obligation that is not prepared.
    pub next_due: Option<NaiveDate>,
    pub unknown: Unknown,
}

/// What rules make of a verdict on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Standing {
    pub state: ReadinessState,
    pub score: u32,
    /// Criterion with most points to win per effort.
    pub next_act: Option<Criterion>,
}

/// The form in which verdicts are written; another form is not read.
pub const FORM: &str = "1";

const RECEPTION: u8 = 1;
const EMISSION: u8 = 2;
const LATE: u8 = 4;

impl Verdict {
    fn is_missing_or_half(state: CriterionState) -> bool {
        matches!(state, CriterionState::Missing | CriterionState::Half)
    }

    /// The score and its shares.
    pub fn tally(&self, rules: &ScoreRules) -> Tally {
        tally(&self.states, self.begun, rules)
    }

    pub fn standing(&self, rules: &ScoreRules, today: NaiveDate) -> Standing {
        self.standing_by(&self.tally(rules), rules, today)
    }

    /// The same once the score is added up.
    pub(crate) fn standing_by(&self, tally: &Tally, rules: &ScoreRules, today: NaiveDate) -> Standing {
        let is_near = |day: NaiveDate| (day - today).num_days() <= rules.at_risk_days;
        // What is missing to tell a far obligation can wait; what decides size or regime cannot.
        let is_unknown = match self.unknown {
            Unknown::Nothing => false,
            Unknown::Now => true,
            Unknown::On(day) => is_near(day),
        };
        let state = if self.late {
            ReadinessState::Late
        } else if is_unknown {
            ReadinessState::Unknown
        } else if !self.states.iter().copied().any(Self::is_missing_or_half) {
            ReadinessState::Ready
        } else if self.next_due.is_some_and(is_near) || tally.score < rules.at_risk_below {
            ReadinessState::AtRisk
        } else {
            ReadinessState::OnTrack
        };
        Standing { state, score: tally.score, next_act: self.open_acts(tally).min_by_key(act_order).map(|a| a.0) }
    }

    /// Criteria with points to win, in the order of the table.
    fn open_acts(&self, tally: &Tally) -> impl Iterator<Item = OpenAct> {
        Criterion::ALL
            .iter()
            .copied()
            .filter(|c| Self::is_missing_or_half(self.states[*c as usize]))
            .map(|c| (c, tally.worth[c as usize], tally.points[c as usize]))
    }

    /// Criteria with points to win, best points per effort first.
    pub(crate) fn next_acts(&self, tally: &Tally) -> Vec<Criterion> {
        let mut acts: Vec<OpenAct> = self.open_acts(tally).collect();
        acts.sort_by_key(act_order);
        acts.into_iter().map(|a| a.0).collect()
    }

    /// Criteria in a state, as bits: the form in which they are stored and filtered.
    pub fn mask(&self, state: CriterionState) -> i64 {
        let of = Criterion::ALL.iter().filter(|c| self.states[**c as usize] == state);
        of.fold(0, |mask, c| mask | c.mask())
    }

    /// As it is kept: two bits for each criterion, what has begun, the days. Criteria stand at their stored bit, so one
    /// that is new to the table does not move the others.
    pub fn written(&self) -> String {
        let mut states = 0u64;
        for (criterion, state) in Criterion::ALL.iter().zip(self.states) {
            states |= u64::from(code(state)) << (2 * criterion.row().bit);
        }
        let flag = |on: bool, bit: u8| if on { bit } else { 0 };
        let flags = flag(self.begun.reception, RECEPTION) | flag(self.begun.emission, EMISSION) | flag(self.late, LATE);
        let mut out = String::with_capacity(40);
        // Writing to a text does not fail.
        let _ = write!(out, "{FORM}.{states:x}.{flags:x}.");
        if let Some(day) = self.next_due {
            let _ = write!(out, "{day}");
        }
        match self.unknown {
            Unknown::Nothing => out.push('.'),
            Unknown::Now => out.push_str(".now"),
            Unknown::On(day) => {
                let _ = write!(out, ".{day}");
            }
        }
        out
    }

    /// Nothing when it was written in another form, or with a criterion that this program does not have.
    pub fn read(written: &str) -> Option<Self> {
        let mut parts = written.split('.');
        let mut next = || parts.next();
        if next()? != FORM {
            return None;
        }
        let mut bits = u64::from_str_radix(next()?, 16).ok()?;
        let flags = u8::from_str_radix(next()?, 16).ok().filter(|f| *f <= RECEPTION | EMISSION | LATE)?;
        let next_due = match next()? {
            "" => None,
            day => Some(day.parse().ok()?),
        };
        let unknown = match next()? {
            "" => Unknown::Nothing,
            "now" => Unknown::Now,
            day => Unknown::On(day.parse().ok()?),
        };
        if next().is_some() {
            return None;
        }
        let mut states = [CriterionState::NotApplicable; CRITERIA];
        for criterion in Criterion::ALL {
            let place = 2 * criterion.row().bit;
            states[*criterion as usize] = state(bits >> place & 3);
            bits &= !(3 << place);
        }
        let begun = Begun { reception: flags & RECEPTION != 0, emission: flags & EMISSION != 0 };
        (bits == 0).then_some(Self { states, begun, late: flags & LATE != 0, next_due, unknown })
    }
}

/// A criterion, its worth, the points won.
type OpenAct = (Criterion, u32, u32);

/// Most points to win per effort first, then the heavier criterion, then the order of the table.
fn act_order((criterion, worth, points): &OpenAct) -> impl Ord + use<> {
    let gain = (worth - points) * 1000 / criterion.row().effort.max(1);
    (std::cmp::Reverse(gain), std::cmp::Reverse(*worth), *criterion)
}

/// What does not apply is 0: a criterion that nobody has judged yet.
const fn code(state: CriterionState) -> u8 {
    match state {
        CriterionState::NotApplicable => 0,
        CriterionState::Missing => 1,
        CriterionState::Half => 2,
        CriterionState::Met => 3,
    }
}

const fn state(code: u64) -> CriterionState {
    match code {
        1 => CriterionState::Missing,
        2 => CriterionState::Half,
        3 => CriterionState::Met,
        _ => CriterionState::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(s: &str) -> NaiveDate {
        s.parse().unwrap()
    }

    fn verdict() -> Verdict {
        let mut states = [CriterionState::Met; CRITERIA];
        states[Criterion::Contact as usize] = CriterionState::Missing;
        states[Criterion::Mandate as usize] = CriterionState::NotApplicable;
        states[Criterion::ClientInformed as usize] = CriterionState::Half;
        let begun = Begun { reception: true, emission: false };
        Verdict { states, begun, late: false, next_due: Some(day("2027-09-01")), unknown: Unknown::Nothing }
    }

    #[test]
    fn the_written_form_stands_and_others_are_not_read() {
        let written = verdict().written();
        assert_eq!(written, "1.3bffcff7ff.1.2027-09-01.");
        assert_eq!(Verdict::read(&written), Some(verdict()));
        for wrong in [
            "",
            "1",
            "2.3bffcff7ff.1.2027-09-01.",
            "1.3bffcff7ff.8.2027-09-01.",
            "1.x.1.2027-09-01.",
            "1.3bffcff7ff.1.2027-13-01.",
            "1.3bffcff7ff.1.2027-09-01.soon",
            "1.3bffcff7ff.1.2027-09-01..",
            // A criterion beyond the table.
            "1.c000000000000000.1..",
        ] {
            assert_eq!(Verdict::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_nobody_judged_does_not_apply() {
        let none = Verdict::read("1.0.0..").unwrap();
        assert_eq!(none.states, [CriterionState::NotApplicable; CRITERIA]);
        assert_eq!(none.mask(CriterionState::Missing), 0);
        assert_eq!(verdict().mask(CriterionState::Missing), Criterion::Contact.mask());
    }

    #[test]
    fn the_days_of_the_rules_decide_what_is_near() {
        let standard = ScoreRules { at_risk_below: 0, ..ScoreRules::default() };
        let on = |v: Verdict, days, today: &str| {
            v.standing(&ScoreRules { at_risk_days: days, ..standard.clone() }, day(today)).state
        };
        let v = verdict();
        assert_eq!(on(v, 180, "2027-03-04"), ReadinessState::OnTrack);
        assert_eq!(on(v, 180, "2027-03-05"), ReadinessState::AtRisk);
        assert_eq!(on(v, 181, "2027-03-04"), ReadinessState::AtRisk);
        let open = Verdict { unknown: Unknown::On(day("2027-09-01")), ..v };
        assert_eq!(on(open, 180, "2027-03-04"), ReadinessState::OnTrack);
        assert_eq!(on(open, 180, "2027-03-05"), ReadinessState::Unknown);
        assert_eq!(on(Verdict { unknown: Unknown::Now, ..v }, 0, "2026-01-01"), ReadinessState::Unknown);
        assert_eq!(on(Verdict { late: true, ..open }, 0, "2026-01-01"), ReadinessState::Late);
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(
            states in proptest::collection::vec(prop::sample::select(CriterionState::ALL), CRITERIA),
            flags in any::<(bool, bool, bool)>(),
            days in (proptest::option::of(0u64..9_000), 0usize..3, 0u64..9_000),
        ) {
            let at = |n: u64| day("2020-01-01") + chrono::Days::new(n);
            let verdict = Verdict {
                states: states.try_into().unwrap(),
                begun: Begun { reception: flags.0, emission: flags.1 },
                late: flags.2,
                next_due: days.0.map(at),
                unknown: [Unknown::Nothing, Unknown::Now, Unknown::On(at(days.2))][days.1],
            };
            prop_assert_eq!(Verdict::read(&verdict.written()), Some(verdict));
        }
    }
}

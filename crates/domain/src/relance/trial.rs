//! A trial of two texts: which dossier gets which, and when it is clear which one is answered more often.
//!
//! A person looks at a trial every day, and the product does at every run. A test made for one look, repeated until it shows
//! something, shows something far too often. So the comparison is a mixture sequential probability ratio test on the
//! difference of two shares (Robbins 1970; Johari, Pekelis and Walsh 2015): its bound on being wrong holds over all looks
//! together.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::RelanceStep;
use crate::{DossierId, RelanceStepId, TemplateId, Text};

closed_enum! {
    /// One of two texts on trial.
    pub enum TrialText {
        First = "first",
        Second = "second",
    }
}

impl TrialText {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::First => ("Texte A", "Text A"),
            Self::Second => ("Texte B", "Text B"),
        };
        Text::new(fr, en)
    }
}

/// The text of a dossier while a trial runs: always the same for a step, half of the dossiers each, and another half at the
/// next step.
pub fn drawn(dossier: DossierId, step: RelanceStepId) -> TrialText {
    let mut hash = Sha256::new();
    hash.update(dossier.uuid().as_bytes());
    hash.update(step.uuid().as_bytes());
    if hash.finalize()[0] & 1 == 0 { TrialText::First } else { TrialText::Second }
}

/// What a text has brought, of messages that had their time to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TrialCount {
    pub sent: u32,
    pub answered: u32,
}

impl TrialCount {
    /// Out of a hundred.
    fn percent(self) -> f64 {
        if self.sent == 0 { 0.0 } else { 100.0 * f64::from(self.answered.min(self.sent)) / f64::from(self.sent) }
    }
}

/// When a trial is over.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrialRules {
    /// Messages of each text before anything is said.
    pub at_least: u32,
    /// Messages of each text after which no difference will be looked for any more.
    pub at_most: u32,
    /// How often, at most, two equal texts may be told apart over all looks: one in so many.
    pub one_wrong_in: u32,
    /// The difference that is looked for, in points of a hundred; the test is sharpest around it.
    pub points: u32,
}

impl Default for TrialRules {
    fn default() -> Self {
        Self { at_least: 50, at_most: 1_000, one_wrong_in: 20, points: 10 }
    }
}

/// What a trial comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum TrialVerdict {
    /// Goes on; so many more messages of each text until something can be said, if any.
    Runs { missing: u32 },
    /// One is answered more often.
    Better { text: TrialText },
    /// Long enough without a difference: the first goes on.
    NoDifference,
}

/// A trial as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    pub first: TrialCount,
    pub second: TrialCount,
    pub verdict: TrialVerdict,
}

/// How many times likelier the difference of two shares is under "some difference" than under "none": a martingale under
/// "none", so it exceeds n at any time with a probability of at most 1/n.
fn likelihood(first: TrialCount, second: TrialCount, points: u32) -> f64 {
    let (n1, n2) = (f64::from(first.sent), f64::from(second.sent));
    let (a1, a2) = (f64::from(first.answered.min(first.sent)), f64::from(second.answered.min(second.sent)));
    if n1 == 0.0 || n2 == 0.0 {
        return 1.0;
    }
    // Half an answer and half a silence more: shares of nothing and of all still have a variance.
    let share = (a1 + a2 + 1.0) / (n1 + n2 + 2.0);
    let variance = share * (1.0 - share) * (1.0 / n1 + 1.0 / n2);
    let spread = (f64::from(points.max(1)) / 100.0).powi(2);
    let difference = a2 / n2 - a1 / n1;
    let exponent = difference.powi(2) * spread / (2.0 * variance * (variance + spread));
    (variance / (variance + spread)).sqrt() * exponent.exp()
}

impl Trial {
    /// Compares what two texts have brought. To be called at any time, as often as one likes.
    pub fn of(first: TrialCount, second: TrialCount, rules: TrialRules) -> Self {
        let fewer = first.sent.min(second.sent);
        let clear = likelihood(first, second, rules.points) >= f64::from(rules.one_wrong_in.max(1));
        let verdict = if fewer < rules.at_least {
            TrialVerdict::Runs { missing: rules.at_least - fewer }
        } else if clear {
            let second_is_better = second.percent() > first.percent();
            TrialVerdict::Better { text: if second_is_better { TrialText::Second } else { TrialText::First } }
        } else if fewer >= rules.at_most {
            TrialVerdict::NoDifference
        } else {
            TrialVerdict::Runs { missing: 0 }
        };
        Self { first, second, verdict }
    }

    /// What was seen, in one sentence. An observation: who answers may have had other reasons.
    pub fn why(&self) -> Text {
        let seen = |text: TrialText| {
            let count = match text {
                TrialText::First => self.first,
                TrialText::Second => self.second,
            };
            let (name, percent) = (text.text(), count.percent());
            let fr = match count.answered {
                0 | 1 => "réponse",
                _ => "réponses",
            };
            let en = if count.answered == 1 { "answer" } else { "answers" };
            Text::new(
                format!(
                    "{} : {} {fr} pour {} {} ({}\u{a0}%)",
                    name.fr.to_lowercase().replace(" a", " A").replace(" b", " B"),
                    count.answered,
                    count.sent,
                    if count.sent > 1 { "envois" } else { "envoi" },
                    format!("{percent:.1}").replace('.', ",")
                ),
                format!(
                    "{}: {} {en} to {} sent ({percent:.1}%)",
                    name.en.to_lowercase().replace(" a", " A").replace(" b", " B"),
                    count.answered,
                    count.sent
                ),
            )
        };
        let (a, b) = (seen(TrialText::First), seen(TrialText::Second));
        let (fr, en) = match self.verdict {
            TrialVerdict::Runs { missing: 0 } => (
                "pas de différence nette à ce jour, l’essai continue".to_owned(),
                "no clear difference so far, the trial goes on".to_owned(),
            ),
            TrialVerdict::Runs { missing } => (
                format!("trop tôt pour comparer, encore {missing} envois de chaque texte au moins"),
                format!("too early to compare, at least {missing} more of each text"),
            ),
            TrialVerdict::Better { text } => {
                let letter = if text == TrialText::First { "A" } else { "B" };
                (
                    format!(
                        "le texte {letter} a reçu nettement plus de réponses et sert désormais seul ; c’est une observation, pas une preuve"
                    ),
                    format!(
                        "text {letter} was clearly answered more often and is used from now on; this is an observation, not a proof"
                    ),
                )
            }
            TrialVerdict::NoDifference => (
                "aucune différence nette au terme de l’essai, le texte A sert désormais seul".to_owned(),
                "no clear difference at the end of the trial, text A is used from now on".to_owned(),
            ),
        };
        let begun = |s: &str| {
            let mut letters = s.chars();
            letters.next().map(|c| c.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
        };
        Text::new(
            super::why::french(&format!("{} ; {} : {fr}.", begun(&a.fr), b.fr)),
            format!("{}; {}: {en}.", begun(&a.en), b.en),
        )
    }
}

impl RelanceStep {
    /// The text that a dossier gets: drawn while a trial runs, then the one that won it.
    pub fn template_for(&self, dossier: DossierId, verdict: TrialVerdict) -> (TemplateId, Option<TrialText>) {
        let Some(variant) = self.variant_id else { return (self.template_id, None) };
        let text = match verdict {
            TrialVerdict::Runs { .. } => drawn(dossier, self.id),
            TrialVerdict::Better { text } => text,
            TrialVerdict::NoDifference => TrialText::First,
        };
        let template = match text {
            TrialText::First => self.template_id,
            TrialText::Second => variant,
        };
        (template, Some(text))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn count(sent: u32, answered: u32) -> TrialCount {
        TrialCount { sent, answered }
    }

    /// A fixed sequence of shares between nothing and one (xorshift).
    struct Dice(u64);

    impl Dice {
        fn share(&mut self) -> f64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    #[test]
    fn a_dossier_keeps_its_text_and_halves_are_halves() {
        let step = |n: u128| RelanceStepId::from_uuid(Uuid::from_u128(n));
        let dossier = |n: u128| DossierId::from_uuid(Uuid::from_u128(0x019a_9a52_7c1e_7b7e_8f0e_0000_0000_0000 + n));
        let second = |s| (0..10_000).filter(|n| drawn(dossier(*n), step(s)) == TrialText::Second).count();
        assert!((4_800..5_200).contains(&second(1)) && (4_800..5_200).contains(&second(2)));
        let both = (0..10_000).filter(|n| drawn(dossier(*n), step(1)) == drawn(dossier(*n), step(2))).count();
        assert!((4_800..5_200).contains(&both), "another half at another step: {both}");
        // Written down: another release must not deal anew.
        let dealt: String =
            (0..12).map(|n| if drawn(dossier(n), step(1)) == TrialText::First { 'A' } else { 'B' }).collect();
        assert_eq!(dealt, "BBAAAAABBABA");
    }

    #[test]
    fn a_trial_is_over_when_it_is_clear_or_long_enough() {
        let rules = TrialRules::default();
        let of = |first, second| Trial::of(first, second, rules).verdict;
        assert_eq!(of(count(20, 0), count(49, 49)), TrialVerdict::Runs { missing: 30 }, "too few to say anything");
        assert_eq!(of(count(200, 40), count(200, 50)), TrialVerdict::Runs { missing: 0 });
        assert_eq!(of(count(200, 20), count(200, 60)), TrialVerdict::Better { text: TrialText::Second });
        assert_eq!(of(count(200, 60), count(200, 20)), TrialVerdict::Better { text: TrialText::First });
        assert_eq!(of(count(1_000, 200), count(1_000, 210)), TrialVerdict::NoDifference);
        assert_eq!(of(count(1_000, 0), count(1_000, 0)), TrialVerdict::NoDifference);
        assert_eq!(of(count(60, 60), count(60, 60)), TrialVerdict::Runs { missing: 0 });
    }

    #[test]
    fn what_is_seen_is_said_as_an_observation() {
        let told = Trial::of(count(200, 20), count(200, 61), TrialRules::default()).why();
        assert_eq!(
            told.fr,
            "Texte A\u{a0}: 20 réponses pour 200 envois (10,0\u{a0}%)\u{a0}; texte B\u{a0}: 61 réponses pour 200 envois (30,5\u{a0}%)\u{a0}: \
             le texte B a reçu nettement plus de réponses et sert désormais seul\u{a0}; c’est une observation, pas une preuve."
        );
        assert_eq!(
            told.en,
            "Text A: 20 answers to 200 sent (10.0%); text B: 61 answers to 200 sent (30.5%): text B was clearly answered more \
             often and is used from now on; this is an observation, not a proof."
        );
        let told = Trial::of(count(10, 1), count(1, 0), TrialRules::default()).why();
        assert!(told.fr.ends_with("encore 49 envois de chaque texte au moins."), "{}", told.fr);
    }

    /// Share of trials of two texts with these chances to be answered, looked at after every pair, that end with one text.
    fn decided(chances: (f64, f64), trials: u32, wins: impl Fn(TrialCount, TrialCount) -> bool) -> f64 {
        let mut dice = Dice(0x2545_F491_4F6C_DD1D);
        let mut won = 0;
        for _ in 0..trials {
            let (mut a, mut b) = (count(0, 0), count(0, 0));
            for n in 1..=1_000 {
                a = count(n, a.answered + u32::from(dice.share() < chances.0));
                b = count(n, b.answered + u32::from(dice.share() < chances.1));
                if n >= 50 && wins(a, b) {
                    won += 1;
                    break;
                }
            }
        }
        f64::from(won) / f64::from(trials)
    }

    #[test]
    fn looked_at_every_day_equal_texts_are_seldom_told_apart() {
        let rules = TrialRules::default();
        let ours = |a, b| matches!(Trial::of(a, b, rules).verdict, TrialVerdict::Better { .. });
        // What one would do at a single look: 1.96 standard errors.
        let single = |a: TrialCount, b: TrialCount| {
            let share = f64::from(a.answered + b.answered) / f64::from(a.sent + b.sent);
            let error = (share * (1.0 - share) * (1.0 / f64::from(a.sent) + 1.0 / f64::from(b.sent))).sqrt();
            ((b.percent() - a.percent()) / 100.0).abs() > 1.96 * error
        };
        for share in [0.05, 0.2, 0.5] {
            let (wrong, naive) = (decided((share, share), 400, ours), decided((share, share), 400, single));
            assert!(wrong <= 0.05, "{share}: {wrong}");
            assert!(naive > 0.15, "the test for one look is wrong too often, {share}: {naive}");
        }
        let found = decided((0.15, 0.30), 200, |a, b| {
            Trial::of(a, b, rules).verdict == TrialVerdict::Better { text: TrialText::Second }
        });
        assert!(found > 0.95, "a difference that counts is found: {found}");
    }
}

//! Sums of readiness over a set of dossiers: what the cockpit shows. A dossier enters and leaves with the mark that was
//! stored with it, so sums kept up to date by differences stay equal to sums made anew.

use serde::{Deserialize, Serialize};

use crate::readiness::{self, Evaluation};
use crate::reference::{self, WaveCode};
use crate::{Criterion, ObligationStatus, ReadinessState, Weighting};

/// What a dossier adds to the sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub state: ReadinessState,
    pub score: u32,
    /// Bits of the missing criteria.
    pub missing: i64,
    /// Bits of the waves that reach the dossier.
    pub waves: i64,
    /// Exposure in cents, as it was counted with the evaluation.
    pub exposure_cents: i64,
}

impl WaveCode {
    /// Place of the wave in stored masks: its place in the closed set, which only grows at its end.
    pub fn mask(self) -> i64 {
        1 << Self::ALL.iter().position(|w| *w == self).unwrap_or_default()
    }

    /// What a dossier reached by the wave needs.
    pub fn need(self) -> Criterion {
        let wave = reference::waves().iter().find(|w| w.code == self);
        wave.map_or(Criterion::ReceptionPlatform, |w| readiness::needs(w.obligation))
    }
}

impl ReadinessState {
    /// Place in the order from worst to best, as stored.
    pub fn rank(self) -> i64 {
        Self::ALL.iter().position(|s| *s == self).unwrap_or_default() as i64
    }

    pub fn of_rank(rank: i64) -> Self {
        usize::try_from(rank).ok().and_then(|i| Self::ALL.get(i)).copied().unwrap_or(ReadinessState::Unknown)
    }
}

impl Mark {
    pub fn of(evaluation: &Evaluation) -> Self {
        Self {
            state: evaluation.state,
            score: evaluation.score,
            missing: evaluation.missing_mask(),
            waves: evaluation
                .rulings
                .iter()
                .filter(|o| o.status == ObligationStatus::Applies)
                .filter_map(|o| o.wave)
                .fold(0, |mask, wave| mask | wave.mask()),
            exposure_cents: 0,
        }
    }

    pub fn lacks(&self, wave: WaveCode) -> bool {
        self.waves & wave.mask() != 0 && self.missing & wave.need().mask() != 0
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sums {
    pub dossiers: i64,
    pub score: i64,
    pub exposure_cents: i64,
    /// Sum of score × exposure in cents, which the score weighted by exposure needs.
    pub exposed_score: i64,
    /// By rank of state.
    pub states: [i64; 5],
    /// By bit of criterion.
    pub missing: Vec<i64>,
    /// By place of wave: dossiers reached, and those of them that lack what it needs.
    pub waves: Vec<(i64, i64)>,
}

impl Sums {
    pub fn enter(&mut self, mark: &Mark) {
        self.count(mark, 1);
    }

    pub fn leave(&mut self, mark: &Mark) {
        self.count(mark, -1);
    }

    fn count(&mut self, mark: &Mark, by: i64) {
        self.dossiers += by;
        self.score += by * i64::from(mark.score);
        self.exposure_cents += by * mark.exposure_cents;
        self.exposed_score += by * i64::from(mark.score) * mark.exposure_cents;
        self.states[mark.state.rank() as usize] += by;
        let bits = 64 - mark.missing.leading_zeros() as usize;
        if self.missing.len() < bits {
            self.missing.resize(bits, 0);
        }
        for (bit, n) in self.missing.iter_mut().enumerate() {
            if mark.missing >> bit & 1 == 1 {
                *n += by;
            }
        }
        self.waves.resize(WaveCode::ALL.len().max(self.waves.len()), (0, 0));
        for (i, wave) in WaveCode::ALL.iter().enumerate() {
            if mark.waves & wave.mask() != 0 {
                self.waves[i].0 += by;
            }
            if mark.lacks(*wave) {
                self.waves[i].1 += by;
            }
        }
    }

    pub fn add(&mut self, other: &Sums) {
        self.dossiers += other.dossiers;
        self.score += other.score;
        self.exposure_cents += other.exposure_cents;
        self.exposed_score += other.exposed_score;
        for (a, b) in self.states.iter_mut().zip(other.states) {
            *a += b;
        }
        self.missing.resize(self.missing.len().max(other.missing.len()), 0);
        for (a, b) in self.missing.iter_mut().zip(&other.missing) {
            *a += b;
        }
        self.waves.resize(self.waves.len().max(other.waves.len()), (0, 0));
        for (a, b) in self.waves.iter_mut().zip(&other.waves) {
            a.0 += b.0;
            a.1 += b.1;
        }
    }

    /// The mean score, one decimal: equal, or each dossier weighing its exposure and a base, so that none weighs
    /// nothing. Nothing without dossiers.
    pub fn mean(&self, weighting: Weighting) -> Option<f64> {
        if self.dossiers <= 0 {
            return None;
        }
        let base = match weighting {
            Weighting::Equal => return Some(tenths(self.score as f64 / self.dossiers as f64)),
            Weighting::Exposure => i128::from(reference::readiness().weighting_base_cents),
        };
        let weighed = i128::from(self.exposed_score) + base * i128::from(self.score);
        let weight = i128::from(self.exposure_cents) + base * i128::from(self.dossiers);
        Some(tenths(weighed as f64 / weight as f64))
    }

    pub fn state(&self, state: ReadinessState) -> u64 {
        u64::try_from(self.states[state.rank() as usize]).unwrap_or_default()
    }

    pub fn missing(&self, criterion: Criterion) -> u64 {
        let bit = criterion.mask().trailing_zeros() as usize;
        self.missing.get(bit).and_then(|n| u64::try_from(*n).ok()).unwrap_or_default()
    }

    pub fn wave(&self, wave: WaveCode) -> (u64, u64) {
        let place = wave.mask().trailing_zeros() as usize;
        let (reached, unready) = self.waves.get(place).copied().unwrap_or_default();
        (u64::try_from(reached).unwrap_or_default(), u64::try_from(unready).unwrap_or_default())
    }

    /// The same sums written the same way: counts that are zero at the end say nothing.
    pub fn normal(mut self) -> Self {
        while self.missing.last() == Some(&0) {
            self.missing.pop();
        }
        while self.waves.last() == Some(&(0, 0)) {
            self.waves.pop();
        }
        self
    }
}

fn tenths(n: f64) -> f64 {
    (n * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_enters_and_leaves_leaves_nothing() {
        let mark = Mark {
            state: ReadinessState::Late,
            score: 40,
            missing: Criterion::ReceptionPlatform.mask() | Criterion::Contact.mask(),
            waves: WaveCode::Reception2026.mask() | WaveCode::Emission2027.mask(),
            exposure_cents: 150_000,
        };
        let mut sums = Sums::default();
        sums.enter(&mark);
        assert_eq!(sums.wave(WaveCode::Reception2026), (1, 1));
        assert_eq!(sums.wave(WaveCode::Emission2027), (1, 0));
        assert_eq!((sums.missing(Criterion::Contact), sums.missing(Criterion::Size)), (1, 0));
        assert_eq!(sums.state(ReadinessState::Late), 1);
        sums.leave(&mark);
        assert_eq!(sums.normal(), Sums::default());
    }

    #[test]
    fn a_mean_weighs_dossiers_equally_or_by_what_they_risk() {
        let mark = |score, euros: i64| Mark {
            state: ReadinessState::AtRisk,
            score,
            missing: 0,
            waves: 0,
            exposure_cents: euros * 100,
        };
        let mut sums = Sums::default();
        assert_eq!(sums.mean(Weighting::Equal), None);
        sums.enter(&mark(100, 0));
        sums.enter(&mark(40, 9_000));
        assert_eq!(sums.mean(Weighting::Equal), Some(70.0));
        // 100 weighs the base of 1,000 euros, 40 weighs 10,000.
        assert_eq!(sums.mean(Weighting::Exposure), Some(45.5));
    }
}

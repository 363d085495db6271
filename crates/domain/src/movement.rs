//! What moved between two evaluations of a dossier: for "what if", for the preview of new rules, and for "since last
//! week".

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::readiness::Evaluation;
use crate::{Criterion, CriterionState, Mark, ObligationKind, ReadinessState, VatRegime};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CriterionMove {
    pub criterion: Criterion,
    pub before: CriterionState,
    pub after: CriterionState,
    pub points_before: u32,
    pub points_after: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DateMove {
    pub obligation: ObligationKind,
    pub before: Option<NaiveDate>,
    pub after: Option<NaiveDate>,
}

/// The difference between two evaluations of one dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Movement {
    pub score_before: u32,
    pub score_after: u32,
    pub state_before: ReadinessState,
    pub state_after: ReadinessState,
    pub exposure_before_cents: i64,
    pub exposure_after_cents: i64,
    pub regime_before: Option<VatRegime>,
    pub regime_after: Option<VatRegime>,
    /// Next obligation that is not prepared.
    pub next_due_before: Option<NaiveDate>,
    pub next_due_after: Option<NaiveDate>,
    /// Obligations whose first day moved.
    pub dates: Vec<DateMove>,
    /// Criteria whose state or points moved, the greatest move first.
    pub criteria: Vec<CriterionMove>,
}

impl Movement {
    pub fn is_empty(&self) -> bool {
        self.score_before == self.score_after
            && self.state_before == self.state_after
            && self.exposure_before_cents == self.exposure_after_cents
            && self.regime_before == self.regime_after
            && self.next_due_before == self.next_due_after
            && self.dates.is_empty()
            && self.criteria.is_empty()
    }

    /// From one evaluation and its exposure to another of the same dossier.
    pub fn between(before: (&Evaluation, i64), after: (&Evaluation, i64)) -> Self {
        let ((a, exposure_a), (b, exposure_b)) = (before, after);
        let dates = a
            .rulings
            .iter()
            .zip(&b.rulings)
            .filter(|(a, b)| a.starts_on != b.starts_on)
            .map(|(a, b)| DateMove { obligation: a.kind, before: a.starts_on, after: b.starts_on })
            .collect();
        let mut criteria: Vec<CriterionMove> = a
            .criteria
            .iter()
            .zip(&b.criteria)
            .filter(|(a, b)| a.state != b.state || a.points != b.points)
            .map(|(a, b)| CriterionMove {
                criterion: a.criterion,
                before: a.state,
                after: b.state,
                points_before: a.points,
                points_after: b.points,
            })
            .collect();
        criteria.sort_by_key(|c| {
            (c.before == c.after, std::cmp::Reverse(c.points_after.abs_diff(c.points_before)), c.criterion)
        });
        Self {
            score_before: a.score,
            score_after: b.score,
            state_before: a.state,
            state_after: b.state,
            exposure_before_cents: exposure_a,
            exposure_after_cents: exposure_b,
            regime_before: a.regime,
            regime_after: b.regime,
            next_due_before: a.next_due,
            next_due_after: b.next_due,
            dates,
            criteria,
        }
    }
}

/// What moved between two stored marks of a dossier: enough for "since last week" over thousands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarkMovement {
    pub score_before: u32,
    pub score_after: u32,
    pub state_before: ReadinessState,
    pub state_after: ReadinessState,
    /// Criteria that were missing and no longer are.
    pub won: Vec<Criterion>,
    /// Criteria that have become missing.
    pub lost: Vec<Criterion>,
}

impl MarkMovement {
    /// Nothing when neither score, state nor criteria moved.
    pub fn between(before: &Mark, after: &Mark) -> Option<Self> {
        let moved = before.score != after.score || before.state != after.state || before.missing != after.missing;
        moved.then(|| Self {
            score_before: before.score,
            score_after: after.score,
            state_before: before.state,
            state_after: after.state,
            won: Criterion::of_mask(before.missing & !after.missing).collect(),
            lost: Criterion::of_mask(after.missing & !before.missing).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readiness::{Context, evaluate};
    use crate::{DossierFacts, Proofs, RegimePeriod, Siren, exposure};

    #[test]
    fn what_if_tells_what_would_move_and_why() {
        let mut f = DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai");
        f.vat_regimes = vec![RegimePeriod { regime: VatRegime::RealMonthly, from: None }];
        f.headcount = Some(300);
        f.invoices_per_month = Some(10);
        let ctx = Context::standard("2026-11-22".parse().unwrap());
        let run = |f: &DossierFacts| {
            let e = evaluate(f, &Proofs::NONE, &ctx);
            let euros = exposure::count(f, &e, &[]).total_cents;
            (e, euros)
        };
        let (before, risk) = run(&f);
        let changed = f
            .with_fields([
                ("reception_platform".to_owned(), "Pennylane".into()),
                ("emission_platform".to_owned(), "Pennylane".into()),
            ])
            .unwrap();
        let (after, left) = run(&changed);
        let m = Movement::between((&before, risk), (&after, left));
        assert!(m.score_after > m.score_before && m.exposure_after_cents < m.exposure_before_cents);
        assert_eq!(m.state_before, ReadinessState::Late);
        let won: Vec<_> = m.criteria.iter().filter(|c| c.before != c.after).map(|c| c.criterion).collect();
        assert_eq!(won, [Criterion::ReceptionPlatform, Criterion::Emission]);
        assert!(Movement::between((&after, left), (&after, left)).is_empty());
        let mut smaller = changed.clone();
        smaller.headcount = Some(3);
        smaller.turnover_cents = Some(1);
        let (later, _) = run(&smaller);
        let m = Movement::between((&after, left), (&later, 0));
        assert!(m.dates.iter().any(|d| d.obligation == ObligationKind::Emission && d.after > d.before));

        let moved = MarkMovement::between(&Mark::of(&before), &Mark::of(&after)).unwrap();
        assert_eq!(moved.won, [Criterion::ReceptionPlatform, Criterion::Emission]);
        assert!(moved.lost.is_empty());
        assert_eq!(MarkMovement::between(&Mark::of(&after), &Mark::of(&after)), None);
    }
}

//! Everything that stands beside the facts of a dossier: its evaluation, what decides its calendar, what it could cost.

use std::sync::LazyLock;

use chrono::{Days, NaiveDate};

use crate::calendar::{Plan, Settled};
use crate::exposure::{self, Exposure};
use crate::readiness::{self, Context, Evaluation, evaluate};
use crate::reference::{self, Dated};
use crate::{Criterion, CriterionState, DossierFacts, Mark, ObligationKind, Proofs, regime};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    pub evaluation: Evaluation,
    pub plan: Plan,
    pub exposure: Exposure,
    /// The first day on which time alone could change any of this, rules apart: until then nothing of it needs to be
    /// looked at again. Nothing when no day would.
    pub changes_on: Option<NaiveDate>,
}

impl Assessment {
    pub fn of(facts: &DossierFacts, settled: &Settled, proofs: &Proofs<'_>, ctx: &Context<'_>) -> Self {
        let evaluation = evaluate(facts, proofs, ctx);
        let plan = Plan::of(facts, &evaluation);
        let exposure = exposure::count(facts, &evaluation, &plan.missed(ctx.today, settled));
        let changes_on = changes_on(facts, proofs, &evaluation, &plan, &exposure);
        Self { evaluation, plan, exposure, changes_on }
    }

    pub fn mark(&self) -> Mark {
        Mark { exposure_cents: self.exposure.total_cents, ..Mark::of(&self.evaluation) }
    }
}

/// Days on which rows of the law that are looked up by today's date begin to hold or cease to.
fn days_of_law() -> &'static [NaiveDate] {
    static T: LazyLock<Vec<NaiveDate>> = LazyLock::new(|| {
        fn days<T: Dated>(rows: &[T]) -> impl Iterator<Item = NaiveDate> {
            rows.iter().flat_map(|row| {
                let ended = row.valid_to().and_then(|last| last.succ_opt());
                [Some(row.valid_from()), ended].into_iter().flatten()
            })
        }
        let sizes = days(&reference::size_table().rows);
        sizes.chain(days(&reference::wave_table().rows)).chain(days(&reference::fines().rows)).collect()
    });
    &T
}

/// The least day after the evaluation's of all on which something of an assessment could differ. A day too many costs
/// an evaluation, a day too few leaves something untrue: what is hard to tell is looked at the next day.
fn changes_on(
    facts: &DossierFacts,
    proofs: &Proofs<'_>,
    evaluation: &Evaluation,
    plan: &Plan,
    exposure: &Exposure,
) -> Option<NaiveDate> {
    let today = evaluation.on;
    let mut next: Option<NaiveDate> = None;
    let mut on = |day: Option<NaiveDate>| {
        if let Some(day) = day.filter(|day| *day > today) {
            next = Some(next.map_or(day, |known| known.min(day)));
        }
    };
    let after = |day: Option<NaiveDate>| day.and_then(|last| last.succ_opt());
    days_of_law().iter().for_each(|day| on(Some(*day)));
    regime::spans(facts).iter().for_each(|span| on(span.from));
    regime::spans(facts).iter().for_each(|span| on(after(span.to)));
    for ruling in &evaluation.rulings {
        on(ruling.legal_on);
        on(ruling.starts_on);
    }
    for lead in reference::readiness().criteria.iter().filter_map(|row| row.lead_days) {
        let Ok(lead) = u64::try_from(lead) else { continue };
        for ruling in &evaluation.rulings {
            on(ruling.starts_on.and_then(|day| day.checked_sub_days(Days::new(lead))));
        }
    }
    for evidence in proofs.evidence {
        on(Some(evidence.on));
        on(after(evidence.expires_on));
        on(after(readiness::expiry(evidence.criterion.row(), evidence.on, evidence.expires_on)));
    }
    let ages = |criterion: Criterion, on: NaiveDate| after(readiness::expiry(criterion.row(), on, None));
    if let Some(address) = &facts.directory_address {
        on(ages(Criterion::DirectoryAddress, address.as_of));
    }
    if let Some(informed) = facts.client_informed_on {
        on(Some(informed));
        on(ages(Criterion::ClientInformed, informed));
    }
    on(facts.formal_notice_on);
    on(exposure.clock.and_then(|clock| after(Some(clock.next_on))));
    on(plan.next_limit(today).and_then(|limit| after(Some(limit))));
    // Invoices that are not issued as they must be cost more every day.
    let emits_late = evaluation.ruling(ObligationKind::Emission).is_due(today)
        && evaluation.judged(Criterion::Emission).state == CriterionState::Missing
        && facts.invoices_per_month.is_some_and(|n| n > 0);
    if emits_late {
        on(after(Some(today)));
    }
    next
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mandate::Held;
    use crate::readiness::facts_of_every_kind::{any_active, any_evidence, any_facts, complete};

    fn day(s: &str) -> NaiveDate {
        s.parse().unwrap()
    }

    /// All that is kept of an assessment.
    fn kept(f: &DossierFacts, a: &Assessment) -> impl PartialEq + std::fmt::Debug + use<> {
        let e = &a.evaluation;
        let mark = a.mark();
        let marked = (mark.missing, mark.waves, mark.exposure_cents, Held::of(f, &mark, e.on));
        (e.verdict.written(), marked, e.size.class, e.regime, a.plan.written())
    }

    #[test]
    fn a_dossier_at_rest_is_looked_at_a_few_times_in_two_years() {
        let f = complete();
        let mut today = day("2026-11-26");
        let mut looked = Vec::new();
        while today < day("2028-11-26") {
            let a = Assessment::of(&f, &Settled::default(), &Proofs::NONE, &Context::standard(today));
            looked.push(today);
            let Some(next) = a.changes_on else { break };
            today = next;
        }
        assert!(looked.len() < 12, "{looked:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn nothing_changes_before_the_day_that_is_told(
            f in any_facts(),
            evidence in any_evidence(),
            active in any_active(),
            settled in any::<bool>(),
            start in 0u64..500,
        ) {
            use crate::calendar::{DueKind, Settlement};
            let f = DossierFacts { proofs: evidence, ..f };
            let proofs = Proofs::new(&f.proofs, active);
            let records = [(DueKind::Sales, day("2026-09-01"), day("2027-02-10"), Settlement::Done)];
            let settled = Settled::of_records(records.into_iter().filter(|_| settled));
            let first = day("2026-06-01") + Days::new(start);
            let of = |today| Assessment::of(&f, &settled, &proofs, &Context::standard(today));
            let mut known = of(first);
            for n in 1..=730 {
                let today = first + Days::new(n);
                if known.changes_on.is_some_and(|next| next <= today) {
                    known = of(today);
                    prop_assert!(known.changes_on.is_none_or(|next| next > today));
                } else {
                    prop_assert_eq!(kept(&f, &of(today)), kept(&f, &known), "{} before {:?}", today, known.changes_on);
                }
            }
        }
    }
}

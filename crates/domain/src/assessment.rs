//! Everything that stands beside the facts of a dossier: its evaluation, what decides its calendar, what it could cost.

use crate::calendar::{Plan, Settled};
use crate::exposure::{self, Exposure};
use crate::readiness::{Context, Evaluation, evaluate};
use crate::{DossierFacts, Mark, Proofs};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    pub evaluation: Evaluation,
    pub plan: Plan,
    pub exposure: Exposure,
}

impl Assessment {
    pub fn of(facts: &DossierFacts, settled: &Settled, proofs: &Proofs<'_>, ctx: &Context<'_>) -> Self {
        let evaluation = evaluate(facts, proofs, ctx);
        let plan = Plan::of(facts, &evaluation);
        let exposure = exposure::count(facts, &evaluation, &plan.missed(ctx.today, settled));
        Self { evaluation, plan, exposure }
    }

    pub fn mark(&self) -> Mark {
        Mark { exposure_cents: self.exposure.total_cents, ..Mark::of(&self.evaluation) }
    }
}

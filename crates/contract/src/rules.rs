//! The firm's rules of the score: reading and changing them, what a change would do; and what facts that are only
//! supposed would do.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::movement::Movement;
use domain::reference::CapCode;
use domain::rules::{CapLevel, CriterionWeight};
use domain::{Criterion, DossierId, PortfolioId, ReadinessState, Siren, Weighting};

use crate::common::shape;
use crate::{DossierQuery, ItemOutcome, StateCounts};

shape! {
    /// Rules of the score. Criteria and caps that are not named take the value of the product.
    pub struct RuleSet {
        pub weights: Vec<CriterionWeight>,
        pub caps: Vec<CapLevel>,
        /// An obligation that begins within so many days puts an unprepared dossier at risk: 0 to 730.
        #[cfg_attr(feature = "openapi", schema(example = 180))]
        pub at_risk_days: i64,
        /// So does a score below: 0 to 100.
        #[cfg_attr(feature = "openapi", schema(example = 82))]
        pub at_risk_below: u32,
        /// How dossiers weigh in the score of a portfolio and of the cabinet.
        pub weighting: Weighting,
    }
}

shape! {
    /// A blocker that a cap belongs to.
    pub struct RuleCap {
        pub cap: CapCode,
        pub criterion: Criterion,
        pub label: domain::Text,
    }
}

shape! {
    /// The rules in force, beside those of the product.
    pub struct ReadinessRules {
        /// 0 while the firm has changed nothing.
        pub version: i64,
        pub rules: RuleSet,
        pub standard: RuleSet,
        pub caps: Vec<RuleCap>,
        /// What each dossier weighs beside its exposure, so that none weighs nothing.
        #[cfg_attr(feature = "openapi", schema(example = 100_000))]
        pub weighting_base_cents: i64,
        /// Scores are being computed by these rules; until then some are those of the rules before.
        pub recomputing: bool,
    }
}

shape! {
    pub struct RulesChange {
        pub rules: RuleSet,
        /// Why: for those who ask later.
        #[cfg_attr(feature = "openapi", schema(example = "La réception passe avant tout en 2026"))]
        pub note: String,
    }
}

shape! {
    pub struct RulesTrial {
        pub rules: RuleSet,
    }
}

shape! {
    /// A version of the rules, in force from its day until the next one.
    pub struct RulesVersion {
        pub version: i64,
        pub rules: RuleSet,
        /// Who changed them; nothing when the person is gone.
        pub by: Option<String>,
        pub note: String,
        pub created_at: DateTime<Utc>,
    }
}

shape! {
    pub struct RulesVersionPage {
        /// Newest first.
        pub data: Vec<RulesVersion>,
        pub next: Option<String>,
    }
}

shape! {
    /// Dossiers that would go from one state to another.
    pub struct StateChange {
        pub before: ReadinessState,
        pub after: ReadinessState,
        pub dossiers: u64,
    }
}

shape! {
    /// A portfolio under both rules.
    pub struct PortfolioPreview {
        /// Nothing: the dossiers outside any portfolio.
        pub portfolio_id: Option<PortfolioId>,
        pub name: Option<String>,
        pub dossiers: u64,
        /// Dossiers whose score or state would change.
        pub changed: u64,
        pub score_before: Option<f64>,
        pub score_after: Option<f64>,
    }
}

shape! {
    pub struct DossierPreview {
        pub dossier_id: DossierId,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub name: String,
        pub siren: Siren,
        pub score_before: u32,
        pub score_after: u32,
        pub state_before: ReadinessState,
        pub state_after: ReadinessState,
    }
}

shape! {
    /// What other rules would change, from the scores as they are stored.
    pub struct RulesPreview {
        pub dossiers: u64,
        /// Dossiers whose score or state would change.
        pub changed: u64,
        /// Dossiers whose score would rise, and fall.
        pub up: u64,
        pub down: u64,
        /// Dossiers whose state would change.
        pub states_changed: u64,
        /// Mean of the cabinet, each by its own weighting.
        pub score_before: Option<f64>,
        pub score_after: Option<f64>,
        pub states_before: StateCounts,
        pub states_after: StateCounts,
        pub transitions: Vec<StateChange>,
        pub portfolios: Vec<PortfolioPreview>,
        /// The dossiers that would move most.
        pub most: Vec<DossierPreview>,
    }
}

shape! {
    /// A proof that is only supposed, dated today.
    pub struct SupposedProof {
        pub criterion: Criterion,
        #[serde(default)]
        pub expires_on: Option<NaiveDate>,
    }
}

shape! {
    /// Dossiers by ids (up to 1,000), or by the filters of the list when `ids` is absent, and what is supposed of them.
    pub struct WhatIfInput {
        #[serde(default)]
        pub ids: Option<Vec<DossierId>>,
        #[serde(default)]
        pub filter: Option<DossierQuery>,
        /// Facts by name, as a change of a dossier takes them: `reception_platform`, `vat_regime`, `headcount`…
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = json!({ "reception_platform": "PENNYLANE" })))]
        pub facts: BTreeMap<String, serde_json::Value>,
        #[serde(default)]
        pub proofs: Vec<SupposedProof>,
    }
}

shape! {
    /// A set of dossiers, summed up.
    pub struct WhatIfTotals {
        /// Mean score by the firm's weighting.
        pub score: Option<f64>,
        pub states: StateCounts,
        pub exposure_cents: i64,
    }
}

shape! {
    pub struct WhatIfItem {
        pub dossier_id: DossierId,
        pub name: Option<String>,
        pub outcome: ItemOutcome,
        /// Why it was left out.
        pub reason: Option<domain::Text>,
        /// What would move; nothing when nothing would.
        pub movement: Option<Movement>,
    }
}

shape! {
    /// What would be, with nothing written.
    pub struct WhatIf {
        /// Dossiers that would change, stay, and were left out.
        pub changed: u64,
        pub unchanged: u64,
        pub left_out: u64,
        /// Over the dossiers that were not left out.
        pub before: WhatIfTotals,
        pub after: WhatIfTotals,
        /// Those left out first, then the greatest moves; 1,000 at most.
        pub items: Vec<WhatIfItem>,
    }
}

//! The firm's rules of the score: weights, caps, what is at risk, how dossiers weigh in a portfolio. They start from
//! `reference/readiness.json`; a partner changes them, and each change is a version.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::reference::{self, CapCode, CapRow, CriterionRow};
use crate::{Criterion, Text};

closed_enum! {
    /// When a missing criterion blocks.
    pub enum CapWhen {
        Always = "always",
        /// Once the obligation that it serves has begun.
        Due = "due",
    }
}

closed_enum! {
    /// How dossiers weigh in the score of a portfolio.
    pub enum Weighting {
        Equal = "equal",
        /// By exposure in euros.
        Exposure = "exposure",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CriterionWeight {
    pub criterion: Criterion,
    /// 0 leaves the criterion out of the score.
    pub weight: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CapLevel {
    pub cap: CapCode,
    /// 100 takes the cap away.
    pub at_most: u32,
}

/// Rules of the score. Criteria and caps that are not named keep the value of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoreRules {
    /// Version of the firm's rules; 0 for those of the product.
    pub version: u32,
    pub weights: Vec<CriterionWeight>,
    pub caps: Vec<CapLevel>,
    pub at_risk_days: i64,
    pub at_risk_below: u32,
    pub weighting: Weighting,
}

/// A rule that cannot stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// JSON pointer into the rules.
    pub pointer: String,
    pub code: &'static str,
    pub message: Text,
}

impl Default for ScoreRules {
    fn default() -> Self {
        let table = reference::readiness();
        Self {
            version: 0,
            weights: table
                .criteria
                .iter()
                .map(|row| CriterionWeight { criterion: row.code, weight: row.weight })
                .collect(),
            caps: table.caps.iter().map(|row| CapLevel { cap: row.code, at_most: row.at_most }).collect(),
            at_risk_days: table.at_risk_days,
            at_risk_below: table.at_risk_below,
            weighting: table.weighting,
        }
    }
}

impl ScoreRules {
    /// The rules of the product, unchanged.
    pub fn standard() -> &'static Self {
        static T: LazyLock<ScoreRules> = LazyLock::new(ScoreRules::default);
        &T
    }

    pub fn weight(&self, row: &CriterionRow) -> u32 {
        self.weights.iter().find(|w| w.criterion == row.code).map_or(row.weight, |w| w.weight)
    }

    pub fn at_most(&self, row: &CapRow) -> u32 {
        self.caps.iter().find(|c| c.cap == row.code).map_or(row.at_most, |c| c.at_most)
    }

    /// What is wrong, one error for each place; nothing when the rules can stand.
    pub fn check(&self) -> Vec<RuleError> {
        let mut errors = Vec::new();
        let mut refuse = |pointer: String, code, fr: String, en: String| {
            errors.push(RuleError { pointer, code, message: Text::new(fr, en) });
        };
        for (i, w) in self.weights.iter().enumerate() {
            if w.weight > 100 {
                refuse(
                    format!("/weights/{i}/weight"),
                    "out_of_range",
                    format!("{} : un poids de 0 à 100 est attendu.", w.weight),
                    format!("{}: a weight from 0 to 100 is expected.", w.weight),
                );
            }
            if self.weights[..i].iter().any(|other| other.criterion == w.criterion) {
                refuse(
                    format!("/weights/{i}/criterion"),
                    "twice",
                    format!("« {} » est déjà donné : gardez un seul poids par critère.", w.criterion),
                    format!("« {} » is already given: keep one weight per criterion.", w.criterion),
                );
            }
        }
        // The facts apply to every dossier: without a weight on one of them a score could be about nothing.
        let rows = &reference::readiness().criteria;
        if !rows.iter().any(|row| row.code == Criterion::Identity && self.weight(row) > 0) {
            refuse(
                "/weights".to_owned(),
                "identity_without_weight",
                "L’identité doit peser au moins 1 : c’est le seul critère qui vaut pour tout dossier.".to_owned(),
                "Identity must weigh at least 1: it is the only criterion that holds for every dossier.".to_owned(),
            );
        }
        for (i, c) in self.caps.iter().enumerate() {
            if c.at_most > 100 {
                refuse(
                    format!("/caps/{i}/at_most"),
                    "out_of_range",
                    format!("{} : un plafond de 0 à 100 est attendu ; 100 le retire.", c.at_most),
                    format!("{}: a cap from 0 to 100 is expected; 100 takes it away.", c.at_most),
                );
            }
            if self.caps[..i].iter().any(|other| other.cap == c.cap) {
                refuse(
                    format!("/caps/{i}/cap"),
                    "twice",
                    format!("« {} » est déjà donné : gardez un seul plafond par blocage.", c.cap),
                    format!("« {} » is already given: keep one cap per blocker.", c.cap),
                );
            }
        }
        if !(0..=730).contains(&self.at_risk_days) {
            refuse(
                "/at_risk_days".to_owned(),
                "out_of_range",
                format!("{} : un nombre de jours de 0 à 730 est attendu.", self.at_risk_days),
                format!("{}: a number of days from 0 to 730 is expected.", self.at_risk_days),
            );
        }
        if self.at_risk_below > 100 {
            refuse(
                "/at_risk_below".to_owned(),
                "out_of_range",
                format!("{} : un score de 0 à 100 est attendu.", self.at_risk_below),
                format!("{}: a score from 0 to 100 is expected.", self.at_risk_below),
            );
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_tell_what_is_wrong_and_where() {
        assert!(ScoreRules::default().check().is_empty());
        let mut rules = ScoreRules { at_risk_below: 101, at_risk_days: -1, ..ScoreRules::default() };
        for weight in &mut rules.weights {
            weight.weight = if weight.criterion == Criterion::Contact { 101 } else { 0 };
        }
        rules.caps.push(rules.caps[0]);
        let pointers: Vec<String> = rules.check().into_iter().map(|e| e.pointer).collect();
        assert_eq!(pointers, ["/weights/5/weight", "/weights", "/caps/7/cap", "/at_risk_days", "/at_risk_below"]);
    }

    #[test]
    fn what_rules_do_not_name_keeps_the_value_of_the_table() {
        let rules = ScoreRules { weights: Vec::new(), caps: Vec::new(), ..ScoreRules::default() };
        let table = reference::readiness();
        assert!(table.criteria.iter().all(|row| rules.weight(row) == row.weight));
        assert!(table.caps.iter().all(|row| rules.at_most(row) == row.at_most));
    }
}

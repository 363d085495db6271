//! Rules of anomalies as reference data: how each is told, how grave it is, and what is done about it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Confidence, ReasonRow, anomaly_rules, reasons};
use crate::Text;
use crate::anomaly::{AnomalyRule, Severity};

/// A step of a playbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayStep {
    /// Names the step for ever: what was ticked is kept by it.
    pub key: String,
    pub text: Text,
}

closed_enum! {
    /// What the cause of an anomaly is made of: findings that share all of it share a cause.
    pub enum CausePart {
        /// The dossier, or the client as written where there is none.
        Dossier = "dossier",
        /// The client as written.
        Owner = "owner",
        Platform = "platform",
        Status = "status",
        /// The first reason.
        Reason = "reason",
        /// The other party.
        Counterparty = "counterparty",
        Seller = "seller",
        /// The account to pay.
        Account = "account",
        /// Seller, number and year.
        Number = "number",
        /// The wrong value.
        Value = "value",
        Flow = "flow",
        /// A period of e-reporting.
        Period = "period",
        Connection = "connection",
    }
}

impl CausePart {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Dossier => ("dossier", "dossier"),
            Self::Owner => ("client tel qu’écrit", "client as written"),
            Self::Platform => ("plateforme", "platform"),
            Self::Status => ("statut", "status"),
            Self::Reason => ("motif", "reason"),
            Self::Counterparty => ("tiers", "other party"),
            Self::Seller => ("vendeur", "seller"),
            Self::Account => ("compte", "account"),
            Self::Number => ("vendeur, numéro et année", "seller, number and year"),
            Self::Value => ("valeur", "value"),
            Self::Flow => ("facture", "invoice"),
            Self::Period => ("période", "period"),
            Self::Connection => ("connexion", "connection"),
        };
        Text::new(fr, en)
    }
}

/// What a rule looks for, how it is told, and what is done about it. Sentences have places (`{number}`) and parts in
/// square brackets that are left out when a place in them has no value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AnomalyRuleRow {
    pub code: AnomalyRule,
    pub severity: Severity,
    pub title: Text,
    /// Of one occurrence.
    pub sentence: Text,
    /// Of several.
    pub summary: Text,
    /// Why it matters.
    pub why: Text,
    pub playbook: Vec<PlayStep>,
    /// Hours of work to settle one.
    pub deadline_hours: u32,
    /// By name, in the unit that the name tells.
    pub limits: BTreeMap<String, i64>,
    pub cause: Vec<CausePart>,
    /// Statuses that it looks for.
    pub statuses: Vec<u32>,
    /// Reasons that the status must bear.
    pub reasons: Vec<String>,
    /// Reasons that are the doing of the platform or the tool: the cause is then the platform, over all dossiers.
    pub platform_reasons: Vec<String>,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

/// The row of a rule.
pub fn anomaly_rule(rule: AnomalyRule) -> &'static AnomalyRuleRow {
    // A test reads that each rule has its row, in the order of the closed set.
    &anomaly_rules().rows[rule as usize]
}

/// What is known of the code of a reason.
pub fn reason(code: &str) -> Option<&'static ReasonRow> {
    reasons().rows.iter().find(|row| row.code == code)
}

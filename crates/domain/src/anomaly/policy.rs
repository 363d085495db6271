//! How a firm uses the rules: which are on, how grave, within which time. What it does not say is as the product suggests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AnomalyRule, Severity};
use crate::fold;
use crate::reference::{self, AnomalyRuleRow};
use crate::working_time::{Clock, Hours};

/// A rule as a firm uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleUse {
    pub on: bool,
    pub severity: Severity,
    pub deadline_hours: u32,
    /// Those that differ, by name.
    #[serde(default)]
    pub limits: BTreeMap<String, i64>,
}

/// Hours that a platform is given at a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StuckHours {
    pub platform: String,
    pub status: u32,
    pub hours: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    pub rules: BTreeMap<AnomalyRule, RuleUse>,
    pub stuck: Vec<StuckHours>,
    pub hours: Hours,
    pub warn_percent: u8,
}

impl Default for Policy {
    fn default() -> Self {
        Self { rules: BTreeMap::new(), stuck: Vec::new(), hours: Hours::default(), warn_percent: 80 }
    }
}

impl RuleUse {
    /// As the product suggests it.
    pub fn standard(row: &AnomalyRuleRow) -> Self {
        Self { on: true, severity: row.severity, deadline_hours: row.deadline_hours, limits: BTreeMap::new() }
    }
}

impl Policy {
    pub fn is_on(&self, rule: AnomalyRule) -> bool {
        self.rules.get(&rule).is_none_or(|r| r.on)
    }

    pub fn severity(&self, rule: AnomalyRule) -> Severity {
        self.rules.get(&rule).map_or(reference::anomaly_rule(rule).severity, |r| r.severity)
    }

    /// Minutes of work to settle one.
    pub fn whole_minutes(&self, rule: AnomalyRule) -> i64 {
        let hours = self.rules.get(&rule).map_or(reference::anomaly_rule(rule).deadline_hours, |r| r.deadline_hours);
        i64::from(hours) * 60
    }

    /// A limit by its name: the firm's, else the product's.
    pub fn limit(&self, rule: AnomalyRule, name: &str) -> i64 {
        let own = self.rules.get(&rule).and_then(|r| r.limits.get(name)).copied();
        own.or_else(|| reference::anomaly_rule(rule).limits.get(name).copied()).unwrap_or_default()
    }

    /// All limits of a rule as they count.
    pub fn limits(&self, rule: AnomalyRule) -> BTreeMap<String, i64> {
        let names = reference::anomaly_rule(rule).limits.keys();
        names.map(|name| (name.clone(), self.limit(rule, name))).collect()
    }

    /// What the firm has set for a platform at a status.
    pub fn stuck_hours(&self, platform: &str, status: u32) -> Option<u32> {
        let same = |s: &&StuckHours| s.status == status && fold(&s.platform) == fold(platform);
        self.stuck.iter().find(same).map(|s| s.hours)
    }

    /// Hours at a status that are usual, where nothing was set or learned.
    pub fn usual_hours(&self, status: u32) -> Option<u32> {
        let name = format!("hours_{status}");
        reference::anomaly_rule(AnomalyRule::Stuck)
            .limits
            .contains_key(&name)
            .then(|| u32::try_from(self.limit(AnomalyRule::Stuck, &name)).unwrap_or_default())
    }

    /// Statuses at which an invoice may not stand for ever.
    pub fn passing_statuses() -> impl Iterator<Item = u32> {
        let limits = &reference::anomaly_rule(AnomalyRule::Stuck).limits;
        limits.keys().filter_map(|name| name.strip_prefix("hours_")?.parse().ok())
    }

    /// The clock of a new anomaly.
    pub fn clock(&self, rule: AnomalyRule, now: chrono::DateTime<chrono::Utc>) -> Clock {
        self.clock_with(rule, now, self.whole_minutes(rule))
    }

    /// The clock of one that has this left of its time.
    pub fn clock_with(&self, rule: AnomalyRule, now: chrono::DateTime<chrono::Utc>, left: i64) -> Clock {
        Clock::start(&self.hours, now, left, self.whole_minutes(rule), self.warn_percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_firm_does_not_say_is_as_the_product_suggests() {
        let mut policy = Policy::default();
        assert!(policy.is_on(AnomalyRule::Stuck));
        assert_eq!(policy.usual_hours(200), Some(48));
        assert_eq!(policy.usual_hours(205), None, "an approved invoice waits for its payment");
        let limits = BTreeMap::from([("hours_200".to_owned(), 12)]);
        let own = RuleUse { on: false, severity: Severity::Low, deadline_hours: 9, limits };
        policy.rules.insert(AnomalyRule::Stuck, own);
        assert_eq!((policy.usual_hours(200), policy.usual_hours(201)), (Some(12), Some(48)));
        assert_eq!(policy.whole_minutes(AnomalyRule::Stuck), 540);
        policy.stuck.push(StuckHours { platform: "Plateforme X".into(), status: 201, hours: 6 });
        assert_eq!((policy.stuck_hours("PLATEFORME X", 201), policy.stuck_hours("Y", 201)), (Some(6), None));
        let again: Policy = serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
        assert_eq!(again, policy);
        assert!(Policy::passing_statuses().all(|s| reference::status(s).is_some()));
    }
}

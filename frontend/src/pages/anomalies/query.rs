//! The queue in its address: the same names as the parameters of the API.

use contract::{AnomalyQuery, AnomalySort, Several};

use crate::pages::dossiers::query::{essence_of, one, parameter, several};

/// Parameters that say which rows.
pub const FILTERS: [&str; 11] = [
    "q",
    "whose",
    "state",
    "severity",
    "rule",
    "assignee_id",
    "platform",
    "overdue",
    "due_within_hours",
    "portfolio_id",
    "dossier_id",
];

/// Those that hold one value, not alternatives.
pub const SINGLE: [&str; 4] = ["whose", "overdue", "due_within_hours", "dossier_id"];

/// Hours of a usual working day, as `due_within_hours` counts them.
pub const A_DAY: &str = "9";

/// States in which somebody has to do something: the others wait for a client or for a day.
pub const TO_DO: &str = "new,assigned,in_progress";

/// What says the rows and their order in an address, in one writing: two equal lists have equal texts.
pub fn essence(search: &str) -> String {
    essence_of(search, &FILTERS, None)
}

/// The filters of an address as the API takes them; `scope` is the portfolio chosen in the top bar.
pub fn filter(search: &str, scope: Option<&str>) -> AnomalyQuery {
    let portfolio_id = match scope.and_then(|id| id.parse().ok()) {
        Some(chosen) => Several(vec![contract::OrNone::Is(chosen)]),
        None => several(search, "portfolio_id"),
    };
    AnomalyQuery {
        state: several(search, "state"),
        rule: several(search, "rule"),
        severity: several(search, "severity"),
        whose: one(search, "whose"),
        assignee_id: several(search, "assignee_id"),
        portfolio_id,
        dossier_id: one(search, "dossier_id"),
        platform: several(search, "platform"),
        overdue: one(search, "overdue"),
        due_within_hours: one(search, "due_within_hours"),
        q: parameter(search, "q").filter(|q| !q.trim().is_empty()),
    }
}

pub fn sort(search: &str) -> AnomalySort {
    one(search, "sort").unwrap_or(AnomalySort::Priority)
}

#[cfg(test)]
mod tests {
    use domain::anomaly::{AnomalyState, Severity};

    use super::*;

    #[test]
    fn an_address_is_the_query_of_the_api() {
        let query = filter("state=new,nonsense&severity=critical&overdue=true&whose=mine&q=F2026&panel=x", None);
        assert_eq!((query.state.0, query.severity.0), (vec![AnomalyState::New], vec![Severity::Critical]));
        assert_eq!(
            (query.overdue, query.whose, query.q.as_deref()),
            (Some(true), Some(contract::Whose::Mine), Some("F2026"))
        );
        assert_eq!(essence("?panel=x&sort=due_at&state=new,assigned"), "state=new,assigned&sort=due_at");
        assert_eq!(sort("sort=due_at"), AnomalySort::DueAt);
        assert_eq!(sort("sort=nonsense"), AnomalySort::Priority);
    }
}

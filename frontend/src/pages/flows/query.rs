//! The list of flows in its address: the same names as the parameters of the API.

use contract::{FlowQuery, FlowSort, Several};

use crate::pages::dossiers::query::{one, parameter, several};

/// Parameters that say which rows.
pub const FILTERS: [&str; 13] = [
    "q",
    "status",
    "platform",
    "direction",
    "kind",
    "handling",
    "anomaly",
    "stuck",
    "unknown_client",
    "issued_from",
    "issued_to",
    "portfolio_id",
    "anomaly_id",
];

/// Those that hold one value, not alternatives.
pub const SINGLE: [&str; 4] = ["direction", "anomaly", "stuck", "unknown_client"];

/// The filters of an address as the API takes them; `scope` is the portfolio chosen in the top bar.
pub fn filter(search: &str, scope: Option<&str>) -> FlowQuery {
    let portfolio_id = match scope.and_then(|id| id.parse().ok()) {
        Some(chosen) => Several(vec![chosen]),
        None => several(search, "portfolio_id"),
    };
    FlowQuery {
        portfolio_id,
        dossier_id: one(search, "dossier_id"),
        kind: several(search, "kind"),
        direction: one(search, "direction"),
        platform: several(search, "platform"),
        status: several(search, "status"),
        handling: several(search, "handling"),
        anomaly: one(search, "anomaly"),
        anomaly_id: one(search, "anomaly_id"),
        stuck: one(search, "stuck"),
        unknown_client: one(search, "unknown_client"),
        issued_from: one(search, "issued_from"),
        issued_to: one(search, "issued_to"),
        q: parameter(search, "q").filter(|q| !q.trim().is_empty()),
    }
}

pub fn sort(search: &str) -> FlowSort {
    one(search, "sort").unwrap_or(FlowSort::IssuedOnDesc)
}

#[cfg(test)]
mod tests {
    use contract::OrNone;
    use domain::flow::FlowDirection;

    use super::*;

    #[test]
    fn an_address_is_the_query_of_the_api() {
        let query = filter("status=213,none,nonsense&direction=sale&stuck=true&issued_from=2026-09-01&tab=list", None);
        assert_eq!(query.status.0, [OrNone::Is(213), OrNone::None]);
        assert_eq!((query.direction, query.stuck), (Some(FlowDirection::Sale), Some(true)));
        assert_eq!(query.issued_from, "2026-09-01".parse().ok());
        assert_eq!(sort("sort=-gross_cents"), FlowSort::GrossDesc);
    }
}

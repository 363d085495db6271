//! The register in its address: the same names as the parameters of the API, so that a link, an export and a request
//! say the same rows.

use contract::{DossierQuery, MandateQuery, MandateSort};

use crate::pages::dossiers::query::{filter as dossier_filter, one, several};

/// Parameters that say which rows.
pub const FILTERS: [&str; 11] = [
    "q",
    "kind",
    "mandate",
    "in_force",
    "silent_for_days",
    "ends_within_days",
    "unreachable",
    "portfolio_id",
    "person_id",
    "tag",
    "dossier_id",
];

/// Those that hold one value, not alternatives.
pub const SINGLE: [&str; 4] = ["in_force", "silent_for_days", "ends_within_days", "unreachable"];

/// Whose mandates: the filters of dossiers that these pages offer; the others of an address would narrow them unseen.
pub fn dossiers(search: &str, scope: Option<&str>) -> DossierQuery {
    let all = dossier_filter(search, scope);
    DossierQuery {
        q: all.q,
        portfolio_id: all.portfolio_id,
        person_id: all.person_id,
        tag: all.tag,
        ..DossierQuery::default()
    }
}

/// The filters of an address as the API takes them; `scope` is the portfolio chosen in the top bar.
pub fn filter(search: &str, scope: Option<&str>) -> MandateQuery {
    MandateQuery {
        dossiers: dossiers(search, scope),
        dossier_id: one(search, "dossier_id"),
        kind: several(search, "kind"),
        mandate: several(search, "mandate"),
        in_force: one(search, "in_force"),
        unreachable: one(search, "unreachable"),
        ends_within_days: one(search, "ends_within_days"),
        silent_for_days: one(search, "silent_for_days"),
    }
}

pub fn sort(search: &str) -> MandateSort {
    one(search, "sort").unwrap_or(MandateSort::UpdatedAtDesc)
}

#[cfg(test)]
mod tests {
    use domain::{MandateKind, MandateState};

    use super::*;

    #[test]
    fn an_address_is_the_query_of_the_api() {
        let search =
            "kind=delegation,nonsense&mandate=sent,opened&silent_for_days=15&in_force=false&state=late&tab=register";
        let query = filter(search, None);
        assert_eq!(query.kind.0, [MandateKind::Delegation]);
        assert_eq!(query.mandate.0, [MandateState::Sent, MandateState::Opened]);
        assert_eq!((query.silent_for_days, query.in_force), (Some(15), Some(false)));
        let sent = crate::api::query_string(&query);
        assert_eq!(sent, "in_force=false&kind=delegation&mandate=sent,opened&silent_for_days=15");
    }

    #[test]
    fn the_portfolio_of_the_top_bar_narrows_the_register() {
        let id = "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11";
        let sent = crate::api::query_string(&filter("portfolio_id=none", Some(id)));
        assert_eq!(sent, format!("portfolio_id={id}"));
    }
}

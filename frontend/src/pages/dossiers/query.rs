//! The list of dossiers in its address: the same names as the parameters of the API, so that a link, a saved view and
//! a request say the same rows.

use std::str::FromStr;

use contract::{DossierQuery, DossierSort, Several};

/// Parameters that say which rows; `sort` says their order.
pub const FILTERS: [&str; 15] = [
    "q",
    "state",
    "size",
    "vat_regime",
    "portfolio_id",
    "person_id",
    "person_label",
    "platform",
    "tool",
    "tag",
    "missing",
    "wave",
    "unready_for",
    "late_for",
    "confidential",
];

/// Reads one parameter out of a query string.
pub fn parameter(search: &str, key: &str) -> Option<String> {
    search
        .trim_start_matches('?')
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| *name == key)
        .map(|(_, value)| decode(value))
        .filter(|value| !value.is_empty())
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What says the rows and their order in an address, in one writing: two equal lists have equal texts.
pub fn essence(search: &str) -> String {
    essence_of(search, &FILTERS, Some(DossierSort::Name.as_str()))
}

/// The same for the filters of any list; `usual` is an order that need not be said.
pub fn essence_of(search: &str, filters: &[&str], usual: Option<&str>) -> String {
    let mut out = String::new();
    for key in filters.iter().chain(&["sort"]) {
        let Some(value) = parameter(search, key) else { continue };
        if *key == "sort" && Some(value.as_str()) == usual {
            continue;
        }
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(key);
        out.push('=');
        out.push_str(&crate::api::encode(&value).replace("%2C", ","));
    }
    out
}

/// The values of a parameter that holds several.
pub fn several<T: FromStr>(search: &str, key: &str) -> Several<T> {
    let texts: Several<String> = parameter(search, key).and_then(|text| text.parse().ok()).unwrap_or_default();
    // A value that this version does not know (an old link) is left out rather than refused.
    Several(texts.0.iter().filter_map(|v| v.parse().ok()).collect())
}

pub fn one<T: FromStr>(search: &str, key: &str) -> Option<T> {
    parameter(search, key)?.parse().ok()
}

/// The filters of an address as the API takes them; `scope` is the portfolio chosen in the top bar.
pub fn filter(search: &str, scope: Option<&str>) -> DossierQuery {
    let mut query = DossierQuery {
        q: parameter(search, "q"),
        state: several(search, "state"),
        size: several(search, "size"),
        vat_regime: several(search, "vat_regime"),
        portfolio_id: several(search, "portfolio_id"),
        person_id: several(search, "person_id"),
        person_label: parameter(search, "person_label"),
        platform: several(search, "platform"),
        tool: several(search, "tool"),
        tag: several(search, "tag"),
        missing: several(search, "missing"),
        wave: one(search, "wave"),
        unready_for: one(search, "unready_for"),
        late_for: one(search, "late_for"),
        confidential: one(search, "confidential"),
    };
    if let Some(scope) = scope.filter(|scope| !scope.is_empty())
        && let Ok(portfolio) = scope.parse()
    {
        query.portfolio_id = Several(vec![portfolio]);
    }
    query
}

pub fn sort(search: &str) -> DossierSort {
    one(search, "sort").unwrap_or(DossierSort::Name)
}

#[cfg(test)]
mod tests {
    use domain::relance::RelancePurpose;
    use domain::{Criterion, ReadinessState};

    use super::*;

    #[test]
    fn an_address_is_the_query_of_the_api() {
        let search = "state=late,at_risk,nonsense&missing=reception_platform&q=caf%C3%A9+du%20port&panel=x&sort=-score";
        let query = filter(search, None);
        assert_eq!(query.state.0, [ReadinessState::Late, ReadinessState::AtRisk]);
        assert_eq!(query.missing.0, [Criterion::ReceptionPlatform]);
        assert_eq!(query.q.as_deref(), Some("café du port"));
        assert_eq!(sort(search), DossierSort::ScoreDesc);
        assert_eq!(sort("sort=nonsense"), DossierSort::Name);
        assert_eq!(filter("late_for=sign_mandate", None).late_for, Some(RelancePurpose::SignMandate));
        let sent = crate::api::query_string(&query);
        assert_eq!(sent, "missing=reception_platform&q=caf%C3%A9%20du%20port&state=late,at_risk");
    }

    #[test]
    fn the_portfolio_of_the_top_bar_narrows_every_list() {
        let id = "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11";
        assert_eq!(crate::api::query_string(&filter("portfolio_id=none", Some(id))), format!("portfolio_id={id}"));
        assert_eq!(crate::api::query_string(&filter("portfolio_id=none", None)), "portfolio_id=none");
    }

    #[test]
    fn two_writings_of_one_list_are_one_view() {
        assert_eq!(essence("sort=name&state=late&panel=1&q="), "state=late");
        assert_eq!(essence("?sort=-score&state=late,ready"), essence("state=late%2Cready&sort=-score&act=assign"));
        assert_eq!(essence("q=a%26b"), "q=a%26b");
    }
}

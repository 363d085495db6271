//! The portfolio that the person looks at: a scope that every page obeys, kept in the address. It stays when the person
//! goes to another page, whatever link led there.

use contract::{OrNone, Several};
use domain::PortfolioId;
use leptos::prelude::*;

use super::address::{Step, address, href};

/// The parameter of the address: the id of a portfolio, or `none` for the dossiers outside any.
pub const SCOPE: &str = "portfolio";
pub const NO_PORTFOLIO: &str = "none";

/// What the address narrows every page to; nothing: the whole cabinet.
pub fn portfolio_scope() -> Memo<Option<String>> {
    let asked = address().get(SCOPE);
    Memo::new(move |_| asked.get().filter(|scope| scope == NO_PORTFOLIO || scope.parse::<PortfolioId>().is_ok()))
}

/// The same as requests take it.
pub fn in_scope(scope: Option<&str>) -> Several<OrNone<PortfolioId>> {
    Several(scope.and_then(|scope| scope.parse().ok()).into_iter().collect())
}

/// The address of another page in the same scope. Reactive where it is read.
pub fn scoped_href(scope: Memo<Option<String>>, path: &str, parameters: &[(&str, &str)]) -> String {
    let scope = scope.get().unwrap_or_default();
    let mut all = parameters.to_vec();
    all.push((SCOPE, &scope));
    href(path, &all)
}

/// Keeps the scope over a change of page. Stands once in the frame.
pub(super) fn keep_scope() {
    let address = address();
    let scope = address.text(SCOPE);
    Effect::new(move |before: Option<(String, String)>| {
        let now = (address.path.get(), scope.get());
        match before {
            Some((path, scope)) if path != now.0 && now.1.is_empty() && !scope.is_empty() => {
                address.set(&[(SCOPE, Some(&scope))], Step::Replace);
                (now.0, scope)
            }
            _ => now,
        }
    });
}

//! The address is the state of the screen: filters, sort, tab, selection. Reload and share give the same view.

use std::cell::OnceCell;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use leptos_router::location::{BrowserUrl, LocationProvider};
use leptos_router::params::ParamsMap;

use crate::dom::react;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The Back button returns to the state before: opening a panel, changing a tab.
    Push,
    /// Passing states that nobody wants to go back to: each letter of a search.
    Replace,
}

type Go = Box<dyn Fn(&str, NavigateOptions)>;

#[derive(Clone, Copy)]
pub struct Address {
    pub path: Memo<String>,
    /// The query as it stands in the address, without the question mark.
    pub search: Memo<String>,
    query: Memo<ParamsMap>,
}

thread_local! {
    static ADDRESS: OnceCell<(Address, Go)> = const { OnceCell::new() };
}

/// Follows the address. Once, at the root, inside the router.
pub fn start_address() {
    let location = use_location();
    let address = Address { path: location.pathname, search: location.search, query: location.query };
    let go: Go = Box::new(use_navigate());
    let _ = ADDRESS.with(|cell| cell.set((address, go)));
    // A press on a link changes the signal first and the browser's bar when the page says that it is ready; pages of
    // this client show themselves at once and load their data afterwards.
    if let Some(browser) = use_context::<BrowserUrl>() {
        let url = browser.as_url().clone();
        react(move || {
            url.track();
            browser.ready_to_complete();
        });
    }
}

/// The address of the screen, from anywhere.
pub fn address() -> Address {
    ADDRESS.with(|cell| cell.get().map(|(address, _)| *address)).expect("the address is followed before any page")
}

impl Address {
    /// One parameter; "" when it is absent. Changes only when this parameter changes.
    pub fn text(self, key: &'static str) -> Memo<String> {
        Memo::new(move |_| self.query.with(|query| query.get(key)).unwrap_or_default())
    }

    pub fn get(self, key: &'static str) -> Memo<Option<String>> {
        Memo::new(move |_| self.query.with(|query| query.get(key)).filter(|value| !value.is_empty()))
    }

    /// Values separated by commas.
    pub fn list(self, key: &'static str) -> Memo<Vec<String>> {
        Memo::new(move |_| {
            let text = self.query.with(|query| query.get(key)).unwrap_or_default();
            text.parse::<contract::Several<String>>().map(|several| several.0).unwrap_or_default()
        })
    }

    /// Changes parameters of this page; `None` or "" takes one away. Give all changes of one act in one call: the
    /// address moves once.
    pub fn set(self, changes: &[(&str, Option<&str>)], step: Step) {
        let search = merge(&self.search.get_untracked(), changes);
        if search != self.search.get_untracked() {
            self.go_with(&with_query(&self.path.get_untracked(), &search), step, false);
        }
    }

    pub fn set_list(self, key: &str, values: &[String], step: Step) {
        self.set(&[(key, Some(&contract::Several(values.to_vec()).to_string()))], step);
    }

    /// The whole query at once, as a saved view keeps it.
    pub fn set_search(self, search: &str, step: Step) {
        self.go_with(&with_query(&self.path.get_untracked(), search), step, false);
    }

    /// Another page.
    pub fn go(self, to: &str) {
        self.go_with(to, Step::Push, true);
    }

    pub fn replace(self, to: &str) {
        self.go_with(to, Step::Replace, true);
    }

    /// An address with other parameters, for links.
    pub fn href(self, changes: &[(&str, Option<&str>)]) -> String {
        with_query(&self.path.get(), &merge(&self.search.get(), changes))
    }

    fn go_with(self, to: &str, step: Step, scroll: bool) {
        let options = NavigateOptions { resolve: false, replace: step == Step::Replace, scroll, ..Default::default() };
        ADDRESS.with(|cell| {
            if let Some((_, go)) = cell.get() {
                go(to, options);
            }
        });
    }
}

fn with_query(path: &str, search: &str) -> String {
    if search.is_empty() { path.to_owned() } else { format!("{path}?{search}") }
}

/// The address of a page with parameters, for links: `href("/dossiers", &[("state", "late,at_risk")])`.
pub fn href(path: &str, parameters: &[(&str, &str)]) -> String {
    let changes: Vec<(&str, Option<&str>)> = parameters.iter().map(|(key, value)| (*key, Some(*value))).collect();
    with_query(path, &merge("", &changes))
}

/// Commas stay readable; everything else is percent-encoded.
fn encode(text: &str) -> String {
    crate::api::encode(text).replace("%2C", ",")
}

/// The query with some parameters changed; the others keep their place and their writing.
fn merge(search: &str, changes: &[(&str, Option<&str>)]) -> String {
    let mut out: Vec<String> = search
        .trim_start_matches('?')
        .split('&')
        .filter(|pair| !pair.is_empty())
        .filter(|pair| {
            let key = pair.split_once('=').map_or(*pair, |(key, _)| key);
            changes.iter().all(|(changed, _)| *changed != key)
        })
        .map(str::to_owned)
        .collect();
    for (key, value) in changes {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            out.push(format!("{}={}", encode(key), encode(value)));
        }
    }
    out.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_parameters_change() {
        assert_eq!(merge("?state=late&sort=-name", &[("state", Some("ready,late"))]), "sort=-name&state=ready,late");
        assert_eq!(merge("state=late&q=d%C3%A9co", &[("state", None)]), "q=d%C3%A9co");
        assert_eq!(merge("", &[("q", Some("é & co")), ("tab", Some(""))]), "q=%C3%A9%20%26%20co");
        assert_eq!(href("/dossiers", &[("state", "late")]), "/dossiers?state=late");
        assert_eq!(href("/dossiers", &[]), "/dossiers");
    }
}

//! The dossiers that a campaign or a sequence takes, while they are chosen: kept in the writing of an address, so that they
//! are read as the list of dossiers reads its own.

use contract::{DossierQuery, Several};
use domain::reference::WaveCode;
use domain::{Criterion, ReadinessState, SizeClass, VatRegime};
use leptos::prelude::*;

use super::dossiers::query;
use super::{lists, words};
use crate::api;
use crate::dom::View;
use crate::text::t;
use crate::ui::{Choice, Filter, filter_bar};

#[derive(Clone, Copy)]
pub struct Audience(RwSignal<Vec<(&'static str, Vec<String>)>>);

impl Default for Audience {
    fn default() -> Audience {
        Audience(RwSignal::new(Vec::new()))
    }
}

impl Audience {
    /// What a filter says, for going on from there.
    pub fn of(filter: &DossierQuery) -> Audience {
        let search = api::query_string(filter);
        let read = |key: &&'static str| {
            let values = query::several::<String>(&search, key).0;
            (!values.is_empty()).then_some((*key, values))
        };
        Audience(RwSignal::new(query::FILTERS.iter().filter_map(read).collect()))
    }

    fn value(self, key: &'static str) -> Memo<Vec<String>> {
        Memo::new(move |_| {
            self.0.with(|all| all.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone()).unwrap_or_default())
        })
    }

    fn set(self, key: &'static str, values: Vec<String>) {
        self.0.update(|all| {
            all.retain(|(k, _)| *k != key);
            if !values.is_empty() {
                all.push((key, values));
            }
        });
    }

    /// As it stands in the address of the list of dossiers.
    pub fn search(self) -> String {
        let pair = |(key, values): &(&str, Vec<String>)| {
            // These are one text, whatever stands in it.
            let whole = matches!(*key, "q" | "person_label");
            let value = if whole { values.join(",") } else { Several(values.clone()).to_string() };
            format!("{key}={}", api::encode(&value))
        };
        self.0.with(|all| all.iter().map(pair).collect::<Vec<_>>().join("&"))
    }

    /// As requests take it; `scope` is the portfolio that is looked at.
    pub fn filter(self, scope: Option<&str>) -> DossierQuery {
        query::filter(&self.search(), scope)
    }

    pub fn bar(self, scoped: bool) -> View {
        filter_bar(self.usual(scoped), move |key, values| self.set(key, values), move || self.0.update(Vec::clear))
    }

    /// The same with what only sequences ask for; what came with a link and has no filter here can be taken away, too.
    pub fn whole_bar(self) -> View {
        let t = t();
        let mut filters = self.usual(false);
        filters.push(Filter::new("missing", t.fact_missing(), self.value("missing"), || {
            Criterion::ALL.iter().map(|c| Choice::new(c.as_str(), words::criterion(*c))).collect()
        }));
        for (key, label) in [("wave", t.fact_wave()), ("unready_for", t.fact_unready_for())] {
            filters.push(Filter::new(key, label, self.value(key), || {
                WaveCode::ALL.iter().map(|w| Choice::new(w.as_str(), words::wave(*w))).collect()
            }));
        }
        filters.push(Filter::new("late_for", t.fact_late_for(), self.value("late_for"), lists::late_purposes));
        for (key, label) in [
            ("platform", t.fact_platform()),
            ("tool", t.fact_tool()),
            ("tag", t.fact_tags()),
            ("q", t.search()),
            ("person_label", t.fact_person()),
            ("confidential", t.fact_confidential()),
        ] {
            let value = self.value(key);
            if value.with_untracked(|v| !v.is_empty()) {
                let known = move || value.get().into_iter().map(|v| Choice::new(v.clone(), v)).collect();
                filters.push(Filter::new(key, label, value, known));
            }
        }
        let single = ["wave", "unready_for", "late_for"];
        filter_bar(
            filters,
            move |key, values| match values.last() {
                Some(last) if single.contains(&key) => self.set(key, vec![last.clone()]),
                _ => self.set(key, values),
            },
            move || self.0.update(Vec::clear),
        )
    }

    fn usual(self, scoped: bool) -> Vec<Filter> {
        let t = t();
        let mut filters = vec![
            Filter::new("person_id", t.fact_person(), self.value("person_id"), lists::people_or_nobody),
            Filter::new("size", t.fact_size(), self.value("size"), || {
                SizeClass::ALL.iter().map(|s| Choice::new(s.as_str(), words::size(*s))).collect()
            }),
            Filter::new("vat_regime", t.fact_vat_regimes(), self.value("vat_regime"), || {
                VatRegime::ALL.iter().map(|r| Choice::new(r.as_str(), words::regime(*r))).collect()
            }),
            Filter::new("state", t.fact_state(), self.value("state"), || {
                ReadinessState::ALL.iter().map(|s| Choice::new(s.as_str(), words::tone(*s).label())).collect()
            }),
        ];
        if !scoped {
            filters.insert(
                0,
                Filter::new("portfolio_id", t.fact_portfolio(), self.value("portfolio_id"), lists::portfolios),
            );
        }
        filters
    }
}

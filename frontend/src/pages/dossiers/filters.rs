//! Search and filters of the list; the address holds their values, the server counts their rows.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use contract::{DossierFacets, FacetCount};
use domain::reference::WaveCode;
use domain::{Criterion, ReadinessState, SizeClass, VatRegime};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::List;
use crate::dom::{View, div, el};
use crate::frame::{Step, address};
use crate::pages::lists;
use crate::pages::words;
use crate::session;
use crate::text::{format, t};
use crate::ui::{Choice, Filter, HotkeyRegion, Icon, hotkey, icon};

/// The id of the search field, for the shortcut.
const SEARCH: &str = "dossiers-search";
const AFTER_TYPING: Duration = Duration::from_millis(160);

/// Filters that hold one value, not alternatives.
const SINGLE: [&str; 4] = ["wave", "unready_for", "late_for", "confidential"];

/// `/` into the search, F to the choice of a filter.
pub fn keys() {
    let t = t();
    hotkey("/", t.keys_search(), HotkeyRegion::Lists, || crate::browser::focus(SEARCH));
    hotkey("f", t.keys_filter(), HotkeyRegion::Lists, || {
        let menu = document().query_selector(".filters [aria-haspopup=menu]").ok().flatten();
        if let Some(menu) = menu.and_then(|m| m.dyn_into::<web_sys::HtmlElement>().ok()) {
            menu.click();
        }
    });
}

pub fn search_box() -> View {
    search_box_for(t().dossiers_search(), t().dossiers_search_label())
}

/// The same for lists of other things: what may be typed, and what the field is called.
pub fn search_box_for(placeholder: &str, label: &str) -> View {
    let asked = address().text("q");
    let typed = RwSignal::new(asked.get_untracked());
    let round = StoredValue::new(0u32);
    // What this box has put into the address: its own echo must not overwrite later letters.
    let sent = Rc::new(RefCell::new(typed.get_untracked()));
    let echo = sent.clone();
    crate::dom::react(move || {
        let asked = asked.get();
        if *echo.borrow() != asked {
            echo.replace(asked.clone());
            typed.set(asked);
        }
    });
    let send = Rc::new(move || {
        let words = typed.get_untracked().trim().to_owned();
        sent.replace(words.clone());
        address().set(&[("q", Some(&words))], Step::Replace);
    });
    let at_once = send.clone();
    let clear = send.clone();
    let input = el("input")
        .id(SEARCH)
        .class("input")
        .attr("type", "search")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("placeholder", placeholder)
        .label(label)
        .value_of(move || typed.get())
        .on_input(move |text| {
            typed.set(text);
            let own = round.get_value() + 1;
            round.set_value(own);
            let send = send.clone();
            set_timeout(
                move || {
                    if round.try_get_value() == Some(own) {
                        send();
                    }
                },
                AFTER_TYPING,
            );
        });
    let field = input.clone();
    let input = input.on_key(move |ev| match ev.key().as_str() {
        "Enter" => at_once(),
        "Escape" => {
            ev.prevent_default();
            if typed.with_untracked(String::is_empty) {
                let _ = field.html().blur();
            } else {
                typed.set(String::new());
                clear();
            }
        }
        "ArrowDown" => {
            // From the search into the rows.
            let row = document().query_selector(".table tbody tr[tabindex='0']").ok().flatten();
            if let Some(row) = row {
                ev.prevent_default();
                let _ = row.unchecked_ref::<web_sys::HtmlElement>().focus();
            }
        }
        _ => {}
    });
    div("search-box").child(icon(Icon::Search)).child(input)
}

type Of = fn(&DossierFacets) -> &Vec<FacetCount>;

/// Known values with their counts; those that the server does not count right now keep their place.
fn known(list: List, of: Of, all: Vec<Choice>) -> Vec<Choice> {
    list.counts.value.with(|page| {
        let counts = page.as_ref().and_then(|page| page.facets.as_ref()).map(of);
        all.into_iter()
            .map(|choice| {
                let count = counts.map(|c| c.iter().find(|f| f.value == choice.value).map_or(0, |f| f.count));
                match count {
                    Some(n) => choice.hint(format::number(t(), n as i64)),
                    None => choice,
                }
            })
            .collect()
    })
}

/// Values that only the server knows; what is chosen stays in the list.
fn found(list: List, of: Of, chosen: Memo<Vec<String>>) -> Vec<Choice> {
    list.counts.value.with(|page| {
        let counts = page.as_ref().and_then(|page| page.facets.as_ref()).map(of);
        let mut choices: Vec<Choice> = counts
            .into_iter()
            .flatten()
            .map(|f| {
                let label = if f.value == "none" { t().without_value().to_owned() } else { f.value.clone() };
                Choice::new(&f.value, label).hint(format::number(t(), f.count as i64))
            })
            .collect();
        chosen.with(|chosen| {
            for value in chosen {
                if choices.iter().all(|c| c.value != *value) {
                    let label = if value == "none" { t().without_value() } else { value };
                    choices.push(Choice::new(value, label));
                }
            }
        });
        choices
    })
}

fn none() -> Choice {
    Choice::new("none", t().without_value())
}

/// The bar above the list.
pub fn bar(list: List) -> View {
    lists::scoped_filters(move |scoped| build(list, scoped))
}

fn build(list: List, scoped: bool) -> View {
    let value = |key: &'static str| address().list(key);
    let t = t();
    let waves = || WaveCode::ALL.iter().map(|w| Choice::new(w.as_str(), words::wave(*w))).collect::<Vec<_>>();
    let mut filters = vec![
        Filter::new("state", t.fact_state(), value("state"), move || {
            let all = ReadinessState::ALL.iter().map(|s| Choice::new(s.as_str(), words::tone(*s).label())).collect();
            known(list, |f| &f.state, all)
        }),
        Filter::new("missing", t.fact_missing(), value("missing"), move || {
            let all = Criterion::ALL.iter().map(|c| Choice::new(c.as_str(), words::criterion(*c))).collect();
            known(list, |f| &f.missing, all)
        }),
        Filter::new("size", t.fact_size(), value("size"), move || {
            let all = SizeClass::ALL.iter().map(|s| Choice::new(s.as_str(), words::size(*s))).chain([none()]).collect();
            known(list, |f| &f.size, all)
        }),
        Filter::new("vat_regime", t.fact_vat_regimes(), value("vat_regime"), move || {
            let all =
                VatRegime::ALL.iter().map(|r| Choice::new(r.as_str(), words::regime(*r))).chain([none()]).collect();
            known(list, |f| &f.vat_regime, all)
        }),
        Filter::new("person_id", t.fact_person(), value("person_id"), move || {
            let people = session::people();
            let all = people.value.with(|people| {
                let people = people.iter().flat_map(|p| &p.data);
                people
                    .map(|p| Choice::new(p.id.to_string(), &p.name))
                    .chain([Choice::new("none", crate::text::t().nobody())])
                    .collect()
            });
            known(list, |f| &f.person_id, all)
        }),
    ];
    if !scoped {
        filters.push(Filter::new("portfolio_id", t.fact_portfolio(), value("portfolio_id"), move || {
            known(list, |f| &f.portfolio_id, lists::portfolios())
        }));
    }
    for (key, label, of) in [
        ("platform", t.fact_platform(), (|f| &f.platform) as Of),
        ("tool", t.fact_tool(), |f| &f.tool),
        ("tag", t.fact_tags(), |f| &f.tag),
    ] {
        let chosen = value(key);
        filters.push(Filter::new(key, label, chosen, move || found(list, of, chosen)));
    }
    filters.push(Filter::new("wave", t.fact_wave(), value("wave"), waves));
    filters.push(Filter::new("unready_for", t.fact_unready_for(), value("unready_for"), waves));
    filters.push(Filter::new("late_for", t.fact_late_for(), value("late_for"), lists::late_purposes));
    filters.push(Filter::new("confidential", t.fact_confidential(), value("confidential"), lists::yes_or_no));
    lists::filters(filters, &SINGLE, &super::query::FILTERS)
}

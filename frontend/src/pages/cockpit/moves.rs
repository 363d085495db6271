//! Which dossiers moved, by how much and by which criterion: a card for the last week, a page for all of them.

use chrono::{Days, NaiveDate};
use contract::endpoint::op;
use contract::{
    DossierQuery, MoveDirection, MovePage, MoveQuery, MoveTotals, Nothing, ReadinessMove, RulesMove, Several,
};
use leptos::prelude::*;

use super::trend::today;
use crate::api::{ask, load, seek_list};
use crate::dom::{View, div, el, link, live, memo, p, span};
use crate::frame::{Step, address, href, page_head, portfolio_scope, scoped_href};
use crate::pages::words;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Icon, Tone, delta, empty_state, icon, load_more, loaded, seek_state, segments, select_field, shape,
};

/// Where all of them stand.
pub const PATH: &str = "/cockpit/mouvements";
const SHOWN: u32 = 6;
const PAGE: u32 = 50;
/// Criteria named in a row before "+n".
const NAMED: usize = 3;
const DIRECTION: &str = "direction";
const SINCE: &str = "days";
const RANGES: [u64; 4] = [7, 30, 90, 365];

fn query(scope: Option<&str>) -> MoveQuery {
    let portfolio_id = Several(scope.and_then(|scope| scope.parse().ok()).into_iter().collect());
    MoveQuery { filter: DossierQuery { portfolio_id, ..DossierQuery::default() }, ..MoveQuery::default() }
}

pub fn card(scope: Memo<Option<String>>) -> View {
    let moves = load(
        move || scope.get(),
        |scope| {
            let query = MoveQuery { limit: Some(SHOWN), facets: Some(true), ..query(scope.as_deref()) };
            ask::<op::ListMoves>(Nothing {}, query)
        },
    );
    let all = link("small", "").attr_of("href", move || scoped_href(scope, PATH, &[])).child(t().moves_all());
    el("section")
        .class("card progress-card")
        .attr("aria-label", t().moves_title())
        .child(div("spread").child(el("h2").child(t().moves_title())).child(all))
        .child(loaded(moves, 8, |page| content(&page)))
}

fn content(page: &MovePage) -> View {
    let t = t();
    let none = MoveTotals::default();
    let totals = page.totals.as_ref().unwrap_or(&none);
    if page.data.is_empty() {
        let none = p("soft").child(t.moves_none(format::date(t, page.since)));
        return div("stack").child(events(&page.rules)).child(none);
    }
    let ready = totals.entered.ready;
    // The totals are in the order of all moves, either way.
    let mut won: Vec<_> = totals.criteria.iter().filter(|c| c.gained > 0).collect();
    won.sort_by_key(|c| std::cmp::Reverse(c.gained));
    let criteria: Vec<String> = won
        .into_iter()
        .take(NAMED)
        .map(|c| t.moves_gained(words::criterion(c.criterion), format::number(t, c.gained as i64)))
        .collect();
    div("stack")
        .child(counts(totals))
        .child(events(&page.rules))
        .child((ready > 0).then(|| p("row tone-ready").child(shape(Tone::Ready)).child(t.moves_ready(ready))))
        .child((!criteria.is_empty()).then(|| p("soft small").child(t.moves_by(&criteria.join(", ")))))
        .child(div("bleed").child(table(&page.data)))
}

fn counts(totals: &MoveTotals) -> View {
    let t = t();
    let one = |face: Icon, class: &str, n: u64, words: String| {
        p("row nowrap move-count")
            .child(span(class).child(icon(face)))
            .child(el("strong").class("figure-number num").child(format::number(t, n as i64)))
            .child(span("soft").child(words))
    };
    div("row-wide").child(one(Icon::Up, "delta-up", totals.up, t.moves_up(totals.up))).child(one(
        Icon::Down,
        "delta-down",
        totals.down,
        t.moves_down(totals.down),
    ))
}

/// Changes of the rules of the score: they move dossiers that no row tells.
fn events(rules: &[RulesMove]) -> View {
    let t = t();
    let mean = |score: Option<f64>| {
        score.map_or_else(|| "–".to_owned(), |score| format::tenths(t, (score * 10.0).round() as i64))
    };
    View::all(rules.iter().map(|change| {
        let (before, after) = (mean(change.score_before), mean(change.score));
        let said = t.moves_rules(format::date(t, change.on), before, after);
        p("soft small").child(said).child(" ").child(span("faint").child(t.moves_rules_note(&change.note)))
    }))
}

/// What was won or lost; the same criteria may weigh otherwise as days pass.
fn reasons(moved: &ReadinessMove) -> View {
    let t = t();
    let list = |all: &[domain::Criterion], say: fn(domain::Criterion) -> &'static str| {
        let mut said: Vec<String> = all.iter().take(NAMED).map(|c| say(*c).to_owned()).collect();
        if all.len() > NAMED {
            said.push(t.moves_more((all.len() - NAMED) as u64));
        }
        said.join(", ")
    };
    let part = |face: Icon, class: &str, name: &str, words: String| {
        (!words.is_empty()).then(|| {
            span("move-reason").child(span(class).child(icon(face))).child(span("sr-only").child(name)).child(words)
        })
    };
    let (won, lost) = (list(&moved.gained, words::criterion), list(&moved.lost, words::lacks));
    let by_rules = moved.rules_before.map(|_| span("move-reason faint").child(t.moves_rules_too()));
    if won.is_empty() && lost.is_empty() {
        return by_rules.unwrap_or_else(|| span("move-reason faint").child(t.moves_same_criteria()));
    }
    View::all([
        part(Icon::Check, "delta-up", t.moves_won(), won),
        part(Icon::Close, "delta-down", t.moves_lost(), lost),
        by_rules,
    ])
}

fn standing(state: domain::ReadinessState, score: u32) -> View {
    let tone = words::tone(state);
    span("move-standing nowrap")
        .add_class(tone.class())
        .attr("title", tone.label())
        .child(shape(tone))
        .child(span("sr-only").child(tone.label()))
        .child(span("num").child(score.to_string()))
}

fn table(moves: &[ReadinessMove]) -> View {
    let t = t();
    let column = |label: &str, class: &str| el("th").attr("scope", "col").class(class).child(label);
    let head = el("tr")
        .child(column(t.moves_dossier(), ""))
        .child(column(t.moves_score(), "num"))
        .child(column(t.moves_change(), "num"));
    let row = |moved: &ReadinessMove| {
        let to = href(&format!("/dossiers/{}", moved.dossier_id), &[]);
        let name = div("stack-tight")
            .child(link("row-link", &to).child(&moved.name))
            .child(div("move-reasons small soft").child(reasons(moved)));
        let from_to = span("row nowrap move-from-to")
            .child(standing(moved.state_before, moved.score_before))
            .child(span("faint").decorative().child("→"))
            .child(standing(moved.state, moved.score));
        el("tr")
            .child(el("th").attr("scope", "row").class("wraps").child(name))
            .child(el("td").class("num").child(from_to))
            .child(el("td").class("num").child(delta(i64::from(moved.score) - i64::from(moved.score_before))))
    };
    el("table")
        .class("table plain-table moves-table")
        .label(t.moves_table())
        .child(el("thead").child(head))
        .child(el("tbody").children(moves.iter().map(row)))
}

/// `/cockpit/mouvements`.
pub fn page() -> View {
    let t = t();
    let scope = portfolio_scope();
    let (direction, since) = (address().text(DIRECTION), address().text(SINCE));
    let way = memo(move || direction.with(|text| MoveDirection::try_from(text.as_str()).ok()));
    let days = memo(move || since.with(|text| text.parse().ok()).filter(|n| RANGES.contains(n)).unwrap_or(RANGES[0]));
    let from = move || -> NaiveDate {
        let today = today();
        today.checked_sub_days(Days::new(days.get())).unwrap_or(today)
    };
    let totals = RwSignal::new(None::<MoveTotals>);
    let rules = RwSignal::new(Vec::<RulesMove>::new());
    let list = seek_list(
        move || (scope.get(), way.get(), from()),
        move |(scope, direction, since), after| {
            let first = after.is_none();
            let query = MoveQuery {
                since: Some(since),
                direction,
                limit: Some(PAGE),
                after,
                facets: first.then_some(true),
                ..query(scope.as_deref())
            };
            Box::pin(async move {
                let page = ask::<op::ListMoves>(Nothing {}, query).await?;
                if let Some(all) = page.totals {
                    totals.try_set(Some(all));
                    rules.try_set(page.rules);
                }
                Ok((page.data, page.next))
            })
        },
    );
    let lead = crate::dom::text_of(move || crate::text::t().moves_lead(format::date(crate::text::t(), from())));
    let ways = vec![
        Choice::new("", t.all()),
        Choice::new(MoveDirection::Up.as_str(), t.moves_filter_up()),
        Choice::new(MoveDirection::Down.as_str(), t.moves_filter_down()),
        Choice::new(MoveDirection::Level.as_str(), t.moves_filter_level()),
    ];
    let chosen = move || way.get().map(|w| w.as_str().to_owned()).unwrap_or_default();
    let choose = |way: String| address().set(&[(DIRECTION, Some(&way))], Step::Replace);
    let far = RwSignal::new(days.get_untracked().to_string());
    crate::dom::react(move || far.set(days.get().to_string()));
    let ranges = || RANGES.map(|n| Choice::new(n.to_string(), crate::text::t().trend_days(n))).to_vec();
    let range = select_field(t.trend_range(), far, ranges).label_hidden().on_done(move || {
        let text = far.get_untracked();
        let usual = text == RANGES[0].to_string();
        address().set(&[(SINCE, (!usual).then_some(&text))], Step::Replace);
    });
    let bar = div("spread").child(segments(t.moves_filter(), ways, chosen, choose)).child(range);
    let rows = move || {
        let foot = load_more(list, move || {
            let shown = list.rows.with(Vec::len) as u64;
            let all = totals.with(|totals| {
                totals.as_ref().map(|all| match way.get() {
                    Some(MoveDirection::Up) => all.up,
                    Some(MoveDirection::Down) => all.down,
                    Some(MoveDirection::Level) => all.level,
                    None => all.up + all.down + all.level,
                })
            });
            crate::text::t().moves_shown(shown, format::number(crate::text::t(), all.unwrap_or(shown) as i64))
        });
        View::all([
            div("loaded")
                .class_of("loaded-stale", move || list.pending.get())
                .child(div("bleed").live(move || list.rows.with(|rows| table(rows)))),
            foot,
        ])
    };
    let none = move || {
        let t = crate::text::t();
        let back = [Button::link(t.moves_back(), "/cockpit").icon(Icon::Cockpit)];
        empty_state(Icon::Cockpit, t.moves_empty(), &t.moves_none(format::date(t, untrack(from))), back)
    };
    let counted = live(move || totals.with(|totals| totals.as_ref().map(counts)));
    let changed = live(move || rules.with(|rules| events(rules)));
    let back = link("back-link small", "")
        .attr_of("href", move || scoped_href(scope, "/cockpit", &[]))
        .child(icon(Icon::Left))
        .child(t.nav_cockpit());
    div("page cockpit")
        .child(div("stack-tight").child(back).child(page_head(t.moves_title_all(), lead, View::none())))
        .child(
            el("section")
                .class("card moves-card")
                .attr("aria-label", t.moves_table())
                .child(counted)
                .child(changed)
                .child(bar)
                .child(seek_state(list, none, rows)),
        )
}

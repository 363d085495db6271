//! Where the firm stands: score, states, what blocks and its fix, the waves of the reform, the portfolios. Every number
//! opens its rows.
//!
//! * `trend` `moves` `burn_up`  how it moves: a part of its own, which arrives after the first numbers

mod burn_up;
mod moves;
mod trend;

pub use moves::{PATH as MOVES, page as moves};

use contract::endpoint::op;
use contract::{Blocker, Cockpit, CockpitQuery, Nothing, PortfolioProgress, StateCounts, WaveProgress};
use domain::{Criterion, Permission, UserId, Weighting};
use leptos::prelude::*;

use super::dossier::proofs::BY_PROOF;
use super::dossiers::{ACT, CREATE};
use super::words;
use crate::api::{ask, load};
use crate::dom::{View, div, el, link, live, p, show, span};
use crate::frame::{SCOPE, Step, address, href, page_head, portfolio_scope};
use crate::parts;
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Icon, Segment, Tone, empty_state, icon, loaded, notice, score_gauge, shape, stacked_bar};

/// Names in the team of a portfolio before "+n".
const NAMED: usize = 2;

/// `/cockpit`.
pub fn page() -> View {
    let scope = portfolio_scope();
    let cockpit =
        load(move || scope.get(), |portfolio_id| ask::<op::ReadCockpit>(Nothing {}, CockpitQuery { portfolio_id }));
    let lead = crate::dom::text_of(move || {
        cockpit.value.with(|cockpit| match cockpit {
            Some(c) if c.dossiers == 0 => "\u{a0}".to_owned(),
            Some(c) => format!("{} {}", t().cockpit_lead(c.dossiers), t().cockpit_as_of(format::date(t(), c.as_of))),
            None => "\u{a0}".to_owned(),
        })
    });
    let acts = show(
        || session::can(Permission::ImportRun),
        || Button::link(t().nav_imports(), "/imports").icon(Icon::Import).into(),
    );
    let body = loaded(cockpit, 10, move |cockpit| content(&cockpit, scope.get_untracked()));
    let filled = move || cockpit.value.with(|cockpit| cockpit.as_ref().is_some_and(|c| c.dossiers > 0));
    let moving = show(filled, move || parts::cockpit_progress(scope));
    let mandates = show(filled, move || parts::mandates_card(scope));
    let relances = show(filled, move || parts::relances_card(scope));
    let anomalies = show(filled, move || parts::anomalies_card(scope));
    let shared = live(move || {
        cockpit.value.with(|cockpit| {
            let cockpit = cockpit.as_ref().filter(|c| c.dossiers > 0)?;
            Some(portfolios(cockpit, &Links { scope: scope.get_untracked() }))
        })
    });
    let room = div("cockpit-room").child(
        div("stack-wide").child(body).child(anomalies).child(mandates).child(relances).child(moving).child(shared),
    );
    parts::dossiers_soon();
    div("page cockpit").child(page_head(t().cockpit_title(), lead, acts)).child(room)
}

/// How everything moves. It asks for itself, so that the numbers of the moment do not wait for it.
pub fn progress(scope: Memo<Option<String>>) -> View {
    div("stack-wide")
        .child(div("cockpit-columns").child(trend::card(scope)).child(moves::card(scope)))
        .child(burn_up::card(scope))
}

/// A link to the rows behind a number, in the scope of the moment.
struct Links {
    scope: Option<String>,
}

impl Links {
    fn to(&self, parameters: &[(&str, &str)]) -> String {
        let mut all = parameters.to_vec();
        if let Some(scope) = &self.scope {
            all.push((SCOPE, scope));
        }
        href("/dossiers", &all)
    }

    /// What falls due for the dossiers that a wave reaches.
    fn deadlines(&self, wave: &str) -> String {
        let mut all = vec![("wave", wave)];
        if let Some(scope) = &self.scope {
            all.push((SCOPE, scope));
        }
        href("/echeancier", &all)
    }

    /// A number that leads to its rows; zero leads nowhere.
    fn number(&self, n: u64, parameters: &[(&str, &str)], name: &str) -> View {
        let words = format::number(t(), n as i64);
        if n == 0 {
            return span("num faint").child(words);
        }
        link("num figure-link", &self.to(parameters)).label(&t().cockpit_state_link(name, words.clone())).child(words)
    }
}

fn content(cockpit: &Cockpit, scope: Option<String>) -> View {
    if cockpit.dossiers == 0 {
        return match scope {
            Some(_) => empty_state(
                Icon::Dossiers,
                t().cockpit_scope_empty_title(),
                t().cockpit_scope_empty_detail(),
                [Button::new(t().cockpit_scope_all()).press(|| address().set(&[(SCOPE, None)], Step::Push))],
            ),
            None => new_firm(),
        };
    }
    let links = Links { scope };
    let partial = cockpit.partial.then(|| notice(Tone::Unknown, p("").child(t().cockpit_partial())));
    let recomputing = cockpit.recomputing.then(|| notice(Tone::Unknown, p("").child(t().cockpit_recomputing())));
    div("stack-wide")
        .child(partial)
        .child(recomputing)
        .child(top(cockpit, &links))
        .child(div("cockpit-columns").child(blockers(cockpit, &links)).child(waves(cockpit, &links)))
}

/// What the product does, and the first act.
fn new_firm() -> View {
    let t = t();
    let may = |permission| untrack(|| session::can(permission));
    if !may(Permission::DossierManage) {
        return empty_state(Icon::Dossiers, t.dossiers_empty_title(), t.dossiers_empty_granted(), []);
    }
    let step = |n: &str, title: &str, detail: &str| {
        el("li")
            .class("welcome-step")
            .child(span("welcome-number num").decorative().child(n))
            .child(div("stack-tight").child(el("h3").child(title)).child(p("soft").child(detail)))
    };
    let import =
        may(Permission::ImportRun).then(|| Button::link(t.dossiers_import(), "/imports").icon(Icon::Import).primary());
    let by_hand = Button::link(t.cockpit_new_by_hand(), &href("/dossiers", &[(CREATE, "1")])).icon(Icon::Plus);
    el("section")
        .class("card welcome")
        .child(el("h2").child(t.cockpit_new_title()))
        .child(p("lead").child(t.cockpit_new_detail()))
        .child(
            el("ol")
                .class("welcome-steps")
                .child(step("1", t.cockpit_new_step_import(), t.cockpit_new_step_import_detail()))
                .child(step("2", t.cockpit_new_step_see(), t.cockpit_new_step_see_detail()))
                .child(step("3", t.cockpit_new_step_share(), t.cockpit_new_step_share_detail())),
        )
        .child(div("row").child(import).child(by_hand))
}

/// The tone of a mean score: what is unknown is never green, and only a date makes a dossier late.
fn score_tone(score: Option<f64>) -> Tone {
    match score {
        None => Tone::Unknown,
        Some(score) if score >= 90.0 => Tone::Ready,
        Some(score) if score >= 50.0 => Tone::OnTrack,
        Some(_) => Tone::AtRisk,
    }
}

fn tenths(value: f64) -> String {
    format::tenths(t(), (value * 10.0).round() as i64)
}

/// Worst last, as the bar is read.
fn counted(states: &StateCounts) -> [(Tone, &'static str, u64); 5] {
    [
        (Tone::Ready, "ready", states.ready),
        (Tone::OnTrack, "on_track", states.on_track),
        (Tone::AtRisk, "at_risk", states.at_risk),
        (Tone::Late, "late", states.late),
        (Tone::Unknown, "unknown", states.unknown),
    ]
}

fn top(cockpit: &Cockpit, links: &Links) -> View {
    let t = t();
    let title = if links.scope.is_some() { t.cockpit_score_portfolio() } else { t.cockpit_score() };
    let score = cockpit.score.map(|score| score.round().clamp(0.0, 100.0) as u8);
    let mean = cockpit.score.map(|score| p("soft small").child(t.cockpit_mean(tenths(score))));
    let gauge = el("section")
        .class("card tile-score")
        .child(el("h2").child(title))
        .child(score_gauge(score, score_tone(cockpit.score)).attr("title", t.cockpit_score_detail()))
        .child(mean)
        .child(weighting(cockpit));
    let segments: Vec<Segment> = counted(&cockpit.states)
        .into_iter()
        .map(|(tone, code, count)| Segment {
            tone,
            label: tone.label().to_owned(),
            count,
            href: links.to(&[("state", code)]),
        })
        .collect();
    let states = el("section")
        .class("card tile-states")
        .child(el("h2").child(t.cockpit_states()))
        .child(stacked_bar(t.cockpit_states(), &segments))
        .child(mine(cockpit, links))
        .child(exposure(cockpit, links));
    div("cockpit-top").child(gauge).child(states).child(deadline(cockpit, links))
}

fn mine(cockpit: &Cockpit, links: &Links) -> View {
    let me = session::me().with_untracked(|me| me.user_id.to_string());
    let words = match cockpit.mine_not_ready {
        0 => span("soft").child(t().cockpit_mine_ready()),
        n => link("", &links.to(&[("person_id", &me), ("state", "late,unknown,at_risk,on_track")]))
            .child(t().cockpit_mine_not_ready(n)),
    };
    p("mine row").child(icon(Icon::Person)).child(span("strong").child(t().cockpit_mine())).child(words)
}

/// How the mean weighs, and where the firm says so.
fn weighting(cockpit: &Cockpit) -> View {
    let words = match cockpit.weighting {
        Weighting::Equal => t().cockpit_weighting_equal(),
        Weighting::Exposure => t().cockpit_weighting_exposure(),
    };
    p("small").child(link("", "/parametres?tab=rules").child(words))
}

/// The most that fines could reach, and the dossiers that it comes from.
fn exposure(cockpit: &Cockpit, links: &Links) -> View {
    let t = t();
    let words = if cockpit.exposure_cents == 0 {
        span("soft").child(t.cockpit_exposure_none())
    } else {
        let total = format::money_round(t, cockpit.exposure_cents);
        link("num", &links.to(&[("sort", "-exposure")])).child(t.exposure_total(&total))
    };
    p("mine row")
        .attr("title", t.cockpit_exposure_detail())
        .child(icon(Icon::Warning))
        .child(span("strong").child(t.exposure_title()))
        .child(words)
}

fn deadline(cockpit: &Cockpit, links: &Links) -> View {
    let t = t();
    let card = el("section").class("card tile-deadline").child(el("h2").child(t.cockpit_deadline()));
    let Some(wave) = &cockpit.next_deadline else {
        return card.child(p("soft").child(t.cockpit_deadline_none()));
    };
    let unready = if wave.unready == 0 {
        p("row tone-ready").child(shape(Tone::Ready)).child(t.cockpit_deadline_ready())
    } else {
        p("")
            .child(
                link("strong", &links.to(&[("unready_for", wave.wave.as_str())]))
                    .child(t.cockpit_deadline_unready(wave.unready)),
            )
            .child(" ")
            .child(span("soft").child(t.cockpit_deadline_of(wave.dossiers)))
    };
    card.child(p("figure-number").child(format::date_long(t, wave.starts_on)))
        .child(p("soft").child(words::days(wave.days)))
        .child(p("small").child(crate::api::say(&wave.label)))
        .child(unready)
        .child(p("small").child(link("", &links.deadlines(wave.wave.as_str())).child(t.cockpit_deadline_open())))
}

/// Where a lack is mended: an act on all of them, or the import of what is missing.
fn mend(criterion: Criterion, links: &Links) -> View {
    let may = |permission| untrack(|| session::can(permission));
    let missing = criterion.as_str();
    // What stands open is settled in its queue; nobody proves it away.
    if criterion == Criterion::NoCriticalAnomaly {
        let mut queue = vec![("severity", "critical")];
        queue.extend(links.scope.as_deref().map(|scope| (SCOPE, scope)));
        return Button::link(t().cockpit_fix_anomalies(), &href("/anomalies", &queue)).small().into();
    }
    let act = match criterion {
        Criterion::ReceptionPlatform if may(Permission::DossierWrite) => Some(("platform", t().cockpit_fix_platform())),
        Criterion::Emission if may(Permission::DossierWrite) => Some(("emission", t().cockpit_fix_platform())),
        Criterion::PersonInCharge if may(Permission::DossierManage) => Some(("assign", t().cockpit_fix_assign())),
        Criterion::Mandate if may(Permission::DossierWrite) => Some(("mandate", t().request_act())),
        criterion if BY_PROOF.contains(&criterion) && may(Permission::DossierWrite) => {
            Some(("proof", t().cockpit_fix_proof()))
        }
        _ => None,
    };
    if let Some((act, label)) = act {
        return Button::link(label, &links.to(&[("missing", missing), (ACT, act)])).small().into();
    }
    // What no client list tells is mended dossier by dossier.
    let listed = !matches!(criterion, Criterion::Identity | Criterion::ToolMapped);
    if listed && may(Permission::ImportRun) {
        return Button::link(t().cockpit_fix_import(), "/imports").small().quiet().into();
    }
    Button::link(t().cockpit_fix_open(), &links.to(&[("missing", missing)])).small().quiet().into()
}

fn head(cells: &[(&str, &str)]) -> View {
    let row = el("tr").children(cells.iter().map(|(label, class)| {
        let cell = el("th").attr("scope", "col").class(class);
        if label.is_empty() { cell.child(span("sr-only").child(t().cockpit_fix())) } else { cell.child(*label) }
    }));
    el("thead").child(row)
}

fn blockers(cockpit: &Cockpit, links: &Links) -> View {
    let t = t();
    let card = el("section").class("card").attr("aria-label", t.cockpit_blockers()).child(
        div("stack-tight")
            .child(el("h2").child(t.cockpit_blockers()))
            .child(p("soft small").child(t.cockpit_blockers_detail())),
    );
    if cockpit.blockers.is_empty() {
        return card.child(p("row tone-ready").child(shape(Tone::Ready)).child(t.cockpit_blockers_none()));
    }
    let most = cockpit.blockers.iter().map(|b| b.points).max().unwrap_or(1).max(1);
    let row = |blocker: &Blocker| {
        let name = words::lacks(blocker.criterion);
        let rows = [("missing", blocker.criterion.as_str())];
        // Points of the mean: each dossier weighs the same.
        let gain = blocker.points as f64 / cockpit.dossiers.max(1) as f64;
        let bar = span("weight")
            .decorative()
            .child(span("weight-part").style("width", &format!("{}%", (blocker.points * 100).div_ceil(most))));
        el("tr")
            .child(el("th").attr("scope", "row").class("wraps").child(link("row-link", &links.to(&rows)).child(name)))
            .child(el("td").class("num").child(links.number(blocker.dossiers, &rows, name)))
            .child(
                el("td")
                    .class("num col-2")
                    .child(bar)
                    .child(span("num").child(t.cockpit_gain(format::one_decimal(t, (gain * 10.0).round() as i64)))),
            )
            .child(el("td").class("acts").child(mend(blocker.criterion, links)))
    };
    let table = el("table")
        .class("table plain-table")
        .label(t.cockpit_blockers())
        .child(head(&[
            (t.cockpit_blocker(), ""),
            (t.cockpit_blocker_dossiers(), "num"),
            (t.cockpit_blocker_gain(), "num col-2"),
            ("", "acts"),
        ]))
        .child(el("tbody").children(cockpit.blockers.iter().map(row)));
    card.child(div("bleed").child(table))
}

fn waves(cockpit: &Cockpit, links: &Links) -> View {
    let t = t();
    let row = |wave: &WaveProgress| {
        let name = crate::api::say(&wave.label);
        let code = wave.wave.as_str();
        let ready = wave.dossiers.saturating_sub(wave.unready);
        let when = if wave.days <= 0 { t.cockpit_wave_started().to_owned() } else { words::days(wave.days) };
        let late = wave.days <= 0 && wave.unready > 0;
        let part = |n: u64, tone: Tone| {
            (n > 0).then(|| span("bar-part").add_class(tone.class()).style("flex-grow", &n.to_string()))
        };
        let waiting = if late { Tone::Late } else { Tone::AtRisk };
        let bar = span("bar bar-thin").decorative().child(part(ready, Tone::Ready)).child(part(wave.unready, waiting));
        let unready =
            links.number(wave.unready, &[("unready_for", code)], &format!("{name}, {}", t.cockpit_wave_unready()));
        let unready = if late { unready.add_class("ink-late") } else { unready };
        el("tr")
            .child(
                el("th").attr("scope", "row").class("wraps").child(
                    div("stack-tight")
                        .child(span("").child(&name))
                        .child(span("soft small").child(format!("{} · {when}", format::date(t, wave.starts_on))))
                        .child(if wave.dossiers > 0 { bar } else { View::none() }),
                ),
            )
            .child(el("td").class("num").child(links.number(wave.dossiers, &[("wave", code)], &name)))
            .child(el("td").class("num").child(unready))
    };
    let table = el("table")
        .class("table plain-table")
        .label(t.cockpit_waves())
        .child(head(&[(t.cockpit_wave(), ""), (t.cockpit_wave_reached(), "num"), (t.cockpit_wave_unready(), "num")]))
        .child(el("tbody").children(cockpit.waves.iter().map(row)));
    el("section")
        .class("card")
        .attr("aria-label", t.cockpit_waves())
        .child(
            div("stack-tight")
                .child(el("h2").child(t.cockpit_waves()))
                .child(p("soft small").child(t.cockpit_waves_detail())),
        )
        .child(div("bleed").child(table))
}

fn team(people: &[UserId]) -> View {
    let people = people.to_vec();
    let known = session::people();
    live(move || {
        known.value.with(|list| {
            let Some(list) = list else { return View::none() };
            let names: Vec<&str> = people
                .iter()
                .filter_map(|id| list.data.iter().find(|person| person.id == *id))
                .map(|person| person.name.as_str())
                .collect();
            if names.is_empty() {
                return span("faint").child("–");
            }
            let more = names.len().saturating_sub(NAMED);
            let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
            let words = span("truncate").child(shown);
            let more = (more > 0).then(|| span("faint").child(format!(" +{more}")));
            span("team").attr("title", &names.join(", ")).child(words).child(more)
        })
    })
}

fn portfolios(cockpit: &Cockpit, links: &Links) -> View {
    let t = t();
    let card = el("section")
        .class("card")
        .attr("aria-label", t.cockpit_portfolios())
        .child(el("h2").child(t.cockpit_portfolios()));
    if cockpit.portfolios.iter().all(|row| row.portfolio_id.is_none()) && links.scope.is_none() {
        return card.child(p("soft").child(t.cockpit_portfolios_none()));
    }
    let row = |portfolio: &PortfolioProgress| {
        let id = portfolio.portfolio_id.map_or_else(|| "none".to_owned(), |id| id.to_string());
        let name = portfolio.name.clone().unwrap_or_else(|| t.outside_portfolios().to_owned());
        let all = [("portfolio_id", id.as_str())];
        let states = counted(&portfolio.states);
        let bar = span("bar bar-thin").decorative().children(states.iter().filter(|(_, _, n)| *n > 0).map(
            |(tone, code, n)| {
                link("bar-part", &links.to(&[("portfolio_id", &id), ("state", code)]))
                    .add_class(tone.class())
                    .attr("tabindex", "-1")
                    .attr("title", &t.cockpit_state_link(tone.label(), format::number(t, *n as i64)))
                    .style("flex-grow", &n.to_string())
            },
        ));
        let counts = states.map(|(tone, code, n)| {
            let name = format!("{name}, {}", tone.label());
            el("td").class("num col-3").child(links.number(n, &[("portfolio_id", &id), ("state", code)], &name))
        });
        let score = portfolio.score.map_or_else(|| "–".to_owned(), tenths);
        el("tr")
            .child(el("th").attr("scope", "row").child(link("row-link", &links.to(&all)).child(&name)))
            .child(el("td").class("num").child(links.number(portfolio.dossiers, &all, &name)))
            .child(el("td").class("num strong").child(score))
            .child(el("td").class("col-bar col-2").child(bar))
            .children(counts)
            .child(el("td").class("num col-2").child(format::money_round(t, portfolio.exposure_cents)))
            .child(el("td").class("col-2").child(team(&portfolio.people)))
    };
    let states = counted(&cockpit.states).map(|(tone, _, _)| {
        let words = span("legend").add_class(tone.class()).child(shape(tone)).child(span("").child(tone.label()));
        el("th").attr("scope", "col").class("num col-3").child(words)
    });
    let column = |label: &str, class: &str| el("th").attr("scope", "col").class(class).child(label);
    let head = el("tr")
        .child(column(t.cockpit_portfolio(), ""))
        .child(column(t.cockpit_blocker_dossiers(), "num"))
        .child(column(t.cockpit_portfolio_score(), "num"))
        .child(column(t.cockpit_portfolio_states(), "col-2"))
        .children(states)
        .child(column(t.exposure_title(), "num col-2"))
        .child(column(t.cockpit_portfolio_people(), "col-2"));
    let table = el("table")
        .class("table plain-table")
        .label(t.cockpit_portfolios())
        .child(el("thead").child(head))
        .child(el("tbody").children(cockpit.portfolios.iter().map(row)));
    card.child(div("bleed").child(table))
}

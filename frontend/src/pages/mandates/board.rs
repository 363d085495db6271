//! The collection at a glance: what waits for the firm, kinds by states, the rate of each portfolio, ninety days. Every
//! number opens its rows.

use contract::endpoint::op;
use contract::{Board, BoardQuery, BoardRate, BoardRow, Nothing, Several};
use domain::{MandateState, UserId};
use leptos::prelude::*;

use super::{register, words};
use crate::api::{Load, ask, load};
use crate::browser::{now, store, stored};
use crate::dom::{View, button, div, el, link, p, span};
use crate::frame::{SCOPE, href};
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Curve, Icon, Reading, TimeChart, Tone, chart_note, count_loud, icon, loaded, notice, shape};

/// Where the browser remembers that the board is folded.
const FOLDED: &str = "board.folded";

/// Whose collection.
#[derive(Clone, PartialEq, Default)]
pub struct Whose {
    pub scope: Option<String>,
    pub person: Option<UserId>,
}

impl Whose {
    fn query(&self) -> BoardQuery {
        let portfolio = self.scope.as_deref().and_then(|scope| scope.parse().ok());
        BoardQuery { portfolio_id: Several(portfolio.into_iter().collect()), person_id: self.person }
    }

    /// A link that keeps whose dossiers are meant.
    fn to(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        let person = self.person.map(|id| id.to_string()).unwrap_or_default();
        let mut all = parameters.to_vec();
        all.push(("person_id", &person));
        all.push((SCOPE, self.scope.as_deref().unwrap_or_default()));
        href(path, &all)
    }

    fn register(&self, parameters: &[(&str, &str)]) -> String {
        self.to("/mandats", parameters)
    }
}

/// The board, asked again when a mandate has moved.
pub fn board(whose: Memo<Whose>, moved: RwSignal<u32>) -> Load<Board> {
    load(move || (whose.get(), moved.get()), |(whose, _)| ask::<op::ReadMandateBoard>(Nothing {}, whose.query()))
}

/// On top of the tabs: what waits always, the cards over the register alone, as long as nobody folds them.
pub fn view(board: Load<Board>, whose: Memo<Whose>, over_register: Memo<bool>) -> View {
    let folded = RwSignal::new(stored(FOLDED).is_some());
    let body = loaded(board, 5, move |board: Board| {
        let whose = whose.get_untracked();
        let line = div("spread").child(waiting(&board, &whose)).show(move || over_register.get(), move || fold(folded));
        div("board").child(mail_banner(&board)).child(line).show(move || over_register.get() && !folded.get(), {
            let (board, whose) = (board.clone(), whose.clone());
            move || div("board-cards").child(kinds(&board, &whose)).child(trend(&board)).child(rates(&board, &whose))
        })
    });
    el("section").class("board-room").attr("aria-label", t().board_title()).child(body)
}

fn fold(folded: RwSignal<bool>) -> View {
    let words = move || if folded.get() { t().board_unfold() } else { t().board_fold() };
    button("btn btn-quiet btn-small")
        .aria_of("aria-expanded", move || !folded.get())
        .on_click(move || {
            folded.update(|f| *f = !*f);
            store(FOLDED, folded.get_untracked().then_some("1"));
        })
        .text_of(move || words().to_owned())
}

fn mail_banner(board: &Board) -> Option<View> {
    (!board.mail_goes_out).then(|| {
        let words = div("spread")
            .child(
                div("stack-tight")
                    .child(p("strong").child(t().mails_stay_title()))
                    .child(p("").child(t().mails_stay_short())),
            )
            .child(Button::link(t().mails_see(), "/envois").small());
        notice(Tone::AtRisk, words)
    })
}

/// What waits for a person, each leading to its rows; what does not wait is not told.
fn waiting(board: &Board, whose: &Whose) -> View {
    let t = t();
    let tab = |name: &str| whose.register(&[("tab", name)]);
    let all = [
        (board.to_decide, t.board_to_decide(), Icon::Edit, tab("decide"), true),
        (board.proposals, t.board_proposals(), Icon::Info, tab("answers"), true),
        (board.unreachable, t.board_unreachable(), Icon::Phone, tab("unreachable"), true),
        (board.mails_failed, t.board_mails_failed(), Icon::Warning, mails("failed,bounced,doubtful"), true),
        (board.mails_waiting, t.board_mails_waiting(), Icon::Mail, mails("queued,sending"), false),
        (
            board.ending_soon,
            t.board_ending_soon(),
            Icon::Calendar,
            whose.register(&[("ends_within_days", "90")]),
            false,
        ),
    ];
    let some: Vec<View> = all
        .into_iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, label, face, to, loud)| {
            let number = if loud { count_loud(n) } else { span("count").child(format::number(t, n as i64)) };
            el("li").child(link("wait", &to).child(icon(face)).child(number).child(span("").child(label)))
        })
        .collect();
    if some.is_empty() {
        return p("row soft tone-ready").child(shape(Tone::Ready)).child(t.board_nothing_waits());
    }
    el("ul").class("waits").label(t.board_waiting()).children(some)
}

fn mails(states: &str) -> String {
    href("/envois", &[("mail", states)])
}

fn cell(n: u64, to: &str, name: &str) -> View {
    let words = format::number(t(), n as i64);
    if n == 0 {
        return el("td").class("num").child(span("faint").child("–"));
    }
    el("td").class("num").child(link("num figure-link", to).label(name).child(words))
}

/// Kinds by states. A state that nothing is in has no column.
fn kinds(board: &Board, whose: &Whose) -> View {
    let t = t();
    let card = el("section").class("card board-kinds").child(el("h2").child(t.board_kinds()));
    let rows: Vec<&BoardRow> = board.kinds.iter().filter(|row| row.states.values().any(|n| *n > 0)).collect();
    if rows.is_empty() {
        let act = Button::link(t.mandates_request(), &register::missing()).icon(Icon::Plus).small();
        let act = crate::dom::show(|| session::can(domain::Permission::DossierWrite), {
            let act: View = act.into();
            move || act.clone()
        });
        return card.child(p("soft").child(t.board_kinds_none())).child(div("row").child(act));
    }
    let states: Vec<MandateState> = MandateState::ALL
        .iter()
        .copied()
        .filter(|state| rows.iter().any(|row| row.states.get(state).is_some_and(|n| *n > 0)))
        .collect();
    let column = |state: &MandateState| {
        let tone = words::state_tone(*state);
        let head =
            span("legend").add_class(tone.class()).child(shape(tone)).child(span("").child(words::state(*state)));
        el("th").attr("scope", "col").class("num").child(head)
    };
    let row = |row: &&BoardRow| {
        let name = words::kind(row.kind);
        let kind = row.kind.as_str();
        let cells = states.iter().map(|state| {
            let n = row.states.get(state).copied().unwrap_or_default();
            let to = whose.register(&[("kind", kind), ("mandate", state.as_str())]);
            cell(n, &to, &t.board_cell(n, name, words::state(*state)))
        });
        let last = row.last_sent_at.map_or_else(
            || span("faint").child("–"),
            |at| span("").attr("title", &format::moment(t, at)).child(format::relative(t, at, now())),
        );
        let reminded = match row.reminders {
            0 => span("faint").child("–"),
            n => span("num").child(format::number(t, n as i64)),
        };
        el("tr")
            .child(
                el("th").attr("scope", "row").child(link("row-link", &whose.register(&[("kind", kind)])).child(name)),
            )
            .children(cells)
            .child(cell(
                row.in_force,
                &whose.register(&[("kind", kind), ("in_force", "true")]),
                &t.board_cell(row.in_force, name, t.board_in_force().to_owned()),
            ))
            .child(el("td").class("num").child(reminded))
            .child(el("td").class("num").child(last))
    };
    let plain = |label: &str| el("th").attr("scope", "col").class("num").child(label);
    let head = el("tr")
        .child(el("th").attr("scope", "col").child(t.mandate_kind()))
        .children(states.iter().map(column))
        .child(plain(t.board_in_force()))
        .child(plain(t.mandate_reminders()))
        .child(plain(t.board_last_sent()));
    let table = el("table")
        .class("table plain-table")
        .label(t.board_kinds())
        .child(el("thead").child(head))
        .child(el("tbody").children(rows.iter().map(row)));
    card.child(div("bleed").child(table))
}

/// Have, wait, lack: of the dossiers that need a mandate.
struct Sum {
    needed: u64,
    in_force: u64,
    awaiting: u64,
    lacking: u64,
}

fn sum(rates: &[BoardRate]) -> Sum {
    let of = |part: fn(&BoardRate) -> u64| rates.iter().map(part).sum::<u64>();
    let (needed, in_force, awaiting) = (of(|r| r.needed), of(|r| r.in_force), of(|r| r.awaiting));
    Sum { needed, in_force, awaiting, lacking: needed.saturating_sub(in_force + awaiting) }
}

fn percent(part: u64, whole: u64) -> String {
    // Never a whole hundred while one is missing.
    let percent = (part * 100).checked_div(whole).unwrap_or_default();
    format::percent(t(), percent as i64)
}

fn rate_bar(sum: &Sum) -> View {
    let part = |n: u64, tone: Tone| {
        (n > 0).then(|| span("bar-part").add_class(tone.class()).style("flex-grow", &n.to_string()))
    };
    span("bar bar-thin")
        .decorative()
        .child(part(sum.in_force, Tone::Ready))
        .child(part(sum.awaiting, Tone::OnTrack))
        .child(part(sum.lacking, Tone::AtRisk))
}

fn rates(board: &Board, whose: &Whose) -> View {
    let t = t();
    let card = el("section").class("card board-rates").child(
        div("stack-tight").child(el("h2").child(t.board_rates())).child(p("soft small").child(t.board_rates_detail())),
    );
    let all = sum(&board.rates);
    if all.needed == 0 {
        return card.child(p("soft").child(t.board_rates_none()));
    }
    card.child(div("bleed board-rates-room").child(rates_table(board, whose, &all)))
}

fn rates_table(board: &Board, whose: &Whose, all: &Sum) -> View {
    let t = t();
    let number = |n: u64| format::number(t, n as i64);
    let row = |name: &str, id: Option<&str>, sum: &Sum| {
        let mut scope = Vec::new();
        scope.extend(id.map(|id| ("portfolio_id", id)));
        let with = |more: &[(&'static str, &'static str)]| {
            let mut all = scope.clone();
            all.extend(more.iter().copied());
            all
        };
        let lacking = whose.to("/dossiers", &with(&[("missing", "mandate")]));
        let covered = whose.register(&with(&[("in_force", "true")]));
        let awaited = whose.register(&with(&[("mandate", "to_send,sent,opened,signed,to_check")]));
        let figure =
            |n: u64, to: &str, label: &str| cell(n, to, &t.cockpit_state_link(&format!("{name}, {label}"), number(n)));
        el("tr")
            .child(el("th").attr("scope", "row").class("rate-name").attr("title", name).child(name))
            .child(el("td").class("num strong").child(percent(sum.in_force, sum.needed)))
            .child(el("td").class("rate-bar col-2").child(rate_bar(sum)))
            .child(figure(sum.in_force, &covered, t.board_in_force()))
            .child(figure(sum.awaiting, &awaited, t.board_awaited()))
            .child(figure(sum.lacking, &lacking, t.board_lacking()))
    };
    let lines = board.rates.iter().map(|rate| {
        let id = rate.portfolio_id.map_or_else(|| "none".to_owned(), |id| id.to_string());
        let name = rate.name.clone().unwrap_or_else(|| t.outside_portfolios().to_owned());
        row(&name, Some(&id), &sum(std::slice::from_ref(rate)))
    });
    let total = (board.rates.len() > 1).then(|| row(t.board_rate_total(), None, all));
    let column = |label: &str, class: &str| el("th").attr("scope", "col").class(class).child(label);
    let head = el("tr")
        .child(column(t.board_portfolio(), ""))
        .child(column(t.board_rate_column(), "num"))
        .child(el("td").class("col-2"))
        .child(column(t.board_in_force(), "num"))
        .child(column(t.board_awaited(), "num"))
        .child(column(t.board_lacking(), "num"));
    el("table")
        .class("table plain-table")
        .label(t.board_rates())
        .child(el("thead").child(head))
        .child(el("tbody").child(total).children(lines))
}

fn trend(board: &Board) -> View {
    let t = t();
    let card = el("section").class("card board-trend").child(el("h2").child(t.board_trend()));
    let days = &board.days;
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return card.child(chart_note(t.board_trend_none()));
    };
    if days.iter().all(|d| d.in_force == 0 && d.sent == 0 && d.signed == 0 && d.accepted == 0) || first.on == last.on {
        return card.child(chart_note(t.board_trend_none()));
    }
    let moved = last.in_force as i64 - first.in_force as i64;
    let tone = match moved {
        0 => "delta num",
        1.. => "delta delta-up num",
        _ => "delta delta-down num",
    };
    let said = p("")
        .child(span("strong num").child(t.board_trend_now(last.in_force)))
        .child(" ")
        .child(span(tone).child(t.board_trend_gain(format::signed(t, moved))));
    let number = |n: u64| format::number(t, n as i64);
    let most = days.iter().map(|d| d.in_force as i64 * 10).max().unwrap_or(0);
    let points = days.iter().map(|d| (d.on, d.in_force as i64 * 10)).collect();
    let readings = days
        .iter()
        .map(|d| Reading {
            on: d.on,
            values: vec![number(d.in_force), number(d.sent), number(d.signed), number(d.accepted)],
        })
        .collect();
    let columns = [t.board_in_force(), t.board_trend_sent(), t.board_trend_signed(), t.board_trend_accepted()];
    let chart = TimeChart::new(t.board_trend_label(), first.on, last.on)
        .between(0, most.max(10))
        .line(Curve { class: "chart-main", points, daily: true })
        .readings(columns.map(str::to_owned).to_vec(), readings);
    card.child(said).child(View::from(chart).add_class("figure-low"))
}

/// On the cockpit: how many are covered, and what waits.
pub fn card(scope: Memo<Option<String>>) -> View {
    let whose = crate::dom::memo(move || Whose { scope: scope.get(), person: None });
    let board = board(whose, RwSignal::new(0));
    let body = loaded(board, 5, move |board: Board| {
        let t = t();
        let whose = whose.get_untracked();
        let all = sum(&board.rates);
        let number = |n: u64| format::number(t, n as i64);
        if all.needed == 0 {
            return p("soft").child(t.board_rates_none());
        }
        let missing = (all.lacking > 0).then(|| {
            Button::link(
                t.board_request(),
                &whose.to("/dossiers", &[("missing", "mandate"), (crate::pages::dossiers::ACT, "mandate")]),
            )
            .small()
        });
        let missing = missing.filter(|_| untrack(|| session::can(domain::Permission::DossierWrite)));
        let figure = div("stack-tight")
            .child(
                p("row")
                    .child(span("figure-number num").child(percent(all.in_force, all.needed)))
                    .child(span("soft").child(t.board_rate(number(all.in_force), number(all.needed)))),
            )
            .child(p("soft small").child(t.board_card_lead()))
            .child(rate_bar(&all));
        div("stack")
            .child(div("mandate-card").child(figure).child(div("stack").child(waiting(&board, &whose)).child(missing)))
            .child(mail_banner(&board))
            .child(div("bleed").child(rates_table(&board, &whose, &all)))
    });
    el("section")
        .class("card")
        .attr("aria-label", t().board_card())
        .child(
            div("spread")
                .child(el("h2").child(t().board_card()))
                .child(link("small", "/mandats").child(t().board_open_register())),
        )
        .child(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_no_hundred_while_one_lacks() {
        assert_eq!(percent(999, 1000), format::percent(t(), 99));
        assert_eq!(percent(0, 0), format::percent(t(), 0));
        let rate =
            |needed, in_force, awaiting| BoardRate { portfolio_id: None, name: None, needed, in_force, awaiting };
        let all = sum(&[rate(10, 4, 3), rate(5, 5, 0)]);
        assert_eq!((all.needed, all.in_force, all.awaiting, all.lacking), (15, 9, 3, 3));
    }
}

//! At a glance: late clients by purpose and what chases them, the coming week, what waits for a person.

use chrono::Datelike;
use contract::endpoint::op;
use contract::{DossierQuery, ForecastDay, LatePurpose, Nothing, RelanceBoard, RelanceScopeQuery, SequenceList};
use domain::Permission;
use domain::relance::{SendingMode, SequenceState};
use leptos::prelude::*;

use super::shell::{self, shell};
use super::words;
use crate::api::{ask, load, query_string, say};
use crate::dom::{View, div, el, link, p, span};
use crate::frame::{href, in_scope, portfolio_scope};
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Icon, Tone, icon, loaded, notice, shape};

pub fn page() -> View {
    let scope = portfolio_scope();
    let found = load(
        move || scope.get(),
        |scope| {
            Box::pin(async move {
                let query = || RelanceScopeQuery { portfolio_id: in_scope(scope.as_deref()) };
                let board = ask::<op::ReadRelanceBoard>(Nothing {}, query()).await?;
                Ok((board, ask::<op::ListSequences>(Nothing {}, query()).await?))
            })
        },
    );
    let body = loaded(found, 8, |(board, sequences)| content(&board, &sequences));
    let write = session::can(Permission::DossierManage).then(|| {
        Button::link(t().sequence_new(), &format!("{}/{}", shell::SEQUENCES, shell::NEW)).icon(Icon::Plus).primary()
    });
    shell(shell::BOARD, t().relances_title(), t().relances_lead(), write, body)
}

fn content(board: &RelanceBoard, sequences: &SequenceList) -> View {
    // That sending is switched off stands above every page already.
    let problem = board.problem.as_ref().filter(|_| board.mode != SendingMode::Off);
    let problem = problem.map(|problem| notice(Tone::AtRisk, p("").child(say(problem))));
    div("stack-wide")
        .child(problem)
        .child(numbers(board))
        .child(late(board, sequences))
        .child(div("relances-columns").child(week(board)).child(held(board)))
}

/// What waits for a person, each with its rows.
fn people(board: &RelanceBoard) -> [(u64, &'static str, String); 3] {
    let t = t();
    [
        (board.approvals, t.relances_to_approve(), href(shell::STEPS, &[("outcome", "waits_approval")])),
        (board.tasks, t.relances_tasks(), href(shell::STEPS, &[("tasks", "true")])),
        (board.missed, t.relances_missed(), href(shell::STEPS, &[("outcome", &words::codes("missed_"))])),
    ]
}

/// The same on the cockpit, where nothing is said of what does not wait.
pub fn waits(board: &RelanceBoard) -> Vec<View> {
    let wait = |(n, label, to): (u64, &str, String)| {
        (n > 0).then(|| {
            link("wait", &to)
                .child(icon(Icon::Bell))
                .child(span("strong num").child(format::number(t(), n as i64)))
                .child(label)
        })
    };
    people(board).into_iter().filter_map(wait).collect()
}

fn numbers(board: &RelanceBoard) -> View {
    let t = t();
    let face = |n: u64, label: &str| {
        [span("queue-count num").child(format::number(t, n as i64)), span("soft small").child(label)]
    };
    let waiting = people(board).map(|(n, label, to)| match n {
        0 => div("queue-number").children(face(n, label)),
        n => link("queue-number", &to).children(face(n, label)),
    });
    let past = [
        (board.sent, t.relances_sent_week()),
        (board.answered, t.relances_answered_week()),
        (board.bounced, t.relances_bounced_week()),
    ]
    .map(|(n, label)| div("queue-number").children(face(n, label)));
    div("queue-board").children(waiting).children(past)
}

/// The late clients of a purpose in the list of dossiers, all of them and no other. The portfolio of the top bar stays in the
/// address by itself.
pub fn late_href(purpose: &LatePurpose) -> String {
    href("/dossiers", &[("late_for", purpose.purpose.as_str())])
}

/// Chases all of a purpose: the sequence that does it already, else the writing of one.
fn chase(purpose: &LatePurpose, sequences: &SequenceList) -> Option<Button> {
    let of = |states: &[SequenceState]| {
        sequences.data.iter().find(|s| s.purpose == purpose.purpose && states.contains(&s.state))
    };
    let running = of(&[SequenceState::Active]).or_else(|| of(&[SequenceState::Paused, SequenceState::Draft]));
    if let Some(sequence) = running {
        let to = format!("{}/{}", shell::SEQUENCES, sequence.id);
        return Some(Button::link(t().relances_see_sequence(), &to).small());
    }
    (purpose.late > 0 && session::can(Permission::DossierManage))
        .then(|| Button::link(t().relances_chase_all(), &new_href(purpose)).small())
}

/// Where a sequence is written that chases the late of a purpose. That they are late is not a part of its filter: the purpose
/// adds it.
fn new_href(purpose: &LatePurpose) -> String {
    let begin = href(&format!("{}/{}", shell::SEQUENCES, shell::NEW), &[("purpose", purpose.purpose.as_str())]);
    match query_string(&DossierQuery { late_for: None, ..purpose.filter.clone() }) {
        filter if filter.is_empty() => begin,
        filter => format!("{begin}&{filter}"),
    }
}

fn late(board: &RelanceBoard, sequences: &SequenceList) -> View {
    let t = t();
    let number =
        |n: u64| if n == 0 { span("faint").child("–") } else { span("num").child(format::number(t, n as i64)) };
    let row = |purpose: &LatePurpose| {
        let alone = purpose.late.saturating_sub(purpose.chased);
        let bar = (purpose.late > 0).then(|| {
            let part = |n: u64, tone: Tone| {
                (n > 0).then(|| span("bar-part").add_class(tone.class()).style("flex-grow", &n.to_string()))
            };
            let chased = purpose.chased.saturating_sub(purpose.held);
            span("bar bar-thin")
                .decorative()
                .child(part(chased, Tone::OnTrack))
                .child(part(purpose.held, Tone::AtRisk))
                .child(part(alone, Tone::Late))
        });
        let late = match purpose.late {
            0 => number(0),
            n => link("num figure-link", &late_href(purpose))
                .label(&t.relances_late_link(&say(&purpose.label), format::number(t, n as i64)))
                .child(format::number(t, n as i64)),
        };
        el("tr")
            .child(
                el("th")
                    .attr("scope", "row")
                    .class("wraps")
                    .child(div("stack-tight").child(span("").child(say(&purpose.label))).child(bar)),
            )
            .child(el("td").class("num").child(late))
            .child(el("td").class("num").child(number(purpose.chased)))
            .child(el("td").class("num col-3").child(number(purpose.held)))
            .child(el("td").class("num col-3").child(number(purpose.unreachable)))
            .child(el("td").class("acts").child(untrack(|| chase(purpose, sequences))))
    };
    let head = [
        (t.relance_purpose(), ""),
        (t.relances_late(), "num"),
        (t.relances_chased(), "num"),
        (t.relances_held(), "num col-3"),
        (t.relances_unreachable(), "num col-3"),
    ]
    .map(|(label, class)| el("th").attr("scope", "col").class(class).child(label));
    let act = el("th").attr("scope", "col").class("acts").child(span("sr-only").child(t.relances_chase()));
    let table = el("table")
        .class("table plain-table")
        .label(t.relances_late_clients())
        .child(el("thead").child(el("tr").children(head).child(act)))
        .child(el("tbody").children(board.purposes.iter().map(row)));
    el("section")
        .class("card")
        .label(t.relances_late_clients())
        .child(
            div("stack-tight")
                .child(el("h2").child(t.relances_late_clients()))
                .child(p("soft small").child(t.relances_late_detail())),
        )
        .child(div("bleed").child(table))
}

fn week(board: &RelanceBoard) -> View {
    let t = t();
    el("section")
        .class("card")
        .label(t.relances_week())
        .child(
            div("card-head")
                .child(el("h2").child(t.relances_week()))
                .child(link("small", shell::FORECAST).child(t.relances_month_open())),
        )
        .child(week_chart(&board.week))
}

/// Each day as a column of what leaves and what is held; its sentence is beside it for who does not see it.
pub fn week_chart(days: &[ForecastDay]) -> View {
    let t = t();
    let most =
        days.iter().map(|day| day.mails + day.calls + day.letters + day.approvals + day.held).max().unwrap_or(0).max(1);
    let column = |day: &ForecastDay| {
        let leaves = day.mails + day.calls + day.letters;
        let part = |n: u64, tone: Tone| {
            (n > 0).then(|| {
                span("week-part").add_class(tone.class()).style("height", &format!("{}%", (n * 100).div_ceil(most)))
            })
        };
        let said = format!("{} : {}", format::date_long(t, day.day), say(&day.summary));
        let name = t.weekday(day.day.weekday().number_from_monday() as u8);
        let short: String = name.chars().take(3).collect();
        let anchor = href(shell::FORECAST, &[("day", &day.day.to_string())]);
        el("li").class("week-day").child(
            link("week-link", &anchor)
                .attr("title", &said)
                .child(
                    div("week-bar")
                        .decorative()
                        .child(part(day.held, Tone::AtRisk))
                        .child(part(day.approvals, Tone::Unknown))
                        .child(part(leaves, Tone::OnTrack)),
                )
                .child(span("num strong").decorative().child(format::number(t, leaves as i64)))
                .child(span("soft small").decorative().child(format!("{short} {}", day.day.day())))
                .child(span("sr-only").child(said)),
        )
    };
    let key = |tone: Tone, label: &str| {
        el("li").child(span("legend").add_class(tone.class()).child(shape(tone)).child(span("").child(label)))
    };
    div("stack-tight").child(el("ul").class("week").children(days.iter().map(column))).child(
        el("ul")
            .class("legends small")
            .child(key(Tone::OnTrack, t.relances_leaves()))
            .child(days.iter().any(|day| day.approvals > 0).then(|| key(Tone::Unknown, t.relances_on_consent())))
            .child(key(Tone::AtRisk, t.relances_held_short())),
    )
}

/// Reasons of what is held, each with its rows.
fn held(board: &RelanceBoard) -> View {
    let t = t();
    let line = |count: &contract::OutcomeCount| {
        let to = href(shell::STEPS, &[("outcome", count.code.as_str())]);
        el("li")
            .class("line")
            .add_class(words::outcome_tone(count.code).class())
            .child(shape(words::outcome_tone(count.code)))
            .child(div("grow").child(link("", &to).child(say(&count.label))))
            .child(span("num strong").child(format::number(t, count.count as i64)))
    };
    let body = if board.held.is_empty() {
        p("row tone-ready").child(shape(Tone::Ready)).child(t.relances_nothing_held())
    } else {
        el("ul").class("lines").children(board.held.iter().map(line))
    };
    el("section").class("card").label(t.relances_why_held()).child(el("h2").child(t.relances_why_held())).child(body)
}

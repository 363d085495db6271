//! Relances on the cockpit: who is late for what, and what the machine does this week.

use contract::endpoint::op;
use contract::{Nothing, RelanceBoard, RelanceScopeQuery};
use leptos::prelude::*;

use super::{board, shell, words};
use crate::api::{ask, load, say};
use crate::dom::{View, div, el, link, p, span};
use crate::frame::in_scope;
use crate::text::{format, t};
use crate::ui::{Tone, loaded, shape, status_as};

pub fn card(scope: Memo<Option<String>>) -> View {
    let board = load(
        move || scope.get(),
        |scope| {
            let query = RelanceScopeQuery { portfolio_id: in_scope(scope.as_deref()) };
            ask::<op::ReadRelanceBoard>(Nothing {}, query)
        },
    );
    let body = loaded(board, 5, |board| content(&board));
    el("section").class("card").label(t().relances_title()).child(body)
}

fn content(board: &RelanceBoard) -> View {
    let t = t();
    let (tone, mode) = words::mode(board.mode);
    let head = div("card-head")
        .child(div("row").child(el("h2").child(t.relances_title())).child(status_as(tone, mode)))
        .child(link("small", shell::BOARD).child(t.relances_open()));
    let late: Vec<_> = board.purposes.iter().filter(|purpose| purpose.late > 0).collect();
    let tile = |purpose: &&contract::LatePurpose| {
        let chased = t.relances_chased_of(format::number(t, purpose.chased as i64));
        link("count-link", &board::late_href(purpose)).child(
            div("count-tile")
                .child(span("count-value num").child(format::number(t, purpose.late as i64)))
                .child(span("soft small").child(say(&purpose.label)))
                .child(span("faint small").child(chased)),
        )
    };
    let clients = if late.is_empty() {
        p("row tone-ready").child(shape(Tone::Ready)).child(t.relances_none_late())
    } else {
        div("count-tiles").children(late.iter().map(tile))
    };
    div("stack").child(head).child(clients).child(week(board)).child(waiting(board))
}

/// One sentence for the week, and its chart.
fn week(board: &RelanceBoard) -> View {
    let t = t();
    let sum = |of: fn(&contract::ForecastDay) -> u64| board.week.iter().map(of).sum::<u64>();
    let (mails, held) = (sum(|d| d.mails), sum(|d| d.held));
    let held = if held > 0 { format!(" {}", t.relances_week_held(held)) } else { String::new() };
    div("stack-tight")
        .child(el("h3").child(t.relances_week()))
        .child(p("").child(format!("{}{held}", t.relances_week_mails(mails))))
        .child(board::week_chart(&board.week))
}

fn waiting(board: &RelanceBoard) -> Option<View> {
    let waits = board::waits(board);
    (!waits.is_empty()).then(|| div("waits").children(waits))
}

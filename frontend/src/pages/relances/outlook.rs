//! What a sequence, or a change of it, comes to: one sentence first, then whom it touches and the first days.

use super::board;
use crate::api::{Load, say};
use crate::dom::{View, div, el, link, p, span};
use crate::text::{format, t};
use crate::ui::{Tone, notice, tag};
use contract::{ForecastDay, SequencePlan, TouchKind};

/// Days of the small chart.
const SHOWN: usize = 7;

pub fn view(plan: Load<Option<SequencePlan>>, missing: impl Fn() -> Option<&'static str> + 'static) -> View {
    crate::ui::outlook(plan, missing, 4, told)
}

fn touch(kind: TouchKind) -> &'static str {
    match kind {
        TouchKind::Joins => t().sequence_joins(),
        TouchKind::Leaves => t().sequence_leaves(),
        TouchKind::Changes => t().sequence_changes(),
    }
}

pub fn told(plan: &SequencePlan) -> View {
    let t = t();
    let number = |label: &str, n: u64| {
        div("count-tile")
            .child(span("count-value num").child(format::number(t, n as i64)))
            .child(span("soft small").child(label))
    };
    let numbers = [
        (t.sequence_audience(), plan.audience, true),
        (t.relances_unreachable(), plan.unreachable, plan.unreachable > 0),
        (t.sequence_joining(), plan.joining, plan.joining > 0),
        (t.sequence_touched(), plan.touched, plan.touched > 0),
        (t.sequence_leaving(), plan.leaving, plan.leaving > 0),
    ]
    .into_iter()
    .filter(|(.., shown)| *shown)
    .map(|(label, n, _)| number(label, n));
    let nobody = (plan.audience == 0).then(|| notice(Tone::AtRisk, p("").child(t.sequence_nobody())));
    div("stack")
        .child(p("strong").child(say(&plan.estimate)))
        .child(nobody)
        .child(div("count-tiles").children(numbers))
        .child(first_days(&plan.forecast))
        .child(examples(plan))
}

/// From the first day on which something happens.
fn first_days(days: &[ForecastDay]) -> Option<View> {
    let happens = |day: &ForecastDay| day.mails + day.calls + day.letters + day.approvals + day.held > 0;
    let first = days.iter().position(happens)?;
    Some(board::week_chart(&days[first..days.len().min(first + SHOWN)]))
}

fn examples(plan: &SequencePlan) -> Option<View> {
    let t = t();
    let line = |touched: &contract::SequenceTouch| {
        el("li")
            .class("row")
            .child(link("truncate", &format!("/dossiers/{}", touched.dossier_id)).child(&touched.name))
            .child(tag(touch(touched.kind)))
    };
    let all = plan.joining + plan.leaving + plan.touched;
    let more = all.saturating_sub(plan.examples.len() as u64);
    (!plan.examples.is_empty()).then(|| {
        el("details")
            .class("chart-table")
            .child(el("summary").child(t.sequence_touches(all)))
            .child(el("ul").class("results small").children(plan.examples.iter().map(line)))
            .child((more > 0).then(|| p("faint small").child(t.bulk_more(more))))
    })
}

//! What has come of a sequence: an observation, and said as one.

use contract::endpoint::op;
use contract::{Nothing, SequenceEffect, StepEffect, TrialShape};
use domain::SequenceId;

use crate::api::{ask, load, say};
use crate::dom::{View, div, el, p, span};
use crate::text::{format, t};
use crate::ui::{Icon, Tone, empty_state, loaded, notice, tag};

pub fn view(id: SequenceId) -> View {
    let effect = load(move || id, |id| ask::<op::ReadSequenceEffect>(id, Nothing {}));
    loaded(effect, 6, |effect| content(&effect))
}

/// A share in percent; nothing of nothing is a dash.
fn share(part: u64, of: u64) -> String {
    let percent = (part * 100 + of / 2).checked_div(of);
    percent.map_or_else(|| "–".to_owned(), |percent| format::percent(t(), percent as i64))
}

fn days(median: Option<f64>) -> String {
    median.map_or_else(|| "–".to_owned(), |days| format::tenths(t(), (days * 10.0).round() as i64))
}

fn content(effect: &SequenceEffect) -> View {
    let t = t();
    if effect.contacted == 0 {
        return empty_state(Icon::Clock, t.effect_none(), t.effect_none_detail(), []);
    }
    let tile = |label: &str, value: String| {
        div("count-tile").child(span("count-value num").child(value)).child(span("soft small").child(label))
    };
    let number = |n: u64| format::number(t, n as i64);
    let tiles = div("count-tiles")
        .child(tile(t.effect_contacted(), number(effect.contacted)))
        .child(tile(t.effect_answered(), number(effect.answered)))
        .child(tile(t.effect_done(), number(effect.done)))
        .child(tile(t.effect_mandates(), number(effect.mandates)))
        .child(tile(t.effect_median(), days(effect.median_days)));
    div("stack-wide")
        .child(tiles)
        .child(beside(effect))
        .child(steps(&effect.steps))
        .child(notice(Tone::Unknown, p("").child(say(&effect.note))))
}

/// Those that were written to beside those that were not yet.
fn beside(effect: &SequenceEffect) -> View {
    let t = t();
    let row = |label: &str, all: u64, done: u64| {
        el("tr")
            .child(el("th").attr("scope", "row").class("wraps").child(label))
            .child(el("td").class("num").child(format::number(t, all as i64)))
            .child(el("td").class("num").child(format::number(t, done as i64)))
            .child(el("td").class("num strong").child(share(done, all)))
    };
    table(
        t.effect_beside(),
        &[(t.effect_group(), ""), (t.relances_dossiers(), "num"), (t.effect_done(), "num"), (t.effect_share(), "num")],
        [
            row(t.effect_written_to(), effect.contacted, effect.done),
            row(t.effect_not_yet(), effect.not_contacted, effect.not_contacted_done),
        ],
    )
}

fn steps(steps: &[StepEffect]) -> View {
    let t = t();
    let row = |step: &StepEffect| {
        let cell = |n: u64| el("td").class("num").child(format::number(t, n as i64));
        el("tr")
            .child(el("th").attr("scope", "row").class("wraps").child(
                div("stack-tight").child(span("").child(say(&step.label))).child(step.trial.as_ref().map(trial)),
            ))
            .child(cell(step.sent))
            .child(cell(step.answered))
            .child(el("td").class("num strong").child(share(step.answered, step.sent)))
            .child(cell(step.done).add_class("col-2"))
            .child(cell(step.bounced).add_class("col-2"))
            .child(el("td").class("num col-2").child(days(step.median_days)))
    };
    table(
        t.effect_steps(),
        &[
            (t.relance_step(), ""),
            (t.effect_sent(), "num"),
            (t.effect_answered(), "num"),
            (t.effect_share_answered(), "num"),
            (t.effect_done(), "num col-2"),
            (t.effect_bounced(), "num col-2"),
            (t.effect_median(), "num col-2"),
        ],
        steps.iter().map(row),
    )
}

/// Two texts beside each other, and what is made of it.
fn trial(trial: &TrialShape) -> View {
    let t = t();
    let one = |text: &contract::TrialCountShape| {
        let chosen = (trial.chosen == Some(text.text)).then(|| tag(t.effect_chosen()));
        let counts = t.effect_trial_counts(text.answered, format::number(t, text.sent as i64));
        el("li")
            .class("row")
            .child(span("strong").child(say(&text.text.text())))
            .child(span("").child(&text.template_name))
            .child(span("soft").child(counts))
            .child(chosen)
    };
    div("stack-tight")
        .child(el("ul").class("small").children(trial.texts.iter().map(one)))
        .child(p("soft small").child(say(&trial.why)))
}

fn table(label: &str, head: &[(&str, &str)], rows: impl IntoIterator<Item = View>) -> View {
    let head = head.iter().map(|(label, class)| el("th").attr("scope", "col").class(class).child(*label));
    let table = el("table")
        .class("table plain-table")
        .label(label)
        .child(el("thead").child(el("tr").children(head)))
        .child(el("tbody").children(rows));
    el("section").class("card").label(label).child(el("h3").child(label)).child(div("bleed").child(table))
}

//! `/relances/sequences`: who is chased for what, how far that has come, and where a new one begins.

use contract::endpoint::op;
use contract::{Nothing, RelanceScopeQuery, Sequence, SequenceList};
use domain::Permission;
use domain::relance::outcome::OutcomeCode;
use domain::relance::{RelancePurpose, SequenceState};
use leptos::prelude::*;

use super::shell::{self, shell};
use super::words;
use crate::api::{ask, load, query_string, say};
use crate::dom::{View, div, el, link, memo, p, span};
use crate::frame::{Step, address, href, in_scope, portfolio_scope};
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Choice, Icon, Segment, Tone, empty_state, loaded, segments, stacked_bar, tag};

/// The parameter of the address that says which are shown; those that are over are not, unless asked for.
const STATE: &str = "state";
const ALL: &str = "all";

pub fn page() -> View {
    let scope = portfolio_scope();
    let list = load(
        move || scope.get(),
        |scope| {
            let query = RelanceScopeQuery { portfolio_id: in_scope(scope.as_deref()) };
            ask::<op::ListSequences>(Nothing {}, query)
        },
    );
    let state = address().text(STATE);
    let choices = {
        let t = t();
        let states = SequenceState::ALL.iter().map(|s| Choice::new(s.as_str(), say(&s.text())));
        std::iter::once(Choice::new("", t.sequences_current()))
            .chain(states)
            .chain([Choice::new(ALL, t.sequences_all())])
    };
    let bar = segments(
        t().sequence_state(),
        choices.collect(),
        move || state.get(),
        |next| address().set(&[(STATE, Some(&next))], Step::Push),
    );
    let wanted = memo(move || state.get());
    let body = div("stack").child(bar).child(crate::dom::live(move || {
        let wanted = wanted.get();
        loaded(list, 6, move |list: SequenceList| cards(&list, &wanted))
    }));
    let write = session::can(Permission::DossierManage).then(|| new_button().primary());
    shell(shell::SEQUENCES, t().relances_sequences(), t().sequences_lead(), write, body)
}

fn new_button() -> Button {
    Button::link(t().sequence_new(), &format!("{}/{}", shell::SEQUENCES, shell::NEW)).icon(Icon::Plus)
}

fn cards(list: &SequenceList, wanted: &str) -> View {
    let t = t();
    let shows = |sequence: &&Sequence| match wanted {
        ALL => true,
        "" => sequence.state != SequenceState::Archived,
        state => sequence.state.as_str() == state,
    };
    let mut found: Vec<&Sequence> = list.data.iter().filter(shows).collect();
    if list.data.is_empty() {
        return begin();
    }
    if found.is_empty() {
        let all = Button::link(t.sequences_all(), &href(shell::SEQUENCES, &[(STATE, ALL)]));
        return empty_state(Icon::Relance, t.sequences_none_found(), t.sequences_none_found_detail(), [all]);
    }
    found.sort_by_key(|sequence| match sequence.state {
        SequenceState::Active => 0,
        SequenceState::Paused => 1,
        SequenceState::Draft => 2,
        SequenceState::Archived => 3,
    });
    div("campaigns").children(found.into_iter().map(card))
}

/// Nothing stands yet: the purposes, each a beginning.
fn begin() -> View {
    let t = t();
    if !untrack(|| session::can(Permission::DossierManage)) {
        return empty_state(Icon::Relance, t.sequences_none(), t.sequences_none_others(), []);
    }
    let one = |purpose: &RelancePurpose| {
        let to = href(&format!("{}/{}", shell::SEQUENCES, shell::NEW), &[("purpose", purpose.as_str())]);
        Button::link(say(&purpose.text()), &to)
    };
    empty_state(Icon::Relance, t.sequences_none(), t.sequences_none_detail(), RelancePurpose::ALL.iter().map(one))
}

/// Where the dossiers of a sequence are.
pub fn standing(sequence: &Sequence) -> View {
    let t = t();
    let of =
        |codes: &[OutcomeCode]| sequence.ended.iter().filter(|c| codes.contains(&c.code)).map(|c| c.count).sum::<u64>();
    let done = of(&[OutcomeCode::StoppedDone, OutcomeCode::StoppedMandateReceived]);
    let answered = of(&[OutcomeCode::StoppedAnswered]);
    let all: u64 = sequence.ended.iter().map(|c| c.count).sum();
    let page = format!("{}/{}", shell::SEQUENCES, sequence.id);
    let audience = |outcome: &str| href(&page, &[("tab", "audience"), ("outcome", outcome)]);
    let parts = [
        (Tone::Ready, t.sequence_done(), done, audience("stopped_done,stopped_mandate_received")),
        (Tone::OnTrack, t.sequence_answered(), answered, audience("stopped_answered")),
        (Tone::AtRisk, t.sequence_running(), sequence.running, href(&page, &[("tab", "audience"), ("is_in", "true")])),
        (Tone::Unknown, t.sequence_ended_otherwise(), all - done - answered, href(&page, &[("tab", "audience")])),
    ]
    .map(|(tone, label, count, href)| Segment { tone, label: label.to_owned(), count, href });
    stacked_bar(&sequence.name, &parts)
}

fn card(sequence: &Sequence) -> View {
    let t = t();
    let page = format!("{}/{}", shell::SEQUENCES, sequence.id);
    let filter = query_string(&sequence.filter);
    let audience = if filter.is_empty() {
        span("soft").child(t.sequence_whole_firm())
    } else {
        link("", &format!("/dossiers?{filter}")).child(t.sequence_see_filter())
    };
    let steps = sequence.steps.iter().enumerate().map(|(at, step)| {
        el("li")
            .class("row nowrap")
            .child(span("faint num").child(format!("{}.", at + 1)))
            .child(crate::ui::icon(words::channel_icon(step.step.channel)))
            .child(span("truncate").child(say(&step.label)))
    });
    let by = t.sequence_by(format::date(t, format::paris(sequence.updated_at).date()), &sequence.by_name);
    el("section")
        .class("card")
        .label(&sequence.name)
        .child(
            div("stack-tight").child(el("h3").class("truncate").child(link("", &page).child(&sequence.name))).child(
                div("row small")
                    .child(words::state(sequence.state))
                    .child(tag(&say(&sequence.purpose.text())))
                    .child(sequence.orphaned.then(|| tag(t.sequence_orphaned())))
                    .child(audience)
                    .child(span("faint").child(by)),
            ),
        )
        .child(el("ol").class("step-line small").children(steps))
        .child((sequence.state != SequenceState::Draft).then(|| standing(sequence)))
        .child(p("small").child(link("", &page).child(t.sequence_open())))
}

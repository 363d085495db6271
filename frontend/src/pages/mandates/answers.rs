//! What clients answered, beside what the firm knows: taken over or left, singly or in bulk, with the way back.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use contract::endpoint::op;
use contract::{
    ItemOutcome, Nothing, Proposal, ProposalPage, ProposalQuery, ProposalState, ProposalsInput, ProposalsResult,
    Several,
};
use domain::{ActId, DossierId, Permission, ProposalId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::words;
use crate::api::{self, Load, SeekList, ask, load, say, seek_list};
use crate::browser::now;
use crate::dom::{View, div, el, link, live, memo, p, show, span};
use crate::frame::{Step, address};
use crate::pages::dossier::open::say as say_fact;
use crate::pages::selection::Selection;
use crate::pages::words as facts;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Choice, Column, Dialog, HotkeyRegion, Icon, Row, Table, empty_state, hotkey, load_more, seek_state,
    segments, status_as, toasts,
};

const PAGE: u32 = 100;
/// The parameter of the address that says which answers.
const STATE: &str = "proposal";

#[derive(Clone, Copy)]
struct List {
    rows: SeekList<Arc<Proposal>>,
    /// How many wait for the firm, whatever is shown.
    waiting: Load<ProposalPage>,
    selection: Selection,
    busy: RwSignal<bool>,
    dossier: Memo<Option<DossierId>>,
    done: StoredValue<Rc<dyn Fn()>, LocalStorage>,
}

fn may_decide() -> bool {
    session::can(Permission::DossierWrite)
}

impl List {
    fn new(
        state: impl Fn() -> Option<ProposalState> + Send + Sync + 'static,
        dossier: Memo<Option<DossierId>>,
        done: impl Fn() + 'static,
    ) -> List {
        let wanted = Memo::new(move |_| (state(), dossier.get()));
        let rows = seek_list(
            move || wanted.get(),
            |(state, dossier_id): (Option<ProposalState>, Option<DossierId>), after| {
                Box::pin(async move {
                    let proposal = Several(state.into_iter().collect());
                    let query = ProposalQuery { proposal, dossier_id, limit: Some(PAGE), after };
                    let page = ask::<op::ListProposals>(Nothing {}, query).await?;
                    Ok((page.data.into_iter().map(Arc::new).collect(), page.next))
                })
            },
        );
        let waiting = load(
            move || dossier.get(),
            |dossier_id| {
                let query = ProposalQuery { dossier_id, limit: Some(1), ..ProposalQuery::default() };
                ask::<op::ListProposals>(Nothing {}, query)
            },
        );
        List {
            rows,
            waiting,
            selection: Selection::of(rows, move || wanted.track(), |row| row.id.to_string()),
            busy: RwSignal::new(false),
            dossier,
            done: StoredValue::new_local(Rc::new(done)),
        }
    }

    fn reload(self) {
        self.selection.clear();
        self.rows.reload();
        self.waiting.reload();
        session::waiting_moved();
        if let Some(done) = self.done.try_get_value() {
            done();
        }
    }

    fn pending(self) -> u64 {
        self.waiting.value.with(|page| page.as_ref().map_or(0, |page| page.pending))
    }

    /// The chosen ones, or the one row when nothing is chosen.
    fn decide(self, accept: bool, row: Option<&str>) {
        let one = row.filter(|_| self.selection.rows.with_untracked(BTreeSet::is_empty)).and_then(|id| id.parse().ok());
        let ids: Vec<ProposalId> = match one {
            Some(id) => vec![id],
            None => self.selection.rows.with_untracked(|s| s.iter().filter_map(|id| id.parse().ok()).collect()),
        };
        if !ids.is_empty() {
            self.send(Some(ids), accept);
        }
    }

    fn send(self, ids: Option<Vec<ProposalId>>, accept: bool) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let body = ProposalsInput { ids, accept };
            let answer = api::act::<op::DecideProposals>(&Nothing {}, &Nothing {}, &body).await;
            self.busy.try_set(false);
            match answer {
                Ok(result) => {
                    self.tell(&result, accept);
                    self.reload();
                }
                Err(failure) => toasts().failed(&failure),
            }
        });
    }

    fn tell(self, result: &ProposalsResult, accept: bool) {
        let t = t();
        let mut said = match (result.changed, accept) {
            (0, _) => String::new(),
            (n, true) => t.answers_accepted_done(n),
            (n, false) => t.answers_rejected_done(n),
        };
        if result.left_out > 0 {
            let why = result.items.iter().find(|i| i.outcome != ItemOutcome::Changed).and_then(|i| i.reason.as_ref());
            if !said.is_empty() {
                said.push(' ');
            }
            said.push_str(&t.answers_left_out(result.left_out, &why.map(say).unwrap_or_default()));
        }
        match result.act_id {
            Some(act) => toasts().undoable(said, move || self.undo(act)),
            None if result.changed == 0 => toasts().info(said),
            None => toasts().done(said),
        }
    }

    fn undo(self, act: ActId) {
        spawn_local(async move {
            match api::act::<op::UndoAct>(&act, &Nothing {}, &Nothing {}).await {
                Ok(answer) => toasts().done(t().answers_undone(answer.changed)),
                Err(failure) => toasts().failed(&failure),
            }
            self.reload();
        });
    }
}

/// The tab of the mandates.
pub fn view(moved: RwSignal<u32>) -> View {
    let asked = address().text(STATE);
    let state = move || match asked.get().as_str() {
        "all" => None,
        other => Some(ProposalState::try_from(other).unwrap_or(ProposalState::Pending)),
    };
    let one = address().text("dossier_id");
    let dossier = memo(move || one.get().parse().ok());
    let list = List::new(state, dossier, move || moved.update(|n| *n += 1));
    let choices = vec![
        Choice::new("", t().answers_pending()),
        Choice::new(ProposalState::Accepted.as_str(), t().answers_accepted()),
        Choice::new(ProposalState::Rejected.as_str(), t().answers_rejected()),
        Choice::new("all", t().all()),
    ];
    let value = move || {
        let asked = asked.get();
        if asked == ProposalState::Pending.as_str() { String::new() } else { asked }
    };
    let bar = div("list-bar")
        .child(segments(t().answers_state(), choices, value, |state| {
            address().set(&[(STATE, Some(&state))], Step::Push);
        }))
        .child(span("grow"))
        .child(accept_all(list));
    let none = || empty_state(Icon::Check, t().answers_none_title(), t().answers_none_detail(), []);
    if untrack(may_decide) {
        hotkey("a", t().keys_accept(), HotkeyRegion::Lists, move || list.decide(true, None));
        hotkey("r", t().keys_refuse(), HotkeyRegion::Lists, move || list.decide(false, None));
    }
    div("tab-list")
        .child(bar)
        .child(div("with-panel").child(seek_state(list.rows, none, move || table(list, true))))
        .child(load_more(list.rows, move || match list.rows.rows.with(Vec::len) {
            0 => String::new(),
            n => t().answers_shown(n as u64),
        }))
        .child(selection_bar(list))
}

/// The answers of one dossier that wait, as a section of its tab; nothing when none does.
pub fn of_dossier(dossier: Memo<Option<DossierId>>, done: impl Fn() + 'static) -> View {
    let list = List::new(|| Some(ProposalState::Pending), dossier, done);
    let any = memo(move || list.rows.rows.with(|rows| !rows.is_empty()));
    show(
        move || any.get(),
        move || {
            div("stack")
                .child(el("h3").child(t().dossier_answers()))
                .child(table(list, false))
                .child(selection_bar(list))
        },
    )
}

fn table(list: List, named: bool) -> View {
    let t = t();
    let mut columns = vec![
        Column::new("field", t.answers_field()).priority(if named { 2 } else { 1 }).width(40),
        Column::new("known", t.answers_known()).priority(2).width(42),
        Column::new("proposed", t.answers_proposed()).priority(1).width(48),
        Column::new("by", t.answers_by()).priority(4).width(32),
        Column::new("at", t.answers_at()).number().priority(3).width(26),
        Column::new("acts", t.answers_state()).priority(if named { 2 } else { 1 }).width(48),
    ];
    if named {
        columns.insert(0, Column::new("name", t.fact_name()).fixed().grows().width(50));
    }
    let rows = move || list.rows.rows.with(|rows| rows.iter().cloned().map(|p| row(list, p)).collect());
    let table = Table::new(t.mandates_tab_answers(), columns, rows).stale(move || list.rows.is_stale());
    let table = if named { table.windowed(move || list.rows.load_more()) } else { table };
    if !untrack(may_decide) {
        return table.into();
    }
    table
        .selectable(list.selection.rows)
        .on_key(move |key, row| {
            // With a selection the shortcut of the page has it.
            if list.selection.rows.with_untracked(BTreeSet::is_empty) {
                match key {
                    "a" | "A" => list.decide(true, Some(row)),
                    "r" | "R" => list.decide(false, Some(row)),
                    _ => {}
                }
            }
        })
        .into()
}

fn row(list: List, proposal: Arc<Proposal>) -> Row {
    let name = format!("{}, {}", proposal.dossier_name, facts::fact(&proposal.field));
    let mark = proposal.state as u64;
    Row::new(proposal.id.to_string(), mark, name, move |column| untrack(|| cell(list, &proposal, column)))
}

fn cell(list: List, proposal: &Proposal, column: &str) -> View {
    let t = t();
    let value = |value: &serde_json::Value| {
        let said = say_fact(&proposal.field, value);
        span("wraps-cell").attr("title", &said).child(&said)
    };
    match column {
        "name" => View::all([
            link("cell-main truncate", &format!("/dossiers/{}?part=mandates", proposal.dossier_id))
                .attr("title", &proposal.dossier_name)
                .child(&proposal.dossier_name),
            span("cell-sub num").child(format::siren(proposal.siren.as_str())),
        ]),
        "field" => facts::fact(&proposal.field).into(),
        "known" => match &proposal.known {
            Some(known) if !known.is_null() => value(known).add_class("soft"),
            _ => span("faint").child(t.answers_gone()),
        },
        "proposed" => value(&proposal.proposed).add_class("strong"),
        "by" => proposal.by.as_deref().map_or_else(|| span("faint").child("–"), |by| span("truncate").child(by)),
        "at" => span("").attr("title", &format::moment(t, proposal.at)).child(format::relative(t, proposal.at, now())),
        _ if proposal.state == ProposalState::Pending && may_decide() => {
            let id = proposal.id;
            let press = move |accept: bool| move || list.send(Some(vec![id]), accept);
            span("row nowrap")
                .child(Button::new(t.answers_accept()).small().press(press(true)))
                .child(Button::new(t.answers_reject()).quiet().small().press(press(false)))
        }
        _ => {
            let (tone, word) = words::proposal_state(proposal.state);
            let decided = match (&proposal.decided_by, proposal.decided_at) {
                (Some(who), Some(at)) => Some(t.mandate_document_by(who, format::relative(t, at, now()))),
                _ => None,
            };
            status_as(tone, word).add_class("status-plain").attr_if("title", decided.as_deref())
        }
    }
}

/// All that wait, those not shown included: asked before it is done, and undone by a press.
fn accept_all(list: List) -> View {
    let asking = RwSignal::new(false);
    let footer = move || {
        View::all([
            Button::new(t().cancel()).autofocus().press(move || asking.set(false)),
            Button::new(t().answers_accept()).primary().busy(move || list.busy.get()).press(move || {
                asking.set(false);
                list.send(None, true);
            }),
        ])
    };
    let button = live(move || {
        let n = list.pending();
        // Of one dossier the rows themselves are all.
        (n > 1 && may_decide() && list.dossier.get().is_none()).then(|| {
            let title = t().answers_accept_all_title(n);
            View::all([
                Button::new(t().answers_accept_all(n)).icon(Icon::Check).small().press(move || asking.set(true)).into(),
                View::from(Dialog::new(asking, title, || p("").child(t().answers_accept_all_detail())).footer(footer)),
            ])
        })
    });
    div("").child(button)
}

fn selection_bar(list: List) -> View {
    list.selection.bar(
        |n| t().answers_selected(n),
        move || {
            let accept = Button::new(t().answers_accept()).icon(Icon::Check).small().primary();
            let reject = Button::new(t().answers_reject()).icon(Icon::Close).small();
            span("row")
                .child(accept.busy(move || list.busy.get()).press(move || list.decide(true, None)))
                .child(reject.press(move || list.decide(false, None)))
        },
    )
}

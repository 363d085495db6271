//! What people do with open steps.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use contract::{
    ItemOutcome, MailState, Nothing, RelanceAct, RelanceActInput, RelanceActResult, RelanceItem, RelanceRef,
};
use domain::relance::outcome::{AnswerWay, End, Ended, Gap, Outcome, OutcomeCode};
use domain::relance::plan::{Consent, StepDone};
use domain::relance::{Approval, RelanceStep};
use domain::{CabinetId, DossierId, MailId, Text};
use serde_json::json;
use store::dossiers::Stored;
use store::enrolments::{self, Enrolled};
use store::relances::Relance;
use store::{Conn, Scope, dialect};

use super::course::is_task;
use super::desk::Desk;
use super::plans::{close, push, record, replan};
use crate::fields::Check;
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Answer, Call, Result, invalid, journal};

/// Items of one request.
const MOST: usize = 1_000;
const LONGEST_NOTE: usize = 500;

fn few(pointer: &str, n: usize) -> Result<()> {
    if (1..=MOST).contains(&n) {
        return Ok(());
    }
    Err(invalid(
        pointer,
        "out_of_range",
        format!("{n} : de 1 à {MOST} dossiers à la fois sont attendus."),
        format!("{n}: from 1 to {MOST} dossiers at once are expected."),
    ))
}

pub(super) fn noted(note: Option<&str>, pointer: &str) -> Result<String> {
    let Some(note) = note.map(str::trim).filter(|n| !n.is_empty()) else { return Ok(String::new()) };
    let mut check = Check::default();
    let note = check.line(pointer, note, LONGEST_NOTE);
    check.done()?;
    Ok(note)
}

/// Why an act is not done.
type Refused = (ItemOutcome, Option<Text>);

fn refused(fr: &str, en: &str) -> Refused {
    (ItemOutcome::Refused, Some(Text::new(fr, en)))
}

/// What an act changes for one dossier in one sequence.
#[derive(Default)]
struct Change {
    row: Option<Enrolled>,
    new: Option<Relance>,
    /// A call or letter that was done.
    done: Option<Relance>,
}

struct Acting<'a> {
    desk: &'a Desk,
    act: RelanceAct,
    by: &'a str,
    note: &'a str,
}

impl Acting<'_> {
    fn on(&self, row: &Enrolled, tasks: &[Relance]) -> Result<std::result::Result<Change, Refused>> {
        match self.act {
            RelanceAct::Approve => self.approve(row),
            RelanceAct::Skip => self.skip(row),
            RelanceAct::Answered => self.end(row, End::Answered { way: AnswerWay::Hand }).map(Ok),
            RelanceAct::Remove => self.end(row, End::Removed).map(Ok),
            RelanceAct::Done => Ok(self.done(row, tasks)),
        }
    }

    fn open(&self, row: &Enrolled) -> Result<Option<RelanceStep>> {
        let steps = &self.desk.sequence(row.sequence)?.course.steps;
        Ok(steps.iter().find(|s| s.id.to_string() == row.next.step).cloned())
    }

    fn approve(&self, row: &Enrolled) -> Result<std::result::Result<Change, Refused>> {
        let Some(step) = self.open(row)?.filter(|s| s.approval == Approval::Manual) else {
            return Ok(Err(refused("Aucune étape n’attend votre accord.", "No step waits for your consent.")));
        };
        let given: Option<Consent> = serde_json::from_str(&row.consent).ok();
        if given.is_some_and(|c| c.step == step.id) {
            return Ok(Err((ItemOutcome::Unchanged, None)));
        }
        let consent = serde_json::to_string(&Consent { step: step.id, at: self.desk.now })?;
        let row = Enrolled { consent, ..row.clone() };
        Ok(Ok(Change { row: Some(row), ..Change::default() }))
    }

    fn skip(&self, row: &Enrolled) -> Result<std::result::Result<Change, Refused>> {
        let Some(step) = self.open(row)? else {
            return Ok(Err(refused("Aucune étape n’est ouverte.", "No step is open.")));
        };
        let outcome = Outcome::LeftOut { why: Gap::Passed, at: self.desk.now };
        let over = StepDone { step: step.id, outcome, text: None };
        let new = Relance {
            by_name: self.by.to_owned(),
            note: self.note.to_owned(),
            ..record(self.desk, row, &step, &over, None, step.template_id)?
        };
        let mut row = row.clone();
        push(&mut row, &over)?;
        Ok(Ok(Change { row: Some(row), new: Some(new), done: None }))
    }

    fn end(&self, row: &Enrolled, why: End) -> Result<Change> {
        let mut row = row.clone();
        if let End::Answered { way } = why {
            row.answered = Some((self.desk.now, way));
        }
        close(&mut row, Ended { why, at: self.desk.now })?;
        Ok(Change { row: Some(row), ..Change::default() })
    }

    fn done(&self, row: &Enrolled, tasks: &[Relance]) -> std::result::Result<Change, Refused> {
        match tasks.iter().find(|t| t.enrolment == row.id && is_task(t)) {
            Some(task) => Ok(Change { done: Some(task.clone()), ..Change::default() }),
            None => Err(refused("Aucun appel ni lettre n’attend.", "No call or letter waits.")),
        }
    }
}

/// Dossiers in sight, by id.
fn in_sight(conn: &mut Conn, scope: &Scope, ids: &BTreeSet<DossierId>) -> Result<HashMap<DossierId, Stored>> {
    let ids: Vec<DossierId> = ids.iter().copied().collect();
    Ok(store::dossiers::find_many(conn, scope, &ids)?.into_iter().map(|d| (d.id, d)).collect())
}

pub fn act_on_relances(call: &Call, _: Nothing, _: Nothing, body: RelanceActInput) -> Result<Answer<RelanceActResult>> {
    let actor = call.actor()?;
    let (scope, cabinet) = (&actor.scope, actor.scope.cabinet());
    few("/items", body.items.len())?;
    let note = noted(body.note.as_deref(), "/note")?;
    let wanted: BTreeSet<DossierId> = body.items.iter().map(|i| i.dossier_id).collect();
    let mut conn = call.app.store.conn()?;
    let items = conn.write(|conn| -> Result<Vec<RelanceItem>> {
        dialect::lock_cabinet(conn, cabinet)?;
        let dossiers = in_sight(conn, scope, &wanted)?;
        let seen: Vec<DossierId> = dossiers.keys().copied().collect();
        // A call or letter may wait after the dossier has left.
        let rows = enrolments::of_dossiers(conn, cabinet, &seen, body.act == RelanceAct::Done)?;
        let ids: Vec<_> = rows.iter().map(|r| r.id).collect();
        let tasks = match body.act {
            RelanceAct::Done => store::relances::of_enrolments(conn, cabinet, &ids)?,
            _ => Vec::new(),
        };
        let desk = Desk::read(conn, cabinet, whole_micros(call.now))?;
        let acting = Acting { desk: &desk, act: body.act, by: &actor.name, note: &note };
        let (mut items, mut changes) = (Vec::new(), Vec::new());
        for item in &body.items {
            let name = dossiers.get(&item.dossier_id).map(|d| d.facts.name.clone());
            let told = |(outcome, reason): Refused| RelanceItem {
                sequence_id: item.sequence_id,
                dossier_id: item.dossier_id,
                name: name.clone().unwrap_or_default(),
                outcome,
                reason,
            };
            let of = |r: &&Enrolled| r.dossier == item.dossier_id && r.sequence == item.sequence_id;
            let Some(row) = rows.iter().rev().find(of) else {
                items.push(told(absent(name.is_some())));
                continue;
            };
            match acting.on(row, &tasks)? {
                Ok(change) => {
                    changes.push((item, change));
                    items.push(told((ItemOutcome::Changed, None)));
                }
                Err(why) => items.push(told(why)),
            }
        }
        if !body.preview && !changes.is_empty() {
            write(conn, call, &desk, &acting, &dossiers, changes)?;
        }
        Ok(items)
    })?;
    let changed = items.iter().filter(|i| i.outcome == ItemOutcome::Changed).count() as u64;
    Ok(Answer::new(RelanceActResult { changed, left_out: items.len() as u64 - changed, items }))
}

fn absent(is_seen: bool) -> Refused {
    let reason = is_seen.then(|| Text::new("N’est pas dans cette séquence.", "Is not in this sequence."));
    (ItemOutcome::NotFound, reason)
}

fn write(
    conn: &mut Conn,
    call: &Call,
    desk: &Desk,
    acting: &Acting<'_>,
    dossiers: &HashMap<DossierId, Stored>,
    changes: Vec<(&RelanceRef, Change)>,
) -> Result<()> {
    let (mut rows, mut new, mut entries, mut moved) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (item, change) in changes {
        rows.extend(change.row);
        new.extend(change.new);
        if let Some(task) = change.done {
            store::relances::task_done(conn, desk.cabinet, task.id, (acting.by, acting.note), desk.now)?;
        }
        moved.push(item.dossier_id);
        let name = dossiers.get(&item.dossier_id).map(|d| d.facts.name.as_str()).unwrap_or_default();
        let sequence = &desk.sequence(item.sequence_id)?.row.name;
        let mut changes = json!({ "sequence": [null, sequence] });
        if !acting.note.is_empty() {
            changes["note"] = json!([null, acting.note]);
        }
        let event = match acting.act {
            RelanceAct::Approve => "relance.approve",
            RelanceAct::Skip => "relance.skip",
            RelanceAct::Answered => "relance.answered",
            RelanceAct::Remove => "relance.remove",
            RelanceAct::Done => "relance.done",
        };
        entries.push(entry(event, "dossier", item.dossier_id, name, changes));
    }
    enrolments::update(conn, &rows)?;
    store::relances::insert(conn, &new)?;
    store::journal::append(conn, desk.cabinet, &journal::stamp(call), &entries)?;
    replan(conn, desk.cabinet, Some(&moved), call.now)?;
    Ok(())
}

/// The answers to a message, each with when and how.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    pub standing: Option<(DateTime<Utc>, AnswerWay)>,
    /// Noted in error.
    pub taken_back: Vec<(DateTime<Utc>, AnswerWay)>,
}

/// A client has answered by a reply that somebody noted, or that came back: the sequences of that message are over for it. What
/// was taken back takes away what it had ended, and nothing that is known another way. In a write transaction that holds the
/// cabinet's lock.
pub(crate) fn answered(
    conn: &mut Conn,
    cabinet: CabinetId,
    mail: MailId,
    replies: &Replies,
    now: DateTime<Utc>,
) -> Result<()> {
    let borne = store::relances::of_mail(conn, cabinet, mail)?;
    let dossiers: BTreeSet<DossierId> = borne.iter().map(|r| r.dossier).collect();
    let dossiers: Vec<DossierId> = dossiers.into_iter().collect();
    let mut changed = Vec::new();
    for row in enrolments::of_dossiers(conn, cabinet, &dossiers, true)? {
        if !borne.iter().any(|r| r.enrolment == row.id) {
            continue;
        }
        match (replies.standing, row.answered) {
            // Of one that is over already it is kept, too: it is what came of the last message.
            (Some(reply), None) => changed.push(Enrolled { answered: Some(reply), ..row }),
            (None, Some(known)) if replies.taken_back.contains(&known) && !answers_another(conn, &row, mail)? => {
                changed.push(without_answer(row));
            }
            _ => {}
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    enrolments::update(conn, &changed)?;
    replan(conn, cabinet, Some(&dossiers), now)?;
    Ok(())
}

/// Whether the client has answered another message of the same enrolment.
fn answers_another(conn: &mut Conn, row: &Enrolled, mail: MailId) -> Result<bool> {
    let sent = store::relances::of_enrolments(conn, row.cabinet, &[row.id])?;
    let others: Vec<MailId> = sent.iter().filter_map(|r| r.mail).filter(|id| *id != mail).collect();
    let states = store::relances::states_of(conn, row.cabinet, &others)?;
    Ok(states.values().any(|state| state == MailState::Answered.as_str()))
}

/// As it stands without the answer, which alone had ended it if it is over for an answer.
fn without_answer(row: Enrolled) -> Enrolled {
    if row.next.code != OutcomeCode::StoppedAnswered {
        return Enrolled { answered: None, ..row };
    }
    Enrolled { answered: None, ended: String::new(), ended_at: None, ..row }
}

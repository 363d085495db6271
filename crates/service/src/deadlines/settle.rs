//! Settling deadlines with evidence, and taking that back.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use contract::{
    DueEvidence, DueRef, DueResult, ItemOutcome, ItemResult, Nothing, ReopenInput, SettleInput, SettleResult,
};
use domain::calendar::{Due, DueKey, Settlement};
use domain::{DossierId, Text};
use serde_json::{Value, json};
use store::dossiers::Stored;
use store::journal::{Entry, Stamp};
use store::settlements::{self, Record};
use store::{Conn, Scope, dialect};

use super::{NEXT_DAYS, PAST_DAYS, Selection, window};
use crate::dossiers::{Resettled, resettle};
use crate::fields::Check;
use crate::judge::Judge;
use crate::session::whole_micros;
use crate::time::french;
use crate::{Answer, Call, Error, Result, ids, invalid, journal};

/// Kind of the acts that settle.
pub(crate) const ACT: &str = "deadline";
/// Actions of the journal rows. They are about the dossier, so that its history tells them.
const SETTLE: &str = "deadline.settle";
const REOPEN: &str = "deadline.reopen";

/// Deadlines of one act.
const MOST: usize = 50_000;

/// What shows it, checked; a period without operations may go without, and so may a preview.
fn evidence(call: &Call, body: &SettleInput) -> Result<DueEvidence> {
    let today = call.today();
    let mut check = Check::default();
    let needed = body.how == Settlement::Done && !body.preview;
    let mut evidence = match &body.evidence {
        Some(evidence) => evidence.clone(),
        None if needed => {
            check.refuse(
                "/evidence",
                "required",
                "Dites ce qui montre que l’envoi est fait : quoi, d’où, de quel jour.",
                "Say what shows that the report was sent: what, from where, of which day.",
            );
            DueEvidence { what: String::new(), source: String::new(), on: today }
        }
        None => DueEvidence { what: String::new(), source: String::new(), on: today },
    };
    if body.evidence.is_some() {
        for (pointer, text, most) in
            [("/evidence/what", &mut evidence.what, 200), ("/evidence/source", &mut evidence.source, 120)]
        {
            if needed || !text.trim().is_empty() {
                *text = check.line(pointer, text, most);
            } else {
                text.clear();
            }
        }
        let on = evidence.on;
        if on > today {
            check.refuse(
                "/evidence/on",
                "in_the_future",
                format!("{} est à venir : une date passée est attendue, au plus tard aujourd’hui.", french(on)),
                format!("{on} is to come: a day that has come is expected, today at the latest."),
            );
        }
    }
    match (&body.items, &body.query) {
        (None, None) => check.refuse("/items", "required", "Donnez `items` ou `query`.", "Give `items` or `query`."),
        (Some(_), Some(_)) => check.refuse(
            "/query",
            "exclusive",
            "Donnez `items` ou `query`, pas les deux.",
            "Give `items` or `query`, not both.",
        ),
        _ => {}
    }
    check.done()?;
    Ok(evidence)
}

fn refuse_too_many(n: usize) -> Result<()> {
    if n <= MOST {
        return Ok(());
    }
    Err(invalid(
        "/items",
        "too_many",
        format!("{n} échéances choisies ; {MOST} au plus à la fois."),
        format!("{n} deadlines chosen; {MOST} at most at once."),
    ))
}

/// Everything that the query of a list takes.
fn chosen(call: &Call, conn: &mut Conn, scope: &Scope, query: &contract::DeadlineQuery) -> Result<Vec<DueRef>> {
    let today = call.today();
    let days = window(today, (query.from, query.to), (PAST_DAYS, NEXT_DAYS))?;
    let selection = Selection::read(conn, scope, &query.filter.dossiers, days, today)?;
    let rows = selection.rows(&query.filter, None, MOST + 1);
    let reference = |(place, entry): &(usize, &super::Entry)| DueRef {
        dossier_id: selection.dossiers[*place].1,
        key: DueKey { kind: entry.kind, from: entry.from },
    };
    Ok(rows.iter().map(reference).collect())
}

/// The dossiers of a selection, each with the records that stand.
struct Chosen {
    items: Vec<DueRef>,
    found: HashMap<DossierId, Stored>,
    records: HashMap<DossierId, Vec<Record>>,
}

impl Chosen {
    fn read(conn: &mut Conn, scope: &Scope, items: Vec<DueRef>) -> Result<Self> {
        let ids: HashSet<DossierId> = items.iter().map(|i| i.dossier_id).collect();
        let ids: Vec<DossierId> = ids.into_iter().collect();
        let found: HashMap<_, _> =
            store::dossiers::find_many(conn, scope, &ids)?.into_iter().map(|d| (d.id, d)).collect();
        let ids: Vec<DossierId> = found.keys().copied().collect();
        Ok(Self { items, records: settlements::of_dossiers(conn, scope, &ids)?, found })
    }
}

type Outcome = (ItemOutcome, Option<Text>);

fn refused(fr: impl Into<String>, en: impl Into<String>) -> Outcome {
    (ItemOutcome::Refused, Some(Text::new(fr, en)))
}

fn not_found() -> Outcome {
    (ItemOutcome::NotFound, Some(Text::new("Absent de votre périmètre.", "Not within your scope.")))
}

/// Whether a due can be settled now.
fn settles(
    dossier: &Stored,
    due: Option<&Due>,
    key: DueKey,
    how: Settlement,
    evidence: &DueEvidence,
    today: NaiveDate,
) -> Outcome {
    if key.kind.stream().is_none() {
        return refused(
            "Le début d’une obligation suit la préparation du dossier : complétez le dossier.",
            "The start of an obligation follows from the preparation of the dossier: complete the dossier.",
        );
    }
    let Some(due) = due else {
        return refused(
            "N’est pas, ou plus, une période du calendrier de ce dossier.",
            "Is not, or no longer, a period of this dossier’s calendar.",
        );
    };
    if due.from > today {
        return refused(
            format!("La période ne commence que le {}.", french(due.from)),
            format!("The period begins on {} only.", due.from),
        );
    }
    match (dossier.settled.of(due), how) {
        (Some(already), how) if already == how => (ItemOutcome::Unchanged, None),
        (Some(Settlement::Done), _) => {
            refused("Déjà déclarée faite : reprenez-la d’abord.", "Already declared done: reopen it first.")
        }
        (Some(Settlement::NoOperation), _) => refused(
            "Déjà déclarée sans opération : reprenez-la d’abord.",
            "Already declared without operation: reopen it first.",
        ),
        (None, _) if evidence.on < due.from => refused(
            format!("La preuve du {} précède la période, qui commence le {}.", french(evidence.on), french(due.from)),
            format!("The evidence of {} comes before the period, which begins on {}.", evidence.on, due.from),
        ),
        (None, _) => (ItemOutcome::Changed, None),
    }
}

/// A record as the journal tells it.
fn told(record: &Record) -> Value {
    let mut told = json!({
        "kind": record.kind, "from": record.from, "to": record.to, "how": record.how, "on": record.on,
    });
    for (name, text) in [("what", &record.what), ("source", &record.source)] {
        if !text.is_empty() {
            told[name] = json!(text);
        }
    }
    told
}

fn told_all(records: &[Record]) -> Vec<Value> {
    records.iter().map(told).collect()
}

pub fn settle_deadlines(call: &Call, _: Nothing, _: Nothing, body: SettleInput) -> Result<Answer<SettleResult>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let evidence = evidence(call, &body)?;
    refuse_too_many(body.items.as_ref().map_or(0, Vec::len))?;
    let result = call.app.store.conn()?.write(|conn| -> Result<SettleResult> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let items = match (&body.items, &body.query) {
            (Some(items), _) => items.clone(),
            (None, Some(query)) => chosen(call, conn, scope, query)?,
            (None, None) => Vec::new(),
        };
        refuse_too_many(items.len())?;
        let judge = call.judge(conn)?;
        let act = ids::act();
        let new = |due: &Due, dossier: DossierId| Record {
            id: ids::settlement(),
            dossier,
            kind: due.kind,
            from: due.from,
            to: due.to,
            how: body.how,
            what: evidence.what.clone(),
            source: evidence.source.clone(),
            on: evidence.on,
            user: scope.user(),
            user_name: actor.name.clone(),
            act: act.to_string(),
            at: whole_micros(call.now),
        };
        settle(call, conn, scope, &judge, (items, &body, &evidence), new)
    })?;
    Ok(Answer::new(result))
}

/// Settles what can be, in the transaction of the caller, which holds the cabinet's lock.
fn settle(
    call: &Call,
    conn: &mut Conn,
    scope: &Scope,
    judge: &Judge,
    (items, body, evidence): (Vec<DueRef>, &SettleInput, &DueEvidence),
    new: impl Fn(&Due, DossierId) -> Record,
) -> Result<SettleResult> {
    let chosen = Chosen::read(conn, scope, items)?;
    let mut plans = HashMap::new();
    let mut added: BTreeMap<DossierId, Vec<Record>> = BTreeMap::new();
    let mut results = Vec::with_capacity(chosen.items.len());
    for DueRef { dossier_id, key } in &chosen.items {
        let dossier = chosen.found.get(dossier_id);
        let (outcome, reason) = match dossier {
            None => not_found(),
            Some(dossier) => {
                let plan =
                    plans.entry(*dossier_id).or_insert_with(|| judge.assess(&dossier.facts, &dossier.settled).plan);
                let dues = plan.calendar(key.from, key.from).dues;
                let due = dues.iter().find(|d| d.key() == *key);
                let added = added.entry(*dossier_id).or_default();
                // Named twice in one request.
                if added.iter().any(|r| r.kind == key.kind && r.from == key.from) {
                    (ItemOutcome::Unchanged, None)
                } else {
                    let outcome = settles(dossier, due, *key, body.how, evidence, judge.today);
                    if let (ItemOutcome::Changed, Some(due)) = (outcome.0, due) {
                        added.push(new(due, *dossier_id));
                    }
                    outcome
                }
            }
        };
        let name = dossier.map(|d| d.facts.name.clone());
        results.push(DueResult { dossier_id: *dossier_id, name, key: *key, outcome, reason });
    }
    let mut result = summed(results);
    if body.preview || result.changed == 0 {
        return Ok(result);
    }
    let Chosen { mut found, mut records, .. } = chosen;
    let mut new_rows = Vec::new();
    let mut changed = Vec::new();
    for (id, added) in added.into_iter().filter(|(_, added)| !added.is_empty()) {
        let Some(before) = found.remove(&id) else { continue };
        let standing = records.remove(&id).unwrap_or_default();
        let settled = settlements::settled(standing.iter().chain(&added));
        changed.push(Resettled { before, settled, changes: json!({ "settlements": [null, told_all(&added)] }) });
        new_rows.extend(added);
    }
    let Some(act) = new_rows.first().map(|r| r.act.clone()) else { return Ok(result) };
    let stamp = journal::stamp(call);
    store::acts::insert(conn, scope, &act, ACT, call.now)?;
    let entry = Entry {
        action: "act.settle",
        subject_kind: "act",
        subject_id: act.clone(),
        subject_label: String::new(),
        changes: json!({ "how": [null, body.how], "deadlines": [null, new_rows.len()], "dossiers": [null, changed.len()] }),
        act_id: Some(act.clone()),
    };
    store::journal::append(conn, scope.cabinet(), &stamp, &[entry])?;
    settlements::insert(conn, scope, &new_rows)?;
    resettle(conn, scope.cabinet(), &stamp, judge, (SETTLE, Some(&act)), changed)?;
    result.act_id = Some(act.parse().map_err(Error::internal)?);
    Ok(result)
}

fn summed(items: Vec<DueResult>) -> SettleResult {
    let of = |outcome: ItemOutcome| items.iter().filter(|i| i.outcome == outcome).count() as u64;
    let (changed, unchanged) = (of(ItemOutcome::Changed), of(ItemOutcome::Unchanged));
    let left_out = items.len() as u64 - changed - unchanged;
    SettleResult { act_id: None, changed, unchanged, left_out, items }
}

/// Takes records away from dossiers, in the transaction of the caller, which holds the cabinet's lock.
fn take_away(
    conn: &mut Conn,
    scope: &Scope,
    stamp: &Stamp,
    judge: &Judge,
    act: Option<&str>,
    dossiers: Vec<(Stored, Vec<Record>, Vec<Record>)>,
) -> Result<()> {
    let mut gone = Vec::new();
    let mut changed = Vec::new();
    for (before, standing, taken) in dossiers {
        gone.extend(taken.iter().map(|r| r.id));
        let settled = settlements::settled(&standing);
        changed.push(Resettled { before, settled, changes: json!({ "settlements": [told_all(&taken), null] }) });
    }
    settlements::delete(conn, scope, &gone)?;
    resettle(conn, scope.cabinet(), stamp, judge, (REOPEN, act), changed)?;
    Ok(())
}

pub fn reopen_deadlines(call: &Call, _: Nothing, _: Nothing, body: ReopenInput) -> Result<Answer<SettleResult>> {
    let scope = call.scope()?;
    refuse_too_many(body.items.len())?;
    let result = call.app.store.conn()?.write(|conn| -> Result<SettleResult> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let judge = call.judge(conn)?;
        let Chosen { items, mut found, mut records } = Chosen::read(conn, scope, body.items)?;
        let mut taken: BTreeMap<DossierId, Vec<Record>> = BTreeMap::new();
        let mut plans = HashMap::new();
        let mut results = Vec::with_capacity(items.len());
        for DueRef { dossier_id, key } in items {
            let dossier = found.get(&dossier_id);
            let (outcome, reason) = match dossier {
                None => not_found(),
                Some(dossier) => {
                    let plan =
                        plans.entry(dossier_id).or_insert_with(|| judge.assess(&dossier.facts, &dossier.settled).plan);
                    // A change of regime may have cut the periods otherwise than they were settled.
                    let dues = plan.calendar(key.from, key.from).dues;
                    let to = dues.iter().find(|d| d.key() == key).map_or(key.from, |d| d.to);
                    let standing = records.entry(dossier_id).or_default();
                    let (away, stay): (Vec<_>, Vec<_>) =
                        standing.drain(..).partition(|r| r.touches(key.kind, key.from, to));
                    *standing = stay;
                    let outcome = reopened(key, to, &away);
                    taken.entry(dossier_id).or_default().extend(away);
                    outcome
                }
            };
            let name = dossier.map(|d| d.facts.name.clone());
            results.push(DueResult { dossier_id, name, key, outcome, reason });
        }
        let result = summed(results);
        if !body.preview && result.changed > 0 {
            let of = |(id, taken): (DossierId, Vec<Record>)| {
                let before = found.remove(&id).filter(|_| !taken.is_empty())?;
                Some((before, records.remove(&id).unwrap_or_default(), taken))
            };
            let dossiers = taken.into_iter().filter_map(of).collect();
            take_away(conn, scope, &journal::stamp(call), &judge, None, dossiers)?;
        }
        Ok(result)
    })?;
    Ok(Answer::new(result))
}

fn reopened(key: DueKey, to: NaiveDate, away: &[Record]) -> Outcome {
    if key.kind.stream().is_none() {
        return refused(
            "Le début d’une obligation suit la préparation du dossier : rien n’est déclaré à la main.",
            "The start of an obligation follows from the preparation of the dossier: nothing is declared by hand.",
        );
    }
    let first = away.iter().map(|r| r.from).min();
    let last = away.iter().map(|r| r.to).max();
    match first.zip(last) {
        None => (ItemOutcome::Unchanged, None),
        // The record was of a longer period, under another rhythm: it goes whole.
        Some((first, last)) if first < key.from || to < last => {
            let reason = Text::new(
                format!(
                    "La déclaration couvrait du {} au {} : elle est reprise en entier.",
                    french(first),
                    french(last)
                ),
                format!("The declaration covered {first} to {last}: it is taken back whole."),
            );
            (ItemOutcome::Changed, Some(reason))
        }
        Some(_) => (ItemOutcome::Changed, None),
    }
}

/// Takes back what still stands of an act, in the transaction of the caller, which holds the cabinet's lock.
pub(crate) fn undo(conn: &mut Conn, scope: &Scope, stamp: &Stamp, judge: &Judge, act: &str) -> Result<Vec<ItemResult>> {
    let of_act = settlements::of_act(conn, scope, act)?;
    let ids: HashSet<DossierId> = of_act.iter().map(|r| r.dossier).collect();
    let ids: Vec<DossierId> = ids.into_iter().collect();
    let mut found: BTreeMap<DossierId, Stored> =
        store::dossiers::find_many(conn, scope, &ids)?.into_iter().map(|d| (d.id, d)).collect();
    let mut records = settlements::of_dossiers(conn, scope, &ids)?;
    let mut results = Vec::new();
    let mut dossiers = Vec::new();
    for id in ids {
        let Some(before) = found.remove(&id) else {
            let (outcome, reason) = not_found();
            results.push(ItemResult { dossier_id: id, name: None, outcome, reason });
            continue;
        };
        let name = Some(before.facts.name.clone());
        results.push(ItemResult { dossier_id: id, name, outcome: ItemOutcome::Changed, reason: None });
        let (taken, standing) = records.remove(&id).unwrap_or_default().into_iter().partition(|r| r.act == act);
        dossiers.push((before, standing, taken));
    }
    take_away(conn, scope, stamp, judge, Some(act), dossiers)?;
    Ok(results)
}

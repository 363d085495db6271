//! What the firm has done about flows, beside their official status: one or thousands, with a result for each and the way
//! back.

use std::collections::HashMap;

use contract::{FlowHandlingInput, FlowHandlingResult, FlowItem, ItemOutcome, ItemResult, Nothing};
use domain::flow::Handling;
use domain::{FlowId, Text};
use serde_json::{Value, json};
use store::flows::{Handled, Stored};
use store::journal::{Entry, Stamp};
use store::{Conn, Scope, dialect};

use super::Writing;
use super::list::filter;
use super::take::handled_again;
use crate::judge::Judge;
use crate::session::whole_micros;
use crate::{Answer, Call, Error, Result, ids, invalid, journal};

/// Flows of one request.
const MOST: usize = 10_000;
/// Items that are told.
const TOLD: usize = 1_000;
/// Flows that are written at once.
const CHUNK: usize = 500;
const LONGEST_NOTE: usize = 500;

/// The kind of the act, for its undo.
pub(crate) const ACT: &str = "flow";
const HANDLE: &str = "flow.handle";
const UNDO: &str = "flow.undo";

fn too_many(pointer: &str, n: usize) -> Error {
    invalid(
        pointer,
        "too_many",
        format!("Plus de {MOST} flux choisis ({n} au moins) ; {MOST} au plus à la fois : resserrez le filtre."),
        format!("More than {MOST} flows chosen (at least {n}); {MOST} at most at once: narrow the filter."),
    )
}

/// The note without blanks around it, or what is wrong with the body.
fn checked(body: &FlowHandlingInput) -> Result<Option<String>> {
    match (&body.ids, &body.filter) {
        (None, None) => {
            return Err(invalid("/ids", "required", "Donnez `ids` ou `filter`.", "Give `ids` or `filter`."));
        }
        (Some(_), Some(_)) => {
            let (fr, en) = ("Donnez `ids` ou `filter`, pas les deux.", "Give `ids` or `filter`, not both.");
            return Err(invalid("/filter", "exclusive", fr, en));
        }
        (Some(ids), None) if ids.len() > MOST => return Err(too_many("/ids", ids.len())),
        (Some(_), None) | (None, Some(_)) => {}
    }
    let mut check = crate::fields::Check::default();
    let note = body.note.as_deref().map(str::trim).filter(|n| !n.is_empty());
    let note = note.map(|note| check.line("/note", note, LONGEST_NOTE));
    check.done()?;
    if body.handling == Handling::Ignored && note.is_none() {
        return Err(invalid(
            "/note",
            "required",
            "Dites pourquoi rien n’est à faire.",
            "Say why nothing is to be done.",
        ));
    }
    Ok(note)
}

pub fn handle_flows(
    call: &Call,
    _: Nothing,
    _: Nothing,
    body: FlowHandlingInput,
) -> Result<Answer<FlowHandlingResult>> {
    let note = checked(&body)?;
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    if body.preview {
        let chosen = chosen(call, &mut conn, scope, &body)?;
        return Ok(Answer::new(result(judged(&mut conn, scope, &chosen, &body, note.as_deref())?.0, None)));
    }
    let result = conn.write(|conn| -> Result<FlowHandlingResult> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let chosen = chosen(call, conn, scope, &body)?;
        let (items, flows) = judged(conn, scope, &chosen, &body, note.as_deref())?;
        if flows.is_empty() {
            return Ok(result(items, None));
        }
        let act = ids::act();
        let act_id = act.to_string();
        let stamp = journal::stamp(call);
        store::acts::insert(conn, scope, &act_id, ACT, call.now)?;
        let entry = Entry {
            action: "act.flows",
            subject_kind: "act",
            subject_id: act_id.clone(),
            subject_label: String::new(),
            changes: json!({ "handling": [null, body.handling], "note": [null, note], "flows": [null, flows.len()] }),
            act_id: Some(act_id.clone()),
        };
        store::journal::append(conn, scope.cabinet(), &stamp, &[entry])?;
        let by = &call.actor()?.name;
        let judge = call.judge(conn)?;
        let wanted = flows.into_iter().map(|flow| (flow, body.handling, note.clone())).collect();
        write(
            &mut Writing { conn, cabinet: scope.cabinet(), stamp: &stamp, judge: &judge },
            HANDLE,
            &act_id,
            by,
            wanted,
        )?;
        Ok(result(items, Some(act)))
    })?;
    Ok(Answer::new(result))
}

fn chosen(call: &Call, conn: &mut Conn, scope: &Scope, body: &FlowHandlingInput) -> Result<Vec<FlowId>> {
    if let Some(ids) = &body.ids {
        return Ok(ids.clone());
    }
    let Some(query) = &body.filter else { return Ok(Vec::new()) };
    let ids = store::flows::ids(conn, scope, &filter(call, query), MOST as i64)?;
    if ids.len() > MOST { Err(too_many("/filter", ids.len())) } else { Ok(ids) }
}

/// What is told of each flow, and those that change.
fn judged(
    conn: &mut Conn,
    scope: &Scope,
    chosen: &[FlowId],
    body: &FlowHandlingInput,
    note: Option<&str>,
) -> Result<(Vec<FlowItem>, Vec<Stored>)> {
    let mut found: HashMap<FlowId, Stored> =
        store::flows::find_many(conn, scope, chosen)?.into_iter().map(|s| (s.flow.id, s)).collect();
    let mut changing = Vec::new();
    let mut items = Vec::with_capacity(chosen.len());
    for id in chosen {
        let item = |number: String, outcome, reason| FlowItem { id: *id, number, outcome, reason };
        let Some(stored) = found.remove(id) else {
            let reason = Text::new("Absent de votre périmètre.", "Not within your scope.");
            items.push(item(String::new(), ItemOutcome::NotFound, Some(reason)));
            continue;
        };
        let number = stored.flow.key.number.clone();
        let said = stored.handled.first().and_then(|h| h.note.as_deref());
        if stored.flow.handling == body.handling && (note.is_none() || said == note) {
            let text = body.handling.text();
            let reason = Text::new(format!("Déjà « {} ».", text.fr), format!("Already “{}”.", text.en));
            items.push(item(number, ItemOutcome::Unchanged, Some(reason)));
        } else {
            items.push(item(number, ItemOutcome::Changed, None));
            changing.push(stored);
        }
    }
    Ok((items, changing))
}

fn result(mut items: Vec<FlowItem>, act_id: Option<domain::ActId>) -> FlowHandlingResult {
    let changed = items.iter().filter(|i| i.outcome == ItemOutcome::Changed).count() as u64;
    let unchanged = items.iter().filter(|i| i.outcome == ItemOutcome::Unchanged).count() as u64;
    let left_out = items.len() as u64 - changed - unchanged;
    items.truncate(TOLD);
    FlowHandlingResult { changed, left_out, act_id, items }
}

/// Writes what was done, the journal with it, and lets rules look again.
fn write(
    w: &mut Writing<'_>,
    action: &'static str,
    act: &str,
    by: &str,
    wanted: Vec<(Stored, Handling, Option<String>)>,
) -> Result<()> {
    let at = whole_micros(w.stamp.at);
    let mut entries = Vec::with_capacity(wanted.len());
    let mut written = Vec::with_capacity(wanted.len());
    for (mut stored, handling, note) in wanted {
        entries.push(Entry {
            action,
            subject_kind: "flow",
            subject_id: stored.flow.id.to_string(),
            subject_label: stored.flow.key.number.clone(),
            changes: json!({ "handling": [stored.flow.handling, handling], "note": [null, note] }),
            act_id: Some(act.to_owned()),
        });
        let before = stored.flow.clone();
        stored.flow.handling = handling;
        stored.handled.insert(0, Handled { handling, note, by: by.to_owned(), at });
        stored.version += 1;
        stored.updated_at = at;
        written.push((before, stored));
    }
    store::journal::append(w.conn, w.cabinet, w.stamp, &entries)?;
    for chunk in written.chunks(CHUNK) {
        store::flows::handle(w.conn, w.cabinet, chunk.iter().map(|(_, stored)| stored))?;
        handled_again(w, chunk)?;
    }
    Ok(())
}

/// Gives flows of an act what they had before, where nobody has said anything since.
pub(crate) fn undo(
    conn: &mut Conn,
    scope: &Scope,
    stamp: &Stamp,
    judge: &Judge,
    act: &str,
    by: &str,
) -> Result<Vec<(ItemResult, bool)>> {
    let cabinet = scope.cabinet();
    let mut results = Vec::new();
    let mut wanted = Vec::new();
    let mut after_seq = 0;
    loop {
        let rows = store::journal::of_act(conn, cabinet, act, ("flow", UNDO), after_seq, 500)?;
        let Some(last) = rows.last() else { break };
        after_seq = last.seq;
        let ids: Vec<FlowId> = rows.iter().filter_map(|r| r.subject_id.parse().ok()).collect();
        let mut present: HashMap<String, Stored> =
            store::flows::find_many(conn, scope, &ids)?.into_iter().map(|s| (s.flow.id.to_string(), s)).collect();
        for row in rows {
            let changes: Value = serde_json::from_str(&row.changes)?;
            let before = changes["handling"][0].as_str().and_then(|h| Handling::try_from(h).ok());
            let (outcome, reason, dossier) = match (present.remove(&row.subject_id), before) {
                (Some(stored), Some(before)) => {
                    let own = stored.handled.first().is_some_and(|h| h.at == store::time::from_db(row.at));
                    let dossier = stored.flow.dossier;
                    if own {
                        wanted.push((stored, before, Some("Annulation".to_owned())));
                        (ItemOutcome::Changed, None, dossier)
                    } else {
                        let reason = Text::new("Traité depuis : conservé.", "Handled since: kept.");
                        (ItemOutcome::Kept, Some(reason), dossier)
                    }
                }
                _ => {
                    let reason = Text::new(
                        "Supprimé depuis, ou hors de votre périmètre.",
                        "Deleted since, or out of your scope.",
                    );
                    (ItemOutcome::NotFound, Some(reason), None)
                }
            };
            // An item is told by its dossier: a flow without one is only counted.
            let nobody = domain::DossierId::from_uuid(uuid::Uuid::nil());
            let item =
                ItemResult { dossier_id: dossier.unwrap_or(nobody), name: Some(row.subject_label), outcome, reason };
            results.push((item, dossier.is_some()));
        }
    }
    write(&mut Writing { conn, cabinet, stamp, judge }, UNDO, act, by, wanted)?;
    Ok(results)
}

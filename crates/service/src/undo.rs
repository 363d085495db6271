//! Taking an act back: a bulk act or an import. The journal tells what it did; a dossier is given back what it had only
//! where nobody has worked on it since.

use std::collections::HashSet;

use chrono::NaiveDate;
use contract::{ItemOutcome, ItemResult};
use domain::{DossierId, Text};
use serde_json::{Map, Value};
use store::journal::Stamp;
use store::{Conn, Scope};

use crate::Result;
use crate::dossiers::{Cause, Draft, write};

/// The action of the journal rows that an undo writes.
pub const ACTION: &str = "dossier.undo";

/// Takes back every dossier of an act, in the transaction of the caller, which holds the cabinet's lock. `seen` is told
/// how many dossiers are done.
pub fn undo(
    conn: &mut Conn,
    scope: &Scope,
    stamp: &Stamp,
    today: NaiveDate,
    act: &str,
    seen: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<Vec<ItemResult>> {
    let cabinet = scope.cabinet();
    let cause = Cause { created: ACTION, updated: ACTION, deleted: ACTION, act_id: Some(act) };
    let touched = store::journal::touched_since(conn, cabinet, act)?;
    let mut results = Vec::new();
    let mut after_seq = 0;
    loop {
        let rows = store::journal::of_act(conn, cabinet, act, ACTION, after_seq, 500)?;
        let Some(last) = rows.last() else { break };
        after_seq = last.seq;
        let ids: Vec<DossierId> = rows.iter().filter_map(|r| r.subject_id.parse().ok()).collect();
        let mut present: std::collections::HashMap<DossierId, store::dossiers::Stored> =
            store::dossiers::find_many(conn, scope, &ids)?.into_iter().map(|d| (d.id, d)).collect();
        let mut drafts = Vec::new();
        for row in rows {
            let Ok(dossier_id) = row.subject_id.parse::<DossierId>() else { continue };
            let changes: Map<String, Value> = serde_json::from_str(&row.changes)?;
            let (outcome, reason) = match present.remove(&dossier_id) {
                None => (
                    ItemOutcome::NotFound,
                    Some(Text::new(
                        "Supprimé depuis, ou hors de votre périmètre.",
                        "Deleted since, or out of your scope.",
                    )),
                ),
                Some(now) => match take_back(conn, scope, now, &row.action, &changes, &touched)? {
                    Ok(draft) => {
                        drafts.push(draft);
                        (ItemOutcome::Changed, None)
                    }
                    Err((outcome, reason)) => (outcome, Some(reason)),
                },
            };
            results.push(ItemResult { dossier_id, name: Some(row.subject_label), outcome, reason });
        }
        write(conn, cabinet, stamp, today, cause, drafts)?;
        seen(results.len() as u64)?;
    }
    Ok(results)
}

type Left = (ItemOutcome, Text);

fn take_back(
    conn: &mut Conn,
    scope: &Scope,
    now: store::dossiers::Stored,
    action: &str,
    changes: &Map<String, Value>,
    touched: &HashSet<String>,
) -> Result<std::result::Result<Draft, Left>> {
    if action.ends_with(".create") {
        if touched.contains(&now.id.to_string()) {
            let reason = Text::new(
                "Créé par cet acte et modifié depuis : conservé.",
                "Created by this act and edited since: kept.",
            );
            return Ok(Err((ItemOutcome::Kept, reason)));
        }
        return Ok(Ok(Draft { before: Some(now), after: None }));
    }
    let present = now.facts.said();
    let mut fields = Vec::new();
    for (field, change) in changes {
        let (before, after) = (change.get(0).cloned().unwrap_or_default(), change.get(1).cloned().unwrap_or_default());
        if present.get(field).unwrap_or(&Value::Null) != &after {
            let reason = Text::new(
                format!("`{field}` a été modifié depuis : conservé."),
                format!("`{field}` was edited since: kept."),
            );
            return Ok(Err((ItemOutcome::Kept, reason)));
        }
        fields.push((field.clone(), before));
    }
    let Ok(facts) = now.facts.with_fields(fields) else {
        let reason = Text::new("L’état d’avant n’est plus lisible.", "The former state cannot be read any more.");
        return Ok(Err((ItemOutcome::Refused, reason)));
    };
    if facts.siren != now.facts.siren && store::dossiers::siren_is_taken(conn, scope, facts.siren)? {
        let reason = Text::new(
            format!("Son SIREN d’avant, {}, est celui d’un autre dossier à présent.", facts.siren),
            format!("Its former SIREN, {}, is that of another dossier now.", facts.siren),
        );
        return Ok(Err((ItemOutcome::Refused, reason)));
    }
    if facts.portfolio_id != now.facts.portfolio_id
        && let Some(id) = facts.portfolio_id
        && !store::references::portfolio_exists(conn, scope, id)?
    {
        let reason = Text::new("L’ancien portefeuille n’existe plus.", "The former portfolio does not exist any more.");
        return Ok(Err((ItemOutcome::Refused, reason)));
    }
    Ok(Ok(Draft { before: Some(now), after: Some(facts) }))
}

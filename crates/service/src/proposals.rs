//! Answers of clients: beside what the firm knows, taken over or left, singly or all at once.

use std::collections::{BTreeMap, HashMap};

use contract::{
    DossierChange, ItemOutcome, Nothing, Proposal as ProposalShape, ProposalItem, ProposalPage, ProposalQuery,
    ProposalState, ProposalsInput, ProposalsResult,
};
use domain::{DossierFacts, DossierId, ProposalId, Text};
use serde_json::{Value, json};
use store::Conn;
use store::dialect;
use store::dossiers::Stored;
use store::journal::Entry;
use store::proposals::{self, Proposal};

use crate::dossiers::{BY_HAND, Cause, Draft, changed, tidy, write};
use crate::people::entry;
use crate::{Answer, Call, Error, Result, cursor, ids, invalid, journal};

/// Answers decided at once.
const MOST: usize = 5_000;

/// What the firm knows now, as the field of a change has it.
fn known(facts: &DossierFacts, field: &str, today: chrono::NaiveDate) -> Option<Value> {
    if field == "vat_regime" {
        return facts.vat_regime_on(today).map(|r| json!(r));
    }
    facts.said().get(field).cloned()
}

pub fn list_proposals(call: &Call, _: Nothing, query: ProposalQuery, _: Nothing) -> Result<Answer<ProposalPage>> {
    let limit = cursor::limit(query.limit)?;
    let after = query.after.as_deref().map(cursor::read::<1>).transpose()?.map(|[id]| id);
    let scope = call.scope()?;
    let states: Vec<String> = query.proposal.0.iter().map(ToString::to_string).collect();
    let mut conn = call.app.store.conn()?;
    let mut rows = proposals::list(&mut conn, scope, &states, query.dossier_id, after, limit + 1)?;
    let next = (rows.len() as i64 > limit).then(|| {
        rows.truncate(limit as usize);
        rows.last().map(|row| cursor::write(&[&row.id.to_string()]))
    });
    let mut wanted: Vec<DossierId> = rows.iter().map(|p| p.dossier).collect();
    wanted.sort();
    wanted.dedup();
    let dossiers: HashMap<DossierId, Stored> =
        store::dossiers::find_many(&mut conn, scope, &wanted)?.into_iter().map(|d| (d.id, d)).collect();
    let mut data = Vec::with_capacity(rows.len());
    for row in rows {
        // Deleted between the two reads.
        let Some(dossier) = dossiers.get(&row.dossier) else { continue };
        data.push(ProposalShape {
            id: row.id,
            dossier_id: row.dossier,
            dossier_name: dossier.facts.name.clone(),
            siren: dossier.facts.siren,
            known: known(&dossier.facts, &row.field, call.today()),
            field: row.field,
            proposed: serde_json::from_str(&row.value)?,
            state: ProposalState::try_from(row.state.as_str()).map_err(Error::internal)?,
            by: Some(row.by_name).filter(|n| !n.is_empty()),
            at: row.at,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
        });
    }
    let pending = proposals::pending(&mut conn, scope)?;
    Ok(Answer::new(ProposalPage { data, next: next.flatten(), pending }))
}

pub fn decide_proposals(call: &Call, _: Nothing, _: Nothing, body: ProposalsInput) -> Result<Answer<ProposalsResult>> {
    if let Some(n) = body.ids.as_ref().map(Vec::len).filter(|n| *n > MOST) {
        return Err(invalid(
            "/ids",
            "too_many",
            format!("{n} réponses choisies ; {MOST} au plus à la fois."),
            format!("{n} answers chosen; {MOST} at most at once."),
        ));
    }
    let scope = call.scope()?;
    let result = call.app.store.conn()?.write(|conn| -> Result<ProposalsResult> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let found = proposals::chosen(conn, scope, body.ids.as_deref())?;
        let mut items = Vec::new();
        if let Some(wanted) = &body.ids {
            items.extend(wanted.iter().filter(|id| !found.iter().any(|p| p.id == **id)).map(|id| ProposalItem {
                proposal_id: *id,
                dossier_id: DossierId::from_uuid(uuid::Uuid::nil()),
                outcome: ItemOutcome::NotFound,
                reason: Some(Text::new("Absente de votre périmètre.", "Not within your scope.")),
            }));
        }
        let mut open: BTreeMap<DossierId, Vec<Proposal>> = BTreeMap::new();
        for proposal in found {
            if proposal.state == ProposalState::Pending.as_str() {
                open.entry(proposal.dossier).or_default().push(proposal);
            } else {
                let reason = Text::new("Déjà décidée, ou remplacée depuis.", "Decided already, or replaced since.");
                items.push(item(&proposal, ItemOutcome::Kept, Some(reason)));
            }
        }
        let (decided, drafts) =
            if body.accept { take_over(call, conn, open, &mut items)? } else { reject(open, &mut items) };
        let state = if body.accept { ProposalState::Accepted } else { ProposalState::Rejected };
        let ids: Vec<ProposalId> = decided.iter().map(|p| p.id).collect();
        proposals::decide(conn, scope, &ids, state.as_str(), call.now)?;
        let act_id = tell(call, conn, state, &decided, drafts)?;
        let changed = items.iter().filter(|i| i.outcome == ItemOutcome::Changed).count() as u64;
        let unchanged = items.iter().filter(|i| i.outcome == ItemOutcome::Unchanged).count() as u64;
        Ok(ProposalsResult { changed, left_out: items.len() as u64 - changed - unchanged, act_id, items })
    })?;
    Ok(Answer::new(result))
}

fn item(proposal: &Proposal, outcome: ItemOutcome, reason: Option<Text>) -> ProposalItem {
    ProposalItem { proposal_id: proposal.id, dossier_id: proposal.dossier, outcome, reason }
}

fn reject(open: BTreeMap<DossierId, Vec<Proposal>>, items: &mut Vec<ProposalItem>) -> (Vec<Proposal>, Vec<Draft>) {
    let decided: Vec<Proposal> = open.into_values().flatten().collect();
    items.extend(decided.iter().map(|p| item(p, ItemOutcome::Changed, None)));
    (decided, Vec::new())
}

/// Applies each answer of a dossier by itself, so that one that no longer fits does not hold the others back.
fn take_over(
    call: &Call,
    conn: &mut Conn,
    open: BTreeMap<DossierId, Vec<Proposal>>,
    items: &mut Vec<ProposalItem>,
) -> Result<(Vec<Proposal>, Vec<Draft>)> {
    let scope = call.scope()?;
    let today = call.today();
    let judge = call.judge(conn)?;
    let ids: Vec<DossierId> = open.keys().copied().collect();
    let mut dossiers: HashMap<DossierId, Stored> =
        store::dossiers::find_many(conn, scope, &ids)?.into_iter().map(|d| (d.id, d)).collect();
    let (mut decided, mut drafts) = (Vec::new(), Vec::new());
    for (id, of) in open {
        let Some(before) = dossiers.remove(&id) else { continue };
        let mut after = before.facts.clone();
        for proposal in of {
            let value: Value = serde_json::from_str(&proposal.value)?;
            let fields = std::iter::once((proposal.field.clone(), value)).collect();
            let next = changed(&after, &DossierChange { fields }, today).and_then(|mut next| {
                tidy(&mut next, today, &judge.register)?;
                Ok(next)
            });
            match next {
                Ok(next) => {
                    let outcome = if next == after { ItemOutcome::Unchanged } else { ItemOutcome::Changed };
                    items.push(item(&proposal, outcome, None));
                    after = next;
                    decided.push(proposal);
                }
                Err(error) => {
                    let reason = error.fields.into_iter().next().map(|f| f.message).or(error.detail);
                    items.push(item(&proposal, ItemOutcome::Refused, reason));
                }
            }
        }
        if after != before.facts {
            drafts.push(Draft { before: Some(before), after: Some(after) });
        }
    }
    Ok((decided, drafts))
}

/// Writes the dossiers as one act that can be taken back, and tells in the journal what was decided.
fn tell(
    call: &Call,
    conn: &mut Conn,
    state: ProposalState,
    decided: &[Proposal],
    drafts: Vec<Draft>,
) -> Result<Option<domain::ActId>> {
    if decided.is_empty() {
        return Ok(None);
    }
    let scope = call.scope()?;
    let stamp = journal::stamp(call);
    if drafts.is_empty() {
        let names: Vec<&str> = decided.iter().map(|p| p.field.as_str()).collect();
        let changes = json!({ "decided": [null, state], "answers": [null, decided.len()], "fields": [null, names] });
        let row = entry("proposal.decide", "cabinet", scope.cabinet(), "", changes);
        store::journal::append(conn, scope.cabinet(), &stamp, &[row])?;
        return Ok(None);
    }
    let act = ids::act();
    let id = act.to_string();
    store::acts::insert(conn, scope, &id, "bulk", call.now)?;
    let row = Entry {
        action: "proposal.decide",
        subject_kind: "act",
        subject_id: id.clone(),
        subject_label: String::new(),
        changes: json!({
            "decided": [null, state], "answers": [null, decided.len()], "dossiers": [null, drafts.len()],
        }),
        act_id: Some(id.clone()),
    };
    store::journal::append(conn, scope.cabinet(), &stamp, &[row])?;
    let judge = call.judge(conn)?;
    write(conn, scope.cabinet(), &stamp, &judge, Cause { act_id: Some(&id), ..BY_HAND }, drafts)?;
    Ok(Some(act))
}

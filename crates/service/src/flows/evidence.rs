//! What flows show of a client: that it sends, receives, reports. It is kept among the facts of the dossier, and written
//! only where it says something that did not count before.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use domain::flow::{Flow, StatusEvent, proves};
use domain::{Criterion, DossierId, Evidence, ProofSource, reference};

use super::Writing;
use super::take::day_of;
use crate::Result;
use crate::dossiers::{BY_HAND, Draft, order_proofs, write};

/// The latest that was shown, by dossier and criterion.
#[derive(Debug, Default)]
pub(super) struct Shown(BTreeMap<DossierId, BTreeMap<Criterion, Latest>>);

#[derive(Debug)]
struct Latest {
    on: NaiveDate,
    what: String,
}

impl Shown {
    pub fn of(&mut self, flow: &Flow, events: &[StatusEvent], today: NaiveDate) {
        let Some(dossier) = flow.dossier else { return };
        for event in events {
            let Some(code) = event.code else { continue };
            for criterion in proves(flow, code) {
                let on = day_of(event.at, today);
                let latest = self.0.entry(dossier).or_default();
                if latest.get(&criterion).is_none_or(|l| l.on < on) {
                    latest.insert(criterion, Latest { on, what: what(flow, code) });
                }
            }
        }
    }
}

fn what(flow: &Flow, code: u32) -> String {
    let label = reference::status(code).map_or_else(|| code.to_string(), |row| row.label.fr.clone());
    let platform = if flow.platform.is_empty() { String::new() } else { format!(" ({})", flow.platform) };
    let said = format!("{} {}{platform} : {label}", flow.kind.text().fr, flow.key.number);
    said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

/// Evidence this much later than the one that stands says something new.
const LATER_DAYS: u64 = 30;

/// Whether a later proof would count for more than the one that stands: nothing stands, or the one that stands is fading
/// and the new one is not. So the flows of years, taken over in any order, write a dossier a time or two.
fn says_more(standing: Option<NaiveDate>, new: NaiveDate, criterion: Criterion, today: NaiveDate) -> bool {
    let Some(standing) = standing else { return true };
    let days =
        reference::readiness().criteria.iter().find(|row| row.code == criterion).and_then(|row| row.evidence_days);
    // What never fades is proved once.
    let Some(days) = days.and_then(|days| u64::try_from(days).ok()) else { return false };
    let later = |day: NaiveDate, n: u64| day.checked_add_days(Days::new(n)).unwrap_or(NaiveDate::MAX);
    let fresh = later(new, LATER_DAYS) >= today;
    let faded = later(standing, days) < today && later(new, days) >= today;
    later(standing, LATER_DAYS) <= new && (fresh || faded)
}

/// Refreshes the evidence of dossiers. Needs the cabinet's lock.
pub(super) fn prove(w: &mut Writing<'_>, shown: Shown) -> Result<()> {
    if shown.0.is_empty() {
        return Ok(());
    }
    let ids: Vec<DossierId> = shown.0.keys().copied().collect();
    let today = w.judge.today;
    let mut wanted = BTreeMap::new();
    for (id, proofs) in store::flows::proofs_of(w.conn, w.cabinet, &ids)? {
        let Some(latest) = shown.0.get(&id) else { continue };
        let more: Vec<(Criterion, &Latest)> = latest
            .iter()
            .filter(|(criterion, latest)| {
                let own = proofs.iter().filter(|p| p.source == ProofSource::Flow && p.criterion == **criterion);
                says_more(own.map(|p| p.on).max(), latest.on, **criterion, today)
            })
            .map(|(criterion, latest)| (*criterion, latest))
            .collect();
        if !more.is_empty() {
            wanted.insert(id, more);
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let ids: Vec<DossierId> = wanted.keys().copied().collect();
    let drafts = store::dossiers::of_cabinet(w.conn, w.cabinet, &ids)?
        .into_iter()
        .map(|before| {
            let mut facts = before.facts.clone();
            for (criterion, latest) in wanted.get(&before.id).into_iter().flatten() {
                facts.proofs.retain(|p| p.source != ProofSource::Flow || p.criterion != *criterion);
                facts.proofs.push(Evidence {
                    criterion: *criterion,
                    what: latest.what.clone(),
                    source: ProofSource::Flow,
                    on: latest.on,
                    expires_on: None,
                    by: None,
                    against: false,
                });
            }
            order_proofs(&mut facts.proofs);
            Draft { before: Some(before), after: Some(facts) }
        })
        .collect();
    write(w.conn, w.cabinet, w.stamp, w.judge, BY_HAND, drafts)?;
    Ok(())
}

/// Brings the evidence of dossiers down to what their flows still show. Needs the cabinet's lock.
pub(super) fn prove_less(w: &mut Writing<'_>, ids: &[DossierId], shown: &Shown) -> Result<()> {
    let drafts = store::dossiers::of_cabinet(w.conn, w.cabinet, ids)?
        .into_iter()
        .map(|before| {
            let latest = |criterion: &Criterion| shown.0.get(&before.id)?.get(criterion);
            let mut facts = before.facts.clone();
            facts.proofs.retain(|p| p.source != ProofSource::Flow || latest(&p.criterion).is_some());
            for proof in facts.proofs.iter_mut().filter(|p| p.source == ProofSource::Flow) {
                if let Some(shown) = latest(&proof.criterion).filter(|shown| shown.on < proof.on) {
                    (proof.on, proof.what) = (shown.on, shown.what.clone());
                }
            }
            order_proofs(&mut facts.proofs);
            Draft { before: Some(before), after: Some(facts) }
        })
        .collect();
    write(w.conn, w.cabinet, w.stamp, w.judge, BY_HAND, drafts)?;
    Ok(())
}

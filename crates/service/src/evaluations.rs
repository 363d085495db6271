//! The evaluation of all dossiers of a cabinet: once a day, for time alone changes what is due, and after a change of
//! what they are judged by.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::calendar::Settled;
use domain::{CabinetId, DossierFacts, Mark, Sums};
use store::evaluations::{Evaluated, Kept, Progress};
use store::moves::Change;
use store::{Conn, dialect};

use crate::judge::Judge;
use crate::{App, Error, Result};

/// Dossiers in one transaction: others write between two.
const BATCH: i64 = 1_000;

/// Evaluates every dossier of a cabinet that was not evaluated by what counts now. Not a change of facts, so neither a
/// version nor the journal moves. A run that was stopped goes on where it was. `step` hears how many are done and of
/// how many, and may stop the run by an error. Returns how many dossiers were looked at.
pub fn run(
    app: &App,
    cabinet: CabinetId,
    today: NaiveDate,
    step: &dyn Fn(u64, Option<u64>) -> Result<()>,
) -> Result<u64> {
    let mut conn = app.store.conn()?;
    let basis = app.judge(&mut conn, cabinet, today)?.basis();
    // Looking costs no lock.
    if store::evaluations::progress(&mut conn, cabinet)?.is_some_and(|p| p.done && p.basis == basis) {
        return Ok(0);
    }
    let total = u64::try_from(store::evaluations::count(&mut conn, cabinet)?).ok();
    let mut done = 0;
    loop {
        let (count, is_last) = conn.write(|conn| -> Result<_> {
            dialect::lock_cabinet(conn, cabinet)?;
            let judge = app.judge(conn, cabinet, today)?;
            batch(conn, cabinet, &judge)
        })?;
        // Begun anew when the rules change on the way.
        done += count;
        step(total.map_or(done, |total| done.min(total)), total)?;
        if is_last {
            return Ok(done);
        }
    }
}

/// The next dossiers, and whether they were the last ones. Needs the cabinet's lock.
fn batch(conn: &mut Conn, cabinet: CabinetId, judge: &Judge) -> Result<(u64, bool)> {
    let basis = judge.basis();
    let after_id = match store::evaluations::progress(conn, cabinet)? {
        Some(p) if p.basis == basis && p.done => return Ok((0, true)),
        Some(p) if p.basis == basis => p.after_id,
        // Begun by other rules, or yesterday: from the start.
        Some(_) | None => String::new(),
    };
    let dossiers = store::evaluations::next(conn, cabinet, &after_id, BATCH)?;
    let count = u64::try_from(dossiers.len()).unwrap_or_default();
    let done = dossiers.len() < usize::try_from(BATCH).unwrap_or(usize::MAX);
    let after_id = dossiers.last().map_or(after_id, |d| d.id.to_string());
    let mut sums: BTreeMap<store::sums::Key, Sums> = BTreeMap::new();
    let (mut moves, mut changed) = (Vec::new(), Vec::new());
    for dossier in dossiers {
        let (mark, kept) = judged(judge, &dossier)?;
        if mark != dossier.mark {
            let sum = sums.entry((dossier.portfolio, dossier.confidential)).or_default();
            sum.leave(&dossier.mark);
            sum.enter(&mark);
            moves.push(Change { dossier: dossier.id, before: (&dossier.mark).into(), after: (&mark).into() });
        }
        if mark != dossier.mark || kept != dossier.kept {
            changed.push((dossier.id, mark, kept));
        }
    }
    store::evaluations::write(conn, cabinet, &changed)?;
    store::moves::record(conn, cabinet, judge.today, &moves)?;
    store::sums::add(conn, cabinet, &sums)?;
    store::evaluations::set_progress(conn, cabinet, &Progress { basis, after_id, done })?;
    Ok((count, done))
}

fn judged(judge: &Judge, dossier: &Evaluated) -> Result<(Mark, Kept)> {
    let facts: DossierFacts = serde_json::from_str(&dossier.facts)?;
    let settled = Settled::read(&dossier.settled)
        .ok_or_else(|| Error::internal(format!("dossier {}: what is settled cannot be read", dossier.id)))?;
    let assessment = judge.assess(&facts, &settled);
    let evaluation = &assessment.evaluation;
    let kept = Kept {
        next_act: evaluation.next_act.map(|c| c.to_string()).unwrap_or_default(),
        size_class: evaluation.size.class.map(|c| c.to_string()).unwrap_or_default(),
        vat_regime: evaluation.regime.map(|r| r.to_string()).unwrap_or_default(),
        plan: assessment.plan.written(),
    };
    Ok((assessment.mark(), kept))
}

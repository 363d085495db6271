//! The evaluation of all dossiers of a cabinet: once a day, for time alone changes what is due, and after a change of
//! what they are judged by.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::calendar::Settled;
use domain::mandate::Held;
use domain::{CabinetId, DossierFacts, Mark, ScoreRules, Standing, Sums};
use store::evaluations::{Evaluated, Findings, Found, Progress};
use store::moves::Change;
use store::standings::{Followed, Restood};
use store::{Conn, dialect};

use crate::judge::{self, Judge};
use crate::{App, Error, Result};

/// Dossiers in one transaction: many, for each transaction writes the pages of the indexes that it touches; not all, for
/// others write between two.
const BATCH: usize = 5_000;

/// Threads that judge: one core stays for those who ask meanwhile to share.
const JUDGING: usize = 2;

/// Evaluates every dossier of a cabinet that was not evaluated by what counts now: a change of rules judges the verdicts
/// that stand, anything else the facts. Not a change of facts, so neither a
/// version nor the journal moves. A run that was stopped goes on where it was; one whose rules change on the way begins
/// again. Where only days have passed, the dossiers are looked at of which these could have changed something. `step`
/// hears how many are done and of how many, and may stop the run by an error. Returns how many dossiers were looked at.
pub fn run(
    app: &App,
    cabinet: CabinetId,
    today: NaiveDate,
    step: &dyn Fn(u64, Option<u64>) -> Result<()>,
) -> Result<u64> {
    run_by(app, cabinet, today, BATCH, step)
}

/// The same by so many dossiers at once.
pub fn run_by(
    app: &App,
    cabinet: CabinetId,
    today: NaiveDate,
    batch: usize,
    step: &dyn Fn(u64, Option<u64>) -> Result<()>,
) -> Result<u64> {
    let mut conn = app.store.conn()?;
    let mut done = 0;
    'again: loop {
        let judge = app.judge(&mut conn, cabinet, today)?;
        let basis = judge.basis();
        // Looking costs no lock.
        if store::standings::followed(&mut conn, cabinet)? != followed_by(&judge) {
            conn.write(|conn| -> Result<()> {
                dialect::lock_cabinet(conn, cabinet)?;
                let judge = app.judge(conn, cabinet, today)?;
                follow(conn, cabinet, &judge)
            })?;
        }
        let ids = match store::evaluations::progress(&mut conn, cabinet)? {
            Some(p) if p.basis == basis && p.done => return Ok(done),
            Some(p) if p.basis == basis => store::evaluations::after(&mut conn, cabinet, &p.after_id)?,
            // Only days have passed: what they cannot have changed is as it was found.
            Some(p) if p.done && judge.only_days_after(&p.basis) => store::evaluations::due(&mut conn, cabinet, today)?,
            // Found by something else, not whole, or never: from the start.
            Some(_) | None => store::evaluations::after(&mut conn, cabinet, "")?,
        };
        let total = u64::try_from(ids.len()).ok().map(|left| done + left);
        // A cabinet without dossiers is done as well.
        let batches = ids.chunks(batch.max(1)).chain(ids.is_empty().then_some(&[][..]));
        for batch in batches {
            let is_last = batch.last() == ids.last();
            let still = conn.write(|conn| -> Result<bool> {
                dialect::lock_cabinet(conn, cabinet)?;
                let judge = app.judge(conn, cabinet, today)?;
                if judge.basis() != basis {
                    return Ok(false);
                }
                follow(conn, cabinet, &judge)?;
                evaluate(conn, cabinet, &judge, batch)?;
                if is_last {
                    store::standings::forget_unborne(conn, cabinet)?;
                }
                let after_id = batch.last().cloned().unwrap_or_default();
                let progress = Progress { basis: basis.clone(), after_id, done: is_last };
                Ok(store::evaluations::set_progress(conn, cabinet, &progress).map(|()| true)?)
            })?;
            if !still {
                continue 'again;
            }
            done += u64::try_from(batch.len()).unwrap_or_default();
            step(done, total)?;
        }
        return Ok(done);
    }
}

const fn followed_by(judge: &Judge) -> Followed {
    Followed { day: Some(judge.today), rules: judge.rules.version as i64 }
}

/// Brings the standings of a cabinet up to the day and the rules, if they are not: no facts are read for it. Time that
/// passes moves the dossiers that it reaches; a change of rules is one event, kept as the sums before and after it. Needs
/// the cabinet's lock. Whoever writes a dossier comes here first, so that all dossiers of one verdict stand alike.
pub(crate) fn follow(conn: &mut Conn, cabinet: CabinetId, judge: &Judge) -> Result<()> {
    let (known, now) = (store::standings::followed(conn, cabinet)?, followed_by(judge));
    if known == now {
        return Ok(());
    }
    match known.day {
        // Nothing is said of the time before.
        None => {
            stand(conn, cabinet, &judge.rules, judge.today)?;
            store::sums::restand(conn, cabinet)?;
        }
        Some(day) => {
            if day != judge.today {
                let rules = rules_of(conn, cabinet, known.rules, judge)?;
                let moved = stand(conn, cabinet, &rules, judge.today)?;
                store::moves::record_verdicts(conn, cabinet, judge.today, rules.version, &moved)?;
                if !moved.is_empty() {
                    store::sums::restand(conn, cabinet)?;
                }
            }
            if known.rules != now.rules {
                stand(conn, cabinet, &judge.rules, judge.today)?;
                let sums = store::sums::restand(conn, cabinet)?;
                store::rules::keep_sums(conn, cabinet, (known.rules, now.rules), judge.today, &sums)?;
            }
        }
    }
    Ok(store::standings::set_followed(conn, cabinet, judge.today, now.rules)?)
}

/// The rules of a version: those in force, or an earlier one.
fn rules_of(conn: &mut Conn, cabinet: CabinetId, version: i64, judge: &Judge) -> Result<ScoreRules> {
    if version == i64::from(judge.rules.version) {
        return Ok(judge.rules.clone());
    }
    judge::read_rules(store::rules::of_version(conn, cabinet, version)?.as_deref())
}

/// Writes where rules and a day put the verdicts of a cabinet. Answers those that stood elsewhere.
fn stand(conn: &mut Conn, cabinet: CabinetId, rules: &ScoreRules, today: NaiveDate) -> Result<Vec<Restood>> {
    let moved: Vec<Restood> = store::standings::all(conn, cabinet)?
        .into_iter()
        .filter_map(|before| {
            let after = before.read?.standing(rules, today);
            (!before.is(&after)).then_some(Restood { before, after })
        })
        .collect();
    store::standings::update(conn, cabinet, &moved)?;
    Ok(moved)
}

/// Evaluates some dossiers and writes what is found differently. Needs the cabinet's lock.
fn evaluate(conn: &mut Conn, cabinet: CabinetId, judge: &Judge, ids: &[String]) -> Result<()> {
    let mut sums: BTreeMap<store::sums::Key, Sums> = BTreeMap::new();
    let (mut moves, mut changed) = (Vec::new(), Vec::new());
    let dossiers = store::evaluations::find(conn, cabinet, ids)?;
    let judged = judge_all(judge, &dossiers)?;
    for (dossier, Judged { mark, standing, findings, card }) in dossiers.into_iter().zip(judged) {
        if let Some(card) = card {
            store::evaluations::write_card(conn, cabinet, dossier.id, &card)?;
        }
        if mark != dossier.mark {
            let sum = sums.entry((dossier.portfolio, dossier.confidential)).or_default();
            sum.leave(&dossier.mark);
            sum.enter(&mark);
            moves.push(Change { dossier: dossier.id, before: (&dossier.mark).into(), after: (&mark).into() });
        }
        if mark != dossier.mark || findings != dossier.findings {
            let known = dossier.findings;
            let only_mark = (&known.size_class, &known.vat_regime, &known.plan)
                == (&findings.size_class, &findings.vat_regime, &findings.plan);
            changed.push(Found { id: dossier.id, mark, standing, findings, only_mark });
        }
    }
    store::evaluations::write(conn, cabinet, &changed)?;
    store::moves::record(conn, cabinet, judge.today, judge.rules.version, &moves)?;
    store::sums::add(conn, cabinet, &sums)?;
    Ok(())
}

/// What follows from a dossier.
struct Judged {
    mark: Mark,
    standing: Standing,
    findings: Findings,
    /// The card, where it was missing.
    card: Option<String>,
}

/// Judges dossiers on several threads, in their order: it is most of the work, and needs no database.
fn judge_all(judge: &Judge, dossiers: &[Evaluated]) -> Result<Vec<Judged>> {
    let share = dossiers.len().div_ceil(JUDGING).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = dossiers
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(|d| judge_one(judge, d)).collect::<Result<Vec<_>>>()))
            .collect();
        let mut all = Vec::with_capacity(dossiers.len());
        for part in parts {
            all.extend(part.join().map_err(|_| Error::internal("the judging of dossiers panicked"))??);
        }
        Ok(all)
    })
}

/// The facts of a dossier and what is settled of its calendar.
fn read(dossier: &Evaluated) -> Result<(DossierFacts, Settled)> {
    let settled = Settled::read(&dossier.settled)
        .ok_or_else(|| Error::internal(format!("dossier {}: what is settled cannot be read", dossier.id)))?;
    Ok((serde_json::from_str(&dossier.facts)?, settled))
}

/// Tells every dossier of a cabinet, some in memory at a time.
pub(crate) fn each(
    conn: &mut Conn,
    cabinet: CabinetId,
    mut told: impl FnMut(&Evaluated, &DossierFacts, &Settled),
) -> Result<()> {
    for ids in store::evaluations::after(conn, cabinet, "")?.chunks(1_000) {
        for dossier in &store::evaluations::find(conn, cabinet, ids)? {
            let (facts, settled) = read(dossier)?;
            told(dossier, &facts, &settled);
        }
    }
    Ok(())
}

fn judge_one(judge: &Judge, dossier: &Evaluated) -> Result<Judged> {
    let (facts, settled) = read(dossier)?;
    let assessment = judge.assess(&facts, &settled);
    let evaluation = &assessment.evaluation;
    let mark = assessment.mark();
    let findings = Findings {
        verdict: evaluation.verdict.written(),
        size_class: evaluation.size.class.map(|c| c.to_string()).unwrap_or_default(),
        vat_regime: evaluation.regime.map(|r| r.to_string()).unwrap_or_default(),
        plan: assessment.plan.written(),
        changes_on: store::dossiers::changes_on(&assessment),
        held: Held::of(&facts, &mark, judge.today).written(),
    };
    let card = (!dossier.has_card).then(|| facts.card());
    Ok(Judged { mark, standing: evaluation.standing(), findings, card })
}

//! What the demonstration firm has declared so far: most past periods with evidence, a few without operation, some
//! missed.

use chrono::{Days, NaiveDate};
use domain::DossierId;
use domain::calendar::{Due, Plan, Settled, Settlement};
use serde_json::json;
use store::journal::Stamp;
use store::settlements::{self, Record};
use store::{Conn, dialect};

use super::Dice;
use crate::dossiers::{Resettled, resettle};
use crate::{App, Error, Result, ids, time};

/// Declares the past periods of every dossier that reports already, by the first partner.
pub(super) fn settle_past(app: &App, conn: &mut Conn, partner: &str, stamp: &Stamp, dice: &mut Dice) -> Result<()> {
    let today = time::paris_day(stamp.at);
    let actor = store::references::actor_by_email(conn, partner)?
        .ok_or_else(|| Error::internal("the first partner is not there"))?;
    let scope = &actor.scope;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let judge = app.judge(conn, scope.cabinet(), today)?;
        let act = ids::act().to_string();
        let mut added: Vec<(DossierId, Vec<Record>)> = Vec::new();
        for dossier in store::deadlines::planned(conn, scope, &Default::default())? {
            let past = Plan::read(&dossier.plan).map(|plan| plan.missed(today, &Settled::default()));
            let records = declared(past.unwrap_or_default(), today, dice, |due, how, on, number| Record {
                id: ids::settlement(),
                dossier: dossier.id,
                kind: due.kind,
                from: due.from,
                to: due.to,
                how,
                what: if how == Settlement::Done { format!("Accusé de dépôt n° {number}") } else { String::new() },
                source: if how == Settlement::Done { "Portail de la plateforme".to_owned() } else { String::new() },
                on,
                user: scope.user(),
                user_name: actor.name.clone(),
                act: act.clone(),
                at: stamp.at,
            });
            if !records.is_empty() {
                added.push((dossier.id, records));
            }
        }
        for some in added.chunks(500) {
            let ids: Vec<DossierId> = some.iter().map(|(id, _)| *id).collect();
            let found = store::dossiers::find_many(conn, scope, &ids)?;
            let changed = found.into_iter().filter_map(|before| {
                let (_, records) = some.iter().find(|(id, _)| *id == before.id)?;
                let told: Vec<_> = records
                    .iter()
                    .map(|r| json!({ "kind": r.kind, "from": r.from, "to": r.to, "how": r.how, "on": r.on }))
                    .collect();
                let settled = settlements::settled(records);
                Some(Resettled { before, settled, changes: json!({ "settlements": [null, told] }) })
            });
            let changed = changed.collect();
            let rows: Vec<Record> = some.iter().flat_map(|(_, records)| records.iter().cloned()).collect();
            settlements::insert(conn, scope, &rows)?;
            resettle(conn, scope.cabinet(), stamp, &judge, ("deadline.settle", None), changed)?;
        }
        Ok(())
    })
}

/// Of ten dossiers seven are up to date, two are behind with the last periods, one has declared nothing.
fn declared(
    past: Vec<Due>,
    today: NaiveDate,
    dice: &mut Dice,
    record: impl Fn(&Due, Settlement, NaiveDate, u64) -> Record,
) -> Vec<Record> {
    if past.is_empty() {
        return Vec::new();
    }
    let missing = *dice.weighted(&[(0, 70), (last_few(past.len()), 20), (past.len(), 10)]);
    let kept = past.len() - missing.min(past.len());
    past.iter()
        .take(kept)
        .map(|due| {
            let how = if dice.chance(8) { Settlement::NoOperation } else { Settlement::Done };
            let days = (due.published_on - due.to).num_days().max(1);
            let on = due.to.checked_add_days(Days::new(dice.between(1, days.unsigned_abs()))).unwrap_or(due.to);
            record(due, how, on.min(today), dice.between(100_000, 999_999))
        })
        .collect()
}

/// The last few of so many.
const fn last_few(past: usize) -> usize {
    if past < 3 { past } else { 3 }
}

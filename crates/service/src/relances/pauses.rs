//! Pauses of clients: one act on many dossiers, with a result for each and the way back.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use contract::{BulkResult, ItemOutcome, ItemResult, NewPause, Nothing, PauseInput};
use domain::relance::outcome::PauseReason;
use domain::{ActId, CabinetId, DossierId, Text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::journal::{Entry, Stamp};
use store::relance_settings::{Pause, end_pauses, pauses_of, set_pauses};
use store::{Conn, Scope, dialect};

use super::acts::noted;
use super::plans::replan;
use crate::dossiers::{check_chosen, chosen, too_many};
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Answer, Call, Error, Result, ids, invalid, journal};

/// The kind of the acts by which people pause clients.
pub(crate) const ACT: &str = "pause";
/// The action of the journal rows that an undo writes.
const UNDO: &str = "relance.pause_undo";
const MOST: usize = 50_000;
/// The field of the journal that holds a pause.
const FIELD: &str = "relances_pause";

/// A pause as the journal tells it: with all that gives it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    from: NaiveDate,
    to: Option<NaiveDate>,
    reason: PauseReason,
    note: String,
    by_name: String,
    at: DateTime<Utc>,
}

impl Told {
    fn of(pause: &Pause) -> Self {
        let Pause { from, to, reason, note, by_name, at, .. } = pause.clone();
        Self { from, to, reason, note, by_name, at }
    }

    fn pause(self, dossier: DossierId) -> Pause {
        let Self { from, to, reason, note, by_name, at } = self;
        Pause { dossier, from, to, reason, note, by_name, at }
    }

    /// Whoever made them: the same days for the same reason.
    fn says_the_same(&self, other: &Self) -> bool {
        (self.from, self.to, self.reason, &self.note) == (other.from, other.to, other.reason, &other.note)
    }
}

/// A pause as it may stand.
fn checked(pause: &NewPause, today: NaiveDate, by: &str, now: DateTime<Utc>) -> Result<Told> {
    let from = pause.from.unwrap_or(today);
    if let Some(to) = pause.to.filter(|to| *to < from || *to < today) {
        let to = to.format("%d/%m/%Y");
        return Err(invalid(
            "/pause/to",
            "wrong_days",
            format!("{to} : un jour à venir, après le début de la pause, est attendu."),
            format!("{to}: a day to come, after the beginning of the pause, is expected."),
        ));
    }
    let note = noted(pause.note.as_deref(), "/pause/note")?;
    let (to, reason) = (pause.to, pause.reason);
    Ok(Told { from, to, reason, note, by_name: by.to_owned(), at: whole_micros(now) })
}

pub fn pause_relances(call: &Call, _: Nothing, _: Nothing, body: PauseInput) -> Result<Answer<BulkResult>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    check_chosen(body.ids.as_deref(), body.filter.as_ref(), MOST)?;
    let wish = body.pause.as_ref().map(|p| checked(p, call.today(), &actor.name, call.now)).transpose()?;
    let result = call.app.store.conn()?.write(|conn| -> Result<BulkResult> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let mut ids = chosen(conn, scope, body.ids.as_deref(), body.filter.as_ref())?;
        if ids.len() > MOST {
            return Err(too_many("/ids", ids.len(), MOST));
        }
        // Named twice it is one dossier.
        let mut seen = HashSet::new();
        ids.retain(|id| seen.insert(*id));
        let (moves, items) = judged(conn, scope, &ids, wish.as_ref())?;
        let act_id = match body.preview || moves.is_empty() {
            true => None,
            false => Some(done(conn, call, wish.as_ref(), &moves)?),
        };
        Ok(BulkResult { act_id, ..summed(items) })
    })?;
    Ok(Answer::new(result))
}

/// A dossier whose pause is another one afterwards.
struct Move {
    dossier: DossierId,
    name: String,
    before: Option<Told>,
    after: Option<Told>,
}

fn summed(items: Vec<ItemResult>) -> BulkResult {
    let of = |outcome: ItemOutcome| items.iter().filter(|i| i.outcome == outcome).count() as u64;
    let (changed, unchanged) = (of(ItemOutcome::Changed), of(ItemOutcome::Unchanged));
    let left_out = items.len() as u64 - changed - unchanged;
    BulkResult { act_id: None, changed, unchanged, left_out, items, anomalies: Vec::new() }
}

/// Names of those of the dossiers that are in sight.
fn names(conn: &mut Conn, scope: &Scope, ids: &[DossierId]) -> Result<HashMap<DossierId, String>> {
    let seen = store::relance_facts::taken(conn, scope, &store::dossiers::Filter::default(), Some(ids))?;
    let seen: Vec<DossierId> = seen.into_iter().collect();
    let named = store::deadlines::named(conn, scope.cabinet(), &seen)?;
    Ok(named.into_iter().map(|(id, named)| (id, named.name)).collect())
}

/// What would come of a wish, dossier by dossier.
fn judged(
    conn: &mut Conn,
    scope: &Scope,
    ids: &[DossierId],
    wish: Option<&Told>,
) -> Result<(Vec<Move>, Vec<ItemResult>)> {
    let mut names = names(conn, scope, ids)?;
    let seen: Vec<DossierId> = names.keys().copied().collect();
    let present = pauses_of(conn, scope.cabinet(), Some(&seen))?;
    let (mut moves, mut items) = (Vec::new(), Vec::with_capacity(ids.len()));
    for id in ids {
        let Some(name) = names.remove(id) else {
            let reason = Some(Text::new("Absent de votre périmètre.", "Not within your scope."));
            items.push(ItemResult { dossier_id: *id, name: None, outcome: ItemOutcome::NotFound, reason });
            continue;
        };
        let before = present.get(id).map(Told::of);
        let same = match (&before, wish) {
            (None, None) => true,
            (Some(before), Some(wish)) => before.says_the_same(wish),
            _ => false,
        };
        let outcome = if same { ItemOutcome::Unchanged } else { ItemOutcome::Changed };
        items.push(ItemResult { dossier_id: *id, name: Some(name.clone()), outcome, reason: None });
        if !same {
            moves.push(Move { dossier: *id, name, before, after: wish.cloned() });
        }
    }
    Ok((moves, items))
}

fn done(conn: &mut Conn, call: &Call, wish: Option<&Told>, moves: &[Move]) -> Result<ActId> {
    let scope = call.scope()?;
    let (act, stamp) = (ids::act(), journal::stamp(call));
    let id = act.to_string();
    store::acts::insert(conn, scope, &id, ACT, call.now)?;
    let changes = json!({ FIELD: [null, wish], "dossiers": [null, moves.len()] });
    let head = Entry { act_id: Some(id.clone()), ..entry("act.pause", "act", &id, "", changes) };
    store::journal::append(conn, scope.cabinet(), &stamp, &[head])?;
    let event = if wish.is_some() { "relance.pause" } else { "relance.resume" };
    write(conn, scope.cabinet(), &stamp, (event, &id), moves)?;
    Ok(act)
}

/// Pauses as they are afterwards, with the journal and what follows for the plans. Needs the cabinet's lock.
fn write(
    conn: &mut Conn,
    cabinet: CabinetId,
    stamp: &Stamp,
    (event, act): (&'static str, &str),
    moves: &[Move],
) -> Result<()> {
    let rest = |m: &Move| m.after.clone().map(|told| told.pause(m.dossier));
    let new: Vec<Pause> = moves.iter().filter_map(rest).collect();
    let over: Vec<DossierId> = moves.iter().filter(|m| m.after.is_none()).map(|m| m.dossier).collect();
    set_pauses(conn, cabinet, &new)?;
    end_pauses(conn, cabinet, &over)?;
    let row = |m: &Move| Entry {
        act_id: Some(act.to_owned()),
        ..entry(event, "dossier", m.dossier, &m.name, json!({ FIELD: [m.before, m.after] }))
    };
    let entries: Vec<Entry> = moves.iter().map(row).collect();
    store::journal::append(conn, cabinet, stamp, &entries)?;
    let moved: Vec<DossierId> = moves.iter().map(|m| m.dossier).collect();
    replan(conn, cabinet, Some(&moved), stamp.at)?;
    Ok(())
}

/// Gives back the pauses from before an act where they still are as the act left them. In the transaction of the caller, which
/// holds the cabinet's lock.
pub(crate) fn undo(conn: &mut Conn, scope: &Scope, stamp: &Stamp, act: &str) -> Result<Vec<ItemResult>> {
    let cabinet = scope.cabinet();
    let mut rows = Vec::new();
    loop {
        let after = rows.last().map_or(0, |row: &store::journal::Row| row.seq);
        let page = store::journal::of_act(conn, cabinet, act, ("dossier", UNDO), after, 500)?;
        if page.is_empty() {
            break;
        }
        rows.extend(page);
    }
    let ids: Vec<DossierId> = rows.iter().filter_map(|r| r.subject_id.parse().ok()).collect();
    let names = names(conn, scope, &ids)?;
    let seen: Vec<DossierId> = names.keys().copied().collect();
    let present = pauses_of(conn, cabinet, Some(&seen))?;
    let (mut moves, mut items) = (Vec::new(), Vec::with_capacity(rows.len()));
    for row in rows {
        let dossier: DossierId = row.subject_id.parse().map_err(Error::internal)?;
        let [before, after] = then(&row.changes)?;
        let (outcome, reason) = match names.get(&dossier) {
            None => (
                ItemOutcome::NotFound,
                Some(Text::new("Supprimé depuis, ou hors de votre périmètre.", "Deleted since, or out of your scope.")),
            ),
            Some(_) if present.get(&dossier).map(Told::of) != after => (
                ItemOutcome::Kept,
                Some(Text::new("La pause a changé depuis : conservée.", "The pause has changed since: kept.")),
            ),
            Some(name) => {
                moves.push(Move { dossier, name: name.clone(), before: after, after: before });
                (ItemOutcome::Changed, None)
            }
        };
        items.push(ItemResult { dossier_id: dossier, name: Some(row.subject_label), outcome, reason });
    }
    if !moves.is_empty() {
        write(conn, cabinet, stamp, (UNDO, act), &moves)?;
    }
    Ok(items)
}

/// The pause before and after, as the journal has them.
fn then(changes: &str) -> Result<[Option<Told>; 2]> {
    let mut changes: Value = serde_json::from_str(changes)?;
    Ok(serde_json::from_value(changes[FIELD].take())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_comes_back_out_of_the_journal_as_it_was() {
        let at: DateTime<Utc> = "2026-11-10T08:00:00.123456Z".parse().unwrap();
        let told = Told {
            from: NaiveDate::from_ymd_opt(2026, 11, 10).unwrap(),
            to: None,
            reason: PauseReason::InTouch,
            note: "Vu au téléphone".to_owned(),
            by_name: "Anne Petit".to_owned(),
            at,
        };
        let changes = json!({ FIELD: [null, &told] }).to_string();
        assert_eq!(then(&changes).unwrap(), [None, Some(told.clone())]);
        let later = Told { by_name: "Luc Roy".to_owned(), ..told.clone() };
        assert!(told.says_the_same(&later) && told != later);
    }
}

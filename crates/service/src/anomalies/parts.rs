//! Where an anomaly shows, and how people cut and join them: the rule and the cause propose, a person decides.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use contract::{
    Anomaly as AnomalyShape, Code, JoinInput, Nothing, Occurrence as OccurrenceShape, OccurrencePage, OccurrenceQuery,
    SplitInput,
};
use domain::anomaly::{AnomalyEvent, AnomalyState, words};
use domain::{AnomalyId, DossierId};
use serde_json::json;
use store::anomalies::{Anomaly, Step};
use store::occurrences::{self, Occurrence};
use store::{Conn, Scope, dialect};

use super::settings::{self, Settings};
use super::{board, ledger, live, title};
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Answer, Call, Error, Result, cursor, ids, invalid, journal};

pub fn list_occurrences(
    call: &Call,
    id: AnomalyId,
    query: OccurrenceQuery,
    _: Nothing,
) -> Result<Answer<OccurrencePage>> {
    let scope = call.scope()?;
    let limit = cursor::limit(query.limit)?;
    let after = query.after.as_deref().map(read_cursor).transpose()?;
    call.app.store.conn()?.read(|conn| {
        let anomaly = store::anomalies::find(conn, scope, id)?;
        // What is over has no open ones: those that it had are told.
        let closed = query.closed.unwrap_or(anomaly.state.is_over());
        let mut found = occurrences::page(conn, scope, id, closed, after, limit + 1)?;
        let full = usize::try_from(limit).unwrap_or_default();
        let next = (found.len() > full).then(|| {
            found.truncate(full);
            found.last().map(|o| cursor::write(&[&o.opened_at.timestamp_micros().to_string(), &o.fingerprint]))
        });
        let names = names(conn, scope, &found)?;
        let data = found.into_iter().map(|o| shown(o, &anomaly, &names)).collect();
        Ok(Answer::new(OccurrencePage { data, next: next.flatten() }))
    })
}

fn read_cursor(cursor: &str) -> Result<(DateTime<Utc>, String)> {
    let [at, fingerprint] = cursor::read::<2>(cursor)?;
    let at = at.parse().ok().and_then(DateTime::from_timestamp_micros).ok_or_else(cursor::wrong)?;
    Ok((at, fingerprint))
}

fn names(conn: &mut Conn, scope: &Scope, found: &[Occurrence]) -> Result<HashMap<DossierId, String>> {
    let ids: Vec<DossierId> = found.iter().filter_map(|o| o.dossier).collect();
    let named = store::deadlines::named(conn, scope.cabinet(), &ids)?;
    Ok(named.into_iter().map(|(id, named)| (id, named.name)).collect())
}

fn shown(o: Occurrence, anomaly: &Anomaly, names: &HashMap<DossierId, String>) -> OccurrenceShape {
    OccurrenceShape {
        sentence: words::sentence(anomaly.rule, &o.detail),
        number: o.detail.number.clone(),
        dossier_name: o.dossier.and_then(|id| names.get(&id).cloned()),
        flow_id: o.flow,
        dossier_id: o.dossier,
        detail: o.detail,
        opened_at: o.opened_at,
        closed_at: o.closed_at,
        closed_because: o.closed_because,
        fingerprint: o.fingerprint,
    }
}

/// An anomaly on which the caller may act, as a whole or in part.
fn open_one(conn: &mut Conn, scope: &Scope, id: AnomalyId) -> Result<Anomaly> {
    let anomaly = store::anomalies::find(conn, scope, id)?;
    if anomaly.state.is_over() {
        return Err(Error::conflict(
            format!("« {} » est close : rouvrez-la d’abord.", title(&anomaly).fr),
            format!("“{}” is closed: reopen it first.", title(&anomaly).en),
        ));
    }
    Ok(anomaly)
}

fn note(given: Option<&str>) -> Result<Option<String>> {
    let note = given.map(|n| n.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|n| !n.is_empty());
    if note.as_ref().is_some_and(|n| n.chars().count() > 500) {
        return Err(invalid("/note", "too_long", "500 caractères au plus.", "500 characters at most."));
    }
    Ok(note)
}

/// Some occurrences become an anomaly of their own. It is no longer the main one of its cause: what is found anew joins the
/// other.
pub fn split_anomaly(call: &Call, id: AnomalyId, _: Nothing, body: SplitInput) -> Result<Answer<AnomalyShape>> {
    let (scope, actor) = (call.scope()?, call.actor()?);
    let note = note(body.note.as_deref())?;
    let mut conn = call.app.store.conn()?;
    let part = conn.write(|conn| -> Result<AnomalyId> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let settings = settings::of(conn, scope.cabinet())?;
        let mut whole = open_one(conn, scope, id)?;
        let seen = occurrences::in_sight(conn, scope, id)?;
        let chosen: Vec<String> = match &body.fingerprints {
            Some(named) => named.clone(),
            None => seen.iter().cloned().collect(),
        };
        if let Some(place) = chosen.iter().position(|f| !seen.contains(f)) {
            return Err(invalid(
                format!("/fingerprints/{place}"),
                "unknown_occurrence",
                "Cette occurrence n’est pas, ou plus, ouverte dans votre périmètre : rechargez la liste.",
                "This occurrence is not, or no longer, open within your scope: load the list again.",
            ));
        }
        if chosen.is_empty() {
            return Err(invalid(
                "/fingerprints",
                "required",
                "Choisissez au moins une occurrence.",
                "Choose at least one occurrence.",
            ));
        }
        let now = whole_micros(call.now);
        let mut part = Anomaly {
            id: ids::anomaly(),
            version: 1,
            main: false,
            comments: 0,
            reopened: 0,
            opened_at: now,
            updated_at: now,
            ..whole.clone()
        };
        let first = occurrences::open_of_anomaly(conn, id)?.into_iter().find(|o| chosen.contains(&o.fingerprint));
        if let Some(first) = first {
            (part.platform, part.detail) = (first.detail.platform.clone(), first.detail);
        }
        store::anomalies::insert(conn, std::slice::from_ref(&part))?;
        occurrences::give(conn, id, part.id, Some(&chosen))?;
        count(conn, &settings, &mut whole, now)?;
        count(conn, &settings, &mut part, now)?;
        if whole.occurrences == 0 {
            return Err(Error::conflict(
                "Ce sont toutes ses occurrences : il ne resterait rien à l’anomalie. Laissez-en une.",
                "These are all of its occurrences: nothing would be left of the anomaly. Leave one.",
            ));
        }
        part.version += 1;
        whole.version += 1;
        update(conn, &[&part, &whole])?;
        let by = Some((scope.user(), actor.name.clone()));
        let step = |anomaly, data| Step {
            anomaly,
            event: AnomalyEvent::Split,
            by: by.clone(),
            data,
            note: note.clone(),
            at: now,
        };
        let n = chosen.len();
        store::anomalies::add_steps(
            conn,
            &[
                step(whole.id, json!({ "into": part.id, "occurrences": n })),
                step(part.id, json!({ "from": whole.id, "occurrences": n })),
            ],
        )?;
        let changes = json!({ "part": [null, part.id], "occurrences": [null, n], "note": [null, note] });
        let row = entry("anomaly.split", "anomaly", whole.id, &title(&whole).fr, changes);
        store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &[row])?;
        live::changed(conn, scope.cabinet(), [&whole, &part])?;
        Ok(part.id)
    })?;
    board::shown(call, &mut conn, part)
}

/// The sums and the place in the queue of an anomaly, counted anew from its occurrences.
fn count(conn: &mut Conn, settings: &Settings, anomaly: &mut Anomaly, now: DateTime<Utc>) -> Result<()> {
    (anomaly.occurrences, anomaly.dossiers, anomaly.exposure_cents) = occurrences::sums_of(conn, anomaly.id)?;
    anomaly.priority = ledger::priority(anomaly, settings, now);
    anomaly.updated_at = now;
    Ok(())
}

fn update(conn: &mut Conn, changed: &[&Anomaly]) -> Result<()> {
    for anomaly in changed {
        if !store::anomalies::update(conn, anomaly)? {
            return Err(Error::internal("an anomaly changed under the cabinet's lock"));
        }
    }
    Ok(())
}

const MOST: usize = 100;

/// Anomalies of one rule become part of another. What is found anew of their causes opens them again.
pub fn join_anomalies(call: &Call, id: AnomalyId, _: Nothing, body: JoinInput) -> Result<Answer<AnomalyShape>> {
    let (scope, actor) = (call.scope()?, call.actor()?);
    let note = note(body.note.as_deref())?;
    if body.ids.is_empty() || body.ids.len() > MOST {
        return Err(invalid(
            "/ids",
            "range",
            format!("{} : de 1 à {MOST} anomalies à la fois.", body.ids.len()),
            format!("{}: 1 to {MOST} anomalies at once.", body.ids.len()),
        ));
    }
    let mut conn = call.app.store.conn()?;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let settings = settings::of(conn, scope.cabinet())?;
        let mut whole = open_one(conn, scope, id)?;
        let now = whole_micros(call.now);
        whole_in_sight(conn, scope, &whole, "")?;
        let mut joined = Vec::with_capacity(body.ids.len());
        for (place, other) in body.ids.iter().enumerate() {
            let at = format!("/ids/{place}");
            let other = match store::anomalies::find(conn, scope, *other) {
                Ok(other) if other.id != id && !joined.iter().any(|j: &Anomaly| j.id == other.id) => other,
                Ok(_) => {
                    return Err(invalid(&at, "twice", "Nommée deux fois.", "Named twice."));
                }
                Err(store::Error::NotFound) => {
                    return Err(invalid(
                        &at,
                        "unknown_anomaly",
                        "Cette anomalie n’est pas dans votre périmètre.",
                        "This anomaly is not within your scope.",
                    ));
                }
                Err(error) => return Err(error.into()),
            };
            if other.rule != whole.rule || other.state.is_over() {
                let name = title(&other);
                return Err(invalid(
                    &at,
                    "other_rule",
                    format!("« {} » : seules des anomalies ouvertes de la même règle se joignent.", name.fr),
                    format!("“{}”: only open anomalies of the same rule can be joined.", name.en),
                ));
            }
            whole_in_sight(conn, scope, &other, &at)?;
            joined.push(other);
        }
        let by = Some((scope.user(), actor.name.clone()));
        let step = |anomaly, data| Step {
            anomaly,
            event: AnomalyEvent::Join,
            by: by.clone(),
            data,
            note: note.clone(),
            at: now,
        };
        let mut steps = Vec::new();
        for other in &mut joined {
            let given = occurrences::give(conn, other.id, id, None)?;
            other.state = AnomalyState::Resolved;
            other.closed_at = Some(now);
            other.note.clone_from(&note);
            (other.due_at, other.warn_at, other.left_minutes) = (None, None, None);
            (other.snoozed_until, other.wakes_on_news) = (None, false);
            (other.occurrences, other.dossiers, other.exposure_cents) = (0, 0, 0);
            other.updated_at = now;
            other.version += 1;
            steps.push(step(other.id, json!({ "into": id, "occurrences": given })));
            steps.push(step(id, json!({ "from": other.id, "occurrences": given })));
        }
        count(conn, &settings, &mut whole, now)?;
        whole.version += 1;
        update(conn, &joined.iter().chain([&whole]).collect::<Vec<_>>())?;
        store::anomalies::add_steps(conn, &steps)?;
        let changes = json!({ "parts": [null, body.ids], "note": [null, note] });
        let row = entry("anomaly.join", "anomaly", id, &title(&whole).fr, changes);
        store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &[row])?;
        live::changed(conn, scope.cabinet(), joined.iter().chain([&whole]))
    })?;
    board::shown(call, &mut conn, id)
}

/// Refuses to join what shows where the caller does not see.
fn whole_in_sight(conn: &mut Conn, scope: &Scope, anomaly: &Anomaly, at: &str) -> Result<()> {
    let seen = occurrences::in_sight(conn, scope, anomaly.id)?.len() as i64;
    if seen == anomaly.occurrences {
        return Ok(());
    }
    let name = title(anomaly);
    let (fr, en) = (
        format!("« {} » touche aussi des dossiers hors de votre périmètre : détachez d’abord votre part.", name.fr),
        format!("“{}” shows in dossiers out of your scope, too: split your part off first.", name.en),
    );
    if at.is_empty() {
        Err(Error::conflict(fr, en))
    } else {
        Err(Error::new(Code::Invalid).and(at, "not_whole", fr, en))
    }
}

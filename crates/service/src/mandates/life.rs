//! The one way in which a mandate changes state, and what that means for the dossier: a mandate in force is evidence,
//! its end takes the evidence away the same day.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::mandate::SignedBy;
use domain::reference::mandate_kind;
use domain::{CabinetId, Criterion, DossierId, Evidence, MailId, MandateEvent, MandateState, ProofSource};
use serde_json::{Value, json};
use store::journal::{Entry, Stamp};
use store::mandates::{Mandate, Step};
use store::{Conn, dialect};

use crate::dossiers::{BY_HAND, Draft, order_proofs, write};
use crate::judge::Judge;
use crate::people::entry;
use crate::session::whole_micros;
use crate::time::french;
use crate::{App, Error, Result, collection_settings, invalid, relances, time};

/// What belongs to a step; what does not apply is left out.
#[derive(Debug, Clone, Default)]
pub struct Detail {
    /// Who did it, as the register shows it; nothing for the product itself.
    pub by_name: Option<String>,
    /// What is told of it: an address, a reason.
    pub text: Option<String>,
    /// Where it was sent.
    pub sent_to: Option<String>,
    /// The message that brings it.
    pub mail: Option<MailId>,
    /// In the link unless told.
    pub signed_by: Option<SignedBy>,
    /// Now unless told.
    pub signed_at: Option<DateTime<Utc>>,
    /// First day in force; that of the mandate, else today, unless told.
    pub starts_on: Option<NaiveDate>,
}

/// Takes a mandate a step further, in the transaction of the caller, which holds the cabinet's lock and has read the
/// mandate since. Returns it as it now stands; refuses what does not fit its state.
pub fn step(
    conn: &mut Conn,
    judge: &Judge,
    cabinet: CabinetId,
    stamp: &Stamp,
    mandate: Mandate,
    event: MandateEvent,
    detail: Detail,
) -> Result<Mandate> {
    let mut stepped = steps(conn, judge, cabinet, stamp, vec![(mandate, event, detail)])?;
    stepped.pop().ok_or_else(|| Error::internal("a step left no mandate"))
}

/// The same for many at once; one that is refused refuses all.
pub fn steps(
    conn: &mut Conn,
    judge: &Judge,
    cabinet: CabinetId,
    stamp: &Stamp,
    wanted: Vec<(Mandate, MandateEvent, Detail)>,
) -> Result<Vec<Mandate>> {
    let signs = wanted.iter().any(|(_, event, _)| *event == MandateEvent::Sign);
    let accepts = signs && collection_settings::of(conn, cabinet)?.accept_signatures;
    let at = whole_micros(stamp.at);
    let mut stepped = Vec::with_capacity(wanted.len());
    let mut told = Vec::with_capacity(wanted.len());
    let mut proved = BTreeSet::new();
    for (before, event, detail) in wanted {
        let mut after = before.clone();
        let mut events = vec![event];
        take(&mut after, event, &detail, at)?;
        if accepts && event == MandateEvent::Sign {
            events.push(MandateEvent::Accept);
            take(&mut after, MandateEvent::Accept, &Detail::default(), at)?;
        }
        // Opened once more.
        if after == before {
            stepped.push(after);
            continue;
        }
        after.version = before.version + 1;
        after.updated_at = at;
        if !store::mandates::update(conn, &after)? {
            return Err(Error::version_mismatch());
        }
        let counts = |m: &Mandate| m.state == MandateState::Accepted;
        if mandate_kind(after.kind).proves && (counts(&before) || counts(&after)) {
            proved.insert(after.dossier);
        }
        told.push((events, before.state, after.clone(), detail));
        stepped.push(after);
    }
    let ids: Vec<DossierId> = told.iter().map(|(_, _, m, _)| m.dossier).collect::<BTreeSet<_>>().into_iter().collect();
    let dossiers = store::dossiers::of_cabinet(conn, cabinet, &ids)?;
    let name = |id: DossierId| dossiers.iter().find(|d| d.id == id).map_or("", |d| d.facts.name.as_str());
    let rows: Vec<Entry> = told
        .iter()
        .map(|(events, from, after, detail)| row(events, *from, after, detail, name(after.dossier)))
        .collect();
    store::journal::append(conn, cabinet, stamp, &rows)?;
    // What is chased for it may be over, or has to keep its distance.
    relances::touch(conn, cabinet, &ids, at)?;
    let proved = dossiers.into_iter().filter(|d| proved.contains(&d.id)).collect();
    prove(conn, judge, cabinet, stamp, proved)?;
    Ok(stepped)
}

const fn action(event: MandateEvent) -> &'static str {
    match event {
        MandateEvent::Prepare => "mandate.prepare",
        MandateEvent::Withdraw => "mandate.withdraw",
        MandateEvent::Send => "mandate.send",
        MandateEvent::Bounce => "mandate.bounce",
        MandateEvent::Open => "mandate.open",
        MandateEvent::Remind => "mandate.remind",
        MandateEvent::Sign => "mandate.sign",
        MandateEvent::Upload => "mandate.upload",
        MandateEvent::Accept => "mandate.accept",
        MandateEvent::Refuse => "mandate.refuse",
        MandateEvent::Decline => "mandate.decline",
        MandateEvent::Expire => "mandate.expire",
        MandateEvent::Revoke => "mandate.revoke",
        MandateEvent::Reopen => "mandate.reopen",
    }
}

/// The journal row of a step. It is about the dossier, so that its history tells it.
fn row(events: &[MandateEvent], from: MandateState, after: &Mandate, detail: &Detail, dossier: &str) -> Entry {
    let event = events.first().copied().unwrap_or(MandateEvent::Open);
    let mut changes = json!({
        "mandate": [null, after.id],
        "mandate_kind": [null, after.kind],
        "number": [null, after.number],
        "mandate_state": [from, after.state],
    });
    for (field, value) in [("by", &detail.by_name), ("detail", &detail.text), ("sent_to", &detail.sent_to)] {
        if let Some(value) = value {
            changes[field] = json!([null, value]);
        }
    }
    if after.state == MandateState::Accepted {
        changes["starts_on"] = json!([null, after.starts_on]);
        changes["ends_on"] = json!([null, after.ends_on]);
    }
    entry(action(event), "dossier", after.dossier, dossier, changes)
}

/// The journal row of a mandate that is made, changed or thrown away as a draft.
pub(crate) fn told(action: &'static str, mandate: &Mandate, dossier: &str, changes: Value) -> Entry {
    let mut all = json!({ "mandate": [null, mandate.id], "mandate_kind": [null, mandate.kind], "number": [null, mandate.number] });
    if let (Value::Object(all), Value::Object(more)) = (&mut all, changes) {
        all.extend(more);
    }
    entry(action, "dossier", mandate.dossier, dossier, all)
}

/// The state and the columns after a step.
fn take(m: &mut Mandate, event: MandateEvent, detail: &Detail, at: DateTime<Utc>) -> Result<()> {
    let before = m.state;
    m.state = before.transition(event).map_err(|refused| {
        let text = refused.text();
        Error::conflict(text.fr, text.en)
    })?;
    match event {
        MandateEvent::Prepare => (m.mail, m.reason) = (None, None),
        MandateEvent::Withdraw => m.mail = None,
        MandateEvent::Bounce => (m.mail, m.sent_at, m.sent_to) = (None, None, None),
        MandateEvent::Send => {
            m.sent_at = Some(at);
            m.sent_to.clone_from(&detail.sent_to);
            m.mail = detail.mail.or(m.mail);
        }
        // Opening again tells nothing new.
        MandateEvent::Open if before == MandateState::Opened => return Ok(()),
        MandateEvent::Open => m.opened_at = m.opened_at.or(Some(at)),
        MandateEvent::Remind => {
            m.reminders += 1;
            m.reminded_at = Some(at);
            m.mail = detail.mail.or(m.mail);
            m.sent_to = detail.sent_to.clone().or(m.sent_to.take());
        }
        MandateEvent::Sign | MandateEvent::Upload => {
            let by = if event == MandateEvent::Sign { SignedBy::Link } else { SignedBy::Upload };
            m.signed_by = Some(detail.signed_by.unwrap_or(by));
            m.signed_at = Some(detail.signed_at.unwrap_or(at));
            (m.ended_at, m.reason) = (None, None);
        }
        MandateEvent::Accept => accept(m, detail, at)?,
        MandateEvent::Refuse | MandateEvent::Decline | MandateEvent::Revoke => {
            m.ended_at = Some(at);
            m.reason.clone_from(&detail.text);
        }
        MandateEvent::Expire => m.ended_at = Some(at),
        MandateEvent::Reopen => {
            (m.mail, m.sent_to, m.sent_at, m.opened_at) = (None, None, None, None);
            (m.reminders, m.reminded_at) = (0, None);
            (m.signed_by, m.signed_at, m.ended_at) = (None, None, None);
        }
    }
    m.steps.push(Step {
        at,
        event,
        state: m.state,
        by_name: detail.by_name.clone(),
        detail: detail.text.clone().or_else(|| detail.sent_to.clone()),
    });
    Ok(())
}

fn accept(m: &mut Mandate, detail: &Detail, at: DateTime<Utc>) -> Result<()> {
    let today = time::paris_day(at);
    let start = detail.starts_on.or(m.starts_on).unwrap_or(today);
    if let Some(last) = m.ends_on {
        if last < today {
            return Err(Error::conflict(
                format!("Son dernier jour, le {}, est passé : faites-en signer un nouveau.", french(last)),
                format!("Its last day, {last}, has passed: have a new one signed."),
            ));
        }
        if last < start {
            return Err(invalid(
                "/starts_on",
                "after_its_end",
                format!(
                    "{} : le mandat se termine le {} ; un jour jusque-là est attendu.",
                    french(start),
                    french(last)
                ),
                format!("{start}: the mandate ends on {last}; a day up to then is expected."),
            ));
        }
    }
    (m.starts_on, m.accepted_at) = (Some(start), Some(at));
    Ok(())
}

/// Ends what was accepted for days that have passed. The evidence is void by its date already; this tells so, and that
/// nothing older stands in for it. Returns how many ended.
pub fn expire(app: &App, cabinet: CabinetId, today: NaiveDate) -> Result<u64> {
    let mut conn = app.store.conn()?;
    let mut ended = 0;
    loop {
        if store::mandates::ended(&mut conn, cabinet, today, 1)?.is_empty() {
            return Ok(ended);
        }
        ended += conn.write(|conn| -> Result<u64> {
            dialect::lock_cabinet(conn, cabinet)?;
            let judge = app.judge(conn, cabinet, today)?;
            let stamp = Stamp { at: Utc::now(), actor: None, request_id: "worker".to_owned() };
            let wanted = store::mandates::ended(conn, cabinet, today, 500)?
                .into_iter()
                .map(|m| (m, MandateEvent::Expire, Detail::default()))
                .collect();
            Ok(steps(conn, &judge, cabinet, &stamp, wanted)?.len() as u64)
        })?;
    }
}

/// Keeps the evidence of dossiers true to their mandates. Needs the cabinet's lock.
fn prove(
    conn: &mut Conn,
    judge: &Judge,
    cabinet: CabinetId,
    stamp: &Stamp,
    dossiers: Vec<store::dossiers::Stored>,
) -> Result<()> {
    if dossiers.is_empty() {
        return Ok(());
    }
    let ids: Vec<DossierId> = dossiers.iter().map(|d| d.id).collect();
    let mut mandates = store::mandates::of_dossiers(conn, cabinet, &ids)?;
    let drafts = dossiers
        .into_iter()
        .map(|before| {
            let mut facts = before.facts.clone();
            facts.proofs.retain(|p| p.source != ProofSource::Mandate);
            facts.proofs.extend(evidence(&mandates.remove(&before.id).unwrap_or_default(), judge.today));
            order_proofs(&mut facts.proofs);
            Draft { before: Some(before), after: Some(facts) }
        })
        .collect();
    write(conn, cabinet, stamp, judge, BY_HAND, drafts)?;
    Ok(())
}

/// What the mandates of a dossier prove: each that is accepted, from its first day to its last. Where none is in force,
/// the end of the last one speaks against the criterion, so that an older note by hand does not keep the points.
fn evidence(mandates: &[Mandate], today: NaiveDate) -> Vec<Evidence> {
    let proving = || mandates.iter().filter(|m| mandate_kind(m.kind).proves);
    let mut evidence: Vec<Evidence> = proving()
        .filter(|m| m.state == MandateState::Accepted && m.ends_on.is_none_or(|last| today <= last))
        .map(|m| Evidence {
            criterion: Criterion::Mandate,
            what: what(m, None),
            source: ProofSource::Mandate,
            on: m.starts_on.unwrap_or(today),
            expires_on: m.ends_on,
            by: m.terms.signatory.clone(),
            against: false,
        })
        .collect();
    if !proving().any(|m| m.is_in_force(today)) {
        let last = proving().filter_map(|m| Some((end_of(m)?, m))).max_by_key(|(day, m)| (*day, m.ended_at));
        evidence.extend(last.map(|(day, m)| Evidence {
            criterion: Criterion::Mandate,
            what: what(m, Some(m.state)),
            source: ProofSource::Mandate,
            on: day,
            expires_on: None,
            by: m.steps.last().and_then(|s| s.by_name.clone()),
            against: true,
        }));
    }
    evidence
}

/// The first day on which a mandate that had counted did not count any more.
fn end_of(m: &Mandate) -> Option<NaiveDate> {
    m.accepted_at?;
    let day = match m.state {
        MandateState::Revoked => m.ended_at.map(time::paris_day),
        MandateState::Expired => m.ends_on.and_then(|last| last.succ_opt()),
        _ => None,
    }?;
    // Revoked before its first day it never counted.
    m.starts_on.is_none_or(|first| first <= day).then_some(day)
}

/// One line of two hundred characters at most, as every proof is.
fn what(m: &Mandate, ended: Option<MandateState>) -> String {
    let label = &mandate_kind(m.kind).label.fr;
    let said = match (ended, &m.reason) {
        (None, _) => format!("{label} {}", m.number),
        (Some(state), Some(reason)) => format!("{label} {} : {}, {reason}", m.number, state.text().fr.to_lowercase()),
        (Some(state), None) => format!("{label} {} : {}", m.number, state.text().fr.to_lowercase()),
    };
    said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

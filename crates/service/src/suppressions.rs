//! Addresses that are not written to. Whoever sends asks here, by one function, at the moment of planning and again at the
//! moment of sending.

use std::collections::HashMap;

use contract::{
    CampaignState, FileFormat, NewSuppression, Nothing, Reactivated, Reactivation, Suppression as SuppressionShape,
    SuppressionExportQuery, SuppressionFilter, SuppressionPage, SuppressionQuery, SuppressionReasonCount,
};
use domain::delivery::SOFT_BOUNCES;
use domain::{CabinetId, MailId, SuppressionReason, Text};
use serde_json::json;
use store::journal::Stamp;
use store::suppressions::{Filter, Suppression};
use store::{Conn, Scope, dialect};

use crate::delivery::unsubscribe;
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Answer, Call, Error, Result, cursor, email, invalid, journal, time};

/// Characters of a reason.
const MOST_WORDS: usize = 500;

/// What holds a message back from those of the addresses from which something does, in lower case: the gravest reason of
/// each. `mandatory` is what the client has asked for in this moment, or the firm owes it.
pub fn held(
    conn: &mut Conn,
    cabinet: CabinetId,
    emails: &[String],
    mandatory: bool,
) -> Result<HashMap<String, Suppression>> {
    let all = store::suppressions::among(conn, cabinet, emails)?;
    let first = |(address, entries): (String, Vec<Suppression>)| {
        Some((address, entries.into_iter().find(|e| e.reason.holds(mandatory))?))
    };
    Ok(all.into_iter().filter_map(first).collect())
}

/// Why an address is not written to, for people.
pub fn sentence(entry: &Suppression) -> Text {
    let (address, said) = (&entry.address, &entry.said);
    match entry.reason {
        SuppressionReason::BouncedHard => {
            Text::new(format!("{address} a été refusé : {said}."), format!("{address} was refused: {said}."))
        }
        SuppressionReason::BouncedSoft => Text::new(
            format!("{address} a refusé {} messages de suite : {said}.", SOFT_BOUNCES.value),
            format!("{address} has refused {} messages in a row: {said}.", SOFT_BOUNCES.value),
        ),
        SuppressionReason::Complained => Text::new(
            format!("{address} a signalé un message du cabinet comme indésirable."),
            format!("{address} has reported a message of the firm as unwanted."),
        ),
        SuppressionReason::Unsubscribed => Text::new(
            format!("{address} s’est désinscrit des messages du cabinet."),
            format!("{address} has unsubscribed from the messages of the firm."),
        ),
        SuppressionReason::ByHand => Text::new(
            format!("{address} est laissé tranquille par le cabinet : {}.", entry.note),
            format!("{address} is left alone by the firm: {}.", entry.note),
        ),
    }
}

/// Adds a reason against an address; the journal tells it the first time. In a write transaction that holds the cabinet's
/// lock.
pub(crate) fn add(conn: &mut Conn, cabinet: CabinetId, entry_: &Suppression, stamp: &Stamp) -> Result<()> {
    let known = store::suppressions::among(conn, cabinet, std::slice::from_ref(&entry_.address))?;
    let is_new = !known.values().flatten().any(|s| s.reason == entry_.reason);
    store::suppressions::keep(conn, cabinet, entry_)?;
    if is_new {
        let changes = json!({
            "suppression": [null, [entry_.reason]],
            "detail": [null, if entry_.note.is_empty() { &entry_.said } else { &entry_.note }],
        });
        let row = entry("suppression.add", "cabinet", cabinet, &entry_.address, changes);
        store::journal::append(conn, cabinet, stamp, &[row])?;
    }
    Ok(())
}

/// Takes reasons away from an address; answers whether any stood there. In a write transaction that holds the cabinet's
/// lock.
pub(crate) fn lift(
    conn: &mut Conn,
    cabinet: CabinetId,
    address: &str,
    reasons: &[SuppressionReason],
    why: &str,
    stamp: &Stamp,
) -> Result<bool> {
    if store::suppressions::lift(conn, cabinet, address, reasons)? == 0 {
        return Ok(false);
    }
    let changes = json!({ "suppression": [reasons, null], "detail": [null, why] });
    let row = entry("suppression.lift", "cabinet", cabinet, &address.to_lowercase(), changes);
    store::journal::append(conn, cabinet, stamp, &[row])?;
    // No dossier was written, and yet one may be asked now that was held back before.
    store::campaigns::look_again(conn, cabinet, CampaignState::Running.as_str())?;
    Ok(true)
}

fn filter(query: &SuppressionFilter) -> Filter {
    let q = query.q.as_deref().unwrap_or_default().to_lowercase();
    Filter { reasons: query.reason.0.clone(), words: q.split_whitespace().map(str::to_owned).collect() }
}

fn shaped(conn: &mut Conn, scope: &Scope, rows: Vec<Suppression>) -> Result<Vec<SuppressionShape>> {
    let wanted: Vec<MailId> = rows.iter().filter_map(|r| r.mail).collect();
    let seen: Vec<MailId> = store::mails::find_many(conn, scope, &wanted)?.into_iter().map(|m| m.id).collect();
    let some = |text: String| Some(text).filter(|t| !t.is_empty());
    Ok(rows
        .into_iter()
        .map(|row| SuppressionShape {
            address: row.address,
            reason: row.reason,
            label: row.reason.text(),
            holds_all: row.reason.holds(true),
            mail_id: row.mail.filter(|m| seen.contains(m)),
            said: some(row.said),
            note: some(row.note),
            by_name: some(row.by_name),
            at: row.at,
        })
        .collect())
}

pub fn list_suppressions(
    call: &Call,
    _: Nothing,
    query: SuppressionQuery,
    _: Nothing,
) -> Result<Answer<SuppressionPage>> {
    let limit = cursor::limit(query.limit)?;
    let after = query.after.as_deref().map(cursor::read::<3>).transpose()?;
    let after =
        after.map(|[at, address, reason]| Ok::<_, Error>((at.parse().map_err(|_| cursor::wrong())?, address, reason)));
    let after = after.transpose()?;
    let scope = call.scope()?;
    let filter = filter(&query.filter);
    let mut conn = call.app.store.conn()?;
    let mut rows = store::suppressions::list(&mut conn, scope, &filter, after, limit + 1)?;
    let next = (rows.len() as i64 > limit).then(|| {
        rows.truncate(limit as usize);
        rows.last().map(|row| {
            let (at, address, reason) = row.place();
            cursor::write(&[&at.to_string(), &address, &reason])
        })
    });
    let (mut total, mut reasons) = (None, None);
    if query.facets == Some(true) {
        let counts = store::suppressions::reasons(&mut conn, scope, &filter)?;
        let taken = |reason: &SuppressionReason| filter.reasons.is_empty() || filter.reasons.contains(reason);
        total = Some(counts.iter().filter(|(reason, _)| taken(reason)).map(|(_, n)| n).sum());
        let counted = counts.into_iter().map(|(reason, count)| SuppressionReasonCount { reason, count });
        reasons = Some(counted.collect());
    }
    let data = shaped(&mut conn, scope, rows)?;
    Ok(Answer::new(SuppressionPage {
        data,
        next: next.flatten(),
        total,
        reasons,
        soft_bounces: SOFT_BOUNCES.value,
        soft_bounces_why: SOFT_BOUNCES.why(),
        mandatory: unsubscribe::mandatory(),
    }))
}

pub fn export_suppressions(
    call: &Call,
    _: Nothing,
    query: SuppressionExportQuery,
    _: Nothing,
) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    let filter = filter(&query.filter);
    let mut conn = call.app.store.conn()?;
    let mut sheet = crate::export::Sheet::new(
        "adresses-ecartees",
        &["Adresse", "Motif", "Rien n’y part", "Depuis le", "Dit par la source", "Note", "Par"],
    );
    let mut after = None;
    loop {
        let rows = store::suppressions::list(&mut conn, scope, &filter, after, 500)?;
        after = rows.last().map(Suppression::place);
        let last = rows.len() < 500;
        for row in rows {
            sheet.row([
                row.address,
                row.reason.text().fr,
                if row.reason.holds(true) { "oui" } else { "sauf l’obligatoire" }.to_owned(),
                time::paris_day(row.at).to_string(),
                row.said,
                row.note,
                row.by_name,
            ]);
        }
        if last {
            break;
        }
    }
    Ok(Answer::file(sheet.file(query.format.unwrap_or(FileFormat::Csv), call.today())?))
}

/// A text that must be there, and be short.
fn words(pointer: &'static str, text: &str) -> Result<String> {
    let text = text.trim();
    let length = text.chars().count();
    match length {
        0 => Err(invalid(
            pointer,
            "missing",
            "Un motif est attendu : d’autres doivent comprendre cette décision.",
            "A reason is expected: others have to understand this decision.",
        )),
        1..=MOST_WORDS => Ok(text.to_owned()),
        _ => Err(invalid(
            pointer,
            "too_long",
            format!("{length} caractères : {MOST_WORDS} au plus. Raccourcissez."),
            format!("{length} characters: {MOST_WORDS} at most. Shorten it."),
        )),
    }
}

fn address(conn: &mut Conn, scope: &Scope, given: &str) -> Result<String> {
    let address = given.trim().to_lowercase();
    if !email::is_plausible(&address) {
        return Err(invalid(
            "/address",
            "email",
            format!("« {given} » : une adresse telle que nom@exemple.fr est attendue."),
            format!("“{given}”: an address such as name@example.com is expected."),
        ));
    }
    if store::suppressions::is_in_sight(conn, scope, &address)? {
        return Ok(address);
    }
    Err(invalid(
        "/address",
        "unknown",
        format!(
            "« {address} » n’est l’adresse d’aucun dossier de votre périmètre : demandez à qui voit tout le cabinet."
        ),
        format!("“{address}” is the address of no dossier within your scope: ask whoever sees the whole firm."),
    ))
}

pub fn create_suppression(
    call: &Call,
    _: Nothing,
    _: Nothing,
    body: NewSuppression,
) -> Result<Answer<SuppressionShape>> {
    let scope = call.scope()?;
    let note = words("/note", &body.note)?;
    let by_name = call.actor()?.name.clone();
    let made = call.app.store.conn()?.write(|conn| -> Result<SuppressionShape> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let address = address(conn, scope, &body.address)?;
        let new = Suppression::new(&address, SuppressionReason::ByHand, whole_micros(call.now));
        let entry = Suppression { note, by_name, ..new };
        add(conn, scope.cabinet(), &entry, &journal::stamp(call))?;
        shaped(conn, scope, vec![entry])?.pop().ok_or_else(Error::not_found)
    })?;
    Ok(Answer::new(made))
}

pub fn reactivate_suppression(call: &Call, _: Nothing, _: Nothing, body: Reactivation) -> Result<Answer<Reactivated>> {
    let scope = call.scope()?;
    let why = words("/reason", &body.reason)?;
    let address = body.address.trim().to_lowercase();
    let lifted = call.app.store.conn()?.write(|conn| -> Result<Vec<SuppressionReason>> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let lifted: Vec<SuppressionReason> =
            store::suppressions::of_address(conn, scope, &address)?.into_iter().map(|s| s.reason).collect();
        if lifted.is_empty() {
            return Err(Error::not_found());
        }
        lift(conn, scope.cabinet(), &address, &lifted, &why, &journal::stamp(call))?;
        Ok(lifted)
    })?;
    Ok(Answer::new(Reactivated { address, lifted }))
}

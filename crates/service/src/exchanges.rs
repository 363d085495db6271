//! What the firm told a client, asked and got: recorded once, never changed, in the journal whole.

use contract::{
    Attachment, Code, Exchange as ExchangeShape, ExchangeCancel, ExchangeCancellation, ExchangeChannel, ExchangeKind,
    ExchangePage, NewExchange, Nothing, PageQuery,
};
use domain::{Criterion, DossierId, Evidence, ExchangeId, Permission, ProofSource};
use serde_json::json;
use store::dossiers::Stored;
use store::exchanges::{Cancellation, Exchange};
use store::journal::Entry;
use store::time::{from_db, to_db};
use store::{Conn, dialect, exchanges, journal};

use crate::dossiers::{self, BY_HAND, Draft};
use crate::fields::Check;
use crate::people::entry;
use crate::{Answer, Call, Error, Result, cursor, ids, relances};

/// Actions of the journal rows. They are about the dossier, so that its history tells them and an undone import keeps
/// a dossier that somebody has worked on.
pub(crate) const CREATE: &str = "exchange.create";
pub(crate) const CANCEL: &str = "exchange.cancel";

const LONGEST_TEXT: usize = 10_000;

pub(crate) fn shape(e: Exchange) -> Result<ExchangeShape> {
    Ok(ExchangeShape {
        id: e.id,
        dossier_id: e.dossier,
        kind: ExchangeKind::try_from(e.kind.as_str()).map_err(Error::internal)?,
        channel: ExchangeChannel::try_from(e.channel.as_str()).map_err(Error::internal)?,
        on: e.on,
        subject: e.subject,
        text: e.text,
        attachment: e.attachment.map(|(name, sha256)| Attachment { name, sha256 }),
        by: e.user,
        by_name: e.user_name,
        recorded_at: e.at,
        cancelled: e.cancelled.map(|c| ExchangeCancellation {
            at: c.at,
            by: c.user,
            by_name: c.user_name,
            reason: c.reason,
        }),
    })
}

pub fn list_exchanges(call: &Call, id: DossierId, query: PageQuery, _: Nothing) -> Result<Answer<ExchangePage>> {
    let limit = cursor::limit(query.limit)?;
    let after = query.after.as_deref().map(cursor::read::<2>).transpose()?.map(|[on, id]| (on, id));
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    store::dossiers::find(&mut conn, scope, id)?;
    let mut rows = exchanges::list(&mut conn, scope, id, after, limit + 1)?;
    let next = (rows.len() as i64 > limit).then(|| {
        rows.truncate(limit as usize);
        rows.last().map(|e| cursor::write(&[&e.on.to_string(), &e.id.to_string()]))
    });
    Ok(Answer::new(ExchangePage { data: rows.into_iter().map(shape).collect::<Result<_>>()?, next: next.flatten() }))
}

/// Several lines of text that people read.
fn text(check: &mut Check, pointer: &str, value: &str, most: usize) -> String {
    let value = value.replace("\r\n", "\n").trim().to_owned();
    let length = value.chars().count();
    if length > most {
        check.refuse(
            pointer,
            "too_long",
            format!("{length} caractères : {most} au plus, raccourcissez."),
            format!("{length} characters: {most} at most, shorten it."),
        );
    }
    if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        check.refuse(
            pointer,
            "control_character",
            "Contient un caractère invisible : seuls les retours à la ligne et les tabulations sont admis.",
            "Contains an invisible character: only line breaks and tabs are accepted.",
        );
    }
    value
}

fn checked(call: &Call, body: NewExchange) -> Result<NewExchange> {
    let mut check = Check::default();
    let subject = check.line("/subject", &body.subject, 200);
    let text = text(&mut check, "/text", &body.text, LONGEST_TEXT);
    let today = call.today();
    if body.on > today {
        check.refuse(
            "/on",
            "in_the_future",
            format!("{} est à venir : un échange qui a eu lieu, au plus tard le {today}, est attendu.", body.on),
            format!("{} is to come: an exchange that took place, on {today} at the latest, is expected.", body.on),
        );
    }
    let first = chrono::NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default();
    if body.on < first {
        check.refuse(
            "/on",
            "too_old",
            format!("{} : une date à partir du {first} est attendue.", body.on),
            format!("{}: a date from {first} on is expected.", body.on),
        );
    }
    let attachment = body.attachment.map(|a| {
        let name = check.line("/attachment/name", &a.name, 200);
        let sha256 = a.sha256.trim().to_ascii_lowercase();
        if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
            let given: String = sha256.chars().take(80).collect();
            check.refuse(
                "/attachment/sha256",
                "hash_form",
                format!("« {given} » : l’empreinte SHA-256 du fichier, 64 chiffres hexadécimaux, est attendue."),
                format!("“{given}”: the SHA-256 of the file, 64 hexadecimal digits, is expected."),
            );
        }
        Attachment { name, sha256 }
    });
    check.done()?;
    Ok(NewExchange { subject, text, attachment, ..body })
}

/// The journal row of an exchange, which holds it whole.
pub(crate) fn recorded(exchange: &Exchange, dossier: &str) -> Entry {
    let mut changes = json!({
        "exchange": [null, exchange.id],
        "kind": [null, exchange.kind],
        "channel": [null, exchange.channel],
        "on": [null, exchange.on],
        "subject": [null, exchange.subject],
    });
    if !exchange.text.is_empty() {
        changes["text"] = json!([null, exchange.text]);
    }
    if let Some((name, sha256)) = &exchange.attachment {
        changes["attachment"] = json!([null, { "name": name, "sha256": sha256 }]);
    }
    entry(CREATE, "dossier", exchange.dossier, dossier, changes)
}

/// The journal row of a cancellation.
pub(crate) fn taken_back(exchange: &Exchange, reason: &str, dossier: &str) -> Entry {
    let changes =
        json!({ "exchange": [exchange.id, null], "subject": [exchange.subject, null], "reason": [null, reason] });
    entry(CANCEL, "dossier", exchange.dossier, dossier, changes)
}

pub fn create_exchange(call: &Call, id: DossierId, _: Nothing, body: NewExchange) -> Result<Answer<ExchangeShape>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let body = checked(call, body)?;
    call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let dossier = store::dossiers::find(conn, scope, id)?;
        let exchange = Exchange {
            id: ids::exchange(),
            dossier: id,
            kind: body.kind.to_string(),
            channel: body.channel.to_string(),
            on: body.on,
            subject: body.subject.clone(),
            text: body.text.clone(),
            attachment: body.attachment.clone().map(|a| (a.name, a.sha256)),
            user: scope.user(),
            user_name: Some(actor.name.clone()),
            // As it is kept, so that the first reply is what is read later.
            at: from_db(to_db(call.now)),
            cancelled: None,
        };
        exchanges::insert(conn, scope.cabinet(), &exchange)?;
        let row = recorded(&exchange, &dossier.facts.name);
        journal::append(conn, scope.cabinet(), &crate::journal::stamp(call), &[row])?;
        relances::touch(conn, scope.cabinet(), &[exchange.dossier], call.now)?;
        prove(call, conn, dossier)?;
        Ok(Answer::new(shape(exchange)?))
    })
}

/// The latest exchange in which the firm told the client something proves that the client is informed; a cancelled one
/// no longer does. Needs the cabinet's lock.
fn prove(call: &Call, conn: &mut Conn, dossier: Stored) -> Result<()> {
    let scope = call.scope()?;
    let told = exchanges::list(conn, scope, dossier.id, None, i64::MAX)?
        .into_iter()
        .find(|e| e.kind == ExchangeKind::Told.as_str() && e.cancelled.is_none());
    let mut facts = dossier.facts.clone();
    facts.proofs.retain(|p| p.criterion != Criterion::ClientInformed || p.source != ProofSource::Exchange);
    facts.proofs.extend(told.map(|e| Evidence {
        criterion: Criterion::ClientInformed,
        what: e.subject,
        source: ProofSource::Exchange,
        on: e.on,
        expires_on: None,
        by: e.user_name,
        against: false,
    }));
    dossiers::order_proofs(&mut facts.proofs);
    let judge = call.judge(conn)?;
    let draft = Draft { before: Some(dossier), after: Some(facts) };
    dossiers::write(conn, scope.cabinet(), &crate::journal::stamp(call), &judge, BY_HAND, vec![draft])?;
    Ok(())
}

pub fn cancel_exchange(call: &Call, id: ExchangeId, _: Nothing, body: ExchangeCancel) -> Result<Answer<ExchangeShape>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let mut check = Check::default();
    let reason = check.line("/reason", &body.reason, 500);
    check.done()?;
    call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let mut exchange = exchanges::find(conn, scope, id)?;
        let dossier = store::dossiers::find(conn, scope, exchange.dossier)?;
        if exchange.user != scope.user() && !scope.allows(Permission::DossierManage) {
            return Err(Error::say(
                Code::Forbidden,
                "L’échange d’une autre personne est annulé par elle, un responsable ou un associé.",
                "Somebody else's exchange is cancelled by that person, a manager or a partner.",
            ));
        }
        if exchange.cancelled.is_some() {
            return Err(Error::conflict("Cet échange est déjà annulé.", "This exchange is cancelled already."));
        }
        let cancellation = Cancellation {
            id: ids::exchange(),
            user: scope.user(),
            user_name: Some(actor.name.clone()),
            at: from_db(to_db(call.now)),
            reason: reason.clone(),
        };
        exchanges::cancel(conn, scope.cabinet(), &exchange, &cancellation)?;
        let row = taken_back(&exchange, &reason, &dossier.facts.name);
        journal::append(conn, scope.cabinet(), &crate::journal::stamp(call), &[row])?;
        relances::touch(conn, scope.cabinet(), &[exchange.dossier], call.now)?;
        prove(call, conn, dossier)?;
        exchange.cancelled = Some(cancellation);
        Ok(Answer::new(shape(exchange)?))
    })
}

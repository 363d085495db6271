//! Webhooks: a platform pushes that something is new. The push is a hint to read now and nothing else, so a repeated one
//! changes nothing; its signature is the proof that it is the platform's.

use chrono::{DateTime, Duration, Utc};
use contract::endpoint::{AFNOR_SIGNATURE, AFNOR_SIGNED_AT};
use contract::{Code, Nothing, SignedEvent};
use domain::ConnectionId;
use gateway::platform::{Line, PlatformError};
use store::connections::{self, Connection};

use super::data::{Data, Hook};
use super::{note_calls, open, version, wake};
use crate::{Answer, App, Call, Error, Result};

/// A signature that is older, or newer, is refused: what was listened to once cannot be played for ever.
const WINDOW_SECONDS: i64 = 300;
/// A key serves so long, then the webhook is made anew; calls signed by the old one are taken for a while.
const KEY_DAYS: i64 = 90;
const OLD_KEY_HOURS: i64 = 24;

/// Path of our end.
pub(super) fn path(id: ConnectionId) -> String {
    format!("{}/connections/{id}/webhook", contract::endpoint::BASE)
}

fn callback(app: &App, id: ConnectionId) -> String {
    format!("{}{}", app.settings.public_url, path(id))
}

/// Makes the platform's webhook as it is wanted: made, made anew when its key is old or the address has changed or the
/// platform has lost it, removed.
pub(super) fn keep(
    app: &App,
    line: &mut dyn Line,
    row: &Connection,
    data: &Data,
    hook: &mut Option<Hook>,
) -> std::result::Result<(), PlatformError> {
    let now = crate::session::whole_micros(Utc::now());
    if !data.webhook || !version(data.service).traits().webhooks {
        if let Some(old) = hook.as_ref() {
            line.unsubscribe(&old.id)?;
            *hook = None;
        }
        return Ok(());
    }
    let callback = callback(app, row.id);
    let is_good = |h: &Hook| h.callback == callback && now - h.since < Duration::days(KEY_DAYS);
    if hook.as_ref().is_some_and(is_good) {
        // Asked once an hour or so: what platforms forget is rare.
        if rand::random_range(0..12) != 0 {
            return Ok(());
        }
        let known = line.webhooks()?;
        if hook.as_ref().is_some_and(|h| known.iter().any(|k| k.id == h.id)) {
            return Ok(());
        }
    }
    // One that was made and never noted, as by a process that was killed.
    for known in line.webhooks()? {
        if known.callback == callback && hook.as_ref().is_none_or(|h| h.id != known.id) {
            line.unsubscribe(&known.id)?;
        }
    }
    let made = line.subscribe(&callback)?;
    let old = hook.take();
    let until = now + Duration::hours(OLD_KEY_HOURS);
    *hook = Some(Hook {
        id: made.id,
        callback,
        since: now,
        key: made.key.reveal().to_owned(),
        old: old.as_ref().map(|h| (h.key.clone(), until)),
    });
    if let Some(old) = old {
        line.unsubscribe(&old.id)?;
    }
    Ok(())
}

/// Removes the webhook of a connection that goes. A platform that does not answer keeps it: its calls lead nowhere.
pub(super) fn forget(app: &App, row: &Connection) {
    if row.webhook_key.is_empty() {
        return;
    }
    let opened = match open(app, row) {
        Ok(opened) => opened,
        Err(error) => {
            tracing::warn!(connection = %row.id, %error, "the webhook of a connection cannot be removed");
            return;
        }
    };
    if let (Some(hook), Ok(mut line)) = (opened.hook, opened.line) {
        if let Err(error) = line.unsubscribe(&hook.id) {
            tracing::warn!(connection = %row.id, %error, "the webhook of a connection could not be removed");
        }
        note_calls(app, row, line.calls());
    }
}

fn refused(fr: &str, en: &str) -> Error {
    Error::say(Code::BadCredentials, fr, en)
}

/// The signature of a message and when it was made, seconds since 1970.
fn signature(call: &Call) -> Option<(&str, i64)> {
    let proof = &call.client.proof;
    Some((proof.get(AFNOR_SIGNATURE)?, proof.get(AFNOR_SIGNED_AT)?.trim().parse().ok()?))
}

pub fn receive_webhook(call: &Call, id: ConnectionId, _: Nothing, body: SignedEvent) -> Result<Answer<Nothing>> {
    let app = &call.app;
    let attempt = app.shared.limits.event(call.client.address, &call.told)?;
    let mut conn = app.store.conn()?;
    // Who has no key learns nothing but that nothing is here.
    let row = connections::called_by_webhook(&mut conn, id)?.ok_or_else(Error::not_found)?;
    let hook = Hook::read(app, &mut conn, &row)?.ok_or_else(Error::not_found)?;
    let (signed, at) = signature(call).ok_or_else(|| {
        refused(
            "La signature manque : en-têtes `Afnor-Signature` et `Afnor-Signature-Timestamp`.",
            "The signature is missing: headers `Afnor-Signature` and `Afnor-Signature-Timestamp`.",
        )
    })?;
    let keys = hook.keys(call.now);
    // Each is tried, whichever fits.
    let fitting = keys.iter().filter(|k| gateway::platform::webhook::is_signed(k, body.0.as_bytes(), at, signed));
    if fitting.count() == 0 {
        return Err(refused(
            "La signature n’est pas celle de cet abonnement : SHA-256 du corps, de « @ » et de l’heure, puis HMAC-SHA-256 avec la clé remise à l’abonnement, en base64.",
            "The signature is not one of this subscription: SHA-256 of body, “@” and time, then HMAC-SHA-256 with the key given at the subscription, in base64.",
        ));
    }
    if !is_near(at, call.now) {
        return Err(refused(
            "L’heure de la signature s’écarte de plus de cinq minutes de celle de ce serveur : vérifiez les horloges.",
            "The time of the signature is more than five minutes off this server’s: check the clocks.",
        ));
    }
    attempt.succeeded();
    conn.write(|conn| connections::hurry(conn, &row, call.now))?;
    wake(app);
    Ok(Answer::none())
}

fn is_near(epoch: i64, now: DateTime<Utc>) -> bool {
    epoch.abs_diff(now.timestamp()) <= WINDOW_SECONDS.unsigned_abs()
}

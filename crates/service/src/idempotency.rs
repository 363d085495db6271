//! `Idempotency-Key`: the same creating request twice does its work once. Kept in the database for a day, so that it
//! holds over a restart and over several processes.
//!
//! The key is reserved before the work and the reply kept after it, each in a transaction of its own. A process that
//! dies between the work's commit and the keeping of its reply leaves a reservation, which a repetition takes over
//! after a minute: what is created has a name that is unique by itself (SIREN, portfolio, e-mail), which then answers.
//! Replies are kept as they were given. That of an invitation holds its link: it is worth what the invitation is, and
//! goes with the key after a day.

use chrono::Duration;
use contract::{Code, EndpointMeta};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::idempotency::{Claim, claim, keep, release};

use crate::session::whole_micros;
use crate::{Answer, Call, Error, Result};

const LIFE_HOURS: i64 = 24;
const STALE_SECONDS: i64 = 60;
const LONGEST_KEY: usize = 255;

/// Does the work, or answers what it answered the first time. `request_hash` stands for everything that makes the
/// request (its path and its body).
pub fn run<T: Serialize + DeserializeOwned>(
    call: &Call,
    meta: &EndpointMeta,
    key: &str,
    request_hash: &str,
    work: impl FnOnce() -> Result<Answer<T>>,
) -> Result<Answer<T>> {
    let scope = call.scope()?;
    if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Error::new(Code::BadRequest).and(
            "Idempotency-Key",
            "key_form",
            format!(
                "De 1 à {LONGEST_KEY} caractères ASCII visibles sont attendus, par exemple un UUID nouveau par envoi."
            ),
            format!("1 to {LONGEST_KEY} visible ASCII characters are expected, such as a new UUID for each creation."),
        ));
    }
    let request_hash = format!("{}:{request_hash}", meta.id);
    let now = whole_micros(call.now);
    let claimed = claim(
        &mut *call.app.store.conn()?,
        scope,
        key,
        &request_hash,
        now,
        Duration::hours(LIFE_HOURS),
        Duration::seconds(STALE_SECONDS),
    )?;
    match claimed {
        Claim::Taken => {}
        Claim::Running => {
            return Err(Error {
                retry_after: Some(1),
                ..Error::conflict(
                    "La première requête portant cette clé est encore en cours : réessayez dans un instant.",
                    "The first request with this key is still running: try again in a moment.",
                )
            });
        }
        Claim::Mismatch => return Err(Error::new(Code::IdempotencyMismatch)),
        Claim::Replied { body, etag } => {
            return Ok(Answer { etag, ..Answer::new(serde_json::from_str(&body)?) });
        }
    }
    // No connection is held while the work is done: it takes its own.
    let answer = match work() {
        Ok(answer) => answer,
        Err(refusal) => {
            // Nothing was done. A key that cannot be given back now is taken over after a minute.
            if let Err(e) = call.app.store.conn().and_then(|mut conn| release(&mut conn, scope, key, now)) {
                tracing::warn!(request_id = %call.request_id, error = %e, "an idempotency key was not given back");
            }
            return Err(refusal);
        }
    };
    let body = serde_json::to_string(&answer.reply)?;
    let kept =
        call.app.store.conn().and_then(|mut conn| keep(&mut conn, scope, key, now, meta.status, answer.etag, &body));
    if let Err(e) = kept {
        // The work is done and committed: its reply is what the caller must get.
        tracing::warn!(request_id = %call.request_id, error = %e, "the reply to an idempotent request was not kept");
    }
    Ok(answer)
}

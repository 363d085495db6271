//! Messages of the mail provider, proved by their signature. They are taken in whatever order they come, and as often.

use contract::endpoint::{SVIX_ID, SVIX_SIGNATURE, SVIX_SIGNED_AT, WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_SIGNED_AT};
use contract::{Code, Nothing, SignedEvent};
use domain::{MailEventKind, MailEventSource};
use gateway::mail::{EventProof, EventProofError, ProviderEvent, read_event};

use super::{Happened, Heard, note_of};
use crate::{Answer, App, Call, Error, Result};

/// Characters kept of the id of a message.
const LONGEST_ID: usize = 200;

pub fn receive_mail_event(call: &Call, _: Nothing, _: Nothing, body: SignedEvent) -> Result<Answer<Nothing>> {
    let secret = call.app.ports.mail_events.as_ref().ok_or_else(Error::not_found)?;
    let attempt = call.app.shared.limits.event(call.client.address, &call.told)?;
    let proof = proof(call).ok_or_else(|| {
        refused(
            "La signature manque : en-têtes `webhook-id`, `webhook-timestamp` et `webhook-signature`.",
            "The signature is missing: headers `webhook-id`, `webhook-timestamp` and `webhook-signature`.",
        )
    })?;
    proof.check(secret, body.0.as_bytes(), call.now).map_err(|error| match error {
        EventProofError::Forged => refused(
            "La signature de ce message n’est pas celle du fournisseur : vérifiez --mail-events-secret.",
            "The signature of this message is not that of the provider: check --mail-events-secret.",
        ),
        EventProofError::Late => refused(
            "L’heure de la signature s’écarte de plus de cinq minutes de celle de ce serveur : vérifiez les horloges.",
            "The time of the signature is more than five minutes off this server’s: check the clocks.",
        ),
    })?;
    attempt.succeeded();
    let heard = match read_event(body.0.as_bytes()) {
        Some(event) => take(&call.app, event, proof.id, call)?,
        None => Heard::Other,
    };
    call.app.shared.delivery.count(heard);
    Ok(Answer::none())
}

fn refused(fr: &str, en: &str) -> Error {
    Error::say(Code::Unauthenticated, fr, en)
}

fn proof(call: &Call) -> Option<EventProof<'_>> {
    let get = |name: &str| call.client.proof.get(name).map(String::as_str);
    let of = |id, at, signatures| Some(EventProof { id: get(id)?, at: get(at)?, signatures: get(signatures)? });
    of(WEBHOOK_ID, WEBHOOK_SIGNED_AT, WEBHOOK_SIGNATURE).or_else(|| of(SVIX_ID, SVIX_SIGNED_AT, SVIX_SIGNATURE))
}

fn take(app: &App, event: ProviderEvent, id: &str, call: &Call) -> Result<Heard> {
    let ours = event.ours.as_deref().and_then(|id| id.parse().ok());
    let found = store::mails::named(&mut *app.store.conn()?, ours, &event.provider_id)?;
    let Some((cabinet, mail)) = found else { return Ok(Heard::Unknown) };
    let key = match event.kind {
        // Programs open and follow again and again: the first time is the hint.
        MailEventKind::Opened | MailEventKind::Clicked => "first".to_owned(),
        _ => id.chars().take(LONGEST_ID).collect(),
    };
    let what = Happened {
        at: event.at,
        recipient: event.recipient,
        said: event.said,
        ..Happened::new(event.kind, MailEventSource::Provider, key)
    };
    note_of(app, cabinet, mail, what, call.now)
}

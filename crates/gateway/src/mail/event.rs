//! Messages of a provider of the Resend kind about mail that it has taken. Signed as Standard Webhooks are: HMAC-SHA256 over
//! `id.time.body`, with a secret that is written `whsec_` and base64.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use chrono::{DateTime, Utc};
use domain::MailEventKind;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;

use crate::setting::Secret;

/// A signature that is older, or newer, is refused: what was listened to once cannot be played for ever.
const WINDOW_SECONDS: u64 = 300;
/// Signatures looked at: a provider that changes its secret sends two.
const MOST_SIGNATURES: usize = 8;

/// By which a message proves itself.
#[derive(Debug, Clone, Copy)]
pub struct EventProof<'a> {
    /// The same each time that the message is sent.
    pub id: &'a str,
    /// Seconds since 1970.
    pub at: &'a str,
    /// `v1,…`; several are parted by spaces.
    pub signatures: &'a str,
}

/// Why a message is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventProofError {
    /// Not made with the secret, or not of these bytes.
    Forged,
    /// More than five minutes off the clock.
    Late,
}

impl EventProof<'_> {
    /// Proves a message. The signature is looked at before the time, so that only who has the secret learns of clocks.
    pub fn check(&self, secret: &Secret, body: &[u8], now: DateTime<Utc>) -> Result<(), EventProofError> {
        let at: i64 = self.at.trim().parse().map_err(|_| EventProofError::Forged)?;
        let key = key(secret).ok_or(EventProofError::Forged)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| EventProofError::Forged)?;
        for part in [self.id.as_bytes(), b".", self.at.trim().as_bytes(), b".", body] {
            mac.update(part);
        }
        // All are compared, whichever fits.
        let fitting = self
            .signatures
            .split_whitespace()
            .take(MOST_SIGNATURES)
            .filter_map(|s| s.strip_prefix("v1,"))
            .filter_map(decoded)
            .filter(|signature| mac.clone().verify_slice(signature).is_ok())
            .count();
        if fitting == 0 || self.id.is_empty() {
            return Err(EventProofError::Forged);
        }
        if at.abs_diff(now.timestamp()) > WINDOW_SECONDS {
            return Err(EventProofError::Late);
        }
        Ok(())
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    [STANDARD, STANDARD_NO_PAD].iter().find_map(|form| form.decode(text.trim()).ok())
}

/// The bytes of a secret; a short one is none.
fn key(secret: &Secret) -> Option<Vec<u8>> {
    let text = secret.expose().trim();
    decoded(text.strip_prefix("whsec_").unwrap_or(text)).filter(|key| key.len() >= 16)
}

/// Whether a secret has the form that it must have.
pub fn is_event_secret(secret: &Secret) -> bool {
    key(secret).is_some()
}

/// What a provider tells of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderEvent {
    /// Our id of the mail, when the provider gives it back.
    pub ours: Option<String>,
    /// Its own id of the mail.
    pub provider_id: String,
    pub kind: MailEventKind,
    pub at: Option<DateTime<Utc>>,
    pub recipient: Option<String>,
    /// What the server of the recipient said, as far as the provider tells it.
    pub said: String,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    created_at: String,
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    email_id: String,
    to: Value,
    tags: Value,
    bounce: Reason,
    failed: Reason,
    suppressed: Reason,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reason {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "subType")]
    sub: String,
    message: String,
    reason: String,
}

impl Reason {
    fn words(&self) -> String {
        let said = [&self.message, &self.reason].into_iter().find(|w| !w.is_empty());
        said.cloned().unwrap_or_else(|| format!("{} {}", self.kind, self.sub).trim().to_owned())
    }
}

/// The tag that a mail bears, by which the provider names it before we know the provider's own id.
pub(super) const TAG: &str = "cabready_mail";

/// Reads a proved message. Nothing when it is about something else than what became of a mail, such as that it was taken.
pub fn read_event(body: &[u8]) -> Option<ProviderEvent> {
    let message: Message = serde_json::from_slice(body).ok()?;
    let data = &message.data;
    let (kind, said) = match message.kind.as_str() {
        "email.delivered" => (MailEventKind::Delivered, String::new()),
        "email.delivery_delayed" => (MailEventKind::Delayed, String::new()),
        "email.complained" => (MailEventKind::Complained, String::new()),
        "email.opened" => (MailEventKind::Opened, String::new()),
        "email.clicked" => (MailEventKind::Clicked, String::new()),
        "email.bounced" => (bounce(&data.bounce), data.bounce.words()),
        "email.failed" => (MailEventKind::Blocked, data.failed.words()),
        "email.suppressed" => (MailEventKind::Blocked, data.suppressed.words()),
        _ => return None,
    };
    let recipient = data.to.as_str().or_else(|| data.to.get(0).and_then(Value::as_str)).map(str::to_owned);
    Some(ProviderEvent {
        ours: tagged(&data.tags),
        provider_id: data.email_id.clone(),
        kind,
        at: DateTime::parse_from_rfc3339(&message.created_at).ok().map(|at| at.with_timezone(&Utc)),
        recipient,
        said,
    })
}

/// Whether an address is to blame for good, for now, or not at all.
fn bounce(reason: &Reason) -> MailEventKind {
    match (reason.kind.to_ascii_lowercase().as_str(), reason.sub.to_ascii_lowercase().as_str()) {
        (_, "messagetoolarge" | "contentrejected" | "attachmentrejected") => MailEventKind::Blocked,
        ("permanent", _) => MailEventKind::BouncedHard,
        _ => MailEventKind::BouncedSoft,
    }
}

/// Tags come as an object, or as a list of names and values.
fn tagged(tags: &Value) -> Option<String> {
    let listed = || {
        let one = tags.as_array()?.iter().find(|t| t.get("name").and_then(Value::as_str) == Some(TAG))?;
        one.get("value")
    };
    tags.get(TAG).or_else(listed)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use serde_json::json;

    use super::*;

    // The example of the Standard Webhooks libraries, with its signature.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const PROOF: EventProof<'_> = EventProof {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        at: "1614265330",
        signatures: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };

    fn then() -> DateTime<Utc> {
        Utc.timestamp_opt(1_614_265_330, 0).unwrap()
    }

    #[test]
    fn only_who_has_the_secret_is_believed_and_only_for_five_minutes() {
        let secret = Secret::new(SECRET);
        assert_eq!(PROOF.check(&secret, BODY, then()), Ok(()));
        let several =
            EventProof { signatures: "v1a,xxxx v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", ..PROOF };
        assert_eq!(several.check(&secret, BODY, then()), Ok(()));
        for seconds in [-300, 300] {
            assert_eq!(PROOF.check(&secret, BODY, then() + chrono::Duration::seconds(seconds)), Ok(()));
        }
        for seconds in [-301, 301, 86_400] {
            let at = then() + chrono::Duration::seconds(seconds);
            assert_eq!(PROOF.check(&secret, BODY, at), Err(EventProofError::Late), "{seconds}");
        }
        for forged in [
            EventProof { id: "msg_other", ..PROOF },
            EventProof { at: "1614265331", ..PROOF },
            EventProof { at: "soon", ..PROOF },
            EventProof { signatures: "", ..PROOF },
            EventProof { signatures: "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", ..PROOF },
            EventProof { signatures: "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", ..PROOF },
        ] {
            assert_eq!(forged.check(&secret, BODY, then()), Err(EventProofError::Forged), "{forged:?}");
        }
        assert_eq!(PROOF.check(&secret, b"{}", then()), Err(EventProofError::Forged), "another body");
        for other in ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "whsec_", "", "court"] {
            assert_eq!(PROOF.check(&Secret::new(other), BODY, then()), Err(EventProofError::Forged), "{other}");
        }
        assert!(is_event_secret(&secret) && !is_event_secret(&Secret::new("whsec_x")));
    }

    fn event(kind: &str, data: Value) -> Option<ProviderEvent> {
        let body = json!({ "type": kind, "created_at": "2026-11-22T23:41:12.126Z", "data": data });
        read_event(body.to_string().as_bytes())
    }

    #[test]
    fn what_a_provider_tells() {
        use MailEventKind as K;
        let data = json!({ "email_id": "e-1", "to": ["zoe@exemple.fr"], "tags": { "cabready_mail": "7f" } });
        for (kind, expected) in [
            ("email.delivered", Some(K::Delivered)),
            ("email.delivery_delayed", Some(K::Delayed)),
            ("email.complained", Some(K::Complained)),
            ("email.opened", Some(K::Opened)),
            ("email.clicked", Some(K::Clicked)),
            ("email.suppressed", Some(K::Blocked)),
            ("email.sent", None),
            ("contact.created", None),
        ] {
            assert_eq!(event(kind, data.clone()).map(|e| e.kind), expected, "{kind}");
        }
        let told = event("email.delivered", data).unwrap();
        assert_eq!((told.ours.as_deref(), told.provider_id.as_str()), (Some("7f"), "e-1"));
        assert_eq!(told.recipient.as_deref(), Some("zoe@exemple.fr"));
        assert_eq!(told.at.unwrap().to_rfc3339(), "2026-11-22T23:41:12.126+00:00");
        for (kind, sub, expected) in [
            ("Permanent", "General", K::BouncedHard),
            ("Permanent", "Suppressed", K::BouncedHard),
            ("Transient", "MailboxFull", K::BouncedSoft),
            ("Undetermined", "Undetermined", K::BouncedSoft),
            ("Transient", "ContentRejected", K::Blocked),
        ] {
            let data = json!({ "email_id": "e-1", "tags": [{ "name": "cabready_mail", "value": "7f" }],
                "bounce": { "type": kind, "subType": sub, "message": "550 no" } });
            let told = event("email.bounced", data).unwrap();
            assert_eq!(
                (told.kind, told.said.as_str(), told.ours.as_deref()),
                (expected, "550 no", Some("7f")),
                "{sub}"
            );
        }
        for broken in [&b"{}"[..], b"[]", b"", b"{\"type\": 3}", b"\xff"] {
            assert_eq!(read_event(broken), None);
        }
    }
}

//! The signature of a webhook call, as the standard describes it: SHA-256 over body, `@` and the time in seconds, then
//! HMAC-SHA-256 over this fingerprint with the key that the platform gave at the subscription, in base64.
//!
//! Some platforms read the text as one HMAC-SHA-256 over body, `@` and time. Whoever can make either holds the key, so
//! both are taken.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::setting::Secret;

fn decoded(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|form| form.decode(text).ok())
}

fn mac(key: &[u8]) -> Option<Hmac<Sha256>> {
    Hmac::<Sha256>::new_from_slice(key).ok()
}

/// Whether a call was signed with this key. Compared in constant time; nothing tells how near a wrong one came.
pub fn is_signed(key: &Secret, body: &[u8], epoch: i64, signature: &str) -> bool {
    let (Some(key), Some(signature)) = (decoded(key.expose()), decoded(signature)) else { return false };
    // An empty key is no secret.
    if key.len() < 16 {
        return false;
    }
    let (Some(mut over_fingerprint), Some(mut over_text)) = (mac(&key), mac(&key)) else { return false };
    let time = epoch.to_string();
    let mut fingerprint = Sha256::new();
    for part in [body, b"@", time.as_bytes()] {
        fingerprint.update(part);
        over_text.update(part);
    }
    over_fingerprint.update(&fingerprint.finalize());
    // Both are computed, whichever fits.
    over_fingerprint.verify_slice(&signature).is_ok() | over_text.verify_slice(&signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made with another program (Python's hmac and hashlib), key = bytes 0 to 31.
    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const BODY: &[u8] = br#"{"flowId":"f-1","acknowledgement":{"status":"Ok"}}"#;
    const BY_FINGERPRINT: &str = "zIaEiGXS+HBP+FGR+UUpXmWQKnOjSUDxe6Zx7P9Yltk=";
    const BY_TEXT: &str = "ind+lW2eKKrmIGvpvybWMbrjmrEi2Duo380pYUedmj4=";

    #[test]
    fn either_reading_of_the_standard_is_taken() {
        let key = Secret::new(KEY);
        for good in [BY_FINGERPRINT, BY_TEXT] {
            assert!(is_signed(&key, BODY, 1_795_000_000, good));
            assert!(!is_signed(&key, BODY, 1_795_000_001, good), "another time");
            assert!(!is_signed(&key, b"{}", 1_795_000_000, good), "another body");
            assert!(!is_signed(
                &Secret::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh4="),
                BODY,
                1_795_000_000,
                good
            ));
        }
        for bad in ["", "x", "AAAA", &BY_TEXT[..20]] {
            assert!(!is_signed(&key, BODY, 1_795_000_000, bad), "{bad}");
        }
        assert!(!is_signed(&Secret::new(""), BODY, 1_795_000_000, BY_TEXT), "an empty key is none");
    }
}

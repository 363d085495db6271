//! The chain of the journal: each row carries the hash of the one before, per cabinet, so that a row that was
//! altered, removed or slipped in is found by reading the chain again.

use sha2::{Digest, Sha256};

/// What a row's hash covers, in this order.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    pub previous: &'a str,
    pub cabinet_id: &'a str,
    pub seq: i64,
    /// RFC 3339 UTC with microseconds.
    pub at: &'a str,
    pub actor: &'a str,
    pub action: &'a str,
    pub subject_kind: &'a str,
    pub subject_id: &'a str,
    pub subject_label: &'a str,
    pub changes: &'a str,
    pub request_id: &'a str,
    pub act_id: &'a str,
}

/// Hash of the empty chain.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

pub fn hash(link: &Link<'_>) -> String {
    let mut digest = Sha256::new();
    let seq = link.seq.to_string();
    for part in [
        link.previous,
        link.cabinet_id,
        &seq,
        link.at,
        link.actor,
        link.action,
        link.subject_kind,
        link.subject_id,
        link.subject_label,
        link.changes,
        link.request_id,
        link.act_id,
    ] {
        // The length first: no two different rows may read as the same bytes.
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let bytes = digest.finalize();
    let mut out = String::with_capacity(64);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_counts_and_borders_between_fields_too() {
        let base = Link {
            previous: GENESIS,
            cabinet_id: "c",
            seq: 1,
            at: "2026-11-21T10:00:00.000000Z",
            actor: "u",
            action: "dossier.update",
            subject_kind: "dossier",
            subject_id: "d",
            subject_label: "x",
            changes: "{}",
            request_id: "r",
            act_id: "",
        };
        let h = hash(&base);
        assert_eq!(h.len(), 64);
        assert_ne!(h, hash(&Link { seq: 2, ..base }));
        assert_ne!(h, hash(&Link { changes: "{ }", ..base }));
        assert_ne!(hash(&Link { actor: "ab", action: "c", ..base }), hash(&Link { actor: "a", action: "bc", ..base }));
    }
}

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

/// What rows of the journal may tell: each has its words on the screen, in the order of the choice there.
pub const ACTIONS: &[&str] = &[
    "dossier.create",
    "dossier.update",
    "dossier.answer",
    "dossier.delete",
    "dossier.hand_over",
    "dossier.undo",
    "exchange.create",
    "exchange.cancel",
    "deadline.settle",
    "deadline.reopen",
    "act.settle",
    "mandate.create",
    "mandate.update",
    "mandate.delete",
    "mandate.prepare",
    "mandate.withdraw",
    "mandate.send",
    "mandate.bounce",
    "mandate.open",
    "mandate.remind",
    "mandate.sign",
    "mandate.upload",
    "mandate.accept",
    "mandate.refuse",
    "mandate.decline",
    "mandate.expire",
    "mandate.revoke",
    "mandate.reopen",
    "signature.end",
    "link.create",
    "link.revoke",
    "proposal.create",
    "proposal.decide",
    "mail.act",
    "mail.answer",
    "mail.answer_undo",
    "suppression.add",
    "suppression.lift",
    "campaign.create",
    "campaign.update",
    "relance.approve",
    "relance.skip",
    "relance.answered",
    "relance.remove",
    "relance.done",
    "relance.print",
    "relance.pause",
    "relance.resume",
    "relance.pause_undo",
    "sequence.create",
    "sequence.update",
    "sequence.state",
    "sequence.take_over",
    "template.create",
    "template.update",
    "template.test",
    "relances.settings",
    "collection_settings.update",
    "feed.create",
    "feed.delete",
    "import.create",
    "import.update",
    "import.delete",
    "import.commit",
    "import.undo",
    "anomaly.open",
    "anomaly.assign",
    "anomaly.unassign",
    "anomaly.start",
    "anomaly.wait_client",
    "anomaly.snooze",
    "anomaly.resume",
    "anomaly.resolve",
    "anomaly.ignore",
    "anomaly.close",
    "anomaly.reopen",
    "anomaly.comment",
    "anomaly.edit_comment",
    "anomaly.tick",
    "anomaly.split",
    "anomaly.join",
    "anomaly.hand_over",
    "anomaly.watch",
    "anomaly.undo",
    "anomaly_settings.update",
    "flow.word",
    "flow.handle",
    "flow.undo",
    "flow_file.take",
    "flow_status.take",
    "flow_profile.delete",
    "act.flows",
    "connection.create",
    "connection.update",
    "connection.delete",
    "connection.sync",
    "act.anomalies",
    "act.hand_over",
    "person.notifications",
    "act.bulk",
    "act.pause",
    "act.undo",
    "person.create",
    "person.update",
    "person.password",
    "invitation.create",
    "invitation.accept",
    "invitation.delete",
    "portfolio.create",
    "portfolio.update",
    "portfolio.delete",
    "cabinet.create",
    "cabinet.update",
    "readiness_rules.update",
    "session.create",
    "session.end",
    "session.reuse",
    "view.create",
    "view.delete",
];

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

//! Proof of advice: what the firm told a client, asked and got, and the file that shows it.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{DossierId, ExchangeId, UserId};

use crate::common::shape;
use crate::{Dossier, JournalEntry};

domain::closed_enum! {
    pub enum ExchangeKind {
        /// The firm informed or advised the client.
        Told = "told",
        /// The firm asked the client for something.
        Asked = "asked",
        /// The client answered or gave something.
        Received = "received",
    }
}

domain::closed_enum! {
    pub enum ExchangeChannel {
        Meeting = "meeting",
        Call = "call",
        Email = "email",
        Letter = "letter",
        /// Through a platform or portal.
        Platform = "platform",
        Other = "other",
    }
}

shape! {
    /// A file that stays where it is: its name, and the hash by which it is known again.
    pub struct Attachment {
        #[cfg_attr(feature = "openapi", schema(example = "lettre-de-mission.pdf"))]
        pub name: String,
        /// SHA-256 of its bytes, 64 hexadecimal digits.
        #[cfg_attr(feature = "openapi", schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"))]
        pub sha256: String,
    }
}

shape! {
    pub struct NewExchange {
        pub kind: ExchangeKind,
        pub channel: ExchangeChannel,
        /// Day on which it happened, not one to come.
        #[cfg_attr(feature = "openapi", schema(example = "2026-11-20"))]
        pub on: NaiveDate,
        #[cfg_attr(feature = "openapi", schema(example = "Choix d’une plateforme de réception"))]
        pub subject: String,
        /// What was said, in up to 10,000 characters.
        #[serde(default)]
        pub text: String,
        #[serde(default)]
        pub attachment: Option<Attachment>,
    }
}

shape! {
    /// Why and by whom an exchange does not count any more.
    pub struct ExchangeCancellation {
        pub at: DateTime<Utc>,
        pub by: UserId,
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub by_name: Option<String>,
        pub reason: String,
    }
}

shape! {
    pub struct Exchange {
        pub id: ExchangeId,
        pub dossier_id: DossierId,
        pub kind: ExchangeKind,
        pub channel: ExchangeChannel,
        pub on: NaiveDate,
        #[cfg_attr(feature = "openapi", schema(example = "Choix d’une plateforme de réception"))]
        pub subject: String,
        pub text: String,
        pub attachment: Option<Attachment>,
        /// Who recorded it.
        pub by: UserId,
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub by_name: Option<String>,
        pub recorded_at: DateTime<Utc>,
        pub cancelled: Option<ExchangeCancellation>,
    }
}

shape! {
    pub struct ExchangePage {
        /// Latest day first.
        pub data: Vec<Exchange>,
        pub next: Option<String>,
    }
}

shape! {
    pub struct ExchangeCancel {
        #[cfg_attr(feature = "openapi", schema(example = "Saisi sur le mauvais dossier"))]
        pub reason: String,
    }
}

shape! {
    /// An exchange with the journal row that recorded it.
    pub struct AdviceExchange {
        pub exchange: Exchange,
        /// Place in the cabinet's chain.
        pub seq: i64,
        /// Hash of that row.
        pub hash: String,
    }
}

shape! {
    /// A journal row with what its hash is made from beside itself.
    pub struct AdviceEntry {
        pub entry: JournalEntry,
        /// Hash of the row before in the cabinet's chain, which may be about something else.
        pub previous_hash: String,
    }
}

shape! {
    /// Head of the cabinet's chain.
    pub struct ChainHead {
        pub seq: i64,
        pub hash: String,
    }
}

shape! {
    /// Everything that a printed page needs.
    pub struct AdviceFile {
        pub made_at: DateTime<Utc>,
        /// The same day in France.
        pub as_of: NaiveDate,
        #[cfg_attr(feature = "openapi", schema(example = "Cabinet Martin & Associés"))]
        pub cabinet: String,
        /// With its obligations and score as of now.
        pub dossier: Dossier,
        /// Oldest first, cancelled ones included.
        pub exchanges: Vec<AdviceExchange>,
        /// Every journal row of the dossier, oldest first.
        pub journal: Vec<AdviceEntry>,
        pub chain: ChainHead,
    }
}

//! The journal: who did what, on what, when.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{JournalId, UserId};

use crate::common::{paged, shape};

shape! {
    pub struct JournalEntry {
        pub id: JournalId,
        /// Place in the cabinet's chain, from 1 without a gap.
        pub seq: i64,
        pub at: DateTime<Utc>,
        pub actor_id: Option<UserId>,
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub actor: Option<String>,
        #[cfg_attr(feature = "openapi", schema(example = "dossier.update"))]
        pub action: String,
        #[cfg_attr(feature = "openapi", schema(example = "dossier"))]
        pub subject_kind: String,
        pub subject_id: String,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub subject: String,
        /// Fields with their value before and after.
        pub changes: serde_json::Value,
        pub request_id: String,
        /// The import or bulk act that the entry belongs to.
        pub act_id: Option<String>,
        /// Hash over this row and the hash of the one before.
        pub hash: String,
    }
}

paged! {
    pub struct JournalQuery {
        /// Who did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub actor_id: Option<UserId>,
        /// Action, or the beginning of one: `dossier`, `dossier.update`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub action: Option<String>,
        /// What it was done to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub subject_id: Option<String>,
        /// The import or bulk act that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub act_id: Option<String>,
        /// First day, Europe/Paris.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub from: Option<NaiveDate>,
        /// Last day, Europe/Paris.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub to: Option<NaiveDate>,
    }
}

shape! {
    pub struct JournalPage {
        /// Newest first.
        pub data: Vec<JournalEntry>,
        pub next: Option<String>,
    }
}

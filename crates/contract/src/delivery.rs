//! What became of messages, and the addresses that are not written to.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{AnswerWay, MailEventId, MailEventKind, MailEventSource, MailId, SuppressionReason, Text};

use crate::FileFormat;
use crate::common::{Several, paged, shape};

shape! {
    /// Something that was told of a message. Never changed; the state of the message follows from all of them.
    pub struct MailEvent {
        pub id: MailEventId,
        pub kind: MailEventKind,
        pub label: Text,
        /// When it happened, as its source says.
        pub at: DateTime<Utc>,
        pub source: MailEventSource,
        /// About a sending before somebody had the message sent again: it moves nothing.
        pub earlier: bool,
        /// What the source said; of a reply its first 500 characters.
        #[cfg_attr(feature = "openapi", schema(example = "550 5.1.1 Adresse inconnue"))]
        pub said: Option<String>,
        /// Of an answer that a person has noted: how, on which day, and by whom.
        pub how: Option<AnswerWay>,
        pub answered_on: Option<NaiveDate>,
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub by_name: Option<String>,
        /// The answer was noted in error, and counts no more.
        pub undone: bool,
    }
}

shape! {
    /// An answer that a person of the firm has got.
    pub struct AnswerInput {
        /// Day of the answer; today unless told.
        #[serde(default)]
        pub answered_on: Option<NaiveDate>,
        pub how: AnswerWay,
        /// What was said, up to 500 characters.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "Choisira sa plateforme avant la fin du mois."))]
        pub note: String,
    }
}

shape! {
    /// The answer that was noted in error.
    pub struct AnswerUndo {
        pub event_id: MailEventId,
    }
}

shape! {
    /// An address that is not written to, for one reason.
    pub struct Suppression {
        #[cfg_attr(feature = "openapi", schema(example = "claire.martin@exemple.fr"))]
        pub address: String,
        pub reason: SuppressionReason,
        pub label: Text,
        /// Whether even one-time codes and signed documents are not sent there.
        pub holds_all: bool,
        /// The message that it came from, if it is in sight.
        pub mail_id: Option<MailId>,
        /// What the source said.
        #[cfg_attr(feature = "openapi", schema(example = "550 5.1.1 Adresse inconnue"))]
        pub said: Option<String>,
        /// Why, in the words of who added it.
        #[cfg_attr(feature = "openapi", schema(example = "Préfère le téléphone"))]
        pub note: Option<String>,
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub by_name: Option<String>,
        pub at: DateTime<Utc>,
    }
}

shape! {
    #[derive(Default)]
    pub struct SuppressionFilter {
        /// Reasons.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<SuppressionReason>))]
        pub reason: Several<SuppressionReason>,
        /// Pieces of the address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub q: Option<String>,
    }
}

paged! {
    #[derive(Default)]
    pub struct SuppressionQuery {
        #[serde(flatten)]
        pub filter: SuppressionFilter,
        /// Also answer the counts by reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub facets: Option<bool>,
    }
}

shape! {
    #[derive(Default)]
    pub struct SuppressionExportQuery {
        #[serde(flatten)]
        pub filter: SuppressionFilter,
        /// Form of the file; CSV unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub format: Option<FileFormat>,
    }
}

shape! {
    pub struct SuppressionReasonCount {
        pub reason: SuppressionReason,
        pub count: u64,
    }
}

shape! {
    pub struct SuppressionPage {
        /// Newest first.
        pub data: Vec<Suppression>,
        pub next: Option<String>,
        pub total: Option<u64>,
        pub reasons: Option<Vec<SuppressionReasonCount>>,
        /// After so many messages in a row that were refused for now an address is not written to any more, and why so many.
        pub soft_bounces: u32,
        pub soft_bounces_why: Text,
        /// What goes on being sent to who wants no messages, and why.
        pub mandatory: Text,
    }
}

shape! {
    /// An address that the firm wants to leave alone.
    pub struct NewSuppression {
        #[cfg_attr(feature = "openapi", schema(example = "claire.martin@exemple.fr"))]
        pub address: String,
        /// Why, up to 500 characters.
        #[cfg_attr(feature = "openapi", schema(example = "Préfère le téléphone"))]
        pub note: String,
    }
}

shape! {
    /// An address that may be written to again, whatever stands against it.
    pub struct Reactivation {
        #[cfg_attr(feature = "openapi", schema(example = "claire.martin@exemple.fr"))]
        pub address: String,
        /// Why, up to 500 characters: it stands in the journal.
        #[cfg_attr(feature = "openapi", schema(example = "Le client a réparé sa boîte, et nous l’a dit au téléphone."))]
        pub reason: String,
    }
}

shape! {
    /// What stood against an address and does no more.
    pub struct Reactivated {
        #[cfg_attr(feature = "openapi", schema(example = "claire.martin@exemple.fr"))]
        pub address: String,
        pub lifted: Vec<SuppressionReason>,
    }
}

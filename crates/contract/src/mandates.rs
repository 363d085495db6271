//! Mandates: the register, their documents, and what is done to many of them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::mandate::SignedBy;
use domain::{
    DocumentId, DossierId, LinkId, MailId, MandateEvent, MandateId, MandateKind, MandateState, MandateTerms,
    PortfolioId, Siren, Text, UserId,
};

use crate::common::{Several, paged, shape};
use crate::{DossierQuery, ItemOutcome};

domain::closed_enum! {
    /// Order of the register; a minus sign turns it round.
    pub enum MandateSort {
        /// Newest change last.
        UpdatedAt = "updated_at",
        UpdatedAtDesc = "-updated_at",
        Name = "name",
        NameDesc = "-name",
        /// The first to end first; those without end last.
        EndsOn = "ends_on",
    }
}

shape! {
    /// Filters of the register: those of the mandate itself, and those of the list of dossiers.
    #[derive(Default)]
    pub struct MandateQuery {
        #[serde(flatten)]
        pub dossiers: DossierQuery,
        /// Those of one dossier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub dossier_id: Option<DossierId>,
        /// Kinds of mandates.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<MandateKind>))]
        pub kind: Several<MandateKind>,
        /// States of the mandate.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<MandateState>))]
        pub mandate: Several<MandateState>,
        /// In force today, or not.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::common::bool_word")]
        pub in_force: Option<bool>,
        /// Those that the mandates' client cannot be reached for by e-mail: none is known, or it was refused.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::common::bool_word")]
        pub unreachable: Option<bool>,
        /// Ends within so many days.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::common::number_word")]
        pub ends_within_days: Option<u32>,
        /// Sent, and nothing heard for so many days.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::common::number_word")]
        pub silent_for_days: Option<u32>,
    }
}

paged! {
    #[derive(Default)]
    pub struct MandateListQuery {
        #[serde(flatten)]
        pub filter: MandateQuery,
        /// Order; the latest change first unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub sort: Option<MandateSort>,
        /// Also answer the number of rows and the counts by kind and state.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub facets: Option<bool>,
    }
}

shape! {
    pub struct MandateExportQuery {
        #[serde(flatten)]
        pub filter: MandateQuery,
        /// Form of the file; CSV unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub format: Option<crate::FileFormat>,
    }
}

shape! {
    /// A mandate in the register.
    pub struct MandateRow {
        pub id: MandateId,
        pub version: i64,
        pub dossier_id: DossierId,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub dossier_name: String,
        pub siren: Siren,
        pub portfolio_id: Option<PortfolioId>,
        pub kind: MandateKind,
        pub state: MandateState,
        /// Number of the document; that of a designation has the official form.
        #[cfg_attr(feature = "openapi", schema(example = "732829320_987654325_20261201_01"))]
        pub number: String,
        /// The platform that it names, if it names one.
        pub platform: Option<String>,
        pub starts_on: Option<NaiveDate>,
        /// Last day; without end when nothing stands here.
        pub ends_on: Option<NaiveDate>,
        /// Counts as a mandate in force today.
        pub in_force: bool,
        pub signed_by: Option<SignedBy>,
        pub signed_at: Option<DateTime<Utc>>,
        /// Where it was sent last, and when; nothing while it was not.
        #[cfg_attr(feature = "openapi", schema(example = "claire.martin@exemple.fr"))]
        pub sent_to: Option<String>,
        pub sent_at: Option<DateTime<Utc>>,
        pub opened_at: Option<DateTime<Utc>>,
        /// Reminders so far, and the last one.
        pub reminders: u32,
        pub reminded_at: Option<DateTime<Utc>>,
        /// Why it was refused or revoked.
        pub reason: Option<String>,
        /// The client can be written to.
        pub reachable: bool,
        pub updated_at: DateTime<Utc>,
    }
}

shape! {
    pub struct MandateKindCount {
        pub kind: MandateKind,
        pub count: u64,
    }
}

shape! {
    pub struct MandateStateCount {
        pub state: MandateState,
        pub count: u64,
    }
}

shape! {
    /// Counts by the values of a filter, the other filters as they are.
    pub struct MandateFacets {
        pub kind: Vec<MandateKindCount>,
        pub mandate: Vec<MandateStateCount>,
    }
}

shape! {
    pub struct MandatePage {
        pub data: Vec<MandateRow>,
        pub next: Option<String>,
        /// Rows in all, with `facets=true`.
        pub total: Option<u64>,
        pub facets: Option<MandateFacets>,
    }
}

domain::closed_enum! {
    /// What a kept file is.
    pub enum DocumentKind {
        /// Made by the product, as it was sent.
        Generated = "generated",
        /// The generated one with the certificate of its signature.
        Certified = "certified",
        /// A signed sheet that was read in.
        Uploaded = "uploaded",
        /// As it came back signed from an outside provider.
        Provider = "provider",
        /// The provider's account of how it was signed.
        Evidence = "evidence",
    }
}

shape! {
    /// A file of a mandate. Versions are kept; the newest comes first.
    pub struct Document {
        pub id: DocumentId,
        pub kind: DocumentKind,
        #[cfg_attr(feature = "openapi", schema(example = "mandat-delegation-732829320-boulangerie.pdf"))]
        pub name: String,
        #[cfg_attr(feature = "openapi", schema(example = "application/pdf"))]
        pub media_type: String,
        pub bytes: u64,
        /// SHA-256 of its bytes, 64 hexadecimal digits.
        #[cfg_attr(feature = "openapi", schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"))]
        pub sha256: String,
        /// Who brought it; `client` stands for the client, in the link.
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub by_name: String,
        pub created_at: DateTime<Utc>,
    }
}

shape! {
    /// A step in the life of a mandate.
    pub struct MandateStep {
        pub at: DateTime<Utc>,
        pub event: MandateEvent,
        /// The state after it.
        pub state: MandateState,
        /// Who did it; nothing for the product itself.
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub by_name: Option<String>,
        /// Address, reason, or what else belongs to it.
        pub detail: Option<String>,
    }
}

shape! {
    /// A mandate whole: its terms, steps and documents.
    pub struct Mandate {
        #[serde(flatten)]
        pub row: MandateRow,
        pub terms: MandateTerms,
        /// Facts of the dossier or terms that its document lacks: they are printed as lines to fill in by hand.
        pub lacking: Vec<Text>,
        /// Oldest first.
        pub steps: Vec<MandateStep>,
        /// Newest first.
        pub documents: Vec<Document>,
        /// What may be done now, by the caller.
        pub next: Vec<MandateEvent>,
        pub created_at: DateTime<Utc>,
    }
}

shape! {
    pub struct NewMandate {
        pub dossier_id: DossierId,
        pub kind: MandateKind,
        /// What is not given is taken from the dossier: signatory from its first contact, platform from its choice.
        #[serde(default)]
        pub terms: MandateTerms,
        /// First day; the day of its acceptance unless told.
        #[serde(default)]
        pub starts_on: Option<NaiveDate>,
        /// Last day; without end unless told.
        #[serde(default)]
        pub ends_on: Option<NaiveDate>,
    }
}

shape! {
    /// A draft written anew: what is absent is emptied.
    pub struct MandateChange {
        #[serde(default)]
        pub terms: MandateTerms,
        #[serde(default)]
        pub starts_on: Option<NaiveDate>,
        #[serde(default)]
        pub ends_on: Option<NaiveDate>,
    }
}

domain::closed_enum! {
    /// What the firm does to mandates by hand.
    pub enum MandateAct {
        /// Sends a draft: its document is made, its client gets one message for everything.
        Send = "send",
        /// Not to be sent after all.
        Withdraw = "withdraw",
        /// A letter was handed over or posted.
        SentByLetter = "sent_by_letter",
        Remind = "remind",
        /// From then on it counts.
        Accept = "accept",
        /// Back to the client, with the reason.
        Refuse = "refuse",
        Revoke = "revoke",
        Reopen = "reopen",
        /// Drafts alone.
        Delete = "delete",
    }
}

shape! {
    /// An act on mandates: those named, or all that the filter takes.
    pub struct MandateActInput {
        #[serde(default)]
        pub ids: Option<Vec<MandateId>>,
        #[serde(default)]
        pub filter: Option<MandateQuery>,
        pub act: MandateAct,
        /// Why: asked for by `refuse` and `revoke`.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "Signature illisible"))]
        pub reason: Option<String>,
        /// First day in force, with `accept`; today unless the mandate says otherwise.
        #[serde(default)]
        pub starts_on: Option<NaiveDate>,
        /// Only tell what would happen.
        #[serde(default)]
        pub preview: bool,
    }
}

shape! {
    pub struct MandateItem {
        pub mandate_id: Option<MandateId>,
        pub dossier_id: DossierId,
        pub name: Option<String>,
        pub kind: MandateKind,
        pub outcome: ItemOutcome,
        /// Why it was left out, with the fix.
        pub reason: Option<Text>,
    }
}

shape! {
    /// What an act did, mandate by mandate.
    pub struct MandateActResult {
        pub changed: u64,
        pub left_out: u64,
        /// Messages that leave: one for each client, however many mandates it bears.
        pub messages: u64,
        pub items: Vec<MandateItem>,
    }
}

shape! {
    /// Mandates to make for dossiers: those named, or all that the filter takes.
    pub struct MandatesInput {
        #[serde(default)]
        pub ids: Option<Vec<DossierId>>,
        #[serde(default)]
        pub filter: Option<DossierQuery>,
        /// One or several kinds, made in one go.
        pub kinds: Vec<MandateKind>,
        #[serde(default)]
        pub starts_on: Option<NaiveDate>,
        #[serde(default)]
        pub ends_on: Option<NaiveDate>,
        /// Send them at once.
        #[serde(default)]
        pub send: bool,
        /// Only tell what would happen.
        #[serde(default)]
        pub preview: bool,
    }
}

shape! {
    /// Mandates for the printer.
    pub struct PrintInput {
        /// Up to 500.
        pub ids: Vec<MandateId>,
        /// Each behind the letter that asks for it and bears the client's link as a QR code.
        #[serde(default)]
        pub letters: bool,
    }
}

shape! {
    /// What the upload is and where it comes from.
    pub struct MandateUploadQuery {
        /// Name of the file, with its ending.
        #[cfg_attr(feature = "openapi", schema(example = "mandat-signe.pdf"))]
        pub filename: String,
        /// Day of the signature on the sheet; today unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub signed_on: Option<NaiveDate>,
    }
}

shape! {
    /// A client who cannot be written to: its own path, by letter or by telephone.
    pub struct Unreachable {
        pub dossier_id: DossierId,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub name: String,
        pub siren: Siren,
        /// No e-mail, or one that was refused.
        #[cfg_attr(feature = "openapi", schema(example = "claire@exempl.fr"))]
        pub email: Option<String>,
        pub why: Text,
        #[cfg_attr(feature = "openapi", schema(example = "+33612345678"))]
        pub phone: Option<String>,
        pub has_address: bool,
        pub mandates: Vec<MandateId>,
        /// What to say on the telephone.
        pub script: Vec<Text>,
    }
}

shape! {
    pub struct UnreachablePage {
        pub data: Vec<Unreachable>,
        pub next: Option<String>,
        pub total: u64,
    }
}

shape! {
    /// Mandates of a kind by state.
    pub struct BoardRow {
        pub kind: MandateKind,
        /// By state, those without any left out.
        #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, u64>))]
        pub states: BTreeMap<MandateState, u64>,
        pub in_force: u64,
        pub last_sent_at: Option<DateTime<Utc>>,
        pub reminders: u64,
    }
}

shape! {
    /// How many dossiers that need a mandate have one in force.
    pub struct BoardRate {
        pub portfolio_id: Option<PortfolioId>,
        /// Name of the portfolio; nothing for the dossiers outside any.
        pub name: Option<String>,
        pub needed: u64,
        pub in_force: u64,
        pub awaiting: u64,
    }
}

shape! {
    pub struct BoardDay {
        pub on: NaiveDate,
        /// Sent, signed or uploaded, accepted on that day.
        pub sent: u64,
        pub signed: u64,
        pub accepted: u64,
        /// Dossiers with a mandate in force at its end.
        pub in_force: u64,
    }
}

shape! {
    #[derive(Default)]
    pub struct BoardQuery {
        /// Portfolios, or `none`.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        #[cfg_attr(feature = "openapi", schema(example = json!(["none"])))]
        pub portfolio_id: Several<crate::OrNone<PortfolioId>>,
        /// Dossiers of this person in charge: « mine ».
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub person_id: Option<UserId>,
    }
}

shape! {
    /// The collection at a glance.
    pub struct Board {
        pub kinds: Vec<BoardRow>,
        pub rates: Vec<BoardRate>,
        /// The last ninety days.
        pub days: Vec<BoardDay>,
        pub unreachable: u64,
        /// Signed or uploaded, waiting for the firm.
        pub to_decide: u64,
        /// Answers of clients waiting for the firm.
        pub proposals: u64,
        /// Messages that wait, failed, or are in doubt.
        pub mails_waiting: u64,
        pub mails_failed: u64,
        /// In force, ending within ninety days.
        pub ending_soon: u64,
        /// How mail leaves: to a server, or to a folder because nothing is set up.
        pub mail_goes_out: bool,
    }
}

shape! {
    /// A link that was given to a client.
    pub struct Link {
        pub id: LinkId,
        #[cfg_attr(feature = "openapi", schema(example = "claire.martin@exemple.fr"))]
        pub email: Option<String>,
        pub contact_name: Option<String>,
        pub dossiers: Vec<DossierId>,
        pub mandates: Vec<MandateId>,
        /// Its address, in the reply of its making alone.
        #[cfg_attr(feature = "openapi", schema(example = "/l/lnk_4f1c0e9a7b2d"))]
        pub address: Option<String>,
        pub created_at: DateTime<Utc>,
        pub expires_at: DateTime<Utc>,
        pub opened_at: Option<DateTime<Utc>>,
        pub finished_at: Option<DateTime<Utc>>,
        pub revoked_at: Option<DateTime<Utc>>,
        /// The message that brought it.
        pub mail_id: Option<MailId>,
    }
}

shape! {
    pub struct LinkList {
        pub data: Vec<Link>,
    }
}

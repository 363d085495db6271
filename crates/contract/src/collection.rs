//! Collecting: messages to clients, what clients answer, campaigns that go on by themselves, and what holds dossiers back.

use chrono::{DateTime, NaiveDate, Utc};
use domain::mandate::EligibilityBlocker;
use domain::{
    CampaignId, DossierId, LinkId, MailId, MandateId, MandateKind, PlatformDecider, ProposalId, SignatureWay, Siren,
    Text,
};

use crate::common::{Several, paged, shape};
use crate::{DossierQuery, ItemOutcome};

domain::closed_enum! {
    /// Where a message stands.
    pub enum MailState {
        Queued = "queued",
        /// Being handed over.
        Sending = "sending",
        /// The server of the outgoing mail has taken it.
        Sent = "sent",
        /// The connection broke after the message was handed over: it may have arrived, so it is not sent again by itself.
        Doubtful = "doubtful",
        /// The address was refused, at once or later.
        Bounced = "bounced",
        /// Tried in vain; `error` says why.
        Failed = "failed",
        /// Taken back before it left.
        Cancelled = "cancelled",
        /// The server of its reader has taken it.
        Delivered = "delivered",
        /// Refused for what passes by itself, such as a full mailbox.
        BouncedSoft = "bounced_soft",
        /// Held back, because the address is not written to; or refused for what it is or where it comes from.
        Blocked = "blocked",
        /// Its reader has called it unwanted.
        Complained = "complained",
        /// The client has answered.
        Answered = "answered",
    }
}

impl MailState {
    /// It did not reach its client, as far as is known.
    pub const fn is_problem(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::Doubtful | Self::Bounced | Self::BouncedSoft | Self::Blocked | Self::Complained
        )
    }
}

domain::closed_enum! {
    /// What a message is for.
    pub enum MailPurpose {
        /// Asks for signatures and answers.
        Mandate = "mandate",
        MandateReminder = "mandate_reminder",
        /// One-time code of a signature.
        SignatureCode = "signature_code",
        /// The signed documents, for the client.
        SignedCopy = "signed_copy",
        /// Steps of sequences that chase a late client.
        Relance = "relance",
    }
}

impl MailPurpose {
    /// The client has asked for it in this moment, or the firm owes it: it is sent even to who wants no messages, and
    /// nobody unsubscribes from it.
    pub const fn is_mandatory(self) -> bool {
        match self {
            Self::SignatureCode | Self::SignedCopy => true,
            Self::Mandate | Self::MandateReminder | Self::Relance => false,
        }
    }
}

shape! {
    /// A message to a client.
    pub struct Mail {
        pub id: MailId,
        pub purpose: MailPurpose,
        pub state: MailState,
        #[cfg_attr(feature = "openapi", schema(example = "claire.martin@exemple.fr"))]
        pub to: String,
        pub to_name: Option<String>,
        #[cfg_attr(feature = "openapi", schema(example = "Facturation électronique : un mandat à signer"))]
        pub subject: String,
        /// Dossiers that it is about.
        pub dossiers: Vec<MailDossier>,
        pub mandates: Vec<MandateId>,
        pub link_id: Option<LinkId>,
        #[cfg_attr(feature = "openapi", schema(example = "<019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11@cabready.example>"))]
        pub message_id: String,
        pub attempts: u32,
        /// When it is tried next.
        pub next_at: Option<DateTime<Utc>>,
        /// What went wrong, with the fix.
        pub error: Option<Text>,
        /// What the server of the outgoing mail answered.
        pub receipt: Option<String>,
        pub created_at: DateTime<Utc>,
        pub sent_at: Option<DateTime<Utc>>,
        /// Who caused it; nothing for a campaign.
        pub by_name: Option<String>,
    }
}

shape! {
    pub struct MailDossier {
        pub id: DossierId,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub name: String,
    }
}

paged! {
    #[derive(Default)]
    pub struct MailQuery {
        /// States of the message.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<MailState>))]
        pub mail: Several<MailState>,
        /// What messages are for.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<MailPurpose>))]
        pub purpose: Several<MailPurpose>,
        /// Those that did not reach their client, as far as is known, or the others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub problems: Option<bool>,
        /// About one dossier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub dossier_id: Option<DossierId>,
        /// Words of the address, name or subject.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub q: Option<String>,
        /// Also answer the counts by state.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub facets: Option<bool>,
    }
}

shape! {
    pub struct MailStateCount {
        pub state: MailState,
        pub count: u64,
    }
}

shape! {
    pub struct MailPage {
        /// Newest first.
        pub data: Vec<Mail>,
        pub next: Option<String>,
        pub total: Option<u64>,
        pub states: Option<Vec<MailStateCount>>,
        /// How mail leaves.
        pub outgoing: Outgoing,
    }
}

shape! {
    /// How mail leaves this installation.
    pub struct Outgoing {
        /// To a server or provider; otherwise into a folder, because nothing is set up.
        pub goes_out: bool,
        /// Which, without any secret.
        #[cfg_attr(feature = "openapi", schema(example = "smtp.exemple.fr:587"))]
        pub through: String,
        /// The last failure of the way itself (credentials, connection), while it lasts.
        pub problem: Option<Text>,
    }
}

shape! {
    /// A message as it was, or will be, sent; the secret of its link is left out.
    pub struct MailContent {
        pub mail: Mail,
        #[cfg_attr(feature = "openapi", schema(example = "Cabinet Exemple <facturation@cabready.example>"))]
        pub from: String,
        pub reply_to: Option<String>,
        pub text: String,
        /// The same for programs that show more than text; it loads nothing from elsewhere. Nothing where only text is sent.
        pub html: Option<String>,
        /// Its reader may unsubscribe from messages of this kind.
        pub optional: bool,
        /// What became of it, as it was told, the first event first.
        pub events: Vec<crate::MailEvent>,
    }
}

shape! {
    /// Messages to try again or to take back.
    pub struct MailsInput {
        pub ids: Vec<MailId>,
        pub act: MailAct,
    }
}

domain::closed_enum! {
    pub enum MailAct {
        /// Those that failed, came back or are in doubt: again, to the address of now.
        Retry = "retry",
        /// Those that have not left.
        Cancel = "cancel",
        /// Those in doubt: they arrived.
        Arrived = "arrived",
    }
}

shape! {
    pub struct MailItem {
        pub mail_id: MailId,
        pub outcome: ItemOutcome,
        pub reason: Option<Text>,
    }
}

shape! {
    pub struct MailsResult {
        pub changed: u64,
        pub left_out: u64,
        pub items: Vec<MailItem>,
    }
}

domain::closed_enum! {
    /// Where an answer stands.
    pub enum ProposalState {
        /// The firm has not looked at it.
        Pending = "pending",
        Accepted = "accepted",
        Rejected = "rejected",
        /// The client has answered otherwise since.
        Replaced = "replaced",
    }
}

shape! {
    /// An answer of a client, beside what the firm knows.
    pub struct Proposal {
        pub id: ProposalId,
        pub dossier_id: DossierId,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub dossier_name: String,
        pub siren: Siren,
        /// Fact of the dossier, by its name.
        #[cfg_attr(feature = "openapi", schema(example = "headcount"))]
        pub field: String,
        /// What the firm knows now.
        pub known: Option<serde_json::Value>,
        pub proposed: serde_json::Value,
        pub state: ProposalState,
        /// Who answered, as the link knows the person.
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub by: Option<String>,
        pub at: DateTime<Utc>,
        pub decided_by: Option<String>,
        pub decided_at: Option<DateTime<Utc>>,
    }
}

paged! {
    #[derive(Default)]
    pub struct ProposalQuery {
        /// States of the answer.
        #[serde(default, skip_serializing_if = "Several::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<ProposalState>))]
        pub proposal: Several<ProposalState>,
        /// About one dossier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub dossier_id: Option<DossierId>,
    }
}

shape! {
    pub struct ProposalPage {
        /// Newest first.
        pub data: Vec<Proposal>,
        pub next: Option<String>,
        /// Those that wait for the firm, whatever the filter.
        pub pending: u64,
    }
}

shape! {
    /// Answers to take over or to leave; all that wait, of the dossiers in sight, when `ids` is absent.
    pub struct ProposalsInput {
        #[serde(default)]
        pub ids: Option<Vec<ProposalId>>,
        pub accept: bool,
    }
}

shape! {
    pub struct ProposalItem {
        pub proposal_id: ProposalId,
        pub dossier_id: DossierId,
        pub outcome: ItemOutcome,
        pub reason: Option<Text>,
    }
}

shape! {
    pub struct ProposalsResult {
        pub changed: u64,
        pub left_out: u64,
        /// Give it to `undo_act` to take the changes of the dossiers back; nothing when none changed.
        pub act_id: Option<domain::ActId>,
        pub items: Vec<ProposalItem>,
    }
}

domain::closed_enum! {
    pub enum CampaignState {
        Running = "running",
        Paused = "paused",
        /// Nothing joins any more; what was sent stays.
        Ended = "ended",
    }
}

shape! {
    /// A collection: these kinds of mandates for the dossiers of a filter, those that become eligible later included.
    pub struct NewCampaign {
        #[cfg_attr(feature = "openapi", schema(example = "Délégations, petites entreprises"))]
        pub name: String,
        pub kinds: Vec<MandateKind>,
        /// Filter of its audience, as in the list of dossiers.
        #[serde(default)]
        pub filter: DossierQuery,
        /// A few words of the firm in each message, up to 2,000 characters.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "Nous en parlerons à votre prochain rendez-vous."))]
        pub message: String,
        /// Only tell who would be asked, and who is left out and why.
        #[serde(default)]
        pub preview: bool,
    }
}

shape! {
    pub struct CampaignChange {
        #[serde(default)]
        pub name: Option<String>,
        #[serde(default)]
        pub state: Option<CampaignState>,
        #[serde(default)]
        pub message: Option<String>,
    }
}

shape! {
    pub struct Campaign {
        pub id: CampaignId,
        pub version: i64,
        #[cfg_attr(feature = "openapi", schema(example = "Délégations, petites entreprises"))]
        pub name: String,
        pub kinds: Vec<MandateKind>,
        pub filter: DossierQuery,
        pub message: String,
        pub state: CampaignState,
        /// Dossiers in its audience now, and how many of them were asked, have all mandates in force, are left out.
        pub audience: u64,
        pub asked: u64,
        pub in_force: u64,
        pub left_out: u64,
        pub created_at: DateTime<Utc>,
        pub by_name: Option<String>,
    }
}

shape! {
    pub struct CampaignList {
        pub data: Vec<Campaign>,
    }
}

shape! {
    pub struct BlockerCount {
        pub blocker: EligibilityBlocker,
        pub label: Text,
        pub count: u64,
    }
}

shape! {
    /// What a campaign would do.
    pub struct CampaignPlan {
        /// The campaign, once it is not a preview.
        pub campaign: Option<Campaign>,
        /// Dossiers that are asked now, messages that leave, mandates that are made.
        pub dossiers: u64,
        pub messages: u64,
        pub mandates: u64,
        /// Have everything already.
        pub already: u64,
        /// Left out, by reason; they join as soon as the reason is gone.
        pub blockers: Vec<BlockerCount>,
        /// The first fifty of those left out.
        pub left_out: Vec<LeftOut>,
    }
}

shape! {
    pub struct LeftOut {
        pub dossier_id: DossierId,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub name: String,
        pub blocker: EligibilityBlocker,
        pub why: Text,
    }
}

shape! {
    /// The funnel: dossiers by what holds them back, of those that need a mandate and have none.
    pub struct Eligibility {
        pub dossiers: u64,
        pub eligible: u64,
        pub blockers: Vec<BlockerCount>,
    }
}

shape! {
    #[derive(Default)]
    pub struct EligibilityQuery {
        #[serde(flatten)]
        pub dossiers: DossierQuery,
        /// Kind that is to be collected; the delegation unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub kind: Option<MandateKind>,
    }
}

paged! {
    #[derive(Default)]
    pub struct EligibilityListQuery {
        #[serde(flatten)]
        pub query: EligibilityQuery,
        /// One tab: what holds the dossiers back. Without it and without `eligible`, whatever holds them back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub blocker: Option<EligibilityBlocker>,
        /// Those that can be asked by mail, or those that cannot. Some reasons are told and do not hold a mail back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub eligible: Option<bool>,
    }
}

shape! {
    /// A dossier of a tab, with what its fix needs to see.
    pub struct EligibilityRow {
        pub dossier_id: DossierId,
        pub version: i64,
        #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
        pub name: String,
        pub siren: Siren,
        pub blockers: Vec<EligibilityBlocker>,
        /// What stands against it, in words: the refused address, the dossier with the same SIRET.
        pub why: Text,
    }
}

shape! {
    pub struct EligibilityPage {
        pub data: Vec<EligibilityRow>,
        pub next: Option<String>,
        pub total: u64,
    }
}

shape! {
    /// How the firm collects.
    pub struct CollectionSettings {
        pub version: i64,
        /// Name under which messages leave; that of the cabinet when empty.
        #[cfg_attr(feature = "openapi", schema(example = "Cabinet Exemple"))]
        pub sender_name: String,
        /// Where answers go; to nobody in particular when nothing is given.
        #[cfg_attr(feature = "openapi", schema(example = "facturation@cabinet-exemple.fr"))]
        pub reply_to: Option<String>,
        /// Whom clients ask about their personal data, on the pages of their link: an e-mail or a postal address. Where
        /// answers go, or else the address of the firm, when nothing is given.
        #[cfg_attr(feature = "openapi", schema(example = "donnees@cabinet-exemple.fr"))]
        pub privacy_contact: Option<String>,
        /// Days for which a link works: 1 to 365.
        #[cfg_attr(feature = "openapi", schema(example = 60))]
        pub link_days: u32,
        /// Answers are taken over at once, without somebody looking at them.
        pub accept_answers: bool,
        /// A signature in the link, sealed with a code by mail, counts at once: so the product suggests. Without it the
        /// mandate stays `signed` and proves nothing until somebody accepts it. A sheet that comes back by upload is
        /// looked at in any case.
        pub accept_signatures: bool,
        /// How clients sign in their link. By a code wherever no provider is set up.
        pub signature: SignatureWay,
        /// The provider that the server is set up with, if it is.
        #[cfg_attr(feature = "openapi", schema(example = "Yousign"))]
        pub signature_provider: Option<String>,
        /// Who decides on the platform unless a dossier says otherwise.
        pub decider: PlatformDecider,
        /// Identity of the firm in its documents.
        #[cfg_attr(feature = "openapi", schema(example = "732829320"))]
        pub firm_siren: Option<Siren>,
        #[cfg_attr(feature = "openapi", schema(example = "12 rue des Halles"))]
        pub firm_address: Option<String>,
        #[cfg_attr(feature = "openapi", schema(example = "59800"))]
        pub firm_postal_code: Option<String>,
        #[cfg_attr(feature = "openapi", schema(example = "Lille"))]
        pub firm_city: Option<String>,
        /// Who signs for the firm, and as what.
        #[cfg_attr(feature = "openapi", schema(example = "Anne Durand"))]
        pub firm_signatory: Option<String>,
        #[cfg_attr(feature = "openapi", schema(example = "Expert-comptable associée"))]
        pub firm_quality: Option<String>,
        /// Registration at the Ordre des experts-comptables.
        #[cfg_attr(feature = "openapi", schema(example = "Ordre de Lille, n° 14-001"))]
        pub firm_registration: Option<String>,
        /// Where clients reach the firm by telephone.
        #[cfg_attr(feature = "openapi", schema(example = "03 20 00 00 00"))]
        pub firm_phone: Option<String>,
        /// Since when the settings stand; nothing while they are those of the product.
        pub updated_at: Option<DateTime<Utc>>,
    }
}

shape! {
    pub struct CollectionSettingsChange {
        pub sender_name: String,
        #[serde(default)]
        pub reply_to: Option<String>,
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "donnees@cabinet-exemple.fr"))]
        pub privacy_contact: Option<String>,
        #[cfg_attr(feature = "openapi", schema(example = 60))]
        pub link_days: u32,
        pub accept_answers: bool,
        pub accept_signatures: bool,
        /// By a code unless told.
        #[serde(default)]
        pub signature: Option<SignatureWay>,
        pub decider: PlatformDecider,
        #[serde(default)]
        pub firm_siren: Option<String>,
        #[serde(default)]
        pub firm_address: Option<String>,
        #[serde(default)]
        pub firm_postal_code: Option<String>,
        #[serde(default)]
        pub firm_city: Option<String>,
        #[serde(default)]
        pub firm_signatory: Option<String>,
        #[serde(default)]
        pub firm_quality: Option<String>,
        #[serde(default)]
        pub firm_registration: Option<String>,
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "03 20 00 00 00"))]
        pub firm_phone: Option<String>,
    }
}

shape! {
    /// A link made by hand, to hand over another way.
    pub struct NewLink {
        pub dossiers: Vec<DossierId>,
        /// Day on which it ends; as the settings say unless told.
        #[serde(default)]
        pub expires_on: Option<NaiveDate>,
    }
}

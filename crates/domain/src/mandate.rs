//! Mandates: what a client signs so that the firm may act. Their kinds and what each proves stand in
//! `reference/mandates.json`; this is their life, from the draft to the end, and the facts that each kind needs.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::reference::{self, Territory};
use crate::{Criterion, DossierFacts, Mark, ProofSource, Siren, Siret, Text};

closed_enum! {
    /// What is signed. Each has its row in `reference/mandates.json`.
    pub enum MandateKind {
        /// Lettre de mission.
        EngagementLetter = "engagement_letter",
        /// Its addendum for the tasks of e-invoicing.
        EngagementAddendum = "engagement_addendum",
        /// The firm chooses, registers and changes the platform, and acts on the flows.
        Delegation = "delegation",
        /// Accord formel de désignation: the client designates a platform.
        Designation = "designation",
        /// A third party invoices in the client's name.
        Invoicing = "invoicing",
        /// The buyer makes the invoice.
        SelfBilling = "self_billing",
        /// Separate power for transaction and payment data.
        EReportingPower = "e_reporting_power",
        /// The firm is a user on the client's platform.
        PlatformRole = "platform_role",
    }
}

closed_enum! {
    /// Where a mandate stands.
    pub enum MandateState {
        Draft = "draft",
        /// Its document and its message are being made.
        ToSend = "to_send",
        Sent = "sent",
        /// The client has begun to answer; opening the link alone is not enough.
        Opened = "opened",
        /// Signed in the link, not accepted by the firm yet.
        Signed = "signed",
        /// A signed sheet came back, somebody must look at it.
        ToCheck = "to_check",
        Accepted = "accepted",
        /// By the firm, or by the client, with the reason.
        Refused = "refused",
        /// Its last day has passed.
        Expired = "expired",
        Revoked = "revoked",
    }
}

impl MandateState {
    /// Nothing more is expected of it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Refused | Self::Expired | Self::Revoked)
    }

    /// The client must still do something.
    pub const fn awaits_client(self) -> bool {
        matches!(self, Self::ToSend | Self::Sent | Self::Opened)
    }

    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Draft => ("Brouillon", "Draft"),
            Self::ToSend => ("À envoyer", "To send"),
            Self::Sent => ("Envoyé", "Sent"),
            Self::Opened => ("Ouvert", "Opened"),
            Self::Signed => ("Signé en ligne", "Signed online"),
            Self::ToCheck => ("À vérifier", "To check"),
            Self::Accepted => ("Accepté", "Accepted"),
            Self::Refused => ("Refusé", "Refused"),
            Self::Expired => ("Expiré", "Expired"),
            Self::Revoked => ("Révoqué", "Revoked"),
        };
        Text::new(fr, en)
    }
}

closed_enum! {
    /// What happens to a mandate.
    pub enum MandateEvent {
        /// It is to be sent.
        Prepare = "prepare",
        /// It is not to be sent after all.
        Withdraw = "withdraw",
        /// Its message, or its letter, has left.
        Send = "send",
        /// The message did not arrive: the address is refused.
        Bounce = "bounce",
        /// The client pressed the button that begins.
        Open = "open",
        Remind = "remind",
        /// In the link.
        Sign = "sign",
        /// A signed sheet, by the firm or by the client.
        Upload = "upload",
        Accept = "accept",
        Refuse = "refuse",
        /// The client says no.
        Decline = "decline",
        Expire = "expire",
        Revoke = "revoke",
        /// Begin again after a refusal.
        Reopen = "reopen",
    }
}

impl MandateEvent {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Prepare => ("Préparé pour l’envoi", "Prepared for sending"),
            Self::Withdraw => ("Envoi retiré", "Sending withdrawn"),
            Self::Send => ("Envoyé", "Sent"),
            Self::Bounce => ("Adresse refusée", "Address refused"),
            Self::Open => ("Ouvert par le client", "Opened by the client"),
            Self::Remind => ("Relancé", "Reminded"),
            Self::Sign => ("Signé en ligne", "Signed online"),
            Self::Upload => ("Document signé déposé", "Signed document uploaded"),
            Self::Accept => ("Accepté", "Accepted"),
            Self::Refuse => ("Refusé par le cabinet", "Refused by the firm"),
            Self::Decline => ("Décliné par le client", "Declined by the client"),
            Self::Expire => ("Arrivé à son terme", "Came to its end"),
            Self::Revoke => ("Révoqué", "Revoked"),
            Self::Reopen => ("Repris", "Taken up again"),
        };
        Text::new(fr, en)
    }
}

/// The event does not fit the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuchStep {
    pub state: MandateState,
    pub event: MandateEvent,
}

impl NoSuchStep {
    pub fn text(self) -> Text {
        let (state, event) = (self.state.text(), self.event.text());
        Text::new(
            format!("Le mandat est « {} » : l’étape « {} » n’est pas possible.", state.fr, event.fr),
            format!("The mandate is “{}”: the step “{}” is not possible.", state.en, event.en),
        )
    }
}

impl std::fmt::Display for NoSuchStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a mandate that is {} takes no {}", self.state, self.event)
    }
}

impl std::error::Error for NoSuchStep {}

impl MandateState {
    /// The one table of steps.
    pub const fn transition(self, event: MandateEvent) -> Result<Self, NoSuchStep> {
        use MandateEvent as E;
        use MandateState as S;
        let refused = Err(NoSuchStep { state: self, event });
        match event {
            E::Prepare => match self {
                S::Draft => Ok(S::ToSend),
                _ => refused,
            },
            E::Withdraw => match self {
                S::ToSend => Ok(S::Draft),
                _ => refused,
            },
            // A letter handed over goes straight out of the draft.
            E::Send => match self {
                S::Draft | S::ToSend => Ok(S::Sent),
                _ => refused,
            },
            // What was opened has arrived.
            E::Bounce => match self {
                S::ToSend | S::Sent => Ok(S::Draft),
                _ => refused,
            },
            E::Open => match self {
                S::Sent | S::Opened => Ok(S::Opened),
                _ => refused,
            },
            E::Remind => match self {
                S::Sent => Ok(S::Sent),
                S::Opened => Ok(S::Opened),
                _ => refused,
            },
            E::Sign => match self {
                S::Sent | S::Opened => Ok(S::Signed),
                _ => refused,
            },
            // A sheet may come back before anything was sent, or after a first one was refused.
            E::Upload => match self {
                S::Draft | S::ToSend | S::Sent | S::Opened | S::Signed | S::ToCheck | S::Refused => Ok(S::ToCheck),
                S::Accepted | S::Expired | S::Revoked => refused,
            },
            E::Accept => match self {
                S::Signed | S::ToCheck => Ok(S::Accepted),
                _ => refused,
            },
            E::Refuse => match self {
                S::Signed | S::ToCheck => Ok(S::Refused),
                _ => refused,
            },
            E::Decline => match self {
                S::Sent | S::Opened => Ok(S::Refused),
                _ => refused,
            },
            E::Expire => match self {
                S::Accepted => Ok(S::Expired),
                _ => refused,
            },
            // What was sent can be called back; what was accepted can be ended by either side at any time.
            E::Revoke => match self {
                S::Sent | S::Opened | S::Signed | S::ToCheck | S::Accepted => Ok(S::Revoked),
                _ => refused,
            },
            E::Reopen => match self {
                S::Refused => Ok(S::Draft),
                _ => refused,
            },
        }
    }
}

closed_enum! {
    /// How it was signed.
    pub enum SignedBy {
        /// In the client's link, with a code by e-mail and a certificate.
        Link = "link",
        /// A signed sheet, read in.
        Upload = "upload",
        /// By an outside provider of signatures.
        Provider = "provider",
    }
}

closed_enum! {
    /// How clients sign in their link.
    pub enum SignatureWay {
        /// With a code by e-mail, sealed in a certificate.
        Code = "code",
        /// At an outside provider; the code stays the other way.
        Provider = "provider",
    }
}

closed_enum! {
    /// Where a signature that was asked of an outside provider stands.
    pub enum SignatureState {
        /// Noted; the provider may have it, and is asked again under the same id until it says so.
        Asked = "asked",
        /// The client can sign at the provider.
        Open = "open",
        Signed = "signed",
        /// The client said no at the provider.
        Declined = "declined",
        Expired = "expired",
        /// Called off: signed in another way, or called back by the firm.
        Cancelled = "cancelled",
        /// The provider did not take it, or what came back cannot be kept.
        Failed = "failed",
    }
}

impl SignatureState {
    /// Something is still to come of it.
    pub const fn is_living(self) -> bool {
        matches!(self, Self::Asked | Self::Open)
    }
}

closed_enum! {
    /// In which right somebody signs for a company, as the official model of a designation asks.
    pub enum SignedAs {
        LegalRepresentative = "legal_representative",
        /// By virtue of a mandate.
        Delegate = "delegate",
    }
}

closed_enum! {
    /// Who decides on the platform of a client.
    pub enum PlatformDecider { Firm = "firm", Client = "client" }
}

closed_enum! {
    /// Where the registration on the platform stands.
    pub enum RegistrationState {
        NotStarted = "not_started",
        /// The firm has suggested the platform.
        Suggested = "suggested",
        /// The client agrees.
        Accepted = "accepted",
        Contract = "contract",
        IdentityCheck = "identity_check",
        /// The platform writes the address into the directory.
        Directory = "directory",
        Live = "live",
        Denied = "denied",
    }
}

/// Where the registration stands, since when; a denial has its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Registration {
    pub state: RegistrationState,
    pub on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "Pièce d’identité illisible"))]
    pub reason: Option<String>,
}

closed_enum! {
    /// What a delegation lets the firm do.
    pub enum Power {
        ChoosePlatform = "choose_platform",
        Register = "register",
        ChangePlatform = "change_platform",
        ActOnFlows = "act_on_flows",
        EReporting = "e_reporting",
    }
}

/// An address of the directory, in one of its four forms (DGFiP, external specifications v3.2, p. 41 ff.).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DirectoryLine(String);

string_schema!(
    DirectoryLine,
    "^[0-9]{9}(_.{1,100}){0,2}$",
    "732829320_73282932000074",
    "An address of the directory: SIREN, SIREN_SIRET, SIREN_SIRET_CODEROUTAGE or SIREN_SUFFIXE."
);

impl DirectoryLine {
    pub fn parse(value: &str) -> Result<Self, String> {
        let expected = "SIREN, SIREN_SIRET, SIREN_SIRET_CODEROUTAGE or SIREN_SUFFIXE";
        let wrong = |why: &str| Err(format!("« {value} »: {why}; expected {expected}"));
        let (siren, rest) = match value.split_once('_') {
            Some((siren, rest)) => (siren, Some(rest)),
            None => (value, None),
        };
        if Siren::parse(siren).is_err() || siren.len() != 9 {
            return wrong("it does not begin with a SIREN");
        }
        let word = |text: &str, more: &[u8]| {
            !text.is_empty()
                && text.len() <= 100
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || more.contains(&b))
        };
        let Some(rest) = rest else { return Ok(Self(value.to_owned())) };
        let (head, code) = match rest.split_once('_') {
            Some((head, code)) => (head, Some(code)),
            None => (rest, None),
        };
        // Fourteen digits that begin with the SIREN are an establishment; anything else is a suffix (which may itself
        // hold an underscore).
        if head.len() == 14 && head.bytes().all(|b| b.is_ascii_digit()) && head.starts_with(siren) {
            if Siret::parse(head).is_err() {
                return wrong("the SIRET is not one");
            }
            return match code {
                Some(code) if !word(code, b"/") => wrong("the routing code holds a sign that it may not"),
                _ => Ok(Self(value.to_owned())),
            };
        }
        if word(rest, b".") { Ok(Self(value.to_owned())) } else { wrong("the suffix holds a sign that it may not") }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn siren(&self) -> &str {
        &self.0[..9]
    }
}

impl TryFrom<String> for DirectoryLine {
    type Error = String;
    fn try_from(value: String) -> Result<Self, String> {
        Self::parse(&value)
    }
}

impl From<DirectoryLine> for String {
    fn from(line: DirectoryLine) -> String {
        line.0
    }
}

/// What stands in a mandate beside the identity of its parties. Absent: to be filled in by hand, or not of this kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MandateTerms {
    /// Who signs for the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
    pub signatory: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "Gérante"))]
    pub quality: Option<String>,
    /// The platform, as the register writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "PENNYLANE"))]
    pub platform: Option<String>,
    /// SIREN or matricule of the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "987654325"))]
    pub platform_number: Option<String>,
    /// Day from which the platform serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_on: Option<NaiveDate>,
    /// Addresses that it serves; all of the SIREN when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub perimeter: Vec<DirectoryLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_platform: Option<String>,
    /// What the firm may do; everything when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub powers: Vec<Power>,
    /// Distinct series of invoice numbers of the agent (G1.45).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "CAB-2027-"))]
    pub number_series: Option<String>,
    /// Who invoices in the client's name: the firm, or the buyer that bills itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Address kept for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedicated_address: Option<DirectoryLine>,
}

/// Number of a designation in the official form: `SIREN_Platform_AAAAMMJJ_Counter` (DGFiP, external specifications
/// v3.2, p. 49).
pub fn designation_number(siren: Siren, platform: &str, on: NaiveDate, counter: u32) -> String {
    format!("{siren}_{platform}_{}_{counter:02}", on.format("%Y%m%d"))
}

/// Whether an accepted mandate counts on a day: from its start, up to and with its last day.
pub fn is_in_force(
    state: MandateState,
    starts_on: Option<NaiveDate>,
    ends_on: Option<NaiveDate>,
    day: NaiveDate,
) -> bool {
    state == MandateState::Accepted && starts_on.is_none_or(|d| d <= day) && ends_on.is_none_or(|d| day <= d)
}

closed_enum! {
    /// Why a dossier cannot be asked for a mandate yet: one tab each of the eligibility funnel.
    pub enum EligibilityBlocker {
        /// Out of the reform, no mandate is asked for.
        OutOfReform = "out_of_reform",
        /// The check digit of the SIREN is wrong.
        Identity = "identity",
        NoSiret = "no_siret",
        /// A SIRET that another dossier of the cabinet has as well.
        DuplicateSiret = "duplicate_siret",
        Foreign = "foreign",
        NoContact = "no_contact",
        /// Somebody is known, without an e-mail: a letter, or a call.
        NoEmail = "no_email",
        /// The address was refused by the server of its domain.
        Bounced = "bounced",
        NoSize = "no_size",
        NoPersonInCharge = "no_person_in_charge",
        /// A designation needs one.
        NoPlatform = "no_platform",
    }
}

impl EligibilityBlocker {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::OutOfReform => ("Hors du champ de la réforme", "Out of scope of the reform"),
            Self::Identity => ("Clé du SIREN fausse", "Wrong check digit of the SIREN"),
            Self::NoSiret => ("Sans SIRET", "No SIRET"),
            Self::DuplicateSiret => ("SIRET en double", "Duplicate SIRET"),
            Self::Foreign => ("Non établi en France", "Not established in France"),
            Self::NoContact => ("Sans contact", "No contact"),
            Self::NoEmail => ("Contact sans e-mail", "Contact without e-mail"),
            Self::Bounced => ("E-mail refusé", "E-mail refused"),
            Self::NoSize => ("Taille inconnue", "Size unknown"),
            Self::NoPersonInCharge => ("Sans personne en charge", "Nobody in charge"),
            Self::NoPlatform => ("Sans plateforme", "No platform"),
        };
        Text::new(fr, en)
    }

    /// Its bit in [`Held`].
    pub const fn mask(self) -> i64 {
        1 << self as i64
    }

    /// A mail cannot be sent while it stands; the others are told and do not hold it back.
    pub const fn holds_mail(self) -> bool {
        matches!(
            self,
            Self::OutOfReform | Self::Identity | Self::Foreign | Self::NoContact | Self::NoEmail | Self::Bounced
        )
    }
}

/// Whether an obligation of the reform reaches a dossier, or may, as it was last judged. Such a one needs a mandate.
pub fn is_reached(mark: &Mark) -> bool {
    mark.waves != 0 || mark.missing & (Criterion::Mandate.mask() | Criterion::VatRegime.mask()) != 0
}

/// What is known of a dossier beside its facts and its mark.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside {
    /// Another dossier of the cabinet has one of its SIRETs.
    pub twin: bool,
    /// The server of its addressee has refused the address.
    pub refused: bool,
}

/// What holds a dossier back from being asked for a mandate, in the order of the tabs.
pub fn blockers(facts: &DossierFacts, mark: &Mark, kind: MandateKind, beside: Beside) -> Vec<EligibilityBlocker> {
    Held::back(facts, mark).blockers(kind, beside)
}

/// What of a dossier's facts and mark holds it back, and whether it has a mandate by hand: a bit for each, kept beside the
/// facts, so that the funnel reads these of no dossier. What other dossiers and the post know comes to it as [`Beside`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held(i64);

impl Held {
    /// Raised when a bit comes to mean something else: what was kept before is then found anew.
    pub const FORM: u32 = 1;
    /// Has a SIRET of a SIREN that is not its own. No two dossiers of a cabinet have one SIREN, so where two have one
    /// SIRET, one of them at least bears this.
    pub const STRANGE_SIRET: i64 = 1 << 32;
    /// A note by hand says that the client has given the firm its mandate.
    pub const BY_HAND: i64 = 1 << 33;

    pub fn of(facts: &DossierFacts, mark: &Mark, today: NaiveDate) -> Self {
        let mut held = Self::back(facts, mark).0;
        if facts.sirets.iter().any(|s| s.siren() != facts.siren) {
            held |= Self::STRANGE_SIRET;
        }
        if is_noted_by_hand(facts, mark, today) {
            held |= Self::BY_HAND;
        }
        Self(held)
    }

    /// The blockers alone. That no platform is chosen counts for the kinds that name one.
    fn back(facts: &DossierFacts, mark: &Mark) -> Self {
        let lacks = |criterion: Criterion| mark.missing & criterion.mask() != 0;
        let outside = matches!(facts.territory, Some(Territory::Com | Territory::Taaf));
        let holds = |blocker: EligibilityBlocker| match blocker {
            EligibilityBlocker::OutOfReform => !is_reached(mark),
            EligibilityBlocker::Identity => !facts.siren.is_checked(),
            EligibilityBlocker::NoSiret => facts.sirets.is_empty(),
            EligibilityBlocker::Foreign => facts.non_established == Some(true) || outside,
            EligibilityBlocker::NoContact => facts.contacts.is_empty(),
            EligibilityBlocker::NoEmail => !facts.contacts.is_empty() && facts.addressee().is_none(),
            EligibilityBlocker::NoSize => lacks(Criterion::Size),
            EligibilityBlocker::NoPersonInCharge => lacks(Criterion::PersonInCharge),
            EligibilityBlocker::NoPlatform => facts.reception_platform.is_none() && facts.public_entity != Some(true),
            // Known beside it.
            EligibilityBlocker::DuplicateSiret | EligibilityBlocker::Bounced => false,
        };
        let bits = EligibilityBlocker::ALL.iter().filter(|b| holds(**b)).map(|b| b.mask());
        Self(bits.fold(0, |all, bit| all | bit))
    }

    /// As it is kept.
    pub const fn written(self) -> i64 {
        self.0
    }

    pub const fn read(kept: i64) -> Self {
        Self(kept)
    }

    /// In the order of the tabs.
    pub fn blockers(self, kind: MandateKind, beside: Beside) -> Vec<EligibilityBlocker> {
        let holds = |blocker: &EligibilityBlocker| match blocker {
            EligibilityBlocker::DuplicateSiret => beside.twin,
            EligibilityBlocker::Bounced => beside.refused,
            other => self.0 & other.mask() & blocking(kind) != 0,
        };
        EligibilityBlocker::ALL.iter().copied().filter(holds).collect()
    }

    /// A note by hand stands for the mandate of this kind, which is not asked for again.
    pub const fn is_had_by_hand(self, kind: MandateKind) -> bool {
        self.0 & noted(kind) != 0
    }
}

/// The bits of [`Held`] that hold a mandate of a kind back.
pub fn blocking(kind: MandateKind) -> i64 {
    let counts =
        |b: &&EligibilityBlocker| **b != EligibilityBlocker::NoPlatform || reference::mandate_kind(kind).names_platform;
    EligibilityBlocker::ALL.iter().filter(counts).fold(0, |all, b| all | b.mask())
}

/// The bit of [`Held`] that makes a mandate of a kind needless: a delegation may be noted by hand.
pub const fn noted(kind: MandateKind) -> i64 {
    if matches!(kind, MandateKind::Delegation) { Held::BY_HAND } else { 0 }
}

fn is_noted_by_hand(facts: &DossierFacts, mark: &Mark, today: NaiveDate) -> bool {
    mark.missing & Criterion::Mandate.mask() == 0
        && facts.proofs.iter().any(|p| {
            p.criterion == Criterion::Mandate
                && p.source != ProofSource::Mandate
                && !p.against
                && p.on <= today
                && p.expires_on.is_none_or(|last| today <= last)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Contact;

    fn day(s: &str) -> NaiveDate {
        s.parse().unwrap()
    }

    /// Every pair of state and event, written out: what is not in this list is refused.
    #[test]
    fn the_steps_are_these_and_no_others() {
        use MandateEvent as E;
        use MandateState as S;
        let steps = [
            (S::Draft, E::Prepare, S::ToSend),
            (S::Draft, E::Send, S::Sent),
            (S::Draft, E::Upload, S::ToCheck),
            (S::ToSend, E::Withdraw, S::Draft),
            (S::ToSend, E::Send, S::Sent),
            (S::ToSend, E::Bounce, S::Draft),
            (S::ToSend, E::Upload, S::ToCheck),
            (S::Sent, E::Bounce, S::Draft),
            (S::Sent, E::Open, S::Opened),
            (S::Sent, E::Remind, S::Sent),
            (S::Sent, E::Sign, S::Signed),
            (S::Sent, E::Upload, S::ToCheck),
            (S::Sent, E::Decline, S::Refused),
            (S::Sent, E::Revoke, S::Revoked),
            (S::Opened, E::Open, S::Opened),
            (S::Opened, E::Remind, S::Opened),
            (S::Opened, E::Sign, S::Signed),
            (S::Opened, E::Upload, S::ToCheck),
            (S::Opened, E::Decline, S::Refused),
            (S::Opened, E::Revoke, S::Revoked),
            (S::Signed, E::Upload, S::ToCheck),
            (S::Signed, E::Accept, S::Accepted),
            (S::Signed, E::Refuse, S::Refused),
            (S::Signed, E::Revoke, S::Revoked),
            (S::ToCheck, E::Upload, S::ToCheck),
            (S::ToCheck, E::Accept, S::Accepted),
            (S::ToCheck, E::Refuse, S::Refused),
            (S::ToCheck, E::Revoke, S::Revoked),
            (S::Accepted, E::Expire, S::Expired),
            (S::Accepted, E::Revoke, S::Revoked),
            (S::Refused, E::Upload, S::ToCheck),
            (S::Refused, E::Reopen, S::Draft),
        ];
        for &state in S::ALL {
            for &event in E::ALL {
                let expected = steps.iter().find(|(s, e, _)| (*s, *e) == (state, event)).map(|(_, _, to)| *to);
                assert_eq!(state.transition(event).ok(), expected, "{state} {event}");
            }
        }
    }

    #[test]
    fn every_state_is_reached_and_what_is_over_stays_or_begins_again() {
        use MandateState as S;
        for &state in S::ALL {
            let from = S::ALL.iter().flat_map(|s| MandateEvent::ALL.iter().filter_map(|e| s.transition(*e).ok()));
            assert!(state == S::Draft || from.into_iter().any(|to| to == state), "{state} is never reached");
        }
        for over in [S::Expired, S::Revoked] {
            assert!(over.is_over() && MandateEvent::ALL.iter().all(|e| over.transition(*e).is_err()), "{over}");
        }
    }

    #[test]
    fn a_mandate_counts_from_its_start_to_its_last_day() {
        let on = |d| is_in_force(MandateState::Accepted, Some(day("2026-12-01")), Some(day("2027-11-30")), day(d));
        assert_eq!(["2026-11-30", "2026-12-01", "2027-11-30", "2027-12-01"].map(on), [false, true, true, false]);
        assert!(is_in_force(MandateState::Accepted, None, None, day("2026-12-01")));
        assert!(!is_in_force(MandateState::Signed, None, None, day("2026-12-01")));
    }

    #[test]
    fn a_designation_is_numbered_as_the_model_says() {
        // DGFiP, external specifications v3.2, p. 49.
        let siren = Siren::parse("584796231").unwrap();
        assert_eq!(designation_number(siren, "987654325", day("2025-07-07"), 1), "584796231_987654325_20250707_01");
    }

    #[test]
    fn an_address_has_one_of_four_forms() {
        for right in [
            "732829320",
            "732829320_73282932000074",
            "732829320_73282932000074_FACTURES_PUBLIQUES",
            "732829320_73282932000074_1166-01",
            "732829320_AUTOFACTURATION",
            "732829320_A_B.C",
            // Another root: a suffix, which may look like a SIRET.
            "732829320_12345678900011",
        ] {
            assert_eq!(DirectoryLine::parse(right).unwrap().as_str(), right);
        }
        for wrong in ["", "73282932", "732829320_", "732829320_é", "732829320_73282932000074_a b", "x_y", "7328293201"]
        {
            assert!(DirectoryLine::parse(wrong).is_err(), "{wrong}");
        }
    }

    /// A dossier that lacks nothing, and its mark.
    fn complete() -> (DossierFacts, Mark) {
        let mut facts = DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai");
        facts.sirets = vec![Siret::parse("73282932000074").unwrap()];
        facts.reception_platform = Some("PENNYLANE".to_owned());
        let email = Some("claire@exemple.fr".to_owned());
        facts.contacts = vec![Contact { name: Some("Claire".to_owned()), email, phone: None }];
        let mark = Mark { missing: Criterion::Mandate.mask(), waves: 1, ..Mark::of(&evaluated(&facts)) };
        (facts, mark)
    }

    fn evaluated(facts: &DossierFacts) -> crate::readiness::Evaluation {
        let ctx = crate::readiness::Context::standard(day("2026-11-26"));
        crate::readiness::evaluate(facts, &crate::Proofs::NONE, &ctx)
    }

    #[test]
    fn each_blocker_has_its_cause_and_no_other() {
        use EligibilityBlocker as B;
        let found = |change: &dyn Fn(&mut DossierFacts, &mut Mark, &mut Beside)| {
            let (mut facts, mut mark) = complete();
            let mut beside = Beside::default();
            change(&mut facts, &mut mark, &mut beside);
            blockers(&facts, &mark, MandateKind::Designation, beside)
        };
        assert_eq!(found(&|_, _, _| {}), []);
        assert_eq!(found(&|_, m, _| (m.missing, m.waves) = (0, 0)), [B::OutOfReform]);
        // Met by a mandate, or not known yet: still within the reform.
        assert_eq!(found(&|_, m, _| m.missing = 0), []);
        assert_eq!(found(&|_, m, _| (m.missing, m.waves) = (Criterion::VatRegime.mask(), 0)), []);
        assert_eq!(found(&|f, _, _| f.siren = Siren::parse("732829321").unwrap()), [B::Identity]);
        assert_eq!(found(&|f, _, _| f.sirets.clear()), [B::NoSiret]);
        assert_eq!(found(&|_, _, b| b.twin = true), [B::DuplicateSiret]);
        assert_eq!(found(&|f, _, _| f.non_established = Some(true)), [B::Foreign]);
        assert_eq!(found(&|f, _, _| f.territory = Some(Territory::Com)), [B::Foreign]);
        assert_eq!(found(&|f, _, _| f.contacts.clear()), [B::NoContact]);
        assert_eq!(found(&|f, _, _| f.contacts[0].email = None), [B::NoEmail]);
        assert_eq!(found(&|_, _, b| b.refused = true), [B::Bounced]);
        assert_eq!(found(&|_, m, _| m.missing |= Criterion::Size.mask()), [B::NoSize]);
        assert_eq!(found(&|_, m, _| m.missing |= Criterion::PersonInCharge.mask()), [B::NoPersonInCharge]);
        assert_eq!(found(&|f, _, _| f.reception_platform = None), [B::NoPlatform]);
        let (mut facts, mark) = complete();
        facts.reception_platform = None;
        assert_eq!(blockers(&facts, &mark, MandateKind::Delegation, Beside::default()), []);
    }

    #[test]
    fn what_is_kept_of_a_dossier_tells_the_same_as_its_facts() {
        let (mut facts, mark) = complete();
        let today = day("2026-11-26");
        let held = |facts: &DossierFacts, mark: &Mark| Held::read(Held::of(facts, mark, today).written());
        assert_eq!(held(&facts, &mark).written(), 0);
        facts.reception_platform = None;
        facts.sirets.push(Siret::parse("55210055400013").unwrap());
        for kind in [MandateKind::Delegation, MandateKind::Designation] {
            let beside = Beside { twin: true, refused: true };
            let told = held(&facts, &mark).blockers(kind, beside);
            assert_eq!(told, blockers(&facts, &mark, kind, beside), "{kind}");
        }
        assert_eq!(held(&facts, &mark).written() & Held::STRANGE_SIRET, Held::STRANGE_SIRET);
        let bits = EligibilityBlocker::ALL.iter().fold(0, |all, b| all | b.mask());
        assert_eq!(bits.count_ones() as usize, EligibilityBlocker::ALL.len());
        assert_eq!(bits & (Held::STRANGE_SIRET | Held::BY_HAND), 0);
    }

    #[test]
    fn a_note_by_hand_stands_for_a_delegation_while_it_counts() {
        let (mut facts, mark) = complete();
        let met = Mark { missing: 0, ..mark };
        let proof = |source, against| crate::Evidence {
            criterion: Criterion::Mandate,
            what: "Mandat signé, au classeur".to_owned(),
            source,
            on: day("2026-11-01"),
            expires_on: Some(day("2026-12-31")),
            by: None,
            against,
        };
        facts.proofs = vec![proof(ProofSource::Hand, false)];
        let on = |facts: &DossierFacts, mark: &Mark, d| {
            let held = Held::of(facts, mark, day(d));
            [MandateKind::Delegation, MandateKind::Designation].map(|kind| held.is_had_by_hand(kind))
        };
        assert_eq!(on(&facts, &met, "2026-11-26"), [true, false]);
        assert_eq!(on(&facts, &mark, "2026-11-26"), [false, false], "the criterion is not met");
        assert_eq!(["2026-10-31", "2026-12-31", "2027-01-01"].map(|d| on(&facts, &met, d)[0]), [false, true, false]);
        facts.proofs = vec![proof(ProofSource::Mandate, false), proof(ProofSource::Hand, true)];
        assert_eq!(on(&facts, &met, "2026-11-26"), [false, false]);
    }
}

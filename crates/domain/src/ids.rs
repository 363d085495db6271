//! Identifiers: one type per thing, UUIDv7 in its text form on the wire and in both databases.
//! They are made by the service layer (the domain has no clock and no randomness).

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = Uuid))]
        pub struct $name(uuid::Uuid);

        impl $name {
            pub const fn from_uuid(id: uuid::Uuid) -> Self { Self(id) }
            pub const fn uuid(self) -> uuid::Uuid { self.0 }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(value: &str) -> Result<Self, Self::Err> {
                // Only the hyphenated lower-case form: one id has one spelling, in URLs and in both databases.
                match uuid::Uuid::try_parse(value) {
                    Ok(id) if value.len() == 36 && !value.bytes().any(|b| b.is_ascii_uppercase()) => Ok(Self(id)),
                    _ => Err(IdError),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(value: String) -> Result<Self, Self::Error> { value.parse() }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String { id.0.to_string() }
        }
    )+};
}

/// Not a UUID in its hyphenated lower-case form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdError;

impl std::fmt::Display for IdError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("expected a UUID such as 019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11")
    }
}

impl std::error::Error for IdError {}

ids! {
    /// The firm, the tenant.
    CabinetId,
    /// A person of a cabinet.
    UserId,
    /// A signed-in device of a person.
    SessionId,
    InvitationId,
    PortfolioId,
    /// A client company of a cabinet.
    DossierId,
    /// A saved view of a list.
    ViewId,
    /// A client list dropped by a cabinet.
    ImportId,
    /// Long work.
    JobId,
    /// A bulk act that can be undone.
    ActId,
    JournalId,
    /// Something that the firm told a client, asked or got.
    ExchangeId,
    /// A period of a dossier's calendar that somebody settled.
    SettlementId,
    /// An address under which a calendar program reads the deadlines of a person.
    FeedId,
    /// What a client signs so that the firm may act.
    MandateId,
    /// A file kept outside the rows: a generated mandate, a signed sheet.
    DocumentId,
    /// What a client opens without an account.
    LinkId,
    /// An answer of a client that the firm takes over or not.
    ProposalId,
    /// A message to a client.
    MailId,
    /// What became of a message, as it was told once.
    MailEventId,
    /// A collection of mandates that goes on by itself.
    CampaignId,
    /// An invoice or a transmission followed over platforms.
    FlowId,
    /// How the export of a platform is read.
    ProfileId,
    /// A connection to a platform.
    ConnectionId,
    /// Something wrong that a person must settle.
    AnomalyId,
    CommentId,
    NotificationId,
    /// A signature asked of an outside provider.
    SignatureId,
    /// A text with variables, for relances.
    TemplateId,
    /// Who is written to, when and how.
    SequenceId,
    /// A step of a sequence.
    RelanceStepId,
    /// A dossier in a sequence.
    EnrolmentId,
    /// A message, call or letter of a step to a dossier.
    RelanceId,
}

//! The one table of endpoints. The server mounts a handler for each row, the client calls them by type, the OpenAPI
//! document is written from them, and the access matrix test has a line for each: a row cannot exist in one place only.

use domain::Permission;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::*;

domain::closed_enum! {
    pub enum Method { Get = "GET", Post = "POST", Put = "PUT", Patch = "PATCH", Delete = "DELETE" }
}

/// What a caller must prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Open,
    /// The refresh cookie.
    Cookie,
    /// A live session whose role allows the act.
    Right(Permission),
}

domain::closed_enum! {
    /// Chapters of the documentation.
    pub enum Tag {
        Sessions = "Sessions",
        People = "People",
        Portfolios = "Portfolios",
        Cockpit = "Cockpit",
        Dossiers = "Dossiers",
        Deadlines = "Deadlines",
        Mandates = "Mandates",
        Collection = "Collection",
        Relances = "Relances",
        Flows = "Flows",
        Connections = "Connections",
        Anomalies = "Anomalies",
        Notifications = "Notifications",
        Imports = "Imports",
        Journal = "Journal",
        Reference = "Reference",
    }
}

impl Tag {
    pub const fn description(self) -> &'static str {
        match self {
            Tag::Sessions => "Signing up and in; sessions are rows that can be listed and ended.",
            Tag::People => "The cabinet, its people and their invitations.",
            Tag::Portfolios => "Named sets of dossiers, given to people.",
            Tag::Cockpit => "Readiness of the dossiers in sight, from stored sums.",
            Tag::Dossiers => "Client companies, their facts, obligations and readiness.",
            Tag::Deadlines => "Starts of obligations and periods of e-reporting: what is due, settled or missed.",
            Tag::Mandates => "What clients sign so that the firm may act: register, documents, life.",
            Tag::Collection => {
                "Collecting mandates and answers: campaigns, messages, the client's link, what holds dossiers back."
            }
            Tag::Relances => {
                "Messages that chase late clients: sequences, their texts, what leaves when, and why something did or did not."
            }
            Tag::Flows => {
                "Invoices and transmissions over all platforms: official status beside the platform's own word."
            }
            Tag::Connections => "Connections to platforms by the AFNOR interface XP Z12-013, and their health.",
            Tag::Anomalies => "One queue for what is wrong: found by rule, grouped by cause, settled by people.",
            Tag::Notifications => "What a person is told of, on the screen and in the digest.",
            Tag::Imports => {
                "Client lists and exports of platforms: detection, dry run, commit, undo; and the jobs that do it."
            }
            Tag::Journal => "Append-only record of every write, chained per cabinet.",
            Tag::Reference => "Dated tables of the reform, with sources.",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// The reply carries an `ETag`.
    Etag,
    /// The request must carry `If-Match`.
    IfMatch,
    /// An `Idempotency-Key` is honoured.
    Idempotent,
    /// Sets or clears the refresh cookie.
    SetsCookie,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    None,
    Json,
    /// Bytes of a file.
    File,
    /// JSON of another program, whose very bytes are signed: it reaches the use case as it came.
    Raw,
    /// Server-sent events, until one side ends them.
    Stream,
}

/// A message of another program, as it came: its signature is over the very bytes, and stands in the headers
/// ([`EndpointMeta::signed_by`]).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = Object))]
pub struct SignedEvent(pub String);

/// A header by which another program proves that a message is its own.
#[derive(Debug, Clone, Copy)]
pub struct SigningHeader {
    pub name: &'static str,
    pub example: &'static str,
    pub description: &'static str,
}

/// Over a message of the signature provider.
pub const YOUSIGN_SIGNATURE: &str = "X-Yousign-Signature-256";
/// Over a message of the mail provider, with its id and the time of the signature (Standard Webhooks).
pub const WEBHOOK_SIGNATURE: &str = "Webhook-Signature";
pub const WEBHOOK_ID: &str = "Webhook-Id";
pub const WEBHOOK_SIGNED_AT: &str = "Webhook-Timestamp";
/// The same under the older names, which some providers still use.
pub const SVIX_SIGNATURE: &str = "Svix-Signature";
pub const SVIX_ID: &str = "Svix-Id";
pub const SVIX_SIGNED_AT: &str = "Svix-Timestamp";
/// Over a message of a platform, with the time of the signature beside it.
pub const AFNOR_SIGNATURE: &str = "Afnor-Signature";
pub const AFNOR_SIGNED_AT: &str = "Afnor-Signature-Timestamp";

/// One operation of the API, as a type.
pub trait Endpoint: 'static {
    /// What stands in `{id}`: an id type, or `Nothing`.
    type Path: PathPart + Send + 'static;
    type Query: Serialize + DeserializeOwned + Send + 'static;
    type Body: Serialize + DeserializeOwned + Send + 'static;
    type Reply: Serialize + DeserializeOwned + Send + 'static;
    const META: EndpointMeta;
}

/// The untyped side of an endpoint.
#[derive(Debug, Clone, Copy)]
pub struct EndpointMeta {
    /// Operation id, the name of the handler.
    pub id: &'static str,
    pub method: Method,
    /// Below `/api/v1`, with `{id}` where the path has a part.
    pub path: &'static str,
    pub tag: Tag,
    pub need: Need,
    pub body: Payload,
    pub reply: Payload,
    /// Status of success.
    pub status: u16,
    pub flags: &'static [Flag],
    /// Problems beside those that every operation can answer.
    pub problems: &'static [Code],
    /// First line: summary; the rest: description.
    pub doc: &'static str,
    #[cfg(feature = "openapi")]
    pub shapes: fn() -> crate::openapi::Shapes,
}

/// Everything under this prefix is the API.
pub const BASE: &str = "/api/v1";

impl EndpointMeta {
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    pub fn full_path(&self) -> String {
        format!("{BASE}{}", self.path)
    }

    /// The headers that prove whose message a [`Payload::Raw`] is.
    pub fn signed_by(&self) -> &'static [SigningHeader] {
        match self.id {
            "receive_signature_event" => &[SigningHeader {
                name: YOUSIGN_SIGNATURE,
                example: "sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                description: "HMAC-SHA256 of the body with the secret of the subscription, in hexadecimal.",
            }],
            "receive_webhook" => &[
                SigningHeader {
                    name: AFNOR_SIGNATURE,
                    example: "mJ8m6p5bY1xkQm1w0m0y2m9yq0Zc7l1dD9dQn3o2a7E=",
                    description: "HMAC-SHA-256 over the SHA-256 of body, `@` and time, with the key of the subscription, in base64.",
                },
                SigningHeader {
                    name: AFNOR_SIGNED_AT,
                    example: "1795000000",
                    description: "Time of the signature, seconds since 1970; five minutes off at most.",
                },
            ],
            "receive_mail_event" => &[
                SigningHeader {
                    name: WEBHOOK_ID,
                    example: "msg_2aBcDeFgHiJkLmNoPqRsTuVw",
                    description: "Id of the message, the same each time that it is sent. `Svix-Id` is taken, too.",
                },
                SigningHeader {
                    name: WEBHOOK_SIGNED_AT,
                    example: "1795000000",
                    description: "Time of the signature, seconds since 1970; five minutes off at most. `Svix-Timestamp` is taken, too.",
                },
                SigningHeader {
                    name: WEBHOOK_SIGNATURE,
                    example: "v1,mJ8m6p5bY1xkQm1w0m0y2m9yq0Zc7l1dD9dQn3o2a7E=",
                    description: "`v1,` and the HMAC-SHA256 over id, `.`, time, `.` and body with the secret, in base64; several are parted by spaces. `Svix-Signature` is taken, too.",
                },
            ],
            _ => &[],
        }
    }

    /// Older names of those headers, by which some programs still call them.
    pub fn signed_by_old_names(&self) -> &'static [&'static str] {
        match self.id {
            "receive_mail_event" => &[SVIX_ID, SVIX_SIGNED_AT, SVIX_SIGNATURE],
            _ => &[],
        }
    }

    pub fn summary(&self) -> &'static str {
        self.doc.lines().next().unwrap_or_default().trim()
    }

    pub fn description(&self) -> String {
        self.doc.lines().map(str::trim).collect::<Vec<_>>().join("\n")
    }
}

/// The part of a path that varies.
pub trait PathPart: Sized {
    fn read(part: &str) -> Result<Self, String>;
    fn write(&self) -> String;
    /// What the document says of it; nothing when the path has no part.
    const DESCRIPTION: Option<&'static str>;
    /// An example; a UUID unless told.
    const EXAMPLE: &'static str = "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11";
}

impl PathPart for Nothing {
    fn read(_: &str) -> Result<Self, String> {
        Ok(Nothing {})
    }
    fn write(&self) -> String {
        String::new()
    }
    const DESCRIPTION: Option<&'static str> = None;
}

macro_rules! path_parts {
    ($($name:ident = $description:literal),+ $(,)?) => {$(
        impl PathPart for domain::$name {
            fn read(part: &str) -> Result<Self, String> { part.parse().map_err(|e: domain::IdError| e.to_string()) }
            fn write(&self) -> String { self.to_string() }
            const DESCRIPTION: Option<&'static str> = Some($description);
        }
    )+};
}

path_parts! {
    UserId = "Id of the person.",
    SessionId = "Id of the session.",
    InvitationId = "Id of the invitation.",
    PortfolioId = "Id of the portfolio.",
    DossierId = "Id of the dossier.",
    ViewId = "Id of the saved view.",
    ImportId = "Id of the import.",
    JobId = "Id of the job.",
    ActId = "Id of the bulk act.",
    ExchangeId = "Id of the exchange.",
    FeedId = "Id of the feed.",
    MandateId = "Id of the mandate.",
    DocumentId = "Id of the document.",
    LinkId = "Id of the link.",
    MailId = "Id of the message.",
    CampaignId = "Id of the campaign.",
    FlowId = "Id of the flow.",
    ProfileId = "Id of the profile.",
    ConnectionId = "Id of the connection.",
    AnomalyId = "Id of the anomaly.",
    CommentId = "Id of the comment.",
    SequenceId = "Id of the sequence.",
    TemplateId = "Id of the text.",
}

impl PathPart for FeedSecret {
    fn read(part: &str) -> Result<Self, String> {
        Ok(Self(part.to_owned()))
    }
    fn write(&self) -> String {
        self.0.clone()
    }
    const DESCRIPTION: Option<&'static str> = Some("Secret of the feed, from its address.");
    const EXAMPLE: &'static str = "cal_4f1c0e9a7b2d";
}

macro_rules! payload {
    (none) => {
        Payload::None
    };
    (file) => {
        Payload::File
    };
    (SignedEvent) => {
        Payload::Raw
    };
    (stream) => {
        Payload::Stream
    };
    ($t:ty) => {
        Payload::Json
    };
}
macro_rules! payload_type {
    (none) => {
        Nothing
    };
    (file) => {
        Nothing
    };
    (stream) => {
        Nothing
    };
    ($t:ty) => {
        $t
    };
}
macro_rules! need {
    (open) => {
        Need::Open
    };
    (cookie) => {
        Need::Cookie
    };
    ($p:ident) => {
        Need::Right(Permission::$p)
    };
}

macro_rules! endpoints {
    ($(
        $(#[doc = $doc:literal])+
        $id:ident $name:ident: $method:ident $path:literal $tag:ident, $need:ident,
            path $part:ty, query $query:ty, body $body:tt, reply $status:literal $reply:tt
            $(, flags [$($flag:ident),*])? $(, fails [$($code:ident),*])?;
    )+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug)]
            pub struct $name;
            impl Endpoint for $name {
                type Path = $part;
                type Query = $query;
                type Body = payload_type!($body);
                type Reply = payload_type!($reply);
                const META: EndpointMeta = EndpointMeta {
                    id: stringify!($id),
                    method: Method::$method,
                    path: $path,
                    tag: Tag::$tag,
                    need: need!($need),
                    body: payload!($body),
                    reply: payload!($reply),
                    status: $status,
                    flags: &[$($(Flag::$flag),*)?],
                    problems: &[$($(Code::$code),*)?],
                    doc: concat!($($doc, "\n"),+),
                    #[cfg(feature = "openapi")]
                    shapes: crate::openapi::shapes_of::<$name>,
                };
            }
        )+
        /// Every operation, in the order of the documentation.
        pub const ALL: &[EndpointMeta] = &[$($name::META),+];
    };
}

type Path<T> = T;

/// The operations themselves.
pub mod op {
    use super::*;
    use domain::{
        ActId, AnomalyId, CampaignId, CommentId, ConnectionId, DocumentId, DossierId, ExchangeId, FeedId, FlowId,
        ImportId, InvitationId, JobId, LinkId, MailId, MandateId, PortfolioId, ProfileId, SequenceId, SessionId,
        TemplateId, UserId, ViewId,
    };

    endpoints! {
        /// Sign up a cabinet
        /// Creates a cabinet and its first partner, and signs the partner in.
        create_cabinet CreateCabinet: Post "/cabinets" Sessions, open,
            path Nothing, query Nothing, body NewCabinet, reply 201 SessionToken, flags [SetsCookie], fails [Invalid, Conflict, TooManyRequests];

        /// Sign in
        /// Answers an access token for memory and sets the refresh cookie. Attempts are limited per address and per
        /// e-mail; a wrong e-mail costs the same time as a wrong password.
        create_session CreateSession: Post "/session" Sessions, open,
            path Nothing, query Nothing, body Credentials, reply 201 SessionToken, flags [SetsCookie], fails [BadCredentials, TooManyRequests];

        /// Refresh the access token
        /// Rotates the refresh cookie. Presenting an old cookie again ends the session: somebody else may hold it.
        refresh_session RefreshSession: Post "/session/refresh" Sessions, cookie,
            path Nothing, query Nothing, body none, reply 200 SessionToken, flags [SetsCookie], fails [SessionEnded];

        /// Sign out
        /// Ends this session and clears the cookie.
        end_session EndSession: Delete "/session" Sessions, SignedIn,
            path Nothing, query Nothing, body none, reply 204 none, flags [SetsCookie];

        /// List one's sessions
        list_sessions ListSessions: Get "/sessions" Sessions, SignedIn,
            path Nothing, query Nothing, body none, reply 200 SessionList;

        /// End a session
        /// One's own, or that of any person of the cabinet for a partner. Works on the next request of that session.
        delete_session DeleteSession: Delete "/sessions/{id}" Sessions, SignedIn,
            path Path<SessionId>, query Nothing, body none, reply 204 none, fails [NotFound];

        /// Read the signed-in person
        read_me ReadMe: Get "/me" Sessions, SignedIn,
            path Nothing, query Nothing, body none, reply 200 Me;

        /// Change one's name or language
        update_me UpdateMe: Patch "/me" Sessions, SignedIn,
            path Nothing, query Nothing, body MeChange, reply 200 Me, fails [Invalid];

        /// Change one's password
        /// Ends every other session of the person.
        change_password ChangePassword: Post "/me/password" Sessions, SignedIn,
            path Nothing, query Nothing, body PasswordChange, reply 204 none, fails [BadCredentials, Invalid, TooManyRequests];

        /// Look an invitation up
        /// What an invited person is shown before accepting. Opening never accepts.
        find_invitation FindInvitation: Post "/invitations/find" Sessions, open,
            path Nothing, query Nothing, body InvitationToken, reply 200 InvitationOffer, fails [NotFound, TooManyRequests];

        /// Accept an invitation
        /// Creates the person and signs in.
        accept_invitation AcceptInvitation: Post "/invitations/accept" Sessions, open,
            path Nothing, query Nothing, body InvitationAnswer, reply 201 SessionToken, flags [SetsCookie], fails [NotFound, Conflict, Invalid, TooManyRequests];

        /// Read the cabinet
        read_cabinet ReadCabinet: Get "/cabinet" People, SignedIn,
            path Nothing, query Nothing, body none, reply 200 Cabinet, flags [Etag];

        /// Rename the cabinet
        update_cabinet UpdateCabinet: Patch "/cabinet" People, CabinetManage,
            path Nothing, query Nothing, body CabinetChange, reply 200 Cabinet, flags [Etag, IfMatch], fails [Invalid, VersionMismatch, VersionRequired];

        /// List the people
        /// With the names that imports brought and that no person answers to yet.
        list_people ListPeople: Get "/people" People, SignedIn,
            path Nothing, query Nothing, body none, reply 200 PersonList;

        /// Change a person's rights
        /// Role, portfolios, aliases, activity. Works on the next request of that person. A new alias hands over the
        /// dossiers whose imported person in charge bears that name. The last active partner stays one.
        update_person UpdatePerson: Patch "/people/{id}" People, PeopleManage,
            path Path<UserId>, query Nothing, body PersonChange, reply 200 Person, flags [Etag, IfMatch], fails [NotFound, Conflict, Invalid, VersionMismatch, VersionRequired];

        /// List invitations
        list_invitations ListInvitations: Get "/invitations" People, PeopleManage,
            path Nothing, query Nothing, body none, reply 200 InvitationList;

        /// Invite a person
        /// The reply holds the link, this once; it is stored hashed and expires after seven days.
        create_invitation CreateInvitation: Post "/invitations" People, PeopleManage,
            path Nothing, query Nothing, body NewInvitation, reply 201 Invitation, flags [Idempotent], fails [Conflict, Invalid];

        /// Revoke an invitation
        delete_invitation DeleteInvitation: Delete "/invitations/{id}" People, PeopleManage,
            path Path<InvitationId>, query Nothing, body none, reply 204 none, fails [NotFound, Conflict];

        /// List portfolios
        /// Those in sight, with the number of dossiers in sight.
        list_portfolios ListPortfolios: Get "/portfolios" Portfolios, SignedIn,
            path Nothing, query Nothing, body none, reply 200 PortfolioList;

        /// Create a portfolio
        create_portfolio CreatePortfolio: Post "/portfolios" Portfolios, PortfolioManage,
            path Nothing, query Nothing, body PortfolioInput, reply 201 Portfolio, flags [Idempotent, Etag], fails [Conflict, Invalid];

        /// Change a portfolio
        /// Its name and the people to whom it is given.
        update_portfolio UpdatePortfolio: Patch "/portfolios/{id}" Portfolios, PortfolioManage,
            path Path<PortfolioId>, query Nothing, body PortfolioInput, reply 200 Portfolio, flags [Etag, IfMatch], fails [NotFound, Conflict, Invalid, VersionMismatch, VersionRequired];

        /// Delete a portfolio
        /// Only an empty one: move its dossiers first.
        delete_portfolio DeletePortfolio: Delete "/portfolios/{id}" Portfolios, PortfolioManage,
            path Path<PortfolioId>, query Nothing, body none, reply 204 none, fails [NotFound, Conflict];

        /// Read the cockpit
        /// Score, states, what blocks, waves and portfolios over the dossiers in sight, from stored sums.
        read_cockpit ReadCockpit: Get "/cockpit" Cockpit, DossierRead,
            path Nothing, query CockpitQuery, body none, reply 200 Cockpit, fails [BadRequest, NotFound];

        /// Read the trend
        /// Score and states day by day over the dossiers in sight, as each day began; the point of today tells the
        /// present. A day on which nothing was kept has no point. Confidential dossiers count for those only who see
        /// them all.
        read_trend ReadTrend: Get "/cockpit/trend" Cockpit, DossierRead,
            path Nothing, query TrendQuery, body none, reply 200 Trend, fails [BadRequest, NotFound];

        /// List what moved
        /// The dossiers in sight whose score, state or missing criteria are no longer what they were before `since`,
        /// the greatest moves first, filtered as the list of dossiers is. `facets=true` adds the totals. Dossiers that
        /// were new since are told from the state that they came with.
        list_moves ListMoves: Get "/cockpit/moves" Cockpit, DossierRead,
            path Nothing, query MoveQuery, body none, reply 200 MovePage, fails [BadRequest];

        /// Read the burn-up of an obligation
        /// Day by day how many dossiers it reaches and how many are prepared, and the day on which all would be at the
        /// pace of the last weeks, with its interval.
        read_burn_up ReadBurnUp: Get "/cockpit/burn-up" Cockpit, DossierRead,
            path Nothing, query BurnUpQuery, body none, reply 200 BurnUp, fails [BadRequest, NotFound];

        /// Read the rules of the score
        /// The firm's, in force, beside those of the product; version 0 while they are the same.
        read_readiness_rules ReadReadinessRules: Get "/cabinet/readiness-rules" Cockpit, SignedIn,
            path Nothing, query Nothing, body none, reply 200 ReadinessRules, flags [Etag];

        /// Change the rules of the score
        /// Each change is a version with who, when and why; an earlier one comes back by sending its content. Every
        /// dossier is evaluated by them in a job; until it has ended, the cockpit says so.
        update_readiness_rules UpdateReadinessRules: Put "/cabinet/readiness-rules" Cockpit, CabinetManage,
            path Nothing, query Nothing, body RulesChange, reply 200 ReadinessRules, flags [Etag, IfMatch], fails [Invalid, VersionMismatch, VersionRequired];

        /// List the versions of the rules
        list_readiness_rules_versions ListReadinessRulesVersions: Get "/cabinet/readiness-rules/versions" Cockpit, SignedIn,
            path Nothing, query PageQuery, body none, reply 200 RulesVersionPage, fails [BadRequest];

        /// Preview rules of the score
        /// Evaluates every dossier by them and tells what would change; nothing is written.
        preview_readiness_rules PreviewReadinessRules: Post "/cabinet/readiness-rules/preview" Cockpit, CabinetManage,
            path Nothing, query Nothing, body RulesTrial, reply 200 RulesPreview, fails [Invalid];

        /// List dossiers
        /// Those in sight, filtered, in order, by pages. `facets=true` adds the number of rows and the counts by
        /// filter value.
        list_dossiers ListDossiers: Get "/dossiers" Dossiers, DossierRead,
            path Nothing, query DossierListQuery, body none, reply 200 DossierPage, fails [BadRequest];

        /// Create a dossier
        /// One per SIREN and cabinet.
        create_dossier CreateDossier: Post "/dossiers" Dossiers, DossierManage,
            path Nothing, query Nothing, body NewDossier, reply 201 Dossier, flags [Idempotent, Etag], fails [Conflict, Invalid];

        /// Export dossiers
        /// The rows of the list as a CSV or XLSX file; cells that a spreadsheet would run as a formula are neutralised.
        export_dossiers ExportDossiers: Get "/dossiers/export" Dossiers, DossierRead,
            path Nothing, query DossierExportQuery, body none, reply 200 file, fails [BadRequest];

        /// Act on many dossiers
        /// A result for each dossier; `preview` tells what would happen. The act can be taken back with `undo_act`.
        bulk_dossiers BulkDossiers: Post "/dossiers/bulk" Dossiers, DossierWrite,
            path Nothing, query Nothing, body BulkInput, reply 200 BulkResult, flags [Idempotent], fails [Invalid, NotFound];

        /// Suppose facts
        /// What score, state, exposure and dates of dossiers would be with other facts or proofs. Nothing is written.
        suppose_dossiers SupposeDossiers: Post "/dossiers/what-if" Dossiers, DossierRead,
            path Nothing, query Nothing, body WhatIfInput, reply 200 WhatIf, fails [Invalid];

        /// Read a dossier
        read_dossier ReadDossier: Get "/dossiers/{id}" Dossiers, DossierRead,
            path Path<DossierId>, query Nothing, body none, reply 200 Dossier, flags [Etag], fails [NotFound];

        /// Change a dossier
        /// Facts by name; readiness follows in the same transaction. Person in charge, portfolio and the confidential
        /// mark ask for the right to manage dossiers.
        update_dossier UpdateDossier: Patch "/dossiers/{id}" Dossiers, DossierWrite,
            path Path<DossierId>, query Nothing, body DossierChange, reply 200 Dossier, flags [Etag, IfMatch], fails [NotFound, Invalid, VersionMismatch, VersionRequired];

        /// Delete a dossier
        /// The journal keeps what it was.
        delete_dossier DeleteDossier: Delete "/dossiers/{id}" Dossiers, DossierManage,
            path Path<DossierId>, query Nothing, body none, reply 204 none, flags [IfMatch], fails [NotFound, VersionMismatch, VersionRequired];

        /// List the exchanges of a dossier
        /// What the firm told the client, asked and got, newest first; cancelled ones stay and say so.
        list_exchanges ListExchanges: Get "/dossiers/{id}/exchanges" Dossiers, DossierRead,
            path Path<DossierId>, query PageQuery, body none, reply 200 ExchangePage, fails [BadRequest, NotFound];

        /// Record an exchange
        /// It is never changed afterwards: a wrong one is cancelled, with a reason, and recorded again. The journal
        /// bears the whole of it.
        create_exchange CreateExchange: Post "/dossiers/{id}/exchanges" Dossiers, DossierWrite,
            path Path<DossierId>, query Nothing, body NewExchange, reply 201 Exchange, flags [Idempotent], fails [NotFound, Invalid];

        /// Cancel an exchange
        /// One's own; those of others ask for the right to manage dossiers. Once.
        cancel_exchange CancelExchange: Post "/exchanges/{id}/cancel" Dossiers, DossierWrite,
            path Path<ExchangeId>, query Nothing, body ExchangeCancel, reply 200 Exchange, fails [NotFound, Conflict, Invalid];

        /// Read the proof-of-advice file
        /// Everything that a printed page needs: the firm, the dossier with its obligations and score as of now, the
        /// exchanges, the journal of the dossier with its hashes, and the head of the chain.
        read_advice_file ReadAdviceFile: Get "/dossiers/{id}/advice-file" Dossiers, DossierRead,
            path Path<DossierId>, query Nothing, body none, reply 200 AdviceFile, fails [NotFound];

        /// Download the proof-of-advice file
        /// A ZIP with a printable page in French that needs nothing else, the exchanges and the journal as CSV, and
        /// `SHA256SUMS` over them.
        export_advice_file ExportAdviceFile: Get "/dossiers/{id}/advice-file.zip" Dossiers, DossierRead,
            path Path<DossierId>, query Nothing, body none, reply 200 file, fails [NotFound];

        /// Take a bulk act back
        /// Dossiers that were edited since are kept as they are, and said.
        undo_act UndoAct: Post "/acts/{id}/undo" Dossiers, DossierWrite,
            path Path<ActId>, query Nothing, body none, reply 200 BulkResult, fails [NotFound, Conflict];

        /// Search dossiers
        /// By name, SIREN, code or contact: the first ten, best first.
        search_dossiers SearchDossiers: Get "/search" Dossiers, DossierRead,
            path Nothing, query SearchQuery, body none, reply 200 SearchResult, fails [BadRequest];

        /// List saved views
        /// One's own and the shared ones.
        list_views ListViews: Get "/views" Dossiers, DossierRead,
            path Nothing, query ViewQuery, body none, reply 200 ViewList;

        /// Save a view
        create_view CreateView: Post "/views" Dossiers, DossierRead,
            path Nothing, query Nothing, body NewView, reply 201 View, flags [Idempotent], fails [Conflict, Invalid];

        /// Delete a saved view
        /// One's own; a partner may delete any shared one.
        delete_view DeleteView: Delete "/views/{id}" Dossiers, DossierRead,
            path Path<ViewId>, query Nothing, body none, reply 204 none, fails [NotFound];

        /// List deadlines
        /// What the dossiers in sight must have done by a day, the earliest published limit first, then kind and name.
        /// The filters of the list of dossiers say whose; `kind` and `due` say which. `facets=true` adds the totals.
        list_deadlines ListDeadlines: Get "/deadlines" Deadlines, DossierRead,
            path Nothing, query DeadlineListQuery, body none, reply 200 DeadlinePage, fails [BadRequest];

        /// Count deadlines day by day
        /// What the list tells, as counts by kind and state on each day: a month at a glance.
        read_deadline_days ReadDeadlineDays: Get "/deadlines/days" Deadlines, DossierRead,
            path Nothing, query DeadlineQuery, body none, reply 200 DeadlineDays, fails [BadRequest];

        /// Export deadlines
        /// Every row that the filters take, without limit.
        export_deadlines ExportDeadlines: Get "/deadlines/export" Deadlines, DossierRead,
            path Nothing, query DeadlineExportQuery, body none, reply 200 file, fails [BadRequest];

        /// Settle deadlines
        /// Records that reports were sent, with the evidence, or that their periods had no operation. Each item is
        /// refused by itself, with the reason: not of the dossier's calendar, not begun, already settled. The start of
        /// an obligation follows from the preparation of the dossier and is not settled by hand. `preview=true` only
        /// tells what would happen.
        settle_deadlines SettleDeadlines: Post "/deadlines/settle" Deadlines, DossierWrite,
            path Nothing, query Nothing, body SettleInput, reply 200 SettleResult, flags [Idempotent], fails [Invalid];

        /// Reopen deadlines
        /// Takes back what was settled, deadline by deadline; `undo_act` takes a whole act back.
        reopen_deadlines ReopenDeadlines: Post "/deadlines/reopen" Deadlines, DossierWrite,
            path Nothing, query Nothing, body ReopenInput, reply 200 SettleResult, flags [Idempotent], fails [Invalid];

        /// Read the calendar of a dossier
        /// Its deadlines with state and evidence, and the stretches that cannot be told yet, with what is missing.
        read_dossier_calendar ReadDossierCalendar: Get "/dossiers/{id}/calendar" Deadlines, DossierRead,
            path Path<DossierId>, query CalendarQuery, body none, reply 200 DossierCalendar, fails [BadRequest, NotFound];

        /// List one's calendar feeds
        list_calendar_feeds ListCalendarFeeds: Get "/calendar-feeds" Deadlines, DossierRead,
            path Nothing, query Nothing, body none, reply 200 CalendarFeedList;

        /// Create a calendar feed
        /// The reply holds the secret address, this once; it is stored hashed. It shows what its owner may see at the
        /// time of each reading, and answers 404 once it is revoked or its owner deactivated.
        create_calendar_feed CreateCalendarFeed: Post "/calendar-feeds" Deadlines, DossierRead,
            path Nothing, query Nothing, body NewCalendarFeed, reply 201 CalendarFeed, fails [Conflict, Invalid];

        /// Revoke a calendar feed
        delete_calendar_feed DeleteCalendarFeed: Delete "/calendar-feeds/{id}" Deadlines, DossierRead,
            path Path<FeedId>, query Nothing, body none, reply 204 none, fails [NotFound];

        /// Read a calendar feed
        /// iCalendar (RFC 5545) for calendar programs, without a session: who holds the address reads it. All that
        /// falls due on one day, of one kind, is one event; what is settled is left out.
        read_calendar_feed ReadCalendarFeed: Get "/calendar/{id}.ics" Deadlines, open,
            path Path<FeedSecret>, query Nothing, body none, reply 200 file, fails [NotFound, TooManyRequests];

        /// Read the collection at a glance
        /// Mandates by kind and state, the rate of each portfolio, ninety days, and what waits for the firm.
        read_mandate_board ReadMandateBoard: Get "/mandates/board" Mandates, DossierRead,
            path Nothing, query BoardQuery, body none, reply 200 Board, fails [BadRequest];

        /// List mandates
        /// The register of the dossiers in sight. The filters of the list of dossiers say whose; `state` is that of the
        /// dossier, `mandate` that of the mandate.
        list_mandates ListMandates: Get "/mandates" Mandates, DossierRead,
            path Nothing, query MandateListQuery, body none, reply 200 MandatePage, fails [BadRequest];

        /// Export mandates
        /// Every row that the filters take, without limit.
        export_mandates ExportMandates: Get "/mandates/export" Mandates, DossierRead,
            path Nothing, query MandateExportQuery, body none, reply 200 file, fails [BadRequest];

        /// Print mandates
        /// One PDF for the printer: the documents of the mandates, each beginning on a new page; with `letters=true` each
        /// behind a letter that bears the client's link as a QR code.
        print_mandates PrintMandates: Post "/mandates/print" Mandates, DossierWrite,
            path Nothing, query Nothing, body PrintInput, reply 200 file, fails [NotFound, Invalid];

        /// List clients who cannot be written to
        /// Those with a mandate to send or to remind of, and no e-mail or one that was refused: by letter, or by telephone.
        list_unreachable ListUnreachable: Get "/mandates/unreachable" Mandates, DossierRead,
            path Nothing, query MandateListQuery, body none, reply 200 UnreachablePage, fails [BadRequest];

        /// Create a mandate
        /// A draft. What is not given is taken from the dossier.
        create_mandate CreateMandate: Post "/mandates" Mandates, DossierWrite,
            path Nothing, query Nothing, body NewMandate, reply 201 Mandate, flags [Idempotent, Etag], fails [NotFound, Conflict, Invalid];

        /// Create mandates for many dossiers
        /// One or several kinds in one go, as drafts or sent at once; a result for each. A dossier that has one of the kind
        /// in force or on its way is left out. `preview` tells what would happen, and who is left out and why.
        create_mandates CreateMandates: Post "/mandates/bulk" Mandates, DossierWrite,
            path Nothing, query Nothing, body MandatesInput, reply 200 MandateActResult, flags [Idempotent], fails [Invalid];

        /// Act on mandates
        /// Sends, reminds, accepts, refuses, revokes; a result for each. One message leaves for each client, however many
        /// mandates it bears. Sending goes on by itself and survives a stop of the server. `preview` only tells.
        act_on_mandates ActOnMandates: Post "/mandates/act" Mandates, DossierWrite,
            path Nothing, query Nothing, body MandateActInput, reply 200 MandateActResult, flags [Idempotent], fails [Invalid];

        /// Read a mandate
        read_mandate ReadMandate: Get "/mandates/{id}" Mandates, DossierRead,
            path Path<MandateId>, query Nothing, body none, reply 200 Mandate, flags [Etag], fails [NotFound];

        /// Write a draft anew
        update_mandate UpdateMandate: Put "/mandates/{id}" Mandates, DossierWrite,
            path Path<MandateId>, query Nothing, body MandateChange, reply 200 Mandate, flags [Etag, IfMatch], fails [NotFound, Conflict, Invalid, VersionMismatch, VersionRequired];

        /// Upload a signed sheet
        /// PDF, PNG, JPEG or HEIC, up to 20 MB, as the bytes of the body; checked by its content. The mandate is then to be
        /// checked, and accepted by `act_on_mandates`.
        upload_mandate UploadMandate: Post "/mandates/{id}/upload" Mandates, DossierWrite,
            path Path<MandateId>, query MandateUploadQuery, body file, reply 200 Mandate, flags [Etag], fails [NotFound, Conflict, FileRefused, PayloadTooLarge, BadRequest];

        /// Read the document of a mandate
        /// As PDF: the one that was sent or signed; of a draft, as it would be.
        read_mandate_document ReadMandateDocument: Get "/mandates/{id}/document" Mandates, DossierRead,
            path Path<MandateId>, query Nothing, body none, reply 200 file, fails [NotFound];

        /// Download a kept file
        /// Always as an attachment, never shown inline.
        read_document ReadDocument: Get "/documents/{id}" Mandates, DossierRead,
            path Path<DocumentId>, query Nothing, body none, reply 200 file, fails [NotFound];

        /// List the links of a dossier
        list_links ListLinks: Get "/dossiers/{id}/links" Collection, DossierRead,
            path Path<DossierId>, query Nothing, body none, reply 200 LinkList, fails [NotFound];

        /// Make a link
        /// To hand over another way than by mail. The reply holds its address, this once; it is stored hashed. It asks what
        /// the firm lacks, and for the signature of the mandates that are on their way.
        create_link CreateLink: Post "/links" Collection, DossierWrite,
            path Nothing, query Nothing, body NewLink, reply 201 Link, fails [NotFound, Invalid];

        /// Revoke a link
        delete_link DeleteLink: Delete "/links/{id}" Collection, DossierWrite,
            path Path<LinkId>, query Nothing, body none, reply 204 none, fails [NotFound];

        /// List the answers of clients
        list_proposals ListProposals: Get "/proposals" Collection, DossierRead,
            path Nothing, query ProposalQuery, body none, reply 200 ProposalPage, fails [BadRequest];

        /// Take answers over, or leave them
        /// Those named or all that wait; a result for each. What changes of the dossiers can be taken back with `undo_act`.
        decide_proposals DecideProposals: Post "/proposals/decide" Collection, DossierWrite,
            path Nothing, query Nothing, body ProposalsInput, reply 200 ProposalsResult, flags [Idempotent], fails [Invalid];

        /// List messages
        /// Every message to a client, its state, and what the server of the outgoing mail said.
        list_mails ListMails: Get "/mails" Collection, DossierRead,
            path Nothing, query MailQuery, body none, reply 200 MailPage, fails [BadRequest];

        /// Read a message
        read_mail ReadMail: Get "/mails/{id}" Collection, DossierRead,
            path Path<MailId>, query Nothing, body none, reply 200 MailContent, fails [NotFound];

        /// Act on messages
        /// Tries failed ones again, takes back what has not left, settles what is in doubt.
        act_on_mails ActOnMails: Post "/mails/act" Collection, DossierWrite,
            path Nothing, query Nothing, body MailsInput, reply 200 MailsResult, flags [Idempotent], fails [Invalid];

        /// Record an answer
        /// The client has answered a message by mail, on the telephone or in a meeting. Only what has left can be answered.
        record_answer RecordAnswer: Post "/mails/{id}/answer" Collection, DossierWrite,
            path Path<MailId>, query Nothing, body AnswerInput, reply 200 MailContent, flags [Idempotent], fails [NotFound, Conflict, Invalid];

        /// Take an answer back
        /// One that was noted in error, by a person or from a mail. It stays in the history, and counts no more.
        undo_answer UndoAnswer: Post "/mails/{id}/answer/undo" Collection, DossierWrite,
            path Path<MailId>, query Nothing, body AnswerUndo, reply 200 MailContent, fails [NotFound, Conflict, Invalid];

        /// List addresses that are not written to
        /// Those that were refused, whose reader has called a message unwanted or has unsubscribed, and those that the firm
        /// leaves alone; of clients in sight. An address stands here once for each reason.
        list_suppressions ListSuppressions: Get "/suppressions" Collection, DossierRead,
            path Nothing, query SuppressionQuery, body none, reply 200 SuppressionPage, fails [BadRequest];

        /// Leave an address alone
        /// Nothing goes there from now on but what is mandatory: one-time codes and signed documents.
        create_suppression CreateSuppression: Post "/suppressions" Collection, DossierWrite,
            path Nothing, query Nothing, body NewSuppression, reply 201 Suppression, flags [Idempotent], fails [Invalid];

        /// Export addresses that are not written to
        /// Every row that the filters take, without limit.
        export_suppressions ExportSuppressions: Get "/suppressions/export" Collection, DossierRead,
            path Nothing, query SuppressionExportQuery, body none, reply 200 file, fails [BadRequest];

        /// Write to an address again
        /// Takes everything away that stands against it. The reason stands in the journal: whoever has unsubscribed or
        /// complained is written to again only with a good one.
        reactivate_suppression ReactivateSuppression: Post "/suppressions/reactivate" Collection, DossierWrite,
            path Nothing, query Nothing, body Reactivation, reply 200 Reactivated, fails [NotFound, Invalid];

        /// Take a message of the mail provider
        /// For the provider alone, which signs each message (Standard Webhooks: HMAC-SHA256 over id, time and body): delivered,
        /// delayed, bounced, complained, opened, clicked. The same message again changes nothing; one about a mail that is
        /// not known here is counted and answered 204.
        receive_mail_event ReceiveMailEvent: Post "/mail-events" Collection, open,
            path Nothing, query Nothing, body SignedEvent, reply 204 none, fails [BadRequest, Unauthenticated, NotFound, MalformedBody, PayloadTooLarge, UnsupportedMediaType, TooManyRequests];

        /// List campaigns
        list_campaigns ListCampaigns: Get "/campaigns" Collection, DossierRead,
            path Nothing, query Nothing, body none, reply 200 CampaignList;

        /// Start a campaign
        /// Makes the mandates and sends them; dossiers that become eligible later join by themselves while it runs.
        /// `preview` tells who would be asked, and who is left out and why.
        create_campaign CreateCampaign: Post "/campaigns" Collection, DossierManage,
            path Nothing, query Nothing, body NewCampaign, reply 200 CampaignPlan, flags [Idempotent], fails [Conflict, Invalid];

        /// Change a campaign
        /// Its name and words; pause, resume, end.
        update_campaign UpdateCampaign: Patch "/campaigns/{id}" Collection, DossierManage,
            path Path<CampaignId>, query Nothing, body CampaignChange, reply 200 Campaign, flags [Etag, IfMatch], fails [NotFound, Conflict, Invalid, VersionMismatch, VersionRequired];

        /// Count what holds dossiers back
        /// Of those that need a mandate of the kind and have none: how many can be asked, and what is missing to the others.
        read_eligibility ReadEligibility: Get "/eligibility" Collection, DossierRead,
            path Nothing, query EligibilityQuery, body none, reply 200 Eligibility, fails [BadRequest];

        /// List dossiers that are held back
        list_eligibility ListEligibility: Get "/eligibility/dossiers" Collection, DossierRead,
            path Nothing, query EligibilityListQuery, body none, reply 200 EligibilityPage, fails [BadRequest];

        /// Read how the firm collects
        read_collection_settings ReadCollectionSettings: Get "/cabinet/collection" Collection, SignedIn,
            path Nothing, query Nothing, body none, reply 200 CollectionSettings, flags [Etag];

        /// Change how the firm collects
        update_collection_settings UpdateCollectionSettings: Put "/cabinet/collection" Collection, CabinetManage,
            path Nothing, query Nothing, body CollectionSettingsChange, reply 200 CollectionSettings, flags [Etag, IfMatch], fails [Invalid, VersionMismatch, VersionRequired];

        /// Take a message of the signature provider
        /// For the provider alone, which signs each message (`X-Yousign-Signature-256`: HMAC-SHA256 of the body). A proved
        /// one only makes the request that it names be looked at at once; what it says of it is asked of the provider.
        /// Not found unless the server was given the secret of such messages.
        receive_signature_event ReceiveSignatureEvent: Post "/signature-events" Collection, open,
            path Nothing, query Nothing, body SignedEvent, reply 204 none, fails [BadRequest, Unauthenticated, NotFound, MalformedBody, PayloadTooLarge, UnsupportedMediaType, TooManyRequests];

        /// List the texts of the product
        /// One for each purpose and tone, in French and in English, to begin one's own with.
        list_template_starters ListTemplateStarters: Get "/templates/starters" Relances, DossierRead,
            path Nothing, query Nothing, body none, reply 200 TemplateStarterList;

        /// List variables and filters
        /// What can stand in a text between `{{` and `}}`, for a picker.
        read_template_vocabulary ReadTemplateVocabulary: Get "/templates/vocabulary" Relances, DossierRead,
            path Nothing, query Nothing, body none, reply 200 TemplateVocabulary;

        /// List texts
        /// The firm's own, without their words.
        list_templates ListTemplates: Get "/templates" Relances, DossierRead,
            path Nothing, query TemplateListQuery, body none, reply 200 TemplateList, fails [BadRequest];

        /// Create a text
        /// From one of the product, from another one of the firm, or from words of one's own. A text with a fault is refused:
        /// `check_template` tells where.
        create_template CreateTemplate: Post "/templates" Relances, DossierManage,
            path Nothing, query Nothing, body NewTemplate, reply 201 Template, flags [Idempotent, Etag], fails [NotFound, Conflict, Invalid];

        /// Check a text
        /// Everything that is wrong in it, with its place, the refused word, the nearest name and the fix. Nothing is saved.
        check_template CheckTemplate: Post "/templates/check" Relances, DossierRead,
            path Nothing, query Nothing, body TemplateCheck, reply 200 TemplateChecked, fails [Invalid];

        /// Preview a text
        /// On dossiers in sight, side by side; `odd` adds those where texts fall short: no contact, no name, the longest name,
        /// no platform, several dossiers in one message. The client's link is shown without its secret. Nothing is saved or sent.
        preview_template PreviewTemplate: Post "/templates/preview" Relances, DossierRead,
            path Nothing, query Nothing, body TemplatePreview, reply 200 TemplatePreviews, fails [NotFound, Invalid];

        /// Send a text to oneself
        /// As a client would get it, to the address of the signed-in person and nobody else; the subject says that it is a
        /// test, and its link leads nowhere.
        test_template TestTemplate: Post "/templates/test" Relances, DossierManage,
            path Nothing, query Nothing, body TemplateTest, reply 201 TemplateTested, flags [Idempotent], fails [NotFound, Conflict, Invalid];

        /// Read a text
        read_template ReadTemplate: Get "/templates/{id}" Relances, DossierRead,
            path Path<TemplateId>, query Nothing, body none, reply 200 Template, flags [Etag], fails [NotFound];

        /// Change a text
        /// Each save is a version, with who, when and why; what changes nothing is none. Messages that are made already keep
        /// their words.
        update_template UpdateTemplate: Patch "/templates/{id}" Relances, DossierManage,
            path Path<TemplateId>, query Nothing, body TemplateChange, reply 200 Template, flags [Etag, IfMatch], fails [NotFound, Conflict, Invalid, VersionMismatch, VersionRequired];

        /// List the versions of a text
        list_template_versions ListTemplateVersions: Get "/templates/{id}/versions" Relances, DossierRead,
            path Path<TemplateId>, query TemplateVersionQuery, body none, reply 200 TemplateVersionPage, fails [BadRequest, NotFound];

        /// Compare two versions of a text
        compare_template_versions CompareTemplateVersions: Get "/templates/{id}/diff" Relances, DossierRead,
            path Path<TemplateId>, query TemplateDiffQuery, body none, reply 200 TemplateDiff, fails [BadRequest, NotFound];

        /// Go back to a version of a text
        /// Its words, name, purpose and tone become a new version; nothing of the history goes.
        restore_template RestoreTemplate: Post "/templates/{id}/restore" Relances, DossierManage,
            path Path<TemplateId>, query Nothing, body TemplateRestore, reply 200 Template, flags [Etag, IfMatch], fails [NotFound, Conflict, Invalid, VersionMismatch, VersionRequired];

        /// List flows
        /// Of the dossiers in sight; those without a dossier are for whoever sees every portfolio.
        list_flows ListFlows: Get "/flows" Flows, DossierRead,
            path Nothing, query FlowListQuery, body none, reply 200 FlowPage, fails [BadRequest];

        /// Count flows
        /// How many a filter takes, by status and platform.
        count_flows CountFlows: Get "/flows/counts" Flows, DossierRead,
            path Nothing, query FlowQuery, body none, reply 200 FlowCounts, fails [BadRequest];

        /// Download flows
        /// The flows of the filter, as CSV or XLSX.
        export_flows ExportFlows: Get "/flows/export" Flows, DossierRead,
            path Nothing, query FlowExportQuery, body none, reply 200 file, fails [BadRequest];

        /// Compare platforms
        /// Volumes, rejects, median time of each step, what is stuck, and the connection, platform beside platform.
        list_platform_flows ListPlatformFlows: Get "/flows/platforms" Flows, DossierRead,
            path Nothing, query Nothing, body none, reply 200 PlatformFlowsList;

        /// Report statuses
        /// For programs: up to 1,000 statuses of one platform. Sending the same again changes nothing, with or without an
        /// `Idempotency-Key`; a refused one does not hold back the others.
        create_statuses CreateStatuses: Post "/flows/statuses" Flows, ImportRun,
            path Nothing, query Nothing, body StatusesInput, reply 200 StatusesResult, flags [Idempotent], fails [Invalid];

        /// Drop a file
        /// A CDAR message, an invoice (CII, UBL, Factur-X PDF), or a ZIP of such files.
        upload_flow_file UploadFlowFile: Post "/flows/files" Flows, ImportRun,
            path Nothing, query FlowFileQuery, body file, reply 200 FlowFileResult, fails [FileRefused, PayloadTooLarge, BadRequest];

        /// Say what was done
        /// The firm's own handling of flows, beside the official status. With `preview` only tells what would happen.
        handle_flows HandleFlows: Post "/flows/handling" Flows, DossierWrite,
            path Nothing, query Nothing, body FlowHandlingInput, reply 200 FlowHandlingResult, flags [Idempotent], fails [Invalid];

        /// Words of platforms
        /// *À rapprocher*: words that no table knows, and those that somebody has read.
        list_words ListWords: Get "/flows/words" Flows, DossierRead,
            path Nothing, query Nothing, body none, reply 200 WordList;

        /// Read a word
        /// Gives a word of a platform its official code, for what came and what will come. What came keeps its word; the
        /// reading is a status of its own beside it, with the person's name.
        set_word SetWord: Put "/flows/words" Flows, ImportRun,
            path Nothing, query Nothing, body WordInput, reply 200 WordResult, fails [Invalid];

        /// List profiles
        /// How the exports of platforms are read.
        list_flow_profiles ListFlowProfiles: Get "/flows/profiles" Flows, DossierRead,
            path Nothing, query Nothing, body none, reply 200 FlowProfileList;

        /// Forget a profile
        /// The next export of the platform is proposed anew.
        delete_flow_profile DeleteFlowProfile: Delete "/flows/profiles/{id}" Flows, ImportRun,
            path Path<ProfileId>, query Nothing, body none, reply 204 none, fails [NotFound];

        /// Read a flow
        /// With its history, oldest first: every status of every source.
        read_flow ReadFlow: Get "/flows/{id}" Flows, DossierRead,
            path Path<FlowId>, query Nothing, body none, reply 200 Flow, fails [NotFound];

        /// List connections
        list_connections ListConnections: Get "/connections" Connections, ImportRun,
            path Nothing, query Nothing, body none, reply 200 ConnectionList;

        /// Connect a platform
        /// Addresses are checked here and at each connection: no private range unless the installation allows it.
        create_connection CreateConnection: Post "/connections" Connections, CabinetManage,
            path Nothing, query Nothing, body ConnectionInput, reply 201 Connection, flags [Idempotent, Etag], fails [Invalid, Conflict];

        /// Read a connection
        read_connection ReadConnection: Get "/connections/{id}" Connections, ImportRun,
            path Path<ConnectionId>, query Nothing, body none, reply 200 Connection, flags [Etag], fails [NotFound];

        /// Change a connection
        /// Pausing it, too. A secret left out stays.
        update_connection UpdateConnection: Put "/connections/{id}" Connections, CabinetManage,
            path Path<ConnectionId>, query Nothing, body ConnectionInput, reply 200 Connection, flags [Etag, IfMatch], fails [NotFound, Conflict, Invalid, VersionMismatch, VersionRequired];

        /// Remove a connection
        /// What it brought stays.
        delete_connection DeleteConnection: Delete "/connections/{id}" Connections, CabinetManage,
            path Path<ConnectionId>, query Nothing, body none, reply 204 none, fails [NotFound];

        /// Try a connection
        /// Token, health check, a search of one flow, the directory: each step with what came of it. Takes nothing over.
        try_connection TryConnection: Post "/connections/{id}/trial" Connections, CabinetManage,
            path Path<ConnectionId>, query Nothing, body none, reply 200 ConnectionTrial, fails [NotFound];

        /// Read now
        /// Asks the worker for a reading at once; closes the breaker.
        sync_connection SyncConnection: Post "/connections/{id}/sync" Connections, ImportRun,
            path Path<ConnectionId>, query Nothing, body none, reply 200 Connection, fails [NotFound, Conflict];

        /// Calls of a connection
        /// Newest first; without secrets and without bodies.
        list_connection_calls ListConnectionCalls: Get "/connections/{id}/calls" Connections, ImportRun,
            path Path<ConnectionId>, query CallQuery, body none, reply 200 CallPage, fails [NotFound, BadRequest];

        /// Webhook of a platform
        /// Where a platform pushes. Its signature (`Afnor-Signature`, HMAC-SHA256) is the proof; the content is only a hint
        /// to read now, so a replay changes nothing.
        receive_webhook ReceiveWebhook: Post "/connections/{id}/webhook" Connections, open,
            path Path<ConnectionId>, query Nothing, body SignedEvent, reply 204 none, fails [NotFound, BadCredentials, MalformedBody, PayloadTooLarge, UnsupportedMediaType];

        /// Look a dossier up in the directory
        /// Asks the directory of a connection for the dossier's addresses and takes their state over, with source and day.
        lookup_directory LookupDirectory: Post "/dossiers/{id}/directory" Connections, DossierWrite,
            path Path<DossierId>, query Nothing, body none, reply 200 DirectoryAnswer, fails [NotFound, Conflict, Unavailable];

        /// The queue
        /// Anomalies with an occurrence in sight; those not over unless a state is named.
        list_anomalies ListAnomalies: Get "/anomalies" Anomalies, DossierRead,
            path Nothing, query AnomalyListQuery, body none, reply 200 AnomalyPage, fails [BadRequest];

        /// The queue at a glance
        read_anomaly_board ReadAnomalyBoard: Get "/anomalies/board" Anomalies, DossierRead,
            path Nothing, query AnomalyQuery, body none, reply 200 AnomalyBoard, fails [BadRequest];

        /// Download the queue
        export_anomalies ExportAnomalies: Get "/anomalies/export" Anomalies, DossierRead,
            path Nothing, query AnomalyExportQuery, body none, reply 200 file, fails [BadRequest];

        /// Act on anomalies
        /// Assign, start, wait, snooze, resume, resolve, ignore, reopen, watch: an item-by-item result; `preview` only tells.
        act_on_anomalies ActOnAnomalies: Post "/anomalies/act" Anomalies, DossierWrite,
            path Nothing, query Nothing, body AnomalyActInput, reply 200 AnomalyActResult, flags [Idempotent], fails [Invalid];

        /// Take the next one
        /// The first of the queue that nobody has and that you may settle becomes yours.
        take_next_anomaly TakeNextAnomaly: Post "/anomalies/next" Anomalies, DossierWrite,
            path Nothing, query Nothing, body none, reply 200 NextAnomaly, flags [Idempotent];

        /// Hand a person's work over
        /// Open anomalies and, if asked, the dossiers in charge, in one recorded act that can be undone.
        hand_over HandOver: Post "/anomalies/hand-over" Anomalies, DossierManage,
            path Nothing, query Nothing, body HandOverInput, reply 200 HandOverResult, flags [Idempotent], fails [Invalid];

        /// Read the rules
        read_anomaly_settings ReadAnomalySettings: Get "/anomalies/settings" Anomalies, DossierRead,
            path Nothing, query Nothing, body none, reply 200 AnomalySettings, flags [Etag];

        /// Change the rules
        /// Which are on, their limits and deadlines, who gets what, working hours. What stands open is judged again.
        update_anomaly_settings UpdateAnomalySettings: Patch "/anomalies/settings" Anomalies, CabinetManage,
            path Nothing, query Nothing, body AnomalySettingsInput, reply 200 AnomalySettings, flags [Etag, IfMatch], fails [Invalid, VersionMismatch, VersionRequired];

        /// Read an anomaly
        read_anomaly ReadAnomaly: Get "/anomalies/{id}" Anomalies, DossierRead,
            path Path<AnomalyId>, query Nothing, body none, reply 200 Anomaly, flags [Etag], fails [NotFound];

        /// Where an anomaly shows
        list_occurrences ListOccurrences: Get "/anomalies/{id}/occurrences" Anomalies, DossierRead,
            path Path<AnomalyId>, query OccurrenceQuery, body none, reply 200 OccurrencePage, fails [NotFound, BadRequest];

        /// Tick a step
        /// Or take the tick back. Who was faster is told.
        set_anomaly_step SetAnomalyStep: Put "/anomalies/{id}/steps" Anomalies, DossierWrite,
            path Path<AnomalyId>, query Nothing, body StepInput, reply 200 Anomaly, flags [Etag, IfMatch], fails [NotFound, Conflict, Invalid, VersionMismatch, VersionRequired];

        /// Split an anomaly
        /// Some of its occurrences become an anomaly of their own, with a history that says so.
        split_anomaly SplitAnomaly: Post "/anomalies/{id}/split" Anomalies, DossierWrite,
            path Path<AnomalyId>, query Nothing, body SplitInput, reply 201 Anomaly, flags [Idempotent, Etag], fails [NotFound, Conflict, Invalid];

        /// Join anomalies
        /// Anomalies of the same rule become part of this one.
        join_anomalies JoinAnomalies: Post "/anomalies/{id}/join" Anomalies, DossierWrite,
            path Path<AnomalyId>, query Nothing, body JoinInput, reply 200 Anomaly, flags [Etag], fails [NotFound, Conflict, Invalid];

        /// Comment
        /// A mention tells the person, and lets it watch.
        create_comment CreateComment: Post "/anomalies/{id}/comments" Anomalies, DossierWrite,
            path Path<AnomalyId>, query Nothing, body CommentInput, reply 201 Comment, flags [Idempotent], fails [NotFound, Invalid];

        /// Edit a comment
        /// One's own; the text before is kept.
        update_comment UpdateComment: Patch "/comments/{id}" Anomalies, DossierWrite,
            path Path<CommentId>, query Nothing, body CommentInput, reply 200 Comment, fails [NotFound, Conflict, Invalid];

        /// Relances at a glance
        /// Late clients by purpose, what leaves in the coming week, what waits for a person.
        read_relance_board ReadRelanceBoard: Get "/relances" Relances, DossierRead,
            path Nothing, query RelanceScopeQuery, body none, reply 200 RelanceBoard, fails [BadRequest];

        /// Steps of dossiers, open and over
        /// Each with what became of it or what will, and why, in one sentence. Open steps first, the soonest first; then those that
        /// are over, the latest first.
        list_relances ListRelances: Get "/relances/steps" Relances, DossierRead,
            path Nothing, query RelanceQuery, body none, reply 200 RelancePage, fails [BadRequest];

        /// Act on open steps
        /// Approves, skips, notes as done or answered, takes out; a result for each.
        act_on_relances ActOnRelances: Post "/relances/act" Relances, DossierWrite,
            path Nothing, query Nothing, body RelanceActInput, reply 200 RelanceActResult, flags [Idempotent], fails [Invalid];

        /// Print letters
        /// One PDF for the printer: each letter for a window envelope, from its text with the values of now, with the client's
        /// link as a QR code where the text has it. A letter that was posted is printed as it was. Letters that cannot be printed
        /// (no postal address, an empty value) are told with the fix on a first sheet, which no envelope is meant for; if that is
        /// all of them, the request is refused.
        print_relances PrintRelances: Post "/relances/print" Relances, DossierWrite,
            path Nothing, query Nothing, body RelancePrint, reply 200 file, fails [NotFound, Conflict, Invalid];

        /// What will leave in the coming days
        /// A dry run, day by day, with all rules of sending; what is held, and why.
        forecast_relances ForecastRelances: Get "/relances/forecast" Relances, DossierRead,
            path Nothing, query ForecastQuery, body none, reply 200 Forecast, fails [BadRequest, NotFound, Invalid];

        /// Pause relances of dossiers
        /// For all sequences, from a day to a day or until somebody ends it: by ids or by filters, with a result for each
        /// dossier. `preview` tells without doing; `act_id` takes it back.
        pause_relances PauseRelances: Post "/relances/pause" Relances, DossierWrite,
            path Nothing, query Nothing, body PauseInput, reply 200 BulkResult, flags [Idempotent], fails [Invalid];

        /// Rules of sending
        read_relance_settings ReadRelanceSettings: Get "/relances/settings" Relances, DossierRead,
            path Nothing, query Nothing, body none, reply 200 RelanceSettings, flags [Etag];

        /// Change the rules of sending
        /// All of them at once. Going live is refused while a point of the checklist is open. Every plan follows at once.
        update_relance_settings UpdateRelanceSettings: Put "/relances/settings" Relances, CabinetManage,
            path Nothing, query Nothing, body RelanceRules, reply 200 RelanceSettings, flags [Etag, IfMatch], fails [Conflict, Invalid, VersionMismatch, VersionRequired];

        /// Relances of a dossier
        /// Each sequence that it is in or was in, each step with its reason, and why other sequences do not take it.
        read_dossier_relances ReadDossierRelances: Get "/dossiers/{id}/relances" Relances, DossierRead,
            path Path<DossierId>, query Nothing, body none, reply 200 DossierRelances, fails [NotFound];

        /// Sequences
        list_sequences ListSequences: Get "/sequences" Relances, DossierRead,
            path Nothing, query RelanceScopeQuery, body none, reply 200 SequenceList, fails [BadRequest];

        /// Write a sequence
        /// As a draft: nothing leaves before it is active. `preview` tells its audience and what would leave.
        create_sequence CreateSequence: Post "/sequences" Relances, DossierManage,
            path Nothing, query Nothing, body SequenceInput, reply 200 SequencePlan, flags [Idempotent], fails [Conflict, Invalid];

        /// A sequence
        read_sequence ReadSequence: Get "/sequences/{id}" Relances, DossierRead,
            path Path<SequenceId>, query RelanceScopeQuery, body none, reply 200 Sequence, flags [Etag], fails [BadRequest, NotFound];

        /// Change a sequence
        /// Reaches only steps that have not been done. `preview` tells whom it touches, who joins and who leaves.
        update_sequence UpdateSequence: Put "/sequences/{id}" Relances, DossierManage,
            path Path<SequenceId>, query Nothing, body SequenceInput, reply 200 SequencePlan, flags [Etag, IfMatch], fails [NotFound, Conflict, Invalid, VersionMismatch, VersionRequired];

        /// Activate, pause, resume, archive a sequence
        /// `preview` tells what would leave.
        move_sequence MoveSequence: Post "/sequences/{id}/state" Relances, DossierManage,
            path Path<SequenceId>, query Nothing, body SequenceMove, reply 200 SequencePlan, flags [Etag, IfMatch], fails [NotFound, Conflict, Invalid, VersionMismatch, VersionRequired];

        /// Take a sequence over
        /// In one's own name: from then on dossiers join that one sees oneself. Who is in it stays. `preview` tells who joins.
        take_over_sequence TakeOverSequence: Post "/sequences/{id}/take-over" Relances, DossierManage,
            path Path<SequenceId>, query Nothing, body SequenceTakeOver, reply 200 SequencePlan, flags [Etag, IfMatch], fails [NotFound, Conflict, Invalid, VersionMismatch, VersionRequired];

        /// Who is in a sequence, who is not, and why
        list_audience ListAudience: Get "/sequences/{id}/audience" Relances, DossierRead,
            path Path<SequenceId>, query AudienceQuery, body none, reply 200 AudiencePage, fails [NotFound, BadRequest];

        /// What has come of a sequence
        read_sequence_effect ReadSequenceEffect: Get "/sequences/{id}/effect" Relances, DossierRead,
            path Path<SequenceId>, query Nothing, body none, reply 200 SequenceEffect, fails [NotFound];

        /// Follow what others do
        /// Server-sent events: `hello` first; `anomaly` with id and version when one in sight changed, `counts` when numbers
        /// beside the queue may have, `notification` with what the person has not read, `behind` when more happened than
        /// can be told: read again. A comment every fifteen seconds shows that it lives. Ends with the session (`end`) and
        /// with the server; up to eight at once for a person.
        follow_live FollowLive: Get "/live" Anomalies, DossierRead,
            path Nothing, query LiveQuery, body none, reply 200 stream, fails [BadRequest, TooManyRequests];

        /// List notifications
        list_notifications ListNotifications: Get "/notifications" Notifications, SignedIn,
            path Nothing, query NotificationQuery, body none, reply 200 NotificationPage, fails [BadRequest];

        /// Mark notifications as read
        read_notifications ReadNotifications: Post "/notifications/read" Notifications, SignedIn,
            path Nothing, query Nothing, body NotificationsRead, reply 204 none, fails [Invalid];

        /// What one is told of
        read_notification_settings ReadNotificationSettings: Get "/notifications/settings" Notifications, SignedIn,
            path Nothing, query Nothing, body none, reply 200 NotificationSettings;

        /// Choose what one is told of
        update_notification_settings UpdateNotificationSettings: Put "/notifications/settings" Notifications, SignedIn,
            path Nothing, query Nothing, body NotificationSettings, reply 200 NotificationSettings, fails [Invalid];

        /// List imports
        list_imports ListImports: Get "/imports" Imports, ImportRun,
            path Nothing, query PageQuery, body none, reply 200 ImportList, fails [BadRequest];

        /// Upload a list
        /// A list of clients or an export of a platform: CSV, TSV, XLSX, XLS or ODS as the bytes of the body, up to 50 MB
        /// and 250,000 rows for clients, 256 MB and 2,000,000 rows for flows. The reply tells what was detected and what
        /// each column is taken to mean.
        create_import CreateImport: Post "/imports" Imports, ImportRun,
            path Nothing, query ImportUploadQuery, body file, reply 201 Import, flags [Etag], fails [FileRefused, PayloadTooLarge, BadRequest];

        /// Read an import
        read_import ReadImport: Get "/imports/{id}" Imports, ImportRun,
            path Path<ImportId>, query Nothing, body none, reply 200 Import, flags [Etag], fails [NotFound];

        /// Read the file another way
        /// Subject, platform, encoding, separator, sheet, header row, meaning of the columns.
        update_import UpdateImport: Patch "/imports/{id}" Imports, ImportRun,
            path Path<ImportId>, query Nothing, body ImportChange, reply 200 Import, flags [Etag, IfMatch], fails [NotFound, Conflict, Invalid, FileRefused, VersionMismatch, VersionRequired];

        /// Discard an import
        /// One that was not committed. The file is deleted.
        delete_import DeleteImport: Delete "/imports/{id}" Imports, ImportRun,
            path Path<ImportId>, query Nothing, body none, reply 204 none, fails [NotFound, Conflict];

        /// Make the dry run
        /// Reads every row and tells what a commit would do, without doing it. Follow the job.
        check_import CheckImport: Post "/imports/{id}/check" Imports, ImportRun,
            path Path<ImportId>, query Nothing, body none, reply 202 Job, fails [NotFound, Conflict, Invalid];

        /// List the rows of an import
        /// What a row would change, did, or why it is refused.
        list_import_rows ListImportRows: Get "/imports/{id}/rows" Imports, ImportRun,
            path Path<ImportId>, query ImportRowsQuery, body none, reply 200 ImportRows, fails [BadRequest, NotFound];

        /// Download the refused rows
        /// As they came, with a column for the line and one for the reason; correct them and import the file.
        export_import_rejects ExportImportRejects: Get "/imports/{id}/rejects" Imports, ImportRun,
            path Path<ImportId>, query Nothing, body none, reply 200 file, fails [NotFound, Conflict];

        /// Commit an import
        /// Refused rows stay out. A list of clients is one transaction; an export of a platform is taken in pieces, and goes
        /// on where it was after a stop of the server. Follow the job.
        commit_import CommitImport: Post "/imports/{id}/commit" Imports, ImportRun,
            path Path<ImportId>, query Nothing, body none, reply 202 Job, fails [NotFound, Conflict];

        /// Take an import back
        /// In three buckets: reversed, kept because edited since, could not be reversed. Of an export of a platform, the
        /// flows and statuses that it alone brought go. Follow the job.
        undo_import UndoImport: Post "/imports/{id}/undo" Imports, ImportRun,
            path Path<ImportId>, query Nothing, body none, reply 202 Job, fails [NotFound, Conflict];

        /// List jobs
        /// The latest ones of the cabinet.
        list_jobs ListJobs: Get "/jobs" Imports, ImportRun,
            path Nothing, query Nothing, body none, reply 200 JobList;

        /// Follow a job
        read_job ReadJob: Get "/jobs/{id}" Imports, ImportRun,
            path Path<JobId>, query Nothing, body none, reply 200 Job, fails [NotFound];

        /// Cancel a job
        /// Nothing of it is applied: what a commit in pieces had taken is taken back. A job that has ended answers a conflict.
        cancel_job CancelJob: Post "/jobs/{id}/cancel" Imports, ImportRun,
            path Path<JobId>, query Nothing, body none, reply 200 Job, fails [NotFound, Conflict];

        /// Read the journal
        /// Newest first.
        list_journal ListJournal: Get "/journal" Journal, JournalRead,
            path Nothing, query JournalQuery, body none, reply 200 JournalPage, fails [BadRequest];

        /// Export the journal
        /// The filtered rows as CSV, with the hashes by which the chain is checked.
        export_journal ExportJournal: Get "/journal/export" Journal, JournalRead,
            path Nothing, query JournalQuery, body none, reply 200 file, fails [BadRequest];

        /// Read the history of a dossier
        /// The journal of one dossier, for everyone who sees the dossier.
        list_dossier_journal ListDossierJournal: Get "/dossiers/{id}/journal" Journal, DossierRead,
            path Path<DossierId>, query PageQuery, body none, reply 200 JournalPage, fails [BadRequest, NotFound];

        /// Read the reference tables
        read_reference ReadReference: Get "/reference" Reference, SignedIn,
            path Nothing, query Nothing, body none, reply 200 Reference;

        /// Read every reference table in one form
        /// Columns and rows in both languages, each row with the days on which it is in force, its source and how sure
        /// it is: H is read in an official text, M in a serious secondary source.
        list_reference_tables ListReferenceTables: Get "/reference/tables" Reference, SignedIn,
            path Nothing, query Nothing, body none, reply 200 ReferenceTables;

        /// Ping behind the full guard
        /// Token, live session and rights are checked, then a constant is answered.
        read_ping ReadPing: Get "/ping" Reference, SignedIn,
            path Nothing, query Nothing, body none, reply 200 Pong;
    }
}

//! The cabinet, its people, their invitations and portfolios.

use chrono::{DateTime, Utc};
use domain::{Access, CabinetId, InvitationId, PortfolioId, Role, UserId};

use crate::common::shape;

shape! {
    pub struct Cabinet {
        pub id: CabinetId,
        #[cfg_attr(feature = "openapi", schema(example = "Cabinet Martin & Associés"))]
        pub name: String,
        pub version: i64,
        pub created_at: DateTime<Utc>,
        /// A demonstration firm, with invented dossiers.
        pub demo: bool,
    }
}

shape! {
    pub struct CabinetChange {
        #[cfg_attr(feature = "openapi", schema(example = "Cabinet Martin & Associés"))]
        pub name: String,
    }
}

shape! {
    /// A person of the cabinet.
    pub struct Person {
        pub id: UserId,
        #[cfg_attr(feature = "openapi", schema(example = "Karim Benali"))]
        pub name: String,
        #[cfg_attr(feature = "openapi", schema(example = "karim.benali@exemple.fr"))]
        pub email: String,
        pub role: Role,
        pub access: Access,
        pub portfolio_ids: Vec<PortfolioId>,
        /// Names under which the firm's software knows the person; imports hand dossiers over by them.
        pub aliases: Vec<String>,
        pub active: bool,
        /// Dossiers in charge, as manager or assignee.
        pub dossiers: u64,
        pub last_seen_at: Option<DateTime<Utc>>,
        pub version: i64,
    }
}

shape! {
    /// A name that imports have brought and that no person answers to yet.
    pub struct UnknownPerson {
        #[cfg_attr(feature = "openapi", schema(example = "collab-06"))]
        pub label: String,
        pub dossiers: u64,
    }
}

shape! {
    pub struct PersonList {
        pub data: Vec<Person>,
        /// Names of imported lists without a person; give one as an alias to hand the dossiers over.
        pub unknown: Vec<UnknownPerson>,
    }
}

shape! {
    /// Change of a person; absent fields stay.
    #[derive(Default)]
    pub struct PersonChange {
        #[serde(default)]
        pub role: Option<Role>,
        #[serde(default)]
        pub access: Option<Access>,
        #[serde(default)]
        pub portfolio_ids: Option<Vec<PortfolioId>>,
        #[serde(default)]
        pub aliases: Option<Vec<String>>,
        /// False ends every session at once.
        #[serde(default)]
        pub active: Option<bool>,
    }
}

shape! {
    pub struct NewInvitation {
        #[cfg_attr(feature = "openapi", schema(example = "karim.benali@exemple.fr"))]
        pub email: String,
        pub role: Role,
        #[serde(default)]
        pub access: Option<Access>,
        #[serde(default)]
        pub portfolio_ids: Vec<PortfolioId>,
        /// Names under which the firm's software knows the person.
        #[serde(default)]
        pub aliases: Vec<String>,
    }
}

domain::closed_enum! {
    pub enum InvitationState { Open = "open", Accepted = "accepted", Revoked = "revoked", Expired = "expired" }
}

shape! {
    pub struct Invitation {
        pub id: InvitationId,
        #[cfg_attr(feature = "openapi", schema(example = "karim.benali@exemple.fr"))]
        pub email: String,
        pub role: Role,
        pub access: Access,
        pub portfolio_ids: Vec<PortfolioId>,
        pub aliases: Vec<String>,
        pub state: InvitationState,
        /// The link to hand over, told once, when the invitation is made.
        #[cfg_attr(feature = "openapi", schema(example = "/invitation#inv_2f6c1c…"))]
        pub link: Option<String>,
        pub created_at: DateTime<Utc>,
        pub expires_at: DateTime<Utc>,
    }
}

shape! {
    pub struct InvitationList {
        pub data: Vec<Invitation>,
    }
}

shape! {
    /// A named set of dossiers, given to people.
    pub struct Portfolio {
        pub id: PortfolioId,
        #[cfg_attr(feature = "openapi", schema(example = "Commerces de Lille"))]
        pub name: String,
        /// People limited to portfolios to whom this one is given.
        pub people: Vec<UserId>,
        pub dossiers: u64,
        pub version: i64,
    }
}

shape! {
    pub struct PortfolioList {
        pub data: Vec<Portfolio>,
    }
}

shape! {
    pub struct PortfolioInput {
        #[cfg_attr(feature = "openapi", schema(example = "Commerces de Lille"))]
        pub name: String,
        #[serde(default)]
        pub people: Vec<UserId>,
    }
}

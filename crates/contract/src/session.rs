//! Signing up and in, sessions, the signed-in person.

use chrono::{DateTime, Utc};
use domain::{Access, CabinetId, Lang, Permission, PortfolioId, Role, SessionId, UserId};

use crate::common::shape;

shape! {
    /// A new cabinet and its first partner.
    pub struct NewCabinet {
        #[cfg_attr(feature = "openapi", schema(example = "Cabinet Martin & Associés"))]
        pub cabinet_name: String,
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub name: String,
        #[cfg_attr(feature = "openapi", schema(example = "claire.martin@exemple.fr"))]
        pub email: String,
        /// At least 12 characters; a phrase is best.
        #[cfg_attr(feature = "openapi", schema(example = "quatre mots faciles à retenir"))]
        pub password: String,
        #[serde(default)]
        pub lang: Option<Lang>,
    }
}

shape! {
    pub struct Credentials {
        #[cfg_attr(feature = "openapi", schema(example = "claire.martin@exemple.fr"))]
        pub email: String,
        #[cfg_attr(feature = "openapi", schema(example = "quatre mots faciles à retenir"))]
        pub password: String,
    }
}

shape! {
    /// An access token, for memory only; the refresh token travels in an HttpOnly cookie.
    pub struct SessionToken {
        pub access_token: String,
        #[cfg_attr(feature = "openapi", schema(example = "Bearer"))]
        pub token_type: String,
        /// Seconds until the access token expires.
        #[cfg_attr(feature = "openapi", schema(example = 600))]
        pub expires_in: u32,
        pub me: Me,
    }
}

shape! {
    /// The signed-in person and what the person may do.
    pub struct Me {
        pub user_id: UserId,
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub name: String,
        #[cfg_attr(feature = "openapi", schema(example = "claire.martin@exemple.fr"))]
        pub email: String,
        pub lang: Lang,
        pub role: Role,
        pub access: Access,
        pub permissions: Vec<Permission>,
        pub cabinet_id: CabinetId,
        #[cfg_attr(feature = "openapi", schema(example = "Cabinet Martin & Associés"))]
        pub cabinet_name: String,
        /// Portfolios that the person sees, with their names.
        pub portfolios: Vec<PortfolioRef>,
        pub session_id: SessionId,
    }
}

shape! {
    pub struct PortfolioRef {
        pub id: PortfolioId,
        #[cfg_attr(feature = "openapi", schema(example = "Commerces de Lille"))]
        pub name: String,
    }
}

shape! {
    /// Change of one's own settings; absent fields stay.
    #[derive(Default)]
    pub struct MeChange {
        #[serde(default)]
        pub name: Option<String>,
        #[serde(default)]
        pub lang: Option<Lang>,
    }
}

shape! {
    pub struct PasswordChange {
        #[cfg_attr(feature = "openapi", schema(example = "quatre mots faciles à retenir"))]
        pub current: String,
        #[cfg_attr(feature = "openapi", schema(example = "cinq autres mots bien à moi"))]
        pub new: String,
    }
}

shape! {
    /// A signed-in device.
    pub struct Session {
        pub id: SessionId,
        pub user_id: UserId,
        /// This very session.
        pub current: bool,
        /// Browser and system, as announced.
        #[cfg_attr(feature = "openapi", schema(example = "Mozilla/5.0 (X11; Linux x86_64) Firefox/144.0"))]
        pub user_agent: Option<String>,
        #[cfg_attr(feature = "openapi", schema(example = "192.0.2.10"))]
        pub address: Option<String>,
        pub created_at: DateTime<Utc>,
        pub last_seen_at: DateTime<Utc>,
        pub expires_at: DateTime<Utc>,
    }
}

shape! {
    pub struct SessionList {
        pub data: Vec<Session>,
    }
}

shape! {
    pub struct InvitationToken {
        /// The secret of the invitation link.
        #[cfg_attr(feature = "openapi", schema(example = "inv_2f6c1c…"))]
        pub token: String,
    }
}

shape! {
    /// What an invited person sees before accepting.
    pub struct InvitationOffer {
        #[cfg_attr(feature = "openapi", schema(example = "Cabinet Martin & Associés"))]
        pub cabinet_name: String,
        #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
        pub invited_by: String,
        #[cfg_attr(feature = "openapi", schema(example = "karim.benali@exemple.fr"))]
        pub email: String,
        pub role: Role,
        pub expires_at: DateTime<Utc>,
    }
}

shape! {
    pub struct InvitationAnswer {
        #[cfg_attr(feature = "openapi", schema(example = "inv_2f6c1c…"))]
        pub token: String,
        #[cfg_attr(feature = "openapi", schema(example = "Karim Benali"))]
        pub name: String,
        /// At least 12 characters.
        #[cfg_attr(feature = "openapi", schema(example = "quatre mots faciles à retenir"))]
        pub password: String,
    }
}

//! Connections to platforms by the AFNOR interface (XP Z12-013): Flow Service, Directory Service, webhooks.

use chrono::{DateTime, Utc};
use domain::{ConnectionId, Text};

use crate::common::shape;

domain::closed_enum! {
    /// Version of XP Z12-013 that the platform serves.
    pub enum FlowServiceVersion { V1_2 = "1.2", V1_3 = "1.3" }
}

domain::closed_enum! {
    pub enum ConnectionState {
        /// Works, as far as is known.
        Up = "up",
        /// The last calls failed; tried again with growing pauses.
        Failing = "failing",
        /// The breaker is open: too many failures in a row, tried again once in a while.
        Down = "down",
        /// By a person.
        Paused = "paused",
        /// Nothing was tried yet.
        Untried = "untried",
    }
}

shape! {
    /// How a connection does.
    pub struct ConnectionHealth {
        pub state: ConnectionState,
        pub last_success_at: Option<DateTime<Utc>>,
        pub last_error_at: Option<DateTime<Utc>>,
        /// What went wrong last, and what to do.
        pub last_error: Option<Text>,
        /// Failures in a row.
        pub failures: u32,
        /// Since when it fails; nothing while it works.
        pub failing_since: Option<DateTime<Utc>>,
        pub next_at: Option<DateTime<Utc>>,
        /// When the access token ends; nothing while there is none.
        pub token_expires_at: Option<DateTime<Utc>>,
        /// How far the platform's flows were read.
        pub read_until: Option<DateTime<Utc>>,
        /// Flows taken so far.
        pub taken: u64,
        /// Deposits that the platform refused at the technical check; no business status follows from one.
        pub refused: u64,
        /// Files that could not be taken, newest first, the latest twenty.
        pub files: Vec<ConnectionFile>,
        /// Since when the platform pushes; nothing while it does not.
        pub webhook_since: Option<DateTime<Utc>>,
    }
}

domain::closed_enum! {
    /// Why a file of the platform brought nothing.
    pub enum ConnectionFileProblem {
        /// The platform's technical check refused the deposit (acknowledgement `Error`).
        Refused = "refused",
        /// The document could not be fetched or read.
        Unreadable = "unreadable",
    }
}

shape! {
    /// A file on the platform that could not be taken.
    pub struct ConnectionFile {
        pub at: DateTime<Utc>,
        /// The platform's own id.
        #[cfg_attr(feature = "openapi", schema(example = "3f6f5f2a-8f0e-4b7e-9c11-019a9a527c1e"))]
        pub flow_id: String,
        #[cfg_attr(feature = "openapi", schema(example = "FV-2026-0117.xml"))]
        pub name: String,
        pub problem: ConnectionFileProblem,
        /// What the platform says, or what cannot be read, and what to do.
        pub why: Text,
    }
}

shape! {
    pub struct Connection {
        pub id: ConnectionId,
        pub version: i64,
        #[cfg_attr(feature = "openapi", schema(example = "Pennylane, tous nos clients"))]
        pub name: String,
        /// As the register names it.
        #[cfg_attr(feature = "openapi", schema(example = "Pennylane"))]
        pub platform: String,
        pub service: FlowServiceVersion,
        #[cfg_attr(feature = "openapi", schema(example = "https://api.plateforme.example/flow-service"))]
        pub flow_url: String,
        #[cfg_attr(feature = "openapi", schema(example = "https://api.plateforme.example/directory-service"))]
        pub directory_url: Option<String>,
        #[cfg_attr(feature = "openapi", schema(example = "https://auth.plateforme.example/token"))]
        pub token_url: String,
        #[cfg_attr(feature = "openapi", schema(example = "cabinet-martin"))]
        pub client_id: String,
        /// A secret is kept; it is never shown.
        pub has_secret: bool,
        /// Header `Organization-Id`, where one connection serves one company of several.
        pub organization_id: Option<String>,
        /// Minutes between two readings.
        pub every_minutes: u32,
        /// Statuses are pushed to us, too.
        pub webhook: bool,
        /// Address of our end of the webhook.
        #[cfg_attr(feature = "openapi", schema(example = "/api/v1/connections/019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11/webhook"))]
        pub webhook_url: String,
        pub paused: bool,
        pub health: ConnectionHealth,
        pub created_at: DateTime<Utc>,
    }
}

shape! {
    pub struct ConnectionList {
        pub data: Vec<Connection>,
    }
}

shape! {
    pub struct ConnectionInput {
        pub name: String,
        pub platform: String,
        pub service: FlowServiceVersion,
        pub flow_url: String,
        #[serde(default)]
        pub directory_url: Option<String>,
        pub token_url: String,
        pub client_id: String,
        /// Kept encrypted; absent on a change leaves the one that is there.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "s3cr3t-8f0e3f6f"))]
        pub client_secret: Option<String>,
        #[serde(default)]
        pub organization_id: Option<String>,
        /// 1 to 1440; 5 unless told.
        #[serde(default)]
        pub every_minutes: Option<u32>,
        /// Ask the platform to push; needs a public address of this installation.
        #[serde(default)]
        pub webhook: bool,
        #[serde(default)]
        pub paused: bool,
    }
}

shape! {
    /// What a trial of a connection found, step by step.
    pub struct ConnectionTrial {
        pub works: bool,
        pub steps: Vec<TrialStep>,
    }
}

shape! {
    pub struct TrialStep {
        /// Address, token, health check, search, directory.
        pub name: Text,
        pub works: bool,
        pub detail: Text,
        pub milliseconds: u64,
    }
}

shape! {
    /// A call that was made; without secrets, without bodies.
    pub struct ConnectionCall {
        pub at: DateTime<Utc>,
        #[cfg_attr(feature = "openapi", schema(example = "POST"))]
        pub method: String,
        #[cfg_attr(feature = "openapi", schema(example = "/v1/flows/search"))]
        pub path: String,
        /// Nothing when no answer came.
        #[cfg_attr(feature = "openapi", schema(example = 200))]
        pub status: Option<u32>,
        pub milliseconds: u64,
        pub bytes: u64,
        /// `Request-Id` that the platform can look for.
        pub request_id: String,
        pub error: Option<Text>,
    }
}

shape! {
    #[derive(Default)]
    pub struct CallQuery {
        /// 1 to 200, 50 unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub limit: Option<u32>,
        /// Cursor of the page before (`next`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after: Option<String>,
    }
}

shape! {
    pub struct CallPage {
        pub data: Vec<ConnectionCall>,
        pub next: Option<String>,
    }
}

shape! {
    /// What the directory says of a dossier's address, as it was taken over.
    pub struct DirectoryAnswer {
        pub state: domain::DirectoryState,
        pub as_of: chrono::NaiveDate,
        /// Connection that was asked.
        pub source: String,
        /// Addresses found, with their state.
        pub addresses: Vec<DirectoryEntry>,
        /// The dossier's facts changed by it.
        pub changed: bool,
    }
}

shape! {
    pub struct DirectoryEntry {
        #[cfg_attr(feature = "openapi", schema(example = "732829320_73282932000074"))]
        pub address: String,
        /// `Enabled`, `Disabled` or `Upcoming`, as the directory says.
        #[cfg_attr(feature = "openapi", schema(example = "Enabled"))]
        pub state: String,
        /// A platform (`WK`) or the public portal (`DFH`).
        #[cfg_attr(feature = "openapi", schema(example = "WK"))]
        pub platform_type: String,
    }
}

//! What is said: requests, replies, problems, and the one table of endpoints that the server serves, the client
//! calls and the OpenAPI document describes. Compiles to WASM; schemas sit behind the feature `openapi`.

pub mod advice;
pub mod anomalies;
pub mod cabinet;
pub mod cockpit;
pub mod collection;
pub mod common;
pub mod connections;
pub mod deadlines;
pub mod delivery;
pub mod dossier;
pub mod endpoint;
pub mod flows;
pub mod import;
pub mod journal;
pub mod mandates;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod problem;
pub mod reference;
pub mod relances;
pub mod rules;
pub mod session;
pub mod templates;
pub mod trend;

pub use advice::*;
pub use anomalies::*;
pub use cabinet::*;
pub use cockpit::*;
pub use collection::*;
pub use common::*;
pub use connections::*;
pub use deadlines::*;
pub use delivery::*;
pub use dossier::*;
pub use endpoint::{Endpoint, EndpointMeta, Flag, Method, Need, Payload, SignedEvent, Tag};
pub use flows::*;
pub use import::*;
pub use journal::*;
pub use mandates::*;
pub use problem::{Code, FieldProblem, Problem};
pub use reference::*;
pub use relances::*;
pub use rules::*;
pub use session::*;
pub use templates::*;
pub use trend::*;

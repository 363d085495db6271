//! How the client talks to `/api/v1`.
//!
//! * `call`     one request: `Call::get("/dossiers").query("limit", "50").json::<T>().await`
//! * `endpoint` the same by the types of the contract: `ask::<op::ReadCockpit>(Nothing {}, query)`
//! * `decode`   replies into the types of the contract
//! * `session`  the access token (memory only) and its renewal, one at a time
//! * `failure`  everything that can go wrong, in the words that the person will read
//! * `live`     what others do, as it happens
//! * `load`     data for a page: loading, stale, failed; asked again when its key changes; aborted when the page is left
//! * `transfer` files: upload with progress, download with authorisation

mod call;
mod decode;
pub mod endpoint;
mod failure;
pub mod live;
mod load;
pub mod session;
mod transfer;

pub use call::{Call, Reply, encode};
pub use decode::{decode, from_tree};
pub use endpoint::{Versioned, act, ask, ask_versioned, change, query_string, request, say};
pub use failure::{Failure, FieldError, Problem};
pub use load::{Answer, Load, SeekList, load, seek_list};
pub use transfer::{Sent, download, fetch_as, save_as, upload};

pub const BASE: &str = "/api/v1";

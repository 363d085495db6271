//! How the client talks to `/api/v1`. Knows HTTP, sessions and problems; knows no endpoint.
//!
//! * `call`     one request: `Call::get("/dossiers").query("limit", "50").json::<T>().await`
//! * `session`  the access token (memory only) and its renewal, one at a time
//! * `failure`  everything that can go wrong, in the words that the person will read
//! * `load`     data for a page: loading, stale, failed; asked again when its key changes; aborted when the page is left
//! * `transfer` files: upload with progress, download with authorisation

mod call;
mod failure;
mod load;
pub mod session;
mod transfer;

pub use call::{Call, Reply, encode};
pub use failure::{Failure, FieldError, Problem};
pub use load::{Answer, Load, SeekList, load, seek_list};
pub use transfer::{Sent, download, save_as, upload};

pub const BASE: &str = "/api/v1";

//! Mandates: the register, their life, their documents, and what is done to many of them.

mod acts;
mod board;
mod life;
mod making;
mod papers;
mod register;
mod terms;
mod unreachable;

pub use acts::act_on_mandates;
pub use board::read_mandate_board;
pub use life::{Detail, expire, step, steps};
pub use making::{create_mandate, create_mandates};
pub use papers::{
    Press, Printed, Put, checked_upload, document, fetch, keep, print_mandates, put, read_document,
    read_mandate_document, sweep, upload_mandate,
};
pub use register::{export_mandates, list_mandates, read_mandate, update_mandate};
pub use unreachable::list_unreachable;

pub(crate) use crate::post::wake;
pub(crate) use life::told;
pub(crate) use making::{CHUNK, Drafts, Drawn, Known, Made, Making, Numbers, distinct, draw};
pub(crate) use papers::{CLOSING, forget_files, recipient, signed_as};

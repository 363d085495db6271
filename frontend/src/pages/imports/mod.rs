//! Client lists and exports of platforms: dropping one, seeing what was understood, what it would change, what it did,
//! and taking it back. Messages and invoices as files are taken at the same place.
//!
//! * `list`      `/imports`: the place to drop a file, and the imports of the firm
//! * `upload`    a file on its way to the server, and what is said when it is refused
//! * `files`     messages and invoices, told file by file
//! * `detail`    `/imports/:id`: the steps, and what they share
//! * `detected`, `columns`, `check`, `commit`  one step each
//! * `profile`   the platform of an export, what is remembered of it, what it has changed
//! * `rows`      the rows of a file by what becomes of them
//! * `follow`    a job, followed while its page is open
//! * `words`     what codes are called, and changes as people read them

mod check;
mod columns;
mod commit;
mod detail;
mod detected;
mod files;
mod follow;
mod list;
mod profile;
mod rows;
mod upload;
mod words;

pub use detail::import;
pub use list::imports;

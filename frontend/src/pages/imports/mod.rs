//! Client lists: dropping one, seeing what was understood, what it would change, what it did, and taking it back.
//!
//! * `list`      `/imports`: the place to drop a file, and the imports of the firm
//! * `upload`    a file on its way to the server, and what is said when it is refused
//! * `detail`    `/imports/:id`: the steps, and what they share
//! * `detected`, `columns`, `check`, `commit`  one step each
//! * `rows`      the rows of a file by what becomes of them
//! * `follow`    a job, followed while its page is open
//! * `words`     what codes are called, and changes as people read them

mod check;
mod columns;
mod commit;
mod detail;
mod detected;
mod follow;
mod list;
mod rows;
mod upload;
mod words;

pub use detail::import;
pub use list::imports;

//! Flows: the one way in which what a source says is taken over, and what is asked of them.

mod adopt;
mod again;
mod evidence;
mod handling;
mod limits;
mod list;
mod platforms;
mod sweep;
mod take;
mod words;

pub(crate) use adopt::{Renamed, adopt, set_free};
pub(crate) use again::again;
pub use handling::handle_flows;
pub(crate) use handling::{ACT, undo};
pub use limits::{Learned, learned};
pub use list::{count_flows, export_flows, list_flows, read_flow};
pub use platforms::list_platform_flows;
pub use sweep::sweep;
pub use take::{Source, Taken, TakenReport, Withdrawn, prove_less, take, withdraw};
pub(crate) use words::run as read_word;
pub use words::{list_words, set_word};

use domain::CabinetId;
use store::Conn;
use store::journal::Stamp;

use crate::judge::Judge;

/// A write of one cabinet. Its transaction holds the cabinet's lock.
pub struct Writing<'a> {
    pub conn: &'a mut Conn,
    pub cabinet: CabinetId,
    /// Who writes, when; `at` is when the reports were received.
    pub stamp: &'a Stamp,
    pub judge: &'a Judge,
}

impl std::fmt::Debug for Writing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writing").field("cabinet", &self.cabinet).field("stamp", &self.stamp).finish_non_exhaustive()
    }
}

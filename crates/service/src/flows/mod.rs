//! Flows: the one way in which what a source says is taken over, and what is asked of them.

mod adopt;
mod evidence;
mod limits;
mod take;

pub(crate) use adopt::{Renamed, adopt, set_free};
pub use limits::{Learned, learned};
pub use take::{Source, Taken, TakenReport, Withdrawn, take, withdraw};

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

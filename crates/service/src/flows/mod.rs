//! Flows: the one way in which what a source says is taken over, and what is asked of them.

mod take;
mod withdraw;

pub use take::{Source, Taken, TakenReport, take};
pub use withdraw::{Withdrawn, withdraw};

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

//! Flows find their dossier, and lose it, when dossiers come, go, or get another SIREN.

use domain::{DossierId, Siren};

use super::Writing;
use super::take::give;
use crate::Result;

/// Flows that are given at once.
const BATCH: i64 = 1_000;

/// What happened to the SIREN of a dossier.
#[derive(Debug, Clone, Copy)]
pub struct Renamed {
    pub dossier: DossierId,
    /// It has another one since.
    pub had_other: bool,
    pub siren: Siren,
}

/// Gives flows that stand without a dossier to those that have the SIREN of their client now, and sets those free whose
/// client has become another. Needs the cabinet's lock. Where no flow waits this is one look.
pub(crate) fn adopt(w: &mut Writing<'_>, renamed: &[Renamed]) -> Result<()> {
    for one in renamed.iter().filter(|r| r.had_other) {
        let siren = one.siren.to_string();
        loop {
            let ids = store::flows::astray(w.conn, w.cabinet, one.dossier, &siren, BATCH)?;
            if ids.is_empty() {
                break;
            }
            give(w, &ids, None)?;
        }
    }
    let sirens: Vec<String> = renamed.iter().map(|r| r.siren.to_string()).collect();
    for waiting in store::flows::unadopted(w.conn, w.cabinet, &sirens)? {
        let Some(one) = renamed.iter().find(|r| r.siren.to_string() == waiting) else { continue };
        loop {
            let ids = store::flows::without_dossier(w.conn, w.cabinet, &waiting, BATCH)?;
            if ids.is_empty() {
                break;
            }
            give(w, &ids, Some(one.dossier))?;
        }
    }
    Ok(())
}

/// Dossiers go that were only made by mistake: their flows stay, and wait for one. Needs the cabinet's lock.
pub(crate) fn set_free(w: &mut Writing<'_>, dossiers: &[DossierId]) -> Result<()> {
    for dossier in dossiers {
        loop {
            let ids = store::flows::astray(w.conn, w.cabinet, *dossier, "", BATCH)?;
            if ids.is_empty() {
                break;
            }
            give(w, &ids, None)?;
        }
    }
    Ok(())
}

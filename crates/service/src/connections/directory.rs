//! The directory: what it says of a dossier's SIREN becomes a fact of the dossier, with its day and where it was read.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Duration, Utc};
use contract::{Code, DirectoryAnswer, DirectoryEntry as Shape, Nothing};
use domain::{CabinetId, DirectoryAddress, DirectoryState, DossierId, Siren};
use gateway::platform::{DirectoryLine, Line, PlatformError};
use store::connections::{self, Connection};
use store::directory::{self, Answer as Kept};
use store::dossiers::Stored;
use store::journal::Stamp;
use store::{Conn, dialect};

use super::data::Data;
use super::{note_calls, open};
use crate::dossiers::{BY_HAND, Draft};
use crate::{Answer, App, Call, Error, Result, dossiers, journal, time};

/// An answer that is older is asked for anew by the worker.
const AGED_DAYS: i64 = 30;
/// Questions of one reading: the directory is there for others, too.
const MOST_QUESTIONS: i64 = 20;

pub fn lookup_directory(call: &Call, id: DossierId, _: Nothing, _: Nothing) -> Result<Answer<DirectoryAnswer>> {
    let (app, scope) = (&call.app, call.scope()?);
    let mut conn = app.store.conn()?;
    let dossier = store::dossiers::find(&mut conn, scope, id)?;
    let row = chosen(&mut conn, scope.cabinet(), dossier.facts.reception_platform.as_deref())?.ok_or_else(|| {
        Error::conflict(
            "Aucune connexion n’a d’annuaire : ajoutez l’adresse de l’annuaire à une connexion, ou notez la réponse à la main.",
            "No connection has a directory: add the address of the directory to a connection, or note the answer by hand.",
        )
    })?;
    drop(conn);
    let mut line = open(app, &row)?.line.map_err(|e| unavailable(&e))?;
    let found = line.directory(dossier.facts.siren.as_str());
    app.shared.connections.keep_token(row.id, row.version, line.token());
    note_calls(app, &row, line.calls());
    let lines = found.map_err(|e| unavailable(&e))?;
    let (state, today) = (state_of(&lines), call.today());
    let changed = app.store.conn()?.write(|conn| -> Result<bool> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let dossier = store::dossiers::find(conn, scope, id)?;
        take(conn, app, &row, dossier, &lines, &journal::stamp(call))
    })?;
    Ok(Answer::new(DirectoryAnswer { state, as_of: today, source: row.name, addresses: shapes(&lines), changed }))
}

fn unavailable(error: &PlatformError) -> Error {
    let text = error.text();
    match error {
        PlatformError::Setup { .. } => Error::conflict(text.fr, text.en),
        PlatformError::Temporary { after, .. } => {
            let wait = after.map_or(60, |a| a.as_secs()).max(1);
            Error { retry_after: Some(wait), ..Error::say(Code::Unavailable, text.fr, text.en) }
        }
        _ => Error { retry_after: Some(60), ..Error::say(Code::Unavailable, text.fr, text.en) },
    }
}

/// The connection that is asked: that of the dossier's platform, else any that has a directory and works.
fn chosen(conn: &mut Conn, cabinet: CabinetId, platform: Option<&str>) -> Result<Option<Connection>> {
    let mut with = Vec::new();
    for row in connections::of_cabinet(conn, cabinet)?.into_iter().filter(|r| !r.paused) {
        let data: Data = serde_json::from_str(&row.data)?;
        if data.directory_url.is_some() {
            with.push(row);
        }
    }
    let own = platform.and_then(|p| with.iter().position(|r| domain::fold(&r.platform) == domain::fold(p)));
    Ok(if with.is_empty() { None } else { Some(with.swap_remove(own.unwrap_or(0))) })
}

/// What the lines say together: the best of them, for one address at which invoices arrive is enough.
fn state_of(lines: &[DirectoryLine]) -> DirectoryState {
    let any = |state: &str, platform: Option<&str>| {
        lines.iter().any(|l| l.state.eq_ignore_ascii_case(state) && platform.is_none_or(|p| l.platform == p))
    };
    if any("Enabled", Some("WK")) {
        DirectoryState::Active
    } else if any("Upcoming", None) {
        DirectoryState::Upcoming
    } else if any("Enabled", None) {
        // By the public portal alone, which receives for public entities.
        DirectoryState::NoPlatform
    } else if lines.is_empty() {
        DirectoryState::Absent
    } else {
        DirectoryState::Disabled
    }
}

fn shapes(lines: &[DirectoryLine]) -> Vec<Shape> {
    let shape = |l: &DirectoryLine| Shape {
        address: l.address.clone(),
        state: l.state.clone(),
        platform_type: l.platform.clone(),
    };
    lines.iter().map(shape).collect()
}

/// Takes an answer over: the fact of the dossier, and the addresses beside it. Whether the facts changed. In the
/// transaction of the caller, which holds the cabinet's lock.
fn take(
    conn: &mut Conn,
    app: &App,
    row: &Connection,
    dossier: Stored,
    lines: &[DirectoryLine],
    stamp: &Stamp,
) -> Result<bool> {
    let today = time::paris_day(stamp.at);
    let state = state_of(lines);
    let kept = Kept {
        dossier: dossier.id,
        state,
        addresses: serde_json::to_string(&shapes(lines))?,
        source: row.name.clone(),
        asked_at: stamp.at,
    };
    let judge = app.judge(conn, row.cabinet, today)?;
    let mut after = dossier.facts.clone();
    after.directory_address = Some(DirectoryAddress { state, as_of: today, source: row.name.clone() });
    let draft = Draft { before: Some(dossier), after: Some(after) };
    let written = dossiers::write(conn, row.cabinet, stamp, &judge, BY_HAND, vec![draft])?;
    directory::keep(conn, row.cabinet, &kept)?;
    Ok(!written.is_empty())
}

/// Asks about some dossiers whose answer has aged. One connection of a cabinet does so, or each would ask the same.
pub(super) fn refresh(app: &App, row: &Connection, line: &mut dyn Line, stop: &AtomicBool) -> Result<()> {
    let now = Utc::now();
    let mut conn = app.store.conn()?;
    if chosen(&mut conn, row.cabinet, None)?.is_none_or(|c| c.id != row.id) {
        return Ok(());
    }
    let aged = directory::aged(&mut conn, row.cabinet, now - Duration::days(AGED_DAYS), MOST_QUESTIONS)?;
    let sirens: Vec<(DossierId, Siren)> = store::dossiers::of_cabinet(&mut conn, row.cabinet, &aged)?
        .into_iter()
        .map(|d| (d.id, d.facts.siren))
        .collect();
    drop(conn);
    for (id, siren) in sirens {
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        match line.directory(siren.as_str()) {
            Ok(lines) => answered(app, row, id, &lines, Utc::now())?,
            Err(error) => {
                // The flows were read: the directory alone does not make a connection fail. The calls tell it.
                tracing::warn!(connection = %row.id, %error, "the directory does not answer");
                return Ok(());
            }
        }
    }
    Ok(())
}

fn answered(app: &App, row: &Connection, id: DossierId, lines: &[DirectoryLine], now: DateTime<Utc>) -> Result<()> {
    let stamp = Stamp { at: crate::session::whole_micros(now), actor: None, request_id: "directory".to_owned() };
    app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, row.cabinet)?;
        // Deleted meanwhile.
        let Some(dossier) = store::dossiers::of_cabinet(conn, row.cabinet, &[id])?.pop() else { return Ok(()) };
        take(conn, app, row, dossier, lines, &stamp).map(drop)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_that_receives_is_enough() {
        let line = |state: &str, platform: &str| DirectoryLine {
            address: "732829320".to_owned(),
            state: state.to_owned(),
            platform: platform.to_owned(),
        };
        for (lines, state) in [
            (vec![], DirectoryState::Absent),
            (vec![line("Disabled", "WK"), line("Enabled", "WK")], DirectoryState::Active),
            (vec![line("Disabled", "WK"), line("Upcoming", "WK")], DirectoryState::Upcoming),
            (vec![line("Disabled", "")], DirectoryState::Disabled),
            (vec![line("Enabled", "DFH")], DirectoryState::NoPlatform),
            (vec![line("Sleeping", "WK")], DirectoryState::Disabled),
        ] {
            assert_eq!(state_of(&lines), state, "{lines:?}");
        }
    }
}

//! Loading a newer register of platforms: what changed, and whom it concerns.

use chrono::{DateTime, NaiveDate, Utc};
use domain::fold;
use domain::reference::{self, PlatformRegister, RegisterChanges, RegisterError};

use crate::judge::Judge;
use crate::{App, Error, Result, evaluations};

/// What is said of a CSV file, which does not say it itself.
#[derive(Debug, Clone)]
pub struct Told {
    pub as_of: Option<NaiveDate>,
    pub source: String,
}

#[derive(Debug, Clone)]
pub struct Loaded {
    pub before: NaiveDate,
    pub as_of: NaiveDate,
    pub source: String,
    pub platforms: usize,
    pub changes: RegisterChanges,
    /// Dossiers of all cabinets that name a platform which the new register no longer has.
    pub dossiers_of_removed: u64,
    /// Dossiers whose score or state the new register changes, once evaluated.
    pub dossiers_moved: u64,
    /// Whether it is now the register of the installation.
    pub stored: bool,
}

#[derive(Debug)]
pub enum Refusal {
    /// Rows that cannot be read.
    Rows(Vec<RegisterError>),
    /// A CSV whose day nobody told.
    NoDay,
    /// Older than the one in force.
    Older {
        given: NaiveDate,
        present: NaiveDate,
    },
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Reads a register and puts it in the place of the one in force; with `dry_run` it only tells what would change. An older
/// one is refused unless `force`.
pub fn load(
    app: &App,
    text: &str,
    told: &Told,
    (dry_run, force): (bool, bool),
    now: DateTime<Utc>,
) -> std::result::Result<Loaded, Refusal> {
    let mut conn = app.store.conn()?;
    let present = app.register(&mut conn)?;
    let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let Some(as_of) = told.as_of.or(is_json.then_some(present.as_of)) else { return Err(Refusal::NoDay) };
    let next = PlatformRegister::parse(text, as_of, &told.source).map_err(Refusal::Rows)?.with_aliases_of(&present);
    if next.as_of < present.as_of && !force {
        return Err(Refusal::Older { given: next.as_of, present: present.as_of });
    }
    let changes = next.changes_since(&present);
    let (dossiers_of_removed, dossiers_moved) = concerned(app, &present, &next, &changes, now)?;
    let is_new = next.as_of != present.as_of || next.source != present.source || next.edition() != present.edition();
    let stored = !dry_run && is_new;
    if stored {
        let data = serde_json::to_string(&next).map_err(Error::from)?;
        conn.write(|conn| -> Result<()> {
            let row = store::register::Row {
                version: store::register::version(conn)? + 1,
                as_of: next.as_of.to_string(),
                program_as_of: reference::platforms().as_of.to_string(),
                data,
                imported_at: store::time::to_db(now),
            };
            Ok(store::register::insert(conn, &row)?)
        })?;
    }
    Ok(Loaded {
        before: present.as_of,
        as_of: next.as_of,
        source: next.source.clone(),
        platforms: next.rows.len(),
        changes,
        dossiers_of_removed,
        dossiers_moved,
        stored,
    })
}

/// How many dossiers name a removed platform, and how many would score differently.
fn concerned(
    app: &App,
    present: &PlatformRegister,
    next: &PlatformRegister,
    changes: &RegisterChanges,
    now: DateTime<Utc>,
) -> Result<(u64, u64)> {
    if changes.is_empty() {
        return Ok((0, 0));
    }
    let removed: Vec<String> = changes.removed.iter().map(|name| fold(name)).collect();
    let gone = |name: &Option<String>| {
        let name = name.as_deref().map(fold).unwrap_or_default();
        // By the name that the register gave it, too.
        present.by_folded_name(&name).is_some_and(|p| removed.contains(&fold(&p.name)))
            && next.by_folded_name(&name).is_none()
    };
    let register = std::sync::Arc::new(next.clone());
    let mut conn = app.store.conn()?;
    let (mut naming, mut moved) = (0, 0);
    for cabinet in store::references::cabinet_ids(&mut conn)? {
        let judge = app.judge(&mut conn, cabinet, crate::time::paris_day(now))?;
        let later = Judge { register: register.clone(), ..judge.clone() };
        evaluations::each(&mut conn, cabinet, |_, facts, settled| {
            let named = [&facts.reception_platform, &facts.emission_platform, &facts.tool_platform];
            naming += u64::from(named.into_iter().any(gone));
            let of = |judge: &Judge| judge.assess(facts, settled).mark();
            let (before, after) = (of(&judge), of(&later));
            moved += u64::from(before.score != after.score || before.state != after.state);
        })?;
    }
    Ok((naming, moved))
}

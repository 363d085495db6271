//! What the dossiers of a cabinet are judged by: the day, the firm's rules, the register of platforms.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::NaiveDate;
use domain::assessment::Assessment;
use domain::calendar::Settled;
use domain::mandate::Held;
use domain::readiness::Context;
use domain::reference::{self, PlatformRegister};
use domain::{CabinetId, Capabilities, Capability, DossierFacts, Proofs, ScoreRules, verdict};
use store::Conn;
use store::evaluations::Progress;
use store::standings::Followed;

use crate::{App, Error, Result};

/// The register of platforms of this installation: the one that comes with the program until a newer one is loaded.
#[derive(Debug)]
pub struct Register(RwLock<Loaded>);

#[derive(Debug)]
struct Loaded {
    /// As the database counts them; 0 while none was loaded.
    version: i64,
    register: Arc<PlatformRegister>,
}

impl Default for Register {
    fn default() -> Self {
        Self(RwLock::new(Loaded { version: 0, register: Arc::new(reference::platforms().clone()) }))
    }
}

impl Register {
    pub fn current(&self) -> Arc<PlatformRegister> {
        // What is guarded is replaced whole.
        self.0.read().unwrap_or_else(PoisonError::into_inner).register.clone()
    }

    /// The register that the database counts as `version`; read when this process has another one.
    pub fn follow(&self, conn: &mut Conn, version: i64) -> Result<Arc<PlatformRegister>> {
        {
            let loaded = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if loaded.version >= version {
                return Ok(loaded.register.clone());
            }
        }
        let Some(row) = store::register::latest(conn)? else { return Ok(self.current()) };
        let register = Arc::new(in_force(&row)?);
        let mut loaded = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if loaded.version < row.version {
            *loaded = Loaded { version: row.version, register: register.clone() };
        }
        Ok(register)
    }
}

/// The register of a row, unless the program has come with a newer one since.
fn in_force(row: &store::register::Row) -> Result<PlatformRegister> {
    let read = |day: &str| day.parse::<NaiveDate>().map_err(Error::internal);
    let program = reference::platforms();
    if program.as_of > read(&row.program_as_of)? && program.as_of > read(&row.as_of)? {
        return Ok(program.clone());
    }
    let register: PlatformRegister = serde_json::from_str(&row.data)?;
    Ok(register.indexed())
}

impl App {
    /// What a cabinet's dossiers are judged by.
    pub fn judge(&self, conn: &mut Conn, cabinet: CabinetId, today: NaiveDate) -> Result<Judge> {
        Ok(self.standing(conn, cabinet, today)?.0)
    }

    /// The same, and what of the stored evaluations was made by it.
    pub fn standing(&self, conn: &mut Conn, cabinet: CabinetId, today: NaiveDate) -> Result<(Judge, Done)> {
        let standing = store::rules::standing(conn, cabinet)?;
        let register = self.shared.register.follow(conn, standing.register)?;
        let rules = read_rules(standing.rules.as_deref())?;
        let done = Done { progress: standing.progress, followed: standing.followed };
        Ok((Judge { today, rules, register }, done))
    }

    /// The register of platforms as the database has it now.
    pub fn register(&self, conn: &mut Conn) -> Result<Arc<PlatformRegister>> {
        let version = store::register::version(conn)?;
        self.shared.register.follow(conn, version)
    }
}

/// Rules as they are kept; those of the product when the firm has none.
pub(crate) fn read_rules(kept: Option<&str>) -> Result<ScoreRules> {
    match kept {
        Some(rules) => Ok(serde_json::from_str(rules)?),
        None => Ok(ScoreRules::standard().clone()),
    }
}

/// What stored evaluations were made by.
#[derive(Debug, Clone)]
pub struct Done {
    /// How far the evaluation of all dossiers is.
    pub progress: Option<Progress>,
    /// What their standings follow.
    pub followed: Followed,
}

/// Capabilities that are there for every firm: a mandate that is not known of is missing, and an invoice that nobody has
/// seen proves nothing. A firm that keeps its mandates elsewhere, or does not follow its flows here, notes them by hand.
pub(crate) const ACTIVE: Capabilities =
    Capabilities::NONE.with(Capability::Mandates).with(Capability::Flows).with(Capability::Anomalies);

#[derive(Debug, Clone)]
pub struct Judge {
    pub today: NaiveDate,
    pub rules: ScoreRules,
    pub register: Arc<PlatformRegister>,
}

impl Judge {
    pub fn context(&self) -> Context<'_> {
        Context { today: self.today, rules: &self.rules, register: &self.register }
    }

    /// What is proved of a dossier: what people recorded by hand, and what the register of mandates, exchanges with the
    /// client, flows and anomalies keep among the facts. A capability that brings more is named active with its evidence;
    /// until then its criteria count only where something was recorded.
    pub fn proofs<'a>(&self, facts: &'a DossierFacts) -> Proofs<'a> {
        Proofs::new(&facts.proofs, ACTIVE)
    }

    pub fn assess(&self, facts: &DossierFacts, settled: &Settled) -> Assessment {
        Assessment::of(facts, settled, &self.proofs(facts), &self.context())
    }

    /// Names what the findings of dossiers follow from, beside the facts: what was found by something else is found anew.
    /// The firm's rules are not among it: they judge what was found.
    pub fn basis(&self) -> String {
        format!("{} {}", self.today, self.beside_the_day())
    }

    fn beside_the_day(&self) -> String {
        let active: Vec<&str> = Capability::ALL.iter().filter(|c| ACTIVE.brings(**c)).map(|c| c.as_str()).collect();
        format!(
            "register {} {} law {} program {} verdicts {} held {} {}",
            self.register.as_of,
            self.register.edition(),
            reference::edition(),
            env!("CARGO_PKG_VERSION"),
            verdict::FORM,
            Held::FORM,
            active.join(" ")
        )
    }

    /// Whether a basis is of an earlier day and else the same.
    pub fn only_days_after(&self, basis: &str) -> bool {
        basis.split_once(' ').is_some_and(|(day, rest)| {
            rest == self.beside_the_day() && day.parse::<NaiveDate>().is_ok_and(|day| day < self.today)
        })
    }

    /// Whether stored evaluations are still to be made by this. A cabinet whose dossiers were never all evaluated is of
    /// today: each was as it was written.
    pub fn is_ahead_of(&self, done: &Done) -> bool {
        done.followed.rules != i64::from(self.rules.version)
            || done.progress.as_ref().is_some_and(|p| !p.done || p.basis != self.basis())
    }
}

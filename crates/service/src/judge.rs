//! What the dossiers of a cabinet are judged by: the day, the firm's rules, the register of platforms.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::NaiveDate;
use domain::assessment::Assessment;
use domain::calendar::Settled;
use domain::readiness::Context;
use domain::reference::{self, PlatformRegister};
use domain::{CabinetId, Capabilities, DossierFacts, Proofs, ScoreRules};
use store::Conn;

use crate::Result;

/// The register of platforms of this installation: the one that comes with the program until a newer one is loaded.
#[derive(Debug)]
pub struct Register(RwLock<Arc<PlatformRegister>>);

impl Default for Register {
    fn default() -> Self {
        Self(RwLock::new(Arc::new(reference::platforms().clone())))
    }
}

impl Register {
    pub fn current(&self) -> Arc<PlatformRegister> {
        // What is guarded is replaced whole.
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Debug, Clone)]
pub struct Judge {
    pub today: NaiveDate,
    pub rules: ScoreRules,
    pub register: Arc<PlatformRegister>,
}

impl Judge {
    pub fn of(conn: &mut Conn, cabinet: CabinetId, today: NaiveDate, register: Arc<PlatformRegister>) -> Result<Self> {
        let rules = match store::rules::current(conn, cabinet)? {
            Some(rules) => serde_json::from_str(&rules)?,
            None => ScoreRules::standard().clone(),
        };
        Ok(Self { today, rules, register })
    }

    pub fn context(&self) -> Context<'_> {
        Context { today: self.today, rules: &self.rules, register: &self.register }
    }

    /// What is proved of a dossier: what people recorded by hand. A capability that brings more (mandates, flows,
    /// anomalies) adds its evidence here and is named active; until then its criteria count only where something was
    /// recorded.
    pub fn proofs<'a>(&self, facts: &'a DossierFacts) -> Proofs<'a> {
        Proofs::new(&facts.proofs, Capabilities::NONE)
    }

    pub fn assess(&self, facts: &DossierFacts, settled: &Settled) -> Assessment {
        Assessment::of(facts, settled, &self.proofs(facts), &self.context())
    }

    /// Names what an evaluation follows from, beside the facts: one made by something else is made anew.
    pub fn basis(&self) -> String {
        format!(
            "{} rules {} register {} law {} program {}",
            self.today,
            self.rules.version,
            self.register.as_of,
            reference::edition(),
            env!("CARGO_PKG_VERSION")
        )
    }
}

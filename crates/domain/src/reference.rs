//! The law as dated tables. The files in `reference/` are the only place where a date, a threshold or a weight
//! stands; each row has a source and a confidence (H read in an official text, M in a serious secondary source).

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{Criterion, ObligationKind, SizeClass, Text, VatRegime, fold};

closed_enum! {
    /// How sure a reference row is.
    pub enum Confidence {
        /// Read in an official text or specification.
        High = "H",
        /// Read in a serious secondary source, or an official text seen through a quotation.
        Medium = "M",
    }
}

/// Thresholds of a company size class (loi 2008-776 art. 51).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SizeThreshold {
    pub class: SizeClass,
    pub headcount_below: u32,
    pub turnover_at_most_cents: i64,
    pub balance_sheet_at_most_cents: i64,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

closed_enum! {
    /// Who a wave of the reform reaches.
    pub enum WaveMember {
        Everyone = "everyone",
        Ge = "ge",
        Eti = "eti",
        Pme = "pme",
        Micro = "micro",
        VatGroupMember = "vat_group_member",
    }
}

closed_enum! {
    /// A wave of the reform: one obligation, one start, one set of companies.
    pub enum WaveCode {
        Reception2026 = "reception_2026",
        Emission2026 = "emission_2026",
        Emission2027 = "emission_2027",
        EReporting2026 = "e_reporting_2026",
        EReporting2027 = "e_reporting_2027",
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Wave {
    pub code: WaveCode,
    pub obligation: ObligationKind,
    pub starts_on: NaiveDate,
    pub who: Vec<WaveMember>,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub label: Text,
    pub source: String,
    pub confidence: Confidence,
}

closed_enum! {
    /// Whether a VAT regime brings e-reporting.
    pub enum EReportingScope { Applies = "applies", IfInternational = "if_international", Never = "never" }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegimeRow {
    pub regime: VatRegime,
    pub label: Text,
    pub reception: bool,
    pub emission: bool,
    pub e_reporting: EReportingScope,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CriterionRow {
    pub code: Criterion,
    /// Place of the criterion in the stored mask of missing criteria; never reused for another.
    pub bit: u32,
    pub weight: u32,
    /// Relative cost of meeting it; the next best act is the one with most points per effort.
    pub effort: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadinessTable {
    pub version: String,
    /// An unprepared obligation this near makes a dossier at risk.
    pub at_risk_days: i64,
    /// A score below this makes a dossier at risk.
    pub at_risk_below: u32,
    pub criteria: Vec<CriterionRow>,
}

closed_enum! {
    /// State of a platform in the public register.
    pub enum PlatformState { Registered = "registered", Pending = "pending" }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Platform {
    pub name: String,
    pub aliases: Vec<String>,
    pub state: PlatformState,
    pub registered_on: Option<NaiveDate>,
    pub place: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlatformRegister {
    pub as_of: NaiveDate,
    pub source: String,
    pub confidence: Confidence,
    pub rows: Vec<Platform>,
    #[serde(skip)]
    by_name: HashMap<String, usize>,
}

impl PlatformRegister {
    pub fn by_folded_name(&self, folded: &str) -> Option<&Platform> {
        self.by_name.get(folded).map(|i| &self.rows[*i])
    }
}

fn read<T: serde::de::DeserializeOwned>(name: &str, json: &str) -> T {
    // The files are compiled in and read by a test, so this can only fail while developing.
    serde_json::from_str(json).unwrap_or_else(|e| panic!("reference/{name}: {e}"))
}

pub fn size_thresholds() -> &'static [SizeThreshold] {
    static T: LazyLock<Vec<SizeThreshold>> =
        LazyLock::new(|| read("size_thresholds.json", include_str!("../reference/size_thresholds.json")));
    &T
}

pub fn waves() -> &'static [Wave] {
    static T: LazyLock<Vec<Wave>> = LazyLock::new(|| read("waves.json", include_str!("../reference/waves.json")));
    &T
}

pub fn regimes() -> &'static [RegimeRow] {
    static T: LazyLock<Vec<RegimeRow>> =
        LazyLock::new(|| read("vat_regimes.json", include_str!("../reference/vat_regimes.json")));
    &T
}

pub fn regime(regime: VatRegime) -> &'static RegimeRow {
    // A test holds that every regime has a row.
    &regimes()[regimes().iter().position(|r| r.regime == regime).unwrap_or_default()]
}

pub fn readiness() -> &'static ReadinessTable {
    static T: LazyLock<ReadinessTable> =
        LazyLock::new(|| read("readiness.json", include_str!("../reference/readiness.json")));
    &T
}

pub fn platforms() -> &'static PlatformRegister {
    static T: LazyLock<PlatformRegister> = LazyLock::new(|| {
        let mut t: PlatformRegister = read("platforms.json", include_str!("../reference/platforms.json"));
        t.by_name = t
            .rows
            .iter()
            .enumerate()
            .flat_map(|(i, p)| std::iter::once(&p.name).chain(&p.aliases).map(move |n| (fold(n), i)))
            .collect();
        t
    });
    &T
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_reads_and_every_code_has_its_row() {
        for regime_code in VatRegime::ALL {
            assert_eq!(regime(*regime_code).regime, *regime_code);
        }
        for wave in WaveCode::ALL {
            assert!(waves().iter().any(|w| w.code == *wave), "{wave}");
        }
        for criterion in Criterion::ALL {
            assert_eq!(readiness().criteria.iter().filter(|c| c.code == *criterion).count(), 1, "{criterion}");
        }
        let mut bits: Vec<_> = readiness().criteria.iter().map(|c| c.bit).collect();
        bits.sort_unstable();
        bits.dedup();
        assert_eq!(bits.len(), readiness().criteria.len(), "two criteria share a bit");
        assert!(bits.iter().all(|b| *b < 63));
        assert_eq!(size_thresholds().len(), 3);
    }

    #[test]
    fn the_register_knows_names_in_any_case_and_aliases() {
        assert_eq!(platforms().by_folded_name(&fold("pennylane")).unwrap().name, "PENNYLANE");
        assert_eq!(platforms().by_folded_name(&fold("Tiime")).unwrap().name, "TIIME PDP");
        assert!(platforms().by_folded_name("nobody at all").is_none());
        assert_eq!(platforms().rows.iter().filter(|p| p.state == PlatformState::Registered).count(), 149);
    }
}

//! The law as dated tables. The files in `reference/` are the only place where a date, a threshold or a weight
//! stands; each row has a source and a confidence (H read in an official text, M in a serious secondary source).

mod anomalies;
mod listing;
mod register;

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use anomalies::{AnomalyRuleRow, CausePart, PlayStep, anomaly_rule, reason};
pub use listing::{Column, ReferenceRow, ReferenceTable, TableCode, tables};
pub use register::{Platform, PlatformChange, PlatformRegister, PlatformState, RegisterChanges, RegisterError};

use crate::calendar::ReportStream;
use crate::rules::{CapWhen, Weighting};
use crate::{Capability, Criterion, MandateKind, MonthDay, ObligationGroup, SizeClass, Text, VatRegime, fold};

closed_enum! {
    /// How sure a reference row is.
    pub enum Confidence {
        /// Read in an official text or specification.
        High = "H",
        /// Read in a serious secondary source, or an official text seen through a quotation.
        Medium = "M",
    }
}

/// A row of the law: in force between two days, both included, on the word of a source.
pub trait Dated {
    fn valid_from(&self) -> NaiveDate;
    fn valid_to(&self) -> Option<NaiveDate>;
    fn source(&self) -> &str;
    fn confidence(&self) -> Confidence;

    fn in_force(&self, on: NaiveDate) -> bool {
        self.valid_from() <= on && self.valid_to().is_none_or(|to| on <= to)
    }
}

macro_rules! dated {
    ($($row:ty),+ $(,)?) => {$(
        impl Dated for $row {
            fn valid_from(&self) -> NaiveDate { self.valid_from }
            fn valid_to(&self) -> Option<NaiveDate> { self.valid_to }
            fn source(&self) -> &str { &self.source }
            fn confidence(&self) -> Confidence { self.confidence }
        }
    )+};
}

/// A file of the law.
#[derive(Debug, Clone, Deserialize)]
pub struct Table<T> {
    pub version: String,
    pub as_of: NaiveDate,
    /// What holds for the table as a whole.
    #[serde(default)]
    pub note: Option<Text>,
    pub rows: Vec<T>,
}

impl<T: Dated> Table<T> {
    /// The rows in force on a day.
    pub fn on(&self, day: NaiveDate) -> impl Iterator<Item = &T> {
        self.rows.iter().filter(move |row| row.in_force(day))
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
        /// Buyers not established in France, for their acquisitions alone.
        NonEstablished = "non_established",
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
        Acquisitions2027 = "acquisitions_2027",
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Wave {
    pub code: WaveCode,
    pub obligation: ObligationGroup,
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
    /// Without VAT on its invoices no option decides when VAT is due.
    pub charges_vat: bool,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

/// A regime that the law ends: what a dossier is under from its first financial year opening on or after a day.
#[derive(Debug, Clone, Deserialize)]
pub struct RegimeChange {
    pub from: VatRegime,
    pub financial_years_from: NaiveDate,
    pub turnover_at_most_cents: i64,
    /// Between both amounts the regime `becomes` is tolerated; to be checked.
    pub tolerance_at_most_cents: i64,
    pub becomes: VatRegime,
    pub above: VatRegime,
    pub label: Text,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

/// Deadline of one part of a period. A day past the end of its month is its last day.
#[derive(Debug, Clone, Deserialize)]
pub struct Limit {
    /// Months after the month in which the period ends.
    pub months_after: u32,
    pub day: u32,
    pub prudent_months_after: u32,
    pub prudent_day: u32,
}

/// Periods and deadlines of e-reporting under a VAT regime.
#[derive(Debug, Clone, Deserialize)]
pub struct Rhythm {
    pub regime: VatRegime,
    pub stream: ReportStream,
    /// Civil months in a period, counted from January.
    pub months: u32,
    /// Last days of the parts within a month; empty when the period is not cut.
    pub cuts: Vec<u32>,
    /// One for each part.
    pub limits: Vec<Limit>,
    /// Where the prudent deadline comes from, when it differs.
    pub prudent_source: Option<String>,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

#[derive(Debug, Clone, Deserialize)]
pub struct EReportingTable {
    pub version: String,
    pub as_of: NaiveDate,
    /// The platform passes the data on to the administration by this hour of the day after the deadline.
    pub administration_hour: String,
    /// A deadline this near is due soon.
    pub due_soon_days: i64,
    /// What is known about week-ends and holidays.
    pub shift: Text,
    pub rows: Vec<Rhythm>,
}

/// A block of flow 10.
#[derive(Debug, Clone, Deserialize)]
pub struct ReportBlock {
    pub code: String,
    pub stream: ReportStream,
    pub label: Text,
    pub article: String,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

closed_enum! {
    pub enum FineCode {
        Invoice = "invoice",
        Transactions = "transactions",
        Payments = "payments",
        ReceptionFirst = "reception_first",
        ReceptionNext = "reception_next",
        Mention = "mention",
        PlatformInvoice = "platform_invoice",
        PlatformReporting = "platform_reporting",
    }
}

closed_enum! {
    /// What a fine is counted by.
    pub enum FineBasis { Invoice = "invoice", Transmission = "transmission", Notice = "notice", Mention = "mention" }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Fine {
    pub code: FineCode,
    pub article: String,
    pub basis: FineBasis,
    pub unit_cents: i64,
    /// For each civil year.
    pub cap_cents: Option<i64>,
    /// Months after the formal notice, or after the fine before.
    pub months: Option<u32>,
    pub label: Text,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Relief {
    pub code: String,
    pub articles: String,
    pub civil_years_before: Option<u32>,
    pub repair_days: Option<u32>,
    pub label: Text,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

closed_enum! {
    /// What a status is about.
    pub enum StatusObject {
        Invoice = "invoice",
        /// A file or flow as such.
        Flow = "flow",
        /// Data of flow 1.
        Flow1 = "flow1",
        EReporting = "e_reporting",
        DirectoryLine = "directory_line",
        StatusMessage = "status_message",
    }
}

closed_enum! {
    /// Whether a status goes to the public portal.
    pub enum ToPortal {
        Mandatory = "mandatory",
        /// Mandatory when VAT is due on collection.
        IfVatOnCollection = "if_vat_on_collection",
        No = "no",
        /// Set by the portal itself.
        FromPortal = "from_ppf",
    }
}

closed_enum! {
    /// Where in the life of an invoice a status belongs (XP Z12-014 annexe A § 2.1).
    pub enum StatusPhase {
        /// Between platforms, in a fixed order.
        Transmission = "transmission",
        /// Between buyer and seller, in any order and more than once.
        Processing = "processing",
        /// Sent by the buyer, received by the seller.
        Payment = "payment",
        /// Says to which account to pay, not where the invoice stands.
        Account = "account",
        /// Said by the public portal of what a platform sent it.
        Portal = "portal",
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct StatusRow {
    pub code: u32,
    pub object: StatusObject,
    pub label: Text,
    pub set_by: Text,
    pub to_ppf: ToPortal,
    pub phase: StatusPhase,
    /// Of two statuses of the same moment the higher is the later.
    pub order: u32,
    /// No mandatory status may follow on the same invoice.
    pub ends: bool,
    /// What an invoice at this status shows of the client that sent, or received, it.
    pub proves: Vec<Criterion>,
    pub reason_required: bool,
    pub comment_required: bool,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ReasonRow {
    pub code: String,
    /// Nothing where no text names it: the code is shown raw.
    pub label: Option<Text>,
    /// Statuses that may carry it.
    pub statuses: Vec<u32>,
    /// Statuses that may carry it when the public sector sets them.
    pub public_sector: Vec<u32>,
    /// Statuses that may carry it between a platform and the public portal.
    pub ppf: Vec<u32>,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

/// A kind of mandate.
#[derive(Debug, Clone, Deserialize)]
pub struct MandateRow {
    pub code: MandateKind,
    pub label: Text,
    /// In force, it is evidence for the criterion *mandate*: the firm may act on the platform.
    pub proves: bool,
    /// It names a platform.
    pub names_platform: bool,
    /// Offered first where mandates are collected.
    pub usual: bool,
    pub signed_by: Text,
    pub content: Text,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

#[derive(Debug, Clone, Deserialize)]
pub struct TaxArticle {
    pub code: String,
    pub cgi: String,
    pub cibs: Option<String>,
    pub subject: Text,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

closed_enum! {
    /// A case of the scope of the reform.
    pub enum ScopeCase {
        Established = "established",
        Exempt = "exempt",
        NotTaxable = "not_taxable",
        NoSiren = "no_siren",
        NotInDirectory = "not_in_directory",
        NoActivePlatform = "no_active_platform",
        PublicEntity = "public_entity",
        DomesticOverseas = "domestic_overseas",
        OutsideVatTerritory = "outside_vat_territory",
        NonEstablished = "non_established",
        VatGroupMember = "vat_group_member",
        Payments = "payments",
        NoOperation = "no_operation",
        Voluntary = "voluntary",
        BuyerCannotForce = "buyer_cannot_force",
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct ScopeRow {
    pub code: ScopeCase,
    pub label: Text,
    pub treatment: Text,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

closed_enum! {
    /// Where a company is established.
    pub enum Territory {
        Mainland = "mainland",
        Guadeloupe = "guadeloupe",
        Martinique = "martinique",
        Reunion = "reunion",
        Guyane = "guyane",
        Mayotte = "mayotte",
        /// Another overseas collectivity.
        Com = "com",
        Taaf = "taaf",
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct TerritoryRow {
    pub code: Territory,
    pub label: Text,
    /// VAT applies as on the mainland.
    pub domestic: bool,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

closed_enum! {
    /// Where public holidays differ.
    pub enum HolidayPlace {
        Metropole = "metropole",
        AlsaceMoselle = "alsace_moselle",
        Guadeloupe = "guadeloupe",
        Martinique = "martinique",
        Guyane = "guyane",
        Reunion = "reunion",
        Mayotte = "mayotte",
        SaintBarthelemy = "saint_barthelemy",
        SaintMartin = "saint_martin",
    }
}

impl HolidayPlace {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Metropole => ("Métropole", "Mainland France"),
            Self::AlsaceMoselle => ("Alsace-Moselle", "Alsace-Moselle"),
            Self::Guadeloupe => ("Guadeloupe", "Guadeloupe"),
            Self::Martinique => ("Martinique", "Martinique"),
            Self::Guyane => ("Guyane", "French Guiana"),
            Self::Reunion => ("La Réunion", "Réunion"),
            Self::Mayotte => ("Mayotte", "Mayotte"),
            Self::SaintBarthelemy => ("Saint-Barthélemy", "Saint Barthélemy"),
            Self::SaintMartin => ("Saint-Martin", "Saint Martin"),
        };
        Text::new(fr, en)
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Holiday {
    pub code: String,
    pub label: Text,
    /// A fixed day, or days after Easter Sunday.
    pub day: Option<MonthDay>,
    pub days_after_easter: Option<i64>,
    /// Where it is kept; everywhere when none is named.
    pub places: Vec<HolidayPlace>,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

/// Postal codes of a place that keeps other holidays than the mainland.
#[derive(Debug, Clone, Deserialize)]
pub struct HolidayPlaceRow {
    pub place: HolidayPlace,
    /// Beginnings of its postal codes.
    pub prefixes: Vec<String>,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

impl HolidayPlace {
    /// Whose clock and holidays a company keeps: by its postal code, else by the territory that was told; the mainland where
    /// neither says otherwise.
    pub fn of(territory: Option<Territory>, postal_code: Option<&str>) -> Self {
        let code = postal_code.map(str::trim).unwrap_or_default();
        let longest = |row: &HolidayPlaceRow| {
            row.prefixes.iter().filter(|p| code.starts_with(p.as_str())).map(|p| p.len()).max().map(|n| (n, row.place))
        };
        let found = holiday_places().rows.iter().filter_map(longest).max_by_key(|(n, _)| *n);
        found.map_or_else(|| territory.map_or(Self::Metropole, Territory::holiday_place), |(_, place)| place)
    }
}

impl Territory {
    const fn holiday_place(self) -> HolidayPlace {
        match self {
            Self::Mainland | Self::Com | Self::Taaf => HolidayPlace::Metropole,
            Self::Guadeloupe => HolidayPlace::Guadeloupe,
            Self::Martinique => HolidayPlace::Martinique,
            Self::Reunion => HolidayPlace::Reunion,
            Self::Guyane => HolidayPlace::Guyane,
            Self::Mayotte => HolidayPlace::Mayotte,
        }
    }
}

impl Holiday {
    pub fn is_kept_in(&self, place: HolidayPlace) -> bool {
        self.places.is_empty() || self.places.contains(&place)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CriterionRow {
    pub code: Criterion,
    pub label: Text,
    /// Place of the criterion in the stored mask of missing criteria; never reused for another.
    pub bit: u32,
    pub weight: u32,
    /// Relative cost of meeting it; the next best act is the one with most points per effort.
    pub effort: u32,
    /// Until this capability is active, the criterion applies only once a proof is recorded.
    pub brought_by: Capability,
    /// Whether a recorded proof can meet it.
    pub takes_proof: bool,
    /// Applies from this many days before the obligation that it serves; always when nothing.
    pub lead_days: Option<i64>,
    /// How long its evidence stays valid when the evidence itself does not say.
    pub evidence_days: Option<i64>,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

closed_enum! {
    /// A blocker: what caps a score, whatever else is won.
    pub enum CapCode {
        Identity = "identity",
        Size = "size",
        VatRegime = "vat_regime",
        ReceptionLate = "reception_late",
        EmissionLate = "emission_late",
        Mandate = "mandate",
        CriticalAnomaly = "critical_anomaly",
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CapRow {
    pub code: CapCode,
    /// Blocks while this criterion is missing.
    pub criterion: Criterion,
    pub at_most: u32,
    pub when: CapWhen,
    pub label: Text,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadinessTable {
    pub version: String,
    pub as_of: NaiveDate,
    /// An unprepared obligation this near makes a dossier at risk.
    pub at_risk_days: i64,
    /// A score below this makes a dossier at risk.
    pub at_risk_below: u32,
    /// How portfolios weigh their dossiers unless the firm says otherwise.
    pub weighting: Weighting,
    /// Weighted by exposure, each dossier weighs its exposure and this, so that none weighs nothing.
    pub weighting_base_cents: i64,
    pub criteria: Vec<CriterionRow>,
    pub caps: Vec<CapRow>,
}

dated!(
    SizeThreshold,
    Wave,
    RegimeRow,
    RegimeChange,
    Rhythm,
    ReportBlock,
    Fine,
    Relief,
    StatusRow,
    ReasonRow,
    MandateRow,
    TaxArticle,
    ScopeRow,
    TerritoryRow,
    Holiday,
    HolidayPlaceRow,
    AnomalyRuleRow,
    CriterionRow,
    CapRow,
);

fn read<T: serde::de::DeserializeOwned>(name: &str, json: &str) -> T {
    // The files are compiled in and read by a test, so this can only fail while developing.
    serde_json::from_str(json).unwrap_or_else(|e| panic!("reference/{name}: {e}"))
}

macro_rules! file {
    ($($(#[$doc:meta])* $vis:vis $name:ident: $ty:ty = $file:literal;)+) => {$(
        $(#[$doc])*
        $vis fn $name() -> &'static $ty {
            static T: LazyLock<$ty> = LazyLock::new(|| read($file, include_str!(concat!("../../reference/", $file))));
            &T
        }
    )+

        /// Names this edition of the tables: evaluations of another one are made anew.
        pub fn edition() -> &'static str {
            static T: LazyLock<String> = LazyLock::new(|| {
                let mut hash = Sha256::new();
                $(hash.update(include_str!(concat!("../../reference/", $file)));)+
                hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
            });
            &T
        }
    };
}

file! {
    pub size_table: Table<SizeThreshold> = "size_thresholds.json";
    pub wave_table: Table<Wave> = "waves.json";
    pub regime_table: Table<RegimeRow> = "vat_regimes.json";
    pub regime_changes: Table<RegimeChange> = "regime_changes.json";
    pub e_reporting: EReportingTable = "e_reporting.json";
    pub report_blocks: Table<ReportBlock> = "e_reporting_blocks.json";
    pub fines: Table<Fine> = "fines.json";
    pub reliefs: Table<Relief> = "reliefs.json";
    pub statuses: Table<StatusRow> = "statuses.json";
    pub reasons: Table<ReasonRow> = "reasons.json";
    pub mandate_kinds: Table<MandateRow> = "mandates.json";
    pub tax_articles: Table<TaxArticle> = "tax_articles.json";
    pub scope: Table<ScopeRow> = "scope.json";
    pub territories: Table<TerritoryRow> = "territories.json";
    pub holidays: Table<Holiday> = "holidays.json";
    pub holiday_places: Table<HolidayPlaceRow> = "holiday_places.json";
    pub readiness: ReadinessTable = "readiness.json";
    pub anomaly_rules: Table<AnomalyRuleRow> = "anomaly_rules.json";
}

pub fn size_thresholds() -> &'static [SizeThreshold] {
    &size_table().rows
}

/// The row of a kind of mandate.
pub fn mandate_kind(kind: MandateKind) -> &'static MandateRow {
    // A test reads that each kind has its row.
    mandate_kinds().rows.iter().find(|row| row.code == kind).unwrap_or(&mandate_kinds().rows[0])
}

pub fn waves() -> &'static [Wave] {
    &wave_table().rows
}

pub fn regimes() -> &'static [RegimeRow] {
    &regime_table().rows
}

/// The register of platforms that comes with the program; a newer one that the operator loaded replaces it.
pub fn platforms() -> &'static PlatformRegister {
    static T: LazyLock<PlatformRegister> = LazyLock::new(|| {
        let register: PlatformRegister = read("platforms.json", include_str!("../../reference/platforms.json"));
        register.indexed()
    });
    &T
}

pub fn regime(regime: VatRegime) -> &'static RegimeRow {
    // A test holds that every regime has a row.
    &regimes()[regimes().iter().position(|r| r.regime == regime).unwrap_or_default()]
}

pub fn scope_case(case: ScopeCase) -> &'static ScopeRow {
    let rows = &scope().rows;
    &rows[rows.iter().position(|r| r.code == case).unwrap_or_default()]
}

pub fn territory(territory: Territory) -> &'static TerritoryRow {
    let rows = &territories().rows;
    &rows[rows.iter().position(|r| r.code == territory).unwrap_or_default()]
}

/// What is to be known of the article numbers that sources cite, once the rules of VAT have moved to another code.
pub fn code_change(on: NaiveDate) -> Option<&'static TaxArticle> {
    tax_articles().on(on).find(|a| a.cibs.is_some())
}

/// The fine in force on a day.
pub fn fine(code: FineCode, on: NaiveDate) -> Option<&'static Fine> {
    fines().on(on).find(|f| f.code == code)
}

/// The row of an official code; nothing for a code that no table knows.
pub fn status(code: u32) -> Option<&'static StatusRow> {
    static T: LazyLock<HashMap<u32, &'static StatusRow>> =
        LazyLock::new(|| statuses().rows.iter().map(|row| (row.code, row)).collect());
    T.get(&code).copied()
}

/// The label of a reason; nothing for a code that no table names.
pub fn reason_label(code: &str) -> Option<&'static Text> {
    reasons().rows.iter().find(|row| row.code == code)?.label.as_ref()
}

/// The official code that a word is the French label of, in the life of an invoice or of a transmission. Nothing is
/// guessed: the word is the label, but for case, accents and spaces.
pub fn status_of_label(folded: &str, transmission: bool) -> Option<u32> {
    static T: LazyLock<[HashMap<String, u32>; 2]> = LazyLock::new(|| {
        [StatusObject::Invoice, StatusObject::EReporting].map(|object| {
            // What is said of the file as such is said of either.
            let own = |row: &&StatusRow| row.object == object || row.object == StatusObject::Flow;
            statuses().rows.iter().filter(own).map(|row| (fold(&row.label.fr), row.code)).collect()
        })
    });
    T[usize::from(transmission)].get(folded).copied()
}

/// Reasons that a status may carry; with those of the public sector when it sets the status.
pub fn reasons_of(status: u32, public_sector: bool) -> impl Iterator<Item = &'static ReasonRow> {
    reasons()
        .rows
        .iter()
        .filter(move |r| r.statuses.contains(&status) || (public_sector && r.public_sector.contains(&status)))
}

#[cfg(test)]
mod tests;

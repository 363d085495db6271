//! The facts that a firm holds about a client company, as one value: loaded, compared and saved whole.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::reference::Territory;
use crate::size::{self, SizeFigures};
use crate::{
    Evidence, ObligationGroup, ObligationKind, PlatformDecider, PortfolioId, Registration, Siren, Siret, Size,
    SizeClass, UserId, VatRegime, fold,
};

/// A VAT regime from a date on; `from` is empty for the first known one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegimePeriod {
    pub regime: VatRegime,
    pub from: Option<NaiveDate>,
}

/// A class that the firm states against the computed one, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SizeOverride {
    pub class: SizeClass,
    #[cfg_attr(feature = "openapi", schema(example = "Comptes du groupe non consolidés, voir lettre du 12/01/2026"))]
    pub reason: String,
}

/// Who the client invoices; nothing while not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activity {
    /// Businesses established in France.
    pub b2b: Option<bool>,
    /// Consumers.
    pub b2c: Option<bool>,
    /// Public bodies (Chorus Pro).
    pub b2g: Option<bool>,
    /// Sells or buys abroad.
    pub international: Option<bool>,
    /// Told apart from purchases, when the firm knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sells_abroad: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buys_abroad: Option<bool>,
    /// Sells services: they alone make payment data due, deposits apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub services: Option<bool>,
}

impl Activity {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Sells abroad: as told, else as the one answer for both directions says.
    pub fn sells_abroad(&self) -> Option<bool> {
        self.sells_abroad.or(self.international)
    }

    pub fn buys_abroad(&self) -> Option<bool> {
        self.buys_abroad.or(self.international)
    }

    pub fn is_answered(&self) -> bool {
        self.b2b.is_some() || self.b2c.is_some() || self.b2g.is_some() || self.international.is_some()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contact {
    #[cfg_attr(feature = "openapi", schema(example = "Claire Martin"))]
    pub name: Option<String>,
    #[cfg_attr(feature = "openapi", schema(example = "claire.martin@exemple.fr"))]
    pub email: Option<String>,
    #[cfg_attr(feature = "openapi", schema(example = "+33612345678"))]
    pub phone: Option<String>,
}

impl Contact {
    pub fn is_reachable(&self) -> bool {
        self.email.is_some() || self.phone.is_some()
    }
}

/// A person in charge: the name that the firm's software wrote, and the person of the cabinet once known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InCharge {
    pub user_id: Option<UserId>,
    #[cfg_attr(feature = "openapi", schema(example = "collab-06"))]
    pub label: Option<String>,
}

impl InCharge {
    pub fn is_empty(&self) -> bool {
        self.user_id.is_none() && self.label.is_none()
    }
}

closed_enum! {
    /// What the directory says of a company's reception address.
    pub enum DirectoryState {
        /// Held by a platform.
        Active = "active",
        /// Held by a platform from a coming day.
        Upcoming = "upcoming",
        /// Known without an active platform.
        NoPlatform = "no_platform",
        Disabled = "disabled",
        /// Not in the directory.
        Absent = "absent",
    }
}

/// An answer of the directory: it ages, so it bears its day and where it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DirectoryAddress {
    pub state: DirectoryState,
    pub as_of: NaiveDate,
    #[cfg_attr(feature = "openapi", schema(example = "Annuaire public, consulté à la main"))]
    pub source: String,
}

/// The client starts a duty before the law asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EarlyStart {
    pub obligation: ObligationGroup,
    pub on: NaiveDate,
}

/// The firm states an obligation against the computed one, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ObligationOverride {
    pub obligation: ObligationKind,
    pub applies: bool,
    /// From when, if it applies; the computed day otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    #[cfg_attr(feature = "openapi", schema(example = "Rescrit du 12/01/2026"))]
    pub reason: String,
}

/// A day of the year, written `MM-DD`: the closing of the financial year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MonthDay {
    month: u8,
    day: u8,
}

string_schema!(MonthDay, "^[0-9]{2}-[0-9]{2}$", "12-31", "A day of the year, MM-DD.");

impl MonthDay {
    pub fn new(month: u32, day: u32) -> Option<Self> {
        // 2024 had a 29 February.
        NaiveDate::from_ymd_opt(2024, month, day)?;
        Some(Self { month: month as u8, day: day as u8 })
    }

    pub fn of(date: NaiveDate) -> Self {
        use chrono::Datelike;
        Self { month: date.month() as u8, day: date.day() as u8 }
    }

    /// That day in a year; 29 February is the 28th in a common year.
    pub fn in_year(self, year: i32) -> Option<NaiveDate> {
        let (month, day) = (u32::from(self.month), u32::from(self.day));
        NaiveDate::from_ymd_opt(year, month, day).or_else(|| NaiveDate::from_ymd_opt(year, month, day - 1))
    }
}

impl std::fmt::Display for MonthDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl From<MonthDay> for String {
    fn from(v: MonthDay) -> String {
        v.to_string()
    }
}

impl TryFrom<String> for MonthDay {
    type Error = String;
    fn try_from(v: String) -> Result<Self, String> {
        v.split_once('-')
            .filter(|_| v.len() == 5)
            .and_then(|(m, d)| MonthDay::new(m.parse().ok()?, d.parse().ok()?))
            .ok_or_else(|| format!("« {v} »: expected a day of the year MM-DD such as 12-31"))
    }
}

/// Everything a firm knows of a client company. Unknown is `None`, never a guess, and absent when written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DossierFacts {
    pub siren: Siren,
    #[cfg_attr(feature = "openapi", schema(example = "Boulangerie de l’Île SARL"))]
    pub name: String,
    /// Code of the dossier in the firm's software.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "B00012"))]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade_name: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sirets: Vec<Siret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "SARL"))]
    pub legal_form: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "10.71C"))]
    pub naf_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "12 rue des Halles"))]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "59800"))]
    pub postal_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "Lille"))]
    pub city: Option<String>,
    /// Dated history, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vat_regimes: Vec<RegimePeriod>,
    /// Persons, on the reference year of the law.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headcount: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turnover_cents: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance_sheet_cents: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fiscal_year_end: Option<MonthDay>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_override: Option<SizeOverride>,
    /// Member of an assujetti unique (CGI art. 256 C).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_group_member: Option<bool>,
    /// SIREN of the assujetti unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_group_siren: Option<Siren>,
    /// Where it is established; the mainland unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub territory: Option<Territory>,
    /// Taxable in France without being established there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub non_established: Option<bool>,
    /// A public body: Chorus Pro is its platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_entity: Option<bool>,
    /// Option to pay VAT on debits (on invoicing) for services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_on_debits: Option<bool>,
    /// Rhythm of e-reporting chosen by the firm where no text gives one (fully exempt, with purchases abroad).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reports_as: Option<VatRegime>,
    #[serde(default, skip_serializing_if = "Activity::is_empty")]
    pub activity: Activity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoices_per_month: Option<u32>,
    /// Invoicing or accounting software of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "Sage 50"))]
    pub tool: Option<String>,
    /// Platform that the tool goes through, by its name; the one of the same name as the tool unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_platform: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "PENNYLANE"))]
    pub reception_platform: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emission_platform: Option<String>,
    /// Who decides on the platform: the firm, by delegation, or the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform_decided_by: Option<PlatformDecider>,
    /// Where the registration on the reception platform stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
    /// What the directory says, as of when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory_address: Option<DirectoryAddress>,
    /// Day of the formal notice (mise en demeure) to choose a platform for reception.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formal_notice_on: Option<NaiveDate>,
    /// Day on which the firm told the client what the reform asks of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_informed_on: Option<NaiveDate>,
    /// Voluntary starts before the legal day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub early_starts: Vec<EarlyStart>,
    /// Dated proofs recorded by hand, for the score.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<Evidence>,
    /// Obligations stated by the firm, each with its reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obligation_overrides: Vec<ObligationOverride>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// Responsable de mission.
    #[serde(default, skip_serializing_if = "InCharge::is_empty")]
    pub manager: InCharge,
    /// Collaborateur.
    #[serde(default, skip_serializing_if = "InCharge::is_empty")]
    pub assignee: InCharge,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portfolio_id: Option<PortfolioId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "Préfère être appelée le matin."))]
    pub notes: Option<String>,
    /// Seen by partners and by the persons in charge only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confidential: bool,
}

/// Fields that differ between two versions of the facts, by their contract name: before and after.
pub type Changes = BTreeMap<String, (Value, Value)>;

impl DossierFacts {
    pub fn new(siren: Siren, name: impl Into<String>) -> Self {
        Self {
            siren,
            name: name.into(),
            code: None,
            trade_name: None,
            sirets: Vec::new(),
            legal_form: None,
            naf_code: None,
            address: None,
            postal_code: None,
            city: None,
            vat_regimes: Vec::new(),
            headcount: None,
            turnover_cents: None,
            balance_sheet_cents: None,
            fiscal_year_end: None,
            size_override: None,
            vat_group_member: None,
            vat_group_siren: None,
            territory: None,
            non_established: None,
            public_entity: None,
            vat_on_debits: None,
            reports_as: None,
            activity: Activity::default(),
            invoices_per_month: None,
            tool: None,
            tool_platform: None,
            reception_platform: None,
            emission_platform: None,
            platform_decided_by: None,
            registration: None,
            directory_address: None,
            formal_notice_on: None,
            client_informed_on: None,
            early_starts: Vec::new(),
            proofs: Vec::new(),
            obligation_overrides: Vec::new(),
            contacts: Vec::new(),
            manager: InCharge::default(),
            assignee: InCharge::default(),
            portfolio_id: None,
            tags: Vec::new(),
            notes: None,
            confidential: false,
        }
    }

    /// The regime in force on a day.
    pub fn vat_regime_on(&self, day: NaiveDate) -> Option<VatRegime> {
        self.vat_regimes.iter().rev().find(|p| p.from.is_none_or(|from| from <= day)).map(|p| p.regime)
    }

    /// States a regime from `day` on, keeping what came before. The first one known has no start.
    pub fn set_vat_regime(&mut self, regime: VatRegime, day: NaiveDate) {
        if self.vat_regime_on(day) == Some(regime) {
            return;
        }
        if self.vat_regimes.is_empty() {
            self.vat_regimes.push(RegimePeriod { regime, from: None });
            return;
        }
        self.vat_regimes.retain(|p| p.from != Some(day));
        // Said otherwise on the same day and taken back: what came before holds on.
        if self.vat_regime_on(day) == Some(regime) {
            return;
        }
        let at = self.vat_regimes.iter().position(|p| p.from.is_some_and(|from| from > day));
        let period = RegimePeriod { regime, from: Some(day) };
        match at {
            Some(at) => self.vat_regimes.insert(at, period),
            None => self.vat_regimes.push(period),
        }
    }

    pub fn size(&self, today: NaiveDate) -> Size {
        let figures = SizeFigures {
            headcount: self.headcount,
            turnover_cents: self.turnover_cents,
            balance_sheet_cents: self.balance_sheet_cents,
        };
        size::determine(&figures, self.size_override.as_ref().map(|o| o.class), today)
    }

    /// Folded words by which the dossier is found: names, SIREN, code, contacts.
    pub fn search_text(&self) -> String {
        let mut words = format!("{} {}", fold(&self.name), self.siren);
        let mut add = |word: Option<&str>| {
            if let Some(word) = word.filter(|w| !w.is_empty()) {
                words.push(' ');
                words.push_str(&fold(word));
            }
        };
        add(self.trade_name.as_deref());
        add(self.code.as_deref());
        for contact in &self.contacts {
            add(contact.name.as_deref());
            add(contact.email.as_deref());
        }
        words
    }

    /// Who is written to: the first contact with an e-mail.
    pub fn addressee(&self) -> Option<&Contact> {
        self.contacts.iter().find(|c| c.email.as_deref().is_some_and(|e| !e.is_empty()))
    }

    /// The facts that say something, by their contract name.
    pub fn said(&self) -> serde_json::Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map,
            // A struct of plain fields always becomes an object.
            Ok(_) | Err(_) => serde_json::Map::new(),
        }
    }

    /// What changed from `self` to `next`; what is not known is null.
    pub fn changes(&self, next: &DossierFacts) -> Changes {
        if self == next {
            return Changes::new();
        }
        let mut after = next.said();
        let mut changes = Changes::new();
        for (field, old) in self.said() {
            let new = after.remove(&field).unwrap_or(Value::Null);
            if old != new {
                changes.insert(field, (old, new));
            }
        }
        changes.extend(after.into_iter().map(|(field, new)| (field, (Value::Null, new))));
        changes
    }

    /// Sets the named fields to the given values, as an undo does; null empties.
    pub fn with_fields(&self, fields: impl IntoIterator<Item = (String, Value)>) -> Result<Self, serde_json::Error> {
        let mut map = self.said();
        for (field, value) in fields {
            if value.is_null() {
                map.remove(&field);
            } else {
                map.insert(field, value);
            }
        }
        serde_json::from_value(Value::Object(map))
    }

    /// Names of the facts.
    pub const FIELDS: &'static [&'static str] = &[
        "siren",
        "name",
        "code",
        "trade_name",
        "sirets",
        "legal_form",
        "naf_code",
        "address",
        "postal_code",
        "city",
        "vat_regimes",
        "headcount",
        "turnover_cents",
        "balance_sheet_cents",
        "fiscal_year_end",
        "size_override",
        "vat_group_member",
        "vat_group_siren",
        "territory",
        "non_established",
        "public_entity",
        "vat_on_debits",
        "reports_as",
        "activity",
        "invoices_per_month",
        "tool",
        "tool_platform",
        "reception_platform",
        "emission_platform",
        "platform_decided_by",
        "registration",
        "directory_address",
        "formal_notice_on",
        "client_informed_on",
        "early_starts",
        "proofs",
        "obligation_overrides",
        "contacts",
        "manager",
        "assignee",
        "portfolio_id",
        "tags",
        "notes",
        "confidential",
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(s: &str) -> NaiveDate {
        s.parse().unwrap()
    }

    #[test]
    fn the_regime_history_is_dated_and_ordered() {
        let mut f = DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai");
        f.set_vat_regime(VatRegime::Simplified, day("2026-11-21"));
        assert_eq!(f.vat_regimes, [RegimePeriod { regime: VatRegime::Simplified, from: None }]);
        f.set_vat_regime(VatRegime::RealQuarterly, day("2027-01-01"));
        f.set_vat_regime(VatRegime::RealQuarterly, day("2027-02-01"));
        assert_eq!(f.vat_regimes.len(), 2, "the same regime again changes nothing");
        assert_eq!(f.vat_regime_on(day("2026-12-31")), Some(VatRegime::Simplified));
        assert_eq!(f.vat_regime_on(day("2027-01-01")), Some(VatRegime::RealQuarterly));
        f.set_vat_regime(VatRegime::Exempt, day("2027-03-01"));
        f.set_vat_regime(VatRegime::RealQuarterly, day("2027-03-01"));
        assert_eq!(f.vat_regimes.len(), 2, "taken back on the same day, a regime leaves no trace");
        f.set_vat_regime(VatRegime::Franchise, day("2026-12-01"));
        assert_eq!(
            f.vat_regimes.iter().map(|p| p.regime).collect::<Vec<_>>(),
            [VatRegime::Simplified, VatRegime::Franchise, VatRegime::RealQuarterly]
        );
    }

    #[test]
    fn changes_name_the_fields_and_can_be_taken_back() {
        let before = DossierFacts::new(Siren::parse("732829320").unwrap(), "Avant");
        let mut after = before.clone();
        after.name = "Après".into();
        after.headcount = Some(3);
        let changes = before.changes(&after);
        assert_eq!(changes.keys().collect::<Vec<_>>(), ["headcount", "name"]);
        let back = after.with_fields(changes.into_iter().map(|(k, (old, _))| (k, old))).unwrap();
        assert_eq!(back, before);
    }

    #[test]
    fn every_field_is_named_and_what_is_unknown_is_not_written() {
        let mut f = DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai");
        assert_eq!(f.said().keys().collect::<Vec<_>>(), ["name", "siren"]);
        let schema_free: Vec<String> = DossierFacts::FIELDS.iter().map(|s| (*s).to_owned()).collect();
        for field in &schema_free {
            assert!(
                f.with_fields([(field.clone(), Value::Bool(true))]).is_err()
                    || f.with_fields([(field.clone(), Value::Bool(true))]).unwrap() != f,
                "{field} is not a field"
            );
        }
        f.tags.push("a".into());
        assert_eq!(f.with_fields([("tags".to_owned(), Value::Null)]).unwrap().tags, Vec::<String>::new());
    }

    #[test]
    fn facts_that_say_everything_are_read_whole_and_name_every_field() {
        let mut all = serde_json::json!({
            "siren": "732829320", "name": "Essai", "code": "B1", "trade_name": "E", "sirets": ["73282932000074"],
            "legal_form": "SARL", "naf_code": "10.71C", "address": "1 rue", "postal_code": "59800", "city": "Lille",
            "vat_regimes": [{"regime": "simplified", "from": null}], "headcount": 3, "turnover_cents": 1,
            "balance_sheet_cents": 1, "fiscal_year_end": "12-31", "size_override": {"class": "pme", "reason": "r"},
            "vat_group_member": true, "vat_group_siren": "732829320", "territory": "reunion",
            "non_established": false, "public_entity": false, "vat_on_debits": true, "reports_as": "franchise",
            "activity": {"b2b": true, "b2c": null, "b2g": null, "international": true, "sells_abroad": false,
                "buys_abroad": true, "services": true},
            "invoices_per_month": 4, "tool": "Sage", "tool_platform": "SAGE", "reception_platform": "A",
            "emission_platform": "B",
            "directory_address": {"state": "active", "as_of": "2026-11-01", "source": "Annuaire"},
            "formal_notice_on": "2026-11-02", "client_informed_on": "2026-10-01",
            "early_starts": [{"obligation": "emission", "on": "2027-01-01"}],
            "obligation_overrides": [{"obligation": "sales_b2c", "applies": false, "reason": "r"}],
            "contacts": [{"name": "N", "email": null, "phone": null}],
            "manager": {"user_id": null, "label": "M"}, "assignee": {"user_id": null, "label": "A"},
            "portfolio_id": "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11", "tags": ["t"], "notes": "n", "confidential": true
        });
        // Apart: the macro has a limit.
        all["platform_decided_by"] = serde_json::json!("firm");
        all["registration"] = serde_json::json!({"state": "denied", "on": "2026-11-03", "reason": "r"});
        all["proofs"] =
            serde_json::json!([{"criterion": "mandate", "what": "w", "source": "hand", "on": "2026-10-01", "by": "M"}]);
        let facts: DossierFacts = serde_json::from_value(all.clone()).unwrap();
        assert_eq!(Value::Object(facts.said()), all);
        let mut fields: Vec<&str> = DossierFacts::FIELDS.to_vec();
        fields.sort_unstable();
        assert_eq!(facts.said().keys().map(String::as_str).collect::<Vec<_>>(), fields);
    }

    #[test]
    fn one_answer_of_the_activity_alone_is_kept() {
        let mut f = DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai");
        f.activity.services = Some(true);
        let again: DossierFacts = serde_json::from_value(Value::Object(f.said())).unwrap();
        assert_eq!(again.activity.services, Some(true));
    }

    #[test]
    fn a_day_of_the_year_is_checked() {
        assert_eq!(MonthDay::try_from("12-31".to_owned()).unwrap().to_string(), "12-31");
        assert!(MonthDay::try_from("02-30".to_owned()).is_err());
        assert!(MonthDay::try_from("2-3".to_owned()).is_err());
    }
}

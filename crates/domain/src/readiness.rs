//! The explained score of a dossier: weighted criteria, those that apply, against the obligations of the reform.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::obligation::{self, Obligation, ObligationKind, ObligationStatus};
use crate::{DossierFacts, Size, VatRegime, platform, reference};

closed_enum! {
    /// What readiness is made of. Weights, efforts and bits stand in `reference/readiness.json`.
    pub enum Criterion {
        /// Name and a SIREN whose check digit holds.
        Identity = "identity",
        /// A SIRET is known.
        Establishment = "establishment",
        /// The size decides the waves: known, or bounded enough.
        Size = "size",
        VatRegime = "vat_regime",
        /// Platform chosen for reception.
        ReceptionPlatform = "reception_platform",
        /// A contact with an e-mail or a telephone.
        Contact = "contact",
        /// A person of the cabinet is in charge.
        PersonInCharge = "person_in_charge",
        /// B2B, B2C, B2G, international answered.
        Activity = "activity",
        InvoiceVolume = "invoice_volume",
        /// Platform chosen for emission, once its date is known.
        Emission = "emission",
    }
}

closed_enum! {
    pub enum CriterionState { Met = "met", Missing = "missing", NotApplicable = "not_applicable" }
}

closed_enum! {
    /// State of a dossier, worst first.
    pub enum ReadinessState {
        /// An obligation has started and what it needs is missing.
        Late = "late",
        /// What decides the obligations is not known.
        Unknown = "unknown",
        /// An obligation is near and unprepared, or the score is low.
        AtRisk = "at_risk",
        /// Every started obligation is served; gaps remain.
        OnTrack = "on_track",
        /// Every criterion that applies is met.
        Ready = "ready",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CriterionResult {
    pub criterion: Criterion,
    pub state: CriterionState,
    pub weight: u32,
    /// Points won out of `weight`.
    pub points: u32,
    /// The fact that meets it, as the firm wrote it.
    pub evidence: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Readiness {
    /// 0 to 100: points won over points that apply.
    pub score: u32,
    pub state: ReadinessState,
    pub criteria: Vec<CriterionResult>,
    /// Missing criteria, best points per effort first.
    pub next_acts: Vec<Criterion>,
    /// Obligations that have started and lack what they need.
    pub late_for: Vec<ObligationKind>,
    /// Next obligation to come that is not prepared.
    pub next_due: Option<NaiveDate>,
    pub table_version: String,
}

impl Criterion {
    pub fn mask(self) -> i64 {
        reference::readiness().criteria.iter().find(|c| c.code == self).map_or(0, |c| 1 << c.bit)
    }
}

impl Readiness {
    /// Missing criteria as bits, the form in which they are stored and filtered.
    pub fn missing_mask(&self) -> i64 {
        self.criteria.iter().filter(|c| c.state == CriterionState::Missing).fold(0, |mask, c| mask | c.criterion.mask())
    }
}

/// Everything that follows from the facts of a dossier on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    pub regime: Option<VatRegime>,
    pub size: Size,
    pub obligations: Vec<Obligation>,
    pub readiness: Readiness,
}

/// What an obligation needs before it starts.
pub const fn needs(kind: ObligationKind) -> Criterion {
    match kind {
        ObligationKind::Reception => Criterion::ReceptionPlatform,
        ObligationKind::Emission | ObligationKind::EReporting => Criterion::Emission,
    }
}

pub fn evaluate(facts: &DossierFacts, today: NaiveDate) -> Evaluation {
    let size = facts.size(today);
    let obligations = obligation::determine(facts, &size, today);
    let regime = facts.vat_regime_on(today);
    let table = reference::readiness();

    let criteria: Vec<CriterionResult> = table
        .criteria
        .iter()
        .map(|row| {
            let (state, evidence) = judge(row.code, facts, regime, &size, &obligations);
            let points = if state == CriterionState::Met { row.weight } else { 0 };
            CriterionResult { criterion: row.code, state, weight: row.weight, points, evidence }
        })
        .collect();

    let total: u32 = criteria.iter().filter(|c| c.state != CriterionState::NotApplicable).map(|c| c.weight).sum();
    let won: u32 = criteria.iter().map(|c| c.points).sum();
    let score = (won * 100 + total / 2).checked_div(total).unwrap_or_default();

    let is_missing =
        |criterion: Criterion| criteria.iter().any(|c| c.criterion == criterion && c.state == CriterionState::Missing);
    let late_for: Vec<ObligationKind> =
        obligations.iter().filter(|o| o.is_due(today) && is_missing(needs(o.kind))).map(|o| o.kind).collect();
    let next_due =
        obligations.iter().filter(|o| !o.is_due(today) && is_missing(needs(o.kind))).filter_map(|o| o.starts_on).min();
    let undetermined = obligations.iter().any(|o| o.status == ObligationStatus::Undetermined);
    let near = next_due.is_some_and(|due| (due - today).num_days() <= table.at_risk_days);

    let state = if !late_for.is_empty() {
        ReadinessState::Late
    } else if undetermined {
        ReadinessState::Unknown
    } else if criteria.iter().all(|c| c.state != CriterionState::Missing) {
        ReadinessState::Ready
    } else if near || score < table.at_risk_below {
        ReadinessState::AtRisk
    } else {
        ReadinessState::OnTrack
    };

    let mut missing: Vec<_> = table.criteria.iter().filter(|row| is_missing(row.code)).collect();
    missing.sort_by_key(|row| std::cmp::Reverse(row.weight * 1000 / row.effort));
    let next_acts = missing.into_iter().map(|row| row.code).collect();

    let readiness =
        Readiness { score, state, criteria, next_acts, late_for, next_due, table_version: table.version.clone() };
    Evaluation { regime, size, obligations, readiness }
}

fn judge(
    criterion: Criterion,
    facts: &DossierFacts,
    regime: Option<VatRegime>,
    size: &Size,
    obligations: &[Obligation],
) -> (CriterionState, Option<String>) {
    let status = |kind: ObligationKind| obligations.iter().find(|o| o.kind == kind).map(|o| o.status);
    let met = |evidence: Option<String>| match evidence {
        Some(evidence) => (CriterionState::Met, Some(evidence)),
        None => (CriterionState::Missing, None),
    };
    let not_applicable = (CriterionState::NotApplicable, None);
    let out_of_reform = regime.is_some_and(|r| !reference::regime(r).reception);
    match criterion {
        Criterion::Identity => met((facts.siren.is_checked() && !facts.name.trim().is_empty())
            .then(|| format!("{} · {}", facts.siren, facts.name))),
        Criterion::Establishment => met(facts.sirets.first().map(|s| s.to_string())),
        // A non-taxable person has no wave, so neither size nor what follows from it is asked.
        Criterion::Size if out_of_reform => not_applicable,
        Criterion::Size => met(match (size.class, size.at_most_pme) {
            (Some(class), _) => Some(class.to_string()),
            (None, Some(true)) => Some("at_most_pme".to_owned()),
            (None, _) => None,
        }),
        Criterion::VatRegime => met(regime.map(|r| r.to_string())),
        Criterion::ReceptionPlatform if status(ObligationKind::Reception) == Some(ObligationStatus::NotApplicable) => {
            not_applicable
        }
        Criterion::ReceptionPlatform => met(facts.reception_platform.as_deref().map(platform::canonical_name)),
        Criterion::Contact => met(facts
            .contacts
            .iter()
            .find(|c| c.is_reachable())
            .and_then(|c| c.email.clone().or_else(|| c.phone.clone()))),
        Criterion::PersonInCharge => met((facts.assignee.user_id.is_some() || facts.manager.user_id.is_some())
            .then(|| facts.assignee.label.clone().or_else(|| facts.manager.label.clone()).unwrap_or_default())),
        Criterion::Activity | Criterion::InvoiceVolume if out_of_reform => not_applicable,
        Criterion::Activity => met(facts.activity.is_answered().then(String::new)),
        Criterion::InvoiceVolume => met(facts.invoices_per_month.map(|n| n.to_string())),
        Criterion::Emission => {
            let emission = status(ObligationKind::Emission);
            let reporting = status(ObligationKind::EReporting);
            let applies = Some(ObligationStatus::Applies);
            if emission != applies && reporting != applies {
                return not_applicable;
            }
            met(facts.emission_platform.as_deref().map(platform::canonical_name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Contact, RegimePeriod, Siren, Siret};

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()
    }

    fn complete() -> DossierFacts {
        let mut f = DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai");
        f.sirets = vec![Siret::parse("73282932000074").unwrap()];
        f.vat_regimes = vec![RegimePeriod { regime: VatRegime::RealMonthly, from: None }];
        f.headcount = Some(3);
        f.turnover_cents = Some(10_000_000);
        f.balance_sheet_cents = Some(10_000_000);
        f.reception_platform = Some("Pennylane".into());
        f.emission_platform = Some("Pennylane".into());
        f.contacts = vec![Contact { email: Some("a@exemple.fr".into()), ..Default::default() }];
        f.assignee.user_id = Some(crate::UserId::from_uuid(uuid::Uuid::nil()));
        f.activity.b2b = Some(true);
        f.invoices_per_month = Some(20);
        f
    }

    #[test]
    fn states_follow_the_obligations() {
        let state = |f: &DossierFacts| evaluate(f, today()).readiness.state;
        let all = complete();
        assert_eq!((evaluate(&all, today()).readiness.score, state(&all)), (100, ReadinessState::Ready));
        let mut f = complete();
        f.reception_platform = None;
        assert_eq!(state(&f), ReadinessState::Late, "reception is due since 1 September 2026");
        let mut f = complete();
        f.emission_platform = None;
        assert_eq!(state(&f), ReadinessState::OnTrack, "emission of a small firm is far");
        assert_eq!(evaluate(&f, "2027-05-01".parse().unwrap()).readiness.state, ReadinessState::AtRisk);
        let mut f = complete();
        f.headcount = None;
        assert_eq!(state(&f), ReadinessState::Unknown, "unknown is never green");
        let mut f = complete();
        f.vat_regimes.clear();
        assert_eq!(state(&f), ReadinessState::Unknown);
    }

    #[test]
    fn the_points_explain_the_score_and_the_next_act_is_the_cheapest_per_point() {
        let mut f = complete();
        f.contacts.clear();
        f.emission_platform = None;
        let r = evaluate(&f, today()).readiness;
        let (won, total): (u32, u32) = r
            .criteria
            .iter()
            .filter(|c| c.state != CriterionState::NotApplicable)
            .fold((0, 0), |(w, t), c| (w + c.points, t + c.weight));
        assert_eq!(r.score, (won * 100 + total / 2) / total);
        assert_eq!(r.next_acts, [Criterion::Contact, Criterion::Emission]);
        assert_eq!(r.missing_mask(), Criterion::Contact.mask() | Criterion::Emission.mask());
    }

    #[test]
    fn a_non_taxable_person_is_not_asked_for_a_platform() {
        let mut f = complete();
        f.vat_regimes = vec![RegimePeriod { regime: VatRegime::NotTaxable, from: None }];
        f.reception_platform = None;
        f.emission_platform = None;
        f.headcount = None;
        assert_eq!(evaluate(&f, today()).readiness.state, ReadinessState::Ready);
    }
}

//! Which duties of the reform reach a dossier, from when, and why.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::reference::{self, EReportingScope, WaveCode, WaveMember};
use crate::{DossierFacts, Size, SizeClass, SizeInput, Text};

closed_enum! {
    /// A duty of the reform.
    pub enum ObligationKind { Reception = "reception", Emission = "emission", EReporting = "e_reporting" }
}

closed_enum! {
    pub enum ObligationStatus {
        /// Applies from `starts_on`.
        Applies = "applies",
        NotApplicable = "not_applicable",
        /// Not determinable yet: something is missing.
        Undetermined = "undetermined",
    }
}

closed_enum! {
    /// Facts whose absence leaves an obligation undetermined.
    pub enum MissingFact {
        VatRegime = "vat_regime",
        Headcount = "headcount",
        Turnover = "turnover",
        BalanceSheet = "balance_sheet",
        International = "international",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Obligation {
    pub kind: ObligationKind,
    pub status: ObligationStatus,
    pub starts_on: Option<NaiveDate>,
    pub wave: Option<WaveCode>,
    pub missing: Vec<MissingFact>,
    /// One sentence: why it applies, does not, or cannot be told.
    pub reason: Text,
    pub source: String,
}

impl Obligation {
    pub fn is_due(&self, today: NaiveDate) -> bool {
        self.status == ObligationStatus::Applies && self.starts_on.is_some_and(|d| d <= today)
    }

    fn not_applicable(kind: ObligationKind, fr: &str, en: &str, source: &str) -> Self {
        Self {
            kind,
            status: ObligationStatus::NotApplicable,
            starts_on: None,
            wave: None,
            missing: Vec::new(),
            reason: Text::new(fr, en),
            source: source.to_owned(),
        }
    }

    fn undetermined(kind: ObligationKind, missing: Vec<MissingFact>, fr: &str, en: &str) -> Self {
        Self {
            kind,
            status: ObligationStatus::Undetermined,
            starts_on: None,
            wave: None,
            missing,
            reason: Text::new(fr, en),
            source: String::new(),
        }
    }
}

/// Every obligation of a dossier, one per kind.
pub fn determine(facts: &DossierFacts, size: &Size, today: NaiveDate) -> Vec<Obligation> {
    let regime = facts.vat_regime_on(today);
    ObligationKind::ALL
        .iter()
        .map(|kind| {
            let Some(regime) = regime else {
                return Obligation::undetermined(
                    *kind,
                    vec![MissingFact::VatRegime],
                    "Le régime de TVA n’est pas connu.",
                    "The VAT regime is not known.",
                );
            };
            let row = reference::regime(regime);
            let fr = row.label.fr.as_str();
            match kind {
                ObligationKind::Reception if !row.reception => Obligation::not_applicable(
                    *kind,
                    &format!("{fr} : hors du champ de la réforme."),
                    &format!("{}: outside the reform.", row.label.en),
                    &row.source,
                ),
                ObligationKind::Emission if !row.emission => Obligation::not_applicable(
                    *kind,
                    &format!("{fr} : pas de facture électronique à émettre."),
                    &format!("{}: no e-invoice to issue.", row.label.en),
                    &row.source,
                ),
                ObligationKind::Emission if facts.activity.b2b == Some(false) && facts.activity.b2g != Some(true) => {
                    Obligation::not_applicable(
                        *kind,
                        "Aucun client professionnel ni public : rien à émettre, l’e-reporting s’applique.",
                        "No business or public customer: nothing to issue, e-reporting applies.",
                        &row.source,
                    )
                }
                ObligationKind::EReporting if row.e_reporting == EReportingScope::Never => Obligation::not_applicable(
                    *kind,
                    &format!("{fr} : pas d’e-reporting."),
                    &format!("{}: no e-reporting.", row.label.en),
                    &row.source,
                ),
                ObligationKind::EReporting if row.e_reporting == EReportingScope::IfInternational => {
                    match facts.activity.international {
                        Some(true) => from_waves(*kind, facts, size, today),
                        Some(false) => Obligation::not_applicable(
                            *kind,
                            &format!("{fr}, sans achat à l’étranger : pas d’e-reporting."),
                            &format!("{}, no foreign purchase: no e-reporting.", row.label.en),
                            &row.source,
                        ),
                        None => Obligation::undetermined(
                            *kind,
                            vec![MissingFact::International],
                            "Il faut savoir si le dossier achète à l’étranger.",
                            "Whether the dossier buys abroad must be known.",
                        ),
                    }
                }
                ObligationKind::EReporting
                    if facts.activity.b2c == Some(false) && facts.activity.international == Some(false) =>
                {
                    Obligation::not_applicable(
                        *kind,
                        "Ni particuliers ni international : pas d’opération à déclarer.",
                        "Neither consumers nor international: no operation to report.",
                        &row.source,
                    )
                }
                ObligationKind::Reception | ObligationKind::Emission | ObligationKind::EReporting => {
                    from_waves(*kind, facts, size, today)
                }
            }
        })
        .collect()
}

fn from_waves(kind: ObligationKind, facts: &DossierFacts, size: &Size, today: NaiveDate) -> Obligation {
    let member = |who: WaveMember| -> Option<bool> {
        let is = |class: SizeClass| match size.class {
            Some(known) => Some(known == class),
            // Micro and PME share their waves, so "at most PME" settles both.
            None => match (size.at_most_pme, class) {
                (Some(true), SizeClass::Micro | SizeClass::Pme) => Some(true),
                (Some(true), SizeClass::Eti | SizeClass::Ge) => Some(false),
                (Some(false), SizeClass::Micro | SizeClass::Pme) => Some(false),
                (Some(false), SizeClass::Eti | SizeClass::Ge) => Some(true),
                (None, _) => None,
            },
        };
        match who {
            WaveMember::Everyone => Some(true),
            WaveMember::Micro => is(SizeClass::Micro),
            WaveMember::Pme => is(SizeClass::Pme),
            WaveMember::Eti => is(SizeClass::Eti),
            WaveMember::Ge => is(SizeClass::Ge),
            // Membership is rare and known to the firm: no answer counts as no.
            WaveMember::VatGroupMember => Some(facts.vat_group_member == Some(true)),
        }
    };
    let mut waves: Vec<_> = reference::waves()
        .iter()
        .filter(|w| w.obligation == kind && w.valid_from <= today && w.valid_to.is_none_or(|to| today <= to))
        .collect();
    waves.sort_by_key(|w| w.starts_on);
    let mut unknown = false;
    for wave in waves {
        let mut reached = Some(false);
        for who in &wave.who {
            match member(*who) {
                Some(true) => {
                    reached = Some(true);
                    break;
                }
                None => reached = None,
                Some(false) => {}
            }
        }
        match reached {
            Some(true) if !unknown => {
                let (fr, en) = why(wave.starts_on, facts, size);
                return Obligation {
                    kind,
                    status: ObligationStatus::Applies,
                    starts_on: Some(wave.starts_on),
                    wave: Some(wave.code),
                    missing: Vec::new(),
                    reason: Text::new(
                        if wave.who.contains(&WaveMember::Everyone) {
                            "Toutes les tailles sont tenues.".into()
                        } else {
                            fr
                        },
                        if wave.who.contains(&WaveMember::Everyone) { "Every size is bound.".into() } else { en },
                    ),
                    source: wave.source.clone(),
                };
            }
            Some(_) => {}
            None => unknown = true,
        }
    }
    let missing = size
        .missing
        .iter()
        .map(|m| match m {
            SizeInput::Headcount => MissingFact::Headcount,
            SizeInput::Turnover => MissingFact::Turnover,
            SizeInput::BalanceSheet => MissingFact::BalanceSheet,
        })
        .collect();
    Obligation::undetermined(
        kind,
        missing,
        "La taille de l’entreprise n’est pas encore déterminable.",
        "The size of the company is not determinable yet.",
    )
}

fn why(starts_on: NaiveDate, facts: &DossierFacts, size: &Size) -> (String, String) {
    let date = starts_on.format("%d/%m/%Y");
    let (fr, en) = match (facts.vat_group_member, size.class) {
        (Some(true), _) => ("Membre d’un assujetti unique", "Member of a VAT group"),
        (_, Some(SizeClass::Micro)) => ("Micro-entreprise", "Micro company"),
        (_, Some(SizeClass::Pme)) => ("PME", "Small or medium company"),
        (_, Some(SizeClass::Eti)) => ("ETI", "Mid-size company"),
        (_, Some(SizeClass::Ge)) => ("Grande entreprise", "Large company"),
        (_, None) => ("Micro-entreprise ou PME", "Micro, small or medium company"),
    };
    (format!("{fr} : à compter du {date}."), format!("{en}: from {starts_on}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RegimePeriod, Siren, VatRegime};

    fn facts(regime: VatRegime, headcount: u32, turnover: i64) -> DossierFacts {
        let mut f = DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai");
        f.vat_regimes = vec![RegimePeriod { regime, from: None }];
        f.headcount = Some(headcount);
        f.turnover_cents = Some(turnover * 100);
        f.balance_sheet_cents = Some(turnover * 100);
        f
    }

    fn starts(f: &DossierFacts) -> Vec<Option<String>> {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        determine(f, &f.size(today), today).iter().map(|o| o.starts_on.map(|d| d.to_string())).collect()
    }

    #[test]
    fn waves_by_size_and_membership() {
        let day = |s: &str| Some(s.to_owned());
        let small = facts(VatRegime::RealMonthly, 3, 100_000);
        assert_eq!(starts(&small), [day("2026-09-01"), day("2027-09-01"), day("2027-09-01")]);
        let large = facts(VatRegime::RealMonthly, 260, 100_000);
        assert_eq!(starts(&large), [day("2026-09-01"), day("2026-09-01"), day("2026-09-01")]);
        let mut member = facts(VatRegime::RealMonthly, 3, 100_000);
        member.vat_group_member = Some(true);
        assert_eq!(starts(&member), [day("2026-09-01"), day("2026-09-01"), day("2026-09-01")]);
    }

    #[test]
    fn regimes_decide_what_applies() {
        let day = |s: &str| Some(s.to_owned());
        assert_eq!(starts(&facts(VatRegime::NotTaxable, 3, 100_000)), [None, None, None]);
        assert_eq!(starts(&facts(VatRegime::Exempt, 3, 100_000)), [day("2026-09-01"), None, None]);
        let mut buys_abroad = facts(VatRegime::Exempt, 3, 100_000);
        buys_abroad.activity.international = Some(true);
        assert_eq!(starts(&buys_abroad), [day("2026-09-01"), None, day("2027-09-01")]);
    }

    #[test]
    fn an_unknown_size_leaves_emission_open_but_not_reception() {
        let mut f = facts(VatRegime::RealMonthly, 3, 100_000);
        f.headcount = None;
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let o = determine(&f, &f.size(today), today);
        assert_eq!(o[0].status, ObligationStatus::Applies);
        assert_eq!(
            (o[1].status, o[1].missing.as_slice()),
            (ObligationStatus::Undetermined, &[MissingFact::Headcount][..])
        );
        f.vat_group_member = Some(true);
        let o = determine(&f, &f.size(today), today);
        assert_eq!(o[1].starts_on.unwrap().to_string(), "2026-09-01", "a member is bound whatever its size");
    }
}

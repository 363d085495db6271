//! VAT regimes: what each means for the reform is in `reference/vat_regimes.json`; the regimes that the law ends are in
//! `reference/regime_changes.json`. A dossier declares a dated history; the law may end a declared regime.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::reference::{self, RegimeChange};
use crate::{DossierFacts, MonthDay};

closed_enum! {
    /// VAT regime of a dossier.
    pub enum VatRegime {
        /// Réel normal, déclaration mensuelle.
        RealMonthly = "real_monthly",
        /// Réel normal, déclaration trimestrielle.
        RealQuarterly = "real_quarterly",
        /// Régime simplifié d'imposition (CA12), abolished for years opening from 1 January 2027.
        Simplified = "simplified",
        /// Régime simplifié agricole.
        SimplifiedAgricultural = "simplified_agricultural",
        /// Franchise en base.
        Franchise = "franchise",
        /// Taxable person whose operations are all exempt (CGI art. 261 to 261 E).
        Exempt = "exempt",
        /// Not a taxable person: out of the reform.
        NotTaxable = "not_taxable",
    }
}

/// A stretch of time under one regime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegimeSpan {
    /// Nothing for the first one known.
    pub from: Option<NaiveDate>,
    /// Last day; nothing while it lasts.
    pub to: Option<NaiveDate>,
    pub declared: VatRegime,
    /// What applies; nothing when the law ended the declared one and the turnover that decides is not known.
    pub regime: Option<VatRegime>,
    /// The law changed the declared regime.
    pub by_law: bool,
    /// The turnover is between the limit and its tolerance: to be checked.
    pub within_tolerance: bool,
    /// The closing of the financial year is not known: the civil year is assumed.
    pub assumed_year: bool,
}

impl RegimeSpan {
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// First day of the first financial year that opens on or after a day.
pub fn first_opening(on_or_after: NaiveDate, year_end: Option<MonthDay>) -> NaiveDate {
    let opening = |year: i32| match year_end {
        Some(end) => end.in_year(year).and_then(|d| d.succ_opt()),
        None => NaiveDate::from_ymd_opt(year + 1, 1, 1),
    };
    let year = on_or_after.year();
    (year - 1..=year + 1).filter_map(opening).find(|d| *d >= on_or_after).unwrap_or(on_or_after)
}

/// What a change of the law makes of the regime; nothing without the turnover.
fn becomes(change: &RegimeChange, turnover_cents: Option<i64>) -> (Option<VatRegime>, bool) {
    match turnover_cents {
        None => (None, false),
        Some(turnover) if turnover <= change.turnover_at_most_cents => (Some(change.becomes), false),
        Some(turnover) if turnover <= change.tolerance_at_most_cents => (Some(change.becomes), true),
        Some(_) => (Some(change.above), false),
    }
}

/// The history of a dossier with the law applied: spans in order, without gap from the first known day on, without
/// overlap.
pub fn spans(facts: &DossierFacts) -> Vec<RegimeSpan> {
    let mut declared: Vec<_> = facts.vat_regimes.iter().map(|p| (p.from, p.regime)).collect();
    declared.sort_by_key(|p| p.0);
    let mut out = Vec::with_capacity(declared.len() + 1);
    for (i, (from, regime)) in declared.iter().enumerate() {
        let to = match declared.get(i + 1) {
            Some((Some(next), _)) => next.pred_opt(),
            Some((None, _)) => continue,
            None => None,
        };
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            continue;
        }
        let whole = RegimeSpan {
            from: *from,
            to,
            declared: *regime,
            regime: Some(*regime),
            by_law: false,
            within_tolerance: false,
            assumed_year: false,
        };
        let change = reference::regime_changes().rows.iter().find(|c| c.from == *regime);
        let Some(change) = change else {
            out.push(whole);
            continue;
        };
        let day = first_opening(change.financial_years_from, facts.fiscal_year_end);
        if to.is_some_and(|to| to < day) {
            out.push(whole);
            continue;
        }
        if from.is_none_or(|from| from < day) {
            out.push(RegimeSpan { to: day.pred_opt(), ..whole });
        }
        let (regime, within_tolerance) = becomes(change, facts.turnover_cents);
        out.push(RegimeSpan {
            from: Some(from.map_or(day, |from| from.max(day))),
            regime,
            by_law: true,
            within_tolerance,
            assumed_year: facts.fiscal_year_end.is_none(),
            ..whole
        });
    }
    out
}

/// The regime of a day, with the law applied: the declared one and the one that applies.
pub fn on(facts: &DossierFacts, day: NaiveDate) -> Option<RegimeSpan> {
    spans(facts).into_iter().find(|s| s.holds_on(day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RegimePeriod, Siren};

    fn day(s: &str) -> NaiveDate {
        s.parse().unwrap()
    }

    fn simplified(turnover: Option<i64>, year_end: Option<&str>) -> DossierFacts {
        let mut f = DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai");
        f.vat_regimes = vec![RegimePeriod { regime: VatRegime::Simplified, from: None }];
        f.turnover_cents = turnover.map(|t| t * 100);
        f.fiscal_year_end = year_end.map(|e| MonthDay::try_from(e.to_owned()).unwrap());
        f
    }

    fn regime(f: &DossierFacts, on_day: &str) -> Option<VatRegime> {
        on(f, day(on_day)).and_then(|s| s.regime)
    }

    #[test]
    fn the_simplified_regime_ends_with_the_first_year_that_opens_in_2027() {
        let f = simplified(Some(400_000), Some("12-31"));
        assert_eq!(regime(&f, "2026-12-31"), Some(VatRegime::Simplified));
        assert_eq!(regime(&f, "2027-01-01"), Some(VatRegime::RealQuarterly));
        let f = simplified(Some(400_000), Some("06-30"));
        assert_eq!(regime(&f, "2027-06-30"), Some(VatRegime::Simplified));
        assert_eq!(regime(&f, "2027-07-01"), Some(VatRegime::RealQuarterly));
        let f = simplified(Some(1_000_000), None);
        assert_eq!(regime(&f, "2027-01-01"), Some(VatRegime::RealQuarterly));
        assert!(on(&f, day("2027-01-01")).unwrap().assumed_year);
        let f = simplified(Some(1_050_000), None);
        assert!(on(&f, day("2027-01-01")).unwrap().within_tolerance);
        assert_eq!(regime(&f, "2027-01-01"), Some(VatRegime::RealQuarterly));
        assert_eq!(regime(&simplified(Some(1_100_001), None), "2027-01-01"), Some(VatRegime::RealMonthly));
        assert_eq!(regime(&simplified(None, None), "2027-01-01"), None, "the turnover decides");
    }

    #[test]
    fn a_declared_change_meets_the_one_of_the_law_without_gap() {
        let mut f = simplified(Some(400_000), Some("12-31"));
        f.vat_regimes.push(RegimePeriod { regime: VatRegime::RealMonthly, from: Some(day("2027-04-01")) });
        let spans = spans(&f);
        let told: Vec<_> = spans.iter().map(|s| (s.from, s.to, s.regime.unwrap())).collect();
        assert_eq!(
            told,
            [
                (None, Some(day("2026-12-31")), VatRegime::Simplified),
                (Some(day("2027-01-01")), Some(day("2027-03-31")), VatRegime::RealQuarterly),
                (Some(day("2027-04-01")), None, VatRegime::RealMonthly),
            ]
        );
    }

    #[test]
    fn a_leap_year_end_is_a_day_of_every_year() {
        let end = MonthDay::try_from("02-29".to_owned()).unwrap();
        assert_eq!(first_opening(day("2027-01-01"), Some(end)), day("2027-03-01"));
        assert_eq!(first_opening(day("2028-01-01"), Some(end)), day("2028-03-01"));
    }
}

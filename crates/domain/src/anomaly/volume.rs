//! Volume against the dossier's own past, by robust statistics: a median and the median of the distances from it do not
//! move when one month was odd. Months are compared by working day, so that a short February or a May full of holidays
//! is no drop.

use chrono::{Datelike, Months, NaiveDate};

use super::rules::Firm;
use super::words::both;
use super::{AnomalyDetail, AnomalyRule, Finding};
use crate::DossierId;
use crate::flow::FlowDirection;
use crate::holiday;
use crate::text::Text;

/// Flows of one direction issued in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    pub month: NaiveDate,
    pub flows: i64,
}

/// How the last whole month stands against those before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    pub month: NaiveDate,
    pub flows: i64,
    /// What the median of the months before makes of the working days of this one.
    pub usual: f64,
    /// Distances from the median, in usual distances.
    pub deviations: f64,
    /// Months before that were looked at.
    pub months: usize,
}

/// Makes the median distance that of a normal spread.
const NORMAL: f64 = 1.4826;
/// The past that is looked at.
const MOST_MONTHS: usize = 12;

fn first(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

fn next(month: NaiveDate) -> NaiveDate {
    month.checked_add_months(Months::new(1)).unwrap_or(month)
}

/// Working days of a month.
fn working_days(month: NaiveDate) -> f64 {
    let days = month.iter_days().take_while(|day| *day < next(month)).filter(|day| holiday::day_off(*day).is_none());
    days.count().max(1) as f64
}

fn median(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    match n {
        0 => 0.0,
        _ if n % 2 == 1 => sorted[n / 2],
        _ => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// Reads a month against those before it. A month without a row had no flows, from the first one known on. Nothing where
/// the past is shorter than `least` months.
pub fn read(months: &[Month], month: NaiveDate, least: usize) -> Option<Reading> {
    let flows = |m: NaiveDate| months.iter().filter(|x| x.month == m).map(|x| x.flows).sum::<i64>();
    let known = months.iter().filter(|m| m.flows > 0).map(|m| m.month).min()?;
    let past = std::iter::successors(Some(known), |m| Some(next(*m))).take_while(|m| *m < month);
    let rates: Vec<f64> = past.map(|m| flows(m) as f64 / working_days(m)).collect();
    let rates = &rates[rates.len().saturating_sub(MOST_MONTHS)..];
    if rates.len() < least.max(2) {
        return None;
    }
    let middle = median(&sorted(rates.to_vec()));
    let spread = median(&sorted(rates.iter().map(|r| (r - middle).abs()).collect())) * NORMAL;
    // Counting itself spreads: even flows that come as regularly as can be vary by about their root.
    let days = working_days(month);
    let counting = (middle * days).max(1.0).sqrt() / days;
    let deviations = (flows(month) as f64 / days - middle) / spread.max(counting);
    Some(Reading { month, flows: flows(month), usual: middle * days, deviations, months: rates.len() })
}

/// What is unusual of one direction of a dossier. `firm_months` are the flows of the whole firm: where they dropped alike, it
/// is the firm that has not fetched them.
pub fn of_months(
    dossier: DossierId,
    direction: FlowDirection,
    months: &[Month],
    firm_months: &[Month],
    firm: &Firm<'_>,
) -> Vec<Finding> {
    let this = first(firm.today);
    let last = this.checked_sub_months(Months::new(1)).unwrap_or(this);
    let drop = dropped(months, firm_months, last, firm).map(|r| told(AnomalyRule::VolumeDrop, dossier, direction, &r));
    // A month that is not over can already hold too much.
    let burst = [this, last].into_iter().find_map(|month| bursts(months, month, firm));
    let burst = burst.map(|r| told(AnomalyRule::VolumeBurst, dossier, direction, &r));
    drop.into_iter().chain(burst).filter(|f| firm.policy.is_on(f.rule)).collect()
}

fn limits(rule: AnomalyRule, firm: &Firm<'_>) -> (usize, f64, f64, f64) {
    let limit = |name| firm.policy.limit(rule, name);
    (
        usize::try_from(limit("months")).unwrap_or_default(),
        limit("flows") as f64,
        limit("ratio_percent") as f64 / 100.0,
        limit("deviations_percent") as f64 / 100.0,
    )
}

fn dropped(months: &[Month], firm_months: &[Month], month: NaiveDate, firm: &Firm<'_>) -> Option<Reading> {
    const RULE: AnomalyRule = AnomalyRule::VolumeDrop;
    let (least, flows, ratio, deviations) = limits(RULE, firm);
    // What comes in late belongs to the month, too.
    if i64::from(firm.today.day()) <= firm.policy.limit(RULE, "days") {
        return None;
    }
    let is_down = |r: &Reading| (r.flows as f64) < r.usual * ratio;
    let reading = read(months, month, least)?;
    let whole_firm = read(firm_months, month, least).is_some_and(|r| is_down(&r));
    (reading.usual >= flows && is_down(&reading) && reading.deviations <= -deviations && !whole_firm).then_some(reading)
}

fn bursts(months: &[Month], month: NaiveDate, firm: &Firm<'_>) -> Option<Reading> {
    let (least, flows, ratio, deviations) = limits(AnomalyRule::VolumeBurst, firm);
    let reading = read(months, month, least)?;
    let many = reading.flows as f64;
    (many >= flows && many > reading.usual * ratio && reading.deviations >= deviations).then_some(reading)
}

fn told(rule: AnomalyRule, dossier: DossierId, direction: FlowDirection, r: &Reading) -> Finding {
    let (fr, en) = match direction {
        FlowDirection::Sale => ("Ventes", "Sales"),
        FlowDirection::Purchase => ("Achats", "Purchases"),
    };
    let how = Text::new(
        format!(
            "médiane par jour ouvré de {} mois ; écart de {} fois l’écart habituel",
            r.months,
            format!("{:.1}", r.deviations.abs()).replace('.', ",")
        ),
        format!(
            "median per working day of {} months; {:.1} times the usual distance from it",
            r.months,
            r.deviations.abs()
        ),
    );
    let what =
        Text::new(format!("{fr} de {}", r.month.format("%m/%Y")), format!("{en} of {}", r.month.format("%Y-%m")));
    let part = direction.as_str();
    Finding {
        rule,
        cause: format!("{dossier}:{part}"),
        flow: None,
        dossier: Some(dossier),
        fingerprint: format!("{rule}:{dossier}:{part}"),
        detail: AnomalyDetail {
            value: Some(both(&what)),
            expected: Some(both(&how)),
            measured: Some(r.flows),
            normal: Some(r.usual.round() as i64),
            ..AnomalyDetail::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anomaly::Policy;
    use crate::reference;

    fn day(s: &str) -> NaiveDate {
        s.parse().unwrap()
    }

    fn months(from: &str, flows: &[i64]) -> Vec<Month> {
        let months = std::iter::successors(Some(day(from)), |m| Some(next(*m)));
        months.zip(flows).map(|(month, flows)| Month { month, flows: *flows }).collect()
    }

    fn found(today: &str, of: &[i64], firm_of: &[i64]) -> Vec<Finding> {
        let policy = Policy::default();
        let firm = Firm { today: day(today), policy: &policy, register: reference::platforms() };
        let id = "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11".parse().unwrap();
        of_months(id, FlowDirection::Sale, &months("2026-01-01", of), &months("2026-01-01", firm_of), &firm)
    }

    const FIRM: &[i64] = &[900, 880, 940, 910, 870, 950, 930, 890, 920, 910, 300];

    #[test]
    fn a_drop_is_told_against_the_median_and_explained() {
        // October is over, November has begun.
        let found = found("2026-11-10", &[40, 42, 39, 44, 41, 38, 43, 40, 45, 6, 1], FIRM);
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(finding.rule, AnomalyRule::VolumeDrop);
        assert_eq!(finding.detail.measured, Some(6));
        assert!(finding.detail.normal.is_some_and(|n| (40..=48).contains(&n)), "{finding:?}");
        let text = super::super::words::sentence(finding.rule, &finding.detail);
        assert!(text.fr.starts_with("Ventes de 10/2026 : 6 factures au lieu de"), "{}", text.fr);
        assert!(text.fr.contains("médiane par jour ouvré de 9 mois"), "{}", text.fr);
    }

    #[test]
    fn what_is_usual_or_too_little_known_is_not_told() {
        for (why, today, of) in [
            ("one odd month of the past moves no median", "2026-11-10", &[40, 42, 400, 44, 41, 38, 43, 40, 45, 36][..]),
            ("flows that vary widely", "2026-11-10", &[40, 5, 80, 12, 60, 3, 75, 20, 50, 6][..]),
            ("a short past", "2026-11-10", &[0, 0, 0, 0, 0, 40, 41, 40, 39, 3][..]),
            ("few flows", "2026-11-10", &[4, 5, 4, 4, 5, 4, 5, 4, 4, 0][..]),
            ("what comes late may still come", "2026-11-04", &[40, 42, 39, 44, 41, 38, 43, 40, 45, 6][..]),
        ] {
            assert!(found(today, of, FIRM).is_empty(), "{why}");
        }
    }

    #[test]
    fn where_the_whole_firm_drops_no_dossier_does() {
        let mut all: Vec<i64> = FIRM.to_vec();
        all[9] = 120;
        assert!(found("2026-11-10", &[40, 42, 39, 44, 41, 38, 43, 40, 45, 6], &all).is_empty());
    }

    #[test]
    fn a_burst_is_told_before_its_month_is_over() {
        let found = found("2026-11-10", &[40, 42, 39, 44, 41, 38, 43, 40, 45, 41, 260], FIRM);
        assert_eq!(
            found.iter().map(|f| (f.rule, f.detail.measured)).collect::<Vec<_>>(),
            [(AnomalyRule::VolumeBurst, Some(260))]
        );
    }
}

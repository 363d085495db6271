//! Burn-up: from how many dossiers were prepared week after week to the day on which all would be.
//!
//! The pace is the mean of the last weekly increments, its doubt the standard error of that mean; the interval of days
//! comes from the pace more or less its error times Student's quantile (80 %, two-sided). Few weeks, a wide interval;
//! fewer than three, no projection.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// How many dossiers an obligation reaches and how many are prepared, on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PacePoint {
    pub on: NaiveDate,
    pub reached: u64,
    pub prepared: u64,
}

closed_enum! {
    pub enum PaceVerdict {
        /// Everything is prepared.
        Done = "done",
        /// At this pace, before the day.
        InTime = "in_time",
        /// The mean pace is in time, the slow end of the interval is not.
        Uncertain = "uncertain",
        /// Not at this pace.
        NotAtThisPace = "not_at_this_pace",
        /// Too few weeks to tell.
        TooEarly = "too_early",
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Projection {
    pub remaining: u64,
    /// Dossiers prepared in a week, over the weeks counted.
    pub per_week: f64,
    pub weeks: u32,
    /// Day on which all would be prepared at this pace.
    pub expected_on: Option<NaiveDate>,
    /// Interval of that day (80 %); no latest day when the slow end of the pace stands still.
    pub earliest_on: Option<NaiveDate>,
    pub latest_on: Option<NaiveDate>,
    /// Pace that would still be in time; nothing once the day is past.
    pub needed_per_week: Option<f64>,
    pub verdict: PaceVerdict,
}

/// Weeks that the pace looks back on.
const WEEKS: usize = 8;

/// Student's quantile at 90 % (80 % two-sided) by degrees of freedom, from 1.
const STUDENT_90: [f64; 10] = [3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372];

/// Points one week apart, the last one first, each the latest at or before its day.
fn weekly(points: &[PacePoint], today: NaiveDate) -> Vec<PacePoint> {
    let mut sorted: Vec<PacePoint> = points.iter().copied().filter(|p| p.on <= today).collect();
    sorted.sort_by_key(|p| p.on);
    let Some(first) = sorted.first().map(|p| p.on) else { return Vec::new() };
    (0..=WEEKS as u64)
        .map_while(|week| today.checked_sub_days(Days::new(7 * week)).filter(|day| *day >= first))
        .filter_map(|day| sorted.iter().rev().find(|p| p.on <= day).copied())
        .collect()
}

fn day_after(today: NaiveDate, remaining: u64, per_week: f64) -> Option<NaiveDate> {
    let days = (remaining as f64 / per_week * 7.0).ceil();
    // A century is as good as never.
    (per_week > 0.0 && days < 36_500.0).then(|| today.checked_add_days(Days::new(days as u64))).flatten()
}

/// Projects the day on which everything will be prepared, against the day on which it must be.
pub fn project(points: &[PacePoint], due_on: NaiveDate, today: NaiveDate) -> Projection {
    let weekly = weekly(points, today);
    let remaining = weekly.first().map_or(0, |p| p.reached.saturating_sub(p.prepared));
    // What is left over moves by work done and by dossiers that come and go: the pace is that of the gap closing.
    let gap = |p: &PacePoint| p.reached as f64 - p.prepared as f64;
    let steps: Vec<f64> = weekly.windows(2).map(|w| gap(&w[1]) - gap(&w[0])).collect();
    let n = steps.len();
    let mean = if n == 0 { 0.0 } else { steps.iter().sum::<f64>() / n as f64 };
    let days_left = (due_on - today).num_days();
    let needed = (days_left > 0).then(|| remaining as f64 / (days_left as f64 / 7.0));
    let none = |verdict| Projection {
        remaining,
        per_week: mean,
        weeks: n as u32,
        expected_on: None,
        earliest_on: None,
        latest_on: None,
        needed_per_week: needed,
        verdict,
    };
    if weekly.is_empty() {
        return none(PaceVerdict::TooEarly);
    }
    if remaining == 0 {
        return none(PaceVerdict::Done);
    }
    if n < 3 {
        return none(PaceVerdict::TooEarly);
    }
    let variance = steps.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
    let doubt = STUDENT_90[(n - 2).min(STUDENT_90.len() - 1)] * (variance / n as f64).sqrt();
    let expected_on = day_after(today, remaining, mean);
    let latest_on = day_after(today, remaining, mean - doubt);
    let verdict = match (expected_on, latest_on) {
        (Some(expected), Some(latest)) if expected <= due_on && latest <= due_on => PaceVerdict::InTime,
        (Some(expected), _) if expected <= due_on => PaceVerdict::Uncertain,
        _ => PaceVerdict::NotAtThisPace,
    };
    Projection { expected_on, earliest_on: day_after(today, remaining, mean + doubt), latest_on, ..none(verdict) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(s: &str) -> NaiveDate {
        s.parse().unwrap()
    }

    fn history(prepared: &[u64], reached: u64) -> Vec<PacePoint> {
        let n = prepared.len() as u64;
        prepared
            .iter()
            .zip(0u64..)
            .map(|(p, i)| PacePoint { on: day("2026-11-22") - Days::new(7 * (n - 1 - i)), reached, prepared: *p })
            .collect()
    }

    #[test]
    fn a_steady_pace_has_a_sharp_day() {
        let p = project(&history(&[0, 10, 20, 30, 40], 100), day("2027-09-01"), day("2026-11-22"));
        assert_eq!((p.remaining, p.per_week, p.weeks), (60, 10.0, 4));
        assert_eq!(p.expected_on, Some(day("2027-01-03")), "six weeks");
        assert_eq!((p.earliest_on, p.latest_on), (p.expected_on, p.expected_on));
        assert_eq!(p.verdict, PaceVerdict::InTime);
        let late = project(&history(&[0, 10, 20, 30, 40], 100), day("2026-12-01"), day("2026-11-22"));
        assert_eq!(late.verdict, PaceVerdict::NotAtThisPace);
    }

    #[test]
    fn an_uneven_pace_has_an_interval_and_may_have_no_latest_day() {
        let p = project(&history(&[0, 1, 9, 10, 24], 60), day("2027-09-01"), day("2026-11-22"));
        assert!(p.earliest_on < p.expected_on);
        assert!(p.latest_on.is_none_or(|latest| Some(latest) > p.expected_on));
        let p = project(&history(&[0, 0, 30, 30, 30], 60), day("2027-09-01"), day("2026-11-22"));
        assert_eq!((p.verdict, p.latest_on), (PaceVerdict::Uncertain, None));
    }

    #[test]
    fn no_progress_is_said_plainly_and_few_weeks_say_nothing() {
        let day = |s: &str| s.parse::<NaiveDate>().unwrap();
        let p = project(&history(&[5, 5, 5, 5], 60), day("2027-09-01"), day("2026-11-22"));
        assert_eq!((p.verdict, p.expected_on), (PaceVerdict::NotAtThisPace, None));
        let p = project(&history(&[5, 8], 60), day("2027-09-01"), day("2026-11-22"));
        assert_eq!(p.verdict, PaceVerdict::TooEarly);
        let p = project(&history(&[60], 60), day("2027-09-01"), day("2026-11-22"));
        assert_eq!(p.verdict, PaceVerdict::Done);
        assert_eq!(project(&[], day("2027-09-01"), day("2026-11-22")).verdict, PaceVerdict::TooEarly);
    }
}

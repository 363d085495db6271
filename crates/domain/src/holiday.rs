//! Days on which an office is closed. Deadlines of the reform do not move for them; a warning says so.

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use serde::{Deserialize, Serialize};

use crate::Text;
use crate::reference::{self, Dated, Holiday, HolidayPlace};

/// A day off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DayOff {
    Saturday,
    Sunday,
    /// A public holiday, by its code and name.
    Holiday {
        code: String,
        label: Text,
    },
}

/// Easter Sunday of a year of the Gregorian calendar (the anonymous computus).
pub fn easter(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e, f) = (b / 4, b % 4, (b + 8) / 25);
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    NaiveDate::from_ymd_opt(year, u32::try_from(n / 31).ok()?, u32::try_from(n % 31 + 1).ok()?)
}

impl Holiday {
    /// Its day in a year; not every year has the row in force.
    fn in_year(&self, year: i32) -> Option<NaiveDate> {
        let fixed = self.day.and_then(|d| d.in_year(year));
        let day = fixed.or_else(|| easter(year)?.checked_add_signed(TimeDelta::try_days(self.days_after_easter?)?))?;
        self.in_force(day).then_some(day)
    }
}

/// The public holiday that a date is in a place.
pub fn holiday_in(date: NaiveDate, place: HolidayPlace) -> Option<&'static Holiday> {
    let mut kept = reference::holidays().rows.iter().filter(|h| h.in_force(date) && h.is_kept_in(place));
    kept.find(|h| h.in_year(date.year()) == Some(date))
}

/// All public holidays of a year in a place: cheaper than to ask day by day.
pub fn holidays_of(year: i32, place: HolidayPlace) -> impl Iterator<Item = NaiveDate> {
    reference::holidays().rows.iter().filter(move |h| h.is_kept_in(place)).filter_map(move |h| h.in_year(year))
}

/// The day off that a date is on the mainland, if it is one; a holiday before a week-end day.
pub fn day_off(date: NaiveDate) -> Option<DayOff> {
    match (holiday_in(date, HolidayPlace::Metropole), date.weekday()) {
        (Some(h), _) => Some(DayOff::Holiday { code: h.code.clone(), label: h.label.clone() }),
        (None, Weekday::Sat) => Some(DayOff::Saturday),
        (None, Weekday::Sun) => Some(DayOff::Sunday),
        (None, _) => None,
    }
}

impl DayOff {
    /// The warning on a deadline that falls on it.
    pub fn warning(&self, date: NaiveDate) -> Text {
        let (fr, en) = match self {
            Self::Saturday => ("un samedi", "a Saturday"),
            Self::Sunday => ("un dimanche", "a Sunday"),
            Self::Holiday { label, .. } => (label.fr.as_str(), label.en.as_str()),
        };
        let (fr, en) = match self {
            Self::Holiday { .. } => (format!("férié ({fr})"), format!("a public holiday ({en})")),
            Self::Saturday | Self::Sunday => (fr.to_owned(), en.to_owned()),
        };
        Text::new(
            format!("Le {} est {fr} : l’échéance n’est pas reportée.", date.format("%d/%m/%Y")),
            format!("{date} is {en}: the deadline does not move."),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_and_the_days_that_follow_it() {
        for (year, day) in [(2026, "2026-04-05"), (2027, "2027-03-28"), (2028, "2028-04-16"), (2030, "2030-04-21")] {
            assert_eq!(easter(year).unwrap().to_string(), day);
        }
        let code = |d: &str| match day_off(d.parse().unwrap()) {
            Some(DayOff::Holiday { code, .. }) => code,
            other => format!("{other:?}"),
        };
        assert_eq!(code("2026-04-06"), "easter_monday");
        assert_eq!(code("2027-05-06"), "ascension");
        assert_eq!(code("2027-05-17"), "whit_monday");
        assert_eq!(code("2026-11-11"), "armistice");
        assert_eq!(day_off("2027-01-10".parse().unwrap()), Some(DayOff::Sunday));
        assert_eq!(day_off("2026-11-20".parse().unwrap()), None);
        // Not on the mainland.
        assert_eq!(day_off("2027-03-26".parse().unwrap()), None);
    }
}

//! Working time: the hours in which a firm works, over public holidays and changes of the clock. Deadlines of anomalies
//! count in it. Every moment that comes in or goes out is UTC.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc, Weekday};
use serde::{Deserialize, Serialize};

use crate::holiday;
use crate::reference::HolidayPlace;

/// The hours of a firm: the same on each of its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hours {
    /// 1 is Monday.
    pub days: BTreeSet<u8>,
    pub from: NaiveTime,
    pub to: NaiveTime,
    /// Whose public holidays are kept, and whose clock.
    pub place: HolidayPlace,
    /// Closed on these days, too.
    pub closed: BTreeSet<NaiveDate>,
}

impl Default for Hours {
    /// Monday to Friday, nine to six.
    fn default() -> Self {
        Self {
            days: (1..=5).collect(),
            from: NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default(),
            to: NaiveTime::from_hms_opt(18, 0, 0).unwrap_or_default(),
            place: HolidayPlace::Metropole,
            closed: BTreeSet::new(),
        }
    }
}

/// Days that are looked at for one deadline; a firm that never works within them has no hours to count in.
const FARTHEST: usize = 3_700;

impl Hours {
    /// Whether the firm works on a day.
    pub fn works_on(&self, day: NaiveDate) -> bool {
        self.days.contains(&(day.weekday().number_from_monday() as u8))
            && !self.closed.contains(&day)
            && holiday::holiday_in(day, self.place).is_none()
    }

    /// Minutes of work in a day without change of the clock.
    pub fn day_minutes(&self) -> i64 {
        (self.to - self.from).num_minutes().max(0)
    }

    /// Opening and closing of a day.
    fn span(&self, day: NaiveDate) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let (from, to) = (self.place.utc(day.and_time(self.from)), self.place.utc(day.and_time(self.to)));
        (self.works_on(day) && from < to).then_some((from, to))
    }

    fn spans(&self, from: NaiveDate) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
        from.iter_days().take(FARTHEST).filter_map(|day| self.span(day))
    }

    /// The moment at which so many minutes of work have passed since `start`: never outside the hours, at the latest at
    /// their end. No minutes lead to `start` itself, or to the next opening.
    pub fn after(&self, start: DateTime<Utc>, minutes: i64) -> DateTime<Utc> {
        let mut left = Duration::minutes(minutes.max(0));
        for (open, close) in self.spans(self.place.day(start)) {
            let begin = open.max(start);
            if begin >= close {
                continue;
            }
            if left <= close - begin {
                return begin + left;
            }
            left -= close - begin;
        }
        start + left
    }

    /// Minutes of work from one moment to a later one; nothing the other way round.
    pub fn minutes_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
        let worked = self
            .spans(self.place.day(from))
            .take_while(|(open, _)| *open < to)
            .fold(Duration::zero(), |sum, (open, close)| sum + (close.min(to) - open.max(from)).max(Duration::zero()));
        worked.num_minutes()
    }
}

/// The clock of an anomaly: when it is due while it runs, what is left while it stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    Runs {
        due_at: DateTime<Utc>,
        /// From here on it is near its deadline.
        warn_at: DateTime<Utc>,
    },
    /// Minutes of work; negative when it stood over its deadline.
    Stands { left: i64 },
}

impl Clock {
    /// Starts, or goes on with what is left of a whole time in minutes, to be warned of at a share of it.
    pub fn start(hours: &Hours, now: DateTime<Utc>, left: i64, whole: i64, warn_percent: u8) -> Self {
        if left < 0 {
            // It was late before it stood still, and is so still.
            return Self::Runs { due_at: now, warn_at: now };
        }
        let after_warning = whole.max(0) * (100 - i64::from(warn_percent.min(100))) / 100;
        Self::Runs { due_at: hours.after(now, left), warn_at: hours.after(now, (left - after_warning).max(0)) }
    }

    /// Stops it.
    pub fn stop(self, hours: &Hours, now: DateTime<Utc>) -> Self {
        match self {
            Self::Stands { .. } => self,
            Self::Runs { due_at, .. } if due_at <= now => {
                Self::Stands { left: -hours.minutes_between(due_at, now).max(1) }
            }
            Self::Runs { due_at, .. } => Self::Stands { left: hours.minutes_between(now, due_at) },
        }
    }
}

impl HolidayPlace {
    /// Hours ahead of UTC on its clock; nothing where the clock changes with the seasons, as in Paris.
    const fn fixed_hours(self) -> Option<i32> {
        match self {
            Self::Metropole | Self::AlsaceMoselle => None,
            Self::Guadeloupe | Self::Martinique | Self::SaintMartin | Self::SaintBarthelemy => Some(-4),
            Self::Guyane => Some(-3),
            Self::Mayotte => Some(3),
            Self::Reunion => Some(4),
        }
    }

    fn hours_ahead(self, at: DateTime<Utc>) -> i64 {
        self.fixed_hours().map_or_else(|| paris_hours_ahead(at), i64::from)
    }

    /// What its clock shows.
    pub fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        (at + Duration::hours(self.hours_ahead(at))).naive_utc()
    }

    pub fn day(self, at: DateTime<Utc>) -> NaiveDate {
        self.local(at).date()
    }

    /// The moment at which its clock shows a time: the first one where it does so twice, the one after the leap where it
    /// never does.
    pub fn utc(self, local: NaiveDateTime) -> DateTime<Utc> {
        let as_utc = Utc.from_utc_datetime(&local);
        if let Some(hours) = self.fixed_hours() {
            return as_utc - Duration::hours(i64::from(hours));
        }
        let summer = as_utc - Duration::hours(2);
        if paris_hours_ahead(summer) == 2 { summer } else { as_utc - Duration::hours(1) }
    }
}

/// Hours by which Paris is ahead of UTC: one, two from the last Sunday of March 01:00 UTC to the last Sunday of October
/// 01:00 UTC (directive 2000/84/CE). A table of zones would weigh more than this rule.
pub fn paris_hours_ahead(at: DateTime<Utc>) -> i64 {
    let change = |month: u32| {
        let last = NaiveDate::from_ymd_opt(at.year(), month, 31).unwrap_or_default();
        let sunday = last - Days::new(u64::from(last.weekday().days_since(Weekday::Sun)));
        Utc.from_utc_datetime(&sunday.and_hms_opt(1, 0, 0).unwrap_or_default())
    };
    if at >= change(3) && at < change(10) { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn deadlines_pass_over_nights_week_ends_and_holidays() {
        let hours = Hours::default();
        for (start, minutes, due) in [
            // Friday 16:00 in Paris, four hours: two on Friday, two on Monday.
            ("2026-11-27T15:00:00Z", 240, "2026-11-30T10:00:00Z"),
            // Before the doors open.
            ("2026-11-26T05:00:00Z", 60, "2026-11-26T09:00:00Z"),
            // The whole rest of a day is due at its end, not at the next beginning.
            ("2026-11-26T09:00:00Z", 480, "2026-11-26T17:00:00Z"),
            // Over Christmas, a Friday, and the week-end.
            ("2026-12-24T16:30:00Z", 60, "2026-12-28T08:30:00Z"),
            // Over the change to summer time: nine o'clock is an hour earlier in UTC.
            ("2027-03-26T16:00:00Z", 120, "2027-03-30T08:00:00Z"),
            ("2026-11-28T12:00:00Z", 0, "2026-11-30T08:00:00Z"),
        ] {
            assert_eq!(hours.after(at(start), minutes), at(due), "{start} + {minutes}");
        }
    }

    #[test]
    fn each_place_keeps_its_own_days_and_clock() {
        let day = |s: &str| s.parse::<NaiveDate>().unwrap();
        let of = |place| Hours { place, ..Hours::default() };
        for (place, closed) in [
            (HolidayPlace::AlsaceMoselle, "2027-03-26"),
            (HolidayPlace::Mayotte, "2027-04-27"),
            (HolidayPlace::Martinique, "2028-05-22"),
            (HolidayPlace::Guadeloupe, "2027-05-27"),
            (HolidayPlace::Guyane, "2027-06-10"),
            (HolidayPlace::Reunion, "2027-12-20"),
        ] {
            assert!(!of(place).works_on(day(closed)), "{place}");
            assert!(Hours::default().works_on(day(closed)), "{place}: a working day in Paris");
            assert!(!of(place).works_on(day("2027-07-14")), "{place}");
        }
        // Nine o'clock in Saint-Denis de La Réunion.
        assert_eq!(of(HolidayPlace::Reunion).after(at("2026-11-26T00:00:00Z"), 0), at("2026-11-26T05:00:00Z"));
    }

    #[test]
    fn a_clock_that_stood_still_has_lost_nothing() {
        let hours = Hours::default();
        let monday = at("2026-11-23T08:00:00Z");
        let clock = Clock::start(&hours, monday, 1_080, 1_080, 80);
        assert_eq!(
            clock,
            Clock::Runs { due_at: at("2026-11-24T17:00:00Z"), warn_at: at("2026-11-24T13:24:00Z") },
            "two days, warned of when a fifth is left"
        );
        let stopped = clock.stop(&hours, at("2026-11-23T10:00:00Z"));
        assert_eq!(stopped, Clock::Stands { left: 960 });
        let Clock::Stands { left } = stopped else { unreachable!() };
        let again = Clock::start(&hours, at("2026-12-01T10:00:00Z"), left, 1_080, 80);
        assert!(matches!(again, Clock::Runs { due_at, .. } if due_at == at("2026-12-02T17:00:00Z")));
        let late = clock.stop(&hours, at("2026-11-25T09:00:00Z"));
        assert_eq!(late, Clock::Stands { left: -60 });
        assert!(matches!(Clock::start(&hours, monday, -60, 1_080, 80), Clock::Runs { due_at, .. } if due_at == monday));
    }

    #[test]
    fn a_firm_that_never_works_is_counted_by_the_clock() {
        let hours = Hours { days: BTreeSet::new(), ..Hours::default() };
        assert_eq!(hours.after(at("2026-11-26T00:00:00Z"), 60), at("2026-11-26T01:00:00Z"));
    }

    fn any_hours() -> impl Strategy<Value = Hours> {
        let places = proptest::sample::select(HolidayPlace::ALL);
        let days = proptest::collection::btree_set(1_u8..=7, 1..=7);
        (days, 0_u32..22, 60_u32..=1_439, places, proptest::collection::btree_set(0_u64..800, 0..6)).prop_map(
            |(days, from, length, place, closed)| {
                let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
                let from_minutes = from * 60;
                let to_minutes = (from_minutes + length).min(1_439);
                let time = |m: u32| NaiveTime::from_hms_opt(m / 60, m % 60, 0).unwrap();
                let closed = closed.into_iter().map(|n| first + Days::new(n)).collect();
                Hours { days, from: time(from_minutes), to: time(to_minutes), place, closed }
            },
        )
    }

    /// Minutes over two years, dense around the changes of the clock.
    fn any_moment() -> impl Strategy<Value = DateTime<Utc>> {
        let around = |text: &'static str| (-4_320_i64..4_320).prop_map(move |m| at(text) + Duration::minutes(m));
        prop_oneof![
            (0_i64..1_051_200).prop_map(|m| at("2026-01-01T00:00:00Z") + Duration::minutes(m)),
            around("2026-03-29T01:00:00Z"),
            around("2026-10-25T01:00:00Z"),
        ]
    }

    proptest! {
        #[test]
        fn a_deadline_lies_within_the_hours_and_after_exactly_its_minutes(
            hours in any_hours(), start in any_moment(), minutes in 0_i64..20_000,
        ) {
            let due = hours.after(start, minutes);
            prop_assert!(due >= start);
            let within = hours.spans(hours.place.day(due)).next().is_some_and(|(open, close)| open <= due && due <= close);
            prop_assert!(within, "{due} is outside the hours");
            prop_assert_eq!(hours.minutes_between(start, due), minutes);
        }

        #[test]
        fn later_starts_and_longer_times_are_never_due_earlier(
            hours in any_hours(), start in any_moment(), wait in 0_i64..10_000, minutes in 0_i64..5_000, more in 0_i64..5_000,
        ) {
            let due = hours.after(start, minutes);
            prop_assert!(hours.after(start + Duration::minutes(wait), minutes) >= due);
            prop_assert!(hours.after(start, minutes + more) >= due);
        }

        #[test]
        fn a_clock_on_the_wall_and_utc_agree(moment in any_moment(), place in proptest::sample::select(HolidayPlace::ALL)) {
            let back = place.utc(place.local(moment));
            // The hour that the clock shows twice is read as the first one.
            prop_assert!(back == moment || moment - back == Duration::hours(1));
        }
    }
}

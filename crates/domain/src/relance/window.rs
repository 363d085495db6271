//! The days and hours in which messages leave, on the clock of each client. The days of a place are counted once, so that
//! tens of thousands of plans may look at them.

use std::sync::OnceLock;

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use crate::holiday;
use crate::reference::HolidayPlace;
use crate::working_time::Hours;

const PLACES: usize = HolidayPlace::ALL.len();

/// Days before and after today that are counted ahead; others are looked at one by one.
const BEFORE: u64 = 400;
const AFTER: u64 = 1_200;

/// Days that are looked at for one moment; a window that does not open within them never does.
const FARTHEST: usize = 3_700;

/// The window of a firm over all places.
#[derive(Debug)]
pub struct Window {
    hours: Hours,
    first: NaiveDate,
    last: NaiveDate,
    places: [OnceLock<Vec<u64>>; PLACES],
}

impl Window {
    /// Quick for the days around today, right for all.
    pub fn new(hours: &Hours, today: NaiveDate) -> Self {
        let first = today.checked_sub_days(Days::new(BEFORE)).unwrap_or(today);
        let last = today.checked_add_days(Days::new(AFTER)).unwrap_or(today);
        Self::over(hours, first, last)
    }

    /// Quick for the days from one to another.
    pub fn over(hours: &Hours, first: NaiveDate, last: NaiveDate) -> Self {
        Self { hours: hours.clone(), first, last, places: std::array::from_fn(|_| OnceLock::new()) }
    }

    /// Where the firm is: whole days of many clients are told on its clock.
    pub fn firm(&self) -> HolidayPlace {
        self.hours.place
    }

    /// A bit for each day from the first to the last.
    fn days(&self, place: HolidayPlace) -> &[u64] {
        self.places[place as usize].get_or_init(|| {
            let count = usize::try_from((self.last - self.first).num_days() + 1).unwrap_or_default();
            let mut days = vec![0_u64; count.div_ceil(64)];
            for (n, day) in self.first.iter_days().take(count).enumerate() {
                if self.is_a_day_of_the_week(day) && !self.hours.closed.contains(&day) {
                    days[n / 64] |= 1 << (n % 64);
                }
            }
            let years = self.first.year()..=self.last.year();
            for day in years.flat_map(|year| holiday::holidays_of(year, place)) {
                if let Some(n) = self.number(day) {
                    days[n / 64] &= !(1 << (n % 64));
                }
            }
            days
        })
    }

    fn number(&self, day: NaiveDate) -> Option<usize> {
        (day <= self.last).then(|| usize::try_from((day - self.first).num_days()).ok()).flatten()
    }

    fn is_a_day_of_the_week(&self, day: NaiveDate) -> bool {
        self.hours.days.contains(&(day.weekday().number_from_monday() as u8))
    }

    /// Whether messages leave on a day.
    pub fn sends_on(&self, place: HolidayPlace, day: NaiveDate) -> bool {
        match self.number(day) {
            Some(n) => self.days(place)[n / 64] >> (n % 64) & 1 == 1,
            None => {
                self.is_a_day_of_the_week(day)
                    && !self.hours.closed.contains(&day)
                    && holiday::holiday_in(day, place).is_none()
            }
        }
    }

    /// The hour at which the window opens, on any day.
    pub fn opening(&self, place: HolidayPlace, day: NaiveDate) -> DateTime<Utc> {
        place.utc(day.and_time(self.hours.from))
    }

    fn closing(&self, place: HolidayPlace, day: NaiveDate) -> DateTime<Utc> {
        place.utc(day.and_time(self.hours.to))
    }

    /// Whether a message may leave at a moment: from the opening on, no more at the closing.
    pub fn contains(&self, place: HolidayPlace, at: DateTime<Utc>) -> bool {
        let day = place.day(at);
        self.sends_on(place, day) && self.opening(place, day) <= at && at < self.closing(place, day)
    }

    /// The first moment from one on at which a message may leave; nothing when the window never opens.
    pub fn next(&self, place: HolidayPlace, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.hours.from >= self.hours.to || self.hours.days.is_empty() {
            return None;
        }
        let days = place.day(from).iter_days().take(FARTHEST).filter(|day| self.sends_on(place, *day));
        days.map(|day| (self.opening(place, day).max(from), self.closing(place, day)))
            .find(|(at, closing)| at < closing)
            .map(|(at, _)| at)
    }

    /// The day so many days after another, or before it; working days are those on which messages leave.
    pub fn shift(&self, place: HolidayPlace, base: NaiveDate, days: i32, working: bool) -> NaiveDate {
        let count = u64::from(days.unsigned_abs());
        let later = days >= 0;
        let to = |n: u64| {
            let n = Days::new(n);
            if later { base.checked_add_days(n) } else { base.checked_sub_days(n) }
        };
        if !working || count == 0 {
            return to(count).unwrap_or(base);
        }
        let on = (1..=FARTHEST as u64).map_while(to).filter(|day| self.sends_on(place, *day));
        on.take(count as usize).last().unwrap_or(base)
    }

    /// The last day on which messages leave, up to one.
    pub fn on_or_before(&self, place: HolidayPlace, day: NaiveDate) -> NaiveDate {
        let mut back = (0..FARTHEST as u64).map_while(|n| day.checked_sub_days(Days::new(n)));
        back.find(|day| self.sends_on(place, *day)).unwrap_or(day)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(s: &str) -> NaiveDate {
        s.parse().unwrap()
    }

    fn at(s: &str) -> DateTime<Utc> {
        s.parse().unwrap()
    }

    fn window() -> Window {
        Window::new(&Hours::default(), day("2026-03-16"))
    }

    #[test]
    fn the_next_moment_is_in_the_window_of_the_client() {
        use HolidayPlace as P;
        for (place, from, next) in [
            // Friday 17:55 in Paris is still in the window, 18:00 is not.
            (P::Metropole, "2026-03-13T16:55:00Z", "2026-03-13T16:55:00Z"),
            (P::Metropole, "2026-03-13T17:00:00Z", "2026-03-16T08:00:00Z"),
            // Over the change to summer time: nine o'clock is an hour earlier in UTC.
            (P::Metropole, "2026-03-27T17:00:00Z", "2026-03-30T07:00:00Z"),
            // And back.
            (P::Metropole, "2026-10-23T16:00:00Z", "2026-10-26T08:00:00Z"),
            // 1 May is a Friday in 2026.
            (P::Metropole, "2026-04-30T16:00:00Z", "2026-05-04T07:00:00Z"),
            // Good Friday is kept in Alsace-Moselle alone; Easter Monday everywhere.
            (P::Metropole, "2026-04-02T16:00:00Z", "2026-04-03T07:00:00Z"),
            (P::AlsaceMoselle, "2026-04-02T16:00:00Z", "2026-04-07T07:00:00Z"),
            // Nine o'clock in Saint-Denis is five o'clock in UTC, in winter and in summer.
            (P::Reunion, "2026-03-13T14:00:00Z", "2026-03-16T05:00:00Z"),
            (P::Reunion, "2026-07-10T14:00:00Z", "2026-07-13T05:00:00Z"),
            // The abolition of slavery is kept on 22 May in Martinique, a Friday; 25 May is Whit Monday.
            (P::Martinique, "2026-05-21T22:00:00Z", "2026-05-26T13:00:00Z"),
        ] {
            assert_eq!(window().next(place, at(from)), Some(at(next)), "{place} {from}");
        }
        let never = Hours { days: Default::default(), ..Hours::default() };
        assert_eq!(Window::new(&never, day("2026-03-16")).next(P::Metropole, at("2026-03-13T00:00:00Z")), None);
    }

    #[test]
    fn working_days_are_those_of_the_client() {
        use HolidayPlace as P;
        for (place, base, days, working, to) in [
            (P::Metropole, "2026-03-12", 3, true, "2026-03-17"),
            (P::Metropole, "2026-03-12", 3, false, "2026-03-15"),
            (P::Metropole, "2026-03-17", -3, true, "2026-03-12"),
            (P::Metropole, "2026-04-30", 1, true, "2026-05-04"),
            (P::Metropole, "2026-04-02", 1, true, "2026-04-03"),
            (P::AlsaceMoselle, "2026-04-02", 1, true, "2026-04-07"),
            (P::Metropole, "2026-03-14", 0, true, "2026-03-14"),
        ] {
            assert_eq!(window().shift(place, day(base), days, working), day(to), "{place} {base} {days}");
        }
        assert_eq!(window().on_or_before(P::Metropole, day("2026-03-15")), day("2026-03-13"));
    }

    proptest! {
        #[test]
        fn days_counted_ahead_are_those_looked_at_one_by_one(
            n in 0_u64..1_600, place in proptest::sample::select(HolidayPlace::ALL), closed in 0_u64..1_600,
        ) {
            let first = day("2026-01-01");
            let hours = Hours { closed: [first + Days::new(closed)].into(), ..Hours::default() };
            let ahead = Window::over(&hours, first, first + Days::new(1_600));
            let of_place = Hours { place, ..hours };
            let asked = first + Days::new(n);
            prop_assert_eq!(ahead.sends_on(place, asked), of_place.works_on(asked), "{}", asked);
            let none = Window::over(&of_place, first, first);
            prop_assert_eq!(none.sends_on(place, asked), of_place.works_on(asked), "{}", asked);
        }
    }
}

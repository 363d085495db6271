//! At most so many messages an hour: when the next may leave, so that neither the provider nor the people who answer get all
//! at once.

use std::collections::VecDeque;

use chrono::{DateTime, Duration, Utc};

use super::window::Window;
use crate::reference::HolidayPlace;

/// Of each hour, wherever it begins, so many messages leave at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    most: usize,
    /// When the last of them leave or left, the earliest first; no more than fit into an hour.
    taken: VecDeque<DateTime<Utc>>,
}

impl Pace {
    /// `taken` is when others left within the last hour, or will leave: those that were promised their time already.
    pub fn new(most: u32, taken: impl IntoIterator<Item = DateTime<Utc>>) -> Self {
        let most = usize::try_from(most.max(1)).unwrap_or(usize::MAX);
        let mut taken: Vec<DateTime<Utc>> = taken.into_iter().collect();
        taken.sort_unstable();
        let last = taken.split_off(taken.len().saturating_sub(most));
        Self { most, taken: last.into() }
    }

    /// When one more may leave, from a moment on and in the window of its client; it counts from then on. Nothing where the
    /// window never opens.
    pub fn take(&mut self, window: &Window, place: HolidayPlace, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let full = self.taken.len() >= self.most;
        let free = self.taken.front().filter(|_| full).map(|first| *first + Duration::hours(1));
        let at = window.next(place, free.map_or(from, |free| free.max(from)))?;
        if full {
            self.taken.pop_front();
        }
        let behind = self.taken.partition_point(|other| *other <= at);
        self.taken.insert(behind, at);
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::working_time::Hours;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn window() -> Window {
        Window::new(&Hours::default(), at("2026-03-16T00:00:00Z").date_naive())
    }

    #[test]
    fn what_does_not_fit_into_an_hour_leaves_in_the_next_one() {
        let (window, place) = (window(), HolidayPlace::Metropole);
        let opening = at("2026-03-16T08:00:00Z");
        let mut pace = Pace::new(2, []);
        let taken: Vec<_> = (0..5).map(|_| pace.take(&window, place, opening).unwrap()).collect();
        let hours = [8, 8, 9, 9, 10].map(|h| at(&format!("2026-03-16T{h:02}:00:00Z")));
        assert_eq!(taken, hours);
        // Those that left a while ago make room when their hour is over, those of long ago do not count.
        let left = ["2026-03-16T07:10:00Z", "2026-03-16T08:20:00Z", "2026-03-16T08:40:00Z"].map(at);
        let mut pace = Pace::new(2, left);
        assert_eq!(pace.take(&window, place, at("2026-03-16T08:45:00Z")), Some(at("2026-03-16T09:20:00Z")));
        // The window closes at six: the rest leaves in the morning, and as slowly.
        let mut pace = Pace::new(1, [at("2026-03-16T16:30:00Z")]);
        let late = at("2026-03-16T16:40:00Z");
        assert_eq!(pace.take(&window, place, late), Some(at("2026-03-17T08:00:00Z")));
        assert_eq!(pace.take(&window, place, late), Some(at("2026-03-17T09:00:00Z")));
    }

    proptest! {
        #[test]
        fn no_hour_has_more_and_nobody_is_lost_or_leaves_outside_the_window(
            most in 1_u32..6,
            asked in proptest::collection::vec(
                (0_i64..60 * 24 * 12, proptest::sample::select(HolidayPlace::ALL)), 1..60,
            ),
            left in proptest::collection::vec(0_i64..60, 0..4),
        ) {
            let (window, first) = (window(), at("2026-03-26T08:00:00Z"));
            let left: Vec<_> = left.into_iter().map(|m| first - Duration::minutes(m)).take(most as usize).collect();
            let mut pace = Pace::new(most, left.clone());
            let mut all = left;
            let mut asked = asked;
            asked.sort_unstable_by_key(|(minutes, _)| *minutes);
            for (minutes, place) in asked {
                let from = first + Duration::minutes(minutes);
                let at = pace.take(&window, place, from);
                prop_assert!(at.is_some_and(|at| at >= from && window.contains(place, at)), "{from} {place} {at:?}");
                all.extend(at);
            }
            all.sort_unstable();
            for (n, at) in all.iter().enumerate() {
                let within = all[n..].iter().take_while(|other| **other < *at + Duration::hours(1)).count();
                prop_assert!(within <= most as usize, "{within} from {at} on: {all:?}");
            }
        }
    }
}

//! What to do first: deadline × exposure × number. Each is a factor, so their product is a sum of logarithms; and because
//! urgency doubles with each day of the clock, the order of two anomalies never changes by time alone. What is stored
//! stays right.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::text::{Text, euros};

/// What decides the place of an anomaly in the queue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Priority {
    /// The greater the sooner.
    pub value: i64,
    due_at: DateTime<Utc>,
    exposure_cents: i64,
    occurrences: i64,
    /// Days by which money and number put it ahead of one that has neither.
    ahead: f64,
}

/// Places within a day.
const PER_DAY: f64 = 1_000.0;
/// Euros that weigh as much as a doubling, and how much of a day each further doubling is worth: half, so that money
/// alone never hides what is due tomorrow.
const BASE_EUROS: f64 = 100.0;
const DAYS_PER_MONEY: f64 = 0.5;
const DAYS_PER_NUMBER: f64 = 1.0;

/// Days until a day far ahead: what is due sooner has more of them.
fn days_before_the_end(due_at: DateTime<Utc>) -> f64 {
    let end = NaiveDate::from_ymd_opt(2100, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN).and_utc();
    (end - due_at).num_minutes() as f64 / 1_440.0
}

impl Priority {
    pub fn of(due_at: DateTime<Utc>, exposure_cents: i64, occurrences: i64) -> Self {
        let euros = exposure_cents.max(0) as f64 / 100.0;
        let money = (1.0 + euros / BASE_EUROS).log2() * DAYS_PER_MONEY;
        let number = (occurrences.max(1) as f64).log2() * DAYS_PER_NUMBER;
        let ahead = money + number;
        let value = ((days_before_the_end(due_at) + ahead) * PER_DAY).round() as i64;
        Self { value, due_at, exposure_cents, occurrences, ahead }
    }

    /// How it comes about, in a sentence. `due` is the deadline as it is read where the firm is.
    pub fn text(&self, due: &str) -> Text {
        let euros = euros(self.exposure_cents / 100 * 100);
        let (n, days) = (self.occurrences, self.ahead);
        let (many_fr, many_en) = if n > 1 { ("occurrences", "occurrences") } else { ("occurrence", "occurrence") };
        Text::new(
            format!(
                "Échéance le {due} ; {} en jeu et {n} {many_fr} la font passer comme si elle tombait {} jours plus tôt.",
                euros.fr,
                format!("{days:.1}").replace('.', ",")
            ),
            format!(
                "Due {due}; {} at stake and {n} {many_en} put it as if it were due {days:.1} days earlier.",
                euros.en
            ),
        )
    }

    pub fn due_at(&self) -> DateTime<Utc> {
        self.due_at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(day: i64) -> DateTime<Utc> {
        "2026-11-26T09:00:00Z".parse::<DateTime<Utc>>().unwrap() + chrono::Duration::days(day)
    }

    fn value(days: i64, euros: i64, n: i64) -> i64 {
        Priority::of(at(days), euros * 100, n).value
    }

    #[test]
    fn deadline_exposure_and_number_each_count() {
        assert!(value(1, 0, 1) > value(2, 0, 1));
        assert!(value(1, 5_000, 1) > value(1, 100, 1));
        assert!(value(1, 0, 42) > value(1, 0, 2));
        assert_eq!(value(1, 0, 2), value(0, 0, 1), "twice as many weigh a day");
        // A hundred thousand euros do not hide what is due this week.
        assert!(value(0, 0, 1) > value(6, 100_000, 1));
        let text = Priority::of(at(1), 340_000, 3).text("27/11/2026 à 10:00");
        assert_eq!(
            text.fr,
            "Échéance le 27/11/2026 à 10:00 ; 3\u{202f}400\u{a0}€ en jeu et 3 occurrences la font passer comme si elle tombait 4,1 jours plus tôt."
        );
        assert!(text.en.contains("4.1 days earlier"));
    }

    proptest! {
        #[test]
        fn more_is_never_less(days in 0_i64..400, euros in 0_i64..1_000_000, n in 1_i64..10_000, more in 1_i64..1_000) {
            prop_assert!(value(days, euros + more, n) >= value(days, euros, n));
            prop_assert!(value(days, euros, n + more) >= value(days, euros, n));
            prop_assert!(value(days + more, euros, n) < value(days, euros, n));
        }
    }
}

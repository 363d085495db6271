//! The day in France. Deadlines and "today" are French days whatever the server's zone.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, TimeZone, Utc};
use domain::working_time::paris_hours_ahead;

/// Day in Europe/Paris.
pub fn paris_day(at: DateTime<Utc>) -> NaiveDate {
    (at + Duration::hours(paris_hours_ahead(at))).date_naive()
}

/// Day and hour on a clock in France, as people there write them.
pub fn paris_clock(at: DateTime<Utc>) -> (String, String) {
    let local = at + Duration::hours(paris_hours_ahead(at));
    (french(local.date_naive()), local.format("%H:%M").to_string())
}

/// A day as people in France write it.
pub fn french(day: NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

/// Start of a French day, in UTC.
pub fn paris_midnight(day: NaiveDate) -> DateTime<Utc> {
    let midnight = Utc.from_utc_datetime(&day.and_time(chrono::NaiveTime::MIN));
    let guess = midnight - Duration::hours(1);
    midnight - Duration::hours(paris_hours_ahead(guess))
}

/// A moment that a document writes without zone, as French ones do. In the hour that a clock shows twice it is the first.
pub fn from_paris(local: NaiveDateTime) -> DateTime<Utc> {
    let as_utc = Utc.from_utc_datetime(&local);
    let summer = as_utc - Duration::hours(2);
    if paris_hours_ahead(summer) == 2 { summer } else { as_utc - Duration::hours(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_turn_at_french_midnight() {
        for (utc, day) in [
            ("2026-11-20T22:59:59Z", "2026-11-20"),
            ("2026-11-20T23:00:00Z", "2026-11-21"),
            ("2026-07-01T21:59:59Z", "2026-07-01"),
            ("2026-07-01T22:00:00Z", "2026-07-02"),
            ("2026-03-29T00:59:59Z", "2026-03-29"),
        ] {
            assert_eq!(paris_day(utc.parse().unwrap()).to_string(), day, "{utc}");
        }
        for (utc, day, hour) in [
            ("2026-11-21T22:05:59Z", "21/11/2026", "23:05"),
            ("2026-12-31T23:30:00Z", "01/01/2027", "00:30"),
            ("2026-10-25T00:59:00Z", "25/10/2026", "02:59"),
            ("2026-10-25T01:00:00Z", "25/10/2026", "02:00"),
        ] {
            assert_eq!(paris_clock(utc.parse().unwrap()), (day.to_owned(), hour.to_owned()), "{utc}");
        }
        for (local, utc) in [
            ("2026-11-21T23:05:59", "2026-11-21T22:05:59+00:00"),
            ("2026-07-01T16:10:00", "2026-07-01T14:10:00+00:00"),
            ("2026-10-25T02:30:00", "2026-10-25T00:30:00+00:00"),
            ("2026-10-25T03:30:00", "2026-10-25T02:30:00+00:00"),
            ("2026-03-29T03:00:00", "2026-03-29T01:00:00+00:00"),
        ] {
            assert_eq!(from_paris(local.parse().unwrap()).to_rfc3339(), utc, "{local}");
        }
        assert_eq!(paris_midnight("2026-11-21".parse().unwrap()).to_rfc3339(), "2026-11-20T23:00:00+00:00");
        assert_eq!(paris_midnight("2026-07-02".parse().unwrap()).to_rfc3339(), "2026-07-01T22:00:00+00:00");
    }
}

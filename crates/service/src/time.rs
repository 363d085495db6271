//! The day in France. Deadlines and "today" are French days whatever the server's zone.

use chrono::{DateTime, Datelike, Duration, NaiveDate, TimeZone, Utc, Weekday};

/// Day in Europe/Paris: one hour ahead of UTC, two from the last Sunday of March 01:00 UTC to the last Sunday of
/// October 01:00 UTC (directive 2000/84/CE). A table of zones would weigh more than this rule.
pub fn paris_day(at: DateTime<Utc>) -> NaiveDate {
    (at + Duration::hours(paris_offset_hours(at))).date_naive()
}

/// Day and hour on a clock in France, as people there write them.
pub fn paris_clock(at: DateTime<Utc>) -> (String, String) {
    let local = at + Duration::hours(paris_offset_hours(at));
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
    midnight - Duration::hours(paris_offset_hours(guess))
}

fn paris_offset_hours(at: DateTime<Utc>) -> i64 {
    let change = |month: u32| {
        let mut day = NaiveDate::from_ymd_opt(at.year(), month, 31).unwrap_or_default();
        while day.weekday() != Weekday::Sun {
            day -= Duration::days(1);
        }
        Utc.from_utc_datetime(&day.and_hms_opt(1, 0, 0).unwrap_or_default())
    };
    if at >= change(3) && at < change(10) { 2 } else { 1 }
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
        assert_eq!(paris_midnight("2026-11-21".parse().unwrap()).to_rfc3339(), "2026-11-20T23:00:00+00:00");
        assert_eq!(paris_midnight("2026-07-02".parse().unwrap()).to_rfc3339(), "2026-07-01T22:00:00+00:00");
    }
}

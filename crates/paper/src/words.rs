//! Days, hours and numbers as French paper writes them.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Utc};
use domain::working_time::paris_hours_ahead;
use domain::{Lang, Siren, Siret, dates};

/// "1er septembre 2026", its words held together.
pub(crate) fn long_date(day: NaiveDate) -> String {
    dates::long(day, Lang::Fr)
}

/// "26/11/2026".
pub(crate) fn short_date(day: NaiveDate) -> String {
    dates::short(day, Lang::Fr)
}

/// "732 829 320", with spaces that hold.
pub(crate) fn siren(value: &Siren) -> String {
    split(value.as_str(), &[3, 3, 3])
}

/// "732 829 320 00074".
pub(crate) fn siret(value: &Siret) -> String {
    split(value.as_str(), &[3, 3, 3, 5])
}

fn split(digits: &str, sizes: &[usize]) -> String {
    let mut rest = digits;
    let mut parts = Vec::new();
    for size in sizes {
        let (part, after) = rest.split_at((*size).min(rest.len()));
        parts.push(part);
        rest = after;
    }
    parts.join("\u{202f}")
}

/// "1 234 567".
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let first = (digits.len() + 2) % 3 + 1;
    let sizes: Vec<usize> = std::iter::once(first).chain(std::iter::repeat_n(3, digits.len() / 3)).collect();
    split(&digits, &sizes).trim_end_matches('\u{202f}').to_owned()
}

/// The same moment on a clock in Paris, and how that clock's time is called.
pub(crate) fn paris(at: DateTime<Utc>) -> (NaiveDateTime, String) {
    let hours = paris_hours_ahead(at);
    (at.naive_utc() + Duration::hours(hours), format!("UTC+{hours}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_french_does() {
        let day = |y, m, d| long_date(NaiveDate::from_ymd_opt(y, m, d).unwrap()).replace('\u{a0}', " ");
        assert_eq!(day(2026, 9, 1), "1er septembre 2026");
        assert_eq!(day(2027, 2, 28), "28 février 2027");
    }

    #[test]
    fn paris_changes_its_clock_on_the_last_sundays() {
        for (utc, local, name) in [
            ("2026-11-26T15:04:05Z", "2026-11-26 16:04:05", "UTC+1"),
            ("2026-03-29T00:59:59Z", "2026-03-29 01:59:59", "UTC+1"),
            ("2026-03-29T01:00:00Z", "2026-03-29 03:00:00", "UTC+2"),
            ("2026-10-25T00:59:59Z", "2026-10-25 02:59:59", "UTC+2"),
            ("2026-10-25T01:00:00Z", "2026-10-25 02:00:00", "UTC+1"),
            ("2027-12-31T23:30:00Z", "2028-01-01 00:30:00", "UTC+1"),
        ] {
            let (clock, zone) = paris(utc.parse().unwrap());
            assert_eq!((clock.to_string().as_str(), zone.as_str()), (local, name), "{utc}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, shown) in [(0, "0"), (12, "12"), (123, "123"), (1234, "1 234"), (123_456, "123 456")] {
            assert_eq!(grouped(number).replace('\u{202f}', " "), shown);
        }
        assert_eq!(siren(&Siren::parse("732829320").unwrap()), "732\u{202f}829\u{202f}320");
        assert_eq!(siret(&Siret::parse("73282932000074").unwrap()), "732\u{202f}829\u{202f}320\u{202f}00074");
    }
}

//! Numbers, amounts, dates and durations as a French (or English) reader expects them. Pure: tested on the host.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use domain::dates::MONTHS;
use domain::working_time::paris_hours_ahead;

use super::Lang;

/// Narrow no-break space: separates thousands in French.
const THIN: char = '\u{202f}';
/// No-break space: stands before a unit.
const NBSP: char = '\u{a0}';

fn group(lang: Lang, digits: &str, out: &mut String) {
    let separator = match lang {
        Lang::Fr => THIN,
        Lang::En => ',',
    };
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
}

/// The minus sign of typography: as wide as a digit, so columns stay aligned.
fn sign(negative: bool, out: &mut String) {
    if negative {
        out.push('\u{2212}');
    }
}

pub fn number(lang: Lang, n: i64) -> String {
    let mut out = String::new();
    sign(n < 0, &mut out);
    group(lang, &n.unsigned_abs().to_string(), &mut out);
    out
}

/// `tenths` is the value times ten: 12345 → "1 234,5". Integers in, so that no binary fraction shows up.
pub fn tenths(lang: Lang, tenths: i64) -> String {
    let mut out = String::new();
    sign(tenths < 0, &mut out);
    let n = tenths.unsigned_abs();
    group(lang, &(n / 10).to_string(), &mut out);
    if !n.is_multiple_of(10) {
        out.push(decimal_mark(lang));
        out.push_str(&(n % 10).to_string());
    }
    out
}

/// The same with its decimal even where that is zero: for columns, where marks stand under each other.
pub fn one_decimal(lang: Lang, value: i64) -> String {
    let mut out = tenths(lang, value);
    if value % 10 == 0 {
        out.push(decimal_mark(lang));
        out.push('0');
    }
    out
}

fn decimal_mark(lang: Lang) -> char {
    match lang {
        Lang::Fr => ',',
        Lang::En => '.',
    }
}

/// A difference always shows its sign: "+3", "−2", "0".
pub fn signed(lang: Lang, n: i64) -> String {
    let text = number(lang, n);
    if n > 0 { format!("+{text}") } else { text }
}

pub fn percent(lang: Lang, n: i64) -> String {
    let mut out = number(lang, n);
    if lang == Lang::Fr {
        out.push(NBSP);
    }
    out.push('%');
    out
}

/// Euros from integer cents, to the cent.
pub fn money(lang: Lang, cents: i64) -> String {
    euros(lang, cents.unsigned_abs() / 100, Some(cents.unsigned_abs() % 100), cents < 0)
}

/// Euros without cents, for sums on a cockpit: rounded half up.
pub fn money_round(lang: Lang, cents: i64) -> String {
    let n = (cents.unsigned_abs() + 50) / 100;
    euros(lang, n, None, cents < 0 && n > 0)
}

fn euros(lang: Lang, whole: u64, cents: Option<u64>, negative: bool) -> String {
    let mut out = String::new();
    sign(negative, &mut out);
    if lang == Lang::En {
        out.push('€');
    }
    group(lang, &whole.to_string(), &mut out);
    if let Some(cents) = cents {
        out.push(decimal_mark(lang));
        if cents < 10 {
            out.push('0');
        }
        out.push_str(&cents.to_string());
    }
    if lang == Lang::Fr {
        out.push(NBSP);
        out.push('€');
    }
    out
}

pub fn bytes(lang: Lang, n: u64) -> String {
    let units: [&str; 4] = match lang {
        Lang::Fr => ["o", "ko", "Mo", "Go"],
        Lang::En => ["B", "kB", "MB", "GB"],
    };
    let (mut tenths_of_unit, mut unit) = (n.saturating_mul(10), 0);
    while tenths_of_unit >= 10_000 && unit < 3 {
        tenths_of_unit /= 1000;
        unit += 1;
    }
    // One decimal says enough below ten, none above.
    let shown = if tenths_of_unit >= 100 { tenths_of_unit / 10 * 10 } else { tenths_of_unit };
    format!("{}{NBSP}{}", tenths(lang, shown as i64), units[unit])
}

/// How long something lasts: "8 s", "2 min 05 s", "1 h 20".
pub fn duration(lang: Lang, seconds: u64) -> String {
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (h, m) {
        (0, 0) => format!("{s}{NBSP}s"),
        (0, _) => format!("{m}{NBSP}min{NBSP}{s:02}{NBSP}s"),
        _ => match lang {
            Lang::Fr => format!("{h}{NBSP}h{NBSP}{m:02}"),
            Lang::En => format!("{h}{NBSP}h{NBSP}{m:02}{NBSP}min"),
        },
    }
}

/// JJ/MM/AAAA; English readers get the same order with the month in letters, so that nobody swaps day and month.
pub fn date(lang: Lang, date: NaiveDate) -> String {
    match lang {
        Lang::Fr => format!("{:02}/{:02}/{}", date.day(), date.month(), date.year()),
        Lang::En => format!("{}{NBSP}{}{NBSP}{}", date.day(), &month_name(lang, date)[..3], date.year()),
    }
}

/// "1er septembre 2026": for a deadline that stands alone.
pub fn date_long(lang: Lang, date: NaiveDate) -> String {
    let day = if lang == Lang::Fr && date.day() == 1 { "1er".to_owned() } else { date.day().to_string() };
    format!("{day}{NBSP}{} {}", month_name(lang, date), date.year())
}

/// The name of a day's month.
pub fn month_name(lang: Lang, date: NaiveDate) -> &'static str {
    let (fr, en) = MONTHS[date.month0() as usize];
    match lang {
        Lang::Fr => fr,
        Lang::En => en,
    }
}

/// The same moment on a clock in Paris.
pub fn paris(moment: DateTime<Utc>) -> NaiveDateTime {
    moment.naive_utc() + TimeDelta::hours(paris_hours_ahead(moment))
}

/// Date and time in Paris: "21/11/2026 à 14:05".
pub fn moment(lang: Lang, moment: DateTime<Utc>) -> String {
    let local = paris(moment);
    let link = match lang {
        Lang::Fr => " à ",
        Lang::En => ", ",
    };
    format!("{}{link}{:02}:{:02}", date(lang, local.date()), local.hour(), local.minute())
}

/// How far away, in words. Beyond a week the date says more.
pub fn relative(lang: Lang, then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (then - now).num_seconds();
    let (past, n) = (seconds <= 0, seconds.unsigned_abs());
    let (value, unit) = match n {
        0..45 => {
            return match lang {
                Lang::Fr => "à l’instant".to_owned(),
                Lang::En => "just now".to_owned(),
            };
        }
        45..3_570 => ((n + 30) / 60, "min"),
        3_570..84_600 => ((n + 1_800) / 3_600, "h"),
        84_600..604_800 => (
            (n + 43_200) / 86_400,
            match lang {
                Lang::Fr => "j",
                Lang::En => "d",
            },
        ),
        _ => return date(lang, paris(then).date()),
    };
    match (lang, past) {
        (Lang::Fr, true) => format!("il y a {value}{NBSP}{unit}"),
        (Lang::Fr, false) => format!("dans {value}{NBSP}{unit}"),
        (Lang::En, true) => format!("{value}{NBSP}{unit} ago"),
        (Lang::En, false) => format!("in {value}{NBSP}{unit}"),
    }
}

/// 732829320 → "732 829 320": nine digits are read in threes.
pub fn siren(digits: &str) -> String {
    if digits.len() == 9 && digits.is_ascii() {
        format!("{}{NBSP}{}{NBSP}{}", &digits[..3], &digits[3..6], &digits[6..])
    } else {
        digits.to_owned()
    }
}

/// 73282932000074 → "732 829 320 00074".
pub fn siret(digits: &str) -> String {
    match digits.split_at_checked(9) {
        Some((head, establishment)) if digits.len() == 14 => format!("{}{NBSP}{establishment}", siren(head)),
        _ => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn utc(y: i32, mo: u32, d: u32, h: u32, mi: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(y, mo, d, h, mi, 0).single().expect("a date of the calendar")
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(Lang::Fr, 0), "0");
        assert_eq!(number(Lang::Fr, 999), "999");
        assert_eq!(number(Lang::Fr, 1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(number(Lang::En, -1_234), "\u{2212}1,234");
        assert_eq!(tenths(Lang::Fr, 12_345), "1\u{202f}234,5");
        assert_eq!(tenths(Lang::En, 120), "12");
        assert_eq!(signed(Lang::Fr, 3), "+3");
        assert_eq!(percent(Lang::Fr, 42), "42\u{a0}%");
    }

    #[test]
    fn money_comes_from_cents() {
        assert_eq!(money(Lang::Fr, 123_456), "1\u{202f}234,56\u{a0}€");
        assert_eq!(money(Lang::Fr, -5), "\u{2212}0,05\u{a0}€");
        assert_eq!(money(Lang::En, 100_000_000), "€1,000,000.00");
        assert_eq!(money_round(Lang::Fr, 149), "1\u{a0}€");
        assert_eq!(money_round(Lang::Fr, 150), "2\u{a0}€");
        assert_eq!(money_round(Lang::Fr, -20), "0\u{a0}€");
    }

    #[test]
    fn sizes_and_durations() {
        assert_eq!(bytes(Lang::Fr, 512), "512\u{a0}o");
        assert_eq!(bytes(Lang::Fr, 1_500), "1,5\u{a0}ko");
        assert_eq!(bytes(Lang::En, 52_428_800), "52\u{a0}MB");
        assert_eq!(duration(Lang::Fr, 8), "8\u{a0}s");
        assert_eq!(duration(Lang::Fr, 125), "2\u{a0}min\u{a0}05\u{a0}s");
        assert_eq!(duration(Lang::Fr, 4_800), "1\u{a0}h\u{a0}20");
    }

    #[test]
    fn paris_changes_its_clock_on_the_last_sundays() {
        // 2026: 29 March and 25 October.
        assert_eq!(paris(utc(2026, 3, 29, 0, 59)).hour(), 1);
        assert_eq!(paris(utc(2026, 3, 29, 1, 0)).hour(), 3);
        assert_eq!(paris(utc(2026, 10, 25, 0, 59)).hour(), 2);
        assert_eq!(paris(utc(2026, 10, 25, 1, 0)).hour(), 2);
        assert_eq!(moment(Lang::Fr, utc(2026, 12, 31, 23, 30)), "01/01/2027 à 00:30");
        assert_eq!(moment(Lang::En, utc(2026, 7, 14, 8, 5)), "14\u{a0}Jul\u{a0}2026, 10:05");
    }

    #[test]
    fn distance_in_time() {
        let now = utc(2026, 11, 21, 12, 0);
        assert_eq!(relative(Lang::Fr, now, now), "à l’instant");
        assert_eq!(relative(Lang::Fr, utc(2026, 11, 21, 11, 57), now), "il y a 3\u{a0}min");
        assert_eq!(relative(Lang::Fr, utc(2026, 11, 21, 14, 0), now), "dans 2\u{a0}h");
        assert_eq!(relative(Lang::En, utc(2026, 11, 19, 12, 0), now), "2\u{a0}d ago");
        assert_eq!(relative(Lang::Fr, utc(2026, 9, 1, 12, 0), now), "01/09/2026");
    }

    #[test]
    fn long_dates_and_sirens() {
        let day = NaiveDate::from_ymd_opt(2026, 9, 1).expect("a date of the calendar");
        assert_eq!(date(Lang::Fr, day), "01/09/2026");
        assert_eq!(date_long(Lang::Fr, day), "1er\u{a0}septembre 2026");
        assert_eq!(siren("732829320"), "732\u{a0}829\u{a0}320");
        assert_eq!(siren("12"), "12");
        assert_eq!(siret("73282932000074"), "732\u{a0}829\u{a0}320\u{a0}00074");
    }
}

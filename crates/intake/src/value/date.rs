//! Dates: French first, then ISO, compact forms and the serial numbers of spreadsheets.

use super::{CellCode, CellError, Parsed, Read, readable, says_nothing};
use crate::cell::Cell;
use crate::note::{Note, NoteCode};
use crate::workbook::serial_date;
use chrono::{Datelike, NaiveDate};
use domain::MonthDay;
use domain::text::fold;

const DATE_FORM: (&str, &str) = ("JJ/MM/AAAA, par exemple 31/12/2026", "DD/MM/YYYY, such as 31/12/2026");
const YEAR_END_FORM: (&str, &str) = (
    "une date (31/12/2026), un jour et un mois (31/12) ou un mois (décembre)",
    "a date (31/12/2026), a day and a month (31/12) or a month (December)",
);

fn form_error(shown: &str, form: (&str, &str)) -> Box<CellError> {
    CellError::boxed(CellCode::DateForm, shown, ("Ce n’est pas une date", "This is not a date"), form)
}

fn impossible(shown: &str, form: (&str, &str)) -> Box<CellError> {
    CellError::boxed(CellCode::DateImpossible, shown, ("Ce jour n’existe pas", "This day does not exist"), form)
}

fn serial_note(shown: &str, date: NaiveDate) -> Note {
    let date = format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year());
    Note::new(
        NoteCode::ExcelSerial,
        format!("Le nombre {} est lu comme la date {date} (numéro de jour d’un tableur).", shown.trim()),
        format!("The number {} is read as the date {date} (day number of a spreadsheet).", shown.trim()),
    )
}

/// A month by its name, whole or short, in French or English.
fn month_named(word: &str) -> Option<u32> {
    const MONTHS: [&[&str]; 12] = [
        &["janvier", "janv", "jan", "january"],
        &["fevrier", "fevr", "fev", "february", "feb"],
        &["mars", "mar", "march"],
        &["avril", "avr", "april", "apr"],
        &["mai", "may"],
        &["juin", "june", "jun"],
        &["juillet", "juil", "jul", "july"],
        &["aout", "aou", "august", "aug"],
        &["septembre", "sept", "sep", "september"],
        &["octobre", "oct", "october"],
        &["novembre", "nov", "november"],
        &["decembre", "dec", "december"],
    ];
    MONTHS.iter().position(|names| names.contains(&word)).and_then(|i| u32::try_from(i + 1).ok())
}

/// Two digits of a year: 70 and after belong to the last century.
fn full_year(year: u32, digits: usize) -> Option<i32> {
    match (digits, year) {
        (4, _) => i32::try_from(year).ok(),
        (2, 70..) => i32::try_from(1900 + year).ok(),
        (2, _) => i32::try_from(2000 + year).ok(),
        _ => None,
    }
}

/// The pieces of a text: digits and words, what is between them dropped.
fn pieces(text: &str) -> Vec<String> {
    fold(text).split(' ').filter(|p| !p.is_empty() && !matches!(*p, "le" | "au")).map(str::to_owned).collect()
}

enum Found {
    Date(NaiveDate),
    Serial(NaiveDate),
}

fn read_date(text: &str) -> Result<Found, Option<()>> {
    // `Err(Some(()))`: the form of a date, but of a day that does not exist.
    let impossible = || Some(());
    let ymd = |y: i32, m: u32, d: u32| {
        if !(1900..=2199).contains(&y) {
            return Err(impossible());
        }
        NaiveDate::from_ymd_opt(y, m, d).map(Found::Date).ok_or_else(impossible)
    };
    let text = text.trim();
    // What nine files in ten write: 31/12/2026.
    if let [d1, d2, b'/', m1, m2, b'/', y1, y2, y3, y4] = *text.as_bytes() {
        let digits = [d1, d2, m1, m2, y1, y2, y3, y4];
        if digits.iter().all(u8::is_ascii_digit) {
            let number = |range: &[u8]| range.iter().fold(0u32, |n, b| n * 10 + u32::from(b - b'0'));
            return ymd(
                i32::try_from(number(&digits[4..])).map_err(|_| None)?,
                number(&digits[2..4]),
                number(&digits[..2]),
            );
        }
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let number: u32 = text.parse().map_err(|_| None)?;
        return match text.len() {
            8 => ymd(i32::try_from(number / 10_000).map_err(|_| None)?, number / 100 % 100, number % 100).or_else(
                |error| {
                    // JJMMAAAA, when AAAAMMJJ makes no sense.
                    ymd(i32::try_from(number % 10_000).map_err(|_| None)?, number / 10_000 % 100, number / 1_000_000)
                        .map_err(|_| error)
                },
            ),
            // From 1954 to 2173: years, SIRENs and amounts are shorter or longer.
            5 if (20_000..100_000).contains(&number) => {
                serial_date(f64::from(number), false).map(Found::Serial).ok_or_else(impossible)
            }
            _ => Err(None),
        };
    }
    // The time of an ISO date adds nothing.
    let text = match text.split_once('T') {
        Some((day, time)) if time.starts_with(|c: char| c.is_ascii_digit()) && day.len() >= 8 => day,
        _ => text,
    };
    let text = match text.split_once(' ') {
        Some((day, time)) if time.contains(':') => day,
        _ => text,
    };
    let parts = pieces(text);
    let number = |s: &String| s.parse::<u32>().ok().filter(|_| s.bytes().all(|b| b.is_ascii_digit()));
    let [a, b, c] = parts.as_slice() else { return Err(None) };
    let day = number(a).or_else(|| (a == "1er").then_some(1)).ok_or(None)?;
    match (number(b), number(c)) {
        (Some(month), Some(last)) if a.len() == 4 => ymd(i32::try_from(day).map_err(|_| None)?, month, last),
        (Some(month), Some(year)) if a.len() <= 2 && b.len() <= 2 => {
            ymd(full_year(year, c.len()).ok_or(None)?, month, day)
        }
        (None, Some(year)) if a.len() <= 2 => {
            ymd(full_year(year, c.len()).ok_or(None)?, month_named(b).ok_or(None)?, day)
        }
        _ => Err(None),
    }
}

/// A full date.
pub fn date(cell: &Cell) -> Read<NaiveDate> {
    let shown = readable(cell)?;
    match cell {
        Cell::Date(date) => return Ok(Some(Parsed::plain(*date))),
        Cell::Moment(moment) => return Ok(Some(Parsed::plain(moment.date()))),
        Cell::Number(n) if (20_000.0..100_000.0).contains(n) => {
            let date = serial_date(*n, false).ok_or_else(|| form_error(&shown, DATE_FORM))?;
            return Ok(Some(Parsed::noted(date, serial_note(&shown, date))));
        }
        _ if cell.is_empty() || says_nothing(&shown) => return Ok(None),
        _ => {}
    }
    match read_date(&shown) {
        Ok(Found::Date(date)) => Ok(Some(Parsed::plain(date))),
        Ok(Found::Serial(date)) => Ok(Some(Parsed::noted(date, serial_note(&shown, date)))),
        Err(Some(())) => Err(impossible(&shown, DATE_FORM)),
        Err(None) => Err(form_error(&shown, DATE_FORM)),
    }
}

/// The day on which the financial year closes: a date whose year does not matter, a day and a month, or a month.
pub fn year_end(cell: &Cell) -> Read<MonthDay> {
    let shown = readable(cell)?;
    if cell.is_empty() || says_nothing(&shown) {
        return Ok(None);
    }
    match date(cell) {
        Ok(parsed) => return Ok(parsed.map(|p| Parsed { value: MonthDay::of(p.value), notes: p.notes })),
        Err(error) if error.code == CellCode::DateImpossible => return Err(impossible(&shown, YEAR_END_FORM)),
        Err(_) => {}
    }
    let end_of = |month: u32| {
        let last = (28..=31).rev().find_map(|day| NaiveDate::from_ymd_opt(2023, month, day))?;
        let value = MonthDay::new(month, last.day())?;
        let note = Note::new(
            NoteCode::EndOfMonth,
            format!("« {} » est lu comme le {:02}/{month:02}.", shown.trim(), last.day()),
            format!("“{}” is read as {:02}/{month:02}.", shown.trim(), last.day()),
        );
        Some(Parsed::noted(value, note))
    };
    let parts = pieces(&shown);
    let number = |s: &String| s.parse::<u32>().ok();
    match parts.as_slice() {
        [month] if month.len() <= 2 => {
            number(month).and_then(end_of).map(Some).ok_or_else(|| form_error(&shown, YEAR_END_FORM))
        }
        // 3112
        [both] if both.len() == 4 && number(both).is_some() => {
            let n = number(both).unwrap_or(0);
            MonthDay::new(n % 100, n / 100)
                .map(|v| Some(Parsed::plain(v)))
                .ok_or_else(|| impossible(&shown, YEAR_END_FORM))
        }
        [word] => month_named(word).and_then(end_of).map(Some).ok_or_else(|| form_error(&shown, YEAR_END_FORM)),
        [day, month] if day.len() <= 2 => {
            let day = number(day).ok_or_else(|| form_error(&shown, YEAR_END_FORM))?;
            let month =
                number(month).or_else(|| month_named(month)).ok_or_else(|| form_error(&shown, YEAR_END_FORM))?;
            MonthDay::new(month, day).map(|v| Some(Parsed::plain(v))).ok_or_else(|| impossible(&shown, YEAR_END_FORM))
        }
        // "décembre 2025"
        [month, year] if year.len() == 4 && number(year).is_some() => {
            month_named(month).and_then(end_of).map(Some).ok_or_else(|| form_error(&shown, YEAR_END_FORM))
        }
        _ => Err(form_error(&shown, YEAR_END_FORM)),
    }
}

/// Whether a text reads as a date, for the description of columns. Bare numbers do not count.
pub(crate) fn is_date(text: &str) -> bool {
    text.len() <= 30
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains(['/', '-', ' ', '.'])
        && read_date(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn iso(text: &str) -> Result<String, CellCode> {
        date(&Cell::from(text)).map(|p| p.unwrap().value.to_string()).map_err(|e| e.code)
    }

    #[test]
    fn dates_in_every_form() {
        for text in [
            "20261231",
            "31/12/2026",
            "31/12/26",
            "31-12-2026",
            "31.12.2026",
            "2026-12-31",
            "2026/12/31",
            "2026-12-31T14:32:00Z",
            "31/12/2026 14:32",
            "2026-12-31 14:32:00",
            "31 décembre 2026",
            "31-déc.-26",
            "le 31 dec 2026",
            "31122026",
            "46387",
            "31 December 2026",
        ] {
            assert_eq!(iso(text).as_deref(), Ok("2026-12-31"), "{text}");
        }
        assert_eq!(iso("01/02/70").as_deref(), Ok("1970-02-01"));
        assert_eq!(iso("01/02/69").as_deref(), Ok("2069-02-01"));
        assert_eq!(iso("1/2/2026").as_deref(), Ok("2026-02-01"));
        assert_eq!(iso("29/02/2024").as_deref(), Ok("2024-02-29"));
    }

    #[test]
    fn dates_that_are_refused() {
        for (text, code) in [
            ("31/02/2026", CellCode::DateImpossible),
            ("12/31/2026", CellCode::DateImpossible),
            ("29/02/2026", CellCode::DateImpossible),
            ("2026", CellCode::DateForm),
            ("bientôt", CellCode::DateForm),
            ("31/12", CellCode::DateForm),
            ("0", CellCode::DateForm),
            ("20269999", CellCode::DateImpossible),
        ] {
            assert_eq!(iso(text), Err(code), "{text}");
        }
    }

    #[test]
    fn dates_of_a_workbook() {
        let day = NaiveDate::from_ymd_opt(2025, 12, 31).unwrap();
        assert_eq!(date(&Cell::Date(day)), Ok(Some(Parsed::plain(day))));
        let parsed = date(&Cell::Number(46022.0)).unwrap().unwrap();
        assert_eq!((parsed.value, parsed.notes[0].code), (day, NoteCode::ExcelSerial));
    }

    #[test]
    fn closings() {
        let read = |cell: Cell| year_end(&cell).map(|p| p.map(|p| p.value.to_string())).map_err(|e| e.code);
        let text = |t: &str| read(Cell::from(t));
        for t in [
            "31/12/2025",
            "31/12",
            "31-12",
            "3112",
            "31 décembre",
            "décembre",
            "Déc",
            "12",
            "december",
            "décembre 2025",
            "46022",
        ] {
            assert_eq!(text(t), Ok(Some("12-31".into())), "{t}");
        }
        assert_eq!(text("30/06"), Ok(Some("06-30".into())));
        assert_eq!(text("février"), Ok(Some("02-28".into())));
        assert_eq!(text("29/02"), Ok(Some("02-29".into())));
        assert_eq!(read(Cell::Number(6.0)), Ok(Some("06-30".into())));
        assert_eq!(text("31/02"), Err(CellCode::DateImpossible));
        assert_eq!(text("fin"), Err(CellCode::DateForm));
        assert_eq!(text("13"), Err(CellCode::DateForm));
        assert_eq!(text("-"), Ok(None));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,40}") {
            let _ = date(&Cell::Text(text.clone()));
            let _ = year_end(&Cell::Text(text));
        }

        #[test]
        fn written_dates_are_read_back(days in 0i64..100_000) {
            let day = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap() + chrono::Duration::days(days);
            if day.year() < 2200 {
                let (y, m, d) = (day.year(), day.month(), day.day());
                for text in [format!("{d:02}/{m:02}/{y:04}"), format!("{y:04}-{m:02}-{d:02}"), format!("{y:04}{m:02}{d:02}"), format!("{d}/{m}/{y}")] {
                    prop_assert_eq!(date(&Cell::from(text.as_str())).unwrap().unwrap().value, day, "{}", text);
                }
            }
        }
    }
}

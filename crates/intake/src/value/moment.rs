//! Moments: a day with an hour, as platforms date their statuses. The zone is kept apart: what is written without one is
//! the time of wherever the file comes from.

use super::{CellCode, CellError, Parsed, Read, date, readable, says_nothing};
use crate::cell::Cell;
use chrono::{FixedOffset, NaiveDateTime, NaiveTime};

/// A moment as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub at: NaiveDateTime,
    /// The zone that stands beside it: `Z`, `+02:00`.
    pub zone: Option<FixedOffset>,
}

const FORM: (&str, &str) = ("JJ/MM/AAAA HH:MM ou 2026-12-31T14:32:00Z", "DD/MM/YYYY HH:MM or 2026-12-31T14:32:00Z");

/// A day and an hour, or a day alone (its beginning).
pub fn moment(cell: &Cell) -> Read<Moment> {
    let shown = readable(cell)?;
    if let Cell::Moment(at) = cell {
        return Ok(Some(Parsed::plain(Moment { at: *at, zone: None })));
    }
    if let Cell::Text(text) = cell {
        if says_nothing(text) {
            return Ok(None);
        }
        if let Some((day, time)) = split(text.trim()) {
            let (time, zone) = read_time(time).ok_or_else(|| form(&shown))?;
            let parsed = date(&Cell::Text(day.to_owned()))
                .map_err(|e| if e.code == CellCode::DateForm { form(&shown) } else { e })?;
            return Ok(parsed.map(|p| Parsed { value: Moment { at: p.value.and_time(time), zone }, notes: p.notes }));
        }
    }
    let parsed = date(cell).map_err(|e| if e.code == CellCode::DateForm { form(&shown) } else { e })?;
    Ok(parsed.map(|p| Parsed { value: Moment { at: p.value.and_time(NaiveTime::MIN), zone: None }, notes: p.notes }))
}

fn form(shown: &str) -> Box<CellError> {
    CellError::boxed(
        CellCode::DateForm,
        shown,
        ("Ce n’est pas une date et une heure", "This is not a date and a time"),
        FORM,
    )
}

/// The day and the hour, when the text has both: parted by `T` or by the last space before digits and a colon or an `h`.
fn split(text: &str) -> Option<(&str, &str)> {
    let looks = |time: &str| {
        let digits = time.bytes().take_while(u8::is_ascii_digit).count();
        (1..=2).contains(&digits) && matches!(time.as_bytes().get(digits), Some(b':' | b'h' | b'H'))
    };
    if let Some((day, time)) = text.split_once('T')
        && day.len() >= 8
        && looks(time)
    {
        return Some((day, time));
    }
    let mut at = 0;
    while let Some(space) = text[at..].find([' ', '\u{a0}', '\u{202f}']) {
        let here = at + space;
        let rest = text[here..].trim_start();
        // "à 14:32" as well.
        let time = rest.strip_prefix("à ").unwrap_or(rest);
        if looks(time) {
            return Some((text[..here].trim_end(), time));
        }
        at = here + text[here..].chars().next().map_or(1, char::len_utf8);
    }
    None
}

/// `14:32`, `14:32:05.123`, `14h32`, with a zone or without.
fn read_time(text: &str) -> Option<(NaiveTime, Option<FixedOffset>)> {
    let text = text.trim();
    let (time, zone) = if let Some(time) = text.strip_suffix(['Z', 'z']) {
        (time, FixedOffset::east_opt(0))
    } else if let Some(time) = text.strip_suffix("UTC").or_else(|| text.strip_suffix("GMT")) {
        (time, FixedOffset::east_opt(0))
    } else if let Some(at) = text.rfind(['+', '-']) {
        let east = if text.as_bytes()[at] == b'-' { -1 } else { 1 };
        let digits: String = text[at + 1..].chars().filter(|c| *c != ':').collect();
        if !digits.bytes().all(|b| b.is_ascii_digit()) || !matches!(digits.len(), 2 | 4) {
            return None;
        }
        let hours: i32 = digits.get(..2)?.parse().ok()?;
        let minutes: i32 = digits.get(2..4).map_or(Some(0), |m| m.parse().ok())?;
        (&text[..at], Some(FixedOffset::east_opt(east * (hours * 3_600 + minutes * 60))?))
    } else {
        (text, None)
    };
    let clock: String = time.trim().chars().map(|c| if matches!(c, 'h' | 'H') { ':' } else { c }).collect();
    let clock = clock.trim_end_matches(':');
    let whole = clock.split(['.', ',']).next().unwrap_or(clock);
    let mut parts = whole.split(':').map(|p| p.trim().parse::<u32>().ok().filter(|_| p.trim().len() <= 2));
    let (hour, minute, second) = (parts.next()??, parts.next().unwrap_or(Some(0))?, parts.next().unwrap_or(Some(0))?);
    if parts.next().is_some() {
        return None;
    }
    Some((NaiveTime::from_hms_opt(hour, minute, second.min(59))?, zone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<(String, Option<i32>), CellCode> {
        let value = moment(&Cell::from(text)).map_err(|e| e.code)?.unwrap().value;
        Ok((value.at.to_string(), value.zone.map(|z| z.local_minus_utc())))
    }

    #[test]
    fn moments_in_every_form() {
        for (text, at, zone) in [
            ("18/10/2026 14:32", "2026-10-18 14:32:00", None),
            ("18/10/2026 à 14h32", "2026-10-18 14:32:00", None),
            ("18/10/26 9:05:07", "2026-10-18 09:05:07", None),
            ("2026-10-18T14:32:00Z", "2026-10-18 14:32:00", Some(0)),
            ("2026-10-18T14:32:00.123+02:00", "2026-10-18 14:32:00", Some(7_200)),
            ("2026-10-18 14:32:00 UTC", "2026-10-18 14:32:00", Some(0)),
            ("2026-10-18T14:32:00-0330", "2026-10-18 14:32:00", Some(-12_600)),
            ("18 octobre 2026 14:32", "2026-10-18 14:32:00", None),
            ("18/10/2026", "2026-10-18 00:00:00", None),
            ("20261018", "2026-10-18 00:00:00", None),
        ] {
            assert_eq!(read(text), Ok((at.to_owned(), zone)), "{text}");
        }
        for (text, code) in [
            ("hier", CellCode::DateForm),
            ("18/10/2026 25:00", CellCode::DateForm),
            ("31/02/2026 10:00", CellCode::DateImpossible),
            ("14:32", CellCode::DateForm),
        ] {
            assert_eq!(read(text), Err(code), "{text}");
        }
        let at = chrono::NaiveDate::from_ymd_opt(2026, 10, 18).unwrap().and_hms_opt(14, 32, 0).unwrap();
        assert_eq!(moment(&Cell::Moment(at)).unwrap().unwrap().value, Moment { at, zone: None });
        assert_eq!(moment(&Cell::from("-")), Ok(None));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,40}") {
            let _ = moment(&Cell::Text(text));
        }
    }
}

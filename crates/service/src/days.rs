//! Ranges of days that a caller asks for.

use chrono::{Days, NaiveDate};
use contract::Code;

use crate::{Error, Result};

/// Days that one reply covers at most.
const MOST: u64 = 800;

pub fn later(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

pub fn earlier(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

/// The range; refused when it is empty or too long.
pub fn range(from: NaiveDate, to: NaiveDate) -> Result<(NaiveDate, NaiveDate)> {
    let refuse = |fr: String, en: String| Err(Error::new(Code::BadRequest).and("?from", "range", fr, en));
    if from > to {
        return refuse(
            format!("{from} : une date jusqu’au {to}, dernier jour demandé, est attendue."),
            format!("{from}: a date up to {to}, the last day asked for, is expected."),
        );
    }
    if earlier(to, MOST) > from {
        return refuse(
            format!("{from} : {MOST} jours au plus avant le {to} ; demandez la suite à part."),
            format!("{from}: {MOST} days at most before {to}; ask for the rest apart."),
        );
    }
    Ok((from, to))
}

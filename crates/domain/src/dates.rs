//! Days as people write them, in French and in English: months and days of the week are named here alone.

use chrono::{Datelike, NaiveDate};

use crate::Lang;

/// From January on.
pub const MONTHS: [(&str, &str); 12] = [
    ("janvier", "January"),
    ("février", "February"),
    ("mars", "March"),
    ("avril", "April"),
    ("mai", "May"),
    ("juin", "June"),
    ("juillet", "July"),
    ("août", "August"),
    ("septembre", "September"),
    ("octobre", "October"),
    ("novembre", "November"),
    ("décembre", "December"),
];

/// From Monday on.
pub const DAYS: [(&str, &str); 7] = [
    ("lundi", "Monday"),
    ("mardi", "Tuesday"),
    ("mercredi", "Wednesday"),
    ("jeudi", "Thursday"),
    ("vendredi", "Friday"),
    ("samedi", "Saturday"),
    ("dimanche", "Sunday"),
];

pub(crate) const fn of(word: (&'static str, &'static str), lang: Lang) -> &'static str {
    match lang {
        Lang::Fr => word.0,
        Lang::En => word.1,
    }
}

pub fn short(day: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::Fr => day.format("%d/%m/%Y").to_string(),
        // Day and month cannot be taken for each other.
        Lang::En => {
            let month = &MONTHS[day.month0() as usize].1[..3];
            format!("{}\u{a0}{month}\u{a0}{}", day.day(), day.year())
        }
    }
}

/// Its words held together.
pub fn long(day: NaiveDate, lang: Lang) -> String {
    let month = of(MONTHS[day.month0() as usize], lang);
    let number = match (day.day(), lang) {
        (1, Lang::Fr) => "1er".to_owned(),
        (n, _) => n.to_string(),
    };
    format!("{number}\u{a0}{month}\u{a0}{}", day.year())
}

pub fn weekday(day: NaiveDate, lang: Lang) -> String {
    let name = of(DAYS[day.weekday().num_days_from_monday() as usize], lang);
    format!("{name} {}", long(day, lang))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_people_do() {
        let day: NaiveDate = "2026-12-01".parse().unwrap();
        assert_eq!(short(day, Lang::Fr), "01/12/2026");
        assert_eq!(long(day, Lang::Fr), "1er\u{a0}décembre\u{a0}2026");
        assert_eq!(weekday(day, Lang::Fr), "mardi 1er\u{a0}décembre\u{a0}2026");
        assert_eq!(short(day, Lang::En), "1\u{a0}Dec\u{a0}2026");
        assert_eq!(weekday(day, Lang::En), "Tuesday 1\u{a0}December\u{a0}2026");
        assert_eq!(long("2027-02-28".parse().unwrap(), Lang::Fr), "28\u{a0}février\u{a0}2027");
    }
}

//! One way to read rows out of every kind of file.

use crate::cell::{Cell, RowBuf};
use crate::delimited::{self, QuoteProblems};
use crate::limits::Limits;
use crate::ods::Ods;
use crate::refusal::{Refusal, RefusalCode, cell_too_long, row_place, too_many_columns, too_many_rows};
use crate::source::{Encoding, Kind, Source};
use crate::xls::Xls;
use crate::xlsx::Xlsx;
use chrono::{Days, NaiveDate};
use domain::text::Text;
use std::ops::ControlFlow;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sheet {
    pub name: String,
    pub visible: bool,
}

/// Which sheets to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    One(usize),
}

/// Receives (sheet, row number as a spreadsheet shows it, row). Empty rows are not given.
pub(crate) type Sink<'s> = dyn FnMut(usize, u32, &RowBuf) -> ControlFlow<()> + 's;

/// How to read a delimited text; workbooks do not need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextForm {
    pub encoding: Encoding,
    pub separator: char,
}

pub(crate) enum Workbook<'a> {
    Text(&'a Source, TextForm),
    Xlsx(Box<Xlsx<'a>>),
    Xls(Box<Xls<'a>>),
    Ods(Ods<'a>),
}

impl<'a> Workbook<'a> {
    pub fn open(source: &'a Source, form: TextForm) -> Result<Self, Refusal> {
        Ok(match source.kind() {
            Kind::Csv | Kind::Tsv => Workbook::Text(source, form),
            Kind::Xlsx => Workbook::Xlsx(Box::new(Xlsx::open(source)?)),
            Kind::Xls => Workbook::Xls(Box::new(Xls::open(source)?)),
            Kind::Ods => Workbook::Ods(Ods::open(source)?),
        })
    }

    /// The sheets of a workbook; a delimited text is one sheet without a name.
    pub fn sheets(&self) -> Vec<Sheet> {
        match self {
            Workbook::Text(..) => vec![Sheet { name: String::new(), visible: true }],
            Workbook::Xlsx(book) => book.sheets(),
            Workbook::Xls(book) => book.sheets(),
            Workbook::Ods(book) => book.sheets(),
        }
    }

    pub fn read(&mut self, which: Which, sink: &mut Sink<'_>) -> Result<QuoteProblems, Refusal> {
        match self {
            Workbook::Text(source, form) => {
                delimited::read(&source.path, form.encoding, form.separator, &source.limits, &mut |number, row| {
                    sink(0, number, row)
                })
            }
            Workbook::Xlsx(book) => book.read(which, sink).map(|()| QuoteProblems::default()),
            Workbook::Xls(book) => book.read(which, sink).map(|()| QuoteProblems::default()),
            Workbook::Ods(book) => book.read(which, sink).map(|()| QuoteProblems::default()),
        }
    }
}

/// The limits of one sheet of a workbook, and the row being filled.
pub(crate) struct SheetRows<'a> {
    limits: &'a Limits,
    pub row: RowBuf,
    filled: u32,
}

impl<'a> SheetRows<'a> {
    pub fn new(limits: &'a Limits) -> Self {
        Self { limits, row: RowBuf::default(), filled: 0 }
    }

    pub fn next_sheet(&mut self) {
        self.filled = 0;
        self.row.clear();
    }

    pub fn max_cell_bytes(&self) -> usize {
        self.limits.max_cell_bytes
    }

    /// Whether the column is kept; past the limit it is only counted.
    pub fn keeps(&mut self, column: u64) -> bool {
        if column < u64::from(self.limits.max_columns) {
            return true;
        }
        self.row.width = self.row.width.max(column + 1);
        false
    }

    pub fn text(&mut self, column: usize, text: &str, sheet: &str, number: u32) -> Result<(), Refusal> {
        if text.len() > self.limits.max_cell_bytes {
            let letter = crate::cell::column_letter(column);
            let sheet: String = sheet.chars().take(80).collect();
            return Err(cell_too_long(
                self.limits.max_cell_bytes,
                Text::new(
                    format!("feuille « {sheet} », cellule {letter}{number}"),
                    format!("sheet “{sheet}”, cell {letter}{number}"),
                ),
            ));
        }
        self.row.set_text(column, text);
        Ok(())
    }

    /// Gives the row away, `times` over, and starts the next one.
    pub fn emit(
        &mut self,
        sheet: usize,
        name: &str,
        number: u32,
        times: u32,
        sink: &mut Sink<'_>,
    ) -> Result<ControlFlow<()>, Refusal> {
        if self.row.width > u64::from(self.limits.max_columns) {
            return Err(too_many_columns(self.row.width, self.limits.max_columns, row_place(name, number)));
        }
        self.row.trim();
        if !self.row.is_empty() {
            for n in 0..times {
                self.filled += 1;
                if self.filled > self.limits.max_rows {
                    return Err(too_many_rows(self.limits.max_rows, Some(name)));
                }
                if sink(sheet, number.saturating_add(n), &self.row).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        self.row.clear();
        Ok(ControlFlow::Continue(()))
    }
}

/// A date as spreadsheets count it: days since the end of 1899 (or since 1904 in old Mac workbooks).
pub(crate) fn serial_date(serial: f64, epoch_1904: bool) -> Option<NaiveDate> {
    let days = serial.floor();
    if !(1.0..=2_958_465.0).contains(&days) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked just above")]
    let days = days as u64;
    if epoch_1904 {
        return NaiveDate::from_ymd_opt(1904, 1, 1)?.checked_add_days(Days::new(days));
    }
    // Serial 60 is 29 February 1900, a day that never was; days before it count from one day later.
    NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(if days < 60 { days + 1 } else { days }))
}

/// The same as a cell, with the hour that its fraction tells.
pub(crate) fn serial_cell(serial: f64, epoch_1904: bool) -> Option<Cell> {
    let day = serial_date(serial, epoch_1904)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction of a day, in seconds")]
    let seconds = (serial.fract() * 86_400.0).round() as u32;
    Some(match chrono::NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0) {
        Some(time) if seconds > 0 => Cell::Moment(day.and_time(time)),
        _ => Cell::Date(day),
    })
}

/// Whether a number format shows a date: a day, month or year outside quotes, brackets and escapes.
pub(crate) fn is_date_format(code: &str) -> bool {
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c.to_ascii_lowercase() {
            '"' => {
                let _ = chars.by_ref().find(|c| *c == '"');
            }
            '[' => {
                let _ = chars.by_ref().find(|c| *c == ']');
            }
            '\\' | '_' | '*' => {
                chars.next();
            }
            ';' => return false,
            'd' | 'y' | 'j' | 'm' | 'a' => return !code.to_ascii_lowercase().starts_with("general"),
            _ => {}
        }
    }
    false
}

/// Formats that need no text of their own.
pub(crate) fn is_builtin_date(format: u16) -> bool {
    matches!(format, 14..=17 | 22 | 27..=31 | 36 | 50..=58)
}

pub(crate) fn unknown_sheet(wanted: &str, sheets: &[Sheet]) -> Refusal {
    let names: Vec<String> = sheets.iter().take(20).map(|s| format!("« {} »", s.name)).collect();
    let wanted: String = wanted.chars().take(80).collect();
    Refusal::new(
        RefusalCode::UnknownSheet,
        Text::new(
            format!("Le classeur n’a pas de feuille « {wanted} »"),
            format!("The workbook has no sheet “{wanted}”"),
        ),
        Text::new(
            format!("une de ses feuilles : {}", names.join(", ")),
            format!("one of its sheets: {}", names.join(", ")),
        ),
        Text::new("choisissez une feuille de la liste", "choose a sheet of the list"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_the_dates_that_excel_shows() {
        let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d);
        assert_eq!(serial_date(46022.0, false), date(2025, 12, 31));
        assert_eq!(serial_date(46022.75, false), date(2025, 12, 31));
        assert_eq!(serial_date(1.0, false), date(1900, 1, 1));
        assert_eq!(serial_date(61.0, false), date(1900, 3, 1));
        assert_eq!(serial_date(44560.0, true), date(2025, 12, 31));
        assert_eq!(serial_date(0.5, false), None);
        assert_eq!(serial_date(f64::NAN, false), None);
    }

    #[test]
    fn date_formats_are_told_from_numbers() {
        for code in ["dd/mm/yyyy", "[$-40C]d mmmm yyyy", "m/d/yy h:mm", "jj/mm/aaaa"] {
            assert!(is_date_format(code), "{code}");
        }
        for code in ["General", "0.00", "# ##0,00 \"mad\"", "0\\d", "[Red]0.00", "h:mm:ss".replace('m', "0").as_str()] {
            assert!(!is_date_format(code), "{code}");
        }
    }
}

//! One cell, one row, and the names of columns.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use std::borrow::Cow;

/// What a cell holds, as its file tells it. A delimited text only has `Text` and `Empty`.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    #[default]
    Empty,
    Text(String),
    Number(f64),
    Date(NaiveDate),
    /// A day with an hour.
    Moment(NaiveDateTime),
    Bool(bool),
    /// A formula in error, such as `#N/A`.
    Error(String),
}

impl Cell {
    pub fn is_empty(&self) -> bool {
        match self {
            Cell::Empty => true,
            Cell::Text(text) => is_blank(text),
            Cell::Number(_) | Cell::Date(_) | Cell::Moment(_) | Cell::Bool(_) | Cell::Error(_) => false,
        }
    }

    /// The cell as a French spreadsheet shows it: the value quoted in errors and written to the rejected rows.
    pub fn shown(&self) -> Cow<'_, str> {
        match self {
            Cell::Empty => Cow::Borrowed(""),
            Cell::Text(text) | Cell::Error(text) => Cow::Borrowed(text),
            Cell::Number(n) => Cow::Owned(shown_number(*n)),
            Cell::Date(d) => Cow::Owned(format!("{:02}/{:02}/{:04}", d.day(), d.month(), d.year())),
            Cell::Moment(m) if m.second() == 0 => Cow::Owned(m.format("%d/%m/%Y %H:%M").to_string()),
            Cell::Moment(m) => Cow::Owned(m.format("%d/%m/%Y %H:%M:%S").to_string()),
            Cell::Bool(true) => Cow::Borrowed("VRAI"),
            Cell::Bool(false) => Cow::Borrowed("FAUX"),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        if is_blank(text) { Cell::Empty } else { Cell::Text(text.to_owned()) }
    }
}

fn shown_number(n: f64) -> String {
    if n.fract() == 0.0 && n.abs() < 1e15 { format!("{n:.0}") } else { format!("{n}").replace('.', ",") }
}

/// Spaces of every width count as nothing; so does the mark that some programs leave at the start.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}'))
}

/// "A" for 0, "Z" for 25, "AA" for 26.
pub fn column_letter(index: usize) -> String {
    let mut letters = Vec::new();
    let mut n = index + 1;
    while n > 0 {
        n -= 1;
        letters.push(b'A' + u8::try_from(n % 26).unwrap_or(0));
        n /= 26;
    }
    letters.reverse();
    String::from_utf8(letters).unwrap_or_default()
}

/// One row under construction, reused for every row so that texts keep their allocation.
#[derive(Debug, Default)]
pub(crate) struct RowBuf {
    cells: Vec<Cell>,
    len: usize,
    /// How many columns the row had, those past the limit included (they are counted, never kept).
    pub width: u64,
}

impl RowBuf {
    pub fn clear(&mut self) {
        self.len = 0;
        self.width = 0;
    }

    /// The place of a column; cells skipped on the way are empty.
    fn slot(&mut self, index: usize) -> &mut Cell {
        if index >= self.cells.len() {
            self.cells.resize_with(index + 1, Cell::default);
        }
        while self.len < index {
            self.cells[self.len] = Cell::Empty;
            self.len += 1;
        }
        self.len = self.len.max(index + 1);
        self.width = self.width.max(index as u64 + 1);
        &mut self.cells[index]
    }

    pub fn set(&mut self, index: usize, cell: Cell) {
        *self.slot(index) = cell;
    }

    pub fn set_text(&mut self, index: usize, text: &str) {
        let slot = self.slot(index);
        if is_blank(text) {
            *slot = Cell::Empty;
        } else if let Cell::Text(kept) = slot {
            kept.clear();
            kept.push_str(text);
        } else {
            *slot = Cell::Text(text.to_owned());
        }
    }

    /// Drops the empty cells at the end.
    pub fn trim(&mut self) {
        while self.len > 0 && self.cells[self.len - 1].is_empty() {
            self.len -= 1;
        }
    }

    pub fn cells(&self) -> &[Cell] {
        &self.cells[..self.len]
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_a_spreadsheet() {
        for (index, letter) in [(0, "A"), (25, "Z"), (26, "AA"), (255, "IV"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")]
        {
            assert_eq!(column_letter(index), letter);
        }
    }

    #[test]
    fn numbers_are_shown_as_a_person_reads_them() {
        assert_eq!(Cell::Number(73_282_932_000_074.0).shown(), "73282932000074");
        assert_eq!(Cell::Number(-12.5).shown(), "-12,5");
        assert_eq!(Cell::Date(NaiveDate::from_ymd_opt(2025, 3, 9).unwrap()).shown(), "09/03/2025");
    }

    #[test]
    fn a_reused_row_forgets_what_it_held() {
        let mut row = RowBuf::default();
        row.set_text(0, "a");
        row.set_text(1, "b");
        row.set_text(2, "c");
        row.clear();
        row.set_text(2, "z");
        row.set_text(3, "\u{a0} ");
        row.trim();
        assert_eq!(row.cells(), [Cell::Empty, Cell::Empty, Cell::Text("z".into())]);
    }
}

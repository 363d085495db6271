//! What goes back to a spreadsheet: CSV that French Excel opens by a double click, without a cell that it would run.

use std::borrow::Cow;
use std::io::{self, Write};

/// A cell to write. Numbers are written as numbers; texts are made harmless.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Out<'a> {
    Text(&'a str),
    /// Cents, written `1234,56`.
    Cents(i64),
    Integer(i64),
    Empty,
}

/// A text that a spreadsheet would take for a formula gets an apostrophe in front. Plain signed numbers stay.
pub fn neutralise(text: &str) -> Cow<'_, str> {
    let Some(first) = text.chars().next() else { return Cow::Borrowed(text) };
    let risky = matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    if !risky || is_plain_number(text) { Cow::Borrowed(text) } else { Cow::Owned(format!("'{text}")) }
}

fn is_plain_number(text: &str) -> bool {
    let rest = text.strip_prefix('-').unwrap_or(text);
    rest.starts_with(|c: char| c.is_ascii_digit())
        && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | ' ' | '\u{a0}' | '\u{202f}'))
}

/// Semicolons, CRLF, UTF-8 with its mark: what Excel expects in France.
pub struct CsvOut<W: Write> {
    writer: csv::Writer<W>,
}

impl<W: Write> CsvOut<W> {
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all("\u{feff}".as_bytes())?;
        let writer =
            csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).flexible(true).from_writer(out);
        Ok(Self { writer })
    }

    pub fn row<'c>(&mut self, cells: impl IntoIterator<Item = Out<'c>>) -> io::Result<()> {
        for cell in cells {
            match cell {
                Out::Text(text) => self.writer.write_field(neutralise(text).as_ref()),
                Out::Cents(cents) => {
                    let sign = if cents < 0 { "-" } else { "" };
                    self.writer.write_field(format!(
                        "{sign}{},{:02}",
                        cents.unsigned_abs() / 100,
                        cents.unsigned_abs() % 100
                    ))
                }
                Out::Integer(n) => self.writer.write_field(n.to_string()),
                Out::Empty => self.writer.write_field(""),
            }
            .map_err(io::Error::other)?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(io::Error::other)
    }

    pub fn finish(self) -> io::Result<W> {
        self.writer.into_inner().map_err(|e| io::Error::other(e.error().to_string()))
    }
}

/// The rejected rows of an import: the columns as they came, then the row number and the reasons. Corrected, the file
/// is dropped again as it is; the two columns added are left aside.
pub struct RejectedRows<W: Write> {
    out: CsvOut<W>,
    width: usize,
}

impl<W: Write> RejectedRows<W> {
    pub fn new(out: W, headers: &[String]) -> io::Result<Self> {
        let mut rows = Self { out: CsvOut::new(out)?, width: headers.len() };
        let cells = headers.iter().map(|h| Out::Text(h)).chain([Out::Text("Ligne"), Out::Text("Motif")]);
        rows.out.row(cells)?;
        Ok(rows)
    }

    pub fn row(&mut self, raw: &[String], number: u32, reasons: &str) -> io::Result<()> {
        let cells = raw
            .iter()
            .map(|cell| Out::Text(cell))
            .chain(std::iter::repeat(Out::Empty))
            .take(self.width)
            .chain([Out::Integer(i64::from(number)), Out::Text(reasons)]);
        self.out.row(cells)
    }

    pub fn finish(self) -> io::Result<W> {
        self.out.finish()
    }
}

/// The bad cells of a row in one sentence per cell.
pub fn reasons(errors: &[crate::list::RowError], lang: domain::Lang) -> String {
    errors
        .iter()
        .map(|e| {
            let name = if e.header.is_empty() { &e.letter } else { &e.header };
            let (message, expected) = (e.error.message.get(lang), e.error.expected.get(lang));
            match lang {
                domain::Lang::Fr => format!("{name} « {} » : {message} ; attendu : {expected}", e.error.value),
                domain::Lang::En => format!("{name} “{}”: {message}; expected: {expected}", e.error.value),
            }
        })
        .collect::<Vec<_>>()
        .join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_harmless() {
        for (text, expected) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+33123456789", "'+33123456789"),
            ("-1+cmd|'/C calc'!A0", "'-1+cmd|'/C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("-12,5", "-12,5"),
            ("-1 234,56", "-1 234,56"),
            ("-", "'-"),
            ("Boulangerie", "Boulangerie"),
            ("", ""),
        ] {
            assert_eq!(neutralise(text), expected, "{text}");
        }
    }

    #[test]
    fn a_file_for_french_excel() {
        let mut out = CsvOut::new(Vec::new()).unwrap();
        out.row([Out::Text("Nom"), Out::Text("CA")]).unwrap();
        out.row([Out::Text("A;\"B\""), Out::Cents(-1250)]).unwrap();
        out.row([Out::Text("=1+1"), Out::Empty, Out::Integer(3)]).unwrap();
        let text = String::from_utf8(out.finish().unwrap()).unwrap();
        assert_eq!(text, "\u{feff}Nom;CA\r\n\"A;\"\"B\"\"\";-12,50\r\n'=1+1;;3\r\n");
    }
}

//! Exported tables. A cell that a spreadsheet would run as a formula is neutralised.

use chrono::NaiveDate;
use contract::FileFormat;
use intake::export::{CsvOut, Out, neutralise};
use rust_xlsxwriter::{Format, Workbook};

use crate::{Error, FileReply, Result};

/// Rows of text under a header, written at the end in the form asked for.
#[derive(Debug)]
pub struct Sheet {
    name: String,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Sheet {
    pub fn new(name: &str, header: &[&str]) -> Self {
        Self { name: name.to_owned(), header: header.iter().map(|h| (*h).to_owned()).collect(), rows: Vec::new() }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub fn file(self, format: FileFormat, day: NaiveDate) -> Result<FileReply> {
        let name = format!("cabready-{}-{day}.{format}", self.name);
        match format {
            FileFormat::Csv => Ok(FileReply { name, media_type: "text/csv; charset=utf-8", bytes: self.csv()? }),
            FileFormat::Xlsx => Ok(FileReply {
                name,
                media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                bytes: self.xlsx()?,
            }),
        }
    }

    fn csv(self) -> Result<Vec<u8>> {
        let mut out = CsvOut::new(Vec::new()).map_err(Error::internal)?;
        for row in std::iter::once(self.header).chain(self.rows) {
            out.row(row.iter().map(|cell| Out::Text(cell))).map_err(Error::internal)?;
        }
        out.finish().map_err(Error::internal)
    }

    fn xlsx(self) -> Result<Vec<u8>> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        let bold = Format::new().set_bold();
        for (column, title) in self.header.iter().enumerate() {
            sheet.write_string_with_format(0, column as u16, title, &bold).map_err(Error::internal)?;
        }
        for (line, row) in self.rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                // Written as text, never as a formula; the apostrophe also covers a later save as CSV.
                sheet.write_string(line as u32 + 1, column as u16, neutralise(cell)).map_err(Error::internal)?;
            }
        }
        sheet.set_freeze_panes(1, 0).map_err(Error::internal)?;
        book.save_to_buffer().map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_neutralised_and_numbers_stay() {
        assert_eq!(neutralise("=1+1"), "'=1+1");
        assert_eq!(neutralise("@cmd"), "'@cmd");
        assert_eq!(neutralise("-12.5"), "-12.5");
        assert_eq!(neutralise("-12;5"), "'-12;5");
        assert_eq!(neutralise("Boulangerie"), "Boulangerie");
        let mut sheet = Sheet::new("essai", &["a", "b"]);
        sheet.row(["=HYPERLINK(\"x\")".to_owned(), "L’Île;1".to_owned()]);
        let file = sheet.file(FileFormat::Csv, "2026-11-21".parse().unwrap()).unwrap();
        assert_eq!(file.name, "cabready-essai-2026-11-21.csv");
        let text = String::from_utf8(file.bytes).unwrap();
        assert_eq!(text, "\u{feff}a;b\r\n\"'=HYPERLINK(\"\"x\"\")\";\"L’Île;1\"\r\n");
    }
}

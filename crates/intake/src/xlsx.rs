//! XLSX, cell by cell, through calamine. [`crate::package`] has checked the parts before.

use crate::cell::Cell;
use crate::refusal::{Refusal, damaged};
use crate::source::{Source, encrypted};
use crate::workbook::{Sheet, SheetRows, Sink, Which, serial_cell};
use calamine::{DataRef, DataType, Reader, SheetType, SheetVisible, XlsxError};
use std::fs::File;
use std::io::BufReader;

pub(crate) struct Xlsx<'a> {
    source: &'a Source,
    book: calamine::Xlsx<BufReader<File>>,
    /// Worksheets only: charts have no cells.
    sheets: Vec<Sheet>,
    epoch_1904: bool,
}

impl<'a> Xlsx<'a> {
    pub fn open(source: &'a Source) -> Result<Self, Refusal> {
        let book: calamine::Xlsx<_> =
            calamine::Xlsx::new(BufReader::new(File::open(&source.path)?)).map_err(from_calamine)?;
        let sheets = book
            .sheets_metadata()
            .iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet)
            .map(|sheet| Sheet { name: sheet.name.clone(), visible: sheet.visible == SheetVisible::Visible })
            .collect();
        let epoch_1904 = book.has_1904_epoch();
        Ok(Self { source, book, sheets, epoch_1904 })
    }

    pub fn sheets(&self) -> Vec<Sheet> {
        self.sheets.clone()
    }

    pub fn read(&mut self, which: Which, sink: &mut Sink<'_>) -> Result<(), Refusal> {
        let mut rows = SheetRows::new(&self.source.limits);
        for (index, sheet) in self.sheets.iter().enumerate() {
            if which != Which::All && which != Which::One(index) {
                continue;
            }
            rows.next_sheet();
            let mut cells = match self.book.worksheet_cells_reader(&sheet.name) {
                Ok(cells) => cells,
                Err(XlsxError::NotAWorksheet(_)) => continue,
                Err(error) => return Err(from_calamine(error)),
            };
            let mut current = None;
            loop {
                let cell = cells.next_cell().map_err(from_calamine)?;
                let row = cell.as_ref().map(|cell| cell.get_position().0);
                if let Some(number) = current
                    && row != current
                    && rows.emit(index, &sheet.name, number + 1, 1, sink)?.is_break()
                {
                    return Ok(());
                }
                let Some(cell) = cell else { break };
                current = row;
                let (number, column) = cell.get_position();
                let value = cell.get_value();
                if value.is_empty() || !rows.keeps(u64::from(column)) {
                    continue;
                }
                let (column, number) = (column as usize, number + 1);
                match value {
                    DataRef::Empty => {}
                    DataRef::String(text) => rows.text(column, text, &sheet.name, number)?,
                    DataRef::SharedString(text) => rows.text(column, text, &sheet.name, number)?,
                    DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                        rows.text(column, text, &sheet.name, number)?;
                    }
                    #[expect(clippy::cast_precision_loss, reason = "a spreadsheet has no other numbers than doubles")]
                    DataRef::Int(n) => rows.row.set(column, Cell::Number(*n as f64)),
                    DataRef::Float(n) => rows.row.set(column, Cell::Number(*n)),
                    DataRef::Bool(b) => rows.row.set(column, Cell::Bool(*b)),
                    DataRef::DateTime(serial) => {
                        let date =
                            if serial.is_datetime() { serial_cell(serial.as_f64(), self.epoch_1904) } else { None };
                        rows.row.set(column, date.unwrap_or(Cell::Number(serial.as_f64())));
                    }
                    DataRef::Error(error) => rows.row.set(column, Cell::Error(error.to_string())),
                }
            }
        }
        Ok(())
    }
}

fn from_calamine(error: XlsxError) -> Refusal {
    match error {
        XlsxError::Io(error) => error.into(),
        XlsxError::Password => encrypted(),
        XlsxError::Zip(error) => crate::package::from_zip(error),
        XlsxError::FileNotFound(part) => {
            damaged(&format!("la partie « {} »", short(&part)), &format!("the part “{}”", short(&part)))
        }
        XlsxError::WorksheetNotFound(name) => {
            damaged(&format!("la feuille « {} »", short(&name)), &format!("the sheet “{}”", short(&name)))
        }
        _ => damaged("le contenu du classeur", "the content of the workbook"),
    }
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

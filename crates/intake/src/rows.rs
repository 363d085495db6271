//! The data rows of a file, one at a time, with the rows that are none told apart.

use crate::cell::Cell;
use crate::delimited::QuoteProblems;
use crate::detect::{Options, resolve};
use crate::refusal::{Refusal, RefusalCode, line_place};
use crate::source::Source;
use crate::workbook::{Which, Workbook};
use domain::Siren;
use domain::text::{Text, fold};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// Why a row is not a client. None of these is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Skip {
    /// Empty rows in a run, the first of which bears the number.
    Blank { rows: u32 },
    /// The header again, as prints of several pages have it.
    RepeatedHeader,
    /// "TOTAL", "Sous-total"… without an identifier.
    Total,
}

impl Skip {
    pub fn text(self) -> Text {
        match self {
            Skip::Blank { rows: 1 } => Text::new("ligne vide", "empty row"),
            Skip::Blank { rows } => Text::new(format!("{rows} lignes vides"), format!("{rows} empty rows")),
            Skip::RepeatedHeader => Text::new("en-tête répété", "repeated header"),
            Skip::Total => Text::new("ligne de total", "total row"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowRef<'a> {
    /// The row as a spreadsheet numbers it, from 1.
    pub number: u32,
    pub cells: &'a [Cell],
    pub skipped: Option<Skip>,
}

/// Visits every row after the header, skipped ones included. What `options` leaves open is detected first.
pub fn for_each_row(
    source: &Source,
    options: &Options,
    mut visit: impl FnMut(RowRef<'_>) -> ControlFlow<()>,
) -> Result<(), Refusal> {
    let resolved = resolve(source, options)?;
    let mut book = Workbook::open(source, resolved.form)?;
    walk(&mut book, resolved.sheet, resolved.header_row, None, &mut |walked| match walked {
        Walked::Header(_) => ControlFlow::Continue(()),
        Walked::Row(row) => visit(row),
    })
    .map(|_| ())
}

pub(crate) enum Walked<'a> {
    Header(&'a [Cell]),
    Row(RowRef<'a>),
}

/// Reads one sheet. `identifiers` are the columns that hold them, when known: a total has nothing there.
pub(crate) fn walk(
    book: &mut Workbook<'_>,
    sheet: usize,
    header_row: u32,
    identifiers: Option<&[usize]>,
    visit: &mut dyn FnMut(Walked<'_>) -> ControlFlow<()>,
) -> Result<QuoteProblems, Refusal> {
    let mut header: Vec<String> = Vec::new();
    let mut header_seen = header_row == 0;
    let mut last = header_row;
    let mut missing_header = false;
    let problems = book.read(Which::One(sheet), &mut |_, number, row| {
        if number < header_row {
            return ControlFlow::Continue(());
        }
        let cells = row.cells();
        if !header_seen {
            if number != header_row {
                missing_header = true;
                return ControlFlow::Break(());
            }
            header_seen = true;
            header = cells.iter().map(|c| fold(&c.shown())).collect();
            return visit(Walked::Header(cells));
        }
        if number > last + 1 {
            let skipped = Some(Skip::Blank { rows: number - last - 1 });
            visit(Walked::Row(RowRef { number: last + 1, cells: &[], skipped }))?;
        }
        last = number;
        let skipped = if is_repeated(&header, cells) {
            Some(Skip::RepeatedHeader)
        } else if is_total(cells, identifiers) {
            Some(Skip::Total)
        } else {
            None
        };
        visit(Walked::Row(RowRef { number, cells, skipped }))
    })?;
    if missing_header || !header_seen {
        return Err(unknown_header(header_row));
    }
    Ok(problems)
}

fn unknown_header(row: u32) -> Refusal {
    Refusal::new(
        RefusalCode::UnknownHeaderRow,
        Text::new(format!("La ligne {row} est vide ou n’existe pas"), format!("Row {row} is empty or does not exist")),
        Text::new(
            "le numéro de la ligne qui porte les noms des colonnes",
            "the number of the row that holds the column names",
        ),
        Text::new(
            "choisissez la ligne d’en-tête, ou 0 si le fichier n’en a pas",
            "choose the header row, or 0 if the file has none",
        ),
    )
    .at(line_place(u64::from(row)))
}

fn is_repeated(header: &[String], cells: &[Cell]) -> bool {
    let filled = header.iter().filter(|h| !h.is_empty()).count();
    if filled < 2 {
        return false;
    }
    // The first letter settles almost every row.
    if let (Some(name), Some(Cell::Text(text))) = (header.first().and_then(|n| n.bytes().next()), cells.first())
        && let Some(first) = text.trim_start().bytes().next().filter(u8::is_ascii_alphanumeric)
        && first.to_ascii_lowercase() != name
    {
        return false;
    }
    header.iter().zip(cells.iter().chain(std::iter::repeat(&Cell::Empty))).all(|(name, cell)| {
        if name.is_empty() { cell.is_empty() } else { matches!(cell, Cell::Text(t) if fold(t) == *name) }
    })
}

/// A row whose first word is one of totals and that names nobody. "Total Bâtiment" is a company; "Total général" is not.
fn is_total(cells: &[Cell], identifiers: Option<&[usize]>) -> bool {
    let Some(Cell::Text(first)) = cells.iter().find(|c| !c.is_empty()) else { return false };
    if !matches!(
        first.trim_start().as_bytes().first(),
        Some(b't' | b'T' | b's' | b'S' | b'g' | b'G' | b'n' | b'N' | b'c' | b'C' | b'\'' | b'*' | b'-')
    ) {
        return false;
    }
    let word = fold(first);
    let bare = matches!(
        word.as_str(),
        "total"
            | "totaux"
            | "total general"
            | "sous total"
            | "sous totaux"
            | "grand total"
            | "subtotal"
            | "somme"
            | "cumul"
            | "nombre de dossiers"
            | "nombre de clients"
            | "total dossiers"
            | "total clients"
            | "total portefeuille"
            | "total du portefeuille"
            | "total cabinet"
            | "totals"
    );
    let with_number = word
        .strip_prefix("total ")
        .or_else(|| word.strip_prefix("sous total "))
        .or_else(|| word.strip_prefix("nombre de dossiers "))
        .is_some_and(|rest| {
            rest.split(' ').all(|w| {
                w.bytes().all(|b| b.is_ascii_digit()) || matches!(w, "dossiers" | "clients" | "dossier" | "client")
            })
        });
    if !bare && !with_number {
        return false;
    }
    match identifiers {
        Some(columns) => columns.iter().all(|c| cells.get(*c).is_none_or(Cell::is_empty)),
        None => !cells.iter().any(is_identifier),
    }
}

/// Nine or fourteen digits with a check digit that holds: sums rarely do.
fn is_identifier(cell: &Cell) -> bool {
    let digits: String = cell.shown().chars().filter(|c| !c.is_whitespace()).collect();
    match digits.len() {
        9 | 14 if digits.bytes().all(|b| b.is_ascii_digit()) => {
            Siren::parse(&digits[..9]).is_ok_and(|s| s.is_checked())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<Cell> {
        cells.iter().map(|c| Cell::from(*c)).collect()
    }

    #[test]
    fn totals_are_told_from_companies() {
        for cells in [
            ["TOTAL", "", "11 783 289 441,00"],
            ["Sous-total", "", "12"],
            ["Total : 240 dossiers", "", ""],
            ["", "Totaux", "1"],
        ] {
            assert!(is_total(&row(&cells), None), "{cells:?}");
        }
        for cells in [
            ["Total Bâtiment", "732829320", ""],
            ["TOTAL", "732 829 320", ""],
            ["Total Bâtiment", "", ""],
            ["T001", "Total", "1"],
            ["Somme Toute SARL", "", "12"],
        ] {
            assert!(!is_total(&row(&cells), None), "{cells:?}");
        }
        // A sum of nine digits that happens to check, in a column that holds no identifier.
        assert!(is_total(&row(&["TOTAL", "", "732829320"]), Some(&[1])));
    }

    #[test]
    fn the_header_again() {
        let header = ["code".to_owned(), String::new(), "n siren".to_owned()];
        assert!(is_repeated(&header, &row(&["CODE", "", "N° SIREN"])));
        assert!(!is_repeated(&header, &row(&["CODE", "x", "N° SIREN"])));
        assert!(!is_repeated(&header, &row(&["CODE"])));
    }
}

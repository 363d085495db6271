//! A client list, row by row: a client, a row to skip, or a row rejected with every bad cell told.

use crate::cell::{Cell, column_letter};
use crate::columns::Field;
use crate::detect::{Options, resolve};
use crate::note::{Note, NoteCode};
use crate::refusal::{Refusal, RefusalCode};
use crate::rows::{RowRef, Skip, Walked, walk};
use crate::source::Source;
use crate::value::{self, CellCode, CellError, NumberEvidence, NumberStyle, Read};
use crate::workbook::Workbook;
use domain::text::Text;
use domain::{MonthDay, Siren, Siret, VatRegime};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

/// Who a row speaks of, and what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParsedClient {
    pub siren: Siren,
    pub siret: Option<Siret>,
    pub vat_number: Option<String>,
    #[serde(flatten)]
    pub says: ClientSays,
}

/// What a row says of a client. `None` is "the file does not say": it never erases what is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
pub struct ClientSays {
    pub code: Option<String>,
    pub name: Option<String>,
    pub trade_name: Option<String>,
    pub legal_form: Option<String>,
    pub naf_code: Option<String>,
    pub vat_regime: Option<VatRegime>,
    pub vat_unique_group: Option<bool>,
    pub headcount: Option<u32>,
    pub turnover_cents: Option<i64>,
    pub balance_sheet_cents: Option<i64>,
    pub fiscal_year_end: Option<MonthDay>,
    pub b2b: Option<bool>,
    pub b2c: Option<bool>,
    pub b2g: Option<bool>,
    pub international: Option<bool>,
    pub invoices_per_month: Option<u32>,
    pub tool: Option<String>,
    pub reception_platform: Option<String>,
    pub emission_platform: Option<String>,
    pub contact_name: Option<String>,
    pub contact_first_name: Option<String>,
    pub contact_email: Option<String>,
    pub contact_phone: Option<String>,
    pub address: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    pub manager: Option<String>,
    pub assignee: Option<String>,
    pub portfolio: Option<String>,
    pub tags: Option<Vec<String>>,
    pub confidential: Option<bool>,
    pub notes: Option<String>,
}

/// One bad cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowError {
    pub column: usize,
    pub letter: String,
    pub header: String,
    pub field: Field,
    pub error: CellError,
}

/// Something understood with help, with the column where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowNote {
    pub column: Option<usize>,
    pub field: Option<Field>,
    pub note: Note,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Client(Box<ParsedClient>),
    /// At least one mapped cell is bad: nothing of the row is taken. See [`ClientRow::errors`].
    Rejected,
    Skipped(Skip),
}

/// One row of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientRow<'a> {
    /// The row as a spreadsheet numbers it.
    pub number: u32,
    pub outcome: Outcome,
    pub errors: Vec<RowError>,
    pub notes: Vec<RowNote>,
    /// The row where the same SIREN was first taken.
    pub duplicate_of: Option<u32>,
    cells: &'a [Cell],
}

impl ClientRow<'_> {
    /// The cells as they came, for the file of rejected rows.
    pub fn raw(&self) -> Vec<String> {
        self.cells.iter().map(|cell| cell.shown().into_owned()).collect()
    }

    /// The cells themselves.
    pub fn cells(&self) -> &[Cell] {
        self.cells
    }
}

/// What was visited.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    pub headers: Vec<String>,
    pub clients: u32,
    pub rejected: u32,
    pub skipped: u32,
    pub duplicates: u32,
}

/// Where each SIREN was first met: nine digits fit a number, so that 200,000 rows cost a few megabytes.
#[derive(Debug, Default)]
pub struct SeenSirens(HashMap<u32, u32>);

impl SeenSirens {
    /// The row where this SIREN was met before, if it was; otherwise it is remembered under this one.
    pub fn see(&mut self, siren: Siren, row: u32) -> Option<u32> {
        let key = siren.as_str().bytes().fold(0u32, |n, b| n * 10 + u32::from(b - b'0'));
        match self.0.entry(key) {
            std::collections::hash_map::Entry::Occupied(first) => Some(*first.get()),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(row);
                None
            }
        }
    }
}

/// Visits every row after the header. `mapping` gives each column at most one field, and each field one column.
pub fn parse_client_list(
    source: &Source,
    options: &Options,
    mapping: &[(usize, Field)],
    mut visit: impl FnMut(ClientRow<'_>) -> ControlFlow<()>,
) -> Result<Summary, Refusal> {
    check_mapping(mapping, source.limits.max_columns)?;
    let resolved = resolve(source, options)?;
    let identifiers: Vec<usize> = mapping
        .iter()
        .filter(|(_, field)| matches!(field, Field::Siren | Field::Siret | Field::VatNumber))
        .map(|(column, _)| *column)
        .collect();
    let mut book = Workbook::open(source, resolved.form)?;
    let mut styles = resolved.number_styles;
    weigh_numbers(&mut book, resolved.sheet, resolved.header_row, mapping, &identifiers, &mut styles)?;

    let mut summary = Summary::default();
    let mut seen = SeenSirens::default();
    walk(&mut book, resolved.sheet, resolved.header_row, Some(&identifiers), &mut |walked| match walked {
        Walked::Header(cells) => {
            summary.headers = cells.iter().map(|c| c.shown().trim().to_owned()).collect();
            ControlFlow::Continue(())
        }
        Walked::Row(row) => {
            let row = parse_row(row, mapping, &styles, &summary.headers, &mut seen);
            match row.outcome {
                Outcome::Client(_) => summary.clients += 1,
                Outcome::Rejected => summary.rejected += 1,
                Outcome::Skipped(_) => summary.skipped += 1,
            }
            summary.duplicates += u32::from(row.duplicate_of.is_some());
            visit(row)
        }
    })?;
    Ok(summary)
}

pub(crate) fn check_mapping<F: PartialEq + std::fmt::Display>(
    mapping: &[(usize, F)],
    max_columns: u32,
) -> Result<(), Refusal> {
    let refused = |what: Text| {
        Err(Refusal::new(
            RefusalCode::UnknownColumn,
            what,
            Text::new(
                "chaque colonne prise une fois, chaque champ une fois",
                "each column taken once, each field once",
            ),
            Text::new("corrigez le choix des colonnes", "correct the choice of columns"),
        ))
    };
    for (i, (column, field)) in mapping.iter().enumerate() {
        let letter = column_letter((*column).min(20_000));
        if *column >= max_columns as usize {
            return refused(Text::new(
                format!("La colonne {letter} n’existe pas"),
                format!("Column {letter} does not exist"),
            ));
        }
        if mapping[..i].iter().any(|(c, f)| c == column || f == field) {
            return refused(Text::new(
                format!("La colonne {letter} ou le champ « {field} » est pris deux fois"),
                format!("Column {letter} or the field “{field}” is taken twice"),
            ));
        }
    }
    Ok(())
}

fn is_number_field(field: Field) -> bool {
    matches!(field, Field::Turnover | Field::BalanceSheet | Field::Headcount | Field::InvoicesPerMonth)
}

/// A first pass over the columns of numbers whose decimal mark is not known yet. Workbooks hold numbers as numbers:
/// the pass finds nothing to weigh there, and costs one more reading of the file at worst.
fn weigh_numbers(
    book: &mut Workbook<'_>,
    sheet: usize,
    header_row: u32,
    mapping: &[(usize, Field)],
    identifiers: &[usize],
    styles: &mut BTreeMap<usize, NumberStyle>,
) -> Result<(), Refusal> {
    let mut open: Vec<(usize, NumberEvidence)> = mapping
        .iter()
        .filter(|(column, field)| is_number_field(*field) && !styles.contains_key(column))
        .map(|(column, _)| (*column, NumberEvidence::default()))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    walk(book, sheet, header_row, Some(identifiers), &mut |walked| {
        if let Walked::Row(RowRef { cells, skipped: None, .. }) = walked {
            for (column, evidence) in &mut open {
                if let Some(cell) = cells.get(*column) {
                    evidence.add(cell);
                }
            }
        }
        ControlFlow::Continue(())
    })?;
    styles.extend(open.into_iter().filter_map(|(column, evidence)| Some((column, evidence.style()?))));
    Ok(())
}

/// Reads one row. Errors are gathered, not raised: every bad cell of a row is told at once.
struct RowReader<'r> {
    headers: &'r [String],
    errors: Vec<RowError>,
    notes: Vec<RowNote>,
}

impl RowReader<'_> {
    fn take<T>(&mut self, column: usize, field: Field, read: Read<T>) -> Option<T> {
        match read {
            Ok(None) => None,
            Ok(Some(parsed)) => {
                self.notes.extend(parsed.notes.into_iter().map(|note| RowNote {
                    column: Some(column),
                    field: Some(field),
                    note,
                }));
                Some(parsed.value)
            }
            Err(error) => {
                self.refuse(column, field, *error);
                None
            }
        }
    }

    fn refuse(&mut self, column: usize, field: Field, error: CellError) {
        let header = self.headers.get(column).cloned().unwrap_or_default();
        self.errors.push(RowError { column, letter: column_letter(column), header, field, error });
    }
}

fn parse_row<'a>(
    row: RowRef<'a>,
    mapping: &[(usize, Field)],
    styles: &BTreeMap<usize, NumberStyle>,
    headers: &[String],
    seen: &mut SeenSirens,
) -> ClientRow<'a> {
    let blank = |outcome| ClientRow {
        number: row.number,
        outcome,
        errors: Vec::new(),
        notes: Vec::new(),
        duplicate_of: None,
        cells: row.cells,
    };
    if let Some(skip) = row.skipped {
        return blank(Outcome::Skipped(skip));
    }
    let mut reader = RowReader { headers, errors: Vec::new(), notes: Vec::new() };
    let identity = read_identity(&mut reader, row.cells, mapping);
    // Without an identity the other cells are still read, so that one correction settles the whole row.
    let mut says = ClientSays::default();
    for (column, field) in mapping {
        let cell = row.cells.get(*column).unwrap_or(&Cell::Empty);
        if !cell.is_empty() {
            read_field(&mut says, &mut reader, *column, *field, cell, styles.get(column).copied());
        }
    }
    let identity = identity.filter(|_| reader.errors.is_empty());
    let Some((siren, siret, vat_number)) = identity else {
        reader.errors.sort_by_key(|e| e.column);
        return ClientRow { errors: reader.errors, notes: reader.notes, ..blank(Outcome::Rejected) };
    };
    let client = ParsedClient { siren, siret, vat_number, says };
    let duplicate_of = seen.see(client.siren, row.number);
    if let Some(first) = duplicate_of {
        reader.notes.push(RowNote {
            column: None,
            field: Some(Field::Siren),
            note: Note::new(
                NoteCode::DuplicateInFile,
                format!("Le SIREN {} est déjà à la ligne {first}.", client.siren),
                format!("SIREN {} already stands on row {first}.", client.siren),
            ),
        });
    }
    ClientRow { duplicate_of, notes: reader.notes, ..blank(Outcome::Client(Box::new(client))) }
}

/// The company of a row, from its SIREN, its SIRET or its VAT number, which must agree.
fn read_identity(
    reader: &mut RowReader<'_>,
    cells: &[Cell],
    mapping: &[(usize, Field)],
) -> Option<(Siren, Option<Siret>, Option<String>)> {
    let column = |wanted: Field| mapping.iter().find(|(_, f)| *f == wanted).map(|(c, _)| *c);
    let cell = |c: usize| cells.get(c).unwrap_or(&Cell::Empty);
    let before = reader.errors.len();
    let from_siren = column(Field::Siren).and_then(|c| reader.take(c, Field::Siren, value::siren(cell(c))));
    let from_siret = column(Field::Siret).and_then(|c| reader.take(c, Field::Siret, value::siret(cell(c))));
    let from_vat = column(Field::VatNumber).and_then(|c| reader.take(c, Field::VatNumber, value::vat_number(cell(c))));
    let bad = reader.errors.len() > before;

    let mut siren = from_siren.map(|i| i.siren);
    let mut siret = from_siren.and_then(|i| i.siret);
    if let (Some(found), Some(c)) = (from_siret, column(Field::Siret)) {
        match siren {
            Some(known) if known != found.siren => reader.refuse(
                c,
                Field::Siret,
                *CellError::boxed(
                    CellCode::SiretOtherSiren,
                    &cell(c).shown(),
                    (
                        &format!("Ce SIRET est d’une autre entreprise que le SIREN {known} de la ligne"),
                        &format!("This SIRET is of another company than SIREN {known} of the row"),
                    ),
                    (
                        "un SIRET qui commence par le SIREN du client",
                        "a SIRET that starts with the SIREN of the client",
                    ),
                ),
            ),
            _ => {
                siren = Some(found.siren);
                siret = found.siret.or(siret);
            }
        }
    }
    let mut number = None;
    if let (Some(found), Some(c)) = (from_vat, column(Field::VatNumber)) {
        match (siren, found.siren) {
            // Numbers of Monaco hold nine digits that are no SIREN; they start with 000.
            (Some(known), Some(inside)) if known != inside && !inside.as_str().starts_with("000") => reader.refuse(
                c,
                Field::VatNumber,
                *CellError::boxed(
                    CellCode::VatOtherSiren,
                    &cell(c).shown(),
                    (
                        &format!("Ce numéro de TVA contient le SIREN {inside}, pas {known}"),
                        &format!("This VAT number holds SIREN {inside}, not {known}"),
                    ),
                    (
                        &format!("le numéro de TVA de l’entreprise, {} en général", known.vat_number()),
                        &format!("the VAT number of the company, usually {}", known.vat_number()),
                    ),
                ),
            ),
            (None, Some(inside)) if !bad => {
                siren = Some(inside);
                reader.notes.push(RowNote {
                    column: Some(c),
                    field: Some(Field::VatNumber),
                    note: Note::new(
                        NoteCode::SirenFromVatNumber,
                        format!("SIREN {inside} tiré du numéro de TVA."),
                        format!("SIREN {inside} taken from the VAT number."),
                    ),
                });
            }
            _ => {}
        }
        number = Some(found.number);
    }
    if siren.is_none() && !bad {
        let (c, field) = [Field::Siren, Field::Siret, Field::VatNumber]
            .into_iter()
            .find_map(|f| column(f).map(|c| (c, f)))
            .unwrap_or((0, Field::Siren));
        let shown = cells.get(c).map(|c| c.shown().into_owned()).unwrap_or_default();
        reader.refuse(
            c,
            field,
            *CellError::boxed(
                CellCode::MissingIdentifier,
                &shown,
                ("La ligne n’a ni SIREN ni SIRET", "The row has neither SIREN nor SIRET"),
                ("9 chiffres (SIREN) ou 14 chiffres (SIRET)", "9 digits (SIREN) or 14 digits (SIRET)"),
            ),
        );
    }
    if reader.errors.len() > before { None } else { siren.map(|s| (s, siret, number)) }
}

fn read_field(
    says: &mut ClientSays,
    reader: &mut RowReader<'_>,
    column: usize,
    field: Field,
    cell: &Cell,
    style: Option<NumberStyle>,
) {
    macro_rules! take {
        ($read:expr) => {
            reader.take(column, field, $read)
        };
    }
    match field {
        // Read before, together.
        Field::Siren | Field::Siret | Field::VatNumber => {}
        Field::Code => says.code = take!(value::text(cell, 64)),
        Field::Name => says.name = take!(value::text(cell, 250)),
        Field::TradeName => says.trade_name = take!(value::text(cell, 250)),
        Field::LegalForm => says.legal_form = take!(value::text(cell, 100)),
        Field::NafCode => says.naf_code = take!(value::naf_code(cell)),
        Field::VatRegime => says.vat_regime = take!(value::vat_regime(cell)),
        Field::VatUniqueGroup => says.vat_unique_group = take!(value::yes_no(cell)),
        Field::Headcount => says.headcount = take!(value::integer(cell, style)),
        Field::Turnover => says.turnover_cents = take!(value::money(cell, style)),
        Field::BalanceSheet => says.balance_sheet_cents = take!(value::money(cell, style)),
        Field::FiscalYearEnd => says.fiscal_year_end = take!(value::year_end(cell)),
        Field::B2b => says.b2b = take!(value::yes_no(cell)),
        Field::B2c => says.b2c = take!(value::yes_no(cell)),
        Field::B2g => says.b2g = take!(value::yes_no(cell)),
        Field::International => says.international = take!(value::yes_no(cell)),
        Field::InvoicesPerMonth => says.invoices_per_month = take!(value::integer(cell, style)),
        Field::Tool => says.tool = take!(value::text(cell, 100)),
        Field::ReceptionPlatform => says.reception_platform = take!(value::text(cell, 100)),
        Field::EmissionPlatform => says.emission_platform = take!(value::text(cell, 100)),
        Field::ContactName => says.contact_name = take!(value::text(cell, 200)),
        Field::ContactFirstName => says.contact_first_name = take!(value::text(cell, 100)),
        Field::ContactEmail => says.contact_email = take!(value::email(cell)),
        Field::ContactPhone => says.contact_phone = take!(value::phone(cell)),
        Field::Address => says.address = take!(value::text(cell, 250)),
        Field::PostalCode => says.postal_code = take!(value::postal_code(cell)),
        Field::City => says.city = take!(value::text(cell, 100)),
        Field::Manager => says.manager = take!(value::text(cell, 100)),
        Field::Assignee => says.assignee = take!(value::text(cell, 100)),
        Field::Portfolio => says.portfolio = take!(value::text(cell, 100)),
        Field::Tags => says.tags = take!(value::tags(cell)),
        Field::Confidential => says.confidential = take!(value::yes_no(cell)),
        Field::Notes => says.notes = take!(value::text(cell, 2000)),
    }
}

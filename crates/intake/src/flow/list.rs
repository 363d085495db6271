//! An export of a platform, row by row: what it says of an invoice, a row to skip, or a row rejected with every bad cell
//! told. Rows stream: a million cost what one costs.

use crate::cell::{Cell, column_letter};
use crate::detect::{Options, resolve};
use crate::list::check_mapping;
use crate::note::{Note, NoteCode};
use crate::refusal::Refusal;
use crate::rows::{RowRef, Skip, Walked, walk};
use crate::source::Source;
use crate::value::{self, CellCode, CellError, Moment, NumberStyle, Read};
use crate::workbook::Workbook;
use chrono::{NaiveDate, NaiveTime};
use domain::Siren;
use domain::flow::{FlowDirection, FlowField as Field, FlowKind};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// What a row says. Texts that are empty and values that are absent are what the file does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowSays {
    /// The client, as written.
    pub client: String,
    pub client_siren: Option<Siren>,
    pub number: String,
    pub direction: FlowDirection,
    pub kind: FlowKind,
    /// SIREN of the seller, or what the file gives in its place.
    pub seller: String,
    pub counterparty: String,
    pub counterparty_name: String,
    pub issued_on: Option<NaiveDate>,
    pub due_on: Option<NaiveDate>,
    pub net_cents: Option<i64>,
    pub vat_cents: Option<i64>,
    pub gross_cents: Option<i64>,
    pub currency: String,
    /// The platform's own word or code; empty when the row tells no status.
    pub status: String,
    /// The code with which it begins.
    pub status_code: Option<u32>,
    pub reasons: Vec<String>,
    pub comment: String,
    pub status_at: Option<Moment>,
    pub collected_cents: Option<i64>,
    pub platform: String,
    pub account: String,
}

/// One bad cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRowError {
    pub column: usize,
    pub letter: String,
    pub header: String,
    pub field: Field,
    pub error: CellError,
}

/// Something understood with help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRowNote {
    pub column: usize,
    pub field: Field,
    pub note: Note,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowOutcome {
    Says(Box<FlowSays>),
    /// At least one mapped cell is bad: nothing of the row is taken. See [`FlowRow::errors`].
    Rejected,
    Skipped(Skip),
}

#[derive(Debug, Clone, PartialEq)]
pub struct FlowRow<'a> {
    /// The row as a spreadsheet numbers it.
    pub number: u32,
    pub outcome: FlowOutcome,
    pub errors: Vec<FlowRowError>,
    pub notes: Vec<FlowRowNote>,
    cells: &'a [Cell],
}

impl FlowRow<'_> {
    /// The cells themselves.
    pub fn cells(&self) -> &[Cell] {
        self.cells
    }
}

/// What was visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlowSummary {
    pub flows: u64,
    pub rejected: u64,
    pub skipped: u64,
}

/// Visits every row after the header and after row `after` (0: all). `mapping` gives each column at most one field, and
/// each field one column.
pub fn parse_flow_list(
    source: &Source,
    options: &Options,
    mapping: &[(usize, Field)],
    after: u32,
    mut visit: impl FnMut(FlowRow<'_>) -> ControlFlow<()>,
) -> Result<FlowSummary, Refusal> {
    check_mapping(mapping, source.limits.max_columns)?;
    let resolved = resolve(source, options)?;
    let identifiers: Vec<usize> =
        mapping.iter().filter(|(_, field)| matches!(field, Field::Client | Field::Number)).map(|(c, _)| *c).collect();
    let mut book = Workbook::open(source, resolved.form)?;
    let mut reader =
        Reader { styles: &resolved.number_styles, headers: Vec::new(), errors: Vec::new(), notes: Vec::new() };
    let mut summary = FlowSummary::default();
    walk(&mut book, resolved.sheet, resolved.header_row, Some(&identifiers), &mut |walked| match walked {
        Walked::Header(cells) => {
            reader.headers = cells.iter().map(|c| c.shown().trim().to_owned()).collect();
            ControlFlow::Continue(())
        }
        Walked::Row(row) if row.number <= after => ControlFlow::Continue(()),
        Walked::Row(row) => {
            let row = reader.row(row, mapping);
            match row.outcome {
                FlowOutcome::Says(_) => summary.flows += 1,
                FlowOutcome::Rejected => summary.rejected += 1,
                FlowOutcome::Skipped(_) => summary.skipped += 1,
            }
            visit(row)
        }
    })?;
    Ok(summary)
}

/// Reads rows. Errors are gathered, not raised: every bad cell of a row is told at once.
struct Reader<'r> {
    styles: &'r BTreeMap<usize, NumberStyle>,
    headers: Vec<String>,
    errors: Vec<FlowRowError>,
    notes: Vec<FlowRowNote>,
}

/// What the cells hold before they are put together.
#[derive(Default)]
struct Cells {
    client: Option<(String, Option<Siren>)>,
    number: Option<String>,
    direction: Option<FlowDirection>,
    kind: Option<FlowKind>,
    seller: Option<String>,
    counterparty: Option<String>,
    counterparty_name: Option<String>,
    issued_on: Option<NaiveDate>,
    due_on: Option<NaiveDate>,
    net: Option<i64>,
    vat: Option<i64>,
    gross: Option<i64>,
    currency: Option<String>,
    status: Option<String>,
    reasons: Vec<String>,
    comment: Option<String>,
    status_at: Option<Moment>,
    collected: Option<i64>,
    platform: Option<String>,
    account: Option<String>,
}

impl Reader<'_> {
    fn row<'a>(&mut self, row: RowRef<'a>, mapping: &[(usize, Field)]) -> FlowRow<'a> {
        self.errors.clear();
        self.notes.clear();
        let blank =
            |outcome| FlowRow { number: row.number, outcome, errors: Vec::new(), notes: Vec::new(), cells: row.cells };
        if let Some(skip) = row.skipped {
            return blank(FlowOutcome::Skipped(skip));
        }
        let mut cells = Cells::default();
        for (column, field) in mapping {
            let cell = row.cells.get(*column).unwrap_or(&Cell::Empty);
            if !cell.is_empty() {
                self.cell(&mut cells, *column, *field, cell);
            }
        }
        let says = self.together(cells, row.cells, mapping).filter(|_| self.errors.is_empty());
        let notes = std::mem::take(&mut self.notes);
        match says {
            Some(says) => FlowRow { notes, ..blank(FlowOutcome::Says(Box::new(says))) },
            None => {
                let mut errors = std::mem::take(&mut self.errors);
                errors.sort_by_key(|e| e.column);
                FlowRow { errors, notes, ..blank(FlowOutcome::Rejected) }
            }
        }
    }

    fn cell(&mut self, cells: &mut Cells, column: usize, field: Field, cell: &Cell) {
        macro_rules! take {
            ($read:expr) => {
                self.take(column, field, $read)
            };
        }
        let style = self.styles.get(&column).copied();
        match field {
            Field::Client => cells.client = self.client(column, cell),
            Field::Number => cells.number = take!(value::text(cell, 100)),
            Field::Direction => {
                cells.direction = take!(word(
                    cell,
                    super::direction,
                    CellCode::DirectionUnknown,
                    ("Ce n’est ni une vente ni un achat", "This is neither a sale nor a purchase"),
                    ("Vente ou Achat, out ou in", "Vente or Achat, out or in"),
                ))
            }
            Field::Kind => {
                cells.kind = take!(word(
                    cell,
                    super::kind,
                    CellCode::FlowKindUnknown,
                    ("Ce type de pièce n’est pas connu", "This kind of document is not known"),
                    (
                        "Facture, Avoir ou Transmission, ou le code 380, 381…",
                        "Invoice, Credit note or Transmission, or the code 380, 381…"
                    ),
                ))
            }
            Field::Seller => cells.seller = self.party(column, field, cell),
            Field::Counterparty => cells.counterparty = self.party(column, field, cell),
            Field::CounterpartyName => cells.counterparty_name = take!(value::text(cell, 250)),
            Field::IssuedOn => cells.issued_on = take!(value::date(cell)),
            Field::DueOn => cells.due_on = take!(value::date(cell)),
            Field::Net => cells.net = self.money(column, field, cell, style),
            Field::Vat => cells.vat = self.money(column, field, cell, style),
            Field::Gross => cells.gross = self.money(column, field, cell, style),
            Field::Collected => cells.collected = self.money(column, field, cell, style),
            Field::Currency => cells.currency = take!(value::text(cell, 10)),
            Field::Status => cells.status = take!(value::text(cell, 120)),
            Field::Reason => cells.reasons = take!(reasons(cell)).unwrap_or_default(),
            Field::Comment => cells.comment = take!(value::text(cell, 2_000)),
            Field::StatusAt => cells.status_at = take!(value::moment(cell)),
            Field::Platform => cells.platform = take!(value::text(cell, 100)),
            Field::Account => cells.account = take!(value::text(cell, 60)),
        }
    }

    /// Credits are negative in many exports; that is nothing to tell.
    fn money(&mut self, column: usize, field: Field, cell: &Cell, style: Option<NumberStyle>) -> Option<i64> {
        let read = value::money(cell, style).map(|parsed| {
            parsed.map(|mut p| {
                p.notes.retain(|n| n.code != NoteCode::NegativeAmount);
                p
            })
        });
        self.take(column, field, read)
    }

    fn take<T>(&mut self, column: usize, field: Field, read: Read<T>) -> Option<T> {
        match read {
            Ok(None) => None,
            Ok(Some(parsed)) => {
                self.notes.extend(parsed.notes.into_iter().map(|note| FlowRowNote { column, field, note }));
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
        self.errors.push(FlowRowError { column, letter: column_letter(column), header, field, error });
    }

    /// The client. A number that is no SIREN is kept as written: it is an anomaly to settle, not a row to lose. Only what a
    /// spreadsheet destroyed is refused.
    fn client(&mut self, column: usize, cell: &Cell) -> Option<(String, Option<Siren>)> {
        if let Some(siren) = plain_identifier(cell) {
            if !siren.is_checked() {
                self.note(column, Field::Client, NoteCode::SirenCheckDigit, unchecked(siren));
            }
            return Some((siren.to_string(), Some(siren)));
        }
        match value::siren(cell) {
            Ok(Some(parsed)) => {
                let siren = parsed.value.siren;
                let told = |note: &Note| !matches!(note.code, NoteCode::SiretInSirenColumn | NoteCode::SiretCheckDigit);
                self.notes.extend(parsed.notes.into_iter().filter(told).map(|note| FlowRowNote {
                    column,
                    field: Field::Client,
                    note,
                }));
                Some((siren.to_string(), Some(siren)))
            }
            Ok(None) => None,
            Err(error) if matches!(error.code, CellCode::ScientificNotation | CellCode::FormulaError) => {
                self.refuse(column, Field::Client, *error);
                Some((String::new(), None))
            }
            Err(_) => {
                let written: String = cell.shown().trim().chars().take(60).collect();
                self.note(
                    column,
                    Field::Client,
                    NoteCode::ClientUnidentified,
                    (
                        format!("« {written} » n’est pas un SIREN : le flux est gardé sans dossier."),
                        format!("“{written}” is no SIREN: the flow is kept without a dossier."),
                    ),
                );
                Some((written, None))
            }
        }
    }

    fn note(&mut self, column: usize, field: Field, code: NoteCode, (fr, en): (String, String)) {
        self.notes.push(FlowRowNote { column, field, note: Note::new(code, fr, en) });
    }

    /// Another party: its SIREN where the cell holds one, in whatever form, else what is written (a foreign number).
    fn party(&mut self, column: usize, field: Field, cell: &Cell) -> Option<String> {
        if let Some(siren) = plain_identifier(cell) {
            return Some(siren.to_string());
        }
        match value::siren(cell) {
            Ok(parsed) => parsed.map(|p| p.value.siren.to_string()),
            Err(error) if matches!(error.code, CellCode::ScientificNotation | CellCode::FormulaError) => {
                self.refuse(column, field, *error);
                None
            }
            Err(_) => self.take(column, field, value::text(cell, 60)),
        }
    }

    fn together(&mut self, cells: Cells, row: &[Cell], mapping: &[(usize, Field)]) -> Option<FlowSays> {
        let column = |wanted: Field| mapping.iter().find(|(_, f)| *f == wanted).map(|(c, _)| *c);
        let shown = |c: usize| row.get(c).map(|cell| cell.shown().into_owned()).unwrap_or_default();
        let lacks = |reader: &mut Self, field: Field, code: CellCode, what: (&str, &str), form: (&str, &str)| {
            let c = column(field).unwrap_or_default();
            reader.refuse(c, field, *CellError::boxed(code, &shown(c), what, form));
        };
        let refused = |reader: &Self, field: Field| reader.errors.iter().any(|e| e.field == field);
        let Some((client, client_siren)) = cells.client else {
            lacks(
                self,
                Field::Client,
                CellCode::ClientMissing,
                ("La ligne ne dit pas de quel client il s’agit", "The row does not say which client it is about"),
                ("le SIREN ou le SIRET du client", "the SIREN or the SIRET of the client"),
            );
            return None;
        };
        let number = cells.number.unwrap_or_default();
        if number.is_empty() && !refused(self, Field::Number) {
            lacks(
                self,
                Field::Number,
                CellCode::NumberMissing,
                ("La ligne n’a pas de numéro de facture", "The row has no invoice number"),
                ("le numéro de la facture, comme F2026-000123", "the number of the invoice, such as F2026-000123"),
            );
        }
        // Where no column tells the direction, the seller does.
        let direction = cells.direction.or_else(|| {
            let seller = cells.seller.as_deref()?;
            Some(if seller == client { FlowDirection::Sale } else { FlowDirection::Purchase })
        });
        if direction.is_none() && !refused(self, Field::Direction) && !refused(self, Field::Seller) {
            let field = if column(Field::Direction).is_some() { Field::Direction } else { Field::Seller };
            lacks(
                self,
                field,
                CellCode::DirectionMissing,
                ("Vente ou achat ? La ligne ne le dit pas", "Sale or purchase? The row does not tell"),
                ("Vente ou Achat, ou le SIREN du vendeur", "Vente or Achat, or the SIREN of the seller"),
            );
        }
        let status = cells.status.unwrap_or_default();
        let mut status_at = cells.status_at;
        if !status.is_empty() && status_at.is_none() && !refused(self, Field::StatusAt) {
            match cells.issued_on {
                Some(day) => {
                    status_at = Some(Moment { at: day.and_time(NaiveTime::MIN), zone: None });
                    // Where no column tells it, one remark on the file is enough.
                    if let Some(c) = column(Field::StatusAt) {
                        self.note(
                            c,
                            Field::StatusAt,
                            NoteCode::StatusDateFromIssue,
                            (
                                "Date du statut absente : celle de la facture est retenue.".to_owned(),
                                "No date of the status: that of the invoice is taken.".to_owned(),
                            ),
                        );
                    }
                }
                None => lacks(
                    self,
                    Field::StatusAt,
                    CellCode::StatusDateMissing,
                    ("Le statut n’a pas de date, la facture non plus", "Neither the status nor the invoice has a date"),
                    ("la date du statut, comme 18/10/2026 14:32", "the date of the status, such as 18/10/2026 14:32"),
                ),
            }
        }
        let direction = direction?;
        let counterparty = cells.counterparty.unwrap_or_default();
        let seller = match (cells.seller, direction) {
            (Some(seller), _) => seller,
            (None, FlowDirection::Sale) => client.clone(),
            (None, FlowDirection::Purchase) => counterparty.clone(),
        };
        // A purchase whose other side stands only as the seller.
        let counterparty =
            if counterparty.is_empty() && direction == FlowDirection::Purchase { seller.clone() } else { counterparty };
        Some(FlowSays {
            client,
            client_siren,
            number,
            direction,
            kind: cells.kind.unwrap_or(FlowKind::Invoice),
            seller,
            counterparty,
            counterparty_name: cells.counterparty_name.unwrap_or_default(),
            issued_on: cells.issued_on,
            due_on: cells.due_on,
            net_cents: cells.net,
            vat_cents: cells.vat.or_else(|| cells.gross?.checked_sub(cells.net?)),
            gross_cents: cells.gross,
            currency: currency(cells.currency),
            status_code: super::status_code(&status),
            status,
            reasons: cells.reasons,
            comment: cells.comment.unwrap_or_default(),
            status_at,
            collected_cents: cells.collected,
            platform: cells.platform.unwrap_or_default(),
            account: cells.account.unwrap_or_default(),
        })
    }
}

fn unchecked(siren: Siren) -> (String, String) {
    (
        format!("La clé de contrôle du SIREN {siren} est fausse : vérifiez-le."),
        format!("The check digit of SIREN {siren} is wrong: check it."),
    )
}

fn currency(word: Option<String>) -> String {
    match word.as_deref().map(str::trim) {
        None | Some("" | "€" | "Euro" | "euro" | "EURO" | "Euros" | "euros") => "EUR".to_owned(),
        Some(other) => other.to_uppercase(),
    }
}

/// Nine or fourteen digits and nothing else: what almost every cell of an export holds.
fn plain_identifier(cell: &Cell) -> Option<Siren> {
    let Cell::Text(text) = cell else { return None };
    let text = text.trim();
    (matches!(text.len(), 9 | 14) && text.bytes().all(|b| b.is_ascii_digit())).then(|| Siren::parse(&text[..9]).ok())?
}

fn word<T>(
    cell: &Cell,
    read: impl Fn(&str) -> Option<T>,
    code: CellCode,
    what: (&str, &str),
    form: (&str, &str),
) -> Read<T> {
    let shown = value::readable(cell)?;
    match read(&shown) {
        Some(value) => Ok(Some(value::Parsed { value, notes: Vec::new() })),
        None => Err(CellError::boxed(code, &shown, what, form)),
    }
}

/// Codes of reasons: several may stand in one cell.
fn reasons(cell: &Cell) -> Read<Vec<String>> {
    Ok(value::text(cell, 500)?.map(|p| value::Parsed {
        value: p
            .value
            .split([',', ';', '|', '/'])
            .map(str::trim)
            .filter(|r| !r.is_empty())
            .map(str::to_owned)
            .collect(),
        notes: p.notes,
    }))
}

//! From what a cell holds to a value of the trade, or to an error that says the form expected.
//!
//! Every parser answers `Ok(None)` for an empty cell: an empty cell never erases a known value. What was understood
//! with some help comes with notes. Accepted are the forms that accounting programs write, and what spreadsheets do to
//! them: lost zeros, dates as numbers, numbers as texts.

mod contact;
mod date;
mod identity;
mod moment;
mod number;
mod words;

pub(crate) use contact::is_email;
pub use contact::{email, phone, postal_code};
pub(crate) use date::is_date;
pub use date::{date, year_end};
pub use identity::{Identity, VatNumber, siren, siret, vat_number};
pub use moment::{Moment, moment};
pub(crate) use number::is_number;
pub use number::{NumberEvidence, NumberStyle, integer, money};
pub use words::{naf_code, regime_word, tags, text, vat_regime, yes_no, yes_no_word};

use crate::cell::Cell;
use crate::note::Note;
use domain::text::{Text, fold};
use serde::{Deserialize, Serialize};

domain::closed_enum! {
    pub enum CellCode {
        FormulaError = "formula_error",
        MissingIdentifier = "missing_identifier",
        SirenForm = "siren_form",
        SirenZero = "siren_zero",
        SiretForm = "siret_form",
        SiretOtherSiren = "siret_other_siren",
        ScientificNotation = "scientific_notation",
        VatForm = "vat_form",
        VatOtherSiren = "vat_other_siren",
        NumberForm = "number_form",
        NumberAmbiguous = "number_ambiguous",
        NumberRange = "number_range",
        NumberNegative = "number_negative",
        NumberTooLarge = "number_too_large",
        DateForm = "date_form",
        DateImpossible = "date_impossible",
        YesNoForm = "yes_no_form",
        RegimeUnknown = "regime_unknown",
        EmailForm = "email_form",
        PhoneForm = "phone_form",
        PostalCodeForm = "postal_code_form",
        TextTooLong = "text_too_long",
        TooManyTags = "too_many_tags",
        ClientMissing = "client_missing",
        NumberMissing = "number_missing",
        DirectionUnknown = "direction_unknown",
        DirectionMissing = "direction_missing",
        FlowKindUnknown = "flow_kind_unknown",
        StatusDateMissing = "status_date_missing",
    }
}

/// One cell refused: what, the refused value, the form expected and how to get there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellError {
    pub code: CellCode,
    pub message: Text,
    pub expected: Text,
    /// The refused value, cut to 80 characters.
    pub value: String,
}

impl CellError {
    pub(crate) fn boxed(code: CellCode, value: &str, message: (&str, &str), expected: (&str, &str)) -> Box<Self> {
        Box::new(Self {
            code,
            message: Text::new(message.0, message.1),
            expected: Text::new(expected.0, expected.1),
            value: value.chars().take(80).collect(),
        })
    }
}

/// A value and what had to be understood to get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<T> {
    pub value: T,
    pub notes: Vec<Note>,
}

impl<T> Parsed<T> {
    pub(crate) fn plain(value: T) -> Self {
        Self { value, notes: Vec::new() }
    }

    pub(crate) fn noted(value: T, note: Note) -> Self {
        Self { value, notes: vec![note] }
    }
}

/// `Ok(None)`: the cell was empty.
pub type Read<T> = Result<Option<Parsed<T>>, Box<CellError>>;

/// The text of a cell, for parsers that read words. A formula in error is an error everywhere.
pub(crate) fn readable(cell: &Cell) -> Result<std::borrow::Cow<'_, str>, Box<CellError>> {
    if let Cell::Error(code) = cell {
        return Err(CellError::boxed(
            CellCode::FormulaError,
            code,
            ("La formule de cette cellule est en erreur", "The formula of this cell is in error"),
            ("une valeur, ou une cellule vide", "a value, or an empty cell"),
        ));
    }
    Ok(cell.shown())
}

/// Words that people write where nothing is known. Not for VAT regimes, where "NA" has a meaning.
pub(crate) fn says_nothing(text: &str) -> bool {
    // None of these words holds a digit: most cells of numbers, dates and addresses are answered here.
    if text.len() > 24 || text.bytes().any(|b| b.is_ascii_digit() || b == b'@') {
        return false;
    }
    let trimmed = text.trim();
    matches!(trimmed, "-" | "--" | "---" | "—" | "–" | "?" | "." | "/")
        || matches!(
            fold(trimmed).as_str(),
            "nc" | "n c"
                | "n a"
                | "na"
                | "nr"
                | "n r"
                | "nd"
                | "n d"
                | "null"
                | "none"
                | "neant"
                | "inconnu"
                | "inconnue"
                | "non renseigne"
                | "non communique"
                | "non connu"
                | "unknown"
                | "vide"
                | "aucun"
                | "aucune"
        )
}

/// Spaces of every width, those of French numbers included.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}' | '\u{2060}')
}

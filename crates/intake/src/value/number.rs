//! Amounts and whole numbers, in every way that French and English programs write them.
//!
//! "1,234" alone says nothing: a thousand and more in English, one and a bit in French. The other values of the
//! column decide ([`NumberEvidence`]); when they do not, the cell is refused with the question.

use super::{CellCode, CellError, Parsed, Read, is_space, readable, says_nothing};
use crate::cell::Cell;
use crate::note::{Note, NoteCode};
use domain::text::fold;

domain::closed_enum! {
    /// The decimal mark of a column.
    pub enum NumberStyle { Comma = "comma", Dot = "dot" }
}

/// What the values of a column say about its decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NumberEvidence {
    comma_decimal: u32,
    dot_decimal: u32,
    ambiguous_comma: u32,
    ambiguous_dot: u32,
}

impl NumberEvidence {
    pub fn add(&mut self, cell: &Cell) {
        if let Cell::Text(text) = cell {
            self.add_text(text);
        }
    }

    fn add_text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        if bytes.len() > 40 || !bytes.iter().any(u8::is_ascii_digit) || bytes.iter().any(u8::is_ascii_alphabetic) {
            return;
        }
        let commas = bytes.iter().filter(|b| **b == b',').count();
        let dots = bytes.iter().filter(|b| **b == b'.').count();
        let grouped_by_space = text.trim().chars().any(is_space);
        match (commas, dots) {
            (0, 0) => {}
            (1, 0) | (0, 1) => {
                let mark = if commas == 1 { b',' } else { b'.' };
                let at = bytes.iter().position(|b| *b == mark).unwrap_or(0);
                let after = bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
                let before = bytes[..at].iter().filter(|b| b.is_ascii_digit()).count();
                let leading_zero = bytes[..at].iter().find(|b| b.is_ascii_digit()) == Some(&b'0');
                let ambiguous = after == 3 && (1..=3).contains(&before) && !leading_zero && !grouped_by_space;
                match (mark, ambiguous) {
                    (b',', true) => self.ambiguous_comma += 1,
                    (b',', false) => self.comma_decimal += 1,
                    (_, true) => self.ambiguous_dot += 1,
                    (_, false) => self.dot_decimal += 1,
                }
            }
            // Several of one kind group thousands: the other is the decimal mark.
            (2.., 0) => self.dot_decimal += 1,
            (0, 2..) => self.comma_decimal += 1,
            _ => {
                if bytes.iter().rposition(|b| *b == b',') > bytes.iter().rposition(|b| *b == b'.') {
                    self.comma_decimal += 1;
                } else {
                    self.dot_decimal += 1;
                }
            }
        }
    }

    /// The decimal mark, when the column tells it. Three values in thousands and none against is also an answer:
    /// nobody writes money with three decimals.
    pub fn style(&self) -> Option<NumberStyle> {
        match (self.comma_decimal, self.dot_decimal) {
            (1.., 0) => Some(NumberStyle::Comma),
            (0, 1..) => Some(NumberStyle::Dot),
            (0, 0) if self.ambiguous_comma >= 3 && self.ambiguous_dot == 0 => Some(NumberStyle::Dot),
            (0, 0) if self.ambiguous_dot >= 3 && self.ambiguous_comma == 0 => Some(NumberStyle::Comma),
            (c @ 1.., d) if c >= d.saturating_mul(20) => Some(NumberStyle::Comma),
            (c, d @ 1..) if d >= c.saturating_mul(20) => Some(NumberStyle::Dot),
            _ => None,
        }
    }
}

/// A number as written: digits and where the decimals start.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: i128,
    decimals: u32,
    /// 1, a thousand, a million, a thousand million.
    unit: i128,
}

#[derive(Debug, PartialEq, Eq)]
enum Refused {
    Form,
    Ambiguous,
    Range,
    TooLarge,
}

fn decimal(text: &str, style: Option<NumberStyle>) -> Result<Decimal, Refused> {
    let text = text.trim_matches(is_space);
    if looks_like_range(text) {
        return Err(Refused::Range);
    }
    let (text, unit) = strip_unit(text)?;
    let mut text = text.trim_matches(is_space);
    let mut negative = false;
    if let Some(inside) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        (negative, text) = (true, inside.trim_matches(is_space));
    }
    if let Some(rest) = text.strip_prefix(['-', '−', '–', '‑']) {
        (negative, text) = (!negative, rest);
    } else if let Some(rest) = text.strip_prefix('+') {
        text = rest;
    } else if let Some(rest) = text.strip_suffix(['-', '−']) {
        (negative, text) = (!negative, rest);
    }
    let text = text.trim_matches(is_space);

    // Marks in order: groups of digits between them.
    let mut groups: Vec<(char, usize)> = Vec::new();
    let (mut digits, mut count, mut run) = (0i128, 0u32, 0usize);
    let mut first_group = 0;
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            count += 1;
            if count > 34 {
                return Err(Refused::TooLarge);
            }
            digits = digits * 10 + i128::from(digit);
            run += 1;
            continue;
        }
        let mark = match c {
            ',' | '.' => c,
            '\'' | '’' => ' ',
            c if is_space(c) => ' ',
            _ => return Err(Refused::Form),
        };
        if run == 0 {
            return Err(Refused::Form);
        }
        match groups.last_mut() {
            None => first_group = run,
            Some(last) => last.1 = run,
        }
        groups.push((mark, 0));
        run = 0;
    }
    match groups.last_mut() {
        None => first_group = run,
        Some(last) => last.1 = run,
    }
    if count == 0 {
        return Err(Refused::Form);
    }

    let decimals = decimals_of(&groups, first_group, text, style)?;
    Ok(Decimal { negative: negative && digits != 0, digits, decimals, unit })
}

/// Which mark, if any, starts the decimals; the others must group by three.
fn decimals_of(
    groups: &[(char, usize)],
    first_group: usize,
    text: &str,
    style: Option<NumberStyle>,
) -> Result<u32, Refused> {
    let Some(&(last, after)) = groups.last() else { return Ok(0) };
    let same = groups.iter().filter(|(mark, _)| *mark == last).count();
    let is_decimal = match last {
        ' ' => false,
        _ if same > 1 => false,
        // Another mark groups before it: this one is decimal, "1.234,56" or "1 234,567".
        _ if groups.len() > 1 => true,
        mark if after == 3 && (1..=3).contains(&first_group) && !text.starts_with('0') => match (style, mark) {
            (Some(NumberStyle::Comma), ',') | (Some(NumberStyle::Dot), '.') => true,
            (Some(_), _) => false,
            (None, _) => return Err(Refused::Ambiguous),
        },
        _ => true,
    };
    let grouping = if is_decimal { &groups[..groups.len() - 1] } else { groups };
    if let Some(&(mark, _)) = grouping.first() {
        let mixed = grouping.iter().any(|(m, _)| *m != mark);
        let by_three = grouping.iter().all(|(_, n)| *n == 3) && (1..=3).contains(&first_group);
        if mixed || !by_three {
            return Err(Refused::Form);
        }
    }
    if is_decimal { u32::try_from(after).map_err(|_| Refused::Form) } else { Ok(0) }
}

/// "€", "k€", "M€", "EUR"… around the number.
fn strip_unit(text: &str) -> Result<(&str, i128), Refused> {
    let text = ["€", "EUR", "eur"].iter().find_map(|p| text.strip_prefix(p)).unwrap_or(text);
    let Some(start) = text.find(|c: char| c.is_alphabetic() || c == '€') else { return Ok((text, 1)) };
    let (number, unit) = text.split_at(start);
    if number.trim_matches(is_space).is_empty() || unit.chars().any(|c| c.is_ascii_digit()) {
        return Err(Refused::Form);
    }
    let word: String = fold(&unit.replace('€', " e ")).split(' ').filter(|w| !matches!(*w, "ht" | "ttc")).collect();
    let factor = match word.as_str() {
        "" | "e" | "eur" | "euro" | "euros" => 1,
        "k" | "ke" | "keur" | "keuro" | "keuros" | "milliers" | "millierse" => 1_000,
        "m" | "me" | "meur" | "meuro" | "meuros" | "million" | "millions" | "millionse" | "milliondeuros"
        | "millionsdeuros" | "mio" => 1_000_000,
        "md" | "mde" | "mds" | "mdse" | "milliard" | "milliards" | "mrd" | "mrde" => 1_000_000_000,
        // Counted things: "25 salariés", "80 factures".
        "salarie" | "salaries" | "personne" | "personnes" | "etp" | "pers" | "employes" | "facture" | "factures"
        | "employees" | "invoices" | "par" | "parmois" | "mois" | "facturesparmois" | "facturesmois" => 1,
        _ => return Err(Refused::Form),
    };
    Ok((number, factor))
}

/// "10 à 19", "10-19", "< 10", "plus de 50": a bracket is not a number.
fn looks_like_range(text: &str) -> bool {
    let inner = text.trim_start_matches(['-', '−', '+', '(']);
    if text.starts_with(['<', '>', '≤', '≥', '~', '≈']) {
        return true;
    }
    let between_digits = |mark: char| {
        inner.split_once(mark).is_some_and(|(before, after)| {
            before.trim_end().ends_with(|c: char| c.is_ascii_digit())
                && after.trim_start().starts_with(|c: char| c.is_ascii_digit())
        })
    };
    if between_digits('-') || between_digits('/') || between_digits('–') || between_digits('à') || between_digits('~')
    {
        return true;
    }
    if !text.chars().any(char::is_alphabetic) {
        return false;
    }
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    words
        .iter()
        .any(|w| matches!(*w, "entre" | "moins" | "plus" | "environ" | "to" | "between" | "over" | "under" | "jusqu"))
        || folded.contains(" a ") && folded.ends_with(|c: char| c.is_ascii_digit())
}

fn refused(refused: Refused, shown: &str, whole: bool) -> Box<CellError> {
    let expected = if whole {
        ("un nombre entier, par exemple 25", "a whole number, such as 25")
    } else {
        ("un montant, par exemple 1 234,56 ou 1234.56", "an amount, such as 1 234,56 or 1234.56")
    };
    match refused {
        Refused::Form => {
            CellError::boxed(CellCode::NumberForm, shown, ("Ce n’est pas un nombre", "This is not a number"), expected)
        }
        Refused::Ambiguous => CellError::boxed(
            CellCode::NumberAmbiguous,
            shown,
            (
                "Mille et plus, ou un nombre à trois décimales ? Le reste de la colonne ne le dit pas",
                "A thousand and more, or a number with three decimals? The rest of the column does not tell",
            ),
            (
                "le même nombre sans séparateur de milliers, par exemple 1234,00",
                "the same number without a thousands mark, such as 1234.00",
            ),
        ),
        Refused::Range => CellError::boxed(
            CellCode::NumberRange,
            shown,
            ("Une tranche n’est pas un nombre", "A bracket is not a number"),
            (
                "le nombre exact, ou une cellule vide s’il n’est pas connu",
                "the exact number, or an empty cell if it is not known",
            ),
        ),
        Refused::TooLarge => CellError::boxed(
            CellCode::NumberTooLarge,
            shown,
            ("Le nombre est démesuré", "The number is out of all measure"),
            expected,
        ),
    }
}

/// A hundred times a million millions: no company is near.
const MAX_CENTS: i128 = 10_000_000_000_000_000;

/// `number × unit × scale`, rounded half away from zero, and whether something was rounded off.
fn scaled(number: &Decimal, scale: i128) -> Option<(i64, bool)> {
    let value = number.digits.checked_mul(number.unit)?.checked_mul(scale)?;
    let divisor = 10i128.checked_pow(number.decimals)?;
    let (quotient, rest) = (value / divisor, value % divisor);
    let rounded = if rest * 2 >= divisor { quotient + 1 } else { quotient };
    if rounded > MAX_CENTS {
        return None;
    }
    let signed = if number.negative { -rounded } else { rounded };
    Some((i64::try_from(signed).ok()?, rest != 0))
}

fn from_float(n: f64, scale: f64) -> Option<(i64, bool)> {
    let scaled = n * scale;
    // Doubles carry noise after the cent (0.1 + 0.2): only a visible remainder was rounded.
    #[expect(clippy::cast_possible_truncation, reason = "checked against the limit just before")]
    (scaled.is_finite() && scaled.abs() <= 1e16)
        .then(|| (scaled.round() as i64, (scaled - scaled.round()).abs() > 1e-3))
}

/// An amount in cents.
pub fn money(cell: &Cell, style: Option<NumberStyle>) -> Read<i64> {
    let shown = readable(cell)?;
    let (cents, rounded) = match cell {
        Cell::Number(n) => from_float(*n, 100.0).ok_or_else(|| refused(Refused::TooLarge, &shown, false))?,
        _ if cell.is_empty() => return Ok(None),
        _ if says_nothing(&shown) => return Ok(None),
        _ => {
            let number = decimal(&shown, style).map_err(|e| refused(e, &shown, false))?;
            scaled(&number, 100).ok_or_else(|| refused(Refused::TooLarge, &shown, false))?
        }
    };
    let mut parsed = Parsed::plain(cents);
    if rounded {
        parsed.notes.push(rounded_note(&shown, "au centime", "to the cent"));
    }
    if cents < 0 {
        parsed.notes.push(Note::new(
            NoteCode::NegativeAmount,
            format!("Montant négatif : {}.", shown.trim()),
            format!("Negative amount: {}.", shown.trim()),
        ));
    }
    Ok(Some(parsed))
}

fn rounded_note(shown: &str, fr: &str, en: &str) -> Note {
    Note::new(
        NoteCode::Rounded,
        format!("« {} » est arrondi {fr}.", shown.trim()),
        format!("“{}” is rounded {en}.", shown.trim()),
    )
}

/// A count: headcount, invoices per month.
pub fn integer(cell: &Cell, style: Option<NumberStyle>) -> Read<u32> {
    let shown = readable(cell)?;
    let (count, rounded) = match cell {
        Cell::Number(n) => from_float(*n, 1.0).ok_or_else(|| refused(Refused::TooLarge, &shown, true))?,
        _ if cell.is_empty() => return Ok(None),
        _ if says_nothing(&shown) => return Ok(None),
        _ => {
            let number = decimal(&shown, style).map_err(|e| refused(e, &shown, true))?;
            scaled(&number, 1).ok_or_else(|| refused(Refused::TooLarge, &shown, true))?
        }
    };
    if count < 0 {
        return Err(CellError::boxed(
            CellCode::NumberNegative,
            &shown,
            ("Un nombre négatif", "A negative number"),
            ("un nombre entier, 0 ou plus", "a whole number, 0 or more"),
        ));
    }
    let value = u32::try_from(count).map_err(|_| refused(Refused::TooLarge, &shown, true))?;
    Ok(Some(if rounded {
        Parsed::noted(value, rounded_note(&shown, "à l’unité", "to the unit"))
    } else {
        Parsed::plain(value)
    }))
}

/// Whether a text reads as a number, for the description of columns.
pub(crate) fn is_number(text: &str) -> bool {
    matches!(decimal(text, Some(NumberStyle::Comma)), Ok(_) | Err(Refused::Ambiguous))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cents(text: &str) -> Result<i64, CellCode> {
        money(&Cell::from(text), None).map(|p| p.unwrap().value).map_err(|e| e.code)
    }

    #[test]
    fn amounts_in_every_form() {
        for (text, expected) in [
            ("1 234,56", 123_456),
            ("1\u{a0}234,56", 123_456),
            ("1\u{202f}234,56", 123_456),
            ("1.234,56", 123_456),
            ("1,234.56", 123_456),
            ("1234.56", 123_456),
            ("1234,56", 123_456),
            ("(123,45)", -12_345),
            ("123,45-", -12_345),
            ("-123,45", -12_345),
            ("−123,45", -12_345),
            ("+0000123,45", 12_345),
            (" 000000000001437,12", 143_712),
            ("-000000000001437,12", -143_712),
            ("3 882 012,00", 388_201_200),
            ("11 783 289 441,00", 1_178_328_944_100),
            ("3882012", 388_201_200),
            ("1 234,56 €", 123_456),
            ("€1,234.56", 123_456),
            ("1 234,56 EUR", 123_456),
            ("1 234 € HT", 123_400),
            ("12 k€", 1_200_000),
            ("12,5 K€", 1_250_000),
            ("12k", 1_200_000),
            ("1,2 M€", 120_000_000),
            ("1,2 million d'euros", 120_000_000),
            ("2 Md€", 200_000_000_000),
            ("1.234.567", 123_456_700),
            ("1'234'567.89", 123_456_789),
            ("0,5", 50),
            ("0,123", 12),
            ("12", 1_200),
            ("0", 0),
        ] {
            assert_eq!(cents(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn amounts_that_are_refused() {
        for (text, code) in [
            ("1,234", CellCode::NumberAmbiguous),
            ("1.234", CellCode::NumberAmbiguous),
            ("12 34,5", CellCode::NumberForm),
            ("1,23,45", CellCode::NumberForm),
            ("1.23.456", CellCode::NumberForm),
            ("abc", CellCode::NumberForm),
            ("12 pommes", CellCode::NumberForm),
            ("€", CellCode::NumberForm),
            ("1e5x", CellCode::NumberForm),
            ("10 à 19", CellCode::NumberRange),
            ("10-19", CellCode::NumberRange),
            ("< 10", CellCode::NumberRange),
            ("moins de 50", CellCode::NumberRange),
            ("plus de 2 M€", CellCode::NumberRange),
            ("99999999999999999999999999999999999999999", CellCode::NumberTooLarge),
            ("999999999 Md€", CellCode::NumberTooLarge),
        ] {
            assert_eq!(cents(text), Err(code), "{text}");
        }
    }

    #[test]
    fn the_column_settles_what_one_value_cannot() {
        let evidence = |texts: &[&str]| {
            let mut e = NumberEvidence::default();
            texts.iter().for_each(|t| e.add(&Cell::from(*t)));
            e.style()
        };
        assert_eq!(evidence(&["1,234", "12,50"]), Some(NumberStyle::Comma));
        assert_eq!(evidence(&["1,234", "1,234.50"]), Some(NumberStyle::Dot));
        assert_eq!(evidence(&["1.234", "1.234,50"]), Some(NumberStyle::Comma));
        assert_eq!(evidence(&["1,234", "1,234,567"]), Some(NumberStyle::Dot));
        assert_eq!(evidence(&["1,234", "5,678", "9,012"]), Some(NumberStyle::Dot));
        assert_eq!(evidence(&["1,234", "567"]), None);
        assert_eq!(money(&Cell::from("1,234"), Some(NumberStyle::Dot)).unwrap().unwrap().value, 123_400);
        let parsed = money(&Cell::from("1,235"), Some(NumberStyle::Comma)).unwrap().unwrap();
        assert_eq!((parsed.value, parsed.notes[0].code), (124, NoteCode::Rounded));
    }

    #[test]
    fn cells_of_a_workbook() {
        assert_eq!(money(&Cell::Number(1234.56), None).unwrap().unwrap(), Parsed::plain(123_456));
        assert_eq!(money(&Cell::Number(0.1 + 0.2), None).unwrap().unwrap(), Parsed::plain(30));
        assert_eq!(money(&Cell::Number(-1.0), None).unwrap().unwrap().notes[0].code, NoteCode::NegativeAmount);
        assert_eq!(money(&Cell::Number(f64::INFINITY), None).unwrap_err().code, CellCode::NumberTooLarge);
        assert_eq!(money(&Cell::from("NC"), None), Ok(None));
        assert_eq!(money(&Cell::Error("#REF!".into()), None).unwrap_err().code, CellCode::FormulaError);
    }

    #[test]
    fn counts() {
        let read = |text: &str| integer(&Cell::from(text), None).map(|p| p.map(|p| p.value)).map_err(|e| e.code);
        for (text, expected) in [
            ("25", 25),
            ("25,0", 25),
            ("25.00", 25),
            ("1 200", 1200),
            ("25 salariés", 25),
            ("12,4", 12),
            ("12,5 ETP", 13),
        ] {
            assert_eq!(read(text), Ok(Some(expected)), "{text}");
        }
        assert_eq!(read("10 à 19"), Err(CellCode::NumberRange));
        assert_eq!(read("-3"), Err(CellCode::NumberNegative));
        assert_eq!(read("beaucoup"), Err(CellCode::NumberForm));
        assert_eq!(read(""), Ok(None));
    }

    fn written(cents: i64, group: &str, mark: &str) -> String {
        let whole = (cents.unsigned_abs() / 100).to_string();
        let mut out = String::new();
        for (i, c) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                out.push_str(group);
            }
            out.push(c);
        }
        format!("{}{out}{mark}{:02}", if cents < 0 { "-" } else { "" }, cents.unsigned_abs() % 100)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(cents in -1_000_000_000_000_000i64..1_000_000_000_000_000) {
            for (group, mark) in [(" ", ","), ("\u{202f}", ","), ("\u{a0}", ","), (".", ","), (",", "."), ("", ","), ("", ".")] {
                let text = written(cents, group, mark);
                prop_assert_eq!(money(&Cell::from(text.as_str()), None).unwrap().unwrap().value, cents, "{}", text);
            }
        }

        #[test]
        fn any_text_is_answered(text in ".{0,60}") {
            let _ = money(&Cell::Text(text.clone()), None);
            let _ = integer(&Cell::Text(text.clone()), Some(NumberStyle::Dot));
            let mut evidence = NumberEvidence::default();
            evidence.add(&Cell::Text(text));
            let _ = evidence.style();
        }
    }
}

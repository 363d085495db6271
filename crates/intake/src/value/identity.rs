//! SIREN, SIRET and VAT numbers as files hold them. The identifiers themselves belong to the domain.

use super::{CellCode, CellError, Parsed, Read, is_space, readable, says_nothing};
use crate::cell::Cell;
use crate::note::{Note, NoteCode};
use domain::{Siren, Siret};

/// Who a row speaks of: a company, and the establishment when the cell told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    pub siren: Siren,
    pub siret: Option<Siret>,
}

/// A VAT number, with the SIREN inside when it is a French one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VatNumber {
    pub number: String,
    pub siren: Option<Siren>,
}

const SIREN_FORM: (&str, &str) = ("9 chiffres, par exemple 732829320", "9 digits, such as 732829320");
const SIRET_FORM: (&str, &str) = ("14 chiffres, par exemple 73282932000074", "14 digits, such as 73282932000074");

/// What is left of an identifier once the ways of writing it are removed.
struct Clean {
    /// Digits, and letters when something else than an identifier stands there.
    text: String,
    french_prefix: bool,
    notes: Vec<Note>,
}

fn clean(cell: &Cell, form: (&str, &str)) -> Result<Option<Clean>, Box<CellError>> {
    let shown = readable(cell)?;
    let raw = shown.trim();
    if raw.is_empty() {
        return Ok(None);
    }
    if is_scientific(raw) {
        return Err(CellError::boxed(
            CellCode::ScientificNotation,
            raw,
            (
                "Le tableur a remplacé l’identifiant par une notation scientifique : les derniers chiffres sont perdus",
                "The spreadsheet replaced the identifier by scientific notation: the last digits are lost",
            ),
            (
                "l’identifiant complet, dans une colonne au format Texte avant de coller ou d’ouvrir l’export",
                "the whole identifier, in a column set to Text before pasting or opening the export",
            ),
        ));
    }
    let mut notes = Vec::new();
    let mut raw = raw;
    // "732829320.0": a number that went through a program which only knows decimals.
    if let Some((whole, decimals)) = raw.rsplit_once(['.', ','])
        && matches!(decimals, "0" | "00")
        && matches!(whole.len(), 7..=9 | 12..=14)
        && whole.bytes().all(|b| b.is_ascii_digit())
    {
        raw = whole;
        notes.push(Note::new(
            NoteCode::DecimalsDropped,
            format!("« {} » est lu sans ses décimales.", shown.trim()),
            format!("“{}” is read without its decimals.", shown.trim()),
        ));
    }
    let mut text: String = raw
        .chars()
        .filter(|c| !is_space(*c) && !matches!(c, '.' | '-' | '_' | '\'' | '’' | '‑' | '–' | '/' | ':'))
        .flat_map(char::to_uppercase)
        .collect();
    for prefix in ["SIREN", "SIRET", "N°", "TVA"] {
        if let Some(rest) = text.strip_prefix(prefix)
            && !rest.is_empty()
        {
            text = rest.to_owned();
        }
    }
    let french_prefix = text.starts_with("FR");
    if text.is_empty() {
        return Err(CellError::boxed(
            CellCode::SirenForm,
            &shown,
            ("Ce n’est pas un identifiant", "This is not an identifier"),
            form,
        ));
    }
    Ok(Some(Clean { text, french_prefix, notes }))
}

fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    !mantissa.is_empty()
        && mantissa.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
        && !exponent.is_empty()
        && exponent.trim_start_matches('+').len() <= 3
        && exponent.trim_start_matches('+').bytes().all(|b| b.is_ascii_digit())
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Zeros at the start are what spreadsheets lose. One missing digit is taken for that; two or three only when the
/// check digit agrees.
fn pad(digits: &str, length: usize) -> Option<String> {
    let missing = length.checked_sub(digits.len())?;
    if missing == 0 {
        return Some(digits.to_owned());
    }
    let padded = format!("{digits:0>length$}");
    let checked = match length {
        9 => Siren::parse(&padded).is_ok_and(|s| s.is_checked()),
        _ => Siret::parse(&padded).is_ok_and(|s| s.is_checked() && s.siren().is_checked()),
    };
    (missing == 1 || (missing <= 3 && checked)).then_some(padded)
}

fn siren_of(digits: &str, shown: &str) -> Result<Siren, Box<CellError>> {
    Siren::parse(digits).map_err(|error| match error {
        domain::SirenError::Zero => CellError::boxed(
            CellCode::SirenZero,
            shown,
            ("000000000 n’est le SIREN de personne", "000000000 is nobody’s SIREN"),
            ("le SIREN réel du client", "the real SIREN of the client"),
        ),
        domain::SirenError::Form => siren_form(shown),
    })
}

fn siren_form(shown: &str) -> Box<CellError> {
    let digits = shown.chars().filter(char::is_ascii_digit).count();
    let letters = shown.chars().any(char::is_alphabetic);
    let (fr, en) = if letters {
        ("Un SIREN ne contient que des chiffres".to_owned(), "A SIREN holds only digits".to_owned())
    } else {
        not_an_identifier(digits, "SIREN")
    };
    CellError::boxed(CellCode::SirenForm, shown, (&fr, &en), SIREN_FORM)
}

fn siret_form(shown: &str) -> Box<CellError> {
    let digits = shown.chars().filter(char::is_ascii_digit).count();
    let letters = shown.chars().any(char::is_alphabetic);
    let (fr, en) = if letters {
        ("Un SIRET ne contient que des chiffres".to_owned(), "A SIRET holds only digits".to_owned())
    } else {
        not_an_identifier(digits, "SIRET")
    };
    CellError::boxed(CellCode::SiretForm, shown, (&fr, &en), SIRET_FORM)
}

fn not_an_identifier(digits: usize, kind: &str) -> (String, String) {
    match digits {
        0 => (format!("Aucun chiffre : ce n’est pas un {kind}"), format!("No digit: this is not a {kind}")),
        1 => (format!("Un seul chiffre : ce n’est pas un {kind}"), format!("One digit: this is not a {kind}")),
        n => (format!("{n} chiffres : ce n’est pas un {kind}"), format!("{n} digits: this is not a {kind}")),
    }
}

fn siren_padded(before: &str, after: &str) -> Note {
    Note::new(
        NoteCode::SirenPadded,
        format!("SIREN {before} complété en {after} : un tableur a retiré les zéros du début."),
        format!("SIREN {before} completed to {after}: a spreadsheet removed the zeros at the start."),
    )
}

fn siret_padded(before: &str, after: &str) -> Note {
    Note::new(
        NoteCode::SiretPadded,
        format!("SIRET {before} complété en {after} : un tableur a retiré les zéros du début."),
        format!("SIRET {before} completed to {after}: a spreadsheet removed the zeros at the start."),
    )
}

fn check_siren(siren: Siren, notes: &mut Vec<Note>) {
    if !siren.is_checked() {
        notes.push(Note::new(
            NoteCode::SirenCheckDigit,
            format!("La clé de contrôle du SIREN {siren} est fausse : vérifiez-le."),
            format!("The check digit of SIREN {siren} is wrong: check it."),
        ));
    }
}

fn check_siret(siret: Siret, notes: &mut Vec<Note>) {
    if !siret.is_checked() {
        notes.push(Note::new(
            NoteCode::SiretCheckDigit,
            format!("La clé de contrôle du SIRET {siret} est fausse : vérifiez-le."),
            format!("The check digit of SIRET {siret} is wrong: check it."),
        ));
    }
}

/// A SIREN, or what people put in its place: a SIRET, a VAT number.
pub fn siren(cell: &Cell) -> Read<Identity> {
    let Some(clean) = clean(cell, SIREN_FORM)? else { return Ok(None) };
    let shown = cell.shown();
    let mut notes = clean.notes;
    let text = clean.text.as_str();
    if clean.french_prefix {
        let digits = match text.len() {
            // "FR" and the SIREN, or "FR", two characters of key and the SIREN.
            11 => &text[2..],
            13 if text.is_ascii() => &text[4..],
            _ => return Err(siren_form(&shown)),
        };
        if !all_digits(digits) {
            return Err(siren_form(&shown));
        }
        let siren = siren_of(digits, &shown)?;
        notes.push(Note::new(
            NoteCode::VatNumberInSirenColumn,
            format!("N° de TVA dans la colonne SIREN : le SIREN {siren} en est tiré."),
            format!("VAT number in the SIREN column: SIREN {siren} is taken from it."),
        ));
        check_siren(siren, &mut notes);
        return Ok(Some(Parsed { value: Identity { siren, siret: None }, notes }));
    }
    if !all_digits(text) {
        if says_nothing(&shown) {
            return Ok(None);
        }
        return Err(siren_form(&shown));
    }
    // Thirteen digits are a SIRET without its zero.
    if matches!(text.len(), 13 | 14) {
        let digits = pad(text, 14).ok_or_else(|| siren_form(&shown))?;
        let siren = siren_of(&digits[..9], &shown)?;
        let siret = Siret::parse(&digits).map_err(|_| siren_form(&shown))?;
        if digits.len() != text.len() {
            notes.push(siret_padded(text, &digits));
        }
        notes.push(Note::new(
            NoteCode::SiretInSirenColumn,
            format!("SIRET dans la colonne SIREN : SIREN {siren} et SIRET {siret} retenus."),
            format!("SIRET in the SIREN column: SIREN {siren} and SIRET {siret} taken."),
        ));
        check_siret(siret, &mut notes);
        return Ok(Some(Parsed { value: Identity { siren, siret: Some(siret) }, notes }));
    }
    if text.bytes().all(|b| b == b'0') {
        return siren_of("000000000", &shown).map(|_| None);
    }
    let digits = pad(text, 9).ok_or_else(|| siren_form(&shown))?;
    let siren = siren_of(&digits, &shown)?;
    if digits.len() != text.len() {
        notes.push(siren_padded(text, &digits));
    }
    check_siren(siren, &mut notes);
    Ok(Some(Parsed { value: Identity { siren, siret: None }, notes }))
}

/// A SIRET, or the SIREN alone.
pub fn siret(cell: &Cell) -> Read<Identity> {
    let Some(clean) = clean(cell, SIRET_FORM)? else { return Ok(None) };
    let shown = cell.shown();
    let mut notes = clean.notes;
    let text = clean.text.as_str();
    if !all_digits(text) {
        if says_nothing(&shown) {
            return Ok(None);
        }
        return Err(siret_form(&shown));
    }
    if text.bytes().all(|b| b == b'0') {
        return siren_of("000000000", &shown).map(|_| None);
    }
    if matches!(text.len(), 8 | 9) {
        let digits = pad(text, 9).ok_or_else(|| siret_form(&shown))?;
        let siren = siren_of(&digits, &shown)?;
        if digits.len() != text.len() {
            notes.push(siren_padded(text, &digits));
        }
        notes.push(Note::new(
            NoteCode::SirenInSiretColumn,
            format!("SIREN dans la colonne SIRET : SIREN {siren} retenu, établissement inconnu."),
            format!("SIREN in the SIRET column: SIREN {siren} taken, establishment unknown."),
        ));
        check_siren(siren, &mut notes);
        return Ok(Some(Parsed { value: Identity { siren, siret: None }, notes }));
    }
    let digits = pad(text, 14).ok_or_else(|| siret_form(&shown))?;
    let siren = siren_of(&digits[..9], &shown)?;
    let siret = Siret::parse(&digits).map_err(|_| siret_form(&shown))?;
    if digits.len() != text.len() {
        notes.push(siret_padded(text, &digits));
    }
    check_siret(siret, &mut notes);
    Ok(Some(Parsed { value: Identity { siren, siret: Some(siret) }, notes }))
}

/// A VAT number. French keys may hold letters (all but I and O); foreign numbers are kept as they are.
pub fn vat_number(cell: &Cell) -> Read<VatNumber> {
    let form = (
        "FR, deux caractères de clé et le SIREN, par exemple FR44732829320",
        "FR, a key of two characters and the SIREN, such as FR44732829320",
    );
    let Some(clean) = clean(cell, form)? else { return Ok(None) };
    let shown = cell.shown();
    if says_nothing(&shown) {
        return Ok(None);
    }
    let mut notes = clean.notes;
    let mut text = clean.text;
    let refused = || {
        CellError::boxed(CellCode::VatForm, &shown, ("Ce n’est pas un numéro de TVA", "This is not a VAT number"), form)
    };
    if text.len() == 11 && all_digits(&text) {
        text.insert_str(0, "FR");
        notes.push(Note::new(
            NoteCode::VatPrefixAdded,
            format!("Préfixe FR ajouté : {text}."),
            format!("Prefix FR added: {text}."),
        ));
    }
    if !text.is_ascii() || !text.bytes().all(|b| b.is_ascii_alphanumeric()) || !(8..=15).contains(&text.len()) {
        return Err(refused());
    }
    if !text.starts_with("FR") {
        if !text.as_bytes()[..2].iter().all(u8::is_ascii_uppercase) {
            return Err(refused());
        }
        notes.push(Note::new(
            NoteCode::VatForeign,
            format!("N° de TVA étranger {text} : gardé sans contrôle."),
            format!("Foreign VAT number {text}: kept without a check."),
        ));
        return Ok(Some(Parsed { value: VatNumber { number: text, siren: None }, notes }));
    }
    let (key, digits) = match text.get(2..4).zip(text.get(4..)) {
        Some((key, digits)) if digits.len() == 9 && all_digits(digits) => (key, digits),
        _ => return Err(refused()),
    };
    if key.bytes().any(|b| matches!(b, b'I' | b'O')) {
        return Err(refused());
    }
    let siren = siren_of(digits, &shown)?;
    if all_digits(key) && siren.vat_number() != text {
        notes.push(Note::new(
            NoteCode::VatKey,
            format!("La clé de {text} est fausse : attendu {} pour ce SIREN.", siren.vat_number()),
            format!("The key of {text} is wrong: {} expected for this SIREN.", siren.vat_number()),
        ));
    }
    Ok(Some(Parsed { value: VatNumber { number: text, siren: Some(siren) }, notes }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(notes: &[Note]) -> Vec<NoteCode> {
        notes.iter().map(|n| n.code).collect()
    }

    fn siren_text(text: &str) -> Result<(String, Vec<NoteCode>), CellCode> {
        siren(&Cell::from(text))
            .map(|p| p.map(|p| (p.value.siren.to_string(), codes(&p.notes))).unwrap_or_default())
            .map_err(|e| e.code)
    }

    #[test]
    fn sirens_as_people_write_them() {
        for text in [
            "732829320",
            "732 829 320",
            "732\u{a0}829\u{a0}320",
            "732\u{202f}829\u{202f}320",
            "732.829.320",
            "732-829-320",
            " 732829320 ",
            "'732829320",
            "SIREN : 732 829 320",
            "N° 732829320",
        ] {
            assert_eq!(siren_text(text), Ok(("732829320".into(), vec![])), "{text}");
        }
    }

    #[test]
    fn a_wrong_check_digit_is_a_note() {
        assert_eq!(siren_text("123456789"), Ok(("123456789".into(), vec![NoteCode::SirenCheckDigit])));
        assert_eq!(siren_text("100000009"), Ok(("100000009".into(), vec![])));
        assert_eq!(siren_text("200000008"), Ok(("200000008".into(), vec![])));
    }

    #[test]
    fn lost_zeros_come_back_with_a_note() {
        // A real one of the directory: 005450093.
        assert_eq!(siren_text("5450093"), Ok(("005450093".into(), vec![NoteCode::SirenPadded])));
        assert_eq!(siren_text("325175"), Ok(("000325175".into(), vec![NoteCode::SirenPadded])));
        assert_eq!(siren_text("77465359"), Ok(("077465359".into(), vec![NoteCode::SirenPadded])));
        // One digit missing is taken for a zero even when the check digit disagrees, and said twice.
        assert_eq!(
            siren_text("12345678"),
            Ok(("012345678".into(), vec![NoteCode::SirenPadded, NoteCode::SirenCheckDigit]))
        );
        assert_eq!(siren_text("1234567"), Err(CellCode::SirenForm));
        let number = siren(&Cell::Number(5_450_093.0)).unwrap().unwrap();
        assert_eq!(number.value.siren.as_str(), "005450093");
    }

    #[test]
    fn other_identifiers_in_the_siren_column() {
        let found = siren(&Cell::from("732 829 320 00074")).unwrap().unwrap();
        assert_eq!(found.value.siret.unwrap().as_str(), "73282932000074");
        assert_eq!(codes(&found.notes), [NoteCode::SiretInSirenColumn]);
        assert_eq!(siren_text("FR44732829320"), Ok(("732829320".into(), vec![NoteCode::VatNumberInSirenColumn])));
        assert_eq!(siren_text("fr 44 732 829 320"), Ok(("732829320".into(), vec![NoteCode::VatNumberInSirenColumn])));
        assert_eq!(siren_text("FR 732829320"), Ok(("732829320".into(), vec![NoteCode::VatNumberInSirenColumn])));
        assert_eq!(siren_text("732829320.0"), Ok(("732829320".into(), vec![NoteCode::DecimalsDropped])));
    }

    #[test]
    fn sirens_that_are_refused() {
        for (text, code) in [
            ("7,32829E+13", CellCode::ScientificNotation),
            ("7.32829E+08", CellCode::ScientificNotation),
            ("000000000", CellCode::SirenZero),
            ("0", CellCode::SirenZero),
            ("73282932A", CellCode::SirenForm),
            ("en cours", CellCode::SirenForm),
            ("7328293", CellCode::SirenForm),
            ("7328293201", CellCode::SirenForm),
            ("73282932012345678", CellCode::SirenForm),
        ] {
            assert_eq!(siren_text(text), Err(code), "{text}");
        }
        let error = siren(&Cell::from("73282932A")).unwrap_err();
        assert_eq!(error.value, "73282932A");
        assert!(error.expected.fr.contains("732829320"));
        assert_eq!(siren(&Cell::Error("#N/A".into())).unwrap_err().code, CellCode::FormulaError);
        assert_eq!(siren(&Cell::from("NC")), Ok(None));
        assert_eq!(siren(&Cell::Empty), Ok(None));
    }

    #[test]
    fn sirets() {
        let read = |text: &str| {
            siret(&Cell::from(text))
                .map(|p| p.map(|p| (p.value.siret.map(|s| s.to_string()), codes(&p.notes))))
                .map_err(|e| e.code)
        };
        assert_eq!(read("73282932000074"), Ok(Some((Some("73282932000074".into()), vec![]))));
        assert_eq!(read("732 829 320 00074"), Ok(Some((Some("73282932000074".into()), vec![]))));
        assert_eq!(read("35600000049837"), Ok(Some((Some("35600000049837".into()), vec![]))));
        assert_eq!(read("35600000000048"), Ok(Some((Some("35600000000048".into()), vec![]))));
        assert_eq!(read("73282932000075"), Ok(Some((Some("73282932000075".into()), vec![NoteCode::SiretCheckDigit]))));
        assert_eq!(read("7746535900063"), Ok(Some((Some("07746535900063".into()), vec![NoteCode::SiretPadded]))));
        assert_eq!(read("732829320"), Ok(Some((None, vec![NoteCode::SirenInSiretColumn]))));
        assert_eq!(read("7,32829E+13"), Err(CellCode::ScientificNotation));
        assert_eq!(read("00000000000000"), Err(CellCode::SirenZero));
        assert_eq!(read("732829320000"), Err(CellCode::SiretForm));
        assert_eq!(
            siret(&Cell::Number(73_282_932_000_074.0)).unwrap().unwrap().value.siret.unwrap().as_str(),
            "73282932000074"
        );
    }

    #[test]
    fn vat_numbers() {
        let read = |text: &str| {
            vat_number(&Cell::from(text))
                .map(|p| p.map(|p| (p.value.number, p.value.siren.map(|s| s.to_string()), codes(&p.notes))))
                .map_err(|e| e.code)
        };
        for text in [
            "FR44732829320",
            "FR40303265045",
            "FR39356000000",
            "FR96552100554",
            "fr 44 732 829 320",
            "FR K7 399 859 412",
        ] {
            let (_, siren, notes) = read(text).unwrap().unwrap();
            assert!(siren.is_some() && notes.is_empty(), "{text}: {notes:?}");
        }
        assert_eq!(read("44732829320").unwrap().unwrap().2, [NoteCode::VatPrefixAdded]);
        assert_eq!(read("FR45732829320").unwrap().unwrap().2, [NoteCode::VatKey]);
        assert_eq!(read("BE0403170701").unwrap().unwrap().2, [NoteCode::VatForeign]);
        assert_eq!(read("FRI0732829320"), Err(CellCode::VatForm));
        assert_eq!(read("bonjour"), Err(CellCode::VatForm));
        assert_eq!(read("FR4473282932"), Err(CellCode::VatForm));
    }
}

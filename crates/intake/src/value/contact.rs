//! How to reach a client: e-mail, phone, postal code.

use super::{CellCode, CellError, Parsed, Read, is_space, readable, says_nothing};
use crate::cell::Cell;
use crate::note::{Note, NoteCode};

/// An address of the form `local@domain.tld`, in lower case. When a cell holds several, the first is taken and the
/// others are told.
pub fn email(cell: &Cell) -> Read<String> {
    let shown = readable(cell)?;
    if cell.is_empty() || says_nothing(&shown) {
        return Ok(None);
    }
    let mut found: Vec<String> = Vec::new();
    for piece in shown.split(|c: char| is_space(c) || matches!(c, ';' | ',' | '/' | '|' | '<' | '>' | '(' | ')' | '"'))
    {
        let piece = piece.trim_matches(|c: char| matches!(c, '\'' | '.' | ':' | '[' | ']'));
        let piece = piece.strip_prefix("mailto:").unwrap_or(piece);
        if piece.contains('@') {
            if !is_email(piece) {
                return Err(email_error(piece));
            }
            let address = piece.to_lowercase();
            if !found.contains(&address) {
                found.push(address);
            }
        }
    }
    let mut found = found.into_iter();
    let Some(first) = found.next() else { return Err(email_error(&shown)) };
    let others: Vec<String> = found.collect();
    Ok(Some(if others.is_empty() {
        Parsed::plain(first)
    } else {
        let others = others.join(", ");
        Parsed::noted(
            first.clone(),
            Note::new(
                NoteCode::SeveralEmails,
                format!("Plusieurs adresses : {first} est retenue, pas {others}."),
                format!("Several addresses: {first} is taken, not {others}."),
            ),
        )
    }))
}

fn email_error(shown: &str) -> Box<CellError> {
    CellError::boxed(
        CellCode::EmailForm,
        shown,
        ("Ce n’est pas une adresse e-mail", "This is not an e-mail address"),
        ("nom@domaine.fr", "name@domain.com"),
    )
}

pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-.".contains(c));
    let labels: Vec<&str> = domain.split('.').collect();
    let domain_ok = domain.len() <= 253
        && labels.len() >= 2
        && labels.iter().all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
        && labels.last().is_some_and(|tld| tld.chars().count() >= 2 && !tld.chars().all(|c| c.is_ascii_digit()));
    local_ok && domain_ok
}

/// A French number as `+33…`; any other plausible one as it is written.
pub fn phone(cell: &Cell) -> Read<String> {
    let shown = readable(cell)?;
    if cell.is_empty() || says_nothing(&shown) {
        return Ok(None);
    }
    let text = shown.trim().trim_start_matches('\'');
    // "01 02 03 04 05 / 06 07 08 09 10": a slash may also part the pairs of one number.
    let digits_of = |t: &str| t.chars().filter(char::is_ascii_digit).count();
    let mut several = text.split([';', '|', '\n', '/']).filter(|t| digits_of(t) >= 9);
    let (first, others) = match (several.next(), several.next()) {
        (Some(first), Some(_)) => (first.trim(), true),
        _ => (text, false),
    };
    let mut notes = Vec::new();
    if others {
        notes.push(Note::new(
            NoteCode::SeveralPhones,
            format!("Plusieurs numéros : {first} est retenu."),
            format!("Several numbers: {first} is taken."),
        ));
    }
    let refused = || {
        CellError::boxed(
            CellCode::PhoneForm,
            &shown,
            ("Ce n’est pas un numéro de téléphone", "This is not a phone number"),
            (
                "10 chiffres, par exemple 01 23 45 67 89, ou +33 1 23 45 67 89",
                "10 digits, such as 01 23 45 67 89, or +33 1 23 45 67 89",
            ),
        )
    };
    let international = first.starts_with('+') || first.starts_with("00");
    let without_trunk = first.replace("(0)", "");
    let digits: String = without_trunk.chars().filter(char::is_ascii_digit).collect();
    let letters = first.chars().filter(|c| c.is_alphabetic()).count();
    if !(6..=15).contains(&digits.trim_start_matches("00").len()) || letters > 12 {
        return Err(refused());
    }
    let national = if let Some(rest) =
        digits.strip_prefix("0033").or_else(|| digits.strip_prefix("33").filter(|r| international || r.len() == 9))
    {
        let rest = rest.strip_prefix('0').filter(|r| r.len() == 9).unwrap_or(rest);
        (rest.len() == 9 && !rest.starts_with('0')).then(|| rest.to_owned())
    } else if !international && digits.len() == 10 && digits.starts_with('0') {
        Some(digits[1..].to_owned()).filter(|d| !d.starts_with('0'))
    } else if !international && digits.len() == 9 && matches!(digits.as_bytes()[0], b'1'..=b'9') {
        notes.push(Note::new(
            NoteCode::PhonePadded,
            format!("0 ajouté au début de {first} : un tableur l’a retiré."),
            format!("0 added at the start of {first}: a spreadsheet removed it."),
        ));
        Some(digits.clone())
    } else {
        None
    };
    let value = match national {
        Some(national) => format!("+33{national}"),
        None => {
            notes.push(Note::new(
                NoteCode::PhoneKept,
                format!("Numéro {first} gardé tel quel : ce n’est pas la forme d’un numéro français."),
                format!("Number {first} kept as it is: it does not have the form of a French number."),
            ));
            first.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(40).collect()
        }
    };
    Ok(Some(Parsed { value, notes }))
}

/// Five digits in France; spreadsheets lose the zero of the first nine departments.
pub fn postal_code(cell: &Cell) -> Read<String> {
    let shown = readable(cell)?;
    if cell.is_empty() || says_nothing(&shown) {
        return Ok(None);
    }
    let text: String =
        shown.trim().trim_start_matches('\'').chars().filter(|c| !is_space(*c)).flat_map(char::to_uppercase).collect();
    let text = text.strip_prefix("F-").unwrap_or(&text);
    if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) {
        let value = format!("0{text}");
        let note = Note::new(
            NoteCode::PostalCodePadded,
            format!("Code postal {text} complété en {value} : un tableur a retiré le zéro du début."),
            format!("Postal code {text} completed to {value}: a spreadsheet removed the zero at the start."),
        );
        return Ok(Some(Parsed::noted(value, note)));
    }
    // Foreign codes hold letters and dashes.
    if (3..=10).contains(&text.chars().count())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && text.chars().any(|c| c.is_ascii_digit())
    {
        return Ok(Some(Parsed::plain(text.to_owned())));
    }
    Err(CellError::boxed(
        CellCode::PostalCodeForm,
        &shown,
        ("Ce n’est pas un code postal", "This is not a postal code"),
        ("5 chiffres, par exemple 59000", "5 digits, such as 59000"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Answer = Result<Option<(String, Vec<NoteCode>)>, CellCode>;

    fn answer(read: Read<String>) -> Answer {
        read.map(|p| p.map(|p| (p.value, p.notes.iter().map(|n| n.code).collect()))).map_err(|e| e.code)
    }

    #[test]
    fn addresses() {
        let read = |t: &str| answer(email(&Cell::from(t)));
        assert_eq!(read("Contact@Exemple.FR"), Ok(Some(("contact@exemple.fr".into(), vec![]))));
        assert_eq!(
            read("Jeanne Martin <j.martin+tva@mail.exemple.fr>"),
            Ok(Some(("j.martin+tva@mail.exemple.fr".into(), vec![])))
        );
        assert_eq!(read("mailto:a@b.fr"), Ok(Some(("a@b.fr".into(), vec![]))));
        let several = email(&Cell::from("a@b.fr ; c@d.fr, a@b.fr")).unwrap().unwrap();
        assert_eq!((several.value.as_str(), several.notes[0].code), ("a@b.fr", NoteCode::SeveralEmails));
        assert!(several.notes[0].text.fr.contains("c@d.fr"));
        for text in ["contact", "a@b", "@b.fr", "a@.fr", "a..b@c.fr", "é@b.fr", "a@b.1", "contact(at)exemple.fr"] {
            assert_eq!(read(text), Err(CellCode::EmailForm), "{text}");
        }
        assert_eq!(read("-"), Ok(None));
    }

    #[test]
    fn phones() {
        let read = |t: &str| answer(phone(&Cell::from(t)));
        for text in [
            "01 23 45 67 89",
            "0123456789",
            "01.23.45.67.89",
            "+33 1 23 45 67 89",
            "+33 (0)1 23 45 67 89",
            "0033123456789",
            "33123456789",
            "01-23-45-67-89",
            "01/23/45/67/89",
        ] {
            assert_eq!(read(text), Ok(Some(("+33123456789".into(), vec![]))), "{text}");
        }
        assert_eq!(
            answer(phone(&Cell::Number(123_456_789.0))),
            Ok(Some(("+33123456789".into(), vec![NoteCode::PhonePadded])))
        );
        assert_eq!(read("+32 2 123 45 67"), Ok(Some(("+32 2 123 45 67".into(), vec![NoteCode::PhoneKept]))));
        assert_eq!(
            read("01 23 45 67 89 / 06 12 34 56 78"),
            Ok(Some(("+33123456789".into(), vec![NoteCode::SeveralPhones])))
        );
        for text in ["12", "appeler le matin", "0123456789012345678"] {
            assert_eq!(read(text), Err(CellCode::PhoneForm), "{text}");
        }
    }

    #[test]
    fn postal_codes() {
        let read = |c: Cell| answer(postal_code(&c));
        assert_eq!(read(Cell::from("59 000")), Ok(Some(("59000".into(), vec![]))));
        assert_eq!(read(Cell::Number(1000.0)), Ok(Some(("01000".into(), vec![NoteCode::PostalCodePadded]))));
        assert_eq!(read(Cell::from("SW1A 1AA")), Ok(Some(("SW1A1AA".into(), vec![]))));
        assert_eq!(read(Cell::from("Lille")), Err(CellCode::PostalCodeForm));
    }
}

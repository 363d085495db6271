//! What a person types into a fact: read leniently, refused with the form that is expected.

use domain::{MonthDay, Siren, Siret};
use serde_json::{Value, json};

use crate::text::t;

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// A typed or pasted SIREN: digits with any spacing, a SIRET or a VAT number.
#[derive(Debug, PartialEq)]
pub enum SirenEntry {
    Empty,
    /// Still being typed: so many digits.
    Partial(usize),
    Wrong(String),
    Good {
        siren: Siren,
        siret: Option<Siret>,
        from_vat: bool,
    },
}

pub fn siren(text: &str) -> SirenEntry {
    let text = text.trim();
    let compact: String =
        text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-' | '\u{a0}' | '\u{202f}')).collect();
    if compact.is_empty() {
        return SirenEntry::Empty;
    }
    // FR, a key of two characters, the SIREN.
    let upper = compact.to_uppercase();
    let vat = upper.strip_prefix("FR").filter(|rest| rest.is_ascii() && rest.len() == 11).map(|rest| &rest[2..]);
    let body = vat.unwrap_or(&upper);
    if !body.bytes().all(|b| b.is_ascii_digit()) {
        return SirenEntry::Wrong(t().siren_form(text));
    }
    match body.len() {
        0..9 => SirenEntry::Partial(body.len()),
        9 => match Siren::parse(body) {
            Ok(siren) => SirenEntry::Good { siren, siret: None, from_vat: vat.is_some() },
            Err(_) => SirenEntry::Wrong(t().siren_zero().to_owned()),
        },
        14 => match Siret::parse(body) {
            Ok(siret) => SirenEntry::Good { siren: siret.siren(), siret: Some(siret), from_vat: false },
            Err(_) => SirenEntry::Wrong(t().siren_form(text)),
        },
        _ => SirenEntry::Wrong(t().siren_form(text)),
    }
}

/// A SIRET of a company; its five last digits are enough.
pub fn siret(text: &str, siren: Siren) -> Result<Siret, String> {
    let mut all = digits(text);
    if all.len() == 5 {
        all.insert_str(0, siren.as_str());
    }
    let siret = Siret::parse(&all).map_err(|_| t().siret_form(text.trim()))?;
    if siret.siren() != siren {
        return Err(t().siret_foreign(&crate::text::format::siren(siren.as_str())));
    }
    Ok(siret)
}

pub fn count(text: &str) -> Result<Value, String> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if compact.is_empty() {
        return Ok(Value::Null);
    }
    compact.parse::<u32>().map(|n| json!(n)).map_err(|_| t().number_form(text.trim()))
}

/// Euros, as people write them: "250 000", "1,2 M€", "85k".
pub fn money(text: &str) -> Result<Value, String> {
    let mut compact: String =
        text.chars().filter(|c| !c.is_whitespace() && *c != '€').collect::<String>().to_lowercase();
    if compact.is_empty() {
        return Ok(Value::Null);
    }
    let refuse = || t().money_form(text.trim());
    let mut factor = 1_i64;
    for (unit, times) in [("md", 1_000_000_000), ("m", 1_000_000), ("k", 1_000)] {
        if let Some(rest) = compact.strip_suffix(unit) {
            compact = rest.to_owned();
            factor = times;
            break;
        }
    }
    // One mark before one or two last digits is the decimal mark; marks before groups of three are separators.
    let decimal = compact.rfind([',', '.']).filter(|at| factor > 1 || compact.len() - at <= 3);
    let (whole, part) = match decimal {
        Some(at) => (&compact[..at], &compact[at + 1..]),
        None => (compact.as_str(), ""),
    };
    let whole: String = whole.chars().filter(|c| !matches!(c, ',' | '.' | '\'')).collect();
    if whole.is_empty() || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) || part.len() > 9 {
        return Err(refuse());
    }
    let whole: i64 = whole.parse().map_err(|_| refuse())?;
    let tenth = 10_i64.pow(part.len() as u32);
    let part: i64 = if part.is_empty() { 0 } else { part.parse().map_err(|_| refuse())? };
    let cents = whole
        .checked_mul(factor)
        .and_then(|n| n.checked_mul(100))
        .and_then(|n| n.checked_add(part.checked_mul(factor)?.checked_mul(100)? / tenth))
        .ok_or_else(refuse)?;
    Ok(json!(cents))
}

/// An amount as it is offered for editing: euros, with cents only where there are some.
pub fn money_text(cents: i64) -> String {
    match cents % 100 {
        0 => (cents / 100).to_string(),
        rest => format!("{},{rest:02}", cents / 100),
    }
}

/// JJ/MM.
pub fn month_day(text: &str) -> Result<Value, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Value::Null);
    }
    text.split_once(['/', '.', '-', ' '])
        .and_then(|(day, month)| MonthDay::new(month.trim().parse().ok()?, day.trim().parse().ok()?))
        .map(|day| json!(day))
        .ok_or_else(|| t().month_day_form(text))
}

pub fn text(text: &str) -> Value {
    match text.trim() {
        "" => Value::Null,
        text => json!(text),
    }
}

/// One address, loosely: the server decides.
pub fn email(text: &str) -> Result<Option<String>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let plausible = text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    });
    if plausible && !text.contains(char::is_whitespace) { Ok(Some(text.to_owned())) } else { Err(t().email_form(text)) }
}

/// A French number in its international form; any other as it was typed.
pub fn phone(text: &str) -> String {
    let digits = digits(text);
    match digits.strip_prefix('0') {
        Some(rest) if rest.len() == 9 && !text.trim_start().starts_with('+') => format!("+33{rest}"),
        _ => text.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_siren_is_taken_from_whatever_holds_one() {
        let good = Siren::parse("732829320").expect("a SIREN");
        let siret = Siret::parse("73282932000074").expect("a SIRET");
        let found = |from_vat| SirenEntry::Good { siren: good, siret: None, from_vat };
        assert_eq!(siren("732 829 320"), found(false));
        assert_eq!(siren("FR 44 732829320"), found(true));
        assert_eq!(siren("732 829 320 00074"), SirenEntry::Good { siren: good, siret: Some(siret), from_vat: false });
        assert_eq!(siren("7328"), SirenEntry::Partial(4));
        assert_eq!(siren(" "), SirenEntry::Empty);
        assert!(matches!(siren("73282932O"), SirenEntry::Wrong(_)), "a letter O");
        assert!(matches!(siren("000000000"), SirenEntry::Wrong(_)));
        assert!(matches!(siren("7328293201"), SirenEntry::Wrong(_)));
    }

    #[test]
    fn a_siret_may_be_given_by_its_last_digits() {
        let own = Siren::parse("732829320").expect("a SIREN");
        assert_eq!(siret("00074", own).map(|s| s.to_string()).as_deref(), Ok("73282932000074"));
        assert!(siret("55208131766522", own).is_err(), "an establishment of another company");
        assert!(siret("12", own).is_err());
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        let cents = |text: &str| money(text).ok().and_then(|v| v.as_i64());
        assert_eq!(cents("250 000"), Some(25_000_000));
        assert_eq!(cents("250\u{202f}000,50 €"), Some(25_000_050));
        assert_eq!(cents("1,2 M€"), Some(120_000_000));
        assert_eq!(cents("85k"), Some(8_500_000));
        assert_eq!(cents("1.250.000"), Some(125_000_000));
        assert_eq!(cents("2 Md"), Some(200_000_000_000));
        assert_eq!(money(""), Ok(Value::Null));
        assert!(money("environ 3").is_err());
        assert!(money("-3").is_err());
        assert_eq!(money_text(25_000_050), "250000,50");
        assert_eq!(money_text(25_000_000), "250000");
    }

    #[test]
    fn counts_days_and_addresses() {
        assert_eq!(count("1 200"), Ok(json!(1200)));
        assert!(count("12,5").is_err());
        assert_eq!(month_day("31/12"), Ok(json!("12-31")));
        assert!(month_day("31/02").is_err());
        assert_eq!(email(" a.b@exemple.fr "), Ok(Some("a.b@exemple.fr".to_owned())));
        assert!(email("a.b@exemple").is_err());
        assert_eq!(phone("06 12 34 56 78"), "+33612345678");
        assert_eq!(phone("+32 2 555 12 12"), "+32 2 555 12 12");
    }
}

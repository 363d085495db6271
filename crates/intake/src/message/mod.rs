//! Messages of invoicing: lifecycle statuses (CDAR) and invoices (CII, UBL), each one XML document, turned into what the
//! product follows. What a message does not say stays absent; what it says in a way that nobody knows is kept as written.
//!
//! [`tree`] reads the XML in bounded memory, without ever following an entity or an external reference.

mod cdar;
mod invoice;
mod tree;

use chrono::{NaiveDate, NaiveDateTime};
use domain::Siren;
use domain::text::Text;

use crate::refusal::{Refusal, RefusalCode};

pub use cdar::{Amount, Reason, ReferredInvoice, StatusMessage};
pub use invoice::{InvoiceMessage, Syntax, VatLine};

/// The largest message: invoices carry their attachments as base64.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;

/// What a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Statuses of one or several invoices.
    Status(Box<StatusMessage>),
    Invoice(Box<InvoiceMessage>),
}

/// A party of a message, as it says itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Party {
    pub name: Option<String>,
    /// The SIREN, from whichever number bears it (0002 or a SIRET in its place, VAT number, address).
    pub siren: Option<Siren>,
    /// The numbers as written, with their scheme.
    pub numbers: Vec<(String, String)>,
    pub vat_number: Option<String>,
    /// Address in the directory (BT-34, BT-49), without its scheme.
    pub address: Option<String>,
    pub country: Option<String>,
    /// Role in the message (UNCL 3035): SE, BY, WK, DFH…
    pub role: Option<String>,
}

impl Party {
    /// Takes the SIREN from the numbers: of the legal unit first, then of an establishment, the VAT number, the address.
    fn identified(mut self) -> Self {
        let digits = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let of = |text: &str| Siren::parse(text.get(..9)?).ok();
        let by_scheme = |scheme: &str| {
            let found = self.numbers.iter().find(|(s, _)| s == scheme);
            found.map(|(_, n)| digits(n)).filter(|n| matches!(n.len(), 9 | 14)).and_then(|n| of(&n))
        };
        let vat = || {
            let number = digits(self.vat_number.as_deref()?);
            number.strip_prefix("FR").filter(|n| n.len() == 11).and_then(|n| of(&n[2..]))
        };
        let address = || {
            let head = self.address.as_deref()?.split('_').next()?;
            (head.len() == 9).then(|| of(head)).flatten()
        };
        self.siren = by_scheme("0002").or_else(|| by_scheme("0009")).or_else(vat).or_else(address);
        self
    }
}

/// Reads one XML document.
pub fn read(bytes: &[u8]) -> Result<Message, Refusal> {
    let root = tree::read(bytes, MAX_BYTES)?;
    match root.name.as_str() {
        "CrossDomainAcknowledgementAndResponse" => cdar::read(&root).map(|s| Message::Status(Box::new(s))),
        "CrossIndustryInvoice" => invoice::cii(&root).map(|i| Message::Invoice(Box::new(i))),
        "Invoice" | "CreditNote" => invoice::ubl(&root).map(|i| Message::Invoice(Box::new(i))),
        other => Err(unknown_root(other)),
    }
}

fn expected() -> Text {
    Text::new("un message CDAR, ou une facture CII ou UBL, en XML", "a CDAR message, or a CII or UBL invoice, as XML")
}

fn unknown_root(name: &str) -> Refusal {
    let name: String = name.chars().take(80).collect();
    Refusal::new(
        RefusalCode::UnsupportedFormat,
        Text::new(
            format!("Ce document XML est un « {name} », que rien ne lit ici"),
            format!("This XML document is a “{name}”, which nothing reads here"),
        ),
        expected(),
        Text::new("déposez le fichier que la plateforme a remis", "drop the file that the platform delivered"),
    )
}

/// An element that must be there is not, or says something that cannot be read.
fn lacking(path: &str, value: Option<&str>, form: Text) -> Refusal {
    let what = match value {
        Some(value) => {
            let value: String = value.chars().take(80).collect();
            Text::new(
                format!("« {value} » n’est pas lisible à cet endroit"),
                format!("“{value}” cannot be read in this place"),
            )
        }
        None => Text::new("Un élément obligatoire manque", "A mandatory element is missing"),
    };
    let fix = Text::new(
        "demandez à la plateforme un message conforme, et transmettez-lui ce chemin",
        "ask the platform for a conforming message, and tell it this path",
    );
    Refusal::new(RefusalCode::Damaged, what, form, fix).at(Text::new(path, path))
}

/// A day written `AAAAMMJJ` (format 102) or `AAAA-MM-JJ`.
fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    NaiveDate::parse_from_str(text, "%Y%m%d").or_else(|_| NaiveDate::parse_from_str(text, "%Y-%m-%d")).ok()
}

/// A moment written `AAAAMMJJHHMMSS` (format 204), to the minute (203), or a day (102). Without a zone: as written.
fn moment(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"))
        .ok()
        .or_else(|| {
            NaiveDateTime::parse_from_str(&format!("{text}00"), "%Y%m%d%H%M%S").ok().filter(|_| text.len() == 12)
        })
        .or_else(|| day(text).and_then(|d| d.and_hms_opt(0, 0, 0)))
}

/// A decimal number in hundredths, rounded half away from zero: cents of an amount, hundredths of a percent.
fn hundredths(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let at = |place: usize| fraction.as_bytes().get(place).map_or(0, |b| i64::from(b - b'0'));
    let cents = whole.checked_mul(100)?.checked_add(at(0) * 10 + at(1))?.checked_add(i64::from(at(2) >= 5))?;
    Some(if negative { -cents } else { cents })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_to_the_hundredth() {
        let cases = [("12000.00", 1_200_000), ("-3.5", -350), ("0.005", 1), ("7", 700), (".1", 10), ("20.004", 2000)];
        for (text, cents) in cases {
            assert_eq!(hundredths(text), Some(cents), "{text}");
        }
        for wrong in ["", "-", "1,5", "1e3", "NaN", "99999999999999999999", "1.2.3", "."] {
            assert_eq!(hundredths(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn moments_are_read_in_their_forms() {
        let at = |text| moment(text).map(|m| m.to_string());
        assert_eq!(at("20250701161500").as_deref(), Some("2025-07-01 16:15:00"));
        assert_eq!(at("202507011615").as_deref(), Some("2025-07-01 16:15:00"));
        assert_eq!(at("20250701").as_deref(), Some("2025-07-01 00:00:00"));
        assert_eq!(at("2025-07-01T16:15:00").as_deref(), Some("2025-07-01 16:15:00"));
        assert_eq!(at("20251301"), None);
    }

    #[test]
    fn a_siren_is_taken_from_the_number_that_bears_it() {
        let party = |scheme: &str, number: &str, vat: Option<&str>, address: Option<&str>| {
            let numbers = vec![(scheme.to_owned(), number.to_owned())];
            let vat_number = vat.map(str::to_owned);
            let address = address.map(str::to_owned);
            Party { numbers, vat_number, address, ..Party::default() }.identified().siren.map(|s| s.to_string())
        };
        assert_eq!(party("0002", "732 829 320", None, None).as_deref(), Some("732829320"));
        assert_eq!(
            party("0002", "732 829 320 00074", None, None).as_deref(),
            Some("732829320"),
            "a SIRET in its place"
        );
        assert_eq!(party("0088", "1", Some("FR44732829320"), None).as_deref(), Some("732829320"));
        assert_eq!(party("0088", "1", Some("DE44732829320"), Some("732829320_STATUTS")).as_deref(), Some("732829320"));
        assert_eq!(party("0088", "732829320", None, None), None);
    }
}

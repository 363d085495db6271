//! SIREN and SIRET: the identity of a company and of its establishments.
//!
//! Always text: real SIRENs start with 0. A failed check digit is a warning, not an error (the register holds
//! exceptions), so a parsed value tells whether its digit holds.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SirenError {
    /// Something other than nine digits.
    Form,
    /// 000000000 satisfies the check digit but belongs to nobody.
    Zero,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiretError {
    Form,
    Siren(SirenError),
}

/// Nine digits. <https://www.sirene.fr/sirene/public/variable/siren>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Siren([u8; 9]);

/// Fourteen digits: a SIREN and the five digits of the establishment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Siret([u8; 14]);

string_schema!(Siren, "^[0-9]{9}$", "732829320", "SIREN: nine digits.");
string_schema!(Siret, "^[0-9]{14}$", "73282932000074", "SIRET: fourteen digits.");

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let d = u32::from(d - b'0');
            match (i % 2, d * 2) {
                (0, _) => d,
                (_, twice) if twice > 9 => twice - 9,
                (_, twice) => twice,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

impl Siren {
    /// Accepts exactly nine digits; cleaning what files contain is the importer's work.
    pub fn parse(value: &str) -> Result<Self, SirenError> {
        let digits: [u8; 9] = value.as_bytes().try_into().map_err(|_| SirenError::Form)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(SirenError::Form);
        }
        if digits == *b"000000000" {
            return Err(SirenError::Zero);
        }
        Ok(Self(digits))
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether the check digit holds.
    pub fn is_checked(&self) -> bool {
        luhn(&self.0)
    }

    /// The French VAT number with a numeric key: (12 + 3 × (SIREN mod 97)) mod 97.
    pub fn vat_number(&self) -> String {
        let n = self.0.iter().fold(0u64, |n, d| n * 10 + u64::from(d - b'0'));
        format!("FR{:02}{}", (12 + 3 * (n % 97)) % 97, self.as_str())
    }
}

impl Siret {
    pub fn parse(value: &str) -> Result<Self, SiretError> {
        let digits: [u8; 14] = value.as_bytes().try_into().map_err(|_| SiretError::Form)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(SiretError::Form);
        }
        Siren::parse(&value[..9]).map_err(SiretError::Siren)?;
        Ok(Self(digits))
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub fn siren(&self) -> Siren {
        let mut digits = [0; 9];
        digits.copy_from_slice(&self.0[..9]);
        Siren(digits)
    }

    /// Whether the check digit holds; establishments of La Poste (SIREN 356000000) follow another rule: the sum of
    /// the digits is a multiple of five.
    pub fn is_checked(&self) -> bool {
        luhn(&self.0)
            || (self.0.starts_with(b"356000000")
                && self.0.iter().map(|d| u32::from(d - b'0')).sum::<u32>().is_multiple_of(5))
    }
}

macro_rules! text_form {
    ($name:ident, $error:ident, $form:literal) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl From<$name> for String {
            fn from(v: $name) -> String {
                v.as_str().to_owned()
            }
        }
        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(v: String) -> Result<Self, $error> {
                $name::parse(&v)
            }
        }
        impl std::fmt::Display for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($form)
            }
        }
        impl std::error::Error for $error {}
    };
}
text_form!(Siren, SirenError, "expected nine digits such as 732829320, not all zero");
text_form!(Siret, SiretError, "expected fourteen digits such as 73282932000074");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digit_vectors() {
        for (value, checked) in
            [("732829320", true), ("123456789", false), ("100000009", true), ("200000008", true), ("356000000", true)]
        {
            assert_eq!(Siren::parse(value).unwrap().is_checked(), checked, "{value}");
        }
        assert_eq!(Siren::parse("000000000"), Err(SirenError::Zero));
        assert_eq!(Siren::parse("12345678"), Err(SirenError::Form));
        assert_eq!(Siren::parse("12345678A"), Err(SirenError::Form));
        // A real one of the directory starts with zeros.
        assert_eq!(Siren::parse("000325175").unwrap().as_str(), "000325175");
    }

    #[test]
    fn siret_vectors() {
        for (value, checked) in [
            ("73282932000074", true),
            ("73282932000075", false),
            ("35600000000048", true),
            ("35600000049837", true),
            ("35600000049838", false),
        ] {
            assert_eq!(Siret::parse(value).unwrap().is_checked(), checked, "{value}");
        }
        assert_eq!(Siret::parse("73282932000074").unwrap().siren().as_str(), "732829320");
        assert_eq!(Siret::parse("00000000000000"), Err(SiretError::Siren(SirenError::Zero)));
    }

    #[test]
    fn vat_key_vectors() {
        for (siren, vat) in
            [("732829320", "FR44732829320"), ("356000000", "FR39356000000"), ("552100554", "FR96552100554")]
        {
            assert_eq!(Siren::parse(siren).unwrap().vat_number(), vat, "{siren}");
        }
        assert_eq!(Siren::parse("303265045").unwrap().vat_number(), "FR40303265045");
    }
}

//! Words: the two languages of the product, and folding for search and matching.

use serde::{Deserialize, Serialize};

closed_enum! {
    /// Language of a text for people. French first.
    pub enum Lang { Fr = "fr", En = "en" }
}

/// A sentence in both languages of the product; the edge picks one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Text {
    pub fr: String,
    pub en: String,
}

impl Text {
    pub fn new(fr: impl Into<String>, en: impl Into<String>) -> Self {
        Self { fr: fr.into(), en: en.into() }
    }

    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Fr => &self.fr,
            Lang::En => &self.en,
        }
    }
}

/// A word outside a closed set; tells what would have been accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownCode {
    pub set: &'static str,
    pub value: String,
    pub accepted: String,
}

impl UnknownCode {
    pub fn new(set: &'static str, value: &str, accepted: &[&str]) -> Self {
        Self { set, value: value.chars().take(80).collect(), accepted: accepted.join(", ") }
    }
}

impl std::fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "« {} » is not one of: {}", self.value, self.accepted)
    }
}

impl std::error::Error for UnknownCode {}

/// Lower case without accents or ligatures; any run of other characters becomes one space.
/// Both sides of every search and of every match of names go through it.
pub fn fold(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut gap = false;
    for c in value.chars() {
        let mut buf = [0u8; 4];
        let lower = if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) };
        let piece: &str = match lower {
            'a'..='z' | '0'..='9' => lower.encode_utf8(&mut buf),
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => "a",
            'ç' => "c",
            'è' | 'é' | 'ê' | 'ë' => "e",
            'ì' | 'í' | 'î' | 'ï' => "i",
            'ñ' => "n",
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' => "o",
            'ù' | 'ú' | 'û' | 'ü' => "u",
            'ý' | 'ÿ' => "y",
            'œ' => "oe",
            'æ' => "ae",
            'ß' => "ss",
            _ if lower.is_alphanumeric() => lower.encode_utf8(&mut buf),
            _ => {
                gap = true;
                continue;
            }
        };
        if gap && !out.is_empty() {
            out.push(' ');
        }
        gap = false;
        out.push_str(piece);
    }
    out
}

/// An amount in euros, thousands apart, cents only when there are some.
pub fn euros(cents: i64) -> Text {
    let group = |separator: char| {
        let digits = (cents / 100).to_string();
        let mut out = String::new();
        for (i, c) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) && digits.as_bytes()[i - 1].is_ascii_digit() {
                out.push(separator);
            }
            out.push(c);
        }
        out
    };
    let rest = cents % 100;
    let (fr, en) = (group('\u{202f}'), group(','));
    match rest {
        0 => Text::new(format!("{fr}\u{a0}€"), format!("€{en}")),
        _ => Text::new(format!("{fr},{rest:02}\u{a0}€"), format!("€{en}.{rest:02}")),
    }
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn fold_drops_accents_case_and_punctuation() {
        assert_eq!(fold("  L’Œuvre & Fils — S.A.R.L. "), "l oeuvre fils s a r l");
        assert_eq!(fold("Électricité GÉNÉRALE"), "electricite generale");
        assert_eq!(fold("///"), "");
    }
}

//! Values that are words: VAT regimes, yes and no, free texts, tags.

use super::{CellCode, CellError, Parsed, Read, is_space, readable, says_nothing};
use crate::cell::Cell;
use crate::note::{Note, NoteCode};
use domain::VatRegime;
use domain::text::fold;
use std::borrow::Cow;

/// The regime that a word stands for, and whether its rhythm was assumed ("réel normal" is monthly by default).
pub fn regime_word(text: &str) -> Option<(VatRegime, bool)> {
    let folded = fold(text);
    let exact = match folded.as_str() {
        // The codes of the product itself, then those of accounting programs.
        "real monthly" | "m" | "mensuel" | "mensuelle" | "ca3 m" | "ca3m" | "rnm" | "rn m" | "monthly"
        | "rn mensuel" => Some((VatRegime::RealMonthly, false)),
        "real quarterly" | "t" | "trimestriel" | "trimestrielle" | "ca3 t" | "ca3t" | "rnt" | "rn t" | "mini reel"
        | "minireel" | "quarterly" | "rn trimestriel" => Some((VatRegime::RealQuarterly, false)),
        "simplified" | "a" | "rs" | "rsi" | "rsi tva" | "ca12" | "ca 12" | "simplifie" | "annuel" | "annuelle"
        | "ca12e" | "ca 12 e" | "ca 12e" => Some((VatRegime::Simplified, false)),
        "simplified agricultural" | "a ba" | "rsa" | "ca12a" | "ca 12 a" | "ca 12a" | "agricole" => {
            Some((VatRegime::SimplifiedAgricultural, false))
        }
        "franchise" | "f" | "fb" | "feb" | "micro" | "me" | "ae" | "293 b" | "293b" | "art 293 b" => {
            Some((VatRegime::Franchise, false))
        }
        "exempt" | "exo" | "exonere" | "exoneree" | "exoneration" | "exempte" => Some((VatRegime::Exempt, false)),
        "not taxable" | "na" | "n a" | "non assujetti" | "non assujettie" | "hors champ" | "na tva" | "pas de tva"
        | "sans tva" => Some((VatRegime::NotTaxable, false)),
        "rn" | "reel" | "reel normal" | "normal" | "regime normal" | "ca3" | "ca 3" | "r n" | "regime reel normal"
        | "real" => Some((VatRegime::RealMonthly, true)),
        _ => None,
    };
    if exact.is_some() {
        return exact;
    }
    // Longer wordings, "Régime réel normal - CA3 mensuelle": the most telling word wins.
    let words: Vec<&str> = folded.split(' ').collect();
    let has = |options: &[&str]| words.iter().any(|w| options.contains(w));
    let starts = |prefix: &str| words.iter().any(|w| w.starts_with(prefix));
    if starts("non") && starts("assujet") || starts("non") && starts("soumis") || has(&["hors"]) && starts("champ") {
        Some((VatRegime::NotTaxable, false))
    } else if starts("exoner") || starts("exempt") {
        Some((VatRegime::Exempt, false))
    } else if starts("franchise")
        || has(&["293b"])
        || starts("micro")
        || starts("autoentrepreneur")
        || has(&["auto"]) && starts("entrepreneur")
    {
        Some((VatRegime::Franchise, false))
    } else if starts("agricole") && (starts("simplif") || starts("regime") || has(&["ca12", "ca12a", "rsa", "tva"])) {
        Some((VatRegime::SimplifiedAgricultural, false))
    } else if starts("simplif") || has(&["ca12", "rsi", "ca12e"]) {
        Some((VatRegime::Simplified, false))
    } else if starts("trimestr") || starts("quarterly") || has(&["mini"]) && starts("reel") || has(&["rnt"]) {
        Some((VatRegime::RealQuarterly, false))
    } else if starts("mensuel") || starts("monthly") {
        Some((VatRegime::RealMonthly, false))
    } else if starts("reel") && starts("normal") || has(&["ca3"]) {
        Some((VatRegime::RealMonthly, true))
    } else {
        None
    }
}

pub fn vat_regime(cell: &Cell) -> Read<VatRegime> {
    let shown = readable(cell)?;
    if cell.is_empty() {
        return Ok(None);
    }
    let Some((value, assumed)) = regime_word(&shown) else {
        // After the words of the trade: "NA" is one of them, "?" and "NC" are not.
        if says_nothing(&shown) {
            return Ok(None);
        }
        return Err(CellError::boxed(
            CellCode::RegimeUnknown,
            &shown,
            ("Régime de TVA inconnu", "Unknown VAT regime"),
            (
                "réel normal mensuel (M), réel normal trimestriel (T), simplifié (A), simplifié agricole (A_BA), franchise (F), exonéré ou non assujetti (NA)",
                "real monthly (M), real quarterly (T), simplified (A), agricultural simplified (A_BA), franchise (F), exempt or not taxable (NA)",
            ),
        ));
    };
    Ok(Some(if assumed {
        Parsed::noted(
            value,
            Note::new(
                NoteCode::RegimeFrequencyAssumed,
                format!("« {} » ne dit pas le rythme : lu comme réel normal mensuel.", shown.trim()),
                format!("“{}” does not tell the rhythm: read as real monthly.", shown.trim()),
            ),
        )
    } else {
        Parsed::plain(value)
    }))
}

pub fn yes_no_word(text: &str) -> Option<bool> {
    match text.trim() {
        "✓" | "✔" | "☑" | "✅" => return Some(true),
        "✗" | "✘" | "☐" | "❌" => return Some(false),
        _ => {}
    }
    match fold(text).as_str() {
        "oui" | "o" | "x" | "1" | "vrai" | "true" | "yes" | "y" | "ok" | "v" => Some(true),
        "non" | "n" | "0" | "faux" | "false" | "no" | "aucun" | "aucune" => Some(false),
        _ => None,
    }
}

pub fn yes_no(cell: &Cell) -> Read<bool> {
    let shown = readable(cell)?;
    if cell.is_empty() {
        return Ok(None);
    }
    if let Cell::Bool(value) = cell {
        return Ok(Some(Parsed::plain(*value)));
    }
    match yes_no_word(&shown) {
        Some(value) => Ok(Some(Parsed::plain(value))),
        None if says_nothing(&shown) => Ok(None),
        None => Err(CellError::boxed(
            CellCode::YesNoForm,
            &shown,
            ("Ni oui ni non", "Neither yes nor no"),
            ("oui ou non (aussi : o, n, x, 1, 0, vrai, faux)", "yes or no (also: y, n, x, 1, 0, true, false)"),
        )),
    }
}

/// Runs of spaces made one, invisible characters dropped, the protecting apostrophe of exports removed.
pub(crate) fn tidy(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim_matches(is_space);
    // An apostrophe before one of these is what a spreadsheet export writes against formulas.
    let trimmed = match trimmed.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest,
        _ => trimmed,
    };
    let mut previous_space = false;
    let clean = trimmed.chars().all(|c| {
        let ok = !(c.is_control() || is_space(c) && (c != ' ' || previous_space));
        previous_space = c == ' ';
        ok
    });
    if clean {
        return Cow::Borrowed(trimmed);
    }
    let mut out = String::with_capacity(trimmed.len());
    let mut gap = false;
    for c in trimmed.chars() {
        if is_space(c) {
            gap = true;
        } else if !c.is_control() {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A free text of at most `max` characters. Nothing is cut silently.
pub fn text(cell: &Cell, max: usize) -> Read<String> {
    let shown = readable(cell)?;
    let tidied = tidy(&shown);
    if tidied.is_empty() {
        return Ok(None);
    }
    let length = tidied.chars().count();
    if length > max {
        let (fr, en) = (format!("Texte de {length} caractères"), format!("Text of {length} characters"));
        let (expected_fr, expected_en) = (format!("au plus {max} caractères"), format!("at most {max} characters"));
        return Err(CellError::boxed(CellCode::TextTooLong, &shown, (&fr, &en), (&expected_fr, &expected_en)));
    }
    Ok(Some(Parsed::plain(tidied.into_owned())))
}

/// Labels between commas, semicolons or bars.
pub fn tags(cell: &Cell) -> Read<Vec<String>> {
    const MAX_TAGS: usize = 20;
    const MAX_LENGTH: usize = 50;
    let shown = readable(cell)?;
    let mut tags: Vec<String> = Vec::new();
    for piece in shown.split([',', ';', '|', '\n']) {
        let tag = tidy(piece);
        if tag.is_empty() || says_nothing(&tag) || tags.iter().any(|t| fold(t) == fold(&tag)) {
            continue;
        }
        if tag.chars().count() > MAX_LENGTH {
            return Err(CellError::boxed(
                CellCode::TextTooLong,
                &tag,
                ("Étiquette trop longue", "Tag too long"),
                (
                    "des étiquettes d’au plus 50 caractères, séparées par des virgules",
                    "tags of at most 50 characters, parted by commas",
                ),
            ));
        }
        tags.push(tag.into_owned());
        if tags.len() > MAX_TAGS {
            return Err(CellError::boxed(
                CellCode::TooManyTags,
                &shown,
                ("Plus de 20 étiquettes", "More than 20 tags"),
                ("au plus 20 étiquettes, séparées par des virgules", "at most 20 tags, parted by commas"),
            ));
        }
    }
    Ok((!tags.is_empty()).then(|| Parsed::plain(tags)))
}

/// "6201Z", "62.01 z" and "62.01Z" are the same code; anything else is kept as a text.
pub fn naf_code(cell: &Cell) -> Read<String> {
    let shown = readable(cell)?;
    if says_nothing(&shown) {
        return Ok(None);
    }
    let compact: String = shown.chars().filter(char::is_ascii_alphanumeric).flat_map(char::to_uppercase).collect();
    let bytes = compact.as_bytes();
    if bytes.len() >= 5 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4].is_ascii_uppercase() {
        // A label may follow the code.
        let code_only = bytes.len() == 5 || shown.trim().split(|c: char| is_space(c)).count() > 1;
        if code_only {
            return Ok(Some(Parsed::plain(format!("{}.{}", &compact[..2], &compact[2..5]))));
        }
    }
    text(cell, 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regimes_in_the_words_of_programs() {
        use VatRegime::{
            Exempt, Franchise, NotTaxable, RealMonthly, RealQuarterly, Simplified, SimplifiedAgricultural,
        };
        for (regime, words) in [
            (
                RealMonthly,
                &[
                    "M",
                    "mensuel",
                    "Réel normal mensuel",
                    "CA3 M",
                    "CA3 mensuelle",
                    "CA3 - Mensuelle",
                    "Régime réel normal (mensuel)",
                    "real_monthly",
                ][..],
            ),
            (
                RealQuarterly,
                &[
                    "T",
                    "trimestriel",
                    "Réel normal trimestriel",
                    "Réel Normal Trimestrielle",
                    "mini-réel",
                    "Mini réel",
                    "RNT",
                    "CA3 trimestrielle",
                    "real_quarterly",
                ],
            ),
            (
                Simplified,
                &[
                    "A",
                    "RS",
                    "RSI",
                    "simplifié",
                    "Réel simplifié",
                    "CA12",
                    "CA 12",
                    "RSI (CA12)",
                    "Régime simplifié d'imposition",
                ],
            ),
            (SimplifiedAgricultural, &["A_BA", "RSA", "Réel Simplifié Agricole", "Régime simplifié agricole (CA12A)"]),
            (Franchise, &["F", "franchise", "Franchise en base", "micro", "FB", "Micro-entreprise", "Art. 293 B"]),
            (Exempt, &["exonéré", "Exonérée", "EXO", "Exonération de TVA"]),
            (NotTaxable, &["non assujetti", "NA", "N/A", "Non assujettie à la TVA", "Hors champ", "not_taxable"]),
        ] {
            for word in words {
                assert_eq!(regime_word(word), Some((regime, false)), "{word}");
            }
        }
        for word in ["réel normal", "RN", "CA3", "Régime réel normal"] {
            assert_eq!(regime_word(word), Some((RealMonthly, true)), "{word}");
        }
        assert_eq!(regime_word("bleu"), None);
        for regime in VatRegime::ALL {
            assert_eq!(regime_word(regime.as_str()), Some((*regime, false)), "{regime}");
        }
    }

    #[test]
    fn a_regime_cell() {
        let parsed = vat_regime(&Cell::from("Réel normal")).unwrap().unwrap();
        assert_eq!(parsed.notes[0].code, NoteCode::RegimeFrequencyAssumed);
        let error = vat_regime(&Cell::from("bleu")).unwrap_err();
        assert_eq!((error.code, error.value.as_str()), (CellCode::RegimeUnknown, "bleu"));
        assert_eq!(vat_regime(&Cell::from("?")), Ok(None));
    }

    #[test]
    fn yes_and_no() {
        for text in ["oui", "Oui ", "O", "x", "1", "VRAI", "true", "✓"] {
            assert_eq!(yes_no_word(text), Some(true), "{text}");
        }
        for text in ["non", "N", "0", "faux", "False"] {
            assert_eq!(yes_no_word(text), Some(false), "{text}");
        }
        assert!(yes_no(&Cell::Number(1.0)).unwrap().unwrap().value);
        assert!(!yes_no(&Cell::Bool(false)).unwrap().unwrap().value);
        assert_eq!(yes_no(&Cell::from("peut-être")).unwrap_err().code, CellCode::YesNoForm);
        assert_eq!(yes_no(&Cell::from("-")), Ok(None));
    }

    #[test]
    fn texts_are_tidied_not_cut() {
        let read = |t: &str| text(&Cell::Text(t.to_owned()), 40).map(|p| p.map(|p| p.value)).map_err(|e| e.code);
        assert_eq!(read("  Boulangerie\u{a0}\u{a0}de  la\tGare \n"), Ok(Some("Boulangerie de la Gare".into())));
        assert_eq!(read("'=cmd"), Ok(Some("=cmd".into())));
        assert_eq!(read("'l'Œuvre"), Ok(Some("'l'Œuvre".into())));
        assert_eq!(read(" \u{200b}"), Ok(None));
        assert_eq!(read(&"x".repeat(41)), Err(CellCode::TextTooLong));
        assert_eq!(text(&Cell::Number(12.0), 10).unwrap().unwrap().value, "12");
    }

    #[test]
    fn labels() {
        let read = |t: &str| tags(&Cell::from(t)).map(|p| p.map(|p| p.value)).map_err(|e| e.code);
        assert_eq!(read("BTP, paie; Paie |Lille"), Ok(Some(vec!["BTP".into(), "paie".into(), "Lille".into()])));
        assert_eq!(read(" ; "), Ok(None));
        assert_eq!(read(&"x".repeat(51)), Err(CellCode::TextTooLong));
        let many: Vec<String> = (0..21).map(|n| format!("t{n}")).collect();
        assert_eq!(read(&many.join(",")), Err(CellCode::TooManyTags));
    }

    #[test]
    fn activity_codes() {
        let read = |t: &str| naf_code(&Cell::from(t)).unwrap().unwrap().value;
        for text in ["6201Z", "62.01Z", "62.01 z", "62.01Z Programmation informatique"] {
            assert_eq!(read(text), "62.01Z", "{text}");
        }
        assert_eq!(read("Boulangerie"), "Boulangerie");
    }
}

//! Amounts and enumerations as people write them, in French and in English.

use crate::Lang;
use crate::dates::of;

pub(super) fn days_left(days: i64, lang: Lang) -> String {
    let word = match (lang, days) {
        (Lang::Fr, 0 | 1) => "jour",
        (Lang::Fr, _) => "jours",
        (Lang::En, 1) => "day",
        (Lang::En, _) => "days",
    };
    format!("{}\u{a0}{word}", number(days, lang))
}

pub(super) fn number(value: i64, lang: Lang) -> String {
    let digits = value.unsigned_abs().to_string();
    let separator = of(("\u{202f}", ","), lang);
    let mut out = String::from(if value < 0 { "-" } else { "" });
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push_str(separator);
        }
        out.push(digit);
    }
    out
}

/// "A, B et C".
pub(super) fn joined(words: &[String], last: (&'static str, &'static str), lang: Lang) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {} {end}", first.join(", "), of(last, lang)),
    }
}

pub(super) fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A label as it stands within a sentence: "Votre TVA" becomes "votre TVA", "PME" stays.
pub(super) fn within(label: &str) -> String {
    let mut chars = label.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(_), Some(second)) if second.is_uppercase() => label.to_owned(),
        (Some(first), _) => first.to_lowercase().chain(chars).collect(),
        (None, _) => String::new(),
    }
}

/// A value without anything that could be more than words on a line: signs that do not show or turn the direction of
/// writing, line breaks, places that are filled at the sending, addresses that a mail program would turn into links.
pub(super) fn plain(value: &str) -> String {
    let shown = |c: char| {
        !(c.is_control() && !c.is_whitespace()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}'))
    };
    // Spaces that hold words together stay.
    let spaces = |c: char| c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{202f}');
    let kept: String = value.chars().filter(|c| shown(*c)).collect();
    let words: Vec<&str> = kept.split(spaces).filter(|w| !w.is_empty()).collect();
    let line = words.join(" ").trim().to_owned();
    line.replace("[[", "[\u{2060}[").replace("://", ":\u{2060}//").replace("www.", "www\u{2060}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_do() {
        assert_eq!(days_left(0, Lang::Fr), "0\u{a0}jour");
        assert_eq!(days_left(0, Lang::En), "0\u{a0}days");
        assert_eq!(days_left(1_200, Lang::Fr), "1\u{202f}200\u{a0}jours");
        assert_eq!(number(-1_234_567, Lang::En), "-1,234,567");
        assert_eq!(number(0, Lang::Fr), "0");
    }

    #[test]
    fn labels_fit_into_a_sentence() {
        assert_eq!(within("Votre TVA"), "votre TVA");
        assert_eq!(within("PME"), "PME");
        assert_eq!(within("E-reporting des ventes"), "e-reporting des ventes");
        assert_eq!(capital("élan"), "Élan");
    }

    #[test]
    fn a_value_is_one_line_of_words() {
        assert_eq!(plain("  A\r\n\tB\u{2028}C \u{202e}D\u{0}  "), "A B C D");
        assert_eq!(plain("\u{200b}\u{f0000} "), "");
        assert!(!plain("[[lien]] http://exemple.fr www.exemple.fr").contains("[["));
        assert!(!plain("http://exemple.fr").contains("://"));
        assert_eq!(plain("M & N <b>*x*_y_`z`"), "M & N <b>*x*_y_`z`");
    }
}

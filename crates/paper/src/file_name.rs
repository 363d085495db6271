//! Names of files that every system, archive and mail program accepts.

use domain::Siren;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest name that is made, its ending counted: short enough for a path of Windows.
const LONGEST: usize = 100;

/// `mandat-delegation-123456789-DUPONT.pdf`: ASCII letters, digits and hyphens. `what` says what it is, in French.
pub fn file_name(what: &str, siren: Option<&Siren>, name: &str) -> String {
    let what = plain(what).to_lowercase();
    let siren = siren.map(|siren| siren.as_str().to_owned()).unwrap_or_default();
    let parts = [what, siren, plain(name).to_uppercase()];
    let whole = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    let whole = if whole.is_empty() { "document" } else { &whole };
    let cut = whole[..whole.len().min(LONGEST - ".pdf".len())].trim_end_matches('-');
    format!("{cut}.pdf")
}

/// Letters without their accents; whatever else stands between them becomes one hyphen.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        let mut one = [0; 4];
        let piece = match c {
            'œ' | 'Œ' => "oe",
            'æ' | 'Æ' => "ae",
            'ß' | 'ẞ' => "ss",
            'ł' | 'Ł' => "l",
            'ø' | 'Ø' => "o",
            'đ' | 'Đ' | 'ð' | 'Ð' => "d",
            'þ' | 'Þ' => "th",
            'ı' => "i",
            // An apostrophe joins: L’Œuvre is one word to whoever searches it.
            '\'' | '’' => "",
            c if c.is_ascii_alphanumeric() => c.encode_utf8(&mut one),
            _ if out.is_empty() || out.ends_with('-') => "",
            _ => "-",
        };
        out.push_str(piece);
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_clients_become_names_of_files() {
        let siren = Siren::parse("123456789").unwrap();
        for (name, expected) in [
            ("Dupont", "mandat-delegation-123456789-DUPONT.pdf"),
            ("L’Œuvre & Fils (S.A.R.L.)", "mandat-delegation-123456789-LOEUVRE-FILS-S-A-R-L.pdf"),
            ("Łukasz Şahin", "mandat-delegation-123456789-LUKASZ-SAHIN.pdf"),
            ("../../etc/passwd", "mandat-delegation-123456789-ETC-PASSWD.pdf"),
            ("李", "mandat-delegation-123456789.pdf"),
            ("", "mandat-delegation-123456789.pdf"),
        ] {
            assert_eq!(file_name("mandat-delegation", Some(&siren), name), expected);
        }
        assert_eq!(file_name("lettre-de-mission", None, "vierge"), "lettre-de-mission-VIERGE.pdf");
        assert_eq!(file_name("", None, "…"), "document.pdf");
    }

    proptest! {
        #[test]
        fn any_name_is_safe(what in ".{0,40}", name in ".{0,300}") {
            let made = file_name(&what, None, &name);
            prop_assert!(made.len() <= LONGEST && made.ends_with(".pdf") && made.len() > 4);
            let stem = &made[..made.len() - 4];
            prop_assert!(stem.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
            prop_assert!(!stem.starts_with('-') && !stem.ends_with('-') && !stem.contains("--"));
        }
    }
}

//! Every word that a person reads stands in this folder, in French and in English, as one typed function per text.
//!
//! `t()` is the language of the moment. It is not reactive on purpose: a switch of language mounts the whole screen
//! again (the URL holds its state), which spares one subscription per word for the life of the page.

mod anomalies;
mod cockpit;
mod collection;
mod common;
mod connections;
mod deadlines;
mod door;
mod dossier;
mod dossiers;
mod exposure;
mod flows;
pub mod format;
mod frame;
mod imports;
mod journal;
mod kit;
mod mandates;
mod relances;
mod rules;
pub mod search;
mod sequences;
mod settings;
mod styleguide;
mod trade;

use std::borrow::Cow;
use std::cell::Cell;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lang {
    #[default]
    Fr,
    En,
}

impl Lang {
    pub const ALL: [Lang; 2] = [Lang::Fr, Lang::En];

    /// The tag of BCP 47, for `lang` attributes and `Accept-Language`.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Fr => "fr",
            Lang::En => "en",
        }
    }

    /// Each language is offered under its own name: whoever is lost in the other one must recognise it.
    pub fn own_name(self) -> &'static str {
        match self {
            Lang::Fr => "Français",
            Lang::En => "English",
        }
    }

    pub fn from_tag(tag: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|lang| lang.tag() == tag)
    }
}

impl From<Lang> for domain::Lang {
    fn from(lang: Lang) -> domain::Lang {
        match lang {
            Lang::Fr => domain::Lang::Fr,
            Lang::En => domain::Lang::En,
        }
    }
}

impl From<domain::Lang> for Lang {
    fn from(lang: domain::Lang) -> Lang {
        match lang {
            domain::Lang::Fr => Lang::Fr,
            domain::Lang::En => Lang::En,
        }
    }
}

thread_local! {
    static CURRENT: Cell<Lang> = const { Cell::new(Lang::Fr) };
}

/// The language of the screen. Texts are its methods: `t().save()`.
pub fn t() -> Lang {
    CURRENT.get()
}

pub fn set_language(lang: Lang) {
    CURRENT.set(lang);
}

/// What may stand in a placeholder: a count picks singular or plural and is written with the separators of the language.
pub trait Argument {
    fn write(&self, lang: Lang) -> String;
    fn count(&self) -> Option<u64> {
        None
    }
}

impl Argument for u64 {
    fn write(&self, lang: Lang) -> String {
        format::number(lang, *self as i64)
    }
    fn count(&self) -> Option<u64> {
        Some(*self)
    }
}

impl Argument for usize {
    fn write(&self, lang: Lang) -> String {
        format::number(lang, *self as i64)
    }
    fn count(&self) -> Option<u64> {
        Some(*self as u64)
    }
}

impl Argument for &str {
    fn write(&self, _: Lang) -> String {
        (*self).to_owned()
    }
}

impl Argument for String {
    fn write(&self, _: Lang) -> String {
        self.clone()
    }
}

/// Fills `{name}` placeholders. `singular|plural`: the first argument that is a count chooses, by the rule of the
/// language (French says "0 dossier", English "0 files").
fn fill(lang: Lang, template: &str, arguments: &[(&str, &dyn Argument)]) -> String {
    let template = match template.split_once('|') {
        None => template,
        Some((one, many)) => {
            let n = arguments.iter().find_map(|(_, argument)| argument.count()).unwrap_or(2);
            let singular = match lang {
                Lang::Fr => n < 2,
                Lang::En => n == 1,
            };
            if singular { one } else { many }
        }
    };
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('}') else { break };
        let name = &rest[start + 1..start + end];
        if let Some((_, argument)) = arguments.iter().find(|(n, _)| *n == name) {
            out.push_str(&argument.write(lang));
        }
        rest = &rest[start + end + 1..];
    }
    out.push_str(rest);
    out
}

/// One text as the tests see it.
#[cfg(test)]
pub(crate) struct Entry {
    pub name: &'static str,
    pub arguments: &'static [&'static str],
    pub fr: &'static str,
    pub en: &'static str,
}

/// `texts! { save: "Enregistrer" / "Save"; rows(n: u64): "{n} ligne|{n} lignes" / "{n} row|{n} rows"; }`
macro_rules! texts {
    (@text $name:ident $fr:literal $en:literal) => {
        pub fn $name(self) -> &'static str {
            match self {
                $crate::text::Lang::Fr => $fr,
                $crate::text::Lang::En => $en,
            }
        }
    };
    (@text $name:ident ($($argument:ident : $type:ty),+) $fr:literal $en:literal) => {
        pub fn $name(self, $($argument: $type),+) -> String {
            let template = match self {
                $crate::text::Lang::Fr => $fr,
                $crate::text::Lang::En => $en,
            };
            $crate::text::fill(self, template, &[$((stringify!($argument), &$argument as &dyn $crate::text::Argument)),+])
        }
    };
    ($($name:ident $(($($argument:ident : $type:ty),+ $(,)?))? : $fr:literal / $en:literal;)*) => {
        impl $crate::text::Lang {
            $($crate::text::texts! { @text $name $(($($argument : $type),+))? $fr $en })*
        }

        #[cfg(test)]
        pub(crate) const ENTRIES: &[$crate::text::Entry] = &[$($crate::text::Entry {
            name: stringify!($name),
            arguments: &[$($(stringify!($argument)),+)?],
            fr: $fr,
            en: $en,
        }),*];
    };
}
pub(crate) use texts;

/// French sets a space before some signs and inside its quotation marks; a line must not end there.
pub(crate) fn unbroken(text: &str) -> Cow<'_, str> {
    const BEFORE: [&str; 7] = [" :", " ;", " !", " ?", " »", " %", " €"];
    const AFTER: &str = "« ";
    if !text.contains(AFTER) && !BEFORE.iter().any(|sign| text.contains(sign)) {
        return Cow::Borrowed(text);
    }
    let text = text.replace(AFTER, "«\u{a0}");
    Cow::Owned(BEFORE.iter().fold(text, |text, sign| text.replace(sign, &sign.replace(' ', "\u{a0}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_does_not_end_before_a_sign_that_french_sets_apart() {
        assert_eq!(
            unbroken("« Oui » : 5 %, 3 € ; vraiment ?"),
            "«\u{a0}Oui\u{a0}»\u{a0}: 5\u{a0}%, 3\u{a0}€\u{a0}; vraiment\u{a0}?"
        );
        assert!(matches!(unbroken("Nothing: is changed"), Cow::Borrowed(_)));
    }

    fn placeholders(template: &str) -> Vec<&str> {
        template.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect()
    }

    #[test]
    fn every_text_speaks_both_languages_and_uses_its_arguments() {
        let all = [
            anomalies::ENTRIES,
            cockpit::ENTRIES,
            collection::ENTRIES,
            deadlines::ENTRIES,
            common::ENTRIES,
            connections::ENTRIES,
            door::ENTRIES,
            dossier::ENTRIES,
            dossiers::ENTRIES,
            exposure::ENTRIES,
            flows::ENTRIES,
            frame::ENTRIES,
            imports::ENTRIES,
            journal::ENTRIES,
            kit::ENTRIES,
            mandates::ENTRIES,
            relances::ENTRIES,
            rules::ENTRIES,
            sequences::ENTRIES,
            settings::ENTRIES,
            styleguide::ENTRIES,
            trade::ENTRIES,
        ]
        .concat_refs();
        assert!(all.len() > 100, "the tables of texts were not found");
        for entry in all {
            for (lang, template) in [("fr", entry.fr), ("en", entry.en)] {
                assert!(!template.trim().is_empty(), "{}: empty in {lang}", entry.name);
                for form in template.split('|') {
                    for name in placeholders(form) {
                        assert!(entry.arguments.contains(&name), "{}: {{{name}}} is no argument ({lang})", entry.name);
                    }
                }
                for argument in entry.arguments {
                    // A count may only choose between singular and plural.
                    let used = placeholders(template).contains(argument) || template.contains('|');
                    assert!(used, "{}: {argument} unused in {lang}", entry.name);
                }
            }
        }
    }

    trait ConcatRefs {
        fn concat_refs(self) -> Vec<&'static Entry>;
    }

    impl<const N: usize> ConcatRefs for [&'static [Entry]; N] {
        fn concat_refs(self) -> Vec<&'static Entry> {
            self.into_iter().flatten().collect()
        }
    }

    #[test]
    fn the_count_chooses_singular_or_plural() {
        let template = "{n} ligne|{n} lignes";
        let say = |lang, n: u64| fill(lang, template, &[("n", &n as &dyn Argument)]);
        assert_eq!(say(Lang::Fr, 0), "0 ligne");
        assert_eq!(say(Lang::Fr, 1), "1 ligne");
        assert_eq!(say(Lang::Fr, 2), "2 lignes");
        assert_eq!(say(Lang::En, 0), "0 lignes");
        assert_eq!(say(Lang::Fr, 12_000), "12\u{202f}000 lignes");
    }

    #[test]
    fn names_are_filled_in_any_order() {
        let name = "Dupont";
        let n = 3usize;
        let text = fill(Lang::Fr, "{who} : {n}", &[("n", &n as &dyn Argument), ("who", &name as &dyn Argument)]);
        assert_eq!(text, "Dupont : 3");
    }
}

//! The filters: what each takes, and what it makes of it.

use super::variable::ValueKind;
use crate::Text;

closed_enum! {
    /// Changes how a value is written.
    pub enum FilterKind {
        Short = "short",
        Long = "long",
        Weekday = "weekday",
        /// Days from the day of the message; a day that has passed is empty.
        DaysLeft = "days_left",
        Money = "money",
        Number = "number",
        Upper = "upper",
        Lower = "lower",
        Capital = "capital",
        /// Several texts on one line, with "et" or "ou", or as points.
        List = "list",
        /// One of two words, by the number.
        Plural = "plural",
        /// Words around the value, that go with it when it is empty.
        Phrase = "phrase",
        /// A link as a button.
        Button = "button",
        /// What stands there when the value is empty.
        Default = "default",
    }
}

/// How several texts follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joined {
    And,
    Or,
    Points,
}

impl Joined {
    pub const WORDS: [(&'static str, Self); 3] = [("and", Self::And), ("or", Self::Or), ("points", Self::Points)];

    pub fn read(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(code, _)| *code == word).map(|(_, joined)| *joined)
    }
}

impl FilterKind {
    /// What it does, within a sentence.
    pub fn label(self) -> Text {
        let (fr, en) = match self {
            Self::Short => ("date courte", "short date"),
            Self::Long => ("date en toutes lettres", "long date"),
            Self::Weekday => ("date avec le jour de la semaine", "date with the day of the week"),
            Self::DaysLeft => ("jours restants", "days left"),
            Self::Money => ("montant en euros", "amount in euros"),
            Self::Number => ("nombre avec espaces", "number with separators"),
            Self::Upper => ("majuscules", "upper case"),
            Self::Lower => ("minuscules", "lower case"),
            Self::Capital => ("majuscule au début", "capital first"),
            Self::List => ("énumération ou liste à points", "enumeration or list of points"),
            Self::Plural => ("singulier ou pluriel", "singular or plural"),
            Self::Phrase => ("mots autour de la valeur", "words around the value"),
            Self::Button => ("bouton", "button"),
            Self::Default => ("repli si la valeur est vide", "fallback when the value is empty"),
        };
        Text::new(fr, en)
    }

    /// How it is written, after a variable that it fits.
    pub fn example(self) -> Text {
        let (fr, en) = match self {
            Self::Short => ("{{ today | short }}", "{{ today | short }}"),
            Self::Long => ("{{ today | long }}", "{{ today | long }}"),
            Self::Weekday => ("{{ today | weekday }}", "{{ today | weekday }}"),
            Self::DaysLeft => (
                "{{ deadline | days_left | phrase: \"il reste %\" | default: \"\" }}",
                "{{ deadline | days_left | phrase: \"% left\" | default: \"\" }}",
            ),
            Self::Money => ("{{ law.fine_invoice | money }}", "{{ law.fine_invoice | money }}"),
            Self::Number => ("{{ dossier.count | number }}", "{{ dossier.count | number }}"),
            Self::Upper => ("{{ dossier.name | upper }}", "{{ dossier.name | upper }}"),
            Self::Lower => ("{{ dossier.name | lower }}", "{{ dossier.name | lower }}"),
            Self::Capital => ("{{ today | weekday | capital }}", "{{ today | weekday | capital }}"),
            Self::List => (
                "{{ missing.questions | list: \"points\" | default: \"rien\" }}",
                "{{ missing.questions | list: \"points\" | default: \"nothing\" }}",
            ),
            Self::Plural => (
                "{{ dossier.count | plural: \"votre entreprise\", \"vos entreprises\" }}",
                "{{ dossier.count | plural: \"your company\", \"your companies\" }}",
            ),
            Self::Phrase => (
                "{{ contact.name | phrase: \" %\" | default: \"\" }}",
                "{{ contact.name | phrase: \" %\" | default: \"\" }}",
            ),
            Self::Button => ("{{ link | button: \"Répondre\" }}", "{{ link | button: \"Answer\" }}"),
            Self::Default => {
                ("{{ contact.name | default: \"Madame, Monsieur\" }}", "{{ contact.name | default: \"Sir or Madam\" }}")
            }
        };
        Text::new(fr, en)
    }

    /// What it can be put after.
    pub fn takes(self) -> &'static [ValueKind] {
        use ValueKind as K;
        match self {
            Self::Short | Self::Long | Self::Weekday | Self::DaysLeft => &[K::Date],
            Self::Money => &[K::Money],
            Self::Number | Self::Plural => &[K::Number],
            Self::Upper | Self::Lower | Self::Capital => &[K::Text],
            Self::List => &[K::Text, K::List],
            Self::Phrase => &[K::Text, K::List, K::Date, K::Money, K::Number],
            Self::Button => &[K::Link],
            Self::Default => K::ALL,
        }
    }

    /// How many arguments it wants: at least, at most.
    pub const fn arguments(self) -> (usize, usize) {
        match self {
            Self::List => (0, 1),
            Self::Plural => (2, 2),
            Self::Phrase | Self::Button | Self::Default => (1, 1),
            Self::Short
            | Self::Long
            | Self::Weekday
            | Self::DaysLeft
            | Self::Money
            | Self::Number
            | Self::Upper
            | Self::Lower
            | Self::Capital => (0, 0),
        }
    }
}

/// A filter of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Filter {
    Short,
    Long,
    Weekday,
    DaysLeft,
    Money,
    Number,
    Upper,
    Lower,
    Capital,
    List(Joined),
    Plural(String, String),
    /// Before and after the value.
    Phrase(String, String),
    Button(String),
    Default(String),
}

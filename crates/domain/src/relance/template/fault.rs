//! What is wrong in a text: where, which word, the nearest name, the fix.

use serde::{Deserialize, Serialize};

use super::filter::FilterKind;
use super::variable::Variable;
use crate::{Text, fold};

closed_enum! {
    pub enum FaultCode {
        /// Nothing but blanks.
        EmptyText = "empty_text",
        TooLong = "too_long",
        /// A subject is one line.
        LineBreak = "line_break",
        /// `{{` without its `}}`.
        Unclosed = "unclosed",
        /// `}}` without its `{{`.
        Unopened = "unopened",
        /// Nothing between the braces.
        NoVariable = "no_variable",
        UnknownVariable = "unknown_variable",
        UnknownFilter = "unknown_filter",
        /// The filter does not fit what stands before it.
        FilterKind = "filter_kind",
        /// An argument is missing, unknown or one too many.
        Argument = "argument",
        /// A word where `|`, `:` or the end was expected.
        Form = "form",
        /// It can be empty, and nothing says what stands there then.
        CanBeEmpty = "can_be_empty",
        /// A button or a list of points stands on a line of its own.
        NotAlone = "not_alone",
        /// Not in a subject.
        NotInSubject = "not_in_subject",
        RawHtml = "raw_html",
        Image = "image",
        /// A link to something else than http, https or mailto.
        LinkForm = "link_form",
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = TemplateFault))]
pub struct Fault {
    /// What kind of fault it is.
    pub code: FaultCode,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// The refused part, in characters from the beginning of the text: first, and first after it.
    pub from: u32,
    /// First character after the refused part.
    pub to: u32,
    /// What is refused.
    #[cfg_attr(feature = "openapi", schema(example = "contact.nom"))]
    pub word: String,
    /// What was probably meant.
    #[cfg_attr(feature = "openapi", schema(example = "contact.name"))]
    pub nearest: Option<String>,
    /// What is wrong, what is expected, the fix.
    pub text: Text,
}

fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

impl Fault {
    /// About the bytes from `from` to `to` of a text.
    pub fn at(source: &str, (from, to): (usize, usize), code: FaultCode, text: Text) -> Self {
        let before = source.get(..from).unwrap_or(source);
        let word = source.get(from..to).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let start = count(before);
        Self {
            code,
            line: u32::try_from(before.matches('\n').count()).unwrap_or(u32::MAX - 1) + 1,
            column: count(line) + 1,
            from: start,
            to: start + count(word),
            word: word.chars().take(80).collect(),
            nearest: None,
            text,
        }
    }

    pub(super) fn near(mut self, nearest: Option<&str>) -> Self {
        self.nearest = nearest.map(str::to_owned);
        self
    }
}

/// Letters to put in, take out, replace or exchange with their neighbour, to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = [vec![0; b.len() + 1], (0..=b.len()).collect::<Vec<_>>(), vec![0; b.len() + 1]];
    for i in 1..=a.len() {
        rows[2][0] = i;
        for j in 1..=b.len() {
            let changed = rows[1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[1][j] + 1).min(rows[2][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[0][j - 2] + 1);
            }
            rows[2][j] = least;
        }
        rows.rotate_left(1);
    }
    rows[1][b.len()]
}

/// The longest word that is compared: names are short, and a text can hold anything.
const LONGEST: usize = 60;

/// The code whose name, or whose label in either language, is nearest to a word; nothing when none is near.
fn nearest<'a>(word: &str, names: impl Iterator<Item = (&'a str, Text)>) -> Option<&'a str> {
    let word: String = fold(word).chars().take(LONGEST).collect();
    let length = word.chars().count();
    if length == 0 {
        return None;
    }
    let far = (length / 2).max(2);
    let of = |code: &str, label: Text| {
        let own = fold(code);
        let last = fold(code.rsplit('.').next().unwrap_or_default());
        let whole = [own, fold(&label.fr), fold(&label.en)];
        let near = whole.iter().map(|name| distance(&word, name)).min().unwrap_or(usize::MAX);
        // The beginning of a name, or its last part, is nearly the name.
        let begins = if length > 2 && whole.iter().any(|name| name.starts_with(&word)) { 1 } else { usize::MAX };
        near.min(begins).min(distance(&word, &last) + 1)
    };
    names
        .map(|(code, label)| (of(code, label), code))
        .filter(|(d, _)| *d <= far)
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

pub(super) fn nearest_variable(word: &str) -> Option<&'static str> {
    nearest(word, Variable::ALL.iter().map(|v| (v.as_str(), v.label())))
}

pub(super) fn nearest_filter(word: &str) -> Option<&'static str> {
    nearest(word, FilterKind::ALL.iter().map(|f| (f.as_str(), f.label())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_words() {
        for (a, b, d) in [("", "abc", 3), ("abc", "abc", 0), ("nmae", "name", 1), ("kitten", "sitting", 3)] {
            assert_eq!(distance(a, b), d, "{a} {b}");
            assert_eq!(distance(b, a), d, "{b} {a}");
        }
    }

    #[test]
    fn the_nearest_name_is_found_by_code_and_by_label() {
        for (word, name) in [
            ("contact.nom", Some("contact.name")),
            ("contact.nmae", Some("contact.name")),
            ("dossier", Some("dossier.name")),
            ("nom du dossier", Some("dossier.name")),
            ("Nom du contact", Some("contact.name")),
            ("deadlin", Some("deadline")),
            ("lien", Some("link")),
            ("reply_to", Some("cabinet.reply_to")),
            ("xyzxyzxyz", None),
            ("***", None),
        ] {
            assert_eq!(nearest_variable(word), name, "{word}");
        }
        for (word, name) in [("uper", Some("upper")), ("majuscules", Some("upper")), ("defaut", Some("default"))] {
            assert_eq!(nearest_filter(word), name, "{word}");
        }
    }
}

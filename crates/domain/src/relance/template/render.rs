//! Rendering: a text with the values of one message.

use serde::{Deserialize, Serialize};

use super::Template;
use super::filter::{Filter, Joined};
use super::read::{Piece, Placed};
use super::value::{Occasion, Value};
use super::variable::Variable;
use super::words::{capital, days_left, joined, number};
use crate::dates::{long, short, weekday};
use crate::text::euros;
use crate::{Lang, Text};

/// Values of one body: as many as have a place of their own.
pub const MOST_VALUES: usize = 60_000;
/// Of a plane that is nobody's: no letter, no sign, no space.
const FIRST_PLACE: u32 = 0xF_0000;

/// What stands for a value.
pub(super) fn place(index: usize) -> char {
    u32::try_from(index).ok().and_then(|n| char::from_u32(FIRST_PLACE.saturating_add(n))).unwrap_or('\u{fffd}')
}

pub(super) fn is_place(c: char) -> bool {
    value_at(c).is_some()
}

/// The value that a character stands for.
pub fn value_at(c: char) -> Option<usize> {
    u32::from(c).checked_sub(FIRST_PLACE).map(|n| n as usize).filter(|n| *n < MOST_VALUES)
}

/// A body: Markdown of its author alone, in which each value is one character that means nothing ([`value_at`]). Whoever
/// writes the message out puts the values there as plain words, so that no value can be Markdown, HTML or a link.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Marked {
    pub markdown: String,
    pub values: Vec<String>,
}

impl Marked {
    fn put(&mut self, value: String) {
        // No text of a person comes to so many; and if one did, nothing of it would be lost.
        if self.values.len() == MOST_VALUES {
            self.values[MOST_VALUES - 1].extend([", ", value.as_str()]);
            return;
        }
        self.markdown.push(place(self.values.len()));
        self.values.push(value);
    }

    /// Paragraphs of plain words: nothing of them is Markdown.
    pub fn paragraphs<T: Into<String>>(all: impl IntoIterator<Item = T>) -> Self {
        let mut body = Self::default();
        for words in all {
            if !body.markdown.is_empty() {
                body.markdown.push_str("\n\n");
            }
            body.put(words.into());
        }
        body
    }

    /// Several as one: each under a heading of plain words, without its salutation, after a common beginning. What one contact
    /// is written about leaves as one message.
    pub fn together(beginning: &str, parts: Vec<(String, Marked)>) -> Self {
        let mut all = Self::default();
        all.put(beginning.to_owned());
        for (heading, part) in parts {
            all.markdown.push_str("\n\n## ");
            all.put(heading);
            all.markdown.push_str("\n\n");
            let body = without_salutation(&part.markdown);
            let shift = all.values.len();
            for c in body.chars() {
                match value_at(c) {
                    Some(n) => all.markdown.push(place(shift + n)),
                    None => all.markdown.push(c),
                }
            }
            all.values.extend(part.values);
        }
        all
    }
}

/// The first paragraph greets, and nothing else.
fn without_salutation(markdown: &str) -> &str {
    let Some((first, rest)) = markdown.trim_start().split_once("\n\n") else { return markdown };
    let greets =
        ["Bonjour", "Madame", "Monsieur", "Chère", "Cher", "Hello", "Dear"].iter().any(|w| first.starts_with(w));
    if greets && first.trim_end().ends_with(',') { rest.trim_start() } else { markdown }
}

/// A value that a text wants, and that is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hollow {
    pub variable: Variable,
}

impl Hollow {
    pub fn text(self) -> Text {
        let Self { variable } = self;
        let label = variable.label();
        Text::new(
            format!("« {variable} » ({}) est vide : complétez le dossier, ou donnez un repli dans le texte.", label.fr),
            format!("“{variable}” ({}) is empty: complete the dossier, or give a fallback in the text.", label.en),
        )
    }
}

/// A value with its filters.
enum Shown {
    Words(String),
    Points(Vec<String>),
    /// The author's words around a value.
    Phrase(String, String, String),
    /// The author's words alone.
    Own(String),
    Link(String),
    Button(String, String),
}

const AND: (&str, &str) = ("et", "and");
const OR: (&str, &str) = ("ou", "or");

/// A value as it is written without a filter.
fn written(value: Value, lang: Lang) -> Shown {
    Shown::Words(match value {
        Value::Words(words) => joined(&words, AND, lang),
        Value::Date(day) => long(day, lang),
        Value::Money(cents) => euros(cents).get(lang).to_owned(),
        Value::Number(n) => number(n, lang),
        Value::Link(url) => return Shown::Link(url),
    })
}

fn words_of(shown: Shown) -> String {
    match shown {
        Shown::Words(words) | Shown::Own(words) | Shown::Link(words) => words,
        Shown::Points(points) => points.join(", "),
        Shown::Phrase(before, words, after) => format!("{before}{words}{after}"),
        Shown::Button(label, _) => label,
    }
}

impl Placed {
    /// Its value over the dossiers; nothing when it is empty and has no fallback.
    fn shown(&self, occasion: &Occasion<'_>, lang: Lang) -> Option<Shown> {
        let fallback = self.filters.iter().find_map(|f| match f {
            Filter::Default(words) => Some(Shown::Own(words.clone())),
            _ => None,
        });
        let Some(mut value) = occasion.value(self.variable, lang) else { return fallback };
        for filter in &self.filters {
            value = match (filter, value) {
                (Filter::Default(_), value) => value,
                (Filter::Short, Value::Date(day)) => Value::Words(vec![short(day, lang)]),
                (Filter::Long, Value::Date(day)) => Value::Words(vec![long(day, lang)]),
                (Filter::Weekday, Value::Date(day)) => Value::Words(vec![weekday(day, lang)]),
                (Filter::DaysLeft, Value::Date(day)) => {
                    let left = (day - occasion.today).num_days();
                    if left < 0 {
                        return fallback;
                    }
                    Value::Words(vec![days_left(left, lang)])
                }
                (Filter::Upper, Value::Words(words)) => Value::Words(words.iter().map(|w| w.to_uppercase()).collect()),
                (Filter::Lower, Value::Words(words)) => Value::Words(words.iter().map(|w| w.to_lowercase()).collect()),
                (Filter::Capital, Value::Words(words)) => Value::Words(words.iter().map(|w| capital(w)).collect()),
                (Filter::List(Joined::And), Value::Words(words)) => Value::Words(vec![joined(&words, AND, lang)]),
                (Filter::List(Joined::Or), Value::Words(words)) => Value::Words(vec![joined(&words, OR, lang)]),
                (Filter::List(Joined::Points), Value::Words(words)) => return Some(Shown::Points(words)),
                (Filter::Plural(one, more), Value::Number(n)) => {
                    // French says "0 jour", English "0 days".
                    let single = n == 1 || n == 0 && lang == Lang::Fr;
                    return Some(Shown::Own(if single { one } else { more }.clone()));
                }
                (Filter::Phrase(before, after), value) => {
                    let words = words_of(written(value, lang));
                    return Some(Shown::Phrase(before.clone(), words, after.clone()));
                }
                (Filter::Button(label), Value::Link(url)) => return Some(Shown::Button(label.clone(), url)),
                // Money and number are written so anyway; what does not fit was refused when the text was read.
                (_, value) => value,
            };
        }
        Some(written(value, lang))
    }
}

impl Template {
    /// The text as one line of plain words.
    pub fn line(&self, occasion: &Occasion<'_>, lang: Lang) -> Result<String, Vec<Hollow>> {
        let mut line = String::new();
        let mut hollow = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text { text, .. } => line.push_str(text),
                Piece::Broken { .. } => {}
                Piece::Value(placed) => match placed.shown(occasion, lang) {
                    Some(shown) => line.push_str(&words_of(shown)),
                    None => hollow.push(Hollow { variable: placed.variable }),
                },
            }
        }
        if hollow.is_empty() { Ok(line.split_ascii_whitespace().collect::<Vec<_>>().join(" ")) } else { Err(hollow) }
    }

    /// The text as Markdown, with its values beside it.
    pub fn marked(&self, occasion: &Occasion<'_>, lang: Lang) -> Result<Marked, Vec<Hollow>> {
        let mut marked = Marked::default();
        let mut hollow = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text { text, .. } => marked.markdown.push_str(text),
                Piece::Broken { .. } => {}
                Piece::Value(placed) => match placed.shown(occasion, lang) {
                    Some(shown) => put(&mut marked, shown),
                    None => hollow.push(Hollow { variable: placed.variable }),
                },
            }
        }
        if hollow.is_empty() { Ok(marked) } else { Err(hollow) }
    }
}

fn put(marked: &mut Marked, shown: Shown) {
    match shown {
        Shown::Words(words) => marked.put(words),
        Shown::Own(words) => marked.markdown.push_str(&words),
        Shown::Phrase(before, words, after) => {
            marked.markdown.push_str(&before);
            marked.put(words);
            marked.markdown.push_str(&after);
        }
        Shown::Points(points) => {
            marked.markdown.push('\n');
            for point in points {
                marked.markdown.push_str("\n- ");
                marked.put(point);
            }
            marked.markdown.push_str("\n\n");
        }
        // Where a link leads, it is its address and nothing more.
        Shown::Link(url) if marked.markdown.ends_with("](") => marked.put(url),
        Shown::Link(url) => {
            marked.markdown.push('[');
            marked.put(url.clone());
            marked.markdown.push_str("](");
            marked.put(url);
            marked.markdown.push(')');
        }
        Shown::Button(label, url) => {
            marked.markdown.push_str("\n\n[");
            marked.markdown.push_str(&label);
            marked.markdown.push_str("](");
            marked.put(url);
            marked.markdown.push_str(")\n\n");
        }
    }
}

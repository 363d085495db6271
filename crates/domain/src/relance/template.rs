//! The language of the texts of relances: Markdown with `{{ variable | filter | filter: "argument" }}`.
//!
//! Variables and filters are closed tables with types; what is wrong in a text is told with its place, the refused word, the
//! nearest name and the fix. A text is rendered over the dossiers of one contact: words that differ become "A, B et C", of
//! dates the earliest counts, sums and numbers are added up. A value never becomes a part of the Markdown: it stands in it as
//! one character that means nothing ([`Marked`]), and whoever writes the message puts the value there.

mod fault;
mod filter;
mod read;
mod render;
mod value;
mod variable;
mod words;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::Lang;

pub use fault::{Fault, FaultCode};
pub use filter::FilterKind;
pub use read::{Form, LONGEST_BODY, LONGEST_SUBJECT, Probe, Reading, read};
pub use render::{Hollow, MOST_VALUES, Marked, value_at};
pub use value::{Known, NextReport, Occasion, Person, Sender};
pub use variable::{ValueKind, Variable, VariableGroup};

/// A text that can be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<read::Piece>,
}

impl Template {
    /// Reads a text, or tells all that is wrong with it.
    pub fn parse(source: &str, form: Form) -> Result<Self, Vec<Fault>> {
        let reading = read(source, form);
        if reading.faults.is_empty() { Ok(Self { pieces: reading.pieces }) } else { Err(reading.faults) }
    }

    /// The variables that it asks for, each once.
    pub fn variables(&self) -> Vec<Variable> {
        let mut found: Vec<Variable> = self
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                read::Piece::Value(value) => Some(value.variable),
                read::Piece::Text { .. } | read::Piece::Broken { .. } => None,
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }
}

/// A text in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = TemplateText))]
pub struct Wording {
    /// One line.
    #[cfg_attr(feature = "openapi", schema(example = "Votre plateforme, {{ dossier.name }}"))]
    pub subject: String,
    /// Markdown.
    #[cfg_attr(feature = "openapi", schema(example = "Bonjour {{ contact.name | default: \"\" }}"))]
    pub body: String,
}

/// A text in its languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = TemplateTexts))]
pub struct Wordings {
    /// In French.
    pub fr: Wording,
    /// In English; who reads English gets the French where there is none.
    #[serde(default)]
    pub en: Option<Wording>,
}

impl Wordings {
    /// The English text; one without a word is none.
    pub fn english(&self) -> Option<&Wording> {
        self.en.as_ref().filter(|en| !en.subject.trim().is_empty() || !en.body.trim().is_empty())
    }

    /// The text that a reader of a language gets, and the language that it is in.
    pub fn of(&self, lang: Lang) -> (Lang, &Wording) {
        match (lang, self.english()) {
            (Lang::En, Some(en)) => (Lang::En, en),
            (Lang::En, None) | (Lang::Fr, _) => (Lang::Fr, &self.fr),
        }
    }

    pub fn letter(&self, lang: Lang) -> Result<Letter, Vec<Fault>> {
        let (lang, Wording { subject, body }) = self.of(lang);
        Letter::parse(subject, body, lang)
    }
}

/// A subject and a body, ready for many messages of one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub lang: Lang,
    pub subject: Template,
    pub body: Template,
}

impl Letter {
    pub fn parse(subject: &str, body: &str, lang: Lang) -> Result<Self, Vec<Fault>> {
        match (Template::parse(subject, Form::Subject), Template::parse(body, Form::Body)) {
            (Ok(subject), Ok(body)) => Ok(Self { lang, subject, body }),
            (subject, body) => Err([subject.err(), body.err()].into_iter().flatten().flatten().collect()),
        }
    }

    /// The subject as it leaves, and the body with its values beside it; or every value that was wanted and is empty.
    pub fn write(&self, occasion: &Occasion<'_>) -> Result<(String, Marked), Vec<Hollow>> {
        match (self.subject.line(occasion, self.lang), self.body.marked(occasion, self.lang)) {
            (Ok(subject), Ok(body)) => Ok((subject, body)),
            (subject, body) => {
                let mut hollow: Vec<Hollow> = [subject.err(), body.err()].into_iter().flatten().flatten().collect();
                hollow.sort_by_key(|h| h.variable);
                hollow.dedup();
                Err(hollow)
            }
        }
    }
}

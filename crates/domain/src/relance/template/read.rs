//! Reading a text: into its pieces, and everything that is wrong with it.

use super::fault::{Fault, FaultCode, nearest_filter, nearest_variable};
use super::filter::{Filter, FilterKind, Joined};
use super::render::is_place;
use super::variable::{ValueKind, Variable};
use crate::Text;

pub const LONGEST_SUBJECT: usize = 200;
pub const LONGEST_BODY: usize = 20_000;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One line without Markdown.
    Subject,
    /// Markdown.
    Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    pub variable: Variable,
    pub filters: Vec<Filter>,
}

/// A part of a text; `at` is its first byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text {
        at: usize,
        text: String,
    },
    Value(Placed),
    /// Braces that cannot be read.
    Broken {
        at: usize,
        to: usize,
    },
}

/// A text as it was read, whatever is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub(super) pieces: Vec<Piece>,
    pub faults: Vec<Fault>,
}

/// The Markdown of a text alone, each value as one character that means nothing, to look at its structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    pub markdown: String,
    /// Where parts of it begin, there and in the text.
    places: Vec<(usize, usize, usize)>,
}

impl Probe {
    /// The byte of the text that a byte of the Markdown comes from.
    pub fn source(&self, at: usize) -> usize {
        let after = self.places.partition_point(|(there, _, _)| *there <= at);
        // What stands for a value is longer than nothing, and comes from behind the words before it.
        self.places[..after].last().map_or(0, |(there, source, length)| source + (at - there).min(*length))
    }
}

impl Reading {
    pub fn probe(&self) -> Probe {
        let mut probe = Probe { markdown: String::new(), places: Vec::new() };
        for piece in &self.pieces {
            match piece {
                Piece::Text { at, text } => {
                    probe.places.push((probe.markdown.len(), *at, text.len()));
                    probe.markdown.push_str(text);
                }
                Piece::Value(_) | Piece::Broken { .. } => probe.markdown.push(super::render::place(0)),
            }
        }
        probe
    }
}

/// Reads a text.
pub fn read(source: &str, form: Form) -> Reading {
    let mut reader = Reader { source, form, pieces: Vec::new(), faults: Vec::new() };
    reader.all();
    Reading { pieces: reader.pieces, faults: reader.faults }
}

struct Reader<'a> {
    source: &'a str,
    form: Form,
    pieces: Vec<Piece>,
    faults: Vec<Fault>,
}

/// A word, an argument or a sign between braces.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted(String),
    Bar,
    Colon,
    Comma,
}

type Spanned = (Token, usize, usize);

/// Opening and closing quotes, those that writing programs put by themselves included.
const QUOTES: [(char, char); 3] = [('"', '"'), ('“', '”'), ('«', '»')];

impl Reader<'_> {
    fn fault(&mut self, span: (usize, usize), code: FaultCode, fr: impl Into<String>, en: impl Into<String>) {
        self.fault_near(span, code, None, Text::new(fr, en));
    }

    fn fault_near(&mut self, span: (usize, usize), code: FaultCode, nearest: Option<&str>, text: Text) {
        self.faults.push(Fault::at(self.source, span, code, text).near(nearest));
    }

    fn all(&mut self) {
        let whole = (0, self.source.len());
        let length = self.source.chars().count();
        let most = if self.form == Form::Subject { LONGEST_SUBJECT } else { LONGEST_BODY };
        if self.source.trim().is_empty() {
            let (fr, en) = match self.form {
                Form::Subject => ("L’objet est vide : écrivez une ligne.", "The subject is empty: write one line."),
                Form::Body => ("Le texte est vide : écrivez le message.", "The text is empty: write the message."),
            };
            return self.fault(whole, FaultCode::EmptyText, fr, en);
        }
        if length > most {
            self.fault(
                whole,
                FaultCode::TooLong,
                format!("{length} caractères : {most} au plus, raccourcissez."),
                format!("{length} characters: {most} at most, shorten it."),
            );
            return;
        }
        if let (Form::Subject, Some(at)) = (self.form, self.source.trim_end().find('\n')) {
            self.fault(
                (at, at + 1),
                FaultCode::LineBreak,
                "L’objet tient sur une ligne : retirez le retour à la ligne.",
                "A subject is one line: remove the line break.",
            );
        }
        self.pieces();
    }

    fn pieces(&mut self) {
        let mut at = 0;
        let mut text = 0;
        while let Some(found) = self.source[at..].find(['{', '}']).map(|n| at + n) {
            let rest = &self.source[found..];
            if rest.starts_with("}}") {
                self.fault(
                    (found, found + 2),
                    FaultCode::Unopened,
                    "« }} » ferme des accolades qui ne sont pas ouvertes : ajoutez « {{ » devant, ou retirez-les.",
                    "“}}” closes braces that are not open: add “{{” before them, or remove them.",
                );
                at = found + 2;
            } else if rest.starts_with("{{") {
                self.text(text, found);
                at = self.braces(found);
                text = at;
            } else {
                at = found + 1;
            }
        }
        self.text(text, self.source.len());
    }

    fn text(&mut self, from: usize, to: usize) {
        if from < to {
            // What stands for a value is nothing that somebody writes.
            let text = self.source[from..to].replace(is_place, "\u{fffd}");
            self.pieces.push(Piece::Text { at: from, text });
        }
    }

    /// Reads what begins with `{{`; answers where it ends.
    fn braces(&mut self, from: usize) -> usize {
        let inner = from + 2;
        let line = self.source[inner..].find('\n').map_or(self.source.len(), |n| inner + n);
        let Some(close) = self.close(inner, line) else {
            let word_end = self.source[inner..line].find("{{").map_or(line, |n| inner + n);
            let end = inner + self.source[inner..word_end].trim_end().len();
            self.fault(
                (from, end),
                FaultCode::Unclosed,
                "« {{ » n’est pas fermé sur cette ligne : ajoutez « }} » après la variable.",
                "“{{” is not closed on this line: add “}}” after the variable.",
            );
            self.pieces.push(Piece::Broken { at: from, to: end });
            return end;
        };
        let end = close + 2;
        match self.placed(inner, close, (from, end)) {
            Some(placed) => self.pieces.push(Piece::Value(placed)),
            None => self.pieces.push(Piece::Broken { at: from, to: end }),
        }
        end
    }

    /// Where the braces close: outside of quotes; where a quote is not closed, at the first that comes.
    fn close(&self, inner: usize, line: usize) -> Option<usize> {
        let text = &self.source[inner..line];
        let mut quote: Option<char> = None;
        let mut escaped = false;
        for (n, c) in text.char_indices() {
            match quote {
                Some(_) if escaped => escaped = false,
                Some(_) if c == '\\' => escaped = true,
                Some(end) if c == end => quote = None,
                Some(_) => {}
                None if text[n..].starts_with("}}") => return Some(inner + n),
                None if text[n..].starts_with("{{") => return None,
                None => quote = QUOTES.iter().find(|(open, _)| *open == c).map(|(_, close)| *close),
            }
        }
        // A quote is open: what closes first is taken, and the quote is told.
        quote.and_then(|_| text.find("}}")).map(|n| inner + n)
    }

    fn tokens(&mut self, from: usize, to: usize) -> Option<Vec<Spanned>> {
        let text = &self.source[from..to];
        let mut tokens = Vec::new();
        let mut chars = text.char_indices().peekable();
        while let Some((n, c)) = chars.next() {
            let start = from + n;
            let one = start + c.len_utf8();
            match c {
                c if c.is_whitespace() => {}
                '|' => tokens.push((Token::Bar, start, one)),
                ':' => tokens.push((Token::Colon, start, one)),
                ',' => tokens.push((Token::Comma, start, one)),
                c if QUOTES.iter().any(|(open, _)| *open == c) => {
                    let end = QUOTES.iter().find(|(open, _)| *open == c).map_or(c, |(_, close)| *close);
                    let mut said = String::new();
                    let mut closed = None;
                    while let Some((n, c)) = chars.next() {
                        match c {
                            '\\' => said.extend(chars.next().map(|(_, c)| c)),
                            c if c == end => {
                                closed = Some(from + n + c.len_utf8());
                                break;
                            }
                            c => said.push(c),
                        }
                    }
                    let Some(closed) = closed else {
                        self.fault(
                            (start, to),
                            FaultCode::Form,
                            format!("Le guillemet « {c} » n’est pas fermé : ajoutez « {end} » à la fin du texte."),
                            format!("The quote “{c}” is not closed: add “{end}” at the end of the text."),
                        );
                        return None;
                    };
                    // Inside of « … » French puts spaces that are no part of the words.
                    if c == '«' {
                        said = said.trim_matches(|c: char| c == '\u{a0}' || c == '\u{202f}').to_owned();
                    }
                    tokens.push((Token::Quoted(said), start, closed));
                }
                c => {
                    let mut word = String::from(c);
                    let mut end = one;
                    let stops = |c: char| c.is_whitespace() || matches!(c, '|' | ':' | ',' | '"' | '“' | '«');
                    while let Some((n, c)) = chars.next_if(|(_, c)| !stops(*c)) {
                        word.push(c);
                        end = from + n + c.len_utf8();
                    }
                    tokens.push((Token::Word(word), start, end));
                }
            }
        }
        Some(tokens)
    }

    /// Reads what stands between braces.
    fn placed(&mut self, from: usize, to: usize, braces: (usize, usize)) -> Option<Placed> {
        let tokens = self.tokens(from, to)?;
        let mut parts: Vec<&[Spanned]> = tokens.split(|(token, ..)| *token == Token::Bar).collect();
        let head = parts.remove(0);
        let variable = self.variable(head, braces)?;
        let mut filters: Vec<(Filter, (usize, usize))> = Vec::new();
        let mut whole = true;
        for part in parts {
            match self.filter(part, variable, braces) {
                Some(filter) => filters.push(filter),
                None => whole = false,
            }
        }
        if !whole {
            return None;
        }
        whole &= self.fits(variable, &filters);
        whole &= self.stands_alone(&filters, braces);
        let filters: Vec<Filter> = filters.into_iter().map(|(filter, _)| filter).collect();
        whole &= self.says_when_empty(variable, &filters, (from, to));
        whole.then_some(Placed { variable, filters })
    }

    fn variable(&mut self, head: &[Spanned], braces: (usize, usize)) -> Option<Variable> {
        let (Some(first), Some(last)) = (head.first(), head.last()) else {
            self.fault(
                braces,
                FaultCode::NoVariable,
                "Rien entre les accolades : écrivez une variable, par exemple {{ dossier.name }}, ou retirez-les.",
                "Nothing between the braces: write a variable, such as {{ dossier.name }}, or remove them.",
            );
            return None;
        };
        let span = (first.1, last.2);
        let word = &self.source[span.0..span.1];
        if let ([(Token::Word(_), ..)], Ok(variable)) = (head, Variable::try_from(word)) {
            if self.form == Form::Subject && variable == Variable::Link {
                self.fault(
                    span,
                    FaultCode::NotInSubject,
                    "« link » n’a pas sa place dans un objet : mettez le lien dans le texte.",
                    "“link” does not belong in a subject: put the link into the text.",
                );
                return None;
            }
            return Some(variable);
        }
        let near = nearest_variable(word);
        let shown: String = word.chars().take(80).collect();
        let (fr, en) = match near {
            Some(name) => (format!("écrivez {name}"), format!("write {name}")),
            None => (
                "choisissez-en une dans la liste des variables".to_owned(),
                "choose one from the list of variables".to_owned(),
            ),
        };
        let text = Text::new(
            format!("« {shown} » n’est pas une variable : {fr}."),
            format!("“{shown}” is not a variable: {en}."),
        );
        self.fault_near(span, FaultCode::UnknownVariable, near, text);
        None
    }

    fn filter(
        &mut self,
        part: &[Spanned],
        variable: Variable,
        braces: (usize, usize),
    ) -> Option<(Filter, (usize, usize))> {
        let Some((first, last)) = part.first().zip(part.last()) else {
            self.fault(
                braces,
                FaultCode::Form,
                "Rien après « | » : écrivez un filtre, ou retirez la barre.",
                "Nothing after “|”: write a filter, or remove the bar.",
            );
            return None;
        };
        let span = (first.1, last.2);
        let named = if let (Token::Word(word), from, to) = first { Some((word, (*from, *to))) } else { None };
        let known = named.and_then(|(word, _)| FilterKind::try_from(word.as_str()).ok());
        let Some(kind) = known else {
            let (word, at) = named.map_or((self.source[span.0..span.1].to_owned(), span), |(w, at)| (w.clone(), at));
            let near = nearest_filter(&word);
            let shown: String = word.chars().take(80).collect();
            let fitting = fitting(variable.kind());
            let (fr, en) = match near {
                Some(name) => (format!("écrivez {name}"), format!("write {name}")),
                None => (format!("choisissez parmi {fitting}"), format!("choose among {fitting}")),
            };
            let text = Text::new(
                format!("« {shown} » n’est pas un filtre : {fr}."),
                format!("“{shown}” is not a filter: {en}."),
            );
            self.fault_near(at, FaultCode::UnknownFilter, near, text);
            return None;
        };
        let arguments = self.arguments(kind, &part[1..], span)?;
        let filter = self.with_arguments(kind, arguments, span)?;
        Some((filter, span))
    }

    /// `: "one", "two"`, or nothing.
    fn arguments(&mut self, kind: FilterKind, rest: &[Spanned], span: (usize, usize)) -> Option<Vec<String>> {
        let mut arguments = Vec::new();
        for (n, (token, from, to)) in rest.iter().enumerate() {
            match (n % 2, token) {
                (0, Token::Colon) if n == 0 => {}
                (0, Token::Comma) if n > 0 => {}
                (1, Token::Quoted(said) | Token::Word(said)) => arguments.push(said.clone()),
                _ => {
                    let word = self.source[*from..*to].to_owned();
                    self.fault(
                        (*from, *to),
                        FaultCode::Form,
                        format!("« {word} » n’est pas attendu ici : un filtre s’écrit {}.", written(kind, "texte")),
                        format!("“{word}” is not expected here: a filter is written {}.", written(kind, "text")),
                    );
                    return None;
                }
            }
        }
        let (least, most) = kind.arguments();
        if !(least..=most).contains(&arguments.len()) || rest.len() % 2 == 1 {
            self.fault(
                span,
                FaultCode::Argument,
                format!(
                    "« {kind} » a {} texte(s) après les deux-points : écrivez {}.",
                    arguments.len(),
                    written(kind, "texte")
                ),
                format!("“{kind}” has {} text(s) after the colon: write {}.", arguments.len(), written(kind, "text")),
            );
            return None;
        }
        Some(arguments)
    }

    fn with_arguments(&mut self, kind: FilterKind, arguments: Vec<String>, span: (usize, usize)) -> Option<Filter> {
        let mut arguments = arguments.into_iter();
        let mut next = || arguments.next().unwrap_or_default();
        Some(match kind {
            FilterKind::Short => Filter::Short,
            FilterKind::Long => Filter::Long,
            FilterKind::Weekday => Filter::Weekday,
            FilterKind::DaysLeft => Filter::DaysLeft,
            FilterKind::Money => Filter::Money,
            FilterKind::Number => Filter::Number,
            FilterKind::Upper => Filter::Upper,
            FilterKind::Lower => Filter::Lower,
            FilterKind::Capital => Filter::Capital,
            FilterKind::Plural => Filter::Plural(next(), next()),
            FilterKind::Default => Filter::Default(next()),
            FilterKind::List => {
                let word = next();
                match Joined::read(if word.is_empty() { "and" } else { &word }) {
                    Some(joined) => Filter::List(joined),
                    None => {
                        let known = Joined::WORDS.map(|(code, _)| code).join(", ");
                        self.fault(
                            span,
                            FaultCode::Argument,
                            format!("« {word} » n’est pas une forme de liste : écrivez {known}."),
                            format!("“{word}” is not a form of a list: write {known}."),
                        );
                        return None;
                    }
                }
            }
            FilterKind::Phrase => {
                let words = next();
                match words.split_once('%').filter(|(_, after)| !after.contains('%')) {
                    Some((before, after)) => Filter::Phrase(before.to_owned(), after.to_owned()),
                    None => {
                        self.fault(
                            span,
                            FaultCode::Argument,
                            format!("« {words} » doit avoir un « % », et un seul : il tient la place de la valeur."),
                            format!("“{words}” must have one “%” and no more: it stands for the value."),
                        );
                        return None;
                    }
                }
            }
            FilterKind::Button => {
                let label = next();
                if label.trim().is_empty() || label.contains(['[', ']']) {
                    self.fault(
                        span,
                        FaultCode::Argument,
                        format!("« {label} » ne peut pas être écrit sur un bouton : quelques mots sans crochets."),
                        format!("“{label}” cannot be written on a button: a few words without brackets."),
                    );
                    return None;
                }
                Filter::Button(label)
            }
        })
    }

    /// Whether each filter fits what stands before it.
    fn fits(&mut self, variable: Variable, filters: &[(Filter, (usize, usize))]) -> bool {
        let mut kind = variable.kind();
        let mut last: Option<&Filter> = None;
        let mut fallbacks = 0;
        for (filter, span) in filters {
            let own = filter.kind();
            if own == FilterKind::Default {
                fallbacks += 1;
                if fallbacks > 1 {
                    self.fault(
                        *span,
                        FaultCode::FilterKind,
                        "Un seul repli est possible : retirez le second « default ».",
                        "One fallback is possible: remove the second “default”.",
                    );
                    return false;
                }
                continue;
            }
            if let Some(before) = last.filter(|l| l.is_last()).map(Filter::kind) {
                self.fault(
                    *span,
                    FaultCode::FilterKind,
                    format!("« {own} » ne peut pas suivre « {before} » : mettez-le devant."),
                    format!("“{own}” cannot follow “{before}”: put it before."),
                );
                return false;
            }
            if !own.takes().contains(&kind) {
                let fitting = fitting(kind);
                let what = kind.text();
                self.fault(
                    *span,
                    FaultCode::FilterKind,
                    format!("« {own} » ne va pas avec {variable} ({}) : choisissez parmi {fitting}.", what.fr),
                    format!("“{own}” does not fit {variable} ({}): choose among {fitting}.", what.en),
                );
                return false;
            }
            kind = ValueKind::Text;
            last = Some(filter);
        }
        true
    }

    /// A button and a list of points are blocks.
    fn stands_alone(&mut self, filters: &[(Filter, (usize, usize))], braces: (usize, usize)) -> bool {
        let Some((filter, span)) =
            filters.iter().find(|(f, _)| matches!(f, Filter::Button(_) | Filter::List(Joined::Points)))
        else {
            return true;
        };
        let kind = filter.kind();
        if self.form == Form::Subject {
            self.fault(
                *span,
                FaultCode::NotInSubject,
                format!("« {kind} » n’a pas sa place dans un objet : écrivez-le dans le texte."),
                format!("“{kind}” does not belong in a subject: write it in the text."),
            );
            return false;
        }
        let before = self.source[..braces.0].rsplit('\n').next().unwrap_or_default();
        let after = self.source[braces.1..].split('\n').next().unwrap_or_default();
        if before.trim().is_empty() && after.trim().is_empty() {
            return true;
        }
        self.fault(
            braces,
            FaultCode::NotAlone,
            format!("« {kind} » tient une ligne à lui seul : mettez le reste au-dessus ou au-dessous."),
            format!("“{kind}” takes a line of its own: put the rest above or below."),
        );
        false
    }

    /// What can be empty says what stands there then.
    fn says_when_empty(&mut self, variable: Variable, filters: &[Filter], span: (usize, usize)) -> bool {
        if filters.iter().any(|f| matches!(f, Filter::Default(_))) {
            return true;
        }
        let counted = filters.contains(&Filter::DaysLeft);
        let passed = Text::new("quand ce jour est passé", "when that day has passed");
        let Some(when) = variable.empty().or_else(|| counted.then_some(passed)) else { return true };
        let inner = self.source[span.0..span.1].trim();
        let start = span.0 + self.source[span.0..span.1].find(inner).unwrap_or_default();
        let fr = format!(
            "« {variable} » est vide {} : dites quoi écrire alors, {{{{ {inner} | default: \"…\" }}}}.",
            when.fr
        );
        let en =
            format!("“{variable}” is empty {}: say what to write then, {{{{ {inner} | default: \"…\" }}}}.", when.en);
        self.fault((start, start + inner.len()), FaultCode::CanBeEmpty, fr, en);
        false
    }
}

/// The filters that fit a kind of value.
fn fitting(kind: ValueKind) -> String {
    FilterKind::ALL.iter().filter(|f| f.takes().contains(&kind)).map(|f| f.as_str()).collect::<Vec<_>>().join(", ")
}

/// How a filter is written.
fn written(kind: FilterKind, word: &str) -> String {
    match kind {
        FilterKind::Plural => format!("{kind}: \"{word}\", \"{word}\""),
        FilterKind::Phrase => format!("{kind}: \"{word} %\""),
        FilterKind::List => format!("{kind}: \"points\""),
        FilterKind::Button | FilterKind::Default => format!("{kind}: \"{word}\""),
        FilterKind::Short
        | FilterKind::Long
        | FilterKind::Weekday
        | FilterKind::DaysLeft
        | FilterKind::Money
        | FilterKind::Number
        | FilterKind::Upper
        | FilterKind::Lower
        | FilterKind::Capital => kind.to_string(),
    }
}

impl Filter {
    /// Nothing but a fallback can follow it.
    const fn is_last(&self) -> bool {
        matches!(self, Self::Plural(..) | Self::Phrase(..) | Self::Button(_) | Self::List(Joined::Points))
    }

    pub(super) const fn kind(&self) -> FilterKind {
        match self {
            Self::Short => FilterKind::Short,
            Self::Long => FilterKind::Long,
            Self::Weekday => FilterKind::Weekday,
            Self::DaysLeft => FilterKind::DaysLeft,
            Self::Money => FilterKind::Money,
            Self::Number => FilterKind::Number,
            Self::Upper => FilterKind::Upper,
            Self::Lower => FilterKind::Lower,
            Self::Capital => FilterKind::Capital,
            Self::List(_) => FilterKind::List,
            Self::Plural(..) => FilterKind::Plural,
            Self::Phrase(..) => FilterKind::Phrase,
            Self::Button(_) => FilterKind::Button,
            Self::Default(_) => FilterKind::Default,
        }
    }
}

//! Why an uploaded file is not kept: what, where, the refused value, what was expected, how to fix it.

use domain::text::{Lang, Text};
use serde::{Deserialize, Serialize};

domain::closed_enum! {
    pub enum RefusedCode {
        Empty = "empty",
        TooLarge = "too_large",
        /// Something else than PDF, PNG, JPEG or HEIC.
        UnsupportedFormat = "unsupported_format",
        /// The name says another kind than the content.
        WrongExtension = "wrong_extension",
        /// Two kinds of file in one.
        TwoInOne = "two_in_one",
        Damaged = "damaged",
        Encrypted = "encrypted",
        /// A PDF that would run something, send something or open something else.
        ActiveContent = "active_content",
        EmbeddedFile = "embedded_file",
        /// More nesting, objects or unpacked bytes than a scanned page ever has.
        TooComplex = "too_complex",
        TooManyPixels = "too_many_pixels",
    }
}

/// A file refused whole. Its words are made for the client or the collaborator who sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub code: RefusedCode,
    #[serde(flatten)]
    words: Box<RefusedWords>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedWords {
    /// What is wrong.
    pub what: Text,
    /// Where, in words that say something to a person: a field of a form, the end of the image.
    pub place: Option<Text>,
    /// The refused value: an extension, a size, a word of the file.
    pub value: Option<String>,
    pub expected: Text,
    pub fix: Text,
}

impl Refused {
    pub(crate) fn new(code: RefusedCode, what: Text, expected: Text, fix: Text) -> Self {
        Self { code, words: Box::new(RefusedWords { what, place: None, value: None, expected, fix }) }
    }

    /// The innermost place stands, which is told first.
    pub(crate) fn at(mut self, fr: impl Into<String>, en: impl Into<String>) -> Self {
        self.words.place.get_or_insert_with(|| Text::new(fr, en));
        self
    }

    /// What to do instead of what is usual for its kind.
    pub(crate) fn fix(mut self, fix: Text) -> Self {
        self.words.fix = fix;
        self
    }

    pub(crate) fn value(mut self, value: impl Into<String>) -> Self {
        self.words.value = Some(value.into());
        self
    }

    pub fn sentence(&self, lang: Lang) -> String {
        let place = self.place.as_ref().map(|place| format!(" ({})", place.get(lang))).unwrap_or_default();
        let (what, expected, fix) = (self.what.get(lang), self.expected.get(lang), self.fix.get(lang));
        match lang {
            Lang::Fr => format!("{what}{place}. Attendu : {expected}. À faire : {fix}."),
            Lang::En => format!("{what}{place}. Expected: {expected}. What to do: {fix}."),
        }
    }
}

impl std::ops::Deref for Refused {
    type Target = RefusedWords;
    fn deref(&self) -> &RefusedWords {
        &self.words
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence(Lang::Fr))
    }
}

impl std::error::Error for Refused {}

pub(crate) fn accepted() -> Text {
    Text::new("un fichier PDF, ou une photo PNG, JPEG ou HEIC", "a PDF file, or a PNG, JPEG or HEIC photo")
}

pub(crate) fn scan_again() -> Text {
    Text::new(
        "numérisez ou photographiez à nouveau le document, puis déposez le nouveau fichier",
        "scan or photograph the document again, then drop the new file",
    )
}

pub(crate) fn send_again() -> Text {
    Text::new(
        "l’envoi s’est peut-être interrompu : déposez à nouveau le fichier ; si le refus revient, photographiez ou numérisez \
         à nouveau le document",
        "the transfer may have broken off: drop the file again; if it is refused again, photograph or scan the document anew",
    )
}

pub(crate) fn print_to_pdf() -> Text {
    Text::new(
        "ouvrez le document, imprimez-le « au format PDF » et déposez le fichier obtenu, ou déposez une photo de la page signée",
        "open the document, print it “to PDF” and drop the file that you get, or drop a photo of the signed page",
    )
}

pub(crate) fn damaged(what: &str, en: &str) -> Refused {
    Refused::new(
        RefusedCode::Damaged,
        Text::new(format!("Le fichier est abîmé : {what}"), format!("The file is damaged: {en}")),
        Text::new("un fichier complet", "a complete file"),
        scan_again(),
    )
}

/// An image of which a part is missing, and how much of it could be read.
pub(crate) fn cut(what: &str, en: &str, (at, length): (usize, usize)) -> Refused {
    let percent = at.saturating_mul(100) / length.max(1);
    damaged(what, en)
        .at(format!("seuls les {percent} premiers % se lisent"), format!("only the first {percent}% can be read"))
        .fix(send_again())
}

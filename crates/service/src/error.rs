//! What the caller may know of a failure. The edge turns it into a problem; an internal one tells nothing but the
//! request id.

use contract::{Code, FieldProblem};
use domain::{Lang, Text};

pub type Result<T> = std::result::Result<T, Error>;

/// A refusal: the code decides the status, `detail` the words.
#[derive(Debug)]
pub struct Error {
    pub code: Code,
    pub detail: Option<Text>,
    pub fields: Vec<FieldError>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
    /// For the log only.
    pub cause: Option<String>,
}

#[derive(Debug, Clone)]
pub struct FieldError {
    pub pointer: String,
    pub code: &'static str,
    pub message: Text,
}

impl FieldError {
    pub fn in_lang(&self, lang: Lang) -> FieldProblem {
        FieldProblem {
            pointer: self.pointer.clone(),
            code: self.code.to_owned(),
            message: self.message.get(lang).to_owned(),
        }
    }
}

impl Error {
    pub fn new(code: Code) -> Self {
        Self { code, detail: None, fields: Vec::new(), retry_after: None, cause: None }
    }

    pub fn say(code: Code, fr: impl Into<String>, en: impl Into<String>) -> Self {
        Self { detail: Some(Text::new(fr, en)), ..Self::new(code) }
    }

    pub fn unauthenticated() -> Self {
        Self::new(Code::Unauthenticated)
    }

    pub fn forbidden() -> Self {
        Self::new(Code::Forbidden)
    }

    pub fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    pub fn conflict(fr: impl Into<String>, en: impl Into<String>) -> Self {
        Self::say(Code::Conflict, fr, en)
    }

    pub fn version_required() -> Self {
        Self::new(Code::VersionRequired)
    }

    pub fn version_mismatch() -> Self {
        Self::new(Code::VersionMismatch)
    }

    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..Self::new(Code::Internal) }
    }

    pub fn too_many(seconds: u64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..Self::new(Code::TooManyRequests) }
    }

    /// Adds a refused field to an `Invalid` error.
    pub fn and(
        mut self,
        pointer: impl Into<String>,
        code: &'static str,
        fr: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        self.fields.push(FieldError { pointer: pointer.into(), code, message: Text::new(fr, en) });
        self
    }
}

/// One refused field: where, a code, what is refused and expected.
pub fn invalid(pointer: impl Into<String>, code: &'static str, fr: impl Into<String>, en: impl Into<String>) -> Error {
    Error::new(Code::Invalid).and(pointer, code, fr, en)
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {}", detail.en)?;
        }
        if let Some(cause) = &self.cause {
            write!(f, " ({cause})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<store::Error> for Error {
    fn from(e: store::Error) -> Self {
        use store::DatabaseErrorKind as Kind;
        match e {
            store::Error::NotFound => Error::not_found(),
            store::Error::DatabaseError(Kind::UnableToSendCommand | Kind::ClosedConnection, info) => {
                Error { retry_after: Some(5), cause: Some(info.message().to_owned()), ..Error::new(Code::Unavailable) }
            }
            other => Error::internal(other),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(e: serde_json::Error) -> Self {
        Error::internal(e)
    }
}

//! Why a command stops.

use std::fmt;

#[derive(Debug)]
pub enum Failure {
    /// What went wrong, and what to do about it.
    Because(String),
    /// Ctrl-C, SIGTERM or SIGHUP: everything is put away and nothing more is started.
    Interrupted,
}

pub type Result<T> = std::result::Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Because(text) => f.write_str(text),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::Because(text)
    }
}

impl From<&str> for Failure {
    fn from(text: &str) -> Self {
        Self::Because(text.to_owned())
    }
}

/// `.or_say(|| "what was tried")` puts the attempt before the system's own words.
pub trait OrSay<T> {
    fn or_say(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: fmt::Display> OrSay<T> for std::result::Result<T, E> {
    fn or_say(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Failure::Because(format!("{}: {error}", what())))
    }
}

//! What the adapters are set up with: times, secrets, and why a setting is refused.

use std::time::Duration;

use domain::text::{Lang, Text};

/// A password or key: given to the peer, shown to nobody.
///
/// ```
/// let key = gateway::Secret::new("re_123");
/// assert_eq!(format!("{key:?}"), "Secret(…)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// For whoever keeps it sealed; it goes nowhere else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// `Debug` that tells the type and nothing of the person in it.
macro_rules! hidden {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}
pub(crate) use hidden;

/// How long a peer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To be reached, to make TLS and to greet.
    pub connect: Duration,
    /// For each answer.
    pub read: Duration,
    /// For the one answer that ends a doubt (SMTP: after the last dot). Longer than the others: giving up early on a
    /// slow relay is how a mail arrives twice.
    pub verdict: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), read: Duration::from_secs(30), verdict: Duration::from_secs(120) }
    }
}

/// A setting that cannot be used: what was given (without its secret), what was expected, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError(Box<SettingWords>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingWords {
    pub what: Text,
    pub expected: Text,
    pub fix: Text,
}

impl SettingError {
    pub(crate) fn new(what: Text, expected: Text, fix: Text) -> Self {
        Self(Box::new(SettingWords { what, expected, fix }))
    }

    pub fn sentence(&self, lang: Lang) -> String {
        let (what, expected, fix) = (self.what.get(lang), self.expected.get(lang), self.fix.get(lang));
        match lang {
            Lang::Fr => format!("{what}. Attendu : {expected}. À faire : {fix}."),
            Lang::En => format!("{what}. Expected: {expected}. What to do: {fix}."),
        }
    }
}

impl std::ops::Deref for SettingError {
    type Target = SettingWords;
    fn deref(&self) -> &SettingWords {
        &self.0
    }
}

/// In English, for the one who starts the program.
impl std::fmt::Display for SettingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence(Lang::En))
    }
}

impl std::error::Error for SettingError {}

/// The text of a URL without what stands before its `@`: safe to show, even when it is not a URL at all.
pub(crate) fn without_secret(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let shown: String = rest.chars().filter(|c| !c.is_control()).take(120).collect();
    if scheme.is_empty() { shown } else { format!("{scheme}://{shown}") }
}

/// `10` of `?connect=10`: whole seconds, from 1 to 3600.
pub(crate) fn seconds(name: &str, value: &str) -> Result<Duration, SettingError> {
    match value.parse::<u64>() {
        Ok(seconds @ 1..=3600) => Ok(Duration::from_secs(seconds)),
        _ => Err(SettingError::new(
            Text::new(
                format!("« {} » n’est pas une durée pour « {name} »", short(value)),
                format!("“{}” is not a duration for “{name}”", short(value)),
            ),
            Text::new("des secondes entières, de 1 à 3600", "whole seconds, from 1 to 3600"),
            Text::new(format!("écrivez par exemple {name}=30"), format!("write {name}=30, for instance")),
        )),
    }
}

pub(crate) fn unknown_parameter(name: &str, known: &[&str]) -> SettingError {
    let known = known.join(", ");
    SettingError::new(
        Text::new(
            format!("Le paramètre « {} » est inconnu", short(name)),
            format!("The parameter “{}” is unknown", short(name)),
        ),
        Text::new(format!("un de : {known}"), format!("one of: {known}")),
        Text::new("corrigez ou retirez ce paramètre", "correct or remove that parameter"),
    )
}

pub(crate) fn short(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_at_is_not_shown() {
        assert_eq!(without_secret("smtp://user:p@ss@mail.exemple.fr:587"), "smtp://mail.exemple.fr:587");
        assert_eq!(without_secret("user:secret@nowhere"), "nowhere");
        assert_eq!(without_secret("smtp://a\r\nb"), "smtp://ab");
    }

    #[test]
    fn a_duration_is_whole_seconds() {
        assert_eq!(seconds("read", "30"), Ok(Duration::from_secs(30)));
        for bad in ["0", "-1", "1.5", "3601", "", "ten"] {
            assert!(seconds("read", bad).unwrap_err().to_string().contains("from 1 to 3600"), "{bad}");
        }
    }
}

//! Shapes that several resources share.

use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Derives what every shape of the contract has.
macro_rules! shape {
    ($(#[$meta:meta])* pub struct $name:ident $(<$t:ident>)? { $($(#[$fmeta:meta])* pub $field:ident: $ty:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name $(<$t>)? { $($(#[$fmeta])* pub $field: $ty),* }
    };
}
pub(crate) use shape;

/// The query of a list by pages: its own fields, and the page. Fields and not a part of their own, so that a query string
/// and who writes one know them by one name.
macro_rules! paged {
    ($(#[$meta:meta])* pub struct $name:ident { $($fields:tt)* }) => {
        $crate::common::shape! {
            $(#[$meta])*
            pub struct $name {
                $($fields)*
                /// 1 to 200, 50 unless told.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub limit: Option<u32>,
                /// Cursor of the page before (`next`).
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub after: Option<String>,
            }
        }
    };
}
pub(crate) use paged;

shape! {
    /// Nothing: no query, no body.
    #[derive(Default)]
    pub struct Nothing {}
}

/// Several values of one filter, written with commas: `state=late,at_risk`. A comma within a value, such as a tool's
/// name, has a backslash before it, and so has a backslash.
#[derive(Debug, Clone, PartialEq)]
pub struct Several<T>(pub Vec<T>);

impl<T> Default for Several<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Several<T> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Display> Display for Several<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, value) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(",")?;
            }
            for c in value.to_string().chars() {
                match c {
                    ',' | '\\' => write!(f, "\\{c}")?,
                    c => write!(f, "{c}")?,
                }
            }
        }
        Ok(())
    }
}

impl<T: FromStr> FromStr for Several<T> {
    type Err = T::Err;
    fn from_str(text: &str) -> Result<Self, T::Err> {
        let mut values = vec![String::new()];
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match (c, values.last_mut()) {
                (',', _) => values.push(String::new()),
                ('\\', Some(value)) => value.push(chars.next().unwrap_or('\\')),
                (c, Some(value)) => value.push(c),
                (_, None) => {}
            }
        }
        values.iter().filter(|v| !v.is_empty()).map(|v| v.parse()).collect::<Result<_, _>>().map(Several)
    }
}

impl<T: Display> Serialize for Several<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: FromStr> Deserialize<'de> for Several<T>
where
    T::Err: Display,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(PhantomData<T>);
        impl<'de, T: FromStr> serde::de::Visitor<'de> for Visitor<T>
        where
            T::Err: Display,
        {
            type Value = Several<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("values separated by commas")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Several<T>, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Several<T>, A::Error> {
                let mut values = Vec::new();
                while let Some(v) = seq.next_element::<String>()? {
                    values.push(v.parse().map_err(A::Error::custom)?);
                }
                Ok(Several(values))
            }
        }
        deserializer.deserialize_any(Visitor(PhantomData))
    }
}

/// A yes or no: behind `flatten` every value of a query string arrives as a string; in a body it is one of JSON.
pub(crate) fn bool_word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Yes(bool),
        Word(String),
    }
    match Option::<Given>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Given::Yes(yes)) => Ok(Some(yes)),
        Some(Given::Word(word)) => match word.as_str() {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            other => Err(D::Error::custom(format!("« {other} »: expected true or false"))),
        },
    }
}

/// A number: behind `flatten` every value of a query string arrives as a string; in a body it is one of JSON.
pub(crate) fn number_word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Number(u32),
        Word(String),
    }
    match Option::<Given>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Given::Number(number)) => Ok(Some(number)),
        Some(Given::Word(word)) => {
            word.parse().map(Some).map_err(|_| D::Error::custom(format!("« {word} »: expected a whole number")))
        }
    }
}

/// A filter on a reference that may be absent: an id, or `none` for the rows without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrNone<T> {
    None,
    Is(T),
}

impl<T: Display> Display for OrNone<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OrNone::None => f.write_str("none"),
            OrNone::Is(v) => v.fmt(f),
        }
    }
}

impl<T: FromStr> FromStr for OrNone<T> {
    type Err = T::Err;
    fn from_str(value: &str) -> Result<Self, T::Err> {
        if value == "none" { Ok(OrNone::None) } else { value.parse().map(OrNone::Is) }
    }
}

domain::closed_enum! {
    /// State of a job.
    pub enum JobState {
        Queued = "queued",
        Running = "running",
        Done = "done",
        /// Refused or broken; `problem` says why, nothing was applied.
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

domain::closed_enum! {
    pub enum JobKind {
        ImportCheck = "import_check",
        ImportCommit = "import_commit",
        ImportUndo = "import_undo",
        /// Every dossier evaluated by new rules; cannot be cancelled.
        Evaluation = "evaluation",
        /// What stands open judged again by new settings of the rules; cannot be cancelled.
        AnomalyRules = "anomaly_rules",
        /// A word of a platform read in every flow that has it.
        FlowWord = "flow_word",
    }
}

shape! {
    /// Long work, followed by polling this resource.
    pub struct Job {
        pub id: domain::JobId,
        pub kind: JobKind,
        pub state: JobState,
        /// The import; for an evaluation, the cabinet.
        pub subject_id: String,
        /// Name of what it works on, such as that of the file; empty when that is gone.
        #[cfg_attr(feature = "openapi", schema(example = "portefeuille.csv"))]
        pub subject_label: String,
        /// Rows done so far.
        pub done: u64,
        /// Rows in all, once known.
        pub total: Option<u64>,
        /// Rows per second since the start.
        pub rate: Option<f64>,
        /// Times it was started; more than one when a stop of the server interrupted it.
        pub attempts: u32,
        /// What happened to it, in words, such as an interruption.
        pub notes: Vec<domain::Text>,
        pub problem: Option<crate::Problem>,
        pub created_at: chrono::DateTime<chrono::Utc>,
        pub started_at: Option<chrono::DateTime<chrono::Utc>>,
        pub ended_at: Option<chrono::DateTime<chrono::Utc>>,
        /// Where to read the result.
        #[cfg_attr(feature = "openapi", schema(example = "/api/v1/imports/019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11"))]
        pub result: Option<String>,
    }
}

shape! {
    pub struct JobList {
        pub data: Vec<Job>,
    }
}

domain::closed_enum! {
    /// Form of an exported file.
    pub enum FileFormat { Csv = "csv", Xlsx = "xlsx" }
}

paged! {
    /// A page of a list.
    #[derive(Default)]
    pub struct PageQuery {
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_hold_a_comma() {
        let values = Several(["Sage, version 50", "C:\\Ciel\\", "Pennylane", "none"].map(str::to_owned).to_vec());
        let text = values.to_string();
        assert_eq!(text, r"Sage\, version 50,C:\\Ciel\\,Pennylane,none");
        assert_eq!(text.parse::<Several<String>>().unwrap(), values);
        assert_eq!("a,,b,".parse::<Several<String>>().unwrap().0, ["a", "b"]);
        assert_eq!("a\\".parse::<Several<String>>().unwrap().0, ["a\\"]);
        let json = serde_json::to_value(&values).unwrap();
        assert_eq!(serde_json::from_value::<Several<String>>(json).unwrap(), values);
        assert!("late,wrong".parse::<Several<domain::ReadinessState>>().is_err());
    }
}

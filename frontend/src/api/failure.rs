//! Everything that can go wrong between a press and its result.

use serde::Deserialize;

use crate::text::t;

/// `application/problem+json` (RFC 9457) as the server sends it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Problem {
    pub r#type: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    pub instance: String,
    pub code: String,
    pub request_id: String,
    pub errors: Vec<FieldError>,
    /// From the header `Retry-After`, when the server names a delay.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct FieldError {
    /// JSON pointer into the request, such as `/contacts/0/email`.
    pub pointer: String,
    pub code: String,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The page was left; nobody waits for the answer any more.
    Aborted,
    /// No answer came: connection down, server stopped.
    Unreachable,
    /// A part of the client itself did not come (`parts`).
    Incomplete,
    /// The person must sign in again.
    SignedOut,
    /// The server said no, and why.
    Refused(Box<Problem>),
    /// An answer came that this client does not understand.
    Unreadable { why: String, request_id: Option<String> },
}

impl Failure {
    pub fn title(&self) -> String {
        let t = t();
        match self {
            Failure::Aborted => t.failure_aborted_title().to_owned(),
            Failure::Unreachable => t.failure_unreachable_title().to_owned(),
            Failure::Incomplete => t.failure_incomplete_title().to_owned(),
            Failure::SignedOut => t.failure_session_title().to_owned(),
            Failure::Unreadable { .. } => t.failure_unreadable_title().to_owned(),
            Failure::Refused(problem) if problem.status == 429 => t.failure_busy_title().to_owned(),
            Failure::Refused(problem) if problem.title.is_empty() => t.failure_http_title(problem.status.to_string()),
            Failure::Refused(problem) => problem.title.clone(),
        }
    }

    pub fn detail(&self) -> String {
        let t = t();
        match self {
            Failure::Aborted => String::new(),
            Failure::Unreachable => t.failure_unreachable_detail().to_owned(),
            Failure::Incomplete => t.failure_incomplete_detail().to_owned(),
            Failure::SignedOut => t.session_over_detail().to_owned(),
            Failure::Unreadable { .. } => t.failure_unreadable_detail().to_owned(),
            Failure::Refused(problem) => match problem.retry_after {
                Some(seconds) => {
                    let mut detail = problem.detail.clone();
                    if !detail.is_empty() {
                        detail.push(' ');
                    }
                    detail + &t.failure_retry_after(seconds)
                }
                None => problem.detail.clone(),
            },
        }
    }

    pub fn request_id(&self) -> Option<&str> {
        match self {
            Failure::Refused(problem) => Some(problem.request_id.as_str()).filter(|id| !id.is_empty()),
            Failure::Unreadable { request_id, .. } => request_id.as_deref(),
            Failure::Aborted | Failure::Unreachable | Failure::Incomplete | Failure::SignedOut => None,
        }
    }

    pub fn status(&self) -> u16 {
        match self {
            Failure::Refused(problem) => problem.status,
            _ => 0,
        }
    }

    pub fn code(&self) -> &str {
        match self {
            Failure::Refused(problem) => &problem.code,
            _ => "",
        }
    }

    /// The message for one field of a form, by its JSON pointer.
    pub fn field(&self, pointer: &str) -> Option<String> {
        match self {
            Failure::Refused(problem) => {
                problem.errors.iter().find(|e| e.pointer == pointer).map(|e| e.message.clone())
            }
            _ => None,
        }
    }

    /// Messages that no field of the form shows.
    pub fn unplaced(&self, placed: &[&str]) -> Vec<String> {
        match self {
            Failure::Refused(problem) => problem
                .errors
                .iter()
                .filter(|e| !placed.contains(&e.pointer.as_str()))
                .map(|e| e.message.clone())
                .collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_read_with_what_it_has() {
        let problem: Problem = crate::api::decode(
            r#"{"type":"/docs/problems#siren_invalid","title":"SIREN invalide","status":422,"detail":"« 123 » n’a pas neuf chiffres.",
                "code":"siren_invalid","request_id":"r-1","errors":[{"pointer":"/siren","code":"length","message":"Neuf chiffres."}],"extra":1}"#,
        )
        .expect("a problem");
        let failure = Failure::Refused(Box::new(problem));
        assert_eq!(failure.field("/siren").as_deref(), Some("Neuf chiffres."));
        assert_eq!(failure.field("/name"), None);
        assert_eq!(failure.unplaced(&["/siren"]), Vec::<String>::new());
        assert_eq!(failure.unplaced(&[]), vec!["Neuf chiffres.".to_owned()]);
        assert_eq!(failure.request_id(), Some("r-1"));
        assert_eq!(failure.status(), 422);
    }
}

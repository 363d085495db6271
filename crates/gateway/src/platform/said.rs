//! What platforms say, read with patience: a field too many, a word not known, a time without its zone, a number as text
//! are all taken; what stands in the way of following a flow (no id, no time) is left out and counted.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{AckDetail, AckStatus, Acknowledgement, DirectoryLine, Flow, Found, Kind, Webhook};

/// What is taken of any text.
const LONGEST: usize = 400;

fn text(value: &Value, name: &str) -> Option<String> {
    let text = match value.get(name)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let text: String = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

fn word(value: &Value, name: &str) -> String {
    text(value, name).unwrap_or_default()
}

pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.with_timezone(&Utc));
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), form).ok())
        .map(|at| at.and_utc())
}

fn time(value: &Value, name: &str) -> Option<DateTime<Utc>> {
    moment(&text(value, name)?)
}

/// `SearchFlowContent`.
pub(super) fn found(value: &Value) -> Option<Found> {
    let results = match value.get("results") {
        Some(Value::Array(results)) => results.as_slice(),
        // An empty page may leave it out.
        None | Some(Value::Null) if value.is_object() => &[],
        _ => return None,
    };
    let flows: Vec<Flow> = results.iter().filter_map(flow).collect();
    let unreadable = u32::try_from(results.len() - flows.len()).unwrap_or(u32::MAX);
    Some(Found { flows, next: text_of_any_length(value, "nextCursor"), unreadable })
}

/// A cursor is given back as it came; one that would fill the database is none.
fn text_of_any_length(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name)?.as_str()?;
    (!text.is_empty() && text.len() <= 4096).then(|| text.to_owned())
}

fn flow(value: &Value) -> Option<Flow> {
    let acknowledgement = value.get("acknowledgement").unwrap_or(&Value::Null);
    let details = acknowledgement.get("details").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let submitted_at = time(value, "submittedAt");
    Some(Flow {
        id: text(value, "flowId")?,
        name: word(value, "name"),
        tracking_id: text(value, "trackingId"),
        syntax: word(value, "flowSyntax"),
        kind: Kind::read(&word(value, "flowType")),
        direction: word(value, "flowDirection"),
        updated_at: time(value, "updatedAt").or(submitted_at)?,
        submitted_at,
        acknowledgement: Acknowledgement {
            status: AckStatus::read(&word(acknowledgement, "status")),
            details: details
                .iter()
                .take(20)
                .map(|d| AckDetail {
                    is_error: word(d, "level") != "Warning",
                    code: word(d, "reasonCode"),
                    message: word(d, "reasonMessage"),
                })
                .collect(),
        },
    })
}

/// The list of webhooks.
pub(super) fn webhooks(value: &Value) -> Option<Vec<Webhook>> {
    let listed = match value.get("webhooks") {
        Some(Value::Array(listed)) => listed.as_slice(),
        None | Some(Value::Null) if value.is_object() => &[],
        _ => return None,
    };
    let webhook = |v: &Value| Some(Webhook { id: text(v, "webhookId")?, callback: word(v, "callbackUrl") });
    Some(listed.iter().filter_map(webhook).collect())
}

/// A page of the directory; with how many entries it came.
pub(super) fn lines(value: &Value) -> Option<(Vec<DirectoryLine>, usize)> {
    let results = match value.get("results") {
        Some(Value::Array(results)) => results.as_slice(),
        None | Some(Value::Null) if value.is_object() => &[],
        _ => return None,
    };
    let lines = results.iter().filter_map(|line| {
        Some(DirectoryLine {
            address: text(line, "addressingIdentifier")?,
            // Before 1.2 it had another name.
            state: text(line, "directoryLineStatus").or_else(|| text(line, "platformStatus")).unwrap_or_default(),
            platform: word(line, "platformType"),
        })
    });
    Some((lines.collect(), results.len()))
}

/// The answer of a token address (RFC 6749, 5.1).
#[derive(Deserialize)]
pub(super) struct Granted {
    pub access_token: String,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    expires_in: Option<Value>,
}

impl Granted {
    pub fn is_bearer(&self) -> bool {
        self.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"))
    }

    /// Seconds that it lives; some say it as text.
    pub fn lives(&self) -> Option<i64> {
        match self.expires_in.as_ref()? {
            Value::Number(n) => n.as_i64().or_else(|| n.as_f64().map(|n| n as i64)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_that_nobody_knows_stay() {
        let page = found(&json!({
            "limit": 25, "nextCursor": "abc", "results": [
                { "flowId": "f-1", "name": "a.xml", "flowSyntax": "CDAR", "flowType": "StateNoticeLC", "flowDirection": "Sideways",
                  "updatedAt": "2026-11-26T10:00:00+01:00", "acknowledgement": { "status": "Archived" } },
                { "flowId": 7, "flowType": "Carnet", "submittedAt": "2026-11-26T10:00:00",
                  "acknowledgement": { "status": "Error", "details": [
                    { "level": "Error", "item": "x", "reasonCode": "HouseRule", "reasonMessage": "a\u{0}b" }, { "level": "Warning" }] } },
                { "name": "without id" }, { "flowId": "without time" }, 3
            ]
        }))
        .unwrap();
        assert_eq!((page.flows.len(), page.unreadable, page.next.as_deref()), (2, 3, Some("abc")));
        assert_eq!(page.flows[0].kind, Kind::StateStatus("StateNoticeLC".to_owned()));
        assert_eq!(page.flows[0].acknowledgement.status, AckStatus::Other("Archived".to_owned()));
        assert_eq!(page.flows[0].updated_at.to_rfc3339(), "2026-11-26T09:00:00+00:00");
        let second = &page.flows[1];
        assert_eq!((second.id.as_str(), second.kind.as_str()), ("7", "Carnet"));
        assert_eq!(second.updated_at.to_rfc3339(), "2026-11-26T10:00:00+00:00");
        let codes: Vec<_> = second.acknowledgement.details.iter().map(|d| (d.is_error, d.code.as_str())).collect();
        assert_eq!(codes, [(true, "HouseRule"), (false, "")]);
        assert_eq!(second.acknowledgement.details[0].message, "ab");
    }

    #[test]
    fn an_answer_of_another_shape_is_none() {
        for other in [json!([]), json!("x"), json!(null), json!({ "results": 3 })] {
            assert!(found(&other).is_none() && lines(&other).is_none(), "{other}");
        }
        assert_eq!(found(&json!({ "limit": 25 })), Some(Found::default()));
        assert!(webhooks(&json!({ "count": 0 })).unwrap().is_empty());
    }
}

//! Calls by the types of the contract: an operation names its method, path, query, body and reply once, for everybody.

use contract::endpoint::PathPart;
use contract::{Endpoint, EndpointMeta, Flag};
use serde::Serialize;
use serde_json::Value;

use super::call::Sending;
use super::{Answer, Call, Failure};
use crate::text::t;

/// A reply with the version it was read at, for writing back.
#[derive(Clone, PartialEq, Debug)]
pub struct Versioned<T> {
    pub value: T,
    pub etag: Option<String>,
}

/// Prepares a call of an operation: `request::<op::ReadDossier>(&id, &Nothing {})`.
pub fn request<E: Endpoint>(path: &E::Path, query: &E::Query) -> Call {
    start(&E::META, &path.write(), serde_json::to_string(query))
}

/// Reads what an operation answers: `ask::<op::ReadCockpit>(Nothing {}, query)`. Aborted when its page is left.
pub fn ask<E: Endpoint>(path: E::Path, query: E::Query) -> Answer<E::Reply> {
    Box::pin(async move { request::<E>(&path, &query).json().await })
}

/// Like `ask`, with the version for a later write.
pub fn ask_versioned<E: Endpoint>(path: E::Path, query: E::Query) -> Answer<Versioned<E::Reply>> {
    Box::pin(async move { versioned(request::<E>(&path, &query)).await })
}

/// Acts: sends a body, reads the reply. Goes on when the page is left.
pub fn act<E: Endpoint>(path: &E::Path, query: &E::Query, body: &E::Body) -> Answer<E::Reply> {
    let sent = settled(with_body::<E>(path, query, body), E::META.reply);
    Box::pin(async move { sent.await?.json() })
}

/// A reply without a body reads as an empty one: success is all that there is to say.
fn settled(call: Call, reply: contract::Payload) -> Sending {
    Box::pin(async move {
        let mut answer = call.send().await?;
        if !matches!(reply, contract::Payload::Json) {
            answer.text = "{}".to_owned();
        }
        Ok(answer)
    })
}

/// Changes something that was read before; refused (412) when somebody changed it since.
pub fn change<E: Endpoint>(path: &E::Path, body: &E::Body, etag: Option<&str>) -> Answer<Versioned<E::Reply>>
where
    E::Query: Default,
{
    let mut call = with_body::<E>(path, &E::Query::default(), body);
    if let Some(etag) = etag {
        call = call.if_match(etag);
    }
    Box::pin(versioned(call))
}

fn with_body<E: Endpoint>(path: &E::Path, query: &E::Query, body: &E::Body) -> Call {
    let call = request::<E>(path, query).detached();
    match E::META.body {
        contract::Payload::Json => call.body(body),
        contract::Payload::None | contract::Payload::File | contract::Payload::Raw | contract::Payload::Stream => call,
    }
}

async fn versioned<T: serde::de::DeserializeOwned>(call: Call) -> Result<Versioned<T>, Failure> {
    let reply = call.send().await?;
    Ok(Versioned { value: reply.json()?, etag: reply.etag })
}

fn start(meta: &EndpointMeta, part: &str, query: Result<String, serde_json::Error>) -> Call {
    let path = meta.path.replace("{id}", part);
    let mut call = Call::new(meta.method.as_str(), &path);
    if meta.has(Flag::Idempotent) {
        call = call.idempotent();
    }
    if matches!(meta.need, contract::Need::Open | contract::Need::Cookie) {
        call = call.anonymous();
    }
    for (name, value) in pairs(query) {
        call = call.query(&name, &value);
    }
    call
}

/// A query is a flat object; what is absent or empty is left out. Written as JSON first: that serialiser is in the
/// download anyway.
fn pairs(query: Result<String, serde_json::Error>) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = query.and_then(|text| serde_json::from_str(&text)) else { return Vec::new() };
    let write = |value: Value| match value {
        Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    fields.into_iter().filter_map(|(name, value)| Some((name, write(value)?))).collect()
}

/// The query of an operation as it stands in an address, for links that open the same rows.
pub fn query_string(query: &impl Serialize) -> String {
    let write = |(name, value): (String, String)| format!("{}={}", super::encode(&name), super::encode(&value));
    pairs(serde_json::to_string(query)).into_iter().map(write).collect::<Vec<_>>().join("&").replace("%2C", ",")
}

/// The words of the domain in the language of the screen.
pub fn say(text: &domain::Text) -> String {
    text.get(t().into()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_leave_out_what_is_not_asked() {
        let query = serde_json::json!({"q": "déco", "state": "late,at_risk", "tag": "", "limit": 50, "facets": true, "after": null});
        assert_eq!(query_string(&query), "facets=true&limit=50&q=d%C3%A9co&state=late,at_risk");
    }
}

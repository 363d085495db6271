//! Answers: problems, files, and what every answer carries.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use contract::{Code, Problem};
use domain::CabinetId;
use futures_util::Stream;
use service::Error;
use service::anomalies::live::Events;
use service::call::FileReply;
use service::limits::Standing;

use super::Edge;
use super::request::{Asked, REQUEST_ID};

/// How a route is called in the log and in the metrics: never by the address as sent, which may name a person.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    pub label: &'static str,
    pub pattern: &'a str,
}

/// For everything that is not a page: nothing in it is to be run or framed.
const NO_CONTENT_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

pub fn content_type(media_type: &'static str) -> (HeaderName, HeaderValue) {
    (header::CONTENT_TYPE, HeaderValue::from_static(media_type))
}

/// The one function from an error to what the caller reads.
pub fn problem(req: &HttpRequest, asked: &Asked, error: &Error) -> HttpResponse {
    let code = error.code;
    let detail = error.detail.as_ref().map_or_else(
        || {
            let explanation = code.explanation();
            explanation.get(asked.lang).to_owned()
        },
        |detail| detail.get(asked.lang).to_owned(),
    );
    if code == Code::Internal || code == Code::Unavailable {
        let cause = error.cause.as_deref().unwrap_or("unknown");
        tracing::error!(request_id = %asked.request_id, code = code.as_str(), cause, "a request failed");
    }
    let body = Problem {
        kind: Problem::documentation(code),
        title: code.title().get(asked.lang).to_owned(),
        status: code.status(),
        detail,
        instance: req.path().to_owned(),
        code,
        request_id: asked.request_id.clone(),
        errors: error.fields.iter().map(|field| field.in_lang(asked.lang)).collect(),
    };
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let bytes = serde_json::to_vec(&body).unwrap_or_default();
    let mut response = HttpResponse::build(status).insert_header(content_type("application/problem+json")).body(bytes);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(asked.lang.as_str()));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    let wait = error.retry_after.or(match code {
        Code::Unavailable => Some(5),
        Code::TooManyRequests => Some(1),
        _ => None,
    });
    if let Some(seconds) = wait {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The limit that the request met, as the drafts of the IETF write it (draft-ietf-httpapi-ratelimit-headers).
pub fn rate_limit(headers: &mut HeaderMap, standing: &Standing) {
    let Standing { policy, quota, window_seconds, left, whole_in } = standing;
    for (name, value) in [
        ("ratelimit-policy", format!("\"{policy}\";q={quota};w={window_seconds}")),
        ("ratelimit", format!("\"{policy}\";r={left};t={whole_in}")),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// For what is only to be saved: should a reader show it all the same, it has no origin of ours and runs nothing.
const FILE_CONTENT_POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

/// A file to save. Its name is told twice: in ASCII for old clients, and whole.
pub fn file(status: StatusCode, file: FileReply) -> HttpResponse {
    let plain: String = file
        .name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' })
        .collect();
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", percent(&file.name));
    let mut response = HttpResponse::build(status).insert_header(content_type(file.media_type)).body(file.bytes);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(FILE_CONTENT_POLICY));
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// Events one after the other, until they end.
struct Pieces(Events);

impl Stream for Pieces {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll(context).map(|piece| piece.map(|text| Ok(Bytes::from(text))))
    }
}

/// Server-sent events. Nothing on the way is to keep them until they are many.
pub fn events(status: StatusCode, events: Events) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header(content_type("text/event-stream"))
        .insert_header((HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")))
        .streaming(Pieces(events))
}

fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// What every answer carries and leaves: headers, a line in the log, a count.
pub fn finish(
    edge: &Edge,
    req: &HttpRequest,
    asked: &Asked,
    named: Named<'_>,
    cabinet: Option<CabinetId>,
    mut response: HttpResponse,
) -> HttpResponse {
    let status = response.status().as_u16();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&asked.request_id) {
        headers.insert(HeaderName::from_static(REQUEST_ID), value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::REFERRER_POLICY) {
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NO_CONTENT_POLICY));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let took = asked.started.elapsed();
    edge.metrics.request(named.label, status, took);
    // A probe every second would hide what people did.
    if named.label == "healthz" || named.label == "readyz" || named.label == "metrics" {
        return response;
    }
    let ms = took.as_micros() as f64 / 1000.0;
    let (method, route, request_id) = (req.method().as_str(), named.pattern, asked.request_id.as_str());
    match cabinet {
        Some(cabinet) => tracing::info!(target: "access", method, route, status, ms, request_id, %cabinet),
        None => tracing::info!(target: "access", method, route, status, ms, request_id),
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_break_out_of_its_header() {
        let reply = FileReply { name: "rejets \"é\";\r\nx.csv".to_owned(), media_type: "text/csv", bytes: vec![] };
        let response = file(StatusCode::OK, reply);
        let value = response.headers().get(header::CONTENT_DISPOSITION).unwrap().to_str().unwrap();
        assert_eq!(
            value,
            "attachment; filename=\"rejets ______x.csv\"; filename*=UTF-8''rejets%20%22%C3%A9%22%3B%0D%0Ax.csv"
        );
    }
}

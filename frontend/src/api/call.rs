//! One request and its reply.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use leptos::prelude::window;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestCredentials, RequestInit, Response};

use super::decode::decode;
use super::{BASE, Failure, Problem, session};
use crate::text::t;

thread_local! {
    /// The signal of the page whose future is being polled; every call made inside takes it along.
    static SIGNAL: RefCell<Option<AbortSignal>> = const { RefCell::new(None) };
}

/// Polls a future so that every `Call` it makes is aborted by the signal.
pub(super) struct Abortable<T> {
    pub signal: Option<AbortSignal>,
    pub future: Pin<Box<dyn Future<Output = T>>>,
}

impl<T> Future for Abortable<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let before = SIGNAL.replace(self.signal.clone());
        let poll = self.future.as_mut().poll(cx);
        SIGNAL.replace(before);
        poll
    }
}

#[derive(Clone)]
enum Body {
    Empty,
    Json(String),
    /// A `Blob`, `File` or `FormData`: the browser streams it and names its type, unless one is given.
    Raw(JsValue, Option<String>),
    /// A value that did not serialise; told when the call is sent.
    Broken(String),
}

#[derive(Clone)]
pub struct Call {
    method: &'static str,
    url: String,
    has_query: bool,
    body: Body,
    headers: Vec<(&'static str, String)>,
    anonymous: bool,
    outlives_page: bool,
    signal: Option<AbortSignal>,
}

/// A request under way.
pub type Sending = Pin<Box<dyn Future<Output = Result<Reply, Failure>>>>;

pub struct Reply {
    pub status: u16,
    pub text: String,
    pub etag: Option<String>,
    pub location: Option<String>,
    pub request_id: Option<String>,
}

impl Reply {
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        decode(&self.text).ok_or_else(|| self.unreadable())
    }

    fn unreadable(&self) -> Failure {
        Failure::Unreadable { why: "the reply does not fit its type".to_owned(), request_id: self.request_id.clone() }
    }
}

impl Call {
    /// `path` is below `/api/v1` and starts with a slash.
    pub fn new(method: &'static str, path: &str) -> Call {
        Call {
            method,
            url: format!("{BASE}{path}"),
            has_query: path.contains('?'),
            body: Body::Empty,
            headers: Vec::new(),
            anonymous: false,
            outlives_page: false,
            signal: SIGNAL.with_borrow(Clone::clone),
        }
    }

    pub fn get(path: &str) -> Call {
        Call::new("GET", path)
    }

    pub fn post(path: &str) -> Call {
        Call::new("POST", path).idempotent()
    }

    /// A POST that creates carries an idempotency key: pressing twice, or a repeat after a cut, creates once.
    pub fn idempotent(self) -> Call {
        self.header("Idempotency-Key", crate::browser::random_uuid())
    }

    pub fn put(path: &str) -> Call {
        Call::new("PUT", path)
    }

    pub fn patch(path: &str) -> Call {
        Call::new("PATCH", path)
    }

    pub fn delete(path: &str) -> Call {
        Call::new("DELETE", path)
    }

    pub fn query(mut self, name: &str, value: &str) -> Call {
        self.url.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        self.url.push_str(&encode(name));
        self.url.push('=');
        self.url.push_str(&encode(value));
        self
    }

    pub fn query_if(self, name: &str, value: Option<&str>) -> Call {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    pub fn header(mut self, name: &'static str, value: String) -> Call {
        self.headers.push((name, value));
        self
    }

    /// The version that the person saw; the server refuses the write (412) when somebody changed it since.
    pub fn if_match(self, etag: &str) -> Call {
        self.header("If-Match", etag.to_owned())
    }

    pub fn body<T: Serialize + ?Sized>(mut self, body: &T) -> Call {
        self.body = match serde_json::to_string(body) {
            Ok(text) => Body::Json(text),
            Err(error) => Body::Broken(error.to_string()),
        };
        self
    }

    pub fn raw(mut self, body: JsValue, content_type: Option<&str>) -> Call {
        self.body = Body::Raw(body, content_type.map(str::to_owned));
        self
    }

    /// Sent without a token and without trying to renew it: sign-in, sign-up, renewal itself.
    pub fn anonymous(mut self) -> Call {
        self.anonymous = true;
        self
    }

    /// Ended by this controller instead of by its page.
    pub(super) fn aborted_by(mut self, controller: &web_sys::AbortController) -> Call {
        self.signal = Some(controller.signal());
        self
    }

    /// The act goes on when the page is left.
    pub fn detached(mut self) -> Call {
        self.signal = None;
        self
    }

    /// The browser finishes the request even when the page is closed or reloaded meanwhile. For small bodies only.
    pub fn outlives_page(mut self) -> Call {
        self.outlives_page = true;
        self
    }

    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Failure> {
        self.send().await?.json()
    }

    /// Boxed, so that sending is compiled once and not inside every act of every page.
    pub fn send(self) -> Sending {
        Box::pin(async move {
            let response = self.response().await?;
            read(response).await
        })
    }

    /// The raw response of a success; a refusal is read into a `Failure`. Renews the token once on 401.
    pub(super) async fn response(self) -> Result<Response, Failure> {
        let response = self.fetch().await?;
        if response.status() == 403 && !self.anonymous {
            session::recheck();
        }
        if response.status() != 401 || self.anonymous {
            return accept(response).await;
        }
        let refused = accept(response).await;
        if is_about_a_password(&refused) {
            return refused;
        }
        session::renew().await?;
        let response = self.fetch().await?;
        let unauthenticated = response.status() == 401;
        let answer = accept(response).await;
        if unauthenticated && !is_about_a_password(&answer) {
            session::end();
            return Err(Failure::SignedOut);
        }
        answer
    }

    async fn fetch(&self) -> Result<Response, Failure> {
        let headers = Headers::new().map_err(unreachable_browser)?;
        let set = |name: &str, value: &str| headers.set(name, value).map_err(unreachable_browser);
        set("Accept", "application/json, application/problem+json")?;
        set("Accept-Language", t().tag())?;
        for (name, value) in &self.headers {
            set(name, value)?;
        }
        if let (false, Some(token)) = (self.anonymous, session::token()) {
            set("Authorization", &format!("Bearer {token}"))?;
        }
        let init = RequestInit::new();
        init.set_method(self.method);
        init.set_credentials(RequestCredentials::SameOrigin);
        match &self.body {
            Body::Empty => {}
            Body::Json(text) => {
                set("Content-Type", "application/json")?;
                init.set_body(&JsValue::from_str(text));
            }
            Body::Raw(value, content_type) => {
                if let Some(content_type) = content_type {
                    set("Content-Type", content_type)?;
                }
                init.set_body(value);
            }
            Body::Broken(why) => return Err(Failure::Unreadable { why: why.clone(), request_id: None }),
        }
        init.set_headers(&headers);
        if self.outlives_page {
            // The binding has no name for it. Where the browser does not know it either, nothing is lost.
            let _ = js_sys::Reflect::set(&init, &JsValue::from_str("keepalive"), &JsValue::TRUE);
        }
        if let Some(signal) = &self.signal {
            init.set_signal(Some(signal));
        }
        JsFuture::from(window().fetch_with_str_and_init(&self.url, &init))
            .await
            .map(JsCast::unchecked_into)
            .map_err(|error| classify(&error))
    }
}

/// A wrong password in a form is a 401, too, and says nothing about the session.
fn is_about_a_password(answer: &Result<Response, Failure>) -> bool {
    matches!(answer, Err(failure) if failure.code() == contract::Code::BadCredentials.as_str())
}

/// What `fetch` rejects with: an abort that we asked for, or no connection.
pub(super) fn classify(error: &JsValue) -> Failure {
    let name = js_sys::Reflect::get(error, &JsValue::from_str("name")).ok().and_then(|name| name.as_string());
    if name.as_deref() == Some("AbortError") { Failure::Aborted } else { Failure::Unreachable }
}

fn unreachable_browser(error: JsValue) -> Failure {
    Failure::Unreadable { why: format!("{error:?}"), request_id: None }
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).ok().flatten()
}

async fn text_of(response: &Response) -> Result<String, Failure> {
    let promise = response.text().map_err(unreachable_browser)?;
    let text = JsFuture::from(promise).await.map_err(|error| classify(&error))?;
    Ok(text.as_string().unwrap_or_default())
}

async fn read(response: Response) -> Result<Reply, Failure> {
    let text = text_of(&response).await?;
    Ok(Reply {
        status: response.status(),
        text,
        etag: header(&response, "ETag"),
        location: header(&response, "Location"),
        request_id: header(&response, "X-Request-Id"),
    })
}

async fn accept(response: Response) -> Result<Response, Failure> {
    if response.ok() {
        return Ok(response);
    }
    let text = text_of(&response).await?;
    Err(refusal(response.status(), &text, header(&response, "X-Request-Id"), header(&response, "Retry-After")))
}

/// A body that is no problem document (a proxy's page, say) still yields status and request id.
pub(super) fn refusal(status: u16, text: &str, request_id: Option<String>, retry_after: Option<String>) -> Failure {
    let mut problem: Problem = decode(text).unwrap_or_default();
    problem.status = status;
    if problem.request_id.is_empty() {
        problem.request_id = request_id.unwrap_or_default();
    }
    problem.retry_after = retry_after.and_then(|value| value.trim().parse().ok());
    Failure::Refused(Box::new(problem))
}

/// Percent-encoding of a component of a query or path, as `encodeURIComponent` does.
pub fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~!*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded() {
        assert_eq!(encode("Société & Fils/2026 ?"), "Soci%C3%A9t%C3%A9%20%26%20Fils%2F2026%20%3F");
    }

    #[test]
    fn a_foreign_error_page_keeps_status_and_request_id() {
        let failure = refusal(502, "<html>Bad Gateway</html>", Some("r-9".to_owned()), None);
        assert_eq!(failure.status(), 502);
        assert_eq!(failure.request_id(), Some("r-9"));
        let busy = refusal(429, r#"{"title":"Too many","detail":"Slow down."}"#, None, Some("12".to_owned()));
        assert!(matches!(busy, Failure::Refused(problem) if problem.retry_after == Some(12)));
    }
}

//! Requests and what comes back.

use std::io::{BufRead, BufReader};
use std::marker::PhantomData;

use contract::endpoint::PathPart;
use contract::{Endpoint, Method, Payload, Problem};
use reqwest::blocking::{Client, RequestBuilder};
use serde::Serialize;
use serde_json::Value;

/// An answer, read whole.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    fn of(request: RequestBuilder) -> Self {
        Self::read(request.send().unwrap_or_else(|e| panic!("the server did not answer: {e:?}")))
    }

    fn read(response: reqwest::blocking::Response) -> Self {
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let status = response.status().as_u16();
        let body = response.bytes().unwrap_or_else(|e| panic!("the answer broke off: {e:?}")).to_vec();
        Self { status, headers, body }
    }

    /// An answer of which nothing but the status is known.
    pub fn of_status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.text()))
    }

    /// The problem that an error must be.
    #[track_caller]
    pub fn problem(&self) -> Problem {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        let problem: Problem = serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("not the form of a problem ({e}): {}", self.text()));
        assert_eq!((problem.status, problem.code.status()), (self.status, self.status), "{problem:?}");
        assert_eq!(Some(problem.request_id.as_str()), self.header("x-request-id"), "{problem:?}");
        assert_eq!(problem.kind, Problem::documentation(problem.code));
        problem
    }

    /// The refresh token that the answer sets.
    pub fn refresh_token(&self) -> Option<String> {
        let cookie = self.headers.iter().filter(|(n, _)| n == "set-cookie").map(|(_, v)| v.as_str());
        let pair = cookie.filter_map(|c| c.split(';').next()).find_map(|c| c.strip_prefix("cabready_refresh="))?;
        (!pair.is_empty()).then(|| pair.to_owned())
    }
}

/// A request of any form.
pub struct Raw(RequestBuilder);

impl Raw {
    pub(crate) fn new(client: &Client, method: &str, url: &str) -> Self {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        // English unless told: tests read what is said.
        Self(client.request(method, url))
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn cookie(self, refresh_token: &str) -> Self {
        self.header("cookie", &format!("cabready_refresh={refresh_token}"))
    }

    pub fn json(self, body: &impl Serialize) -> Self {
        Self(self.0.json(body))
    }

    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self(self.0.header("content-type", content_type).body(body.into()))
    }

    pub fn send(self) -> Response {
        Response::of(self.0)
    }

    /// The head of an answer that goes on, and what comes after it piece by piece. A refusal is read whole.
    pub fn open(self) -> Result<Follow, Response> {
        let response = self.0.send().unwrap_or_else(|e| panic!("the server did not answer: {e:?}"));
        if response.status().as_u16() >= 400 {
            return Err(Response::read(response));
        }
        Ok(Follow { reader: BufReader::new(response) })
    }
}

/// Server-sent events as they come.
pub struct Follow {
    reader: BufReader<reqwest::blocking::Response>,
}

impl Follow {
    pub fn content_type(&self) -> String {
        let value = self.reader.get_ref().headers().get("content-type");
        value.and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
    }

    /// The next event, name and data; nothing when the answer has ended.
    pub fn event(&mut self) -> Option<(String, Value)> {
        let (mut name, mut data) = (String::new(), Value::Null);
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end() {
                "" if !name.is_empty() => return Some((name, data)),
                line => {
                    if let Some(event) = line.strip_prefix("event: ") {
                        event.clone_into(&mut name);
                    }
                    if let Some(text) = line.strip_prefix("data: ") {
                        data = serde_json::from_str(text).unwrap_or_else(|e| panic!("not JSON ({e}): {text}"));
                    }
                }
            }
        }
    }
}

/// A request of an operation, with its types.
pub struct Ask<E: Endpoint> {
    raw: Raw,
    endpoint: PhantomData<E>,
}

impl<E: Endpoint> Ask<E> {
    pub(crate) fn new(client: &Client, url: &str, path: E::Path, query: E::Query, body: E::Body) -> Self {
        let meta = E::META;
        let query = self::query(&query);
        let mark = if query.is_empty() { "" } else { "?" };
        let address = format!("{url}{}{mark}{query}", meta.full_path().replace("{id}", &path.write()));
        let method = match meta.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        };
        let raw = Raw::new(client, method, &address).header("accept-language", "en");
        let raw = match meta.body {
            Payload::Json => raw.json(&body),
            Payload::Raw => {
                let text = serde_json::to_value(&body).ok().and_then(|text| text.as_str().map(str::to_owned));
                raw.body("application/json", text.expect("a text"))
            }
            Payload::None | Payload::File | Payload::Stream => raw,
        };
        Self { raw, endpoint: PhantomData }
    }

    fn with(self, change: impl FnOnce(Raw) -> Raw) -> Self {
        Self { raw: change(self.raw), endpoint: PhantomData }
    }

    pub fn token(self, token: &str) -> Self {
        self.with(|raw| raw.token(token))
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        self.with(|raw| raw.header(name, value))
    }

    pub fn cookie(self, refresh_token: &str) -> Self {
        self.with(|raw| raw.cookie(refresh_token))
    }

    pub fn if_match(self, version: i64) -> Self {
        self.header("if-match", &format!("\"{version}\""))
    }

    pub fn idempotency_key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// The file that is the body.
    pub fn bytes(self, bytes: Vec<u8>) -> Self {
        self.with(|raw| raw.body("application/octet-stream", bytes))
    }

    pub fn send(self) -> Response {
        self.raw.send()
    }

    /// See [`Raw::open`].
    pub fn open(self) -> Result<Follow, Response> {
        self.raw.open()
    }

    /// The typed reply, or the problem.
    #[track_caller]
    pub fn reply(self) -> Result<E::Reply, Box<Problem>> {
        let response = self.raw.send();
        if response.status >= 400 {
            return Err(Box::new(response.problem()));
        }
        assert_eq!(response.status, E::META.status, "{}: {}", E::META.id, response.text());
        let bytes: &[u8] = if E::META.reply == Payload::Json { &response.body } else { b"{}" };
        Ok(serde_json::from_slice(bytes)
            .unwrap_or_else(|e| panic!("{}: the reply is not of its type ({e}): {}", E::META.id, response.text())))
    }
}

/// A query as an address carries it.
pub fn query(query: &impl Serialize) -> String {
    let Value::Object(map) = serde_json::to_value(query).expect("a query is an object") else {
        return String::new();
    };
    let encoded = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("%{byte:02X}"));
            }
            out
        })
    };
    map.iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{}={}", encoded(name), encoded(&text))
        })
        .collect::<Vec<_>>()
        .join("&")
}

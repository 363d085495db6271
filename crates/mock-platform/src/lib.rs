//! A platform of e-invoicing to try and to test with: Flow Service, Directory Service and the token address of AFNOR
//! XP Z12-013 on 127.0.0.1. It answers as the published OpenAPI files say, holds every request against them
//! ([`Mock::complaints`]), and fails in whatever way is asked of it ([`Mock::fail`]).
//!
//! `cargo xtask mock-platform` starts it for a person, with invoices whose statuses arrive as time goes.

pub mod documents;
pub mod http;
pub mod schema;
pub mod story;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use documents::{Invoice, Status};
use hmac::{Hmac, KeyInit, Mac};
use http::{Answer, Asked, Way};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// How the platform is.
#[derive(Debug, Clone)]
pub struct Options {
    /// `127.0.0.1:0` takes a free port.
    pub bind: String,
    /// Pages go on by cursor (1.3) or not (1.2).
    pub cursors: bool,
    /// 1.2 does not say in which order flows come.
    pub newest_first: bool,
    pub client_id: String,
    pub secret: String,
    /// Knows the secret in the form alone, not in the header.
    pub secret_in_form: bool,
    pub token_seconds: i64,
    /// Serves this organisation alone, named in `Organization-Id`.
    pub organization: Option<String>,
    /// The directory says so (1.2) when nothing was found: 204.
    pub empty_is_204: bool,
    /// Webhooks are signed over the text, as some read the standard, and not over its fingerprint.
    pub sign_text: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bind: "127.0.0.1:0".to_owned(),
            cursors: true,
            newest_first: false,
            client_id: "cabinet-demo".to_owned(),
            secret: "secret+de/demo".to_owned(),
            secret_in_form: false,
            token_seconds: 300,
            organization: None,
            empty_is_204: false,
            sign_text: false,
        }
    }
}

/// A part of the platform that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Any,
    Token,
    Search,
    Document,
    Webhooks,
    Directory,
}

/// How it fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    Status(u16),
    /// 429 with `Retry-After`.
    Busy(u64),
    Late(Duration),
    Drip(Duration),
    Half,
    Close,
    /// 200 with what is no JSON.
    Garbage,
    /// 200 with so many bytes.
    Huge(usize),
    /// 302 to there.
    Elsewhere(String),
}

/// A file that went through the platform.
#[derive(Debug, Clone)]
pub struct Deposit {
    pub id: String,
    pub name: String,
    pub syntax: &'static str,
    pub kind: String,
    pub direction: &'static str,
    pub acknowledgement: String,
    /// Level, code, message.
    pub details: Vec<(&'static str, String, String)>,
    pub submitted_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub document: Vec<u8>,
}

impl Deposit {
    pub fn new(name: &str, syntax: &'static str, kind: &str, document: Vec<u8>) -> Self {
        let now = Utc::now();
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            name: name.to_owned(),
            syntax,
            kind: kind.to_owned(),
            direction: "In",
            acknowledgement: "Ok".to_owned(),
            details: Vec::new(),
            submitted_at: now,
            updated_at: now,
            document,
        }
    }

    pub fn at(self, at: DateTime<Utc>) -> Self {
        Self { submitted_at: at, updated_at: at, ..self }
    }

    /// As `Flow` of the standard.
    pub fn json(&self) -> Value {
        let written = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let mut acknowledgement = json!({ "status": self.acknowledgement });
        if !self.details.is_empty() {
            let details = self.details.iter().map(|(level, code, message)| {
                json!({ "level": level, "item": self.name, "reasonCode": code, "reasonMessage": message })
            });
            acknowledgement["details"] = details.collect();
        }
        json!({
            "flowId": self.id, "name": self.name, "flowSyntax": self.syntax, "flowProfile": "Basic", "flowType": self.kind,
            "processingRule": "B2B", "processingRuleSource": "Computed", "flowDirection": self.direction,
            "submittedAt": written(self.submitted_at), "updatedAt": written(self.updated_at),
            "acknowledgement": acknowledgement,
        })
    }
}

#[derive(Debug, Clone)]
pub struct Webhook {
    pub id: String,
    pub callback: String,
    key: Vec<u8>,
}

#[derive(Debug, Default)]
struct State {
    deposits: Vec<Deposit>,
    webhooks: Vec<Webhook>,
    tokens: BTreeMap<String, DateTime<Utc>>,
    /// Where pages go on: the flows that are still to come.
    cursors: BTreeMap<String, Vec<String>>,
    faults: Vec<(Part, Fault, u32)>,
    /// Lines by SIREN: address, state, kind of platform.
    lines: BTreeMap<String, Vec<(String, String, String)>>,
    asked: Vec<Asked>,
    complaints: Vec<String>,
    granted: u32,
    /// What a person asks of the mock itself, at `/control/…`.
    orders: Vec<String>,
}

/// A platform that runs. Stops when it is dropped.
#[derive(Debug)]
pub struct Mock {
    inner: Arc<Inner>,
    pub addr: SocketAddr,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Inner {
    options: Options,
    state: Mutex<State>,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mock {
    /// Answers when this returns.
    pub fn start(options: Options) -> std::io::Result<Self> {
        let listener = TcpListener::bind(&options.bind)?;
        let addr = listener.local_addr()?;
        let inner = Arc::new(Inner { options, state: Mutex::default() });
        let ends = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (inner, ends) = (Arc::clone(&inner), Arc::clone(&ends));
            move || http::serve(&listener, &ends, move |asked| inner.answer(asked))
        });
        Ok(Self { inner, addr, ends, thread: Some(thread) })
    }

    pub fn flow_url(&self) -> String {
        format!("http://{}/flow-service", self.addr)
    }

    pub fn directory_url(&self) -> String {
        format!("http://{}/directory-service", self.addr)
    }

    pub fn token_url(&self) -> String {
        format!("http://{}/token", self.addr)
    }

    /// Puts a file in; tells the webhooks of it. Its id.
    pub fn put(&self, deposit: Deposit) -> String {
        let id = deposit.id.clone();
        self.inner.state().deposits.push(deposit);
        self.push(&id);
        id
    }

    /// An invoice, as a file that its company sent or received.
    pub fn put_invoice(&self, kind: &str, invoice: &Invoice, at: DateTime<Utc>) -> String {
        self.put(Deposit::new(&format!("{}.xml", invoice.number), "UBL", kind, documents::ubl(invoice)).at(at))
    }

    /// A status message about invoices.
    pub fn put_status(&self, kind: &str, status: &Status, invoices: &[&Invoice], at: DateTime<Utc>) -> String {
        let number = invoices.first().map_or("", |i| i.number.as_str());
        let id = format!("{number}_{}_{}", status.code, status.at.timestamp_micros());
        let document = documents::cdar(&id, status, invoices);
        self.put(Deposit::new(&format!("CDV-{}-{number}.xml", status.code), "CDAR", kind, document).at(at))
    }

    /// Ends the technical check of a file, and tells the webhooks.
    pub fn acknowledge(&self, id: &str, status: &str, details: Vec<(&'static str, String, String)>) {
        if let Some(deposit) = self.inner.state().deposits.iter_mut().find(|d| d.id == id) {
            deposit.acknowledgement = status.to_owned();
            deposit.details = details;
            deposit.updated_at = Utc::now();
        }
        self.push(id);
    }

    /// What the directory says of a SIREN: address, state, kind of platform.
    pub fn set_lines(&self, siren: &str, lines: &[(&str, &str, &str)]) {
        let lines = lines.iter().map(|(a, s, p)| ((*a).to_owned(), (*s).to_owned(), (*p).to_owned())).collect();
        self.inner.state().lines.insert(siren.to_owned(), lines);
    }

    /// Fails so the next times that this part is asked.
    pub fn fail(&self, part: Part, fault: Fault, times: u32) {
        self.inner.state().faults.push((part, fault, times));
    }

    pub fn heal(&self) {
        self.inner.state().faults.clear();
    }

    /// Forgets every token that it gave.
    pub fn forget_tokens(&self) {
        self.inner.state().tokens.clear();
    }

    /// Forgets where pages go on.
    pub fn forget_cursors(&self) {
        self.inner.state().cursors.clear();
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.inner.state().asked.clone()
    }

    pub fn forget_asked(&self) {
        self.inner.state().asked.clear();
    }

    /// What the published files have against what was asked so far.
    pub fn complaints(&self) -> Vec<String> {
        self.inner.state().complaints.clone()
    }

    /// What was posted to `/control/…` since this was last asked.
    pub fn orders(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.state().orders)
    }

    pub fn tokens_granted(&self) -> u32 {
        self.inner.state().granted
    }

    pub fn deposits(&self) -> Vec<Deposit> {
        self.inner.state().deposits.clone()
    }

    pub fn webhooks(&self) -> Vec<Webhook> {
        self.inner.state().webhooks.clone()
    }

    /// A call of a webhook about a file: address, headers, body.
    pub fn signed(&self, webhook: &Webhook, body: &[u8], epoch: i64) -> Vec<(String, String)> {
        let text = [body, b"@", epoch.to_string().as_bytes()].concat();
        let over = if self.inner.options.sign_text { text } else { Sha256::digest(&text).to_vec() };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&webhook.key) else { return Vec::new() };
        mac.update(&over);
        vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("Afnor-Signature".to_owned(), STANDARD.encode(mac.finalize().into_bytes())),
            ("Afnor-Signature-Timestamp".to_owned(), epoch.to_string()),
        ]
    }

    /// Tells every webhook of a file; the statuses that came back.
    pub fn push(&self, id: &str) -> Vec<u16> {
        let (webhooks, body) = {
            let state = self.inner.state();
            let Some(deposit) = state.deposits.iter().find(|d| d.id == id) else { return Vec::new() };
            (state.webhooks.clone(), deposit.json().to_string())
        };
        let call = |webhook: &Webhook| {
            let headers = self.signed(webhook, body.as_bytes(), Utc::now().timestamp());
            http::post(&webhook.callback, &headers, body.as_bytes()).unwrap_or_default()
        };
        webhooks.iter().map(call).collect()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.addr);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn refused(status: u16, code: &str) -> Answer {
    Answer::json(status, &json!({ "errorCode": code, "errorMessage": "not for the eyes of an end user" }))
}

impl Inner {
    fn answer(&self, asked: &Asked) -> Answer {
        if let Some(order) = asked.path.strip_prefix("/control/") {
            self.state().orders.push(order.to_owned());
            return Answer::of(204, "");
        }
        self.state().asked.push(asked.clone());
        let part = match (asked.path.as_str(), asked.method.as_str()) {
            ("/token", _) => Part::Token,
            (path, _) if path.ends_with("/v1/flows/search") => Part::Search,
            (path, _) if path.contains("/v1/webhooks") => Part::Webhooks,
            (path, _) if path.starts_with("/directory-service/") => Part::Directory,
            (path, _) if path.contains("/v1/flows/") => Part::Document,
            _ => Part::Any,
        };
        match self.fault(part) {
            None => self.serve(asked),
            Some(Fault::Status(status)) => refused(status, "MOCK_FAULT"),
            Some(Fault::Busy(seconds)) => refused(429, "TOO_MANY_REQUESTS").with("retry-after", &seconds.to_string()),
            Some(Fault::Garbage) => Answer::of(200, "<html>Maintenance</html>"),
            Some(Fault::Huge(bytes)) => Answer::of(200, vec![b' '; bytes]),
            Some(Fault::Elsewhere(url)) => Answer::of(302, "").with("location", &url),
            Some(Fault::Close) => Answer { way: Way::Close, ..Answer::of(200, "") },
            Some(Fault::Half) => Answer { way: Way::Half, ..self.serve(asked) },
            Some(Fault::Late(pause)) => Answer { way: Way::Late(pause), ..self.serve(asked) },
            Some(Fault::Drip(pause)) => Answer { way: Way::Drip(pause), ..self.serve(asked) },
        }
    }

    fn fault(&self, part: Part) -> Option<Fault> {
        let mut state = self.state();
        let place = state.faults.iter().position(|(p, _, left)| (*p == part || *p == Part::Any) && *left > 0)?;
        state.faults[place].2 -= 1;
        Some(state.faults[place].1.clone())
    }

    fn serve(&self, asked: &Asked) -> Answer {
        if asked.path == "/token" {
            return self.grant(asked);
        }
        let flow = asked.path.strip_prefix("/flow-service").map(|path| (schema::Service::Flow, path));
        let directory = asked.path.strip_prefix("/directory-service").map(|path| (schema::Service::Directory, path));
        let Some((service, path)) = flow.or(directory) else { return Answer::of(404, "nothing here") };
        let question = schema::Question {
            method: &asked.method,
            path,
            query: &asked.query,
            headers: &asked.headers,
            body: &asked.body,
        };
        let mut complaints = schema::complaints(service, &question);
        if asked.header("request-id").is_none() {
            complaints.push("no Request-Id".to_owned());
        }
        if !self.options.cursors && String::from_utf8_lossy(&asked.body).contains("\"cursor\"") {
            complaints.push("a cursor, which 1.2 does not know".to_owned());
        }
        if !complaints.is_empty() {
            let told = complaints.into_iter().map(|c| format!("{} {}: {c}", asked.method, asked.path));
            self.state().complaints.extend(told);
            return refused(400, "INVALID_REQUEST");
        }
        if !self.is_known(asked) {
            return refused(401, "INVALID_TOKEN");
        }
        if self.options.organization.as_deref().is_some_and(|o| asked.header("organization-id") != Some(o)) {
            return refused(403, "FORBIDDEN_ACCESS");
        }
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        match (service, asked.method.as_str(), path) {
            (_, "GET", "/v1/healthcheck") => Answer::of(200, ""),
            (schema::Service::Flow, "POST", "/v1/flows/search") => self.search(&body),
            (schema::Service::Flow, "GET", path) if path.starts_with("/v1/flows/") => {
                self.document(&http::decoded(&path["/v1/flows/".len()..]), &asked.query)
            }
            (schema::Service::Flow, "GET", "/v1/webhooks") => {
                let state = self.state();
                let webhooks = state.webhooks.iter().map(|w| json!({ "webhookId": w.id, "callbackUrl": w.callback }));
                Answer::json(200, &json!({ "count": state.webhooks.len(), "webhooks": webhooks.collect::<Value>() }))
            }
            (schema::Service::Flow, "POST", "/v1/webhooks") => self.subscribe(&body),
            (schema::Service::Flow, "DELETE", path) => {
                let mut state = self.state();
                let before = state.webhooks.len();
                state.webhooks.retain(|w| !path.ends_with(&w.id));
                if state.webhooks.len() < before { Answer::of(204, "") } else { refused(404, "MISSING_RESOURCE") }
            }
            (schema::Service::Directory, "POST", "/v1/directory-line/search") => self.lines(&body),
            _ => refused(501, "NOT_IMPLEMENTED"),
        }
    }

    fn grant(&self, asked: &Asked) -> Answer {
        let form: BTreeMap<String, String> = String::from_utf8_lossy(&asked.body)
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (http::decoded(name), http::decoded(value)))
            .collect();
        let said = |name: &str| form.get(name).cloned().unwrap_or_default();
        let in_header = asked.header("authorization").and_then(|value| {
            let bytes = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
            let (id, secret) =
                std::str::from_utf8(&bytes).ok()?.split_once(':').map(|(i, s)| (i.to_owned(), s.to_owned()))?;
            Some((http::decoded(&id), http::decoded(&secret)))
        });
        let shown = match in_header.filter(|_| !self.options.secret_in_form) {
            Some(shown) => shown,
            None => (said("client_id"), said("client_secret")),
        };
        if said("grant_type") != "client_credentials" {
            return Answer::json(400, &json!({ "error": "unsupported_grant_type" }));
        }
        if shown != (self.options.client_id.clone(), self.options.secret.clone()) {
            return Answer::json(401, &json!({ "error": "invalid_client" }));
        }
        let token = format!("mock-{}", uuid::Uuid::new_v4().simple());
        let mut state = self.state();
        state.granted += 1;
        state.tokens.insert(token.clone(), Utc::now() + chrono::Duration::seconds(self.options.token_seconds));
        let life = self.options.token_seconds;
        Answer::json(200, &json!({ "access_token": token, "token_type": "Bearer", "expires_in": life }))
    }

    fn is_known(&self, asked: &Asked) -> bool {
        let token = asked.header("authorization").and_then(|v| v.strip_prefix("Bearer "));
        token.is_some_and(|t| self.state().tokens.get(t).is_some_and(|ends| *ends > Utc::now()))
    }

    fn search(&self, body: &Value) -> Answer {
        let limit = body["limit"].as_u64().unwrap_or(25) as usize;
        let mut state = self.state();
        let rest: Vec<String> = match body["cursor"].as_str() {
            Some(cursor) => match state.cursors.remove(cursor) {
                Some(rest) => rest,
                None => return refused(400, "UNKNOWN_CURSOR"),
            },
            None => {
                let wanted = &body["where"];
                if wanted.as_object().is_none_or(serde_json::Map::is_empty) {
                    return refused(400, "MISSING_REQUIRED_FIELD");
                }
                let time = |name: &str| wanted[name].as_str().and_then(|t| t.parse::<DateTime<Utc>>().ok());
                let named = |name: &str| -> Option<BTreeSet<String>> {
                    Some(wanted[name].as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect())
                };
                let (after, before, kinds) = (time("updatedAfter"), time("updatedBefore"), named("flowType"));
                let mut found: Vec<&Deposit> = state
                    .deposits
                    .iter()
                    .filter(|d| after.is_none_or(|t| d.updated_at > t) && before.is_none_or(|t| d.updated_at < t))
                    .filter(|d| kinds.as_ref().is_none_or(|k| k.contains(&d.kind)))
                    .collect();
                found.sort_by_key(|d| d.updated_at);
                if self.options.newest_first {
                    found.reverse();
                }
                found.into_iter().map(|d| d.id.clone()).collect()
            }
        };
        let (page, left) = rest.split_at(limit.min(rest.len()));
        let results: Vec<Value> =
            page.iter().filter_map(|id| state.deposits.iter().find(|d| d.id == *id)).map(Deposit::json).collect();
        let mut answer = json!({ "limit": limit, "filters": body["where"], "results": results });
        if self.options.cursors && !left.is_empty() {
            let cursor = uuid::Uuid::new_v4().simple().to_string();
            answer["nextCursor"] = json!(cursor);
            let left = left.to_vec();
            state.cursors.insert(cursor, left);
        }
        Answer::json(200, &answer)
    }

    fn document(&self, id: &str, query: &[(String, String)]) -> Answer {
        let state = self.state();
        let Some(deposit) = state.deposits.iter().find(|d| d.id == id) else { return refused(404, "MISSING_RESOURCE") };
        match query.iter().find(|(name, _)| name == "docType").map(|(_, value)| value.as_str()) {
            None | Some("Metadata") => Answer::json(200, &deposit.json()),
            Some("Original") => Answer::of(200, deposit.document.clone())
                .with("content-type", "application/octet-stream")
                .with("content-disposition", &format!("attachment;filename={}", deposit.name)),
            _ => refused(404, "MISSING_RESOURCE"),
        }
    }

    fn subscribe(&self, body: &Value) -> Answer {
        let webhook = Webhook {
            id: uuid::Uuid::new_v4().to_string(),
            callback: body["callbackUrl"].as_str().unwrap_or_default().to_owned(),
            key: [uuid::Uuid::new_v4().into_bytes(), uuid::Uuid::new_v4().into_bytes()].concat(),
        };
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let said = json!({ "webhookId": webhook.id, "signingKey": STANDARD.encode(&webhook.key), "createdAt": now });
        self.state().webhooks.push(webhook);
        Answer::json(201, &said)
    }

    fn lines(&self, body: &Value) -> Answer {
        let siren = body["filters"]["siren"]["value"].as_str().unwrap_or_default();
        let state = self.state();
        let known = state.lines.get(siren).map(Vec::as_slice).unwrap_or_default();
        let (ignore, limit) =
            (body["ignore"].as_u64().unwrap_or(0) as usize, body["limit"].as_u64().unwrap_or(50) as usize);
        let results: Vec<Value> = known
            .iter()
            .skip(ignore)
            .take(limit)
            .map(|(address, status, platform)| {
                json!({ "addressingIdentifier": address, "directoryLineStatus": status, "platformType": platform,
                    "siren": siren })
            })
            .collect();
        if results.is_empty() && self.options.empty_is_204 {
            return Answer::of(204, "");
        }
        // 1.2 told with 206 that there is more.
        let more = ignore + results.len() < known.len();
        let status = if more && self.options.empty_is_204 { 206 } else { 200 };
        Answer::json(status, &json!({ "search": body, "totalNumberOfResults": -1, "results": results }))
    }
}

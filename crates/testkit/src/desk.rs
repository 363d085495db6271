//! A provider of signatures on this machine, of the kind of Yousign: what it was asked, and what its signer did there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway::Secret;
use gateway::signature::{Provider, Yousign, YousignSettings};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::http_peer::{Answer, Asked, Peer};

const KEY: &str = "cle-du-fournisseur";
const EVENTS: &str = "secret-des-messages";
/// A mandate as a provider signs it, and an account of it.
const SIGNED: &[u8] = include_bytes!("../../paper/tests/fixtures/signed.pdf");
const ACCOUNT: &[u8] = include_bytes!("../../paper/tests/fixtures/signed-packed.pdf");

/// How the desk treats whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Open,
    /// Answers 503 to everything.
    Down,
    /// Takes the request and keeps silent.
    Silent,
    /// Refuses to make a request.
    Refusing,
    /// Opens the request, and cuts the line before the answer: the asker is left in doubt.
    CutsAtActivation,
}

#[derive(Debug, Clone, Default)]
struct Made {
    external_id: String,
    status: String,
    document: Vec<u8>,
    signer: Value,
}

#[derive(Debug)]
struct Books {
    mood: Mood,
    made: Vec<Made>,
    activated: usize,
    signed: Vec<u8>,
}

pub struct Desk {
    peer: Peer,
    books: Arc<Mutex<Books>>,
}

fn lock(books: &Mutex<Books>) -> MutexGuard<'_, Books> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    pub fn start() -> Self {
        let books = Books { mood: Mood::Open, made: Vec::new(), activated: 0, signed: SIGNED.to_vec() };
        let books = Arc::new(Mutex::new(books));
        let peer = Peer::start({
            let books = books.clone();
            move |_, asked| serve(&mut lock(&books), asked)
        });
        Self { peer, books }
    }

    /// The adapter of the product, led here.
    pub fn provider(&self) -> Arc<dyn Provider> {
        let mut settings =
            YousignSettings::read(&format!("{}/v3", self.peer.url()), Secret::new(KEY)).expect("settings");
        settings.events = Some(Secret::new(EVENTS));
        settings.timeouts.read = Duration::from_millis(2000);
        Arc::new(Yousign::new(settings).expect("a client"))
    }

    pub fn mood(&self, mood: Mood) {
        lock(&self.books).mood = mood;
    }

    /// What the document comes back as when it is signed.
    pub fn gives_back(&self, document: &[u8]) {
        lock(&self.books).signed = document.to_vec();
    }

    /// Requests that were made, in all.
    pub fn requests(&self) -> usize {
        lock(&self.books).made.len()
    }

    /// Requests that were opened, in all.
    pub fn activated(&self) -> usize {
        lock(&self.books).activated
    }

    pub fn status(&self, at: usize) -> String {
        lock(&self.books).made[at].status.clone()
    }

    /// The person at the desk does something, or time does.
    pub fn becomes(&self, at: usize, status: &str) {
        lock(&self.books).made[at].status = status.to_owned();
    }

    /// Of a request: its signer as it was told, and the form in which its document came.
    pub fn told(&self, at: usize) -> (Value, Vec<u8>) {
        let made = &lock(&self.books).made[at];
        (made.signer.clone(), made.document.clone())
    }

    /// A message of the desk about a request: its body, and its signature with a secret.
    pub fn event(&self, at: usize, secret: Option<&str>) -> (String, String) {
        let body = json!({ "event_name": "signature_request.done",
            "data": { "signature_request": { "id": format!("req-{at}"), "status": "done" } } })
        .to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.unwrap_or(EVENTS).as_bytes()).expect("any key");
        mac.update(body.as_bytes());
        let digits: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
        (body, format!("sha256={digits}"))
    }
}

fn said(status: u16, value: &Value) -> Answer {
    Answer::of(status, value.to_string())
}

fn serve(books: &mut Books, asked: &Asked) -> Answer {
    match books.mood {
        Mood::Down => return Answer::of(503, ""),
        Mood::Silent => return Answer::Nothing,
        Mood::Refusing if asked.method == "POST" => return Answer::of(400, "no credit"),
        Mood::Open | Mood::Refusing | Mood::CutsAtActivation => {}
    }
    if asked.header("authorization") != Some(&format!("Bearer {KEY}")) {
        return Answer::of(401, "{}");
    }
    let path = asked.path().trim_start_matches("/v3/signature_requests").to_owned();
    let mut parts = path.split('/').filter(|p| !p.is_empty());
    let place = parts.next().map(|id| id.trim_start_matches("req-").parse::<usize>().unwrap_or(usize::MAX));
    let rest: Vec<&str> = parts.collect();
    let link = |at: usize| format!("http://127.0.0.1:9/signer/{at}");
    let Some(at) = place else {
        if asked.method == "POST" {
            let external_id = asked.json()["external_id"].as_str().expect("an id of ours").to_owned();
            books.made.push(Made { external_id, status: "draft".to_owned(), ..Made::default() });
            return said(201, &json!({ "id": format!("req-{}", books.made.len() - 1), "status": "draft" }));
        }
        let mine = |made: &&(usize, &Made)| asked.target.contains(&made.1.external_id) && made.1.status != "deleted";
        let all: Vec<_> = books.made.iter().enumerate().collect();
        let data: Vec<Value> = all
            .iter()
            .filter(mine)
            .map(|(at, made)| json!({ "id": format!("req-{at}"), "status": made.status }))
            .collect();
        return said(200, &json!({ "data": data }));
    };
    if at >= books.made.len() {
        return Answer::of(404, "{}");
    }
    let signer = json!({ "id": "sig", "signature_link": link(at), "signed_at": "2026-11-26T09:30:00+01:00" });
    match (asked.method.as_str(), rest.as_slice()) {
        ("GET", []) => {
            let status = &books.made[at].status;
            said(
                200,
                &json!({ "id": format!("req-{at}"), "status": status, "documents": [{ "id": "doc" }], "signers": [{ "id": "sig" }] }),
            )
        }
        ("DELETE", []) => {
            books.made[at].status = "deleted".to_owned();
            Answer::of(204, "")
        }
        ("POST", ["documents"]) => {
            books.made[at].document = asked.body.clone();
            said(201, &json!({ "id": "doc" }))
        }
        ("POST", ["signers"]) => {
            books.made[at].signer = asked.json();
            said(201, &json!({ "id": "sig" }))
        }
        ("POST", ["activate"]) => {
            books.made[at].status = "ongoing".to_owned();
            books.activated += 1;
            if books.mood == Mood::CutsAtActivation {
                books.mood = Mood::Open;
                return Answer::Close;
            }
            said(201, &json!({ "id": format!("req-{at}"), "status": "ongoing", "signers": [signer] }))
        }
        ("POST", ["cancel"]) => {
            books.made[at].status = "canceled".to_owned();
            said(201, &json!({}))
        }
        ("GET", ["signers"]) => said(200, &json!([signer])),
        ("GET", ["signers", _]) => said(200, &signer),
        ("GET", ["documents", _, "download"]) => Answer::of(200, books.signed.clone()),
        ("GET", ["signers", _, "audit_trails", "download"]) => Answer::of(200, ACCOUNT),
        _ => Answer::of(404, "{}"),
    }
}

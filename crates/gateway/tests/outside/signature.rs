//! A signature asked of a provider that speaks as Yousign does.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gateway::Secret;
use gateway::signature::{
    Document, EventError, Placement, Provider, Request, SignatureError, Signer, State, Yousign, YousignSettings,
};
use serde_json::json;

use crate::http_peer::{Answer, Asked, Peer};

fn request() -> Request {
    Request {
        id: "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11".to_owned(),
        document: Document::new("Mandat été.pdf", b"%PDF-1.7 mandat".to_vec()),
        signer: Signer {
            first_name: "Zoé".to_owned(),
            last_name: "Martin".to_owned(),
            email: "zoe@client.fr".to_owned(),
            phone: None,
        },
        placement: Placement { page: 2, x: 77, y: 581 },
        callback: Some("https://cabready.exemple.fr/signe".to_owned()),
    }
}

fn provider(peer: &Peer) -> Yousign {
    let mut settings = YousignSettings::read(&format!("{}/v3", peer.url()), Secret::new("s3cret")).unwrap();
    settings.timeouts.read = Duration::from_millis(600);
    Yousign::new(settings).unwrap()
}

/// The provider: one request, whose status the test holds.
#[derive(Default)]
struct Desk {
    status: String,
    external_id: String,
    document: Vec<u8>,
    signed: Vec<u8>,
    evidence: Vec<u8>,
}

fn desk(signed: &[u8]) -> (Peer, Arc<Mutex<Desk>>) {
    let state = Desk { signed: signed.to_vec(), evidence: b"%PDF-1.4 evidence".to_vec(), ..Desk::default() };
    let state = Arc::new(Mutex::new(state));
    let peer = Peer::start({
        let state = Arc::clone(&state);
        move |_, asked| serve(&mut state.lock().unwrap(), asked)
    });
    (peer, state)
}

fn serve(desk: &mut Desk, asked: &Asked) -> Answer {
    if asked.header("authorization") != Some("Bearer s3cret") {
        return Answer::of(401, r#"{"detail":"unauthorized"}"#);
    }
    let said = |status: u16, value: serde_json::Value| Answer::of(status, value.to_string());
    let signer =
        json!({ "id": "sig-1", "status": "x", "signature_link": "https://yousign.app/s/1", "signed_at": null });
    match (asked.method.as_str(), asked.path().trim_start_matches("/v3/signature_requests")) {
        ("GET", "") => {
            let mine = !desk.status.is_empty() && asked.target.contains(&desk.external_id);
            let data = if mine { json!([{ "id": "req-1", "status": desk.status }]) } else { json!([]) };
            said(200, json!({ "meta": { "next_cursor": null }, "data": data }))
        }
        ("POST", "") => {
            desk.status = "draft".to_owned();
            desk.external_id = asked.json()["external_id"].as_str().unwrap().to_owned();
            said(201, json!({ "id": "req-1", "status": "draft", "documents": [], "signers": [] }))
        }
        ("POST", "/req-1/documents") => {
            desk.document = asked.body.clone();
            said(201, json!({ "id": "doc-1", "nature": "signable_document" }))
        }
        ("POST", "/req-1/signers") => said(201, json!({ "id": "sig-1", "status": "initiated" })),
        ("POST", "/req-1/activate") => {
            desk.status = "ongoing".to_owned();
            said(201, json!({ "id": "req-1", "status": "ongoing", "signers": [signer] }))
        }
        ("POST", "/req-1/cancel") => {
            desk.status = "canceled".to_owned();
            said(201, json!({ "id": "req-1", "status": "canceled" }))
        }
        ("DELETE", "/req-1") => {
            desk.status.clear();
            Answer::of(204, "")
        }
        ("GET", "/req-1") => said(
            200,
            json!({ "id": "req-1", "status": desk.status, "documents": [{ "id": "doc-1" }], "signers": [{ "id": "sig-1" }] }),
        ),
        ("GET", "/req-1/signers") => said(200, json!([signer])),
        ("GET", "/req-1/signers/sig-1") => {
            said(200, json!({ "id": "sig-1", "status": "signed", "signed_at": "2026-11-27T08:30:00+01:00" }))
        }
        ("GET", "/req-1/documents/doc-1/download") => Answer::of(200, desk.signed.clone()),
        ("GET", "/req-1/signers/sig-1/audit_trails/download") => Answer::of(200, desk.evidence.clone()),
        _ => Answer::of(404, r#"{"detail":"not found"}"#),
    }
}

fn path(asked: &Asked) -> String {
    format!("{} {}", asked.method, asked.path().trim_start_matches("/v3/signature_requests"))
}

#[test]
fn a_request_is_drafted_filled_and_activated() {
    let (peer, desk) = desk(b"");
    let started = provider(&peer).request(&request()).unwrap();
    assert_eq!((started.provider_id.as_str(), started.url.as_str()), ("req-1", "https://yousign.app/s/1"));
    assert!(!format!("{started:?}").contains("https"), "the link lets sign");

    let asked = peer.asked();
    let paths: Vec<String> = asked.iter().map(path).collect();
    assert_eq!(paths, ["GET ", "POST ", "POST /req-1/documents", "POST /req-1/signers", "POST /req-1/activate"]);
    assert_eq!(
        asked[1].json(),
        json!({
            "name": "Mandat été.pdf", "delivery_mode": "none", "timezone": "Europe/Paris", "audit_trail_locale": "fr",
            "signers_allowed_to_decline": true, "external_id": request().id,
        })
    );
    assert!(asked[2].header("content-type").unwrap().starts_with("multipart/form-data"));
    let form = String::from_utf8_lossy(&desk.lock().unwrap().document).into_owned();
    for piece in ["name=\"file\"", "application/pdf", "%PDF-1.7 mandat", "signable_document"] {
        assert!(form.contains(piece), "{piece}: {form}");
    }
    assert_eq!(
        asked[3].json(),
        json!({
            "info": { "first_name": "Zoé", "last_name": "Martin", "email": "zoe@client.fr", "locale": "fr" },
            "signature_level": "electronic_signature",
            "signature_authentication_mode": "otp_email",
            "fields": [{ "type": "signature", "document_id": "doc-1", "page": 2, "x": 77, "y": 581 }],
            "redirect_urls": {
                "success": "https://cabready.exemple.fr/signe", "error": "https://cabready.exemple.fr/signe",
                "decline": "https://cabready.exemple.fr/signe",
            },
        })
    );
}

#[test]
fn a_phone_makes_the_proof_a_code_on_it() {
    let (peer, _desk) = desk(b"");
    let mut request = request();
    request.signer.phone = Some("+33612345678".to_owned());
    provider(&peer).request(&request).unwrap();
    let signer = peer.asked()[3].json();
    assert_eq!(signer["info"]["phone_number"], "+33612345678");
    assert_eq!(signer["signature_authentication_mode"], "otp_sms");
}

#[test]
fn asking_again_finds_what_is_open_and_throws_drafts_away() {
    let (peer, desk) = desk(b"");
    let provider = provider(&peer);
    let first = provider.request(&request()).unwrap();
    let before = peer.asked().len();
    assert_eq!(provider.request(&request()).unwrap(), first);
    let again: Vec<String> = peer.asked()[before..].iter().map(path).collect();
    assert_eq!(again, ["GET ", "GET /req-1/signers"]);

    desk.lock().unwrap().status = "draft".to_owned();
    let before = peer.asked().len();
    assert_eq!(provider.request(&request()).unwrap(), first);
    let anew: Vec<String> = peer.asked()[before..].iter().map(path).collect();
    assert_eq!(anew[..3], ["GET ", "DELETE /req-1", "POST "]);
}

#[test]
fn a_failure_on_the_way_leaves_a_draft_that_the_next_try_replaces() {
    let desk = Arc::new(Mutex::new(Desk::default()));
    let failed = Arc::new(Mutex::new(false));
    let peer = Peer::start(move |_, asked| {
        let mut failed = failed.lock().unwrap();
        if asked.path().ends_with("/activate") && !*failed {
            *failed = true;
            return Answer::of(503, "").with("retry-after", "4");
        }
        serve(&mut desk.lock().unwrap(), asked)
    });
    let provider = provider(&peer);
    let error = provider.request(&request()).unwrap_err();
    assert!(
        matches!(&error, SignatureError::Temporary { after: Some(after), .. } if after.as_secs() == 4),
        "{error:?}"
    );
    assert_eq!(provider.request(&request()).unwrap().provider_id, "req-1");
    assert_eq!(peer.asked().iter().filter(|asked| asked.method == "DELETE").count(), 1);
}

#[test]
fn every_state_is_told() {
    let (peer, desk) = desk(b"\n%PDF-1.7 signed");
    let provider = provider(&peer);
    provider.request(&request()).unwrap();
    for (status, state) in [
        ("draft", State::Pending),
        ("approval", State::Pending),
        ("ongoing", State::Pending),
        ("declined", State::Refused),
        ("rejected", State::Refused),
        ("expired", State::Expired),
        ("canceled", State::Cancelled),
        ("deleted", State::Cancelled),
    ] {
        desk.lock().unwrap().status = status.to_owned();
        assert_eq!(provider.state("req-1").unwrap(), state, "{status}");
    }
    desk.lock().unwrap().status = "done".to_owned();
    let State::Signed(signed) = provider.state("req-1").unwrap() else { panic!("signed") };
    assert_eq!(signed.at.to_rfc3339(), "2026-11-27T07:30:00+00:00");
    assert_eq!(signed.document, b"\n%PDF-1.7 signed");
    assert_eq!(signed.evidence, b"%PDF-1.4 evidence");

    desk.lock().unwrap().status = "half_signed".to_owned();
    let error = provider.state("req-1").unwrap_err();
    assert!(matches!(&error, SignatureError::Unexpected { what } if what.en.contains("half_signed")), "{error:?}");
    assert_eq!(provider.state("req-2"), Err(SignatureError::Missing));
}

#[test]
fn a_signed_document_that_is_no_pdf_is_not_taken() {
    let (peer, desk) = desk(b"<html>sorry</html>");
    let provider = provider(&peer);
    provider.request(&request()).unwrap();
    desk.lock().unwrap().status = "done".to_owned();
    let error = provider.state("req-1").unwrap_err();
    assert!(matches!(&error, SignatureError::Unexpected { what } if what.en.contains("PDF")), "{error:?}");

    desk.lock().unwrap().signed = b"%PDF-1.7".to_vec();
    desk.lock().unwrap().evidence = b"PK\x03\x04".to_vec();
    assert!(matches!(provider.state("req-1"), Err(SignatureError::Unexpected { .. })));
}

#[test]
fn calling_off() {
    let (peer, desk) = desk(b"");
    let provider = provider(&peer);
    provider.request(&request()).unwrap();
    provider.cancel("req-1").unwrap();
    assert_eq!(provider.state("req-1").unwrap(), State::Cancelled);
    provider.cancel("req-1").unwrap();
    assert_eq!(peer.asked().iter().filter(|asked| asked.path().ends_with("/cancel")).count(), 1);

    desk.lock().unwrap().status = "draft".to_owned();
    provider.cancel("req-1").unwrap();
    assert_eq!(desk.lock().unwrap().status, "");
    desk.lock().unwrap().status = "done".to_owned();
    assert!(matches!(provider.cancel("req-1"), Err(SignatureError::Refused { .. })));
    assert_eq!(provider.cancel("req-9"), Err(SignatureError::Missing));
}

type Spoiled = (&'static str, fn(&mut Request));

#[test]
fn what_is_known_wrong_is_not_asked() {
    let (peer, _desk) = desk(b"");
    let provider = provider(&peer);
    let cases: [Spoiled; 9] = [
        ("not a PDF", |request| request.document = Document::new("a.pdf", b"PK".to_vec())),
        ("not a PDF", |request| request.document.name = "a.docx".to_owned()),
        ("its hash differs", |request| request.document.bytes.push(b' ')),
        ("phone", |request| request.signer.phone = Some("06 12 34 56 78".to_owned())),
        ("control character", |request| request.signer.email = "zoe@client.fr\r\nX: y".to_owned()),
        ("missing", |request| request.signer.last_name = " ".to_owned()),
        ("counted from 1", |request| request.placement.page = 0),
        ("https://", |request| request.callback = Some("http://exemple.fr".to_owned())),
        ("id of the request", |request| request.id = "a/b".to_owned()),
    ];
    for (word, case) in cases {
        let mut request = request();
        case(&mut request);
        let error = provider.request(&request).unwrap_err();
        assert!(matches!(&error, SignatureError::Refused { .. }), "{word}: {error:?}");
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
    assert!(peer.asked().is_empty());
}

#[test]
fn a_provider_in_trouble() {
    let check = |answer: fn() -> Answer, fits: fn(&SignatureError) -> bool| {
        let peer = Peer::start(move |_, _| answer());
        let began = Instant::now();
        for error in [provider(&peer).request(&request()).unwrap_err(), provider(&peer).state("req-1").unwrap_err()] {
            assert!(fits(&error), "{error:?}");
            assert!(!format!("{error:?} {error}").contains("zoe"), "{error:?}");
        }
        assert!(began.elapsed() < Duration::from_secs(6));
    };
    check(|| Answer::Nothing, |error| matches!(error, SignatureError::Temporary { .. }));
    check(|| Answer::Close, |error| matches!(error, SignatureError::Temporary { .. }));
    check(|| Answer::Half, |error| matches!(error, SignatureError::Temporary { .. }));
    check(|| Answer::of(200, "<html>"), |error| matches!(error, SignatureError::Unexpected { .. }));
    check(
        || Answer::of(401, ""),
        |error| matches!(error, SignatureError::Setup { fix, .. } if fix.en.contains("API key")),
    );
    check(
        || Answer::of(400, "zoe@client.fr"),
        |error| matches!(error, SignatureError::Refused { code: Some(400), text, .. } if text == "zoe@client.fr"),
    );
    check(
        || Answer::of(429, "").with("ratelimit-reset", "9"),
        |error| matches!(error, SignatureError::Temporary { after: Some(after), .. } if after.as_secs() == 9),
    );
}

#[test]
fn the_key_is_needed_and_never_shown() {
    assert!(YousignSettings::read("https://api.yousign.app/v3", Secret::new("")).is_err());
    assert!(YousignSettings::read("http://api.yousign.app/v3", Secret::new("hush")).is_err());
    let settings = YousignSettings::read("https://api.yousign.app/v3", Secret::new("hushhush")).unwrap();
    let provider = Yousign::new(settings.clone()).unwrap();
    assert!(!format!("{settings:?} {provider:?} {:?} {:?}", provider.describe(), request()).contains("hushhush"));
    assert!(!format!("{:?}", request()).contains("Zo"));
}

#[test]
fn the_key_is_tried_without_changing_anything() {
    let (peer, _desk) = desk(b"");
    provider(&peer).check().unwrap();
    assert_eq!(peer.asked().iter().map(path).collect::<Vec<_>>(), ["GET "]);
    let mut settings = YousignSettings::read(&format!("{}/v3", peer.url()), Secret::new("another")).unwrap();
    settings.timeouts.read = Duration::from_millis(600);
    let refused = Yousign::new(settings).unwrap().check().unwrap_err();
    assert!(matches!(&refused, SignatureError::Setup { fix, .. } if fix.en.contains("API key")), "{refused:?}");
}

/// The digest was computed by another program: `printf … | openssl dgst -sha256 -hmac hush`.
#[test]
fn a_message_is_taken_with_the_signature_of_its_very_bytes_only() {
    let base = "https://api.yousign.app/v3";
    let mut settings = YousignSettings::read(base, Secret::new("key")).unwrap();
    let body = br#"{"data":{"signature_request":{"id":"req-1"}}}"#;
    let proof = "sha256=29d473dcba377e1a2305430407f3e9f997bdce543cb193e7e48c8fce8741c18c";
    let deaf = Yousign::new(settings.clone()).unwrap();
    assert_eq!(deaf.event(Some(proof), body), Err(EventError::NotSetUp));
    settings.events = Some(Secret::new("hush"));
    let hears = Yousign::new(settings).unwrap();
    assert_eq!(hears.event(Some(proof), body).as_deref(), Ok("req-1"));
    assert!(!format!("{hears:?}").contains("hush"));
    let other = br#"{"data":{"signature_request":{"id":"req-2"}}}"#;
    for (given, body) in [
        (None, body.as_slice()),
        (Some(""), body),
        (Some("sha256="), body),
        (Some("sha256=zz"), body),
        (Some("sha256=é1"), body),
        (Some(&proof[..proof.len() - 2]), body),
        (Some(proof), other),
    ] {
        assert_eq!(hears.event(given, body), Err(EventError::NotProved), "{given:?}");
    }
    assert_eq!(
        hears.event(Some("sha256=505c20ac604f662945b662a1f13a9ca2f03bf0b1986f505d5aef48e10da8c918"), b"{}"),
        Err(EventError::NotAbout)
    );
    assert_eq!(hears.name(), "Yousign");
}

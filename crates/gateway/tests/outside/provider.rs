//! Mail through a provider's HTTP API.

use std::io::Write;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::mail::{Attachment, HttpProvider, MailError, Mailer, ProviderSettings, Receipt, mailer};
use gateway::{Secret, Timeouts};
use serde_json::json;

use crate::http_peer::{Answer, Asked, Peer};
use crate::{counting, mail};

/// Sends one mail with patience for half a second; tells how often it was handed over.
fn sent(peer_url: &str) -> (Result<Receipt, MailError>, usize) {
    let timeouts = Timeouts { read: Duration::from_millis(500), ..Timeouts::default() };
    let settings = ProviderSettings::read(peer_url, Some(&Secret::new("re_123")), timeouts).unwrap();
    let mut count = 0;
    let result = HttpProvider::new(settings).unwrap().open().unwrap().send(&mail("h-1"), &mut counting(&mut count));
    (result, count)
}

fn answering(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> (Result<Receipt, MailError>, usize) {
    let peer = Peer::start(move |_, asked| answer(asked));
    sent(&peer.url())
}

#[test]
fn a_mail_is_one_request_with_its_id_as_key() {
    let peer = Peer::start(|_, _| Answer::of(200, r#"{"id":"49a3999c"}"#));
    let chosen = mailer(&format!("http://127.0.0.1:{}/api", peer.port), Some(&Secret::new("re_123")), "x".as_ref());
    let mut mail = mail("h-2");
    mail.html = Some("<p>Été</p>".to_owned());
    mail.headers.push(("List-Unsubscribe".to_owned(), "<https://exemple.fr/u>".to_owned()));
    mail.attachments.push(Attachment {
        name: "été.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        bytes: b"%PDF\xff".to_vec(),
    });
    let mut count = 0;
    let receipt = chosen.unwrap().open().unwrap().send(&mail, &mut counting(&mut count)).unwrap();
    assert_eq!((receipt.provider_id.as_str(), count), ("49a3999c", 1));
    assert_eq!(receipt.accepted_by, format!("127.0.0.1:{}", peer.port));

    let asked = peer.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].method.as_str(), asked[0].target.as_str()), ("POST", "/api/emails"));
    assert_eq!(asked[0].header("idempotency-key"), Some("h-2"));
    assert_eq!(asked[0].header("authorization"), Some("Bearer re_123"));
    assert_eq!(asked[0].header("content-type"), Some("application/json"));
    assert_eq!(
        asked[0].json(),
        json!({
            "from": "Cabinet Léa & Fils <cabinet@exemple.fr>",
            "to": ["Zoé Hôte <zoe@client.fr>"],
            "reply_to": "claire.martin@exemple.fr",
            "subject": mail.subject,
            "text": mail.text,
            "html": "<p>Été</p>",
            "headers": { "List-Unsubscribe": "<https://exemple.fr/u>" },
            "attachments": [{
                "filename": "été.pdf", "content_type": "application/pdf", "content": STANDARD.encode(b"%PDF\xff"),
            }],
            "tags": [{ "name": "cabready_mail", "value": "h-2" }],
        })
    );
}

#[test]
fn one_session_sends_many() {
    let peer = Peer::start(|number, _| Answer::of(200, format!(r#"{{"id":"{number}"}}"#)));
    let mut session = mailer(&peer.url(), Some(&Secret::new("k")), "x".as_ref()).unwrap().open().unwrap();
    for number in 1..=3 {
        let receipt = session.send(&mail(&format!("h-{number}")), &mut || Ok(())).unwrap();
        assert_eq!(receipt.provider_id, number.to_string());
    }
}

#[test]
fn too_many_waits_as_long_as_the_provider_says() {
    let (result, count) = answering(|_| Answer::of(429, r#"{"name":"rate_limit_exceeded"}"#).with("retry-after", "7"));
    assert_eq!(count, 1);
    assert!(
        matches!(&result, Err(MailError::Temporary { after: Some(after), code: Some(429), .. }) if after.as_secs() == 7),
        "{result:?}"
    );
}

#[test]
fn a_provider_in_trouble_is_tried_later() {
    for answer in [500, 502, 503, 408] {
        let (result, count) = answering(move |_| Answer::of(answer, "<html>oops"));
        assert!(matches!(&result, Err(MailError::Temporary { code: Some(code), .. }) if *code == answer), "{result:?}");
        assert_eq!(count, 1);
    }
    let (result, _) = answering(|_| Answer::of(409, r#"{"name":"concurrent_idempotent_requests"}"#));
    assert!(matches!(&result, Err(MailError::Temporary { code: Some(409), .. })), "{result:?}");
}

#[test]
fn another_text_under_the_same_key_is_refused_for_good() {
    let (result, _) = answering(|_| Answer::of(409, r#"{"name":"invalid_idempotent_request"}"#));
    assert!(matches!(&result, Err(MailError::Refused { permanent: true, recipient: false, .. })), "{result:?}");
}

#[test]
fn a_mail_that_the_provider_refuses_tells_whether_the_address_is_to_blame() {
    let (result, _) =
        answering(|_| Answer::of(422, r#"{"name":"validation_error","message":"Invalid `to` field: zoe@client.fr"}"#));
    let Err(MailError::Refused { recipient: true, permanent: true, code: Some(422), text, .. }) = &result else {
        panic!("{result:?}")
    };
    assert!(text.contains("zoe@client.fr"));
    let error = result.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("zoe"), "{error:?}");

    let (result, _) = answering(|_| Answer::of(422, r#"{"message":"Invalid `from` field"}"#));
    assert!(matches!(&result, Err(MailError::Refused { recipient: false, .. })), "{result:?}");
    let (result, _) = answering(|_| Answer::of(413, "too large"));
    assert!(matches!(&result, Err(MailError::Refused { recipient: false, .. })), "{result:?}");
}

#[test]
fn a_wrong_key_or_address_of_the_api_is_setup() {
    for (status, word) in [(401, "API key"), (403, "API key"), (404, "/emails"), (301, "/emails")] {
        let (result, _) = answering(move |_| Answer::of(status, "{}").with("location", "http://127.0.0.1:1/"));
        assert!(matches!(&result, Err(MailError::Setup { fix, .. }) if fix.en.contains(word)), "{status}: {result:?}");
    }
}

#[test]
fn silence_ends_in_time_and_leaves_no_doubt() {
    for answer in [|| Answer::Nothing, || Answer::Close] {
        let began = Instant::now();
        let (result, count) = answering(move |_| answer());
        assert!(began.elapsed() < Duration::from_secs(5));
        assert_eq!(count, 1);
        assert!(matches!(&result, Err(MailError::Temporary { code: None, .. })), "{result:?}");
    }
}

#[test]
fn a_mail_is_taken_even_when_the_answer_is_cut_off() {
    let (result, _) = answering(|_| Answer::Half);
    assert_eq!(result.unwrap().provider_id, "");
}

#[test]
fn nobody_there_is_tried_later() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (result, _) = sent(&format!("http://127.0.0.1:{port}"));
    assert!(
        matches!(&result, Err(MailError::Temporary { why, .. }) if why.en.contains("cannot be reached")),
        "{result:?}"
    );
}

#[test]
fn a_peer_without_tls_is_setup() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let peer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").unwrap();
        // Until the other side has had enough.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let (result, _) = sent(&format!("https://127.0.0.1:{port}"));
    peer.join().unwrap();
    assert!(matches!(&result, Err(MailError::Setup { fix, .. }) if fix.en.contains("the port")), "{result:?}");
}

#[test]
fn what_is_not_noted_is_not_asked() {
    let peer = Peer::start(|_, _| Answer::of(200, "{}"));
    let stop = MailError::Doubtful { why: domain::text::Text::new("non", "no") };
    let mut session = mailer(&peer.url(), Some(&Secret::new("k")), "x".as_ref()).unwrap().open().unwrap();
    assert_eq!(session.send(&mail("h-9"), &mut || Err(stop.clone())), Err(stop));
    assert!(peer.asked().is_empty());
}

#[test]
fn the_key_may_stand_in_the_url_and_is_never_shown() {
    let read = |url: &str| ProviderSettings::read(url, None, Timeouts::default());
    let settings = read("https://:hush%2Fhush@api.exemple.fr").unwrap();
    assert_eq!(settings, settings.clone_with_key("hush/hush"));
    assert_eq!(settings.base.as_str(), "https://api.exemple.fr/");
    let provider = HttpProvider::new(settings.clone()).unwrap();
    assert!(!format!("{settings:?} {provider:?} {:?}", provider.describe()).contains("hush"));
    for bad in ["https://api.exemple.fr", "https://:a%0d%0ab@api.exemple.fr", "http://:key@api.exemple.fr"] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

trait CloneWithKey {
    fn clone_with_key(&self, key: &str) -> Self;
}

impl CloneWithKey for ProviderSettings {
    fn clone_with_key(&self, key: &str) -> Self {
        Self { key: Secret::new(key), ..self.clone() }
    }
}

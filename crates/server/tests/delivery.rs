//! Unsubscribing with one press, and the messages of the mail provider, over HTTP.

#[allow(dead_code)] // Each test takes what it needs of it.
mod visitor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use contract::endpoint::op;
use contract::{Mail, MailQuery, MailState, MandatesInput, NewDossier, Nothing, SuppressionQuery};
use domain::{MandateKind, MandateState, SuppressionReason};
use gateway::Secret;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use testkit::{Backend, Person, Response, TestApp, both_databases, sample};
use visitor::{follow, get, press};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Asks a client for a mandate; answers with the message when it has left.
fn ask(app: &TestApp, person: &Person, n: u32, email: &str) -> Mail {
    let mut facts = sample::facts(n);
    facts.contacts = serde_json::from_value(json!([{ "name": "Zoé Martin", "email": email }])).unwrap();
    let dossier = app.call::<op::CreateDossier>(&person.token, Nothing {}, Nothing {}, NewDossier { facts });
    let dossier = dossier.unwrap_or_else(|p| panic!("{p:?}")).id;
    let body = MandatesInput {
        ids: Some(vec![dossier]),
        filter: None,
        kinds: vec![MandateKind::Delegation],
        starts_on: None,
        ends_on: None,
        send: true,
        preview: false,
    };
    app.call::<op::CreateMandates>(&person.token, Nothing {}, Nothing {}, body).unwrap_or_else(|p| panic!("{p:?}"));
    wait(app, person, MailQuery { dossier_id: Some(dossier), ..Default::default() }, |m| m.sent_at.is_some())
}

fn wait(app: &TestApp, person: &Person, query: MailQuery, is_there: impl Fn(&Mail) -> bool) -> Mail {
    for _ in 0..2_000 {
        let page = app.call::<op::ListMails>(&person.token, Nothing {}, query.clone(), Nothing {});
        if let Some(mail) = page.unwrap_or_else(|p| panic!("{p:?}")).data.into_iter().find(|m| is_there(m)) {
            return mail;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("no such message came");
}

fn reasons(app: &TestApp, person: &Person) -> Vec<(String, SuppressionReason)> {
    let page = app.call::<op::ListSuppressions>(&person.token, Nothing {}, SuppressionQuery::default(), Nothing {});
    page.unwrap_or_else(|p| panic!("{p:?}")).data.into_iter().map(|s| (s.address, s.reason)).collect()
}

both_databases!(only_a_press_unsubscribes_and_one_comes_back_the_same_way, |app| {
    let person = app.sign_up("Cabinet Léa");
    ask(&app, &person, 1, "zoe@exemple.fr");
    let message = app.wait_for_mails(1).remove(0);
    let at = message.text.find("/d/dsb_").unwrap_or_else(|| panic!("no way out in: {}", message.text));
    let path = message.text[at..].split_whitespace().next().unwrap().to_owned();

    // Whatever looks at the address changes nothing.
    for _ in 0..3 {
        let page = get(&app, &path);
        let html = page.text();
        assert_eq!(page.status, 200, "{html}");
        assert!(html.contains("z•••@exemple.fr") && !html.contains("zoe@exemple.fr"), "{html}");
        assert!(html.contains("Cabinet Léa") && html.contains("codes de signature"), "what stays mandatory is said");
        assert!(!html.contains("<script") && html.contains("name=\"viewport\""), "{html}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"), "{policy}");
        assert_eq!(app.raw("HEAD", &path).send().status, 200);
    }
    for (method, status) in [("PUT", 405), ("DELETE", 405), ("PATCH", 405)] {
        assert_eq!(app.raw(method, &path).send().status, status, "{method}");
    }
    for fields in [&[][..], &[("faire", "autre")], &[("List-Unsubscribe", "Yes")]] {
        assert_eq!(press(&app, &path, fields).status, 400, "{fields:?}");
    }
    assert_eq!(reasons(&app, &person), []);

    // The button; again; and a mail program, in both forms, from wherever it stands.
    assert_eq!(follow(&app, &path, &[("faire", "desabonner")]), path);
    let unsubscribed = [("zoe@exemple.fr".to_owned(), SuppressionReason::Unsubscribed)];
    assert_eq!(reasons(&app, &person), unsubscribed);
    assert!(get(&app, &path).text().contains("Vous êtes désinscrit"));
    let one_click = [("List-Unsubscribe", "One-Click")];
    assert_eq!(press(&app, &path, &one_click).status, 200);
    assert_eq!(reasons(&app, &person), unsubscribed);
    assert_eq!(follow(&app, &path, &[("faire", "reabonner")]), path);
    assert_eq!(reasons(&app, &person), []);
    let parts = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    let from_afar = app
        .raw("POST", &path)
        .header("origin", "https://messagerie.example")
        .header("sec-fetch-site", "cross-site")
        .body("multipart/form-data; boundary=x", parts)
        .send();
    assert_eq!(from_afar.status, 200, "{}", from_afar.text());
    assert_eq!(reasons(&app, &person), unsubscribed);

    // Nothing is asked there any more.
    let mut facts = sample::facts(2);
    facts.contacts = serde_json::from_value(json!([{ "email": "zoe@exemple.fr" }])).unwrap();
    let made = app.call::<op::CreateDossier>(&person.token, Nothing {}, Nothing {}, NewDossier { facts });
    let body = json!({ "ids": [made.unwrap().id], "kinds": ["delegation"], "send": true });
    let body = serde_json::from_value(body).unwrap();
    let done = app.call::<op::CreateMandates>(&person.token, Nothing {}, Nothing {}, body).unwrap();
    assert_eq!(done.changed, 0, "{done:?}");

    // Who holds no address of ours learns nothing, and is slowed down.
    let last = if path.ends_with('0') { '1' } else { '0' };
    let forged = format!("{}{last}", &path[..path.len() - 1]);
    for strange in
        [forged.as_str(), "/d/dsb_", "/d/x", "/d/dsb_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"]
    {
        assert_eq!(get(&app, strange).status, 404, "{strange}");
        assert_eq!(press(&app, strange, &one_click).status, 404, "{strange}");
    }
    let slowed = (0..30).map(|_| get(&app, &forged)).find(|r| r.status == 429).expect("a limit");
    assert!(slowed.header("retry-after").is_some() && slowed.text().contains("Réessayez"), "{}", slowed.text());
});

/// A server that was told the secret of its provider.
fn with_secret(test: impl Fn(TestApp)) {
    let started = |backend| TestApp::start_with(backend, |config| config.ports.mail_events = Some(Secret::new(SECRET)));
    test(started(Backend::Sqlite));
    if Backend::postgres_is_there() {
        test(started(Backend::Postgres));
    }
}

fn tell(app: &TestApp, names: [&str; 3], id: &str, body: &Value) -> Response {
    let (body, at) = (body.to_string(), Utc::now().timestamp().to_string());
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    app.raw("POST", "/api/v1/mail-events")
        .header(names[0], id)
        .header(names[1], &at)
        .header(names[2], &signature)
        .body("application/json", body)
        .send()
}

#[test]
fn the_provider_tells_by_either_names_of_its_headers() {
    with_secret(|app| {
        let person = app.sign_up("Cabinet Léa");
        let mail = ask(&app, &person, 1, "zoe@exemple.fr");
        let body =
            |kind: &str| json!({ "type": kind, "data": { "email_id": "e", "tags": { "cabready_mail": mail.id } } });
        let standard = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        let svix = ["svix-id", "svix-timestamp", "svix-signature"];
        let state = || app.call::<op::ReadMail>(&person.token, mail.id, Nothing {}, Nothing {}).unwrap().mail.state;
        assert_eq!(tell(&app, standard, "m1", &body("email.delivered")).status, 204);
        assert_eq!(state(), MailState::Delivered);
        assert_eq!(tell(&app, svix, "m2", &body("email.complained")).status, 204);
        assert_eq!(state(), MailState::Complained);
        let query = contract::MandateListQuery::default();
        let mandates = app.call::<op::ListMandates>(&person.token, Nothing {}, query, Nothing {}).unwrap().data;
        assert_eq!(mandates[0].state, MandateState::Draft);
        // Unsigned, and of an unknown mail.
        let unsigned =
            app.raw("POST", "/api/v1/mail-events").body("application/json", body("email.delivered").to_string());
        assert_eq!(unsigned.send().problem().status, 401);
        let unknown = json!({ "type": "email.delivered", "data": { "email_id": "elsewhere" } });
        assert_eq!(tell(&app, standard, "m3", &unknown).status, 204);
        let other = app.sign_up("Autre cabinet");
        assert_eq!(reasons(&app, &other), []);
        assert_eq!(reasons(&app, &person), [("zoe@exemple.fr".to_owned(), SuppressionReason::Complained)]);
    });
}

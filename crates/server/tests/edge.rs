//! What is the same for every operation: problems, request ids, versions, idempotency, headers.

use contract::endpoint::op;
use contract::{Code, Nothing, PortfolioInput};
use testkit::{Backend, Response, TestApp, both_databases, sample};

fn sqlite() -> TestApp {
    TestApp::start(Backend::Sqlite)
}

#[track_caller]
fn refused(response: &Response, code: Code) -> contract::Problem {
    let problem = response.problem();
    assert_eq!(problem.code, code, "{problem:?}");
    problem
}

fn portfolio(name: &str) -> PortfolioInput {
    PortfolioInput { name: name.to_owned(), people: Vec::new() }
}

#[test]
fn an_unknown_address_and_method_are_problems() {
    let app = sqlite();
    let problem = refused(&app.raw("GET", "/api/v1/nothing-here?secret=1").send(), Code::NotFound);
    assert_eq!(problem.instance, "/api/v1/nothing-here");
    refused(&app.raw("POST", "/api/nothing").send(), Code::NotFound);
    refused(&app.raw("GET", "/docs/nothing").send(), Code::NotFound);
    refused(&app.raw("GET", "/api/v1/dossiers/").send(), Code::NotFound);

    let response = app.raw("DELETE", "/api/v1/dossiers").send();
    refused(&response, Code::MethodNotAllowed);
    assert_eq!(response.header("allow"), Some("GET, POST"));
    let response = app.raw("OPTIONS", "/api/v1/session").header("origin", "https://evil.example").send();
    refused(&response, Code::MethodNotAllowed);
    assert_eq!(response.header("access-control-allow-origin"), None);
    let response = app.raw("POST", "/healthz").send();
    refused(&response, Code::MethodNotAllowed);
    assert_eq!(response.header("allow"), Some("GET, HEAD"));
}

#[test]
fn a_body_is_refused_with_its_reason_and_place() {
    let app = sqlite();
    let partner = app.sign_up("Cabinet");
    let post = || app.raw("POST", "/api/v1/portfolios").token(&partner.token).header("accept-language", "en");

    let problem = refused(&post().body("text/plain", "{}").send(), Code::UnsupportedMediaType);
    assert!(problem.detail.contains("text/plain") && problem.detail.contains("application/json"), "{problem:?}");
    refused(&post().send(), Code::UnsupportedMediaType);
    let packed = post().header("content-encoding", "gzip").body("application/json", "{}").send();
    refused(&packed, Code::UnsupportedMediaType);

    let broken = refused(&post().body("application/json", "{\"name\":").send(), Code::MalformedBody);
    assert_eq!((broken.errors[0].pointer.as_str(), broken.errors[0].code.as_str()), ("", "syntax"));
    let missing = refused(&post().body("application/json; charset=utf-8", "{}").send(), Code::MalformedBody);
    assert_eq!((missing.errors[0].pointer.as_str(), missing.errors[0].code.as_str()), ("/name", "missing"));
    let french = app.raw("POST", "/api/v1/portfolios").token(&partner.token).body("application/json", "{\"name\":1}");
    let french = refused(&french.send(), Code::MalformedBody);
    assert!(french.errors[0].message.contains("un texte attendu"), "{french:?}");

    let large = format!("{{\"name\":\"{}\"}}", "a".repeat(1_100_000));
    let problem = refused(&post().body("application/json", large).send(), Code::PayloadTooLarge);
    assert!(problem.detail.contains("1 MB"), "{problem:?}");
}

#[test]
fn an_upload_is_refused_by_size_type_and_right() {
    // What a list tells of shows when it is read: the larger of both limits is that of the edge.
    let app = TestApp::start_with(Backend::Sqlite, |config| {
        config.settings.import_max_bytes = 100_000;
        config.settings.flow_import_max_bytes = 200_000;
    });
    let partner = app.sign_up("Cabinet");
    let post = || app.raw("POST", "/api/v1/imports?filename=a.csv").header("accept-language", "en");
    let large = vec![b'a'; 3_000_000];
    refused(&post().body("application/octet-stream", large.clone()).send(), Code::Unauthenticated);
    refused(&post().token(&partner.token).body("application/octet-stream", large).send(), Code::PayloadTooLarge);
    let form = post().token(&partner.token).body("multipart/form-data; boundary=x", "--x--").send();
    assert!(refused(&form, Code::UnsupportedMediaType).detail.contains("without a form"));
    let clients = sample::csv(1..2_500);
    assert!((100_001..200_000).contains(&clients.len()), "{}", clients.len());
    refused(&post().token(&partner.token).body("text/csv", clients).send(), Code::FileRefused);
    let list = sample::csv(1..20);
    let response = post().token(&partner.token).body("text/csv", list.clone()).send();
    assert_eq!(response.status, 201, "{}", response.text());
    assert_eq!(response.json()["bytes"], list.len());
}

#[test]
fn parameters_are_named_when_refused() {
    let app = sqlite();
    let partner = app.sign_up("Cabinet");
    let get = |query: &str| {
        let path = format!("/api/v1/dossiers{query}");
        refused(&app.raw("GET", &path).token(&partner.token).header("accept-language", "en").send(), Code::BadRequest)
    };
    let unknown = get("?stat=late");
    assert_eq!(unknown.errors[0].pointer, "?stat");
    assert!(unknown.errors[0].message.contains("accepted parameters:") && unknown.errors[0].message.contains("state"));
    assert_eq!(get("?limit=many").errors[0].pointer, "?limit");
    assert_eq!(get("?after=not-a-cursor").code, Code::BadRequest);
    let gone = app.raw("GET", "/api/v1/dossiers/not-an-id").token(&partner.token).send();
    refused(&gone, Code::NotFound);
    let gone = app.raw("GET", "/api/v1/dossiers/%2e%2e%2fsecret").token(&partner.token).send();
    refused(&gone, Code::NotFound);
}

#[test]
fn a_request_id_comes_back_and_the_language_is_followed() {
    let app = sqlite();
    let response = app.raw("GET", "/api/v1/me").header("x-request-id", "ma-requete-1").send();
    let problem = refused(&response, Code::Unauthenticated);
    assert_eq!(problem.request_id, "ma-requete-1");
    assert_eq!(problem.title, Code::Unauthenticated.title().fr);
    assert_eq!(response.header("content-language"), Some("fr"));
    assert_eq!(response.header("www-authenticate"), Some("Bearer"));
    let response = app.raw("GET", "/api/v1/me").header("accept-language", "en-GB").header("x-request-id", "x y").send();
    let problem = refused(&response, Code::Unauthenticated);
    assert_eq!(problem.title, Code::Unauthenticated.title().en);
    assert_eq!(problem.request_id.len(), 36);
    for garbled in ["Bearer", "Bearer x.y.z", "Basic abc", "Bearer  "] {
        refused(&app.raw("GET", "/api/v1/me").header("authorization", garbled).send(), Code::Unauthenticated);
    }
}

both_databases!(versions_guard_changes_and_spare_readings, |app| {
    let partner = app.sign_up("Cabinet");
    let created =
        app.ask::<op::CreatePortfolio>(Nothing {}, Nothing {}, portfolio("Nord")).token(&partner.token).send();
    let tag = created.header("etag").expect("a created resource tells its version").to_owned();
    let id: domain::PortfolioId = created.json()["id"].as_str().expect("an id").parse().expect("an id");
    let change = |name: &str| app.ask::<op::UpdatePortfolio>(id, Nothing {}, portfolio(name)).token(&partner.token);

    refused(&change("Sud").send(), Code::VersionRequired);
    for wrong in ["*", "3", "\"x\""] {
        let problem = refused(&change("Sud").header("if-match", wrong).send(), Code::BadRequest);
        assert_eq!(problem.errors[0].pointer, "If-Match", "{wrong}");
    }
    let changed = change("Sud").header("if-match", &tag).send();
    assert_eq!(changed.status, 200, "{}", changed.text());
    let next = changed.header("etag").expect("a new version").to_owned();
    assert_ne!(next, tag);
    refused(&change("Est").header("if-match", &tag).send(), Code::VersionMismatch);
    assert_eq!(change("Est").header("if-match", &format!("W/{next}")).send().status, 200);

    let cabinet = || app.ask::<op::ReadCabinet>(Nothing {}, Nothing {}, Nothing {}).token(&partner.token);
    let first = cabinet().send();
    let tag = first.header("etag").expect("a version").to_owned();
    let again = cabinet().header("if-none-match", &tag).send();
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(tag.as_str())));
    assert_eq!(cabinet().header("if-none-match", "\"999\"").send().status, 200);
});

both_databases!(a_repeated_creation_answers_the_first_reply, |mut app| {
    let partner = app.sign_up("Cabinet");
    let create = |app: &TestApp, name: &str, key: &str| {
        app.ask::<op::CreatePortfolio>(Nothing {}, Nothing {}, portfolio(name))
            .token(&partner.token)
            .idempotency_key(key)
            .send()
    };
    let first = create(&app, "Nord", "key-number-1");
    assert_eq!(first.status, 201, "{}", first.text());
    let again = create(&app, "Nord", "key-number-1");
    assert_eq!((again.status, again.json(), again.header("etag")), (201, first.json(), first.header("etag")));
    refused(&create(&app, "Sud", "key-number-1"), Code::IdempotencyMismatch);
    refused(&create(&app, "Nord", "key-number-2"), Code::Conflict);
    assert_eq!(refused(&create(&app, "Est", "short"), Code::BadRequest).errors[0].pointer, "Idempotency-Key");

    app.restart();
    let later = create(&app, "Nord", "key-number-1");
    assert_eq!((later.status, later.json()), (201, first.json()), "a restart forgets nothing");
    assert_eq!(app.get::<op::ListPortfolios>(&partner).data.len(), 1);
});

#[test]
fn a_failed_creation_may_be_repeated_with_the_same_key() {
    let app = sqlite();
    let partner = app.sign_up("Cabinet");
    let create = |name: &str| {
        app.ask::<op::CreatePortfolio>(Nothing {}, Nothing {}, portfolio(name))
            .token(&partner.token)
            .idempotency_key("key-of-a-failure")
            .send()
    };
    refused(&create(""), Code::Invalid);
    assert_eq!(create("Nord").status, 201);
}

#[test]
fn the_refresh_cookie_stays_home() {
    let app = TestApp::start_with(Backend::Sqlite, |config| config.secure_cookies = true);
    let partner = app.sign_up("Cabinet");
    let signed_in = app.sign_in(&partner.email, &partner.password);
    let cookie = signed_in.header("set-cookie").expect("the cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/api/v1/session", "Max-Age="] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    let refresh = || app.raw("POST", "/api/v1/session/refresh").cookie(&partner.refresh_token);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        refused(&refresh().header(name, value).send(), Code::Forbidden);
    }
    let answered = refresh().header("origin", &app.url()).send();
    assert_eq!(answered.status, 200, "{}", answered.text());
    assert_ne!(answered.refresh_token(), Some(partner.refresh_token.clone()));
    let replayed = app.raw("POST", "/api/v1/session/refresh").cookie(&partner.refresh_token).send();
    refused(&replayed, Code::SessionEnded);
    let ended = app.raw("POST", "/api/v1/session/refresh").send();
    refused(&ended, Code::SessionEnded);
    let cleared = replayed.header("set-cookie").unwrap();
    assert!(cleared.starts_with("cabready_refresh=; ") && cleared.contains("Max-Age=0"), "{cleared}");
}

#[test]
fn every_answer_is_safe_to_show() {
    let app = sqlite();
    let partner = app.sign_up("Cabinet");
    for (path, token) in [
        ("/api/v1/me", Some(partner.token.as_str())),
        ("/api/v1/me", None),
        ("/api/v1/nothing", None),
        ("/healthz", None),
        ("/readyz", None),
        ("/docs", None),
        ("/", None),
    ] {
        let mut raw = app.raw("GET", path);
        if let Some(token) = token {
            raw = raw.token(token);
        }
        let response = raw.send();
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(response.header("referrer-policy"), Some("same-origin"), "{path}");
        let policy = response.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"), "{path}: {policy}");
        assert!(response.header("x-request-id").is_some(), "{path}");
        assert_eq!((response.header("server"), response.header("x-powered-by")), (None, None), "{path}");
        if path.starts_with("/api/") {
            assert_eq!(response.header("cache-control"), Some("no-store"), "{path}");
        }
    }
}

#[test]
fn a_supervisor_is_answered() {
    let app = TestApp::start_with(Backend::Sqlite, |config| {
        config.metrics_token = Some("a-token-of-the-test".to_owned());
        config.metrics_bind = Some("127.0.0.1:0".to_owned());
    });
    assert_eq!(app.raw("GET", "/healthz").send().json()["ok"], true);
    assert_eq!(app.raw("HEAD", "/healthz").send().status, 200);
    assert_eq!(app.raw("GET", "/readyz").send().json()["ready"], true);
    refused(&app.raw("GET", "/metrics").send(), Code::Unauthenticated);
    refused(&app.raw("GET", "/metrics").token("another-token-here").send(), Code::Unauthenticated);
    refused(&app.raw("GET", "/api/v1/me").send(), Code::Unauthenticated);
    let metrics = app.raw("GET", "/metrics").token("a-token-of-the-test").send().text();
    let own = app.raw_at("GET", &app.metrics_url().expect("a listener of its own")).send().text();
    for text in [metrics, own] {
        assert!(text.contains("cabready_http_requests_total{route=\"read_me\",status=\"401\"} 1"), "{text}");
        assert!(text.contains("process_resident_memory_bytes"), "{text}");
    }
    refused(&sqlite().raw("GET", "/metrics").send(), Code::NotFound);
}

#[test]
fn without_a_proxy_nobody_chooses_an_address() {
    let app = sqlite();
    let partner = app.sign_up("Cabinet");
    let address = |trusted: bool| {
        let app = TestApp::start_with(Backend::Sqlite, |config| config.trust_proxy = trusted);
        let partner = app.sign_up("Cabinet");
        let signed_in = app
            .raw("POST", "/api/v1/session")
            .header("x-forwarded-for", "198.51.100.7")
            .json(&serde_json::json!({ "email": partner.email, "password": partner.password }))
            .send();
        assert_eq!(signed_in.status, 201, "{}", signed_in.text());
        let sessions = app.get::<op::ListSessions>(&partner).data;
        sessions.into_iter().filter_map(|s| s.address).collect::<Vec<_>>()
    };
    assert!(address(false).iter().all(|a| a == "127.0.0.1"));
    assert!(address(true).iter().any(|a| a == "198.51.100.7"));
    drop((app, partner));
}

#[test]
fn a_limited_route_tells_how_many_attempts_are_left() {
    let app = sqlite();
    let partner = app.sign_up("Cabinet");
    let attempt = |password: &str| {
        let body = serde_json::json!({ "email": partner.email, "password": password });
        app.raw("POST", "/api/v1/session").json(&body).send()
    };
    let first = attempt("ce n’est pas celui-là");
    refused(&first, Code::BadCredentials);
    assert_eq!(first.header("ratelimit-policy"), Some("\"sign-in-email\";q=5;w=60"));
    assert_eq!(first.header("ratelimit"), Some("\"sign-in-email\";r=4;t=12"));
    for _ in 0..4 {
        attempt("ni celui-là");
    }
    let last = attempt("ni celui-ci");
    refused(&last, Code::TooManyRequests);
    assert!(last.header("ratelimit").unwrap().starts_with("\"sign-in-email\";r=0;t="), "{last:?}");
    assert!(last.header("retry-after").is_some());
    // What no limit watches says nothing of limits.
    let me = app.raw("GET", "/api/v1/me").token(&partner.token).send();
    assert_eq!((me.status, me.header("ratelimit"), me.header("ratelimit-policy")), (200, None, None));
}

#[test]
fn a_large_reply_is_packed_for_who_reads_it() {
    use std::io::Read;
    let app = sqlite();
    let partner = app.sign_up("Cabinet");
    let get = |path: &str, accepted: &str| {
        app.raw("GET", path).token(&partner.token).header("accept-encoding", accepted).send()
    };
    let plain = get("/api/v1/reference", "identity");
    assert!(plain.body.len() > 1_400 && plain.header("content-encoding").is_none());
    for refused in ["br", "gzip;q=0", ""] {
        assert_eq!(get("/api/v1/reference", refused).body, plain.body, "{refused}");
    }
    let packed = get("/api/v1/reference", "br, gzip");
    assert_eq!((packed.header("content-encoding"), packed.header("vary")), (Some("gzip"), Some("accept-encoding")));
    assert!(packed.body.len() * 2 < plain.body.len());
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_end(&mut text).unwrap();
    assert_eq!(text, plain.body);
    assert_eq!(get("/api/v1/ping", "gzip").header("content-encoding"), None, "too small to be worth it");
}

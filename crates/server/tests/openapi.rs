//! The document says what the server does.

use contract::endpoint::op;
use contract::{Code, Payload};
use testkit::{Backend, TestApp};

#[test]
fn the_committed_document_is_what_the_server_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let app = TestApp::start(Backend::Sqlite);
    let served = app.raw("GET", "/api/openapi.json").send();
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert!(
        served.text() == committed,
        "openapi/openapi.json is not what the server says: `cargo xtask openapi` writes it, then look at the difference"
    );
    let tag = served.header("etag").expect("a tag").to_owned();
    assert_eq!(app.raw("GET", "/api/openapi.json").header("if-none-match", &tag).send().status, 304);
}

#[test]
fn every_operation_of_the_table_is_answered_by_its_own_handler() {
    let app = TestApp::start(Backend::Sqlite);
    for meta in op::ALL {
        let path = meta.full_path().replace("{id}", "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11");
        let mut raw = app.raw(meta.method.as_str(), &path);
        if meta.body == Payload::Json {
            raw = raw.body("application/json", "[]");
        }
        // Refused for what is missing in it, and never as an address or a method that does not exist.
        let problem = raw.send().problem();
        // The one that is open and has a secret in its address says that this secret leads nowhere.
        let unknown = meta.id == "read_calendar_feed" && problem.detail.contains("calendrier");
        let answered = unknown || !matches!(problem.code, Code::NotFound | Code::MethodNotAllowed);
        assert!(answered, "{}: {problem:?}", meta.id);
        assert!(contract::openapi::problems(meta).contains(&problem.code), "{}: {problem:?}", meta.id);
    }
}

#[test]
fn the_reading_pages_open_in_both_languages() {
    let app = TestApp::start(Backend::Sqlite);
    for path in ["/docs", "/docs/", "/docs/start", "/docs/dossiers", "/docs/schemas", "/docs/problems"] {
        for (lang, word) in [("fr", "Opérations"), ("en", "Operations")] {
            let page = app.raw("GET", path).header("accept-language", lang).send();
            assert_eq!(page.status, 200, "{path}");
            assert!(page.text().contains(&format!("<html lang=\"{lang}\">")) && page.text().contains(word), "{path}");
            let chosen = app.raw("GET", &format!("{path}?lang={lang}")).send();
            assert!(chosen.text().contains(&format!("<html lang=\"{lang}\">")), "{path}");
        }
    }
    assert_eq!(app.raw("GET", "/docs/docs.css").send().header("content-type"), Some("text/css; charset=utf-8"));
}

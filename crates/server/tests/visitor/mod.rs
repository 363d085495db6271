//! Whoever opens a client's link, page after page, without an account.

use serde_json::json;
use testkit::{Response, TestApp};

pub fn get(app: &TestApp, path: &str) -> Response {
    app.raw("GET", path).send()
}

pub fn press(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> Response {
    let value = serde_json::Value::Object(fields.iter().map(|(k, v)| ((*k).to_owned(), json!(v))).collect());
    app.raw("POST", path).body("application/x-www-form-urlencoded", testkit::query(&value)).send()
}

/// A press that leads on; answers where to.
#[track_caller]
pub fn follow(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> String {
    let response = press(app, path, fields);
    assert_eq!(response.status, 303, "{path}: {}", response.text());
    response.header("location").expect("where it leads").to_owned()
}

/// The page to which a refused press led: it says why, and is read again as often as one likes.
#[track_caller]
pub fn refusal(app: &TestApp, to: &str) -> String {
    assert!(to.ends_with("/revoir"), "{to}");
    let pages = [get(app, to), get(app, to)];
    assert!(pages.iter().all(|p| p.status == 200 && p.text().contains("<title>Erreur")), "{}", pages[0].text());
    assert_eq!(pages[0].text(), pages[1].text());
    pages[0].text()
}

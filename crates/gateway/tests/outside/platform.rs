//! Lines to platforms, against a mock made from the published OpenAPI files: each test ends with what these have against
//! the requests.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use gateway::platform::{
    AckStatus, Afnor, Call, Endpoint, Kind, Line, PlatformError, Platforms, Search, Version, webhook,
};
use gateway::{Secret, Timeouts};
use mock_platform::documents::{Company, Invoice, Status};
use mock_platform::{Deposit, Fault, Mock, Options, Part};

const SECRET: &str = "secret+de/demo";

fn timeouts() -> Timeouts {
    Timeouts { connect: Duration::from_secs(2), read: Duration::from_millis(700), ..Timeouts::default() }
}

fn endpoint(mock: &Mock, version: Version) -> Endpoint {
    Endpoint {
        version,
        flow: mock.flow_url(),
        directory: Some(mock.directory_url()),
        token: mock.token_url(),
        client_id: "cabinet-demo".to_owned(),
        secret: Secret::new(SECRET),
        organization: None,
    }
}

fn line(mock: &Mock, version: Version) -> Box<dyn Line> {
    Afnor::with_timeouts(true, timeouts()).open(&endpoint(mock, version), None).unwrap()
}

fn mock(options: Options) -> Mock {
    Mock::start(options).unwrap()
}

fn long_ago() -> DateTime<Utc> {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn invoice(number: &str) -> Invoice {
    Invoice {
        number: number.to_owned(),
        issued_on: "2026-11-20".parse().unwrap(),
        due_on: "2026-12-20".parse().unwrap(),
        seller: Company::new("732829320", "Vendeur & Fils"),
        buyer: Company::new("552100554", "Acheteur"),
        net_cents: 100_000,
        credit_note: false,
    }
}

#[track_caller]
fn by_the_book(mock: &Mock) {
    assert_eq!(mock.complaints(), Vec::<String>::new());
}

#[test]
fn flows_are_found_page_by_page_and_documents_fetched() {
    let mock = mock(Options { organization: Some("org-7".to_owned()), ..Options::default() });
    let first = mock.put_invoice("CustomerInvoice", &invoice("F-0"), long_ago() + chrono::Duration::days(1));
    for n in 1..120 {
        let at = long_ago() + chrono::Duration::days(1) + chrono::Duration::seconds(n);
        let status = Status::new("203", "Mise à disposition", at);
        mock.put_status("SupplierInvoiceLC", &status, &[&invoice(&format!("F-{n}"))], at);
    }
    let endpoint = Endpoint { organization: Some("org-7".to_owned()), ..endpoint(&mock, Version::V1_3) };
    let mut line = Afnor::new(true).open(&endpoint, None).unwrap();
    line.health().unwrap();
    let page = line.search(&Search::since(long_ago())).unwrap();
    assert_eq!((page.flows.len(), page.unreadable), (100, 0));
    let flow = &page.flows[0];
    assert_eq!((&flow.id, &flow.kind, flow.syntax.as_str()), (&first, &Kind::CustomerInvoice, "UBL"));
    assert_eq!(flow.acknowledgement.status, AckStatus::Ok);
    assert_eq!(flow.updated_at, long_ago() + chrono::Duration::days(1));
    let last = line.search(&Search { cursor: page.next, ..Search::since(long_ago()) }).unwrap();
    assert_eq!((last.flows.len(), last.next), (20, None));
    assert_eq!(last.flows[0].kind, Kind::SupplierInvoiceStatus);
    assert!(String::from_utf8(line.original(&first).unwrap()).unwrap().contains("<cbc:ID>F-0</cbc:ID>"));
    // Strict: what was updated at this very moment is not told again.
    assert_eq!(line.search(&Search::since(last.flows[19].updated_at)).unwrap().flows.len(), 0);
    assert!(matches!(line.original("no/such?flow"), Err(PlatformError::Missing { told: true, .. })));

    let calls = line.calls();
    assert_eq!(calls.iter().map(|c| c.status).collect::<Vec<_>>(), [200, 200, 200, 200, 200, 200, 404].map(Some));
    assert_eq!(calls[0].path, "/token");
    assert_eq!(calls[4].path, format!("/flow-service/v1/flows/{first}?docType=Original"));
    assert!(calls[2].bytes > 10_000 && calls[6].error.is_some());
    let ids: std::collections::BTreeSet<&str> = calls.iter().map(|c| c.request_id.as_str()).collect();
    assert_eq!(ids.len(), calls.len(), "each call has its own id");
    for (asked, call) in mock.asked().iter().zip(&calls) {
        assert_eq!(asked.header("request-id"), Some(call.request_id.as_str()));
    }
    assert!(line.calls().is_empty());
    // What is asked for stays one part of the path.
    by_the_book(&mock);
}

#[test]
fn the_older_version_knows_no_cursor_and_no_plain_webhook() {
    let mock = mock(Options { cursors: false, ..Options::default() });
    for n in 0..3 {
        mock.put_invoice("SupplierInvoice", &invoice(&n.to_string()), long_ago() + chrono::Duration::hours(n + 1));
    }
    let mut line = line(&mock, Version::V1_2);
    let search = Search { limit: 2, cursor: Some("x".to_owned()), ..Search::since(long_ago()) };
    let page = line.search(&search).unwrap();
    assert_eq!((page.flows.len(), page.next), (2, None));
    let rest = line.search(&Search { before: Some(page.flows[1].updated_at), ..Search::since(long_ago()) }).unwrap();
    assert_eq!(rest.flows.len(), 1);
    assert!(!Version::V1_2.traits().webhooks);
    by_the_book(&mock);
}

#[test]
fn a_token_serves_until_it_ends_and_a_forgotten_one_is_asked_for_anew() {
    let mock = mock(Options::default());
    let platforms = Afnor::with_timeouts(true, timeouts());
    let mut first = platforms.open(&endpoint(&mock, Version::V1_3), None).unwrap();
    first.search(&Search::since(long_ago())).unwrap();
    first.search(&Search::since(long_ago())).unwrap();
    assert_eq!(mock.tokens_granted(), 1);
    let token = first.token().unwrap();
    let left = token.ends - Utc::now();
    assert!((270..=300).contains(&left.num_seconds()), "{left}");
    // Another line takes it over.
    let mut second = platforms.open(&endpoint(&mock, Version::V1_3), Some(token.clone())).unwrap();
    second.health().unwrap();
    assert_eq!(mock.tokens_granted(), 1);
    mock.forget_tokens();
    second.search(&Search::since(long_ago())).unwrap();
    assert_eq!(mock.tokens_granted(), 2);
    assert!(!format!("{token:?}").contains("mock-"), "{token:?}");

    let short = mock_platform::Mock::start(Options { token_seconds: 20, ..Options::default() }).unwrap();
    let mut line = platforms.open(&endpoint(&short, Version::V1_3), None).unwrap();
    line.health().unwrap();
    line.health().unwrap();
    assert_eq!(short.tokens_granted(), 2, "one that is about to end is not used");
    by_the_book(&mock);
}

#[test]
fn a_secret_is_shown_in_the_header_or_in_the_form_and_nowhere_else() {
    let mock = mock(Options { secret_in_form: true, ..Options::default() });
    let mut line = line(&mock, Version::V1_3);
    line.health().unwrap();
    for wrong in ["other", ""] {
        let endpoint = Endpoint { secret: Secret::new(wrong), ..endpoint(&mock, Version::V1_3) };
        let mut line = Afnor::new(true).open(&endpoint, None).unwrap();
        let error = line.health().unwrap_err();
        assert!(matches!(error, PlatformError::Setup { .. }), "{error:?}");
        assert!(error.to_string().contains("invalid_client"), "{error}");
        assert!(line.token().is_none());
    }
    let told = format!("{:?} {:?}", line.calls(), endpoint(&mock, Version::V1_3));
    assert!(!told.contains(SECRET) && !told.contains("mock-"), "{told}");
    by_the_book(&mock);
}

#[test]
fn each_way_of_failing_is_told_apart() {
    let mock = mock(Options::default());
    let mut line = line(&mock, Version::V1_3);
    line.sign_in().unwrap();
    let mut ask = |fault: Fault| {
        mock.fail(Part::Search, fault, 1);
        let started = Instant::now();
        let error = line.search(&Search::since(long_ago())).unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(5), "{error}");
        let call: Call = line.calls().pop().unwrap();
        assert_eq!(call.error.as_ref(), Some(&error.text()), "the list of calls tells it, too");
        assert!(!error.text().fr.contains("not for the eyes") && !error.text().en.contains("not for the eyes"));
        error
    };
    for status in [500, 502, 503, 408] {
        assert!(matches!(ask(Fault::Status(status)), PlatformError::Temporary { after: None, .. }), "{status}");
    }
    let busy = ask(Fault::Busy(37));
    assert!(
        matches!(busy, PlatformError::Temporary { after: Some(after), .. } if after == Duration::from_secs(37)),
        "{busy:?}"
    );
    for fault in
        [Fault::Close, Fault::Half, Fault::Late(Duration::from_millis(1500)), Fault::Drip(Duration::from_millis(900))]
    {
        let error = ask(fault.clone());
        assert!(matches!(error, PlatformError::Temporary { .. }), "{fault:?}: {error:?}");
    }
    for fault in [Fault::Garbage, Fault::Huge(9 * 1024 * 1024)] {
        let error = ask(fault.clone());
        assert!(matches!(error, PlatformError::Unexpected { .. }), "{fault:?}: {error:?}");
    }
    for fault in [Fault::Status(403), Fault::Status(404), Fault::Elsewhere("http://169.254.169.254/".to_owned())] {
        let error = ask(fault.clone());
        assert!(matches!(error, PlatformError::Setup { .. }), "{fault:?}: {error:?}");
    }
    assert!(matches!(ask(Fault::Status(422)), PlatformError::Refused { .. }));
    let told = ask(Fault::Status(400));
    assert!(told.to_string().contains("MOCK_FAULT"), "{told}");
    mock.forget_tokens();
    mock.fail(Part::Token, Fault::Status(503), 1);
    assert!(matches!(line.search(&Search::since(long_ago())), Err(PlatformError::Temporary { .. })));
    line.search(&Search::since(long_ago())).unwrap();
    by_the_book(&mock);
}

#[test]
fn nobody_there_is_a_matter_of_time() {
    let gone = mock(Options::default());
    let endpoint = endpoint(&gone, Version::V1_3);
    drop(gone);
    let mut line = Afnor::with_timeouts(true, timeouts()).open(&endpoint, None).unwrap();
    let error = line.search(&Search::since(long_ago())).unwrap_err();
    assert!(matches!(error, PlatformError::Temporary { .. }), "{error:?}");
    let calls = line.calls();
    assert_eq!((calls.len(), calls[0].status), (1, None));
}

#[test]
fn no_way_leads_inside_unless_the_server_says_so() {
    let mock = mock(Options::default());
    let platforms = Afnor::with_timeouts(false, timeouts());
    for address in
        [mock.flow_url(), format!("https://127.0.0.1:{}/x", mock.addr.port()), "https://localhost/x".to_owned()]
    {
        assert!(platforms.check(&address).is_err(), "{address}");
    }
    assert!(platforms.open(&endpoint(&mock, Version::V1_3), None).is_err(), "one that was kept is looked at again");
    // A name whose address is looked up at the moment of connecting.
    let inside = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let name = inside.lines().filter(|l| l.starts_with("127.")).flat_map(str::split_whitespace).skip(1);
    for name in name.filter(|n| !n.starts_with("127.") && *n != "localhost") {
        let url = format!("https://{name}:{}/flow-service", mock.addr.port());
        assert!(platforms.check(&url).is_err(), "{name}");
        let endpoint = Endpoint { flow: url.clone(), token: url, directory: None, ..endpoint(&mock, Version::V1_3) };
        let error = platforms.open(&endpoint, None).unwrap().health().unwrap_err();
        assert!(matches!(error, PlatformError::Setup { .. }), "{name}: {error:?}");
    }
    assert!(mock.asked().is_empty());
    assert_eq!(Afnor::new(true).check(" http://10.0.0.1/flow-service/v1/ ").unwrap(), "http://10.0.0.1/flow-service");
}

#[test]
fn webhooks_come_and_go_and_their_calls_are_signed() {
    for sign_text in [false, true] {
        let mock = mock(Options { sign_text, ..Options::default() });
        let mut line = line(&mock, Version::V1_3);
        let made = line.subscribe("https://cabready.exemple.fr/api/v1/connections/1/webhook").unwrap();
        let listed = line.webhooks().unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(
            (&listed[0].id, listed[0].callback.as_str()),
            (&made.id, "https://cabready.exemple.fr/api/v1/connections/1/webhook")
        );
        let headers = mock.signed(&mock.webhooks()[0], b"{}", 1_795_000_000);
        let signature = &headers.iter().find(|(n, _)| n == "Afnor-Signature").unwrap().1;
        assert!(webhook::is_signed(&made.key, b"{}", 1_795_000_000, signature));
        assert!(!webhook::is_signed(&made.key, b"{ }", 1_795_000_000, signature));
        assert!(!format!("{made:?}").contains("key: Secret(\""));
        line.unsubscribe(&made.id).unwrap();
        line.unsubscribe(&made.id).unwrap();
        assert!(line.webhooks().unwrap().is_empty());
        by_the_book(&mock);
    }
}

#[test]
fn the_directory_is_read_to_its_end_whatever_its_version() {
    for empty_is_204 in [false, true] {
        let mock = mock(Options { empty_is_204, ..Options::default() });
        let mut line = line(&mock, Version::V1_3);
        assert!(line.directory("732829320").unwrap().is_empty());
        let many: Vec<String> = (0..130).map(|n| format!("732829320_{n}")).collect();
        let lines: Vec<(&str, &str, &str)> = many.iter().map(|a| (a.as_str(), "Enabled", "WK")).collect();
        mock.set_lines("732829320", &lines);
        let found = line.directory("732829320").unwrap();
        assert_eq!((found.len(), found[129].address.as_str()), (130, "732829320_129"));
        assert_eq!((found[0].state.as_str(), found[0].platform.as_str()), ("Enabled", "WK"));
        // 404 of the standard is an answer, 404 of any web server is not.
        mock.fail(Part::Directory, Fault::Status(404), 1);
        assert!(line.directory("552100554").unwrap().is_empty());
        by_the_book(&mock);
        let elsewhere =
            Endpoint { directory: Some(format!("http://{}/nowhere", mock.addr)), ..endpoint(&mock, Version::V1_3) };
        let mut line = Afnor::new(true).open(&elsewhere, None).unwrap();
        assert!(matches!(line.directory("732829320"), Err(PlatformError::Setup { .. })));
    }
}

#[test]
fn what_no_version_knows_is_kept() {
    let mock = mock(Options::default());
    let mut deposit = Deposit::new("a.json", "EDI", "CarbonReport", b"{}".to_vec());
    deposit.acknowledgement = "Archived".to_owned();
    mock.put(deposit);
    let mut line = line(&mock, Version::V1_3);
    let flow = line.search(&Search::since(long_ago())).unwrap().flows.remove(0);
    assert_eq!((flow.kind, flow.syntax.as_str()), (Kind::Other("CarbonReport".to_owned()), "EDI"));
    assert_eq!(flow.acknowledgement.status, AckStatus::Other("Archived".to_owned()));
}

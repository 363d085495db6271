//! The program as an operator uses it: what it prints, where, and how it ends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn url(&self, name: &str) -> String {
        format!("sqlite:{}", self.path(name))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cabready"));
        command.args(args).current_dir(self.0.path());
        // What the machine of the test has set is not what is tested.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CABREADY_")) {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the program starts")
    }

    #[track_caller]
    fn succeed(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}{}", said(&output), told(&output));
        told(&output)
    }

    /// What is said on standard error by a command that must fail.
    #[track_caller]
    fn fail(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}{}", said(&output), told(&output));
        said(&output)
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A server, ended with the test.
struct Server(Child);

impl Server {
    /// Started, and ready by its own word.
    fn start(place: &Place, url: &str) -> (Self, String) {
        let mut child = place
            .command(&["serve", "--database-url", url, "--bind", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on ").expect("its address").to_owned();
        (Self(child), address)
    }

    fn terminate(mut self) -> Duration {
        let started = Instant::now();
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
        let status = self.0.wait().expect("it ends");
        assert!(status.success(), "{status}");
        started.elapsed()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_demo_firm_is_told_as_json_and_is_healthy() {
    let place = Place::new();
    let url = place.url("demo.sqlite");
    let demo = ["demo", "--dossiers", "40", "--seed", "7", "--database-url", &url];
    let sign_in: Value = serde_json::from_str(&place.succeed(&demo)).expect("one JSON object and nothing else");
    assert!(sign_in["email"].is_string() && sign_in["password"].is_string() && sign_in["cabinet"].is_string());

    let report: Value =
        serde_json::from_str(&place.succeed(&["doctor", "--json", "--database-url", &url])).expect("a report");
    assert_eq!(report["healthy"], true, "{report:#}");
    let people = place.succeed(&["user", "list", "--database-url", &url]);
    assert!(people.contains(sign_in["email"].as_str().expect("an e-mail")), "{people}");
    assert_eq!(place.succeed(&["migrate", "--check", "--database-url", &url]).trim(), "up to date");
}

#[test]
fn a_list_is_imported_as_a_person_would() {
    let place = Place::new();
    let url = place.url("a.sqlite");
    let email = "claire@exemple.fr";
    let made = place.succeed(&[
        "user",
        "create",
        "--email",
        email,
        "--name",
        "Claire Martin",
        "--new-cabinet",
        "Cabinet Martin",
        "--database-url",
        &url,
    ]);
    let made: Value = serde_json::from_str(&made).expect("the password as JSON");
    assert_eq!(made["role"], "partner");
    let mut list = testkit::sample::csv(1..30);
    list.extend_from_slice("12345;Refusée SARL;X;\r\n".as_bytes());
    std::fs::write(place.path("clients.csv"), list).expect("the list is written");
    let import = |more: &[&str]| {
        let args = [&["import", "clients.csv", "--email", email, "--database-url", &url], more].concat();
        place.succeed(&args)
    };
    assert!(import(&["--dry-run"]).contains("30 rows; 29 to create"), "{}", import(&["--dry-run"]));
    let done = import(&["--cabinet", "Cabinet Martin"]);
    assert!(done.contains("29 created") && done.contains("1 refused") && done.contains("line 31:"), "{done}");
    assert!(import(&[]).contains("0 created, 0 updated, 29 unchanged"), "{}", import(&[]));
    let refused = place
        .fail(1, &["import", "clients.csv", "--email", email, "--cabinet", "Cabinet Durand", "--database-url", &url]);
    assert!(refused.contains("belongs to the cabinet « Cabinet Martin »"), "{refused}");

    let last = place.fail(1, &["user", "deactivate", "--email", email, "--database-url", &url]);
    assert!(last.contains("last active partner"), "{last}");
}

#[test]
fn the_doctor_names_the_first_damaged_row() {
    let place = Place::new();
    let url = place.url("a.sqlite");
    place.succeed(&["demo", "--dossiers", "10", "--database-url", &url]);
    testkit::sql(&url, "DROP TRIGGER IF EXISTS journal_no_update; UPDATE journal SET changes = '{}' WHERE seq = 4");
    testkit::sql(&url, "UPDATE sums SET data = replace(data, '1', '2')");
    let output = place.run(&["doctor", "--json", "--database-url", &url]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let wrong = |name: &str| {
        let checks = report["checks"].as_array().expect("checks");
        let check = checks.iter().find(|c| c["name"] == name).expect("its check");
        assert_eq!(check["state"], "wrong", "{check}");
        check["detail"].as_str().expect("why").to_owned()
    };
    assert!(wrong("journal").contains("number 4"), "{}", wrong("journal"));
    assert!(wrong("sums").contains("differ"));
}

#[test]
fn the_doctor_hints_at_the_records_of_the_sender_and_never_fails_for_them() {
    let place = Place::new();
    let url = place.url("a.sqlite");
    place.succeed(&["migrate", "--database-url", &url]);
    // A resolver of the test, which knows one record: what it is asked for otherwise does not exist.
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    let knows = socket.local_addr().expect("its address").to_string();
    std::thread::spawn(move || {
        let mut asked = [0; 2048];
        while let Ok((n, from)) = socket.recv_from(&mut asked) {
            let query = &asked[..n];
            let end = 12 + query[12..].iter().position(|b| *b == 0).expect("a name") + 5;
            let is_spf = query[12..].starts_with(b"\x07cabinet\x07example\x00");
            // The question again; recursion is there; the record, or no such name.
            let mut answer = query[..2].to_vec();
            answer.extend([0x81, if is_spf { 0x80 } else { 0x83 }, 0, 1, 0, u8::from(is_spf), 0, 0, 0, 0]);
            answer.extend(&query[12..end]);
            if is_spf {
                let text = b"v=spf1 include:envois.example -all";
                answer.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, text.len() as u8 + 1, text.len() as u8]);
                answer.extend(text);
            }
            socket.send_to(&answer, from).expect("an answer");
        }
    });
    let closed =
        std::net::UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").to_string();
    let looked = |resolver: &str| -> Value {
        let mail = ["--mail-url", "http://127.0.0.1:9", "--mail-key", "k", "--mail-from", "mandats@cabinet.example"];
        let args = [&["doctor", "--json", "--database-url", &url, "--dns", resolver][..], &mail].concat();
        serde_json::from_str(&place.succeed(&args)).expect("a report")
    };
    let check = |report: &Value, name: &str| {
        let checks = report["checks"].as_array().expect("checks");
        checks.iter().find(|c| c["name"] == name).unwrap_or_else(|| panic!("{name} in {report:#}")).clone()
    };
    let report = looked(&knows);
    assert_eq!((&report["healthy"], &check(&report, "SPF")["state"]), (&Value::Bool(true), &"ok".into()));
    for (name, record) in [("DKIM", "resend._domainkey.cabinet.example. TXT"), ("DMARC", "_dmarc.cabinet.example. TXT")]
    {
        let check = check(&report, name);
        assert_eq!(check["state"], "notice");
        assert!(check["fix"].as_str().expect("a record").starts_with(&format!("publish {record}")), "{check}");
    }
    let report = looked(&closed);
    assert_eq!(report["healthy"], true);
    for name in ["SPF", "DKIM", "DMARC"] {
        let check = check(&report, name);
        assert!(check["detail"].as_str().expect("why").contains("could not be asked"), "{check}");
    }
}

#[test]
fn a_backup_goes_back_and_nothing_is_lost_by_mistake() {
    let place = Place::new();
    let (url, copy) = (place.url("a.sqlite"), place.path("copy.sqlite"));
    let demo = |dossiers: &str| place.succeed(&["demo", "--dossiers", dossiers, "--database-url", &url]);
    demo("10");
    let (server, _) = Server::start(&place, &url);
    let backup = place.succeed(&["backup", &copy, "--database-url", &url]);
    assert!(backup.contains("checked"), "{backup}");
    assert!(place.fail(1, &["backup", &copy, "--database-url", &url]).contains("never overwrites"));
    let held = place.fail(1, &["restore", &copy, "--force", "--database-url", &url]);
    assert!(held.contains("in use"), "{held}");
    assert!(server.terminate() < Duration::from_secs(10));

    let exists = place.fail(1, &["restore", &copy, "--database-url", &url]);
    assert!(exists.contains("--force"), "{exists}");
    place.succeed(&[
        "user",
        "set-role",
        "--email",
        &first_viewer(&place, &url),
        "--role",
        "staff",
        "--database-url",
        &url,
    ]);
    place.succeed(&["restore", &copy, "--force", "--database-url", &url]);
    assert!(!first_viewer(&place, &url).is_empty(), "the change after the backup is gone");
    place.succeed(&["restore", &copy, "--database-url", &place.url("b/new.sqlite")]);
    place.succeed(&["doctor", "--database-url", &place.url("b/new.sqlite")]);

    std::fs::write(place.path("text"), "hello").expect("a file");
    assert!(place.fail(1, &["restore", "text", "--force", "--database-url", &url]).contains("not a SQLite database"));
    assert!(place.fail(1, &["backup", "x", "--database-url", "postgres://u@h/d"]).contains("pg_dump"));
}

fn first_viewer(place: &Place, url: &str) -> String {
    let people: Value =
        serde_json::from_str(&place.succeed(&["user", "list", "--json", "--database-url", url])).expect("people");
    let people = people.as_array().expect("a list");
    let viewer = people.iter().find(|p| p["role"] == "viewer").expect("the demo firm has a viewer");
    viewer["email"].as_str().expect("an e-mail").to_owned()
}

#[test]
fn what_is_asked_in_a_wrong_way_is_refused_with_the_fix() {
    let place = Place::new();
    assert!(place.fail(2, &["serve", "--workers", "0"]).contains("1..=64"));
    assert!(place.fail(2, &["serve", "--database-url", "mysql://h/d"]).contains("postgres://"));
    std::fs::write(place.path("cabready.conf"), "database-ulr = sqlite:x\n").expect("a file");
    let refused = place.fail(2, &["serve", "--config", "cabready.conf"]);
    assert!(refused.contains("line 1") && refused.contains("did you mean `database-url`?"), "{refused}");
    let output = place.command(&["serve"]).env("CABREADY_WORKERS", "many").output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("the variable CABREADY_WORKERS"), "{}", said(&output));

    let missing = place.fail(1, &["doctor", "--database-url", &place.url("none.sqlite")]);
    assert!(missing.is_empty(), "the report is on standard output: {missing}");
    assert!(!Path::new(&place.path("none.sqlite")).exists(), "looking makes no database");
    let unknown = place.fail(1, &["user", "list", "--database-url", &place.url("none.sqlite")]);
    assert!(unknown.contains("there is no database at"), "{unknown}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let bind = taken.local_addr().expect("its address").to_string();
    let refused = place.fail(1, &["serve", "--bind", &bind, "--database-url", &place.url("s.sqlite")]);
    assert!(refused.contains(&bind) && refused.contains("--bind"), "{refused}");
}

#[test]
fn the_document_is_printed() {
    let place = Place::new();
    let document: Value = serde_json::from_str(&place.succeed(&["openapi"])).expect("JSON");
    assert_eq!(document["openapi"], "3.1.0");
}

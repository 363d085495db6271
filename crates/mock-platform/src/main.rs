//! `mock-platform`: a platform to connect to, for a person who wants to see statuses arrive.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use chrono::Utc;
use mock_platform::documents::Company;
use mock_platform::story::Story;
use mock_platform::{Fault, Mock, Options, Part};

const HELP: &str = "\
mock-platform [--bind ADDRESS:PORT] [--every SECONDS] [--service 1.2|1.3] [--clients SIREN,SIREN…]

A platform of e-invoicing on this machine: Flow Service and Directory Service of AFNOR XP Z12-013, from the published
OpenAPI files. Invoices are deposited and live through their statuses, one event every few seconds; a webhook that was
subscribed to is told of each.

  --bind ADDRESS   127.0.0.1:8090 unless told; port 0 takes a free one
  --every SECONDS  between two events; 3 unless told, 0 for none
  --service V      1.3 (pages by cursor) unless told, or 1.2
  --clients S,S    SIRENs of companies whose invoices they are, such as dossiers of yours

While it runs, `curl -X POST http://127.0.0.1:8090/control/WORD` makes it fail or heal:
  down             answers 503 to everything         slow       answers after 5 seconds
  busy             answers 429, Retry-After 20       garbage    answers what is no JSON
  logout           forgets every token               heal       works again
  step             the next event, now

A server that is to reach it needs --allow-private-platforms.";

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let mut options = Options { bind: "127.0.0.1:8090".to_owned(), ..Options::default() };
    let (mut every, mut clients) = (3_u64, vec!["732829320".to_owned(), "443061841".to_owned()]);
    let mut given = arguments.iter();
    while let Some(name) = given.next() {
        if matches!(name.as_str(), "--help" | "-h") {
            println!("{HELP}");
            return Ok(());
        }
        let value = given.next().ok_or_else(|| format!("{name} wants a value; see --help"))?;
        match name.as_str() {
            "--bind" => options.bind.clone_from(value),
            "--every" => every = value.parse().map_err(|_| format!("--every {value}: whole seconds are expected"))?,
            "--service" if matches!(value.as_str(), "1.2" | "1.3") => {
                options.cursors = value == "1.3";
                options.empty_is_204 = value == "1.2";
            }
            "--clients" => clients = value.split(',').map(|s| s.trim().to_owned()).collect(),
            _ => return Err(format!("{name} {value} is not known; see --help")),
        }
    }
    if clients.iter().any(|s| s.len() != 9 || !s.bytes().all(|b| b.is_ascii_digit())) {
        return Err("--clients wants SIRENs of nine digits, with commas between them".to_owned());
    }
    let bind = options.bind.clone();
    let (client_id, secret) = (options.client_id.clone(), options.secret.clone());
    let service = if options.cursors { "1.3" } else { "1.2" };
    let mock = Mock::start(options).map_err(|e| format!("{bind} cannot be listened on: {e}"))?;
    for siren in &clients {
        mock.set_lines(siren, &[(siren.as_str(), "Enabled", "WK")]);
    }
    println!(
        "listening on http://{}\n\n{}",
        mock.addr,
        serde_json::json!({
            "name": "Plateforme d’essai", "platform": "Plateforme d’essai", "service": service, "flow_url": mock.flow_url(),
            "directory_url": mock.directory_url(), "token_url": mock.token_url(), "client_id": client_id,
            "client_secret": secret, "every_minutes": 1,
        })
    );
    let companies = clients.iter().map(|s| Company::new(s, &format!("Client {s}"))).collect();
    let mut story = Story::new(companies);
    let (every, mut last) = (Duration::from_secs(every), Instant::now());
    let always = u32::MAX;
    let mut told = 0;
    loop {
        for order in mock.orders() {
            match order.as_str() {
                "down" => mock.fail(Part::Any, Fault::Status(503), always),
                "busy" => mock.fail(Part::Any, Fault::Busy(20), always),
                "slow" => mock.fail(Part::Any, Fault::Late(Duration::from_secs(5)), always),
                "garbage" => mock.fail(Part::Any, Fault::Garbage, always),
                "heal" => mock.heal(),
                "logout" => mock.forget_tokens(),
                "step" => println!("{}", story.step(&mock, Utc::now())),
                other => eprintln!("{other} is not known; see --help"),
            }
        }
        if !every.is_zero() && last.elapsed() >= every {
            last = Instant::now();
            println!("{}", story.step(&mock, Utc::now()));
        }
        let complaints = mock.complaints();
        for complaint in &complaints[told..] {
            eprintln!("against the standard: {complaint}");
        }
        told = complaints.len();
        std::thread::sleep(Duration::from_millis(200));
    }
}

//! Flows by the hundred thousand: taking them over, reading them, and what one more thousand costs. They come by the
//! interface for programs, a thousand statuses a request, as a platform's own program sends them; a flow's statuses follow
//! each other, most within one request.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::Connection;
use crate::process::Server;
use crate::report::{Figure, median};
use crate::{Bench, Outcome, floor, lists};

/// Clients of the firm whose flows come.
const CLIENTS: u32 = 500;
const STATUSES: u32 = 1_000;
const PLATFORMS: [&str; 4] = ["Pennylane", "Tiime", "Esker", "Cegid"];
/// A platform bears its name of the register.
const LIST: &str = "/api/v1/flows?platform=PENNYLANE&status=205&limit=50";
const QUEUE: &str = "/api/v1/anomalies?limit=50";
const HELLO: &str = "/api/v1/ping";
const STATUSES_PATH: &str = "/api/v1/flows/statuses";
const READERS: usize = 200;
const PAUSE: Duration = Duration::from_millis(1_000);

/// The statuses of a flow; one in fifty goes wrong.
fn course(n: u32) -> [(u32, Option<&'static str>); 3] {
    match n % 100 {
        0 => [(200, None), (201, None), (213, Some("DEST_INC"))],
        50 => [(202, None), (204, None), (210, Some("TX_TVA_ERR"))],
        k if k % 3 == 0 => [(203, None), (205, None), (212, None)],
        k if k % 3 == 1 => [(202, None), (203, None), (205, None)],
        _ => [(202, None), (203, None), (204, None)],
    }
}

/// Days of issue: month, day.
type Days = fn(u32) -> (u32, u32);

/// Over most of a year, as what a firm takes over at first.
fn over_a_year(n: u32) -> (u32, u32) {
    let day = n % 300;
    (day / 28 % 10 + 1, day % 28 + 1)
}

/// The last ten days, as what a platform tells each night.
fn of_late(n: u32) -> (u32, u32) {
    (11, n % 10 + 10)
}

fn status(n: u32, step: usize, days: Days) -> Value {
    let (month, day) = days(n);
    let (code, reason) = course(n)[step];
    json!({
        "client": lists::siren(n % CLIENTS), "direction": "sale", "number": format!("F2026-{n:07}"),
        "counterparty": lists::siren(20_000 + n % 9_000), "issued_on": format!("2026-{month:02}-{day:02}"),
        "net_cents": 10_000 + n, "vat_cents": 2_000, "gross_cents": 12_000 + n, "currency": "EUR",
        "status": code.to_string(), "reasons": reason.into_iter().collect::<Vec<_>>(),
        "at": format!("2026-{month:02}-{day:02}T{:02}:{:02}:00Z", 8 + step * 3, n % 60),
    })
}

/// The flows of a span as requests: platform, statuses.
fn requests(from: u32, to: u32, days: Days) -> impl Iterator<Item = Value> {
    let each = STATUSES / 3;
    (0..).map(move |i| from + i * each).take_while(move |first| *first < to).enumerate().map(move |(i, first)| {
        let flows = first..(first + each).min(to);
        let statuses: Vec<Value> = flows.flat_map(|n| (0..3).map(move |step| status(n, step, days))).collect();
        json!({ "platform": PLATFORMS[i % PLATFORMS.len()], "statuses": statuses })
    })
}

struct Firm {
    server: Server,
    token: String,
}

fn firm(bench: &Bench, url: &str) -> Result<Firm, String> {
    let server = Server::start(bench, url)?;
    let mut connection = Connection::open(&server.address)?;
    let token = connection.sign_up("claire@mesure.example")?;
    lists::import(&mut connection, &token, &lists::list(CLIENTS), ("create", CLIENTS))?;
    Ok(Firm { server, token })
}

impl Firm {
    /// Sends statuses; answers the seconds that the server took.
    fn send(&self, requests: impl Iterator<Item = Value>) -> Result<f64, String> {
        let mut connection = Connection::open(&self.server.address)?;
        let headers = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", self.token);
        let mut taken = 0.0;
        for body in requests {
            let request = connection.request("POST", STATUSES_PATH, &headers, body.to_string().as_bytes());
            let begin = Instant::now();
            let reply = connection.send(&request)?;
            taken += begin.elapsed().as_secs_f64();
            if reply.status != 200 {
                return Err(format!("{}: {}", reply.status, String::from_utf8_lossy(&reply.body)));
            }
            let refused = reply.json()?["refused"].as_u64();
            if refused != Some(0) {
                return Err(format!("{refused:?} statuses were refused"));
            }
        }
        Ok(taken)
    }

    fn latency(&self, paths: &[&str], times: usize) -> Result<Vec<f64>, String> {
        let mut connection = Connection::open(&self.server.address)?;
        let headers = format!("Authorization: Bearer {}\r\n", self.token);
        let requests: Vec<Vec<u8>> = paths.iter().map(|p| connection.request("GET", p, &headers, &[])).collect();
        let mut all = vec![Vec::with_capacity(times); paths.len()];
        // The first of each warms up.
        for round in 0..=times {
            for (i, request) in requests.iter().enumerate() {
                let begin = Instant::now();
                let reply = connection.send(request)?;
                if paths[i] == LIST && round == 0 && reply.json()?["data"].as_array().is_none_or(|all| all.len() < 50) {
                    return Err(format!("{LIST} finds less than a page"));
                }
                if reply.status != 200 {
                    return Err(format!("{}: {} {}", paths[i], reply.status, String::from_utf8_lossy(&reply.body)));
                }
                if round > 0 {
                    all[i].push(begin.elapsed().as_secs_f64() * 1e3);
                }
            }
        }
        Ok(all.into_iter().map(median).collect())
    }
}

fn rate(name: &str, flows: u32, seconds: f64, floor: f64, at_most: f64) -> Vec<Figure> {
    let statuses = f64::from(flows) * 3.0;
    vec![
        Figure::new(name, seconds, "s", 1).over(floor).at_most(at_most),
        Figure::new(format!("{name}_rate"), statuses / seconds, "/s", 1),
    ]
}

pub fn sqlite(bench: &Bench) -> Outcome {
    let path = bench.folder.path().join("flows.sqlite");
    let url = format!("sqlite:{}", path.display());
    let firm = firm(bench, &url)?;
    let seconds = firm.send(requests(0, bench.flows, over_a_year))?;
    let memory = firm.server.memory("VmHWM:")?;
    drop(firm);
    let floor = floor::sqlite_flows(&url, &bench.folder.path().join("flows-floor.sqlite"))?;
    let mut figures = rate("import_flows_sqlite", bench.flows, seconds, floor, 4.0);
    figures.push(Figure::new("import_flows_sqlite_memory", memory, "MB", 1));
    for file in ["flows.sqlite", "flows.sqlite-wal", "flows.sqlite-shm", "flows-floor.sqlite", "flows-floor.sqlite-wal"]
    {
        // Disks are small: what was measured goes.
        let _ = std::fs::remove_file(bench.folder.path().join(file));
    }
    Ok(figures)
}

pub fn postgres(bench: &Bench) -> Outcome {
    let cluster = bench.postgres.as_ref().ok_or("no PostgreSQL cluster was given")?;
    let url = floor::new_postgres(cluster, "bench_flows")?;
    let firm = firm(bench, &url)?;
    let seconds = firm.send(requests(0, bench.flows, over_a_year))?;
    drop(firm);
    let floor = floor::postgres_flows(&url)?;
    Ok(rate("import_flows_postgres", bench.flows, seconds, floor, 6.0))
}

/// A firm with so many flows, filled once for all figures that ask for them.
fn filled(bench: &Bench, name: &str, flows: u32) -> Result<Firm, String> {
    let path = bench.folder.path().join(name);
    let url = format!("sqlite:{}", path.display());
    if !path.exists() {
        let firm = firm(bench, &url)?;
        firm.send(requests(0, flows, over_a_year))?;
        return Ok(firm);
    }
    let server = Server::start(bench, &url)?;
    let token = Connection::open(&server.address)?.sign_in("claire@mesure.example", "quatre mots faciles a retenir")?;
    Ok(Firm { server, token })
}

pub fn read_flow_list(bench: &Bench) -> Outcome {
    let firm = filled(bench, "flows-many.sqlite", bench.flows)?;
    let latency = firm.latency(&[HELLO, LIST, "/api/v1/cockpit", QUEUE], 300)?;
    Ok(vec![
        Figure::new("read_flow_list", latency[1], "ms", 300).over(latency[0]).at_most(6.0),
        Figure::new("read_flow_list_cockpit", latency[2], "ms", 300).over(latency[0]).at_most(6.0),
        Figure::new("read_flow_list_queue", latency[3], "ms", 300).over(latency[0]).at_most(6.0),
    ])
}

pub fn rules_incremental(bench: &Bench) -> Outcome {
    let few = if bench.quick { 2_000 } else { 10_000 };
    let mut medians = Vec::new();
    for (name, flows) in [("flows-few.sqlite", few), ("flows-many.sqlite", bench.flows)] {
        let firm = filled(bench, name, flows)?;
        let mut times = Vec::new();
        for run in 0..=bench.runs as u32 {
            // Numbers that nobody has yet: a thousand statuses less one, of a third as many flows.
            let from = 2_000_000 + run * 1_000;
            let seconds = firm.send(requests(from, from + STATUSES / 3, of_late))?;
            if run > 0 {
                times.push(seconds * 1e3);
            }
        }
        medians.push(median(times));
    }
    Ok(vec![Figure::new("rules_incremental", medians[1], "ms", bench.runs).over(medians[0]).at_most(1.5)])
}

pub fn read_under_import(bench: &Bench) -> Outcome {
    let firm = filled(bench, "flows-many.sqlite", bench.flows)?;
    let idle = firm.latency(&[QUEUE], 300)?[0];
    let (stop, errors) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut times = Vec::new();
    let imported = std::thread::scope(|scope| -> Result<f64, String> {
        let readers: Vec<_> = (0..READERS)
            .map(|reader| {
                let (firm, stop, errors) = (&firm, &stop, &errors);
                scope.spawn(move || -> Result<Vec<f64>, String> {
                    // People do not all press at the same moment.
                    std::thread::sleep(PAUSE * reader as u32 / READERS as u32);
                    let mut connection = Connection::open(&firm.server.address)?;
                    let headers = format!("Authorization: Bearer {}\r\n", firm.token);
                    let request = connection.request("GET", QUEUE, &headers, &[]);
                    let mut own = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let begin = Instant::now();
                        match connection.send(&request) {
                            Ok(reply) if reply.status == 200 => own.push(begin.elapsed().as_secs_f64() * 1e3),
                            Ok(_) | Err(_) => {
                                errors.fetch_add(1, Ordering::Relaxed);
                                connection = Connection::open(&firm.server.address)?;
                            }
                        }
                        // A person reads a page before asking for the next one.
                        std::thread::sleep(PAUSE);
                    }
                    Ok(own)
                })
            })
            .collect();
        let imported = firm.send(requests(3_000_000, 3_000_000 + if bench.quick { 10_000 } else { 60_000 }, of_late));
        stop.store(true, Ordering::Relaxed);
        for reader in readers {
            times.extend(reader.join().map_err(|_| "a reader panicked".to_owned())??);
        }
        imported
    })?;
    times.sort_by(f64::total_cmp);
    let p99 = times.get(times.len() * 99 / 100).copied().ok_or("nobody read anything")?;
    Ok(vec![
        Figure::new("read_under_import", p99, "ms", times.len()).over(idle).at_most(10.0),
        Figure::new("read_under_import_errors", errors.load(Ordering::Relaxed) as f64, "", times.len()).at_most(0.0),
        Figure::new("read_under_import_seconds", imported, "s", 1),
    ])
}

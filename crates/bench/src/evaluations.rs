//! The evaluation of 10,000 dossiers after a change of weights, as a partner causes it: from saving the rules to the end
//! of the job, against reading the same facts raw; and what the cockpit answers meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::Connection;
use crate::process::{Server, demo};
use crate::report::{Figure, median};
use crate::{Bench, Outcome};

const RULES: &str = "/api/v1/cabinet/readiness-rules";
const COCKPIT: &str = "/api/v1/cockpit";

/// Seconds to read the facts of every dossier with a plain driver: as the texts that they are kept in, and as values.
fn raw(url: &str) -> Result<(f64, f64), String> {
    Ok((read(url, false)?, read(url, true)?))
}

fn read(url: &str, parse: bool) -> Result<f64, String> {
    let text = |e: rusqlite::Error| e.to_string();
    let conn = rusqlite::Connection::open(url.trim_start_matches("sqlite:")).map_err(text)?;
    let begin = Instant::now();
    let mut select = conn.prepare("SELECT id, facts FROM dossiers").map_err(text)?;
    let mut rows = select.query([]).map_err(text)?;
    let mut bytes = 0;
    while let Some(row) = rows.next().map_err(text)? {
        let (id, facts): (String, String) = (row.get(0).map_err(text)?, row.get(1).map_err(text)?);
        bytes += id.len() + facts.len();
        if parse {
            let value: Value = serde_json::from_str(&facts).map_err(|e| e.to_string())?;
            std::hint::black_box(value);
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    if bytes == 0 { Err("no dossier was read".to_owned()) } else { Ok(seconds) }
}

/// Saves other weights and follows the job to its end. Answers the seconds that both took.
fn change_weights(connection: &mut Connection, token: &str, run: usize) -> Result<f64, String> {
    let now = connection.get(RULES, token)?.json()?;
    let mut rules = now["rules"].clone();
    let weights = rules["weights"].as_array_mut().ok_or("no weights")?;
    for (place, weight) in weights.iter_mut().enumerate() {
        weight["weight"] = json!(if (place + run).is_multiple_of(2) { 5 } else { 20 });
    }
    let body = json!({ "rules": rules, "note": format!("mesure {run}") });
    let begin = Instant::now();
    let version = now["version"].as_i64().unwrap_or_default();
    connection.put(RULES, token, version, &body)?;
    loop {
        let jobs = connection.get("/api/v1/jobs", token)?.json()?;
        let of_kind = |job: &&Value| job["kind"] == "evaluation";
        let newest = jobs["data"].as_array().into_iter().flatten().find(of_kind).cloned().unwrap_or_default();
        match newest["state"].as_str() {
            Some("queued" | "running") => std::thread::sleep(Duration::from_millis(5)),
            Some("done") => return Ok(begin.elapsed().as_secs_f64()),
            _ => return Err(format!("the evaluation did not end well: {newest}")),
        }
    }
}

/// As if all had been evaluated the day before: the next evaluation is that of a night.
fn day_before(url: &str) -> Result<(), String> {
    let text = |e: rusqlite::Error| e.to_string();
    let conn = rusqlite::Connection::open(url.trim_start_matches("sqlite:")).map_err(text)?;
    conn.busy_timeout(Duration::from_secs(10)).map_err(text)?;
    let changed = conn
        .execute(
            "UPDATE evaluations SET basis = date(substr(basis, 1, 10), '-1 day') || substr(basis, 11) WHERE done",
            [],
        )
        .map_err(text)?;
    conn.execute("UPDATE cabinets SET stood_on = date(stood_on, '-1 day') WHERE stood_on <> ''", []).map_err(text)?;
    conn.execute("UPDATE dossiers SET changes_on = date(changes_on, '-1 day') WHERE changes_on <> 'never'", [])
        .map_err(text)?;
    // What this wrote is not the server's to carry.
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(text)?;
    if changed == 0 { Err("no evaluation was kept".to_owned()) } else { Ok(()) }
}

/// The evaluation of a night, from a change of rules on that night: what the worker does as a day begins waits for the
/// clock, and a job that does the same can be asked for. So a change of weights is in the figure as well.
pub fn reevaluate_night(bench: &Bench) -> Outcome {
    let demo = demo(bench, "night.sqlite", 10_000)?;
    let server = Server::start(bench, &demo.url)?;
    let mut connection = Connection::open(&server.address)?;
    let token = connection.sign_in(&demo.email, &demo.password)?;
    let (mut values, mut peaks, mut texts) = (vec![], vec![], vec![]);
    for run in 0..=bench.runs {
        // The first one also ends what the start of the server has begun.
        change_weights(&mut connection, &token, 2 * run)?;
        day_before(&demo.url)?;
        server.reset_peak();
        let seconds = change_weights(&mut connection, &token, 2 * run + 1)?;
        let peak = server.memory("VmHWM:")?;
        let (as_texts, _) = raw(&demo.url)?;
        if run > 0 {
            values.push(seconds);
            peaks.push(peak);
            texts.push(as_texts);
        }
    }
    let seconds = median(values);
    Ok(vec![
        Figure::new("reevaluate_night", seconds, "s", bench.runs).over(median(texts)).at_most(6.0),
        Figure::new("reevaluate_night_time", seconds, "s", bench.runs).at_most(1.5),
        Figure::new("reevaluate_night_memory", median(peaks), "MB", bench.runs).at_most(200.0),
    ])
}

/// Latencies of the cockpit in ms until told to stop, a short rest between two: a person, not a load.
fn ask(server: &Server, token: &str, stop: &AtomicBool) -> Result<Vec<f64>, String> {
    let mut connection = Connection::open(&server.address)?;
    let mut times = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begin = Instant::now();
        connection.get(COCKPIT, token)?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(times)
}

pub fn reevaluate_all(bench: &Bench) -> Outcome {
    let demo = demo(bench, "evaluate.sqlite", 10_000)?;
    let server = Server::start(bench, &demo.url)?;
    let mut connection = Connection::open(&server.address)?;
    let token = connection.sign_in(&demo.email, &demo.password)?;
    let (mut values, mut peaks) = (vec![], vec![]);
    let (mut texts, mut parsed, mut idle, mut busy) = (vec![], vec![], vec![], vec![]);
    for run in 0..=bench.runs {
        server.reset_peak();
        let seconds = change_weights(&mut connection, &token, run)?;
        let peak = server.memory("VmHWM:")?;
        let (as_texts, as_values) = raw(&demo.url)?;
        if run > 0 {
            values.push(seconds);
            peaks.push(peak);
            texts.push(as_texts);
            parsed.push(as_values);
        }
    }
    for run in 0..bench.runs {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| -> Result<(), String> {
            let asking = scope.spawn(|| ask(&server, &token, &stop));
            std::thread::sleep(Duration::from_secs(1));
            stop.store(true, Ordering::Relaxed);
            idle.push(median(asking.join().map_err(|_| "a connection panicked".to_owned())??));
            stop.store(false, Ordering::Relaxed);
            let asking = scope.spawn(|| ask(&server, &token, &stop));
            let changed = change_weights(&mut connection, &token, bench.runs + 1 + run);
            stop.store(true, Ordering::Relaxed);
            busy.push(median(asking.join().map_err(|_| "a connection panicked".to_owned())??));
            changed.map(drop)
        })?;
    }
    let (seconds, texts) = (median(values), median(texts));
    Ok(vec![
        Figure::new("reevaluate_all", seconds, "s", bench.runs).over(texts).at_most(6.0),
        Figure::new("reevaluate_all_parsed", seconds, "s", bench.runs).over(median(parsed)),
        Figure::new("reevaluate_all_time", seconds, "s", bench.runs).at_most(1.5),
        Figure::new("reevaluate_all_memory", median(peaks), "MB", bench.runs).at_most(200.0),
        Figure::new("reevaluate_all_cockpit", median(busy), "ms", bench.runs).over(median(idle)).at_most(2.0),
    ])
}

//! The client as a browser gets it.

use std::process::Command;

use crate::client::Connection;
use crate::process::{Server, demo};
use crate::report::{Figure, median};
use crate::{Bench, Outcome};

/// Everything that the first load fetches, as brotli.
pub fn bytes(bench: &Bench) -> Outcome {
    let demo = demo(bench, "reads-1000.sqlite", 1_000)?;
    let server = Server::start(bench, &demo.url)?;
    let mut connection = Connection::open(&server.address)?;
    let mut get = |path: &str| {
        let request = connection.request("GET", path, "Accept-Encoding: br\r\nAccept: text/html,*/*\r\n", &[]);
        connection.send(&request)
    };
    let plain = Connection::open(&server.address).and_then(|mut c| {
        let request = c.request("GET", "/", "Accept: text/html\r\n", &[]);
        c.send(&request)
    })?;
    if plain.status != 200 {
        return Err("the server was built without the client".to_owned());
    }
    let html = String::from_utf8_lossy(&plain.body).into_owned();
    let mut total = get("/")?.body.len();
    let mut paths: Vec<&str> = html
        .split(['"', '\''])
        .filter(|s| s.starts_with('/') && !s.starts_with("//"))
        .filter(|s| [".js", ".wasm", ".css", ".svg"].iter().any(|end| s.ends_with(end)))
        .collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let reply = get(path)?;
        if reply.status != 200 {
            return Err(format!("{path}: {}", reply.status));
        }
        total += reply.body.len();
    }
    Ok(vec![Figure::new("client_bytes", total as f64, "bytes", 1).at_most(350_000.0)])
}

/// Milliseconds from navigation to a usable list, in a browser that has never been here.
pub fn interactive(bench: &Bench) -> Outcome {
    let Ok(script) = std::env::var("CABREADY_BENCH_BROWSER") else {
        return Err("no browser script was given".to_owned());
    };
    let demo = demo(bench, "reads-10000.sqlite", 10_000)?;
    let server = Server::start(bench, &demo.url)?;
    let output = Command::new("node")
        .arg(&script)
        .env("CABREADY_BENCH_URL", format!("http://{}", server.address))
        .env("CABREADY_BENCH_EMAIL", &demo.email)
        .env("CABREADY_BENCH_PASSWORD", &demo.password)
        .env("CABREADY_BENCH_RUNS", (bench.runs + 1).to_string())
        .output()
        .map_err(|e| format!("node: {e}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).map_err(|e| e.to_string())?;
    let times = |name: &str| -> Vec<f64> {
        said[name].as_array().into_iter().flatten().skip(1).filter_map(serde_json::Value::as_f64).collect()
    };
    let (value, floor) = (median(times("list")), median(times("floor")));
    Ok(vec![
        Figure::new("client_interactive", value, "ms", bench.runs).at_most(800.0),
        // What the browser itself takes for a page of a few bytes.
        Figure::new("client_interactive_floor", floor, "ms", bench.runs),
    ])
}

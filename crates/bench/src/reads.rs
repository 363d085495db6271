//! Reads: latency on one connection against the hello route of the same run, growth with the number of dossiers,
//! requests per second on sixteen connections.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::client::Connection;
use crate::process::{Server, demo};
use crate::report::{Figure, median};
use crate::{Bench, Outcome};

const COCKPIT: &str = "/api/v1/cockpit";
const LIST: &str = "/api/v1/dossiers?state=at_risk,late&vat_regime=real_monthly&sort=-score&limit=50";

/// A server over a firm, and somebody signed in.
pub(crate) struct Firm {
    pub server: Server,
    pub token: String,
}

fn firm(bench: &Bench, dossiers: u32) -> Result<Firm, String> {
    let demo = demo(bench, &format!("reads-{dossiers}.sqlite"), dossiers)?;
    let server = Server::start(bench, &demo.url)?;
    let token = Connection::open(&server.address)?.sign_in(&demo.email, &demo.password)?;
    Ok(Firm { server, token })
}

impl Firm {
    /// Median latency of several paths in ms, their requests taking turns so that all see the same machine.
    pub(crate) fn latency(&self, bench: &Bench, paths: &[&str]) -> Result<Vec<f64>, String> {
        let mut connection = Connection::open(&self.server.address)?;
        let headers = format!("Authorization: Bearer {}\r\n", self.token);
        let requests: Vec<Vec<u8>> = paths
            .iter()
            .map(|p| connection.request("GET", p, if *p == "/healthz" { "" } else { &headers }, &[]))
            .collect();
        let mut medians = vec![Vec::new(); paths.len()];
        for run in 0..=bench.runs {
            let mut times = vec![Vec::with_capacity(300); paths.len()];
            for _ in 0..300 {
                for (i, request) in requests.iter().enumerate() {
                    let begin = Instant::now();
                    let reply = connection.send(request)?;
                    times[i].push(begin.elapsed().as_secs_f64() * 1e3);
                    if reply.status != 200 {
                        return Err(format!("{}: {} {}", paths[i], reply.status, String::from_utf8_lossy(&reply.body)));
                    }
                }
            }
            if run > 0 {
                for (i, times) in times.into_iter().enumerate() {
                    medians[i].push(median(times));
                }
            }
        }
        Ok(medians.into_iter().map(median).collect())
    }

    /// Median latency in ms of a path that is not asked for at every moment, of so many requests a run.
    pub(crate) fn latency_of_few(&self, bench: &Bench, path: &str, requests: usize) -> Result<f64, String> {
        let mut connection = Connection::open(&self.server.address)?;
        let request = connection.request("GET", path, &format!("Authorization: Bearer {}\r\n", self.token), &[]);
        let mut medians = Vec::new();
        for _ in 0..bench.runs {
            let mut times = Vec::with_capacity(requests);
            for _ in 0..requests {
                let begin = Instant::now();
                let reply = connection.send(&request)?;
                times.push(begin.elapsed().as_secs_f64() * 1e3);
                if reply.status != 200 {
                    return Err(format!("{path}: {}", reply.status));
                }
            }
            medians.push(median(times));
        }
        Ok(median(medians))
    }

    fn requests_per_second(&self, path: &str) -> Result<f64, String> {
        let done = AtomicU64::new(0);
        let length = Duration::from_secs(3);
        let begin = Instant::now();
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..16)
                .map(|_| {
                    scope.spawn(|| -> Result<(), String> {
                        let mut connection = Connection::open(&self.server.address)?;
                        let request =
                            connection.request("GET", path, &format!("Authorization: Bearer {}\r\n", self.token), &[]);
                        while begin.elapsed() < length {
                            let reply = connection.send(&request)?;
                            if reply.status != 200 {
                                return Err(format!("{path}: {}", reply.status));
                            }
                            done.fetch_add(1, Ordering::Relaxed);
                        }
                        Ok(())
                    })
                })
                .collect();
            for worker in workers {
                worker.join().map_err(|_| "a connection panicked".to_owned())??;
            }
            Ok::<(), String>(())
        })?;
        Ok(done.load(Ordering::Relaxed) as f64 / begin.elapsed().as_secs_f64())
    }
}

pub fn guarded_hello(bench: &Bench) -> Outcome {
    let firm = firm(bench, 10_000)?;
    let latency = firm.latency(bench, &["/healthz", "/api/v1/ping"])?;
    Ok(vec![Figure::new("guarded_hello", latency[1], "ms", bench.runs).over(latency[0]).at_most(8.0)])
}

fn read(bench: &Bench, name: &str, path: &str, at_most: f64) -> Outcome {
    let large = firm(bench, 10_000)?;
    let latency = large.latency(bench, &["/api/v1/ping", path])?;
    let rate = large.requests_per_second(path)?;
    drop(large);
    let small = firm(bench, 1_000)?;
    let before = small.latency(bench, &["/api/v1/ping", path])?;
    Ok(vec![
        Figure::new(name, latency[1], "ms", bench.runs).over(latency[0]).at_most(at_most),
        Figure::new(format!("{name}_growth"), latency[1], "ms", bench.runs).over(before[1]).at_most(1.5),
        Figure::new(format!("{name}_rate"), rate, "req/s", 1),
    ])
}

pub fn cockpit(bench: &Bench) -> Outcome {
    read(bench, "read_cockpit", COCKPIT, 3.0)
}

pub fn dossier_list(bench: &Bench) -> Outcome {
    read(bench, "read_dossier_list", LIST, 5.0)
}

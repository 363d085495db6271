//! Counts of what the server does, in the text form that Prometheus reads.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use store::upkeep::PoolState;

/// Upper bounds of the latency histogram, microseconds.
const BOUNDS: [u64; 12] =
    [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000];

#[derive(Debug, Default, Clone)]
struct Series {
    count: u64,
    micros: u64,
    /// Requests within each bound, not yet added up.
    within: [u64; BOUNDS.len()],
}

#[derive(Debug)]
pub struct Metrics {
    started: Instant,
    // One lock held for nanoseconds; a sharded counter would not be seen in any measurement.
    requests: Mutex<BTreeMap<(&'static str, u16), Series>>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { started: Instant::now(), requests: Mutex::default() }
    }
}

impl Metrics {
    pub fn request(&self, route: &'static str, status: u16, took: Duration) {
        let micros = took.as_micros() as u64;
        let mut requests = self.requests.lock().unwrap_or_else(|e| e.into_inner());
        let series = requests.entry((route, status)).or_default();
        series.count += 1;
        series.micros += micros;
        if let Some(place) = BOUNDS.iter().position(|bound| micros <= *bound) {
            series.within[place] += 1;
        }
    }

    pub fn text(&self, pool: PoolState, pool_max: u32, jobs: &[(String, i64)], mail: &[(&str, u64)]) -> String {
        let mut out = String::with_capacity(8192);
        head(&mut out, "cabready_build_info", "gauge", "Version of the program.");
        let _ = writeln!(out, "cabready_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
        head(&mut out, "cabready_uptime_seconds", "gauge", "Seconds since the start.");
        let _ = writeln!(out, "cabready_uptime_seconds {}", self.started.elapsed().as_secs());

        let requests = self.requests.lock().unwrap_or_else(|e| e.into_inner()).clone();
        head(&mut out, "cabready_http_requests_total", "counter", "Requests by operation and status.");
        let mut by_route: BTreeMap<&str, Series> = BTreeMap::new();
        for ((route, status), series) in &requests {
            let _ =
                writeln!(out, "cabready_http_requests_total{{route=\"{route}\",status=\"{status}\"}} {}", series.count);
            let sum = by_route.entry(route).or_default();
            sum.count += series.count;
            sum.micros += series.micros;
            for (total, part) in sum.within.iter_mut().zip(series.within) {
                *total += part;
            }
        }
        let name = "cabready_http_request_duration_seconds";
        head(&mut out, name, "histogram", "Time to answer, by operation.");
        for (route, series) in &by_route {
            let mut seen = 0;
            for (bound, within) in BOUNDS.iter().zip(series.within) {
                seen += within;
                let le = *bound as f64 / 1e6;
                let _ = writeln!(out, "{name}_bucket{{route=\"{route}\",le=\"{le}\"}} {seen}");
            }
            let _ = writeln!(out, "{name}_bucket{{route=\"{route}\",le=\"+Inf\"}} {}", series.count);
            let _ = writeln!(out, "{name}_sum{{route=\"{route}\"}} {}", series.micros as f64 / 1e6);
            let _ = writeln!(out, "{name}_count{{route=\"{route}\"}} {}", series.count);
        }

        head(&mut out, "cabready_database_connections", "gauge", "Connections of the pool.");
        let _ = writeln!(out, "cabready_database_connections{{state=\"idle\"}} {}", pool.idle);
        let _ =
            writeln!(out, "cabready_database_connections{{state=\"busy\"}} {}", pool.open.saturating_sub(pool.idle));
        head(&mut out, "cabready_database_connections_max", "gauge", "Largest number of connections.");
        let _ = writeln!(out, "cabready_database_connections_max {pool_max}");
        head(&mut out, "cabready_jobs", "gauge", "Jobs by state.");
        for (state, count) in jobs {
            let _ = writeln!(out, "cabready_jobs{{state=\"{state}\"}} {count}");
        }
        let about =
            "What was told of messages from outside: noted, known before, about none of ours, about something else.";
        head(&mut out, "cabready_mail_events_total", "counter", about);
        for (heard, count) in mail {
            let _ = writeln!(out, "cabready_mail_events_total{{heard=\"{heard}\"}} {count}");
        }
        if let Some(bytes) = resident_bytes() {
            head(&mut out, "process_resident_memory_bytes", "gauge", "Memory of the process.");
            let _ = writeln!(out, "process_resident_memory_bytes {bytes}");
        }
        out
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_add_up_and_end_with_the_count() {
        let metrics = Metrics::default();
        metrics.request("read_me", 200, Duration::from_micros(300));
        metrics.request("read_me", 200, Duration::from_micros(900));
        metrics.request("read_me", 401, Duration::from_secs(9));
        let text = metrics.text(PoolState { open: 3, idle: 2 }, 8, &[("queued".to_owned(), 4)], &[("unknown", 3)]);
        for line in [
            "cabready_http_requests_total{route=\"read_me\",status=\"200\"} 2",
            "cabready_http_requests_total{route=\"read_me\",status=\"401\"} 1",
            "cabready_http_request_duration_seconds_bucket{route=\"read_me\",le=\"0.00025\"} 0",
            "cabready_http_request_duration_seconds_bucket{route=\"read_me\",le=\"0.0005\"} 1",
            "cabready_http_request_duration_seconds_bucket{route=\"read_me\",le=\"0.001\"} 2",
            "cabready_http_request_duration_seconds_bucket{route=\"read_me\",le=\"5\"} 2",
            "cabready_http_request_duration_seconds_bucket{route=\"read_me\",le=\"+Inf\"} 3",
            "cabready_http_request_duration_seconds_count{route=\"read_me\"} 3",
            "cabready_database_connections{state=\"busy\"} 1",
            "cabready_jobs{state=\"queued\"} 4",
            "cabready_mail_events_total{heard=\"unknown\"} 3",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }
}

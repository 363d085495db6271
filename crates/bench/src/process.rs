//! The server as a process: started, measured, ended.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::Connection;
use crate::report::{Figure, median};
use crate::{Bench, Outcome};

pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    pub fn start(bench: &Bench, database_url: &str) -> Result<Self, String> {
        Self::start_with(bench, database_url, &[])
    }

    /// With settings of the figure's own.
    pub fn start_with(bench: &Bench, database_url: &str, more: &[&str]) -> Result<Self, String> {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(|e| e.to_string())?.port();
        let address = format!("127.0.0.1:{port}");
        let child = Command::new(&bench.server)
            .args(["serve", "--database-url", database_url, "--bind", &address])
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("{}: {e}", bench.server.display()))?;
        let mut server = Self { child, address };
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            if let Ok(mut connection) = Connection::open(&server.address) {
                let request = connection.request("GET", "/healthz", "", &[]);
                if connection.send(&request).is_ok_and(|r| r.status == 200) {
                    return Ok(server);
                }
            }
            if Instant::now() > end {
                server.stop();
                return Err("the server did not answer within 30 s".to_owned());
            }
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    /// A line of the process's status, in MB.
    pub fn memory(&self, line: &str) -> Result<f64, String> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
        status
            .lines()
            .find_map(|l| l.strip_prefix(line)?.trim().strip_suffix("kB")?.trim().parse::<f64>().ok())
            .map(|kb| kb / 1024.0)
            .ok_or_else(|| format!("no {line} in {path}"))
    }

    /// Forgets the highest memory seen so far.
    pub fn reset_peak(&self) {
        // Not every kernel lets it; then the peak is that of the whole life, which is more, not less.
        let _ = std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5");
    }

    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

pub struct Demo {
    pub url: String,
    pub email: String,
    pub password: String,
}

/// A database with the demonstration firm.
pub fn demo(bench: &Bench, name: &str, dossiers: u32) -> Result<Demo, String> {
    let path = bench.folder.path().join(name);
    let url = format!("sqlite:{}", path.display());
    let keep = path.with_extension("json");
    let text = if Path::new(&keep).exists() {
        std::fs::read_to_string(&keep).map_err(|e| e.to_string())?
    } else {
        let output = Command::new(&bench.server)
            .args(["demo", "--dossiers", &dossiers.to_string(), "--seed", "1", "--database-url", &url])
            .output()
            .map_err(|e| e.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        std::fs::write(&keep, &text).map_err(|e| e.to_string())?;
        text
    };
    let sign_in: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let word = |field: &str| sign_in[field].as_str().unwrap_or_default().to_owned();
    Ok(Demo { url, email: word("email"), password: word("password") })
}

pub fn idle_memory(bench: &Bench) -> Outcome {
    let demo = demo(bench, "idle.sqlite", 500)?;
    let mut values = Vec::new();
    for _ in 0..bench.runs {
        let server = Server::start(bench, &demo.url)?;
        std::thread::sleep(Duration::from_secs(2));
        values.push(server.memory("VmRSS:")?);
    }
    Ok(vec![Figure::new("idle_memory", median(values), "MB", bench.runs).at_most(50.0)])
}

pub fn cold_start(bench: &Bench) -> Outcome {
    let demo = demo(bench, "idle.sqlite", 500)?;
    let (mut values, mut floors) = (Vec::new(), Vec::new());
    for run in 0..=bench.runs {
        let begin = Instant::now();
        let server = Server::start(bench, &demo.url)?;
        let started = begin.elapsed();
        drop(server);
        // The floor: the same program started to say its version.
        let begin = Instant::now();
        let said = Command::new(&bench.server).arg("--version").stdout(Stdio::null()).status();
        let floor = begin.elapsed();
        said.map_err(|e| e.to_string())?;
        if run > 0 {
            values.push(started.as_secs_f64() * 1e3);
            floors.push(floor.as_secs_f64() * 1e3);
        }
    }
    let value = median(values);
    // The target is in milliseconds, not in times the floor.
    Ok(vec![
        Figure::new("cold_start", value, "ms", bench.runs).at_most(150.0),
        Figure::new("cold_start_floor", median(floors), "ms", bench.runs),
    ])
}

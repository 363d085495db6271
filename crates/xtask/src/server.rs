//! The binary `cabready`: built, asked, started.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::failure::{OrSay, Result};
use crate::process::{Job, Running, check_interrupted};
use crate::wasm::tail;
use crate::workspace;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// As users run it.
    Release,
    /// With the features that the tests compile, so that little is compiled twice.
    Tests,
}

pub fn build(profile: Profile) -> Result<PathBuf> {
    let job = workspace::cargo("build")?;
    let (job, folder) = match profile {
        Profile::Release => (job.args(["--release", "--package", "server"]), "release"),
        Profile::Tests => (job.args(["--workspace", "--exclude", "frontend"]), "debug"),
    };
    let job = job.args(["--bin", "cabready"]);
    // The browser tests connect a platform, too.
    let job = if profile == Profile::Tests { job.args(["--bin", "mock-platform"]) } else { job };
    job.run()?;
    Ok(workspace::target()?.join(folder).join("cabready"))
}

/// A port that was free a moment ago.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).or_say(|| "no free port on 127.0.0.1".to_owned())?;
    Ok(listener.local_addr().or_say(|| "no free port on 127.0.0.1".to_owned())?.port())
}

pub fn sqlite_url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// Fills a database with the demo firm; the reply is how to sign in.
pub fn demo(binary: &Path, database_url: &str, dossiers: u32) -> Result<SignIn> {
    let text = Job::new(binary)
        .args(["demo", "--dossiers", &dossiers.to_string(), "--seed", "1", "--database-url", database_url])
        .dir(&workspace::root())
        .capture()
        .or_say(|| "`cabready demo` failed".to_owned());
    check_interrupted()?;
    SignIn::parse(text?.trim())
}

/// What `cabready demo` writes: one JSON object.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub json: String,
    pub cabinet: String,
    pub email: String,
    pub password: String,
}

impl SignIn {
    pub fn parse(json: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(json)
            .or_say(|| "`cabready demo` must write one JSON object on its output".to_owned())?;
        let text = |field: &str| match value.get(field) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Object(object)) => {
                Ok(object.get("name").and_then(Value::as_str).unwrap_or_default().to_owned())
            }
            _ => Err(format!("the sign-in of `cabready demo` has no \"{field}\"")),
        };
        Ok(Self {
            cabinet: text("cabinet")?,
            email: text("email")?,
            password: text("password")?,
            json: value.to_string(),
        })
    }
}

pub enum Output {
    /// On ours: somebody is watching.
    Shown,
    /// In a file: somebody is watching something else.
    File(PathBuf),
}

pub struct Server {
    running: Running,
    pub url: String,
}

impl Server {
    /// Starts `cabready serve` with further settings, and waits until it is ready for requests.
    pub fn start(binary: &Path, database_url: &str, bind: &str, settings: &[&str], output: Output) -> Result<Self> {
        let mut job = Job::new(binary)
            .args(["serve", "--database-url", database_url, "--bind", bind])
            .args(settings)
            .dir(&workspace::root());
        if let Output::File(path) = &output {
            let log = File::create(path).or_say(|| format!("{} cannot be written", path.display()))?;
            let errors = log.try_clone().or_say(|| format!("{} cannot be written", path.display()))?;
            job = job.stdout(Stdio::from(log)).stderr(Stdio::from(errors));
        }
        let mut running = job.spawn()?;
        let url = format!("http://{}", reachable(bind));
        let client = reqwest::blocking::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(2))
            .build()
            .or_say(|| "no HTTP client".to_owned())?;
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            check_interrupted()?;
            if client.get(format!("{url}/readyz")).send().is_ok_and(|reply| reply.status().is_success()) {
                return Ok(Self { running, url });
            }
            let ended = running.has_ended();
            if ended.is_some() || Instant::now() > deadline {
                let how = match ended {
                    Some(status) => format!("ended with {status}"),
                    None => "did not answer /readyz within 60 s".to_owned(),
                };
                let said = match &output {
                    Output::Shown => "What it said is above.".to_owned(),
                    Output::File(path) => {
                        format!("It said:\n{}", tail(&std::fs::read_to_string(path).unwrap_or_default(), 20))
                    }
                };
                return Err(format!("`cabready serve` {how}. {said}").into());
            }
            thread::sleep(Duration::from_millis(25));
        }
    }

    pub fn wait(&mut self) -> Result<std::process::ExitStatus> {
        self.running.wait()
    }
}

/// A platform of e-invoicing to connect to: `mock-platform`, built beside the server.
pub struct Platform {
    _running: Running,
    /// What a connection to it wants, as the API takes it: JSON.
    pub connection: String,
}

impl Platform {
    /// Starts it on a free port and waits until it says how to connect.
    pub fn start(server: &Path, log: &Path) -> Result<Self> {
        let output = File::create(log).or_say(|| format!("{} cannot be written", log.display()))?;
        let mut running = Job::new(server.with_file_name("mock-platform"))
            .args(["--bind", "127.0.0.1:0", "--every", "1"])
            .dir(&workspace::root())
            .stdout(Stdio::from(output))
            .spawn()?;
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            check_interrupted()?;
            let said = std::fs::read_to_string(log).unwrap_or_default();
            // A line that is still being written has no end yet.
            let whole = said.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            if let Some(line) = whole.map(str::trim).find(|line| line.starts_with('{')) {
                return Ok(Self { connection: line.to_owned(), _running: running });
            }
            if running.has_ended().is_some() || Instant::now() > deadline {
                return Err(format!("`mock-platform` did not start. It said:\n{}", tail(&said, 20)).into());
            }
            thread::sleep(Duration::from_millis(25));
        }
    }
}

/// The address that a browser on this machine takes for what the server is bound to.
fn reachable(bind: &str) -> String {
    match bind.rsplit_once(':') {
        Some(("0.0.0.0" | "[::]", port)) => format!("127.0.0.1:{port}"),
        _ => bind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_in_names_what_is_missing() {
        let sign_in =
            SignIn::parse(r#"{"cabinet":"Cabinet Vauban","email":"a@example.fr","password":"x","seed":1}"#).unwrap();
        assert_eq!(sign_in.cabinet, "Cabinet Vauban");
        let refused = SignIn::parse(r#"{"cabinet":"x","email":"a@example.fr"}"#).unwrap_err().to_string();
        assert!(refused.contains("\"password\""), "{refused}");
        assert!(SignIn::parse("Loading…").is_err());
    }

    #[test]
    fn a_wildcard_address_is_opened_on_this_machine() {
        assert_eq!(reachable("0.0.0.0:8080"), "127.0.0.1:8080");
        assert_eq!(reachable("[::]:80"), "127.0.0.1:80");
        assert_eq!(reachable("127.0.0.1:9000"), "127.0.0.1:9000");
    }
}

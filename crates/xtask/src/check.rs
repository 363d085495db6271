//! `cargo xtask test`: everything that must hold, one step after the other, and a table at the end.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Result};
use crate::postgres::Cluster;
use crate::process::{ask, interrupted};
use crate::server::Profile;
use crate::{apt, arrows, browser, client, openapi, postgres, say, server, tools, workspace};

enum Outcome {
    Passed(String),
    Failed(String),
    /// What it needs did not come about; the step that failed says why.
    NotRun(String),
    /// Not asked for.
    LeftOut(String),
}

struct Line {
    name: &'static str,
    outcome: Outcome,
    time: Duration,
}

#[derive(Default)]
struct Report {
    lines: Vec<Line>,
}

impl Report {
    /// Runs one step; what it yields is there for the steps that need it.
    fn step<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<(T, String)>) -> Option<T> {
        if interrupted() {
            return None;
        }
        say::headline(name);
        let started = Instant::now();
        let result = work();
        let time = started.elapsed();
        let (value, outcome) = match result {
            Ok((value, note)) => {
                say::done(&format!("{note} ({})", say::time(time)));
                (Some(value), Outcome::Passed(note))
            }
            Err(Failure::Because(reason)) => {
                say::failed(&format!("{reason} ({})", say::time(time)));
                (None, Outcome::Failed(reason))
            }
            Err(Failure::Interrupted) => (None, Outcome::NotRun("interrupted".to_owned())),
        };
        self.lines.push(Line { name, outcome, time });
        value
    }

    fn not_run(&mut self, name: &'static str, why: &str) {
        self.lines.push(Line { name, outcome: Outcome::NotRun(why.to_owned()), time: Duration::ZERO });
    }

    fn left_out(&mut self, name: &'static str, why: &str) {
        self.lines.push(Line { name, outcome: Outcome::LeftOut(why.to_owned()), time: Duration::ZERO });
    }

    fn finish(self, started: Instant) -> Result<()> {
        if interrupted() {
            return Err(Failure::Interrupted);
        }
        say::headline(&format!("Summary after {}", say::time(started.elapsed())));
        let rows: Vec<Vec<String>> = self
            .lines
            .iter()
            .map(|line| {
                let (word, note) = match &line.outcome {
                    Outcome::Passed(note) => ("passed", note),
                    Outcome::Failed(note) => ("FAILED", note),
                    Outcome::NotRun(note) => ("NOT RUN", note),
                    Outcome::LeftOut(note) => ("left out", note),
                };
                let time = if line.time.is_zero() { String::new() } else { say::time(line.time) };
                let note = note.lines().next().unwrap_or_default().to_owned();
                vec![word.to_owned(), line.name.to_owned(), time, note]
            })
            .collect();
        say::table(&rows);
        let bad: Vec<&str> = self
            .lines
            .iter()
            .filter(|line| matches!(line.outcome, Outcome::Failed(_) | Outcome::NotRun(_)))
            .map(|line| line.name)
            .collect();
        say::plain("");
        if bad.is_empty() { Ok(()) } else { Err(format!("not everything holds: {}", bad.join(", ")).into()) }
    }
}

pub fn quick() -> Result<()> {
    let started = Instant::now();
    let mut report = Report::default();
    static_steps(&mut report);
    report.step("Unit and API tests on SQLite", || tests(None));
    report.left_out("PostgreSQL, client, OpenAPI, browser", "--quick leaves them out; `cargo xtask test` runs them");
    report.finish(started)
}

pub fn everything() -> Result<()> {
    let started = Instant::now();
    setup_system()?;

    let mut report = Report::default();
    let packages = report.step("Set-up of npm's packages", || {
        tools::npm_packages()?;
        Ok(((), "as in e2e/package-lock.json".to_owned()))
    });
    let compiler = report.step("Set-up of the client's tools", || Ok((client::setup()?, "ready".to_owned())));
    let cluster = report.step("Set-up of a throw-away PostgreSQL", || {
        let cluster = Cluster::start()?;
        let url = cluster.url.clone();
        Ok((cluster, url))
    });

    static_steps(&mut report);

    // Before the tests: the server embeds the client, and would be compiled again if it came later.
    let client = match &compiler {
        Some(setup) => report.step("Client build and size", || {
            client::build(setup)?;
            Ok(((), client::weigh(setup)?))
        }),
        None => {
            report.not_run("Client build and size", "its tools could not be set up");
            None
        }
    };

    match &cluster {
        Some(cluster) => {
            report.step("Unit and API tests on SQLite and PostgreSQL", || tests(Some(cluster)));
        }
        None => {
            report.step("Unit and API tests on SQLite", || tests(None));
            report.not_run("API tests on PostgreSQL", "the cluster could not be started");
        }
    }
    drop(cluster);
    report.step("Client unit tests", client_tests);
    report.step("Examples in the documentation", doc_tests);

    let binary: Option<PathBuf> = report.step("Server build for the checks on the real binary", || {
        let binary = server::build(Profile::Tests)?;
        let note = binary.display().to_string();
        Ok((binary, note))
    });
    match &binary {
        Some(binary) => {
            report.step("OpenAPI document against the server", || Ok(((), openapi::compare(binary)?)));
        }
        None => report.not_run("OpenAPI document against the server", "the server does not build"),
    }
    match packages {
        Some(()) => {
            report.step("OpenAPI document against the linter", || Ok(((), openapi::lint()?)));
        }
        None => report.not_run("OpenAPI document against the linter", "npm's packages could not be set up"),
    }
    match (&binary, packages, client) {
        (Some(binary), Some(()), Some(())) => {
            report.step("Browser tests with accessibility", || Ok(((), browser::run(binary, &[])?)));
        }
        (None, ..) => report.not_run("Browser tests with accessibility", "the server does not build"),
        (_, None, _) => report.not_run("Browser tests with accessibility", "npm's packages could not be set up"),
        (_, _, None) => report.not_run("Browser tests with accessibility", "the client does not build"),
    }
    report.finish(started)
}

/// What only the system's package manager can bring; without it there is nothing to begin with.
pub fn setup_system() -> Result<()> {
    say::headline("Set-up of the system's packages");
    let mut needs = postgres::needs()?;
    needs.extend(tools::browser_needs()?);
    needs.extend(tools::node_needs());
    if needs.is_empty() {
        say::done("PostgreSQL, SQLite, Chromium, Node and npm are here");
    }
    apt::install(&needs)
}

fn static_steps(report: &mut Report) {
    report.step("Format", || {
        workspace::cargo("fmt")?.args(["--all", "--check"]).run().map_err(|failure| match failure {
            Failure::Interrupted => Failure::Interrupted,
            Failure::Because(_) => Failure::from("some files are not formatted: `cargo xtask fmt`"),
        })?;
        Ok(((), "as rustfmt writes it".to_owned()))
    });
    report.step("Architecture arrows", || Ok(((), arrows::check()?)));
    report.step("Lints of the server's side", || {
        workspace::cargo("clippy")?
            .args(["--workspace", "--exclude", "frontend", "--all-targets", "--", "-D", "warnings"])
            .run()?;
        Ok(((), "no warnings".to_owned()))
    });
    report.step("Lints of the client", || {
        workspace::cargo("clippy")?.args(["--package", "frontend", "--all-targets", "--", "-D", "warnings"]).run()?;
        Ok(((), "no warnings".to_owned()))
    });
}

fn nextest() -> bool {
    ask("cargo", &["nextest", "--version"]).is_some()
}

fn tests(cluster: Option<&Cluster>) -> Result<((), String)> {
    let job = if nextest() {
        workspace::cargo("nextest")?.args(["run", "--no-fail-fast", "--no-tests", "pass"])
    } else {
        workspace::cargo("test")?.args(["--no-fail-fast", "--lib", "--bins", "--tests"])
    };
    let job = job.args(["--workspace", "--exclude", "frontend"]);
    let job = match cluster {
        Some(cluster) => job.env("CABREADY_TEST_POSTGRES", &cluster.url).env("CABREADY_REQUIRE_POSTGRES", "1"),
        None => {
            say::warn("PostgreSQL is left out: these tests run on SQLite alone");
            job.env_remove("CABREADY_TEST_POSTGRES").env_remove("CABREADY_REQUIRE_POSTGRES")
        }
    };
    job.run()?;
    let on = if cluster.is_some() { "SQLite and PostgreSQL" } else { "SQLite alone" };
    Ok(((), format!("passed on {on}")))
}

fn client_tests() -> Result<((), String)> {
    let job = if nextest() {
        workspace::cargo("nextest")?.args(["run", "--no-fail-fast", "--no-tests", "pass"])
    } else {
        workspace::cargo("test")?.arg("--no-fail-fast")
    };
    job.args(["--package", "frontend"]).run()?;
    Ok(((), "passed on this machine's target".to_owned()))
}

fn doc_tests() -> Result<((), String)> {
    workspace::cargo("test")?.args(["--doc", "--workspace", "--exclude", "frontend"]).run()?;
    Ok(((), "they compile and hold".to_owned()))
}

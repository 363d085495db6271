//! The figures, measured on what users run: builds the client and the server in release, starts a throw-away PostgreSQL,
//! and leaves the measuring to `crates/bench`.

use std::process::Stdio;

use crate::failure::{OrSay, Result};
use crate::process::Job;
use crate::server::{self, Profile};
use crate::{apt, check, client, postgres, say, tools, workspace};

/// Builds what the named figures need; all of them when none is named.
pub fn prepare(names: &[String]) -> Result<()> {
    check::setup_system()?;
    if browser(names) {
        apt::install(&tools::node_needs())?;
        tools::npm_packages()?;
        client::build(&client::setup()?)?;
    }
    server::build(Profile::Release)?;
    workspace::cargo("build")?.args(["--release", "--package", "bench"]).run()
}

fn browser(names: &[String]) -> bool {
    names.is_empty() || names.iter().any(|n| n.starts_with("client_"))
}

pub fn run(json: bool, quick: bool, names: &[String]) -> Result<()> {
    if json {
        // Standard output is for the figures alone, so what the builds say goes elsewhere.
        say::to_stderr();
        let this = std::env::current_exe().or_say(|| "the path of xtask is not known".to_owned())?;
        Job::new(this)
            .args(["bench", "--build-only"])
            .args(names.iter().map(String::as_str))
            .stdout(Stdio::from(std::io::stderr()))
            .run()?;
    } else {
        prepare(names)?;
    }
    let release = workspace::target()?.join("release");
    let postgres = names.is_empty() || names.iter().any(|n| n.ends_with("_postgres"));
    let cluster = if postgres { Some(postgres::Cluster::start()?) } else { None };
    say::note("measuring: nothing else should run on this machine");
    let mut job = Job::new(release.join("bench"))
        .args(json.then_some("--json"))
        .args(quick.then_some("--quick"))
        .args(names.iter().map(String::as_str))
        .dir(&workspace::root())
        .env("CABREADY_BENCH_SERVER", release.join("cabready"))
        .env("CABREADY_BENCH_BROWSER", workspace::e2e().join("bench").join("interactive.mjs"));
    if let Some(cluster) = &cluster {
        job = job.env("CABREADY_BENCH_POSTGRES", &cluster.url);
    }
    if let Some(chromium) = tools::chromium() {
        job = job.env("CABREADY_CHROMIUM", chromium);
    }
    job.run()
}

//! The real binary in a real browser.

use std::path::Path;

use crate::failure::{Failure, OrSay, Result};
use crate::server::{self, Output, Platform, Server};
use crate::{say, tools, workspace};

/// As many as a first `cargo xtask run` shows.
pub const DEMO_DOSSIERS: u32 = 500;

/// Starts one server on the demo firm, one on an empty database and a platform to connect, runs Playwright against them,
/// stops them.
pub fn run(binary: &Path, arguments: &[String]) -> Result<String> {
    let logs = workspace::target()?.join("e2e");
    workspace::make(&logs)?;
    let data =
        tempfile::Builder::new().prefix("cabready-e2e-").tempdir().or_say(|| "no temporary folder".to_owned())?;
    let chromium = tools::chromium().ok_or("Chromium is missing: `cargo xtask setup` installs it")?;

    let full_url = server::sqlite_url(&data.path().join("demo.sqlite"));
    let sign_in = server::demo(binary, &full_url, DEMO_DOSSIERS)?;
    let start = |url: &str, settings: &[&str], log: &str| -> Result<Server> {
        let bind = format!("127.0.0.1:{}", server::free_port()?);
        Server::start(binary, url, &bind, settings, Output::File(logs.join(log)))
    };
    let full = start(&full_url, &[], "demo.log")?;
    // In a folder of its own, for its messages are written beside it.
    let apart = data.path().join("bare");
    workspace::make(&apart)?;
    let bare_database = apart.join("bare.sqlite");
    // The platform that its tests connect stands on this machine.
    let bare = start(&server::sqlite_url(&bare_database), &["--allow-private-platforms=true"], "bare.log")?;
    let platform = Platform::start(binary, &logs.join("platform.log"))?;
    say::note(&format!("demo firm on {}, empty database on {}; logs in {}", full.url, bare.url, logs.display()));

    tools::node_script("@playwright/test/cli.js", true)
        .arg("test")
        .args(arguments)
        .env("CABREADY_E2E_BASE_URL", &full.url)
        .env("CABREADY_E2E_BARE_URL", &bare.url)
        .env("CABREADY_E2E_BARE_DATABASE", &bare_database)
        .env("CABREADY_E2E_BARE_MAILS", apart.join("mails"))
        .env("CABREADY_E2E_CONNECTION", &platform.connection)
        .env("CABREADY_E2E_SIGN_IN", &sign_in.json)
        .env("CABREADY_E2E_OUTPUT", logs.join("results"))
        .env("CABREADY_CHROMIUM", chromium)
        .run()
        .map_err(|failure| match failure {
            Failure::Interrupted => Failure::Interrupted,
            Failure::Because(reason) => Failure::Because(format!(
                "{reason}; pictures and traces are in {}, the servers' logs beside them",
                logs.join("results").display()
            )),
        })?;
    Ok("browser and accessibility tests passed".to_owned())
}

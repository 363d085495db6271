//! Tools of other people: Trunk, wasm-bindgen, wasm-split, wasm-opt, npm's packages, Chromium.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::apt::Need;
use crate::failure::{Failure, OrSay, Result};
use crate::process::{Job, ask, find, find_in};
use crate::version::{self, Version};
use crate::{say, workspace};

/// The newest Trunk that the workspace's `rust-version` compiles.
const TRUNK: &str = "0.21.14";
/// It must know the marks that `wasm_split_helpers` of Cargo.lock leaves in the module.
const WASM_SPLIT: &str = "0.2.4";
const BINARYEN: &str = "132.0.0";
/// What Playwright and the linter need.
const NODE: Version = Version(18, 18, 0);

/// What the client's build finds on its PATH.
pub struct ClientTools {
    pub path: OsString,
    /// Optional: it makes the client smaller, not different.
    pub wasm_opt: bool,
}

impl ClientTools {
    /// The PATH that the caller has prepared.
    pub fn on_path() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let wasm_opt = find_in("wasm-opt", &path).is_some();
        Self { path, wasm_opt }
    }
}

pub fn client_tools() -> Result<ClientTools> {
    let cache = workspace::cache()?;
    let root = cache.join("tools");
    let node_bin = root.join("node/node_modules/.bin");
    let path = prepend(&[root.join("bin"), node_bin])?;

    let lock = workspace::read(&workspace::root().join("Cargo.lock"))?;
    let bindgen = match version::locked(&lock, "wasm-bindgen").as_slice() {
        [one] => one.clone(),
        [] => return Err("Cargo.lock has no wasm-bindgen: is `frontend` still a member of the workspace?".into()),
        many => {
            return Err(format!(
                "Cargo.lock has several versions of wasm-bindgen ({}); the client and its tool must agree on one: `cargo \
                 tree --workspace -d -i wasm-bindgen` shows who asks for which",
                many.join(", ")
            )
            .into());
        }
    };

    let trunk = CargoTool {
        package: "trunk",
        program: "trunk",
        version: TRUNK,
        why: "it packs the client; about 6 minutes on two cores, once",
        // Its lock file is the one that it was tested with.
        locked: true,
        features: "",
    };
    let wasm_split = CargoTool {
        package: "wasm_split_cli_support",
        program: "wasm-split-cli",
        version: WASM_SPLIT,
        why: "it cuts the client into the part that everybody loads and those that wait; a minute on two cores, once",
        locked: true,
        features: "build-binary",
    };
    let wasm_bindgen = CargoTool {
        package: "wasm-bindgen-cli",
        program: "wasm-bindgen",
        version: &bindgen,
        why: "it must equal the version in Cargo.lock exactly; about 3 minutes on two cores, once",
        // Its lock file names crate versions that registries have since withdrawn.
        locked: false,
        features: "",
    };
    for tool in [trunk, wasm_split, wasm_bindgen] {
        tool.ensure(&path, &root)?;
    }
    let wasm_opt = wasm_opt(&path, &root)?;
    Ok(ClientTools { path, wasm_opt })
}

fn prepend(folders: &[PathBuf]) -> Result<OsString> {
    let current = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(folders.iter().cloned().chain(std::env::split_paths(&current)))
        .or_say(|| "the tools' folder cannot stand in PATH".to_owned())
}

struct CargoTool<'a> {
    package: &'a str,
    program: &'a str,
    version: &'a str,
    why: &'a str,
    locked: bool,
    features: &'a str,
}

impl CargoTool<'_> {
    fn found(&self, path: &OsString, root: &Path) -> Option<Version> {
        let program = find_in(self.program, path)?;
        match ask(program, &["--version"]) {
            Some(said) => Version::find(&said),
            // Not every program tells its version; cargo's own record of what it installed does.
            None => std::fs::read_to_string(root.join(".crates.toml"))
                .ok()?
                .lines()
                .find_map(|line| line.strip_prefix('"')?.strip_prefix(self.package)?.strip_prefix(' '))
                .and_then(Version::find),
        }
    }

    fn ensure(&self, path: &OsString, root: &Path) -> Result<()> {
        let wanted = Version::find(self.version);
        let found = self.found(path, root);
        if found.is_some() && found == wanted {
            say::done(&format!("{} {}", self.program, self.version));
            return Ok(());
        }
        match found {
            Some(other) => say::note(&format!("{} is {other}, {} is needed: {}", self.program, self.version, self.why)),
            None => say::note(&format!("{} {} is missing: {}", self.program, self.version, self.why)),
        }
        let started = Instant::now();
        let build = workspace::cache()?.join("tools-target").join(self.package);
        let mut job = Job::new("cargo")
            .args(["install", self.package, "--version", self.version, "--force", "--root"])
            .arg(root)
            .env("CARGO_TARGET_DIR", &build)
            // They run for seconds and are compiled for minutes: less optimisation is the faster whole.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        if self.locked {
            job = job.arg("--locked");
        }
        if !self.features.is_empty() {
            job = job.args(["--features", self.features]);
        }
        job.run().map_err(|failure| match failure {
            Failure::Interrupted => Failure::Interrupted,
            Failure::Because(reason) => Failure::Because(format!(
                "{} {} could not be installed ({reason}); what cargo said is above",
                self.package, self.version
            )),
        })?;
        if self.found(path, root) != wanted {
            return Err(format!("{} was installed, but does not say that it is {}", self.program, self.version).into());
        }
        // A gigabyte that nobody needs again.
        let _ = std::fs::remove_dir_all(&build);
        say::done(&format!("{} {} in {}", self.program, self.version, say::time(started.elapsed())));
        Ok(())
    }
}

fn wasm_opt(path: &OsString, root: &Path) -> Result<bool> {
    let wanted = Version::find(BINARYEN).map(|version| version.0);
    let right = || {
        find_in("wasm-opt", path)
            .and_then(|program| ask(program, &["--version"]))
            .and_then(|text| Version::find(&text))
            .is_some_and(|version| Some(version.0) == wanted)
    };
    if right() {
        say::done(&format!("wasm-opt {}", wanted.unwrap_or_default()));
        return Ok(true);
    }
    if find("npm").is_none() {
        say::warn("wasm-opt is skipped: it comes from npm, which is not here. The client works, a little larger.");
        return Ok(false);
    }
    say::note("wasm-opt is missing: it makes the client smaller; from npm's package binaryen, a few seconds");
    let folder = root.join("node");
    workspace::make(&folder)?;
    let package = format!("binaryen@{BINARYEN}");
    let installed = npm(Job::new("npm").args(["install", "--prefix"]).arg(&folder).arg(package))?.run_quietly();
    match installed {
        Ok(()) if right() => {
            say::done(&format!("wasm-opt {}", wanted.unwrap_or_default()));
            Ok(true)
        }
        Ok(()) => {
            say::warn("wasm-opt is skipped: npm's package does not run here. The client works, a little larger.");
            Ok(false)
        }
        Err(Failure::Interrupted) => Err(Failure::Interrupted),
        Err(Failure::Because(reason)) => {
            say::warn(&format!("wasm-opt is skipped: {reason}. The client works, a little larger."));
            Ok(false)
        }
    }
}

/// npm without its talk, its questions to other hosts and its packages' own scripts.
fn npm(job: Job) -> Result<Job> {
    let job = job
        .args(["--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--prefer-offline"])
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
        .env("SCARF_ANALYTICS", "false");
    Ok(if workspace::ci() { job.arg("--cache").arg(workspace::cache()?.join("npm")) } else { job })
}

/// The packages of the system that Node's part needs.
pub fn node_needs() -> Vec<Need> {
    let mut needs = Vec::new();
    if find("node").is_none() {
        needs.push(Need { package: "nodejs", why: "Playwright drives the browser with it" });
    }
    if find("npm").is_none() {
        needs.push(Need { package: "npm", why: "it installs Playwright, axe and the OpenAPI linter" });
    }
    needs
}

/// The packages of `e2e/package-lock.json`, exactly.
pub fn npm_packages() -> Result<()> {
    if let Some(text) = ask("node", &["--version"])
        && Version::find(&text).is_none_or(|version| version < NODE)
    {
        return Err(format!("Node is {text}; Playwright needs {NODE} or later: https://nodejs.org").into());
    }
    let e2e = workspace::e2e();
    let lock = workspace::read(&e2e.join("package-lock.json"))?;
    let stamp = e2e.join("node_modules/.cabready-lock.json");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        say::done("npm's packages of e2e/ are those of the lock file");
        return Ok(());
    }
    say::note("npm ci in e2e/: Playwright, axe and the OpenAPI linter");
    let started = Instant::now();
    npm(Job::new("npm").arg("ci").dir(&e2e))?.run_quietly()?;
    workspace::write(&stamp, &lock)?;
    say::done(&format!("npm's packages of e2e/ in {}", say::time(started.elapsed())));
    Ok(())
}

/// A program of `e2e/node_modules`, run by Node itself: `npx` would stand between us and its signals.
pub fn node_script(script: &str, interruptible: bool) -> Job {
    let job = if interruptible { Job::new_interruptible("node") } else { Job::new("node") };
    job.arg(workspace::e2e().join("node_modules").join(script)).dir(&workspace::e2e())
}

pub fn chromium() -> Option<PathBuf> {
    match std::env::var_os("CABREADY_CHROMIUM").filter(|value| !value.is_empty()) {
        Some(path) => Some(PathBuf::from(path)),
        None => ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"].into_iter().find_map(find),
    }
}

/// What the browser tests need of the system.
pub fn browser_needs() -> Result<Vec<Need>> {
    let mut needs = match chromium() {
        Some(path) if path.is_file() => Vec::new(),
        Some(path) => return Err(format!("CABREADY_CHROMIUM is \"{}\", which is not a file", path.display()).into()),
        None => vec![Need { package: "chromium", why: "the browser tests run in it" }],
    };
    if find("sqlite3").is_none() {
        needs.push(Need { package: "sqlite3", why: "the browser tests let a link expire with it" });
    }
    Ok(needs)
}

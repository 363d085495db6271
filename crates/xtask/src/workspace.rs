//! Where things are.

use std::path::{Path, PathBuf};

use crate::failure::{OrSay, Result};
use crate::process::Job;

/// The folder of the repository.
pub fn root() -> PathBuf {
    // Set by `cargo run`; the value at compile time serves a binary that is started by hand.
    let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    Path::new(&manifest).ancestors().nth(2).map(Path::to_path_buf).unwrap_or_else(|| PathBuf::from("."))
}

/// True on the machines that build every push: caches move out of the clone, and the lock file is law.
pub fn ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// What outlives a clone: tools, and in CI everything that is compiled.
pub fn cache() -> Result<PathBuf> {
    let set = |key: &str| std::env::var_os(key).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("CABREADY_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|folder| folder.join("cabready")))
        .or_else(|| set("HOME").map(|folder| folder.join(".cache/cabready")))
        .ok_or("no folder for tools: set CABREADY_CACHE to one that may be written to")?;
    let folder = std::path::absolute(&folder).or_say(|| format!("{} is no usable path", folder.display()))?;
    make(&folder)?;
    Ok(folder)
}

pub fn make(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).or_say(|| format!("the folder {} cannot be made", folder.display()))
}

/// Where cargo builds for this machine.
pub fn target() -> Result<PathBuf> {
    match std::env::var_os("CARGO_TARGET_DIR").filter(|value| !value.is_empty()) {
        Some(folder) => std::path::absolute(&folder).or_say(|| "CARGO_TARGET_DIR is no usable path".to_owned()),
        None if ci() => Ok(cache()?.join("target")),
        None => Ok(root().join("target")),
    }
}

/// The client may be built by another compiler: in one folder the two would throw each other's work away.
pub fn wasm_target() -> Result<PathBuf> {
    Ok(target()?.join("wasm"))
}

/// Where Trunk puts the client, and where the server's build script takes it from.
pub fn dist() -> PathBuf {
    root().join("dist")
}

pub fn e2e() -> PathBuf {
    root().join("e2e")
}

pub fn data() -> PathBuf {
    root().join("data")
}

pub fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).or_say(|| format!("{} cannot be read", path.display()))
}

pub fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).or_say(|| format!("{} cannot be written", path.display()))
}

/// `cargo <subcommand>` on this workspace. When a built client is there the server embeds it: the same setting in every
/// call, or each call would compile the server again.
pub fn cargo(subcommand: &str) -> Result<Job> {
    let job = Job::new("cargo").arg(subcommand).dir(&root()).env("CARGO_TARGET_DIR", target()?);
    let dist = dist();
    Ok(if dist.join("index.html").is_file() {
        job.env("CABREADY_CLIENT_DIST", dist)
    } else {
        job.env_remove("CABREADY_CLIENT_DIST")
    })
}

/// Trunk builds offline, so the crates must be here before it starts; in CI the lock file must be up to date, too.
pub fn fetch_crates() -> Result<()> {
    let job = Job::new("cargo").args(["fetch", "--quiet"]).dir(&root());
    if ci() { job.arg("--locked").run() } else { job.run() }
}

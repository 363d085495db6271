//! The compiler that can build the client.
//!
//! Tried in this order, unless CABREADY_WASM_TOOLCHAIN names one:
//! 1. the current toolchain already has the target;
//! 2. `rustup target add`;
//! 3. Debian's own compiler (packages `rustc-web` and `rust-web-src`), for which the standard library is built here from
//!    Debian's source. It is used for the client alone.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::apt::{self, Need};
use crate::failure::{Failure, OrSay, Result};
use crate::process::{Job, ask, check_interrupted, find};
use crate::{say, workspace};

const TARGET: &str = "wasm32-unknown-unknown";
const VARIABLE: &str = "CABREADY_WASM_TOOLCHAIN";

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/std";
const DEBIAN_LIBRARIES: &str = "/usr/lib/rustlib/wasm32-unknown-unknown/lib";
const DEBIAN_LINKER_FOLDER: &str = "/usr/lib/rustlib/x86_64-unknown-linux-gnu/bin";

/// The name under which rustup knows Debian's compiler.
const LINKED: &str = "wasm";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The one that builds everything else.
    Current,
    /// Debian's compiler through rustup's name for it.
    DebianLinked,
    /// Debian's compiler on a machine without rustup.
    Debian,
}

impl Toolchain {
    pub fn apply(self, job: Job) -> Job {
        match self {
            Self::Current => job,
            Self::DebianLinked => job.env("RUSTUP_TOOLCHAIN", LINKED),
            Self::Debian => job.env("RUSTC", DEBIAN_RUSTC),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::DebianLinked => "debian-linked",
            Self::Debian => "debian",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Current, Self::DebianLinked, Self::Debian].into_iter().find(|toolchain| toolchain.name() == name)
    }

    fn told(self) -> &'static str {
        match self {
            Self::Current => "the current toolchain has the WASM target",
            Self::DebianLinked | Self::Debian => "Debian's compiler (rustc-web) builds the client",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Any,
    Rustup,
    Debian,
}

fn choice(value: Option<&str>) -> Result<Choice> {
    match value {
        None | Some("") => Ok(Choice::Any),
        Some("rustup") => Ok(Choice::Rustup),
        Some("debian") => Ok(Choice::Debian),
        Some(other) => Err(format!(
            "{VARIABLE} is \"{other}\"; expected \"rustup\" or \"debian\", or leave it unset to take what works"
        )
        .into()),
    }
}

pub fn ensure() -> Result<Toolchain> {
    let choice = choice(std::env::var(VARIABLE).ok().as_deref())?;
    let toolchain = match choice {
        Choice::Rustup => rustup()?,
        Choice::Debian => debian()?,
        Choice::Any if current_has_target() => Toolchain::Current,
        Choice::Any => match debian_ready()? {
            Some(ready) => ready,
            None => match rustup() {
                Ok(toolchain) => toolchain,
                Err(Failure::Interrupted) => return Err(Failure::Interrupted),
                Err(failure) => {
                    say::warn(&format!("{failure}. Debian's packages are the other way."));
                    debian()?
                }
            },
        },
    };
    say::done(toolchain.told());
    Ok(toolchain)
}

fn current_has_target() -> bool {
    ask("rustc", &["--print", "target-libdir", "--target", TARGET])
        .is_some_and(|folder| has_library(Path::new(&folder), "libcore-"))
}

fn has_library(folder: &Path, prefix: &str) -> bool {
    libraries(folder).iter().any(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
}

/// The `.rlib` files of a folder; none when there is no such folder.
fn libraries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rlib"))
        .collect()
}

fn rustup() -> Result<Toolchain> {
    if current_has_target() {
        return Ok(Toolchain::Current);
    }
    if find("rustup").is_none() {
        return Err(format!("rustup is not on this machine, so it cannot add the target {TARGET}").into());
    }
    say::note(&format!("rustup target add {TARGET}: the standard library for the browser"));
    Job::new("rustup").args(["target", "add", TARGET]).dir(&workspace::root()).run_quietly()?;
    if current_has_target() {
        Ok(Toolchain::Current)
    } else {
        Err(format!("rustup added {TARGET}, but `rustc` on PATH does not find it: is another rustc before rustup's?")
            .into())
    }
}

fn debian() -> Result<Toolchain> {
    let mut needs = Vec::new();
    if !Path::new(DEBIAN_RUSTC).is_file() || debian_rustc_is_old() {
        needs.push(Need { package: "rustc-web", why: "Debian's current compiler, for the client in the browser" });
    }
    if !Path::new(DEBIAN_SOURCE).is_dir() {
        needs
            .push(Need { package: "rust-web-src", why: "the source of its standard library, which is built for WASM" });
    }
    apt::install(&needs)?;
    if let Some(ready) = debian_ready()? {
        return Ok(ready);
    }
    build_standard_library()?;
    match debian_ready()? {
        Some(ready) => Ok(ready),
        None => Err(format!(
            "the standard library is in {DEBIAN_LIBRARIES}, but a small program still does not build with it; what the \
             compiler said is above. CABREADY_WASM_TOOLCHAIN=rustup takes the other way."
        )
        .into()),
    }
}

/// Debian stable's plain `rustc` package is too old for this workspace.
fn debian_rustc_is_old() -> bool {
    use crate::version::Version;
    ask(DEBIAN_RUSTC, &["--version"])
        .and_then(|text| Version::find(&text))
        .is_none_or(|version| version < Version(1, 95, 0))
}

/// The toolchain, if a small program builds with it.
fn debian_ready() -> Result<Option<Toolchain>> {
    let libraries = Path::new(DEBIAN_LIBRARIES);
    if !Path::new(DEBIAN_RUSTC).is_file() || !has_library(libraries, "libstd-") || !linker().exists() {
        return Ok(None);
    }
    let toolchain = link_toolchain()?;
    let folder = workspace::cache()?.join("wasm-probe");
    small_crate(&folder, "wasm-probe")?;
    // Cargo notices another compiler, but not other libraries of the same one.
    let built = toolchain
        .apply(Job::new("cargo"))
        .args(["build", "--quiet", "--offline", "--release", "--target", TARGET])
        .dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .run_quietly();
    match built {
        Ok(()) => Ok(Some(toolchain)),
        Err(Failure::Interrupted) => Err(Failure::Interrupted),
        Err(failure) => {
            say::note(&format!("Debian's compiler does not build for WASM yet: {failure}"));
            Ok(None)
        }
    }
}

fn linker() -> PathBuf {
    Path::new(DEBIAN_LINKER_FOLDER).join("rust-lld")
}

fn link_toolchain() -> Result<Toolchain> {
    if find("rustup").is_none() {
        return Ok(Toolchain::Debian);
    }
    let known = ask("rustup", &["toolchain", "list", "-v"]).unwrap_or_default();
    let line = known.lines().find(|line| line.split_whitespace().next() == Some(LINKED));
    match line {
        Some(line) if line.trim_end().ends_with(" /usr") || line.trim_end().ends_with("\t/usr") => {}
        // Another toolchain of that name is the user's own: it is left alone.
        Some(_) => return Ok(Toolchain::Debian),
        None => Job::new("rustup").args(["toolchain", "link", LINKED, "/usr"]).run_quietly()?,
    }
    Ok(Toolchain::DebianLinked)
}

/// A crate whose release build needs what the client's build needs: link-time optimisation and abort on panic.
fn small_crate(folder: &Path, name: &str) -> Result<()> {
    workspace::make(&folder.join("src"))?;
    workspace::write(
        &folder.join("Cargo.toml"),
        &format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[workspace]\n\n\
             [profile.release]\nlto = \"fat\"\npanic = \"abort\"\n"
        ),
    )?;
    workspace::write(&folder.join("src/main.rs"), "fn main() {\n    println!(\"{:?}\", std::env::args().count());\n}\n")
}

fn build_standard_library() -> Result<()> {
    say::note("building the standard library for WASM from Debian's source (about a minute, once)");
    let cache = workspace::cache()?;
    let folder = cache.join("wasm-std");
    // From nothing: a library of an earlier compiler beside the new one would make every name ambiguous.
    if folder.exists() {
        std::fs::remove_dir_all(&folder).or_say(|| format!("{} cannot be removed", folder.display()))?;
    }
    small_crate(&folder, "wasm-std")?;
    let log = folder.join("build.log");
    let file = std::fs::File::create(&log).or_say(|| format!("{} cannot be written", log.display()))?;
    let built = Job::new("cargo")
        .args(["build", "--release", "-Zbuild-std=std,panic_abort", "--target", TARGET])
        .dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("RUSTC", DEBIAN_RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        // Without the bitcode a client built with link-time optimisation fails ("can't find section .llvmbc").
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stdout(Stdio::null())
        .stderr(Stdio::from(file))
        .run();
    check_interrupted()?;
    let made = folder.join("target").join(TARGET).join("release/deps");
    // Only the last link needs the linker that is put in place below, so the libraries decide.
    if !has_library(&made, "libstd-") || !has_library(&made, "libpanic_abort-") {
        let said = workspace::read(&log).unwrap_or_default();
        let reason = built.err().map(|failure| failure.to_string()).unwrap_or_default();
        return Err(format!("the standard library for WASM could not be built ({reason})\n{}", tail(&said, 30)).into());
    }
    install_libraries(&made)?;
    let probe = cache.join("wasm-probe");
    if probe.exists() {
        std::fs::remove_dir_all(&probe).or_say(|| format!("{} cannot be removed", probe.display()))?;
    }
    std::fs::remove_dir_all(&folder).or_say(|| format!("{} cannot be removed", folder.display()))
}

fn install_libraries(made: &Path) -> Result<()> {
    let lld = rustup_linker()?;
    if !apt::is_root() {
        return Err(format!(
            "the standard library for WASM is built; only root may put it where Debian's compiler looks. Run\n\n        \
             sudo rm -f {DEBIAN_LIBRARIES}/*.rlib\n        \
             sudo install -D -m 644 -t {DEBIAN_LIBRARIES} {}/*.rlib\n        \
             sudo mkdir -p {DEBIAN_LINKER_FOLDER}\n        \
             sudo cp {} {DEBIAN_LINKER_FOLDER}/rust-lld\n\n    and then the same command again.",
            made.display(),
            lld.display()
        )
        .into());
    }
    let place = Path::new(DEBIAN_LIBRARIES);
    workspace::make(place)?;
    for old in libraries(place) {
        std::fs::remove_file(&old).or_say(|| format!("{} cannot be removed", old.display()))?;
    }
    for library in libraries(made) {
        let name = library.file_name().unwrap_or_default().to_owned();
        std::fs::copy(&library, place.join(name)).or_say(|| format!("{} cannot be copied", library.display()))?;
    }
    workspace::make(Path::new(DEBIAN_LINKER_FOLDER))?;
    let linker = linker();
    if !linker.exists() {
        // A link that leads nowhere exists for `symlink`, but not for `exists`.
        let _ = std::fs::remove_file(&linker);
        std::os::unix::fs::symlink(&lld, &linker).or_say(|| format!("{} cannot be linked", linker.display()))?;
    }
    Ok(())
}

/// Debian ships no linker under the name that its compiler asks for; rustup's toolchain has one.
fn rustup_linker() -> Result<PathBuf> {
    let sysroot = ask("rustc", &["--print", "sysroot"]).unwrap_or_default();
    let lld = Path::new(&sysroot).join("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld");
    if lld.is_file() {
        Ok(lld)
    } else {
        Err(format!(
            "{} is missing: the linker for WASM comes with the toolchains of rustup. Install Rust from https://rustup.rs, \
             or run `apt-get install lld` and `ln -s /usr/bin/lld {DEBIAN_LINKER_FOLDER}/rust-lld`.",
            lld.display()
        )
        .into())
    }
}

pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_toolchains_have_a_name() {
        assert_eq!(choice(None).unwrap(), Choice::Any);
        assert_eq!(choice(Some("rustup")).unwrap(), Choice::Rustup);
        assert_eq!(choice(Some("debian")).unwrap(), Choice::Debian);
        let refused = choice(Some("nix")).unwrap_err().to_string();
        assert!(refused.contains("\"nix\"") && refused.contains("debian"), "{refused}");
    }

    #[test]
    fn the_tail_is_the_end() {
        assert_eq!(tail("a\nb\nc", 2), "b\nc");
        assert_eq!(tail("a", 5), "a");
    }
}

//! The arrows of docs/ARCHITECTURE.md, kept by looking at what the crates really ask for.
//!
//! domain <- contract <- {service, frontend}; domain <- {store, intake, gateway, paper}; {store, intake, gateway, paper}
//! <- service <- server. The rules are data at the top; adding a crate to the house means adding its line.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::failure::{OrSay, Result};
use crate::process::Job;
use crate::workspace;

/// Each crate of the house, and which of its neighbours it may know.
const HOUSE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("contract", &["domain"]),
    ("store", &["domain"]),
    ("intake", &["domain"]),
    ("gateway", &["domain"]),
    ("paper", &["domain"]),
    ("service", &["contract", "domain", "gateway", "intake", "paper", "store"]),
    // The binary puts the parts together, so it may name each of them.
    ("server", &["contract", "domain", "gateway", "intake", "paper", "service", "store"]),
    ("frontend", &["contract", "domain"]),
];

/// They look at the house from outside and may know all of it; nothing in it knows them.
const OUTSIDE: &[&str] = &["bench", "fuzz", "mock-platform", "testkit", "xtask"];

/// What tests of the house may ask of those outside: an application that runs, a platform to speak to.
const FOR_TESTS: &[&str] = &["mock-platform", "testkit"];

/// Libraries that belong to one crate: who else wants one asks that crate.
const OWNED: &[(&str, &str)] = &[
    ("diesel", "store"),
    ("diesel_migrations", "store"),
    ("libsqlite3-sys", "store"),
    ("pq-sys", "store"),
    ("actix-web", "server"),
    ("calamine", "intake"),
    ("reqwest", "gateway"),
    ("lettre", "gateway"),
    ("rustls", "gateway"),
    ("rusty-s3", "gateway"),
    ("krilla", "paper"),
    ("hayro-syntax", "paper"),
    ("skrifa", "paper"),
    ("leptos", "frontend"),
];

/// The crates that decide and name things, and must do so anywhere: no input or output, no clock, no randomness.
const PURE: &[&str] = &["domain", "contract"];

/// What nothing below a pure crate may be, however deep.
const IMPURE: &[&str] = &[
    "actix-http",
    "actix-rt",
    "actix-web",
    "async-std",
    "diesel",
    "getrandom",
    "hyper",
    "iana-time-zone",
    "js-sys",
    "leptos",
    "lettre",
    "libsqlite3-sys",
    "mio",
    "pq-sys",
    "rand",
    "reqwest",
    "rusqlite",
    "rustls",
    "smol",
    "socket2",
    "sqlx",
    "tokio",
    "ureq",
    "wasm-bindgen",
    "web-sys",
];

/// The same for what the standard library offers.
const IMPURE_STD: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
];

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Member>,
}

#[derive(Debug, Deserialize)]
struct Member {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// `null` for a normal dependency, else "dev" or "build".
    kind: Option<String>,
}

pub fn check() -> Result<String> {
    let metadata = Job::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .dir(&workspace::root())
        .capture()
        .or_say(|| "`cargo metadata` failed".to_owned())?;
    let metadata: Metadata =
        serde_json::from_str(&metadata).or_say(|| "`cargo metadata` wrote something unexpected".to_owned())?;

    let mut faults = broken(&metadata.packages);
    for pure in PURE.iter().filter(|pure| metadata.packages.iter().any(|member| member.name == **pure)) {
        // Resolved for this crate alone: in the workspace's own resolution the server's features would show up here.
        let tree = Job::new("cargo")
            .args(["tree", "--package", pure, "--edges", "normal", "--prefix", "none", "--format", "{p}"])
            .dir(&workspace::root())
            .capture()
            .or_say(|| format!("`cargo tree --package {pure}` failed"))?;
        faults.extend(impure_below(pure, &tree));
        faults.extend(impure_sources(pure, &workspace::root().join("crates").join(pure).join("src"))?);
    }
    if faults.is_empty() {
        return Ok(format!("{} crates, every arrow as drawn", metadata.packages.len()));
    }
    Err(format!(
        "{} broken:\n      - {}",
        if faults.len() == 1 { "an arrow is" } else { "arrows are" },
        faults.join("\n      - ")
    )
    .into())
}

fn broken(members: &[Member]) -> Vec<String> {
    let rules: BTreeMap<&str, &[&str]> = HOUSE.iter().copied().collect();
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let mut faults = Vec::new();
    for member in members {
        let name = member.name.as_str();
        if OUTSIDE.contains(&name) {
            continue;
        }
        let Some(allowed) = rules.get(name) else {
            faults.push(format!(
                "the crate {name} has no place in the house: add its line to HOUSE in crates/xtask/src/arrows.rs and to \
                 docs/ARCHITECTURE.md"
            ));
            continue;
        };
        for dependency in &member.dependencies {
            let other = dependency.name.as_str();
            let for_tests = dependency.kind.as_deref() == Some("dev");
            if names.contains(&other) && !allowed.contains(&other) && !(for_tests && FOR_TESTS.contains(&other)) {
                let may = if allowed.is_empty() { "nobody".to_owned() } else { allowed.join(", ") };
                faults.push(format!("{name} -> {other}: {name} may know {may}; see {}", manifest(name)));
            }
            if !for_tests
                && let Some((_, owner)) = OWNED.iter().find(|(library, owner)| *library == other && *owner != name)
            {
                faults.push(format!("{name} -> {other}: only {owner} knows {other}; see {}", manifest(name)));
            }
        }
    }
    faults
}

fn manifest(name: &str) -> String {
    if name == "frontend" { "frontend/Cargo.toml".to_owned() } else { format!("crates/{name}/Cargo.toml") }
}

/// `tree` has one package a line, as `name version …`.
fn impure_below(pure: &str, tree: &str) -> Vec<String> {
    let mut found: Vec<&str> =
        tree.lines().filter_map(|line| line.split_whitespace().next()).filter(|name| IMPURE.contains(name)).collect();
    found.sort_unstable();
    found.dedup();
    found
        .into_iter()
        .map(|name| {
            format!(
                "{pure} -> … -> {name}: {pure} stays without I/O, clock and randomness; `cargo tree -p {pure} -e normal -i {name}` \
                 shows the way"
            )
        })
        .collect()
}

fn impure_sources(pure: &str, folder: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).or_say(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = workspace::read(&path)?;
                let shown = path.strip_prefix(workspace::root()).unwrap_or(&path).display().to_string();
                faults.extend(impure_lines(&source).into_iter().map(|(line, what)| {
                    format!(
                        "{shown}:{line} uses {what}: {pure} stays without I/O, clock and randomness; pass the value in"
                    )
                }));
            }
        }
    }
    faults.sort();
    Ok(faults)
}

fn impure_lines(source: &str) -> Vec<(usize, &'static str)> {
    source
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .filter_map(|(index, line)| Some((index + 1, *IMPURE_STD.iter().find(|word| line.contains(**word))?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, dependencies: &[(&str, Option<&str>)]) -> Member {
        Member {
            name: name.to_owned(),
            dependencies: dependencies
                .iter()
                .map(|(name, kind)| Dependency { name: (*name).to_owned(), kind: kind.map(str::to_owned) })
                .collect(),
        }
    }

    fn house() -> Vec<Member> {
        vec![
            member("domain", &[("chrono", None)]),
            member("contract", &[("domain", None)]),
            member("store", &[("domain", None), ("diesel", None), ("testkit", Some("dev"))]),
            member("service", &[("contract", None), ("store", None)]),
            member("server", &[("service", None), ("actix-web", None)]),
            member("frontend", &[("contract", None), ("leptos", None)]),
            member("testkit", &[("server", None), ("store", None)]),
            member("xtask", &[("reqwest", None)]),
        ]
    }

    #[test]
    fn the_house_as_drawn_passes() {
        assert_eq!(broken(&house()), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_upwards_is_named() {
        for (from, to) in [("domain", "contract"), ("contract", "store"), ("frontend", "server"), ("store", "service")]
        {
            let mut members = house();
            members
                .iter_mut()
                .find(|member| member.name == from)
                .unwrap()
                .dependencies
                .push(Dependency { name: to.to_owned(), kind: None });
            let faults = broken(&members);
            assert_eq!(faults.len(), 1, "{from} -> {to}: {faults:?}");
            assert!(faults[0].starts_with(&format!("{from} -> {to}:")), "{faults:?}");
        }
    }

    #[test]
    fn testkit_is_for_tests_only() {
        let mut members = house();
        members[4].dependencies.push(Dependency { name: "testkit".to_owned(), kind: None });
        assert_eq!(broken(&members).len(), 1);
        members[4].dependencies.pop();
        members[4].dependencies.push(Dependency { name: "testkit".to_owned(), kind: Some("dev".to_owned()) });
        assert!(broken(&members).is_empty());
    }

    #[test]
    fn sql_stays_in_the_store() {
        let mut members = house();
        members[3].dependencies.push(Dependency { name: "diesel".to_owned(), kind: None });
        assert!(broken(&members)[0].contains("only store knows diesel"));
    }

    #[test]
    fn what_leaves_the_house_leaves_by_the_gateway() {
        for library in ["reqwest", "lettre", "rustls", "rusty-s3"] {
            let mut members = house();
            members[3].dependencies.push(Dependency { name: library.to_owned(), kind: None });
            assert!(broken(&members)[0].contains(&format!("only gateway knows {library}")), "{library}");
        }
    }

    #[test]
    fn a_new_crate_needs_its_line() {
        let mut members = house();
        members.push(member("helpers", &[]));
        assert!(broken(&members)[0].contains("the crate helpers has no place"));
    }

    #[test]
    fn a_runtime_deep_below_the_domain_is_found() {
        let tree = "domain v0.1.0 (/somewhere)\nchrono v0.4.45\nnum-traits v0.2.19\ntokio v1.54.1\ntokio v1.54.1 (*)\n";
        let faults = impure_below("domain", tree);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].starts_with("domain -> … -> tokio"));
        assert!(impure_below("domain", "domain v0.1.0\nserde v1.0.0\n").is_empty());
    }

    #[test]
    fn a_clock_in_the_source_is_found_but_not_in_a_comment() {
        assert_eq!(impure_lines("let x = 1;\nlet now = Utc::now();\n"), [(2, "Utc::now")]);
        assert!(impure_lines("// never Utc::now\n/// nor std::fs\n").is_empty());
    }
}

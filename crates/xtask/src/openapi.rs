//! `openapi/openapi.json`: what the server says of itself, committed, compared and linted.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, OrSay, Result};
use crate::process::Job;
use crate::{say, tools, workspace};

fn committed() -> PathBuf {
    workspace::root().join("openapi/openapi.json")
}

fn generate(binary: &Path) -> Result<String> {
    let text = Job::new(binary).arg("openapi").dir(&workspace::root()).capture()?;
    serde_json::from_str::<serde_json::Value>(&text).or_say(|| "`cabready openapi` must write JSON".to_owned())?;
    Ok(format!("{}\n", text.trim_end()))
}

pub fn write(binary: &Path) -> Result<()> {
    let text = generate(binary)?;
    let path = committed();
    if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
        say::done("openapi/openapi.json is up to date");
    } else {
        workspace::write(&path, &text)?;
        say::done("openapi/openapi.json is written; read the difference with `git diff openapi`");
    }
    Ok(())
}

pub fn compare(binary: &Path) -> Result<String> {
    let generated = generate(binary)?;
    let path = committed();
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    if old == generated {
        return Ok("the committed document is what the server says".to_owned());
    }
    if old.is_empty() {
        return Err("openapi/openapi.json is missing: `cargo xtask openapi` writes it".into());
    }
    let folder = tempfile::tempdir().or_say(|| "no temporary folder".to_owned())?;
    let new = folder.path().join("openapi.json");
    workspace::write(&new, &generated)?;
    // `diff` ends with 1 when it finds what it was asked for.
    let difference = Job::new("diff")
        .args(["-U2", "--label", "committed", "--label", "generated"])
        .arg(&path)
        .arg(&new)
        .capture_any()
        .map(|(_, text)| text)
        .unwrap_or_default();
    let lines: Vec<&str> = difference.lines().collect();
    for line in lines.iter().take(40) {
        say::plain(&format!("    {line}"));
    }
    if lines.len() > 40 {
        say::plain(&format!("    … {} more lines", lines.len() - 40));
    }
    Err("openapi/openapi.json is not what the server says: run `cargo xtask openapi`, look at `git diff openapi`, commit it".into())
}

/// No finding of any severity is accepted.
pub fn lint() -> Result<String> {
    let path = committed();
    if !path.is_file() {
        return Err("openapi/openapi.json is missing: `cargo xtask openapi` writes it".into());
    }
    tools::node_script("@stoplight/spectral-cli/dist/index.js", false)
        .arg("lint")
        .arg(&path)
        .arg("--ruleset")
        .arg(workspace::root().join("openapi/.spectral.yaml"))
        .args(["--fail-severity", "hint"])
        .env("SCARF_ANALYTICS", "false")
        .run()
        .map_err(|failure| match failure {
            Failure::Interrupted => Failure::Interrupted,
            Failure::Because(reason) => Failure::Because(format!(
                "the linter has findings ({reason}); correct the annotations of the operation, then `cargo xtask openapi`"
            )),
        })?;
    Ok("no findings".to_owned())
}

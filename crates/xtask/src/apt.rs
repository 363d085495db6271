//! Packages of the system: installed when we are root, otherwise told as the precise command.

use rustix::process::geteuid;

use crate::failure::Result;
use crate::process::{Job, find};
use crate::say;

/// A package of Debian and Ubuntu, and what we need it for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub package: &'static str,
    pub why: &'static str,
}

pub fn is_root() -> bool {
    geteuid().is_root()
}

/// Installs, or stops with one command that installs everything at once.
pub fn install(needs: &[Need]) -> Result<()> {
    if needs.is_empty() {
        return Ok(());
    }
    for need in needs {
        say::note(&format!("{} is missing: {}", need.package, need.why));
    }
    if find("apt-get").is_none() {
        return Err(format!(
            "this system has no apt-get. Install with its own package manager, under whatever name it uses there: {}. \
             Then run the same command again.",
            names(needs).join(", ")
        )
        .into());
    }
    if !is_root() {
        return Err(instruction(needs).into());
    }
    say::note(&format!("apt-get install {}", names(needs).join(" ")));
    let apt = || Job::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").keep_daemons();
    if let Err(failure) = apt().args(["update", "-q"]).run_quietly() {
        say::warn(&format!("the package lists could not be refreshed, the known ones are used ({failure})"));
    }
    apt().args(["install", "-y", "-q", "--no-install-recommends"]).args(names(needs)).run_quietly()?;
    say::done(&format!("installed {}", names(needs).join(", ")));
    Ok(())
}

fn names(needs: &[Need]) -> Vec<&'static str> {
    needs.iter().map(|need| need.package).collect()
}

fn instruction(needs: &[Need]) -> String {
    format!(
        "packages of the system are missing and only root may install them. Run\n\n        \
         sudo apt-get update && sudo apt-get install -y --no-install-recommends {}\n\n    and then the same command again.",
        names(needs).join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instruction_names_every_package_in_one_command() {
        let needs = [Need { package: "chromium", why: "a" }, Need { package: "postgresql", why: "b" }];
        assert!(instruction(&needs).contains("install -y --no-install-recommends chromium postgresql\n"));
    }
}

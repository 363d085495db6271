//! Versions of tools, and the versions that the lock file fixes.

use std::fmt;

/// Three numbers; what follows a `-` or `+` is not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// The first thing in `text` that looks like a version: `v20.20.2`, `trunk 0.21.14`, `wasm-opt version 132 (…)`.
    pub fn find(text: &str) -> Option<Self> {
        text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',')).find_map(Self::parse)
    }

    fn parse(word: &str) -> Option<Self> {
        let word = word.strip_prefix('v').unwrap_or(word);
        let core = word.split(['-', '+', '~']).next()?;
        let mut numbers = core.split('.').map(str::parse::<u32>);
        let major = numbers.next()?.ok()?;
        let minor = numbers.next().unwrap_or(Ok(0)).ok()?;
        let patch = numbers.next().unwrap_or(Ok(0)).ok()?;
        Some(Self(major, minor, patch))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The versions under which a lock file holds `package`, in its order.
pub fn locked(lock: &str, package: &str) -> Vec<String> {
    let name = format!("name = \"{package}\"");
    lock.split("[[package]]")
        .filter(|entry| entry.lines().any(|line| line.trim() == name))
        .filter_map(|entry| {
            let line = entry.lines().find_map(|line| line.trim().strip_prefix("version = \""))?;
            Some(line.trim_end_matches('"').to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_say() {
        assert_eq!(Version::find("trunk 0.21.14"), Some(Version(0, 21, 14)));
        assert_eq!(Version::find("v20.20.2"), Some(Version(20, 20, 2)));
        assert_eq!(Version::find("wasm-opt version 132 (version_132)"), Some(Version(132, 0, 0)));
        assert_eq!(
            Version::find("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"),
            Some(Version(1, 96, 0))
        );
        assert_eq!(Version::find("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(Version(15, 18, 0)));
        assert_eq!(Version::find("command not found"), None);
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(Version(0, 21, 14) > Version(0, 21, 9));
        assert!(Version(18, 0, 0) < Version(20, 19, 0));
    }

    #[test]
    fn the_lock_file_is_read_by_exact_name() {
        let lock = "version = 4\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"x\"\ndependencies = [\n \"cfg-if\",\n]\n\n\
            [[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.80\"\n\n[[package]]\nname = \"rand\"\nversion = \"0.9.1\"\n\n\
            [[package]]\nname = \"rand\"\nversion = \"0.10.0\"\n";
        assert_eq!(locked(lock, "wasm-bindgen"), ["0.2.130"]);
        assert_eq!(locked(lock, "rand"), ["0.9.1", "0.10.0"]);
        assert!(locked(lock, "wasm").is_empty());
    }
}

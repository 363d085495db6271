//! The style sheets keep their promise: values live in `tokens.css`, everything else uses their names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn sheets() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page/styles");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("the folder of styles").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a style sheet");
            (path.file_name().expect("a name").to_string_lossy().into_owned(), text)
        })
        .collect()
}

/// Without comments, so that words do not count as rules.
fn rules(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, rest)| rest);
    }
    out + rest
}

#[test]
fn only_the_tokens_hold_raw_values() {
    let mut seen = 0;
    for (name, text) in sheets() {
        if name == "tokens.css" {
            continue;
        }
        seen += 1;
        for line in rules(&text).lines().filter(|line| line.contains(':') && line.contains(';')) {
            let (_, value) = line.split_once(':').expect("a declaration");
            assert!(!value.contains('#'), "{name}: a raw colour in `{}`", line.trim());
            for call in ["rgb(", "hsl(", "oklch("] {
                assert!(!value.contains(call), "{name}: a raw colour in `{}`", line.trim());
            }
            let raw_length =
                value.match_indices("px").any(|(at, _)| value[..at].ends_with(|c: char| c.is_ascii_digit()));
            assert!(!raw_length, "{name}: a raw length in `{}`; name it in tokens.css", line.trim());
        }
    }
    assert!(seen >= 4, "the style sheets were not found");
}

#[test]
fn every_name_that_is_used_is_defined() {
    let all = sheets();
    let mut defined = BTreeSet::new();
    for (_, text) in &all {
        for line in rules(text).lines() {
            if let Some((name, _)) = line.trim().split_once(':').filter(|(name, _)| name.starts_with("--")) {
                defined.insert(name.to_owned());
            }
        }
    }
    for (sheet, text) in &all {
        for part in rules(text).split("var(").skip(1) {
            let name: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
            assert!(defined.contains(&name), "{sheet}: {name} is used and defined nowhere");
        }
    }
}

#[test]
fn light_and_dark_come_from_the_same_names() {
    let (_, tokens) = sheets().into_iter().find(|(name, _)| name == "tokens.css").expect("tokens.css");
    for line in rules(&tokens).lines() {
        let colour = line.contains('#') || line.contains("rgb(");
        assert!(!colour || line.contains("light-dark("), "`{}` is the same in light and dark", line.trim());
    }
}

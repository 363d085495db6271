//! `cabready reference`: the register of platforms, for whoever operates the installation.

use std::path::Path;

use chrono::Utc;
use domain::reference::PlatformState;
use serde_json::json;
use service::register::{self, Loaded, Refusal, Told};

use super::{Failure, Outcome, Wanted, fail, open};
use crate::settings::Reference;

/// The longest file that is taken: the register has hundreds of rows of a hundred bytes.
const MOST_BYTES: u64 = 10_000_000;
/// Refused rows that are told.
const MOST_ROWS: usize = 20;

pub fn reference(command: Reference) -> Outcome {
    match command {
        Reference::Import { file, as_of, source, dry_run, force, json: as_json, common } => {
            let text = read(&file)?;
            let app = open(&common, Wanted::MustExist)?;
            let told = Told { as_of, source };
            let loaded = register::load(&app, &text, &told, (dry_run, force), Utc::now()).map_err(refused)?;
            if as_json {
                println!(
                    "{}",
                    serde_json::to_string_pretty(&json!({
                        "before": loaded.before, "as_of": loaded.as_of, "source": loaded.source,
                        "platforms": loaded.platforms, "changes": loaded.changes,
                        "dossiers_of_removed": loaded.dossiers_of_removed, "dossiers_moved": loaded.dossiers_moved,
                        "stored": loaded.stored,
                    }))?
                );
            } else {
                tell(&loaded, dry_run);
            }
            Ok(())
        }
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let place = file.display();
    let bytes = std::fs::metadata(file).map_err(|e| fail(format!("{place} cannot be read: {e}")))?.len();
    if bytes > MOST_BYTES {
        return Err(fail(format!("{place} has {bytes} bytes; a register has {MOST_BYTES} at most")));
    }
    let bytes = std::fs::read(file).map_err(|e| fail(format!("{place} cannot be read: {e}")))?;
    String::from_utf8(bytes).map_err(|e| {
        fail(format!(
            "{place} is not UTF-8 (byte {}); save it again as \"CSV UTF-8\"",
            e.utf8_error().valid_up_to() + 1
        ))
    })
}

fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Rows(errors) => {
            let mut text = "this register is refused; nothing was changed".to_owned();
            for error in errors.iter().take(MOST_ROWS) {
                let column = if error.column.is_empty() { String::new() } else { format!(", {}", error.column) };
                match error.line {
                    0 => text.push_str(&format!("\n  {}", error.message.en)),
                    line => text.push_str(&format!("\n  line {line}{column}: {}", error.message.en)),
                }
            }
            let untold = errors.len().saturating_sub(MOST_ROWS);
            if untold > 0 {
                text.push_str(&format!("\n  and {untold} more"));
            }
            fail(text)
        }
        Refusal::NoDay => {
            fail("a CSV does not say its day: give the day of the public list with --as-of, such as --as-of 2026-11-20")
        }
        Refusal::Older { given, present } => fail(format!(
            "this register is of {given}, older than the one in force, of {present}; --force takes it all the same"
        )),
        Refusal::Failed(error) => error.into(),
    }
}

const fn word(state: PlatformState) -> &'static str {
    match state {
        PlatformState::Registered => "registered",
        PlatformState::Pending => "pending",
    }
}

fn tell(loaded: &Loaded, dry_run: bool) {
    println!("register of {}: {} platforms, in place of that of {}", loaded.as_of, loaded.platforms, loaded.before);
    println!("source: {}", loaded.source);
    let changes = &loaded.changes;
    let list = |title: &str, names: &[String]| {
        println!("{title}: {}", names.len());
        for name in names {
            println!("  {name}");
        }
    };
    list("added", &changes.added);
    list("removed", &changes.removed);
    println!("changed: {}", changes.changed.len());
    for change in &changes.changed {
        println!("  {}: {} -> {}", change.name, word(change.before), word(change.after));
    }
    println!("dossiers that name a removed platform: {}", loaded.dossiers_of_removed);
    println!("dossiers whose score or state moves: {}", loaded.dossiers_moved);
    if loaded.stored {
        println!("stored; a server that runs takes it within a minute and evaluates every dossier again");
    } else if dry_run {
        println!("dry run: nothing was stored");
    } else {
        println!("nothing new: this is the register in force");
    }
}

//! `cargo xtask run`: from a clone to a cockpit in a browser.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::failure::{Failure, OrSay, Result};
use crate::server::{self, Output, Profile, Server, SignIn};
use crate::{browser, client, say, workspace};

pub struct Options {
    pub bind: String,
    pub data: PathBuf,
    pub empty: bool,
    pub build_only: bool,
}

pub const DEFAULT_BIND: &str = "127.0.0.1:8080";

pub fn run(options: &Options) -> Result<()> {
    // Before minutes of building, not after.
    if !options.build_only {
        check_free(&options.bind)?;
    }

    say::headline("Set-up");
    let started = Instant::now();
    let setup = client::setup()?;
    say::headline("Client");
    client::build(&setup)?;
    let size = client::weigh(&setup)?;
    say::done(&format!("dist/: {size}"));
    say::headline("Server, release build (some minutes the first time)");
    let binary = server::build(Profile::Release)?;
    say::done(&format!("{} ({} so far)", binary.display(), say::time(started.elapsed())));
    if options.build_only {
        return Ok(());
    }

    workspace::make(&options.data)?;
    let sign_in = if options.empty { None } else { demo_once(&binary, &options.data)? };
    let database = database(&options.data, options.empty);
    say::headline(&format!("Start on {}", database.display()));
    let mut running = Server::start(&binary, &server::sqlite_url(&database), &options.bind, &[], Output::Shown)?;
    say::plain("");
    say::plain(&format!("    CabReady      {}", running.url));
    match &sign_in {
        Some(sign_in) => {
            say::plain(&format!("    Cabinet       {}", sign_in.cabinet));
            say::plain(&format!("    E-mail        {}", sign_in.email));
            say::plain(&format!("    Password      {}", sign_in.password));
        }
        None if options.empty => say::plain("    Sign up there: the first account makes the cabinet."),
        None => say::plain("    Sign in with the account that you made in this database."),
    }
    say::plain(&format!("    Documentation {}/docs", running.url));
    say::plain("\n    Ctrl-C stops it.\n");
    match running.wait() {
        Err(Failure::Interrupted) => {
            say::note("stopped; the data stays where it is");
            Ok(())
        }
        Err(failure) => Err(failure),
        Ok(status) => Err(format!("`cabready serve` ended by itself with {status}").into()),
    }
}

/// Two files, so that `--empty` is bare after a look at the demo firm, and neither run ever touches the other's data.
fn database(data: &Path, empty: bool) -> PathBuf {
    data.join(if empty { "cabready-empty.sqlite" } else { "cabready.sqlite" })
}

/// Fills the database when there is none; later runs print the same sign-in again.
fn demo_once(binary: &Path, data: &Path) -> Result<Option<SignIn>> {
    let database = database(data, false);
    let kept = data.join("demo-sign-in.json");
    let unfinished = data.join("demo-unfinished");
    if unfinished.exists() {
        say::warn("an earlier run was ended while it filled the demo firm: it begins again");
        remove_database(&database)?;
    }
    if database.exists() {
        return match std::fs::read_to_string(&kept) {
            Ok(json) => SignIn::parse(&json).map(Some),
            Err(_) => Ok(None),
        };
    }
    say::headline(&format!("First run: a demo firm with {} dossiers", browser::DEMO_DOSSIERS));
    let started = Instant::now();
    // As long as this file is there the database is ours to throw away: nobody has worked in it yet.
    workspace::write(&unfinished, "the demo firm is being written; a run that finds this file starts it again\n")?;
    let sign_in = server::demo(binary, &server::sqlite_url(&database), browser::DEMO_DOSSIERS)?;
    workspace::write(&kept, &format!("{}\n", sign_in.json))?;
    std::fs::remove_file(&unfinished).or_say(|| format!("{} cannot be removed", unfinished.display()))?;
    say::done(&format!("{} in {}", sign_in.cabinet, say::time(started.elapsed())));
    Ok(Some(sign_in))
}

fn remove_database(database: &Path) -> Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = database.as_os_str().to_owned();
        name.push(suffix);
        let file = PathBuf::from(name);
        if file.exists() {
            std::fs::remove_file(&file).or_say(|| format!("{} cannot be removed", file.display()))?;
        }
    }
    Ok(())
}

fn check_free(bind: &str) -> Result<()> {
    match TcpListener::bind(bind) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!(
            "the address \"{bind}\" cannot be used ({error}). Expected is ADDRESS:PORT with a free port, for example \
             `cargo xtask run --bind 127.0.0.1:8090`"
        )
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_never_shows_the_demo_firm() {
        let data = Path::new("/somewhere/data");
        assert_eq!(database(data, false), Path::new("/somewhere/data/cabready.sqlite"));
        assert_ne!(database(data, true), database(data, false));
    }

    #[test]
    fn a_taken_address_is_told_before_the_build() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let bind = taken.local_addr().unwrap().to_string();
        let refused = check_free(&bind).unwrap_err().to_string();
        assert!(refused.contains(&bind) && refused.contains("--bind"), "{refused}");
        assert!(check_free("8080").unwrap_err().to_string().contains("ADDRESS:PORT"));
    }

    #[test]
    fn a_half_written_database_goes_with_its_companions() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("cabready.sqlite");
        for name in ["cabready.sqlite", "cabready.sqlite-wal", "other.sqlite"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        remove_database(&database).unwrap();
        assert!(!database.exists() && !folder.path().join("cabready.sqlite-wal").exists());
        assert!(folder.path().join("other.sqlite").exists());
    }
}

//! What the program does when asked on the command line. Results go to standard output, everything else to standard
//! error; the exit code is 0, 1 for what failed, 2 for what was asked in a wrong way.

mod backup;
mod doctor;
mod reference;
mod serve;
mod user;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;
use service::App;
use service::settings::Settings;
use store::Store;
use store::connection::DatabaseUrl;

use crate::settings::{self, Command, Common, LogForm, LogLevel};

/// Why a command failed, in words that tell the fix.
#[derive(Debug)]
struct Failure {
    text: String,
    code: u8,
}

type Outcome = Result<(), Failure>;

fn fail(text: impl Into<String>) -> Failure {
    Failure { text: text.into(), code: 1 }
}

impl From<store::OpenError> for Failure {
    fn from(e: store::OpenError) -> Self {
        fail(e.0)
    }
}

impl From<crate::StartError> for Failure {
    fn from(e: crate::StartError) -> Self {
        fail(e.0)
    }
}

impl From<service::Error> for Failure {
    fn from(e: service::Error) -> Self {
        let mut text = match (&e.detail, &e.cause) {
            (Some(detail), _) => detail.en.clone(),
            (None, Some(cause)) => cause.clone(),
            (None, None) => e.code.explanation().en,
        };
        for field in &e.fields {
            text.push_str(&format!("\n  {}: {}", field.pointer.trim_start_matches('/'), field.message.en));
        }
        fail(text)
    }
}

impl From<std::io::Error> for Failure {
    fn from(e: std::io::Error) -> Self {
        fail(e.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(e: serde_json::Error) -> Self {
        fail(e.to_string())
    }
}

/// The program.
pub fn main() -> ExitCode {
    let variables: BTreeMap<String, OsString> =
        std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v))).collect();
    let cli = match settings::parse(std::env::args_os().collect(), &variables) {
        Ok(cli) => cli,
        Err(refusal) => {
            // Help and version are what was asked for.
            if refusal.code == 0 {
                print!("{}", refusal.text)
            } else {
                eprint!("{}", refusal.text)
            }
            return ExitCode::from(refusal.code);
        }
    };
    if let Some(common) = cli.command.common() {
        start_log(common);
    }
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.text.is_empty() {
                eprintln!("error: {}", failure.text);
            }
            ExitCode::from(failure.code)
        }
    }
}

fn run(command: Command) -> Outcome {
    match command {
        Command::Serve(settings) => serve::serve(*settings),
        Command::Demo { dossiers, seed, common } => {
            let app = open(&common, Wanted::MayBeNew)?;
            let sign_in = service::demo::fill(&app, u64::from(dossiers), seed)?;
            println!("{}", serde_json::to_string(&sign_in)?);
            Ok(())
        }
        Command::Migrate { check, common } => migrate(&common, check),
        Command::Import { file, email, cabinet, dry_run, json, common } => {
            import(&open(&common, Wanted::MustExist)?, &file, &email, cabinet.as_deref(), dry_run, json)
        }
        Command::User(command) => user::user(command),
        Command::Reference(command) => reference::reference(command),
        Command::Backup { target, common } => backup::backup(&common, &target),
        Command::Restore { source, force, common } => backup::restore(&common, &source, force),
        Command::Openapi => {
            println!("{}", serde_json::to_string_pretty(&contract::openapi::document(env!("CARGO_PKG_VERSION")))?);
            Ok(())
        }
        Command::Doctor { json, outside, common } => doctor::doctor(&common, &outside, json),
    }
}

fn start_log(common: &Common) {
    use tracing_subscriber::filter::LevelFilter;
    let level = match common.log_level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(level).with_ansi(false);
    // A second start in one process keeps the first log.
    let _ = match common.log {
        LogForm::Text => log.try_init(),
        LogForm::Json => log.json().flatten_event(true).try_init(),
    };
    // The place of a panic and never its words: they may hold a value of somebody's data.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let said = info.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not shown)");
        tracing::error!(place, said, "panic");
    }));
}

enum Wanted {
    /// A missing file is a typing error in the path.
    MustExist,
    MayBeNew,
}

fn open_store(common: &Common, wanted: &Wanted) -> Result<Store, Failure> {
    check_there(&common.database_url, wanted)?;
    Ok(Store::open(&common.database_url, common.connections)?)
}

fn check_there(url: &DatabaseUrl, wanted: &Wanted) -> Outcome {
    match (wanted, url.sqlite_path()) {
        (Wanted::MustExist, Some(path)) if !Path::new(path).is_file() => Err(fail(format!(
            "there is no database at {path}; name the right one with --database-url, or make one with `cabready migrate`"
        ))),
        _ => Ok(()),
    }
}

/// The installation, with its schema up to date.
fn open(common: &Common, wanted: Wanted) -> Result<App, Failure> {
    let store = open_store(common, &wanted)?;
    for name in store.migrate()? {
        eprintln!("migration {name} ran");
    }
    Ok(app(store, Settings::default()))
}

fn app(store: Store, settings: Settings) -> App {
    // The commands send no mail and keep no documents: what the server is told is not asked of them.
    let ports = service::Ports::in_folder(&settings::Outside::folder(store.url()));
    App { store, settings: Arc::new(Settings { worker: worker(), ..settings }), shared: Arc::default(), ports }
}

/// Name of this process in job leases: no two processes share it.
fn worker() -> String {
    format!("{}-{}", std::process::id(), service::ids::fresh().simple())
}

fn migrate(common: &Common, check: bool) -> Outcome {
    let store = open_store(common, if check { &Wanted::MustExist } else { &Wanted::MayBeNew })?;
    if check {
        let missing = store.pending_migrations()?;
        for name in &missing {
            println!("{name} is missing");
        }
        return match missing.len() {
            0 => {
                println!("up to date");
                Ok(())
            }
            n => Err(fail(format!("{n} to run: `cabready migrate` does it"))),
        };
    }
    let ran = store.migrate()?;
    for name in &ran {
        println!("{name} ran");
    }
    if ran.is_empty() {
        println!("up to date");
    }
    Ok(())
}

fn import(app: &App, file: &Path, email: &str, cabinet: Option<&str>, dry_run: bool, as_json: bool) -> Outcome {
    if let Some(wanted) = cabinet {
        let users = service::admin::list_users(app)?;
        let found = users.iter().find(|u| u.email.eq_ignore_ascii_case(email.trim()));
        match found {
            Some(user) if user.cabinet == wanted => {}
            Some(user) => {
                return Err(fail(format!(
                    "{email} belongs to the cabinet « {} » and not to « {wanted} »",
                    user.cabinet
                )));
            }
            None => return Err(fail(format!("nobody signs in with {email}; `cabready user list` names the people"))),
        }
    }
    let report = service::imports::run_file(app, email, file, dry_run)?;
    if as_json {
        println!("{}", serde_json::to_string_pretty(&json!(report))?);
        return Ok(());
    }
    let counts = &report.counts;
    println!(
        "{}: {} rows; {} {}, {} {}, {} unchanged, {} skipped, {} refused",
        if dry_run { "dry run" } else { "import" },
        counts.rows,
        counts.create,
        if dry_run { "to create" } else { "created" },
        counts.update,
        if dry_run { "to update" } else { "updated" },
        counts.unchanged,
        counts.skipped,
        counts.error,
    );
    for (line, reason) in &report.refused {
        println!("line {line}: {reason}");
    }
    let untold = (report.counts.error as usize).saturating_sub(report.refused.len());
    if untold > 0 {
        println!("and {untold} more; the screen gives them as a file");
    }
    Ok(())
}

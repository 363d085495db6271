//! `cabready doctor`: what can be wrong with an installation, looked at in one go.

use std::borrow::Cow;
use std::path::Path;

use gateway::mail::sender::{Finding, Resolver, Sender, hints};
use serde::Serialize;
use service::App;
use service::settings::Settings;
use store::Store;

use super::{Failure, Outcome, Wanted, app, check_there};
use crate::client;
use crate::settings::{Common, Outside};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    /// Works, but somebody should know.
    Notice,
    Wrong,
    /// Could not be looked at, because of what is wrong above.
    Skipped,
}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Cow<'static, str>>,
}

#[derive(Debug, Default)]
struct Report(Vec<Check>);

impl Report {
    fn add(&mut self, name: &'static str, state: State, detail: impl Into<String>, fix: Option<&'static str>) {
        self.0.push(Check { name, state, detail: detail.into(), fix: fix.map(Cow::Borrowed) });
    }

    fn ok(&mut self, name: &'static str, detail: impl Into<String>) {
        self.add(name, State::Ok, detail, None);
    }

    fn wrong(&mut self, name: &'static str, detail: impl Into<String>, fix: &'static str) {
        self.add(name, State::Wrong, detail, Some(fix));
    }

    fn is_healthy(&self) -> bool {
        self.0.iter().all(|c| !matches!(c.state, State::Wrong | State::Skipped))
    }
}

pub fn doctor(common: &Common, outside: &Outside, as_json: bool) -> Outcome {
    let report = examine(common, outside);
    let healthy = report.is_healthy();
    if as_json {
        println!("{}", serde_json::to_string_pretty(&serde_json::json!({ "healthy": healthy, "checks": report.0 }))?);
    } else {
        for check in &report.0 {
            let mark = match check.state {
                State::Ok => "ok    ",
                State::Notice => "notice",
                State::Wrong => "WRONG ",
                State::Skipped => "skip  ",
            };
            println!("{mark}  {:<11} {}", check.name, check.detail);
            if let Some(fix) = &check.fix {
                println!("{:21}{fix}", "");
            }
        }
        println!("{}", if healthy { "nothing is wrong" } else { "something is wrong" });
    }
    // What is wrong is told above; the exit code is for scripts.
    if healthy { Ok(()) } else { Err(Failure { text: String::new(), code: 1 }) }
}

fn examine(common: &Common, outside: &Outside) -> Report {
    let mut report = Report::default();
    report.ok("settings", format!("database {:?}, {} connections", common.database_url, common.connections));
    if client::is_embedded() {
        report.ok("client", "the screen is inside this program");
    } else {
        report.add(
            "client",
            State::Notice,
            "this program was built without the screen; the API works",
            Some("`cargo xtask run` builds both"),
        );
    }
    disk(&mut report, common);
    mail(&mut report, common, outside);
    documents(&mut report, common, outside);
    signatures(&mut report, outside);
    let opened = check_there(&common.database_url, &Wanted::MustExist)
        .map_err(|f| f.text)
        .and_then(|()| Store::open(&common.database_url, common.connections).map_err(|e| e.0))
        .and_then(|store| store.answers().map(|()| store).map_err(|e| e.0));
    let store = match opened {
        Ok(store) => store,
        Err(why) => {
            report.wrong("database", why, "check --database-url and that the database runs");
            for name in ["migrations", "integrity", "references", "journal", "sums"] {
                report.add(name, State::Skipped, "the database does not answer", None);
            }
            return report;
        }
    };
    report.ok("database", "it answers");
    let migrated = match store.pending_migrations() {
        Ok(missing) if missing.is_empty() => {
            report.ok("migrations", "up to date");
            true
        }
        Ok(missing) => {
            report.wrong("migrations", format!("missing: {}", missing.join(", ")), "`cabready migrate` runs them");
            false
        }
        Err(e) => {
            report.wrong("migrations", e.0, "check that the database is one of CabReady");
            false
        }
    };
    integrity(&mut report, &store);
    if migrated {
        let app = app(store, Settings::default());
        journal(&mut report, &app);
        sums(&mut report, &app);
    } else {
        for name in ["journal", "sums"] {
            report.add(name, State::Skipped, "migrations are missing", None);
        }
    }
    report
}

/// Free space where the database grows.
fn disk(report: &mut Report, common: &Common) {
    let Some(path) = common.database_url.sqlite_path().map(Path::new) else {
        return report.ok("disk", "the database keeps its own");
    };
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let size = std::fs::metadata(path).map_or(0, |m| m.len());
    match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let detail = format!("{} MB free, the database has {} MB", free / 1_000_000, size / 1_000_000);
            // A migration or a backup beside the database may need its size once more.
            if free < 200_000_000 || free < size {
                report.wrong("disk", detail, "make room: an import or a backup may need as much as the database has");
            } else if free < 1_000_000_000 || free < size.saturating_mul(2) {
                report.add("disk", State::Notice, detail, Some("make room soon"));
            } else {
                report.ok("disk", detail);
            }
        }
        Err(e) => report.wrong(
            "disk",
            format!("the folder {} cannot be looked at: {e}", folder.display()),
            "check the path of the database",
        ),
    }
}

/// Whether mail would leave: the relay is reached and takes our word.
fn mail(report: &mut Report, common: &Common, outside: &Outside) {
    const FIX: &str = "check --mail-url, --mail-key and --mail-from";
    let mailer = match outside.mailer(&common.database_url) {
        Ok(mailer) => mailer,
        Err(why) => return report.wrong("mail", why, FIX),
    };
    let through = mailer.describe().en;
    if mailer.kind() == gateway::mail::Kind::Folder {
        let fix = Some("give --mail-url and --mail-from, and mail leaves");
        return report.add("mail", State::Notice, format!("nothing leaves: {through}"), fix);
    }
    match mailer.open() {
        Ok(_) => report.ok("mail", format!("{through} answers, mail leaves as {}", outside.from())),
        Err(error) => report.wrong("mail", format!("{through}: {error}"), FIX),
    }
    believed(report, outside);
}

/// Whether others will believe that mail is ours: hints for who publishes the records of the domain, and no more.
fn believed(report: &mut Report, outside: &Outside) {
    let Some((domain, relay, selector)) = outside.sender() else { return };
    let resolver = outside.dns.map_or_else(Resolver::system, Resolver::at);
    let sender = Sender { domain: &domain, relay: relay.as_deref(), selector: selector.as_deref() };
    for hint in hints(&resolver, sender) {
        let name = hint.about.as_str();
        let state = if hint.finding == Finding::Good { State::Ok } else { State::Notice };
        let fix = hint.publish.map(|record| Cow::Owned(format!("publish {record}")));
        report.0.push(Check { name, state, detail: hint.said.en, fix });
    }
}

/// Whether signed documents can be kept and read back.
fn documents(report: &mut Report, common: &Common, outside: &Outside) {
    const FIX: &str = "check --documents and its keys; nothing is sent while documents cannot be kept";
    const KEY: &str = "doctor/check";
    let vault = match outside.vault(&common.database_url) {
        Ok(vault) => vault,
        Err(why) => return report.wrong("documents", why, FIX),
    };
    let place = vault.describe().en;
    let said = b"CabReady doctor";
    let tried = vault.put(KEY, said).and_then(|_| vault.get(KEY)).and_then(|back| vault.delete(KEY).map(|()| back));
    match tried {
        Ok(back) if back == said => report.ok("documents", format!("{place}: written, read back, deleted")),
        Ok(_) => report.wrong("documents", format!("{place}: other bytes came back than were written"), FIX),
        Err(error) => report.wrong("documents", format!("{place}: {error}"), FIX),
    }
}

/// Whether an outside provider of signatures, where one is set up, answers and takes the key.
fn signatures(report: &mut Report, outside: &Outside) {
    const FIX: &str = "check --signature-url and --signature-key; until then clients can sign by the code";
    let provider = match outside.signer() {
        Ok(Some(provider)) => provider,
        Ok(None) => return report.ok("signatures", "no outside provider: clients sign by a code"),
        Err(why) => return report.wrong("signatures", why, FIX),
    };
    let who = provider.describe().en;
    let heard = if outside.signature_events_secret.is_some() { "its messages are taken" } else { "it is only asked" };
    match provider.check() {
        Ok(()) => report.ok("signatures", format!("{who} answers and takes the key, {heard}")),
        Err(error) => report.wrong("signatures", format!("{who}: {error}"), FIX),
    }
}

fn integrity(report: &mut Report, store: &Store) {
    let looks = [
        ("integrity", store.damages(), "restore the last backup with `cabready restore`"),
        ("references", store.orphans(), "restore the last backup, or ask for help with the lines above"),
    ];
    for (name, found, fix) in looks {
        match found {
            Ok(found) if found.is_empty() => report.ok(name, "whole"),
            Ok(found) => report.wrong(name, found.join("; "), fix),
            Err(e) => report.wrong(name, e.0, fix),
        }
    }
}

fn journal(report: &mut Report, app: &App) {
    const FIX: &str = "somebody has written to the database by hand: compare with a backup from before";
    match service::journal::verify(app) {
        Ok(chains) => {
            let mut rows = 0;
            let mut whole = true;
            for chain in &chains {
                rows += chain.rows;
                if let Some((seq, id, why)) = &chain.damaged {
                    whole = false;
                    let id = id.as_deref().unwrap_or("missing");
                    let detail = format!(
                        "first damaged row of « {} » (cabinet {}): number {seq}, id {id}: {why}",
                        chain.cabinet, chain.cabinet_id
                    );
                    report.wrong("journal", detail, FIX);
                }
            }
            if whole {
                report.ok("journal", format!("{} chains, {rows} rows hold", chains.len()));
            }
        }
        Err(e) => report.wrong("journal", e.to_string(), FIX),
    }
}

fn sums(report: &mut Report, app: &App) {
    const FIX: &str = "the cockpit shows wrong numbers for it: please report this, with the version";
    match service::cockpit::verify_sums(app) {
        Ok(found) => {
            for wrong in found.iter().filter(|s| !s.ok) {
                report.wrong(
                    "sums",
                    format!("cabinet {}: stored sums differ from its dossiers", wrong.cabinet_id),
                    FIX,
                );
            }
            if found.iter().all(|s| s.ok) {
                report.ok("sums", format!("{} cabinets, stored sums equal their dossiers", found.len()));
            }
        }
        Err(e) => report.wrong("sums", e.to_string(), FIX),
    }
}

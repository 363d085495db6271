//! The mailbox of the address that mail leaves from, as a folder: a Maildir, or `.eml` files. Notifications on delivery,
//! complaints, answers and requests to unsubscribe are noted on the message that they are about, and put into `done` for a
//! month; what is about nothing of ours goes to `other`, what cannot be read to `refused` beside a text that says why.
//!
//! Of an answer its day and its first words are kept, and nothing else of who wrote it.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use domain::delivery::failure;
use domain::{CabinetId, MailEventKind, MailEventSource, MailId, Text};
use intake::returned::{self, Action, Letter, Returned, Status};
use sha2::{Digest, Sha256};
use store::Conn;
use store::mails::Mail;

use super::{Happened, Heard, note_of, unsubscribe};
use crate::arrivals::watch::{ABANDONED, SETTLE, Watcher, claim, claimed, is_unfinished, put, watcher};
use crate::post::About;
use crate::{App, Result, secrets};

const DONE: &str = "done";
const OTHER: &str = "other";
const REFUSED: &str = "refused";
/// Begins with a dot: no program takes it for a folder of mail.
const TAKEN: &str = ".taken";

/// What was understood is kept so long, to be looked at; it is mail of clients.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Between two looks for what was kept long enough.
const SWEEP: Duration = Duration::from_secs(3600);

/// Starts looking.
pub fn start(app: App, path: PathBuf) -> Watcher {
    let mut look = Look::new(path);
    watcher(move |stop| {
        look.once(&app, SETTLE, stop);
    })
}

/// What was seen at the last look.
#[derive(Debug)]
pub struct Look {
    path: PathBuf,
    seen: HashMap<PathBuf, (u64, SystemTime)>,
    swept: Option<Instant>,
    /// What was complained about, so that it is said once.
    told: String,
}

impl Look {
    pub fn new(path: PathBuf) -> Self {
        Self { path, seen: HashMap::new(), swept: None, told: String::new() }
    }

    /// Takes what has stood still since the last look, and answers how many files that was.
    pub fn once(&mut self, app: &App, settle: Duration, stop: &AtomicBool) -> usize {
        match self.look(app, settle, stop) {
            Ok(taken) => taken,
            Err(error) => {
                self.complain(&error.to_string());
                0
            }
        }
    }

    fn complain(&mut self, why: &str) {
        if self.told != why {
            tracing::warn!(folder = %self.path.display(), why, "the mailbox cannot be worked on; it will be tried again");
            self.told = why.to_owned();
        }
    }

    fn look(&mut self, app: &App, settle: Duration, stop: &AtomicBool) -> io::Result<usize> {
        let claims = self.path.join(TAKEN);
        for folder in [DONE, OTHER, REFUSED, TAKEN] {
            fs::create_dir_all(self.path.join(folder))?;
        }
        if self.swept.is_none_or(|at| at.elapsed() > SWEEP) {
            sweep(&self.path.join(DONE))?;
            self.swept = Some(Instant::now());
        }
        let mut taken = 0;
        for entry in fs::read_dir(&claims)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some((at, own)) = claimed(&name)
                && SystemTime::now().duration_since(at).is_ok_and(|age| age > ABANDONED)
                && let Some(claim) = claim(&entry.path(), &claims, own)
            {
                // Where it came from is not known any more: one of these is looked into for it.
                let back = if is_eml(own) { self.path.join(own) } else { self.path.join("new").join(own) };
                taken += usize::from(self.take(app, &claim, own, &back));
            }
        }
        let mut present = HashMap::new();
        // Mail arrives in `new`; a program that has looked at it moves it to `cur`.
        for (folder, any_name) in
            [(self.path.clone(), false), (self.path.join("new"), true), (self.path.join("cur"), true)]
        {
            let mut files: Vec<_> = match fs::read_dir(&folder) {
                Ok(entries) => entries.flatten().collect(),
                Err(_) if any_name => continue,
                Err(error) => return Err(error),
            };
            files.sort_by_key(fs::DirEntry::file_name);
            for entry in files {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                // Neither folders nor links: a link may lead anywhere.
                let Ok(meta) = fs::symlink_metadata(entry.path()) else { continue };
                let name = entry.file_name().to_string_lossy().into_owned();
                let is_mail = any_name || is_eml(&name);
                if !meta.is_file() || !is_mail || is_unfinished(&name) {
                    continue;
                }
                let (path, now) = (entry.path(), (meta.len(), meta.modified().unwrap_or(SystemTime::UNIX_EPOCH)));
                let still = self.seen.get(&path) == Some(&now);
                let settled = SystemTime::now().duration_since(now.1).is_ok_and(|age| age >= settle);
                if !still || !settled {
                    present.insert(path, now);
                    continue;
                }
                if let Some(claim) = claim(&path, &claims, &name) {
                    taken += usize::from(self.take(app, &claim, &name, &path));
                }
            }
        }
        self.seen = present;
        Ok(taken)
    }

    /// Takes a claimed file and moves it to where it belongs. Where the installation itself fails, the file goes back.
    fn take(&mut self, app: &App, claim: &Path, name: &str, from: &Path) -> bool {
        let outcome = match read(claim) {
            Ok(letter) => match hear(app, &letter.0, &letter.1, Utc::now()) {
                Ok(heard) => {
                    app.shared.delivery.count(heard);
                    Ok(if matches!(heard, Heard::Noted | Heard::Again) { DONE } else { OTHER })
                }
                Err(error) => {
                    self.complain(&error.to_string());
                    let _ = fs::rename(claim, from);
                    return false;
                }
            },
            Err(why) => Err(why),
        };
        let folder = *outcome.as_ref().unwrap_or(&REFUSED);
        match put(claim, &self.path.join(folder), name) {
            Ok(at) => {
                if let Err(why) = outcome {
                    let mut beside = at.into_os_string();
                    beside.push(".txt");
                    if let Err(error) = fs::write(&beside, format!("{}\r\n{}\r\n", why.fr, why.en)) {
                        self.complain(&error.to_string());
                    }
                }
            }
            Err(error) => self.complain(&error.to_string()),
        }
        true
    }
}

fn is_eml(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".eml")
}

/// Deletes what was kept long enough.
fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        let Ok(meta) = fs::symlink_metadata(entry.path()) else { continue };
        let old = meta.modified().is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > KEPT));
        if meta.is_file() && old {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The mail in a file, and what it is known by when it comes again.
fn read(path: &Path) -> std::result::Result<(Letter, String), Text> {
    let unreadable = |error: io::Error| {
        let why = error.kind();
        Text::new(format!("Le fichier ne peut pas être lu : {why}."), format!("The file cannot be read: {why}."))
    };
    let file = fs::File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    if length > returned::MOST_BYTES {
        return Err(returned::too_large(length));
    }
    let mut bytes = Vec::new();
    file.take(returned::MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    // What a hostile mail could do to the reader it does to this mail alone.
    let letter = catch_unwind(|| returned::read(&bytes)).unwrap_or_else(|_| {
        Err(Text::new("Ce courriel est trop abîmé pour être lu.", "This mail is too damaged to be read."))
    })?;
    let key = letter.id.clone().unwrap_or_else(|| secrets::hex(&Sha256::digest(&bytes)[..16]));
    Ok((letter, key.chars().take(200).collect()))
}

/// Notes what a mail that came back says.
fn hear(app: &App, letter: &Letter, key: &str, now: DateTime<Utc>) -> Result<Heard> {
    if let Some(token) = unsubscribe::in_text(&letter.subject) {
        return Ok(if unsubscribe::by_mail(app, token, now)? { Heard::Noted } else { Heard::Unknown });
    }
    let about = match &letter.what {
        Returned::Notification { about, .. } | Returned::Complaint { about, .. } | Returned::Reply { about, .. } => {
            about
        }
        Returned::Other => return Ok(Heard::Other),
    };
    let Some(mail) = ours(&mut *app.store.conn()?, about)? else { return Ok(Heard::Unknown) };
    let what = |kind, recipient: Option<String>, said: &str| Happened {
        at: letter.at,
        recipient,
        said: said.to_owned(),
        ..Happened::new(kind, MailEventSource::Mailbox, key)
    };
    let what = match &letter.what {
        Returned::Notification { recipients, .. } => {
            let Some(status) = of_ours(&mail, recipients)? else { return Ok(Heard::Other) };
            what(kind(status), Some(status.recipient.clone()), &format!("{} {}", status.code, status.said))
        }
        Returned::Complaint { recipient, said, .. } => what(MailEventKind::Complained, recipient.clone(), said),
        Returned::Reply { automatic: true, words, .. } => what(MailEventKind::AutoReplied, None, words),
        Returned::Reply { automatic: false, words, .. } => what(MailEventKind::Answered, None, words),
        Returned::Other => return Ok(Heard::Other),
    };
    note_of(app, mail.cabinet, mail.id, what, now)
}

/// The first of these messages that is one of ours: its id is made of that of its row.
fn ours(conn: &mut Conn, about: &[String]) -> Result<Option<Mail>> {
    for id in about {
        let Some(row) = id.split('@').next().and_then(|id| id.parse::<MailId>().ok()) else { continue };
        let Some((cabinet, row)) = store::mails::named(conn, Some(row), "")? else { continue };
        let mail = of(conn, cabinet, row)?;
        if let Some(mail) = mail.filter(|m| m.message_id.eq_ignore_ascii_case(&format!("<{id}>"))) {
            return Ok(Some(mail));
        }
    }
    Ok(None)
}

fn of(conn: &mut Conn, cabinet: CabinetId, id: MailId) -> Result<Option<Mail>> {
    match store::mails::of_cabinet(conn, cabinet, id) {
        Ok(mail) => Ok(Some(mail)),
        Err(store::Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What was told of the one whom we wrote to. A single other one is where its mail was led on to; several are the members of
/// a list, of whom one may be gone and the list not.
fn of_ours<'s>(mail: &Mail, recipients: &'s [Status]) -> Result<Option<&'s Status>> {
    let about: About = serde_json::from_str(&mail.about)?;
    let to = mail.to_address.to_lowercase();
    let named = recipients.iter().find(|s| s.recipient == to || about.formerly.contains(&s.recipient));
    Ok(named.or(match recipients {
        [one] => Some(one),
        _ => None,
    }))
}

fn kind(status: &Status) -> MailEventKind {
    match status.action {
        Action::Failed => failure(&status.code),
        Action::Delayed => MailEventKind::Delayed,
        Action::Delivered => MailEventKind::Delivered,
        Action::Relayed | Action::Expanded => MailEventKind::Relayed,
    }
}

//! A folder that is watched: what is put there is taken and moved to `done`, or to `refused` beside a text that says why.
//!
//! A file is taken once it has kept its size and time over two looks, so never half-written; it is claimed by a rename,
//! which only one of several processes can do. What a killed process had claimed is claimed again after a while: what it
//! says is then said again, and changes nothing.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use chrono::Utc;
use contract::{Code, FlowFileResult, TakenOutcome};
use domain::{CabinetId, Text};
use store::journal::Stamp;

use super::files::{Arrived, take_files};
use crate::{App, Error, Result};

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    pub path: PathBuf,
    /// Name or id of the cabinet whose folder it is; without one each folder within is that of the cabinet it is named
    /// after.
    pub cabinet: Option<String>,
}

/// Between two looks.
const EVERY: Duration = Duration::from_secs(2);
/// A file that was written to more recently may still be on its way.
pub(crate) const SETTLE: Duration = Duration::from_secs(2);
/// What was claimed longer ago was claimed by a process that is gone.
pub(crate) const ABANDONED: Duration = Duration::from_secs(10 * 60);

/// Holds the id of the cabinet whose folder it was when it was first looked into.
const OWNER: &str = ".cabinet";
const DONE: &str = "done";
const REFUSED: &str = "refused";
/// Begins with a dot: no look takes it for a cabinet.
const TAKEN: &str = ".taken";

/// The thread that looks; stops when told or dropped, after the file in hand.
#[derive(Debug)]
pub struct Watcher {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    pub fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A thread that looks until it is told to stop, once at a time.
pub(crate) fn watcher(mut look: impl FnMut(&AtomicBool) + Send + 'static) -> Watcher {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let thread = std::thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            look(&stopped);
            std::thread::park_timeout(EVERY);
        }
    });
    Watcher { stop, thread: Some(thread) }
}

/// Starts looking.
pub fn start(app: App, folder: Folder) -> Watcher {
    let mut look = Look::new(folder);
    watcher(move |stop| {
        look.once(&app, SETTLE, stop);
    })
}

/// What was seen at the last look.
#[derive(Debug)]
pub struct Look {
    folder: Folder,
    seen: HashMap<PathBuf, (u64, SystemTime)>,
    /// What was complained about, so that it is said once.
    told: HashMap<PathBuf, String>,
}

impl Look {
    pub fn new(folder: Folder) -> Self {
        Self { folder, seen: HashMap::new(), told: HashMap::new() }
    }

    /// Takes what has stood still since the last look, and answers how many files that was.
    pub fn once(&mut self, app: &App, settle: Duration, stop: &AtomicBool) -> usize {
        let mut taken = 0;
        let places = match self.places(app) {
            Ok(places) => places,
            Err(error) => {
                self.complain(&self.folder.path.clone(), &error.to_string());
                return 0;
            }
        };
        let mut present = HashMap::new();
        for (place, cabinet) in places {
            match self.place(app, &place, cabinet, settle, stop, &mut present) {
                Ok(files) => taken += files,
                Err(error) => self.complain(&place, &error.to_string()),
            }
        }
        self.seen = present;
        taken
    }

    fn complain(&mut self, at: &Path, why: &str) {
        if self.told.get(at).map(String::as_str) != Some(why) {
            tracing::warn!(folder = %at.display(), why, "a watched folder cannot be worked on; it will be tried again");
            self.told.insert(at.to_owned(), why.to_owned());
        }
    }

    /// The folders to look into, and whose each is.
    fn places(&mut self, app: &App) -> Result<Vec<(PathBuf, CabinetId)>> {
        let mut conn = app.store.conn()?;
        if let Some(name) = &self.folder.cabinet {
            let cabinet = store::arrivals::cabinet_named(&mut conn, name)?
                .ok_or_else(|| Error::internal(format!("no cabinet, or more than one, is named « {name} »")))?;
            return Ok(vec![(self.folder.path.clone(), cabinet)]);
        }
        let mut places = Vec::new();
        for entry in fs::read_dir(&self.folder.path).map_err(Error::internal)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || !entry.file_type().is_ok_and(|t| t.is_dir()) {
                continue;
            }
            match owner(&mut conn, &entry.path(), &name)? {
                Some(cabinet) => places.push((entry.path(), cabinet)),
                None => self.complain(&entry.path(), "no cabinet, or more than one, has this name"),
            }
        }
        Ok(places)
    }

    fn place(
        &mut self,
        app: &App,
        place: &Path,
        cabinet: CabinetId,
        settle: Duration,
        stop: &AtomicBool,
        present: &mut HashMap<PathBuf, (u64, SystemTime)>,
    ) -> io::Result<usize> {
        let claims = place.join(TAKEN);
        for folder in [DONE, REFUSED, TAKEN] {
            fs::create_dir_all(place.join(folder))?;
        }
        let mut taken = 0;
        for entry in fs::read_dir(&claims)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some((at, own)) = claimed(&name)
                && SystemTime::now().duration_since(at).is_ok_and(|age| age > ABANDONED)
                && let Some(claim) = claim(&entry.path(), &claims, own)
            {
                taken += usize::from(self.take(app, place, cabinet, &claim, own));
            }
        }
        let mut files: Vec<_> = fs::read_dir(place)?.flatten().collect();
        files.sort_by_key(fs::DirEntry::file_name);
        for entry in files {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            // Neither folders nor links: a link may lead anywhere.
            let Ok(meta) = fs::symlink_metadata(entry.path()) else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            if !meta.is_file() || is_unfinished(&name) {
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
                taken += usize::from(self.take(app, place, cabinet, &claim, &name));
            }
        }
        Ok(taken)
    }

    /// Takes a claimed file and moves it to where it belongs. Where the installation itself fails, the file goes back.
    fn take(&mut self, app: &App, place: &Path, cabinet: CabinetId, claim: &Path, name: &str) -> bool {
        let stamp = Stamp { at: Utc::now(), actor: None, request_id: "folder".to_owned() };
        let outcome = match fs::metadata(claim).map(|m| m.len()) {
            Ok(bytes) if bytes > app.settings.import_max_bytes => {
                let most = app.settings.import_max_bytes / 1_048_576;
                Err(Text::new(
                    format!("Le fichier dépasse {most} Mo. Partagez-le en archives plus petites."),
                    format!("The file exceeds {most} MB. Split it into smaller archives."),
                ))
            }
            Ok(_) => match take_files(app, cabinet, &stamp, Arrived { path: claim, name, platform: "" }) {
                Ok(result) => Ok(result),
                Err(error) if error.code == Code::FileRefused => {
                    Err(error.detail.clone().unwrap_or_else(|| error.code.explanation()))
                }
                Err(error) => {
                    self.complain(place, &error.to_string());
                    let _ = fs::rename(claim, place.join(name));
                    return false;
                }
            },
            Err(_) => return false,
        };
        let (folder, words) = match &outcome {
            Err(why) => (REFUSED, Some(report(std::iter::once((name, why))))),
            Ok(result) => (if all_refused(result) { REFUSED } else { DONE }, refused_of(result)),
        };
        let moved = put(claim, &place.join(folder), name);
        match moved {
            Ok(at) => {
                if let Some(words) = words {
                    let mut beside = at.into_os_string();
                    beside.push(".txt");
                    if let Err(error) = fs::write(&beside, words) {
                        self.complain(place, &error.to_string());
                    }
                }
            }
            Err(error) => self.complain(place, &error.to_string()),
        }
        true
    }
}

fn all_refused(result: &FlowFileResult) -> bool {
    !result.items.is_empty() && result.items.iter().all(|i| i.outcome == TakenOutcome::Refused)
}

/// What is to be said of a file: what was refused of it, and what is to be known.
fn refused_of(result: &FlowFileResult) -> Option<String> {
    let told: Vec<_> = result.items.iter().filter_map(|i| Some((i.name.as_str(), i.message.as_ref()?))).collect();
    (!told.is_empty()).then(|| report(told.into_iter()))
}

fn report<'t>(items: impl Iterator<Item = (&'t str, &'t Text)>) -> String {
    items.map(|(name, why)| format!("{name}\r\n  {}\r\n  {}\r\n", why.fr, why.en)).collect::<Vec<_>>().join("\r\n")
}

/// Whose a folder is. A name says so once; from then on it is noted within: another cabinet that takes the name later
/// does not take the folder with it.
fn owner(conn: &mut store::Conn, place: &Path, name: &str) -> Result<Option<CabinetId>> {
    let mark = place.join(OWNER);
    match fs::read_to_string(&mark) {
        // One that is gone has no name any more either.
        Ok(id) => Ok(store::arrivals::cabinet_named(conn, id.trim())?.filter(|found| found.to_string() == id.trim())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let found = store::arrivals::cabinet_named(conn, name)?;
            if let Some(cabinet) = found {
                fs::write(&mark, format!("{cabinet}\n")).map_err(Error::internal)?;
            }
            Ok(found)
        }
        Err(error) => Err(Error::internal(error)),
    }
}

/// Files that another program is still at.
pub(crate) fn is_unfinished(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let ending = lower.rsplit('.').next().unwrap_or_default();
    name.starts_with(['.', '~'])
        || matches!(ending, "tmp" | "part" | "partial" | "filepart" | "crdownload" | "swp" | "lock")
}

/// Claims a file by a rename: of several processes one succeeds.
pub(crate) fn claim(path: &Path, claims: &Path, name: &str) -> Option<PathBuf> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let target = claims.join(format!("{now}-{}-{name}", crate::ids::fresh().simple()));
    fs::rename(path, &target).ok().map(|()| target)
}

/// When a file was claimed, and its own name.
pub(crate) fn claimed(name: &str) -> Option<(SystemTime, &str)> {
    let (millis, rest) = name.split_once('-')?;
    let (_, own) = rest.split_once('-')?;
    Some((SystemTime::UNIX_EPOCH + Duration::from_millis(millis.parse().ok()?), own))
}

/// Moves a file into a folder without writing over another one of its name.
pub(crate) fn put(from: &Path, folder: &Path, name: &str) -> io::Result<PathBuf> {
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    for n in 1..10_000u32 {
        let target = folder.join(if n == 1 { name.to_owned() } else { format!("{stem}-{n}{ending}") });
        match fs::hard_link(from, &target) {
            Ok(()) => {
                fs::remove_file(from)?;
                return Ok(target);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            // File systems without links: looked first, then moved.
            Err(_) if target.exists() => {}
            Err(_) => {
                fs::rename(from, &target)?;
                return Ok(target);
            }
        }
    }
    Err(io::Error::other(format!("too many files named {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_files_are_left_alone() {
        for name in [".x.xml", "~x.xml", "x.xml.part", "x.tmp", "X.FilePart"] {
            assert!(is_unfinished(name), "{name}");
        }
        for name in ["x.xml", "facture.pdf", "lot.zip"] {
            assert!(!is_unfinished(name), "{name}");
        }
    }

    #[test]
    fn a_file_is_claimed_once_and_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("claims")).unwrap();
        fs::write(at("a-b.xml"), "1").unwrap();
        let first = claim(&at("a-b.xml"), &at("claims"), "a-b.xml").unwrap();
        assert_eq!(claim(&at("a-b.xml"), &at("claims"), "a-b.xml"), None);
        let (when, own) = claimed(first.file_name().unwrap().to_str().unwrap()).unwrap();
        assert!(own == "a-b.xml" && SystemTime::now().duration_since(when).unwrap() < Duration::from_secs(60));
        fs::create_dir(at("done")).unwrap();
        assert_eq!(put(&first, &at("done"), "a-b.xml").unwrap(), at("done/a-b.xml"));
        fs::write(at("again"), "2").unwrap();
        assert_eq!(put(&at("again"), &at("done"), "a-b.xml").unwrap(), at("done/a-b-2.xml"));
        assert_eq!(fs::read_to_string(at("done/a-b.xml")).unwrap(), "1");
    }
}

//! A PostgreSQL cluster for one run: made in a temporary folder, on a free port, gone afterwards.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::apt::{self, Need};
use crate::failure::{OrSay, Result};
use crate::process::{Job, Running, Stop, ask, check_interrupted, find};
use crate::version::Version;
use crate::wasm::tail;
use crate::{say, server};

/// `initdb` and `postgres` refuse to run as root; the package makes this user.
const USER: &str = "postgres";
const OWNER: &str = "cabready";

pub struct Cluster {
    // The order matters: the server is stopped before its folder goes.
    _running: Running,
    _folder: TempDir,
    pub url: String,
}

/// The folder of `initdb`, `postgres` and `createdb`.
fn binaries() -> Result<Option<PathBuf>> {
    const VARIABLE: &str = "CABREADY_POSTGRES_BIN";
    if let Some(folder) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from) {
        return if folder.join("initdb").is_file() {
            Ok(Some(folder))
        } else {
            Err(format!("{VARIABLE} is \"{}\", which holds no initdb", folder.display()).into())
        };
    }
    // Debian keeps the versions beside each other and none of them on PATH.
    let mut versions: Vec<(Version, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("bin/initdb").is_file())
        .filter_map(|path| Some((Version::find(path.file_name()?.to_str()?)?, path.join("bin"))))
        .collect();
    versions.sort();
    let newest = versions.pop().map(|(_, folder)| folder);
    Ok(newest.or_else(|| find("initdb").and_then(|path| path.parent().map(Path::to_path_buf))))
}

pub fn needs() -> Result<Vec<Need>> {
    Ok(match binaries()? {
        Some(_) => Vec::new(),
        None => vec![Need { package: "postgresql", why: "the API tests run on it, too, in a cluster of their own" }],
    })
}

impl Cluster {
    pub fn start() -> Result<Self> {
        let started = Instant::now();
        let bin =
            binaries()?.ok_or("PostgreSQL's programs are not on this machine: `cargo xtask setup` installs them")?;
        // Root's own temporary folder may be closed to the user that the server runs as.
        let place = if apt::is_root() { PathBuf::from("/tmp") } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new()
            .prefix("cabready-postgres-")
            .tempdir_in(&place)
            .or_say(|| format!("no temporary folder in {}", place.display()))?;
        let home = folder.path().to_path_buf();
        if apt::is_root() {
            let (user, group) = user_ids()?;
            std::os::unix::fs::chown(&home, Some(user), Some(group))
                .or_say(|| format!("{} cannot be given to the user {USER}", home.display()))?;
        }
        let data = home.join("data");
        job(&bin, "initdb", &home)?
            .args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--username", OWNER, "--pgdata"])
            .arg(&data)
            .run_quietly()?;

        let port = server::free_port()?;
        let log_path = home.join("log");
        let log = File::create(&log_path).or_say(|| format!("{} cannot be written", log_path.display()))?;
        let errors = log.try_clone().or_say(|| format!("{} cannot be written", log_path.display()))?;
        let mut running = job(&bin, "postgres", &home)?
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=127.0.0.1", "-c", &format!("port={port}")])
            .args(["-c", &format!("unix_socket_directories={}", home.display())])
            // Nothing here is worth a disk's wait: the cluster does not outlive the run.
            .args(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"])
            .args(["-c", "max_connections=200"])
            .stdout(Stdio::from(log))
            .stderr(Stdio::from(errors))
            .spawn()?;

        let deadline = Instant::now() + Duration::from_secs(30);
        let address = port.to_string();
        while ask(bin.join("pg_isready"), &["-q", "-h", "127.0.0.1", "-p", &address, "-d", "postgres", "-U", OWNER])
            .is_none()
        {
            check_interrupted()?;
            if running.has_ended().is_some() || Instant::now() > deadline {
                let said = std::fs::read_to_string(&log_path).unwrap_or_default();
                return Err(format!("PostgreSQL did not start within 30 s. It said:\n{}", tail(&said, 20)).into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        job(&bin, "createdb", &home)?
            .args(["--host", "127.0.0.1", "--port", &address, "--username", OWNER, OWNER])
            .run_quietly()?;
        let version = ask(bin.join("postgres"), &["--version"]).unwrap_or_default();
        say::done(&format!("{version} on port {port} in {}", say::time(started.elapsed())));
        let url = format!("postgres://{OWNER}@127.0.0.1:{port}/{OWNER}");
        Ok(Self { _running: running, _folder: folder, url })
    }
}

fn job(bin: &Path, program: &str, home: &Path) -> Result<Job> {
    let program = bin.join(program);
    let job =
        if apt::is_root() { Job::as_user(program, USER, Stop::Interrupt)? } else { Job::new_interruptible(program) };
    Ok(job.dir(home))
}

fn user_ids() -> Result<(u32, u32)> {
    let id = |flag: &str| ask("id", &[flag, USER]).and_then(|text| text.parse().ok());
    match (id("-u"), id("-g")) {
        (Some(user), Some(group)) => Ok((user, group)),
        _ => Err(format!(
            "there is no user {USER}; PostgreSQL refuses to run as root. Debian's package postgresql makes that user; \
             elsewhere run `useradd --system {USER}`, or start this command as a normal user."
        )
        .into()),
    }
}

/// `cargo xtask postgres`: for whoever wants to look around or to run one test again and again.
pub fn hold() -> Result<()> {
    let mut cluster = Cluster::start()?;
    say::plain(&format!("\n    CABREADY_TEST_POSTGRES={}\n", cluster.url));
    say::note("Ctrl-C stops it and removes its data.");
    cluster._running.wait().map(|_| ())
}

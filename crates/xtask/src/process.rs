//! Child processes that never outlive us.
//!
//! Every long-running child leads its own process group, so that one signal reaches it and all that it started.
//! Three things end a group: its [`Running`] is dropped (an error, a panic or the normal end), we get SIGINT, SIGTERM or
//! SIGHUP (the watcher thread passes it on), or we are killed outright (`setpriv --pdeathsig`, part of util-linux: the
//! kernel then signals the child in our place).

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::failure::{Failure, OrSay, Result};

/// How long a child may take to put its things away before it is killed.
const GRACE: Duration = Duration::from_secs(15);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static GROUPS: Mutex<Vec<(Pid, Stop)>> = Mutex::new(Vec::new());

/// The signal that a program takes as "finish properly".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Servers and builds.
    Terminate,
    /// Playwright, which closes its browsers on Ctrl-C; PostgreSQL, which then stops without waiting for clients.
    Interrupt,
}

impl Stop {
    fn signal(self) -> Signal {
        match self {
            Self::Terminate => Signal::TERM,
            Self::Interrupt => Signal::INT,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Interrupt => "INT",
        }
    }
}

fn groups() -> MutexGuard<'static, Vec<(Pid, Stop)>> {
    GROUPS.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Starts the thread that hands our own end on to the children. A second signal does not wait for them.
pub fn watch_signals() -> Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])
        .or_say(|| "the signals cannot be watched".to_owned())?;
    thread::spawn(move || {
        for _ in signals.forever() {
            if INTERRUPTED.swap(true, Ordering::SeqCst) {
                kill_all();
                continue;
            }
            for (group, stop) in groups().iter() {
                let _ = kill_process_group(*group, stop.signal());
            }
            thread::spawn(|| {
                thread::sleep(GRACE);
                kill_all();
            });
        }
    });
    Ok(())
}

fn kill_all() {
    for (group, _) in groups().iter() {
        let _ = kill_process_group(*group, Signal::KILL);
    }
}

pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Stops the flow of a command after a signal.
pub fn check_interrupted() -> Result<()> {
    if interrupted() { Err(Failure::Interrupted) } else { Ok(()) }
}

/// The path of a program, looked up in `path` (a list as in `PATH`).
pub fn find_in(program: &str, path: &OsStr) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    std::env::split_paths(path).map(|folder| folder.join(program)).find(|candidate| {
        candidate.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    })
}

pub fn find(program: &str) -> Option<PathBuf> {
    find_in(program, &std::env::var_os("PATH").unwrap_or_default())
}

fn setpriv() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            let path = find("setpriv").or_else(|| find_in("setpriv", OsStr::new("/usr/bin:/bin")))?;
            let help = Command::new(&path).arg("--help").output().ok()?;
            String::from_utf8_lossy(&help.stdout).contains("--pdeathsig").then_some(path)
        })
        .as_deref()
}

/// A program to run, with the environment that `cargo run` added to ours taken away.
pub struct Job {
    command: Command,
    name: String,
    stop: Stop,
    sweep: bool,
}

impl Job {
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self::with(program.as_ref(), None, Stop::Terminate)
    }

    /// As [`Job::new`], ended by the signal of Ctrl-C.
    pub fn new_interruptible(program: impl AsRef<OsStr>) -> Self {
        Self::with(program.as_ref(), None, Stop::Interrupt)
    }

    /// Runs as another user; only root may.
    pub fn as_user(program: impl AsRef<OsStr>, user: &str, stop: Stop) -> Result<Self> {
        if setpriv().is_none() {
            return Err("`setpriv` (Debian package util-linux) is missing: it starts PostgreSQL as another user".into());
        }
        Ok(Self::with(program.as_ref(), Some(user), stop))
    }

    fn with(program: &OsStr, user: Option<&str>, stop: Stop) -> Self {
        let name = Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned();
        let mut command = match setpriv() {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                if let Some(user) = user {
                    command.args(["--reuid", user, "--regid", user, "--init-groups"]);
                }
                command.args(["--pdeathsig", stop.name(), "--"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.stdin(Stdio::null());
        // `cargo run` points this at our own toolchain; another compiler must not find its libraries there.
        command.env_remove("LD_LIBRARY_PATH");
        Self { command, name, stop, sweep: true }
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    pub fn env_remove(mut self, key: &str) -> Self {
        self.command.env_remove(key);
        self
    }

    pub fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    pub fn stdout(mut self, to: Stdio) -> Self {
        self.command.stdout(to);
        self
    }

    pub fn stderr(mut self, to: Stdio) -> Self {
        self.command.stderr(to);
        self
    }

    /// A package manager may start services of the system, which are not ours to end.
    pub fn keep_daemons(mut self) -> Self {
        self.sweep = false;
        self
    }

    pub fn spawn(mut self) -> Result<Running> {
        use std::os::unix::process::CommandExt;
        self.command.process_group(0);
        // Under the lock: a signal comes either before the check or after the group is known.
        let mut groups = groups();
        check_interrupted()?;
        let child = self.command.spawn().or_say(|| format!("{} cannot be started", self.name))?;
        let group = i32::try_from(child.id())
            .ok()
            .and_then(Pid::from_raw)
            .ok_or_else(|| Failure::Because(format!("{} has no process id", self.name)))?;
        groups.push((group, self.stop));
        Ok(Running { child, group, name: self.name, stop: self.stop, sweep: self.sweep, ended: None })
    }

    /// Runs to the end with its output on ours; an error when it fails.
    pub fn run(self) -> Result<()> {
        let mut running = self.spawn()?;
        let status = running.wait()?;
        if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", running.name).into()) }
    }

    /// Runs to the end and returns what it wrote on standard output; an error when it fails.
    pub fn capture(self) -> Result<String> {
        let (status, text) = self.capture_any()?;
        if status.success() { Ok(text) } else { Err(format!("it ended with {status}").into()) }
    }

    pub fn capture_any(mut self) -> Result<(ExitStatus, String)> {
        self.command.stdout(Stdio::piped());
        let mut running = self.spawn()?;
        let mut bytes = Vec::new();
        if let Some(mut out) = running.child.stdout.take() {
            out.read_to_end(&mut bytes).or_say(|| format!("the output of {} cannot be read", running.name))?;
        }
        let status = running.wait()?;
        Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Runs to the end in silence; what it said is told only when it fails.
    pub fn run_quietly(mut self) -> Result<()> {
        let log = tempfile::tempfile().or_say(|| "no temporary file".to_owned())?;
        let copy = |file: &std::fs::File| file.try_clone().or_say(|| "no temporary file".to_owned());
        self.command.stdout(copy(&log)?).stderr(copy(&log)?);
        let mut running = self.spawn()?;
        let status = running.wait()?;
        if status.success() {
            return Ok(());
        }
        use std::io::Seek;
        let mut log = log;
        let mut text = String::new();
        let _ = log.rewind();
        let _ = log.read_to_string(&mut text);
        Err(format!("{} ended with {status}\n{}", running.name, text.trim_end()).into())
    }
}

/// A started child; dropping it ends it and everything that it started.
pub struct Running {
    child: Child,
    group: Pid,
    name: String,
    stop: Stop,
    sweep: bool,
    ended: Option<ExitStatus>,
}

impl Running {
    /// Waits for the end. A signal that we got meanwhile is told as [`Failure::Interrupted`].
    pub fn wait(&mut self) -> Result<ExitStatus> {
        if self.ended.is_none() {
            let status = self.child.wait().or_say(|| format!("{} cannot be waited for", self.name))?;
            self.finish(status);
        }
        check_interrupted()?;
        self.ended.ok_or_else(|| Failure::Because(format!("{} has no exit status", self.name)))
    }

    /// The exit status if it has ended by itself.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.finish(status);
        }
        self.ended
    }

    /// Asks it to finish, waits, and kills what is still there after the grace time.
    pub fn stop(&mut self) {
        if self.has_ended().is_some() {
            return;
        }
        let _ = kill_process_group(self.group, self.stop.signal());
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if self.has_ended().is_some() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = kill_process_group(self.group, Signal::KILL);
        if let Ok(status) = self.child.wait() {
            self.finish(status);
        }
    }

    fn finish(&mut self, status: ExitStatus) {
        self.ended = Some(status);
        groups().retain(|(group, _)| *group != self.group);
        if self.sweep {
            // The leader is gone; its group only still exists if it left something behind.
            let _ = kill_process_group(self.group, Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The output of a short question such as `trunk --version`; `None` when there is no such program or it fails.
pub fn ask(program: impl AsRef<OsStr>, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).env_remove("LD_LIBRARY_PATH").stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alive(pid: &str) -> bool {
        // A zombie is dead; it only waits for whoever adopted it.
        std::fs::read_to_string(Path::new("/proc").join(pid.trim()).join("stat"))
            .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
    }

    #[test]
    fn a_dropped_child_takes_its_children_along() {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("pid");
        let script = format!("sleep 600 & echo $! > {0}.part && mv {0}.part {0}; wait", told.display());
        let running = Job::new("sh").args(["-c", &script]).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while !told.exists() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        let grandchild = std::fs::read_to_string(&told).unwrap();
        assert!(alive(&grandchild));
        drop(running);
        let deadline = Instant::now() + Duration::from_secs(10);
        while alive(&grandchild) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        assert!(!alive(&grandchild), "process {grandchild} was left behind");
    }

    #[test]
    fn a_failing_program_says_what_it_wrote() {
        let failure = Job::new("sh").args(["-c", "echo the reason >&2; exit 3"]).run_quietly().unwrap_err().to_string();
        assert!(failure.contains("the reason") && failure.contains('3'), "{failure}");
    }
}

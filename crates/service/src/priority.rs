//! Large work gives way: while somebody reads a page, an import runs on what is left of the machine.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use tracing::debug;

/// Of twenty steps from the normal priority down to the last. Ten gives a thread a ninth of what a page gets that wants the
/// same core at the same time, and the whole core otherwise.
const STEPS: i32 = 10;
/// More of them than do something at once are not kept. Kept they are, because memory that a thread has used is the next
/// work's, too.
const KEPT: usize = 4;

/// Lets the calling thread give way to all others of this process, for good: a system lets nobody take that back.
pub fn give_way() {
    store::give_way();
    // On Linux each thread has a priority of its own. Where that is refused, the work is done all the same.
    if let Err(error) = rustix::process::nice(STEPS) {
        debug!(%error, "a thread keeps its priority");
    }
}

type Work = Box<dyn FnOnce() + Send>;

/// Threads that give way and have nothing to do.
static IDLE: Mutex<Vec<Sender<Work>>> = Mutex::new(Vec::new());

fn idle() -> MutexGuard<'static, Vec<Sender<Work>>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start() -> Option<Sender<Work>> {
    let (sender, works) = channel::<Work>();
    let work = move || {
        give_way();
        works.into_iter().for_each(|work| work());
    };
    Builder::new().name("aside".to_owned()).spawn(work).ok().map(|_| sender)
}

/// Does work on a thread that gives way, and waits for it.
pub fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, answer) = channel::<Result<T, Box<dyn Any + Send>>>();
    let work: Work = Box::new(move || drop(sender.send(catch_unwind(AssertUnwindSafe(work)))));
    let thread = idle().pop().or_else(start);
    match &thread {
        // Its thread lives as long as its sender.
        Some(thread) => drop(thread.send(work)),
        // No thread more is to be had: it is done here.
        None => work(),
    }
    let outcome = answer.recv();
    let mut idle = idle();
    let fits = idle.len() < KEPT;
    idle.extend(thread.filter(|_| fits));
    drop(idle);
    outcome.map_or_else(|_| panic!("a thread that gives way is gone"), |done| done.unwrap_or_else(|e| resume_unwind(e)))
}

#[cfg(test)]
mod tests {
    use rustix::process::nice;

    use super::*;

    #[test]
    fn what_is_done_aside_gives_way_and_its_caller_does_not() {
        let before = nice(0).unwrap();
        let of = || (nice(0).unwrap(), std::thread::current().id());
        let (priority, thread) = aside(of);
        assert_eq!(priority, (before + STEPS).min(19));
        assert_eq!(nice(0).unwrap(), before);
        assert!(catch_unwind(|| aside(|| panic!("as it came"))).is_err());
        assert_eq!(aside(of).1, thread, "the next work has the same thread");
    }
}

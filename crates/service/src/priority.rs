//! Large work gives way: while somebody reads a page, an import runs on what is left of the machine.

use std::panic::resume_unwind;

use tracing::debug;

/// Of twenty steps from the normal priority down to the last. Ten gives a thread a ninth of what a page gets that wants the
/// same core at the same time, and the whole core otherwise.
const STEPS: i32 = 10;

/// Lets the calling thread give way to all others of this process, for good: a system lets nobody take that back.
pub fn give_way() {
    store::give_way();
    // On Linux each thread has a priority of its own. Where that is refused, the work is done all the same.
    if let Err(error) = rustix::process::nice(STEPS) {
        debug!(%error, "a thread keeps its priority");
    }
}

/// Does work on a thread that gives way, and waits for it. The thread is new each time: a system gives a new one the core that
/// is free, and one that wakes often that of whoever woke it, which has to answer for pages.
pub fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            give_way();
            work()
        });
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

#[cfg(test)]
mod tests {
    use rustix::process::nice;

    use super::*;

    #[test]
    fn what_is_done_aside_gives_way_and_its_caller_does_not() {
        let before = nice(0).unwrap();
        assert_eq!(aside(|| nice(0).unwrap()), (before + STEPS).min(19));
        assert_eq!(nice(0).unwrap(), before);
        assert!(std::panic::catch_unwind(|| aside(|| panic!("as it came"))).is_err());
    }
}

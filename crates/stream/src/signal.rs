//! Telling those who wait that something was committed.

use parking_lot::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// Counters that only grow, and those who wait for them.
#[derive(Debug)]
pub(crate) struct Signal {
    counts: Mutex<Counts>,
    grown: Condvar,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    /// Grows with every commit and every interrupt. Starts at 1, so that 0 is always the past.
    pub(crate) generation: u64,
    /// Grows with every interrupt. Counted apart, so that a poll can tell a reason to look again
    /// from a reason to return, and so that an interrupt between two polls is not lost.
    pub(crate) interrupts: u64,
}

impl Signal {
    pub(crate) fn new() -> Self {
        Self {
            counts: Mutex::new(Counts {
                generation: 1,
                interrupts: 0,
            }),
            grown: Condvar::new(),
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        *self.counts.lock()
    }

    pub(crate) fn committed(&self) {
        self.counts.lock().generation += 1;
        self.grown.notify_all();
    }

    pub(crate) fn interrupt(&self) {
        {
            let mut counts = self.counts.lock();
            counts.generation += 1;
            counts.interrupts += 1;
        }
        self.grown.notify_all();
    }

    /// As [`crate::Log::changed`].
    pub(crate) fn changed(&self, seen: u64, wait: Duration) -> u64 {
        self.wait(seen, Instant::now().checked_add(wait)).generation
    }

    /// Blocks until the generation is beyond `seen`, or until then; for ever without a `then`.
    pub(crate) fn wait(&self, seen: u64, then: Option<Instant>) -> Counts {
        let mut counts = self.counts.lock();
        while counts.generation <= seen {
            match then {
                None => self.grown.wait(&mut counts),
                Some(then) => {
                    if self.grown.wait_until(&mut counts, then).timed_out() {
                        break;
                    }
                }
            }
        }
        *counts
    }
}

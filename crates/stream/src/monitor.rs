//! What happens between a log and its cluster, for whoever counts it.

use crate::TaskId;
use std::time::Duration;

/// Something worth counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A transaction of a stage holds; it took so long from its beginning.
    Committed(&'a str, Duration),
    /// A transaction of a stage was taken back, or its outcome had to be looked up.
    Aborted(&'a str),
    /// The tasks of a stage were dealt out anew.
    Rebalanced(&'a str),
    /// So many records are left until a task's state is at hand; 0: it is.
    Restoring(&'a TaskId, u64),
    /// Retention has removed so many offsets of an input that a task had not read yet.
    Missed(&'a TaskId, u64),
    /// Records could not be fetched for now.
    FetchFailed,
    /// Records could not be written.
    ProduceFailed,
}

/// Hears of every [`Event`], on whatever thread it happens, and returns at once.
pub trait Monitor: Send + Sync {
    /// Something happened.
    fn note(&self, event: Event<'_>);
}

/// Nobody counts.
impl Monitor for () {
    fn note(&self, _: Event<'_>) {}
}

//! Which of a stage's tasks are this process's.

use crate::Error;
use std::time::Duration;

/// What the group says of this process's share of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// The tasks of these partitions are ours from now on.
    Assigned(Vec<u32>),
    /// Others are waiting for these: close their tasks, then say so with [`Membership::released`].
    Revoked(Vec<u32>),
    /// The group did not hear from us in time, and may have given these to others, by whom their tasks
    /// are then fenced. Nobody waits for us.
    Lost(Vec<u32>),
}

/// A process's place in the group that shares a stage's tasks. Dropped, it is given up; the tasks
/// are to be closed before.
///
/// The group says who should work; a task's epoch says who may. So a process that did not hear that
/// it lost a task does no harm, its commits are fenced.
pub trait Membership: Send {
    /// Waits at most so long for what the group has to say. To be called again and again, also while
    /// tasks are being closed: who does not is taken for dead.
    fn poll(&mut self, wait: Duration) -> Result<Vec<Assignment>, Error>;

    /// Says that the tasks of revoked partitions are closed, so that others may open them.
    fn released(&mut self, partitions: &[u32]) -> Result<(), Error>;
}

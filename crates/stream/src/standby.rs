//! Following the tasks that others have.

use crate::{Error, Log, TaskId, TopicName, pause};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How far behind a copy may fall.
const EVERY: Duration = Duration::from_secs(2);

/// Keeps what this machine has of a stage's tasks up to date, until it is dropped.
pub(crate) struct Standby {
    log: Arc<dyn Log>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Standby {
    /// Follows every task once, and goes on with it on a thread of its own: whoever joins the group only
    /// then has a task's state at hand when the first is given to it. `None` if the log keeps nothing
    /// warm, or if `ended` says that all is over.
    pub(crate) fn start(
        log: &Arc<dyn Log>,
        stage: &str,
        input: &TopicName,
        ended: impl Fn() -> bool,
    ) -> Result<Option<Self>, Error> {
        let tasks = (0..log.partitions(input)?).map(|partition| TaskId::new(stage, partition));
        let tasks: Vec<TaskId> = tasks.collect();
        for task in &tasks {
            if ended() || !keep_warm(&**log, task) {
                return Ok(None);
            }
        }
        let stop = Arc::<AtomicBool>::default();
        let (theirs, told) = (Arc::clone(log), Arc::clone(&stop));
        let thread = std::thread::Builder::new()
            .name(format!("standby.{stage}"))
            .spawn(move || follow(&*theirs, &tasks, &told))
            .map_err(|error| Error::no_thread(&error))?;
        Ok(Some(Self {
            log: Arc::clone(log),
            stop,
            thread: Some(thread),
        }))
    }
}

impl Drop for Standby {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.log.interrupt();
        if let Some(thread) = self.thread.take() {
            // A panic on it was reported when it happened.
            let _ = thread.join();
        }
    }
}

fn follow(log: &dyn Log, tasks: &[TaskId], stop: &AtomicBool) {
    while !stop.load(Ordering::Acquire) {
        pause(log, stop, EVERY);
        let mut tasks = tasks.iter();
        if !tasks.all(|task| stop.load(Ordering::Acquire) || keep_warm(log, task)) {
            return;
        }
    }
}

/// Returns whether the log does that at all.
fn keep_warm(log: &dyn Log, task: &TaskId) -> bool {
    log.keep_warm(task).unwrap_or_else(|error| {
        // Whoever takes it over follows it in any case.
        tracing::debug!(%task, %error, "cannot follow a task of others");
        true
    })
}

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
    pub(crate) fn start(log: &Arc<dyn Log>, stage: &str, input: &TopicName) -> Result<Self, Error> {
        let stop = Arc::<AtomicBool>::default();
        let tasks = (0..log.partitions(input)?).map(|partition| TaskId::new(stage, partition));
        let tasks: Vec<TaskId> = tasks.collect();
        let (theirs, told) = (Arc::clone(log), Arc::clone(&stop));
        let thread = std::thread::Builder::new()
            .name(format!("standby.{stage}"))
            .spawn(move || follow(&*theirs, &tasks, &told))
            .map_err(|error| Error::no_thread(&error))?;
        Ok(Self {
            log: Arc::clone(log),
            stop,
            thread: Some(thread),
        })
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
        for task in tasks {
            match log.keep_warm(task) {
                Ok(true) => {}
                Ok(false) => return,
                // Whoever takes it over follows it in any case.
                Err(error) => tracing::debug!(%task, %error, "cannot follow a task of others"),
            }
        }
        pause(log, stop, EVERY);
    }
}

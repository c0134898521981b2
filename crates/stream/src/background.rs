//! A thread that commits for one task while the task goes on.

use crate::{Commit, Error, TaskId};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// A thread that commits for one task, one commit after another.
#[derive(Debug)]
pub(crate) struct Background {
    jobs: Sender<Arc<Commit>>,
    results: Receiver<Result<(), Error>>,
    thread: JoinHandle<()>,
}

impl Background {
    pub(crate) fn start(
        task: &TaskId,
        mut commit: impl FnMut(&Commit) -> Result<(), Error> + Send + 'static,
    ) -> Result<Self, Error> {
        let (jobs, waiting) = channel::<Arc<Commit>>();
        let (done, results) = channel();
        let thread = std::thread::Builder::new()
            .name(format!("commit.{task}"))
            .spawn(move || {
                for job in waiting {
                    if done.send(commit(&job)).is_err() {
                        return;
                    }
                }
            })
            .map_err(|error| Error::no_thread(&error))?;
        Ok(Self {
            jobs,
            results,
            thread,
        })
    }

    pub(crate) fn submit(&self, commit: Arc<Commit>) -> Result<(), Error> {
        self.jobs.send(commit).map_err(|_| lost())
    }

    pub(crate) fn settle(&self) -> Result<(), Error> {
        self.results.recv().map_err(|_| lost())?
    }

    /// Waits for the thread, so that nothing of the task is left behind.
    pub(crate) fn end(self) {
        drop(self.jobs);
        // A panic on it was reported when it happened, and as a lost commit.
        let _ = self.thread.join();
    }
}

fn lost() -> Error {
    Error::Io {
        context: "committing".to_owned(),
        message: "the thread that commits is gone; this is a fault of hark, please report it"
            .to_owned(),
        retryable: false,
    }
}

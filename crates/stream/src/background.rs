//! A task's commits: at once, or on a thread of their own while the task goes on.

use crate::{Commit, Error, TaskId};
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// The side of a task that writes.
pub(crate) trait Committer: Send + 'static {
    /// Applies a commit whole, or not at all.
    fn commit(&mut self, commit: &Commit) -> Result<(), Error>;
}

/// A task's commits, one at a time.
#[derive(Debug)]
pub(crate) struct Commits<C> {
    task: TaskId,
    committer: Arc<Mutex<C>>,
    /// Started with the first commit that is submitted.
    background: Option<Background>,
    /// Submitted and not settled.
    in_flight: Option<Arc<Commit>>,
}

impl<C: Committer> Commits<C> {
    pub(crate) fn new(task: &TaskId, committer: C) -> Self {
        Self {
            task: task.clone(),
            committer: Arc::new(Mutex::new(committer)),
            background: None,
            in_flight: None,
        }
    }

    /// The side that writes, while nothing is under way.
    pub(crate) fn idle(&self) -> Result<MutexGuard<'_, C>, Error> {
        match &self.in_flight {
            None => Ok(self.committer.lock()),
            Some(_) => Err(Error::Misuse(format!(
                "task {} has a commit under way; settle it first",
                self.task
            ))),
        }
    }

    pub(crate) fn commit(&self, commit: &Commit) -> Result<(), Error> {
        self.idle()?.commit(commit)
    }

    pub(crate) fn submit(&mut self, commit: Arc<Commit>) -> Result<(), Error> {
        drop(self.idle()?);
        let background = match &self.background {
            Some(background) => background,
            None => {
                let started = Background::start(&self.task, Arc::clone(&self.committer))?;
                self.background.insert(started)
            }
        };
        background.submit(Arc::clone(&commit))?;
        self.in_flight = Some(commit);
        Ok(())
    }

    /// Waits for what was submitted, if there is something, and returns it once it holds.
    pub(crate) fn settle(&mut self) -> Result<Option<Arc<Commit>>, Error> {
        let (Some(commit), Some(background)) = (self.in_flight.take(), &self.background) else {
            return Ok(None);
        };
        background.settle()?;
        Ok(Some(commit))
    }
}

impl<C> Drop for Commits<C> {
    fn drop(&mut self) {
        if let Some(background) = self.background.take() {
            background.end();
        }
    }
}

/// A thread that commits for one task, one commit after another.
#[derive(Debug)]
struct Background {
    jobs: Sender<Arc<Commit>>,
    results: Receiver<Result<(), Error>>,
    thread: JoinHandle<()>,
}

impl Background {
    fn start<C: Committer>(task: &TaskId, committer: Arc<Mutex<C>>) -> Result<Self, Error> {
        let (jobs, waiting) = channel::<Arc<Commit>>();
        let (done, results) = channel();
        let thread = std::thread::Builder::new()
            .name(format!("commit.{task}"))
            .spawn(move || {
                for commit in waiting {
                    if done.send(committer.lock().commit(&commit)).is_err() {
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

    fn submit(&self, commit: Arc<Commit>) -> Result<(), Error> {
        self.jobs.send(commit).map_err(|_| lost())
    }

    fn settle(&self) -> Result<(), Error> {
        self.results.recv().map_err(|_| lost())?
    }

    /// Waits for the thread, so that nothing of the task is left behind.
    fn end(self) {
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

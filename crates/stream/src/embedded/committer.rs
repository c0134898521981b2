//! The side of a task that writes: commits at once, or on a thread of its own.

use super::Shared;
use super::apply::{Author, Plan};
use super::state::LargeValues;
use super::task::Input;
use crate::{Commit, Error, TaskId};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// What a task's commits need to know.
#[derive(Debug)]
pub(super) struct Committer {
    pub(super) id: TaskId,
    /// The task's row.
    pub(super) task: i64,
    pub(super) epoch: i64,
    pub(super) inputs: Vec<Input>,
    pub(super) large: LargeValues,
    pub(super) shared: Arc<Shared>,
}

impl Committer {
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<(), Error> {
        let author = Author {
            id: &self.id,
            task: self.task,
            epoch: self.epoch,
            inputs: &self.inputs,
            large: &self.large,
        };
        let moved = {
            let mut writer = self.shared.writer.lock();
            let plan = Plan::new(commit, &author, &self.shared.catalog.read())?;
            plan.execute(&author, &mut writer, &self.shared.file)?
        };
        self.large.moved(moved);
        for offset in &commit.offsets {
            if let Some(input) = self
                .inputs
                .iter_mut()
                .find(|input| input.name == offset.topic)
            {
                input.committed = Some(offset.next);
            }
        }
        if !commit.is_empty() {
            self.shared.signal.committed();
        }
        Ok(())
    }
}

/// A thread that commits for one task, one commit after another.
#[derive(Debug)]
pub(super) struct Background {
    jobs: Sender<Arc<Commit>>,
    results: Receiver<Result<(), Error>>,
    thread: JoinHandle<()>,
}

impl Background {
    pub(super) fn start(committer: Arc<Mutex<Committer>>) -> Result<Self, Error> {
        let name = format!("commit.{}", committer.lock().id);
        let (jobs, waiting) = channel::<Arc<Commit>>();
        let (done, results) = channel();
        let thread = std::thread::Builder::new()
            .name(name)
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

    pub(super) fn submit(&self, commit: Arc<Commit>) -> Result<(), Error> {
        self.jobs.send(commit).map_err(|_| lost())
    }

    pub(super) fn settle(&self) -> Result<(), Error> {
        self.results.recv().map_err(|_| lost())?
    }

    /// Waits for the thread, so that nothing of the task is left behind.
    pub(super) fn end(self) {
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

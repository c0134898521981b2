//! A part of hark's work in this process: what of it is done here, the group says.

use crate::exit::{Failure, Outcome};
use hark_stream::{Ending, Job, Log, TopicName, Worker};
use hark_telemetry::Health;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::sync::mpsc;

/// What every part works in.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) health: Health,
    pub(crate) failures: mpsc::UnboundedSender<Failure>,
}

/// A part at work.
pub(crate) struct Part {
    name: &'static str,
    log: Arc<dyn Log>,
    ending: Arc<Ending>,
    thread: JoinHandle<()>,
}

impl Part {
    /// Joins those who do the same, and does the job for each partition of `input` that is ours.
    pub(crate) fn start(
        around: &Surroundings,
        name: &'static str,
        input: TopicName,
        job: Arc<dyn Job>,
    ) -> Outcome<Self> {
        let ending: Arc<Ending> = Arc::default();
        let (log, theirs) = (Arc::clone(&around.log), Arc::clone(&ending));
        let worker = Worker::new(log, name, input, job, theirs);
        let (failures, health) = (around.failures.clone(), around.health.part(name));
        // With nothing to do yet, or for ever while others do it.
        health.report(0, true, Instant::now());
        let thread = spawn(name, move || {
            if let Err(error) = worker.run() {
                health.fail();
                // Whoever no longer listens is shutting down already.
                let _ = failures.send(Failure::System(error.to_string()));
            }
        })?;
        Ok(Self {
            name,
            log: Arc::clone(&around.log),
            ending,
            thread,
        })
    }

    pub(crate) fn log(&self) -> &Arc<dyn Log> {
        &self.log
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Ends it once it has nothing left to do.
    pub(crate) async fn drained(self) {
        self.ending.drain();
        self.joined().await;
    }

    /// Ends it after what is under way.
    pub(crate) async fn stopped(self) {
        self.ending.stop();
        self.joined().await;
    }

    async fn joined(self) {
        self.log.interrupt();
        let Self { name, thread, .. } = self;
        let joined = tokio::task::spawn_blocking(move || thread.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!(part = name, "its thread ended in a panic");
        }
    }
}

/// Starts a thread.
pub(crate) fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Outcome<JoinHandle<T>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|error| Failure::System(format!("cannot start a thread: {error}")))
}

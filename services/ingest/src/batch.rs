//! Gathers what waits to be written and prepares it, ahead of the writer: while one batch waits
//! for its commit the next is made ready.

use crate::pipeline::{Pipeline, Prepared};
use crate::source::{Cursor, Queued, Receipt};
use hark_model::Timestamp;
use hark_stream::{Clock, Log, pause};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Events in one commit, over which further deliveries wait for the next one.
const COMMIT_EVENTS: usize = 2_048;

/// What one commit is made of.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) deliveries: Vec<PreparedDelivery>,
    pub(crate) events: usize,
}

/// A delivery whose events are prepared.
pub(crate) struct PreparedDelivery {
    pub(crate) events: Vec<Prepared>,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) receipt: Option<oneshot::Sender<Receipt>>,
    /// The room it takes until it is committed.
    pub(crate) room: OwnedSemaphorePermit,
}

/// Prepares batches on a thread of its own.
pub(crate) struct Batches {
    ready: Receiver<Batch>,
    thread: JoinHandle<()>,
}

impl Batches {
    /// Starts the thread. It ends when every intake is gone, or nobody asks any more. Batches that are
    /// not full are as far apart as the log wants commits to be; `stop` ends such a wait.
    pub(crate) fn start(
        mut queue: UnboundedReceiver<Queued>,
        mut pipeline: Pipeline,
        clock: Arc<dyn Clock>,
        log: Arc<dyn Log>,
        stop: Arc<AtomicBool>,
    ) -> std::io::Result<Self> {
        let (sender, ready) = sync_channel(2);
        let name = format!("prepare.{}", pipeline.source());
        let interval = log.commit_interval();
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            let mut last: Option<Instant> = None;
            while let Some(first) = queue.blocking_recv() {
                let now = || Timestamp::from_millis(clock.now());
                let mut batch = Batch::default();
                batch.gather(Some(first), &mut queue, &mut pipeline, now());
                let left = last.map_or(Duration::ZERO, |last| {
                    interval.saturating_sub(last.elapsed())
                });
                if batch.events < COMMIT_EVENTS && !left.is_zero() {
                    pause(&*log, &stop, left);
                    batch.gather(queue.try_recv().ok(), &mut queue, &mut pipeline, now());
                }
                last = Some(Instant::now());
                if sender.send(batch).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { ready, thread })
    }

    /// The next one; `None` once every intake is gone and all was handed out.
    pub(crate) fn next(&self) -> Option<Batch> {
        self.ready.recv().ok()
    }

    /// After the last batch.
    pub(crate) fn end(self) {
        if let Err(panic) = self.thread.join() {
            // What was not prepared was not written either, and nobody was told that it was.
            std::panic::resume_unwind(panic);
        }
    }
}

impl Batch {
    /// Takes this one and what else is waiting, so that many small deliveries share one commit.
    fn gather(
        &mut self,
        mut next: Option<Queued>,
        queue: &mut UnboundedReceiver<Queued>,
        pipeline: &mut Pipeline,
        now: Timestamp,
    ) {
        while let Some(queued) = next {
            let Queued {
                delivery,
                receipt,
                room,
            } = queued;
            self.events += delivery.events.len();
            self.deliveries.push(PreparedDelivery {
                events: delivery
                    .events
                    .into_iter()
                    .map(|event| pipeline.prepare(event, now))
                    .collect(),
                cursor: delivery.cursor,
                receipt,
                room,
            });
            next = (self.events < COMMIT_EVENTS)
                .then(|| queue.try_recv().ok())
                .flatten();
        }
    }
}

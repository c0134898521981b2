//! A stand-in for the pipeline: takes what sources hand over, and says it is committed.

use crate::source::{Cursor, Intake, Queued, RawEvent, Receipt};
use std::time::Duration;
use tokio::sync::mpsc;

/// The other end of an intake.
pub(in crate::source) struct TestPipeline {
    queue: mpsc::UnboundedReceiver<Queued>,
}

/// What was handed over at once.
pub(in crate::source) struct Handed {
    pub(in crate::source) events: Vec<RawEvent>,
    pub(in crate::source) cursor: Option<Cursor>,
}

impl TestPipeline {
    /// An intake with room for `events` events, and its other end.
    pub(in crate::source) fn new(events: usize) -> (Intake, Self) {
        let (intake, queue) = Intake::new(events);
        (intake, Self { queue })
    }

    /// The next delivery, committed; `None` once nobody delivers any more.
    pub(in crate::source) async fn next(&mut self) -> Option<Handed> {
        let queued = tokio::time::timeout(Duration::from_secs(30), self.queue.recv());
        let queued = queued.await.expect("a delivery within 30 seconds")?;
        let accepted = queued.delivery.events.len() as u64;
        if let Some(receipt) = queued.receipt {
            let _ = receipt.send(Receipt {
                accepted,
                ..Receipt::default()
            });
        }
        Some(Handed {
            events: queued.delivery.events,
            cursor: queued.delivery.cursor,
        })
    }

    /// A delivery that waits already, if any.
    pub(in crate::source) fn waiting(&mut self) -> bool {
        !self.queue.is_empty()
    }

    /// Everything until nobody delivers any more.
    pub(in crate::source) async fn rest(mut self) -> Vec<Handed> {
        let mut all = Vec::new();
        while let Some(handed) = self.next().await {
            all.push(handed);
        }
        all
    }
}

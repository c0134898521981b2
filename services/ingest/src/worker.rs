//! Writes what sources deliver, with their cursors, in one commit.

use crate::dead_letters::dead_letter;
use crate::metrics::{IngestMetrics, Outcome};
use crate::pipeline::{Pipeline, Prepared};
use crate::seen::{Seen, Verdict};
use crate::source::{Cursor, Intake, Queued, Receipt};
use hark_model::{SourceId, Timestamp};
use hark_proto::Wire;
use hark_stream::{
    Clock, Commit, Error, Log, NewRecord, Partitioning, StateChange, Task, TaskId, TopicName,
};
use hark_telemetry::Progress;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Events in one commit, over which further deliveries wait for the next one.
const COMMIT_EVENTS: usize = 1_024;
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(5);
const CURSOR: &[u8] = b"cursor";

/// Where ingest writes.
#[derive(Clone, Debug)]
pub struct Topics {
    /// Items and deletions.
    pub items: TopicName,
    /// What nobody can use.
    pub dead_letters: TopicName,
}

/// The one writer of a source: it owns the source's cursor and what was seen of it.
pub struct Worker {
    log: Arc<dyn Log>,
    task: Box<dyn Task>,
    queue: mpsc::UnboundedReceiver<Queued>,
    pipeline: Pipeline,
    topics: Topics,
    metrics: IngestMetrics,
    progress: Progress,
    clock: Arc<dyn Clock>,
    stop: Arc<AtomicBool>,
    keep_unknown_deletes: bool,
}

/// Why a source's writer ended before its time.
#[derive(Debug, thiserror::Error)]
#[error("source {source_id}: {error}")]
pub struct WorkerError {
    /// Whose writer.
    pub source_id: SourceId,
    /// What the log said.
    pub error: Error,
}

/// What a worker needs besides its pipeline.
pub struct Around {
    /// The log.
    pub log: Arc<dyn Log>,
    /// Where to write.
    pub topics: Topics,
    /// What operators see.
    pub metrics: IngestMetrics,
    /// This source's health.
    pub progress: Progress,
    /// Arrival times.
    pub clock: Arc<dyn Clock>,
    /// Set when retrying must end.
    pub stop: Arc<AtomicBool>,
    /// Events that may wait.
    pub queue: usize,
    /// Deletions may come before what they delete.
    pub keep_unknown_deletes: bool,
}

impl Worker {
    /// Opens a source's writer. Returns it with the entrance to it, and the cursor that was
    /// committed last.
    pub fn open(
        pipeline: Pipeline,
        around: Around,
    ) -> Result<(Self, Intake, Option<Cursor>), Error> {
        let id = TaskId::new(format!("ingest.{}", pipeline.source()), 0);
        let task = around.log.task(&id, &[])?;
        let cursor = task.get(CURSOR)?;
        let (intake, queue) = Intake::new(around.queue);
        around.metrics.source(pipeline.source());
        let worker = Self {
            log: around.log,
            task,
            queue,
            pipeline,
            topics: around.topics,
            metrics: around.metrics,
            progress: around.progress,
            clock: around.clock,
            stop: around.stop,
            keep_unknown_deletes: around.keep_unknown_deletes,
        };
        Ok((worker, intake, cursor))
    }

    /// Writes until every [`Intake`] of it is gone and all that was delivered is committed.
    pub fn run(mut self) -> Result<(), WorkerError> {
        self.progress.report(0, true, Instant::now());
        while let Some(first) = self.queue.blocking_recv() {
            let batch = self.gather(first);
            let waiting = batch
                .iter()
                .map(|queued| queued.delivery.events.len())
                .sum::<usize>();
            self.progress.report(waiting as u64, false, Instant::now());
            if let Err(error) = self.write(batch) {
                self.progress.fail();
                return Err(WorkerError {
                    source_id: self.pipeline.source().clone(),
                    error,
                });
            }
            self.progress
                .report(self.queue.len() as u64, true, Instant::now());
        }
        Ok(())
    }

    /// Takes what else is waiting, so that many small deliveries share one commit.
    fn gather(&mut self, first: Queued) -> Vec<Queued> {
        let mut events = first.delivery.events.len();
        let mut batch = vec![first];
        while events < COMMIT_EVENTS
            && let Ok(next) = self.queue.try_recv()
        {
            events += next.delivery.events.len();
            batch.push(next);
        }
        batch
    }

    fn write(&mut self, mut batch: Vec<Queued>) -> Result<(), Error> {
        let now = Timestamp::from_millis(self.clock.now());
        let mut commit = Commit::default();
        let mut receipts = Vec::with_capacity(batch.len());
        let mut seen = Seen::new(&*self.task, self.keep_unknown_deletes);
        for queued in &mut batch {
            let mut receipt = Receipt::default();
            for event in std::mem::take(&mut queued.delivery.events) {
                let prepared = self.pipeline.prepare(event, now);
                let verdict = seen.judge(&prepared)?;
                note(&self.metrics, self.pipeline.source(), &prepared, verdict);
                let record = self.record(prepared, verdict, now, &mut receipt);
                commit.records.extend(record);
            }
            receipts.push(receipt);
        }
        commit.state.extend(seen.into_changes());
        if let Some(cursor) = batch
            .iter_mut()
            .rev()
            .find_map(|q| q.delivery.cursor.take())
        {
            commit.state.push(StateChange {
                key: CURSOR.to_vec(),
                value: Some(cursor),
            });
        }
        if !commit.is_empty() {
            self.apply(&commit)?;
        }
        for (queued, receipt) in batch.into_iter().zip(receipts) {
            self.count(&receipt);
            if let Some(waiting) = queued.receipt {
                // Who no longer waits needs no answer: what was delivered is committed.
                let _ = waiting.send(receipt);
            }
        }
        Ok(())
    }

    fn record(
        &self,
        prepared: Prepared,
        verdict: Verdict,
        now: Timestamp,
        receipt: &mut Receipt,
    ) -> Option<NewRecord> {
        match verdict {
            Verdict::Duplicate => {
                receipt.duplicate += 1;
                return None;
            }
            Verdict::Filter => {
                receipt.filtered += 1;
                return None;
            }
            Verdict::Write => {}
        }
        if let Prepared::Unusable {
            raw,
            reason,
            detail,
        } = prepared
        {
            receipt.dead_lettered += 1;
            let (topic, source) = (&self.topics.dead_letters, self.pipeline.source());
            return Some(dead_letter(topic, source, raw, reason, &detail, now));
        }
        let key = key_of(&prepared, self.pipeline.source());
        let event = prepared.into_event()?;
        receipt.accepted += 1;
        Some(NewRecord {
            topic: self.topics.items.clone(),
            partitioning: Partitioning::ByKey,
            timestamp: now.millis(),
            key,
            value: Some(event.encode()),
            headers: Vec::new(),
        })
    }

    /// Tries a commit until it holds: the sources wait meanwhile, and the queue in front of them
    /// fills up and pushes back.
    fn apply(&mut self, commit: &Commit) -> Result<(), Error> {
        let mut pause = FIRST_RETRY;
        loop {
            match self.task.commit(commit) {
                Ok(()) => return Ok(()),
                Err(error) if error.retryable() && !self.stop.load(Ordering::Acquire) => {
                    self.metrics.retries.inc();
                    tracing::error!(%error, source = %self.pipeline.source(), "commit failed, trying again");
                    self.progress
                        .report(commit.records.len() as u64, false, Instant::now());
                    let seen = self.log.changed(0, Duration::ZERO);
                    self.log.changed(seen, pause);
                    pause = (pause * 2).min(LONGEST_RETRY);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn count(&self, receipt: &Receipt) {
        let source = self.pipeline.source().as_str();
        for (outcome, count) in [
            (Outcome::Accepted, receipt.accepted),
            (Outcome::Duplicate, receipt.duplicate),
            (Outcome::Filtered, receipt.filtered),
            (Outcome::DeadLetter, receipt.dead_lettered),
        ] {
            self.metrics
                .events
                .with_label_values(&[source, outcome.as_str()])
                .inc_by(count);
        }
    }
}

fn key_of(prepared: &Prepared, source: &SourceId) -> Vec<u8> {
    match prepared {
        Prepared::Item(item) => item.id.to_string(),
        Prepared::Unmatched(delete) | Prepared::Delete(delete) => delete.id.to_string(),
        Prepared::AuthorDelete(_) | Prepared::Gap(_) | Prepared::Unusable { .. } => {
            format!("{source}:")
        }
    }
    .into_bytes()
}

fn note(metrics: &IngestMetrics, source: &SourceId, prepared: &Prepared, verdict: Verdict) {
    if verdict != Verdict::Write {
        return;
    }
    match prepared {
        Prepared::Item(item) => {
            for redaction in &item.redactions {
                let masked = metrics.masked.with_label_values(&[redaction.kind.as_str()]);
                masked.inc_by(u64::from(redaction.count));
            }
            let newest = metrics.newest.with_label_values(&[source.as_str()]);
            newest.set(newest.get().max(item.event_time().millis() / 1_000));
        }
        Prepared::Gap(gap) => {
            metrics.gaps.with_label_values(&[source.as_str()]).inc();
            tracing::warn!(%source, from = %gap.from, to = %gap.to, reason = %gap.reason, "the source missed something");
        }
        Prepared::Unusable { reason, detail, .. } => {
            tracing::warn!(%source, reason = reason.as_str(), %detail, "unusable, kept as a dead letter");
        }
        Prepared::Unmatched(_) | Prepared::Delete(_) | Prepared::AuthorDelete(_) => {}
    }
}

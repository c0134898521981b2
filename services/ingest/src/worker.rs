//! Writes what sources deliver, with their cursors, in one commit.

use crate::batch::{Batch, Batches};
use crate::dead_letters::dead_letter;
use crate::metrics::{IngestMetrics, Outcome};
use crate::pipeline::{Pipeline, Prepared};
use crate::seen::{Seen, Verdict};
use crate::source::{Cursor, Intake, Receipt};
use hark_model::{ItemEvent, SourceId, Timestamp};
use hark_proto::{Encoding, topics};
use hark_stream::{
    Clock, Commit, Error, Log, NewRecord, StateChange, Task, TaskId, TopicName, insist,
};
use hark_telemetry::Progress;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

const CURSOR: &[u8] = b"cursor";
/// Which pepper the source's authors are counted with.
const PEPPER: &[u8] = b"pepper";

/// Where ingest writes.
#[derive(Clone, Debug)]
pub struct Topics {
    /// Items and deletions.
    pub items: TopicName,
    /// What nobody can use.
    pub dead_letters: TopicName,
    /// How items are written.
    pub encoding: Encoding,
}

impl Topics {
    /// The topics' names under a prefix: `hark` gives `hark.items` and `hark.dead-letters`.
    pub fn new(prefix: &str, encoding: Encoding) -> Self {
        let name = |topic: topics::Topic| TopicName::new(topic.under(prefix));
        Self {
            items: name(topics::ITEMS),
            dead_letters: name(topics::DEAD_LETTERS),
            encoding,
        }
    }
}

/// The one writer of a source: it owns the source's cursor and what was seen of it.
pub struct Worker {
    log: Arc<dyn Log>,
    task: Box<dyn Task>,
    source: SourceId,
    batches: Batches,
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
    /// Opens a source's writer; refused with another pepper than before. Returns it with the entrance
    /// to it, and the cursor that was committed last.
    pub fn open(
        pipeline: Pipeline,
        around: Around,
    ) -> Result<(Self, Intake, Option<Cursor>), Error> {
        let id = TaskId::new(format!("ingest.{}", pipeline.source()), 0);
        let mut task = around.log.task(&id, &[])?;
        same_pepper(&mut *task, &pipeline)?;
        let cursor = task.get(CURSOR)?;
        let (intake, queue) = Intake::new(around.queue);
        let source = pipeline.source().clone();
        around.metrics.source(&source);
        let (clock, log) = (Arc::clone(&around.clock), Arc::clone(&around.log));
        let batches = Batches::start(queue, pipeline, clock, log, Arc::clone(&around.stop))
            .map_err(|error| Error::no_thread(&error))?;
        let worker = Self {
            log: around.log,
            task,
            source,
            batches,
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
        while let Some(batch) = self.batches.next() {
            self.progress
                .report(batch.events as u64, false, Instant::now());
            if let Err(error) = self.write(batch) {
                self.progress.fail();
                return Err(WorkerError {
                    source_id: self.source,
                    error,
                });
            }
            self.progress.report(0, true, Instant::now());
        }
        self.batches.end();
        Ok(())
    }

    fn write(&mut self, batch: Batch) -> Result<(), Error> {
        let now = Timestamp::from_millis(self.clock.now());
        let mut commit = Commit::default();
        let mut cursor = None;
        let mut receipts = Vec::with_capacity(batch.deliveries.len());
        let state = self.task.snapshot()?;
        let mut seen = Seen::new(&*state, self.keep_unknown_deletes);
        for delivery in batch.deliveries {
            let mut receipt = Receipt::default();
            for mut prepared in delivery.events {
                let verdict = seen.judge(&mut prepared)?;
                note(&self.metrics, &self.source, &prepared, &verdict);
                if let Verdict::TakeBackAndWrite(delete) = &verdict {
                    let delete = ItemEvent::Delete(delete.clone());
                    commit.records.push(self.item_record(delete, now));
                }
                let record = self.record(prepared, verdict, now, &mut receipt);
                commit.records.extend(record);
            }
            cursor = delivery.cursor.or(cursor);
            receipts.push((receipt, delivery.receipt, delivery.room));
        }
        commit.state.extend(seen.into_changes());
        drop(state);
        if let Some(cursor) = cursor {
            commit.state.push(StateChange {
                key: CURSOR.to_vec(),
                value: Some(cursor),
            });
        }
        if !commit.is_empty() {
            self.apply(&commit)?;
        }
        for (receipt, waiting, _room) in receipts {
            self.count(&receipt);
            if let Some(waiting) = waiting {
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
            Verdict::Write | Verdict::TakeBackAndWrite(_) => {}
        }
        if let Prepared::Unusable {
            raw,
            reason,
            detail,
        } = prepared
        {
            receipt.dead_lettered += 1;
            let (topic, source) = (&self.topics.dead_letters, &self.source);
            return Some(dead_letter(topic, source, raw, reason, &detail, now));
        }
        let event = prepared.into_event()?;
        receipt.accepted += 1;
        Some(self.item_record(event, now))
    }

    fn item_record(&self, event: ItemEvent, now: Timestamp) -> NewRecord {
        let (key, value) = (
            key_of(&event, &self.source),
            self.topics.encoding.write(&event),
        );
        NewRecord::keyed(&self.topics.items, key, Some(value), now.millis())
    }

    /// While a commit does not hold the sources wait: the queue in front of them fills up and
    /// pushes back.
    fn apply(&mut self, commit: &Commit) -> Result<(), Error> {
        let (metrics, progress, source) = (&self.metrics, &self.progress, &self.source);
        let retrying = |error: &Error| {
            metrics.retries.inc();
            tracing::error!(%error, %source, "commit failed, trying again");
            progress.report(commit.records.len() as u64, false, Instant::now());
        };
        let task = &mut self.task;
        insist(&*self.log, &self.stop, retrying, || task.commit(commit))
    }

    fn count(&self, receipt: &Receipt) {
        let source = self.source.as_str();
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

/// With another pepper every author would be a new one, and nobody would notice.
fn same_pepper(task: &mut dyn Task, pipeline: &Pipeline) -> Result<(), Error> {
    let ours = pipeline.pepper_mark();
    match task.get(PEPPER)? {
        None => task.commit(&Commit {
            state: vec![StateChange {
                key: PEPPER.to_vec(),
                value: Some(ours.to_vec()),
            }],
            ..Commit::default()
        }),
        Some(known) if known == ours => Ok(()),
        Some(_) => Err(Error::Misuse(format!(
            "the authors of source {} were counted with another pepper, and each would be a new one now; \
             give every process the pepper of [authors] that the first one had",
            pipeline.source()
        ))),
    }
}

fn key_of(event: &ItemEvent, source: &SourceId) -> Vec<u8> {
    match event {
        ItemEvent::Upsert(item) => item.id.to_string(),
        ItemEvent::Delete(delete) => delete.id.to_string(),
        ItemEvent::AuthorDelete(_) | ItemEvent::Gap(_) => format!("{source}:"),
    }
    .into_bytes()
}

fn note(metrics: &IngestMetrics, source: &SourceId, prepared: &Prepared, verdict: &Verdict) {
    if matches!(verdict, Verdict::Duplicate | Verdict::Filter) {
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

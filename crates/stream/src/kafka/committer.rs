//! The side of a task that writes: one transaction for outputs, changelog and offsets, then the same
//! change to the local store.
//!
//! What counts is in the changelog: the state, the positions, and a marker that says which commit was
//! the last. So a transaction whose outcome nobody told is no riddle: whoever takes the task over, here
//! or elsewhere, ends it and reads the marker.

use super::Shared;
use super::hanging;
use super::keys::{self, Marker};
use super::producer::{GroupOffsets, Outgoing, TaskProducer, Written, hint};
use super::recent::{Changes, Recent};
use super::store;
use crate::{
    Commit, Error, Event, Log, NewRecord, Partitioning, Task, TaskId, TopicName, background,
    partition_of,
};
use rdkafka::consumer::ConsumerGroupMetadata;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

pub(super) struct Committer {
    id: TaskId,
    shared: Arc<Shared>,
    /// The topic that keeps the state, by its name on the cluster.
    changelog: String,
    store: Box<dyn Task>,
    /// What the store has yet to learn.
    recent: Arc<Recent>,
    inputs: Vec<TopicName>,
    /// The positions that are committed.
    positions: BTreeMap<TopicName, u64>,
    group: Option<Arc<ConsumerGroupMetadata>>,
    producer: Option<TaskProducer>,
    /// This handle, and the number of its last commit.
    marker: Marker,
    /// The last commit that the cluster acknowledged, and its number. A broker that is killed at that
    /// moment may forget it, so it is kept until a later one holds.
    acknowledged: Option<(u64, Commit)>,
    /// A commit whose outcome is not known.
    unknown: Option<Unknown>,
}

/// A commit that nobody told the outcome of.
struct Unknown {
    commit: Commit,
    /// It was done a second time, and not because somebody asked for it.
    again: bool,
}

impl Committer {
    /// Takes the task over: fences every other handle, and brings the store up to date.
    pub(super) fn open(
        shared: &Arc<Shared>,
        id: &TaskId,
        inputs: &[TopicName],
        group: Option<ConsumerGroupMetadata>,
        recent: &Arc<Recent>,
    ) -> Result<Self, Error> {
        let mut partitions = id.partition + 1;
        for input in inputs {
            partitions = partitions.max(shared.cluster.partitions(input)?);
        }
        let mut committer = Self {
            id: id.clone(),
            shared: Arc::clone(shared),
            changelog: shared.cluster.changelog(&id.stage, partitions)?,
            store: shared.store.task(id, &[])?,
            recent: Arc::clone(recent),
            inputs: inputs.to_vec(),
            positions: BTreeMap::new(),
            group: group.map(Arc::new),
            producer: None,
            marker: Marker {
                owner: *uuid::Uuid::new_v4().as_bytes(),
                serial: 0,
            },
            acknowledged: None,
            unknown: None,
        };
        committer.connect()?;
        committer.restore()?;
        // Its marker tells an older handle that comes back to life whose task it is now.
        committer.perform(&Commit::default(), false)?;
        Ok(committer)
    }

    /// The committed position on an input.
    pub(super) fn position(&self, input: &TopicName) -> Option<u64> {
        self.positions.get(input).copied()
    }

    /// Finds out what became of the last commit, if that is not known. Returns whether it counts.
    pub(super) fn resolve(&mut self) -> Result<bool, Error> {
        let Some(unknown) = &self.unknown else {
            return Ok(false);
        };
        let again = unknown.again;
        self.take_up_again()?;
        let last = self.last()?.unwrap_or(self.marker);
        self.unknown = None;
        if last == self.marker {
            self.acknowledged = None;
            self.shared.signal.committed();
            return Ok(!again);
        }
        if let Some((serial, forgotten)) = self.acknowledged.clone()
            && serial > last.serial
        {
            tracing::warn!(task = %self.id, "the cluster acknowledged a commit and forgot it; doing it again");
            self.perform(&forgotten, true)?;
        }
        Ok(false)
    }

    /// Who committed last, and which of its commits it was.
    fn last(&self) -> Result<Option<Marker>, Error> {
        let last = self.store.get(&Marker::key())?;
        Ok(last.as_deref().and_then(Marker::decode))
    }

    fn connect(&mut self) -> Result<(), Error> {
        let producer = TaskProducer::connect(&self.shared.cluster.options, &self.id)?;
        hanging::end(&self.shared.cluster, &producer, &self.changelog, &self.id)?;
        self.producer = Some(producer);
        Ok(())
    }

    /// A new producer for a task that is still ours. Asked before, so that a zombie fences nobody; and
    /// after, when nobody else can write any more, since somebody may have come in between.
    fn take_up_again(&mut self) -> Result<(), Error> {
        self.producer = None;
        self.restore()?;
        self.still_ours()?;
        self.connect()?;
        self.restore()?;
        if let Err(error) = self.still_ours() {
            self.producer = None;
            return Err(error);
        }
        Ok(())
    }

    /// A handle that lost its connection may have lost its task too, and must not take it back.
    fn still_ours(&self) -> Result<(), Error> {
        match self.last()? {
            Some(last) if last.owner == self.marker.owner => Ok(()),
            _ => Err(Error::Fenced {
                task: self.id.to_string(),
            }),
        }
    }

    /// Follows the changelog to its end.
    fn restore(&mut self) -> Result<(), Error> {
        self.write_recent()?;
        store::follow(&self.shared, &self.changelog, &self.id, &mut *self.store)?;
        self.positions.clear();
        for input in &self.inputs {
            let value = self.store.get(&keys::position(input))?;
            if let Some(next) = value.as_deref().and_then(keys::number) {
                self.positions.insert(input.clone(), next);
            }
        }
        self.shared.arrived(&self.id, &self.positions);
        Ok(())
    }

    /// Writes to the store what waits for it, if it is time.
    pub(super) fn catch_up(&mut self) -> Result<(), Error> {
        match self.recent.is_due() {
            true => self.write_recent(),
            false => Ok(()),
        }
    }

    fn write_recent(&mut self) -> Result<(), Error> {
        let state = self.recent.all();
        if state.is_empty() {
            return Ok(());
        }
        self.store.commit(&Commit {
            state,
            ..Commit::default()
        })?;
        self.recent.clear();
        Ok(())
    }

    /// Refuses what could not be applied whole.
    fn check(&self, commit: &Commit) -> Result<(), Error> {
        for record in &commit.records {
            let partitions = self.shared.cluster.partitions(&record.topic)?;
            if let Partitioning::Fixed(partition) = record.partitioning
                && partition >= partitions
            {
                return self.mistake(&record.topic, partition, "there is no such partition");
            }
        }
        let mut known = self.positions.clone();
        for position in &commit.offsets {
            let (topic, partition) = (&position.topic, position.partition);
            if !self.inputs.contains(topic) {
                return self.mistake(
                    topic,
                    partition,
                    "not an input, so it has no position to commit",
                );
            }
            if partition != self.id.partition {
                return self.mistake(topic, partition, "belongs to another task");
            }
            let before = known.insert(topic.clone(), position.next).unwrap_or(0);
            if position.next < before {
                let what = format!("position {} is behind {before}", position.next);
                return self.mistake(topic, partition, &what);
            }
        }
        Ok(())
    }

    fn mistake(&self, topic: &TopicName, partition: u32, what: &str) -> Result<(), Error> {
        Err(Error::Misuse(format!(
            "task {}, {topic} partition {partition}: {what}",
            self.id
        )))
    }

    fn perform(&mut self, commit: &Commit, again: bool) -> Result<(), Error> {
        let Some(producer) = &self.producer else {
            return Err(super::fault::silent("committing"));
        };
        let marker = Marker {
            serial: self.marker.serial + 1,
            ..self.marker
        };
        let changes = changes(commit, marker);
        let targets = self.targets(commit)?;
        let outputs = outputs(commit, &targets);
        let kept = changes.iter().map(|(key, value)| Outgoing {
            topic: &self.changelog,
            partition: self.id.partition,
            timestamp: self.shared.now(),
            key,
            value: value.as_deref(),
            headers: &[],
        });
        let positions: Vec<(String, u32, u64)> = commit
            .offsets
            .iter()
            .map(|p| {
                let name = self.shared.cluster.options.topic(&p.topic);
                (name, p.partition, p.next)
            })
            .collect();
        let offsets = match &self.group {
            Some(group) if !positions.is_empty() => Some(GroupOffsets {
                next: hint(&positions),
                group: Arc::clone(group),
            }),
            _ => None,
        };
        self.marker = marker;
        let begun = Instant::now();
        let outcome = producer.transact(outputs.into_iter().chain(kept), offsets);
        let stage = &*self.id.stage;
        self.note(match &outcome {
            Ok(_) => Event::Committed(stage, begun.elapsed()),
            Err(_) => Event::Aborted(stage),
        });
        let error = match outcome {
            Ok(written) => match self.applied(commit, changes, &written) {
                Ok(()) => {
                    self.acknowledged = Some((marker.serial, commit.clone()));
                    return Ok(());
                }
                // What counts is in the changelog; it is read from there before anything else is done.
                Err(error) => error,
            },
            Err(error) => error,
        };
        // Also what was taken back may have taken the one before it along, see `hanging`.
        self.producer = None;
        self.unknown = Some(Unknown {
            commit: commit.clone(),
            again,
        });
        match error {
            fenced @ Error::Fenced { .. } => self.after_fence(fenced),
            error => Err(error),
        }
    }

    /// A producer that is told it was fenced may only have slept through its transaction's time: the
    /// marker in the changelog says whose the task is.
    fn after_fence(&mut self, error: Error) -> Result<(), Error> {
        if self.resolve()? {
            return Ok(());
        }
        Err(Error::Io {
            context: format!("task {}: committing", self.id),
            message: format!("the transaction took too long and was taken back ({error})"),
            retryable: true,
        })
    }

    /// The transaction counts; the store follows.
    fn applied(
        &mut self,
        commit: &Commit,
        mut changes: Changes,
        written: &[Written],
    ) -> Result<(), Error> {
        let now = self.shared.now().cast_unsigned();
        changes.insert(keys::followed_at(), Some(keys::value(now)));
        for last in written {
            let cluster = &self.shared.cluster;
            cluster.wrote(&last.topic, last.partition, last.offset);
            if last.topic == self.changelog {
                changes.insert(keys::followed(), Some(keys::value(last.offset + 1)));
            }
        }
        self.recent.add(changes);
        self.catch_up()?;
        for position in &commit.offsets {
            self.positions.insert(position.topic.clone(), position.next);
        }
        self.shared.arrived(&self.id, &self.positions);
        self.shared.signal.committed();
        Ok(())
    }

    fn note(&self, event: Event<'_>) {
        self.shared.cluster.options.monitor.note(event);
    }

    /// The topics that are written to: each one's name on the cluster, and its partitions.
    fn targets(&self, commit: &Commit) -> Result<Targets, Error> {
        let mut targets = Targets::new();
        for record in &commit.records {
            if !targets.contains_key(&record.topic) {
                let name = self.shared.cluster.options.topic(&record.topic);
                let partitions = self.shared.cluster.partitions(&record.topic)?;
                targets.insert(record.topic.clone(), (name, partitions));
            }
        }
        Ok(targets)
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        // So that the next who opens the task here has nothing to follow. Somebody else may have it.
        if let Err(error) = self.write_recent() {
            tracing::debug!(task = %self.id, %error, "the store is left behind its changelog");
        }
    }
}

impl background::Committer for Committer {
    fn commit(&mut self, commit: &Commit) -> Result<(), Error> {
        self.check(commit)?;
        let asked = self
            .unknown
            .as_ref()
            .is_some_and(|unknown| unknown.commit == *commit);
        match self.resolve()? && asked {
            true => Ok(()),
            false => self.perform(commit, false),
        }
    }
}

/// Topics that are written to, see [`Committer::targets`].
type Targets = BTreeMap<TopicName, (String, u32)>;

/// The records of a commit, each where it goes.
fn outputs<'a>(commit: &'a Commit, targets: &'a Targets) -> Vec<Outgoing<'a>> {
    let mut outputs = Vec::with_capacity(commit.records.len());
    for record in &commit.records {
        let (name, partitions) = &targets[&record.topic];
        let to = |partition| outgoing(name, partition, record);
        match record.partitioning {
            Partitioning::ByKey => outputs.push(to(partition_of(&record.key, *partitions))),
            Partitioning::Fixed(partition) => outputs.push(to(partition)),
            Partitioning::Broadcast => outputs.extend((0..*partitions).map(to)),
        }
    }
    outputs
}

fn outgoing<'a>(topic: &'a str, partition: u32, record: &'a NewRecord) -> Outgoing<'a> {
    Outgoing {
        topic,
        partition,
        timestamp: record.timestamp,
        key: &record.key,
        value: record.value.as_deref(),
        headers: &record.headers,
    }
}

/// What a commit changes in changelog and store: each key once, the later change of two.
fn changes(commit: &Commit, marker: Marker) -> Changes {
    let state = commit
        .state
        .iter()
        .map(|change| (keys::state(&change.key), change.value.clone()));
    let positions = commit.offsets.iter().map(|position| {
        let next = keys::value(position.next);
        (keys::position(&position.topic), Some(next))
    });
    let marker = (Marker::key(), Some(marker.encode()));
    state.chain(positions).chain([marker]).collect()
}

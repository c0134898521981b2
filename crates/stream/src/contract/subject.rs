//! What a check works with.

use crate::{
    Cleanup, Commit, Error, ErrorKind, Limit, Log, NewRecord, Partitioning, Position, Record,
    StateChange, Task, TaskId, TopicName, TopicSpec,
};
use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Long enough for any machine, and only ever waited for when a check fails.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Room for all a check ever writes.
pub(super) const ALL: Limit = Limit {
    records: 1_000_000,
    bytes: usize::MAX,
};

/// A fresh log, and what it stands on.
pub struct Subject {
    /// The log.
    pub log: Arc<dyn Log>,
    _ground: Box<dyn Any>,
}

impl Subject {
    /// A log, and what must live as long as it does, for example its folder.
    pub fn new(log: Arc<dyn Log>, ground: impl Any) -> Self {
        Self {
            log,
            _ground: Box::new(ground),
        }
    }

    /// Declares a topic that keeps everything.
    pub fn topic(&self, name: &str, partitions: u32) -> TopicName {
        self.topic_with(name, partitions, Cleanup::default())
    }

    /// Declares a topic.
    pub fn topic_with(&self, name: &str, partitions: u32, cleanup: Cleanup) -> TopicName {
        let name = TopicName::new(name);
        self.log
            .declare(&[TopicSpec {
                name: name.clone(),
                partitions,
                cleanup,
            }])
            .expect("the topic is declared");
        name
    }

    /// Opens a task.
    pub fn task(&self, stage: &str, partition: u32, inputs: &[&TopicName]) -> Box<dyn Task> {
        let inputs: Vec<TopicName> = inputs.iter().copied().cloned().collect();
        self.log
            .task(&TaskId::new(stage, partition), &inputs)
            .expect("the task opens")
    }

    /// Publishes records, each call as a task of its own making.
    pub fn publish(&self, records: Vec<NewRecord>) {
        let mut task = self.task("publisher", 0, &[]);
        task.commit(&Commit {
            records,
            ..Commit::default()
        })
        .expect("the records are published");
    }

    /// All records of a partition.
    pub fn all(&self, topic: &TopicName, partition: u32) -> Vec<Record> {
        self.log
            .read(topic, partition, 0, ALL)
            .expect("the topic is read")
    }

    /// The committed position.
    pub fn position(&self, task: &dyn Task, topic: &TopicName) -> Option<u64> {
        self.log
            .position(task.id(), topic)
            .expect("the position is read")
    }
}

/// A record that goes where its key belongs.
pub fn keyed(topic: &TopicName, key: &str, value: &str) -> NewRecord {
    NewRecord {
        topic: topic.clone(),
        partitioning: Partitioning::ByKey,
        timestamp: 0,
        key: key.as_bytes().to_vec(),
        value: Some(value.as_bytes().to_vec()),
        headers: Vec::new(),
    }
}

/// A record for one partition, its value also its key.
pub fn fixed(topic: &TopicName, partition: u32, value: &str) -> NewRecord {
    NewRecord {
        partitioning: Partitioning::Fixed(partition),
        ..keyed(topic, value, value)
    }
}

/// A record that says that its key is gone.
pub fn tombstone(topic: &TopicName, key: &str) -> NewRecord {
    NewRecord {
        value: None,
        ..keyed(topic, key, "")
    }
}

/// A change that sets a key of the state.
pub fn put(key: &str, value: &str) -> StateChange {
    StateChange {
        key: key.as_bytes().to_vec(),
        value: Some(value.as_bytes().to_vec()),
    }
}

/// A change that removes a key of the state.
pub fn remove(key: &str) -> StateChange {
    StateChange {
        key: key.as_bytes().to_vec(),
        value: None,
    }
}

/// The position after a record.
pub fn position(record: &Record) -> Position {
    Position {
        topic: record.topic.clone(),
        partition: record.partition,
        next: record.offset + 1,
    }
}

/// The values of records as text; a tombstone is `-`.
pub fn values(records: &[Record]) -> Vec<String> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    records
        .iter()
        .map(|r| r.value.as_deref().map_or_else(|| "-".to_owned(), text))
        .collect()
}

/// Polls until that many records have come.
pub(super) fn poll(task: &mut dyn Task, count: usize) -> Vec<Record> {
    let until = Instant::now() + PATIENCE;
    let mut records = Vec::new();
    while records.len() < count && Instant::now() < until {
        let limit = Limit {
            records: count - records.len(),
            ..ALL
        };
        records.extend(task.poll(limit, PATIENCE).expect("the poll succeeds"));
    }
    assert_eq!(records.len(), count, "polled {:?}", values(&records));
    records
}

/// Checks that a call was refused as the caller's mistake.
pub(super) fn assert_misuse<T>(result: Result<T, Error>) {
    assert_eq!(
        result.map_err(|error| error.kind()).err(),
        Some(ErrorKind::Misuse)
    );
}

//! What a stage hands back.

use crate::{NewRecord, TopicName};

/// Everything one step decided, applied atomically.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Commit {
    /// Records to publish, in order.
    pub records: Vec<NewRecord>,
    /// Changes of the task's own state; of two changes to one key the later counts.
    pub state: Vec<StateChange>,
    /// How far the inputs have been read.
    pub offsets: Vec<Position>,
}

impl Commit {
    /// Whether applying it would change nothing.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.state.is_empty() && self.offsets.is_empty()
    }
}

/// One key of a task's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// The key; scans see keys in byte order.
    pub key: Vec<u8>,
    /// The new value; `None` removes the key.
    pub value: Option<Vec<u8>>,
}

/// The next offset to read of one input partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The topic.
    pub topic: TopicName,
    /// The partition.
    pub partition: u32,
    /// The offset after the last record whose effects are in the commit.
    pub next: u64,
}

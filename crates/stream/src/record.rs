//! Records, read and to be written.

use crate::TopicName;
use std::sync::Arc;

/// A record as it lies in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its topic.
    pub topic: TopicName,
    /// Its partition.
    pub partition: u32,
    /// Its place in the partition; grows by one with each record, with holes after compaction.
    pub offset: u64,
    /// When it was written: milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// Its key; may be empty.
    pub key: Arc<[u8]>,
    /// Its value; `None` is a tombstone, which compaction turns into absence.
    pub value: Option<Arc<[u8]>>,
    /// Its headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Record {
    /// The bytes of its key and value, as [`crate::Limit`] counts them.
    pub(crate) fn size(&self) -> usize {
        self.key.len() + self.value.as_ref().map_or(0, |value| value.len())
    }
}

/// Which partition a new record goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partitioning {
    /// The one its key hashes to, see [`crate::partition_of`].
    ByKey,
    /// This one.
    Fixed(u32),
    /// A copy into every partition: for what all tasks must know.
    Broadcast,
}

/// A record to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// Its topic, declared before.
    pub topic: TopicName,
    /// Which partition.
    pub partitioning: Partitioning,
    /// When it is written: milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// Its key.
    pub key: Vec<u8>,
    /// Its value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its headers.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl NewRecord {
    /// A record that goes where its key belongs, without headers. `timestamp`: ms since the epoch.
    pub fn keyed(topic: &TopicName, key: Vec<u8>, value: Option<Vec<u8>>, timestamp: i64) -> Self {
        Self {
            topic: topic.clone(),
            partitioning: Partitioning::ByKey,
            timestamp,
            key,
            value,
            headers: Vec::new(),
        }
    }
}

//! Topics and their rules.

use crate::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A topic's name.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicName(Arc<str>);

impl TopicName {
    /// Wraps a name.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(Arc::from(name.as_ref()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// What becomes of old records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Cleanup {
    /// Records older than this go; `None` keeps them for ever.
    pub retention: Option<Duration>,
    /// Of records with the same key only the newest stays; a tombstone goes once it is the
    /// newest of its key and a day old.
    pub compact: bool,
}

/// A topic as it is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: TopicName,
    /// Into how many partitions it is split; at least 1.
    pub partitions: u32,
    /// What becomes of old records.
    pub cleanup: Cleanup,
}

impl TopicSpec {
    /// The rules of Kafka, on every log, so that a configuration that works here works there.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let name = self.name.as_str();
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if name.is_empty()
            || name.len() > 249
            || !name.chars().all(legal)
            || name == "."
            || name == ".."
        {
            return Err(Error::Misuse(format!(
                "topic name {name:?} is not 1 to 249 letters, digits, dots, dashes and underscores"
            )));
        }
        if self.partitions == 0 {
            return Err(Error::Misuse(format!(
                "topic {name} needs at least one partition"
            )));
        }
        Ok(())
    }
}

/// The offsets a partition holds: `start..end`, empty when equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The oldest offset that may still be there.
    pub start: u64,
    /// The offset the next record gets.
    pub end: u64,
}

/// The partition a key belongs to: FNV-1a (64 bit) of the key modulo the number of partitions.
///
/// Every producer of hark uses it on every log, so a key stays in its partition.
pub fn partition_of(key: &[u8], partitions: u32) -> u32 {
    let hash = key.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash % u64::from(partitions.max(1))) as u32
}

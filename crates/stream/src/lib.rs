//! Topics with partitions and offsets, and one atomic commit for everything a stage does.
//!
//! A stage reads records through a [`Task`], decides, and hands back one [`Commit`]: the records
//! it publishes, the changes of its own state, and how far it has read. The log applies all of it
//! or nothing, so a crash at any moment loses nothing and counts nothing twice.
//!
//! This crate knows bytes and offsets. It knows nothing of brands.

mod background;
mod commit;
pub mod contract;
mod crew;
mod embedded;
mod error;
mod insist;
#[cfg(feature = "kafka")]
mod kafka;
mod membership;
mod monitor;
mod overlay;
mod record;
mod runner;
mod signal;
mod standby;
mod topic;
mod turns;
mod worker;

pub use commit::{Commit, Position, StateChange};
pub use crew::{Crew, Hire, StageJob};
pub use embedded::{EmbeddedLog, EmbeddedOptions, EmbeddedReader};
pub use error::{Error, ErrorKind};
pub use insist::{insist, pause};
#[cfg(feature = "kafka")]
pub use kafka::{KafkaLog, KafkaOptions};
pub use membership::{Assignment, Membership};
pub use monitor::{Event, Monitor};
pub use overlay::Overlay;
pub use record::{NewRecord, Partitioning, Record};
pub use runner::{Clock, Observer, Runner, RunnerReport, Stage, StageError, SystemClock};
pub use topic::{Bounds, Cleanup, TopicName, TopicSpec, partition_of};
pub use worker::{Ending, Job, Told, Worker};

use std::sync::Arc;
use std::time::Duration;

/// How much one poll may return.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// At most this many records.
    pub records: usize,
    /// No further record once this many bytes of keys and values are reached; at least one
    /// record is returned however large it is.
    pub bytes: usize,
}

/// How far a task is behind its input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// Records to read: more than there are where offsets have holes, and 0 only where there are none.
    pub records: u64,
    /// The time of the oldest of them, ms since the epoch.
    pub oldest: Option<i64>,
}

/// One stage's share of the work: a stage and the partition of its inputs it reads.
///
/// State belongs to a task, so a task can move to another machine with all it knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId {
    /// The stage, for example `classify`; also the consumer group's name.
    pub stage: Arc<str>,
    /// The partition of every input topic that this task reads.
    pub partition: u32,
}

impl TaskId {
    /// A task of a stage.
    pub fn new(stage: impl AsRef<str>, partition: u32) -> Self {
        Self {
            stage: Arc::from(stage.as_ref()),
            partition,
        }
    }
}

impl std::fmt::Display for TaskId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.stage, self.partition)
    }
}

/// A log of topics. Every call may block; async code calls it from a blocking thread.
pub trait Log: Send + Sync + 'static {
    /// Creates the topics that do not exist. An existing topic keeps its partitions; asking for
    /// another number of them is an error of kind [`ErrorKind::Misuse`]. Cleanup is updated.
    fn declare(&self, topics: &[TopicSpec]) -> Result<(), Error>;

    /// Opens a task on these input topics (none for a source), at the position of its last
    /// commit, or at the start of the topic. Opening the same task again fences the older
    /// handle: its commits fail with [`ErrorKind::Fenced`].
    fn task(&self, id: &TaskId, inputs: &[TopicName]) -> Result<Box<dyn Task>, Error>;

    /// Joins those who share the tasks of a stage, one for each partition of `input`. On a log of one
    /// process all of them are its own.
    fn join(&self, stage: &str, input: &TopicName) -> Result<Box<dyn Membership>, Error>;

    /// How many partitions a topic has.
    fn partitions(&self, topic: &TopicName) -> Result<u32, Error>;

    /// Reads records from an offset, without a position of its own. Returns what is there.
    fn read(
        &self,
        topic: &TopicName,
        partition: u32,
        from: u64,
        limit: Limit,
    ) -> Result<Vec<Record>, Error>;

    /// The topics that exist, by name.
    fn topics(&self) -> Result<Vec<TopicSpec>, Error>;

    /// The offsets a partition holds.
    fn bounds(&self, topic: &TopicName, partition: u32) -> Result<Bounds, Error>;

    /// The position a task has committed on one of its inputs; `None` before its first commit.
    fn position(&self, id: &TaskId, topic: &TopicName) -> Result<Option<u64>, Error>;

    /// What a task has yet to read of one of its inputs.
    fn lag(&self, id: &TaskId, topic: &TopicName) -> Result<Lag, Error> {
        let one = Limit {
            records: 1,
            bytes: 1,
        };
        let bounds = self.bounds(topic, id.partition)?;
        let next = self.position(id, topic)?.unwrap_or(bounds.start);
        // What is not a record takes an offset too, so the next one is asked for and not computed.
        let ahead = self.read(topic, id.partition, next, one)?;
        Ok(ahead.first().map_or(Lag::default(), |oldest| Lag {
            records: bounds.end.saturating_sub(next).max(1),
            oldest: Some(oldest.timestamp),
        }))
    }

    /// How far apart the commits of a busy task are at least: what comes in between shares one, where a
    /// commit is dear.
    fn commit_interval(&self) -> Duration {
        Duration::ZERO
    }

    /// Brings what this machine keeps of a task up to date, unless the task is open here, so that taking
    /// it over is quick. Returns whether this log does that at all.
    fn keep_warm(&self, _id: &TaskId) -> Result<bool, Error> {
        Ok(false)
    }

    /// Blocks until something was committed after `seen` (a number a previous call returned, 0
    /// at first), until `wait` is over, or until [`Log::interrupt`]. Returns the latest number.
    fn changed(&self, seen: u64, wait: Duration) -> u64;

    /// Wakes every blocked [`Task::poll`] and [`Log::changed`], which then return at once: for
    /// shutdown, and for a stage that has something else to do.
    fn interrupt(&self);

    /// Applies retention and compaction, and returns how many records went. Cheap when there is
    /// nothing to do; the runner's owner calls it now and then. `now` in ms since the epoch.
    fn clean(&self, now: i64) -> Result<u64, Error>;
}

/// Reading state, as a stage sees it while it decides.
pub trait State {
    /// The value committed under a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;

    /// Calls `visit` with each committed (key, value) whose key is in `from..to`, in key order,
    /// until it returns `false`.
    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), Error>;
}

impl<S: State + ?Sized> State for &S {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        (**self).get(key)
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), Error> {
        (**self).scan(from, to, visit)
    }
}

/// A stage's handle on its share of the log.
pub trait Task: State + Send {
    /// Which task this is.
    fn id(&self) -> &TaskId;

    /// The state as the last commit left it, for a step's many reads: cheaper than as many calls
    /// on the task itself. To be dropped before waiting for anything.
    fn snapshot(&self) -> Result<Box<dyn State + '_>, Error>;

    /// The next records after what this handle has already returned, each input's in offset
    /// order; inputs take turns. Blocks until there are some, `wait` is over, or an interrupt.
    fn poll(&mut self, limit: Limit, wait: Duration) -> Result<Vec<Record>, Error>;

    /// As [`Task::poll`] without a wait, and without finding out whether something is on its way:
    /// nothing at hand does not mean that there is nothing left.
    fn poll_at_hand(&mut self, limit: Limit) -> Result<Vec<Record>, Error> {
        self.poll(limit, Duration::ZERO)
    }

    /// Applies a commit whole, or not at all. After an error of [`Error::retryable`] kind the
    /// same commit may be tried again.
    fn commit(&mut self, commit: &Commit) -> Result<(), Error>;

    /// Begins to apply a commit and returns, so that the next batch can be polled and decided
    /// meanwhile. Until it is settled a snapshot may or may not show it, and there is no other
    /// commit: [`ErrorKind::Misuse`].
    fn submit(&mut self, commit: Arc<Commit>) -> Result<(), Error>;

    /// Waits for the submitted commit, if there is one: it was applied whole, or not at all. After
    /// an error of [`Error::retryable`] kind it may be submitted, or committed, again.
    fn settle(&mut self) -> Result<(), Error>;

    /// Forgets what was polled but not committed: the next poll starts at the last commit.
    fn rewind(&mut self) -> Result<(), Error>;
}

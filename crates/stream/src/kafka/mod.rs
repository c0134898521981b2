//! The log on Kafka: many processes, one cluster.
//!
//! A task has one producer, whose transactional id is the task's name, so that whoever opens the task
//! fences whoever had it. Its state lies in a changelog topic, in the partition of its number; the
//! store on this machine only mirrors it.

mod cluster;
mod committer;
mod fault;
mod input;
mod keys;
mod options;
mod producer;
mod store;
mod task;

pub use options::KafkaOptions;

use crate::signal::Signal;
use crate::{
    Bounds, Clock, EmbeddedLog, Error, Limit, Log, Record, State, SystemClock, Task, TaskId,
    TopicName, TopicSpec,
};
use cluster::{Cluster, PATIENCE};
use fault::{fault, silent};
use input::Input;
use keys::{Own, Part};
use parking_lot::Mutex;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::sync::Arc;
use std::time::{Duration, Instant};
use task::KafkaTask;

/// A log on a Kafka cluster.
pub struct KafkaLog {
    shared: Arc<Shared>,
}

/// What the log and its tasks hold together.
struct Shared {
    cluster: Cluster,
    store: Arc<EmbeddedLog>,
    /// Commits of this process, records that arrive at its tasks, and interrupts.
    signal: Arc<Signal>,
    /// Consumers for reading that nobody uses at the moment.
    readers: Mutex<Vec<Input>>,
}

/// Unused consumers kept for the next reader.
const IDLE_READERS: usize = 4;
/// How long a reader listens before it looks at the clock.
const GLANCE: Duration = Duration::from_millis(50);

impl KafkaLog {
    /// Connects to a cluster, and opens the store of state, which this process then owns.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InUse`] while another process has the folder; [`crate::ErrorKind::Denied`]
    /// where the cluster does not let us in. A cluster that does not answer is found out by the
    /// first question.
    pub fn connect(options: KafkaOptions) -> Result<Arc<Self>, Error> {
        let shared = Shared {
            store: store::open(&options.folder)?,
            cluster: Cluster::connect(options)?,
            signal: Arc::new(Signal::new()),
            readers: Mutex::new(Vec::new()),
        };
        Ok(Arc::new(Self {
            shared: Arc::new(shared),
        }))
    }

    /// A task's state as it was last committed, whoever has the task; empty for one that never was.
    /// Not for a task that this log has opened itself.
    ///
    /// # Errors
    ///
    /// The cluster does not answer, or the store of this log cannot be written.
    pub fn state(&self, id: &TaskId) -> Result<Box<dyn State>, Error> {
        let mut store = self.shared.store.task(id, &[])?;
        let cluster = &self.shared.cluster;
        if cluster.has_changelog(&id.stage, id.partition)? {
            let changelog = cluster.changelog_name(&id.stage);
            store::follow(&self.shared, &changelog, id.partition, &mut *store)?;
        }
        Ok(Box::new(Own(Part::Task(store))))
    }
}

impl Shared {
    /// ms since the epoch.
    fn now(&self) -> i64 {
        SystemClock.now()
    }

    fn reader(&self) -> Result<Input, Error> {
        match self.readers.lock().pop() {
            Some(idle) => Ok(idle),
            None => Input::new(&self.cluster.options.consumer("reader"), None),
        }
    }

    fn give_back(&self, mut input: Input) {
        let released = input.release();
        let mut idle = self.readers.lock();
        if released.is_ok() && idle.len() < IDLE_READERS {
            idle.push(input);
        }
    }

    fn read_changelog(&self, name: &str, partition: u32, from: u64) -> Result<Input, Error> {
        let mut input = self.reader()?;
        input.assign(&TopicName::new(name), name.to_owned(), partition, from)?;
        Ok(input)
    }

    /// The next records of an input, at most `limit`; none at its end.
    fn more(&self, input: &mut Input, limit: Limit) -> Result<Vec<Record>, Error> {
        let until = Instant::now() + PATIENCE;
        loop {
            input.fill(limit, GLANCE)?;
            if input.settled() {
                break;
            }
            if Instant::now() > until {
                return Err(silent(format!("reading topic {}", input.topic)));
            }
        }
        let mut records = Vec::new();
        input.take(limit, &mut records);
        Ok(records)
    }

    /// What is there from an offset on, at most `limit`.
    fn read(
        &self,
        topic: &TopicName,
        partition: u32,
        from: u64,
        limit: Limit,
    ) -> Result<Vec<Record>, Error> {
        let bounds = self.cluster.bounds(topic, partition)?;
        let mut records = Vec::new();
        if from >= bounds.end || limit.records == 0 {
            return Ok(records);
        }
        let mut input = self.reader()?;
        let name = self.cluster.options.topic(topic);
        input.assign(topic, name, partition, from.max(bounds.start))?;
        let mut bytes = 0;
        while records.len() < limit.records && bytes < limit.bytes.max(1) {
            let room = Limit {
                records: limit.records - records.len(),
                bytes: limit.bytes.max(1) - bytes,
            };
            let more = self.more(&mut input, room)?;
            if more.is_empty() {
                break;
            }
            let size = |r: &Record| r.key.len() + r.value.as_ref().map_or(0, |value| value.len());
            bytes += more.iter().map(size).sum::<usize>();
            records.extend(more);
        }
        self.give_back(input);
        Ok(records)
    }

    /// What this machine's store says, and where it has none, what the group told the cluster.
    fn position(&self, id: &TaskId, topic: &TopicName) -> Result<Option<u64>, Error> {
        if let Some(known) = self.store.state_of(id, &keys::position(topic))? {
            return Ok(keys::number(&known));
        }
        let consumer: BaseConsumer = self
            .cluster
            .options
            .consumer(&id.stage)
            .create()
            .map_err(fault("making a consumer"))?;
        let mut asked = TopicPartitionList::new();
        let name = self.cluster.options.topic(topic);
        asked.add_partition(&name, cluster::number(id.partition));
        let told = consumer
            .committed_offsets(asked, PATIENCE)
            .map_err(fault(format!("asking Kafka for the position of {id}")))?;
        let offset = told.elements().first().and_then(|e| e.offset().to_raw());
        Ok(offset.and_then(|offset| u64::try_from(offset).ok()))
    }
}

impl Log for KafkaLog {
    fn declare(&self, topics: &[TopicSpec]) -> Result<(), Error> {
        self.shared.cluster.declare(topics)
    }

    fn task(&self, id: &TaskId, inputs: &[TopicName]) -> Result<Box<dyn Task>, Error> {
        Ok(Box::new(KafkaTask::open(&self.shared, id, inputs)?))
    }

    fn read(
        &self,
        topic: &TopicName,
        partition: u32,
        from: u64,
        limit: Limit,
    ) -> Result<Vec<Record>, Error> {
        self.shared.read(topic, partition, from, limit)
    }

    fn topics(&self) -> Result<Vec<TopicSpec>, Error> {
        self.shared.cluster.topics()
    }

    fn bounds(&self, topic: &TopicName, partition: u32) -> Result<Bounds, Error> {
        self.shared.cluster.bounds(topic, partition)
    }

    fn position(&self, id: &TaskId, topic: &TopicName) -> Result<Option<u64>, Error> {
        self.shared.position(id, topic)
    }

    /// What ends a transaction takes an offset too, so a reader of all there is does not stand at the
    /// end: it is asked for what comes next.
    fn lag(&self, id: &TaskId, topic: &TopicName) -> Result<u64, Error> {
        let bounds = self.bounds(topic, id.partition)?;
        let next = self.position(id, topic)?.unwrap_or(bounds.start);
        let one = Limit {
            records: 1,
            bytes: 1,
        };
        let ahead = bounds.end.saturating_sub(next);
        if ahead == 0 || self.read(topic, id.partition, next, one)?.is_empty() {
            return Ok(0);
        }
        Ok(ahead)
    }

    fn changed(&self, seen: u64, wait: Duration) -> u64 {
        self.shared
            .signal
            .wait(seen, Instant::now().checked_add(wait))
            .generation
    }

    fn interrupt(&self) {
        self.shared.signal.interrupt();
    }

    /// The cluster does it itself.
    fn clean(&self, _now: i64) -> Result<u64, Error> {
        Ok(0)
    }
}

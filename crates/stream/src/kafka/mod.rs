//! The log on Kafka: many processes, one cluster.
//!
//! A task has one producer, whose transactional id is the task's name, so that whoever opens the task
//! fences whoever had it. Its state lies in a changelog topic, in the partition of its number; the
//! store on this machine only mirrors it.

mod cluster;
mod committer;
mod fault;
mod hanging;
mod input;
mod keys;
mod membership;
mod options;
mod producer;
mod quiet;
mod recent;
mod store;
mod task;

pub use options::KafkaOptions;

use crate::signal::Signal;
use crate::turns::take_turns;
use crate::{
    Bounds, Clock, EmbeddedLog, Error, Limit, Log, Membership, Record, State, SystemClock, Task,
    TaskId, TopicName, TopicSpec,
};
use cluster::{Cluster, PATIENCE};
use fault::{fault, silent};
use input::Input;
use keys::Own;
use membership::Member;
use parking_lot::Mutex;
use quiet::Quiet;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::collections::{BTreeMap, HashMap};
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
    /// The tasks that are open here.
    open: Mutex<HashMap<TaskId, Opened>>,
    /// Whom to ask how far a group has come, by the group.
    groups: Mutex<HashMap<Arc<str>, Arc<BaseConsumer<Quiet>>>>,
}

/// What is known of a task that is open here.
#[derive(Default)]
struct Opened {
    /// How often it is.
    handles: usize,
    /// How far it has come on each of its inputs.
    positions: BTreeMap<TopicName, u64>,
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
            open: Mutex::new(HashMap::new()),
            groups: Mutex::new(HashMap::new()),
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
            store::follow(&self.shared, &changelog, id, &mut *store)?;
        }
        Ok(Box::new(Own(store)))
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
            None => Input::to_the_end(&self.cluster.options),
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

    /// Appends the next records of an input, at most `limit`, none at its end, and returns their bytes.
    fn more(
        &self,
        input: &mut Input,
        limit: Limit,
        records: &mut Vec<Record>,
    ) -> Result<usize, Error> {
        let until = Instant::now() + PATIENCE;
        loop {
            input.fill(limit, GLANCE)?;
            if input.settled() {
                return Ok(input.take(limit, records));
            }
            if Instant::now() > until {
                return Err(silent(format!("reading topic {}", input.topic)));
            }
        }
    }

    /// What is there from an offset on.
    fn read(
        &self,
        topic: &TopicName,
        partition: u32,
        from: u64,
        limit: Limit,
    ) -> Result<Vec<Record>, Error> {
        let bounds = self.cluster.bounds(topic, partition)?;
        if from >= bounds.end || limit.records == 0 {
            return Ok(Vec::new());
        }
        let mut input = self.reader()?;
        let name = self.cluster.options.topic(topic);
        input.assign(topic, name, partition, from.max(bounds.start))?;
        let only = &mut 0;
        let records = take_turns(only, 1, limit, |_, room, records| {
            self.more(&mut input, room, records)
        })?;
        self.give_back(input);
        Ok(records)
    }

    /// Who asks for the offsets of a group, of which it is no member.
    fn group(&self, name: &Arc<str>) -> Result<Arc<BaseConsumer<Quiet>>, Error> {
        let mut groups = self.groups.lock();
        if let Some(known) = groups.get(name) {
            return Ok(Arc::clone(known));
        }
        let config = self.cluster.options.consumer(name);
        let consumer: BaseConsumer<Quiet> = config
            .create_with_context(Quiet)
            .map_err(fault("making a consumer"))?;
        let consumer = Arc::new(consumer);
        groups.insert(Arc::clone(name), Arc::clone(&consumer));
        Ok(consumer)
    }

    /// A task that is open here has come so far.
    fn arrived(&self, id: &TaskId, positions: &BTreeMap<TopicName, u64>) {
        if let Some(opened) = self.open.lock().get_mut(id) {
            opened.positions.clone_from(positions);
        }
    }

    /// Of a task that is open here what it committed, of others what the group told the cluster.
    fn position(&self, id: &TaskId, topic: &TopicName) -> Result<Option<u64>, Error> {
        let known = self
            .open
            .lock()
            .get(id)
            .and_then(|opened| opened.positions.get(topic).copied());
        if known.is_some() {
            return Ok(known);
        }
        let consumer = self.group(&id.stage)?;
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

    fn join(&self, stage: &str, input: &TopicName) -> Result<Box<dyn Membership>, Error> {
        let partitions = self.shared.cluster.partitions(input)?;
        let options = &self.shared.cluster.options;
        let name = options.topic(input);
        Ok(Box::new(Member::join(options, stage, name, partitions)?))
    }

    fn partitions(&self, topic: &TopicName) -> Result<u32, Error> {
        self.shared.cluster.partitions(topic)
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

    fn commit_interval(&self) -> Duration {
        self.shared.cluster.options.commit_interval
    }

    fn keep_warm(&self, id: &TaskId) -> Result<bool, Error> {
        let cluster = &self.shared.cluster;
        if !cluster.options.standby {
            return Ok(false);
        }
        if !cluster.has_changelog(&id.stage, id.partition)? {
            return Ok(true);
        }
        let mut store = {
            // Whoever opens the task says so first, and takes the store from us then.
            let open = self.shared.open.lock();
            if open.contains_key(id) {
                return Ok(true);
            }
            self.shared.store.task(id, &[])?
        };
        let changelog = cluster.changelog_name(&id.stage);
        match store::follow(&self.shared, &changelog, id, &mut *store) {
            Err(Error::Fenced { .. }) => Ok(true),
            followed => followed.map(|()| true),
        }
    }

    fn changed(&self, seen: u64, wait: Duration) -> u64 {
        self.shared.signal.changed(seen, wait)
    }

    fn interrupt(&self) {
        self.shared.signal.interrupt();
    }

    /// The cluster does it itself.
    fn clean(&self, _now: i64) -> Result<u64, Error> {
        Ok(0)
    }
}

//! The producer of a task: one transaction after another.

use super::cluster::number;
use super::fault::{code, task_fault};
use super::options::KafkaOptions;
use super::quiet;
use crate::{Error, Event, Monitor, TaskId};
use parking_lot::{Condvar, Mutex};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{
    BaseRecord, NoCustomPartitioner, Producer, ProducerContext, PurgeConfig, ThreadedProducer,
};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// How long one step of a transaction may take. A broker that comes back is found again by the next
/// attempt; a transaction that was left open ends by itself after `transaction.timeout.ms`.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long taking one back may take: whoever comes next does it too.
const FAREWELL: Duration = Duration::from_secs(5);

/// A record with its place on the cluster.
#[derive(Clone, Copy)]
pub(super) struct Outgoing<'a> {
    pub(super) topic: &'a str,
    pub(super) partition: u32,
    pub(super) timestamp: i64,
    pub(super) key: &'a [u8],
    pub(super) value: Option<&'a [u8]>,
    pub(super) headers: &'a [(String, Vec<u8>)],
}

/// How much longer to wait for a call that is to end by itself.
const GRACE: Duration = Duration::from_secs(1);

/// The key of a record that is written to be taken back.
const NOTHING: &[u8] = b"-";

/// How long to wait for room in the client's queue before trying again.
const A_MOMENT: Duration = Duration::from_millis(5);

/// How often to look whether the client has put the last report away.
const AN_INSTANT: Duration = Duration::from_micros(100);

/// What came of the records of a transaction. The client's own thread tells: whoever waits for it by
/// polling waits actively, as the client counts a rest of less than a millisecond as none.
struct Deliveries {
    since: Mutex<Delivered>,
    /// As many were reported as are waited for.
    all: Condvar,
    monitor: Arc<dyn Monitor>,
}

#[derive(Default)]
struct Delivered {
    /// Records that were reported.
    count: u64,
    /// How many are waited for.
    wanted: u64,
    failure: Option<KafkaError>,
    /// The last offset that was given to a record of each partition.
    last: Vec<Written>,
}

/// A record's place: topic, by its name on the cluster, partition and offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) topic: String,
    pub(super) partition: u32,
    pub(super) offset: u64,
}

impl Delivered {
    fn note(&mut self, message: &BorrowedMessage<'_>) {
        let partition = u32::try_from(message.partition()).unwrap_or(0);
        let offset = u64::try_from(message.offset()).unwrap_or(0);
        // Records come back in runs of one partition: the last one noted is mostly the right one.
        let known = self
            .last
            .iter_mut()
            .rev()
            .find(|last| last.partition == partition && last.topic == message.topic());
        match known {
            Some(last) => last.offset = last.offset.max(offset),
            None => self.last.push(Written {
                topic: message.topic().to_owned(),
                partition,
                offset,
            }),
        }
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        quiet::log(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        quiet::report(&error, reason);
    }
}

impl ProducerContext<NoCustomPartitioner> for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if result.is_err() {
            self.monitor.note(Event::ProduceFailed);
        }
        let mut delivered = self.since.lock();
        match result {
            Ok(message) => delivered.note(message),
            Err((error, _)) => delivered.failure = Some(error.clone()),
        }
        delivered.count += 1;
        if delivered.count == delivered.wanted {
            self.all.notify_all();
        }
    }
}

/// What a transaction tells the group: for whoever watches its lag.
pub(super) struct GroupOffsets {
    pub(super) next: TopicPartitionList,
    pub(super) group: Arc<ConsumerGroupMetadata>,
}

/// The one who writes for a task. A newer one with the same id fences it.
pub(super) struct TaskProducer {
    task: TaskId,
    producer: ThreadedProducer<Deliveries>,
    /// See [`KafkaOptions::exactly_once`].
    exactly_once: bool,
}

impl TaskProducer {
    /// Connects, and fences every other one of this task. A transaction that another left behind has
    /// ended when this returns.
    pub(super) fn connect(options: &KafkaOptions, task: &TaskId) -> Result<Self, Error> {
        let deliveries = Deliveries {
            since: Mutex::default(),
            all: Condvar::new(),
            monitor: Arc::clone(&options.monitor),
        };
        let name = format!("{}-{}", task.stage, task.partition);
        let producer: ThreadedProducer<Deliveries> = options
            .producer(&name)
            .create_with_context(deliveries)
            .map_err(task_fault(task, "making a producer"))?;
        if options.exactly_once {
            producer
                .init_transactions(PATIENCE)
                .map_err(task_fault(task, "taking the task over"))?;
        }
        Ok(Self {
            task: task.clone(),
            producer,
            exactly_once: options.exactly_once,
        })
    }

    /// Writes records and the group's offsets, all or nothing. Returns the last record's
    /// place in each partition that was written to. After an error only the changelog can tell
    /// whether it counts, and this producer is of no use any more.
    pub(super) fn transact<'a>(
        &self,
        records: impl Iterator<Item = Outgoing<'a>>,
        offsets: Option<GroupOffsets>,
    ) -> Result<Vec<Written>, Error> {
        if !self.exactly_once {
            let sent = self.send_all(records)?;
            self.flush(sent)?;
            return Ok(std::mem::take(&mut self.delivered().last));
        }
        if let Err(error) = self.write(records, offsets) {
            return Err(self.undo(error));
        }
        match self.producer.commit_transaction(PATIENCE) {
            Ok(()) => Ok(std::mem::take(&mut self.delivered().last)),
            Err(KafkaError::Transaction(error)) if error.txn_requires_abort() => {
                let error = self.fault("committing")(KafkaError::Transaction(error));
                Err(self.undo(error))
            }
            Err(error) => Err(self.fault("committing")(error)),
        }
    }

    /// Writes a record to each of these places, and takes them all back.
    pub(super) fn take_back(&self, places: &[(String, u32)]) -> Result<(), Error> {
        let nothing = places.iter().map(|(topic, partition)| Outgoing {
            topic,
            partition: *partition,
            timestamp: 0,
            key: NOTHING,
            value: None,
            headers: &[],
        });
        self.write(nothing, None)?;
        self.producer
            .abort_transaction(PATIENCE)
            .map_err(self.fault("taking a transaction back"))
    }

    fn delivered(&self) -> parking_lot::MutexGuard<'_, Delivered> {
        self.producer.context().since.lock()
    }

    fn fault(&self, context: &'static str) -> impl FnOnce(KafkaError) -> Error + '_ {
        task_fault(&self.task, context)
    }

    fn write<'a>(
        &self,
        records: impl Iterator<Item = Outgoing<'a>>,
        offsets: Option<GroupOffsets>,
    ) -> Result<(), Error> {
        self.producer
            .begin_transaction()
            .map_err(self.fault("beginning a transaction"))?;
        let sent = self.send_all(records)?;
        // While the records are on their way.
        if let Some(offsets) = offsets {
            self.send_offsets(offsets)?;
        }
        self.flush(sent)
    }

    /// On a thread of its own, which is left behind when it takes too long: where the group's
    /// coordinator was lost, the client may wait for a change in its connections, whatever time it was
    /// given (librdkafka#5456, #5511). Until somebody takes the transaction back nobody can read past it.
    fn send_offsets(&self, offsets: GroupOffsets) -> Result<(), Error> {
        const WHAT: &str = "writing the group's offsets";
        let (sender, outcome) = channel();
        let producer = self.producer.clone();
        std::thread::Builder::new()
            .name(format!("{} offsets", self.task))
            .spawn(move || {
                let sent =
                    producer.send_offsets_to_transaction(&offsets.next, &offsets.group, PATIENCE);
                // Nobody waits for it any more if it took too long.
                let _ = sender.send(sent);
            })
            .map_err(|error| Error::no_thread(&error))?;
        match outcome.recv_timeout(PATIENCE + GRACE) {
            Ok(sent) => sent.map_err(self.fault(WHAT)),
            Err(_) => {
                let what = format!("task {}: {WHAT}", self.task);
                Err(super::fault::silent(what))
            }
        }
    }

    /// Returns how many they were.
    fn send_all<'a>(&self, records: impl Iterator<Item = Outgoing<'a>>) -> Result<u64, Error> {
        *self.delivered() = Delivered::default();
        let mut sent = 0;
        for record in records {
            self.send(record)?;
            sent += 1;
        }
        Ok(sent)
    }

    fn send(&self, outgoing: Outgoing<'_>) -> Result<(), Error> {
        let mut headers = OwnedHeaders::new_with_capacity(outgoing.headers.len());
        for (key, value) in outgoing.headers {
            headers = headers.insert(Header {
                key,
                value: Some(value),
            });
        }
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(outgoing.topic)
            .partition(number(outgoing.partition))
            .key(outgoing.key)
            .timestamp(outgoing.timestamp)
            .headers(headers);
        record.payload = outgoing.value;
        let until = Instant::now() + PATIENCE;
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((error, back))
                    if code(&error) == Some(RDKafkaErrorCode::QueueFull)
                        && Instant::now() < until =>
                {
                    record = back;
                    std::thread::park_timeout(A_MOMENT);
                }
                Err((error, _)) => return Err(self.fault("writing a record")(error)),
            }
        }
    }

    /// Waits until every record has been taken.
    fn flush(&self, sent: u64) -> Result<(), Error> {
        let deliveries = self.producer.context();
        let mut delivered = deliveries.since.lock();
        delivered.wanted = sent;
        let until = Instant::now() + PATIENCE;
        while delivered.count < sent {
            if deliveries.all.wait_until(&mut delivered, until).timed_out() {
                let what = format!("task {}: writing records", self.task);
                return Err(super::fault::silent(what));
            }
        }
        if let Some(error) = delivered.failure.take() {
            return Err(self.fault("writing records")(error));
        }
        drop(delivered);
        // The thread that reported the last record has yet to put the report away. A commit that comes
        // first takes it for a record on its way, and listens for a tenth of a second for what was said
        // already.
        while self.producer.in_flight_count() > 0 && Instant::now() < until {
            std::thread::park_timeout(AN_INSTANT);
        }
        Ok(())
    }

    /// Takes back what was written, and says why. If even that fails, the next producer of the task
    /// does it.
    fn undo(&self, error: Error) -> Error {
        // A record that was refused says more than the state that it left the producer in.
        let refused = self.delivered().failure.take();
        let error = refused.map_or(error, |refused| self.fault("writing records")(refused));
        // The client's abort waits for reports of all records.
        self.producer
            .purge(PurgeConfig::default().queue().inflight());
        let Err(undoing) = self.producer.abort_transaction(FAREWELL) else {
            return error;
        };
        let undoing = self.fault("taking a transaction back")(undoing);
        tracing::debug!(error = %undoing, "a transaction is left to end by itself");
        match undoing {
            fenced @ Error::Fenced { .. } => fenced,
            _ => error,
        }
    }
}

/// The group's offsets, for whoever watches its lag.
pub(super) fn hint(positions: &[(String, u32, u64)]) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for (topic, partition, next) in positions {
        let offset = Offset::Offset(i64::try_from(*next).unwrap_or(i64::MAX));
        // Fails only for an offset that no partition has.
        let _ = list.add_partition_offset(topic, number(*partition), offset);
    }
    list
}

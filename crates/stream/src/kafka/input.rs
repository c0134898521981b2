//! Reading one partition from an offset on.

use super::cluster::number;
use super::fault::{fault, passing};
use super::options::KafkaOptions;
use super::quiet::Quiet;
use crate::signal::Signal;
use crate::{Error, Event, Limit, Monitor, Record, TopicName};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::topic_partition_list::Offset;
use rdkafka::{ClientConfig, TopicPartitionList};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a broker waits for more before it says that there is none, in ms, to one who waits for
/// nothing.
const AT_THE_END: &str = "10";
/// How long to ask for a topic's leader.
const GETTING_TO_KNOW: Duration = Duration::from_secs(1);

/// A consumer with one partition. No group assigns it: whoever owns the task says what to read, so
/// nothing can be taken away while a record is in hand.
pub(super) struct Input {
    pub(super) topic: TopicName,
    partition: u32,
    /// The topic's name on the cluster.
    name: String,
    consumer: BaseConsumer<Quiet>,
    monitor: Arc<dyn Monitor>,
    /// Fetched, and not handed out.
    waiting: VecDeque<Record>,
    /// The next offset to hand out.
    next: u64,
    /// The next offset to take in: a client that finds its place again may fetch a record twice.
    expected: u64,
    /// Everything that was committed when it was last fetched has been fetched.
    ended: bool,
}

impl Input {
    /// One that goes on for ever. `arrived` hears of records that come while nobody waits.
    pub(super) fn listening(
        options: &KafkaOptions,
        group: &str,
        arrived: Arc<Signal>,
    ) -> Result<Self, Error> {
        let mut input = Self::new(options, options.consumer(group))?;
        let heard = move || arrived.committed();
        input.consumer.set_nonempty_callback(heard);
        Ok(input)
    }

    /// One that reads to the end, and is told so as soon as a fetch comes back empty.
    pub(super) fn to_the_end(options: &KafkaOptions) -> Result<Self, Error> {
        let mut config = options.consumer("reader");
        config.set("fetch.wait.max.ms", AT_THE_END);
        Self::new(options, config)
    }

    /// A consumer without a partition.
    fn new(options: &KafkaOptions, config: ClientConfig) -> Result<Self, Error> {
        Ok(Self {
            topic: TopicName::new(""),
            partition: 0,
            name: String::new(),
            consumer: config
                .create_with_context(Quiet)
                .map_err(fault("making a consumer"))?,
            monitor: Arc::clone(&options.monitor),
            waiting: VecDeque::new(),
            next: 0,
            expected: 0,
            ended: true,
        })
    }

    /// Reads this partition of a topic, called `name` on the cluster, from `offset` on.
    pub(super) fn assign(
        &mut self,
        topic: &TopicName,
        name: String,
        partition: u32,
        offset: u64,
    ) -> Result<(), Error> {
        self.topic = topic.clone();
        self.name = name;
        self.partition = partition;
        // Of a topic that it does not know the client asks for the leader only once a second. Without
        // an answer it does it then.
        let _ = self
            .consumer
            .fetch_metadata(Some(&self.name), GETTING_TO_KNOW);
        self.seek(offset)
    }

    /// Goes on at another offset, and forgets what was fetched.
    pub(super) fn seek(&mut self, offset: u64) -> Result<(), Error> {
        let mut list = TopicPartitionList::new();
        let from = Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX));
        let context = format!("reading {} partition {}", self.name, self.partition);
        list.add_partition_offset(&self.name, number(self.partition), from)
            .map_err(fault(&context))?;
        self.consumer.assign(&list).map_err(fault(&context))?;
        self.waiting.clear();
        self.next = offset;
        self.expected = offset;
        self.ended = false;
        Ok(())
    }

    /// Stops reading.
    pub(super) fn release(&mut self) -> Result<(), Error> {
        self.waiting.clear();
        self.ended = true;
        self.consumer
            .unassign()
            .map_err(fault("giving a partition back"))?;
        while self.consumer.poll(Duration::ZERO).is_some() {}
        Ok(())
    }

    pub(super) fn group(&self) -> Option<ConsumerGroupMetadata> {
        self.consumer.group_metadata()
    }

    /// The next offset to hand out.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    pub(super) fn has_records(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether it is known if there is something to hand out.
    pub(super) fn settled(&self) -> bool {
        self.ended || self.has_records()
    }

    pub(super) fn skip_to(&mut self, offset: u64) {
        while self.waiting.front().is_some_and(|r| r.offset < offset) {
            self.waiting.pop_front();
        }
        self.next = self.next.max(offset);
        self.expected = self.expected.max(offset);
    }

    /// Takes what was fetched, until there is enough for `limit`; waits for the first so long.
    pub(super) fn fill(&mut self, limit: Limit, wait: Duration) -> Result<(), Error> {
        let until = Instant::now() + wait;
        let mut bytes: usize = self.waiting.iter().map(Record::size).sum();
        while self.waiting.len() < limit.records && bytes < limit.bytes {
            let left = match self.settled() {
                true => Duration::ZERO,
                false => until.saturating_duration_since(Instant::now()),
            };
            match self.consumer.poll(left) {
                None => return Ok(()),
                Some(Ok(message)) => {
                    self.ended = false;
                    let record = record(&self.topic, &message);
                    // Else it was on its way when the offset changed.
                    if record.offset >= self.expected {
                        self.expected = record.offset + 1;
                        bytes += record.size();
                        self.waiting.push_back(record);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => self.ended = true,
                Some(Err(error)) => {
                    self.monitor.note(Event::FetchFailed);
                    passing(error, format!("reading {}", self.name))?;
                }
            }
        }
        Ok(())
    }

    /// Hands out what was fetched, at least one record if there is one, and returns their bytes.
    pub(super) fn take(&mut self, limit: Limit, records: &mut Vec<Record>) -> usize {
        let (mut bytes, mut count) = (0, 0);
        while count < limit.records && bytes < limit.bytes.max(1) {
            let Some(record) = self.waiting.pop_front() else {
                break;
            };
            bytes += record.size();
            count += 1;
            self.next = record.offset + 1;
            records.push(record);
        }
        bytes
    }
}

fn record(topic: &TopicName, message: &BorrowedMessage<'_>) -> Record {
    let headers = message.headers().map(|headers| {
        let one = |header: rdkafka::message::Header<'_, &[u8]>| {
            (
                header.key.to_owned(),
                header.value.unwrap_or_default().to_vec(),
            )
        };
        headers.iter().map(one).collect()
    });
    Record {
        topic: topic.clone(),
        partition: u32::try_from(message.partition()).unwrap_or(0),
        offset: u64::try_from(message.offset()).unwrap_or(0),
        timestamp: message.timestamp().to_millis().unwrap_or(0),
        key: Arc::from(message.key().unwrap_or_default()),
        value: message.payload().map(Arc::from),
        headers: headers.unwrap_or_default(),
    }
}

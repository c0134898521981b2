//! A place in a consumer group, which is asked for nothing but who does what.
//!
//! The member subscribes to the stage's first input, so that the usual tools show the group and its
//! lag, and reads none of it: tasks read for themselves. It rebalances cooperatively: what stays where
//! it is goes on meanwhile.

use super::cluster::number;
use super::fault::{fault, passing};
use super::options::KafkaOptions;
use super::quiet;
use crate::{Assignment, Error, Event, Membership, Monitor};
use parking_lot::Mutex;
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::Offset;
use rdkafka::types::RDKafkaRespErr;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) struct Member {
    consumer: BaseConsumer<Told>,
    /// The topic whose partitions are shared out, by its name on the cluster, and how many it had.
    topic: String,
    partitions: u32,
}

/// What the coordinator said since it was last asked.
struct Told {
    stage: String,
    monitor: Arc<dyn Monitor>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    assignments: Vec<Assignment>,
    failure: Option<Error>,
    /// Nobody closes tasks any more: what is revoked is given back at once.
    leaving: bool,
}

impl Member {
    /// Joins. What is ours is told by the first polls.
    pub(super) fn join(
        options: &KafkaOptions,
        stage: &str,
        topic: String,
        partitions: u32,
    ) -> Result<Self, Error> {
        let context = format!("joining the group of {stage}");
        let told = Told {
            stage: stage.to_owned(),
            monitor: Arc::clone(&options.monitor),
            state: Mutex::default(),
        };
        let consumer: BaseConsumer<Told> = options
            .member(stage)
            .create_with_context(told)
            .map_err(fault(&context))?;
        consumer.subscribe(&[&topic]).map_err(fault(&context))?;
        Ok(Self {
            consumer,
            topic,
            partitions,
        })
    }

    /// A topic that grew sends keys elsewhere than before, away from what is known of them.
    fn check(&self, told: &[Assignment]) -> Result<(), Error> {
        let assigned = told.iter().flat_map(|assignment| match assignment {
            Assignment::Assigned(partitions) => partitions.as_slice(),
            Assignment::Revoked(_) | Assignment::Lost(_) => &[],
        });
        match assigned.max() {
            Some(highest) if *highest >= self.partitions => Err(Error::Misuse(format!(
                "topic {} had {} partitions and was given more: keys would move and counts with them; \
                 partitions cannot be taken back, so start with another prefix of topics and as many \
                 partitions as are wanted",
                self.topic, self.partitions
            ))),
            _ => Ok(()),
        }
    }

    fn told(&self) -> Vec<Assignment> {
        std::mem::take(&mut self.consumer.context().state.lock().assignments)
    }
}

impl Membership for Member {
    fn poll(&mut self, wait: Duration) -> Result<Vec<Assignment>, Error> {
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            // A record that slipped in before its partition was paused is somebody else's to read.
            if let Some(Err(error)) = self.consumer.poll(left) {
                let stage = &self.consumer.context().stage;
                passing(error, format!("taking part in the group of {stage}"))?;
            }
            if let Some(failure) = self.consumer.context().state.lock().failure.take() {
                return Err(failure);
            }
            let told = self.told();
            self.check(&told)?;
            if !told.is_empty() || Instant::now() >= until {
                return Ok(told);
            }
        }
    }

    fn released(&mut self, partitions: &[u32]) -> Result<(), Error> {
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            list.add_partition(&self.topic, number(*partition));
        }
        let context = format!("giving partitions of {} back", self.topic);
        self.consumer
            .incremental_unassign(&list)
            .map_err(fault(context))
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // The client's own farewell follows: it tells the coordinator, so that others need not wait
        // for the session to run out.
        self.consumer.context().state.lock().leaving = true;
    }
}

impl ClientContext for Told {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        quiet::log(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        quiet::report(&error, reason);
    }
}

impl ConsumerContext for Told {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        what: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        self.monitor.note(Event::Rebalanced(&self.stage));
        let mut state = self.state.lock();
        let numbers = numbers(partitions);
        let done = match what {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                tracing::debug!(?numbers, "assigned");
                state.assignments.push(Assignment::Assigned(numbers));
                take(consumer, partitions)
            }
            _ if state.leaving => consumer.incremental_unassign(partitions),
            _ if consumer.assignment_lost() => {
                tracing::debug!(?numbers, "lost");
                state.assignments.push(Assignment::Lost(numbers));
                consumer.incremental_unassign(partitions)
            }
            _ => {
                tracing::debug!(?numbers, "revoked");
                // Given back once the tasks are closed.
                state.assignments.push(Assignment::Revoked(numbers));
                Ok(())
            }
        };
        if let Err(error) = done {
            state.failure = Some(fault("taking part in a group")(error));
        }
    }
}

/// Takes partitions, and reads nothing of them.
fn take(consumer: &BaseConsumer<Told>, partitions: &TopicPartitionList) -> Result<(), KafkaError> {
    let mut list = partitions.clone();
    list.set_all_offsets(Offset::End)?;
    consumer.incremental_assign(&list)?;
    consumer.pause(&list)
}

fn numbers(partitions: &TopicPartitionList) -> Vec<u32> {
    let number = |partition: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
        u32::try_from(partition.partition()).unwrap_or(0)
    };
    partitions.elements().iter().map(number).collect()
}

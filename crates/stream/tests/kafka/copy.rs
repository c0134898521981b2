//! A stage whose mistakes show: it copies what it reads and counts it in its state, so that input,
//! output, state and position must always agree.

use crate::ground::{ALL, declare};
use anyhow::{Context, Result, ensure};
use hark_stream::contract::fixed;
use hark_stream::{
    Commit, Crew, Ending, KafkaLog, KafkaOptions, Limit, Log, Record, Stage, StageError, StageJob,
    State, StateChange, SystemClock, Task, TaskId, TopicName, Worker,
};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

pub(crate) const STAGE: &str = "copy";

pub(crate) fn input() -> TopicName {
    TopicName::new("input")
}

pub(crate) fn output() -> TopicName {
    TopicName::new("output")
}

/// Counts every record it is shown.
pub(crate) struct Copy(Arc<AtomicU64>);

impl Stage for Copy {
    fn step(&mut self, batch: &[Record], state: &dyn State, _: i64) -> Result<Commit, StageError> {
        self.0.fetch_add(batch.len() as u64, Ordering::AcqRel);
        let mut count = counted(state)?;
        let mut records = Vec::with_capacity(batch.len());
        for record in batch {
            let value = String::from_utf8_lossy(record.value.as_deref().unwrap_or_default());
            records.push(fixed(&output(), 0, &value));
            count += 1;
        }
        Ok(Commit {
            records,
            state: vec![count_is(count)],
            offsets: Vec::new(),
        })
    }

    fn limit(&self) -> Limit {
        Limit { records: 20, ..ALL }
    }
}

fn count_is(count: u64) -> StateChange {
    StateChange {
        key: b"count".to_vec(),
        value: Some(count.to_be_bytes().to_vec()),
    }
}

pub(crate) fn counted(state: &(impl State + ?Sized)) -> Result<u64, hark_stream::Error> {
    let value = state.get(b"count")?;
    Ok(value.map_or(0, |value| u64::from_be_bytes(value.try_into().unwrap())))
}

/// Declares the topics.
pub(crate) fn prepare(log: &dyn Log, partitions: u32) {
    declare(log, "input", partitions);
    declare(log, "output", 1);
}

/// Counts one more, and says so in every partition.
pub(crate) fn count_on(log: &dyn Log, task: &mut dyn Task) -> Result<()> {
    let count = counted(task)? + 1;
    let said = |partition| fixed(&input(), partition, &count.to_string());
    let commit = Commit {
        records: (0..log.partitions(&input())?).map(said).collect(),
        state: vec![count_is(count)],
        ..Commit::default()
    };
    self::commit(log, task, &commit)
}

/// Commits, whatever the brokers do meanwhile.
pub(crate) fn commit(log: &dyn Log, task: &mut dyn Task, commit: &Commit) -> Result<()> {
    let never = AtomicBool::new(false);
    Ok(hark_stream::insist(
        log,
        &never,
        |_| {},
        || task.commit(commit),
    )?)
}

/// How many numbers are published at once.
const AT_ONCE: u64 = 50;
/// How long who publishes for long waits in between: what is copied is read whole, again and again.
const IN_BETWEEN: Duration = Duration::from_millis(250);

/// Who publishes numbers.
struct Source<'a> {
    log: &'a dyn Log,
    task: Box<dyn Task>,
    partitions: u64,
}

impl<'a> Source<'a> {
    fn open(log: &'a dyn Log) -> Result<Self> {
        Ok(Self {
            log,
            task: log.task(&TaskId::new("source", 0), &[])?,
            partitions: u64::from(log.partitions(&input())?),
        })
    }

    fn publish(&mut self, numbers: Range<u64>) -> Result<()> {
        let records = numbers
            .map(|number| {
                let partition = (number % self.partitions) as u32;
                fixed(&input(), partition, &number.to_string())
            })
            .collect();
        let commit = Commit {
            records,
            ..Commit::default()
        };
        self::commit(self.log, &mut *self.task, &commit)
    }
}

/// Publishes numbers, some at a time.
pub(crate) fn publish(log: &dyn Log, numbers: Range<u64>) -> Result<()> {
    let mut source = Source::open(log)?;
    let mut next = numbers.start;
    while next < numbers.end {
        let end = numbers.end.min(next + AT_ONCE);
        source.publish(next..end)?;
        next = end;
    }
    Ok(())
}

/// Publishes numbers from 0 on, until there are enough, and says how many there are.
pub(crate) fn publish_until(log: &dyn Log, enough: &AtomicBool) -> Result<u64> {
    let mut source = Source::open(log)?;
    let mut next = 0;
    while !enough.load(Ordering::Acquire) {
        source.publish(next..next + AT_ONCE)?;
        next += AT_ONCE;
        std::thread::park_timeout(IN_BETWEEN);
    }
    Ok(next)
}

/// Copies on a thread until it is stopped.
pub(crate) struct Copying {
    log: Arc<KafkaLog>,
    ending: Arc<Ending>,
    steps: Arc<AtomicU64>,
    thread: JoinHandle<Result<(), StageError>>,
}

impl Copying {
    pub(crate) fn start(options: KafkaOptions) -> Result<Self> {
        let log = KafkaLog::connect(options)?;
        let ending: Arc<Ending> = Arc::default();
        let steps: Arc<AtomicU64> = Arc::default();
        let worker = counting(Arc::clone(&log), Arc::clone(&ending), Arc::clone(&steps));
        let thread = std::thread::spawn(move || worker.run());
        Ok(Self {
            log,
            ending,
            steps,
            thread,
        })
    }

    /// Stops, and says how many records it was shown.
    pub(crate) fn stop_and_count(self) -> Result<u64, StageError> {
        let steps = Arc::clone(&self.steps);
        self.stop()?;
        Ok(steps.load(Ordering::Acquire))
    }

    pub(crate) fn stop(self) -> Result<(), StageError> {
        self.ending.stop();
        self.log.interrupt();
        self.thread.join().unwrap()
    }
}

/// Copies what the group gives to this process, until `ending`.
pub(crate) fn worker(log: Arc<KafkaLog>, ending: Arc<Ending>) -> Worker {
    counting(log, ending, Arc::default())
}

fn counting(log: Arc<KafkaLog>, ending: Arc<Ending>, steps: Arc<AtomicU64>) -> Worker {
    let hire = move |_: &TaskId| Crew {
        stage: Box::new(Copy(Arc::clone(&steps))),
        observer: Box::new(()),
    };
    let (theirs, clock) = (Arc::clone(&log), Arc::new(SystemClock));
    let job = StageJob::new(theirs, vec![input()], clock, Box::new(hire));
    Worker::new(log, STAGE, input(), Arc::new(job), ending)
}

/// How many records have been copied so far.
pub(crate) fn copied(log: &dyn Log) -> Result<u64, hark_stream::Error> {
    Ok(log.read(&output(), 0, 0, ALL)?.len() as u64)
}

/// Waits until so many have been copied.
pub(crate) fn until_copied(log: &dyn Log, count: u64) -> Result<()> {
    let until = std::time::Instant::now() + Duration::from_secs(60);
    loop {
        // A broker that is away is no reason to give up: it may be part of the test.
        let copied = copied(log).unwrap_or(0);
        if copied >= count {
            return Ok(());
        }
        ensure!(
            std::time::Instant::now() < until,
            "only {copied} of {count} records were copied"
        );
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// Holds what was copied against what was published: each number once, in order, counted once.
pub(crate) fn check(log: &dyn Log, published: u64) -> Result<()> {
    let records = log.read(&output(), 0, 0, ALL)?;
    let mut times: BTreeMap<u64, u32> = BTreeMap::new();
    for record in &records {
        let text = std::str::from_utf8(record.value.as_deref().context("a tombstone")?)?;
        *times.entry(text.parse()?).or_default() += 1;
    }
    let wrong: Vec<(u64, u32)> = (0..published)
        .map(|number| (number, times.get(&number).copied().unwrap_or(0)))
        .filter(|(_, times)| *times != 1)
        .collect();
    ensure!(
        wrong.is_empty() && times.len() as u64 == published,
        "of {published} numbers {} were not copied exactly once: {:?}",
        wrong.len(),
        &wrong[..wrong.len().min(10)]
    );
    let mut counted = 0;
    for partition in 0..log.partitions(&input())? {
        let id = TaskId::new(STAGE, partition);
        counted += self::counted(&*log.task(&id, &[input()])?)?;
        let read = log.read(&input(), partition, 0, ALL)?;
        let next = read.last().map(|last| last.offset + 1);
        let position = log.position(&id, &input())?;
        ensure!(
            position == next,
            "the position of {id} is {position:?}, its input ends before {next:?}"
        );
    }
    ensure!(
        counted == published,
        "counted {counted} of {published} records"
    );
    Ok(())
}

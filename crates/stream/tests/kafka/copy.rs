//! A stage whose mistakes show: it copies what it reads and counts it in its state, so that input,
//! output, state and position must always agree.

use crate::ground::{ALL, declare};
use anyhow::{Context, Result, ensure};
use hark_stream::contract::fixed;
use hark_stream::{
    Commit, KafkaLog, KafkaOptions, Limit, Log, Record, Runner, Stage, StageError, State,
    StateChange, SystemClock, TaskId, TopicName,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

pub(crate) const STAGE: &str = "copy";

pub(crate) fn input() -> TopicName {
    TopicName::new("input")
}

fn output() -> TopicName {
    TopicName::new("output")
}

pub(crate) struct Copy;

impl Stage for Copy {
    fn step(&mut self, batch: &[Record], state: &dyn State, _: i64) -> Result<Commit, StageError> {
        let mut count = counted(state)?;
        let mut records = Vec::with_capacity(batch.len());
        for record in batch {
            let value = String::from_utf8_lossy(record.value.as_deref().unwrap_or_default());
            records.push(fixed(&output(), 0, &value));
            count += 1;
        }
        Ok(Commit {
            records,
            state: vec![StateChange {
                key: b"count".to_vec(),
                value: Some(count.to_be_bytes().to_vec()),
            }],
            offsets: Vec::new(),
        })
    }

    fn limit(&self) -> Limit {
        Limit { records: 20, ..ALL }
    }
}

pub(crate) fn counted(state: &(impl State + ?Sized)) -> Result<u64, hark_stream::Error> {
    let value = state.get(b"count")?;
    Ok(value.map_or(0, |value| u64::from_be_bytes(value.try_into().unwrap())))
}

/// Declares the topics.
pub(crate) fn prepare(log: &dyn Log) {
    declare(log, "input");
    declare(log, "output");
}

/// Publishes numbers, some at a time.
pub(crate) fn publish(log: &dyn Log, numbers: std::ops::Range<u64>) -> Result<()> {
    let mut source = log.task(&TaskId::new("source", 0), &[])?;
    let numbers: Vec<u64> = numbers.collect();
    for some in numbers.chunks(50) {
        let records = some
            .iter()
            .map(|number| fixed(&input(), 0, &number.to_string()))
            .collect();
        let commit = Commit {
            records,
            ..Commit::default()
        };
        hark_stream::insist(
            log,
            &AtomicBool::new(false),
            |_| {},
            || source.commit(&commit),
        )?;
    }
    Ok(())
}

/// Copies on a thread until it is stopped.
pub(crate) struct Copying {
    log: Arc<KafkaLog>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), StageError>>,
}

impl Copying {
    pub(crate) fn start(options: KafkaOptions) -> Result<Self> {
        let log = KafkaLog::connect(options)?;
        let stop: Arc<AtomicBool> = Arc::default();
        let (theirs, stopped) = (Arc::clone(&log), Arc::clone(&stop));
        let thread = std::thread::spawn(move || run(theirs, stopped));
        Ok(Self { log, stop, thread })
    }

    pub(crate) fn stop(self) -> Result<(), StageError> {
        self.stop.store(true, Ordering::Release);
        self.log.interrupt();
        self.thread.join().unwrap()
    }
}

/// Copies on this thread, until `stop`.
pub(crate) fn run(log: Arc<KafkaLog>, stop: Arc<AtomicBool>) -> Result<(), StageError> {
    let mut task = log.task(&TaskId::new(STAGE, 0), &[input()])?;
    let runner = Runner::new(log, stop, Arc::new(SystemClock));
    runner.run(&mut *task, &mut Copy, &mut (), false)?;
    Ok(())
}

/// How many records have been copied so far.
pub(crate) fn copied(log: &dyn Log) -> Result<u64> {
    Ok(log.read(&output(), 0, 0, ALL)?.len() as u64)
}

/// Waits until so many have been copied.
pub(crate) fn until_copied(log: &dyn Log, count: u64) -> Result<()> {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
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
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
}

/// Holds what was copied against what was published: each number once, in order, counted once.
pub(crate) fn check(log: &dyn Log, published: u64) -> Result<()> {
    let task = log.task(&TaskId::new(STAGE, 0), &[input()])?;
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
    let counted = counted(&*task)?;
    ensure!(
        counted == published,
        "counted {counted} of {published} records"
    );
    let read = log.read(&input(), 0, 0, ALL)?;
    let next = read.last().map(|last| last.offset + 1);
    let position = log.position(&TaskId::new(STAGE, 0), &input())?;
    ensure!(
        position == next,
        "the position is {position:?}, the input ends before {next:?}"
    );
    Ok(())
}

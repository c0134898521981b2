//! The embedded log keeps the contract, and survives what happens to files and processes; the
//! runner loses nothing on it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, helpers included"
)]

mod contract;
mod damage;
mod ledger;
mod lifecycle;
mod model;
mod reader;
mod room;
mod runner;

use hark_stream::contract::{fixed, position};
use hark_stream::{
    Commit, EmbeddedLog, EmbeddedOptions, Limit, Log, Record, StateChange, Task, TaskId, TopicName,
    TopicSpec,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const ALL: Limit = Limit {
    records: 1_000_000,
    bytes: usize::MAX,
};

/// Only ever waited for when a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// Opens a log as tests do: the disk is not waited for, as no test pulls the plug.
fn open(folder: &Path) -> Arc<EmbeddedLog> {
    EmbeddedLog::open(folder, quick()).expect("the log opens")
}

fn quick() -> EmbeddedOptions {
    EmbeddedOptions {
        synchronous_full: false,
        cache_mib: 4,
        max_mib: None,
    }
}

fn declare(log: &dyn Log, name: &str, partitions: u32) -> TopicName {
    let name = TopicName::new(name);
    let cleanup = hark_stream::Cleanup::default();
    log.declare(&[TopicSpec {
        name: name.clone(),
        partitions,
        cleanup,
    }])
    .unwrap();
    name
}

/// A log with a topic, and a task that copied `commits` records of it, one a commit, counting
/// them in its state: its position, its state and its output must always agree.
struct Copied {
    log: Arc<EmbeddedLog>,
    task: Box<dyn Task>,
}

fn copied(folder: &Path, commits: usize) -> Copied {
    let log = open(folder);
    let input = declare(&*log, "input", 1);
    declare(&*log, "output", 1);
    let mut source = log.task(&TaskId::new("source", 0), &[]).unwrap();
    let records = (0..commits)
        .map(|i| fixed(&input, 0, &format!("{i:0>100}")))
        .collect();
    source
        .commit(&Commit {
            records,
            ..Commit::default()
        })
        .unwrap();
    let task = log.task(&TaskId::new("copy", 0), &[input]).unwrap();
    let mut copied = Copied { log, task };
    for _ in 0..commits {
        copy_one(&mut *copied.task);
    }
    copied
}

fn copy_one(task: &mut dyn Task) {
    let polled = task
        .poll(Limit { records: 1, ..ALL }, Duration::ZERO)
        .unwrap();
    task.commit(&copy(&polled[0])).unwrap();
}

fn copy(record: &Record) -> Commit {
    let count = (record.offset + 1).to_string();
    Commit {
        records: vec![fixed(
            &TopicName::new("output"),
            0,
            &record.offset.to_string(),
        )],
        state: vec![StateChange {
            key: b"count".to_vec(),
            value: Some(count.into_bytes()),
        }],
        offsets: vec![position(record)],
    }
}

/// How many records were copied; panics when position, state and output disagree.
fn count_copied(log: &dyn Log) -> usize {
    if log.topics().unwrap().len() < 2 {
        return 0;
    }
    let input = TopicName::new("input");
    let output = log.read(&TopicName::new("output"), 0, 0, ALL).unwrap();
    let position = log.position(&TaskId::new("copy", 0), &input).unwrap();
    let task = log.task(&TaskId::new("copy", 0), &[]).unwrap();
    let count = task.get(b"count").unwrap().unwrap_or_else(|| b"0".to_vec());
    assert_eq!(position.unwrap_or(0), output.len() as u64);
    assert_eq!(String::from_utf8(count).unwrap(), output.len().to_string());
    output.len()
}

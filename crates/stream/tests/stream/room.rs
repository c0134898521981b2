//! A full disk: nothing of the step is written, and it goes on once there is room.

use crate::{ALL, declare, open, quick};
use hark_stream::contract::{fixed, position};
use hark_stream::{
    Cleanup, Commit, EmbeddedLog, EmbeddedOptions, Error, ErrorKind, Log, NewRecord, StateChange,
    Task, TaskId, TopicName, TopicSpec,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const HOUR: Cleanup = Cleanup {
    retention: Some(Duration::from_secs(3600)),
    compact: false,
};

/// A log that may hold a megabyte, with a task that has polled the only record of its input.
struct Small {
    log: Arc<EmbeddedLog>,
    task: Box<dyn Task>,
    commit: Commit,
}

fn small(folder: &Path) -> Small {
    let log = EmbeddedLog::open(
        folder,
        EmbeddedOptions {
            max_mib: Some(1),
            ..quick()
        },
    )
    .unwrap();
    let input = declare(&*log, "input", 1);
    let output = TopicName::new("output");
    let spec = TopicSpec {
        name: output.clone(),
        partitions: 1,
        cleanup: HOUR,
    };
    log.declare(&[spec]).unwrap();
    let mut source = log.task(&TaskId::new("source", 0), &[]).unwrap();
    let records = vec![fixed(&input, 0, "a")];
    source
        .commit(&Commit {
            records,
            ..Commit::default()
        })
        .unwrap();
    let mut task = log.task(&TaskId::new("stage", 0), &[input]).unwrap();
    let polled = task.poll(ALL, Duration::ZERO).unwrap();
    let record = NewRecord {
        value: Some(vec![7; 10_000]),
        ..fixed(&output, 0, "k")
    };
    let commit = Commit {
        records: vec![record; 10],
        state: vec![StateChange {
            key: b"k".to_vec(),
            value: Some(vec![1; 1000]),
        }],
        offsets: vec![position(&polled[0])],
    };
    Small { log, task, commit }
}

/// Publishes until there is no room, and returns the refusal and the number of records published.
fn fill(log: &dyn Log, commit: &Commit) -> (Error, usize) {
    let mut filler = log.task(&TaskId::new("filler", 0), &[]).unwrap();
    let records = Commit {
        records: commit.records.clone(),
        ..Commit::default()
    };
    let mut published = 0;
    loop {
        match filler.commit(&records) {
            Ok(()) => published += records.records.len(),
            Err(error) => return (error, published),
        }
    }
}

fn published(log: &dyn Log) -> Vec<u64> {
    let output = log.read(&TopicName::new("output"), 0, 0, ALL).unwrap();
    output.iter().map(|record| record.offset).collect()
}

#[test]
fn a_commit_without_room_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut small = small(folder.path());
    let (error, filled) = fill(&*small.log, &small.commit);
    assert_eq!(error.kind(), ErrorKind::DiskFull);
    assert!(error.retryable());
    for _ in 0..3 {
        let error = small.task.commit(&small.commit).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DiskFull);
    }
    assert_eq!(small.task.get(b"k").unwrap(), None);
    assert_eq!(published(&*small.log).len(), filled);
    let id = small.task.id().clone();
    assert_eq!(
        small.log.position(&id, &TopicName::new("input")).unwrap(),
        None
    );
}

#[test]
fn a_larger_cap_lets_the_same_commit_through() {
    let folder = tempfile::tempdir().unwrap();
    let small = small(folder.path());
    let (_, filled) = fill(&*small.log, &small.commit);
    let commit = small.commit.clone();
    drop(small);
    let log = EmbeddedLog::open(
        folder.path(),
        EmbeddedOptions {
            max_mib: Some(2),
            ..quick()
        },
    );
    let log = log.unwrap();
    let mut task = log
        .task(&TaskId::new("stage", 0), &[TopicName::new("input")])
        .unwrap();
    task.commit(&commit).unwrap();
    let offsets: Vec<u64> = (0..filled as u64 + 10).collect();
    assert_eq!(
        published(&*log),
        offsets,
        "refused commits used up no offsets"
    );
}

#[test]
fn cleaning_makes_room_in_a_full_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut small = small(folder.path());
    let (_, filled) = fill(&*small.log, &small.commit);
    small.task.commit(&small.commit).unwrap_err();
    assert_eq!(small.log.clean(24 * 3_600_000).unwrap(), filled as u64);
    small.task.commit(&small.commit).unwrap();
    let offsets: Vec<u64> = (filled as u64..filled as u64 + 10).collect();
    assert_eq!(published(&*small.log), offsets);
}

#[test]
fn a_cap_below_the_size_of_the_file_still_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let topic = declare(&*log, "topic", 1);
    let mut task = log.task(&TaskId::new("source", 0), &[]).unwrap();
    let record = NewRecord {
        value: Some(vec![7; 100_000]),
        ..fixed(&topic, 0, "k")
    };
    let commit = Commit {
        records: vec![record; 20],
        ..Commit::default()
    };
    task.commit(&commit).unwrap();
    drop((log, task));
    let log = EmbeddedLog::open(
        folder.path(),
        EmbeddedOptions {
            max_mib: Some(1),
            ..quick()
        },
    );
    let log = log.unwrap();
    let mut task = log.task(&TaskId::new("source", 0), &[]).unwrap();
    assert_eq!(
        task.commit(&commit).unwrap_err().kind(),
        ErrorKind::DiskFull
    );
    assert_eq!(log.read(&topic, 0, 0, ALL).unwrap().len(), 20);
}

#[test]
fn erased_bytes_are_gone_from_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let spec = TopicSpec {
        name: TopicName::new("topic"),
        partitions: 1,
        cleanup: Cleanup {
            compact: true,
            ..HOUR
        },
    };
    log.declare(&[spec]).unwrap();
    let mut task = log.task(&TaskId::new("source", 0), &[]).unwrap();
    let records = vec![fixed(&TopicName::new("topic"), 0, "a secret that must go")];
    task.commit(&Commit {
        records,
        ..Commit::default()
    })
    .unwrap();
    assert_eq!(log.clean(0).unwrap(), 0, "now compaction knows the key");
    assert!(holds_secret(folder.path()), "the scan finds what is there");
    assert_eq!(log.clean(24 * 3_600_000).unwrap(), 1);
    assert!(!holds_secret(folder.path()));
}

fn holds_secret(folder: &Path) -> bool {
    let secret = b"a secret that must go";
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(secret.len()).any(|window| window == secret)
    })
}

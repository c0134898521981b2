//! Reading beside the process that writes.

use crate::{ALL, PATIENCE, copied, copy_one, declare, open};
use hark_stream::contract::{fixed, values};
use hark_stream::{Commit, EmbeddedReader, ErrorKind, Log, State, TaskId, TopicName};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

#[test]
fn a_reader_sees_each_commit_of_a_living_writer() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let topic = declare(&*log, "topic", 2);
    let reader = EmbeddedReader::open(folder.path()).unwrap();
    let mut task = log.task(&TaskId::new("source", 0), &[]).unwrap();
    for i in 0..5 {
        let records = vec![fixed(&topic, 1, &i.to_string())];
        task.commit(&Commit {
            records,
            ..Commit::default()
        })
        .unwrap();
        let read = reader.read(&topic, 1, 0, ALL).unwrap();
        assert_eq!(read, log.read(&topic, 1, 0, ALL).unwrap());
        assert_eq!(read.len(), i + 1);
        assert_eq!(
            reader.bounds(&topic, 1).unwrap(),
            log.bounds(&topic, 1).unwrap()
        );
    }
    assert_eq!(reader.topics().unwrap(), log.topics().unwrap());
}

#[test]
fn a_reader_sees_state_and_positions() {
    let folder = tempfile::tempdir().unwrap();
    let copied = copied(folder.path(), 3);
    let reader = EmbeddedReader::open(folder.path()).unwrap();
    let id = copied.task.id();
    assert_eq!(
        reader.position(id, &TopicName::new("input")).unwrap(),
        Some(3)
    );
    let state = reader.state(id);
    assert_eq!(state.get(b"count").unwrap(), Some(b"3".to_vec()));
    let mut seen = Vec::new();
    let visit = &mut |key: &[u8], _: &[u8]| {
        seen.push((key.to_vec(), state.get(key).unwrap()));
        true
    };
    state.scan(b"", b"z", visit).unwrap();
    assert_eq!(seen, [(b"count".to_vec(), Some(b"3".to_vec()))]);
    let never = reader.state(&TaskId::new("never", 0));
    assert_eq!(never.get(b"count").unwrap(), None);
}

#[test]
fn a_reader_in_the_middle_of_a_scan_holds_up_no_commit() {
    let folder = tempfile::tempdir().unwrap();
    let mut copied = copied(folder.path(), 2);
    let input = TopicName::new("input");
    let mut source = copied.log.task(&TaskId::new("source", 0), &[]).unwrap();
    let records = vec![fixed(&input, 0, "more")];
    source
        .commit(&Commit {
            records,
            ..Commit::default()
        })
        .unwrap();
    let reader = EmbeddedReader::open(folder.path()).unwrap();
    let state = reader.state(&TaskId::new("copy", 0));
    let mut seen = Vec::new();
    let visit = &mut |_: &[u8], value: &[u8]| {
        copy_one(&mut *copied.task);
        seen.push(value.to_vec());
        true
    };
    state.scan(b"", b"z", visit).unwrap();
    assert_eq!(seen, [b"2"], "a scan sees one moment");
    assert_eq!(state.get(b"count").unwrap(), Some(b"3".to_vec()));
}

#[test]
fn a_reader_is_told_of_commits() {
    let folder = tempfile::tempdir().unwrap();
    let mut copied = copied(folder.path(), 1);
    let reader = Arc::new(EmbeddedReader::open(folder.path()).unwrap());
    let seen = reader.changed(0, Duration::ZERO).unwrap();
    let waited = Duration::from_millis(120);
    let started = Instant::now();
    assert_eq!(
        reader.changed(seen, waited).unwrap(),
        seen,
        "nothing was committed"
    );
    assert!(started.elapsed() >= waited);
    let (sender, receiver) = channel();
    let waiting = Arc::clone(&reader);
    std::thread::spawn(move || sender.send(waiting.changed(seen, Duration::from_secs(3600))));
    copied
        .task
        .commit(&Commit {
            state: vec![hark_stream::contract::put("a", "1")],
            ..Commit::default()
        })
        .unwrap();
    let now = receiver
        .recv_timeout(PATIENCE)
        .expect("the reader notices the commit")
        .unwrap();
    assert!(now > seen);
}

#[test]
fn a_reader_needs_no_writer() {
    let folder = tempfile::tempdir().unwrap();
    drop(copied(folder.path(), 3));
    let reader = EmbeddedReader::open(folder.path()).unwrap();
    let output = reader.read(&TopicName::new("output"), 0, 1, ALL).unwrap();
    assert_eq!(values(&output), ["1", "2"]);
    // And does not keep one out.
    open(folder.path());
}

#[test]
fn a_folder_without_data_is_said_and_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    for folder in [folder.path().to_path_buf(), folder.path().join("missing")] {
        let error = EmbeddedReader::open(&folder).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(error.to_string().contains("no hark data in"), "{error}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_reader_refuses_what_does_not_exist() {
    let folder = tempfile::tempdir().unwrap();
    let _copied = copied(folder.path(), 1);
    let reader = EmbeddedReader::open(folder.path()).unwrap();
    let unknown = TopicName::new("unknown");
    assert_eq!(
        reader.read(&unknown, 0, 0, ALL).unwrap_err().kind(),
        ErrorKind::Misuse
    );
    assert_eq!(
        reader.bounds(&unknown, 0).unwrap_err().kind(),
        ErrorKind::Misuse
    );
    assert_eq!(
        reader.position(&TaskId::new("never", 0), &unknown).unwrap(),
        None
    );
}

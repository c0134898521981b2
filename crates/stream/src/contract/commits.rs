//! All or nothing, who may commit, and where records go.

use super::subject::{
    Subject, assert_misuse, fixed, keyed, poll, position, put, tombstone, values,
};
use crate::{
    Commit, ErrorKind, NewRecord, Partitioning, Position, Task, TaskId, TopicName, partition_of,
};
use std::collections::BTreeSet;

/// A task that has polled a record, and a commit about it.
struct Scene {
    input: TopicName,
    output: TopicName,
    task: Box<dyn Task>,
    commit: Commit,
}

fn scene(subject: &Subject) -> Scene {
    let input = subject.topic("input", 1);
    let output = subject.topic("output", 1);
    subject.publish(vec![fixed(&input, 0, "one"), fixed(&input, 0, "two")]);
    let mut task = subject.task("stage", 0, &[&input]);
    let polled = poll(&mut *task, 2);
    let commit = Commit {
        records: vec![keyed(&output, "k", "result")],
        state: vec![put("count", "2")],
        offsets: vec![position(&polled[1])],
    };
    Scene {
        input,
        output,
        task,
        commit,
    }
}

fn assert_nothing_changed(subject: &Subject, scene: &Scene) {
    assert_eq!(subject.all(&scene.output, 0), vec![]);
    assert_eq!(scene.task.get(b"count").expect("state is read"), None);
    assert_eq!(subject.position(&*scene.task, &scene.input), None);
}

fn assert_refused_whole(subject: &Subject, mut scene: Scene, spoil: impl FnOnce(&mut Commit)) {
    let mut commit = scene.commit.clone();
    spoil(&mut commit);
    assert_misuse(scene.task.commit(&commit));
    assert_nothing_changed(subject, &scene);
}

pub fn a_commit_publishes_records_state_and_position_together(subject: &Subject) {
    let mut scene = scene(subject);
    assert_nothing_changed(subject, &scene);
    scene
        .task
        .commit(&scene.commit)
        .expect("the commit succeeds");
    assert_eq!(values(&subject.all(&scene.output, 0)), ["result"]);
    assert_eq!(
        scene.task.get(b"count").expect("state is read"),
        Some(b"2".to_vec())
    );
    let next = scene.commit.offsets[0].next;
    assert_eq!(subject.position(&*scene.task, &scene.input), Some(next));
}

pub fn a_commit_to_an_unknown_topic_changes_nothing(subject: &Subject) {
    let unknown = keyed(&TopicName::new("unknown"), "k", "v");
    assert_refused_whole(subject, scene(subject), |commit| {
        commit.records.push(unknown);
    });
}

pub fn a_commit_to_a_missing_partition_changes_nothing(subject: &Subject) {
    let scene = scene(subject);
    let missing = fixed(&scene.output, 1, "v");
    assert_refused_whole(subject, scene, |commit| commit.records.push(missing));
}

pub fn a_commit_with_a_backward_position_changes_nothing(subject: &Subject) {
    let mut scene = scene(subject);
    scene
        .task
        .commit(&scene.commit)
        .expect("the commit succeeds");
    let mut backward = scene.commit.clone();
    backward.offsets[0].next -= 1;
    backward.state = vec![put("count", "3")];
    assert_misuse(scene.task.commit(&backward));
    assert_eq!(values(&subject.all(&scene.output, 0)), ["result"]);
    assert_eq!(
        scene.task.get(b"count").expect("state is read"),
        Some(b"2".to_vec())
    );
    let next = scene.commit.offsets[0].next;
    assert_eq!(subject.position(&*scene.task, &scene.input), Some(next));
}

pub fn a_commit_with_a_position_of_another_partition_changes_nothing(subject: &Subject) {
    assert_refused_whole(subject, scene(subject), |commit| {
        commit.offsets[0].partition = 1;
    });
}

pub fn a_commit_with_a_position_of_no_input_changes_nothing(subject: &Subject) {
    let scene = scene(subject);
    let stray = Position {
        topic: scene.output.clone(),
        partition: 0,
        next: 0,
    };
    assert_refused_whole(subject, scene, |commit| commit.offsets.push(stray));
}

pub fn a_position_may_be_committed_again(subject: &Subject) {
    let mut scene = scene(subject);
    scene
        .task
        .commit(&scene.commit)
        .expect("the commit succeeds");
    scene
        .task
        .commit(&scene.commit)
        .expect("the same position is not backward");
    assert_eq!(values(&subject.all(&scene.output, 0)), ["result", "result"]);
}

pub fn an_empty_commit_succeeds(subject: &Subject) {
    let mut scene = scene(subject);
    scene
        .task
        .commit(&Commit::default())
        .expect("the commit succeeds");
    assert_nothing_changed(subject, &scene);
}

pub fn a_refused_commit_leaves_the_task_usable(subject: &Subject) {
    let mut scene = scene(subject);
    let mut commit = scene.commit.clone();
    commit.records.push(fixed(&scene.output, 7, "v"));
    assert_misuse(scene.task.commit(&commit));
    commit.records.pop();
    scene
        .task
        .commit(&commit)
        .expect("the mended commit succeeds");
    assert_eq!(values(&subject.all(&scene.output, 0)), ["result"]);
}

pub fn an_older_handle_is_fenced_and_changes_nothing(subject: &Subject) {
    let mut scene = scene(subject);
    let mut newer = subject.task("stage", 0, &[&scene.input]);
    let error = scene
        .task
        .commit(&scene.commit)
        .expect_err("the older handle is fenced");
    assert_eq!(error.kind(), ErrorKind::Fenced, "{error}");
    assert!(!error.retryable());
    assert_nothing_changed(subject, &scene);
    poll(&mut *newer, 2);
    newer
        .commit(&scene.commit)
        .expect("the newer handle commits");
    assert_eq!(values(&subject.all(&scene.output, 0)), ["result"]);
}

pub fn an_older_handle_may_not_even_commit_nothing(subject: &Subject) {
    let mut older = subject.task("stage", 0, &[]);
    let _newer = subject.task("stage", 0, &[]);
    let error = older
        .commit(&Commit::default())
        .expect_err("the older handle is fenced");
    assert_eq!(error.kind(), ErrorKind::Fenced, "{error}");
}

pub fn opening_one_task_fences_no_other(subject: &Subject) {
    let mut scene = scene(subject);
    let _neighbour = subject.task("stage", 1, &[]);
    let _namesake = subject.task("another-stage", 0, &[&scene.input]);
    scene
        .task
        .commit(&scene.commit)
        .expect("the commit succeeds");
}

pub fn a_record_keeps_its_key_value_timestamp_and_headers(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    let headers = vec![
        ("b".to_owned(), b"\x00\xff".to_vec()),
        ("a".to_owned(), Vec::new()),
        ("b".to_owned(), b"again".to_vec()),
    ];
    let written = NewRecord {
        timestamp: 1_700_000_000_123,
        key: vec![0, 255, 1],
        value: Some((0..=255).collect()),
        headers: headers.clone(),
        ..keyed(&topic, "", "")
    };
    subject.publish(vec![written.clone()]);
    let read = subject.all(&topic, 0);
    assert_eq!(read.len(), 1);
    assert_eq!((&read[0].topic, read[0].partition), (&topic, 0));
    assert_eq!(read[0].timestamp, written.timestamp);
    assert_eq!(*read[0].key, *written.key);
    assert_eq!(read[0].value.as_deref(), written.value.as_deref());
    assert_eq!(read[0].headers, headers);
}

pub fn a_tombstone_and_an_empty_key_stay_what_they_are(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    let empty = NewRecord {
        value: Some(Vec::new()),
        ..keyed(&topic, "", "")
    };
    subject.publish(vec![
        tombstone(&topic, "gone"),
        empty,
        tombstone(&topic, ""),
    ]);
    let records = subject.all(&topic, 0);
    let read: Vec<(&[u8], Option<&[u8]>)> = records
        .iter()
        .map(|r| (&*r.key, r.value.as_deref()))
        .collect();
    assert_eq!(
        read,
        [(&b"gone"[..], None), (b"", Some(&b""[..])), (b"", None)]
    );
}

pub fn a_key_stays_in_its_partition(subject: &Subject) {
    let topic = subject.topic("topic", 5);
    let keys: Vec<String> = (0..100).map(|i| format!("key {i}")).collect();
    subject.publish(keys.iter().map(|key| keyed(&topic, key, key)).collect());
    let mut read = BTreeSet::new();
    for partition in 0..5 {
        let here = subject.all(&topic, partition);
        assert!(
            !here.is_empty(),
            "partition {partition} got none of 100 keys"
        );
        for record in here {
            assert_eq!(partition_of(&record.key, 5), partition);
            assert!(read.insert(record.key));
        }
    }
    assert_eq!(read.len(), keys.len());
}

pub fn a_fixed_record_goes_where_it_was_sent(subject: &Subject) {
    let topic = subject.topic("topic", 3);
    subject.publish(
        (0..3)
            .map(|p| fixed(&topic, p, &format!("for {p}")))
            .collect(),
    );
    for partition in 0..3 {
        let expected = format!("for {partition}");
        assert_eq!(values(&subject.all(&topic, partition)), [expected]);
    }
}

pub fn a_broadcast_reaches_every_partition_once(subject: &Subject) {
    let topic = subject.topic("topic", 3);
    let news = NewRecord {
        partitioning: Partitioning::Broadcast,
        ..keyed(&topic, "k", "news")
    };
    subject.publish(vec![
        fixed(&topic, 1, "before"),
        news,
        fixed(&topic, 1, "after"),
    ]);
    assert_eq!(values(&subject.all(&topic, 0)), ["news"]);
    assert_eq!(values(&subject.all(&topic, 1)), ["before", "news", "after"]);
    assert_eq!(values(&subject.all(&topic, 2)), ["news"]);
}

pub fn a_partition_keeps_the_order_of_commits(subject: &Subject) {
    let topic = subject.topic("topic", 2);
    let mut expected = Vec::new();
    for commit in 0..5 {
        let here: Vec<String> = (0..4).map(|i| format!("{commit}.{i}")).collect();
        let elsewhere = (0..3).map(|_| fixed(&topic, 0, "other"));
        let records = here
            .iter()
            .map(|value| fixed(&topic, 1, value))
            .chain(elsewhere);
        subject.publish(records.collect());
        expected.extend(here);
    }
    let records = subject.all(&topic, 1);
    assert_eq!(values(&records), expected);
    assert!(records.is_sorted_by(|a, b| a.offset < b.offset));
}

pub fn commits_of_several_threads_all_arrive(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let (log, topic) = (&subject.log, &topic);
            scope.spawn(move || {
                let mut task = log
                    .task(&TaskId::new("writer", writer), &[])
                    .expect("task opens");
                for i in 0..10 {
                    let record = keyed(topic, &writer.to_string(), &format!("{writer}.{i}"));
                    let state = vec![put("sent", &i.to_string())];
                    let commit = Commit {
                        records: vec![record],
                        state,
                        ..Commit::default()
                    };
                    task.commit(&commit).expect("the commit succeeds");
                }
            });
        }
    });
    let records = subject.all(&topic, 0);
    for writer in 0..4 {
        let own: Vec<String> = values(&records)
            .into_iter()
            .filter(|v| v.starts_with(&format!("{writer}.")))
            .collect();
        let expected: Vec<String> = (0..10).map(|i| format!("{writer}.{i}")).collect();
        assert_eq!(own, expected);
    }
    assert_eq!(records.len(), 40);
}

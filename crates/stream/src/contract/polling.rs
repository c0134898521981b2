//! What a poll returns, and where it goes on.

use super::subject::{ALL, PATIENCE, Subject, assert_misuse, fixed, poll, position, values};
use crate::{Commit, Limit, Record, Task, TaskId, TopicName};
use std::time::Duration;

pub fn a_task_reads_its_partition_only(subject: &Subject) {
    let topic = subject.topic("topic", 3);
    subject.publish(
        (0..3)
            .map(|p| fixed(&topic, p, &format!("for {p}")))
            .collect(),
    );
    let mut task = subject.task("stage", 1, &[&topic]);
    assert_eq!(values(&poll(&mut *task, 1)), ["for 1"]);
    // Had it more to read, it would come before this.
    subject.publish(vec![fixed(&topic, 1, "end")]);
    assert_eq!(values(&poll(&mut *task, 1)), ["end"]);
}

pub fn what_was_polled_is_not_polled_again(subject: &Subject) {
    let (topic, mut task) = filled(subject, 4);
    assert_eq!(values(&poll(&mut *task, 3)), ["0", "1", "2"]);
    assert_eq!(values(&poll(&mut *task, 1)), ["3"]);
    subject.publish(vec![fixed(&topic, 0, "4")]);
    assert_eq!(values(&poll(&mut *task, 1)), ["4"]);
}

pub fn a_poll_stops_at_its_limit_of_records(subject: &Subject) {
    let (_, mut task) = filled(subject, 10);
    let mut read = Vec::new();
    while read.len() < 10 {
        let batch = task
            .poll(Limit { records: 3, ..ALL }, PATIENCE)
            .expect("the poll succeeds");
        assert!((1..=3).contains(&batch.len()), "{} records", batch.len());
        read.extend(batch);
    }
    assert_eq!(
        values(&read),
        (0..10).map(|i| i.to_string()).collect::<Vec<_>>()
    );
}

pub fn a_poll_stops_at_its_limit_of_bytes(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    // 100 bytes each, as the value is the key too: the third reaches 250.
    subject.publish(
        (0..9)
            .map(|i| fixed(&topic, 0, &i.to_string().repeat(50)))
            .collect(),
    );
    let mut task = subject.task("stage", 0, &[&topic]);
    let mut read = 0;
    while read < 9 {
        let limit = Limit { bytes: 250, ..ALL };
        let batch = task.poll(limit, PATIENCE).expect("the poll succeeds");
        assert!((1..=3).contains(&batch.len()), "{} records", batch.len());
        read += batch.len();
    }
}

pub fn a_record_larger_than_the_limit_comes_alone(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    let large = "x".repeat(200_000);
    subject.publish(vec![fixed(&topic, 0, &large), fixed(&topic, 0, "small")]);
    let mut task = subject.task("stage", 0, &[&topic]);
    let limit = Limit {
        records: 10,
        bytes: 1000,
    };
    let first = task.poll(limit, PATIENCE).expect("the poll succeeds");
    assert_eq!(values(&first), [large]);
    let second = task.poll(limit, PATIENCE).expect("the poll succeeds");
    assert_eq!(values(&second), ["small"]);
}

pub fn two_inputs_take_turns(subject: &Subject) {
    let busy = subject.topic("busy", 1);
    let quiet = subject.topic("quiet", 1);
    subject.publish((0..100).map(|i| fixed(&busy, 0, &i.to_string())).collect());
    subject.publish(vec![fixed(&quiet, 0, "a"), fixed(&quiet, 0, "b")]);
    let mut task = subject.task("stage", 0, &[&busy, &quiet]);
    let first: Vec<Record> = (0..5)
        .flat_map(|_| {
            task.poll(Limit { records: 4, ..ALL }, PATIENCE)
                .expect("the poll succeeds")
        })
        .collect();
    let quiet_ones = first.iter().filter(|record| record.topic == quiet).count();
    assert_eq!(quiet_ones, 2, "of {:?}", values(&first));
}

pub fn large_records_of_one_input_do_not_starve_another(subject: &Subject) {
    let busy = subject.topic("busy", 1);
    let quiet = subject.topic("quiet", 1);
    let large = "x".repeat(2000);
    subject.publish((0..20).map(|_| fixed(&busy, 0, &large)).collect());
    subject.publish(vec![fixed(&quiet, 0, "a")]);
    let mut task = subject.task("stage", 0, &[&busy, &quiet]);
    let limit = Limit {
        records: 100,
        bytes: 1000,
    };
    let first: Vec<Record> = (0..4)
        .flat_map(|_| task.poll(limit, PATIENCE).expect("the poll succeeds"))
        .collect();
    assert!(
        first.iter().any(|record| record.topic == quiet),
        "{} large ones",
        first.len()
    );
}

pub fn each_input_keeps_its_order(subject: &Subject) {
    let one = subject.topic("one", 1);
    let two = subject.topic("two", 1);
    let numbers: Vec<String> = (0..30).map(|i| i.to_string()).collect();
    subject.publish(numbers.iter().map(|i| fixed(&one, 0, i)).collect());
    subject.publish(numbers.iter().map(|i| fixed(&two, 0, i)).collect());
    let mut task = subject.task("stage", 0, &[&one, &two]);
    let mut read = Vec::new();
    while read.len() < 60 {
        let batch = task
            .poll(Limit { records: 7, ..ALL }, PATIENCE)
            .expect("the poll succeeds");
        assert!(!batch.is_empty(), "only {} of 60 records came", read.len());
        read.extend(batch);
    }
    for topic in [one, two] {
        let own: Vec<Record> = read.iter().filter(|r| r.topic == topic).cloned().collect();
        assert_eq!(values(&own), numbers);
    }
}

pub fn a_poll_without_inputs_returns_nothing(subject: &Subject) {
    let mut task = subject.task("source", 0, &[]);
    assert_eq!(
        task.poll(ALL, Duration::ZERO).expect("the poll succeeds"),
        vec![]
    );
}

pub fn rewinding_starts_again_at_the_last_commit(subject: &Subject) {
    let (_, mut task) = filled(subject, 5);
    commit_through(&mut *task, 2);
    assert_eq!(values(&poll(&mut *task, 2)), ["2", "3"]);
    task.rewind().expect("the task rewinds");
    assert_eq!(values(&poll(&mut *task, 3)), ["2", "3", "4"]);
}

pub fn rewinding_before_any_commit_starts_at_the_start(subject: &Subject) {
    let (_, mut task) = filled(subject, 2);
    poll(&mut *task, 2);
    task.rewind().expect("the task rewinds");
    assert_eq!(values(&poll(&mut *task, 2)), ["0", "1"]);
}

pub fn a_new_handle_resumes_at_the_committed_position(subject: &Subject) {
    let (topic, mut task) = filled(subject, 5);
    commit_through(&mut *task, 2);
    poll(&mut *task, 2);
    let mut newer = subject.task("stage", 0, &[&topic]);
    assert_eq!(values(&poll(&mut *newer, 3)), ["2", "3", "4"]);
}

pub fn an_input_added_later_starts_at_its_start(subject: &Subject) {
    let (topic, mut task) = filled(subject, 2);
    commit_through(&mut *task, 2);
    let added = subject.topic("added", 1);
    subject.publish(vec![fixed(&added, 0, "a")]);
    let mut newer = subject.task("stage", 0, &[&topic, &added]);
    assert_eq!(values(&poll(&mut *newer, 1)), ["a"]);
}

pub fn a_task_on_an_unknown_topic_is_refused(subject: &Subject) {
    assert_misuse(
        subject
            .log
            .task(&TaskId::new("stage", 0), &[TopicName::new("unknown")]),
    );
}

pub fn a_task_beyond_the_partitions_is_refused(subject: &Subject) {
    let topic = subject.topic("topic", 2);
    assert_misuse(subject.log.task(&TaskId::new("stage", 2), &[topic]));
}

/// A topic with the values 0, 1, 2 … and a task on it.
fn filled(subject: &Subject, count: usize) -> (TopicName, Box<dyn Task>) {
    let topic = subject.topic("topic", 1);
    subject.publish(
        (0..count)
            .map(|i| fixed(&topic, 0, &i.to_string()))
            .collect(),
    );
    let task = subject.task("stage", 0, &[&topic]);
    (topic, task)
}

/// Polls that many records and commits the position after them.
fn commit_through(task: &mut dyn Task, count: usize) {
    let polled = poll(task, count);
    let offsets = polled.last().map(position).into_iter().collect();
    task.commit(&Commit {
        offsets,
        ..Commit::default()
    })
    .expect("the commit succeeds");
}

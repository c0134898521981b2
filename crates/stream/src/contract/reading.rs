//! Looking into the log without taking part.

use super::subject::{ALL, Subject, assert_misuse, fixed, poll, position, values};
use crate::{Commit, Limit, TaskId, TopicName};

pub fn a_position_is_unknown_before_its_first_commit(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    let never = TaskId::new("never", 0);
    assert_eq!(
        subject
            .log
            .position(&never, &topic)
            .expect("the position is read"),
        None
    );
    let task = subject.task("stage", 0, &[&topic]);
    assert_eq!(subject.position(&*task, &topic), None);
}

pub fn positions_of_two_tasks_are_apart(subject: &Subject) {
    let topic = subject.topic("topic", 2);
    subject.publish(vec![
        fixed(&topic, 0, "a"),
        fixed(&topic, 1, "b"),
        fixed(&topic, 1, "c"),
    ]);
    let mut first = subject.task("stage", 0, &[&topic]);
    let mut second = subject.task("stage", 1, &[&topic]);
    let mut commit = |offset| {
        let offsets = vec![offset];
        first
            .commit(&Commit {
                offsets,
                ..Commit::default()
            })
            .expect("the commit succeeds");
    };
    let here = subject.all(&topic, 0);
    commit(position(&here[0]));
    assert_eq!(subject.position(&*first, &topic), Some(here[0].offset + 1));
    assert_eq!(subject.position(&*second, &topic), None);
    assert_eq!(values(&poll(&mut *second, 2)), ["b", "c"]);
}

pub fn reading_moves_no_position(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    subject.publish(vec![fixed(&topic, 0, "a")]);
    assert_eq!(values(&subject.all(&topic, 0)), ["a"]);
    assert_eq!(values(&subject.all(&topic, 0)), ["a"]);
    let mut task = subject.task("stage", 0, &[&topic]);
    assert_eq!(values(&poll(&mut *task, 1)), ["a"]);
}

pub fn reading_starts_at_the_offset_asked_for(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    subject.publish((0..4).map(|i| fixed(&topic, 0, &i.to_string())).collect());
    let all = subject.all(&topic, 0);
    let rest = subject
        .log
        .read(&topic, 0, all[2].offset, ALL)
        .expect("the topic is read");
    assert_eq!(rest, all[2..]);
    let end = subject
        .log
        .bounds(&topic, 0)
        .expect("the bounds are read")
        .end;
    assert_eq!(
        subject
            .log
            .read(&topic, 0, end, ALL)
            .expect("the topic is read"),
        vec![]
    );
    assert_eq!(
        subject
            .log
            .read(&topic, 0, u64::MAX, ALL)
            .expect("the topic is read"),
        vec![]
    );
}

pub fn reading_stops_at_its_limits(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    subject.publish(
        (0..4)
            .map(|i| fixed(&topic, 0, &i.to_string().repeat(50)))
            .collect(),
    );
    let read = |limit| {
        subject
            .log
            .read(&topic, 0, 0, limit)
            .expect("the topic is read")
            .len()
    };
    assert_eq!(read(Limit { records: 3, ..ALL }), 3);
    assert_eq!(read(Limit { bytes: 150, ..ALL }), 2);
    assert_eq!(read(Limit { bytes: 1, ..ALL }), 1);
}

pub fn bounds_hold_all_offsets(subject: &Subject) {
    let topic = subject.topic("topic", 2);
    subject.publish((0..3).map(|i| fixed(&topic, 1, &i.to_string())).collect());
    let bounds = subject.log.bounds(&topic, 1).expect("the bounds are read");
    let records = subject.all(&topic, 1);
    assert_eq!(records.len(), 3);
    assert!(
        records
            .iter()
            .all(|r| (bounds.start..bounds.end).contains(&r.offset))
    );
    subject.publish(vec![fixed(&topic, 1, "more")]);
    let after = subject.log.bounds(&topic, 1).expect("the bounds are read");
    assert_eq!(after.start, bounds.start);
    assert!(after.end > bounds.end);
}

pub fn an_empty_partition_has_equal_bounds(subject: &Subject) {
    let topic = subject.topic("topic", 2);
    subject.publish(vec![fixed(&topic, 1, "elsewhere")]);
    let bounds = subject.log.bounds(&topic, 0).expect("the bounds are read");
    assert_eq!(bounds.start, bounds.end);
}

pub fn reading_what_does_not_exist_is_refused(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    let unknown = TopicName::new("unknown");
    assert_misuse(subject.log.read(&unknown, 0, 0, ALL));
    assert_misuse(subject.log.read(&topic, 1, 0, ALL));
    assert_misuse(subject.log.bounds(&unknown, 0));
    assert_misuse(subject.log.bounds(&topic, 1));
}

pub fn a_task_that_has_read_everything_has_no_lag(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    let mut task = subject.task("stage", 0, &[&topic]);
    let lag = |subject: &Subject| {
        let id = TaskId::new("stage", 0);
        subject
            .log
            .lag(&id, &topic)
            .expect("the lag is read")
            .records
    };
    assert_eq!(lag(subject), 0);
    subject.publish(vec![fixed(&topic, 0, "a"), fixed(&topic, 0, "b")]);
    assert!(lag(subject) >= 2);
    for left in [1, 0] {
        let polled = poll(&mut *task, 1);
        let offsets = vec![position(&polled[0])];
        task.commit(&Commit {
            offsets,
            ..Commit::default()
        })
        .expect("the commit succeeds");
        assert_eq!(lag(subject) > 0, left > 0);
    }
}

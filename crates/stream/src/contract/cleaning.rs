//! Retention and compaction, for logs that do it themselves.

use super::subject::{Subject, fixed, keyed, poll, position, tombstone, values};
use crate::{Cleanup, Commit, NewRecord};
use std::time::Duration;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const NOW: i64 = 1_000 * DAY;

const COMPACT: Cleanup = Cleanup {
    retention: None,
    compact: true,
};
const ONE_HOUR: Cleanup = Cleanup {
    retention: Some(Duration::from_secs(3600)),
    compact: false,
};

pub fn records_past_their_retention_go_and_younger_ones_stay(subject: &Subject) {
    let topic = subject.topic_with("topic", 2, ONE_HOUR);
    let times = [NOW - DAY, NOW - HOUR - 1, NOW - HOUR, NOW];
    subject.publish(
        times
            .map(|time| at(time, fixed(&topic, 1, &(NOW - time).to_string())))
            .into(),
    );
    assert_eq!(clean(subject, NOW), 2);
    assert_eq!(
        values(&subject.all(&topic, 1)),
        [HOUR.to_string(), "0".to_owned()]
    );
    let bounds = subject.log.bounds(&topic, 1).expect("the bounds are read");
    assert_eq!(bounds.start, subject.all(&topic, 1)[0].offset);
}

pub fn a_record_out_of_time_order_goes_once_it_is_old(subject: &Subject) {
    let topic = subject.topic_with("topic", 1, ONE_HOUR);
    let ahead = at(NOW + 400 * DAY, fixed(&topic, 0, "a clock a year ahead"));
    let later = (0..3).map(|i| at(NOW, fixed(&topic, 0, &i.to_string())));
    subject.publish(std::iter::once(ahead).chain(later).collect());
    assert_eq!(clean(subject, NOW + DAY), 3);
    assert_eq!(values(&subject.all(&topic, 0)), ["a clock a year ahead"]);
    assert_eq!(clean(subject, NOW + 402 * DAY), 1);
}

pub fn a_topic_without_rules_keeps_everything(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    let twice = [tombstone(&topic, "k"), keyed(&topic, "k", "v")];
    subject.publish([twice.clone(), twice].concat());
    assert_eq!(clean(subject, NOW), 0);
    assert_eq!(values(&subject.all(&topic, 0)), ["-", "v", "-", "v"]);
}

pub fn compaction_keeps_the_newest_record_of_each_key(subject: &Subject) {
    let topic = subject.topic_with("topic", 1, COMPACT);
    let pairs = [
        ("a", "1"),
        ("b", "1"),
        ("a", "2"),
        ("", "1"),
        ("a", "3"),
        ("", "2"),
    ];
    subject.publish(
        pairs
            .map(|(key, value)| at(NOW, keyed(&topic, key, value)))
            .into(),
    );
    let before = subject.all(&topic, 0);
    assert_eq!(clean(subject, NOW), 3);
    let kept: Vec<_> = [1, 4, 5].map(|i| before[i].clone()).into();
    assert_eq!(subject.all(&topic, 0), kept, "offsets and contents stay");
}

pub fn compaction_goes_on_where_it_stopped(subject: &Subject) {
    let topic = subject.topic_with("topic", 1, COMPACT);
    subject.publish(vec![keyed(&topic, "a", "1"), keyed(&topic, "b", "1")]);
    assert_eq!(clean(subject, NOW), 0);
    subject.publish(vec![keyed(&topic, "a", "2"), keyed(&topic, "c", "1")]);
    assert_eq!(clean(subject, NOW), 1);
    subject.publish(vec![keyed(&topic, "a", "3"), keyed(&topic, "c", "2")]);
    assert_eq!(clean(subject, NOW), 2);
    assert_eq!(values(&subject.all(&topic, 0)), ["1", "3", "2"]);
}

pub fn compaction_keeps_partitions_apart(subject: &Subject) {
    let topic = subject.topic_with("topic", 2, COMPACT);
    subject.publish(vec![fixed(&topic, 0, "same"), fixed(&topic, 1, "same")]);
    assert_eq!(clean(subject, NOW), 0);
}

pub fn a_tombstone_goes_when_it_is_a_day_old(subject: &Subject) {
    let topic = subject.topic_with("topic", 1, COMPACT);
    let gone = at(NOW, tombstone(&topic, "gone"));
    subject.publish(vec![
        keyed(&topic, "gone", "1"),
        keyed(&topic, "stays", "1"),
        gone,
    ]);
    assert_eq!(clean(subject, NOW), 1);
    assert_eq!(values(&subject.all(&topic, 0)), ["1", "-"]);
    assert_eq!(clean(subject, NOW + DAY), 0);
    assert_eq!(clean(subject, NOW + DAY + 1), 1);
    assert_eq!(values(&subject.all(&topic, 0)), ["1"]);
}

pub fn a_key_written_after_its_tombstone_stays(subject: &Subject) {
    let topic = subject.topic_with("topic", 1, COMPACT);
    subject.publish(vec![
        keyed(&topic, "k", "1"),
        at(NOW, tombstone(&topic, "k")),
    ]);
    assert_eq!(clean(subject, NOW), 1);
    subject.publish(vec![at(NOW, keyed(&topic, "k", "2"))]);
    assert_eq!(clean(subject, NOW + 10 * DAY), 1);
    assert_eq!(values(&subject.all(&topic, 0)), ["2"]);
    assert_eq!(clean(subject, NOW + 20 * DAY), 0);
}

pub fn retention_and_compaction_work_together(subject: &Subject) {
    let rules = Cleanup {
        compact: true,
        ..ONE_HOUR
    };
    let topic = subject.topic_with("topic", 1, rules);
    subject.publish(vec![
        at(NOW - DAY, keyed(&topic, "old", "1")),
        at(NOW, keyed(&topic, "k", "1")),
        at(NOW, keyed(&topic, "k", "2")),
    ]);
    assert_eq!(clean(subject, NOW), 2);
    assert_eq!(values(&subject.all(&topic, 0)), ["2"]);
    subject.publish(vec![at(NOW + DAY, keyed(&topic, "old", "2"))]);
    assert_eq!(clean(subject, NOW + DAY), 1);
    assert_eq!(values(&subject.all(&topic, 0)), ["2"]);
    assert_eq!(subject.all(&topic, 0)[0].key.as_ref(), b"old");
}

pub fn compaction_turned_on_later_reaches_back(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    subject.publish(vec![keyed(&topic, "k", "1"), keyed(&topic, "k", "2")]);
    assert_eq!(clean(subject, NOW), 0);
    subject.topic_with("topic", 1, COMPACT);
    assert_eq!(clean(subject, NOW), 1);
    assert_eq!(values(&subject.all(&topic, 0)), ["2"]);
}

pub fn compaction_turned_off_and_on_keeps_the_newest(subject: &Subject) {
    let topic = subject.topic_with("topic", 1, COMPACT);
    let publish = |value: &str| subject.publish(vec![keyed(&topic, "k", value)]);
    publish("1");
    assert_eq!(clean(subject, NOW), 0);
    subject.topic("topic", 1);
    publish("2");
    assert_eq!(clean(subject, NOW), 0);
    subject.topic_with("topic", 1, COMPACT);
    publish("3");
    assert_eq!(clean(subject, NOW), 2);
    assert_eq!(values(&subject.all(&topic, 0)), ["3"]);
}

pub fn a_tombstone_stays_once_compaction_is_off(subject: &Subject) {
    let topic = subject.topic_with("topic", 1, COMPACT);
    subject.publish(vec![at(NOW, tombstone(&topic, "k"))]);
    assert_eq!(clean(subject, NOW), 0);
    subject.topic("topic", 1);
    assert_eq!(clean(subject, NOW + 2 * DAY), 0);
    subject.topic_with("topic", 1, COMPACT);
    assert_eq!(clean(subject, NOW + 2 * DAY), 1);
}

pub fn many_records_are_cleaned_at_once(subject: &Subject) {
    let aged = subject.topic_with("aged", 1, ONE_HOUR);
    let compacted = subject.topic_with("compacted", 1, COMPACT);
    subject.publish((0..2500).map(|i| fixed(&aged, 0, &i.to_string())).collect());
    let twice = (0..2).flat_map(|round| (0..2500).map(move |key| (key, round)));
    let records = twice.map(|(key, round)| keyed(&compacted, &key.to_string(), &round.to_string()));
    subject.publish(records.collect());
    assert_eq!(clean(subject, NOW), 5000);
    assert_eq!(subject.all(&aged, 0), vec![]);
    let kept = subject.all(&compacted, 0);
    assert_eq!(kept.len(), 2500);
    assert!(values(&kept).iter().all(|value| value == "1"));
    subject.publish(
        (0..2500)
            .map(|key| tombstone(&compacted, &key.to_string()))
            .collect(),
    );
    assert_eq!(clean(subject, NOW), 5000);
    assert_eq!(subject.all(&compacted, 0), vec![]);
}

pub fn cleaning_again_removes_nothing_more(subject: &Subject) {
    let aged = subject.topic_with("aged", 1, ONE_HOUR);
    let compacted = subject.topic_with("compacted", 1, COMPACT);
    subject.publish(vec![
        fixed(&aged, 0, "old"),
        at(NOW, fixed(&aged, 0, "new")),
    ]);
    subject.publish(vec![
        keyed(&compacted, "k", "1"),
        keyed(&compacted, "k", "2"),
    ]);
    assert_eq!(clean(subject, NOW), 2);
    assert_eq!(clean(subject, NOW), 0);
}

pub fn no_offset_is_given_twice(subject: &Subject) {
    let topic = subject.topic_with("topic", 1, ONE_HOUR);
    subject.publish(vec![fixed(&topic, 0, "a"), fixed(&topic, 0, "b")]);
    let before = subject.log.bounds(&topic, 0).expect("the bounds are read");
    assert_eq!(clean(subject, NOW), 2);
    let emptied = subject.log.bounds(&topic, 0).expect("the bounds are read");
    assert_eq!((emptied.start, emptied.end), (before.end, before.end));
    subject.publish(vec![at(NOW, fixed(&topic, 0, "c"))]);
    assert!(subject.all(&topic, 0)[0].offset >= before.end);
}

pub fn a_position_behind_the_start_goes_on_at_the_start(subject: &Subject) {
    let topic = subject.topic_with("topic", 1, ONE_HOUR);
    subject.publish(
        (0..3)
            .map(|i| fixed(&topic, 0, &format!("old {i}")))
            .collect(),
    );
    let mut task = subject.task("stage", 0, &[&topic]);
    let offsets = vec![position(&poll(&mut *task, 1)[0])];
    task.commit(&Commit {
        offsets,
        ..Commit::default()
    })
    .expect("the commit succeeds");
    assert_eq!(clean(subject, NOW), 3);
    subject.publish(vec![at(NOW, fixed(&topic, 0, "new"))]);
    assert_eq!(values(&poll(&mut *task, 1)), ["new"]);
    let mut resumed = subject.task("stage", 0, &[&topic]);
    assert_eq!(values(&poll(&mut *resumed, 1)), ["new"]);
}

pub fn a_poll_goes_on_over_holes(subject: &Subject) {
    let topic = subject.topic_with("topic", 1, COMPACT);
    let keys = ["a", "b", "a", "a", "c", "b", "a", "d"];
    let records = keys
        .iter()
        .enumerate()
        .map(|(i, key)| keyed(&topic, key, &i.to_string()));
    subject.publish(records.collect());
    assert_eq!(clean(subject, NOW), 4);
    let mut task = subject.task("stage", 0, &[&topic]);
    let read: Vec<String> = (0..4).flat_map(|_| values(&poll(&mut *task, 1))).collect();
    assert_eq!(read, ["4", "5", "6", "7"]);
}

fn at(timestamp: i64, record: NewRecord) -> NewRecord {
    NewRecord {
        timestamp,
        ..record
    }
}

fn clean(subject: &Subject, now: i64) -> u64 {
    subject.log.clean(now).expect("the cleaning succeeds")
}

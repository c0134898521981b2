//! Declaring topics.

use super::subject::{Subject, assert_misuse, fixed, poll, position, values};
use crate::{Cleanup, Commit, TopicName, TopicSpec};
use std::time::Duration;

pub fn topics_are_listed_by_name_with_their_rules(subject: &Subject) {
    assert_eq!(subject.log.topics().expect("topics are listed"), vec![]);
    let zebra = spec(
        "zebra",
        3,
        Cleanup {
            retention: None,
            compact: true,
        },
    );
    let fortnight = Some(Duration::from_secs(14 * 86400));
    let ape = spec(
        "ape",
        1,
        Cleanup {
            retention: fortnight,
            compact: false,
        },
    );
    subject
        .log
        .declare(&[zebra.clone(), ape.clone()])
        .expect("topics are declared");
    assert_eq!(
        subject.log.topics().expect("topics are listed"),
        [ape, zebra]
    );
}

pub fn declaring_again_keeps_records_and_positions(subject: &Subject) {
    let topic = subject.topic("topic", 2);
    subject.publish(vec![fixed(&topic, 1, "a"), fixed(&topic, 1, "b")]);
    let mut task = subject.task("stage", 1, &[&topic]);
    let offsets = vec![position(&poll(&mut *task, 1)[0])];
    task.commit(&Commit {
        offsets,
        ..Commit::default()
    })
    .expect("the commit succeeds");
    let before = subject.position(&*task, &topic);
    subject.topic("topic", 2);
    assert_eq!(values(&subject.all(&topic, 1)), ["a", "b"]);
    assert_eq!(subject.position(&*task, &topic), before);
    subject.publish(vec![fixed(&topic, 1, "c")]);
    assert_eq!(values(&poll(&mut *task, 2)), ["b", "c"]);
}

pub fn declaring_again_updates_the_cleanup(subject: &Subject) {
    subject.topic("topic", 2);
    let day = Some(Duration::from_secs(86400));
    let wanted = spec(
        "topic",
        2,
        Cleanup {
            retention: day,
            compact: true,
        },
    );
    subject
        .log
        .declare(std::slice::from_ref(&wanted))
        .expect("the topic is declared");
    assert_eq!(subject.log.topics().expect("topics are listed"), [wanted]);
}

pub fn another_number_of_partitions_is_refused(subject: &Subject) {
    let topic = subject.topic("topic", 2);
    subject.publish(vec![fixed(&topic, 1, "a")]);
    for partitions in [1, 3] {
        assert_misuse(
            subject
                .log
                .declare(&[spec("topic", partitions, Cleanup::default())]),
        );
    }
    let kept = [spec("topic", 2, Cleanup::default())];
    assert_eq!(subject.log.topics().expect("topics are listed"), kept);
    assert_eq!(values(&subject.all(&topic, 1)), ["a"]);
}

pub fn a_topic_without_partitions_is_refused(subject: &Subject) {
    assert_misuse(subject.log.declare(&[spec("topic", 0, Cleanup::default())]));
    assert_eq!(subject.log.topics().expect("topics are listed"), vec![]);
}

pub fn a_name_kafka_would_refuse_is_refused(subject: &Subject) {
    for name in ["", ".", "..", "a b", "a/b", "é", &"x".repeat(250)] {
        assert_misuse(subject.log.declare(&[spec(name, 1, Cleanup::default())]));
    }
    subject.topic("hark.Share-of_voice.2", 1);
}

fn spec(name: &str, partitions: u32, cleanup: Cleanup) -> TopicSpec {
    TopicSpec {
        name: TopicName::new(name),
        partitions,
        cleanup,
    }
}

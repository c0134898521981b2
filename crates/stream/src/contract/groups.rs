//! Sharing the tasks of a stage.

use super::Subject;
use crate::{Assignment, Membership};
use std::time::{Duration, Instant};

/// How long a group may take to settle.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn the_only_member_has_every_partition(subject: &Subject) {
    let topic = subject.topic("in", 3);
    let mut member = subject
        .log
        .join("stage", &topic)
        .expect("a place in the group");
    let mut ours = Vec::new();
    until(&mut *member, &mut ours, &[0, 1, 2]);
}

pub fn a_member_that_left_can_come_again(subject: &Subject) {
    let topic = subject.topic("in", 2);
    for _ in 0..2 {
        let mut member = subject
            .log
            .join("stage", &topic)
            .expect("a place in the group");
        until(&mut *member, &mut Vec::new(), &[0, 1]);
    }
}

pub fn a_topic_has_the_partitions_it_was_declared_with(subject: &Subject) {
    let topic = subject.topic("in", 3);
    assert_eq!(subject.log.partitions(&topic).expect("the partitions"), 3);
}

/// Polls until these partitions are ours.
fn until(member: &mut dyn Membership, ours: &mut Vec<u32>, wanted: &[u32]) {
    let start = Instant::now();
    while ours != wanted {
        assert!(start.elapsed() < PATIENCE, "{ours:?} and not {wanted:?}");
        for assignment in member.poll(Duration::from_millis(50)).expect("a poll") {
            match assignment {
                Assignment::Assigned(new) => ours.extend(new),
                Assignment::Revoked(gone) | Assignment::Lost(gone) => {
                    ours.retain(|partition| !gone.contains(partition));
                    member.released(&gone).expect("they are given back");
                }
            }
        }
        ours.sort_unstable();
    }
}

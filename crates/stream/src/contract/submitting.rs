//! Commits that are under way while the task goes on.

use super::subject::{Subject, assert_misuse, fixed, poll, position, put, values};
use crate::{Commit, ErrorKind, Task, TopicName};
use std::sync::Arc;

/// A task that has polled the first of three records, and a commit about it.
fn scene(subject: &Subject) -> (TopicName, Box<dyn Task>, Arc<Commit>) {
    let input = subject.topic("input", 1);
    let three = ["one", "two", "three"].map(|value| fixed(&input, 0, value));
    subject.publish(three.to_vec());
    let mut task = subject.task("stage", 0, &[&input]);
    let polled = poll(&mut *task, 1);
    let commit = Commit {
        records: Vec::new(),
        state: vec![put("count", "1")],
        offsets: vec![position(&polled[0])],
    };
    (input, task, Arc::new(commit))
}

pub fn a_submitted_commit_holds_once_it_is_settled(subject: &Subject) {
    let (input, mut task, commit) = scene(subject);
    task.submit(commit).expect("it is submitted");
    task.settle().expect("it holds");
    assert_eq!(
        task.get(b"count").expect("state is read"),
        Some(b"1".to_vec())
    );
    assert_eq!(subject.position(&*task, &input), Some(1));
    task.settle().expect("there is nothing left to settle");
}

pub fn polling_goes_on_while_a_commit_is_under_way(subject: &Subject) {
    let (_, mut task, commit) = scene(subject);
    task.submit(commit).expect("it is submitted");
    assert_eq!(values(&poll(&mut *task, 1)), ["two"]);
    task.settle().expect("it holds");
    assert_eq!(values(&poll(&mut *task, 1)), ["three"]);
    task.rewind().expect("nothing is under way");
    assert_eq!(values(&poll(&mut *task, 2)), ["two", "three"]);
}

pub fn one_commit_at_a_time_is_under_way(subject: &Subject) {
    let (_, mut task, commit) = scene(subject);
    task.submit(Arc::clone(&commit)).expect("it is submitted");
    assert_misuse(task.submit(Arc::clone(&commit)));
    assert_misuse(task.commit(&commit));
    assert_misuse(task.rewind());
    task.settle().expect("it holds");
    task.commit(&commit).expect("nothing is under way");
}

pub fn a_submitted_commit_that_is_refused_says_so_when_it_is_settled(subject: &Subject) {
    let (input, mut task, commit) = scene(subject);
    let mut newer = subject.task("stage", 0, &[&input]);
    task.submit(Arc::clone(&commit)).expect("it is submitted");
    let refused = task.settle().expect_err("the handle is fenced");
    assert_eq!(refused.kind(), ErrorKind::Fenced);
    assert_eq!(newer.get(b"count").expect("state is read"), None);
    assert_eq!(values(&poll(&mut *newer, 1)), ["one"]);
}

pub fn a_task_that_goes_away_leaves_its_commit_whole(subject: &Subject) {
    let (input, mut task, commit) = scene(subject);
    task.submit(commit).expect("it is submitted");
    drop(task);
    let task = subject.task("stage", 0, &[&input]);
    let counted = task.get(b"count").expect("state is read").is_some();
    assert_eq!(subject.position(&*task, &input).is_some(), counted);
}

pub fn what_is_settled_is_read_while_the_next_commit_is_under_way(subject: &Subject) {
    let mut task = subject.task("stage", 0, &[]);
    for round in 1..=20_u32 {
        let commit = Commit {
            state: vec![
                put("round", &round.to_string()),
                put(&format!("settled {round:02}"), "yes"),
            ],
            ..Commit::default()
        };
        task.submit(Arc::new(commit)).expect("it is submitted");
        let (last, settled) = {
            let snapshot = task.snapshot().expect("there is a snapshot");
            let mut settled = 0;
            let mut visit = |_: &[u8], _: &[u8]| {
                settled += 1;
                true
            };
            snapshot
                .scan(b"settled", b"t", &mut visit)
                .expect("state is scanned");
            let last = snapshot.get(b"round").expect("state is read");
            let last = last.map_or(0, |bytes| {
                String::from_utf8_lossy(&bytes).parse().expect("a number")
            });
            (last, settled)
        };
        // The one under way may hold already.
        assert!(last == round || last + 1 == round, "{last} in {round}");
        assert_eq!(settled, last);
        task.settle().expect("it holds");
        let last = task.get(b"round").expect("state is read");
        assert_eq!(last, Some(round.to_string().into_bytes()));
    }
}

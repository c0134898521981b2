//! Who waits is woken, and only then.

use super::subject::{ALL, PATIENCE, Subject, fixed, position, put, values};
use crate::{Commit, Record, Task, TopicName};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Much longer than a check may take: whoever is not woken is found out.
const FOR_EVER: Duration = Duration::from_secs(3600);

/// Long enough to tell waiting from not waiting.
const A_MOMENT: Duration = Duration::from_millis(50);

pub fn a_commit_wakes_a_blocked_poll(subject: &Subject) {
    // Two tasks answer each other, so that most of the time one of them is blocked when the
    // record it waits for is committed.
    let ping = subject.topic("ping", 1);
    let pong = subject.topic("pong", 1);
    let pinger = subject.task("pinger", 0, &[&pong]);
    let ponger = subject.task("ponger", 0, &[&ping]);
    let rounds = 50;
    let one = background(move || answer(ponger, &pong, rounds));
    subject.publish(vec![fixed(&ping, 0, "start")]);
    let other = background(move || answer(pinger, &ping, rounds));
    one.recv_timeout(PATIENCE)
        .expect("every record wakes the ponger");
    other
        .recv_timeout(PATIENCE)
        .expect("every record wakes the pinger");
}

pub fn a_commit_ends_changed(subject: &Subject) {
    let mut task = subject.task("stage", 0, &[]);
    let mut seen = subject.log.changed(0, Duration::ZERO);
    for round in 0..20 {
        let log = Arc::clone(&subject.log);
        let changed = background(move || log.changed(seen, FOR_EVER));
        let state = vec![put("round", &round.to_string())];
        task.commit(&Commit {
            state,
            ..Commit::default()
        })
        .expect("the commit succeeds");
        let now = changed
            .recv_timeout(PATIENCE)
            .expect("the commit ends the wait");
        assert!(now > seen);
        seen = now;
    }
}

pub fn changed_without_a_commit_lasts_its_wait(subject: &Subject) {
    subject.topic("topic", 1);
    let seen = subject.log.changed(0, Duration::ZERO);
    let started = Instant::now();
    assert_eq!(subject.log.changed(seen, A_MOMENT), seen);
    assert!(started.elapsed() >= A_MOMENT);
}

pub fn an_interrupt_ends_a_poll_once(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    let mut task = subject.task("stage", 0, &[&topic]);
    let interrupted = background(move || {
        let records = task.poll(ALL, FOR_EVER).expect("the poll succeeds");
        (task, records)
    });
    subject.log.interrupt();
    let (mut task, records) = interrupted
        .recv_timeout(PATIENCE)
        .expect("the interrupt ends the poll");
    assert_eq!(records, vec![]);
    assert_waits(&mut *task);
}

pub fn an_interrupt_between_polls_is_not_lost(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    let mut task = subject.task("stage", 0, &[&topic]);
    task.poll(ALL, Duration::ZERO).expect("the poll succeeds");
    subject.log.interrupt();
    subject.log.interrupt();
    let interrupted = background(move || {
        let records = task.poll(ALL, FOR_EVER).expect("the poll succeeds");
        (task, records)
    });
    let (mut task, records) = interrupted
        .recv_timeout(PATIENCE)
        .expect("the interrupt ends the poll");
    assert_eq!(records, vec![]);
    assert_waits(&mut *task);
}

pub fn an_interrupt_hides_no_records(subject: &Subject) {
    let topic = subject.topic("topic", 1);
    let mut task = subject.task("stage", 0, &[&topic]);
    subject.publish(vec![fixed(&topic, 0, "a")]);
    let mut seen: Vec<Record> = Vec::new();
    for _ in 0..2 {
        subject.log.interrupt();
        seen.extend(task.poll(ALL, PATIENCE).expect("the poll succeeds"));
    }
    if seen.is_empty() {
        seen = task.poll(ALL, PATIENCE).expect("the poll succeeds");
    }
    assert_eq!(values(&seen), ["a"]);
}

pub fn an_interrupt_ends_changed(subject: &Subject) {
    let seen = subject.log.changed(0, Duration::ZERO);
    let log = Arc::clone(&subject.log);
    let changed = background(move || log.changed(seen, FOR_EVER));
    subject.log.interrupt();
    changed
        .recv_timeout(PATIENCE)
        .expect("the interrupt ends the wait");
}

fn assert_waits(task: &mut dyn Task) {
    let started = Instant::now();
    assert_eq!(task.poll(ALL, A_MOMENT).expect("the poll succeeds"), vec![]);
    assert!(
        started.elapsed() >= A_MOMENT,
        "a poll after an interrupt waits again"
    );
}

/// Answers each record with one into another topic.
fn answer(mut task: Box<dyn Task>, to: &TopicName, rounds: usize) {
    let mut answered = 0;
    while answered < rounds {
        for record in task.poll(ALL, FOR_EVER).expect("the poll succeeds") {
            let records = vec![fixed(to, 0, "answer")];
            let offsets = vec![position(&record)];
            let commit = Commit {
                records,
                offsets,
                ..Commit::default()
            };
            task.commit(&commit).expect("the commit succeeds");
            answered += 1;
        }
    }
}

/// Runs a call on a thread of its own, which is left behind if the call never returns.
fn background<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || sender.send(call()));
    receiver
}

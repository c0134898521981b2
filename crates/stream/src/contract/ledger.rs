//! The ledger of what was read: in whatever order tasks are opened, polled, committed, taken over and
//! closed, each record counts once.

use super::Subject;
use super::subject::ALL;
use crate::{
    Commit, Error, ErrorKind, Limit, NewRecord, Position, Record, State, StateChange, Task,
    TopicName,
};
use std::sync::Arc;
use std::time::Duration;

/// Handles on the one task that a history is about.
const HANDLES: usize = 3;

/// Something that happens to one of the handles.
#[derive(Clone, Copy, Debug)]
pub enum Move {
    /// Three more records are published.
    Publish,
    /// The task is assigned here: a handle is opened, and the others are zombies from now on.
    Assign(usize),
    /// A few records are read.
    Poll(usize),
    /// What was read is completed, and waited for.
    Complete(usize),
    /// What was read is completed, and not waited for.
    Submit(usize),
    /// What was not waited for is.
    Settle(usize),
    /// What was read and not completed is forgotten.
    Rewind(usize),
    /// The task is taken away.
    Revoke(usize),
}

/// One handle with what it has read and not completed.
#[derive(Default)]
struct Holder {
    task: Option<Box<dyn Task>>,
    read: Vec<Record>,
    /// Completed, and not waited for.
    submitted: bool,
}

struct Ground<'a> {
    subject: &'a Subject,
    input: TopicName,
    output: TopicName,
    published: u64,
}

/// Plays a history to its end, reads what is left, and counts.
pub fn play(subject: &Subject, moves: &[Move]) {
    let mut ground = Ground {
        subject,
        input: subject.topic("in", 1),
        output: subject.topic("out", 1),
        published: 0,
    };
    let mut holders: [Holder; HANDLES] = Default::default();
    for step in moves {
        ground.make(*step, &mut holders);
    }
    ground.make(Move::Assign(0), &mut holders);
    loop {
        ground.make(Move::Poll(0), &mut holders);
        if holders[0].read.is_empty() {
            break;
        }
        ground.make(Move::Complete(0), &mut holders);
    }
    ground.check(&holders[0], moves);
}

impl Ground<'_> {
    fn make(&mut self, step: Move, holders: &mut [Holder; HANDLES]) {
        match step {
            Move::Publish => {
                let numbers = self.published..self.published + 3;
                let records = numbers.map(|n| super::fixed(&self.input, 0, &n.to_string()));
                self.subject.publish(records.collect());
                self.published += 3;
            }
            Move::Assign(who) => {
                holders[who % HANDLES] = Holder {
                    task: Some(self.subject.task("ledger", 0, &[&self.input])),
                    ..Holder::default()
                };
            }
            Move::Revoke(who) => holders[who % HANDLES] = Holder::default(),
            Move::Poll(who) => holders[who % HANDLES].poll(),
            Move::Rewind(who) => holders[who % HANDLES].rewind(),
            Move::Complete(who) => holders[who % HANDLES].complete(self),
            Move::Submit(who) => holders[who % HANDLES].submit(self),
            Move::Settle(who) => holders[who % HANDLES].settle(),
        }
    }

    /// Copies what was read, and counts it in the state.
    fn commit_of(&self, read: &[Record], state: &dyn State) -> Result<Commit, Error> {
        let before = counted(state)?;
        let records: Vec<NewRecord> = read
            .iter()
            .map(|record| {
                let value = record.value.as_deref().unwrap_or_default();
                super::fixed(&self.output, 0, &String::from_utf8_lossy(value))
            })
            .collect();
        let position = read.last().map(|last| Position {
            topic: self.input.clone(),
            partition: 0,
            next: last.offset + 1,
        });
        let count = before + records.len() as u64;
        Ok(Commit {
            records,
            state: vec![StateChange {
                key: b"count".to_vec(),
                value: Some(count.to_be_bytes().to_vec()),
            }],
            offsets: position.into_iter().collect(),
        })
    }

    fn check(&self, last: &Holder, moves: &[Move]) {
        let copied: Vec<u64> = self
            .subject
            .all(&self.output, 0)
            .iter()
            .map(|record| {
                let value = record.value.as_deref().unwrap_or_default();
                String::from_utf8_lossy(value).parse().expect("a number")
            })
            .collect();
        let all: Vec<u64> = (0..self.published).collect();
        assert_eq!(copied, all, "after {moves:?}");
        let task = last.task.as_deref().expect("the last handle is open");
        let count = counted(&*task.snapshot().expect("a snapshot")).expect("the count");
        assert_eq!(count, self.published, "after {moves:?}");
    }
}

fn counted(state: &dyn State) -> Result<u64, Error> {
    let value = state.get(b"count")?;
    let bytes = value.and_then(|value| value.try_into().ok());
    Ok(bytes.map_or(0, u64::from_be_bytes))
}

impl Holder {
    fn poll(&mut self) {
        let few = Limit { records: 2, ..ALL };
        if let Some(task) = &mut self.task {
            // A zombie may read what it likes.
            let read = task.poll(few, Duration::ZERO).expect("a poll");
            self.read.extend(read);
        }
    }

    fn rewind(&mut self) {
        if self.submitted {
            self.settle();
        }
        if let Some(task) = &mut self.task {
            if task.rewind().is_err() {
                *self = Self::default();
                return;
            }
            self.read.clear();
        }
    }

    fn complete(&mut self, ground: &Ground<'_>) {
        if self.submitted {
            self.settle();
        }
        let Some(task) = &mut self.task else { return };
        let commit = ground.commit_of(&self.read, &*task.snapshot().expect("a snapshot"));
        let done = task.commit(&commit.expect("the state is read"));
        self.read.clear();
        self.after(done);
    }

    fn submit(&mut self, ground: &Ground<'_>) {
        if self.submitted {
            self.settle();
        }
        let Some(task) = &mut self.task else { return };
        let commit = ground.commit_of(&self.read, &*task.snapshot().expect("a snapshot"));
        let commit = Arc::new(commit.expect("the state is read"));
        let done = task.submit(commit);
        self.submitted = done.is_ok();
        self.read.clear();
        self.after(done);
    }

    fn settle(&mut self) {
        if std::mem::take(&mut self.submitted)
            && let Some(task) = &mut self.task
        {
            let done = task.settle();
            self.after(done);
        }
    }

    /// Whoever was overtaken is told so, and nothing else may go wrong.
    fn after(&mut self, done: Result<(), Error>) {
        if let Err(error) = done {
            assert_eq!(error.kind(), ErrorKind::Fenced, "{error}");
            *self = Self::default();
        }
    }
}

/// Moves to be played where each takes time.
const MOVES: usize = 60;

pub fn moves_in_any_order_count_each_record_once(subject: &Subject) {
    let mut random = Random(20_261_123);
    let moves: Vec<Move> = (0..MOVES).map(|_| random.step()).collect();
    play(subject, &moves);
}

/// Numbers that are the same every time (Knuth's MMIX generator).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn step(&mut self) -> Move {
        let who = self.below(HANDLES as u64) as usize;
        match self.below(16) {
            0 | 1 => Move::Publish,
            2 | 3 => Move::Assign(who),
            4..8 => Move::Poll(who),
            8..11 => Move::Complete(who),
            11 | 12 => Move::Submit(who),
            13 => Move::Settle(who),
            14 => Move::Rewind(who),
            _ => Move::Revoke(who),
        }
    }
}

//! Random histories, on the embedded log and on a plain model of it in memory, must agree.

use crate::{ALL, open};
use hark_stream::{
    Cleanup, Commit, EmbeddedLog, ErrorKind, Limit, Log, NewRecord, Partitioning, Position, Record,
    StateChange, Task, TaskId, TopicName, TopicSpec, partition_of,
};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{collection, option, test_runner};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

const PARTITIONS: u32 = 2;
const DAY: i64 = 86_400_000;
const TOPICS: [(&str, Cleanup); 3] = [
    (
        "aged",
        Cleanup {
            retention: Some(Duration::from_secs(86_400)),
            compact: false,
        },
    ),
    (
        "compacted",
        Cleanup {
            retention: None,
            compact: true,
        },
    ),
    (
        "both",
        Cleanup {
            retention: Some(Duration::from_secs(200_000)),
            compact: true,
        },
    ),
];

/// One thing that happens. Tasks are named by their partition, topics by their index.
#[derive(Clone, Debug)]
enum Step {
    Commit {
        task: u32,
        records: Vec<NewRecord>,
        state: Vec<StateChange>,
        mistake: Mistake,
    },
    Poll {
        task: u32,
        limit: Limit,
    },
    Rewind {
        task: u32,
    },
    /// A new handle on a task; the old one tries to commit once more.
    Takeover {
        task: u32,
    },
    Reopen,
    Clean {
        later: i64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mistake {
    None,
    UnknownTopic,
    MissingPartition,
    ForeignPosition,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let task = || 0..PARTITIONS;
    let record = (
        0..TOPICS.len(),
        0..4_u8,
        0..3_i64,
        option::weighted(0.7, any::<u8>()),
        0..4_u32,
    )
        .prop_map(|(topic, key, days, value, to)| NewRecord {
            topic: TopicName::new(TOPICS[topic].0),
            partitioning: match to {
                0 => Partitioning::Broadcast,
                1 | 2 => Partitioning::Fixed(to - 1),
                _ => Partitioning::ByKey,
            },
            timestamp: days * DAY,
            key: vec![b'k'; usize::from(key)],
            value: value.map(|value| vec![value; usize::from(value)]),
            headers: if key == 1 {
                vec![("h".to_owned(), vec![key])]
            } else {
                Vec::new()
            },
        });
    let change = (0..6_u8, option::of(any::<u8>())).prop_map(|(key, value)| StateChange {
        key: vec![key],
        value: value.map(|v| vec![v]),
    });
    let mistake = prop_oneof![
        8 => Just(Mistake::None),
        1 => Just(Mistake::UnknownTopic),
        1 => Just(Mistake::MissingPartition),
        1 => Just(Mistake::ForeignPosition),
    ];
    let commit = (
        task(),
        collection::vec(record, 0..6),
        collection::vec(change, 0..4),
        mistake,
    );
    let step = prop_oneof![
        8 => commit.prop_map(|(task, records, state, mistake)| Step::Commit {
            task, records, state, mistake
        }),
        5 => (task(), 1..6_usize, 1..600_usize).prop_map(|(task, records, bytes)| Step::Poll {
            task, limit: Limit { records, bytes }
        }),
        1 => task().prop_map(|task| Step::Rewind { task }),
        1 => task().prop_map(|task| Step::Takeover { task }),
        1 => Just(Step::Reopen),
        2 => (0..2 * DAY).prop_map(|later| Step::Clean { later }),
    ];
    collection::vec(step, 1..40)
}

/// What the log should hold.
#[derive(Default)]
struct Model {
    partitions: BTreeMap<(String, u32), Partition>,
    state: BTreeMap<(u32, Vec<u8>), Vec<u8>>,
    /// By task and topic: committed, and polled up to.
    positions: HashMap<(u32, String), (Option<u64>, u64)>,
    now: i64,
}

#[derive(Default)]
struct Partition {
    records: Vec<Record>,
    end: u64,
}

impl Model {
    fn commit(&mut self, task: u32, commit: &Commit) {
        for record in &commit.records {
            let numbers = match record.partitioning {
                Partitioning::ByKey => vec![partition_of(&record.key, PARTITIONS)],
                Partitioning::Fixed(number) => vec![number],
                Partitioning::Broadcast => (0..PARTITIONS).collect(),
            };
            for number in numbers {
                self.append(record, number);
            }
        }
        for change in &commit.state {
            let key = (task, change.key.clone());
            match change.value.clone() {
                Some(value) => self.state.insert(key, value),
                None => self.state.remove(&key),
            };
        }
        for offset in &commit.offsets {
            let key = (task, offset.topic.to_string());
            self.positions.insert(key, (Some(offset.next), offset.next));
        }
    }

    fn append(&mut self, record: &NewRecord, number: u32) {
        let topic = record.topic.to_string();
        let partition = self.partitions.entry((topic, number)).or_default();
        partition.records.push(Record {
            topic: record.topic.clone(),
            partition: number,
            offset: partition.end,
            timestamp: record.timestamp,
            key: record.key.as_slice().into(),
            value: record.value.as_deref().map(Into::into),
            headers: record.headers.clone(),
        });
        partition.end += 1;
    }

    fn clean(&mut self) -> u64 {
        let mut removed = 0;
        for ((topic, _), partition) in &mut self.partitions {
            let before = partition.records.len();
            let (_, rules) = TOPICS.iter().find(|(name, _)| name == topic).unwrap();
            if let Some(keep) = rules.retention {
                let oldest = self.now - keep.as_millis() as i64;
                partition
                    .records
                    .retain(|record| record.timestamp >= oldest);
            }
            if rules.compact {
                let newest: HashMap<_, _> = partition
                    .records
                    .iter()
                    .map(|r| (r.key.clone(), r.offset))
                    .collect();
                let stays = |r: &Record| r.value.is_some() || r.timestamp >= self.now - DAY;
                partition
                    .records
                    .retain(|r| newest[&r.key] == r.offset && stays(r));
            }
            removed += before - partition.records.len();
        }
        removed as u64
    }

    /// Where tasks that were opened again, or rewound, go on.
    fn rewind(&mut self, tasks: impl Fn(u32) -> bool) {
        for ((task, _), (committed, polled)) in &mut self.positions {
            if tasks(*task) {
                *polled = committed.unwrap_or(0);
            }
        }
    }
}

struct World {
    folder: tempfile::TempDir,
    log: Arc<EmbeddedLog>,
    tasks: Vec<Box<dyn Task>>,
    model: Model,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = open(folder.path());
        let specs = TOPICS.map(|(name, cleanup)| TopicSpec {
            name: TopicName::new(name),
            partitions: PARTITIONS,
            cleanup,
        });
        log.declare(&specs).unwrap();
        let tasks = (0..PARTITIONS).map(|task| handle(&*log, task)).collect();
        Self {
            folder,
            log,
            tasks,
            model: Model::default(),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Commit {
                task,
                records,
                state,
                mistake,
            } => {
                self.commit(
                    task,
                    Commit {
                        records,
                        state,
                        offsets: Vec::new(),
                    },
                    mistake,
                );
            }
            Step::Poll { task, limit } => self.poll(task, limit),
            Step::Rewind { task } => {
                self.tasks[task as usize].rewind().unwrap();
                self.model.rewind(|t| t == task);
            }
            Step::Takeover { task } => {
                let newer = handle(&*self.log, task);
                let mut older = std::mem::replace(&mut self.tasks[task as usize], newer);
                let state = vec![StateChange {
                    key: b"stray".to_vec(),
                    value: Some(vec![1]),
                }];
                let error = older
                    .commit(&Commit {
                        state,
                        ..Commit::default()
                    })
                    .unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Fenced);
                self.model.rewind(|t| t == task);
            }
            Step::Reopen => {
                self.tasks.clear();
                let folder = self.folder.path();
                // The old handle must be closed before the folder is free.
                self.log = {
                    let elsewhere = tempfile::tempdir().unwrap();
                    drop(std::mem::replace(&mut self.log, open(elsewhere.path())));
                    open(folder)
                };
                self.tasks = (0..PARTITIONS)
                    .map(|task| handle(&*self.log, task))
                    .collect();
                self.model.rewind(|_| true);
            }
            Step::Clean { later } => {
                self.model.now += later;
                assert_eq!(self.log.clean(self.model.now).unwrap(), self.model.clean());
            }
        }
    }

    /// Commits, with the position after all that was polled, perhaps with a mistake in it.
    fn commit(&mut self, task: u32, mut commit: Commit, mistake: Mistake) {
        for (name, _) in TOPICS {
            let key = (task, name.to_owned());
            if let Some((_, polled)) = self.model.positions.get(&key) {
                let topic = TopicName::new(name);
                commit.offsets.push(Position {
                    topic,
                    partition: task,
                    next: *polled,
                });
            }
        }
        let handle = &mut self.tasks[task as usize];
        let record = |topic: &str, partition| {
            hark_stream::contract::fixed(&TopicName::new(topic), partition, "v")
        };
        match mistake {
            Mistake::None => {
                handle.commit(&commit).unwrap();
                self.model.commit(task, &commit);
                return;
            }
            Mistake::UnknownTopic => commit.records.push(record("unknown", 0)),
            Mistake::MissingPartition => commit.records.push(record("aged", PARTITIONS)),
            Mistake::ForeignPosition => commit.offsets.push(Position {
                topic: TopicName::new("aged"),
                partition: task + 1,
                next: 0,
            }),
        }
        assert_eq!(
            handle.commit(&commit).unwrap_err().kind(),
            ErrorKind::Misuse
        );
    }

    fn poll(&mut self, task: u32, limit: Limit) {
        let polled = self.tasks[task as usize]
            .poll(limit, Duration::ZERO)
            .unwrap();
        let size = |r: &Record| r.key.len() + r.value.as_ref().map_or(0, |value| value.len());
        let all_but_last: usize = polled.iter().rev().skip(1).map(size).sum();
        assert!(polled.len() <= limit.records);
        assert!(all_but_last < limit.bytes || polled.len() <= 1);
        let stopped =
            polled.len() == limit.records || polled.iter().map(size).sum::<usize>() >= limit.bytes;
        for (name, _) in TOPICS {
            let own: Vec<&Record> = polled
                .iter()
                .filter(|record| record.topic.as_str() == name)
                .collect();
            let known = self.model.partitions.get(&(name.to_owned(), task));
            let position = self
                .model
                .positions
                .entry((task, name.to_owned()))
                .or_insert((None, 0));
            let ahead: Vec<&Record> = known
                .map(|p| {
                    p.records
                        .iter()
                        .filter(|r| r.offset >= position.1)
                        .collect()
                })
                .unwrap_or_default();
            assert!(
                own.len() <= ahead.len() && own == ahead[..own.len()],
                "{own:?} of {ahead:?}"
            );
            assert!(
                stopped || own.len() == ahead.len(),
                "a poll returns what is there"
            );
            if let Some(last) = own.last() {
                position.1 = last.offset + 1;
            }
        }
    }

    fn compare(&self) {
        for (name, _) in TOPICS {
            for number in 0..PARTITIONS {
                let topic = TopicName::new(name);
                let records = self.log.read(&topic, number, 0, ALL).unwrap();
                let bounds = self.log.bounds(&topic, number).unwrap();
                let known = self.model.partitions.get(&(name.to_owned(), number));
                let (expected, end) = known.map_or((&[][..], 0), |p| (&p.records[..], p.end));
                assert_eq!(records, expected);
                assert_eq!(bounds.end, end);
                assert_eq!(
                    bounds.start,
                    expected.first().map_or(end, |first| first.offset)
                );
                let id = TaskId::new("stage", number);
                let position = self.model.positions.get(&(number, name.to_owned()));
                assert_eq!(
                    self.log.position(&id, &topic).unwrap(),
                    position.and_then(|(committed, _)| *committed)
                );
            }
        }
        for (number, task) in self.tasks.iter().enumerate() {
            let mut seen = Vec::new();
            let visit = &mut |key: &[u8], value: &[u8]| {
                seen.push((key.to_vec(), value.to_vec()));
                true
            };
            task.scan(b"", &[255; 4], visit).unwrap();
            let own = self
                .model
                .state
                .iter()
                .filter(|((task, _), _)| *task as usize == number);
            let expected: Vec<_> = own.map(|((_, key), v)| (key.clone(), v.clone())).collect();
            assert_eq!(seen, expected);
        }
    }
}

fn handle(log: &dyn Log, task: u32) -> Box<dyn Task> {
    log.task(
        &TaskId::new("stage", task),
        &TOPICS.map(|(name, _)| TopicName::new(name)),
    )
    .unwrap()
}

#[test]
fn any_history_ends_as_the_model_says() {
    let config = test_runner::Config {
        cases: 60,
        ..test_runner::Config::default()
    };
    let mut runner = test_runner::TestRunner::new(config);
    runner
        .run(&steps(), |steps| {
            let mut world = World::new();
            for step in steps {
                world.take(step);
                world.compare();
            }
            Ok(())
        })
        .unwrap();
}

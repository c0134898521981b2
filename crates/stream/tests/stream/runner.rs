//! The loop round a stage.

use crate::{ALL, PATIENCE, declare, open};
use hark_stream::contract::fixed;
use hark_stream::{
    Clock, Commit, EmbeddedLog, Error, ErrorKind, Limit, Log, Observer, Position, Record, Runner,
    RunnerReport, Stage, StageError, State, StateChange, Task, TaskId, TopicName,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

const NOW: i64 = 1_000_000;

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> i64 {
        NOW
    }
}

/// A log with records to count, and what a runner needs.
struct Scene {
    _folder: tempfile::TempDir,
    log: Arc<EmbeddedLog>,
    input: TopicName,
    stop: Arc<AtomicBool>,
}

fn scene(records: usize) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let input = declare(&*log, "input", 1);
    let scene = Scene {
        _folder: folder,
        log,
        input,
        stop: Arc::default(),
    };
    scene.publish(records);
    scene
}

impl Scene {
    fn publish(&self, records: usize) {
        let mut source = self.log.task(&TaskId::new("source", 0), &[]).unwrap();
        let records = (0..records)
            .map(|i| fixed(&self.input, 0, &i.to_string()))
            .collect();
        source
            .commit(&Commit {
                records,
                ..Commit::default()
            })
            .unwrap();
    }

    fn task(&self) -> Box<dyn Task> {
        self.log
            .task(&TaskId::new("count", 0), std::slice::from_ref(&self.input))
            .unwrap()
    }

    fn runner(&self) -> Runner {
        let log: Arc<dyn Log> = Arc::clone(&self.log) as Arc<dyn Log>;
        Runner::new(log, Arc::clone(&self.stop), Arc::new(FixedClock))
    }

    fn position(&self) -> Option<u64> {
        self.log
            .position(&TaskId::new("count", 0), &self.input)
            .unwrap()
    }

    fn counted(&self) -> u64 {
        count(&*self.task())
    }
}

fn count(state: &dyn State) -> u64 {
    let bytes = state.get(b"count").unwrap();
    bytes.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
}

/// Counts records in its state.
#[derive(Default)]
struct Count {
    /// What the state said when nothing was left to read.
    counted_at_the_end: u64,
    /// Said at the end.
    last_words: Option<StateChange>,
    /// Fails instead of taking this many batches.
    failures: usize,
    /// Set while a batch is decided.
    stop: Option<Arc<AtomicBool>>,
    batches: Vec<usize>,
    committed: usize,
}

impl Stage for Count {
    fn step(
        &mut self,
        batch: &[Record],
        state: &dyn State,
        now: i64,
    ) -> Result<Commit, StageError> {
        assert_eq!(now, NOW);
        if self.failures > 0 {
            self.failures -= 1;
            let (stage, message) = ("count".to_owned(), "no batch survives this".to_owned());
            return Err(StageError::Failed { stage, message });
        }
        if let Some(stop) = &self.stop {
            stop.store(true, Ordering::Release);
        }
        self.batches.push(batch.len());
        let total = count(state) + batch.len() as u64;
        let value = Some(total.to_le_bytes().to_vec());
        let state = vec![StateChange {
            key: b"count".to_vec(),
            value,
        }];
        Ok(Commit {
            state,
            ..Commit::default()
        })
    }

    fn finish(&mut self, state: &dyn State, now: i64) -> Result<Commit, StageError> {
        assert_eq!(now, NOW);
        self.counted_at_the_end = count(state);
        Ok(Commit {
            state: self.last_words.take().into_iter().collect(),
            ..Commit::default()
        })
    }

    fn committed(&mut self, commit: &Commit) {
        if commit.is_empty() {
            return;
        }
        self.committed += 1;
    }

    fn limit(&self) -> Limit {
        Limit { records: 4, ..ALL }
    }
}

/// A task whose first calls fail.
struct Flaky {
    task: Box<dyn Task>,
    polls: usize,
    commits: usize,
    /// How the submitted commit failed.
    submitted: Option<Error>,
}

fn failing_first(task: Box<dyn Task>, polls: usize, commits: usize) -> Flaky {
    Flaky {
        task,
        polls,
        commits,
        submitted: None,
    }
}

fn fail(left: &mut usize) -> Result<(), Error> {
    if *left == 0 {
        return Ok(());
    }
    *left -= 1;
    Err(Error::DiskFull {
        file: "hark.db".into(),
    })
}

impl State for Flaky {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.task.get(key)
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), Error> {
        self.task.scan(from, to, visit)
    }
}

impl Task for Flaky {
    fn id(&self) -> &TaskId {
        self.task.id()
    }

    fn snapshot(&self) -> Result<Box<dyn State + '_>, Error> {
        self.task.snapshot()
    }

    fn poll(&mut self, limit: Limit, wait: Duration) -> Result<Vec<Record>, Error> {
        fail(&mut self.polls)?;
        self.task.poll(limit, wait)
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), Error> {
        fail(&mut self.commits)?;
        self.task.commit(commit)
    }

    fn submit(&mut self, commit: Arc<Commit>) -> Result<(), Error> {
        self.submitted = fail(&mut self.commits).err();
        match &self.submitted {
            Some(_) => Ok(()),
            None => self.task.submit(commit),
        }
    }

    fn settle(&mut self) -> Result<(), Error> {
        match self.submitted.take() {
            Some(error) => Err(error),
            None => self.task.settle(),
        }
    }

    fn rewind(&mut self) -> Result<(), Error> {
        self.task.rewind()
    }
}

/// Remembers what it was told.
#[derive(Default)]
struct Notes {
    committed: Vec<(usize, Option<i64>, i64)>,
    retried: Vec<ErrorKind>,
    /// Set at the first retry.
    stop: Option<Arc<AtomicBool>>,
}

impl Observer for Notes {
    fn committed(&mut self, records: usize, newest: Option<i64>, now: i64) {
        self.committed.push((records, newest, now));
    }

    fn retrying(&mut self, error: &Error) {
        self.retried.push(error.kind());
        if let Some(stop) = &self.stop {
            stop.store(true, Ordering::Release);
        }
    }
}

#[test]
fn what_a_stage_says_when_nothing_is_left_to_read_is_committed() {
    let scene = scene(5);
    let mut stage = Count {
        last_words: Some(StateChange {
            key: b"last".to_vec(),
            value: Some(b"words".to_vec()),
        }),
        ..Count::default()
    };
    let report = scene
        .runner()
        .run(&mut *scene.task(), &mut stage, &mut (), true)
        .unwrap();
    assert_eq!((report.records, report.commits, stage.committed), (5, 3, 3));
    assert_eq!(stage.counted_at_the_end, 5);
    let said = scene.task().get(b"last").unwrap();
    assert_eq!(said.as_deref(), Some(b"words".as_slice()));
}

#[test]
fn every_record_is_counted_and_its_offset_committed() {
    let scene = scene(10);
    let mut stage = Count::default();
    let mut notes = Notes::default();
    let report = scene
        .runner()
        .run(&mut *scene.task(), &mut stage, &mut notes, true)
        .unwrap();
    assert_eq!(
        report,
        RunnerReport {
            records: 10,
            commits: 3
        }
    );
    assert_eq!(
        stage.batches,
        [4, 4, 2],
        "the stage sets the size of its batches"
    );
    assert_eq!(stage.committed, 3);
    let expected = [4, 4, 2].map(|records| (records, Some(0), NOW));
    assert_eq!(notes.committed, expected);
    assert_eq!((scene.counted(), scene.position()), (10, Some(10)));
}

#[test]
fn an_idle_runner_ends_when_asked_to() {
    let scene = scene(0);
    let report = scene
        .runner()
        .run(&mut *scene.task(), &mut Count::default(), &mut (), true);
    assert_eq!(report.unwrap(), RunnerReport::default());
    assert_eq!(scene.position(), None);
}

#[test]
fn a_stage_started_again_counts_nothing_twice() {
    let scene = scene(5);
    for expected in [5, 8] {
        let mut task = scene.task();
        scene
            .runner()
            .run(&mut *task, &mut Count::default(), &mut (), true)
            .unwrap();
        assert_eq!(scene.counted(), expected);
        scene.publish(3);
    }
}

#[test]
fn a_full_disk_is_waited_out() {
    let scene = scene(3);
    let mut notes = Notes::default();
    let mut task = failing_first(scene.task(), 0, 2);
    let mut stage = Count::default();
    let report = scene
        .runner()
        .run(&mut task, &mut stage, &mut notes, true)
        .unwrap();
    assert_eq!(
        report,
        RunnerReport {
            records: 3,
            commits: 1
        }
    );
    assert_eq!(notes.retried, [ErrorKind::DiskFull, ErrorKind::DiskFull]);
    assert_eq!(
        (stage.batches.len(), stage.committed),
        (1, 1),
        "decided once, told once"
    );
    assert_eq!((scene.counted(), scene.position()), (3, Some(3)));
}

#[test]
fn a_poll_that_may_succeed_later_is_tried_again() {
    let scene = scene(3);
    let mut notes = Notes::default();
    let mut task = failing_first(scene.task(), 1, 0);
    scene
        .runner()
        .run(&mut task, &mut Count::default(), &mut notes, true)
        .unwrap();
    assert_eq!(notes.retried, [ErrorKind::DiskFull]);
    assert_eq!(scene.counted(), 3);
}

#[test]
fn a_stop_ends_the_retries() {
    let scene = scene(3);
    let mut notes = Notes {
        stop: Some(Arc::clone(&scene.stop)),
        ..Notes::default()
    };
    let mut task = failing_first(scene.task(), 0, usize::MAX);
    let error = scene
        .runner()
        .run(&mut task, &mut Count::default(), &mut notes, false);
    assert!(
        matches!(error, Err(StageError::Log(Error::DiskFull { .. }))),
        "{error:?}"
    );
    assert_eq!((scene.counted(), scene.position()), (0, None));
}

#[test]
fn a_fenced_task_ends_the_runner() {
    let scene = scene(3);
    let mut older = scene.task();
    let _newer = scene.task();
    let mut notes = Notes::default();
    let error = scene
        .runner()
        .run(&mut *older, &mut Count::default(), &mut notes, true);
    assert!(
        matches!(error, Err(StageError::Log(Error::Fenced { .. }))),
        "{error:?}"
    );
    assert_eq!(notes.retried, []);
    assert_eq!(scene.counted(), 0);
}

#[test]
fn the_run_after_a_failed_step_skips_nothing() {
    let scene = scene(6);
    let mut task = scene.task();
    let mut stage = Count {
        failures: 1,
        ..Count::default()
    };
    let error = scene
        .runner()
        .run(&mut *task, &mut stage, &mut (), true)
        .unwrap_err();
    assert_eq!(error.to_string(), "stage count: no batch survives this");
    scene
        .runner()
        .run(&mut *task, &mut stage, &mut (), true)
        .unwrap();
    assert_eq!((scene.counted(), scene.position()), (6, Some(6)));
}

#[test]
fn a_stop_and_an_interrupt_end_a_blocked_runner() {
    let scene = scene(2);
    let (runner, mut task) = (scene.runner(), scene.task());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        sender.send(runner.run(&mut *task, &mut Count::default(), &mut (), false))
    });
    let mut seen = 0;
    while scene.position().is_none() {
        seen = scene.log.changed(seen, PATIENCE);
    }
    scene.stop.store(true, Ordering::Release);
    scene.log.interrupt();
    let report = receiver
        .recv_timeout(PATIENCE)
        .expect("the runner ends")
        .unwrap();
    assert_eq!(
        report,
        RunnerReport {
            records: 2,
            commits: 1
        }
    );
}

#[test]
fn what_was_polled_when_the_stop_came_is_committed() {
    let scene = scene(10);
    let mut stage = Count {
        stop: Some(Arc::clone(&scene.stop)),
        ..Count::default()
    };
    let report = scene
        .runner()
        .run(&mut *scene.task(), &mut stage, &mut (), false)
        .unwrap();
    assert_eq!(
        report,
        RunnerReport {
            records: 4,
            commits: 1
        }
    );
    assert_eq!((scene.counted(), scene.position()), (4, Some(4)));
}

/// Wants to be called now, and is done once told that its commit holds.
struct Alarm {
    deadline: Option<i64>,
    writes: bool,
    calls: usize,
    stop: Arc<AtomicBool>,
}

impl Stage for Alarm {
    fn step(&mut self, batch: &[Record], _: &dyn State, _: i64) -> Result<Commit, StageError> {
        assert!(batch.is_empty());
        self.calls += 1;
        assert!(self.calls == 1, "the deadline was dealt with");
        let change = StateChange {
            key: b"alarm".to_vec(),
            value: Some(b"rung".to_vec()),
        };
        let state = if self.writes {
            vec![change]
        } else {
            Vec::new()
        };
        Ok(Commit {
            state,
            ..Commit::default()
        })
    }

    fn deadline(&self) -> Option<i64> {
        self.deadline
    }

    fn committed(&mut self, _: &Commit) {
        self.deadline = None;
        self.stop.store(true, Ordering::Release);
    }
}

#[test]
fn a_deadline_calls_the_stage_though_nothing_came() {
    for deadline in [i64::MIN, NOW] {
        let scene = scene(0);
        let stop = Arc::clone(&scene.stop);
        let mut alarm = Alarm {
            deadline: Some(deadline),
            writes: true,
            calls: 0,
            stop,
        };
        let report = scene
            .runner()
            .run(&mut *scene.task(), &mut alarm, &mut (), false)
            .unwrap();
        assert_eq!(
            report,
            RunnerReport {
                records: 0,
                commits: 1
            }
        );
        assert_eq!(scene.task().get(b"alarm").unwrap(), Some(b"rung".to_vec()));
    }
}

#[test]
fn a_stage_that_decides_nothing_at_its_deadline_is_told_so() {
    let scene = scene(0);
    let stop = Arc::clone(&scene.stop);
    let mut alarm = Alarm {
        deadline: Some(NOW),
        writes: false,
        calls: 0,
        stop,
    };
    let report = scene
        .runner()
        .run(&mut *scene.task(), &mut alarm, &mut (), false)
        .unwrap();
    assert_eq!(report, RunnerReport::default());
    assert_eq!(alarm.calls, 1);
}

#[test]
fn a_stage_with_a_deadline_to_come_is_left_alone() {
    let scene = scene(0);
    let stop = Arc::clone(&scene.stop);
    let mut alarm = Alarm {
        deadline: Some(NOW + 1),
        writes: true,
        calls: 0,
        stop,
    };
    // It polls once, and finds nothing, before the stop is noticed.
    let (stop, log) = (Arc::clone(&scene.stop), Arc::clone(&scene.log));
    let stopper = std::thread::spawn(move || {
        stop.store(true, Ordering::Release);
        log.interrupt();
    });
    scene
        .runner()
        .run(&mut *scene.task(), &mut alarm, &mut (), false)
        .unwrap();
    stopper.join().unwrap();
    assert_eq!(alarm.calls, 0);
}

/// Says itself how far it has read, too little and too much.
struct Meddler;

impl Stage for Meddler {
    fn step(&mut self, batch: &[Record], _: &dyn State, _: i64) -> Result<Commit, StageError> {
        let first = &batch[0];
        let (topic, partition) = (first.topic.clone(), first.partition);
        let behind = Position {
            topic,
            partition,
            next: first.offset,
        };
        Ok(Commit {
            offsets: vec![behind],
            ..Commit::default()
        })
    }
}

#[test]
fn a_position_set_by_the_stage_is_moved_past_the_batch() {
    let scene = scene(3);
    scene
        .runner()
        .run(&mut *scene.task(), &mut Meddler, &mut (), true)
        .unwrap();
    assert_eq!(scene.position(), Some(3));
}

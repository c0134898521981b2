//! The loop round a stage: poll, decide, commit.

use crate::{Commit, Error, Limit, Log, Overlay, Record, State, Task, insist, pause};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Where a runner gets the time from; stages get it as an argument.
pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch.
    fn now(&self) -> i64;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| {
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            })
    }
}

/// A pure step: a batch of records in, one commit out.
pub trait Stage: Send {
    /// Takes up what earlier steps left in the state. Whoever assembles a stage calls it before the
    /// runner starts, so that readiness tells the truth; a stage that was not restored does it at its
    /// first step.
    fn restore(&mut self, state: &dyn State) -> Result<(), StageError> {
        let _ = state;
        Ok(())
    }

    /// Decides what a batch means. Called with an empty batch when [`Stage::deadline`] has come.
    ///
    /// A record that cannot be used becomes a dead letter inside the commit; an error is for what
    /// no other record could survive either. The runner adds the offsets of the batch itself.
    fn step(&mut self, batch: &[Record], state: &dyn State, now: i64)
    -> Result<Commit, StageError>;

    /// Decides what is left to say once there is nothing left to read: called at the end of a run
    /// that ends when idle.
    fn finish(&mut self, state: &dyn State, now: i64) -> Result<Commit, StageError> {
        let _ = (state, now);
        Ok(Commit::default())
    }

    /// When the stage wants to be called although nothing came: ms since the epoch.
    fn deadline(&self) -> Option<i64> {
        None
    }

    /// The commit was applied, or was empty: what was decided is now true. Called once for each
    /// commit, in their order, but perhaps not before the next step was decided.
    fn committed(&mut self, _commit: &Commit) {}

    /// What was decided and is not committed never happened: forget it.
    fn discard(&mut self) {}

    /// How much one step takes.
    fn limit(&self) -> Limit {
        Limit {
            records: 512,
            bytes: 4 << 20,
        }
    }
}

/// Why a stage cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The log failed.
    #[error(transparent)]
    Log(#[from] Error),
    /// The stage itself failed, in a way that no other record could survive either.
    #[error("stage {stage}: {message}")]
    Failed {
        /// Which stage.
        stage: String,
        /// What happened and what to do.
        message: String,
    },
}

/// What a runner did until it stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunnerReport {
    /// Records read.
    pub records: u64,
    /// Commits applied.
    pub commits: u64,
}

/// Hears how a task gets on.
pub trait Observer: Send {
    /// The task is open and its state is at hand: work begins.
    fn opened(&mut self) {}
    /// A batch was committed: its size, and the time of the newest record in it.
    fn committed(&mut self, records: usize, newest: Option<i64>, now: i64);
    /// A poll or a commit failed and is tried again.
    fn retrying(&mut self, error: &Error);
}

impl Observer for () {
    fn committed(&mut self, _records: usize, _newest: Option<i64>, _now: i64) {}
    fn retrying(&mut self, _error: &Error) {}
}

/// Runs one stage on one task until it is told to stop.
pub struct Runner {
    log: Arc<dyn Log>,
    stop: Arc<AtomicBool>,
    clock: Arc<dyn Clock>,
}

/// How long a poll blocks when the stage has no deadline: an interrupt ends it earlier, so this
/// is only a net under a lost wake-up.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

impl Runner {
    /// A runner on a log. Set `stop` and call [`Log::interrupt`] to end it.
    pub fn new(log: Arc<dyn Log>, stop: Arc<AtomicBool>, clock: Arc<dyn Clock>) -> Self {
        Self { log, stop, clock }
    }

    /// Polls, steps and commits until told to stop, or, with `until_idle`, until there is
    /// nothing left to read. What was polled when the stop came is still committed. It starts at
    /// the task's last commit, so a run after a failed one skips nothing.
    pub fn run(
        &self,
        task: &mut dyn Task,
        stage: &mut dyn Stage,
        observer: &mut dyn Observer,
        until_idle: bool,
    ) -> Result<RunnerReport, StageError> {
        let mut run = Run {
            runner: self,
            task,
            stage,
            observer,
            pending: None,
            submitted: None,
            report: RunnerReport::default(),
        };
        let done = run.start(until_idle);
        if done.is_err() {
            run.give_up();
        }
        done.map(|()| run.report)
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    fn wait(&self, stage: &dyn Stage) -> Duration {
        let until = |deadline: i64| {
            let left = deadline.saturating_sub(self.clock.now());
            Duration::from_millis(u64::try_from(left).unwrap_or(0))
        };
        stage
            .deadline()
            .map_or(LONGEST_WAIT, |deadline| until(deadline).min(LONGEST_WAIT))
    }
}

/// One run of a stage. While one batch is being committed the next is polled and decided, on a
/// state that shows what the commit under way will make of it.
struct Run<'a> {
    runner: &'a Runner,
    task: &'a mut dyn Task,
    stage: &'a mut dyn Stage,
    observer: &'a mut dyn Observer,
    pending: Option<Pending>,
    /// When the last commit began.
    submitted: Option<Instant>,
    report: RunnerReport,
}

/// A commit under way.
struct Pending {
    commit: Arc<Commit>,
    records: usize,
    /// The newest record's time.
    newest: Option<i64>,
    decided_at: i64,
}

impl Run<'_> {
    fn start(&mut self, until_idle: bool) -> Result<(), StageError> {
        self.insist(|task| task.rewind())?;
        while !self.runner.stopped() {
            let limit = self.stage.limit();
            let mut batch = if until_idle {
                self.insist(|task| task.poll(limit, Duration::ZERO))?
            } else if self.pending.is_some() {
                self.insist(|task| task.poll_at_hand(limit))?
            } else {
                let wait = self.runner.wait(self.stage);
                self.insist(|task| task.poll(limit, wait))?
            };
            if !batch.is_empty() && !until_idle {
                self.gather(limit, &mut batch)?;
            }
            if batch.is_empty() && self.pending.is_some() {
                self.settle()?;
                continue;
            }
            let now = self.runner.clock.now();
            if batch.is_empty() && until_idle {
                return self.finish(now);
            }
            if batch.is_empty() && self.stage.deadline().is_none_or(|deadline| deadline > now) {
                continue;
            }
            let mut commit = self.decide(&batch, now)?;
            add_offsets(&mut commit, &batch);
            self.settle()?;
            self.submit(Pending {
                commit: Arc::new(commit),
                records: batch.len(),
                newest: batch.iter().map(|record| record.timestamp).max(),
                decided_at: now,
            })?;
        }
        self.settle()
    }

    /// Adds what comes until the next commit may begin, unless there is enough for one already.
    fn gather(&mut self, limit: Limit, batch: &mut Vec<Record>) -> Result<(), StageError> {
        let interval = self.runner.log.commit_interval();
        let left = self
            .submitted
            .map_or(Duration::ZERO, |at| interval.saturating_sub(at.elapsed()));
        let bytes = batch.iter().map(Record::size).sum();
        let room = Limit {
            records: limit.records.saturating_sub(batch.len()),
            bytes: limit.bytes.saturating_sub(bytes),
        };
        if left.is_zero() || room.records == 0 || room.bytes == 0 {
            return Ok(());
        }
        pause(&*self.runner.log, &self.runner.stop, left);
        batch.extend(self.insist(|task| task.poll_at_hand(room))?);
        Ok(())
    }

    fn decide(&mut self, batch: &[Record], now: i64) -> Result<Commit, StageError> {
        let snapshot = self.task.snapshot()?;
        match &self.pending {
            Some(pending) => {
                let state = Overlay::with(&*snapshot, &pending.commit);
                self.stage.step(batch, &state, now)
            }
            None => self.stage.step(batch, &*snapshot, now),
        }
    }

    /// Nothing is under way and nothing is left to read.
    fn finish(&mut self, now: i64) -> Result<(), StageError> {
        let commit = self.stage.finish(&*self.task.snapshot()?, now)?;
        self.submit(Pending {
            commit: Arc::new(commit),
            records: 0,
            newest: None,
            decided_at: now,
        })?;
        self.settle()
    }

    fn submit(&mut self, pending: Pending) -> Result<(), StageError> {
        if pending.commit.is_empty() {
            // Nothing to write, but the stage must learn that its deadline is dealt with, or it
            // would be called again and again.
            self.stage.committed(&pending.commit);
            return Ok(());
        }
        self.task.submit(Arc::clone(&pending.commit))?;
        self.submitted = Some(Instant::now());
        self.pending = Some(pending);
        Ok(())
    }

    /// Waits until the commit under way holds, trying again as long as that may help.
    fn settle(&mut self) -> Result<(), StageError> {
        let Some(pending) = self.pending.take() else {
            return Ok(());
        };
        let mut submitted = true;
        self.insist(|task| match std::mem::take(&mut submitted) {
            true => task.settle(),
            false => task.commit(&pending.commit),
        })?;
        self.stage.committed(&pending.commit);
        self.report.records += pending.records as u64;
        self.report.commits += 1;
        self.observer
            .committed(pending.records, pending.newest, pending.decided_at);
        Ok(())
    }

    /// The run ends with an error: what is under way may still hold, and what was decided after
    /// it never happened.
    fn give_up(&mut self) {
        if let Some(pending) = self.pending.take()
            && self.task.settle().is_ok()
        {
            self.stage.committed(&pending.commit);
        }
        self.stage.discard();
    }

    fn insist<T>(
        &mut self,
        mut call: impl FnMut(&mut dyn Task) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (runner, task, observer) = (self.runner, &mut *self.task, &mut *self.observer);
        insist(
            &*runner.log,
            &runner.stop,
            |error| observer.retrying(error),
            || call(task),
        )
    }
}

fn add_offsets(commit: &mut Commit, batch: &[Record]) {
    for record in batch {
        let next = record.offset + 1;
        let known = commit
            .offsets
            .iter_mut()
            .find(|p| p.topic == record.topic && p.partition == record.partition);
        match known {
            Some(position) => position.next = position.next.max(next),
            None => commit.offsets.push(crate::Position {
                topic: record.topic.clone(),
                partition: record.partition,
                next,
            }),
        }
    }
}

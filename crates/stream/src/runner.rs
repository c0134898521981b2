//! The loop round a stage: poll, decide, commit.

use crate::{Commit, Error, Limit, Log, Record, State, Task};
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
    /// Decides what a batch means. Called with an empty batch when [`Stage::deadline`] has come.
    ///
    /// A record that cannot be used becomes a dead letter inside the commit; an error is for what
    /// no other record could survive either. The runner adds the offsets of the batch itself.
    fn step(&mut self, batch: &[Record], state: &dyn State, now: i64)
    -> Result<Commit, StageError>;

    /// When the stage wants to be called although nothing came: ms since the epoch.
    fn deadline(&self) -> Option<i64> {
        None
    }

    /// The commit was applied, or was empty: what was decided is now true.
    fn committed(&mut self, _commit: &Commit) {}

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

/// Called after every commit with the number of records it covered, and before every retry of a
/// poll or a commit with the error.
pub trait Observer: Send {
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
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(5);

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
        let mut report = RunnerReport::default();
        self.insist(observer, || task.rewind())?;
        while !self.stopped() {
            let wait = if until_idle {
                Duration::ZERO
            } else {
                self.wait(stage)
            };
            let batch = self.insist(observer, || task.poll(stage.limit(), wait))?;
            if batch.is_empty() && until_idle {
                break;
            }
            let now = self.clock.now();
            if batch.is_empty() && stage.deadline().is_none_or(|deadline| deadline > now) {
                continue;
            }
            let mut commit = stage.step(&batch, as_state(task), now)?;
            add_offsets(&mut commit, &batch);
            if commit.is_empty() {
                // Nothing to write, but the stage must learn that its deadline is dealt with, or
                // it would be called again and again.
                stage.committed(&commit);
                continue;
            }
            self.insist(observer, || task.commit(&commit))?;
            stage.committed(&commit);
            report.records += batch.len() as u64;
            report.commits += 1;
            observer.committed(batch.len(), batch.iter().map(|r| r.timestamp).max(), now);
        }
        Ok(report)
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

    /// Tries a call until it succeeds, waiting longer each time; gives up only on what waiting
    /// cannot mend, or when told to stop.
    fn insist<T>(
        &self,
        observer: &mut dyn Observer,
        mut call: impl FnMut() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut pause = FIRST_RETRY;
        loop {
            match call() {
                Err(error) if error.retryable() && !self.stopped() => {
                    observer.retrying(&error);
                    self.pause(pause);
                    pause = (pause * 2).min(LONGEST_RETRY);
                }
                result => return result,
            }
        }
    }

    /// Waits, whatever other tasks commit meanwhile; only a stop cuts it short.
    fn pause(&self, length: Duration) {
        let until = Instant::now() + length;
        loop {
            // Asked before looking at `stop`, so that an interrupt after the look is noticed.
            let seen = self.log.changed(0, Duration::ZERO);
            let left = until.saturating_duration_since(Instant::now());
            if self.stopped() || left.is_zero() {
                return;
            }
            self.log.changed(seen, left);
        }
    }
}

fn as_state(task: &dyn Task) -> &dyn State {
    task
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

//! The loop: poll, decide, commit, send.

use crate::answer::Answer;
use crate::desk::{Desk, Errand, Step};
use crate::error::CareError;
use crate::metrics::NoticeOutcome;
use crate::queue::IN_FLIGHT;
use crate::send::Sender;
use crate::surroundings::{Report, Surroundings};
use crate::{STAGE, Webhook};
use hark_stream::{Commit, Limit, Log, Record, State, Task, TaskId, insist};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Tells webhooks of alerts.
pub struct Care {
    log: Arc<dyn Log>,
    webhooks: Vec<Webhook>,
    around: Surroundings,
}

const LIMIT: Limit = Limit {
    records: 256,
    bytes: 4 << 20,
};
/// The longest a poll blocks: an interrupt ends it earlier, so this is only a net.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

impl Care {
    /// Care for these webhooks; there may be none.
    pub fn new(log: Arc<dyn Log>, webhooks: Vec<Webhook>, around: Surroundings) -> Self {
        Self {
            log,
            webhooks,
            around,
        }
    }

    /// Works until told to stop, then lets what is under way finish. Blocks: give it a thread.
    ///
    /// # Errors
    ///
    /// [`CareError`], only for faults of the log or of the machine, never of a receiver. The
    /// outbox is then as it was last committed.
    pub fn run(self) -> Result<Report, CareError> {
        self.work(false)
    }

    /// Works until all alerts are read and every notice was delivered or put off.
    ///
    /// # Errors
    ///
    /// As [`Care::run`].
    pub fn run_until_idle(self) -> Result<Report, CareError> {
        self.work(true)
    }

    fn work(self, until_idle: bool) -> Result<Report, CareError> {
        let Self {
            log,
            webhooks,
            around,
        } = self;
        let progress = around.progress.clone();
        let result = Worker::start(log, webhooks, around).and_then(|mut worker| {
            let result = worker.turns(until_idle).and_then(|()| worker.drain());
            worker.sender.close();
            result.map(|()| worker.report)
        });
        if result.is_err() {
            progress.fail();
        }
        result
    }
}

/// Care at work. Its thread is the only one that commits.
struct Worker {
    log: Arc<dyn Log>,
    task: Box<dyn Task>,
    desk: Desk,
    sender: Sender,
    around: Surroundings,
    report: Report,
}

impl Worker {
    fn start(
        log: Arc<dyn Log>,
        webhooks: Vec<Webhook>,
        around: Surroundings,
    ) -> Result<Self, CareError> {
        let tls = webhooks
            .iter()
            .any(|webhook| webhook.url.scheme() == "https");
        let sender = Sender::new(Arc::clone(&log), webhooks.len() * IN_FLIGHT, tls)?;
        let (topics, partition) = (around.topics.clone(), around.partition);
        let task = log.task(
            &TaskId::new(STAGE, partition),
            std::slice::from_ref(&topics.alerts),
        )?;
        let metrics = around.metrics.clone();
        let now = around.clock.now();
        let desk = Desk::open(webhooks, topics, partition, metrics, as_state(&*task), now)?;
        around.progress.report(0, true, Instant::now());
        Ok(Self {
            log,
            task,
            desk,
            sender,
            around,
            report: Report::default(),
        })
    }

    fn turns(&mut self, until_idle: bool) -> Result<(), CareError> {
        let mut answers = Vec::new();
        // What is new is read before what waits is sent: it may amend or supersede that.
        let mut wait = Duration::ZERO;
        while !self.stopping() {
            let batch = self.task.poll(LIMIT, wait)?;
            // After the poll: an answer that comes later has an interrupt to come.
            answers.extend(self.sender.answers());
            let idle = batch.is_empty() && answers.is_empty();
            if !idle || self.desk.has_expired(self.around.clock.now()) {
                self.step(&batch, answers)?;
            }
            answers = self.dispatch()?;
            if until_idle && idle && answers.is_empty() && self.desk.in_flight() == 0 {
                break;
            }
            wait = self.wait(until_idle, !answers.is_empty())?;
        }
        if !answers.is_empty() {
            self.step(&[], answers)?;
        }
        Ok(())
    }

    /// Told to stop: nothing new is read or sent, and what is under way may still finish.
    fn drain(&mut self) -> Result<(), CareError> {
        let until = Instant::now() + self.around.drain;
        while self.desk.in_flight() > 0 {
            match self
                .sender
                .wait(until.saturating_duration_since(Instant::now()))
            {
                Ok(answer) => self.step(&[], vec![answer])?,
                Err(_) => {
                    let broken_off = self.desk.in_flight();
                    tracing::warn!(
                        broken_off,
                        "requests took too long to finish; their notices are sent again after a restart"
                    );
                    break;
                }
            }
        }
        Ok(())
    }

    fn step(&mut self, batch: &[Record], answers: Vec<Answer>) -> Result<(), CareError> {
        let now = self.around.clock.now();
        let Step { commit, tally } =
            self.desk
                .step(batch, answers, &*self.task.snapshot()?, now)?;
        if !commit.is_empty() {
            self.apply(&commit, batch.len())?;
        }
        self.desk.committed(&tally, as_state(&*self.task))?;
        self.report.alerts += tally.alerts();
        self.report.delivered += tally.count(NoticeOutcome::Delivered);
        self.report.given_up += tally.count(NoticeOutcome::GivenUp);
        self.around.progress.report(0, true, Instant::now());
        Ok(())
    }

    /// Starts what may be sent now, and returns what needs no request to be answered.
    fn dispatch(&mut self) -> Result<Vec<Answer>, CareError> {
        let mut answers = Vec::new();
        if self.stopping() {
            return Ok(answers);
        }
        let now = self.around.clock.now();
        for errand in self.desk.errands(as_state(&*self.task), now)? {
            match errand {
                Errand::Send(request) => self.sender.send(request),
                Errand::Report(answer) => answers.push(answer),
            }
        }
        Ok(answers)
    }

    fn wait(&self, until_idle: bool, answers: bool) -> Result<Duration, CareError> {
        if answers || (until_idle && self.desk.in_flight() == 0) {
            return Ok(Duration::ZERO);
        }
        let Some(at) = self.desk.wakes_at(as_state(&*self.task))? else {
            return Ok(LONGEST_WAIT);
        };
        let left = at.saturating_sub(self.around.clock.now());
        Ok(Duration::from_millis(u64::try_from(left).unwrap_or(0)).min(LONGEST_WAIT))
    }

    fn apply(&mut self, commit: &Commit, waiting: usize) -> Result<(), CareError> {
        let progress = &self.around.progress;
        let retrying = |error: &hark_stream::Error| {
            tracing::warn!(%error, "a commit failed and is tried again");
            progress.report(waiting.max(1) as u64, false, Instant::now());
        };
        let task = &mut self.task;
        insist(&*self.log, &self.around.stop, retrying, || {
            task.commit(commit)
        })?;
        Ok(())
    }

    fn stopping(&self) -> bool {
        self.around.stop.load(Ordering::Acquire)
    }
}

fn as_state(task: &dyn Task) -> &dyn State {
    task
}

//! The job of a stage: to open each task, and to run the stage on it.

use crate::{
    Clock, Job, Log, Observer, Runner, Stage, StageError, TaskId, Told, TopicName, insist,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a task is run with.
pub struct Crew {
    /// The step.
    pub stage: Box<dyn Stage>,
    /// Who hears of it. Dropped when the task is closed.
    pub observer: Box<dyn Observer>,
}

/// Makes what a task is run with.
pub type Hire = dyn Fn(&TaskId) -> Crew + Send + Sync;

/// Runs a stage.
pub struct StageJob {
    log: Arc<dyn Log>,
    inputs: Vec<TopicName>,
    clock: Arc<dyn Clock>,
    hire: Box<Hire>,
}

impl StageJob {
    /// The job of a stage that reads these topics.
    pub fn new(
        log: Arc<dyn Log>,
        inputs: Vec<TopicName>,
        clock: Arc<dyn Clock>,
        hire: Box<Hire>,
    ) -> Self {
        Self {
            log,
            inputs,
            clock,
            hire,
        }
    }

    fn runner(&self, stop: &Arc<AtomicBool>) -> Runner {
        let (log, clock) = (Arc::clone(&self.log), Arc::clone(&self.clock));
        Runner::new(log, Arc::clone(stop), clock)
    }
}

impl Job for StageJob {
    fn run(&self, id: &TaskId, told: &Told) -> Result<(), StageError> {
        let Crew {
            mut stage,
            mut observer,
        } = (self.hire)(id);
        let mut task = insist(
            &*self.log,
            &told.stop,
            |error| observer.retrying(error),
            || self.log.task(id, &self.inputs),
        )?;
        stage.restore(&*task.snapshot()?)?;
        observer.opened();
        let waiting = self.runner(&told.drain);
        waiting.run(&mut *task, &mut *stage, &mut *observer, false)?;
        if !told.stop.load(Ordering::Acquire) {
            let draining = self.runner(&told.stop);
            draining.run(&mut *task, &mut *stage, &mut *observer, true)?;
        }
        Ok(())
    }
}

//! Stages at work, watched from beside.

use crate::exit::Outcome;
use crate::part::{Part, Surroundings};
use hark_stream::{
    Crew, Error, Hire, Lag, Log, Observer, Stage, StageJob, SystemClock, TaskId, TopicName,
};
use hark_telemetry::{IntGaugeVec, Metrics, Progress};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// What operators see of every stage.
#[derive(Clone)]
pub(crate) struct StageMetrics {
    lag: IntGaugeVec,
    behind: IntGaugeVec,
    moved: IntGaugeVec,
}

/// Makes the series that all stages share.
pub(crate) fn stage_metrics(metrics: &Metrics) -> StageMetrics {
    let labels = &["stage", "partition"];
    StageMetrics {
        lag: metrics.gauge_vec(
            "hark_stage_lag_records",
            "Records that a stage has not read yet of a partition whose task this process has.",
            labels,
        ),
        behind: metrics.gauge_vec(
            "hark_stage_lag_seconds",
            "How long ago the oldest record that a stage has not read yet was written.",
            labels,
        ),
        moved: metrics.gauge_vec(
            "hark_stage_last_progress_timestamp_seconds",
            "When a task of a stage last committed something, or was last seen with nothing to do.",
            labels,
        ),
    }
}

/// A stage in this process.
pub(crate) struct RunningStage {
    part: Part,
    name: &'static str,
    input: TopicName,
}

impl RunningStage {
    /// Runs a stage on one input; `make` makes one for each task that is ours.
    pub(crate) fn start(
        around: &Surroundings,
        metrics: &StageMetrics,
        name: &'static str,
        input: TopicName,
        make: impl Fn(&TaskId) -> Box<dyn Stage> + Send + Sync + 'static,
    ) -> Outcome<Self> {
        let hire = hire(around.clone(), metrics.clone(), input.clone(), make);
        let (log, clock) = (Arc::clone(&around.log), Arc::new(SystemClock));
        let job = StageJob::new(log, vec![input.clone()], clock, hire);
        let part = Part::start(around, name, input.clone(), Arc::new(job))?;
        Ok(Self { part, name, input })
    }

    /// Runs the stage on to the end of what there is to read.
    pub(crate) async fn drain(self) -> Outcome {
        self.until_read().await?;
        self.part.drained().await;
        Ok(())
    }

    /// Stops the stage after its current steps.
    pub(crate) async fn stopped(self) {
        self.part.stopped().await;
    }

    /// Waits until the stage has read all there is, here or in other processes: on a cluster,
    /// nothing at hand does not mean that nothing is on its way.
    async fn until_read(&self) -> Outcome {
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        while !self.part.has_ended() {
            ticks.tick().await;
            let (log, input) = (Arc::clone(self.part.log()), self.input.clone());
            let name = self.name;
            let look = move || waiting(&*log, name, &input);
            match tokio::task::spawn_blocking(look).await {
                Ok(Ok(0)) => break,
                Ok(Err(error)) if !error.retryable() => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Records that a stage has not read yet, in any process.
fn waiting(log: &dyn Log, stage: &str, input: &TopicName) -> Result<u64, Error> {
    let mut records = 0;
    for partition in 0..log.partitions(input)? {
        records += log.lag(&TaskId::new(stage, partition), input)?.records;
    }
    Ok(records)
}

/// What each task of a stage is run with.
fn hire(
    around: Surroundings,
    metrics: StageMetrics,
    input: TopicName,
    make: impl Fn(&TaskId) -> Box<dyn Stage> + Send + Sync + 'static,
) -> Box<Hire> {
    // The worker's threads are none of the runtime's.
    let runtime = Handle::current();
    Box::new(move |id| {
        let watched = Watched {
            id: id.clone(),
            progress: around.health.part(&id.to_string()),
            closed: Arc::default(),
            log: Arc::clone(&around.log),
            metrics: metrics.clone(),
            input: input.clone(),
            runtime: runtime.clone(),
        };
        Crew {
            stage: make(id),
            observer: Box::new(watched),
        }
    })
}

/// A task as health and metrics see it, from its opening to its end.
struct Watched {
    id: TaskId,
    progress: Progress,
    closed: Arc<AtomicBool>,
    log: Arc<dyn Log>,
    metrics: StageMetrics,
    input: TopicName,
    runtime: Handle,
}

impl Observer for Watched {
    fn opened(&mut self) {
        self.progress.report(0, true, Instant::now());
        let look = Look {
            id: self.id.clone(),
            input: self.input.clone(),
            log: Arc::clone(&self.log),
            metrics: self.metrics.clone(),
            progress: self.progress.clone(),
            position: None,
        };
        self.runtime
            .spawn(look.every_second(Arc::clone(&self.closed)));
    }

    fn committed(&mut self, _: usize, _: Option<i64>, _: i64) {}

    fn retrying(&mut self, error: &Error) {
        tracing::warn!(task = %self.id, %error, "trying again");
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Release);
        self.progress.retire();
    }
}

/// Looks how far a task has come.
struct Look {
    id: TaskId,
    input: TopicName,
    log: Arc<dyn Log>,
    metrics: StageMetrics,
    progress: Progress,
    /// As it was last seen.
    position: Option<u64>,
}

impl Look {
    async fn every_second(mut self, closed: Arc<AtomicBool>) {
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        while !closed.load(Ordering::Acquire) {
            ticks.tick().await;
            let (log, id, input) = (Arc::clone(&self.log), self.id.clone(), self.input.clone());
            let look = move || -> Result<(u64, Lag), Error> {
                let position = log.position(&id, &input)?.unwrap_or(0);
                Ok((position, log.lag(&id, &input)?))
            };
            match tokio::task::spawn_blocking(look).await {
                Ok(Ok((position, lag))) => self.seen(position, lag),
                // A log that does not answer is no progress either.
                _ => self.progress.report(1, false, Instant::now()),
            }
        }
        self.forget();
    }

    fn labels(&self) -> [String; 2] {
        [self.id.stage.to_string(), self.id.partition.to_string()]
    }

    fn seen(&mut self, position: u64, lag: Lag) {
        let labels = self.labels();
        let labels = labels.each_ref().map(String::as_str);
        let moved = self.position.replace(position) != Some(position);
        let gauge = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let now = jiff::Timestamp::now();
        let behind = lag.oldest.map_or(0, |oldest| now.as_millisecond() - oldest);
        self.metrics
            .lag
            .with_label_values(&labels)
            .set(gauge(lag.records));
        self.metrics
            .behind
            .with_label_values(&labels)
            .set(behind.max(0) / 1_000);
        if moved || lag.records == 0 {
            let last = self.metrics.moved.with_label_values(&labels);
            last.set(now.as_second());
        }
        self.progress.report(lag.records, moved, Instant::now());
    }

    /// Another process shows it from now on.
    fn forget(&self) {
        let labels = self.labels();
        let labels = labels.each_ref().map(String::as_str);
        for series in [&self.metrics.lag, &self.metrics.behind, &self.metrics.moved] {
            // One that was never set is not there.
            let _ = series.remove_label_values(&labels);
        }
    }
}

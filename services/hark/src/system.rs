//! Puts log, sources and stages together, and takes them down again in order.

use crate::config::{Config, SourceConfig, SourceKind};
use crate::exit::{Failure, Outcome};
use crate::pepper::pepper;
use crate::touchpoints;
use crate::universe::Universe;
use hark_aggregate::{AggregateConfig, AggregateMetrics, AggregateStage};
use hark_care::Care;
use hark_classify::{Classifier, ClassifyStage};
use hark_ingest::query::{Query, QuerySet};
use hark_ingest::{
    Around, FileSource, HttpSource, IngestMetrics, JetstreamSource, Pipeline, Pseudonyms, Source,
    Worker,
};
use hark_proto::topics::{self, Topic};
use hark_stream::{
    Cleanup, Log, Observer, Runner, Stage, SystemClock, Task, TaskId, TopicName, TopicSpec,
};
use hark_telemetry::{Health, IntGaugeVec, Metrics, Shutdown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// hark at work in one process.
pub(crate) struct System {
    pub(crate) config: Arc<Config>,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) metrics: Metrics,
    pub(crate) health: Health,
    pub(crate) shutdown: Shutdown,
    queries: Arc<QuerySet>,
    data_dir: PathBuf,
    ingest: IngestMetrics,
    stages: StageMetrics,
    failures: mpsc::UnboundedSender<Failure>,
    failed: mpsc::UnboundedReceiver<Failure>,
}

/// What operators see of every stage.
pub(crate) struct StageMetrics {
    lag: IntGaugeVec,
    moved: IntGaugeVec,
}

/// Makes the series that all stages share.
pub(crate) fn stage_metrics(metrics: &Metrics) -> StageMetrics {
    StageMetrics {
        lag: metrics.gauge_vec(
            "hark_stage_lag_records",
            "Records a stage has not read yet.",
            &["stage"],
        ),
        moved: metrics.gauge_vec(
            "hark_stage_last_progress_timestamp_seconds",
            "When a stage last committed something, or was last seen with nothing to do.",
            &["stage"],
        ),
    }
}

/// Says when a stage has to try something again.
struct Told(&'static str);

impl Observer for Told {
    fn committed(&mut self, _: usize, _: Option<i64>, _: i64) {}

    fn retrying(&mut self, error: &hark_stream::Error) {
        tracing::warn!(stage = self.0, %error, "trying again");
    }
}

/// What a stage that has stopped leaves: it may be run on.
type Parts = (Box<dyn Task>, Box<dyn Stage>);

/// A stage on its thread.
pub(crate) struct RunningStage {
    name: &'static str,
    id: TaskId,
    input: TopicName,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Option<Parts>>,
}

/// Care on its thread.
pub(crate) struct RunningCare {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// A source with its writer.
pub(crate) struct RunningSource {
    source: tokio::task::JoinHandle<Option<String>>,
    writer: JoinHandle<()>,
}

/// Makes the data folder, for this user alone: it holds texts, and dead letters as they came. One
/// that exists keeps the rights it has.
fn make_private(data_dir: &Path) -> Outcome {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(data_dir)
        .map_err(|error| Failure::System(format!("{}: {error}", data_dir.display())))
}

/// A topic's name under a prefix.
pub(crate) fn topic(config: &Config, topic: Topic) -> TopicName {
    TopicName::new(topic.under(&config.log.topic_prefix))
}

impl System {
    /// Opens the data folder, which this process then owns.
    pub(crate) fn open(config: Arc<Config>, data_dir: &Path) -> Outcome<Self> {
        make_private(data_dir)?;
        let log = crate::logs::open(&config, data_dir)?;
        log.declare(&specs(&config))?;
        let metrics = Metrics::new();
        let (failures, failed) = mpsc::unbounded_channel();
        Ok(Self {
            queries: queries(&config)?,
            data_dir: data_dir.to_owned(),
            ingest: IngestMetrics::new(&metrics),
            stages: stage_metrics(&metrics),
            health: Health::new(),
            shutdown: Shutdown::new(),
            config,
            log,
            metrics,
            failures,
            failed,
        })
    }

    /// Waits until a part has failed in a way only a person can mend.
    pub(crate) async fn failed(&mut self) -> Failure {
        let failure = self.failed.recv().await;
        failure.unwrap_or_else(|| Failure::System("a part of hark ended".to_owned()))
    }

    /// The failure that has come meanwhile, if any.
    pub(crate) fn failure(&mut self) -> Option<Failure> {
        self.failed.try_recv().ok()
    }

    /// Starts the stage that judges.
    pub(crate) fn classify(&self) -> Outcome<RunningStage> {
        let metrics = hark_classify::Metrics::new(&self.metrics);
        let (model, _) = touchpoints::model(&self.config)?;
        let classifier = Classifier::with_model(&self.config.classify, model, metrics.clone())
            .map_err(|error| Failure::input(error.to_string()))?;
        self.classify_with(&classifier, metrics)
    }

    /// As [`System::classify`], with a classifier at hand.
    pub(crate) fn classify_with(
        &self,
        classifier: &Classifier,
        metrics: hark_classify::Metrics,
    ) -> Outcome<RunningStage> {
        let topics = hark_classify::Topics::with_prefix(&self.config.log.topic_prefix);
        let pool = Arc::clone(classifier.pool());
        let mut stage = ClassifyStage::new(pool, topics, metrics, self.config.classify.queue);
        if let Some(rules) = self.config.own_touchpoints.rules()? {
            stage = stage.with_rules(rules);
        }
        self.stage(hark_classify::STAGE, topics::ITEMS, Box::new(stage))
    }

    /// Starts the stage that counts and decides.
    pub(crate) fn aggregate(&self, aggregate: &AggregateConfig) -> Outcome<RunningStage> {
        Universe::write(&self.config, &*self.log)?;
        let calculus = self.config.calculus(aggregate).map_err(Failure::Input)?;
        let metrics = AggregateMetrics::new(&self.metrics, &self.config.brand_ids());
        let topics = hark_aggregate::Topics::with_prefix(&self.config.log.topic_prefix);
        let stage = AggregateStage::new(calculus, topics, metrics);
        self.stage(hark_aggregate::STAGE, topics::MENTIONS, Box::new(stage))
    }

    fn stage(
        &self,
        name: &'static str,
        input: Topic,
        mut stage: Box<dyn Stage>,
    ) -> Outcome<RunningStage> {
        let id = TaskId::new(name, 0);
        let input = topic(&self.config, input);
        let mut task = self.log.task(&id, std::slice::from_ref(&input))?;
        stage.restore(&*task.snapshot()?)?;
        let stop = Arc::new(AtomicBool::new(false));
        let runner = self.runner(Arc::clone(&stop));
        let failures = self.failures.clone();
        let progress = self.health.part(name);
        progress.report(0, true, Instant::now());
        self.watch(name, id.clone(), input.clone(), progress.clone());
        let thread = spawn(name, move || {
            match runner.run(&mut *task, &mut *stage, &mut Told(name), false) {
                Ok(_) => Some((task, stage)),
                Err(error) => {
                    progress.fail();
                    // Whoever no longer listens is shutting down already.
                    let _ = failures.send(Failure::System(error.to_string()));
                    None
                }
            }
        })?;
        Ok(RunningStage {
            name,
            id,
            input,
            stop,
            thread,
        })
    }

    fn runner(&self, stop: Arc<AtomicBool>) -> Runner {
        Runner::new(Arc::clone(&self.log), stop, Arc::new(SystemClock))
    }

    /// Looks once a second how far a stage has come.
    fn watch(
        &self,
        name: &'static str,
        id: TaskId,
        input: TopicName,
        progress: hark_telemetry::Progress,
    ) {
        let (log, stop) = (Arc::clone(&self.log), self.shutdown.token());
        let lag_of = self.stages.lag.with_label_values(&[name]);
        let moved_at = self.stages.moved.with_label_values(&[name]);
        tokio::spawn(async move {
            let mut known = None;
            let mut ticks = tokio::time::interval(Duration::from_secs(1));
            while !stop.is_cancelled() {
                ticks.tick().await;
                let (log, id, input) = (Arc::clone(&log), id.clone(), input.clone());
                let look = move || -> Result<(u64, u64), hark_stream::Error> {
                    let position = log.position(&id, &input)?.unwrap_or(0);
                    Ok((position, log.lag(&id, &input)?))
                };
                let Ok(Ok((position, lag))) = tokio::task::spawn_blocking(look).await else {
                    // A log that does not answer is no progress either.
                    progress.report(1, false, Instant::now());
                    continue;
                };
                let moved = known != Some(position);
                known = Some(position);
                lag_of.set(i64::try_from(lag).unwrap_or(i64::MAX));
                if moved || lag == 0 {
                    moved_at.set(jiff::Timestamp::now().as_second());
                }
                progress.report(lag, moved, Instant::now());
            }
        });
    }

    /// Starts telling people.
    pub(crate) fn care(&self) -> Outcome<RunningCare> {
        let stop = Arc::new(AtomicBool::new(false));
        let care = self.make_care(Arc::clone(&stop))?;
        let failures = self.failures.clone();
        let thread = spawn("care", move || {
            if let Err(error) = care.run() {
                let _ = failures.send(Failure::System(error.to_string()));
            }
        })?;
        Ok(RunningCare { stop, thread })
    }

    /// Tells people what there is to tell, and returns.
    pub(crate) fn care_until_idle(&self) -> Outcome {
        // Answers once what this process has committed can be read.
        self.log.bounds(&topic(&self.config, topics::ALERTS), 0)?;
        let care = self.make_care(Arc::new(AtomicBool::new(false)))?;
        care.run_until_idle()
            .map(|_| ())
            .map_err(|error| Failure::System(error.to_string()))
    }

    fn make_care(&self, stop: Arc<AtomicBool>) -> Outcome<Care> {
        let webhooks = self
            .config
            .webhooks
            .resolve(&|name| std::env::var(name).ok())
            .map_err(|errors| Failure::Input(errors.iter().map(ToString::to_string).collect()))?;
        let around = hark_care::Surroundings {
            topics: hark_care::Topics::with_prefix(&self.config.log.topic_prefix),
            partition: 0,
            metrics: hark_care::Metrics::new(&self.metrics),
            progress: self.health.part("care"),
            stop,
            clock: Arc::new(SystemClock),
            drain: Duration::from_secs(5),
        };
        Ok(Care::new(Arc::clone(&self.log), webhooks, around))
    }

    /// Starts a source as it is configured.
    pub(crate) fn configured(&self, source: &SourceConfig) -> Outcome<RunningSource> {
        let id = source.id.clone();
        match &source.kind {
            SourceKind::File(config) => self.source(
                Box::new(FileSource::new(id, (**config).clone(), None)),
                true,
            ),
            SourceKind::Http(config) => {
                self.source(Box::new(HttpSource::new(id, config.clone())), true)
            }
            SourceKind::Jetstream(config) => {
                self.source(Box::new(JetstreamSource::new(id, config.clone())), false)
            }
        }
    }

    /// Starts a source. `keep_unknown_deletes`: its deletions may come before what they delete.
    pub(crate) fn source(
        &self,
        mut source: Box<dyn Source>,
        keep_unknown_deletes: bool,
    ) -> Outcome<RunningSource> {
        let pipeline = Pipeline::new(
            source.id().clone(),
            Arc::clone(&self.queries),
            Pseudonyms::new(&pepper(&self.config.authors, &self.data_dir)?),
            &self.config.ingest,
        );
        let around = Around {
            log: Arc::clone(&self.log),
            topics: hark_ingest::Topics::with_prefix(&self.config.log.topic_prefix),
            metrics: self.ingest.clone(),
            progress: self.health.part(&format!("ingest.{}", source.id())),
            clock: Arc::new(SystemClock),
            stop: self.shutdown.flag(),
            queue: self.config.ingest.queue,
            keep_unknown_deletes,
        };
        let (worker, intake, cursor) = Worker::open(pipeline, around)?;
        let failures = self.failures.clone();
        let writer = spawn("ingest", move || {
            if let Err(error) = worker.run() {
                let _ = failures.send(Failure::System(error.to_string()));
            }
        })?;
        let (stop, failures) = (self.shutdown.token(), self.failures.clone());
        let source = tokio::spawn(async move {
            match source.run(&intake, cursor, stop).await {
                Ok(()) => None,
                Err(error) => {
                    let _ = failures.send(Failure::input(error.to_string()));
                    Some(error.to_string())
                }
            }
        });
        Ok(RunningSource { source, writer })
    }

    /// Applies retention and compaction now and then.
    pub(crate) fn keep_clean(&self) {
        let (log, stop) = (Arc::clone(&self.log), self.shutdown.token());
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_secs(60));
            while !stop.is_cancelled() {
                ticks.tick().await;
                let log = Arc::clone(&log);
                let clean = move || log.clean(hark_stream::Clock::now(&SystemClock));
                if let Ok(Err(error)) = tokio::task::spawn_blocking(clean).await {
                    tracing::warn!(%error, "retention could not be applied");
                }
            }
        });
    }

    /// Runs a stage on to the end of what there is to read.
    pub(crate) async fn drain(&self, running: RunningStage) -> Outcome {
        self.until_read(&running).await?;
        let name = running.name;
        let Some((mut task, mut stage)) = self.stopped(running).await else {
            return Ok(());
        };
        let runner = self.runner(self.shutdown.flag());
        let drained = tokio::task::spawn_blocking(move || {
            runner.run(&mut *task, &mut *stage, &mut Told(name), true)
        });
        match drained.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Failure::System(error.to_string())),
            Err(error) => Err(Failure::System(error.to_string())),
        }
    }

    /// Waits until a stage has read all there is: on a cluster, nothing at hand does not mean that
    /// nothing is on its way.
    async fn until_read(&self, running: &RunningStage) -> Outcome {
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        while !running.thread.is_finished() {
            ticks.tick().await;
            let (log, id, input) = (
                Arc::clone(&self.log),
                running.id.clone(),
                running.input.clone(),
            );
            let lag = tokio::task::spawn_blocking(move || log.lag(&id, &input)).await;
            match lag {
                Ok(Ok(0)) => break,
                Ok(Err(error)) if !error.retryable() => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Stops a stage after its current step; `None` when it had failed.
    pub(crate) async fn stopped(&self, running: RunningStage) -> Option<Parts> {
        running.stop.store(true, Ordering::Release);
        self.log.interrupt();
        let RunningStage { name, thread, .. } = running;
        match tokio::task::spawn_blocking(move || thread.join()).await {
            Ok(Ok(parts)) => parts,
            _ => {
                tracing::error!(stage = name, "the stage's thread ended in a panic");
                None
            }
        }
    }

    /// Stops care after what is under way.
    pub(crate) async fn stop_care(&self, running: RunningCare) {
        running.stop.store(true, Ordering::Release);
        self.log.interrupt();
        if tokio::task::spawn_blocking(move || running.thread.join())
            .await
            .is_err()
        {
            tracing::error!("care ended in a panic");
        }
    }
}

impl RunningSource {
    /// Waits until the source has nothing more to say, and all it said is committed.
    pub(crate) async fn ended(self) -> Outcome {
        let said = self.source.await;
        let written = tokio::task::spawn_blocking(move || self.writer.join()).await;
        match (said, written) {
            (Ok(None), Ok(Ok(()))) => Ok(()),
            (Ok(Some(error)), _) => Err(Failure::input(error)),
            _ => Err(Failure::System("a source ended in a panic".to_owned())),
        }
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Outcome<JoinHandle<T>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|error| Failure::System(format!("cannot start a thread: {error}")))
}

fn specs(config: &Config) -> Vec<TopicSpec> {
    let day = Duration::from_secs(24 * 60 * 60);
    topics::ALL
        .iter()
        .map(|known| TopicSpec {
            name: topic(config, *known),
            partitions: 1,
            cleanup: Cleanup {
                retention: known.retention_days.map(|days| day * days),
                compact: known.compact,
            },
        })
        .collect()
}

fn queries(config: &Config) -> Outcome<Arc<QuerySet>> {
    let mut parsed = Vec::new();
    for brand in &config.brands {
        let query = Query::parse(&brand.query)
            .map_err(|_| Failure::input(format!("the query of brand {:?} is wrong", brand.id)))?;
        parsed.push((brand.brand(), query));
    }
    let set = QuerySet::build(parsed).map_err(|error| Failure::input(error.to_string()))?;
    Ok(Arc::new(set))
}

//! Puts log, sources and stages together, and takes them down again in order.

use crate::cluster_metrics::ClusterMetrics;
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::listening::{INGEST, Listening, RunningSource};
use crate::part::{Part, Surroundings};
use crate::pepper::pepper;
use crate::stages::{RunningStage, StageMetrics, stage_metrics};
use crate::telling::Telling;
use crate::touchpoints;
use crate::universe::Universe;
use hark_aggregate::{
    AggregateConfig, AggregateMetrics, AggregateStage, MARKET_STAGE, MarketStage, Share,
};
use hark_classify::{Classifier, ClassifyStage};
use hark_ingest::query::{Query, QuerySet};
use hark_ingest::{IngestMetrics, Source};
use hark_model::MarketId;
use hark_proto::topics::{self, Topic};
use hark_stream::{Cleanup, Log, Stage, SystemClock, TaskId, TopicName, TopicSpec, partition_of};
use hark_telemetry::{Health, Metrics, Shutdown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
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
    pub(crate) ingest: IngestMetrics,
    stages: StageMetrics,
    failures: mpsc::UnboundedSender<Failure>,
    failed: mpsc::UnboundedReceiver<Failure>,
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
        let metrics = Metrics::new();
        let monitor = Arc::new(ClusterMetrics::new(&metrics));
        let log = crate::logs::open(&config, data_dir, monitor)?;
        log.declare(&specs(&config))?;
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
        let topics =
            hark_classify::Topics::new(&self.config.log.topic_prefix, self.config.log.encoding());
        let (pool, queue) = (Arc::clone(classifier.pool()), self.config.classify.queue);
        let queries = self.config.own_touchpoints.queries()?;
        self.stage(hark_classify::STAGE, topics::ITEMS, move |_| {
            let (pool, topics) = (Arc::clone(&pool), topics.clone());
            let stage = ClassifyStage::new(pool, topics, metrics.clone(), queue);
            let stage = match &queries {
                Some(queries) => stage.with_rules(touchpoints::rules(queries)),
                None => stage,
            };
            Box::new(stage)
        })
    }

    /// Starts the stages that count and decide: one after the other where mentions are shared out.
    pub(crate) fn aggregate(&self, aggregate: &AggregateConfig) -> Outcome<Vec<RunningStage>> {
        Universe::write(&self.config, &*self.log)?;
        let calculus = self.config.calculus(aggregate).map_err(Failure::Input)?;
        let metrics = AggregateMetrics::new(&self.metrics, &self.config.brand_ids());
        let topics =
            hark_aggregate::Topics::new(&self.config.log.topic_prefix, self.config.log.encoding());
        let shares = self
            .log
            .partitions(&topic(&self.config, topics::MENTIONS))?;
        let counting = {
            let (calculus, topics) = (calculus.clone(), topics.clone());
            let metrics = metrics.clone();
            self.stage(hark_aggregate::STAGE, topics::MENTIONS, move |id| {
                let share = Share {
                    number: id.partition,
                    of: shares,
                };
                let (calculus, topics) = (calculus.clone(), topics.clone());
                let stage = AggregateStage::new(share, calculus, topics, metrics.clone());
                Box::new(stage)
            })?
        };
        let mut stages = vec![counting];
        if shares > 1 {
            let partitions = self.log.partitions(&topics.panes)?;
            stages.push(self.stage(MARKET_STAGE, topics::PANES, move |id| {
                let ours = |market: &MarketId| {
                    partition_of(market.as_str().as_bytes(), partitions) == id.partition
                };
                let (calculus, topics) = (calculus.clone(), topics.clone());
                let stage = MarketStage::new(shares, calculus, ours, topics, metrics.clone());
                Box::new(stage)
            })?);
        }
        Ok(stages)
    }

    fn stage(
        &self,
        name: &'static str,
        input: Topic,
        make: impl Fn(&TaskId) -> Box<dyn Stage> + Send + Sync + 'static,
    ) -> Outcome<RunningStage> {
        let input = topic(&self.config, input);
        RunningStage::start(&self.around(), &self.stages, name, input, make)
    }

    fn around(&self) -> Surroundings {
        Surroundings {
            log: Arc::clone(&self.log),
            health: self.health.clone(),
            failures: self.failures.clone(),
        }
    }

    /// Starts telling people.
    pub(crate) fn care(&self) -> Outcome<Part> {
        let telling = self.telling()?;
        let alerts = topic(&self.config, topics::ALERTS);
        Part::start(&self.around(), "care", alerts, Arc::new(telling))
    }

    /// Tells people what there is to tell, and returns.
    pub(crate) fn care_until_idle(&self) -> Outcome {
        self.telling()?.until_idle()
    }

    fn telling(&self) -> Outcome<Telling> {
        Telling::new(&self.config, &self.log, &self.health, &self.metrics)
    }

    /// Starts listening to the configured sources.
    pub(crate) fn listen(&self) -> Outcome<Part> {
        let items = topic(&self.config, topics::ITEMS);
        let listening = Arc::new(self.listening()?);
        Part::start(&self.around(), INGEST, items, listening)
    }

    /// Listens to one source, until it has no more to say. `keep_unknown_deletes`: its deletions may
    /// come before what they delete.
    pub(crate) fn source(
        &self,
        source: Box<dyn Source>,
        keep_unknown_deletes: bool,
    ) -> Outcome<RunningSource> {
        self.listening()?.start(source, keep_unknown_deletes)
    }

    /// What sources are run with. A pepper that is missing is missed now, before a group is joined.
    fn listening(&self) -> Outcome<Listening> {
        Ok(Listening {
            config: Arc::clone(&self.config),
            pepper: Arc::from(pepper(&self.config.authors, &self.data_dir)?),
            queries: Arc::clone(&self.queries),
            log: Arc::clone(&self.log),
            health: self.health.clone(),
            metrics: self.ingest.clone(),
            failures: self.failures.clone(),
            runtime: Handle::current(),
        })
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
}

fn specs(config: &Config) -> Vec<TopicSpec> {
    let partitions = config
        .log
        .kafka
        .as_ref()
        .map_or(1, |kafka| kafka.partitions);
    let day = Duration::from_secs(24 * 60 * 60);
    topics::ALL
        .iter()
        .map(|known| TopicSpec {
            name: topic(config, *known),
            partitions: if known.shared_out { partitions } else { 1 },
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

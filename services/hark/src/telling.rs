//! Care at work: by whoever has the alerts.

use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::system::topic;
use hark_care::{Care, CareError, Metrics, Webhook};
use hark_proto::topics;
use hark_stream::{Job, Log, StageError, SystemClock, TaskId, Told};
use hark_telemetry::Health;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How long requests under way may take once it is time to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// Tells people what there is to tell.
pub(crate) struct Telling {
    config: Arc<Config>,
    log: Arc<dyn Log>,
    health: Health,
    metrics: Metrics,
    webhooks: Vec<Webhook>,
}

impl Telling {
    /// As it is configured.
    pub(crate) fn new(
        config: &Arc<Config>,
        log: &Arc<dyn Log>,
        health: &Health,
        metrics: &hark_telemetry::Metrics,
    ) -> Outcome<Self> {
        let webhooks = config
            .webhooks
            .resolve(&|name| std::env::var(name).ok())
            .map_err(|errors| Failure::Input(errors.iter().map(ToString::to_string).collect()))?;
        Ok(Self {
            config: Arc::clone(config),
            log: Arc::clone(log),
            health: health.clone(),
            metrics: Metrics::new(metrics),
            webhooks,
        })
    }

    /// Tells what there is to tell, and returns.
    pub(crate) fn until_idle(&self) -> Outcome {
        // Answers once what this process has committed can be read.
        self.log.bounds(&topic(&self.config, topics::ALERTS), 0)?;
        let (care, progress) = self.care(0, Arc::default());
        let told = care.run_until_idle();
        progress.retire();
        told.map(|_| ())
            .map_err(|error| Failure::System(error.to_string()))
    }

    fn care(&self, partition: u32, stop: Arc<AtomicBool>) -> (Care, hark_telemetry::Progress) {
        let progress = self.health.part(&format!("care-{partition}"));
        let around = hark_care::Surroundings {
            topics: hark_care::Topics::with_prefix(&self.config.log.topic_prefix),
            partition,
            metrics: self.metrics.clone(),
            progress: progress.clone(),
            stop,
            clock: Arc::new(SystemClock),
            drain: DRAIN,
        };
        let care = Care::new(Arc::clone(&self.log), self.webhooks.clone(), around);
        (care, progress)
    }
}

impl Job for Telling {
    fn run(&self, id: &TaskId, told: &Told) -> Result<(), StageError> {
        let (care, progress) = self.care(id.partition, Arc::clone(&told.stop));
        match care.run() {
            Ok(_) => {
                progress.retire();
                Ok(())
            }
            Err(CareError::Log(error)) => {
                progress.retire();
                Err(error.into())
            }
            Err(other) => Err(StageError::Failed {
                stage: id.stage.to_string(),
                message: other.to_string(),
            }),
        }
    }
}

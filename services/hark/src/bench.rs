//! The parts put together as the commands put them together, for `cargo xtask bench` to measure.
//!
//! Not an interface: it may change with any version.

use crate::config::{Config, load};
use crate::exit::{Failure, Outcome};
use crate::system::{System, topic};
use hark_aggregate::{AggregateConfig, TimeConfig};
use hark_classify::{Classifier, LoadedModel};
use hark_ingest::Source;
use hark_model::Span;
use hark_proto::topics;
use hark_stream::Limit;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// hark on a data folder, with nothing running yet.
pub struct Rig {
    config: Arc<Config>,
    system: System,
}

/// What is read at once.
const AT_ONCE: Limit = Limit {
    records: 10_000,
    bytes: 64 << 20,
};

/// How long a run took, from the start of its source.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Until the source's last event was committed.
    pub ingested: Duration,
    /// Until the last item was judged.
    pub judged: Duration,
    /// Until the last mention was counted.
    pub counted: Duration,
}

impl Rig {
    /// Reads a configuration file and opens a data folder.
    ///
    /// # Errors
    ///
    /// What a command would say.
    pub fn open(config: &Path, data: &Path) -> Result<Self, String> {
        let config = Arc::new(load(config).map_err(said)?);
        let system = System::open(Arc::clone(&config), data).map_err(said)?;
        Ok(Self { config, system })
    }

    /// Where the mentions topic ends.
    ///
    /// # Errors
    ///
    /// What the log says.
    pub fn mentions_end(&self) -> Result<u64, String> {
        let mentions = topic(&self.config, topics::MENTIONS);
        let bounds = self.system.log.bounds(&mentions, 0);
        bounds
            .map(|bounds| bounds.end)
            .map_err(|error| error.to_string())
    }

    /// How many records the mentions topic has from an offset on. They are read: not every offset is a
    /// record.
    ///
    /// # Errors
    ///
    /// What the log says.
    pub fn mentions_since(&self, mut offset: u64) -> Result<u64, String> {
        let mentions = topic(&self.config, topics::MENTIONS);
        let mut count = 0;
        loop {
            let some = self.system.log.read(&mentions, 0, offset, AT_ONCE);
            let some = some.map_err(|error| error.to_string())?;
            let Some(last) = some.last() else {
                return Ok(count);
            };
            offset = last.offset + 1;
            count += some.len() as u64;
        }
    }

    /// Everything a source has to say through the whole path to the end, as `hark import` does
    /// it, but for time: with `replay` events move it, else the clock. The model is loaded before
    /// the time runs.
    ///
    /// # Errors
    ///
    /// What a command would say.
    pub async fn through(
        &mut self,
        source: Box<dyn Source>,
        model: LoadedModel,
        replay: bool,
    ) -> Result<Times, String> {
        let times = self.run_through(source, model, replay).await;
        self.system.shutdown.stop();
        times.map_err(|failure| said(self.system.failure().unwrap_or(failure)))
    }

    async fn run_through(
        &self,
        source: Box<dyn Source>,
        model: LoadedModel,
        replay: bool,
    ) -> Outcome<Times> {
        let system = &self.system;
        let (classifier, metrics) = self.classifier(model)?;
        let aggregate = if replay {
            system.aggregate(&AggregateConfig {
                time: TimeConfig::Event,
                publish_every: Span::from_hours(1),
                ..self.config.aggregate.clone()
            })?
        } else {
            system.aggregate(&self.config.aggregate)?
        };
        let classify = system.classify_with(&classifier, metrics)?;
        let started = Instant::now();
        system.source(source, true)?.ended().await?;
        let ingested = started.elapsed();
        classify.drain().await?;
        let judged = started.elapsed();
        for stage in aggregate {
            stage.drain().await?;
        }
        Ok(Times {
            ingested,
            judged,
            counted: started.elapsed(),
        })
    }

    /// As `hark run`, webhooks included, on one source: until it ends and `told` is over, for
    /// which all parts stay at work.
    ///
    /// # Errors
    ///
    /// What a command would say.
    pub async fn listen(
        &mut self,
        source: Box<dyn Source>,
        model: LoadedModel,
        told: impl Future<Output = ()>,
    ) -> Result<(), String> {
        let outcome = self.run_listening(source, model, told).await;
        self.system.shutdown.stop();
        outcome.map_err(|failure| said(self.system.failure().unwrap_or(failure)))
    }

    async fn run_listening(
        &self,
        source: Box<dyn Source>,
        model: LoadedModel,
        told: impl Future<Output = ()>,
    ) -> Outcome {
        let system = &self.system;
        let (classifier, metrics) = self.classifier(model)?;
        let care = system.care()?;
        let aggregate = system.aggregate(&self.config.aggregate)?;
        let classify = system.classify_with(&classifier, metrics)?;
        system.source(source, false)?.ended().await?;
        told.await;
        classify.stopped().await;
        for stage in aggregate {
            stage.stopped().await;
        }
        care.stopped().await;
        Ok(())
    }

    fn classifier(&self, model: LoadedModel) -> Outcome<(Classifier, hark_classify::Metrics)> {
        let metrics = hark_classify::Metrics::new(&self.system.metrics);
        let classifier = Classifier::with_model(&self.config.classify, model, metrics.clone())
            .map_err(|error| Failure::input(error.to_string()))?;
        Ok((classifier, metrics))
    }
}

/// The rules of the calculus in a configuration file.
///
/// # Errors
///
/// What a command would say.
pub fn calculus(config: &Path) -> Result<hark_insight::Config, String> {
    let config = load(config).map_err(said)?;
    let calculus = config.calculus(&config.aggregate);
    calculus.map_err(|lines| lines.join("\n"))
}

fn said(failure: Failure) -> String {
    match failure {
        Failure::Input(lines) => lines.join("\n"),
        Failure::System(line) => line,
    }
}

//! Judging texts without a log: for the command line.

use crate::config::Config;
use crate::judge::Judgement;
use crate::metrics::Metrics;
use crate::model::{LoadedModel, ModelError};
use crate::pool::{Outcome, Pool, PoolError, PoolOptions};
use crate::target::towards_name;
use crate::text::normalise;
use hark_model::Taxonomy;
use std::sync::Arc;

/// A model and its engines, ready to judge.
#[derive(Clone)]
pub struct Classifier {
    pool: Arc<Pool>,
}

/// Why there is no classifier.
#[derive(Debug, thiserror::Error)]
pub enum ClassifierError {
    /// The configuration has mistakes, all of them in one line.
    #[error("{0}")]
    Config(String),
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The engines cannot start.
    #[error(transparent)]
    Pool(#[from] PoolError),
}

/// A text to judge.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Request {
    /// The text.
    pub text: String,
    /// The name of the brand it is read towards, found in any case; with none, or where the text
    /// does not name it, the text is judged as it stands.
    pub target: Option<String>,
    /// The names of other brands, so that what is said of them is not taken to be said of the
    /// target.
    pub others: Vec<String>,
}

impl Request {
    /// The text as the model is to read it.
    pub(crate) fn marked(&self) -> String {
        let others = self.others.iter().map(String::as_str);
        towards_name(
            &self.text,
            self.target.as_deref().unwrap_or_default(),
            others,
        )
    }
}

impl Classifier {
    /// Loads the model the configuration names and starts its engines.
    pub fn new(
        config: &Config,
        taxonomy: &Taxonomy,
        metrics: Metrics,
    ) -> Result<Self, ClassifierError> {
        Self::with_model(config, LoadedModel::configured(config, taxonomy)?, metrics)
    }

    /// Starts engines on a model at hand.
    pub fn with_model(
        config: &Config,
        model: LoadedModel,
        metrics: Metrics,
    ) -> Result<Self, ClassifierError> {
        let problems = config.problems();
        if !problems.is_empty() {
            return Err(ClassifierError::Config(problems.join("; ")));
        }
        let options = PoolOptions {
            engines: config.engine_count(),
            batch_tokens: config.batch_tokens,
            queue: config.queue,
        };
        let LoadedModel {
            tokeniser,
            labels,
            make,
        } = model;
        let pool = Pool::start(options, make, tokeniser, labels, metrics)?;
        Ok(Self {
            pool: Arc::new(pool),
        })
    }

    /// The engines, for a [`crate::ClassifyStage`].
    pub fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Judges texts, in their order. One without a word is not put to the model.
    pub fn classify(&self, requests: &[Request]) -> Result<Vec<Outcome>, PoolError> {
        let speaks = |request: &&Request| !normalise(&request.text).is_empty();
        let marked: Vec<String> = requests
            .iter()
            .filter(speaks)
            .map(Request::marked)
            .collect();
        let mut outcomes = self.pool.classify(&marked)?.into_iter();
        let outcome = |request: &Request| {
            let judged = if speaks(&request) {
                outcomes.next()
            } else {
                None
            };
            judged.unwrap_or_else(|| Ok(Judgement::of_no_text(None)))
        };
        Ok(requests.iter().map(outcome).collect())
    }
}

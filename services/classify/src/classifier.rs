//! Judging texts without a log: for the command line.

use crate::config::Config;
use crate::judge::Judgement;
use crate::metrics::Metrics;
use crate::model::{LoadedModel, ModelError};
use crate::pool::{Outcome, Pool, PoolError, PoolOptions, Submission};
use crate::target::parts_of_spans;
use crate::text::normalise;
use crossbeam_channel::Receiver;
use hark_model::Taxonomy;
use regex::RegexBuilder;
use std::ops::Range;
use std::sync::Arc;

/// A model and its engines, ready to judge.
#[derive(Clone)]
pub struct Classifier {
    pool: Arc<Pool>,
    queue: usize,
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
    /// The words that name a brand, found in any case. With two or more, each is judged by the
    /// part of the text that concerns it; with one or none, the whole text is judged.
    pub targets: Vec<String>,
}

/// The judgement of a text towards one target.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The target, as it was asked for; `None` when none was.
    pub target: Option<String>,
    /// The part of the text that was judged.
    pub text: String,
    /// What the model says of it.
    pub outcome: Outcome,
}

impl Classifier {
    /// Loads the model the configuration names and starts its engines.
    pub fn new(
        config: &Config,
        taxonomy: &Taxonomy,
        metrics: Metrics,
    ) -> Result<Self, ClassifierError> {
        let model = match &config.model {
            Some(folder) => LoadedModel::read(folder, taxonomy)?,
            None => LoadedModel::built_in(taxonomy)?,
        };
        Self::with_model(config, model, metrics)
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
            queue: config.queue,
        })
    }

    /// The engines, for a [`crate::ClassifyStage`].
    pub fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Judges texts; for each, an answer for each of its targets, or one when it has none.
    pub fn classify(&self, requests: &[Request]) -> Result<Vec<Vec<Answer>>, PoolError> {
        let plans: Vec<Plan> = requests.iter().map(Plan::of).collect();
        let texts: Vec<&str> = plans.iter().flat_map(Plan::texts).collect();
        let mut outcomes = self.pool.classify(&texts)?.into_iter();
        Ok(plans
            .into_iter()
            .map(|plan| plan.answers(&mut outcomes))
            .collect())
    }

    /// Judges a stream of texts in order, in bounded memory, each with whatever shall come out
    /// again beside its answers. An answer is there as soon as it and those before it are ready,
    /// even while the input blocks; the input is read no further ahead than the queue is long.
    /// After an error nothing more comes.
    pub fn stream<T: Send + 'static>(
        &self,
        requests: impl Iterator<Item = (T, Request)> + Send + 'static,
    ) -> Result<Answers<T>, PoolError> {
        let (sender, receiver) = crossbeam_channel::bounded(self.queue);
        let pool = Arc::clone(&self.pool);
        // Not joined: it may be waiting for input that never comes. It ends with the input, or
        // with the first answer nobody waits for.
        std::thread::Builder::new()
            .name("classify-input".to_owned())
            .spawn(move || {
                for (beside, request) in requests {
                    let plan = Plan::of(&request);
                    let texts: Vec<&str> = plan.texts().collect();
                    let submitted = pool.submit(&texts);
                    let failed = submitted.is_err();
                    if sender.send((beside, plan, submitted)).is_err() || failed {
                        return;
                    }
                }
            })
            .map_err(|error| PoolError::Start(format!("no thread for the input: {error}")))?;
        Ok(Answers { pending: receiver })
    }
}

/// Answers in the order of the requests, see [`Classifier::stream`].
pub struct Answers<T> {
    pending: Receiver<(T, Plan, Result<Submission, PoolError>)>,
}

impl<T> Iterator for Answers<T> {
    type Item = (T, Result<Vec<Answer>, PoolError>);

    fn next(&mut self) -> Option<Self::Item> {
        let (beside, plan, submitted) = self.pending.recv().ok()?;
        let outcomes = submitted.and_then(Submission::wait);
        Some((
            beside,
            outcomes.map(|outcomes| plan.answers(&mut outcomes.into_iter())),
        ))
    }
}

/// What is to be judged for one request: target, part of the text, and whether it has a word.
struct Plan(Vec<(Option<String>, String, bool)>);

impl Plan {
    fn of(request: &Request) -> Self {
        let text = &request.text;
        let entry = |target: Option<String>, part: String| {
            let speaks = !normalise(&part).is_empty();
            (target, part, speaks)
        };
        if request.targets.is_empty() {
            return Self(vec![entry(None, text.clone())]);
        }
        let spans: Vec<Vec<Range<usize>>> = request
            .targets
            .iter()
            .map(|target| spans(text, target))
            .collect();
        let spans: Vec<&[Range<usize>]> = spans.iter().map(|spans| &spans[..]).collect();
        let parts = parts_of_spans(text, &spans);
        let targets = request.targets.iter().cloned();
        Self(
            targets
                .zip(parts)
                .map(|(target, part)| entry(Some(target), part.into()))
                .collect(),
        )
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(|(_, _, speaks)| *speaks)
            .map(|(_, text, _)| &**text)
    }

    /// Takes the outcomes of [`Plan::texts`].
    fn answers(self, outcomes: &mut impl Iterator<Item = Outcome>) -> Vec<Answer> {
        let answer = |(target, text, speaks): (Option<String>, String, bool)| {
            let outcome = match speaks {
                true => outcomes
                    .next()
                    .expect("each text that was submitted has an outcome"),
                false => Ok(Judgement::of_no_text(None)),
            };
            Answer {
                target,
                text,
                outcome,
            }
        };
        self.0.into_iter().map(answer).collect()
    }
}

/// Where a target stands in a text, in any case.
fn spans(text: &str, target: &str) -> Vec<Range<usize>> {
    if target.is_empty() {
        return Vec::new();
    }
    let pattern = RegexBuilder::new(&regex::escape(target))
        .case_insensitive(true)
        .build();
    // Only a target of many thousand letters makes no pattern; it stands in no text either.
    pattern.map_or_else(
        |_| Vec::new(),
        |p| p.find_iter(text).map(|found| found.range()).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_found_in_any_case() {
        assert_eq!(spans("SKYLARK or skylark (c++)", "Skylark"), [0..7, 11..18]);
        assert_eq!(
            spans("skylark (c++)", "C++"),
            std::iter::once(9..12).collect::<Vec<_>>()
        );
        assert!(spans("skylark", "").is_empty());
    }

    #[test]
    fn two_targets_get_a_part_each_and_a_text_without_a_word_is_not_judged() {
        let targets = vec!["skylark".to_owned(), "northwind".to_owned()];
        let text = "Skylark is great. Northwind is not.".to_owned();
        let plan = Plan::of(&Request { text, targets });
        assert_eq!(
            plan.texts().collect::<Vec<_>>(),
            ["Skylark is great.", "Northwind is not."]
        );
        assert_eq!(
            Plan::of(&Request {
                text: " \n".to_owned(),
                targets: vec![]
            })
            .texts()
            .count(),
            0
        );
    }
}

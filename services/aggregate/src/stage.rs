//! Mentions in; share of voice, standing and alerts out.

use crate::calculus::Calculus;
use crate::metrics::AggregateMetrics;
use crate::records::{self, Topics};
use crate::store::StepStore;
use hark_insight::{Cause, Config, Insight, Outcome, StoreError, TimeMode};
use hark_model::{BrandId, MentionEvent, Timestamp};
use hark_proto::{DecodeError, Wire};
use hark_stream::{Commit, Limit, Record, Stage, StageError, State};
use std::collections::VecDeque;
use std::sync::Arc;

/// The stage's name: its consumer group, and the `hark-stage` header of its dead letters.
pub const STAGE: &str = "aggregate";

/// Which of the mentions a task has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The partition.
    pub number: u32,
    /// Of so many.
    pub of: u32,
}

/// Runs the calculus over one partition of the mentions. Where there are several, what their market
/// makes of them is left to a [`crate::MarketStage`].
pub struct AggregateStage {
    share: Share,
    config: Config,
    topics: Topics,
    metrics: AggregateMetrics,
    /// Absent before the first step, and after a failed one: then it is restored from what is
    /// committed.
    aggregator: Option<Calculus>,
    /// What the step at hand decides.
    decided: Tally,
    /// What steps decided whose commits are under way, oldest first.
    under_way: VecDeque<Tally>,
}

/// What a step decided, counted when it is committed.
#[derive(Default)]
struct Tally {
    outcomes: Vec<Outcome>,
    insights: Vec<Insight>,
    counted: Vec<(BrandId, &'static str)>,
    latencies: Vec<f64>,
    dead_letters: u64,
}

impl AggregateStage {
    /// A stage under these rules.
    pub fn new(share: Share, config: Config, topics: Topics, metrics: AggregateMetrics) -> Self {
        Self {
            share,
            config,
            topics,
            metrics,
            aggregator: None,
            decided: Tally::default(),
            under_way: VecDeque::new(),
        }
    }

    /// The aggregator for a step, taken out: one whose step failed has seen what was never
    /// committed, and is not put back.
    fn begin(&mut self, state: &dyn State) -> Result<Calculus, StageError> {
        self.decided = Tally::default();
        if let Some(aggregator) = self.aggregator.take() {
            return Ok(aggregator);
        }
        let store = StepStore::new(state);
        let restored =
            Calculus::restore(self.share, self.config.clone(), &store).map_err(stage_error)?;
        if let Calculus::Whole(whole) = &restored {
            self.metrics.restored(&self.config.brands(), whole.firing());
        }
        Ok(restored)
    }

    fn observe(
        &mut self,
        aggregator: &mut Calculus,
        record: &Record,
        store: &mut StepStore<'_>,
        now: Timestamp,
        commit: &mut Commit,
    ) -> Result<(), StageError> {
        let event = match decode(record) {
            Ok(event) => event,
            Err(error) => {
                self.decided.dead_letters += 1;
                let topic = &self.topics.dead_letters;
                let reason = error.to_string();
                let why = (error.kind(), &*reason);
                let letter = records::dead_letter(topic, record, STAGE, why, now);
                commit.records.push(letter);
                return Ok(());
            }
        };
        let cause = Cause {
            topic: Arc::from(record.topic.as_str()),
            partition: record.partition,
            offset: record.offset,
        };
        let outcome = aggregator
            .observe(&event, &cause, now, store)
            .map_err(stage_error)?;
        self.decided.outcomes.push(outcome);
        if let (Outcome::Counted | Outcome::Late, MentionEvent::Observed(mention)) =
            (outcome, &event)
        {
            let label = mention.label().as_str();
            self.decided.counted.push((mention.brand.clone(), label));
            self.decided
                .latencies
                .push((now - mention.arrived_at).seconds().max(0.0));
        }
        Ok(())
    }

    fn step_with(
        &mut self,
        aggregator: &mut Calculus,
        batch: &[Record],
        state: &dyn State,
        now: Timestamp,
    ) -> Result<Commit, StageError> {
        let mut store = StepStore::new(state);
        let mut commit = Commit::default();
        for record in batch {
            self.observe(aggregator, record, &mut store, now, &mut commit)?;
        }
        if self.config.time == TimeMode::Wall {
            aggregator.advance(now, &mut store).map_err(stage_error)?;
        }
        self.flush(aggregator, store, commit, now)
    }

    /// Ends a step: says what was found, and writes what changed.
    fn flush(
        &mut self,
        aggregator: &mut Calculus,
        mut store: StepStore<'_>,
        mut commit: Commit,
        now: Timestamp,
    ) -> Result<Commit, StageError> {
        let (insights, partials) = aggregator.flush(&mut store).map_err(stage_error)?;
        self.decided.insights = insights;
        let insights = self.decided.insights.iter();
        let insights = insights.map(|insight| records::insight(&self.topics, insight, now));
        commit.records.extend(insights);
        let partials = partials.iter();
        let partials = partials.map(|partial| records::partial(&self.topics, partial, now));
        commit.records.extend(partials);
        commit.state = store.into_changes();
        self.under_way.push_back(std::mem::take(&mut self.decided));
        Ok(commit)
    }
}

impl Stage for AggregateStage {
    fn restore(&mut self, state: &dyn State) -> Result<(), StageError> {
        self.aggregator = Some(self.begin(state)?);
        Ok(())
    }

    fn step(
        &mut self,
        batch: &[Record],
        state: &dyn State,
        now: i64,
    ) -> Result<Commit, StageError> {
        let mut aggregator = self.begin(state)?;
        let commit = self.step_with(&mut aggregator, batch, state, Timestamp::from_millis(now))?;
        self.aggregator = Some(aggregator);
        Ok(commit)
    }

    fn finish(&mut self, state: &dyn State, now: i64) -> Result<Commit, StageError> {
        let mut aggregator = self.begin(state)?;
        let mut store = StepStore::new(state);
        aggregator.finish(&mut store).map_err(stage_error)?;
        let now = Timestamp::from_millis(now);
        let commit = self.flush(&mut aggregator, store, Commit::default(), now)?;
        self.aggregator = Some(aggregator);
        Ok(commit)
    }

    fn deadline(&self) -> Option<i64> {
        match &self.aggregator {
            Some(aggregator) => aggregator.next_deadline().map(Timestamp::millis),
            None => Some(i64::MIN),
        }
    }

    fn committed(&mut self, _commit: &Commit) {
        let decided = self.under_way.pop_front().unwrap_or_default();
        for outcome in decided.outcomes {
            self.metrics
                .events
                .with_label_values(&[outcome.as_str()])
                .inc();
        }
        for (brand, sentiment) in decided.counted {
            self.metrics
                .mentions
                .with_label_values(&[brand.as_str(), sentiment])
                .inc();
        }
        for latency in decided.latencies {
            self.metrics.latency.observe(latency);
        }
        self.metrics.dead_letters.inc_by(decided.dead_letters);
        self.metrics.said(&decided.insights);
    }

    fn discard(&mut self) {
        self.aggregator = None;
        self.under_way.clear();
    }

    fn limit(&self) -> Limit {
        Limit {
            records: 4_096,
            bytes: 16 << 20,
        }
    }
}

fn decode(record: &Record) -> Result<MentionEvent, DecodeError> {
    MentionEvent::decode(record.value.as_deref().unwrap_or_default())
}

pub(crate) fn stage_error(error: StoreError) -> StageError {
    StageError::Failed {
        stage: STAGE.to_owned(),
        message: error.to_string(),
    }
}

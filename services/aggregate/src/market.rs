//! What shares of the mentions say in; share of voice and alerts of their markets out.

use crate::metrics::AggregateMetrics;
use crate::records::{self, Topics};
use crate::stage::stage_error;
use crate::store::StepStore;
use hark_insight::{Config, GlobalAggregator, Insight, Partial, TimeMode};
use hark_model::{BrandId, Timestamp};
use hark_stream::{Commit, Limit, Record, Stage, StageError, State};
use std::collections::VecDeque;

/// The stage's name: its consumer group, and the `hark-stage` header of its dead letters.
pub const MARKET_STAGE: &str = "market";

/// Decides for some of the markets, where the mentions are shared out.
pub struct MarketStage {
    config: Config,
    /// How many shares the mentions have.
    shares: u32,
    /// The brands whose alerts are decided here.
    brands: Vec<BrandId>,
    topics: Topics,
    metrics: AggregateMetrics,
    /// Absent before the first step, and after a failed one: then it is restored from what is
    /// committed.
    aggregator: Option<GlobalAggregator>,
    /// What steps decided whose commits are under way, oldest first, and the records that none of
    /// them could read.
    under_way: VecDeque<(Vec<Insight>, u64)>,
}

impl MarketStage {
    /// A stage under these rules. `ours` says which of the markets are decided here.
    pub fn new(
        shares: u32,
        config: Config,
        ours: impl Fn(&hark_model::MarketId) -> bool,
        topics: Topics,
        metrics: AggregateMetrics,
    ) -> Self {
        let home = |brand: &BrandId| {
            let markets = config.markets_of(brand);
            markets.first().is_some_and(&ours)
        };
        let brands = config.brands().into_iter().filter(home).collect();
        Self {
            config,
            shares,
            brands,
            topics,
            metrics,
            aggregator: None,
            under_way: VecDeque::new(),
        }
    }

    /// As of a step of [`crate::AggregateStage`]: one whose step failed is not put back.
    fn begin(&mut self, state: &dyn State) -> Result<GlobalAggregator, StageError> {
        if let Some(aggregator) = self.aggregator.take() {
            return Ok(aggregator);
        }
        let store = StepStore::new(state);
        let restored = GlobalAggregator::restore(self.config.clone(), self.shares, &store)
            .map_err(stage_error)?;
        self.metrics.restored(&self.brands, restored.firing());
        Ok(restored)
    }

    /// Ends a step: says what was found, and writes what changed.
    fn flush(
        &mut self,
        aggregator: &mut GlobalAggregator,
        mut store: StepStore<'_>,
        mut commit: Commit,
        now: Timestamp,
    ) -> Commit {
        let insights = aggregator.flush(&mut store);
        let dead = commit.records.len() as u64;
        let records = insights.iter();
        let records = records.map(|insight| records::insight(&self.topics, insight, now));
        commit.records.extend(records);
        commit.state = store.into_changes();
        self.under_way.push_back((insights, dead));
        commit
    }
}

impl Stage for MarketStage {
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
        let now = Timestamp::from_millis(now);
        let mut aggregator = self.begin(state)?;
        let mut store = StepStore::new(state);
        let mut commit = Commit::default();
        for record in batch {
            match Partial::decode(record.value.as_deref().unwrap_or_default()) {
                Ok(partial) => aggregator.take(partial, now, &mut store),
                Err(error) => {
                    let topic = &self.topics.dead_letters;
                    let reason = error.to_string();
                    let why = (error.kind(), &*reason);
                    let letter = records::dead_letter(topic, record, MARKET_STAGE, why, now);
                    commit.records.push(letter);
                }
            }
        }
        if self.config.time == TimeMode::Wall {
            aggregator.advance(now);
        }
        let commit = self.flush(&mut aggregator, store, commit, now);
        self.aggregator = Some(aggregator);
        Ok(commit)
    }

    fn finish(&mut self, state: &dyn State, now: i64) -> Result<Commit, StageError> {
        let mut aggregator = self.begin(state)?;
        aggregator.finish();
        let now = Timestamp::from_millis(now);
        let store = StepStore::new(state);
        let commit = self.flush(&mut aggregator, store, Commit::default(), now);
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
        let (insights, dead) = self.under_way.pop_front().unwrap_or_default();
        self.metrics.dead_letters.inc_by(dead);
        self.metrics.said(&insights);
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

impl Drop for MarketStage {
    /// Another process shows them from now on.
    fn drop(&mut self) {
        self.metrics.forget(&self.brands);
    }
}

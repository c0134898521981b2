//! What shares of the mentions say in; share of voice and alerts of their markets out.

use crate::metrics::AggregateMetrics;
use crate::records::Topics;
use crate::stage::{Calculus, CalculusStage, Tally, Unfit};
use hark_insight::{Config, GlobalAggregator, Insight, Partial, Store, StoreError};
use hark_model::{BrandId, MarketId, Timestamp};
use hark_stream::Record;

/// The stage's name: its consumer group, and the `hark-stage` header of its dead letters.
pub const MARKET_STAGE: &str = "market";

/// Decides for some of the markets, where the mentions are shared out.
pub type MarketStage = CalculusStage<GlobalAggregator>;

/// What a [`MarketStage`] decides by.
pub struct MarketRules {
    config: Config,
    /// How many shares the mentions have.
    shares: u32,
    /// The brands whose alerts are decided here.
    brands: Vec<BrandId>,
}

impl MarketStage {
    /// A stage under these rules. `ours` says which of the markets are decided here.
    pub fn new(
        shares: u32,
        config: Config,
        ours: impl Fn(&MarketId) -> bool,
        topics: Topics,
        metrics: AggregateMetrics,
    ) -> Self {
        let home = |brand: &BrandId| {
            let markets = config.markets_of(brand);
            markets.first().is_some_and(&ours)
        };
        let brands = config.brands().into_iter().filter(home).collect();
        let time = config.time;
        let rules = MarketRules {
            config,
            shares,
            brands,
        };
        Self::under(rules, time, topics, metrics)
    }
}

impl Calculus for GlobalAggregator {
    type Rules = MarketRules;

    const STAGE: &str = MARKET_STAGE;

    fn restore(
        rules: &MarketRules,
        store: &dyn Store,
        metrics: &AggregateMetrics,
    ) -> Result<Self, StoreError> {
        let restored = Self::restore(rules.config.clone(), rules.shares, store)?;
        metrics.restored(&rules.brands, restored.firing());
        Ok(restored)
    }

    fn take(
        &mut self,
        record: &Record,
        now: Timestamp,
        store: &mut dyn Store,
        _tally: &mut Tally,
    ) -> Result<(), Unfit> {
        let value = record.value.as_deref().unwrap_or_default();
        let partial = Partial::decode(value)
            .map_err(|error| Unfit::Unreadable(error.kind(), error.to_string()))?;
        self.take(partial, now, store);
        Ok(())
    }

    fn advance(&mut self, now: Timestamp, _store: &mut dyn Store) -> Result<(), StoreError> {
        self.advance(now);
        Ok(())
    }

    fn finish(&mut self, _store: &mut dyn Store) -> Result<(), StoreError> {
        self.finish();
        Ok(())
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.next_deadline()
    }

    fn flush(&mut self, store: &mut dyn Store) -> Result<(Vec<Insight>, Vec<Partial>), StoreError> {
        Ok((self.flush(store), Vec::new()))
    }

    fn closed(rules: &MarketRules, metrics: &AggregateMetrics) {
        metrics.forget(&rules.brands);
    }
}

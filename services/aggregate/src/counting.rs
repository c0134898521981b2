//! Mentions in; author standing, and what they mean for the markets out.

use crate::metrics::AggregateMetrics;
use crate::records::Topics;
use crate::stage::{Calculus, CalculusStage, Tally, Unfit};
use hark_insight::{
    Aggregator, Cause, Config, Insight, LocalAggregator, Outcome, Partial, Store, StoreError,
};
use hark_model::{MentionEvent, Timestamp};
use hark_proto::Wire;
use hark_stream::Record;
use std::sync::Arc;

/// The stage's name: its consumer group, and the `hark-stage` header of its dead letters.
pub const STAGE: &str = "aggregate";

/// Runs the calculus over one partition of the mentions. Where there are several, what their market
/// makes of them is left to a [`crate::MarketStage`].
pub type AggregateStage = CalculusStage<Counting>;

/// Which of the mentions a task has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The partition.
    pub number: u32,
    /// Of so many.
    pub of: u32,
}

/// The first step, or where there is one task only, both.
pub enum Counting {
    /// Over all mentions.
    Whole(Box<Aggregator>),
    /// Over one share of them.
    Share(Box<LocalAggregator>),
}

impl AggregateStage {
    /// A stage under these rules.
    pub fn new(share: Share, config: Config, topics: Topics, metrics: AggregateMetrics) -> Self {
        let time = config.time;
        Self::under((share, config), time, topics, metrics)
    }
}

impl Counting {
    fn observe(
        &mut self,
        event: &MentionEvent,
        cause: &Cause,
        now: Timestamp,
        store: &mut dyn Store,
    ) -> Result<Outcome, StoreError> {
        match self {
            Self::Whole(whole) => whole.observe(event, cause, now, store),
            Self::Share(share) => share.observe(event, cause, now, store),
        }
    }
}

impl Calculus for Counting {
    type Rules = (Share, Config);

    const STAGE: &str = STAGE;

    fn restore(
        (share, config): &(Share, Config),
        store: &dyn Store,
        metrics: &AggregateMetrics,
    ) -> Result<Self, StoreError> {
        if share.of > 1 {
            let counted = LocalAggregator::restore(config.clone(), share.number, store)?;
            return Ok(Self::Share(Box::new(counted)));
        }
        let whole = Aggregator::restore(config.clone(), store)?;
        metrics.restored(&config.brands(), whole.firing());
        Ok(Self::Whole(Box::new(whole)))
    }

    fn take(
        &mut self,
        record: &Record,
        now: Timestamp,
        store: &mut dyn Store,
        tally: &mut Tally,
    ) -> Result<(), Unfit> {
        let value = record.value.as_deref().unwrap_or_default();
        let event = MentionEvent::decode(value)
            .map_err(|error| Unfit::Unreadable(error.kind(), error.to_string()))?;
        let cause = Cause {
            topic: Arc::from(record.topic.as_str()),
            partition: record.partition,
            offset: record.offset,
        };
        let outcome = self.observe(&event, &cause, now, store)?;
        tally.outcomes.push(outcome);
        if let (Outcome::Counted | Outcome::Late, MentionEvent::Observed(mention)) =
            (outcome, &event)
        {
            let label = mention.label().as_str();
            tally.counted.push((mention.brand.clone(), label));
            let latency = (now - mention.arrived_at).seconds().max(0.0);
            tally.latencies.push(latency);
        }
        Ok(())
    }

    fn advance(&mut self, now: Timestamp, store: &mut dyn Store) -> Result<(), StoreError> {
        match self {
            Self::Whole(whole) => whole.advance(now, store),
            Self::Share(share) => share.advance(now, store),
        }
    }

    fn finish(&mut self, store: &mut dyn Store) -> Result<(), StoreError> {
        match self {
            Self::Whole(whole) => whole.finish(store),
            Self::Share(share) => share.finish(store),
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Whole(whole) => whole.next_deadline(),
            Self::Share(share) => share.next_deadline(),
        }
    }

    fn flush(&mut self, store: &mut dyn Store) -> Result<(Vec<Insight>, Vec<Partial>), StoreError> {
        match self {
            Self::Whole(whole) => Ok((whole.flush(store)?, Vec::new())),
            Self::Share(share) => Ok(share.flush(store)),
        }
    }
}

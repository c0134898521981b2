//! The stateful stages: they run the calculus over mentions and publish what it says.
//!
//! On one partition of mentions [`AggregateStage`] does it all. On several it counts each of them,
//! and a [`MarketStage`] decides what the counts mean for the markets.
//!
//! State, outputs and input offsets are committed together; the calculus itself lives in
//! `hark-insight`, which this crate gives a store, a clock and a log.
//!
//! Never contains: formulas, models, HTTP.

mod config;
mod counting;
mod duration;
mod market;
mod metrics;
mod records;
mod stage;
mod store;

pub use config::{
    AggregateConfig, AlertConfig, MentionRuleConfig, NotifyConfig, SpikeConfig, StandingConfig,
    TimeConfig, TouchpointConfig, calculus, taxonomy,
};
pub use counting::{AggregateStage, Counting, STAGE, Share};
pub use market::{MARKET_STAGE, MarketRules, MarketStage};
pub use metrics::AggregateMetrics;
pub use records::Topics;
pub use stage::{Calculus, CalculusStage, Tally, Unfit};
pub use store::Snapshot;

//! The stateful stage: runs the calculus over mentions and publishes what it says.
//!
//! State, outputs and input offsets are committed together; the calculus itself lives in
//! `hark-insight`, which this crate gives a store, a clock and a log.
//!
//! Never contains: formulas, models, HTTP.

mod config;
mod duration;
mod metrics;
mod stage;
mod store;

pub use config::{
    AggregateConfig, AlertConfig, MentionRuleConfig, NotifyConfig, SpikeConfig, StandingConfig,
    TimeConfig, TouchpointConfig, calculus, taxonomy,
};
pub use metrics::AggregateMetrics;
pub use stage::{AggregateStage, STAGE, Topics};
pub use store::Snapshot;

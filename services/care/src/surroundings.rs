//! What care is put into, and what it says in the end.

use crate::metrics::Metrics;
use hark_stream::{Clock, TopicName};
use hark_telemetry::Progress;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The topics care reads and writes.
#[derive(Clone, Debug)]
pub struct Topics {
    /// Alerts, read.
    pub alerts: TopicName,
    /// Records it could not use and notices it gave up, written.
    pub dead_letters: TopicName,
}

impl Topics {
    /// The topics' names under a prefix: `hark` gives `hark.alerts` and `hark.dead-letters`.
    pub fn with_prefix(prefix: &str) -> Self {
        let name = |topic: hark_proto::topics::Topic| TopicName::new(topic.under(prefix));
        Self {
            alerts: name(hark_proto::topics::ALERTS),
            dead_letters: name(hark_proto::topics::DEAD_LETTERS),
        }
    }
}

/// What care is put into.
pub struct Surroundings {
    /// Declared before care runs.
    pub topics: Topics,
    /// The partition of the alerts topic to read.
    pub partition: u32,
    /// What operators see.
    pub metrics: Metrics,
    /// What readiness sees. Lag is what care itself holds up: a receiver that does not answer
    /// is no reason to call hark not ready.
    pub progress: Progress,
    /// Set it and call [`hark_stream::Log::interrupt`] to end care.
    pub stop: Arc<AtomicBool>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// How long requests under way may take to finish once care is told to stop. What is broken
    /// off is delivered again after a restart.
    pub drain: Duration,
}

/// What care did until it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Alert records read.
    pub alerts: u64,
    /// Notices delivered.
    pub delivered: u64,
    /// Notices given up.
    pub given_up: u64,
}

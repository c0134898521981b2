//! What was passed over, for whoever publishes metrics.

use super::map::Ignored;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of what makes no event of ours; they only grow.
#[derive(Debug, Default)]
pub struct JetstreamCounts {
    identity: AtomicU64,
    active_account: AtomicU64,
    other_collection: AtomicU64,
    unknown: AtomicU64,
    connections: AtomicU64,
}

impl JetstreamCounts {
    pub(super) fn ignored(&self, why: Ignored) {
        let counter = match why {
            Ignored::Identity => &self.identity,
            Ignored::ActiveAccount => &self.active_account,
            Ignored::OtherCollection => &self.other_collection,
            Ignored::Unknown => &self.unknown,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Connections that came about.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Events passed over, each reason with its stable label.
    pub fn passed_over(&self) -> [(&'static str, u64); 4] {
        [
            ("identity", &self.identity),
            ("active_account", &self.active_account),
            ("other_collection", &self.other_collection),
            ("unknown", &self.unknown),
        ]
        .map(|(label, counter)| (label, counter.load(Ordering::Relaxed)))
    }
}

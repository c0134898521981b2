//! The series of this stage.

use hark_model::{PersonalData, SourceId};
use hark_telemetry::{IntCounter, IntCounterVec, IntGaugeVec, Metrics};

/// What became of an event; each has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Written to the items topic.
    Accepted,
    /// Known in this version or a newer one.
    Duplicate,
    /// Names no brand, or is about what was never written.
    Filtered,
    /// Written to the dead letters.
    DeadLetter,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [
        Self::Accepted,
        Self::Duplicate,
        Self::Filtered,
        Self::DeadLetter,
    ];

    /// The label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Filtered => "filtered",
            Self::DeadLetter => "dead_letter",
        }
    }
}

/// What operators see of ingest.
#[derive(Clone)]
pub struct IngestMetrics {
    /// Events received, by source and outcome.
    pub events: IntCounterVec,
    /// Personal data masked, by kind.
    pub masked: IntCounterVec,
    /// Gaps noticed, by source.
    pub gaps: IntCounterVec,
    /// Moment of the newest event of a source, seconds since the epoch.
    pub newest: IntGaugeVec,
    /// Commits that had to be tried again.
    pub retries: IntCounter,
}

impl IngestMetrics {
    /// Makes the series in a registry; once for each registry.
    pub fn new(metrics: &Metrics) -> Self {
        let made = Self {
            events: metrics.counter_vec(
                "hark_ingest_events_total",
                "Events received from sources, by what became of them.",
                &["source", "outcome"],
            ),
            masked: metrics.counter_vec(
                "hark_ingest_masked_total",
                "Pieces of personal data masked before anything was written.",
                &["kind"],
            ),
            gaps: metrics.counter_vec(
                "hark_ingest_gaps_total",
                "Stretches of time in which a source may have missed something.",
                &["source"],
            ),
            newest: metrics.gauge_vec(
                "hark_ingest_newest_event_timestamp_seconds",
                "When the newest event of a source was written, by its own account.",
                &["source"],
            ),
            retries: metrics.counter(
                "hark_ingest_commit_retries_total",
                "Commits that failed and were tried again.",
            ),
        };
        for kind in PersonalData::ALL {
            made.masked.with_label_values(&[kind.as_str()]);
        }
        made
    }

    /// Makes a source's series, at zero.
    pub fn source(&self, source: &SourceId) {
        for outcome in Outcome::ALL {
            self.events
                .with_label_values(&[source.as_str(), outcome.as_str()]);
        }
        self.gaps.with_label_values(&[source.as_str()]);
    }

    /// What became of the events of a source since this process began.
    pub fn outcomes(&self, source: &SourceId) -> [(Outcome, u64); 4] {
        Outcome::ALL.map(|outcome| {
            let labels = [source.as_str(), outcome.as_str()];
            (outcome, self.events.with_label_values(&labels).get())
        })
    }
}

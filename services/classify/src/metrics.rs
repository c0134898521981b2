//! The series of this stage.

use hark_telemetry::{Histogram, IntCounter, IntCounterVec, IntGauge, Metrics as Registry};

/// What operators see of classify.
#[derive(Clone)]
pub struct Metrics {
    /// Item records read, by what became of them, see [`Outcome`].
    pub items: IntCounterVec,
    /// Mentions written.
    pub mentions: IntCounter,
    /// Padded tokens in each batch.
    pub batch_tokens: Histogram,
    /// Time an engine took for each batch.
    pub inference_seconds: Histogram,
    /// Texts waiting for an engine.
    pub queue_texts: IntGauge,
    /// Batches an engine could not infer, by what happened.
    pub engine_failures: IntCounterVec,
}

/// What became of a record of the items topic; each has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// An item that names brands: a mention for each was written.
    Mentioned,
    /// An item, or an author, is gone, or names no brand any more: a retraction was written.
    Retracted,
    /// A gap was passed on.
    Gap,
    /// It could not be used: a dead letter was written.
    DeadLetter,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [
        Self::Mentioned,
        Self::Retracted,
        Self::Gap,
        Self::DeadLetter,
    ];

    /// The label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mentioned => "mentioned",
            Self::Retracted => "retracted",
            Self::Gap => "gap",
            Self::DeadLetter => "dead_letter",
        }
    }
}

/// Kinds of failure: the batch alone, or the engine with it.
pub(crate) const FAILURES: [&str; 2] = ["batch", "lost"];

impl Metrics {
    /// Makes the series in a registry; once for each registry.
    pub fn new(registry: &Registry) -> Self {
        let items = registry.counter_vec(
            "hark_classify_items_total",
            "Records read from the items topic, by what became of them.",
            &["outcome"],
        );
        for outcome in Outcome::ALL {
            items.with_label_values(&[outcome.as_str()]);
        }
        let engine_failures = registry.counter_vec(
            "hark_classify_engine_failures_total",
            "Batches an engine could not infer, by what happened.",
            &["kind"],
        );
        // From the start, so that the first failure is an increase.
        for kind in FAILURES {
            engine_failures.with_label_values(&[kind]);
        }
        Self {
            items,
            mentions: registry.counter("hark_classify_mentions_total", "Mentions written."),
            batch_tokens: registry.histogram(
                "hark_classify_batch_tokens",
                "Tokens in a batch, padding included.",
                &[
                    16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0,
                ],
            ),
            inference_seconds: registry.histogram(
                "hark_classify_inference_seconds",
                "Time an engine took for a batch.",
                &[
                    0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0,
                ],
            ),
            queue_texts: registry.gauge(
                "hark_classify_queue_texts",
                "Texts that wait for an engine.",
            ),
            engine_failures,
        }
    }
}

impl Default for Metrics {
    /// In a registry of its own that nobody reads: for the command line and for tests.
    fn default() -> Self {
        Self::new(&Registry::new())
    }
}

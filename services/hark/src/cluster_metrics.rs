//! What operators see of the way to the cluster.

use hark_stream::{Event, Monitor};
use hark_telemetry::{HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Metrics};

/// Counts what happens between the log and its cluster.
pub(crate) struct ClusterMetrics {
    commits: HistogramVec,
    aborts: IntCounterVec,
    rebalances: IntCounterVec,
    restoring: IntGaugeVec,
    missed: IntCounterVec,
    fetch_errors: IntCounter,
    produce_errors: IntCounter,
}

impl ClusterMetrics {
    /// Makes the series in a registry; once for each registry.
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self {
            commits: metrics.histogram_vec(
                "hark_kafka_commit_seconds",
                "From the beginning of a transaction until the cluster has committed it.",
                &[
                    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0,
                ],
                &["stage"],
            ),
            aborts: metrics.counter_vec(
                "hark_kafka_aborts_total",
                "Transactions that were taken back, or whose outcome had to be looked up.",
                &["stage"],
            ),
            rebalances: metrics.counter_vec(
                "hark_kafka_rebalances_total",
                "Times that tasks of a stage were given to this process or taken from it.",
                &["stage"],
            ),
            restoring: metrics.gauge_vec(
                "hark_kafka_restore_remaining_records",
                "Records that are left until the state of a task is at hand.",
                &["stage", "partition"],
            ),
            missed: metrics.counter_vec(
                "hark_kafka_missed_records_total",
                "Offsets that retention removed before a stage had read them: it was behind for too long.",
                &["stage"],
            ),
            fetch_errors: metrics.counter(
                "hark_kafka_fetch_errors_total",
                "Times that records could not be fetched.",
            ),
            produce_errors: metrics.counter(
                "hark_kafka_produce_errors_total",
                "Records that could not be written.",
            ),
        }
    }
}

impl Monitor for ClusterMetrics {
    fn note(&self, event: Event<'_>) {
        match event {
            Event::Committed(stage, took) => {
                let commits = self.commits.with_label_values(&[series(stage)]);
                commits.observe(took.as_secs_f64());
            }
            Event::Aborted(stage) => self.aborts.with_label_values(&[series(stage)]).inc(),
            Event::Rebalanced(stage) => self.rebalances.with_label_values(&[series(stage)]).inc(),
            Event::Restoring(task, left) => {
                let labels = [series(&task.stage), &task.partition.to_string()];
                let left = i64::try_from(left).unwrap_or(i64::MAX);
                self.restoring.with_label_values(&labels).set(left);
            }
            Event::Missed(task, records) => {
                let missed = self.missed.with_label_values(&[series(&task.stage)]);
                missed.inc_by(records);
            }
            Event::FetchFailed => self.fetch_errors.inc(),
            Event::ProduceFailed => self.produce_errors.inc(),
        }
    }
}

/// A source's task is called after the source, of which there may be many.
fn series(stage: &str) -> &str {
    stage.split_once('.').map_or(stage, |(stage, _)| stage)
}

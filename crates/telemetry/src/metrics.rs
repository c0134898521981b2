//! The one door to the metrics registry.
//!
//! Every series of hark is made here, so that each has a name by the Prometheus conventions, a
//! help text and bounded labels, and so that [`Metrics::families`] can be compared with the
//! checked-in list.

use parking_lot::Mutex;
use prometheus::{
    Encoder, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec,
    IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};
use std::sync::Arc;

/// A metrics registry.
#[derive(Clone, Default)]
pub struct Metrics {
    registry: Registry,
    families: Arc<Mutex<Vec<MetricFamily>>>,
}

/// A metric as it is documented.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricFamily {
    /// Its name.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// The names of its labels.
    pub labels: Vec<String>,
    /// Its help text.
    pub help: String,
}

/// Why making a metric cannot fail: names are literals of this code base, and a test makes them
/// all in one registry.
const VALID: &str = "metric names are valid and made once per registry";

macro_rules! maker {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $type:ty) => {
        $(#[$doc])*
        pub fn $name(&self, name: &str, help: &str) -> $type {
            let metric = <$type>::with_opts(Opts::new(name, help)).expect(VALID);
            self.add(metric, $kind, name, help, &[])
        }
    };
}

macro_rules! vec_maker {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $type:ty) => {
        $(#[$doc])*
        pub fn $name(&self, name: &str, help: &str, labels: &[&str]) -> $type {
            let metric = <$type>::new(Opts::new(name, help), labels).expect(VALID);
            self.add(metric, $kind, name, help, labels)
        }
    };
}

impl Metrics {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    maker!(
        /// A count that only grows.
        counter, "counter", IntCounter
    );
    maker!(
        /// A whole number that goes up and down.
        gauge, "gauge", IntGauge
    );
    maker!(
        /// A number that goes up and down.
        float_gauge, "gauge", Gauge
    );
    vec_maker!(
        /// Counts by label; each label's values must be bounded.
        counter_vec, "counter", IntCounterVec
    );
    vec_maker!(
        /// Whole numbers by label.
        gauge_vec, "gauge", IntGaugeVec
    );
    vec_maker!(
        /// Numbers by label.
        float_gauge_vec, "gauge", GaugeVec
    );

    /// A distribution in base units (seconds, bytes), with these upper bounds.
    pub fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Histogram {
        let opts = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        let metric = Histogram::with_opts(opts).expect(VALID);
        self.add(metric, "histogram", name, help, &[])
    }

    /// Distributions by label.
    pub fn histogram_vec(
        &self,
        name: &str,
        help: &str,
        buckets: &[f64],
        labels: &[&str],
    ) -> HistogramVec {
        let opts = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        let metric = HistogramVec::new(opts, labels).expect(VALID);
        self.add(metric, "histogram", name, help, labels)
    }

    fn add<M: prometheus::core::Collector + Clone + 'static>(
        &self,
        metric: M,
        kind: &'static str,
        name: &str,
        help: &str,
        labels: &[&str],
    ) -> M {
        self.registry
            .register(Box::new(metric.clone()))
            .expect(VALID);
        self.families.lock().push(MetricFamily {
            name: name.to_owned(),
            kind,
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            help: help.to_owned(),
        });
        metric
    }

    /// Every metric that was made, by name.
    pub fn families(&self) -> Vec<MetricFamily> {
        let mut families = self.families.lock().clone();
        families.sort();
        families
    }

    /// The number of series now, a histogram counting one for each bucket plus two.
    pub fn series(&self) -> usize {
        self.registry
            .gather()
            .iter()
            .flat_map(prometheus::proto::MetricFamily::get_metric)
            .map(|metric| match metric.get_histogram().get_bucket().len() {
                0 => 1,
                buckets => buckets + 3,
            })
            .sum()
    }

    /// The text exposition format, version 0.0.4.
    pub fn render(&self) -> String {
        let mut text = Vec::new();
        let written = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        debug_assert!(written.is_ok(), "a vector takes every byte");
        String::from_utf8_lossy(&text).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendered_metric_has_help_type_and_value() {
        let metrics = Metrics::new();
        metrics.counter("hark_test_total", "Tests run.").inc_by(3);
        let text = metrics.render();
        assert!(text.contains("# HELP hark_test_total Tests run."), "{text}");
        assert!(text.contains("# TYPE hark_test_total counter"), "{text}");
        assert!(text.contains("\nhark_test_total 3\n"), "{text}");
    }

    #[test]
    fn a_histogram_counts_as_all_its_series() {
        let metrics = Metrics::new();
        let histogram = metrics.histogram("hark_test_seconds", "How long.", &[0.1, 1.0]);
        histogram.observe(0.5);
        // Two buckets, +Inf, sum and count.
        assert_eq!(metrics.series(), 5);
    }
}

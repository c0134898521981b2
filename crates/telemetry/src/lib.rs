//! What operators see: logs, metrics, health, and an orderly shutdown.

mod health;
mod logs;
mod metrics;
mod server;
mod shutdown;

pub use health::{Health, Progress, ProgressState, Readiness};
pub use logs::{LogFormat, init_logs};
pub use metrics::{MetricFamily, Metrics};
pub use server::{Server, ServerError};
pub use shutdown::Shutdown;

pub use prometheus::{
    Counter, Gauge, GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec,
};

//! What operators see: logs, metrics, health, and an orderly shutdown.

mod health;
mod logs;
mod metrics;
mod server;
mod shutdown;

pub use health::{Health, Progress, ProgressState, Readiness};
pub use logs::{LogFormat, init_logs};
pub use metrics::{Metrics, MetricFamily};
pub use server::{Server, ServerError};
pub use shutdown::Shutdown;

pub use prometheus::{
    Counter, Gauge, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    GaugeVec,
};

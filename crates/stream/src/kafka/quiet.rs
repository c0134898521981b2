//! What the client says by itself: of every connection that comes and goes, many lines a second while
//! a broker is away. What concerns anybody is told by the call that fails.

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel as Level;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;

/// A client that keeps it to itself.
pub(super) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: Level, facility: &str, line: &str) {
        log(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        report(&error, reason);
    }
}

impl ConsumerContext for Quiet {}

/// A line of the client's log.
pub(super) fn log(level: Level, facility: &str, line: &str) {
    match level {
        Level::Emerg | Level::Alert | Level::Critical => {
            tracing::warn!(facility, line, "the Kafka client says");
        }
        _ => tracing::debug!(facility, line, "the Kafka client says"),
    }
}

/// What the client reports outside of any call.
pub(super) fn report(error: &KafkaError, reason: &str) {
    tracing::debug!(%error, reason, "the Kafka client reports");
}

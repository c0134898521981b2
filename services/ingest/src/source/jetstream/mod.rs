//! Every public post on Bluesky, from its Jetstream.
//!
//! A connection is read into a bounded queue and delivered with the service's own time as the
//! cursor. When it breaks, the next one resumes some seconds back; what comes twice is
//! recognised downstream, and what the service no longer has is reported as a gap.

mod backoff;
mod batch;
mod config;
mod connection;
mod counts;
mod cursor;
mod event;
mod frame;
mod gap;
mod map;
#[doc(hidden)]
pub(crate) mod replay;
mod session;
#[cfg(test)]
mod tests;
mod tid;

pub use config::JetstreamConfig;
pub use counts::JetstreamCounts;

use super::{Cursor, Intake, Source, SourceError};
use hark_model::SourceId;
use session::Session;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Bluesky's Jetstream.
#[derive(Debug)]
pub struct JetstreamSource {
    id: SourceId,
    config: JetstreamConfig,
    pace: Pace,
    counts: Arc<JetstreamCounts>,
}

/// How patient a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Without a message for this long, not even a ping, a connection is given up. The service
    /// pings every 30 seconds.
    pub idle_limit: Duration,
    /// The first attempt to reconnect waits up to this long,
    pub first_pause: Duration,
    /// later ones up to twice as long each time, but never longer than this.
    pub longest_pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            idle_limit: Duration::from_secs(75),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
        }
    }
}

impl JetstreamSource {
    /// A client with this configuration.
    pub fn new(id: SourceId, config: JetstreamConfig) -> Self {
        Self {
            id,
            config,
            pace: Pace::default(),
            counts: Arc::default(),
        }
    }

    /// As patient as this.
    pub fn with_pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// What was passed over.
    pub fn counts(&self) -> Arc<JetstreamCounts> {
        Arc::clone(&self.counts)
    }
}

impl Source for JetstreamSource {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn run<'a>(
        &'a mut self,
        intake: &'a Intake,
        cursor: Option<Cursor>,
        stop: CancellationToken,
    ) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send + 'a>> {
        Box::pin(async move {
            let failed = |message| SourceError {
                source_id: self.id.clone(),
                message,
            };
            let session = Session::new(&self.id, &self.config, self.pace, &self.counts);
            session.map_err(failed)?.listen(intake, cursor, &stop).await;
            Ok(())
        })
    }
}

//! One signal to stop, and a budget to do it in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Tells every part of a process to stop: async parts by a token, threads by a flag.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
    flag: Arc<AtomicBool>,
}

impl Shutdown {
    /// How long draining may take before the process leaves anyway.
    pub const BUDGET: Duration = Duration::from_secs(10);

    /// Nobody has asked to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// For async parts.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// For threads.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.flag)
    }

    /// Asks everybody to stop.
    pub fn stop(&self) {
        self.flag.store(true, Ordering::Release);
        self.token.cancel();
    }

    /// Whether somebody has asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.flag.load(Ordering::Acquire)
    }

    /// Waits for Ctrl-C or SIGTERM.
    pub async fn signalled() -> std::io::Result<()> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let mut terminate = signal(SignalKind::terminate())?;
            tokio::select! {
                biased; // either ends the wait: the order decides nothing
                interrupt = tokio::signal::ctrl_c() => interrupt,
                _ = terminate.recv() => Ok(()),
            }
        }
        #[cfg(not(unix))]
        tokio::signal::ctrl_c().await
    }
}

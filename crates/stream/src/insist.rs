//! Trying again what the log could not do just now.

use crate::{Error, Log};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Tries a call until it succeeds, waiting longer each time; gives up only on what waiting cannot
/// mend, or when `stop` is set. `retrying` learns of every failure that is tried again.
///
/// # Errors
///
/// The call's last one.
pub fn insist<T>(
    log: &dyn Log,
    stop: &AtomicBool,
    mut retrying: impl FnMut(&Error),
    mut call: impl FnMut() -> Result<T, Error>,
) -> Result<T, Error> {
    let mut length = FIRST_PAUSE;
    loop {
        match call() {
            Err(error) if error.retryable() && !stop.load(Ordering::Acquire) => {
                retrying(&error);
                pause(log, stop, length);
                length = (length * 2).min(LONGEST_PAUSE);
            }
            result => return result,
        }
    }
}

/// Waits, whatever other tasks commit meanwhile; only a stop, followed by an interrupt, cuts it short.
pub fn pause(log: &dyn Log, stop: &AtomicBool, length: Duration) {
    let until = Instant::now() + length;
    loop {
        // Asked before looking at `stop`, so that an interrupt after the look is noticed.
        let seen = log.changed(0, Duration::ZERO);
        let left = until.saturating_duration_since(Instant::now());
        if stop.load(Ordering::Acquire) || left.is_zero() {
            return;
        }
        log.changed(seen, left);
    }
}

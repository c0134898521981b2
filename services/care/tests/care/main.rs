//! Care against a real log and real receivers on loopback.
#![allow(
    clippy::unwrap_used,
    reason = "a test says what went wrong by where it panics"
)]

mod config;
mod delivery;
mod failures;
mod restarts;
mod superseding;
mod support;

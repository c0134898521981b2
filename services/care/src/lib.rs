//! Alerts to people: the outbox and its notifiers.
//!
//! [`Care`] reads the alerts topic. For every revision that people are to be told of, and every
//! webhook that wants it, a notice goes into the outbox, which is the task's state: it is
//! committed together with the offset, so it can neither be lost nor doubled by a crash. A notice
//! leaves the outbox by a further commit, once its receiver has answered 2xx. A crash between
//! the two delivers it again, with the same `webhook-id`: at least once, never forgotten.
//!
//! One thread decides and commits; requests run beside it, a few for each webhook, and report
//! back. A webhook that does not answer holds up nobody but itself.

mod answer;
mod care;
mod config;
mod dead_letters;
mod desk;
mod draft;
mod error;
mod keys;
mod metrics;
mod outbox;
mod queue;
mod route;
mod secret;
mod send;
mod sign;
mod surroundings;
mod webhook;

pub use care::Care;
pub use config::{Config, WebhookConfig};
pub use error::CareError;
pub use metrics::{AlertOutcome, Metrics, NoticeOutcome};
pub use secret::{Secret, SecretError};
pub use surroundings::{Report, Surroundings, Topics};
pub use webhook::Webhook;

/// The stage's name: its consumer group, and the `hark-stage` header of its dead letters.
pub const STAGE: &str = "care";

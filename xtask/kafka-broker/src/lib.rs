//! A real Apache Kafka on this machine, without containers: fetched as jars, started on free ports
//! with a folder of its own, and made to fail on request.
//!
//! No stand-in will do: a broker's promises about transactions and groups are what is to be tested.
//! Nothing here touches a broker that it did not start.

mod certificates;
mod cluster;
mod configuration;
mod jars;
mod process;

pub use certificates::Validity;
pub use cluster::{Cluster, Options, Running, Security, State};
pub use jars::Jars;

/// The user whom every broker with [`Security::SaslSsl`] knows and lets do everything.
pub const USER: &str = "hark";
/// A user whom it knows and lets do nothing.
pub const GUEST: &str = "guest";
/// The password of both, by SCRAM-SHA-512.
pub const PASSWORD: &str = "not-a-secret";

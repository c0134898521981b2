//! The topics' schemas in a Confluent-compatible schema registry, seen from both sides.
//!
//! [`Client`] registers them in somebody's registry, or asks which ids they have there.
//! [`routes`] is a registry of our own, read-only, for those who have none. Both speak of one
//! [`Catalogue`]: the files of `hark.v1` under their subjects.
//!
//! Never contains: how a record is framed, or what is in it.

mod answers;
mod catalogue;
mod client;
mod endpoint;
mod error;
mod same;

pub use catalogue::{Catalogue, Entry, Reference};
pub use client::{Client, Credentials, Registered, check};
pub use endpoint::routes;
pub use error::Error;

/// How bodies are labelled, in both directions.
const MEDIA_TYPE: &str = "application/vnd.schemaregistry.v1+json";
/// What kind of schema ours are.
const PROTOBUF: &str = "PROTOBUF";

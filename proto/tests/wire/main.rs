//! What leaves the house: every message there and back, as bytes and as JSON.

// Clippy knows tests by their attribute and takes the helpers between them for library code.
#![allow(clippy::unwrap_used)]

mod compatibility;
mod examples;
mod golden;
mod json;
mod json_values;
mod round_trip;
mod schema;
mod strategies;

//! Both sides of the protocol: our client at a registry that can be written to, and anybody's
//! client at ours.

// Clippy knows tests by their attribute and takes the helpers between them for library code.
#![allow(clippy::unwrap_used)]

mod client;
mod endpoint;
mod fake;

use hark_proto::schemas::SchemaIds;
use hark_registry::Catalogue;

/// The schemas with hark's own ids.
fn catalogue() -> Catalogue {
    Catalogue::new("hark", &SchemaIds::default())
}

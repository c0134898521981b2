//! The false-alarm budget. `examples/false_alarms.rs` measures it at length.

mod support;

use support::calm::{Incident, spikes};

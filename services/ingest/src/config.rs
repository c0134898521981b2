//! The `[ingest]` section of the configuration.

use serde::{Deserialize, Serialize};

/// How items are taken in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Longer texts are cut at this many bytes, never inside a character a person sees.
    pub max_text_bytes: usize,
    /// Events waiting to be written, over all of which a source is made to wait.
    pub queue: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_text_bytes: 20_000,
            queue: 4096,
        }
    }
}

impl Config {
    /// What is wrong with it: one line for each mistake, naming the key.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(100..=1 << 20).contains(&self.max_text_bytes) {
            problems.push("ingest.max_text_bytes must be between 100 and 1048576".to_owned());
        }
        if !(1..=1 << 20).contains(&self.queue) {
            problems.push("ingest.queue must be between 1 and 1048576".to_owned());
        }
        problems
    }
}

//! The `[classify]` section of the configuration.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How items are judged.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A folder with model.onnx, tokenizer.json and labels.json; absent: the built-in model.
    pub model: Option<PathBuf>,
    /// Engines working side by side, one thread each; 0: one a core, four at most.
    pub engines: usize,
    /// A batch holds at most this many tokens, padding included; a longer text goes alone.
    pub batch_tokens: usize,
    /// Items read from the log at once (more where that is done in no time), and texts that may wait for an engine.
    pub queue: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            model: None,
            engines: 0,
            batch_tokens: 1024,
            queue: 256,
        }
    }
}

/// Cores beyond this many are left to the rest of hark unless `engines` says otherwise.
const MOST_ENGINES: usize = 4;

impl Config {
    /// What is wrong with it: one line for each mistake, naming the key.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut need = |ok: bool, problem: &str| {
            if !ok {
                problems.push(problem.to_owned());
            }
        };
        need(
            self.batch_tokens > 0,
            "classify.batch_tokens must be at least 1",
        );
        need(self.queue > 0, "classify.queue must be at least 1");
        need(self.engines <= 256, "classify.engines must be at most 256");
        problems
    }

    /// The number of engines, with 0 replaced by what the machine has.
    pub fn engine_count(&self) -> usize {
        match self.engines {
            0 => std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(MOST_ENGINES),
            engines => engines,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_empty_section_is_the_documented_default() {
        let config: Config = serde_json::from_value(json!({})).unwrap();
        assert_eq!(config, Config::default());
        assert!(config.problems().is_empty());
        assert!((1..=4).contains(&config.engine_count()));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(serde_json::from_value::<Config>(json!({"batch_token": 1})).is_err());
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let config = Config {
            batch_tokens: 0,
            queue: 0,
            ..Config::default()
        };
        assert_eq!(config.problems().len(), 2);
    }
}

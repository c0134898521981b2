//! The `[ingest]` section of the configuration.

use crate::text::LanguageDetector;
use serde::{Deserialize, Serialize};

/// How items are taken in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Longer texts are cut at this many bytes, never inside a character a person sees.
    pub max_text_bytes: usize,
    /// Languages that are expected (ISO 639-3), besides those that queries ask for; empty: all
    /// that can be detected. Fewer are told apart better and faster.
    pub languages: Vec<String>,
    /// Events waiting to be written, over all of which a source is made to wait.
    pub queue: usize,
}

/// What most public posts are written in. Of the Latin script those that are told apart well;
/// other scripts cost next to nothing.
const LANGUAGES: [&str; 29] = [
    "deu", "eng", "fra", "ind", "ita", "nld", "pol", "por", "spa", "swe", "tur", "vie", "ara",
    "ben", "bul", "cmn", "ell", "heb", "hin", "jpn", "kor", "mar", "pes", "rus", "tam", "tel",
    "tha", "ukr", "urd",
];

impl Default for Config {
    fn default() -> Self {
        Self {
            max_text_bytes: 20_000,
            languages: LANGUAGES.iter().map(|code| (*code).to_owned()).collect(),
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
        if let Err(error) = LanguageDetector::check(self.languages.iter().map(String::as_str)) {
            problems.push(format!("ingest.languages: {error}"));
        }
        problems
    }
}

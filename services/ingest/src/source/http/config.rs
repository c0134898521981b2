//! What an operator says about the push endpoint.

use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The keys of a `[[source]]` of kind `http`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The environment variable that holds the bearer token; `HARK_PUSH_TOKEN` when neither
    /// this nor `token_file` is given.
    pub token_env: Option<String>,
    /// A file that holds the bearer token instead.
    pub token_file: Option<PathBuf>,
    /// Bytes a request may have, after decompression.
    pub max_body_bytes: usize,
    /// How long a request may wait for room before it is answered 503.
    #[serde(with = "humantime_serde")]
    pub max_wait: Duration,
    /// How long a request that was taken in may wait for its commit before it is answered 503. It may
    /// be committed yet; pushed again it counts once.
    #[serde(with = "humantime_serde")]
    pub max_commit_wait: Duration,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 9601)),
            token_env: None,
            token_file: None,
            max_body_bytes: 1024 * 1024,
            max_wait: Duration::from_secs(2),
            max_commit_wait: Duration::from_secs(10),
        }
    }
}

impl HttpConfig {
    /// Says what is wrong with the configuration itself.
    pub fn check(&self) -> Result<(), String> {
        if self.token_env.is_some() && self.token_file.is_some() {
            return Err("token_env and token_file exclude each other: give one".into());
        }
        if self.max_body_bytes == 0 {
            return Err("max_body_bytes is 0: no request would fit".into());
        }
        Ok(())
    }
}

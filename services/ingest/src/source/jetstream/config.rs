//! What an operator says about Jetstream.

use serde::{Deserialize, Deserializer, de::Error};
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// The keys of a `[[source]]` of kind `jetstream`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct JetstreamConfig {
    /// Services to listen to, tried in order; the next one when one fails.
    #[serde(deserialize_with = "written_urls")]
    pub urls: Vec<Url>,
    /// The dictionary the service publishes; with one, compressed frames are asked for.
    pub zstd_dictionary: Option<PathBuf>,
    /// How far back of the last event a reconnect resumes.
    #[serde(with = "humantime_serde")]
    pub rewind: Duration,
}

impl Default for JetstreamConfig {
    fn default() -> Self {
        let public = |host: &str| {
            Url::parse(&format!("wss://{host}.bsky.network/subscribe"))
                .expect("a host name makes a valid URL")
        };
        Self {
            urls: vec![public("jetstream2.us-east"), public("jetstream1.us-east")],
            zstd_dictionary: None,
            rewind: Duration::from_secs(5),
        }
    }
}

impl JetstreamConfig {
    /// Says what is wrong with the configuration itself.
    pub fn check(&self) -> Result<(), String> {
        if self.urls.is_empty() {
            return Err("urls is empty: name at least one service".into());
        }
        match self
            .urls
            .iter()
            .find(|url| !matches!(url.scheme(), "ws" | "wss"))
        {
            Some(url) => Err(format!("{url} does not begin with wss:// (or ws://)")),
            None => Ok(()),
        }
    }
}

fn written_urls<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Url>, D::Error> {
    let parse = |text: String| {
        Url::parse(&text).map_err(|error| D::Error::custom(format!("{text:?} is no URL: {error}")))
    };
    Vec::<String>::deserialize(from)?
        .into_iter()
        .map(parse)
        .collect()
}

//! The configuration: one file, every mistake at once, each with its place.

mod document;
mod kafka;
mod load;
mod registry;
mod secrets;
mod source;

pub(crate) use kafka::KafkaConfig;
pub(crate) use load::{load, parse_demo};
pub(crate) use registry::RegistryConfig;
pub(crate) use source::{SourceConfig, SourceKind};

use crate::touchpoints::OwnTouchpoints;
use hark_aggregate::{AggregateConfig, AlertConfig, StandingConfig};
use hark_insight::Market;
use hark_model::{BrandId, Taxonomy};
use hark_proto::schemas::SchemaIds;
use hark_proto::{Encoding, Format};
use serde::Deserialize;
use std::path::PathBuf;

/// The reference configuration; its `[[alert.mention]]` rules are the default ones.
pub(crate) const REFERENCE: &str = include_str!("../../../../config/hark.toml");

/// A configuration without a mistake.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) log: LogConfig,
    pub(crate) http: HttpConfig,
    pub(crate) authors: AuthorsConfig,
    pub(crate) brands: Vec<BrandConfig>,
    pub(crate) markets: Vec<Market>,
    pub(crate) sources: Vec<SourceConfig>,
    pub(crate) ingest: hark_ingest::Config,
    pub(crate) classify: hark_classify::Config,
    pub(crate) taxonomy: Taxonomy,
    pub(crate) own_touchpoints: OwnTouchpoints,
    pub(crate) aggregate: AggregateConfig,
    pub(crate) standing: StandingConfig,
    pub(crate) alert: AlertConfig,
    pub(crate) webhooks: hark_care::Config,
    /// SHA-256 of the file, shortened: which configuration decided an alert.
    pub(crate) fingerprint: String,
}

/// The `[log]` section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogConfig {
    /// What topics' names begin with.
    pub(crate) topic_prefix: String,
    /// The data file may not grow beyond this many MiB; 0 sets no limit.
    pub(crate) max_mib: u64,
    /// Wait for the disk at every commit.
    pub(crate) sync: bool,
    /// What the values of the topics are.
    pub(crate) format: ValueFormat,
    /// The log on a cluster instead.
    pub(crate) kafka: Option<KafkaConfig>,
    /// The schema ids that values are written with: hark's own until the registry was asked.
    #[serde(skip)]
    pub(crate) ids: SchemaIds,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            topic_prefix: "hark".to_owned(),
            max_mib: 0,
            sync: true,
            format: ValueFormat::Protobuf,
            kafka: None,
            ids: SchemaIds::default(),
        }
    }
}

impl LogConfig {
    /// How the topics' values are written.
    pub(crate) fn encoding(&self) -> Encoding {
        let format = match self.format {
            ValueFormat::Protobuf => Format::Protobuf,
            ValueFormat::Json => Format::Json,
        };
        Encoding {
            format,
            ids: self.ids,
        }
    }
}

/// What the values of the topics are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ValueFormat {
    /// Protobuf in Confluent's frame.
    Protobuf,
    /// JSON objects.
    Json,
}

/// The `[http]` section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HttpConfig {
    /// Where metrics, health and readiness are served.
    pub(crate) listen: String,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:9600".to_owned(),
        }
    }
}

/// The `[authors]` section.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AuthorsConfig {
    /// The environment variable that holds the pepper.
    pub(crate) pepper_env: Option<String>,
    /// The file that holds the pepper.
    pub(crate) pepper_file: Option<PathBuf>,
}

/// One `[[brand]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BrandConfig {
    /// Its id.
    pub(crate) id: String,
    /// Its name, for people.
    pub(crate) name: Option<String>,
    /// What finds it.
    pub(crate) query: String,
}

/// One `[[market]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarketConfig {
    /// Its id.
    pub(crate) id: String,
    /// Its name, for people.
    #[allow(dead_code, reason = "shown by the console, checked here")]
    pub(crate) name: Option<String>,
    /// The ids of its brands.
    pub(crate) brands: Vec<String>,
}

impl BrandConfig {
    /// Its name, for people.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// Its id.
    pub(crate) fn brand(&self) -> BrandId {
        BrandId::new(&self.id)
    }
}

impl Config {
    /// The brands' ids, in order.
    pub(crate) fn brand_ids(&self) -> Vec<BrandId> {
        self.brands.iter().map(BrandConfig::brand).collect()
    }

    /// The rules of the calculus, with time moved as `time` says if it says so.
    pub(crate) fn calculus(
        &self,
        aggregate: &AggregateConfig,
    ) -> Result<hark_insight::Config, Vec<String>> {
        hark_aggregate::calculus(
            aggregate,
            &self.standing,
            &self.alert,
            self.markets.clone(),
            self.taxonomy.clone(),
            &self.fingerprint,
        )
    }
}

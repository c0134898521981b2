//! The schemas of what hark writes, and the ids they have.

use crate::config::{Config, RegistryConfig};
use crate::exit::{Failure, Outcome};
use hark_proto::schemas::SchemaIds;
use hark_registry::{Catalogue, Client};

/// The configuration with the ids that its registry gives, if it names one.
pub(crate) async fn with_ids(mut config: Config) -> Outcome<Config> {
    let kafka = config.log.kafka.as_ref();
    let Some(registry) = kafka.and_then(|kafka| kafka.registry.as_ref()) else {
        return Ok(config);
    };
    let ids = client(registry)?.ids(&catalogue(&config)).await?;
    config.log.ids = ids;
    Ok(config)
}

/// The schemas as a configuration has them written.
pub(crate) fn catalogue(config: &Config) -> Catalogue {
    Catalogue::new(&config.log.topic_prefix, &config.log.ids)
}

/// The schemas where there is no configuration.
pub(crate) fn usual() -> Catalogue {
    Catalogue::new("hark", &SchemaIds::default())
}

/// A client for a registry, with the secrets that the environment holds.
pub(crate) fn client(registry: &RegistryConfig) -> Outcome<Client> {
    let credentials = registry
        .credentials(&|name| std::env::var(name).ok())
        .map_err(Failure::Input)?;
    Ok(Client::new(&registry.url, credentials)?)
}
